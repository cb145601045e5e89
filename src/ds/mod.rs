//! Pure data structures: no Redis, no time, no I/O.

pub mod bits;
pub mod epoch;
pub mod extended;
pub mod frequent;
pub mod geohash;
pub mod glob;
pub mod intset;
pub mod iso_time;
pub mod json;
pub mod listpack;
pub mod number;
pub mod output;
pub mod partial_sort;
pub mod prefetch;
pub mod rope;
pub mod same;
pub mod size_class;
pub mod table;
pub mod tree;
pub mod words;

mod big;
mod float_text;
