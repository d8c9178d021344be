/// Flows that are followed at a time: about 11 MB.
pub const FLOWS_MAX: usize = 1 << 15;
/// Sources of RTP that are followed at a time: about 9 MB.
pub const STREAMS_MAX: usize = 1 << 14;
/// Findings that are kept.
pub const FINDINGS_MAX: usize = 10_000;
/// Flows in the table of destinations.
pub const LISTED_MAX: usize = 500;
