//! The reader against the encoder, and against bytes that are no replies.

use proptest::prelude::*;

use super::*;
use crate::resp::reply::{Protocol, Reply};

fn read_all<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<BadReply>) {
    let mut reader = Reader::new(Bounds {
        depth: 8,
        elements: 100,
        bulk_bytes: 1000,
        line_bytes: 100,
    });
    let mut frames = Vec::new();
    for piece in pieces {
        reader.feed(piece);
        loop {
            match reader.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(bad) => return (frames, Some(bad)),
            }
        }
    }
    (frames, None)
}

/// Encodes `frame` as a handler would.
fn encode(frame: &Frame, reply: &mut Reply) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    match frame {
        Frame::Simple(bytes) => reply.simple(&text(bytes)),
        Frame::Error(bytes) => reply.error(bytes),
        Frame::Int(value) => reply.int(*value),
        Frame::Bulk(bytes) => reply.bulk(bytes),
        Frame::Null | Frame::NullBulk => reply.null(),
        Frame::NullArray => reply.null_array(),
        Frame::Bool(value) => reply.boolean(*value),
        Frame::Double(bytes) => reply.double_text(&text(bytes)),
        Frame::BigNumber(bytes) => reply.big_number(&text(bytes)),
        Frame::Verbatim(format, bytes) => reply.verbatim(format, bytes),
        Frame::Array(items) => {
            reply.array(items.len());
            items.iter().for_each(|item| encode(item, reply));
        }
        Frame::Set(items) => {
            // The same bytes, with the length known last.
            let deferred = reply.deferred();
            items.iter().for_each(|item| encode(item, reply));
            reply.close_set(deferred, items.len());
        }
        Frame::Push(items) => {
            reply.push(items.len());
            items.iter().for_each(|item| encode(item, reply));
        }
        Frame::Map(pairs) => {
            let deferred = reply.deferred();
            encode_pairs(pairs, reply);
            reply.close_map(deferred, pairs.len());
        }
        Frame::Attribute(pairs, frame) => {
            if reply.protocol == Protocol::Resp3 {
                reply.attribute(pairs.len());
                encode_pairs(pairs, reply);
            }
            encode(frame, reply);
        }
    }
}

fn encode_pairs(pairs: &[(Frame, Frame)], reply: &mut Reply) {
    for (key, value) in pairs {
        encode(key, reply);
        encode(value, reply);
    }
}

/// What a peer of `protocol` sees of a frame.
fn seen(frame: &Frame, protocol: Protocol) -> Frame {
    let see = |frame: &Frame| seen(frame, protocol);
    let see_all = |items: &[Frame]| items.iter().map(see).collect::<Vec<_>>();
    let see_pairs = |pairs: &[(Frame, Frame)]| {
        pairs
            .iter()
            .map(|(key, value)| (see(key), see(value)))
            .collect::<Vec<_>>()
    };
    if protocol == Protocol::Resp3 {
        return match frame {
            Frame::NullBulk | Frame::NullArray => Frame::Null,
            Frame::Array(items) => Frame::Array(see_all(items)),
            Frame::Set(items) => Frame::Set(see_all(items)),
            Frame::Push(items) => Frame::Push(see_all(items)),
            Frame::Map(pairs) => Frame::Map(see_pairs(pairs)),
            Frame::Attribute(pairs, frame) => {
                Frame::Attribute(see_pairs(pairs), Box::new(see(frame)))
            }
            other => other.clone(),
        };
    }
    match frame {
        Frame::Null => Frame::NullBulk,
        Frame::Bool(value) => Frame::Int(i64::from(*value)),
        Frame::Double(bytes) | Frame::BigNumber(bytes) | Frame::Verbatim(_, bytes) => {
            Frame::Bulk(bytes.clone())
        }
        Frame::Array(items) | Frame::Set(items) | Frame::Push(items) => {
            Frame::Array(see_all(items))
        }
        Frame::Map(pairs) => {
            let flat = see_pairs(pairs).into_iter().flat_map(<[Frame; 2]>::from);
            Frame::Array(flat.collect())
        }
        Frame::Attribute(_, frame) => see(frame),
        other => other.clone(),
    }
}

fn frames() -> impl Strategy<Value = Frame> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..20);
    let line = || "[ -~]{0,20}".prop_map(String::into_bytes);
    let leaf = prop_oneof![
        line().prop_map(Frame::Simple),
        line().prop_map(Frame::Error),
        any::<i64>().prop_map(Frame::Int),
        (-2..12i64).prop_map(Frame::Int),
        bytes().prop_map(Frame::Bulk),
        Just(Frame::Null),
        Just(Frame::NullBulk),
        Just(Frame::NullArray),
        any::<bool>().prop_map(Frame::Bool),
        any::<f64>().prop_map(|value| Frame::Double(format!("{value:e}").into_bytes())),
        "-?[0-9]{1,40}".prop_map(|digits| Frame::BigNumber(digits.into_bytes())),
        (any::<[u8; 3]>(), bytes()).prop_map(|(format, text)| Frame::Verbatim(format, text)),
    ];
    leaf.prop_recursive(4, 40, 12, |inner| {
        let items = || proptest::collection::vec(inner.clone(), 0..12);
        let pairs = || proptest::collection::vec((inner.clone(), inner.clone()), 0..6);
        prop_oneof![
            items().prop_map(Frame::Array),
            items().prop_map(Frame::Set),
            items().prop_map(Frame::Push),
            pairs().prop_map(Frame::Map),
            (pairs(), inner.clone())
                .prop_map(|(pairs, frame)| Frame::Attribute(pairs, Box::new(frame))),
        ]
    })
}

proptest! {
    #[test]
    fn reads_what_the_encoder_writes(
        frames in proptest::collection::vec(frames(), 0..5),
        size in 1..50usize,
    ) {
        for protocol in [Protocol::Resp2, Protocol::Resp3] {
            let mut reply = Reply::new(protocol);
            frames.iter().for_each(|frame| encode(frame, &mut reply));
            let bytes = reply.output.to_vec();
            let want: Vec<_> = frames.iter().map(|frame| seen(frame, protocol)).collect();
            prop_assert_eq!(read_all([bytes.as_slice()]), (want.clone(), None));
            prop_assert_eq!(read_all(bytes.chunks(size)), (want, None));
        }
    }

    #[test]
    fn any_bytes_are_read_alike_in_any_pieces(
        frames in proptest::collection::vec(frames(), 0..4),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        tail: Vec<u8>,
        size in 1..50usize,
    ) {
        let mut reply = Reply::new(Protocol::Resp3);
        frames.iter().for_each(|frame| encode(frame, &mut reply));
        let mut bytes = reply.output.to_vec();
        bytes.extend(tail);
        for (index, byte) in edits {
            if !bytes.is_empty() {
                let at = index.index(bytes.len());
                bytes[at] = byte;
            }
        }
        prop_assert_eq!(read_all([bytes.as_slice()]), read_all(bytes.chunks(size)));
    }
}

#[test]
fn refuses_what_is_no_reply() {
    let deep = b"*1\r\n".repeat(9);
    let long = vec![b'+'; 200];
    let cases: &[(&[u8], BadReply)] = &[
        (b"?\r\n", BadReply::UnknownType(b'?')),
        (b"\r\n", BadReply::Malformed),
        (b"+OK\n", BadReply::Malformed),
        (b":\r\n", BadReply::Malformed),
        (b":1x\r\n", BadReply::Malformed),
        (b"$-2\r\n", BadReply::Malformed),
        (b"$1\r\nab\r\n", BadReply::Malformed),
        (b"*-2\r\n", BadReply::Malformed),
        (b"%-1\r\n", BadReply::Malformed),
        (b"=-1\r\n", BadReply::Malformed),
        (b"_x\r\n", BadReply::Malformed),
        (b"#x\r\n", BadReply::Malformed),
        (b",x\r\n", BadReply::Malformed),
        (b"(1.5\r\n", BadReply::Malformed),
        (b"=3\r\ntxt\r\n", BadReply::Malformed),
        (b"$1001\r\n", BadReply::TooMuch),
        (b"*101\r\n", BadReply::TooMuch),
        (b"%51\r\n", BadReply::TooMuch),
        (&deep, BadReply::TooMuch),
        (&long, BadReply::TooMuch),
    ];
    for (bytes, bad) in cases {
        let name = bytes.escape_ascii();
        assert_eq!(read_all([*bytes]), (Vec::new(), Some(*bad)), "{name}");
        assert_eq!(
            read_all(bytes.chunks(1)),
            (Vec::new(), Some(*bad)),
            "{name}"
        );
    }
}

#[test]
fn knows_when_it_is_within_a_reply() {
    let mut reader = Reader::default();
    assert!(!reader.is_within());
    for piece in ["*2\r\n", ":1", "\r\n", "$1\r\n", "a"] {
        reader.feed(piece.as_bytes());
        assert_eq!(reader.next_frame(), Ok(None));
        assert!(reader.is_within());
    }
    reader.feed(b"\r\n");
    let want = Frame::Array(vec![Frame::Int(1), Frame::Bulk(b"a".to_vec())]);
    assert_eq!(reader.next_frame(), Ok(Some(want)));
    assert!(!reader.is_within());
}
