//! A user: whether it may come in, with what passwords, and what it may do then.

use super::catalog::Catalog;
use super::password::Digest;
use super::selector::{Free, Selector, is_word};
use super::{DEFAULT_NAME, Defaults, Fault};

/// One who may, or may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    name: Box<[u8]>,
    enabled: bool,
    /// Any password will do.
    nopass: bool,
    /// `skip-sanitize-payload`. RESTORE looks at every payload in any case.
    skips_sanitizing: bool,
    passwords: Vec<Digest>,
    /// The first is the user's own; the others were given in parentheses.
    selectors: Vec<Selector>,
}

/// Whether somebody may be called so.
pub fn is_name(name: &[u8]) -> bool {
    is_word(name)
}

impl User {
    /// A user who may do nothing, not even come in.
    pub fn new(name: &[u8], catalog: &Catalog, defaults: Defaults) -> User {
        User {
            name: name.into(),
            enabled: false,
            nopass: false,
            skips_sanitizing: false,
            passwords: Vec::new(),
            selectors: vec![Selector::new(catalog, defaults)],
        }
    }

    /// The default user as it is where nothing else is said: all is allowed to everybody.
    pub fn unrestricted(catalog: &Catalog) -> User {
        let mut user = User::new(DEFAULT_NAME, catalog, Defaults::default());
        for op in ["on", "nopass", "+@all", "~*", "&*"] {
            let applied = user.apply(op.as_bytes(), catalog, Defaults::default());
            assert_eq!(applied, Ok(()));
        }
        user
    }

    /// What it is called.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Whether it may come in.
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Whether any password will do.
    pub fn needs_no_password(&self) -> bool {
        self.nopass
    }

    /// Whether nothing is forbidden to it.
    pub fn is_unrestricted(&self) -> bool {
        self.selectors.iter().any(|one| one.free == Free::all())
    }

    /// Whether this is (the digest of) one of its passwords. Looks at all of them.
    pub(super) fn knows(&self, digest: &Digest) -> bool {
        let known = self.passwords.iter();
        let right = known.fold(false, |right, password| right | password.is_same(digest));
        right | self.nopass
    }

    /// Its own selector.
    pub fn root(&self) -> &Selector {
        &self.selectors[0]
    }

    /// Its other selectors.
    pub fn further(&self) -> &[Selector] {
        &self.selectors[1..]
    }

    pub(super) fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    /// Whether it may listen to a channel.
    pub fn allows_channel(&self, channel: &[u8]) -> bool {
        self.selectors.iter().any(|one| one.allows_channel(channel))
    }

    /// Whether it may listen to a pattern of channels.
    pub fn allows_channel_pattern(&self, pattern: &[u8]) -> bool {
        let mut selectors = self.selectors.iter();
        selectors.any(|one| one.allows_channel_pattern(pattern))
    }

    /// Applies one rule. An empty one says nothing.
    ///
    /// # Errors
    /// If the rule is wrong; the user is then as it was.
    pub fn apply(&mut self, op: &[u8], catalog: &Catalog, defaults: Defaults) -> Result<(), Fault> {
        match op.to_ascii_lowercase().as_slice() {
            b"" => {}
            b"on" => self.enabled = true,
            b"off" => self.enabled = false,
            b"nopass" => {
                self.nopass = true;
                self.passwords.clear();
            }
            b"resetpass" => {
                self.nopass = false;
                self.passwords.clear();
            }
            b"skip-sanitize-payload" => self.skips_sanitizing = true,
            b"sanitize-payload" => self.skips_sanitizing = false,
            b"clearselectors" => self.selectors.truncate(1),
            b"reset" => *self = User::new(&self.name, catalog, defaults),
            [b'>' | b'#', ..] => {
                let digest = digest(op)?;
                self.nopass = false;
                if !self.passwords.contains(&digest) {
                    self.passwords.push(digest);
                }
            }
            [b'<' | b'!', ..] => {
                let digest = digest(op)?;
                let known = self.passwords.iter().position(|known| *known == digest);
                self.passwords.remove(known.ok_or(Fault::NoSuchPassword)?);
            }
            [b'(', _, .., b')'] | [b'(', b')'] => {
                let inner = &op[1..op.len() - 1];
                let selector = Selector::parse(inner, catalog, defaults)?;
                self.selectors.push(selector);
            }
            _ => self.selectors[0].apply(op, catalog)?,
        }
        Ok(())
    }

    /// The password that `requirepass` names is the only one; an empty one is none.
    pub fn set_password(&mut self, password: &[u8]) {
        self.passwords.clear();
        self.nopass = password.is_empty();
        if !password.is_empty() {
            self.passwords.push(Digest::of(password));
        }
    }

    /// What ACL GETUSER calls its flags.
    pub fn flags(&self) -> Vec<&'static str> {
        let mut flags = vec![if self.enabled { "on" } else { "off" }];
        if self.nopass {
            flags.push("nopass");
        }
        flags.push(match self.skips_sanitizing {
            true => "skip-sanitize-payload",
            false => "sanitize-payload",
        });
        flags
    }

    /// The digests of its passwords, as text.
    pub fn passwords(&self) -> impl ExactSizeIterator<Item = String> {
        self.passwords.iter().map(Digest::to_string)
    }

    /// The line that makes it what it is: `user`, its name, its rules.
    pub fn line(&self) -> Vec<u8> {
        let mut line = [b"user ", self.name()].concat();
        line.push(b' ');
        self.describe(&mut line);
        line
    }

    fn describe(&self, text: &mut Vec<u8>) {
        text.extend_from_slice(self.flags().join(" ").as_bytes());
        for password in self.passwords() {
            text.extend_from_slice(b" #");
            text.extend_from_slice(password.as_bytes());
        }
        text.push(b' ');
        self.root().describe(text);
        for selector in self.further() {
            text.extend_from_slice(b" (");
            selector.describe(text);
            text.push(b')');
        }
    }
}

/// The digest that a rule about a password means.
fn digest(op: &[u8]) -> Result<Digest, Fault> {
    match op {
        [b'>' | b'<', password @ ..] => Ok(Digest::of(password)),
        [_, hash @ ..] => Digest::from_hex(hash).ok_or(Fault::BadHash),
        [] => Err(Fault::Syntax),
    }
}

/// Puts the words of a selector that were split at its blanks together again.
///
/// # Errors
/// The index of the word whose parenthesis is not closed.
pub(super) fn merge_selectors(words: &[&[u8]]) -> Result<Vec<Vec<u8>>, usize> {
    let mut merged: Vec<Vec<u8>> = Vec::with_capacity(words.len());
    let mut open = None;
    for (index, word) in words.iter().enumerate() {
        let closes = word.last() == Some(&b')');
        match open {
            Some(_) => {
                let selector = merged.last_mut().expect("the one that is open");
                selector.push(b' ');
                selector.extend_from_slice(word);
                if closes {
                    open = None;
                }
            }
            None => {
                if word.first() == Some(&b'(') && !closes {
                    open = Some(index);
                }
                merged.push(word.to_vec());
            }
        }
    }
    open.map_or(Ok(merged), Err)
}
