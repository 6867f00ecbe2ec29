//! Flows printed and parsed: the lines of `dump-flows`, of `add-flow`, and of files of flow mods.

use std::fmt::{self, Write};
use std::str::FromStr;

use super::action_print::PRIORITY_DEFAULT;
use super::match_parse::Builder;
use super::span::{Pair, ParseError, Span, TextProblem};
use super::value::parse_port;
use super::{Resolver, Text, arguments, instruction, match_print, write_port, write_table};
use crate::flow::{FlowEntry, FlowFlags, FlowKey, FlowMod, FlowModCommand, FlowStats};
use crate::number::{TABLE_ALL, groups, ports};

/// Flags with their names, in the order in which they are printed.
const FLAGS: [(FlowFlags, &str); 5] = [
    (FlowFlags::SEND_FLOW_REMOVED, "send_flow_rem"),
    (FlowFlags::CHECK_OVERLAP, "check_overlap"),
    (FlowFlags::RESET_COUNTS, "reset_counts"),
    (FlowFlags::NO_PACKET_COUNTS, "no_packet_counts"),
    (FlowFlags::NO_BYTE_COUNTS, "no_byte_counts"),
];

/// A flow as `ovs-ofctl --no-stats dump-flows` prints it: what is 0 is left out.
#[derive(Clone, Copy, Debug)]
pub struct FlowLine<'a> {
    /// Which flow.
    pub key: &'a FlowKey,
    /// What it does.
    pub entry: &'a FlowEntry,
}

impl Text for FlowLine<'_> {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        if self.entry.cookie != 0 {
            write!(out, "cookie={:#x}, ", self.entry.cookie)?;
        }
        if self.key.table != 0 || names.table(0).is_some() {
            out.write_str("table=")?;
            write_table(out, names, self.key.table)?;
            out.write_str(", ")?;
        }
        write_rest(out, names, self.key, self.entry)
    }
}

/// As `ovs-ofctl dump-flows` prints it.
impl Text for FlowStats {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        let (seconds, nanoseconds) = (self.duration_seconds, self.duration_nanoseconds);
        write!(out, "cookie=0x{:x}, duration={seconds}", self.entry.cookie)?;
        if nanoseconds > 0 {
            // Whole milliseconds have three digits, what is finer has as many as it needs.
            let fraction = format!("{nanoseconds:09}");
            let needed = match nanoseconds % 1_000_000 {
                0 => 3,
                _ => fraction.trim_end_matches('0').len(),
            };
            write!(out, ".{}", fraction.get(..needed).unwrap_or(&fraction))?;
        }
        out.write_str("s, table=")?;
        write_table(out, names, self.key.table)?;
        write!(
            out,
            ", n_packets={}, n_bytes={}, ",
            self.packets, self.bytes
        )?;
        write_rest(out, names, &self.key, &self.entry)
    }
}

/// Timeouts, flags, match and actions.
fn write_rest(
    out: &mut dyn Write,
    names: &dyn Resolver,
    key: &FlowKey,
    entry: &FlowEntry,
) -> fmt::Result {
    if entry.idle_timeout != 0 {
        write!(out, "idle_timeout={}, ", entry.idle_timeout)?;
    }
    if entry.hard_timeout != 0 {
        write!(out, "hard_timeout={}, ", entry.hard_timeout)?;
    }
    for (flag, name) in FLAGS {
        if entry.flags.contains(flag) {
            write!(out, "{name} ")?;
        }
    }
    write_match(out, names, key)?;
    out.write_str("actions=")?;
    entry.instructions.as_slice().write(out, names)
}

/// Priority and match, and a blank where there is anything.
fn write_match(out: &mut dyn Write, names: &dyn Resolver, key: &FlowKey) -> fmt::Result {
    let priority = (key.priority != PRIORITY_DEFAULT).then_some(key.priority);
    match_print::write(&key.matching, out, names, priority)?;
    if priority.is_some() || !key.matching.is_empty() {
        out.write_char(' ')?;
    }
    Ok(())
}

/// A line of a file for `ovs-ofctl add-flows`: the command, then the flow. Buffers are left out.
impl Text for FlowMod {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        let deletes = self.deletes();
        match self.command {
            FlowModCommand::MODIFY | FlowModCommand::DELETE => write!(out, "{} ", self.command)?,
            command => write!(out, "{command} ")?,
        }
        match self.cookie_mask {
            0 if self.entry.cookie == 0 => {}
            0 => write!(out, "cookie={:#x}, ", self.entry.cookie)?,
            mask => write!(out, "cookie={:#x}/{mask:#x}, ", self.entry.cookie)?,
        }
        if self.key.table != TABLE_ALL {
            out.write_str("table=")?;
            write_table(out, names, self.key.table)?;
            out.write_str(", ")?;
        }
        if !deletes {
            return write_rest(out, names, &self.key, &self.entry);
        }
        if self.out_port != ports::ANY {
            out.write_str("out_port=")?;
            write_port(out, names, self.out_port)?;
            out.write_str(", ")?;
        }
        if self.out_group != groups::ANY {
            write!(out, "out_group={}, ", self.out_group)?;
        }
        let strict = self.command == FlowModCommand::DELETE_STRICT;
        let priority = Some(self.key.priority).filter(|_| strict);
        match_print::write(&self.key.matching, out, names, priority)
    }
}

impl FlowMod {
    fn deletes(&self) -> bool {
        matches!(
            self.command,
            FlowModCommand::DELETE | FlowModCommand::DELETE_STRICT
        )
    }
}

/// Reads a flow as `dump-flows` prints it or `add-flow` takes it. Statistics are passed over.
pub fn parse_flow(text: &str) -> Result<(FlowKey, FlowEntry), ParseError> {
    let flow = parse_mod(Span::new(text), FlowModCommand::ADD)?;
    if flow.cookie_mask != 0 {
        let rule = "a cookie with a mask selects flows; here it is set";
        return Err(Span::new(text).error(TextProblem::Rule(rule)));
    }
    Ok((flow.key, flow.entry))
}

/// Reads a line of a file of flow mods; without a command it adds.
impl FromStr for FlowMod {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let span = Span::new(text).trim();
        let length = span.text.find(|c: char| c.is_whitespace() || c == ',');
        let word = span.part(0, length.unwrap_or(span.text.len()));
        match FlowModCommand::from_name(word.text) {
            Some(command) => parse_mod(span.from(word.text.len()), command),
            None => parse_mod(span, FlowModCommand::ADD),
        }
    }
}

fn parse_mod(span: Span<'_>, command: FlowModCommand) -> Result<FlowMod, ParseError> {
    let key = FlowKey {
        table: TABLE_ALL,
        priority: PRIORITY_DEFAULT,
        matching: crate::Match::new(),
    };
    let mut flow = FlowMod {
        command,
        ..FlowMod::add(key, FlowEntry::default())
    };
    let span = match (actions(span), flow.deletes()) {
        (Some((before, list)), false) => {
            flow.entry.instructions = instruction::parse(list)?;
            before
        }
        (None, false) => return Err(span.error(TextProblem::Missing("actions="))),
        (_, true) => span,
    };
    let mut matching = Builder::default();
    arguments::each(span, |pair| {
        let taken = take(&mut flow, pair)? || matching.take(pair)?;
        if taken {
            Ok(())
        } else {
            Err(pair.key.error(TextProblem::UnknownKey))
        }
    })?;
    flow.key.matching = matching.finish()?;
    if command == FlowModCommand::DELETE {
        // It selects flows of any priority; the field means nothing.
        flow.key.priority = 0;
    }
    if command == FlowModCommand::ADD && flow.key.table == TABLE_ALL {
        flow.key.table = 0;
    }
    Ok(flow)
}

/// What stands before `actions=`, and what behind.
fn actions(span: Span<'_>) -> Option<(Span<'_>, Span<'_>)> {
    let place = span.text.find("action")?;
    let (_, list) = span.from(place).split("=")?;
    Some((span.part(0, place), list))
}

/// Takes a key of a flow that is not one of its match.
fn take(flow: &mut FlowMod, Pair { key, value }: Pair<'_>) -> Result<bool, ParseError> {
    let flag = FLAGS.iter().find(|(_, name)| *name == key.text);
    if let Some((flag, _)) = flag {
        flow.entry.flags |= *flag;
        return Ok(true);
    }
    match key.text {
        "table" => flow.key.table = value.u8()?,
        "priority" => flow.key.priority = value.u16()?,
        "idle_timeout" => flow.entry.idle_timeout = value.u16()?,
        "hard_timeout" => flow.entry.hard_timeout = value.u16()?,
        "out_port" => flow.out_port = parse_port(value)?,
        "out_group" => flow.out_group = value.u32()?,
        "cookie" => match value.split("/") {
            Some((cookie, mask)) => {
                flow.entry.cookie = cookie.u64()?;
                flow.cookie_mask = match mask.text {
                    "-1" => u64::MAX,
                    _ => mask.u64()?,
                };
            }
            None => flow.entry.cookie = value.u64()?,
        },
        "duration" | "n_packets" | "n_bytes" | "idle_age" | "hard_age" | "importance" => {}
        _ => return Ok(false),
    }
    Ok(true)
}
