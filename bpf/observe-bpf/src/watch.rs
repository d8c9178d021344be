//! Loads the programs, keeps them attached, and hands over what they say.

use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::rc::Rc;
use std::time::{Duration, Instant};

use libbpf_rs::skel::{OpenSkel, SkelBuilder};
use libbpf_rs::{Link, ProgramMut, RingBuffer, RingBufferBuilder, UprobeMultiOpts};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::time::{ClockId, clock_gettime};
use tap::{Body, Frame};

use crate::calls::At;
use crate::elf::{Place, places};
use crate::event::frame;
use crate::find::{Finder, Found};
use crate::skel::{CallsSkel, CallsSkelBuilder};
use crate::target::Target;

/// Size of the ring between kernel and helper. Plaintext sent at 100 Mbit/s is 12.5 MB/s, in
/// records of up to twice that: 16 MiB outlast a helper that does not get a core for 0.6 s.
pub const RING_BYTES: u32 = 16 << 20;

/// How often processes are looked at for libraries loaded since.
const SCAN_EVERY: Duration = Duration::from_millis(250);

/// Events taken from the ring at once: of the longest, 16 MiB.
const AT_ONCE: usize = 1_024;

/// How often losses are told, at most.
const LOST_EVERY: Duration = Duration::from_millis(500);

/// What is told once, when the first such read was made.
const UNPLACED: &str = "libpipewire and libjack: a stream or port was opened before its library was watched, \
    and whether it records cannot be known: its reads are not counted";

/// Programs that are loaded and watch somebody.
pub struct Watch {
    target: Target,
    skel: CallsSkel<'static>,
    ring: RingBuffer<'static>,
    /// What the ring held, not yet handed over.
    waiting: Rc<RefCell<Vec<Frame>>>,
    finder: Finder,
    /// Ends of the probes: they live as long as these do.
    links: Vec<Link>,
    scanned: Instant,
    lost_told: (u64, Instant),
    unplaced_told: bool,
}

/// How the programs are told whom to watch, and how much room there is; with or without the one on
/// sockets.
fn load(
    target: &Target,
    ring_bytes: u32,
    sockets: bool,
) -> Result<CallsSkel<'static>, libbpf_rs::Error> {
    // One for the whole life of the process.
    let object = Box::leak(Box::new(MaybeUninit::uninit()));
    let mut open = CallsSkelBuilder::default().open(object)?;
    open.progs.sent.set_autoload(sockets);
    if let Some(data) = open.maps.rodata_data.as_deref_mut() {
        match target {
            Target::Net(inode, _) => data.watch_net = *inode,
            Target::Cgroup { id, level, .. } => {
                data.watch_cgroup = *id;
                data.watch_cgroup_level = *level;
            }
        }
    }
    open.maps.ring.set_max_entries(ring_bytes)?;
    open.load()
}

impl Watch {
    /// Loads the programs and attaches to the system's libraries and those that `target` has mapped
    /// by now. The frames say to which; the last one says that everything is set.
    pub fn start(target: Target, ring_bytes: u32) -> Result<Watch, String> {
        // libbpf would write on standard error, at length.
        libbpf_rs::set_print(None);
        let why = |e: libbpf_rs::Error| format!("the programs cannot be loaded: {}", one_line(&e));
        // Kernels without that tracepoint, or that want other rights for it, are no reason to watch
        // nothing.
        let (skel, without_sockets) = match load(&target, ring_bytes, true) {
            Ok(skel) => (skel, None),
            Err(e) => {
                let skel = load(&target, ring_bytes, false).map_err(why)?;
                (skel, Some(one_line(&e)))
            }
        };
        let waiting = Rc::new(RefCell::new(Vec::new()));
        let sink = waiting.clone();
        let mut builder = RingBufferBuilder::new();
        builder
            .add(&skel.maps.ring, move |record| {
                sink.borrow_mut().extend(frame(record));
                0
            })
            .map_err(why)?;
        let ring = builder.build().map_err(why)?;
        let now = Instant::now();
        let mut watch = Watch {
            target,
            skel,
            ring,
            waiting,
            finder: Finder::default(),
            links: Vec::new(),
            scanned: now,
            lost_told: (0, now),
            unplaced_told: false,
        };
        watch.attach_sockets(without_sockets);
        let system = watch.finder.of_the_system();
        watch.attach_all(system);
        watch.scan();
        let set = format!("watching {}", watch.target);
        watch.say(Body::Attached(set));
        Ok(watch)
    }

    /// Waits for events for at most `timeout`, and gives what there is by then.
    pub fn poll(&mut self, timeout: Duration) -> Result<Vec<Frame>, String> {
        // Not libbpf's own poll: it goes on for as long as events come, however many.
        // SAFETY: the ring, and its descriptor with it, outlives the borrow.
        let ready = unsafe { BorrowedFd::borrow_raw(self.ring.epoll_fd()) };
        let mut fds = [PollFd::new(ready, PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::ZERO);
        match nix::poll::poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(e) => return Err(format!("the ring cannot be waited for: {e}")),
        }
        let read = self.ring.consume_raw_n(AT_ONCE);
        if read < 0 {
            return Err(format!(
                "the ring cannot be read: {}",
                Errno::from_raw(-read)
            ));
        }
        if self.scanned.elapsed() >= SCAN_EVERY {
            self.scan();
            self.scanned = Instant::now();
        }
        if self.lost_told.1.elapsed() >= LOST_EVERY {
            self.tell_lost();
        }
        Ok(std::mem::take(&mut *self.waiting.borrow_mut()))
    }

    /// The rest: what the ring still holds, and what was lost.
    pub fn finish(&mut self) -> Vec<Frame> {
        let _ = self.ring.consume();
        self.tell_lost();
        std::mem::take(&mut *self.waiting.borrow_mut())
    }

    fn tell_lost(&mut self) {
        let (lost, unplaced) = self.skel.maps.bss_data.as_deref().map_or((0, 0), |data| {
            // SAFETY: aligned integers in memory that lives as long as the map; the kernel adds
            // to them at the same time, so they must be read anew and whole.
            unsafe {
                (
                    (&raw const data.lost).read_volatile(),
                    (&raw const data.unplaced).read_volatile(),
                )
            }
        });
        if unplaced > 0 && !self.unplaced_told {
            self.unplaced_told = true;
            self.say(Body::Failed(UNPLACED.to_owned()));
        }
        let events = lost - self.lost_told.0;
        self.lost_told = (lost, Instant::now());
        if events > 0 {
            self.say(Body::Lost { events });
        }
    }

    fn scan(&mut self) {
        let found = self.finder.of_processes(&self.target);
        self.attach_all(found);
    }

    fn attach_all(&mut self, found: Vec<Found>) {
        for Found { shown, file } in found {
            let attached = file.and_then(|file| {
                let places = places(&file)?;
                self.attach(&file, &places)?;
                Ok(places)
            });
            match attached {
                // A program that has none of these functions, as most.
                Ok(places) if places.is_empty() => {}
                Ok(places) => {
                    let names: Vec<&str> = places.iter().map(|place| place.name).collect();
                    self.say(Body::Attached(format!("{shown}: {}", names.join(", "))));
                }
                Err(why) => self.say(Body::Failed(format!("{shown}: {why}"))),
            }
        }
    }

    /// The program on sockets, unless the kernel did not take it.
    fn attach_sockets(&mut self, refused: Option<String>) {
        let attached = match refused {
            Some(why) => Err(why),
            None => self.skel.progs.sent.attach().map_err(|e| one_line(&e)),
        };
        let said = match attached {
            Ok(link) => {
                self.links.push(link);
                Body::Attached("sockets: sock_send_length".to_owned())
            }
            Err(why) => Body::Failed(format!(
                "sockets: whose they are is not seen, the kernel does not take the program: {why}"
            )),
        };
        self.say(said);
    }

    fn attach(&mut self, file: &std::fs::File, places: &[Place]) -> Result<(), String> {
        // The very file that was read, whatever its name leads to by now.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let (entry, both): (Vec<Place>, Vec<Place>) =
            places.iter().partition(|place| place.at == At::Entry);
        let programs = &self.skel.progs;
        // Returns before entries: a call that was under way is then a return without an entry,
        // which is counted as lost, and not an entry whose return never comes.
        let links = [
            attach_to(&programs.leave, &path, &both, true)?,
            attach_to(&programs.enter, &path, &both, false)?,
            attach_to(&programs.call, &path, &entry, false)?,
        ];
        self.links.extend(links.into_iter().flatten());
        Ok(())
    }

    fn say(&mut self, body: Body) {
        let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |t| {
            t.tv_sec() as u64 * 1_000_000_000 + t.tv_nsec() as u64
        });
        self.waiting.borrow_mut().push(Frame {
            t_ns: now,
            pid: 0,
            tid: 0,
            command: [0; 16],
            body,
        });
    }
}

fn attach_to(
    program: &ProgramMut,
    path: &str,
    places: &[Place],
    retprobe: bool,
) -> Result<Option<Link>, String> {
    if places.is_empty() {
        return Ok(None);
    }
    let options = UprobeMultiOpts {
        offsets: places.iter().map(|place| place.offset as usize).collect(),
        cookies: places.iter().map(|place| place.call as u64).collect(),
        retprobe,
        ..Default::default()
    };
    program
        .attach_uprobe_multi_with_opts(-1, path, "", options)
        .map(Some)
        .map_err(|e| format!("the kernel does not take probes there: {}", one_line(&e)))
}

fn one_line(e: &libbpf_rs::Error) -> String {
    format!("{e:#}")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kernel without the tracepoint: everything else is there, and the one says why it is not.
    #[test]
    fn without_the_program_on_sockets_the_others_load() {
        if let Some(why) = crate::abilities::missing().first() {
            println!("SKIPPED: {why}");
            return;
        }
        libbpf_rs::set_print(None);
        let target = Target::Cgroup {
            id: 1,
            level: 1,
            path: "/x".to_owned(),
        };
        let skel = load(&target, 4_096, false).unwrap();
        assert!(skel.progs.sent.attach().is_err());
        let own = "/proc/self/exe";
        let place = Place {
            name: "main",
            call: crate::calls::Call::PulseDrop,
            at: At::Entry,
            offset: 4_096,
        };
        assert!(attach_to(&skel.progs.call, own, &[place], false).is_ok());
    }

    /// One that is refused is named, and costs none of the others.
    #[test]
    fn each_program_loads_alone() {
        if let Some(why) = crate::abilities::missing().first() {
            println!("SKIPPED: {why}");
            return;
        }
        libbpf_rs::set_print(None);
        for alone in ["call", "enter", "leave", "sent"] {
            let mut object = MaybeUninit::uninit();
            let mut open = CallsSkelBuilder::default().open(&mut object).unwrap();
            let mut loaded = 0;
            for mut program in open.open_object_mut().progs_mut() {
                let this = program.name() == alone;
                program.set_autoload(this);
                loaded += usize::from(this);
            }
            assert_eq!(loaded, 1, "{alone}");
            if let Err(e) = open.load() {
                panic!("{alone}: {}", one_line(&e));
            }
        }
    }
}
