//! The weights of a network from a file in the safetensors format.
//!
//! Eight bytes little-endian give the length of a JSON header, which names each tensor with its type, its
//! shape and where its bytes lie behind the header. Two types are read: `F32`, and `I8` with a tensor
//! `NAME.rows` of one scale for each row (`models/convert.py` writes both).

use std::collections::HashMap;

use serde::Deserialize;

use crate::Error;

/// Longest header that is read, bytes.
const MOST_HEADER: usize = 1 << 20;

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

/// A file of weights: names to tensors.
pub(crate) struct Weights<'a> {
    entries: HashMap<String, Entry>,
    data: &'a [u8],
}

impl<'a> Weights<'a> {
    /// Reads the header.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Weights<'a>, Error> {
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or(Error::NoModel)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| Error::NoModel)?;
        if length > MOST_HEADER || length > rest.len() {
            return Err(Error::NoModel);
        }
        let (header, data) = rest.split_at(length);
        let entries = serde_json::from_slice(header).map_err(|_| Error::NoModel)?;
        Ok(Weights { entries, data })
    }

    /// The tensor called `name` as numbers, which has to have `n` of them.
    pub(crate) fn floats(&self, name: &str, n: usize) -> Result<Vec<f32>, Error> {
        let wrong = || Error::Tensor(name.to_owned());
        let entry = self.entries.get(name).ok_or_else(wrong)?;
        let [from, to] = entry.data_offsets;
        let bytes = self.data.get(from..to).ok_or_else(wrong)?;
        let numbers: Vec<f32> = match entry.dtype.as_str() {
            "F32" => {
                let (each, rest) = bytes.as_chunks::<4>();
                if !rest.is_empty() {
                    return Err(wrong());
                }
                each.iter().map(|b| f32::from_le_bytes(*b)).collect()
            }
            "I8" => {
                let rows = entry.shape.first().copied().filter(|rows| *rows > 0);
                let rows = rows.ok_or_else(wrong)?;
                let scales = self.floats(&format!("{name}.rows"), rows)?;
                let width = bytes.len().div_ceil(rows).max(1);
                let each = bytes.chunks(width).zip(&scales);
                each.flat_map(|(row, scale)| {
                    row.iter().map(move |b| f32::from(b.cast_signed()) * scale)
                })
                .collect()
            }
            _ => return Err(wrong()),
        };
        match numbers.len() == n {
            true => Ok(numbers),
            false => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let length = (header.len() as u64).to_le_bytes();
        [&length[..], header.as_bytes(), data].concat()
    }

    #[test]
    fn floats_and_rows_of_bytes_are_read() {
        let header = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
            "w":{"dtype":"I8","shape":[2,2],"data_offsets":[4,8]},
            "w.rows":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#;
        let mut data = 2.5f32.to_le_bytes().to_vec();
        data.extend([1, 255, 127, 0]);
        data.extend(0.5f32.to_le_bytes());
        data.extend(2f32.to_le_bytes());
        let bytes = file(header, &data);
        let weights = Weights::new(&bytes).unwrap();
        assert_eq!(weights.floats("a", 1).unwrap(), [2.5]);
        assert_eq!(weights.floats("w", 4).unwrap(), [0.5, -0.5, 254.0, 0.0]);
    }

    #[test]
    fn what_does_not_fit_is_an_error_and_named() {
        assert!(Weights::new(b"").is_err());
        assert!(Weights::new(&[255; 64]).is_err());
        assert!(Weights::new(&file("{", b"")).is_err());
        let header = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#;
        let bytes = file(header, &[0; 4]);
        let weights = Weights::new(&bytes).unwrap();
        for name in ["a", "b"] {
            let said = weights.floats(name, 1).unwrap_err().to_string();
            assert!(said.contains(name), "{said}");
        }
    }
}
