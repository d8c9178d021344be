//! What was read of an app's windows.

use std::collections::{BTreeMap, BTreeSet};

use crate::role::Role;
use crate::text::shown;

/// Where an element is: whose connection, and which object there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// The connection's name on the bus.
    pub at: String,
    /// The object's path.
    pub path: String,
}

/// A state, by AT-SPI's number (`AtspiStateType` of at-spi2-core 2.46).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Its window is the one in front.
    Active = 1,
    /// It is checked, or a button that stays down is down.
    Checked = 4,
    /// It is no more.
    Defunct = 6,
    /// It is not greyed out, as applications mean it.
    Enabled = 8,
    /// It has the keyboard.
    Focused = 12,
    /// It is down.
    Pressed = 20,
    /// It is not greyed out, as toolkits mean it.
    Sensitive = 24,
    /// It is on the screen, if nothing lies over it.
    Showing = 25,
    /// It would be on the screen, if what it lies in is.
    Visible = 30,
}

/// All states of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct States(pub u64);

impl States {
    /// As AT-SPI says them: words of 32 bits, the lowest first.
    pub fn of_words(words: &[u32]) -> States {
        let word = |n: usize| u64::from(words.get(n).copied().unwrap_or(0));
        States(word(0) | word(1) << 32)
    }

    /// Whether it is in this state.
    pub fn has(self, state: State) -> bool {
        self.0 & 1 << state as u8 != 0
    }

    /// With this state.
    pub fn with(self, state: State) -> States {
        States(self.0 | 1 << state as u8)
    }
}

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// In which element it is: a number lower than its own.
    pub parent: Option<usize>,
    /// Which one it is of its parent's children, as the app counts them.
    pub index: usize,
    /// What it is.
    pub role: Role,
    /// What it is called.
    pub name: String,
    /// What it says of itself beside its name, such as the hint that the mouse brings up: where it can be pressed and has
    /// no name, else empty.
    pub description: String,
    /// Its states.
    pub states: States,
    /// Where it is.
    pub object: Object,
}

/// How much of a tree is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Elements.
    pub nodes: usize,
    /// Elements between the topmost and another.
    pub depth: usize,
    /// Children of one element.
    pub children: usize,
    /// Bytes of a name.
    pub name: usize,
    /// Bytes of all names.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            nodes: 20_000,
            depth: 120,
            children: 4_000,
            name: 4_096,
            bytes: 2 << 20,
        }
    }
}

/// What of a tree was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// It has more elements.
    Nodes,
    /// It is deeper.
    Depth,
    /// An element has more children.
    Children,
    /// A name is longer.
    Name,
    /// All names are longer.
    Bytes,
    /// The time was up.
    Time,
    /// Elements that did not answer.
    Silent,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Bound::Nodes => "there are more elements than are read",
            Bound::Depth => "they lie deeper than is read",
            Bound::Children => "an element has more children than are read",
            Bound::Name => "a name is longer than is read",
            Bound::Bytes => "their names are longer than is read",
            Bound::Time => "they did not answer in time",
            Bound::Silent => "some did not answer",
        })
    }
}

/// What was read. Every element stands behind its parent, and before what comes after it on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// The elements.
    pub nodes: Vec<Node>,
    /// What was left out, each once.
    pub left_out: Vec<Bound>,
}

impl Tree {
    /// Says that something was left out.
    pub fn leave_out(&mut self, bound: Bound) {
        if !self.left_out.contains(&bound) {
            self.left_out.push(bound);
        }
    }

    /// An element's parents, the nearest first.
    pub fn above(&self, node: usize) -> impl Iterator<Item = &Node> {
        let parent = |at: &usize| self.nodes.get(*at).and_then(|node| node.parent);
        let first = parent(&node);
        // A parent's number is lower than its child's, so this has an end whatever stands there.
        let up = move |at: &usize| parent(at).filter(|above| above < at);
        std::iter::successors(first.filter(|above| *above < node), up).map(|at| &self.nodes[at])
    }

    /// Windows that say that they are shown, while nothing in them says so; and of each what lies in it and says that it is
    /// visible, as does all between the two. So the windows of GTK 4 up to 4.8 are.
    pub fn alone(&self) -> Vec<(usize, Vec<usize>)> {
        // The window that an element lies in, and whether all up to there is visible. Parents stand before their children.
        let mut within: Vec<Option<(usize, bool)>> = Vec::with_capacity(self.nodes.len());
        let mut alone: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut speak = BTreeSet::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let is_shown = node.states.has(State::Showing);
            if node.role.is_window() && is_shown {
                within.push(Some((at, true)));
                continue;
            }
            let above = node
                .parent
                .and_then(|parent| within.get(parent).copied().flatten());
            let own =
                above.map(|(window, visible)| (window, visible && node.states.has(State::Visible)));
            within.push(own);
            match own {
                Some((window, _)) if is_shown => {
                    speak.insert(window);
                }
                Some((window, true)) => alone.entry(window).or_default().push(at),
                _ => {}
            }
        }
        alone.retain(|window, _| !speak.contains(window));
        alone.into_iter().collect()
    }

    /// The tree for a person: a line for each element that says anything, `max` lines at most.
    pub fn outline(&self, max: usize) -> String {
        let mut out = String::new();
        let speaks = |node: &&Node| !node.name.trim().is_empty() || node.role.is_pressed();
        let telling = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| speaks(node));
        for (n, (at, node)) in telling.enumerate() {
            if n == max {
                out.push_str("…\n");
                break;
            }
            let indent = self
                .above(at)
                .filter(|node| !node.name.trim().is_empty())
                .count();
            let hidden = match node.states.has(State::Showing) {
                true => "",
                false => ", not shown",
            };
            let pressed = match node.is_pressed() {
                true => ", pressed",
                false => "",
            };
            let (indent, role, name) = ("  ".repeat(indent), node.role.name(), shown(&node.name));
            let described = match node.description.is_empty() {
                true => String::new(),
                false => format!(" described as {:?}", shown(&node.description)),
            };
            out.push_str(&format!(
                "{indent}{role} {name:?}{described}{pressed}{hidden}\n"
            ));
        }
        for bound in &self.left_out {
            out.push_str(&format!("(not all was read: {bound})\n"));
        }
        out
    }

    /// Names of the windows, and names or descriptions of what can be pressed in them, as far as they are shown; `max` of
    /// each at most.
    pub fn offers(&self, max: usize) -> (Vec<String>, Vec<String>) {
        let named = |is: fn(&Node) -> bool| {
            let is_shown = |node: &&Node| node.states.has(State::Showing) && is(node);
            let called = self.nodes.iter().filter(is_shown).map(Node::called);
            let called = called.filter(|called| !called.trim().is_empty());
            called.map(shown).take(max).collect()
        };
        (
            named(|node| node.role.is_window()),
            named(|node| node.role.is_pressed()),
        )
    }
}

impl Node {
    /// What a person would call it: by its name, or where it has none by its description.
    pub fn called(&self) -> &str {
        match self.name.trim().is_empty() {
            true => &self.description,
            false => &self.name,
        }
    }

    /// Whether it is down: a button that stays down says so by one of two states.
    pub fn is_pressed(&self) -> bool {
        let checked = self.role.toggles() && self.states.has(State::Checked);
        checked || self.states.has(State::Pressed)
    }

    /// Whether it is checked.
    pub fn is_checked(&self) -> bool {
        self.states.has(State::Checked)
    }

    /// Whether it can be used. Some toolkits say one of the two, some both.
    pub fn is_enabled(&self) -> bool {
        self.states.has(State::Enabled) || self.states.has(State::Sensitive)
    }
}
