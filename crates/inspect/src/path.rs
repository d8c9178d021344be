//! The short way from a packet to its source of RTP: packets of one direction have the same bytes where both ends
//! and the source are named.

/// Sets of the table: a power of two.
const SETS: usize = crate::limits::FLOWS_MAX;
const WAYS: usize = 2;

/// Where a packet of RTP on IPv4 comes from and goes to, as it stands there, and of which source it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Path {
    /// Both addresses.
    pub ips: u64,
    /// Both ports; 0 for no path.
    pub ports: u32,
    pub ssrc: u32,
}

impl Path {
    #[inline(always)]
    pub(crate) fn hash(&self) -> u32 {
        const ODD: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xBF58_476D_1CE4_E5B9];
        let source = u64::from(self.ports) << 32 | u64::from(self.ssrc);
        let hash = self.ips.wrapping_mul(ODD[0]) ^ source.wrapping_mul(ODD[1]);
        (hash ^ hash >> 29) as u32 ^ (hash >> 32) as u32
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Way {
    tag: u32,
    /// Index + 1.
    of: u32,
}

/// Which source probably has a path. What it says is to be compared with whom
/// it names: it forgets, and is not told who has gone.
#[derive(Debug)]
pub(crate) struct Paths(Box<[[Way; WAYS]; SETS]>);

impl Default for Paths {
    fn default() -> Paths {
        let sets = vec![[Way::default(); WAYS]; SETS].into_boxed_slice();
        Paths(sets.try_into().expect("there are as many"))
    }
}

impl Paths {
    /// Index of what probably has a path of this hash; an index of none where there is none.
    #[inline(always)]
    pub(crate) fn maybe(&self, hash: u32) -> usize {
        let [first, second] = &self.0[hash as usize % SETS];
        let of = match (first.tag == hash, second.tag == hash) {
            (true, _) => first.of,
            (_, true) => second.of,
            _ => 0,
        };
        (of as usize).wrapping_sub(1)
    }

    /// Remembers it; of three that share a set, the first is forgotten.
    pub(crate) fn set(&mut self, hash: u32, index: usize) {
        let set = &mut self.0[hash as usize % SETS];
        let way = Way {
            tag: hash,
            of: index as u32 + 1,
        };
        *set = [way, set[0]];
    }
}
