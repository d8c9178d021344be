//! Query strings as the npm package `qs` reads them, which the adapters are written for: names in brackets are
//! objects and lists, a name that comes again makes a list.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::value::{Object, Value};

/// Names and values that are read; those behind are passed over (`parameterLimit` of `qs`).
const PAIRS_MAX: usize = 1000;

/// Brackets of one name that are read (`depth` of `qs`).
const DEPTH_MAX: usize = 5;

/// Elements of a list; longer ones, and higher indices, are objects (`arrayLimit` of `qs`).
const LIST_MAX: usize = 20;

/// Names that every object of JavaScript has: `qs` drops a name with one of them in it.
const INHERITED: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// Reads a query string. What stands before a first `?`, if anything does, is passed over.
pub(super) fn parse(query: &str) -> Value {
    let start = query.char_indices().nth(1).map_or(query.len(), |(n, _)| n);
    let query = match query[start..].split_once('?') {
        // The pattern there is `.+?\?`, in which a dot is no line break.
        Some((before, after)) if !query[..start].contains('\n') && !before.contains('\n') => after,
        _ => query,
    };
    let mut values: Vec<(String, Vec<String>)> = Vec::new();
    let mut places = BTreeMap::new();
    for part in query.split('&').take(PAIRS_MAX) {
        let part = brackets(part);
        let at = part.find("]=").map(|at| at + 1).or_else(|| part.find('='));
        let (name, value) = match at {
            Some(at) => (decoded(&part[..at]), decoded(&part[at + 1..])),
            None => (decoded(&part), String::new()),
        };
        let place = *places.entry(name.clone()).or_insert(values.len());
        match values.get_mut(place) {
            Some((_, more)) => more.push(value),
            None => values.push((name, vec![value])),
        }
    }
    let mut root = Tree::Object(BTreeMap::new(), Vec::new());
    for (name, values) in values {
        if let Some(segments) = segments(&name) {
            root = root.merged(nested(&segments, values));
        }
    }
    root.value()
}

fn brackets(part: &str) -> String {
    let mut out = part.to_owned();
    for (escaped, plain) in [("%5B", "["), ("%5b", "["), ("%5D", "]"), ("%5d", "]")] {
        out = out.replace(escaped, plain);
    }
    out
}

/// `+` is a space; where the percent signs are no UTF-8, the text stays.
fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_decoded(&text).unwrap_or(text)
}

/// The text behind percent signs; None where one is not followed by two digits, or what comes out is no UTF-8.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let escapes = text.split('%').skip(1);
    let whole = |escape: &str| {
        let digits = escape.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !escapes.into_iter().all(whole) {
        return None;
    }
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// One part of a name: how it was written counts, because `a` is no index and `[0]` is one.
struct Segment<'a> {
    name: &'a str,
    bracketed: bool,
}

/// `a[b][]` is `a`, `b` and the empty name. What is behind the last bracket is dropped. None for a name that
/// is dropped as a whole.
fn segments(name: &str) -> Option<Vec<Segment<'_>>> {
    if name.is_empty() {
        return None;
    }
    let mut segments = Vec::new();
    let mut rest = name.find('[').map_or("", |at| &name[at..]);
    let plain = &name[..name.len() - rest.len()];
    if !plain.is_empty() {
        segments.push(Segment {
            name: plain,
            bracketed: false,
        });
    }
    let mut collected = 0;
    while !rest.is_empty() {
        match closing(rest) {
            Some(end) if collected < DEPTH_MAX => {
                segments.push(Segment {
                    name: &rest[1..end],
                    bracketed: true,
                });
                collected += 1;
                let next = rest[end..].find('[').map_or(rest.len(), |at| end + at);
                rest = &rest[next..];
            }
            // What does not close, or is too deep, is one name with all its brackets.
            _ => {
                segments.push(Segment {
                    name: rest,
                    bracketed: true,
                });
                break;
            }
        }
    }
    if segments.iter().any(|s| INHERITED.contains(&s.name)) {
        return None;
    }
    Some(segments)
}

/// Where the bracket that opens the text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut level = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => level += 1,
            b']' => level -= 1,
            _ => {}
        }
        if level == 0 {
            return Some(at);
        }
    }
    None
}

/// A value while it is put together: lists may have holes.
enum Tree {
    Text(String),
    List(BTreeMap<usize, Tree>),
    /// Members by name, and the order in which the names came.
    Object(BTreeMap<String, Tree>, Vec<String>),
}

/// One name with its values as a tree of its own.
fn nested(segments: &[Segment<'_>], mut values: Vec<String>) -> Tree {
    let mut tree = match values.len() {
        1 => Tree::Text(values.remove(0)),
        _ => list(values.into_iter().map(Tree::Text).enumerate().collect()),
    };
    for segment in segments.iter().rev() {
        let index = segment.name.parse::<usize>().ok();
        let index = index.filter(|n| segment.bracketed && n.to_string() == segment.name);
        tree = match index {
            _ if segment.bracketed && segment.name.is_empty() => match tree {
                list @ Tree::List(_) => list,
                other => list(BTreeMap::from([(0, other)])),
            },
            Some(index) if index < LIST_MAX => Tree::List(BTreeMap::from([(index, tree)])),
            _ => {
                let name = segment.name.to_owned();
                Tree::Object(BTreeMap::from([(name.clone(), tree)]), vec![name])
            }
        };
    }
    tree
}

/// A list, or an object where it is too long for one.
fn list(elements: BTreeMap<usize, Tree>) -> Tree {
    if elements.len() <= LIST_MAX {
        return Tree::List(elements);
    }
    let names = elements.keys().map(usize::to_string).collect();
    let members = elements.into_iter().map(|(n, tree)| (n.to_string(), tree));
    Tree::Object(members.collect(), names)
}

impl Tree {
    /// Both in one.
    fn merged(self, with: Tree) -> Tree {
        match (self, with) {
            (old, Tree::Text(text)) if text.is_empty() => old,
            (Tree::List(mut elements), Tree::List(more)) => {
                for (index, tree) in more {
                    match elements.remove(&index) {
                        Some(old) if old.has_members() && tree.has_members() => {
                            elements.insert(index, old.merged(tree));
                        }
                        Some(old) => {
                            elements.insert(index, old);
                            elements.insert(end(&elements), tree);
                        }
                        None => {
                            elements.insert(index, tree);
                        }
                    }
                }
                list(elements)
            }
            (Tree::List(mut elements), text @ Tree::Text(_)) => {
                elements.insert(end(&elements), text);
                list(elements)
            }
            (Tree::List(elements), with @ Tree::Object(..)) => {
                let names = elements.keys().map(usize::to_string).collect();
                let members = elements.into_iter().map(|(n, tree)| (n.to_string(), tree));
                Tree::Object(members.collect(), names).merged(with)
            }
            (Tree::Object(mut members, mut names), Tree::Object(more, order)) => {
                for (name, tree) in in_order(more, order) {
                    let tree = match members.remove(&name) {
                        Some(old) => old.merged(tree),
                        None => {
                            names.push(name.clone());
                            tree
                        }
                    };
                    members.insert(name, tree);
                }
                Tree::Object(members, names)
            }
            (Tree::Object(members, names), Tree::List(more)) => {
                let order = more.keys().map(usize::to_string).collect();
                let more = more.into_iter().map(|(n, tree)| (n.to_string(), tree));
                Tree::Object(members, names).merged(Tree::Object(more.collect(), order))
            }
            (text @ Tree::Text(_), Tree::List(more)) => {
                let first = std::iter::once(text).chain(more.into_values());
                list(first.enumerate().collect())
            }
            (old, text) => list(BTreeMap::from([(0, old), (1, text)])),
        }
    }

    fn has_members(&self) -> bool {
        !matches!(self, Tree::Text(_))
    }

    /// The value, without holes.
    fn value(self) -> Value {
        match self {
            Tree::Text(text) => Value::Text(text),
            Tree::List(elements) => Value::List(elements.into_values().map(Tree::value).collect()),
            Tree::Object(members, names) => {
                let members = in_order(members, names);
                let members = members.into_iter().map(|(name, tree)| (name, tree.value()));
                Value::Object(Object::new(members))
            }
        }
    }
}

fn end(elements: &BTreeMap<usize, Tree>) -> usize {
    elements.last_key_value().map_or(0, |(last, _)| last + 1)
}

fn in_order(mut members: BTreeMap<String, Tree>, names: Vec<String>) -> Vec<(String, Tree)> {
    let pairs = names.into_iter().filter_map(|name| {
        let tree = members.remove(&name)?;
        Some((name, tree))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_qs_reads_them() {
        // What `qs` 6.17 answers, seen by running it.
        for (query, wanted) in [
            ("a=1&b=x+y%20z&c&=d", r#"{"a":"1","b":"x y z","c":""}"#),
            ("https://example.org/x?a=1", r#"{"a":"1"}"#),
            ("?a=1", r#"{"?a":"1"}"#),
            ("a=1&a=2", r#"{"a":["1","2"]}"#),
            ("a[]=1&a[]=2", r#"{"a":["1","2"]}"#),
            ("a[b]=1&a%5Bc%5D=2", r#"{"a":{"b":"1","c":"2"}}"#),
            ("a[1]=x&a[0]=y", r#"{"a":["y","x"]}"#),
            ("a[7]=x", r#"{"a":["x"]}"#),
            ("a[100]=x", r#"{"a":{"100":"x"}}"#),
            (
                "a[b][c][d][e][f][g]=x",
                r#"{"a":{"b":{"c":{"d":{"e":{"f":{"[g]":"x"}}}}}}}"#,
            ),
            ("a=%zz&b=%ff", r#"{"a":"%zz","b":"%ff"}"#),
            ("toString=1&b=2", r#"{"b":"2"}"#),
            ("a[b]=1&a=", r#"{"a":{"b":"1"}}"#),
            (
                "a=1&a[b]=2&a[c]=3",
                r#"{"a":{"0":"1","1":{"b":"2"},"c":"3"}}"#,
            ),
            ("a[b]=1&a=2", r#"{"a":[{"b":"1"},"2"]}"#),
            ("a[]=1&a=2&a[x]=3", r#"{"a":{"0":"1","1":"2","x":"3"}}"#),
            ("b=1&7=2", r#"{"7":"2","b":"1"}"#),
        ] {
            assert_eq!(parse(query).to_string(), wanted, "{query}");
        }
    }
}
