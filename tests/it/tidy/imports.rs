//! The import rule: imports point down, siblings do not see each other.
//!
//! Rust does not enforce it inside one crate, so this test reads every `crate::module` in `src/`
//! and fails on an arrow that the table does not have.

use super::{code_of, report, sources};

/// The layers, lowest first. Modules of one layer do not see each other.
const LAYERS: &[&[&str]] = &[
    &["ds"],
    &["sys"],
    &["value", "resp", "net", "config", "observe"],
    &["keyspace", "rdb"],
    &["command", "acl"],
    &["client", "persist", "replication"],
    &["server", "admin", "check"],
];

/// Arrows within a layer, and why.
const WITHIN: &[(&str, &str, &str)] = &[
    (
        "acl",
        "command",
        "rules are about rows, and where keys stand",
    ),
    ("server", "admin", "admin is the server's hands"),
    ("admin", "server", "admin's handlers get the Server"),
];

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// Whether `from` may use `to`.
fn is_allowed(from: &str, to: &str) -> bool {
    from == to
        || layer_of(to) < layer_of(from)
        || WITHIN.iter().any(|(a, b, _)| (*a, *b) == (from, to))
}

/// The modules named by `crate::…` in a piece of code: `crate::ds::x`, `crate::{ds, sys::y}`.
fn modules_named(code: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` counts as well; `my_crate::` does not.
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => modules.push(first_name(rest)),
            Some(list) => modules.extend(names_at_depth_one(list)),
        }
    }
    modules.retain(|module| !module.is_empty());
    modules
}

fn first_name(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The first names of the items of a `{…}` list whose opening brace was just passed.
fn names_at_depth_one(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 1;
    let mut item = String::new();
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == ',') {
            names.push(first_name(item.trim_start()));
            item.clear();
        } else {
            item.push(c);
        }
        if depth == 0 {
            break;
        }
    }
    names
}

#[test]
fn imports_point_down() {
    let mut problems = Vec::new();
    for source in sources() {
        let Some(path) = source.path.strip_prefix("src/") else {
            continue;
        };
        let Some(from) = path.split(['/', '.']).next() else {
            continue;
        };
        // The map and the door stand above all layers.
        if path == "lib.rs" || path == "main.rs" {
            continue;
        }
        if layer_of(from).is_none() {
            problems.push(format!("{}: `{from}` is in no layer", source.path));
            continue;
        }
        // One text without comments: an import list may span lines.
        let code: Vec<&str> = source.text.lines().map(code_of).collect();
        for to in modules_named(&code.join("\n")) {
            if layer_of(&to).is_none() {
                problems.push(format!("{}: `crate::{to}` is in no layer", source.path));
            } else if !is_allowed(from, &to) {
                problems.push(format!("{}: {from} → {to}", source.path));
            }
        }
    }
    report(&problems);
}

#[test]
fn the_reader_of_imports_reads() {
    let check = |code: &str, expected: &[&str]| assert_eq!(modules_named(code), expected, "{code}");
    check("use crate::ds::rope::Rope;", &["ds"]);
    check("use crate::{ds::{a, b}, sys};", &["ds", "sys"]);
    check("let x = crate::keyspace::View::new();", &["keyspace"]);
    check(
        "use crate::{\n    ds,\n    value::{Kind, Value},\n};",
        &["ds", "value"],
    );
    check("use other_crate::x; use super::y;", &[]);
    assert!(is_allowed("command", "ds") && is_allowed("server", "admin"));
    assert!(!is_allowed("ds", "sys") && !is_allowed("resp", "value"));
}

/// The map in `src/lib.rs` names the modules in the order of the layers.
#[test]
fn the_map_agrees() {
    let lib = sources()
        .into_iter()
        .find(|source| source.path == "src/lib.rs");
    let lib = lib.expect("src/lib.rs").text;
    let names = |line: &str| {
        line.strip_prefix("pub mod ")
            .map(|name| name.trim_end_matches(';').to_owned())
    };
    let declared: Vec<String> = lib.lines().filter_map(names).collect();
    let layers: Vec<_> = declared.iter().map(|module| layer_of(module)).collect();
    assert!(
        layers.iter().all(Option::is_some),
        "a module in no layer: {declared:?}"
    );
    assert!(
        layers.is_sorted(),
        "lib.rs does not read from the ground up: {declared:?}"
    );
}
