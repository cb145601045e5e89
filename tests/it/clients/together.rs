//! Client libraries where several clients meet: publish and subscribe, keyspace events, watched
//! transactions, client-side caching, users.

use std::process::Command;
use std::time::Duration;

use redis::{Commands, ConnectionLike, RedisResult};

use super::{run, server, tool};
use crate::harness::{PATIENCE, repository};

#[test]
fn redis_py_meets_others() {
    let (Some(server), Some(python)) = (server(), tool("python/bin/python")) else {
        return;
    };
    let port = server.port().to_string();
    let script = repository("tests/clients/together.py");
    let told = run(Command::new(python).arg(script).arg(port));
    assert!(told.starts_with("redis-py "), "{told}");
}

#[test]
fn node_redis_meets_others() {
    let (Some(server), Some(modules)) = (server(), tool("node/node_modules")) else {
        return;
    };
    let port = server.port().to_string();
    let script = repository("tests/clients/together.js");
    let mut node = Command::new("node");
    let told = run(node.arg(script).arg(port).env("NODE_PATH", modules));
    assert!(told.starts_with("node-redis "), "{told}");
}

fn client(port: u16, user: &str, protocol: &str) -> redis::Client {
    let url = format!("redis://{user}127.0.0.1:{port}/{protocol}");
    redis::Client::open(url).expect("an address")
}

/// The next message: its channel and its text.
fn message(pubsub: &mut redis::PubSub<'_>) -> (String, String) {
    let message = pubsub.get_message().expect("a message");
    let text = message.get_payload().expect("text");
    (message.get_channel_name().to_owned(), text)
}

fn heard(channel: &str, text: &str) -> (String, String) {
    (channel.to_owned(), text.to_owned())
}

#[test]
fn the_redis_crate_meets_others() {
    let Some(server) = server() else { return };
    for protocol in ["", "?protocol=resp3"] {
        let client = client(server.port(), "", protocol);
        let mut one = client.get_connection().unwrap();
        let mut other = client.get_connection().unwrap();
        let _: () = redis::cmd("FLUSHALL").query(&mut one).unwrap();
        channels(&mut one, &mut other);
        transactions(&mut one, &mut other);
        users(server.port(), protocol, &mut one);
        assert!(one.check_connection());
    }
}

fn channels(one: &mut redis::Connection, other: &mut redis::Connection) {
    let mut pubsub = one.as_pubsub();
    pubsub.set_read_timeout(Some(PATIENCE)).unwrap();
    pubsub.subscribe("news").unwrap();
    pubsub.psubscribe("n*").unwrap();
    let reached: i64 = other.publish("news", "first").unwrap();
    assert_eq!(reached, 2);
    assert_eq!(message(&mut pubsub), heard("news", "first"));
    assert_eq!(message(&mut pubsub), heard("news", "first"));
    pubsub.unsubscribe("news").unwrap();
    pubsub.subscribe("__keyevent@0__:set").unwrap();
    let config = |value: &str| {
        redis::cmd("CONFIG")
            .arg(&["SET", "notify-keyspace-events", value])
            .to_owned()
    };
    config("Eg$").exec(other).unwrap();
    let _: () = other.set("key", "value").unwrap();
    assert_eq!(message(&mut pubsub), heard("__keyevent@0__:set", "key"));
    config("").exec(other).unwrap();
    let nothing = pubsub.set_read_timeout(Some(Duration::from_millis(10)));
    nothing.unwrap();
    assert!(pubsub.get_message().is_err_and(|error| error.is_timeout()));
    drop(pubsub);
    // It is an ordinary connection again.
    assert_eq!(one.get::<_, String>("key").unwrap(), "value");
}

fn transactions(one: &mut redis::Connection, other: &mut redis::Connection) {
    let _: () = one.set("balance", 10).unwrap();
    let mut tries = 0;
    let withdraw = |one: &mut redis::Connection, pipe: &mut redis::Pipeline| {
        let balance: i64 = one.get("balance")?;
        if tries == 0 {
            // Somebody comes in between: it must be tried again.
            let _: () = other.decr("balance", 1)?;
        }
        tries += 1;
        pipe.set("balance", balance - 5)
            .ignore()
            .get("balance")
            .query(one)
    };
    let left: (i64,) = redis::transaction(one, &["balance"], withdraw).unwrap();
    assert_eq!((left.0, tries), (4, 2));
    let mut pipe = redis::pipe();
    pipe.atomic().set("text", "x").ignore().incr("text", 1);
    let failed: RedisResult<(i64,)> = pipe.query(one);
    let error = failed.unwrap_err().to_string();
    assert!(error.contains("not an integer"), "{error}");
    assert_eq!(one.get::<_, String>("text").unwrap(), "x");
}

fn users(port: u16, protocol: &str, one: &mut redis::Connection) {
    let set = "reader reset on >secret ~public:* +get +acl|whoami +@connection";
    let set: Vec<&str> = set.split(' ').collect();
    redis::cmd("ACL")
        .arg("SETUSER")
        .arg(&set)
        .exec(one)
        .unwrap();
    let _: () = one.set("public:1", "a").unwrap();
    let mut reader = client(port, "reader:secret@", protocol)
        .get_connection()
        .unwrap();
    let who: String = redis::cmd("ACL").arg("WHOAMI").query(&mut reader).unwrap();
    assert_eq!(who, "reader");
    assert_eq!(reader.get::<_, String>("public:1").unwrap(), "a");
    let refused = reader.get::<_, String>("private:1").unwrap_err();
    assert_eq!(refused.code(), Some("NOPERM"), "{refused}");
    let stranger = client(port, "reader:wrong@", protocol).get_connection();
    assert!(stranger.is_err(), "a wrong password was taken");
    let gone: i64 = redis::cmd("ACL")
        .arg(&["DELUSER", "reader"])
        .query(one)
        .unwrap();
    assert_eq!(gone, 1);
    assert!(!reader.check_connection());
}
