//! Who holds a camera open, on the app's side: descriptors of `/dev/video*` (proc_pid_fd(5)).
//!
//! A camera that a sound or portal server hands on (PipeWire) is held by that server, not by the app, and
//! is not seen here.

use std::path::Path;

use procfs::process::{FDTarget, Process};
use record::{Body, CameraHolder, MonotonicNs, Source};

use crate::{Observer, Sink, Target, Unavailable};

/// Looks at the descriptors twice a second, for a walk over all of them costs something, and records
/// changes.
#[derive(Default)]
pub struct Cameras {
    /// The network namespace by which the app's programs are told from the peer's.
    side: Option<u64>,
    looked: Option<MonotonicNs>,
    last: Option<Vec<CameraHolder>>,
}

const EVERY_NS: u64 = 500_000_000;

impl Observer for Cameras {
    fn source(&self) -> Source {
        Source::Cameras
    }

    fn attach(&mut self, target: &Target<'_>, out: &mut dyn Sink) -> Result<(), Unavailable> {
        let unavailable = |e| Unavailable(format!("the app's descriptors cannot be read: {e}"));
        let process = Process::new(target.app.pid()).map_err(unavailable)?;
        self.side = Some(network(&process).map_err(unavailable)?);
        let note = "descriptors of /dev/video*, looked at twice a second";
        out.record(
            stage::clock::now(),
            Source::Cameras,
            Body::Attached { note: note.into() },
        );
        Ok(())
    }

    fn drain(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        let Some(side) = self.side else { return };
        let due = |looked: MonotonicNs| now.0.saturating_sub(looked.0) >= EVERY_NS;
        if !self.looked.is_none_or(due) {
            return;
        }
        self.looked = Some(now);
        let holders = holders(side);
        if self.last.as_ref() != Some(&holders) {
            self.last = Some(holders.clone());
            out.record(now, Source::Cameras, Body::Cameras { holders });
        }
    }

    fn detach(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        if self.side.take().is_some() {
            out.record(now, Source::Cameras, Body::Detached { why: None });
        }
    }
}

fn network(process: &Process) -> procfs::ProcResult<u64> {
    let namespaces = process.namespaces()?;
    let own = namespaces.0.get(std::ffi::OsStr::new("net"));
    Ok(own.map_or(0, |own| own.identifier))
}

fn holders(side: u64) -> Vec<CameraHolder> {
    let mut holders = Vec::new();
    // A process that ends while it is looked at holds nothing any more.
    for process in procfs::process::all_processes()
        .into_iter()
        .flatten()
        .flatten()
    {
        if network(&process).ok() != Some(side) {
            continue;
        }
        let (Ok(stat), Ok(fds)) = (process.stat(), process.fd()) else {
            continue;
        };
        holders.extend(fds.flatten().filter_map(|fd| match fd.target {
            FDTarget::Path(path) => Some(CameraHolder {
                device: camera(&path)?,
                command: stat.comm.clone(),
            }),
            _ => None,
        }));
    }
    holders.sort();
    holders.dedup();
    holders
}

/// The path as text, if it is that of a camera.
fn camera(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let number = name.strip_prefix("video")?;
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    (path.parent() == Some(Path::new("/dev")) && digits).then(|| format!("/dev/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_are_told_from_other_files() {
        let camera = |path: &str| camera(Path::new(path));
        assert_eq!(camera("/dev/video0"), Some("/dev/video0".to_owned()));
        assert_eq!(camera("/dev/video12"), Some("/dev/video12".to_owned()));
        for other in [
            "/dev/video",
            "/dev/videox",
            "/tmp/video0",
            "/dev/v/video0",
            "/dev/null",
        ] {
            assert_eq!(camera(other), None, "{other}");
        }
    }
}
