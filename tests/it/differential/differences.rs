//! How replies are compared, and the differences that are meant to be.

use super::pair::Command;
use crate::harness::reply::Reply;

/// How much of a reply must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Exactly,
    /// The same elements in any order: it is the hash table's.
    Unordered,
    /// Numbers so close: time passes between two servers.
    Within(u64),
    /// The kind of reply only: chance, or a clock of the server's own.
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
        ("keys" | "scan", _) => Compare::Unordered,
        ("ttl" | "expiretime", _) => Compare::Within(APART_MS / 1000),
        ("pttl" | "pexpiretime", _) => Compare::Within(APART_MS),
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

/// A difference that is meant to be.
struct Difference {
    /// Whether it explains these replies, the oracle's first.
    explains: fn(&Command, &Reply, &Reply) -> bool,
    /// Why we answer otherwise. For readers; `docs/COMPATIBILITY.md` tells users.
    #[expect(dead_code, reason = "the reason is for who reads the table")]
    reason: &'static str,
}

/// All of them.
const MEANT: &[Difference] = &[];

/// Whether a listed difference explains these replies.
pub(super) fn is_meant(command: &Command, oracle: &Reply, subject: &Reply) -> bool {
    MEANT
        .iter()
        .any(|difference| (difference.explains)(command, oracle, subject))
}
