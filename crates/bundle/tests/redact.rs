//! What leaves with a bundle: a copy without contents, and a whole one without the secrets in the open.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bundle::{Bundle, KeyError, Names, Writer};
use record::{Body, Called, Guided, Label, Library, MonotonicNs, Source};
use serde_json::Value;
use simulate::{Microphone, Recording, Scene, Sends, scene};
use verdict::{Judgement, Kept, Options, Sealed};

/// A sealed bundle of a made-up session, with further records at its end and packets at its beginning.
fn written(dir: &Path, recording: &Recording, more: &[Body], frames: &[Vec<u8>]) {
    let mut writer = Writer::create(dir, &recording.manifest, &recording.seed).unwrap();
    let offset_ns = recording.records.iter().find_map(|r| match r.body {
        Body::ClockPair { realtime_ns, .. } => Some(realtime_ns - r.t.0),
        _ => None,
    });
    let offset_ns = offset_ns.unwrap();
    let mut capture = writer.capture_file("eth0", 65_535, "test").unwrap();
    let first = recording.packets.first().map_or(0, |(t, _)| t.0);
    for frame in frames {
        let t = first + offset_ns;
        capture.packet(t, frame.len() as u32, frame).unwrap();
    }
    for (t, frame) in &recording.packets {
        let t = t.0 + offset_ns;
        capture.packet(t, frame.len() as u32, frame).unwrap();
    }
    capture.flush().unwrap();
    for record in &recording.records {
        writer
            .push(record.t, record.source, record.body.clone())
            .unwrap();
    }
    let end = recording.records.last().unwrap().t;
    for body in more {
        writer.push(end, Source::Unknown, body.clone()).unwrap();
    }
    fs::write(dir.join("logs/app.txt"), "PLANTED-log\n").unwrap();
    fs::create_dir(dir.join("recipe")).unwrap();
    fs::write(dir.join("recipe/recipe.toml"), "# PLANTED-recipe\n").unwrap();
    writer.seal().unwrap();
}

fn recorded(scene: Scene) -> Recording {
    let mut recording = scene.record();
    let manifest = &mut recording.manifest;
    let p = planted;
    manifest.started = "2026-01-01T00:00:00Z".to_owned();
    let subject = &mut manifest.subject;
    for text in [
        &mut subject.recipe,
        &mut subject.recipe_sha256,
        &mut subject.title,
        &mut subject.binary,
        &mut subject.binary_sha256,
        &mut subject.version,
        &mut subject.mute_way,
    ] {
        *text = p("subject");
    }
    subject.packages = vec![(p("package"), p("version"))];
    let called = Called {
        title: Some(p("title")),
        mute_way: Some(p("mute-way")),
    };
    subject.called = [("de".to_owned(), called)].into();
    manifest.host = vec![
        ("kernel".to_owned(), p("kernel")),
        ("cores".to_owned(), "8".to_owned()),
        (p("key"), p("value")),
    ];
    manifest.net.domains = vec![p("domain")];
    manifest.guided = Some(Guided {
        status: None,
        outside: Some(p("outside")),
        domains: vec![p("domain")],
    });
    manifest.library = Some(Library {
        sha256: p("library"),
        synthetic: false,
        labels: vec![Label {
            name: p("label"),
            sources: 3,
        }],
    });
    recording
}

/// Found wherever it is copied to, whole or in part.
fn planted(what: &str) -> String {
    format!("PLANTED-{what}")
}

/// Records with a planted text in each of their texts.
fn records() -> Vec<Body> {
    let lines = r#"
{"is":"attached","note":"P"}
{"is":"attached","note":"watching P"}
{"is":"unavailable","why":"P"}
{"is":"detached","why":"P"}
{"is":"gap","span":{"from":1,"to":2},"lost":3,"why":"P"}
{"is":"recording","stretch":1,"label":"P","recording":"P","sha256":"P"}
{"is":"step","part":"P","step":"P","took_ns":5,"failed":"P"}
{"is":"mute_said","muted":null,"said":"P"}
{"is":"asked","part":"P","what":"P"}
{"is":"streams","streams":[{"index":1,"application":"P","binary":"P","application_id":"P","source":"P","corked":false,"muted":true}]}
{"is":"sources_muted","sources":["P"]}
{"is":"bus_call","service":"P","interface":"P","member":"P","error":"P","said":true}
{"is":"reads","hop_ns":1,"door":"P","command":"P","pid":3,"calls":4,"bytes":5,"distinct":6,"silent":false,"hash":"P"}
{"is":"kept_audio","file":"P","door":"P","command":"P","pid":3,"missing":4}
{"is":"encoded","hop_ns":1,"codec":"P","command":"P","pid":3,"calls":4,"rms_dbfs":-3.0}
{"is":"plaintext","library":"P","command":"P","pid":1,"connection":2,"bytes":3,"data":"UExBTlRFRC1kYXRh","masked":1,"carried":{"protocol":"P","local":"P","remote":"P","from_seq":1,"to_seq":2}}
{"is":"row","values":{"P":1.5}}
{"is":"owner","socket":1,"command":"P","pid":2,"protocol":"P","local":"P","remote":"198.51.100.77:4433"}
{"is":"reads_running","door":"P","command":"P","running":true}
{"is":"sockets","sockets":[{"protocol":"P","local":"P","remote":"P","state":"P","command":"P"}]}
{"is":"cameras","holders":[{"device":"P","command":"P"}]}
{"is":"grid","at_send":"udp P"}
{"is":"grid","at_send":"P"}
{"is":"decided","why":"P"}
{"is":"accessed","log":"P","app":"P","span":{"from":1,"to":2},"ended":true}
{"is":"log_read","log":"P","at_ns":1,"span_ns":[1,2],"east_s":7200,"undated":true,"unread":2,"unread_first":3,"unread_why":"P"}
{"is":"exited","child":"P","how":"P"}
"#;
    let mut n = 0;
    let lines = lines.lines().filter(|line| !line.is_empty());
    let mut bodies: Vec<Body> = Vec::new();
    for line in lines {
        n += 1;
        // `PLANTED-7` in the place of each P that is a text or its end.
        let line = line.replace("P\"", &format!("{}\"", planted(&n.to_string())));
        bodies.push(serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line}: {e}")));
    }
    bodies
}

/// A frame from one address to another, with options in its headers and words in its payload.
fn frame(transport: u8) -> Vec<u8> {
    let payload = b"PLANTED-payload";
    let header: Vec<u8> = match transport {
        17 => {
            let len = (8 + payload.len() as u16).to_be_bytes();
            [&[0x30, 0x39, 0, 53][..], &len, &[0xAA, 0xBB]].concat()
        }
        _ => [
            &[
                0x30, 0x39, 1, 0xBB, 0, 0, 0, 7, 0, 0, 0, 9, 0x80, 0x18, 1, 0, 0xAA, 0xBB, 0, 0,
            ][..],
            b"PLANTED-opts",
        ]
        .concat(),
    };
    let options = b"PLANTED-";
    let total = (20 + options.len() + header.len() + payload.len()) as u16;
    let mut ip = vec![0x47, 0xB8];
    ip.extend(total.to_be_bytes());
    ip.extend([0xCA, 0xFE, 0x40, 0, 64, transport, 0xAA, 0xBB]);
    ip.extend([198, 51, 100, 77, 203, 0, 113, 200]);
    ip.extend(options);
    [
        &MAC[..],
        &[2, 0x51, 0x52, 0x53, 0x54, 0x55],
        &[8, 0],
        &ip,
        &header,
        payload,
    ]
    .concat()
}

const MAC: [u8; 6] = [0x3C, 0x5A, 0xB4, 0x11, 0x22, 0x33];

/// A copy of the bundle in `dir`, and what it was made of.
fn redacted(dir: &Path, out: &Path) -> (Judgement, Judgement) {
    let bundle = Bundle::open(dir).unwrap();
    let session = bundle.session();
    let whole = judged(&bundle, None);
    let kept = verdict::keep(&session, bundle.seed(), &whole);
    let names = Names::beside(dir).unwrap();
    let kind = kept.kind;
    bundle::redact(&bundle, out, &names, kept.features, |features| {
        serde_json::to_vec(&Kept { features, kind })
    })
    .unwrap();
    let copy = Bundle::open(out).unwrap();
    let kept = serde_json::from_slice(copy.kept.as_ref().unwrap()).unwrap();
    (whole, judged(&copy, Some(kept)))
}

fn judged(bundle: &Bundle, kept: Option<Kept>) -> Judgement {
    let session = bundle.session();
    let options = Options {
        kept,
        ..Options::default()
    };
    verdict::judge(&session, bundle.seed(), Sealed::Unchanged, &options)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false => all.push(path),
        }
    }
    all
}

fn texts(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(into.insert(text.clone())),
        Value::Array(all) => all.iter().for_each(|value| texts(value, into)),
        Value::Object(all) => all.values().for_each(|value| texts(value, into)),
        _ => {}
    }
}

#[test]
fn only_numbers_words_of_ours_and_pseudonyms_leave() {
    let home = tempfile::tempdir().unwrap();
    let (dir, out) = (home.path().join("whole"), home.path().join("copy"));
    let recording = recorded(scene(3).blocks(45, 24));
    written(&dir, &recording, &records(), &[frame(17), frame(6)]);
    redacted(&dir, &out);
    let key = fs::read_to_string(home.path().join("whole.names-key")).unwrap();
    let key = hex::decode(key.trim()).unwrap();
    let of_stage = [
        [10, 77, 0, 1],
        [10, 77, 0, 2],
        [198, 51, 100, 77],
        [203, 0, 113, 200],
    ];
    for file in files(&out) {
        let bytes = fs::read(&file).unwrap();
        let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        for left in [
            &b"PLANTED"[..],
            b"UExBTlRFRC",
            &MAC,
            &key,
            hex::encode(&key).as_bytes(),
        ] {
            assert!(!holds(left), "{left:?} in {}", file.display());
        }
        for address in of_stage {
            let shown = std::net::Ipv4Addr::from(address).to_string();
            let pcapng = file.ends_with("packets.pcapng");
            let found = holds(shown.as_bytes()) || (pcapng && holds(&address));
            assert!(!found, "{shown} in {}", file.display());
        }
    }
    assert!(!out.join("recipe").exists() && files(&out.join("logs")).is_empty());
    // Every text in it is a pseudonym, an address, or one that stands in this list.
    let mut left = BTreeSet::new();
    for line in fs::read_to_string(out.join("session.jsonl"))
        .unwrap()
        .lines()
    {
        texts(&serde_json::from_str(line).unwrap(), &mut left);
    }
    for file in ["manifest.json", "kept.json"] {
        let json = fs::read(out.join(file)).unwrap();
        texts(&serde_json::from_slice(&json).unwrap(), &mut left);
    }
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let is_shown = |word: &str| {
        let name = word.strip_prefix("name-");
        name.is_some_and(|name| name.len() == 16 && is_hex(name))
            || (matches!(word.len(), 16 | 64) && is_hex(word))
            || word.parse::<std::net::SocketAddr>().is_ok()
            || word.parse::<std::net::IpAddr>().is_ok()
    };
    let rest: BTreeSet<String> = left
        .iter()
        .flat_map(|text| text.split(' '))
        .filter(|word| !is_shown(word))
        .map(str::to_owned)
        .collect();
    insta::assert_snapshot!(rest.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_copy_is_judged_as_the_whole() {
    for (n, sends) in [Sends::Constant, Sends::Level].into_iter().enumerate() {
        let home = tempfile::tempdir().unwrap();
        let (dir, out) = (home.path().join("whole"), home.path().join("copy"));
        let scene = scene(5 + n as u64).blocks(45, 60);
        let recording = recorded(scene.muted(sends, Microphone::Running));
        written(&dir, &recording, &[], &[]);
        let (whole, copy) = redacted(&dir, &out);
        assert_eq!(copy.verdict, whole.verdict);
        assert_eq!(copy.hears, whole.hears);
        assert_eq!(copy.muted, whole.muted);
        assert_eq!(copy.control, whole.control);
        assert_eq!(copy.blocks, whole.blocks);
        assert_eq!(copy.findings.len(), whole.findings.len());
        let roles = |judgement: &Judgement| -> Vec<_> {
            judgement
                .destinations
                .iter()
                .map(|d| (d.role, d.bytes_per_s.to_bits()))
                .collect()
        };
        assert_eq!(roles(&copy), roles(&whole));
    }
}

/// IPv6 with a header in between that says nothing, and UDP.
fn frame_v6() -> Vec<u8> {
    let payload = b"PLANTED-six";
    let mut frame = [&MAC[..], &[2, 0x51, 0x52, 0x53, 0x54, 0x55], &[0x86, 0xDD]].concat();
    let udp_len = 8 + payload.len() as u16;
    frame.extend([0x6A, 0xBC, 0xDE, 0xF0]);
    frame.extend((16 + udp_len).to_be_bytes());
    frame.extend([0, 64]);
    for last in [0x77, 0x88] {
        frame.extend([
            0x2A, 0, 0x14, 0x50, 0, 1, 0, 2, 0xDE, 0xAD, 0xBE, 0xEF, 0, 0, 0, last,
        ]);
    }
    frame.extend([17, 1, 1, 12]);
    frame.extend(b"PLANTED-opts");
    frame.extend([0x30, 0x39, 0x13, 0x8C]);
    frame.extend(udp_len.to_be_bytes());
    frame.extend([0xAA, 0xBB]);
    frame.extend(payload);
    frame
}

#[test]
fn packets_keep_their_lengths_ports_and_who_they_are_between() {
    let home = tempfile::tempdir().unwrap();
    let (dir, out) = (home.path().join("whole"), home.path().join("copy"));
    let arp = [&MAC[..], &MAC[..], &[8, 6], b"PLANTED-arp"].concat();
    let malformed = [&MAC[..], &MAC[..], &[8, 0], b"PLANTED"].concat();
    let frames = [frame(17), frame(6), frame_v6(), arp, malformed];
    written(&dir, &recorded(scene(3).blocks(20, 20)), &[], &frames);
    redacted(&dir, &out);
    let (whole, copy) = (Bundle::open(&dir).unwrap(), Bundle::open(&out).unwrap());
    let (whole, copy) = (whole.packets().to_vec(), copy.packets().to_vec());
    assert_eq!(whole.len(), copy.len());
    let mut ends = std::collections::BTreeMap::new();
    for (whole, copy) in whole.iter().zip(&copy) {
        assert_eq!((whole.t, whole.orig_len), (copy.t, copy.orig_len));
        let (whole, copy) = match (wire::datagram(&whole.data), wire::datagram(&copy.data)) {
            (Ok(whole), Ok(copy)) => (whole, copy),
            (Err(whole), Err(copy)) => {
                assert_eq!(
                    std::mem::discriminant(&whole),
                    std::mem::discriminant(&copy)
                );
                continue;
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(copy.payload.len(), 0);
        assert_eq!(whole.payload.start, copy.payload.start);
        assert_eq!(
            (whole.transport, whole.ip_len),
            (copy.transport, copy.ip_len)
        );
        for (whole, copy) in [(whole.src, copy.src), (whole.dst, copy.dst)] {
            assert_eq!(whole.port(), copy.port());
            assert_ne!(whole.ip(), copy.ip());
            // One address has one pseudonym.
            assert_eq!(*ends.entry(whole.ip()).or_insert(copy.ip()), copy.ip());
        }
    }
    assert!(ends.len() >= 6, "{ends:?}");
    let bytes = fs::read(out.join("packets.pcapng")).unwrap();
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    assert!(!holds(b"PLANTED") && !holds(&[0xDE, 0xAD, 0xBE, 0xEF]) && !holds(&MAC));
}

#[test]
fn the_key_stays_and_names_stay_comparable() {
    let home = tempfile::tempdir().unwrap();
    let (dir, one, two) = ("whole", "one", "two");
    let [dir, one, two] = [dir, one, two].map(|name| home.path().join(name));
    let recording = recorded(scene(3).blocks(20, 20));
    written(&dir, &recording, &records(), &[frame(17)]);
    redacted(&dir, &one);
    let key = home.path().join("whole.names-key");
    assert_eq!(
        fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    redacted(&dir, &two);
    for file in [
        "manifest.json",
        "session.jsonl",
        "kept.json",
        "packets.pcapng",
    ] {
        assert_eq!(
            fs::read(one.join(file)).unwrap(),
            fs::read(two.join(file)).unwrap(),
            "{file}"
        );
    }
    // Sealed as before.
    Bundle::open(&dir).unwrap();
    let title = |names: &Names| names.name(&recording.manifest.subject.title);
    let before = title(&Names::of_file(&key).unwrap());
    assert_eq!(Bundle::open(&one).unwrap().manifest.subject.title, before);
    fs::remove_file(&key).unwrap();
    assert_ne!(title(&Names::of_file(&key).unwrap()), before);
    fs::write(&key, "no key\n").unwrap();
    assert!(matches!(Names::beside(&dir), Err(KeyError::NoKey(_))));
}

#[test]
fn a_bundle_is_its_owners_alone() {
    let home = tempfile::tempdir().unwrap();
    let (dir, out) = (home.path().join("whole"), home.path().join("copy"));
    let recording = recorded(scene(3).blocks(20, 20));
    written(&dir, &recording, &[], &[]);
    redacted(&dir, &out);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in [
        &dir,
        &dir.join("logs"),
        &dir.join("recipe"),
        &out,
        &out.join("logs"),
    ] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    for file in [files(&dir), files(&out)].concat() {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// A TCP segment between two fixed ends.
fn segment(seq: u32, payload: &[u8]) -> Vec<u8> {
    let total = (40 + payload.len()) as u16;
    let mut frame = vec![0; 12];
    frame.extend([8, 0, 0x45, 0]);
    frame.extend(total.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 10, 77, 0, 2, 10, 77, 0, 1]);
    frame.extend([0x9C, 0x40, 0, 80]);
    frame.extend(seq.to_be_bytes());
    frame.extend([0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
    frame.extend(payload);
    frame
}

#[test]
fn secrets_in_the_open_stay_nowhere_in_a_whole_bundle() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("whole");
    let recording = recorded(scene(3).blocks(20, 20));
    let mut writer = Writer::create(&dir, &recording.manifest, &recording.seed).unwrap();
    let texts = [
        Body::Failed {
            failure: record::Failure::Stage,
            why: "GET http://me:hunter2a@h.test failed".to_owned(),
        },
        Body::Step {
            part: "join".to_owned(),
            step: "type password=hunter2b".to_owned(),
            took_ns: 1,
            failed: Some("401 for token=hunter2c".to_owned()),
        },
        Body::MuteSaid {
            muted: None,
            said: r#"{"session":"hunter2d","muted":true}"#.to_owned(),
        },
    ];
    for body in texts {
        writer.push(MonotonicNs(1), Source::Stage, body).unwrap();
    }
    fs::write(dir.join("logs/app.txt"), "password: hunter2e\nlevel=3\n").unwrap();
    let mut capture = writer.capture_file("eth0", 65_535, "test").unwrap();
    // Cut in two between its letters.
    let (one, two) = (
        "POST / HTTP/1.1\r\nCookie: id=hunt",
        "er2f\r\nHost: h.test\r\n\r\nlevel=3",
    );
    for (seq, text) in [(1, one), (1 + one.len() as u32, two)] {
        let frame = segment(seq, text.as_bytes());
        capture
            .packet(seq.into(), frame.len() as u32, &frame)
            .unwrap();
    }
    capture.flush().unwrap();
    let before: u64 = fs::metadata(dir.join("packets.pcapng")).unwrap().len();
    writer.seal().unwrap();
    for file in files(&dir) {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        for left in ["hunt", "ter2", "er2f"] {
            assert!(!text.contains(left), "{left} in {}", file.display());
        }
    }
    let packets = fs::read(dir.join("packets.pcapng")).unwrap();
    assert_eq!(packets.len() as u64, before);
    let packets = String::from_utf8_lossy(&packets).into_owned();
    assert!(
        packets.contains("POST / HTTP/1.1\r\nCookie: *******"),
        "{packets}"
    );
    assert!(packets.contains("****\r\nHost: h.test\r\n\r\nlevel=3"));
    let log = fs::read_to_string(dir.join("logs/app.txt")).unwrap();
    assert_eq!(log, "password: ********\nlevel=3\n");
}
