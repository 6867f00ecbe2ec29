//! Flows made by packets (NXAST_LEARN and NXAST_LEARN2).

use super::nicira;
use crate::codec::{Reader, Writer};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::flow::FlowFlags;
use crate::oxm::Subfield;

const SEND_FLOW_REMOVED: u16 = 1 << 0;
const DELETE_LEARNED: u16 = 1 << 1;
const WRITE_RESULT: u16 = 1 << 2;

/// Parts of the 16 bits that a spec starts with.
const BITS: u16 = 0x3ff;
const SOURCE_VALUE: u16 = 1 << 13;
const TARGET: u16 = 3 << 11;
const TARGET_MATCH: u16 = 0 << 11;
const TARGET_LOAD: u16 = 1 << 11;
const TARGET_OUTPUT: u16 = 2 << 11;

/// Makes a flow from the packet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Learn {
    /// Idle timeout in seconds; 0: none.
    pub idle_timeout: u16,
    /// Hard timeout in seconds; 0: none.
    pub hard_timeout: u16,
    /// Priority of the flow.
    pub priority: u16,
    /// Cookie of the flow.
    pub cookie: u64,
    /// Whether a message is sent when the flow goes: [`FlowFlags::SEND_FLOW_REMOVED`] or none.
    pub flags: FlowFlags,
    /// Deletes the flows it made when it is deleted itself.
    pub delete_learned: bool,
    /// Table of the flow.
    pub table: u8,
    /// Idle timeout after the end of a TCP connection, in seconds; 0: none.
    pub fin_idle_timeout: u16,
    /// Hard timeout after the end of a TCP connection, in seconds; 0: none.
    pub fin_hard_timeout: u16,
    /// How many flows with this cookie the table may have; 0: any number.
    pub limit: u32,
    /// The bit that tells whether the limit allowed the flow.
    pub result: Option<Subfield>,
    /// What the flow matches and does.
    pub specs: Vec<LearnSpec>,
}

impl Default for Learn {
    fn default() -> Self {
        Learn {
            idle_timeout: 0,
            hard_timeout: 0,
            priority: 0x8000,
            cookie: 0,
            flags: FlowFlags::empty(),
            delete_learned: false,
            table: 1,
            fin_idle_timeout: 0,
            fin_hard_timeout: 0,
            limit: 0,
            result: None,
            specs: Vec::new(),
        }
    }
}

/// One thing that a learnt flow matches or does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LearnSpec {
    /// The value.
    pub source: LearnSource,
    /// What becomes of it.
    pub target: LearnTarget,
}

/// Where a value of a learnt flow is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LearnSource {
    /// The packet.
    Field(Subfield),
    /// This flow: the value, and how many bits it has.
    Value(u128, u16),
}

/// What becomes of a value in a learnt flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LearnTarget {
    /// It is matched.
    Match(Subfield),
    /// It is written.
    Load(Subfield),
    /// It is the port to send to.
    Output,
}

impl LearnSpec {
    /// How many bits it is about.
    pub fn bits(&self) -> u16 {
        match self.source {
            LearnSource::Field(field) => field.bits(),
            LearnSource::Value(_, bits) => bits,
        }
    }
}

impl Learn {
    fn wire_flags(&self) -> u16 {
        let mut flags = 0;
        if self.flags.contains(FlowFlags::SEND_FLOW_REMOVED) {
            flags |= SEND_FLOW_REMOVED;
        }
        if self.delete_learned {
            flags |= DELETE_LEARNED;
        }
        if self.result.is_some() {
            flags |= WRITE_RESULT;
        }
        flags
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let second = self.limit != 0 || self.result.is_some();
        let subtype = if second {
            nicira::LEARN2
        } else {
            nicira::LEARN
        };
        nicira::action(w, subtype, |w| {
            w.u16(self.idle_timeout);
            w.u16(self.hard_timeout);
            w.u16(self.priority);
            w.u64(self.cookie);
            w.u16(self.wire_flags());
            w.bytes(&[self.table, 0]);
            w.u16(self.fin_idle_timeout);
            w.u16(self.fin_hard_timeout);
            if second {
                w.u32(self.limit);
                w.u16(self.result.map_or(0, Subfield::offset));
                w.zeros(2);
            }
            if let Some(result) = self.result {
                w.u32(nicira::short_header("learn", result.field())?);
            }
            self.specs.iter().try_for_each(|spec| spec.encode(w))
        })
    }

    pub(super) fn decode(r: &mut Reader<'_>, subtype: u16) -> Result<Self, DecodeError> {
        r.name("learn");
        let mut learn = Learn {
            idle_timeout: r.u16()?,
            hard_timeout: r.u16()?,
            priority: r.u16()?,
            cookie: r.u64()?,
            ..Learn::default()
        };
        let flags = r.u16()?;
        if flags & SEND_FLOW_REMOVED != 0 {
            learn.flags = FlowFlags::SEND_FLOW_REMOVED;
        }
        learn.delete_learned = flags & DELETE_LEARNED != 0;
        learn.table = r.u8()?;
        r.skip(1)?;
        learn.fin_idle_timeout = r.u16()?;
        learn.fin_hard_timeout = r.u16()?;
        if subtype == nicira::LEARN2 {
            learn.limit = r.u32()?;
            let offset = r.u16()?;
            r.skip(2)?;
            if flags & WRITE_RESULT != 0 {
                let field = nicira::read_field(r)?;
                learn.result = Some(nicira::subfield(r, field, offset, 1)?);
            }
        }
        while let Some(spec) = LearnSpec::decode(r)? {
            learn.specs.push(spec);
        }
        r.rest();
        Ok(learn)
    }
}

impl LearnSpec {
    fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let (target, place) = match self.target {
            LearnTarget::Match(target) => (TARGET_MATCH, Some(target)),
            LearnTarget::Load(target) => (TARGET_LOAD, Some(target)),
            LearnTarget::Output => (TARGET_OUTPUT, None),
        };
        match self.source {
            LearnSource::Field(source) => {
                w.u16(target | source.bits());
                encode_part(w, source)?;
            }
            LearnSource::Value(value, bits) => {
                w.u16(target | SOURCE_VALUE | bits);
                w.uint(value, 2 * usize::from(bits.div_ceil(16)));
            }
        }
        place.map_or(Ok(()), |place| encode_part(w, place))
    }

    /// The next spec; `None` at the end, or at the zeros before it.
    fn decode(r: &mut Reader<'_>) -> Result<Option<Self>, DecodeError> {
        if r.remaining() < 2 {
            return Ok(None);
        }
        let offset = r.offset();
        let header = r.u16()?;
        if header == 0 {
            return Ok(None);
        }
        let bits = header & BITS;
        if bits == 0 || bits > 128 {
            let value = header.into();
            return Err(r.error_at(offset, Problem::BadValue { value }));
        }
        let source = if header & SOURCE_VALUE != 0 {
            let value = r.uint(2 * usize::from(bits.div_ceil(16)))?;
            LearnSource::Value(value & u128::MAX >> (128 - bits), bits)
        } else {
            LearnSource::Field(decode_part(r, bits)?)
        };
        let target = match (header & TARGET, source) {
            (TARGET_MATCH, _) => LearnTarget::Match(decode_part(r, bits)?),
            (TARGET_LOAD, _) => LearnTarget::Load(decode_part(r, bits)?),
            (TARGET_OUTPUT, LearnSource::Field(_)) => LearnTarget::Output,
            _ => {
                let value = header.into();
                return Err(r.error_at(offset, Problem::BadValue { value }));
            }
        };
        Ok(Some(LearnSpec { source, target }))
    }
}

fn encode_part(w: &mut Writer<'_>, part: Subfield) -> Result<(), EncodeError> {
    w.u32(nicira::short_header("learn", part.field())?);
    w.u16(part.offset());
    Ok(())
}

fn decode_part(r: &mut Reader<'_>, bits: u16) -> Result<Subfield, DecodeError> {
    let field = nicira::read_field(r)?;
    let offset = r.u16()?;
    nicira::subfield(r, field, offset, bits)
}
