//! Numbers of what an app's windows show, of hand-made sessions.

mod common;

use common::*;
use features::{Group, Missing};
use record::*;

/// Heard from 10.04 s; with the guard, block k is [10.24 + k, 11.24 + k) s.
const BLOCK_0: u64 = 10 * SECOND + 240 * MS;

fn windows(shows: &[&str], hides: &[&str]) -> Body {
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Body::Windows {
        shows: all(shows),
        hides: all(hides),
    }
}

/// A notice in the first half of blocks 1, 3 and 5, a clock that is another name in each block, and nobody who looks
/// from the end of block 6 on.
fn scene() -> Scene {
    let mut scene = Scene::new(0, 8);
    scene.begin(START.0, Phase::Muted);
    let note = "names".to_owned();
    scene.push(START.0, Source::Names, Body::Attached { note });
    scene.push(START.0, Source::Names, windows(&["Leave", "0:00"], &[]));
    for block in 1..7 {
        let at = BLOCK_0 + block * SECOND;
        let clock = |block: u64| format!("0:0{block}");
        let (now, before) = (clock(block), clock(block - 1));
        let comes = block % 2 == 1;
        let mut shows = vec![now.as_str()];
        shows.extend(comes.then_some("You are muted"));
        scene.push(at, Source::Names, windows(&shows, &[&before]));
        if comes {
            let gone = windows(&[], &["You are muted"]);
            scene.push(at + 500 * MS, Source::Names, gone);
        }
    }
    let end = BLOCK_0 + 7 * SECOND;
    scene.push(end, Source::Names, Body::Detached { why: None });
    scene.push(100 * SECOND, Source::Stage, Body::Finished);
    scene
}

#[test]
fn a_notice_that_comes_again_and_again_is_a_series_and_a_clock_is_none() {
    let scene = scene();
    let features = features_of(&scene.session());
    let of_windows = features.series.iter();
    let of_windows: Vec<_> = of_windows.filter(|s| s.group == Group::Windows).collect();
    let names: Vec<&str> = of_windows.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["window shows You are muted", "window changes"]);
    let (half, none, unseen) = (Ok(0.5), Ok(0.0), Err(Missing::NotWatched));
    assert_eq!(
        of_windows[0].values,
        [none, half, none, half, none, half, none, unseen]
    );
    let (two, four) = (Ok(2.0), Ok(4.0));
    assert_eq!(
        of_windows[1].values,
        [none, four, two, four, two, four, two, unseen]
    );
}

#[test]
fn where_nobody_looked_there_is_nothing() {
    let mut scene = scene();
    scene
        .records
        .retain(|record| record.source != Source::Names);
    let features = features_of(&scene.session());
    let mut of_windows = features.series.iter();
    assert!(of_windows.all(|s| s.group != Group::Windows));
}
