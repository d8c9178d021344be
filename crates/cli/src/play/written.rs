//! What was asked of `play`, and what it writes down.

use std::collections::BTreeMap;
use std::path::PathBuf;

use record::{
    BUNDLE_FORMAT, Body, Called, Manifest, MonotonicNs, Net, Protocol, Record, Source, Subject,
};
use stimulus::Seed;

/// Arguments of `play`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the sound to this file (WAV, 16 bits, one channel), which must not exist, in the place of
    /// playing it.
    #[arg(long, value_name = "FILE")]
    pub wav: Option<PathBuf>,
    /// Write one page to this file (HTML), which must not exist: it plays the sound in any browser beside the device, asks
    /// the person, and gives back a log for `analyze --page-log`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["wav", "output", "server"])]
    pub page: Option<PathBuf>,
    /// Output to play at, as the sound server names it; without it the one that is set as the default.
    #[arg(long, value_name = "SINK", conflicts_with = "wav")]
    pub output: Option<String>,
    /// Socket of the sound server (PulseAudio, or PipeWire's server for its clients); without it the
    /// person's own.
    #[arg(long, value_name = "SOCKET", conflicts_with = "wav")]
    pub server: Option<PathBuf>,
    /// Let this machine's own microphone listen along, and say which, as the sound server names it; without a name the
    /// default one. Only how loud it was is kept, 50 times a second. Shows that the loudspeaker was heard all the time.
    #[arg(
        long,
        value_name = "SOURCE",
        num_args = 0..=1,
        default_missing_value = "",
        conflicts_with_all = ["wav", "page"]
    )]
    pub listen: Option<String>,
    /// File for the schedule; must not exist. Its key is written beside it: keep it away from the
    /// device until the capture is analysed.
    #[arg(long, value_name = "FILE", default_value = "schedule.json")]
    pub schedule: PathBuf,
    /// How long: smoke, quick, standard or full.
    #[arg(long, default_value = "quick")]
    pub profile: String,
    /// Name of the app, for the report.
    #[arg(long, default_value = "app")]
    pub title: String,
}

/// The manifest of a session that is played beside a device.
pub fn manifest(args: &Args, seed: &Seed, protocol: &Protocol) -> Manifest {
    let none = String::new;
    Manifest {
        guided: None,
        library: None,
        format: BUNDLE_FORMAT,
        tool: env!("CARGO_PKG_VERSION").into(),
        started: jiff::Timestamp::now().to_string(),
        subject: Subject {
            recipe: "elsewhere".into(),
            recipe_sha256: none(),
            title: args.title.clone(),
            binary: none(),
            binary_sha256: none(),
            version: "unknown".into(),
            packages: Vec::new(),
            mute_way: "by a person, who says when".into(),
            called: BTreeMap::from([(
                "de".into(),
                Called {
                    title: None,
                    mute_way: Some("von einem Menschen, der sagt, wann".into()),
                },
            )]),
        },
        host: Vec::new(),
        profile: args.profile.clone(),
        protocol: protocol.clone(),
        seed_sha256: seed.sha256_hex(),
        planted: Vec::new(),
        net: Net {
            app: Vec::new(),
            remotes: Vec::new(),
            domains: Vec::new(),
        },
    }
}

/// Facts in the order of time, numbered.
pub fn records(mut facts: Vec<(MonotonicNs, Source, Body)>) -> Vec<Record> {
    facts.sort_by_key(|(t, ..)| *t);
    let record = |(seq, (t, source, body))| Record {
        t,
        source,
        seq,
        body,
    };
    (0..).zip(facts).map(record).collect()
}
