//! What the wire does not show: events, propagation, encodings. Replies have their transcripts.

use crate::command::testing::Bench;

/// Events and propagation of each command, as Valkey 9.1.2 tells them.
#[test]
fn changes_are_told() {
    let cases: &[(&str, &str, &str)] = &[
        ("SET k v", "new k, set k", "verbatim"),
        ("SET k v", "set k", "verbatim"),
        ("SET k v XX KEEPTTL", "set k", "verbatim"),
        ("SET k v NX", "", "verbatim"),
        ("SET k v EX 10", "set k, expire k", "SET k v PXAT 1010000"),
        (
            "SET k v PX 10 GET",
            "set k, expire k",
            "SET k v PXAT 1000010",
        ),
        (
            "SET k v EXAT 2000",
            "set k, expire k",
            "SET k v PXAT 2000000",
        ),
        ("SET k v PXAT 2000000", "set k, expire k", "verbatim"),
        ("SET k v PXAT 1", "expired k", "DEL k"),
        ("SET k v PXAT 1", "", "verbatim"),
        ("GET k", "keymiss k", "verbatim"),
        ("SET k v GET", "keymiss k, new k, set k", "verbatim"),
        ("SETNX k v", "", "verbatim"),
        ("SETEX k 10 v", "set k, expire k", "SET k v PXAT 1010000"),
        ("PSETEX k 10 v", "set k, expire k", "SET k v PXAT 1000010"),
        ("GETEX k", "", "verbatim"),
        ("GETEX k EX 5", "expire k", "PEXPIREAT k 1005000"),
        ("GETEX k PERSIST", "persist k", "PERSIST k"),
        ("GETEX k PERSIST", "", "verbatim"),
        ("GETEX k EXAT 1", "del k", "DEL k"),
        ("GETEX k EXAT 1", "keymiss k", "verbatim"),
        ("GETSET k v", "keymiss k, new k, set k", "verbatim"),
        ("DELIFEQ k x", "", "verbatim"),
        ("DELIFEQ k v", "del k", "DEL k"),
        (
            "MSET k 1 l 2 k 3",
            "new k, set k, new l, set l, set k",
            "verbatim",
        ),
        ("MSETNX k 1 m 2", "", "verbatim"),
        ("MSETEX 2 k 1 l 2", "set k, set l", "verbatim"),
        (
            "MSETEX 2 k 1 l 2 XX EX 9",
            "set k, expire k, set l, expire l",
            "MSETEX 2 k 1 l 2 XX PXAT 1009000",
        ),
        ("GETDEL k", "del k", "DEL k"),
        ("GETDEL k", "keymiss k", "verbatim"),
        ("APPEND k 1", "new k, append k", "verbatim"),
        ("APPEND k 0", "append k", "verbatim"),
        ("SETRANGE k 1 2", "setrange k", "verbatim"),
        ("INCR k", "incrby k", "verbatim"),
        ("DECRBY k 3", "incrby k", "verbatim"),
        ("INCRBYFLOAT k 0.5", "incrbyfloat k", "SET k 10.5 KEEPTTL"),
        ("MGET k none", "keymiss none", "verbatim"),
        ("LCS k none", "keymiss none", "verbatim"),
    ];
    let mut bench = Bench::new();
    for (line, events, propagated) in cases {
        let reply = bench.run(line);
        assert!(!reply.starts_with('-'), "{line}: {reply}");
        assert_eq!(bench.events().join(", "), *events, "{line}");
        assert_eq!(bench.propagated().join("; "), *propagated, "{line}");
        assert!(
            bench.effects.changes > 0 || *propagated == "verbatim",
            "{line}"
        );
    }
}

#[test]
fn encodings_are_those_of_redis() {
    let long = |count: usize| "x".repeat(count);
    let cases = [
        ("SET k 123".into(), "int"),
        ("INCRBYFLOAT k 1".into(), "embstr"),
        ("APPEND k 4".into(), "raw"),
        ("INCR k".into(), "int"),
        ("APPEND k 4".into(), "raw"),
        (format!("SET k {}", long(44)), "embstr"),
        (format!("SET k {}", long(45)), "raw"),
        (format!("SET k {}", long(256 * 1024 + 1)), "raw"),
        ("SETRANGE new 0 1".into(), "raw"),
        ("APPEND newer 1".into(), "int"),
        ("APPEND newer 1".into(), "raw"),
        ("GETSET k 5".into(), "int"),
    ];
    let mut bench = Bench::new();
    for (line, want) in cases {
        bench.run(&line);
        let key = line.split(' ').nth(1).unwrap();
        let mut db = bench.space.view(0, bench.now);
        let encoding = db.peek(key.as_bytes()).unwrap().encoding();
        assert_eq!(encoding, want, "{}", &line[..line.len().min(40)]);
    }
}

#[test]
fn large_strings_are_changed_in_place() {
    const LEN: usize = 512 * 1024 * 1024;
    let mut bench = Bench::new();
    assert_eq!(
        bench.run(&format!("SETRANGE k {} end", LEN - 3)),
        format!(":{LEN}")
    );
    assert_eq!(bench.run("APPEND k x").split_once(' ').unwrap().0, "-ERR");
    assert_eq!(bench.run("SETRANGE k 300000000 middle"), format!(":{LEN}"));
    assert_eq!(bench.run("GETRANGE k 299999999 300000005"), "$7|\0middle");
    assert_eq!(bench.run("GETRANGE k -4 -1"), "$4|\0end");
    assert_eq!(bench.run("STRLEN k"), format!(":{LEN}"));
    let reply = bench.run_args(&[b"GETRANGE", b"k", b"1000", b"999999"]);
    assert_eq!(reply.len(), "$999000\r\n\r\n".len() + 999_000);
}
