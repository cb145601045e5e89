//! A log begun on one side is continued on the other, and goes back.

use super::samples::everything;
use super::{Dir, Side, WAYS, accepted, contents, differences, pipeline, shut_down};
use crate::harness::client::Client;
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
