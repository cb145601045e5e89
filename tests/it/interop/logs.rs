//! A log begun on one side is continued on the other, and goes back.

use super::samples::everything;
use super::{Dir, Side, WAYS, accepted, contents, differences, pipeline, shut_down};
use crate::harness::client::{Client, encode};
use crate::harness::wait_until;

/// Commands whose effect is not what they say: what is logged must be.
const CHANCY: &[&str] = &[
    "SADD chance:set a b c d e f g h",
    "SPOP chance:set 3",
    "SET chance:soon v EX 100000",
    "INCRBYFLOAT chance:float 0.1",
    "XADD chance:stream * a b",
    "ZADD chance:zset 1 a 2 b",
    "ZPOPMIN chance:zset",
    "RPUSH chance:list a b c",
    "BLPOP chance:list 0",
    "LMOVE chance:list chance:other LEFT RIGHT",
    "GETEX chance:soon PERSIST",
    "SETRANGE chance:range 20 x",
    "SORT chance:set ALPHA STORE chance:sorted",
    "DEL string:1 list:one",
    "MSET chance:1 a chance:2 b",
    "RENAME chance:1 chance:3",
    "COPY chance:3 chance:4 DB 3",
    "MOVE chance:3 5",
];

fn chances(client: &mut Client) {
    for line in CHANCY {
        let reply = client.words(line);
        assert!(!reply.is_error(), "{line}: {reply}");
    }
}

fn rewrite(client: &mut Client) {
    let reply = client.words("BGREWRITEAOF");
    assert!(!reply.is_error(), "{reply}");
    wait_until("the end of the rewrite", || {
        let info = client.words("INFO persistence").to_string();
        assert!(info.contains("aof_last_bgrewrite_status:ok"), "{info}");
        let busy = ["aof_rewrite_in_progress:1", "aof_rewrite_scheduled:1"];
        (!busy.iter().any(|busy| info.contains(busy))).then_some(())
    });
}

/// From one to the other and back: what each wrote, the next has read.
fn goes_round(from: Side, to: Side, args: &[&str], rewrites: bool) {
    let dir = Dir::new();
    let args = [&["--appendonly", "yes"], args].concat();
    let mut wanted = None;
    for (step, side) in [from, to, from].into_iter().enumerate() {
        let Some(server) = side.start_in(&dir.0, &args) else {
            return;
        };
        let mut client = server.connect();
        if let Some(wanted) = &wanted {
            let problems = differences(wanted, &contents(&mut client));
            let at = format!("step {step} from {from:?}, {args:?}");
            assert!(problems.is_empty(), "{at}: {problems:#?}\n{}", server.log());
        }
        if step == 0 {
            pipeline(&mut client, &everything());
        }
        if rewrites {
            rewrite(&mut client);
        }
        client.words(&format!("SET by{step} {step}"));
        chances(&mut client);
        client.words("SELECT 7");
        client.words(&format!("HSET by{step} f {step}"));
        wanted = Some(contents(&mut client));
        shut_down(server);
        let manifest = dir.join("appendonlydir/appendonly.aof.manifest");
        let said = accepted("redis-check-aof", &manifest);
        assert!(
            said.contains("All AOF files and manifest are valid"),
            "{said}"
        );
    }
}

#[test]
fn logs_go_round() {
    for (from, to) in WAYS {
        goes_round(from, to, &[], false);
    }
}

#[test]
fn rewritten_logs_go_round() {
    for (from, to) in WAYS {
        goes_round(from, to, &["--aof-timestamp-enabled", "yes"], true);
    }
}

#[test]
fn logs_whose_base_is_commands_go_round() {
    for (from, to) in WAYS {
        goes_round(from, to, &["--aof-use-rdb-preamble", "no"], true);
    }
}

/// Functions cannot be executed here, but come and go with the log.
#[test]
fn functions_in_a_log_are_kept() {
    let dir = Dir::new();
    let args = ["--appendonly", "yes", "--aof-use-rdb-preamble", "no"];
    let sides = [Side::Theirs, Side::Ours, Side::Ours, Side::Theirs];
    for (step, side) in sides.into_iter().enumerate() {
        let Some(server) = side.start_in(&dir.0, &args) else {
            return;
        };
        let mut client = server.connect();
        match step {
            0 => {
                for name in ["kept", "gone"] {
                    let source = format!(
                        "#!lua name={name}\nredis.register_function('{name}f', function() end)"
                    );
                    let reply = client.call(&["FUNCTION", "LOAD", &source]);
                    assert!(!reply.is_error(), "{reply}");
                }
                client.words("FUNCTION DELETE gone");
                client.words("SET k v");
            }
            3 => {
                let list = client.words("FUNCTION LIST").to_string();
                assert!(list.contains("keptf") && !list.contains("gonef"), "{list}");
            }
            _ => rewrite(&mut client),
        }
        assert_eq!(client.words("GET k").to_string(), r#""v""#);
        shut_down(server);
    }
}

/// Logs of old servers, and those that somebody wrote, say spans where ours and Redis 7 say
/// moments: they count from the load. What has passed is there until it is found to have passed.
#[test]
fn spans_in_a_log_count_from_its_load() {
    const SPANS: &[(&str, &str)] = &[
        ("SET expire v", "EXPIRE expire 1000"),
        ("SET pexpire v", "PEXPIRE pexpire 1000000"),
        ("SET setex 1", "SETEX setex 1000 v"),
        ("SET psetex 1", "PSETEX psetex 1000000 v"),
        ("SET ex 1", "SET ex v EX 1000"),
        ("SET px 1", "SET px v PX 1000000"),
        ("SET getex v", "GETEX getex EX 1000"),
        ("SET restore 1", "RESTORE restore 1000000 $ REPLACE"),
        ("RPUSH list v", "EXPIRE list 1000 NX"),
    ];
    let ours = [
        ("SET msetex 1", "MSETEX 1 msetex v EX 1000"),
        ("HSET hexpire f v", "HEXPIRE hexpire 1000 FIELDS 1 f"),
        ("HSET hpexpire f v", "HPEXPIRE hpexpire 1000000 FIELDS 1 f"),
        ("HSET hsetex f 1", "HSETEX hsetex EX 1000 FIELDS 1 f v"),
        ("HSET hgetex f v", "HGETEX hgetex PX 1000000 FIELDS 1 f"),
    ];
    for (side, more) in [(Side::Theirs, &ours[..0]), (Side::Ours, &ours)] {
        let dir = Dir::new();
        let payload = {
            let Some(server) = side.start() else { return };
            let server = server.start();
            let mut client = server.connect();
            client.words("SET v v");
            client.words("DUMP v").text().expect("a payload").to_vec()
        };
        let mut log = encode(&["SELECT", "0"]);
        let lines = SPANS.iter().chain(more);
        for line in lines.clone().flat_map(|(make, span)| [make, span]) {
            let words: Vec<&[u8]> = line
                .split(' ')
                .map(|word| {
                    if word == "$" {
                        &payload[..]
                    } else {
                        word.as_bytes()
                    }
                })
                .collect();
            log.extend(encode(&words));
        }
        log.extend(encode(&["XADD", "stream", "*", "f", "v"]));
        std::fs::write(dir.join("appendonly.aof"), &log).expect("a log of one file");
        let server = side.start_in(&dir.0, &["--appendonly", "yes"]);
        let Some(server) = server else { return };
        let mut client = server.connect();
        for (make, span) in lines {
            let key = make.split(' ').nth(1).expect("a key");
            let ttl = match key.starts_with('h') {
                true => {
                    let reply = client.words(&format!("HTTL {key} FIELDS 1 f"));
                    reply.elements().expect("an array")[0].int()
                }
                false => client.words(&format!("TTL {key}")).int(),
            };
            let ttl = ttl.unwrap_or_default();
            assert!((900..=1000).contains(&ttl), "{side:?}: {span}: {ttl}");
        }
        let now = client.words("TIME").elements().expect("an array")[0].to_string();
        let id = client.words("XINFO STREAM stream").to_string();
        // The same day at least, in seconds.
        let day = now.trim_matches('"').get(..5).expect("seconds").to_owned();
        assert!(id.contains(&format!("\"{day}")), "{side:?}: {id}");
        shut_down(server);
    }
}

/// Before Redis 7 a log was one file beside the directory, which Redis 7 moves into it.
#[test]
fn a_log_of_one_file_becomes_the_base() {
    for side in [Side::Theirs, Side::Ours] {
        let dir = Dir::new();
        let server = side.start_in(&dir.0, &["--dbfilename", "appendonly.aof"]);
        let Some(server) = server else { return };
        let mut client = server.connect();
        pipeline(&mut client, &everything());
        assert_eq!(client.words("SAVE").to_string(), "+OK");
        client.words("SET later 1");
        let wanted = contents(&mut client);
        client.send(&["SHUTDOWN", "NOSAVE"]).expect("it is sent");
        drop(server);
        // A dump, and commands behind it.
        let old = dir.join("appendonly.aof");
        let mut bytes = std::fs::read(&old).expect("the dump");
        bytes.extend(encode(&["SELECT", "0"]));
        bytes.extend(encode(&["SET", "later", "1"]));
        std::fs::write(&old, &bytes).expect("the log");
        let log = ["--appendonly", "yes"];
        let check = |step: &str| {
            let server = side.start_in(&dir.0, &log)?;
            let mut client = server.connect();
            let problems = differences(&wanted, &contents(&mut client));
            assert!(problems.is_empty(), "{side:?}: {step}: {problems:#?}");
            assert!(!old.exists(), "{side:?}: {step}");
            shut_down(server);
            Some(())
        };
        check("it is moved");
        let manifest = dir.join("appendonlydir/appendonly.aof.manifest");
        accepted("redis-check-aof", &manifest);
        check("it is the base");
        // As a crash leaves it, which came before the file was moved.
        std::fs::rename(dir.join("appendonlydir/appendonly.aof"), &old).expect("it moves back");
        std::fs::remove_file(dir.join("appendonlydir/appendonly.aof.1.incr.aof")).expect("removed");
        std::fs::write(&manifest, "file appendonly.aof seq 1 type b\n").expect("the manifest");
        check("it is moved at last");
        // One that comes later is none of ours.
        std::fs::write(&old, "not a log").expect("a file");
        let server = side.start_in(&dir.0, &log);
        let Some(server) = server else { return };
        let problems = differences(&wanted, &contents(&mut server.connect()));
        assert!(
            problems.is_empty() && old.exists(),
            "{side:?}: {problems:#?}"
        );
        shut_down(server);
    }
}

#[test]
fn two_logs_of_one_file_are_not_chosen_from() {
    let Some(start) = Side::Ours.start() else {
        return;
    };
    let dir = Dir::new();
    std::fs::create_dir(dir.join("appendonlydir")).expect("a directory");
    let set = encode(&["SET", "a", "1"]);
    for name in ["appendonly.aof", "appendonlydir/appendonly.aof"] {
        std::fs::write(dir.join(name), &set).expect("a log");
    }
    let place = dir.0.display().to_string();
    let start = start.args(["--dir", &place, "--appendonly", "yes"]);
    let (status, log) = start.refused();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("which of the two is the log?"), "{log}");
}
