//! A record of the ring: the loader's half of bpf/event.h.

use std::mem::{offset_of, size_of};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tap::{Api, Body, DATA_MAX, Ends, Frame, Samples, Sink, Wire};

/// `struct event`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
struct Event {
    t_ns: u64,
    object: u64,
    pid: u32,
    tid: u32,
    bytes: u32,
    copied: u32,
    fd: i32,
    kind: u8,
    what: u8,
    running: u8,
    samples: u8,
    command: [u8; 16],
    ends: EventEnds,
    from_seq: u32,
    to_seq: u32,
    uncopied: u8,
    unused: [u8; 7],
}

/// `struct ends`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
struct EventEnds {
    local: [u8; 16],
    remote: [u8; 16],
    local_port: u16,
    remote_port: u16,
    protocol: u16,
    family: u16,
}

/// `AF_INET` and `AF_INET6` of <sys/socket.h>.
const INET: u16 = 2;
const INET6: u16 = 10;

impl EventEnds {
    fn ends(&self) -> Option<Ends> {
        let address = |bytes: [u8; 16]| match self.family {
            INET => Some(IpAddr::V4(Ipv4Addr::new(
                bytes[0], bytes[1], bytes[2], bytes[3],
            ))),
            // IPv4 by way of an IPv6 socket leaves as IPv4.
            INET6 => Some(IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical()),
            _ => None,
        };
        let remote = SocketAddr::new(address(self.remote)?, self.remote_port);
        Some(Ends {
            protocol: self.protocol,
            local: SocketAddr::new(address(self.local)?, self.local_port),
            remote: (self.remote_port != 0).then_some(remote),
        })
    }
}

const HEAD: usize = size_of::<Event>();

const _: () = assert!(DATA_MAX == 16_384, "bpf/event.h says the same");
const _: () = assert!(HEAD == 112, "bpf/event.h says the same");
const _: () = assert!(size_of::<EventEnds>() == 40, "bpf/event.h says the same");
const _: () = assert!(
    offset_of!(Event, from_seq) == 96,
    "bpf/event.h says the same"
);
const _: () = assert!(offset_of!(Event, pid) == 16, "bpf/event.h says the same");
const _: () = assert!(offset_of!(Event, fd) == 32, "bpf/event.h says the same");
const _: () = assert!(
    offset_of!(Event, command) == 40,
    "bpf/event.h says the same"
);

/// Turns a record into a frame; `None` if it is none of ours.
pub fn frame(record: &[u8]) -> Option<Frame> {
    let (head, data) = record.split_at_checked(HEAD)?;
    // SAFETY: `head` has the struct's size, every bit pattern is a value of each of its integers,
    // and the read needs no alignment.
    let event = unsafe { head.as_ptr().cast::<Event>().read_unaligned() };
    // Behind the copied bytes lies what an older record left there.
    let data = || data.get(..event.copied as usize).map(<[u8]>::to_vec);
    let body = match event.kind {
        1 => Body::Read {
            door: Api::of(event.what)?,
            stream: event.object,
            bytes: event.bytes,
            samples: Samples::of(event.samples),
            uncopied: event.uncopied != 0,
            data: data()?,
        },
        2 => Body::Running {
            door: Api::of(event.what)?,
            stream: event.object,
            running: event.running != 0,
        },
        3 => Body::Plain {
            sink: Sink::of(event.what)?,
            connection: event.object,
            fd: event.fd,
            bytes: event.bytes,
            wire: event.ends.ends().map(|ends| Wire {
                ends,
                from_seq: event.from_seq,
                to_seq: event.to_seq,
            }),
            uncopied: event.uncopied != 0,
            data: data()?,
        },
        4 => Body::Socket {
            socket: event.object,
            ends: event.ends.ends()?,
        },
        _ => return None,
    };
    Some(Frame {
        t_ns: event.t_ns,
        pid: event.pid,
        tid: event.tid,
        command: event.command,
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_numbers_are_those_of_the_header() {
        let header = include_str!("bpf/event.h");
        let number = |name: &str| -> usize {
            let line = header.lines().find(|line| {
                let mut words = line.split_whitespace();
                words.any(|word| word == name)
            });
            let digits = line
                .unwrap_or_else(|| panic!("no {name}"))
                .split_whitespace();
            digits
                .filter_map(|w| w.trim_end_matches(',').parse().ok())
                .next_back()
                .unwrap()
        };
        assert_eq!(number("DATA_MAX"), DATA_MAX);
        for (name, door) in [
            ("DOOR_PULSE", Api::Pulse),
            ("DOOR_PULSE_SIMPLE", Api::PulseSimple),
            ("DOOR_ALSA", Api::Alsa),
            ("DOOR_PIPEWIRE", Api::PipeWire),
            ("DOOR_JACK", Api::Jack),
        ] {
            assert_eq!(number(name), door as usize);
        }
        for (name, sink) in [
            ("SINK_OPENSSL", Sink::OpenSsl),
            ("SINK_GNUTLS", Sink::GnuTls),
            ("SINK_NSS", Sink::Nss),
            ("SINK_OPUS", Sink::OpusEncode),
            ("SINK_OPUS_FLOAT", Sink::OpusEncodeFloat),
            ("SINK_SRTP", Sink::SrtpProtect),
        ] {
            assert_eq!(number(name), sink as usize);
        }
        for (name, samples) in [
            ("SAMPLES_S16", Samples::S16),
            ("SAMPLES_S32", Samples::S32),
            ("SAMPLES_F32", Samples::F32),
        ] {
            assert_eq!(number(name), samples as usize);
        }
    }

    #[test]
    fn a_record_gives_its_copied_bytes_and_nothing_behind_them() {
        let mut record = vec![0; HEAD + 256];
        record[24..28].copy_from_slice(&1_000u32.to_ne_bytes());
        record[28..32].copy_from_slice(&3u32.to_ne_bytes());
        record[36] = 1;
        record[37] = Api::Alsa as u8;
        record[HEAD..HEAD + 5].copy_from_slice(b"abcde");
        let Body::Read { bytes, data, .. } = frame(&record).unwrap().body else {
            panic!("not a read");
        };
        assert_eq!((bytes, &*data), (1_000, &b"abc"[..]));
        record[28..32].copy_from_slice(&257u32.to_ne_bytes());
        assert!(frame(&record).is_none());
        record[36] = 9;
        assert!(frame(&record).is_none());
        assert!(frame(&record[..HEAD - 1]).is_none());
    }
}
