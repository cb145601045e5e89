//! Values of every type and form there and back, and payloads that are none.

use crate::command::digest::Digest;
use crate::command::testing::Bench;
use crate::rdb::CHECKSUM;

/// Commands that make the key `k` something.
fn values() -> Vec<Vec<Vec<u8>>> {
    let words = |line: &str| line.split(' ').map(|word| word.into()).collect::<Vec<_>>();
    let many = |name: &str, count: usize, each: fn(usize) -> Vec<Vec<u8>>| {
        let mut words = words(name);
        words.extend((0..count).flat_map(each));
        words
    };
    let mut values: Vec<Vec<Vec<u8>>> = [
        "set k 1",
        "set k -129",
        "set k 70000",
        "set k 9876543210123",
        "set k text",
        "set k 0",
        "rpush k a 1 -5 70000 text",
        "sadd k 1 2 3",
        "sadd k 1 70000",
        "sadd k 1 9876543210123",
        "sadd k 1 two",
        "hset k f v 1 2",
        "zadd k 1 a 2.5 b inf c -inf d 1e300 e",
    ]
    .map(words)
    .into();
    let text = |len: usize| [words("set k"), vec![vec![b'x'; len]]].concat();
    values.extend([0, 44, 45, 4095, 4096, 300_000].map(text));
    let number = |index: usize| vec![index.to_string().into_bytes()];
    let word = |index: usize| vec![format!("word {index}").into_bytes()];
    let pair = |index: usize| vec![format!("f{index}").into_bytes(), vec![b'v'; index % 80]];
    let score = |index: usize| {
        let score = (index * 7919 % 1000) as f64 / 8.0;
        vec![
            score.to_string().into_bytes(),
            format!("m{index}").into_bytes(),
        ]
    };
    for count in [3, 127, 128, 129, 512, 513, 3000] {
        values.push(many("rpush k", count, word));
        values.push(many("sadd k", count, number));
        values.push(many("sadd k", count, word));
        values.push(many("hset k", count, pair));
        values.push(many("zadd k", count, score));
    }
    values.push(many("rpush k", 20, |index| vec![vec![b'y'; index * 1000]]));
    values.push(many("pfadd k", 2000, number));
    values
}

fn run(bench: &mut Bench, args: &[Vec<u8>]) -> Vec<u8> {
    let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
    bench.run_args(&args)
}

/// The payload in a bulk reply.
fn dump(bench: &mut Bench, key: &str) -> Vec<u8> {
    let reply = run(bench, &["dump".into(), key.into()]);
    let begin = reply.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    reply[begin..reply.len() - 2].to_vec()
}

fn restore(bench: &mut Bench, key: &str, payload: &[u8]) -> String {
    let args = [b"restore", key.as_bytes(), b"0", payload, b"replace"].map(<[u8]>::to_vec);
    String::from_utf8(run(bench, &args)).unwrap()
}

fn digest(bench: &mut Bench, key: &str) -> String {
    let mut view = bench.space.view(0, bench.now);
    Digest::of_value(view.peek(key.as_bytes())).hex()
}

#[test]
fn values_of_every_form_come_back() {
    for value in values() {
        let mut bench = Bench::new();
        let what = String::from_utf8_lossy(&value[..value.len().min(4)].concat()).into_owned();
        assert!(!run(&mut bench, &value).starts_with(b"-"), "{what}");
        let payload = dump(&mut bench, "k");
        assert_eq!(restore(&mut bench, "l", &payload), "+OK\r\n", "{what}");
        assert_eq!(digest(&mut bench, "l"), digest(&mut bench, "k"), "{what}");
        let encoding = bench.run("object encoding k");
        assert_eq!(bench.run("object encoding l"), encoding, "{what}");
        assert!(dump(&mut bench, "l").len().abs_diff(payload.len()) < 64 + payload.len() / 8);
    }
}

#[test]
fn fields_keep_their_deadlines() {
    let mut bench = Bench::new();
    bench.run("hset k a 1 b 2 c 3");
    bench.run("hpexpireat k 5000000 fields 2 a b");
    let payload = dump(&mut bench, "k");
    assert_eq!(restore(&mut bench, "l", &payload), "+OK\r\n");
    let reply = "*3|:5000000|:5000000|:-1";
    assert_eq!(bench.run("hpexpiretime l fields 3 a b c"), reply);
    assert_eq!(bench.run("hget l c"), "$1|3");
}

#[test]
fn no_bytes_make_it_panic() {
    let mut random = fastrand::Rng::with_seed(9);
    for value in values() {
        let mut bench = Bench::new();
        run(&mut bench, &value);
        let payload = dump(&mut bench, "k");
        let body = &payload[..payload.len() - 10];
        for _ in 0..if body.len() > 10_000 { 3 } else { 60 } {
            let mut bytes = body.to_vec();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..bytes.len().min(200));
                match random.u8(..4) {
                    0 => bytes[at] = random.u8(..),
                    1 => bytes[at] ^= 1 << random.u8(..8),
                    2 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, random.u8(..)),
                }
            }
            bytes.extend_from_slice(&10u16.to_le_bytes());
            let checksum = CHECKSUM.checksum(&bytes);
            bytes.extend_from_slice(&checksum.to_le_bytes());
            match restore(&mut bench, "l", &bytes).as_str() {
                // What is read as something is something.
                "+OK\r\n" => assert!(!dump(&mut bench, "l").is_empty()),
                other => assert_eq!(other, "-ERR Bad data format\r\n"),
            }
        }
    }
}
