//! Where the parts of an entry stand: its flags, the lengths, the offsets they lead to, and the size
//! class of the whole. The bytes are drawn in `entry`.

use std::alloc::Layout;

/// The longest string kept in the block. A longer one costs an allocation and a cache miss more
/// but is copied by reference.
pub(super) const INLINE_BYTES_MAX: usize = 4096;

/// How the value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Encoding {
    Inline,
    Int,
    Flat,
    Rope,
}

pub(super) const ENCODING: u8 = 7;
pub(super) const RAW: u8 = 1 << 3;
pub(super) const DEADLINE: u8 = 1 << 4;
pub(super) const LONG_KEY: u8 = 1 << 5;

pub(super) const WORD_BYTES: usize = 8;
pub(super) const HEADER_BYTES: usize = 8;

/// Where the parts of a block stand.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) flags: u8,
    pub(super) key_len: usize,
    pub(super) inline_len: usize,
}

impl Shape {
    pub(super) fn new(
        encoding: Encoding,
        key_len: usize,
        inline_len: usize,
        deadline: bool,
    ) -> Shape {
        let deadline = if deadline { DEADLINE } else { 0 };
        let long = if key_len > usize::from(u16::MAX) {
            LONG_KEY
        } else {
            0
        };
        let flags = encoding as u8 | deadline | long;
        Shape {
            flags,
            key_len,
            inline_len,
        }
    }

    #[inline]
    pub(super) fn long_at(self) -> usize {
        let deadline = if self.flags & DEADLINE != 0 {
            WORD_BYTES
        } else {
            0
        };
        HEADER_BYTES + deadline
    }

    #[inline]
    pub(super) fn word_at(self) -> usize {
        let long = if self.flags & LONG_KEY != 0 {
            WORD_BYTES
        } else {
            0
        };
        self.long_at() + long
    }

    #[inline]
    pub(super) fn key_at(self) -> usize {
        let inline = self.flags & ENCODING == Encoding::Inline as u8;
        self.word_at() + if inline { 0 } else { WORD_BYTES }
    }

    #[inline]
    pub(super) fn inline_at(self) -> usize {
        self.key_at() + self.key_len
    }

    pub(super) fn layout(self) -> Layout {
        let bytes = size_class(self.inline_at() + self.inline_len);
        Layout::from_size_align(bytes, WORD_BYTES).expect("a key is far below the address space")
    }
}

/// The size class of jemalloc that `bytes` fall into.
#[inline]
pub(super) fn size_class(bytes: usize) -> usize {
    match bytes {
        ..=128 => bytes.next_multiple_of(16),
        _ => {
            // Four classes for each doubling.
            let step = 1 << ((bytes - 1).ilog2() - 2);
            bytes.next_multiple_of(step)
        }
    }
}
