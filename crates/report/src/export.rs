//! What `muteproof export-check` found in a data export, for people and programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::message::Message;
use crate::page::Page;

/// Rows of a list in the text; JSON and HTML have all.
const SHOWN: usize = 20;

/// One export and what was found in it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExportChecked {
    /// The export's name.
    pub name: String,
    /// Which kind of export it is, where that was understood.
    pub layout: Option<String>,
    /// Files of every kind.
    pub files: u64,
    /// Recordings that were heard.
    pub recordings: u64,
    /// Their length, seconds.
    pub seconds: f64,
    /// Speech in them, seconds.
    pub speech_s: f64,
    /// Recordings without speech.
    pub silent: u64,
    /// Whose export it should be.
    pub owner: ExportOwner,
    /// The voices, the one with the most clips first.
    pub voices: Vec<ExportVoice>,
    /// How many there are where voices are parted sooner, and later.
    pub voices_between: [usize; 2],
    /// The answer.
    #[serde(flatten)]
    pub answer: ExportAnswer,
    /// The chance from which a recording counts as found.
    pub threshold: f64,
    /// What to listen to, the most likely foreign first.
    pub listen: Vec<Listen>,
    /// What is not decided, the most likely foreign first.
    pub undecided: Vec<Undecided>,
    /// What is said in file names and lists and does not fit the rest.
    pub words: Vec<OddWord>,
    /// Whether there were transcripts to look into.
    pub transcripts: bool,
    /// What could not be read, or is odd.
    pub problems: Vec<ExportProblem>,
    /// Every recording that was heard, in the order of the export.
    pub clips: Vec<ExportClip>,
}

/// One recording.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExportClip {
    /// Its name in the export.
    pub path: String,
    /// Its length, seconds.
    pub seconds: f64,
    /// Speech in it, seconds.
    pub speech_s: f64,
    /// Letters of its voices.
    pub voices: Vec<String>,
    /// How likely it is foreign, 0 to 1, where that is decided.
    pub chance: Option<f64>,
}

/// Whose export it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportOwner {
    /// Whoever speaks most in it.
    Learned,
    /// Somebody whose recordings were given.
    Given,
    /// Whom the export names beside each recording.
    Named,
    /// Nobody: they never used it.
    Nobody,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum ExportAnswer {
    /// So many recordings are likely foreign.
    Foreign {
        /// How many. In JSON under a name of its own: the document's `clips` are all recordings.
        #[serde(rename = "foreign_clips")]
        clips: u64,
    },
    /// None is; so many of one foreign voice would have been found.
    NothingFound {
        /// How many, with 95 %.
        size: u64,
    },
    /// None is, but not all could be read.
    PartlyRead {
        /// How many, with 95 %; nothing where no number would.
        size: Option<u64>,
    },
    /// Nothing can be said.
    CannotSay {
        /// Why.
        why: CannotSay,
    },
}

impl ExportAnswer {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            ExportAnswer::NothingFound { .. } => 0,
            ExportAnswer::Foreign { .. } => 1,
            ExportAnswer::CannotSay { .. } => 2,
            ExportAnswer::PartlyRead { .. } => 4,
        }
    }
}

/// Why nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CannotSay {
    /// No speech that is long enough.
    NoSpeech,
    /// No voice has a good part of it.
    NoMain,
    /// Two voices have about as much.
    TwoMain,
    /// Too much is undecided for any number of foreign recordings to be found.
    TooLittle,
}

/// A voice. Never a name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExportVoice {
    /// Its letter.
    pub letter: String,
    /// Recordings that have some of it.
    pub clips: u64,
    /// Its speech, seconds.
    pub speech_s: f64,
    /// Whether it is the expected one.
    pub main: bool,
    /// Letters of voices that may be the same person at another time.
    pub alike: Vec<String>,
}

/// A recording to listen to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Listen {
    /// Its name in the export.
    pub path: String,
    /// How likely it is foreign, 0 to 1.
    pub chance: f64,
    /// Where to begin, seconds.
    pub at_s: f64,
    /// Speech there, seconds.
    pub speech_s: f64,
    /// Letter of its voice; nothing for a stray.
    pub voice: Option<String>,
    /// Name of its copy, where copies were asked for.
    pub copy: Option<String>,
}

/// A recording that is not decided.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Undecided {
    /// Its name in the export.
    pub path: String,
    /// Why.
    pub why: NotDecided,
    /// How likely it is foreign by what little there is, 0 to 1.
    pub chance: Option<f64>,
}

/// Why a recording is not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotDecided {
    /// Less than a second of speech.
    Short,
    /// Several voices at once, or a voice over something else.
    Several,
    /// No voice to compare it with.
    NoMain,
}

/// Something in words that does not fit the rest, or says who a third person is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OddWord {
    /// Where it stands.
    pub path: String,
    /// What kind of thing it is.
    pub kind: WordKind,
    /// What it says.
    pub value: String,
    /// What the rest says, and how often; nothing where nothing is compared.
    pub usual: Option<String>,
}

/// Kinds of things in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordKind {
    /// An account or customer.
    Account,
    /// A device.
    Device,
    /// A language.
    Language,
    /// A time zone.
    Zone,
    /// A date far from the others.
    Date,
    /// A name in a transcript.
    Name,
    /// A place or an address in a transcript.
    Place,
}

/// Something that could not be read, or is odd.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExportProblem {
    /// Its name in the export.
    pub path: String,
    /// What is wrong, as a word for programs.
    pub kind: &'static str,
    /// Whether it was looked at all the same.
    pub read: bool,
    /// What is wrong.
    #[serde(skip)]
    pub said: Message,
}

/// Two exports and what of each is in the other.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExportAgainst {
    /// Their names.
    pub names: [String; 2],
    /// Whether the voice that speaks most in each is known.
    pub main_known: [bool; 2],
    /// Whether that is the same voice in both.
    pub same_voice: Option<bool>,
    /// Whether the person whose recordings were given speaks most in the second and not in the first.
    pub swapped: Option<bool>,
    /// Recordings in each that are likely of the other's voice, the most likely first.
    pub belongs: [Vec<Listen>; 2],
}

impl ExportAgainst {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self.same_voice {
            _ if self.swapped == Some(true) => 1,
            _ if self.belongs.iter().any(|rows| !rows.is_empty()) => 1,
            Some(false) => 0,
            Some(true) | None => 2,
        }
    }
}

/// What `muteproof export-check` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    checked: &'a ExportChecked,
}

/// JSON in one line.
pub fn export_json(checked: &ExportChecked) -> Result<Vec<u8>, RenderError> {
    let schema = crate::schema::SCHEMA;
    Ok(crate::clean::json_line(&serde_json::to_string(
        &Document { schema, checked },
    )?))
}

/// A page of text.
pub fn export_text(checked: &ExportChecked, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let text = page(&words, checked);
    words.done(text.into_bytes())
}

fn page(words: &Words, checked: &ExportChecked) -> String {
    let mut page = Page::default();
    page.line(&clean::line(&checked.name));
    page.wrapped("", &size(words, checked));
    page.gap();
    page.wrapped("", &answer(words, checked));
    let voices: Vec<String> = checked.voices.iter().map(|v| voice(words, v)).collect();
    page.list(&voices_title(words, checked), &voices);
    let rows: Vec<String> = checked
        .listen
        .iter()
        .map(|row| listen(words, row))
        .collect();
    page.list(&words.t("export-listen"), &shown(words, rows));
    let rows: Vec<String> = checked.words.iter().map(|row| odd(words, row)).collect();
    page.list(&words.t("export-words"), &shown(words, rows));
    let rows: Vec<String> = checked
        .undecided
        .iter()
        .map(|row| undecided(words, row))
        .collect();
    page.list(&words.t("export-undecided"), &shown(words, rows));
    let rows: Vec<String> = checked
        .problems
        .iter()
        .map(|row| problem(words, row))
        .collect();
    page.list(&words.t("export-problems"), &shown(words, rows));
    page.list(&words.t("export-may"), &may(words, checked));
    page.out
}

/// The first rows, and how many more there are.
pub(crate) fn shown(words: &Words, mut rows: Vec<String>) -> Vec<String> {
    let more = rows.len().saturating_sub(SHOWN);
    if more > 0 {
        rows.truncate(SHOWN);
        rows.push(words.say("export-more", &[("n", words.count(more as u64))]));
    }
    rows
}

pub(crate) fn size(words: &Words, checked: &ExportChecked) -> String {
    let layout = checked.layout.as_deref().map(clean::line);
    words.say(
        "export-size",
        &[
            ("files", words.count(checked.files)),
            ("recordings", words.count(checked.recordings)),
            ("time", words.time(checked.seconds)),
            ("speech", words.time(checked.speech_s)),
            ("silent", words.count(checked.silent)),
            ("layout", layout.unwrap_or_else(|| words.t("export-plain"))),
        ],
    )
}

pub(crate) fn answer(words: &Words, checked: &ExportChecked) -> String {
    let recordings = ("recordings", words.count(checked.recordings));
    let of = |size: u64| ("size", words.count(size));
    match checked.answer {
        ExportAnswer::Foreign { clips } => {
            let id = match checked.owner {
                ExportOwner::Nobody => "export-foreign-nobody",
                ExportOwner::Given => "export-foreign-given",
                ExportOwner::Named => "export-foreign-named",
                ExportOwner::Learned => "export-foreign",
            };
            words.say(id, &[("clips", words.count(clips)), recordings])
        }
        ExportAnswer::NothingFound { size } => words.say("export-nothing", &[of(size)]),
        ExportAnswer::PartlyRead { size: Some(size) } => words.say("export-partly", &[of(size)]),
        ExportAnswer::PartlyRead { size: None } => words.t("export-partly-none"),
        ExportAnswer::CannotSay { why } => words.t(match why {
            CannotSay::NoSpeech => "export-no-speech",
            CannotSay::NoMain => "export-no-main",
            CannotSay::TwoMain => "export-two-main",
            CannotSay::TooLittle => "export-too-little",
        }),
    }
}

pub(crate) fn voices_title(words: &Words, checked: &ExportChecked) -> String {
    let [least, most] = checked.voices_between.map(|n| n as u64);
    let n = checked.voices.len() as u64;
    let (least, most) = (least.min(most).min(n), most.max(least).max(n));
    let args = [
        ("n", words.count(n)),
        ("least", words.count(least)),
        ("most", words.count(most)),
    ];
    match least == most {
        true => words.say("export-voices", &args),
        false => words.say("export-voices-between", &args),
    }
}

pub(crate) fn voice(words: &Words, voice: &ExportVoice) -> String {
    let args = [
        ("letter", voice.letter.clone()),
        ("clips", words.count(voice.clips)),
        ("speech", words.time(voice.speech_s)),
    ];
    let said = match voice.main {
        true => words.say("export-voice-main", &args),
        false => words.say("export-voice", &args),
    };
    match voice.alike.is_empty() {
        true => said,
        false => {
            let alike = words.say("export-voice-alike", &[("letters", voice.alike.join(", "))]);
            format!("{said}; {alike}")
        }
    }
}

pub(crate) fn listen(words: &Words, row: &Listen) -> String {
    let voice = match &row.voice {
        Some(letter) => words.say("export-voice-letter", &[("letter", letter.clone())]),
        None => words.t("export-no-letter"),
    };
    words.say(
        "export-clip",
        &[
            ("chance", words.number(row.chance * 100.0, 0)),
            ("voice", voice),
            ("at", words.number(row.at_s, 1)),
            ("speech", words.number(row.speech_s, 1)),
            ("path", clean::line(&row.path)),
        ],
    )
}

pub(crate) fn undecided(words: &Words, row: &Undecided) -> String {
    let why = words.t(match row.why {
        NotDecided::Short => "export-short",
        NotDecided::Several => "export-several",
        NotDecided::NoMain => "export-nothing-to-compare",
    });
    format!("{} ({why})", clean::line(&row.path))
}

pub(crate) fn odd(words: &Words, row: &OddWord) -> String {
    let kind = words.t(kind_id(row.kind));
    let args = [
        ("kind", kind),
        ("value", clean::line(&row.value)),
        (
            "usual",
            row.usual.as_deref().map(clean::line).unwrap_or_default(),
        ),
        ("path", clean::line(&row.path)),
    ];
    match row.usual {
        Some(_) => words.say("export-word-differs", &args),
        None => words.say("export-word", &args),
    }
}

pub(crate) fn kind_id(kind: WordKind) -> &'static str {
    match kind {
        WordKind::Account => "export-word-account",
        WordKind::Device => "export-word-device",
        WordKind::Language => "export-word-language",
        WordKind::Zone => "export-word-zone",
        WordKind::Date => "export-word-date",
        WordKind::Name => "export-word-name",
        WordKind::Place => "export-word-place",
    }
}

pub(crate) fn problem(words: &Words, row: &ExportProblem) -> String {
    format!("{}: {}", clean::line(&row.path), words.message(&row.said))
}

/// What may be concluded, and what not.
pub(crate) fn may(words: &Words, checked: &ExportChecked) -> Vec<String> {
    let mut said = vec![words.t("export-may-listen")];
    if checked.owner == ExportOwner::Learned {
        said.push(words.t("export-may-learned"));
    }
    said.push(words.t("export-may-clone"));
    if !checked.transcripts {
        said.push(words.t("export-may-words"));
    }
    said
}
