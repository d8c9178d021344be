//! From what was counted of a flow to findings.

use std::net::SocketAddr;

use crate::findings::{Finding, FlowName, KnownBy, What};
use crate::flow::Flow;
use crate::stream::{Level, Mark, Stream, codec};
use crate::table::Key;

/// An extension's value has to move over this many levels to be one; a name of one letter, a camera's
/// turn or a layer's number do not.
const LEVELS_MIN: u32 = 8;
/// Sizes of one source that are not called varying: one, one for the last frame, one for silence.
const SIZES_MAX: u32 = 3;
/// Something has to happen this often to be called a habit.
const TIMES_MIN: u64 = 3;

/// Hands on what a flow shows. `codecs` are the payload types' names that signalling gave.
pub(crate) fn flow(
    key: &Key,
    flow: &Flow,
    streams: &[Stream],
    named: impl Fn(u8) -> Option<String>,
    on: &mut impl FnMut(Finding),
) {
    let ends = key.ends();
    let name = |up: bool| {
        let (from, to): (SocketAddr, SocketAddr) = match up {
            false => (ends[0], ends[1]),
            true => (ends[1], ends[0]),
        };
        FlowName {
            transport: key.transport(),
            from,
            to,
        }
    };
    let mut say = |up: bool, mark: &Mark, what: What, rfc: &'static str| {
        if mark.n > 0 {
            on(Finding {
                what,
                flow: name(up),
                packets: [mark.first, mark.last],
                n: mark.n,
                rfc,
            });
        }
    };
    let (version, rfc) = match flow.dtls_version {
        0xFEFF => ("1.0", "RFC 8996"),
        0xFEFC => ("1.3", "RFC 9147, section 5"),
        _ => ("1.2", "RFC 6347, section 4.1"),
    };
    say(false, &flow.dtls, What::Dtls { version }, rfc);
    let version = flow.quic_version;
    say(
        false,
        &flow.quic,
        What::Quic {
            version,
            server_name: flow.open.as_ref().and_then(|open| open.quic_name.clone()),
        },
        "RFC 9000, section 17.2",
    );
    if let Some(open) = &flow.open {
        let version = match open.tls_version {
            0x0301 => Some("1.0"),
            0x0302 => Some("1.1"),
            0x0303 => Some("1.2"),
            0x0304 => Some("1.3"),
            _ => None,
        };
        let rfc = match version {
            Some("1.0" | "1.1") => "RFC 8996",
            _ => "RFC 6066, section 3",
        };
        let tls = What::Tls {
            version,
            server_name: open.server_name.clone(),
        };
        say(open.up, &open.tls, tls, rfc);
        let request = What::ClearRequest {
            request: open.http_request.clone(),
            host: open.http_host.clone(),
        };
        say(open.up, &open.http, request, "RFC 9112, section 3");
        say(
            open.up,
            &open.sip,
            What::ClearSignalling,
            "RFC 3261, section 7",
        );
        say(
            open.up,
            &open.keys,
            What::KeysInSignalling,
            "RFC 4568, section 6.1",
        );
    }
    for stream in streams.iter().filter(|stream| stream.is_rtp()) {
        source(flow, stream, &named, &mut |mark, what, rfc| {
            say(stream.up, mark, what, rfc);
        });
    }
}

/// What one source shows.
fn source(
    flow: &Flow,
    stream: &Stream,
    named: &impl Fn(u8) -> Option<String>,
    say: &mut impl FnMut(&Mark, What, &'static str),
) {
    let ssrc = stream.ssrc;
    let payload_type = stream.main_type();
    let mostly = |n: u64| stream.n_checked >= 4 && n * 5 >= stream.n_checked * 4;
    let by_dtls = flow.dtls.n > 0;
    let plain = mostly(stream.n_plain) && !by_dtls;
    let tagged = mostly(stream.n_tagged);
    let encrypted = by_dtls || tagged;
    if plain {
        let known = codec(payload_type).unwrap_or_default().to_owned();
        let what = What::PlainSound {
            ssrc,
            payload_type,
            codec: named(payload_type).unwrap_or(known),
            seconds: stream.plain_ns as f64 / 1e9,
        };
        let rfc = match payload_type {
            96.. => "RFC 7587, section 4",
            _ => "RFC 3551, section 6",
        };
        say(&stream.all(), what, rfc);
    } else if encrypted {
        let known_by = match by_dtls {
            true => KnownBy::Dtls,
            false => KnownBy::Length,
        };
        let rfc = match known_by {
            KnownBy::Dtls => "RFC 5764, section 5",
            KnownBy::Length => "RFC 3711, section 3.1",
        };
        say(&stream.all(), What::Srtp { ssrc, known_by }, rfc);
    } else {
        let what = What::Rtp { ssrc, payload_type };
        say(&stream.all(), what, "RFC 3550, section 5.1");
    }
    say(
        &stream.cryptex,
        What::Cryptex { ssrc },
        "RFC 9335, section 5",
    );
    if stream.is_video() {
        return;
    }
    for level in stream.levels.iter().filter(|l| is_level(l)) {
        let what = What::AudioLevel {
            ssrc,
            extension: level.id,
            values: level.n_values(),
            voice_share: level.n_voice as f64 / level.mark.n as f64,
            encrypted_payload: encrypted,
        };
        say(&level.mark, what, "RFC 6464, section 3");
    }
    let mut habit = |mark: &Mark, what: What, rfc: &'static str| {
        if mark.n >= TIMES_MIN {
            say(mark, what, rfc);
        }
    };
    habit(
        &stream.gaps,
        What::VoiceActivityByGaps { ssrc },
        "RFC 6562, section 4",
    );
    habit(
        &stream.spurts,
        What::VoiceActivityByMarker { ssrc },
        "RFC 3551, section 4.1",
    );
    let comfort_noise = What::ComfortNoise { ssrc };
    habit(&stream.comfort_noise, comfort_noise, "RFC 3389, section 4");
    habit(
        &stream.events,
        What::TelephoneEvents {
            ssrc,
            keys: stream.n_keys,
        },
        "RFC 4733, section 2.3",
    );
    let among_longer = stream.size_max >= 2 * crate::stream::SILENCE_MAX
        && stream.small.n * 20 <= stream.n * 19
        && stream.events.n * 2 < stream.small.n.max(1);
    if among_longer {
        habit(
            &stream.small,
            What::SilenceFrames { ssrc },
            "RFC 6716, section 2.1.9",
        );
    }
    if stream.n_sizes() > SIZES_MAX && stream.n >= 20 {
        let what = What::SizesVary {
            ssrc,
            min: stream.size_min,
            max: stream.size_max,
            sizes: stream.n_sizes(),
        };
        say(&stream.all(), what, "RFC 6562, section 3");
    }
}

fn is_level(level: &Level) -> bool {
    level.n_values() >= LEVELS_MIN
}
