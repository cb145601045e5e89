//! An entry: one heap block with a key, its deadline, and the value or the way to it.
//!
//! ```text
//! header: clock,  deadline,  length of   word, unless  key    inline
//! flags, lengths  if any     a long key  inline        bytes  bytes
//! ```
//!
//! `shape` draws the parts to the bit. The *word* is an integer, or owns what does not fit in the
//! block: a shared buffer, a rope, an object (`value::Object`). The *inline* bytes are a string or
//! a packed collection of up to 4095 bytes.
//!
//! Blocks are allocated in the size classes of jemalloc, so that a value may be overwritten by
//! one of another length in place while the class is the same, and so that the allocator's count
//! is what the block really takes. A key and a value of 16 bytes each: 40 bytes, class 48; with a
//! deadline 44, class 48. A value of 100 bytes: 124, with a deadline 128, both of class 128.
//!
//! The *clock* tells when the entry was last used (LRU) or how often (LFU). It shares an atomic
//! word with the flags, for it is written at every access, also while another thread reads a
//! frozen entry; everything else is changed only through the owner of the block, [`Block`].
//!
//! Unsafe code: the block has a layout that Rust cannot name (an enum with a boxed key measured
//! twice the memory). Tests run under Miri with those of `ds::table`.
#![expect(
    unsafe_code,
    reason = "a block of variable layout; see the module's last paragraph"
)]

use std::alloc::{alloc, dealloc, handle_alloc_error};
use std::hash::Hasher;
use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use siphasher::sip::SipHasher13;

use super::shape::{
    Content, DEADLINE, DEADLINE_NONE, DEADLINE_SHORT, HEADER_BYTES, LONG_KEY, Shape, Storage,
    WORD_BYTES, short_deadline,
};
use crate::ds::rope::Rope;
use crate::ds::size_class::size_class;
use crate::ds::table::{Keyed, Node};
use crate::sys::clock::UnixMs;
use crate::value::{Object, Str, Value};

/// The longest string called `embstr`, unless it was changed in place.
const EMBSTR_BYTES_MAX: usize = 44;

/// A value on its way into a block.
pub(super) enum Payload<'a> {
    Inline(&'a [u8]),
    Int(i64),
    Flat(Arc<Vec<u8>>),
    Rope(Box<Rope>),
    Object(Box<Object>),
}

impl Payload<'_> {
    #[inline]
    fn storage(&self) -> Storage {
        match self {
            Payload::Inline(_) => Storage::Inline,
            Payload::Int(_) => Storage::Int,
            Payload::Flat(_) => Storage::Flat,
            Payload::Rope(_) | Payload::Object(_) => Storage::Boxed,
        }
    }

    #[inline]
    fn inline_len(&self) -> usize {
        match self {
            Payload::Inline(bytes) => bytes.len(),
            _ => 0,
        }
    }
}

/// A value to change in place.
pub(super) enum PayloadMut<'a> {
    Inline(&'a mut [u8]),
    Int,
    Flat(&'a mut Arc<Vec<u8>>),
    Rope(&'a mut Rope),
    /// See [`BlockMut::object`].
    Object,
}

/// Bits of the clock, below the flags.
pub(super) const CLOCK_BITS: u32 = 24;
const CLOCK: u32 = (1 << CLOCK_BITS) - 1;

#[repr(C)]
struct Header {
    /// The clock, and the flags above it.
    state: AtomicU32,
    /// See [`Shape::packed`].
    lengths: u32,
}

const _: () = {
    assert!(size_of::<Header>() == HEADER_BYTES);
    assert!(size_of::<Arc<Vec<u8>>>() == WORD_BYTES && size_of::<Box<Rope>>() == WORD_BYTES);
    assert!(size_of::<Box<Object>>() == WORD_BYTES);
};

/// A key and its value, to read.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    at: NonNull<u8>,
    block: PhantomData<&'a Block>,
}

impl<'a> Entry<'a> {
    #[inline]
    fn header(self) -> &'a Header {
        // SAFETY: an entry borrows a live block, which begins with a header.
        unsafe { self.at.cast().as_ref() }
    }

    #[inline]
    fn flags(self) -> u8 {
        (self.header().state.load(Ordering::Relaxed) >> CLOCK_BITS) as u8
    }

    #[inline]
    fn shape(self) -> Shape {
        let mut shape = Shape::unpacked(self.flags(), self.header().lengths);
        if shape.flags & LONG_KEY != 0 {
            // SAFETY: the flag says that the length stands there; `long_at` is aligned to 8.
            shape.key_len = unsafe { self.at.add(shape.long_at()).cast().read() };
        }
        shape
    }

    /// The `len` bytes from `at` on.
    ///
    /// # Safety
    /// They lie within the block and are initialised.
    #[inline]
    unsafe fn bytes(self, at: usize, len: usize) -> &'a [u8] {
        // SAFETY: the contract, and the block is not changed for 'a.
        unsafe { std::slice::from_raw_parts(self.at.add(at).as_ptr(), len) }
    }

    /// The key.
    #[inline]
    pub fn key(self) -> &'a [u8] {
        let shape = self.shape();
        // SAFETY: the shape is the block's own.
        unsafe { self.bytes(shape.key_at(), shape.key_len) }
    }

    /// The moment the key expires, if it does.
    #[inline]
    pub fn deadline(self) -> Option<UnixMs> {
        // SAFETY: read only where the flags say that a deadline stands behind the header.
        let behind = unsafe { self.at.add(HEADER_BYTES) };
        match self.flags() & DEADLINE {
            DEADLINE_NONE => None,
            // SAFETY: as above; the header ends aligned to 8.
            DEADLINE_SHORT => Some(short_deadline(self.header().lengths, unsafe {
                behind.cast().read()
            })),
            // SAFETY: as above.
            _ => Some(UnixMs(unsafe { behind.cast().read() })),
        }
    }

    #[inline]
    pub(super) fn storage(self) -> Storage {
        Storage::of(self.flags())
    }

    #[inline]
    pub(super) fn content(self) -> Content {
        Content::of(self.flags())
    }

    /// Whether dropping the value takes long enough to be another thread's work.
    #[inline]
    pub(super) fn is_heavy(self) -> bool {
        if self.storage() != Storage::Boxed {
            return false;
        }
        match self.object() {
            Some(object) => object.is_heavy(),
            None => true,
        }
    }

    /// Where the word stands, or would.
    #[inline]
    fn word(self) -> NonNull<u8> {
        // SAFETY: within the block.
        unsafe { self.at.add(self.shape().word_at()) }
    }

    /// The value, if it is an object.
    #[inline]
    pub(super) fn object(self) -> Option<&'a Object> {
        if self.content() != Content::Object {
            return None;
        }
        // SAFETY: the content says what the word owns, and the block is not changed for 'a.
        Some(unsafe { self.word().cast::<Box<Object>>().as_ref() })
    }

    /// The bytes of the value, if it is bytes in one piece: of a packed collection always.
    #[inline]
    pub(super) fn flat_bytes(self) -> Option<&'a [u8]> {
        let shape = self.shape();
        match self.storage() {
            // SAFETY: the shape is the block's own.
            Storage::Inline => Some(unsafe { self.bytes(shape.inline_at(), shape.inline_len) }),
            // SAFETY: the storage says what the word is, and the block is not changed for 'a.
            Storage::Flat => Some(unsafe { self.word().cast::<Arc<Vec<u8>>>().as_ref() }),
            Storage::Int | Storage::Boxed => None,
        }
    }

    /// The bytes of the value, if it is a packed collection.
    #[inline]
    pub(super) fn packed_bytes(self) -> Option<&'a [u8]> {
        self.content().packed()?;
        self.flat_bytes()
    }

    /// The value.
    #[inline]
    pub fn value(self) -> Value<'a> {
        match self.content() {
            Content::Text | Content::RawText => Value::String(self.text()),
            content => self.collection(content),
        }
    }

    #[inline]
    fn collection(self, content: Content) -> Value<'a> {
        if let Some(object) = self.object() {
            return object.value();
        }
        let form = content.packed().expect("neither a string nor an object");
        let bytes = self.flat_bytes().expect("what is packed is bytes");
        Value::packed(form, bytes)
    }

    /// The value, which is a string.
    #[inline]
    fn text(self) -> Str<'a> {
        let shape = self.shape();
        // SAFETY: within the block; meaningful unless the value is inline.
        let word = unsafe { self.at.add(shape.word_at()) };
        match self.storage() {
            Storage::Inline => {
                // SAFETY: the shape is the block's own.
                Str::Inline(unsafe { self.bytes(shape.inline_at(), shape.inline_len) })
            }
            // SAFETY: the storage says what the word is; it is aligned to 8.
            Storage::Int => Str::Int(unsafe { word.cast().read() }),
            // SAFETY: as above, and the block is not changed for 'a.
            Storage::Flat => Str::Flat(unsafe { word.cast().as_ref() }),
            // SAFETY: as above.
            Storage::Boxed => Str::Rope(unsafe { word.cast::<Box<Rope>>().as_ref() }),
        }
    }

    /// Whether a string is called `raw` however short it is.
    pub(super) fn is_raw(self) -> bool {
        self.content() == Content::RawText
    }

    /// The name OBJECT ENCODING answers with.
    pub fn encoding(self) -> &'static str {
        if let Some(object) = self.object() {
            return object.encoding();
        }
        if let Some(form) = self.content().packed() {
            return form.encoding();
        }
        match self.text() {
            Str::Int(_) => "int",
            text if self.is_raw() || text.len() > EMBSTR_BYTES_MAX => "raw",
            _ => "embstr",
        }
    }

    /// The clock of the last accesses: 24 bits, which `AccessPolicy` interprets.
    #[inline]
    pub(super) fn clock(self) -> u32 {
        self.header().state.load(Ordering::Relaxed) & CLOCK
    }

    /// Sets the clock. Only the keyspace's owner does; a store is enough.
    #[inline]
    pub(super) fn set_clock(self, clock: u32) {
        debug_assert!(clock <= CLOCK);
        let state = self.header().state.load(Ordering::Relaxed);
        if state & CLOCK != clock {
            self.header()
                .state
                .store(state & !CLOCK | clock, Ordering::Relaxed);
        }
    }

    /// Bytes of memory the entry takes: its block and what that alone leads to.
    pub fn memory_bytes(self) -> usize {
        const ARC_BYTES: usize = 2 * size_of::<usize>();
        let value = match self.payload() {
            Payload::Int(_) | Payload::Inline(_) => 0,
            Payload::Flat(bytes) => {
                size_class(ARC_BYTES + size_of::<Vec<u8>>()) + size_class(bytes.capacity())
            }
            Payload::Rope(rope) => size_class(size_of::<Rope>()) + rope.memory_bytes(),
            Payload::Object(object) => size_class(size_of::<Object>()) + object.memory_bytes(),
        };
        self.shape().layout().size() + value
    }

    /// The same, estimated if there is much of it: takes microseconds at most.
    pub fn memory_estimate(self) -> usize {
        let block = self.shape().layout().size();
        if let Some(object) = self.object() {
            return block + size_class(size_of::<Object>()) + object.memory_estimate();
        }
        match self.storage() {
            Storage::Inline | Storage::Int => block,
            Storage::Flat => self.memory_bytes(),
            // A rope: its chunks are full.
            Storage::Boxed => block + self.text().len(),
        }
    }

    /// The value once more: what does not stand in the block is shared.
    fn payload(self) -> Payload<'a> {
        if let Some(object) = self.object() {
            return Payload::Object(Box::new(object.clone()));
        }
        match self.storage() {
            Storage::Inline => Payload::Inline(self.flat_bytes().unwrap_or_default()),
            // SAFETY: the storage says what the word is; it is aligned to 8.
            Storage::Int => Payload::Int(unsafe { self.word().cast().read() }),
            Storage::Flat => {
                // SAFETY: as above, and the block is not changed for 'a.
                Payload::Flat(Arc::clone(unsafe { self.word().cast().as_ref() }))
            }
            Storage::Boxed => {
                // SAFETY: as above; a boxed value that is no object is a rope.
                let rope = unsafe { self.word().cast::<Box<Rope>>().as_ref() };
                Payload::Rope(rope.clone())
            }
        }
    }
}

/// An object to change in place, in a block that nobody else reaches.
pub(super) struct BlockMut<'a> {
    at: NonNull<u8>,
    block: PhantomData<&'a mut Block>,
}

impl<'a> BlockMut<'a> {
    /// The object, if the value is one.
    #[inline]
    pub(super) fn object(self) -> Option<&'a mut Object> {
        // SAFETY: the block is borrowed mutably, for 'a; it stays an entry.
        let entry: Entry<'a> = unsafe { Block::borrow(self.at) };
        if entry.content() != Content::Object {
            return None;
        }
        // SAFETY: the content says what the word owns, and nobody else reads the block for 'a.
        Some(unsafe { entry.word().cast::<Box<Object>>().as_mut() })
    }
}

/// The owner of an entry.
pub(super) struct Block {
    at: NonNull<u8>,
}

// SAFETY: a block owns its parts, all of which are `Send` and `Sync`; the clock is atomic.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl Block {
    /// An entry.
    pub(super) fn new(
        key: &[u8],
        payload: Payload<'_>,
        content: Content,
        deadline: Option<UnixMs>,
        clock: u32,
    ) -> Block {
        let inline_len = payload.inline_len();
        let shape = Shape::new(payload.storage(), content, key.len(), inline_len, deadline);
        let mut block = Block::with_shape(shape, key, deadline, clock);
        block.put(shape, payload);
        block
    }

    /// A block with everything but the value, which must follow: what drops the block before
    /// relies on it.
    fn with_shape(shape: Shape, key: &[u8], deadline: Option<UnixMs>, clock: u32) -> Block {
        debug_assert!(shape.key_len == key.len());
        let layout = shape.layout();
        // SAFETY: the layout has room for the header at least.
        let at = unsafe { alloc(layout) };
        let Some(at) = NonNull::new(at) else {
            handle_alloc_error(layout)
        };
        let mut block = Block { at };
        block.put_head(shape, deadline, clock);
        // SAFETY: the shape's parts lie within its layout.
        unsafe {
            let key_at = at.add(shape.key_at()).as_ptr();
            key_at.copy_from_nonoverlapping(key.as_ptr(), key.len());
        }
        block
    }

    /// Writes what stands before the word and the key. The block must have room for the shape.
    #[inline]
    fn put_head(&mut self, shape: Shape, deadline: Option<UnixMs>, clock: u32) {
        let header = Header {
            state: AtomicU32::new(u32::from(shape.flags) << CLOCK_BITS | clock),
            lengths: shape.packed(deadline),
        };
        // SAFETY: the shape's parts lie within its layout, words aligned to 8.
        unsafe {
            self.at.cast::<Header>().write(header);
            let behind = self.at.add(HEADER_BYTES);
            match (shape.flags & DEADLINE, deadline) {
                // The upper bits are among the lengths.
                (DEADLINE_SHORT, Some(UnixMs(ms))) => behind.cast().write(ms as u32),
                (_, Some(UnixMs(ms))) => behind.cast().write(ms),
                (_, None) => debug_assert!(shape.flags & DEADLINE == DEADLINE_NONE),
            }
            if shape.flags & LONG_KEY != 0 {
                self.at.add(shape.long_at()).cast().write(shape.key_len);
            }
        }
    }

    /// Writes the value. What stood in its place is forgotten.
    fn put(&mut self, shape: Shape, payload: Payload<'_>) {
        // SAFETY: the shape's parts lie within the block, words aligned to 8.
        unsafe {
            let word = self.at.add(shape.word_at());
            match payload {
                Payload::Inline(bytes) => {
                    debug_assert!(bytes.len() == shape.inline_len);
                    let at = self.at.add(shape.inline_at()).as_ptr();
                    at.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                }
                Payload::Int(value) => word.cast().write(value),
                Payload::Flat(bytes) => word.cast().write(bytes),
                Payload::Rope(rope) => word.cast().write(rope),
                Payload::Object(object) => word.cast().write(object),
            }
        }
    }

    #[inline]
    pub(super) fn entry(&self) -> Entry<'_> {
        Entry {
            at: self.at,
            block: PhantomData,
        }
    }

    /// Calls a string `raw` however short it is.
    pub(super) fn set_raw(&mut self) {
        let entry = self.entry();
        debug_assert!(entry.content().packed().is_none() && entry.object().is_none());
        let raw = Shape::flags_with(entry.flags(), Content::RawText);
        let state = u32::from(raw) << CLOCK_BITS | entry.clock();
        entry.header().state.store(state, Ordering::Relaxed);
    }

    /// The value, to change in place.
    pub(super) fn payload_mut(&mut self) -> PayloadMut<'_> {
        let shape = self.entry().shape();
        // SAFETY: the shape is the block's own, the encoding says what the word is, and the block
        // is borrowed mutably.
        unsafe {
            let word = self.at.add(shape.word_at());
            match self.entry().storage() {
                Storage::Inline => {
                    let at = self.at.add(shape.inline_at()).as_ptr();
                    PayloadMut::Inline(std::slice::from_raw_parts_mut(at, shape.inline_len))
                }
                Storage::Int => PayloadMut::Int,
                Storage::Flat => PayloadMut::Flat(word.cast().as_mut()),
                Storage::Boxed if self.entry().content() == Content::Object => PayloadMut::Object,
                Storage::Boxed => PayloadMut::Rope(word.cast::<Box<Rope>>().as_mut()),
            }
        }
    }

    /// The same key with another value: in place where the size class is the same.
    #[inline]
    pub(super) fn with_payload(
        mut self,
        payload: Payload<'_>,
        content: Content,
        deadline: Option<UnixMs>,
    ) -> Block {
        let old = self.entry().shape();
        let inline_len = payload.inline_len();
        let new = Shape::new(
            payload.storage(),
            content,
            old.key_len,
            inline_len,
            deadline,
        );
        let clock = self.entry().clock();
        if !self.entry().storage().is_in_block()
            || !payload.storage().is_in_block()
            || new.layout() != old.layout()
        {
            return Block::new(self.entry().key(), payload, content, deadline, clock);
        }
        if new.key_at() != old.key_at() {
            self.shift(old.key_at(), new.key_at(), old.key_len);
        }
        self.put_head(new, deadline, clock);
        self.put(new, payload);
        self
    }

    /// Moves `len` bytes within the block; they may overlap.
    fn shift(&mut self, from: usize, to: usize, len: usize) {
        debug_assert!(from.max(to) + len <= self.entry().shape().layout().size());
        // SAFETY: within the block by the callers, who know both shapes to have its layout.
        unsafe { self.at.add(from).copy_to(self.at.add(to), len) };
    }

    /// The same with `len` inline bytes: cut, or filled up with zeros. The value must be inline.
    pub(super) fn resized(mut self, len: usize) -> Block {
        let old = self.entry().shape();
        let deadline = self.entry().deadline();
        let clock = self.entry().clock();
        let new = old.with_inline_len(len);
        if new.layout() == old.layout() {
            let grown = len.saturating_sub(old.inline_len);
            // SAFETY: within the layout, which is the same for both lengths.
            unsafe { self.at.add(old.end()).write_bytes(0, grown) };
            self.put_head(new, deadline, clock);
            return self;
        }
        let block = Block::with_shape(new, self.entry().key(), deadline, clock);
        let kept = old.inline_len.min(len);
        // SAFETY: both blocks have that many inline bytes, and they are different blocks.
        unsafe {
            let from = self.at.add(old.inline_at());
            let to = block.at.add(new.inline_at());
            to.copy_from_nonoverlapping(from, kept);
            to.add(kept).write_bytes(0, len - kept);
        }
        block
    }

    /// The same with the inline bytes of `range` replaced by `with`, which are not its own. The
    /// value must be inline, and stay so.
    pub(super) fn spliced(mut self, range: Range<usize>, with: &[u8]) -> Block {
        let old = self.entry().shape();
        assert!(range.start <= range.end && range.end <= old.inline_len);
        let deadline = self.entry().deadline();
        let clock = self.entry().clock();
        let new = old.with_inline_len(old.inline_len - range.len() + with.len());
        let tail = old.inline_len - range.end;
        let behind = range.start + with.len();
        if new.layout() == old.layout() {
            let at = old.inline_at();
            self.shift(at + range.end, at + behind, tail);
            // SAFETY: within the layout, which is the same for both lengths; `with` is not here.
            unsafe {
                let to = self.at.add(at + range.start).as_ptr();
                to.copy_from_nonoverlapping(with.as_ptr(), with.len());
            }
            self.put_head(new, deadline, clock);
            return self;
        }
        let block = Block::with_shape(new, self.entry().key(), deadline, clock);
        // SAFETY: both blocks have these inline bytes, and they are different blocks.
        unsafe {
            let from = self.at.add(old.inline_at());
            let to = block.at.add(new.inline_at());
            to.copy_from_nonoverlapping(from, range.start);
            let middle = to.add(range.start).as_ptr();
            middle.copy_from_nonoverlapping(with.as_ptr(), with.len());
            to.add(behind)
                .copy_from_nonoverlapping(from.add(range.end), tail);
        }
        block
    }

    /// The same value with another deadline: in place where the size class is the same.
    pub(super) fn with_deadline(mut self, deadline: Option<UnixMs>) -> Block {
        let old = self.entry().shape();
        let new = self.reshaped(old.key_len, deadline);
        let clock = self.entry().clock();
        if new.layout() != old.layout() {
            let block = Block::with_shape(new, self.entry().key(), deadline, clock);
            return self.move_value(block);
        }
        // What stands behind the deadline moves as one piece.
        if new.long_at() != old.long_at() {
            self.shift(old.long_at(), new.long_at(), old.end() - old.long_at());
        }
        self.put_head(new, deadline, clock);
        self
    }

    /// The same value and deadline under another key.
    pub(super) fn with_key(self, key: &[u8]) -> Block {
        let old = self.entry();
        let shape = self.reshaped(key.len(), old.deadline());
        let block = Block::with_shape(shape, key, old.deadline(), old.clock());
        self.move_value(block)
    }

    /// The shape of this block with a key of another length and another deadline.
    fn reshaped(&self, key_len: usize, deadline: Option<UnixMs>) -> Shape {
        let entry = self.entry();
        let inline_len = entry.shape().inline_len;
        Shape::new(
            entry.storage(),
            entry.content(),
            key_len,
            inline_len,
            deadline,
        )
    }

    /// Moves the value into `block`, which has none yet but is shaped for it.
    fn move_value(self, block: Block) -> Block {
        let (old, new) = (self.entry().shape(), block.entry().shape());
        // SAFETY: both are shaped for the same value, and they are different blocks. The word is
        // the new block's from here on: the old one is freed without its value.
        unsafe {
            if old.is_inline() {
                let from = self.at.add(old.inline_at());
                from.copy_to_nonoverlapping(block.at.add(new.inline_at()), old.inline_len);
            } else {
                let from = self.at.add(old.word_at());
                from.copy_to_nonoverlapping(block.at.add(new.word_at()), WORD_BYTES);
            }
            dealloc(self.at.as_ptr(), old.layout());
        }
        std::mem::forget(self);
        block
    }

    /// A copy under `key` that shares what does not stand in the block.
    pub(super) fn share(entry: Entry<'_>, key: &[u8]) -> Block {
        Block::new(
            key,
            entry.payload(),
            entry.content(),
            entry.deadline(),
            entry.clock(),
        )
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        match self.payload_mut() {
            PayloadMut::Inline(_) | PayloadMut::Int => {}
            // SAFETY: the block owns the value and is not used any more.
            PayloadMut::Flat(bytes) => unsafe { std::ptr::drop_in_place(bytes) },
            PayloadMut::Rope(_) => {
                let shape = self.entry().shape();
                // SAFETY: as above; the word owns the box.
                drop(unsafe { self.at.add(shape.word_at()).cast::<Box<Rope>>().read() });
            }
            PayloadMut::Object => {
                let shape = self.entry().shape();
                // SAFETY: as above.
                drop(unsafe { self.at.add(shape.word_at()).cast::<Box<Object>>().read() });
            }
        }
        // SAFETY: allocated with this layout.
        unsafe { dealloc(self.at.as_ptr(), self.entry().shape().layout()) };
    }
}

impl<'a> Keyed<'a> for Entry<'a> {
    #[inline]
    fn key(self) -> &'a [u8] {
        Entry::key(self)
    }
}

// SAFETY: the allocator gives addresses of user space; blocks are aligned to 8; an entry reads
// only what is not changed while it is borrowed, and atomics.
unsafe impl Node for Block {
    type Ref<'a> = Entry<'a>;
    type Mut<'a> = BlockMut<'a>;

    #[inline]
    fn into_raw(self) -> NonNull<u8> {
        std::mem::ManuallyDrop::new(self).at
    }

    #[inline]
    unsafe fn from_raw(raw: NonNull<u8>) -> Block {
        Block { at: raw }
    }

    #[inline]
    unsafe fn borrow<'a>(raw: NonNull<u8>) -> Entry<'a> {
        Entry {
            at: raw,
            block: PhantomData,
        }
    }

    #[inline]
    unsafe fn borrow_mut<'a>(raw: NonNull<u8>) -> BlockMut<'a> {
        BlockMut {
            at: raw,
            block: PhantomData,
        }
    }

    #[inline]
    fn by_ref(&self) -> Entry<'_> {
        self.entry()
    }

    #[inline]
    fn deadline(node: Entry<'_>) -> Option<i64> {
        node.deadline().map(|deadline| deadline.0)
    }

    #[inline]
    fn inner_due(node: Entry<'_>) -> Option<i64> {
        node.object()?.due().map(|due| due.0)
    }

    fn path_copy(node: Entry<'_>) -> Block {
        Block::share(node, node.key())
    }

    #[inline]
    fn is_heavy(node: Entry<'_>) -> bool {
        node.is_heavy()
    }

    fn held_bytes(node: Entry<'_>, below: bool) -> usize {
        match below {
            true => node.memory_estimate(),
            false => node.shape().layout().size(),
        }
    }

    fn digest(node: Entry<'_>) -> u64 {
        let mut hasher = SipHasher13::new();
        hasher.write_usize(node.key().len());
        hasher.write(node.key());
        hasher.write_i64(node.deadline().map_or(i64::MAX, |deadline| deadline.0));
        hasher.write_u8(node.flags());
        match (node.object(), node.flat_bytes()) {
            (Some(object), _) => object.digest(&mut hasher),
            (None, Some(bytes)) => hasher.write(bytes),
            (None, None) => hasher.write(&node.text().to_cow()),
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests;
