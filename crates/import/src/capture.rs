use std::net::IpAddr;
use std::ops::RangeInclusive;

use bundle::Bundle;
use record::Span;
use scan::{Input, scan};

use crate::clock::{Clock, override_mute, set_wall_time, whole};
use crate::device;
use crate::error::ImportError;
use crate::estimate::estimate_clock;
use crate::facts::facts;
use crate::mic_log;
use crate::options::{CaptureOptions, Options};
use crate::packets::Packets;
use crate::page::PageLog;
use crate::schedule::Schedule;
use crate::write::begin_bundle;

/// Makes a bundle of captures, and opens it.
pub fn capture(of: &CaptureOptions, options: &Options) -> Result<Bundle, ImportError> {
    let (mut schedule, seed) = Schedule::open(&options.schedule)?;
    // A schedule of an audit knows whose it is, and all addresses.
    let audited = schedule.manifest.net.app.iter();
    let audited: Vec<IpAddr> = audited.filter_map(|address| address.parse().ok()).collect();
    let is_known = of.device.is_empty() && !audited.is_empty();
    let named = if is_known { audited } else { of.device.clone() };
    if let Some(began) = options.began {
        set_wall_time(&mut schedule.records, began);
    }
    if let Some(log) = &options.page_log {
        PageLog::open(log, &schedule)?.lay_on(&mut schedule.records);
    }
    let clock = Clock::new(&schedule.records)?;
    let mut packets = Packets::new(named, around(&schedule, &clock, of.search_s));
    read(of, &mut packets)?;
    if let Some(muted) = options.muted {
        override_mute(&mut schedule.records, muted);
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
    let net = &mut schedule.manifest.net;
    net.app = device.iter().map(IpAddr::to_string).collect();
    net.domains.extend(of.domains.iter().cloned());
    let shift = estimate_clock(&packets, &device, &schedule, &seed, &clock, of);
    let logs = mic_log::facts(options, &schedule.records, &clock)?;
    let mut records = schedule.records;
    records.extend(logs);
    records.extend(facts(&packets, of.here.as_ref(), &shift, &records, |t| {
        clock.t(shift.wall(t))
    }));
    let out = &options.out;
    let failed = |source| ImportError::Write {
        path: out.clone(),
        source,
    };
    let writer = begin_bundle(out, &schedule.manifest, &seed, records)?;
    let tool = &schedule.manifest.tool;
    let taken = "captured elsewhere; times are laid on the schedule's clock, link layers replaced";
    let mut file = writer
        .capture_file_of("elsewhere", 0, tool, taken)
        .map_err(failed)?;
    for packet in &packets.all {
        file.packet(shift.wall(packet.t), packet.orig_len, packets.frame(packet))
            .map_err(failed)?;
    }
    if !packets.keys.is_empty() {
        file.tls_keys(&packets.keys).map_err(failed)?;
    }
    file.flush().map_err(failed)?;
    writer.seal()?;
    Ok(Bundle::open(out)?)
}

/// Bytes of a key log: a day of a busy browser's.
const KEYS_MAX: u64 = 64 << 20;

/// Takes what the files hold: packets in the order of time, and keys.
fn read(of: &CaptureOptions, packets: &mut Packets) -> Result<(), ImportError> {
    for path in &of.captures {
        let input = Input::open(path, None)?;
        packets.next_file();
        let read = scan(input, packets);
        if read.format.is_none() {
            let why = read.damages.first().map_or("it is empty", |d| &*d.why);
            return Err(ImportError::NotCapture {
                path: path.clone(),
                why: why.to_owned(),
            });
        }
    }
    packets.is_of_that_time()?;
    packets.all.sort_by_key(|packet| packet.t);
    if let Some(path) = &of.keylog {
        let lines = files::read(path, KEYS_MAX).map_err(|source| ImportError::Read {
            path: path.clone(),
            source,
        })?;
        packets.keys.extend_from_slice(&lines);
    }
    Ok(())
}

/// Wall times from before the schedule's beginning to behind its end, as far as clocks are searched for.
fn around(schedule: &Schedule, clock: &Clock, search_s: u32) -> RangeInclusive<u64> {
    // The first fact is not always the earliest.
    let begin = schedule.records.iter().map(|record| record.t).min();
    let Span { from, to } = whole(&schedule.records);
    let slack = (u64::from(search_s) + 10) * 1_000_000_000;
    let (begin, end) = (clock.wall(begin.unwrap_or(from)), clock.wall(to));
    begin.saturating_sub(slack)..=end.saturating_add(slack)
}
