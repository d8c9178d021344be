//! Reports of many kinds, in clear: how a small program could tell the loudness, one way each.

use etherparse::PacketBuilder;
use record::MonotonicNs;

use crate::scene::{FRAME_NS, Heard, LATENCY_NS, Scene, Times};
use crate::traffic::{Dice, mean_db};

/// How the loudness is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As a number, of the moment at which it is sent, or of some time before.
    Level {
        /// From one report to the next, milliseconds.
        every_ms: u32,
        /// From an edge that is heard to a report, milliseconds.
        phase_ms: u32,
        /// How long before it was heard, milliseconds.
        late_ms: u32,
        /// Noise in it, dB.
        noise_db: u32,
    },
    /// As a number: the mean since the last report.
    Mean {
        /// From one report to the next, seconds.
        every_s: u32,
        /// How long after the edge of a block of that length, seconds.
        off_s: u32,
    },
    /// One sample of the sound a second, with its sign.
    Sample,
    /// A bit in a number whose other bits follow nothing.
    Mask,
    /// One of six numbers, in no order.
    State,
    /// What is left when a number is divided by seven.
    Remainder,
    /// The sign of a number.
    Sign,
    /// Whether there is sound.
    Flag,
    /// A sum that goes on growing.
    Sum,
    /// One of two texts.
    Text,
    /// A text of one length that is never the same twice.
    Sealed,
    /// The length of a text.
    Length,
    /// How many reports there are.
    Count,
    /// The traffic class of the packets.
    TrafficClass,
    /// Their time to live.
    Ttl,
    /// The port that they come from.
    SourcePort,
    /// The step of their identification.
    Id,
    /// Which of two ends is told first.
    Order,
    /// ARP requests.
    Arp,
    /// By how many tenths of a millisecond a report is late.
    FineTiming,
    /// Nothing while muted; all of it in one report afterwards.
    Afterwards,
}

/// A level at each report.
const fn level(every_ms: u32, phase_ms: u32, late_ms: u32, noise_db: u32) -> Way {
    Way::Level {
        every_ms,
        phase_ms,
        late_ms,
        noise_db,
    }
}

const fn mean(every_s: u32, off_s: u32) -> Way {
    Way::Mean { every_s, off_s }
}

impl Way {
    /// Every way that is tried, by its name.
    pub const ALL: [(&str, Way); 35] = [
        ("level, each second", level(1_000, 500, 0, 0)),
        (
            "level, each second, 50 ms after the edge",
            level(1_000, 50, 0, 0),
        ),
        (
            "level, each second, 150 ms after the edge",
            level(1_000, 150, 0, 0),
        ),
        ("level, five times a second", level(200, 100, 0, 0)),
        ("level with 10 dB of noise", level(1_000, 500, 0, 10)),
        ("level with 20 dB of noise", level(1_000, 500, 0, 20)),
        ("level, 1 s late", level(1_000, 500, 1_000, 0)),
        ("level, 2 s late", level(1_000, 500, 2_000, 0)),
        ("level, 4 s late", level(1_000, 500, 4_000, 0)),
        ("level, 10 s late", level(1_000, 500, 10_000, 0)),
        ("level, 15 s late", level(1_000, 500, 15_000, 0)),
        ("level, every 5 s", level(5_000, 500, 0, 0)),
        ("level, every 10 s", level(10_000, 500, 0, 0)),
        ("level, every 60 s", level(60_000, 500, 0, 0)),
        ("mean of 10 s", mean(10, 0)),
        ("mean of 60 s", mean(60, 0)),
        ("mean of 60 s, a quarter off", mean(60, 15)),
        ("mean of 60 s, half a minute off", mean(60, 30)),
        ("sample of the sound, each second", Way::Sample),
        ("bit in a mask", Way::Mask),
        ("state in no order", Way::State),
        ("remainder of seven", Way::Remainder),
        ("sign of a number", Way::Sign),
        ("flag", Way::Flag),
        ("sum that grows", Way::Sum),
        ("one of two texts", Way::Text),
        ("text never the same twice", Way::Sealed),
        ("length of a text", Way::Length),
        ("number of reports", Way::Count),
        ("traffic class", Way::TrafficClass),
        ("time to live", Way::Ttl),
        ("source port", Way::SourcePort),
        ("step of the identification", Way::Id),
        ("order of two ends", Way::Order),
        ("ARP requests", Way::Arp),
    ];

    /// Ways that nobody bets on: the report has to say so.
    pub const NOT_TESTED: [(&str, Way); 3] = [
        ("level, 25 s late", level(1_000, 500, 25_000, 0)),
        ("tenths of a millisecond", Way::FineTiming),
        ("one report afterwards", Way::Afterwards),
    ];

    /// From one report to the next, and from an edge to a report, milliseconds.
    fn rhythm(self) -> (u64, u64) {
        match self {
            Way::Level {
                every_ms, phase_ms, ..
            } => (u64::from(every_ms), u64::from(phase_ms)),
            // A hair before the edge: the report of a block lies in it.
            Way::Mean { every_s, off_s } => {
                let every_ms = u64::from(every_s) * 1_000;
                (
                    every_ms,
                    (u64::from(off_s) * 1_000 + every_ms - 100) % every_ms,
                )
            }
            _ => (1_000, 500),
        }
    }
}

const APP: [u8; 4] = [10, 77, 0, 2];
const SERVER: [u8; 4] = [10, 77, 0, 1];
const PORTS: [u16; 2] = [5_006, 5_007];

/// Reports from the mute on, to the end. `leaks`: else each tells a level of its own that follows nothing.
pub(crate) fn reports(
    scene: &Scene,
    times: &Times,
    heard: &Heard,
    way: Way,
    leaks: bool,
) -> Vec<(MonotonicNs, Vec<u8>)> {
    let mut app = App {
        times,
        heard,
        leaks,
        dice: Dice::new(scene, 11),
        wander: [0.0; 3],
        own: 0.0,
        n: 0,
        sum: 0.0,
        id: 0,
        told: String::new(),
        out: Vec::new(),
    };
    let (every_ms, phase_ms) = way.rhythm();
    let edge = times.muted.offset(LATENCY_NS as i64);
    let from_ms = times.mute.since(edge) / 1_000_000;
    let to_ms = times.end.since(edge) / 1_000_000 - 20;
    let first = (from_ms - phase_ms as i64).div_euclid(every_ms as i64) + 1;
    let mut at_ms = first * every_ms as i64 + phase_ms as i64;
    while at_ms < to_ms {
        app.report(edge.offset(at_ms * 1_000_000), way, every_ms);
        at_ms += every_ms as i64;
    }
    app.out.sort_by_key(|(t, _)| *t);
    app.out
}

struct App<'a> {
    times: &'a Times,
    heard: &'a Heard,
    leaks: bool,
    dice: Dice,
    wander: [f64; 3],
    /// Whether an honest app's own state is high.
    own: f64,
    n: u64,
    sum: f64,
    id: u16,
    told: String,
    out: Vec<(MonotonicNs, Vec<u8>)>,
}

/// What a packet's headers say.
#[derive(Clone, Copy)]
struct Head {
    class: u8,
    ttl: u8,
    port: u16,
    id: u16,
    to: u16,
}

impl App<'_> {
    fn frame(&self, t: MonotonicNs) -> usize {
        (t.since(self.times.start).max(0) as u64 / FRAME_NS) as usize
    }

    /// The level at `t`, dB, of the half second around it, or a report's own that follows nothing.
    fn level(&mut self, t: MonotonicNs) -> f64 {
        if !self.leaks {
            return self.honest();
        }
        let frame = self.frame(t);
        mean_db(&self.heard.mic_dbfs, frame.saturating_sub(2)..frame)
    }

    fn mean(&mut self, t: MonotonicNs, every_ms: u64) -> f64 {
        if !self.leaks {
            return self.honest();
        }
        let (frame, frames) = (self.frame(t), (every_ms * 1_000_000 / FRAME_NS) as usize);
        mean_db(&self.heard.mic_dbfs, frame.saturating_sub(frames)..frame)
    }

    fn honest(&mut self) -> f64 {
        self.own = 0.7 * self.own + self.dice.normal();
        -45.0 + 15.0 * self.own
    }

    fn report(&mut self, t: MonotonicNs, way: Way, every_ms: u64) {
        self.n += 1;
        let late = |ms: u32| t.offset(-i64::from(ms) * 1_000_000);
        let level = match way {
            Way::Level {
                late_ms, noise_db, ..
            } => self.level(late(late_ms)) + f64::from(noise_db) * self.dice.normal(),
            Way::Mean { .. } => self.mean(t, every_ms),
            _ => self.level(t),
        };
        let loud = level > -45.0;
        let bit = u64::from(loud);
        let whole = |dice: &mut Dice, most: f64| (dice.unit() * most) as u64;
        self.id = self.id.wrapping_add(1);
        let mut head = Head {
            class: 0,
            ttl: 64,
            port: 40_000,
            id: self.id,
            to: PORTS[0],
        };
        let mut value = "1000.000".to_owned();
        let fixed = |value: f64| format!("{:08.3}", value.clamp(-3_000.0, 3_000.0) + 4_000.0);
        let dice = &mut self.dice;
        match way {
            Way::Level { .. } | Way::Mean { .. } => value = fixed(level),
            Way::Sample => {
                let size = -(1.0 - dice.unit()).ln() * 10f64.powf(level / 20.0) * 32_767.0 / 1.4;
                let sign = if dice.unit() < 0.5 { 1.0 } else { -1.0 };
                // Filled up to one length: only the number itself may tell anything.
                let sample = (size * sign).clamp(-32_767.0, 32_767.0) as i64;
                value = format!("{sample:<6}");
            }
            Way::Mask => {
                // Always of five digits, so that only the bit tells anything.
                value = (16_384 + (whole(dice, 16_384.0) & !0x200 | bit << 9)).to_string();
            }
            Way::State => {
                let states = [[3, 7, 1], [4, 2, 6]];
                value = states[usize::from(loud)][whole(dice, 3.0) as usize].to_string();
            }
            Way::Remainder => value = (10_003 + whole(dice, 900.0) * 7 + 4 * bit).to_string(),
            Way::Sign => {
                let size = 100.0 + 50.0 * dice.unit();
                value = format!("{:<9.3}", if loud { -size } else { size });
            }
            Way::Flag => value = if loud { "true " } else { "false" }.to_owned(),
            Way::Sum => {
                self.sum += 10f64.powf(level / 20.0) * 1_000.0;
                value = format!("{:<14.3}", self.sum + 1e6);
            }
            Way::Text => value = format!("\"{}\"", if loud { "busy" } else { "idle" }),
            Way::Sealed => {
                let n = whole(dice, 1e12) * 2 + bit;
                value = format!("\"{n:016x}\"");
            }
            Way::Length => value = format!("\"{}\"", "x".repeat(3 + 4 * bit as usize)),
            Way::TrafficClass => head.class = 0x28 * bit as u8,
            Way::Ttl => head.ttl -= bit as u8,
            Way::SourcePort => head.port += 7 * bit as u16,
            Way::Id => self.id = self.id.wrapping_add(bit as u16),
            Way::Order => head.to = PORTS[usize::from(loud)],
            Way::Count | Way::Arp | Way::FineTiming => {}
            Way::Afterwards => self.told.push(if loud { '1' } else { '0' }),
        }
        head.id = self.id;
        self.wander
            .iter_mut()
            .for_each(|w| *w = 0.98 * *w + 0.3 * dice.normal());
        let [cpu, jitter, peak] = self.wander;
        let body = |seq: u64, value: &str| {
            format!(
                "{{\"seq\":{},\"cpu\":{},\"jitter\":{},\"value\":{value},\"peak\":{}}}",
                100_000 + seq,
                fixed(cpu),
                fixed(jitter),
                fixed(peak)
            )
        };
        let mut t = t.offset((dice.unit() * 2e6) as i64);
        match way {
            Way::Count if loud => self.send(t.offset(40_000_000), head, &body(self.n, &value)),
            Way::Arp if loud => self.out.push((t.offset(3_000_000), arp())),
            Way::FineTiming => {
                let begun = t.0 - t.0 % 1_000_000;
                t = MonotonicNs(begun + if loud { 700_000 } else { 200_000 });
            }
            Way::Order => {
                let other = Head {
                    to: PORTS[usize::from(!loud)],
                    ..head
                };
                self.send(t.offset(1_000_000), other, &body(self.n, &value));
            }
            Way::Afterwards
                if self.told.len() > 1 && t > self.times.muted_end.offset(1_500_000_000) =>
            {
                let told = format!("{{\"summary\":\"{}\"}}", self.told);
                self.told.clear();
                self.send(t.offset(100_000_000), head, &told);
            }
            _ => {}
        }
        self.send(t, head, &body(self.n, &value));
    }

    fn send(&mut self, t: MonotonicNs, head: Head, body: &str) {
        let mut ip = etherparse::Ipv4Header {
            time_to_live: head.ttl,
            identification: head.id,
            protocol: etherparse::ip_number::UDP,
            source: APP,
            destination: SERVER,
            ..etherparse::Ipv4Header::default()
        };
        ip.dscp = (head.class >> 2).try_into().unwrap_or_default();
        let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1])
            .ip(etherparse::IpHeaders::Ipv4(
                ip,
                etherparse::Ipv4Extensions::default(),
            ))
            .udp(head.port, head.to);
        let mut frame = Vec::with_capacity(builder.size(body.len()));
        if t < self.times.end && builder.write(&mut frame, body.as_bytes()).is_ok() {
            self.out.push((t, frame));
        }
    }
}

/// A request for an address of the link.
fn arp() -> Vec<u8> {
    let mut frame = vec![0xFF; 6];
    frame.extend([2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    frame.extend([2, 0, 0, 0, 0, 2]);
    frame.extend(APP);
    frame.extend([0; 6]);
    frame.extend([10, 77, 0, 9]);
    frame
}
