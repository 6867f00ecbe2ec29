//! Actions parsed.

use std::str::FromStr;

use super::arguments;
use super::span::{Pair, ParseError, Span, TextProblem};
use super::value::{self, parse_port, parse_subfield};
use crate::action::Action;
use crate::number::ports;
use crate::oxm::Field;

/// How deep actions may be nested.
const DEPTH_MAX: usize = 16;

/// Reads a list of actions; `drop` alone is none.
pub fn parse_actions(text: &str) -> Result<Vec<Action>, ParseError> {
    actions_within(Span::new(text), 0)
}

impl FromStr for Action {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut list = parse_actions(text)?;
        let one = list.pop().filter(|_| list.is_empty());
        one.ok_or_else(|| Span::new(text).error(TextProblem::Rule("one action is expected")))
    }
}

pub(super) fn actions_within(span: Span<'_>, depth: usize) -> Result<Vec<Action>, ParseError> {
    if depth > DEPTH_MAX {
        return Err(span.error(TextProblem::TooDeep { limit: DEPTH_MAX }));
    }
    let mut list = Vec::new();
    let mut drops = false;
    arguments::each(span, |pair| {
        match pair.key.text {
            "drop" => drops = true,
            _ => list.push(action(pair, depth)?),
        }
        Ok(())
    })?;
    if drops && !list.is_empty() {
        return Err(span.error(TextProblem::Rule("drop stands alone")));
    }
    Ok(list)
}

/// One action; its name may be in capitals.
pub(super) fn action(pair: Pair<'_>, depth: usize) -> Result<Action, ParseError> {
    let Pair { key, value } = pair;
    let name = key.text.to_ascii_lowercase();
    Ok(match name.as_str() {
        "output" => output(value)?,
        "controller" => arguments::controller(value)?,
        "group" => Action::Group(value.u32()?),
        "bundle" => arguments::bundle(value, false)?,
        "bundle_load" => arguments::bundle(value, true)?,
        "set_field" => set_field(value)?,
        "load" => load(value)?,
        "move" => {
            let (source, target) = arguments::arrow_of_fields(value)?;
            Action::Move { source, target }
        }
        "copy_field" => {
            let (source, target) = arguments::arrow_of_fields(value)?;
            Action::CopyField { source, target }
        }
        "resubmit" => resubmit(value)?,
        "learn" => arguments::learn(value)?,
        "conjunction" => conjunction(value)?,
        "multipath" => arguments::multipath(value)?,
        "ct" => arguments::ct(value, depth)?,
        "nat" => arguments::nat(value)?,
        "clone" => Action::Clone(actions_within(value, depth + 1)?),
        "sample" => arguments::sample(value)?,
        "check_pkt_larger" => {
            let (length, target) = arguments::arrow(value)?;
            let length = length
                .text
                .strip_suffix(')')
                .map_or(length, |inside| length.part(0, inside.len()));
            let target = parse_subfield(target)?;
            let length = length.u16()?;
            Action::CheckPktLarger { target, length }
        }
        "unknown_action" => unknown(value)?,
        _ => return small(pair, &name),
    })
}

/// Those that take a number or nothing.
fn small(Pair { key, value }: Pair<'_>, name: &str) -> Result<Action, ParseError> {
    let whole = |field| {
        let (value, mask) = value::parse(field, value)?;
        Ok(Action::set_masked(field, value, mask))
    };
    Ok(match name {
        "set_queue" => Action::SetQueue(value.u32()?),
        "pop_queue" => Action::PopQueue,
        "push" => Action::StackPush(parse_subfield(value)?),
        "pop" => Action::StackPop(parse_subfield(value)?),
        "delete_field" => Action::DeleteField(parse_subfield(value)?.field()),
        "push_vlan" => Action::PushVlan(value.u16()?),
        "pop_vlan" | "strip_vlan" => Action::PopVlan,
        "push_mpls" => Action::PushMpls(value.u16()?),
        "pop_mpls" => Action::PopMpls(value.u16()?),
        "push_pbb" => Action::PushPbb(value.u16()?),
        "pop_pbb" => Action::PopPbb,
        "set_mpls_ttl" => Action::SetMplsTtl(value.u8()?),
        "dec_mpls_ttl" => Action::DecMplsTtl,
        "mod_nw_ttl" | "set_nw_ttl" => Action::SetNwTtl(value.u8()?),
        "dec_ttl" if value.is_empty() => Action::DecTtl,
        "dec_ttl" => {
            let mut ids = Vec::new();
            for id in value.parts(',') {
                ids.push(id.trim().u16()?);
            }
            Action::DecTtlIds(ids)
        }
        "copy_ttl_out" => Action::CopyTtlOut,
        "copy_ttl_in" => Action::CopyTtlIn,
        "set_tunnel" => match value.u64()? {
            key if key <= u32::MAX.into() => Action::SetTunnel(key as u32),
            key => Action::SetTunnel64(key),
        },
        "set_tunnel64" => Action::SetTunnel64(value.u64()?),
        "ct_clear" => Action::CtClear,
        "fin_timeout" => fin_timeout(value)?,
        "note" => Action::note(&arguments::bytes(value)?),
        "exit" => Action::Exit,
        "mod_dl_src" => whole(Field::EthSrc)?,
        "mod_dl_dst" => whole(Field::EthDst)?,
        "mod_nw_src" => whole(Field::Ipv4Src)?,
        "mod_nw_dst" => whole(Field::Ipv4Dst)?,
        _ if value.is_empty() => match parse_port(key) {
            Ok(ports::CONTROLLER) => Action::controller(u16::MAX),
            Ok(port) => Action::output(port),
            Err(_) => return Err(key.error(TextProblem::UnknownAction)),
        },
        _ => return Err(key.error(TextProblem::UnknownAction)),
    })
}

fn output(value: Span<'_>) -> Result<Action, ParseError> {
    if value.text.contains("max_len") {
        let (mut port, mut max_len) = (None, None);
        arguments::each(value, |pair| {
            match pair.key.text {
                "port" => port = Some(parse_port(pair.value)?),
                "max_len" => max_len = Some(pair.value.u32()?),
                _ => return Err(pair.key.error(TextProblem::UnknownKey)),
            }
            Ok(())
        })?;
        let port = port.ok_or_else(|| value.error(TextProblem::Missing("port")))?;
        let max_len = max_len.ok_or_else(|| value.error(TextProblem::Missing("max_len")))?;
        return Ok(Action::OutputTrunc { port, max_len });
    }
    match parse_port(value) {
        Ok(ports::CONTROLLER) => Ok(Action::controller(u16::MAX)),
        Ok(port) => Ok(Action::output(port)),
        Err(_) if value.text.contains('[') => Ok(Action::OutputReg {
            source: parse_subfield(value)?,
            max_len: u16::MAX,
        }),
        Err(error) => Err(error),
    }
}

fn set_field(value: Span<'_>) -> Result<Action, ParseError> {
    let (number, target) = arguments::arrow(value)?;
    let unknown = || target.error(TextProblem::UnknownField);
    let field = Field::from_name(target.text).ok_or_else(unknown)?;
    let (number, mask) = value::parse(field, number)?;
    let (value, mask) = (number & mask, mask & field.full_mask());
    Ok(Action::SetField { field, value, mask })
}

fn load(value: Span<'_>) -> Result<Action, ParseError> {
    let (number, target) = arguments::arrow(value)?;
    let target = parse_subfield(target)?;
    let value = number.number(target.bits().min(64))? as u64;
    Ok(Action::Load { target, value })
}

fn resubmit(value: Span<'_>) -> Result<Action, ParseError> {
    let mut parts = value.parts(',').map(Span::trim);
    let mut next = || parts.next().filter(|part| !part.is_empty());
    let (port, table, ct) = (next(), next(), next());
    if let Some(word) = ct.filter(|word| word.text != "ct") {
        return Err(word.error(TextProblem::Choice("ct")));
    }
    if port.is_none() && table.is_none() {
        return Err(value.error(TextProblem::Missing("port or table")));
    }
    Ok(Action::Resubmit {
        port: port.map_or(Ok(ports::IN_PORT), parse_port)?,
        table: table.map(Span::u8).transpose()?,
        ct: ct.is_some(),
    })
}

fn conjunction(value: Span<'_>) -> Result<Action, ParseError> {
    let wrong = || value.error(TextProblem::Missing("id,i/n"));
    let (id, rest) = value.split(",").ok_or_else(wrong)?;
    let (clause, clauses) = rest.split("/").ok_or_else(wrong)?;
    let id = id.trim().u32()?;
    let (number, clauses) = (clause.trim().u8()?, clauses.trim().u8()?);
    match number.checked_sub(1) {
        Some(clause) if number <= clauses && (2..=64).contains(&clauses) => {
            Ok(Action::Conjunction {
                id,
                clause,
                clauses,
            })
        }
        _ => Err(rest.error(TextProblem::Rule("2 to 64 clauses, counted from 1"))),
    }
}

fn fin_timeout(value: Span<'_>) -> Result<Action, ParseError> {
    let (mut idle, mut hard) = (0, 0);
    arguments::each(value, |pair| {
        match pair.key.text {
            "idle_timeout" => idle = pair.value.u16()?,
            "hard_timeout" => hard = pair.value.u16()?,
            _ => return Err(pair.key.error(TextProblem::UnknownKey)),
        }
        Ok(())
    })?;
    Ok(Action::FinTimeout { idle, hard })
}

fn unknown(value: Span<'_>) -> Result<Action, ParseError> {
    let (mut kind, mut body) = (0, Vec::new());
    arguments::each(value, |pair| {
        match pair.key.text {
            "type" => kind = pair.value.u16()?,
            "body" => body = arguments::bytes(pair.value)?,
            _ => return Err(pair.key.error(TextProblem::UnknownKey)),
        }
        Ok(())
    })?;
    Ok(Action::Unknown { kind, body })
}
