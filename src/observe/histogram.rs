//! How long things took, counted in classes that are narrow where times are short.
//!
//! The classes are those of an HDR histogram with two significant digits: values below 128 have one
//! each, and every doubling from there on is cut into 128, so a class is never wider than 1/128 of
//! what it holds.
//!
//! ```text
//! row    values             class width         a value's row: its bits beyond the lowest seven
//!  0     0 … 127            1                   its class:     the seven bits below the leading one
//!  1     128 … 255          1
//!  2     256 … 511          2
//!  r     2^(r+6) … 2^(r+7)  2^(r-1)
//! ```
//!
//! A row is allocated when the first value falls into it: a command whose times lie within a factor
//! of ten takes 4 KB.

/// Classes of a row.
const CLASSES: usize = 128;

/// `log2` of that.
const CLASS_BITS: u32 = CLASSES.ilog2();

/// Values are bent into these bounds: a nanosecond and a second.
const MIN: u64 = 1;
const MAX: u64 = 1_000_000_000;

/// Rows up to the one of [`MAX`].
const ROWS: usize = row_of(MAX) + 1;

/// The first and the last power of two that [`Histogram::cumulated`] tells of, in nanoseconds.
const FIRST_STEP: u64 = 1 << 10;
const LAST_STEP: u64 = 1 << 30;

const fn row_of(value: u64) -> usize {
    (u64::BITS - value.leading_zeros()).saturating_sub(CLASS_BITS) as usize
}

/// Counts of nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    rows: [Option<Box<[u64; CLASSES]>>; ROWS],
    total: u64,
}

impl Histogram {
    /// Counts one more.
    #[inline]
    pub fn record(&mut self, ns: u64) {
        let value = ns.clamp(MIN, MAX);
        let row = row_of(value);
        let class = (value >> row.saturating_sub(1)) as usize % CLASSES;
        let counts = self.rows[row].get_or_insert_with(|| Box::new([0; CLASSES]));
        counts[class] += 1;
        self.total += 1;
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The value that `percent` of all do not exceed, as exactly as classes tell: the highest value
    /// of its class (of 0 percent: the lowest).
    pub fn percentile(&self, percent: f64) -> u64 {
        // Rounded; the conversion saturates.
        let wanted = (percent.min(100.0) / 100.0 * self.total as f64 + 0.5) as u64;
        let wanted = wanted.max(1);
        let mut sum = 0;
        for (lowest, highest, count) in self.classes() {
            sum += count;
            if sum >= wanted {
                return if percent > 0.0 { highest } else { lowest };
            }
        }
        0
    }

    /// How many did not exceed each power of two, where that is more than of the one before: pairs
    /// of microseconds and counts, up to the first that counts all.
    pub fn cumulated(&self) -> Vec<(u64, u64)> {
        let mut pairs: Vec<(u64, u64)> = Vec::new();
        let (mut sum, mut classes) = (0, self.classes().peekable());
        let mut step = FIRST_STEP;
        while classes.peek().is_some() && step <= LAST_STEP {
            // All of the class in which the step is; the last step is the end of the last row.
            let row = row_of(step);
            let highest = step + (1 << (row - 1)) - 1;
            let highest = if step == LAST_STEP { step - 1 } else { highest };
            let before = sum;
            while let Some((_, _, count)) = classes.next_if(|(lowest, ..)| *lowest <= highest) {
                sum += count;
            }
            if sum > before {
                pairs.push((highest / 1000, sum));
            }
            step *= 2;
        }
        pairs
    }

    /// Classes with something in them: lowest and highest value, and the count.
    fn classes(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        let rows = self.rows.iter().enumerate();
        rows.flat_map(|(row, counts)| {
            let shift = row.saturating_sub(1);
            let first = if row == 0 { 0 } else { CLASSES as u64 };
            let counts = counts.iter().flat_map(|counts| counts.iter());
            counts.enumerate().filter_map(move |(class, count)| {
                let lowest = (first + class as u64) << shift;
                (*count > 0).then_some((lowest, lowest + (1 << shift) - 1, *count))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for value in values {
            histogram.record(*value);
        }
        histogram
    }

    /// What redis-server showed of commands of these lengths, in nanoseconds.
    #[test]
    fn percentiles_are_those_of_hdr_histogram() {
        for (value, lowest, highest) in [
            (0, 1, 1),
            (1000, 1000, 1003),
            (7000, 6976, 7007),
            (21_000, 20_992, 21_119),
            (127_000, 126_976, 127_487),
            (700_123_000, 696_254_464, 700_448_767),
            (100_056_000, 99_614_720, 100_139_007),
            (2_000_000_000, 998_244_352, 1_002_438_655),
        ] {
            let histogram = histogram(&[value]);
            assert_eq!(histogram.percentile(0.0), lowest, "{value}");
            for percent in [0.001, 50.0, 99.9, 100.0, 120.0] {
                assert_eq!(histogram.percentile(percent), highest, "{value} {percent}");
            }
        }
        assert_eq!(Histogram::default().percentile(50.0), 0);
    }

    #[test]
    fn percentiles_are_ranks() {
        let histogram = histogram(&(1..=100).collect::<Vec<_>>());
        for (percent, wanted) in [(1.0, 1), (50.0, 50), (99.0, 99), (99.9, 100), (0.1, 1)] {
            assert_eq!(histogram.percentile(percent), wanted, "{percent}");
        }
        assert_eq!(histogram.total(), 100);
    }

    /// Against counting by hand, in a class for each value.
    #[test]
    fn every_value_falls_into_a_class_that_holds_it() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..20_000 {
            let bits = random.u32(1..31);
            let value = random.u64(1..1 << bits).min(MAX);
            let one = histogram(&[value]);
            let classes: Vec<_> = one.classes().collect();
            let [(lowest, highest, 1)] = classes[..] else {
                panic!("{value}: {classes:?}");
            };
            assert!((lowest..=highest).contains(&value), "{value}");
            assert!(
                (highest - lowest) * 128 <= value,
                "{value} {lowest} {highest}"
            );
        }
    }

    /// The steps that redis-server shows.
    #[test]
    fn cumulated_counts_go_up_to_the_last_that_counts_something() {
        for (values, wanted) in [
            (&[][..], &[][..]),
            (&[5], &[(1, 1)]),
            (&[1000, 1_031, 1_032], &[(1, 2), (2, 3)]),
            (&[7000], &[(8, 1)]),
            (&[127_000], &[(132, 1)]),
            (
                &[100_056_000, 700_000_000, 2_000_000_000],
                &[(135_266, 1), (1_073_741, 3)],
            ),
        ] {
            assert_eq!(histogram(values).cumulated(), wanted, "{values:?}");
        }
    }
}
