//! For tests: a home for one collection without a keyspace.

use super::NewValue;
use super::draft::Draft;
use crate::ds::table::Seed;

/// A home of `value`.
pub fn home(value: NewValue<'_>) -> Draft {
    Draft::new(value, Seed([1, 2]))
}
