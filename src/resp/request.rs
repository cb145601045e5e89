//! One parsed request: arguments as ranges into the bytes they arrived in.
//!
//! Nothing is copied between the socket and the command: a [`Request`] borrows the input buffer,
//! and a command copies only what it stores. An argument of [`LARGE_ARGUMENT_BYTES`] or more never
//! enters that buffer as a whole: the parser moves it into a rope while it arrives, and a command
//! that can store the rope as it stands takes it without a further copy.

use std::cell::OnceCell;

use crate::ds::rope::Rope;

/// An argument this long is collected in a rope instead of the input buffer.
pub const LARGE_ARGUMENT_BYTES: usize = 256 * 1024;

/// Where one argument is: a range of the input buffer, or an index of the large ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    at: usize,
    len: usize,
}

impl Span {
    const LARGE: usize = 1 << (usize::BITS - 1);

    /// An argument of `len` bytes at offset `at` of the input buffer.
    #[inline]
    pub fn small(at: usize, len: usize) -> Span {
        debug_assert!(len & Span::LARGE == 0);
        Span { at, len }
    }

    /// The large argument number `index`.
    pub fn large(index: usize) -> Span {
        Span {
            at: index,
            len: Span::LARGE,
        }
    }

    /// The same (small) argument seen from `origin`.
    pub(super) fn rebased(self, origin: usize) -> Span {
        Span::small(self.at - origin, self.len)
    }

    /// The opposite of [`Span::rebased`].
    pub(super) fn moved(self, origin: usize) -> Span {
        Span::small(self.at + origin, self.len)
    }
}

/// An argument too large for the input buffer.
#[derive(Debug)]
pub struct Large {
    rope: Rope,
    flat: OnceCell<Vec<u8>>,
}

impl Large {
    /// An argument made of `rope`.
    pub fn new(rope: Rope) -> Large {
        Large {
            rope,
            flat: OnceCell::new(),
        }
    }

    /// Its bytes.
    pub fn rope(&self) -> &Rope {
        &self.rope
    }
}

/// One argument.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    Bytes(&'a [u8]),
    Large(&'a Large),
}

impl<'a> Arg<'a> {
    /// The argument's length in bytes.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Arg::Bytes(bytes) => bytes.len(),
            Arg::Large(large) => large.rope.len(),
        }
    }

    /// Whether the argument is the empty string.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The argument as one slice. For a large one this copies it, once.
    #[inline]
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Arg::Bytes(bytes) => bytes,
            Arg::Large(large) => large.flat.get_or_init(|| large.rope.to_vec()),
        }
    }

    /// Its first bytes, at most so many.
    pub fn beginning(self, bytes_max: usize) -> Vec<u8> {
        let end = self.len().min(bytes_max);
        match self {
            Arg::Bytes(bytes) => bytes[..end].to_vec(),
            Arg::Large(large) => large.rope.slices(0..end).flatten().copied().collect(),
        }
    }

    /// The rope of a large argument.
    pub fn rope(self) -> Option<&'a Rope> {
        match self {
            Arg::Bytes(_) => None,
            Arg::Large(large) => Some(&large.rope),
        }
    }
}

/// A request: the command's name and its arguments, borrowed from where they arrived.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    buf: &'a [u8],
    spans: &'a [Span],
    large: &'a [Large],
}

impl<'a> Request<'a> {
    /// The request whose arguments `spans` locates in `buf` and `large`.
    #[inline]
    pub fn new(buf: &'a [u8], spans: &'a [Span], large: &'a [Large]) -> Self {
        Request { buf, spans, large }
    }

    /// The number of arguments, the command's name included.
    #[inline]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is not even a name.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Argument `index`, which must be below [`Request::len`]; 0 is the command's name.
    #[inline]
    pub fn arg(&self, index: usize) -> Arg<'a> {
        let span = self.spans[index];
        if span.len & Span::LARGE == 0 {
            Arg::Bytes(&self.buf[span.at..span.at + span.len])
        } else {
            Arg::Large(&self.large[span.at])
        }
    }

    /// Argument `index` as one slice.
    #[inline]
    pub fn bytes(&self, index: usize) -> &'a [u8] {
        self.arg(index).bytes()
    }

    /// A number of bytes that it did not exceed as it was sent, known without looking.
    #[inline]
    pub fn bytes_at_most(&self) -> usize {
        if self.large.is_empty() {
            self.buf.len() + self.spans.len() * FRAME_BYTES_MAX
        } else {
            usize::MAX
        }
    }

    /// The number of bytes of the request as it was, or would be, sent.
    pub fn bytes_sent(&self) -> usize {
        let digits = |count: usize| count.checked_ilog10().unwrap_or(0) as usize + 1;
        let frame = b"$\r\n\r\n".len();
        let args = self.args().map(|arg| frame + digits(arg.len()) + arg.len());
        b"*\r\n".len() + digits(self.len()) + args.sum::<usize>()
    }

    /// All arguments, in order.
    pub fn args(self) -> impl ExactSizeIterator<Item = Arg<'a>> {
        (0..self.len()).map(move |index| self.arg(index))
    }

    /// The arguments with their headers, if they stand in the buffer in the form in which we would
    /// write them: a log then copies them at once, and does so for every change. A line typed by
    /// hand has no `$` between two arguments, and a header of another form another length.
    #[inline]
    pub fn as_arrived(self) -> Option<&'a [u8]> {
        let [first, _, ..] = self.spans else {
            return None;
        };
        let begin = first.at.checked_sub(header_bytes(first.len)?)?;
        let mut end = begin;
        for span in self.spans {
            let at = end + header_bytes(span.len)?;
            if span.at != at || self.buf.get(end) != Some(&b'$') {
                return None;
            }
            end = at + span.len + b"\r\n".len();
        }
        self.buf.get(begin..end)
    }
}

/// What stands around an argument, at most: `$262143`, two line ends; and the number of arguments.
const FRAME_BYTES_MAX: usize = 24;

/// The length of the line before an argument of `len` bytes; `None` for a large one.
#[inline]
fn header_bytes(len: usize) -> Option<usize> {
    let frame = b"$\r\n".len();
    match len {
        0..10 => Some(frame + 1),
        10..100 => Some(frame + 2),
        100..1000 => Some(frame + 3),
        1000..LARGE_ARGUMENT_BYTES => Some(frame + len.ilog10() as usize + 1),
        _ => None,
    }
}

/// A request that owns its bytes: one kept for later (a queue, a test, a log).
#[derive(Debug, Default)]
pub struct OwnedRequest {
    buf: Vec<u8>,
    spans: Vec<Span>,
    large: Vec<Large>,
}

impl OwnedRequest {
    /// A request made of `args`.
    pub fn new<T: AsRef<[u8]>>(args: impl IntoIterator<Item = T>) -> Self {
        let mut owned = OwnedRequest::default();
        for arg in args {
            owned.push(arg.as_ref());
        }
        owned
    }

    /// A copy of `request`; large arguments are shared, not copied.
    pub fn copy_of(request: Request<'_>) -> Self {
        let mut owned = OwnedRequest::default();
        for arg in request.args() {
            match arg {
                Arg::Bytes(bytes) => owned.push(bytes),
                Arg::Large(large) => {
                    owned.spans.push(Span::large(owned.large.len()));
                    owned.large.push(Large::new(large.rope.clone()));
                }
            }
        }
        owned
    }

    /// Appends an argument.
    pub fn push(&mut self, arg: &[u8]) {
        self.spans.push(Span::small(self.buf.len(), arg.len()));
        self.buf.extend_from_slice(arg);
    }

    /// Bytes on the heap; those of large arguments may be shared.
    pub fn memory_bytes(&self) -> usize {
        let large = self.large.iter().map(|large| large.rope.len());
        self.buf.capacity() + self.spans.capacity() * size_of::<Span>() + large.sum::<usize>()
    }

    /// The request, borrowed.
    pub fn request(&self) -> Request<'_> {
        Request::new(&self.buf, &self.spans, &self.large)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrived_is_found() {
        let text = b"*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10\r\n0123456789\r\n";
        let spans = [(22, 3), (31, 1), (39, 10)].map(|(at, len)| Span::small(at, len));
        let request = Request::new(text, &spans, &[]);
        assert_eq!(request.bytes(2), b"0123456789");
        assert_eq!(request.as_arrived(), Some(&text[18..]));
        let owned = OwnedRequest::copy_of(request);
        assert_eq!(owned.request().as_arrived(), None);
    }

    #[test]
    fn other_forms_are_not_taken_for_it() {
        for (text, spans) in [
            ("SET k  v\r\n", [(0, 3), (4, 1), (7, 1)]),
            ("\"SET\"     \"k\"    \"v\"\r\n", [(1, 3), (11, 1), (18, 1)]),
            ("$3\r\nSET      k      v\r\n", [(4, 3), (13, 1), (20, 1)]),
            (
                "*3\r\n$03\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n",
                [(9, 3), (18, 1), (25, 1)],
            ),
            (
                "*3\r\n$3\r\nSET\r\n$01\r\nk\r\n$1\r\nv\r\n",
                [(8, 3), (18, 1), (25, 1)],
            ),
        ] {
            let spans = spans.map(|(at, len)| Span::small(at, len));
            let request = Request::new(text.as_bytes(), &spans, &[]);
            assert_eq!(request.as_arrived(), None, "{text:?}");
        }
    }

    #[test]
    fn the_bytes_sent_are_known() {
        for (words, wanted) in [("AUTH foo", 23), ("GET a", 20), ("SET k 0123456789", 37)] {
            let owned = OwnedRequest::new(words.split(' '));
            let request = owned.request();
            assert_eq!(request.bytes_sent(), wanted, "{words}");
            assert!(request.bytes_at_most() >= wanted, "{words}");
        }
    }

    #[test]
    fn headers_are_as_long_as_they_are() {
        for len in (0..12_000).chain([99_999, 100_000, LARGE_ARGUMENT_BYTES - 1]) {
            assert_eq!(
                header_bytes(len),
                Some(format!("${len}\r\n").len()),
                "{len}"
            );
        }
        assert_eq!(header_bytes(LARGE_ARGUMENT_BYTES), None);
    }
}
