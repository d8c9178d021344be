//! Where the slow code plays: on the beat of what the app sends about once in its block.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use features::RareSends;
use observe::Sink;
use record::{Body, Code, Manifest, MonotonicNs, Protocol, Source};
use stage::clock::{now, realtime_ahead_ns};

use crate::event::Stop;
use crate::log::Log;
use crate::pump::Pump;

/// How much longer than one block of the slow code a send is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often what was seen is looked at for it: the grid is late by at most this.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long before a send's expected time the grid begins: what the player and the app take from a
/// sample to what is reported of it.
const PLAYER_LEAD: Duration = Duration::from_millis(60);

/// What the app was seen to send rarely, as it is seen.
pub(crate) type Sends = Arc<Mutex<RareSends>>;

/// Nothing was seen yet.
pub(crate) fn sends(manifest: &Manifest) -> Sends {
    let period = slow_block(&manifest.protocol).unwrap_or_default();
    let sends = RareSends::new(&manifest.net, period.as_nanos() as u64);
    Arc::new(Mutex::new(sends))
}

/// Packets on their way into the bundle, looked at for what is sent rarely.
#[derive(Clone)]
pub(crate) struct WatchedSink {
    pub(crate) log: Log,
    pub(crate) sends: Sends,
}

impl Sink for WatchedSink {
    fn record(&mut self, t: MonotonicNs, source: Source, body: Body) {
        Log::record(&self.log, t, source, body);
    }

    fn packet(&mut self, realtime_ns: u64, orig_len: u32, data: &[u8]) {
        let t = MonotonicNs((realtime_ns as i64 - realtime_ahead_ns()).max(0) as u64);
        let mut sends = self.sends.lock().unwrap_or_else(PoisonError::into_inner);
        sends.see(t, data);
        drop(sends);
        self.log.packet(realtime_ns, orig_len, data);
    }
}

/// A block of the slow code, where one is played.
fn slow_block(protocol: &Protocol) -> Option<Duration> {
    let slow = protocol.slower.iter().find(|s| s.code == Code::Slow)?;
    Some(Duration::from_nanos(
        protocol.block_ns * u64::from(slow.every),
    ))
}

/// Waits for a send that comes about once in the slow code's block, so that what such a send reports lies
/// within one block. Looks at what is recorded, before the first muted coin: the grid cannot depend on one.
pub(crate) fn set(pump: &mut Pump, protocol: &Protocol, sends: &Sends) -> Result<(), Stop> {
    let Some(block) = slow_block(protocol) else {
        return Ok(());
    };
    let (since, deadline) = (now(), Instant::now() + block + PATIENCE);
    let mut send = None;
    while send.is_none() && Instant::now() < deadline {
        pump.wait(LOOK_EVERY)?;
        send = sends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .latest(since);
    }
    if let Some(send) = &send {
        pump.wait(until_next(send, block, now()))?;
    }
    let at_send = send.map(|send| send.flow);
    pump.log
        .record(now(), Source::Stage, Body::Grid { at_send });
    Ok(())
}

/// How long until a send that was seen comes again, a little less than that: it was seen late, by as
/// much as a look takes, and what it will report should not reach into the block before. Nothing where
/// its pace is not about the block's.
fn until_next(send: &features::RareSend, block: Duration, now: MonotonicNs) -> Duration {
    let since_ns = u64::try_from(now.since(send.began)).unwrap_or(0);
    let period_ns = send.since_last_ns.max(1);
    let apart = period_ns as f64 / block.as_nanos() as f64;
    if !(0.5..1.5).contains(&apart) {
        return Duration::ZERO;
    }
    let left = Duration::from_nanos(period_ns - since_ns % period_ns);
    left.saturating_sub(PLAYER_LEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_waits_for_the_send_to_come_again() {
        let send = |since_last_ns| features::RareSend {
            flow: "tcp".to_owned(),
            began: MonotonicNs(100_000_000_000),
            since_last_ns,
        };
        let block = Duration::from_secs(60);
        let at = |seconds: f64| MonotonicNs(100_000_000_000 + (seconds * 1e9) as u64);
        let wait = until_next(&send(59_000_000_000), block, at(0.3));
        assert_eq!(wait, Duration::from_millis(58_700) - PLAYER_LEAD);
        // Looked at for longer than a period: the one after it.
        let wait = until_next(&send(59_000_000_000), block, at(60.0));
        assert_eq!(wait, Duration::from_millis(58_000) - PLAYER_LEAD);
        // Three a block is no pace to wait for.
        assert_eq!(
            until_next(&send(20_000_000_000), block, at(0.3)),
            Duration::ZERO
        );
    }
}
