//! What `muteproof inspect` found in a capture, for people and programs.

use inspect::{Finding, FlowReport, Inspection, KnownBy, What};
use schemars::JsonSchema;
use serde::Serialize;

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::page::Page;

/// Destinations in the text; the JSON has more.
const DESTINATIONS_SHOWN: usize = 12;
/// Findings of one kind in the text; the JSON has all.
const SHOWN_OF_A_KIND: usize = 8;

/// One capture and what was found in it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Inspected {
    /// The file's name.
    pub name: String,
    /// What is to be said of the file itself.
    pub file: CaptureFile,
    /// What was found.
    #[serde(flatten)]
    pub inspection: Inspection,
}

/// What is to be said of a capture file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaptureFile {
    /// Its length, unpacked.
    pub bytes: u64,
    /// What could not be read.
    pub damages: Vec<Damage>,
    /// Where the last, half-written thing begins, if the file ends in one.
    pub cut: Option<u64>,
    /// Lines of TLS keys in the file itself: whoever has it reads what they open.
    #[serde(skip_serializing_if = "is_zero")]
    pub tls_keys: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A place that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Damage {
    /// Where.
    pub offset: u64,
    /// What is wrong there.
    pub why: String,
    /// Bytes passed over to where reading went on; nothing where it did not.
    pub skipped: Option<u64>,
}

/// What `muteproof inspect` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    inspected: &'a Inspected,
}

/// JSON in one line.
pub fn inspection_json(inspected: &Inspected) -> Result<Vec<u8>, RenderError> {
    let document = Document {
        schema: crate::schema::SCHEMA,
        inspected,
    };
    Ok(crate::clean::json_line(&serde_json::to_string(&document)?))
}

/// A page of text.
pub fn inspection(inspected: &Inspected, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let text = page(&words, inspected);
    words.done(text.into_bytes())
}

fn page(words: &Words, inspected: &Inspected) -> String {
    let found = &inspected.inspection;
    let mut page = Page::default();
    page.line(&clean::line(&inspected.name));
    let seconds = found.last_ns.saturating_sub(found.first_ns) as f64 / 1e9;
    page.wrapped(
        "",
        &words.say(
            "inspect-size",
            &[
                ("packets", words.count(found.packets)),
                ("bytes", words.count(found.bytes)),
                ("time", words.time(seconds)),
            ],
        ),
    );
    let counts = found.counts;
    let kinds = [
        ("RTP", counts.rtp),
        ("RTCP", counts.rtcp),
        ("STUN", counts.stun),
        ("DTLS", counts.dtls),
        ("QUIC", counts.quic),
        ("DNS", counts.dns),
        ("UDP", counts.udp),
        ("TCP", counts.tcp),
    ];
    let kinds: Vec<String> = kinds
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(kind, n)| format!("{kind} {}", words.count(*n)))
        .collect();
    if !kinds.is_empty() {
        page.wrapped("", &kinds.join(" · "));
    }
    for (id, n) in [
        ("inspect-relayed", found.relayed),
        ("inspect-repeated", found.repeated),
        ("inspect-tls-keys", inspected.file.tls_keys),
    ] {
        if n > 0 {
            page.wrapped("", &words.say(id, &[("n", words.count(n))]));
        }
    }
    let lines = findings(words, &found.findings);
    match lines.is_empty() {
        true => {
            page.gap();
            page.wrapped("", &words.t("inspect-nothing"));
        }
        false => page.list(&words.t("inspect-findings"), &lines),
    }
    let mut flows: Vec<String> = found
        .flows
        .iter()
        .take(DESTINATIONS_SHOWN)
        .map(|flow| destination(words, flow))
        .collect();
    let more = found.flows.len().saturating_sub(flows.len()) as u64;
    if more + found.left_out.flows_not_listed > 0 {
        let n = words.count(more + found.left_out.flows_not_listed);
        flows.push(words.say("inspect-more", &[("n", n)]));
    }
    page.list(&words.t("inspect-destinations"), &flows);
    page.list(&words.t("inspect-left-out"), &left_out(words, inspected));
    page.out
}

/// One line a finding; of many alike the first, and how many more there are.
fn findings(words: &Words, findings: &[Finding]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut counts = std::collections::BTreeMap::new();
    for finding in findings {
        let (id, what) = what(words, &finding.what);
        let n = counts.entry(id).or_insert(0u64);
        *n += 1;
        if *n > SHOWN_OF_A_KIND as u64 {
            continue;
        }
        let [first, last] = finding.packets.map(|n| words.count(n));
        lines.push(words.say(
            "inspect-finding",
            &[
                ("what", what),
                ("transport", finding.flow.transport.to_string()),
                ("from", finding.flow.from.to_string()),
                ("to", finding.flow.to.to_string()),
                ("n", words.count(finding.n)),
                ("first", first),
                ("last", last),
                ("rfc", finding.rfc.replace(' ', "\u{A0}")),
            ],
        ));
    }
    for (id, n) in counts {
        if n > SHOWN_OF_A_KIND as u64 {
            let n = words.count(n - SHOWN_OF_A_KIND as u64);
            let kind = KINDS.iter().find(|(of, _)| *of == id);
            let kind = kind.map_or(String::new(), |(_, kind)| words.t(kind));
            lines.push(words.say("inspect-more-of", &[("n", n), ("kind", kind)]));
        }
    }
    lines
}

/// What many findings of one kind are called together.
const KINDS: [(&str, &str); 21] = [
    ("inspect-level", "inspect-level-kind"),
    ("inspect-level-encrypted", "inspect-level-encrypted-kind"),
    ("inspect-gaps", "inspect-gaps-kind"),
    ("inspect-marker", "inspect-marker-kind"),
    ("inspect-comfort-noise", "inspect-comfort-noise-kind"),
    ("inspect-silence", "inspect-silence-kind"),
    ("inspect-sizes", "inspect-sizes-kind"),
    ("inspect-plain", "inspect-plain-kind"),
    ("inspect-srtp-dtls", "inspect-srtp-dtls-kind"),
    ("inspect-srtp-length", "inspect-srtp-length-kind"),
    ("inspect-rtp", "inspect-rtp-kind"),
    ("inspect-cryptex", "inspect-cryptex-kind"),
    ("inspect-events", "inspect-events-kind"),
    ("inspect-dtls", "inspect-dtls-kind"),
    ("inspect-dtls-old", "inspect-dtls-old-kind"),
    ("inspect-quic", "inspect-quic-kind"),
    ("inspect-tls", "inspect-tls-kind"),
    ("inspect-tls-old", "inspect-tls-old-kind"),
    ("inspect-request", "inspect-request-kind"),
    ("inspect-signalling", "inspect-signalling-kind"),
    ("inspect-keys", "inspect-keys-kind"),
];

/// The message's id and its text.
fn what(words: &Words, what: &What) -> (&'static str, String) {
    let source = |ssrc: &u32| ("source", format!("{ssrc:#010x}"));
    let (id, args): (&'static str, Vec<(&str, String)>) = match what {
        What::AudioLevel {
            ssrc,
            extension,
            values,
            voice_share,
            encrypted_payload,
        } => {
            let id = match encrypted_payload {
                true => "inspect-level-encrypted",
                false => "inspect-level",
            };
            let args = vec![
                source(ssrc),
                ("extension", extension.to_string()),
                ("values", values.to_string()),
                ("voice", words.number(voice_share * 100.0, 0)),
            ];
            (id, args)
        }
        What::VoiceActivityByGaps { ssrc } => ("inspect-gaps", vec![source(ssrc)]),
        What::VoiceActivityByMarker { ssrc } => ("inspect-marker", vec![source(ssrc)]),
        What::ComfortNoise { ssrc } => ("inspect-comfort-noise", vec![source(ssrc)]),
        What::SilenceFrames { ssrc } => ("inspect-silence", vec![source(ssrc)]),
        What::SizesVary {
            ssrc,
            min,
            max,
            sizes,
        } => (
            "inspect-sizes",
            vec![
                source(ssrc),
                ("min", min.to_string()),
                ("max", max.to_string()),
                ("sizes", sizes.to_string()),
            ],
        ),
        What::PlainSound {
            ssrc,
            codec,
            seconds,
            ..
        } => (
            "inspect-plain",
            vec![
                source(ssrc),
                ("codec", clean::line(codec)),
                ("seconds", words.number(*seconds, 1)),
            ],
        ),
        What::Srtp { ssrc, known_by } => {
            let id = match known_by {
                KnownBy::Dtls => "inspect-srtp-dtls",
                KnownBy::Length => "inspect-srtp-length",
            };
            (id, vec![source(ssrc)])
        }
        What::Rtp { ssrc, payload_type } => (
            "inspect-rtp",
            vec![source(ssrc), ("type", payload_type.to_string())],
        ),
        What::Cryptex { ssrc } => ("inspect-cryptex", vec![source(ssrc)]),
        What::TelephoneEvents { ssrc, keys } => (
            "inspect-events",
            vec![source(ssrc), ("n", words.count(u64::from(*keys)))],
        ),
        What::Dtls { version } => {
            let id = match *version {
                "1.0" => "inspect-dtls-old",
                _ => "inspect-dtls",
            };
            (id, vec![("version", (*version).to_owned())])
        }
        What::Quic {
            version,
            server_name,
        } => {
            let shown = match version {
                1 => "1".to_owned(),
                0x6B33_43CF => "2".to_owned(),
                other => format!("{other:#010x}"),
            };
            let name = server_name.as_deref();
            let name = name.map_or(words.t("inspect-no-name"), clean::line);
            ("inspect-quic", vec![("version", shown), ("name", name)])
        }
        What::Tls {
            version,
            server_name,
        } => tls(words, *version, server_name.as_deref()),
        What::ClearRequest { request, host } => {
            let host = host.as_deref().unwrap_or("?");
            let args = vec![
                ("request", clean::line(request)),
                ("host", clean::line(host)),
            ];
            ("inspect-request", args)
        }
        What::ClearSignalling => ("inspect-signalling", vec![]),
        What::KeysInSignalling => ("inspect-keys", vec![]),
    };
    let said = words.say(id, &args);
    (id, said)
}

fn tls<'a>(
    words: &Words,
    version: Option<&str>,
    name: Option<&str>,
) -> (&'static str, Vec<(&'a str, String)>) {
    let id = match version {
        Some("1.0" | "1.1") => "inspect-tls-old",
        _ => "inspect-tls",
    };
    let version = version.map_or(words.t("inspect-unknown"), str::to_owned);
    let name = name.map_or(words.t("inspect-no-name"), clean::line);
    (id, vec![("version", version), ("name", name)])
}

fn destination(words: &Words, flow: &FlowReport) -> String {
    let end = |address: std::net::SocketAddr, name: &Option<String>| match name {
        Some(name) => format!("{} ({address})", clean::line(name)),
        None => address.to_string(),
    };
    let [there, back] = flow.bytes.map(|n| words.count(n));
    words.say(
        "inspect-destination",
        &[
            ("transport", flow.flow.transport.to_string()),
            ("from", end(flow.flow.from, &flow.names[0])),
            ("to", end(flow.flow.to, &flow.names[1])),
            ("there", there),
            ("back", back),
        ],
    )
}

/// What could not be read of a file, and where it ends too early.
pub(crate) fn damages(words: &Words, file: &CaptureFile) -> Vec<String> {
    let mut lines: Vec<String> = file
        .damages
        .iter()
        .map(|damage| {
            let offset = ("offset", words.count(damage.offset));
            let why = ("why", clean::line(&damage.why));
            match damage.skipped {
                Some(n) => {
                    let args = [offset, why, ("n", words.count(n))];
                    words.say("inspect-damage-skipped", &args)
                }
                None => words.say("inspect-damage", &[offset, why]),
            }
        })
        .collect();
    if let Some(offset) = file.cut {
        lines.push(words.say("inspect-cut-file", &[("offset", words.count(offset))]));
    }
    lines
}

fn left_out(words: &Words, inspected: &Inspected) -> Vec<String> {
    let mut lines = damages(words, &inspected.file);
    let left = &inspected.inspection.left_out;
    let mut count = |id: &str, n: u64, more: &[(&str, String)]| {
        if n > 0 {
            let args = [&[("n", words.count(n))], more].concat();
            lines.push(words.say(id, &args));
        }
    };
    let first = [("first", words.count(left.malformed_first))];
    count("inspect-malformed", left.malformed, &first);
    let link = [("link", left.link_type.to_string())];
    count("inspect-link-layer", left.link_layer, &link);
    count("inspect-not-ip", left.not_ip, &[]);
    let first = [("first", words.count(left.carriers_first))];
    count("inspect-carriers", left.carriers, &first);
    count("inspect-fragments", left.fragments, &[]);
    count("inspect-cut", left.cut, &[]);
    count("inspect-without-time", left.without_time, &[]);
    let first = [("first", words.count(left.back_in_time_first))];
    count("inspect-back-in-time", left.back_in_time, &first);
    count("inspect-evicted", left.flows_evicted, &[]);
    count("inspect-streams", left.streams, &[]);
    count("inspect-findings-left", left.findings, &[]);
    count("inspect-names-left", left.names, &[]);
    lines
}
