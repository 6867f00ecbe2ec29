//! Instructions printed and parsed: what stands behind `actions=`.

use std::fmt::{self, Write};

use super::action_parse::{action, actions_within};
use super::action_print::print_bytes;
use super::arguments;
use super::span::{Pair, ParseError, Span, TextProblem};
use super::{Resolver, Text, write_table};
use crate::action::Action;
use crate::instruction::Instruction;

impl Text for [Instruction] {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        let is_empty =
            |one: &Instruction| matches!(one, Instruction::ApplyActions(a) if a.is_empty());
        let mut first = true;
        for instruction in self.iter().filter(|one| !is_empty(one)) {
            if !first {
                out.write_char(',')?;
            }
            first = false;
            instruction.write(out, names)?;
        }
        if first { out.write_str("drop") } else { Ok(()) }
    }
}

impl Text for Instruction {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        match self {
            Instruction::Meter(meter) => write!(out, "meter:{meter}"),
            Instruction::ApplyActions(actions) => actions.as_slice().write(out, names),
            Instruction::ClearActions => out.write_str("clear_actions"),
            Instruction::WriteActions(actions) => {
                out.write_str("write_actions(")?;
                actions.as_slice().write(out, names)?;
                out.write_char(')')
            }
            Instruction::WriteMetadata { value, mask } => {
                match value {
                    0 => out.write_str("write_metadata:0")?,
                    value => write!(out, "write_metadata:{value:#x}")?,
                }
                match *mask {
                    u64::MAX => Ok(()),
                    mask => write!(out, "/{mask:#x}"),
                }
            }
            Instruction::GotoTable(table) => {
                out.write_str("goto_table:")?;
                write_table(out, names, *table)
            }
            Instruction::Unknown { kind, body } => {
                write!(out, "unknown_instruction(type={kind:#x},body=")?;
                print_bytes(out, body)?;
                out.write_char(')')
            }
        }
    }
}

/// Reads what stands behind `actions=`. The instructions come in the order in which a switch does
/// them, whatever the order in the text.
pub fn parse_instructions(text: &str) -> Result<Vec<Instruction>, ParseError> {
    parse(Span::new(text))
}

pub(super) fn parse(span: Span<'_>) -> Result<Vec<Instruction>, ParseError> {
    let mut list = Vec::new();
    let mut apply: Vec<Action> = Vec::new();
    let mut drops = false;
    arguments::each(span, |pair| {
        match instruction(pair)? {
            Some(instruction) => list.push(instruction),
            None if pair.key.text == "drop" => drops = true,
            None => apply.push(action(pair, 0)?),
        }
        Ok(())
    })?;
    if drops && !(list.is_empty() && apply.is_empty()) {
        return Err(span.error(TextProblem::Rule("drop stands alone")));
    }
    if !apply.is_empty() {
        list.push(Instruction::ApplyActions(apply));
    }
    list.sort_by_key(Instruction::rank);
    let is_same = |pair: &[Instruction]| matches!(pair, [a, b] if a.rank() == b.rank());
    if list.windows(2).any(is_same) {
        return Err(span.error(TextProblem::Rule("an instruction is there twice")));
    }
    Ok(list)
}

fn instruction(Pair { key, value }: Pair<'_>) -> Result<Option<Instruction>, ParseError> {
    Ok(Some(match key.text {
        "meter" => Instruction::Meter(value.u32()?),
        "clear_actions" => Instruction::ClearActions,
        "write_actions" => Instruction::WriteActions(actions_within(value, 1)?),
        "write_metadata" => {
            let (value, mask) = match value.split("/") {
                Some((value, mask)) => (value.u64()?, mask.u64()?),
                None => (value.u64()?, u64::MAX),
            };
            Instruction::WriteMetadata { value, mask }
        }
        "goto_table" => Instruction::GotoTable(value.u8()?),
        "unknown_instruction" => {
            let (mut kind, mut body) = (0, Vec::new());
            arguments::each(value, |pair| {
                match pair.key.text {
                    "type" => kind = pair.value.u16()?,
                    "body" => body = arguments::bytes(pair.value)?,
                    _ => return Err(pair.key.error(TextProblem::UnknownKey)),
                }
                Ok(())
            })?;
            Instruction::Unknown { kind, body }
        }
        _ => return Ok(None),
    }))
}
