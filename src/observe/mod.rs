//! observe: under construction.
