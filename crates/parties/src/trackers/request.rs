//! A request as it was seen, and the variables that decoding steps find it in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{Object, Value};

/// Bytes of a body that are decoded; a longer body is taken for none, because half of it decodes to nothing.
pub const BODY_MAX: usize = 1 << 20;

/// A request of HTTP, decrypted and put together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// `POST`
    pub method: &'a str,
    /// `https`
    pub scheme: &'a str,
    /// In lower case, with the port where it is not the scheme's own: `example.org`, `example.org:8443`.
    pub host: &'a str,
    /// As it was sent, with its slash: `/v1/events?app=1`.
    pub path_and_query: &'a str,
    /// Names as they were sent; cookies are read from `cookie`.
    pub headers: &'a [(&'a str, &'a str)],
    /// Without its transfer and content encodings. At most [`BODY_MAX`] bytes are decoded.
    pub body: &'a [u8],
}

/// Which part of a request a value was in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// A header of the request.
    Header,
    /// A cookie that the request brought along.
    Cookie,
    /// The path of its URL.
    Path,
    /// The query of its URL.
    Query,
    /// Its body.
    Body,
}

impl Context {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Path => "path",
            Self::Query => "query",
            Self::Body => "body",
        }
    }
}

impl Request<'_> {
    /// Scheme, host and path, by which adapters know their requests.
    pub(super) fn endpoint(&self) -> String {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        format!("{}://{}{path}", self.scheme, self.host)
    }

    /// What decoding steps start with.
    pub(super) fn variables(&self) -> Value {
        let mut parts = self.path_and_query.split('?');
        let text =
            |part: Option<&str>| part.map_or(Value::Null, |text| Value::Text(text.to_owned()));
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| ((*name).to_owned(), text(Some(value))));
        let cookies = self.headers.iter();
        let cookies = cookies.filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        let cookies = cookies.flat_map(|(_, value)| value.split(';'));
        let cookies = cookies.filter_map(|pair| pair.trim().split_once('='));
        let cookies = cookies.map(|(name, value)| (name.to_owned(), text(Some(value))));
        let body = if self.body.len() > BODY_MAX {
            &[]
        } else {
            self.body
        };
        let variables = [
            (Context::Header, Value::Object(Object::new(headers))),
            (Context::Cookie, Value::Object(Object::new(cookies))),
            (Context::Path, text(parts.next())),
            (Context::Query, text(parts.next())),
            (Context::Body, Value::Bytes(body.to_vec())),
        ];
        let variables = variables.map(|(context, value)| (context.name().to_owned(), value));
        Value::Object(Object::new(variables))
    }
}
