//! The network that answers everything: its process on the peer's side, and what it tells.
//!
//! What it tells is about bytes of the app's, which it alone parses. So it is believed no more than the app: lines
//! are bounded, and become records of its own kind only.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use recipe::Recipe;
use record::{Body, Bytes, Failure, MonotonicNs, Refusal, Requested, Source, Span};
use sink::{Authority, Event as Told, LINE_MAX, PORTS, Setup};
use stage::net::{APP_ADDRESS, PEER_ADDRESS};
use stage::{Side, nss};
use wire::secrets;

use crate::event::{Event, Stop};
use crate::log::Log;

/// Name of the hidden command that the sink is behind.
pub(crate) const SINK_COMMAND: &str = "__sink";

/// Where the peer's side sees the program.
pub(crate) const SIDE_PROGRAM: &str = "/sink/muteproof";

/// Name of the program in records.
pub(crate) const NAME: &str = "sink";

/// How long it may take to come up.
const UP_WITHIN: Duration = Duration::from_secs(20);

/// Bytes of a text of the app's that are kept.
const TEXT_MAX: usize = 64 << 10;

/// The running sink, or who stands in its place.
pub(crate) struct Sink(Child);

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the sink on the peer's side; returns when everything is answered.
pub(crate) fn start(
    peer: &Side,
    authority: Authority,
    recipe: &Recipe,
    planted: Vec<String>,
    log: &Log,
    tell: &Sender<Event>,
) -> Result<Sink, Stop> {
    let failed = |why: String| Stop::new(Failure::Stage, format!("the sink: {why}"));
    // Where the recipe has a server, the app shall find that one.
    let of_the_recipe = |port: &u16| recipe.remote.iter().any(|r| r.port == Some(*port));
    let setup = Setup {
        authority,
        app: APP_ADDRESS.parse().expect("an address"),
        ports: PORTS
            .iter()
            .copied()
            .filter(|port| !of_the_recipe(port))
            .collect(),
    };
    let argv = [SIDE_PROGRAM.to_owned(), SINK_COMMAND.to_owned()];
    let mut command = peer.command(&argv);
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|e| failed(e.to_string()))?;
    let mut line = serde_json::to_vec(&setup).expect("plain data");
    line.push(b'\n');
    let pipe = child.stdin.as_mut().expect("piped");
    pipe.write_all(&line).map_err(|e| failed(e.to_string()))?;
    heard(child, NAME, planted, log, tell)
}

/// Writes down what a process tells from here on; returns when it says that it is up. `name` is its name in records.
pub(crate) fn heard(
    mut child: Child,
    name: &'static str,
    planted: Vec<String>,
    log: &Log,
    tell: &Sender<Event>,
) -> Result<Sink, Stop> {
    let failed = |why: String| Stop::new(Failure::Stage, format!("{name}: {why}"));
    let stdout = child.stdout.take().expect("piped");
    let sink = Sink(child);
    let (is_up, up) = channel();
    let (log, tell) = (log.clone(), tell.clone());
    thread::spawn(move || {
        let how = follow(stdout, name, &planted, &log, || {
            let _ = is_up.send(());
        });
        let child = name.to_owned();
        let _ = tell.send(Event::Exited { child, how });
    });
    match up.recv_timeout(UP_WITHIN) {
        Ok(()) => Ok(sink),
        Err(RecvTimeoutError::Timeout) => Err(failed(format!(
            "it did not come up within {} s",
            UP_WITHIN.as_secs()
        ))),
        Err(RecvTimeoutError::Disconnected) => Err(failed("it ended at once".to_owned())),
    }
}

/// Puts the authority where only the app's own user can: what could not be done is a fact.
pub(crate) fn trust(app: &Side, log: &Log) {
    if let Err(why) = nss::trust(app) {
        let note = format!("no database of authorities for Chromium: {why}");
        log.record(stage::clock::now(), Source::Sink, Body::Attached { note });
    }
}

/// Writes down what the sink tells, until it ends; how it did.
fn follow(stdout: ChildStdout, name: &str, planted: &[String], log: &Log, up: impl Fn()) -> String {
    // Who planted them looks for them later, whatever the field is called in which they lie.
    let planted: Vec<&[u8]> = planted.iter().map(String::as_bytes).collect();
    let mut lines = BufReader::new(stdout);
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.by_ref().take(LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) => return "its output ended".to_owned(),
            Ok(_) => {}
            Err(e) => return e.to_string(),
        }
        let Ok(told) = serde_json::from_slice(&line) else {
            return "it said what cannot be read".to_owned();
        };
        if let Told::Ready { .. } = told {
            up();
        }
        let (t, body) = fact(told, name, &planted);
        log.record(t, Source::Sink, body);
    }
}

/// What was told by who has this name, as a fact.
fn fact(told: Told, name: &str, planted: &[&[u8]]) -> (MonotonicNs, Body) {
    let now = stage::clock::now();
    // A moment that has not come yet is none.
    let at = |t: u64| MonotonicNs(t.min(now.0));
    match told {
        Told::Ready { taken } => {
            let note = match &taken[..] {
                [] if name != NAME => format!("connections over TCP lead through {name}"),
                [] => format!("every name and address leads to {PEER_ADDRESS}, and is answered"),
                taken => {
                    let ports: Vec<String> = taken.iter().map(u16::to_string).collect();
                    format!(
                        "not answered, as others listen there: port {}",
                        ports.join(", ")
                    )
                }
            };
            (now, Body::Attached { note })
        }
        Told::Name { t, name, kind } => (
            at(t),
            Body::NameAsked {
                name: cut(name),
                kind,
            },
        ),
        Told::Request(request) => (
            at(request.t),
            Body::Requested(Box::new(masked(*request, planted))),
        ),
        Told::Bytes {
            t,
            local,
            remote,
            tls,
            bytes,
            data: Bytes(mut data),
        } => {
            secrets::mask(&mut data, planted);
            let body = Body::Sent {
                local: cut(local),
                remote: cut(remote),
                tls,
                bytes,
                data: Bytes(data),
            };
            (at(t), body)
        }
        Told::Refused {
            t,
            local,
            remote,
            server_name,
            how,
        } => {
            let (how, why) = match how {
                sink::Refusal::Alert(name) => (Refusal::Alert, Some(cut(name))),
                sink::Refusal::Closed => (Refusal::Closed, None),
                sink::Refusal::Silent => (Refusal::Silent, None),
                sink::Refusal::Failed(why) => (Refusal::Failed, Some(cut(why))),
            };
            let body = Body::Refused {
                local: cut(local),
                remote: cut(remote),
                server_name: server_name.map(cut),
                how,
                why,
            };
            (at(t), body)
        }
        Told::Lost { t, events } => {
            let to = at(t);
            let body = Body::Gap {
                // When each came is not known: at most so long ago as lines wait.
                span: Span {
                    from: to.offset(-1_000_000_000),
                    to,
                },
                lost: Some(events),
                why: "more was asked of the sink than could be written down".to_owned(),
            };
            (to, body)
        }
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT_MAX));
    text
}

/// A request without the secrets that stand in the open in it: it is looked at as the message that it was, and
/// stars are as many as what they stand for.
fn masked(request: sink::Request, planted: &[&[u8]]) -> Requested {
    let sink::Request {
        t: _,
        local,
        remote,
        tls,
        method,
        scheme,
        host,
        path_and_query,
        headers,
        bytes,
        body: Bytes(body),
    } = request;
    let mut message = format!("{method} ").into_bytes();
    let path = message.len()..message.len() + path_and_query.len();
    message.extend(path_and_query.bytes());
    message.extend(b" HTTP/1.1\r\n");
    let mut values = Vec::new();
    for (name, value) in &headers {
        message.extend(format!("{name}: ").bytes());
        values.push(message.len()..message.len() + value.len());
        message.extend(value.bytes());
        message.extend(b"\r\n");
    }
    message.extend(b"\r\n");
    let data = message.len()..message.len() + body.len();
    message.extend(body);
    secrets::mask(&mut message, planted);
    let text = |range| String::from_utf8_lossy(&message[range]).into_owned();
    Requested {
        local: cut(local),
        remote: cut(remote),
        tls,
        method: cut(method),
        scheme: cut(scheme),
        host: cut(host),
        path_and_query: text(path),
        headers: headers
            .into_iter()
            .zip(values)
            .map(|((name, _), value)| (name, text(value)))
            .collect(),
        bytes,
        data: Bytes(message[data].to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_request_become_stars_and_the_rest_stays() {
        let request = sink::Request {
            t: 1,
            local: "10.77.0.2:40000".into(),
            remote: "198.18.0.1:443".into(),
            tls: Some(0x0304),
            method: "POST".into(),
            scheme: "https".into(),
            host: "metrics.example.net".into(),
            path_and_query: "/v1?a=b".into(),
            headers: vec![
                ("authorization".into(), "Bearer a-planted-password".into()),
                ("x-device".into(), "B\u{fc}chse".into()),
            ],
            bytes: 15,
            body: Bytes(b"{\"model\":\"One\"}".to_vec()),
        };
        let kept = masked(request, &[]);
        assert!(!kept.headers[0].1.contains("planted"), "{kept:?}");
        assert_eq!(kept.headers[0].1.len(), "Bearer a-planted-password".len());
        assert_eq!(kept.headers[1].1, "B\u{fc}chse");
        assert_eq!(kept.path_and_query, "/v1?a=b");
        assert_eq!(kept.data.0, b"{\"model\":\"One\"}");
    }

    #[test]
    fn the_sink_is_not_believed_in_what_lies_ahead_or_is_too_long() {
        let (t, body) = fact(
            Told::Name {
                t: u64::MAX,
                name: "\u{e4}".repeat(TEXT_MAX),
                kind: 1,
            },
            NAME,
            &[],
        );
        assert!(t <= stage::clock::now());
        let Body::NameAsked { name, .. } = body else {
            panic!("{body:?}")
        };
        assert!(name.len() <= TEXT_MAX);
    }
}
