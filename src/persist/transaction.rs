//! Transactions in a log: what stands between MULTI and EXEC is done together or not at all.

/// What a command of the log is beside a change of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// The commands that follow are for another database.
    Select,
    Multi,
    Exec,
}

/// What the command called `name` is, if it is no change of data.
pub fn special(name: &[u8]) -> Option<Special> {
    [
        (&b"select"[..], Special::Select),
        (b"multi", Special::Multi),
        (b"exec", Special::Exec),
    ]
    .into_iter()
    .find(|(word, _)| name.eq_ignore_ascii_case(word))
    .map(|(_, special)| special)
}

/// Follows a log and checks that every MULTI has its EXEC.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pairs {
    open_at: Option<u64>,
    /// How many have come to their end.
    pub ended: u64,
}

impl Pairs {
    /// Takes note of the command called `name`. `at` is where it begins, with what stands before
    /// it and belongs to it: the file could be cut there.
    ///
    /// # Errors
    /// If it cannot stand here.
    pub fn step(&mut self, name: &[u8], at: u64) -> Result<(), &'static str> {
        match (special(name), self.open_at) {
            (Some(Special::Multi), Some(_)) => return Err("MULTI within MULTI"),
            (Some(Special::Exec), None) => return Err("EXEC without MULTI"),
            (Some(Special::Multi), None) => self.open_at = Some(at),
            (Some(Special::Exec), Some(_)) => {
                self.open_at = None;
                self.ended += 1;
            }
            (Some(Special::Select) | None, _) => {}
        }
        Ok(())
    }

    /// Where the transaction begins that has no end yet.
    pub fn open_at(&self) -> Option<u64> {
        self.open_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_multi_has_its_exec() {
        let mut pairs = Pairs::default();
        for (at, name) in (0..).zip(["SELECT", "set", "multi", "SET", "Exec", "MULTI", "set"]) {
            assert_eq!(pairs.step(name.as_bytes(), at), Ok(()), "{name}");
        }
        assert_eq!((pairs.open_at(), pairs.ended), (Some(5), 1));
        assert_eq!(pairs.step(b"MULTI", 9), Err("MULTI within MULTI"));
        assert_eq!(pairs.open_at(), Some(5));
        pairs.step(b"EXEC", 10).unwrap();
        assert_eq!(pairs.step(b"exec", 11), Err("EXEC without MULTI"));
        assert_eq!(special(b"DEL"), None);
    }
}
