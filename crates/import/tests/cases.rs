//! Captures in which something leaves and an earlier version cleared or did not answer, made by others. They lie
//! beside the project, not in it; each stands for a kind that `simulate/tests/kinds.rs` and `elsewhere.rs` hold
//! by recordings of our own.

use std::path::{Path, PathBuf};

use import::{CaptureOptions, Drift, MutedSpan, Options};
use record::Body;
use verdict::{Judgement, Note, Verdict, judge};

/// Where they lie; nothing where they are not there.
fn folder() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = here.join("../../../shared/data/cases/verdict");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

struct Judged {
    judgement: Judgement,
    offset_s: f64,
}

fn judged(
    folder: &Path,
    capture: &str,
    schedule: &str,
    muted: (f64, f64),
    search_s: u32,
) -> Judged {
    let dir = tempfile::tempdir().unwrap();
    let of = CaptureOptions {
        captures: vec![folder.join(format!("{capture}.pcap"))],
        keylog: None,
        device: Vec::new(),
        domains: Vec::new(),
        search_s,
        drift: Drift::Searched(100),
        here: None,
    };
    let options = Options {
        schedule: folder.join(format!("{schedule}.json")),
        out: dir.path().join("out"),
        muted: Some(MutedSpan {
            from_s: muted.0,
            to_s: muted.1,
        }),
        ..Options::default()
    };
    let bundle = import::capture(&of, &options).unwrap();
    let session = bundle.session();
    let offset_s = bundle.records.iter().find_map(|r| match r.body {
        Body::Aligned { offset_ns, .. } => Some(offset_ns as f64 / 1e9),
        _ => None,
    });
    let options = verdict::Options::default();
    Judged {
        judgement: judge(
            &session,
            bundle.seed(),
            verdict::Sealed::Unchanged,
            &options,
        ),
        offset_s: offset_s.unwrap(),
    }
}

const SMOKE: (&str, (f64, f64)) = ("smoke-0", (74.0, 139.0));
const QUICK: (&str, (f64, f64)) = ("quick-0", (119.0, 304.0));

#[test]
fn what_leaves_in_another_way_than_by_its_mean_is_found() {
    let Some(folder) = folder() else { return };
    for (capture, (schedule, muted)) in [
        ("samplefix", SMOKE),
        ("samplefix-quick", QUICK),
        ("bitmask", QUICK),
        ("statecode", QUICK),
        ("delay4", QUICK),
        ("dscp", QUICK),
        ("sourceport", QUICK),
        ("guard-phase-smoke", SMOKE),
    ] {
        let Judged { judgement, .. } = judged(&folder, capture, schedule, muted, 0);
        let verdict = &judgement.verdict;
        assert!(
            matches!(verdict, Verdict::Leaks { .. }),
            "{capture}: {verdict:?}"
        );
    }
}

/// Found, or named as what this run could not have seen.
#[test]
fn what_comes_too_rarely_or_off_the_grid_clears_nobody() {
    let Some(folder) = folder() else { return };
    let standard = ("standard-1", (119.0, 1_924.0));
    for (capture, (schedule, muted)) in [
        ("every10", QUICK),
        ("arp", SMOKE),
        ("minute-half-off-standard", standard),
    ] {
        let Judged { judgement, .. } = judged(&folder, capture, schedule, muted, 0);
        let blind = |note: &Note| matches!(note, Note::BlindFields { .. });
        match &judgement.verdict {
            Verdict::Leaks { .. } => {}
            Verdict::PartlySeen {
                opaque_bytes_per_min,
            } => {
                let named = judgement.notes.iter().any(blind);
                assert!(named || *opaque_bytes_per_min > 0.0, "{capture}");
            }
            other => panic!("{capture}: {other:?}"),
        }
    }
}

/// By levels, and whichever way the clock is off.
#[test]
fn clocks_are_found_and_not_moved_by_chance() {
    let Some(folder) = folder() else { return };
    let (schedule, muted) = SMOKE;
    for (capture, offset_s) in [
        ("pcmu-constant-rate", 0.0),
        ("offset0", 0.0),
        ("offset-13", 13.0),
    ] {
        let judged = judged(&folder, capture, schedule, muted, 60);
        let verdict = &judged.judgement.verdict;
        assert!(
            matches!(verdict, Verdict::Leaks { .. }),
            "{capture}: {verdict:?}"
        );
        assert!(
            (judged.offset_s - offset_s).abs() < 0.3,
            "{capture}: {}",
            judged.offset_s
        );
    }
}
