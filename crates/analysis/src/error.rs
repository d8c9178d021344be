//! Why a bundle could not be judged.

/// Why a bundle could not be judged, or its report not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be opened.
    #[error(transparent)]
    Bundle(#[from] bundle::BundleError),
    /// What a redacted bundle has kept is damaged.
    #[error("kept.json in the bundle cannot be read: {0}")]
    Kept(#[source] serde_json::Error),
    /// Its packets were to be judged by themselves, and there are none.
    #[error("of a redacted bundle no packets are left to be judged by themselves")]
    RedactedPackets,
    /// A table of networks could not be read.
    #[error("{path}: {why}")]
    Asn {
        /// The table.
        path: std::path::PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The report could not be made: a fault of ours.
    #[error(transparent)]
    Report(#[from] report::RenderError),
}
