//! Groups printed and parsed: the lines of `dump-groups` and `add-group`.

use std::fmt::{self, Write};
use std::str::FromStr;

use super::action_parse::{action, actions_within};
use super::span::{Pair, ParseError, Span, TextProblem};
use super::value::parse_port;
use super::{Resolver, Text, arguments, write_port};
use crate::group::{Bucket, Group, GroupMod, GroupModCommand, GroupType};
use crate::number::{groups, ports};

const KINDS: &str = "all, select, indirect, ff";

impl Text for Group {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        write!(out, "group_id={},type={}", self.id, self.kind.name())?;
        for bucket in &self.buckets {
            out.write_str(",bucket=")?;
            let usual = u16::from(self.kind == GroupType::Select);
            bucket.print(out, names, bucket.weight != usual)?;
        }
        Ok(())
    }
}

impl Text for Bucket {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        self.print(out, names, self.weight != 0)
    }
}

impl Bucket {
    fn print(&self, out: &mut dyn Write, names: &dyn Resolver, weighs: bool) -> fmt::Result {
        if weighs {
            write!(out, "weight:{},", self.weight)?;
        }
        if self.watch_port != ports::ANY {
            out.write_str("watch_port:")?;
            write_port(out, names, self.watch_port)?;
            out.write_char(',')?;
        }
        if self.watch_group != groups::ANY {
            write!(out, "watch_group:{},", self.watch_group)?;
        }
        out.write_str("actions=")?;
        self.actions.as_slice().write(out, names)
    }
}

/// The command, then the group; for a deletion its number only.
impl Text for GroupMod {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        match self.command {
            GroupModCommand::DELETE if self.group.id == groups::ALL => {
                out.write_str("delete group_id=all")
            }
            GroupModCommand::DELETE => write!(out, "delete group_id={}", self.group.id),
            GroupModCommand::MODIFY => {
                out.write_str("modify ")?;
                self.group.write(out, names)
            }
            _ => {
                out.write_str("add ")?;
                self.group.write(out, names)
            }
        }
    }
}

/// Reads a group as `dump-groups` prints it or `add-group` takes it.
impl FromStr for Group {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse(Span::new(text), true)
    }
}

/// Reads a line of a file of group mods; without a command it adds.
impl FromStr for GroupMod {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let span = Span::new(text).trim();
        let length = span.text.find(|c: char| c.is_whitespace() || c == ',');
        let word = span.part(0, length.unwrap_or(span.text.len()));
        let rest = span.from(word.text.len());
        let (command, group) = match word.text {
            "add" => (GroupModCommand::ADD, parse(rest, true)?),
            "modify" => (GroupModCommand::MODIFY, parse(rest, true)?),
            "delete" => (GroupModCommand::DELETE, parse(rest, false)?),
            _ => (GroupModCommand::ADD, parse(span, true)?),
        };
        Ok(GroupMod { command, group })
    }
}

fn parse(span: Span<'_>, whole: bool) -> Result<Group, ParseError> {
    let (head, mut buckets) = match span.text.find("bucket=") {
        Some(place) => (span.part(0, place), Some(span.from(place))),
        None => (span, None),
    };
    let (mut id, mut kind) = (None, None);
    arguments::each(head, |Pair { key, value }| {
        match (key.text, value.text) {
            ("group_id", "all") => id = Some(groups::ALL),
            ("group_id", _) => id = Some(value.u32()?),
            ("type", "fast_failover") => kind = Some(GroupType::FastFailover),
            ("type", name) => {
                let known = GroupType::ALL.into_iter().find(|kind| kind.name() == name);
                kind = Some(known.ok_or_else(|| value.error(TextProblem::Choice(KINDS)))?);
            }
            _ => return Err(key.error(TextProblem::UnknownKey)),
        }
        Ok(())
    })?;
    let missing = |name| span.error(TextProblem::Missing(name));
    if whole && kind.is_none() {
        return Err(missing("type"));
    }
    let kind = kind.unwrap_or_default();
    let mut group = Group {
        id: id.ok_or_else(|| missing("group_id"))?,
        kind,
        buckets: Vec::new(),
    };
    while let Some(bucket) = buckets {
        let inside = bucket.from("bucket=".len());
        let end = inside.text.find("bucket=").unwrap_or(inside.text.len());
        group.buckets.push(parse_bucket(inside.part(0, end), kind)?);
        buckets = (end < inside.text.len()).then(|| inside.from(end));
    }
    Ok(group)
}

fn parse_bucket(span: Span<'_>, kind: GroupType) -> Result<Bucket, ParseError> {
    let mut bucket = Bucket::of(Vec::new());
    bucket.weight = u16::from(kind == GroupType::Select);
    let mut has_actions = false;
    arguments::each(span, |pair| {
        let Pair { key, value } = pair;
        match key.text {
            "weight" => bucket.weight = value.u16()?,
            "watch_port" => bucket.watch_port = parse_port(value)?,
            "watch_group" => bucket.watch_group = value.u32()?,
            "bucket_id" => {}
            "action" | "actions" => {
                has_actions = true;
                bucket.actions.extend(actions_within(value, 0)?);
            }
            "drop" => has_actions = true,
            _ => {
                has_actions = true;
                bucket.actions.push(action(pair, 0)?);
            }
        }
        Ok(())
    })?;
    if !has_actions {
        return Err(span.error(TextProblem::Missing("actions=")));
    }
    Ok(bucket)
}
