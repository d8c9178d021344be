//! A bundle, and what it says.

use std::cell::OnceCell;
use std::path::Path;

use bundle::{BUNDLE_DIR, Bundle};
use dataflow::canary::{Canary, Needles};
use dataflow::{Finds, Leftovers, Own, Receiver, in_session, of_session, planted};
use features::Session;
use record::{Body, Record, Source};
use report::{BundleInfo, Escaping, Identifiers, Lang, Maker, Render, Report, Tried};
use verdict::{Judgement, Kept, Note, Options, Progress, Sealed, Verdict};

use crate::attacker;
use crate::error::Error;
use crate::known::Lists;

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
    /// Who received what, and which planted identifiers left, once somebody asks.
    flows: OnceCell<(Vec<Receiver>, Option<Identifiers>)>,
    leftovers: Option<Leftovers>,
}

/// The bundle in `path`, which may be the folder that an audit made.
pub fn open(path: &Path) -> Result<Bundle, Error> {
    let inner = path.join(BUNDLE_DIR);
    let dir = if inner.is_dir() {
        inner
    } else {
        path.to_owned()
    };
    Ok(Bundle::open(&dir)?)
}

/// Opens a bundle and judges it.
pub fn judged(path: &Path, require_plaintext: bool) -> Result<Judged, Error> {
    judged_of(open(path)?, require_plaintext, false)
}

/// Judges an opened bundle; `packets_only` leaves out plaintext that was seen before encryption, or by a proxy.
pub fn judged_of(
    mut bundle: Bundle,
    require_plaintext: bool,
    packets_only: bool,
) -> Result<Judged, Error> {
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
            return Err(Error::RedactedPackets);
        }
        let plaintext = |r: &Record| {
            r.source == Source::Plaintext
                || matches!(r.body, Body::Requested(_) | Body::Sent { .. })
        };
        bundle.records.retain(|r| !plaintext(r));
        notes.push(Note::PacketsOnly);
    }
    let session = Session {
        keys: bundle.keys().filter(|_| !packets_only),
        ..bundle.session()
    };
    let options = Options {
        require_plaintext,
        notes,
        kept,
    };
    let judgement = verdict::judge(&session, bundle.seed(), sealed, &options);
    bundle.check_read()?;
    let seal_sha256 = bundle.seal.as_ref().map(|seal| seal.sha256());
    Ok(Judged {
        judgement,
        seal_sha256,
        leftovers: dataflow::leftovers(&bundle.records),
        bundle,
        packets_only,
        attack: OnceCell::new(),
        flows: OnceCell::new(),
    })
}

/// What a redacted bundle has kept.
fn kept(bundle: &Bundle) -> Result<Option<Kept>, Error> {
    let Some(json) = &bundle.kept else {
        return Ok(None);
    };
    let kept = serde_json::from_slice(json);
    kept.map(Some).map_err(Error::Kept)
}

impl Judged {
    /// The JSON report.
    pub fn json(&self) -> Result<Vec<u8>, Error> {
        self.render(&report::Json, Lang::En, Maker::default())
    }

    /// The report in a format and language.
    pub fn render(&self, format: &dyn Render, lang: Lang, maker: Maker) -> Result<Vec<u8>, Error> {
        self.with_report(maker, |report| format.render(report, lang))
    }

    /// Does something with everything that a report is made from.
    pub fn with_report<T>(
        &self,
        maker: Maker,
        f: impl FnOnce(&Report) -> Result<T, report::RenderError>,
    ) -> Result<T, Error> {
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
            maker,
            attack: self.attack(),
            receivers: Some(&self.flows().0[..]).filter(|all| !all.is_empty()),
            identifiers: self.flows().1.as_ref(),
            leftovers: self.leftovers.as_ref(),
        };
        self.bundle.check_read()?;
        Ok(f(&report)?)
    }

    /// What an attacker made of named activities; of a run that did not take place nothing.
    fn attack(&self) -> Option<&Tried> {
        if matches!(self.judgement.verdict, Verdict::NotRun { .. }) {
            return None;
        }
        let tried = || {
            let keys = self.bundle.keys().filter(|_| !self.packets_only);
            attacker::tried(&self.bundle, keys)
        };
        self.attack.get_or_init(tried).as_ref()
    }

    /// Who received what, and which planted identifiers left; nothing where the packets were not kept, or there
    /// were none.
    fn flows(&self) -> &(Vec<Receiver>, Option<Identifiers>) {
        let flows = || {
            let session = Session {
                keys: self.bundle.keys().filter(|_| !self.packets_only),
                ..self.bundle.session()
            };
            let facts = of_session(&session);
            let own = Own::of(&self.bundle.manifest);
            let receivers = dataflow::receivers(&facts, &own, &Lists::default());
            let canaries = planted(&self.bundle.manifest);
            let needles = Needles::new(&canaries).ok();
            let found = needles.filter(|_| !canaries.is_empty() && self.bundle.kept.is_none());
            let found = found.map(|needles| in_session(&session, &facts, &needles));
            let identifiers = found.map(|finds| identifiers(&canaries, finds));
            (receivers, identifiers)
        };
        self.flows.get_or_init(flows)
    }

    /// The exit code that the verdict has (see `muteproof --help`).
    pub fn code(&self, strict: bool) -> u8 {
        let judgement = &self.judgement;
        judgement.verdict.exit_status(judgement.microphone, strict)
    }
}

/// What was looked for and found, for a report.
pub fn identifiers(canaries: &[Canary], finds: Finds) -> Identifiers {
    let escaped = finds.into_iter();
    Identifiers {
        looked_for: canaries.iter().map(|one| one.name.clone()).collect(),
        escaped: escaped
            .map(|(what, messages)| Escaping { what, messages })
            .collect(),
    }
}

/// Evidence so far, from the prefix of a bundle that is still being written.
pub fn progress(dir: &Path) -> Option<Progress> {
    let bundle = Bundle::open(dir).ok()?;
    let progress = verdict::progress(&bundle.session(), bundle.seed());
    bundle.check_read().ok().map(|()| progress)
}
