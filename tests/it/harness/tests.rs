//! The harness itself works: shown with redis-server.

use super::reply::{Reply, parse};
use super::server::{Start, fresh_dir};

#[test]
fn a_server_starts_answers_and_stops() {
    let dir = fresh_dir();
    let file = dir.join("test.conf");
    std::fs::write(&file, "databases 3\n").unwrap();
    let start = Start::redis().config_file(&file).tcp();
    let mut server = start.args(["--maxclients", "77"]).start().show_log();
    assert!(server.port() > 0 && server.process_id() > 0 && server.dir().is_dir());
    let mut client = server.connect();
    assert_eq!(
        client.words("CONFIG GET maxclients").to_string(),
        r#"["maxclients" "77"]"#
    );
    let mut client = super::client::Client::connect(&server.tcp());
    assert_eq!(
        client.words("SELECT 3").to_string(),
        "-ERR DB index is out of range"
    );
    assert_eq!(client.words("QUIT"), Reply::Simple(b"OK".to_vec()));
    assert!(client.closes());
    server.signal("TERM");
    assert!(server.wait().success());
    server.await_log("ready to exit, bye bye");
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_server_that_refuses_says_why() {
    let (status, log) = Start::redis().bare().args(["--prot", "1"]).refused();
    assert!(!status.success());
    assert!(log.contains("Bad directive"), "{log}");
}

#[test]
fn replies_of_every_kind_are_told_apart() {
    let check = |bytes: &str, notation: &str, lowered: &str| {
        let (reply, used) = parse(bytes.as_bytes()).unwrap().expect("complete");
        assert_eq!((reply.to_string().as_str(), used), (notation, bytes.len()));
        assert_eq!(reply.lowered().to_string(), lowered);
        for end in 0..bytes.len() {
            assert_eq!(
                parse(&bytes.as_bytes()[..end]),
                Ok(None),
                "{bytes:?} to {end}"
            );
        }
    };
    check("+OK\r\n", "+OK", "+OK");
    check("-ERR a b\r\n", "-ERR a b", "-ERR a b");
    check(":-7\r\n", ":-7", ":-7");
    check("$3\r\na\r\n\r\n", r#""a\r\n""#, r#""a\r\n""#);
    check("$-1\r\n", "$-1", "$-1");
    check("*-1\r\n", "*-1", "*-1");
    check("_\r\n", "nil", "$-1");
    check("*2\r\n:1\r\n*0\r\n", "[:1 []]", "[:1 []]");
    check("%1\r\n+k\r\n~1\r\n#t\r\n", "%{+k ~[#t]}", "[+k [:1]]");
    check(">1\r\n,1.5\r\n", ">[,1.5]", r#"["1.5"]"#);
    check("(99\r\n", "(99", r#""99""#);
    check("=6\r\ntxt:hi\r\n", r#"="txt:hi""#, r#""hi""#);
    check("|1\r\n+a\r\n:1\r\n:2\r\n", "|{+a :1} :2", ":2");
    assert!(parse(b"!x\r\n").is_err() && parse(b"+a\n").is_err());
}
