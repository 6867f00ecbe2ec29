//! Arguments of the actions that have many, parsed.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::action_parse::actions_within;
use super::action_print::REASONS;
use super::span::{Pair, ParseError, Span, TextProblem};
use super::value::{parse as parse_value, parse_port, parse_subfield};
use crate::action::{
    Action, Bundle, BundleAlgorithm, Controller, Ct, HashFields, Learn, LearnSource, LearnSpec,
    LearnTarget, Multipath, MultipathAlgorithm, Nat, NatAddresses, NatDirection, NatRange, Sample,
    SampleDirection, SampleValue, Zone,
};
use crate::flow::FlowFlags;
use crate::oxm::Subfield;

/// Every key with its value, in order.
pub(super) fn each<'a>(
    span: Span<'a>,
    mut take: impl FnMut(Pair<'a>) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let mut rest = span;
    while let Some((pair, after)) = rest.pair() {
        take(pair)?;
        rest = after;
    }
    Ok(())
}

/// Hexadecimal bytes, with dots between them or without.
pub(super) fn bytes(span: Span<'_>) -> Result<Vec<u8>, ParseError> {
    let digits: Vec<char> = span.text.chars().filter(|c| *c != '.').collect();
    let wrong = || span.error(TextProblem::Bytes);
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    for pair in digits.chunks(2) {
        let [high, low] = pair else {
            return Err(wrong());
        };
        let digit = |c: &char| c.to_digit(16).ok_or_else(wrong);
        bytes.push((digit(high)? << 4 | digit(low)?) as u8);
    }
    Ok(bytes)
}

/// What stands before and behind `->`.
pub(super) fn arrow(span: Span<'_>) -> Result<(Span<'_>, Span<'_>), ParseError> {
    span.split("->")
        .ok_or_else(|| span.error(TextProblem::Missing("->")))
}

/// What stands before and behind `->`, both bits of fields of the same width.
pub(super) fn arrow_of_fields(span: Span<'_>) -> Result<(Subfield, Subfield), ParseError> {
    let (source, target) = arrow(span)?;
    let (source, target) = (parse_subfield(source)?, parse_subfield(target)?);
    if source.bits() != target.bits() {
        let rule = "source and destination have different numbers of bits";
        return Err(span.error(TextProblem::Rule(rule)));
    }
    Ok((source, target))
}

/// The fixed parts of an action's arguments, taken in order.
struct Parts<'a> {
    whole: Span<'a>,
    rest: Option<Span<'a>>,
}

impl<'a> Parts<'a> {
    fn new(whole: Span<'a>) -> Self {
        let rest = Some(whole);
        Parts { whole, rest }
    }

    fn next(&mut self, name: &'static str) -> Result<Span<'a>, ParseError> {
        let missing = || self.whole.error(TextProblem::Missing(name));
        let now = self.rest.ok_or_else(missing)?;
        let (part, rest) = match now.split(",") {
            Some((part, rest)) => (part, Some(rest)),
            None => (now, None),
        };
        self.rest = rest;
        Ok(part.trim())
    }
}

pub(super) fn controller(span: Span<'_>) -> Result<Action, ParseError> {
    let mut controller = Controller::default();
    if !span.is_empty() && span.text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Action::controller(span.u16()?));
    }
    each(span, |Pair { key, value }| {
        match key.text {
            "reason" => {
                let known = REASONS.iter().position(|name| *name == value.text);
                controller.reason = match known {
                    Some(number) => number as u8,
                    None => value.u8()?,
                };
            }
            "max_len" => controller.max_len = value.u16()?,
            "id" => controller.controller_id = value.u16()?,
            "userdata" => controller.userdata = bytes(value)?,
            "pause" => controller.pause = true,
            "meter_id" => controller.meter_id = value.u32()?,
            _ => return Err(key.error(TextProblem::UnknownKey)),
        }
        Ok(())
    })?;
    let plain = Controller {
        max_len: controller.max_len,
        ..Controller::default()
    };
    Ok(if controller == plain {
        Action::controller(controller.max_len)
    } else {
        Action::Controller(Box::new(controller))
    })
}

pub(super) fn ct(span: Span<'_>, depth: usize) -> Result<Action, ParseError> {
    let mut ct = Ct::default();
    each(span, |Pair { key, value }| {
        match key.text {
            "commit" => ct.commit = true,
            "force" => ct.force = true,
            "table" => ct.table = Some(value.u8()?),
            "zone" => {
                ct.zone = match value.text.starts_with(|c: char| c.is_ascii_digit()) {
                    true => Zone::Fixed(value.u16()?),
                    false => Zone::From(parse_subfield(value)?),
                };
            }
            "alg" => {
                ct.alg = match value.text {
                    "ftp" => 21,
                    "tftp" => 69,
                    _ => value.u16()?,
                };
            }
            "nat" => ct.actions.push(nat(value)?),
            "exec" => ct.actions.extend(actions_within(value, depth + 1)?),
            _ => return Err(key.error(TextProblem::UnknownKey)),
        }
        Ok(())
    })?;
    if ct.force && !ct.commit {
        return Err(span.error(TextProblem::Rule("force needs commit")));
    }
    Ok(ct.into())
}

pub(super) fn nat(span: Span<'_>) -> Result<Action, ParseError> {
    let mut nat = Nat::default();
    each(span, |Pair { key, value }| {
        let direction = match key.text {
            "src" => NatDirection::Source,
            "dst" => NatDirection::Destination,
            "persistent" => {
                nat.persistent = true;
                return Ok(());
            }
            "hash" => {
                nat.hash = true;
                return Ok(());
            }
            "random" => {
                nat.random = true;
                return Ok(());
            }
            _ => return Err(key.error(TextProblem::UnknownKey)),
        };
        if nat.direction.is_some() {
            return Err(key.error(TextProblem::Rule("src or dst, once")));
        }
        nat.direction = Some(direction);
        nat.range = (!value.is_empty()).then(|| nat_range(value)).transpose()?;
        Ok(())
    })?;
    let flags = nat.persistent || nat.hash || nat.random;
    if nat.direction.is_none() && flags || nat.hash && nat.random {
        let rule = "flags need src or dst, and hash and random exclude each other";
        return Err(span.error(TextProblem::Rule(rule)));
    }
    Ok(Action::Nat(Box::new(nat)))
}

/// `first[-last][:port[-port]]`; IPv6 addresses in brackets where ports follow.
fn nat_range(span: Span<'_>) -> Result<NatRange, ParseError> {
    let (addresses, ports) = if span.text.starts_with('[') {
        match span.text.rfind(']') {
            Some(place) if place + 1 < span.text.len() => {
                (span.part(0, place + 1), Some(span.from(place + 2)))
            }
            _ => (span, None),
        }
    } else if span.text.contains('.') && !span.text.contains("::") {
        match span.split(":") {
            Some((addresses, ports)) => (addresses, Some(ports)),
            None => (span, None),
        }
    } else {
        (span, None)
    };
    let (first, last) = ends(addresses);
    let v4 = |span: Span<'_>| {
        let address = span.text.parse::<Ipv4Addr>();
        address.map_err(|_| span.error(TextProblem::Ipv4))
    };
    let v6 = |span: Span<'_>| {
        let text = span.text.trim_start_matches('[').trim_end_matches(']');
        let address = text.parse::<Ipv6Addr>();
        address.map_err(|_| span.error(TextProblem::Ipv6))
    };
    let addresses = match v4(first) {
        Ok(first) => NatAddresses::V4(first, last.map(v4).transpose()?),
        Err(error) if !addresses.text.contains(':') => return Err(error),
        Err(_) => NatAddresses::V6(v6(first)?, last.map(v6).transpose()?),
    };
    let is_upside_down = match addresses {
        NatAddresses::V4(first, last) => last.is_some_and(|last| last < first),
        NatAddresses::V6(first, last) => last.is_some_and(|last| last < first),
    };
    let ports = match ports.map(ends) {
        Some((first, last)) => Some((first.u16()?, last.map(Span::u16).transpose()?)),
        None => None,
    };
    let ports_upside_down = matches!(ports, Some((first, Some(last))) if last < first);
    if is_upside_down || ports_upside_down {
        return Err(span.error(TextProblem::Rule("the range ends before it begins")));
    }
    Ok(NatRange { addresses, ports })
}

/// Both ends of a range; the second `None` where there is one only.
fn ends(span: Span<'_>) -> (Span<'_>, Option<Span<'_>>) {
    match span.split("-") {
        Some((first, last)) => (first, Some(last)),
        None => (span, None),
    }
}

pub(super) fn learn(span: Span<'_>) -> Result<Action, ParseError> {
    let mut learn = Learn::default();
    each(span, |pair| {
        let Pair { key, value } = pair;
        match key.text {
            "table" => learn.table = value.u8()?,
            "priority" => learn.priority = value.u16()?,
            "idle_timeout" => learn.idle_timeout = value.u16()?,
            "hard_timeout" => learn.hard_timeout = value.u16()?,
            "fin_idle_timeout" => learn.fin_idle_timeout = value.u16()?,
            "fin_hard_timeout" => learn.fin_hard_timeout = value.u16()?,
            "cookie" => learn.cookie = value.u64()?,
            "send_flow_rem" => learn.flags |= FlowFlags::SEND_FLOW_REMOVED,
            "delete_learned" => learn.delete_learned = true,
            "limit" => learn.limit = value.u32()?,
            "result_dst" => {
                let result = parse_subfield(value)?;
                if result.bits() != 1 {
                    return Err(value.error(TextProblem::Rule("one bit is expected")));
                }
                learn.result = Some(result);
            }
            _ => learn.specs.push(learn_spec(pair)?),
        }
        Ok(())
    })?;
    Ok(Action::Learn(Box::new(learn)))
}

fn learn_spec(Pair { key, value }: Pair<'_>) -> Result<LearnSpec, ParseError> {
    match key.text {
        "output" => {
            let source = LearnSource::Field(parse_subfield(value)?);
            let target = LearnTarget::Output;
            return Ok(LearnSpec { source, target });
        }
        "load" => {
            let (from, to) = arrow(value)?;
            let to = parse_subfield(to)?;
            let source = match from.text.starts_with(|c: char| c.is_ascii_digit()) {
                true => LearnSource::Value(from.number(to.bits())?, to.bits()),
                false => LearnSource::Field(arrow_of_fields(value)?.0),
            };
            let target = LearnTarget::Load(to);
            return Ok(LearnSpec { source, target });
        }
        _ => {}
    }
    let matched = parse_subfield(key)?;
    let target = LearnTarget::Match(matched);
    let source = if value.is_empty() {
        LearnSource::Field(matched)
    } else if let Ok(field) = parse_subfield(value) {
        if field.bits() != matched.bits() {
            let rule = "source and destination have different numbers of bits";
            return Err(value.error(TextProblem::Rule(rule)));
        }
        LearnSource::Field(field)
    } else if matched.is_whole() {
        let (number, _) = parse_value(matched.field(), value)?;
        LearnSource::Value(matched.cut(number), matched.bits())
    } else {
        LearnSource::Value(value.number(matched.bits())?, matched.bits())
    };
    Ok(LearnSpec { source, target })
}

const FIELDS: &str =
    "eth_src, symmetric_l4, symmetric_l3l4, symmetric_l3l4+udp, nw_src, nw_dst, symmetric_l3";

fn hash_fields(span: Span<'_>) -> Result<HashFields, ParseError> {
    HashFields::from_name(span.text).ok_or_else(|| span.error(TextProblem::Choice(FIELDS)))
}

pub(super) fn bundle(span: Span<'_>, load: bool) -> Result<Action, ParseError> {
    let mut parts = Parts::new(span);
    let fields = hash_fields(parts.next("fields")?)?;
    let basis = parts.next("basis")?.u16()?;
    let name = parts.next("algorithm")?;
    let algorithm = BundleAlgorithm::from_name(name.text)
        .ok_or_else(|| name.error(TextProblem::Choice("active_backup, hrw")))?;
    let kind = parts.next("ofport")?;
    if kind.text != "ofport" {
        return Err(kind.error(TextProblem::Choice("ofport")));
    }
    let target = match load {
        true => Some(parse_subfield(parts.next("field")?)?),
        false => None,
    };
    let rest = parts
        .rest
        .ok_or_else(|| span.error(TextProblem::Missing("members:")))?;
    let list = rest
        .trim()
        .split(":")
        .filter(|(word, _)| matches!(word.text, "members" | "slaves"));
    let (_, list) = list.ok_or_else(|| rest.error(TextProblem::Missing("members:")))?;
    let mut members = Vec::new();
    for member in list.parts(',') {
        members.push(parse_port(member.trim())?);
    }
    Ok(Action::Bundle(Box::new(Bundle {
        fields,
        basis,
        algorithm,
        members,
        target,
    })))
}

pub(super) fn multipath(span: Span<'_>) -> Result<Action, ParseError> {
    let mut parts = Parts::new(span);
    let fields = hash_fields(parts.next("fields")?)?;
    let basis = parts.next("basis")?.u16()?;
    let name = parts.next("algorithm")?;
    let choice = "modulo_n, hash_threshold, hrw, iter_hash";
    let algorithm = MultipathAlgorithm::from_name(name.text)
        .ok_or_else(|| name.error(TextProblem::Choice(choice)))?;
    let links = parts.next("links")?;
    let max_link = links
        .number(17)?
        .checked_sub(1)
        .and_then(|last| u16::try_from(last).ok())
        .ok_or_else(|| links.error(TextProblem::Rule("1 to 65536 links")))?;
    Ok(Action::Multipath(Box::new(Multipath {
        fields,
        basis,
        algorithm,
        max_link,
        argument: parts.next("argument")?.u32()?,
        target: parse_subfield(parts.next("field")?)?,
    })))
}

pub(super) fn sample(span: Span<'_>) -> Result<Action, ParseError> {
    let mut sample = Sample {
        probability: 0,
        ..Sample::default()
    };
    let number = |value: Span<'_>| match value.text.starts_with(|c: char| c.is_ascii_digit()) {
        true => value.u32().map(SampleValue::Fixed),
        false => parse_subfield(value).map(SampleValue::From),
    };
    each(span, |Pair { key, value }| {
        match key.text {
            "probability" => sample.probability = value.u16()?,
            "collector_set_id" => sample.collector_set = value.u32()?,
            "obs_domain_id" => sample.domain = number(value)?,
            "obs_point_id" => sample.point = number(value)?,
            "sampling_port" => sample.port = parse_port(value)?,
            "ingress" => sample.direction = SampleDirection::INGRESS,
            "egress" => sample.direction = SampleDirection::EGRESS,
            _ => return Err(key.error(TextProblem::UnknownKey)),
        }
        Ok(())
    })?;
    if sample.probability == 0 {
        return Err(span.error(TextProblem::Missing("probability")));
    }
    Ok(Action::Sample(Box::new(sample)))
}
