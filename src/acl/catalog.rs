//! The commands that rules may name: those of the command table, in its order.

use std::collections::HashMap;

use super::elsewhere;
use crate::command::spec::{Acl, Spec};

/// All commands and subcommands; the index of one is its bit in a bitmap.
#[derive(Debug, Default)]
pub struct Catalog {
    entries: Vec<Entry>,
    /// In lower case; a subcommand's with its container's (`object|encoding`).
    by_name: HashMap<Box<str>, usize>,
}

/// One command or subcommand.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) categories: Acl,
    pub(super) subcommands: Vec<usize>,
}

/// What a word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Command(usize),
    /// A command of Redis or Valkey that this server does not have: a rule about it is kept, so
    /// that files of users load, and changes nothing.
    Elsewhere,
}

impl Catalog {
    /// The catalog of these: full name, description and the index of the container, which comes
    /// before its subcommands.
    pub fn new<'a>(
        commands: impl Iterator<Item = (&'a str, &'static Spec, Option<usize>)>,
    ) -> Catalog {
        let mut catalog = Catalog::default();
        for (index, (name, spec, parent)) in commands.enumerate() {
            catalog.entries.push(Entry {
                categories: spec.categories(),
                subcommands: Vec::new(),
            });
            catalog.by_name.insert(name.into(), index);
            if let Some(parent) = parent {
                catalog.entries[parent].subcommands.push(index);
            }
        }
        catalog
    }

    /// The number of commands, subcommands included.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get(&self, index: usize) -> &Entry {
        &self.entries[index]
    }

    /// What is called `name`, in any case.
    pub(super) fn find(&self, name: &[u8]) -> Option<Named> {
        let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
        if let Some(index) = self.by_name.get(name.as_str()) {
            return Some(Named::Command(*index));
        }
        elsewhere::is_known(&name).then_some(Named::Elsewhere)
    }

    /// The commands of a category.
    pub(super) fn of(&self, category: Acl) -> impl Iterator<Item = usize> {
        let in_it = move |entry: &Entry| entry.categories.intersects(category);
        let entries = self.entries.iter().enumerate();
        entries.filter_map(move |(index, entry)| in_it(entry).then_some(index))
    }
}
