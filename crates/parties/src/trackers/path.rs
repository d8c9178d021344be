//! The paths of adapters: the part of JSONPath (as the npm package `jsonpath-plus` reads it) that they use.
//!
//! `$` is the root, `a.b` a member, `*` every member or element, `a..b` every `b` below `a`, `["a.b"]` a name
//! with a dot, and `[?(...)]` every member or element for which all of the terms joined by `&&` hold. A term
//! is about the element (`@`, `@.name`, `@[2]`), its name (`@property`) or the value around the list or object
//! that it stands in (`@parent.name`), and says that it equals a literal, starts with a string, or matches a
//! regular expression.

use regex::bytes::{Regex, RegexBuilder};
use thiserror::Error;

use crate::value::Value;

/// A path that could be read.
#[derive(Debug)]
pub(super) struct Path {
    segments: Vec<Segment>,
}

#[derive(Debug)]
enum Segment {
    Root,
    Name(String),
    Every,
    Below,
    Where(Vec<Term>),
}

#[derive(Debug)]
struct Term {
    not: bool,
    of: Of,
    is: Is,
}

#[derive(Debug)]
enum Of {
    Element,
    Property,
    Member(String),
    ParentMember(String),
}

#[derive(Debug)]
enum Is {
    Equal(Value),
    Starting(String),
    Matching(Regex),
}

/// A path that is none.
#[derive(Debug, Error)]
#[error("{path}: {what} at `{at}`")]
pub(super) struct PathError {
    path: String,
    at: String,
    what: &'static str,
}

impl Path {
    /// Reads a path.
    pub(super) fn new(path: &str) -> Result<Self, PathError> {
        let mut rest = path;
        let segments = segments(&mut rest).map_err(|what| PathError {
            path: path.to_owned(),
            at: rest.to_owned(),
            what,
        })?;
        Ok(Self { segments })
    }

    /// At most `max` values that the path leads to, in order.
    pub(super) fn all<'v>(&self, root: &'v Value, max: usize) -> Vec<&'v Value> {
        let mut found = Vec::new();
        trace(&self.segments, root, None, max, &mut found);
        found
    }

    /// The value that the path leads to; a list of them where it can lead to several.
    pub(super) fn one(&self, root: &Value, max: usize) -> Option<Value> {
        let found = self.all(root, max);
        let several = self
            .segments
            .iter()
            .any(|s| matches!(s, Segment::Every | Segment::Below | Segment::Where(_)));
        if several && !found.is_empty() {
            return Some(Value::List(found.into_iter().cloned().collect()));
        }
        found.first().map(|value| (*value).clone())
    }
}

fn trace<'v>(
    segments: &[Segment],
    value: &'v Value,
    parent: Option<&'v Value>,
    max: usize,
    found: &mut Vec<&'v Value>,
) {
    if found.len() >= max {
        return;
    }
    let Some((segment, rest)) = segments.split_first() else {
        found.push(value);
        return;
    };
    match segment {
        Segment::Root => trace(rest, value, None, max, found),
        Segment::Name(name) => {
            if let Some(child) = value.child(name) {
                trace(rest, child, Some(value), max, found);
            }
        }
        Segment::Every => {
            for (_, child) in value.children() {
                trace(rest, child, Some(value), max, found);
            }
        }
        Segment::Below => {
            trace(rest, value, parent, max, found);
            for (_, child) in value.children() {
                if matches!(child, Value::List(_) | Value::Object(_)) {
                    trace(segments, child, Some(value), max, found);
                }
            }
        }
        Segment::Where(terms) => {
            for (name, child) in value.children() {
                if terms.iter().all(|term| term.holds(&name, child, parent)) {
                    trace(rest, child, Some(value), max, found);
                }
            }
        }
    }
}

impl Term {
    fn holds(&self, property: &str, element: &Value, parent: Option<&Value>) -> bool {
        let name;
        let of = match &self.of {
            Of::Element => Some(element),
            Of::Property => {
                name = Value::Text(property.to_owned());
                Some(&name)
            }
            Of::Member(member) => element.child(member),
            Of::ParentMember(member) => parent.and_then(|parent| parent.child(member)),
        };
        let Some(of) = of else { return false };
        let holds = match &self.is {
            Is::Equal(wanted) => {
                of == wanted || wanted.text().is_some() && of.text() == wanted.text()
            }
            // A function of strings on what is none is an error there, so it holds neither way here.
            _ if of.text().is_none() => return false,
            Is::Starting(start) => of.text().is_some_and(|text| text.starts_with(&**start)),
            Is::Matching(regex) => of
                .text()
                .is_some_and(|text| regex.is_match(text.as_bytes())),
        };
        holds != self.not
    }
}

type What = &'static str;

fn segments(rest: &mut &str) -> Result<Vec<Segment>, What> {
    let mut segments = vec![named(rest)?];
    while !rest.is_empty() {
        if take(rest, "..") {
            segments.push(Segment::Below);
            segments.push(named(rest)?);
        } else if take(rest, ".") {
            segments.push(named(rest)?);
        } else if take(rest, "[?(") {
            segments.push(Segment::Where(terms(rest)?));
            expect(rest, ")]", "`)]` is missing")?;
        } else if take(rest, "[") {
            segments.push(Segment::Name(string(rest)?));
            expect(rest, "]", "`]` is missing")?;
        } else {
            return Err("neither a dot nor a bracket");
        }
    }
    Ok(segments)
}

fn take(rest: &mut &str, word: &str) -> bool {
    match rest.strip_prefix(word) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

fn expect(rest: &mut &str, word: &str, what: What) -> Result<(), What> {
    if take(rest, word) { Ok(()) } else { Err(what) }
}

/// As far as `ends` says no, but at least one character.
fn until<'a>(rest: &mut &'a str, ends: impl Fn(char) -> bool) -> Result<&'a str, What> {
    let (word, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
    *rest = after;
    if word.is_empty() {
        Err("a name is missing")
    } else {
        Ok(word)
    }
}

fn named(rest: &mut &str) -> Result<Segment, What> {
    Ok(match until(rest, |c| c == '.' || c == '[')? {
        "$" => Segment::Root,
        "*" => Segment::Every,
        name => Segment::Name(name.to_owned()),
    })
}

fn terms(rest: &mut &str) -> Result<Vec<Term>, What> {
    let mut terms = vec![term(rest)?];
    while take(rest, " && ") {
        terms.push(term(rest)?);
    }
    Ok(terms)
}

fn term(rest: &mut &str) -> Result<Term, What> {
    let not = take(rest, "!");
    expect(rest, "@", "`@` is missing")?;
    let word = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let of = if take(rest, "property") {
        Of::Property
    } else if take(rest, "parent.") {
        Of::ParentMember(until(rest, word)?.to_owned())
    } else if take(rest, "[") {
        let index = until(rest, word)?.to_owned();
        expect(rest, "]", "`]` is missing")?;
        Of::Member(index)
    } else if rest.starts_with(".startsWith(") || rest.starts_with(".match(") {
        Of::Element
    } else {
        expect(rest, ".", "nothing is said of the element")?;
        Of::Member(until(rest, word)?.to_owned())
    };
    let is = if take(rest, ".startsWith(") {
        let start = string(rest)?;
        expect(rest, ")", "`)` is missing")?;
        Is::Starting(start)
    } else if take(rest, ".match(/") {
        Is::Matching(matching(rest)?)
    } else if take(rest, " === ") || take(rest, " == ") {
        Is::Equal(literal(rest)?)
    } else {
        return Err("neither a comparison nor a function");
    };
    Ok(Term { not, of, is })
}

fn matching(rest: &mut &str) -> Result<Regex, What> {
    let pattern = until(rest, |c| c == '/')?;
    expect(rest, "/", "`/` is missing")?;
    let any_case = take(rest, "i");
    expect(rest, ")", "`)` is missing")?;
    RegexBuilder::new(pattern)
        .unicode(false)
        .case_insensitive(any_case)
        .build()
        .map_err(|_| "no regular expression")
}

fn string(rest: &mut &str) -> Result<String, What> {
    let quote = if take(rest, "'") {
        '\''
    } else if take(rest, "\"") {
        '"'
    } else {
        return Err("a string is missing");
    };
    let text = until(rest, |c| c == quote)?.to_owned();
    *rest = rest.strip_prefix(quote).ok_or("a string does not end")?;
    Ok(text)
}

fn literal(rest: &mut &str) -> Result<Value, What> {
    if rest.starts_with(['\'', '"']) {
        return Ok(Value::Text(string(rest)?));
    }
    let number = until(rest, |c| !c.is_ascii_digit())?;
    number
        .parse()
        .map(Value::Number)
        .map_err(|_| "no whole number")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, json: &str) -> Vec<String> {
        let value: Value = serde_json::from_str(json).unwrap();
        let path = Path::new(path).unwrap();
        path.all(&value, 100).iter().map(|v| v.shown()).collect()
    }

    #[test]
    fn names_wildcards_and_descent() {
        let json = r#"{"a":[{"b":1},{"b":"x","c":{"b":[]}}],"d.e":true}"#;
        assert_eq!(found("a.*.b", json), ["1", "x"]);
        assert_eq!(found("a.1.b", json), ["x"]);
        assert_eq!(found("$..b", json), ["1", "x", "[]"]);
        assert_eq!(found(r#"$["d.e"]"#, json), ["true"]);
        assert_eq!(found("$", "7"), ["7"]);
    }

    #[test]
    fn filters() {
        let json = r#"{"log":{"from":"F","events":[{"2":462,"v":1},{"2":7,"v":2}]},"udid":"ifa:x","eid_a_2":"y"}"#;
        assert_eq!(found("log.events[?(@[2] === 462)].v", json), ["1"]);
        assert_eq!(
            found("log.events[?(@parent.from === 'F')].v", json),
            ["1", "2"]
        );
        assert_eq!(found("$[?(@property.match(/^EID_.*_2$/i))]", json), ["y"]);
        assert_eq!(
            found(r#"$[?(@property === "udid" && @.match(/ifa:/i))]"#, json),
            ["ifa:x"]
        );
        assert_eq!(
            found(r#"$[?(@property === "udid" && !@.match(/ifa:/i))]"#, json).len(),
            0
        );
        // A list has no `startsWith`: that is no reason to take it, nor to leave it by `!`.
        assert_eq!(found("log[?(!@.startsWith('G'))]", json), ["F"]);
    }

    #[test]
    fn what_is_no_path_is_refused_with_its_place() {
        for path in [
            "",
            "a.",
            "a[",
            "a[?(@.b)]",
            "a[?(@.b == 'c]",
            "a[?(@.match(/(/))]",
        ] {
            let error = Path::new(path).unwrap_err().to_string();
            assert!(error.starts_with(path), "{error}");
        }
    }
}
