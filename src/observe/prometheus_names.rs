//! The fields of INFO that are a metric as they stand: under which name, and what they mean.
//!
//! Names and types are redis_exporter's. A field of INFO that is in neither table is no metric, or
//! has a form of its own (`observe::prometheus`). Adding a field to INFO that should be a metric? A
//! row in one of them.

mod counters;
mod gauges;

pub(super) use counters::COUNTERS;
pub(super) use gauges::GAUGES;

/// What the names begin with.
pub(super) const NAMESPACE: &str = "redis_";

/// A field of INFO, the metric's name behind the namespace, and what it means.
pub(super) type Row = (&'static str, &'static str, &'static str);
