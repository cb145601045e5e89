//! A `.resp` file: cases, and the lines of which they are made. `docs/TESTING.md` has the format.

use super::pattern;

/// One file.
#[derive(Debug)]
pub(crate) struct Transcript {
    /// The file's path from the repository's root.
    pub(crate) path: String,
    /// Arguments of a server of its own for each case (`@server`).
    pub(super) server: Option<Vec<String>>,
    pub(super) cases: Vec<Case>,
}

/// `== title [options]` and what follows.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) title: String,
    pub(super) line: usize,
    /// 2, 3 or both.
    pub(super) protocols: Vec<u8>,
    /// The peers that agree; `None`: all.
    pub(super) peers: Option<Vec<String>>,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    /// The connection's name; the unnamed one is "".
    pub(super) connection: String,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// `> WORDS`: one command.
    Send(String),
    /// `raw> "bytes"`: bytes as they are.
    Raw(String),
    /// `until> WORDS` and a pattern: the command again and again until its reply fits.
    Until(String, String),
    /// A pattern for the next reply, for one protocol or both.
    Expect(Option<u8>, String),
    /// `?`: a reply to be recorded.
    Unrecorded,
    /// `closed`: the server closes the connection, or `@close`: we do.
    Closed,
    Close,
    /// `blocked`: the connection has no reply to read now, and the server says it is blocked.
    Blocked,
}

impl Transcript {
    pub(super) fn parse(path: &str, source: &str) -> Result<Transcript, String> {
        let mut transcript = Transcript {
            path: path.to_owned(),
            server: None,
            cases: Vec::new(),
        };
        let mut lines = source.lines().enumerate();
        // The connection that sent last: replies without a name are its.
        let mut current = String::new();
        while let Some((index, text)) = lines.next() {
            let at = |why: String| format!("{path}:{}: {why}", index + 1);
            if text.trim().is_empty() || text == "#" || text.starts_with("# ") {
                continue;
            }
            if let Some(title) = text.strip_prefix("== ") {
                let case = Case::parse(title, index + 1).map_err(at)?;
                transcript.cases.push(case);
                current.clear();
                continue;
            }
            if let Some(args) = text.strip_prefix("@server") {
                transcript.server = Some(words_of_line(args));
                continue;
            }
            let Some(case) = transcript.cases.last_mut() else {
                return Err(at("a line before the first case (`== title`)".into()));
            };
            let mut whole = text.to_owned();
            let (connection, mut what) = step(&whole, &current);
            // An aggregate goes on until its bracket closes.
            if let What::Expect(_, pattern) = &mut what {
                while pattern::is_open(pattern) {
                    let (_, next) = lines
                        .next()
                        .ok_or_else(|| at("an aggregate without its end".into()))?;
                    pattern.push('\n');
                    pattern.push_str(next);
                    whole.push_str(next);
                }
            }
            current.clone_from(&connection);
            match (what, case.steps.last_mut()) {
                (
                    What::Expect(_, pattern),
                    Some(Step {
                        what: What::Until(_, until),
                        ..
                    }),
                ) if until.is_empty() => *until = pattern,
                (what, _) => case.steps.push(Step {
                    line: index + 1,
                    connection,
                    what,
                }),
            }
        }
        Ok(transcript)
    }
}

impl Transcript {
    /// Every command sent, without those that need a value given at run time.
    pub(crate) fn sent(&self) -> impl Iterator<Item = Vec<Vec<u8>>> {
        let steps = self.cases.iter().flat_map(|case| &case.steps);
        let lines = steps.filter_map(|step| match &step.what {
            What::Send(line) | What::Until(line, _) => Some(line),
            _ => None,
        });
        lines
            .filter(|line| !line.contains("$("))
            .filter_map(|line| words(line).ok().filter(|words| !words.is_empty()))
    }

    /// The first and second words of all commands sent, in lower case. The second may name a
    /// subcommand: who asks knows which commands have any.
    pub(crate) fn commands(&self) -> impl Iterator<Item = (String, Option<String>)> {
        let steps = self.cases.iter().flat_map(|case| &case.steps);
        steps.filter_map(|step| match &step.what {
            What::Send(line) | What::Until(line, _) => {
                let mut words = line.split_whitespace().map(str::to_lowercase);
                Some((words.next()?, words.next()))
            }
            _ => None,
        })
    }
}

impl Case {
    fn parse(title: &str, line: usize) -> Result<Case, String> {
        let mut case = Case {
            title: title.trim().to_owned(),
            line,
            protocols: vec![2, 3],
            peers: None,
            steps: Vec::new(),
        };
        // Options stand in brackets at the end.
        while case.title.ends_with(']') {
            let open = case.title.rfind('[').ok_or("`]` without `[`")?;
            let option = case.title[open + 1..case.title.len() - 1].to_owned();
            case.title.truncate(open);
            case.title.truncate(case.title.trim_end().len());
            match option.as_str() {
                "resp2" => case.protocols = vec![2],
                "resp3" => case.protocols = vec![3],
                other => match other.strip_prefix("peers:") {
                    Some(peers) => {
                        case.peers = Some(peers.split_whitespace().map(str::to_owned).collect());
                    }
                    None => return Err(format!("an unknown option: [{other}]")),
                },
            }
        }
        Ok(case)
    }
}

/// The connection and the meaning of one line.
fn step(line: &str, current: &str) -> (String, What) {
    // `raw> `, `until> `, `> `; a name before them: `A> `, `A raw> `.
    if let Some((before, after)) = line.split_once("> ").or(line.split_once('>'))
        && !line.starts_with(">[")
        && before.len() <= 32
        && before
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == ' ')
    {
        let (name, verb) = before.rsplit_once(' ').unwrap_or(match before {
            "raw" | "until" => ("", before),
            name => (name, ""),
        });
        let what = match verb {
            "raw" => What::Raw(after.to_owned()),
            "until" => What::Until(after.to_owned(), String::new()),
            _ => What::Send(after.to_owned()),
        };
        return (name.to_owned(), what);
    }
    // `A< pattern`: a reply on another connection than the one that sent last.
    let named = line
        .split_once("< ")
        .filter(|(name, _)| !name.is_empty() && name.chars().all(char::is_alphanumeric));
    let (connection, line) = named.unwrap_or((current, line));
    let what = match line {
        "?" => What::Unrecorded,
        "closed" => What::Closed,
        "blocked" => What::Blocked,
        "@close" => What::Close,
        _ => match line.split_once(": ") {
            Some(("resp2", pattern)) => What::Expect(Some(2), pattern.to_owned()),
            Some(("resp3", pattern)) => What::Expect(Some(3), pattern.to_owned()),
            _ => What::Expect(None, line.to_owned()),
        },
    };
    (connection.to_owned(), what)
}

fn words_of_line(line: &str) -> Vec<String> {
    let words = words(line).unwrap_or_default();
    let text = |word| String::from_utf8_lossy(word).into_owned();
    words.iter().map(|word| text(word)).collect()
}

/// The words of a command: bare, or quoted with escapes, or quoted and repeated (`"x"*1000`).
pub(crate) fn words(line: &str) -> Result<Vec<Vec<u8>>, String> {
    let bytes = line.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        if bytes[at] == b'"' {
            let (word, used) = pattern::quoted(&bytes[at..])?;
            words.push(word);
            at += used;
            if bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace()) {
                return Err("something follows a closing quote".into());
            }
        } else {
            let rest = &bytes[at..];
            let end = rest.iter().position(u8::is_ascii_whitespace);
            let word = &rest[..end.unwrap_or(rest.len())];
            words.push(word.to_vec());
            at += word.len();
        }
    }
    Ok(words)
}
