//! BITOP: strings combined bit by bit into a new one.
//!
//! The operands are held by reference and combined in blocks of a rope's chunk, which stay in the
//! cache while one operand after the other is laid over them; a block becomes a chunk of the
//! result as it stands.

use crate::command::args::Args;
use crate::command::call::Call;
use crate::command::effects::EventClass;
use crate::command::error::CommandError;
use crate::command::text;
use crate::ds::bits::{self, Op};
use crate::ds::rope::{CHUNK_BYTES, Rope};
use crate::keyspace::Cause;
use crate::value::string::{Held, Text};

/// BITOP AND | OR | XOR | NOT destkey key [key …]
pub(in crate::command) fn bitop(
    call: &mut Call<'_>,
    args: &mut Args<'_>,
) -> Result<(), CommandError> {
    let op = match () {
        () if args.take_word("and") => Some(Op::And),
        () if args.take_word("or") => Some(Op::Or),
        () if args.take_word("xor") => Some(Op::Xor),
        () if args.take_word("not") => None,
        () => return Err(CommandError::SYNTAX),
    };
    let target = args.key()?;
    if op.is_none() && args.left() != 1 {
        return Err(CommandError::BITOP_NOT_ARITY);
    }
    let mut operands = Vec::with_capacity(args.left());
    while args.left() > 0 {
        operands.push(operand(call, args.key()?)?);
    }
    let result = combine(op, &operands);
    let len = result.len();
    if len > 0 {
        call.announce(target);
        text::set_raw(call, target, result);
        call.changed(EventClass::STRING, "set", target, 1);
    } else if call.db.remove(target, Cause::Command) {
        call.changed(EventClass::GENERIC, "del", target, 1);
    }
    call.reply.count(len);
    Ok(())
}

fn operand(call: &mut Call<'_>, key: &[u8]) -> Result<Held, CommandError> {
    if let Some(entry) = call.db.read(key) {
        return Ok(entry.value().string()?.hold());
    }
    call.missed(key);
    Ok(Held::Small(Vec::new()))
}

/// The operands combined by `op`, or the one operand inverted.
fn combine(op: Option<Op>, operands: &[Held]) -> Rope {
    let texts = operands.iter().map(Held::text);
    let len = texts.map(Text::len).max().unwrap_or(0);
    let mut result = Rope::new();
    while result.len() < len {
        let from = result.len();
        let mut block = vec![0; CHUNK_BYTES.min(len - from)];
        for (index, operand) in operands.iter().enumerate() {
            // The first one is copied by laying it over zeros.
            let op = op.filter(|_| index > 0).unwrap_or(Op::Or);
            lay(op, &mut block, operand.text(), from);
        }
        if op.is_none() {
            bits::invert(&mut block);
        }
        result.append_vec(block);
    }
    result
}

/// Combines `block` with the bytes of `text` from `from` on.
fn lay(op: Op, block: &mut [u8], text: Text<'_>, from: usize) {
    let from = from.min(text.len());
    let to = (from + block.len()).min(text.len());
    let mut at = 0;
    for slice in text.slices(from..to) {
        bits::combine(op, &mut block[at..at + slice.len()], slice);
        at += slice.len();
    }
    // What is missing counts as zeros.
    bits::combine(op, &mut block[at..], &[]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_of_any_length_and_encoding_combine() {
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..20 {
            let mut texts: Vec<Vec<u8>> = Vec::new();
            for _ in 0..random.usize(1..4) {
                let len = [0, 1, 9, CHUNK_BYTES, CHUNK_BYTES + 3, 200_000][random.usize(..6)];
                texts.push((0..len).map(|_| random.u8(..)).collect());
            }
            let held = |text: &Vec<u8>| match text.len() % 2 {
                0 => Held::Rope(Rope::from(&text[..])),
                _ => Held::Small(text.clone()),
            };
            let operands: Vec<Held> = texts.iter().map(held).collect();
            let len = texts.iter().map(Vec::len).max().unwrap();
            for op in [Op::And, Op::Or, Op::Xor] {
                let naive = (0..len).map(|at| {
                    let byte = |text: &Vec<u8>| text.get(at).copied().unwrap_or(0);
                    texts[1..]
                        .iter()
                        .fold(byte(&texts[0]), |sum, text| match op {
                            Op::And => sum & byte(text),
                            Op::Or => sum | byte(text),
                            Op::Xor => sum ^ byte(text),
                        })
                });
                assert!(combine(Some(op), &operands).to_vec() == naive.collect::<Vec<u8>>());
            }
            let inverted: Vec<u8> = texts[0].iter().map(|byte| !byte).collect();
            assert!(combine(None, &operands[..1]).to_vec() == inverted);
        }
    }
}
