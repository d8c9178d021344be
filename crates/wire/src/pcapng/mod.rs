//! Capture files in pcapng (draft-ietf-opsawg-pcapng), written and read.
//!
//! The writer makes what an audit needs: one section, its interfaces, packets with nanosecond
//! stamps, drop counts. [`parse`] reads a whole file at once, by [`crate::capture`], which takes what
//! others write too: both byte orders, several sections, all time resolutions, unknown blocks.
//!
//! ```
//! use wire::pcapng::{LINK_ETHERNET, Section, Tail, Writer, parse};
//!
//! let mut writer = Writer::new(&Section { application: "muteproof".into(), ..Section::default() });
//! let interface = writer.interface("veth0", LINK_ETHERNET, 0);
//! writer.packet(interface, 1_700_000_000_000_000_000, 60, &[0; 60]);
//! let bytes = writer.take();
//!
//! let capture = parse(&bytes)?;
//! assert_eq!(capture.packets[0].realtime_ns, 1_700_000_000_000_000_000);
//! // Cut off in the middle of the packet, the file still opens, and says so.
//! let cut = parse(&bytes[..bytes.len() - 7])?;
//! assert!(cut.packets.is_empty() && matches!(cut.tail, Tail::Cut { .. }));
//! # Ok::<(), wire::pcapng::PcapError>(())
//! ```

mod read;
mod write;

pub use crate::capture::{Interface, PcapError, Statistics};
pub use read::{Capture, RawPacket, Tail, parse};
pub use write::{PACKET_MAX_BYTES, Section, Writer};

/// Link type of Ethernet frames (`LINKTYPE_ETHERNET`).
pub const LINK_ETHERNET: u16 = 1;

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const DECRYPTION_SECRETS: u32 = 10;
const BYTE_ORDER_MAGIC: u32 = 0x1A2B_3C4D;

/// Type of secrets: a TLS key log ("TLSK").
const SECRETS_TLS: u32 = 0x544C_534B;

/// Most bytes of secrets that are read from a capture, all its blocks together.
pub const SECRETS_MAX_BYTES: usize = 4 << 20;

// Option codes; the same number means different things in different blocks.
const OPT_COMMENT: u16 = 1;
const SHB_OS: u16 = 3;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const ISB_IFRECV: u16 = 4;
const ISB_OSDROP: u16 = 7;
