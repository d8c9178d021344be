//! A table of flows that is never larger than it is made, and counts whom it had to forget.

use std::net::{IpAddr, SocketAddr};

use wire::Transport;

/// Flows that share a place; the one that was silent the longest makes room.
const WAYS: usize = 8;

/// Both ends of a flow, the lower one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    low: u128,
    high: u128,
    ports: u32,
    /// Protocol number, and whether the addresses are IPv4.
    protocol: u16,
}

impl Key {
    /// The key, and whether the packet goes from the higher end to the lower one.
    #[inline]
    pub(crate) fn new(src: SocketAddr, dst: SocketAddr, transport: Transport) -> (Key, bool) {
        let (from, to) = (number(src.ip()), number(dst.ip()));
        let up = (from, src.port()) > (to, dst.port());
        let (low, high, low_port, high_port) = match up {
            true => (to, from, dst.port(), src.port()),
            false => (from, to, src.port(), dst.port()),
        };
        let protocol = match transport {
            Transport::Udp => 17,
            Transport::Tcp => 6,
            Transport::Icmp => 1,
            Transport::Other(other) => u16::from(other),
        };
        let key = Key {
            low,
            high,
            ports: u32::from(low_port) << 16 | u32::from(high_port),
            protocol: protocol | u16::from(src.is_ipv4()) << 8,
        };
        (key, up)
    }

    /// Both ends again.
    pub(crate) fn ends(&self) -> [SocketAddr; 2] {
        let address = |number: u128| match self.protocol & 0x100 {
            0 => IpAddr::V6(number.into()),
            _ => IpAddr::V4((number as u32).into()),
        };
        [
            SocketAddr::new(address(self.low), (self.ports >> 16) as u16),
            SocketAddr::new(address(self.high), self.ports as u16),
        ]
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
    #[inline]
    fn hash(&self) -> u64 {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut hash = u64::from(self.ports) << 16 | u64::from(self.protocol);
        for word in [self.low as u64, self.high as u64] {
            hash = (hash ^ word).wrapping_mul(ODD);
            hash ^= hash >> 32;
        }
        if self.protocol & 0x100 == 0 {
            for word in [(self.low >> 64) as u64, (self.high >> 64) as u64] {
                hash = (hash ^ word).wrapping_mul(ODD);
                hash ^= hash >> 32;
            }
        }
        hash
    }
}

#[inline]
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => v6.into(),
    }
}

/// One place: part of the hash, and where the flow lies; 0 where there is none.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    tag: u32,
    /// Index + 1.
    flow: u32,
}

/// Flows by their ends.
#[derive(Debug)]
pub(crate) struct Table<F> {
    sets: Vec<[Way; WAYS]>,
    flows: Vec<(Key, F)>,
    /// Flows that made room for others.
    pub n_evicted: u64,
}

impl<F: Default> Table<F> {
    /// Room for `most` flows, rounded up to a power of two.
    pub(crate) fn new(most: usize) -> Table<F> {
        let n_sets = most.div_ceil(WAYS).next_power_of_two();
        Table {
            sets: vec![[Way::default(); WAYS]; n_sets],
            flows: Vec::new(),
            n_evicted: 0,
        }
    }

    /// The flow's index, which stays as long as the flow is there. Where another had to make room,
    /// `gone` gets it; `quiet` says when a flow was last heard of.
    #[inline]
    pub(crate) fn find(
        &mut self,
        key: &Key,
        quiet: impl Fn(&F) -> u64,
        gone: impl FnOnce(Key, F),
    ) -> usize {
        let hash = key.hash();
        let tag = (hash >> 32) as u32;
        let set_index = hash as usize & (self.sets.len() - 1);
        let set = &self.sets[set_index];
        for way in set {
            if way.tag == tag && way.flow != 0 {
                let index = way.flow as usize - 1;
                if self.flows[index].0 == *key {
                    return index;
                }
            }
        }
        self.place(key, tag, set_index, quiet, gone)
    }

    #[cold]
    fn place(
        &mut self,
        key: &Key,
        tag: u32,
        set_index: usize,
        quiet: impl Fn(&F) -> u64,
        gone: impl FnOnce(Key, F),
    ) -> usize {
        let set = &mut self.sets[set_index];
        if let Some(free) = set.iter_mut().find(|way| way.flow == 0) {
            self.flows.push((*key, F::default()));
            *free = Way {
                tag,
                flow: self.flows.len() as u32,
            };
            return self.flows.len() - 1;
        }
        let flows = &mut self.flows;
        let oldest = set
            .iter_mut()
            .min_by_key(|way| quiet(&flows[way.flow as usize - 1].1))
            .expect("a set has ways");
        oldest.tag = tag;
        let index = oldest.flow as usize - 1;
        let (old_key, old) = std::mem::replace(&mut flows[index], (*key, F::default()));
        self.n_evicted += 1;
        gone(old_key, old);
        index
    }

    #[inline]
    pub(crate) fn get(&mut self, index: usize) -> &mut F {
        &mut self.flows[index].1
    }

    pub(crate) fn into_flows(self) -> Vec<(Key, F)> {
        self.flows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u16) -> Key {
        let end = |port| SocketAddr::from(([10, 0, 0, 1], port));
        Key::new(end(n), end(9), Transport::Udp).0
    }

    #[test]
    fn both_ways_are_one_flow_and_its_ends_come_back() {
        let a = SocketAddr::from(([10, 0, 0, 1], 4));
        let b = SocketAddr::from(([10, 0, 0, 1], 5));
        let (there, up) = Key::new(a, b, Transport::Udp);
        let (back, down) = Key::new(b, a, Transport::Udp);
        assert_eq!((there, up, down), (back, false, true));
        assert_eq!((there.ends(), there.transport()), ([a, b], Transport::Udp));
        let six: SocketAddr = "[2001:db8::1]:5".parse().unwrap();
        let (key, _) = Key::new(six, six, Transport::Tcp);
        assert_eq!(key.ends(), [six, six]);
    }

    #[test]
    fn who_is_silent_the_longest_makes_room_and_is_counted() {
        let mut table: Table<u64> = Table::new(WAYS);
        let mut gone = Vec::new();
        for n in 1..=12u16 {
            let index = table.find(&key(n), |last| *last, |key, last| gone.push((key, last)));
            *table.get(index) = u64::from(n);
            // The first one is heard of again and again.
            let first = table.find(&key(1), |last| *last, |_, _| panic!("it is there"));
            *table.get(first) = 100 + u64::from(n);
        }
        assert_eq!(table.n_evicted, 4);
        let expected: Vec<_> = (2..=5).map(|n| (key(n), u64::from(n))).collect();
        assert_eq!(gone, expected);
        assert_eq!(table.into_flows().len(), WAYS);
    }
}
