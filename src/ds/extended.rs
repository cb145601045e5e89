//! x87's 80-bit floating point in software: the arithmetic behind INCRBYFLOAT.
//!
//! Redis adds floats as C's `long double`, on x86 a sign, 64 bits of mantissa and 15 of exponent,
//! and prints 17 decimals. Clients see the difference: `0.1 + 0.2` answers `0.3`, which 53 bits
//! do not give, and a log replayed elsewhere must come to the same digits. So this rounds as that
//! hardware does, to the nearest and ties to even, on every machine.
//!
//! ```text
//! value = ± mantissa × 2^exponent     mantissa ≥ 2^63, or exponent = −16445 (subnormal, zero)
//! ```

use super::big::{self, Big};
use super::float_text::{self, Binary, Magnitude};

/// A finite number or an infinity, of 64 bits' precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extended {
    negative: bool,
    mantissa: u64,
    /// Of the mantissa's last bit; [`INFINITE`] for infinities.
    exponent: i64,
}

const BITS: i64 = 64;
const EXPONENT_MIN: i64 = -16445;
const EXPONENT_MAX: i64 = 16383 - 63;
const INFINITE: i64 = i64::MAX;

/// A longer text is not a float for Redis, whatever it says.
const TEXT_BYTES_MAX: usize = 5 * 1024 - 1;

impl Extended {
    /// The number that `text` says, as Redis reads it: rounded to the nearest, but refused where
    /// that is an infinity or zero and the text says otherwise.
    pub fn parse(text: &[u8]) -> Option<Extended> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let (negative, magnitude) = float_text::scan(text)?;
        let (binary, is_zero) = match magnitude {
            Magnitude::Infinite => {
                return Some(Extended {
                    negative,
                    mantissa: 0,
                    exponent: INFINITE,
                });
            }
            Magnitude::Binary(binary) => (binary, binary.mantissa == 0),
            Magnitude::Decimal {
                whole,
                fraction,
                exponent,
            } => {
                let digits = significant(whole, fraction);
                (
                    binary_of(&digits, exponent - fraction.len() as i64)?,
                    digits.is_empty(),
                )
            }
        };
        let number = Extended::rounded(negative, binary);
        (!number.is_infinite() && (is_zero || number.mantissa != 0)).then_some(number)
    }

    fn rounded(negative: bool, binary: Binary) -> Extended {
        let (mantissa, exponent) = binary.round(BITS, EXPONENT_MIN);
        let infinite = exponent > EXPONENT_MAX;
        Extended {
            negative,
            mantissa: if infinite { 0 } else { mantissa },
            exponent: if infinite { INFINITE } else { exponent },
        }
    }

    /// Whether this is an infinity.
    pub fn is_infinite(self) -> bool {
        self.exponent == INFINITE
    }

    /// The rounded sum; `None` if it is an infinity or not a number.
    pub fn plus(self, other: Extended) -> Option<Extended> {
        if self.is_infinite() || other.is_infinite() {
            return None;
        }
        let key = |number: Extended| (number.exponent, number.mantissa);
        let (large, small) = if key(self) >= key(other) {
            (self, other)
        } else {
            (other, self)
        };
        if large.mantissa == 0 {
            // Zeros: the sum is negative only if both are.
            let negative = self.negative && other.negative;
            return Some(Extended { negative, ..large });
        }
        // The larger one's bits stand at 62..126; 63 bits below are kept of the smaller one, and
        // of what is lost only whether there was something.
        let distance = large.exponent - small.exponent;
        let left = u128::from(large.mantissa) << 63;
        let right = u128::from(small.mantissa) << 63;
        let (right, sticky) = match distance {
            0..=126 => (right >> distance, right & ((1 << distance) - 1) != 0),
            _ => (0, right != 0),
        };
        let mantissa = if large.negative == small.negative {
            left + right
        } else {
            // With something lost, the difference is a little less: one less, and sticky.
            left - right - u128::from(sticky)
        };
        let binary = Binary {
            mantissa,
            exponent: large.exponent - 63,
            sticky,
        };
        let sum = Extended::rounded(large.negative && mantissa != 0, binary);
        (!sum.is_infinite()).then_some(sum)
    }

    /// The rounded product.
    pub fn times(self, factor: u32) -> Extended {
        if self.is_infinite() {
            return self;
        }
        let binary = Binary {
            mantissa: u128::from(self.mantissa) * u128::from(factor),
            exponent: self.exponent,
            sticky: false,
        };
        Extended::rounded(self.negative, binary)
    }

    /// The least integer that is not below the number; `None` if 64 bits cannot hold it, unless it
    /// is too far below zero: then the least there is.
    pub fn ceil(self) -> Option<i64> {
        let (whole, rest) = match self.exponent {
            0 => (self.mantissa, false),
            1.. if self.mantissa == 0 && !self.is_infinite() => (0, false),
            // All 64 bits of the mantissa are in use.
            1.. => (u64::MAX, false),
            ..-63 => (0, self.mantissa != 0),
            shift => {
                let shift = shift.unsigned_abs();
                (
                    self.mantissa >> shift,
                    !self.mantissa.is_multiple_of(1 << shift),
                )
            }
        };
        if self.negative {
            return Some(0i64.checked_sub_unsigned(whole).unwrap_or(i64::MIN));
        }
        i64::try_from(whole).ok()?.checked_add(i64::from(rest))
    }

    /// The number with 17 decimals, rounded to the nearest, without the zeros at their end: the
    /// text Redis stores and replies. Must be finite.
    pub fn to_text(self) -> Vec<u8> {
        debug_assert!(!self.is_infinite());
        let mut text = Vec::with_capacity(24);
        if self.negative {
            text.push(b'-');
        }
        if self.exponent > 0 {
            let exponent = usize::try_from(self.exponent).unwrap_or(0);
            big::push_decimal(&mut text, self.mantissa, exponent);
        } else {
            self.push_fixed(&mut text);
        }
        if text == b"-0" {
            text.remove(0);
        }
        text
    }

    /// `to_text` where the last bit is worth at most 1.
    fn push_fixed(self, text: &mut Vec<u8>) {
        let scaled = Binary {
            mantissa: u128::from(self.mantissa) * SCALE,
            exponent: self.exponent,
            sticky: false,
        };
        let rounded = scaled.round_to_integer();
        text.extend_from_slice(itoa::Buffer::new().format(rounded / SCALE).as_bytes());
        let fraction = rounded % SCALE;
        if fraction == 0 {
            return;
        }
        text.push(b'.');
        // A leading one holds the place of leading zeros.
        let mut digits = itoa::Buffer::new();
        let digits = &digits.format(SCALE + fraction).as_bytes()[1..];
        let zeros = digits
            .iter()
            .rev()
            .take_while(|&&digit| digit == b'0')
            .count();
        text.extend_from_slice(&digits[..digits.len() - zeros]);
    }
}

impl From<i64> for Extended {
    fn from(value: i64) -> Extended {
        let binary = Binary {
            mantissa: u128::from(value.unsigned_abs()),
            exponent: 0,
            sticky: false,
        };
        Extended::rounded(value < 0, binary)
    }
}

/// 17 decimals.
const SCALE: u128 = 100_000_000_000_000_000;

/// All digits, without the zeros before the first other one.
fn significant(whole: &[u8], fraction: &[u8]) -> Vec<u8> {
    let digits = whole.iter().chain(fraction);
    digits
        .skip_while(|&&digit| digit == b'0')
        .copied()
        .collect()
}

/// `digits` × 10^`exponent`, exactly or with all the bits that rounding to 64 asks for; `None`
/// far beyond the reach of this format. The digits do not begin with a zero.
fn binary_of(digits: &[u8], exponent: i64) -> Option<Binary> {
    /// One more digit than the greatest and the smallest number have.
    const REACH: i64 = 5000;
    let magnitude = exponent + digits.len() as i64;
    if digits.is_empty() {
        return Some(Binary {
            mantissa: 0,
            exponent: 0,
            sticky: false,
        });
    }
    if !(-REACH..=REACH).contains(&magnitude) {
        return None;
    }
    if digits.len() <= 19 && (-27..=0).contains(&exponent) {
        return Some(short(digits, exponent));
    }
    let number = Big::from_digits(digits.iter());
    let fives = Big::power_of_five(usize::try_from(exponent.unsigned_abs()).ok()?);
    if exponent >= 0 {
        let (mantissa, below, sticky) = number.multiply(&fives).top();
        return Some(Binary {
            mantissa,
            exponent: exponent + below as i64,
            sticky,
        });
    }
    // Shift one of the two so that the quotient has 66 or 67 bits: 64, one that decides the
    // rounding, and a spare one.
    let shift = fives.bits() as i64 + 66 - number.bits() as i64;
    let (dividend, divisor) = match usize::try_from(shift) {
        Ok(shift) => (number.shifted_left(shift), fives),
        Err(_) => (number, fives.shifted_left(usize::try_from(-shift).ok()?)),
    };
    let (mantissa, sticky) = dividend.divide(&divisor);
    Some(Binary {
        mantissa,
        exponent: exponent - shift,
        sticky,
    })
}

/// Up to 19 digits and 27 decimals, in 128 bits: nearly every number there is.
fn short(digits: &[u8], exponent: i64) -> Binary {
    let add = |value: u64, digit: &u8| value * 10 + u64::from(digit - b'0');
    let number = digits.iter().fold(0, add);
    let five = 5u64.pow(exponent.unsigned_abs() as u32);
    // The dividend has 128 bits, the divisor at most 63: the quotient 65 or more.
    let shift = number.leading_zeros() + 64;
    let dividend = u128::from(number) << shift;
    let (quotient, remainder) = (dividend / u128::from(five), dividend % u128::from(five));
    Binary {
        mantissa: quotient,
        exponent: exponent - i64::from(shift),
        sticky: remainder != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(left: &str, right: &str) -> String {
        let parse = |text: &str| Extended::parse(text.as_bytes());
        match (parse(left), parse(right)) {
            (Some(left), Some(right)) => match left.plus(right) {
                Some(sum) => String::from_utf8(sum.to_text()).unwrap(),
                None => "overflow".into(),
            },
            _ => "refused".into(),
        }
    }

    /// What redis-server 7.0.15 answered on x86-64, see the file's head.
    #[test]
    fn agrees_with_redis() {
        let cases = include_str!("../../tests/data/incrbyfloat.txt");
        let mut count = 0;
        for line in cases.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap();
            let (left, right, want) = (word(), word(), word());
            assert_eq!(sum(left, right), want, "{left} + {right}");
            count += 1;
        }
        assert!(count > 3000);
    }

    #[test]
    fn products_are_rounded_up_to_integers() {
        for (text, factor, want) in [
            ("0", 1000, Some(0)),
            ("-0", 1000, Some(0)),
            ("1e-4932", 1000, Some(1)),
            ("-1e-4932", 1000, Some(0)),
            ("0.25", 4, Some(1)),
            ("0.2500001", 4, Some(2)),
            ("-0.75", 2, Some(-1)),
            ("9223372036854775807", 1, Some(i64::MAX)),
            ("9223372036854775806.5", 1, Some(i64::MAX)),
            ("9223372036854775808", 1, None),
            ("-9223372036854775808", 1, Some(i64::MIN)),
            ("1e30", 1000, None),
            ("-1e30", 1000, Some(i64::MIN)),
            ("inf", 1, None),
            ("-inf", 1, Some(i64::MIN)),
        ] {
            let number = Extended::parse(text.as_bytes()).unwrap();
            assert_eq!(number.times(factor).ceil(), want, "{text} * {factor}");
        }
    }

    #[test]
    fn integers_are_exact() {
        for value in [0, 1, -1, 7, i64::MAX, i64::MIN, i64::MIN + 1] {
            let text = value.to_string();
            assert_eq!(Extended::from(value).to_text(), text.as_bytes());
            assert_eq!(
                Extended::parse(text.as_bytes()),
                Some(Extended::from(value))
            );
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        let long = format!("0.{}1", "0".repeat(5200));
        for text in [
            "", " 1", "1 ", "nan", "-nan", "1e", "1e+", "0x", "0xg", ".", "-", "1.2.3",
        ] {
            assert_eq!(Extended::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Extended::parse(long.as_bytes()), None);
        assert_eq!(Extended::parse(b"1\0"), None);
    }
}
