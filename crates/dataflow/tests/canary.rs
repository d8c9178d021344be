//! Every form of every canary is found wherever it lies, nothing is found where nothing was planted, and a
//! find in a message has the path of its field.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use dataflow::canary::{
    Canary, CanaryKind, Digest, Found, Hash, Judgement, Needles, Place, Refused, Run, Salt, Script,
    Stream, Strength, twice,
};
use dice::Dice;
use proptest::prelude::*;

fn canary(name: &str, kind: CanaryKind, value: &str) -> Canary {
    Canary {
        name: name.into(),
        kind,
        value: value.into(),
    }
}

/// One of each kind that is long enough to be sure, with letters that every script escapes.
fn canaries() -> Vec<Canary> {
    use CanaryKind::*;
    [
        ("host", HostName, "specimen-4kq8zt.example.org"),
        ("user", UserName, "vq7xw2mzr4"),
        ("real name", RealName, "Zoë \"Q\" Xyloquint-Übermaß"),
        ("mac", Mac, "02:42:9c:1d:5e:f7"),
        ("machine id", MachineId, "7c1fe0a94b5d4d2e8a36f1b09c2d4e57"),
        (
            "ad id",
            AdvertisingId,
            "3f6c1b7e-92d4-4a08-b5ce-1d7f0a9e2c48",
        ),
        ("serial", Serial, "S/N 7QX+9 & <K2>"),
        ("e-mail", Email, "Vex.Quill+tag7@gmail.com"),
        ("phone", Phone, "+49 30 901 820-4417"),
        ("wifi", WifiName, "Netz 😀 wq83'kx"),
        ("zone", TimeZone, "Antarctica/DumontDUrville"),
        ("battery", Battery, "87"),
    ]
    .map(|(name, kind, value)| canary(name, kind, value))
    .into()
}

/// All of them, with salts.
static NEEDLES: LazyLock<Needles> = LazyLock::new(|| Needles::new(&canaries()).unwrap());

/// Those whose plain values are no chance, without salts.
static SURE: LazyLock<Needles> = LazyLock::new(|| {
    let mut sure = canaries();
    sure.retain(|canary| !canary.kind.is_from_a_list());
    Needles::with_salts(&sure, &[]).unwrap()
});

/// Bytes that know nothing of any canary.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut dice = Dice::new(seed, 1, 0);
    (0..len).map(|_| dice.below(256) as u8).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// All forms one after the other in random bytes, the stream cut anywhere.
    #[test]
    fn each_form_is_found_where_it_lies(seed: u64, cut in 1usize..300) {
        let needles = &*NEEDLES;
        let mut dice = Dice::new(seed, 0, 0);
        let mut bytes = Vec::new();
        let mut planted = Vec::new();
        for (index, encoding, form) in needles.forms() {
            bytes.extend(noise(dice.below(usize::MAX) as u64, dice.below(40)));
            planted.push((bytes.len() as u64, form.len(), index, encoding));
            bytes.extend(form);
        }
        bytes.extend(noise(seed, 20));
        let hits = needles.search(&bytes);
        let found: BTreeSet<_> = hits.iter().map(|h| (h.offset, h.len, h.index, h.encoding)).collect();
        prop_assert_eq!(found.len(), hits.len(), "each once");
        for planted in &planted {
            prop_assert!(found.contains(planted), "{:?} {}", planted, planted.3);
        }
        // In pieces, the same.
        let mut streamed = BTreeSet::new();
        let mut stream = Stream::new(needles);
        let mut twice = 0;
        for piece in bytes.chunks(cut) {
            stream.push(piece, |h| {
                twice += usize::from(!streamed.insert((h.offset, h.len, h.index, h.encoding)));
            });
        }
        prop_assert_eq!(twice, 0);
        prop_assert_eq!(streamed, found);
    }

    /// Another implementation finds the same, in bytes that are nearly needles.
    #[test]
    fn an_automaton_finds_the_same(seed: u64) {
        let needles = &*SURE;
        let forms: Vec<_> = needles.forms().collect();
        let mut dice = Dice::new(seed, 2, 0);
        let mut bytes = Vec::new();
        for _ in 0..60 {
            let (_, _, form) = forms[dice.below(forms.len())];
            let mut form = form.to_vec();
            match dice.below(4) {
                0 => form.truncate(dice.below(form.len())),
                1 => {
                    let at = dice.below(form.len());
                    form[at] ^= 1;
                }
                _ => {}
            }
            bytes.extend(form);
        }
        let automaton = AhoCorasick::new(forms.iter().map(|(_, _, form)| form)).unwrap();
        let expected: BTreeSet<_> = automaton
            .find_overlapping_iter(&bytes)
            .map(|m| {
                let (index, encoding, form) = forms[m.pattern().as_usize()];
                (m.start() as u64, form.len(), index, encoding)
            })
            .collect();
        let hits = needles.search(&bytes);
        let found: BTreeSet<_> = hits.iter().map(|h| (h.offset, h.len, h.index, h.encoding)).collect();
        prop_assert!(!found.is_empty());
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn nothing_is_found_where_nothing_was_planted(seed: u64, text in "[ -~]{0,4000}") {
        let foreign = |bytes: &[u8]| {
            let mut hits = NEEDLES.search(bytes);
            hits.retain(|hit| hit.strength == Strength::Sure);
            hits.len()
        };
        prop_assert_eq!(foreign(&noise(seed, 100_000)), 0);
        prop_assert_eq!(foreign(text.as_bytes()), 0);
        prop_assert!(SURE.search_message(text.as_bytes()).is_empty());
    }

    #[test]
    fn any_bytes_and_any_values(bytes: Vec<u8>, values in prop::collection::vec(any::<String>(), 0..6), kind in 0usize..22) {
        use CanaryKind::*;
        let kinds = [
            HostName, UserName, RealName, Mac, MachineId, AdvertisingId, Serial, TimeZone, Locale, City, Position,
            Carrier, WifiName, BluetoothDevice, AudioDevice, Contact, Email, Phone, Battery, ScreenSize, Font, Other,
        ];
        let canaries: Vec<Canary> = values.iter().map(|value| canary(value, kinds[kind], value)).collect();
        if let Ok(needles) = Needles::new(&canaries) {
            let mut with = bytes.clone();
            values.iter().for_each(|value| with.extend(value.bytes()));
            for hit in needles.search(&with) {
                prop_assert!(hit.offset as usize + hit.len <= with.len());
            }
            needles.search_message(&bytes);
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    out.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
    out.extend([0; 8]);
    out
}

fn base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes)
}

fn request(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /v1/r HTTP/1.1\r\nHost: t.example.org\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Each find in one line.
fn lines(found: &[Found]) -> Vec<String> {
    let line = |f: &Found| format!("{}: {} ({:?}) {}", f.canary, f.path, f.place, f.encoding);
    found.iter().map(line).collect()
}

const MAIL: &str = "vex.quill@example.org";

fn mail() -> Needles {
    let canaries = [
        canary("e-mail", CanaryKind::Email, MAIL),
        canary("user", CanaryKind::UserName, "vex.quill"),
        canary("battery", CanaryKind::Battery, "87"),
    ];
    Needles::new(&canaries).unwrap()
}

#[test]
fn wrapped_in_whatever() {
    let needles = mail();
    let under = "POST t.example.org/v1/r";
    let json = format!(r#"{{"a":[{{"mail":"{MAIL}"}}]}}"#);
    let form = format!("x=1&data={}", base64(&gzip(json.as_bytes())));
    let form_kind = "application/x-www-form-urlencoded";
    let hash = |hash, salt| Digest { hash, salt }.of(MAIL.as_bytes());
    let sha256 = hash(Hash::Sha256, Salt::None);
    let salted = hash(Hash::Md5, Salt::After("salt".into()));
    let hashed = format!(
        r#"{{"em":"{}","id":"{}"}}"#,
        hex::encode(&sha256),
        base64(&salted)
    );
    // Field 1: a number; field 2: the text; field 3: the hash as bytes.
    let mut protobuf = vec![8, 7, 0x12, MAIL.len() as u8];
    protobuf.extend(MAIL.bytes());
    protobuf.extend([0x1A, 32]);
    protobuf.extend(&sha256);
    let mut cbor = vec![0xA1, 0x61, b'm', 0x78, MAIL.len() as u8];
    cbor.extend(MAIL.bytes());
    let key = format!(r#"{{"{MAIL}":1}}"#);
    let cases: [(&str, Vec<u8>, Vec<String>); 12] = [
        (
            "json in gzip in base64 in a form in http",
            request(form_kind, form.as_bytes()),
            vec![format!(
                "e-mail: {under} &data|base64 $.a[0].mail (Value) plain"
            )],
        ),
        (
            "a hash in json",
            request("application/json", hashed.as_bytes()),
            vec![
                format!("e-mail: {under} $.em (Value) sha256 in hex"),
                format!("e-mail: {under} $.id (Value) md5 of value+\"salt\" in base64"),
            ],
        ),
        (
            "protobuf",
            protobuf,
            vec![
                "e-mail: #2 (Value) plain".into(),
                "e-mail: #3 (Value) sha256 in raw".into(),
            ],
        ),
        ("cbor", cbor, vec!["e-mail: $.m (Value) plain".into()]),
        (
            "a name",
            key.into_bytes(),
            vec!["e-mail: $ (Name) plain".into()],
        ),
        (
            "the target of a request",
            format!("GET /u/{MAIL}/x?q=1 HTTP/1.1\r\nHost: h\r\n\r\n").into_bytes(),
            vec!["e-mail: GET h/u/{e-mail}/x (Name) plain".into()],
        ),
        (
            "a query",
            b"GET /u?m=vex.quill%40example.org HTTP/1.1\r\nHost: h\r\n\r\n".to_vec(),
            vec!["e-mail: GET h/u &m (Value) plain".into()],
        ),
        (
            "escaped in json, beside a whole field",
            br#"{"m":"vex.quill\u0040example.org","level":87,"n":877}"#.to_vec(),
            vec![
                "e-mail: $.m (Value) plain".into(),
                "battery: $.level (Value) plain".into(),
            ],
        ),
        (
            "base64 of text inside of more text",
            format!(r#"{{"t":"{}"}}"#, base64(format!("<{MAIL}>").as_bytes())).into_bytes(),
            vec!["e-mail: $.t (Value) base64".into()],
        ),
        (
            "the user alone",
            br#"{"u":"~vex.quill~"}"#.to_vec(),
            vec!["user: $.u (Value) plain".into()],
        ),
        (
            "nothing that is read",
            [&[0xFF, 0xFE][..], MAIL.as_bytes(), &[0xFF]].concat(),
            vec!["e-mail:  (Value) plain".into()],
        ),
        (
            "something wrapped that is read in part",
            {
                let many = format!("[{}\"{MAIL}\"]", "1,".repeat(3_000));
                gzip(many.as_bytes())
            },
            vec!["e-mail:  (Content) plain".into()],
        ),
    ];
    for (name, message, expected) in cases {
        assert_eq!(lines(&needles.search_message(&message)), expected, "{name}");
    }
}

#[test]
fn what_is_too_short_is_refused_or_needs_a_field_of_its_own() {
    let of = |value: &str| Needles::new(&[canary("c", CanaryKind::Other, value)]);
    assert_eq!(of(" x ").unwrap_err(), Refused::Short("c".into()));
    assert_eq!(of(&"x".repeat(600)).unwrap_err(), Refused::Long("c".into()));
    let strength = |kind, value: &str, script| {
        let needles = Needles::new(&[canary("c", kind, value)]).unwrap();
        let form = |text: &[u8]| {
            needles
                .search(text)
                .first()
                .map(|hit| (hit.encoding.script, hit.strength))
        };
        form(value.as_bytes())
            .filter(|(is, _)| *is == script)
            .map(|(_, strength)| strength)
    };
    use CanaryKind::*;
    assert_eq!(strength(Other, "8401", Script::Plain), None);
    assert_eq!(
        strength(Other, "qwerty", Script::Plain),
        Some(Strength::Weak)
    );
    assert_eq!(
        strength(Other, "qwertzuio", Script::Plain),
        Some(Strength::Sure)
    );
    assert_eq!(
        strength(TimeZone, "Europe/Berlin", Script::Plain),
        Some(Strength::Weak)
    );
    // Its hash is no longer in everybody's list.
    let zone = Needles::new(&[canary("zone", TimeZone, "Europe/Berlin")]).unwrap();
    let md5 = Digest {
        hash: Hash::Md5,
        salt: Salt::None,
    }
    .of(b"Europe/Berlin");
    assert_eq!(
        zone.search(hex::encode(md5).as_bytes())[0].strength,
        Strength::Sure
    );
    // A checksum has 32 bits.
    let crc = format!("{:08x}", crc32fast::hash(b"qwertzuio"));
    let needles = of("qwertzuio").unwrap();
    assert_eq!(needles.search(crc.as_bytes())[0].strength, Strength::Weak);
}

#[test]
fn hashes_as_those_who_ask_for_them_say() {
    // Meta's example of a telephone number and its SHA-256 ("Customer Information Parameters").
    let phone = canary("phone", CanaryKind::Phone, "+1 (650) 555-1212");
    let needles = Needles::new(&[phone]).unwrap();
    let hash = b"e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176";
    let hits = needles.search(hash);
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].encoding.to_string(), "sha256 of digits in hex");
}

#[test]
fn two_runs_tell_what_is_whose() {
    let run = |mail: &str, battery: &str| {
        let canaries = [
            canary("e-mail", CanaryKind::Email, mail),
            canary("battery", CanaryKind::Battery, battery),
        ];
        Needles::new(&canaries).unwrap()
    };
    let (a, b) = (run("vex@example.org", "87"), run("quo@example.org", "42"));
    // The version never changes, and one field is sent in the first run alone.
    let sent_a =
        br#"{"m":"vex@example.org","level":87,"version":[42,7],"extra":"VEX@EXAMPLE.ORG"}"#;
    let sent_b = br#"{"m":"quo@example.org","level":42,"version":[42,7]}"#;
    let find = |needles: &Needles, sent: &[u8]| needles.search_message(sent);
    let judged = twice(
        Run {
            own: &find(&a, sent_a),
            foreign: &find(&b, sent_a),
        },
        Run {
            own: &find(&b, sent_b),
            foreign: &find(&a, sent_b),
        },
    );
    let is = |path: &str| {
        let of_path = judged.iter().filter(|j| j.path == path);
        of_path.map(|j| (j.judgement, j.place)).collect::<Vec<_>>()
    };
    assert_eq!(is("$.m"), [(Judgement::Certain, Place::Value)]);
    assert_eq!(is("$.level"), [(Judgement::Certain, Place::Value)]);
    assert_eq!(is("$.extra"), [(Judgement::Once, Place::Value)]);
    assert_eq!(is("$.version[0]"), [(Judgement::Chance, Place::Value)]);
    assert_eq!(judged.len(), 4);
}
