//! What can go wrong while a report is made.

/// Why a report could not be made: each is a fault of muteproof, not of the session.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A message is missing in a language or was not given what it needs.
    #[error("message {id} of language {lang}: {why}")]
    Message {
        /// Which message.
        id: String,
        /// Language tag.
        lang: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The page's template failed.
    #[error("page template: {0}")]
    Template(#[from] minijinja::Error),
    /// The judgement could not be serialised.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JUnit's XML could not be written.
    #[error("XML: {0}")]
    Xml(String),
    /// A table could not be written.
    #[error("table: {0}")]
    Table(String),
}
