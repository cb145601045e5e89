//! Random bytes of the system's: for secrets, which no seed may bring back.

use std::io;

use rustix::rand::{GetRandomFlags, getrandom};

/// Fills `bytes`.
///
/// # Errors
/// If the system has none to give.
pub fn fill(bytes: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < bytes.len() {
        filled += getrandom(&mut bytes[filled..], GetRandomFlags::empty())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_are_the_same() {
        let mut two = [[0; 32]; 2];
        for bytes in &mut two {
            super::fill(bytes).unwrap();
        }
        assert_ne!(two[0], two[1]);
    }
}
