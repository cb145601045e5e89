//! Sparse registers: runs of the same rank, a byte or two each.
//!
//! | bits | means |
//! |---|---|
//! | `00nnnnnn` | n + 1 registers at 0 (up to 64) |
//! | `01nnnnnn nnnnnnnn` | n + 1 registers at 0 (up to 16384), the high bits first |
//! | `1rrrrrnn` | n + 1 registers (up to 4) at rank r + 1 (up to 32) |
//!
//! Raising a register splits its run into up to three, then joins equal neighbours around it. The
//! bytes depend on the order in which registers were raised, so what is split and what is joined
//! follows Redis exactly.

use super::{Fault, Histogram, REGISTERS, Registers};

/// The highest rank a run can have; a higher one needs dense registers.
pub(super) const RANK_MAX: u8 = 32;

/// The longest run of a rank above 0.
const VALUE_RUN_MAX: usize = 4;

/// The longest run of zeros in one byte.
const SHORT_RUN_MAX: usize = 64;

/// How many runs are looked at, from the one before the change on, to join equal neighbours.
const JOIN_STEPS: usize = 5;

/// How a run is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Zeros,
    LongZeros,
    Value,
}

/// A run of registers of one rank.
#[derive(Clone, Copy, Debug)]
struct Run {
    code: Code,
    rank: u8,
    len: usize,
}

impl Run {
    /// The run written at `at`, if it is there in full.
    #[inline]
    fn read(body: &[u8], at: usize) -> Option<Run> {
        let first = *body.get(at)?;
        let run = |code, rank, len: u8| Run {
            code,
            rank,
            len: usize::from(len) + 1,
        };
        Some(match first >> 6 {
            0 => run(Code::Zeros, 0, first & 0x3f),
            1 => Run {
                code: Code::LongZeros,
                rank: 0,
                len: usize::from(u16::from_be_bytes([first & 0x3f, *body.get(at + 1)?])) + 1,
            },
            _ => run(Code::Value, (first >> 2 & 0x1f) + 1, first & 0x03),
        })
    }

    fn bytes(self) -> usize {
        match self.code {
            Code::Zeros | Code::Value => 1,
            Code::LongZeros => 2,
        }
    }

    /// A run of `len` registers at `rank`, written the short way if it can be.
    fn new(rank: u8, len: usize) -> Run {
        let code = match rank {
            0 if len <= SHORT_RUN_MAX => Code::Zeros,
            0 => Code::LongZeros,
            _ => Code::Value,
        };
        Run { code, rank, len }
    }

    fn write(self, to: &mut Vec<u8>) {
        debug_assert!(self.len > 0 && self.len <= REGISTERS);
        let count = (self.len - 1) as u16;
        match self.code {
            Code::Zeros => to.push(count as u8),
            Code::LongZeros => to.extend_from_slice(&(count | 0x4000).to_be_bytes()),
            Code::Value => to.push(0x80 | (self.rank - 1) << 2 | count as u8),
        }
    }
}

/// The runs of `body`; the last is an error if they are not [`REGISTERS`] registers.
fn runs(body: &[u8]) -> impl Iterator<Item = Result<Run, Fault>> {
    let (mut at, mut covered, mut done) = (0, 0, false);
    std::iter::from_fn(move || {
        if done || (at == body.len() && covered == REGISTERS) {
            return None;
        }
        let run = Run::read(body, at).filter(|run| covered + run.len <= REGISTERS);
        let Some(run) = run else {
            done = true;
            return Some(Err(Fault::Corrupt));
        };
        at += run.bytes();
        covered += run.len;
        Some(Ok(run))
    })
}

/// How many registers have each rank.
pub(super) fn histogram(body: &[u8]) -> Result<Histogram, Fault> {
    let mut histogram = Histogram::new();
    for run in runs(body) {
        let run = run?;
        histogram.add(run.rank, run.len as u32);
    }
    Ok(histogram)
}

/// Raises `registers` to those in `body`; some of them also where it turns out to be corrupt.
pub(super) fn merge_into(body: &[u8], registers: &mut Registers) -> Result<(), Fault> {
    let mut rest = &mut registers[..];
    for run in runs(body) {
        let run = run?;
        let (these, behind) = rest.split_at_mut(run.len);
        if run.rank > 0 {
            for register in these {
                *register = (*register).max(run.rank);
            }
        }
        rest = behind;
    }
    Ok(())
}

/// The runs in words, as PFDEBUG DECODE writes them, however many registers they are.
pub(super) fn text(body: &[u8]) -> String {
    let mut at = 0;
    let words = std::iter::from_fn(|| {
        let run = Run::read(body, at)?;
        at += run.bytes();
        Some(match run.code {
            Code::Zeros => format!("z:{}", run.len),
            Code::LongZeros => format!("Z:{}", run.len),
            Code::Value => format!("v:{},{}", run.rank, run.len),
        })
    });
    words.collect::<Vec<_>>().join(" ")
}

/// One run, of no register that has been raised.
pub(super) fn empty(to: &mut Vec<u8>) {
    Run::new(0, REGISTERS).write(to);
}

/// A place among the runs: where one is written, and its first register.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    at: usize,
    first: usize,
}

/// What became of a register that was to be raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is as high already.
    Kept,
    Raised,
    /// The runs would take more bytes than they may, or cannot express the rank.
    NoRoom,
}

/// Raises registers one after the other, from the lowest on faster than in any other order.
#[derive(Clone, Debug, Default)]
pub(super) struct Raiser {
    /// A run before the last one that was looked for: the search for a later register may begin there.
    hint: Place,
}

impl Raiser {
    /// Raises `register` to `rank` in the runs of `hll` behind `header` bytes, which may take
    /// `bytes_max` bytes together if they have to grow.
    pub(super) fn raise(
        &mut self,
        hll: &mut Vec<u8>,
        header: usize,
        (register, rank): (usize, u8),
        bytes_max: usize,
    ) -> Result<Outcome, Fault> {
        if rank > RANK_MAX {
            return Ok(Outcome::NoRoom);
        }
        let (before, place, run) = self.find(&hll[header..], register)?;
        // What stands before `before` does not change here.
        self.hint = before.unwrap_or_default();
        if run.rank >= rank {
            return Ok(Outcome::Kept);
        }
        let mut new = Vec::with_capacity(5);
        replacement(place.first, run, register, rank, &mut new);
        let grown = (hll.len() + new.len()).saturating_sub(run.bytes());
        if new.len() > run.bytes() && grown > bytes_max {
            return Ok(Outcome::NoRoom);
        }
        let at = header + place.at;
        hll.splice(at..at + run.bytes(), new);
        join(hll, header + before.map_or(0, |before| before.at));
        Ok(Outcome::Raised)
    }

    /// The run that `register` lies in, and where the one before it is.
    fn find(&self, body: &[u8], register: usize) -> Result<(Option<Place>, Place, Run), Fault> {
        let found = if self.hint.first < register {
            find_from(body, self.hint, register)?
        } else {
            find_from(body, Place::default(), register)?
        };
        // From the hint itself nothing is known of the run before it.
        match found {
            (None, place, _) if place.at > 0 => find_from(body, Place::default(), register),
            found => Ok(found),
        }
    }
}

fn find_from(
    body: &[u8],
    mut place: Place,
    register: usize,
) -> Result<(Option<Place>, Place, Run), Fault> {
    let mut before = None;
    loop {
        let run = Run::read(body, place.at).ok_or(Fault::Corrupt)?;
        if register < place.first + run.len {
            return Ok((before, place, run));
        }
        before = Some(place);
        place.at += run.bytes();
        place.first += run.len;
    }
}

/// What stands for `run`, which begins with register `first`, once `register` has `rank`.
fn replacement(first: usize, run: Run, register: usize, rank: u8, to: &mut Vec<u8>) {
    let lower = register - first;
    let upper = run.len - lower - 1;
    if lower > 0 {
        Run::new(run.rank, lower).write(to);
    }
    Run::new(rank, 1).write(to);
    if upper > 0 {
        Run::new(run.rank, upper).write(to);
    }
}

/// Joins runs of one rank that are neighbours, among the first few from `at` on. Zeros are not
/// joined.
fn join(hll: &mut Vec<u8>, mut at: usize) {
    for _ in 0..JOIN_STEPS {
        let Some(run) = Run::read(hll, at) else {
            return;
        };
        let next = Run::read(hll, at + run.bytes());
        let joined = next.filter(|next| {
            (run.code, run.rank) == (Code::Value, next.rank) && run.len + next.len <= VALUE_RUN_MAX
        });
        let Some(next) = joined else {
            at += run.bytes();
            continue;
        };
        let mut bytes = Vec::with_capacity(1);
        Run::new(run.rank, run.len + next.len).write(&mut bytes);
        hll.splice(at..at + 2, bytes);
    }
}
