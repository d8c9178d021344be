//! Every app of the study, and which of its audits are wanted.

use crate::audits::Wanted;

/// An app, or a way of muting it.
pub struct App {
    /// The recipe.
    pub recipe: &'static str,
    /// How it is muted, in a few words.
    pub way: &'static str,
    /// Whether a button of the app's was pressed, or an interface for programs called.
    pub by: By,
    /// Whether it is the main row of its app; others are variants.
    pub main: bool,
    /// Whether it runs alone: two browsers are as much as two cores bear.
    pub alone: bool,
}

/// What was muted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A button or command that a person has.
    Button,
    /// An interface for programs.
    Interface,
}

const MAIN: App = App {
    recipe: "",
    way: "",
    by: By::Button,
    main: true,
    alone: false,
};

const VARIANT: App = App {
    main: false,
    by: By::Interface,
    alone: true,
    ..MAIN
};

/// All of them.
pub const APPS: &[App] = &[
    App {
        recipe: "mumble",
        way: "hotkey command",
        ..MAIN
    },
    App {
        recipe: "mumble-continuous",
        way: "hotkey command",
        main: false,
        ..MAIN
    },
    App {
        recipe: "baresip",
        way: "command mute",
        ..MAIN
    },
    App {
        recipe: "baresip-pcmu",
        way: "command mute",
        ..MAIN
    },
    App {
        recipe: "linphonec",
        way: "command mute",
        ..MAIN
    },
    App {
        recipe: "twinkle",
        way: "command mute",
        ..MAIN
    },
    App {
        recipe: "jami",
        way: "muteLocalMedia",
        by: By::Interface,
        ..MAIN
    },
    App {
        recipe: "janus",
        way: "page's Mute button",
        alone: true,
        ..MAIN
    },
    App {
        recipe: "janus:videoroom",
        way: "page's Mute button",
        alone: true,
        ..MAIN
    },
    App {
        recipe: "chromium",
        way: "track.enabled = false",
        by: By::Interface,
        alone: true,
        ..MAIN
    },
    App {
        recipe: "firefox",
        way: "track.enabled = false",
        by: By::Interface,
        alone: true,
        ..MAIN
    },
    App {
        recipe: "chromium:replace",
        way: "replaceTrack(null)",
        ..VARIANT
    },
    App {
        recipe: "chromium:stop",
        way: "track.stop()",
        ..VARIANT
    },
    App {
        recipe: "chromium:stopreplace",
        way: "replaceTrack(null), track.stop()",
        ..VARIANT
    },
    App {
        recipe: "chromium:inactive",
        way: "encodings[0].active = false",
        ..VARIANT
    },
    App {
        recipe: "chromium:recvonly",
        way: "direction = recvonly",
        ..VARIANT
    },
    App {
        recipe: "firefox:replace",
        way: "replaceTrack(null)",
        ..VARIANT
    },
    App {
        recipe: "firefox:stop",
        way: "track.stop()",
        ..VARIANT
    },
    App {
        recipe: "firefox:stopreplace",
        way: "replaceTrack(null), track.stop()",
        ..VARIANT
    },
    App {
        recipe: "firefox:inactive",
        way: "encodings[0].active = false",
        ..VARIANT
    },
    App {
        recipe: "firefox:recvonly",
        way: "direction = recvonly",
        ..VARIANT
    },
];

impl App {
    /// The audit of one attempt.
    pub fn wanted(&self, profile: &str, sound: Option<&str>, attempt: usize) -> Wanted {
        let mut options = vec!["--profile".to_owned(), profile.to_owned()];
        if let Some(sound) = sound {
            options.extend(["--sound".to_owned(), sound.to_owned()]);
        }
        let sound = sound.map_or(String::new(), |sound| format!("-{sound}"));
        Wanted {
            name: format!(
                "{}-{profile}{sound}-{attempt}",
                self.recipe.replace(':', "-")
            ),
            recipe: self.recipe.to_owned(),
            options,
        }
    }
}
