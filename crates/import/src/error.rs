use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

/// Why what was recorded elsewhere did not become a bundle.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("failed to read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A schedule's key cannot be read.
    #[error("failed to read the key {}: {source}", path.display())]
    ReadKey {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("failed to write {}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no schedule.
    #[error("{} is no schedule: {source}", path.display())]
    NotSchedule {
        /// Which.
        path: PathBuf,
        /// Where it goes wrong.
        source: serde_json::Error,
    },
    /// A list of sounds that somebody put in an order, in the place of a schedule.
    #[error("{} is no schedule: {NOT_DRAWN}", .0.display())]
    NotDrawn(PathBuf),
    /// A schedule was written by a later version.
    #[error("{} is no schedule: format {format} is newer than this muteproof", path.display())]
    NewerSchedule {
        /// Which.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// What lies beside a schedule is no key.
    #[error("{} is no schedule: its key: {source}", schedule.display())]
    BadKey {
        /// The schedule.
        schedule: PathBuf,
        /// What is wrong with it.
        source: stimulus::BadSeed,
    },
    /// The key beside a schedule is another one's.
    #[error("{} is no schedule: {} is the key of another one", schedule.display(), key.display())]
    OthersKey {
        /// The schedule.
        schedule: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// A schedule has no pair of wall and session time.
    #[error("the schedule does not say when it was played")]
    NoClock,
    /// What was said of the mute is no span of seconds.
    #[error("--muted {0}: it has to look like 70..190, in seconds")]
    BadMuted(String),
    /// What is said to be a page's log is none, or another's.
    #[error("{}: {fault}", path.display())]
    Page {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        fault: PageFault,
    },
    /// A capture cannot be opened.
    #[error(transparent)]
    Scan(#[from] scan::ScanError),
    /// A file is neither pcap nor pcapng.
    #[error("{} is no capture that can be read: {why}", path.display())]
    NotCapture {
        /// Which.
        path: PathBuf,
        /// What is wrong with its beginning.
        why: String,
    },
    /// All of the capture lies before what was played, or all behind it.
    #[error(
        "the capture is of another time: its packets are from {} to {}, and what was played, with \
         --search around it, from {} to {}; give --began or a wider --search where a clock is wrong",
        stamp(captured.0), stamp(captured.1), stamp(played.0), stamp(played.1)
    )]
    OtherTime {
        /// Wall times of the first packet and of the last, nanoseconds.
        captured: (u64, u64),
        /// Wall times between which a packet might be of use, nanoseconds.
        played: (u64, u64),
    },
    /// Nothing of the device's could be read, and something else could not.
    #[error("nothing of {} is in the capture; not read: {unread}", list(device))]
    NothingOfDevice {
        /// Its addresses.
        device: Vec<IpAddr>,
        /// What was not read.
        unread: String,
    },
    /// No packet could be read.
    #[error("nothing in the capture can be judged; not read: {unread}")]
    NothingRead {
        /// What was not read.
        unread: String,
    },
    /// No device was named, and none stands out.
    #[error("no private address sends anything in the capture; name the device by --device")]
    NoDevice,
    /// No device was named, and two may be it.
    #[error("{0} and {1} both send much; name the device by --device")]
    SeveralDevices(IpAddr, IpAddr),
    /// A file is none of the logs that are known, or damaged.
    #[error("{}: {source}", path.display())]
    MicLog {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: miclog::Error,
    },
    /// A table is not laid out as one.
    #[error("{}, line {line}: {why}", path.display())]
    Table {
        /// Which.
        path: PathBuf,
        /// Where, from 1.
        line: u64,
        /// What is wrong there.
        why: TableFault,
    },
    /// A table has rows of other times only.
    #[error(
        "no row of {} lies within the schedule: its first column has to be seconds from the schedule's \
         beginning, or wall time (then --began has to say when playing began)",
        .0.display()
    )]
    NoRow(PathBuf),
    /// The bundle's folder cannot be made.
    #[error(transparent)]
    Folder(#[from] bundle::FolderError),
    /// The bundle cannot be sealed.
    #[error(transparent)]
    Seal(#[from] bundle::SealError),
    /// The bundle that was written cannot be opened.
    #[error(transparent)]
    Bundle(#[from] bundle::BundleError),
}

/// What is wrong with a table.
#[derive(Debug, thiserror::Error)]
pub enum TableFault {
    /// A row has more or fewer fields than the first line.
    #[error("it has {found} fields and not {expected} as the first line")]
    Fields {
        /// How many.
        found: u64,
        /// How many names there are.
        expected: u64,
    },
    /// Some bytes are no text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It cannot be read as CSV.
    #[error(transparent)]
    Csv(csv::Error),
    /// The first field of a row is no time.
    #[error("`{0}` is no time: seconds, Unix time or 2026-01-01T12:00:00Z")]
    Time(String),
    /// There are too many rows.
    #[error("that is more rows than are taken")]
    TooLong,
    /// A column is neither of numbers nor of texts.
    #[error("column `{name}` holds numbers and {texts} texts")]
    Mixed {
        /// Its name.
        name: String,
        /// How many texts.
        texts: usize,
    },
    /// Nothing is to be judged.
    #[error("no column but the first holds numbers")]
    NoNumbers,
}

/// Why a list of what was played when is not enough.
const NOT_DRAWN: &str = "it lists what was played when, but no coin chose the order. In an order that \
    somebody chose, whatever drifts by itself (memory, load, the time of day) goes along with the sounds \
    as a leak would, and no test can tell the two apart. Play a schedule of `muteproof play` and record \
    again";

fn stamp(ns: u64) -> String {
    let at = jiff::Timestamp::from_nanosecond(ns.into()).unwrap_or_default();
    format!("{at:.0}")
}

fn list(device: &[IpAddr]) -> String {
    let device: Vec<_> = device.iter().map(IpAddr::to_string).collect();
    device.join(", ")
}

/// What is wrong with a page's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageFault {
    /// It is none.
    #[error("{0}")]
    NotOne(String),
    /// A later version wrote it.
    #[error("its form {0} is newer than this muteproof")]
    Newer(u32),
    /// It is of another page.
    #[error("it is the log of another page: its schedule is not this one")]
    OfAnother,
    /// It says nothing of when the sound was heard.
    #[error("it has no two times at which the sound was heard, in order")]
    NoTimes,
    /// Times that cannot be.
    #[error("entry {0} of its times does not follow on the one before")]
    Times(usize),
}
