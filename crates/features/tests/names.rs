//! Whose an address is, by the names that DNS gave while it was watched.

mod common;

use common::*;
use record::*;

/// An answer: this name has this address.
fn answer(labels: &[&str], address: [u8; 4]) -> Vec<u8> {
    let mut message = vec![0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    for label in labels {
        message.push(label.len() as u8);
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1]);
    message.extend([0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4]);
    message.extend(address);
    message
}

/// What four addresses are taken for: one that a resolver of the app's own named, one of the operator's, one of
/// somebody else, and one that only the app itself named.
fn roles(domains: &[&str]) -> Vec<(String, RemoteRole)> {
    let mut scene = Scene::new(1, 0);
    let manifest = scene.manifest.as_mut().expect("it has one");
    manifest.guided = Some(Guided {
        status: None,
        outside: Some("pasta".into()),
        domains: domains.iter().map(|d| (*d).to_owned()).collect(),
    });
    let app = ([10, 77, 0, 2], 40_000);
    let resolver = ([10, 77, 0, 1], 53);
    let media = answer(&["media", "example", "org"], [203, 0, 113, 7]);
    let other = answer(&["tracker", "example", "com"], [203, 0, 113, 8]);
    let forged = answer(&["example", "org"], [203, 0, 113, 9]);
    scene.udp(SECOND, resolver, app, &media);
    scene.udp(SECOND, resolver, app, &other);
    scene.udp(SECOND, app, resolver, &forged);
    // The app's own resolver, which says what the app wants.
    let paid = answer(&["example", "org"], [203, 0, 113, 6]);
    scene.udp(SECOND, ([198, 51, 100, 1], 53), app, &paid);
    scene.begin(START.0, Phase::Control);
    scene.heard(START.0 + LATENCY_NS, &[true]);
    scene.records.sort_by_key(|record| record.t);
    scene.push(100 * SECOND, Source::Stage, Body::Finished);
    for last in [6, 7, 8, 9] {
        let t = START.0 + LATENCY_NS + 500 * MS + u64::from(last) * MS;
        scene.udp(t, app, ([203, 0, 113, last], 443), b"sound");
    }
    let session = scene.session();
    let found = features_of(&session);
    let roles = found
        .flows
        .iter()
        .map(|f| (f.remote.ip().to_string(), f.role));
    let mut roles: Vec<_> = roles.collect();
    roles.sort();
    roles
}

#[test]
fn what_dns_named_within_the_domains_is_the_operators() {
    let of = |address: &str, role| (format!("203.0.113.{address}"), role);
    let stranger = RemoteRole::ThirdParty;
    assert_eq!(
        roles(&["example.org"]),
        [
            of("6", stranger),
            of("7", RemoteRole::Server),
            of("8", stranger),
            of("9", stranger)
        ]
    );
    assert_eq!(
        roles(&[]),
        [
            of("6", stranger),
            of("7", stranger),
            of("8", stranger),
            of("9", stranger)
        ]
    );
}
