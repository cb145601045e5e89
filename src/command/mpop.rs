//! What LMPOP and ZMPOP have in common, and their waiting forms: several keys, an end, a count.

use super::args::Args;
use super::call::Call;
use super::error::CommandError;
use super::wait::Wait;
use crate::value::Kind;

/// What they say: `numkeys key [key …] end [COUNT count]`.
pub(super) struct Pop<'a, E> {
    pub(super) keys: Vec<&'a [u8]>,
    pub(super) end: E,
    /// How many elements, at most.
    pub(super) count: usize,
}

/// A type that can be popped from either end.
pub(super) trait Popped {
    /// Which of its ends.
    type End;

    const KIND: Kind;

    /// The end that the next argument names.
    fn end(args: &mut Args<'_>) -> Result<Self::End, CommandError>;

    /// Pops from the first value there is, and replies; whether there is one.
    fn pop_first(call: &mut Call<'_>, pop: &Pop<'_, Self::End>) -> Result<bool, CommandError>;
}

impl<'a, E> Pop<'a, E> {
    fn parse(
        args: &mut Args<'a>,
        end: impl FnOnce(&mut Args<'_>) -> Result<E, CommandError>,
    ) -> Result<Pop<'a, E>, CommandError> {
        let key_count = positive(args, CommandError::NUMKEYS_NOT_POSITIVE)?;
        if key_count >= args.left() {
            return Err(CommandError::SYNTAX);
        }
        let keys = (0..key_count)
            .map(|_| args.key())
            .collect::<Result<_, _>>()?;
        let end = end(args)?;
        let mut count = 1;
        if args.left() > 1 && args.take_word("COUNT") {
            count = positive(args, CommandError::COUNT_NOT_POSITIVE)?;
        }
        args.end()?;
        Ok(Pop { keys, end, count })
    }
}

fn positive(args: &mut Args<'_>, otherwise: CommandError) -> Result<usize, CommandError> {
    match args.int().map(usize::try_from) {
        Ok(Ok(number @ 1..)) => Ok(number),
        _ => Err(otherwise),
    }
}

/// The command that does not wait.
pub(super) fn pop<T: Popped>(call: &mut Call<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let pop = Pop::parse(args, T::end)?;
    if !T::pop_first(call, &pop)? {
        call.reply.null_array();
    }
    Ok(())
}

/// The one that does: its timeout comes first, and is read last.
pub(super) fn pop_or_wait<T: Popped>(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let mut timeout = args.clone();
    args.payload()?;
    let pop = Pop::parse(args, T::end)?;
    let timeout = timeout.timeout(call.db.now())?;
    if !T::pop_first(call, &pop)? {
        call.wait(Wait::new(T::KIND, timeout, pop.keys));
    }
    Ok(())
}
