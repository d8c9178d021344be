//! Records: every field of every kind, by what it is.

use record::{
    Body, Bytes, CameraHolder, Carried, RecordStream, Requested, Socket, WEBSITE_ORIGIN, WebAnswer,
    WebReply,
};

use super::names::Names;

/// Parts of a recipe, and what else a person is asked.
const PARTS: &[&str] = &[
    "setup",
    "launch",
    "join",
    "camera_off",
    "mute",
    "unmute",
    "quit",
    "confirm",
    "outside",
];
/// Libraries that hand sound over, encode and encrypt, as we call them.
pub(super) const LIBRARIES: &[&str] = &[
    "libpulse",
    "libpulse-simple",
    "libasound",
    "libpipewire",
    "libjack",
    "opus_encode",
    "opus_encode_float",
    "openssl",
    "gnutls",
    "nss",
    "srtp_protect",
    "rtp_log",
];
/// Methods of HTTP (RFC 9110, section 9.3; RFC 5789).
const METHODS: &[&str] = &[
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];
const SCHEMES: &[&str] = &["http", "https"];
const PROTOCOLS: &[&str] = &["tcp", "udp", "tcp6", "udp6"];
/// States of sockets, as the kernel has them.
const STATES: &[&str] = &[
    "Established",
    "SynSent",
    "SynRecv",
    "FinWait1",
    "FinWait2",
    "TimeWait",
    "Close",
    "CloseWait",
    "LastAck",
    "Listen",
    "Closing",
    "NewSynRecv",
];
const CHILDREN: &[&str] = &["app", "peer", "sink", "sound server"];
/// Identities that a desktop leaves out of its indicator: which one was claimed is what a remark says.
const INDICATOR_IDS: &[&str] = &["org.gnome.VolumeControl", "org.PulseAudio.pavucontrol"];
/// What the traced calls' first line begins with: from then on they were seen.
const WATCHING: &str = "watching ";

/// What is left of a record.
pub(super) fn redacted(body: &Body, names: &Names) -> Body {
    let name = |text: &String| names.name(text);
    let maybe = |text: &Option<String>| text.as_deref().map(|text| names.name(text));
    let library = |text: &String| names.known(text, LIBRARIES);
    match body.clone() {
        Body::Attached { note } => Body::Attached {
            note: match note.strip_prefix(WATCHING) {
                Some(what) => format!("{WATCHING}{}", names.name(what)),
                None => name(&note),
            },
        },
        Body::Unavailable { why } => Body::Unavailable { why: name(&why) },
        Body::Detached { why } => Body::Detached { why: maybe(&why) },
        Body::Gap { span, lost, why } => Body::Gap {
            span,
            lost,
            why: name(&why),
        },
        Body::ClockPair {
            realtime_ns,
            bracket_ns,
        } => Body::ClockPair {
            realtime_ns,
            bracket_ns,
        },
        Body::PhaseBegin {
            phase,
            player,
            latency_ns,
        } => Body::PhaseBegin {
            phase,
            player,
            latency_ns,
        },
        Body::PhaseEnd { phase, player } => Body::PhaseEnd { phase, player },
        Body::Recording {
            stretch,
            label,
            recording,
            sha256,
        } => Body::Recording {
            stretch,
            label: name(&label),
            recording: name(&recording),
            sha256: names.hash(&sha256),
        },
        Body::Played {
            phase,
            player,
            samples,
        } => Body::Played {
            phase,
            player,
            samples,
        },
        Body::Underrun { samples } => Body::Underrun { samples },
        Body::Levels {
            hop_ns,
            rms_dbfs,
            peak_dbfs,
        } => Body::Levels {
            hop_ns,
            rms_dbfs,
            peak_dbfs,
        },
        Body::Bands { hop_ns, rms_dbfs } => Body::Bands { hop_ns, rms_dbfs },
        Body::Step {
            part,
            step,
            took_ns,
            failed,
        } => Body::Step {
            part: names.known(&part, PARTS),
            step: name(&step),
            took_ns,
            failed: maybe(&failed),
        },
        Body::MuteAsked { muted } => Body::MuteAsked { muted },
        Body::MuteSaid { muted, said } => Body::MuteSaid {
            muted,
            said: name(&said),
        },
        Body::WordSaid { of, muted, said } => Body::WordSaid {
            of: name(&of),
            muted,
            said: name(&said),
        },
        Body::Asked { part, what } => Body::Asked {
            part: names.known(&part, PARTS),
            what: name(&what),
        },
        Body::PersonSaid { word } => Body::PersonSaid { word },
        Body::Streams { streams } => Body::Streams {
            streams: streams.iter().map(|s| stream(s, names)).collect(),
        },
        Body::SourcesMuted { sources } => Body::SourcesMuted {
            sources: sources.iter().map(name).collect(),
        },
        Body::BusCall {
            service,
            interface,
            member,
            error,
            said,
        } => Body::BusCall {
            service: name(&service),
            interface: name(&interface),
            member: name(&member),
            error: maybe(&error),
            said,
        },
        Body::Reads {
            hop_ns,
            door,
            command,
            pid,
            calls,
            bytes,
            distinct,
            silent,
            rms_dbfs,
            peak_dbfs,
            hash,
        } => Body::Reads {
            hop_ns,
            door: library(&door),
            command: name(&command),
            pid,
            calls,
            bytes,
            distinct,
            silent,
            rms_dbfs,
            peak_dbfs,
            hash: hash.map(|hash| names.hash(&hash)),
        },
        Body::KeptAudio {
            file,
            door,
            command,
            pid,
            missing,
        } => Body::KeptAudio {
            file: name(&file),
            door: library(&door),
            command: name(&command),
            pid,
            missing,
        },
        Body::Encoded {
            hop_ns,
            codec,
            command,
            pid,
            calls,
            rms_dbfs,
        } => Body::Encoded {
            hop_ns,
            codec: library(&codec),
            command: name(&command),
            pid,
            calls,
            rms_dbfs,
        },
        Body::Plaintext {
            library: by,
            command,
            pid,
            connection,
            bytes,
            data: _,
            masked,
            carried: by_what,
        } => Body::Plaintext {
            library: library(&by),
            command: name(&command),
            pid,
            connection,
            bytes,
            data: Bytes::default(),
            masked,
            carried: by_what.map(|by_what| carried(&by_what, names)),
        },
        // How many rows there were stays known.
        Body::Row { values: _ } => Body::Row {
            values: Default::default(),
        },
        Body::Owner {
            socket,
            command,
            pid,
            protocol,
            local,
            remote,
        } => Body::Owner {
            socket,
            command: name(&command),
            pid,
            protocol: of_protocol(&protocol, names),
            local: names.address(&local),
            remote: remote.map(|remote| names.address(&remote)),
        },
        Body::ReadsRunning {
            door,
            command,
            running,
        } => Body::ReadsRunning {
            door: library(&door),
            command: name(&command),
            running,
        },
        Body::Sockets { sockets } => Body::Sockets {
            sockets: sockets.iter().map(|s| socket(s, names)).collect(),
        },
        Body::Programs { at, commands } => Body::Programs {
            at,
            commands: commands.iter().map(name).collect(),
        },
        Body::Package {
            file,
            moment,
            failed,
        } => Body::Package {
            file: name(&file),
            moment,
            failed: maybe(&failed),
        },
        Body::Remains {
            path,
            how,
            bytes,
            text: _,
        } => Body::Remains {
            path: name(&path),
            how,
            bytes,
            text: None,
        },
        Body::WebAsked {
            at,
            listener,
            tls,
            answers,
        } => Body::WebAsked {
            at,
            listener: names.address(&listener),
            tls,
            answers: answers.into_iter().map(|a| web(a, names)).collect(),
        },
        Body::Cameras { holders } => Body::Cameras {
            holders: holders
                .iter()
                .map(|CameraHolder { device, command }| CameraHolder {
                    device: name(device),
                    command: name(command),
                })
                .collect(),
        },
        Body::Windows { shows, hides } => {
            let all = |texts: &[String]| texts.iter().map(&name).collect();
            Body::Windows {
                shows: all(&shows),
                hides: all(&hides),
            }
        }
        Body::Attended {
            phase,
            code,
            block,
            failed,
        } => Body::Attended {
            phase,
            code,
            block,
            failed: maybe(&failed),
        },
        Body::Grid { at_send } => Body::Grid {
            at_send: at_send.map(|flow| match flow.split_once(' ') {
                Some((protocol, end)) => {
                    let (protocol, end) = (of_protocol(protocol, names), names.address(end));
                    format!("{protocol} {end}")
                }
                None => name(&flow),
            }),
        },
        Body::Decided { why } => Body::Decided { why: name(&why) },
        Body::Accessed {
            log,
            app,
            span,
            ended,
        } => Body::Accessed {
            log: name(&log),
            app: name(&app),
            span,
            ended,
        },
        Body::LogRead {
            log,
            at_ns,
            span_ns,
            east_s,
            undated,
            unread,
            unread_first,
            unread_why,
        } => Body::LogRead {
            log: name(&log),
            at_ns,
            span_ns,
            east_s,
            undated,
            unread,
            unread_first,
            unread_why: name(&unread_why),
        },
        Body::Aligned {
            offset_ns,
            drift_ppb,
            candidates,
            drifts,
            beyond_chance,
        } => Body::Aligned {
            offset_ns,
            drift_ppb,
            candidates,
            drifts,
            beyond_chance,
        },
        Body::NameAsked { name: asked, kind } => Body::NameAsked {
            name: name(&asked),
            kind,
        },
        Body::Requested(request) => Body::Requested(Box::new(requested(&request, names))),
        Body::Sent {
            local,
            remote,
            tls,
            bytes,
            data: _,
        } => Body::Sent {
            local: names.address(&local),
            remote: names.address(&remote),
            tls,
            bytes,
            data: Bytes::default(),
        },
        Body::Refused {
            local,
            remote,
            server_name,
            how,
            why,
        } => Body::Refused {
            local: names.address(&local),
            remote: names.address(&remote),
            server_name: maybe(&server_name),
            how,
            why: maybe(&why),
        },
        Body::Exited { child, how } => Body::Exited {
            child: names.known(&child, CHILDREN),
            how: ended(&how, names),
        },
        Body::Failed { failure, why } => Body::Failed {
            failure,
            why: name(&why),
        },
        Body::Finished => Body::Finished,
        Body::Unknown => Body::Unknown,
    }
}

/// `exit code 1`, `signal 9`.
fn ended(how: &str, names: &Names) -> String {
    let number = ["exit code ", "signal "].into_iter().find_map(|kind| {
        let number: u32 = how.strip_prefix(kind)?.parse().ok()?;
        Some(format!("{kind}{number}"))
    });
    number.unwrap_or_else(|| names.name(how))
}

/// A name of a list, or a number.
fn of_protocol(protocol: &str, names: &Names) -> String {
    match protocol.parse::<u32>() {
        Ok(number) => number.to_string(),
        Err(_) => names.known(protocol, PROTOCOLS),
    }
}

/// That there was a request, by which method, to whom, and how long it was: nothing of what it said.
fn requested(request: &Requested, names: &Names) -> Requested {
    let Requested {
        local,
        remote,
        tls,
        method,
        scheme,
        host,
        path_and_query: _,
        headers: _,
        bytes,
        data: _,
    } = request;
    Requested {
        local: names.address(local),
        remote: names.address(remote),
        tls: *tls,
        method: names.known(method, METHODS),
        scheme: names.known(scheme, SCHEMES),
        host: names.name(host),
        path_and_query: String::new(),
        headers: Vec::new(),
        bytes: *bytes,
        data: Bytes::default(),
    }
}

fn stream(stream: &RecordStream, names: &Names) -> RecordStream {
    let RecordStream {
        index,
        application,
        binary,
        application_id,
        source,
        corked,
        muted,
    } = stream;
    RecordStream {
        index: *index,
        application: names.name(application),
        binary: binary.as_deref().map(|binary| names.name(binary)),
        application_id: application_id
            .as_deref()
            .map(|id| names.known(id, INDICATOR_IDS)),
        source: names.name(source),
        corked: *corked,
        muted: *muted,
    }
}

fn socket(socket: &Socket, names: &Names) -> Socket {
    let Socket {
        protocol,
        local,
        remote,
        state,
        command,
    } = socket;
    Socket {
        protocol: of_protocol(protocol, names),
        local: names.address(local),
        remote: names.address(remote),
        state: names.known(state, STATES),
        command: command.as_deref().map(|command| names.name(command)),
    }
}

/// Whom an answer may be read by is kept; what it holds is not.
fn web(answer: WebAnswer, names: &Names) -> WebAnswer {
    let WebAnswer { request, reply } = answer;
    let reply = match reply {
        WebReply::NoConnection { why } => WebReply::NoConnection {
            why: names.name(&why),
        },
        WebReply::Nothing => WebReply::Nothing,
        WebReply::Other { bytes, first: _ } => WebReply::Other {
            bytes,
            first: Bytes::default(),
        },
        WebReply::Http {
            status,
            allow_origin,
            allow_private_network,
            web_socket,
            bytes,
            first: _,
        } => WebReply::Http {
            status,
            allow_origin: allow_origin
                .map(|origin| names.known(&origin, &["*", "null", WEBSITE_ORIGIN])),
            allow_private_network,
            web_socket,
            bytes,
            first: Bytes::default(),
        },
        WebReply::Unknown => WebReply::Unknown,
    };
    WebAnswer { request, reply }
}

fn carried(carried: &Carried, names: &Names) -> Carried {
    let Carried {
        protocol,
        local,
        remote,
        from_seq,
        to_seq,
    } = carried;
    Carried {
        protocol: of_protocol(protocol, names),
        local: names.address(local),
        remote: names.address(remote),
        from_seq: *from_seq,
        to_seq: *to_seq,
    }
}
