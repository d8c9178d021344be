//! A run that is interrupted and goes on with what its cache has.

mod common;

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Tones, tone, wave};
use export::{Cache, Gathered, Gathering, gather};
use voices::{Ears, Embedding, Listening};

/// Counts the stretches of speech that they hear.
#[derive(Default)]
struct Counted(AtomicUsize);

impl Ears for Counted {
    fn speech(&self, samples: &[f32], heard: &mut Listening) -> Vec<f32> {
        Tones.speech(samples, heard)
    }

    fn voice(&self, speech: &[f32]) -> Option<Embedding> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Tones.voice(speech)
    }
}

const CLIPS: usize = 12;

#[test]
fn what_was_heard_is_not_heard_again() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    fs::create_dir(&export).unwrap();
    for i in 0..CLIPS {
        // No two alike: a recording is known by its bytes.
        let hz = if i == 5 { 900.0 } else { 200.0 + i as f64 };
        fs::write(export.join(format!("{i:02}.wav")), wave(&tone(hz, 2.0))).unwrap();
    }
    let run = |until: u64| -> (Gathered, usize) {
        let cache = Cache::open(&folder.path().join("cache"), "passphrase").unwrap();
        let ears = Counted::default();
        let gathered = gather(
            &export,
            &mut |_| None,
            &Gathering {
                ears: &ears,
                threads: 2,
                known: &|_, bytes| cache.known(bytes),
                keep: &|recording, bytes| cache.keep(bytes, &recording.heard),
                told: &|progress| progress.files < until,
            },
        )
        .unwrap();
        cache.done().unwrap();
        (gathered, ears.0.into_inner())
    };
    let (part, heard) = run(5);
    assert_eq!((part.recordings.len(), heard), (5, 5));
    let (whole, heard) = run(u64::MAX);
    assert_eq!((whole.recordings.len(), heard), (CLIPS, CLIPS - 5));
    let (again, heard) = run(u64::MAX);
    assert_eq!((again.recordings, heard), (whole.recordings, 0));
}
