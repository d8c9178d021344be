//! What is looked for, as a recipe says it.

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::known::{MARK, known_key, known_keys, known_names};
use crate::role::Role;
use crate::text::plain;
use crate::tree::Node;

/// Names of one element, at most: an app has one in each language.
pub const NAMES_MAX: usize = 200;

/// Bytes of a pattern.
pub const PATTERN_MAX: usize = 1_000;

/// Bytes of a compiled pattern.
const COMPILED_MAX: usize = 1 << 20;

/// One text, or several of which any will do. As it is typed, `@mute` is all the names that are known for that
/// ([`crate::known_names`]).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts(pub Vec<String>);

/// As it is typed.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Texts, D::Error> {
        let typed = match OneOrMany::deserialize(deserializer)? {
            OneOrMany::One(text) => vec![text],
            OneOrMany::Many(texts) => texts,
        };
        let mut texts = Vec::new();
        for text in typed {
            let Some(key) = text.strip_prefix(MARK) else {
                texts.push(text);
                continue;
            };
            let names = known_names(key);
            if names.is_empty() {
                let keys: Vec<&str> = known_keys().into_iter().collect();
                let keys = keys.join(", @");
                let what = format!("no names are known for {text:?}; there are @{keys}");
                return Err(serde::de::Error::custom(what));
            }
            texts.extend(names.into_iter().map(str::to_owned));
        }
        Ok(Texts(texts))
    }
}

/// What an element is looked for by. Whatever is given has to fit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// Its role, by a name of [`Role::names`].
    #[serde(default)]
    pub role: Option<String>,
    /// Its whole name, in any of several languages.
    #[serde(default)]
    pub name: Option<Texts>,
    /// Keys of [`known_names`], one of which its name is as pages write them ([`known_key`]).
    #[serde(default)]
    pub called: Vec<String>,
    /// A regular expression that its name matches somewhere.
    #[serde(default)]
    pub matches: Option<String>,
    /// Its whole description, in any of several languages: of one that can be pressed and has no name
    /// ([`crate::Node::description`]).
    #[serde(default)]
    pub description: Option<Texts>,
    /// A part of the title of the window that it is in.
    #[serde(default)]
    pub window: Option<String>,
    /// Which of several, from 1, as they stand in the tree.
    #[serde(default)]
    pub nth: Option<usize>,
}

/// Why nothing can be looked for by a selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSelector {
    /// It fits everything.
    #[error(
        "an element is found by its `role`, its `name`, what that `matches`, or its `description`"
    )]
    Empty,
    /// There is no such role.
    #[error("there is no role {role:?}")]
    Role {
        /// What was written.
        role: String,
    },
    /// Nothing is known by that key.
    #[error("no names are known for {key:?}; there are {}", list(known_keys()))]
    Key {
        /// What was written.
        key: String,
    },
    /// A name is empty, or there are very many.
    #[error("`{0}` is a text or a list of up to {NAMES_MAX} texts, none of them empty")]
    Names(&'static str),
    /// The pattern is none.
    #[error("`matches` is no regular expression: {0}")]
    Pattern(String),
    /// Counting begins at 1.
    #[error("`nth` begins at 1")]
    Nth,
}

/// A selector that was checked.
pub(crate) struct Ready<'s> {
    selector: &'s Selector,
    names: Vec<String>,
    descriptions: Vec<String>,
    pattern: Option<Regex>,
}

impl Selector {
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), BadSelector> {
        self.ready().map(drop)
    }

    pub(crate) fn ready(&self) -> Result<Ready<'_>, BadSelector> {
        if let Some(role) = self
            .role
            .as_deref()
            .filter(|r| !Role::names().any(|n| n == *r))
        {
            let role = role.to_owned();
            return Err(BadSelector::Role { role });
        }
        let names = texts(self.name.as_ref(), "name")?;
        let descriptions = texts(self.description.as_ref(), "description")?;
        if self.nth == Some(0) {
            return Err(BadSelector::Nth);
        }
        if let Some(key) = self
            .called
            .iter()
            .find(|key| !known_keys().contains(key.as_str()))
        {
            return Err(BadSelector::Key { key: key.clone() });
        }
        let by_name = self.name.is_some()
            || self.matches.is_some()
            || self.description.is_some()
            || !self.called.is_empty();
        if self.role.is_none() && !by_name {
            return Err(BadSelector::Empty);
        }
        Ok(Ready {
            selector: self,
            names,
            descriptions,
            pattern: self.matches.as_deref().map(pattern).transpose()?,
        })
    }
}

fn list(keys: std::collections::BTreeSet<&str>) -> String {
    keys.into_iter().collect::<Vec<_>>().join(", ")
}

/// Texts as they are compared, of which there is at least one where any were given.
fn texts(given: Option<&Texts>, key: &'static str) -> Result<Vec<String>, BadSelector> {
    let Some(Texts(given)) = given else {
        return Ok(Vec::new());
    };
    let texts: Vec<String> = given.iter().map(|text| plain(text)).collect();
    match texts.is_empty() || texts.len() > NAMES_MAX || texts.iter().any(String::is_empty) {
        true => Err(BadSelector::Names(key)),
        false => Ok(texts),
    }
}

fn pattern(text: &str) -> Result<Regex, BadSelector> {
    if text.len() > PATTERN_MAX {
        return Err(BadSelector::Pattern(format!(
            "longer than {PATTERN_MAX} bytes"
        )));
    }
    let built = RegexBuilder::new(text).size_limit(COMPILED_MAX).build();
    built.map_err(|e| {
        // It draws the place below the pattern; the last line is what is wrong.
        let said = e.to_string();
        let last = said.trim().lines().last().unwrap_or_default();
        BadSelector::Pattern(last.trim_start_matches("error: ").to_owned())
    })
}

impl Ready<'_> {
    /// Whether an element fits, by what it says of itself.
    pub(crate) fn fits(&self, node: &Node) -> bool {
        let has_role = self
            .selector
            .role
            .as_deref()
            .is_none_or(|wanted| node.role.is(wanted));
        if !has_role {
            return false;
        }
        let name = plain(&node.name);
        let described =
            self.descriptions.is_empty() || self.descriptions.contains(&plain(&node.description));
        let named = self.selector.name.is_none() || self.names.contains(&name);
        let called = self.selector.called.is_empty()
            || known_key(&name).is_some_and(|key| self.selector.called.iter().any(|k| k == key));
        named
            && called
            && described
            && self
                .pattern
                .as_ref()
                .is_none_or(|pattern| pattern.is_match(&name))
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.role.as_deref().unwrap_or("element"))?;
        if let Some(Texts(names)) = &self.name {
            let first = names.first().map_or("", String::as_str);
            write!(f, " {first:?}")?;
            if names.len() > 1 {
                write!(f, " (or one of {} more)", names.len() - 1)?;
            }
        }
        if let Some(Texts(described)) = &self.description {
            let first = described.first().map_or("", String::as_str);
            write!(f, " described as {first:?}")?;
            if described.len() > 1 {
                write!(f, " (or one of {} more)", described.len() - 1)?;
            }
        }
        if !self.called.is_empty() {
            write!(f, " called @{}", self.called.join(" or @"))?;
        }
        if let Some(pattern) = &self.matches {
            write!(f, " matching {pattern:?}")?;
        }
        if let Some(nth) = self.nth {
            write!(f, " number {nth}")?;
        }
        match &self.window {
            Some(window) => write!(f, " in {window:?}"),
            None => Ok(()),
        }
    }
}
