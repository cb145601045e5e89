//! The language of rules, what it allows, and that its text makes the same again.

use super::file::{self, Refused};
use super::*;
use crate::command;
use crate::command::spec::{Row, Run, Spec};
use crate::resp::request::OwnedRequest;

fn add(
    all: &mut Vec<(String, &'static Spec, Option<usize>)>,
    rows: &'static [Row<command::spec::DataHandler>],
    parent: Option<usize>,
) {
    for row in rows {
        let index = all.len();
        let name = match parent {
            Some(parent) => format!("{}|{}", all[parent].0, row.spec.name),
            None => row.spec.name.to_owned(),
        };
        all.push((name, &row.spec, parent));
        if let Run::Container(subs) | Run::Both(_, subs) = row.run {
            add(all, subs, Some(index));
        }
    }
}

/// The data commands, and what describes each.
fn commands() -> Vec<(String, &'static Spec, Option<usize>)> {
    let mut all = Vec::new();
    for rows in command::FAMILIES {
        add(&mut all, rows, None);
    }
    all
}

fn catalog() -> Catalog {
    let all = commands();
    let rows = all.iter();
    Catalog::new(rows.map(|(name, spec, parent)| (name.as_str(), *spec, *parent)))
}

const NONE: Defaults = Defaults {
    all_channels: false,
};

fn user(rules: &str) -> User {
    let catalog = catalog();
    let mut user = User::new(b"u", &catalog, NONE);
    let rules: Vec<&[u8]> = rules.split_whitespace().map(str::as_bytes).collect();
    file::change(&mut user, &rules, &catalog, NONE).unwrap_or_else(|why| panic!("{why:?}"));
    user
}

fn refusal(rules: &[&str]) -> Refused {
    let catalog = catalog();
    let mut user = User::new(b"u", &catalog, NONE);
    let before = user.clone();
    let rules: Vec<&[u8]> = rules.iter().map(|rule| rule.as_bytes()).collect();
    let refused = file::change(&mut user, &rules, &catalog, NONE).unwrap_err();
    assert_eq!(user, before, "nothing is changed by half");
    refused
}

#[test]
fn rules_are_shown_as_redis_shows_them() {
    let cases = [
        ("", "off sanitize-payload resetchannels -@all"),
        (
            "on nopass ~* &* +@all",
            "on nopass sanitize-payload ~* &* +@all",
        ),
        (
            "%RW~a %r~b %W~c ~d %R~c",
            "off sanitize-payload ~a %R~b ~c ~d resetchannels -@all",
        ),
        (
            "%R~* ~x",
            "off sanitize-payload %R~* ~x resetchannels -@all",
        ),
        ("~a allkeys", "off sanitize-payload ~* resetchannels -@all"),
        (
            "allkeys resetkeys ~b",
            "off sanitize-payload ~b resetchannels -@all",
        ),
        ("&a &b &a", "off sanitize-payload resetchannels &a &b -@all"),
        (
            "+get +@read -mget +GET",
            "off sanitize-payload resetchannels -@all +@read -mget +get",
        ),
        (
            "+object|encoding -object",
            "off sanitize-payload resetchannels -@all -object",
        ),
        (
            "+object -object|freq",
            "off sanitize-payload resetchannels -@all +object -object|freq",
        ),
        (
            "+get|a +GET|B +get|b",
            "off sanitize-payload resetchannels -@all +get|a +get|b",
        ),
        (
            "+get|a +get",
            "off sanitize-payload resetchannels -@all +get",
        ),
        (
            "+@all -@read +get",
            "off sanitize-payload resetchannels +@all -@read +get",
        ),
        (
            "+@READ -@Read",
            "off sanitize-payload resetchannels -@all -@read",
        ),
        (
            "+get allcommands",
            "off sanitize-payload resetchannels +@all",
        ),
        (
            "db=3,1,1",
            "off sanitize-payload resetchannels db=1,3 -@all",
        ),
        (
            "db=3 resetdbs",
            "off sanitize-payload resetchannels resetdbs -@all",
        ),
        ("db=3 alldbs", "off sanitize-payload resetchannels -@all"),
        (
            "+eval -script|load",
            "off sanitize-payload resetchannels -@all +eval -script|load",
        ),
        (
            "(+get ~x) ( +set   %R~y )",
            "off sanitize-payload resetchannels -@all (~x resetchannels -@all +get) \
             (%R~y resetchannels -@all +set)",
        ),
        (
            "(+get ~x) clearselectors",
            "off sanitize-payload resetchannels -@all",
        ),
        (
            "on ~x reset skip-sanitize-payload",
            "off skip-sanitize-payload resetchannels -@all",
        ),
    ];
    for (rules, shown) in cases {
        let line = String::from_utf8(user(rules).line()).unwrap();
        assert_eq!(line, format!("user u {shown}"), "{rules}");
    }
}

#[test]
fn wrong_rules_change_nothing() {
    let cases: &[(&[&str], &str, Fault)] = &[
        (&["on", "+nosuch"], "+nosuch", Fault::Unknown),
        (&["+@nosuch"], "+@nosuch", Fault::Unknown),
        (&["+get|"], "+get|", Fault::Syntax),
        (&["+get|x|y"], "+get|x|y", Fault::Unknown),
        (&["-get|x"], "-get|x", Fault::Unknown),
        (&["+object|nosuch"], "+object|nosuch", Fault::Unknown),
        (&["+object|freq|x"], "+object|freq|x", Fault::FirstArgOfSub),
        (&["+"], "+", Fault::Unknown),
        (&["foo"], "foo", Fault::Syntax),
        (&["~a b"], "~a b", Fault::Syntax),
        (&["%~x"], "%~x", Fault::Syntax),
        (&["%RR~x"], "%RR~x", Fault::Syntax),
        (&["allkeys", "~x"], "~x", Fault::KeysAfterAll),
        (&["&*", "&x"], "&x", Fault::ChannelsAfterAll),
        (&["<p"], "<p", Fault::NoSuchPassword),
        (&["#12"], "#12", Fault::BadHash),
        (&["db="], "db=", Fault::Syntax),
        (&["db=1,"], "db=1,", Fault::Syntax),
        (&["db=-1"], "db=-1", Fault::DatabaseOutOfRange),
        (
            &["db=2147483648"],
            "db=2147483648",
            Fault::DatabaseOutOfRange,
        ),
        (&["(on)"], "(on)", Fault::Syntax),
        (&["(+get", "foo)"], "(+get foo)", Fault::Syntax),
        (&["(+get (+set ~x))"], "(+get (+set ~x))", Fault::Syntax),
    ];
    for (rules, rule, fault) in cases {
        assert_eq!(
            refusal(rules),
            Refused::Rule(rule.as_bytes().to_vec(), *fault)
        );
    }
    assert_eq!(
        refusal(&["on", "(+get", "~x"]),
        Refused::Unmatched(b"(+get".to_vec())
    );
}

#[test]
fn passwords_come_and_go() {
    let mut all = AccessControl::new(catalog());
    let mut change = |rules: &[&[u8]]| {
        let mut user = all.find(b"u").map_or_else(
            || User::new(b"u", all.catalog(), NONE),
            |id| all.user(id).clone(),
        );
        file::change(&mut user, rules, all.catalog(), NONE).unwrap();
        all.put(user);
        ["", "a", "b"].map(|password| all.authenticate(b"u", password.as_bytes()).is_some())
    };
    assert_eq!(change(&[b">a", b">b", b">a"]), [false, false, false], "off");
    assert_eq!(change(&[b"on"]), [false, true, true]);
    assert_eq!(change(&[b"<a"]), [false, false, true]);
    assert_eq!(change(&[b">"]), [true, false, true]);
    assert_eq!(change(&[b"nopass"]), [true, true, true]);
    assert_eq!(change(&[b">b"]), [false, false, true]);
    assert_eq!(change(&[b"resetpass"]), [false, false, false]);
    assert!(all.authenticate(b"nobody", b"").is_none());
    assert!(all.authenticate(b"default", b"any").is_some());
}

/// What a user may of this request in database 0.
fn verdict(user: &User, request: &str) -> Result<(), Denied> {
    let all = commands();
    let words: Vec<&[u8]> = request.split(' ').map(str::as_bytes).collect();
    let text = |count: usize| String::from_utf8(words[..count].join(&b'|')).unwrap();
    let find = |count: usize| {
        let name = text(count.min(words.len()));
        all.iter().position(|(known, ..)| *known == name)
    };
    let (command, count) = match find(2) {
        Some(found) => (found, 2),
        None => (find(1).expect("a command"), 1),
    };
    let request = OwnedRequest::new(&words);
    let asked = Asked {
        command,
        spec: all[command].1,
        words: count,
        request: request.request(),
        database: 0,
        databases: 16,
    };
    user.check(&asked, &mut Vec::new())
}

#[test]
fn a_selector_must_allow_all_of_a_request() {
    const OK: Result<(), Denied> = Ok(());
    let key = |index| Err(Denied::Key(index));
    let database = |index| Err(Denied::Database(index));
    let cases = [
        ("+@all ~*", "get a", OK),
        ("+@all ~a*", "get b", key(1)),
        ("+@all ~a*", "mget a1 a2 b a3", key(3)),
        ("+@all %R~a", "get a", OK),
        ("+@all %R~a", "set a 1", key(1)),
        ("+@all %W~a", "set a 1", OK),
        ("+@all %W~a", "set a 1 GET", key(1)),
        ("+@all %W~a", "exists a", OK),
        ("+@all %R~a %W~b", "copy a b", OK),
        ("+@all %R~a %W~b", "rename a b", key(1)),
        ("+@all %R~a %W~b", "lmove b a left left", key(1)),
        ("+@all ~k", "sort k STORE x", key(3)),
        ("-@all +get|a ~*", "get a", OK),
        ("-@all +get|a ~*", "get A", OK),
        ("-@all +get|a ~*", "get b", Err(Denied::Command)),
        (
            "+@all -object|freq ~*",
            "object freq a",
            Err(Denied::Command),
        ),
        ("+@all -object|freq ~*", "object encoding a", OK),
        ("+object|freq ~*", "object encoding a", Err(Denied::Command)),
        ("(+get ~x) (+get ~y)", "get y", OK),
        ("(+get ~x) (+set ~y)", "set x 1", key(1)),
        ("(+get ~x) (+set ~y)", "del x", Err(Denied::Command)),
        ("+mget ~x (+mget ~y)", "mget x y", key(2)),
        ("+@all ~* db=1", "get a", database(0)),
        ("+@all ~* db=0", "get a", OK),
        ("+@all ~* db=0", "copy a b db 3", database(4)),
        ("+@all ~* db=0", "copy a b db 99", OK),
        ("+@all ~* db=0", "move a 3", database(2)),
        ("+@all ~* db=0", "swapdb 0 1", database(2)),
        ("+@all ~* db=0", "flushall", database(0)),
        ("+@all ~* db=0", "flushdb", OK),
        ("+@all db=1", "get a", database(0)),
        ("db=1", "get a", database(0)),
        ("db=1 ()", "get a", Err(Denied::Command)),
    ];
    for (rules, request, expected) in cases {
        assert_eq!(
            verdict(&user(rules), request),
            expected,
            "{rules}: {request}"
        );
    }
}

#[test]
fn channels_are_matched_and_patterns_compared() {
    let listener = user("&a* &b");
    for (channel, matched, same) in [("abc", true, false), ("a*", true, true), ("b", true, true)] {
        assert_eq!(listener.allows_channel(channel.as_bytes()), matched);
        assert_eq!(listener.allows_channel_pattern(channel.as_bytes()), same);
    }
    assert!(!listener.allows_channel(b"c") && user("&*").allows_channel_pattern(b"*"));
}

#[test]
fn who_is_unrestricted() {
    let cases = [
        ("+@all ~* &*", true),
        ("+@all ~* &* -get", false),
        ("+@all ~* &* -get +get", false),
        ("+@all ~* &* db=0", false),
        ("+@all ~*", false),
        ("(+@all ~* &*)", true),
    ];
    for (rules, expected) in cases {
        assert_eq!(user(rules).is_unrestricted(), expected, "{rules}");
    }
    assert!(
        AccessControl::new(catalog())
            .default_user()
            .is_unrestricted()
    );
}

#[test]
fn a_file_is_read_as_it_was_written() {
    let catalog = catalog();
    let text = concat!(
        "\n  user a on #f64551fcd6f07823cb87971cfb91446425da18286b3ab1ef935e0cbd7a69f68a ~x\r\n",
        "user \"\" off \"~\\\"q\\\\\"\n",
        // A selector's words are split twice.
        "user s \"(+get \\\"~'\\\\xff\\\" ~z)\"\n",
    );
    let users = file::parse("f", text.as_bytes(), &catalog, NONE).unwrap();
    assert_eq!(users.len(), 3);
    let written = file::text(users.iter());
    assert_eq!(file::parse("f", &written, &catalog, NONE).unwrap(), users);
    let selector = users[2].further()[0].key_rules();
    assert_eq!(selector, b"~'\xff ~z");
}

#[test]
fn a_bad_file_says_every_line() {
    let text = b"# no\nuser\nuser a on\nuser a off\nuser b +nosuch\nuser c foo\nuser d \"x\nuser e (+get\n";
    let faults = file::parse("f", text, &catalog(), NONE).unwrap_err();
    let expected = "f:1 should start with user keyword followed by the username. \
        f:2 should start with user keyword followed by the username. \
        WARNING: Duplicate user 'a' found on line 4. \
        f:5: Error in applying operation '+nosuch': Unknown command or category name in ACL. \
        f:6: Syntax error. \
        f:7: unbalanced quotes in acl line. \
        f:8: Unmatched parenthesis in selector definition. \
        WARNING: ACL errors detected, no change to the previously active ACL rules was performed";
    assert_eq!(faults, expected);
}

/// Rules by chance: their text makes the same user again, and their effect is what a plain
/// reading of them says.
#[test]
fn the_text_of_a_user_makes_the_same_user() {
    let catalog = catalog();
    let mut rng = fastrand::Rng::with_seed(7);
    const RULES: &[&str] = &[
        "on",
        "off",
        "nopass",
        ">a",
        ">b",
        "resetpass",
        "~x*",
        "%R~y",
        "%W~y",
        "allkeys",
        "resetkeys",
        "&c",
        "allchannels",
        "resetchannels",
        "+get",
        "-get",
        "+set|1",
        "+@read",
        "-@read",
        "+@write",
        "-@string",
        "+object",
        "-object|freq",
        "+object|help",
        "allcommands",
        "nocommands",
        "db=1,2",
        "resetdbs",
        "alldbs",
        "(+get ~z)",
        "(+@all -set db=1 &q)",
        "clearselectors",
        "reset",
        "-@all",
        "+@all",
        "skip-sanitize-payload",
        "+eval",
        "-fcall",
    ];
    for _ in 0..2000 {
        let mut user = User::new(b"u", &catalog, NONE);
        for _ in 0..rng.usize(..14) {
            // Some are refused: patterns behind all.
            let _ = user.apply(rng.choice(RULES).unwrap().as_bytes(), &catalog, NONE);
        }
        let text = file::text([&user].into_iter());
        let again = file::parse("f", &text, &catalog, NONE).unwrap();
        let shown = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(again[0].line(), user.line(), "{shown}");
        for request in [
            "get x1",
            "set y 1",
            "set z 1 GET",
            "object freq x",
            "mget x z",
            "flushall",
        ] {
            let (ours, theirs) = (verdict(&user, request), verdict(&again[0], request));
            assert_eq!(ours, theirs, "{request} by {shown}");
        }
        assert_eq!(
            again[0].is_unrestricted(),
            user.is_unrestricted(),
            "{shown}"
        );
    }
}

#[test]
fn what_is_elsewhere_is_not_here() {
    assert!(elsewhere::COMMANDS.is_sorted());
    for (name, ..) in commands() {
        assert!(!elsewhere::is_known(&name), "{name}");
    }
}
