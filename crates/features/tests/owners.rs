//! Flows to processes.

mod common;

use common::*;
use features::segment;
use record::*;

fn owner(scene: &mut Scene, t: u64, who: (&str, u32, u64), local: &str, remote: Option<&str>) {
    let (command, pid, socket) = who;
    let body = Body::Owner {
        socket,
        command: command.into(),
        pid,
        protocol: "udp".into(),
        local: local.into(),
        remote: remote.map(str::to_owned),
    };
    scene.push(t, Source::Sockets, body);
    scene.records.sort_by_key(|record| record.t);
}

/// Four blocks, each with a packet to 5004 from port 40000 and one to 5005 from port 40001.
fn scene() -> Scene {
    let mut scene = Scene::new(0, 4);
    let begin = START.0;
    scene.begin(begin, Phase::Muted);
    let app = [10, 77, 0, 2];
    for k in 0..4 {
        let t = begin + LATENCY_NS + k * SECOND + 500 * MS;
        for (from, to) in [(40_000, 5_004), (40_001, 5_005)] {
            scene.udp(t, (app, from), ([10, 77, 0, 1], to), b"datagram");
        }
    }
    scene
}

fn owners(scene: &mut Scene) -> Vec<(u16, Vec<(String, u32)>)> {
    scene.push(100 * SECOND, Source::Stage, Body::Finished);
    let session = scene.session();
    assert!(!segment(&session, Player::Mic).blocks.is_empty());
    let mut flows: Vec<_> = features_of(&session)
        .flows
        .iter()
        .map(|flow| {
            let owners = flow.owners.iter().map(|o| (o.command.clone(), o.pid));
            (flow.remote.port(), owners.collect())
        })
        .collect();
    flows.sort();
    flows
}

#[test]
fn a_flow_has_the_processes_that_held_its_socket() {
    let mut scene = scene();
    let t = START.0;
    // Connected; two processes share it.
    owner(
        &mut scene,
        t,
        ("app", 7, 1),
        "10.77.0.2:40000",
        Some("10.77.0.1:5004"),
    );
    owner(
        &mut scene,
        t,
        ("helper", 8, 1),
        "10.77.0.2:40000",
        Some("10.77.0.1:5004"),
    );
    // The same port to somebody else, and the same port of TCP, are others'.
    owner(
        &mut scene,
        t,
        ("other", 9, 2),
        "10.77.0.2:40000",
        Some("10.77.0.1:9"),
    );
    // Bound to any address, not connected.
    owner(&mut scene, t, ("music", 5, 3), "0.0.0.0:40001", None);
    let pair = |name: &str, pid| (name.to_owned(), pid);
    let expected = [
        (5_004, vec![pair("app", 7), pair("helper", 8)]),
        (5_005, vec![pair("music", 5)]),
    ];
    assert_eq!(owners(&mut scene), expected);
}

#[test]
fn a_port_that_changes_hands_goes_to_whom_it_belonged_then() {
    let mut scene = scene();
    let first = START.0 + LATENCY_NS;
    owner(
        &mut scene,
        first + 500 * MS + MS,
        ("early", 1, 1),
        "0.0.0.0:40001",
        None,
    );
    owner(
        &mut scene,
        first + 2_500 * MS + MS,
        ("late", 2, 2),
        "0.0.0.0:40001",
        None,
    );
    owner(
        &mut scene,
        first + 9 * SECOND,
        ("never", 3, 3),
        "0.0.0.0:40001",
        None,
    );
    let expected = vec![("early".to_owned(), 1), ("late".to_owned(), 2)];
    assert_eq!(owners(&mut scene)[1], (5_005, expected));
    // Nobody said whose the other is.
    assert_eq!(owners(&mut scene)[0], (5_004, Vec::new()));
}
