//! Sources that PipeWire has and `pipewire-pulse` does not tell of.
//!
//! A client of PulseAudio's protocol is told of nodes of three classes, and of what sinks play. Nodes of other
//! classes hear just as well, and PipeWire's own clients record them, or are connected to whatever they like.
//! `pw-dump`, which comes with PipeWire, tells all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use switch::{Graph, Hidden, Source};

/// A server that hangs is not waited for longer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Bytes of a dump: a graph of thousands of nodes.
const DUMP_MAX: u64 = 64 << 20;

const PROGRAM: &str = "pw-dump";

/// Nodes, and which reads from which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nodes {
    nodes: BTreeMap<u32, Node>,
    /// (from, to).
    links: BTreeSet<(u32, u32)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    /// What `pipewire-pulse` has for its number.
    serial: Option<u32>,
    name: String,
    description: String,
    class: String,
    muted: bool,
}

impl Node {
    /// What `pipewire-pulse` calls it by: the serial, which no two objects ever share. An id is another's serial
    /// sooner or later, so it counts only where a node has no serial (an old PipeWire).
    fn number(&self, id: u32) -> u32 {
        self.serial.unwrap_or(id)
    }
}

/// Asks for the graph; what is not among `listed` is hidden.
pub fn look(listed: &[Source]) -> Graph {
    match dump().and_then(|bytes| Nodes::parse(&bytes)) {
        Ok(nodes) => Graph::Seen(nodes.hidden(listed)),
        Err(e) => Graph::NotSeen { why: e.to_string() },
    }
}

/// The graph now.
pub fn nodes() -> io::Result<Nodes> {
    Nodes::parse(&dump()?)
}

fn dump() -> io::Result<Vec<u8>> {
    let mut command = Command::new(PROGRAM);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|e| {
        let why = match e.kind() {
            io::ErrorKind::NotFound => "it is not installed".to_owned(),
            _ => e.to_string(),
        };
        io::Error::other(format!("{PROGRAM}: {why}"))
    })?;
    let out = child.stdout.take();
    let (sender, dumped) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = out.map(|out| out.take(DUMP_MAX).read_to_end(&mut bytes));
        let _ = sender.send(read.unwrap_or(Ok(0)).map(|_| bytes));
    });
    let dumped = dumped.recv_timeout(ANSWERS_WITHIN);
    if dumped.is_err() {
        let _ = child.kill();
    }
    let ended = child.wait()?;
    match dumped {
        Ok(bytes) if ended.success() => bytes,
        Ok(_) => Err(io::Error::other(format!("{PROGRAM} failed ({ended})"))),
        Err(RecvTimeoutError::Timeout) => Err(io::Error::other(format!(
            "{PROGRAM} did not answer within {} s",
            ANSWERS_WITHIN.as_secs()
        ))),
        Err(RecvTimeoutError::Disconnected) => {
            Err(io::Error::other(format!("{PROGRAM} was not read")))
        }
    }
}

#[derive(Deserialize)]
struct Object {
    id: u32,
    #[serde(rename = "type")]
    kind: String,
    info: Option<Info>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Info {
    #[serde(default)]
    props: Option<BTreeMap<String, serde_json::Value>>,
    #[serde(default)]
    params: Option<Params>,
    output_node_id: Option<u32>,
    input_node_id: Option<u32>,
}

#[derive(Default, Deserialize)]
struct Params {
    #[serde(rename = "Props", default)]
    props: Vec<BTreeMap<String, serde_json::Value>>,
}

impl Nodes {
    /// Reads what `pw-dump` wrote.
    pub fn parse(bytes: &[u8]) -> io::Result<Nodes> {
        let objects: Vec<Object> = serde_json::from_slice(bytes)
            .map_err(|e| io::Error::other(format!("{PROGRAM} wrote what cannot be read: {e}")))?;
        let mut nodes = Nodes::default();
        for Object { id, kind, info } in objects {
            let Some(info) = info else { continue };
            match kind.rsplit(':').next() {
                Some("Node") => {
                    nodes.nodes.insert(id, node(&info));
                }
                Some("Link") => {
                    nodes
                        .links
                        .extend(info.output_node_id.zip(info.input_node_id));
                }
                _ => {}
            }
        }
        Ok(nodes)
    }

    /// Whether it is a program's recording.
    fn records(&self, id: u32) -> bool {
        self.nodes
            .get(&id)
            .is_some_and(|node| node.class == "Stream/Input/Audio")
    }

    /// Sources that are not listed, and whatever else programs record from that is neither listed nor what a
    /// sink plays.
    fn hidden(&self, listed: &[Source]) -> Vec<Hidden> {
        let is_listed = |id: u32, node: &Node| {
            let is = |source: &&Source| source.index == node.number(id) && !source.monitor;
            listed.iter().any(|source| is(&source))
        };
        let recorded = |id: u32| {
            let mut links = self.links.iter();
            links.any(|(from, to)| *from == id && self.records(*to))
        };
        let mut hidden = Vec::new();
        for (id, node) in &self.nodes {
            let is_source = ["Audio/Source", "Audio/Duplex"]
                .iter()
                .any(|class| node.class.starts_with(class));
            // A sink's monitor is listed as such.
            let is_sink = node.class.starts_with("Audio/Sink");
            let read = recorded(*id);
            if (is_source || (read && !is_sink)) && !is_listed(*id, node) {
                hidden.push(Hidden {
                    name: node.name.clone(),
                    description: node.description.clone(),
                    muted: node.muted,
                    recorded: read,
                });
            }
        }
        hidden
    }

    /// What a recording reads, by the number that `pipewire-pulse` has for it.
    pub fn read_by(&self, serial: u32) -> Option<String> {
        let mut nodes = self.nodes.iter();
        let (id, _) = nodes.find(|(id, node)| node.number(**id) == serial)?;
        let from = self.links.iter().filter(|(_, to)| to == id);
        let names = from.filter_map(|(from, _)| Some(self.nodes.get(from)?.name.as_str()));
        let names: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
        (!names.is_empty()).then(|| Vec::from_iter(names).join(", "))
    }
}

fn node(info: &Info) -> Node {
    let text = |key: &str| match info.props.as_ref().and_then(|props| props.get(key)) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Number(n)) => n.to_string(),
        _ => String::new(),
    };
    let mut props = info.params.iter().flat_map(|params| &params.props);
    let on = |value: Option<&serde_json::Value>| value == Some(&serde_json::Value::Bool(true));
    Node {
        serial: text("object.serial").parse().ok(),
        name: text("node.name"),
        description: text("node.description"),
        class: text("media.class"),
        muted: props.any(|props| on(props.get("mute")) || on(props.get("softMute"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(index: u32, name: &str, monitor: bool) -> Source {
        Source {
            index,
            name: name.to_owned(),
            description: String::new(),
            muted: true,
            volumes: vec![65_536],
            monitor,
            silent: false,
            recorded: false,
        }
    }

    fn node(id: u32, serial: u32, name: &str, class: &str) -> String {
        format!(
            r#"{{"id":{id},"type":"PipeWire:Interface:Node","info":{{"props":{{"object.serial":{serial},
            "node.name":"{name}","media.class":"{class}"}},"params":{{"Props":[{{"mute":false}},{{"params":[]}}]}}}}}}"#
        )
    }

    fn link(from: u32, to: u32) -> String {
        format!(
            r#"{{"id":99,"type":"PipeWire:Interface:Link","info":{{"output-node-id":{from},"input-node-id":{to}}}}}"#
        )
    }

    #[test]
    fn what_is_not_listed_is_hidden_and_what_is_read_is_named() {
        let text = [
            node(42, 42, "mic", "Audio/Source/Virtual"),
            node(47, 48, "spk", "Audio/Sink"),
            node(37, 56, "inner_mic", "Audio/Source/Internal"),
            node(56, 65, "player", "Stream/Output/Audio"),
            node(57, 66, "phone", "Stream/Output/Audio"),
            node(63, 76, "reader", "Stream/Input/Audio"),
            node(68, 82, "parec", "Stream/Input/Audio"),
            r#"{"id":0,"type":"PipeWire:Interface:Core","info":{"cookie":1}}"#.to_owned(),
            r#"{"id":2,"type":"PipeWire:Interface:Metadata","metadata":[]}"#.to_owned(),
            link(56, 42),
            link(37, 63),
            link(47, 68),
            link(57, 68),
        ];
        let nodes = Nodes::parse(format!("[{}]", text.join(",")).as_bytes()).unwrap();
        let listed = [source(42, "mic", false), source(48, "spk.monitor", true)];
        let hidden = nodes.hidden(&listed);
        let found: Vec<_> = hidden.iter().map(|h| (&*h.name, h.recorded)).collect();
        // A program that plays into another's recording is heard there as a microphone is.
        assert_eq!(found, [("inner_mic", true), ("phone", true)]);
        let read = |serial| nodes.read_by(serial);
        assert_eq!(read(76).as_deref(), Some("inner_mic"));
        assert_eq!(read(82).as_deref(), Some("phone, spk"));
        assert_eq!((read(65), read(1_000)), (None, None));
        // The id of what is hidden may be the serial of what is listed.
        let listed = [source(37, "mic", false)];
        let hidden = nodes.hidden(&listed);
        assert!(hidden.iter().any(|h| h.name == "inner_mic"));
        let why = Nodes::parse(b"pw-dump: oh").unwrap_err().to_string();
        assert!(
            why.starts_with("pw-dump wrote what cannot be read"),
            "{why}"
        );
    }
}
