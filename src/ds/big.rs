//! Natural numbers of any size: as much as exact decimal conversion needs, and no more.
//!
//! Used only where 128 bits do not do: numbers of dozens of digits, or with exponents beyond 27.
//! Numbers come from requests of at most 5,119 bytes, so the quadratic ways below stay in the
//! tens of microseconds.

use std::cmp::Ordering;

/// A natural number: 64-bit limbs, lowest first, the highest not zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Big(Vec<u64>);

impl Big {
    /// The number whose decimal digits are `digits`.
    pub(super) fn from_digits<'a>(digits: impl Iterator<Item = &'a u8>) -> Big {
        let mut big = Big::default();
        let (mut chunk, mut scale) = (0, 1);
        for digit in digits {
            chunk = chunk * 10 + u64::from(digit - b'0');
            scale *= 10;
            if scale == DECIMAL_LIMB {
                big.multiply_add(scale, chunk);
                (chunk, scale) = (0, 1);
            }
        }
        big.multiply_add(scale, chunk);
        big
    }

    /// 5^`exponent`.
    pub(super) fn power_of_five(exponent: usize) -> Big {
        let mut big = Big(vec![1]);
        for _ in 0..exponent / FIVES {
            big.multiply_add(5u64.pow(FIVES as u32), 0);
        }
        big.multiply_add(5u64.pow((exponent % FIVES) as u32), 0);
        big
    }

    /// `self` = `self` × `factor` + `addend`.
    pub(super) fn multiply_add(&mut self, factor: u64, addend: u64) {
        let mut carry = addend;
        for limb in &mut self.0 {
            let product = u128::from(*limb) * u128::from(factor) + u128::from(carry);
            *limb = product as u64;
            carry = (product >> 64) as u64;
        }
        if carry != 0 {
            self.0.push(carry);
        }
    }

    /// The product of two numbers.
    pub(super) fn multiply(&self, other: &Big) -> Big {
        let mut product = Big(vec![0; self.0.len() + other.0.len()]);
        for (at, &limb) in other.0.iter().enumerate() {
            let mut carry = 0;
            for (index, &own) in self.0.iter().enumerate() {
                let sum = u128::from(own) * u128::from(limb)
                    + u128::from(product.0[at + index])
                    + u128::from(carry);
                product.0[at + index] = sum as u64;
                carry = (sum >> 64) as u64;
            }
            product.0[at + self.0.len()] = carry;
        }
        product.trim();
        product
    }

    /// The number of bits up to the highest that is set.
    pub(super) fn bits(&self) -> usize {
        match self.0.last() {
            Some(top) => self.0.len() * 64 - top.leading_zeros() as usize,
            None => 0,
        }
    }

    /// `self` × 2^`count`.
    pub(super) fn shifted_left(&self, count: usize) -> Big {
        let mut limbs = vec![0; count / 64];
        let shift = count % 64;
        let mut carry = 0;
        for &limb in &self.0 {
            limbs.push(limb << shift | carry);
            carry = if shift == 0 { 0 } else { limb >> (64 - shift) };
        }
        limbs.push(carry);
        let mut big = Big(limbs);
        big.trim();
        big
    }

    /// The highest 128 bits, the number of bits below them, and whether any of those is set.
    pub(super) fn top(&self) -> (u128, usize, bool) {
        let below = self.bits().saturating_sub(128);
        let (skipped, shift) = (below / 64, below % 64);
        let limb = |index: usize| u128::from(self.0.get(skipped + index).copied().unwrap_or(0));
        let low = limb(0) | limb(1) << 64;
        let top = match shift {
            0 => low,
            _ => low >> shift | limb(2) << (128 - shift),
        };
        let lost = self.0.iter().take(skipped).any(|&limb| limb != 0)
            || (shift > 0 && limb(0) & ((1 << shift) - 1) != 0);
        (top, below, lost)
    }

    /// The quotient, which must fit 127 bits, and whether something remains.
    pub(super) fn divide(mut self, divisor: &Big) -> (u128, bool) {
        let steps = (self.bits() + 1).saturating_sub(divisor.bits());
        debug_assert!(steps < 128);
        let mut subtrahend = divisor.shifted_left(steps);
        let mut quotient = 0;
        for _ in 0..=steps {
            quotient <<= 1;
            if self.compare(&subtrahend) != Ordering::Less {
                self.subtract(&subtrahend);
                quotient |= 1;
            }
            subtrahend.halve();
        }
        (quotient, !self.0.is_empty())
    }

    fn compare(&self, other: &Big) -> Ordering {
        let by_len = self.0.len().cmp(&other.0.len());
        by_len.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// `self` −= `other`, which is not greater.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = false;
        for (index, limb) in self.0.iter_mut().enumerate() {
            let (difference, first) =
                limb.overflowing_sub(other.0.get(index).copied().unwrap_or(0));
            let (difference, second) = difference.overflowing_sub(u64::from(borrow));
            *limb = difference;
            borrow = first || second;
        }
        debug_assert!(!borrow);
        self.trim();
    }

    fn halve(&mut self) {
        let mut carry = 0;
        for limb in self.0.iter_mut().rev() {
            let low = *limb & 1;
            *limb = *limb >> 1 | carry;
            carry = low << 63;
        }
        self.trim();
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

/// The decimal digits of `mantissa` × 2^`exponent`, appended to `text`.
pub(super) fn push_decimal(text: &mut Vec<u8>, mantissa: u64, mut exponent: usize) {
    // Limbs of nine decimal digits, lowest first, doubled 32 times at a step.
    const LIMB: u64 = 1_000_000_000;
    let mut limbs = Vec::new();
    let mut rest = mantissa;
    while rest > 0 {
        limbs.push(rest % LIMB);
        rest /= LIMB;
    }
    while exponent > 0 {
        let step = exponent.min(32);
        let mut carry = 0;
        for limb in &mut limbs {
            let value = (*limb << step) + carry;
            *limb = value % LIMB;
            carry = value / LIMB;
        }
        while carry > 0 {
            limbs.push(carry % LIMB);
            carry /= LIMB;
        }
        exponent -= step;
    }
    let Some(top) = limbs.pop() else {
        return text.push(b'0');
    };
    text.extend_from_slice(itoa::Buffer::new().format(top).as_bytes());
    for limb in limbs.into_iter().rev() {
        // A leading one holds the place of leading zeros.
        let mut digits = itoa::Buffer::new();
        text.extend_from_slice(&digits.format(LIMB + limb).as_bytes()[1..]);
    }
}

/// What one multiplication takes in of decimal digits: 19 of them.
const DECIMAL_LIMB: u64 = 10_000_000_000_000_000_000;

/// The greatest power of five in 64 bits.
const FIVES: usize = 27;
