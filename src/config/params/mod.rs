//! The table of parameters: one row each, by area.
//!
//! A row is the single source of what the file parser, CONFIG GET, SET and REWRITE and
//! `docs/config.md` know about a parameter. Every directive of Redis 7.0 and Valkey 9.1 has one,
//! also those that cannot mean anything here: a file written for either server is understood, and
//! whoever sets something without effect is told so.
//!
//! Adding one? A row in its area; if the server reads it, a field in [`Config`] and `.at(field!)`.
//! A test holds every row against its field.

mod cluster;
mod memory;
mod network;
mod observe;
mod persistence;
mod process;
mod replication;
mod security;
mod types;

use super::Config;
use super::value::{Kind, Reason, Value, Words};

/// A parameter: its name, what it may be, where it lives and what it does.
#[derive(Debug)]
pub struct Param {
    pub name: &'static str,
    /// Other names it goes by.
    pub aliases: &'static [&'static str],
    pub kind: Kind,
    /// As it would stand in a file, without quotes.
    pub default: &'static str,
    pub change: Change,
    pub effect: Effect,
    /// Shown by CONFIG GET only when asked for by its full name.
    pub hidden: bool,
    /// Changed at run time only where `enable-protected-configs` allows it.
    pub protected: bool,
    /// Its value must not be logged.
    pub secret: bool,
    /// What it is for, in one or two sentences.
    pub meaning: &'static str,
    pub(super) place: Option<Place>,
    pub(super) check: Option<Check>,
}

/// When a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// At once, by CONFIG SET.
    Live,
    /// At the next start.
    Restart,
}

/// What setting a parameter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Works,
    /// Nothing, and never will: why.
    None(&'static str),
    /// Nothing yet: what it belongs to.
    Coming(&'static str),
}

/// What a value must satisfy beyond its kind.
pub(super) type Check = fn(&Value) -> Result<(), Reason>;

/// The field of [`Config`] a value lives in. Parameters without one are only kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) load: fn(&Config) -> Value,
    pub(super) store: fn(&mut Config, Value),
}

/// The place that is the named field of [`Config`].
macro_rules! field {
    ($field:ident) => {
        $crate::config::params::Place {
            load: |config| $crate::config::value::Stored::load(&config.$field),
            store: |config, value| {
                $crate::config::value::Stored::store(&mut config.$field, value);
            },
        }
    };
}
use field;

/// The largest `int` of C, which bounds many parameters.
const INT_MAX: i64 = 2_147_483_647;
const INT_MIN: i64 = -2_147_483_648;
const PORT_MAX: i64 = 65_535;

/// The areas, in the order of `docs/config.md`.
pub const AREAS: &[(&str, &[Param])] = &[
    ("Network and clients", network::PARAMS),
    ("Process and log", process::PARAMS),
    ("Memory and expiry", memory::PARAMS),
    ("Encodings and scripts", types::PARAMS),
    ("Persistence", persistence::PARAMS),
    ("Replication", replication::PARAMS),
    ("Security", security::PARAMS),
    ("Measures", observe::PARAMS),
    ("Cluster", cluster::PARAMS),
];

/// Every parameter.
pub fn all() -> impl Iterator<Item = &'static Param> {
    AREAS.iter().flat_map(|(_, params)| params.iter())
}

/// The parameter that goes by `name`, in any case.
pub fn find(name: &[u8]) -> Option<&'static Param> {
    all().find(|param| {
        param
            .names()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    })
}

/// Directives that older files hold and that neither server minds: a name and one word.
pub const FORGOTTEN: &[&str] = &[
    "events-per-io-thread",
    "list-max-ziplist-entries",
    "list-max-ziplist-value",
    "lua-replicate-commands",
];

/// Directives that are no parameters: CONFIG GET and SET do not know them.
pub const DIRECTIVES: &[&str] = &[
    "include",
    "loadmodule",
    "rename-command",
    "sentinel",
    "user",
];

impl Param {
    /// Its name, then its other names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    const fn new(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        meaning: &'static str,
    ) -> Param {
        Param {
            name,
            aliases: &[],
            kind,
            default,
            change: Change::Live,
            effect: Effect::Works,
            hidden: false,
            protected: false,
            secret: false,
            meaning,
            place: None,
            check: None,
        }
    }

    const fn flag(name: &'static str, default: &'static str, meaning: &'static str) -> Param {
        Param::new(name, Kind::Flag, default, meaning)
    }

    const fn int(
        name: &'static str,
        (min, max): (i64, i64),
        default: &'static str,
        meaning: &'static str,
    ) -> Param {
        Param::new(name, Kind::Int { min, max }, default, meaning)
    }

    const fn bytes(
        name: &'static str,
        (min, max): (u64, u64),
        default: &'static str,
        meaning: &'static str,
    ) -> Param {
        Param::new(name, Kind::Bytes { min, max }, default, meaning)
    }

    /// Text that may be empty.
    const fn text(name: &'static str, default: &'static str, meaning: &'static str) -> Param {
        Param::new(name, Kind::Text, default, meaning)
    }

    /// Text that is absent when empty.
    const fn optional(name: &'static str, meaning: &'static str) -> Param {
        Param::new(name, Kind::OptionalText, "", meaning)
    }

    const fn choice(
        name: &'static str,
        words: Words,
        default: &'static str,
        meaning: &'static str,
    ) -> Param {
        Param::new(name, Kind::Choice(words), default, meaning)
    }

    const fn at(self, place: Place) -> Param {
        Param {
            place: Some(place),
            ..self
        }
    }

    const fn alias(self, aliases: &'static [&'static str]) -> Param {
        Param { aliases, ..self }
    }

    const fn restart(self) -> Param {
        Param {
            change: Change::Restart,
            ..self
        }
    }

    const fn no_effect(self, why: &'static str) -> Param {
        Param {
            effect: Effect::None(why),
            ..self
        }
    }

    const fn coming(self, part: &'static str) -> Param {
        Param {
            effect: Effect::Coming(part),
            ..self
        }
    }

    const fn hidden(self) -> Param {
        Param {
            hidden: true,
            ..self
        }
    }

    const fn protected(self) -> Param {
        Param {
            protected: true,
            ..self
        }
    }

    const fn secret(self) -> Param {
        Param {
            secret: true,
            ..self
        }
    }

    const fn checked(self, check: Check) -> Param {
        Param {
            check: Some(check),
            ..self
        }
    }
}
