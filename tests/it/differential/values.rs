//! The arguments of random commands: few keys, many edges.

use fastrand::Rng;

/// Keys of any command: few, so that commands meet.
const KEYS: &[&[u8]] = &[
    b"a",
    b"b",
    b"c",
    b"d",
    b"key:1",
    b"{tag}x",
    b"{tag}y",
    b"",
    b"k\x00\xff\r\n",
];

/// Integers at which something changes.
const INTEGERS: &[i64] = &[
    0,
    1,
    -1,
    2,
    7,
    8,
    9,
    10,
    63,
    64,
    100,
    255,
    256,
    9999,
    10000,
    65535,
    -128,
    2147483647,
    -2147483648,
    4294967295,
    4294967296,
    9007199254740993,
    i64::MAX,
    i64::MAX - 1,
    i64::MIN,
    i64::MIN + 1,
];

/// Lengths of time at which something changes: over at once, or not in this century.
const SPANS: &[i64] = &[
    0,
    -1,
    i64::MIN,
    i64::MAX,
    i64::MAX / 1000,
    i64::MAX / 1000 - 2_000_000_000,
    4_294_967_296,
];

/// Texts that are nearly numbers, or numbers in an unusual way.
const ODD_NUMBERS: &[&str] = &[
    "",
    " ",
    " 1",
    "1 ",
    "+1",
    "-0",
    "00",
    "007",
    "-",
    "1.0",
    "1.",
    ".5",
    "1e3",
    "1e400",
    "-1e-400",
    "nan",
    "NaN",
    "-nan",
    "inf",
    "-inf",
    "+inf",
    "Infinity",
    "0x10",
    "0x1p3",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "99999999999999999999999",
    "1_000",
    "1,5",
    "1\x00",
    "\u{661}",
];

const FLOATS: &[&str] = &[
    "0",
    "-0",
    "0.1",
    "0.2",
    "-0.3",
    "1.5",
    "3.0",
    "3.0e2",
    "5.0e-3",
    "1e17",
    "1e18",
    "123456789.123456789",
    "0.00000000000000001",
    "1.7976931348623157e308",
    "4.9e-324",
    "3.14159265358979323846",
    "100000000000000000000",
    "9007199254740993",
    "-1234.5678",
    "10.50",
];

/// A source of arguments.
pub(super) struct Values {
    pub(super) rng: Rng,
}

impl Values {
    pub(super) fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.rng.usize(..all.len())].clone()
    }

    /// Whether something with a chance of one in `n` happens.
    pub(super) fn once_in(&mut self, n: u32) -> bool {
        self.rng.u32(..n) == 0
    }

    pub(super) fn key(&mut self) -> Vec<u8> {
        // Mostly the first few: the others are edges.
        let count = if self.once_in(4) { KEYS.len() } else { 5 };
        KEYS[self.rng.usize(..count)].to_vec()
    }

    pub(super) fn integer(&mut self) -> Vec<u8> {
        match self.rng.u32(..8) {
            0 => self.one_of(ODD_NUMBERS).into(),
            1..=3 => self.one_of(INTEGERS).to_string().into(),
            _ => self.rng.i64(-20..200).to_string().into(),
        }
    }

    pub(super) fn float(&mut self) -> Vec<u8> {
        match self.rng.u32(..6) {
            0 => self.one_of(ODD_NUMBERS).into(),
            1 => self.one_of(INTEGERS).to_string().into(),
            2 => format!("{}", self.rng.f64() * 1000.0 - 500.0).into(),
            _ => self.one_of(FLOATS).into(),
        }
    }

    /// A place in a string: mostly near, sometimes past its end, never so far that hundreds of
    /// megabytes are written.
    pub(super) fn offset(&mut self) -> Vec<u8> {
        match self.rng.u32(..16) {
            0 => self.one_of(ODD_NUMBERS).into(),
            1 => self.one_of(&["-1", "-9223372036854775808"]).into(),
            2 => self.one_of(&["9223372036854775807", "4294967296"]).into(),
            3 => self.rng.u32(..400_000).to_string().into(),
            4 => self
                .one_of(&["65535", "65536", "262143", "262144", "262145"])
                .into(),
            _ => self.rng.u32(..70).to_string().into(),
        }
    }

    /// A place to read from: any integer is harmless there.
    pub(super) fn index(&mut self) -> Vec<u8> {
        match self.rng.u32(..8) {
            0 => self.integer(),
            1 => self.rng.i64(-300_000..300_000).to_string().into(),
            _ => self.rng.i64(-12..60).to_string().into(),
        }
    }

    pub(super) fn value(&mut self) -> Vec<u8> {
        match self.rng.u32(..20) {
            0..=3 => self.integer(),
            4..=5 => self.float(),
            6..=7 => self.bytes(44),
            8 => self
                .one_of(&[b"".as_slice(), b"\x00", b"\xff\xff", b"\r\n", b"+OK\r\n"])
                .to_vec(),
            9 => {
                // Around the limits of encodings and segments.
                let length = self.one_of(&[43, 44, 45, 63, 64, 127, 128, 255, 256, 1024, 16384]);
                self.bytes(length)
            }
            10 if self.once_in(4) => {
                let length = self.one_of(&[65_536, 262_143, 262_144, 262_145, 300_000]);
                self.bytes(length)
            }
            _ => {
                let length = self.rng.usize(..12);
                let letter = |_| self.rng.alphabetic() as u8;
                (0..length).map(letter).collect()
            }
        }
    }

    /// A value that is surely small.
    pub(super) fn value_of_few_bytes(&mut self) -> Vec<u8> {
        let length = self.rng.usize(..5);
        self.bytes(length)
    }

    /// Bytes of all kinds; long ones repeat themselves.
    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let piece: Vec<u8> = (0..length.clamp(1, 61)).map(|_| self.rng.u8(..)).collect();
        piece.into_iter().cycle().take(length).collect()
    }

    /// Seconds that nobody else chose, and not few: deadlines that come, or race with one another,
    /// would show the time between two servers.
    pub(super) fn seconds(&mut self) -> Vec<u8> {
        match self.rng.u32(..12) {
            0 => self.one_of(ODD_NUMBERS).into(),
            1 => self.one_of(SPANS).to_string().into(),
            _ => self.rng.u32(1000..100_000_000).to_string().into(),
        }
    }

    pub(super) fn milliseconds(&mut self) -> Vec<u8> {
        match self.rng.u32(..12) {
            0 => self.one_of(ODD_NUMBERS).into(),
            1 => self.one_of(SPANS).to_string().into(),
            _ => self.rng.u64(1_000_000..100_000_000_000).to_string().into(),
        }
    }

    /// Moments: long ago, far away.
    pub(super) fn unix_seconds(&mut self) -> Vec<u8> {
        match self.rng.u32(..10) {
            0 => self.seconds(),
            1 => self.one_of(&["0", "1", "-1", "1000000000"]).into(),
            _ => self.far_seconds(),
        }
    }

    pub(super) fn unix_milliseconds(&mut self) -> Vec<u8> {
        match self.rng.u32(..10) {
            0 => self.milliseconds(),
            1 => self.one_of(&["0", "1", "-1", "1000000000000"]).into(),
            _ => self.far_milliseconds(),
        }
    }

    pub(super) fn far_seconds(&mut self) -> Vec<u8> {
        let far = self.rng.u64(4_000_000_000..9_000_000_000);
        far.to_string().into()
    }

    pub(super) fn far_milliseconds(&mut self) -> Vec<u8> {
        let far = self.rng.u64(4_000_000_000_000..9_000_000_000_000);
        far.to_string().into()
    }

    pub(super) fn pattern(&mut self) -> Vec<u8> {
        self.one_of(&[
            b"*".as_slice(),
            b"?",
            b"a*",
            b"*:*",
            b"[a-c]",
            b"[^a]",
            b"\\*",
            b"{tag}*",
            b"",
            b"**",
            b"[",
            b"a[",
            b"*\x00*",
            b"[c-a]*",
            b"k?y:[0-9]",
        ])
        .to_vec()
    }
}
