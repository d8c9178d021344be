//! Values of `${name}`: put in once, and bounded.

use std::collections::BTreeMap;
use std::fmt;

/// Variables that the stage gives.
pub const BUILT_IN: [&str; 6] = ["app", "peer", "recipe", "specimen", "rtp_log", "camera"];

/// Variables that a recipe may have.
const VARS_MAX: usize = 64;

/// Bytes of a variable of the recipe with everything put in.
const VALUE_MAX: usize = 64 << 10;

/// Bytes of a saved answer, and of a text with everything put in.
const FILLED_MAX: usize = 1 << 20;

/// Why variables cannot be put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VarError {
    /// A recipe has very many.
    Many,
    /// One is made of itself.
    Circle(String),
    /// One is too long.
    Long {
        /// Its name.
        name: String,
        /// How long it may be.
        max: usize,
    },
    /// A text with its variables is too long.
    LongText,
}

impl fmt::Display for VarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VarError::Many => write!(f, "there are more than {VARS_MAX} variables"),
            VarError::Circle(name) => write!(f, "the variable `{name}` is made of itself"),
            VarError::Long { name, max } => {
                write!(f, "the variable `{name}` is longer than {max} bytes")
            }
            VarError::LongText => {
                write!(
                    f,
                    "a text with its variables is longer than {FILLED_MAX} bytes"
                )
            }
        }
    }
}

/// Whether a recipe's text takes a value from a variable.
pub fn uses(text: &str, name: &str) -> bool {
    text.contains(&format!("${{{name}}}"))
}

impl std::error::Error for VarError {}

/// Variables with their values.
///
/// The recipe's own may be made of each other, and each is put together once: so the work is bounded by their
/// number, whatever they double. A saved answer comes from a program that is not trusted; what looks like a
/// variable in it is text.
#[derive(Debug, Clone, Default)]
pub struct Vars(BTreeMap<String, String>);

impl Vars {
    /// The recipe's variables beside those that are given; the given ones win.
    pub fn new<'a>(
        own: &BTreeMap<String, String>,
        given: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Vars, VarError> {
        if own.len() > VARS_MAX {
            return Err(VarError::Many);
        }
        let given = given.into_iter();
        let mut done: BTreeMap<String, String> =
            given.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        for name in own.keys() {
            resolve(name, own, &mut done, &mut Vec::new())?;
        }
        Ok(Vars(done))
    }

    /// Keeps a step's answer.
    pub fn save(&mut self, name: &str, answer: &str) -> Result<(), VarError> {
        if answer.len() > FILLED_MAX {
            let (name, max) = (name.to_owned(), FILLED_MAX);
            return Err(VarError::Long { name, max });
        }
        self.0.insert(name.to_owned(), answer.to_owned());
        Ok(())
    }

    /// Puts the values in. What names no variable stays as it is: shells have their own.
    pub fn fill(&self, text: &str) -> Result<String, VarError> {
        let value = |name: &str| self.0.get(name).map(String::as_str);
        put_in(text, FILLED_MAX, value).ok_or(VarError::LongText)
    }
}

/// The value of `name` with all that it is made of. `under_way` is shorter than the number of variables.
fn resolve<'a>(
    name: &'a str,
    own: &'a BTreeMap<String, String>,
    done: &mut BTreeMap<String, String>,
    under_way: &mut Vec<&'a str>,
) -> Result<(), VarError> {
    let (false, Some(text)) = (done.contains_key(name), own.get(name)) else {
        return Ok(());
    };
    if under_way.contains(&name) {
        return Err(VarError::Circle(name.to_owned()));
    }
    under_way.push(name);
    for part in names(text) {
        resolve(part, own, done, under_way)?;
    }
    under_way.pop();
    let value = |name: &str| done.get(name).map(String::as_str);
    let filled = put_in(text, VALUE_MAX, value).ok_or_else(|| VarError::Long {
        name: name.to_owned(),
        max: VALUE_MAX,
    })?;
    done.insert(name.to_owned(), filled);
    Ok(())
}

/// What stands between `${` and `}`.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("${")
        .skip(1)
        .filter_map(|behind| behind.split_once('}').map(|(name, _)| name))
}

/// `text` with the values; nothing where that is longer than `max`.
fn put_in<'v>(text: &str, max: usize, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
    let mut out = String::new();
    let mut parts = text.split("${");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let named = part.split_once('}');
        let known = named.and_then(|(name, rest)| Some((value(name)?, rest)));
        match known {
            Some((value, rest)) => {
                out.push_str(value);
                out.push_str(rest);
            }
            None => {
                out.push_str("${");
                out.push_str(part);
            }
        }
        if out.len() > max {
            return None;
        }
    }
    (out.len() <= max).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(vars: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = vars.iter();
        pairs.map(|(k, v)| (k.to_string(), v.to_string())).collect()
    }

    #[test]
    fn variables_are_made_of_each_other_and_of_those_given() {
        let vars = own(&[("a", "<${b}>"), ("b", "${peer}:${x}")]);
        let vars = Vars::new(&vars, [("peer", "10.0.0.1")]).unwrap();
        let filled = vars.fill("${a} ${HOME} ${").unwrap();
        assert_eq!(filled, "<10.0.0.1:${x}> ${HOME} ${");
    }

    #[test]
    fn what_is_given_cannot_be_changed_by_the_recipe() {
        let vars = Vars::new(&own(&[("peer", "evil")]), [("peer", "10.0.0.1")]).unwrap();
        assert_eq!(vars.fill("${peer}").unwrap(), "10.0.0.1");
    }

    #[test]
    fn a_saved_answer_is_text_whatever_it_looks_like() {
        let mut vars = Vars::new(&own(&[("secret", "s")]), []).unwrap();
        vars.save("said", "${secret}${said}").unwrap();
        assert_eq!(vars.fill("[${said}]").unwrap(), "[${secret}${said}]");
        assert!(vars.save("said", &"x".repeat(FILLED_MAX + 1)).is_err());
    }

    /// Each is twice the next: 2^45 bytes, or as many steps where the last is empty.
    #[test]
    fn doubling_is_bounded_in_bytes_and_in_steps() {
        let doubled = |times: usize, last: &str| {
            let mut vars: BTreeMap<String, String> = BTreeMap::new();
            for n in 0..times {
                let next = n + 1;
                vars.insert(
                    format!("v{n:02}"),
                    format!("${{v{next:02}}}${{v{next:02}}}"),
                );
            }
            vars.insert(format!("v{times:02}"), last.to_owned());
            vars
        };
        // A megabyte, which would be made without a bound.
        let long = Vars::new(&doubled(20, "x"), []);
        assert!(matches!(long, Err(VarError::Long { .. })), "{long:?}");
        // No bytes at all, in more steps than anybody waits for.
        let (done, is_done) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(Vars::new(&doubled(60, ""), [])));
        let made = is_done.recv_timeout(std::time::Duration::from_secs(30));
        assert!(made.expect("it has an end").is_ok());
    }

    #[test]
    fn a_circle_is_refused() {
        let circle = Vars::new(&own(&[("a", "${b}"), ("b", "${a}")]), []);
        assert!(matches!(circle, Err(VarError::Circle(_))), "{circle:?}");
    }

    #[test]
    fn a_long_text_is_refused() {
        let long = "x".repeat(VALUE_MAX);
        let vars = Vars::new(&own(&[("a", &long)]), []).unwrap();
        assert_eq!(vars.fill(&"${a}".repeat(17)), Err(VarError::LongText));
    }
}
