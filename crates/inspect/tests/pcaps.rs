//! Recordings of real calls: as many datagrams of each kind as tshark counts, or a reason why not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use inspect::{Inspection, Inspector, What};
use wire::capture::Reader;

const KINDS: [&str; 5] = ["rtp", "rtcp", "stun", "dtls", "quic"];

/// tshark believes a single packet that looks like RTP; here a source has to have eight that follow on
/// each other, and four of five of its packets.
const SHORT: &str = "a short source, or one whose numbers do not follow on each other";
/// tshark waits for signalling that says so; the header and its length say it here. Some of it tshark
/// takes for RTP (RFC 5761, section 4).
const RTCP: &str = "RTCP that nobody announced";
/// What a TURN server relays (RFC 8656, section 12.4) is counted as what it is; a method that tshark does not know is
/// STUN all the same.
const STUN: &str = "TURN channels, or a method that tshark does not know";
/// Only frames over UDP are counted of tshark's.
const TURN: &str = "relayed by a TURN server over TCP";
const DTLS: &str =
    "headers of DTLS 1.3 and messages that tshark does not know, or QUIC at a port of DTLS";
/// What differs: file, kind, theirs, ours, why.
const DIFFER: &[(&str, &str, u64, u64, &str)] = &[
    ("dtmf_2833_4.pcap", "rtp", 10, 0, SHORT),
    ("ssrc2.pcap", "rtp", 2, 0, SHORT),
    ("discord.pcap", "rtp", 273, 142, SHORT),
    ("dtls.pcap", "dtls", 10, 23, DTLS),
    ("rtp.pcapng", "rtp", 69, 56, SHORT),
    ("rtp.pcapng", "rtcp", 0, 3, RTCP),
    ("skype-conference-call.pcap", "rtcp", 0, 155, RTCP),
    ("stun.pcap", "rtp", 9, 0, SHORT),
    ("stun.pcap", "rtcp", 0, 15, RTCP),
    ("stun.pcap", "stun", 141, 129, STUN),
    ("stun.pcap", "dtls", 15, 16, DTLS),
    ("stun_dtls_rtp.pcapng", "rtp", 12, 20, TURN),
    ("stun_dtls_rtp.pcapng", "rtcp", 0, 2, RTCP),
    ("stun_dtls_rtp.pcapng", "stun", 4, 12, TURN),
    ("stun_dtls_rtp.pcapng", "dtls", 23, 34, TURN),
    ("stun_signal.pcapng", "rtp", 35, 11, SHORT),
    ("stun_signal.pcapng", "rtcp", 69, 71, RTCP),
    ("stun_signal.pcapng", "stun", 353, 300, STUN),
    ("teams.pcap", "rtp", 19, 18, SHORT),
    ("teams.pcap", "rtcp", 0, 12, RTCP),
    ("teams.pcap", "stun", 57, 55, STUN),
    ("wa_voice.pcap", "rtp", 143, 122, SHORT),
    ("wa_voice.pcap", "rtcp", 0, 29, RTCP),
    ("whatsapp_login_call.pcap", "rtp", 666, 607, SHORT),
    ("whatsapp_login_call.pcap", "rtcp", 0, 21, RTCP),
    ("dtmf.pcap", "rtp", 196, 45, SHORT),
    ("srtp1.o.rtp", "rtp", 251, 246, SHORT),
    ("quicdoq.pcap", "dtls", 9, 0, DTLS),
    ("quicdoq.pcap", "quic", 0, 9, DTLS),
    ("dtls13-cid.pcap", "dtls", 18, 43, DTLS),
];

fn folder() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var_os("MUTEPROOF_SHARED").unwrap_or(default.into());
    Path::new(&shared).join("data/pcaps")
}

/// How many frames of each kind, for tshark.
fn theirs(file: &Path) -> Option<BTreeMap<&'static str, u64>> {
    let out = Command::new("tshark")
        .args([
            "-n",
            "-2",
            "--enable-heuristic",
            "rtp_udp",
            "-T",
            "fields",
            "-e",
            "frame.protocols",
            "-r",
        ])
        .arg(file)
        .output()
        .ok()?;
    if !out.status.success() {
        return None;
    }
    let mut counts = BTreeMap::new();
    for line in String::from_utf8_lossy(&out.stdout).lines() {
        if !line.contains(":udp:") {
            continue;
        }
        let kind = line
            .split(':')
            .find_map(|p| KINDS.into_iter().find(|k| *k == p));
        if let Some(kind) = kind {
            *counts.entry(kind).or_insert(0) += 1;
        }
    }
    Some(counts)
}

/// The file's findings; `None` for what is no capture.
fn ours(file: &Path) -> Option<Inspection> {
    let bytes = std::fs::read(file).unwrap();
    let (mut reader, mut inspector) = (Reader::default(), Inspector::default());
    match reader.read(&bytes, &mut inspector) {
        Ok(_) => {}
        Err(e) if reader.format().is_none() => {
            println!("{}: {e}", file.file_name().unwrap().display());
            return None;
        }
        Err(e) => panic!("{}: {e}", file.display()),
    }
    inspector.flush(&bytes);
    Some(inspector.finish())
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => files(&path, out),
            false => out.push(path),
        }
    }
}

#[test]
fn as_many_as_tshark_counts() {
    let mut all = Vec::new();
    files(&folder(), &mut all);
    all.sort();
    if all.is_empty() {
        println!("skipped: no recordings at {}", folder().display());
        return;
    }
    let here = Command::new("tshark").arg("--version").output().is_ok();
    if !here {
        println!("skipped: tshark is not installed (apt: tshark)");
    }
    let (mut n_same, mut wrong) = (0, Vec::new());
    for path in all {
        let Some(ours) = ours(&path) else { continue };
        assert!(ours.packets > 0, "{}", path.display());
        assert_eq!(ours.left_out.link_layer, 0, "{}", path.display());
        let Some(theirs) = here.then(|| theirs(&path)).flatten() else {
            println!("{}: tshark does not read it", path.display());
            continue;
        };
        let c = ours.counts;
        for (kind, ours) in KINDS
            .into_iter()
            .zip([c.rtp, c.rtcp, c.stun, c.dtls, c.quic])
        {
            let theirs = theirs.get(kind).copied().unwrap_or(0);
            let name = path.file_name().unwrap().to_str().unwrap();
            let known = DIFFER.iter().any(|(file, k, t, o, why)| {
                let same = name == *file || name.ends_with(&format!("__{file}"));
                same && !why.is_empty() && (*k, *t, *o) == (kind, theirs, ours)
            });
            match theirs == ours {
                true => n_same += theirs,
                false if known => {}
                false => wrong.push(format!("(\"{name}\", \"{kind}\", {theirs}, {ours}, ),")),
            }
        }
    }
    println!("{n_same} datagrams agreed upon in number");
    assert!(wrong.is_empty(), "theirs, ours:\n{}", wrong.join("\n"));
}

/// Names in hellos for tshark, and whether they are QUIC's.
fn their_names(file: &Path) -> BTreeSet<(bool, String)> {
    let fields = ["udp.port", "tls.handshake.extensions_server_name"];
    let out = Command::new("tshark")
        .args(["-n", "-Y", "tls.handshake.type == 1"])
        .args(["-T", "fields", "-e", fields[0], "-e", fields[1], "-r"])
        .arg(file)
        .output()
        .expect("tshark is here");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    let names = lines.flat_map(|(udp, names)| {
        let names = names.split(',').filter(|name| !name.is_empty());
        names.map(move |name| (!udp.is_empty(), name.to_ascii_lowercase()))
    });
    names.collect()
}

#[test]
fn servers_are_named_as_tshark_names_them() {
    let mut all = Vec::new();
    files(&folder(), &mut all);
    if all.is_empty() {
        println!("skipped: no recordings at {}", folder().display());
        return;
    }
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("skipped: tshark is not installed (apt: tshark)");
        return;
    }
    let (mut n_tls, mut n_quic, mut wrong) = (0, 0, Vec::new());
    for path in all {
        let Some(ours) = ours(&path) else { continue };
        let names: BTreeSet<(bool, String)> = ours
            .findings
            .iter()
            .filter_map(|finding| match &finding.what {
                What::Tls { server_name, .. } => Some((false, server_name.clone()?)),
                What::Quic { server_name, .. } => Some((true, server_name.clone()?)),
                _ => None,
            })
            .collect();
        let theirs = their_names(&path);
        n_tls += names.iter().filter(|(quic, _)| !quic).count();
        n_quic += names.iter().filter(|(quic, _)| *quic).count();
        if names != theirs {
            wrong.push(format!("{}: {theirs:?} {names:?}", path.display()));
        }
    }
    println!("{n_tls} names in hellos of TLS, {n_quic} of QUIC");
    assert!(wrong.is_empty(), "theirs, ours:\n{}", wrong.join("\n"));
    assert!(n_quic >= 6, "{n_quic}");
}
