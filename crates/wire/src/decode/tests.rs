use ::base64::Engine;
use ::base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};

use super::*;

/// Values by path, in one line each.
fn shown(decoded: &Decoded) -> Vec<String> {
    let show = |leaf: &Leaf| match leaf.value {
        Value::Number(n) => format!("{} = {n}", leaf.path),
        Value::Text { len, .. } => format!("{} = text of {len}", leaf.path),
        Value::Bytes { len } => format!("{} = {len} bytes", leaf.path),
        Value::Bool(b) => format!("{} = {b}", leaf.path),
    };
    decoded.leaves.iter().map(show).collect()
}

fn check(bytes: &[u8], expected: &[&str], opaque: usize) -> Decoded {
    let decoded = decode(bytes);
    assert_eq!(shown(&decoded), expected, "{:?}", decoded.formats);
    assert_eq!(decoded.opaque, opaque, "{decoded:?}");
    decoded
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 255, b'n', 0];
    out.extend(compress_to_vec(bytes, 6));
    out.extend([0; 8]);
    out
}

/// Bytes that look encrypted, the same in every run.
fn noise(n: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56) as u8
    };
    (0..n).map(|_| next()).collect()
}

fn post(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("POST /v1/report HTTP/1.1\r\nHost: t.example\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

#[test]
fn json_by_path() {
    let json = br#" {"a":{"b":[1,-2.5e1,true]},"s":"word","n":null,"digits":"3.5"} "#;
    let expected = [
        "$.a.b[0] = 1",
        "$.a.b[1] = -25",
        "$.a.b[2] = true",
        "$.s = text of 4",
        "$.digits = 3.5",
    ];
    assert!(check(json, &expected, 0).certain);
}

#[test]
fn the_field_of_a_nested_report_is_named() {
    let json =
        br#"{"event":{"intervals":[{"audioTransmit":[{"levels":{"audioMeanGain":0.25}}]}]}}"#;
    let path = "$.event.intervals[0].audioTransmit[0].levels.audioMeanGain = 0.25";
    check(json, &[path], 0);
    let request = post(&format!("Content-Length: {}\r\n", json.len()), json);
    let length = format!(
        "POST t.example/v1/report header content-length = {}",
        json.len()
    );
    check(
        &request,
        &[&length, &format!("POST t.example/v1/report {path}")],
        0,
    );
    let wrapped = STANDARD.encode(gzip(json));
    check(wrapped.as_bytes(), &[&format!("|base64 {path}")], 0);
    let outer = format!(
        "{{\"p\":\"{}\"}}",
        URL_SAFE_NO_PAD.encode(compress_to_vec_zlib(json, 6))
    );
    let decoded = check(outer.as_bytes(), &[&format!("$.p|base64 {path}")], 0);
    assert_eq!(decoded.formats, ["json", "base64", "zlib"]);
}

#[test]
fn request_bodies_in_all_ways() {
    let head = "POST t.example/v1/report";
    let chunked = post(
        "Transfer-Encoding: chunked\r\n",
        b"3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\nT: u\r\n\r\n",
    );
    let encoding = format!("{head} header transfer-encoding = text of 7");
    check(&chunked, &[&encoding, &format!("{head} $.a = 1")], 0);
    let form = b"level=-31.5&name=a+b%21&t=1";
    let declared = post(
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 27\r\n",
        form,
    );
    let decoded = decode(&declared);
    let shown = shown(&decoded);
    assert!(
        shown.contains(&format!("{head} &level = -31.5")),
        "{shown:?}"
    );
    assert!(
        shown.contains(&format!("{head} &name = text of 4")),
        "{shown:?}"
    );
    let raw = compress_to_vec(br#"{"a":1}"#, 6);
    let deflated = post(
        &format!(
            "Content-Encoding: deflate\r\nContent-Length: {}\r\n",
            raw.len()
        ),
        &raw,
    );
    let shown = super::tests::shown(&decode(&deflated));
    assert!(shown.contains(&format!("{head} $.a = 1")), "{shown:?}");
    let parts = b"--x1\r\nContent-Disposition: form-data; name=\"level\"\r\n\r\n-20\r\n--x1\r\nA: b\r\n\r\n{\"q\":2}\r\n--x1--\r\n";
    check(parts, &["part level = -20", "part 1 $.q = 2"], 0);
}

#[test]
fn a_query_and_tokens_in_the_path() {
    let get = b"GET /u/4f5e6d7c8b9a0f1e2d3c/x?level=7 HTTP/1.1\r\nHost: h\r\n\r\n";
    check(get, &["GET h/u/*/x &level = 7"], 20);
}

#[test]
fn tokens_count_as_unread() {
    check(
        br#"{"id":"9f8e7d6c5b4a39281706","at":"2026-01-02"}"#,
        &["$.id = text of 20", "$.at = text of 10"],
        20,
    );
}

#[test]
fn schemaless_binary_formats_are_read_and_unsure() {
    // Field 1: varint 150; field 2: "testing" (the examples of the encoding's documentation).
    let protobuf = [
        8, 0x96, 1, 0x12, 7, b't', b'e', b's', b't', b'i', b'n', b'g',
    ];
    let decoded = check(&protobuf, &["#1 = 150", "#2 = text of 7"], 0);
    assert!(!decoded.certain);
    // {"compact":true,"schema":0} (msgpack.org).
    let msgpack = b"\x82\xA7compact\xC3\xA6schema\x00";
    assert!(!check(msgpack, &["$.compact = true", "$.schema = 0"], 0).certain);
    // {"a": 1, "b": [2, 3]} (RFC 8949, appendix A).
    let cbor = [0xA2, 0x61, 0x61, 1, 0x61, 0x62, 0x82, 2, 3];
    assert!(!check(&cbor, &["$.a = 1", "$.b[0] = 2", "$.b[1] = 3"], 0).certain);
}

#[test]
fn half_floats_of_cbor() {
    // {"a": [1.5, -4.0, 65504.0]} (RFC 8949, appendix A).
    let cbor = [
        0xA1, 0x61, 0x61, 0x83, 0xF9, 0x3E, 0, 0xF9, 0xC4, 0, 0xF9, 0x7B, 0xFF,
    ];
    check(&cbor, &["$.a[0] = 1.5", "$.a[1] = -4", "$.a[2] = 65504"], 0);
}

#[test]
fn a_zstandard_frame() {
    // A raw block: magic, single segment with one byte of content size, last raw block of 7 bytes.
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x20, 7, 7 << 3 | 1, 0, 0];
    frame.extend(br#"{"a":1}"#);
    let decoded = check(&frame, &["$.a = 1"], 0);
    assert_eq!(decoded.formats, ["zstd", "json"]);
}

#[test]
fn sealed_formats_are_named_and_unread() {
    let named = |bytes: &[u8]| {
        let decoded = decode(bytes);
        assert_eq!(decoded.opaque, bytes.len(), "{decoded:?}");
        decoded.formats
    };
    assert_eq!(
        named(&[&[23, 3, 3, 0, 40][..], &noise(40, 1)].concat()),
        ["tls"]
    );
    assert_eq!(
        named(
            &[
                &[23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 9, 0, 20][..],
                &noise(20, 2)
            ]
            .concat()
        ),
        ["dtls"]
    );
    assert_eq!(
        named(&[&[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42][..], &noise(12, 3)].concat()),
        ["stun"]
    );
    assert_eq!(
        named(&[&[0xC3, 0, 0, 0, 1, 8][..], &noise(60, 4)].concat()),
        ["quic"]
    );
    assert_eq!(
        named(&[&[0x80, 200, 0, 6][..], &noise(24, 5)].concat()),
        ["rtcp"]
    );
}

#[test]
fn encrypted_bytes_are_unread_and_mostly_nobodys() {
    let taken = (0..2_000).filter(|&seed| {
        let bytes = noise(120, seed + 1);
        let decoded = decode(&bytes);
        assert!(
            !decoded.certain || decoded.opaque == bytes.len(),
            "{decoded:?}"
        );
        !decoded.certain
    });
    // A flow is believed from 80 % on.
    let taken = taken.count();
    assert!(
        taken < 40,
        "{taken} of 2000 random messages looked like something"
    );
}

#[test]
fn a_bomb_is_a_finding() {
    let bomb = gzip(&vec![b' '; 8 << 20]);
    let decoded = decode(&bomb);
    assert_eq!(
        (decoded.limit, decoded.opaque),
        (Some(Limit::Inflated), bomb.len())
    );
    let mut inner = gzip(&vec![b'x'; 1_000]);
    for _ in 0..30 {
        inner = gzip(&inner);
    }
    assert_eq!(decode(&inner).limit, Some(Limit::Depth));
    let many = format!("[{}1]", "1,".repeat(5_000));
    let decoded = decode(many.as_bytes());
    assert_eq!(
        (decoded.limit, decoded.leaves.len()),
        (Some(Limit::Leaves), LEAVES_MAX)
    );
    assert_eq!(decoded.opaque, many.len());
    let deep = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    assert_eq!(decode(deep.as_bytes()).limit, Some(Limit::Depth));
}

#[test]
fn far_indices_share_a_path() {
    let many = format!("[{}1]", "0,".repeat(70));
    let decoded = decode(many.as_bytes());
    assert_eq!(decoded.leaves[63].path, "$[63]");
    assert!(
        decoded.leaves[64..]
            .iter()
            .all(|leaf| leaf.path == "$[64..]")
    );
}

fn rtp_packet(payload_type: u8, profile: u16, elements: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x90, payload_type, 0, 1, 0, 0, 0, 160, 0, 0, 0, 9];
    out.extend(profile.to_be_bytes());
    out.extend((elements.len() as u16 / 4).to_be_bytes());
    out.extend(elements);
    out.extend(payload);
    out
}

#[test]
fn rtp_header_extensions() {
    // One byte with the voice bit and -42 dBov (RFC 6464), two bytes of a counter.
    let elements = [0x10, 0x80 | 42, 0x21, 1, 2, 0, 0, 0];
    let decoded = rtp(&rtp_packet(111, 0xBEDE, &elements, &noise(100, 1))).unwrap();
    let shown = shown(&decoded);
    let all = [
        "rtp extension 1 level = 42",
        "rtp extension 1 voice = true",
        "rtp extension 2 = 258",
    ];
    assert!(
        all.iter().all(|leaf| shown.contains(&leaf.to_string())),
        "{shown:?}"
    );
    assert_eq!(decoded.opaque, 100);
    let two_byte = [1, 1, 7, 2, 2, 1, 2, 0];
    let decoded = rtp(&rtp_packet(111, 0x1000, &two_byte, &noise(100, 1))).unwrap();
    assert!(super::tests::shown(&decoded).contains(&"rtp extension 1 level = 7".to_owned()));
    let cryptex = rtp(&rtp_packet(111, 0xC0DE, &elements, &noise(100, 1))).unwrap();
    assert_eq!(
        (cryptex.opaque, cryptex.formats),
        (108, vec!["rtp", "cryptex"])
    );
}

#[test]
fn sound_is_read_and_what_only_claims_to_be_is_not() {
    let tone: Vec<u8> = (0..160)
        .map(|i| if i % 8 < 4 { 0xB5 } else { 0x38 })
        .collect();
    assert_eq!(rtp(&rtp_packet(0, 0xBEDE, &[], &tone)).unwrap().opaque, 0);
    for seed in 1..500 {
        let sealed = noise(160, seed);
        assert_eq!(
            rtp(&rtp_packet(0, 0xBEDE, &[], &sealed)).unwrap().opaque,
            160,
            "{seed}"
        );
    }
}

#[test]
fn brotli_where_it_is_declared() {
    // By Google's own encoder, of `{"level": [1, 2, 3], "on": true, "name": "aaa…"}`.
    let body = "1f4c00a0ac0a78730ee5042b83d1c95bb10b23547a8ac4ecb588ccccd60a7b2b9dbe64e9720b10d88003\
        e6347ce619af47271d9953970e9e2cee67d5634204";
    let body = hex::decode(body.replace(' ', "")).unwrap();
    let declared = format!("Content-Encoding: br\r\nContent-Length: {}\r\n", body.len());
    let decoded = decode(&post(&declared, &body));
    assert_eq!(decoded.formats, ["http", "brotli", "json"]);
    assert_eq!(decoded.opaque, 0);
    let shown = shown(&decoded);
    assert!(shown.contains(&"POST t.example/v1/report $.level[2] = 3".to_owned()));
    // Damaged, it is bytes.
    let mut damaged = body.clone();
    damaged.truncate(20);
    let declared = "Content-Encoding: br\r\nContent-Length: 20\r\n";
    assert_eq!(decode(&post(declared, &damaged)).opaque, 20);
    // Three million zeros.
    let bomb = hex::decode("9fbfc62df82700e2b14020cfb705").unwrap();
    let declared = "Content-Encoding: br\r\nContent-Length: 14\r\n";
    let decoded = decode(&post(declared, &bomb));
    assert_eq!(decoded.limit, Some(Limit::Inflated));
}

/// Path, part and bytes of each piece, in one line each.
fn pieces(decoded: &Decoded) -> Vec<String> {
    let pieces = decoded.pieces.as_ref().unwrap();
    let shown = |piece: Piece| {
        let bytes = String::from_utf8_lossy(piece.bytes);
        format!("{} {:?} {bytes}", piece.path, piece.part)
    };
    pieces.iter().map(shown).collect()
}

#[test]
fn what_a_message_is_made_of_is_kept_where_asked_for() {
    let json = r#"{"user":"word","n":2.5,"digits":"007"}"#;
    let body = format!("r={}&x=a+b", URL_SAFE_NO_PAD.encode(gzip(json.as_bytes())));
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let request = post(
        &format!("{kind}Content-Length: {}\r\n", body.len()),
        body.as_bytes(),
    );
    let kept = read("", &request, true);
    let under = "POST t.example/v1/report";
    let all = pieces(&kept);
    for piece in [
        format!("{under} Name /v1/report"),
        format!("{under} Name t.example"),
        format!("{under} Name r"),
        format!("{under} &r|base64 Content {json}"),
        format!("{under} &r|base64 $ Name user"),
        format!("{under} &r|base64 $.user Value word"),
        format!("{under} &r|base64 $.n Value 2.5"),
        format!("{under} &r|base64 $.digits Value 007"),
        format!("{under} &x Value a b"),
    ] {
        assert!(all.contains(&piece), "{piece} in {all:?}");
    }
    // Decoders that took it for something else left nothing behind.
    let values = all.iter().filter(|piece| piece.contains(" Value "));
    assert_eq!(values.count(), kept.leaves.len());
    let plain = decode(&request);
    assert_eq!(plain.pieces, None);
    assert_eq!(
        Decoded {
            pieces: None,
            ..kept
        },
        plain
    );
}
