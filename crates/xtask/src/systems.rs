//! The program on other systems: audits in roots of Debian's releases, and how fast the microphone switch is
//! there, as docs/platforms.md has them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use crate::roots::{RELEASES, inside, make};
use crate::run::{
    Done, abreast, build, cargo, flag, option, programs, release, root, run, said,
    use_development_build,
};

/// What CI asks of another system: one audit that has to find a leak.
pub fn short(release: &str) -> Done {
    let place = make(release)?;
    let found = audit(
        &place,
        &Audit {
            release,
            server: "pipewire",
            recipe: "specimen-clear-text",
            profile: SHORT,
            options: &[],
            traced: false,
        },
    )?;
    println!("{release}: {}", found.line());
    if found.verdict != "leaks" {
        return Err(format!(
            "{release}: the specimen that leaks was not found out: {}",
            found.line()
        ));
    }
    Ok(())
}

/// The microphone switch's tests.
pub fn switch(release: &str) -> Done {
    let place = make(release)?;
    let tests = said(
        crate::run::cargo(&[
            "test",
            "--workspace",
            "--no-run",
            "--message-format=json",
            "--quiet",
        ])
        .stderr(std::process::Stdio::null()),
    )?;
    let of_the_switch = |line: &&str| line.contains("crates/cli/tests/mic.rs\"");
    let executable = tests.lines().filter(of_the_switch).find_map(|line| {
        let (_, rest) = line.split_once("\"executable\":\"")?;
        Some(PathBuf::from(rest.split('"').next()?))
    });
    let switch = executable.ok_or("cargo does not say where the switch's tests are")?;
    run(inside(&place, &switch).args(["--test-threads", "2"]))
}

/// Where audits are made, in this order, and in which profile apps are: what people of a release have first.
/// Testing changes every day, so a short audit has to do there.
const PLACES: [(&str, &str, &str); 4] = [
    ("trixie", "pipewire", "quick"),
    ("bookworm", "pulseaudio", "quick"),
    ("forky", "pipewire", SHORT),
    ("trixie", "pulseaudio", "quick"),
];

/// The profile of the specimens.
const SHORT: &str = "smoke";

/// Apps that are audited in each place, and what they need beside what every root has: a release that has no
/// such package has no row.
const APPS: [(&str, &[&str]); 5] = [
    ("mumble", &[]),
    ("baresip-pcmu", &[]),
    ("twinkle", &["twinkle-console"]),
    ("chromium", &["chromium"]),
    (
        "janus",
        &["chromium", "janus", "janus-demos", "libjs-janus-gateway"],
    ),
];

/// Specimens whose truth shows in a short audit without a helper that traces calls.
const SPECIMENS: [(&str, &[&str]); 16] = [
    ("specimen-clear-text", &[]),
    ("specimen-window-mute", &[]),
    ("specimen-honest", &[]),
    ("specimen-size-leak", &[]),
    ("specimen-level-header", &[]),
    ("specimen-listener", &[]),
    ("specimen-opaque-level", &[]),
    ("specimen-dlopen-reader", &[]),
    ("specimen-drifter", &[]),
    ("specimen-indicator-hider", &[]),
    ("specimen-snoop", &[]),
    ("specimen-leftover-server", &[]),
    ("specimen-tidy-server", &[]),
    ("specimen-attention-teller", &["--attention"]),
    ("specimen-attention-blind", &["--attention"]),
    ("specimen-unmute-burst", &["--transitions"]),
];

/// Specimens that encrypt by a library of the system, whose calls a helper traces: ten times as fast as they ship,
/// as docs/truth-table.md has them.
const TRACED: [&str; 2] = ["minute-telemetry-tenth", "minute-telemetry-gnutls-tenth"];
const TENTH: &str = "tenth";

/// Libraries that the helper is made with, and those that it traces.
const LIBRARIES: [&str; 4] = ["libelf1", "zlib1g", "libssl3", "libgnutls30"];

/// Audits side by side, as the tests have it: with four, sound comes late on two cores.
const ABREAST: usize = 3;

/// Verdicts of audits that could not answer.
const SILENT: [&str; 2] = ["inconclusive", NOT_RUN];
const NOT_RUN: &str = "not run";

/// What an audit is made of.
struct Audit<'a> {
    release: &'a str,
    server: &'a str,
    recipe: &'a str,
    profile: &'a str,
    options: &'a [&'a str],
    /// Whether the helper traces its calls.
    traced: bool,
}

/// `cargo xtask systems`: audits on each release, and the switch, as tables in docs/platforms.md. What is there
/// already is not made again, also where another machine made it: docs/platforms.tsv has a line for each audit.
pub fn systems(args: &[String]) -> Done {
    use_development_build();
    let only = option(args, "--only");
    let wanted = |release: &str| only.is_none_or(|only| only == release);
    let releases = RELEASES.into_iter().filter(|release| wanted(release));
    let mut audits = audits();
    audits.retain(|audit| wanted(audit.release));
    if flag(args, "--fresh") {
        let _ = fs::remove_dir_all(kept());
        let _ = fs::remove_file(rows_file());
    }
    let mut rows = Rows::read();
    if !flag(args, "--page") {
        build()?;
        crate::helper::helper(&[])?;
        for release in releases.clone() {
            let place = make(release)?;
            install(&place)?;
            if measured(release).is_empty()
                && let Err(why) = measure_switch(release, &place)
            {
                println!("{release}: the switch was not measured: {why}");
            }
        }
        record(&audits, &rows);
    }
    for audit in &audits {
        rows.take(audit);
    }
    rows.write()?;
    let found: Vec<(&Audit, Found)> = audits
        .iter()
        .filter_map(|audit| Some((audit, rows.of(audit)?)))
        .collect();
    let page = page(&found, audits.len(), &releases.collect::<Vec<_>>());
    match only {
        Some(_) => print!("{page}"),
        None => {
            let out = root().join("docs/platforms.md");
            fs::write(&out, page).map_err(|e| format!("{}: {e}", out.display()))?;
        }
    }
    let other: Vec<String> = found
        .iter()
        .filter(|(_, found)| found.answers())
        .filter(|(audit, found)| truth(audit.recipe).is_some_and(|truth| truth != found.verdict))
        .map(|(audit, found)| format!("{}, {}", audit.recipe, found.line()))
        .collect();
    match other.is_empty() {
        true => Ok(()),
        false => Err(format!("not as in the truth table: {}", other.join("; "))),
    }
}

/// The audits of each place: all of the apps first, then all of the specimens.
fn audits() -> Vec<Audit<'static>> {
    let apps = PLACES.into_iter().flat_map(|(release, server, profile)| {
        APPS.iter().map(move |(recipe, _)| Audit {
            release,
            server,
            recipe,
            profile,
            options: &[],
            traced: false,
        })
    });
    let specimens = PLACES.into_iter().flat_map(|(release, server, _)| {
        SPECIMENS.iter().map(move |(recipe, options)| Audit {
            release,
            server,
            recipe,
            profile: SHORT,
            options,
            traced: false,
        })
    });
    let traced = PLACES.into_iter().flat_map(|(release, server, _)| {
        TRACED.iter().map(move |recipe| Audit {
            release,
            server,
            recipe,
            profile: TENTH,
            options: &[],
            traced: true,
        })
    });
    apps.chain(specimens).chain(traced).collect()
}

/// What is kept of every run.
fn kept() -> PathBuf {
    root().join("target/systems")
}

/// Where an audit is kept.
fn folder(audit: &Audit) -> PathBuf {
    kept().join(format!(
        "{}-{}-{}-{}",
        audit.release, audit.server, audit.recipe, audit.profile
    ))
}

/// The apps' packages, those that the release has: apt's own word.
const INSTALL: &str = r#"
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
dpkg --status "$@" >/dev/null 2>&1 && exit 0
apt-get --quiet=2 update
apt-get --quiet=2 --yes --no-install-recommends install "$@" >/dev/null
"#;

/// Installs what the apps need in a root, and says what the release does not have.
fn install(place: &Path) -> Done {
    let apps = APPS.into_iter();
    for (recipe, packages) in apps.chain([("specimen that is traced", LIBRARIES.as_slice())]) {
        if packages.is_empty() {
            continue;
        }
        let mut script = inside(place, Path::new("sh"));
        script.args(["-c", INSTALL, "sh"]).args(packages);
        if let Err(why) = said(&mut script) {
            let why = why.lines().last().unwrap_or_default().to_owned();
            println!("{}: no {recipe}: {why}", place.display());
        }
    }
    Ok(())
}

/// Makes the audits that have no answer yet, in their order.
fn record(audits: &[Audit], rows: &Rows) {
    let queue = Mutex::new(audits.iter());
    thread::scope(|scope| {
        for _ in 0..abreast(ABREAST) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(|e| e.into_inner()).next();
                    let Some(next) = next else { return };
                    // What was without an answer on a busy machine may have one today.
                    let made = [Found::read(&folder(next)), rows.of(next)];
                    if made.iter().flatten().any(Found::answers) {
                        continue;
                    }
                    let done = make(next.release).and_then(|place| audit(&place, next));
                    match done {
                        Ok(found) => println!("{}, {}", next.recipe, found.line()),
                        Err(why) => println!("{}, {}: {why}", next.recipe, next.release),
                    }
                }
            });
        }
    });
}

/// A line for each audit, tab between fields: release, server, recipe, profile, and what [`Found`] has.
struct Rows(Vec<Vec<String>>);

/// Where they are.
fn rows_file() -> PathBuf {
    root().join("docs/platforms.tsv")
}

impl Rows {
    fn read() -> Rows {
        let text = fs::read_to_string(rows_file()).unwrap_or_default();
        let line = |line: &str| line.split('\t').map(str::to_owned).collect();
        Rows(text.lines().map(line).collect())
    }

    fn write(&self) -> Done {
        let mut lines: Vec<String> = self.0.iter().map(|row| row.join("\t") + "\n").collect();
        lines.sort();
        let file = rows_file();
        fs::write(&file, lines.concat()).map_err(|e| format!("{}: {e}", file.display()))
    }

    fn is_of(row: &[String], audit: &Audit) -> bool {
        let of = [audit.release, audit.server, audit.recipe, audit.profile];
        row.iter().zip(of).all(|(field, of)| field == of) && row.len() == of.len() + 5
    }

    /// What there is of an audit.
    fn of(&self, audit: &Audit) -> Option<Found> {
        let row = self.0.iter().find(|row| Rows::is_of(row, audit))?;
        let [system, server, version, verdict, microphone] = row.get(4..)?.first_chunk::<5>()?;
        Some(Found {
            system: system.clone(),
            server: server.clone(),
            version: version.clone(),
            verdict: verdict.clone(),
            microphone: microphone.clone(),
        })
    }

    /// Takes what this machine has of an audit, if it is an answer, or the first word on it.
    fn take(&mut self, audit: &Audit) {
        let Some(found) = Found::read(&folder(audit)) else {
            return;
        };
        // What was interrupted says nothing of the system.
        if found.verdict == NOT_RUN || (!found.answers() && self.of(audit).is_some()) {
            return;
        }
        self.0.retain(|row| !Rows::is_of(row, audit));
        let of = [audit.release, audit.server, audit.recipe, audit.profile];
        let fields = [
            found.system,
            found.server,
            found.version,
            found.verdict,
            found.microphone,
        ];
        // What would be another field or line is none of what versions are written with.
        let fields = fields.map(|field| field.replace(['\t', '\n'], " "));
        self.0
            .push(of.map(str::to_owned).into_iter().chain(fields).collect());
    }
}

/// Rows on the switch on a release: measured here, else as the page has them.
fn measured(release: &str) -> Vec<String> {
    let here = fs::read_to_string(switch_file(release)).unwrap_or_default();
    // Without the two lines of its head.
    let here: Vec<String> = here
        .lines()
        .skip(2)
        .filter(|line| line.starts_with('|'))
        .map(|line| format!("| {release} {line}"))
        .collect();
    if !here.is_empty() {
        return here;
    }
    let page = fs::read_to_string(root().join("docs/platforms.md")).unwrap_or_default();
    let (_, switch) = page.split_once(SWITCH).unwrap_or_default();
    let own = format!("| {release} |");
    let rows = switch.lines().filter(|line| line.starts_with(&own));
    rows.map(str::to_owned).collect()
}

/// Where the switch's times on a release are kept.
fn switch_file(release: &str) -> PathBuf {
    kept().join(format!("{release}-switch.md"))
}

/// Presses of the switch, on each server.
const PRESSES: &str = "50";

/// Measures the switch in a root, as `cargo xtask mic-off` does.
fn measure_switch(release: &str, place: &Path) -> Done {
    run(&mut cargo(&[
        "build",
        "--quiet",
        "--workspace",
        "--example",
        "mic-off",
    ]))?;
    let mut measure = inside(place, &programs().join("examples/mic-off"));
    measure
        .args(["--repeats", PRESSES, "--presses-only"])
        .env("MUTEPROOF", programs().join("muteproof"));
    let out = measure.output().map_err(|e| format!("setsid: {e}"))?;
    let file = switch_file(release);
    let write = |file: &Path, text: &[u8]| {
        fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))
    };
    fs::create_dir_all(kept()).map_err(|e| format!("{}: {e}", kept().display()))?;
    let errors = file.with_extension("txt");
    write(&errors, &out.stderr)?;
    match out.status.success() {
        true => write(&file, &out.stdout),
        false => Err(format!("{}; see {}", out.status, errors.display())),
    }
}

/// The page of what is there.
fn page(found: &[(&Audit, Found)], of: usize, releases: &[&str]) -> String {
    let mut page = format!(
        "{HEAD}\n{} of {of} audits are in the table.\n\n{AUDITED}",
        found.len()
    );
    for (audit, found) in found {
        page += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
            found.system,
            found.server,
            audit.recipe,
            found.version,
            audit.profile,
            found.verdict,
            truth(audit.recipe).unwrap_or_else(|| "–".to_owned()),
            found.microphone
        );
    }
    page += SWITCH;
    for release in releases {
        page.extend(measured(release).into_iter().map(|row| row + "\n"));
    }
    page
}

const HEAD: &str = "\
# Other systems

Generated by `cargo xtask systems`; do not edit. Each row is an audit in a root of the named release, made from its
packages (`mmdebstrap`) and entered by a mount namespace. No account has the uid 1000 there, no system bus runs, and
calls are traced in the profile `tenth` alone (telemetry behind a library's encryption). Kernel and processor are those of the machine that ran it. *Truth*: the verdict in
[truth-table.md](truth-table.md), where the app is one of those. *Inconclusive* is what an audit is on a machine
that is too busy to play in time; the command makes those again. Debian 13 has no package of Janus, and no row of it.
";

const AUDITED: &str = "\
| system | sound server | recipe | version | profile | verdict | truth | microphone while muted |
|---|---|---|---|---|---|---|---|
";

const SWITCH: &str = "
## The microphone switch

From the press to the last sample that is not zero, in the same roots, as `cargo xtask mic-off` measures it
([mic.md](mic.md), which has the figures of an idle machine: Chromium's are of its own buffers, and a maximum of
more than 100 ms is of a machine that was busy).

| release | server | recorder | microphones | repeats | median, ms | maximum, ms |
|---|---|---|---|---|---|---|
";

/// The verdict that docs/truth-table.md has of a recipe.
fn truth(recipe: &str) -> Option<String> {
    let page = fs::read_to_string(root().join("docs/truth-table.md")).ok()?;
    let cells = page.lines().find_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        (cells.next()? == recipe).then(|| cells.nth(1).map(str::to_owned))
    });
    // The kind of a leak stands behind it there.
    Some(cells??.split(' ').next()?.replace('_', " "))
}

/// What an audit came to.
struct Found {
    system: String,
    server: String,
    version: String,
    verdict: String,
    microphone: String,
}

impl Found {
    /// What stands in the report of an audit, where there is one.
    fn read(folder: &Path) -> Option<Found> {
        let report = fs::read_to_string(folder.join("report.json")).ok()?;
        // No dependency reads JSON here; the report's own words are all that is wanted.
        let behind = |mark: &str| {
            let (_, rest) = report.split_once(mark)?;
            Some(rest.split('"').nth(1)?.to_owned())
        };
        let word = |found: Option<String>| found.unwrap_or_else(|| "–".to_owned());
        Some(Found {
            system: word(behind("\"system\"")),
            server: word(behind("\"sound server\"")),
            version: word(behind("\"version\"")),
            verdict: word(verdict(&report)),
            microphone: word(behind("\"microphone\":").map(|word| word.replace('_', " "))),
        })
    }

    /// Whether the audit said anything.
    fn answers(&self) -> bool {
        !SILENT.contains(&self.verdict.as_str())
    }

    fn line(&self) -> String {
        format!("{}, {}: {}", self.system, self.server, self.verdict)
    }
}

/// Makes an audit in a root.
fn audit(place: &Path, of: &Audit) -> Result<Found, String> {
    let out = folder(of);
    let _ = fs::remove_dir_all(&out);
    let testdata = root().join("testdata/recipes").join(of.recipe);
    let program = programs().join("muteproof");
    // Where the helper lies says whether calls are traced: only the path below has it.
    let mut audit = match of.traced {
        true => {
            let mut with_helper = inside(place, Path::new("sh"));
            with_helper.args(["-c", r#"PATH=$1:$PATH; shift; exec "$@""#, "sh"]);
            with_helper.arg(release()).arg(program);
            with_helper
        }
        false => inside(place, &program),
    };
    audit.arg("audit");
    match testdata.is_dir() {
        true => audit.arg(testdata),
        false => audit.arg(of.recipe),
    };
    audit.args(["--profile", of.profile, "--quiet"]);
    audit.args(of.options);
    audit.args(["--sound", of.server, "--out"]).arg(&out);
    let output = audit.output().map_err(|e| format!("setsid: {e}"))?;
    Found::read(&out).ok_or_else(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        format!("{} with {}: {}", of.recipe, of.server, said.trim())
    })
}

/// The word behind `is` in the report's verdict.
fn verdict(report: &str) -> Option<String> {
    let (_, rest) = report.split_once("\"verdict\"")?;
    let (_, rest) = rest.split_once("\"is\"")?;
    Some(rest.split('"').nth(1)?.replace('_', " "))
}
