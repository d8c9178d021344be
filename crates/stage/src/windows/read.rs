//! Reading what elements say of themselves, no more than was agreed upon.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use a11y::{Bound, Limits, Node, Object, Role, State, States, Tree};
use futures::join;
use zbus::Connection;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use super::{call, gtk4, why};

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
const TEXT: &str = "org.a11y.atspi.Text";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// What an app names that has no such object.
const NULL: &str = "/org/a11y/atspi/null";

/// Calls that one connection may leave unanswered before it is asked nothing more.
const UNANSWERED_MAX: usize = 2;

/// Bytes of an answer; who sends a longer one is asked nothing more.
const ANSWER_MAX: usize = 4 << 20;

/// Where the list of all applications is.
fn registry() -> Object {
    Object {
        at: "org.a11y.atspi.Registry".to_owned(),
        path: "/org/a11y/atspi/accessible/root".to_owned(),
    }
}

/// The applications.
pub(super) async fn root(bus: &Connection) -> zbus::Result<Vec<Object>> {
    children(bus, &registry(), Limits::default().children)
        .await
        .map(|(children, _)| children)
}

/// An element that is yet to be read.
struct Ahead {
    object: Object,
    parent: Option<usize>,
    index: usize,
    depth: usize,
}

/// Everything below the registry, a level after the other: so one app's endless tree hides no other's windows.
pub(super) async fn tree(
    bus: &Connection,
    limits: Limits,
    deadline: Instant,
) -> Result<Tree, String> {
    let root = children(bus, &registry(), limits.children).await;
    let (applications, cut) = root.map_err(|e| format!("the registry: {}", why(&e)))?;
    let mut read = Tree::default();
    if cut {
        read.leave_out(Bound::Children);
    }
    let mut known: BTreeSet<Object> = applications.iter().cloned().collect();
    let mut unanswered: BTreeMap<String, usize> = BTreeMap::new();
    let mut bytes = 0;
    let ahead = applications.into_iter().enumerate();
    let mut ahead: VecDeque<Ahead> = ahead
        .map(|(index, object)| Ahead {
            object,
            parent: None,
            index,
            depth: 0,
        })
        .collect();
    while let Some(next) = ahead.pop_front() {
        if Instant::now() >= deadline {
            read.leave_out(Bound::Time);
            break;
        }
        if read.nodes.len() == limits.nodes {
            read.leave_out(Bound::Nodes);
            break;
        }
        let silent = unanswered.entry(next.object.at.clone()).or_default();
        if *silent >= UNANSWERED_MAX {
            read.leave_out(Bound::Silent);
            continue;
        }
        let (node, kids) = join!(
            element(bus, &next.object),
            children(bus, &next.object, limits.children)
        );
        let (mut node, (kids, more)) = match (node, kids) {
            (Ok(node), Ok(kids)) => (node, kids),
            (Ok(node), Err(e)) => {
                *silent += silence(&e);
                read.leave_out(Bound::Silent);
                (node, (Vec::new(), false))
            }
            (Err(e), _) => {
                *silent += silence(&e);
                read.leave_out(Bound::Silent);
                continue;
            }
        };
        if more {
            read.leave_out(Bound::Children);
        }
        if cut_at(&mut node.name, limits.name) {
            read.leave_out(Bound::Name);
        }
        bytes += node.name.len() + node.description.len();
        if bytes > limits.bytes {
            read.leave_out(Bound::Bytes);
            break;
        }
        (node.parent, node.index) = (next.parent, next.index);
        let at = read.nodes.len();
        read.nodes.push(node);
        if next.depth == limits.depth && !kids.is_empty() {
            read.leave_out(Bound::Depth);
            continue;
        }
        for (index, object) in kids.into_iter().enumerate() {
            // A circle, or an element with two parents: once is enough.
            if known.len() < limits.nodes.saturating_mul(2) && known.insert(object.clone()) {
                ahead.push_back(Ahead {
                    object,
                    parent: Some(at),
                    index,
                    depth: next.depth + 1,
                });
            }
        }
    }
    let mut read = in_order(read);
    gtk4::show(bus, &mut read, deadline).await;
    Ok(read)
}

/// From levels to the order in which things stand: each element before its children, and these before the next.
fn in_order(read: Tree) -> Tree {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); read.nodes.len()];
    let mut todo: Vec<usize> = Vec::new();
    for (at, node) in read.nodes.iter().enumerate() {
        match node.parent {
            Some(parent) => below[parent].push(at),
            None => todo.push(at),
        }
    }
    todo.reverse();
    let mut place = vec![0; read.nodes.len()];
    let mut nodes = Vec::with_capacity(read.nodes.len());
    while let Some(at) = todo.pop() {
        place[at] = nodes.len();
        let mut node = read.nodes[at].clone();
        // A parent was placed before its children.
        node.parent = node.parent.map(|parent| place[parent]);
        nodes.push(node);
        todo.extend(below[at].iter().rev());
    }
    Tree {
        nodes,
        left_out: read.left_out,
    }
}

/// Whether an error counts as an answer that did not come.
fn silence(e: &zbus::Error) -> usize {
    match e {
        // The element went away meanwhile, or has no such thing.
        zbus::Error::MethodError(..) => 0,
        _ => 1,
    }
}

/// Cuts a text; whether it was longer.
fn cut_at(text: &mut String, max: usize) -> bool {
    let is_longer = text.len() > max;
    if is_longer {
        let mut end = max;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.shrink_to_fit();
    }
    is_longer
}

/// One element.
pub(super) async fn node(bus: &Connection, object: Object) -> Result<Node, String> {
    let read = element(bus, &object).await;
    let mut node = read.map_err(|e| format!("the element does not answer: {}", why(&e)))?;
    cut_at(&mut node.name, Limits::default().name);
    Ok(node)
}

async fn element(bus: &Connection, object: &Object) -> zbus::Result<Node> {
    let role = async {
        let reply = call(bus, object, ACCESSIBLE, "GetRole", &()).await?;
        reply.body().deserialize::<u32>()
    };
    let states = async {
        let reply = call(bus, object, ACCESSIBLE, "GetState", &()).await?;
        bounded(&reply)?;
        reply.body().deserialize::<Vec<u32>>()
    };
    let name = property(bus, object, ACCESSIBLE, "Name");
    let (name, role, states) = join!(name, role, states);
    let (mut name, role, states) = (name?, Role(role?), States::of_words(&states?));
    if gtk4::is_of_its_type(&name) {
        name.clear();
    }
    let mut description = String::new();
    // One more question, where nothing else tells it from its neighbours.
    let may_be_shown = states.has(State::Showing) || states.has(State::Visible);
    if name.trim().is_empty() && role.is_pressed() && may_be_shown {
        description = property(bus, object, ACCESSIBLE, "Description").await?;
        cut_at(&mut description, Limits::default().name);
    }
    Ok(Node {
        parent: None,
        index: 0,
        role,
        name,
        description,
        states,
        object: object.clone(),
    })
}

/// What an element says of itself beside its name.
pub(super) async fn description(bus: &Connection, object: &Object) -> Result<String, String> {
    let said = property(bus, object, ACCESSIBLE, "Description").await;
    let mut said = said.map_err(|e| format!("its description: {}", why(&e)))?;
    cut_at(&mut said, Limits::default().name);
    Ok(said)
}

/// The text in an element.
pub(super) async fn text(bus: &Connection, object: &Object) -> Result<String, String> {
    let read = async {
        let reply = call(bus, object, TEXT, "GetText", &(0i32, -1i32)).await?;
        bounded(&reply)?;
        reply.body().deserialize::<String>()
    };
    let mut said = read.await.map_err(|e| format!("its text: {}", why(&e)))?;
    cut_at(&mut said, Limits::default().name);
    Ok(said)
}

pub(super) async fn property(
    bus: &Connection,
    object: &Object,
    of: &str,
    name: &str,
) -> zbus::Result<String> {
    let reply = call(bus, object, PROPERTIES, "Get", &(of, name)).await?;
    bounded(&reply)?;
    let value: OwnedValue = reply.body().deserialize()?;
    Ok(String::try_from(value)?)
}

/// Its children, and whether there are more than `max`.
async fn children(
    bus: &Connection,
    object: &Object,
    max: usize,
) -> zbus::Result<(Vec<Object>, bool)> {
    let reply = call(bus, object, ACCESSIBLE, "GetChildren", &()).await?;
    bounded(&reply)?;
    let all: Vec<(String, OwnedObjectPath)> = reply.body().deserialize()?;
    let more = all.len() > max;
    let some = all.into_iter().filter(|(_, path)| path.as_str() != NULL);
    let some = some.take(max).map(|(at, path)| Object {
        at,
        path: path.to_string(),
    });
    Ok((some.collect(), more))
}

fn bounded(reply: &zbus::Message) -> zbus::Result<()> {
    match reply.data().len() <= ANSWER_MAX {
        true => Ok(()),
        false => Err(zbus::Error::ExcessData),
    }
}
