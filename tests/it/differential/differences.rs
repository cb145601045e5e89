//! How replies are compared, and the differences that are meant to be.

use super::generate::Dialect;
use super::pair::Command;
use super::streams;
use crate::harness::reply::Reply;

/// How much of a reply must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Exactly,
    /// The same elements in any order: it is the hash table's.
    Unordered,
    /// Numbers so close: time passes between two servers.
    Within(u64),
    /// All but the times in it.
    Timeless,
    /// The kind of reply only, and the text of an error: chance, or a clock of the server's own.
    Kind,
}

/// Milliseconds that two servers may be apart when they execute the same command.
const APART_MS: u64 = 10_000;

/// How the replies to `command` are compared.
pub(super) fn comparison(command: &Command) -> Compare {
    let word = |index: usize| {
        let word = command.0.get(index).map(|word| word.to_ascii_lowercase());
        String::from_utf8(word.unwrap_or_default()).unwrap_or_default()
    };
    match (word(0).as_str(), word(1).as_str()) {
        // From elsewhere than the start, or with fewer at a time, it shows how tables differ.
        ("scan", _) if !words_are(command, &["scan", "0", "count", "10000"]) => Compare::Kind,
        ("sscan", _) if !words_behind_key_are(command, &["0", "count", "100000"]) => Compare::Kind,
        ("keys" | "scan" | "sscan", _) => Compare::Unordered,
        ("hscan", _) if !words_behind_key_are(command, &["0", "count", "100000"]) => Compare::Kind,
        ("hscan" | "hkeys" | "hvals" | "hgetall", _) => Compare::Unordered,
        ("hrandfield", _) => Compare::Kind,
        ("httl" | "hexpiretime", _) => Compare::Within(APART_MS / 1000),
        ("hpttl" | "hpexpiretime", _) => Compare::Within(APART_MS),
        ("smembers" | "sinter" | "sunion" | "sdiff" | "spop", _) => Compare::Unordered,
        ("sort" | "sort_ro", "sortl" | "sortz") => Compare::Exactly,
        ("sort" | "sort_ro", _) => Compare::Unordered,
        ("srandmember" | "zrandmember", _) => Compare::Kind,
        ("zscan", _) if !words_behind_key_are(command, &["0", "count", "100000"]) => Compare::Kind,
        ("zscan", _) => Compare::Unordered,
        ("ttl" | "expiretime", _) => Compare::Within(APART_MS / 1000),
        ("pttl" | "pexpiretime", _) => Compare::Within(APART_MS),
        ("xpending" | "xinfo", _) => Compare::Timeless,
        ("randomkey" | "time" | "lolwut" | "info", _) => Compare::Kind,
        ("object", "idletime" | "freq") | ("memory", "usage") => Compare::Kind,
        ("command", "") => Compare::Kind,
        ("client", "id" | "info" | "list" | "getredir") => Compare::Kind,
        _ => Compare::Exactly,
    }
}

fn words_are(command: &Command, expected: &[&str]) -> bool {
    let words = command.0.iter().zip(expected);
    command.0.len() >= expected.len()
        && words
            .into_iter()
            .all(|(word, expected)| word.eq_ignore_ascii_case(expected.as_bytes()))
}

/// Whether the words behind the key begin so.
fn words_behind_key_are(command: &Command, expected: &[&str]) -> bool {
    let words = command.0.iter().skip(2).zip(expected);
    command.0.len() >= expected.len() + 2
        && words
            .into_iter()
            .all(|(word, expected)| word.eq_ignore_ascii_case(expected.as_bytes()))
}

/// A difference that is meant to be.
pub(super) struct Difference {
    /// The oracle it is a difference from.
    pub(super) from: Dialect,
    /// The command's first word, in lower case.
    pub(super) command: &'static str,
    /// Whether it explains these replies, the oracle's first.
    pub(super) explains: fn(&Command, &Reply, &Reply) -> bool,
    /// Why we answer otherwise. For readers; `docs/COMPATIBILITY.md` tells users.
    #[expect(dead_code, reason = "the reason is for who reads the table")]
    pub(super) reason: &'static str,
}

/// All of them, except those of streams.
const MEANT: &[Difference] = &[
    Difference {
        from: Dialect::Valkey,
        command: "getex",
        explains: |_, valkey, ours| valkey.is_error() && is_error(ours, "WRONGTYPE"),
        reason: "the value's type is looked at before the options are read, as in Redis",
    },
    Difference {
        from: Dialect::Redis70,
        command: "object",
        explains: |_, redis, ours| {
            (redis.text(), ours.text()) == (Some(b"quicklist"), Some(b"listpack"))
        },
        reason: "a short list is one listpack, as in Redis 7.2",
    },
    Difference {
        from: Dialect::Redis70,
        command: "object",
        explains: |_, oracle, ours| [oracle.text(), ours.text()] == SORTED,
        reason: "SORT reads a small sorted set and leaves it as it is",
    },
    Difference {
        from: Dialect::Valkey,
        command: "object",
        explains: |_, oracle, ours| [oracle.text(), ours.text()] == SORTED,
        reason: "SORT reads a small sorted set and leaves it as it is",
    },
    Difference {
        from: Dialect::Redis70,
        command: "lpos",
        explains: |command, _, ours| has_least_integer(command) && ours.is_error(),
        reason: "a rank without a negative is refused, as in Redis 7.2",
    },
    Difference {
        from: Dialect::Valkey,
        command: "sort",
        explains: |_, valkey, ours| is_error(valkey, NO_SCORES) != is_error(ours, NO_SCORES),
        reason: "what counts as a number is what C reads, as in Redis 7",
    },
    Difference {
        from: Dialect::Valkey,
        command: "sort_ro",
        explains: |_, valkey, ours| is_error(valkey, NO_SCORES) != is_error(ours, NO_SCORES),
        reason: "what counts as a number is what C reads, as in Redis 7",
    },
    Difference {
        from: Dialect::Redis70,
        command: "zrank",
        explains: |command, redis, _| {
            command.0.len() == 4 && is_error(redis, "ERR wrong number of arguments")
        },
        reason: "WITHSCORE came with Redis 7.2",
    },
    Difference {
        from: Dialect::Redis70,
        command: "zrevrank",
        explains: |command, redis, _| {
            command.0.len() == 4 && is_error(redis, "ERR wrong number of arguments")
        },
        reason: "WITHSCORE came with Redis 7.2",
    },
    Difference {
        from: Dialect::Redis70,
        command: "sscan",
        explains: |_, _, ours| is_error(ours, "ERR NOVALUES") || is_error(ours, "ERR NOSCORES"),
        reason: "options of HSCAN and ZSCAN have an error of their own, as in Valkey",
    },
    Difference {
        from: Dialect::Redis70,
        command: "sscan",
        explains: |_, _, ours| is_error(ours, "ERR invalid cursor"),
        reason: "a negative cursor is refused, as in Valkey",
    },
    Difference {
        from: Dialect::Valkey,
        command: "sscan",
        explains: |_, valkey, ours| {
            valkey.is_error() != ours.is_error() && is_error(ours, "ERR invalid cursor")
        },
        reason: "a cursor with a sign is refused, also -0",
    },
    Difference {
        from: Dialect::Valkey,
        command: "hgetex",
        explains: |command, _, _| words_are(command, &["hgetex", "fields"]),
        reason: "a key may be called FIELDS",
    },
    Difference {
        from: Dialect::Valkey,
        command: "hsetex",
        explains: |command, _, _| words_are(command, &["hsetex", "fields"]),
        reason: "a key may be called FIELDS",
    },
    Difference {
        from: Dialect::Valkey,
        command: "bitpos",
        explains: |_, valkey, ours| valkey.is_error() && ours.is_error(),
        reason: "of several faults in one command the first in order is told",
    },
    Difference {
        from: Dialect::Redis70,
        command: "hscan",
        explains: |_, _, ours| is_error(ours, "ERR invalid cursor"),
        reason: "a cursor that is no number is refused, as in Valkey",
    },
    Difference {
        from: Dialect::Redis70,
        command: "hscan",
        explains: |_, _, ours| is_error(ours, "ERR NOVALUES") || is_error(ours, "ERR NOSCORES"),
        reason: "options of other scans have an error of their own, as in Valkey",
    },
    Difference {
        from: Dialect::Valkey,
        command: "getex",
        explains: |_, valkey, ours| {
            let is_missing = matches!(ours, Reply::Null | Reply::NullBulk);
            valkey.is_error() && (is_missing || is_error(ours, "WRONGTYPE"))
        },
        reason: "the key is looked at before the options are read, as in Redis",
    },
    Difference {
        from: Dialect::Valkey,
        command: "object",
        explains: |_, valkey, ours| [valkey.text(), ours.text()] == EMBEDDED,
        reason: "strings are called embstr up to 44 bytes, as in Redis",
    },
    Difference {
        from: Dialect::Valkey,
        command: "scan",
        explains: |_, valkey, _| is_error(valkey, "ERR unknown type name"),
        reason: "a type that nobody knows matches nothing, as in Redis 7",
    },
    Difference {
        from: Dialect::Redis70,
        command: "object",
        explains: |_, redis, ours| (redis, ours) == (&Reply::Int(SHARED), &Reply::Int(1)),
        reason: "no value is shared, as in Valkey: small integers have one reference too",
    },
    Difference {
        from: Dialect::Redis70,
        command: "object",
        explains: |_, redis, ours| {
            [redis.text(), ours.text()] == [Some(b"hashtable".as_slice()), Some(b"listpack")]
        },
        reason: "few short members are kept in one block, as in Redis 7.2",
    },
    Difference {
        from: Dialect::Valkey,
        command: "client",
        explains: |_, valkey, _| is_error(valkey, "ERR client-id should be greater than 0"),
        reason: "CLIENT LIST ID 0 finds nobody, as in Redis 7",
    },
    Difference {
        from: Dialect::Redis70,
        command: "bitcount",
        explains: |command, redis, _| command.0.len() == 3 && is_error(redis, "ERR syntax error"),
        reason: "the end may be left out, as in Valkey 8.1",
    },
    Difference {
        from: Dialect::Redis70,
        command: "bitcount",
        explains: |_, redis, ours| *redis == Reply::Int(0) && ours.is_error(),
        reason: "arguments are read before the key is looked up, as in Valkey",
    },
    Difference {
        from: Dialect::Valkey,
        command: "bitcount",
        explains: |_, valkey, ours| valkey.is_error() && ours.is_error(),
        reason: "of several faults in one command the first in order is told",
    },
    Difference {
        from: Dialect::Valkey,
        command: "scan",
        explains: |command, _, ours| {
            command.0[1].starts_with(b"-") && is_error(ours, "ERR invalid cursor")
        },
        reason: "a cursor with a sign is refused, also -0",
    },
    Difference {
        from: Dialect::Redis70,
        command: "scan",
        explains: |_, _, ours| is_error(ours, "ERR invalid cursor"),
        reason: "a negative cursor is refused, as in Valkey",
    },
    Difference {
        from: Dialect::Redis70,
        command: "zscan",
        explains: |_, _, ours| is_error(ours, "ERR invalid cursor"),
        reason: "a negative cursor is refused, as in Valkey",
    },
    Difference {
        from: Dialect::Redis70,
        command: "bitpos",
        explains: |command, redis, ours| {
            let bit = command.0[2].last().copied().unwrap_or_default();
            let missing = Reply::Int(-i64::from(bit == b'1'));
            *redis == missing && ours.is_error()
        },
        reason: "arguments are read before the key is looked up, as in Valkey",
    },
    Difference {
        from: Dialect::Redis70,
        command: "bitpos",
        explains: |_, redis, ours| redis.is_error() && ours.is_error(),
        reason: "numbers are read before surplus words are refused, as in Valkey",
    },
    Difference {
        from: Dialect::Redis70,
        command: "bitcount",
        explains: |_, redis, ours| redis.is_error() && ours.is_error(),
        reason: "numbers are read before surplus words are refused, as in Valkey",
    },
    Difference {
        from: Dialect::Valkey,
        command: "client",
        explains: |_, _, ours| is_error(ours, "ERR Invalid client ID"),
        reason: "CLIENT LIST ID with what is no number: the text is Redis's",
    },
    Difference {
        from: Dialect::Redis70,
        command: "sort",
        explains: |_, redis, ours| is_error(redis, NO_SCORES) && !ours.is_error(),
        reason: "a number out of range in the command before is not held against this one",
    },
    Difference {
        from: Dialect::Redis70,
        command: "sort_ro",
        explains: |_, redis, ours| is_error(redis, NO_SCORES) && !ours.is_error(),
        reason: "a number out of range in the command before is not held against this one",
    },
    Difference {
        from: Dialect::Redis70,
        command: "geosearch",
        explains: |_, redis, _| is_error(redis, "ERR exactly one of BYRADIUS and BYBOX can"),
        reason: "the text names BYPOLYGON too, as in Valkey 9",
    },
    Difference {
        from: Dialect::Redis70,
        command: "geosearchstore",
        explains: |_, redis, _| is_error(redis, "ERR exactly one of BYRADIUS and BYBOX can"),
        reason: "the text names BYPOLYGON too, as in Valkey 9",
    },
    Difference {
        from: Dialect::Valkey,
        command: "geosearch",
        explains: |_, _, ours| is_error(ours, NO_SUCH_PLACE),
        reason: "the text is Redis's",
    },
    Difference {
        from: Dialect::Valkey,
        command: "geosearchstore",
        explains: |_, _, ours| is_error(ours, NO_SUCH_PLACE),
        reason: "the text is Redis's",
    },
    Difference {
        from: Dialect::Valkey,
        command: "georadiusbymember",
        explains: |_, _, ours| is_error(ours, NO_SUCH_PLACE),
        reason: "the text is Redis's",
    },
    Difference {
        from: Dialect::Valkey,
        command: "georadiusbymember_ro",
        explains: |_, _, ours| is_error(ours, NO_SUCH_PLACE),
        reason: "the text is Redis's",
    },
];

/// What Redis says where Valkey says `ERR member … does not exist`.
const NO_SUCH_PLACE: &str = "ERR could not decode requested zset member";
/// Whether the integer that has no negative is among the words.
fn has_least_integer(command: &Command) -> bool {
    let least = i64::MIN.to_string();
    command.0.iter().any(|word| word == least.as_bytes())
}

/// What SORT says of elements that are no numbers.
const NO_SCORES: &str = "ERR One or more scores";

/// What Redis says of an object that many keys share.
const SHARED: i64 = 2_147_483_647;

/// What a small sorted set is called after SORT elsewhere, and here.
const SORTED: [Option<&[u8]>; 2] = [Some(b"skiplist"), Some(b"listpack")];

/// What Valkey and we call a string that is neither short nor long.
const EMBEDDED: [Option<&[u8]>; 2] = [Some(b"embstr"), Some(b"raw")];

/// Redis writes its errors as C strings: a word is quoted up to its first zero byte.
fn ends_at_zero(oracle: &Reply, subject: &Reply) -> bool {
    let (Reply::Error(theirs), Reply::Error(ours)) = (oracle, subject) else {
        return false;
    };
    let mut cut = Vec::new();
    let mut is_past_zero = false;
    for &byte in ours {
        is_past_zero = (is_past_zero || byte == 0) && byte != b'\'';
        if !is_past_zero {
            cut.push(byte);
        }
    }
    cut != *ours && cut == *theirs
}

pub(super) fn is_error(reply: &Reply, text: &str) -> bool {
    matches!(reply, Reply::Error(error) if error.starts_with(text.as_bytes()))
}

/// Whether both servers should tell of this event (`channel message`).
pub(super) fn is_compared(dialect: Dialect, refused: bool, event: &str) -> bool {
    let has = |name: &str| event.contains(&format!("__:{name} ")) || event.ends_with(name);
    // One looks for the key before it has read all arguments, the other refuses them at once.
    let is_early_miss = refused && has("keymiss");
    // Redis 7.2 and Valkey tell of consumers that come into being by XREADGROUP and the like
    // (and later go).
    let is_new_consumer =
        dialect == Dialect::Redis70 && (has("xgroup-createconsumer") || has("xgroup-delconsumer"));
    // EXPIRE with a moment in the past deletes, and tells so in Redis; in Valkey the key expires.
    let is_deletion = dialect == Dialect::Valkey && has("del");
    !is_early_miss && !is_new_consumer && !is_deletion
}

/// Whether the order of the events that `command` makes is that of a hash table.
pub(super) fn is_told_unordered(command: &Command) -> bool {
    words_are(command, &["sort"]) || words_are(command, &["sort_ro"])
}

/// Whether after these replies, which may differ, both servers hold other data: one has stored what
/// the other refused.
pub(super) fn parts(command: &Command, oracle: &Reply, subject: &Reply) -> bool {
    let stores = words_are(command, &["sort"])
        && command
            .0
            .iter()
            .any(|word| word.eq_ignore_ascii_case(b"store"));
    stores && oracle.is_error() != subject.is_error()
}

/// Whether a listed difference explains these replies.
pub(super) fn is_meant(
    dialect: Dialect,
    command: &Command,
    oracle: &Reply,
    subject: &Reply,
) -> bool {
    let explains = |difference: &Difference| {
        difference.from == dialect
            && words_are(command, &[difference.command])
            && (difference.explains)(command, oracle, subject)
    };
    ends_at_zero(oracle, subject) || MEANT.iter().chain(streams::MEANT).any(explains)
}
