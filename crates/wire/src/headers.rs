//! What the headers of a datagram say beside who sends it to whom: each field could carry something.
//!
//! Left out is what follows from the rest: lengths, versions, checksums, sequence and acknowledgement
//! numbers, the peer's timestamp that is sent back.

use crate::{Datagram, Transport, link};

/// A field of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// DSCP and ECN of IPv4, traffic class of IPv6 (RFC 2474, RFC 3168).
    TrafficClass,
    /// Identification of IPv4 (RFC 6864).
    Id,
    /// Flags and fragment offset of IPv4.
    Fragment,
    /// Time to live, hop limit.
    Ttl,
    /// Flow label of IPv6 (RFC 6437).
    FlowLabel,
    /// Options of IPv4, extension headers of IPv6: a hash.
    Options,
    /// Port of the sender.
    SourcePort,
    /// Flags of TCP.
    Flags,
    /// Window of TCP.
    Window,
    /// Urgent pointer of TCP.
    Urgent,
    /// Options of TCP but for timestamps: a hash.
    TcpOptions,
    /// The sender's timestamp (RFC 7323).
    Timestamp,
    /// Type, code and rest of the header of ICMP, without its checksum: a hash.
    Icmp,
    /// What stands in the frame behind the packet: a hash. Nothing where the capture cut the frame.
    Trailer,
}

impl Field {
    /// Every field, in the order of a packet.
    pub const ALL: [Field; 14] = [
        Field::TrafficClass,
        Field::Id,
        Field::Fragment,
        Field::Ttl,
        Field::FlowLabel,
        Field::Options,
        Field::SourcePort,
        Field::Flags,
        Field::Window,
        Field::Urgent,
        Field::TcpOptions,
        Field::Timestamp,
        Field::Icmp,
        Field::Trailer,
    ];

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Field::TrafficClass => "traffic class",
            Field::Id => "IP identification step",
            Field::Fragment => "fragment field",
            Field::Ttl => "time to live",
            Field::FlowLabel => "flow label",
            Field::Options => "IP options",
            Field::SourcePort => "source port",
            Field::Flags => "TCP flags",
            Field::Window => "TCP window",
            Field::Urgent => "TCP urgent pointer",
            Field::TcpOptions => "TCP options",
            Field::Timestamp => "TCP timestamp",
            Field::Icmp => "ICMP header",
            Field::Trailer => "frame trailer",
        }
    }

    /// Whether its values are numbers; else only whether two are the same has a meaning.
    pub fn is_number(self) -> bool {
        !matches!(
            self,
            Field::Options | Field::TcpOptions | Field::Icmp | Field::Trailer
        )
    }
}

/// Values of the fields that a datagram has, in the order of [`Field::ALL`]; `None` for a field that it
/// has not.
pub type Values = [Option<u32>; Field::ALL.len()];

/// Reads them from the Ethernet frame in which `datagram` was found, `orig_len` bytes long on the wire.
pub fn headers(frame: &[u8], orig_len: u32, datagram: &Datagram) -> Values {
    let mut values: Values = [None; Field::ALL.len()];
    let mut set = |field: Field, value: Option<u32>| values[field as usize] = value;
    let byte = |at: usize| frame.get(at).copied().map(u32::from);
    let u16_at = |at: usize| Some(byte(at)? << 8 | byte(at + 1)?);
    let u32_at = |at: usize| Some(u16_at(at)? << 16 | u16_at(at + 2)?);
    let Ok(ip) = link::ip_at(link::ETHERNET, frame) else {
        return values;
    };
    let transport = datagram.header;
    match byte(ip).map(|first| first >> 4) {
        Some(4) => {
            set(Field::TrafficClass, byte(ip + 1));
            set(Field::Id, u16_at(ip + 4));
            set(Field::Fragment, u16_at(ip + 6));
            set(Field::Ttl, byte(ip + 8));
            set(Field::Options, hash(frame.get(ip + 20..transport)));
        }
        Some(6) => {
            set(Field::TrafficClass, u16_at(ip).map(|word| word >> 4 & 0xFF));
            set(Field::FlowLabel, u32_at(ip).map(|word| word & 0xF_FFFF));
            set(Field::Ttl, byte(ip + 7));
            set(Field::Options, hash(frame.get(ip + 40..transport)));
        }
        _ => return values,
    }
    let has_ports = datagram.src.port() != 0 || datagram.dst.port() != 0;
    match datagram.transport {
        Transport::Udp if has_ports => set(Field::SourcePort, u16_at(transport)),
        Transport::Tcp if has_ports => {
            set(Field::SourcePort, u16_at(transport));
            set(Field::Flags, byte(transport + 13));
            set(Field::Window, u16_at(transport + 14));
            set(Field::Urgent, u16_at(transport + 18));
            let options = frame.get(transport + 20..datagram.payload.start);
            let (rest, timestamp) = tcp_options(options.unwrap_or(&[]));
            set(Field::TcpOptions, Some(rest));
            set(Field::Timestamp, timestamp);
        }
        Transport::Icmp => {
            let head = frame.get(transport..transport + 2);
            let rest = frame.get(transport + 4..datagram.payload.start.max(transport + 4));
            let both = hash(head).zip(hash(rest));
            set(
                Field::Icmp,
                both.map(|(head, rest)| head ^ rest.rotate_left(7)),
            );
        }
        _ => {}
    }
    if orig_len as usize == frame.len() {
        let end = (ip + datagram.ip_len as usize).min(frame.len());
        set(Field::Trailer, hash(frame.get(end..)));
    }
    values
}

/// A hash of all options but for timestamps, and the sender's timestamp.
fn tcp_options(mut options: &[u8]) -> (u32, Option<u32>) {
    let (mut rest, mut timestamp) = (BASIS, None);
    while let Some(&kind) = options.first() {
        let len = match kind {
            0 | 1 => 1,
            _ => usize::from(options.get(1).copied().unwrap_or(0)).max(2),
        };
        let (option, behind) = options.split_at(len.min(options.len()));
        match (kind, option) {
            (8, [_, _, a, b, c, d, ..]) => timestamp = Some(u32::from_be_bytes([*a, *b, *c, *d])),
            // Acknowledged ranges tell of what came in.
            (5, _) => {}
            _ => rest = fold(rest, option),
        }
        if kind == 0 {
            break;
        }
        options = behind;
    }
    (rest, timestamp)
}

const BASIS: u32 = 0x811C_9DC5;

/// FNV-1a, 32 bits.
fn fold(hash: u32, bytes: &[u8]) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(hash, step)
}

fn hash(bytes: Option<&[u8]>) -> Option<u32> {
    bytes.map(|bytes| fold(BASIS, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datagram;
    use etherparse::PacketBuilder;

    fn read(frame: &[u8]) -> Values {
        headers(frame, frame.len() as u32, &datagram(frame).unwrap())
    }

    fn of(values: &Values, field: Field) -> Option<u32> {
        values[field as usize]
    }

    #[test]
    fn fields_stand_where_the_standards_put_them() {
        let ethernet = || PacketBuilder::ethernet2([2; 6], [4; 6]);
        let mut frame = Vec::new();
        let tcp = ethernet()
            .ipv4([10, 0, 0, 2], [10, 0, 0, 1], 61)
            .tcp(40_000, 443, 7, 4_321)
            .psh()
            .options_raw(&[8, 10, 0, 0, 1, 2, 9, 9, 9, 9, 1, 1])
            .unwrap();
        tcp.write(&mut frame, b"abc").unwrap();
        frame[15] = 0xB8;
        let values = read(&frame);
        assert_eq!(of(&values, Field::TrafficClass), Some(0xB8));
        assert_eq!(of(&values, Field::Ttl), Some(61));
        assert_eq!(of(&values, Field::SourcePort), Some(40_000));
        assert_eq!(of(&values, Field::Window), Some(4_321));
        assert_eq!(of(&values, Field::Flags).map(|f| f & 8), Some(8));
        assert_eq!(of(&values, Field::Timestamp), Some(0x0102));
        assert_eq!(of(&values, Field::FlowLabel), None);
        // Timestamps and the peer's are in no hash; a trailer is in one.
        let (options, trailer) = (of(&values, Field::TcpOptions), of(&values, Field::Trailer));
        let at = frame.len() - 3 - 12;
        frame[at + 5] ^= 1;
        frame[at + 9] ^= 1;
        frame.push(7);
        let other = read(&frame);
        assert_eq!(of(&other, Field::TcpOptions), options);
        assert_ne!(of(&other, Field::Timestamp), of(&values, Field::Timestamp));
        assert_ne!(of(&other, Field::Trailer), trailer);
        let mut six = Vec::new();
        let udp = ethernet().ipv6([1; 16], [2; 16], 33).udp(5_000, 53);
        udp.write(&mut six, b"x").unwrap();
        (six[14], six[15], six[16], six[17]) = (0x6B, 0x81, 0x23, 0x45);
        let values = read(&six);
        assert_eq!(of(&values, Field::TrafficClass), Some(0xB8));
        assert_eq!(of(&values, Field::FlowLabel), Some(0x1_2345));
        assert_eq!(of(&values, Field::Ttl), Some(33));
        assert_eq!(of(&values, Field::Window), None);
    }

    proptest::proptest! {
        #[test]
        fn any_frame_is_read_without_a_panic(frame in proptest::collection::vec(0u8.., 0..120)) {
            if let Ok(datagram) = datagram(&frame) {
                headers(&frame, frame.len() as u32, &datagram);
            }
        }
    }
}
