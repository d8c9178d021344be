//! Whom the stage runs as.
//!
//! An ordinary user lends the stage their own number. Root lends another's: the number of whoever called sudo,
//! else one that nobody has. So nothing on a stage is ever the machine's root, whatever it breaks: `/proc/sys`
//! stays what it is, and files that only root may read stay unread.

use std::fs;
use std::io::{self, Read, Write};

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Gid, Pid, Uid, fork, geteuid, setgroups, setresgid, setresuid};

use crate::error::{NsError, doing, forbidden};

/// Numbers that systemd keeps for users that exist for as long as something runs (systemd.exec(5),
/// DynamicUser=); no person has one.
const DYNAMIC: std::ops::Range<u32> = 61_184..65_520;

/// A user and a group of the namespace that the caller is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lent {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Whether it is a person's, who called sudo.
    pub of_a_person: bool,
}

/// Whom root lends to the stage; nothing where the caller is no root and lends themselves.
pub fn lent() -> Option<Lent> {
    if !geteuid().is_root() {
        return None;
    }
    let mapped = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let number = |name: &str| std::env::var(name).ok()?.parse::<u32>().ok();
    let caller = number("SUDO_UID").zip(number("SUDO_GID"));
    let taken = fs::read_to_string("/etc/passwd").unwrap_or_default();
    choose(caller, &mapped, &taken)
}

/// A number that this namespace has (`mapped`, as in user_namespaces(7)) and that no user of `taken`, as in
/// passwd(5), bears. Nothing where root is all there is: then it is no root of the machine's.
fn choose(caller: Option<(u32, u32)>, mapped: &str, taken: &str) -> Option<Lent> {
    let ranges: Vec<(u64, u64)> = mapped
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_whitespace().map(|word| word.parse::<u64>());
            let first = numbers.next()?.ok()?;
            let count = numbers.nth(1)?.ok()?;
            Some((first, first + count))
        })
        .collect();
    let there = |uid: u32| {
        let uid = u64::from(uid);
        ranges.iter().any(|(from, to)| (*from..*to).contains(&uid))
    };
    if let Some((uid, gid)) = caller.filter(|(uid, gid)| *uid != 0 && there(*uid) && *gid != 0) {
        let of_a_person = true;
        return Some(Lent {
            uid,
            gid,
            of_a_person,
        });
    }
    let bears = |uid: u32| {
        let numbers = taken.lines().filter_map(|line| line.split(':').nth(2));
        numbers
            .filter_map(|n| n.parse().ok())
            .any(|n: u32| n == uid)
    };
    let last = ranges.iter().map(|(_, to)| to - 1).max()?;
    let last = u32::try_from(last).unwrap_or(DYNAMIC.end);
    let mut free = DYNAMIC.filter(|uid| there(*uid) && !bears(*uid));
    let uid = free.next().or((last > 0).then_some(last))?;
    Some(Lent {
        uid,
        gid: uid,
        of_a_person: false,
    })
}

/// Makes a user namespace in which the calling process is root, and outside of which it is `lent`. The rest
/// of the caller's rights is still there until [`become_lent`]: what only root can open may be opened.
pub(crate) fn unshare_as(lent: Lent) -> Result<(), NsError> {
    doing("give up the other groups", setgroups(&[]))?;
    let (mut go, mut may_go) = doing("make a pipe", io::pipe())?;
    let (mut told, mut tell) = doing("make a pipe", io::pipe())?;
    let pid = nix::unistd::getpid();
    // SAFETY: this process has one thread.
    match doing("fork", unsafe { fork() })? {
        // Only somebody outside may map another's number.
        ForkResult::Child => {
            drop((may_go, told));
            let mut made = [0];
            let mapped = go.read_exact(&mut made).and_then(|()| map(pid, lent));
            let said = mapped.err().map(|e| e.to_string()).unwrap_or_default();
            let _ = tell.write_all(said.as_bytes());
            // SAFETY: ends this process without running what the other one still wants to run.
            unsafe { libc::_exit(0) }
        }
        ForkResult::Parent { child } => {
            drop((go, tell));
            let made = unshare(CloneFlags::CLONE_NEWUSER).map_err(forbidden);
            if made.is_ok() {
                doing("go on", may_go.write_all(&[1]))?;
            }
            drop(may_go);
            let mut said = String::new();
            let heard = told.read_to_string(&mut said);
            let _ = waitpid(child, None);
            made?;
            doing("map the user", heard)?;
            match said.is_empty() {
                true => Ok(()),
                false => Err(NsError::io("map the user", io::Error::other(said))),
            }
        }
    }
}

/// From here on the process is who it was lent.
pub(crate) fn become_lent() -> Result<(), NsError> {
    let (root, wheel) = (Uid::from_raw(0), Gid::from_raw(0));
    doing("become another group", setresgid(wheel, wheel, wheel))?;
    doing("become another user", setresuid(root, root, root))
}

/// The same for a process that has entered the namespace from outside.
///
/// Only async-signal-safe work: it is called between fork and exec.
pub(crate) fn be_root_here() -> io::Result<()> {
    // SAFETY: plain system calls with integer arguments; the C library's own would speak to other threads.
    let done = unsafe {
        [
            libc::syscall(libc::SYS_setresgid, 0, 0, 0),
            libc::syscall(libc::SYS_setresuid, 0, 0, 0),
        ]
    };
    match done {
        [0, 0] => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn map(pid: Pid, lent: Lent) -> io::Result<()> {
    let write = |file: &str, text: String| fs::write(format!("/proc/{pid}/{file}"), text);
    write("setgroups", "deny".to_owned())?;
    write("gid_map", format!("0 {} 1", lent.gid))?;
    write("uid_map", format!("0 {} 1", lent.uid))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "         0          0 4294967295\n";

    fn uid(caller: Option<(u32, u32)>, mapped: &str, taken: &str) -> Option<u32> {
        choose(caller, mapped, taken).map(|lent| lent.uid)
    }

    #[test]
    fn root_lends_the_caller_s_number_or_one_that_nobody_bears() {
        assert_eq!(uid(Some((1000, 1000)), ALL, ""), Some(1000));
        assert_eq!(uid(None, ALL, ""), Some(61_184));
        let taken = "root:x:0:0::/:/bin/sh\nx:x:61184:61184::/:/bin/sh\n";
        assert_eq!(uid(None, ALL, taken), Some(61_185));
        // Who says that root called sudo gets nobody's number all the same.
        assert_eq!(uid(Some((0, 0)), ALL, ""), Some(61_184));
    }

    #[test]
    fn in_a_namespace_only_what_it_has_can_be_lent() {
        assert_eq!(uid(Some((1000, 1000)), "0 100000 1000", ""), Some(999));
        assert_eq!(uid(None, "0 1000 1", ""), None);
        assert_eq!(uid(None, "", ""), None);
    }
}
