//! The microphone switch and the watch on who holds one, in the person's own session.

mod front;
mod page;
mod say;
mod watch;

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::{Args as ClapArgs, Subcommand};
use mic::control::{Answer, Ask, ask};
use mic::desktop::Texts;
use mic::guard::Guard;
use mic::{EventLog, MicError, Places};
use report::{Lang, Menu, Message, Mic};
use switch::{Status, Verified};

use crate::fail::{Fail, print};
use crate::mic::say::{Shown, places, say};
use crate::options::session_language;
use crate::printer;
use crate::told::{message, said};

pub use front::front;

pub const EXAMPLES: &str = "\
Examples:
  muteproof mic off                 every microphone off, proven by recording it
  muteproof mic status --json       the same proof again, for a program
  muteproof mic toggle              for a key of your desktop
  muteproof mic watch               who takes and leaves a microphone

Exit codes:
  0  as wished: on, or off and every source recorded and silent
  1  it should be off, and something still hears
  2  it should be off, and that is not proven
  3  usage or set-up error";

/// Arguments of `mic`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with microphones.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Switch every microphone off, and prove it.
    Off {
        /// Also use the layers below the sound server: capture switches, access to the devices, USB. They
        /// need privilege, and the last takes a headset's headphones and a camera away, too.
        #[arg(long)]
        devices: bool,
        /// Also move every recording to a silent source, so that whoever un-mutes a microphone finds nobody
        /// who reads it.
        #[arg(long)]
        streams: bool,
        /// How the answer is shown.
        #[command(flatten)]
        shown: Shown,
    },
    /// Switch them on, with every volume and mute as before.
    On {
        /// How the answer is shown.
        #[command(flatten)]
        shown: Shown,
    },
    /// Switch them off if they are on, and on if they are off.
    Toggle {
        /// How the answer is shown.
        #[command(flatten)]
        shown: Shown,
    },
    /// Prove the state again, and say which layers hold.
    Status {
        /// How the answer is shown.
        #[command(flatten)]
        shown: Shown,
    },
    /// Leave a source as it is when the others are switched off, or let a program hear when others may not.
    Except {
        /// The source's name, as `status` tells it.
        #[arg(required_unless_present = "app")]
        source: Option<String>,
        /// The program's file instead, as `mic watch` tells it. Everybody else's recordings are moved to a silent
        /// source meanwhile.
        #[arg(long, value_name = "PROGRAM", conflicts_with = "source")]
        app: Option<PathBuf>,
        /// No longer.
        #[arg(long)]
        end: bool,
        /// How the answer is shown.
        #[command(flatten)]
        shown: Shown,
    },
    /// Stay, and keep the microphones as they were switched; what the user service runs.
    Guard {
        /// End when they are on and everything is given back.
        #[arg(long)]
        once: bool,
        /// Also write into the event log who takes and leaves a microphone or a camera, so that `muteproof`
        /// alone can say since when.
        #[arg(long)]
        watch: bool,
        /// Without tray, notifications, shortcut and D-Bus.
        #[arg(long)]
        no_desktop: bool,
    },
    /// Tell who holds a microphone or a camera, from now on: a page, or lines where there is no terminal.
    Watch {
        /// How it is shown: with --json, a line for each change.
        #[command(flatten)]
        shown: Shown,
        /// Also write each change into the event log.
        #[arg(long)]
        log: bool,
        /// Say who holds what now, and end.
        #[arg(long)]
        now: bool,
    },
}

/// Does it.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    match &args.verb {
        Verb::Off {
            devices,
            streams,
            shown,
        } => {
            let (devices, streams) = (*devices, *streams);
            asked(&Ask::Off { devices, streams }, *shown, lang)
        }
        Verb::On { shown } => asked(&Ask::On, *shown, lang),
        Verb::Toggle { shown } => asked(&Ask::Toggle, *shown, lang),
        Verb::Status { shown } => asked(&Ask::Status, *shown, lang),
        Verb::Except {
            app: Some(app),
            end,
            shown,
            ..
        } => {
            // What is started by a link is the file that it leads to.
            let file = std::fs::canonicalize(app).unwrap_or_else(|_| app.clone());
            let (program, except) = (file.display().to_string(), !end);
            asked(&Ask::ExceptApp { program, except }, *shown, lang)
        }
        Verb::Except {
            source, end, shown, ..
        } => {
            let (source, except) = (source.clone().unwrap_or_default(), !end);
            asked(&Ask::Except { source, except }, *shown, lang)
        }
        Verb::Guard {
            once,
            watch,
            no_desktop,
        } => guard(*once, *watch, *no_desktop, lang),
        Verb::Watch { shown, log, now } => watch::run(*shown, lang, *log, *now),
    }
}

fn asked(question: &Ask, shown: Shown, lang: Lang) -> Result<ExitCode, Fail> {
    let places = places()?;
    // A guard that is there is asked first: nothing may come between the press and it.
    let answer = match ask(&places.run, question) {
        Ok(answer) => answer,
        Err(_) => {
            // Whether there is a server, and whether it lets us in, is said before one is started.
            mic::sound::PulseServer::open(&places.sound).map_err(Fail::Mic)?;
            start_guard(lang)?;
            ask_soon(&places, question)?
        }
    };
    let status = match answer {
        Answer::Found { status } => status,
        Answer::UnknownSource { source } => return Err(Fail::Mic(MicError::UnknownSource(source))),
        Answer::UnknownProgram { program } => {
            return Err(Fail::Mic(MicError::UnknownProgram(program)));
        }
        Answer::NotOnPipeWire => return Err(Fail::Mic(MicError::NotOnPipeWire)),
        Answer::NotKept { why, status } => {
            let said = said(lang, &Message::new("mic-not-kept").with("why", why));
            printer::error(&said);
            status
        }
    };
    if !status.server {
        mic::sound::PulseServer::open(&places.sound).map_err(Fail::Mic)?;
    }
    show(&status, shown, lang)?;
    Ok(ExitCode::from(match status.verified {
        Verified::On | Verified::Off | Verified::Partly => 0,
        Verified::Hears => 1,
        Verified::Unproven => 2,
    }))
}

fn show(status: &Status, shown: Shown, lang: Lang) -> Result<(), Fail> {
    let text = match shown.json {
        true => report::mic_json(status)?,
        false => say(lang, &Mic::Status(status))?,
    };
    print(format!("{text}\n").as_bytes())
}

/// Asks a guard that somebody else may be starting at this moment.
fn ask_soon(places: &Places, question: &Ask) -> Result<Answer, Fail> {
    let begun = Instant::now();
    loop {
        match ask(&places.run, question) {
            Ok(answer) => return Ok(answer),
            Err(e) if begun.elapsed() > STARTS_WITHIN => return Err(Fail::Mic(MicError::Guard(e))),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Starts a guard that outlives this process, and waits until it can be asked.
fn start_guard(lang: Lang) -> Result<(), Fail> {
    let mut command = Command::new("/proc/self/exe");
    command
        .args(["mic", "guard", "--once", "--lang", lang.tag()])
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(Fail::system)?;
    let mut ready = String::new();
    if let Some(stdout) = child.stdout.take() {
        let _ = BufReader::new(stdout).read_line(&mut ready);
    }
    // Another one may have been started at the same moment: that one is asked then.
    if ready.is_empty()
        && let Some(stderr) = child.stderr.take()
    {
        let mut why = String::new();
        let _ = BufReader::new(stderr).read_line(&mut why);
        let why = why.trim().trim_start_matches("muteproof: ").to_owned();
        if !why.contains(&said(lang, &message!("fail-mic-guard-runs"))) {
            return Err(Fail::system(why));
        }
    }
    Ok(())
}

fn guard(once: bool, watch: bool, no_desktop: bool, lang: Lang) -> Result<ExitCode, Fail> {
    let places = places()?;
    let mut guard = Guard::new(places.clone(), Path::new("/"), once).map_err(Fail::Mic)?;
    if watch {
        std::thread::spawn(move || log_holders(&places));
    }
    if !no_desktop {
        guard.tell(mic::desktop::show(guard.asker(), texts(), move |what| {
            let said = said(lang, &Message::new("mic-not-shown").with("what", what));
            printer::error(&said);
        }));
    }
    // Whoever started it waits for this line.
    print(b"ready\n")?;
    guard.run().map_err(Fail::Mic)?;
    Ok(ExitCode::SUCCESS)
}

/// A guard that has its lock can be asked within this time.
const STARTS_WITHIN: Duration = Duration::from_secs(2);

/// A guard that watches looks so rarely at who opens devices: it is there all the time.
const LOOK_EVERY: Duration = Duration::from_secs(30);

fn log_holders(places: &Places) {
    let log = EventLog::new(&places.state);
    let _ = mic::watch::run(&places.sound, LOOK_EVERY, |seen, _| {
        for one in &seen {
            let _ = log.add(one);
        }
        true
    });
}

/// What the desktop shows, in the session's language.
fn texts() -> Texts {
    let lang = session_language();
    let text = |say: &Mic| report::mic(lang, say).unwrap_or_default();
    Texts {
        lang: lang.tag(),
        state: |texts, verified| shown_in(texts.lang, &Mic::State(verified)),
        event: |texts, event| shown_in(texts.lang, &Mic::Event(event)),
        menu: [Menu::Off, Menu::On, Menu::Prove].map(|line| text(&Mic::Menu(line))),
        shortcut: text(&Mic::Shortcut),
        not_ours: text(&Mic::NameNotOurs(mic::desktop::BUS_NAME)),
    }
}

fn shown_in(tag: &str, say: &Mic) -> String {
    report::mic(tag.parse().unwrap_or_default(), say).unwrap_or_default()
}
