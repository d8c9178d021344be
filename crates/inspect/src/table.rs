//! A table of flows that is never larger than it is made, and counts whom it had to forget.

use std::net::{IpAddr, SocketAddr};

use wire::{Datagram, Transport};

/// Flows that share a place; the one that was silent the longest makes room.
const WAYS: usize = 8;

/// UDP's protocol number.
const UDP: u16 = 17;
/// Said beside the protocol where the addresses are IPv4.
const V4: u16 = 0x100;

/// Both ends of a flow, the lower one first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    low: u128,
    high: u128,
    ports: u32,
    /// Protocol number, and whether the addresses are IPv4.
    protocol: u16,
}

impl Key {
    /// The key, and whether the packet goes from the higher end to the lower one.
    pub(crate) fn new(datagram: &Datagram) -> (Key, bool) {
        let number = |address| match address {
            IpAddr::V4(v4) => u128::from(u32::from(v4)),
            IpAddr::V6(v6) => v6.into(),
        };
        let end = |of: SocketAddr| (number(of.ip()), of.port());
        let protocol = match datagram.transport {
            Transport::Udp => UDP,
            Transport::Tcp => 6,
            Transport::Icmp => 1,
            Transport::Other(number) => number.into(),
        };
        let v4 = if datagram.src.is_ipv4() { V4 } else { 0 };
        Key::between(end(datagram.src), end(datagram.dst), protocol | v4)
    }

    /// The same of a packet of UDP that has this path.
    pub(crate) fn of_path(ips: u64, ports: u32) -> (Key, bool) {
        let end = |ip: u32, port: u16| (u128::from(ip.swap_bytes()), port.swap_bytes());
        let from = end(ips as u32, ports as u16);
        let to = end((ips >> 32) as u32, (ports >> 16) as u16);
        Key::between(from, to, UDP | V4)
    }

    #[inline(always)]
    fn between(from: (u128, u16), to: (u128, u16), protocol: u16) -> (Key, bool) {
        let up = from > to;
        let (low, high) = if up { (to, from) } else { (from, to) };
        let key = Key {
            low: low.0,
            high: high.0,
            ports: u32::from(low.1) << 16 | u32::from(high.1),
            protocol,
        };
        (key, up)
    }

    /// The lower end's port, then the higher end's.
    #[inline]
    pub(crate) fn ports(&self) -> [u16; 2] {
        [(self.ports >> 16) as u16, self.ports as u16]
    }

    /// Both ends again.
    pub(crate) fn ends(&self) -> [SocketAddr; 2] {
        let address = |number: u128| match self.protocol & V4 {
            0 => IpAddr::V6(number.into()),
            _ => IpAddr::V4((number as u32).into()),
        };
        [
            SocketAddr::new(address(self.low), self.ports()[0]),
            SocketAddr::new(address(self.high), self.ports()[1]),
        ]
    }

    /// Whom a packet is for that goes up, or down.
    pub(crate) fn to(&self, up: bool) -> IpAddr {
        self.ends()[usize::from(!up)].ip()
    }

    pub(crate) fn transport(&self) -> Transport {
        match self.protocol & 0xFF {
            17 => Transport::Udp,
            6 => Transport::Tcp,
            1 => Transport::Icmp,
            other => Transport::Other(other as u8),
        }
    }

    /// No defence against chosen addresses is needed: flows that are made to collide push each other
    /// out, which is counted, and nothing else.
    #[inline(always)]
    pub(crate) fn hash(&self) -> u32 {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        let mix = |hash: u64, word: u64| {
            let hash = (hash ^ word).wrapping_mul(ODD);
            hash ^ hash >> 32
        };
        let ports = mix(0, u64::from(self.ports) << 16 | u64::from(self.protocol));
        let hash = mix(ports, (self.low as u64) << 32 ^ self.high as u64);
        match self.protocol & V4 {
            // Of IPv4 that was all.
            V4 => hash as u32,
            _ => [self.low >> 64, self.low >> 32, self.high >> 64]
                .iter()
                .fold(hash, |hash, word| mix(hash, *word as u64)) as u32,
        }
    }
}

/// One place: the hash, and where the flow lies; 0 where there is none.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    tag: u32,
    /// Index + 1.
    flow: u32,
}

/// A flow and whose it is: what most packets change lies right behind the key.
#[derive(Debug)]
#[repr(C, align(64))]
struct Entry<F> {
    key: Key,
    flow: F,
}

/// Flows by their ends. Each may lie in either of two sets: with twice as many ways as flows, hardly one
/// ever finds both of them full before the table is.
#[derive(Debug)]
pub(crate) struct Table<F> {
    sets: Vec<[Way; WAYS]>,
    flows: Vec<Entry<F>>,
    most: usize,
    /// Flows that made room for others.
    pub n_evicted: u64,
}

impl<F: Default> Table<F> {
    /// Room for `most` flows.
    pub(crate) fn new(most: usize) -> Table<F> {
        let n_sets = (2 * most).div_ceil(WAYS).next_power_of_two();
        Table {
            sets: vec![[Way::default(); WAYS]; n_sets],
            flows: Vec::new(),
            most,
            n_evicted: 0,
        }
    }

    /// Both sets in which a key of this hash may lie.
    #[inline(always)]
    fn sets_of(&self, tag: u32) -> [usize; 2] {
        let mask = self.sets.len() - 1;
        [tag as usize & mask, tag.rotate_left(16) as usize & mask]
    }

    /// The flow's index, which stays as long as the flow is there, and whom had to make room for it; `quiet`
    /// says when a flow was last heard of.
    #[cold]
    pub(crate) fn find(
        &mut self,
        key: &Key,
        quiet: impl Fn(&F) -> u64,
    ) -> (usize, Option<(Key, F)>) {
        let tag = key.hash();
        let sets = self.sets_of(tag);
        for way in sets.iter().flat_map(|set| &self.sets[*set]) {
            if way.tag == tag && way.flow != 0 {
                let index = way.flow as usize - 1;
                if self.flows[index].key == *key {
                    return (index, None);
                }
            }
        }
        let fresh = Entry {
            key: *key,
            flow: F::default(),
        };
        let free = self.free(sets);
        let (index, gone) = if let (Some(_), true) = (free, self.flows.len() < self.most) {
            self.flows.push(fresh);
            (self.flows.len() - 1, None)
        } else {
            let index = self.evict(sets, quiet);
            let old = std::mem::replace(&mut self.flows[index], fresh);
            self.n_evicted += 1;
            (index, Some((old.key, old.flow)))
        };
        let (set, way) = free.or_else(|| self.free(sets)).expect("one made room");
        self.sets[set][way] = Way {
            tag,
            flow: index as u32 + 1,
        };
        (index, gone)
    }

    /// A way of these sets in which no flow lies.
    fn free(&self, sets: [usize; 2]) -> Option<(usize, usize)> {
        sets.into_iter().find_map(|set| {
            let way = self.sets[set].iter().position(|way| way.flow == 0)?;
            Some((set, way))
        })
    }

    /// Takes the flow out of these sets that was silent the longest; of the next ones that have any, where
    /// these have none.
    fn evict(&mut self, sets: [usize; 2], quiet: impl Fn(&F) -> u64) -> usize {
        let n_sets = self.sets.len();
        let next = (1..n_sets).map(|step| (sets[0] + step) % n_sets);
        let candidates = std::iter::once(sets.to_vec()).chain(next.map(|set| vec![set]));
        let oldest = candidates.filter_map(|sets| {
            let ways = sets
                .iter()
                .flat_map(|set| (0..WAYS).map(move |way| (*set, way)));
            ways.filter(|(set, way)| self.sets[*set][*way].flow != 0)
                .min_by_key(|(set, way)| {
                    let index = self.sets[*set][*way].flow as usize - 1;
                    quiet(&self.flows[index].flow)
                })
        });
        let (set, way) = { oldest }.next().expect("a table has room for a flow");
        std::mem::take(&mut self.sets[set][way]).flow as usize - 1
    }

    /// Whose it is.
    #[inline]
    pub(crate) fn key(&self, index: usize) -> &Key {
        &self.flows[index].key
    }

    #[inline]
    pub(crate) fn get(&mut self, index: usize) -> &mut F {
        &mut self.flows[index].flow
    }

    /// Index of the flow that probably has a key of this hash, and the flow, so that both can be fetched
    /// before they are needed.
    #[inline]
    pub(crate) fn maybe(&self, tag: u32) -> Option<(usize, &F)> {
        let [first, second] = self.sets_of(tag);
        let find = |set: usize| self.sets[set].iter().find(|way| way.tag == tag);
        let way = find(first).or_else(|| find(second))?;
        let index = (way.flow as usize).checked_sub(1)?;
        self.flows.get(index).map(|entry| (index, &entry.flow))
    }

    /// Whether the flow with this index has this key.
    #[inline]
    pub(crate) fn is(&self, index: usize, key: &Key) -> bool {
        self.flows.get(index).is_some_and(|entry| entry.key == *key)
    }

    pub(crate) fn into_flows(self) -> Vec<(Key, F)> {
        self.flows
            .into_iter()
            .map(|entry| (entry.key, entry.flow))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(src: SocketAddr, dst: SocketAddr) -> (Key, bool) {
        let ether = etherparse::PacketBuilder::ethernet2([1; 6], [2; 6]);
        let mut frame = Vec::new();
        match (src, dst) {
            (SocketAddr::V4(a), SocketAddr::V4(b)) => {
                ether.ipv4(a.ip().octets(), b.ip().octets(), 9)
            }
            (SocketAddr::V6(a), SocketAddr::V6(b)) => {
                ether.ipv6(a.ip().octets(), b.ip().octets(), 9)
            }
            _ => panic!("both ends are of one kind"),
        }
        .udp(src.port(), dst.port())
        .write(&mut frame, &[])
        .unwrap();
        Key::new(&wire::datagram(&frame).unwrap())
    }

    fn key(n: u16) -> Key {
        let end = |port| SocketAddr::from(([10, 0, 0, 1], port));
        between(end(n), end(9)).0
    }

    #[test]
    fn both_ways_are_one_flow_and_its_ends_come_back() {
        let a = SocketAddr::from(([10, 0, 0, 1], 4));
        let b = SocketAddr::from(([10, 0, 0, 1], 5));
        let (there, up) = between(a, b);
        let (back, down) = between(b, a);
        assert_eq!((there, up, down), (back, false, true));
        assert_eq!((there.ends(), there.transport()), ([a, b], Transport::Udp));
        let six: SocketAddr = "[2001:db8::1]:5".parse().unwrap();
        let (key, _) = between(six, six);
        assert_eq!(key.ends(), [six, six]);
    }

    #[test]
    fn who_is_silent_the_longest_makes_room_and_is_counted() {
        const MOST: usize = 256;
        let mut table: Table<u64> = Table::new(MOST);
        let mut gone = Vec::new();
        for n in 1..=400u16 {
            let (index, old) = table.find(&key(n), |last| *last);
            gone.extend(old);
            *table.get(index) = u64::from(n);
            // The first one is heard of again and again.
            let (first, none) = table.find(&key(1), |last| *last);
            assert_eq!(none, None);
            *table.get(first) = 1_000;
            let maybe = table.maybe(key(n).hash()).map(|(index, _)| index);
            assert_eq!(maybe, Some(if n == 1 { first } else { index }));
        }
        // Nobody has to before the table is full, and then one for each.
        assert_eq!((table.n_evicted, gone.len()), (144, 144));
        assert_eq!(table.into_flows().len(), MOST);
        // Not the oldest of all, but of some: those that stay are younger as a rule.
        let mean = gone.iter().map(|(_, last)| last).sum::<u64>() / 144;
        assert!((72..160).contains(&mean), "{mean}");
        assert!(gone.iter().all(|(of, last)| *of == key(*last as u16)));
    }
}
