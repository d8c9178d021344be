use record::{Body, MonotonicNs, Phase, Player, Record, RecordStream, Source, Span};

use crate::scene::{FRAME_NS, Heard, LATENCY_NS, Microphone, RATE_HZ, Scene, Times};
use crate::traffic::Dice;
use crate::{attention, plaintext};

/// Hops of one record of levels: a second.
const HOPS: usize = 50;

pub(crate) fn records(
    scene: &Scene,
    times: &Times,
    heard: &Heard,
    packets: &[(MonotonicNs, Vec<u8>)],
) -> Vec<Record> {
    let mut facts: Vec<(MonotonicNs, Source, Body)> = Vec::new();
    for source in [
        Source::Packets,
        Source::Mic,
        Source::Sham,
        Source::Peer,
        Source::Streams,
        Source::Mute,
        Source::Clock,
    ] {
        if source == Source::Peer && scene.peer.is_none() {
            let why = "no peer in this scene".into();
            facts.push((times.start, source, Body::Unavailable { why }));
        } else {
            facts.push((
                times.start,
                source,
                Body::Attached {
                    note: "made up".into(),
                },
            ));
        }
    }
    levels(times, Source::Mic, &heard.mic_dbfs, &mut facts);
    levels(times, Source::Sham, &heard.sham_dbfs, &mut facts);
    if let Some(hears_all) = scene.peer {
        let peer_dbfs = peer_dbfs(scene, times, heard, hears_all);
        levels(times, Source::Peer, &peer_dbfs, &mut facts);
        bands(scene, times, heard, &peer_dbfs, &mut facts);
    }
    phases(scene, times, &mut facts);
    mute(scene, times, &mut facts);
    streams(scene, times, &mut facts);
    clock(times, &mut facts);
    losses(scene, times, packets, &mut facts);
    attention::facts(scene, times, &mut facts);
    plaintext::plaintext(scene, times, heard, &mut facts);
    facts.push((times.end, Source::Stage, Body::Finished));
    facts.sort_by_key(|(t, ..)| *t);
    let record = |(seq, (t, source, body))| Record {
        t,
        source,
        seq: seq as u64,
        body,
    };
    facts.into_iter().enumerate().map(record).collect()
}

pub(crate) type Facts = Vec<(MonotonicNs, Source, Body)>;

fn levels(times: &Times, source: Source, levels_dbfs: &[f32], facts: &mut Facts) {
    for (i, hops) in levels_dbfs.chunks(HOPS).enumerate() {
        let t = MonotonicNs(times.start.0 + (i * HOPS) as u64 * FRAME_NS);
        let peak_dbfs = hops.iter().copied().fold(record::SILENCE_DBFS, f32::max);
        let body = Body::Levels {
            hop_ns: FRAME_NS,
            rms_dbfs: hops.to_vec(),
            peak_dbfs,
        };
        facts.push((t, source, body));
    }
}

/// The peer plays what the app hears 100 ms later, or comfort noise.
fn peer_dbfs(scene: &Scene, times: &Times, heard: &Heard, hears_all: bool) -> Vec<f32> {
    let mut dice = Dice::new(scene, 2);
    let level = |i: usize| {
        let t = MonotonicNs(times.start.0 + i as u64 * FRAME_NS);
        let comfort = -70.0 + 3.0 * dice.unit() as f32;
        let level = Heard::level(&heard.mic_dbfs, times, t, 100_000_000);
        match t < times.mute || hears_all {
            true => level.max(comfort),
            false => comfort,
        }
    };
    (0..heard.mic_dbfs.len()).map(level).collect()
}

/// Bands of what the peer plays while the app is muted: the sound itself, or noise that is as loud.
fn bands(scene: &Scene, times: &Times, heard: &Heard, peer_dbfs: &[f32], facts: &mut Facts) {
    let rows = match scene.peer_plays_noise {
        true => {
            let mut dice = Dice::new(scene, 14);
            let row = |level: &f32| [0; 4].map(|_: u8| level - 6.0 + 2.0 * dice.unit() as f32);
            peer_dbfs.iter().map(row).collect()
        }
        false if scene.peer == Some(true) => stimulus::bands_dbfs(&heard.mic, RATE_HZ),
        false => return,
    };
    // The peer plays it 100 ms later.
    for (i, rows) in rows.chunks(HOPS).enumerate() {
        let late_ns = 100_000_000;
        let t = MonotonicNs(times.start.0 + late_ns + (i * HOPS) as u64 * FRAME_NS);
        let body = Body::Bands {
            hop_ns: FRAME_NS,
            rms_dbfs: rows.to_vec(),
        };
        facts.push((t, Source::Peer, body));
    }
}

fn phases(scene: &Scene, times: &Times, facts: &mut Facts) {
    for player in [Player::Mic, Player::Sham] {
        for (phase, begin, end) in [
            (Phase::Control, times.control, times.control_end),
            (Phase::Muted, times.muted, times.muted_end),
        ] {
            if scene.manifest.protocol.blocks(phase) == 0 {
                continue;
            }
            let body = Body::PhaseBegin {
                phase,
                player,
                latency_ns: LATENCY_NS,
            };
            facts.push((begin, Source::Player, body));
            facts.push((end, Source::Player, Body::PhaseEnd { phase, player }));
        }
    }
}

fn mute(scene: &Scene, times: &Times, facts: &mut Facts) {
    facts.push((times.mute, Source::Stage, Body::MuteAsked { muted: true }));
    if let Some(answer) = scene.delegates {
        let call = Body::BusCall {
            service: "org.example.CallAudio".into(),
            interface: "org.example.CallAudio".into(),
            member: "MuteMic".into(),
            error: None,
            said: Some(answer),
        };
        let at = times.mute.offset(300_000_000);
        facts.push((at, Source::Bus, call));
        let sources = if answer {
            vec!["mic".to_owned()]
        } else {
            vec![]
        };
        facts.push((at, Source::Streams, Body::SourcesMuted { sources }));
    }
    let mut t = times.start;
    let gap = Span {
        from: times.muted.offset(9_500_000_000),
        to: times.muted.offset(13_500_000_000),
    };
    while t < times.end {
        let asked = !(scene.unconfirmed && gap.contains(t));
        let muted = asked.then_some(t >= times.mute);
        let said = match muted {
            Some(true) => "muted",
            Some(false) => "not muted",
            None => "no answer",
        };
        facts.push((
            t,
            Source::Mute,
            Body::MuteSaid {
                muted,
                said: said.into(),
            },
        ));
        t = t.offset(500_000_000);
    }
}

fn streams(scene: &Scene, times: &Times, facts: &mut Facts) {
    let stream = |corked| RecordStream {
        index: 7,
        application: "Made-up app".into(),
        binary: None,
        application_id: None,
        source: "microphone".into(),
        corked,
        muted: false,
    };
    let begin = Body::Streams {
        streams: vec![stream(false)],
    };
    facts.push((times.start, Source::Streams, begin));
    let streams = match scene.microphone {
        Microphone::Closed => Vec::new(),
        Microphone::Corked => vec![stream(true)],
        Microphone::Running => vec![stream(false)],
    };
    facts.push((
        times.mute.offset(200_000_000),
        Source::Streams,
        Body::Streams { streams },
    ));
}

fn clock(times: &Times, facts: &mut Facts) {
    let mut t = times.start;
    while t < times.end {
        let realtime_ns = 1_000_000_000_000_000_000 + t.0;
        facts.push((
            t,
            Source::Clock,
            Body::ClockPair {
                realtime_ns,
                bracket_ns: 2_000,
            },
        ));
        t = t.offset(1_000_000_000);
    }
}

fn losses(scene: &Scene, times: &Times, packets: &[(MonotonicNs, Vec<u8>)], facts: &mut Facts) {
    let key = stimulus::Key::derive(&scene.seed, &scene.manifest.protocol, Player::Mic);
    let n = scene.manifest.protocol.muted_blocks;
    let block = |i: u32| {
        let at = |i: u32| times.muted.offset((u64::from(i) * scene.block_ns()) as i64);
        // As the blocks are cut: by what is heard, plus the guard.
        let shift = (LATENCY_NS + scene.manifest.protocol.guard_ns) as i64;
        Span {
            from: at(i).offset(shift),
            to: at(i + 1).offset(shift),
        }
    };
    let bytes = |span: Span| -> usize {
        packets
            .iter()
            .filter(|(t, _)| span.contains(*t))
            .map(|(_, data)| data.len())
            .sum()
    };
    let mut sums: Vec<usize> = (0..n).map(|i| bytes(block(i))).collect();
    let by_block = sums.clone();
    sums.sort_unstable();
    let typical = sums.get(sums.len() / 2).copied().unwrap_or(0);
    for i in 0..n {
        let loud = key.symbol(Phase::Muted, i).is_some_and(|s| s > 0);
        let busy_loud = scene.loses_loud && loud && by_block[i as usize] > typical;
        let every = scene.loses_every.is_some_and(|every| i % every == 0);
        if busy_loud || every {
            let middle = block(i).from.offset((scene.block_ns() / 2) as i64);
            let span = Span {
                from: middle,
                to: middle.offset(1_000_000),
            };
            let why = "the ring was full".into();
            facts.push((
                span.to,
                Source::Packets,
                Body::Gap {
                    span,
                    lost: Some(3),
                    why,
                },
            ));
        }
    }
}
