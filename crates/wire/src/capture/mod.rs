//! Capture files of any program, read piece by piece: pcap and pcapng.
//!
//! A [`Reader`] is handed bytes as they come and hands on whole packets, borrowed from them: nothing
//! is copied or allocated for a packet. What is not whole yet is handed in again with more behind
//! it, so a file may still be growing, and a buffer of a fixed size does for a file of any.
//!
//! ```
//! use wire::capture::{Captured, Reader, Take};
//! use wire::pcapng::{LINK_ETHERNET, Section, Writer};
//!
//! struct Count(u64);
//! impl<'b> Take<'b> for Count {
//!     fn packet(&mut self, packet: Captured<'b>) {
//!         self.0 += packet.data.len() as u64;
//!     }
//! }
//!
//! let mut writer = Writer::new(&Section::default());
//! let interface = writer.interface("veth0", LINK_ETHERNET, 0);
//! writer.packet(interface, 1_700_000_000_000_000_000, 60, &[0; 60]);
//! let bytes = writer.take();
//!
//! let (mut reader, mut count) = (Reader::default(), Count(0));
//! // The second half of the packet comes later.
//! let used = reader.read(&bytes[..bytes.len() - 30], &mut count)?;
//! assert_eq!(count.0, 0);
//! reader.read(&bytes[used..], &mut count)?;
//! assert_eq!(count.0, 60);
//! # Ok::<(), wire::capture::PcapError>(())
//! ```

mod pcap;
mod pcapng;
mod resync;

pub use pcapng::{BLOCK_MAX_BYTES, Interface};

/// Most interfaces that are told apart: a damaged file must not fill the memory.
pub const INTERFACES_MAX: usize = 1 << 16;

/// Takes what a reader finds, in the file's order.
pub trait Take<'b> {
    /// A packet.
    fn packet(&mut self, packet: Captured<'b>);

    /// Something else; passed over unless it is asked for.
    fn other(&mut self, _other: Other<'b>) {}
}

/// A packet as the file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Captured<'b> {
    /// Its number in the file, from 1, as other programs count; 0 where that is not known.
    pub number: u64,
    /// Wall time, nanoseconds since 1970; `None` where the file gives none (simple packet blocks).
    pub realtime_ns: Option<u64>,
    /// The frame, as far as it was captured.
    pub data: &'b [u8],
    /// Where it begins in the bytes that were handed in.
    pub at: usize,
    /// Length on the wire, bytes.
    pub orig_len: u32,
    /// Index into [`Reader::interfaces`].
    pub interface: u32,
    /// Link type of that interface.
    pub link_type: u16,
    options: &'b [u8],
    big_endian: bool,
}

impl Captured<'_> {
    /// The process that sent or received it, where the program that captured knew
    /// (`epb_processid_threadid`, option 8).
    pub fn process(&self) -> Option<u32> {
        let mut found = None;
        pcapng::options(self.options, self.big_endian, |code, value, _| {
            if let (pcapng::EPB_PROCESS, Some(pid)) = (code, value.first_chunk()) {
                found = Some(pcapng::number32(*pid, self.big_endian));
            }
        });
        found
    }
}

/// What a capture file holds besides packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other<'b> {
    /// Lines of a TLS key log.
    TlsKeys {
        /// The lines.
        lines: &'b [u8],
        /// Where they begin in the bytes that were handed in.
        at: usize,
    },
    /// Secrets of another kind.
    OtherSecrets,
    /// What was counted at an interface.
    Statistics(Statistics),
    /// Bytes that could not be read lie between the packet before and the one behind. A [`Reader`]
    /// never says so itself; who drives it does.
    Damage,
}

/// What was counted at an interface up to a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Index into the interfaces of the file.
    pub interface: usize,
    /// Wall time, nanoseconds since 1970.
    pub realtime_ns: u64,
    /// Packets that passed, where counted.
    pub received: Option<u64>,
    /// Packets that the interface or the system dropped, where counted.
    pub dropped: Option<u64>,
}

/// What is wrong with a capture file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the capture is damaged at byte {offset}: {why}")]
pub struct PcapError {
    /// Offset of the block or field, bytes.
    pub offset: u64,
    /// What is wrong there.
    pub why: &'static str,
}

/// How a file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// pcap (draft-ietf-opsawg-pcap).
    Pcap,
    /// pcapng (draft-ietf-opsawg-pcapng).
    Pcapng,
}

/// Reads one capture file.
#[derive(Debug, Default)]
pub struct Reader {
    state: State,
    /// Offset in the file of the first byte that is not used up.
    offset: u64,
    n_packets: u64,
    interfaces: Vec<Interface>,
    /// The last packet's time: what is searched for behind damage lies near it.
    last_ns: u64,
    /// How many bytes the next thing needs to be whole, as far as that is known.
    needed: usize,
}

#[derive(Debug, Default)]
enum State {
    /// Nothing is known before the first four bytes.
    #[default]
    Fresh,
    Pcap(pcap::Head),
    Pcapng(pcapng::Section),
}

impl Reader {
    /// Takes the bytes from [`Reader::offset`] on; says how many of them are used up. The others are
    /// handed in again, with more behind them. After an error see [`Reader::resync`].
    pub fn read<'b>(
        &mut self,
        bytes: &'b [u8],
        on: &mut impl Take<'b>,
    ) -> Result<usize, PcapError> {
        let mut at = 0;
        self.needed = 0;
        let failed = loop {
            let step = match &self.state {
                State::Fresh => self.begin(&bytes[at..]),
                State::Pcap(head) => {
                    let head = *head;
                    self.records(head, bytes, at, on)
                }
                State::Pcapng(section) => {
                    let section = *section;
                    self.block(section, bytes, at, on)
                }
            };
            match step {
                Ok(Some(len)) => at += len,
                Ok(None) => break None,
                Err(e) => break Some(e),
            }
        };
        self.offset += at as u64;
        match failed {
            None => Ok(at),
            Some(e) => Err(e),
        }
    }

    /// Offset in the file of the first byte that is not used up.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes from [`Reader::offset`] on make the next thing whole, as far as that is known.
    pub fn needed(&self) -> usize {
        self.needed
    }

    /// How the file is laid out, once its first bytes were seen.
    pub fn format(&self) -> Option<Format> {
        match self.state {
            State::Fresh => None,
            State::Pcap(_) => Some(Format::Pcap),
            State::Pcapng(_) => Some(Format::Pcapng),
        }
    }

    /// All interfaces so far, of all sections, in order.
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Packets so far.
    pub fn n_packets(&self) -> u64 {
        self.n_packets
    }

    fn begin(&mut self, bytes: &[u8]) -> Step {
        let Some(magic) = bytes.first_chunk::<4>() else {
            self.needed = 4;
            return Ok(None);
        };
        if u32::from_le_bytes(*magic) == pcapng::SECTION_HEADER {
            self.state = State::Pcapng(pcapng::Section::default());
            return Ok(Some(0));
        }
        let Some(endian) = pcap::kind(*magic) else {
            return self.fail(
                0,
                "neither pcap nor pcapng: it begins with the magic number of neither",
            );
        };
        let Some(head) = bytes.first_chunk::<{ pcap::HEAD_BYTES }>() else {
            self.needed = pcap::HEAD_BYTES;
            return Ok(None);
        };
        let head = pcap::Head::read(endian, head);
        self.interfaces.push(Interface::of_pcap(&head));
        self.state = State::Pcap(head);
        Ok(Some(pcap::HEAD_BYTES))
    }

    fn fail<T>(&self, at: usize, why: &'static str) -> Result<T, PcapError> {
        Err(PcapError {
            offset: self.offset + at as u64,
            why,
        })
    }
}

/// How many bytes were used up; `None` if more are needed.
type Step = Result<Option<usize>, PcapError>;
