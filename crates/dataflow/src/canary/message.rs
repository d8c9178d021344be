//! Canaries in a message, each find with the path of its field.

use std::collections::BTreeSet;

use wire::decode::{self, Part, Pieces};

use super::chance::Strength;
use super::encoding::Encoding;
use super::needles::{Hit, Needles};

/// Most finds of one message.
const FOUND_MAX: usize = 4_096;

/// Where in a message something lay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In a value.
    Value,
    /// In a name: a member's, a field's, a host's, or the target of a request.
    Name,
    /// In what something wrapped held, and in no value or name of it that was read.
    Content,
    /// In the message as it was sent, and in nothing of it that was read.
    Message,
}

/// A canary that was found in a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The name of the canary.
    pub canary: String,
    /// The field, as `wire::decode` names it, each canary in it replaced by its name in braces: so the same field
    /// has the same path in two runs. Empty for the message itself.
    pub path: String,
    /// What lay there.
    pub place: Place,
    /// How it was written, inside of all that the path tells.
    pub encoding: Encoding,
    /// What that says by itself.
    pub strength: Strength,
}

impl Needles {
    /// Reads a message layer by layer and looks for canaries in each value and name, then in what no decoder
    /// read. Each field is given once for each way in which a canary lay in it, in the order of the message.
    ///
    /// What lies inside of a longer find, a user's name in a mail address, is part of that and no find of its
    /// own.
    pub fn search_message(&self, bytes: &[u8]) -> Vec<Found> {
        let decoded = decode::read("", bytes, true);
        self.search_pieces(&decoded.pieces.unwrap_or_default(), bytes)
    }

    /// The same with a message that was read already, keeping its pieces ([`decode::Decoded::pieces`]); `raw` is the
    /// message as it was sent, as far as that is known.
    pub fn search_pieces<'n>(&'n self, pieces: &Pieces, raw: &[u8]) -> Vec<Found> {
        let mut finds = Finds {
            needles: self,
            found: Vec::new(),
            seen: BTreeSet::new(),
            named: BTreeSet::new(),
        };
        // All pieces are searched in one go: there are many, and nearly all are short.
        let all = self.search(pieces.bytes());
        let mut rest = &all[..];
        let mut contents = Vec::new();
        for piece in pieces.iter() {
            let end = (piece.at + piece.bytes.len()) as u64;
            let (of_piece, behind) = rest.split_at(rest.partition_point(|hit| hit.offset < end));
            rest = behind;
            // What lies across two pieces lies in none.
            let inside = of_piece
                .iter()
                .filter(|hit| hit.offset + hit.len as u64 <= end);
            let hits: Vec<Hit> = inside.copied().collect();
            match piece.part {
                Part::Value => {
                    finds.add(piece.path, Place::Value, hits);
                    finds.add(
                        piece.path,
                        Place::Value,
                        self.whole_field(piece.bytes).collect(),
                    );
                }
                Part::Name => finds.add(piece.path, Place::Name, hits),
                Part::Content => contents.push((piece.path, hits)),
            }
        }
        // What was found in a field is in all around it too.
        let unnamed = |mut hits: Vec<Hit<'n>>, named: &BTreeSet<usize>| {
            hits.retain(|hit| !named.contains(&hit.index));
            hits
        };
        let in_fields = finds.named.clone();
        for (path, hits) in contents {
            finds.add(path, Place::Content, unnamed(hits, &in_fields));
        }
        let hits = unnamed(self.search(raw), &finds.named);
        finds.add("", Place::Message, hits);
        finds.found
    }

    /// A path, canaries in it replaced by their names.
    fn masked(&self, path: &str) -> String {
        let mut out = Vec::new();
        let mut at = 0;
        for hit in outermost(self.search(path.as_bytes())) {
            let from = hit.offset as usize;
            if from >= at {
                out.extend_from_slice(&path.as_bytes()[at..from]);
                out.extend_from_slice(format!("{{{}}}", hit.canary.name).as_bytes());
                at = from + hit.len;
            }
        }
        out.extend_from_slice(&path.as_bytes()[at..]);
        // A form may begin or end inside of a letter of several bytes.
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// What lies in no longer find. `hits` are sorted as [`Needles::search`] sorts.
fn outermost(mut hits: Vec<Hit>) -> Vec<Hit> {
    let mut widest = (0, 0);
    hits.retain(|hit| {
        let (from, to) = (hit.offset, hit.offset + hit.len as u64);
        let inside = widest.1 >= to && widest.1 - widest.0 > to - from;
        if to > widest.1 {
            widest = (from, to);
        }
        !inside
    });
    hits
}

struct Finds<'n> {
    needles: &'n Needles,
    found: Vec<Found>,
    seen: BTreeSet<(usize, String, Place, &'n Encoding)>,
    /// Canaries that were found, those inside of a longer find too.
    named: BTreeSet<usize>,
}

impl<'n> Finds<'n> {
    fn add(&mut self, path: &str, place: Place, hits: Vec<Hit<'n>>) {
        if hits.is_empty() {
            return;
        }
        let path = self.needles.masked(path);
        self.named.extend(hits.iter().map(|hit| hit.index));
        for hit in outermost(hits) {
            let is_new = self
                .seen
                .insert((hit.index, path.clone(), place, hit.encoding));
            if is_new && self.found.len() < FOUND_MAX {
                self.found.push(Found {
                    canary: hit.canary.name.clone(),
                    path: path.clone(),
                    place,
                    encoding: hit.encoding.clone(),
                    strength: hit.strength,
                });
            }
        }
    }
}
