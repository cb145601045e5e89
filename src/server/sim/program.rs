//! What clients send: commands by chance, from patterns.
//!
//! A pattern's words are sent as they are, but for those that begin with `%`: one letter says what
//! stands there, and it is drawn anew each time. Few keys, so that commands meet.

use fastrand::Rng;

use crate::persist::commands::put_words;

/// Commands on data. A family with more patterns is drawn more often.
const DATA: &[&str] = &[
    // Strings.
    "SET %s %v",
    "SET %s %v",
    "SET %s %v PX %m",
    "SET %s %v KEEPTTL",
    "SETEX %s %e %v",
    "GETDEL %s",
    "GETEX %s PX %m",
    "APPEND %s %v",
    "SETRANGE %s %i %v",
    "SETBIT %s %i 1",
    "INCR %n",
    "INCRBY %n %i",
    "INCRBYFLOAT %n 1.5",
    "MSET %s %v %s %v %n %i",
    "MSETNX %s %v %n %i",
    "PFADD %s %v %v",
    "GET %s",
    "GET %k",
    // Lists.
    "RPUSH %l %v %i",
    "LPUSH %l %v",
    "LPUSH %l %i %i %i %i",
    "LPOP %l",
    "RPOP %l 2",
    "LSET %l 0 %v",
    "LINSERT %l BEFORE %i %v",
    "LTRIM %l 1 5",
    "LREM %l 1 %i",
    "LMOVE %l %l LEFT RIGHT",
    "LRANGE %l 0 -1",
    // Hashes.
    "HSET %h %f %v",
    "HSET %h %f %v %f %i",
    "HDEL %h %f",
    "HINCRBY %h %f %i",
    "HPEXPIRE %h %m FIELDS 1 %f",
    "HPERSIST %h FIELDS 1 %f",
    "HGETALL %h",
    // Sets.
    "SADD %t %i",
    "SADD %t %i %i %v",
    "SREM %t %i",
    "SPOP %t",
    "SMOVE %t %t %i",
    "SUNIONSTORE %t %t %t",
    "SMEMBERS %t",
    // Sorted sets.
    "ZADD %z %i %v",
    "ZADD %z %i %f %i %f",
    "ZINCRBY %z %i %f",
    "ZPOPMIN %z",
    "ZREMRANGEBYRANK %z 0 0",
    "ZUNIONSTORE %z 2 %z %z",
    "ZRANGE %z 0 -1 WITHSCORES",
    // Streams.
    "XADD %x * %f %v",
    "XADD %x MAXLEN ~ 5 * %f %v",
    "XADD %x NOMKSTREAM * %f %v %f %i",
    "XTRIM %x MAXLEN 3",
    "XGROUP CREATE %x g $ MKSTREAM",
    "XREADGROUP GROUP g c COUNT 2 STREAMS %x >",
    "XAUTOCLAIM %x g d 0 0 COUNT 1",
    "XACK %x g %i-0",
    "XRANGE %x - +",
    // Those who wait, but not for ever.
    "BLPOP %l %l 0.2",
    "BLMOVE %l %l LEFT RIGHT 0.5",
    "BZPOPMIN %z 0.3",
    "XREAD BLOCK 200 STREAMS %x $",
    "XREADGROUP GROUP g c BLOCK 300 STREAMS %x >",
    // Any key.
    "DEL %k",
    "DEL %k %k",
    "UNLINK %k",
    "EXPIRE %k %e",
    "PEXPIRE %k %m",
    "PEXPIRE %k %m",
    "PEXPIREAT %k 1",
    "PERSIST %k",
    "RENAME %k %k",
    "RENAMENX %k %k",
    "COPY %k %k REPLACE",
    "MOVE %k %d",
    "TYPE %k",
    "SELECT %d",
    "SELECT %d",
];

/// Commands on all data, seldom drawn.
const WHOLE: &[&str] = &["FLUSHALL", "FLUSHDB", "FLUSHALL ASYNC", "SWAPDB 0 1"];

/// What is sent, without what it costs to think of more.
pub(super) struct Author {
    random: Rng,
    /// How much of all is not on data but on the server: these commands, one time in so many.
    control: Vec<&'static str>,
    control_one_in: usize,
}

impl Author {
    pub(super) fn new(seed: u64, control: Vec<&'static str>, control_one_in: usize) -> Author {
        Author {
            random: Rng::with_seed(seed),
            control,
            control_one_in,
        }
    }

    /// Appends the next command, or a transaction; how many replies it has.
    pub(super) fn write(&mut self, bytes: &mut Vec<u8>) -> usize {
        if !self.control.is_empty() && self.random.usize(..self.control_one_in) == 0 {
            let pattern = self.control[self.random.usize(..self.control.len())];
            self.put(pattern, bytes);
            return 1;
        }
        match self.random.u8(..50) {
            0 => {
                self.one_of(WHOLE, bytes);
                1
            }
            1..=5 => self.transaction(bytes),
            _ => {
                self.one_of(DATA, bytes);
                1
            }
        }
    }

    fn transaction(&mut self, bytes: &mut Vec<u8>) -> usize {
        let count = self.random.usize(1..5);
        let watches = self.random.u8(..5) == 0;
        if watches {
            self.put("WATCH %k %k", bytes);
        }
        put_words(bytes, &[b"MULTI"]);
        for _ in 0..count {
            match self.random.u8(..30) {
                0 => self.one_of(WHOLE, bytes),
                _ => self.one_of(DATA, bytes),
            }
        }
        let end: &[u8] = match self.random.u8(..10) {
            0 => b"DISCARD",
            _ => b"EXEC",
        };
        put_words(bytes, &[end]);
        count + 2 + usize::from(watches)
    }

    fn one_of(&mut self, patterns: &[&str], bytes: &mut Vec<u8>) {
        let pattern = patterns[self.random.usize(..patterns.len())];
        self.put(pattern, bytes);
    }

    fn put(&mut self, pattern: &str, bytes: &mut Vec<u8>) {
        let words: Vec<Vec<u8>> = pattern
            .split(' ')
            .map(|word| match word.strip_prefix('%') {
                Some(what) => self.word(what),
                None => word.as_bytes().to_vec(),
            })
            .collect();
        let words: Vec<&[u8]> = words.iter().map(|word| &word[..]).collect();
        put_words(bytes, &words);
    }

    fn word(&mut self, what: &str) -> Vec<u8> {
        let random = &mut self.random;
        let key = |kind: char, random: &mut Rng| format!("{kind}{}", random.u8(..3)).into_bytes();
        match what {
            "k" => {
                let kinds = ['s', 'n', 'l', 'h', 't', 'z', 'x'];
                key(kinds[random.usize(..kinds.len())], random)
            }
            "v" => self.value(),
            "i" => random.u8(..12).to_string().into_bytes(),
            "f" => format!("f{}", random.u8(..6)).into_bytes(),
            "d" => random.u8(..2).to_string().into_bytes(),
            "e" => random.u8(1..5).to_string().into_bytes(),
            "m" => random.u16(1..4000).to_string().into_bytes(),
            kind => key(kind.chars().next().unwrap_or('s'), random),
        }
    }

    fn value(&mut self) -> Vec<u8> {
        let random = &mut self.random;
        let letter = random.u8(b'a'..=b'z');
        match random.u8(..20) {
            // More than a sector; more than a value in an entry takes.
            0 => vec![letter; random.usize(500..1500)],
            1 => vec![letter; random.usize(40..120)],
            2 => b"a\r\n\x00b".to_vec(),
            3..=5 => random.i32(..).to_string().into_bytes(),
            _ => format!("{}{}", char::from(letter), random.u8(..)).into_bytes(),
        }
    }
}
