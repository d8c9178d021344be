//! PipeWire's own view: which nodes are handed the microphone, and in which state.
//!
//! PulseAudio's protocol is not enough here: a JACK client, or a filter, is no stream, and shows in the
//! graph only. `pw-dump` writes the graph down and then whatever changes in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use record::RecordStream;
use serde::Deserialize;
use serde_json::Value;

use crate::own::{Numbers, Own};

/// How long the first look may take.
const FIRST_LOOK_WITHIN: Duration = Duration::from_secs(20);

/// A graph that is followed.
#[derive(Debug)]
pub struct Graph {
    dump: Child,
    shared: Arc<Shared>,
    own: Own,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    objects: Option<Objects>,
    ended: Option<String>,
}

/// What `pw-dump` says of an object; one without `info` is gone, or none of those that matter here.
#[derive(Debug, Clone, Deserialize)]
struct Object {
    id: u32,
    #[serde(rename = "type", default)]
    kind: String,
    info: Option<Info>,
}

type Objects = BTreeMap<u32, Object>;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Info {
    state: Option<String>,
    props: Option<BTreeMap<String, Value>>,
    params: Option<BTreeMap<String, Vec<Value>>>,
    output_node_id: Option<u32>,
    input_node_id: Option<u32>,
}

impl Info {
    fn text(&self, key: &str) -> Option<&str> {
        self.props.as_ref()?.get(key)?.as_str()
    }

    fn number(&self, key: &str) -> Option<u32> {
        let number = self.props.as_ref()?.get(key)?.as_u64()?;
        number.try_into().ok()
    }

    fn muted(&self) -> bool {
        let props = self.params.as_ref().and_then(|p| p.get("Props"));
        props.is_some_and(|all| all.iter().any(|one| one["mute"] == true))
    }
}

impl Graph {
    /// Starts `dump`, and waits for the first look.
    pub(super) fn follow(mut dump: Command, own: Own) -> io::Result<Graph> {
        dump.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut dump = dump.spawn()?;
        let out = dump.stdout.take().expect("piped");
        let shared = Arc::new(Shared::default());
        let told = shared.clone();
        thread::spawn(move || {
            let looks = serde_json::Deserializer::from_reader(BufReader::new(out));
            let mut why = "pw-dump ended".to_owned();
            for look in looks.into_iter::<Vec<Object>>() {
                match look {
                    Ok(changes) => {
                        apply(lock(&told.state).objects.get_or_insert_default(), changes);
                        told.changed.notify_all();
                    }
                    Err(e) => {
                        why = format!("pw-dump cannot be read: {e}");
                        break;
                    }
                }
            }
            lock(&told.state).ended = Some(why);
            told.changed.notify_all();
        });
        let state = lock(&shared.state);
        let unknown = |state: &mut State| state.objects.is_none() && state.ended.is_none();
        drop(
            shared
                .changed
                .wait_timeout_while(state, FIRST_LOOK_WITHIN, unknown)
                .unwrap_or_else(PoisonError::into_inner),
        );
        Ok(Graph { dump, shared, own })
    }

    /// Whether everything is there that the stage's sound consists of; then it is known by its numbers from
    /// here on. Must be asked before there is any app.
    pub fn is_set(&self) -> bool {
        let state = lock(&self.shared.state);
        let nodes = state.objects.as_ref().map(made_nodes).unwrap_or_default();
        let set = nodes.len() == OWN_NODES.len();
        if set {
            self.own.nodes(nodes);
        }
        set
    }

    /// All nodes that record, but for muteproof's own.
    pub fn streams(&mut self) -> io::Result<Vec<RecordStream>> {
        self.look(|objects| record_streams(objects, &self.own.now()))
    }

    /// Names of the stage's nodes that are muted.
    pub fn muted_sources(&mut self) -> io::Result<Vec<String>> {
        self.look(|objects| {
            let own = own_nodes(objects, &self.own.now());
            let muted = of_kind(objects, ":Node").filter(|(_, node)| node.muted());
            muted.filter_map(|(id, _)| own.get(&id).cloned()).collect()
        })
    }

    fn look<T>(&self, of: impl Fn(&Objects) -> T) -> io::Result<T> {
        let state = lock(&self.shared.state);
        match (&state.ended, &state.objects) {
            (Some(why), _) => Err(io::Error::other(why.clone())),
            (None, None) => Err(io::ErrorKind::TimedOut.into()),
            (None, Some(objects)) => Ok(of(objects)),
        }
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        // Its end is the reading thread's too.
        let _ = self.dump.kill();
        let _ = self.dump.wait();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn apply(objects: &mut Objects, changes: Vec<Object>) {
    for object in changes {
        match object.info {
            Some(_) => objects.insert(object.id, object),
            None => objects.remove(&object.id),
        };
    }
}

/// Nodes that the stage made.
const OWN_NODES: [&str; 3] = ["mic", "mic_sink", "spk"];

fn of_kind<'a>(objects: &'a Objects, kind: &'a str) -> impl Iterator<Item = (u32, &'a Info)> {
    objects
        .values()
        .filter(move |o| o.kind.ends_with(kind))
        .filter_map(|o| Some((o.id, o.info.as_ref()?)))
}

/// The nodes that the stage's configuration made, by serial number, with the name that a stream's source has.
/// By their names: so it holds only for as long as there is no app.
fn made_nodes(objects: &Objects) -> BTreeMap<u32, String> {
    let made = |name: &&str| {
        let nodes = of_kind(objects, ":Node");
        let mut named = nodes.filter(|(_, node)| node.text("node.name") == Some(name));
        let (id, node) = named.next()?;
        let sink = node.text("media.class") == Some("Audio/Sink");
        let name = format!("{name}{}", if sink { ".monitor" } else { "" });
        Some((serial(id, node), name))
    };
    OWN_NODES.iter().filter_map(made).collect()
}

/// What a node is known by: unlike its id, never given twice.
fn serial(id: u32, node: &Info) -> u32 {
    node.number("object.serial").unwrap_or(id)
}

/// The stage's nodes, by id.
fn own_nodes(objects: &Objects, own: &Numbers) -> BTreeMap<u32, String> {
    of_kind(objects, ":Node")
        .filter_map(|(id, node)| Some((id, own.nodes.get(&serial(id, node))?.clone())))
        .collect()
}

/// Who records: what PulseAudio would call a record stream, and whatever else is linked behind the
/// microphone, the output, or the player.
fn record_streams(objects: &Objects, numbers: &Numbers) -> Vec<RecordStream> {
    let own = own_nodes(objects, numbers);
    let players = of_kind(objects, ":Node")
        .filter(|(id, node)| numbers.plays.contains(&serial(*id, node)))
        .map(|(id, _)| id);
    let heard: BTreeSet<u32> = own.keys().copied().chain(players).collect();
    let recorder = |id, node: &Info| numbers.records.contains(&serial(id, node));
    let links: Vec<(u32, u32)> = of_kind(objects, ":Link")
        .filter_map(|(_, link)| Some((link.output_node_id?, link.input_node_id?)))
        .filter(|(from, _)| heard.contains(from))
        .collect();
    let clients: BTreeMap<u32, &Info> = of_kind(objects, ":Client").collect();
    let mut streams: Vec<RecordStream> = of_kind(objects, ":Node")
        .filter(|(id, node)| !own.contains_key(id) && !recorder(*id, node))
        .filter_map(|(id, node)| {
            let from = links.iter().find(|(_, to)| *to == id).map(|(from, _)| from);
            let is_stream = node.text("media.class") == Some("Stream/Input/Audio");
            if !is_stream && from.is_none() {
                return None;
            }
            let client = node.number("client.id").and_then(|id| clients.get(&id));
            let said = |key: &str| {
                let said = node.text(key).or_else(|| client?.text(key));
                said.map(str::to_owned)
            };
            Some(RecordStream {
                index: serial(id, node),
                application: said("application.name")
                    .or_else(|| said("node.name"))
                    .unwrap_or_default(),
                // pipewire-pulse says its own where a client says none.
                binary: said("application.process.binary").filter(|binary| binary != "pipewire"),
                application_id: said("application.id"),
                source: from
                    .and_then(|from| own.get(from).cloned())
                    .unwrap_or_default(),
                corked: node.state.as_deref() != Some("running"),
                muted: node.muted(),
            })
        })
        .collect();
    streams.sort_by_key(|stream| stream.index);
    streams
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(id: u32, name: &str, more: Value) -> Value {
        let mut props = json!({"node.name": name, "object.serial": id});
        let given = more.as_object().cloned().unwrap_or_default();
        let all = props.as_object_mut().expect("an object");
        all.extend(given);
        json!({"id": id, "type": "PipeWire:Interface:Node", "info": {"state": "running", "props": props}})
    }

    fn link(id: u32, from: u32, to: u32) -> Value {
        json!({"id": id, "type": "PipeWire:Interface:Link",
               "info": {"output-node-id": from, "input-node-id": to}})
    }

    fn graph(looks: Vec<Value>) -> Objects {
        let mut objects = Objects::new();
        for look in looks {
            apply(&mut objects, serde_json::from_value(look).unwrap());
        }
        objects
    }

    fn stage() -> Vec<Value> {
        vec![
            node(1, "spk", json!({"media.class": "Audio/Sink"})),
            node(2, "mic_sink", json!({"media.class": "Audio/Sink"})),
            node(3, "mic", json!({"media.class": "Audio/Source"})),
            node(
                4,
                "muteproof",
                json!({"media.class": "Stream/Output/Audio", "application.name": "muteproof"}),
            ),
            node(
                5,
                "muteproof",
                json!({"media.class": "Stream/Input/Audio", "application.name": "muteproof",
                                        "media.name": "read-back"}),
            ),
            link(6, 4, 2),
            link(7, 3, 5),
        ]
    }

    /// As the stage's connections were told.
    fn numbers() -> Numbers {
        Numbers {
            records: [5].into(),
            plays: [4].into(),
            nodes: made_nodes(&graph(vec![json!(stage())])),
        }
    }

    #[test]
    fn what_the_stage_has_is_no_record_stream() {
        let streams = record_streams(&graph(vec![json!(stage())]), &numbers());
        assert_eq!(streams, []);
    }

    /// An app that says that it is the recorder, and one that takes a name of the stage's.
    #[test]
    fn who_calls_itself_as_we_do_is_none_of_us() {
        let mut look = stage();
        let ours = look[4].clone();
        let mut liar = ours.clone();
        liar["id"] = json!(20);
        liar["info"]["props"]["object.serial"] = json!(20);
        // The first of that name and serial is gone, and so is the stage's microphone.
        look.retain(|object| object != &ours && object["id"] != 3);
        let mic = node(21, "mic", json!({"media.class": "Audio/Source"}));
        look.extend([liar, mic, link(30, 2, 20), link(31, 2, 21)]);
        let streams = record_streams(&graph(vec![json!(look)]), &numbers());
        let seen: Vec<u32> = streams.iter().map(|stream| stream.index).collect();
        assert_eq!(seen, [20, 21]);
    }

    #[test]
    fn streams_filters_and_jack_clients_that_are_handed_the_microphone_record() {
        let mut look = stage();
        look.extend([
            node(
                10,
                "stream",
                json!({"media.class": "Stream/Input/Audio", "application.name": "app"}),
            ),
            node(11, "jack", json!({"client.id": 20})),
            node(12, "mic", json!({})),
            node(13, "plays", json!({"media.class": "Stream/Output/Audio"})),
            node(
                14,
                "muteproof",
                json!({"media.class": "Stream/Input/Audio", "application.name": "muteproof",
                                         "media.name": "read-back"}),
            ),
            json!({"id": 20, "type": "PipeWire:Interface:Client",
                   "info": {"props": {"application.name": "a jack client"}}}),
            link(30, 3, 10),
            link(31, 2, 11),
            link(32, 4, 12),
            link(33, 13, 1),
        ]);
        let streams = record_streams(&graph(vec![json!(look)]), &numbers());
        let said: Vec<(u32, &str, &str)> = streams
            .iter()
            .map(|s| (s.index, &*s.application, &*s.source))
            .collect();
        let expected = [
            (10, "app", "mic"),
            (11, "a jack client", "mic_sink.monitor"),
            (12, "mic", ""),
            (14, "muteproof", ""),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_stream_that_pauses_and_goes_is_followed() {
        let on = node(10, "s", json!({"media.class": "Stream/Input/Audio"}));
        let mut off = on.clone();
        off["info"]["state"] = json!("idle");
        off["info"]["params"] = json!({"Props": [{"volume": 1.0, "mute": true}]});
        let corked = |looks: Vec<Value>| -> Vec<(bool, bool)> {
            let streams = record_streams(&graph(looks), &numbers());
            streams.iter().map(|s| (s.corked, s.muted)).collect()
        };
        let gone = json!([{"id": 10, "info": null}]);
        assert_eq!(corked(vec![json!([on])]), [(false, false)]);
        assert_eq!(corked(vec![json!([on]), json!([off])]), [(true, true)]);
        assert_eq!(corked(vec![json!([on]), gone]), []);
    }
}
