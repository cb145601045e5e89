//! Passwords, of which only the SHA-256 is kept.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The SHA-256 of a password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest([u8; 32]);

impl Digest {
    pub(super) fn of(password: &[u8]) -> Digest {
        Digest(Sha256::digest(password).into())
    }

    /// From 64 hexadecimal digits, in lower case.
    pub(super) fn from_hex(text: &[u8]) -> Option<Digest> {
        let mut digest = [0; 32];
        if text.len() != 64 {
            return None;
        }
        for (byte, digits) in digest.iter_mut().zip(text.chunks_exact(2)) {
            *byte = nibble(digits[0])? << 4 | nibble(digits[1])?;
        }
        Some(Digest(digest))
    }

    /// Compares in a time that tells nothing.
    pub(super) fn is_same(&self, other: &Digest) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        let difference = pairs.fold(0, |all, (a, b)| std::hint::black_box(all | (a ^ b)));
        difference == 0
    }
}

/// As it stands in rules, without the `#`.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_it_is_read() {
        let text = "f64551fcd6f07823cb87971cfb91446425da18286b3ab1ef935e0cbd7a69f68a";
        let digest = Digest::of(b"p4");
        let same = Digest::from_hex(digest.to_string().as_bytes()).unwrap();
        assert!(digest.is_same(&same));
        assert!(!digest.is_same(&Digest::from_hex(text.as_bytes()).unwrap()));
        assert_eq!(Digest::from_hex(text.as_bytes()).unwrap().to_string(), text);
        for bad in [
            &text[1..],
            &text.to_uppercase(),
            &text.replace('f', "g"),
            "",
        ] {
            assert!(Digest::from_hex(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
