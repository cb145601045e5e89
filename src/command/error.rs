//! What a user asked wrongly: every error text of the data commands, once.
//!
//! The text is API: clients and tests compare it, so it is Redis's to the letter, its code first.

mod admin;
mod stream;

use std::borrow::Cow;

/// An error reply, without its leading `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError(Cow<'static, [u8]>);

impl CommandError {
    const fn fixed(text: &'static str) -> CommandError {
        CommandError(Cow::Borrowed(text.as_bytes()))
    }

    /// An error whose text quotes what the user sent.
    #[cold]
    pub fn quoting(text: impl Into<Vec<u8>>) -> CommandError {
        CommandError(Cow::Owned(text.into()))
    }

    /// The text, its code first.
    pub fn text(&self) -> &[u8] {
        &self.0
    }

    /// The code: the text's first word.
    pub fn code(&self) -> &str {
        let code = self
            .0
            .split(|byte| *byte == b' ')
            .next()
            .unwrap_or_default();
        std::str::from_utf8(code).unwrap_or_default()
    }

    /// Too many or too few arguments for `name` (in lower case, `container|sub` for subcommands).
    #[cold]
    pub fn wrong_arity(name: &str) -> CommandError {
        Self::quoting(format!(
            "ERR wrong number of arguments for '{name}' command"
        ))
    }

    /// `name` (as above) is none of those that a client which listens may send.
    #[cold]
    pub fn while_subscribed(name: &str) -> CommandError {
        Self::quoting(format!(
            "ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / \
             RESET are allowed in this context"
        ))
    }

    /// An expiry that is not positive or overflows, for `name` (in lower case).
    #[cold]
    pub fn invalid_expire(name: &str) -> CommandError {
        Self::quoting(format!("ERR invalid expire time in '{name}' command"))
    }

    /// A word that EXPIRE and its relatives do not know.
    #[cold]
    pub fn unsupported_option(option: &[u8]) -> CommandError {
        Self::quoting([b"ERR Unsupported option ", option].concat())
    }

    /// A subcommand that PFDEBUG does not know.
    #[cold]
    pub fn unknown_pfdebug(subcommand: &[u8]) -> CommandError {
        Self::quoting([b"ERR Unknown PFDEBUG subcommand '", subcommand, b"'"].concat())
    }

    /// PFSELFTEST found a fault.
    #[cold]
    pub fn self_test_failed(what: &str) -> CommandError {
        Self::quoting(format!("TESTFAILED {what}"))
    }

    /// A count of keys below 1, for `name` (in lower case).
    #[cold]
    pub fn input_key_needed(name: &str) -> CommandError {
        Self::quoting(format!(
            "ERR at least 1 input key is needed for '{name}' command"
        ))
    }

    /// A place that is not on the map.
    #[cold]
    pub fn invalid_coordinates(longitude: f64, latitude: f64) -> CommandError {
        Self::quoting(format!(
            "ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}"
        ))
    }

    /// A search that does not say where, by the name the user called it.
    #[cold]
    pub fn no_origin(command: &[u8]) -> CommandError {
        let text = b"ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ";
        Self::quoting([text, command].concat())
    }

    /// A search that does not say how far, by the name the user called it.
    #[cold]
    pub fn no_shape(command: &[u8]) -> CommandError {
        let text = b"ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for ";
        Self::quoting([&text[..], command].concat())
    }

    pub const SYNTAX: CommandError = Self::fixed("ERR syntax error");
    pub const WRONG_TYPE: CommandError =
        Self::fixed("WRONGTYPE Operation against a key holding the wrong kind of value");
    pub const NOT_AN_INTEGER: CommandError =
        Self::fixed("ERR value is not an integer or out of range");
    pub const NOT_A_FLOAT: CommandError = Self::fixed("ERR value is not a valid float");
    pub const OUT_OF_RANGE: CommandError = Self::fixed("ERR value is out of range");
    pub const NOT_POSITIVE: CommandError =
        Self::fixed("ERR value is out of range, must be positive");
    pub const NOAUTH: CommandError = Self::fixed("NOAUTH Authentication required.");
    pub const NO_SUCH_KEY: CommandError = Self::fixed("ERR no such key");
    pub const INDEX_OUT_OF_RANGE: CommandError = Self::fixed("ERR index out of range");
    pub const SAME_OBJECT: CommandError =
        Self::fixed("ERR source and destination objects are the same");
    pub const DB_OUT_OF_RANGE: CommandError = Self::fixed("ERR DB index is out of range");
    pub const INVALID_FIRST_DB: CommandError = Self::fixed("ERR invalid first DB index");
    pub const INVALID_SECOND_DB: CommandError = Self::fixed("ERR invalid second DB index");
    pub const NOT_32_BITS: CommandError =
        Self::fixed("ERR value is out of range, value must between -2147483648 and 2147483647");
    pub const INVALID_CURSOR: CommandError = Self::fixed("ERR invalid cursor");
    pub const NX_EXCLUDES: CommandError =
        Self::fixed("ERR NX and XX, GT or LT options at the same time are not compatible");
    pub const GT_EXCLUDES_LT: CommandError =
        Self::fixed("ERR GT and LT options at the same time are not compatible");
    pub const TOO_FEW_REPLICAS: CommandError =
        Self::fixed("NOREPLICAS Not enough good replicas to write.");
    pub const OOM: CommandError =
        Self::fixed("OOM command not allowed when used memory > 'maxmemory'.");
    pub const LFU_SELECTED: CommandError = Self::fixed(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when \
         switching between policies at runtime LRU and LFU data will take some time to adjust.",
    );
    pub const LFU_NOT_SELECTED: CommandError = Self::fixed(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note \
         that when switching between policies at runtime LRU and LFU data will take some time to \
         adjust.",
    );
    pub const TOO_LONG: CommandError =
        Self::fixed("ERR string exceeds maximum allowed size (proto-max-bulk-len)");

    // Waiting.
    pub const TIMEOUT_NOT_A_FLOAT: CommandError =
        Self::fixed("ERR timeout is not a float or out of range");
    pub const TIMEOUT_NEGATIVE: CommandError = Self::fixed("ERR timeout is negative");
    pub const TIMEOUT_OUT_OF_RANGE: CommandError = Self::fixed("ERR timeout is out of range");

    // Collections.
    pub const NOT_64_BITS_EITHER_WAY: CommandError = Self::fixed(
        "ERR value is out of range, value must between -9223372036854775807 and \
         9223372036854775807",
    );
    pub const NOVALUES_MISPLACED: CommandError =
        Self::fixed("ERR NOVALUES option can only be used in HSCAN");
    pub const NOSCORES_MISPLACED: CommandError =
        Self::fixed("ERR NOSCORES option can only be used in ZSCAN");
    pub const NUMKEYS_NOT_POSITIVE: CommandError =
        Self::fixed("ERR numkeys should be greater than 0");
    pub const COUNT_NOT_POSITIVE: CommandError = Self::fixed("ERR count should be greater than 0");
    pub const NUMKEYS_TOO_MANY: CommandError =
        Self::fixed("ERR Number of keys can't be greater than number of args");
    pub const LIMIT_NEGATIVE: CommandError = Self::fixed("ERR LIMIT can't be negative");

    // Lists.
    pub const RANK_ZERO: CommandError = Self::fixed(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use \
         negative to start from the end of the list",
    );
    pub const COUNT_NEGATIVE: CommandError = Self::fixed("ERR COUNT can't be negative");
    pub const MAXLEN_NEGATIVE: CommandError = Self::fixed("ERR MAXLEN can't be negative");

    // Hashes.
    pub const HASH_VALUE_NOT_AN_INTEGER: CommandError =
        Self::fixed("ERR hash value is not an integer");
    pub const HASH_VALUE_NOT_A_FLOAT: CommandError = Self::fixed("ERR hash value is not a float");
    pub const NAN_OR_INFINITY: CommandError = Self::fixed("ERR value is NaN or Infinity");
    pub const BAD_NUMFIELDS: CommandError = Self::fixed(
        "ERR numfields should be greater than 0 and match the provided number of fields",
    );

    // Sorted sets.
    pub const XX_EXCLUDES_NX: CommandError =
        Self::fixed("ERR XX and NX options at the same time are not compatible");
    pub const GT_LT_NX_EXCLUDE: CommandError =
        Self::fixed("ERR GT, LT, and/or NX options at the same time are not compatible");
    pub const INCR_NOT_SINGLE: CommandError =
        Self::fixed("ERR INCR option supports a single increment-element pair");
    pub const SCORE_NOT_A_NUMBER: CommandError =
        Self::fixed("ERR resulting score is not a number (NaN)");
    pub const SCORES_NOT_FLOATS: CommandError = Self::fixed("ERR min or max is not a float");
    pub const BYTES_NOT_A_RANGE: CommandError =
        Self::fixed("ERR min or max not valid string range item");
    pub const LIMIT_NEEDS_BY: CommandError = Self::fixed(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
    );
    pub const BYLEX_HAS_NO_SCORES: CommandError =
        Self::fixed("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    pub const WEIGHT_NOT_A_FLOAT: CommandError = Self::fixed("ERR weight value is not a float");
    // DUMP and RESTORE.
    pub const BUSY_KEY: CommandError = Self::fixed("BUSYKEY Target key name already exists.");
    pub const BAD_RESTORE_TTL: CommandError = Self::fixed("ERR Invalid TTL value, must be >= 0");
    pub const BAD_IDLETIME: CommandError = Self::fixed("ERR Invalid IDLETIME value, must be >= 0");
    pub const BAD_FREQ: CommandError =
        Self::fixed("ERR Invalid FREQ value, must be >= 0 and <= 255");
    pub const BAD_PAYLOAD: CommandError =
        Self::fixed("ERR DUMP payload version or checksum are wrong");
    pub const BAD_FORMAT: CommandError = Self::fixed("ERR Bad data format");

    pub const SCORES_NOT_DOUBLES: CommandError =
        Self::fixed("ERR One or more scores can't be converted into double");

    pub const SORT_BY_DENIED: CommandError =
        Self::fixed("ERR BY option of SORT denied due to insufficient ACL permissions.");
    pub const SORT_GET_DENIED: CommandError =
        Self::fixed("ERR GET option of SORT denied due to insufficient ACL permissions.");

    // Strings.
    pub const OFFSET_OUT_OF_RANGE: CommandError = Self::fixed("ERR offset is out of range");
    pub const WOULD_OVERFLOW: CommandError =
        Self::fixed("ERR increment or decrement would overflow");
    pub const DECREMENT_WOULD_OVERFLOW: CommandError = Self::fixed("ERR decrement would overflow");
    pub const NOT_FINITE: CommandError = Self::fixed("ERR increment would produce NaN or Infinity");
    pub const BAD_BIT: CommandError = Self::fixed("ERR bit is not an integer or out of range");
    pub const BAD_BIT_OFFSET: CommandError =
        Self::fixed("ERR bit offset is not an integer or out of range");
    pub const NOT_A_BIT: CommandError = Self::fixed("ERR The bit argument must be 1 or 0.");
    pub const BITOP_NOT_ARITY: CommandError =
        Self::fixed("ERR BITOP NOT must be called with a single source key.");
    pub const BAD_BITFIELD_TYPE: CommandError = Self::fixed(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported \
         but i64 is.",
    );
    pub const BAD_OVERFLOW: CommandError = Self::fixed("ERR Invalid OVERFLOW type specified");
    pub const BITFIELD_READ_ONLY: CommandError =
        Self::fixed("ERR BITFIELD_RO only supports the GET subcommand");
    pub const BAD_NUMKEYS: CommandError = Self::fixed("ERR invalid numkeys value or out of range");
    pub const LCS_NOT_STRINGS: CommandError =
        Self::fixed("ERR The specified keys must contain string values");
    pub const LCS_LEN_AND_IDX: CommandError =
        Self::fixed("ERR If you want both the length and indexes, please just use IDX.");
    pub const LCS_TOO_LONG: CommandError = Self::fixed("ERR String too long for LCS");
    pub const LCS_TOO_MUCH: CommandError =
        Self::fixed("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");

    // HyperLogLogs.
    pub const NOT_A_HYPERLOGLOG: CommandError =
        Self::fixed("WRONGTYPE Key is not a valid HyperLogLog string value.");
    pub const CORRUPT_HYPERLOGLOG: CommandError =
        Self::fixed("INVALIDOBJ Corrupted HLL object detected");
    pub const SPECIFIED_KEY_MISSING: CommandError =
        Self::fixed("ERR The specified key does not exist");
    pub const HYPERLOGLOG_NOT_SPARSE: CommandError = Self::fixed("ERR HLL encoding is not sparse");
    pub const NEITHER_ON_NOR_OFF: CommandError = Self::fixed("ERR Argument must be ON or OFF");

    // Places.
    pub const UNKNOWN_UNIT: CommandError =
        Self::fixed("ERR unsupported unit provided. please use M, KM, FT, MI");
    pub const NO_SUCH_PLACE: CommandError =
        Self::fixed("ERR could not decode requested zset member");
    pub const RADIUS_NOT_NUMERIC: CommandError = Self::fixed("ERR need numeric radius");
    pub const RADIUS_NEGATIVE: CommandError = Self::fixed("ERR radius cannot be negative");
    pub const WIDTH_NOT_NUMERIC: CommandError = Self::fixed("ERR need numeric width");
    pub const HEIGHT_NOT_NUMERIC: CommandError = Self::fixed("ERR need numeric height");
    pub const BOX_NEGATIVE: CommandError = Self::fixed("ERR height or width cannot be negative");
    pub const BAD_VERTEX_COUNT: CommandError = Self::fixed("ERR invalid number of vertices");
    pub const TOO_FEW_VERTICES: CommandError =
        Self::fixed("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices");
    pub const GEO_COUNT_NOT_POSITIVE: CommandError = Self::fixed("ERR COUNT must be > 0");
    pub const ANY_WITHOUT_COUNT: CommandError =
        Self::fixed("ERR the ANY argument requires COUNT argument");
    pub const GEOSEARCHSTORE_WITH: CommandError = Self::fixed(
        "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
    );
    pub const GEORADIUS_STORE_WITH: CommandError = Self::fixed(
        "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD \
         options",
    );
}

impl From<crate::value::WrongType> for CommandError {
    fn from(_: crate::value::WrongType) -> Self {
        CommandError::WRONG_TYPE
    }
}

impl From<crate::value::hyperloglog::Fault> for CommandError {
    fn from(fault: crate::value::hyperloglog::Fault) -> Self {
        match fault {
            crate::value::hyperloglog::Fault::NotOne => CommandError::NOT_A_HYPERLOGLOG,
            crate::value::hyperloglog::Fault::Corrupt => CommandError::CORRUPT_HYPERLOGLOG,
        }
    }
}
