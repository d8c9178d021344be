//! What an audited app may try on a stage, and what must come of it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use recipe::Sound;
use stage::ns::STAGE_DIR;
use stage::pulse::{Meter, start_recorder};
use stage::sound::{OUTPUT, OnEnd};
use stage::{Side, SoundServer};

/// A second recorder that says of itself exactly what the stage's says: it is somebody else all the same.
pub fn who_calls_itself_as_we_do_is_seen(_app: Side, _peer: Side) {
    let logs = Path::new(STAGE_DIR).join("logs");
    fs::create_dir_all(&logs).unwrap();
    for (sound, name) in [
        (Sound::PulseAudio, "sound-pulse"),
        (Sound::PipeWire, "sound-pw"),
    ] {
        let here = |program: &&str| Path::new("/usr/bin").join(program).exists();
        if sound == Sound::PipeWire && !stage::pipewire::PROGRAMS.iter().all(here) {
            println!("skipped: PipeWire is not here");
            continue;
        }
        let on_end: OnEnd = Arc::new(|_, _| {});
        let server = SoundServer::start(sound, name, OUTPUT, &logs, &on_end).unwrap();
        let record =
            || start_recorder(&server.socket(), "mic", Meter::default(), |_, _| {}).unwrap();
        let ours = record();
        server.own().records(ours);
        let liar = record();
        assert_ne!(ours, liar);
        let mut view = server.view().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let streams = view.streams().unwrap();
            let seen: Vec<u32> = streams.iter().map(|stream| stream.index).collect();
            assert!(!seen.contains(&ours), "{sound}: {streams:?}");
            if seen == [liar] {
                assert_eq!(streams[0].application, "muteproof", "{sound}");
                break;
            }
            assert!(Instant::now() < deadline, "{sound}: {streams:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Runs a Python program on the app's side; what it printed.
fn python(app: &Side, program: &str) -> String {
    let argv = ["/usr/bin/python3", "-c", program].map(str::to_owned);
    let out = app.command(&argv).output().unwrap();
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// The terminal, and what the shell that started all had open: the harness opened something that stays open.
pub fn nothing_of_the_person_s_is_on_a_side(app: Side, _peer: Side) {
    let said = python(
        &app,
        "import os, ctypes\n\
         try: os.open('/dev/tty', os.O_RDWR); print('a terminal')\n\
         except OSError as e: print(e.strerror)\n\
         print(sorted(int(f) for f in os.listdir('/proc/self/fd') if int(f) > 2)[1:])\n\
         print(os.getsid(0) == os.getpid())",
    );
    assert_eq!(said, "No such device or address\n[]\nTrue");
}

/// Nobody's number inside is the machine's root outside, whoever audits.
pub fn no_side_is_the_machine_s_root(app: Side, peer: Side) {
    for side in [&app, &peer] {
        let map = fs::read_to_string(format!("/proc/{}/uid_map", side.pid())).unwrap();
        assert_eq!(map.split_whitespace().next(), Some("1000"), "{map}");
    }
    let outer = fs::read_to_string("/proc/self/uid_map").unwrap();
    let outer: Vec<&str> = outer.split_whitespace().collect();
    assert_eq!((outer[0], outer[2]), ("0", "1"));
    assert_ne!(outer[1], "0", "the stage's root is the machine's");
    let said = python(
        &app,
        "for p in ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname']:\n\
         \x20try: open(p, 'w'); print('open')\n\
         \x20except OSError as e: print(type(e).__name__)",
    );
    assert_eq!(said, "PermissionError\nPermissionError");
}

/// What the filter says, asked by a program on a side.
pub fn calls_that_no_app_needs_are_shut(app: Side, _peer: Side) {
    let said = python(
        &app,
        "import ctypes, errno, os\n\
         c = ctypes.CDLL(None, use_errno=True)\n\
         def e(n, *a):\n\
         \x20c.syscall(n, *a); return errno.errorcode.get(ctypes.get_errno(), '')\n\
         print(e(250, 0, -3, 0), e(321, 0, 0, 0), e(435, 0, 0), e(425, 1, 0), e(444, 0, 0, 1), e(165, 0, 0, 0, 0, 0))\n\
         print(c.unshare(0x10000000))",
    );
    assert_eq!(said, "EPERM EPERM ENOSYS ENOSYS ENOSYS EPERM\n0");
}
