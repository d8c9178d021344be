//! What a person has to do beside a file of sound, and when.

use std::path::Path;

use crate::error::RenderError;
use crate::i18n::{Lang, Words};

/// A file of sound, and when what is heard in it, seconds from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoundFile<'a> {
    /// The sound.
    pub sound: &'a Path,
    /// Its schedule.
    pub schedule: &'a Path,
    /// When the control begins and ends.
    pub control: [u64; 2],
    /// When the muted phase begins and ends.
    pub muted: [u64; 2],
}

/// The list of it.
pub fn sound_file(file: &SoundFile, lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let [sound, schedule] = [file.sound, file.schedule].map(|path| path.display().to_string());
    let written = words.say("play-written", &[("sound", sound), ("schedule", schedule)]);
    let mut out = format!("{written}\n\n");
    for (at, id) in [
        (0, "play-begin"),
        (file.control[0], "play-control"),
        (file.control[1], "play-mute"),
        (file.muted[0], "play-muted"),
        (file.muted[1], "play-end"),
    ] {
        let what = words.t(id);
        out.push_str(&format!("{:>3}:{:02}  {what}\n", at / 60, at % 60));
    }
    words.done(out)
}
