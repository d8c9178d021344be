//! Options that several commands share, and what they mean.

use clap::{Args as ClapArgs, ValueEnum};
use record::Protocol;
use session::machine::DisplayServer;
use session::recipes::Found;

use crate::fail::Fail;

/// How a verdict is shown and counted.
#[derive(Debug, ClapArgs)]
pub struct Judging {
    /// Exit with 5 if the microphone is still open while muted and nothing worse was found.
    #[arg(long, help_heading = "Verdict")]
    pub strict: bool,
    /// Inconclusive instead of "partly seen" where outgoing bytes were opaque.
    #[arg(long, help_heading = "Verdict")]
    pub require_plaintext: bool,
    /// Print the JSON report instead of the summary.
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// Print nothing but errors.
    #[arg(long, short, conflicts_with = "json", help_heading = "Output")]
    pub quiet: bool,
}

/// Languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// German.
    De,
}

impl From<Lang> for report::Lang {
    fn from(lang: Lang) -> report::Lang {
        match lang {
            Lang::En => report::Lang::En,
            Lang::De => report::Lang::De,
        }
    }
}

/// The language of the person's session.
pub fn session_language() -> report::Lang {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let tag = names.into_iter().find_map(set).unwrap_or_default();
    tag.parse().unwrap_or_default()
}

/// Sound servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sound {
    /// PulseAudio.
    #[value(name = "pulseaudio")]
    PulseAudio,
    /// PipeWire, with WirePlumber and pipewire-pulse.
    #[value(name = "pipewire")]
    PipeWire,
}

/// Displays of the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Display {
    /// Xvfb, with openbox.
    #[default]
    #[value(name = "x11")]
    X11,
    /// weston, without a screen: nothing can be pressed there but what is found by name.
    Wayland,
}

impl From<Display> for DisplayServer {
    fn from(display: Display) -> DisplayServer {
        match display {
            Display::X11 => DisplayServer::X11,
            Display::Wayland => DisplayServer::Wayland,
        }
    }
}

impl Display {
    /// Whether it is of any use for a recipe.
    pub fn fits(self, found: &Found) -> Result<(), Fail> {
        let app = &found.recipe.app;
        match self == Display::X11 || app.window && !app.guided {
            true => Ok(()),
            false => Err(Fail::NoDisplay {
                recipe: found.name.clone(),
            }),
        }
    }
}

impl From<Sound> for recipe::Sound {
    fn from(sound: Sound) -> recipe::Sound {
        match sound {
            Sound::PulseAudio => recipe::Sound::PulseAudio,
            Sound::PipeWire => recipe::Sound::PipeWire,
        }
    }
}

/// The named profile.
pub fn protocol(profile: &str) -> Result<Protocol, Fail> {
    stimulus::profile(profile).ok_or_else(|| {
        let names: Vec<&str> = stimulus::PROFILES.iter().map(|p| p.0).collect();
        Fail::NoProfile {
            profile: profile.to_owned(),
            known: names.join(", "),
        }
    })
}
