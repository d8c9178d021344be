//! An app of which every call is known, against the kernel: each call is seen once, with its bytes.

mod common;

use common::*;
use tap::{Api, Body, Frame, Sink};

#[test]
fn every_call_is_seen_once_and_its_bytes_are_the_same() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // A name as of a library that an app brings along.
    let program = build(folder.path(), "libpulse.so.0");
    let net = Net::new();
    let helper = Helper::start(&net, &[]);
    // Started after the helper: found by the repeated look at processes.
    let mut app = App::start(net.command(&program), 40, folder.path().join("inside"));
    // The same outside of the namespace, with the same library: not seen.
    let outside = std::process::Command::new(&program);
    let mut outside = App::start(outside, 40, folder.path().join("outside"));
    helper.wait_for(&format!("{}/libpulse.so.0: ", folder.path().display()));
    outside.go();
    let expected = app.go();
    let frames = helper.end();

    assert_eq!(lost(&frames), 0);
    let calls: Vec<&Frame> = frames.iter().filter(|frame| frame.pid != 0).collect();
    let foreign = calls.iter().filter(|frame| frame.pid != app.pid()).count();
    assert_eq!(foreign, 0, "the app outside was seen");
    // 17 with certainty each time, and three of four PipeWire buffers, two to a round.
    assert!(expected.len() >= 40 * 17, "{}", expected.len());
    let seen: Vec<_> = calls.iter().filter_map(|frame| told(frame)).collect();
    for (n, (seen, expected)) in seen.iter().zip(&expected).enumerate() {
        assert_eq!((&seen.0, seen.1), (&expected.0, expected.1), "call {n}");
        assert!(seen.2 == expected.2, "call {n}: other bytes");
    }
    assert_eq!(seen.len(), expected.len());

    let running: Vec<(Api, bool)> = calls
        .iter()
        .filter_map(|frame| match frame.body {
            Body::Running { door, running, .. } => Some((door, running)),
            _ => None,
        })
        .collect();
    let (pulse, pipewire) = (Api::Pulse, Api::PipeWire);
    let expected = [
        (pulse, true),
        (pipewire, true),
        (pulse, false),
        (pipewire, false),
    ];
    assert_eq!(running, expected);
    for frame in &calls {
        assert_eq!((frame.tid, frame.command()), (app.pid(), "app".to_owned()));
        if let Body::Plain { sink, fd, .. } = frame.body {
            assert_eq!(fd, if sink == Sink::OpenSsl { 5 } else { -1 });
        }
    }
    assert!(calls.is_sorted_by_key(|frame| frame.t_ns));
}

#[test]
fn what_a_tiny_ring_loses_is_counted() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = build(folder.path(), "libpulse.so.0");
    let net = Net::new();
    let mut app = App::start(net.command(&program), 300, folder.path().join("told"));
    let helper = Helper::start(&net, &["--ring", "8192"]);
    helper.wait_for("/libpulse.so.0: ");
    let expected = app.go();
    let frames = helper.end();
    let seen = frames.iter().filter(|frame| frame.pid != 0).count() as u64;
    // Four calls of `cork` and `set_active` beside those with bytes.
    let made = expected.len() as u64 + 4;
    let lost = lost(&frames);
    assert!(lost > 0 && seen > 0, "{lost} lost, {seen} seen");
    assert_eq!(seen + lost, made);
    // What came is whole.
    let mut rest = expected.iter();
    for frame in frames.iter().filter_map(told) {
        assert!(
            rest.any(|call| *call == frame),
            "never made: {} of {} bytes",
            frame.0,
            frame.1
        );
    }
}

/// Two that are not where one would look: functions in the program itself, and a library that was
/// deleted while it is used (as an update does).
#[test]
fn the_program_s_own_functions_and_a_deleted_library_are_found() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let net = Net::new();
    let with_library = build(folder.path(), "libpulse.so.0");
    let c = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c");
    let whole = folder.path().join("whole");
    let built = std::process::Command::new("gcc")
        .args(["-O1", "-rdynamic", "-o"])
        .arg(&whole)
        .args([c.join("app.c"), c.join("library.c")])
        .status();
    assert!(built.unwrap().success());
    let start = |program, told: &str| App::start(net.command(program), 3, folder.path().join(told));
    let mut apps = [start(&with_library, "a"), start(&whole, "b")];
    for app in &apps {
        // `nsenter` has become the app, and the app has its library.
        let maps = format!("/proc/{}/maps", app.pid());
        let has = |maps: &str| maps.contains("/libpulse.so.0") || maps.contains("/whole");
        while !has(&std::fs::read_to_string(&maps).unwrap()) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    std::fs::remove_file(folder.path().join("libpulse.so.0")).unwrap();
    let helper = Helper::start(&net, &[]);
    helper.wait_for("/whole: ");
    helper.wait_for("/libpulse.so.0: ");
    let expected = apps.each_mut().map(App::go);
    let frames = helper.end();
    assert_eq!(lost(&frames), 0);
    for (app, expected) in apps.iter().zip(expected) {
        let own = frames.iter().filter(|frame| frame.pid == app.pid());
        let seen: Vec<_> = own.filter_map(told).collect();
        assert!(
            !expected.is_empty() && seen == expected,
            "{} seen",
            seen.len()
        );
    }
}
