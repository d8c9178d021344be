//! PipeWire's own view of who reads what: a JACK client or a filter is no stream of PulseAudio's protocol, and
//! shows in the graph only. `pw-dump` writes the graph down, and then whatever changes in it.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde::Deserialize;
use serde_json::Value;
use switch::Readers;

/// A graph that is followed until this is dropped.
pub struct Graph {
    dump: Child,
    objects: Arc<Mutex<Option<Objects>>>,
}

/// What `pw-dump` says of an object; one without `info` is gone, or none of those that matter here.
#[derive(Debug, Clone, Deserialize)]
struct Object {
    id: u32,
    info: Option<Info>,
    metadata: Option<Vec<Meta>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Info {
    props: Option<BTreeMap<String, Value>>,
    output_node_id: Option<u32>,
    input_node_id: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
struct Meta {
    subject: u32,
    key: String,
}

#[derive(Debug, Default)]
struct Objects {
    /// Number of a node → its number for PulseAudio's protocol, and its name.
    nodes: BTreeMap<u32, (u32, String)>,
    /// Number of a link → which node's sound goes to which.
    links: BTreeMap<u32, (u32, u32)>,
    /// Nodes that somebody moved.
    moved: Vec<u32>,
}

impl Objects {
    fn apply(&mut self, changes: Vec<Object>) {
        for object in changes {
            if let Some(metadata) = object.metadata {
                let targets = metadata
                    .iter()
                    .filter(|meta| meta.key.starts_with("target."));
                self.moved = targets.map(|meta| meta.subject).collect();
                continue;
            }
            self.nodes.remove(&object.id);
            self.links.remove(&object.id);
            let Some(info) = object.info else { continue };
            if let (Some(from), Some(to)) = (info.output_node_id, info.input_node_id) {
                self.links.insert(object.id, (from, to));
                continue;
            }
            let props = info.props.unwrap_or_default();
            let name = props.get("node.name").and_then(Value::as_str);
            let serial = props.get("object.serial").and_then(Value::as_u64);
            if let (Some(name), Some(serial)) = (name, serial) {
                let serial = u32::try_from(serial).unwrap_or(u32::MAX);
                self.nodes.insert(object.id, (serial, name.to_owned()));
            }
        }
    }

    fn readers(&self) -> BTreeMap<u32, BTreeMap<u32, String>> {
        let mut readers: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
        for (from, to) in self.links.values() {
            let Some((source, _)) = self.nodes.get(from) else {
                continue;
            };
            // A reader whose node is not known yet is one all the same.
            let reader = self.nodes.get(to).cloned();
            let (reader, name) = reader.unwrap_or_else(|| (u32::MAX, format!("node {to}")));
            readers.entry(*source).or_default().insert(reader, name);
        }
        readers
    }
}

impl Graph {
    /// Starts `dump`, and calls `told` whenever the graph changes.
    pub fn follow(
        mut dump: Command,
        told: impl Fn() -> bool + Send + 'static,
    ) -> std::io::Result<Graph> {
        dump.arg("--monitor")
            .arg("--no-colors")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut dump = dump.spawn()?;
        let objects = Arc::new(Mutex::new(None::<Objects>));
        let (out, shared) = (dump.stdout.take(), objects.clone());
        thread::Builder::new().name("graph".into()).spawn(move || {
            let Some(out) = out else { return };
            let looks = serde_json::Deserializer::from_reader(BufReader::new(out));
            for look in looks.into_iter::<Vec<Object>>() {
                let Ok(changes) = look else { break };
                let mut objects = shared.lock().unwrap_or_else(PoisonError::into_inner);
                objects.get_or_insert_default().apply(changes);
                drop(objects);
                if !told() {
                    return;
                }
            }
            // Of what is not followed any more nothing is known.
            *shared.lock().unwrap_or_else(PoisonError::into_inner) = None;
            told();
        })?;
        Ok(Graph { dump, objects })
    }

    /// Who reads what, if the graph is the one that has these sources.
    pub fn readers(&self, sources: &[u32]) -> Readers {
        let objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(objects) = objects.as_ref() else {
            return Readers::Unknown;
        };
        let has = |source: &u32| objects.nodes.values().any(|(serial, _)| serial == source);
        match sources.iter().all(has) {
            true => Readers::Graph(objects.readers()),
            false => Readers::Unknown,
        }
    }

    /// Whether somebody moved this node.
    pub fn is_moved(&self, node: u32) -> bool {
        let objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects
            .as_ref()
            .is_some_and(|objects| objects.moved.contains(&node))
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        let _ = self.dump.kill();
        let _ = self.dump.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(looks: &[&str]) -> Objects {
        let mut objects = Objects::default();
        for look in looks {
            objects.apply(serde_json::from_str(look).unwrap());
        }
        objects
    }

    #[test]
    fn links_tell_who_reads_what_until_they_are_gone() {
        let nodes = r#"[{"id":0,"type":"PipeWire:Interface:Core","info":{"cookie":1,"props":{}}},
            {"id":30,"info":{"props":{"node.name":"mic1","object.serial":44}}},
            {"id":40,"info":{"props":{"node.name":"jack","object.serial":58}}},
            {"id":5,"props":{},"metadata":[{"subject":40,"key":"target.object","value":1},
                {"subject":0,"key":"default.audio.source","value":{"name":"mic1"}}]}]"#;
        let link = r#"[{"id":50,"info":{"output-node-id":30,"input-node-id":40,"props":{}}},
            {"id":51,"info":{"output-node-id":30,"input-node-id":99,"props":{}}}]"#;
        let seen = objects(&[nodes, link]);
        let readers = [(58, "jack".to_owned()), (u32::MAX, "node 99".to_owned())];
        assert_eq!(seen.readers(), [(44, readers.into())].into());
        assert_eq!(seen.moved, [40]);
        let gone = objects(&[
            nodes,
            link,
            r#"[{"id":50,"info":null},{"id":51,"info":null}]"#,
        ]);
        assert_eq!(gone.readers(), BTreeMap::new());
    }
}
