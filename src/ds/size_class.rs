//! The size classes of the allocator.
//!
//! jemalloc serves a request from the next of its classes: multiples of 16 up to 128, from there
//! four to each doubling. What lies between the request and its class is lost, so whoever chooses a
//! capacity chooses a class. A buffer which doubles wastes a third of itself on average; one that
//! grows from class to class wastes a tenth and moves no more than four times as often.

/// The size class of jemalloc that `bytes` fall into.
#[inline]
pub fn size_class(bytes: usize) -> usize {
    match bytes {
        ..=128 => bytes.next_multiple_of(16),
        _ => {
            // Four classes for each doubling.
            let step = 1 << ((bytes - 1).ilog2() - 2);
            bytes.next_multiple_of(step)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_the_next_multiple() {
        let cases = [
            (1, 16),
            (16, 16),
            (17, 32),
            (128, 128),
            (129, 160),
            (161, 192),
            (256, 256),
            (257, 320),
            (2561, 3072),
            (4096, 4096),
            (4097, 5120),
        ];
        for (bytes, class) in cases {
            assert_eq!(size_class(bytes), class, "{bytes} bytes");
        }
    }
}
