//! The documents that are written from tables are what the tables say.

use std::fs;

use crate::harness::repository;

/// A document, and what writes its text.
type Document = (&'static str, fn() -> String);

const DOCUMENTS: &[Document] = &[
    ("docs/commands.md", ruddle::admin::docs::commands),
    ("docs/config.md", ruddle::config::document::markdown),
];

/// With RUDDLE_WRITE_DOCS set (`make docs`) they are written instead.
#[test]
fn documents_say_what_their_tables_say() {
    let mut problems = Vec::new();
    for (name, text) in DOCUMENTS {
        let path = repository(name);
        let text = text();
        if std::env::var_os("RUDDLE_WRITE_DOCS").is_some() {
            fs::write(&path, &text).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != text {
            problems.push(format!("{name}: stale; `make docs` writes it anew"));
        }
    }
    super::report(&problems);
}
