//! One source of RTP: what its headers say of the sound, packet by packet.

use wire::rtp::DYNAMIC;

use crate::packet_ref::PacketRef;
use crate::path::Path;
use crate::rtp::Rtp;

/// How often something was seen, and in which packets first and last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub n: u64,
    pub first: u64,
    pub last: u64,
}

impl Mark {
    #[inline]
    pub(crate) fn add(&mut self, number: u64) {
        if self.n == 0 {
            self.first = number;
        }
        self.n += 1;
        self.last = number;
    }
}

/// Which of 128 things were seen.
#[derive(Debug, Clone, Copy, Default)]
struct Bits([u64; 2]);

impl Bits {
    #[inline]
    fn set(&mut self, bit: u32) {
        self.0[bit as usize / 64 % 2] |= 1 << (bit % 64);
    }

    fn count(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

/// Values of a header extension of one byte.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Level {
    /// Which of the 128 levels were seen.
    seen: Bits,
    pub mark: Mark,
    /// How often the highest bit was set: voice, by RFC 6464.
    pub n_voice: u64,
    pub id: u8,
}

impl Level {
    #[inline]
    fn add(&mut self, number: u64, value: u8) {
        self.mark.n += 1;
        self.mark.last = number;
        self.n_voice += u64::from(value >> 7);
        self.seen.set(u32::from(value & 127));
    }

    pub(crate) fn n_values(&self) -> u32 {
        self.seen.count()
    }
}

/// Payload types of one source that are told apart.
const TYPES: usize = 4;
/// Extensions of one byte that are followed.
const LEVELS: usize = 4;
/// Payloads of at most so many bytes, the tag of SRTP among them, are frames of silence (Opus sends
/// one or two bytes, RFC 6716, section 3.1) where others are longer.
pub(crate) const SILENCE_MAX: u32 = 20;
/// Packets without a gap between them; a reordered one is none.
const STEP_MAX: u16 = 16;

/// One source. What each packet changes comes first: two lines of a cache, and a third for the extension.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(64))]
pub(crate) struct Stream {
    /// How its packets go, where they have a path.
    path: Path,
    timestamp: u32,
    sequence: u16,
    first: u16,
    size: u32,
    /// Ticks from one packet to the next, as a rule.
    step: u32,
    pub n: u64,
    pub last: u64,
    pub last_ns: u64,
    /// Of the network layer.
    pub ip_bytes: u64,

    /// Which sizes were seen, in classes of four bytes.
    sizes: Bits,
    pub size_min: u32,
    pub size_max: u32,
    pub up: bool,
    payload_type: u8,
    /// The first payload type.
    kind: u8,
    /// Lengths that fit the codec's time exactly.
    pub n_checked: u64,
    pub n_plain: u64,
    /// Sound in those that fit, nanoseconds.
    pub plain_ns: u64,
    /// Packets of the same instant as the one before: pictures.
    pub n_same_instant: u64,

    pub levels: [Level; LEVELS],

    pub ssrc: u32,
    first_number: u64,
    /// Packets whose number does not go on from the one before.
    n_astray: u64,
    /// Other payload types, how often each was seen, and how often any.
    kinds: [u8; TYPES - 1],
    n_of_kinds: [u64; TYPES - 1],
    n_of_others: u64,
    /// Lengths that fit with a tag of SRTP behind it.
    pub n_tagged: u64,
    /// Time stamps that jump although no packet is missing.
    pub gaps: Mark,
    /// Markers at such a jump.
    pub spurts: Mark,
    pub small: Mark,
    /// Payload types 13 and 19.
    pub comfort_noise: Mark,
    pub cryptex: Mark,
    pub events: Mark,
    /// Keys pressed, by their instants.
    pub n_keys: u32,
    /// Instant of the last key.
    key_at: Option<u32>,
}

impl Stream {
    pub(crate) fn new(seen: &PacketRef, rtp: &Rtp) -> Stream {
        let mut stream = Stream {
            ssrc: rtp.ssrc,
            up: seen.up,
            sequence: rtp.sequence,
            timestamp: rtp.timestamp,
            payload_type: 255,
            kind: rtp.payload_type,
            size_min: u32::MAX,
            first_number: seen.number,
            ..Stream::default()
        };
        stream.push(seen.number, seen.t, seen.ip_len, rtp);
        stream
    }

    #[inline]
    pub(crate) fn is_of(&self, rtp: &Rtp, up: bool) -> bool {
        (self.ssrc, self.up) == (rtp.ssrc, up)
    }

    /// Whether it is the one whose packets go so.
    #[inline(always)]
    pub(crate) fn is_on(&self, path: &Path) -> bool {
        self.path == *path
    }

    pub(crate) fn goes(&mut self, path: Path) {
        self.path = path;
    }

    /// Touches what a packet will change: see [`crate::tracker::Tracker::tell`].
    #[inline]
    pub(crate) fn fetch(&self) -> u64 {
        self.n ^ self.n_checked ^ self.levels[0].n_voice
    }

    /// All of its packets.
    pub(crate) fn all(&self) -> Mark {
        Mark {
            n: self.n,
            first: self.first_number,
            last: self.last,
        }
    }

    /// Whether its packets follow on each other: at least eight, four of five. A random payload does
    /// so in fewer than one of 2^40 cases.
    pub(crate) fn is_rtp(&self) -> bool {
        let n_following = self.n - self.n_astray;
        let follow = n_following >= 8 && n_following * 5 >= self.n * 4;
        follow || self.is_keys()
    }

    /// Whether it is nothing but keys, each told in several packets of one instant: few of them are enough.
    fn is_keys(&self) -> bool {
        self.events.n >= 3 && self.events.n + u64::from(self.n_keys) == self.n
    }

    /// Whether this may be a picture: several packets of one instant.
    pub(crate) fn is_video(&self) -> bool {
        let of_keys = self.events.n;
        self.n_same_instant.saturating_sub(of_keys) * 20 > self.n || (25..=34).contains(&self.kind)
    }

    /// Different sizes, in classes of four bytes.
    pub(crate) fn n_sizes(&self) -> u32 {
        self.sizes.count()
    }

    /// The payload type that most packets have.
    pub(crate) fn main_type(&self) -> u8 {
        let first = (self.kind, self.n - self.n_of_others);
        let others = self.kinds.into_iter().zip(self.n_of_kinds);
        let most = std::iter::once(first).chain(others).max_by_key(|(_, n)| *n);
        most.map_or(0, |(kind, _)| kind)
    }

    /// Takes a packet.
    #[inline(always)]
    pub(crate) fn push(&mut self, number: u64, t: u64, ip_len: u32, rtp: &Rtp) {
        self.n += 1;
        self.last = number;
        self.last_ns = t;
        self.ip_bytes += u64::from(ip_len);
        let kind = rtp.payload_type;
        let step = rtp.sequence.wrapping_sub(self.sequence);
        let ticks = rtp.timestamp.wrapping_sub(self.timestamp);
        if step == 1 {
            if kind == self.payload_type {
                self.in_order(number, rtp.marker, kind, ticks);
            }
        } else {
            // The end of a key is said three times, by some with one number (RFC 4733, section 2.5.1.4).
            let again = step == 0 && ticks == 0 && rtp.size == self.size && self.n > 1;
            self.n_astray += u64::from(!again && !(2..=STEP_MAX).contains(&step));
        }
        if kind != self.kind {
            self.other_type(kind);
        }
        self.payload_type = kind;
        self.sequence = rtp.sequence;
        self.timestamp = rtp.timestamp;
        self.size = rtp.size;
        self.first = rtp.first;
        if matches!(kind, 13 | 19) {
            self.comfort_noise.add(number);
        } else {
            // Hardly one is the shortest or the longest so far.
            if rtp.size < self.size_min {
                self.size_min = rtp.size;
            }
            if rtp.size > self.size_max {
                self.size_max = rtp.size;
            }
            self.sizes.set((rtp.size / 4).min(127));
            if rtp.size <= SILENCE_MAX {
                self.small(number, ticks, rtp);
            }
        }
        if rtp.cryptex {
            self.cryptex.add(number);
        }
        for (id, value) in rtp.elements.iter() {
            let first = &mut self.levels[0];
            match first.id == id && first.mark.n > 0 {
                true => first.add(number, value),
                false => self.level(number, id, value),
            }
        }
    }

    #[inline(never)]
    fn small(&mut self, number: u64, ticks: u32, rtp: &Rtp) {
        self.small.add(number);
        // RFC 4733, section 2.3: four bytes; a key is one of the first sixteen events, and a bit of the second
        // byte is 0. All packets of one key have its instant, and the first one alone says nothing.
        let [event, flags] = rtp.first.to_be_bytes();
        let is_event = rtp.size == 4 && rtp.payload_type >= DYNAMIC && flags & 0x40 == 0;
        if !is_event || event > 15 || ticks != 0 || self.n < 2 {
            return;
        }
        self.events.add(number);
        if self.key_at != Some(rtp.timestamp) {
            self.key_at = Some(rtp.timestamp);
            self.n_keys += 1;
        }
    }

    /// A packet right behind the last one: the last one's sound took so many ticks.
    #[inline(always)]
    fn in_order(&mut self, number: u64, marker: bool, kind: u8, ticks: u32) {
        if ticks == 0 {
            self.n_same_instant += 1;
            return;
        }
        // The step is neither 0 nor back in time where it was one before.
        if ticks != self.step && !self.steps(number, marker, ticks) {
            return;
        }
        if kind >= DYNAMIC {
            self.n_checked += 1;
            // No branch: of what is encrypted, no byte can be foretold.
            let fits = u64::from(wire::opus::ticks(self.first) == Some(ticks));
            self.n_plain += fits;
            self.plain_ns += fits * (u64::from(ticks) * 1_000_000 / 48);
        } else if let Some((bytes, ns)) = coded(kind, ticks, self.first) {
            self.n_checked += 1;
            match self.size.checked_sub(bytes) {
                Some(0) => {
                    self.n_plain += 1;
                    self.plain_ns += ns;
                }
                // Tags of SRTP: 4, 10 or 16 bytes, and a master key's name.
                Some(4 | 8 | 10 | 14 | 16 | 20) => self.n_tagged += 1,
                _ => {}
            }
        }
    }

    /// Whether so many ticks are a step from one packet to the next, and no gap nor back in time.
    #[inline(never)]
    fn steps(&mut self, number: u64, marker: bool, ticks: u32) -> bool {
        if ticks >= 1 << 31 {
            return false;
        }
        if self.step == 0 || ticks < self.step {
            self.step = ticks;
        }
        let is_gap = ticks >= self.step.saturating_mul(3);
        if is_gap {
            self.gaps.add(number);
            if marker {
                self.spurts.add(number);
            }
        }
        !is_gap
    }

    #[cold]
    fn other_type(&mut self, kind: u8) {
        self.n_of_others += 1;
        for (slot, n) in self.kinds.iter_mut().zip(&mut self.n_of_kinds) {
            if *n == 0 {
                *slot = kind;
            }
            if *slot == kind {
                *n += 1;
                return;
            }
        }
    }

    fn level(&mut self, number: u64, id: u8, value: u8) {
        for level in &mut self.levels {
            if level.mark.n == 0 {
                level.id = id;
                level.mark.first = number;
            }
            if level.id == id {
                return level.add(number, value);
            }
        }
    }
}

/// How many bytes a static payload type's sound of so many ticks takes (RFC 3551, section 4.5), and
/// how long it lasts in nanoseconds. `None` for a type whose size says nothing.
#[inline]
fn coded(kind: u8, ticks: u32, first: u16) -> Option<(u32, u64)> {
    let (bytes, rate_hz) = match kind {
        // PCMU, PCMA; G.722, whose clock runs at half its rate for historical reasons.
        0 | 8 | 9 => (ticks, 8_000),
        2 => (ticks / 2, 8_000),
        3 => (ticks / 160 * 33, 8_000),
        // The lowest two bits say which of its three frames it is.
        4 => match first >> 8 & 3 {
            0 => (ticks / 240 * 24, 8_000),
            1 => (ticks / 240 * 20, 8_000),
            _ => (4, 8_000),
        },
        10 => (ticks.saturating_mul(4), 44_100),
        11 => (ticks.saturating_mul(2), 44_100),
        15 => (ticks / 5, 8_000),
        18 => (ticks / 8, 8_000),
        _ => return None,
    };
    Some((bytes, u64::from(ticks) * 1_000_000_000 / rate_hz))
}

/// The name of a payload type that is agreed upon (RFC 3551, section 6).
pub(crate) fn codec(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "PCMU",
        2 => "G.726",
        3 => "GSM",
        4 => "G.723.1",
        8 => "PCMA",
        9 => "G.722",
        10 | 11 => "L16",
        15 => "G.728",
        18 => "G.729",
        96.. => "Opus",
        _ => return None,
    })
}
