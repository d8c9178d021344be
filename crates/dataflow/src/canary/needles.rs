//! All forms of all canaries, and the search for them.

use std::collections::{BTreeMap, BTreeSet};

use super::chance::{Strength, byte_bits, text_bits};
use super::digest::{Digest, SALTS};
use super::encoding::Encoding;
use super::kind::Canary;
use super::script::{self, Script};
use super::sieve::Sieve;
use super::spelling::{Spelled, spellings};

/// Most canaries of one search.
pub const CANARIES_MAX: usize = 4_096;

/// Longest value of a canary, bytes.
pub const VALUE_MAX: usize = 512;

/// Why these canaries cannot be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing, or a single byte, is in everything.
    #[error("canary {0:?}: its value has fewer than 2 bytes")]
    Short(String),
    /// See [`VALUE_MAX`].
    #[error("canary {0:?}: its value has more than {VALUE_MAX} bytes")]
    Long(String),
    /// See [`CANARIES_MAX`].
    #[error("{0} canaries are more than {CANARIES_MAX}")]
    Many(usize),
}

/// A form of a canary, found in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit<'n> {
    /// Which canary, as its index in what [`Needles::new`] was given.
    pub index: usize,
    /// The same.
    pub canary: &'n Canary,
    /// How it was written.
    pub encoding: &'n Encoding,
    /// What that says by itself.
    pub strength: Strength,
    /// Where it lies, bytes from the start.
    pub offset: u64,
    /// Its length, bytes.
    pub len: usize,
}

/// All forms of some canaries.
#[derive(Debug, Clone)]
pub struct Needles {
    canaries: Vec<Canary>,
    forms: Vec<Form>,
    /// Forms that are looked for as whole fields alone.
    fields: BTreeMap<Vec<u8>, Vec<u32>>,
    long: Sieve<8, 8>,
    middle: Sieve<4, 4>,
    short: Sieve<4, 3>,
    shortest: Sieve<4, 1>,
    longest: usize,
}

#[derive(Debug, Clone)]
struct Form {
    canary: u32,
    encoding: Encoding,
    strength: Strength,
    bytes: Vec<u8>,
}

impl Needles {
    /// All forms of these, hashed with [`SALTS`] too.
    pub fn new(canaries: &[Canary]) -> Result<Needles, Refused> {
        Needles::with_salts(canaries, &SALTS)
    }

    /// All forms of these, hashed with these salts on either side too.
    pub fn with_salts(canaries: &[Canary], salts: &[&str]) -> Result<Needles, Refused> {
        if canaries.len() > CANARIES_MAX {
            return Err(Refused::Many(canaries.len()));
        }
        let digests = Digest::all(salts);
        let mut forms = Vec::new();
        for (index, canary) in canaries.iter().enumerate() {
            match canary.value.trim().len() {
                0..2 => return Err(Refused::Short(canary.name.clone())),
                2..=VALUE_MAX => all_forms(index as u32, canary, &digests, &mut forms),
                _ => return Err(Refused::Long(canary.name.clone())),
            }
        }
        let mut fields: BTreeMap<Vec<u8>, Vec<u32>> = BTreeMap::new();
        for (number, form) in forms.iter().enumerate() {
            if form.strength == Strength::Field {
                let same = fields.entry(form.bytes.clone()).or_default();
                same.push(number as u32);
            }
        }
        let of_len = |from: usize, to: usize| {
            let numbered = forms.iter().enumerate();
            numbered
                .filter(move |(_, form)| {
                    form.strength != Strength::Field && (from..to).contains(&form.bytes.len())
                })
                .map(|(number, form)| (number as u32, &*form.bytes))
        };
        let (short, middle) = (Sieve::<4, 3>::LEN_MIN, Sieve::<4, 4>::LEN_MIN);
        let long = Sieve::<8, 8>::LEN_MIN;
        Ok(Needles {
            long: Sieve::new(of_len(long, usize::MAX)),
            middle: Sieve::new(of_len(middle, long)),
            short: Sieve::new(of_len(short, middle)),
            shortest: Sieve::new(of_len(0, short)),
            longest: forms.iter().map(|f| f.bytes.len()).max().unwrap_or(0),
            canaries: canaries.to_vec(),
            forms,
            fields,
        })
    }

    /// The canaries that are looked for.
    pub fn canaries(&self) -> &[Canary] {
        &self.canaries
    }

    /// Each form that is looked for anywhere: the index of its canary, how it is written, its bytes.
    pub fn forms(&self) -> impl Iterator<Item = (usize, &Encoding, &[u8])> {
        let anywhere = |form: &&Form| form.strength != Strength::Field;
        let forms = self.forms.iter().filter(anywhere);
        forms.map(|form| (form.canary as usize, &form.encoding, &*form.bytes))
    }

    /// Length of the longest form, bytes.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// All that lies in these bytes, by place, the longest first at each. What lies inside of something longer
    /// is there too.
    pub fn search(&self, bytes: &[u8]) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        self.each(bytes, |hit| hits.push(hit));
        hits.sort_by_key(|hit| (hit.offset, std::cmp::Reverse(hit.len), hit.index));
        hits
    }

    /// Calls `on` with all that lies in these bytes, in no order.
    pub fn each<'n>(&'n self, bytes: &[u8], mut on: impl FnMut(Hit<'n>)) {
        let mut check = |number: u32, start: usize| {
            let needle = &*self.forms[number as usize].bytes;
            if bytes[start..].starts_with(needle) {
                on(self.hit(number, start));
            }
        };
        self.long.candidates(bytes, &mut check);
        self.middle.candidates(bytes, &mut check);
        self.short.candidates(bytes, &mut check);
        self.shortest.candidates(bytes, &mut check);
    }

    /// Forms that are all of this field, spaces around it aside.
    pub(super) fn whole_field<'n>(&'n self, field: &[u8]) -> impl Iterator<Item = Hit<'n>> {
        let numbers = self.fields.get(field.trim_ascii());
        let numbers = numbers.map_or(&[][..], |numbers| numbers);
        numbers.iter().map(|&number| self.hit(number, 0))
    }

    fn hit(&self, number: u32, start: usize) -> Hit<'_> {
        let form = &self.forms[number as usize];
        let index = form.canary as usize;
        Hit {
            index,
            canary: &self.canaries[index],
            encoding: &form.encoding,
            strength: form.strength,
            offset: start as u64,
            len: form.bytes.len(),
        }
    }
}

/// Adds all forms of one canary, none of them twice.
fn all_forms(index: u32, canary: &Canary, digests: &[Digest], forms: &mut Vec<Form>) {
    let mut seen = BTreeSet::new();
    let mut hashed = BTreeSet::new();
    let listed = canary.kind.is_from_a_list();
    let mut add = |spelling, digest: Option<&Digest>, script, bits, bytes: Vec<u8>| {
        let listed = listed && digest.is_none();
        let strength = match bytes.len() {
            0..4 => Strength::Field,
            _ => Strength::of(bits, listed),
        };
        // What is no plain value is hardly ever all of a field.
        let is_field = strength == Strength::Field;
        if is_field && (script != Script::Plain || bytes.len() < 2) || !seen.insert(bytes.clone()) {
            return;
        }
        forms.push(Form {
            canary: index,
            encoding: Encoding {
                spelling,
                digest: digest.cloned(),
                script,
            },
            strength,
            bytes,
        });
    };
    let spellings = spellings(canary);
    for (spelling, spelled) in &spellings {
        let (bits, len, written) = match spelled {
            Spelled::Text(text) => (text_bits(text), text.len(), script::of_text(text)),
            Spelled::Bytes(bytes) => (byte_bits(bytes), bytes.len(), script::of_bytes(bytes)),
        };
        for (script, bytes) in written {
            add(
                *spelling,
                None,
                script,
                bits_of(script, bits, &bytes, len),
                bytes,
            );
        }
    }
    for (spelling, spelled) in &spellings {
        let value = match spelled {
            Spelled::Text(text) => text.as_bytes(),
            Spelled::Bytes(bytes) => bytes,
        };
        if !hashed.insert(value) {
            continue;
        }
        for digest in digests {
            let hash = digest.of(value);
            for (script, bytes) in script::of_hash(&hash) {
                let bits = match script {
                    Script::Decimal => text_bits_of_digits(bytes.len()).min(32.0),
                    _ => 8.0 * hash.len() as f64,
                };
                add(*spelling, Some(digest), script, bits, bytes);
            }
        }
    }
}

/// Bits of a value as it is written: in base64, its edges are lost.
fn bits_of(script: Script, bits: f64, written: &[u8], len: usize) -> f64 {
    match script {
        Script::Base64 | Script::Base64Url => {
            bits * (0.75 * written.len() as f64 / len.max(1) as f64).min(1.0)
        }
        _ => bits,
    }
}

fn text_bits_of_digits(n: usize) -> f64 {
    n as f64 * 10f64.log2()
}
