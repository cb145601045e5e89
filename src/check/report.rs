//! What was found, in words and as JSON.

use crate::ds::words;

pub mod log;
pub mod snapshot;

/// A number with its thousands apart.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of a thing.
pub fn of(number: u64, one: &str, many: &str) -> String {
    let name = if number == 1 { one } else { many };
    format!("{} {name}", count(number))
}

/// Bytes in quotes, as redis-cli shows them.
pub fn quoted(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    words::quote_into(bytes, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// What a finding means, and what can be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    pub means: String,
    pub to_do: Vec<String>,
}

impl Advice {
    fn new(means: impl Into<String>, to_do: &[&str]) -> Advice {
        Advice {
            means: means.into(),
            to_do: to_do.iter().map(|line| (*line).to_owned()).collect(),
        }
    }

    /// As lines.
    pub fn text(&self) -> String {
        let mut text = format!("This means: {}\n", self.means);
        for (index, line) in self.to_do.iter().enumerate() {
            let begin = if index == 0 {
                "What to do:"
            } else {
                "        or:"
            };
            text.push_str(&format!("{begin} {line}\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_for_people() {
        for (number, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1,000 bytes"),
            (12_345_678, "12,345,678 bytes"),
        ] {
            assert_eq!(of(number, "byte", "bytes"), text);
        }
        assert_eq!(quoted(b"a\"\xff"), r#""a\"\xff""#);
    }
}
