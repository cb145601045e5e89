//! The row that describes a command: the single source of COMMAND, COMMAND DOCS, GETKEYS, ACL
//! categories, `docs/commands.md` and of every decision the core makes about a command.
//!
//! What the core must know about a command is a flag here, never a comparison with its name.

use bitflags::bitflags;

use super::args::Args;
use super::call::Call;
use super::error::CommandError;
use super::keyspec::KeyFinder;
use super::secrets::SecretFinder;

/// What a data command does with its arguments.
pub type DataHandler = fn(&mut Call<'_>, &mut Args<'_>) -> Result<(), CommandError>;

/// One command: what it is and what it does. `H` is the kind of handler its family uses.
#[derive(Debug)]
pub struct Row<H: 'static> {
    pub spec: Spec,
    pub run: Run<H>,
}

/// What a command does: one thing, or one of its subcommands' things.
#[derive(Debug)]
pub enum Run<H: 'static> {
    Handler(H),
    Container(&'static [Row<H>]),
    /// By itself the first, with a subcommand one of the others (COMMAND).
    Both(H, &'static [Row<H>]),
}

/// The description of a command.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// In lower case; a subcommand's own word only (`encoding`, not `object|encoding`).
    pub name: &'static str,
    /// The number of arguments, name included; negative: at least so many.
    pub arity: i32,
    pub flags: Flags,
    /// The categories that do not follow from the flags, see [`Spec::categories`].
    pub acl: Acl,
    pub keys: &'static [KeySpec],
    pub group: &'static str,
    /// The version of Redis (or Valkey) that brought it.
    pub since: &'static str,
    /// One line, in our own words.
    pub summary: &'static str,
    pub complexity: &'static str,
    pub history: &'static [(&'static str, &'static str)],
    /// Hints for clients and proxies (`request_policy:…`).
    pub tips: &'static [&'static str],
    pub deprecated: Option<Deprecated>,
    /// Serves the server's own machinery, not applications.
    pub system: bool,
    pub args: &'static [Arg],
    /// Finds keys where [`Spec::keys`] cannot.
    pub key_finder: Option<KeyFinder>,
    /// Which arguments are channels, for access control.
    pub channels: Channels,
    /// Which databases it is about, for access control.
    pub databases: Databases,
    /// Tells which arguments must not be shown to others.
    pub secrets: Option<SecretFinder>,
}

impl Spec {
    /// What a row that says nothing else has; for `..Spec::DEFAULT`.
    pub const DEFAULT: Spec = Spec {
        name: "",
        arity: 0,
        flags: Flags::empty(),
        acl: Acl::empty(),
        keys: &[],
        group: "generic",
        since: "1.0.0",
        summary: "",
        complexity: "O(1)",
        history: &[],
        tips: &[],
        deprecated: None,
        system: false,
        args: &[],
        key_finder: None,
        channels: Channels::None,
        databases: Databases::Own,
        secrets: None,
    };

    /// Whether `count` arguments (name included) fit the arity.
    #[inline]
    pub fn accepts(&self, count: usize) -> bool {
        let wanted = self.arity.unsigned_abs() as usize;
        if self.arity >= 0 {
            count == wanted
        } else {
            count >= wanted
        }
    }

    /// The index of the first key, if the first key specification gives it; 0: it does not.
    pub fn first_key_index(&self) -> usize {
        match self.keys.first() {
            Some(KeySpec {
                begin: Begin::Index(index),
                find: Find::Range { .. },
                ..
            }) => *index,
            _ => 0,
        }
    }

    /// All ACL categories: those of the row and those that follow from its flags, as in Redis.
    pub fn categories(&self) -> Acl {
        let mut acl = self.acl;
        acl.set(
            Acl::WRITE,
            self.acl.contains(Acl::WRITE) || self.flags.contains(Flags::WRITE),
        );
        let reads = self.flags.contains(Flags::READONLY) && !acl.contains(Acl::SCRIPTING);
        acl.set(Acl::READ, acl.contains(Acl::READ) || reads);
        if self.flags.contains(Flags::ADMIN) {
            acl |= Acl::ADMIN | Acl::DANGEROUS;
        }
        acl.set(
            Acl::PUBSUB,
            acl.contains(Acl::PUBSUB) || self.flags.contains(Flags::PUBSUB),
        );
        acl.set(
            Acl::BLOCKING,
            acl.contains(Acl::BLOCKING) || self.flags.contains(Flags::BLOCKING),
        );
        acl | if self.flags.contains(Flags::FAST) {
            Acl::FAST
        } else {
            Acl::SLOW
        }
    }
}

/// Which of a command's arguments are channels of publish/subscribe that its user must be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    None,
    /// The first: something is said there.
    Publishes,
    /// All: they are listened to.
    Subscribes,
    /// All, as patterns.
    SubscribesPatterns,
}

/// Which databases a command is about, beside the client's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Databases {
    /// No other.
    Own,
    /// The first argument, in the place of its own (SELECT).
    Selects,
    /// The first two (SWAPDB).
    Swaps,
    /// The second argument (MOVE).
    Target,
    /// What stands behind DB (COPY).
    Option,
    /// All there are (FLUSHALL).
    All,
}

/// Since when, and for what, a command is deprecated.
#[derive(Clone, Copy, Debug)]
pub struct Deprecated {
    pub since: &'static str,
    pub replaced_by: &'static str,
}

bitflags! {
    /// What the core knows about a command. Names as COMMAND INFO shows them, except the last.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Flags: u32 {
        const WRITE = 1 << 0;
        const READONLY = 1 << 1;
        /// Refused when memory is over `maxmemory`.
        const DENYOOM = 1 << 2;
        const ADMIN = 1 << 3;
        const PUBSUB = 1 << 4;
        const NOSCRIPT = 1 << 5;
        const BLOCKING = 1 << 6;
        /// Allowed while a data set is loaded.
        const LOADING = 1 << 7;
        /// Allowed on a replica whose data is stale.
        const STALE = 1 << 8;
        const SKIP_MONITOR = 1 << 9;
        const SKIP_SLOWLOG = 1 << 10;
        const ASKING = 1 << 11;
        const FAST = 1 << 12;
        /// Allowed before authentication.
        const NO_AUTH = 1 << 13;
        /// Replicates something although it only reads. COMMAND INFO does not show it.
        const MAY_REPLICATE = 1 << 14;
        const NO_MANDATORY_KEYS = 1 << 15;
        const NO_ASYNC_LOADING = 1 << 16;
        const NO_MULTI = 1 << 17;
        /// Allowed while a script holds the server.
        const ALLOW_BUSY = 1 << 18;
        const PROTECTED = 1 << 19;
        /// Keys stand where the first-last-step range of COMMAND INFO cannot tell. Follows from
        /// the key specifications, see `keyspec::range`; a row need not say it.
        const MOVABLE_KEYS = 1 << 20;
        /// Executed at once between MULTI and EXEC. COMMAND INFO does not show it.
        const NOT_QUEUED = 1 << 21;
        /// Allowed under RESP2 to who is subscribed. COMMAND INFO does not show it.
        const WHEN_SUBSCRIBED = 1 << 22;
        /// Asks whether all is well: refused when what is written would not be kept. COMMAND INFO
        /// does not show it.
        const ASKS_HEALTH = 1 << 23;
        /// Executes what was queued: what is said of that is said of it. COMMAND INFO does not
        /// show it.
        const RUNS_QUEUED = 1 << 24;
    }
}

impl Flags {
    /// The flags' names, in Redis's order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        FLAG_NAMES
            .iter()
            .filter(move |(flag, _)| self.contains(*flag))
            .map(|(_, name)| *name)
    }
}

/// In the order in which Redis lists them.
const FLAG_NAMES: &[(Flags, &str)] = &[
    (Flags::WRITE, "write"),
    (Flags::READONLY, "readonly"),
    (Flags::DENYOOM, "denyoom"),
    (Flags::ADMIN, "admin"),
    (Flags::PUBSUB, "pubsub"),
    (Flags::NOSCRIPT, "noscript"),
    (Flags::BLOCKING, "blocking"),
    (Flags::LOADING, "loading"),
    (Flags::STALE, "stale"),
    (Flags::SKIP_MONITOR, "skip_monitor"),
    (Flags::SKIP_SLOWLOG, "skip_slowlog"),
    (Flags::ASKING, "asking"),
    (Flags::FAST, "fast"),
    (Flags::NO_AUTH, "no_auth"),
    (Flags::NO_MANDATORY_KEYS, "no_mandatory_keys"),
    (Flags::NO_ASYNC_LOADING, "no_async_loading"),
    (Flags::NO_MULTI, "no_multi"),
    (Flags::MOVABLE_KEYS, "movablekeys"),
    (Flags::ALLOW_BUSY, "allow_busy"),
];

bitflags! {
    /// ACL categories.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Acl: u32 {
        const KEYSPACE = 1 << 0;
        const READ = 1 << 1;
        const WRITE = 1 << 2;
        const SET = 1 << 3;
        const SORTEDSET = 1 << 4;
        const LIST = 1 << 5;
        const HASH = 1 << 6;
        const STRING = 1 << 7;
        const BITMAP = 1 << 8;
        const HYPERLOGLOG = 1 << 9;
        const GEO = 1 << 10;
        const STREAM = 1 << 11;
        const PUBSUB = 1 << 12;
        const ADMIN = 1 << 13;
        const FAST = 1 << 14;
        const SLOW = 1 << 15;
        const BLOCKING = 1 << 16;
        const DANGEROUS = 1 << 17;
        const CONNECTION = 1 << 18;
        const TRANSACTION = 1 << 19;
        const SCRIPTING = 1 << 20;
    }
}

impl Acl {
    /// The categories' names with their `@`, in Redis's order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        ACL_NAMES
            .iter()
            .filter(move |(acl, _)| self.contains(*acl))
            .map(|(_, name)| *name)
    }

    /// The category called `name`, in any case, without its `@`.
    pub fn named(name: &[u8]) -> Option<Acl> {
        let is_it = |known: &str| known.as_bytes()[1..].eq_ignore_ascii_case(name);
        let (acl, _) = ACL_NAMES.iter().find(|(_, known)| is_it(known))?;
        Some(*acl)
    }
}

const ACL_NAMES: &[(Acl, &str)] = &[
    (Acl::KEYSPACE, "@keyspace"),
    (Acl::READ, "@read"),
    (Acl::WRITE, "@write"),
    (Acl::SET, "@set"),
    (Acl::SORTEDSET, "@sortedset"),
    (Acl::LIST, "@list"),
    (Acl::HASH, "@hash"),
    (Acl::STRING, "@string"),
    (Acl::BITMAP, "@bitmap"),
    (Acl::HYPERLOGLOG, "@hyperloglog"),
    (Acl::GEO, "@geo"),
    (Acl::STREAM, "@stream"),
    (Acl::PUBSUB, "@pubsub"),
    (Acl::ADMIN, "@admin"),
    (Acl::FAST, "@fast"),
    (Acl::SLOW, "@slow"),
    (Acl::BLOCKING, "@blocking"),
    (Acl::DANGEROUS, "@dangerous"),
    (Acl::CONNECTION, "@connection"),
    (Acl::TRANSACTION, "@transaction"),
    (Acl::SCRIPTING, "@scripting"),
];

/// Where some of a command's keys stand, and what the command does with them.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    pub flags: KeyFlags,
    pub begin: Begin,
    pub find: Find,
    pub notes: &'static str,
}

/// Where to begin looking for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At this argument (the name is 0).
    Index(usize),
    /// After this word, looked for from argument `from` (negative: backwards from the end).
    Keyword {
        word: &'static str,
        from: i32,
    },
    Unknown,
}

/// Which arguments from there on are keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Find {
    /// Up to `last`, counted from the beginning (negative: from the end of the arguments, and
    /// then with `limit` 2 or more only the first part of them), every `step`.
    Range {
        last: i32,
        step: usize,
        limit: usize,
    },
    /// As many as the argument at `count` says, from `first` on, both counted from the beginning.
    KeyNum {
        count: usize,
        first: usize,
        step: usize,
    },
    Unknown,
}

impl KeySpec {
    /// One key at argument `index`.
    pub const fn one(index: usize, flags: KeyFlags) -> KeySpec {
        KeySpec::range(index, 0, 1, flags)
    }

    /// Keys from argument `first` on, `last` as in [`Find::Range`].
    pub const fn range(first: usize, last: i32, step: usize, flags: KeyFlags) -> KeySpec {
        let find = Find::Range {
            last,
            step,
            limit: 0,
        };
        KeySpec {
            flags,
            begin: Begin::Index(first),
            find,
            notes: "",
        }
    }

    /// Keys wherever `begin` and `find` say.
    pub const fn new(begin: Begin, find: Find, flags: KeyFlags) -> KeySpec {
        KeySpec {
            flags,
            begin,
            find,
            notes: "",
        }
    }

    /// The same, with a word on what is peculiar about it.
    pub const fn notes(self, notes: &'static str) -> KeySpec {
        KeySpec { notes, ..self }
    }
}

bitflags! {
    /// What a command does with a key.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct KeyFlags: u16 {
        const RO = 1 << 0;
        const RW = 1 << 1;
        const OW = 1 << 2;
        const RM = 1 << 3;
        const ACCESS = 1 << 4;
        const UPDATE = 1 << 5;
        const INSERT = 1 << 6;
        const DELETE = 1 << 7;
        const NOT_KEY = 1 << 8;
        const INCOMPLETE = 1 << 9;
        const VARIABLE_FLAGS = 1 << 10;
    }
}

impl KeyFlags {
    /// The flags' names, in Redis's order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        KEY_FLAG_NAMES
            .iter()
            .filter(move |(flag, _)| self.contains(*flag))
            .map(|(_, name)| *name)
    }
}

const KEY_FLAG_NAMES: &[(KeyFlags, &str)] = &[
    (KeyFlags::RO, "RO"),
    (KeyFlags::RW, "RW"),
    (KeyFlags::OW, "OW"),
    (KeyFlags::RM, "RM"),
    (KeyFlags::ACCESS, "access"),
    (KeyFlags::UPDATE, "update"),
    (KeyFlags::INSERT, "insert"),
    (KeyFlags::DELETE, "delete"),
    (KeyFlags::NOT_KEY, "not_key"),
    (KeyFlags::INCOMPLETE, "incomplete"),
    (KeyFlags::VARIABLE_FLAGS, "variable_flags"),
];

/// One argument in a command's syntax, as COMMAND DOCS shows it.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    pub name: &'static str,
    pub kind: ArgKind,
    /// The index of the key specification this argument belongs to.
    pub key_spec: Option<usize>,
    /// The word that introduces (or is) the argument.
    pub token: Option<&'static str>,
    pub flags: ArgFlags,
    pub since: Option<&'static str>,
    pub deprecated_since: Option<&'static str>,
    /// How the argument is called in a syntax line, when not by its name.
    pub display: Option<&'static str>,
}

impl Arg {
    /// A required argument.
    pub const fn new(name: &'static str, kind: ArgKind) -> Arg {
        Arg {
            name,
            kind,
            key_spec: None,
            token: None,
            flags: ArgFlags::empty(),
            since: None,
            deprecated_since: None,
            display: None,
        }
    }

    /// The key (or keys) of key specification `index`.
    pub const fn key(name: &'static str, index: usize) -> Arg {
        Arg {
            key_spec: Some(index),
            ..Arg::new(name, ArgKind::Key)
        }
    }

    /// A required string.
    pub const fn string(name: &'static str) -> Arg {
        Arg::new(name, ArgKind::String)
    }

    /// A required integer.
    pub const fn integer(name: &'static str) -> Arg {
        Arg::new(name, ArgKind::Integer)
    }

    /// A required double.
    pub const fn double(name: &'static str) -> Arg {
        Arg::new(name, ArgKind::Double)
    }

    /// A required glob pattern.
    pub const fn pattern(name: &'static str) -> Arg {
        Arg::new(name, ArgKind::Pattern)
    }

    /// A required Unix time.
    pub const fn unix_time(name: &'static str) -> Arg {
        Arg::new(name, ArgKind::UnixTime)
    }

    /// One of `args`.
    pub const fn one_of(name: &'static str, args: &'static [Arg]) -> Arg {
        Arg::new(name, ArgKind::OneOf(args))
    }

    /// All of `args`, in this order.
    pub const fn block(name: &'static str, args: &'static [Arg]) -> Arg {
        Arg::new(name, ArgKind::Block(args))
    }

    /// A word that stands for itself.
    pub const fn word(name: &'static str, token: &'static str) -> Arg {
        Arg {
            token: Some(token),
            ..Arg::new(name, ArgKind::PureToken)
        }
    }

    /// The same, introduced by `token`.
    pub const fn token(self, token: &'static str) -> Arg {
        Arg {
            token: Some(token),
            ..self
        }
    }

    /// The same, optional.
    pub const fn optional(self) -> Arg {
        Arg {
            flags: self.flags.union(ArgFlags::OPTIONAL),
            ..self
        }
    }

    /// The same, once or more.
    pub const fn multiple(self) -> Arg {
        Arg {
            flags: self.flags.union(ArgFlags::MULTIPLE),
            ..self
        }
    }

    /// The same, with its token before each of them.
    pub const fn multiple_token(self) -> Arg {
        Arg {
            flags: self.flags.union(ArgFlags::MULTIPLE_TOKEN),
            ..self
        }
    }

    /// The same, known since `version`.
    pub const fn since(self, version: &'static str) -> Arg {
        Arg {
            since: Some(version),
            ..self
        }
    }

    /// The same, deprecated since `version`.
    pub const fn deprecated_since(self, version: &'static str) -> Arg {
        Arg {
            deprecated_since: Some(version),
            ..self
        }
    }

    /// The same, called `text` in a syntax line.
    pub const fn display(self, text: &'static str) -> Arg {
        Arg {
            display: Some(text),
            ..self
        }
    }
}

/// The kind of an argument.
#[derive(Clone, Copy, Debug)]
pub enum ArgKind {
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    PureToken,
    OneOf(&'static [Arg]),
    Block(&'static [Arg]),
}

bitflags! {
    /// How often an argument stands.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ArgFlags: u8 {
        const OPTIONAL = 1 << 0;
        const MULTIPLE = 1 << 1;
        const MULTIPLE_TOKEN = 1 << 2;
    }
}
