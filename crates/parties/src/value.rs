//! What a decoding step gives: JSON's values, and bytes that nobody has read yet.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value. Numbers are those of JavaScript, in whose terms the adapters are written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// A body, or what base64, gzip or a message of protocol buffers held.
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Object(Object),
}

impl Value {
    /// Whether JavaScript takes the value for true: steps pass over inputs and results that are not.
    pub(crate) fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(set) => *set,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Text(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::List(_) | Self::Object(_) => true,
        }
    }

    /// The characters of text or bytes; bytes that are no UTF-8 are taken as Latin-1.
    pub(crate) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Bytes(bytes) => Some(match str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
            }),
            _ => None,
        }
    }

    /// The bytes of text or bytes.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text.as_bytes()),
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The member, or the element, of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Value> {
        match self {
            Self::List(list) => list.get(index(name)?),
            Self::Object(object) => object.get(name),
            _ => None,
        }
    }

    /// All members or elements with their names, in order.
    pub(crate) fn children(&self) -> Vec<(Cow<'_, str>, &Value)> {
        match self {
            Self::List(list) => list
                .iter()
                .enumerate()
                .map(|(n, value)| (Cow::Owned(n.to_string()), value))
                .collect(),
            Self::Object(object) => object
                .members
                .iter()
                .map(|(name, value)| (Cow::Borrowed(&**name), value))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Puts `value` where `path` leads, making objects on the way. Where the way is blocked by something that
    /// has no members, nothing is put.
    pub(crate) fn put(&mut self, path: &[&str], value: Value) {
        let [name, rest @ ..] = path else {
            *self = value;
            return;
        };
        if !self.is_truthy() {
            *self = Self::Object(Object::default());
        }
        match self {
            Self::List(list) => {
                if let Some(child) = index(name).and_then(|index| list.get_mut(index)) {
                    child.put(rest, value);
                }
            }
            Self::Object(object) => object.entry(name).put(rest, value),
            _ => {}
        }
    }

    /// For a person and for conditions: text as it is, everything else as JSON.
    pub(crate) fn shown(&self) -> String {
        match self.text() {
            Some(text) => text.into_owned(),
            None => self.to_string(),
        }
    }
}

/// JSON, with numbers as JavaScript writes them.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(set) => write!(f, "{set}"),
            Self::Number(number) => f.write_str(&number_text(*number)),
            Self::Text(_) | Self::Bytes(_) => quoted(&self.text().unwrap_or_default(), f),
            Self::List(list) => {
                f.write_str("[")?;
                for (n, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if n == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Object(object) => {
                f.write_str("{")?;
                for (n, (name, value)) in object.members.iter().enumerate() {
                    f.write_str(if n == 0 { "" } else { "," })?;
                    quoted(name, f)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

/// A number as JavaScript writes it: shortest digits, an exponent from 1e21 up and below 1e-6.
pub(crate) fn number_text(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 {
        "0".to_owned()
    } else if !number.is_finite() {
        "null".to_owned()
    } else if (1e-6..1e21).contains(&size) {
        number.to_string()
    } else {
        let text = format!("{number:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                format!("{digits}e+{exponent}")
            }
            _ => text,
        }
    }
}

/// The element that a name means: decimal digits without leading zeros, as in JavaScript.
fn index(name: &str) -> Option<usize> {
    let plain = name == "0" || !name.starts_with('0') && name.bytes().all(|b| b.is_ascii_digit());
    if plain { name.parse().ok() } else { None }
}

/// An object as JavaScript orders it: first the names that are whole numbers, ascending, then the others as
/// they came.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Object {
    members: Vec<(String, Value)>,
}

impl Object {
    /// Of members of one name, the last one counts, in the place of the first.
    pub(crate) fn new(pairs: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut places = BTreeMap::new();
        let mut numbered = BTreeMap::new();
        let mut named = Vec::new();
        for (name, value) in pairs {
            if let Some(index) = index(&name) {
                numbered.insert(index, (name, value));
                continue;
            }
            let place = *places.entry(name.clone()).or_insert(named.len());
            match named.get_mut(place) {
                Some((_, before)) => *before = value,
                None => named.push((name, value)),
            }
        }
        let members = numbered.into_values().chain(named).collect();
        Self { members }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let found = self.members.iter().find(|(has, _)| has == name);
        found.map(|(_, value)| value)
    }

    /// The member of this name; one that was not there is null, at the end.
    fn entry(&mut self, name: &str) -> &mut Value {
        let place = self.members.iter().position(|(has, _)| has == name);
        let place = place.unwrap_or_else(|| {
            self.members.push((name.to_owned(), Value::Null));
            self.members.len() - 1
        });
        &mut self.members[place].1
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, set: bool) -> Result<Value, E> {
        Ok(Value::Bool(set))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = from.next_element()? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = from.next_entry()? {
            pairs.push(pair);
        }
        Ok(Value::Object(Object::new(pairs)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_ordered_and_numbers_written_as_javascript_does() {
        let json =
            r#"{"b":1.0,"10":1e21,"a":"x\u001f","9":[null,1e-7,-0.0],"b":12345678901234567890}"#;
        let value: Value = serde_json::from_str(json).unwrap();
        let wanted = r#"{"9":[null,1e-7,0],"10":1e+21,"b":12345678901234567000,"a":"x\u001f"}"#;
        assert_eq!(value.to_string(), wanted);
    }

    #[test]
    fn putting_makes_objects_and_leaves_what_is_in_the_way() {
        let mut value = Value::Object(Object::default());
        value.put(&["a", "b"], Value::Text("x".to_owned()));
        value.put(&["a", "b", "c"], Value::Null);
        assert_eq!(value.to_string(), r#"{"a":{"b":"x"}}"#);
    }
}
