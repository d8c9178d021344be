//! `cargo xtask captures`: captures that programs of others make, on a bridge and on all interfaces at once as well,
//! and what `inspect` counts in them beside tshark.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::run::{Done, build, option, programs, root, run, said, use_development_build};
use crate::setup::{install, is_root};

const PACKAGES: [&str; 10] = [
    "ffmpeg",
    "gstreamer1.0-libav",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-ugly",
    "gstreamer1.0-tools",
    "sip-tester",
    "tcpdump",
    "tshark",
];

/// WebRTC in Python, and where it is installed.
const AIORTC: &str = "aiortc==1.16.0";
const WEBRTC_TOOLS: &str = "target/tools/webrtc";

/// What is counted, by tshark's names.
const KINDS: [&str; 5] = ["rtp", "rtcp", "stun", "dtls", "quic"];

/// What is sent behind everything else: a capture that has it is whole.
const LAST: &str = "muteproof: the last";
const WHOLE_WITHIN: Duration = Duration::from_secs(10);

/// A sender may take so long.
const SENDS_WITHIN: Duration = Duration::from_secs(30);

/// What a GStreamer pipeline sends, behind a source of sound of so many hertz in buffers of so many samples; 0 is
/// a source of pictures.
const PIPELINES: [(&str, u32, u32, &str); 26] = [
    ("pcmu", 8_000, 160, "mulawenc ! rtppcmupay"),
    ("pcmu-10ms", 8_000, 80, "mulawenc ! rtppcmupay"),
    ("pcma", 8_000, 160, "alawenc ! rtppcmapay"),
    ("g722", 16_000, 320, "avenc_g722 ! rtpg722pay"),
    ("g726", 8_000, 160, "avenc_g726 bitrate=32000 ! rtpg726pay"),
    ("gsm", 8_000, 160, "gsmenc ! rtpgsmpay"),
    ("speex", 16_000, 320, "speexenc ! rtpspeexpay"),
    (
        "opus-vbr",
        48_000,
        960,
        "opusenc bitrate-type=vbr ! rtpopuspay",
    ),
    (
        "opus-cbr",
        48_000,
        960,
        "opusenc bitrate-type=cbr ! rtpopuspay",
    ),
    (
        "opus-dtx",
        48_000,
        960,
        "opusenc dtx=true ! rtpopuspay dtx=true",
    ),
    (
        "opus-60ms",
        48_000,
        960,
        "opusenc frame-size=60 ! rtpopuspay",
    ),
    ("l16", 44_100, 441, "rtpL16pay"),
    ("l24", 44_100, 441, "audioconvert ! rtpL24pay"),
    ("aac", 48_000, 1_024, "avenc_aac ! aacparse ! rtpmp4apay"),
    (
        "aac-generic",
        48_000,
        1_024,
        "avenc_aac ! aacparse ! rtpmp4gpay",
    ),
    ("vorbis", 48_000, 1_024, "vorbisenc ! rtpvorbispay"),
    (
        "mp3",
        48_000,
        1_152,
        "lamemp3enc ! mpegaudioparse ! rtpmpapay",
    ),
    ("ac3", 48_000, 1_536, "avenc_ac3 ! ac3parse ! rtpac3pay"),
    ("vp8", 0, 0, "vp8enc deadline=1 ! rtpvp8pay"),
    ("vp9", 0, 0, "vp9enc deadline=1 ! rtpvp9pay"),
    ("h264", 0, 0, "x264enc tune=zerolatency ! rtph264pay"),
    ("h263", 0, 0, "avenc_h263p ! rtph263ppay"),
    ("jpeg", 0, 0, "jpegenc ! rtpjpegpay"),
    ("theora", 0, 0, "theoraenc ! rtptheorapay"),
    (
        "mpegts",
        0,
        0,
        "x264enc tune=zerolatency ! mpegtsmux ! rtpmp2tpay",
    ),
    // No RTP: MPEG-TS right in datagrams.
    ("mpegts-plain", 0, 0, "x264enc tune=zerolatency ! mpegtsmux"),
];

/// Encoders of FFmpeg and their rates.
const ENCODERS: [(&str, u32); 12] = [
    ("pcm_mulaw", 8_000),
    ("pcm_alaw", 8_000),
    ("g722", 16_000),
    ("g726", 8_000),
    ("libopus", 48_000),
    ("mp2", 44_100),
    ("libmp3lame", 44_100),
    ("aac", 44_100),
    ("libspeex", 16_000),
    ("pcm_s16be", 44_100),
    ("pcm_s24be", 48_000),
    ("libvorbis", 44_100),
];

/// What differs from tshark's counts, and why: part of a capture's name, kind, why.
const DIFFER: &[(&str, &str, &str)] = &[
    (
        "ffmpeg-srtp",
        "rtcp",
        "a report of which only the header is in the clear",
    ),
    (
        "webrtc-chromium",
        "rtcp",
        "reports of which only the headers are in the clear",
    ),
];

/// One who sends something, in the namespace of the one who speaks; `{to}` is the other's address.
struct Sender {
    name: String,
    /// A program that answers, in the other's namespace.
    answers: Option<String>,
    sends: String,
}

fn senders() -> Vec<Sender> {
    let sends = |name: String, sends: String| Sender {
        name,
        answers: None,
        sends,
    };
    let mut all = Vec::new();
    for (name, rate, samples, rest) in PIPELINES {
        let source = match rate {
            0 => "videotestsrc is-live=true num-buffers=30 ! video/x-raw,width=352,height=288,framerate=20/1"
                .to_owned(),
            rate => format!(
                "audiotestsrc wave=ticks is-live=true num-buffers={} samplesperbuffer={samples} ! \
                 audioconvert ! audio/x-raw,rate={rate},channels=1",
                // Some put a fifth of a second into a packet.
                if ["g726", "vorbis", "mp3"].contains(&name) { 200 } else { 80 },
            ),
        };
        all.push(sends(
            format!("gstreamer-{name}"),
            format!("gst-launch-1.0 -q {source} ! {rest} ! udpsink host={{to}} port=5004"),
        ));
    }
    let bin = "audiotestsrc is-live=true num-buffers=300 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 \
               ! mulawenc ! rtppcmupay ! r.send_rtp_sink_0 r.send_rtp_src_0 ! udpsink host={to} port=5004 \
               r.send_rtcp_src_0 ! udpsink host={to} port=5005 sync=false async=false";
    all.push(sends(
        "gstreamer-rtcp".to_owned(),
        format!("gst-launch-1.0 -q rtpbin name=r {bin}"),
    ));
    let sound = "audiotestsrc is-live=true num-buffers=80 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 \
                 ! opusenc ! rtpopuspay ! e.rtp_sink_0 e.rtp_src_0 ! udpsink host={to} port=5004";
    let key = "0123456789".repeat(6);
    all.push(sends(
        "gstreamer-srtp".to_owned(),
        format!("gst-launch-1.0 -q srtpenc name=e key={key} {sound}"),
    ));
    let ffmpeg = "ffmpeg -v error -nostdin -re -f lavfi -i";
    for (encoder, rate) in ENCODERS {
        all.push(sends(
            format!("ffmpeg-{encoder}"),
            format!(
                "{ffmpeg} sine=frequency=440:duration=4 -c:a {encoder} -ar {rate} -ac 1 -f rtp rtp://{{to}}:5004"
            ),
        ));
    }
    for (name, encoder) in [
        ("h264", "libx264 -g 10"),
        ("vp8", "libvpx"),
        ("mpeg4", "mpeg4"),
        ("mjpeg", "mjpeg -huffman 0"),
    ] {
        all.push(sends(
            format!("ffmpeg-{name}"),
            format!(
                "{ffmpeg} testsrc=duration=2:size=352x288:rate=10 -pix_fmt yuv420p -c:v {encoder} -f rtp rtp://{{to}}:5004"
            ),
        ));
    }
    all.push(sends(
        "ffmpeg-mpegts-rtp".to_owned(),
        format!("{ffmpeg} sine=duration=2 -c:a mp2 -f rtp_mpegts rtp://{{to}}:5004"),
    ));
    all.push(sends(
        "ffmpeg-srtp".to_owned(),
        format!(
            "{ffmpeg} sine=duration=2 -c:a pcm_alaw -ar 8000 -ac 1 -f rtp -srtp_out_suite AES_CM_128_HMAC_SHA1_80 \
             -srtp_out_params {} srtp://{{to}}:5004",
            "A".repeat(40)
        ),
    ));
    all.extend(calls());
    all.push(Sender {
        name: "sipp".to_owned(),
        answers: Some("sipp -sn uas -i {to} -m 2 -nostdin".to_owned()),
        sends: "sipp -sn uac {to}:5060 -i {from} -m 2 -d 200 -nostdin".to_owned(),
    });
    all.push(Sender {
        name: "sipp-rtp".to_owned(),
        answers: Some("sipp -sn uas -i {to} -m 1 -nostdin".to_owned()),
        // It looks for the sound that Debian has elsewhere.
        sends: "bash -c 'cd {folder} && ln -sfn /usr/share/sip-tester pcap && \
                exec sipp -sn uac_pcap {to}:5060 -i {from} -m 1 -nostdin'"
            .to_owned(),
    });
    all
}

/// Calls by WebRTC, each answered by aiortc: of programs that are not here, it says so.
fn calls() -> Vec<Sender> {
    let python = root().join(WEBRTC_TOOLS).join("bin/python");
    let script = root().join("crates/xtask/captures/webrtc.py");
    let script = format!("{} {}", python.display(), script.display());
    let call = |name: &str, what: &str| Sender {
        name: format!("webrtc-{name}"),
        answers: Some(format!("{script} answer {{to}}")),
        sends: format!("{script} {what} {{to}} 3"),
    };
    let mut all = vec![call("aiortc", "call")];
    for browser in ["chromium", "firefox"] {
        match said(Command::new("which").arg(browser)) {
            Ok(_) => all.push(call(browser, &format!("browse {browser}"))),
            Err(_) => println!("NOT TRIED: {browser} is not installed"),
        }
    }
    all
}

/// Installs what makes these calls.
fn webrtc_tools() -> Done {
    let tools = root().join(WEBRTC_TOOLS);
    if tools.join("installed").exists() {
        return Ok(());
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&tools))?;
    let mut pip = Command::new(tools.join("bin/pip"));
    run(pip.args(["install", "--quiet", AIORTC]))?;
    fs::write(tools.join("installed"), AIORTC).map_err(|e| format!("{}: {e}", tools.display()))
}

/// Two who talk, each in a network namespace, and a bridge between them in a third.
struct Net;

const ENDS: [(&str, &str, &str); 2] = [
    ("muteproof-a", "10.77.0.1", "fd77::1"),
    ("muteproof-b", "10.77.0.2", "fd77::2"),
];
const BRIDGE: &str = "muteproof-br";

impl Net {
    fn new() -> Result<Net, String> {
        let net = Net;
        net.end();
        let ip = |words: &str| run(Command::new("ip").args(words.split(' ')));
        for name in [ENDS[0].0, ENDS[1].0, BRIDGE] {
            ip(&format!("netns add {name}"))?;
            ip(&format!("-n {name} link set lo up"))?;
        }
        ip(&format!("-n {BRIDGE} link add br0 type bridge"))?;
        ip(&format!("-n {BRIDGE} link set br0 up"))?;
        for (n, (name, v4, v6)) in ENDS.into_iter().enumerate() {
            ip(&format!(
                "-n {BRIDGE} link add port{n} type veth peer name eth0 netns {name}"
            ))?;
            ip(&format!("-n {BRIDGE} link set port{n} master br0 up"))?;
            ip(&format!("-n {name} link set eth0 up"))?;
            ip(&format!("-n {name} addr add {v4}/24 dev eth0"))?;
            ip(&format!("-n {name} addr add {v6}/64 dev eth0 nodad"))?;
        }
        Ok(net)
    }

    /// What an earlier run left there, too.
    fn end(&self) {
        for name in [ENDS[0].0, ENDS[1].0, BRIDGE] {
            let _ = said(Command::new("ip").args(["netns", "del", name]));
        }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        self.end();
    }
}

/// A command of a shell in a namespace.
fn within(namespace: &str, words: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, "bash", "-c", words]);
    command
}

/// A capture while it is made.
struct Capturing {
    tcpdump: Child,
    path: PathBuf,
}

impl Capturing {
    /// Begins, and waits until it has begun.
    fn begin(path: &Path, options: &str) -> Result<Capturing, String> {
        let words = format!(
            "exec tcpdump -Z root -U --immediate-mode -B 32768 -n {options} -w {}",
            path.display()
        );
        let mut tcpdump = within(BRIDGE, &words)
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| format!("tcpdump: {e}"))?;
        let said = tcpdump.stderr.take();
        let mut lines = said
            .into_iter()
            .flat_map(|said| BufReader::new(said).lines());
        let begins = |line: std::io::Result<String>| line.is_ok_and(|l| l.contains("listening on"));
        if !lines.any(begins) {
            let _ = tcpdump.kill();
            return Err(format!("tcpdump {options} does not listen"));
        }
        // What it says at its end is read by nobody else.
        thread::spawn(move || lines.for_each(drop));
        Ok(Capturing {
            tcpdump,
            path: path.to_owned(),
        })
    }

    /// Ends it when the last packet is there.
    fn end(mut self) -> Done {
        let begun = Instant::now();
        let has_last = || {
            let bytes = fs::read(&self.path).unwrap_or_default();
            bytes.windows(LAST.len()).any(|w| w == LAST.as_bytes())
        };
        let mut whole = has_last();
        while !whole && begun.elapsed() < WHOLE_WITHIN {
            thread::sleep(Duration::from_millis(20));
            whole = has_last();
        }
        let _ = self.tcpdump.kill();
        let _ = self.tcpdump.wait();
        match whole {
            true => Ok(()),
            false => Err(format!("{}: it is not whole", self.path.display())),
        }
    }
}

/// Where the same packets are captured: name, options of tcpdump. The first is what others are held against. With the
/// usual length of a packet, tcpdump's buffer has room for a few only, and bursts are lost.
const POINTS: [(&str, &str); 4] = [
    ("one", "-i port0 -s 2048"),
    ("any", "-i any -s 2048"),
    ("bridge", "-i br0 -s 2048"),
    ("short", "-i port0 -s 96"),
];

/// Makes the captures, and holds `inspect` against tshark and against itself.
pub fn captures(args: &[String]) -> Done {
    if !is_root() {
        return Err("network namespaces are made by root alone".to_owned());
    }
    let lacks = ["ffmpeg", "gst-launch-1.0", "sipp", "tcpdump", "tshark"]
        .iter()
        .any(|program| said(Command::new("which").arg(program)).is_err());
    if lacks {
        install(&PACKAGES)?;
    }
    webrtc_tools()?;
    // What is counted does not depend on how it was built.
    use_development_build();
    build()?;
    let folder = root().join("target/captures");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let net = Net::new()?;
    let mut sum = Sum::default();
    let only = option(args, "--only");
    for sender in senders() {
        if only.is_some_and(|only| !sender.name.contains(only)) {
            continue;
        }
        // Addresses of IPv6 are written otherwise by each program; sound alone is enough for it.
        let is_gstreamer = sender.name.starts_with("gstreamer");
        for v6 in [false, true] {
            if v6 && !is_gstreamer {
                continue;
            }
            let family = if v6 { "v6" } else { "v4" };
            let stem = format!("{}-{family}", sender.name);
            match made(&folder, &stem, &sender, v6) {
                Ok(made) => compare(&stem, &made, &mut sum)?,
                Err(why) => sum.wrong.push(format!("{stem}: {why}")),
            }
        }
    }
    drop(net);
    sum.print();
    match sum.wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("{} differences without a reason", sum.wrong.len())),
    }
}

/// Captures what one sends at each point; paths in the order of [`POINTS`].
fn made(folder: &Path, stem: &str, sender: &Sender, v6: bool) -> Result<Vec<PathBuf>, String> {
    let address = |n: usize| if v6 { ENDS[n].2 } else { ENDS[n].1 };
    let fill = |words: &str| {
        let words = words.replace("{to}", address(1));
        let words = words.replace("{from}", address(0));
        words.replace("{folder}", &folder.display().to_string())
    };
    let mut capturing = Vec::new();
    for (point, options) in POINTS {
        let path = folder.join(format!("{stem}.{point}.pcap"));
        let _ = fs::remove_file(&path);
        capturing.push(Capturing::begin(&path, options)?);
    }
    let paths: Vec<PathBuf> = capturing.iter().map(|c| c.path.clone()).collect();
    let quiet = |mut command: Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::null()).spawn()
    };
    let answers = sender.answers.as_deref().map(fill);
    let answering = answers.map(|words| quiet(within(ENDS[1].0, &format!("exec {words}"))));
    let seconds = SENDS_WITHIN.as_secs();
    let sends = format!("exec timeout {seconds} {}", fill(&sender.sends));
    let sent = said(&mut within(ENDS[0].0, &sends));
    if let Some(Ok(mut answering)) = answering {
        let _ = answering.kill();
        let _ = answering.wait();
    }
    let last = format!("echo '{LAST}' > /dev/udp/{}/9", address(1));
    let last = run(&mut within(ENDS[0].0, &last));
    let ended: Vec<Done> = capturing.into_iter().map(Capturing::end).collect();
    sent?;
    last?;
    ended.into_iter().collect::<Done>()?;
    Ok(paths)
}

type Counts = BTreeMap<&'static str, u64>;

/// How many frames of each kind, for tshark.
fn theirs(path: &Path) -> Result<Counts, String> {
    let heuristics = ["rtp_udp", "rtcp_udp"];
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-2"]);
    for heuristic in heuristics {
        tshark.args(["--enable-heuristic", heuristic]);
    }
    let lines = said(
        tshark
            .args(["-T", "fields", "-e", "frame.protocols", "-r"])
            .arg(path),
    )?;
    let mut counts = Counts::new();
    // What comes back for want of a listener holds the packet's beginning, and is none.
    let packets = lines.lines().filter(|line| !line.contains(":icmp"));
    for line in packets {
        let mut layers = line.split(':');
        let kind = layers.find_map(|layer| KINDS.into_iter().find(|kind| *kind == layer));
        *counts.entry(kind.unwrap_or("other")).or_default() += 1;
    }
    Ok(counts)
}

/// How many of each kind `inspect` counts, and how many packets were there more than once.
fn ours(path: &Path) -> Result<(Counts, u64), String> {
    let muteproof = programs().join("muteproof");
    let out = Command::new(muteproof)
        .args(["inspect", "--json"])
        .arg(path)
        .output()
        .map_err(|e| format!("muteproof inspect: {e}"))?;
    let json = String::from_utf8_lossy(&out.stdout).into_owned();
    let number = |name: &str| {
        let (_, behind) = json.split_once(&format!("\"{name}\":"))?;
        let end = behind.find(|c: char| !c.is_ascii_digit())?;
        behind[..end].parse::<u64>().ok()
    };
    let mut counts = Counts::new();
    for kind in KINDS {
        let n = number(kind).ok_or_else(|| format!("{}: {json}", path.display()))?;
        counts.insert(kind, n);
    }
    Ok((counts, number("repeated").unwrap_or(0)))
}

#[derive(Default)]
struct Sum {
    captures: usize,
    agreed: u64,
    repeated: u64,
    explained: Vec<String>,
    wrong: Vec<String>,
}

impl Sum {
    fn print(&self) {
        println!(
            "{} captures, {} datagrams of {} counted as tshark counts them, {} copies counted once",
            self.captures,
            self.agreed,
            KINDS.join(", "),
            self.repeated
        );
        for (what, lines) in [
            ("explained", &self.explained),
            ("WITHOUT A REASON", &self.wrong),
        ] {
            if !lines.is_empty() {
                println!("{what}:");
            }
            lines.iter().for_each(|line| println!("  {line}"));
        }
    }
}

/// At one place as tshark counts, and at the others as at this one.
fn compare(stem: &str, paths: &[PathBuf], sum: &mut Sum) -> Done {
    let theirs = theirs(&paths[0])?;
    for (path, (point, _)) in paths.iter().zip(POINTS) {
        let (ours, repeated) = ours(path)?;
        sum.captures += 1;
        sum.repeated += repeated;
        for kind in KINDS {
            let [theirs, ours] = [&theirs, &ours].map(|of| of.get(kind).copied().unwrap_or(0));
            if theirs == ours {
                sum.agreed += ours;
                continue;
            }
            let line = format!("{stem}.{point}: {kind}: tshark {theirs}, inspect {ours}");
            let known = |(name, of, _): &&(&str, &str, &str)| stem.contains(name) && *of == kind;
            match DIFFER.iter().find(known) {
                Some((.., why)) => sum.explained.push(format!("{line}: {why}")),
                None => sum.wrong.push(line),
            }
        }
    }
    Ok(())
}
