use std::net::IpAddr;

use features::{Session, Trace, Track};
use record::{MonotonicNs, Span};
use stimulus::Seed;
use verdict::Aligned;

use crate::clock::{Clock, whole};
use crate::facts::facts;
use crate::options::{CaptureOptions, Drift};
use crate::packets::{PacketRef, Packets};
use crate::schedule::Schedule;
use crate::shift::ClockShift;

/// Finds the offset on the control, and then, unless it is declared, the drift on the muted phase.
pub(crate) fn estimate_clock(
    packets: &Packets,
    device: &[IpAddr],
    schedule: &Schedule,
    seed: &Seed,
    clock: &Clock,
    options: &CaptureOptions,
) -> ClockShift {
    let Span { from, to } = whole(&schedule.records);
    let drifts = match options.drift {
        Drift::Known(ppm) => vec![(ppm * 1_000.0) as i64],
        Drift::Searched(ppm) => {
            verdict::drifts(u64::from(ppm) * 1_000, to.since(from).max(0) as u64)
        }
    };
    let mut shift = ClockShift {
        began: clock.wall(from),
        aligned: Aligned::default(),
        drift_ppb: drifts[0],
        drifts: drifts.len() as u32,
    };
    // The same clock has nothing to be found.
    if options.here.is_some() {
        return ClockShift {
            drift_ppb: 0,
            drifts: 1,
            ..shift
        };
    }
    let session = Session {
        manifest: &schedule.manifest,
        records: &schedule.records,
        packets: &Vec::new(),
        keys: None,
    };
    let keys = wire::tls::Keys::parse(&packets.keys);
    let keys = Some(&keys).filter(|keys| !keys.is_empty());
    let range_ns = u64::from(options.search_s) * 1_000_000_000;
    let tracks = tracks(
        packets,
        device,
        |t| {
            let ns = clock.signed_ns(shift.wall(t)).saturating_add(LATE_NS);
            MonotonicNs(u64::try_from(ns).unwrap_or(0))
        },
        Session { keys, ..session },
    );
    shift.aligned = verdict::align(&session, seed, &tracks, LATE_NS, range_ns);
    if let [_] = drifts[..] {
        return shift;
    }
    let mut best = f64::NEG_INFINITY;
    for drift_ppb in drifts {
        let tried = ClockShift { drift_ppb, ..shift };
        let t = |t: u64| clock.t(tried.wall(t));
        let packet = |packet: &PacketRef| wire::Packet {
            t: t(packet.t),
            data: packets.frame(packet).into(),
            orig_len: packet.orig_len,
        };
        // With the facts of the capture, as the bundle will have them: without, nobody was watching.
        let mut records = schedule.records.clone();
        records.extend(facts(packets, None, &tried, &records, t));
        records.sort_by_key(|record| record.t);
        let packets: Vec<_> = packets.all.iter().map(packet).collect();
        let session = Session {
            records: &records,
            packets: &packets,
            keys,
            ..session
        };
        let log_e = verdict::muted_log_e(&session, seed);
        if log_e > best {
            best = log_e;
            shift.drift_ppb = drift_ppb;
        }
    }
    shift
}

/// Times of a capture lie this much later while its offset is searched for: by no search does one then lie
/// before 0.
const LATE_NS: i64 = 1 << 50;

/// What the device sent, over time.
fn tracks(
    packets: &Packets,
    device: &[IpAddr],
    t: impl Fn(u64) -> MonotonicNs,
    session: Session,
) -> Vec<Track> {
    let mut manifest = session.manifest.clone();
    manifest.net.app = device.iter().map(IpAddr::to_string).collect();
    let packet = |packet: &PacketRef| wire::Packet {
        t: t(packet.t),
        data: packets.frame(packet).into(),
        orig_len: packet.orig_len,
    };
    let packets: Vec<_> = packets.all.iter().map(packet).collect();
    let session = Session {
        manifest: &manifest,
        packets: &packets,
        ..session
    };
    let trace = Trace::new(&session);
    features::tracks(&trace, &features::readings(&trace))
}
