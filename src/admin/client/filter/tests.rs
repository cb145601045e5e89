//! Filters against portraits, and what is refused.

use super::super::portrait::Memory;
use super::*;
use crate::resp::request::OwnedRequest;

fn portrait() -> Portrait<'static> {
    Portrait {
        id: 7,
        address: "[::1]:5000".into(),
        local_address: "[::1]:6379".into(),
        fd: 9,
        class: Class::Normal,
        user: b"default",
        name: b"worker",
        library: b"lib",
        library_version: b"1.2",
        age_s: 10,
        idle_s: 3,
        flags: "Te".into(),
        capabilities: "",
        db: 4,
        subscriptions: [0; 3],
        queued: None,
        watched: 0,
        events: "r",
        command: "client|list",
        protocol: 3,
        redirect: -1,
        memory: Memory::default(),
        input_bytes: 1,
        output_bytes: 2,
        commands: 3,
    }
}

fn parse(line: &str, purpose: Purpose) -> Result<Filter, CommandError> {
    let request = OwnedRequest::new(line.split(' '));
    let known = Known {
        databases: 16,
        is_user: &|user| user == b"default",
    };
    Filter::parse(&mut Args::new(request.request(), 0), purpose, &known)
}

#[test]
fn all_filters_must_hold() {
    let cases = [
        ("id 7", true),
        ("id 6 7", true),
        ("id 6 id 7", true),
        ("id 6", false),
        ("not-id 6", true),
        ("not-id 6 7", false),
        ("addr [::1]:5000", true),
        ("addr [::1]:5001", false),
        ("laddr [::1]:6379 not-laddr [::1]:6380", true),
        ("ip ::1", true),
        ("not-ip ::1", false),
        ("type normal", true),
        ("type primary", false),
        ("type primary type normal", true),
        ("not-type normal", false),
        ("user default name worker", true),
        ("name worke", false),
        ("lib-name lib lib-ver 1.2", true),
        ("lib-name lib lib-ver 1.3", false),
        ("maxage 10", true),
        ("maxage 11", false),
        ("idle 3", true),
        ("idle 4", false),
        ("flags e", true),
        ("flags eT", true),
        ("flags eN", false),
        ("not-flags eN", true),
        ("capa r", false),
        ("not-capa r", true),
        ("db 4", true),
        ("not-db 4", false),
        ("skipme no db 4", true),
    ];
    for (line, wanted) in cases {
        let filter = parse(line, Purpose::Kill).expect(line);
        assert_eq!(filter.matches(&portrait()), wanted, "{line}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let cases = [
        ("foo", "ERR syntax error"),
        ("name", "ERR syntax error"),
        ("not-maxage 1", "ERR syntax error"),
        ("not-skipme yes", "ERR syntax error"),
        ("skipme maybe", "ERR syntax error"),
        ("id 1 x", "ERR syntax error"),
        ("id x", "ERR client-id should be greater than 0"),
        ("id 0", "ERR client-id should be greater than 0"),
        ("type foo", "ERR Unknown client type 'foo'"),
        ("user nobody", "ERR No such user 'nobody'"),
        ("not-user nobody", "ERR No such user 'nobody'"),
        ("maxage x", "ERR maxage is not an integer or out of range"),
        ("maxage 0", "ERR maxage should be greater than 0"),
        ("idle -1", "ERR idle should be greater than 0"),
        ("db x", "ERR DB is not an integer or out of range"),
        ("db 16", "ERR DB number should be between 0 and 15"),
        ("not-db -1", "ERR NOT-DB number should be between 0 and 15"),
        (
            "flags NZ",
            "ERR Unknown flags found in the provided filter: NZ",
        ),
        ("capa x", "ERR Unknown capa found in the provided filter: x"),
    ];
    for (line, wanted) in cases {
        let error = parse(line, Purpose::Kill).expect_err(line);
        assert_eq!(error.text(), wanted.as_bytes(), "{line}");
    }
    for line in ["id x", "id 1 x"] {
        let error = parse(line, Purpose::List).expect_err(line);
        assert_eq!(error, CommandError::INVALID_CLIENT_ID, "{line}");
    }
    assert!(parse("id 0", Purpose::List).is_ok());
}

#[test]
fn only_kill_spares_the_one_that_asks() {
    for (purpose, line, wanted) in [
        (Purpose::Kill, "id 1", true),
        (Purpose::List, "id 1", false),
        (Purpose::Kill, "skipme no", false),
        (Purpose::List, "skipme YES", true),
    ] {
        let filter = parse(line, purpose).expect(line);
        assert_eq!(filter.skip_me, wanted, "{line}");
    }
}

#[test]
fn a_line_shows_every_field() {
    assert_eq!(
        portrait().to_string(),
        "id=7 addr=[::1]:5000 laddr=[::1]:6379 fd=9 name=worker age=10 idle=3 flags=Te \
         capa= db=4 sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 \
         rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 events=r cmd=client|list user=default \
         redir=-1 resp=3 lib-name=lib lib-ver=1.2 tot-net-in=1 tot-net-out=2 tot-cmds=3"
    );
}
