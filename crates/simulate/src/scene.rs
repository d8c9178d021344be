use std::borrow::Cow;

use record::{
    Failure, Manifest, MonotonicNs, Net, Phase, Player, Record, Remote, RemoteRole, Subject,
};
use stimulus::{Program, Recordings, Seed};

use crate::{Sends, attention, log, traffic};

/// What the app does with its record stream while muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Microphone {
    /// It closes it.
    Closed,
    /// It keeps it, paused.
    Corked,
    /// It keeps it running.
    Running,
}

/// A session to be made up. Every setter returns the scene, so that it reads as a sentence.
#[derive(Debug, Clone)]
pub struct Scene {
    pub(crate) seed: Seed,
    /// Tells scenes of one seed apart in everything but what is played.
    pub(crate) salt: u8,
    pub(crate) manifest: Manifest,
    pub(crate) unmuted: Sends,
    pub(crate) muted: Sends,
    pub(crate) microphone: Microphone,
    /// Whether there is a peer, and whether it plays what the muted app hears.
    pub(crate) peer: Option<bool>,
    /// Whether what it plays is only as loud.
    pub(crate) peer_plays_noise: bool,
    pub(crate) sound_arrives: bool,
    pub(crate) unconfirmed: bool,
    pub(crate) late_while_muted_ns: u64,
    pub(crate) loses_loud: bool,
    pub(crate) loses_every: Option<u32>,
    pub(crate) traced: bool,
    pub(crate) fails_after_blocks: Option<(u32, Failure)>,
    pub(crate) decided_after_blocks: Option<u32>,
    pub(crate) recordings: Option<MakeRecordings>,
    /// To how many groups on the local link it announces itself.
    pub(crate) announces: u8,
    /// What a service answers that its button asks to mute.
    pub(crate) delegates: Option<bool>,
    /// Whether it has a window, and tells who looks at it.
    pub(crate) tells: Option<bool>,
}

/// Makes what a player plays as activities.
pub type MakeRecordings = fn(&Seed, &record::Protocol, Player) -> Box<dyn Recordings>;

/// The records and packets of a scene.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The seed behind it.
    pub seed: Seed,
    /// What the bundle would say of itself.
    pub manifest: Manifest,
    /// The log.
    pub records: Vec<Record>,
    /// Frames with the time at which they passed.
    pub packets: Vec<(MonotonicNs, Vec<u8>)>,
}

impl Recording {
    /// The packets as the parsers take them.
    pub fn wire_packets(&self) -> Vec<wire::Packet<'_>> {
        let packet = |(t, data): &'_ (MonotonicNs, Vec<u8>)| (*t, data.len() as u32);
        let each = self.packets.iter().map(|p| (packet(p), &p.1));
        each.map(|((t, orig_len), data)| wire::Packet {
            t,
            data: Cow::Borrowed(&data[..]),
            orig_len,
        })
        .collect()
    }
}

/// Start of a scene: an app that sends its voice by packet size and, muted, closes its microphone
/// and sends keep-alives; 45 blocks of control, 60 muted, a peer that hears what it should.
pub fn scene(seed: u64) -> Scene {
    let mut bytes = [0x5a; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let seed = Seed(bytes);
    let smoke = stimulus::profile("smoke").unwrap_or_else(|| unreachable!("a built-in profile"));
    let protocol = record::Protocol {
        sample_rate_hz: RATE_HZ,
        ..smoke
    };
    Scene {
        manifest: manifest(&seed, protocol),
        seed,
        salt: 0,
        unmuted: Sends::Level,
        muted: Sends::KeepAlive,
        microphone: Microphone::Closed,
        peer: Some(false),
        peer_plays_noise: false,
        sound_arrives: true,
        unconfirmed: false,
        late_while_muted_ns: 0,
        loses_loud: false,
        loses_every: None,
        traced: true,
        fails_after_blocks: None,
        decided_after_blocks: None,
        recordings: None,
        announces: 0,
        delegates: None,
        tells: None,
    }
}

/// Samples a second of the made-up stimulus: a third of a real stage's, for speed.
pub(crate) const RATE_HZ: u32 = 16_000;

impl Scene {
    /// Another session of the same schedule: what follows nothing is drawn anew.
    pub fn salted(mut self, salt: u8) -> Scene {
        self.salt = salt;
        self
    }

    /// Sets the number of blocks of control and muted phase.
    pub fn blocks(mut self, control: u32, muted: u32) -> Scene {
        self.manifest.protocol.control_blocks = control;
        self.manifest.protocol.muted_blocks = muted;
        self
    }

    /// What the app sends unmuted.
    pub fn unmuted(mut self, sends: Sends) -> Scene {
        self.unmuted = sends;
        self
    }

    /// What the app sends muted, and what it does with its microphone.
    pub fn muted(mut self, sends: Sends, microphone: Microphone) -> Scene {
        self.muted = sends;
        self.microphone = microphone;
        self
    }

    /// Who the remote end is.
    pub fn to(mut self, role: RemoteRole) -> Scene {
        self.manifest.net.remotes[0].role = role;
        self
    }

    /// Plays the slower codes of a long profile too.
    pub fn all_codes(mut self) -> Scene {
        let standard = stimulus::profile("standard");
        let standard = standard.unwrap_or_else(|| unreachable!("a built-in profile"));
        self.manifest.protocol.slower = standard.slower;
        self.manifest.protocol.low_dbfs = standard.low_dbfs;
        self
    }

    /// Plays so many blocks of named activities, ten seconds each, behind the other codes' blocks.
    pub fn activities(mut self, blocks: u32) -> Scene {
        let activities = record::Activities {
            every: 10,
            blocks,
            half: record::Activities::GENERATED,
        };
        self.manifest.protocol.muted_blocks += activities.every * blocks;
        self.manifest.protocol.activities = Some(activities);
        self
    }

    /// Plays recordings of so many kinds in the place of the generated activities. That they were played
    /// is not among the records, nor is their library in the manifest: whoever makes them knows.
    pub fn recordings(mut self, kinds: u32, make: MakeRecordings) -> Scene {
        let protocol = self.manifest.protocol.clone();
        let protocol = stimulus::with_recordings(protocol, kinds);
        self.manifest.protocol =
            protocol.unwrap_or_else(|| panic!("no {kinds} kinds can be played"));
        self.recordings = Some(make);
        self
    }

    /// Behind the muted phase another window is in front by coins. It posts once a second, and `tells` whether
    /// its own is, or something that changes by itself.
    pub fn attention(mut self, tells: bool) -> Scene {
        let protocol = self.manifest.protocol;
        self.manifest.protocol = stimulus::with_attention(protocol, &[record::Code::Focus]);
        self.tells = Some(tells);
        self
    }

    /// Its button asks a service on the session bus to mute, which says so or says no.
    pub fn delegates(mut self, answer: bool) -> Scene {
        self.delegates = Some(answer);
        self
    }

    /// Every ten seconds it announces itself to so many multicast groups on the local link.
    pub fn announces(mut self, groups: u8) -> Scene {
        self.announces = groups;
        self
    }

    /// Ends the muted phase after so many of its blocks, because it is decided.
    pub fn decided_after(mut self, muted_blocks: u32) -> Scene {
        self.decided_after_blocks = Some(muted_blocks);
        self
    }

    /// Nobody traces what is handed to encryption.
    pub fn untraced(mut self) -> Scene {
        self.traced = false;
        self
    }

    /// The declared false-alarm rate.
    pub fn alpha(mut self, alpha: f64) -> Scene {
        self.manifest.protocol.alpha = alpha;
        self
    }

    /// No recorder at a peer's output.
    pub fn without_peer(mut self) -> Scene {
        self.peer = None;
        self
    }

    /// The peer plays what the app hears, muted or not.
    pub fn peer_hears_all(mut self) -> Scene {
        self.peer = Some(true);
        self
    }

    /// The peer plays noise that is as loud as what the app hears, muted or not.
    pub fn peer_hears_loudness(mut self) -> Scene {
        (self.peer, self.peer_plays_noise) = (Some(true), true);
        self
    }

    /// The stimulus does not arrive at the microphone.
    pub fn silent(mut self) -> Scene {
        self.sound_arrives = false;
        self
    }

    /// The app cannot be asked whether it is muted for a while.
    pub fn mute_unconfirmed(mut self) -> Scene {
        self.unconfirmed = true;
        self
    }

    /// Edges are heard later while muted.
    pub fn late_while_muted(mut self, ns: u64) -> Scene {
        self.late_while_muted_ns = ns;
        self
    }

    /// The capture loses the busy ones of the loud muted blocks.
    pub fn loses_busy_loud_blocks(mut self) -> Scene {
        self.loses_loud = true;
        self
    }

    /// The capture loses something in every n-th muted block.
    pub fn loses_every(mut self, n: u32) -> Scene {
        self.loses_every = Some(n.max(1));
        self
    }

    /// The run fails after so many muted blocks.
    pub fn fails_after(mut self, muted_blocks: u32, failure: Failure) -> Scene {
        self.fails_after_blocks = Some((muted_blocks, failure));
        self
    }

    /// What is played in it, which takes longest to make: the same for every scene of this seed, length
    /// and these codes.
    pub fn sound(&self) -> Sound {
        let times = Times::new(self);
        Sound(Heard::new(self, &times))
    }

    /// Makes it up.
    pub fn record(self) -> Recording {
        let sound = self.sound();
        self.record_with(&sound)
    }

    /// Makes it up, with the sound of a scene like it.
    pub fn record_with(self, Sound(heard): &Sound) -> Recording {
        let times = Times::new(&self);
        let mut packets = traffic::packets(&self, &times, heard);
        let mut records = log::records(&self, &times, heard, &packets);
        if let Some((blocks, failure)) = self.fails_after_blocks {
            let end = times
                .muted
                .offset((u64::from(blocks) * self.block_ns()) as i64);
            packets.retain(|(t, _)| *t < end);
            records.retain(|r| r.t < end);
            let body = record::Body::Failed {
                failure,
                why: "made up".into(),
            };
            let seq = records.len() as u64;
            records.push(Record {
                t: end,
                source: record::Source::Stage,
                seq,
                body,
            });
        }
        if let Some(blocks) = self.decided_after_blocks {
            // A hair after the edge: the block before it is whole.
            let end = times
                .muted
                .offset((u64::from(blocks) * self.block_ns() + 50_000_000) as i64);
            let body = record::Body::Decided {
                why: "made up".into(),
            };
            let at = records.partition_point(|r| r.t < end);
            records.insert(
                at,
                Record {
                    t: end,
                    source: record::Source::Stage,
                    seq: 0,
                    body,
                },
            );
            (0..).zip(&mut records).for_each(|(seq, r)| r.seq = seq);
        }
        Recording {
            seed: self.seed,
            manifest: self.manifest,
            records,
            packets,
        }
    }

    pub(crate) fn block_ns(&self) -> u64 {
        self.manifest.protocol.block_ns
    }

    fn phase_ns(&self, phase: Phase) -> u64 {
        self.block_ns() * u64::from(self.manifest.protocol.blocks(phase))
    }
}

/// When what happens.
pub(crate) struct Times {
    pub(crate) start: MonotonicNs,
    pub(crate) control: MonotonicNs,
    pub(crate) control_end: MonotonicNs,
    pub(crate) mute: MonotonicNs,
    pub(crate) muted: MonotonicNs,
    pub(crate) muted_end: MonotonicNs,
    /// From when on something else than the sound is drawn.
    pub(crate) attention: MonotonicNs,
    pub(crate) end: MonotonicNs,
}

impl Times {
    fn new(scene: &Scene) -> Times {
        const SECOND: i64 = 1_000_000_000;
        let start = MonotonicNs(1_000 * SECOND as u64);
        let control = start.offset(3 * SECOND);
        let control_end = control.offset(scene.phase_ns(Phase::Control) as i64);
        let mute = control_end.offset(SECOND);
        let muted = mute.offset(3 * SECOND);
        let muted_end = muted.offset(scene.phase_ns(Phase::Muted) as i64);
        Times {
            start,
            control,
            control_end,
            mute,
            muted,
            muted_end,
            attention: muted_end,
            end: muted_end.offset(3 * SECOND + attention::length_ns(scene) as i64),
        }
    }
}

/// Time from handing a sample over until it is heard, as the server says it.
pub(crate) const LATENCY_NS: u64 = 35_000_000;

/// Length of a frame of everything here: level hops, packets.
pub(crate) const FRAME_NS: u64 = 20_000_000;

/// What is played in a scene.
pub struct Sound(Heard);

/// What arrives at the two microphones.
pub(crate) struct Heard {
    /// Samples at the app's microphone from the start of the session on.
    pub(crate) mic: Vec<f32>,
    /// Level of each frame, dBFS, at the app's microphone and at the sham's.
    pub(crate) mic_dbfs: Vec<f32>,
    pub(crate) sham_dbfs: Vec<f32>,
}

impl Heard {
    fn new(scene: &Scene, times: &Times) -> Heard {
        let mut mic = listen(scene, times, Player::Mic);
        let sham = listen(scene, times, Player::Sham);
        if !scene.sound_arrives {
            mic.fill(0.0);
        }
        Heard {
            mic_dbfs: levels_dbfs(&mic),
            sham_dbfs: levels_dbfs(&sham),
            mic,
        }
    }

    /// Level of the frame `delay_ns` before `t`.
    pub(crate) fn level(levels: &[f32], times: &Times, t: MonotonicNs, delay_ns: u64) -> f32 {
        let since = t.since(times.start) - delay_ns as i64;
        let frame = usize::try_from(since / FRAME_NS as i64).unwrap_or(0);
        levels.get(frame).copied().unwrap_or(record::SILENCE_DBFS)
    }
}

fn listen(scene: &Scene, times: &Times, player: Player) -> Vec<f32> {
    let at = |t: MonotonicNs| {
        (t.since(times.start) as u64 * u64::from(RATE_HZ) / 1_000_000_000) as usize
    };
    let protocol = &scene.manifest.protocol;
    let mut program = Program::new(&scene.seed, protocol, player);
    if let Some(make) = scene.recordings {
        program = program.with_recordings(make(&scene.seed, protocol, player));
    }
    let mut out = vec![0.0; at(times.end)];
    let shift = at(times.start.offset(LATENCY_NS as i64));
    let late = at(times.start.offset(scene.late_while_muted_ns as i64));
    let control = at(times.control) + shift..at(times.control_end) + shift;
    let muted = at(times.muted) + shift + late..at(times.muted_end) + shift + late;
    program.idle(&mut out[..control.start]);
    program.phase(Phase::Control, 0, &mut out[control.clone()]);
    program.idle(&mut out[control.end..muted.start]);
    program.phase(Phase::Muted, 0, &mut out[muted.clone()]);
    program.idle(&mut out[muted.end..]);
    out
}

fn levels_dbfs(samples: &[f32]) -> Vec<f32> {
    let frame = (u64::from(RATE_HZ) * FRAME_NS / 1_000_000_000) as usize;
    let level = |frame: &[f32]| {
        let power = frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32;
        (10.0 * power.log10()).max(record::SILENCE_DBFS)
    };
    samples.chunks(frame).map(level).collect()
}

fn manifest(seed: &Seed, protocol: record::Protocol) -> Manifest {
    Manifest {
        format: record::BUNDLE_FORMAT,
        tool: "simulate".into(),
        started: "2000-01-01T00:00:00Z".into(),
        subject: Subject {
            recipe: "made-up".into(),
            recipe_sha256: String::new(),
            title: "Made-up app".into(),
            binary: String::new(),
            binary_sha256: String::new(),
            version: String::new(),
            packages: Vec::new(),
            mute_way: "made up".into(),
            called: Default::default(),
        },
        host: Vec::new(),
        profile: "smoke".into(),
        protocol,
        seed_sha256: seed.sha256_hex(),
        planted: Vec::new(),
        net: Net {
            app: vec!["10.77.0.2".into()],
            remotes: vec![Remote {
                address: "10.77.0.1".into(),
                port: None,
                role: RemoteRole::Server,
            }],
            domains: Vec::new(),
        },
        guided: None,
        library: None,
    }
}
