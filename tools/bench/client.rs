//! A plain blocking connection, for what is asked once: INFO, CONFIG, DBSIZE, FLUSHALL.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::failure::{Doing, Failure, Result};
use crate::wire;

/// No administrative command takes longer; a server that does not answer is broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// A reply, as far as the scenarios look into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Text(Vec<u8>),
    Error(String),
    Integer(i64),
    Null,
    Array(Vec<Answer>),
}

/// A connection to a server under test.
#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(port: u16) -> Result<Client> {
        let stream = TcpStream::connect(("127.0.0.1", port)).doing("connecting to the server")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Client {
            stream: BufReader::new(stream),
        })
    }

    /// Sends one command and waits for its reply, an error reply included.
    pub(crate) fn ask(&mut self, words: &[&[u8]]) -> Result<Answer> {
        self.exchange(&wire::request(words))
    }

    /// The same for a command written with spaces.
    pub(crate) fn ask_text(&mut self, command: &str) -> Result<Answer> {
        let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        self.ask(&words)
    }

    /// Sends bytes that are one request and waits for its reply.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream
            .get_mut()
            .write_all(request)
            .doing("sending a command")?;
        self.answer()
    }

    /// The integer a command replies.
    pub(crate) fn integer(&mut self, command: &str) -> Result<i64> {
        match self.ask_text(command)? {
            Answer::Integer(number) => Ok(number),
            other => Err(Failure::new(format!("{command}: {other:?}"))),
        }
    }

    /// A section of INFO.
    pub(crate) fn section(&mut self, name: &str) -> Result<String> {
        match self.ask(&[b"INFO", name.as_bytes()])? {
            Answer::Text(text) => Ok(String::from_utf8_lossy(&text).into_owned()),
            other => Err(Failure::new(format!("INFO {name}: {other:?}"))),
        }
    }

    /// Field `name` of INFO, where the server has it.
    pub(crate) fn info(&mut self, name: &str) -> Result<Option<String>> {
        let Answer::Text(text) = self.ask(&[b"INFO"])? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&text).into_owned();
        let fields = text.lines().filter_map(|line| line.split_once(':'));
        let mut values = fields.filter(|(field, _)| *field == name);
        Ok(values.next().map(|(_, value)| value.trim().to_owned()))
    }

    fn answer(&mut self) -> Result<Answer> {
        let mut line = String::new();
        let count = self
            .stream
            .read_line(&mut line)
            .doing("waiting for a reply")?;
        if count == 0 {
            return Err(Failure::new("the server closed the connection"));
        }
        let (kind, rest) = line.trim_end().split_at_checked(1).unwrap_or_default();
        match kind {
            "+" => Ok(Answer::Text(rest.as_bytes().to_vec())),
            "-" => Ok(Answer::Error(rest.to_owned())),
            ":" => Ok(Answer::Integer(rest.parse().doing("reading an integer")?)),
            "$" | "*" if rest.starts_with('-') => Ok(Answer::Null),
            "$" => self.bulk(rest.parse().doing("reading a length")?),
            "*" => {
                let count: usize = rest.parse().doing("reading a length")?;
                (0..count)
                    .map(|_| self.answer())
                    .collect::<Result<_>>()
                    .map(Answer::Array)
            }
            _ => Err(Failure::new(format!("not a reply: {line:?}"))),
        }
    }

    fn bulk(&mut self, len: u64) -> Result<Answer> {
        let mut bytes = Vec::new();
        self.stream
            .by_ref()
            .take(len + 2)
            .read_to_end(&mut bytes)
            .doing("reading a reply")?;
        bytes.truncate(bytes.len().saturating_sub(2));
        Ok(Answer::Text(bytes))
    }
}
