//! Floating-point numbers as text: what C's `strtod` and `strtold` accept, taken apart.
//!
//! Redis reads floats with the C library, so clients may send decimal or hexadecimal digits, a
//! plus sign, `.5`, `5.`, `inf` and `infinity` in any case. Where Redis refuses what the library
//! takes (`nan`, blanks before the number, text left over behind it), this refuses, too. The two
//! precisions Redis uses, 53 bits and 64, share the scanner and the rounding below.

/// The parts of a number's text, its sign apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Magnitude<'a> {
    Infinite,
    /// The digits before and behind the point (at least one in all), times 10^`exponent`.
    Decimal {
        whole: &'a [u8],
        fraction: &'a [u8],
        exponent: i64,
    },
    Binary(Binary),
}

/// `mantissa` × 2^`exponent`, and somewhat more (less than 1 in the mantissa) if `sticky`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Binary {
    pub(super) mantissa: u128,
    pub(super) exponent: i64,
    pub(super) sticky: bool,
}

/// The parts of `text`; `None` if it is not entirely a number. `true` for a minus sign.
pub(super) fn scan(text: &[u8]) -> Option<(bool, Magnitude<'_>)> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let magnitude = match text {
        [b'0', b'x' | b'X', digits @ ..] => Magnitude::Binary(scan_hex(digits)?),
        [b'i' | b'I', ..] => scan_infinity(text)?,
        _ => scan_decimal(text)?,
    };
    Some((negative, magnitude))
}

fn scan_infinity(text: &[u8]) -> Option<Magnitude<'_>> {
    let found = text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity");
    found.then_some(Magnitude::Infinite)
}

fn scan_decimal(text: &[u8]) -> Option<Magnitude<'_>> {
    let (whole, text) = split_digits(text, u8::is_ascii_digit);
    let (fraction, text) = match text {
        [b'.', rest @ ..] => split_digits(rest, u8::is_ascii_digit),
        _ => (&text[..0], text),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let exponent = match text {
        [] => 0,
        [b'e' | b'E', rest @ ..] => scan_exponent(rest)?,
        _ => return None,
    };
    Some(Magnitude::Decimal {
        whole,
        fraction,
        exponent,
    })
}

fn scan_hex(text: &[u8]) -> Option<Binary> {
    let (whole, text) = split_digits(text, u8::is_ascii_hexdigit);
    let (fraction, text) = match text {
        [b'.', rest @ ..] => split_digits(rest, u8::is_ascii_hexdigit),
        _ => (&text[..0], text),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let exponent = match text {
        [] => 0,
        [b'p' | b'P', rest @ ..] => scan_exponent(rest)?,
        _ => return None,
    };
    let mut binary = Binary {
        mantissa: 0,
        exponent,
        sticky: false,
    };
    for (index, &digit) in whole.iter().chain(fraction).enumerate() {
        let value = char::from(digit).to_digit(16).unwrap_or(0);
        if binary.mantissa >> 120 == 0 {
            binary.mantissa = binary.mantissa << 4 | u128::from(value);
            binary.exponent -= if index < whole.len() { 0 } else { 4 };
        } else {
            binary.sticky |= value != 0;
            binary.exponent += if index < whole.len() { 4 } else { 0 };
        }
    }
    Some(binary)
}

/// An exponent with an optional sign; beyond any float's reach it stops growing.
fn scan_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = (value * 10 + i64::from(digit - b'0')).min(EXPONENT_MAX);
    }
    Some(if negative { -value } else { value })
}

/// Far beyond what any length of digits in a request could bring back into range.
const EXPONENT_MAX: i64 = 1 << 40;

fn split_digits(text: &[u8], is_digit: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let count = text.iter().take_while(|byte| is_digit(byte)).count();
    text.split_at(count)
}

impl Binary {
    /// The nearest number, ties to even, of at most `bits` bits whose last bit is worth at least
    /// 2^`last_min`: its mantissa and exponent. The mantissa has all its bits unless the exponent
    /// is `last_min`.
    pub(super) fn round(self, bits: i64, last_min: i64) -> (u64, i64) {
        if self.mantissa == 0 {
            return (0, last_min);
        }
        let length = i64::from(128 - self.mantissa.leading_zeros());
        let last = (self.exponent + length - bits).max(last_min);
        let drop = last - self.exponent;
        if drop <= 0 {
            // It fits; what is sticky has more bits than that.
            debug_assert!(!self.sticky);
            return ((self.mantissa << -drop) as u64, last);
        }
        let rounded = self.without(drop);
        if rounded >> bits == 1 {
            ((rounded >> 1) as u64, last + 1)
        } else {
            (rounded as u64, last)
        }
    }

    /// The nearest integer, ties to even. The exponent must not be positive.
    pub(super) fn round_to_integer(self) -> u128 {
        debug_assert!(self.exponent <= 0);
        match -self.exponent {
            0 => self.mantissa,
            drop => self.without(drop),
        }
    }

    /// The mantissa without its last `drop` bits (one or more), rounded, ties to even.
    fn without(self, drop: i64) -> u128 {
        const HALF: u128 = 1 << 127;
        let (kept, rest) = match drop {
            ..128 => (self.mantissa >> drop, self.mantissa << (128 - drop)),
            128 => (0, self.mantissa),
            _ => return 0,
        };
        let up = rest > HALF || (rest == HALF && (self.sticky || kept & 1 == 1));
        kept + u128::from(up)
    }
}
