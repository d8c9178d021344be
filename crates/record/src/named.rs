//! Kinds of things that are written down by a name: who saw something, and which schedule played.
//!
//! A row here is all that such a kind is to this crate. Its words are the messages `source-NAME` and
//! `code-NAME` of crate `report`, whose tests ask for them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An enum of the rows, each with its name in files; a name that is not known becomes `Unknown`.
macro_rules! named {
    ($(#[$doc:meta])* pub enum $kind:ident { $($(#[$row:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
        pub enum $kind {
            $($(#[$row])* #[serde(rename = $name)] $variant,)+
            /// One that this version does not know.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl $kind {
            /// Every one that this version knows.
            pub const ALL: &[$kind] = &[$($kind::$variant,)+];

            /// Its name, as it stands in files.
            pub fn name(self) -> &'static str {
                match self {
                    $($kind::$variant => $name,)+
                    $kind::Unknown => "unknown",
                }
            }
        }
    };
}

named! {
    /// Who wrote a record.
    pub enum Source {
        /// The stage itself: phases, recipe steps, children.
        Stage = "stage",
        /// The player of the stimulus.
        Player = "player",
        /// The permanent recorder at the virtual microphone.
        Mic = "mic",
        /// The recorder at the peer's output: what the other participants hear.
        Peer = "peer",
        /// The recorder at the sham's sink (its own key, a server that the app cannot see).
        Sham = "sham",
        /// The sound server's view of the record streams.
        Streams = "streams",
        /// The packet capture at the peer's end of the veth.
        Packets = "packets",
        /// The sockets of the app's network namespace.
        Sockets = "sockets",
        /// The calls by which processes of the app's side read the microphone.
        Reads = "reads",
        /// What was handed to a codec or to encryption.
        Plaintext = "plaintext",
        /// What the app tells its own user or API about its mute.
        Mute = "mute",
        /// The person who was asked to join, mute and unmute.
        Person = "person",
        /// Who holds a camera open.
        Cameras = "cameras",
        /// Calls on the app's session bus, and what came of them.
        Bus = "bus",
        /// Which names the app's windows show.
        Names = "names",
        /// Pairs of wall and monotonic time.
        Clock = "clock",
        /// What the device's own system wrote down of who had the microphone.
        MicrophoneLog = "microphone_log",
        /// The network that answers everything (`--network sink`).
        Sink = "sink",
        /// This machine's own microphone, where it listens along beside a device: levels alone.
        Room = "room",
    }
}

named! {
    /// A schedule of symbols on a time scale of its own.
    pub enum Code {
        /// Loud or quiet, a second or two: for sound and levels that are sent all the time.
        Fast = "fast",
        /// Louder or lower, ten seconds.
        Medium = "medium",
        /// Louder or lower, a minute: for values that are sent once a minute.
        Slow = "slow",
        /// One sound or another of equal loudness.
        Content = "content",
        /// Which half of the named activities: speech and dishes, or typing and a vacuum cleaner; with a
        /// library the first half of its labels or the second.
        ActivityPair = "activity_pair",
        /// Which one of that half.
        ActivityOne = "activity_one",
        /// Loud or quiet for a moment while muted, before the app is unmuted and muted again.
        Transition = "transition",
        /// The app's window in front, or another one.
        Focus = "focus",
        /// The app's window shown, or minimised.
        Visibility = "visibility",
        /// Keys pressed in another window, or none.
        Keys = "keys",
        /// A picture that moves before the camera, or a dark one that does not.
        Picture = "picture",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_is_written_down_and_read_again() {
        for &source in Source::ALL {
            let json = serde_json::to_string(&source).unwrap();
            assert_eq!(json, format!("{:?}", source.name()));
            assert_eq!(serde_json::from_str::<Source>(&json).unwrap(), source);
        }
        for &code in Code::ALL {
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("{:?}", code.name()));
            assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), code);
        }
        assert_eq!(
            serde_json::from_str::<Code>("\"newer\"").unwrap(),
            Code::Unknown
        );
    }
}
