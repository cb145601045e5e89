//! The rows that describe the data commands, by family.

pub(super) mod string;
