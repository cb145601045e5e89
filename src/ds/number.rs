//! Numbers as text, to the digit as Redis reads and writes them.

use std::io::Write;

use super::float_text::{self, Binary, Magnitude};

/// The integer that `text` is the canonical decimal form of: an optional minus sign and digits
/// without leading zeros (so `-0`, `+1`, `01` and ` 1` are refused), within 64 bits.
#[inline]
pub fn parse_int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut magnitude: u64 = 0;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        // 19 digits stay below 10^19 < 2^64.
        magnitude = magnitude * 10 + u64::from(digit - b'0');
    }
    if negative {
        0i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    }
}

/// The double that `text` says, as Redis reads it: anything C's `strtod` takes except `nan`;
/// refused if the nearest double is an infinity or zero and the text says otherwise.
pub fn parse_double(text: &[u8]) -> Option<f64> {
    if let Some(value) = parse_short_double(text) {
        return Some(value);
    }
    let (negative, magnitude) = float_text::scan(text)?;
    let value = match magnitude {
        Magnitude::Infinite => f64::INFINITY,
        Magnitude::Binary(binary) => {
            let value = double_of(binary);
            let vanished = value == 0.0 && binary.mantissa != 0;
            (value.is_finite() && !vanished).then_some(value)?
        }
        Magnitude::Decimal {
            whole, fraction, ..
        } => {
            // What the scanner takes for decimal is what the standard library reads.
            let unsigned = text.strip_prefix(b"-").or(text.strip_prefix(b"+"));
            let unsigned = std::str::from_utf8(unsigned.unwrap_or(text)).ok()?;
            let value: f64 = unsigned.parse().ok()?;
            let is_zero = |digits: &[u8]| digits.iter().all(|&digit| digit == b'0');
            let vanished = value == 0.0 && !(is_zero(whole) && is_zero(fraction));
            (value.is_finite() && !vanished).then_some(value)?
        }
    };
    Some(if negative { -value } else { value })
}

/// As many digits are a double exactly, and so is the power of ten by which a point divides them:
/// one division rounds once, to the nearest double.
const SHORT_DIGITS_MAX: usize = 15;

const POWERS_OF_TEN: [f64; SHORT_DIGITS_MAX] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
];

/// What is nearly always said: few digits, perhaps with a point among them.
#[inline]
fn parse_short_double(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > SHORT_DIGITS_MAX {
        return None;
    }
    let first = digits.first_chunk().and_then(|chunk| eight_digits(*chunk));
    let mut magnitude = first.unwrap_or(0);
    let mut point = None;
    let known = if first.is_some() { 8 } else { 0 };
    for (index, byte) in digits.iter().enumerate().skip(known) {
        match byte {
            b'0'..=b'9' => magnitude = magnitude * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() && digits.len() > 1 => point = Some(index),
            _ => return None,
        }
    }
    let behind = point.map_or(0, |point| digits.len() - point - 1);
    let value = magnitude as f64 / POWERS_OF_TEN[behind];
    Some(if negative { -value } else { value })
}

/// The number that eight digits say, all of them read at once.
#[inline]
fn eight_digits(text: [u8; 8]) -> Option<u64> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(text);
    // A digit is 0x30 to 0x39: its upper half is 3, and still is with 6 more.
    let upper = 0xf0 * EACH;
    if (word & upper) | ((word.wrapping_add(6 * EACH) & upper) >> 4) != 0x33 * EACH {
        return None;
    }
    // Neighbours join: eight numbers of one digit, four of two, two of four.
    let ones = word & (0x0f * EACH);
    let pairs = (ones * 10 + (ones >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

/// The double that `text` says where Redis leaves reading to C's `strtod` alone (the bounds of
/// ranges of scores): blanks may precede it, a zero byte ends it, nothing at all is 0, and what is
/// too large or too small is the nearest there is.
pub fn parse_bound(text: &[u8]) -> Option<f64> {
    let end = text.iter().position(|byte| *byte == 0);
    let text = &text[..end.unwrap_or(text.len())];
    if text.is_empty() {
        return Some(0.0);
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let blanks = text.iter().take_while(|byte| is_blank(byte)).count();
    let text = &text[blanks..];
    let (negative, magnitude) = float_text::scan(text)?;
    let value = match magnitude {
        Magnitude::Infinite => f64::INFINITY,
        Magnitude::Binary(binary) => double_of(binary),
        Magnitude::Decimal { .. } => {
            let unsigned = text.strip_prefix(b"-").or(text.strip_prefix(b"+"));
            std::str::from_utf8(unsigned.unwrap_or(text))
                .ok()?
                .parse()
                .ok()?
        }
    };
    Some(if negative { -value } else { value })
}

/// The nearest double to `binary`, or infinity.
fn double_of(binary: Binary) -> f64 {
    const LAST_MIN: i64 = -1074;
    const HIDDEN: u64 = 1 << 52;
    let (mantissa, exponent) = binary.round(53, LAST_MIN);
    let biased = match exponent - LAST_MIN {
        0 if mantissa < HIDDEN => 0,
        above @ 0..=2045 => above as u64 + 1,
        _ => return f64::INFINITY,
    };
    f64::from_bits(biased << 52 | (mantissa & (HIDDEN - 1)))
}

/// A double as Redis writes it in replies, without allocation.
#[derive(Clone, Copy, Debug)]
pub struct DoubleText {
    bytes: [u8; DOUBLE_TEXT_BYTES_MAX],
    len: usize,
}

/// The longest: a sign, 17 digits, and 7 zeros or a point, an exponent's letter, sign and digits.
const DOUBLE_TEXT_BYTES_MAX: usize = 32;

impl DoubleText {
    /// The shortest decimal text that reads back as `value`: plain while it is an integer within
    /// 62 bits or its digits stand near the point, else with an exponent (`1e+30`); `inf`, `-inf`
    /// and `nan`.
    pub fn new(value: f64) -> DoubleText {
        let mut text = DoubleText {
            bytes: [0; DOUBLE_TEXT_BYTES_MAX],
            len: 0,
        };
        const EXACT: f64 = (1u64 << 62) as f64;
        if value.is_nan() {
            text.push(b"nan");
        } else if value.is_infinite() {
            text.push(if value < 0.0 { b"-inf" } else { b"inf" });
        } else if value == 0.0 {
            text.push(if value.is_sign_negative() {
                b"-0"
            } else {
                b"0"
            });
        } else if value.abs() <= EXACT && value.fract() == 0.0 {
            // Within 62 bits, and exact as an integer.
            text.push(itoa::Buffer::new().format(value as i64).as_bytes());
        } else {
            text.push_shortest(value);
        }
        text
    }

    /// What C prints for `%.17g`: 17 digits without the zeros at their end, plain if the exponent
    /// lies from -4 to 16, else with an exponent of two digits or more.
    pub fn of_17_digits(value: f64) -> DoubleText {
        const DIGITS: usize = 17;
        if !value.is_finite() || value == 0.0 {
            return DoubleText::new(value);
        }
        let mut text = DoubleText {
            bytes: [0; DOUBLE_TEXT_BYTES_MAX],
            len: 0,
        };
        if value < 0.0 {
            text.push(b"-");
        }
        let (digits, exponent) = scientific(format_args!("{:.*e}", DIGITS - 1, value));
        let count = digits.iter().rposition(|digit| *digit != b'0');
        let digits = &digits[..count.map_or(1, |last| last + 1)];
        match usize::try_from(exponent) {
            Ok(whole @ 0..DIGITS) if whole + 1 >= digits.len() => {
                text.push(digits);
                text.push(&[b'0'; DIGITS][..whole + 1 - digits.len()]);
            }
            Ok(whole @ 0..DIGITS) => {
                text.push(&digits[..=whole]);
                text.push(b".");
                text.push(&digits[whole + 1..]);
            }
            Err(_) if exponent >= -4 => {
                text.push(b"0.");
                text.push_zeros((-exponent - 1) as usize);
                text.push(digits);
            }
            _ => {
                text.push(&digits[..1]);
                if digits.len() > 1 {
                    text.push(b".");
                    text.push(&digits[1..]);
                }
                text.push(if exponent < 0 { b"e-" } else { b"e+" });
                if exponent.abs() < 10 {
                    text.push(b"0");
                }
                text.push(itoa::Buffer::new().format(exponent.abs()).as_bytes());
            }
        }
        text
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn push_zeros(&mut self, count: usize) {
        self.push(&b"00000000"[..count]);
    }

    fn push_shortest(&mut self, value: f64) {
        let (digits, exponent) = scientific(format_args!("{value:e}"));
        let count = digits.iter().position(|digit| *digit == 0);
        if value < 0.0 {
            self.push(b"-");
        }
        self.push_digits(&digits[..count.unwrap_or(digits.len())], exponent);
    }

    /// `digits` with the point behind the first one, times 10^`exponent`, in the form that suits.
    fn push_digits(&mut self, digits: &[u8], exponent: i64) {
        let count = digits.len() as i64;
        // Where the last digit stands: at 10^last.
        let last = exponent - (count - 1);
        let magnitude = exponent.abs();
        if last >= 0 && magnitude < count + 7 {
            self.push(digits);
            self.push_zeros(last as usize);
        } else if last < 0 && (last > -7 || magnitude < 4) {
            match usize::try_from(count + last) {
                Ok(whole) if whole > 0 => {
                    self.push(&digits[..whole]);
                    self.push(b".");
                    self.push(&digits[whole..]);
                }
                _ => {
                    self.push(b"0.");
                    self.push_zeros((-count - last) as usize);
                    self.push(digits);
                }
            }
        } else {
            self.push(&digits[..1]);
            if count > 1 {
                self.push(b".");
                self.push(&digits[1..]);
            }
            self.push(if exponent < 0 { b"e-" } else { b"e+" });
            self.push(itoa::Buffer::new().format(magnitude).as_bytes());
        }
    }
}

/// The digits of a number that the standard library writes as `-1.2345e-7`, zero bytes behind them,
/// and its exponent.
fn scientific(number: std::fmt::Arguments<'_>) -> ([u8; 17], i64) {
    let mut text = [0; DOUBLE_TEXT_BYTES_MAX];
    let mut rest = &mut text[..];
    let written = rest
        .write_fmt(number)
        .map(|()| DOUBLE_TEXT_BYTES_MAX - rest.len());
    let text = &text[..written.expect("24 bytes at most")];
    let at = text.iter().position(|&byte| byte == b'e');
    let (mantissa, exponent) = text.split_at(at.expect("written with an exponent"));
    let exponent = parse_int(&exponent[1..]).expect("written as an integer");
    let mut digits = [0; 17];
    let of_mantissa = mantissa.iter().filter(|byte| byte.is_ascii_digit());
    for (digit, byte) in digits.iter_mut().zip(of_mantissa) {
        *digit = *byte;
    }
    (digits, exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_read_as_redis_reads_them() {
        let same = [
            ("1", 1.0),
            ("+1", 1.0),
            ("-.5e1", -5.0),
            ("5.", 5.0),
            ("1E+2", 100.0),
            ("inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("+INF", f64::INFINITY),
            ("0x10", 16.0),
            ("0X.8p1", 1.0),
            ("-0x1p-1074", -5e-324),
            ("0x1.fffffffffffffp1023", f64::MAX),
            // A tie goes to the even neighbour, a little more than a tie up.
            ("0x1.00000000000008p0", 1.0),
            (
                "0x1.000000000000080000000000000000000001p0",
                1.0 + f64::EPSILON,
            ),
            ("0x1.00000000000018p0", 1.0 + 2.0 * f64::EPSILON),
            ("4.9e-324", 5e-324),
            ("0e999999999999999999999", 0.0),
            ("-0", -0.0),
            ("000000012345", 12345.0),
            ("-0.0", -0.0),
            ("123456789012.34", 123456789012.34),
            ("-.00000000000007", -7e-14),
            ("999999999999999", 999999999999999.0),
        ];
        for (text, want) in same {
            let got = parse_double(text.as_bytes()).map(f64::to_bits);
            assert_eq!(got, Some(want.to_bits()), "{text}");
        }
        let refused = [
            "",
            " 1",
            "1 ",
            "nan",
            "-nan",
            "1e",
            "0x",
            "0x1p",
            "e1",
            ".",
            "1e400",
            "-1e400",
            "1e-400",
            "0x1p1024",
            "0x1p-1076",
            "infi",
            "1,5",
            "--1",
            "+-1",
        ];
        for text in refused {
            assert_eq!(parse_double(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn doubles_write_as_redis_writes_them() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (3.0, "3"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (1e-5, "0.00001"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.5e-7, "1.5e-7"),
            (0.00012345678901234567, "1.2345678901234567e-4"),
            (1e17, "100000000000000000"),
            (1e20, "1e+20"),
            (1.2345e9, "1234500000"),
            (12345678901234567890.0, "12345678901234567000"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (4503599627370496.0, "4503599627370496"),
        ];
        for (value, want) in cases {
            let text = DoubleText::new(value);
            assert_eq!(std::str::from_utf8(text.as_bytes()), Ok(want));
        }
    }

    #[test]
    fn doubles_with_17_digits() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (3.0, "3"),
            (-1.5, "-1.5"),
            (0.1, "0.10000000000000001"),
            (3e-7, "2.9999999999999999e-07"),
            (0.0001, "0.0001"),
            (0.00012345678901234567, "0.00012345678901234567"),
            (0.00001, "1.0000000000000001e-05"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (1234.5678, "1234.5678"),
            (1e300, "1.0000000000000001e+300"),
            (5e-324, "4.9406564584124654e-324"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, want) in cases {
            let text = DoubleText::of_17_digits(value);
            assert_eq!(std::str::from_utf8(text.as_bytes()), Ok(want));
        }
    }

    #[test]
    fn bounds_read_as_strtod_reads_them() {
        let same = [
            ("", 0.0),
            (" 1", 1.0),
            ("\t\n\x0b\x0c\r -2", -2.0),
            ("1\x00x", 1.0),
            ("\x00", 0.0),
            ("1e400", f64::INFINITY),
            ("-1e400", f64::NEG_INFINITY),
            ("1e-400", 0.0),
            ("0x10", 16.0),
            ("+inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
        ];
        for (text, want) in same {
            assert_eq!(parse_bound(text.as_bytes()), Some(want), "{text}");
        }
        for text in [" ", "1 ", "nan", "-nan", "x", "(1", "1x"] {
            assert_eq!(parse_bound(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn short_doubles_are_read_as_the_standard_library_reads_them() {
        let mut random = fastrand::Rng::with_seed(8);
        for _ in 0..100_000 {
            let len = random.usize(1..=SHORT_DIGITS_MAX);
            let mut text: String = (0..len).map(|_| random.digit(10)).collect();
            let at = random.usize(..2 * len);
            if at < len {
                text.replace_range(at..=at, ".");
            }
            let want = text.parse::<f64>().ok();
            let got = parse_short_double(text.as_bytes());
            assert_eq!(got.map(f64::to_bits), want.map(f64::to_bits), "{text}");
        }
        for text in ["", "-", ".", "-.", "1.2.3", "1e3", "+1", "1234567890123456"] {
            assert_eq!(parse_short_double(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn eight_digits_are_read_at_once() {
        for (text, number) in [
            (b"00000000", 0),
            (b"12345678", 12_345_678),
            (b"99999999", 99_999_999),
        ] {
            assert_eq!(eight_digits(*text), Some(number));
        }
        for at in 0..8 {
            for byte in (0..=255u8).filter(|byte| !byte.is_ascii_digit()) {
                let mut text = *b"90817263";
                text[at] = byte;
                assert_eq!(eight_digits(text), None, "{byte} at {at}");
            }
        }
    }

    #[test]
    fn doubles_read_back() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..100_000 {
            let value = f64::from_bits(random.u64(..));
            let text = DoubleText::new(value);
            if value.is_nan() {
                continue;
            }
            assert_eq!(
                parse_double(text.as_bytes()).map(f64::to_bits),
                Some(value.to_bits())
            );
        }
    }
}
