//! Whether two pieces of bytes are equal, fast where they are short.

/// Whether `a` and `b` are equal. Most keys and fields are short: two overlapping words decide,
/// without the call that a comparison of slices is.
#[inline]
pub fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0..4 => a.iter().zip(b).all(|(a, b)| a == b),
        4..8 => a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk(),
        8..=16 => a.first_chunk::<8>() == b.first_chunk() && a.last_chunk::<8>() == b.last_chunk(),
        17..=32 => {
            a.first_chunk::<16>() == b.first_chunk() && a.last_chunk::<16>() == b.last_chunk()
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_more_or_other_is_noticed() {
        for len in 0..80 {
            let a: Vec<u8> = (0..len).collect();
            assert!(same_bytes(&a, &a.clone()));
            for at in 0..usize::from(len) {
                let mut b = a.clone();
                b[at] ^= 1;
                assert!(!same_bytes(&a, &b));
                assert!(!same_bytes(&a, &a[at + 1..]) && !same_bytes(&a[..at], &a));
            }
        }
    }
}
