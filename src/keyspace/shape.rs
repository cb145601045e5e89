//! The shape of an entry's block: where its parts stand, and the size class of the whole.
//!
//! ```text
//! bytes  0       3      4        8          then
//!        clock   flags  lengths  deadline   long key's  word     key     inline
//!                                           length               bytes   bytes
//!        3       1      4        0, 4 or 8  0 or 8      0 or 8
//!
//! flags, from bit 0:  storage 2, content 3, the deadline's length / 4 in 2, long key 1
//!
//! lengths, from bit 0:              inline 12 │ key 16                      │ zero 4
//!   if the deadline is short:       inline 12 │ key 8 │ deadline's upper bits 12
//! ```
//!
//! A key of 64 KB or more is *long*: its length stands by itself. The word is there unless the
//! value is inline.
//!
//! A deadline is *short* if the value is inline, so that nothing behind it needs to be aligned to
//! 8, the key is shorter than 256 bytes, and the moment lies in the 557 years from 1970 on: of its
//! 44 bits the upper 12 stand where the lengths leave room. Any other is *long*, 8 bytes. The form
//! follows from the rest and is never chosen, so that equal entries have equal flags.
//!
//! Why this trouble: a key of 16 bytes, a value of 100 and a deadline take 128 bytes instead of
//! 132, and 128 is a size class; the next is 160.

use std::alloc::Layout;

use crate::ds::size_class::size_class;
use crate::sys::clock::UnixMs;
use crate::value::Packed;

/// The longest string kept in the block: what 12 bits count to. A longer one costs an allocation
/// and a cache miss more but is copied by reference.
pub(super) const INLINE_BYTES_MAX: usize = INLINE_LEN as usize;

/// Where the value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Storage {
    /// Bytes in the block.
    Inline,
    /// An integer in the word.
    Int,
    /// Bytes in a shared buffer.
    Flat,
    /// A rope, or an object.
    Boxed,
}

impl Storage {
    /// Whether the value is nothing but bytes of the block, which need not be freed.
    #[inline]
    pub(super) fn is_in_block(self) -> bool {
        matches!(self, Storage::Inline | Storage::Int)
    }

    #[inline]
    pub(super) fn of(flags: u8) -> Storage {
        match flags & STORAGE {
            0 => Storage::Inline,
            1 => Storage::Int,
            2 => Storage::Flat,
            _ => Storage::Boxed,
        }
    }
}

/// What the value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Content {
    /// A string.
    Text,
    /// A string called `raw` however short it is.
    RawText,
    List,
    Ints,
    Set,
    Hash,
    Zset,
    /// A large collection, or a stream. It is boxed.
    Object,
}

impl Content {
    #[inline]
    pub(super) fn of(flags: u8) -> Content {
        match (flags & CONTENT) >> CONTENT_AT {
            0 => Content::Text,
            1 => Content::RawText,
            2 => Content::List,
            3 => Content::Ints,
            4 => Content::Set,
            5 => Content::Hash,
            6 => Content::Zset,
            _ => Content::Object,
        }
    }

    pub(super) fn text(raw: bool) -> Content {
        if raw { Content::RawText } else { Content::Text }
    }

    /// The form of a packed collection.
    #[inline]
    pub(super) fn packed(self) -> Option<Packed> {
        match self {
            Content::Text | Content::RawText | Content::Object => None,
            Content::List => Some(Packed::List),
            Content::Ints => Some(Packed::Ints),
            Content::Set => Some(Packed::Set),
            Content::Hash => Some(Packed::Hash),
            Content::Zset => Some(Packed::Zset),
        }
    }
}

impl From<Packed> for Content {
    fn from(form: Packed) -> Content {
        match form {
            Packed::List => Content::List,
            Packed::Ints => Content::Ints,
            Packed::Set => Content::Set,
            Packed::Hash => Content::Hash,
            Packed::Zset => Content::Zset,
        }
    }
}

pub(super) const STORAGE: u8 = 3;
const CONTENT_AT: u32 = 2;
const CONTENT: u8 = 7 << CONTENT_AT;
/// The deadline's length in units of four bytes: one of the three below.
pub(super) const DEADLINE: u8 = 3 << 5;
pub(super) const DEADLINE_NONE: u8 = 0;
pub(super) const DEADLINE_SHORT: u8 = 1 << 5;
const DEADLINE_LONG: u8 = 2 << 5;
pub(super) const LONG_KEY: u8 = 1 << 7;

const DEADLINE_UNIT_BYTES: usize = 4;

pub(super) const WORD_BYTES: usize = 8;
pub(super) const HEADER_BYTES: usize = 8;

const INLINE_LEN: u32 = (1 << KEY_LEN_AT) - 1;
const KEY_LEN_AT: u32 = 12;
const KEY_LEN: u32 = 0xffff;
const SHORT_KEY_LEN: u32 = 0xff;
const DEADLINE_HIGH_AT: u32 = 20;
const SHORT_DEADLINE_BITS: u32 = 32 + (32 - DEADLINE_HIGH_AT);

const _: () = {
    assert!(KEY_LEN_AT + SHORT_KEY_LEN.count_ones() == DEADLINE_HIGH_AT);
    assert!(KEY_LEN_AT + KEY_LEN.count_ones() <= u32::BITS);
};

/// A short deadline from its upper bits among the lengths, and its lower.
#[inline]
pub(super) fn short_deadline(lengths: u32, low: u32) -> UnixMs {
    UnixMs(i64::from(lengths >> DEADLINE_HIGH_AT) << 32 | i64::from(low))
}

/// Where the parts of a block stand. It must be the block's own to be of use.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) flags: u8,
    pub(super) key_len: usize,
    pub(super) inline_len: usize,
}

impl Shape {
    pub(super) fn new(
        storage: Storage,
        content: Content,
        key_len: usize,
        inline_len: usize,
        deadline: Option<UnixMs>,
    ) -> Shape {
        assert!(inline_len <= INLINE_BYTES_MAX);
        debug_assert!(inline_len == 0 || storage == Storage::Inline);
        debug_assert!(storage == Storage::Boxed || content != Content::Object);
        let long_key = if key_len > KEY_LEN as usize {
            LONG_KEY
        } else {
            0
        };
        let may_be_short = storage == Storage::Inline && key_len <= SHORT_KEY_LEN as usize;
        let deadline = match deadline {
            None => DEADLINE_NONE,
            // A negative moment has its highest bit set.
            Some(UnixMs(ms)) if may_be_short && ms as u64 >> SHORT_DEADLINE_BITS == 0 => {
                DEADLINE_SHORT
            }
            Some(_) => DEADLINE_LONG,
        };
        Shape {
            flags: storage as u8 | (content as u8) << CONTENT_AT | deadline | long_key,
            key_len,
            inline_len,
        }
    }

    /// Flags of the same shape for another content.
    #[inline]
    pub(super) fn flags_with(flags: u8, content: Content) -> u8 {
        flags & !CONTENT | (content as u8) << CONTENT_AT
    }

    /// The same with another inline length, on which the deadline's form does not depend.
    pub(super) fn with_inline_len(self, inline_len: usize) -> Shape {
        assert!(self.is_inline() && inline_len <= INLINE_BYTES_MAX);
        Shape { inline_len, ..self }
    }

    /// What flags and lengths say; of a long key, the length is yet to be read.
    #[inline]
    pub(super) fn unpacked(flags: u8, lengths: u32) -> Shape {
        let key_len = if flags & DEADLINE == DEADLINE_SHORT {
            SHORT_KEY_LEN
        } else {
            KEY_LEN
        };
        Shape {
            flags,
            key_len: (lengths >> KEY_LEN_AT & key_len) as usize,
            inline_len: (lengths & INLINE_LEN) as usize,
        }
    }

    /// The lengths, and the deadline's upper bits among them if it is short.
    #[inline]
    pub(super) fn packed(self, deadline: Option<UnixMs>) -> u32 {
        debug_assert!(self.inline_len <= INLINE_BYTES_MAX);
        let key_len = if self.flags & LONG_KEY == 0 {
            self.key_len as u32
        } else {
            0
        };
        let high = match deadline {
            Some(UnixMs(ms)) if self.flags & DEADLINE == DEADLINE_SHORT => (ms >> 32) as u32,
            _ => 0,
        };
        high << DEADLINE_HIGH_AT | key_len << KEY_LEN_AT | self.inline_len as u32
    }

    #[inline]
    pub(super) fn is_inline(self) -> bool {
        self.flags & STORAGE == Storage::Inline as u8
    }

    /// Where the length of a long key stands, or what follows; the deadline ends here.
    #[inline]
    pub(super) fn long_at(self) -> usize {
        const UNIT_SHIFT: u32 = DEADLINE_SHORT.trailing_zeros();
        HEADER_BYTES + usize::from((self.flags & DEADLINE) >> UNIT_SHIFT) * DEADLINE_UNIT_BYTES
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
        self.word_at() + if self.is_inline() { 0 } else { WORD_BYTES }
    }

    #[inline]
    pub(super) fn inline_at(self) -> usize {
        self.key_at() + self.key_len
    }

    /// Where the last part ends.
    #[inline]
    pub(super) fn end(self) -> usize {
        self.inline_at() + self.inline_len
    }

    pub(super) fn layout(self) -> Layout {
        let bytes = size_class(self.end());
        Layout::from_size_align(bytes, WORD_BYTES).expect("a key is far below the address space")
    }
}
