//! Access control lists: the users, what each may do, and the log of what was refused.
//!
//! A [`User`] has passwords and [selectors](selector::Selector): sets of commands, keys, channels
//! and databases. A request passes if one selector allows all of it. Everything here is pure: the
//! server asks ([`User::check`]), and says what commands there are ([`Catalog`]).
//!
//! ```text
//! user alice on #5e88…  ~app:* %R~shared:*  &news  -@all +@read +set  (~tmp:* resetchannels -@all +del)
//!            flags      keys                channels  commands        a selector of its own
//! ```
//!
//! A client whose user may do everything never comes here: a flag of the client says so, which the
//! server keeps true to the user. Of the others a request costs a bit in a bitmap, and the look at
//! its keys against the patterns; nothing is allocated.

mod catalog;
mod check;
mod elsewhere;
pub mod file;
pub mod log;
mod password;
mod selector;
mod user;

use std::collections::BTreeMap;
use std::fmt;

use slab::Slab;

pub use catalog::Catalog;
pub use check::{Asked, Denied};
pub use elsewhere::is_known as is_elsewhere;
pub use selector::Selector;
pub use user::{User, is_name};

use crate::command::keyspec::FoundKey;
use log::Log;

/// The user that every connection begins with. It cannot be removed.
pub const DEFAULT_NAME: &[u8] = b"default";

/// Names a user for as long as it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserId(usize);

impl UserId {
    /// The default user's.
    pub const DEFAULT: UserId = UserId(0);
}

/// What a user has that nothing was said of (`acl-pubsub-default`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    pub all_channels: bool,
}

/// Why a rule is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no such command or category.
    Unknown,
    Syntax,
    /// A key pattern behind one that means all keys.
    KeysAfterAll,
    /// A channel pattern behind one that means all channels.
    ChannelsAfterAll,
    NoSuchPassword,
    BadHash,
    /// A first argument of a subcommand.
    FirstArgOfSub,
    DatabaseOutOfRange,
    Duplicate,
    /// A parenthesis is not closed.
    Unmatched,
}

impl Fault {
    /// In Redis's words.
    pub fn text(self) -> &'static str {
        match self {
            Fault::Unknown => "Unknown command or category name in ACL",
            Fault::Syntax => "Syntax error",
            Fault::KeysAfterAll => {
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and \
                 does not have any effect. Try 'resetkeys' to start with an empty list of patterns"
            }
            Fault::ChannelsAfterAll => {
                "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid \
                 and does not have any effect. Try 'resetchannels' to start with an empty list of \
                 channels"
            }
            Fault::NoSuchPassword => {
                "The password you are trying to remove from the user does not exist"
            }
            Fault::BadHash => {
                "The password hash must be exactly 64 characters and contain only lowercase \
                 hexadecimal characters"
            }
            Fault::FirstArgOfSub => "Allowing first-arg of a subcommand is not supported",
            Fault::DatabaseOutOfRange => "The provided database ID is out of range",
            Fault::Duplicate => {
                "Duplicate user found. A user can only be defined once in config files"
            }
            Fault::Unmatched => "Wrong format",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// All users, and what was refused to them.
#[derive(Debug)]
pub struct AccessControl {
    catalog: Catalog,
    users: Slab<User>,
    /// In the order in which they are listed.
    ids: BTreeMap<Box<[u8]>, UserId>,
    pub log: Log,
    /// Room for the keys of the request being looked at.
    keys: Vec<FoundKey>,
}

impl AccessControl {
    /// The default user alone, who may do everything.
    pub fn new(catalog: Catalog) -> AccessControl {
        let mut users = Slab::new();
        let first = users.insert(User::unrestricted(&catalog));
        assert_eq!(UserId(first), UserId::DEFAULT);
        AccessControl {
            catalog,
            users,
            ids: BTreeMap::from([(DEFAULT_NAME.into(), UserId::DEFAULT)]),
            log: Log::default(),
            keys: Vec::new(),
        }
    }

    /// What rules may name.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The user with this id.
    pub fn user(&self, id: UserId) -> &User {
        &self.users[id.0]
    }

    /// The user that clients are before they say who they are.
    pub fn default_user(&self) -> &User {
        self.user(UserId::DEFAULT)
    }

    /// The user called so.
    pub fn find(&self, name: &[u8]) -> Option<UserId> {
        self.ids.get(name).copied()
    }

    /// Everybody, by name.
    pub fn users(&self) -> impl ExactSizeIterator<Item = &User> {
        self.ids.values().map(|id| self.user(*id))
    }

    /// Takes a user in, in the place of the one of that name.
    pub fn put(&mut self, user: User) -> UserId {
        if let Some(id) = self.find(user.name()) {
            self.users[id.0] = user;
            return id;
        }
        let name = user.name().into();
        let id = UserId(self.users.insert(user));
        self.ids.insert(name, id);
        id
    }

    /// Removes a user, not the default one; its id, which may name another from then on.
    pub fn remove(&mut self, name: &[u8]) -> Option<UserId> {
        let id = self.find(name).filter(|id| *id != UserId::DEFAULT)?;
        self.ids.remove(name);
        self.users.remove(id.0);
        Some(id)
    }

    /// Who it is that gives this name and password, if that is right. It takes as long to say no
    /// to a wrong name as to a wrong password.
    pub fn authenticate(&self, name: &[u8], password: &[u8]) -> Option<UserId> {
        let digest = password::Digest::of(password);
        let id = self.find(name);
        let user = self.user(id.unwrap_or(UserId::DEFAULT));
        let right = user.knows(&digest);
        id.filter(|_| right && user.is_enabled())
    }

    /// Whether a user may run a request; why not.
    ///
    /// # Errors
    /// What of the request it must not.
    pub fn check(&mut self, id: UserId, asked: &Asked<'_>) -> Result<(), Denied> {
        let mut keys = std::mem::take(&mut self.keys);
        let result = self.user(id).check(asked, &mut keys);
        keys.clear();
        self.keys = keys;
        result
    }
}

#[cfg(test)]
mod tests;
