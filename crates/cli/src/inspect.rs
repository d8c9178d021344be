//! `muteproof inspect`: what anyone on the path can read about the sound in a capture.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use inspect::Inspector;
use report::{CaptureFile, Inspected, Lang};
use scan::{Input, Scan, Sink, Until, scan};
use wire::capture::{Captured, Take};

use crate::fail::{Fail, print};
use crate::interrupt::on_interrupt;
use crate::printer;
use crate::told::{message, said, system};

/// Arguments of `inspect`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Captures: pcap or pcapng, also packed by gzip or zstd.
    #[arg(required = true)]
    pub captures: Vec<PathBuf>,
    /// How many files are read at the same time; without it as many as there are processors.
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Go on reading as the captures grow, until Ctrl-C; plain files only.
    #[arg(long)]
    pub follow: bool,
    /// Print JSON, one document a line and file, instead of text.
    #[arg(long)]
    pub json: bool,
}

pub const EXAMPLES: &str = "\
Examples:
  muteproof inspect call.pcapng
  muteproof inspect monday.pcap.gz tuesday.pcap.zst --lang de
  muteproof inspect router.pcap --follow

Exit codes:
  0  all of it was read
  2  something in a file could not be read, or it ends in the middle of something, or holds nothing
  3  a file is no capture, or cannot be opened";

/// One file's outcome.
type Done = Result<Inspected, Fail>;

/// `muteproof inspect`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let n_files = args.captures.len();
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let follow = match args.follow {
        true => Some(until_interrupted(lang)?),
        false => None,
    };
    // All that are followed grow at the same time.
    let wanted = args.jobs.filter(|_| !args.follow);
    let usual = if args.follow { n_files } else { processors };
    let jobs = wanted.unwrap_or(usual).clamp(1, n_files.max(1));
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<Done>>> = (0..n_files).map(|_| Mutex::new(None)).collect();
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = args.captures.get(index) else {
                return;
            };
            let outcome = inspected(path, follow.as_ref());
            *done[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        }
    };
    thread::scope(|scope| {
        for _ in 1..jobs {
            scope.spawn(work);
        }
        work();
    });
    let mut worst = 0;
    for (index, outcome) in done.into_iter().enumerate() {
        let outcome = outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
        match outcome.expect("every file was taken by somebody") {
            Ok(inspected) => {
                let left_out = &inspected.inspection.left_out;
                // "Nothing" is an answer only of what was looked into.
                let unread = match inspected.inspection.findings.is_empty() {
                    true => left_out.not_looked_into(),
                    false => left_out.link_layer,
                };
                // One that is followed is still growing.
                let ends = args.follow || inspected.file.cut.is_none();
                let read = inspected.file.damages.is_empty() && unread == 0 && ends;
                let whole = read && inspected.inspection.packets > 0;
                worst = worst.max(if whole { 0 } else { 2 });
                let bytes = match args.json {
                    true => report::inspection_json(&inspected),
                    false => report::inspection(&inspected, lang),
                };
                let bytes = bytes?;
                if index > 0 && !args.json {
                    print(b"\n")?;
                }
                print(&bytes)?;
            }
            Err(failure) => {
                failure.tell(lang);
                worst = worst.max(failure.code());
            }
        }
    }
    Ok(ExitCode::from(worst))
}

/// Until Ctrl-C; said on the error output once that is caught.
fn until_interrupted(lang: Lang) -> Result<Until, Fail> {
    let until = Until::default();
    let told = until.clone();
    on_interrupt(move |_| told.end()).map_err(|source| Fail::CtrlC { source })?;
    printer::error(&said(lang, &message!("inspect-following")));
    Ok(until)
}

/// What an inspector takes, as a file is read.
#[derive(Default)]
struct Inspecting(Inspector);

impl<'b> Take<'b> for Inspecting {
    #[inline]
    fn packet(&mut self, packet: Captured<'b>) {
        self.0.packet(packet);
    }
}

impl Sink for Inspecting {
    fn flush(&mut self, bytes: &[u8]) {
        self.0.flush(bytes);
    }
}

fn inspected(path: &Path, follow: Option<&Until>) -> Done {
    let mut inspecting = Inspecting::default();
    let input = Input::open(path, follow)?;
    let scan = scan(input, &mut inspecting);
    let inspection = inspecting.0.finish();
    if scan.format.is_none() && scan.bytes > 0 {
        let damage = scan.damages.first().map(|damage| system(&damage.why));
        return Err(Fail::NotCapture {
            path: path.to_owned(),
            why: damage.unwrap_or(message!("fail-ends-early")),
        });
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Inspected {
        name: name.into_owned(),
        file: facts(&scan),
        inspection,
    })
}

/// What the report says of the file itself.
pub fn facts(scan: &Scan) -> CaptureFile {
    CaptureFile {
        bytes: scan.bytes,
        damages: scan
            .damages
            .iter()
            .map(|d| report::Damage {
                offset: d.offset,
                why: d.why.clone(),
                skipped: d.skipped,
            })
            .collect(),
        cut: scan.cut,
    }
}
