//! Who was spoken to, as it was seen: before anybody is looked up or judged.

use std::collections::BTreeSet;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use wire::Transport;

/// Everything that a source shows of who was spoken to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// What it was taken from.
    pub origin: Origin,
    /// One for each remote end, in the order in which they were first spoken to.
    pub contacts: Vec<Contact>,
    /// Requests of HTTP that the source has whole, in its order.
    #[serde(skip)]
    pub requests: Vec<Request>,
    /// Messages of WebSockets, where the source has them: as requests without a method and headers.
    #[serde(skip)]
    pub messages: Vec<Request>,
    /// Connections that were opened and over which the app would not speak.
    #[serde(skip)]
    pub refused: Vec<Refused>,
    /// Names that were asked for, sorted; whether anybody of that name was spoken to is another question.
    pub asked: BTreeSet<String>,
    /// What was seen and is in no contact.
    pub left_out: LeftOut,
}

/// What facts were taken from. What each cannot show is said with every report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The bundle of an audit.
    Bundle,
    /// The bundle of an app that ran on a network which answers everything (`--network sink`).
    Sink,
    /// The bundle of an app whose connections a proxy opened on their way (`--intercept`).
    Intercepted,
    /// A capture of packets.
    Capture,
    /// An HTTP Archive (HAR 1.2), as browsers and mitmproxy write it.
    Har,
    /// A file of flows of mitmproxy.
    Mitmproxy,
    /// The list of connections that PCAPdroid exports (CSV).
    Pcapdroid,
    /// An App Privacy Report of iOS (lines of JSON).
    AppPrivacyReport,
    /// The log that TrackerControl exports (CSV).
    TrackerControl,
}

/// A remote end, and how it was spoken to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contact {
    /// The address of the machine that spoke to it, where the source has one.
    pub device: Option<IpAddr>,
    /// Its address.
    pub address: Option<IpAddr>,
    /// Its port, where the transport has one.
    pub port: Option<u16>,
    /// The transport.
    pub transport: Option<Transport>,
    /// What it is called, and who says so.
    pub names: BTreeSet<Name>,
    /// How what was said could be read.
    pub channels: BTreeSet<Channel>,
    /// Bytes to it and from it: of the network layer in packets, of messages in logs; `None` where the source
    /// does not count them.
    pub bytes: Option<[u64; 2]>,
    /// Packets to it and from it, or requests in a log (answers are not counted there).
    pub messages: [u64; 2],
    /// Seconds from the source's first moment to the first and to the last word; `None` where it has no times.
    pub seconds: Option<[f64; 2]>,
    /// In which parts of an audit.
    pub moments: BTreeSet<Moment>,
    /// Programs or apps that spoke to it, as the source names them.
    pub processes: BTreeSet<String>,
}

impl Contact {
    /// Its first name, by whom it says most; else its address.
    pub fn called(&self) -> String {
        let name = self.names.iter().next().map(|name| name.name.clone());
        let address = || self.address.map(|address| address.to_string());
        name.or_else(address).unwrap_or_default()
    }
}

/// A request of HTTP, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Index into [`Facts::contacts`].
    pub contact: usize,
    /// `POST`
    pub method: String,
    /// `https` or `http`; `wss` and `ws` likewise.
    pub scheme: String,
    /// The host that was asked, with its port where that is not the scheme's own.
    pub host: String,
    /// From the first slash on, with what is behind a question mark.
    pub path_and_query: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body, as it was sent.
    pub body: Vec<u8>,
}

/// A connection by TLS that was opened and over which the app would not speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The name in the app's hello, or the address.
    pub host: String,
    /// How it ended.
    pub how: Refusal,
}

/// How a connection ended over which an app would not speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The app refused the certificate, by an alert.
    Certificate,
    /// The app closed the connection in the middle of the handshake: it did not like the certificate, or needed
    /// the connection no more.
    Closed,
    /// After a whole handshake: the app holds the certificate against a list of its own, or had opened the
    /// connection for later.
    Silent,
    /// The handshake failed otherwise.
    Failed,
}

/// Requests that are kept, and bytes of them; what is beyond is counted in [`LeftOut::requests`].
pub const REQUESTS_MAX: usize = 100_000;
/// See [`REQUESTS_MAX`].
pub const REQUEST_BYTES_MAX: usize = 256 << 20;

/// A name of a remote end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Name {
    /// Who says so.
    pub by: NamedBy,
    /// The name, in lower case, without a dot at its end.
    pub name: String,
}

impl Name {
    /// A name as it stands in a message.
    pub(crate) fn new(by: NamedBy, name: &str) -> Name {
        Name {
            by,
            name: name.trim_end_matches('.').to_ascii_lowercase(),
        }
    }
}

/// Who gives a remote end its name. An app can say what it likes in what it sends: its own words name whom it
/// *says* that it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedBy {
    /// The resolver's answer.
    Dns,
    /// The program that wrote the log: it made the connection, or passed it on.
    Log,
    /// An answer by a resolver that the app chose.
    OtherResolver,
    /// The client's hello (TLS or QUIC).
    ServerName,
    /// The header of a request in clear text.
    HttpHost,
    /// The server's certificate; whether it is genuine is not checked.
    Certificate,
}

impl NamedBy {
    /// Whether the word comes from somebody whom the app cannot speak for.
    pub fn is_independent(self) -> bool {
        matches!(self, NamedBy::Dns | NamedBy::Log)
    }
}

/// How what was said could be read on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "is", content = "version")]
pub enum Channel {
    /// HTTP or WebSocket in clear text.
    Http,
    /// Questions for names, in clear text.
    Dns,
    /// Something else that anybody on the way can read.
    ClearText,
    /// TLS of the version that the server chose (0x0303 is 1.2); unknown where that was not seen.
    Tls(Option<u16>),
    /// DTLS, likewise (0xFEFD is 1.2).
    Dtls(Option<u16>),
    /// QUIC: TLS 1.3.
    Quic,
    /// Sound or pictures as RTP; whether they are encrypted, `inspect` says.
    Rtp,
    /// How to reach each other: STUN and TURN.
    Stun,
    /// Control messages of the network.
    Icmp,
    /// Bytes of an unknown form.
    Unknown,
}

impl Channel {
    /// Whether anybody on the way can read what is said.
    pub fn is_clear(self) -> bool {
        matches!(self, Channel::Http | Channel::Dns | Channel::ClearText)
    }
}

/// A part of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// From the app's start until it had joined and the control began.
    Start,
    /// The same, where somebody agreed later on to what they were asked to agree to.
    BeforeConsent,
    /// After they agreed, until they logged in or the control began.
    AfterConsent,
    /// After they logged in.
    AfterLogin,
    /// In the call, not muted.
    Control,
    /// In the call, muted.
    Muted,
    /// From the end of the muted phase on, until the app was told to quit.
    End,
    /// After it was told to quit.
    Quit,
}

/// What was seen and is in no contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct LeftOut {
    /// Frames without IP.
    pub not_ip: u64,
    /// Frames that could not be read.
    pub malformed: u64,
    /// Packets of flows beyond the number that is followed.
    pub beyond_bounds: u64,
    /// Packets of which neither end is a device that was asked for.
    pub of_others: u64,
    /// Entries of a log that could not be read.
    pub entries: u64,
    /// Requests that are in no contact's list, as there were too many.
    pub requests: u64,
}
