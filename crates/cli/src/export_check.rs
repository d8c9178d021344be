//! `muteproof export-check`: is every recording in this data export the requester's own?

use std::collections::HashMap;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use export::{
    Cache, Gathered, Gathering, Progress, Question, against, check, copy_clips, expected, gather,
    voices_of,
};
use report::{ExportAnswer, ExportChecked, Lang, Message};
use voices::{Models, Owner};

use crate::fail::{Fail, print};
use crate::printer;
use crate::told::said;

/// Arguments of `export-check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Exports: folders, ZIP archives, tar archives (also packed by gzip or zstd), single recordings.
    #[arg(required = true, value_name = "EXPORT")]
    pub exports: Vec<PathBuf>,
    /// A recording or folder of the person whose export it should be, may be given again; or `none`: they
    /// never used it, and any speech is foreign.
    #[arg(long, value_name = "FILE", help_heading = "Whose it should be")]
    pub owner: Vec<PathBuf>,
    /// Another export: does anything in one belong to the other?
    #[arg(long, value_name = "EXPORT", help_heading = "Whose it should be")]
    pub against: Option<PathBuf>,
    /// The chance from which a recording counts as foreign.
    #[arg(long, default_value_t = 0.5, help_heading = "Answer")]
    pub chance: f64,
    /// The chance from which a recording is listed.
    #[arg(long, default_value_t = 0.1, help_heading = "Answer")]
    pub listed: f64,
    /// For whoever is about to send it: exit with 0 only if so many recordings of one foreign voice would
    /// have been found; with 2 otherwise.
    #[arg(long, value_name = "N", help_heading = "Answer")]
    pub gate: Option<u64>,
    /// Format of what is printed.
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub format: Format,
    /// Copy the listed recordings into this folder, with a page that plays them.
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    pub copy_clips: Option<PathBuf>,
    /// Keep what was heard in this file, encrypted by a passphrase that is asked for; with it a run that
    /// was interrupted goes on where it was.
    #[arg(long, value_name = "FILE")]
    pub cache: Option<PathBuf>,
    /// Threads that hear; without it as many as there are processors.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// A model that writes down what is said. None is read yet: a place for one.
    #[arg(long, value_name = "FILE")]
    pub asr_model: Option<PathBuf>,
}

/// Formats of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A page of text.
    Text,
    /// One document a line and export.
    Json,
    /// A page for a browser.
    Html,
}

/// Examples of `export-check`.
pub const EXAMPLES: &str = "Examples:
  muteproof export-check my-data.zip
  muteproof export-check my-data.zip --owner me-1.wav --owner me-2.wav
  muteproof export-check my-data.zip --owner none
  muteproof export-check to-send.zip --gate 3 --format html > check.html
  muteproof export-check a.zip --against b.zip
  muteproof export-check my-data.zip --copy-clips listen

Exit codes:
  0  nothing foreign found, down to the size that is said
  1  foreign recordings found
  2  nothing can be said
  3  usage or input error
  4  nothing foreign found in what could be read, and not all could";

/// `muteproof export-check`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    valid(args)?;
    let run = Run::new(args, lang)?;
    let question = Question {
        owner: run.owner(&args.owner)?,
        threshold: args.chance,
        listed: args.listed,
    };
    let done = match &args.against {
        Some(other) => run.against(&args.exports[0], other, &question),
        None => run.all(&args.exports, &question),
    };
    if let Some(cache) = run.cache {
        cache.done()?;
    }
    done
}

fn valid(args: &Args) -> Result<(), Fail> {
    for (option, value) in [("--chance", args.chance), ("--listed", args.listed)] {
        if !(value > 0.0 && value < 1.0) {
            return Err(Fail::Chance { option, value });
        }
    }
    if args.exports.len() > 1 && (args.against.is_some() || args.copy_clips.is_some()) {
        return Err(Fail::OneExport);
    }
    match &args.asr_model {
        Some(path) => Err(Fail::Asr { path: path.clone() }),
        None => Ok(()),
    }
}

/// One run: what was typed, the models, what was heard before.
struct Run<'a> {
    args: &'a Args,
    lang: Lang,
    ears: Models,
    threads: usize,
    cache: Option<Cache>,
    passwords: Mutex<HashMap<PathBuf, Option<String>>>,
}

impl<'a> Run<'a> {
    fn new(args: &'a Args, lang: Lang) -> Result<Run<'a>, Fail> {
        let cache = match &args.cache {
            None => None,
            Some(path) => {
                let passphrase = asked(lang, "export-passphrase", path).unwrap_or_default();
                Some(Cache::open(path, &passphrase)?)
            }
        };
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Ok(Run {
            args,
            lang,
            ears: Models::new().map_err(export::Error::from)?,
            threads: args.threads.unwrap_or(processors).max(1),
            cache,
            passwords: Mutex::default(),
        })
    }

    fn owner(&self, given: &[PathBuf]) -> Result<Owner, Fail> {
        if given.is_empty() {
            return Ok(Owner::Learned);
        }
        if given == [Path::new("none")] {
            return Ok(Owner::Nobody);
        }
        let mut known = Vec::new();
        for path in given {
            known.extend(voices_of(path, &self.gather(path)?)?);
        }
        Ok(Owner::Known(known))
    }

    fn all(&self, exports: &[PathBuf], question: &Question) -> Result<ExitCode, Fail> {
        let mut worst = 0;
        for (index, path) in exports.iter().enumerate() {
            let gathered = self.gather(path)?;
            let mut checked = check(&name(path), &gathered, question);
            if let Some(folder) = &self.args.copy_clips {
                self.copy(path, folder, &mut checked)?;
            }
            if index > 0 && self.args.format == Format::Text {
                print(b"\n")?;
            }
            print(&self.rendered(&checked)?)?;
            worst = worse(worst, self.code(checked.answer));
        }
        Ok(ExitCode::from(worst))
    }

    fn against(&self, one: &Path, other: &Path, question: &Question) -> Result<ExitCode, Fail> {
        let gathered = [self.gather(one)?, self.gather(other)?];
        let owner = match &question.owner {
            Owner::Known(known) => Some(&known[..]),
            Owner::Learned | Owner::Nobody => None,
        };
        let names = [name(one), name(other)];
        let names = names.each_ref().map(String::as_str);
        let found = against(names, gathered.each_ref(), owner, question.threshold);
        print(&match self.args.format {
            Format::Json => report::export_against_json(&found)?,
            Format::Html => report::export_against_html(&found, self.lang)?,
            Format::Text => report::export_against(&found, self.lang)?,
        })?;
        Ok(ExitCode::from(found.code()))
    }

    /// The exit code; who sends wants to know that a small number would have been found.
    fn code(&self, answer: ExportAnswer) -> u8 {
        match (answer, self.args.gate) {
            (ExportAnswer::NothingFound { size }, Some(most)) if size > most => 2,
            _ => answer.code(),
        }
    }

    fn rendered(&self, checked: &ExportChecked) -> Result<Vec<u8>, Fail> {
        Ok(match self.args.format {
            Format::Text => report::export_text(checked, self.lang)?,
            Format::Json => report::export_json(checked)?,
            Format::Html => report::export_html(checked, self.lang)?,
        })
    }

    /// Copies what is listed, and puts a page beside it that plays it.
    fn copy(&self, from: &Path, to: &Path, checked: &mut ExportChecked) -> Result<(), Fail> {
        let paths: Vec<&str> = checked.listen.iter().map(|row| row.path.as_str()).collect();
        let copies = copy_clips(from, &paths, to, &mut |path| self.password(path))?;
        for row in &mut checked.listen {
            row.copy = copies.get(&row.path).cloned();
        }
        let page = to.join("index.html");
        let bytes = report::export_html(checked, self.lang)?;
        fs::write(&page, bytes).map_err(|e| Fail::file("write", &page, &e))
    }

    fn gather(&self, path: &Path) -> Result<Gathered, Fail> {
        let talk = Talk::new(self.lang, expected(path));
        let with = Gathering {
            ears: &self.ears,
            threads: self.threads,
            known: &|_, bytes| self.cache.as_ref()?.known(bytes),
            keep: &|recording, bytes| {
                if let Some(cache) = &self.cache {
                    cache.keep(bytes, &recording.heard);
                }
            },
            told: &|progress| talk.say(progress),
        };
        let gathered = gather(path, &mut |path| self.password(path), &with)?;
        talk.done();
        Ok(gathered)
    }

    /// Asks once for each archive.
    fn password(&self, path: &Path) -> Option<String> {
        let mut passwords = self.passwords.lock().ok()?;
        let asked = || asked(self.lang, "export-password", path);
        passwords
            .entry(path.to_owned())
            .or_insert_with(asked)
            .clone()
    }
}

/// Asks for a secret at the terminal; without one it is the next line of the input.
fn asked(lang: Lang, id: &'static str, path: &Path) -> Option<String> {
    let prompt = said(lang, &Message::new(id).with("path", path.display()));
    let answer = match io::stdin().is_terminal() {
        true => rpassword::prompt_password(prompt).ok()?,
        false => {
            let mut line = String::new();
            io::stdin().read_line(&mut line).ok()?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
    };
    (!answer.is_empty()).then_some(answer)
}

/// What is said on the error output while it goes on, where somebody watches.
struct Talk {
    lang: Lang,
    began: Instant,
    last: Mutex<Option<Instant>>,
    of: Option<u64>,
    terminal: bool,
}

impl Talk {
    fn new(lang: Lang, of: Option<u64>) -> Talk {
        let (began, last) = (Instant::now(), Mutex::default());
        Talk {
            lang,
            began,
            last,
            of,
            terminal: printer::err_is_terminal(),
        }
    }

    /// At most once a second; always says to go on.
    fn say(&self, progress: Progress) -> bool {
        let Ok(mut last) = self.last.lock() else {
            return true;
        };
        let soon = last.is_some_and(|last| last.elapsed() < Duration::from_secs(1));
        if !self.terminal || soon {
            return true;
        }
        *last = Some(Instant::now());
        let message = |id| {
            Message::new(id)
                .with("files", progress.files)
                .with("heard", progress.heard)
                .with("bytes", progress.bytes >> 20)
        };
        let message = match self
            .of
            .filter(|of| progress.files > 0 && *of >= progress.files)
        {
            None => message("export-progress"),
            Some(of) => {
                let share = progress.files as f64 / of as f64;
                let left = self.began.elapsed().mul_f64((1.0 - share) / share);
                let left = format!("{}:{:02}", left.as_secs() / 60, left.as_secs() % 60);
                message("export-progress-left")
                    .with("of", of)
                    .with("left", left)
            }
        };
        printer::err_anew(&said(self.lang, &message));
        true
    }

    fn done(&self) {
        if self.terminal {
            printer::err_anew("");
        }
    }
}

/// The last part of a path.
fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

/// Of two exit codes the one that matters more: foreign, cannot say, partly read, nothing found.
fn worse(one: u8, other: u8) -> u8 {
    let rank = |code: &u8| [0, 4, 2, 1, 3].iter().position(|of| of == code);
    if rank(&one) >= rank(&other) {
        one
    } else {
        other
    }
}
