//! What a browser or a page told of its own calls, and requests that were written down, for people and programs.

use dataflow::{Channel, Contact, Facts};
use inspect::dump::{Connection, Dump, DumpKind, Figures, Row, Track, TrackKind, figures, rows};
use schemars::JsonSchema;
use serde::Serialize;

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::page::Page;

/// Rows of a table over time.
const ROWS: usize = 20;
/// Hosts in the text; the JSON has more.
const HOSTS_SHOWN: usize = 30;

/// What was told by a tool, and no packet.
#[derive(Debug, Clone, Copy)]
pub enum Told<'a> {
    /// By a browser, or by a page.
    Dump(&'a Dump),
    /// Requests, in an HTTP Archive.
    Har(&'a Facts),
}

/// An export of a tool, and what a person says of it.
#[derive(Debug, Clone, Copy)]
pub struct Export<'a> {
    /// The file's name.
    pub name: &'a str,
    /// What it told.
    pub told: Told<'a>,
    /// From when until when a person says that the app was muted, seconds from the first value of each
    /// connection.
    pub muted_s: Option<[f64; 2]>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    schema: u32,
    name: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    browser: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    connections: Vec<ConnectionDocument<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hosts: Vec<Host>,
    unread: u64,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Host {
    host: String,
    requests: u64,
    /// Bytes to it and from it, where they are told.
    bytes: Option<[u64; 2]>,
    /// Whether something of it was in the clear.
    clear: bool,
}

impl Host {
    fn of(contact: &Contact) -> Host {
        Host {
            host: contact.called(),
            requests: contact.messages.iter().sum(),
            bytes: contact.bytes,
            clear: contact.channels.contains(&Channel::Http),
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ConnectionDocument<'a> {
    name: &'a str,
    page: Option<&'a str>,
    tracks: Vec<TrackDocument<'a>>,
    over_time: Vec<Row>,
    remotes: &'a [inspect::dump::Remote],
    servers: &'a [String],
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct TrackDocument<'a> {
    kind: TrackKind,
    name: &'a str,
    whole: Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    muted: Option<Figures>,
}

/// Where a connection's muted time lies, milliseconds since 1970.
fn muted_ms(connection: &Connection, muted_s: Option<[f64; 2]>) -> Option<[f64; 2]> {
    let [began, _] = connection.span_ms()?;
    muted_s.map(|span| span.map(|s| began + s * 1e3))
}

/// JSON in one line.
pub fn export_of_a_tool_json(export: &Export) -> Result<Vec<u8>, RenderError> {
    let document = match export.told {
        Told::Dump(dump) => Document {
            schema: crate::schema::SCHEMA,
            name: export.name,
            kind: match dump.kind {
                DumpKind::WebrtcInternals => "webrtc_internals",
                DumpKind::Rtcstats => "rtcstats",
            },
            browser: dump.browser.as_deref(),
            connections: {
                let connections = dump.connections.iter();
                connections
                    .map(|connection| document(connection, export.muted_s))
                    .collect()
            },
            hosts: Vec::new(),
            unread: dump.unread,
        },
        Told::Har(facts) => Document {
            schema: crate::schema::SCHEMA,
            name: export.name,
            kind: "har",
            browser: None,
            connections: Vec::new(),
            hosts: facts.contacts.iter().map(Host::of).collect(),
            unread: facts.left_out.entries,
        },
    };
    Ok(clean::json_line(&serde_json::to_string(&document)?))
}

fn document<'a>(connection: &'a Connection, muted_s: Option<[f64; 2]>) -> ConnectionDocument<'a> {
    let whole = connection.span_ms().unwrap_or_default();
    let muted = muted_ms(connection, muted_s);
    let track = |track: &'a Track| TrackDocument {
        kind: track.kind,
        name: &track.name,
        whole: figures(track, whole),
        muted: muted.map(|span| figures(track, span)),
    };
    ConnectionDocument {
        name: &connection.name,
        page: connection.page.as_deref(),
        tracks: connection.tracks.iter().map(track).collect(),
        over_time: rows(connection, ROWS),
        remotes: &connection.remotes,
        servers: &connection.servers,
    }
}

/// A page of text.
pub fn export_of_a_tool(export: &Export, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let text = match export.told {
        Told::Dump(dump) => dump_page(&words, export, dump),
        Told::Har(facts) => har_page(&words, export, facts),
    };
    words.done(text.into_bytes())
}

fn dump_page(words: &Words, export: &Export, dump: &Dump) -> String {
    let mut page = Page::default();
    page.line(&clean::line(export.name));
    let (kind, whose) = match dump.kind {
        DumpKind::WebrtcInternals => ("dump-is-internals", "dump-limit-internals"),
        DumpKind::Rtcstats => ("dump-is-rtcstats", "dump-limit-rtcstats"),
    };
    page.wrapped("", &words.t(kind));
    if let Some(browser) = &dump.browser {
        let browser = [("browser", clean::line(browser))];
        page.wrapped("", &words.say("dump-browser", &browser));
    }
    if dump.connections.iter().all(|c| c.tracks.is_empty()) {
        page.gap();
        page.wrapped("", &words.t("dump-no-sound"));
    }
    for connection in &dump.connections {
        connection_part(words, &mut page, connection, export.muted_s);
    }
    let mut limits = vec![words.t(whose), words.t("dump-limit-level")];
    limits.extend(unread(words, dump.unread));
    page.list(&words.t("dump-not-shown"), &limits);
    page.out
}

fn unread(words: &Words, n: u64) -> Option<String> {
    (n > 0).then(|| words.say("dump-unread", &[("n", words.count(n))]))
}

fn connection_part(
    words: &Words,
    page: &mut Page,
    connection: &Connection,
    muted_s: Option<[f64; 2]>,
) {
    let url = connection.page.as_deref().map(clean::line);
    let title = [
        ("name", clean::line(&connection.name)),
        ("page", url.unwrap_or_else(|| words.t("dump-page-unknown"))),
    ];
    let title = words.say("dump-connection", &title);
    let whole = connection.span_ms().unwrap_or_default();
    let tracks = |span| -> Vec<String> {
        let all = connection.tracks.iter();
        all.map(|track| track_line(words, track, span)).collect()
    };
    page.list(&title, &tracks(whole));
    if let (Some(span), Some([from, to])) = (muted_ms(connection, muted_s), muted_s) {
        let seconds = [("from", words.short(from)), ("to", words.short(to))];
        page.list(&words.say("dump-while-muted", &seconds), &tracks(span));
    }
    let over_time: Vec<String> = rows(connection, ROWS)
        .iter()
        .map(|row| row_line(words, whole[0], row))
        .collect();
    page.list(&words.t("dump-over-time"), &over_time);
    let remotes = connection.remotes.iter().map(|remote| {
        let address = match remote.address.as_str() {
            "" => words.t("dump-address-unknown"),
            address => format!("{}:{}", clean::line(address), remote.port),
        };
        let line = [
            ("address", address),
            ("transport", clean::line(&remote.transport)),
            ("candidate", clean::line(&remote.candidate)),
            ("bytes", words.count(remote.sent)),
        ];
        words.say("dump-remote", &line)
    });
    let servers = connection.servers.iter().map(|server| {
        let server = [("server", clean::line(server))];
        words.say("dump-server", &server)
    });
    let hosts = shown(words, remotes.chain(servers).collect());
    page.list(&words.t("dump-hosts"), &hosts);
}

fn shown(words: &Words, mut hosts: Vec<String>) -> Vec<String> {
    let more = hosts.len().saturating_sub(HOSTS_SHOWN) as u64;
    if more > 0 {
        hosts.truncate(HOSTS_SHOWN);
        hosts.push(words.say("inspect-more", &[("n", words.count(more))]));
    }
    hosts
}

fn track_line(words: &Words, track: &Track, span: [f64; 2]) -> String {
    let id = match track.kind {
        TrackKind::Source => "dump-source",
        TrackKind::Sent => "dump-sent",
        TrackKind::Received => "dump-received",
    };
    let name = [("name", clean::line(&track.name))];
    let Figures {
        levels,
        zero,
        level,
        bits_per_s,
    } = figures(track, span);
    let mut told = Vec::new();
    if let (Some(_), true) = (level, zero == levels) {
        told.push(words.say("dump-level-silent", &[("n", words.count(levels))]));
    } else if let Some([low, high]) = level {
        let args = [
            ("low", self::level(words, low)),
            ("high", self::level(words, high)),
            ("zero", words.count(zero)),
            ("n", words.count(levels)),
        ];
        told.push(words.say("dump-level", &args));
    }
    if let Some(bits) = bits_per_s {
        told.push(words.say("dump-rate", &[("rate", words.number(bits / 1e3, 1))]));
    }
    if told.is_empty() {
        told.push(words.t("dump-nothing-told"));
    }
    format!("{}: {}", words.say(id, &name), told.join("; "))
}

/// A level of 1 is full scale.
fn level(words: &Words, level: f64) -> String {
    match level > 0.0 {
        true => {
            let dbfs = words.number(20.0 * level.log10(), 1);
            words.say("dump-dbfs", &[("dbfs", dbfs)])
        }
        false => words.t("dump-silence"),
    }
}

fn row_line(words: &Words, began_ms: f64, row: &Row) -> String {
    let mut told = Vec::new();
    match row.source {
        Some(source) if source > 0.0 => {
            let source = [("level", level(words, source))];
            told.push(words.say("dump-row-source", &source));
        }
        Some(_) => told.push(words.t("dump-row-silent")),
        None => {}
    }
    for (id, bits) in [
        ("dump-row-sent", row.sent_bits_per_s),
        ("dump-row-received", row.received_bits_per_s),
    ] {
        if let Some(bits) = bits {
            told.push(words.say(id, &[("rate", words.number(bits / 1e3, 1))]));
        }
    }
    if told.is_empty() {
        told.push(words.t("dump-nothing-told"));
    }
    let s = |ms: f64| words.number((ms - began_ms) / 1e3, 0);
    let args = [
        ("from", s(row.from_ms)),
        ("to", s(row.to_ms)),
        ("told", told.join(", ")),
    ];
    words.say("dump-row", &args)
}

fn har_page(words: &Words, export: &Export, facts: &Facts) -> String {
    let mut page = Page::default();
    page.line(&clean::line(export.name));
    page.wrapped("", &words.t("dump-is-har"));
    let host = |contact: &Contact| {
        let of = Host::of(contact);
        let id = if of.clear {
            "dump-host-clear"
        } else {
            "dump-host"
        };
        let [there, back] = of.bytes.unwrap_or_default();
        let line = [
            ("host", clean::line(&of.host)),
            ("n", words.count(of.requests)),
            ("there", words.count(there)),
            ("back", words.count(back)),
        ];
        words.say(id, &line)
    };
    let hosts = facts.contacts.iter().map(host).collect();
    page.list(&words.t("dump-hosts"), &shown(words, hosts));
    let mut limits = vec![words.t("dump-limit-har")];
    limits.extend(unread(words, facts.left_out.entries));
    page.list(&words.t("dump-not-shown"), &limits);
    page.out
}
