use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// How the local times of a log are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    /// Seconds east of UTC.
    pub east_s: i32,
    /// A moment near to what the log tells of, nanoseconds of Unix time: some logs leave out the year.
    pub near_ns: u64,
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
