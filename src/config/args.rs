//! The command line: a file, `-` for standard input, and directives as options.
//!
//! ```text
//! ruddle-server /etc/ruddle.conf --port 6380 --save 60 1 300 100 --requirepass '' -
//! ```
//!
//! The words are what `redis-server` takes, corner by corner, because start scripts depend on it:
//! only the first word can be the file; `-` is standard input as the first or the last word; an
//! option begins with `--`, unless it stands where the option before still wants its value;
//! `"--port 6380"` is one word and an option with its value; `--save` without a value before
//! another option, or at the end, is `--save ""`. Options make a text of directives that is read
//! after the file and standard input, and so wins over both.

use super::file::Source;
use crate::ds::words;

/// What the command line asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// The file to read first.
    pub file: Option<Vec<u8>>,
    /// Whether standard input is read then.
    pub stdin: bool,
    /// The directives to read last, a line each.
    pub options: Vec<u8>,
}

impl CommandLine {
    /// Reads the words behind the program's name.
    pub fn parse(args: &[Vec<u8>]) -> CommandLine {
        let mut line = CommandLine::default();
        let mut next = 0;
        if let Some(first) = args.first()
            && !first.starts_with(b"-")
        {
            line.file = Some(first.clone());
            next = 1;
        }
        let mut option_is_complete = true;
        while let Some(arg) = args.get(next) {
            let last = next + 1 == args.len();
            if arg == b"-" && (next == 0 || last) {
                line.stdin = true;
            } else if let Some(option) = arg.strip_prefix(b"--")
                && option_is_complete
            {
                let following = args.get(next + 1);
                option_is_complete = line.option(option, following);
            } else {
                words::quote_into(arg, &mut line.options);
                line.options.push(b' ');
                option_is_complete = true;
            }
            next += 1;
        }
        line
    }

    /// Begins a directive with an option's text, its dashes taken off; whether the option has its
    /// value already, so that the next word may be another option.
    fn option(&mut self, option: &[u8], following: Option<&Vec<u8>>) -> bool {
        if !self.options.is_empty() {
            self.options.push(b'\n');
        }
        self.options.extend_from_slice(option);
        self.options.push(b' ');
        let alone = words::split(option).is_ok_and(|words| words.len() == 1);
        if !alone {
            return true;
        }
        let option_follows = following.is_some_and(|next| next.starts_with(b"--"));
        if option.eq_ignore_ascii_case(b"save") && (following.is_none() || option_follows) {
            self.options.extend_from_slice(b"\"\"");
            return true;
        }
        option.eq_ignore_ascii_case(b"sentinel") && option_follows
    }

    /// The directives as a text to read.
    pub fn source(&self) -> Source {
        Source {
            name: "the command line".to_owned(),
            text: self.options.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
