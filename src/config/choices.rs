//! Parameters that are one word of a few: an enum each.

use super::value::{Stored, Value, Words, mismatch, name_of};

/// Declares an enum of words; the first is the type's default (the table says the parameter's).
macro_rules! choice {
    (
        $(#[$doc:meta])* $name:ident {
            $first:ident = $first_word:literal $(, $variant:ident = $word:literal)* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name {
            #[default]
            $first,
            $($variant,)*
        }

        impl $name {
            /// The words, each with its code.
            pub const WORDS: Words = &[
                ($first_word, $name::$first as u32) $(, ($word, $name::$variant as u32))*
            ];

            /// The word for this choice.
            pub fn word(self) -> &'static str {
                name_of(Self::WORDS, self as u32)
            }
        }

        impl Stored for $name {
            fn load(&self) -> Value {
                Value::Choice(*self as u32)
            }

            fn store(&mut self, value: Value) {
                *self = match value {
                    Value::Choice(code) if code == $name::$first as u32 => $name::$first,
                    $(Value::Choice(code) if code == $name::$variant as u32 => $name::$variant,)*
                    other => mismatch(&other),
                };
            }
        }
    };
}

choice! {
    /// Whether payloads and dumps of versions that are not known are refused, or read as far as
    /// they can be.
    VersionCheck { Strict = "strict", Relaxed = "relaxed" }
}

choice! {
    /// How much is logged.
    LogLevel {
        Debug = "debug", Verbose = "verbose", Notice = "notice", Warning = "warning",
        Nothing = "nothing",
    }
}

choice! {
    /// The shape of a log line.
    LogFormat { Legacy = "legacy", Logfmt = "logfmt", Json = "json" }
}

choice! {
    /// How a log line says when.
    LogTimestamp { Legacy = "legacy", Iso8601 = "iso8601", Milliseconds = "milliseconds" }
}

choice! {
    /// Who supervises the process.
    Supervised { Upstart = "upstart", Systemd = "systemd", Auto = "auto", No = "no" }
}

choice! {
    /// Which part of the system the system's log takes the lines for.
    SyslogFacility {
        User = "user", Local0 = "local0", Local1 = "local1", Local2 = "local2",
        Local3 = "local3", Local4 = "local4", Local5 = "local5", Local6 = "local6",
        Local7 = "local7",
    }
}

choice! {
    /// What goes when memory is full.
    MaxmemoryPolicy {
        VolatileLru = "volatile-lru", VolatileLfu = "volatile-lfu",
        VolatileRandom = "volatile-random", VolatileTtl = "volatile-ttl",
        AllkeysLru = "allkeys-lru", AllkeysLfu = "allkeys-lfu",
        AllkeysRandom = "allkeys-random", NoEviction = "noeviction",
    }
}

impl MaxmemoryPolicy {
    /// Whether keys are compared by how often they are used.
    pub fn is_lfu(self) -> bool {
        matches!(
            self,
            MaxmemoryPolicy::VolatileLfu | MaxmemoryPolicy::AllkeysLfu
        )
    }
}

impl MaxmemoryPolicy {
    /// Whether keys are compared by when they were last used.
    pub fn is_lru(self) -> bool {
        matches!(
            self,
            MaxmemoryPolicy::VolatileLru | MaxmemoryPolicy::AllkeysLru
        )
    }
}

choice! {
    /// In which format snapshots are written.
    SnapshotFormat { Native = "native", Rdb = "rdb" }
}

choice! {
    /// When the log is forced to disk.
    AppendFsync { EverySecond = "everysec", Always = "always", No = "no" }
}

choice! {
    /// Who may do something dangerous.
    Permission { No = "no", Yes = "yes", Local = "local" }
}

choice! {
    /// How the kernel's out-of-memory score is set.
    OomScoreAdj { No = "no", Relative = "relative", Absolute = "absolute" }
}

impl OomScoreAdj {
    /// With the older word for `relative`, which is the one shown.
    pub const ALL_WORDS: Words = &[
        ("no", OomScoreAdj::No as u32),
        ("yes", OomScoreAdj::Relative as u32),
        ("relative", OomScoreAdj::Relative as u32),
        ("absolute", OomScoreAdj::Absolute as u32),
    ];
}

choice! {
    /// Which channels new users may use.
    AclPubsubDefault { AllChannels = "allchannels", ResetChannels = "resetchannels" }
}

bitflags::bitflags! {
    /// What SIGTERM or SIGINT asks for; nothing means: save if there are save points.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct OnSignal: u32 {
        const SAVE = 1 << 0;
        const NOSAVE = 1 << 1;
        const NOW = 1 << 2;
        const FORCE = 1 << 3;
        const SAFE = 1 << 4;
        const FAILOVER = 1 << 5;
    }
}

impl OnSignal {
    /// The words, each with its bit.
    pub const WORDS: Words = &[
        ("default", 0),
        ("save", OnSignal::SAVE.bits()),
        ("nosave", OnSignal::NOSAVE.bits()),
        ("now", OnSignal::NOW.bits()),
        ("force", OnSignal::FORCE.bits()),
        ("safe", OnSignal::SAFE.bits()),
        ("failover", OnSignal::FAILOVER.bits()),
    ];
}

impl Stored for OnSignal {
    fn load(&self) -> Value {
        Value::Choice(self.bits())
    }

    fn store(&mut self, value: Value) {
        match value {
            Value::Choice(bits) => *self = OnSignal::from_bits_truncate(bits),
            other => mismatch(&other),
        }
    }
}
