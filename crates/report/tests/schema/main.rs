//! The JSON report, field by field. A field that disappears, is renamed or appears unannounced
//! fails here; adding one is fine once it stands in this file.

#[path = "../common/mod.rs"]
mod common;
mod flows;
mod note;

use common::*;
use flows::{Identifiers, LeftOver, Website, WhoReceived};
use note::Note;
use report::{Lang, Render};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Document {
    schema: u32,
    tool: String,
    subject: Subject,
    bundle: Bundle,
    bundle_sha256: Option<String>,
    disclosure: bool,
    statement: Option<String>,
    /// Only where days were given.
    maker: Option<Days>,
    judgement: Judgement,
    manifest: record::Manifest,
    /// Only where named activities were played.
    attack: Option<Attack>,
    /// Only where packets were kept.
    receivers: Option<Vec<WhoReceived>>,
    /// Only where some were planted.
    identifiers: Option<Identifiers>,
    /// Only where was looked.
    leftovers: Option<LeftOver>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Days {
    sent: Option<String>,
    answered: Option<String>,
    publication: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code)]
enum Attack {
    Named {
        telemetry: Telemetry,
        window_s: f64,
        accuracy: Interval,
        chance: f64,
        windows: u32,
        recordings: u32,
        classes: Vec<String>,
        confusion: Vec<Vec<f64>>,
        miscalibration: f64,
        carried_by: Vec<Carrier>,
        study_kind: Option<StudyKind>,
        split_by_window_claims: Option<f64>,
        synthetic: bool,
    },
    NothingVaried,
    Refused {
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code)]
enum Telemetry {
    Recorded {
        series: u32,
        library: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Interval {
    value: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Carrier {
    feature: String,
    share: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct StudyKind {
    window_s: f64,
    accuracy: Interval,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Subject {
    recipe: String,
    title: String,
    version: String,
    binary_sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Bundle {
    name: String,
    sealed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Judgement {
    verdict: Verdict,
    recorded: Recorded,
    doors_watched: bool,
    microphone: Microphone,
    microphone_by_server: Microphone,
    sending: Sending,
    hears: Hears,
    call: Call,
    notes: Vec<Note>,
    control: Test,
    controls: Vec<ControlTest>,
    muted: Test,
    codes: Vec<CodeTest>,
    stopped_early: bool,
    charged: Option<Test>,
    sham: Test,
    findings: Vec<Finding>,
    opaque_bytes_per_min: f64,
    encodings: Encodings,
    bound: Option<Bound>,
    redraws: Option<Redraws>,
    detects: Option<Detects>,
    second_opinion: Option<SecondOpinion>,
    #[serde(default)]
    fields: Vec<FieldClass>,
    destinations: Vec<Destination>,
    blocks: Vec<Block>,
    reads: Option<Vec<ReadBy>>,
    microphone_over_time: Vec<MicrophoneSpan>,
    sound: Sound,
    #[serde(default)]
    attention: Vec<Attention>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Attention {
    code: record::Code,
    block_s: f64,
    answer: AttentionAnswer,
    test: Test,
    lost: u32,
    why: Option<String>,
    control: Option<Test>,
    findings: Vec<Finding>,
    receivers: Vec<Receiver>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum AttentionAnswer {
    Follows,
    NothingFound,
    Unknown,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct FieldClass {
    fields: Vec<String>,
    values: u32,
    every_s: f64,
    down_to_db: Vec<(String, Option<f64>)>,
    needs_s: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct ReadBy {
    command: String,
    door: String,
    calls_per_s: f64,
    bytes_per_s: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct SecondOpinion {
    p: f64,
    redraws: u32,
    series: Option<String>,
    agrees: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct ControlTest {
    of: ControlOf,
    test: Test,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ControlOf {
    Packets,
    PeerOutput,
    Encoder,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct CodeTest {
    code: record::Code,
    block_s: f64,
    step_db: f64,
    share: f64,
    controlled: bool,
    test: Test,
}

#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code)]
enum Verdict {
    Leaks {
        kind: Kind,
        receivers: Vec<Receiver>,
        cap_bits_per_min: f64,
        at_least_bits_per_min: f64,
    },
    NoLeakSeen {
        scope: Scope,
    },
    PartlySeen {
        opaque_bytes_per_min: f64,
    },
    Inconclusive {
        reasons: Vec<Reason>,
    },
    NotRun {
        reasons: Vec<Reason>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Audio,
    Level,
    VoiceActivity,
    Undetermined,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Receiver {
    OtherParticipants,
    OperatorServer,
    ThirdParty,
    LocalNetwork,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    NoReads,
    Plaintext,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Microphone {
    Closed,
    OpenNotRunning,
    OpenRunning,
    StillRead,
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Recorded {
    Stage,
    Capture,
    Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sending {
    Follows,
    NothingFound,
    Unknown,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Call {
    read_by: CallReadBy,
    because: CallEvidence,
    at: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CallReadBy {
    AnyoneOnTheWay,
    Server,
    Participants,
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CallEvidence {
    PlainRtp,
    Dtls,
    KeysNotSeen,
    NoRtp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Hears {
    other_participants: Answer,
    operator_server: Answer,
    third_parties: Answer,
    local_network: Option<Answer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Yes,
    NothingFound,
    NothingSent,
    Unknown,
}

#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code)]
enum Reason {
    ControlSilent {
        evidence: f64,
        needed: f64,
    },
    ShamFires {
        evidence: f64,
    },
    MuteNotConfirmed {
        blocks: u32,
        of: u32,
    },
    SoundNotHeard {
        loud_dbfs: f64,
        quiet_dbfs: f64,
    },
    EdgesOff {
        phase: record::Phase,
        worst_ms: f64,
    },
    EdgesDiffer {
        by_ms: f64,
    },
    TooFewBlocks {
        phase: record::Phase,
        blocks: u32,
    },
    LossFollowsSound {
        evidence: f64,
    },
    LostBlocks {
        blocks: u32,
        of: u32,
    },
    PacketsNotWatched,
    TooLittleSeen {
        blocks: u32,
        of: u32,
    },
    ClockStep {
        by_ms: f64,
    },
    RunFailed {
        failure: record::Failure,
        why: String,
    },
    RedrawsAccused {
        accused: u32,
        of: u32,
    },
    NothingDetectable {
        tries: u32,
    },
    NotSealed,
    NumbersNotKept {
        codes: Vec<record::Code>,
    },
    SeedDiffers,
    PlaintextRequired {
        opaque_bytes_per_min: f64,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClearText {
    Http,
    Sound,
    Data,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Test {
    blocks: u32,
    log10_w: Option<f64>,
    log10_w_max: Option<f64>,
    log10_needed: f64,
    path: Vec<Option<f64>>,
    series: u32,
    crossed_after_s: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Finding {
    code: record::Code,
    series: String,
    unit: String,
    log10_w: f64,
    mean_quiet: Option<f64>,
    mean_loud: Option<f64>,
    named: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Redraws {
    draws: u32,
    accused: u32,
    allowed: u32,
    series: u32,
    blocks: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Detects {
    tries: u32,
    blocks: u32,
    planted: Vec<Planted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Planted {
    code: record::Code,
    kind: PlantedKind,
    down_to: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum PlantedKind {
    PacketSize,
    Packets,
    Flag,
    Loudness,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Encodings {
    tried: Vec<Encoding>,
    latest_s: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Encoding {
    Mean,
    Change,
    Spread,
    State,
    Digits,
    Magnitude,
    TwoBlocks,
    Early,
    Late,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Bound {
    accuracy_at_most: f64,
    bits_per_block_at_most: f64,
    blocks: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Destination {
    remote: String,
    name: Option<String>,
    protocol: String,
    role: record::RemoteRole,
    packets_per_s: f64,
    bytes_per_s: f64,
    follows: bool,
    answer: Answer,
    #[serde(default)]
    further: u32,
    processes: Vec<Process>,
    read_share: Option<f64>,
    read_before_encryption_share: Option<f64>,
    same_again_share: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Process {
    command: String,
    pid: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Block {
    phase: record::Phase,
    index: u32,
    start_s: f64,
    symbol: u32,
    heard_dbfs: Option<f64>,
    peer_dbfs: Option<f64>,
    bytes_out: Option<f64>,
    packets_out: Option<f64>,
    mute_confirmed: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct MicrophoneSpan {
    from_s: f64,
    to_s: f64,
    state: Microphone,
    who: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Sound {
    loud_dbfs: Option<f64>,
    quiet_dbfs: Option<f64>,
    control_delay_ms: Option<f64>,
    muted_delay_ms: Option<f64>,
    worst_edge_ms: Option<f64>,
    underruns: u32,
}

#[test]
fn every_field_is_known_and_there() {
    let manifest = manifest();
    for (name, judgement) in samples() {
        let bytes = report::Json
            .render(&report(&manifest, &judgement), Lang::En)
            .unwrap();
        let document: Document =
            serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((document.schema, report::SCHEMA), (1, 1));
        assert_eq!(document.bundle_sha256.as_deref(), Some(HASH));
        assert_eq!(document.manifest, manifest);
        assert_eq!(document.judgement.blocks.len(), judgement.blocks.len());
    }
}

#[test]
fn what_listened_and_stayed_is_known_field_by_field() {
    let (manifest, judgement, leftovers) = (manifest(), leaks(), leftovers());
    let mut report = report(&manifest, &judgement);
    report.leftovers = Some(&leftovers);
    let bytes = report::Json.render(&report, Lang::En).unwrap();
    let document: Document = serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{e}"));
    let found = document.leftovers.expect("a section");
    assert_eq!(found.stayed, leftovers.stayed);
    assert!(matches!(
        found.listeners[0].website[1],
        Some(Website::Yes { .. })
    ));
}

#[test]
fn what_an_attacker_made_of_it_is_known_field_by_field() {
    let (manifest, judgement) = (manifest(), leaks());
    let mut report = report(&manifest, &judgement);
    for tried in &all_tried() {
        report.attack = Some(tried);
        let bytes = report::Json.render(&report, Lang::En).unwrap();
        let document: Document = serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{e}"));
        match (tried, document.attack.expect("a section")) {
            (
                report::Tried::Named(given),
                Attack::Named {
                    windows,
                    confusion,
                    accuracy,
                    ..
                },
            ) => {
                assert_eq!(windows as usize, given.outcome.windows());
                assert_eq!(confusion, given.outcome.confusion());
                assert_eq!(accuracy.low, given.outcome.accuracy().low);
            }
            (report::Tried::NothingVaried, Attack::NothingVaried) => {}
            (report::Tried::Refused(given), Attack::Refused { why }) => assert_eq!(*given, why),
            (given, _) => panic!("{given:?} became something else"),
        }
    }
}
