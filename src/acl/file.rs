//! Users as text: the lines of `aclfile` and the `user` lines of the configuration.

use super::user::merge_selectors;
use super::{Catalog, DEFAULT_NAME, Defaults, Fault, Selector, User, is_name};
use crate::ds::words;

/// Why a user cannot be as it was described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The word whose parenthesis is not closed.
    Unmatched(Vec<u8>),
    /// The rule that is wrong.
    Rule(Vec<u8>, Fault),
}

/// Applies rules to a user: all of them, or none.
///
/// # Errors
/// What is wrong.
pub fn change(
    user: &mut User,
    rules: &[&[u8]],
    catalog: &Catalog,
    defaults: Defaults,
) -> Result<(), Refused> {
    let merged = merge_selectors(rules);
    let merged = merged.map_err(|index| Refused::Unmatched(rules[index].to_vec()))?;
    let mut draft = user.clone();
    for rule in merged {
        let applied = draft.apply(&rule, catalog, defaults);
        applied.map_err(|fault| Refused::Rule(rule, fault))?;
    }
    *user = draft;
    Ok(())
}

/// The users that the text of an `aclfile` describes. The default user is among them only if the
/// text names it.
///
/// # Errors
/// Everything that is wrong, in Redis's words; `name` is the file's.
pub fn parse(
    name: &str,
    text: &[u8],
    catalog: &Catalog,
    defaults: Defaults,
) -> Result<Vec<User>, String> {
    let mut users: Vec<User> = Vec::new();
    let mut faults = String::new();
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        match parse_line(line, &users, catalog, defaults) {
            Ok(user) => users.push(user),
            Err(LineFault::Duplicate(user)) => faults.push_str(&format!(
                "WARNING: Duplicate user '{}' found on line {number}. ",
                String::from_utf8_lossy(&user)
            )),
            Err(LineFault::NotAUser) => faults.push_str(&format!(
                "{name}:{number} should start with user keyword followed by the username. "
            )),
            Err(LineFault::Other(what)) => faults.push_str(&format!("{name}:{number}: {what}. ")),
        }
    }
    if faults.is_empty() {
        return Ok(users);
    }
    faults.push_str(
        "WARNING: ACL errors detected, no change to the previously active ACL rules was performed",
    );
    Err(faults)
}

/// Why a line is no user.
enum LineFault {
    NotAUser,
    Duplicate(Vec<u8>),
    Other(String),
}

fn parse_line(
    line: &[u8],
    before: &[User],
    catalog: &Catalog,
    defaults: Defaults,
) -> Result<User, LineFault> {
    let other = |what: &str| LineFault::Other(what.to_owned());
    let words = words::split(line).map_err(|_| other("unbalanced quotes in acl line"))?;
    let [first, name, rules @ ..] = words.as_slice() else {
        return Err(LineFault::NotAUser);
    };
    if first != b"user" {
        return Err(LineFault::NotAUser);
    }
    if !is_name(name) {
        return Err(other("username contains invalid characters"));
    }
    if before.iter().any(|user| user.name() == name.as_slice()) {
        return Err(LineFault::Duplicate(name.clone()));
    }
    let mut user = User::new(name, catalog, defaults);
    let rules: Vec<&[u8]> = rules.iter().map(Vec::as_slice).collect();
    change(&mut user, &rules, catalog, defaults).map_err(|refused| {
        LineFault::Other(match refused {
            Refused::Unmatched(_) => "Unmatched parenthesis in selector definition".to_owned(),
            // A rule that no server knows is named; the others are too, but for a slip of the pen.
            Refused::Rule(_, Fault::Syntax) => Fault::Syntax.to_string(),
            Refused::Rule(rule, fault) => format!(
                "Error in applying operation '{}': {fault}",
                String::from_utf8_lossy(&rule)
            ),
        })
    })?;
    Ok(user)
}

/// The text of an `aclfile` with these users.
pub fn text<'a>(users: impl Iterator<Item = &'a User>) -> Vec<u8> {
    let mut text = Vec::new();
    for user in users {
        text.extend_from_slice(&quoted_line(user));
        text.push(b'\n');
    }
    text
}

/// The line of a user, with what must be quoted in quotes: it is read back as it was.
pub fn quoted_line(user: &User) -> Vec<u8> {
    let mut words = vec![b"user".to_vec(), user.name().to_vec()];
    words.extend(user.flags().iter().map(|flag| flag.as_bytes().to_vec()));
    words.extend(user.passwords().map(|hash| format!("#{hash}").into_bytes()));
    words.extend(described(user.root()));
    for selector in user.further() {
        // Its words are read twice: as words of the line, and again without the parentheses.
        let inner: Vec<Vec<u8>> = described(selector).map(|word| quoted(&word)).collect();
        let selector = [b"(", inner.join(&b' ').as_slice(), b")"].concat();
        words.extend(selector.split(|byte| *byte == b' ').map(<[u8]>::to_vec));
    }
    let words: Vec<Vec<u8>> = words.iter().map(|word| quoted(word)).collect();
    words.join(&b' ')
}

/// The words of a selector's description. No pattern has a blank in it.
fn described(selector: &Selector) -> impl Iterator<Item = Vec<u8>> {
    let mut text = Vec::new();
    selector.describe(&mut text);
    let words: Vec<Vec<u8>> = text
        .split(|byte| *byte == b' ')
        .map(<[u8]>::to_vec)
        .collect();
    words.into_iter()
}

/// A word of a line, in quotes if it could not be read otherwise.
fn quoted(word: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
    if !word.is_empty() && word.iter().all(is_plain) {
        return word.to_vec();
    }
    let mut text = Vec::new();
    words::quote_into(word, &mut text);
    text
}

/// The default user that a text without one leaves: everything is allowed to everybody.
pub fn default_user(users: &[User], catalog: &Catalog) -> Option<User> {
    let is_named = users.iter().any(|user| user.name() == DEFAULT_NAME);
    (!is_named).then(|| User::unrestricted(catalog))
}
