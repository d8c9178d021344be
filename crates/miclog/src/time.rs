use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// How the local times of a log are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    /// Seconds east of UTC.
    pub east_s: i32,
    /// A moment near to what the log tells of, nanoseconds of Unix time: some logs leave out the year.
    pub near_ns: u64,
    /// When the log was taken, as far as a person says so: some logs only say how long ago things were.
    pub taken_ns: Option<u64>,
}

impl Zone {
    /// Unix time of a local time; nothing where there is no such time.
    pub(crate) fn ns(&self, local: DateTime) -> Option<u64> {
        let offset = Offset::from_seconds(self.east_s).ok()?;
        let zoned = local.to_zoned(TimeZone::fixed(offset)).ok()?;
        u64::try_from(zoned.timestamp().as_nanosecond()).ok()
    }

    /// Of a local time without its year: the year is the one that brings it nearest.
    pub(crate) fn ns_of_day(&self, month: i8, day: i8, time: jiff::civil::Time) -> Option<u64> {
        let near = jiff::Timestamp::from_nanosecond(i128::from(self.near_ns)).ok()?;
        let year = near.to_zoned(TimeZone::UTC).year();
        let times = [year - 1, year, year + 1].into_iter().filter_map(|year| {
            let date = jiff::civil::Date::new(year, month, day).ok()?;
            self.ns(date.to_datetime(time))
        });
        times.min_by_key(|ns| ns.abs_diff(self.near_ns))
    }
}

/// Nanoseconds of a day.
pub(crate) const DAY_NS: u64 = 86_400_000_000_000;

impl Zone {
    /// Of a time without its day: the day is the one that brings it nearest to `near_ns`.
    pub(crate) fn ns_of_time(&self, time: jiff::civil::Time, near_ns: u64) -> Option<u64> {
        let near = jiff::Timestamp::from_nanosecond(i128::from(near_ns)).ok()?;
        let date = near.to_zoned(TimeZone::UTC).date();
        let ns = self.ns(date.to_datetime(time))?;
        let days = [ns.saturating_sub(DAY_NS), ns, ns.saturating_add(DAY_NS)];
        days.into_iter().min_by_key(|ns| ns.abs_diff(near_ns))
    }
}

/// `1d2h3m4s5ms`, any of them, as nanoseconds.
pub(crate) fn duration_ns(text: &str) -> Option<u64> {
    let mut sum_ms: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let n: u64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let (ms, len) = match unit.as_bytes() {
            [b'm', b's', ..] => (1, 2),
            [b'd', ..] => (86_400_000, 1),
            [b'h', ..] => (3_600_000, 1),
            [b'm', ..] => (60_000, 1),
            [b's', ..] => (1_000, 1),
            _ => return None,
        };
        sum_ms = sum_ms.checked_add(n.checked_mul(ms)?)?;
        rest = &unit[len..];
    }
    sum_ms.checked_mul(1_000_000)
}

/// Unix time of a stamp that names its offset, nanoseconds.
pub(crate) fn stamp(text: &str) -> Option<u64> {
    let stamp: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(stamp.as_nanosecond()).ok()
}

/// Of Windows' FILETIME: tenths of a microsecond since 1601.
pub(crate) fn filetime(ticks: u64) -> Option<u64> {
    const TO_1970_S: u64 = 11_644_473_600;
    let since = ticks.checked_sub(TO_1970_S * 10_000_000)?;
    since.checked_mul(100)
}
