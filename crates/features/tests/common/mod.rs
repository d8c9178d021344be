//! Hand-made sessions.
#![allow(dead_code)]

use features::{Features, Session, Trace, features, readings, segment};
use record::*;
use wire::Packet;

pub const MS: u64 = 1_000_000;
pub const SECOND: u64 = 1_000 * MS;

/// When the first phase's first sample is handed over, and its latency.
pub const START: MonotonicNs = MonotonicNs(10 * SECOND);
pub const LATENCY_NS: u64 = 40 * MS;

/// The features of the blocks that were heard at the microphone.
pub fn features_of(session: &Session) -> Features {
    let trace = Trace::new(session);
    let segmentation = segment(session, Player::Mic);
    features(&trace, &readings(&trace), &segmentation)
}

pub fn manifest(control_blocks: u32, muted_blocks: u32) -> Manifest {
    Manifest {
        format: BUNDLE_FORMAT,
        tool: "0".into(),
        started: "2026-01-01T00:00:00Z".into(),
        subject: Subject {
            recipe: "specimen".into(),
            recipe_sha256: String::new(),
            title: "Specimen".into(),
            binary: "/usr/bin/specimen".into(),
            binary_sha256: String::new(),
            version: "1".into(),
            packages: Vec::new(),
            mute_way: "button".into(),
            called: Default::default(),
        },
        host: Vec::new(),
        profile: "smoke".into(),
        protocol: Protocol {
            version: 1,
            sample_rate_hz: 48_000,
            symbols: 2,
            block_ns: SECOND,
            control_blocks,
            muted_blocks,
            guard_ns: 200 * MS,
            high_dbfs: -20.0,
            low_dbfs: -60.0,
            alpha: 0.001,
            slower: Vec::new(),
            activities: None,
            transitions: None,
            attention: Vec::new(),
        },
        seed_sha256: String::new(),
        planted: Vec::new(),
        net: Net {
            app: vec!["10.77.0.2".into()],
            remotes: vec![Remote {
                address: "10.77.0.1".into(),
                port: Some(5_004),
                role: RemoteRole::Server,
            }],
            domains: Vec::new(),
        },
        guided: None,
        library: None,
    }
}

/// A session under construction.
#[derive(Default)]
pub struct Scene {
    pub manifest: Option<Manifest>,
    pub records: Vec<Record>,
    pub packets: Vec<Packet<'static>>,
    pub keys: Option<wire::tls::Keys>,
}

impl Scene {
    pub fn new(control_blocks: u32, muted_blocks: u32) -> Scene {
        let mut scene = Scene {
            manifest: Some(manifest(control_blocks, muted_blocks)),
            ..Scene::default()
        };
        scene.push(
            0,
            Source::Packets,
            Body::Attached {
                note: String::new(),
            },
        );
        scene
    }

    pub fn push(&mut self, t: u64, source: Source, body: Body) {
        let seq = self.records.len() as u64;
        self.records.push(Record {
            t: MonotonicNs(t),
            source,
            seq,
            body,
        });
    }

    pub fn begin(&mut self, t: u64, phase: Phase) {
        let body = Body::PhaseBegin {
            phase,
            player: Player::Mic,
            latency_ns: LATENCY_NS,
        };
        self.push(t, Source::Player, body);
    }

    /// Levels of `source` from `t` on, one per 5 ms.
    pub fn levels(&mut self, t: u64, source: Source, rms_dbfs: Vec<f32>) {
        self.push(
            t,
            source,
            Body::Levels {
                hop_ns: 5 * MS,
                rms_dbfs,
                peak_dbfs: 0.0,
            },
        );
    }

    /// Blocks of one second as the recorder hears them, the first at `t`, with dips and a hum;
    /// a quiet lead of one second before and after.
    pub fn heard(&mut self, t: u64, loud: &[bool]) {
        let mut levels = vec![-60.0; 200];
        for (k, &loud) in loud.iter().enumerate() {
            for hop in 0..200 {
                let wobble = ((hop * 7 + k * 3) % 11) as f32 - 5.0;
                let dip = if hop % 40 == 17 { -8.0 } else { 0.0 };
                levels.push(if loud { -20.0 } else { -60.0 } + wobble + dip);
            }
        }
        levels.extend([-60.0; 200]);
        self.levels(t - SECOND, Source::Mic, levels);
    }

    pub fn udp(&mut self, t: u64, from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) {
        let mut data = Vec::new();
        etherparse::PacketBuilder::ethernet2([1; 6], [2; 6])
            .ipv4(from.0, to.0, 64)
            .udp(from.1, to.1)
            .write(&mut data, payload)
            .unwrap();
        self.packets.push(Packet {
            t: MonotonicNs(t),
            orig_len: data.len() as u32,
            data: data.into(),
        });
    }

    pub fn out(&mut self, t: u64, port: u16, payload: &[u8]) {
        self.udp(t, ([10, 77, 0, 2], 40_000), ([10, 77, 0, 1], port), payload);
    }

    pub fn session(&self) -> Session<'_> {
        let manifest = self.manifest.as_ref().unwrap();
        Session {
            manifest,
            records: &self.records,
            packets: &self.packets,
            keys: self.keys.as_ref(),
        }
    }
}

pub fn rtp(sequence: u16, payload_type: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x80, payload_type, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
    out[2..4].copy_from_slice(&sequence.to_be_bytes());
    out.extend_from_slice(payload);
    out
}
