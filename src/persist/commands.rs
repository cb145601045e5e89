//! Commands as the log has them: RESP arrays of bulk strings.

use crate::resp::request::{Arg, Request};
use crate::value::string::Text;

/// Appends a request.
pub fn put_request(bytes: &mut Vec<u8>, request: Request<'_>) {
    put_count(bytes, b'*', request.len());
    if let Some(arrived) = request.as_arrived() {
        bytes.extend_from_slice(arrived);
        return;
    }
    for arg in request.args() {
        put_arg(bytes, arg);
    }
}

/// Appends the request made of `words`.
pub fn put_words(bytes: &mut Vec<u8>, words: &[&[u8]]) {
    put_count(bytes, b'*', words.len());
    for word in words {
        put_word(bytes, word);
    }
}

/// Appends the head of a request of `count` words, which follow.
pub fn put_head(bytes: &mut Vec<u8>, count: usize) {
    put_count(bytes, b'*', count);
}

/// Appends one word of a request.
pub fn put_word(bytes: &mut Vec<u8>, word: &[u8]) {
    put_count(bytes, b'$', word.len());
    bytes.extend_from_slice(word);
    bytes.extend_from_slice(b"\r\n");
}

/// Appends one word of a request, in one piece or in many.
pub fn put_text(bytes: &mut Vec<u8>, text: Text<'_>) {
    match text {
        Text::Slice(word) => put_word(bytes, word),
        Text::Rope(rope) => {
            put_count(bytes, b'$', rope.len());
            rope.for_each(0..rope.len(), |slice| bytes.extend_from_slice(slice));
            bytes.extend_from_slice(b"\r\n");
        }
    }
}

fn put_arg(bytes: &mut Vec<u8>, arg: Arg<'_>) {
    match arg.rope() {
        Some(rope) => put_text(bytes, Text::Rope(rope)),
        None => put_word(bytes, arg.bytes()),
    }
}

fn put_count(bytes: &mut Vec<u8>, mark: u8, count: usize) {
    bytes.push(mark);
    bytes.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
    bytes.extend_from_slice(b"\r\n");
}
