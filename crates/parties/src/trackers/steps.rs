//! The decoding steps of adapters. One that fails gives nothing, and the next ones work with what is there.

use std::io::Read;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::path::Path;
use super::{protobuf, query};
use crate::value::Value;

/// Bytes that one packed body may unpack to.
const UNPACKED_MAX: u64 = 8 << 20;

/// Values that one step takes from a list or finds by a path.
const VALUES_MAX: usize = 10_000;

/// A step with where its input is and where its output goes, both in the variables of a request.
#[derive(Debug)]
pub(super) struct Step {
    function: Function,
    input: Path,
    output: Vec<String>,
    /// Whether the input is a list, and each of its elements is decoded by itself.
    each: bool,
}

#[derive(Debug)]
enum Function {
    ParseQueryString,
    ParseJson,
    DecodeBase64,
    DecodeUrl,
    DecodeProtobuf,
    DecodeJwt,
    EnsureArray,
    GetProperty(Path),
    Gunzip,
    Split(String),
}

/// A step as it stands in the table: function, input, output, option, `each`.
#[derive(Deserialize)]
struct Row(
    String,
    String,
    String,
    #[serde(default)] Option<String>,
    #[serde(default)] Option<String>,
);

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Row(function, input, output, option, each) = Row::deserialize(deserializer)?;
        let function = match (&*function, option) {
            ("parseQueryString", None) => Function::ParseQueryString,
            ("parseJson", None) => Function::ParseJson,
            ("decodeBase64", None) => Function::DecodeBase64,
            ("decodeUrl", None) => Function::DecodeUrl,
            ("decodeProtobuf", None) => Function::DecodeProtobuf,
            ("decodeJwt", None) => Function::DecodeJwt,
            ("ensureArray", None) => Function::EnsureArray,
            ("gunzip", None) => Function::Gunzip,
            ("getProperty", Some(path)) => {
                Function::GetProperty(Path::new(&path).map_err(Error::custom)?)
            }
            ("split", Some(separator)) => Function::Split(separator),
            (other, _) => return Err(Error::unknown_variant(other, &["a decoding step"])),
        };
        Ok(Self {
            function,
            input: Path::new(&input).map_err(Error::custom)?,
            output: output.split('.').map(str::to_owned).collect(),
            each: each.is_some(),
        })
    }
}

/// Runs the steps on the variables of a request, and gives the variable `res`.
pub(super) fn run(steps: &[Step], mut variables: Value) -> Value {
    for step in steps {
        let Some(input) = step.input.one(&variables, VALUES_MAX) else {
            continue;
        };
        let result = match (step.each, input) {
            (true, Value::List(list)) => {
                let inputs = list.into_iter().filter(|value| *value != Value::Null);
                // A result that is not there keeps its place, as a null.
                let results = inputs.map(|v| step.function.apply(v).unwrap_or(Value::Null));
                Some(Value::List(results.collect()))
            }
            (true, _) => None,
            (false, input) if input.is_truthy() => step.function.apply(input),
            (false, _) => None,
        };
        if let Some(result) = result.filter(Value::is_truthy) {
            let output: Vec<&str> = step.output.iter().map(|name| &**name).collect();
            variables.put(&output, result);
        }
    }
    variables.child("res").cloned().unwrap_or(Value::Null)
}

impl Function {
    fn apply(&self, input: Value) -> Option<Value> {
        Some(match self {
            Self::ParseQueryString => query::parse(&input.text()?),
            Self::ParseJson => json(input.text()?.as_bytes())?,
            Self::DecodeBase64 => Value::Bytes(base64(&input.text()?)?),
            Self::DecodeUrl => Value::Text(query::percent_decoded(&input.text()?)?),
            Self::DecodeProtobuf => protobuf::message(input.bytes()?)?,
            Self::DecodeJwt => json(&base64(input.text()?.split('.').nth(1)?)?)?,
            Self::EnsureArray => match input {
                Value::List(_) => input,
                other => Value::List(vec![other]),
            },
            Self::GetProperty(path) => path.one(&input, VALUES_MAX)?,
            Self::Gunzip => Value::Bytes(gunzip(input.bytes()?)?),
            Self::Split(separator) => {
                let parts = input.shown();
                let parts = parts.split(&**separator).take(VALUES_MAX);
                Value::List(parts.map(|part| Value::Text(part.to_owned())).collect())
            }
        })
    }
}

fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

/// Base64 of either alphabet, with what is neither passed over, up to the first `=`.
fn base64(text: &str) -> Option<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true);
    const LENIENT: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
    let text = text.split('=').next().unwrap_or_default();
    let mut symbols: Vec<u8> = text
        .bytes()
        .filter_map(|byte| match byte {
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            b'+' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => Some(byte),
            _ => None,
        })
        .collect();
    // A single symbol at the end holds no whole byte.
    if symbols.len() % 4 == 1 {
        symbols.pop();
    }
    LENIENT.decode(symbols).ok()
}

/// What was packed; None where it is damaged, or too much.
fn gunzip(packed: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut from = GzDecoder::new(packed).take(UNPACKED_MAX + 1);
    from.read_to_end(&mut out).ok()?;
    (out.len() as u64 <= UNPACKED_MAX).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Object;

    fn ran(steps: &str, body: &str) -> String {
        let steps: Vec<Step> = serde_json::from_str(steps).unwrap();
        let body = ("body".to_owned(), Value::Bytes(body.as_bytes().to_vec()));
        run(&steps, Value::Object(Object::new([body]))).to_string()
    }

    #[test]
    fn steps_follow_each_other_and_a_failed_one_is_passed_over() {
        let steps = r#"[["parseJson","body","b"],["decodeBase64","b.x","y"],["parseJson","y","res.body"],["gunzip","b.x","res.z"]]"#;
        assert_eq!(ran(steps, r#"{"x":"eyJhIjoxfQ=="}"#), r#"{"body":{"a":1}}"#);
        assert_eq!(ran(steps, "no JSON"), "null");
    }

    #[test]
    fn each_element_is_decoded_by_itself() {
        let steps = r#"[["parseJson","body","b"],["parseQueryString","b","res.q",null,"each"]]"#;
        assert_eq!(
            ran(steps, r#"["?a=1",null,7]"#),
            r#"{"q":[{"?a":"1"},null]}"#
        );
    }

    #[test]
    fn base64_is_lenient() {
        assert_eq!(base64("aGk").unwrap(), b"hi");
        assert_eq!(base64(" a G\nk= =zzz").unwrap(), b"hi");
        assert_eq!(base64("-_-_").unwrap(), [0xfb, 0xff, 0xbf]);
        assert_eq!(base64("aGk=").unwrap(), base64("aGl=").unwrap());
    }

    #[test]
    fn a_step_that_is_none_is_refused() {
        for row in [
            r#"["explode","a","b"]"#,
            r#"["split","a","b"]"#,
            r#"["parseJson","a[","b"]"#,
        ] {
            assert!(serde_json::from_str::<Step>(row).is_err(), "{row}");
        }
    }
}
