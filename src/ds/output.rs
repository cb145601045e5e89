//! A queue of bytes on their way out, with large pieces held by reference.
//!
//! Small replies are copied into one contiguous buffer. A piece of [`INSET_BYTES_MIN`] bytes or
//! more is kept as a shared reference (an *inset*) at its place in the stream, so that a reply of
//! a large value costs no copy; whoever changes that value meanwhile copies it first, because the
//! reference count says so.
//!
//! ```text
//! stream   $65536\r\n ······inset 0······ \r\n+OK\r\n
//! buf      $65536\r\n                     \r\n+OK\r\n
//!                    ^ at = 8
//! ```

use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

/// A piece at least this long is worth a reference instead of a copy.
pub const INSET_BYTES_MIN: usize = 16 * 1024;

/// A buffer that grew beyond this is not kept for reuse.
pub const BUFFER_KEPT_BYTES_MAX: usize = 64 * 1024;

/// Bytes already consumed are dropped from the front once there are so many, and as many as wait.
const CONSUMED_KEPT_BYTES_MAX: usize = 64 * 1024;

/// A shared run of bytes placed before `buf[at]`.
#[derive(Debug)]
struct Inset {
    at: usize,
    bytes: Arc<Vec<u8>>,
    from: usize,
    to: usize,
}

/// A queue of bytes: appended at the end by encoders, consumed at the front by a socket.
#[derive(Debug, Default)]
pub struct Output {
    buf: Vec<u8>,
    insets: VecDeque<Inset>,
    /// Bytes of `buf` already consumed.
    sent: usize,
    /// Bytes held by insets and not yet consumed.
    inset_bytes: usize,
}

impl Output {
    /// An empty queue that writes into `buf`, which is cleared.
    pub fn with_buffer(mut buf: Vec<u8>) -> Self {
        buf.clear();
        Output {
            buf,
            ..Output::default()
        }
    }

    /// The contiguous buffer, to append to.
    #[inline]
    pub fn buf(&mut self) -> &mut Vec<u8> {
        &mut self.buf
    }

    /// Bytes waiting to be consumed.
    #[inline]
    pub fn len(&self) -> usize {
        self.buf.len() - self.sent + self.inset_bytes
    }

    /// Whether nothing waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no buffer to write into.
    #[inline]
    pub fn is_bare(&self) -> bool {
        self.buf.capacity() == 0
    }

    /// Bytes of memory this queue holds on its own account (shared pieces included).
    pub fn memory_bytes(&self) -> usize {
        self.buf.capacity() + self.inset_bytes + self.insets.capacity() * size_of::<Inset>()
    }

    /// The number of shared pieces waiting.
    pub fn inset_count(&self) -> usize {
        self.insets.len()
    }

    /// Appends `bytes` by copy.
    #[inline]
    pub fn extend(&mut self, bytes: &[u8]) {
        self.buf.extend_from_slice(bytes);
    }

    /// Appends `bytes[from..to]`, by reference when that is worth it.
    pub fn share(&mut self, bytes: &Arc<Vec<u8>>, from: usize, to: usize) {
        if to - from < INSET_BYTES_MIN {
            self.buf.extend_from_slice(&bytes[from..to]);
            return;
        }
        self.inset_bytes += to - from;
        self.insets.push_back(Inset {
            at: self.buf.len(),
            bytes: Arc::clone(bytes),
            from,
            to,
        });
    }

    /// A position in the stream, for [`Output::insert_at`] and [`Output::truncate`].
    #[inline]
    pub fn mark(&self) -> Mark {
        Mark {
            at: self.buf.len(),
            insets: self.insets.len(),
        }
    }

    /// Inserts `bytes` at `mark`; what was appended since moves behind them.
    pub fn insert_at(&mut self, mark: Mark, bytes: &[u8]) {
        let tail = self.buf.len();
        self.buf.extend_from_slice(bytes);
        self.buf[mark.at..].rotate_right(bytes.len());
        debug_assert!(mark.at <= tail);
        for inset in self.insets.iter_mut().skip(mark.insets) {
            inset.at += bytes.len();
        }
    }

    /// Forgets everything appended since `mark`.
    pub fn truncate(&mut self, mark: Mark) {
        self.buf.truncate(mark.at);
        for inset in self.insets.drain(mark.insets..) {
            self.inset_bytes -= inset.to - inset.from;
        }
    }

    /// Bytes appended since `mark`.
    pub fn len_since(&self, mark: Mark) -> usize {
        let insets = self
            .insets
            .iter()
            .skip(mark.insets)
            .map(|inset| inset.to - inset.from);
        self.buf.len() - mark.at + insets.sum::<usize>()
    }

    /// The next pieces in stream order, at most `count_max` of them, for a vectored write.
    pub fn slices<'a>(&'a self, slices: &mut Vec<IoSlice<'a>>, count_max: usize) {
        let mut at = self.sent;
        for inset in &self.insets {
            if slices.len() + 2 > count_max {
                return;
            }
            if inset.at > at {
                slices.push(IoSlice::new(&self.buf[at..inset.at]));
                at = inset.at;
            }
            slices.push(IoSlice::new(&inset.bytes[inset.from..inset.to]));
        }
        if at < self.buf.len() && slices.len() < count_max {
            slices.push(IoSlice::new(&self.buf[at..]));
        }
    }

    /// The contiguous bytes, when there is nothing but them: the common case, one plain write.
    #[inline]
    pub fn contiguous(&self) -> Option<&[u8]> {
        self.insets.is_empty().then(|| &self.buf[self.sent..])
    }

    /// Removes `count` bytes from the front. `count` must not exceed [`Output::len`].
    pub fn consume(&mut self, mut count: usize) {
        debug_assert!(count <= self.len());
        while count > 0 {
            let Some(inset) = self.insets.front_mut() else {
                self.sent += count;
                break;
            };
            let before = (inset.at - self.sent).min(count);
            self.sent += before;
            count -= before;
            if self.sent < inset.at {
                break;
            }
            let taken = (inset.to - inset.from).min(count);
            inset.from += taken;
            self.inset_bytes -= taken;
            count -= taken;
            if inset.from < inset.to {
                break;
            }
            self.insets.pop_front();
        }
        if self.is_empty() {
            self.buf.clear();
            self.sent = 0;
        } else {
            self.drop_consumed();
        }
    }

    /// Gives back the room of what was consumed: a peer that always leaves something waiting must
    /// not make the queue keep everything it ever held. The bytes that move are never more than
    /// those dropped, so a byte moves once, on average.
    #[inline]
    fn drop_consumed(&mut self) {
        let waiting = self.buf.len() - self.sent;
        if self.sent < CONSUMED_KEPT_BYTES_MAX.max(waiting) {
            return;
        }
        self.buf.drain(..self.sent);
        for inset in &mut self.insets {
            inset.at -= self.sent;
        }
        self.sent = 0;
        if self.buf.capacity() / 4 > waiting.max(BUFFER_KEPT_BYTES_MAX) {
            self.buf.shrink_to(2 * waiting);
        }
    }

    /// Takes the (empty) contiguous buffer for reuse, if there is one of a size worth keeping.
    pub fn take_buffer(&mut self) -> Option<Vec<u8>> {
        debug_assert!(self.is_empty());
        let buf = std::mem::take(&mut self.buf);
        self.insets = VecDeque::new();
        (1..=BUFFER_KEPT_BYTES_MAX)
            .contains(&buf.capacity())
            .then_some(buf)
    }

    /// Whether nothing is queued and there is no buffer to write into.
    pub fn wants_buffer(&self) -> bool {
        self.is_empty() && self.buf.capacity() == 0
    }

    /// Gives an empty queue a buffer to write into.
    pub fn give_buffer(&mut self, buf: Vec<u8>) {
        debug_assert!(self.wants_buffer() && buf.is_empty());
        self.buf = buf;
    }

    /// Everything waiting, as one vector, without a copy where that is possible.
    pub fn into_vec(mut self) -> Vec<u8> {
        if self.insets.is_empty() && self.sent == 0 {
            return std::mem::take(&mut self.buf);
        }
        self.to_vec()
    }

    /// Everything waiting, as one vector: for tests and for origins without a socket.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut slices = Vec::new();
        self.slices(&mut slices, usize::MAX);
        slices
            .iter()
            .flat_map(|slice| slice.iter().copied())
            .collect()
    }
}

/// A position in an [`Output`]'s stream.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    at: usize,
    insets: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(count: usize, fill: u8) -> Arc<Vec<u8>> {
        Arc::new(vec![fill; count])
    }

    #[test]
    fn consumes_across_insets_in_any_step() {
        for step in [1, 7, 4096, 20_000, 100_000] {
            let mut output = Output::default();
            output.extend(b"head");
            output.share(&shared(20_000, b'a'), 0, 20_000);
            output.share(&shared(20_000, b'b'), 1, 20_000);
            output.extend(b"tail");
            let want = output.to_vec();
            assert_eq!(want.len(), output.len());
            let mut got = Vec::new();
            while !output.is_empty() {
                let chunk = output.to_vec();
                let count = step.min(chunk.len());
                got.extend_from_slice(&chunk[..count]);
                output.consume(count);
            }
            assert_eq!(got, want, "step {step}");
            assert_eq!(output.inset_count(), 0);
        }
    }

    #[test]
    fn what_was_consumed_is_not_kept_while_more_waits() {
        for size in [1000, INSET_BYTES_MIN] {
            let piece = shared(size, b'x');
            let mut output = Output::default();
            let (mut added, mut consumed) = (Vec::new(), Vec::new());
            for turn in 0..1000_usize {
                let head = turn.to_string();
                output.extend(head.as_bytes());
                output.share(&piece, 0, size);
                output.extend(&[b'-'; 400]);
                added.extend(head.as_bytes());
                added.extend(&*piece);
                added.extend(&[b'-'; 400]);
                // The peer is always a little behind.
                if output.len() > 50_000 {
                    let count = size + turn % 1000;
                    consumed.extend(&output.to_vec()[..count]);
                    output.consume(count);
                }
            }
            assert!(output.buf.capacity() < 500_000, "{}", output.buf.capacity());
            consumed.extend(output.to_vec());
            assert!(consumed == added);
        }
    }

    #[test]
    fn the_room_of_a_burst_is_given_back_before_the_queue_is_empty() {
        let mut output = Output::default();
        output.extend(&vec![b'x'; 50_000_000]);
        while output.len() > 1000 {
            output.consume(900.max(output.len() / 10));
        }
        assert!(!output.is_empty());
        assert!(
            output.buf.capacity() < 1_000_000,
            "{}",
            output.buf.capacity()
        );
    }

    #[test]
    fn inserts_before_later_insets() {
        let mut output = Output::default();
        output.extend(b"a");
        let mark = output.mark();
        output.extend(b"bc");
        output.share(&shared(INSET_BYTES_MIN, b'x'), 0, INSET_BYTES_MIN);
        output.extend(b"d");
        assert_eq!(output.len_since(mark), 3 + INSET_BYTES_MIN);
        output.insert_at(mark, b"*12\r\n");
        let all = output.to_vec();
        assert!(all.starts_with(b"a*12\r\nbcxxx"));
        assert!(all.ends_with(b"xd"));
        output.truncate(mark);
        assert_eq!(output.to_vec(), b"a");
    }
}
