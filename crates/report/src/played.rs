//! What a person has to do beside a file of sound, and when; and a page that plays it and asks them.

use std::path::Path;

use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::json;

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

/// A page that plays a sound and asks the person beside it.
#[derive(Debug, Clone, Copy)]
pub struct PlayPage<'a> {
    /// SHA-256 of the seed, by which the page's log is known to belong to its schedule.
    pub schedule: &'a str,
    /// Samples a second.
    pub rate_hz: u32,
    /// When control and muted phase begin and end, seconds.
    pub times: [u64; 4],
    /// The samples: 16 bits each, little-endian, in base64.
    pub sound: &'a str,
}

/// The page, in one file that asks for nothing else.
pub fn play_page(page: &PlayPage, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let plan = json!({
        "schedule": page.schedule,
        "rate_hz": page.rate_hz,
        "times_s": page.times,
        "sound": page.sound,
        "texts": {
            "before": words.t("play-page-before-control"),
            "control": words.t("play-page-control"),
            "mute": words.t("play-page-mute"),
            "wait": words.t("play-page-wait"),
            "muted": words.t("play-page-muted"),
            "confirm": words.t("guide-confirm"),
            "end": words.t("play-page-end"),
        },
    });
    // Nothing in it ends the element that it stands in.
    let plan = plan.to_string().replace('<', "\\u003c");
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.add_template("play.html", include_str!("../templates/play.html"))?;
    let page = env.get_template("play.html")?.render(context! {
        t => words.plain(),
        style => include_str!("../templates/report.css"),
        v => context! { lang => lang.tag() },
        plan => plan,
    })?;
    words.done(page.into_bytes())
}

/// What is said when such a page is written.
pub fn page_written(page: &Path, schedule: &Path, lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let [page, schedule] = [page, schedule].map(|path| path.display().to_string());
    let text = words.say(
        "play-page-written",
        &[("page", page), ("schedule", schedule)],
    );
    words.done(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stands_alone_in_every_language() {
        let page = PlayPage {
            schedule: "00ff",
            rate_hz: 48_000,
            times: [10, 55, 75, 135],
            sound: "AAAA",
        };
        for lang in Lang::ALL {
            let html = String::from_utf8(play_page(&page, lang).unwrap()).unwrap();
            assert!(html.contains("default-src 'none'"));
            assert!(!html.contains("http://") && !html.contains("https://"));
            let plan = html.split(r#"id="plan">"#).nth(1).unwrap();
            let plan = plan.split("</script>").next().unwrap();
            let plan: serde_json::Value = serde_json::from_str(plan).unwrap();
            assert_eq!(plan["times_s"], serde_json::json!([10, 55, 75, 135]));
            assert!(
                plan["texts"]
                    .as_object()
                    .unwrap()
                    .values()
                    .all(|text| !text.as_str().unwrap().is_empty())
            );
        }
    }
}
