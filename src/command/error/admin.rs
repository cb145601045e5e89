//! Error texts of the commands on the server itself.

use super::CommandError;

/// Characters of a client's word that an error quotes.
const QUOTED_BYTES_MAX: usize = 128;

impl CommandError {
    /// An error that quotes bytes of the user's.
    #[cold]
    pub fn quoting_bytes(before: &str, bytes: &[u8], after: &str) -> CommandError {
        Self::quoting([before.as_bytes(), bytes, after.as_bytes()].concat())
    }

    /// A named argument that is no integer, or none that fits.
    #[cold]
    pub fn named_not_an_integer(name: &str) -> CommandError {
        Self::quoting(format!("ERR {name} is not an integer or out of range"))
    }

    /// A subcommand, quoted as it was sent, that `command` does not have or not with so many
    /// arguments.
    #[cold]
    pub fn wrong_subcommand(command: &str, sub: &[u8]) -> CommandError {
        let before = "ERR unknown subcommand or wrong number of arguments for '";
        let after = format!("'. Try {} HELP.", command.to_ascii_uppercase());
        Self::quoting_bytes(before, &sub[..sub.len().min(QUOTED_BYTES_MAX)], &after)
    }

    // Configuration.

    pub const NO_CONFIG_FILE: CommandError =
        Self::fixed("ERR The server is running without a config file");

    /// CONFIG SET of a parameter that is not there.
    #[cold]
    pub fn unknown_parameter(name: &[u8]) -> CommandError {
        let before = "ERR Unknown option or number of arguments for CONFIG SET - '";
        Self::quoting_bytes(before, name, "'")
    }

    /// CONFIG SET of a parameter to a value that it cannot have.
    #[cold]
    pub fn parameter_refused(name: &[u8], reason: &str) -> CommandError {
        let before = "ERR CONFIG SET failed (possibly related to argument '";
        Self::quoting_bytes(before, name, &format!("') - {reason}"))
    }

    /// CONFIG REWRITE that could not write.
    #[cold]
    pub fn rewriting_failed(reason: &str) -> CommandError {
        Self::quoting(format!("ERR Rewriting config file: {reason}"))
    }

    // What is noted of commands.

    pub const COUNT_BELOW_MINUS_ONE: CommandError =
        Self::fixed("ERR count should be greater than or equal to -1");
    pub const UNKNOWN_LOG: CommandError =
        Self::fixed("ERR type should be one of the following: slow, large-request, large-reply");
    pub const MONITOR_WITHIN_EXEC: CommandError =
        Self::fixed("ERR MONITOR isn't allowed for DENY BLOCKING client");
    pub const SSUBSCRIBE_WITHIN_EXEC: CommandError =
        Self::fixed("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
    pub const MONITORS_HAVE_NO_KEYS: CommandError =
        Self::fixed("ERR Replica can't interact with the keyspace");

    /// An event of which nothing was noted.
    #[cold]
    pub fn no_samples(event: &[u8]) -> CommandError {
        Self::quoting_bytes("ERR No samples available for event '", event, "'")
    }

    // Transactions.
    pub const MULTI_IN_MULTI: CommandError = Self::fixed("ERR MULTI calls can not be nested");
    pub const WATCH_IN_MULTI: CommandError = Self::fixed("ERR WATCH inside MULTI is not allowed");
    pub const EXEC_WITHOUT_MULTI: CommandError = Self::fixed("ERR EXEC without MULTI");
    pub const DISCARD_WITHOUT_MULTI: CommandError = Self::fixed("ERR DISCARD without MULTI");
    pub const NOT_IN_MULTI: CommandError =
        Self::fixed("ERR Command not allowed inside a transaction");
    pub const EXEC_ABORTED: CommandError =
        Self::fixed("EXECABORT Transaction discarded because of previous errors.");

    /// An EXEC that was refused itself.
    #[cold]
    pub fn exec_refused(error: &CommandError) -> CommandError {
        let before = b"EXECABORT Transaction discarded because of: ";
        let text = error.text();
        Self::quoting([&before[..], text.strip_prefix(b"ERR ").unwrap_or(text)].concat())
    }

    // Tracking.
    pub const REDIRECT_TWICE: CommandError =
        Self::fixed("ERR A client can only redirect to a single other client");
    pub const REDIRECT_TO_NOBODY: CommandError =
        Self::fixed("ERR The client ID you want redirect to does not exist");
    pub const PREFIX_WITHOUT_BCAST: CommandError =
        Self::fixed("ERR PREFIX option requires BCAST mode to be enabled");
    pub const BCAST_SWITCHED: CommandError = Self::fixed(
        "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and \
         then re-enabling it with a different mode.",
    );
    pub const BCAST_WITH_OPT: CommandError =
        Self::fixed("ERR OPTIN and OPTOUT are not compatible with BCAST");
    pub const OPTIN_AND_OPTOUT: CommandError =
        Self::fixed("ERR You can't specify both OPTIN mode and OPTOUT mode");
    pub const OPT_SWITCHED: CommandError = Self::fixed(
        "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and \
         then re-enabling it with a different mode.",
    );
    pub const CACHING_WITHOUT_TRACKING: CommandError = Self::fixed(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or \
         OPTOUT mode enabled",
    );
    pub const CACHING_YES_WITHOUT_OPTIN: CommandError =
        Self::fixed("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    pub const CACHING_NO_WITHOUT_OPTOUT: CommandError =
        Self::fixed("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");

    /// Two prefixes of a client's, of which one begins with the other.
    #[cold]
    pub fn prefix_overlaps(prefix: &[u8], which: &str, other: &[u8]) -> CommandError {
        let middle = format!("' overlaps with {which} prefix '");
        let rest = b"'. Prefixes for a single client must not overlap.";
        // As in Redis, a zero byte ends what is shown.
        let shown = |bytes: &[u8]| bytes.split(|byte| *byte == 0).next().map(<[u8]>::to_vec);
        let (prefix, other) = (shown(prefix), shown(other));
        let (prefix, other) = (prefix.unwrap_or_default(), other.unwrap_or_default());
        let text = [b"ERR Prefix '", &*prefix, middle.as_bytes(), &other, rest];
        Self::quoting(text.concat())
    }

    // Access control.
    pub const DENIED_KEY: CommandError = Self::fixed("NOPERM No permissions to access a key");
    pub const DENIED_CHANNEL: CommandError =
        Self::fixed("NOPERM No permissions to access a channel");
    pub const DENIED_DATABASE: CommandError =
        Self::fixed("NOPERM No permissions to access database");
    pub const BAD_USER_NAME: CommandError =
        Self::fixed("ERR Usernames can't contain spaces or null characters");
    pub const DEFAULT_USER_STAYS: CommandError =
        Self::fixed("ERR The 'default' user cannot be removed");
    pub const GENPASS_BITS: CommandError = Self::fixed(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive \
         number up to 4096",
    );
    pub const NO_ACL_FILE: CommandError = Self::fixed(
        "ERR This Redis instance is not configured to use an ACL file. You may want to specify \
         users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a \
         Redis configuration file set) in order to store users in the Redis configuration.",
    );
    pub const ACL_SAVE_FAILED: CommandError = Self::fixed(
        "ERR There was an error trying to save the ACLs. Please check the server logs for more \
         information",
    );

    /// A command that the user must not run.
    #[cold]
    pub fn denied_command(user: &[u8], command: &str) -> CommandError {
        let after = format!(" has no permissions to run the '{command}' command");
        Self::quoting_bytes("NOPERM User ", user, &after)
    }

    /// A queued command that the user may no longer run.
    #[cold]
    pub fn denied_by_now(reason: &str) -> CommandError {
        Self::quoting(format!(
            "NOPERM ACLs rules changed between the moment the transaction was accumulated and the \
             EXEC call. This command is no longer allowed for the following reason: {reason}"
        ))
    }

    // Connection.
    pub const WRONG_PASS: CommandError =
        Self::fixed("WRONGPASS invalid username-password pair or user is disabled.");
    pub const NO_PASSWORD_CONFIGURED: CommandError = Self::fixed(
        "ERR AUTH <password> called without any password configured for the default user. \
         Are you sure your configuration is correct?",
    );
    pub const NO_SUCH_PROTOCOL: CommandError = Self::fixed("NOPROTO unsupported protocol version");
    pub const HELLO_WITHOUT_AUTH: CommandError = Self::fixed(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO \
         AUTH <user> <pass> option can be used to authenticate the client and select the RESP \
         protocol version at the same time",
    );
    pub const NOT_AN_I32: CommandError =
        Self::fixed("ERR value is out of range, value must between -2147483648 and 2147483647");

    // CLIENT.
    pub const NO_SUCH_CLIENT: CommandError = Self::fixed("ERR No such client");
    pub const INVALID_CLIENT_ID: CommandError = Self::fixed("ERR Invalid client ID");
    pub const CLIENT_ID_NOT_POSITIVE: CommandError =
        Self::fixed("ERR client-id should be greater than 0");
    pub const PAUSE_MODE: CommandError = Self::fixed("ERR CLIENT PAUSE mode must be WRITE or ALL");
    pub const UNBLOCK_REASON: CommandError =
        Self::fixed("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    pub const UNBLOCKED: CommandError =
        Self::fixed("UNBLOCKED client unblocked via CLIENT UNBLOCK");

    // Durability.
    pub const LOADING: CommandError = Self::fixed("LOADING Redis is loading the dataset in memory");
    pub const BAD_RELOAD: CommandError =
        Self::fixed("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    pub const RELOAD_FAILED: CommandError =
        Self::fixed("ERR Error trying to load the RDB dump, check server logs");
    pub const RELOAD_LOG_FAILED: CommandError =
        Self::fixed("ERR Error trying to load the AOF files, check server logs");
    pub const FAILED: CommandError = Self::fixed("ERR");
    pub const SAVE_IN_PROGRESS: CommandError =
        Self::fixed("ERR Background save already in progress");
    pub const REWRITE_IN_PROGRESS: CommandError = Self::fixed(
        "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE \
         in order to schedule a BGSAVE whenever possible.",
    );
    pub const NO_SAVE: CommandError =
        Self::fixed("ERR Background saving is currently not in progress or scheduled");
    pub const REWRITE_ALREADY: CommandError =
        Self::fixed("ERR Background append only file rewriting already in progress");
    pub const REWRITE_FAILED: CommandError = Self::fixed(
        "ERR Can't execute an AOF background rewriting. Please check the server logs for more \
         information.",
    );
    pub const SAVE_FAILED: CommandError = Self::fixed(
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist \
         to disk. Commands that may modify the data set are disabled, because this instance is \
         configured to report errors during writes if RDB snapshotting fails \
         (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the \
         RDB error.",
    );

    /// The log cannot be written.
    #[cold]
    /// A control of the allocator that is not there, or not of that kind.
    pub fn allocator_refuses(reason: &str) -> CommandError {
        Self::quoting(format!("ERR {reason}"))
    }

    pub fn log_failed(error: &str) -> CommandError {
        Self::quoting(format!("MISCONF Errors writing to the AOF file: {error}"))
    }

    // SYNC.
    pub const NO_PRIMARY: CommandError =
        Self::fixed("ERR this server cannot follow a primary yet: replication is not supported");
    pub const INVALID_PRIMARY_PORT: CommandError = Self::fixed("ERR Invalid master port");
    pub const NOT_AS_REPLICA: CommandError =
        Self::fixed("ERR Command is not valid when client is a replica.");
    pub const NO_FAILOVER: CommandError = Self::fixed("ERR No failover in progress.");
    pub const FAILOVER_TIMEOUT: CommandError =
        Self::fixed("ERR FAILOVER timeout must be greater than 0");
    pub const FAILOVER_NEEDS_REPLICAS: CommandError =
        Self::fixed("ERR FAILOVER requires connected replicas.");
    pub const NO_CLUSTER: CommandError =
        Self::fixed("ERR This instance has cluster support disabled");
    pub const MODULE_NOT_ALLOWED: CommandError = Self::fixed(
        "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", \
         you can run it from a local connection, otherwise you need to set this option in the \
         configuration file, and then restart the server.",
    );
    pub const MODULE_NOT_LOADED: CommandError =
        Self::fixed("ERR Error loading the extension. Please check the server logs.");
    pub const NO_SUCH_MODULE: CommandError =
        Self::fixed("ERR Error unloading module: no such module with that name");
    pub const NO_REPLICAS: CommandError = Self::fixed(
        "ERR replicas cannot follow this server yet: it sends its data once, to those who say \
         REPLCONF rdb-only 1",
    );
    pub const SYNC_BEHIND_REPLIES: CommandError =
        Self::fixed("ERR SYNC and PSYNC are invalid with pending output");
    pub const NO_FILTER: CommandError = Self::fixed("ERR Missing rdb-filter-only values");

    #[cold]
    pub fn unknown_filter(part: &[u8]) -> CommandError {
        Self::quoting_bytes("ERR Unsupported rdb-filter-only option: ", part, "")
    }

    #[cold]
    pub fn unknown_replconf(option: &[u8]) -> CommandError {
        Self::quoting_bytes("ERR Unrecognized REPLCONF option: ", option, "")
    }

    #[cold]
    pub fn replica_address_too_long(len: usize) -> CommandError {
        let before = "ERR REPLCONF ip-address provided by replica instance is too long";
        Self::quoting(format!("{before}: {len} bytes"))
    }

    // MIGRATE.
    pub const MIGRATE_IN_MULTI: CommandError =
        Self::fixed("ERR MIGRATE waits for another server, which a transaction cannot");
    pub const MIGRATE_CONNECT: CommandError =
        Self::fixed("IOERR error or timeout connecting to the client");
    pub const MIGRATE_WRITE: CommandError =
        Self::fixed("IOERR error or timeout writing to target instance");
    pub const MIGRATE_READ: CommandError =
        Self::fixed("IOERR error or timeout reading to target instance");
    pub const MIGRATE_KEYS: CommandError = Self::fixed(
        "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
    );

    /// What the other server said.
    #[cold]
    pub fn migrate_refused(text: &[u8]) -> CommandError {
        Self::quoting_bytes("ERR Target instance replied with error: ", text, "")
    }

    pub const WAITAOF_WITHOUT_LOG: CommandError =
        Self::fixed("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
    pub const NOT_ZERO_OR_ONE: CommandError =
        Self::fixed("ERR value is out of range, value must between 0 and 1");

    // DEBUG.
    pub const DEBUG_NOT_ALLOWED: CommandError = Self::fixed(
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", \
         you can run it from a local connection, otherwise you need to set this option in the \
         configuration file, and then restart the server.",
    );
    pub const NO_SUCH_REPLY_TYPE: CommandError = Self::fixed(
        "ERR Wrong protocol type name. Please use one of the following: string|integer|double|\
         bignum|null|array|set|map|attrib|push|verbatim|true|false",
    );
    pub const NOT_IN_RESP2: CommandError =
        Self::fixed("ERR RESP2 is not supported by this command");
    pub const NOT_A_TEXT: CommandError = Self::fixed("ERR Not an sds encoded string.");
    pub const NOT_CHUNKS: CommandError = Self::fixed("ERR Not a quicklist encoded object.");
    pub const CLIENTS_NOT_COUNTED: CommandError = Self::fixed("ERR maxmemory-clients is disabled.");
    pub const RESTART_FAILED: CommandError =
        Self::fixed("ERR failed to restart the server. Check server logs.");
    pub const ONLY_IN_A_CLUSTER: CommandError =
        Self::fixed("ERR Debug option only available for cluster mode enabled setup!");
    pub const NOT_PACKED: CommandError = Self::fixed("ERR Not a listpack encoded object.");
    pub const BAD_PACKED_THRESHOLD: CommandError =
        Self::fixed("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
    pub const DEBUG_DB_OUT_OF_RANGE: CommandError = Self::fixed("ERR Out of range database");
    pub const NOT_A_TABLE: CommandError = Self::fixed(
        "ERR The value stored at the specified key is not represented using an hash table",
    );

    // What goes on for long.
    pub const BUSY_SCRIPT: CommandError = Self::fixed(
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    );
    pub const BUSY_FUNCTION: CommandError = Self::fixed(
        "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.",
    );

    // SHUTDOWN.
    pub const NO_SHUTDOWN: CommandError = Self::fixed("ERR No shutdown in progress.");
    pub const SHUTDOWN_FAILED: CommandError =
        Self::fixed("ERR Errors trying to SHUTDOWN. Check logs.");

    // COMMAND.
    pub const NOT_A_COMMAND: CommandError = Self::fixed("ERR Invalid command specified");
    pub const COMMAND_WITHOUT_KEYS: CommandError =
        Self::fixed("ERR The command has no key arguments");
    pub const COMMAND_WRONG_COUNT: CommandError =
        Self::fixed("ERR Invalid number of arguments specified for command");
    pub const COMMAND_WRONG_ARGUMENTS: CommandError =
        Self::fixed("ERR Invalid arguments specified for command");
}
