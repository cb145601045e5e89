//! Clients that keep copies: whatever a program does, from several connections, both servers must
//! tell the same connections of the same keys.
//!
//! A plan gives the commands of a random program to connections by lot, with CLIENT TRACKING in all
//! its forms between them. After each act every connection asks for a PONG; what comes before it
//! unasked is compared, in order. Replies are not: the other generator does that.

use super::generate::{Dialect, program};
use super::pair::Command;
use super::play_seeds;
use super::several::{Act, Stage, shrink, start};
use super::values::Values;
use crate::harness::reply::Reply;

/// Plans per run of `make test`; `RUDDLE_DIFF_SEEDS` asks for more.
const PLANS: u64 = 30;
const ACTS: usize = 200;
const CONNECTIONS: usize = 4;
/// One more connection, which only listens.
const LISTENER: usize = CONNECTIONS;

#[test]
fn the_same_is_told_of_the_same_changes() {
    play_seeds(PLANS, start, |stages, seed, dialect| {
        let plan = plan(seed, dialect);
        run(stages, &plan).map_err(|told| shrink(stages, plan, told, run))
    });
}

fn plan(seed: u64, dialect: Dialect) -> Vec<Act> {
    let mut v = Values {
        rng: fastrand::Rng::with_seed(seed),
    };
    let commands = program(seed, ACTS, dialect).commands;
    let mut plan = Vec::new();
    let mut in_multi = [false; CONNECTIONS];
    for command in commands {
        // Their own connection's state must stay, and nobody asks what nobody can agree on.
        let name = command.0[0].to_ascii_lowercase();
        if matches!(
            name.as_slice(),
            b"hello" | b"reset" | b"quit" | b"client" | b"auth"
        ) {
            continue;
        }
        if is_seen_differently(&name, &command, dialect) {
            continue;
        }
        if v.once_in(8) {
            let (connection, command) = (v.rng.usize(..CONNECTIONS), control(&mut v, dialect));
            // What one hears of what it does in a transaction is decided at the end of that.
            if !in_multi[connection] || command.0[1] == b"CACHING" {
                plan.push(Act {
                    connection,
                    command,
                });
            }
        }
        let connection = v.rng.usize(..CONNECTIONS);
        match name.as_slice() {
            b"multi" => in_multi[connection] = true,
            b"exec" | b"discard" => in_multi[connection] = false,
            _ => {}
        }
        plan.push(Act {
            connection,
            command,
        });
    }
    plan
}

/// Redis looks in another way for the keys of an XREAD that is wrong, does not know WITHSCORE in
/// 7.0, and Valkey says nothing of a hash that HSETEX makes of fields whose time is over, nor of a
/// list that LTRIM leaves as it is, and does not sort an empty text by number.
fn is_seen_differently(name: &[u8], command: &Command, dialect: Dialect) -> bool {
    let words = &command.0;
    match name {
        b"xread" => words.len() % 2 == 1 || !words[1].eq_ignore_ascii_case(b"streams"),
        b"zrank" | b"zrevrank" => words.len() == 4,
        b"hsetex" | b"ltrim" | b"sort" => dialect == Dialect::Valkey,
        _ => false,
    }
}

/// A command about tracking. `#n` stands for the id of connection `n`.
fn control(v: &mut Values, dialect: Dialect) -> Command {
    let mut words: Vec<String> = vec!["CLIENT".into()];
    match v.rng.u32(..12) {
        0 => words.push("TRACKINGINFO".into()),
        1..4 => words.extend(["CACHING".into(), v.one_of(&["YES", "NO"]).into()]),
        4 => words.extend(["TRACKING".into(), "OFF".into()]),
        _ => {
            words.extend(["TRACKING".into(), "ON".into()]);
            if v.once_in(4) {
                // Redis 7.0 breaks the reply of whoever causes what he is told for another.
                words.extend(["REDIRECT".into(), format!("#{LISTENER}")]);
            }
            for (chance, word) in [(3, "NOLOOP"), (6, "OPTIN"), (6, "OPTOUT"), (3, "BCAST")] {
                if v.once_in(chance) {
                    words.push(word.into());
                }
            }
            while words.last().is_some_and(|word| word == "BCAST") && v.once_in(2) {
                // Redis 7.0 says OK behind the error that the last of them overlap.
                if dialect == Dialect::Redis70 && words.iter().any(|word| word == "PREFIX") {
                    break;
                }
                let key = v.key();
                let start = String::from_utf8_lossy(&key[..key.len().min(2)]).into_owned();
                words.extend(["PREFIX".into(), start, "BCAST".into()]);
            }
        }
    }
    Command(words.into_iter().map(String::into_bytes).collect())
}

impl Stage {
    /// What an act makes the server tell.
    fn act(&mut self, act: &Act) -> Vec<String> {
        let word = |word: &Vec<u8>| match word.strip_prefix(b"#") {
            Some([digit @ b'0'..=b'4']) => self.connections[usize::from(digit - b'0')]
                .id
                .clone()
                .into(),
            _ => word.clone(),
        };
        let words: Vec<Vec<u8>> = act.command.0.iter().map(word).collect();
        let mut told = Vec::new();
        self.ask(act.connection, &words, &mut told);
        for connection in 0..=LISTENER {
            self.ask(connection, &[b"PING".to_vec()], &mut told);
        }
        told
    }

    /// Sends a command and notes what comes before its reply.
    fn ask(&mut self, connection: usize, words: &[Vec<u8>], told: &mut Vec<String>) {
        let client = &mut self.connections[connection].client;
        let _ = client.send(words);
        loop {
            match client.read() {
                Ok(push @ Reply::Push(_)) => told.push(format!("{connection}< {push}")),
                Ok(reply) if words[0] == b"CLIENT" => return told.push(reply.to_string()),
                Ok(_) => return,
                Err(why) => return told.push(format!("{connection}< ({why:?})")),
            }
        }
    }
}

/// Plays a plan to both; what they did up to where they part.
fn run(stages: &mut [Stage; 2], plan: &[Act]) -> Result<(), String> {
    for stage in stages.iter_mut() {
        stage.begin(LISTENER + 1);
        for each in &mut stage.connections {
            assert!(!each.client.words("HELLO 3").is_error());
        }
    }
    let mut shown = String::new();
    for act in plan {
        let [mut theirs, mut ours] = stages.each_mut().map(|stage| stage.act(act));
        shown.push_str(&format!("  {act}\n"));
        for told in [&mut theirs, &mut ours] {
            told.iter_mut().for_each(|line| *line = without_id(line));
            // Each hears in order; who hears first, nobody can tell. The listener hears for several:
            // of one in order, but not of all.
            let listener = LISTENER.to_string();
            told.sort_by_key(|line| {
                let rest = line.starts_with(&listener).then(|| line.clone());
                (line.as_bytes().first().copied(), rest)
            });
        }
        if theirs != ours {
            shown.push_str(&format!("    oracle: {theirs:?}\n      ours: {ours:?}\n"));
            return Err(shown);
        }
    }
    Ok(())
}

/// Ids differ between two servers.
fn without_id(line: &str) -> String {
    match line.find("\"redirect\" :") {
        Some(at) => {
            let (head, tail) = line.split_at(at + "\"redirect\" :".len());
            head.to_owned() + tail.trim_start_matches(|c: char| c.is_ascii_digit())
        }
        None => line.to_owned(),
    }
}
