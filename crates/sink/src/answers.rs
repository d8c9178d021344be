//! What each request is answered with: as little as lets an app go on.

use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName};
use hyper::{Method, StatusCode};

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub content_type: Option<&'static str>,
    pub body: &'static str,
}

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

/// What programs ask to learn whether the network leads anywhere: host, path, type and text of the answer that
/// they expect. Chromium's and Android's is answered by 204 as everything is (`/generate_204`).
const CHECKS: &[(&str, &str, &str, &str)] = &[
    // Firefox: `captivedetect.canonicalURL`, and `network.connectivity-service.IPv4.url`.
    (
        "detectportal.firefox.com",
        "/canonical.html",
        HTML,
        "<meta http-equiv=\"refresh\" content=\"0;url=https://support.mozilla.org/kb/captive-portal\"/>",
    ),
    (
        "detectportal.firefox.com",
        "/success.txt",
        TEXT,
        "success\n",
    ),
    // Apple: "Use captive Wi-Fi networks".
    (
        "captive.apple.com",
        "/hotspot-detect.html",
        HTML,
        "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>",
    ),
    // Windows: "Network Connectivity Status Indicator overview".
    (
        "www.msftconnecttest.com",
        "/connecttest.txt",
        TEXT,
        "Microsoft Connect Test",
    ),
    ("www.msftncsi.com", "/ncsi.txt", TEXT, "Microsoft NCSI"),
    // NetworkManager.conf(5), section "connectivity": the usual answer.
    (
        "nmcheck.gnome.org",
        "/check_network_status.txt",
        TEXT,
        "NetworkManager is online\n",
    ),
];

/// The answer to a request. No request is passed on to anybody, whatever it asks for.
pub(crate) fn answer(method: &Method, host: &str, path: &str, headers: &HeaderMap) -> Answer {
    let plain = |status| Answer {
        status,
        content_type: None,
        body: "",
    };
    if method == Method::CONNECT {
        return plain(StatusCode::METHOD_NOT_ALLOWED);
    }
    if method == Method::OPTIONS {
        return plain(StatusCode::NO_CONTENT);
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let check = CHECKS
        .iter()
        .find(|(of, at, ..)| name.eq_ignore_ascii_case(of) && path == *at);
    if let Some((_, _, content_type, body)) = check {
        return Answer {
            status: StatusCode::OK,
            content_type: Some(content_type),
            body,
        };
    }
    let says = |of: &HeaderName, what: &str| {
        let value = headers.get(of).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.to_ascii_lowercase().contains(what))
    };
    if says(&CONTENT_TYPE, "json") || says(&ACCEPT, "json") {
        return Answer {
            status: StatusCode::OK,
            content_type: Some(JSON),
            body: "{}",
        };
    }
    // A browser that was led to a page shows the one before while the answer has no content.
    if method == Method::GET && says(&ACCEPT, "text/html") {
        return Answer {
            status: StatusCode::OK,
            content_type: Some(HTML),
            body: "<!doctype html><title></title>",
        };
    }
    plain(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn said(
        method: Method,
        host: &str,
        path: &str,
        headers: &[(HeaderName, &str)],
    ) -> (u16, String) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(name, HeaderValue::from_str(value).unwrap());
        }
        let answer = answer(&method, host, path, &map);
        (answer.status.as_u16(), answer.body.to_owned())
    }

    #[test]
    fn each_is_answered_as_it_expects() {
        let empty = (204, String::new());
        assert_eq!(
            said(Method::GET, "example.org", "/generate_204", &[]),
            empty
        );
        assert_eq!(
            said(
                Method::GET,
                "detectportal.firefox.com:80",
                "/success.txt",
                &[]
            ),
            (200, "success\n".to_owned())
        );
        let json = [(CONTENT_TYPE, "application/json; charset=utf-8")];
        let posted = said(Method::POST, "example.org", "/v1", &json);
        assert_eq!(posted, (200, "{}".to_owned()));
        let wanted = said(
            Method::GET,
            "example.org",
            "/v1",
            &[(ACCEPT, "application/json")],
        );
        assert_eq!(wanted, (200, "{}".to_owned()));
        assert_eq!(said(Method::POST, "example.org", "/v1", &[]), empty);
        let page = said(
            Method::GET,
            "example.org",
            "/",
            &[(ACCEPT, "text/html,*/*")],
        );
        assert_eq!(page.0, 200);
        assert_eq!(said(Method::CONNECT, "example.org:443", "", &[]).0, 405);
    }
}
