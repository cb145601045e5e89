//! The table held against its fields, and values as they are set and shown.

use super::value::Kind;
use super::*;

const ALLOWED: Protected = Protected::Allowed;

#[test]
fn every_row_agrees_with_its_field_and_its_default() {
    let config = Config::default();
    for param in params::all() {
        let default = param.default_value();
        assert_eq!(config.value(param), default, "{}", param.name);
        if let Some(check) = param.check {
            assert_eq!(check(&default), Ok(()), "{}", param.name);
        }
    }
}

#[test]
fn fields_hold_what_their_rows_allow() {
    let mut config = Config::default();
    for param in params::all() {
        let bounds = match param.kind {
            Kind::Int { min, max } => [min.to_string(), max.to_string()],
            Kind::Bytes { min, max } => [min.to_string(), max.to_string()],
            Kind::Octal { max } => ["0".into(), format!("{max:o}")],
            Kind::Flag => ["yes".into(), "no".into()],
            Kind::Choice(words) | Kind::Choices(words) => {
                for (word, _) in words {
                    let _ = config.set(param, &[word.as_bytes().to_vec()]);
                }
                continue;
            }
            _ => continue,
        };
        for bound in bounds {
            let set = config.set(param, &[bound.as_bytes().to_vec()]);
            if param.check.is_none() {
                assert_eq!(set, Ok(()), "{} {bound}", param.name);
            }
            let same = set.is_err() || param.name == "hz" || config.show(param) == bound.as_bytes();
            assert!(same, "{} {bound}", param.name);
        }
    }
}

#[test]
fn names_are_unique_and_meanings_are_sentences() {
    let mut names: Vec<_> = params::all().flat_map(Param::names).collect();
    names.extend(params::FORGOTTEN);
    names.extend(params::DIRECTIVES);
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for param in params::all() {
        assert!(param.meaning.ends_with('.'), "{}", param.name);
    }
}

#[test]
fn values_are_shown_as_redis_shows_them() {
    let cases: &[(&str, &str, &str)] = &[
        ("maxmemory", "1k", "1000"),
        ("maxmemory", "1KB", "1024"),
        ("maxmemory", "2gb", "2147483648"),
        ("maxmemory", "mb", "0"),
        ("maxmemory", "50%", "50%"),
        ("maxmemory-clients", "5%", "5%"),
        ("maxmemory-clients", "1mb", "1048576"),
        ("save", "60 1 3 4", "60 1 3 4"),
        ("save", "", ""),
        ("oom-score-adj", "relative", "yes"),
        ("oom-score-adj", "ABSOLUTE", "absolute"),
        ("oom-score-adj-values", "10 5 -3", "10 5 -3"),
        ("shutdown-on-sigint", "now nosave", "nosave now"),
        ("shutdown-on-sigint", "default now", "now"),
        ("shutdown-on-sigterm", "default", "default"),
        ("latency-tracking-info-percentiles", "50 99.90", "50 99.9"),
        ("latency-tracking-info-percentiles", "", ""),
        ("notify-keyspace-events", "KEA", "AKE"),
        ("notify-keyspace-events", "AKEmn", "AKEm"),
        ("notify-keyspace-events", "gxE", "gxE"),
        ("notify-keyspace-events", "g$lshzxetdnKEm", "AKEm"),
        (
            "client-output-buffer-limit",
            "replica 1mb 2 3",
            "normal 0 0 0 slave 1048576 2 3 pubsub 33554432 8388608 60",
        ),
        ("hz", "0", "1"),
        ("hz", "100000", "500"),
        ("bind", "", ""),
        ("bind", "127.0.0.1 -::1", "127.0.0.1 -::1"),
        ("LogLevel", "Verbose", "verbose"),
    ];
    for (name, value, shown) in cases {
        let pairs = [(name.as_bytes(), value.as_bytes())];
        let (config, _) = Config::default().with(&pairs, ALLOWED).unwrap();
        let got = config.get(name).unwrap();
        assert_eq!(String::from_utf8_lossy(&got), *shown, "{name} {value}");
    }
}

#[test]
fn bad_values_are_refused_in_the_words_of_redis() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "port",
            "65536",
            "argument must be between 0 and 65535 inclusive",
        ),
        ("port", "+1", "argument couldn't be parsed into an integer"),
        ("port", "", "argument couldn't be parsed into an integer"),
        ("maxmemory", "-1", "argument must be a memory value"),
        ("maxmemory", "1.5gb", "argument must be a memory value"),
        ("maxmemory", "1t", "argument must be a memory value"),
        (
            "maxmemory",
            "101%",
            "percentage argument must be less or equal to 100",
        ),
        (
            "maxmemory-clients",
            "x",
            "argument must be a memory or percent value",
        ),
        (
            "maxmemory-clients",
            "101%",
            "percentage argument must be less or equal to 100",
        ),
        ("appendonly", "maybe", "argument must be 'yes' or 'no'"),
        (
            "appendfsync",
            "never",
            "argument(s) must be one of the following: everysec, always, no",
        ),
        ("save", "60", "Invalid save parameters"),
        ("save", "60 1  3 4", "Invalid save parameters"),
        ("save", "0 0", "Invalid save parameters"),
        (
            "shutdown-on-sigint",
            "save nosave",
            "shutdown options SAVE and NOSAVE can't be used simultaneously",
        ),
        (
            "client-output-buffer-limit",
            "normal 1 2",
            "Wrong number of arguments in buffer limit configuration.",
        ),
        (
            "client-output-buffer-limit",
            "foo 1 2 3",
            "Invalid client class specified in buffer limit configuration.",
        ),
        (
            "client-output-buffer-limit",
            "normal x 2 3",
            "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
        ),
        (
            "latency-tracking-info-percentiles",
            "50 101",
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
        ),
        (
            "latency-tracking-info-percentiles",
            "50  99",
            "Invalid latency-tracking-info-percentiles parameters",
        ),
        (
            "oom-score-adj-values",
            "1 2 3000",
            "Invalid oom-score-adj-values, elements must be between -2000 and 2000.",
        ),
        ("oom-score-adj-values", "1 2", "wrong number of arguments"),
        (
            "notify-keyspace-events",
            "q",
            "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.",
        ),
        (
            "proc-title-template",
            "{foo}",
            "template format is invalid or contains unknown variables",
        ),
        ("databases", "3", "can't set immutable config"),
        (
            "dbfilename",
            "a/b",
            "dbfilename can't be a path, just a filename",
        ),
    ];
    for (name, value, wanted) in cases {
        let pairs = [(name.as_bytes(), value.as_bytes())];
        let refused = Config::default().with(&pairs, ALLOWED).unwrap_err();
        let wanted = SetError::Refused {
            name: name.as_bytes().to_vec(),
            reason: (*wanted).into(),
        };
        assert_eq!(refused, wanted, "{name} {value}");
    }
}

#[test]
fn a_set_is_all_or_nothing_and_says_what_changed() {
    let config = Config::default();
    let pairs: [(&[u8], &[u8]); 3] = [
        (b"timeout", b"5"),
        (b"HZ", b"10"),
        (b"slave-priority", b"7"),
    ];
    let (new, changed) = config.with(&pairs, ALLOWED).unwrap();
    let changed: Vec<_> = changed.iter().map(|param| param.name).collect();
    assert_eq!(changed, ["timeout", "replica-priority"]);
    assert_eq!(new.timeout, 5);
    assert_eq!(new.get("replica-priority").unwrap(), b"7");

    let twice: [(&[u8], &[u8]); 2] = [(b"timeout", b"5"), (b"TIMEOUT", b"6")];
    let refused = |name: &str, reason: &'static str| SetError::Refused {
        name: name.into(),
        reason: reason.into(),
    };
    let error = config.with(&twice, ALLOWED).unwrap_err();
    assert_eq!(error, refused("TIMEOUT", "duplicate parameter"));
    let aliases: [(&[u8], &[u8]); 2] = [(b"replica-priority", b"5"), (b"slave-priority", b"6")];
    let error = config.with(&aliases, ALLOWED).unwrap_err();
    assert_eq!(error, refused("slave-priority", "duplicate parameter"));
    let unknown: [(&[u8], &[u8]); 2] = [(b"timeout", b"5"), (b"nope", b"6")];
    let error = config.with(&unknown, ALLOWED).unwrap_err();
    assert_eq!(error, SetError::Unknown(b"nope".to_vec()));
    let error = config
        .with(&[(b"dir", b"/")], Protected::Refused)
        .unwrap_err();
    assert_eq!(error, refused("dir", "can't set protected config"));
}
