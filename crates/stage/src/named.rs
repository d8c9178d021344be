//! Steps that find their element by its name.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use a11y::{
    Limits, Node, Object, Seen, Selector, State, Texts, Tree, accepts, descendants, every, find,
    known_key, plain, shown,
};
use recipe::recorded::Screen;
use recipe::{By, On, Reads};

use crate::steps::Sides;
use crate::windows::Windows;

/// How often is looked whether an element is there by now.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Time for one look at all windows: a page has thousands of elements.
const LOOK_WITHIN: Duration = Duration::from_secs(10);

/// The least time for a look, where hardly any is left.
const LOOK_LEAST: Duration = Duration::from_secs(1);

/// How often something that leads on is pressed, and how long after the last time: a page takes its time.
const PRESSES_MAX: u32 = 3;
const PRESS_AGAIN: Duration = Duration::from_secs(3);

/// Lines that are told of windows and buttons.
const OFFERS_MAX: usize = 30;

/// The windows of both sides, and what was found in them.
#[derive(Debug, Default)]
pub(crate) struct Named {
    windows: BTreeMap<String, Windows>,
    /// Where an element was that is asked again and again: looking for it anew each time would be work for the app.
    found: BTreeMap<(String, String), Object>,
}

impl Sides {
    /// Everything that the windows of a side say of themselves.
    pub fn tree(&mut self, on: On, within: Duration) -> Result<Tree, String> {
        self.windows(on).read(Limits::default(), within)
    }

    /// The same, with the places of what a person can press or read.
    pub fn placed(&mut self, on: On, within: Duration) -> Result<Screen, String> {
        self.windows(on).screen(Limits::default(), within)
    }

    /// The text in an element.
    pub fn text_in(&mut self, on: On, field: Object, within: Duration) -> Result<String, String> {
        self.windows(on).text(field, within)
    }

    /// Says on a side that assistive technology is there.
    pub fn enable_names(&mut self, on: On, within: Duration) -> Result<(), String> {
        self.windows(on).enable(within)
    }

    fn windows(&mut self, on: On) -> &mut Windows {
        let side = self.side(on);
        let (name, windows) = (side.name().to_owned(), Windows::of(side));
        self.named.windows.entry(name).or_insert(windows)
    }

    /// The selector with the values of variables in its names.
    fn meant(&self, what: &Selector) -> Result<Selector, String> {
        let all = |texts: &Texts| {
            let filled = texts.0.iter().map(|text| self.fill(text));
            filled.collect::<Result<Vec<String>, String>>().map(Texts)
        };
        let one = |text: &String| self.fill(text);
        Ok(Selector {
            name: what.name.as_ref().map(all).transpose()?,
            matches: what.matches.as_ref().map(one).transpose()?,
            window: what.window.as_ref().map(one).transpose()?,
            ..what.clone()
        })
    }

    /// Does something with an element once it is there; what fails is tried again until the time is up, because
    /// windows are built while one looks at them.
    fn with_element<R>(
        &mut self,
        on: On,
        what: &Selector,
        seen: Seen,
        timeout: Duration,
        mut act: impl FnMut(&mut Sides, &Tree, usize) -> Result<R, String>,
    ) -> Result<R, String> {
        let what = self.meant(what)?;
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let tree = self.tree(on, left.clamp(LOOK_LEAST, LOOK_WITHIN));
            let done = tree.and_then(|tree| {
                let at = find(&tree, &what, seen).map_err(|e| format!("{what}: {e}"))?;
                act(self, &tree, at).map_err(|e| format!("{what}: {e}"))
            });
            match done {
                Ok(done) => return Ok(done),
                Err(why) if Instant::now() >= deadline => {
                    return Err(format!("{why} (tried for {} s)", timeout.as_secs()));
                }
                Err(_) => thread::sleep(LOOK_EVERY),
            }
        }
    }

    pub(crate) fn press(
        &mut self,
        on: On,
        what: &Selector,
        by: By,
        timeout: Duration,
    ) -> Result<String, String> {
        let seen = match by {
            By::Name => Seen::ShownOrInMenu,
            By::Pointer => Seen::Shown,
        };
        self.with_element(on, what, seen, timeout, |sides, tree, at| {
            let node = &tree.nodes[at];
            if !node.is_enabled() && !node.role.is_menu_item() {
                return Err("it is greyed out".to_owned());
            }
            let object = node.object.clone();
            match by {
                By::Name => sides.windows(on).press(object, timeout),
                By::Pointer => {
                    let (x, y) = sides.windows(on).middle(object, timeout)?;
                    let (x, y) = (x.to_string(), y.to_string());
                    sides
                        .xdotool(on, &["mousemove", &x, &y, "click", "1"])
                        .map(drop)
                }
            }
        })?;
        Ok(String::new())
    }

    pub(crate) fn see(
        &mut self,
        on: On,
        what: &Selector,
        timeout: Duration,
    ) -> Result<String, String> {
        self.with_element(on, what, Seen::Shown, timeout, |_, _, _| Ok(String::new()))
    }

    /// Waits until an element is shown that can be used, one of several if there are such (pages show a button in grey
    /// before there is a call); meanwhile presses the first of `pressing` that can be, and puts `typing` into empty fields
    /// that ask for a name.
    pub(crate) fn reach(
        &mut self,
        on: On,
        what: &Selector,
        pressing: &[Selector],
        typing: Option<&str>,
        timeout: Duration,
    ) -> Result<String, String> {
        let what = self.meant(what)?;
        let pressing: Vec<Selector> = pressing
            .iter()
            .map(|selector| self.meant(selector))
            .collect::<Result<_, _>>()?;
        let deadline = Instant::now() + timeout;
        let mut pressed: BTreeMap<Object, (u32, Instant)> = BTreeMap::new();
        let mut filled = Vec::new();
        let mut why = String::new();
        while Instant::now() < deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            let tree = match self.tree(on, left.clamp(LOOK_LEAST, LOOK_WITHIN)) {
                Ok(tree) => tree,
                Err(e) => {
                    why = e;
                    thread::sleep(LOOK_EVERY);
                    continue;
                }
            };
            let usable = |selector: &Selector| {
                let nth = |n: &usize| selector.nth.is_none_or(|nth| nth == n + 1);
                let fit = every(&tree, selector).into_iter().enumerate();
                let fit = fit.filter(|(n, at)| nth(n) && tree.nodes[*at].is_enabled());
                fit.map(|(_, at)| at).collect::<Vec<usize>>()
            };
            if !usable(&what).is_empty() {
                return Ok(String::new());
            }
            why = format!("{what}: it is not there, and nothing more leads to it");
            if let Some(typing) = typing {
                self.fill_in_names(on, &tree, typing, &mut filled, left);
            }
            let leads = pressing.iter().find_map(|selector| {
                let objects = usable(selector)
                    .into_iter()
                    .map(|at| &tree.nodes[at].object);
                let not_in_vain = |object: &&Object| {
                    let times = pressed.get(*object).map_or(0, |(times, _)| *times);
                    times < PRESSES_MAX
                };
                objects.into_iter().find(not_in_vain)
            });
            let due = leads.filter(|object| {
                let last = pressed.get(*object).map(|(_, last)| last);
                last.is_none_or(|last| last.elapsed() >= PRESS_AGAIN)
            });
            match due {
                Some(object) => {
                    // One that went meanwhile is looked for anew.
                    let _ = self.windows(on).press(object.clone(), left);
                    let times = pressed.get(object).map_or(0, |(times, _)| *times);
                    pressed.insert(object.clone(), (times + 1, Instant::now()));
                }
                None => thread::sleep(LOOK_EVERY),
            }
        }
        let (_, buttons) = self.offers(on).unwrap_or_default();
        let buttons = match &buttons[..] {
            [] => "nothing".to_owned(),
            buttons => buttons.join(", "),
        };
        let seconds = timeout.as_secs();
        Err(format!(
            "{why} (tried for {seconds} s); what can be pressed: {buttons}"
        ))
    }

    /// Puts a name into each empty field that asks for one, once.
    fn fill_in_names(
        &mut self,
        on: On,
        tree: &Tree,
        name: &str,
        filled: &mut Vec<Object>,
        timeout: Duration,
    ) {
        let asks = |node: &&Node| {
            node.role.is("field")
                && node.states.has(State::Showing)
                && known_key(&node.name) == Some("name")
                && !filled.contains(&node.object)
        };
        let fields: Vec<Object> = tree
            .nodes
            .iter()
            .filter(asks)
            .map(|node| node.object.clone())
            .collect();
        for field in fields {
            let there = self.windows(on).text(field.clone(), timeout);
            let is_empty = there.is_ok_and(|text| plain(&text).is_empty());
            if is_empty && self.write(on, field.clone(), name, timeout).is_ok() {
                filled.push(field);
            }
        }
    }

    pub(crate) fn type_into(
        &mut self,
        on: On,
        what: &Selector,
        text: &str,
        timeout: Duration,
    ) -> Result<String, String> {
        let text = self.fill(text)?;
        self.with_element(on, what, Seen::Shown, timeout, |sides, tree, at| {
            sides.write(on, tree.nodes[at].object.clone(), &text, timeout)
        })?;
        Ok(String::new())
    }

    /// Puts a text into a field, as assistive technology does it; where that is not there afterwards (browsers), with mouse
    /// and keys, over what is there.
    fn write(
        &mut self,
        on: On,
        field: Object,
        text: &str,
        timeout: Duration,
    ) -> Result<(), String> {
        let put = self
            .windows(on)
            .put(field.clone(), text.to_owned(), timeout);
        let there = self.windows(on).text(field.clone(), timeout);
        if put.is_ok() && there.is_ok_and(|there| plain(&there) == plain(text)) {
            return Ok(());
        }
        let why = put.err().unwrap_or_default();
        let (x, y) = self.windows(on).middle(field, timeout).map_err(|_| why)?;
        let (x, y) = (x.to_string(), y.to_string());
        self.xdotool(on, &["mousemove", &x, &y, "click", "1", "key", "ctrl+a"])?;
        self.xdotool(on, &["type", "--delay", "20", "--", text])
            .map(drop)
    }

    pub(crate) fn choose(
        &mut self,
        on: On,
        from: &Selector,
        item: &Selector,
        timeout: Duration,
    ) -> Result<String, String> {
        let item = self.meant(item)?;
        self.with_element(on, from, Seen::Shown, timeout, |sides, tree, at| {
            // The entries of a list that is shut are not shown.
            let entry = match descendants(tree, at, &item, Seen::Shown) {
                Ok(entry) => entry,
                Err(_) => descendants(tree, at, &item, Seen::ShownOrInMenu)
                    .map_err(|e| format!("{item}: {e}"))?,
            };
            let entry = &tree.nodes[entry];
            let list = entry.parent.map_or(at, |parent| parent);
            let list = tree.nodes[list].object.clone();
            match sides.windows(on).choose(list, entry.index, timeout) {
                Ok(()) => Ok(()),
                // Menus have no selection.
                Err(_) => sides.windows(on).press(entry.object.clone(), timeout),
            }
        })?;
        Ok(String::new())
    }

    pub(crate) fn expect(
        &mut self,
        on: On,
        what: &Selector,
        reads: Reads,
        is: &str,
        timeout: Duration,
    ) -> Result<String, String> {
        let wanted = self.fill(is)?;
        self.with_element(on, what, Seen::ShownOrInMenu, timeout, |sides, tree, at| {
            let said = sides.says(on, &tree.nodes[at], reads, timeout)?;
            match plain(&said) == plain(&wanted) {
                true => Ok(said),
                false => Err(format!("its {reads} is {:?}, not {wanted:?}", shown(&said))),
            }
        })?;
        Ok(String::new())
    }

    /// What an element says of itself. Read anew from the app each time, whatever was pressed before.
    pub(crate) fn element(
        &mut self,
        on: On,
        what: &Selector,
        reads: Reads,
        timeout: Duration,
    ) -> Result<String, String> {
        let what = self.meant(what)?;
        let key = (self.side(on).name().to_owned(), format!("{what:?}"));
        if let Some(object) = self.named.found.get(&key).cloned() {
            let again = self.windows(on).again(object, timeout);
            let is_it = |node: &Node| {
                let is_seen = node.states.has(State::Showing) || node.role.is_menu_item();
                is_seen && accepts(&what, node)
            };
            if let Some(node) = again.ok().filter(is_it) {
                return self.says(on, &node, reads, timeout);
            }
            self.named.found.remove(&key);
        }
        let tree = self.tree(on, timeout.min(LOOK_WITHIN))?;
        let at = find(&tree, &what, Seen::ShownOrInMenu).map_err(|e| format!("{what}: {e}"))?;
        let node = &tree.nodes[at];
        self.named.found.insert(key, node.object.clone());
        self.says(on, node, reads, timeout)
    }

    fn says(
        &mut self,
        on: On,
        node: &Node,
        reads: Reads,
        timeout: Duration,
    ) -> Result<String, String> {
        let yes = |is: bool| Ok(if is { "yes" } else { "no" }.to_owned());
        match reads {
            Reads::Name => Ok(node.name.clone()),
            Reads::Pressed => yes(node.is_pressed()),
            Reads::Checked => yes(node.is_checked()),
            Reads::Enabled => yes(node.is_enabled()),
            Reads::Muted => match known_key(&node.name) {
                Some("unmute") => Ok("muted".to_owned()),
                // A button that is always called the same says it by being down.
                Some("mute") if node.is_pressed() || node.is_checked() => Ok("muted".to_owned()),
                Some("mute") => Ok("unmuted".to_owned()),
                _ => Err(format!("{:?} is no word on a mute", shown(&node.name))),
            },
            Reads::Description => self.windows(on).description(node.object.clone(), timeout),
            Reads::Text => self.windows(on).text(node.object.clone(), timeout),
        }
    }

    /// The windows of a side and what can be pressed in them, as a person is told.
    pub fn offers(&mut self, on: On) -> Result<(Vec<String>, Vec<String>), String> {
        let tree = self.tree(on, LOOK_WITHIN)?;
        Ok(tree.offers(OFFERS_MAX))
    }
}
