//! Many requests that own their bytes, in one piece of memory: what one thread parses and another
//! executes.

use super::request::{Arg, Large, Request, Span};

/// Requests in order. Reused from one filling to the next.
#[derive(Debug, Default)]
pub struct Requests {
    buf: Vec<u8>,
    /// The arguments of all requests, one request after the other.
    spans: Vec<Span>,
    /// Where each request's spans end; they begin where its predecessor's do.
    ends: Vec<usize>,
    large: Vec<Large>,
}

/// Buffers up to this size are kept for the next filling.
const KEPT_BYTES_MAX: usize = 1024 * 1024;

impl Requests {
    /// The number of requests.
    #[inline]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no request.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets all requests, and memory beyond the ordinary.
    pub fn clear(&mut self) {
        self.buf.clear();
        self.spans.clear();
        self.ends.clear();
        self.large.clear();
        if self.buf.capacity() + self.spans.capacity() * size_of::<Span>() > KEPT_BYTES_MAX {
            *self = Requests::default();
        }
    }

    /// Appends a copy of `request`; large arguments are shared, not copied.
    pub fn push(&mut self, request: Request<'_>) {
        for arg in request.args() {
            let span = match arg {
                Arg::Bytes(bytes) => {
                    let span = Span::small(self.buf.len(), bytes.len());
                    self.buf.extend_from_slice(bytes);
                    span
                }
                Arg::Large(large) => {
                    self.large.push(Large::new(large.rope().clone()));
                    Span::large(self.large.len() - 1)
                }
            };
            self.spans.push(span);
        }
        self.ends.push(self.spans.len());
    }

    /// Request `index`, which must be below [`Requests::len`].
    #[inline]
    pub fn get(&self, index: usize) -> Request<'_> {
        let start = match index {
            0 => 0,
            _ => self.ends[index - 1],
        };
        Request::new(&self.buf, &self.spans[start..self.ends[index]], &self.large)
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::OwnedRequest;
    use super::*;

    #[test]
    fn requests_come_out_as_they_went_in() {
        let long = vec![b'x'; 2 * KEPT_BYTES_MAX];
        let lines: [&[&[u8]]; 3] = [&[b"SET", b"k", &long], &[b"PING"], &[b"SET", b"", b"v"]];
        let mut requests = Requests::default();
        for _ in 0..2 {
            requests.clear();
            assert!(requests.is_empty());
            for line in lines {
                requests.push(OwnedRequest::new(line).request());
            }
            assert_eq!(requests.len(), lines.len());
            for (index, line) in lines.iter().enumerate() {
                let request = requests.get(index);
                let words: Vec<&[u8]> = request.args().map(Arg::bytes).collect();
                assert_eq!(words, *line);
            }
        }
    }
}
