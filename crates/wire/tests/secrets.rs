//! Secrets planted in every kind of carrier: none may be left, and nothing around them may be gone.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;

use wire::http2::hpack::Decoder;
use wire::http2::{Frame, PREFACE};
use wire::secrets::mask;

/// What carries a secret, whether it is HTTP/2, and what has to be left of it.
struct Carrier {
    bytes: Vec<u8>,
    around: Vec<&'static str>,
}

fn text(text: String, around: &[&'static str]) -> Carrier {
    Carrier {
        bytes: text.into_bytes(),
        around: around.to_vec(),
    }
}

/// Names of secrets as headers, members and fields have them.
const NAMES: [&str; 18] = [
    "password",
    "passwd",
    "userPassword",
    "pwd",
    "access_token",
    "refreshToken",
    "id_token",
    "client_secret",
    "apiKey",
    "api_key",
    "session_id",
    "JSESSIONID",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
    "icePwd",
    "credential",
    "csrf",
    "AccountKey",
];
const HEADERS: [&str; 9] = [
    "Authorization",
    "authorization",
    "Proxy-Authorization",
    "Cookie",
    "Set-Cookie",
    "X-Api-Key",
    "X-Auth-Token",
    "x-csrf-token",
    "x-goog-api-key",
];
const PREFIXES: [&str; 12] = [
    "ghp_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "sk_live_",
    "sk-",
    "AIza",
    "ya29.",
    "SG.",
    "hvs.",
    "npm_",
    "whsec_",
];

/// How many kinds there are.
const KINDS: usize = 44;

/// The carrier of this kind; `n` chooses names within it.
fn carrier(kind: usize, n: usize, s: &str) -> Carrier {
    let name = NAMES[n % NAMES.len()];
    let header = HEADERS[n % HEADERS.len()];
    let (half, rest) = s.split_at(s.len() / 2);
    match kind {
        0 => text(
            format!(
                "GET /rooms HTTP/1.1\r\nHost: rooms.test\r\n{header}: {s}\r\nAccept: all\r\n\r\n"
            ),
            &[
                "GET /rooms HTTP/1.1\r\nHost: rooms.test\r\n",
                "\r\nAccept: all\r\n\r\n",
            ],
        ),
        // Folded, in the middle of the secret.
        1 => text(
            format!(
                "HTTP/1.1 200 OK\r\n{header}: a={half}\r\n\t{rest}\r\n {s}\r\nAccept: all\r\n\r\n"
            ),
            &["HTTP/1.1 200 OK\r\n", "\r\n\t", "\r\nAccept: all\r\n\r\n"],
        ),
        2 => text(
            format!(r#"{{"level":-20.5,"{name}":"{s}","n":7}}"#),
            &[r#"{"level":-20.5,""#, r#"","n":7}"#],
        ),
        3 => text(
            format!(r#"{{ "a" : [ {{ "b" : {{ "{name}" : "{s}" , "level" : 0.25 }} }} ] }}"#),
            &[r#"" , "level" : 0.25 } } ] }"#],
        ),
        4 => text(
            format!(r#"{{"{name}":{{"value":"{s}","also":["{s}",{{"x":"{s}"}}]}},"level":3}}"#),
            &[r#""value":"#, r#","level":3}"#],
        ),
        // JSON in strings of JSON, and once more.
        5..=7 => {
            let mut inner = format!(r#"{{"level":12,"{name}":"{s}","more":"words"}}"#);
            for _ in 4..kind {
                inner = serde_json::json!({ "message": inner, "next": "plain" }).to_string();
            }
            text(inner, &["level", "more", "words", "next", "plain"])
        }
        8 => text(
            format!("user=me&{name}={s}&level=3"),
            &["user=me&", "&level=3"],
        ),
        9 => text(
            format!("GET /hook?x=1&{name}={s}&y=2 HTTP/1.1\r\n\r\n"),
            &["GET /hook?x=1&", "&y=2 HTTP/1.1\r\n\r\n"],
        ),
        10 => text(
            format!(
                "--b1\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{s}\r\n--b1\r\nContent-Disposition: form-data; name=\"room\"\r\n\r\nlobby\r\n--b1--\r\n"
            ),
            &["--b1\r\n", "\r\n\r\nlobby\r\n--b1--\r\n"],
        ),
        11 => text(
            format!(
                "v=0\r\nm=audio 9 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{s}|2^20|1:32\r\na=sendonly\r\n"
            ),
            &[
                "v=0\r\nm=audio 9 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:",
                "|2^20|1:32\r\na=sendonly\r\n",
            ],
        ),
        12 => text(
            format!("a=ice-ufrag:F7gI\r\na=ice-pwd:{s}\r\na=setup:active\r\n"),
            &["a=ice-ufrag:F7gI\r\na=ice-pwd:", "\r\na=setup:active\r\n"],
        ),
        // SDP as a member of JSON.
        13 => text(
            format!(
                r#"{{"sdp":"v=0\r\na=ice-ufrag:F7gI\r\na=ice-pwd:{s}\r\na=crypto:1 X inline:{s}\r\na=mid:0\r\n","type":"offer"}}"#
            ),
            &[
                r#"{"sdp":"v=0\r\na=ice-ufrag:F7gI\r\na=ice-pwd:"#,
                r#"\r\na=crypto:1 X inline:"#,
                r#"\r\na=mid:0\r\n","type":"offer"}"#,
            ],
        ),
        14 => text(
            format!(
                "use {}{s}0123456789abcdef for it",
                PREFIXES[n % PREFIXES.len()]
            ),
            &["use ", " for it"],
        ),
        15 => text(
            format!("key AKIA{} here", s.to_ascii_uppercase()),
            &["key ", " here"],
        ),
        16 => text(
            format!("jwt of eyJhbGciOi{s}.eyJzdWIi{s}.{s} ends"),
            &[" ends"],
        ),
        17 => text(
            format!("git clone https://me:{s}@forge.test/x.git now"),
            &["git clone https://", "@forge.test/x.git now"],
        ),
        18 => text(
            format!("https://{s}@forge.test/x.git"),
            &["https://", "@forge.test/x.git"],
        ),
        19 => text(
            format!("curl -H 'x: Bearer {s}' h.test"),
            &["curl -H 'x: Bearer ", "' h.test"],
        ),
        20 => text(
            format!("<iq><{name}>{s}</{name}><level>3</level></iq>"),
            &["<iq><", "><level>3</level></iq>"],
        ),
        21 => text(
            format!("<login {name}='{s}' room=\"lobby\"/>"),
            &["<login ", "' room=\"lobby\"/>"],
        ),
        22 => text(
            format!(
                "REGISTER sip:s.test SIP/2.0\r\nProxy-Authorization: Digest username=\"me\", nonce=\"{s}\",\r\n response=\"{s}\"\r\nCSeq: 2 REGISTER\r\n\r\n"
            ),
            &[
                "REGISTER sip:s.test SIP/2.0\r\n",
                "\r\nCSeq: 2 REGISTER\r\n\r\n",
            ],
        ),
        23 => text(
            format!("EHLO h\r\nAUTH PLAIN {s}==\r\nMAIL FROM:<a@b.test>\r\n"),
            &["EHLO h\r\nAUTH PLAIN ", "\r\nMAIL FROM:<a@b.test>\r\n"],
        ),
        24 => text(
            format!("USER me\r\nPASS {s}\r\nLIST\r\n"),
            &["USER me\r\nPASS ", "\r\nLIST\r\n"],
        ),
        25 => text(
            format!("a1 LOGIN me {s}\r\na2 LIST\r\n"),
            &["a1 LOGIN ", "\r\na2 LIST\r\n"],
        ),
        26 => text(
            format!(
                "-----BEGIN RSA PRIVATE KEY-----\n{s}\n{s}\n-----END RSA PRIVATE KEY-----\nrest"
            ),
            &[
                "-----BEGIN RSA PRIVATE KEY-----\n",
                "\n-----END RSA PRIVATE KEY-----\nrest",
            ],
        ),
        27 => text(
            format!("room: lobby\npassword: {s} and {s}\nlevel: 3\n"),
            &["room: lobby\npassword: ", "\nlevel: 3\n"],
        ),
        28 => text(
            format!("export {name}={s}\nexport LEVEL=3\n"),
            &["export ", "\nexport LEVEL=3\n"],
        ),
        29 => text(
            format!("user[{name}]={s}&user%5B{name}%5D={s}&level=3"),
            &["user[", "]=", "&user%5B", "%5D=", "&level=3"],
        ),
        30 => text(
            format!("data=%7B%22{name}%22%3A%22{s}%22%2C%22level%22%3A3%7D"),
            &["data=%7B%22", "%22%2C%22level%22%3A3%7D"],
        ),
        31 => text(
            format!("{{'{name}': '{s}', 'level': 3}}"),
            &["': '", "', 'level': 3}"],
        ),
        32 => text(
            format!("its {name}: {s}, level: 3"),
            &["its ", ": ", ", level: 3"],
        ),
        33 => text(
            format!(r#"{{"headers":[["Authorization","Basic {s}=="]],"level":1}}"#),
            &[r#"{"headers":[["Authorization",""#, r#""]],"level":1}"#],
        ),
        34 => text(
            format!("https://hooks.slack.com/services/{s} posted"),
            &["https://hooks.slack.com/services/", " posted"],
        ),
        35 => text(
            format!(r#"{{"auth":"{s}","level":1}}"#),
            &[r#"{"auth":""#, r#"","level":1}"#],
        ),
        // HTTP/2: with a name by its place in the static table, with a name of its own, plain and coded.
        36..40 => http2(kind - 36, n, s),
        // HAR, either way round.
        40 => text(
            format!(
                r#"{{"headers":[{{"name":"Host","value":"h.test"}},{{"name":"{header}","value":"{s}"}}]}}"#
            ),
            &[
                r#"{"name":"Host","value":"h.test"}"#,
                r#"","value":""#,
                r#""}]}"#,
            ],
        ),
        41 => text(
            format!(
                r#"{{"headers":[{{"value":"h.test","name":"Host"}},{{"value":"{s}","name":"{header}"}}]}}"#
            ),
            &[
                r#"{"value":"h.test","name":"Host"}"#,
                r#"","name":""#,
                r#""}]}"#,
            ],
        ),
        42 => text(
            format!(r#"[["Host","h.test"],["{header}", "{s}"]]"#),
            &[r#"[["Host","h.test"],[""#, r#""]]"#],
        ),
        // As proxies write flows down.
        _ => text(
            format!("{}:{header},{}:{s},4:Host,6:h.test,", header.len(), s.len()),
            &[",4:Host,6:h.test,"],
        ),
    }
}

/// A text in Huffman's code. Codes of letters, digits and signs of paths have at most eight bits: they are
/// found by having each tried.
fn coded(text: &[u8]) -> Vec<u8> {
    static CODES: LazyLock<BTreeMap<u8, (u32, u32)>> = LazyLock::new(|| {
        let mut codes = BTreeMap::new();
        for bits in 5..=8u32 {
            for word in 0..1u32 << bits {
                // Behind it the code of a nought, five zeros, and ones that fill it up.
                let rest = 16 - bits;
                let [one, two] = ((word << rest | ((1 << (rest - 5)) - 1)) as u16).to_be_bytes();
                let block = [0x00, 1, b'x', 0x82, one, two];
                let list = Decoder::default().decode(&block);
                let value = list.as_ref().map(|list| &list.fields[0].value[..]);
                if let Some(&[symbol, b'0']) = value {
                    codes.insert(symbol, (word, bits));
                }
            }
        }
        codes
    });
    let bits = text.iter().flat_map(|byte| {
        let (word, bits) = CODES[byte];
        (0..bits).rev().map(move |n| word >> n & 1)
    });
    let mut bits: Vec<u32> = bits.collect();
    while !bits.len().is_multiple_of(8) {
        bits.push(1);
    }
    let byte = |bits: &[u32]| bits.iter().fold(0u8, |byte, bit| byte << 1 | *bit as u8);
    bits.chunks(8).map(byte).collect()
}

/// A client's beginning: its preface, its settings, one request whose header block stands in two frames.
fn http2(way: usize, n: usize, s: &str) -> Carrier {
    // Appendix A of RFC 7541, from 1.
    let places = [23u8, 32, 49, 55];
    let string = |text: &[u8]| {
        let (text, bit) = match way % 2 {
            0 => (text.to_vec(), 0),
            _ => (coded(text), 0x80),
        };
        // Lengths from 127 on take a second byte.
        let mut out = match text.len() {
            len @ ..127 => vec![bit | len as u8],
            len => vec![bit | 127, (len - 127) as u8],
        };
        out.extend(text);
        out
    };
    let mut block = vec![0x83, 0x86];
    block.extend([0x04].into_iter().chain(string(b"/rooms/lobby")));
    match way / 2 {
        0 => match places[n % places.len()] {
            place @ 15.. => block.extend([0x0F, place - 15]),
            place => block.push(place),
        },
        _ => {
            block.push(0x40);
            block.extend(string(
                HEADERS[n % HEADERS.len()].to_ascii_lowercase().as_bytes(),
            ));
        }
    }
    block.extend(string(s.as_bytes()));
    block.push(0x40);
    block.extend(string(b"x-level"));
    block.extend(string(b"-20.5"));
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags, 0, 0, 0, stream]);
        frame.extend(payload);
        frame
    };
    let (one, two) = block.split_at(block.len() / 2);
    let padded: Vec<u8> = [&[2, 0, 0, 0, 0, 16][..], one, &[0, 0]].concat();
    let bytes = [
        PREFACE.to_vec(),
        frame(4, 0, 0, &[0, 3, 0, 0, 0, 100]),
        frame(1, 0x28, 1, &padded),
        frame(9, 4, 1, two),
        frame(0, 1, 1, br#"{"level":3}"#),
    ]
    .concat();
    Carrier {
        bytes,
        around: vec![r#"{"level":3}"#],
    }
}

fn holds(data: &[u8], what: &[u8]) -> bool {
    what.is_empty() || data.windows(what.len()).any(|window| window == what)
}

/// All texts that a reader of HTTP/2 would find in the two parts of the block.
fn fields(data: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut at = PREFACE.len();
    let mut block = Vec::new();
    while let Some(frame) = Frame::read(&data[at..])
        && at + frame.whole_len() <= data.len()
    {
        let payload = &data[at + 9..at + frame.whole_len()];
        match frame.kind {
            1 => block.extend_from_slice(&payload[6..payload.len() - 2]),
            9 => block.extend_from_slice(payload),
            _ => {}
        }
        at += frame.whole_len();
    }
    let list = Decoder::default()
        .decode(&block)
        .expect("still a header block");
    list.fields.into_iter().map(|f| (f.name, f.value)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// None of the secret is left but pieces of four bytes, whatever stands before and behind it.
    #[test]
    fn no_secret_is_left_in_any_carrier(
        s in "[A-Za-z0-9]{16,48}",
        n in any::<usize>(),
        before in prop::sample::select(vec!["", "level=3\r\n", "{\"level\":1}\n", "\0\u{1}\r\n"]),
    ) {
        for kind in 0..KINDS {
            let Carrier { bytes, around } = carrier(kind, n, &s);
            let before = if (36..40).contains(&kind) { "" } else { before };
            let whole = [before.as_bytes(), &bytes, b"\r\nlevel=7\r\n"].concat();
            let mut masked = whole.clone();
            let n_masked = mask(&mut masked, &[]);
            let shown = String::from_utf8_lossy(&masked).into_owned();
            prop_assert!(n_masked > 0, "kind {kind}: {shown}");
            prop_assert_eq!(masked.len(), whole.len());
            let upper = s.to_ascii_uppercase();
            for piece in s.as_bytes().windows(5).chain(upper.as_bytes().windows(5)) {
                prop_assert!(!holds(&masked, piece), "kind {kind}: {shown}");
            }
            for around in around.iter().chain(&[before, "\r\nlevel=7\r\n"]) {
                prop_assert!(holds(&masked, around.as_bytes()), "kind {kind}: {around:?} is gone from {shown}");
            }
            if (36..40).contains(&kind) {
                let fields = fields(&masked);
                prop_assert!(fields.iter().all(|(_, value)| !holds(value, &s.as_bytes()[..5])), "{fields:?}");
                for expected in [("x-level", "-20.5"), (":path", "/rooms/lobby")] {
                    let kept = |(n, v): &(Vec<u8>, Vec<u8>)| (&n[..], &v[..]) == (expected.0.as_bytes(), expected.1.as_bytes());
                    prop_assert!(fields.iter().any(kept), "{fields:?}");
                }
            }
            // Planted on purpose, it stays.
            let mut exempt = whole.clone();
            mask(&mut exempt, &[s.as_bytes()]);
            let whole_secrets = whole.windows(s.len()).filter(|w| *w == s.as_bytes()).count();
            let left = exempt.windows(s.len()).filter(|w| *w == s.as_bytes()).count();
            prop_assert_eq!(left, whole_secrets, "kind {}", kind);
        }
    }
}

fn masked(text: &str) -> String {
    let mut data = text.as_bytes().to_vec();
    mask(&mut data, &[]);
    String::from_utf8(data).unwrap()
}

#[test]
fn secrets_become_stars_and_nothing_else_does() {
    for (text, expected) in [
        (
            "POST /a?token=abc&x=1 HTTP/1.1\r\nAuthorization: Bearer xyz\r\nHost: h\r\n\r\n",
            "POST /a?token=***&x=1 HTTP/1.1\r\nAuthorization: **********\r\nHost: h\r\n\r\n",
        ),
        // A header that goes on in the next line.
        (
            "Cookie: a=b;\r\n\tc=d\r\nHost: h\r\n\r\n",
            "Cookie: ****\r\n\t***\r\nHost: h\r\n\r\n",
        ),
        (
            r#"{"user": "me", "Password" : "a\"b", "n": 5, "sessionId": -2.5}"#,
            r#"{"user": "me", "Password" : "****", "n": 5, "sessionId": 1111}"#,
        ),
        ("user=me&passwd=secret1", "user=me&passwd=*******"),
        // Begun in the middle.
        (r#"rest","password":"abc"}"#, r#"rest","password":"***"}"#),
        // Cut off in the middle.
        (r#"{"password": "abc"#, r#"{"password": "***"#),
        // JSON in JSON, in JSON.
        (
            r#"{"a":"{\"password\":\"x\\\"y\",\"n\":1}","b":2}"#,
            r#"{"a":"{\"password\":\"******\",\"n\":1}","b":2}"#,
        ),
        (
            r#"{"a":"\"{\\\"token\\\":\\\"xyz\\\"}\"","b":2}"#,
            r#"{"a":"\"{\\\"token\\\":\\\"***\\\"}\"","b":2}"#,
        ),
        // Whatever lies below a name.
        (
            r#"{"tokens": [{"id": "abc"}, ["d", 7]], "b": "c"}"#,
            r#"{"tokens": [{"id": "***"}, ["*", 1]], "b": "c"}"#,
        ),
        ("levels=1,2,3", "levels=1,2,3"),
        (
            r#"{"level": -20.5, "muted": true}"#,
            r#"{"level": -20.5, "muted": true}"#,
        ),
    ] {
        assert_eq!(masked(text), expected);
    }
}

#[test]
fn what_was_planted_stays() {
    let mut data = b"Cookie: a=planted; b=other\r\n\r\n".to_vec();
    assert_eq!(mask(&mut data, &[b"planted", b""]), 1);
    assert_eq!(data, b"Cookie: **planted*********\r\n\r\n");
}

proptest! {
    #[test]
    fn any_bytes_keep_their_length(mut data in proptest::collection::vec(any::<u8>(), 0..300)) {
        let before = data.len();
        mask(&mut data, &[]);
        prop_assert_eq!(data.len(), before);
    }

    /// Bytes that come near to what is looked for.
    #[test]
    fn pieces_in_any_order_keep_their_length(
        pieces in proptest::collection::vec(prop::sample::select(PIECES), 0..30),
    ) {
        let mut data = pieces.concat().into_bytes();
        let before = data.len();
        mask(&mut data, &[b"pass"]);
        prop_assert_eq!(data.len(), before);
    }
}

const PIECES: &[&str] = &[
    "\"",
    "\\",
    "'",
    ":",
    "=",
    "password",
    "token",
    "pwd",
    "{",
    "[",
    "]",
    "}",
    ",",
    "&",
    "<",
    ">",
    "\r\n",
    "\n",
    " ",
    "Cookie",
    "Authorization",
    "Bearer abcdefghijklmnop",
    "eyJhbGciOi.eyJhbGciOi.x",
    "://",
    "@",
    "a=ice-pwd",
    "inline",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\0\0\u{5}\u{1}\u{4}\0\0\0\u{1}",
    "%22",
    "é",
    "-----BEGIN PRIVATE KEY-----",
    "Content-Disposition: form-data; name=\"pwd\"",
    "--",
];
