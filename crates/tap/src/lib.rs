//! Frames: what the privileged helper hands to the unprivileged session, over a pipe.
//!
//! The helper copies bytes out of the audited app's calls and does not look at them; what they mean
//! is found out by the session, without privilege. A frame is a length (u32) and that many bytes:
//! kind (u8), time (u64, nanoseconds of `CLOCK_MONOTONIC`, as `bpf_ktime_get_ns`), process and
//! thread (u32 each, numbers of the initial PID namespace), command (16 bytes), then what the kind
//! has. All numbers are little-endian.
//!
//! Pure: bytes in, frames out, and back. The reader takes any bytes and never panics.
#![forbid(unsafe_code)]

use std::net::SocketAddr;

mod read;
mod write;

pub use read::{BadFrame, Reader};
pub use write::write;

/// Longest frame that a reader takes, bytes: a call's data is cut long before.
pub const FRAME_MAX: usize = 1 << 20;

/// Bytes of one call's data that are handed over; the rest is counted.
pub const DATA_MAX: usize = 16 << 10;

/// Something that a process did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// When, nanoseconds of `CLOCK_MONOTONIC`.
    pub t_ns: u64,
    /// Process, in the initial PID namespace; 0 where the helper itself speaks.
    pub pid: u32,
    /// Thread, likewise.
    pub tid: u32,
    /// The thread's name, as the kernel has it; not always UTF-8.
    pub command: [u8; 16],
    /// What it did.
    pub body: Body,
}

/// What a process did, or what the helper has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A call handed microphone audio to the process.
    Read {
        /// Which call.
        door: Api,
        /// The stream or device, as the library knows it: a pointer, only good for telling apart.
        stream: u64,
        /// How many bytes of audio were handed over.
        bytes: u32,
        /// What they are, where the library was asked for it in our sight.
        samples: Option<Samples>,
        /// The data was there and could not be copied: `data` is empty for that reason.
        uncopied: bool,
        /// The first [`DATA_MAX`] of them at most.
        data: Vec<u8>,
    },
    /// A record stream was paused or set going.
    Running {
        /// By which library.
        door: Api,
        /// The stream.
        stream: u64,
        /// Whether it runs from now on.
        running: bool,
    },
    /// Plaintext was handed to a library that encrypts it, or to a codec or packet crypto.
    Plain {
        /// To which.
        sink: Sink,
        /// The connection or codec, as the library knows it: a pointer.
        connection: u64,
        /// The socket's file descriptor, where it was seen; -1 elsewhere.
        fd: i32,
        /// How many bytes.
        bytes: u32,
        /// The socket that the encrypted bytes went to, where the library sent them by itself.
        wire: Option<Wire>,
        /// The data was there and could not be copied: `data` is empty for that reason.
        uncopied: bool,
        /// The first [`DATA_MAX`] of them at most.
        data: Vec<u8>,
    },
    /// A process sends by a socket: told at its first send, and again when the ends are others. The
    /// frame's command is the name of the process, not of the thread.
    Socket {
        /// The kernel's number of the socket, never given twice.
        socket: u64,
        /// Where it is and where it sends to.
        ends: Ends,
    },
    /// Events were lost: the buffer between kernel and helper was full.
    Lost {
        /// How many since the last such frame.
        events: u64,
    },
    /// A place to watch was found and is watched: library and calls, one line.
    Attached(String),
    /// A place to watch was found and cannot be watched: why, one line.
    Failed(String),
}

/// A socket's two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ends {
    /// IP protocol number: 6 is TCP, 17 UDP.
    pub protocol: u16,
    /// Its own address and port; the address is unspecified where it was bound to any.
    pub local: SocketAddr,
    /// The other end, if it is connected.
    pub remote: Option<SocketAddr>,
}

/// Which bytes of a TCP connection a library's call sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    /// The socket's ends.
    pub ends: Ends,
    /// TCP's number of the first byte; both are equal where it is not known.
    pub from_seq: u32,
    /// And of the byte behind the last one.
    pub to_seq: u32,
}

/// How sound is written down, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Samples {
    /// 16 bits, signed.
    S16 = 1,
    /// 32 bits, signed.
    S32 = 2,
    /// 32 bits, floating point.
    F32 = 3,
}

impl Samples {
    /// By its number in a frame.
    pub fn of(number: u8) -> Option<Samples> {
        let all = [Samples::S16, Samples::S32, Samples::F32];
        all.into_iter().find(|samples| *samples as u8 == number)
    }
}

/// A way to the microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Api {
    /// libpulse: `pa_stream_peek`, counted at `pa_stream_drop`.
    Pulse = 1,
    /// libpulse-simple: `pa_simple_read`.
    PulseSimple = 2,
    /// libasound: `snd_pcm_readi`, `readn`, `mmap_readi`, `mmap_readn`.
    Alsa = 3,
    /// libpipewire: `pw_stream_dequeue_buffer` of a capture stream.
    PipeWire = 4,
    /// libjack: `jack_port_get_buffer` of an input port.
    Jack = 5,
}

/// Where plaintext goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Sink {
    /// OpenSSL and its like: `SSL_write`, `SSL_write_ex`.
    OpenSsl = 1,
    /// GnuTLS: `gnutls_record_send`, `send2`.
    GnuTls = 2,
    /// NSS: `PR_Write`, `PR_Send` on sockets.
    Nss = 3,
    /// libopus: samples handed to `opus_encode`, 16-bit.
    OpusEncode = 4,
    /// libopus: samples handed to `opus_encode_float`.
    OpusEncodeFloat = 5,
    /// libsrtp: RTP handed to `srtp_protect`.
    SrtpProtect = 6,
}

impl Api {
    /// All of them.
    pub const ALL: [Api; 5] = [
        Api::Pulse,
        Api::PulseSimple,
        Api::Alsa,
        Api::PipeWire,
        Api::Jack,
    ];

    /// By its number in a frame.
    pub fn of(number: u8) -> Option<Api> {
        Api::ALL.into_iter().find(|door| *door as u8 == number)
    }

    /// The library's name, for records.
    pub fn name(self) -> &'static str {
        match self {
            Api::Pulse => "libpulse",
            Api::PulseSimple => "libpulse-simple",
            Api::Alsa => "libasound",
            Api::PipeWire => "libpipewire",
            Api::Jack => "libjack",
        }
    }
}

impl Sink {
    /// All of them.
    pub const ALL: [Sink; 6] = [
        Sink::OpenSsl,
        Sink::GnuTls,
        Sink::Nss,
        Sink::OpusEncode,
        Sink::OpusEncodeFloat,
        Sink::SrtpProtect,
    ];

    /// By its number in a frame.
    pub fn of(number: u8) -> Option<Sink> {
        Sink::ALL.into_iter().find(|sink| *sink as u8 == number)
    }

    /// The library's name, for records.
    pub fn name(self) -> &'static str {
        match self {
            Sink::OpenSsl => "openssl",
            Sink::GnuTls => "gnutls",
            Sink::Nss => "nss",
            Sink::OpusEncode => "opus_encode",
            Sink::OpusEncodeFloat => "opus_encode_float",
            Sink::SrtpProtect => "srtp_protect",
        }
    }
}

impl Frame {
    /// The thread's name as text, up to its first zero.
    pub fn command(&self) -> String {
        let end = self.command.iter().position(|&b| b == 0);
        String::from_utf8_lossy(&self.command[..end.unwrap_or(16)]).into_owned()
    }
}
