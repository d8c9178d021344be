//! Specimens: little voice apps with a real mute and a known truth.
//!
//! Each is a real program: it opens the microphone at the sound server, sends over UDP, and is
//! muted by a line on its standard input, as a script would mute an app by its own interface.
//!
//! Lines in: `mute`, `unmute`, `status`, `quit`. Lines out: `joined`, `muted yes`, `muted no`.

mod app;
mod attention;
mod flood;
mod https;
mod jack;
mod kinds;
mod launcher;
mod library;
mod peer;
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
        /// Seconds between two posts of the telemetry.
        #[arg(long, default_value_t = 60.0)]
        period: f64,
        /// How the one that lies about who it is records.
        #[arg(long, value_enum, default_value_t = sound::By::Protocol)]
        by: sound::By,
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
        What::App {
            kind,
            to,
            period,
            by,
        } => app::run(kind, to, period, by),
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
