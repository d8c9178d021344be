//! Sessions recorded by this very process and judged by nobody: what stands in the bundle.
//!
//! A harness of its own: the stage is this program again, with a hidden command.

#[path = "recorded/button.rs"]
mod button;
#[path = "recorded/level.rs"]
mod level;
#[path = "recorded/terminal.rs"]
mod terminal;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bundle::Bundle;
use libtest_mimic::{Arguments, Failed, Trial};
use record::{BUNDLE_FORMAT, Body, Code, Failure, Manifest, Phase, Player, Refusal, Source};
use session::protocol::{Job, Sinking, Tap};
use session::{Ended, Interrupted, Lifeline, Person, Tracing, Watch, machine, recipes};
use tempfile::TempDir;
use verdict::{AttentionAnswer, AttentionTest};

fn main() -> ExitCode {
    if let Some(code) = session::hidden(std::env::args_os().skip(1), || "") {
        return code;
    }
    let tests: [(&str, fn()); 19] = [
        ("what_says_muted_from_the_start_is_no_word", button::early),
        ("a_button_is_pressed_by_its_name", button::presses),
        (
            "a_button_of_gtk4_is_pressed_by_its_name",
            button::presses_in_gtk4,
        ),
        ("who_contradicts_itself_is_not_muted", button::torn),
        ("keys_and_starts_mute_an_app_on_a_terminal", terminal::tries),
        (
            "who_never_rests_fills_neither_memory_nor_disk",
            level::short,
        ),
        ("a_session_is_recorded_whole", whole),
        ("what_is_decided_ends_the_muted_phase_alone", decided),
        ("a_wish_to_stop_is_recorded_and_sealed", stopped),
        (
            "an_app_that_ends_too_early_is_a_failure_of_its_own",
            crashed,
        ),
        ("what_is_told_at_start_is_read_on_the_sink", start_report),
        ("who_trusts_nobody_says_nothing", pinned_report),
        ("an_app_that_snoops_finds_nothing_open", snoop),
        ("a_stream_claims_to_be_a_volume_control", indicator_hider),
        ("an_encrypted_level_is_of_one_length", opaque_level),
        ("sizes_follow_the_loudness", size_leak),
        ("a_header_extension_follows_the_loudness", level_header),
        ("who_tells_where_somebody_looks_is_found", teller),
        ("who_tells_nothing_of_it_is_not", blind),
    ];
    let mut trials: Vec<Trial> = tests.into_iter().map(trial).collect();
    let day: (&str, fn()) = ("a_day_s_changes_and_ten_million_packets", level::day);
    trials.push(trial(day).with_ignored_flag(true));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial((name, test): (&str, fn())) -> Trial {
    Trial::test(name, move || {
        test();
        Ok::<(), Failed>(())
    })
}

/// Blocks of a phase: just enough to see that there are some.
const BLOCKS: u32 = 4;

/// Says why a test does nothing here; whether it does something.
fn able(recipe: &recipes::Found) -> bool {
    let missing = machine::missing(
        recipe,
        recipe::Sound::PulseAudio,
        machine::DisplayServer::default(),
    );
    for line in &missing {
        eprintln!("skipped: {line:?}");
    }
    missing.is_empty()
}

struct Recorded {
    ended: Ended,
    dir: PathBuf,
    _temporary: TempDir,
}

impl Recorded {
    fn bundle(&self) -> Bundle {
        Bundle::open(&self.dir).unwrap()
    }

    fn failure(&self) -> Option<Failure> {
        self.bundle().records.iter().find_map(|r| match r.body {
            Body::Failed { failure, .. } => Some(failure),
            _ => None,
        })
    }
}

/// Records a short session; nothing where this machine lacks what it needs.
fn recorded(recipe: &str, watch: &mut dyn Watch, lifeline: &Lifeline) -> Option<Recorded> {
    recorded_with(recipe, watch, lifeline, |_| {})
}

/// Likewise, with a job that is another than the usual one.
fn recorded_with(
    recipe: &str,
    watch: &mut dyn Watch,
    lifeline: &Lifeline,
    change: impl FnOnce(&mut Job),
) -> Option<Recorded> {
    recorded_told(recipe, watch, lifeline, None, change)
}

/// Likewise, with somebody who is told what goes on.
fn recorded_told(
    recipe: &str,
    watch: &mut dyn Watch,
    lifeline: &Lifeline,
    person: Option<Arc<dyn Person>>,
    change: impl FnOnce(&mut Job),
) -> Option<Recorded> {
    let found = recipes::find(recipe).unwrap();
    if !able(&found) {
        return None;
    }
    let mut protocol = stimulus::profile("smoke").unwrap();
    (protocol.control_blocks, protocol.muted_blocks) = (BLOCKS, BLOCKS);
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("bundle");
    found.write_to(&dir.join(bundle::RECIPE_DIR)).unwrap();
    let manifest = Manifest {
        format: BUNDLE_FORMAT,
        tool: "test".into(),
        started: "2026-01-01T00:00:00Z".into(),
        subject: machine::subject(&found).unwrap(),
        host: Vec::new(),
        profile: "four blocks".into(),
        protocol,
        seed_sha256: String::new(),
        planted: Vec::new(),
        net: machine::net(&found),
        library: None,
        guided: None,
    };
    let tap = Tap::Absent {
        why: "not asked for".into(),
    };
    let mut job = Job::new(dir.clone(), manifest, recipe::Sound::PulseAudio, tap);
    change(&mut job);
    let tracing = Tracing::Absent("not asked for".into());
    let program = std::env::current_exe().unwrap();
    let ended = session::record(&program, job, watch, lifeline, tracing, person).unwrap();
    Some(Recorded {
        ended,
        dir,
        _temporary: temporary,
    })
}

/// A short session on the network that answers everything, by a recipe for tests.
fn on_sink(recipe: &str) -> Option<Recorded> {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/recipes");
    let sinking = Sinking {
        answered: true,
        asks: false,
        program: std::env::current_exe().unwrap(),
        seconds: 3,
        show: Vec::new(),
        install: Vec::new(),
    };
    let recipe = recipes.join(recipe).display().to_string();
    let lifeline = Lifeline::default();
    let recorded = recorded_with(&recipe, &mut Idle, &lifeline, |job| {
        job.sinking = Some(sinking);
    })?;
    assert_eq!(recorded.ended, Ended::Whole);
    Some(recorded)
}

/// Looks at nothing.
struct Idle;

impl Watch for Idle {
    fn pause(&self) -> Duration {
        Duration::from_secs(60)
    }
    fn look(&mut self) -> Option<String> {
        None
    }
    fn end(&mut self) {}
}

fn start_report() {
    let Some(recorded) = on_sink("start-report") else {
        return;
    };
    let bundle = recorded.bundle();
    let requests = bundle.records.iter().filter_map(|r| match &r.body {
        Body::Requested(request) => Some((r.source, request)),
        _ => None,
    });
    let requests: Vec<_> = requests.collect();
    let [(Source::Sink, request)] = &requests[..] else {
        panic!("{:?}", bundle.records)
    };
    assert_eq!(request.host, "metrics.example.net");
    assert_eq!(request.path_and_query, "/v1/start?app=specimen");
    let body = String::from_utf8_lossy(&request.data.0);
    assert!(body.contains("\"city\":\"Beispielstadt\""), "{body}");
    assert_eq!(request.bytes, request.data.0.len() as u64);
    let asked = |r: &record::Record| matches!(&r.body, Body::NameAsked { name, kind: 1 } if name == "metrics.example.net");
    assert!(bundle.records.iter().any(asked));
}

fn pinned_report() {
    let Some(recorded) = on_sink("pinned-report") else {
        return;
    };
    let records = recorded.bundle().records;
    let refused = records.iter().filter_map(|r| match &r.body {
        Body::Refused {
            server_name, how, ..
        } => Some((server_name.clone(), *how)),
        Body::Requested(request) => panic!("{request:?}"),
        _ => None,
    });
    let expected = (Some("metrics.example.net".to_owned()), Refusal::Alert);
    assert_eq!(refused.collect::<Vec<_>>(), [expected]);
}

/// Looks at the log while it grows, and does something once it says so.
struct Once<F> {
    done: bool,
    look: F,
}

impl<F: FnMut() -> (bool, Option<String>)> Watch for Once<F> {
    fn pause(&self) -> Duration {
        Duration::from_millis(100)
    }

    fn look(&mut self) -> Option<String> {
        if self.done {
            return None;
        }
        let said;
        (self.done, said) = (self.look)();
        said
    }

    fn end(&mut self) {}
}

fn quiet() -> Once<impl FnMut() -> (bool, Option<String>)> {
    Once {
        done: false,
        look: || (false, None),
    }
}

fn blocks(bundle: &Bundle, phase: Phase) -> usize {
    let begun = |body: &Body| matches!(body, Body::PhaseBegin { player: Player::Mic, phase: of, .. } if *of == phase);
    let records = bundle.records.iter();
    records.filter(|r| begun(&r.body)).count()
}

fn whole() {
    let Some(recorded) = recorded("specimen-listener", &mut quiet(), &Lifeline::default()) else {
        return;
    };
    assert_eq!(recorded.ended, Ended::Whole);
    let bundle = recorded.bundle();
    assert!(bundle.seal.is_some());
    assert_eq!(bundle.seed().sha256_hex(), bundle.manifest.seed_sha256);
    let last = bundle.records.iter().rfind(|r| r.source == Source::Stage);
    assert!(matches!(last.map(|r| &r.body), Some(Body::Finished)));
    for phase in [Phase::Control, Phase::Muted] {
        assert_eq!(blocks(&bundle, phase), 1, "{phase:?}");
    }
    let said = |wanted: bool| {
        let of =
            |body: &Body| matches!(body, Body::MuteSaid { muted, .. } if *muted == Some(wanted));
        bundle.records.iter().filter(|r| of(&r.body)).count()
    };
    // Twice a second, in both phases.
    let n = BLOCKS as usize;
    assert!(
        said(false) >= n && said(true) >= n,
        "{} {}",
        said(false),
        said(true)
    );
    assert!(!bundle.packets().is_empty());
    let gaps = bundle
        .records
        .iter()
        .filter(|r| matches!(r.body, Body::Gap { .. }));
    assert_eq!(gaps.count(), 0);
}

/// The log of the bundle that lies in `dir` by now.
fn log_has(dir: &Path, parts: &[&str]) -> bool {
    let text = std::fs::read_to_string(dir.join("session.jsonl")).unwrap_or_default();
    text.lines()
        .any(|line| parts.iter().all(|part| line.contains(part)))
}

fn decided() {
    // The folder is not known before the job is made: the process's own is as good.
    let began = std::time::Instant::now();
    let mut watch = Once {
        done: false,
        look: move || {
            let due = began.elapsed() > Duration::from_secs(1);
            (due, due.then(|| "it is clear".to_owned()))
        },
    };
    // Said long before the muted phase, it changes nothing: the control is recorded whole.
    let Some(recorded) = recorded("specimen-listener", &mut watch, &Lifeline::default()) else {
        return;
    };
    assert_eq!(recorded.ended, Ended::Whole);
    assert_eq!(blocks(&recorded.bundle(), Phase::Muted), 1);
    assert!(!log_has(&recorded.dir, &["\"decided\""]));
}

fn stopped() {
    let lifeline = Lifeline::default();
    let held = lifeline.clone();
    let mut watch = Once {
        done: false,
        look: move || {
            // As soon as there is a stage to be told.
            let told = held.interrupt("stopped by a test".into());
            (told == Interrupted::Told, None)
        },
    };
    let Some(recorded) = recorded("specimen-listener", &mut watch, &lifeline) else {
        return;
    };
    assert_eq!(recorded.ended, Ended::Failed("stopped by a test".into()));
    assert_eq!(lifeline.stopped().as_deref(), Some("stopped by a test"));
    assert_eq!(recorded.failure(), Some(Failure::Stopped));
    assert!(recorded.bundle().seal.is_some());
}

/// A recipe that is only for tests.
fn test_recipe(name: &str) -> String {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/recipes");
    recipes.join(name).display().to_string()
}

fn crashed() {
    let Some(recorded) = recorded(&test_recipe("crasher"), &mut quiet(), &Lifeline::default())
    else {
        return;
    };
    let Ended::Failed(why) = &recorded.ended else {
        panic!("{:?}", recorded.ended)
    };
    assert!(why.starts_with("the app ended: "), "{why}");
    assert_eq!(recorded.failure(), Some(Failure::AppEnded));
    assert!(recorded.bundle().seal.is_some());
}

fn snoop() {
    let Some(recorded) = recorded("specimen-snoop", &mut quiet(), &Lifeline::default()) else {
        return;
    };
    assert_eq!(recorded.ended, Ended::Whole);
    let log = std::fs::read_to_string(recorded.dir.join("logs/app.txt")).unwrap();
    let lines: Vec<&str> = log.lines().filter(|l| l.starts_with("snoop:")).collect();
    assert_eq!(lines.last(), Some(&"snoop: done"), "{lines:#?}");
    let mut learned = lines[..lines.len() - 1].iter();
    assert!(learned.all(|l| l.contains(": denied")), "{lines:#?}");
    assert!(lines.len() >= 10, "{lines:#?}");
}

// What a verdict says of the following four is held by the golden bundles of whole audits
// (`analysis/tests/golden.rs`); here it is held that the specimens still do the same.

fn indicator_hider() {
    let Some(recorded) = recorded(
        "specimen-indicator-hider",
        &mut quiet(),
        &Lifeline::default(),
    ) else {
        return;
    };
    assert_eq!(recorded.ended, Ended::Whole);
    let bundle = recorded.bundle();
    let streams = bundle.records.iter().filter_map(|r| match &r.body {
        Body::Streams { streams } => Some(streams),
        _ => None,
    });
    let claims: Vec<&str> = streams
        .flatten()
        .filter_map(|stream| stream.application_id.as_deref())
        .collect();
    assert!(claims.contains(&"org.PulseAudio.pavucontrol"), "{claims:?}");
}

/// The payloads of UDP that left while muted, with their times.
fn muted_payloads(recorded: &Recorded) -> Vec<(record::MonotonicNs, Vec<u8>)> {
    let bundle = recorded.bundle();
    let session = bundle.session();
    let blocks = features::segment(&session, Player::Mic).blocks;
    let mut muted = blocks.iter().filter(|b| b.phase == Phase::Muted);
    let first = muted.next().unwrap().span;
    let span = record::Span {
        to: muted.next_back().map_or(first.to, |last| last.span.to),
        ..first
    };
    let app: std::net::IpAddr = bundle.manifest.net.app[0].parse().unwrap();
    let payload = |packet: &wire::Packet| {
        let datagram = wire::datagram(&packet.data).ok()?;
        let own = datagram.src.ip() == app && datagram.transport == wire::Transport::Udp;
        let payload = packet.data.get(datagram.payload)?.to_vec();
        (own && span.contains(packet.t)).then_some((packet.t, payload))
    };
    let packets = bundle.packets().to_vec();
    packets.iter().filter_map(payload).collect()
}

/// Of what left while muted, the mean of a number of each payload in loud and in quiet blocks; nothing
/// where all blocks were of one kind.
fn loud_and_quiet(recorded: &Recorded, number: impl Fn(&[u8]) -> Option<f64>) -> Option<[f64; 2]> {
    let bundle = recorded.bundle();
    let session = bundle.session();
    let key = stimulus::Key::derive(bundle.seed(), &bundle.manifest.protocol, Player::Mic);
    let mut sums = [(0.0, 0u32); 2];
    let payloads = muted_payloads(recorded);
    for block in features::segment(&session, Player::Mic).blocks {
        let Some(coin) = key.symbol(block.phase, block.index) else {
            continue;
        };
        let own = payloads.iter().filter(|(t, _)| block.span.contains(*t));
        for number in own.filter_map(|(_, payload)| number(payload)) {
            let sum = &mut sums[usize::from(coin)];
            *sum = (sum.0 + number, sum.1 + 1);
        }
    }
    let [quiet, loud] = sums;
    if quiet.1 == 0 || loud.1 == 0 {
        eprintln!("skipped: the coins of all four blocks are the same");
        return None;
    }
    Some([loud, quiet].map(|(sum, n)| sum / f64::from(n)))
}

fn opaque_level() {
    let Some(recorded) = recorded("specimen-opaque-level", &mut quiet(), &Lifeline::default())
    else {
        return;
    };
    assert_eq!(recorded.ended, Ended::Whole);
    let payloads = muted_payloads(&recorded);
    // 40 bytes every 20 ms, and none of them twice.
    let n = f64::from(BLOCKS) * 50.0;
    assert!(
        (payloads.len() as f64 / n - 1.0).abs() < 0.05,
        "{}",
        payloads.len()
    );
    assert!(payloads.iter().all(|(_, payload)| payload.len() == 40));
    let distinct: std::collections::HashSet<_> = payloads.iter().map(|(_, p)| p).collect();
    assert_eq!(distinct.len(), payloads.len());
}

fn size_leak() {
    let Some(recorded) = recorded("specimen-size-leak", &mut quiet(), &Lifeline::default()) else {
        return;
    };
    assert_eq!(recorded.ended, Ended::Whole);
    if let Some([loud, quiet]) = loud_and_quiet(&recorded, |payload| Some(payload.len() as f64)) {
        assert!(loud > quiet + 10.0, "{loud} {quiet}");
    }
}

fn level_header() {
    let Some(recorded) = recorded("specimen-level-header", &mut quiet(), &Lifeline::default())
    else {
        return;
    };
    assert_eq!(recorded.ended, Ended::Whole);
    let level = |payload: &[u8]| {
        let decoded = wire::decode::rtp(payload)?;
        decoded.leaves.iter().find_map(|leaf| match &leaf.value {
            wire::decode::Value::Number(level) if leaf.path.ends_with("extension 1 level") => {
                Some(*level)
            }
            _ => None,
        })
    };
    if let Some([loud, quiet]) = loud_and_quiet(&recorded, level) {
        // Told in decibels below full scale: less is louder (RFC 6464).
        assert!((loud - quiet).abs() > 20.0, "{loud} {quiet}");
    }
}

/// Seconds of a block and blocks of a stretch that asks about attention. Ten keys take longer than a second; and what
/// is told of them is no flag: the time since the last one grows from block to block.
fn stretch(code: Code) -> (u32, u32) {
    match code {
        Code::Keys => (2, 40),
        _ => (1, 26),
    }
}

/// What a short session says of attention, for each of these.
fn attention(recipe: &str, codes: &[Code]) -> Option<Vec<AttentionTest>> {
    let recorded = recorded_with(recipe, &mut Idle, &Lifeline::default(), |job| {
        let protocol = stimulus::with_attention(job.manifest.protocol.clone(), codes);
        job.manifest.protocol = protocol;
        for of in &mut job.manifest.protocol.attention {
            (of.every, of.blocks) = stretch(of.code);
        }
    })?;
    assert_eq!(recorded.ended, Ended::Whole);
    let bundle = recorded.bundle();
    let session = bundle.session();
    let tests = verdict::attention_alone(&session, bundle.seed());
    assert_eq!(tests.len(), codes.len());
    for test in &tests {
        assert_eq!(test.test.blocks, stretch(test.code).1);
        // A busy machine may be late once or twice.
        assert!(test.lost <= 2, "{test:?}");
    }
    Some(tests)
}

fn teller() {
    let codes = [Code::Focus, Code::Visibility, Code::Keys];
    let Some(tests) = attention("specimen-attention-teller", &codes) else {
        return;
    };
    for (test, field) in tests.iter().zip(["$.focused", "$.shown", "$.idleMs"]) {
        assert_eq!(test.answer, AttentionAnswer::Follows, "{test:?}");
        let named = |f: &verdict::Finding| f.named && f.series.contains(field);
        assert!(test.findings.iter().any(named), "{test:?}");
        assert_eq!(test.receivers, [verdict::Receiver::OperatorServer]);
    }
}

fn blind() {
    let codes = [Code::Focus, Code::Keys];
    let Some(tests) = attention("specimen-attention-blind", &codes) else {
        return;
    };
    for test in &tests {
        assert_eq!(test.answer, AttentionAnswer::NothingFound, "{test:?}");
        assert!(
            test.findings.is_empty() && test.receivers.is_empty(),
            "{test:?}"
        );
    }
}
