//! Files kept in `tests/data/rdb`: of old versions and encodings, which nobody writes any more
//! (`tests/scripts/make-dumps` shows what is in them), and of servers newer than the one we have
//! beside us.

use std::fs;
use std::path::PathBuf;

use super::{Dir, Side, accepted, contents, differences};
use crate::harness::repository;
use crate::harness::server::Server;

/// Files that Redis 7.0 reads too, and what they hold, in words.
const OLD: &[(&str, &[(&str, &str)])] = &[
    (
        "made-1",
        &[
            ("DBSIZE", ":10"),
            (
                "MGET text int8 int16 int32",
                r#"["hello" "-123" "-12345" "1234567890"]"#,
            ),
            ("GET long", r#""four bytes of length""#),
            ("LRANGE list 0 -1", r#"["a" "7" "c"]"#),
            ("SCARD set", ":3"),
            (
                "ZRANGE zset 0 -1 WITHSCORES",
                r#"["low" "-inf" "tenth" "0.1" "half" "0.5" "one" "1" "high" "inf"]"#,
            ),
            ("HMGET hash f g", r#"["v" "42"]"#),
            ("EXPIRETIME volatile", ":2147483647"),
        ],
    ),
    (
        "made-2",
        &[
            ("DBSIZE", ":8"),
            ("HMGET zipmap f g", r#"["v" "free"]"#),
            ("HSTRLEN zipmap ", ":300"),
            ("HGETALL zipmap:uncounted", r#"["f" "v"]"#),
            (
                "LRANGE list 2 -1",
                r#"["after" "0" "12" "-128" "127" "-32768" "8388607" "-2147483648" "9223372036854775807"]"#,
            ),
            ("OBJECT ENCODING set:16", r#""intset""#),
            ("SISMEMBER set:64 -1099511627776", ":1"),
            (
                "ZRANGE zset 0 -1 WITHSCORES",
                r#"["a" "-inf" "b" "1" "c" "2.5" "d" "inf"]"#,
            ),
        ],
    ),
    (
        "made-4",
        &[
            ("HGETALL hash", r#"["f" "v" "g" "1000"]"#),
            ("PEXPIRETIME volatile", ":4102444800000"),
        ],
    ),
    (
        "made-6",
        &[
            ("GETRANGE compressed 0 5", r#""abcccc""#),
            ("STRLEN compressed", ":1003"),
            ("LLEN list", ":2"),
        ],
    ),
    ("made-6-unchecked", &[("GET k", r#""v""#)]),
    (
        "made-7",
        &[
            ("LLEN quicklist", ":11"),
            ("LRANGE quicklist 0 2", r#"["a" "b" "0"]"#),
        ],
    ),
    (
        "made-9",
        &[
            ("ZSCORE zset a", r#""0.1""#),
            (
                "XRANGE stream - +",
                r#"[["1-1" ["f" "v" "g" "w"]] ["3-1" ["h" "z"]]]"#,
            ),
            (
                "XPENDING stream group - + 9 ann",
                // Idle for too long to be told, delivered once and 300 times.
                "2 of them",
            ),
            ("XINFO CONSUMERS stream empty", "[]"),
        ],
    ),
    (
        "redis-7.0",
        &[
            ("GET number", r#""42""#),
            ("OBJECT ENCODING list:large", r#""listpack""#),
            ("XLEN stream", ":2"),
            ("PEXPIRETIME volatile", ":4102444800000"),
        ],
    ),
];

/// Files that it does not read.
const NEW: &[(&str, &[(&str, &str)])] = &[
    (
        "made-11",
        &[
            ("OBJECT ENCODING set", r#""listpack""#),
            ("SMEMBERS set", r#"["a" "b" "7"]"#),
            ("XINFO STREAM stream:2", "with max-deleted-entry-id 2-1"),
            ("XINFO STREAM stream:3", "with entries-added 3"),
            ("XINFO GROUPS stream:3", "with entries-read 3"),
        ],
    ),
    (
        "made-12-preliminary",
        &[
            ("HMGET hash f g", r#"["v" "w"]"#),
            ("HPEXPIRETIME hash FIELDS 2 f g", "[:-1 :4102444800000]"),
            (
                "HPEXPIRETIME hash:small FIELDS 2 f g",
                "[:-1 :4102444800000]",
            ),
        ],
    ),
    ("redis-8.0", NEWEST),
    ("valkey-9.1", NEWEST),
];

const NEWEST: &[(&str, &str)] = &[
    ("MGET text number volatile", r#"["hello" "42" "v"]"#),
    ("PEXPIRETIME volatile", ":4102444800000"),
    ("LRANGE list:large 0 -1", r#"["a" "b" "c" "d" "e"]"#),
    ("OBJECT ENCODING ints", r#""intset""#),
    ("HMGET hash:large f g h", r#"["v" "w" "x"]"#),
    (
        "ZRANGE zset:large 0 -1 WITHSCORES",
        r#"["a" "1" "b" "2.5" "c" "inf"]"#,
    ),
    (
        "XRANGE stream - +",
        r#"[["1-1" ["f" "v"]] ["3-1" ["x" "y"]]]"#,
    ),
    ("XPENDING stream group", r#"[:1 "1-1" "1-1" [["ann" "1"]]]"#),
    ("PFCOUNT hll", ":3"),
    ("XINFO STREAM stream", "with max-deleted-entry-id 2-1"),
    (
        "HPEXPIRETIME deadlines FIELDS 2 f g",
        "[:4102444800000 :-1]",
    ),
    (
        "HPEXPIRETIME deadlines:large FIELDS 4 f g h i",
        "[:4102444800000 :4102444900001 :4102444900001 :-1]",
    ),
    ("DBSIZE", ":16"),
];

fn file(name: &str) -> PathBuf {
    repository("tests/data/rdb").join(format!("{name}.rdb"))
}

/// A server that has read a copy of the file `name` in `dir`.
fn start(side: Side, name: &str, dir: &Dir) -> Option<Server> {
    fs::copy(file(name), dir.join("dump.rdb")).unwrap();
    side.start_in(&dir.0, &[])
}

fn holds(server: &Server, name: &str, wanted: &[(&str, &str)]) {
    let mut client = server.connect();
    for (line, wanted) in wanted {
        let reply = client.words(line).to_string();
        let is_so = match wanted.strip_prefix("with ") {
            Some(pair) => {
                let (field, value) = pair.split_once(' ').unwrap();
                let texts = [
                    format!("\"{field}\" \"{value}\""),
                    format!("\"{field}\" :{value}"),
                ];
                texts.iter().any(|text| reply.contains(text))
            }
            None if *wanted == "2 of them" => reply.matches("\"ann\"").count() == 2,
            None => reply == *wanted,
        };
        assert!(is_so, "{name}: {line}: {wanted} is {reply}");
    }
}

#[test]
fn old_files_are_read_as_redis_reads_them() {
    for (name, wanted) in OLD {
        let dir = Dir::new();
        let Some(server) = start(Side::Ours, name, &dir) else {
            return;
        };
        holds(&server, name, wanted);
        let theirs = start(Side::Theirs, name, &dir).unwrap();
        let there = contents(&mut theirs.connect());
        let problems = differences(&there, &contents(&mut server.connect()));
        assert!(problems.is_empty(), "{name}: {problems:#?}");
    }
}

#[test]
fn files_newer_than_the_redis_beside_us_are_read() {
    for (name, wanted) in NEW {
        let dir = Dir::new();
        let Some(server) = start(Side::Ours, name, &dir) else {
            return;
        };
        holds(&server, name, wanted);
        // And written, and read again.
        let there = contents(&mut server.connect());
        assert_eq!(server.connect().words("SAVE").to_string(), "+OK");
        drop(server);
        let server = Side::Ours.start_in(&dir.0, &[]).unwrap();
        holds(&server, name, wanted);
        let problems = differences(&there, &contents(&mut server.connect()));
        assert!(problems.is_empty(), "{name}: {problems:#?}");
    }
}

#[test]
fn libraries_of_functions_are_kept() {
    for name in ["redis-7.0", "redis-8.0", "valkey-9.1"] {
        let dir = Dir::new();
        let Some(server) = start(Side::Ours, name, &dir) else {
            return;
        };
        let mut client = server.connect();
        // Fields' deadlines are nothing that Redis 7.0 could read.
        client.words("DEL deadlines deadlines:large");
        assert_eq!(client.words("SAVE").to_string(), "+OK");
        drop(server);
        accepted("redis-check-rdb", &dir.join("dump.rdb"));
        let redis = Side::Theirs.start_in(&dir.0, &[]).unwrap();
        assert_eq!(redis.connect().words("FCALL f 0").to_string(), ":1");
    }
}

#[test]
fn fields_of_others_are_kept() {
    let dir = Dir::new();
    let Some(server) = start(Side::Ours, "made-9", &dir) else {
        return;
    };
    assert_eq!(server.connect().words("SAVE").to_string(), "+OK");
    drop(server);
    accepted("redis-check-rdb", &dir.join("dump.rdb"));
    let bytes = fs::read(dir.join("dump.rdb")).unwrap();
    let times = |text: &[u8]| bytes.windows(text.len()).filter(|at| *at == text).count();
    assert_eq!(
        (
            times(b"of-somebody"),
            times(b"return 1"),
            times(b"redis-ver")
        ),
        (1, 1, 1)
    );
}

#[test]
fn data_of_modules_is_refused_by_name() {
    for name in ["made-module", "made-module-aux"] {
        let dir = Dir::new();
        fs::copy(file(name), dir.join("dump.rdb")).unwrap();
        let path = dir.0.display().to_string();
        let Some(start) = Side::Ours.start() else {
            return;
        };
        let (status, log) = start.args(["--dir", &path]).refused();
        assert!(!status.success() && log.contains("ReJSON-RL"), "{log}");
    }
}
