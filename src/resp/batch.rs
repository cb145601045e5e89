//! Requests that arrived together: what the parser yields and the server executes.

use super::request::{Large, Request, Span};

/// Requests that arrived together, in order. Reused from one filling to the next.
#[derive(Debug, Default)]
pub struct Batch {
    /// The arguments of all requests, one request after the other.
    pub(super) spans: Vec<Span>,
    requests: Vec<Item>,
    pub(super) large: Vec<Large>,
    /// The bytes of requests whose spans do not refer to the input buffer.
    pub(super) side: Vec<u8>,
}

/// One request of a batch.
#[derive(Clone, Copy, Debug)]
struct Item {
    /// Where its spans end; they begin where its predecessor's do.
    spans_end: usize,
    bytes: Bytes,
}

/// What a request's spans refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bytes {
    Input,
    Side,
}

impl Batch {
    /// Forgets all requests, and memory beyond the ordinary.
    #[inline]
    pub fn clear(&mut self) {
        self.requests.clear();
        self.spans.clear();
        self.large.clear();
        self.side.clear();
        if self.memory_bytes() > KEPT_BYTES_MAX {
            *self = Batch::default();
        }
    }

    /// The number of requests.
    #[inline]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether there is no request.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Request `index`, which must be below [`Batch::len`]. `buf` is the buffer given to
    /// [`Parser::fill`](super::parser::Parser::fill), unchanged.
    #[inline]
    pub fn request<'a>(&'a self, index: usize, buf: &'a [u8]) -> Request<'a> {
        let item = self.requests[index];
        let start = match index {
            0 => 0,
            _ => self.requests[index - 1].spans_end,
        };
        let bytes = match item.bytes {
            Bytes::Input => buf,
            Bytes::Side => &self.side,
        };
        Request::new(bytes, &self.spans[start..item.spans_end], &self.large)
    }

    /// All requests, in order; `buf` as for [`Batch::request`].
    #[inline]
    pub fn requests<'a>(&'a self, buf: &'a [u8]) -> impl Iterator<Item = Request<'a>> {
        let mut rest = &self.spans[..];
        let mut start = 0;
        self.requests.iter().map(move |item| {
            let (spans, behind) = rest.split_at(item.spans_end - start);
            (rest, start) = (behind, item.spans_end);
            let bytes = match item.bytes {
                Bytes::Input => buf,
                Bytes::Side => &self.side,
            };
            Request::new(bytes, spans, &self.large)
        })
    }

    /// Bytes of memory held, large arguments not counted.
    #[inline]
    pub fn memory_bytes(&self) -> usize {
        self.requests.capacity() * size_of::<Item>()
            + self.spans.capacity() * size_of::<Span>()
            + self.large.capacity() * size_of::<Large>()
            + self.side.capacity()
    }

    /// Makes a request of the spans pushed since the last one.
    #[inline]
    pub(super) fn finish(&mut self, bytes: Bytes) {
        let spans_end = self.spans.len();
        self.requests.push(Item { spans_end, bytes });
    }

    /// The number of spans that belong to whole requests.
    #[inline]
    pub(super) fn spans_end(&self) -> usize {
        self.requests.last().map_or(0, |item| item.spans_end)
    }
}

/// A batch keeps buffers up to this size for its next use.
const KEPT_BYTES_MAX: usize = 64 * 1024;
