//! The errors of the stream commands.

use super::CommandError;

impl CommandError {
    pub const INVALID_STREAM_ID: CommandError =
        Self::fixed("ERR Invalid stream ID specified as stream command argument");
    pub const INVALID_RANGE_START: CommandError =
        Self::fixed("ERR invalid start ID for the interval");
    pub const INVALID_RANGE_END: CommandError = Self::fixed("ERR invalid end ID for the interval");

    // Adding and trimming.
    pub const XADD_ZERO_ID: CommandError =
        Self::fixed("ERR The ID specified in XADD must be greater than 0-0");
    pub const XADD_EXHAUSTED: CommandError =
        Self::fixed("ERR The stream has exhausted the last possible ID, unable to add more items");
    pub const XADD_NOT_ABOVE: CommandError = Self::fixed(
        "ERR The ID specified in XADD is equal or smaller than the target stream top item",
    );
    pub const XADD_TOO_LARGE: CommandError = Self::fixed("ERR Elements are too large to be stored");
    pub const TWO_TRIMS: CommandError = Self::fixed(
        "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
    );
    pub const NEGATIVE_MAXLEN: CommandError = Self::fixed("ERR The MAXLEN argument must be >= 0.");
    pub const NEGATIVE_LIMIT: CommandError = Self::fixed("ERR The LIMIT argument must be >= 0.");
    pub const LIMIT_WITHOUT_TRIM: CommandError = Self::fixed(
        "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
    );
    pub const LIMIT_WITHOUT_TILDE: CommandError =
        Self::fixed("ERR syntax error, LIMIT cannot be used without the special ~ option");
    pub const XTRIM_WITHOUT_TRIM: CommandError =
        Self::fixed("ERR syntax error, XTRIM must be called with a trimming strategy");

    // XSETID.
    pub const NEGATIVE_ENTRIES_ADDED: CommandError =
        Self::fixed("ERR entries_added must be positive");
    pub const XSETID_BELOW_GIVEN_DELETED: CommandError = Self::fixed(
        "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
    );
    pub const XSETID_BELOW_DELETED: CommandError =
        Self::fixed("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
    pub const XSETID_BELOW_TOP: CommandError =
        Self::fixed("ERR The ID specified in XSETID is smaller than the target stream top item");
    pub const XSETID_FEWER_ADDED: CommandError = Self::fixed(
        "ERR The entries_added specified in XSETID is smaller than the target stream length",
    );

    // Reading.
    pub const GROUP_NOT_IN_XREAD: CommandError = Self::fixed(
        "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
    );
    pub const NOACK_NOT_IN_XREAD: CommandError = Self::fixed(
        "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.",
    );
    pub const GROUP_MISSING: CommandError = Self::fixed("ERR Missing GROUP option for XREADGROUP");
    pub const NEW_WITHOUT_GROUP: CommandError = Self::fixed(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> \
         <consumer> option.",
    );

    // Groups.
    pub const KEY_FOR_GROUP: CommandError = Self::fixed(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want \
         to use the MKSTREAM option to create an empty stream automatically.",
    );
    pub const GROUP_EXISTS: CommandError =
        Self::fixed("BUSYGROUP Consumer Group name already exists");
    pub const BAD_ENTRIES_READ: CommandError =
        Self::fixed("ERR value for ENTRIESREAD must be positive or -1");
    pub const XCLAIM_MIN_IDLE: CommandError =
        Self::fixed("ERR Invalid min-idle-time argument for XCLAIM");
    pub const XCLAIM_IDLE: CommandError =
        Self::fixed("ERR Invalid IDLE option argument for XCLAIM");
    pub const XCLAIM_TIME: CommandError =
        Self::fixed("ERR Invalid TIME option argument for XCLAIM");
    pub const XCLAIM_RETRYCOUNT: CommandError =
        Self::fixed("ERR Invalid RETRYCOUNT option argument for XCLAIM");
    pub const XAUTOCLAIM_MIN_IDLE: CommandError =
        Self::fixed("ERR Invalid min-idle-time argument for XAUTOCLAIM");
    pub const XAUTOCLAIM_COUNT: CommandError = Self::fixed("ERR COUNT must be > 0");

    /// Keys without an id each, for `name` (in lower case); `symbol` is an id to think of.
    #[cold]
    pub fn unbalanced_streams(name: &str, symbol: char) -> CommandError {
        Self::quoting(format!(
            "ERR Unbalanced '{name}' list of streams: for each stream key an ID or '{symbol}' \
             must be specified."
        ))
    }

    /// `$` or `+` where only a group's ids mean anything.
    #[cold]
    pub fn meaningless_in_xreadgroup(symbol: char) -> CommandError {
        Self::quoting(format!(
            "ERR The {symbol} ID is meaningless in the context of XREADGROUP: you want to read \
             the history of this consumer by specifying a proper ID, or use the > ID to get new \
             messages. The {symbol} ID would just return an empty result set."
        ))
    }

    /// No such key or group, where either may be missing.
    #[cold]
    pub fn no_group(key: &[u8], group: &[u8]) -> CommandError {
        let parts: [&[u8]; 5] = [
            b"NOGROUP No such key '",
            key,
            b"' or consumer group '",
            group,
            b"'",
        ];
        Self::quoting(parts.concat())
    }

    /// The same, in XREADGROUP's words.
    #[cold]
    pub fn no_group_to_read(key: &[u8], group: &[u8]) -> CommandError {
        let before = Self::no_group(key, group);
        Self::quoting([before.text(), b" in XREADGROUP with GROUP option"].concat())
    }

    /// No such group, of a stream that is there.
    #[cold]
    pub fn no_group_of_key(key: &[u8], group: &[u8]) -> CommandError {
        let parts: [&[u8]; 5] = [
            b"NOGROUP No such consumer group '",
            group,
            b"' for key name '",
            key,
            b"'",
        ];
        Self::quoting(parts.concat())
    }

    /// A word that XCLAIM does not know.
    #[cold]
    pub fn unknown_xclaim_option(word: &[u8]) -> CommandError {
        Self::quoting([b"ERR Unrecognized XCLAIM option '", word, b"'"].concat())
    }
}
