//! Values of every type on both sides of every threshold, and the commands that make them.

/// A value under a key that tells what it is.
pub(super) struct Sample {
    pub(super) key: String,
    pub(super) commands: Vec<Vec<Vec<u8>>>,
    pub(super) form: Form,
}

/// What can be expected of the forms a value has on the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The same bytes in a dump.
    Bytes,
    /// The same encoding; the order of a hash table, or where a list or stream is cut, differ.
    Encoding,
    /// Nothing beyond the value: Redis packs small sets of texts and small lists since 7.2 only, and
    /// a text that was long or is changed in place is `raw` until it is read anew.
    Value,
}

use Form::{Bytes, Encoding, Value};

fn sample(key: impl Into<String>, form: Form, commands: Vec<Vec<Vec<u8>>>) -> Sample {
    let key = key.into();
    Sample {
        key,
        commands,
        form,
    }
}

/// A command on `key` with what follows it.
fn command<T: AsRef<[u8]>>(
    name: &str,
    key: &str,
    args: impl IntoIterator<Item = T>,
) -> Vec<Vec<u8>> {
    let head = [name.as_bytes().to_vec(), key.as_bytes().to_vec()];
    let args = args.into_iter().map(|arg| arg.as_ref().to_vec());
    head.into_iter().chain(args).collect()
}

/// A command in words without blanks in them.
fn words(line: &str) -> Vec<Vec<u8>> {
    line.split(' ')
        .map(|word| word.as_bytes().to_vec())
        .collect()
}

/// Bytes that do not compress.
fn noise(seed: u64, count: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..count).map(|_| random.u8(..)).collect()
}

/// Every sample there is.
pub(super) fn samples() -> Vec<Sample> {
    let mut all = Vec::new();
    strings(&mut all);
    lists(&mut all);
    sets(&mut all);
    hashes(&mut all);
    zsets(&mut all);
    streams(&mut all);
    all
}

/// The commands that make all of them, with deadlines for some; a few in another database too.
pub(super) fn everything() -> Vec<Vec<Vec<u8>>> {
    let mut commands = Vec::new();
    for (db, every) in [("9", 10), ("0", 1)] {
        commands.push(words(&format!("SELECT {db}")));
        for (index, sample) in samples().into_iter().enumerate().step_by(every) {
            let key = sample.key;
            commands.extend(sample.commands);
            if index % 3 == 0 {
                // In the year 2100, all different.
                let moment = 4_102_444_800_000_u64 + index as u64;
                commands.push(words(&format!("PEXPIREAT {key} {moment}")));
            }
        }
    }
    commands
}

/// Where an integer needs one byte more, in one form or the other.
const INTEGERS: [i64; 24] = [
    0,
    1,
    -1,
    12,
    13,
    127,
    128,
    -128,
    -129,
    4095,
    4096,
    -4096,
    -4097,
    32_767,
    32_768,
    -32_768,
    -32_769,
    8_388_607,
    8_388_608,
    2_147_483_647,
    2_147_483_648,
    -2_147_483_649,
    i64::MAX,
    i64::MIN,
];

fn strings(all: &mut Vec<Sample>) {
    let mut add = |name: &str, text: &[u8], form| {
        let key = format!("string:{name}");
        let set = command("SET", &key, [text]);
        all.push(sample(key, form, vec![set]));
    };
    for integer in INTEGERS {
        add(&integer.to_string(), integer.to_string().as_bytes(), Bytes);
    }
    for text in ["", "007", "-0", "+1", "1.0", "9223372036854775808", " 1"] {
        add(&format!("text{}", text.trim()), text.as_bytes(), Bytes);
    }
    for count in [20, 21, 44, 45, 63, 64, 200, 16_383, 16_384, 70_000, 400_000] {
        add(&format!("noise{count}"), &noise(count as u64, count), Bytes);
        // How well a text is compressed is each one's own affair.
        add(&format!("alike{count}"), &vec![b'a'; count], Encoding);
    }
    for count in [1, 50, 2000, 20_000] {
        let elements = (0..count).map(|index| format!("element {index}"));
        let key = format!("hyperloglog:{count}");
        let add = command("PFADD", &key, elements);
        all.push(sample(key, Value, vec![add]));
    }
}

/// Texts of all lengths where a packed form changes its own.
fn texts() -> Vec<Vec<u8>> {
    let integers = INTEGERS
        .iter()
        .map(|integer| integer.to_string().into_bytes());
    let lengths = [0, 1, 11, 12, 63, 64];
    let noises = lengths.into_iter().map(|count| noise(count as u64, count));
    integers.chain(noises).collect()
}

fn lists(all: &mut Vec<Sample>) {
    let mut add = |name: &str, elements: Vec<Vec<u8>>, form| {
        let key = format!("list:{name}");
        let push = command("RPUSH", &key, elements);
        all.push(sample(key, form, vec![push]));
    };
    add("one", vec![b"a".to_vec()], Value);
    add("texts", texts(), Value);
    for count in [128, 1000, 5000] {
        let elements = (0..count).map(|index| format!("element {index}").into_bytes());
        add(&count.to_string(), elements.collect(), Value);
        let elements = (0..count).map(|index| index.to_string().into_bytes());
        add(&format!("integers{count}"), elements.collect(), Value);
    }
    for count in [4095, 4096, 8191, 8192, 70_000] {
        let elements = vec![b"small".to_vec(), noise(1, count), noise(2, count)];
        add(&format!("long{count}"), elements, Value);
    }
    let key = "list:both-ends";
    let commands = vec![
        command("RPUSH", key, (0..300).map(|index| index.to_string())),
        command("LPUSH", key, (0..300).map(|index| format!("left {index}"))),
        command("LSET", key, ["7", "another"]),
        command("LREM", key, ["0", "100"]),
        command("LPOP", key, ["5"]),
    ];
    all.push(sample(key, Value, commands));
}

fn sets(all: &mut Vec<Sample>) {
    let mut add = |name: &str, members: Vec<Vec<u8>>, form| {
        let key = format!("set:{name}");
        let add = command("SADD", &key, members);
        all.push(sample(key, form, vec![add]));
    };
    for (name, factor) in [("16", 1_i64), ("32", 100_000), ("64", 10_000_000_000)] {
        for count in [1, 3, 512, 513] {
            let integers = (0..count).map(|index| (factor * (index - 100)).to_string());
            // A longer one is compressed, each in its own way.
            let form = if count <= 3 { Bytes } else { Encoding };
            let members = integers.map(String::into_bytes).collect();
            add(&format!("integers{name}:{count}"), members, form);
        }
    }
    for count in [1, 127, 128, 129, 3000] {
        let members = (0..count).map(|index| format!("member {index}").into_bytes());
        let form = if count <= 128 { Value } else { Encoding };
        add(&count.to_string(), members.collect(), form);
    }
    add("texts", texts(), Value);
    add("long64", vec![noise(1, 64), b"a".to_vec()], Value);
    add("long65", vec![noise(1, 65), b"a".to_vec()], Encoding);
}

fn hashes(all: &mut Vec<Sample>) {
    let mut add = |name: &str, pairs: Vec<[Vec<u8>; 2]>, form| {
        let key = format!("hash:{name}");
        let set = command("HSET", &key, pairs.concat());
        all.push(sample(key, form, vec![set]));
    };
    for count in [1, 511, 512, 513, 3000] {
        let pairs = (0..count).map(|index| {
            let field = format!("field {index}");
            [field.into_bytes(), index.to_string().into_bytes()]
        });
        let form = if count <= 512 { Bytes } else { Encoding };
        // Compressed from 21 bytes on, each in its own way.
        let form = if count == 1 { form } else { Encoding };
        add(&count.to_string(), pairs.collect(), form);
    }
    let pairs = texts().into_iter().map(|text| [text.clone(), text]);
    add("texts", pairs.collect(), Encoding);
    for count in [64, 65, 10_000] {
        let form = if count <= 64 { Bytes } else { Encoding };
        let long = noise(3, count);
        add(
            &format!("field{count}"),
            vec![[long.clone(), b"1".to_vec()]],
            form,
        );
        add(&format!("value{count}"), vec![[b"f".to_vec(), long]], form);
    }
}

fn zsets(all: &mut Vec<Sample>) {
    let mut add = |name: &str, pairs: Vec<(String, Vec<u8>)>, form| {
        let key = format!("zset:{name}");
        let pairs = pairs
            .into_iter()
            .flat_map(|(score, member)| [score.into_bytes(), member]);
        let add = command("ZADD", &key, pairs);
        all.push(sample(key, form, vec![add]));
    };
    for count in [1, 127, 128, 129, 3000] {
        let pairs = (0..count).map(|index| {
            let score = f64::from(index * 7919 % 1000) / 8.0;
            (score.to_string(), format!("member {index}").into_bytes())
        });
        let form = if count == 1 { Bytes } else { Encoding };
        add(&count.to_string(), pairs.collect(), form);
    }
    let scores = [
        "0",
        "-0",
        "1",
        "-1",
        "0.1",
        "0.5",
        "3.14",
        "-inf",
        "inf",
        "1e300",
        "-1e300",
        "5e-324",
        "1e17",
        "9007199254740993",
        "123456789012",
        "1.7976931348623157e308",
        "0.30000000000000004",
    ];
    let pairs = |from: usize| {
        let scores = scores.iter().enumerate();
        let pairs = scores
            .map(move |(index, score)| ((*score).into(), (from + index).to_string().into_bytes()));
        pairs.collect::<Vec<_>>()
    };
    add("scores", pairs(0), Encoding);
    // Redis has no -0 in a small sorted set, and a large one begins small.
    let many = (0..10).flat_map(|index| pairs(100 * index));
    let many = many.filter(|(score, _)| score != "-0").collect();
    add("many-scores", many, Encoding);
    for count in [64, 65, 10_000] {
        let form = if count <= 64 { Bytes } else { Encoding };
        add(
            &format!("long{count}"),
            vec![("1".into(), noise(4, count))],
            form,
        );
    }
    let key = "zset:places";
    let places = [
        "13.361389",
        "38.115556",
        "Palermo",
        "15.087269",
        "37.502669",
        "Catania",
    ];
    let add = command("GEOADD", key, places);
    all.push(sample(key, Encoding, vec![add]));
}

fn streams(all: &mut Vec<Sample>) {
    let mut add = |name: &str, lines: Vec<String>, form| {
        let key = format!("stream:{name}");
        // `@` stands for the key.
        let commands = lines.iter().map(|line| words(&line.replace('@', &key)));
        let commands = commands.collect();
        all.push(sample(key, form, commands));
    };
    let entry = |id: String| format!("XADD @ {id} temperature 20 humidity 55");
    let entries = |count: u64| (1..=count).map(|index| entry(format!("{}-{index}", index / 3)));
    add("one", vec![entry("1-1".into())], Bytes);
    add("greatest", vec![entry(format!("{0}-{0}", u64::MAX))], Bytes);
    for count in [99, 100, 101, 1000] {
        add(&count.to_string(), entries(count).collect(), Encoding);
    }
    let other = (1..50).map(|index| match index % 3 {
        0 => entry(format!("{index}-0")),
        1 => format!("XADD @ {index}-0 temperature {index}"),
        _ => format!("XADD @ {index}-0 b {index} a {} b again", noise_word(index)),
    });
    add("fields", other.collect(), Encoding);
    let mut lines: Vec<_> = entries(250).collect();
    lines.push("XDEL @ 1-3 1-4 40-120 83-249".into());
    lines.push("XTRIM @ MINID 3".into());
    add("deleted", lines, Encoding);
    let mut lines: Vec<_> = entries(20).collect();
    lines.push("XTRIM @ MAXLEN 0".into());
    add("emptied", lines.clone(), Encoding);
    lines.push("XSETID @ 100-5 ENTRIESADDED 70 MAXDELETEDID 90-1".into());
    add("set-id", lines, Encoding);
    let made = vec!["XGROUP CREATE @ group $ MKSTREAM".into()];
    add("only-a-group", made, Encoding);
    let mut lines: Vec<_> = entries(300).collect();
    for line in [
        "XGROUP CREATE @ unread 0",
        "XGROUP CREATE @ read 10-30",
        "XGROUP CREATE @ told 0 ENTRIESREAD 5",
        "XGROUP CREATECONSUMER @ told idle",
        "XREADGROUP GROUP read Ann COUNT 100 STREAMS @ >",
        "XREADGROUP GROUP read Ben COUNT 50 STREAMS @ >",
        "XREADGROUP GROUP told Ann NOACK COUNT 7 STREAMS @ >",
        "XREADGROUP GROUP told Cid COUNT 3 STREAMS @ >",
        "XACK @ read 10-31 11-33 12-36",
        "XCLAIM @ read Cid 0 20-60 20-61 RETRYCOUNT 200 TIME 1700000000000",
        "XDEL @ 20-60 30-90",
    ] {
        lines.push(line.into());
    }
    add("groups", lines, Encoding);
}

fn noise_word(index: u64) -> String {
    format!("{:x}", fastrand::Rng::with_seed(index).u64(..))
}
