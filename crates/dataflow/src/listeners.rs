//! Whether any website can command a listener, from what it answered when it was asked as one would ask.
//!
//! A website needs nobody's permission to *send* a simple request, to load a picture or to open a WebSocket: the
//! browser's rules only keep it from reading what comes back (Fetch, "CORS protocol"), and a listener that acts on
//! what it is sent has acted by then. So it is for the listener to refuse whom it does not know.

use std::collections::BTreeSet;

use record::{WEBSITE_ORIGIN, WebAnswer, WebReply, WebRequest};
use schemars::JsonSchema;
use serde::Serialize;

/// Whether any website can command it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Commandable {
    /// It can.
    Yes {
        /// By what, at least.
        by: BTreeSet<By>,
    },
    /// It answered by HTTP, with errors that refuse the request and not whom it is from: other paths may do more.
    Perhaps,
    /// It refused a website's requests because they are a website's.
    No,
    /// It answered, and not by HTTP.
    NotHttp,
    /// It did not answer.
    NoAnswer,
    /// There was no time left to ask it.
    NotAsked,
}

/// What lets a website command a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A simple request of its origin is answered without an error.
    SimpleRequest,
    /// So is the request for a picture in its page.
    Image,
    /// It may read the answers: they are for its origin, or for all.
    ReadAnswers,
    /// It may send what needs permission, a `POST` with any content.
    Preflight,
    /// It is let in expressly from the internet to the own network.
    PrivateNetwork,
    /// It may open a WebSocket, in which browsers hide nothing from it.
    WebSocket,
    /// A name of its own that it has made a name of this machine is answered: it may send and read everything.
    Rebound,
}

/// What the answers to a website's requests say.
pub fn commandable(answers: &[WebAnswer]) -> Commandable {
    if answers.is_empty() {
        return Commandable::NotAsked;
    }
    let by: BTreeSet<By> = answers.iter().flat_map(reasons).collect();
    if !by.is_empty() {
        return Commandable::Yes { by };
    }
    let any = |wanted: &dyn Fn(&WebAnswer) -> bool| answers.iter().any(wanted);
    let status = |answer: &WebAnswer| match answer.reply {
        WebReply::Http { status, .. } => Some(status),
        _ => None,
    };
    // What a preflight or an offer of WebSocket is refused with says nothing of simple requests.
    let is_get = |answer: &WebAnswer| {
        let get = [WebRequest::Simple, WebRequest::Image, WebRequest::Rebound];
        get.contains(&answer.request)
    };
    if any(&|a| is_get(a) && status(a).is_some_and(|status| !REFUSALS.contains(&status))) {
        return Commandable::Perhaps;
    }
    if any(&|a| is_get(a) && status(a).is_some()) {
        return Commandable::No;
    }
    if any(&|a| status(a).is_some()) {
        return Commandable::Perhaps;
    }
    if any(&|a| matches!(a.reply, WebReply::Other { .. } | WebReply::Unknown)) {
        return Commandable::NotHttp;
    }
    Commandable::NoAnswer
}

/// Unauthorized, Forbidden (RFC 9110, sections 15.5.2 and 15.5.4), Misdirected Request (15.5.20): they refuse
/// somebody, not something.
const REFUSALS: [u16; 3] = [401, 403, 421];

fn reasons(answer: &WebAnswer) -> Vec<By> {
    let WebReply::Http {
        status,
        allow_origin,
        allow_private_network,
        web_socket,
        ..
    } = &answer.reply
    else {
        return Vec::new();
    };
    let done = (200..400).contains(status);
    let origin = allow_origin.as_deref().map(str::trim);
    let allowed = matches!(origin, Some("*" | WEBSITE_ORIGIN));
    // A preflight is passed by a status of success alone (Fetch, "CORS-preflight fetch").
    let passed = allowed && (200..300).contains(status);
    let candidates = match answer.request {
        WebRequest::Simple => vec![(By::SimpleRequest, done), (By::ReadAnswers, allowed)],
        WebRequest::Image => vec![(By::Image, done)],
        WebRequest::Rebound => vec![(By::Rebound, done)],
        WebRequest::Preflight => vec![(By::Preflight, passed)],
        WebRequest::PrivateNetwork => {
            vec![(By::PrivateNetwork, passed && *allow_private_network)]
        }
        WebRequest::WebSocket => vec![(By::WebSocket, *web_socket)],
        WebRequest::Unknown => Vec::new(),
    };
    let held = candidates.into_iter().filter(|(_, holds)| *holds);
    held.map(|(by, _)| by).collect()
}

#[cfg(test)]
mod tests {
    use record::Bytes;

    use super::*;

    fn http(request: WebRequest, status: u16, origin: Option<&str>) -> WebAnswer {
        WebAnswer {
            request,
            reply: WebReply::Http {
                status,
                allow_origin: origin.map(str::to_owned),
                allow_private_network: false,
                web_socket: status == 101,
                bytes: 0,
                first: Bytes::default(),
            },
        }
    }

    fn all(status: u16) -> Vec<WebAnswer> {
        use WebRequest::*;
        let requests = [Simple, Image, Rebound, Preflight, PrivateNetwork, WebSocket];
        requests.map(|request| http(request, status, None)).into()
    }

    fn by(answers: &[WebAnswer]) -> Vec<By> {
        match commandable(answers) {
            Commandable::Yes { by } => by.into_iter().collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn who_answers_everybody_is_commanded_by_anybody() {
        assert_eq!(by(&all(200)), [By::SimpleRequest, By::Image, By::Rebound]);
        // A redirection has been acted on as well.
        assert_eq!(by(&all(302)), [By::SimpleRequest, By::Image, By::Rebound]);
    }

    #[test]
    fn who_refuses_websites_is_not_commanded_and_an_unknown_path_says_nothing() {
        assert_eq!(commandable(&all(403)), Commandable::No);
        assert_eq!(commandable(&all(404)), Commandable::Perhaps);
        assert_eq!(commandable(&all(500)), Commandable::Perhaps);
        // It looks at origins and not at hosts.
        let mut answers = all(403);
        answers[2] = http(WebRequest::Rebound, 200, None);
        assert_eq!(by(&answers), [By::Rebound]);
        // It looks at origins, and a picture's request has none.
        let mut answers = all(403);
        answers[1] = http(WebRequest::Image, 200, None);
        assert_eq!(by(&answers), [By::Image]);
        // It refuses, and has every website read why.
        let mut answers = all(403);
        answers[0] = http(WebRequest::Simple, 403, Some("*"));
        assert_eq!(by(&answers), [By::ReadAnswers]);
        answers[0] = http(WebRequest::Simple, 403, Some("https://own.example"));
        assert_eq!(commandable(&answers), Commandable::No);
    }

    #[test]
    fn permissions_are_for_the_website_or_for_all() {
        let mut answers = all(404);
        answers[3] = http(WebRequest::Preflight, 204, Some(WEBSITE_ORIGIN));
        assert_eq!(by(&answers), [By::Preflight]);
        answers[3] = http(WebRequest::Preflight, 404, Some("*"));
        assert_eq!(by(&answers), []);
        answers[4] = http(WebRequest::PrivateNetwork, 204, Some("*"));
        assert_eq!(by(&answers), []);
        let WebReply::Http {
            allow_private_network,
            ..
        } = &mut answers[4].reply
        else {
            unreachable!()
        };
        *allow_private_network = true;
        assert_eq!(by(&answers), [By::PrivateNetwork]);
        answers[5] = http(WebRequest::WebSocket, 101, None);
        assert_eq!(by(&answers), [By::PrivateNetwork, By::WebSocket]);
    }

    #[test]
    fn no_http_no_answer_and_no_question_are_three_things() {
        let of = |reply: WebReply| {
            let request = WebRequest::Simple;
            commandable(&[WebAnswer { request, reply }])
        };
        assert_eq!(of(WebReply::Nothing), Commandable::NoAnswer);
        let (bytes, first) = (3, Bytes(b"220".to_vec()));
        assert_eq!(of(WebReply::Other { bytes, first }), Commandable::NotHttp);
        assert_eq!(commandable(&[]), Commandable::NotAsked);
    }
}
