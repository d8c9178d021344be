//! What anyone can read: what a capture shows of the sound to whoever is on the path, without keys and
//! without a schedule: levels in header extensions, voice activity, silence, plain sound, versions, names.
//!
//! Pure. An [`Inspector`] takes the packets of a file as they are read, and an [`Inspection`] comes out.
//! Nothing is allocated for a packet, and no table grows beyond its size: who has to make room is counted
//! in [`LeftOut`], and what it showed is kept.
//!
//! ```
//! use inspect::Inspector;
//! use wire::capture::Reader;
//! use wire::pcapng::{LINK_ETHERNET, Section, Writer};
//!
//! let mut writer = Writer::new(&Section::default());
//! let interface = writer.interface("veth0", LINK_ETHERNET, 0);
//! writer.packet(interface, 1_700_000_000_000_000_000, 60, &[0; 60]);
//!
//! let mut inspector = Inspector::default();
//! let bytes = writer.take();
//! Reader::default().read(&bytes, &mut inspector)?;
//! inspector.flush(&bytes);
//! let inspection = inspector.finish();
//! assert_eq!((inspection.packets, inspection.left_out.not_ip), (1, 1));
//! # Ok::<(), wire::capture::PcapError>(())
//! ```
#![forbid(unsafe_code)]

mod batch;
mod dissect;
mod dissected;
pub mod dump;
mod findings;
mod flow;
mod inspector;
mod judge;
mod limits;
mod names;
mod open;
mod order;
mod packet_ref;
mod path;
mod relay;
mod rtp;
mod stream;
mod table;
mod tracker;

pub use findings::{Counts, Finding, FlowName, FlowReport, Inspection, KnownBy, LeftOut, What};
pub use inspector::Inspector;
pub use limits::{FINDINGS_MAX, FLOWS_MAX, LISTED_MAX, STREAMS_MAX};
pub use wire::Transport;
