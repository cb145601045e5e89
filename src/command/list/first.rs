//! Popping from the first of several lists that has something.

use super::{End, end, pop_command, pop_from};
use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::error::CommandError;
use crate::command::mpop::{self, Pop, Popped};
use crate::command::wait::Wait;
use crate::value::Kind;

/// BLPOP key [key …] timeout
pub(in crate::command) fn blpop(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    pop_or_wait(call, args, End::Head)
}

/// BRPOP key [key …] timeout
pub(in crate::command) fn brpop(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    pop_or_wait(call, args, End::Tail)
}

fn pop_or_wait(call: &mut Call<'_>, args: &mut Args<'_>, end: End) -> Result<(), CommandError> {
    let mut keys = args.clone();
    while args.left() > 1 {
        args.key()?;
    }
    let timeout = args.timeout(call.db.now())?;
    let waited = keys.clone();
    while keys.left() > 1 {
        let key = keys.key()?;
        if !is_list(call, key)? {
            continue;
        }
        call.reply.array(2);
        call.reply.bulk(key);
        pop_from(call, key, end, None)?;
        call.effects.propagate([pop_command(end).as_bytes(), key]);
        return Ok(());
    }
    call.wait(Wait::new(Kind::List, timeout, key_list(waited, 1)));
    Ok(())
}

/// The arguments left but the last `others`, which are keys.
fn key_list<'a>(args: Args<'a>, others: usize) -> impl Iterator<Item = &'a [u8]> {
    let request = args.request();
    (args.position()..request.len() - others).map(move |index| request.bytes(index))
}

fn is_list(call: &mut Call<'_>, key: &[u8]) -> Result<bool, CommandError> {
    let Some(entry) = call.db.peek(key) else {
        return Ok(false);
    };
    entry.value().list()?;
    Ok(true)
}

/// LMPOP numkeys key [key …] LEFT|RIGHT [COUNT count]
pub(in crate::command) fn lmpop(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    mpop::pop::<Lists>(call, args)
}

/// BLMPOP timeout numkeys key [key …] LEFT|RIGHT [COUNT count]
pub(in crate::command) fn blmpop(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    mpop::pop_or_wait::<Lists>(call, args)
}

struct Lists;

impl Popped for Lists {
    type End = End;

    const KIND: Kind = Kind::List;

    fn end(args: &mut Args<'_>) -> Result<End, CommandError> {
        end(args)
    }

    fn pop_first(call: &mut Call<'_>, pop: &Pop<'_, End>) -> Result<bool, CommandError> {
        for &key in &pop.keys {
            let Some(entry) = call.db.peek(key) else {
                continue;
            };
            let count = pop.count.min(entry.value().list()?.len());
            call.reply.array(2);
            call.reply.bulk(key);
            pop_from(call, key, pop.end, Some(count))?;
            let mut digits = itoa::Buffer::new();
            let count = digits.format(count).as_bytes();
            let words = [pop_command(pop.end).as_bytes(), key, count];
            call.effects.propagate(words);
            return Ok(true);
        }
        Ok(false)
    }
}
