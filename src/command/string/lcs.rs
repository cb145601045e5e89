//! LCS: the longest common subsequence of two strings, by dynamic programming.
//!
//! `L[i][j]` is the length of the longest common subsequence of the first `i` bytes of one string
//! and the first `j` of the other. Redis keeps that whole table of 32-bit numbers and refuses
//! strings for which it would exceed `proto-max-bulk-len`; we refuse the same strings, but keep
//! one row of it and, per cell, the one bit the way back asks for: whether to step up or left where
//! the bytes differ. That is a thirty-second of the memory, and so the caches hold it longer.
//!
//! Where several subsequences are equally long, the way back decides which one is found. It steps
//! up only if that is strictly better, as Redis does, so both find the same.

use std::borrow::Cow;

use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::error::CommandError;
use crate::value::string::{Held, Text};

/// LCS key1 key2 [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN]
pub(in crate::command) fn lcs(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let (left_key, right_key) = (args.key()?, args.key()?);
    let left = held(call, left_key)?;
    let right = held(call, right_key)?;
    let options = Options::parse(args)?;
    let (left, right) = (left.text(), right.text());
    check_size(left.len(), right.len(), call.limits.string_bytes_max)?;
    let (left, right) = (flat(left), flat(right));
    if options.len_only {
        let len = Table::new(&left, &right, Keep::Length).len;
        call.reply.count(len);
        return Ok(());
    }
    let table = Table::new(&left, &right, Keep::Way);
    if options.matches {
        reply_matches(call, &table, &options);
    } else {
        call.reply.bulk(&table.subsequence());
    }
    Ok(())
}

fn held(call: &mut Call<'_>, key: &[u8]) -> Result<Held, CommandError> {
    if let Some(entry) = call.db.read(key) {
        let string = entry.value().string();
        return Ok(string.map_err(|_| CommandError::LCS_NOT_STRINGS)?.hold());
    }
    call.missed(key);
    Ok(Held::Small(Vec::new()))
}

fn flat(text: Text<'_>) -> Cow<'_, [u8]> {
    match text {
        Text::Slice(bytes) => Cow::Borrowed(bytes),
        Text::Rope(rope) => Cow::Owned(rope.to_vec()),
    }
}

/// Refuses strings for which Redis's table would be larger than the longest string may be.
fn check_size(left: usize, right: usize, bytes_max: usize) -> Result<(), CommandError> {
    const LEN_MAX: usize = u32::MAX as usize - 2;
    const CELL_BYTES: usize = size_of::<u32>();
    if left > LEN_MAX || right > LEN_MAX {
        return Err(CommandError::LCS_TOO_LONG);
    }
    let cells = (left + 1).checked_mul(right + 1);
    match cells.and_then(|cells| cells.checked_mul(CELL_BYTES)) {
        Some(bytes) if bytes <= bytes_max => Ok(()),
        _ => Err(CommandError::LCS_TOO_MUCH),
    }
}

#[derive(Debug, Default)]
struct Options {
    len_only: bool,
    /// IDX
    matches: bool,
    match_len: bool,
    match_len_min: i64,
}

impl Options {
    fn parse(args: &mut Args<'_>) -> Result<Options, CommandError> {
        let mut options = Options::default();
        while args.left() > 0 {
            if args.take_word("idx") {
                options.matches = true;
            } else if args.take_word("len") {
                options.len_only = true;
            } else if args.take_word("withmatchlen") {
                options.match_len = true;
            } else if args.left() > 1 && args.take_word("minmatchlen") {
                options.match_len_min = args.int()?;
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        if options.matches && options.len_only {
            return Err(CommandError::LCS_LEN_AND_IDX);
        }
        Ok(options)
    }
}

fn reply_matches(call: &mut Call<'_>, table: &Table<'_>, options: &Options) {
    call.reply.map(2);
    call.reply.bulk(b"matches");
    let matches = call.reply.deferred();
    let mut count = 0;
    table.walk(|run| {
        if i64::try_from(run.len).unwrap_or(i64::MAX) < options.match_len_min {
            return;
        }
        count += 1;
        call.reply.array(2 + usize::from(options.match_len));
        for start in [run.left, run.right] {
            call.reply.array(2);
            call.reply.count(start);
            call.reply.count(start + run.len - 1);
        }
        if options.match_len {
            call.reply.count(run.len);
        }
    });
    call.reply.close_array(matches, count);
    call.reply.bulk(b"len");
    call.reply.count(table.len);
}

/// Bytes the two strings share in a row: where they begin in each, and how many.
#[derive(Clone, Copy, Debug)]
struct Run {
    left: usize,
    right: usize,
    len: usize,
}

/// What a table is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Length,
    Way,
}

struct Table<'a> {
    left: &'a [u8],
    right: &'a [u8],
    /// The length of the longest common subsequence.
    len: usize,
    /// One bit per cell: going up is better than going left.
    ups: Vec<u64>,
    /// Words of `ups` per byte of `left`.
    row_words: usize,
}

impl<'a> Table<'a> {
    fn new(left: &'a [u8], right: &'a [u8], keep: Keep) -> Table<'a> {
        let row_words = match keep {
            Keep::Length => 0,
            Keep::Way => right.len().div_ceil(64),
        };
        let mut ups = Vec::with_capacity(left.len() * row_words);
        let mut row = vec![0u32; right.len()];
        for &byte in left {
            let (mut before, mut above_before) = (0, 0);
            for (cells, bytes) in row.chunks_mut(64).zip(right.chunks(64)) {
                let mut word = 0;
                for (bit, (cell, &other)) in cells.iter_mut().zip(bytes).enumerate() {
                    let above = *cell;
                    let up = above > before;
                    word |= u64::from(up) << bit;
                    before = if byte == other {
                        above_before + 1
                    } else {
                        above.max(before)
                    };
                    above_before = above;
                    *cell = before;
                }
                if keep == Keep::Way {
                    ups.push(word);
                }
            }
        }
        Table {
            left,
            right,
            len: row.last().map_or(0, |&len| len as usize),
            ups,
            row_words,
        }
    }

    /// Calls `each` with every run of the subsequence, the last one first.
    fn walk(&self, mut each: impl FnMut(Run)) {
        let (mut i, mut j) = (self.left.len(), self.right.len());
        while i > 0 && j > 0 {
            let shared = |i: usize, j: usize| self.left[i - 1] == self.right[j - 1];
            let mut len = 0;
            while i > 0 && j > 0 && shared(i, j) {
                (i, j, len) = (i - 1, j - 1, len + 1);
            }
            if len > 0 {
                let (left, right) = (i, j);
                each(Run { left, right, len });
            } else if self.ups[(i - 1) * self.row_words + (j - 1) / 64] >> ((j - 1) % 64) & 1 == 1 {
                i -= 1;
            } else {
                j -= 1;
            }
        }
    }

    fn subsequence(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len];
        let mut to = self.len;
        self.walk(|run| {
            let from = to - run.len;
            bytes[from..to].copy_from_slice(&self.left[run.left..run.left + run.len]);
            to = from;
        });
        debug_assert_eq!(to, 0);
        bytes
    }
}
