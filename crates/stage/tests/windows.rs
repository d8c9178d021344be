//! Windows read over an accessibility bus on which a program of the test answers whatever it likes.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use a11y::{Bound, Limits, Seen, Selector, State, Texts, find, steers};
use stage::windows::Windows;
use tempfile::TempDir;
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::{Message, Type};
use zbus::zvariant::{ObjectPath, Value};

/// More than any look takes on a busy machine, and less than a test that hangs.
const WITHIN: Duration = Duration::from_secs(20);

const ROOT: &str = "/org/a11y/atspi/accessible/root";
const REGISTRY: &str = "org.a11y.atspi.Registry";

/// A bus of the test's own, which ends with this.
struct Bus {
    dir: TempDir,
    daemon: Child,
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Bus {
    /// Nothing where there is no `dbus-daemon`.
    fn start() -> Option<Bus> {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("--address=unix:path={}", dir.path().join("bus").display());
        let daemon = Command::new("dbus-daemon")
            .args([
                "--session",
                "--nofork",
                "--nopidfile",
                "--print-address",
                &address,
            ])
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut daemon) = daemon else {
            eprintln!("skipped: no dbus-daemon");
            return None;
        };
        let mut said = String::new();
        let out = daemon.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut said).unwrap();
        assert!(said.starts_with("unix:path="), "{said}");
        Some(Bus { dir, daemon })
    }

    fn windows(&self) -> Windows {
        windows(self.dir.path())
    }

    /// Answers on the bus from now on.
    fn serve(&self, app: impl App) {
        let address = format!("unix:path={}", self.dir.path().join("bus").display());
        let bus = Builder::address(address.as_str()).unwrap().build().unwrap();
        let messages = MessageIterator::from(&bus);
        for name in ["org.a11y.Bus", REGISTRY] {
            let daemon = "org.freedesktop.DBus";
            let path = "/org/freedesktop/DBus";
            let asked = &(name, 0u32);
            bus.call_method(Some(daemon), path, Some(daemon), "RequestName", asked)
                .unwrap();
        }
        // It ends with the bus.
        thread::spawn(move || {
            for message in messages.map_while(Result::ok) {
                if message.message_type() == Type::MethodCall {
                    let _ = answer(&bus, &message, &app, &address);
                }
            }
        });
    }
}

fn windows(dir: &Path) -> Windows {
    let uid = nix::unistd::geteuid().as_raw();
    Windows::at(dir.to_owned(), dir.to_owned(), uid)
}

/// What an app says of itself.
trait App: Send + 'static {
    fn name(&self, path: &str) -> String {
        path.to_owned()
    }

    fn kids(&self, path: &str) -> Vec<String>;

    fn is_pressed(&self) -> bool {
        false
    }

    fn press(&self) {}

    fn is_silent(&self, _path: &str, _member: &str) -> bool {
        false
    }

    fn address(&self) -> Option<String> {
        None
    }
}

fn answer(bus: &Connection, call: &Message, app: &impl App, address: &str) -> zbus::Result<()> {
    let header = call.header();
    let path = header
        .path()
        .map(|path| path.to_string())
        .unwrap_or_default();
    let member = header
        .member()
        .map(|member| member.to_string())
        .unwrap_or_default();
    if app.is_silent(&path, &member) {
        return Ok(());
    }
    match member.as_str() {
        "GetAddress" => {
            let address = app.address().unwrap_or_else(|| address.to_owned());
            bus.reply(&header, &address)
        }
        "Set" => bus.reply(&header, &()),
        "Get" => bus.reply(&header, &Value::from(app.name(&path))),
        "GetRole" => {
            let role: u32 = if path.ends_with("button") { 62 } else { 23 };
            bus.reply(&header, &role)
        }
        "GetState" => {
            let pressed = u32::from(app.is_pressed()) << State::Checked as u8;
            let shown = 1u32 << State::Showing as u8 | 1 << State::Enabled as u8;
            bus.reply(&header, &vec![shown | pressed, 0])
        }
        "GetChildren" => {
            let kids = app.kids(&path);
            let kids: Vec<(&str, ObjectPath<'_>)> = kids
                .iter()
                .map(|kid| (REGISTRY, ObjectPath::try_from(kid.as_str()).unwrap()))
                .collect();
            bus.reply(&header, &kids)
        }
        "GetActions" => bus.reply(&header, &vec![("describe", "", ""), ("click", "", "")]),
        "DoAction" => {
            let action: i32 = call.body().deserialize()?;
            app.press();
            bus.reply(&header, &(action == 1))
        }
        "GetExtents" => bus.reply(&header, &((10i32, 20i32, 30i32, 40i32),)),
        _ => bus.reply_error(&header, "org.freedesktop.DBus.Error.UnknownMethod", &member),
    }
}

fn below_root(path: &str, kids: &[&str]) -> Vec<String> {
    match path == ROOT {
        true => kids.iter().map(|kid| (*kid).to_owned()).collect(),
        false => Vec::new(),
    }
}

fn button() -> Selector {
    Selector {
        role: Some("button".to_owned()),
        name: Some(Texts(vec!["/window/button".to_owned()])),
        ..Selector::default()
    }
}

struct Honest(Arc<AtomicBool>);

impl App for Honest {
    fn kids(&self, path: &str) -> Vec<String> {
        match path {
            "/window" => vec!["/window/button".to_owned()],
            path => below_root(path, &["/window"]),
        }
    }

    fn is_pressed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn press(&self) {
        self.0.fetch_xor(true, Ordering::Relaxed);
    }
}

#[test]
fn a_button_is_found_and_pressed_and_says_so_itself() {
    let Some(bus) = Bus::start() else { return };
    let down = Arc::new(AtomicBool::new(false));
    bus.serve(Honest(down.clone()));
    let mut windows = bus.windows();
    windows.enable(WITHIN).unwrap();
    let tree = windows.read(Limits::default(), WITHIN).unwrap();
    assert!(tree.left_out.is_empty(), "{:?}", tree.left_out);
    let at = find(&tree, &button(), Seen::Shown).unwrap();
    assert_eq!(tree.nodes[at].parent, Some(0));
    assert!(!tree.nodes[at].is_pressed());
    let object = tree.nodes[at].object.clone();
    windows.press(object.clone(), WITHIN).unwrap();
    assert!(down.load(Ordering::Relaxed));
    // Asked anew: what was read before still says that it is up.
    assert!(windows.again(object.clone(), WITHIN).unwrap().is_pressed());
    assert!(!tree.nodes[at].is_pressed());
    assert_eq!(windows.middle(object, WITHIN), Ok((25, 40)));
}

struct Long;

impl App for Long {
    fn name(&self, _path: &str) -> String {
        "\u{202E}\u{1b}]0;x\u{7}ä".repeat(1_000)
    }

    fn kids(&self, path: &str) -> Vec<String> {
        below_root(path, &["/a", "/b", "/c"])
    }
}

#[test]
fn long_names_are_cut_and_steer_nothing() {
    let Some(bus) = Bus::start() else { return };
    bus.serve(Long);
    let limits = Limits {
        bytes: 10_000,
        ..Limits::default()
    };
    let tree = bus.windows().read(limits, WITHIN).unwrap();
    assert_eq!(tree.left_out, [Bound::Name, Bound::Bytes]);
    assert_eq!(tree.nodes.len(), 2);
    assert!(
        tree.nodes
            .iter()
            .all(|node| (4_090..=4_096).contains(&node.name.len()))
    );
    let outline = tree.outline(10);
    assert!(
        !outline.chars().any(|c| c != '\n' && steers(c)),
        "{outline}"
    );
}

struct Many(usize);

impl App for Many {
    fn kids(&self, path: &str) -> Vec<String> {
        match path {
            "/many" => vec!["/kid".to_owned(); self.0],
            path => below_root(path, &["/many", "/window"]),
        }
    }
}

#[test]
fn a_million_children_are_left_out() {
    let Some(bus) = Bus::start() else { return };
    bus.serve(Many(1_000_000));
    let mut windows = bus.windows();
    // The bus carries the long answer first, and others wait for that: who looks for something looks again, as here.
    let found = (0..5).any(|_| {
        let tree = windows.read(Limits::default(), WITHIN).unwrap();
        assert_eq!(tree.left_out, [Bound::Silent]);
        let names: Vec<&str> = tree.nodes.iter().map(|node| node.name.as_str()).collect();
        names == ["/many", "/window"]
    });
    assert!(found, "the other window was never read");
}

#[test]
fn of_many_children_some_are_read() {
    let Some(bus) = Bus::start() else { return };
    bus.serve(Many(5_000));
    let tree = bus.windows().read(Limits::default(), WITHIN).unwrap();
    assert_eq!(tree.left_out, [Bound::Children]);
    // All of them are one.
    assert_eq!(tree.nodes.len(), 3);
}

/// Every element has more below it, or is in a circle.
struct Endless {
    kids: usize,
    circle: bool,
}

impl App for Endless {
    fn kids(&self, path: &str) -> Vec<String> {
        match (path == ROOT, self.circle) {
            (true, _) => vec!["/x".to_owned()],
            (_, true) => vec![ROOT.to_owned(), "/x".to_owned(), "/y".to_owned()],
            (_, false) => (0..self.kids).map(|n| format!("{path}/x{n}")).collect(),
        }
    }
}

#[test]
fn endless_trees_and_circles_have_an_end() {
    let limits = Limits {
        nodes: 300,
        depth: 40,
        ..Limits::default()
    };
    for (kids, circle, left_out, n) in [
        (1, false, &[Bound::Depth][..], 41),
        (3, false, &[Bound::Nodes], 300),
        (0, true, &[], 3),
    ] {
        let Some(bus) = Bus::start() else { return };
        bus.serve(Endless { kids, circle });
        let tree = bus.windows().read(limits, WITHIN).unwrap();
        assert_eq!((&tree.left_out[..], tree.nodes.len()), (left_out, n));
        let in_order = |(at, node): (usize, &a11y::Node)| node.parent.is_none_or(|p| p < at);
        assert!(tree.nodes.iter().enumerate().all(in_order));
    }
}

/// It answers for its window, and for nothing in it.
struct Silent(&'static str);

impl App for Silent {
    fn kids(&self, path: &str) -> Vec<String> {
        match path {
            "/window" => (0..1_000).map(|n| format!("/silent{n}")).collect(),
            path => below_root(path, &["/window"]),
        }
    }

    fn is_silent(&self, path: &str, _member: &str) -> bool {
        path.starts_with(self.0)
    }
}

#[test]
fn who_does_not_answer_is_not_asked_a_thousand_times() {
    let Some(bus) = Bus::start() else { return };
    bus.serve(Silent("/silent"));
    let began = Instant::now();
    let tree = bus.windows().read(Limits::default(), WITHIN).unwrap();
    assert_eq!(tree.left_out, [Bound::Silent]);
    assert_eq!(tree.nodes.len(), 1);
    assert!(began.elapsed() < WITHIN, "{:?}", began.elapsed());
}

#[test]
fn a_bus_that_never_answers_is_one_line_and_few_threads() {
    let Some(bus) = Bus::start() else { return };
    bus.serve(Silent("/"));
    let mut windows = bus.windows();
    let short = Duration::from_millis(100);
    let began = Instant::now();
    let said: Vec<String> = (0..20)
        .map(|_| windows.read(Limits::default(), short).unwrap_err())
        .collect();
    // Four wait half a second each, and the others are not even tried.
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    assert!(
        said[0].starts_with("the accessibility bus did not answer within"),
        "{}",
        said[0]
    );
    assert_eq!(
        said[19],
        "the accessibility bus has not answered for some time"
    );
}

#[test]
fn a_socket_that_takes_no_greeting_is_waited_for_no_longer() {
    let dir = tempfile::tempdir().unwrap();
    let _listener = UnixListener::bind(dir.path().join("bus")).unwrap();
    let said = windows(dir.path()).read(Limits::default(), Duration::from_millis(100));
    let said = said.unwrap_err();
    assert!(
        said.starts_with("the accessibility bus did not answer within"),
        "{said}"
    );
}

struct Elsewhere;

impl App for Elsewhere {
    fn kids(&self, _path: &str) -> Vec<String> {
        Vec::new()
    }

    fn address(&self) -> Option<String> {
        Some("unix:path=/run/dbus/system_bus_socket\u{1b}[2J".to_owned())
    }
}

#[test]
fn an_address_outside_is_not_called() {
    let Some(bus) = Bus::start() else { return };
    bus.serve(Elsewhere);
    let said = bus.windows().read(Limits::default(), WITHIN).unwrap_err();
    assert!(
        said.starts_with("the accessibility bus is not in the side's runtime folder"),
        "{said}"
    );
    assert!(!said.chars().any(steers), "{said:?}");
}

#[test]
fn no_bus_at_all_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let none: PathBuf = dir.path().join("none");
    for run in [dir.path().to_owned(), none] {
        let said = windows(&run).read(Limits::default(), WITHIN).unwrap_err();
        assert!(said.starts_with("the session bus: "), "{said}");
        assert_eq!(said.lines().count(), 1);
    }
}
