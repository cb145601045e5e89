//! The command table: what it says of each command is what the command does, and what
//! redis-server says of the same command; and every command has a transcript.

mod docs;
mod fields;
mod info;

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::client::Client;
use crate::harness::reply::Reply;
use crate::harness::server::{Server, Start};
use crate::harness::target::Target;
use crate::harness::verdict;
use crate::wire::transcripts;
use info::Info;

/// Ours, or the one chosen instead; none: somebody else started it.
fn subject() -> Option<Server> {
    Some(Target::chosen().start()?.start())
}

/// Every command and subcommand, by full name (`object|encoding`).
fn table(client: &mut Client) -> BTreeMap<String, Info> {
    let Reply::Array(rows) = client.words("COMMAND") else {
        panic!("COMMAND is an array");
    };
    let mut table = BTreeMap::new();
    for row in &rows {
        let info = Info::parse(row);
        for sub in &info.subcommands {
            table.insert(sub.name.clone(), sub.clone());
        }
        table.insert(info.name.clone(), info);
    }
    table
}

/// The words that call a command: `object|encoding` takes two.
fn words_of(name: &str) -> Vec<Vec<u8>> {
    name.split('|')
        .map(|word| word.as_bytes().to_vec())
        .collect()
}

#[test]
fn every_command_has_a_transcript() {
    let Some(server) = subject() else { return };
    let table = table(&mut server.connect());
    let mut exercised = BTreeSet::new();
    for transcript in transcripts() {
        for (name, second) in transcript.commands() {
            if let Some(second) = second {
                exercised.insert(format!("{name}|{second}"));
            }
            exercised.insert(name);
        }
    }
    let missing = |name: &&String| !exercised.contains(*name);
    let text = |name| format!("{name}: in no transcript (tests/wire)");
    verdict(&table.keys().filter(missing).map(text).collect::<Vec<_>>());
}

#[test]
fn arity_is_as_the_table_says() {
    let Some(server) = subject() else { return };
    let mut client = server.connect();
    let mut problems = Vec::new();
    for (name, info) in table(&mut client) {
        let wanted = usize::try_from(info.arity.unsigned_abs()).expect("few");
        let mut wrong = Vec::new();
        if info.arity >= 0 {
            wrong.push(wanted + 1);
        }
        // A container's own arity is that of its name and a subcommand.
        if wanted > words_of(&name).len() && info.subcommands.is_empty() {
            wrong.push(wanted - 1);
        }
        for count in wrong {
            let mut words = words_of(&name);
            words.resize(count, b"1".to_vec());
            let reply = client.call(&words);
            // EXEC says that, and what else it means.
            let expected = format!("wrong number of arguments for '{name}' command");
            let text = String::from_utf8_lossy(reply.text().unwrap_or_default());
            if !reply.is_error() || !text.ends_with(&expected) {
                problems.push(format!("{name} with {count} words: {reply}"));
            }
        }
    }
    verdict(&problems);
}

#[test]
fn only_those_that_may_run_before_authentication() {
    let Some(start) = Target::chosen().start() else {
        return;
    };
    let Some(open) = subject() else { return };
    let server = start.args(["--requirepass", "secret"]).start();
    let mut problems = Vec::new();
    for (name, info) in table(&mut open.connect()) {
        // A container is no command; and some change what the connection may hear.
        if !info.subcommands.is_empty() || info.flags.contains("no_auth") {
            continue;
        }
        let mut words = words_of(&name);
        words.resize(
            usize::try_from(info.arity.unsigned_abs()).expect("few"),
            b"1".to_vec(),
        );
        let reply = server.connect().call(&words);
        let text = String::from_utf8_lossy(reply.text().unwrap_or_default());
        // EXEC says that, and what else it means; a protected command may say it is protected.
        let refused = text.ends_with("NOAUTH Authentication required.")
            || (info.flags.contains("admin") && text.contains("command not allowed"));
        if !reply.is_error() || !refused {
            problems.push(format!("{name}: {reply}"));
        }
    }
    verdict(&problems);
}

#[test]
fn count_list_and_command_agree() {
    let Some(server) = subject() else { return };
    let mut client = server.connect();
    let Reply::Array(rows) = client.words("COMMAND") else {
        panic!("COMMAND is an array");
    };
    let count = i64::try_from(rows.len()).expect("few");
    assert_eq!(client.words("COMMAND COUNT"), Reply::Int(count));
    let Reply::Array(names) = client.words("COMMAND LIST") else {
        panic!("COMMAND LIST is an array");
    };
    let listed: BTreeSet<String> = names.iter().map(info::text).collect();
    let shown: BTreeSet<String> = table(&mut client).into_keys().collect();
    assert_eq!(listed, shown);
    for filter in [
        "ACLCAT read",
        "ACLCAT dangerous",
        "PATTERN ge*",
        "PATTERN client|*",
    ] {
        let reply = client.words(&format!("COMMAND LIST FILTERBY {filter}"));
        let Reply::Array(names) = reply else {
            panic!("{filter}: {reply}");
        };
        assert!(!names.is_empty(), "{filter}");
    }
}

/// COMMAND INFO, row by row, for the commands that Redis has too.
#[test]
fn info_agrees_with_redis() {
    let Some(server) = subject() else { return };
    let oracle = Start::redis().start();
    let ours = table(&mut server.connect());
    let theirs = table(&mut oracle.connect());
    let mut problems = Vec::new();
    for (name, our) in &ours {
        if let Some(their) = theirs.get(name) {
            problems.extend(our.differences(their));
        }
    }
    verdict(&problems);
}

/// COMMAND DOCS: groups, versions and argument trees; summaries are ours.
#[test]
fn docs_agree_with_redis() {
    let Some(server) = subject() else { return };
    let oracle = Start::redis().start();
    let ours = docs::all(&mut server.connect());
    let theirs = docs::all(&mut oracle.connect());
    let mut problems = Vec::new();
    for (name, our) in &ours {
        if let Some(their) = theirs.get(name) {
            problems.extend(our.differences(their));
        }
        problems.extend(our.own_problems());
    }
    verdict(&problems);
}

/// Where the keys are: every command of every transcript, asked of both servers.
#[test]
fn getkeys_agrees_with_redis() {
    let Some(server) = subject() else { return };
    let oracle = Start::redis().start();
    let (mut ours, mut theirs) = (server.connect(), oracle.connect());
    let known = table(&mut theirs);
    let own = table(&mut ours);
    let mut problems = Vec::new();
    for words in transcripts().iter().flat_map(|t| t.sent()) {
        let name = String::from_utf8_lossy(&words[0]).to_lowercase();
        let info = known.get(&name);
        // Redis 7.0 refuses a command of one word, and does not know some subcommands.
        let full = match words.get(1) {
            None => continue,
            Some(second) => format!("{name}|{}", String::from_utf8_lossy(second).to_lowercase()),
        };
        let shared = info.is_some_and(|info| {
            own.contains_key(&name) && (info.subcommands.is_empty() || known.contains_key(&full))
        });
        // Some take more words than in Redis 7.0.
        let fits = |info: Option<&Info>| info.is_some_and(|info| info.accepts(words.len()));
        if !shared || (fits(own.get(&name)) && !fits(info)) {
            continue;
        }
        for question in ["GETKEYS", "GETKEYSANDFLAGS"] {
            let mut call = vec![b"COMMAND".to_vec(), question.as_bytes().to_vec()];
            call.extend(words.iter().cloned());
            let (our, their) = (ours.call(&call), theirs.call(&call));
            let is_meant = question == "GETKEYSANDFLAGS" && info::is_meant(&name, "key specs");
            if our != their && !is_meant {
                let sent = words.iter().map(|word| String::from_utf8_lossy(word));
                let sent = sent.collect::<Vec<_>>().join(" ");
                problems.push(format!("{question} {sent}\n  redis {their}\n  ours  {our}"));
            }
        }
    }
    problems.dedup();
    verdict(&problems);
}
