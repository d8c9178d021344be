//! `muteproof analyze` and `muteproof report`: from a bundle to a judgement to bytes.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bundle::{BUNDLE_DIR, Bundle, RECIPE_DIR};
use features::Session;
use report::{BundleInfo, Render, Report, Text, Tried};
use verdict::{Judgement, Kept, MicrophoneLamp, Note, Options, Progress, Sealed, Verdict};

use crate::args::{self, Judging, Lang};
use crate::fail::{Fail, print};

/// A bundle and what it says.
pub struct Judged {
    /// The facts.
    pub bundle: Bundle,
    /// What they say.
    pub judgement: Judgement,
    seal_sha256: Option<String>,
    packets_only: bool,
    /// What an attacker made of named activities, once somebody asks.
    attack: OnceCell<Option<Tried>>,
}

/// The bundle in `path`, which may be the folder that an audit made.
pub(crate) fn open(path: &Path) -> Result<Bundle, Fail> {
    let inner = path.join(BUNDLE_DIR);
    let dir = if inner.is_dir() {
        inner
    } else {
        path.to_owned()
    };
    Bundle::open(&dir).map_err(Fail::text)
}

/// Opens a bundle and judges it.
pub fn judged(path: &Path, require_plaintext: bool) -> Result<Judged, Fail> {
    judged_of(open(path)?, require_plaintext, false)
}

fn judged_of(
    mut bundle: Bundle,
    require_plaintext: bool,
    packets_only: bool,
) -> Result<Judged, Fail> {
    let mut notes = Vec::new();
    if bundle.log_cut_bytes > 0 {
        notes.push(Note::LogCut {
            bytes: bundle.log_cut_bytes,
        });
    }
    if bundle.packets_cut_bytes > 0 {
        notes.push(Note::PacketsCut {
            bytes: bundle.packets_cut_bytes,
        });
    }
    let sealed = match bundle.seal {
        Some(_) => Sealed::Unchanged,
        None => Sealed::No,
    };
    let kept = kept(&bundle)?;
    if kept.is_some() {
        notes.push(Note::Redacted);
    }
    if packets_only {
        if kept.is_some() {
            let why = "of a redacted bundle no packets are left to be judged by themselves";
            return Err(Fail::text(why));
        }
        bundle
            .records
            .retain(|r| r.source != record::Source::Plaintext);
        notes.push(Note::PacketsOnly);
    }
    let packets = bundle.packets();
    let session = Session {
        keys: bundle.keys().filter(|_| !packets_only),
        ..bundle.session(&packets)
    };
    let options = Options {
        require_plaintext,
        notes,
        kept,
    };
    let judgement = verdict::judge(&session, bundle.seed(), sealed, &options);
    let seal_sha256 = bundle.seal.as_ref().map(|seal| seal.sha256());
    Ok(Judged {
        judgement,
        seal_sha256,
        bundle,
        packets_only,
        attack: OnceCell::new(),
    })
}

/// What a redacted bundle has kept.
fn kept(bundle: &Bundle) -> Result<Option<Kept>, Fail> {
    let Some(json) = &bundle.kept else {
        return Ok(None);
    };
    let kept = serde_json::from_slice(json);
    kept.map(Some)
        .map_err(|e| Fail::text(format!("kept.json in the bundle cannot be read: {e}")))
}

impl Judged {
    /// The JSON report.
    pub fn json(&self) -> Result<Vec<u8>, Fail> {
        self.render(&report::Json, Lang::En, None, false)
    }

    fn render(
        &self,
        format: &dyn Render,
        lang: Lang,
        statement: Option<&str>,
        disclosure: bool,
    ) -> Result<Vec<u8>, Fail> {
        self.with_report(statement, disclosure, |report| {
            format.render(report, language(lang))
        })
    }

    fn with_report<T>(
        &self,
        statement: Option<&str>,
        disclosure: bool,
        f: impl FnOnce(&Report) -> Result<T, report::RenderError>,
    ) -> Result<T, Fail> {
        // An audit's folder says more than the `bundle` in it, and `analyze` takes it as well.
        let dir = self.bundle.dir();
        let outer = dir
            .parent()
            .filter(|_| dir.ends_with(BUNDLE_DIR))
            .and_then(Path::file_name);
        let name = outer
            .or(dir.file_name())
            .unwrap_or_default()
            .to_string_lossy();
        let report = Report {
            manifest: &self.bundle.manifest,
            judgement: &self.judgement,
            bundle: BundleInfo {
                name: &name,
                seal_sha256: self.seal_sha256.as_deref(),
                sealed: self.bundle.seal.is_some(),
            },
            tool_version: env!("CARGO_PKG_VERSION"),
            statement,
            disclosure,
            attack: self.attack(),
        };
        f(&report).map_err(Fail::text)
    }

    /// What an attacker made of named activities; of a run that did not take place nothing.
    fn attack(&self) -> Option<&Tried> {
        if matches!(self.judgement.verdict, Verdict::NotRun { .. }) {
            return None;
        }
        let tried = || {
            let keys = self.bundle.keys().filter(|_| !self.packets_only);
            crate::attack::tried(&self.bundle, keys)
        };
        self.attack.get_or_init(tried).as_ref()
    }

    /// The exit code that the verdict has (see `muteproof --help`).
    fn code(&self, strict: bool) -> u8 {
        use record::Failure::*;
        let judgement = &self.judgement;
        let open = judgement.microphone != MicrophoneLamp::Closed;
        match &judgement.verdict {
            Verdict::Leaks { .. } => 1,
            Verdict::Inconclusive { .. } => 2,
            // Set-up failed; but an app that ended, could not be muted or was not heard to its
            // end was there to be asked.
            Verdict::NotRun { .. } => match failure(&self.bundle) {
                Some(AppEnded | NotMuted | SoundEnded | Stopped) => 2,
                _ => 3,
            },
            Verdict::NoLeakSeen { .. } | Verdict::PartlySeen { .. } if strict && open => 5,
            Verdict::NoLeakSeen { .. } => 0,
            Verdict::PartlySeen { .. } => 4,
        }
    }
}

fn failure(bundle: &Bundle) -> Option<record::Failure> {
    bundle.records.iter().find_map(|r| match r.body {
        record::Body::Failed { failure, .. } => Some(failure),
        _ => None,
    })
}

pub(crate) fn language(lang: Lang) -> report::Lang {
    match lang {
        Lang::En => report::Lang::En,
        Lang::De => report::Lang::De,
    }
}

/// Evidence so far, from the prefix of a bundle that is still being written.
pub fn progress(dir: &Path) -> Option<Progress> {
    let bundle = Bundle::open(dir).ok()?;
    let packets = bundle.packets();
    let session = bundle.session(&packets);
    Some(verdict::progress(&session, bundle.seed()))
}

/// `muteproof analyze`.
pub fn run(args: &args::Analyze) -> Result<ExitCode, Fail> {
    let bundle = match &args.bundle {
        Some(path) => open(path)?,
        None => crate::elsewhere::import(&args.elsewhere)?,
    };
    let judged = judged_of(bundle, args.judging.require_plaintext, args.packets_only)?;
    show(&judged, &args.judging)?;
    Ok(ExitCode::from(judged.code(args.judging.strict)))
}

/// Judges what an audit has just recorded and writes the reports beside the bundle.
pub fn after_audit(out: &Path, judging: &Judging) -> Result<ExitCode, Fail> {
    let judged = judged(out, judging.require_plaintext)?;
    for format in ["json", "html"] {
        let renderer = report::format(format).expect("a format of ours");
        let bytes = judged.render(renderer, judging.lang, None, false)?;
        write(&out.join(format!("report.{format}")), &bytes)?;
    }
    show(&judged, judging)?;
    if !judging.quiet && !judging.json {
        let paths = format!(
            "\nReport:  {}\nBundle:  {}\nAgain:   muteproof analyze {}\n",
            out.join("report.html").display(),
            out.join(BUNDLE_DIR).display(),
            out.display()
        );
        print(paths.as_bytes())?;
    }
    Ok(ExitCode::from(judged.code(judging.strict)))
}

fn show(judged: &Judged, judging: &Judging) -> Result<(), Fail> {
    if judging.quiet {
        return Ok(());
    }
    let colour = std::io::IsTerminal::is_terminal(&std::io::stdout())
        && std::env::var_os("NO_COLOR").is_none();
    let bytes = match judging.json {
        true => judged.render(&report::Json, judging.lang, None, false)?,
        false => judged.render(&Text { colour }, judging.lang, None, false)?,
    };
    print(&bytes)
}

/// `muteproof redraw`. The dice are fixed, so the same bundle gives the same line.
pub fn redraw(args: &args::Redraw) -> Result<ExitCode, Fail> {
    let judged = judged(&args.bundle, false)?;
    if judged.bundle.kept.is_some() {
        return Err(Fail::text(
            "a redacted bundle cannot be redrawn: its packets are gone",
        ));
    }
    let packets = judged.bundle.packets();
    let session = judged.bundle.session(&packets);
    let dice = stimulus::Seed([0x5a; 32]);
    let redrawn = verdict::repeats(&session, &dice, args.times);
    let line = format!(
        "{} {:.3} {:.3} {} {}\n",
        verdict_name(&judged.judgement.verdict),
        judged.judgement.control.log10_w,
        judged.judgement.muted.log10_w_max,
        redrawn.log10_w_max.len(),
        redrawn.n_accused
    );
    print(line.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The verdict's name as it stands in the JSON report.
pub fn verdict_name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Leaks { .. } => "leaks",
        Verdict::NoLeakSeen { .. } => "no_leak_seen",
        Verdict::PartlySeen { .. } => "partly_seen",
        Verdict::Inconclusive { .. } => "inconclusive",
        Verdict::NotRun { .. } => "not_run",
    }
}

/// `muteproof report`.
pub fn report(args: &args::Report) -> Result<ExitCode, Fail> {
    let judged = judged(&args.bundle, false)?;
    let statement = match &args.statement {
        None => None,
        Some(path) => Some(fs::read_to_string(path).map_err(|e| Fail::file("read", path, &e))?),
    };
    let statement = statement.as_deref();
    if let Some(folder) = &args.disclosure {
        return disclose(&judged, args, folder, statement);
    }
    let format = report::format(&args.format).ok_or_else(|| {
        let names: Vec<&str> = report::FORMATS.iter().map(|f| f.name()).collect();
        let (asked, known) = (&args.format, names.join(", "));
        Fail::text(format!("there is no format `{asked}`; there are {known}"))
    })?;
    print(&judged.render(format, args.lang, statement, false)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The package for the app's maker: a letter, the reports, the recipe that repeats the audit.
fn disclose(
    judged: &Judged,
    args: &args::Report,
    folder: &Path,
    statement: Option<&str>,
) -> Result<ExitCode, Fail> {
    let make = |path: &Path| fs::create_dir_all(path).map_err(|e| Fail::file("make", path, &e));
    make(folder)?;
    let letter = judged.with_report(statement, true, |r| {
        report::disclosure(r, language(args.lang))
    })?;
    write(&folder.join("letter.md"), letter.as_bytes())?;
    for format in ["json", "html"] {
        let renderer = report::format(format).expect("a format of ours");
        let bytes = judged.render(renderer, args.lang, statement, true)?;
        write(&folder.join(format!("report.{format}")), &bytes)?;
    }
    let (from, to) = (
        judged.bundle.dir().join(RECIPE_DIR),
        folder.join(RECIPE_DIR),
    );
    make(&to)?;
    for entry in fs::read_dir(&from).into_iter().flatten().flatten() {
        let copied: PathBuf = to.join(entry.file_name());
        fs::copy(entry.path(), &copied).map_err(|e| Fail::file("write", &copied, &e))?;
    }
    print(format!("{}\n", folder.join("letter.md").display()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Fail> {
    fs::write(path, bytes).map_err(|e| Fail::file("write", path, &e))
}
