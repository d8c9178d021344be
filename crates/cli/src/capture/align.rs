//! From captures and a schedule to a bundle like any other.

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::Path;

use bundle::{Bundle, Writer};
use features::Session;
use record::{Body, Manifest, Record, Source, Span, T};
use stimulus::Seed;
use verdict::Sent;
use wire::datagram_at;

use super::packets::{ETHERNET, Packets, Seen};
use super::{Input, Schedule, device, scan};
use crate::args::Elsewhere;
use crate::fail::Fail;
use crate::subject::fresh_folder;

/// `muteproof analyze --capture`: the bundle, written and opened.
pub fn analyze(args: &Elsewhere) -> Result<Bundle, Fail> {
    let (Some(path), Some(out)) = (&args.schedule, &args.out) else {
        return Err(Fail::text("--capture needs --schedule and --out"));
    };
    if let Some(table) = &args.table {
        return super::table::analyze(table, args);
    }
    let (mut schedule, seed) = Schedule::open(path)?;
    // A schedule of an audit knows whose it is, and all addresses.
    let audited = schedule.manifest.net.app.iter();
    let audited: Vec<IpAddr> = audited.filter_map(|address| address.parse().ok()).collect();
    let is_known = args.device.is_empty() && !audited.is_empty();
    let of = if is_known {
        audited
    } else {
        args.device.clone()
    };
    if let Some(began) = args.began {
        began_at(&mut schedule, began);
    }
    let clock = Clock::new(&schedule.records)?;
    let mut packets = Packets::new(of, around(&schedule, &clock, args));
    for capture in &args.capture {
        let (input, packed) = Input::open(capture, None)?;
        packets.next_file();
        let read = scan(input, packed, true, &mut packets);
        if read.format.is_none() {
            let why = read.damages.first().map_or("it is empty", |d| &*d.why);
            let shown = capture.display();
            return Err(Fail::text(format!(
                "{shown} is no capture that can be read: {why}"
            )));
        }
    }
    packets.is_of_that_time()?;
    packets.all.sort_by_key(|seen| seen.t);
    if let Some(keylog) = &args.keylog {
        let lines = fs::read(keylog).map_err(|e| Fail::file("read", keylog, &e))?;
        packets.keys.extend_from_slice(&lines);
    }
    if let Some(muted) = &args.muted {
        said_by_a_person(&mut schedule, muted)?;
    }
    let named = match packets.of.as_slice() {
        [] => vec![device::busiest(&packets)?],
        of => of.to_vec(),
    };
    let device = match is_known {
        true => named,
        false => device::addresses(&packets, &named),
    };
    packets.keep_only(&device)?;
    schedule.manifest.net.app = device.iter().map(IpAddr::to_string).collect();
    schedule
        .manifest
        .net
        .domains
        .extend(args.domain.iter().cloned());
    let laid = laid(&packets, &device, &schedule, &seed, &clock, args);
    let logs = super::miclog::facts(args, &schedule.records, &clock)?;
    let mut records = schedule.records;
    records.extend(logs);
    records.extend(facts(&packets, &laid, &records, |t| clock.t(laid.wall(t))));
    let failed = |e: std::io::Error| Fail::file("write", out, &e);
    let writer = begun(out, &schedule.manifest, &seed, records)?;
    let tool = &schedule.manifest.tool;
    let taken = "captured elsewhere; times are laid on the schedule's clock, link layers replaced";
    let mut file = writer
        .capture_file_of("elsewhere", 0, tool, taken)
        .map_err(failed)?;
    for seen in &packets.all {
        file.packet(laid.wall(seen.t), seen.orig_len, packets.frame(seen))
            .map_err(failed)?;
    }
    if !packets.keys.is_empty() {
        file.tls_keys(&packets.keys).map_err(failed)?;
    }
    file.flush().map_err(failed)?;
    writer.seal().map_err(Fail::text)?;
    Bundle::open(out).map_err(Fail::text)
}

/// The capture's clock laid on the schedule's.
struct Laid {
    /// Wall time at which the schedule began: drift counts from there.
    began: u64,
    aligned: verdict::Aligned,
    drift_ppb: i64,
    drifts: u32,
}

impl Laid {
    /// Wall time by the schedule's clock of a moment by the capture's.
    fn wall(&self, t: u64) -> u64 {
        let since = i128::from(t) - i128::from(self.began);
        let late = since * i128::from(self.drift_ppb) / 1_000_000_000;
        t.saturating_add_signed(self.aligned.offset_ns - late as i64)
    }
}

/// Finds the offset on the control, and then, unless it is declared, the drift on the muted phase.
fn laid(
    packets: &Packets,
    device: &[IpAddr],
    schedule: &Schedule,
    seed: &Seed,
    clock: &Clock,
    args: &Elsewhere,
) -> Laid {
    let begin = schedule.records.first().map_or(T(0), |record| record.t);
    let end = schedule.records.iter().map(|r| r.t).max().unwrap_or(begin);
    let drifts = match args.drift {
        Some(ppm) => vec![(ppm * 1_000.0) as i64],
        None => verdict::drifts(
            u64::from(args.search_drift) * 1_000,
            end.since(begin).max(0) as u64,
        ),
    };
    let mut laid = Laid {
        began: clock.wall(begin),
        aligned: verdict::Aligned::default(),
        drift_ppb: drifts[0],
        drifts: drifts.len() as u32,
    };
    let session = Session {
        manifest: &schedule.manifest,
        records: &schedule.records,
        packets: &[],
        keys: None,
    };
    let sent = sent(packets, device, |t| clock.t(laid.wall(t)));
    let range_ns = u64::from(args.search) * 1_000_000_000;
    laid.aligned = verdict::align(&session, seed, &sent, range_ns);
    if let [_] = drifts[..] {
        return laid;
    }
    let keys = wire::tls::Keys::parse(&packets.keys);
    let mut best = f64::NEG_INFINITY;
    for drift_ppb in drifts {
        let tried = Laid { drift_ppb, ..laid };
        let packet = |seen: &Seen| wire::Packet {
            t: clock.t(tried.wall(seen.t)),
            data: packets.frame(seen).into(),
            orig_len: seen.orig_len,
        };
        // With the facts of the capture, as the bundle will have them: without, nobody was watching.
        let mut records = schedule.records.clone();
        records.extend(facts(packets, &tried, &records, |t| clock.t(tried.wall(t))));
        records.sort_by_key(|record| record.t);
        let packets: Vec<_> = packets.all.iter().map(packet).collect();
        let session = Session {
            records: &records,
            packets: &packets,
            keys: Some(&keys).filter(|keys| !keys.is_empty()),
            ..session
        };
        let log_e = verdict::muted_log_e(&session, seed);
        if log_e > best {
            best = log_e;
            laid.drift_ppb = drift_ppb;
        }
    }
    laid
}

/// A bundle with these facts in the order of time; not sealed yet.
pub(super) fn begun(
    out: &Path,
    manifest: &Manifest,
    seed: &Seed,
    mut records: Vec<Record>,
) -> Result<Writer, Fail> {
    records.sort_by_key(|record| record.t);
    fresh_folder(out)?;
    let failed = |e: std::io::Error| Fail::file("write", out, &e);
    let mut writer = Writer::create(out, manifest, seed).map_err(failed)?;
    for record in records {
        writer
            .push(record.t, record.source, record.body)
            .map_err(failed)?;
    }
    Ok(writer)
}

/// What is to be said of the capture itself: where it came from, how it was aligned, what it lost.
fn facts(packets: &Packets, laid: &Laid, records: &[Record], t: impl Fn(u64) -> T) -> Vec<Record> {
    let begin = records.first().map_or(T(0), |record| record.t);
    let end = records.iter().map(|record| record.t).max().unwrap_or(begin);
    let fact = |at: T, body: Body| Record {
        t: at,
        source: Source::Packets,
        seq: 0,
        body,
    };
    let Laid {
        aligned,
        drift_ppb,
        drifts,
        ..
    } = *laid;
    let note = format!(
        "a capture from elsewhere; its clock fits the control with a correlation of {:.2}; of {drifts} \
         drifts that of {:+.1} parts in a million was taken{}",
        aligned.correlation,
        drift_ppb as f64 / 1e3,
        packets
            .unread_links()
            .map_or(String::new(), |which| format!("; not read: {which}")),
    );
    let mut facts = vec![
        fact(begin, Body::Attached { note }),
        fact(
            begin,
            Body::Aligned {
                offset_ns: aligned.offset_ns,
                drift_ppb,
                candidates: aligned.candidates,
                drifts,
            },
        ),
    ];
    let mut gap = |from: T, to: T, lost: Option<u64>, why: &str| {
        let span = Span { from, to };
        if from < to {
            let why = why.to_owned();
            facts.push(fact(to, Body::Gap { span, lost, why }));
        }
    };
    let (covered, between) = packets.covered();
    let (first, last) = covered.map_or((end, end), |(first, last)| (t(first), t(last)));
    gap(begin, first, None, "the capture began later");
    gap(last, end, None, "the capture ended earlier");
    for (from, to) in between {
        gap(
            t(from),
            t(to),
            None,
            "nothing was captured between two files",
        );
    }
    if packets.n_dropped > 0 {
        let why = "the capturing system dropped packets, nobody knows when";
        gap(begin, end, Some(packets.n_dropped), why);
    }
    if packets.n_left_out > 0 {
        let why = "packets without a time, or more than are held in memory (with --device only its own are)";
        gap(begin, end, Some(packets.n_left_out), why);
    }
    for (from, until, why) in packets.lost() {
        gap(t(from), until.map_or(end, &t), None, why);
    }
    facts
}

/// Packets that the device sent.
fn sent(packets: &Packets, device: &[IpAddr], t: impl Fn(u64) -> T) -> Vec<Sent> {
    let mut flows = HashMap::new();
    let sent = |seen: &Seen| {
        let datagram = datagram_at(packets.frame(seen), ETHERNET).ok()?;
        if !device.contains(&datagram.src.ip()) {
            return None;
        }
        let n = flows.len() as u32;
        let flow = *flows.entry((datagram.src, datagram.dst)).or_insert(n);
        Some(Sent {
            t: t(seen.t),
            flow,
            bytes: seen.orig_len,
        })
    };
    packets.all.iter().filter_map(sent).collect()
}

/// Wall times from before the schedule's beginning to behind its end, as far as clocks are searched for.
fn around(schedule: &Schedule, clock: &Clock, args: &Elsewhere) -> RangeInclusive<u64> {
    let times = || schedule.records.iter().map(|record| record.t);
    let slack = (u64::from(args.search) + 10) * 1_000_000_000;
    let wall = |t: Option<T>| clock.wall(t.unwrap_or(T(0)));
    wall(times().min()).saturating_sub(slack)..=wall(times().max()).saturating_add(slack)
}

/// Moves the schedule's wall time so that its first record lies at `began`.
pub(super) fn began_at(schedule: &mut Schedule, began: jiff::Timestamp) {
    let first = schedule.records.first().map_or(T(0), |record| record.t);
    let began_ns = u64::try_from(began.as_nanosecond()).unwrap_or(0);
    for record in &mut schedule.records {
        if let Body::ClockPair { realtime_ns, .. } = &mut record.body {
            *realtime_ns = began_ns.saturating_add_signed(record.t.since(first));
        }
    }
}

/// Puts a person's word in the place of what the schedule says of the mute: twice a second, for a
/// block asks what was said within it.
pub(super) fn said_by_a_person(schedule: &mut Schedule, muted: &str) -> Result<(), Fail> {
    let wrong = || {
        Fail::text(format!(
            "--muted {muted}: it has to look like 70..190, in seconds"
        ))
    };
    let (from, to) = muted.split_once("..").ok_or_else(wrong)?;
    let seconds = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
    let (from, to) = (seconds(from)?, seconds(to)?);
    let begin = schedule.records.first().map_or(T(0), |record| record.t);
    let end = schedule.records.iter().map(|r| r.t).max().unwrap_or(begin);
    schedule
        .records
        .retain(|r| !matches!(r.body, Body::MuteSaid { .. }));
    let mut t = begin;
    while t < end {
        let at = t.since(begin) as f64 / 1e9;
        schedule.records.push(Record {
            t,
            source: Source::Mute,
            seq: 0,
            body: Body::MuteSaid {
                muted: Some((from..to).contains(&at)),
                said: format!("a person: muted from {from} s to {to} s"),
            },
        });
        t = t.offset(500_000_000);
    }
    schedule.records.sort_by_key(|record| record.t);
    Ok(())
}

/// Wall time beside the session's.
pub(super) struct Clock(Vec<(u64, T)>);

impl Clock {
    pub(super) fn new(records: &[Record]) -> Result<Clock, Fail> {
        let pairs = records.iter().filter_map(|r| match r.body {
            Body::ClockPair { realtime_ns, .. } => Some((realtime_ns, r.t)),
            _ => None,
        });
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort();
        match pairs.is_empty() {
            true => Err(Fail::text("the schedule does not say when it was played")),
            false => Ok(Clock(pairs)),
        }
    }

    /// Wall time of a moment, by the nearest pair at or before.
    pub(super) fn wall(&self, t: T) -> u64 {
        let before = |(_, of): &(u64, T)| *of <= t;
        let after = self.0.partition_point(before);
        let (wall, of) = self.0[after.saturating_sub(1)];
        wall.saturating_add_signed(t.since(of))
    }

    /// By the nearest pair at or before.
    pub(super) fn t(&self, realtime_ns: u64) -> T {
        let after = self.0.partition_point(|(wall, _)| *wall <= realtime_ns);
        let (wall, t) = self.0[after.saturating_sub(1)];
        t.offset(realtime_ns as i64 - wall as i64)
    }
}
