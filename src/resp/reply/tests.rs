//! Every kind of reply, byte by byte, in both protocols.

use super::*;

/// What `write` makes of a reply for each protocol.
fn check(write: impl Fn(&mut Reply), resp2: &str, resp3: &str) {
    for (protocol, want) in [(Protocol::Resp2, resp2), (Protocol::Resp3, resp3)] {
        let mut reply = Reply::new(protocol);
        write(&mut reply);
        let got = reply.output.to_vec().escape_ascii().to_string();
        assert_eq!(
            got,
            want.as_bytes().escape_ascii().to_string(),
            "{protocol:?}"
        );
    }
}

/// The same bytes for both.
fn check_same(write: impl Fn(&mut Reply), want: &str) {
    check(write, want, want);
}

#[test]
fn scalars() {
    check_same(Reply::ok, "+OK\r\n");
    check_same(|reply| reply.simple("PONG"), "+PONG\r\n");
    check_same(|reply| reply.error(b"ERR a\r\nb"), "-ERR a  b\r\n");
    check_same(|reply| reply.error(b"ERR a\n\r\n"), "-ERR a\r\n");
    let ints = [
        (0, ":0\r\n"),
        (1, ":1\r\n"),
        (-1, ":-1\r\n"),
        (12, ":12\r\n"),
    ];
    for (value, want) in ints {
        check_same(|reply| reply.int(value), want);
    }
    check_same(|reply| reply.int(i64::MIN), ":-9223372036854775808\r\n");
    check_same(|reply| reply.count(usize::MAX), ":9223372036854775807\r\n");
    check(Reply::null, "$-1\r\n", "_\r\n");
    check(Reply::null_array, "*-1\r\n", "_\r\n");
    check(|reply| reply.boolean(true), ":1\r\n", "#t\r\n");
    check(|reply| reply.boolean(false), ":0\r\n", "#f\r\n");
}

#[test]
fn numbers_beyond_integers() {
    check(|reply| reply.double(3.0), "$1\r\n3\r\n", ",3\r\n");
    check(|reply| reply.double(-0.5), "$4\r\n-0.5\r\n", ",-0.5\r\n");
    check(
        |reply| reply.double(f64::INFINITY),
        "$3\r\ninf\r\n",
        ",inf\r\n",
    );
    check(
        |reply| reply.double(f64::NEG_INFINITY),
        "$4\r\n-inf\r\n",
        ",-inf\r\n",
    );
    check(|reply| reply.double(f64::NAN), "$3\r\nnan\r\n", ",nan\r\n");
    check(
        |reply| reply.double_text("1e20"),
        "$4\r\n1e20\r\n",
        ",1e20\r\n",
    );
    check(|reply| reply.big_number("-12"), "$3\r\n-12\r\n", "(-12\r\n");
}

#[test]
fn strings() {
    check_same(|reply| reply.bulk(b""), "$0\r\n\r\n");
    check_same(|reply| reply.bulk(b"a\r\n\0"), "$4\r\na\r\n\0\r\n");
    check_same(|reply| reply.bulk(b"0123456789"), "$10\r\n0123456789\r\n");
    check_same(|reply| reply.bulk_int(-10), "$3\r\n-10\r\n");
    let pieces = |output: &mut Output| ["ab", "c"].map(|it| output.extend(it.as_bytes()));
    check_same(
        |reply| reply.bulk_with(3, |output| _ = pieces(output)),
        "$3\r\nabc\r\n",
    );
    check(
        |reply| reply.verbatim(b"txt", b"a b"),
        "$3\r\na b\r\n",
        "=7\r\ntxt:a b\r\n",
    );
    let bytes = Arc::new(vec![b'x'; 100_000]);
    let want = format!("$99998\r\n{}\r\n", "x".repeat(99_998));
    check_same(|reply| reply.bulk_shared(&bytes, 1, 99_999), &want);
}

#[test]
fn aggregates() {
    check_same(|reply| reply.array(0), "*0\r\n");
    check_same(|reply| reply.array(10), "*10\r\n");
    check(|reply| reply.map(6), "*12\r\n", "%6\r\n");
    check(|reply| reply.set(3), "*3\r\n", "~3\r\n");
    check(|reply| reply.push(2), "*2\r\n", ">2\r\n");
    check_same(
        |reply| reply.bulks(["a", "bc"].iter()),
        "*2\r\n$1\r\na\r\n$2\r\nbc\r\n",
    );
    check(
        |reply| reply.flags(["fast"].into_iter()),
        "*1\r\n+fast\r\n",
        "~1\r\n+fast\r\n",
    );
}

#[test]
fn aggregates_whose_length_comes_last() {
    let items = |reply: &mut Reply, count: usize| (0..count).for_each(|_| reply.int(7));
    for count in [0, 1, 12] {
        let body = ":7\r\n".repeat(count);
        let array = |reply: &mut Reply| {
            let deferred = reply.deferred();
            items(reply, count);
            reply.close_array(deferred, count);
        };
        check_same(array, &format!("*{count}\r\n{body}"));
        let set = |reply: &mut Reply| {
            let deferred = reply.deferred();
            items(reply, count);
            reply.close_set(deferred, count);
        };
        check(
            set,
            &format!("*{count}\r\n{body}"),
            &format!("~{count}\r\n{body}"),
        );
        let map = |reply: &mut Reply| {
            let deferred = reply.deferred();
            items(reply, 2 * count);
            reply.close_map(deferred, count);
        };
        let (resp2, resp3) = (2 * count, count);
        check(
            map,
            &format!("*{resp2}\r\n{body}{body}"),
            &format!("%{resp3}\r\n{body}{body}"),
        );
    }
}

#[test]
fn attributes_are_for_resp3() {
    let mut reply = Reply::new(Protocol::Resp3);
    reply.attribute(1);
    assert_eq!(reply.output.to_vec(), b"|1\r\n");
}

#[test]
fn errors_are_counted() {
    let mut reply = Reply::new(Protocol::Resp2);
    reply.ok();
    assert_eq!(reply.error_count(), 0);
    reply.error(b"ERR x");
    assert_eq!(reply.error_count(), 1);
}
