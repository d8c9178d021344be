//! `muteproof inspect`: what anyone on the path can read about the sound in a capture; and what exports of tools
//! tell of it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use dataflow::logs;
use import::MutedSpan;
use inspect::{Inspector, dump};
use report::{CaptureFile, Export, Inspected, Lang, Told};
use scan::{Input, Scan, Sink, Until, scan};
use wire::capture::{Captured, Other, Take};

use crate::fail::{Fail, print};
use crate::interrupt::on_interrupt;
use crate::printer;
use crate::told::{message, said, system};

/// Arguments of `inspect`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Captures: pcap or pcapng, also packed by gzip or zstd. Dumps of chrome://webrtc-internals and of rtcstats, and
    /// HTTP Archives (HAR): what they tell of sound and of hosts.
    #[arg(required = true)]
    pub captures: Vec<PathBuf>,
    /// How many files are read at the same time; without it as many as there are processors.
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Go on reading as the captures grow, until Ctrl-C; plain files only.
    #[arg(long)]
    pub follow: bool,
    /// From when to when the app was muted, seconds from the first value of a dump: what it was given and what it
    /// sent then is told apart.
    #[arg(long, value_name = "FROM..TO")]
    pub muted: Option<MutedSpan>,
    /// Print JSON, one document a line and file, instead of text.
    #[arg(long)]
    pub json: bool,
}

pub const EXAMPLES: &str = "\
Examples:
  muteproof inspect call.pcapng
  muteproof inspect monday.pcap.gz tuesday.pcap.zst --lang de
  muteproof inspect router.pcap --follow
  muteproof inspect webrtc_internals_dump.txt --muted 60..120

Exit codes:
  0  all of it was read
  2  something in a file could not be read, or it ends in the middle of something, or holds nothing
  3  a file is no capture and no export that is read, or cannot be opened";

/// Bytes of an export, unpacked: days of a call.
const EXPORT_MAX: u64 = 512 << 20;

/// What a file is.
enum Found {
    Capture(Box<Inspected>),
    /// A tool's own, and no capture.
    Export(Exported),
}

/// What a tool wrote down.
enum Exported {
    Dump(String, dump::Dump),
    Har(String, dataflow::Facts),
}

/// One file's outcome.
type Done = Result<Found, Fail>;

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
            Ok(found) => {
                let (whole, bytes) = match &found {
                    Found::Capture(inspected) => (
                        is_whole(inspected, args.follow),
                        match args.json {
                            true => report::inspection_json(inspected),
                            false => report::inspection(inspected, lang),
                        },
                    ),
                    Found::Export(exported) => told(exported, args, lang),
                };
                worst = worst.max(if whole { 0 } else { 2 });
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

/// Whether all of a capture was read. "Nothing" is an answer only of what was looked into.
fn is_whole(inspected: &Inspected, followed: bool) -> bool {
    let left_out = &inspected.inspection.left_out;
    let unread = match inspected.inspection.findings.is_empty() {
        true => left_out.not_looked_into(),
        false => left_out.link_layer,
    };
    // One that is followed is still growing.
    let ends = followed || inspected.file.cut.is_none();
    let read = inspected.file.damages.is_empty() && unread == 0 && ends;
    read && inspected.inspection.packets > 0
}

/// Whether all of an export was read, and what it tells.
fn told(
    exported: &Exported,
    args: &Args,
    lang: Lang,
) -> (bool, Result<Vec<u8>, report::RenderError>) {
    let (name, told, unread, tells) = match exported {
        Exported::Dump(name, dump) => {
            let tells = dump.connections.iter().any(|c| !c.tracks.is_empty());
            (name, Told::Dump(dump), dump.unread, tells)
        }
        Exported::Har(name, facts) => (name, Told::Har(facts), facts.left_out.entries, true),
    };
    let export = Export {
        name,
        told,
        muted_s: args.muted.map(|muted| [muted.from_s, muted.to_s]),
    };
    let bytes = match args.json {
        true => report::export_of_a_tool_json(&export),
        false => report::export_of_a_tool(&export, lang),
    };
    (unread == 0 && tells, bytes)
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
struct Inspecting {
    inspector: Inspector,
    /// Lines of keys that the file itself holds.
    tls_keys: u64,
}

impl<'b> Take<'b> for Inspecting {
    #[inline]
    fn packet(&mut self, packet: Captured<'b>) {
        self.inspector.packet(packet);
    }

    fn other(&mut self, other: Other<'b>) {
        if let Other::TlsKeys { lines, .. } = other {
            let lines = lines.split(|byte| *byte == b'\n');
            let is_key = |line: &&[u8]| !line.trim_ascii().is_empty() && !line.starts_with(b"#");
            self.tls_keys += lines.filter(is_key).count() as u64;
        }
    }
}

impl Sink for Inspecting {
    fn flush(&mut self, bytes: &[u8]) {
        self.inspector.flush(bytes);
    }
}

fn inspected(path: &Path, follow: Option<&Until>) -> Done {
    let mut inspecting = Inspecting::default();
    let input = Input::open(path, follow)?;
    let scan = scan(input, &mut inspecting);
    let inspection = inspecting.inspector.finish();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.into_owned();
    if scan.format.is_none() && scan.bytes > 0 {
        if let Some(exported) = exported(path, &name)? {
            return Ok(Found::Export(exported));
        }
        let damage = scan.damages.first().map(|damage| system(&damage.why));
        return Err(Fail::NotCapture {
            path: path.to_owned(),
            why: damage.unwrap_or(message!("fail-ends-early")),
        });
    }
    Ok(Found::Capture(Box::new(Inspected {
        name,
        file: CaptureFile {
            tls_keys: inspecting.tls_keys,
            ..facts(&scan)
        },
        inspection,
    })))
}

/// What a tool exported, where that is what the file holds.
fn exported(path: &Path, name: &str) -> Result<Option<Exported>, Fail> {
    // A pipe was read already; nothing is left of it.
    if !path.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let read = Input::open(path, None)?
        .take(EXPORT_MAX)
        .read_to_end(&mut bytes);
    read.map_err(|e| Fail::file("read", path, &e))?;
    let failed = |why: String| Fail::Log {
        path: path.to_owned(),
        why,
    };
    if let Some(dump) = dump::read(&bytes) {
        let dump = dump.map_err(|e| failed(e.to_string()))?;
        return Ok(Some(Exported::Dump(name.to_owned(), dump)));
    }
    match logs::format(&bytes).map(|format| format.origin) {
        Some(dataflow::Origin::Har) => {
            let facts = logs::read(&bytes).map_err(|e| failed(e.to_string()))?;
            Ok(Some(Exported::Har(name.to_owned(), facts)))
        }
        Some(dataflow::Origin::Mitmproxy) => Err(Fail::FlowsOfMitmproxy {
            path: path.to_owned(),
        }),
        _ => Ok(None),
    }
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
        tls_keys: 0,
    }
}
