//! What audits measure of the things that criteria and claims are about: one row each, a pure function of what an
//! audit found.

use dataflow::{Channel, Commandable, Escaped, Leftovers, Moment, Party, Purpose, Receiver};
use record::Manifest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use verdict::{Answer, AttentionAnswer, CallReadBy, Judgement, MicrophoneStatus, Note, Verdict};

use crate::adequacy::{Adequacy, Level};

/// Everything that one audit found.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// What the bundle says of itself.
    pub manifest: &'a Manifest,
    /// The verdict, and what belongs to it.
    pub judgement: &'a Judgement,
    /// Who received what; nothing where packets were not kept.
    pub receivers: Option<&'a [Receiver]>,
    /// Identifiers that left; nothing where none were planted, or payloads were not kept.
    pub identifiers: Option<&'a [Escaped]>,
    /// What listens and what stays; nothing where was not looked.
    pub leftovers: Option<&'a Leftovers>,
}

/// An answer to a question about a service.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// It is as it should be.
    Yes,
    /// It does not apply.
    NotApplicable,
    /// Nobody said anything.
    NoStatement,
    /// It was looked at, and cannot be said.
    Unclear,
    /// It is not as it should be.
    No,
}

impl Value {
    /// Its name, as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Value::Yes => "yes",
            Value::NotApplicable => "not_applicable",
            Value::NoStatement => "no_statement",
            Value::Unclear => "unclear",
            Value::No => "no",
        }
    }
}

/// An answer, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Measured {
    /// The answer.
    pub value: Value,
    /// Where in the audit's JSON report that stands (RFC 6901).
    pub place: &'static str,
    /// Names and figures that it rests on, as they were seen.
    pub facts: Vec<String>,
}

/// All measures by their names, in the order of a report.
macro_rules! measures {
    ($($(#[$doc:meta])* $variant:ident = $name:literal => $of:path,)+) => {
        /// What is measured: each is a sentence that is true of a service that does it well.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Measure {
            $($(#[$doc])* $variant,)+
        }

        impl Measure {
            /// Every one.
            pub const ALL: &[Measure] = &[$(Measure::$variant,)+];

            /// Its name, as it stands in files.
            pub fn name(self) -> &'static str {
                match self {
                    $(Measure::$variant => $name,)+
                }
            }

            /// What one audit says of it; `adequacy` is what is known of countries.
            pub fn of(self, seen: &Seen, adequacy: &Adequacy) -> Measured {
                match self {
                    $(Measure::$variant => $of(seen, adequacy),)+
                }
            }
        }
    };
}

measures! {
    /// While muted, nothing that leaves follows the microphone.
    MuteHolds = "mute_holds" => mute_holds,
    /// While muted, the microphone is closed.
    MicrophoneClosed = "microphone_closed" => microphone_closed,
    /// While muted, the other participants hear nothing of it.
    OthersHearNothing = "others_hear_nothing" => others_hear_nothing,
    /// While muted, the operator's server receives nothing of it.
    ServerHearsNothing = "server_hears_nothing" => server_hears_nothing,
    /// While muted, third parties receive nothing of it.
    ThirdPartiesHearNothing = "third_parties_hear_nothing" => third_parties_hear_nothing,
    /// When the camera is turned off, it is released.
    CameraReleased = "camera_released" => camera_released,
    /// Nobody but the participants can read the call's sound.
    CallForParticipants = "call_for_participants" => call_for_participants,
    /// Nothing is sent in clear text beyond the own network.
    EncryptedThroughout = "encrypted_throughout" => encrypted_throughout,
    /// TLS is of version 1.2 or newer.
    TlsCurrent = "tls_current" => tls_current,
    /// No third party is told anything.
    NoThirdParties = "no_third_parties" => no_third_parties,
    /// No third party is told anything while in a call.
    NoThirdPartiesInCall = "no_third_parties_in_call" => no_third_parties_in_call,
    /// Nobody is told anything whose business is analytics or advertising.
    NoTrackers = "no_trackers" => no_trackers,
    /// Receivers are in countries with an adequate level of protection.
    AdequateCountries = "adequate_countries" => adequate_countries,
    /// No identifier of the machine or its user leaves it.
    NoIdentifiers = "no_identifiers" => no_identifiers,
    /// Nothing that leaves follows where the person looks, whether they type, or a camera that is off.
    NoAttention = "no_attention" => no_attention,
    /// Nothing of it on the machine can be commanded by websites.
    NoCommandableListener = "no_commandable_listener" => no_commandable_listener,
    /// After it quit, nothing of it runs or listens.
    NothingStays = "nothing_stays" => nothing_stays,
    /// After it quit, nothing is sent.
    NothingSentAfterQuit = "nothing_sent_after_quit" => nothing_sent_after_quit,
    /// After its package was removed, nothing stays that acts by itself.
    NothingStaysAfterRemoval = "nothing_stays_after_removal" => nothing_stays_after_removal,
}

fn measured(value: Value, place: &'static str, facts: Vec<String>) -> Measured {
    Measured {
        value,
        place,
        facts,
    }
}

/// Nobody looked.
fn unasked(place: &'static str) -> Measured {
    measured(Value::NoStatement, place, Vec::new())
}

fn mute_holds(seen: &Seen, _: &Adequacy) -> Measured {
    let verdict = &seen.judgement.verdict;
    let value = match verdict {
        Verdict::Leaks { .. } => Value::No,
        Verdict::NoLeakSeen { .. } => Value::Yes,
        Verdict::PartlySeen { .. } | Verdict::Inconclusive { .. } => Value::Unclear,
        Verdict::NotRun { .. } => Value::NoStatement,
    };
    let named = seen.judgement.findings.iter().filter(|f| f.named);
    let facts = std::iter::once(verdict.name().to_owned());
    let facts = facts.chain(named.map(|f| f.series.clone()));
    measured(value, "/judgement/verdict", facts.collect())
}

fn microphone_closed(seen: &Seen, _: &Adequacy) -> Measured {
    const PLACE: &str = "/judgement/microphone";
    if was_not_run(seen) {
        return unasked(PLACE);
    }
    let value = match seen.judgement.microphone {
        MicrophoneStatus::Closed => Value::Yes,
        // It is open, whatever is done with it.
        MicrophoneStatus::OpenNotRunning
        | MicrophoneStatus::OpenRunning
        | MicrophoneStatus::StillRead => Value::No,
        MicrophoneStatus::Unknown => Value::Unclear,
    };
    measured(value, PLACE, Vec::new())
}

fn others_hear_nothing(seen: &Seen, _: &Adequacy) -> Measured {
    heard(
        seen,
        seen.judgement.hears.other_participants,
        "/judgement/hears/other_participants",
    )
}

fn server_hears_nothing(seen: &Seen, _: &Adequacy) -> Measured {
    heard(
        seen,
        seen.judgement.hears.operator_server,
        "/judgement/hears/operator_server",
    )
}

fn third_parties_hear_nothing(seen: &Seen, _: &Adequacy) -> Measured {
    heard(
        seen,
        seen.judgement.hears.third_parties,
        "/judgement/hears/third_parties",
    )
}

fn heard(seen: &Seen, answer: Answer, place: &'static str) -> Measured {
    if was_not_run(seen) {
        return unasked(place);
    }
    // What was not found in part of what was sent is not known of the rest.
    let whole = matches!(seen.judgement.verdict, Verdict::NoLeakSeen { .. });
    let value = match answer {
        Answer::Yes => Value::No,
        Answer::NothingSent => Value::Yes,
        Answer::NothingFound if whole => Value::Yes,
        Answer::NothingFound | Answer::Unknown => Value::Unclear,
    };
    measured(value, place, Vec::new())
}

fn camera_released(seen: &Seen, _: &Adequacy) -> Measured {
    const PLACE: &str = "/judgement/notes";
    let notes = seen.judgement.notes.iter();
    let mut said = notes.filter_map(|note| match note {
        Note::CameraReleased => Some(measured(Value::Yes, PLACE, Vec::new())),
        Note::CameraHeld { device, command } => {
            let fact = format!("{command} {device}");
            Some(measured(Value::No, PLACE, vec![fact]))
        }
        Note::CameraNotSeen => Some(measured(Value::Unclear, PLACE, Vec::new())),
        _ => None,
    });
    said.next_back().unwrap_or_else(|| unasked(PLACE))
}

fn call_for_participants(seen: &Seen, _: &Adequacy) -> Measured {
    const PLACE: &str = "/judgement/call";
    if was_not_run(seen) {
        return unasked(PLACE);
    }
    let call = &seen.judgement.call;
    let value = match call.read_by {
        CallReadBy::Participants => Value::Yes,
        CallReadBy::Server | CallReadBy::AnyoneOnTheWay => Value::No,
        CallReadBy::Unknown => Value::Unclear,
    };
    measured(value, PLACE, call.at.clone().into_iter().collect())
}

const RECEIVERS: &str = "/receivers";

/// A measure of receivers beyond the own network: those for which `is_bad` holds, and those of which it is not
/// known.
fn of_receivers(
    seen: &Seen,
    is_bad: impl Fn(&Receiver) -> Option<bool>,
    tell: impl Fn(&Receiver) -> String,
) -> Measured {
    let Some(all) = seen.receivers else {
        return unasked(RECEIVERS);
    };
    let beyond = || all.iter().filter(|r| r.party != Party::LocalNetwork);
    let bad: Vec<String> = beyond()
        .filter(|r| is_bad(r) == Some(true))
        .map(&tell)
        .collect();
    if !bad.is_empty() {
        return measured(Value::No, RECEIVERS, bad);
    }
    let unclear = beyond().filter(|r| is_bad(r).is_none());
    let unclear: Vec<String> = unclear.map(tell).collect();
    match unclear.is_empty() {
        true => measured(Value::Yes, RECEIVERS, Vec::new()),
        false => measured(Value::Unclear, RECEIVERS, unclear),
    }
}

fn name(receiver: &Receiver) -> String {
    receiver.name.clone()
}

fn encrypted_throughout(seen: &Seen, _: &Adequacy) -> Measured {
    let is_clear = |receiver: &Receiver| {
        // Questions for names are the resolver's, and told as such by whoever reads them.
        let read = receiver.channels.iter();
        let mut read = read.filter(|c| !matches!(c, Channel::Dns | Channel::Stun | Channel::Icmp));
        let unknown = |c: &&Channel| matches!(c, Channel::Unknown | Channel::Rtp);
        match read.clone().any(|channel| channel.is_clear()) {
            true => Some(true),
            false if read.any(|channel| unknown(&channel)) => None,
            false => Some(false),
        }
    };
    of_receivers(seen, is_clear, name)
}

/// TLS 1.2 (RFC 5246), and DTLS 1.2 (RFC 6347), as they stand in a hello.
const TLS_1_2: u16 = 0x0303;
const DTLS_1_2: u16 = 0xFEFD;

fn tls_current(seen: &Seen, _: &Adequacy) -> Measured {
    let is_old = |receiver: &Receiver| {
        let mut unknown = false;
        for channel in &receiver.channels {
            match channel {
                Channel::Tls(Some(version)) if *version < TLS_1_2 => return Some(true),
                // These count downwards.
                Channel::Dtls(Some(version)) if *version > DTLS_1_2 => return Some(true),
                Channel::Tls(None) | Channel::Dtls(None) => unknown = true,
                _ => {}
            }
        }
        (!unknown).then_some(false)
    };
    of_receivers(seen, is_old, name)
}

/// Whether it is somebody else's; nothing where nobody independent says whose it is.
fn is_third(receiver: &Receiver) -> Option<bool> {
    match receiver.party {
        Party::Third => Some(true),
        Party::Claimed | Party::Unknown => None,
        Party::First | Party::Participant | Party::LocalNetwork => Some(false),
    }
}

fn no_third_parties(seen: &Seen, _: &Adequacy) -> Measured {
    of_receivers(seen, is_third, name)
}

fn no_third_parties_in_call(seen: &Seen, _: &Adequacy) -> Measured {
    if was_not_run(seen) {
        return unasked(RECEIVERS);
    }
    let in_call = |receiver: &Receiver| {
        let moments = [Moment::Control, Moment::Muted];
        match moments.iter().any(|m| receiver.moments.contains(m)) {
            true => is_third(receiver),
            false => Some(false),
        }
    };
    of_receivers(seen, in_call, name)
}

fn no_trackers(seen: &Seen, _: &Adequacy) -> Measured {
    let tracks = |receiver: &Receiver| {
        let mut purposes = receiver.known.iter().flat_map(|known| &known.purposes);
        let is_tracking = |purpose: &&'static str| matches!(*purpose, "analytics" | "advertising");
        match purposes.any(is_tracking) {
            true => Some(true),
            // No list knows everybody.
            false if is_third(receiver) == Some(false) => Some(false),
            false => None,
        }
    };
    of_receivers(seen, tracks, |receiver| {
        let known = receiver
            .known
            .iter()
            .map(|known| known.organisation.clone());
        let known: Vec<String> = known.collect();
        match known.is_empty() {
            true => receiver.name.clone(),
            false => format!("{} ({})", receiver.name, known.join(", ")),
        }
    })
}

fn adequate_countries(seen: &Seen, adequacy: &Adequacy) -> Measured {
    let day = seen.manifest.started.get(..10).unwrap_or_default();
    let is_bad = |receiver: &Receiver| {
        // Addresses of the stage's own network are registered nowhere.
        let mut worst = Some(false);
        for country in &receiver.countries {
            match adequacy.of(country, day) {
                Level::Adequate => {}
                Level::None => return Some(true),
                Level::Asked | Level::Outdated => worst = None,
            }
        }
        worst
    };
    of_receivers(seen, is_bad, |receiver| {
        let all: Vec<&str> = receiver.countries.iter().map(String::as_str).collect();
        format!("{} ({})", receiver.name, all.join(", "))
    })
}

/// Whether part of what left was not read: what was not found may be in it.
fn part_is_opaque(seen: &Seen) -> bool {
    seen.judgement.opaque_bytes_per_min > 0.0
}

fn no_identifiers(seen: &Seen, _: &Adequacy) -> Measured {
    const PLACE: &str = "/identifiers";
    let Some(escaped) = seen.identifiers else {
        return unasked(PLACE);
    };
    let sure = escaped.iter().filter(|one| one.sure);
    let facts: Vec<String> = sure
        .map(|one| {
            let to = one.receiver.as_deref().unwrap_or("?");
            format!("{} → {to} {}", one.canary, one.path)
        })
        .collect();
    let value = match facts.is_empty() {
        false => Value::No,
        true if part_is_opaque(seen) || !escaped.is_empty() => Value::Unclear,
        true => Value::Yes,
    };
    measured(value, PLACE, facts)
}

fn no_attention(seen: &Seen, _: &Adequacy) -> Measured {
    const PLACE: &str = "/judgement/attention";
    let all = &seen.judgement.attention;
    if all.is_empty() {
        return unasked(PLACE);
    }
    let follows = |answer| all.iter().filter(move |test| test.answer == answer);
    let mut facts = Vec::new();
    for test in follows(AttentionAnswer::Follows) {
        let named = test.findings.iter().filter(|f| f.named);
        let named: Vec<&str> = named.map(|f| f.series.as_str()).collect();
        facts.push(format!("{}: {}", test.code.name(), named.join(", ")));
    }
    let value = match facts.is_empty() {
        false => Value::No,
        true if part_is_opaque(seen) => Value::Unclear,
        true if follows(AttentionAnswer::Unknown).next().is_some() => Value::Unclear,
        true => Value::Yes,
    };
    measured(value, PLACE, facts)
}

const LEFTOVERS: &str = "/leftovers";

fn no_commandable_listener(seen: &Seen, _: &Adequacy) -> Measured {
    let Some(left) = seen.leftovers else {
        return unasked(LEFTOVERS);
    };
    let commanded = left.listeners.iter().filter(|one| one.is_commandable());
    let facts: Vec<String> = commanded.map(|one| one.address.clone()).collect();
    let perhaps = left.listeners.iter().flat_map(|one| &one.website).flatten();
    let mut perhaps = perhaps.filter(|answer| {
        matches!(
            answer,
            Commandable::Perhaps | Commandable::NoAnswer | Commandable::NotAsked
        )
    });
    let value = match facts.is_empty() {
        false => Value::No,
        true if perhaps.next().is_some() => Value::Unclear,
        true => Value::Yes,
    };
    measured(value, LEFTOVERS, facts)
}

fn nothing_stays(seen: &Seen, _: &Adequacy) -> Measured {
    let Some(left) = seen.leftovers.filter(|left| left.looked_after_quit) else {
        return unasked(LEFTOVERS);
    };
    let listens = left.listeners.iter().filter(|one| one.after_quit);
    let facts = listens.map(|one| one.address.clone());
    let facts: Vec<String> = facts.chain(left.stayed.iter().cloned()).collect();
    let value = if facts.is_empty() {
        Value::Yes
    } else {
        Value::No
    };
    measured(value, LEFTOVERS, facts)
}

fn nothing_sent_after_quit(seen: &Seen, _: &Adequacy) -> Measured {
    let looked = seen.leftovers.is_some_and(|left| left.looked_after_quit);
    if !looked {
        return unasked(RECEIVERS);
    }
    of_receivers(seen, |r| Some(r.moments.contains(&Moment::Quit)), name)
}

fn nothing_stays_after_removal(seen: &Seen, _: &Adequacy) -> Measured {
    const PLACE: &str = "/leftovers/removal";
    let removal = seen.leftovers.and_then(|left| left.removal.as_ref());
    let Some(removal) = removal.filter(|removal| removal.looked) else {
        return unasked(PLACE);
    };
    let acts = |purpose: &Purpose| !matches!(purpose, Purpose::Home | Purpose::Other);
    let facts = removal.files.iter().filter(|file| acts(&file.purpose));
    let facts: Vec<String> = facts.map(|file| file.path.clone()).collect();
    let value = match facts.is_empty() {
        false => Value::No,
        true if removal.failed.is_empty() && removal.more == 0 => Value::Yes,
        true => Value::Unclear,
    };
    measured(value, PLACE, facts)
}

/// Whether there was no muted time to judge.
fn was_not_run(seen: &Seen) -> bool {
    matches!(seen.judgement.verdict, Verdict::NotRun { .. })
}
