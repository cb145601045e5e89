//! Provisional: the parameters the loop reads.

/// Parameters.
#[derive(Clone, Debug)]
pub struct Config {
    pub bind: Vec<String>,
    pub port: u16,
    pub unixsocket: String,
    pub unixsocketperm: u32,
    pub tcp_backlog: i32,
    pub tcp_keepalive: u32,
    pub maxclients: usize,
    pub timeout: u64,
    pub protected_mode: bool,
    pub requirepass: Vec<u8>,
    pub databases: usize,
    pub hz: u32,
    pub proto_max_bulk_len: usize,
    pub client_query_buffer_limit: usize,
    pub client_output_buffer_limit: [OutputLimit; 3],
    pub active_expire_effort: u32,
}

/// A bound on what may wait to be sent to a client; 0: none.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputLimit {
    pub hard: usize,
    pub soft: usize,
    pub soft_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            bind: vec!["*".into(), "-::*".into()],
            port: 6379,
            unixsocket: String::new(),
            unixsocketperm: 0,
            tcp_backlog: 511,
            tcp_keepalive: 300,
            maxclients: 10_000,
            timeout: 0,
            protected_mode: true,
            requirepass: Vec::new(),
            databases: 16,
            hz: 10,
            proto_max_bulk_len: 512 << 20,
            client_query_buffer_limit: 1 << 30,
            client_output_buffer_limit: [OutputLimit::default(); 3],
            active_expire_effort: 1,
        }
    }
}
