//! A program from a seed: commands of all families by weight, some of them spoilt.

use fastrand::Rng;

use super::families::{self, Family};
use super::pair::{Command, Program, Protocol};
use super::values::Values;

/// What the oracle understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Redis70,
    /// With the commands and options that came after Redis 7.0.
    Valkey,
}

/// A command under construction.
pub(super) struct Words(pub(super) Vec<Vec<u8>>);

impl Words {
    pub(super) fn new(name: &str) -> Words {
        Words(
            name.split(' ')
                .map(|word| word.as_bytes().to_vec())
                .collect(),
        )
    }

    pub(super) fn arg(mut self, arg: impl AsRef<[u8]>) -> Words {
        self.0.push(arg.as_ref().to_vec());
        self
    }

    pub(super) fn args(mut self, args: impl IntoIterator<Item = Vec<u8>>) -> Words {
        self.0.extend(args);
        self
    }
}

impl Words {
    /// Whether two servers may change their data in different ways if a word is missing.
    fn is_by_lot(&self) -> bool {
        self.0[0].eq_ignore_ascii_case(b"SPOP")
    }

    /// Whether a deadline is among them, which must stay far away (see [`Values::seconds`]).
    fn has_deadline(&self) -> bool {
        let words = [
            "EX",
            "PX",
            "EXAT",
            "PXAT",
            "SETEX",
            "PSETEX",
            "EXPIRE",
            "PEXPIRE",
            "EXPIREAT",
            "PEXPIREAT",
            "HEXPIRE",
            "HPEXPIRE",
            "HEXPIREAT",
            "HPEXPIREAT",
        ];
        let is_one = |word: &Vec<u8>| {
            words
                .iter()
                .any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
        };
        self.0.iter().any(is_one)
    }
}

/// The program of `seed`.
pub(super) fn program(seed: u64, length: usize, dialect: Dialect) -> Program {
    let mut values = Values {
        rng: Rng::with_seed(seed),
    };
    let protocol = values.one_of(&[Protocol::Resp2, Protocol::Resp3]);
    let pipeline = values.one_of(&[1, 2, 16, 17, 64]);
    let families = families::all();
    let total: u32 = families.iter().map(|family| family.weight).sum();
    let command = |values: &mut Values| {
        let family = pick(&families, values.rng.u32(..total));
        let words = (family.make)(values, dialect);
        let words = match values.once_in(12) && !words.is_by_lot() {
            true => spoilt(words, values, family.may_spoil),
            false => words,
        };
        Command(words.0)
    };
    let commands = (0..length).map(|_| command(&mut values)).collect();
    Program {
        protocol,
        pipeline,
        commands,
    }
}

fn pick(families: &[Family], mut ticket: u32) -> &Family {
    for family in families {
        match ticket.checked_sub(family.weight) {
            Some(rest) => ticket = rest,
            None => return family,
        }
    }
    unreachable!("the ticket is below the sum of the weights")
}

/// A command that is wrong in a way users are: too few arguments, too many, doubled, odd.
fn spoilt(words: Words, values: &mut Values, any_way: bool) -> Words {
    // Not in every way where another number could cost minutes, or make a deadline come.
    let ways = if any_way && !words.has_deadline() {
        6
    } else {
        3
    };
    let Words(mut words) = words;
    let at = values.rng.usize(..words.len());
    match values.rng.u32(..ways) {
        0 if words.len() > 1 => {
            words.pop();
        }
        1 => words.push(values.value_of_few_bytes()),
        3 if at > 0 => words.insert(at, words[at].clone()),
        4 if at > 0 => words[at] = values.integer(),
        5 if at > 0 => {
            let other = values.rng.usize(1..words.len());
            words.swap(at, other);
        }
        _ => {
            let flip = |byte: &u8| match byte.is_ascii_lowercase() {
                true => byte.to_ascii_uppercase(),
                false => byte.to_ascii_lowercase(),
            };
            words[0] = words[0].iter().map(flip).collect();
        }
    }
    Words(words)
}
