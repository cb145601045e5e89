//! Moments as people write them: seconds since 1970, or a date and a time of day.
//!
//! ```text
//! 1795230000
//! 2026-11-21T03:00:00Z     2026-11-21 03:00     2026-11-21T03:00:00.5+01:00     2026-11-21
//! ```
//!
//! A time without a zone is UTC, whatever the machine's is: logs of one server may be read on
//! another. Dates are computed by the 400-year cycle of the calendar, begun on 1 March so that the
//! leap day is the last of its year (Howard Hinnant's way).

/// Days from 1 March of year 0 to 1 January 1970.
const DAYS_TO_1970: i64 = 719_468;
const DAYS_IN_400_YEARS: i64 = 146_097;
const SECONDS_IN_DAY: i64 = 86_400;

/// The second since 1970 that `text` names; a fraction is dropped.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (date, rest) = text.split_at_checked("YYYY-MM-DD".len())?;
    let days = parse_date(date)?;
    let Some(rest) = rest.strip_prefix(['T', 't', ' ']) else {
        return rest.is_empty().then_some(days * SECONDS_IN_DAY);
    };
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(zone_at);
    let of_day = parse_time(time.trim_end())?;
    Some(days * SECONDS_IN_DAY + of_day - parse_zone(zone)?)
}

/// The moment as a date and a time of day, in UTC.
pub fn text(seconds: i64) -> String {
    let (year, month, day) = date_of(seconds.div_euclid(SECONDS_IN_DAY));
    let of_day = seconds.rem_euclid(SECONDS_IN_DAY);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A number of exactly two digits, below `end`.
fn two_digits(text: &str, end: i64) -> Option<i64> {
    let well_formed = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| well_formed)?;
    (number < end).then_some(number)
}

/// The days since 1970 of a date that exists.
fn parse_date(text: &str) -> Option<i64> {
    let mut words = text.split('-');
    let year = words.next().filter(|word| word.len() == 4)?;
    let year: i64 = year.parse().ok()?;
    let month = two_digits(words.next()?, 13)?;
    let day = two_digits(words.next()?, 32)?;
    let days = days_of(year, month, day);
    (words.next().is_none() && date_of(days) == (year, month, day)).then_some(days)
}

/// Seconds since midnight.
fn parse_time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut words = clock.split(':');
    let hour = two_digits(words.next()?, 24)?;
    let minute = two_digits(words.next()?, 60)?;
    let second = words.next().map_or(Some(0), |word| two_digits(word, 60))?;
    let seconds = hour * 3600 + minute * 60 + second;
    words.next().is_none().then_some(seconds)
}

/// How far a zone is ahead of UTC, in seconds.
fn parse_zone(text: &str) -> Option<i64> {
    let ahead = match text.split_at_checked(1) {
        None | Some(("Z" | "z", "")) => return Some(0),
        Some(("+", _)) => 1,
        Some(("-", _)) => -1,
        Some(_) => return None,
    };
    let rest = &text[1..];
    let (hours, minutes) = match rest.split_once(':') {
        Some(both) => both,
        None => rest.split_at_checked(2)?,
    };
    let minutes = if minutes.is_empty() { "00" } else { minutes };
    Some(ahead * (two_digits(hours, 24)? * 3600 + two_digits(minutes, 60)? * 60))
}

fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (cycle, of_cycle) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year;
    cycle * DAYS_IN_400_YEARS + days - DAYS_TO_1970
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_1970;
    let (cycle, of_cycle) = (
        days.div_euclid(DAYS_IN_400_YEARS),
        days.rem_euclid(DAYS_IN_400_YEARS),
    );
    // Leap days before this one: each 1460 days, but not each 36,524, and again each 146,096.
    let leaps = of_cycle / 1460 - of_cycle / 36_524 + of_cycle / 146_096;
    let year = (of_cycle - leaps) / 365;
    let of_year = of_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = (month + 2) % 12 + 1;
    let year = cycle * 400 + year + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read() {
        for (written, seconds) in [
            ("0", 0),
            ("-5", -5),
            (" 1795230000 ", 1_795_230_000),
            ("1970-01-01", 0),
            ("1970-01-01T00:00:01Z", 1),
            ("1969-12-31 23:59:59", -1),
            ("2000-02-29 12:00", 951_825_600),
            ("2026-11-21T03:00:00Z", 1_795_230_000),
            ("2026-11-21 03:00", 1_795_230_000),
            ("2026-11-21t04:00:00.75+01:00", 1_795_230_000),
            ("2026-11-21T02:30:00 -0030", 1_795_230_000),
            ("2026-11-21T05:00+02", 1_795_230_000),
        ] {
            assert_eq!(parse(written), Some(seconds), "{written:?}");
        }
        for written in [
            "",
            "-",
            "1.5",
            "yesterday",
            "2026-11",
            "2026-11-31",
            "2025-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-11-21T",
            "2026-11-21T24:00",
            "2026-11-21T03",
            "2026-11-21T03:00:60",
            "2026-11-21T03:00:00:00",
            "2026-11-21T03:00Zz",
            "2026-11-21T03:00+1",
            "2026-11-21T3:00",
            "2026-11-21T03:00:00.x",
            "99999999999999999999",
            "2026-11-2é",
        ] {
            assert_eq!(parse(written), None, "{written:?}");
        }
    }

    #[test]
    fn each_day_is_written_as_it_is_read() {
        assert_eq!(text(1_795_230_000), "2026-11-21T03:00:00Z");
        assert_eq!(text(-1), "1969-12-31T23:59:59Z");
        let days_of_1600_years = 4 * DAYS_IN_400_YEARS;
        let mut last = (0, 0, 0);
        for day in -days_of_1600_years / 4..days_of_1600_years * 3 / 4 {
            let date = date_of(day);
            assert!(date > last, "{date:?} after {last:?}");
            assert_eq!(days_of(date.0, date.1, date.2), day);
            last = date;
        }
        for seconds in [0, 951_825_600, 4_107_542_399, 253_402_300_799] {
            assert_eq!(parse(&text(seconds)), Some(seconds));
        }
    }
}
