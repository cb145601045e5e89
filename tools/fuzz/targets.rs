//! What is fuzzed: each target reads an input in more than one way, panics when these disagree,
//! and otherwise says what the input did.
//!
//! Adding a parser? Add it to [`TARGETS`] (or to those of `packed` and `files`), with a few inputs it accepts and the words it knows.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::sync::LazyLock;

use ruddle::acl::{self, Catalog};
use ruddle::config::file::{ConfigError, Files, Loaded, Source, load};
use ruddle::config::params;
use ruddle::config::rewrite::{Scope, rewrite};
use ruddle::ds::extended::Extended;
use ruddle::ds::glob::{Case, Glob};
use ruddle::ds::number::{DoubleText, parse_double, parse_int};
use ruddle::ds::words;
use ruddle::resp::parser::{Batch, Limits, Parser};
use ruddle::resp::read::{Bounds, Frame, Reader};
use ruddle::resp::request::LARGE_ARGUMENT_BYTES;
use ruddle::server::table::CommandTable;

/// Something that reads bytes.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Reads an input; its signature.
    pub(crate) check: fn(&[u8]) -> u64,
    /// Inputs to begin with.
    pub(crate) seeds: &'static [&'static [u8]],
    /// Words to insert.
    pub(crate) words: &'static [&'static [u8]],
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

pub(crate) const TARGETS: &[Target] = &[
    Target {
        name: "request",
        check: check_request,
        seeds: &[
            b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\nPING\r\n*0\r\n",
            b"set \"a b\" 'c'\r\n*-1\r\n*1\r\n$4\r\nQUIT\r\n",
            b"*2\r\n$1\r\na\r\n$262144\r\n<LARGE>\r\n",
        ],
        words: &[
            b"\r\n", b"\r", b"\n", b"*", b"$", b"*1\r\n", b"*3\r\n", b"*33\r\n", b"$1\r\nx\r\n",
            b"$-1\r\n", b"$0\r\n\r\n", b"\"", b"'", b"\\", b"\\x41", b"\0", b" ", LARGE,
            b"$262144\r\n<LARGE>\r\n",
        ],
    },
    Target {
        name: "words",
        check: check_words,
        seeds: &[b"a \"b\\x41\\n\" 'c\\'d' e\"f\""],
        words: &[b"\"", b"'", b"\\", b"\\x4", b"\\xff", b"\\n", b"\\'", b" ", b"\0", b"\x0b"],
    },
    Target {
        name: "reply",
        check: check_reply,
        seeds: &[
            b"+OK\r\n-ERR x\r\n:1\r\n$1\r\na\r\n*2\r\n_\r\n#t\r\n",
            b"%1\r\n+k\r\n~1\r\n,1.5\r\n>1\r\n(12\r\n=5\r\ntxt:a\r\n|1\r\n+a\r\n:1\r\n$-1\r\n*-1\r\n",
        ],
        words: &[
            b"\r\n", b"\n", b"*1\r\n", b"%1\r\n", b"~2\r\n", b">1\r\n", b"|1\r\n", b"|0\r\n",
            b"_\r\n", b"#f\r\n", b",inf\r\n", b"(1\r\n", b"=4\r\ntxt:\r\n", b"$-1\r\n", b"*-1\r\n",
            b"$1\r\nx\r\n", b"!1\r\nx\r\n",
        ],
    },
    Target {
        name: "config",
        check: check_config,
        seeds: &[
            b"# c\nport 7000\nmaxmemory 2gb\nrequirepass \"a \\x41\"\n",
            b"save 900 1 300 10\nsave \"\"\nbind 127.0.0.1 -::1\n",
            b"client-output-buffer-limit normal 0 0 0 replica 256mb 64mb 60\n",
            b"include nothing*\nnotify-keyspace-events KEA\nmaxmemory-policy allkeys-lru\n",
        ],
        words: &[
            b"\n", b" ", b"\"", b"'", b"\\x41", b"\\n", b"#", b"yes", b"no", b"1gb", b"10k", b"-1",
            b"%", b"\nport 1\n", b"\nsave 1 1\n", b"\nsave \"\"\n", b"\nbind * -::*\n",
            b"\ninclude x*\n", b"\nmaxmemory 1gb\n", b"\nloglevel debug\n", b"\nhz 100\n",
            b"\ndatabases 3\n", b"\nclient-output-buffer-limit pubsub 1 2 3\n",
            b"\nunixsocket /tmp/x\n", b"\nunixsocketperm 700\n", b"\nrename-command a b\n",
            b"\nuser default on nopass ~* +@all\n", b"\nappendonly yes\n", b"\ndir /\n",
            b"\nlogfile \"a b\"\n", b"\nproto-max-bulk-len 2mb\n", b"\nreplicaof a 1\n",
            b"\nnotify-keyspace-events AKE\n", b"\nmaxmemory-clients 5%\n",
            b"\noom-score-adj-values 0 1 2\n", b"\nappendfilename a.aof\n", b"\nrequirepass x\n",
            b"\nmaxmemory-policy allkeys-lfu\n", b"\ntracking-table-max-keys 1\n",
            b"\nlatency-tracking-info-percentiles 50 99.9\n", b"\nproc-title-template {title}\n",
        ],
    },
    Target {
        name: "glob",
        check: check_glob,
        seeds: &[b"h[a-e]*?o\nhello", b"*key:[^x\\]]\nkey:y", b"*\n", b"a*b\naxxb"],
        words: &[b"*", b"?", b"[", b"]", b"^", b"-", b"\\", b"a", b"B", b"[a-z]", b"**"],
    },
    Target {
        name: "number",
        check: check_number,
        seeds: &[b"-12", b"1.5e10", b"inf", b"0.1", b"9223372036854775807", b"1e-320"],
        words: &[b"-", b"+", b".", b"e", b"E", b"0", b"9", b"inf", b"nan", b"0x", b"p", b" "],
    },
    Target {
        name: "users",
        check: check_users,
        seeds: &[
            b"user a on >p ~x %R~y &c -@all +get\n",
            b"user b off (+@all -set|x ~\"q\" db=1,2) (+get ~z)\n",
        ],
        words: &[
            b"\n", b" ", b"\"", b"'", b"\\", b"(", b")", b"user ", b"on", b"off", b"nopass", b">p",
            b"<p", b"~", b"%R~", b"%W~", b"&", b"*", b"+", b"-", b"@all", b"@read", b"get", b"set",
            b"object|freq", b"|", b"db=", b"1,2", b"resetdbs", b"alldbs", b"reset", b"allkeys",
            b"resetchannels", b"clearselectors", b"+eval",
        ],
    },
];

/// Stands for as many bytes as make an argument large.
const LARGE: &[u8] = b"<LARGE>";

pub(crate) fn signature(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// About how many: none, one, some, many. Coarse, because a corpus holds every combination.
pub(crate) fn about(count: usize) -> u8 {
    match count {
        0 | 1 => count as u8,
        2..=32 => 2,
        _ => 3,
    }
}

/// Cuts `input` into pieces of lengths that depend on it alone.
fn pieces(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut random = fastrand::Rng::with_seed(signature(input));
    let mut rest = input;
    std::iter::from_fn(move || {
        let (piece, tail) = rest.split_at(rest.len().min(1 + random.usize(..50)));
        rest = tail;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Requests are the same in whatever pieces they arrive, and memory is bounded by what arrived.
fn check_request(input: &[u8]) -> u64 {
    let input = with_large(input);
    let limits = Limits {
        bulk_bytes_max: 2 * LARGE_ARGUMENT_BYTES,
        // One of eight has not logged in.
        authenticated: !input.len().is_multiple_of(8),
    };
    let whole = Requests::read([input.as_slice()], limits);
    let large_pieces = input.chunks(LARGE_ARGUMENT_BYTES / 3);
    let cut = if input.len() < LARGE_ARGUMENT_BYTES {
        Requests::read(pieces(&input), limits)
    } else {
        Requests::read(large_pieces, limits)
    };
    assert_eq!(whole.error, cut.error);
    assert!(whole.requests == cut.requests, "the pieces matter");
    let args_max = whole.requests.iter().map(Vec::len).max();
    let len_max = whole.requests.iter().flatten().map(Vec::len).max();
    let has_large = len_max.is_some_and(|len| len >= LARGE_ARGUMENT_BYTES);
    // The byte that an error quotes does not make it another one.
    let error = whole.error.map(|error| error[..error.len() - 2].to_owned());
    signature((error, args_max.map(about), has_large, whole.idle))
}

/// The input with its [`LARGE`] words, up to two, replaced by what they stand for.
fn with_large(input: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(input.len());
    let mut rest = input;
    for _ in 0..2 {
        let found = rest.windows(LARGE.len()).position(|window| window == LARGE);
        let Some(at) = found else {
            break;
        };
        output.extend_from_slice(&rest[..at]);
        output.resize(output.len() + LARGE_ARGUMENT_BYTES, b'L');
        rest = &rest[at + LARGE.len()..];
    }
    output.extend_from_slice(rest);
    output
}

/// What came of a stream of requests.
#[derive(Default)]
struct Requests {
    requests: Vec<Vec<Vec<u8>>>,
    error: Option<String>,
    idle: bool,
}

impl Requests {
    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limits: Limits) -> Requests {
        let mut all = Requests::default();
        let (mut parser, mut batch, mut buf) = (Parser::default(), Batch::default(), Vec::new());
        let mut arrived = 0;
        for piece in pieces {
            buf.extend_from_slice(piece);
            arrived += piece.len();
            while all.error.is_none() && all.step(&mut parser, &mut batch, &mut buf, limits) {}
            let kept = parser.memory_bytes() + batch.memory_bytes();
            assert!(kept <= 16 * arrived + 64 * 1024, "{kept} bytes kept");
        }
        all.idle = parser.is_idle() && buf.is_empty();
        all
    }

    /// One batch; whether there was any.
    fn step(
        &mut self,
        parser: &mut Parser,
        batch: &mut Batch,
        buf: &mut Vec<u8>,
        limits: Limits,
    ) -> bool {
        batch.clear();
        let consumed = match parser.fill(buf, 0, &limits, 16, batch) {
            Ok(consumed) => consumed,
            Err(error) => {
                self.error = Some(error.to_string());
                return false;
            }
        };
        for index in 0..batch.len() {
            let args = batch.request(index, buf).args();
            self.requests
                .push(args.map(|arg| arg.bytes().to_vec()).collect());
        }
        buf.drain(..consumed);
        !batch.is_empty()
    }
}

/// What a line is split into can be quoted, and splits back.
fn check_words(input: &[u8]) -> u64 {
    let Ok(split) = words::split(input) else {
        return signature("unbalanced");
    };
    let mut line = Vec::new();
    for word in &split {
        words::quote_into(word, &mut line);
        line.push(b' ');
    }
    assert_eq!(words::split(&line).as_ref(), Ok(&split));
    let quotes = [b"\"".as_slice(), b"'", b"\\x", b"\0"];
    let has = quotes.map(|quote| input.windows(quote.len()).any(|window| window == quote));
    signature((about(split.len()), split.contains(&Vec::new()), has))
}

/// Replies are the same in whatever pieces they arrive.
fn check_reply(input: &[u8]) -> u64 {
    let whole = replies([input]);
    assert_eq!(whole, replies(pieces(input)));
    let (frames, error, within) = whole;
    let last = frames.last();
    let shape = last.map(|frame| (std::mem::discriminant(frame), depth(frame).min(3)));
    let error = error.map(|error| error[..error.len().min(12)].to_owned());
    signature((shape, error, within))
}

fn replies<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<String>, bool) {
    let mut reader = Reader::new(Bounds {
        depth: 16,
        elements: 1000,
        bulk_bytes: 1000,
        line_bytes: 1000,
    });
    let mut frames = Vec::new();
    for piece in pieces {
        reader.feed(piece);
        loop {
            match reader.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(bad) => return (frames, Some(bad.to_string()), false),
            }
        }
    }
    (frames, None, reader.is_within())
}

fn depth(frame: &Frame) -> usize {
    match frame {
        Frame::Array(items) | Frame::Set(items) | Frame::Push(items) => {
            1 + items.iter().map(depth).max().unwrap_or(0)
        }
        Frame::Map(pairs) => {
            let depths = pairs
                .iter()
                .map(|(key, value)| depth(key).max(depth(value)));
            1 + depths.max().unwrap_or(0)
        }
        Frame::Attribute(_, frame) => 1 + depth(frame),
        _ => 0,
    }
}

/// Whatever the pattern, it matches or it does not.
fn check_glob(input: &[u8]) -> u64 {
    let end = input.iter().position(|byte| *byte == b'\n');
    let (pattern, text) = input.split_at(end.unwrap_or(input.len()));
    let sensitive = Glob::new(pattern, Case::Sensitive).matches(text);
    let ignored = Glob::new(pattern, Case::Ignored).matches(text);
    let stars = pattern.iter().filter(|byte| **byte == b'*').count();
    let classes = pattern.iter().filter(|byte| **byte == b'[').count();
    signature((sensitive, ignored, about(stars), about(classes)))
}

/// What is read as a number is written, and read again as the same.
fn check_number(input: &[u8]) -> u64 {
    let int = parse_int(input);
    if let Some(value) = int {
        assert_eq!(value.to_string().as_bytes(), input);
    }
    let double = parse_double(input);
    if let Some(value) = double {
        let text = DoubleText::new(value);
        let again = parse_double(text.as_bytes());
        assert_eq!(again.map(f64::to_bits), Some(value.to_bits()), "{value:e}");
    }
    let extended = Extended::parse(input);
    if let Some(value) = extended
        && !value.is_infinite()
    {
        assert!(!value.to_text().is_empty());
    }
    let class = double.map(|value| (value.classify() as u8, value.is_sign_negative()));
    signature((int.is_some(), class, extended.is_some(), about(input.len())))
}

/// A disk with nothing on it.
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &[u8]) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn matching(&self, _pattern: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn enter(&self, _dir: &[u8]) -> io::Result<Vec<u8>> {
        Ok(b"/".to_vec())
    }
}

fn load_config(text: &[u8]) -> Result<Loaded, ConfigError> {
    let source = Source {
        name: "fuzz".to_owned(),
        text: text.to_vec(),
    };
    load(&[source], &NoFiles)
}

/// Users that are accepted are the same when they are written and read again.
fn check_users(input: &[u8]) -> u64 {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| CommandTable::new().catalog());
    let catalog = &*CATALOG;
    let users = match acl::file::parse("f", input, catalog, acl::Defaults::default()) {
        Ok(users) => users,
        Err(faults) => return signature(faults.split(": ").last()),
    };
    let text = acl::file::text(users.iter());
    let again = acl::file::parse("f", &text, catalog, acl::Defaults::default());
    let lines = |users: &[acl::User]| users.iter().map(acl::User::line).collect::<Vec<_>>();
    assert_eq!(
        lines(&users),
        lines(&again.expect("what was written is accepted"))
    );
    signature(
        users
            .iter()
            .map(|user| (user.flags(), about(user.further().len())))
            .collect::<Vec<_>>(),
    )
}

/// A configuration that is accepted can be rewritten, and is the same when read again.
fn check_config(input: &[u8]) -> u64 {
    let loaded = match load_config(input) {
        Ok(loaded) => loaded,
        Err(ConfigError::Line { reason, .. }) => {
            return signature(std::mem::discriminant(&reason));
        }
        Err(_) => return signature("refused"),
    };
    let text = rewrite(input, &loaded.config, &[], Scope::Needed);
    let again = load_config(&text).expect("what was rewritten is accepted");
    let mut changed = Vec::new();
    for param in params::all() {
        let value = loaded.config.value(param);
        // Percentiles are written with six decimals, whatever was read.
        if param.name != "latency-tracking-info-percentiles" {
            assert_eq!(value, again.config.value(param), "{}", param.name);
        }
        // The working directory is never the default "./".
        if value != param.default_value() && param.name != "dir" {
            changed.push(param.name);
        }
    }
    signature((
        changed.first(),
        about(changed.len()),
        loaded.warnings.len().min(2),
    ))
}
