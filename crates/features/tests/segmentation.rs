//! Blocks lie where their sound was heard, and nowhere else.

mod common;

use common::*;
use features::segment;
use proptest::prelude::*;
use record::*;

const SYMBOLS: [bool; 12] = [
    true, false, false, true, true, false, true, false, true, true, false, true,
];

/// A control phase whose sound arrives `late_ms` after its nominal time.
fn scene(symbols: &[bool], late_ms: i64) -> Scene {
    let mut scene = Scene::new(symbols.len() as u32, 0);
    scene.begin(START.0, Phase::Control);
    scene.heard(
        (START.0 + LATENCY_NS).strict_add_signed(late_ms * MS as i64),
        symbols,
    );
    scene.push(START.0 + 60 * SECOND, Source::Stage, Body::Finished);
    scene
}

#[test]
fn blocks_follow_the_heard_edges() {
    for late_ms in [-250, -5, 0, 35, 120, 250] {
        let scene = scene(&SYMBOLS, late_ms);
        let segmentation = segment(&scene.session(), Player::Mic);
        // Hops are heard from the 40 ms of latency on, so on a grid of 5 ms like the blocks.
        assert_eq!(
            segmentation.control.median_delay_ns,
            Some(late_ms * MS as i64),
            "{late_ms}"
        );
        assert_eq!(
            (
                segmentation.control.worst_from_median_ns,
                segmentation.control.n_late
            ),
            (Some(0), 0)
        );
        assert_eq!(segmentation.blocks.len(), SYMBOLS.len());
        let first = START.offset(late_ms * MS as i64).0 + LATENCY_NS + 200 * MS;
        assert_eq!(
            segmentation.blocks[0].span,
            Span {
                from: MonotonicNs(first),
                to: MonotonicNs(first + SECOND)
            }
        );
        assert!(
            segmentation
                .blocks
                .windows(2)
                .all(|b| b[0].span.to == b[1].span.from)
        );
    }
}

#[test]
fn only_changes_are_edges() {
    let scene = scene(&[true, true, false, false], 0);
    // Quiet to loud at the start and loud to quiet in the middle.
    assert_eq!(segment(&scene.session(), Player::Mic).control.n_heard, 2);
}

#[test]
fn one_late_edge_is_told_and_moves_no_window() {
    let mut scene = scene(&SYMBOLS, 0);
    let Body::Levels { rms_dbfs, .. } = &mut scene.records[2].body else {
        panic!()
    };
    // Block 3 rises 150 ms late.
    rms_dbfs[800..830].fill(-60.0);
    let segmentation = segment(&scene.session(), Player::Mic);
    assert_eq!(segmentation.control.median_delay_ns, Some(0));
    assert_eq!(segmentation.control.worst_from_median_ns, Some(150 * MS));
    assert_eq!(segmentation.control.n_late, 1);
    assert!(
        segmentation
            .blocks
            .iter()
            .all(|b| b.span.len_ns() == SECOND)
    );
}

#[test]
fn a_click_does_not_move_an_edge() {
    let mut scene = scene(&SYMBOLS, 0);
    let Body::Levels { rms_dbfs, .. } = &mut scene.records[2].body else {
        panic!()
    };
    // 15 ms of full scale in the quiet block 2, 100 ms before block 3 begins.
    rms_dbfs[780..783].fill(0.0);
    assert_eq!(
        segment(&scene.session(), Player::Mic)
            .control
            .worst_from_median_ns,
        Some(0)
    );
}

#[test]
fn a_prefix_has_the_blocks_that_ended_in_it() {
    let mut scene = scene(&SYMBOLS, 0);
    scene.records.pop();
    scene.push(
        START.0 + 4 * SECOND + 500 * MS,
        Source::Stage,
        Body::Unknown,
    );
    let whole = segment(&scene.session(), Player::Mic);
    // The fifth ends at 5.24 s, after the last record.
    assert_eq!(whole.blocks.len(), 4);
}

#[test]
fn silence_cuts_at_the_nominal_times() {
    let mut scene = Scene::new(3, 0);
    scene.begin(START.0, Phase::Control);
    scene.push(START.0 + 60 * SECOND, Source::Stage, Body::Finished);
    let segmentation = segment(&scene.session(), Player::Mic);
    assert_eq!(
        (
            segmentation.blocks.len(),
            segmentation.control.median_delay_ns
        ),
        (3, None)
    );
}

#[test]
fn each_player_is_cut_by_its_own_recorder() {
    let scene = scene(&SYMBOLS, 0);
    assert!(segment(&scene.session(), Player::Sham).blocks.is_empty());
}

/// The windows may not tell which blocks were loud: whatever the symbols, the same windows.
#[test]
fn windows_do_not_depend_on_the_symbols() {
    let reference = segment(&scene(&SYMBOLS, 70).session(), Player::Mic).blocks;
    for pattern in 1u32..200 {
        let symbols: Vec<bool> = (0..12)
            .map(|k| pattern.wrapping_mul(2_654_435_761) >> k & 1 == 1)
            .collect();
        if symbols.contains(&true) {
            assert_eq!(
                segment(&scene(&symbols, 70).session(), Player::Mic).blocks,
                reference
            );
        }
    }
}

proptest! {
    #[test]
    fn any_levels_give_blocks_in_order(
        levels in prop::collection::vec(any::<f32>(), 0..3_000),
        begin: u64,
        latency_ns: u64,
        block_ns in prop_oneof![any::<u64>(), Just(SECOND), Just(0)],
        guard_ns: u64,
        last: u64,
        hop_ns: u64,
    ) {
        let mut scene = Scene::new(8, u32::MAX);
        let protocol = &mut scene.manifest.as_mut().unwrap().protocol;
        (protocol.block_ns, protocol.guard_ns) = (block_ns, guard_ns);
        for phase in [Phase::Control, Phase::Muted] {
            let body = Body::PhaseBegin { phase, player: Player::Mic, latency_ns };
            scene.push(begin, Source::Player, body);
        }
        let body = Body::Levels { hop_ns, rms_dbfs: levels, peak_dbfs: 0.0 };
        scene.push(begin, Source::Mic, body);
        scene.push(last, Source::Stage, Body::Finished);
        let segmentation = segment(&scene.session(), Player::Mic);
        prop_assert!(segmentation.blocks.iter().all(|b| b.span.from <= b.span.to));
        let session = scene.session();
        let trace = features::Trace::new(&session);
        features::features(&trace, &features::readings(&trace), &segmentation);
    }
}

/// Blocks of a slower code are joined from the muted ones, whole ones only.
#[test]
fn a_slower_code_joins_muted_blocks() {
    let mut scene = Scene::new(12, 12);
    for (phase, start) in [(Phase::Control, START.0), (Phase::Muted, 40 * SECOND)] {
        scene.begin(start, phase);
        scene.heard(start + LATENCY_NS, &SYMBOLS);
    }
    scene.push(100 * SECOND, Source::Stage, Body::Finished);
    let fast = segment(&scene.session(), Player::Mic);
    assert_eq!(fast.blocks.len(), 24);
    let slower = fast.coarser(5);
    let muted: Vec<_> = fast.blocks[12..].to_vec();
    assert_eq!(slower.blocks.len(), 2);
    for (index, block) in slower.blocks.iter().enumerate() {
        assert_eq!((block.phase, block.index as usize), (Phase::Muted, index));
        assert_eq!(block.span.from, muted[5 * index].span.from);
        assert_eq!(block.span.to, muted[5 * index + 4].span.to);
    }
    assert!(fast.coarser(13).blocks.is_empty());
    assert_eq!(fast.coarser(0).blocks.len(), 12);
}

/// A muted phase that was ended early has the blocks that were whole by then; the control has all.
#[test]
fn a_phase_ended_early_has_its_whole_blocks() {
    let mut scene = Scene::new(12, 12);
    for (phase, start) in [(Phase::Control, START.0), (Phase::Muted, 40 * SECOND)] {
        scene.begin(start, phase);
        scene.heard(start + LATENCY_NS, &SYMBOLS);
    }
    let end = 40 * SECOND + LATENCY_NS + 7 * SECOND + SECOND / 2;
    let why = String::new();
    scene.push(end, Source::Stage, Body::Decided { why });
    scene.push(100 * SECOND, Source::Stage, Body::Finished);
    let segmentation = segment(&scene.session(), Player::Mic);
    let of = |phase| {
        segmentation
            .blocks
            .iter()
            .filter(|b| b.phase == phase)
            .count()
    };
    assert_eq!((of(Phase::Control), of(Phase::Muted)), (12, 7));
}

/// The sound server's seconds are longer than ours, and blocks with them.
#[test]
fn blocks_follow_the_sound_servers_clock() {
    let n = 200;
    let symbols: Vec<bool> = (0..n).map(|k| k % 3 == 0 || k % 7 == 0).collect();
    let ppm = 400;
    let stretched = |ns: u64| ns + ns * ppm / 1_000_000;
    let session = |told: bool| {
        let mut scene = Scene::new(n, 0);
        scene.begin(START.0, Phase::Control);
        let mut levels = vec![-60.0; 200];
        for hop in 0..200 * u64::from(n) {
            // The hop that is heard then, by a server whose seconds are longer.
            let block = hop * 5 * MS * 1_000_000 / (1_000_000 + ppm) / SECOND;
            let loud = symbols[block as usize];
            levels.push(if loud { -20.0 } else { -60.0 });
        }
        levels.extend([-60.0; 200]);
        scene.levels(START.0 + LATENCY_NS - SECOND, Source::Mic, levels);
        let body = |samples| Body::Played {
            phase: Phase::Control,
            player: Player::Mic,
            samples,
        };
        for seconds in [10, 190].into_iter().filter(|_| told) {
            let t = START.0 + stretched(seconds * SECOND);
            scene.push(t, Source::Player, body(seconds * 48_000));
        }
        scene.push(START.0 + 300 * SECOND, Source::Stage, Body::Finished);
        segment(&scene.session(), Player::Mic)
    };
    let (told, untold) = (session(true), session(false));
    let worst = |segmentation: &features::Segmentation| {
        segmentation.control.worst_from_median_ns.unwrap() / MS
    };
    println!(
        "worst edge: {} ms with marks, {} ms without",
        worst(&told),
        worst(&untold)
    );
    assert!(worst(&told) <= 10 && worst(&untold) >= 30);
    let last = told.blocks.last().unwrap().span.from.0;
    let expected = START.0 + LATENCY_NS + 200 * MS + stretched(u64::from(n - 1) * SECOND);
    assert!(last.abs_diff(expected) <= 10 * MS);
}

/// Three cycles of three seconds: one that began muted and kept step, one that was unmuted when it
/// should not have been, one that began unmuted.
#[test]
fn cycles_begin_muted_and_those_out_of_step_are_told() {
    let mut scene = Scene::new(0, 9);
    let manifest = scene.manifest.as_mut().unwrap();
    manifest.protocol.transitions = Some(Transitions {
        blocks: 3,
        every: 3,
        sound: 1,
        unmute_at: 1,
        mute_at: 2,
    });
    scene.begin(START.0, Phase::Muted);
    let first = START.0 + LATENCY_NS;
    let said = [
        (-0.5, true),
        (0.5, true),
        (1.5, false),
        (2.5, true),
        // The second: unmuted while the sound plays.
        (3.5, false),
        (4.5, false),
        // The third.
        (5.5, false),
        (6.5, true),
        (7.5, false),
    ];
    for (at_s, muted) in said {
        let t = first.strict_add_signed((at_s * SECOND as f64) as i64);
        let (muted, said) = (Some(muted), String::new());
        scene.push(t, Source::Mute, Body::MuteSaid { muted, said });
    }
    scene.push(START.0 + 60 * SECOND, Source::Stage, Body::Finished);
    let session = scene.session();
    let cycles = segment(&session, Player::Mic).cycles(&session);
    let kept: Vec<(u32, bool)> = cycles.iter().map(|c| (c.index, c.in_step)).collect();
    assert_eq!(kept, [(0, true), (1, false)]);
    assert_eq!(cycles[0].after_mute.to, cycles[0].after_unmute.from);
}
