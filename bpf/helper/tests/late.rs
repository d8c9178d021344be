//! Libraries that come late, or from where nobody looks: a program that loads one at run time, and
//! copies of it that only the program can see.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::*;
use tap::{Body, Frame};

/// The client, and a stand-in library of which nobody else has this copy.
fn reader(folder: &Path) -> (PathBuf, PathBuf) {
    build(folder, "libpulse-simple.so.0");
    let program = folder.join("late");
    let c = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/late.c");
    gcc(&["-o".as_ref(), program.as_ref(), c.as_ref()]);
    (program, folder.join("libpulse-simple.so.0"))
}

fn reads(frames: &[Frame], pid: u32) -> Vec<(String, u32, Vec<u8>)> {
    let own = frames.iter().filter(|frame| frame.pid == pid);
    own.filter_map(told).collect()
}

/// Loaded after the helper was ready: seen from when it is found, a quarter of a second later.
#[test]
fn a_library_that_is_loaded_late_is_found_and_every_read_seen() {
    if skipped() {
        return;
    }
    let (folder, net) = (tempfile::tempdir().unwrap(), Net::new());
    let (program, library) = reader(folder.path());
    let command = net.command(&program);
    let mut app = App::with(
        command,
        &library.to_string_lossy(),
        folder.path().join("told"),
    );
    let helper = Helper::start(&net, &[]);
    app.ask("loaded");
    helper.wait_for("libpulse-simple.so.0: ");
    let expected = app.go();
    let frames = helper.end();
    assert_eq!((lost(&frames), expected.len()), (0, 100));
    assert!(reads(&frames, app.pid()) == expected);
}

/// A copy in a file system that exists in the program's own mount namespace alone, as with Flatpak
/// and AppImage: its path leads nowhere for the helper. Beside it the library itself, of which
/// another process in the namespace has a copy in a folder of its own.
#[test]
fn private_copies_are_found_where_only_the_app_sees_them() {
    if skipped() {
        return;
    }
    let (folder, net) = (tempfile::tempdir().unwrap(), Net::new());
    let (program, library) = reader(folder.path());
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    let copied = own.join("libpulse-simple.so.0");
    fs::copy(&library, &copied).unwrap();
    let hidden = folder.path().join("hidden");
    fs::create_dir(&hidden).unwrap();
    let inside = hidden.join("libpulse-simple.so.0");
    let script = format!(
        "mount -t tmpfs none {hidden} && cp {library} {hidden} && exec {program} \"$@\"",
        hidden = hidden.display(),
        library = library.display(),
        program = program.display(),
    );
    let mut command = net.command("unshare");
    command.args(["--mount", "sh", "-c", &script, "sh"]);
    let start = |command: Command, library: &Path, told: &str| {
        App::with(
            command,
            &library.to_string_lossy(),
            folder.path().join(told),
        )
    };
    let mut apps = [
        start(command, &inside, "a"),
        start(net.command(&program), &copied, "b"),
    ];
    let helper = Helper::start(&net, &[]);
    apps.iter_mut().for_each(|app| app.ask("loaded"));
    assert!(!inside.exists(), "only the program sees it");
    helper.wait_for("/hidden/libpulse-simple.so.0: ");
    helper.wait_for("/own/libpulse-simple.so.0: ");
    let expected = apps.each_mut().map(App::go);
    let frames = helper.end();
    assert_eq!(lost(&frames), 0);
    for (app, expected) in apps.iter().zip(expected) {
        assert_eq!(expected.len(), 100);
        assert!(reads(&frames, app.pid()) == expected);
    }
}

/// A copy that fails is told as one: the bytes were there, and nobody may take them for none.
#[test]
fn what_cannot_be_copied_is_told_as_that() {
    if skipped() {
        return;
    }
    const SENDER: &str = r#"
#include <stddef.h>
int SSL_write(void *, const void *, int);
#include <stdio.h>
int main(void) { getchar(); SSL_write("ssl", (void *)8, 100); puts("done"); fflush(stdout); while (getchar() != EOF); }
"#;
    let (folder, net) = (tempfile::tempdir().unwrap(), Net::new());
    build(folder.path(), "libssl.so.3");
    let (source, program) = (folder.path().join("s.c"), folder.path().join("sender"));
    fs::write(&source, SENDER).unwrap();
    let library = folder.path().join("libssl.so.3");
    gcc(&["-w", "-o"]
        .map(std::ffi::OsStr::new)
        .iter()
        .copied()
        .chain([program.as_os_str(), source.as_os_str(), library.as_os_str()])
        .collect::<Vec<_>>());
    let mut app = App::with(net.command(&program), "", folder.path().join("told"));
    let helper = Helper::start(&net, &[]);
    helper.wait_for("/libssl.so.3: ");
    app.ask("done");
    let frames = helper.end();
    let plain: Vec<_> = frames
        .iter()
        .filter_map(|frame| match &frame.body {
            Body::Plain {
                bytes,
                data,
                uncopied,
                ..
            } => Some((*bytes, data.len(), *uncopied)),
            _ => None,
        })
        .collect();
    assert_eq!(plain, [(100, 0, true)]);
}

/// Ports and streams that were there before: whether they record nobody knows. That is told, and told once; of
/// those that are opened from then on, inputs are read from and outputs are not.
#[test]
fn what_was_opened_before_is_told_and_not_counted() {
    if skipped() {
        return;
    }
    // Opens and reads: what records, and what plays.
    const JACK: &str = r#"
void *jack_port_register(void *, const char *, const char *, unsigned long, unsigned long);
void *jack_port_get_buffer(void *, unsigned);
static void *open(int input) { return jack_port_register(ends, "x", "32 bit float mono audio", input ? 1 : 2, 0); }
static void take(void *port) { jack_port_get_buffer(port, 256); }
"#;
    const PIPEWIRE: &str = r#"
int pw_stream_connect(void *, int, unsigned, int, void *, unsigned);
void *pw_stream_dequeue_buffer(void *);
static void *open(int input) { pw_stream_connect(&ends[input], !input, 0, 0, 0, 0); return &ends[input]; }
static void take(void *stream) { pw_stream_dequeue_buffer(stream); }
"#;
    const CLIENT: &str = r#"
int main(void) {
    void *before = open(1);
    getchar();
    for (int i = 0; i < 4; i++) take(before);
    puts("before"); fflush(stdout); getchar();
    take(open(1));
    take(open(0));
    puts("since"); fflush(stdout);
    while (getchar() != EOF);
}
"#;
    for (name, calls) in [("libjack.so.0", JACK), ("libpipewire-0.3.so.0", PIPEWIRE)] {
        let (folder, net) = (tempfile::tempdir().unwrap(), Net::new());
        build(folder.path(), name);
        let (source, program) = (folder.path().join("c.c"), folder.path().join("client"));
        let head = "#include <stdio.h>\nstatic char ends[2];\n";
        fs::write(&source, [head, calls, CLIENT].concat()).unwrap();
        let library = folder.path().join(name);
        gcc(&[
            "-o".as_ref(),
            program.as_os_str(),
            source.as_os_str(),
            library.as_os_str(),
        ]);
        let mut app = App::with(net.command(&program), "", folder.path().join("told"));
        let helper = Helper::start(&net, &[]);
        helper.wait_for(&format!("/{name}: "));
        app.ask("before");
        app.ask("since");
        let frames = helper.end();
        let failed =
            |frame: &&Frame| matches!(&frame.body, Body::Failed(why) if why.contains("libjack"));
        assert_eq!(frames.iter().filter(failed).count(), 1, "{name}");
        assert_eq!(reads(&frames, app.pid()).len(), 1, "{name}");
    }
}
