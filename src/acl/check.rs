//! Whether a user may run a request.
//!
//! Of several selectors one must allow all of it. If none does, what is told is what came closest:
//! a channel or a key that no selector allows; if no selector even allows the command, that; and if
//! none allows the database, that. Of several keys it is the last that stopped a selector.

use super::User;
use super::selector::{Access, Free, Selector};
use crate::command::keyspec::{self, FoundKey};
use crate::command::spec::{Acl, Channels, Databases, Flags, KeyFlags, Spec};
use crate::ds::number::parse_int;
use crate::resp::request::Request;

/// A request, as access control sees it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The index of the command in the catalog.
    pub command: usize,
    pub spec: &'static Spec,
    /// How many words the command's name takes.
    pub words: usize,
    pub request: Request<'a>,
    /// The client's database.
    pub database: usize,
    /// How many databases there are.
    pub databases: usize,
}

/// What a user must not. An argument's index where there is one; the least serious first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denied {
    /// 0: the client's own, or all of them.
    Database(usize),
    Command,
    Key(usize),
    Channel(usize),
}

impl Denied {
    /// Which argument it is about.
    pub fn argument(self) -> Option<usize> {
        match self {
            Denied::Command | Denied::Database(0) => None,
            Denied::Database(index) | Denied::Key(index) | Denied::Channel(index) => Some(index),
        }
    }
}

impl User {
    /// Whether it may run this; `keys` is room to work in.
    ///
    /// # Errors
    /// What of it it must not.
    pub fn check(&self, asked: &Asked<'_>, keys: &mut Vec<FoundKey>) -> Result<(), Denied> {
        keys.clear();
        keyspec::find(asked.spec, asked.request, keys);
        let mut worst = Denied::Database(0);
        for selector in self.selectors() {
            match selector.check(asked, keys) {
                Ok(()) => return Ok(()),
                Err(denied) => worst = worst.max(denied),
            }
        }
        Err(worst)
    }

    /// Whether it may run this and read any key there is: what SORT's BY and GET ask for.
    pub fn reads_all_keys(&self, asked: &Asked<'_>, keys: &mut Vec<FoundKey>) -> bool {
        keys.clear();
        keyspec::find(asked.spec, asked.request, keys);
        let may =
            |one: &Selector| one.allows_all_keys(Access::READ) && one.check(asked, keys).is_ok();
        self.selectors().iter().any(may)
    }
}

impl Selector {
    fn check(&self, asked: &Asked<'_>, keys: &[FoundKey]) -> Result<(), Denied> {
        let request = asked.request;
        if !self.free.contains(Free::DATABASES) {
            self.check_databases(asked)?;
        }
        if !self.allows_the_command(asked) {
            return Err(Denied::Command);
        }
        if !self.free.contains(Free::KEYS) {
            for key in keys {
                if !self.allows_key(request.bytes(key.index), access(key.flags)) {
                    return Err(Denied::Key(key.index));
                }
            }
        }
        if !self.free.contains(Free::CHANNELS) {
            let refused = channels(asked).find(|index| {
                let channel = request.bytes(*index);
                !match asked.spec.channels {
                    Channels::SubscribesPatterns => self.allows_channel_pattern(channel),
                    _ => self.allows_channel(channel),
                }
            });
            if let Some(index) = refused {
                return Err(Denied::Channel(index));
            }
        }
        Ok(())
    }

    fn allows_the_command(&self, asked: &Asked<'_>) -> bool {
        let first = asked.words;
        self.free.contains(Free::COMMANDS)
            || asked.spec.flags.contains(Flags::NO_AUTH)
            || self.allows_command(asked.command)
            || (first < asked.request.len()
                && self.allows_first_arg(asked.command, asked.request.bytes(first)))
    }

    /// The databases that the request names, and the client's own if it looks into it.
    fn check_databases(&self, asked: &Asked<'_>) -> Result<(), Denied> {
        let (spec, request) = (asked.spec, asked.request);
        let named = |index: usize| {
            let id = (index < request.len()).then(|| parse_int(request.bytes(index)));
            let id = id.flatten().and_then(|id| usize::try_from(id).ok());
            // What cannot be is refused by the command.
            let id = id.filter(|id| *id < asked.databases);
            match id {
                Some(id) if !self.allows_database(id) => Err(Denied::Database(index)),
                _ => Ok(()),
            }
        };
        match spec.databases {
            Databases::Own => {}
            // Whichever its own is.
            Databases::Selects => return named(1),
            Databases::Swaps => return named(1).and_then(|()| named(2)),
            Databases::All => {
                if !(0..asked.databases).all(|id| self.allows_database(id)) {
                    return Err(Denied::Database(0));
                }
            }
            Databases::Target => named(2)?,
            Databases::Option => {
                for index in 3..request.len() {
                    if request.bytes(index).eq_ignore_ascii_case(b"db") {
                        named(index + 1)?;
                    }
                }
            }
        }
        let data = Acl::KEYSPACE | Acl::READ | Acl::WRITE;
        let looks = spec.categories().intersects(data) || keyspec::takes_keys(spec);
        match looks && !self.allows_database(asked.database) {
            true => Err(Denied::Database(0)),
            false => Ok(()),
        }
    }
}

/// The indices of the arguments that are channels.
fn channels(asked: &Asked<'_>) -> std::ops::Range<usize> {
    let end = asked.request.len();
    match asked.spec.channels {
        Channels::None => 0..0,
        Channels::Publishes => 1..end.min(2),
        Channels::Subscribes | Channels::SubscribesPatterns => 1..end,
    }
}

/// What a command needs of a key. That it is there anybody may ask who may use it at all.
fn access(flags: KeyFlags) -> Access {
    let mut access = Access::empty();
    access.set(Access::READ, flags.contains(KeyFlags::ACCESS));
    let writes = KeyFlags::INSERT | KeyFlags::DELETE | KeyFlags::UPDATE;
    access.set(Access::WRITE, flags.intersects(writes));
    access
}
