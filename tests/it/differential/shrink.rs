//! From a long program that shows a difference to a short one that still does: delta debugging
//! over the commands, then over their words' lengths.

use super::pair::{Command, Difference, Pair, Program};

/// Replays are cheap, but not free.
const REPLAYS_MAX: usize = 1500;

/// The short program as text, with the difference it shows.
pub(super) fn shrink(pair: &mut Pair, program: Program, difference: Difference) -> String {
    let first = difference.to_string();
    let mut shrinker = Shrinker {
        pair,
        difference,
        replays: 0,
    };
    let mut program = program;
    let flat = Program {
        pipeline: 1,
        ..program.clone()
    };
    let pipelined = !shrinker.fails(&flat);
    if !pipelined {
        program = flat;
    }
    shrinker.fewer_commands(&mut program);
    shrinker.shorter_words(&mut program);
    let mut text = match pipelined {
        true => format!("(only in a pipeline of {})\n", program.pipeline),
        false => String::new(),
    };
    text.push_str(&format!("{:?}\n", program.protocol));
    for command in &program.commands {
        text.push_str(&format!("  {command}\n"));
    }
    text.push_str(&format!("{}\n", shrinker.difference));
    text.push_str(&format!("first seen at: {first}"));
    text
}

struct Shrinker<'a> {
    pair: &'a mut Pair,
    /// What the shortest program so far showed.
    difference: Difference,
    replays: usize,
}

impl Shrinker<'_> {
    /// Whether the program shows a difference (not necessarily the first one).
    fn fails(&mut self, program: &Program) -> bool {
        self.replays += 1;
        if self.replays > REPLAYS_MAX {
            return false;
        }
        match self.pair.run(program) {
            Ok(()) => false,
            // Another command that differs would be another story.
            Err(difference) if difference.name() != self.difference.name() => false,
            Err(difference) => {
                self.difference = difference;
                true
            }
        }
    }

    /// Leaves out ever smaller pieces as long as the difference stays.
    fn fewer_commands(&mut self, program: &mut Program) {
        let mut size = program.commands.len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < program.commands.len() {
                let mut without = program.clone();
                let end = (at + size).min(program.commands.len());
                without.commands.drain(at..end);
                match self.fails(&without) {
                    true => *program = without,
                    false => at = end,
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    /// Halves long words as long as the difference stays.
    fn shorter_words(&mut self, program: &mut Program) {
        for index in 0..program.commands.len() {
            for word in 0..program.commands[index].0.len() {
                loop {
                    let mut shorter = program.clone();
                    let Command(words) = &mut shorter.commands[index];
                    let length = words[word].len() / 2;
                    if length < 8 {
                        break;
                    }
                    words[word].truncate(length);
                    if !self.fails(&shorter) {
                        break;
                    }
                    *program = shorter;
                }
            }
        }
        // The text below the program must be the shortest program's.
        self.replays = 0;
        self.fails(program);
    }
}
