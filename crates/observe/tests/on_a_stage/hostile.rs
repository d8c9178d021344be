//! What an audited app may try on a stage, and what must come of it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use recipe::Sound;
use stage::ns::STAGE_DIR;
use stage::pulse::{Meter, start_recorder};
use stage::sound::OnEnd;
use stage::{Side, SoundServer};

/// A second recorder that says of itself exactly what the stage's says: it is somebody else all the same.
pub fn who_calls_itself_as_we_do_is_seen(_app: Side, _peer: Side) {
    let logs = Path::new(STAGE_DIR).join("logs");
    fs::create_dir_all(&logs).unwrap();
    for (sound, name) in [
        (Sound::PulseAudio, "sound-pulse"),
        (Sound::PipeWire, "sound-pw"),
    ] {
        let on_end: OnEnd = Arc::new(|_, _| {});
        let server = SoundServer::start(sound, name, &logs, &on_end).unwrap();
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
