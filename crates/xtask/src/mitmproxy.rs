//! `cargo xtask flows --mitmproxy`: the same programs on the sink and through mitmproxy, whose requests have to be the
//! same.
//!
//! mitmproxy answers by itself, as the sink does, in a network namespace with a way out that leads nowhere. Of each
//! request method, host and path are compared; how often it was made depends on time.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::flows::{Subject, subjects};
use crate::run::{
    Done, build, flag, option, programs, put_between, root, run, use_development_build,
};
use crate::setup::is_root;

/// What stands between these in docs/flows.md is made here.
const MARKS: [&str; 2] = ["<!-- mitmproxy: begin -->", "<!-- mitmproxy: end -->"];

/// The version that it is held against.
const PACKAGE: &str = "mitmproxy==11.0.2";

/// Prints each request, and answers it as little as can be.
const ADDON: &str = r#"
from mitmproxy import http
import os

seen = open(os.environ["SEEN"], "a")

def request(flow):
    asked = flow.request
    print(asked.method, asked.scheme + "://" + asked.pretty_host + asked.path.split("?")[0], file=seen, flush=True)
    flow.response = http.Response.make(204)
"#;

/// `$1` a folder of its own, `$2` mitmproxy's packages, `$3` seconds, then the program. Chromium looks in the
/// user's database of certificates, Firefox in its profile's.
const SCRIPT: &str = r#"
set -e
work=$1 packages=$2 seconds=$3
shift 3
ip link set lo up
ip link add out0 type veth peer name out1
ip addr add 10.77.9.2/24 dev out0
ip link set out0 up
ip link set out1 up
ip route add default via 10.77.9.1
export HOME=$work/home SEEN=$work/seen.txt PYTHONPATH=$packages
mkdir -p "$HOME/.pki/nssdb" "$work/profile"
: > "$SEEN"
python3 -c 'from mitmproxy.tools.main import mitmdump; mitmdump()' -q --set "confdir=$HOME/authority" \
    --set connection_strategy=lazy -s "$work/addon.py" --listen-host 127.0.0.1 -p 8080 > "$work/proxy.log" 2>&1 &
proxy=$!
until [ -f "$HOME/authority/mitmproxy-ca-cert.pem" ] && (exec 3<>/dev/tcp/127.0.0.1/8080) 2>/dev/null; do
    kill -0 $proxy
    sleep 0.2
done
for store in "$HOME/.pki/nssdb" "$work/profile"; do
    certutil -N -d "sql:$store" --empty-password
    certutil -A -d "sql:$store" -n proxy -t C,, -i "$HOME/authority/mitmproxy-ca-cert.pem"
done
cat > "$work/profile/user.js" <<'END'
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 8080);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 8080);
END
Xvfb :77 -screen 0 1280x1024x24 > /dev/null 2>&1 &
screen=$!
until [ -S /tmp/.X11-unix/X77 ]; do sleep 0.1; done
DISPLAY=:77 timeout "$seconds" "$@" > "$work/program.log" 2>&1 || true
kill $proxy $screen
wait || true
"#;

/// Runs each program both ways, prints what differs, and with `--write` puts it into the page.
pub fn mitmproxy(args: &[String]) -> Done {
    if !is_root() {
        return Err("the namespace of mitmproxy is made by root".to_owned());
    }
    use_development_build();
    build()?;
    let seconds = option(args, "--seconds").unwrap_or("40");
    let packages = packages()?;
    let mut page = String::from(
        "| program | requests of both | on the sink alone | through mitmproxy alone |\n|---|---|---|---|\n",
    );
    for subject in subjects() {
        let lacks = [subject.needs, "certutil", "Xvfb", "bash"]
            .into_iter()
            .find(|program| !there(program));
        if let Some(program) = lacks {
            println!("SKIPPED: {program} is not installed, for {}", subject.title);
            continue;
        }
        let Some(command) = through_proxy(&subject) else {
            continue;
        };
        let sink = on_sink(&subject, seconds)?;
        let proxy = behind(&command, &packages, seconds)?;
        let [sink, proxy] = [sink, proxy].map(|all| all.iter().map(|one| shortened(one)).collect());
        let (sink, proxy): (BTreeSet<String>, BTreeSet<String>) = (sink, proxy);
        let list = |all: Vec<&String>| match all.is_empty() {
            true => "none".to_owned(),
            false => {
                let all: Vec<String> = all.iter().map(|one| format!("`{one}`")).collect();
                all.join("<br>")
            }
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            subject.title,
            list(sink.intersection(&proxy).collect()),
            list(sink.difference(&proxy).collect()),
            list(proxy.difference(&sink).collect())
        );
    }
    print!("{page}");
    match flag(args, "--write") {
        true => put_between("flows.md", MARKS, page.trim_end()),
        false => Ok(()),
    }
}

/// A request without what lies beyond the second part of its path: versions, and what the machine is.
fn shortened(request: &str) -> String {
    const PARTS: usize = 6;
    let parts: Vec<&str> = request.split('/').collect();
    match parts.len() > PARTS {
        true => format!("{}/…", parts[..PARTS - 1].join("/")),
        false => request.to_owned(),
    }
}

fn there(program: &str) -> bool {
    let out = Command::new("which").arg(program).output();
    out.is_ok_and(|out| out.status.success())
}

/// mitmproxy's packages, installed where they are not.
fn packages() -> Result<PathBuf, String> {
    let place = root().join("target/tools/mitmproxy");
    if !place.join("mitmproxy").is_dir() {
        println!("Installing {PACKAGE} …");
        run(Command::new("pip")
            .args(["install", "--quiet", "--target"])
            .arg(&place)
            .arg(PACKAGE))?;
    }
    Ok(place)
}

/// The command for a program that goes through the proxy; nothing for what speaks no HTTP.
fn through_proxy(subject: &Subject) -> Option<Vec<String>> {
    let (_, words) = subject
        .arguments
        .split_first()
        .filter(|(first, _)| **first == "--")?;
    // A script has a profile of its own, which has no proxy in it.
    if words.first() == Some(&"sh") {
        return None;
    }
    let profile = work().join("profile").display().to_string();
    let word = |word: &&str| match word.strip_prefix("--user-data-dir=") {
        Some(_) => format!("--user-data-dir={profile}"),
        None => (*word).to_owned(),
    };
    let mut command: Vec<String> = words.iter().map(word).collect();
    match subject.needs {
        "chromium" => command.insert(1, "--proxy-server=127.0.0.1:8080".to_owned()),
        _ => command
            .splice(1..1, ["--profile".to_owned(), profile])
            .for_each(drop),
    }
    Some(command)
}

fn work() -> PathBuf {
    root().join("target/mitmproxy")
}

fn behind(command: &[String], packages: &Path, seconds: &str) -> Result<BTreeSet<String>, String> {
    let work = work();
    let _ = fs::remove_dir_all(&work);
    let written = fs::create_dir_all(&work).and_then(|()| fs::write(work.join("addon.py"), ADDON));
    written.map_err(|e| format!("{}: {e}", work.display()))?;
    run(Command::new("unshare")
        .args(["--net", "bash", "-c", SCRIPT, "bash"])
        .arg(&work)
        .arg(packages)
        .arg(seconds)
        .args(command))?;
    let seen = fs::read_to_string(work.join("seen.txt")).map_err(|e| e.to_string())?;
    Ok(seen.lines().map(str::to_owned).collect())
}

fn on_sink(subject: &Subject, seconds: &str) -> Result<BTreeSet<String>, String> {
    let out = root().join("target/flows");
    let _ = fs::remove_dir_all(&out);
    let mut command = Command::new(programs().join("muteproof"));
    command.args([
        "flows",
        "--network",
        "sink",
        "--format",
        "text",
        "--seconds",
    ]);
    let said = command
        .args([seconds, "--out"])
        .arg(&out)
        .args(&subject.arguments)
        .output()
        .map_err(|e| e.to_string())?;
    if !matches!(said.status.code(), Some(0 | 2)) {
        return Err(String::from_utf8_lossy(&said.stderr).into_owned());
    }
    // The session's log has one line for each request.
    let log = out.join("bundle/session.jsonl");
    let log = fs::read_to_string(&log).map_err(|e| format!("{}: {e}", log.display()))?;
    Ok(log.lines().filter_map(request).collect())
}

/// A request of a session's log as the addon prints it. The program has no reader of JSON; none of these fields
/// holds what JSON escapes, or the request would differ.
fn request(line: &str) -> Option<String> {
    let field = |name: &str| {
        let (_, behind) = line.split_once(&format!("\"{name}\":\""))?;
        behind.split('"').next()
    };
    line.contains("\"is\":\"requested\"").then_some(())?;
    let path = field("path_and_query")?.split('?').next()?;
    let (method, scheme, host) = (field("method")?, field("scheme")?, field("host")?);
    Some(format!("{method} {scheme}://{host}{path}"))
}
