//! `muteproof sounds`: libraries of labelled recordings for the attacker.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use report::{Lang, Listed};
use sounds::{Library, SourceBy, esc, folders, synthetic};

use crate::fail::{Fail, print};

/// Arguments of `sounds`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
}

/// What can be done with a library.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Say which sounds a library has, from which recordings, under which licences.
    List {
        /// The library's folder.
        library: PathBuf,
    },
    /// Read every file, and say what is wrong with the first that is.
    Check {
        /// The library's folder.
        library: PathBuf,
    },
    /// Copy a folder with a folder a label (WAV, FLAC, Ogg Vorbis, Opus, MP3) into a new library.
    Import {
        /// The folder.
        from: PathBuf,
        /// Folder for the library; must not exist.
        to: PathBuf,
        /// Licence of the recordings.
        #[arg(long)]
        licence: String,
        /// Where they come from.
        #[arg(long)]
        origin: String,
        /// How a file's name says which recording it is a piece of. Pieces of one must never be taken
        /// for two.
        #[arg(long, value_enum, default_value = "before-hyphen")]
        recording: Recording,
        /// In files of this label each sound is one key stroke; may be given again.
        #[arg(long, value_name = "LABEL")]
        strokes: Vec<String>,
    },
    /// Copy ESC-50 or ESC-10, as their repositories are laid out, into a new library.
    ImportEsc {
        /// The repository's folder.
        from: PathBuf,
        /// Folder for the library; must not exist.
        to: PathBuf,
        /// Only this label; may be given again.
        #[arg(long, value_name = "LABEL")]
        only: Vec<String>,
    },
    /// Write the synthetic sounds that muteproof comes with as a library.
    Synthetic {
        /// Folder for the library; must not exist.
        to: PathBuf,
        /// What they are made from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

/// How a file says which recording it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Recording {
    /// Each file is one; files in a folder below the label's are of one together.
    File,
    /// What stands before the last hyphen: `chopping-327592-A` and `chopping-327592-B` are of one.
    BeforeHyphen,
}

pub const EXAMPLES: &str = "\
Examples:
  muteproof sounds synthetic my-sounds
  muteproof sounds import recordings my-sounds --licence CC0-1.0 --origin 'recorded by ourselves'
  muteproof sounds import-esc ESC-50 my-sounds --only dog --only keyboard-typing
  muteproof sounds list my-sounds --lang de";

/// `muteproof sounds`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let mut read = None;
    let library = match &args.what {
        What::List { library } => Library::open(library),
        What::Check { library } => {
            let library = Library::open(library)?;
            let corpus = library.corpus()?;
            read = Some(corpus.sounds().iter().map(|s| s.clips.len()).sum());
            Ok(library)
        }
        What::Import {
            from,
            to,
            licence,
            origin,
            recording,
            strokes,
        } => {
            let by = match recording {
                Recording::File => SourceBy::File,
                Recording::BeforeHyphen => SourceBy::BeforeHyphen,
            };
            folders(from, to, by, licence, origin, strokes)
        }
        What::ImportEsc { from, to, only } => esc(from, to, only),
        What::Synthetic { to, seed } => synthetic(to, *seed),
    };
    let library = library?;
    let labels = library.counts().into_iter();
    let mut licences: Vec<&str> = library.sounds.iter().map(|s| &*s.licence).collect();
    licences.sort_unstable();
    licences.dedup();
    let listed = Listed {
        labels: labels
            .map(|(label, (files, of))| (label.to_owned(), files, of))
            .collect(),
        licences: licences.into_iter().map(str::to_owned).collect(),
        synthetic: library.synthetic,
        read,
    };
    let text = report::listed(&listed, lang);
    print(&text?)?;
    Ok(ExitCode::SUCCESS)
}
