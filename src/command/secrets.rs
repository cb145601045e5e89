//! Which arguments of a request must not be shown: not by SLOWLOG, not by MONITOR.

use crate::resp::request::Request;

/// Whether the argument at an index (the name is 0) must not be shown.
pub type SecretFinder = fn(Request<'_>, usize) -> bool;

/// What is shown in its place.
pub const REDACTED: &[u8] = b"(redacted)";

/// All of them (AUTH).
pub fn all(_: Request<'_>, index: usize) -> bool {
    index > 0
}

/// All behind the subcommand (ACL SETUSER, ACL GETUSER, ACL DELUSER).
pub fn behind_subcommand(_: Request<'_>, index: usize) -> bool {
    index > 1
}

/// The two behind AUTH (HELLO).
pub fn hello(request: Request<'_>, index: usize) -> bool {
    let mut at = 2;
    while at < request.len() {
        let word = request.bytes(at);
        if word.eq_ignore_ascii_case(b"auth") {
            if (at + 1..=at + 2).contains(&index) {
                return true;
            }
            at += 3;
        } else if word.eq_ignore_ascii_case(b"setname") {
            at += 2;
        } else {
            break;
        }
    }
    false
}

/// The one behind AUTH, the two behind AUTH2 (MIGRATE).
pub fn migrate(request: Request<'_>, index: usize) -> bool {
    let mut at = 6;
    while at < request.len() {
        let word = request.bytes(at).to_ascii_lowercase();
        let secrets = match word.as_slice() {
            b"auth" => 1,
            b"auth2" => 2,
            // What follows are keys.
            b"keys" => break,
            _ => 0,
        };
        if (at + 1..=at + secrets).contains(&index) {
            return true;
        }
        at += 1 + secrets;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::request::OwnedRequest;

    #[test]
    fn secrets_are_found() {
        for (words, finder, wanted) in [
            ("AUTH a b", all as SecretFinder, "AUTH * *"),
            ("ACL SETUSER joe >x", behind_subcommand, "ACL SETUSER * *"),
            ("HELLO", hello, "HELLO"),
            ("HELLO 3 AUTH a b", hello, "HELLO 3 AUTH * *"),
            (
                "HELLO 3 SETNAME auth AUTH a b",
                hello,
                "HELLO 3 SETNAME auth AUTH * *",
            ),
            ("HELLO 3 auth a", hello, "HELLO 3 auth *"),
            (
                "MIGRATE h 1 k 0 9 COPY AUTH p KEYS auth x",
                migrate,
                "MIGRATE h 1 k 0 9 COPY AUTH * KEYS auth x",
            ),
            (
                "MIGRATE h 1 auth 0 9 AUTH2 u p",
                migrate,
                "MIGRATE h 1 auth 0 9 AUTH2 * *",
            ),
        ] {
            let owned = OwnedRequest::new(words.split(' '));
            let request = owned.request();
            let shown = words.split(' ').enumerate();
            let shown: Vec<_> = shown
                .map(|(index, word)| if finder(request, index) { "*" } else { word })
                .collect();
            assert_eq!(shown.join(" "), wanted);
        }
    }
}
