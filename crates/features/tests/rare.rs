//! Which sends the slow code's grid is set to.

mod common;

use common::*;
use features::{RareSend, RareSends};
use record::MonotonicNs;

/// A packet every `every_s` seconds to `port`, from second 1 to 200; each send is three packets.
fn sends(scene: &mut Scene, port: u16, every_s: u64) {
    for at in (1..200).step_by(every_s as usize) {
        for packet in 0..3 {
            scene.out(at * SECOND + packet * 10 * MS, port, b"report");
        }
    }
}

fn sorted(mut scene: Scene) -> Scene {
    scene.packets.sort_by_key(|p| p.t);
    scene
}

/// The latest rare send of a scene that began at `after` or later, where the period is a minute.
fn latest(scene: &Scene, after: MonotonicNs) -> Option<RareSend> {
    let session = scene.session();
    let mut sends = RareSends::new(&session.manifest.net, 60 * SECOND);
    for packet in session.packets.to_vec() {
        sends.see(packet.t, &packet.data);
    }
    sends.latest(after)
}

#[test]
fn only_a_flow_that_sends_about_once_a_minute_is_taken() {
    let mut scene = Scene::new(0, 0);
    sends(&mut scene, 443, 60);
    sends(&mut scene, 5_004, 1);
    sends(&mut scene, 3_478, 15);
    // A packet without a payload is an acknowledgement, no send.
    scene.out(150 * SECOND, 8_443, b"");
    let scene = sorted(scene);
    let at = |s: u64| latest(&scene, MonotonicNs(s * SECOND)).map(|send| send.flow);
    // The last send to 443 begins at second 181.
    assert_eq!(at(130).as_deref(), Some("udp 10.77.0.1:443"));
    assert_eq!(at(181).as_deref(), Some("udp 10.77.0.1:443"));
    assert_eq!(at(182), None);
}

#[test]
fn a_first_send_is_not_known_to_be_rare() {
    let mut scene = Scene::new(0, 0);
    scene.out(100 * SECOND, 443, b"report");
    assert_eq!(latest(&scene, MonotonicNs(0)), None);
}
