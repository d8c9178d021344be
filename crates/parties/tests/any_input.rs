//! Whatever comes from an app or the net: an answer, never a panic.

use std::net::IpAddr;

use parties::{
    AsnTable, Lists, Request, country, decode, is_reserved, organisation, registrable, within,
};
use proptest::prelude::*;

/// Endpoints of adapters whose steps differ most: JSON, query strings, gzip, protocol buffers, tokens.
const ENDPOINTS: [(&str, &str); 7] = [
    ("graph.facebook.com", "/v16.0/1/activities"),
    ("graph.facebook.com", "/v16.0"),
    ("app-measurement.com", "/a"),
    (
        "firebaselogging-pa.googleapis.com",
        "/v1/firelog/legacy/batchlog",
    ),
    (
        "www.googleapis.com",
        "/identitytoolkit/v3/relyingparty/getAccountInfo",
    ),
    ("de.ioam.de", "/tx.io"),
    (
        "firebaseinstallations.googleapis.com",
        "/v1/projects/x/installations",
    ),
];

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<f64>().prop_map(|n| n.to_string()),
        "[ -~]{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        let name = prop_oneof![
            Just("batch".to_owned()),
            Just("extinfo".to_owned()),
            Just("logRequest".to_owned()),
            Just("logEvent".to_owned()),
            "[a-z0-9]{1,3}",
        ];
        let pair = (name, inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(|list| format!("[{}]", list.join(","))),
            prop::collection::vec(pair, 0..5).prop_map(|pairs| format!("{{{}}}", pairs.join(","))),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        json().prop_map(String::into_bytes),
        r"([a-z]{1,3}(\[[a-z0-9]{0,2}\]){0,7}=[a-z%0-9A-F+]{0,6}&){0,30}"
            .prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn hosts(host in "\\PC{0,40}", domain in "\\PC{0,12}") {
        if let Some(registrable) = registrable(&host) {
            prop_assert!(within(&host, registrable));
        }
        let _ = (within(&host, &domain), organisation(&host));
    }

    #[test]
    fn names_within_a_domain(label in "[a-z]{1,9}", name in "[a-z]{1,9}\\.(org|co\\.uk|io)") {
        let host = format!("{label}.{name}");
        prop_assert!(within(&host, &name));
        let beside = format!("{label}{name}");
        prop_assert!(!within(&beside, &host));
    }

    #[test]
    fn addresses(v4 in any::<[u8; 4]>(), v6 in any::<[u16; 8]>()) {
        for address in [IpAddr::from(v4), IpAddr::from(v6)] {
            if let Some(country) = country(address) {
                prop_assert!(!is_reserved(address));
                prop_assert!(country.code.bytes().all(|byte| byte.is_ascii_uppercase()));
            }
        }
    }

    #[test]
    fn requests(
        endpoint in prop::sample::select(&ENDPOINTS[..]),
        query in "(\\?\\PC{0,60})?",
        cookie in "\\PC{0,60}",
        body in body(),
    ) {
        let path_and_query = format!("{}{query}", endpoint.1);
        let request = Request {
            method: "POST",
            scheme: "https",
            host: endpoint.0,
            path_and_query: &path_and_query,
            headers: &[("Cookie", &cookie), ("x-firebase-client", &cookie)],
            body: &body,
        };
        let _ = decode(&request);
    }

    #[test]
    fn tables_and_lists(text in "(\\PC{0,30}\n){0,6}", url in "\\PC{0,60}", host in "\\PC{0,20}") {
        let mut table = AsnTable::default();
        let _ = table.read(text.as_bytes());
        let _ = Lists::from_text("any", &text).hit(&url, &host);
    }
}
