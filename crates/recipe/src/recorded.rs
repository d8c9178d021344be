//! What a person did in an app's windows, as steps by name, and what the app said of it.
//!
//! Pure functions of what was read: a [`Screen`] before each click, and one before the mute, while muted and after it.

use std::collections::BTreeMap;

use a11y::{Node, NotFound, Object, Seen, Selector, State, Texts, Tree, find, plain};
use toml::Value;
use toml_edit::{DocumentMut, Item};

use crate::model::Reads;

/// A place on the screen, pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// To the right.
    pub width: i32,
    /// Downwards.
    pub height: i32,
}

impl Place {
    fn has(&self, x: i32, y: i32) -> bool {
        let within = |at: i32, from: i32, size: i32| at >= from && at.saturating_sub(from) < size;
        within(x, self.x, self.width) && within(y, self.y, self.height)
    }

    fn area(&self) -> i64 {
        i64::from(self.width) * i64::from(self.height)
    }

    /// Its middle.
    pub fn middle(&self) -> (i32, i32) {
        (
            self.x.saturating_add(self.width / 2),
            self.y.saturating_add(self.height / 2),
        )
    }
}

/// What the windows say of themselves, and where that is on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Screen {
    /// The elements.
    pub tree: Tree,
    /// Places of those that were asked where they are, by their number in the tree.
    pub places: BTreeMap<usize, Place>,
}

/// What a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// Pressed an element.
    Press(Selector),
    /// Typed a text into a field.
    Type {
        /// The field.
        into: Selector,
        /// What stood there in the end.
        text: String,
    },
    /// Pressed keys, by xdotool's names, in the window of this title.
    Keys {
        /// The keys.
        keys: String,
        /// The window's title.
        window: String,
    },
    /// Typed where the app names no field.
    Lost {
        /// What.
        text: String,
    },
    /// Clicked where the app says that nothing is.
    Nothing {
        /// Where, pixels of the screen.
        at: (i32, i32),
    },
}

/// A word of the app's on its mute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Which element says it.
    pub by: Selector,
    /// What of it.
    pub reads: Reads,
    /// What that is while muted.
    pub muted: String,
    /// And while not.
    pub unmuted: String,
}

/// Words that are written down: one decides, the other has to agree.
const SAID_MAX: usize = 2;

/// Everything that was learned of an app.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// From its start until it was in the call.
    pub join: Vec<Did>,
    /// The mute.
    pub mute: Vec<Did>,
    /// The unmute.
    pub unmute: Vec<Did>,
    /// What told the mute, the best word first.
    pub said: Vec<Said>,
}

impl Screen {
    /// Whether it is worth asking where an element is.
    pub fn is_of_interest(node: &Node) -> bool {
        let has_a_word = !plain(&node.name).is_empty() || node.role.is("field");
        node.states.has(State::Showing) && !node.role.is_window() && has_a_word
            || node.states.has(State::Showing) && node.role.is_pressed()
    }

    /// The element that a click at this place means: an entry of an open menu lies over everything else, then comes what
    /// can be pressed or typed into in the window in front, the smallest first.
    pub fn at(&self, x: i32, y: i32) -> Option<usize> {
        let rank = |at: usize, place: &Place| {
            let role = self.tree.nodes.get(at)?.role;
            if role.is_window() {
                return None;
            }
            let is_meant = role.is_pressed() || role.is("field") || role.is("item");
            // Of equals the last: it is drawn over the others.
            let last = usize::MAX - at;
            let over = (!role.is_menu_item(), !self.in_front(at));
            Some((over, !is_meant, place.area(), last))
        };
        let here = self.places.iter().filter(|(_, place)| place.has(x, y));
        let ranked = here.filter_map(|(at, place)| Some((rank(*at, place)?, *at)));
        ranked.min().map(|(_, at)| at)
    }

    fn in_front(&self, at: usize) -> bool {
        let mut above = self.tree.above(at);
        above.any(|node| node.role.is_window() && node.states.has(State::Active))
    }

    /// The shortest selector that means this element on this screen: role and name, with its window where others have
    /// the like, with its number where that does not tell either.
    pub fn selector(&self, at: usize) -> Option<Selector> {
        let node = self.tree.nodes.get(at)?;
        let name = plain(&node.name);
        let role = ["button", "item", "field"]
            .iter()
            .find(|group| node.role.is(group));
        let shortest = Selector {
            role: Some(role.map_or_else(|| node.role.name(), |role| (*role).to_owned())),
            name: (!name.is_empty()).then(|| Texts(vec![name])),
            ..Selector::default()
        };
        shortest.check().ok()?;
        let title = self.title(at).filter(|title| !title.is_empty());
        let with_window = Selector {
            window: title,
            ..shortest.clone()
        };
        for selector in [&shortest, &with_window] {
            if find(&self.tree, selector, Seen::ShownOrInMenu) == Ok(at) {
                return Some(selector.clone());
            }
        }
        let n = match find(&self.tree, &shortest, Seen::ShownOrInMenu) {
            Err(NotFound::Several { n, .. }) => n,
            _ => return Some(shortest),
        };
        let numbered = (1..=n).map(|nth| Selector {
            nth: Some(nth),
            ..shortest.clone()
        });
        let mut numbered = numbered.filter(|s| find(&self.tree, s, Seen::ShownOrInMenu) == Ok(at));
        numbered.next().or(Some(shortest))
    }

    /// The title of the window that an element is in.
    fn title(&self, at: usize) -> Option<String> {
        let mut above = self.tree.above(at);
        above
            .find(|node| node.role.is_window())
            .map(|node| plain(&node.name))
    }

    /// The title of the window in front; of any where none says that it is.
    pub fn front(&self) -> Option<String> {
        let windows = || {
            let nodes = self.tree.nodes.iter();
            nodes.filter(|node| node.role.is_window() && node.states.has(State::Showing))
        };
        let active = windows().find(|node| node.states.has(State::Active));
        let title = active.or_else(|| windows().next())?;
        Some(plain(&title.name)).filter(|title| !title.is_empty())
    }

    /// Where each object is in the tree.
    fn objects(&self) -> BTreeMap<&Object, usize> {
        let nodes = self.tree.nodes.iter().enumerate();
        let there = nodes.filter(|(_, node)| !node.states.has(State::Defunct));
        there.map(|(at, node)| (&node.object, at)).collect()
    }

    /// What is here at the place that an element has on another screen, if it is of the same kind: an app may have made
    /// it anew.
    fn in_place_of(&self, at: usize, of: &Screen) -> Option<usize> {
        let (x, y) = of.places.get(&at)?.middle();
        let there = self.at(x, y)?;
        (self.tree.nodes[there].role == of.tree.nodes[at].role).then_some(there)
    }
}

/// What says that the app is muted: what is otherwise while it is, and as before afterwards. First what was
/// `pressed` (its number on the screen before), by its state rather than by its name, then anything else.
pub fn said(before: &Screen, muted: &Screen, after: &Screen, pressed: Option<usize>) -> Vec<Said> {
    let known = [muted.objects(), after.objects()];
    let others = (0..before.tree.nodes.len()).filter(|at| Some(*at) != pressed);
    let word = |at: usize| {
        let node = before.tree.nodes.get(at)?;
        let is_there = node.states.has(State::Showing) || node.role.is_menu_item();
        if !is_there || node.role.is_window() {
            return None;
        }
        let again = |screen: &Screen, known: &BTreeMap<&Object, usize>| {
            let found = known.get(&node.object).copied();
            found.or_else(|| screen.in_place_of(at, before))
        };
        let m = &muted.tree.nodes[again(muted, &known[0])?];
        let a = &after.tree.nodes[again(after, &known[1])?];
        let change = change([node, m, a])?;
        let by = before.selector(at)?;
        change.said(by, [node, m])
    };
    let all = pressed.into_iter().chain(others).filter_map(word);
    all.take(SAID_MAX).collect()
}

/// What an element said by changing, and changing back.
struct Change {
    /// That it was down, or checked, while muted; nothing where it was only called otherwise.
    state: Option<(Reads, bool)>,
    renamed: bool,
}

/// How an element changed from before to the mute and back; nothing where it did not.
fn change([before, muted, after]: [&Node; 3]) -> Option<Change> {
    let told = |reads: Reads, is: fn(&Node) -> bool| {
        (is(before) == is(after) && is(before) != is(muted)).then(|| (reads, is(muted)))
    };
    let state = told(Reads::Pressed, Node::is_pressed);
    let state = state.or_else(|| told(Reads::Checked, Node::is_checked));
    let [b, m, a] = [before, muted, after].map(|node| plain(&node.name));
    let renamed = b == a && b != m && !b.is_empty() && !m.is_empty();
    (state.is_some() || renamed).then_some(Change { state, renamed })
}

impl Change {
    /// The word of the element that is told by `by`, which was so before and while muted.
    fn said(self, mut by: Selector, [before, muted]: [&Node; 2]) -> Option<Said> {
        let names = [before, muted].map(|node| plain(&node.name));
        if self.renamed {
            by.name = Some(Texts(names.to_vec()));
        }
        let word = |is: bool| if is { "yes" } else { "no" }.to_owned();
        let [unmuted, muted] = names;
        match self.state {
            Some((reads, is)) => Some(Said {
                by,
                reads,
                muted: word(is),
                unmuted: word(!is),
            }),
            // A number counts elements of one name: where the name changes it is no word.
            None => by.nth.is_none().then_some(Said {
                by,
                reads: Reads::Name,
                muted,
                unmuted,
            }),
        }
    }
}

/// What a recipe that was recorded begins with: the text of the one that was started, without how it is muted and what
/// says so. `mute_way`: how it is by now.
pub fn head(text: &str, mute_way: &str) -> Result<String, String> {
    let read: Result<DocumentMut, _> = text.parse();
    let mut all = read.map_err(|e| format!("the recipe cannot be written: {e}"))?;
    for part in ["mute", "unmute", "confirm", "also"] {
        all.remove(part);
    }
    // What asks a person is not asked any more.
    for part in ["join", "quit"] {
        let steps = all.get(part).and_then(Item::as_array_of_tables);
        if steps.is_some_and(|steps| steps.iter().any(|step| step.contains_key("ask"))) {
            all.remove(part);
        }
    }
    // And the words of other languages are of what was there before.
    let called = all.get_mut("called").and_then(Item::as_table_like_mut);
    let called = called.into_iter().flat_map(|all| all.iter_mut());
    called.for_each(|(_, words)| {
        words
            .as_table_like_mut()
            .map(|words| words.remove("mute_way"));
    });
    let none_left = |item: &Item| {
        let each = item.as_table_like();
        each.is_some_and(|all| {
            all.iter()
                .all(|(_, words)| words.as_table_like().is_some_and(|w| w.is_empty()))
        })
    };
    if all.get("called").is_some_and(none_left) {
        all.remove("called");
    }
    if let Some(app) = all.get_mut("app").and_then(Item::as_table_mut) {
        app.remove("guided");
        app.insert("mute_way", toml_edit::value(mute_way));
    }
    Ok(all.to_string().trim_end().to_owned() + "\n")
}

/// A recipe's text behind its title and its `[app]`: `head` is that, with its launch.
pub fn written(head: &str, recorded: &Recorded) -> String {
    let mut out = head.to_owned();
    let parts = [
        ("join", &recorded.join),
        ("mute", &recorded.mute),
        ("unmute", &recorded.unmute),
    ];
    for (part, all) in parts {
        for did in all {
            out.push_str(&match did {
                Did::Press(what) => format!("\n[[{part}]]\npress = {}\n", selector(what)),
                Did::Type { into, text } => {
                    let into = selector(into);
                    format!("\n[[{part}]]\ntype_into = {into}\ntext = {}\n", text_of(text))
                }
                Did::Keys { keys, window } => {
                    let (keys, window) = (text_of(keys), text_of(window));
                    format!(
                        "\n[[{part}]]\nwait_window = {window}\n\n[[{part}]]\nkey = {keys}\nwindow = {window}\n"
                    )
                }
                Did::Lost { text } => format!(
                    "\n# Typed where the app names no field, so no step by name: {text:?}\n"
                ),
                Did::Nothing { at: (x, y) } => format!(
                    "\n# A click at {x}, {y} of the screen, where the app names nothing: no step by name.\n"
                ),
            });
        }
    }
    for (n, said) in recorded.said.iter().enumerate() {
        let table = if n == 0 { "[confirm]" } else { "[[also]]" };
        let (by, reads) = (selector(&said.by), text_of(&said.reads.to_string()));
        let (muted, unmuted) = (text_of(&said.muted), text_of(&said.unmuted));
        out.push_str(&format!(
            "\n{table}\nelement = {by}\nreads = {reads}\nmuted = {muted}\nunmuted = {unmuted}\n"
        ));
    }
    out
}

/// A selector as it is typed.
fn selector(what: &Selector) -> String {
    let names = what.name.as_ref().map(|Texts(names)| match &names[..] {
        [one] => Value::from(one.as_str()),
        several => Value::from(several.to_vec()),
    });
    let nth = what.nth.and_then(|nth| i64::try_from(nth).ok());
    let keys = [
        ("role", what.role.as_deref().map(Value::from)),
        ("name", names),
        ("window", what.window.as_deref().map(Value::from)),
        ("nth", nth.map(Value::from)),
    ];
    let given = keys.into_iter();
    let given: Vec<String> = given
        .filter_map(|(key, value)| Some(format!("{key} = {}", value?)))
        .collect();
    format!("{{ {} }}", given.join(", "))
}

fn text_of(text: &str) -> String {
    // What stands in `${}` is a variable.
    Value::from(text.replace("${", "$ {")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use a11y::{Role, States};
    use proptest::prelude::*;

    const FRAME: u32 = 23;
    const BUTTON: u32 = 43;
    const TOGGLE: u32 = 62;
    const MENU: u32 = 33;
    const ITEM: u32 = 35;

    fn states(all: &[State]) -> States {
        let shown = States::default().with(State::Showing);
        all.iter().fold(shown, |states, state| states.with(*state))
    }

    /// A screen of elements: parent, role, name, further states, and its place.
    type Element<'t> = (Option<usize>, u32, &'t str, &'t [State], [i32; 4]);

    fn screen(elements: &[Element]) -> Screen {
        let node = |(at, (parent, role, name, further, _)): (usize, &Element)| Node {
            parent: *parent,
            index: 0,
            role: Role(*role),
            name: (*name).to_owned(),
            description: String::new(),
            states: states(further),
            object: Object {
                at: ":1.0".to_owned(),
                path: format!("/{at}"),
            },
        };
        let place = |(at, (.., place)): (usize, &Element)| {
            let [x, y, width, height] = *place;
            let place = Place {
                x,
                y,
                width,
                height,
            };
            (at, place)
        };
        Screen {
            tree: Tree {
                nodes: elements.iter().enumerate().map(node).collect(),
                left_out: Vec::new(),
            },
            places: elements.iter().enumerate().skip(1).map(place).collect(),
        }
    }

    const WINDOW: Element = (None, FRAME, "App", &[State::Active], [0, 0, 800, 600]);

    #[test]
    fn a_click_means_what_lies_in_front() {
        let screen = screen(&[
            WINDOW,
            (Some(0), BUTTON, "Mute", &[], [10, 10, 80, 30]),
            (Some(1), 29, "Mute", &[], [20, 15, 30, 20]),
            (Some(0), MENU, "Audio", &[], [0, 0, 200, 200]),
            (Some(3), ITEM, "Deafen", &[], [0, 0, 200, 40]),
            (None, FRAME, "Behind", &[], [0, 0, 800, 600]),
            (Some(5), BUTTON, "Tiny", &[], [300, 300, 10, 10]),
            (Some(0), BUTTON, "Large", &[], [290, 290, 100, 100]),
        ]);
        // An entry of an open menu lies over the button.
        assert_eq!(screen.at(20, 20), Some(4));
        // The window in front, though what lies in the other one is smaller.
        assert_eq!(screen.at(305, 305), Some(7));
        assert_eq!(screen.at(700, 10), None);
        assert_eq!(screen.at(-1, i32::MIN), None);
    }

    #[test]
    fn elements_are_told_by_no_more_than_it_takes() {
        let screen = screen(&[
            WINDOW,
            (Some(0), BUTTON, "Mute", &[], [0; 4]),
            (Some(0), BUTTON, "OK", &[], [0; 4]),
            (Some(0), BUTTON, "OK", &[], [0; 4]),
            (None, 16, "Sure?", &[], [0; 4]),
            (Some(4), BUTTON, "Mute ", &[], [0; 4]),
            (Some(4), BUTTON, "", &[], [0; 4]),
        ]);
        let told = |at| selector(&screen.selector(at).unwrap());
        assert_eq!(told(3), r#"{ role = "button", name = "OK", nth = 2 }"#);
        assert_eq!(
            told(5),
            r#"{ role = "button", name = "Mute", window = "Sure?" }"#
        );
        assert_eq!(told(6), r#"{ role = "button", nth = 5 }"#);
    }

    #[test]
    fn what_changes_with_the_mute_and_back_tells_it() {
        let at = [10, 10, 80, 30];
        let all = |name, further, label, clock| {
            screen(&[
                WINDOW,
                (Some(0), TOGGLE, name, further, at),
                (Some(0), 29, label, &[], [0; 4]),
                (Some(0), 29, clock, &[], [0; 4]),
            ])
        };
        let before = all("Mute", &[], "on air", "00:01");
        let muted = all("Mute", &[State::Pressed], "silent", "00:02");
        let after = all("Mute", &[], "on air", "00:03");
        let told = said(&before, &muted, &after, Some(1));
        let recorded = Recorded {
            mute: vec![Did::Press(before.selector(1).unwrap())],
            unmute: vec![Did::Press(before.selector(1).unwrap())],
            said: told,
            ..Recorded::default()
        };
        let head = "title = \"An app\"\n[app]\nbinary = \"/bin/app\"\nguided = true\nwindow = true\n\
                    [[launch]]\nstart = [\"app\"]\n[[join]]\nask = \"\"\n[[mute]]\nask = \"\"\n[confirm]\nask = \"\"\n";
        let text = head_and(head, &recorded);
        assert!(
            text.contains("reads = \"pressed\"\nmuted = \"yes\"\nunmuted = \"no\""),
            "{text}"
        );
        assert!(
            text.contains("element = { role = \"label\", name = [\"on air\", \"silent\"] }\nreads = \"name\"\nmuted = \"silent\""),
            "{text}"
        );
        let read = crate::parse(&text);
        let read = read.unwrap_or_else(|e| panic!("{e:?}\n{text}"));
        assert!(!read.app.guided && read.mute.len() == 1 && read.also.len() == 1);
        assert_eq!(crate::lint(&text, &|_| true), []);
        // Nothing that changed: nothing is said.
        assert_eq!(said(&before, &before, &before, Some(1)), []);
        // Made anew by the app, and called otherwise: it is what lies there.
        let mut anew = all("Unmute", &[], "on air", "00:02");
        anew.tree.nodes[1].object.path = "/other".to_owned();
        let told = said(&before, &anew, &after, Some(1));
        assert_eq!(
            (told[0].reads, told[0].muted.as_str()),
            (Reads::Name, "Unmute")
        );
    }

    fn head_and(text: &str, recorded: &Recorded) -> String {
        written(&head(text, "the button").unwrap(), recorded)
    }

    #[test]
    fn every_step_can_be_read_again() {
        let field = Selector {
            role: Some("field".to_owned()),
            nth: Some(1),
            ..Selector::default()
        };
        let join = vec![
            Did::Type {
                into: field,
                text: "a \"b\"\n${peer}".to_owned(),
            },
            Did::Keys {
                keys: "Return".to_owned(),
                window: "App".to_owned(),
            },
            Did::Nothing { at: (3, 4) },
            Did::Lost {
                text: "lost".to_owned(),
            },
        ];
        let recorded = Recorded {
            join,
            ..Recorded::default()
        };
        let text = written("", &recorded);
        let read: toml::Table = text.parse().unwrap();
        let steps = read["join"].as_array().unwrap();
        // The window is waited for before a key is pressed in it.
        assert_eq!(steps.len(), 3);
        assert_eq!(steps[1]["wait_window"].as_str(), Some("App"));
        assert_eq!(steps[0]["text"].as_str(), Some("a \"b\"\n$ {peer}"));
        assert_eq!(steps[2]["key"].as_str(), Some("Return"));
        assert!(
            text.contains("names no field, so no step by name: \"lost\""),
            "{text}"
        );
    }

    proptest! {
        /// Whatever an app is called, what is written of it is TOML that means it.
        #[test]
        fn names_are_written_as_they_are(name in any::<String>()) {
            prop_assume!(!plain(&name).is_empty());
            let screen = screen(&[WINDOW, (Some(0), BUTTON, &name, &[], [0; 4])]);
            let recorded = Recorded {
                mute: screen.selector(1).map(Did::Press).into_iter().collect(),
                ..Recorded::default()
            };
            let read: toml::Table = written("", &recorded).parse().unwrap();
            if let Some(mute) = read.get("mute") {
                let plain = plain(&name);
                prop_assert_eq!(mute[0]["press"]["name"].as_str(), Some(plain.as_str()));
            }
        }
    }
}
