//! `muteproof flows --network outside`: an app on the real network, which here is one of the test's own with a server
//! in it; and an installed mitmproxy between the two.

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use bundle::Bundle;
use common::terminal::Terminal;
use common::{Said, installed, muteproof, said, skip, specimens};
use record::Body;
use serde_json::Value;

/// Where the server is, in a network that documents are for (RFC 5737).
const SERVER: &str = "192.0.2.1";

/// What an app says that is no HTTP.
const NO_HTTP: &str = "from the app";

/// A network without anybody but the server, and then the program: `$1` is the specimens', the rest the command.
const ALONE: &str = r#"
set -e
mount -t tmpfs tmpfs /dev/net
mknod -m 666 /dev/net/tun c 10 200
ip link set lo up
ip link add outer type veth peer name beyond
ip link set beyond up
ip addr add 192.0.2.1/24 dev outer
ip addr add 192.0.2.2/24 dev outer
ip link set outer up
ip route add default via 192.0.2.254
"$1" site --listen 0.0.0.0:80 --frame 192.0.2.2:80 > "$2.txt" 2>&1 &
site=$!
until grep -q listening "$2.txt"; do kill -0 $!; done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=server \
  -addext subjectAltName=IP:192.0.2.1 -keyout "$2.key" -out "$2.pem"
cat /etc/ssl/certs/ca-certificates.crt "$2.pem" > "$2.all"
mount --bind "$2.all" /etc/ssl/certs/ca-certificates.crt
openssl s_server -accept 192.0.2.1:443 -www -cert "$2.pem" -key "$2.key" > "$2.log" 2>&1 &
trap "kill $site $!" EXIT
until grep -q ACCEPT "$2.log"; do kill -0 $!; done
shift 2
"$@"
"#;

/// `flows` there, with these arguments; nothing where this machine has no such network.
fn alone(out: &Path, args: &[&str]) -> Option<Command> {
    let specimen = specimens();
    let lacks = ["pasta", "curl", "unshare", "ip", "openssl", "bash"]
        .into_iter()
        .find(|program| !installed(program));
    if let Some(program) = lacks {
        skip(&format!("{program} is not installed"));
        return None;
    }
    if !Path::new("/etc/ssl/certs/ca-certificates.crt").is_file() {
        skip("the machine's authorities are not where Debian has them");
        return None;
    }
    if !nix::unistd::geteuid().is_root() {
        skip("not root: no network of the test's own");
        return None;
    }
    let mut command = Command::new("unshare");
    command
        .args(["--net", "--mount", "sh", "-c", ALONE, "sh"])
        .args([&specimen, &out.with_extension("server")])
        .arg(muteproof(&[]).get_program())
        .args(["flows", "--network", "outside", "--seconds", "3"])
        .args(["--format", "json", "--out"])
        .arg(out)
        .args(args);
    Some(command)
}

/// Runs an app there; nothing where this machine cannot.
fn outside(out: &Path, options: &[&str]) -> Option<Said> {
    let urls = ["http", "https"].map(|scheme| format!("{scheme}://{SERVER}/hello?from=the-app"));
    // A call beside it, as it were: what comes back is the proxy's all the same.
    let call = match options.contains(&"--intercept") {
        true => "bash -c 'while sleep 0.002; do echo > /dev/udp/192.0.2.2/9; done'",
        false => "true",
    };
    // By TLS, and no HTTP: it has no verb.
    let script = format!(
        "{call} & call=$!; \
         printf '\\001\\002{NO_HTTP}\\n' | timeout 2 openssl s_client -connect {SERVER}:443 > /dev/null; \
         curl -s -m 10 -d level=7 {} {}; kill $call; exit 0",
        urls[0], urls[1]
    );
    let app = ["--", "sh", "-c", &script];
    let said = said(&mut alone(out, &[options, &app].concat())?);
    let lacks = [
        "namespace",
        "is missing",
        "not installed",
        "Operation not permitted",
    ];
    if matches!(said.code, Some(1 | 3)) && lacks.iter().any(|word| said.err.contains(word)) {
        skip(&said.err);
        return None;
    }
    Some(said)
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err))
}

/// The server among the receivers, by how it could be read.
fn channels(flows: &Value) -> Value {
    let receivers = flows["receivers"].as_array().expect("receivers");
    let server = receivers.iter().find(|one| {
        let addresses = one["addresses"].as_array().into_iter().flatten();
        addresses.into_iter().any(|address| address == SERVER)
    });
    let server = server.unwrap_or_else(|| panic!("{receivers:?}"));
    server["channels"].clone()
}

#[test]
fn on_the_real_network_the_real_server_is_the_receiver() {
    let dir = tempfile::tempdir().unwrap();
    let Some(said) = outside(&dir.path().join("run"), &[]) else {
        return;
    };
    assert_eq!(said.code, Some(0), "{}", said.err);
    let flows = json(&said);
    assert_eq!(flows["origin"], "bundle");
    assert_eq!(channels(&flows), both());
    assert!(flows["sent"].is_null(), "{}", flows["sent"]);
}

/// In clear text, and by TLS 1.3.
fn both() -> Value {
    serde_json::json!([{ "is": "http" }, { "is": "tls", "version": 0x0304 }])
}

#[test]
fn what_mitmproxy_sees_of_requests_is_read_whole() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&path).any(|folder| folder.join("mitmdump").is_file());
    if !there || !installed("nft") {
        skip("mitmdump or nft is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let Some(said) = outside(&dir.path().join("run"), &["--intercept"]) else {
        return;
    };
    if said.code == Some(3) && said.err.contains("between the app and its servers") {
        skip(&said.err);
        return;
    }
    assert_eq!(said.code, Some(0), "{}", said.err);
    let flows = json(&said);
    assert_eq!(flows["origin"], "intercepted");
    // The packets are the app's own, to the server itself.
    let channels = channels(&flows);
    let is_there = |one: &Value| channels.as_array().is_some_and(|all| all.contains(one));
    assert!(
        both().as_array().into_iter().flatten().all(is_there),
        "{channels}"
    );
    let sent = flows["sent"].as_array().expect("requests");
    let urls: Vec<&str> = sent.iter().filter_map(|one| one["url"].as_str()).collect();
    let expected =
        ["http", "https"].map(|scheme| format!("{scheme}://{SERVER}/hello?from=the-app"));
    assert_eq!(urls, expected, "{sent:?}");
    for one in sent {
        assert_eq!(
            (&one["method"], &one["body"]),
            (&"POST".into(), &"level=7".into())
        );
    }
    let bundle = Bundle::open(&dir.path().join("run/bundle")).unwrap();
    let told = bundle.records.iter().find_map(|r| match &r.body {
        Body::Sent {
            remote, tls, data, ..
        } => Some((remote.clone(), *tls, data.0.clone())),
        _ => None,
    });
    let data = format!("\u{1}\u{2}{NO_HTTP}\n").into_bytes();
    assert_eq!(told, Some((format!("{SERVER}:443"), Some(0x0304), data)));
}

/// The server's two addresses are two sites: the page of one has a frame of the other, in which the button is.
#[test]
#[ignore = "half a minute: cargo xtask flows --truth"]
fn a_button_in_a_frame_of_another_site_is_pressed() {
    if !installed("chromium") || !installed("Xvfb") {
        skip("chromium or Xvfb is not installed");
        return;
    }
    let page = format!("http://{SERVER}/");
    let pressed = |button: &str| {
        let dir = tempfile::tempdir().unwrap();
        let args = ["--consent-press", button, &page];
        Some(said(&mut alone(&dir.path().join("run"), &args)?))
    };
    let Some(said) = pressed("Accept all") else {
        return;
    };
    // Where it is not pressed, the code is another.
    assert_eq!(said.code, Some(0), "{}", said.err);
    let flows = json(&said);
    let receivers = flows["receivers"].to_string();
    assert!(receivers.contains("after_consent"), "{receivers}");
    let Some(said) = pressed("Nobody calls a button so") else {
        return;
    };
    assert_eq!(said.code, Some(2), "{}", said.err);
    let why = "as all of its 1 frames, said \"no button is called Nobody calls a button so\"";
    let told: Vec<&str> = said.err.lines().filter(|line| line.contains(why)).collect();
    assert!(told.len() == 1 && told[0].len() < 400, "{}", said.err);
}

#[test]
fn what_cannot_be_done_is_one_line() {
    for (args, why) in [
        (
            &["--network", "sink", "--ask", "mumble"][..],
            "--network outside",
        ),
        (
            &["--network", "sink", "--intercept", "mumble"],
            "--network outside",
        ),
        (&["--network", "outside", "zoom"], "--ask"),
    ] {
        let said = common::run(&[&["flows"], args].concat());
        assert_eq!(said.code, Some(3), "{args:?}: {}", said.err);
        assert!(said.err.contains(why), "{}", said.err);
        assert_eq!(said.err.trim_end().lines().count(), 1, "{}", said.err);
    }
}

/// A person says when they agree, and that they will not log in; the app speaks to its server all the time.
#[test]
fn a_person_s_consent_parts_what_was_sent() {
    if !installed("Xvfb") || !installed("setsid") {
        skip("Xvfb or setsid is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let app = format!("while :; do curl -s -m 2 http://{SERVER}/; sleep 0.5; done");
    let args = ["--ask", "--", "sh", "-c", &app];
    let Some(mut command) = alone(&out, &args) else {
        return;
    };
    let mut display = Command::new("Xvfb")
        .args([
            &format!(":{}", 2_000 + std::process::id() % 900),
            "-displayfd",
            "1",
        ])
        .args(["-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb starts");
    let mut number = String::new();
    BufReader::new(display.stdout.take().expect("piped"))
        .read_line(&mut number)
        .expect("a number");
    command
        .env("DISPLAY", format!(":{}", number.trim()))
        .env_remove("WAYLAND_DISPLAY");
    let mut person = Terminal::start(&command);
    person.reads("Type yes to begin");
    person.types("yes\r");
    person.reads("do not agree yet");
    person.types("\r");
    person.reads("do not log in yet");
    person.types("no\r");
    let code = person.ends();
    let _ = display.kill().and_then(|()| display.wait());
    assert_eq!(code, Some(0), "{}", person.screen());
    let flows = json(&common::run(&[
        "flows",
        "--format",
        "json",
        &out.display().to_string(),
    ]));
    let receivers = flows["receivers"].as_array().expect("receivers");
    let moments = &receivers[0]["moments"];
    let mut moments: Vec<&str> = moments
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    // What is under way when it is told to end comes to its end.
    moments.retain(|moment| *moment != "quit");
    assert_eq!(
        moments,
        ["before_consent", "after_consent"],
        "{receivers:?}"
    );
}
