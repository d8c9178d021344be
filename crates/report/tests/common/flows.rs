//! Receivers, identifiers and listeners, made by hand.

use std::sync::LazyLock;

use dataflow::{
    By, Channel, Commandable, Known, Leftovers, Listener, Moment, Party, Purpose, Reach, Removal,
    Stays,
};
use record::Remains;
use report::{Escaping, Identifiers};

/// A server that any website commands and that outlives its app, and one for each other answer.
pub fn leftovers() -> Leftovers {
    use By::*;
    let all = [
        SimpleRequest,
        Image,
        ReadAnswers,
        Preflight,
        PrivateNetwork,
        WebSocket,
        Rebound,
    ];
    let yes = Some(Commandable::Yes { by: all.into() });
    let websites = [
        [yes.clone(), yes],
        [Some(Commandable::Perhaps), Some(Commandable::No)],
        [Some(Commandable::NotHttp), None],
        [None, Some(Commandable::NoAnswer)],
        [Some(Commandable::NotAsked), None],
        [None, None],
    ];
    let listener = |(k, website): (usize, [Option<Commandable>; 2])| Listener {
        protocol: "tcp".into(),
        address: format!("127.0.0.1:{}", 47_000 + k),
        reach: [Reach::Machine, Reach::Network][k % 2],
        commands: (0..k % 3).map(|n| format!("helper-{n}")).collect(),
        running: k != 3,
        after_quit: website[1].is_some(),
        website,
    };
    Leftovers {
        looked_after_quit: true,
        listeners: websites.into_iter().enumerate().map(listener).collect(),
        stayed: vec!["helper-0".into(), "helper-0".into()],
        removal: Some(removal()),
    }
}

/// A file of every purpose stays, and more than are listed; one package could not be removed.
fn removal() -> Removal {
    let purposes = [
        Purpose::Certificate,
        Purpose::Autostart,
        Purpose::UserUnit,
        Purpose::SystemUnit,
        Purpose::Cron,
        Purpose::NativeMessaging,
        Purpose::Browser,
        Purpose::UrlHandler {
            schemes: vec!["app".into(), "callto".into()],
        },
        Purpose::Home,
        Purpose::Other,
    ];
    let all = [
        Remains::Added,
        Remains::Changed,
        Remains::Deleted,
        Remains::Unknown,
    ];
    let file = |(k, purpose)| Stays {
        purpose,
        path: format!("/opt/app/file-{k}"),
        how: all[k % all.len()],
        bytes: 1_000 * k as u64,
    };
    Removal {
        packages: vec!["library.deb".into(), "app.deb".into()],
        failed: vec![("library.deb".into(), "dpkg: it is needed".into())],
        looked: true,
        files: purposes.into_iter().enumerate().map(file).collect(),
        more: 40,
    }
}

/// One that left, and one that did not.
pub static IDENTIFIERS: LazyLock<Identifiers> = LazyLock::new(|| Identifiers {
    looked_for: vec!["host name".into(), "machine id".into()],
    escaped: vec![Escaping {
        what: dataflow::Escaped {
            canary: "machine id".into(),
            receiver: Some("metrics.example.net".into()),
            path: "POST metrics.example.net/v1 $.device".into(),
            encoding: "sha256 of lower in hex".into(),
            sure: false,
            clear: Some(true),
        },
        messages: 2,
    }],
});

/// The operator, and one that analyses.
pub static RECEIVERS: LazyLock<[dataflow::Receiver; 2]> = LazyLock::new(|| {
    let known = Known {
        organisation: "Example Analytics".into(),
        purposes: vec!["analytics", "crash_reports"],
        source: "a list 1.0 (2026-03-01, CC0-1.0)".into(),
    };
    let third = dataflow::Receiver {
        name: "example.net".into(),
        party: Party::Third,
        name_is_independent: true,
        known: vec![known],
        hosts: ["metrics.example.net".to_owned()].into(),
        addresses: [[203, 0, 113, 9].into()].into(),
        countries: ["DE".to_owned()].into(),
        networks: ["AS64500 Example Networks".to_owned()].into(),
        channels: [Channel::Http, Channel::Tls(Some(0x0303))].into(),
        bytes: Some([12_000, 3_400]),
        messages: [40, 30],
        seconds: Some([0.25, 90.0]),
        moments: [Moment::Start, Moment::Muted].into(),
        processes: ["app".to_owned()].into(),
    };
    let own = dataflow::Receiver {
        name: "10.77.0.1".into(),
        party: Party::First,
        known: Vec::new(),
        hosts: [].into(),
        addresses: [[10, 77, 0, 1].into()].into(),
        countries: [].into(),
        networks: [].into(),
        channels: [Channel::Rtp].into(),
        ..third.clone()
    };
    [third, own]
});
