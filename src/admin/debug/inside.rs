//! DEBUG's subcommands on how things are kept: sizes, buffers, the allocator's controls.

use std::fmt::Write;
use std::io;

use super::super::AdminCall;
use crate::client::Client;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::config::file::plain;
use crate::ds::number::parse_int;
use crate::server::Server;
use crate::sys::allocator;
use crate::value::list::List;
use crate::value::{Object, Str, Value};

type Reply = Result<(), CommandError>;

/// What the structures behind clients and keys take, in bytes.
pub(super) fn structure_sizes(_: &mut Server, call: &mut AdminCall<'_>, _: &mut Args<'_>) -> Reply {
    let (client, object) = (size_of::<Client>(), size_of::<Object>());
    let bits = usize::BITS;
    call.reply
        .bulk(format!("bits:{bits} object:{object} client:{client}").as_bytes());
    Ok(())
}

/// Lengths and spare room of a key and the text it holds.
pub(super) fn text_lengths(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let mut view = super::data::view(server, call);
    let entry = view.peek(args.key()?).ok_or(CommandError::NO_SUCH_KEY)?;
    let (length, spare) = match entry.value() {
        Value::String(Str::Inline(text)) => (text.len(), 0),
        Value::String(Str::Flat(text)) => (text.len(), text.capacity() - text.len()),
        Value::String(Str::Rope(rope)) => (rope.len(), 0),
        _ => return Err(CommandError::NOT_A_TEXT),
    };
    // The key stands in the block of its entry, and so does a short text.
    call.reply.simple(&format!(
        "key_sds_len:{}, key_sds_avail:0, key_zmalloc: 0, val_sds_len:{length}, \
         val_sds_avail:{spare}, val_zmalloc: {}",
        entry.key().len(),
        entry.memory_bytes(),
    ));
    Ok(())
}

/// Writes the chunks of a large list to the log, one in a line.
pub(super) fn chunks(server: &mut Server, call: &mut AdminCall<'_>, args: &mut Args<'_>) -> Reply {
    let mut view = super::data::view(server, call);
    let entry = view.look(args.key()?).ok_or(CommandError::NO_SUCH_KEY)?;
    let Value::List(List::Big(list)) = entry.value() else {
        return Err(CommandError::NOT_CHUNKS);
    };
    let key = String::from_utf8_lossy(entry.key());
    log::info!("Quicklist of {key}: {} elements", list.len());
    for (index, (elements, bytes)) in list.chunk_sizes().enumerate() {
        log::info!("{index}: {elements} elements, {bytes} bytes");
    }
    call.reply.simple("Quicklist structure printed to the log");
    Ok(())
}

/// Clients by what they hold, in classes of powers of two, as Redis sorts them for
/// `maxmemory-clients`.
pub(super) fn clients_by_size(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _: &mut Args<'_>,
) -> Reply {
    /// The first class ends at 2 to the power of this, and the last one begins at that of the other.
    const BITS: (u32, u32) = (15, 32);
    if !server.counts_clients() {
        return Err(CommandError::CLIENTS_NOT_COUNTED);
    }
    let class = |bytes: usize| (usize::BITS - bytes.leading_zeros()).clamp(BITS.0, BITS.1 + 1);
    let mut text = String::new();
    for bits in BITS.0..=BITS.1 + 1 {
        let sizes = server
            .clients
            .iter()
            .map(|(_, client)| client.counted_bytes);
        let sizes: Vec<usize> = sizes.filter(|bytes| class(*bytes) == bits).collect();
        let from = if bits == BITS.0 {
            0
        } else {
            1u64 << (bits - 1)
        };
        let range = match bits {
            ..=32 => format!("{from:10} - {:10}", (1u64 << bits) - 1),
            _ => format!("{from:10}+            "),
        };
        let (sum, count) = (sizes.iter().sum::<usize>(), sizes.len());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "bucket {range}: tot-mem: {sum:10}, clients: {count}");
    }
    call.reply.verbatim(b"txt", text.as_bytes());
    Ok(())
}

/// Memory that is never freed, for tests of what finds that.
pub(super) fn leak(_: &mut Server, call: &mut AdminCall<'_>, args: &mut Args<'_>) -> Reply {
    std::mem::forget(args.bytes()?.to_vec());
    call.reply.ok();
    Ok(())
}

/// A control of the allocator that is a number: what it was, and what it is to be.
pub(super) fn allocator_number(
    _: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let name = args.bytes()?;
    let value = match args.left() {
        0 => None,
        _ => Some(parse_int(args.bytes()?).unwrap_or(0)),
    };
    match allocator::exchange(name, value).map_err(|error| no_such_control(&error))? {
        Some(before) => call.reply.int(before),
        None => call.reply.ok(),
    }
    Ok(())
}

/// A control of the allocator that is a text; VOID: one that neither takes nor gives anything.
pub(super) fn allocator_text(
    _: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Reply {
    let name = args.bytes()?;
    if args.take_word("void") {
        allocator::trigger(name).map_err(|error| no_such_control(&error))?;
        call.reply.ok();
        return Ok(());
    }
    let text = allocator::text(name).map_err(|error| no_such_control(&error))?;
    call.reply.bulk(text.as_bytes());
    Ok(())
}

fn no_such_control(error: &io::Error) -> CommandError {
    CommandError::allocator_refuses(&plain(error))
}
