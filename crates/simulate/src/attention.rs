//! An app with a window: once a second it posts numbers that wander by themselves, and perhaps whether somebody
//! looks at it.

use record::{Body, MonotonicNs, Phase, Player, Source, Stretch};
use stimulus::Key;

use crate::log::Facts;
use crate::scene::{Scene, Times};
use crate::traffic::{Dice, frame_to_server};

/// Time between two stretches, and from a coin to what the app says of it, nanoseconds.
const BETWEEN_NS: u64 = 2_000_000_000;
const APP_NS: u64 = 50_000_000;

const SECOND_NS: u64 = 1_000_000_000;

/// How long all stretches of a scene last.
pub(crate) fn length_ns(scene: &Scene) -> u64 {
    let protocol = &scene.manifest.protocol;
    let each = protocol.attention.iter();
    each.map(|stretch| BETWEEN_NS + length_of(scene, stretch))
        .sum()
}

fn length_of(scene: &Scene, stretch: &Stretch) -> u64 {
    scene.block_ns() * u64::from(stretch.every) * u64::from(stretch.blocks)
}

/// When each stretch begins.
fn stretches<'s>(
    scene: &'s Scene,
    times: &Times,
) -> impl Iterator<Item = (MonotonicNs, &'s Stretch)> {
    let mut at = times.attention.0;
    scene
        .manifest
        .protocol
        .attention
        .iter()
        .map(move |stretch| {
            let begins = MonotonicNs(at + BETWEEN_NS);
            at = begins.0 + length_of(scene, stretch);
            (begins, stretch)
        })
}

pub(crate) fn facts(scene: &Scene, times: &Times, facts: &mut Facts) {
    for (begins, stretch) in stretches(scene, times) {
        for block in 0..stretch.blocks {
            let len_ns = scene.block_ns() * u64::from(stretch.every);
            let t = MonotonicNs(begins.0 + u64::from(block) * len_ns);
            let body = Body::Attended {
                phase: Phase::Muted,
                code: stretch.code,
                block,
                failed: None,
            };
            facts.push((t, Source::Stage, body));
        }
    }
}

/// A post a second, from a moment on that no two sessions share.
pub(crate) fn posts(scene: &Scene, times: &Times) -> Vec<(MonotonicNs, Vec<u8>)> {
    let Some(tells) = scene.tells else {
        return Vec::new();
    };
    let mut dice = Dice::new(scene, 15);
    let mut t = times.attention.0 + (dice.unit() * SECOND_NS as f64) as u64;
    let (mut wander, mut on) = (0.0, false);
    let mut posts = Vec::new();
    for seq in 0.. {
        if t >= times.end.0 {
            break;
        }
        wander = 0.95 * wander + dice.normal();
        // By itself it changes about as often as a coin does.
        on ^= dice.unit() < 0.25;
        let looked_at = looked_at(scene, times, MonotonicNs(t - APP_NS));
        let said = match (tells, looked_at) {
            (true, Some(looked_at)) => looked_at,
            _ => on,
        };
        let body = format!(
            "{{\"seq\":{:6},\"jitter\":{:9.4},\"active\":{}}}",
            seq,
            wander,
            u8::from(said)
        );
        posts.push((MonotonicNs(t), frame_to_server(body.as_bytes())));
        t += SECOND_NS;
    }
    posts
}

/// What the coin says at a moment; nothing between stretches.
fn looked_at(scene: &Scene, times: &Times, t: MonotonicNs) -> Option<bool> {
    let protocol = &scene.manifest.protocol;
    let here = |(begins, stretch): &(MonotonicNs, &Stretch)| {
        t >= *begins && t.0 < begins.0 + length_of(scene, stretch)
    };
    let (begins, stretch) = stretches(scene, times).find(here)?;
    let key = Key::of_code(&scene.seed, protocol, Player::Mic, stretch.code)?;
    let block = (t.0 - begins.0) / (scene.block_ns() * u64::from(stretch.every.max(1)));
    Some(key.symbol(Phase::Muted, u32::try_from(block).ok()?)? == 1)
}
