//! JSON (RFC 8259), read without building a tree.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Answer, Out, Part, Value};

/// An object or an array, and nothing behind it.
pub(super) fn json(bytes: &[u8], out: &mut Out) -> Answer {
    let trimmed = bytes.trim_ascii();
    if !matches!(
        (trimmed.first(), trimmed.last()),
        (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))
    ) {
        return Answer::NotMine;
    }
    let mut opaque = 0;
    out.format("json");
    out.start("$");
    let node = Node {
        out,
        opaque: &mut opaque,
    };
    // Checked at once, it is not checked string by string.
    let read = match std::str::from_utf8(trimmed) {
        Ok(text) => whole(node, serde_json::Deserializer::from_str(text)),
        Err(_) => whole(node, serde_json::Deserializer::from_slice(trimmed)),
    };
    match read {
        Ok(()) => Answer::Certain(opaque),
        // What stopped at a bound is JSON all the same.
        Err(_) if out.limit.is_some() => Answer::Certain(bytes.len()),
        Err(_) => Answer::NotMine,
    }
}

fn whole<'de, R: serde_json::de::Read<'de>>(
    node: Node,
    mut reader: serde_json::Deserializer<R>,
) -> serde_json::Result<()> {
    node.deserialize(&mut reader)?;
    reader.end()
}

struct Node<'o> {
    out: &'o mut Out,
    opaque: &'o mut usize,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.out.leaf(Value::Bool(value));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.out.number(value as f64);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.out.number(value as f64);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.out.number(value);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        *self.opaque += self.out.text(value);
        Ok(())
    }

    /// `null` is the absence of a value.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let opaque = self.opaque;
        let walk = |out: &mut Out| {
            for index in 0.. {
                let at = out.path.len();
                out.push_index(index);
                let node = Node { out, opaque };
                let more = items.next_element_seed(node)?.is_some();
                out.path.truncate(at);
                go_on(out)?;
                if !more {
                    break;
                }
            }
            Ok(())
        };
        self.out.deeper(walk).unwrap_or_else(|| Err(bound()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let opaque = self.opaque;
        let walk = |out: &mut Out| {
            loop {
                let at = out.path.len();
                let key = Key {
                    out,
                    opaque: &mut *opaque,
                };
                if items.next_key_seed(key)?.is_none() {
                    break;
                }
                items.next_value_seed(Node { out, opaque })?;
                out.path.truncate(at);
                go_on(out)?;
            }
            Ok(())
        };
        self.out.deeper(walk).unwrap_or_else(|| Err(bound()))
    }
}

/// A member's name, taken into the path.
struct Key<'o> {
    out: &'o mut Out,
    opaque: &'o mut usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, key: &str) -> Result<(), E> {
        *self.opaque += super::text::token_bytes(key);
        self.out.keep(Part::Name, key.as_bytes());
        self.out.push(".");
        self.out.push(key);
        Ok(())
    }
}

fn go_on<E: Error>(out: &Out) -> Result<(), E> {
    match out.limit {
        Some(_) => Err(bound()),
        None => Ok(()),
    }
}

fn bound<E: Error>() -> E {
    E::custom("a bound was hit")
}
