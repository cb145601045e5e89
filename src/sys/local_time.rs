//! The wall clock's time of day in the machine's time zone.

#![expect(
    unsafe_code,
    reason = "the standard library knows no time zones, and the C library knows the machine's"
)]

use super::clock::UnixMs;

/// A moment as a calendar and a clock on the wall show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub millisecond: u16,
    /// How far the zone is ahead of UTC.
    pub ahead_seconds: i32,
}

/// `moment` in the machine's time zone; in UTC if the C library cannot say.
pub fn local_time(moment: UnixMs) -> LocalTime {
    let seconds = moment.0.div_euclid(1000);
    let millisecond = u16::try_from(moment.0.rem_euclid(1000)).unwrap_or(0);
    // SAFETY: every field of `tm` is an integer or a pointer, for which all zeros is a value.
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live locals; `localtime_r` writes only to the second. It reads
    // TZ, which nothing in this process changes.
    let known = unsafe { libc::localtime_r(&seconds, &mut tm) };
    if known.is_null() {
        tm.tm_mday = 1;
        tm.tm_year = 70;
    }
    let small = |value: i32| u8::try_from(value).unwrap_or(0);
    LocalTime {
        year: tm.tm_year + 1900,
        month: small(tm.tm_mon + 1),
        day: small(tm.tm_mday),
        hour: small(tm.tm_hour),
        minute: small(tm.tm_min),
        second: small(tm.tm_sec),
        millisecond,
        ahead_seconds: i32::try_from(tm.tm_gmtoff).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_the_distance_to_utc() {
        let moment = UnixMs(1_795_213_665_300);
        let time = local_time(moment);
        let days = moment.seconds() + i64::from(time.ahead_seconds);
        let of_day =
            i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + i64::from(time.second);
        assert_eq!(days.rem_euclid(86_400), of_day);
        assert_eq!((time.year, time.month, time.millisecond), (2026, 11, 300));
    }
}
