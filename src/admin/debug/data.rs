//! DEBUG's subcommands on the data: fingerprints, how values are kept, keys by the thousand.

use std::fmt::Write;

use super::super::{AdminCall, database_count};
use crate::command::args::Args;
use crate::command::digest::Digest;
use crate::command::error::CommandError;
use crate::config::value::bytes_of;
use crate::ds::listpack::Listpack;
use crate::keyspace::{Deadline, View};
use crate::rdb::encode;
use crate::rdb::output::Output;
use crate::server::Server;
use crate::value::hash::Hash;
use crate::value::list::List;
use crate::value::set::Set;
use crate::value::string::NewStr;
use crate::value::zset::Zset;
use crate::value::{LIST_ALONE_BYTES, Value};

pub(super) fn view<'a>(server: &'a mut Server, call: &AdminCall<'_>) -> View<'a> {
    let db = server.clients[call.client].db;
    let view = server.keyspace.view(db, server.now.ms());
    match server.loading {
        None => view,
        Some(_) => view.keeping_due(),
    }
}

pub(super) fn digest(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    _args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let digest = Digest::of_data_set(&mut view(server, call));
    call.reply.simple(&digest.hex());
    Ok(())
}

pub(super) fn digest_value(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    call.reply.array(args.left());
    let mut view = view(server, call);
    while args.left() > 0 {
        let digest = Digest::of_value(view.peek(args.key()?));
        call.reply.simple(&digest.hex());
    }
    Ok(())
}

pub(super) fn object(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let key = args.key()?;
    let fast = args.take_word("fast");
    if args.left() > 0 {
        return Err(CommandError::wrong_subcommand(
            call.name,
            args.request().bytes(1),
        ));
    }
    let compress = server.config.rdbcompression;
    let chunk_max = server.config.list_max_listpack_size;
    let mut view = view(server, call);
    let now = view.now().seconds();
    let idle = view.idle_seconds(key).ok_or(CommandError::NO_SUCH_KEY)?;
    let entry = view.peek(key).ok_or(CommandError::NO_SUCH_KEY)?;
    let at = entry.key().as_ptr();
    let encoding = entry.encoding();
    let mut text = format!("Value at:{at:p} refcount:1 encoding:{encoding}");
    if !fast {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            " serializedlength:{}",
            serialized_bytes(entry.value(), compress)
        );
    }
    let accessed = now.saturating_sub_unsigned(idle) & 0xff_ffff;
    let _ = write!(text, " lru:{accessed} lru_seconds_idle:{idle}");
    if let (Value::List(List::Big(list)), false) = (entry.value(), fast) {
        let (chunks, bytes) = (list.chunk_count(), list.listpacks_bytes());
        let mean = list.len() as f64 / chunks as f64;
        let _ = write!(
            text,
            " ql_nodes:{chunks} ql_avg_node:{mean:.2} ql_listpack_max:{chunk_max} \
             ql_compressed:0 ql_uncompressed_size:{bytes}"
        );
    }
    call.reply.simple(&text);
    Ok(())
}

/// The length of a value in the dump format.
fn serialized_bytes(value: Value<'_>, compress: bool) -> usize {
    let mut out = Output::new(compress);
    encode::value(value, &mut out);
    out.bytes.len()
}

/// The tables of a database: entries with and without deadline stand in the same one.
pub(super) fn table_stats(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let index = usize::try_from(args.int()?).ok();
    let index = index.filter(|index| *index < database_count(server));
    let stats = server
        .keyspace
        .table_stats(index.ok_or(CommandError::DEBUG_DB_OUT_OF_RANGE)?);
    let text = format!(
        "[Dictionary HT]\n number of elements: {}\n table bytes: {}\n\
         [Expires HT]\n number of elements: {}\n",
        stats.keys, stats.table_bytes, stats.volatile
    );
    call.reply.verbatim(b"txt", text.as_bytes());
    Ok(())
}

/// No value is a table yet.
pub(super) fn table_stats_of_key(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    match view(server, call).look(args.key()?) {
        Some(_) => Err(CommandError::NOT_A_TABLE),
        None => Err(CommandError::NO_SUCH_KEY),
    }
}

/// Writes the items of a listpack to the log, one in a line.
pub(super) fn listpack(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let mut view = view(server, call);
    let entry = view.look(args.key()?).ok_or(CommandError::NO_SUCH_KEY)?;
    let bytes = match entry.value() {
        Value::List(List::Packed(bytes))
        | Value::Set(Set::Packed(bytes))
        | Value::Hash(Hash::Packed(bytes))
        | Value::Zset(Zset::Packed(bytes)) => bytes,
        _ => return Err(CommandError::NOT_PACKED),
    };
    let key = String::from_utf8_lossy(entry.key());
    log::info!("Listpack of {key}: {} bytes", bytes.len());
    for (index, item) in Listpack::new(bytes).items().enumerate() {
        log::info!("{index}: {item:?}");
    }
    call.reply.simple("Listpack structure printed to the log");
    Ok(())
}

/// From how many bytes on an element of a large list has a chunk to itself.
pub(super) fn packed_threshold(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    const BYTES_MAX: u64 = 4 << 30;
    let bytes = bytes_of(args.bytes()?).filter(|bytes| *bytes < BYTES_MAX);
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    server.limits.thresholds.list_alone_bytes = match bytes {
        Some(0) => LIST_ALONE_BYTES,
        Some(bytes) => bytes,
        None => return Err(CommandError::BAD_PACKED_THRESHOLD),
    };
    call.reply.ok();
    Ok(())
}

/// Neither propagated nor told to anybody, like everything DEBUG does to the data.
pub(super) fn populate(
    server: &mut Server,
    call: &mut AdminCall<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let count = positive(args)?;
    let prefix = if args.left() > 0 {
        args.bytes()?
    } else {
        b"key"
    };
    let size = if args.left() > 0 { positive(args)? } else { 0 };
    if size > server.limits.string_bytes_max {
        return Err(CommandError::TOO_LONG);
    }
    let mut view = view(server, call);
    for number in 0..count {
        let key = [prefix, b":", number.to_string().as_bytes()].concat();
        if view.peek(&key).is_some() {
            continue;
        }
        let mut value = format!("value:{number}").into_bytes();
        if size > 0 {
            value.resize(size, 0);
        }
        let value = NewStr::Bytes {
            bytes: &value,
            raw: false,
        };
        view.set(&key, value, Deadline::Never);
    }
    call.reply.ok();
    Ok(())
}

fn positive(args: &mut Args<'_>) -> Result<usize, CommandError> {
    let number = args.int().map_err(|_| CommandError::NOT_POSITIVE)?;
    usize::try_from(number).map_err(|_| CommandError::NOT_POSITIVE)
}
