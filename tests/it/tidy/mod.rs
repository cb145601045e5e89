//! What no lint holds: the import rule, the list of unsafe files, module docs, file lengths,
//! leftovers, generated documents.
//!
//! Each table here is a decision. Who needs an exception adds it with its reason, in the commit
//! that needs it.

mod generated;
mod imports;

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::repository;

/// Files that may say `unsafe`, and why.
const UNSAFE: &[(&str, &str)] = &[
    ("src/ds/epoch.rs", "garbage is of any type"),
    ("src/ds/prefetch.rs", "intrinsics"),
    ("src/ds/table/directory.rs", "versioned nodes"),
    ("src/ds/table/due.rs", "changes private segments"),
    ("src/ds/table/frozen.rs", "reads frozen segments"),
    ("src/ds/table/mod.rs", "the table owns its nodes"),
    ("src/ds/table/opened.rs", "changes private nodes"),
    ("src/ds/table/resize.rs", "changes private segments"),
    ("src/ds/table/segment.rs", "versioned nodes"),
    ("src/ds/table/tests.rs", "the table's nodes are raw"),
    ("src/keyspace/entry.rs", "blocks of variable layout"),
    (
        "src/sys/alloc.rs",
        "an allocator is unsafe by its trait; it passes every call on",
    ),
    ("src/sys/allocator.rs", "the allocator's controls"),
    (
        "src/sys/huge_pages.rs",
        "raw memory and the allocator's hooks",
    ),
    ("src/sys/usage.rs", "getrusage"),
    ("src/sys/daemon.rs", "fork has no safe form"),
    ("src/sys/local_time.rs", "the C library knows the time zone"),
];

/// Files longer than [`LINES_MAX`], and why.
const LONG: &[(&str, &str)] = &[];

/// At this length a file has a second story.
const LINES_MAX: usize = 800;

/// `#[expect(…)]` is the exception that reports when it is no longer needed; these are not.
/// Written in pieces, so that this file does not find itself.
const LEFTOVERS: &[(&str, &str)] = &[
    (concat!("todo", "!("), "unfinished"),
    (concat!("unimplemented", "!("), "unfinished"),
    (concat!("dbg", "!("), "debugging"),
    (concat!("FIX", "ME"), "an open end: do it or file an issue"),
    (concat!("TO", "DO"), "an open end: do it or file an issue"),
    (concat!("XX", "X "), "an open end: do it or file an issue"),
    (
        concat!("#[", "allow("),
        "say #[expect(lint, reason = \"…\")]",
    ),
    (
        concat!("#![", "allow("),
        "say #[expect(lint, reason = \"…\")]",
    ),
    (
        concat!("#[", "ignore"),
        "a test that does not run proves nothing",
    ),
    (concat!("/wo", "rk/"), "a path of one machine"),
];

/// Documents that must be there.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "LICENSE",
    "docs/README.md",
    "docs/ARCHITECTURE.md",
    "docs/STYLE.md",
    "docs/TESTING.md",
    "docs/COMPATIBILITY.md",
    "docs/CHANGELOG.md",
];

/// A Rust source file: its path from the repository's root, and its text.
struct Source {
    path: String,
    text: String,
}

/// Every `.rs` file of the package.
fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for root in ["src", "tests", "tools", "fuzz", "build.rs"] {
        let path = repository(root);
        if path.exists() {
            collect(&path, &mut sources);
        }
    }
    sources
}

fn collect(path: &Path, sources: &mut Vec<Source>) {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = fs::read_dir(path)
            .expect("a readable directory")
            .map(|entry| entry.expect("a directory's entry").path())
            .collect();
        entries.sort();
        for entry in entries.iter().filter(|entry| !entry.ends_with("target")) {
            collect(entry, sources);
        }
    } else if path.extension().is_some_and(|ext| ext == "rs") {
        let root = repository("");
        let name = path.strip_prefix(&root).expect("inside the repository");
        sources.push(Source {
            path: name.to_string_lossy().into_owned(),
            text: fs::read_to_string(path).expect("a readable source"),
        });
    }
}

/// Fails with all problems at once.
fn report(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// The line without its comment, as far as a reader without a parser can tell.
fn code_of(line: &str) -> &str {
    let line = line.trim_start();
    match line.find("//") {
        Some(0) => "",
        Some(at) if line[..at].matches('"').count().is_multiple_of(2) => &line[..at],
        _ => line,
    }
}

#[test]
fn every_file_opens_with_its_story() {
    let without = |source: &Source| {
        let first = source.text.lines().next().unwrap_or_default();
        let says = first
            .strip_prefix("//! ")
            .is_some_and(|text| text.len() >= 10);
        (!says).then(|| format!("{}:1: no `//!` sentence", source.path))
    };
    report(&sources().iter().filter_map(without).collect::<Vec<_>>());
}

#[test]
fn files_are_short() {
    let mut problems = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        let excepted = LONG.iter().any(|(path, _)| *path == source.path);
        if lines > LINES_MAX && !excepted {
            problems.push(format!("{}: {lines} lines", source.path));
        }
        if lines <= LINES_MAX && excepted {
            problems.push(format!(
                "{}: no longer long; strike it from LONG",
                source.path
            ));
        }
    }
    report(&problems);
}

#[test]
fn unsafe_stays_in_its_files() {
    let word = concat!("un", "safe");
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for source in sources() {
        let mut lines = source.text.lines().enumerate();
        let uses = |line: &str| {
            code_of(line)
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|token| token == word)
        };
        let Some((index, _)) = lines.find(|(_, line)| uses(line)) else {
            continue;
        };
        // Words within quotes are not uses; only this directory has such.
        if source.path.starts_with("tests/it/tidy/") {
            continue;
        }
        if !UNSAFE.iter().any(|(path, _)| *path == source.path) {
            problems.push(format!("{}:{}: {word}, not listed", source.path, index + 1));
        }
        found.push(source.path);
    }
    for (path, _) in UNSAFE {
        if !found.iter().any(|source| source == path) {
            problems.push(format!("{path}: listed, but has no {word} code (any more)"));
        }
    }
    report(&problems);
}

#[test]
fn no_leftovers() {
    let mut problems = Vec::new();
    for source in sources() {
        if source.path.starts_with("tests/it/tidy/") {
            continue;
        }
        for (index, line) in source.text.lines().enumerate() {
            let at = format!("{}:{}", source.path, index + 1);
            for (text, why) in LEFTOVERS {
                if line.contains(text) {
                    problems.push(format!("{at}: `{}`: {why}", text.trim()));
                }
            }
            if is_code_in_a_comment(line) {
                problems.push(format!("{at}: code in a comment: {}", line.trim()));
            }
        }
    }
    report(&problems);
}

/// A plain comment that reads as a statement: it ends like one, and begins like one.
fn is_code_in_a_comment(line: &str) -> bool {
    let Some(comment) = line.trim_start().strip_prefix("// ") else {
        return false;
    };
    let ends = comment.ends_with(';') || comment.ends_with('{') || comment == "}";
    let begins = [
        "let ", "if ", "for ", "while ", "match ", "return", "self.", "use ", "fn ", "}",
    ]
    .iter()
    .any(|start| comment.starts_with(start));
    let calls = comment.ends_with(");");
    ends && (begins || calls)
}

#[test]
fn documents_are_there_and_say_nothing_of_this_machine() {
    let mut problems = Vec::new();
    for document in DOCUMENTS {
        if !repository(document).exists() {
            problems.push(format!("{document} is missing"));
        }
    }
    let docs = fs::read_dir(repository("docs")).into_iter().flatten();
    let mut texts: Vec<PathBuf> = docs.filter_map(|entry| Some(entry.ok()?.path())).collect();
    texts.extend(["README.md", "Makefile", ".ci/run", "Cargo.toml"].map(repository));
    for path in texts {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for (index, line) in text.lines().enumerate() {
            if line.contains(concat!("/wo", "rk/")) {
                problems.push(format!("{}:{}: {line}", path.display(), index + 1));
            }
        }
    }
    report(&problems);
}
