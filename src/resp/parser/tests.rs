//! The parser against whole, split and mutated input: however bytes arrive, the outcome is the
//! same.

use proptest::prelude::*;

use super::*;
use crate::resp::inline::LINE_BYTES_MAX;
use crate::resp::request::Arg;

const LIMITS: Limits = Limits {
    bulk_bytes_max: 512 * 1024 * 1024,
    authenticated: true,
};

type Args = Vec<Vec<u8>>;

/// What came of a stream: the requests, and the error that ended it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    requests: Vec<Args>,
    error: Option<ProtocolError>,
}

/// A connection: the buffer and the loop that a server has around the parser.
struct Feed {
    parser: Parser,
    batch: Batch,
    buf: Vec<u8>,
    limits: Limits,
    count_max: usize,
    outcome: Outcome,
    fed: usize,
    buffered_max: usize,
}

impl Feed {
    fn new(limits: Limits, count_max: usize) -> Feed {
        Feed {
            parser: Parser::default(),
            batch: Batch::default(),
            buf: Vec::new(),
            limits,
            count_max,
            outcome: Outcome::default(),
            fed: 0,
            buffered_max: 0,
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        if self.outcome.error.is_some() {
            return;
        }
        self.buf.extend_from_slice(bytes);
        self.fed += bytes.len();
        while self.step() {}
        self.buffered_max = self.buffered_max.max(self.buf.len());
        let kept = self.parser.memory_bytes() + self.batch.memory_bytes();
        assert!(kept <= 16 * self.fed + 64 * 1024, "{kept} bytes kept");
        assert!(self.parser.missing_bytes() <= MISSING_BYTES_MAX);
    }

    /// Fills and executes one batch; says whether there was anything to execute.
    fn step(&mut self) -> bool {
        self.batch.clear();
        let filled = self
            .parser
            .fill(&self.buf, 0, &self.limits, self.count_max, &mut self.batch);
        let consumed = match filled {
            Ok(consumed) => consumed,
            Err(error) => {
                assert!(self.batch.is_empty());
                self.outcome.error = Some(error);
                return false;
            }
        };
        assert!(self.batch.len() <= self.count_max);
        for index in 0..self.batch.len() {
            let request = self.batch.request(index, &self.buf);
            assert!(!request.is_empty());
            for arg in request.args() {
                assert_eq!(arg.rope().is_some(), arg.len() >= LARGE_ARGUMENT_BYTES);
            }
            self.outcome.requests.push(owned(request.args()));
        }
        self.buf.drain(..consumed);
        !self.batch.is_empty()
    }
}

fn owned<'a>(args: impl Iterator<Item = Arg<'a>>) -> Args {
    args.map(|arg| arg.bytes().to_vec()).collect()
}

fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limits: Limits) -> Outcome {
    let mut feed = Feed::new(limits, 16);
    for piece in pieces {
        feed.receive(piece);
    }
    feed.outcome
}

fn encode<T: AsRef<[u8]>>(args: &[T], bytes: &mut Vec<u8>) {
    bytes.extend(format!("*{}\r\n", args.len()).bytes());
    for arg in args {
        bytes.extend(format!("${}\r\n", arg.as_ref().len()).bytes());
        bytes.extend(arg.as_ref());
        bytes.extend(b"\r\n");
    }
}

fn requests(lines: &[&[&[u8]]]) -> Vec<Args> {
    lines
        .iter()
        .map(|args| args.iter().map(|arg| arg.to_vec()).collect())
        .collect()
}

#[test]
fn every_split_gives_the_same_requests() {
    let many: Vec<String> = (0..100).map(|index| format!("argument-{index}")).collect();
    let mut stream = b"*1\r\n$4\r\nPING\r\n*0\r\nSET \"a b\" 'c'\r\n\r\n \r\n*-1\r\n".to_vec();
    encode(&[b"SET".as_slice(), b"", b"\r\n$3\r\n\0\xff"], &mut stream);
    encode(&many, &mut stream);
    stream.extend(b"get k\n*-7\r\n");
    encode(&[vec![b'x'; 1234]], &mut stream);
    stream.extend(b"QUIT\r\n");
    let whole = parse([stream.as_slice()], LIMITS);
    assert_eq!(whole.error, None);
    let mut want = requests(&[&[b"PING"], &[b"SET", b"a b", b"c"]]);
    want.extend(requests(&[&[b"SET", b"", b"\r\n$3\r\n\0\xff"]]));
    want.push(many.iter().map(|arg| arg.as_bytes().to_vec()).collect());
    want.extend(requests(&[&[b"get", b"k"], &[&[b'x'; 1234]], &[b"QUIT"]]));
    assert_eq!(whole.requests, want);

    for at in 0..=stream.len() {
        let (head, tail) = stream.split_at(at);
        assert_eq!(parse([head, tail], LIMITS), whole, "split at {at}");
    }
    for size in 1..40 {
        assert_eq!(
            parse(stream.chunks(size), LIMITS),
            whole,
            "pieces of {size}"
        );
    }
}

#[test]
fn large_arguments_leave_the_buffer_while_they_arrive() {
    let large: Vec<u8> = (0..LARGE_ARGUMENT_BYTES + 70_001)
        .map(|index| ((index * 31) >> 3) as u8)
        .collect();
    let exact = &large[..LARGE_ARGUMENT_BYTES];
    let below = &large[..LARGE_ARGUMENT_BYTES - 1];
    let mut lines: Vec<Vec<&[u8]>> = vec![
        vec![b"SET", b"k", &large],
        vec![b"PING"],
        vec![exact],
        vec![b"MSET", b"a", exact, b"b", b"", b"c", &large, b"d", b"e"],
        vec![b"SET", b"k", below],
        vec![b"GET", b"k"],
    ];
    // A large argument behind so many small ones that they were remembered.
    lines.push(vec![b"x"; 1000]);
    lines.last_mut().unwrap().push(&large);
    let mut stream = Vec::new();
    for line in &lines {
        encode(line, &mut stream);
    }
    let want: Vec<Args> = lines
        .iter()
        .map(|args| args.iter().map(|arg| arg.to_vec()).collect())
        .collect();
    for size in [1000, 4096, 16 * 1024 + 1, 100_000, stream.len()] {
        let mut feed = Feed::new(LIMITS, 16);
        for piece in stream.chunks(size) {
            feed.receive(piece);
        }
        assert!(feed.outcome.requests == want, "pieces of {size}");
        assert_eq!(feed.outcome.error, None);
        assert!(feed.parser.is_idle());
        assert!(feed.buffered_max <= LARGE_ARGUMENT_BYTES + size + 32);
    }
}

#[test]
fn a_request_may_have_a_million_arguments() {
    let mut stream = format!("*{}\r\n", 1 << 20).into_bytes();
    for _ in 0..1 << 20 {
        stream.extend(b"$1\r\nx\r\n");
    }
    let mut feed = Feed::new(LIMITS, 16);
    let (pieces, last) = stream.split_at(stream.len() - 1);
    for piece in pieces.chunks(4096) {
        feed.receive(piece);
        // What was parsed is not parsed again.
        let parsed = feed.parser.partial.as_ref().map_or(0, |it| it.parsed);
        assert!(feed.buf.len() - parsed < 300);
    }
    assert!(feed.outcome.requests.is_empty());
    feed.receive(last);
    assert_eq!(feed.outcome.requests.len(), 1);
    assert_eq!(feed.outcome.requests[0].len(), 1 << 20);
}

#[test]
fn refuses_what_redis_refuses() {
    let long = vec![b'1'; LINE_BYTES_MAX + 1];
    let joined = |head: &[u8], tail: &[u8]| [head, tail].concat();
    let cases: &[(&[u8], &str)] = &[
        (b"*abc\r\n", "invalid multibulk length"),
        (b"*\r\n", "invalid multibulk length"),
        (b"* 1\r\n", "invalid multibulk length"),
        (b"*+1\r\n", "invalid multibulk length"),
        (b"*01\r\n", "invalid multibulk length"),
        (b"*-0\r\n", "invalid multibulk length"),
        (b"*2147483648\r\n", "invalid multibulk length"),
        (b"*9223372036854775808\r\n", "invalid multibulk length"),
        (b"*1\n$4\nPING\r\n", "invalid multibulk length"),
        (&joined(b"*", &long), "too big mbulk count string"),
        (b"*1\r\nPING\r\n", "expected '$', got 'P'"),
        (b"*2\r\n$4\r\nPING\r\n:5\r\n", "expected '$', got ':'"),
        (b"*1\r\n\0\r\n", "expected '$', got '\0'"),
        (b"*1\r\n\r\n", "expected '$', got '\r'"),
        (b"*1\r\n$\r\n", "invalid bulk length"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$04\r\nPING\r\n", "invalid bulk length"),
        (b"*1\r\n$4 \r\nPING\r\n", "invalid bulk length"),
        (b"*1\r\n$536870913\r\n", "invalid bulk length"),
        (b"*1\r\n$99999999999999999999\r\n", "invalid bulk length"),
        (&joined(b"*1\r\n$", &long), "too big bulk count string"),
        (b"*1\r\n$4\r\nPINGxx", "invalid CRLF in request"),
        (b"*1\rx", "invalid CRLF in request"),
        (b"*1\r\n$4\rxPING\r\n", "invalid CRLF in request"),
        (&long, "too big inline request"),
        (b"PING \"a\r\n", "unbalanced quotes in request"),
        (b"PING 'a'b\r\n", "unbalanced quotes in request"),
    ];
    for (input, text) in cases {
        let name = &input[..input.len().min(40)].escape_ascii();
        let outcome = parse([*input], LIMITS);
        assert_eq!(outcome.requests, Vec::<Args>::new(), "{name}");
        let got = outcome.error.map(|error| error.text());
        let want = format!("ERR Protocol error: {text}").into_bytes();
        assert_eq!(got, Some(want), "{name}");
        // Not before the line is there, and no other error when it comes in pieces.
        assert_eq!(parse(input.chunks(1), LIMITS), outcome, "{name}");
    }
}

#[test]
fn accepts_what_is_just_within_the_limits() {
    let line = vec![b'a'; LINE_BYTES_MAX];
    let cases: &[&[u8]] = &[
        &line,
        b"*2147483647\r\n",
        b"*1\r\n$536870912\r\n",
        b"*-9223372036854775808\r\n",
        &[b"*".as_slice(), &vec![b'1'; LINE_BYTES_MAX - 1]].concat(),
        b"*1\r\nx",
        b"*abc\r",
    ];
    for input in cases {
        assert_eq!(parse([*input], LIMITS), Outcome::default());
    }
    let outcome = parse([line.as_slice(), b"\n"], LIMITS);
    assert_eq!(outcome.requests, [[line]]);
}

#[test]
fn strangers_get_less() {
    let limits = Limits {
        authenticated: false,
        ..LIMITS
    };
    let cases: &[(&[u8], Option<ProtocolError>)] = &[
        (b"*10\r\n", None),
        (b"*11\r\n", Some(ProtocolError::CountUnauthenticated)),
        (b"*2147483648\r\n", Some(ProtocolError::CountInvalid)),
        (b"*1\r\n$16384\r\n", None),
        (
            b"*1\r\n$16385\r\n",
            Some(ProtocolError::LengthUnauthenticated),
        ),
        (
            b"*1\r\n$99999999999\r\n",
            Some(ProtocolError::LengthInvalid),
        ),
        (b"*-1\r\n", None),
    ];
    for (input, want) in cases {
        let outcome = parse([*input], limits);
        assert_eq!(outcome.error, *want, "{}", input.escape_ascii());
    }
}

#[test]
fn an_error_waits_until_the_requests_before_it_are_executed() {
    let stream = b"AUTH x\r\n*11\r\n";
    let mut parser = Parser::default();
    let mut batch = Batch::default();
    let mut limits = Limits {
        authenticated: false,
        ..LIMITS
    };
    let consumed = parser.fill(stream, 0, &limits, 16, &mut batch);
    assert_eq!(consumed, Ok(8));
    assert_eq!(batch.len(), 1);
    // Had the AUTH failed, the same bytes would be an error now; else they are none.
    batch.clear();
    let refused = Parser::default().fill(stream, 8, &limits, 16, &mut batch);
    assert_eq!(refused, Err(ProtocolError::CountUnauthenticated));
    limits.authenticated = true;
    assert_eq!(parser.fill(stream, 8, &limits, 16, &mut batch), Ok(8));
    assert!(batch.is_empty());
}

#[test]
fn a_large_argument_waits_for_a_batch_of_its_own() {
    let large = vec![b'l'; LARGE_ARGUMENT_BYTES];
    let mut stream = b"PING\r\n".to_vec();
    encode(&[b"SET".as_slice(), b"k", &large], &mut stream);
    stream.extend(b"PING\r\n");
    let (mut parser, mut batch) = (Parser::default(), Batch::default());
    let mut at = 0;
    for want in [1, 2, 0] {
        batch.clear();
        at = parser.fill(&stream, at, &LIMITS, 16, &mut batch).unwrap();
        assert_eq!(batch.len(), want);
    }
    assert_eq!(at, stream.len());
}

#[test]
fn hints_at_what_is_missing() {
    let mut parser = Parser::default();
    let mut batch = Batch::default();
    for (stream, missing) in [
        (b"*1\r\n$1000\r\nabc".as_slice(), 997 + 2),
        (b"*1\r\n$1000", 0),
        (b"*1\r\n$300000\r\nabc", 299_997 + 2),
        // Consumed above: this goes on with it.
        (b"abc", 299_994 + 2),
    ] {
        parser.fill(stream, 0, &LIMITS, 16, &mut batch).unwrap();
        assert_eq!(parser.missing_bytes(), missing);
    }
}

/// Streams that look like requests, with something done to them.
fn mutated_streams() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        4 => (0..4usize, any::<bool>()).prop_map(|(count, _)| {
            let mut bytes = Vec::new();
            encode(&vec!["word"; count], &mut bytes);
            bytes
        }),
        1 => any::<Vec<u8>>(),
        1 => "[*$]-?[0-9]{1,3}\r\n".prop_map(String::into_bytes),
        1 => "[a-z \"'\\\\x]{0,12}\r?\n".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<Vec<u8>>(), 0..50).prop_map(|args| {
            let mut bytes = Vec::new();
            encode(&args, &mut bytes);
            bytes
        }),
    ];
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (proptest::collection::vec(token, 0..8), edits).prop_map(|(tokens, edits)| {
        let mut stream = tokens.concat();
        for (index, byte) in edits {
            if !stream.is_empty() {
                let at = index.index(stream.len());
                stream[at] = byte;
            }
        }
        stream
    })
}

proptest! {
    #[test]
    fn requests_survive_the_wire(
        lines in proptest::collection::vec(
            proptest::collection::vec(any::<Vec<u8>>(), 1..40), 0..8),
        size in 1..600usize,
        count_max in 1..20usize,
    ) {
        let mut stream = Vec::new();
        for line in &lines {
            encode(line, &mut stream);
        }
        let mut feed = Feed::new(LIMITS, count_max);
        for piece in stream.chunks(size) {
            feed.receive(piece);
        }
        prop_assert_eq!(feed.outcome.error, None);
        prop_assert_eq!(feed.outcome.requests, lines);
    }

    #[test]
    fn any_bytes_have_one_outcome(
        stream in mutated_streams(),
        size in 1..100usize,
        authenticated: bool,
    ) {
        let limits = Limits { bulk_bytes_max: 100, authenticated };
        let whole = parse([stream.as_slice()], limits);
        prop_assert_eq!(&parse(stream.chunks(size), limits), &whole);
        prop_assert_eq!(&parse(stream.chunks(1), limits), &whole);
    }
}
