//! From registers to a count: Ertl's improved raw estimator.
//!
//! Only how many registers have each rank matters. With m registers, C(k) of them at rank k and q
//! the highest but one, the estimate is α∞·m² / z, where z is
//!
//! ```text
//! m·σ(C(0)/m) + Σ C(k)·2^-k (k = 1 … q) + m·τ(1 − C(q+1)/m)·2^-q
//! ```
//!
//! σ corrects for registers still empty, τ for those that are full. Evaluated in the order Redis
//! does, so that the last bits agree.

use super::{REGISTER_BITS, REGISTERS, STALE};

/// q: the bits of a hash behind those that choose the register; a rank is q + 1 at most.
const RANK_BITS: usize = (u64::BITS - REGISTER_BITS) as usize;

/// Values a register of 6 bits can have.
const VALUES: usize = 64;

/// α∞ = 1 / (2 ln 2)
const ALPHA: f64 = 0.721_347_520_444_481_7;

/// How many registers have each rank.
#[derive(Clone, Debug)]
pub struct Histogram([u32; VALUES]);

impl Histogram {
    /// Of no registers.
    #[expect(
        clippy::new_without_default,
        reason = "an empty one is only a beginning"
    )]
    pub fn new() -> Histogram {
        Histogram([0; VALUES])
    }

    /// `count` more registers have `rank`.
    #[inline]
    pub fn add(&mut self, rank: u8, count: u32) {
        self.0[usize::from(rank) % VALUES] += count;
    }

    /// The estimated number of distinct elements. All registers must have been added.
    pub fn estimate(&self) -> u64 {
        let Histogram(counts) = self;
        let m = REGISTERS as f64;
        let full = f64::from(counts[RANK_BITS + 1]);
        let mut z = m * tau((m - full) / m);
        for rank in (1..=RANK_BITS).rev() {
            z += f64::from(counts[rank]);
            z *= 0.5;
        }
        z += m * sigma(f64::from(counts[0]) / m);
        let estimate = ALPHA * m * m / z;
        // Registers that no elements cause may say more than 63 bits: then what C makes of it.
        match estimate < STALE as f64 {
            true => estimate.round() as u64,
            false => STALE,
        }
    }
}

/// σ(x) = x + Σ x^(2^k)·2^(k-1), k = 1 …
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut weight, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * weight;
        weight += weight;
        if z == before {
            return z;
        }
    }
}

/// τ(x) = (1 − x − Σ (1 − x^(2^-k))²·2^-k, k = 1 …) / 3
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut weight, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        weight *= 0.5;
        z -= (1.0 - x).powi(2) * weight;
        if z == before {
            return z / 3.0;
        }
    }
}
