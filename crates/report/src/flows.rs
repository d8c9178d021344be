//! What `muteproof flows` found: who received what.

use dataflow::{
    Channel, Escaped, LeftOut, Leftovers, Moment, Opaque, Origin, Party, Receiver, Refusal, Sent,
    Told,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::inspection::{CaptureFile, damages};
use crate::page::Page;
use crate::{clean, leftovers};

/// Hosts of one receiver, and names that were only asked for, in the text; the JSON has all.
const NAMES_SHOWN: usize = 6;
/// Receivers in the text of an audit's report; its other formats have all.
const RECEIVERS_SHOWN: usize = 8;

/// Requests in the text, and characters of an address or a body there; the JSON has more.
const SENT_SHOWN: usize = 60;
const TEXT_SHOWN: usize = 300;

/// One source and who received what by it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Flows {
    /// The source's name.
    pub name: String,
    /// What it is.
    pub origin: Origin,
    /// What is to be said of the file itself, where it is a capture.
    pub file: Option<CaptureFile>,
    /// Domains and addresses that were said to be the operator's.
    pub own: Vec<String>,
    /// All receivers, in the order of [`dataflow::receivers`].
    pub receivers: Vec<Receiver>,
    /// Requests that are on a filter list of trackers.
    pub listed: Vec<OnList>,
    /// What requests to known trackers said, field by field.
    pub told: Vec<Told>,
    /// Identifiers that were looked for, and where they were found.
    #[serde(flatten)]
    pub identifiers: Identifiers,
    /// Requests that the source has whole, where it is a network that answers everything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<Sent>,
    /// Connections over which the app would not speak there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub opaque: Vec<Opaque>,
    /// Names that were asked for and that nobody who was spoken to has.
    pub only_asked: Vec<String>,
    /// What was seen and is in none of them.
    pub left_out: LeftOut,
    /// What listened and what stayed, where the source is a bundle whose audit looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leftovers: Option<Leftovers>,
    /// How the app ended, where it did so with an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Lists that names were looked up in: name, version, date, licence.
    pub lists: Vec<String>,
}

/// Requests to a host that are on a filter list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OnList {
    /// The list's name.
    pub list: String,
    /// The host.
    pub host: String,
    /// How many.
    pub requests: u64,
}

/// Identifiers that were looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Identifiers {
    /// By name.
    pub looked_for: Vec<String>,
    /// Where they were found.
    pub escaped: Vec<Escaping>,
}

/// An identifier that left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Escaping {
    /// What, to whom and where it lay.
    #[serde(flatten)]
    pub what: Escaped,
    /// In how many messages.
    pub messages: u64,
}

/// What `muteproof flows` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    flows: &'a Flows,
}

/// JSON in one line.
pub fn flows_json(flows: &Flows) -> Result<Vec<u8>, RenderError> {
    let document = Document {
        schema: crate::schema::SCHEMA,
        flows,
    };
    Ok(clean::json_line(&serde_json::to_string(&document)?))
}

/// A page of text.
pub fn flows_text(flows: &Flows, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let mut page = Page::default();
    page.line(&clean::line(&flows.name));
    page.wrapped("", &summary(&words, &flows.receivers));
    for (party, title) in PARTIES {
        let of_party = flows.receivers.iter().filter(|r| r.party == party);
        let lines: Vec<String> = of_party.map(|r| receiver(&words, r)).collect();
        page.list(&words.t(title), &lines);
    }
    page.list(
        &words.t("flows-escaped"),
        &escaped(&words, &flows.identifiers),
    );
    page.list(&words.t("flows-listed"), &listed(&words, &flows.listed));
    page.list(&words.t("section-leftovers"), &left(&words, flows));
    page.list(&words.t("flows-told"), &told(&words, &flows.told));
    page.list(&words.t("flows-sent"), &sent(&words, &flows.sent));
    page.list(&words.t("flows-opaque"), &opaque(&words, &flows.opaque));
    page.list(&words.t("flows-asked"), &asked(&words, &flows.only_asked));
    page.list(&words.t("flows-not-seen"), &not_seen(&words, flows));
    page.list(&words.t("flows-lists"), &lists(flows));
    words.done(page.out.into_bytes())
}

/// What listened and what stayed.
pub(crate) fn left(words: &Words, flows: &Flows) -> Vec<String> {
    let lines = flows.leftovers.as_ref();
    lines
        .map(|found| leftovers::lines(words, found))
        .unwrap_or_default()
}

/// Where what is known is from.
pub(crate) fn lists(flows: &Flows) -> Vec<String> {
    flows.lists.iter().map(|list| clean::line(list)).collect()
}

/// Each party's title, in the order of the page.
const PARTIES: [(Party, &str); 6] = [
    (Party::Third, "flows-third"),
    (Party::Claimed, "flows-claimed"),
    (Party::Unknown, "flows-unknown"),
    (Party::First, "flows-first"),
    (Party::Participant, "flows-participant"),
    (Party::LocalNetwork, "flows-local"),
];

/// The answer in one or two sentences.
pub(crate) fn summary(words: &Words, receivers: &[Receiver]) -> String {
    let of = |party| receivers.iter().filter(move |r| r.party == party);
    let outside = |r: &&Receiver| r.party != Party::LocalNetwork;
    let clear = receivers.iter().filter(outside).filter(|r| r.is_clear());
    let clear = words.count(clear.count() as u64);
    let unsure = of(Party::Unknown).count() + of(Party::Claimed).count();
    let (third, unsure) = (of(Party::Third).count() as u64, unsure as u64);
    let all = receivers.iter().filter(outside).count() as u64;
    let args = [
        ("all", words.count(all)),
        ("third", words.count(third)),
        ("unsure", words.count(unsure)),
        ("clear", clear),
    ];
    words.say("flows-summary", &args)
}

/// One receiver, in a paragraph.
fn receiver(words: &Words, receiver: &Receiver) -> String {
    let (name, known) = (named(words, receiver), known(words, receiver));
    let mut parts = Vec::new();
    parts.push(match known.is_empty() {
        true => name,
        false => format!("{name} ({})", known.join("; ")),
    });
    let hosts = receiver.hosts.iter().filter(|host| **host != receiver.name);
    parts.extend(some(words, hosts.map(|host| clean::line(host))));
    let addresses = receiver.addresses.iter().map(ToString::to_string);
    parts.extend(some(words, addresses.filter(|one| *one != receiver.name)));
    parts.extend(some(words, receiver.countries.iter().cloned()));
    parts.extend(some(
        words,
        receiver.networks.iter().map(|n| clean::line(n)),
    ));
    let channels = receiver.channels.iter().map(|c| channel(words, *c));
    parts.extend(some(words, channels));
    let [to, from] = receiver.messages.map(|n| words.count(n));
    parts.push(match receiver.bytes {
        Some(bytes) => {
            let [to, from] = bytes.map(|n| words.count(n));
            words.say("flows-bytes", &[("to", to), ("from", from)])
        }
        None => words.say("flows-messages", &[("to", to), ("from", from)]),
    });
    if let Some([first, last]) = receiver.seconds {
        let args = [("from", words.time(first)), ("to", words.time(last))];
        parts.push(words.say("flows-when", &args));
    }
    parts.extend(some(
        words,
        receiver.moments.iter().map(|m| moment(words, *m)),
    ));
    let processes: Vec<String> = some(words, receiver.processes.iter().map(|p| clean::line(p)))
        .into_iter()
        .collect();
    if let [processes] = processes.as_slice() {
        parts.push(words.say("flows-by", &[("who", processes.clone())]));
    }
    parts.join(" · ")
}

/// One receiver in an audit's report.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReceiverRow {
    pub name: String,
    pub party: String,
    pub who: String,
    pub place: String,
    pub channels: String,
    pub clear: bool,
    pub bytes: String,
    pub moments: String,
    pub processes: String,
}

/// All receivers of an audit.
pub(crate) fn rows(words: &Words, receivers: &[Receiver]) -> Vec<ReceiverRow> {
    let row = |receiver: &Receiver| {
        let places = receiver.countries.iter().cloned();
        let places = places.chain(receiver.networks.iter().map(|n| clean::line(n)));
        let bytes = receiver.bytes.map(|bytes| {
            let [to, from] = bytes.map(|n| words.count(n));
            words.say("flows-bytes", &[("to", to), ("from", from)])
        });
        let processes = receiver.processes.iter().map(|p| clean::line(p));
        let channels = receiver.channels.iter().map(|c| channel(words, *c));
        let moments = receiver.moments.iter().map(|m| moment(words, *m));
        ReceiverRow {
            name: named(words, receiver),
            party: words.t(party(receiver.party)),
            who: known(words, receiver).join("; "),
            place: some(words, places).unwrap_or_default(),
            channels: some(words, channels).unwrap_or_default(),
            clear: receiver.is_clear(),
            bytes: bytes.unwrap_or_default(),
            moments: some(words, moments).unwrap_or_default(),
            processes: some(words, processes).unwrap_or_default(),
        }
    };
    receivers.iter().map(row).collect()
}

/// The same in lines of text, of as many as a screen has room for.
pub(crate) fn lines(words: &Words, receivers: &[Receiver]) -> Vec<String> {
    let mut lines: Vec<String> = receivers
        .iter()
        .take(RECEIVERS_SHOWN)
        .map(|one| format!("{}: {}", words.t(party(one.party)), receiver(words, one)))
        .collect();
    let more = receivers.len().saturating_sub(RECEIVERS_SHOWN) as u64;
    if more > 0 {
        lines.push(words.say("flows-more", &[("n", words.count(more))]));
    }
    lines
}

/// What a party is called, of one receiver.
fn party(party: Party) -> &'static str {
    match party {
        Party::Third => "flows-is-third",
        Party::Claimed => "flows-is-claimed",
        Party::Unknown => "flows-is-unknown",
        Party::First => "flows-is-first",
        Party::Participant => "flows-is-participant",
        Party::LocalNetwork => "flows-is-local",
    }
}

/// Its name, and whether only it says so.
fn named(words: &Words, receiver: &Receiver) -> String {
    let name = clean::line(&receiver.name);
    match receiver.name_is_independent {
        true => name,
        false => words.say("flows-so-it-says", &[("name", name)]),
    }
}

/// Who runs it, and what for.
fn known(words: &Words, receiver: &Receiver) -> Vec<String> {
    let known = receiver.known.iter().map(|known| {
        let purposes: Vec<String> = known.purposes.iter().map(|p| purpose(words, p)).collect();
        match purposes.is_empty() {
            true => clean::line(&known.organisation),
            false => format!(
                "{}: {}",
                clean::line(&known.organisation),
                purposes.join(", ")
            ),
        }
    });
    known.collect()
}

/// The first few of many; nothing of none.
fn some(words: &Words, all: impl Iterator<Item = String>) -> Option<String> {
    let all: Vec<String> = all.collect();
    let more = all.len().saturating_sub(NAMES_SHOWN) as u64;
    let mut shown = all
        .iter()
        .take(NAMES_SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if more > 0 {
        shown.push(' ');
        shown.push_str(&words.say("flows-more", &[("n", words.count(more))]));
    }
    (!all.is_empty()).then_some(shown)
}

/// Identifiers that left, and those that were not found.
pub(crate) fn escaped(words: &Words, identifiers: &Identifiers) -> Vec<String> {
    let mut lines = Vec::new();
    for Escaping { what, messages } in &identifiers.escaped {
        let receiver = what.receiver.as_ref().map(|name| clean::line(name));
        let args = [
            ("canary", clean::line(&what.canary)),
            (
                "receiver",
                receiver.unwrap_or_else(|| words.t("flows-receiver-unknown")),
            ),
            ("path", clean::line(&what.path)),
            ("encoding", clean::line(&what.encoding)),
            ("n", words.count(*messages)),
        ];
        let mut line = words.say("flows-escape", &args);
        if what.clear == Some(true) {
            line = words.say("flows-escape-clear", &[("line", line)]);
        }
        if !what.sure {
            line = words.say("flows-escape-unsure", &[("line", line)]);
        }
        lines.push(line);
    }
    let escaped = &identifiers.escaped;
    let found = |name: &&String| escaped.iter().any(|e| e.what.canary == **name);
    let absent = identifiers.looked_for.iter().filter(|name| !found(name));
    if let Some(names) = some(words, absent.map(|name| clean::line(name))) {
        lines.push(words.say("flows-not-escaped", &[("names", names)]));
    }
    lines
}

/// Requests on filter lists, a line for each host.
pub(crate) fn listed(words: &Words, all: &[OnList]) -> Vec<String> {
    let line = |one: &OnList| {
        let args = [
            ("list", clean::line(&one.list)),
            ("host", clean::line(&one.host)),
            ("n", words.count(one.requests)),
        ];
        words.say("flows-listed-host", &args)
    };
    all.iter().map(line).collect()
}

/// What trackers were told: a line for each property of each host, with the first few of its values.
pub(crate) fn told(words: &Words, fields: &[Told]) -> Vec<String> {
    let of = |told: &Told| {
        (
            told.host.clone(),
            told.tracker.clone(),
            told.property.clone(),
        )
    };
    let lines = fields.chunk_by(|a, b| of(a) == of(b)).map(|same| {
        let values = same.iter().map(|told| clean::line(&told.value));
        words.say(
            "flows-told-field",
            &[
                ("host", clean::line(&same[0].host)),
                ("tracker", clean::line(&same[0].tracker)),
                ("property", clean::line(&same[0].property)),
                ("values", some(words, values).unwrap_or_default()),
                ("place", clean::line(&same[0].place)),
            ],
        )
    });
    lines.collect()
}

/// Requests, each with the beginning of its body.
pub(crate) fn sent(words: &Words, all: &[Sent]) -> Vec<String> {
    let line = |one: &Sent| {
        let args = [
            ("method", clean::line(&one.method)),
            ("url", shortened(&one.url)),
            ("n", words.count(one.requests)),
            ("bytes", words.count(one.bytes)),
        ];
        let what = words.say("flows-sent-request", &args);
        match &one.body {
            Some(body) => format!("{what}: {}", shortened(body)),
            None => what,
        }
    };
    let mut lines: Vec<String> = all.iter().take(SENT_SHOWN).map(line).collect();
    let more = all.len().saturating_sub(SENT_SHOWN) as u64;
    if more > 0 {
        lines.push(words.say("flows-more", &[("n", words.count(more))]));
    }
    lines
}

/// The beginning of a text, in one line.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_SHOWN) {
        Some((at, _)) => format!("{}…", clean::line(&text[..at])),
        None => clean::line(text),
    }
}

/// Hosts to which the app would not speak.
pub(crate) fn opaque(words: &Words, all: &[Opaque]) -> Vec<String> {
    let line = |one: &Opaque| {
        let how = match one.how {
            Refusal::Certificate => "flows-opaque-certificate",
            Refusal::Closed => "flows-opaque-closed",
            Refusal::Silent => "flows-opaque-silent",
            Refusal::Failed => "flows-opaque-failed",
        };
        let args = [
            ("host", clean::line(&one.host)),
            ("n", words.count(one.connections)),
        ];
        words.say(how, &args)
    };
    all.iter().map(line).collect()
}

/// Names that were asked for, a few to a line.
pub(crate) fn asked(words: &Words, names: &[String]) -> Vec<String> {
    let names = names.iter().map(|name| clean::line(name));
    some(words, names).into_iter().collect()
}

/// What the source cannot show, and what of it was not read.
pub(crate) fn not_seen(words: &Words, flows: &Flows) -> Vec<String> {
    let mut lines = vec![words.t(match flows.origin {
        Origin::Bundle => "flows-cannot-bundle",
        Origin::Sink => "flows-cannot-sink",
        Origin::Intercepted => "flows-cannot-intercepted",
        Origin::Capture => "flows-cannot-capture",
        Origin::Har => "flows-cannot-har",
        Origin::Mitmproxy => "flows-cannot-mitmproxy",
        Origin::Pcapdroid => "flows-cannot-pcapdroid",
        Origin::AppPrivacyReport => "flows-cannot-app-privacy",
        Origin::TrackerControl => "flows-cannot-tracker-control",
    })];
    if let Some(file) = &flows.file {
        lines.extend(damages(words, file));
    }
    if let Some(how) = &flows.ended {
        lines.push(words.say("flows-app-ended", &[("how", clean::line(how))]));
    }
    if flows.own.is_empty() {
        lines.push(words.t("flows-no-own"));
    }
    let left = &flows.left_out;
    let counts = [
        ("flows-left-not-ip", left.not_ip),
        ("flows-left-malformed", left.malformed),
        ("flows-left-bounds", left.beyond_bounds),
        ("flows-left-others", left.of_others),
        ("flows-left-entries", left.entries),
        ("flows-left-requests", left.requests),
    ];
    for (id, n) in counts {
        if n > 0 {
            lines.push(words.say(id, &[("n", words.count(n))]));
        }
    }
    lines
}

fn channel(words: &Words, channel: Channel) -> String {
    let version = |id: &str, name: Option<&str>| match name {
        Some(version) => words.say(id, &[("version", version.to_owned())]),
        None => words.say(id, &[("version", words.t("inspect-unknown"))]),
    };
    match channel {
        Channel::Http => words.t("flows-http"),
        Channel::Dns => words.t("flows-dns"),
        Channel::ClearText => words.t("flows-clear"),
        Channel::Tls(number) => version("flows-tls", number.and_then(tls)),
        Channel::Dtls(number) => version("flows-dtls", number.and_then(dtls)),
        Channel::Quic => words.t("flows-quic"),
        Channel::Rtp => words.t("flows-rtp"),
        Channel::Stun => words.t("flows-stun"),
        Channel::Icmp => words.t("flows-icmp"),
        Channel::Unknown => words.t("flows-unread"),
    }
}

/// A version of TLS by its number in a hello (RFC 8446, section 4.2.1).
fn tls(number: u16) -> Option<&'static str> {
    match number {
        0x0300 => Some("SSL 3.0"),
        0x0301 => Some("1.0"),
        0x0302 => Some("1.1"),
        0x0303 => Some("1.2"),
        0x0304 => Some("1.3"),
        _ => None,
    }
}

/// A version of DTLS, which counts downwards (RFC 9147, section 5.3).
fn dtls(number: u16) -> Option<&'static str> {
    match number {
        0xFEFF => Some("1.0"),
        0xFEFD => Some("1.2"),
        0xFEFC => Some("1.3"),
        _ => None,
    }
}

fn moment(words: &Words, moment: Moment) -> String {
    words.t(match moment {
        Moment::Start => "flows-at-start",
        Moment::BeforeConsent => "flows-before-consent",
        Moment::AfterConsent => "flows-after-consent",
        Moment::AfterLogin => "flows-after-login",
        Moment::Control => "flows-at-control",
        Moment::Muted => "flows-at-muted",
        Moment::End => "flows-at-end",
        Moment::Quit => "flows-at-quit",
    })
}

fn purpose(words: &Words, name: &str) -> String {
    words.t(match name {
        "advertising" => "flows-for-advertising",
        "analytics" => "flows-for-analytics",
        "configuration" => "flows-for-configuration",
        "consent" => "flows-for-consent",
        "crash_reports" => "flows-for-crash-reports",
        "hosting" => "flows-for-hosting",
        "marketing" => "flows-for-marketing",
        "push" => "flows-for-push",
        "social" => "flows-for-social",
        "support" => "flows-for-support",
        "tag_manager" => "flows-for-tags",
        "video" => "flows-for-video",
        _ => "flows-for-other",
    })
}
