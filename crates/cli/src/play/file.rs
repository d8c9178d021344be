//! The stimulus as a file of sound, or as a page that plays it.

use std::fs;
use std::path::Path;

use base64::Engine;
use record::{Body, MonotonicNs, Phase, Player, Protocol, Record, Source};
use report::{Lang, SoundFile};
use stage::pulse::tone_samples;
use stimulus::{Program, Seed};

use crate::fail::{Fail, print};
use crate::play::written::{Args, manifest, records as numbered};
use import::Schedule;

/// Quiet at the beginning: time to see that the app is in the call and not muted.
const LEAD_S: u64 = 10;
/// Between the phases: time to mute.
const MUTE_S: u64 = 20;
/// Behind the muted phase.
const TAIL_S: u64 = 5;
/// One value of the log of levels.
const HOP_NS: u64 = 20_000_000;
/// Values of one record.
const HOPS: usize = 50;

/// Writes the sound and its schedule, and says what a person has to do when.
pub(super) fn run(
    args: &Args,
    wav_path: &Path,
    seed: &Seed,
    protocol: &Protocol,
    lang: Lang,
) -> Result<(), Fail> {
    let rate = u64::from(protocol.sample_rate_hz);
    let times = Times::new(protocol);
    let samples = sound(seed, protocol, &times);
    let manifest = manifest(args, seed, protocol);
    Schedule::new(manifest, records(&samples, rate, &times)).write(&args.schedule, seed)?;
    write(wav_path, &wav(&samples, protocol.sample_rate_hz))?;
    let written = SoundFile {
        sound: wav_path,
        schedule: &args.schedule,
        control: [times.control, times.control_end],
        muted: [times.muted, times.muted_end],
    };
    let text = report::sound_file(&written, lang)?;
    print(text.as_bytes())
}

/// Writes a page that plays the sound, and its schedule.
pub(super) fn page(
    args: &Args,
    path: &Path,
    seed: &Seed,
    protocol: &Protocol,
    lang: Lang,
) -> Result<(), Fail> {
    let rate = protocol.sample_rate_hz;
    let times = Times::new(protocol);
    let samples = sound(seed, protocol, &times);
    let manifest = manifest(args, seed, protocol);
    let hash = manifest.seed_sha256.clone();
    Schedule::new(manifest, records(&samples, u64::from(rate), &times))
        .write(&args.schedule, seed)?;
    let bytes: Vec<u8> = samples.iter().flat_map(|s| sixteen_bits(*s)).collect();
    let page = report::PlayPage {
        schedule: &hash,
        rate_hz: rate,
        times: [
            times.control,
            times.control_end,
            times.muted,
            times.muted_end,
        ],
        sound: &base64::prelude::BASE64_STANDARD.encode(bytes),
    };
    write(path, &report::play_page(&page, lang)?)?;
    let said = report::page_written(path, &args.schedule, lang)?;
    print(format!("{said}\n").as_bytes())
}

/// A sample of WAV.
fn sixteen_bits(sample: f32) -> [u8; 2] {
    ((sample.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes()
}

/// Seconds from the first sample.
struct Times {
    control: u64,
    control_end: u64,
    muted: u64,
    muted_end: u64,
    end: u64,
}

impl Times {
    fn new(protocol: &Protocol) -> Times {
        let seconds =
            |phase| (u64::from(protocol.blocks(phase)) * protocol.block_ns).div_ceil(1_000_000_000);
        let control_end = LEAD_S + seconds(Phase::Control);
        let muted = control_end + MUTE_S;
        let muted_end = muted + seconds(Phase::Muted);
        Times {
            control: LEAD_S,
            control_end,
            muted,
            muted_end,
            end: muted_end + TAIL_S,
        }
    }
}

fn sound(seed: &Seed, protocol: &Protocol, times: &Times) -> Vec<f32> {
    let rate = u64::from(protocol.sample_rate_hz);
    let mut program = Program::new(seed, protocol, Player::Mic);
    let mut samples = vec![0.0; (times.end * rate) as usize];
    let mut idle = vec![0.0; rate as usize];
    for second in samples.chunks_mut(rate as usize) {
        program.idle(&mut idle);
        second.copy_from_slice(&idle[..second.len()]);
    }
    let phases = [
        (Phase::Control, times.control, times.control_end),
        (Phase::Muted, times.muted, times.muted_end),
    ];
    for (phase, from, to) in phases {
        let range = (from * rate) as usize..(to * rate) as usize;
        program.phase(phase, 0, &mut samples[range]);
    }
    // Marks lie outside of the phases: no block hears one.
    for (at, tones) in [
        (1, 1),
        (times.control - 2, 2),
        (times.control_end + 1, 3),
        (times.muted - 2, 2),
        (times.muted_end + 1, 3),
    ] {
        let tones = tone_samples(tones);
        let from = (at * rate) as usize;
        samples[from..from + tones.len()].copy_from_slice(&tones);
    }
    samples
}

fn records(samples: &[f32], rate: u64, times: &Times) -> Vec<Record> {
    let at = |seconds: u64| MonotonicNs((seconds + 1) * 1_000_000_000);
    let mut facts = vec![(
        at(0),
        Source::Mic,
        Body::Attached {
            note: "what the file holds".into(),
        },
    )];
    for source in [Source::Sham, Source::Peer, Source::Streams] {
        let why = "not on the device's side of the room".to_owned();
        facts.push((at(0), source, Body::Unavailable { why }));
    }
    let attached = |note: &str| Body::Attached { note: note.into() };
    facts.push((
        at(0),
        Source::Mute,
        attached("a person says when the app was muted"),
    ));
    facts.push((at(0), Source::Clock, attached("the file's own")));
    // Until it is known when the file was played: see `analyze --began`.
    let written = u64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(0);
    for second in 0..times.end {
        let realtime_ns = written + second * 1_000_000_000;
        let pair = Body::ClockPair {
            realtime_ns,
            bracket_ns: 1_000,
        };
        facts.push((at(second), Source::Clock, pair));
    }
    let player = Player::Mic;
    for (phase, begin, end) in [
        (Phase::Control, times.control, times.control_end),
        (Phase::Muted, times.muted, times.muted_end),
    ] {
        let begun = Body::PhaseBegin {
            phase,
            player,
            latency_ns: 0,
        };
        facts.push((at(begin), Source::Player, begun));
        facts.push((at(end), Source::Player, Body::PhaseEnd { phase, player }));
    }
    facts.push((
        at(times.control_end),
        Source::Stage,
        Body::MuteAsked { muted: true },
    ));
    let hop = (rate * HOP_NS / 1_000_000_000) as usize;
    let rms = |hop: &[f32]| {
        let power = hop.iter().map(|s| s * s).sum::<f32>() / hop.len() as f32;
        (10.0 * power.log10()).max(record::SILENCE_DBFS)
    };
    for (i, second) in samples.chunks(hop * HOPS).enumerate() {
        let peak = second.iter().fold(0.0f32, |peak, s| peak.max(s.abs()));
        let levels = Body::Levels {
            hop_ns: HOP_NS,
            rms_dbfs: second.chunks_exact(hop).map(rms).collect(),
            peak_dbfs: (20.0 * peak.log10()).max(record::SILENCE_DBFS),
        };
        let t = MonotonicNs(at(0).0 + i as u64 * HOPS as u64 * HOP_NS);
        facts.push((t, Source::Mic, levels));
    }
    facts.push((at(times.end), Source::Stage, Body::Finished));
    numbered(facts)
}

/// RIFF, 16 bits, one channel.
fn wav(samples: &[f32], rate: u32) -> Vec<u8> {
    let len = samples.len() as u32 * 2;
    let mut out = Vec::with_capacity(samples.len() * 2 + 44);
    out.extend(b"RIFF");
    out.extend((36 + len).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend([16, 0, 0, 0, 1, 0, 1, 0]);
    out.extend(rate.to_le_bytes());
    out.extend((rate * 2).to_le_bytes());
    out.extend([2, 0, 16, 0]);
    out.extend(b"data");
    out.extend(len.to_le_bytes());
    for sample in samples {
        out.extend(sixteen_bits(*sample));
    }
    out
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Fail> {
    if path.exists() {
        return Err(Fail::Exists {
            path: path.to_owned(),
        });
    }
    fs::write(path, bytes).map_err(|e| Fail::file("write", path, &e))
}
