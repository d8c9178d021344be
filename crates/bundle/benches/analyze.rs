//! From a folder on disk to a judgement: what `muteproof analyze` does before it prints.
//!
//! Two sizes, so that growth shows: 10 and 60 minutes of 100 packets a second; and an hour with all
//! codes at once.

use std::hint::black_box;
use std::path::Path;

use bundle::{Bundle, Writer};
use criterion::{Criterion, criterion_group, criterion_main};
use record::Body;
use simulate::{Microphone, Sends, scene};
use verdict::{Judgement, Options, Sealed};

/// A sealed bundle of an app that goes on sending while muted, 100 packets a second.
fn written(dir: &Path, blocks: u32, all_codes: bool) {
    let control = 90;
    let scene = scene(1)
        .blocks(control, blocks - control)
        .muted(Sends::Constant, Microphone::Running);
    let recording = match all_codes {
        true => scene.all_codes().record(),
        false => scene.record(),
    };
    let mut writer = Writer::create(dir, &recording.manifest, &recording.seed).unwrap();
    let offset_ns = recording.records.iter().find_map(|r| match r.body {
        Body::ClockPair { realtime_ns, .. } => Some(realtime_ns - r.t.0),
        _ => None,
    });
    let mut capture = writer.capture_file("eth0", 65_535, "benchmark").unwrap();
    for (t, frame) in &recording.packets {
        // The scene sends 50 packets a second; each is followed by its twin.
        for later_ns in [0, 10_000_000] {
            let wall_ns = t.0 + offset_ns.unwrap_or(0) + later_ns;
            capture.packet(wall_ns, frame.len() as u32, frame).unwrap();
        }
    }
    capture.flush().unwrap();
    for record in recording.records {
        writer.push(record.t, record.source, record.body).unwrap();
    }
    writer.seal().unwrap();
}

fn analyze(dir: &Path) -> Judgement {
    let bundle = Bundle::open(dir).unwrap();
    let session = bundle.session();
    verdict::judge(
        &session,
        bundle.seed(),
        Sealed::Unchanged,
        &Options::default(),
    )
}

fn sizes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("analyze");
    group.sample_size(10);
    for (minutes, all_codes) in [(10, false), (60, false), (60, true)] {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("bundle");
        written(&dir, minutes * 60, all_codes);
        let packets = Bundle::open(&dir).unwrap().packets().len();
        println!("{minutes} min: {packets} packets");
        let codes = if all_codes { "-all-codes" } else { "" };
        group.bench_function(format!("{minutes}min-100pps{codes}"), |b| {
            b.iter(|| black_box(analyze(&dir)));
        });
    }
    group.finish();
}

criterion_group!(benches, sizes);
criterion_main!(benches);
