//! A typed cursor over a request's arguments; it refuses what is left over.

use super::error::CommandError;
use crate::resp::request::{Arg, Request};

/// A cursor that stands behind the command's name (and its subcommand's).
#[derive(Clone, Debug)]
pub struct Args<'a> {
    request: Request<'a>,
    next: usize,
    /// Arguments from here on are not the cursor's.
    end: usize,
}

impl<'a> Args<'a> {
    /// A cursor over `request` that stands at argument `next`.
    #[inline]
    pub fn new(request: Request<'a>, next: usize) -> Self {
        Args {
            request,
            next,
            end: request.len(),
        }
    }

    /// The whole request.
    #[inline]
    pub fn request(&self) -> Request<'a> {
        self.request
    }

    /// The index of the next argument within the request.
    pub fn position(&self) -> usize {
        self.next
    }

    /// Ends before the argument at `position` within the request.
    pub fn stop_before(&mut self, position: usize) {
        debug_assert!((self.next..=self.end).contains(&position));
        self.end = position;
    }

    /// Arguments left.
    #[inline]
    pub fn left(&self) -> usize {
        self.end - self.next
    }

    /// The next argument, whatever its size.
    #[inline]
    pub fn payload(&mut self) -> Result<Arg<'a>, CommandError> {
        if self.next >= self.end {
            return Err(CommandError::SYNTAX);
        }
        let arg = self.request.arg(self.next);
        self.next += 1;
        Ok(arg)
    }

    /// The next argument as one slice.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], CommandError> {
        Ok(self.payload()?.bytes())
    }

    /// The next argument, which is a key.
    #[inline]
    pub fn key(&mut self) -> Result<&'a [u8], CommandError> {
        self.bytes()
    }

    /// The next argument, left where it is.
    pub fn peek(&self) -> Option<&'a [u8]> {
        (self.next < self.end).then(|| self.request.bytes(self.next))
    }

    /// Takes the next argument if it is `word`, in any case.
    pub fn take_word(&mut self, word: &str) -> bool {
        let found = self
            .peek()
            .is_some_and(|arg| arg.eq_ignore_ascii_case(word.as_bytes()));
        self.next += usize::from(found);
        found
    }

    /// The next argument as a signed 64-bit integer in Redis's strict form: no blanks, no plus
    /// sign, no leading zeros.
    pub fn int(&mut self) -> Result<i64, CommandError> {
        parse_int(self.bytes()?).ok_or(CommandError::NOT_AN_INTEGER)
    }

    /// The next argument as an integer whose negative is one, too: not the least of all.
    pub fn symmetric_int(&mut self) -> Result<i64, CommandError> {
        match self.int()? {
            i64::MIN => Err(CommandError::NOT_64_BITS_EITHER_WAY),
            number => Ok(number),
        }
    }

    /// The next argument as a signed 32-bit integer.
    pub fn int32(&mut self) -> Result<i32, CommandError> {
        i32::try_from(self.int()?).map_err(|_| CommandError::NOT_32_BITS)
    }

    /// The next argument as the cursor of a scan: digits, within 64 bits.
    pub fn cursor(&mut self) -> Result<u64, CommandError> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| CommandError::INVALID_CURSOR)?;
        text.parse().map_err(|_| CommandError::INVALID_CURSOR)
    }

    /// The next argument as the COUNT of a scan: positive.
    pub fn scan_count(&mut self) -> Result<u64, CommandError> {
        match self.int()? {
            count @ 1.. => Ok(count.unsigned_abs()),
            _ => Err(CommandError::SYNTAX),
        }
    }

    /// Nothing is left, or the syntax is wrong.
    #[inline]
    pub fn end(&self) -> Result<(), CommandError> {
        if self.next == self.end {
            Ok(())
        } else {
            Err(CommandError::SYNTAX)
        }
    }
}

/// The integer that `text` is the canonical decimal form of.
pub fn parse_int(text: &[u8]) -> Option<i64> {
    crate::ds::number::parse_int(text)
}
