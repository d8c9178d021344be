//! Every app of the study, and which of its audits are wanted.

use crate::audits::Wanted;

/// An app, or a way of muting it.
pub struct App {
    /// The recipe.
    pub recipe: &'static str,
    /// The program, as people call it; ways of muting one stand together.
    pub program: &'static str,
    /// How it is muted, in a few words.
    pub way: &'static str,
    /// What a reader has to know of what was found by this way; empty where nothing.
    pub remark: &'static str,
    /// Whether a button of the app's was pressed, or an interface for programs called.
    pub by: By,
    /// Whether it is the main row of its app; others are variants.
    pub main: bool,
    /// Whether its window is pressed by name, and so can be shown.
    pub window: bool,
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
    program: "",
    way: "",
    remark: "",
    by: By::Button,
    main: true,
    window: false,
    alone: false,
};

const VARIANT: App = App {
    main: false,
    by: By::Interface,
    alone: true,
    ..MAIN
};

/// Pressed by its name, as a person does.
const WINDOW: App = App {
    main: false,
    window: true,
    ..MAIN
};

/// All of them.
pub const APPS: &[App] = &[
    App {
        recipe: "mumble",
        program: "Mumble",
        way: "hotkey command",
        ..MAIN
    },
    App {
        recipe: "mumble-continuous",
        program: "Mumble",
        way: "hotkey command",
        main: false,
        ..MAIN
    },
    App {
        recipe: "baresip",
        program: "baresip",
        way: "command mute",
        ..MAIN
    },
    App {
        recipe: "baresip-pcmu",
        program: "baresip",
        way: "command mute",
        ..MAIN
    },
    App {
        recipe: "linphonec",
        program: "Linphone, in the console",
        way: "command mute",
        ..MAIN
    },
    App {
        recipe: "twinkle",
        program: "Twinkle, in the console",
        way: "command mute",
        ..MAIN
    },
    App {
        recipe: "jami",
        program: "Jami's daemon",
        way: "muteLocalMedia",
        by: By::Interface,
        ..MAIN
    },
    App {
        recipe: "janus",
        program: "Janus, page of the audio bridge (Chromium)",
        way: "page's Mute button",
        alone: true,
        ..MAIN
    },
    App {
        recipe: "janus:videoroom",
        program: "Janus, page of the video room (Chromium)",
        way: "page's Mute button",
        alone: true,
        ..MAIN
    },
    App {
        recipe: "chromium",
        program: "WebRTC in Chromium",
        way: "track.enabled = false",
        by: By::Interface,
        alone: true,
        ..MAIN
    },
    App {
        recipe: "firefox",
        program: "WebRTC in Firefox",
        way: "track.enabled = false",
        by: By::Interface,
        alone: true,
        ..MAIN
    },
    App {
        recipe: "chromium:replace",
        program: "WebRTC in Chromium",
        way: "replaceTrack(null)",
        ..VARIANT
    },
    App {
        recipe: "chromium:stop",
        program: "WebRTC in Chromium",
        way: "track.stop()",
        ..VARIANT
    },
    App {
        recipe: "chromium:stopreplace",
        program: "WebRTC in Chromium",
        way: "replaceTrack(null), track.stop()",
        ..VARIANT
    },
    App {
        recipe: "chromium:inactive",
        program: "WebRTC in Chromium",
        way: "encodings[0].active = false",
        ..VARIANT
    },
    App {
        recipe: "chromium:recvonly",
        program: "WebRTC in Chromium",
        way: "direction = recvonly",
        ..VARIANT
    },
    App {
        recipe: "firefox:replace",
        program: "WebRTC in Firefox",
        way: "replaceTrack(null)",
        ..VARIANT
    },
    App {
        recipe: "firefox:stop",
        program: "WebRTC in Firefox",
        way: "track.stop()",
        ..VARIANT
    },
    App {
        recipe: "firefox:stopreplace",
        program: "WebRTC in Firefox",
        way: "replaceTrack(null), track.stop()",
        ..VARIANT
    },
    App {
        recipe: "firefox:inactive",
        program: "WebRTC in Firefox",
        way: "encodings[0].active = false",
        ..VARIANT
    },
    App {
        recipe: "firefox:recvonly",
        program: "WebRTC in Firefox",
        way: "direction = recvonly",
        ..VARIANT
    },
    App {
        recipe: "mumble-button",
        program: "Mumble",
        way: "menu entry `Mute Self`",
        ..WINDOW
    },
    App {
        recipe: "mumble-button:toolbar",
        program: "Mumble",
        way: "tool bar's button `Mute Self`",
        remark: "It has no shortcut of its own: a person sets one.",
        ..WINDOW
    },
    App {
        recipe: "baresip-gtk",
        program: "baresip",
        way: "window's button `Mute`",
        ..WINDOW
    },
    App {
        recipe: "jamulus",
        program: "Jamulus",
        way: "window's box `Mute Myself`",
        ..WINDOW
    },
    App {
        recipe: "jamulus:shortcut",
        program: "Jamulus",
        way: "shortcut Alt+M",
        ..WINDOW
    },
    App {
        recipe: "jamulus-mutestream",
        program: "Jamulus",
        way: "starting it with `--mutestream`",
        ..WINDOW
    },
    App {
        recipe: "jamulus-nogui",
        program: "Jamulus",
        way: "starting it with `--nogui --mutestream`",
        remark: "Without its window it says that others will not hear you, and goes on sending all the same.",
        window: false,
        ..WINDOW
    },
    App {
        recipe: "qtox",
        program: "qTox",
        way: "window's microphone button",
        ..WINDOW
    },
    App {
        recipe: "toxic",
        program: "Toxic, in a terminal",
        way: "command `/mute in`",
        window: false,
        ..WINDOW
    },
    App {
        recipe: "gnome-calls",
        program: "GNOME Calls",
        way: "window's button above `Mute`",
        remark: "It asks callaudiod to mute, which found no sound card on the stage and refused; the button stays down all \
                 the same. Whether it mutes beside a card was not tried.",
        ..WINDOW
    },
    App {
        recipe: "linphone",
        program: "Linphone",
        way: "window's microphone button",
        remark: "Its buttons have no names: the eighth of its call window was pressed, and its own log confirms.",
        alone: true,
        ..WINDOW
    },
    App {
        recipe: "jami-window",
        program: "Jami",
        way: "window's shortcut M",
        remark: "The button comes up while the mouse moves over the call, and has no name.",
        ..WINDOW
    },
    App {
        recipe: "chromium-button",
        program: "WebRTC in Chromium",
        way: "a page's button",
        alone: true,
        ..WINDOW
    },
    App {
        recipe: "firefox-button",
        program: "WebRTC in Firefox",
        way: "a page's button",
        alone: true,
        ..WINDOW
    },
];

/// Programs that were looked at and have no row, and why.
pub const LEFT_OUT: &[(&str, &str)] = &[
    (
        "uTox 0.18.1",
        "It has no mute of the microphone in a call (*Mute* there is of groups), and draws its buttons by itself, so that \
         nothing can be found by name.",
    ),
    (
        "Psi+ 1.4.554",
        "Debian's packages have no media provider (PsiMedia) for it: it makes no calls.",
    ),
    (
        "open-easyrtc 2.1.8",
        "None of its demo pages mutes the microphone; the *mute* of the page for several people takes away what is heard of \
         them.",
    ),
    (
        "JsSIP's demo page (August 2020)",
        "It has buttons to call, hold and hang up, and none that mutes. JsSIP itself is a library.",
    ),
    (
        "PeerJS 1.5.5",
        "A library and a server, without a page that mutes.",
    ),
    (
        "Dino 0.4.2 with Prosody",
        "It takes no server whose certificate the machine does not trust, but for one below `.onion`. On such a one two of \
         them met. Its button has neither a name nor a hint (call_bottom_bar.vala), and a picture alone says whether it is \
         pressed.",
    ),
    ("Nheko with Synapse", "Not tried."),
];

impl App {
    /// The recipe's name in the names of files.
    pub fn file_name(&self) -> String {
        self.recipe.replace(':', "-")
    }

    /// The audit of one attempt.
    pub fn wanted(&self, profile: &str, sound: Option<&str>, attempt: usize) -> Wanted {
        let mut options = vec!["--profile".to_owned(), profile.to_owned()];
        if let Some(sound) = sound {
            options.extend(["--sound".to_owned(), sound.to_owned()]);
        }
        let sound = sound.map_or(String::new(), |sound| format!("-{sound}"));
        Wanted {
            name: format!("{}-{profile}{sound}-{attempt}", self.file_name()),
            recipe: self.recipe.to_owned(),
            options,
        }
    }
}
