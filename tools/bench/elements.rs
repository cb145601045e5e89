//! Resident memory per element of collections: one large one, and many small ones.
//!
//! Measured like that of keys (see `memory`): each shape in a fresh server, over one connection.
//! Elements have the names that redis-benchmark gives them, values of hashes 16 bytes, scores up to
//! eight digits.

use crate::failure::Result;
use crate::memory::grown_by;
use crate::options::Options;
use crate::report::{Cell, Row, Section};
use crate::wire::Word;

/// A collection, and how it is filled.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// Adds one element to the large one.
    pub(crate) add: &'static [Word<'static>],
    /// What one element of a small one is made of; the name of the key goes before.
    command: &'static [u8],
    element: &'static [Word<'static>],
}

const MEMBER: Word = Word::Key(b"element:");
const SAME_MEMBER: Word = Word::Again(b"element:");
const VALUE: Word = Word::Fixed(b"0123456789abcdef");
const LARGE: Word = Word::Fixed(b"large");

pub(crate) static SHAPES: [Shape; 4] = [
    Shape {
        name: "lists",
        add: &[Word::Fixed(b"RPUSH"), LARGE, MEMBER],
        command: b"RPUSH",
        element: &[MEMBER],
    },
    Shape {
        name: "sets",
        add: &[Word::Fixed(b"SADD"), LARGE, MEMBER],
        command: b"SADD",
        element: &[MEMBER],
    },
    Shape {
        name: "hashes",
        add: &[Word::Fixed(b"HSET"), LARGE, MEMBER, VALUE],
        command: b"HSET",
        element: &[MEMBER, VALUE],
    },
    Shape {
        name: "zsets",
        add: &[
            Word::Fixed(b"ZADD"),
            LARGE,
            Word::Scattered(b""),
            SAME_MEMBER,
        ],
        command: b"ZADD",
        element: &[Word::Scattered(b""), SAME_MEMBER],
    },
];

/// Elements of a small collection.
const SMALL_ELEMENTS: u64 = 10;
/// So many small ones are measured for each of the large one's elements.
const SMALL_PART: u64 = 5;

/// Runs the scenario.
pub(crate) fn run(options: &Options) -> Result<Section> {
    let small_count = (options.keys / SMALL_PART).max(1);
    let mut rows = Vec::new();
    for shape in &options.shapes {
        rows.extend(rows_of(options, shape, 1, shape.add, options.keys, 1)?);
        let mut small = vec![Word::Fixed(shape.command), Word::Key(b"key:")];
        for _ in 0..SMALL_ELEMENTS {
            small.extend(shape.element);
        }
        rows.extend(rows_of(
            options,
            shape,
            small_count,
            &small,
            small_count,
            SMALL_ELEMENTS,
        )?);
    }
    Ok(Section {
        scenario: "elements",
        what: "bytes per element; growth of the resident set, and of the server's own used_memory"
            .to_owned(),
        rows,
    })
}

/// A row for each server, which is sent `requests` of `each` elements.
fn rows_of(
    options: &Options,
    shape: &Shape,
    keys: u64,
    request: &[Word],
    requests: u64,
    each: u64,
) -> Result<Vec<Row>> {
    let elements = (requests * each) as f64;
    let mut ours = None;
    let mut rows = Vec::new();
    for recipe in &options.servers {
        let (name, rss, used) = grown_by(options, recipe, request, requests)?;
        let rss = rss / elements;
        let ratio = ours.map(|ours: f64| ours / rss);
        ours = ours.or(Some(rss));
        rows.push(vec![
            ("type", Cell::Text(shape.name.to_owned())),
            ("keys", Cell::count(keys)),
            ("elements", Cell::Number(elements, 0)),
            ("server", Cell::Text(name)),
            ("rss_per_element", Cell::Number(rss, 1)),
            (
                "used_per_element",
                Cell::maybe(used.map(|used| used / elements), 1),
            ),
            ("rss_ratio", Cell::maybe(ratio, 2)),
        ]);
    }
    Ok(rows)
}
