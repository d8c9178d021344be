use record::{Body, MonotonicNs, Record, Source, Span};

use crate::clock::whole;
use crate::options::Here;
use crate::packets::Packets;
use crate::shift::ClockShift;

/// What is to be said of the capture itself: where it came from, how it was aligned, what it lost. `t` gives
/// the session's time of a moment by the capture's clock; `here` is what is known of one by the machine that played.
pub(crate) fn facts(
    packets: &Packets,
    here: Option<&Here>,
    shift: &ClockShift,
    records: &[Record],
    t: impl Fn(u64) -> MonotonicNs,
) -> Vec<Record> {
    let Span {
        from: begin,
        to: end,
    } = whole(records);
    let fact = |at: MonotonicNs, body: Body| Record {
        t: at,
        source: Source::Packets,
        seq: 0,
        body,
    };
    let ClockShift {
        aligned,
        drift_ppb,
        drifts,
        ..
    } = *shift;
    let unread = packets
        .unread_links()
        .map_or(String::new(), |which| format!("; not read: {which}"));
    let note = match here {
        Some(here) => format!(
            "the packets of one device, captured at {} by the machine that played{unread}",
            here.interface
        ),
        None => format!(
            "a capture from elsewhere; its clock fits the control with a correlation of {:.2}; of {drifts} \
         drifts that of {:+.1} parts in a million was taken{unread}",
            aligned.correlation,
            drift_ppb as f64 / 1e3,
        ),
    };
    let mut facts = vec![fact(begin, Body::Attached { note })];
    if here.is_none() {
        let found = Body::Aligned {
            offset_ns: aligned.offset_ns,
            drift_ppb,
            candidates: aligned.candidates,
            drifts,
            beyond_chance: Some(aligned.beyond_chance),
        };
        facts.push(fact(begin, found));
    }
    let mut gap = |from: MonotonicNs, to: MonotonicNs, lost: Option<u64>, why: &str| {
        let span = Span { from, to };
        if from < to {
            let why = why.to_owned();
            facts.push(fact(to, Body::Gap { span, lost, why }));
        }
    };
    let (covered, between) = match here {
        None => packets.covered(),
        Some(here) => here.whole(),
    };
    let (first, last) = covered.map_or((end, end), |(first, last)| (t(first), t(last)));
    gap(begin, first, None, "the capture began later");
    gap(last, end, None, "the capture ended earlier");
    for (from, to) in between {
        let why = match here {
            None => "nothing was captured between two files",
            Some(_) => "the interface was away, or the packet ring was full",
        };
        gap(t(from), t(to), None, why);
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
