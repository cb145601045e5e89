//! Libraries of functions, which are kept although they cannot be executed: files of Redis hold
//! them, and so do ours after them.
//!
//! In a dump they stand as sources; in a log as the commands that changed them. A library is known
//! by the name in its first line, `#!lua name=<name>`.

use crate::resp::request::Request;

/// What a command of the log does to the libraries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Load { source: Vec<u8>, replaces: bool },
    Delete(Vec<u8>),
    Flush,
}

/// What is said of other commands that need functions or scripts.
const NOT_KNOWN: &str = "scripts and functions are not known here: let the server that wrote the \
                         log rewrite it without (FUNCTION FLUSH or DELETE, then BGREWRITEAOF)";

/// Whether a command is about scripts or functions.
fn concerns(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 5] = [b"function", b"eval", b"evalsha", b"fcall", b"script"];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// What the command changes, if it is about functions at all.
pub fn change(request: &Request<'_>) -> Option<Result<Change, String>> {
    let name = request.bytes(0);
    if !concerns(name) {
        return None;
    }
    let words: Vec<&[u8]> = request.args().map(|arg| arg.bytes()).collect();
    let is = |index: usize, word: &[u8]| {
        let found = words.get(index);
        found.is_some_and(|found| found.eq_ignore_ascii_case(word))
    };
    let change = match words.len() {
        _ if !is(0, b"function") => None,
        3 if is(1, b"load") => Some((words[2], false)),
        4 if is(1, b"load") && is(2, b"replace") => Some((words[3], true)),
        3 if is(1, b"delete") => return Some(Ok(Change::Delete(words[2].into()))),
        2 | 3 if is(1, b"flush") => return Some(Ok(Change::Flush)),
        _ => None,
    };
    Some(match change {
        Some((source, replaces)) => Ok(Change::Load {
            source: source.into(),
            replaces,
        }),
        None => {
            let said = words.iter().take(2).take_while(|word| word.len() < 32);
            let said: Vec<String> = said.map(|word| word.escape_ascii().to_string()).collect();
            Err(format!("{}: {NOT_KNOWN}", said.join(" ")))
        }
    })
}

impl Change {
    /// Carries it out. What could not be done then had changed nothing.
    pub fn apply(self, libraries: &mut Vec<Vec<u8>>) {
        match self {
            Change::Flush => libraries.clear(),
            Change::Delete(name) => libraries.retain(|other| name_of(other) != Some(&name)),
            Change::Load { source, replaces } => {
                let name = name_of(&source);
                let place = libraries.iter().position(|other| name_of(other) == name);
                match place {
                    Some(place) if replaces => libraries[place] = source,
                    Some(_) => {}
                    None => libraries.push(source),
                }
            }
        }
    }
}

/// The name in a source's first line.
fn name_of(source: &[u8]) -> Option<&[u8]> {
    let line = source.strip_prefix(b"#!")?;
    let line = line.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let mut words = line.split(|byte| byte.is_ascii_whitespace());
    words.find_map(|word| word.strip_prefix(b"name="))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::request::OwnedRequest;

    fn of(words: &[&[u8]]) -> Option<Result<Change, String>> {
        change(&OwnedRequest::new(words).request())
    }

    #[test]
    fn libraries_come_and_go() {
        let mut libraries = Vec::new();
        let (one, two): (&[u8], &[u8]) = (b"#!lua name=one\nreturn", b"#!lua  name=two\r\n");
        let newer: &[u8] = b"#!lua name=one\nother";
        type Words<'w> = &'w [&'w [u8]];
        let steps: [(Words, Words); 7] = [
            (&[b"FUNCTION", b"load", one], &[one]),
            (&[b"FUNCTION", b"LOAD", two], &[one, two]),
            (&[b"FUNCTION", b"LOAD", newer], &[one, two]),
            (&[b"FUNCTION", b"LOAD", b"REPLACE", newer], &[newer, two]),
            (&[b"FUNCTION", b"DELETE", b"one"], &[two]),
            (&[b"FUNCTION", b"DELETE", b"none"], &[two]),
            (&[b"function", b"flush", b"sync"], &[]),
        ];
        for (words, wanted) in steps {
            of(words).unwrap().unwrap().apply(&mut libraries);
            assert_eq!(libraries, wanted);
        }
    }

    #[test]
    fn what_cannot_be_kept_is_named() {
        assert!(of(&[b"SET", b"a", b"b"]).is_none());
        let unknown: [&[&[u8]]; 3] = [
            &[b"FUNCTION", b"RESTORE", b"x"],
            &[b"EVAL", b"return 1", b"0"],
            &[b"FUNCTION"],
        ];
        for words in unknown {
            let what = of(words).unwrap().unwrap_err();
            assert!(what.contains("BGREWRITEAOF"), "{what}");
        }
        let what = of(&[b"FUNCTION", b"RESTORE", b"x"]).unwrap().unwrap_err();
        assert!(what.starts_with("FUNCTION RESTORE: scripts"), "{what}");
    }
}
