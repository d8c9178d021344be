//! `cargo xtask flows`: what real programs try to send on a network that answers everything, for docs/flows.md.

use std::fs;
use std::process::Command;

use crate::run::{
    Done, build, cargo, flag, option, programs, put_between, root, run, use_development_build,
};

/// What stands between these in docs/flows.md is made here.
const MARKS: [&str; 2] = ["<!-- sink: begin -->", "<!-- sink: end -->"];

/// Lines of a program's page that are shown.
const LINES_MAX: usize = 48;

/// Chromium on a stage: its own sandbox wants calls that a stage has shut, unless a recipe asks for them.
const CHROMIUM: [&str; 4] = [
    "chromium",
    "--no-sandbox",
    "--no-first-run",
    "--user-data-dir=/home/user/profile",
];

/// Firefox with a profile in which that is off which its settings call data collection: technical data, studies,
/// recommendations of add-ons, reports of crashes.
const FIREFOX_TELEMETRY_OFF: &str = "mkdir /home/user/profile && for name in \
     datareporting.healthreport.uploadEnabled datareporting.policy.dataSubmissionEnabled toolkit.telemetry.enabled \
     toolkit.telemetry.unified toolkit.telemetry.archive.enabled app.shield.optoutstudies.enabled app.normandy.enabled \
     browser.discovery.enabled browser.crashReports.unsubmittedCheck.autoSubmit2 \
     browser.newtabpage.activity-stream.feeds.telemetry browser.newtabpage.activity-stream.telemetry; \
     do echo \"user_pref(\\\"$name\\\", false);\"; done > /home/user/profile/user.js && \
     exec firefox-esr --no-remote --profile /home/user/profile about:blank";

/// What is run: a title, the program that has to be there, what stands behind `flows --network sink`.
pub struct Subject {
    /// For a reader.
    pub title: &'static str,
    /// The program that has to be there.
    pub needs: &'static str,
    /// What stands behind `flows --network sink`.
    pub arguments: Vec<&'static str>,
}

/// All of them.
pub fn subjects() -> Vec<Subject> {
    let chromium = |title, more: &[&'static str]| Subject {
        title,
        needs: "chromium",
        arguments: [&["--"], &CHROMIUM[..], more, &["about:blank"]].concat(),
    };
    vec![
        chromium("Chromium as it is, on an empty page", &[]),
        chromium(
            "Chromium with its background services off",
            &[
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-default-apps",
                "--disable-domain-reliability",
                "--disable-sync",
                "--no-pings",
            ],
        ),
        Subject {
            title: "Firefox ESR as it is, on an empty page",
            needs: "firefox-esr",
            arguments: vec!["--", "firefox-esr", "--no-remote", "about:blank"],
        },
        Subject {
            title: "Firefox ESR with its telemetry off, on an empty page",
            needs: "firefox-esr",
            arguments: vec!["--", "sh", "-c", FIREFOX_TELEMETRY_OFF],
        },
        Subject {
            title: "Mumble, in a call by its recipe",
            needs: "mumble",
            arguments: vec!["mumble"],
        },
        Subject {
            title: "Dino as it is",
            needs: "dino-im",
            arguments: vec!["--", "dino-im"],
        },
        Subject {
            title: "Linphone's window as it is",
            needs: "linphone",
            arguments: vec!["--", "linphone"],
        },
        Subject {
            title: "Jami, in a call by its recipe",
            needs: "/usr/libexec/jamid",
            arguments: vec!["jami"],
        },
    ]
}

/// Runs the specimens whose truth is known, pages with a button in a frame and a Flatpak, and with `--write` puts the table into the page.
pub fn truth(args: &[String]) -> Done {
    let filter =
        "binary(received) or test(in_a_frame_of_another_site) or test(of_a_flatpak_its_settings)";
    let mut command = cargo(&["nextest", "run", "--workspace", "--run-ignored", "all"]);
    command.args(["--no-capture", "-E", filter]);
    if flag(args, "--write") {
        command.env("MUTEPROOF_WRITE_TRUTH", "1");
    }
    run(&mut command)
}

/// Runs each program, prints what was found, and with `--write` puts it into the page.
pub fn flows(args: &[String]) -> Done {
    use_development_build();
    build()?;
    let seconds = option(args, "--seconds").unwrap_or("30");
    let mut page = String::new();
    for subject in subjects() {
        let there = Command::new("which").arg(subject.needs).output();
        if !there.is_ok_and(|out| out.status.success()) {
            println!("SKIPPED: {} is not installed", subject.needs);
            continue;
        }
        let found = run_on_sink(&subject, seconds)?;
        let section = format!("### {}\n\n```text\n{found}```\n\n", subject.title);
        println!("{section}");
        page += &section;
    }
    match flag(args, "--write") {
        true => put_between("flows.md", MARKS, page.trim_end()),
        false => Ok(()),
    }
}

/// What `flows` says of a program, but for what it says of itself at the end.
fn run_on_sink(subject: &Subject, seconds: &str) -> Result<String, String> {
    let out = root().join("target/flows");
    let _ = fs::remove_dir_all(&out);
    let mut command = Command::new(programs().join("muteproof"));
    command.args(["flows", "--network", "sink", "--seconds", seconds, "--out"]);
    let said = command.arg(&out).args(&subject.arguments).output();
    let said = said.map_err(|e| e.to_string())?;
    // 2: something could not be read, which the page says.
    if !matches!(said.status.code(), Some(0 | 2)) {
        let why = String::from_utf8_lossy(&said.stderr);
        return Err(format!("{}: {}{why}", subject.title, said.status));
    }
    let text = String::from_utf8_lossy(&said.stdout);
    let found: Vec<&str> = text
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with("What this cannot show"))
        .collect();
    let shown = found.iter().take(LINES_MAX);
    let mut page: String = shown.map(|line| format!("{line}\n")).collect();
    if found.len() > LINES_MAX {
        page += &format!("({} lines more)\n", found.len() - LINES_MAX);
    }
    Ok(page.trim_end().to_owned() + "\n")
}
