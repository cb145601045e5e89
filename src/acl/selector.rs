//! A selector: commands, keys, channels and databases that go together.
//!
//! The commands stand twice: as a bitmap, which answers, and as the rules that made it, which are
//! shown. A rule replaces those before it that it makes void: the same command or category, and
//! what is said of the command's subcommands and first arguments. Everything else stays in its
//! order, so that the text makes the same bitmap again.

use std::collections::BTreeMap;

use bitflags::bitflags;

use super::catalog::{Catalog, Named};
use super::{Defaults, Fault};
use crate::command::spec::Acl;
use crate::ds::glob::{Case, Glob};
use crate::ds::number::parse_int;
use crate::ds::words;

bitflags! {
    /// What a key may be used for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Access: u8 {
        const READ = 1 << 0;
        const WRITE = 1 << 1;
    }
}

bitflags! {
    /// What a selector does not restrict.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Free: u8 {
        const COMMANDS = 1 << 0;
        const KEYS = 1 << 1;
        const CHANNELS = 1 << 2;
        const DATABASES = 1 << 3;
    }
}

/// Keys that may be used, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
struct KeyPattern {
    access: Access,
    pattern: Box<[u8]>,
}

/// One rule about commands, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allows: bool,
    /// A command's full name, `name|first-argument`, or `@category`; in lower case.
    name: Box<[u8]>,
}

/// What may be done together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    pub(super) free: Free,
    /// Whether the rules begin with all commands or with none.
    from_all: bool,
    /// One bit for each command of the catalog.
    allowed: Vec<u64>,
    /// Commands that are allowed with these first arguments only.
    first_args: BTreeMap<usize, Vec<Box<[u8]>>>,
    rules: Vec<Rule>,
    keys: Vec<KeyPattern>,
    channels: Vec<Box<[u8]>>,
    /// In order.
    databases: Vec<u32>,
}

impl Selector {
    /// One that allows nothing but what the defaults do.
    pub(super) fn new(catalog: &Catalog, defaults: Defaults) -> Selector {
        let mut free = Free::DATABASES;
        free.set(Free::CHANNELS, defaults.all_channels);
        Selector {
            free,
            from_all: false,
            allowed: vec![0; catalog.len().div_ceil(64)],
            first_args: BTreeMap::new(),
            rules: Vec::new(),
            keys: Vec::new(),
            channels: Vec::new(),
            databases: Vec::new(),
        }
    }

    /// The one that the words between two parentheses describe.
    pub(super) fn parse(
        inner: &[u8],
        catalog: &Catalog,
        defaults: Defaults,
    ) -> Result<Selector, Fault> {
        let mut selector = Selector::new(catalog, defaults);
        for word in words::split(inner).map_err(|_| Fault::Syntax)? {
            selector.apply(&word, catalog)?;
        }
        Ok(selector)
    }

    /// Applies one rule.
    pub(super) fn apply(&mut self, op: &[u8], catalog: &Catalog) -> Result<(), Fault> {
        match op.to_ascii_lowercase().as_slice() {
            b"allkeys" | b"~*" => {
                self.free.insert(Free::KEYS);
                self.keys.clear();
            }
            b"resetkeys" => {
                self.free.remove(Free::KEYS);
                self.keys.clear();
            }
            b"allchannels" | b"&*" => {
                self.free.insert(Free::CHANNELS);
                self.channels.clear();
            }
            b"resetchannels" => {
                self.free.remove(Free::CHANNELS);
                self.channels.clear();
            }
            b"alldbs" => {
                self.free.insert(Free::DATABASES);
                self.databases.clear();
            }
            b"resetdbs" => {
                self.free.remove(Free::DATABASES);
                self.databases.clear();
            }
            b"allcommands" | b"+@all" => self.all_commands(true),
            b"nocommands" | b"-@all" => self.all_commands(false),
            [b'd', b'b', b'=', list @ ..] => self.set_databases(list)?,
            [b'~' | b'%', ..] => self.add_keys(op)?,
            [b'&', ..] => self.add_channel(&op[1..])?,
            [b'+' | b'-', b'@', name @ ..] => self.category(op[0] == b'+', name, catalog)?,
            [b'+', name @ ..] => self.allow(name, catalog)?,
            [b'-', name @ ..] => self.forbid(name, catalog)?,
            _ => return Err(Fault::Syntax),
        }
        Ok(())
    }

    fn all_commands(&mut self, allows: bool) {
        self.allowed.fill(if allows { u64::MAX } else { 0 });
        self.free.set(Free::COMMANDS, allows);
        self.from_all = allows;
        self.rules.clear();
        self.first_args.clear();
    }

    /// `db=1,2`: these, and no others.
    fn set_databases(&mut self, list: &[u8]) -> Result<(), Fault> {
        let mut databases = Vec::new();
        for word in list.split(|byte| *byte == b',') {
            let word = word.trim_ascii_start();
            let digits = word.strip_prefix(b"+").unwrap_or(word);
            let (digits, is_negative) = match digits.strip_prefix(b"-") {
                Some(rest) => (rest, true),
                None => (digits, false),
            };
            if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                return Err(Fault::Syntax);
            }
            let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
            let number = match &digits[zeros..] {
                [] => Some(0),
                digits => parse_int(digits),
            };
            let in_range = number.and_then(|number| u32::try_from(number).ok());
            let in_range = in_range.filter(|id| i32::try_from(*id).is_ok());
            match in_range {
                Some(id) if !is_negative || id == 0 => databases.push(id),
                _ => return Err(Fault::DatabaseOutOfRange),
            }
        }
        databases.sort_unstable();
        databases.dedup();
        self.free.remove(Free::DATABASES);
        self.databases = databases;
        Ok(())
    }

    /// `~pattern`, `%R~pattern` and their like.
    fn add_keys(&mut self, op: &[u8]) -> Result<(), Fault> {
        if self.free.contains(Free::KEYS) {
            return Err(Fault::KeysAfterAll);
        }
        let (access, pattern) = match op {
            [b'~', pattern @ ..] => (Access::all(), pattern),
            [_, rest @ ..] => access(rest)?,
            [] => return Err(Fault::Syntax),
        };
        if !is_word(pattern) {
            return Err(Fault::Syntax);
        }
        match self.keys.iter_mut().find(|key| *key.pattern == *pattern) {
            Some(key) => key.access |= access,
            None => self.keys.push(KeyPattern {
                access,
                pattern: pattern.into(),
            }),
        }
        Ok(())
    }

    fn add_channel(&mut self, pattern: &[u8]) -> Result<(), Fault> {
        if self.free.contains(Free::CHANNELS) {
            return Err(Fault::ChannelsAfterAll);
        }
        if !is_word(pattern) {
            return Err(Fault::Syntax);
        }
        if !self.channels.iter().any(|known| **known == *pattern) {
            self.channels.push(pattern.into());
        }
        Ok(())
    }

    fn category(&mut self, allows: bool, name: &[u8], catalog: &Catalog) -> Result<(), Fault> {
        let category = Acl::named(name).ok_or(Fault::Unknown)?;
        self.note(allows, &[b"@", name].concat());
        for index in catalog.of(category) {
            self.set_command(index, allows, catalog);
        }
        Ok(())
    }

    /// `+command`, `+container|sub` or `+command|first-argument`.
    fn allow(&mut self, name: &[u8], catalog: &Catalog) -> Result<(), Fault> {
        let Some(bar) = name.iter().rposition(|byte| *byte == b'|') else {
            if let Named::Command(index) = catalog.find(name).ok_or(Fault::Unknown)? {
                self.set_command(index, true, catalog);
            }
            self.note(true, name);
            return Ok(());
        };
        let (before, word) = (&name[..bar], &name[bar + 1..]);
        let named = catalog.find(before).ok_or(Fault::Unknown)?;
        if before.contains(&b'|') {
            return Err(Fault::FirstArgOfSub);
        }
        if word.is_empty() {
            return Err(Fault::Syntax);
        }
        if let Named::Command(index) = named {
            if catalog.get(index).subcommands.is_empty() {
                self.add_first_arg(index, word);
            } else {
                match catalog.find(name) {
                    Some(Named::Command(sub)) => self.set_command(sub, true, catalog),
                    Some(Named::Elsewhere) => {}
                    None => return Err(Fault::Unknown),
                }
            }
        }
        self.note(true, name);
        Ok(())
    }

    fn forbid(&mut self, name: &[u8], catalog: &Catalog) -> Result<(), Fault> {
        if let Named::Command(index) = catalog.find(name).ok_or(Fault::Unknown)? {
            self.set_command(index, false, catalog);
        }
        self.note(false, name);
        Ok(())
    }

    fn add_first_arg(&mut self, index: usize, word: &[u8]) {
        let words = self.first_args.entry(index).or_default();
        if !words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            words.push(word.into());
        }
    }

    /// A command, with all its subcommands.
    fn set_command(&mut self, index: usize, allows: bool, catalog: &Catalog) {
        self.first_args.remove(&index);
        let subcommands = catalog.get(index).subcommands.iter().copied();
        for index in std::iter::once(index).chain(subcommands) {
            let bit = 1 << (index % 64);
            if allows {
                self.allowed[index / 64] |= bit;
            } else {
                self.allowed[index / 64] &= !bit;
                self.free.remove(Free::COMMANDS);
            }
        }
    }

    /// Puts a rule into the text, in the place of those that it makes void.
    fn note(&mut self, allows: bool, name: &[u8]) {
        let name = name.to_ascii_lowercase();
        let is_void = |rule: &Rule| match rule.name.strip_prefix(name.as_slice()) {
            Some(rest) => rest.is_empty() || rest.starts_with(b"|"),
            None => false,
        };
        self.rules.retain(|rule| !is_void(rule));
        self.rules.push(Rule {
            allows,
            name: name.into(),
        });
    }

    /// Whether the command may be run with any argument.
    #[inline]
    pub(super) fn allows_command(&self, index: usize) -> bool {
        let word = self.allowed.get(index / 64).copied().unwrap_or(0);
        word & 1 << (index % 64) != 0
    }

    /// Whether it may be run with this first argument.
    pub(super) fn allows_first_arg(&self, index: usize, word: &[u8]) -> bool {
        let words = self.first_args.get(&index);
        words.is_some_and(|words| words.iter().any(|known| known.eq_ignore_ascii_case(word)))
    }

    /// Whether the key may be used so.
    pub(super) fn allows_key(&self, key: &[u8], access: Access) -> bool {
        let fits = |known: &KeyPattern| {
            known.access.contains(access) && Glob::new(&known.pattern, Case::Sensitive).matches(key)
        };
        self.free.contains(Free::KEYS) || self.keys.iter().any(fits)
    }

    /// Whether every key may be used so.
    pub(super) fn allows_all_keys(&self, access: Access) -> bool {
        let is_all = |known: &KeyPattern| known.access.contains(access) && *known.pattern == *b"*";
        self.free.contains(Free::KEYS) || self.keys.iter().any(is_all)
    }

    /// Whether the channel may be used.
    pub(super) fn allows_channel(&self, channel: &[u8]) -> bool {
        let fits = |known: &[u8]| Glob::new(known, Case::Sensitive).matches(channel);
        self.free.contains(Free::CHANNELS) || self.channels.iter().any(|known| fits(known))
    }

    /// Whether the pattern of channels may be used: it must stand there as it is.
    pub(super) fn allows_channel_pattern(&self, pattern: &[u8]) -> bool {
        let is_it = |known: &[u8]| known == pattern;
        self.free.contains(Free::CHANNELS) || self.channels.iter().any(|known| is_it(known))
    }

    /// Whether the database may be used.
    pub(super) fn allows_database(&self, database: usize) -> bool {
        self.free.contains(Free::DATABASES)
            || u32::try_from(database).is_ok_and(|id| self.databases.binary_search(&id).is_ok())
    }

    /// The commands, as rules.
    pub fn command_rules(&self) -> Vec<u8> {
        let mut text = match self.from_all {
            true => b"+@all".to_vec(),
            false => b"-@all".to_vec(),
        };
        for rule in &self.rules {
            text.extend_from_slice(if rule.allows { b" +" } else { b" -" });
            text.extend_from_slice(&rule.name);
        }
        text
    }

    /// The keys, as rules; nothing if there are none.
    pub fn key_rules(&self) -> Vec<u8> {
        if self.free.contains(Free::KEYS) {
            return b"~*".to_vec();
        }
        let rule = |key: &KeyPattern| {
            let prefix: &[u8] = match (
                key.access.contains(Access::READ),
                key.access.contains(Access::WRITE),
            ) {
                (true, false) => b"%R~",
                (false, true) => b"%W~",
                _ => b"~",
            };
            [prefix, &key.pattern].concat()
        };
        self.keys.iter().map(rule).collect::<Vec<_>>().join(&b' ')
    }

    /// The channels, as rules; nothing if there are none.
    pub fn channel_rules(&self) -> Vec<u8> {
        if self.free.contains(Free::CHANNELS) {
            return b"&*".to_vec();
        }
        let rules = self
            .channels
            .iter()
            .map(|channel| [b"&", &**channel].concat());
        rules.collect::<Vec<_>>().join(&b' ')
    }

    /// Whether it allows every database.
    pub fn allows_all_databases(&self) -> bool {
        self.free.contains(Free::DATABASES)
    }

    /// The databases, as rules; nothing if there are none.
    pub fn database_rules(&self) -> Vec<u8> {
        if self.allows_all_databases() {
            return b"alldbs".to_vec();
        }
        if self.databases.is_empty() {
            return Vec::new();
        }
        let ids: Vec<String> = self.databases.iter().map(u32::to_string).collect();
        format!("db={}", ids.join(",")).into()
    }

    /// All of it, as words of a description that make the same selector.
    pub(super) fn describe(&self, text: &mut Vec<u8>) {
        let keys = self.key_rules();
        if !keys.is_empty() {
            text.extend_from_slice(&keys);
            text.push(b' ');
        }
        if !self.free.contains(Free::CHANNELS) {
            text.extend_from_slice(b"resetchannels ");
        }
        let channels = self.channel_rules();
        if !channels.is_empty() {
            text.extend_from_slice(&channels);
            text.push(b' ');
        }
        if !self.free.contains(Free::DATABASES) {
            text.extend_from_slice(match self.databases.as_slice() {
                [] => b"resetdbs",
                _ => b"",
            });
            text.extend_from_slice(&self.database_rules());
            text.push(b' ');
        }
        text.extend_from_slice(&self.command_rules());
    }
}

/// The letters between `%` and `~`, and the pattern behind.
fn access(rest: &[u8]) -> Result<(Access, &[u8]), Fault> {
    let mut access = Access::empty();
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        at += 1;
        let letter = match byte.to_ascii_uppercase() {
            b'R' => Access::READ,
            b'W' => Access::WRITE,
            b'~' => break,
            _ => return Err(Fault::Syntax),
        };
        if access.contains(letter) {
            return Err(Fault::Syntax);
        }
        access |= letter;
    }
    match access.is_empty() {
        true => Err(Fault::Syntax),
        false => Ok((access, &rest[at..])),
    }
}

/// Whether a pattern can stand in a line of rules: no blanks and no zero bytes.
pub(super) fn is_word(pattern: &[u8]) -> bool {
    !pattern
        .iter()
        .any(|byte| matches!(byte, b' ' | b'\t'..=b'\r' | 0))
}
