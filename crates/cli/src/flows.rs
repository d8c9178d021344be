//! `muteproof flows`: who received what?

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analysis::Lists;
use clap::ValueEnum;
use dataflow::{
    Facts, Frame, Origin, Own, Party, Receiver, Watcher, logs, of_session, receivers, told,
};
use report::{CaptureFile, Flows, Lang};
use scan::{Input, Sink, scan};
use wire::capture::{Captured, Take};

use crate::fail::{Fail, print};
use crate::inspect::facts as file_facts;

/// Arguments of `flows`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bundles, captures (pcap, pcapng, also packed), HAR, flows of mitmproxy, PCAPdroid's and TrackerControl's
    /// CSV, iOS's App Privacy Report.
    #[arg(required = true, value_name = "SOURCE")]
    pub sources: Vec<PathBuf>,
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
    /// Exit with 1 if anything of this kind was seen; may be given again. For an app's own CI.
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Answer")]
    pub deny: Vec<Denied>,
    /// Format of what is printed.
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub format: Format,
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
}

/// What is not to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Denied {
    /// A receiver that is not known to be the operator, a participant or on the own network.
    ThirdParty,
    /// Anything that anybody on the way beyond the own network can read.
    ClearText,
}

pub const EXAMPLES: &str = "\
Examples:
  muteproof flows muteproof-mumble-…
  muteproof flows call.pcapng --own example.org
  muteproof flows meeting.har --own example.org --format html > flows.html
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
    file: Option<CaptureFile>,
    own: Own,
}

/// `muteproof flows`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let lists = Lists::new(&args.asn)?;
    let mut worst = 0;
    for (index, path) in args.sources.iter().enumerate() {
        let source = match read(path, args) {
            Ok(source) => source,
            Err(failure) => {
                failure.tell(lang);
                worst = worst.max(failure.code());
                continue;
            }
        };
        let whole = is_whole(&source);
        let flows = flows(path, source, &lists);
        let denied = flows
            .receivers
            .iter()
            .any(|receiver| denied(receiver, &args.deny));
        if index > 0 && args.format == Format::Text {
            print(b"\n")?;
        }
        print(&match args.format {
            Format::Text => report::flows_text(&flows, lang)?,
            Format::Json => report::flows_json(&flows)?,
            Format::Html => report::flows_html(&flows, lang)?,
        })?;
        worst = worst.max(match (denied, whole) {
            (_, false) => 2,
            (true, true) => 1,
            (false, true) => 0,
        });
    }
    Ok(ExitCode::from(worst))
}

fn read(path: &Path, args: &Args) -> Result<Source, Fail> {
    let own = Own {
        domains: args.own.clone(),
        ..Own::default()
    };
    if path.is_dir() {
        let bundle = analysis::open(path)?;
        let packets = bundle.packets();
        let session = bundle.session(&packets);
        let mut of_recipe = Own::of(&bundle.manifest);
        of_recipe.domains.extend(own.domains);
        return Ok(Source {
            facts: of_session(&session),
            file: None,
            own: of_recipe,
        });
    }
    let mut watching = Watching(Watcher::new(args.device.iter().copied()));
    let found = scan(Input::open(path, None)?, &mut watching);
    if found.format.is_some() {
        return Ok(Source {
            facts: watching.0.finish(Origin::Capture),
            file: Some(file_facts(&found)),
            own,
        });
    }
    let bytes = files::read(path, LOG_MAX).map_err(|e| Fail::file("read", path, &e))?;
    let facts = logs::read(&bytes).map_err(|why| Fail::Log {
        path: path.to_owned(),
        why: why.to_string(),
    })?;
    Ok(Source {
        facts,
        file: None,
        own,
    })
}

/// What a watcher takes, as a capture is read.
struct Watching(Watcher);

impl<'b> Take<'b> for Watching {
    fn packet(&mut self, packet: Captured<'b>) {
        let process = packet.process().map(|pid| format!("pid {pid}"));
        let frame = Frame {
            t_ns: packet.realtime_ns,
            link_type: packet.link_type,
            data: packet.data,
            orig_len: packet.orig_len,
            moment: None,
        };
        self.0.push(&frame, process.as_deref());
    }
}

impl Sink for Watching {}

fn is_whole(source: &Source) -> bool {
    let left = &source.facts.left_out;
    let file = source.file.as_ref();
    let whole = file.is_none_or(|file| file.damages.is_empty() && file.cut.is_none());
    whole && left.beyond_bounds == 0 && left.entries == 0 && !source.facts.contacts.is_empty()
}

fn flows(path: &Path, source: Source, lists: &Lists) -> Flows {
    let Source { facts, file, own } = source;
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
        told: told(&facts),
        only_asked,
        left_out: facts.left_out,
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
    })
}
