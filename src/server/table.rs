//! The command table: every row under its name, found with one multiplication.
//!
//! A name is packed into two words (its first and last eight bytes, in lower case). They and its
//! length, mixed and times a multiplier, shifted, are an index into a table in which no two commands
//! meet. The multiplier is searched for at start. After the hit the words are compared: between them
//! they hold all of a name of up to sixteen bytes.

use std::sync::Arc;

use crate::acl::Catalog;
use crate::admin::{self, AdminHandler};
use crate::command;
use crate::command::error::CommandError;
use crate::command::spec::{DataHandler, Row, Run, Spec};
use crate::resp::request::Request;

/// An index into the table's commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u16);

/// One command or subcommand, ready to be found and executed.
#[derive(Debug)]
pub struct Command {
    pub id: CommandId,
    pub spec: &'static Spec,
    /// In lower case; a subcommand's with its container's (`object|encoding`).
    pub name: Box<str>,
    /// What clients call it: its name, unless it was renamed; nothing, if it was removed.
    pub called: Box<[u8]>,
    /// The same, packed.
    packed: Packed,
    pub action: Action,
    /// What executes it, if it is a data command that its name alone tells.
    pub data_handler: Option<DataHandler>,
    pub parent: Option<CommandId>,
    pub subcommands: Vec<CommandId>,
    /// The index of the first key among the arguments, for prefetching; 0: none.
    pub first_key: usize,
    /// How many words its name takes: where its arguments begin.
    pub words: usize,
}

/// What executes a command.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    Data(DataHandler),
    Admin(AdminHandler),
    /// Only its subcommands do something.
    Container,
}

/// All commands.
#[derive(Debug)]
pub struct CommandTable {
    commands: Vec<Command>,
    /// Top-level commands' ids by slot; `EMPTY` where there is none.
    slots: Vec<u16>,
    multiplier: u64,
    shift: u32,
}

const EMPTY: u16 = u16::MAX;

/// Multipliers tried before the table is made larger.
const TRIES: usize = 4096;

impl CommandTable {
    /// The table of every family's rows.
    pub fn new() -> Arc<CommandTable> {
        match CommandTable::renamed(&[]) {
            Ok(table) => table,
            Err(refusal) => unreachable!("nothing is renamed: {refusal}"),
        }
    }

    /// The same with commands renamed, one after the other; to nothing: removed.
    ///
    /// # Errors
    /// In Redis's words, if there is no such command or the new name is taken.
    pub fn renamed(renames: &[(Vec<u8>, Vec<u8>)]) -> Result<Arc<CommandTable>, &'static str> {
        let mut commands: Vec<Command> = Vec::new();
        for rows in command::FAMILIES {
            add_rows(&mut commands, rows, None, Action::Data);
        }
        for rows in admin::FAMILIES {
            add_rows(&mut commands, rows, None, Action::Admin);
        }
        for (from, to) in renames {
            rename(&mut commands, from, to)?;
        }
        let (slots, multiplier, shift) = place(&commands);
        Ok(Arc::new(CommandTable {
            commands,
            slots,
            multiplier,
            shift,
        }))
    }

    /// The commands as access control names them.
    pub fn catalog(&self) -> Catalog {
        let parent = |command: &Command| command.parent.map(|id| usize::from(id.0));
        let commands = self.commands.iter();
        Catalog::new(commands.map(|command| (&*command.name, command.spec, parent(command))))
    }

    /// The number of commands, subcommands included.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether there are no commands.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// The command with this id.
    #[inline]
    pub fn get(&self, id: CommandId) -> &Command {
        &self.commands[usize::from(id.0)]
    }

    /// The command whose id has this index.
    pub fn by_index(&self, index: usize) -> Option<&Command> {
        self.commands.get(index)
    }

    /// All commands; a container comes before its subcommands.
    pub fn iter(&self) -> impl Iterator<Item = &Command> {
        self.commands.iter()
    }

    /// The commands that are not subcommands.
    pub fn top_level(&self) -> impl Iterator<Item = &Command> {
        self.commands
            .iter()
            .filter(|command| command.parent.is_none() && !command.called.is_empty())
    }

    /// The top-level command called `name`, in any case.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<&Command> {
        let packed = Packed::new(name);
        let slot = (packed.mixed().wrapping_mul(self.multiplier) >> self.shift) as usize;
        let command = self.commands.get(usize::from(self.slots[slot]))?;
        let same = command.packed == packed
            && (packed.is_whole() || command.called.eq_ignore_ascii_case(name));
        same.then_some(command)
    }

    /// The subcommand of `container` called `name`, in any case.
    pub fn find_sub(&self, container: &Command, name: &[u8]) -> Option<&Command> {
        let subcommands = container.subcommands.iter().map(|id| self.get(*id));
        subcommands.into_iter().find(|sub| {
            let word = &sub.name[container.name.len() + 1..];
            word.as_bytes().eq_ignore_ascii_case(name)
        })
    }

    /// The command called `name`, which may be `container|sub`.
    pub fn find_full(&self, name: &[u8]) -> Option<&Command> {
        match memchr::memchr(b'|', name) {
            None => self.find(name),
            Some(bar) => self.find_sub(self.find(&name[..bar])?, &name[bar + 1..]),
        }
    }

    /// The command or subcommand a request names, whatever its number of arguments.
    pub fn lookup(&self, request: Request<'_>) -> Option<&Command> {
        let command = self.find(request.bytes(0))?;
        if command.subcommands.is_empty() || request.len() == 1 {
            return Some(command);
        }
        self.find_sub(command, request.bytes(1))
    }

    /// The command a request asks for: `found` by its name, or that one's subcommand; its
    /// arguments are as many as it takes.
    ///
    /// # Errors
    /// In Redis's words, if there is no such command or the number of arguments does not fit.
    #[inline]
    pub fn resolve<'a>(
        &'a self,
        found: Option<&'a Command>,
        request: &Request<'_>,
    ) -> Result<&'a Command, CommandError> {
        let Some(mut command) = found else {
            return Err(unknown_command(request));
        };
        if !command.subcommands.is_empty() && request.len() > 1 {
            let Some(sub) = self.find_sub(command, request.bytes(1)) else {
                return Err(unknown_subcommand(command, request.bytes(1)));
            };
            command = sub;
        }
        if !command.spec.accepts(request.len()) {
            return Err(CommandError::wrong_arity(&command.name));
        }
        Ok(command)
    }
}

fn rename(commands: &mut [Command], from: &[u8], to: &[u8]) -> Result<(), &'static str> {
    let find = |name: &[u8]| {
        let is_called = |command: &Command| {
            command.parent.is_none() && command.called.eq_ignore_ascii_case(name)
        };
        (!name.is_empty()).then(|| commands.iter().position(is_called))?
    };
    let index = find(from).ok_or("No such command in rename-command")?;
    if find(to).is_some_and(|taken| taken != index) {
        return Err("Target command name already exists");
    }
    commands[index].called = to.into();
    commands[index].packed = Packed::new(to);
    Ok(())
}

fn add_rows<H: Copy>(
    commands: &mut Vec<Command>,
    rows: &'static [Row<H>],
    parent: Option<CommandId>,
    make: fn(H) -> Action,
) {
    for row in rows {
        let id = CommandId(u16::try_from(commands.len()).expect("fewer than 65,535 commands"));
        let name: Box<str> = match parent {
            Some(parent) => {
                format!("{}|{}", commands[usize::from(parent.0)].name, row.spec.name).into()
            }
            None => row.spec.name.into(),
        };
        let action = match row.run {
            Run::Handler(handler) | Run::Both(handler, _) => make(handler),
            Run::Container(_) => Action::Container,
        };
        commands.push(Command {
            id,
            spec: &row.spec,
            called: name.as_bytes().into(),
            packed: Packed::new(name.as_bytes()),
            name,
            data_handler: match (action, &row.run, parent) {
                (Action::Data(handler), Run::Handler(_), None) => Some(handler),
                _ => None,
            },
            action,
            parent,
            subcommands: Vec::new(),
            first_key: row.spec.first_key_index(),
            words: if parent.is_some() { 2 } else { 1 },
        });
        if let Some(parent) = parent {
            commands[usize::from(parent.0)].subcommands.push(id);
        }
        if let Run::Container(subcommands) | Run::Both(_, subcommands) = row.run {
            add_rows(commands, subcommands, Some(id), make);
        }
    }
}

/// Finds a multiplier under which no two names meet; the table grows until there is one.
fn place(commands: &[Command]) -> (Vec<u16>, u64, u32) {
    let mut random = fastrand::Rng::with_seed(0x7275_6464_6c65);
    let top: Vec<_> = commands
        .iter()
        .filter(|command| command.parent.is_none() && !command.called.is_empty())
        .collect();
    for bits in 10.. {
        let shift = u64::BITS - bits;
        for _ in 0..TRIES {
            let multiplier = random.u64(..) | 1;
            let mut slots = vec![EMPTY; 1 << bits];
            let placed = top.iter().all(|command| {
                let word = command.packed.mixed();
                let slot = &mut slots[(word.wrapping_mul(multiplier) >> shift) as usize];
                let free = *slot == EMPTY;
                *slot = command.id.0;
                free
            });
            if placed {
                return (slots, multiplier, shift);
            }
        }
        assert!(bits < 24, "two commands have names that pack alike");
    }
    unreachable!("the loop above ends by returning or by its assertion")
}

/// A name's first and last bytes, in lower case, and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packed {
    head: u64,
    tail: u64,
    len: usize,
}

impl Packed {
    #[inline]
    fn new(name: &[u8]) -> Packed {
        let (head, tail) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
            (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
            _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
                (Some(head), Some(tail)) => (
                    u32::from_le_bytes(*head).into(),
                    u32::from_le_bytes(*tail).into(),
                ),
                _ => (
                    name.iter()
                        .fold(0, |word, byte| word << 8 | u64::from(*byte)),
                    0,
                ),
            },
        };
        Packed {
            head: in_lower_case(head),
            tail: in_lower_case(tail),
            len: name.len(),
        }
    }

    /// All of it in one word, which others may share.
    #[inline]
    fn mixed(self) -> u64 {
        (self.head ^ self.tail.rotate_left(27)).wrapping_add(self.len as u64)
    }

    /// Whether this is all of the name.
    #[inline]
    fn is_whole(self) -> bool {
        self.len <= 16
    }
}

/// Eight bytes at once: those that are capital letters of ASCII become small ones.
#[inline]
fn in_lower_case(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let low = word & (EACH * 0x7f);
    let from_a = low + EACH * u64::from(0x80 - b'A');
    let above_z = low + EACH * u64::from(0x7f - b'Z');
    let capital = (from_a ^ above_z) & !word & (EACH * 0x80);
    word | capital >> 2
}

/// Bytes of a client's words quoted in an error.
const QUOTED_BYTES_MAX: usize = 128;

#[cold]
fn unknown_command(request: &Request<'_>) -> CommandError {
    let mut text = b"ERR unknown command '".to_vec();
    text.extend_from_slice(quoted(request.bytes(0), QUOTED_BYTES_MAX));
    text.extend_from_slice(b"', with args beginning with: ");
    let start = text.len();
    for index in 1..request.len() {
        let room = QUOTED_BYTES_MAX.saturating_sub(text.len() - start);
        if room == 0 {
            break;
        }
        text.push(b'\'');
        text.extend_from_slice(quoted(request.bytes(index), room));
        text.extend_from_slice(b"' ");
    }
    CommandError::quoting(text)
}

#[cold]
fn unknown_subcommand(container: &Command, sub: &[u8]) -> CommandError {
    let mut text = b"ERR unknown subcommand '".to_vec();
    text.extend_from_slice(quoted(sub, QUOTED_BYTES_MAX));
    let name = container.name.to_ascii_uppercase();
    text.extend_from_slice(format!("'. Try {name} HELP.").as_bytes());
    CommandError::quoting(text)
}

/// What an error quotes of `word`: at most `count` bytes and, as in Redis, none behind a zero.
fn quoted(word: &[u8], count: usize) -> &[u8] {
    let word = &word[..word.len().min(count)];
    memchr::memchr(0, word).map_or(word, |end| &word[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case() {
        let table = CommandTable::new();
        for command in table.top_level() {
            let upper = command.name.to_ascii_uppercase();
            for name in [&*command.name, &upper] {
                assert_eq!(
                    table.find(name.as_bytes()).map(|found| found.id),
                    Some(command.id)
                );
            }
            assert!(table.find(format!("{upper}!").as_bytes()).is_none());
        }
        assert!(table.find(b"").is_none());
    }

    #[test]
    fn only_letters_have_two_forms() {
        for byte in 0..=u8::MAX {
            let lower = byte.to_ascii_lowercase();
            for place in 0..8 {
                let word = u64::from(byte) << (8 * place);
                assert_eq!(in_lower_case(word), u64::from(lower) << (8 * place));
            }
        }
        let table = CommandTable::new();
        for name in ["set", "ping", "zrangebyscore", "zrevrangebyscore"] {
            for place in 0..name.len() {
                for byte in 0..=u8::MAX {
                    let mut other = name.as_bytes().to_vec();
                    other[place] = byte;
                    let found = table.find(&other).map(|command| &*command.name);
                    let same = other.eq_ignore_ascii_case(name.as_bytes());
                    assert_eq!(found == Some(name), same, "{}", other.escape_ascii());
                }
            }
        }
    }

    /// Rules may name commands that are not here; what is here must not be among them.
    #[test]
    fn no_command_is_elsewhere() {
        for command in CommandTable::new().iter() {
            assert!(!crate::acl::is_elsewhere(&command.name), "{}", command.name);
        }
    }

    #[test]
    fn renamed_commands_go_by_their_new_names_alone() {
        let rename = |pairs: &[(&str, &str)]| {
            let bytes =
                |(from, to): &(&str, &str)| (from.as_bytes().to_vec(), to.as_bytes().to_vec());
            CommandTable::renamed(&pairs.iter().map(bytes).collect::<Vec<_>>())
        };
        let table = rename(&[
            ("GET", "fetch"),
            ("del", ""),
            ("fetch", "Fetch2"),
            ("set", "get"),
        ]);
        let table = table.unwrap();
        let name = |called: &[u8]| table.find(called).map(|command| &*command.name);
        assert_eq!(name(b"fetch2"), Some("get"));
        assert_eq!(name(b"GET"), Some("set"));
        assert_eq!((name(b"del"), name(b"set"), name(b"")), (None, None, None));
        assert!(table.top_level().all(|command| &*command.name != "del"));
        let refused = rename(&[("nope", "x")]).unwrap_err();
        assert_eq!(refused, "No such command in rename-command");
        let refused = rename(&[("get", "SET")]).unwrap_err();
        assert_eq!(refused, "Target command name already exists");
    }
}
