//! Memory that is full: whatever a program does, in and outside of transactions, both servers must
//! refuse the same commands, and change nothing by them.

use fastrand::Rng;

use super::generate::program;
use super::pair::Command;
use super::play_programs;

/// Programs per run of `make test`; `RUDDLE_DIFF_SEEDS` asks for more.
const PROGRAMS: u64 = 60;
const COMMANDS: usize = 250;
/// Commands between two changes of the limit.
const SPELL: usize = 25;

#[test]
fn the_same_is_refused_when_memory_is_full() {
    play_programs(PROGRAMS, |seed, dialect| {
        let mut rng = Rng::with_seed(seed);
        let mut program = program(seed, COMMANDS, dialect);
        let mut commands = std::mem::take(&mut program.commands);
        leave_out_what_is_nested(&mut commands);
        let mut commands = commands.into_iter();
        let mut is_full = false;
        while commands.len() > 0 {
            // The limit changes outside of transactions, as long as nobody else begins one.
            let limit = if is_full { "0" } else { "1" };
            program.commands.push(Command::of("DISCARD"));
            let set = Command::of(&format!("CONFIG SET maxmemory {limit}"));
            program.commands.push(set);
            is_full = !is_full;
            let count = rng.usize(1..2 * SPELL);
            program.commands.extend(commands.by_ref().take(count));
        }
        program
    });
}

/// Redis refuses MULTI and WATCH within MULTI for the lack of memory first.
fn leave_out_what_is_nested(commands: &mut Vec<Command>) {
    let mut in_multi = false;
    commands.retain(|Command(words)| {
        let name = words[0].to_ascii_lowercase();
        match name.as_slice() {
            b"exec" | b"discard" if words.len() == 1 => in_multi = false,
            b"multi" if words.len() == 1 => return !std::mem::replace(&mut in_multi, true),
            b"watch" => return !in_multi,
            _ => {}
        }
        true
    });
}
