//! Requests copied to be executed later, one behind the other: what stands between MULTI and EXEC.
//!
//! They share their buffers: ten requests cost the allocations of one, not of ten.

use super::request::{Arg, Large, Request, Span};

/// Requests in order, each with a number that its owner knows it by.
#[derive(Debug, Default)]
pub struct Queue {
    buf: Vec<u8>,
    spans: Vec<Span>,
    large: Vec<Large>,
    items: Vec<Item>,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    number: usize,
    /// Where its spans end; they begin where its predecessor's do.
    spans_end: usize,
}

/// Room that is made at once, for what a transaction mostly is.
const ITEMS_AT_FIRST: usize = 16;
const SPANS_AT_FIRST: usize = 3 * ITEMS_AT_FIRST;
const BYTES_AT_FIRST: usize = 40 * ITEMS_AT_FIRST;

impl Queue {
    /// Appends a copy of `request`; large arguments are shared, not copied.
    pub fn push(&mut self, number: usize, request: Request<'_>) {
        if self.items.is_empty() {
            self.items.reserve(ITEMS_AT_FIRST);
            self.spans.reserve(SPANS_AT_FIRST);
            self.buf.reserve(BYTES_AT_FIRST);
        }
        for arg in request.args() {
            match arg {
                Arg::Bytes(bytes) => {
                    self.spans.push(Span::small(self.buf.len(), bytes.len()));
                    self.buf.extend_from_slice(bytes);
                }
                Arg::Large(large) => {
                    self.spans.push(Span::large(self.large.len()));
                    self.large.push(Large::new(large.rope().clone()));
                }
            }
        }
        let spans_end = self.spans.len();
        self.items.push(Item { number, spans_end });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The requests with their numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Request<'_>)> {
        let starts = std::iter::once(0).chain(self.items.iter().map(|item| item.spans_end));
        starts.zip(&self.items).map(|(start, item)| {
            let spans = &self.spans[start..item.spans_end];
            (item.number, Request::new(&self.buf, spans, &self.large))
        })
    }

    /// Bytes on the heap; those of large arguments may be shared.
    pub fn memory_bytes(&self) -> usize {
        let large = self.large.iter().map(|large| large.rope().len());
        self.buf.capacity()
            + self.spans.capacity() * size_of::<Span>()
            + self.items.capacity() * size_of::<Item>()
            + self.large.capacity() * size_of::<Large>()
            + large.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::OwnedRequest;
    use super::*;

    #[test]
    fn requests_come_out_as_they_went_in() {
        let sent = [
            OwnedRequest::new(["SET", "k", "v"]),
            OwnedRequest::new(["PING"]),
            OwnedRequest::new(["", "", ""]),
        ];
        let mut queue = Queue::default();
        for (number, request) in sent.iter().enumerate() {
            queue.push(number + 7, request.request());
        }
        assert_eq!((queue.len(), queue.is_empty()), (3, false));
        for ((number, request), (index, sent)) in queue.iter().zip(sent.iter().enumerate()) {
            assert_eq!((number, request.len()), (index + 7, sent.request().len()));
            for at in 0..request.len() {
                assert_eq!(request.bytes(at), sent.request().bytes(at));
            }
        }
    }
}
