//! Real programs with real sound libraries: what the helper says is what they got.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::*;
use tap::{Api, Body, Frame, Samples};

/// A PulseAudio of its own whose only source is a tone (silence would be the same everywhere).
fn sound(net: &Net, folder: &Path) -> Running {
    let socket = folder.join("native");
    let server = net
        .command("pulseaudio")
        .args([
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
        ])
        .arg("-L")
        .arg(format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            socket.display()
        ))
        .args(["-L", "module-sine-source source_name=tone rate=48000"])
        .envs([("HOME", folder), ("XDG_RUNTIME_DIR", folder)])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = Running(server);
    wait_until("PulseAudio's socket", || socket.exists());
    server
}

fn client(net: &Net, folder: &Path, program: &str) -> Command {
    let mut command = net.command(program);
    command
        .env(
            "PULSE_SERVER",
            format!("unix:{}", folder.join("native").display()),
        )
        .env("HOME", folder)
        .env("XDG_RUNTIME_DIR", folder);
    command
}

/// The reads by `door`: how many bytes, and those that were handed over.
fn read_by(frames: &[Frame], door: Api) -> Vec<(usize, Vec<u8>)> {
    let read = frames.iter().filter_map(|frame| match &frame.body {
        Body::Read {
            door: by,
            bytes,
            data,
            ..
        } if *by == door => Some((*bytes as usize, data.clone())),
        _ => None,
    });
    read.collect()
}

/// All reads by `door` are known to be 16-bit samples: the library was asked for them in our sight.
fn are_16_bit(frames: &[Frame], door: Api) {
    let mut formats = frames.iter().filter_map(|frame| match &frame.body {
        Body::Read {
            door: by, samples, ..
        } if *by == door => Some(*samples),
        _ => None,
    });
    assert!(
        formats.all(|format| format == Some(Samples::S16)),
        "{door:?}"
    );
}

/// `wrote` is what a program made of the reads: all of it, but for what it read and did not come to
/// write before it was ended.
fn is_what_was_read(wrote: &[u8], reads: &[(usize, Vec<u8>)]) {
    assert!(
        wrote.len() > 48_000,
        "only {} bytes were written",
        wrote.len()
    );
    assert!(
        wrote.iter().any(|byte| *byte != wrote[0]),
        "the tone was not heard"
    );
    let seen: usize = reads.iter().map(|(bytes, _)| bytes).sum();
    let rest = seen.checked_sub(wrote.len());
    assert!(
        rest.is_some_and(|rest| rest < 1 << 17),
        "{seen} seen, {} written",
        wrote.len()
    );
    are_the_same(wrote, reads);
}

/// As far as both go.
fn are_the_same(wrote: &[u8], reads: &[(usize, Vec<u8>)]) {
    let mut at = 0;
    for (bytes, data) in reads {
        // Of longer ones the first part is handed over.
        assert_eq!(data.len(), (*bytes).min(tap::DATA_MAX));
        let same = data
            .iter()
            .zip(wrote.get(at..).unwrap_or_default())
            .all(|(a, b)| a == b);
        assert!(
            same,
            "other bytes were seen than were written, of {bytes} at {at}"
        );
        at += bytes;
    }
}

#[test]
fn parec_writes_what_was_seen() {
    if skipped() || !there("pulseaudio") || !there("parec") {
        return;
    }
    let (folder, net) = (tempfile::tempdir().unwrap(), Net::new());
    let _server = sound(&net, folder.path());
    let helper = Helper::start(&net, &[]);
    let wrote = folder.path().join("wrote");
    let parec = client(&net, folder.path(), "parec")
        .args([
            "--raw",
            "--device=tone",
            "--format=s16le",
            "--rate=48000",
            "--channels=1",
        ])
        .stdout(fs::File::create(&wrote).unwrap())
        .spawn()
        .unwrap();
    let parec = Running(parec);
    let pid = parec.0.id();
    wait_until("sound", || fs::metadata(&wrote).unwrap().len() > 150_000);
    drop(parec);
    let frames = helper.end();
    assert_eq!(lost(&frames), 0);
    is_what_was_read(&fs::read(&wrote).unwrap(), &read_by(&frames, Api::Pulse));
    are_16_bit(&frames, Api::Pulse);
    assert!(
        frames
            .iter()
            .all(|f| f.pid == 0 || f.pid == pid && f.command() == "parec")
    );
}

#[test]
fn pa_simple_gives_what_was_seen() {
    if skipped() || !there("pulseaudio") || !there("python3") {
        return;
    }
    const READER: &str = r#"
import ctypes, sys
pa = ctypes.CDLL("libpulse-simple.so.0")
class Spec(ctypes.Structure):
    _fields_ = [("format", ctypes.c_int), ("rate", ctypes.c_uint32), ("channels", ctypes.c_uint8)]
pa.pa_simple_new.restype = ctypes.c_void_p
spec, error = Spec(3, 48000, 1), ctypes.c_int()
simple = pa.pa_simple_new(None, b"reader", 2, b"tone", b"test", ctypes.byref(spec), None, None, ctypes.byref(error))
assert simple, error.value
block = ctypes.create_string_buffer(1920)
for _ in range(60):
    assert pa.pa_simple_read(ctypes.c_void_p(simple), block, len(block), ctypes.byref(error)) == 0
    sys.stdout.buffer.write(block.raw)
"#;
    let (folder, net) = (tempfile::tempdir().unwrap(), Net::new());
    let _server = sound(&net, folder.path());
    let helper = Helper::start(&net, &[]);
    let out = client(&net, folder.path(), "python3")
        .args(["-c", READER])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    if said.contains("cannot open shared object") {
        println!("SKIPPED: libpulse-simple is not installed");
        return;
    }
    assert!(out.status.success(), "{said}");
    let frames = helper.end();
    let by_simple = |f: &&Frame| {
        matches!(
            f.body,
            Body::Read {
                door: Api::PulseSimple,
                ..
            }
        )
    };
    assert_eq!(
        (lost(&frames), frames.iter().filter(by_simple).count()),
        (0, 60)
    );
    is_what_was_read(&out.stdout, &read_by(&frames, Api::PulseSimple));
    are_16_bit(&frames, Api::PulseSimple);
    // Below it, libpulse: the same bytes again, in its own portions, the last of which was not
    // used up.
    let below = read_by(&frames, Api::Pulse);
    assert!(below.iter().map(|(bytes, _)| bytes).sum::<usize>() > 48_000);
    are_the_same(&out.stdout, &below);
}

#[test]
fn arecord_writes_what_was_seen() {
    if skipped() || !there("pulseaudio") || !there("arecord") {
        return;
    }
    let (folder, net) = (tempfile::tempdir().unwrap(), Net::new());
    let _server = sound(&net, folder.path());
    let helper = Helper::start(&net, &[]);
    let run = |more: &[&str]| {
        let out = client(&net, folder.path(), "arecord")
            .args(["-q", "-t", "raw", "-f", "S16_LE", "-c", "2"])
            .args(["-r", "48000", "-d", "1"])
            .args(more)
            .output();
        let out = out.unwrap();
        (
            out.stdout,
            String::from_utf8_lossy(&out.stderr).into_owned(),
            out.status.success(),
        )
    };
    fs::write(
        folder.path().join(".asoundrc"),
        "pcm.tone { type pulse device tone }\n",
    )
    .unwrap();
    let (wrote, said, done) = run(&["-D", "tone"]);
    if !done && said.contains("libasound_module_pcm_pulse") {
        println!("SKIPPED: libasound2-plugins is not installed");
        return;
    }
    assert!(done, "{said}");
    let (wrote_by_mmap, said, done) = run(&["-D", "plug:tone", "-M"]);
    assert!(done, "{said}");
    let frames = helper.end();
    assert_eq!(lost(&frames), 0);
    are_16_bit(&frames, Api::Alsa);
    let (mut first, mut pids) = (Vec::new(), Vec::new());
    for frame in frames.iter().filter(|f| {
        matches!(
            f.body,
            Body::Read {
                door: Api::Alsa,
                ..
            }
        )
    }) {
        if pids.last() != Some(&frame.pid) {
            pids.push(frame.pid);
            first.push(Vec::new());
        }
        first.last_mut().unwrap().push(frame.clone());
    }
    let seen: Vec<_> = first.iter().map(|of| read_by(of, Api::Alsa)).collect();
    assert_eq!(seen.len(), 2);
    is_what_was_read(&wrote, &seen[0]);
    is_what_was_read(&wrote_by_mmap, &seen[1]);
}

/// libsrtp itself: each packet as it was before, whole.
#[test]
fn rtp_is_seen_before_libsrtp_protects_it() {
    if skipped() {
        return;
    }
    let (folder, net) = (tempfile::tempdir().unwrap(), Net::new());
    let program = folder.path().join("srtp");
    let c = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/srtp.c");
    gcc(&["-o".as_ref(), program.as_ref(), c.as_ref()]);
    let library = "libsrtp2.so.1";
    let tried = Command::new(&program)
        .args([library, "/dev/null"])
        .stdin(Stdio::null())
        .status();
    if tried.unwrap().code() == Some(77) {
        println!("SKIPPED: {library} is not installed");
        return;
    }
    let helper = Helper::start(&net, &[]);
    let mut app = App::with(net.command(&program), library, folder.path().join("told"));
    let expected = app.go();
    let frames = helper.end();
    let seen: Vec<_> = frames.iter().filter_map(told).collect();
    assert_eq!((lost(&frames), expected.len()), (0, 5));
    assert!(seen == expected, "{} seen", seen.len());
}

/// A PipeWire of its own with one output, on which a tone plays; the programs in the order in which they
/// have to end.
fn pipewire(net: &Net, folder: &Path) -> Vec<Running> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "pipewire/pipewire.conf",
        include_str!("pipewire/pipewire.conf"),
    );
    write(
        "wireplumber/main.lua.d/60-test.lua",
        "alsa_monitor.enabled = false\nv4l2_monitor.enabled = false\n\
         libcamera_monitor.enabled = false\n\
         default_access.properties[\"enable-flatpak-portal\"] = false\n",
    );
    write(
        "wireplumber/bluetooth.lua.d/60-test.lua",
        "bluez_monitor.enabled = false\n",
    );
    fs::write(folder.join("tone.wav"), tone()).unwrap();
    let start = |program: &str, args: &[&str]| {
        let child = pipewire_command(net, folder, program)
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Running(child.unwrap())
    };
    let server = start("pipewire", &[]);
    wait_until("PipeWire's socket", || folder.join("pipewire-0").exists());
    let manager = start("wireplumber", &[]);
    let player = start("pw-play", &[&folder.join("tone.wav").display().to_string()]);
    vec![player, manager, server]
}

fn pipewire_command(net: &Net, folder: &Path, program: &str) -> Command {
    let mut command = net.command(program);
    command
        .envs([
            ("HOME", folder),
            ("XDG_RUNTIME_DIR", folder),
            ("XDG_CONFIG_HOME", folder),
            ("XDG_STATE_HOME", folder),
        ])
        // Nobody's bus is asked.
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    command
}

/// Two minutes of a tone: WAV, 48 kHz, 16 bits, one channel.
fn tone() -> Vec<u8> {
    const N: u32 = 120 * 48_000;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + 2 * N).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    for word in [16u32, 1 | 1 << 16, 48_000, 96_000, 2 | 16 << 16] {
        wav.extend(word.to_le_bytes());
    }
    wav.extend(b"data");
    wav.extend((2 * N).to_le_bytes());
    let sample = |i: u32| (8_000.0 * (f64::from(i) * 0.05).sin()) as i16;
    wav.extend((0..N).flat_map(|i| sample(i).to_le_bytes()));
    wav
}

/// More than any header of a WAV file takes.
const WAV_HEAD: usize = 256;

#[test]
fn pw_record_writes_what_was_seen() {
    let needed = ["pipewire", "wireplumber", "pw-play", "pw-record"];
    if skipped() || !needed.into_iter().all(there) {
        return;
    }
    let (folder, net) = (tempfile::tempdir().unwrap(), Net::new());
    let _servers = pipewire(&net, folder.path());
    let helper = Helper::start(&net, &[]);
    let wrote = folder.path().join("wrote.wav");
    let recorder = pipewire_command(&net, folder.path(), "pw-record")
        .args(["-P", "{ stream.capture.sink = true }"])
        .args(["--rate", "48000", "--channels", "1", "--format", "s16"])
        .arg(&wrote)
        .stderr(Stdio::null())
        .spawn();
    let recorder = Running(recorder.unwrap());
    let pid = recorder.0.id();
    // The session manager joins player and recorder to the output when it gets to it.
    wait_until("the tone", || {
        let wrote = fs::read(&wrote).unwrap_or_default();
        let heard = wrote.iter().skip(WAV_HEAD).any(|byte| *byte != 0);
        wrote.len() > 300_000 && heard
    });
    drop(recorder);
    let frames = helper.end();
    assert_eq!(lost(&frames), 0);
    let of_it = |frame: &&Frame| frame.pid == pid;
    let frames: Vec<Frame> = frames.iter().filter(of_it).cloned().collect();
    let wav = fs::read(&wrote).unwrap();
    let data = wav.windows(4).position(|w| w == b"data").expect("a chunk");
    is_what_was_read(&wav[data + 8..], &read_by(&frames, Api::PipeWire));
}
