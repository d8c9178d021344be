use thiserror::Error;

/// Why series, sounds or settings are refused: what, where, and what to do next.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Error {
    /// A value is not a number.
    #[error(
        "{source_id}: value {index} of `{channel}` is {value}; leave such values out or fill them before"
    )]
    NotANumber {
        /// Recording that the series came from.
        source_id: String,
        /// Name of the channel.
        channel: String,
        /// Which of its values.
        index: usize,
        /// NaN or an infinity.
        value: f64,
    },
    /// There is nothing in it.
    #[error("{0}: there are no values in it; give at least one window of them")]
    Empty(String),
    /// Channels have to go side by side.
    #[error(
        "{source_id}: `{channel}` has {len} values and `{first}` has {first_len}; cut them to one length"
    )]
    Uneven {
        /// Recording that the series came from.
        source_id: String,
        /// Name of the channel.
        channel: String,
        /// Its values.
        len: usize,
        /// Name of the first channel.
        first: String,
        /// Its values.
        first_len: usize,
    },
    /// A length of time that is none.
    #[error("{what} is {seconds} s; it has to be more than 0")]
    NoTime {
        /// Which.
        what: &'static str,
        /// As given.
        seconds: f64,
    },
    /// Series that cannot be compared.
    #[error(
        "{source_id}: its values are {found}, those of the others {expected}; give each kind an evaluation of its own"
    )]
    Mixed {
        /// Recording that the series came from.
        source_id: String,
        /// What it has.
        found: String,
        /// What the others have.
        expected: String,
    },
    /// Nothing to name apart.
    #[error("there is only the class `{0}`; an attacker names one of two or more")]
    OneClass(String),
    /// No source is left to be tried on, once it was learnt from.
    #[error(
        "class `{class}` has {sources} source; it needs two or more, so that it is tried on sounds that it has not heard"
    )]
    OneSource {
        /// Its name.
        class: String,
        /// How many.
        sources: usize,
    },
    /// A recording stands in two classes: mislabelled.
    #[error(
        "source `{source_id}` is labelled `{one}` and `{other}`; a recording has one label: check the folders"
    )]
    TwoLabels {
        /// The recording.
        source_id: String,
        /// One label.
        one: String,
        /// The other.
        other: String,
    },
    /// Series are shorter than one window.
    #[error("no series lasts a whole window of {0} s; take shorter windows or longer series")]
    NoWindow(f64),
    /// Comparing needs the same windows and folds on both sides.
    #[error("the two outcomes are not of the same windows and folds; evaluate both on one `Folds`")]
    NotPaired,
    /// A sound with nothing in it.
    #[error("{0}: no sound in it; a file needs at least 20 ms above silence")]
    Silent(String),
    /// The Opus library refuses.
    #[error("the Opus encoder refuses {0}")]
    Opus(String),
    /// The forest's library refuses.
    #[error("the classifier refuses: {0}")]
    Classifier(String),
}
