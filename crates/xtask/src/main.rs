//! The project's own commands. `cargo xtask` lists them.
//!
//! No dependency beside the standard library, so that the first command of the README starts fast.

mod a11y;
mod attack_table;
mod calibrate;
mod captures;
mod clean_clone;
mod clean_root;
mod demo;
mod dist;
mod export;
mod flows;
mod fuzz;
mod helper;
mod mends;
mod mic;
mod mitmproxy;
mod models;
mod node;
mod pdf;
mod repeats;
mod roots;
mod run;
mod sbom;
mod setup;
mod snoop;
mod speed;
mod study;
mod systems;
mod test;
mod viewers;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  demo     install what is missing, build, audit Mumble and a leaking specimen side by side
           --profile PROFILE (quick); --out FOLDER: where the audits go
  test     install what is missing, build, run every test and check
           --on RELEASE: only one audit and the switch's tests, in a root of Debian trixie, forky, bookworm
  setup    only install what is missing (says what and why first)
  dist     build what is handed out into target/dist/packages: a Debian package, judged by lintian, an
           archive for other systems, the list of what is in them (CycloneDX), SHA-256 sums
           --try RELEASE,…: install the package in a clean root of each, use it without root, remove it
  readme   follow the README in a clean clone in a clean root, as a person without root: print minutes and MB
           --on RELEASE (trixie); --section WORDS: only what stands there
  helper   install what its build needs, build the privileged helper that traces calls
           --cost: measure what tracing costs instead
  crates   draw the crates and their arrows in docs/ARCHITECTURE.md
  deny     check licences, bans and sources of all dependencies
  fuzz     run every fuzz target under libFuzzer; needs a C++ compiler
           --seconds N: for each (15); --only TARGET
  mends    take each mend of a hole out again, in this checkout, and see its test fail; of a run that was
           interrupted `git checkout` puts the file back; --only WORDS: of some
  flows    run real programs on a network that answers everything: print what they try to send
           --seconds N: for each (30); --write: into docs/flows.md
           --mitmproxy: hold their requests against what mitmproxy sees of them instead (40 seconds each)
           --truth: specimens whose truth is known, each beside its honest twin; fails where a cell is wrong;
           pages with a button in a frame, and a Flatpak
  slow     run the tests that take minutes each and that `test` leaves out: apps that flood and that lie of who they
           are, a phone beside this machine, a day's changes; --only WORDS: those with these words in their names
  beside   audit apps whose truth is known on a device beside this machine, in a room that is computed, and on a
           stage: half an hour; print the table; --write: into docs/beside.md; goes on where it was stopped
  snoop    audit the specimen that tries to get out, on both sound servers, as root and as a user:
           print what it was denied; --write: into docs/security.md
  systems  audit on Debian 13, the release after it and Debian 12, each in a root of its own, and measure the
           switch there: write docs/platforms.md; goes on where it was stopped
           --only RELEASE: print its rows; --page: only write the page of what is there;
           --fresh: make everything again
  repeats  audit honest specimens again and again, redraw their schedules, print all figures
           --short: two of each; --runs N: N of each (10); --out FOLDER: where bundles go;
           --fresh: do not go on with what an earlier run left there
  study    audit all recipes, write docs/STUDY.md: an evening; goes on where it was stopped
           --main PROFILE (standard), --variants PROFILE (quick), --sound SERVER, --attempts N,
           --only RECIPE,…: audit these anew; --page: only write the page of what is there;
           --pressed: press the button of each window by `recipe try`, keep its picture in docs/pressed;
           --judge: as --page, judging anew all bundles that are kept
  truth-table  audit every specimen, compare with its truth, write docs/truth-table.md
  a11y     hold every page for a browser against axe-core, keyboards and screen readers, in Chromium; needs npm
  viewers  open SARIF and JUnit in viewers from npm, and an HTTP Archive in the network panels of two browsers
  pdf      hold reports and reviews as PDF against PDF/A-2a and PDF/UA-1: builds a typesetter of 400 crates
           --write: where an officer's questions are answered, into docs/review.md
  schemas  write docs/schemas: the shape of every JSON document
  claims   write docs/CLAIMS.md, from review/claims/mute-study.toml
  golden NAME...  pack audits of the study, without contents, into testdata/bundles
  telemetry  how soon is telemetry of the study's kind found? twenty audits at ten times its pace
           --standard: ten at its own pace, in the profile `standard`, until it is found
           --runs N: N of them; both go on with what an earlier run left in target/
  mic-off  measure the microphone switch on servers of its own, with real recorders
           --repeats N (50), --soak EVENTS (10000), --idle SECONDS (60),
           --server NAME: this one only; --presses-only: nothing but the table; --write: into docs/mic.md
  mic-tray  make the picture of docs/mic.md: the tray in a real panel, on a display of its own
  captures  make captures by programs of others, on a bridge and on all interfaces too, and hold what
           inspect counts in them against tshark: two hundred, some minutes, as root; --only WORDS: of some
  capture-speed  make captures, inspect them, time that beside other programs
  calibrate  rerun every figure behind the statistics and write docs/calibration.md
           (--only SECTION: that section alone, of null, real, power, parts, telemetry, gates, attention, length)
           --short: seconds instead of minutes, printed only; --out FILE: write it there
  leak-kinds  which kinds of leaks are found, and what is said of the others: write docs/leak-kinds.md
           --sessions SMOKE,QUICK,STANDARD (40,40,20): of each kind
  attack-table  what telemetry gives away, by kind and window: write docs/attack-table.md; installs
           packages of music first
           --short: on few synthetic sounds, printed only; --out FILE: write it there;
           --threads N (2); --keep FOLDER: keep what was listened to there, for the next run;
           --data FOLDER: the recordings (../shared/data); --learners: only compare learners
  export-demo  make a small data export with two voices, target/export-demo, for the README
  export-speed  how long an export of 1,700 clips takes, and one of 50 GB, in 500 MB of memory
           --data FOLDER: the recordings
  export-table  how well foreign voices in an export are found: the tables of docs/export-check.md
           --out FILE: write them there; --short: few clips; --own N, --others N: clips of each
           length and place of each speaker (40, 2); --draws N: exports of each owner (4);
           --keep FILE: keep what was heard there; --data FOLDER: the recordings; --calibrate: fit
           the constants of the calibration instead
  models   make the models of `voices` again from their wheels, and compare
           --write: put them into the repository; --float: in full precision as well
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    if rest.iter().any(|arg| arg == "--help" || arg == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let done = match args.first().map(String::as_str) {
        Some("demo") => demo::demo(rest),
        Some("test") => test::test(rest),
        Some("setup") => setup::setup(setup::FOR_TESTS),
        Some("dist") => dist::dist(rest),
        Some("helper") => helper::helper(rest),
        Some("crates") => run::run(
            run::cargo(&[
                "test", "--quiet", "-p", "xtask", "--test", "tidy", "picture",
            ])
            .env("MUTEPROOF_WRITE", "1"),
        ),
        Some("deny") => test::deny(),
        Some("fuzz") => fuzz::fuzz(rest),
        Some("calibrate") => calibrate::calibrate(rest),
        Some("leak-kinds") => calibrate::calibrate(&args),
        Some("attack-table") => attack_table::attack_table(rest),
        Some("export-demo") => export::demo(),
        Some("export-speed") => export::speed(rest),
        Some("export-table") => export::table(rest),
        Some("models") => models::models(rest),
        Some("study") => study::study("apps", rest),
        Some(what @ ("golden" | "telemetry" | "truth-table")) => study::study(what, rest),
        Some("mic-off") => mic::mic_off(rest),
        Some("mic-tray") => mic::mic_tray(),
        Some("captures") => captures::captures(rest),
        Some("capture-speed") => speed::speed(),
        Some("mends") => mends::mends(rest),
        Some("a11y") => a11y::a11y(),
        Some("viewers") => viewers::viewers(),
        Some("pdf") => pdf::pdf(rest),
        Some("schemas") => run::run(
            run::cargo(&["nextest", "run", "--workspace", "-E", "test(every_shape)"])
                .env("MUTEPROOF_WRITE", "1"),
        ),
        Some("claims") => run::run(
            run::cargo(&["run", "--quiet", "-p", "study", "--", "claims", "--root"])
                .arg(run::root()),
        ),
        Some("slow") => test::slow(rest),
        Some("beside") => test::beside(rest),
        Some("flows") if rest.iter().any(|arg| arg == "--mitmproxy") => mitmproxy::mitmproxy(rest),
        Some("flows") if rest.iter().any(|arg| arg == "--truth") => flows::truth(rest),
        Some("flows") => flows::flows(rest),
        Some("snoop") => snoop::snoop(rest),
        Some("systems") => systems::systems(rest),
        Some("readme") => clean_clone::readme(rest),
        Some("repeats") => repeats::repeats(rest),
        None | Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(format!("there is no command `{other}`\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("xtask: {e}");
            ExitCode::FAILURE
        }
    }
}
