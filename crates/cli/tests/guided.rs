//! Guided audits, as a person has them: a terminal of their own, a display of their own with a window
//! in which they mute, and a network beyond the stage with somebody at its other end.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::display::Display;
use common::terminal::Terminal;
use common::{installed, program, repository, run, said, skip, specimens, until};
use serde_json::Value;
use tempfile::TempDir;

/// Where somebody answers, on the machine's side of the outside network.
const SERVER: &str = "192.0.2.1:5004";

/// The window's title.
const TITLE: &str = "Specimen in a terminal";

/// Whether this machine can do it; says why not.
fn able() -> bool {
    let needed = [
        "pasta", "Xvfb", "xterm", "xdotool", "unshare", "setsid", "ip",
    ];
    match needed.into_iter().find(|name| !installed(name)) {
        None => true,
        Some(name) => {
            skip(&format!("{name} is not installed"));
            false
        }
    }
}

impl Display {
    /// The app's window, when it is there.
    fn window(&self) -> Option<String> {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", TITLE]);
        found.out.lines().next().map(str::to_owned)
    }

    /// Types a line into the app's window.
    fn types(&self, line: &str) {
        let window = until("the app's window", || self.window());
        for args in [
            &["windowfocus", "--sync", &window][..],
            &["type", "--window", &window, line],
            &["key", "--window", &window, "Return"],
        ] {
            let done = self.xdotool(args);
            // A line may end the app, and its window is gone before the key is let go.
            let gone = args[0] == "key" && done.err.contains("BadWindow");
            assert!(done.code == Some(0) || gone, "{args:?}: {}", done.err);
        }
    }
}

/// A person at a terminal, with muteproof running in it.
struct Person {
    terminal: Terminal,
    out: PathBuf,
    _dir: TempDir,
}

impl std::ops::Deref for Person {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.terminal
    }
}

impl std::ops::DerefMut for Person {
    fn deref_mut(&mut self) -> &mut Terminal {
        &mut self.terminal
    }
}

impl Person {
    /// Starts a guided audit, in a network in which [`SERVER`] answers.
    fn starts(display: &Display, flags: &[&str], command: &[&str]) -> Person {
        let shown = [("DISPLAY", display.name.as_str())];
        Person::starts_at_home(&shown, flags, command, |_| ())
    }

    /// Likewise, where these variables name the display, and in a home that is made before.
    fn starts_at_home(
        display: &[(&str, &str)],
        flags: &[&str],
        command: &[&str],
        make: impl FnOnce(&Path),
    ) -> Person {
        let specimen = specimens();
        let dir = tempfile::tempdir().expect("a temporary folder");
        let out = dir.path().join("audit");
        // A dummy interface is a module that not every kernel has; a veth's own address does as well.
        // Where the app's own files are: a Flatpak app is looked for in the person's home.
        let home = dir.path().join("home");
        fs::create_dir(&home).expect("a folder");
        make(&home);
        // Not every machine lets everybody at the device that pasta needs.
        let root = nix::unistd::geteuid().is_root();
        let tun = match root {
            true => {
                "mount -t tmpfs tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200 || exit 99; "
            }
            false => "",
        };
        let host = format!(
            "{tun}ip link set lo up && ip link add h0 type veth peer name h1 && ip link set h1 up && \
             ip addr add 192.0.2.1/24 dev h0 && ip link set h0 up && \
             ip route add default via 192.0.2.254 || exit 99; \
             {} peer --listen {SERVER} > /dev/null & peer=$!; \
             (cd {} && exec python3 serve 192.0.2.1 > /dev/null 2>&1) & \
             {} \"$@\"; code=$?; kill $! $peer; exit $code",
            specimen.display(),
            repository().join("testdata/web").display(),
            program().display(),
        );
        let mut start = Command::new("unshare");
        start.arg("--net");
        start.arg(if root { "--mount" } else { "--map-root-user" });
        start
            .args(["sh", "-c", &host, "sh", "audit", "--profile", "smoke"])
            .arg("--out")
            .arg(&out)
            .args(flags)
            .arg("--guided")
            .args((!command.is_empty()).then_some("--"))
            .args(command)
            .env("HOME", &home)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .envs(display.iter().copied());
        Person {
            terminal: Terminal::start(&start),
            out,
            _dir: dir,
        }
    }

    /// Waits for the app's window; an audit that has ended has its last words told.
    fn sees_the_window(&mut self, display: &Display) {
        until("the app's window", || {
            assert!(!self.terminal.has_ended(), "{}", self.screen());
            display.window()
        });
    }

    /// From the call on to the report, with the app that goes on sending what it hears.
    fn mutes_and_is_told_of_a_leak(&mut self, types: impl Fn(&str)) {
        self.types("\r");
        self.reads("Press mute in the app now");
        types("mute");
        self.types("\r");
        self.reads("Was the app muted all the time");
        self.types("yes\r");
        self.reads("Unmute in the app");
        types("unmute");
        self.types("\r");
        self.reads("Leave the call");
        types("quit");
        self.types("\r");
        let code = self.ends();
        assert_eq!(code, Some(1), "{}", self.screen());
        let report = fs::read_to_string(self.out.join("report.json")).expect("a report");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let judgement = &report["judgement"];
        assert_eq!(judgement["verdict"]["is"], "leaks", "{}", self.screen());
        assert_eq!(judgement["destinations"][0]["remote"], SERVER);
    }

    /// Everything of the log that has all of these in its line.
    fn logged(&self, parts: &[&str]) -> Vec<Value> {
        let text = fs::read_to_string(self.out.join("bundle/session.jsonl")).unwrap_or_default();
        let lines = text.lines().filter(|l| parts.iter().all(|p| l.contains(p)));
        lines.filter_map(|l| serde_json::from_str(l).ok()).collect()
    }

    /// Packets in the bundle that came from [`SERVER`], and that went there.
    fn packets(&self) -> (usize, usize) {
        let bundle = bundle::Bundle::open(&self.out.join("bundle")).expect("a bundle");
        let server = SERVER.parse().expect("an address");
        let (mut came, mut went) = (0, 0);
        for packet in bundle.packets().to_vec() {
            if let Ok(datagram) = wire::datagram(&packet.data) {
                came += usize::from(datagram.src == server);
                went += usize::from(datagram.dst == server);
            }
        }
        (came, went)
    }
}

/// An app whose only way to mute is its window: what is typed there.
const APP: [&str; 10] = [
    "xterm",
    "-title",
    TITLE,
    "-e",
    "/specimen/muteproof-specimen",
    "app",
    "--kind",
    "window-mute",
    "--to",
    SERVER,
];

#[test]
fn a_person_audits_an_app_in_a_window_whose_call_is_out_there() {
    if !able() {
        return;
    }
    let display = Display::new();
    let mut person = Person::starts(&display, &[], &APP);
    person.reads("also what the other participants say");
    person.reads("Type yes to begin");
    person.types("yes\r");
    person.reads("Join the call");
    person.sees_the_window(&display);
    person.types("\r");
    person.reads("Recording with the microphone on");
    person.reads("Press mute in the app now");
    display.types("mute");
    person.types("\r");
    person.reads("Recording while muted");
    person.reads("Was the app muted all the time");
    person.types("maybe\r");
    person.reads("not understood");
    person.types("yes\r");
    person.reads("Unmute in the app");
    display.types("unmute");
    person.types("\r");
    person.reads("Leave the call");
    display.types("quit");
    person.types("\r");
    let code = person.ends();

    let report = fs::read_to_string(person.out.join("report.json"))
        .unwrap_or_else(|e| panic!("{e}: {}", person.screen()));
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let (judgement, manifest) = (&report["judgement"], &report["manifest"]);
    assert_eq!(judgement["verdict"]["is"], "leaks", "{}", person.screen());
    assert_eq!(code, Some(1));
    assert_eq!(judgement["destinations"][0]["remote"], SERVER);
    let outside = manifest["guided"]["outside"].as_str();
    assert!(outside.is_some_and(|by| by.contains("pasta")), "{manifest}");
    let (came, went) = person.packets();
    assert!(came > 0 && went > 100, "{came} came, {went} went");

    // The person's part, in its order, each at a time of its own.
    let words = person.logged(&["\"source\":\"person\""]);
    let asked: Vec<&Value> = words
        .iter()
        .filter(|w| w["body"]["is"] == "asked")
        .collect();
    let parts: Vec<&Value> = asked.iter().map(|w| &w["body"]["part"]).collect();
    assert_eq!(parts, ["join", "mute", "confirm", "unmute", "quit"]);
    assert_eq!(words.len(), 2 * asked.len(), "{words:?}");
    let said: Vec<&Value> = words.iter().map(|w| &w["body"]["word"]["is"]).collect();
    assert_eq!(said[5], "kept", "{said:?}");
    assert!(words.is_sorted_by_key(|w| w["t"].as_u64()));
    let muted = judgement["blocks"].as_array().expect("blocks").iter();
    let muted: Vec<_> = muted.filter(|b| b["phase"] == "muted").collect();
    assert!(muted.len() >= 50, "{}", muted.len());
    assert!(muted.iter().all(|b| b["mute_confirmed"] == true));

    let page = run(&["report", &person.out.display().to_string(), "--lang", "de"]).out;
    assert!(page.contains("beruht auf seinem Wort"), "{page}");
}

/// A page out there: the person fills in a name and joins, and is asked for nothing more.
#[test]
#[ignore = "three minutes: cargo xtask slow"]
fn a_page_out_there_goes_on_by_itself_once_the_person_has_joined() {
    if !able() || !installed("chromium") || !installed("openbox") {
        return skip("chromium or openbox is not installed");
    }
    let display = Display::new();
    let web = ["--web", "http://192.0.2.1:8080/", "--yes"];
    let mut person = Person::starts(&display, &web, &[]);
    person.reads("Join the call");
    let window = until("the page", || {
        assert!(!person.has_ended(), "{}", person.screen());
        let found = display.xdotool(&["search", "--onlyvisible", "--name", "Specimen page"]);
        found.out.lines().next().map(str::to_owned)
    });
    // Keys that are sent to a window instead of typed are none to a browser.
    for args in [
        &["windowfocus", "--sync", &window][..],
        &["key", "Tab"],
        &["type", "guest"],
        &["key", "Tab"],
        &["key", "space"],
    ] {
        let done = display.xdotool(args);
        assert_eq!(done.code, Some(0), "{args:?}: {}", done.err);
    }
    person.types("\r");
    let code = person.ends();
    let report = fs::read_to_string(person.out.join("report.json"))
        .unwrap_or_else(|e| panic!("{e}: {}", person.screen()));
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let judgement = &report["judgement"];
    println!("{}", judgement["verdict"]);
    assert_eq!(judgement["verdict"]["is"], "leaks", "{}", person.screen());
    assert_eq!(code, Some(1));
    assert_eq!(judgement["hears"]["operator_server"], "yes", "{judgement}");
    // The page's own words confirmed each block; the person was asked for the call alone.
    let muted = judgement["blocks"].as_array().expect("blocks").iter();
    let muted: Vec<_> = muted.filter(|b| b["phase"] == "muted").collect();
    assert!(muted.len() >= 50 && muted.iter().all(|b| b["mute_confirmed"] == true));
    let asked = person.logged(&["\"source\":\"person\"", "\"is\":\"asked\""]);
    let parts: Vec<&Value> = asked.iter().map(|w| &w["body"]["part"]).collect();
    assert_eq!(parts, ["join"]);
}

/// A Flatpak app, made here of the same programs: its own sandbox is inside of the stage's.
#[test]
fn a_flatpak_app_is_audited_in_its_own_sandbox() {
    if !able() {
        return;
    }
    if let Some(missing) = ["flatpak", "bwrap"].into_iter().find(|p| !installed(p)) {
        return skip(&format!("{missing} is not installed"));
    }
    let display = Display::new();
    let inside = ["app", "--kind", "window-mute", "--to", SERVER];
    let start = ["flatpak", "run", "test.muteproof.App", "-title", TITLE];
    let command = [&start[..], &["-e", "muteproof-specimen"], &inside].concat();
    let shown = [("DISPLAY", display.name.as_str())];
    let mut person = Person::starts_at_home(&shown, &["--yes"], &command, |home| {
        let make = common::repository().join("testdata/flatpak/make.sh");
        let apps = home.join(".local/share/flatpak");
        let mut sh = Command::new("sh");
        sh.arg(make).arg(&apps).arg("xterm").arg(specimens());
        let made = said(sh.env("HOME", home));
        assert_eq!(made.code, Some(0), "{}", made.err);
        // Flatpak keeps a person's apps to themselves, and root lends the app another's number.
        fs::set_permissions(&apps, fs::Permissions::from_mode(0o755)).expect("a mode");
    });
    person.reads("Join the call");
    person.sees_the_window(&display);
    person.mutes_and_is_told_of_a_leak(|line| display.types(line));
}

/// A Wayland compositor without a screen: sway refuses to be root.
struct Wayland {
    server: Child,
    dir: TempDir,
    name: String,
}

impl Wayland {
    fn new() -> Wayland {
        let dir = tempfile::tempdir().expect("a temporary folder");
        fs::write(dir.path().join("config"), "").expect("a file");
        let mut sway = match nix::unistd::geteuid().is_root() {
            true => {
                let nobody = nix::unistd::Uid::from_raw(65_534);
                nix::unistd::chown(dir.path(), Some(nobody), None).expect("an owner");
                let mut command = Command::new("setpriv");
                command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sway"]);
                command
            }
            false => Command::new("sway"),
        };
        let server = sway
            .arg("-c")
            .arg(dir.path().join("config"))
            .envs([("WLR_BACKENDS", "headless"), ("WLR_RENDERER", "pixman")])
            .envs([("WLR_LIBINPUT_NO_DEVICES", "1")])
            .env("HOME", dir.path())
            .env("XDG_RUNTIME_DIR", dir.path())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sway starts");
        let name = until("the compositor's socket", || {
            let entries = fs::read_dir(dir.path()).ok()?.flatten();
            let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
            names
                .into_iter()
                .find(|name| name.starts_with("wayland-") && !name.ends_with(".lock"))
        });
        // Root is nobody else inside of the app's user namespace: a person owns their socket, we do not.
        let everybody = fs::Permissions::from_mode(0o777);
        fs::set_permissions(dir.path().join(&name), everybody).expect("permissions");
        Wayland { server, dir, name }
    }

    fn shown(&self) -> [(&str, &str); 2] {
        let runtime = self.dir.path().to_str().expect("UTF-8");
        [
            ("WAYLAND_DISPLAY", self.name.as_str()),
            ("XDG_RUNTIME_DIR", runtime),
        ]
    }

    /// Types a line into the window that has the keyboard. What is typed first, before the window has
    /// learnt of this keyboard, is lost: an empty line.
    fn types(&self, line: &str) {
        let keys = ["-k", "Return", "-s", "300", line, "-k", "Return"];
        let done = said(Command::new("wtype").args(keys).envs(self.shown()));
        assert_eq!(done.code, Some(0), "{}", done.err);
    }
}

impl Drop for Wayland {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The same app in a window of Wayland.
#[test]
fn an_app_is_shown_on_a_wayland_compositor() {
    if !able() {
        return;
    }
    let needed = ["sway", "foot", "wtype", "setpriv"];
    if let Some(missing) = needed.into_iter().find(|p| !installed(p)) {
        return skip(&format!("{missing} is not installed"));
    }
    let display = Wayland::new();
    let command = [&["foot"], &APP[4..]].concat();
    let mut person = Person::starts_at_home(&display.shown(), &["--yes"], &command, |_| ());
    person.reads("Join the call");
    person.mutes_and_is_told_of_a_leak(|line| display.types(line));
}

/// Nobody waits at a question for a call that cannot come any more.
#[test]
fn an_app_that_ends_before_the_call_is_said_and_not_waited_for() {
    if !able() {
        return;
    }
    let display = Display::new();
    let app = ["xterm", "-e", "false"];
    let mut person = Person::starts(&display, &["--offline", "--yes"], &app);
    person.reads("the app ended");
    assert_eq!(person.ends(), Some(2), "{}", person.screen());
}

#[test]
fn without_the_outside_network_nothing_is_reached_and_the_bundle_says_so() {
    if !able() {
        return;
    }
    let display = Display::new();
    let mut person = Person::starts(&display, &["--offline", "--yes"], &APP);
    person.reads("Join the call");
    // The window is there, and the call is not.
    display.types("status");
    person.types("\r");
    person.reads("Recording with the microphone on");
    // Ctrl-C.
    person.types("\u{3}");
    person.ends();

    assert!(
        person.out.join("bundle/seal.json").is_file(),
        "{}",
        person.screen()
    );
    let report = fs::read_to_string(person.out.join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let guided = &report["manifest"]["guided"];
    assert!(
        guided.is_object() && guided["outside"].is_null(),
        "{guided}"
    );
    assert_eq!(person.packets().0, 0);
    assert!(person.logged(&["join the outside network"]).is_empty());
    let page = run(&["report", &person.out.display().to_string()]).out;
    assert!(page.contains("Outside network: none"), "{page}");
}

#[test]
fn a_no_leaves_nothing_behind() {
    if !able() {
        return;
    }
    let display = Display::new();
    let mut person = Person::starts(&display, &["--offline"], &["xterm"]);
    person.reads("Type yes to begin");
    person.types("no\r");
    person.reads("muteproof: nothing was begun");
    assert_eq!(person.ends(), Some(3));
    assert!(!person.out.exists());
}

/// What a guided audit needs and does not have is said in one line.
#[test]
fn what_is_missing_is_said() {
    let audit = |args: &[&str], display: Option<&str>| {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(program()).arg("audit").args(args);
        command.stdin(Stdio::null()).env_remove("WAYLAND_DISPLAY");
        match display {
            Some(name) => command.env("DISPLAY", name),
            None => command.env_remove("DISPLAY"),
        };
        let said = said(&mut command);
        assert_eq!(said.code, Some(3), "{}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
        said.err
    };
    let guided = ["--guided", "--offline", "--", "true"];
    assert!(audit(&guided, None).contains("there is no display here"));
    assert!(audit(&guided, Some("far:0")).contains("not on this machine"));
    let err = audit(&["--guided", "--", "no-such-program"], None);
    assert!(err.contains("there is no program no-such-program"), "{err}");
    let err = audit(&["specimen-honest", "--offline"], None);
    assert!(err.contains("--offline is for guided audits"), "{err}");
    let err = audit(&["--guided", "specimen-honest"], None);
    assert!(err.contains("needs no person"), "{err}");
    let err = audit(&["--guided", "--transitions", "--", "true"], None);
    assert!(err.contains("leave it out"), "{err}");
    if installed("Xvfb") {
        let display = Display::new();
        let err = audit(&guided, Some(&display.name));
        assert!(err.contains("there is no terminal"), "{err}");
    }
}

/// Kept apart from the audits: what the recipes of the services say of themselves.
#[test]
fn recipes_that_nobody_audited_say_so() {
    let list = run(&["recipe", "list"]).out;
    let services = [
        "zoom",
        "slack",
        "teams",
        "skype",
        "webex",
        "meet",
        "bluejeans",
        "whereby",
        "gotomeeting",
        "jitsi",
        "discord",
    ];
    for name in services {
        let line = list
            .lines()
            .find(|l| l.split_whitespace().next() == Some(name));
        let line = line.unwrap_or_else(|| panic!("{name} is not in the list"));
        let gone = ["skype", "bluejeans"].contains(&name);
        let status = if gone {
            "(discontinued)"
        } else {
            "(not audited by us)"
        };
        assert!(line.ends_with(status), "{line}");
        let recipe = Path::new("recipes").join(name);
        assert!(common::repository().join(recipe).join("notes.md").is_file());
    }
}
