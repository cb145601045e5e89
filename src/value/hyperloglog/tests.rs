//! HyperLogLogs against an array of ranks, in both forms; and bytes that are none.

use fastrand::Rng;

use super::*;

const SPARSE_MAX: usize = 3000;

fn open(bytes: &[u8]) -> Result<Hll<'_>, Fault> {
    Hll::open(Str::Inline(bytes))
}

fn registers_of(bytes: &[u8]) -> Registers {
    let mut registers = [0; REGISTERS];
    let hll = open(bytes).expect("a HyperLogLog");
    hll.merge_into(&mut registers).expect("whole");
    registers
}

/// What redis-server shows of the same elements.
#[test]
fn elements_meet_redis_registers() {
    let mut draft = Draft::new();
    for element in [b"a", b"b", b"c"] {
        assert_eq!(draft.raise(place(element), SPARSE_MAX), Ok(true));
        assert_eq!(draft.raise(place(element), SPARSE_MAX), Ok(false));
    }
    let bytes = draft.into_bytes();
    let hll = open(&bytes).expect("a HyperLogLog");
    let text = "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603";
    assert_eq!(hll.runs_text(), text);
    assert_eq!((hll.form(), hll.count()), (Form::Sparse, Ok(3)));
    assert_eq!(hll.known_count(), Some(0), "as it began");
    assert_eq!(bytes.len(), HEADER_BYTES + 11);
}

#[test]
fn both_forms_keep_what_an_array_keeps() {
    for (seed, elements, limit) in [
        (1, 300, SPARSE_MAX),
        (2, 3000, SPARSE_MAX),
        (3, 3000, usize::MAX),
        (4, 40_000, SPARSE_MAX),
        (5, 1000, 0),
        (6, 6000, 40_000),
    ] {
        let mut random = Rng::with_seed(seed);
        let mut twin: Registers = [0; REGISTERS];
        let mut draft = Draft::new();
        for round in 0..elements {
            // Neighbours now and then, so that runs meet and join.
            let (register, rank) = match round % 3 {
                0 => place(&random.u64(..).to_le_bytes()),
                _ => (random.usize(..500), random.u8(1..5)),
            };
            let changed = draft.raise((register, rank), limit).expect("whole");
            assert_eq!(changed, rank > twin[register], "seed {seed}");
            twin[register] = twin[register].max(rank);
        }
        let bytes = draft.clone().into_bytes();
        assert!(registers_of(&bytes) == twin, "seed {seed}");
        let hll = open(&bytes).expect("a HyperLogLog");
        assert_eq!(hll.count(), Ok(count_of(&twin)), "seed {seed}");
        let header = &bytes[..HEADER_BYTES];
        draft.make_dense().expect("whole");
        let dense = draft.into_bytes();
        assert!(registers_of(&dense) == twin, "seed {seed}");
        assert!(dense[COUNT_AT..HEADER_BYTES] == header[COUNT_AT..]);
    }
}

#[test]
fn registers_merge_in_order_as_one_by_one() {
    let mut random = Rng::with_seed(9);
    for elements in [0, 1, 10, 400, 900] {
        let mut registers: Registers = [0; REGISTERS];
        for _ in 0..elements {
            let (register, rank) = place(&random.u64(..).to_le_bytes());
            registers[register] = registers[register].max(rank);
        }
        let (mut merged, mut twin) = (Draft::new(), Draft::new());
        merged.raise_all(&registers, SPARSE_MAX).expect("whole");
        for (register, &rank) in registers.iter().enumerate().filter(|(_, rank)| **rank > 0) {
            // Each for itself, without a memory of the one before.
            let bytes = twin.into_bytes();
            twin = Draft::from(open(&bytes).expect("a HyperLogLog"));
            twin.raise((register, rank), SPARSE_MAX).expect("whole");
        }
        assert!(merged.into_bytes() == twin.into_bytes(), "{elements}");
    }
}

#[test]
fn a_rank_too_high_for_runs_makes_dense() {
    for (rank, form) in [(32, Form::Sparse), (33, Form::Dense), (51, Form::Dense)] {
        let mut draft = Draft::new();
        assert_eq!(draft.raise((REGISTERS - 1, rank), SPARSE_MAX), Ok(true));
        let bytes = draft.into_bytes();
        assert_eq!(open(&bytes).map(Hll::form), Ok(form), "{rank}");
        assert_eq!(registers_of(&bytes)[REGISTERS - 1], rank);
    }
}

#[test]
fn counts_are_near() {
    assert_eq!(self_test(&mut Rng::with_seed(3)), Ok(()));
    assert_eq!(count_of(&[0; REGISTERS]), 0);
    // More than any elements cause: as a conversion in C answers.
    assert_eq!(count_of(&[63; REGISTERS]), STALE);
    assert_eq!(count_of(&[51; REGISTERS]), STALE);
}

#[test]
fn what_is_none_is_refused() {
    let empty = Draft::new().into_bytes();
    let dense = {
        let mut draft = Draft::new();
        draft.make_dense().expect("whole");
        draft.into_bytes()
    };
    let with = |at: usize, byte: u8, bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes[at] = byte;
        bytes
    };
    for bytes in [
        vec![],
        empty[..HEADER_BYTES - 1].to_vec(),
        with(0, b'h', &empty),
        with(4, 2, &empty),
        with(4, 0, &empty),
        dense[1..].to_vec(),
        [&dense[..], b"x"].concat(),
    ] {
        assert!(open(&bytes).is_err_and(|fault| fault == Fault::NotOne));
    }
    assert!(matches!(Hll::open(Str::Int(7)), Err(Fault::NotOne)));
    let mut runs = empty.clone();
    runs.resize(SPARSE_BYTES_MAX + 1, 0);
    assert!(open(&runs).is_err_and(|fault| fault == Fault::Corrupt));
    for body in [&b""[..], b"\x7f", b"\x7f\xff\x00", b"\x3f", b"\x7f\xfe"] {
        let bytes = [&empty[..HEADER_BYTES], body].concat();
        let hll = open(&bytes).expect("the header is right");
        assert_eq!(hll.count(), Err(Fault::Corrupt), "{body:?}");
        assert_eq!(hll.merge_into(&mut [0; REGISTERS]), Err(Fault::Corrupt));
        assert_eq!(Draft::from(hll).make_dense(), Err(Fault::Corrupt));
    }
}

/// Bytes changed at random: errors or numbers, never a panic.
#[test]
fn damage_is_survived() {
    for seed in 0..3000 {
        let mut random = Rng::with_seed(seed);
        let mut draft = Draft::new();
        for _ in 0..random.usize(..200) {
            let element = place(&random.u64(..).to_le_bytes());
            draft.raise(element, SPARSE_MAX).expect("whole");
        }
        let mut bytes = draft.into_bytes();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(HEADER_BYTES..bytes.len());
            match random.u8(..4) {
                0 => bytes.truncate(at + 1),
                1 => bytes.insert(at, random.u8(..)),
                _ => bytes[at] = random.u8(..),
            }
        }
        let hll = open(&bytes).expect("the header is right");
        let whole = hll.count().is_ok();
        assert_eq!(hll.merge_into(&mut [0; REGISTERS]).is_ok(), whole);
        hll.runs_text();
        let mut draft = Draft::from(hll);
        for _ in 0..50 {
            let register = random.usize(..REGISTERS);
            let result = draft.raise((register, random.u8(1..52)), SPARSE_MAX);
            assert!(result.is_ok() || !whole, "seed {seed}");
        }
    }
}
