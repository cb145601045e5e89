//! What a seed decides once and for all: how the server is configured, what the disk is like and
//! what is done to both.

use fastrand::Rng;

use crate::config::{AppendFsync, Config, MaxmemoryPolicy, SavePoint, Share, SnapshotFormat};
use crate::persist::sim_disk::{Disturbance, Names};

/// Who leaves when there is too much.
const POLICIES: [MaxmemoryPolicy; 5] = [
    MaxmemoryPolicy::NoEviction,
    MaxmemoryPolicy::AllkeysLru,
    MaxmemoryPolicy::AllkeysRandom,
    MaxmemoryPolicy::VolatileLfu,
    MaxmemoryPolicy::VolatileTtl,
];

/// The frame of a run.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) config: Config,
    pub(super) names: Names,
    /// Times that the server is started.
    pub(super) lives: usize,
    /// Steps in each, at most.
    pub(super) steps: usize,
    pub(super) peers: usize,
    /// Workers stop within their work: before each operation of the disk, behind each key of a
    /// snapshot.
    pub(super) in_steps: bool,
    /// Clients take all data in Redis's format (SYNC) now and then.
    pub(super) syncs: bool,
    /// The server is started to go back to an earlier moment now and then.
    pub(super) restores: bool,
    /// The disk may be ill when the server starts.
    pub(super) ill_starts: bool,
    /// What operations do while the disk is ill, if it ever is.
    pub(super) illness: Option<Disturbance>,
    /// Commands beside those on data, and how seldom.
    pub(super) control: Vec<&'static str>,
    pub(super) control_one_in: usize,
}

impl Plan {
    /// A plan without a log and without snapshots by themselves.
    pub(super) fn new(seed: u64) -> Plan {
        let mut random = Rng::with_seed(seed ^ 0x706c_616e);
        let mut config = Config::default();
        config.databases = 2;
        config.save = Vec::new();
        config.appendonly = false;
        config.snapshot_format = match random.bool() {
            true => SnapshotFormat::Native,
            false => SnapshotFormat::Rdb,
        };
        config.rdbcompression = random.bool();
        config.aof_use_rdb_preamble = random.u8(..4) > 0;
        config.aof_timestamp_enabled = random.bool();
        config.aof_keep_generations = random.u32(..3);
        // Both forms of every collection, with few elements.
        config.hash_max_listpack_entries = 3;
        config.list_max_listpack_size = 4;
        config.set_max_intset_entries = 3;
        config.set_max_listpack_entries = 3;
        config.zset_max_listpack_entries = 3;
        config.stream_node_max_entries = 3;
        if random.u8(..4) == 0 {
            config.maxmemory = Share::Bytes(random.u64(2..15) * 1000);
            config.maxmemory_policy = POLICIES[random.usize(..POLICIES.len())];
        }
        Plan {
            seed,
            config,
            names: match random.u8(..3) {
                0 => Names::Ordered,
                _ => Names::Unordered,
            },
            lives: random.usize(2..5),
            steps: random.usize(40..160),
            peers: random.usize(1..4),
            in_steps: random.bool(),
            syncs: random.bool(),
            restores: false,
            ill_starts: false,
            illness: None,
            control: Vec::new(),
            control_one_in: 30,
        }
    }

    /// With a log.
    pub(super) fn logged(mut self, fsync: AppendFsync) -> Plan {
        self.config.appendonly = true;
        self.config.appendfsync = fsync;
        self.config.auto_aof_rewrite_percentage = 0;
        self
    }

    /// With a log that is rewritten by itself and by command.
    pub(super) fn rewritten(mut self) -> Plan {
        let mut random = Rng::with_seed(self.seed ^ 0x7265_7772);
        self.config.auto_aof_rewrite_percentage = random.u32(..150);
        self.config.auto_aof_rewrite_min_size = random.u64(200..2000);
        self.control.extend(["BGREWRITEAOF", "BGREWRITEAOF"]);
        self
    }

    /// With snapshots by themselves and by command.
    pub(super) fn saved(mut self) -> Plan {
        let mut random = Rng::with_seed(self.seed ^ 0x7361_7665);
        if random.bool() {
            self.config.save = vec![SavePoint {
                seconds: random.u64(1..3),
                changes: random.u64(1..10),
            }];
        }
        self.control.extend([
            "SAVE",
            "BGSAVE",
            "BGSAVE",
            "BGSAVE SCHEDULE",
            "BGSAVE CANCEL",
        ]);
        self.control_one_in = 12;
        self
    }

    /// With a log that is switched on and off, and other policies now and then.
    pub(super) fn switched(mut self) -> Plan {
        self.control.extend([
            "CONFIG SET appendonly yes",
            "CONFIG SET appendonly yes",
            "CONFIG SET appendonly no",
            "CONFIG SET appendfsync always",
            "CONFIG SET appendfsync everysec",
            "CONFIG SET appendfsync no",
            "CONFIG SET no-appendfsync-on-rewrite yes",
            "CONFIG SET no-appendfsync-on-rewrite no",
            "CONFIG SET snapshot-format native",
            "CONFIG SET snapshot-format rdb",
            "CONFIG SET aof-use-rdb-preamble no",
            "CONFIG SET aof-use-rdb-preamble yes",
            "CONFIG SET auto-aof-rewrite-percentage 0",
            "CONFIG SET auto-aof-rewrite-percentage 40",
            "CONFIG SET auto-aof-rewrite-min-size 300",
            "CONFIG SET aof-keep-generations 0",
            "CONFIG SET aof-keep-generations 2",
            "CONFIG SET rdbcompression no",
            "CONFIG SET rdbcompression yes",
            "CONFIG SET maxmemory 6000",
            "CONFIG SET maxmemory 0",
            "CONFIG SET maxmemory-policy allkeys-lfu",
            "CONFIG SET maxmemory-policy volatile-ttl",
            "CONFIG SET save ",
        ]);
        self.control_one_in = 12;
        self
    }

    /// That goes back to an earlier moment now and then (`--restore-to`).
    pub(super) fn restored(mut self) -> Plan {
        self.restores = true;
        self.lives += 2;
        self.config.aof_timestamp_enabled = true;
        self
    }

    /// On a disk that is ill now and then.
    pub(super) fn ill(mut self) -> Plan {
        let mut random = Rng::with_seed(self.seed ^ 0x696c_6c21);
        let mut rate = || match random.u8(..3) {
            0 => 0,
            1 => random.u16(..100),
            _ => random.u16(..330),
        };
        self.illness = Some(Disturbance {
            io: rate(),
            full: rate(),
            short: rate(),
        });
        self.ill_starts = random.bool();
        self
    }
}
