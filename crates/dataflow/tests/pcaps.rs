//! Recordings of real calls: the same bytes between the same ends as tshark counts, and the names that it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use dataflow::{Channel, Facts, Frame, NamedBy, Origin, Watcher};
use wire::capture::{Captured, Reader, Take};

/// What differs, and why: tshark's first addresses are those of a tunnel's ends, and here those of who speaks
/// through it.
const DIFFER: &[(&str, &str)] = &[
    ("dtls.pcap", "GRE around everything"),
    ("zoom.pcap", "GRE around everything"),
];

fn folder() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var_os("MUTEPROOF_SHARED").unwrap_or(default.into());
    Path::new(&shared).join("data/pcaps")
}

struct Watching(Watcher);

impl<'b> Take<'b> for Watching {
    fn packet(&mut self, packet: Captured<'b>) {
        let frame = Frame {
            t_ns: packet.realtime_ns,
            link_type: packet.link_type,
            data: packet.data,
            orig_len: packet.orig_len,
            moment: None,
        };
        self.0.push(&frame, None);
    }
}

/// What the file shows; `None` for what is no capture.
fn ours(file: &Path) -> Option<Facts> {
    let bytes = std::fs::read(file).unwrap();
    let (mut reader, mut watching) = (Reader::default(), Watching(Watcher::new([])));
    let read = reader.read(&bytes, &mut watching);
    if read.is_err() && reader.format().is_none() {
        return None;
    }
    Some(watching.0.finish(Origin::Capture))
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

type Pair = (IpAddr, IpAddr);

fn pair(a: IpAddr, b: IpAddr) -> Pair {
    if a <= b { (a, b) } else { (b, a) }
}

type Bytes = BTreeMap<Pair, u64>;
type Names = BTreeSet<(IpAddr, String)>;

/// Bytes of the network layer between two ends, and the names that servers were called by, for tshark.
fn theirs(file: &Path) -> Option<(Bytes, Names)> {
    let fields = [
        "ip.src",
        "ipv6.src",
        "ip.dst",
        "ipv6.dst",
        "ip.len",
        "ipv6.plen",
        "tls.handshake.extensions_server_name",
        "http.host",
    ];
    let mut command = Command::new("tshark");
    command.args([
        "-n",
        "-T",
        "fields",
        "-E",
        "occurrence=f",
        "-E",
        "separator=|",
    ]);
    for field in fields {
        command.args(["-e", field]);
    }
    let out = command.arg("-r").arg(file).output().ok()?;
    let (mut bytes, mut names) = (BTreeMap::new(), BTreeSet::new());
    for line in String::from_utf8_lossy(&out.stdout).lines() {
        let parts: Vec<&str> = line.split('|').collect();
        let [ip_src, ip6_src, ip_dst, ip6_dst, len, plen, sni, host] = parts[..] else {
            continue;
        };
        let one = |a: &str, b: &str| a.parse::<IpAddr>().or(b.parse()).ok();
        let (Some(src), Some(dst)) = (one(ip_src, ip6_src), one(ip_dst, ip6_dst)) else {
            continue;
        };
        let v6: Option<u64> = plen.parse().ok().map(|n: u64| n + 40);
        let len: u64 = len.parse().ok().or(v6).unwrap_or(0);
        *bytes.entry(pair(src, dst)).or_insert(0) += len;
        let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
        for name in [sni, host] {
            if !name.is_empty() && name.parse::<IpAddr>().is_err() {
                names.insert((dst, name.to_ascii_lowercase()));
            }
        }
    }
    Some((bytes, names))
}

#[test]
fn bytes_and_names_are_those_of_tshark() {
    let mut all = Vec::new();
    files(&folder(), &mut all);
    all.sort();
    if all.is_empty() {
        println!("skipped: no recordings at {}", folder().display());
        return;
    }
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("skipped: tshark is not installed (apt: tshark)");
        return;
    }
    let (mut n_pairs, mut n_names, mut n_explained, mut wrong) = (0, 0, 0, Vec::new());
    for path in all {
        let Some(facts) = ours(&path) else { continue };
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some((bytes, names)) = theirs(&path) else {
            continue;
        };
        let mut here: BTreeMap<Pair, u64> = BTreeMap::new();
        let mut called: BTreeSet<(IpAddr, &str)> = BTreeSet::new();
        for contact in &facts.contacts {
            let (device, address) = (contact.device.unwrap(), contact.address.unwrap());
            let [to, from] = contact.bytes.unwrap();
            *here.entry(pair(device, address)).or_insert(0) += to + from;
            for name in &contact.names {
                if matches!(name.by, NamedBy::ServerName | NamedBy::HttpHost) {
                    called.insert((address, &name.name));
                }
            }
        }
        let explained = DIFFER.iter().any(|(name, _)| *name == file);
        n_explained += usize::from(explained);
        for (ends, theirs) in &bytes {
            let ours = here.get(ends).copied().unwrap_or(0);
            n_pairs += 1;
            if ours != *theirs && !explained {
                wrong.push(format!(
                    "{file}: {ends:?}: tshark {theirs} bytes, here {ours}"
                ));
            }
        }
        for (address, name) in &names {
            n_names += 1;
            if !called.contains(&(*address, name.as_str())) && !explained {
                wrong.push(format!("{file}: {address} is called {name}"));
            }
        }
    }
    println!("{n_pairs} pairs of ends and {n_names} names were compared");
    assert_eq!(n_explained, DIFFER.len());
    assert!(n_pairs > 200 && n_names > 50, "{n_pairs} {n_names}");
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The call of 2015: its third parties, and what went in clear text.
#[test]
fn the_webex_call_of_2015_names_its_third_parties_and_the_clear_one() {
    let path = folder().join("nDPI/webex.pcap");
    if !path.exists() {
        println!("skipped: no recording at {}", path.display());
        return;
    }
    let facts = ours(&path).unwrap();
    let named = |clear: bool| -> BTreeSet<&str> {
        let contacts = facts.contacts.iter();
        let contacts = contacts.filter(|c| c.channels.iter().any(|c| c.is_clear()) == clear);
        let names = contacts.flat_map(|contact| &contact.names);
        let others = names.filter(|name| !wire::dns::is_within(&name.name, "webex.com"));
        let asked = others.filter(|name| name.by != NamedBy::Certificate);
        asked.map(|name| name.name.as_str()).collect()
    };
    assert_eq!(named(true), BTreeSet::from(["cp.pushwoosh.com"]));
    let sealed = ["api.crittercism.com", "ssl.google-analytics.com"];
    assert_eq!(named(false), BTreeSet::from(sealed));
    let clear = facts
        .contacts
        .iter()
        .filter(|c| c.channels.contains(&Channel::Http));
    assert_eq!(clear.count(), 1);
}
