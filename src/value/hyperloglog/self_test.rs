//! PFSELFTEST: registers keep what they are given, and counts are as near as they should be.

use super::{Draft, Hll, dense, place};
use crate::value::string::Str;

/// Elements that are counted: what takes a few milliseconds.
const ELEMENTS: u64 = 100_000;

/// The standard error of a count: 1.04 / √m.
const STANDARD_ERROR: f64 = 1.04 / 128.0;

/// So many standard errors are not seen by chance.
const ERRORS_MAX: f64 = 6.0;

/// Sparse registers are compared with dense ones up to so many bytes.
const SPARSE_BYTES_MAX: usize = 3000;

/// What is wrong with HyperLogLogs on this machine, if anything.
pub fn self_test(random: &mut fastrand::Rng) -> Result<(), String> {
    dense::check(|| random.u8(..)).map_err(|_| "a register is not what it was set to")?;
    let seed = random.u64(..);
    let mut sparse = Draft::new();
    let mut dense = Draft::new();
    dense.make_dense().map_err(|_| "an empty one is corrupt")?;
    let mut checkpoint = 1;
    for count in 1..=ELEMENTS {
        let element = place(&(seed ^ count).to_le_bytes());
        let changed = [&mut sparse, &mut dense].map(|hll| hll.raise(element, SPARSE_BYTES_MAX));
        if changed[0] != changed[1] || changed[0].is_err() {
            return Err(format!("sparse and dense registers differ at {count}"));
        }
        if count == checkpoint {
            checkpoint *= 10;
            let error = [&sparse, &dense].map(|hll| error_of(hll, count));
            // Few elements are counted exactly, but two may share a register.
            let allowed = (ERRORS_MAX * STANDARD_ERROR * count as f64).max(1.0);
            if error[0] > allowed || error[0] != error[1] {
                return Err(format!(
                    "{count} elements, counted with an error of {error:?}"
                ));
            }
        }
    }
    Ok(())
}

/// How far the count of `hll` is from `count`.
fn error_of(hll: &Draft, count: u64) -> f64 {
    let bytes = hll.clone().into_bytes();
    let counted = Hll::open(Str::Inline(&bytes)).and_then(Hll::count);
    counted.map_or(f64::INFINITY, |counted| counted.abs_diff(count) as f64)
}
