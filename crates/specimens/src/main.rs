//! Specimens: little voice apps with a real mute and a known truth.
//!
//! Each is a real program: it opens the microphone at the sound server, sends over UDP, and is
//! muted by a line on its standard input, as a script would mute an app by its own interface.
//!
//! Lines in: `mute`, `unmute`, `status`, `quit`. Lines out: `joined`, `muted yes`, `muted no`.

mod app;
mod attention;
mod collect;
mod flood;
mod https;
mod jack;
mod kinds;
mod launcher;
mod library;
mod peer;
mod site;
mod snoop;
mod sound;
mod start;
mod telemetry;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "muteproof-specimen",
    about = "A little voice app with a known truth"
)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The other end: answers, and plays what it can decode.
    Peer {
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
        /// Play decoded audio at the default output.
        #[arg(long)]
        play: bool,
    },
    /// An app under audit.
    App {
        /// What it does when muted.
        #[arg(long, value_enum)]
        kind: kinds::Kind,
        /// Where the other end listens.
        #[arg(long)]
        to: SocketAddr,
        #[command(flatten)]
        manner: app::Manner,
    },
    /// A page that asks for consent and has a login.
    Site {
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
        /// It tells nobody anything before somebody agreed.
        #[arg(long)]
        asks_first: bool,
        /// The button for consent stands in a frame of this name and port, where it listens too.
        #[arg(long)]
        frame: Option<String>,
    },
    /// The server that one of them leaves behind.
    Launcher,
    /// Only the snoop's attempts: outside a stage they have to succeed, or they prove nothing.
    Snoop {
        /// Only these.
        only: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Args::parse().what {
        What::Peer { listen, play } => peer::run(listen, play),
        What::App { kind, to, manner } => app::run(kind, to, manner),
        What::Site {
            listen,
            asks_first,
            frame,
        } => site::run(listen, asks_first, frame.as_deref()),
        What::Launcher => launcher::run(),
        What::Snoop { only } => {
            snoop::snoop(&only);
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("muteproof-specimen: {e}");
            ExitCode::FAILURE
        }
    }
}
