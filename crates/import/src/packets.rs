//! What is held of a capture that is to be judged, and what of it was lost.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::ops::{Range, RangeInclusive};

use scan::Sink;
use wire::NoDatagram;
use wire::capture::{Captured, Other, Take};
use wire::link::{self, Mac};

use crate::error::ImportError;

/// Bytes of packets that are held at most: the bundle is judged in memory.
const BYTES_MAX: usize = 1 << 30;

/// Length of the header that stands in front of each frame that is held.
pub(crate) const ETHERNET: usize = 14;

/// Packets of several interfaces may be written a little out of order; more than this, and the clock was set.
const DISORDER_MAX_NS: u64 = 1_000_000_000;

/// Addresses that are remembered while it is not known yet whether they are the device's.
const ALSO_MAX: usize = 4_096;

/// Captures begin and end this long before and behind what is judged at most.
const DAY_NS: u64 = 86_400_000_000_000;

/// Wall times: from when, until when, nanoseconds.
type Times = (u64, u64);

/// A packet, or a frame that may have been one; [`Packets::frame`] has its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PacketRef {
    /// Wall time by the capture's clock, nanoseconds.
    pub t: u64,
    /// Length on the wire.
    pub orig_len: u32,
    /// The network interface that sent the packet itself, and no tunnel around it.
    pub sender: Option<Mac>,
    /// Whether it is no IP packet, but a sound frame of another Ethernet type.
    other: bool,
    at: Range<usize>,
}

/// Wall times between which something was lost.
struct Hole {
    from: u64,
    /// To the end where that is open.
    until: Option<u64>,
    why: String,
    ends: Ends,
}

/// What ends a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// The next packet in order.
    Next,
    /// Likewise; without one there was no hole, but the time behind all that is judged.
    NextIfAny,
    /// It has ended, or never will.
    No,
}

/// What was captured, as Ethernet frames around the innermost IP packet. What cannot be read as IP, but may
/// have been the device's, is a frame that ends too early: whoever counts packets counts those as unread.
pub(crate) struct Packets {
    /// Addresses of the device whose packets are held; everybody's while that is not known.
    pub of: Vec<IpAddr>,
    /// Wall times between which each file has captured anything.
    files: Vec<Option<Times>>,
    /// In the captures' order.
    pub all: Vec<PacketRef>,
    /// Lines of TLS keys.
    pub keys: Vec<u8>,
    /// Packets without a time, or more than are held.
    pub n_left_out: u64,
    /// What the capturing system says that it dropped.
    pub n_dropped: u64,
    holes: Vec<Hole>,
    bytes: Vec<u8>,
    /// Times outside of these are of no concern, or not true.
    around: RangeInclusive<u64>,
    /// The latest time so far in this file.
    latest: u64,
    /// That of the packet before.
    before: Option<u64>,
    /// The earliest and the latest time of any packet.
    times: Option<Times>,
    /// Frames by the link type that is not read.
    unread: BTreeMap<u16, u64>,
    /// Network interfaces that the device's packets came from, and addresses that others of these came from.
    senders: HashSet<Mac>,
    also: HashSet<IpAddr>,
}

impl Packets {
    /// Nothing yet. A packet whose time is not in `around` has no part in what is judged.
    pub fn new(of: Vec<IpAddr>, around: RangeInclusive<u64>) -> Packets {
        Packets {
            of,
            files: Vec::new(),
            all: Vec::new(),
            keys: Vec::new(),
            n_left_out: 0,
            n_dropped: 0,
            holes: Vec::new(),
            bytes: Vec::new(),
            around,
            latest: 0,
            before: None,
            times: None,
            unread: BTreeMap::new(),
            senders: HashSet::new(),
            also: HashSet::new(),
        }
    }

    /// Another file begins, whose packets may lie before those of the last one.
    pub fn next_file(&mut self) {
        self.latest = 0;
        self.files.push(None);
    }

    /// Wall times between which anything was captured, and those between files in which nothing was.
    pub fn covered(&self) -> (Option<Times>, Vec<Times>) {
        let mut files: Vec<_> = self.files.iter().copied().flatten().collect();
        files.sort_unstable();
        let mut between = Vec::new();
        let covered = files.into_iter().reduce(|(first, last), (from, to)| {
            if from.saturating_sub(last) > DISORDER_MAX_NS {
                between.push((last, from));
            }
            (first, last.max(to))
        });
        (covered, between)
    }

    /// The frame of a packet.
    pub fn frame(&self, packet: &PacketRef) -> &[u8] {
        &self.bytes[packet.at.clone()]
    }

    /// Frames that were not looked at, in words; nothing where there were none.
    pub fn unread_links(&self) -> Option<String> {
        let (most, _) = self.unread.iter().max_by_key(|(_, n)| **n)?;
        let why = NoDatagram::LinkType { link_type: *most };
        let all = self.unread.iter();
        let all: Vec<_> = all
            .map(|(link_type, n)| format!("{n} of link type {link_type}"))
            .collect();
        Some(format!("{} ({why})", all.join(", ")))
    }

    /// Says so where all of the capture lies before what is judged, or all behind it.
    pub fn is_of_that_time(&self) -> Result<(), ImportError> {
        let played = (*self.around.start(), *self.around.end());
        match self.times {
            Some(captured) if captured.1 < played.0 || captured.0 > played.1 => {
                Err(ImportError::OtherTime { captured, played })
            }
            _ => Ok(()),
        }
    }

    /// Leaves out what is known to be of others; says so where nothing is left.
    pub fn keep_only(&mut self, device: &[IpAddr]) -> Result<(), ImportError> {
        let Packets { all, bytes, .. } = self;
        let from_device = |packet: &&PacketRef| {
            let ends = ends(&bytes[packet.at.clone()][ETHERNET..]);
            !packet.other && ends.is_some_and(|[src, _]| device.contains(&src))
        };
        let own = all.iter().filter(from_device);
        let own: HashSet<Mac> = own.filter_map(|packet| packet.sender).collect();
        all.retain(|packet| {
            if packet.other {
                return packet.sender.is_some_and(|sender| own.contains(&sender));
            }
            let ends = ends(&bytes[packet.at.clone()][ETHERNET..]);
            ends.is_none_or(|ends| ends.iter().any(|end| device.contains(end)))
        });
        match self.unread_links() {
            Some(unread) if self.all.iter().all(|packet| packet.at.len() == ETHERNET) => {
                let device = device.to_vec();
                Err(ImportError::NothingOfDevice { device, unread })
            }
            _ => Ok(()),
        }
    }

    /// Whether a packet may be the device's, as far as is known by now.
    fn may_be_its_own(&mut self, ip: &[u8], sender: Option<Mac>) -> bool {
        let Some([src, dst]) = ends(ip) else {
            return true;
        };
        if self.of.contains(&src) {
            self.senders.extend(sender);
        }
        if sender.is_some_and(|sender| self.senders.contains(&sender)) {
            // A router's are many; it will not be taken for the device.
            if self.also.len() < ALSO_MAX {
                self.also.insert(src);
            }
            return true;
        }
        let is_its = |end| self.of.contains(end) || self.also.contains(end);
        // Before it was seen to send, its interface is not known.
        self.of.is_empty()
            || is_its(&src)
            || is_its(&dst)
            || (sender.is_some() && self.senders.is_empty())
    }

    /// Holds a frame that is no IP packet, where the link layer says who sent it: ARP tells whom the device
    /// looks for.
    fn other_frame(&mut self, t: u64, packet: &Captured, ether_type: u16) {
        let (link_type, data) = (packet.link_type, packet.data);
        let sender = link::sender(link_type, data).filter(|_| link_type == link::ETHERNET);
        let unknown = self.of.is_empty() || self.senders.is_empty();
        let may_be_its = |sender| unknown || self.senders.contains(&sender);
        let Some(sender) = sender.filter(|sender| may_be_its(*sender)) else {
            return;
        };
        let body = data.get(ETHERNET..).unwrap_or(&[]);
        if self.bytes.len() + body.len() + ETHERNET > BYTES_MAX {
            self.n_left_out += 1;
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 12]);
        self.bytes.extend_from_slice(&ether_type.to_be_bytes());
        self.bytes.extend_from_slice(body);
        self.all.push(PacketRef {
            t,
            orig_len: packet.orig_len,
            sender: Some(sender),
            other: true,
            at: start..self.bytes.len(),
        });
    }

    /// Whether the packet's time can be believed. What is behind a clock that was set back may have been sent
    /// at any time; one packet with an impossible time leaves a hole where it lies.
    fn in_order(&mut self, number: u64, t: u64) -> bool {
        let (start, end) = (*self.around.start(), *self.around.end());
        let (early, late) = (t < start, t > end);
        let (first, last) = self.times.unwrap_or((t, t));
        self.times = Some((first.min(t), last.max(t)));
        // One in the middle is no sign that the capture had begun by then, and one of another year never.
        let near = start.saturating_sub(DAY_NS) <= t && t <= end.saturating_add(DAY_NS);
        let begun = self.latest > 0;
        if near && !(early && begun) {
            let t = t.clamp(start, end);
            if let Some(file) = self.files.last_mut() {
                let (first, last) = file.unwrap_or((t, t));
                *file = Some((first.min(t), last.max(t)));
            }
        }
        let impossible = || format!("packet {number} of the capture has an impossible time");
        if early || late {
            let ends = if late { Ends::NextIfAny } else { Ends::Next };
            if begun && !self.holes.iter().any(|hole| hole.ends == ends) {
                self.hole(self.before, impossible(), ends);
            }
            return false;
        }
        let back = self.latest.saturating_sub(t);
        if back > DISORDER_MAX_NS {
            // All that follows is in it: one is enough.
            let known =
                |hole: &Hole| hole.until.is_none() && hole.ends == Ends::No && hole.from <= t;
            if !self.holes.iter().any(known) {
                let by = back as f64 / 1e9;
                let why = format!(
                    "time goes back by {by:.1} s at packet {number} of the capture: when that and all behind it \
                     was sent is not known"
                );
                self.hole(Some(t), why, Ends::No);
            }
            return false;
        }
        self.latest = self.latest.max(t);
        for hole in self.holes.iter_mut().filter(|hole| hole.ends != Ends::No) {
            if hole.ends == Ends::NextIfAny
                && let Some(Some((_, last))) = self.files.last_mut()
            {
                // That one was no sign that the capture went on until then.
                *last = self.latest;
            }
            (hole.until, hole.ends) = (Some(t), Ends::No);
        }
        self.before = Some(t);
        true
    }

    fn hole(&mut self, from: Option<u64>, why: String, ends: Ends) {
        self.holes.push(Hole {
            from: from.unwrap_or(0),
            until: None,
            why,
            ends,
        });
    }

    /// Wall times between which something was lost, until when (nothing: to the end), and why.
    pub fn lost(&self) -> impl Iterator<Item = (u64, Option<u64>, &str)> {
        let holes = self
            .holes
            .iter()
            .filter(|hole| hole.ends != Ends::NextIfAny);
        holes.map(|hole| (hole.from, hole.until, &*hole.why))
    }
}

impl<'b> Take<'b> for Packets {
    fn packet(&mut self, packet: Captured<'b>) {
        let Some(t) = packet.realtime_ns else {
            self.n_left_out += 1;
            return;
        };
        if !self.in_order(packet.number, t) {
            return;
        }
        let (link_type, data) = (packet.link_type, packet.data);
        // What is damaged may be the device's.
        let at = match link::innermost_at(link_type, data) {
            Ok(at) => at,
            Err(NoDatagram::NotIp { ether_type }) => {
                self.other_frame(t, &packet, ether_type);
                return;
            }
            Err(NoDatagram::LinkType { .. }) => {
                *self.unread.entry(link_type).or_default() += 1;
                data.len()
            }
            Err(NoDatagram::Malformed { .. }) => {
                link::ip_at(link_type, data).map_or(data.len(), |at| at.min(data.len()))
            }
        };
        let ip = &data[at..];
        // Who sends a tunnel may have packed in what others sent.
        let sender =
            link::sender(link_type, data).filter(|_| link::ip_at(link_type, data) == Ok(at));
        if !self.may_be_its_own(ip, sender) {
            return;
        }
        if self.bytes.len() + ip.len() + ETHERNET > BYTES_MAX {
            self.n_left_out += 1;
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 12]);
        self.bytes
            .extend_from_slice(match ip.first().map(|first| first >> 4) {
                Some(6) => &[0x86, 0xDD],
                _ => &[8, 0],
            });
        self.bytes.extend_from_slice(ip);
        let orig_len = packet.orig_len.saturating_sub(at as u32) + ETHERNET as u32;
        self.all.push(PacketRef {
            t,
            orig_len,
            sender,
            other: false,
            at: start..self.bytes.len(),
        });
    }

    fn other(&mut self, other: Other<'b>) {
        match other {
            Other::TlsKeys { lines, .. } => {
                self.keys.extend_from_slice(lines);
                // A block ends a line, whether or not its writer did.
                self.keys.push(b'\n');
            }
            Other::Statistics(s) => self.n_dropped += s.dropped.unwrap_or(0),
            Other::Damage => {
                let why = "the capture is damaged here".to_owned();
                self.hole(self.before, why, Ends::Next);
            }
            Other::OtherSecrets => {}
        }
    }
}

impl Sink for Packets {}

/// Source and destination of an IP packet; nothing where it is too short to say.
fn ends(ip: &[u8]) -> Option<[IpAddr; 2]> {
    let v4 = |at: usize| Some(IpAddr::from(*ip.get(at..)?.first_chunk::<4>()?));
    let v6 = |at: usize| Some(IpAddr::from(*ip.get(at..)?.first_chunk::<16>()?));
    match ip.first()? >> 4 {
        4 => Some([v4(12)?, v4(16)?]),
        6 => Some([v6(8)?, v6(24)?]),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use wire::capture::Reader;

    /// A device's packet.
    fn frame() -> Vec<u8> {
        let mut frame = Vec::new();
        let built = etherparse::PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4(
            [10, 0, 0, 1],
            [10, 0, 1, 1],
            9,
        );
        built
            .udp(5_000, 6_000)
            .write(&mut frame, b"payload")
            .unwrap();
        frame
    }

    /// A capture of these frames at these seconds, judged from the hundredth to the two hundredth.
    pub fn taken(of: &[IpAddr], link_type: u32, frames: &[(u32, &[u8])]) -> Packets {
        let mut file = [0xA1B2_C3D4, 0x0004_0002, 0, 0, 65_535, link_type]
            .map(u32::to_le_bytes)
            .concat();
        for (t, frame) in frames {
            let len = frame.len() as u32;
            file.extend([*t, 0, len, len].map(u32::to_le_bytes).concat());
            file.extend_from_slice(frame);
        }
        let mut packets = Packets::new(of.to_vec(), 100_000_000_000..=200_000_000_000);
        packets.next_file();
        let mut reader = Reader::default();
        assert_eq!(reader.read(&file, &mut packets), Ok(file.len()));
        packets
    }

    type Seconds = (u64, Option<u64>);

    /// Between which seconds something was lost, what was covered, and how many packets are held.
    fn at(seconds: &[u32]) -> (Vec<Seconds>, Option<Times>, usize) {
        let frame = frame();
        let frames: Vec<_> = seconds.iter().map(|t| (*t, &frame[..])).collect();
        let packets = taken(&[], 1, &frames);
        let s = |t: u64| t / 1_000_000_000;
        let lost = packets
            .lost()
            .map(|(from, until, _)| (s(from), until.map(s)));
        let covered = packets.covered().0.map(|(from, to)| (s(from), s(to)));
        (lost.collect(), covered, packets.all.len())
    }

    #[test]
    fn a_clock_that_is_set_back_is_not_believed_any_more() {
        assert_eq!(at(&[100, 150, 149, 160]), (vec![], Some((100, 160)), 4));
        // From where it was set to: some of what lies there may be of later.
        assert_eq!(
            at(&[100, 150, 120, 121, 122, 151, 180]),
            (vec![(120, None)], Some((100, 180)), 4)
        );
        // A single time that lies ahead looks just like that.
        assert_eq!(
            at(&[100, 180, 120, 190]),
            (vec![(120, None)], Some((100, 190)), 3)
        );
    }

    #[test]
    fn impossible_times_leave_a_hole_where_they_are() {
        assert_eq!(
            at(&[100, 130, 0, 0, 131, 4_000, 140]),
            (
                vec![(130, Some(131)), (131, Some(140))],
                Some((100, 140)),
                4
            )
        );
        assert_eq!(at(&[100, 130, 0]), (vec![(130, None)], Some((100, 130)), 2));
        // What lies before and behind all that is judged is no loss.
        assert_eq!(
            at(&[5, 6, 110, 190, 500, 501]),
            (vec![], Some((100, 200)), 2)
        );
        // Another year is no sign that the capture went on until then.
        assert_eq!(at(&[110, 100_000_000]), (vec![], Some((110, 110)), 1));
    }

    #[test]
    fn what_lies_between_two_files_was_not_captured() {
        let files = |all: &[[u64; 2]]| {
            let mut packets = Packets::new(Vec::new(), 100_000_000_000..=200_000_000_000);
            for [from, to] in all {
                packets.next_file();
                for t in [from, to] {
                    packets.in_order(0, t * 1_000_000_000);
                }
            }
            let (covered, between) = packets.covered();
            let s = |(from, to): Times| [from, to].map(|t| t / 1_000_000_000);
            (
                covered.map(s),
                between.into_iter().map(s).collect::<Vec<_>>(),
            )
        };
        // Given in any order, one inside of another, one that goes on at once.
        assert_eq!(
            files(&[[150, 160], [110, 120], [112, 115], [161, 170]]),
            (Some([110, 170]), vec![[120, 150]])
        );
        assert_eq!(files(&[]), (None, vec![]));
    }

    #[test]
    fn a_capture_of_another_time_is_refused() {
        let frame = frame();
        let of = |seconds: &[u32]| {
            let frames: Vec<_> = seconds.iter().map(|t| (*t, &frame[..])).collect();
            taken(&[], 1, &frames).is_of_that_time()
        };
        assert!(of(&[5, 110, 300]).is_ok() && of(&[]).is_ok());
        // Who sends nothing all the while has packets on both sides.
        assert!(of(&[5, 300]).is_ok());
        let why = of(&[5, 6]).unwrap_err().to_string();
        let times = "from 1970-01-01T00:00:05Z to 1970-01-01T00:00:06Z";
        assert!(why.contains(times), "{why}");
        assert!(of(&[300]).is_err());
    }

    #[test]
    fn frames_that_cannot_be_read_are_kept_as_such() {
        let (frame, other) = (frame(), [0; 40]);
        let mut arp = frame.clone();
        arp[12..14].copy_from_slice(&[8, 6]);
        let frames = [
            (100, &frame[..]),
            (101, &frame[..20]),
            (102, &frame[..9]),
            (103, &arp),
        ];
        let packets = taken(&[], 1, &frames);
        let lens: Vec<_> = packets
            .all
            .iter()
            .map(|packet| packets.frame(packet).len())
            .collect();
        assert_eq!(lens, [frame.len(), 20, ETHERNET, arp.len()]);
        assert_eq!(packets.unread_links(), None);
        let read = wire::datagram(packets.frame(&packets.all[3]));
        assert_eq!(read, Err(NoDatagram::NotIp { ether_type: 0x0806 }));
        for packet in &packets.all[1..3] {
            let read = wire::datagram(packets.frame(packet));
            assert!(
                matches!(read, Err(NoDatagram::Malformed { .. })),
                "{read:?}"
            );
        }

        let mut packets = taken(&[], 147, &[(100, &other[..]), (101, &other[..])]);
        assert_eq!(packets.all.len(), 2);
        let which = packets.unread_links().unwrap();
        assert!(which.starts_with("2 of link type 147 ("), "{which}");
        let none = packets.keep_only(&[[10, 0, 0, 1].into()]);
        assert!(none.is_err_and(|why| why.to_string().contains("link type 147")));
    }

    #[test]
    fn only_one_devices_packets_are_kept() {
        let frame = frame();
        let mut others = frame.clone();
        others[29] = 7;
        let mut packets = taken(
            &[],
            1,
            &[(100, &frame[..]), (101, &others), (102, &others[..20])],
        );
        assert!(packets.keep_only(&[[10, 0, 0, 1].into()]).is_ok());
        // The last one is too short to say whose it is.
        let times = packets.all.iter().map(|packet| packet.t / 1_000_000_000);
        assert_eq!(times.collect::<Vec<_>>(), [100, 102]);
    }
}
