//! Meters printed and parsed: the lines of `dump-meters` and `add-meter`.

use std::fmt::{self, Write};
use std::str::FromStr;

use super::span::{ParseError, Span, TextProblem};
use super::{Resolver, Text};
use crate::meter::{Band, Meter, MeterFlags, MeterMod, MeterModCommand};
use crate::number::meters;

const FLAGS: [(MeterFlags, &str); 4] = [
    (MeterFlags::KBPS, "kbps"),
    (MeterFlags::PKTPS, "pktps"),
    (MeterFlags::BURST, "burst"),
    (MeterFlags::STATS, "stats"),
];
const NAMES: [(u32, &str); 3] = [
    (meters::ALL, "all"),
    (meters::CONTROLLER, "controller"),
    (meters::SLOW_PATH, "slowpath"),
];

fn write_id(out: &mut dyn Write, id: u32) -> fmt::Result {
    match NAMES.iter().find(|(number, _)| *number == id) {
        Some((_, name)) => write!(out, "meter={name}"),
        None => write!(out, "meter={id}"),
    }
}

/// As `dump-meters` prints it: each band on a line of its own.
impl Text for Meter {
    fn write(&self, out: &mut dyn Write, _: &dyn Resolver) -> fmt::Result {
        write_id(out, self.id)?;
        out.write_char(' ')?;
        let mut left = self.flags;
        for (flag, name) in FLAGS {
            if self.flags.contains(flag) {
                write!(out, "{name} ")?;
                left = left.without(flag);
            }
        }
        if !left.is_empty() {
            write!(out, "flags:{:#x} ", left.0)?;
        }
        out.write_str("bands=")?;
        for band in &self.bands {
            out.write_char('\n')?;
            band.print(out, self.flags.contains(MeterFlags::BURST))?;
        }
        Ok(())
    }
}

impl Band {
    fn print(&self, out: &mut dyn Write, bursts: bool) -> fmt::Result {
        let (name, rate, burst_size) = match *self {
            Band::Drop { rate, burst_size } => ("drop", rate, burst_size),
            Band::DscpRemark {
                rate, burst_size, ..
            } => ("dscp_remark", rate, burst_size),
            Band::Experimenter {
                rate, burst_size, ..
            } => ("experimenter", rate, burst_size),
        };
        write!(out, "type={name} rate={rate}")?;
        if bursts {
            write!(out, " burst_size={burst_size}")?;
        }
        match self {
            Band::DscpRemark { precedence, .. } => write!(out, " prec_level={precedence}"),
            Band::Experimenter { experimenter, .. } => {
                write!(out, " experimenter={experimenter:#x}")
            }
            Band::Drop { .. } => Ok(()),
        }
    }
}

/// The command, then the meter; for a deletion its number only.
impl Text for MeterMod {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        match self.command {
            MeterModCommand::DELETE => {
                out.write_str("delete ")?;
                write_id(out, self.meter.id)
            }
            command => {
                let name = if command == MeterModCommand::ADD {
                    "add"
                } else {
                    "modify"
                };
                write!(out, "{name} ")?;
                self.meter.write(out, names)
            }
        }
    }
}

/// Reads a meter as `dump-meters` prints it or `add-meter` takes it.
impl FromStr for Meter {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse(Span::new(text))
    }
}

/// Reads a command and a meter; without a command it adds.
impl FromStr for MeterMod {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let span = Span::new(text).trim();
        let length = span.text.find(char::is_whitespace);
        let word = span.part(0, length.unwrap_or(span.text.len()));
        let (command, rest) = match word.text {
            "add" => (MeterModCommand::ADD, span.from(word.text.len())),
            "modify" => (MeterModCommand::MODIFY, span.from(word.text.len())),
            "delete" => (MeterModCommand::DELETE, span.from(word.text.len())),
            _ => (MeterModCommand::ADD, span),
        };
        let meter = parse(rest)?;
        Ok(MeterMod { command, meter })
    }
}

/// A band that is being read.
#[derive(Default)]
struct Draft<'a> {
    kind: Span<'a>,
    rate: u32,
    burst_size: u32,
    precedence: u8,
    experimenter: u32,
}

impl Default for Span<'_> {
    fn default() -> Self {
        Span::new("")
    }
}

impl Draft<'_> {
    fn finish(self) -> Result<Band, ParseError> {
        let (rate, burst_size) = (self.rate, self.burst_size);
        match self.kind.text {
            "drop" => Ok(Band::Drop { rate, burst_size }),
            "dscp_remark" => Ok(Band::DscpRemark {
                rate,
                burst_size,
                precedence: self.precedence,
            }),
            "experimenter" => Ok(Band::Experimenter {
                rate,
                burst_size,
                experimenter: self.experimenter,
            }),
            _ => Err(self
                .kind
                .error(TextProblem::Choice("drop, dscp_remark, experimenter"))),
        }
    }
}

fn parse(span: Span<'_>) -> Result<Meter, ParseError> {
    let mut meter = Meter {
        id: 0,
        flags: MeterFlags::empty(),
        bands: Vec::new(),
    };
    let mut has_id = false;
    let mut draft: Option<Draft<'_>> = None;
    let mut rest = span;
    // `bands=` may stand right before the first band's key, so it is passed over as a word.
    while let Some((word, after)) = next_word(rest) {
        rest = after;
        let word = ["bands=", "band="]
            .iter()
            .find_map(|prefix| word.text.strip_prefix(prefix))
            .map_or(word, |behind| word.from(word.text.len() - behind.len()));
        if word.is_empty() {
            continue;
        }
        if let Some((flag, _)) = FLAGS.iter().find(|(_, name)| *name == word.text) {
            meter.flags |= *flag;
            continue;
        }
        let separated = word.split("=").or_else(|| word.split(":"));
        let (key, value) = separated.ok_or_else(|| word.error(TextProblem::UnknownKey))?;
        match (key.text, &mut draft) {
            ("meter", _) => {
                has_id = true;
                let named = NAMES.iter().find(|(_, name)| *name == value.text);
                meter.id = match named {
                    Some((id, _)) => *id,
                    None => value.u32()?,
                };
            }
            ("flags", _) => meter.flags |= MeterFlags(value.u16()?),
            ("type", _) => {
                let next = Draft {
                    kind: value,
                    ..Draft::default()
                };
                if let Some(done) = draft.replace(next) {
                    meter.bands.push(done.finish()?);
                }
            }
            ("rate", Some(band)) => band.rate = value.u32()?,
            ("burst_size", Some(band)) => band.burst_size = value.u32()?,
            ("prec_level", Some(band)) => band.precedence = value.u8()?,
            ("experimenter", Some(band)) => band.experimenter = value.u32()?,
            _ => return Err(key.error(TextProblem::UnknownKey)),
        }
    }
    if let Some(done) = draft {
        meter.bands.push(done.finish()?);
    }
    if has_id {
        Ok(meter)
    } else {
        Err(span.error(TextProblem::Missing("meter")))
    }
}

/// The next word, and what follows; words stand between blanks and commas.
fn next_word(span: Span<'_>) -> Option<(Span<'_>, Span<'_>)> {
    let is_between = |c: char| c == ',' || c.is_whitespace();
    let start = span.text.find(|c| !is_between(c))?;
    let rest = span.from(start);
    let length = rest.text.find(is_between).unwrap_or(rest.text.len());
    Some((rest.part(0, length), rest.from(length)))
}
