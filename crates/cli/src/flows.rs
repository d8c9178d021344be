//! `muteproof flows`: who received what?

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analysis::Lists;
use clap::ValueEnum;
use dataflow::canary::{Canary, CanaryKind, Needles};
use dataflow::{
    Facts, Finds, Frame, Leftovers, Origin, Own, Party, Receiver, Seeker, Watcher, in_requests,
    in_session, leftovers, logs, of_session, opaque, planted, receivers, sent, told,
};
use recipe::{CONSENT, LOGIN};
use record::{Body, Record};
use report::{CaptureFile, Flows, Lang};
use scan::{Input, Sink, scan};
use wire::capture::{Captured, Other, Take};

use crate::fail::{Fail, print};
use crate::flows_live::{self, App, Network, Run};
use crate::inspect::facts as file_facts;

/// Arguments of `flows`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bundles, captures (pcap, pcapng, also packed), HAR, flows of mitmproxy, PCAPdroid's and TrackerControl's
    /// CSV, iOS's App Privacy Report. With --network: recipes, and pages by their https:// address.
    #[arg(
        required_unless_present = "command",
        conflicts_with = "command",
        value_name = "SOURCE"
    )]
    pub sources: Vec<PathBuf>,
    /// Run the app on a stage of its own, with this network: `sink` answers everything and leads nowhere, so what
    /// the app tries to send is read, and nothing leaves; `outside` is the real one, through pasta.
    #[arg(
        long,
        value_enum,
        value_name = "NETWORK",
        help_heading = "Running an app"
    )]
    pub network: Option<Network>,
    /// Seconds for which the app is watched once it runs.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=86_400),
        help_heading = "Running an app"
    )]
    pub seconds: u32,
    /// With `--network outside`: show the app on your own display, and ask in this terminal when you agree to what
    /// it wants, and when you log in. The report says what was sent before and what after.
    #[arg(long, help_heading = "Running an app")]
    pub ask: bool,
    /// With `--ask`: do not ask whether the recording may hold what you type and see.
    #[arg(long, requires = "ask", help_heading = "Running an app")]
    pub yes: bool,
    /// With `--network outside`: an installed mitmproxy stands between the app and its servers, and its requests are
    /// read whole. The app may notice.
    #[arg(long, requires = "network", help_heading = "Running an app")]
    pub intercept: bool,
    /// Of a page: press the button of this name after a while, and say what was sent before and what after.
    #[arg(
        long,
        value_name = "NAME",
        requires = "network",
        conflicts_with = "command",
        help_heading = "Running an app"
    )]
    pub consent_press: Option<String>,
    /// Folder for the bundle; must not exist.
    #[arg(
        long,
        value_name = "FOLDER",
        requires = "network",
        help_heading = "Running an app"
    )]
    pub out: Option<PathBuf>,
    /// Show this folder to the app too, read-only, at the same place; may be given again.
    #[arg(
        long,
        value_name = "FOLDER",
        requires = "network",
        help_heading = "Running an app"
    )]
    pub show: Vec<PathBuf>,
    /// Install this package for this run alone, over the machine's own files, which stay as they are; remove it at
    /// the end by its own means, and say what stays. A Debian package (.deb), an archive (.tar, .tar.gz …; into
    /// `/opt/NAME`), an AppImage (into `/opt`), or a bundle of Flatpak's (.flatpak; behind that of its runtime, where the
    /// machine has not got it). May be given again, in the order of installation.
    #[arg(
        long,
        value_name = "FILE",
        requires = "network",
        help_heading = "Running an app"
    )]
    pub install: Vec<PathBuf>,
    /// The app and its arguments.
    #[arg(last = true, requires = "network", value_name = "COMMAND")]
    pub command: Vec<String>,
    /// A domain of the operator's, with all below it; may be given again. A bundle has its recipe's.
    #[arg(long, value_name = "DOMAIN", help_heading = "Whose it is")]
    pub own: Vec<String>,
    /// An address of the device that a capture is about; may be given again. Without it the device is the end
    /// on the local network, or the one that opened the connection.
    #[arg(long, value_name = "IP", help_heading = "Whose it is")]
    pub device: Vec<IpAddr>,
    /// A table of networks, from the npm package `@ip-location-db/asn` (CC BY 4.0): its CSV files. May be given
    /// again.
    #[arg(long, value_name = "FILE", help_heading = "Whose it is")]
    pub asn: Vec<PathBuf>,
    /// A list of trackers in the syntax of Adblock Plus, as EasyPrivacy is; that is read by itself where Debian's
    /// package of uBlock Origin has it. May be given again.
    #[arg(long, value_name = "FILE", help_heading = "Whose it is")]
    pub list: Vec<PathBuf>,
    /// An identifier to look for in all that could be read, under its usual spellings, encodings and hashes:
    /// `email=someone@example.org`, `phone=`, `mac=`, `advertising-id=`, `real-name=`, `host-name=`,
    /// `time-zone=`, or any other name. May be given again.
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Identifiers")]
    pub canary: Vec<String>,
    /// A file of such, one a line.
    #[arg(long, value_name = "FILE", help_heading = "Identifiers")]
    pub canaries: Option<PathBuf>,
    /// Exit with 1 if anything of this kind was seen; may be given again. For an app's own CI.
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Answer")]
    pub deny: Vec<Denied>,
    /// Format of what is printed.
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub format: Format,
    /// With `--format har`: with all values of headers and queries, and with bodies.
    #[arg(long, help_heading = "Output")]
    pub whole: bool,
}

/// Formats of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A page of text.
    Text,
    /// One document a line and source.
    Json,
    /// A page for a browser.
    Html,
    /// Requests that were read whole, as an HTTP Archive (HAR 1.2), without values that may say something of a person.
    Har,
}

/// What is not to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Denied {
    /// A receiver that is not known to be the operator, a participant or on the own network.
    ThirdParty,
    /// Anything that anybody on the way beyond the own network can read.
    ClearText,
    /// One of the identifiers that are looked for.
    Canary,
}

pub const EXAMPLES: &str = "\
Examples:
  muteproof flows muteproof-mumble-…
  muteproof flows call.pcapng --own example.org
  muteproof flows meeting.har --own example.org --format html > flows.html
  muteproof flows meeting.har --canary email=someone@example.org --canary real-name='Some One'
  muteproof flows --network sink mumble
  muteproof flows --network sink --seconds 60 --own example.org -- my-app --its-own-option
  muteproof flows --network sink https://example.org/
  muteproof flows --network outside --ask https://example.org/
  muteproof flows --network outside --consent-press 'Accept all' https://example.org/
  muteproof flows nightly.pcap --own example.org --deny third-party --deny clear-text

Exit codes:
  0  all of it was read, and nothing that --deny names was seen
  1  something that --deny names was seen
  2  something could not be read, or the file ends in the middle of something
  3  a source is of no known form, or cannot be opened";

/// Longest log that is read, bytes; captures are read through a buffer.
const LOG_MAX: u64 = 2 << 30;

/// One source, read.
struct Source {
    facts: Facts,
    /// What was looked for: what the person named, and what a stage planted.
    canaries: Vec<Canary>,
    escaped: Finds,
    file: Option<CaptureFile>,
    own: Own,
    leftovers: Option<Leftovers>,
    ended: Option<String>,
    /// Why nobody could agree or log in, where that was tried.
    undone: Option<String>,
    /// When it began (RFC 3339), where that is known.
    started: Option<String>,
}

/// `muteproof flows`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let lists = Lists::new(&args.asn, &args.list)?;
    let canaries = canaries(args)?;
    let needles = looked_for(&canaries)?;
    let mut worst = 0;
    let sources = sources(args, lang)?;
    for (index, path) in sources.iter().enumerate() {
        let source = match read(path, args, &canaries, &needles) {
            Ok(source) => source,
            Err(failure) => {
                failure.tell(lang);
                worst = worst.max(failure.code());
                continue;
            }
        };
        if let Some(why) = &source.undone {
            let why = why.clone();
            Fail::Undone { why }.tell(lang);
        }
        let whole = is_whole(&source);
        let archive = match args.format {
            Format::Har => Some(har(&source, args.whole)?),
            _ => None,
        };
        let flows = flows(path, source, &lists);
        let escaped = args.deny.contains(&Denied::Canary) && !flows.identifiers.escaped.is_empty();
        let mut receivers = flows.receivers.iter();
        let denied = escaped || receivers.any(|receiver| denied(receiver, &args.deny));
        if index > 0 && args.format == Format::Text {
            print(b"\n")?;
        }
        print(&match args.format {
            Format::Text => report::flows_text(&flows, lang)?,
            Format::Json => report::flows_json(&flows)?,
            Format::Html => report::flows_html(&flows, lang)?,
            Format::Har => archive.unwrap_or_default(),
        })?;
        worst = worst.max(match (denied, whole) {
            (_, false) => 2,
            (true, true) => 1,
            (false, true) => 0,
        });
    }
    Ok(ExitCode::from(worst))
}

/// What is to be read: what was named, or what an app that was named did on a stage.
fn sources(args: &Args, lang: Lang) -> Result<Vec<PathBuf>, Fail> {
    let Some(network) = args.network else {
        return Ok(args.sources.clone());
    };
    let how = Run {
        network,
        ask: args.ask,
        yes: args.yes,
        intercept: args.intercept,
        consent_press: args.consent_press.as_deref(),
        seconds: args.seconds,
        out: args.out.as_deref(),
        show: &args.show,
        install: &args.install,
    };
    if !args.command.is_empty() {
        let bundle = flows_live::run(&App::Command(&args.command), &how, lang)?;
        return Ok(vec![bundle]);
    }
    let mut bundles = Vec::new();
    for source in &args.sources {
        let name = source.to_string_lossy();
        let is_page = ["https://", "http://"].iter().any(|s| name.starts_with(s));
        let app = match is_page {
            true => App::Page(&name),
            false => App::Recipe(&name),
        };
        bundles.push(flows_live::run(&app, &how, lang)?);
    }
    Ok(bundles)
}

fn read(path: &Path, args: &Args, canaries: &[Canary], needles: &Needles) -> Result<Source, Fail> {
    let own = Own {
        domains: args.own.clone(),
        ..Own::default()
    };
    if path.is_dir() {
        let bundle = analysis::open(path)?;
        let session = bundle.session();
        let facts = of_session(&session);
        let mut of_recipe = Own::of(&bundle.manifest);
        of_recipe.domains.extend(own.domains);
        let canaries = [canaries, &planted(&bundle.manifest)].concat();
        let needles = looked_for(&canaries)?;
        return Ok(Source {
            escaped: in_session(&session, &facts, &needles),
            canaries,
            facts,
            file: None,
            leftovers: leftovers(&bundle.records),
            ended: ended(&bundle.records),
            undone: undone(&bundle.records),
            started: Some(bundle.manifest.started.clone()),
            own: of_recipe,
        });
    }
    let mut watching = Watching {
        watcher: Watcher::new(args.device.iter().copied()),
        seeker: (!needles.canaries().is_empty()).then(|| Seeker::new(needles)),
    };
    let found = scan(Input::open(path, None)?, &mut watching);
    if found.format.is_some() {
        let facts = watching.watcher.finish(Origin::Capture);
        let seeker = watching.seeker;
        return Ok(Source {
            escaped: seeker.map_or(Finds::new(), |seeker| seeker.finish(&facts)),
            canaries: canaries.to_vec(),
            facts,
            file: Some(file_facts(&found)),
            leftovers: None,
            ended: None,
            undone: None,
            started: None,
            own,
        });
    }
    let bytes = log(path)?;
    let facts = logs::read(&bytes).map_err(|why| Fail::Log {
        path: path.to_owned(),
        why: why.to_string(),
    })?;
    Ok(Source {
        escaped: in_requests(&facts, needles),
        canaries: canaries.to_vec(),
        facts,
        file: None,
        leftovers: None,
        ended: None,
        undone: None,
        started: None,
        own,
    })
}

/// The bytes of a log, unpacked where it is packed.
fn log(path: &Path) -> Result<Vec<u8>, Fail> {
    let failed = |e: io::Error| Fail::file("read", path, &e);
    let bytes = files::read(path, LOG_MAX).map_err(failed)?;
    // gzip, and Zstandard.
    if !bytes.starts_with(&[0x1F, 0x8B]) && !bytes.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let input = Input::open(path, None)?;
    input
        .take(LOG_MAX + 1)
        .read_to_end(&mut unpacked)
        .map_err(failed)?;
    match unpacked.len() as u64 > LOG_MAX {
        true => Err(failed(io::Error::other(format!(
            "it is longer than {LOG_MAX} bytes"
        )))),
        false => Ok(unpacked),
    }
}

/// The requests that a source has whole; the source's own beginning stands for their times.
fn har(source: &Source, whole: bool) -> Result<Vec<u8>, Fail> {
    const UNKNOWN: &str = "1970-01-01T00:00:00Z";
    let started = source.started.as_deref().unwrap_or(UNKNOWN);
    let tool = env!("CARGO_PKG_VERSION");
    Ok(report::har(&source.facts.requests, started, tool, whole)?)
}

/// What a watcher takes, as a capture is read.
struct Watching<'n> {
    watcher: Watcher,
    /// Where something is looked for.
    seeker: Option<Seeker<'n>>,
}

impl<'b> Take<'b> for Watching<'_> {
    fn packet(&mut self, packet: Captured<'b>) {
        let process = packet.process().map(|pid| format!("pid {pid}"));
        let frame = Frame {
            t_ns: packet.realtime_ns,
            link_type: packet.link_type,
            data: packet.data,
            orig_len: packet.orig_len,
            moment: None,
        };
        self.watcher.push(&frame, process.as_deref());
        if let Some(seeker) = &mut self.seeker {
            seeker.push(&frame);
        }
    }

    fn other(&mut self, other: Other<'b>) {
        if let (Other::TlsKeys { lines, .. }, Some(seeker)) = (other, &mut self.seeker) {
            seeker.keys(lines);
        }
    }
}

impl Sink for Watching<'_> {}

fn looked_for(canaries: &[Canary]) -> Result<Needles, Fail> {
    Needles::new(canaries).map_err(|why| Fail::Canary {
        what: "--canary".to_owned(),
        why: why.to_string(),
    })
}

/// Longest file of identifiers, bytes.
const CANARIES_MAX: u64 = 1 << 20;

fn canaries(args: &Args) -> Result<Vec<Canary>, Fail> {
    let mut lines = args.canary.clone();
    if let Some(path) = &args.canaries {
        let text =
            files::read_text(path, CANARIES_MAX).map_err(|e| Fail::file("read", path, &e))?;
        let text = text.lines().map(str::trim);
        lines.extend(text.filter(|line| !line.is_empty()).map(str::to_owned));
    }
    let canary = |line: String| match line.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => Ok(Canary {
            name: name.trim().to_owned(),
            kind: CanaryKind::named(name.trim()),
            value: value.trim().to_owned(),
        }),
        _ => Err(Fail::Canary {
            what: line,
            why: "no name and value".to_owned(),
        }),
    };
    lines.into_iter().map(canary).collect()
}

/// How the app ended, where it did so with an error: what it did not do then is not seen.
fn ended(records: &[Record]) -> Option<String> {
    // The last two are the stage's, which ends what does not end by itself.
    const EXPECTED: [&str; 3] = ["exit code 0", "signal 15", "signal 9"];
    records.iter().find_map(|record| match &record.body {
        Body::Exited { child, how } if child == "app" => {
            let expected = EXPECTED.iter().any(|one| how.starts_with(one));
            (!expected).then(|| how.clone())
        }
        _ => None,
    })
}

/// Bytes of a step that are told.
const STEP_MAX: usize = 80;

/// The step at which agreeing or logging in failed.
fn undone(records: &[Record]) -> Option<String> {
    records.iter().find_map(|record| match &record.body {
        Body::Step {
            part,
            step,
            failed: Some(why),
            ..
        } if [CONSENT, LOGIN].contains(&part.as_str()) => {
            let mut step = step.clone();
            // What is evaluated in a page is longer than anybody wants to read.
            if step.len() > STEP_MAX {
                step.truncate(step.floor_char_boundary(STEP_MAX));
                step.push('…');
            }
            Some(format!("{part}: {step}: {why}"))
        }
        _ => None,
    })
}

fn is_whole(source: &Source) -> bool {
    let left = &source.facts.left_out;
    let file = source.file.as_ref();
    let whole = file.is_none_or(|file| file.damages.is_empty() && file.cut.is_none());
    let done = source.undone.is_none();
    whole
        && done
        && left.beyond_bounds == 0
        && left.entries == 0
        && !source.facts.contacts.is_empty()
}

fn flows(path: &Path, source: Source, lists: &Lists) -> Flows {
    let Source {
        facts,
        canaries,
        escaped,
        file,
        own,
        leftovers,
        ended,
        undone: _,
        started: _,
    } = source;
    let receivers = receivers(&facts, &own, lists);
    let hosts: BTreeSet<&String> = receivers.iter().flat_map(|r| &r.hosts).collect();
    let only_asked = facts.asked.iter().filter(|name| !hosts.contains(name));
    let only_asked = only_asked.cloned().collect();
    let name = path.file_name().unwrap_or(path.as_os_str());
    let addresses = own.addresses.iter().map(ToString::to_string);
    Flows {
        name: name.to_string_lossy().into_owned(),
        origin: facts.origin,
        file,
        own: own.domains.iter().cloned().chain(addresses).collect(),
        listed: lists.listed(&facts, &own.domains),
        told: told(&facts),
        identifiers: analysis::identifiers(&canaries, escaped),
        sent: match facts.origin {
            Origin::Sink | Origin::Intercepted => sent(&facts),
            _ => Vec::new(),
        },
        opaque: opaque(&facts),
        only_asked,
        left_out: facts.left_out,
        leftovers,
        ended,
        lists: lists.named(),
        receivers,
    }
}

fn denied(receiver: &Receiver, kinds: &[Denied]) -> bool {
    let far = receiver.party != Party::LocalNetwork;
    kinds.iter().any(|kind| match kind {
        Denied::ThirdParty => matches!(
            receiver.party,
            Party::Third | Party::Claimed | Party::Unknown
        ),
        Denied::ClearText => far && receiver.is_clear(),
        Denied::Canary => false,
    })
}
