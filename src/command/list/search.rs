//! LPOS: where elements equal to a text stand.

use std::ops::ControlFlow;

use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::error::CommandError;
use crate::ds::listpack::Needle;
use crate::value::list::{Element, List};

/// What is looked for, and how far.
struct Search {
    /// The first match that counts, from 1 on.
    rank: usize,
    /// Whether the search goes from the tail to the head.
    is_backward: bool,
    /// How many matches to tell; without one a single one is told, not in an array.
    count: Option<usize>,
    /// How many elements to look at.
    looked_max: usize,
}

impl Search {
    fn parse(args: &mut Args<'_>) -> Result<Search, CommandError> {
        let mut search = Search {
            rank: 1,
            is_backward: false,
            count: None,
            looked_max: usize::MAX,
        };
        while args.left() > 0 {
            if args.left() > 1 && args.take_word("RANK") {
                let rank = args.symmetric_int()?;
                search.is_backward = rank < 0;
                search.rank = match usize::try_from(rank.unsigned_abs()) {
                    Ok(0) => return Err(CommandError::RANK_ZERO),
                    Ok(rank) => rank,
                    Err(_) => usize::MAX,
                };
            } else if args.left() > 1 && args.take_word("COUNT") {
                search.count = Some(all_if_zero(args, CommandError::COUNT_NEGATIVE)?);
            } else if args.left() > 1 && args.take_word("MAXLEN") {
                search.looked_max = all_if_zero(args, CommandError::MAXLEN_NEGATIVE)?;
            } else {
                return Err(CommandError::SYNTAX);
            }
        }
        Ok(search)
    }
}

/// The next argument as a maximum, of which 0 says that there is none.
fn all_if_zero(args: &mut Args<'_>, otherwise: CommandError) -> Result<usize, CommandError> {
    match args.int().map(usize::try_from) {
        Ok(Ok(0)) => Ok(usize::MAX),
        Ok(Ok(most)) => Ok(most),
        _ => Err(otherwise),
    }
}

/// LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]
pub(in crate::command) fn lpos(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let needle = Needle::new(args.bytes()?);
    let search = Search::parse(args)?;
    let Some(entry) = call.db.read(key) else {
        match search.count {
            Some(_) => call.reply.array(0),
            None => call.reply.null(),
        }
        call.missed(key);
        return Ok(());
    };
    let list = entry.value().list()?;
    let Some(count) = search.count else {
        let mut found = None;
        each_match(list, needle, &search, |position| {
            found = Some(position);
            ControlFlow::Break(())
        });
        match found {
            Some(position) => call.reply.count(position),
            None => call.reply.null(),
        }
        return Ok(());
    };
    let reply = &mut *call.reply;
    let array = reply.deferred();
    let mut told = 0;
    each_match(list, needle, &search, |position| {
        reply.count(position);
        told += 1;
        match told == count {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    reply.close_array(array, told);
    Ok(())
}

/// Calls `tell` for the position of each match that counts.
fn each_match(
    list: List<'_>,
    needle: Needle<'_>,
    search: &Search,
    mut tell: impl FnMut(usize) -> ControlFlow<()>,
) {
    let len = list.len();
    let looked = len.min(search.looked_max);
    let mut matches = 0;
    let mut look = |position: usize, element: Element<'_>| {
        if !element.is(needle) {
            return ControlFlow::Continue(());
        }
        matches += 1;
        match matches >= search.rank {
            true => tell(position),
            false => ControlFlow::Continue(()),
        }
    };
    // Whether it was told to stop makes no difference.
    let _ = if search.is_backward {
        let spans = list.spans_back(len - looked..len);
        let mut positions = (0..len).rev();
        spans
            .flat_map(Iterator::rev)
            .zip(&mut positions)
            .try_for_each(|(element, position)| look(position, element))
    } else {
        let spans = list.spans(0..looked);
        spans
            .flatten()
            .zip(0..len)
            .try_for_each(|(element, position)| look(position, element))
    };
}
