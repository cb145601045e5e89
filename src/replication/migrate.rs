//! MIGRATE's other half: a thread that carries values to another server and hears what it says.
//!
//! ```text
//! loop ── Job: where, what ──▶ mover ── AUTH, SELECT, RESTORE … ──▶ the other server
//!      ◀─ Done: which arrived ──       ◀── one line for each ──────
//! ```
//!
//! A connection is kept for ten seconds after its last use, and remembers the database that is
//! selected there, as in Redis. One that was kept may have died: if nothing was heard before it
//! broke, all is tried once more on a new one.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::rdb::encode;
use crate::sys::clock::MonoNs;
use crate::sys::worker::Work;
use crate::value::held::Held;

/// A connection not used for so long is closed.
pub const IDLE_NS_MAX: u64 = 10_000_000_000;

/// Connections kept at once.
const CONNECTIONS_MAX: usize = 64;

/// Bytes sent at once.
const WRITE_BYTES: usize = 64 * 1024;

/// Bytes of a reply that are read; what is longer is cut.
const LINE_BYTES_MAX: u64 = 1024;

/// What the thread is asked to do.
pub enum Job {
    Move(Box<Order>),
    /// Close what is idle at this moment.
    Tidy(MonoNs),
}

/// Values that shall go to another server.
pub struct Order {
    pub host: Vec<u8>,
    pub port: Vec<u8>,
    /// The database there.
    pub db: i64,
    /// How long anything may take.
    pub timeout: Duration,
    pub login: Option<Login>,
    /// Whether a key that is there already is replaced.
    pub replace: bool,
    pub keys: Vec<Moving>,
    pub now: MonoNs,
}

/// Whom to be there.
pub struct Login {
    pub user: Option<Vec<u8>>,
    pub password: Vec<u8>,
}

/// One key.
pub struct Moving {
    pub name: Box<[u8]>,
    /// How long it still has to live; 0: for ever.
    pub ttl_ms: i64,
    pub value: Held,
}

/// What came of an order.
#[derive(Debug)]
pub struct Done {
    /// Whether each key is there now.
    pub arrived: Vec<bool>,
    pub failure: Option<Failure>,
}

/// Why not all keys arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    Connect,
    Write,
    Read,
    /// The other server says so.
    Refused(Vec<u8>),
}

/// The thread's work.
#[derive(Default)]
pub struct Mover {
    connections: HashMap<(Vec<u8>, Vec<u8>), Connection>,
}

struct Connection {
    stream: BufReader<TcpStream>,
    /// The database selected there, if that is known.
    db: Option<i64>,
    used_at: MonoNs,
}

/// An exchange that broke off.
struct Broken {
    failure: Failure,
    /// Whether nothing was heard and no time ran out.
    may_retry: bool,
    arrived: Vec<bool>,
}

impl Work<Job, Done> for Mover {
    fn work(&mut self, jobs: &mut VecDeque<Job>, answer: &mut dyn FnMut(Done)) {
        match jobs.pop_front() {
            Some(Job::Move(order)) => answer(self.carry(&order)),
            Some(Job::Tidy(now)) => {
                self.tidy(now);
                let (arrived, failure) = (Vec::new(), None);
                answer(Done { arrived, failure });
            }
            None => {}
        }
    }
}

impl Mover {
    fn tidy(&mut self, now: MonoNs) {
        self.connections
            .retain(|_, connection| now.since(connection.used_at) <= IDLE_NS_MAX);
    }

    fn carry(&mut self, order: &Order) -> Done {
        self.tidy(order.now);
        let mut result = self.exchange(order);
        if matches!(&result, Err(broken) if broken.may_retry) {
            result = self.exchange(order);
        }
        result.unwrap_or_else(|broken| Done {
            arrived: broken.arrived,
            failure: Some(broken.failure),
        })
    }

    fn exchange(&mut self, order: &Order) -> Result<Done, Broken> {
        let place = (order.host.clone(), order.port.clone());
        let kept = self.connections.remove(&place);
        let mut connection = match kept {
            Some(kept) => kept,
            None => connect(order)?,
        };
        let selects = connection.db != Some(order.db);
        let timed = connection.limit(order.timeout);
        let sent = timed.and_then(|()| connection.send(order, selects));
        sent.map_err(|error| broken(Failure::Write, &error))?;
        let done = connection.hear(order, selects)?;
        connection.db = done.failure.is_none().then_some(order.db);
        connection.used_at = order.now;
        if self.connections.len() == CONNECTIONS_MAX
            && let Some(any) = self.connections.keys().next().cloned()
        {
            self.connections.remove(&any);
        }
        self.connections.insert(place, connection);
        Ok(done)
    }
}

fn broken(failure: Failure, error: &io::Error) -> Broken {
    let timed_out = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
    Broken {
        failure,
        may_retry: !timed_out,
        arrived: Vec::new(),
    }
}

/// Connects to where an order goes. That nobody listens there shows, in Redis, when it writes.
fn connect(order: &Order) -> Result<Connection, Broken> {
    let nowhere = || Broken {
        failure: Failure::Connect,
        may_retry: false,
        arrived: Vec::new(),
    };
    let host = std::str::from_utf8(&order.host).map_err(|_| nowhere())?;
    let port = std::str::from_utf8(&order.port).unwrap_or_default();
    let port = port.parse::<u16>().unwrap_or_default();
    let mut last = nowhere();
    for address in (host, port).to_socket_addrs().map_err(|_| nowhere())? {
        match TcpStream::connect_timeout(&address, order.timeout) {
            Ok(stream) => {
                // Slower without, but not wrong.
                drop(stream.set_nodelay(true));
                return Ok(Connection {
                    stream: BufReader::new(stream),
                    db: None,
                    used_at: order.now,
                });
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => last = nowhere(),
            Err(error) => last = broken(Failure::Write, &error),
        }
    }
    Err(last)
}

impl Connection {
    fn limit(&self, timeout: Duration) -> io::Result<()> {
        let stream = self.stream.get_ref();
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))
    }

    /// Sends all requests of an order.
    fn send(&self, order: &Order, selects: bool) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(WRITE_BYTES, self.stream.get_ref());
        if let Some(login) = &order.login {
            let words = [
                Some(b"AUTH".as_slice()),
                login.user.as_deref(),
                Some(&login.password),
            ];
            let words: Vec<_> = words.into_iter().flatten().collect();
            request(&mut out, &words)?;
        }
        if selects {
            request(&mut out, &[b"SELECT", order.db.to_string().as_bytes()])?;
        }
        for key in &order.keys {
            let ttl = key.ttl_ms.to_string();
            // One value at a time is in memory in this form.
            let payload = encode::payload(key.value.value());
            let words = [
                b"RESTORE".as_slice(),
                &key.name,
                ttl.as_bytes(),
                &payload,
                b"REPLACE",
            ];
            let count = if order.replace { 5 } else { 4 };
            request(&mut out, &words[..count])?;
        }
        out.flush()
    }

    /// Reads the replies to all requests of an order.
    fn hear(&mut self, order: &Order, selects: bool) -> Result<Done, Broken> {
        let mut arrived = Vec::new();
        let before = usize::from(order.login.is_some()) + usize::from(selects);
        let mut refusal: Option<Vec<u8>> = None;
        for index in 0..before {
            let reply = self.line().map_err(|error| broken(Failure::Read, &error))?;
            if let Some(text) = reply.strip_prefix(b"-")
                && refusal.is_none()
            {
                refusal = Some(text.to_vec());
            }
            debug_assert!(index < 2);
        }
        // Who is not let in, or not into the database, has restored nothing.
        let turned_away = refusal.is_some();
        for _ in &order.keys {
            match self.line() {
                Ok(reply) => {
                    let refused = reply.strip_prefix(b"-");
                    arrived.push(refused.is_none() && !turned_away);
                    if let Some(text) = refused
                        && refusal.is_none()
                    {
                        refusal = Some(text.to_vec());
                    }
                }
                Err(error) => {
                    let mut broken = broken(Failure::Read, &error);
                    broken.may_retry &= arrived.is_empty();
                    if let Some(text) = refusal {
                        broken.failure = Failure::Refused(text);
                        broken.may_retry = false;
                    }
                    arrived.resize(order.keys.len(), false);
                    broken.arrived = arrived;
                    return Err(broken);
                }
            }
        }
        let failure = refusal.map(Failure::Refused);
        Ok(Done { arrived, failure })
    }

    /// The next line, without its end.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let mut limited = (&mut self.stream).take(LINE_BYTES_MAX);
        limited.read_until(b'\n', &mut line)?;
        match line.pop() {
            Some(b'\n') => {}
            Some(_) if line.len() as u64 + 1 == LINE_BYTES_MAX => {
                let mut rest = Vec::new();
                self.stream.read_until(b'\n', &mut rest)?;
            }
            _ => return Err(ErrorKind::UnexpectedEof.into()),
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(line)
    }
}

/// Writes a request.
fn request(out: &mut impl Write, words: &[&[u8]]) -> io::Result<()> {
    write!(out, "*{}\r\n", words.len())?;
    for word in words {
        write!(out, "${}\r\n", word.len())?;
        out.write_all(word)?;
        out.write_all(b"\r\n")?;
    }
    Ok(())
}
