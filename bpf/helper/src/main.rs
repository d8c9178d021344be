//! `muteproof-helper`: the one privileged program. It watches the calls of one audited app and
//! writes what they carried to standard output, as frames (`tap`), without looking at it.
//!
//! Asked by `--packets`, it opens a socket for packets instead, hands it over and ends: it takes no packet itself.
//!
//! Exit code: 0 when it was told to end (standard input at its end, or standard output closed),
//! 2 for a request that is refused, 3 where kernel or rights do not allow it.

mod packets;

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use observe_bpf::{RING_BYTES, Target, Watch, abilities};
use tap::Frame;

const HELP: &str = "\
muteproof-helper --net INODE     watch processes in the network namespace with this inode number
muteproof-helper --cgroup PATH   watch processes in this cgroup (version 2) and below
muteproof-helper --packets       hand a socket for packets over by standard input, a Unix socket, and end

Writes frames to standard output; ends when that is closed, or when standard input ends.
--ring BYTES sets the buffer between kernel and helper: a power of two, 4096 to 67108864.
";

/// Longest wait for events: how late a closed standard output is noticed.
const WAIT: Duration = Duration::from_millis(50);

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Whom {
    Net(u32),
    Cgroup(PathBuf),
}

fn arguments(args: &[String]) -> Result<(Whom, u32), String> {
    let (mut whom, mut ring) = (Vec::new(), RING_BYTES);
    for pair in args.chunks(2) {
        let [name, value] = pair else {
            return Err(format!("`{}` needs a value", pair[0]));
        };
        let number = || {
            value
                .parse::<u32>()
                .map_err(|_| format!("`{value}` is not a number"))
        };
        match name.as_str() {
            "--net" => whom.push(Whom::Net(number()?)),
            "--cgroup" => whom.push(Whom::Cgroup(value.into())),
            "--ring" => ring = number()?,
            _ => return Err(format!("there is no option `{name}`")),
        }
    }
    if !ring.is_power_of_two() || !(4_096..=64 << 20).contains(&ring) {
        return Err(format!("a ring of {ring} bytes is not possible"));
    }
    match whom.len() {
        1 => Ok((whom.remove(0), ring)),
        _ => Err("say whom to watch, by exactly one of --net and --cgroup".to_owned()),
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let fail = |code: u8, why: String| {
        eprintln!("muteproof-helper: {why}");
        ExitCode::from(code)
    };
    if args == ["--packets"] {
        return match packets::hand_over() {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => fail(3, format!("no socket for packets: {why}")),
        };
    }
    let (whom, ring) = match arguments(&args) {
        Ok(asked) => asked,
        Err(why) => return fail(2, format!("{why}\n\n{HELP}")),
    };
    if let Some(why) = abilities::missing().into_iter().next() {
        return fail(3, why);
    }
    let target = match whom {
        Whom::Net(inode) => Target::net(inode),
        Whom::Cgroup(path) => Target::cgroup(&path),
    };
    let target = match target {
        Ok(target) => target,
        Err(why) => return fail(2, why.to_string()),
    };
    let mut watch = match Watch::start(target, ring) {
        Ok(watch) => watch,
        Err(why) => return fail(3, why),
    };
    let code = match pass_on(&mut watch) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(3, why),
    };
    // Taking probes off lasts seconds. The kernel does it when this process is gone, and closes
    // standard output before: the reader need not wait.
    std::mem::forget(watch);
    code
}

/// Set when standard input is at its end.
static ENDED: AtomicBool = AtomicBool::new(false);

/// How long the rest may take to be written after standard input ended: a reader that went away
/// without closing its end must not keep this process.
const GRACE: Duration = Duration::from_secs(2);

fn end_with_stdin() {
    std::thread::spawn(|| {
        let mut bytes = [0; 4_096];
        let mut stdin = io::stdin();
        while stdin.read(&mut bytes).is_ok_and(|n| n > 0) {}
        ENDED.store(true, Ordering::Relaxed);
        std::thread::sleep(GRACE);
        std::process::exit(0);
    });
}

fn pass_on(watch: &mut Watch) -> Result<(), String> {
    let mut out = io::stdout().lock();
    end_with_stdin();
    while !ENDED.load(Ordering::Relaxed) {
        let frames = watch.poll(WAIT)?;
        if write(&frames, &mut out).is_err() || is_closed(&out) {
            return Ok(());
        }
    }
    // The reader may have gone with the standard input: nothing to be done about it.
    let _ = write(&watch.finish(), &mut out);
    Ok(())
}

fn write(frames: &[Frame], out: &mut impl Write) -> io::Result<()> {
    let mut bytes = Vec::new();
    for frame in frames {
        tap::write(frame, &mut bytes);
    }
    out.write_all(&bytes)?;
    out.flush()
}

/// Whether nobody can read what is written any more.
fn is_closed(out: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(out.as_fd(), PollFlags::empty())];
    let polled = poll(&mut fds, PollTimeout::ZERO);
    let gone = PollFlags::POLLERR | PollFlags::POLLNVAL;
    polled.is_ok() && fds[0].revents().is_some_and(|now| now.intersects(gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<(Whom, u32), String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        arguments(&args)
    }

    #[test]
    fn exactly_one_option_says_whom() {
        assert_eq!(asked("--net 7"), Ok((Whom::Net(7), RING_BYTES)));
        let cgroup = Whom::Cgroup("/x".into());
        assert_eq!(asked("--cgroup /x --ring 4096"), Ok((cgroup, 4_096)));
        for bad in [
            "",
            "--net",
            "--net x",
            "--net -1",
            "--net 4294967296",
            "--net 7 --cgroup /x",
            "--net 7 --net 8",
            "--ring 4096",
            "--net 7 --ring 5000",
            "--net 7 --ring 134217728",
            "--all 1",
            "7",
        ] {
            assert!(asked(bad).is_err(), "{bad}");
        }
    }
}
