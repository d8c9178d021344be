use wire::capture::Format;

/// A place in a file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Its offset in the (unpacked) file.
    pub offset: u64,
    /// What is wrong there.
    pub why: String,
    /// How many bytes were passed over to where reading went on; nothing where it did not.
    pub skipped: Option<u64>,
}

/// What was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// `pcap` or `pcapng`, as far as that was told.
    pub format: Option<Format>,
    /// Damaged places.
    pub damages: Vec<Damage>,
    /// Offset of the last, half-written thing, where the file ends in one: it may still be growing.
    pub cut: Option<u64>,
    /// Bytes read, unpacked.
    pub bytes: u64,
}
