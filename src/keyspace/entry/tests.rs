//! Entries against a naive twin: every form of deadline, key and value, and every change from one
//! to another.

use super::super::shape::INLINE_BYTES_MAX;
use super::*;

const SHORT_MS_MAX: i64 = (1 << 44) - 1;

const DEADLINES: [Option<UnixMs>; 10] = [
    None,
    Some(UnixMs(0)),
    Some(UnixMs(1_800_000_000_123)),
    Some(UnixMs(u32::MAX as i64)),
    Some(UnixMs(u32::MAX as i64 + 1)),
    Some(UnixMs(SHORT_MS_MAX)),
    Some(UnixMs(SHORT_MS_MAX + 1)),
    Some(UnixMs(i64::MAX)),
    Some(UnixMs(-1)),
    Some(UnixMs(i64::MIN)),
];

const KEY_LENGTHS: [usize; 8] = [0, 1, 16, 255, 256, 257, 65_535, 65_536];

#[derive(Clone, Debug, PartialEq)]
enum TwinValue {
    Bytes(Vec<u8>),
    Int(i64),
    Rope(Vec<u8>),
}

/// What an entry should say.
#[derive(Clone, Debug)]
struct Twin {
    key: Vec<u8>,
    value: TwinValue,
    raw: bool,
    deadline: Option<UnixMs>,
    clock: u32,
}

impl Twin {
    fn is_inline(&self) -> bool {
        matches!(&self.value, TwinValue::Bytes(bytes) if bytes.len() <= INLINE_BYTES_MAX)
    }

    fn with_payload<R>(&self, then: impl FnOnce(Payload<'_>) -> R) -> R {
        match &self.value {
            TwinValue::Bytes(bytes) if bytes.len() <= INLINE_BYTES_MAX => {
                then(Payload::Inline(bytes))
            }
            TwinValue::Bytes(bytes) => then(Payload::Flat(Arc::new(bytes.clone()))),
            TwinValue::Int(value) => then(Payload::Int(*value)),
            TwinValue::Rope(bytes) => {
                let mut rope = Rope::new();
                rope.append(bytes);
                then(Payload::Rope(Box::new(rope)))
            }
        }
    }

    fn block(&self) -> Block {
        self.with_payload(|payload| {
            Block::new(
                &self.key,
                payload,
                Content::text(self.raw),
                self.deadline,
                self.clock,
            )
        })
    }

    /// The bytes its block needs.
    fn needed_bytes(&self) -> usize {
        let may_be_short = self.is_inline() && self.key.len() < 256;
        let deadline = match self.deadline {
            None => 0,
            Some(UnixMs(0..=SHORT_MS_MAX)) if may_be_short => 4,
            Some(_) => 8,
        };
        let long_key = if self.key.len() >= 65_536 { 8 } else { 0 };
        let value = match &self.value {
            TwinValue::Bytes(bytes) if self.is_inline() => bytes.len(),
            _ => 8,
        };
        8 + deadline + long_key + self.key.len() + value
    }

    #[track_caller]
    fn check(&self, block: &Block) {
        let entry = block.entry();
        assert!(entry.key() == self.key);
        assert_eq!(entry.deadline(), self.deadline);
        assert_eq!((entry.is_raw(), entry.clock()), (self.raw, self.clock));
        let Value::String(text) = entry.value() else {
            panic!("a string")
        };
        let same = match (&self.value, text) {
            (TwinValue::Int(value), Str::Int(found)) => *value == found,
            (TwinValue::Bytes(bytes), Str::Inline(found)) => self.is_inline() && bytes == found,
            (TwinValue::Bytes(bytes), Str::Flat(found)) => !self.is_inline() && bytes == &**found,
            (TwinValue::Rope(bytes), Str::Rope(_)) => *bytes == *text.to_cow(),
            _ => false,
        };
        assert!(same, "{} {:?}", self.key.len(), self.deadline);
        let shape = entry.shape();
        assert_eq!(shape.end(), self.needed_bytes());
        assert_eq!(shape.layout().size(), size_class(self.needed_bytes()));
        // Equal entries have equal flags, however they came to be.
        assert_eq!(entry.flags(), self.block().entry().flags());
        assert!(cfg!(miri) || Block::digest(entry) == Block::digest(self.block().entry()));
    }
}

/// Bytes that tell where they begin and end; quick to make, also under Miri.
fn pattern(len: usize, seed: u8) -> Vec<u8> {
    let mut bytes = vec![seed; len];
    for (index, byte) in bytes.iter_mut().take(32).enumerate() {
        *byte = byte.wrapping_add(index as u8);
    }
    for (index, byte) in bytes.iter_mut().rev().take(32).enumerate() {
        *byte = byte.wrapping_sub(index as u8);
    }
    bytes
}

fn values() -> Vec<TwinValue> {
    let max = INLINE_BYTES_MAX;
    // The last but one fills the class of 128 behind a key of 16 bytes and a short deadline.
    let lengths = [0, 1, 8, 16, max - 1, max, max + 1, 100, 101];
    let strings = lengths.map(|len| TwinValue::Bytes(pattern(len, len as u8)));
    let others = [
        TwinValue::Int(0),
        TwinValue::Int(i64::MIN),
        TwinValue::Rope(pattern(7000, 1)),
    ];
    strings.into_iter().chain(others).collect()
}

/// Calls `with` for entries of all forms; of the longest keys, and under Miri, for a sample.
fn for_each_twin(mut with: impl FnMut(Twin)) {
    let mut random = fastrand::Rng::with_seed(5);
    let values = values();
    for key_len in KEY_LENGTHS {
        for value in &values {
            for deadline in DEADLINES {
                let long = if key_len > 257 { 8 } else { 1 };
                let slow = if cfg!(miri) { 16 } else { 1 };
                if random.u32(..long * slow) > 0 {
                    continue;
                }
                with(Twin {
                    key: pattern(key_len, 3),
                    value: value.clone(),
                    raw: random.bool(),
                    deadline,
                    clock: random.u32(..=CLOCK),
                });
            }
        }
    }
}

#[test]
fn an_entry_says_what_it_was_told() {
    assert_eq!(INLINE_BYTES_MAX, 4095);
    for_each_twin(|twin| {
        let block = twin.block();
        twin.check(&block);
        twin.check(&Block::share(block.entry(), &twin.key));
    });
}

#[test]
fn the_case_that_short_deadlines_are_for() {
    let mut twin = Twin {
        key: pattern(16, 0),
        value: TwinValue::Bytes(pattern(100, 0)),
        raw: false,
        deadline: Some(UnixMs(1_800_000_000_123)),
        clock: 1,
    };
    assert_eq!(twin.block().entry().memory_bytes(), 128);
    twin.deadline = Some(UnixMs(-1));
    assert_eq!(twin.block().entry().memory_bytes(), 160);
}

#[test]
fn any_deadline_follows_any_other() {
    for_each_twin(|old| {
        for deadline in DEADLINES {
            let new = Twin {
                deadline,
                ..old.clone()
            };
            let block = old.block();
            let at = block.at;
            let block = block.with_deadline(deadline);
            new.check(&block);
            let stays = size_class(old.needed_bytes()) == size_class(new.needed_bytes());
            assert!(!stays || block.at == at, "in place where the class allows");
        }
    });
}

#[test]
fn any_value_follows_any_other() {
    let mut random = fastrand::Rng::with_seed(6);
    let values = values();
    for_each_twin(|old| {
        for value in &values {
            let new = Twin {
                value: value.clone(),
                raw: random.bool(),
                deadline: *random.choice(&DEADLINES).expect("there are some"),
                ..old.clone()
            };
            let block = old.block();
            let at = block.at;
            let content = Content::text(new.raw);
            let change = |payload: Payload<'_>| block.with_payload(payload, content, new.deadline);
            let block = new.with_payload(change);
            new.check(&block);
            let in_block =
                |twin: &Twin| twin.is_inline() || matches!(twin.value, TwinValue::Int(_));
            let stays = in_block(&old)
                && in_block(&new)
                && size_class(old.needed_bytes()) == size_class(new.needed_bytes());
            assert!(!stays || block.at == at, "in place where the class allows");
        }
    });
}

#[test]
fn any_key_and_length_follows_any_other() {
    for_each_twin(|old| {
        for key_len in KEY_LENGTHS {
            let new = Twin {
                key: pattern(key_len, 9),
                ..old.clone()
            };
            new.check(&old.block().with_key(&new.key));
        }
        let TwinValue::Bytes(bytes) = &old.value else {
            return;
        };
        for len in [0, 15, 99, 100, 101, INLINE_BYTES_MAX] {
            if old.is_inline() {
                let mut bytes = bytes.clone();
                bytes.resize(len, 0);
                let new = Twin {
                    value: TwinValue::Bytes(bytes),
                    ..old.clone()
                };
                new.check(&old.block().resized(len));
            }
        }
    });
}

#[test]
fn inline_bytes_are_spliced_like_a_vector() {
    let mut random = fastrand::Rng::with_seed(7);
    for_each_twin(|old| {
        let TwinValue::Bytes(bytes) = &old.value else {
            return;
        };
        if !old.is_inline() {
            return;
        }
        let start = random.usize(..=bytes.len());
        let end = random.usize(start..=bytes.len());
        let room = INLINE_BYTES_MAX - (bytes.len() - (end - start));
        for len in [0, 1, end - start, 15, 120].map(|len| len.min(room)) {
            let with = pattern(len, 77);
            let mut bytes = bytes.clone();
            bytes.splice(start..end, with.iter().copied());
            let new = Twin {
                value: TwinValue::Bytes(bytes),
                ..old.clone()
            };
            new.check(&old.block().spliced(start..end, &with));
        }
    });
}
