//! **Asks** whether the camera is released when the app's own control turns it off.
//! **Matters** because that control, unlike a mute, is expected to close the device, and its lamp with it.
//! **Decides** by who holds a `/dev/video*` on the app's side, from a moment after the recipe's part
//! `camera_off` until the unmute.
//! **Cannot see** a camera that a server hands on to the app (PipeWire's portal), nor pictures.

use record::{Body, MonotonicNs, Record};

use crate::case::Case;
use crate::note::Note;

/// The time that a program may take to close the device.
const SETTLE_NS: i64 = 3_000_000_000;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    seen(case.trials.session.records)
}

fn seen(records: &[Record]) -> Vec<Note> {
    let part = |record: &Record, name: &str| matches!(&record.body, Body::Step { part, .. } if part == name);
    let off = records.iter().rfind(|r| part(r, "camera_off"));
    let Some(off) = off.map(|r| r.t) else {
        return Vec::new();
    };
    let end = records.iter().find(|r| part(r, "unmute")).map(|r| r.t);
    let settled = off.offset(SETTLE_NS);
    let mut seen_before = false;
    // Who holds it when the app has had its time; later changes count as they come.
    let mut held: Option<Note> = None;
    for record in records {
        let Body::Cameras { holders } = &record.body else {
            continue;
        };
        if end.is_some_and(|end: MonotonicNs| record.t >= end) {
            break;
        }
        seen_before |= record.t < off && !holders.is_empty();
        let note = holders.first().map(|holder| Note::CameraHeld {
            device: holder.device.clone(),
            command: holder.command.clone(),
        });
        held = match record.t <= settled {
            true => note,
            false => held.or(note),
        };
    }
    vec![match (held, seen_before) {
        (Some(held), _) => held,
        (None, true) => Note::CameraReleased,
        (None, false) => Note::CameraNotSeen,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{CameraHolder, Source};

    const SECOND: u64 = 1_000_000_000;

    fn step(t_s: u64, part: &str) -> Record {
        let body = Body::Step {
            part: part.into(),
            step: "step".into(),
            took_ns: 1,
            failed: None,
        };
        at(t_s, body)
    }

    fn cameras(t_s: u64, commands: &[&str]) -> Record {
        let holder = |command: &&str| CameraHolder {
            device: "/dev/video0".into(),
            command: (*command).to_owned(),
        };
        let holders = commands.iter().map(holder).collect();
        at(t_s, Body::Cameras { holders })
    }

    fn at(t_s: u64, body: Body) -> Record {
        Record {
            t: MonotonicNs(t_s * SECOND),
            source: Source::Cameras,
            seq: 0,
            body,
        }
    }

    fn judged(after: &[Record]) -> Vec<Note> {
        let before = [
            cameras(1, &[]),
            cameras(5, &["app"]),
            step(10, "camera_off"),
        ];
        let end = [step(90, "unmute"), cameras(91, &["app"])];
        seen(&[&before[..], after, &end].concat())
    }

    #[test]
    fn a_camera_is_released_or_still_held() {
        let held = |command: &str| {
            vec![Note::CameraHeld {
                device: "/dev/video0".into(),
                command: command.into(),
            }]
        };
        assert_eq!(judged(&[cameras(12, &[])]), [Note::CameraReleased]);
        assert_eq!(judged(&[]), held("app"));
        // Too late, and opened again.
        assert_eq!(judged(&[cameras(20, &[])]), held("app"));
        assert_eq!(
            judged(&[cameras(12, &[]), cameras(40, &["other"]), cameras(41, &[])]),
            held("other")
        );
    }

    #[test]
    fn without_a_camera_nothing_is_said() {
        assert_eq!(seen(&[cameras(1, &["app"])]), []);
        assert_eq!(
            seen(&[cameras(1, &[]), step(10, "camera_off")]),
            [Note::CameraNotSeen]
        );
    }
}
