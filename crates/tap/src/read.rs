use std::net::{IpAddr, SocketAddr};

use crate::{Api, Body, Ends, FRAME_MAX, Frame, Samples, Sink, Wire};

/// Why bytes are no frame. The pipe is of no use from there on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {at} of the helper's output: {why}")]
pub struct BadFrame {
    /// Offset of the frame.
    pub at: u64,
    /// What is wrong.
    pub why: &'static str,
}

/// Takes bytes as they come and gives whole frames.
#[derive(Debug, Default)]
pub struct Reader {
    held: Vec<u8>,
    /// Offset of `held` in all that came.
    at: u64,
}

impl Reader {
    /// Takes bytes, in pieces of any size; gives the frames that are whole by now, in their order.
    /// After an error nothing more is given.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Frame>, BadFrame> {
        self.held.extend(bytes);
        let mut frames = Vec::new();
        let mut from = 0;
        while let Some(head) = self.held[from..].first_chunk::<4>() {
            let len = u32::from_le_bytes(*head) as usize;
            let bad = |why| BadFrame {
                at: self.at + from as u64,
                why,
            };
            if len > FRAME_MAX {
                return Err(bad("a frame longer than any that is written"));
            }
            let Some(body) = self.held[from + 4..].get(..len) else {
                break;
            };
            frames.push(frame(body).ok_or_else(|| bad("not a frame"))?);
            from += 4 + len;
        }
        self.held.drain(..from);
        self.at += from as u64;
        Ok(frames)
    }
}

/// Cuts numbers off the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn bool(&mut self) -> Option<bool> {
        self.u8().map(|byte| byte != 0)
    }

    fn address(&mut self) -> Option<SocketAddr> {
        let ip = match self.u8()? {
            4 => IpAddr::from(self.take::<4>()?),
            6 => IpAddr::from(self.take::<16>()?),
            _ => return None,
        };
        Some(SocketAddr::new(ip, self.u16()?))
    }

    fn ends(&mut self) -> Option<Ends> {
        let (protocol, local) = (self.u16()?, self.address()?);
        let remote = match self.bool()? {
            true => Some(self.address()?),
            false => None,
        };
        Some(Ends {
            protocol,
            local,
            remote,
        })
    }

    fn wire(&mut self) -> Option<Wire> {
        Some(Wire {
            ends: self.ends()?,
            from_seq: self.u32()?,
            to_seq: self.u32()?,
        })
    }

    fn rest(self) -> &'a [u8] {
        self.0
    }
}

fn frame(bytes: &[u8]) -> Option<Frame> {
    let mut bytes = Bytes(bytes);
    let kind = bytes.u8()?;
    let (t_ns, pid, tid) = (bytes.u64()?, bytes.u32()?, bytes.u32()?);
    let command = bytes.take()?;
    let line = |bytes: Bytes| String::from_utf8_lossy(bytes.rest()).into_owned();
    let body = match kind {
        7 => Body::Read {
            door: Api::of(bytes.u8()?)?,
            stream: bytes.u64()?,
            bytes: bytes.u32()?,
            samples: Samples::of(bytes.u8()?),
            uncopied: bytes.bool()?,
            data: bytes.rest().to_vec(),
        },
        2 => Body::Running {
            door: Api::of(bytes.u8()?)?,
            stream: bytes.u64()?,
            running: bytes.u8()? != 0,
        },
        8 => Body::Plain {
            sink: Sink::of(bytes.u8()?)?,
            connection: bytes.u64()?,
            fd: bytes.u32()? as i32,
            bytes: bytes.u32()?,
            uncopied: bytes.bool()?,
            wire: match bytes.bool()? {
                true => Some(bytes.wire()?),
                false => None,
            },
            data: bytes.rest().to_vec(),
        },
        4 => Body::Lost {
            events: bytes.u64()?,
        },
        5 => Body::Attached(line(bytes)),
        6 => Body::Failed(line(bytes)),
        9 => Body::Socket {
            socket: bytes.u64()?,
            ends: bytes.ends()?,
        },
        _ => return None,
    };
    Some(Frame {
        t_ns,
        pid,
        tid,
        command,
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DATA_MAX, write};
    use proptest::prelude::*;

    fn frames() -> Vec<Frame> {
        let frame = |body| Frame {
            t_ns: 123_456_789_012,
            pid: 41,
            tid: 42,
            command: *b"app\0\0\0\0\0\0\0\0\0\0\0\0\0",
            body,
        };
        let ends = |remote| Ends {
            protocol: 6,
            local: "10.77.0.2:40000".parse().unwrap(),
            remote,
        };
        let v6 = "[2001:db8::1]:443".parse().ok();
        vec![
            frame(Body::Read {
                door: Api::Alsa,
                stream: u64::MAX,
                bytes: 1_920,
                samples: Some(Samples::S32),
                uncopied: false,
                data: vec![1, 2, 3],
            }),
            frame(Body::Running {
                door: Api::Pulse,
                stream: 7,
                running: false,
            }),
            frame(Body::Plain {
                sink: Sink::GnuTls,
                connection: 9,
                fd: -1,
                bytes: 5,
                wire: Some(Wire {
                    ends: ends(v6),
                    from_seq: u32::MAX,
                    to_seq: 26,
                }),
                uncopied: false,
                data: b"hello".to_vec(),
            }),
            frame(Body::Plain {
                sink: Sink::OpenSsl,
                connection: 9,
                fd: 4,
                bytes: 5,
                wire: None,
                uncopied: true,
                data: Vec::new(),
            }),
            frame(Body::Socket {
                socket: 77,
                ends: ends(None),
            }),
            frame(Body::Lost { events: 3 }),
            frame(Body::Attached("libpulse.so.0: pa_stream_drop".into())),
            frame(Body::Failed(String::new())),
        ]
    }

    #[test]
    fn frames_come_back_whatever_the_pieces() {
        let mut bytes = Vec::new();
        frames().iter().for_each(|frame| write(frame, &mut bytes));
        for piece in [1, 3, 17, bytes.len()] {
            let mut reader = Reader::default();
            let read = bytes.chunks(piece).flat_map(|c| reader.push(c).unwrap());
            assert_eq!(read.collect::<Vec<_>>(), frames());
        }
        assert_eq!(frames()[0].command(), "app");
    }

    #[test]
    fn long_data_is_cut_and_damage_is_an_error_with_its_place() {
        let mut long = frames().remove(0);
        long.body = Body::Read {
            door: Api::Alsa,
            stream: 0,
            bytes: 1 << 20,
            samples: None,
            uncopied: false,
            data: vec![0; 1 << 20],
        };
        let mut bytes = Vec::new();
        write(&long, &mut bytes);
        let read = Reader::default().push(&bytes).unwrap();
        assert!(matches!(&read[0].body, Body::Read { data, .. } if data.len() == DATA_MAX));
        let first = bytes.len() as u64;
        bytes.extend([5, 0, 0, 0, 99, 1, 1, 1, 1]);
        let bad = Reader::default().push(&bytes).unwrap_err();
        assert_eq!((bad.at, bad.why), (first, "not a frame"));
        assert!(Reader::default().push(&[0xff; 4]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Reader::default().push(&bytes);
        }
    }
}
