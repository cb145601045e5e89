//! Medians, and a histogram of durations with bounded relative error.

/// The median; the mean of the middle two when the count is even. NaN of nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

/// Each power of two is cut into this many steps, so a percentile is off by at most 1/32.
const STEPS_BITS: u32 = 5;
const STEPS: u64 = 1 << STEPS_BITS;

/// Counts of nanoseconds, log-linear: exact below 32, then 32 steps per power of two.
#[derive(Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

impl Histogram {
    pub(crate) fn new() -> Histogram {
        Histogram {
            counts: vec![0; ((64 - STEPS_BITS as usize) + 1) << STEPS_BITS],
            total: 0,
            max: 0,
        }
    }

    pub(crate) fn record(&mut self, ns: u64) {
        self.counts[step_of(ns)] += 1;
        self.total += 1;
        self.max = self.max.max(ns);
    }

    /// The largest value recorded, exactly.
    pub(crate) fn max(&self) -> u64 {
        self.max
    }

    /// The value below which `share` (0 to 1) of the records lie: the upper end of its step.
    pub(crate) fn percentile(&self, share: f64) -> u64 {
        let mut left = (share * self.total as f64).ceil() as u64;
        for (step, count) in self.counts.iter().enumerate() {
            left = left.saturating_sub(*count);
            if left == 0 {
                return last_of(step).min(self.max);
            }
        }
        self.max
    }
}

fn step_of(ns: u64) -> usize {
    if ns < STEPS {
        return ns as usize;
    }
    let shift = ns.ilog2() - STEPS_BITS;
    let row = u64::from(shift) + 1;
    (row * STEPS + (ns >> shift) - STEPS) as usize
}

fn last_of(step: usize) -> u64 {
    let step = step as u64;
    let (row, column) = (step / STEPS, step % STEPS);
    match row.checked_sub(1) {
        None => column,
        Some(shift) => ((column + STEPS) << shift) + ((1 << shift) - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn every_value_lies_in_its_step() {
        let mut previous = 0;
        for ns in (0..5000)
            .chain((13..64).map(|bit| 1 << bit))
            .chain([u64::MAX])
        {
            let step = step_of(ns);
            assert!(last_of(step) >= ns, "{ns}");
            assert!(step == 0 || last_of(step - 1) < ns, "{ns}");
            assert!(step >= previous);
            previous = step;
        }
    }

    #[test]
    fn percentiles_of_a_ramp() {
        let mut histogram = Histogram::new();
        (1..=10_000).for_each(|ns| histogram.record(ns));
        for (share, exact) in [(0.5, 5000.0), (0.99, 9900.0), (0.999, 9990.0)] {
            let error = histogram.percentile(share) as f64 / exact - 1.0;
            assert!((0.0..1.0 / 32.0).contains(&error), "{share}: {error}");
        }
        assert_eq!(histogram.percentile(1.0), 10_000);
        assert_eq!(histogram.max(), 10_000);
    }
}
