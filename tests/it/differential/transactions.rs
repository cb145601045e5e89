//! Transactions around whatever else a program does, and watches of keys that it changes.

use super::generate::{Dialect, Words};
use super::values::Values;

pub(super) fn transaction(values: &mut Values, dialect: Dialect) -> Words {
    // Valkey refuses MULTI and WATCH within a transaction in other words, and that spoils it.
    if dialect == Dialect::Valkey {
        return Words::new("UNWATCH");
    }
    match values.rng.u32(..16) {
        0..4 => Words::new("MULTI"),
        4..9 => Words::new("EXEC"),
        9 => Words::new("DISCARD"),
        10 => Words::new("UNWATCH"),
        _ => {
            let count = values.rng.usize(1..4);
            Words::new("WATCH").args((0..count).map(|_| values.key()))
        }
    }
}
