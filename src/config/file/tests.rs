//! Texts as files: what is understood, what is refused and where.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Files that never were on a disk.
#[derive(Default)]
struct Shelf {
    files: BTreeMap<Vec<u8>, Vec<u8>>,
    dir: RefCell<Vec<u8>>,
}

impl Shelf {
    fn of(files: &[(&str, &str)]) -> Shelf {
        let file =
            |(name, text): &(&str, &str)| (name.as_bytes().to_vec(), text.as_bytes().to_vec());
        Shelf {
            files: files.iter().map(file).collect(),
            dir: RefCell::new(b"/start".to_vec()),
        }
    }
}

impl Files for Shelf {
    fn read(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let missing = || io::Error::from_raw_os_error(2);
        self.files.get(path).cloned().ok_or_else(missing)
    }

    fn matching(&self, pattern: &[u8]) -> Vec<Vec<u8>> {
        use crate::ds::glob::{Case, Glob};
        let glob = Glob::new(pattern, Case::Sensitive);
        self.files
            .keys()
            .filter(|name| glob.matches(name))
            .cloned()
            .collect()
    }

    fn enter(&self, dir: &[u8]) -> io::Result<Vec<u8>> {
        match dir {
            b"." => {}
            _ if dir.starts_with(b"/") => *self.dir.borrow_mut() = dir.to_vec(),
            _ => return Err(io::Error::from_raw_os_error(2)),
        }
        Ok(self.dir.borrow().clone())
    }
}

fn source(text: &str) -> Source {
    Source {
        name: "main.conf".to_owned(),
        text: text.as_bytes().to_vec(),
    }
}

fn read(text: &str, files: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    load(&[source(text)], &Shelf::of(files))
}

fn value(text: &str, name: &str) -> String {
    let loaded = read(text, &[]).unwrap_or_else(|error| panic!("{text}: {error}"));
    String::from_utf8(loaded.config.get(name).unwrap()).unwrap()
}

#[test]
fn later_lines_win_and_comments_are_skipped() {
    let text = "# port 1\n\n  port 2 \r\n\tPORT 3\n#\n";
    assert_eq!(value(text, "port"), "3");
    assert_eq!(value("requirepass 'a b'\n", "port"), "6379");
    assert_eq!(value("requirepass \"a \\x41\"", "requirepass"), "a A");
    assert_eq!(value("slave-priority 9", "replica-priority"), "9");
    assert_eq!(value("bind 127.0.0.1 -::1", "bind"), "127.0.0.1 -::1");
    assert_eq!(value("bind", "bind"), "");
    assert_eq!(value("dir /data", "dir"), "/data");
    assert_eq!(value("", "dir"), "/start");
    assert_eq!(value("list-max-ziplist-entries 3", "port"), "6379");
    assert_eq!(value("sentinel", "port"), "6379");
}

#[test]
fn save_points_add_up_after_the_first_dropped_the_defaults() {
    assert_eq!(value("", "save"), "3600 1 300 100 60 10000");
    assert_eq!(value("save 60 1\nsave 70 1 80 2", "save"), "60 1 70 1 80 2");
    assert_eq!(value("save \"\"\nsave 70 1", "save"), "70 1");
    assert_eq!(value("save 60 1\nsave \"\"", "save"), "");
    assert_eq!(value("save", "save"), "");
    assert_eq!(value("save \"60 1 70 1\"", "save"), "60 1 70 1");
    let text = "shutdown-on-sigint \"nosave now\"";
    assert_eq!(value(text, "shutdown-on-sigint"), "nosave now");
}

#[test]
fn limits_of_other_classes_stay() {
    let text =
        "client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit pubsub 1k 1kb 4";
    let shown = value(text, "client-output-buffer-limit");
    assert_eq!(
        shown,
        "normal 1 2 3 slave 268435456 67108864 60 pubsub 1000 1024 4"
    );
}

#[test]
fn errors_name_file_line_and_text() {
    let cases = [
        ("prot 6379", "Bad directive or wrong number of arguments"),
        ("port", "wrong number of arguments"),
        ("port 1 2", "wrong number of arguments"),
        ("port x", "argument couldn't be parsed into an integer"),
        ("oom-score-adj-values", "wrong number of arguments"),
        (
            "shutdown-on-sigint",
            "argument(s) must be one of the following: default, save, nosave, now, force, safe, \
             failover",
        ),
        ("\"a b", "Unbalanced quotes in configuration line"),
        (
            "requirepass \"a\"b",
            "Unbalanced quotes in configuration line",
        ),
        ("\"\" x", "Bad directive or wrong number of arguments"),
        ("include", "Bad directive or wrong number of arguments"),
        ("include a b", "Bad directive or wrong number of arguments"),
        ("user", "Bad directive or wrong number of arguments"),
        ("tls-port 6380", "TLS is not part of this version"),
        ("dir nowhere", "No such file or directory"),
        (
            "sentinel x",
            "sentinel directive while not in sentinel mode",
        ),
    ];
    for (line, reason) in cases {
        let text = format!("# one\nport 7000\n  {line}  \n");
        let error = read(&text, &[]).unwrap_err();
        let wanted = format!(
            "\n*** FATAL CONFIG FILE ERROR (Ruddle {}) ***\n\
             Reading the configuration file, at line 3 of main.conf\n>>> '{line}'\n{reason}",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(error.to_string(), wanted);
    }
}

#[test]
fn included_files_are_read_where_they_are_named() {
    let files = [
        ("a.conf", "port 1\ninclude conf.d/*.conf\ntimeout 3"),
        ("conf.d/1.conf", "port 2\nhz 20"),
        ("conf.d/2.conf", "hz 30"),
    ];
    let loaded = read("port 9\ninclude a.conf\nhz 40\ninclude none/*", &files).unwrap();
    let config = loaded.config;
    assert_eq!((config.port, config.hz, config.timeout), (2, 40, 3));

    let error = read("include gone.conf", &files).unwrap_err().to_string();
    assert_eq!(
        error,
        "Fatal error, can't open config file 'gone.conf': No such file or directory"
    );
    let error = read("include b", &[("b", "port 1\nprot 2")]).unwrap_err();
    assert!(error.to_string().contains("at line 2 of b"), "{error}");
    let error = read("include c", &[("c", "include c")]).unwrap_err();
    assert!(error.to_string().contains("go too deep"), "{error}");
}

#[test]
fn users_are_kept_with_their_place() {
    let loaded = read("port 1\n\nuser a on \"~x\"\n  user 'b c'\n", &[]).unwrap();
    let users: Vec<_> = loaded
        .config
        .users
        .iter()
        .map(|user| {
            (
                user.name.clone(),
                user.rules.clone(),
                user.line,
                user.text.as_str(),
            )
        })
        .collect();
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| word.as_bytes().to_vec())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        users,
        [
            (b"a".to_vec(), words(&["on", "~x"]), 3, "user a on \"~x\""),
            (b"b c".to_vec(), words(&[]), 4, "user 'b c'"),
        ]
    );
}

#[test]
fn what_has_no_effect_is_said_once_and_only_when_it_differs() {
    let text = "io-threads 4\nappendonly no\nactiverehashing yes\nloadmodule x.so\nloadmodule y.so\n\
                tls-port 0\nuser default on nopass ~* &* +@all\naclfile \"\"\ntimeout 9";
    let warnings = read(text, &[]).unwrap().warnings;
    let about = |name: &str| {
        warnings
            .iter()
            .filter(|warning| warning.contains(name))
            .count()
    };
    assert_eq!(
        warnings.len(),
        about("loadmodule") + about("io-threads"),
        "{warnings:?}"
    );
    assert_eq!((about("loadmodule"), about("io-threads")), (1, 1));
}

#[test]
fn the_configuration_debian_ships_is_understood() {
    let Ok(text) = std::fs::read("/etc/redis/redis.conf") else {
        return;
    };
    let source = Source {
        name: "redis.conf".to_owned(),
        text,
    };
    let loaded = load(&[source], &Shelf::of(&[])).unwrap_or_else(|error| panic!("{error}"));
    assert!(loaded.config.daemonize);
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

/// The names of all directives of Redis 7.0 and of Valkey 9.1.
const NAMES: &str = include_str!("names.txt");

#[test]
fn every_directive_of_redis_and_valkey_is_known() {
    let mut count = 0;
    for name in NAMES.split_whitespace() {
        let known = params::find(name.as_bytes()).is_some()
            || params::FORGOTTEN.contains(&name)
            || params::DIRECTIVES.contains(&name);
        assert!(known, "{name}");
        count += 1;
    }
    assert!(count > 250);
}

/// A name, often one that exists.
fn a_name() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> = NAMES.split_whitespace().collect();
    prop_oneof![
        4 => proptest::sample::select(names).prop_map(str::to_owned),
        1 => "[a-z.-]{0,9}",
    ]
}

proptest! {
    /// Whatever stands in a file, reading it ends with a configuration or an error.
    #[test]
    fn any_text_is_read_or_refused(
        lines in prop::collection::vec((a_name(), "[ -~\t]{0,30}"), 0..8),
        noise in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut text = Vec::new();
        for (name, rest) in lines {
            text.extend_from_slice(name.as_bytes());
            text.push(b' ');
            text.extend_from_slice(rest.as_bytes());
            text.push(b'\n');
            let source = Source { name: String::new(), text: text.clone() };
            if let Ok(loaded) = load(&[source], &Shelf::default()) {
                for param in params::all() {
                    loaded.config.show(param);
                }
            }
        }
        text.extend_from_slice(&noise);
        let _ = load(&[Source { name: String::new(), text }], &Shelf::default());
    }
}
