//! Recordings of real calls: as many datagrams of each kind as tshark counts, or a reason why not.

mod common;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::openssl::installed;
use common::tshark;
use wire::decode::{self, decode};
use wire::pcapng::{LINK_ETHERNET, parse};
use wire::rtp::Plausibility;
use wire::{Transport, datagram};

const KINDS: [&str; 4] = ["rtp", "rtcp", "stun", "dtls"];

/// tshark believes a single packet that looks like RTP; here a flow has to have eight that follow on
/// each other, and four of five of its datagrams.
const SHORT: &str = "a short flow, or one with much else in it";
/// Telephone events (RFC 4733) are sent again under the same number.
const REPEATS: &str = "repeats do not follow on each other";
/// tshark waits for signalling that says so; the header and its length say it here.
const RTCP: &str = "RTCP that nobody announced";
/// Types 72 to 76 of RTP are RTCP's (RFC 5761, section 4).
const MUXED: &str = "RTCP that tshark takes for RTP";
/// TURN's frames around other datagrams (RFC 8656, section 12.4; Microsoft's begin with FF10) are not
/// looked into.
const CHANNEL: &str = "TURN channels";
const COOKIE: &str = "STUN of a method that tshark does not know";
const DOQ: &str = "QUIC at a port that tshark believes to be DTLS";
const MESSAGE: &str = "a record with a message of a type that tshark does not know";

/// What differs: file, theirs, ours, how many, why.
const DIFFER: [(&str, &str, &str, usize, &str); 27] = [
    ("dtmf_2833_4.pcap", "rtp", "", 10, SHORT),
    ("ssrc2.pcap", "rtp", "", 2, SHORT),
    ("discord.pcap", "rtp", "", 121, SHORT),
    ("rtp.pcapng", "rtp", "", 7, SHORT),
    ("rtp.pcapng", "", "rtcp", 3, RTCP),
    ("skype-conference-call.pcap", "rtp", "", 31, SHORT),
    ("skype-conference-call.pcap", "", "rtcp", 155, RTCP),
    ("stun.pcap", "", "dtls", 1, MESSAGE),
    ("stun.pcap", "rtp", "", 6, SHORT),
    ("stun.pcap", "rtp", "rtcp", 3, MUXED),
    ("stun.pcap", "stun", "", 19, CHANNEL),
    ("stun_dtls_rtp.pcapng", "rtp", "", 11, SHORT),
    ("stun_dtls_rtp.pcapng", "rtp", "rtcp", 1, MUXED),
    ("stun_signal.pcapng", "", "rtcp", 2, RTCP),
    ("stun_signal.pcapng", "rtp", "", 20, SHORT),
    ("teams.pcap", "", "rtcp", 11, RTCP),
    ("teams.pcap", "rtp", "", 18, SHORT),
    ("teams.pcap", "rtp", "rtcp", 1, MUXED),
    ("teams.pcap", "stun", "", 2, CHANNEL),
    ("wa_voice.pcap", "", "rtcp", 29, RTCP),
    ("wa_voice.pcap", "", "stun", 5, COOKIE),
    ("wa_voice.pcap", "rtp", "", 11, SHORT),
    ("dtmf.pcap", "rtp", "", 151, REPEATS),
    ("quicdoq.pcap", "dtls", "", 9, DOQ),
    ("whatsapp_login_call.pcap", "", "stun", 16, COOKIE),
    ("whatsapp_login_call.pcap", "", "rtcp", 21, RTCP),
    ("whatsapp_login_call.pcap", "rtp", "", 30, SHORT),
];

fn folder() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var_os("MUTEPROOF_SHARED").unwrap_or(default.into());
    Path::new(&shared).join("data/pcaps")
}

/// What each UDP datagram is, by its number in the file: for tshark, over Ethernet, and not in a
/// tunnel, whose inside is not looked at here.
fn theirs(file: &Path) -> BTreeMap<usize, String> {
    let more = ["--enable-heuristic", "rtp_udp"];
    let filter = "eth && udp && !gtp && !icmp && !icmpv6";
    let rows = tshark::rows(file, filter, &["frame.number", "frame.protocols"], &more);
    let kind = |row: &Vec<String>| {
        let kind = row[1].split(':').find(|p| KINDS.contains(p))?;
        Some((row[0].parse().ok()?, kind.to_owned()))
    };
    rows.iter().filter_map(kind).collect()
}

/// Datagrams one way, by their numbers.
type Flow<'f> = (Plausibility, Vec<(usize, &'f [u8])>);

/// The same, as it is read here.
fn ours(file: &Path) -> BTreeMap<usize, &'static str> {
    let bytes = std::fs::read(file).unwrap();
    let capture = parse(&bytes).unwrap();
    let mut flows: HashMap<(SocketAddr, SocketAddr), Flow> = HashMap::new();
    for (n, packet) in capture.packets.iter().enumerate() {
        if capture.interfaces[packet.interface].link_type != LINK_ETHERNET {
            continue;
        }
        let frame = &bytes[packet.data.clone()];
        if let Ok(d) = datagram(frame)
            && d.transport == Transport::Udp
            && d.src.port() != 0
        {
            let flow = flows.entry((d.src, d.dst)).or_default();
            let payload = &frame[d.payload];
            flow.0.push(payload);
            flow.1.push((n + 1, payload));
        }
    }
    let mut kinds = BTreeMap::new();
    for (plausibility, payloads) in flows.values() {
        for (n, payload) in payloads {
            let sealed = decode(payload).formats.first().copied();
            let kind = match sealed.filter(|kind| KINDS.contains(kind)) {
                None if plausibility.is_rtp() => decode::rtp(payload).map(|_| "rtp"),
                kind => kind,
            };
            kinds.extend(kind.map(|kind| (*n, kind)));
        }
    }
    kinds
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.extension().and_then(|e| e.to_str()) {
            _ if path.is_dir() => files(&path, out),
            Some("pcap" | "pcapng") => out.push(path),
            _ => {}
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
    if !installed("tshark", "--version") {
        return;
    }
    let mut agreed: BTreeMap<&str, usize> = BTreeMap::new();
    for path in all {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.pcapng");
        let converted = Command::new("tshark")
            .args(["-n", "-F", "pcapng", "-r"])
            .arg(&path)
            .arg("-w")
            .arg(&file)
            .output()
            .unwrap();
        if !converted.status.success() {
            println!("{}: tshark cannot read it", path.display());
            continue;
        }
        let (ours, theirs) = (ours(&file), theirs(&file));
        let name = path.file_name().unwrap().to_str().unwrap();
        let numbers: BTreeSet<usize> = ours.keys().chain(theirs.keys()).copied().collect();
        let mut differ: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for n in &numbers {
            let theirs = theirs.get(n).map_or("", |kind| kind);
            match ours.get(n).copied().unwrap_or("") {
                ours if ours == theirs => *agreed.entry(ours).or_default() += 1,
                ours => *differ.entry((theirs, ours)).or_default() += 1,
            }
        }
        for ((theirs, ours), n) in differ {
            let known = DIFFER.iter().any(|(file, t, o, most, _)| {
                // Names of recordings hold where they come from.
                (name == *file || name.ends_with(&format!("__{file}")))
                    && (*t, *o, *most) == (theirs, ours, n)
            });
            assert!(
                known,
                "{name}: {n} are {theirs:?} for tshark, {ours:?} here"
            );
        }
    }
    println!("agreed upon: {agreed:?}");
}
