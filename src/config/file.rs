//! Reads configuration: lines of a directive and its words, from files, standard input and the
//! command line.
//!
//! ```text
//! # a comment
//! maxmemory 2gb
//! requirepass "a \"quoted\" word"      quoting as in inline commands, see ds::words
//! include conf.d/*.conf                relative to the working directory, as in Redis
//! ```
//!
//! Later lines win; only the first `save` drops the default save points, further ones add to it.
//! The disk is reached through [`Files`], so the reader runs in tests on texts that never were
//! files. Whatever is not understood is an error that says where: a server that starts on half of
//! its configuration is worse than one that does not start.

use std::fmt;
use std::io;

use super::params::{self, Effect, Param};
use super::value::{Reason, Value};
use super::{Config, UserLine, split_setting};
use crate::ds::words;

/// The files that a configuration names.
pub trait Files {
    /// The content of a file.
    fn read(&self, path: &[u8]) -> io::Result<Vec<u8>>;

    /// The files that match a pattern, in order of name.
    fn matching(&self, pattern: &[u8]) -> Vec<Vec<u8>>;

    /// Makes `dir` the working directory; its absolute path.
    fn enter(&self, dir: &[u8]) -> io::Result<Vec<u8>>;
}

/// A text with configuration, and what to call it.
#[derive(Clone, Debug)]
pub struct Source {
    pub name: String,
    pub text: Vec<u8>,
}

/// A configuration as it was read.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// What was set without effect, a sentence each.
    pub warnings: Vec<String>,
}

/// Why a configuration cannot be used.
#[derive(Debug)]
pub enum ConfigError {
    /// A line is wrong.
    Line {
        source: String,
        /// From 1.
        line: usize,
        text: String,
        reason: Reason,
    },
    /// The configuration as a whole is wrong.
    Whole(Reason),
    /// A file cannot be read.
    Unreadable { path: String, error: io::Error },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const VERSION: &str = env!("CARGO_PKG_VERSION");
        match self {
            ConfigError::Line {
                source,
                line,
                text,
                reason,
            } => write!(
                out,
                "\n*** FATAL CONFIG FILE ERROR (Ruddle {VERSION}) ***\n\
                 Reading the configuration file, at line {line} of {source}\n\
                 >>> '{text}'\n{reason}"
            ),
            ConfigError::Whole(reason) => write!(
                out,
                "\n*** FATAL CONFIG FILE ERROR (Ruddle {VERSION}) ***\n{reason}"
            ),
            ConfigError::Unreadable { path, error } => {
                let reason = plain(error);
                write!(
                    out,
                    "Fatal error, can't open config file '{path}': {reason}"
                )
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// Reads `sources`, one after the other, over the defaults.
///
/// # Errors
/// At the first line that is not understood or names a file that cannot be read.
pub fn load(sources: &[Source], files: &dyn Files) -> Result<Loaded, ConfigError> {
    let mut reader = Reader {
        files,
        config: Config::default(),
        given: Vec::new(),
        open: 0,
        notes: Vec::new(),
    };
    let dir = files.enter(b".").unwrap_or_default();
    reader.config.dir = dir;
    for source in sources {
        reader.read(source)?;
    }
    let warnings = reader.warnings();
    Ok(Loaded {
        config: reader.config,
        warnings,
    })
}

/// Whether setting `param` to what `config` has deserves a warning, and which.
pub fn warning(config: &Config, param: &Param) -> Option<String> {
    let value = config.value(param);
    let nothing_asked = match &value {
        Value::Flag(asked) => !asked && matches!(param.effect, Effect::Coming(_)),
        Value::Save(points) => points.is_empty(),
        _ => false,
    };
    if nothing_asked || value == param.default_value() {
        return None;
    }
    let name = param.name;
    match param.effect {
        Effect::Works => None,
        Effect::None(why) => Some(format!("'{name}' is accepted but has no effect: {why}.")),
        Effect::Coming(part) => Some(format!(
            "'{name}' is accepted but has no effect yet: {part} will bring it."
        )),
    }
}

/// An error's reason without its number, as `strerror` says it.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Line `number` of a text, from 1.
fn line_of(text: &[u8], number: usize) -> String {
    let line = text.split(|byte| *byte == b'\n').nth(number - 1);
    String::from_utf8_lossy(line.unwrap_or_default().trim_ascii()).into_owned()
}

/// Files may include files so deep.
const INCLUDES_MAX: usize = 16;

struct Reader<'f> {
    files: &'f dyn Files,
    config: Config,
    /// The parameters that were set.
    given: Vec<&'static Param>,
    /// How many files are being read at this moment, one within the other.
    open: usize,
    /// Warnings about directives that are no parameters.
    notes: Vec<String>,
}

impl Reader<'_> {
    fn read(&mut self, source: &Source) -> Result<(), ConfigError> {
        for (index, line) in source.text.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let done = match words::split(line) {
                Ok(words) => self.line(words, source, index + 1),
                Err(words::Unbalanced) => {
                    Err(Refusal::from("Unbalanced quotes in configuration line"))
                }
            };
            done.map_err(|refusal| match refusal {
                Refusal::Here(reason) => ConfigError::Line {
                    source: source.name.clone(),
                    line: index + 1,
                    text: String::from_utf8_lossy(line).into_owned(),
                    reason,
                },
                Refusal::Elsewhere(error) => error,
            })?;
        }
        Ok(())
    }

    /// One line of `source`, split.
    fn line(
        &mut self,
        mut words: Vec<Vec<u8>>,
        source: &Source,
        number: usize,
    ) -> Result<(), Refusal> {
        if words.is_empty() {
            return Ok(());
        }
        let mut name = words.remove(0);
        name.make_ascii_lowercase();
        if let Some(param) = params::find(&name) {
            return Ok(self.parameter(param, words)?);
        }
        let forgotten = params::FORGOTTEN
            .iter()
            .any(|known| known.as_bytes() == name);
        match (name.as_slice(), words.as_slice()) {
            (_, [_]) if forgotten => Ok(()),
            (b"include", [path]) => self.include(path),
            (b"rename-command", [from, to]) => {
                self.config
                    .renamed_commands
                    .push((from.clone(), to.clone()));
                Ok(())
            }
            (b"user", [name, rules @ ..]) => {
                self.config.users.push(UserLine {
                    name: name.clone(),
                    rules: rules.to_vec(),
                    source: source.name.clone(),
                    line: number,
                    text: line_of(&source.text, number),
                });
                Ok(())
            }
            (b"loadmodule", [_, ..]) => {
                self.note("'loadmodule' is accepted but has no effect: modules are not supported.")
            }
            (b"sentinel", []) => Ok(()),
            (b"sentinel", _) => Err("sentinel directive while not in sentinel mode".into()),
            _ if name.contains(&b'.') => Err("Modules, and so their parameters, are not \
                                              supported"
                .into()),
            _ => Err("Bad directive or wrong number of arguments".into()),
        }
    }

    fn parameter(&mut self, param: &'static Param, words: Vec<Vec<u8>>) -> Result<(), Reason> {
        // A list may stand in one pair of quotes, as CONFIG SET takes it.
        let words = match words.as_slice() {
            [list] if !list.is_empty() => split_setting(param, list),
            _ => words,
        };
        let again = self.given.iter().any(|given| given.name == param.name);
        let mut saved = std::mem::take(&mut self.config.save);
        let set = self.config.set(param, &words);
        if param.name != "save" {
            self.config.save = saved;
        } else if again && !self.config.save.is_empty() {
            saved.append(&mut self.config.save);
            self.config.save = saved;
        }
        set?;
        if param.name == "dir" {
            let entered = self.files.enter(&self.config.dir);
            self.config.dir = entered.map_err(|error| Reason::from(plain(&error)))?;
        }
        if !again {
            self.given.push(param);
        }
        Ok(())
    }

    fn include(&mut self, path: &[u8]) -> Result<(), Refusal> {
        if self.open == INCLUDES_MAX {
            return Err("include files include each other, or go too deep".into());
        }
        let wild = path.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['));
        let paths = if wild {
            self.files.matching(path)
        } else {
            vec![path.to_vec()]
        };
        self.open += 1;
        for path in paths {
            let source = open(self.files, &path).map_err(Refusal::Elsewhere)?;
            self.read(&source).map_err(Refusal::Elsewhere)?;
        }
        self.open -= 1;
        Ok(())
    }

    fn note(&mut self, note: &str) -> Result<(), Refusal> {
        if !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
        Ok(())
    }

    fn warnings(&mut self) -> Vec<String> {
        let mut warnings = std::mem::take(&mut self.notes);
        let given = self
            .given
            .iter()
            .filter_map(|param| warning(&self.config, param));
        warnings.extend(given);
        warnings
    }
}

/// The file at `path`, as a source.
///
/// # Errors
/// If it cannot be read.
pub fn open(files: &dyn Files, path: &[u8]) -> Result<Source, ConfigError> {
    let name = String::from_utf8_lossy(path).into_owned();
    match files.read(path) {
        Ok(text) => Ok(Source { name, text }),
        Err(error) => Err(ConfigError::Unreadable { path: name, error }),
    }
}

/// Why a line is refused: for what it says, or for what a file it includes says.
enum Refusal {
    Here(Reason),
    Elsewhere(ConfigError),
}

impl From<&'static str> for Refusal {
    fn from(reason: &'static str) -> Self {
        Refusal::Here(reason.into())
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Refusal::Here(reason)
    }
}

#[cfg(test)]
mod tests;
