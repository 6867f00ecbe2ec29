//! Values of fields: each in the form that its field has.

use std::fmt::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr};

use super::span::{ParseError, Span, TextProblem};
use super::{Resolver, Text, write_port};
use crate::number::ports;
use crate::oxm::{Field, Format, Subfield};

pub(super) const CT_STATE: [&str; 8] = ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"];
pub(super) const TCP_FLAGS: [&str; 12] = [
    "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]",
];
pub(super) const TUN_FLAGS: [&str; 1] = ["oam"];
/// Fragments: name, value, mask.
const FRAGMENTS: [(&str, u128, u128); 5] = [
    ("no", 0, 3),
    ("yes", 1, 1),
    ("first", 1, 3),
    ("later", 3, 3),
    ("not_later", 0, 2),
];

/// Writes a value and, where it is not the full one, its mask.
pub(super) fn write(
    out: &mut dyn Write,
    names: &dyn Resolver,
    field: Field,
    value: u128,
    mask: u128,
) -> fmt::Result {
    let row = field.row();
    let full = mask == row.limit;
    if mask == 0 {
        return out.write_str("ANY");
    }
    match row.format {
        Format::Port if full => {
            let wide = row.bits > 16;
            let port = if wide {
                value as u32
            } else {
                ports::from_16(value as u16)
            };
            return write_port(out, names, port);
        }
        // C's %#x has no 0x before a zero.
        Format::Hex if value == 0 => out.write_char('0')?,
        Format::Hex => write!(out, "{value:#x}")?,
        Format::Decimal | Format::Port => write!(out, "{value}")?,
        Format::Ethernet => {
            write_ethernet(out, value)?;
            if full {
                return Ok(());
            }
            out.write_char('/')?;
            return write_ethernet(out, mask);
        }
        Format::Ipv4 => return write_ipv4(out, value as u32, mask as u32),
        Format::Ipv6 => return write_ipv6(out, value, mask),
        Format::CtState => return write_flags(out, &CT_STATE, value, mask, row.limit),
        Format::TcpFlags => return write_flags(out, &TCP_FLAGS, value, mask, row.limit),
        Format::TunFlags => return write_flags(out, &TUN_FLAGS, value, mask, row.limit),
        Format::PacketType => return write!(out, "({},{:#x})", value >> 16, value & 0xffff),
        Format::Fragment => {
            let known = |(_, is, of): &&(&str, u128, u128)| *is == value && *of == mask;
            match FRAGMENTS.iter().find(known) {
                Some((name, ..)) => return out.write_str(name),
                None => write!(out, "{value:#x}")?,
            }
        }
    }
    if full {
        Ok(())
    } else {
        write!(out, "/{mask:#x}")
    }
}

pub(super) fn write_ethernet(out: &mut dyn Write, value: u128) -> fmt::Result {
    let bytes = value.to_be_bytes();
    for (index, byte) in bytes.iter().skip(10).enumerate() {
        let separator = if index == 0 { "" } else { ":" };
        write!(out, "{separator}{byte:02x}")?;
    }
    Ok(())
}

pub(super) fn write_ipv4(out: &mut dyn Write, value: u32, mask: u32) -> fmt::Result {
    write!(out, "{}", Ipv4Addr::from(value))?;
    match mask {
        u32::MAX => Ok(()),
        mask if mask.leading_ones() + mask.trailing_zeros() == 32 => {
            write!(out, "/{}", mask.leading_ones())
        }
        mask => write!(out, "/{}", Ipv4Addr::from(mask)),
    }
}

pub(super) fn write_ipv6(out: &mut dyn Write, value: u128, mask: u128) -> fmt::Result {
    write_ipv6_address(out, value)?;
    match mask {
        u128::MAX => Ok(()),
        mask if mask.leading_ones() + mask.trailing_zeros() == 128 => {
            write!(out, "/{}", mask.leading_ones())
        }
        mask => {
            out.write_char('/')?;
            write_ipv6_address(out, mask)
        }
    }
}

/// As the C library does: 96 zero bits before an IPv4 address show it as one.
pub(super) fn write_ipv6_address(out: &mut dyn Write, value: u128) -> fmt::Result {
    match u32::try_from(value) {
        Ok(low) if low > 0xffff => write!(out, "::{}", Ipv4Addr::from(low)),
        _ => write!(out, "{}", Ipv6Addr::from(value)),
    }
}

/// Flags joined by | where all count, else each that counts with + or -.
pub(super) fn write_flags(
    out: &mut dyn Write,
    names: &[&str],
    value: u128,
    mask: u128,
    full: u128,
) -> fmt::Result {
    let exact = mask == full;
    if exact && value == 0 {
        return out.write_char('0');
    }
    let mut separator = "";
    for (bit, name) in names.iter().enumerate() {
        let set = value >> bit & 1 == 1;
        if exact && set {
            write!(out, "{separator}{name}")?;
            separator = "|";
        } else if !exact && mask >> bit & 1 == 1 {
            write!(out, "{}{name}", if set { '+' } else { '-' })?;
        }
    }
    Ok(())
}

/// Reads a value and its mask; `*` is any.
pub(super) fn parse(field: Field, span: Span<'_>) -> Result<(u128, u128), ParseError> {
    let row = field.row();
    let full = row.limit;
    let limit_bits = (128 - full.leading_zeros()) as u16;
    if span.text == "*" {
        return Ok((0, 0));
    }
    let exact = |value| Ok((value, full));
    match row.format {
        Format::Port => {
            let port = parse_port(span)?;
            match row.bits {
                16 => match ports::to_16(port) {
                    Some(port) => exact(port.into()),
                    None => Err(span.error(TextProblem::TooBig { bits: 16 })),
                },
                _ => exact(port.into()),
            }
        }
        Format::Decimal | Format::Hex => match span.split("/") {
            Some((value, mask)) => {
                let all = 8 * row.bytes as u16;
                Ok((value.number(limit_bits)?, mask.number(all)? & full))
            }
            None => exact(span.number(limit_bits)?),
        },
        Format::Ethernet => match span.split("/") {
            Some((value, mask)) => Ok((parse_ethernet(value)?, parse_ethernet(mask)?)),
            None => exact(parse_ethernet(span)?),
        },
        Format::Ipv4 => match span.split("/") {
            Some((value, mask)) => Ok((parse_ipv4(value)?, parse_mask(mask, 32, parse_ipv4)?)),
            None => exact(parse_ipv4(span)?),
        },
        Format::Ipv6 => match span.split("/") {
            Some((value, mask)) => Ok((parse_ipv6(value)?, parse_mask(mask, 128, parse_ipv6)?)),
            None => exact(parse_ipv6(span)?),
        },
        Format::CtState => parse_flags(span, &CT_STATE, full),
        Format::TcpFlags => parse_flags(span, &TCP_FLAGS, full),
        Format::TunFlags => parse_flags(span, &TUN_FLAGS, full),
        Format::Fragment => parse_fragment(span, full),
        Format::PacketType => {
            let inside = span
                .text
                .strip_prefix('(')
                .and_then(|rest| rest.strip_suffix(')'));
            let inside = inside.map(|inside| span.part(1, 1 + inside.len()));
            let (space, kind) = inside
                .and_then(|inside| inside.split(","))
                .ok_or_else(|| span.error(TextProblem::Missing("(space,type)")))?;
            exact(u128::from(space.trim().u16()?) << 16 | u128::from(kind.trim().u16()?))
        }
    }
}

fn parse_fragment(span: Span<'_>, full: u128) -> Result<(u128, u128), ParseError> {
    if let Some((_, value, mask)) = FRAGMENTS.iter().find(|(name, ..)| *name == span.text) {
        return Ok((*value, *mask));
    }
    match span.split("/") {
        Some((value, mask)) if span.text.starts_with("0x") => {
            Ok((value.number(2)?, mask.number(8)? & full))
        }
        _ => Err(span.error(TextProblem::Choice("no, yes, first, later, not_later"))),
    }
}

pub(super) fn parse_port(span: Span<'_>) -> Result<u32, ParseError> {
    let named = ports::NAMES
        .iter()
        .find(|(_, name)| name.eq_ignore_ascii_case(span.text));
    if let Some((port, _)) = named {
        return Ok(*port);
    }
    if span.text.eq_ignore_ascii_case("none") {
        return Ok(ports::ANY);
    }
    match span.number(32) {
        // The reserved ports in the 16 bits of OpenFlow 1.0.
        Ok(port @ 0xff00..=0xffff) => Ok(ports::from_16(port as u16)),
        Ok(port) => Ok(port as u32),
        Err(_) => Err(span.error(TextProblem::Port)),
    }
}

fn parse_ethernet(span: Span<'_>) -> Result<u128, ParseError> {
    let mut value = 0;
    let mut count = 0;
    for byte in span.text.split(':') {
        let is_byte = matches!(byte.len(), 1 | 2) && byte.bytes().all(|b| b.is_ascii_hexdigit());
        let byte = u8::from_str_radix(byte, 16).ok().filter(|_| is_byte);
        let byte = byte.ok_or_else(|| span.error(TextProblem::Ethernet))?;
        value = value << 8 | u128::from(byte);
        count += 1;
        if count > 6 {
            break;
        }
    }
    if count == 6 {
        Ok(value)
    } else {
        Err(span.error(TextProblem::Ethernet))
    }
}

fn parse_ipv4(span: Span<'_>) -> Result<u128, ParseError> {
    let address: Ipv4Addr = span
        .text
        .parse()
        .map_err(|_| span.error(TextProblem::Ipv4))?;
    Ok(u32::from(address).into())
}

fn parse_ipv6(span: Span<'_>) -> Result<u128, ParseError> {
    let address: Ipv6Addr = span
        .text
        .parse()
        .map_err(|_| span.error(TextProblem::Ipv6))?;
    Ok(address.into())
}

/// A prefix length, or a mask in the form of an address.
fn parse_mask(
    span: Span<'_>,
    bits: u32,
    address: impl Fn(Span<'_>) -> Result<u128, ParseError>,
) -> Result<u128, ParseError> {
    let Ok(length) = span.text.parse::<u32>() else {
        return address(span).map_err(|_| span.error(TextProblem::Mask));
    };
    match length {
        0 => Ok(0),
        length if length <= bits => Ok((u128::MAX >> (128 - bits)) & u128::MAX << (bits - length)),
        _ => Err(span.error(TextProblem::Mask)),
    }
}

/// `+a-b` where some count, `a|b` where all do, or a number with or without a mask.
fn parse_flags(span: Span<'_>, names: &[&str], full: u128) -> Result<(u128, u128), ParseError> {
    let bit = |name: &str| {
        let place = names.iter().position(|known| *known == name)?;
        Some(1u128 << place)
    };
    let wrong = |span: Span<'_>| span.error(TextProblem::Flags);
    if span.text.starts_with(|c: char| c.is_ascii_digit()) {
        return match span.split("/") {
            Some((value, mask)) => {
                let mask = mask.number(32)? & full;
                Ok((value.number(32)? & mask, mask))
            }
            None => Ok((span.number(32)? & full, full)),
        };
    }
    if !span.text.starts_with(['+', '-']) {
        let mut value = 0;
        for name in span.parts('|') {
            value |= bit(name.text).ok_or_else(|| wrong(name))?;
        }
        return if span.is_empty() {
            Err(wrong(span))
        } else {
            Ok((value, full))
        };
    }
    let (mut value, mut mask) = (0, 0);
    let mut rest = span;
    while !rest.is_empty() {
        let length = rest.text[1..]
            .find(['+', '-'])
            .map_or(rest.text.len(), |place| place + 1);
        let name = rest.part(1, length);
        let flag = bit(name.text).ok_or_else(|| wrong(name))?;
        mask |= flag;
        if rest.text.starts_with('+') {
            value |= flag;
        }
        rest = rest.from(length);
    }
    Ok((value, mask))
}

impl Text for Subfield {
    fn write(&self, out: &mut dyn Write, _: &dyn Resolver) -> fmt::Result {
        out.write_str(self.field().code_name())?;
        let (first, bits) = (self.offset(), self.bits());
        match bits {
            _ if self.is_whole() => out.write_str("[]"),
            1 => write!(out, "[{first}]"),
            _ => write!(out, "[{first}..{}]", first + bits - 1),
        }
    }
}

/// Reads `field`, `field[]`, `field[bit]` or `field[first..last]`.
pub(super) fn parse_subfield(span: Span<'_>) -> Result<Subfield, ParseError> {
    let (name, range) = match span.split("[") {
        Some((name, range)) => (name, Some(range)),
        None => (span, None),
    };
    let unknown = || name.error(TextProblem::UnknownField);
    let field = Field::from_name(name.text).ok_or_else(unknown)?;
    let Some(range) = range else {
        return Ok(field.into());
    };
    let wrong = || span.error(TextProblem::Subfield);
    let inside = range.text.strip_suffix(']').ok_or_else(wrong)?;
    let inside = range.part(0, inside.len());
    if inside.is_empty() {
        return Ok(field.into());
    }
    let (first, last) = match inside.split("..") {
        Some((first, last)) => (first.u16()?, last.u16()?),
        None => (inside.u16()?, inside.u16()?),
    };
    let bits = last.checked_sub(first).ok_or_else(wrong)?.saturating_add(1);
    Subfield::new(field, first, bits).map_err(|_| {
        let last = field.bits() - 1;
        inside.error(TextProblem::BeyondField { last })
    })
}

impl std::str::FromStr for Subfield {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse_subfield(Span::new(text))
    }
}
