use std::cell::RefCell;
use std::collections::BTreeMap;
use std::str::FromStr;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::clean;
use crate::error::RenderError;

/// A language of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Lang {
    /// All languages.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::De];

    /// Its tag, as in HTML's `lang`.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::De => "de",
        }
    }

    fn messages(self) -> &'static str {
        match self {
            Lang::En => include_str!("../i18n/en.ftl"),
            Lang::De => include_str!("../i18n/de.ftl"),
        }
    }
}

impl FromStr for Lang {
    type Err = String;

    /// Takes `de`, `de-AT`, `de_DE.UTF-8` and the like.
    fn from_str(text: &str) -> Result<Lang, String> {
        let primary = text.split(['-', '_', '.']).next().unwrap_or_default();
        let known = Lang::ALL
            .into_iter()
            .find(|lang| lang.tag().eq_ignore_ascii_case(primary));
        known.ok_or_else(|| format!("no report in language {text:?}: there are en and de"))
    }
}

/// The messages of one language. Saying never fails; what was wrong is told by [`Words::done`].
pub(crate) struct Words {
    pub lang: Lang,
    bundle: FluentBundle<FluentResource>,
    faults: RefCell<Vec<(String, String)>>,
}

impl Words {
    pub(crate) fn new(lang: Lang) -> Result<Words, RenderError> {
        let fault = |why: String| RenderError::Message {
            id: "(file)".into(),
            lang: lang.tag(),
            why,
        };
        let resource = FluentResource::try_new(lang.messages().to_owned())
            .map_err(|(_, errors)| fault(format!("{errors:?}")))?;
        let tag: LanguageIdentifier = lang.tag().parse().map_err(|e| fault(format!("{e}")))?;
        let mut bundle = FluentBundle::new(vec![tag]);
        // Isolation marks are invisible characters in terminals and copied text. Foreign strings
        // are cleaned of everything that could turn the text around them.
        bundle.set_use_isolating(false);
        bundle
            .add_resource(resource)
            .map_err(|errors| fault(format!("{errors:?}")))?;
        Ok(Words {
            lang,
            bundle,
            faults: RefCell::default(),
        })
    }

    /// A message without arguments.
    pub(crate) fn t(&self, id: &str) -> String {
        self.say(id, &[])
    }

    /// A message with its arguments.
    pub(crate) fn say(&self, id: &str, args: &[(&str, String)]) -> String {
        let fault = |why: String| {
            self.faults.borrow_mut().push((id.to_owned(), why));
            format!("[{id}]")
        };
        let Some(pattern) = self
            .bundle
            .get_message(id)
            .and_then(|message| message.value())
        else {
            return fault("missing".into());
        };
        let mut fluent_args = FluentArgs::new();
        for (name, value) in args {
            fluent_args.set(*name, clean::printed(value, false));
        }
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(&fluent_args), &mut errors);
        match errors.first() {
            Some(error) => fault(error.to_string()),
            None => text.into_owned(),
        }
    }

    /// All messages that take no arguments, for the template.
    pub(crate) fn plain(&self) -> BTreeMap<String, String> {
        let all = entries(self.lang.messages()).into_iter();
        let plain = all.filter(|(_, text)| !text.contains('$'));
        plain.map(|(id, _)| (id.to_owned(), self.t(id))).collect()
    }

    /// `value` if every message was found and given what it needs.
    pub(crate) fn done<T>(&self, value: T) -> Result<T, RenderError> {
        match self.faults.borrow().first() {
            None => Ok(value),
            Some((id, why)) => Err(RenderError::Message {
                id: id.clone(),
                lang: self.lang.tag(),
                why: why.clone(),
            }),
        }
    }

    /// A share, per cent.
    pub(crate) fn percent(&self, share: f64) -> String {
        self.number(share * 100.0, if share < 0.01 { 1 } else { 0 })
    }

    /// A number with `digits` decimals, grouped by thousands with thin spaces (as in ISO 80000).
    pub(crate) fn number(&self, value: f64, digits: usize) -> String {
        if !value.is_finite() {
            return "–".into();
        }
        let text = format!("{value:.digits$}");
        let negative = text.starts_with('-') && text.chars().any(|c| ('1'..='9').contains(&c));
        let (whole, fraction) = match text.trim_start_matches('-').split_once('.') {
            Some((whole, fraction)) => (whole.to_owned(), Some(fraction.to_owned())),
            None => (text.trim_start_matches('-').to_owned(), None),
        };
        let mut out = String::from(if negative { "−" } else { "" });
        for (i, digit) in whole.chars().enumerate() {
            // Four digits stand together.
            if i > 0 && (whole.len() - i) % 3 == 0 && whole.len() > 4 {
                out.push('\u{202F}');
            }
            out.push(digit);
        }
        if let Some(fraction) = fraction {
            out.push(match self.lang {
                Lang::En => '.',
                Lang::De => ',',
            });
            out.push_str(&fraction);
        }
        out
    }

    /// A number with `digits` decimals, not grouped.
    pub(crate) fn decimal(&self, value: f64, digits: usize) -> String {
        self.marked(format!("{value:.digits$}"))
    }

    /// A number with as many decimals as it has.
    pub(crate) fn exact(&self, value: f64) -> String {
        self.marked(value.to_string())
    }

    /// A number that Rust wrote, with this language's decimal mark.
    fn marked(&self, number: String) -> String {
        match self.lang {
            Lang::En => number,
            Lang::De => number.replace('.', ","),
        }
    }

    /// A count.
    pub(crate) fn count(&self, value: u64) -> String {
        self.number(value as f64, 0)
    }

    /// A number with about three significant digits.
    pub(crate) fn short(&self, value: f64) -> String {
        let digits = match value.abs() {
            v if v >= 100.0 || v == 0.0 => 0,
            v if v >= 10.0 => 1,
            v if v >= 0.1 => 2,
            _ => 4,
        };
        let text = self.number(value, digits);
        match digits {
            0 => text,
            _ => text
                .trim_end_matches('0')
                .trim_end_matches(['.', ','])
                .to_owned(),
        }
    }

    /// Evidence W from its log10: a plain number while that can be read, else a power of ten.
    pub(crate) fn evidence(&self, log10_w: f64) -> String {
        let value = match log10_w {
            w if w.is_nan() || w == f64::INFINITY => "–".into(),
            w if w == f64::NEG_INFINITY => "0".into(),
            w if (-2.0..4.0).contains(&w) => self.short(10f64.powf(w)),
            w => {
                // One digit is all that such a number deserves; 9.7 becomes the next power.
                let mut power = w.floor();
                let mut factor = 10f64.powf(w - power).round();
                if factor >= 10.0 {
                    (power, factor) = (power + 1.0, 1.0);
                }
                let times = match self.lang {
                    Lang::En => "×",
                    Lang::De => "·",
                };
                format!(
                    "{factor}{NO_BREAK}{times}{NO_BREAK}10{}",
                    superscript(power as i64)
                )
            }
        };
        format!("W{NO_BREAK}={NO_BREAK}{value}")
    }

    /// Time for people: seconds, or minutes from two on.
    pub(crate) fn time(&self, seconds: f64) -> String {
        match seconds >= 120.0 {
            true => format!("{}{NO_BREAK}min", self.short(seconds / 60.0)),
            false => format!("{}{NO_BREAK}s", self.number(seconds, 0)),
        }
    }
}

const NO_BREAK: char = '\u{A0}';

fn superscript(number: i64) -> String {
    let digit = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => c
            .to_digit(10)
            .and_then(|d| char::from_u32(0x2070 + d))
            .unwrap_or(c),
    };
    number.to_string().chars().map(digit).collect()
}

/// Ids and texts of a file of messages. A text goes on in the lines behind it that are indented.
fn entries(messages: &str) -> Vec<(&str, String)> {
    let mut entries: Vec<(&str, String)> = Vec::new();
    for line in messages.lines() {
        match (line.strip_prefix("    "), line.split_once(" = ")) {
            (Some(more), _) => {
                if let Some((_, text)) = entries.last_mut() {
                    text.push('\n');
                    text.push_str(more);
                }
            }
            (None, Some((id, text))) => entries.push((id, text.to_owned())),
            (None, None) => {}
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_languages_have_the_same_messages_with_the_same_arguments() {
        let shape = |lang: Lang| -> Vec<(String, Vec<String>)> {
            let args = |text: &str| {
                let parts = text.split("{ $").skip(1);
                let mut args: Vec<_> = parts
                    .filter_map(|p| p.split(' ').next())
                    .map(String::from)
                    .collect();
                args.sort();
                args
            };
            let entries = entries(lang.messages()).into_iter();
            entries
                .map(|(id, text)| (id.to_owned(), args(&text)))
                .collect()
        };
        assert_eq!(shape(Lang::En), shape(Lang::De));
    }

    #[test]
    fn numbers_as_each_language_writes_them() {
        let (en, de) = (Words::new(Lang::En).unwrap(), Words::new(Lang::De).unwrap());
        assert_eq!(en.number(1_234_567.25, 1), "1\u{202F}234\u{202F}567.2");
        assert_eq!(de.number(-1234.5, 1), "−1234,5");
        assert_eq!(
            (
                en.number(-0.001, 1).as_str(),
                en.number(f64::NAN, 1).as_str()
            ),
            ("0.0", "–")
        );
        let plain = |text: String| text.replace(NO_BREAK, " ");
        for (w, expected) in [
            (12.34, "W = 2 × 10¹²"),
            (12.99, "W = 1 × 10¹³"),
            (-20.0, "W = 1 × 10⁻²⁰"),
            (1.0, "W = 10"),
            (f64::NEG_INFINITY, "W = 0"),
            (f64::NAN, "W = –"),
        ] {
            assert_eq!(plain(en.evidence(w)), expected);
        }
        assert_eq!(plain(de.evidence(12.34)), "W = 2 · 10¹²");
        assert_eq!(
            [plain(en.time(60.0)), plain(de.time(1815.0))],
            ["60 s", "30,2 min"]
        );
    }

    #[test]
    fn a_missing_message_or_argument_is_told() {
        let words = Words::new(Lang::En).unwrap();
        words.t("verdict-leaks");
        assert!(words.done(()).is_ok());
        words.t("sealed-by");
        assert!(words.done(()).is_err());
    }

    #[test]
    fn languages_by_their_tags() {
        assert_eq!(
            ("de_AT.UTF-8".parse(), "EN".parse()),
            (Ok(Lang::De), Ok(Lang::En))
        );
        assert!("fr".parse::<Lang>().is_err());
    }
}
