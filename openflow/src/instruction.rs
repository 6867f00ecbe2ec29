//! Instructions: what a flow has done to its packets (OpenFlow 1.3.5 §7.2.4).

use crate::action::Action;
use crate::codec::{Reader, Writer};
use crate::error::{DecodeError, EncodeError, Problem};

const GOTO_TABLE: u16 = 1;
const WRITE_METADATA: u16 = 2;
const WRITE_ACTIONS: u16 = 3;
const APPLY_ACTIONS: u16 = 4;
const CLEAR_ACTIONS: u16 = 5;
const METER: u16 = 6;

/// What a flow has done to its packets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Instruction {
    /// Goes on in a later table.
    GotoTable(u8),
    /// Writes bits of the metadata.
    WriteMetadata {
        /// The bits in `mask`.
        value: u64,
        /// Which bits.
        mask: u64,
    },
    /// Merges these into the action set, done at the end.
    WriteActions(Vec<Action>),
    /// Does these now.
    ApplyActions(Vec<Action>),
    /// Empties the action set.
    ClearActions,
    /// Passes the packet through a meter, before all else.
    Meter(u32),
    /// An instruction that this crate does not know.
    Unknown {
        /// Its type.
        kind: u16,
        /// What follows the length.
        body: Vec<u8>,
    },
}

impl Instruction {
    /// Its place in the order in which a switch does instructions, and in which Open vSwitch shows
    /// them.
    pub fn rank(&self) -> u16 {
        match self {
            Instruction::Meter(_) => 0,
            Instruction::ApplyActions(_) => 1,
            Instruction::ClearActions => 2,
            Instruction::WriteActions(_) => 3,
            Instruction::WriteMetadata { .. } => 4,
            Instruction::GotoTable(_) => 5,
            Instruction::Unknown { .. } => 6,
        }
    }

    /// Writes them one after another.
    pub fn encode_list(list: &[Instruction], w: &mut Writer<'_>) -> Result<(), EncodeError> {
        list.iter().try_for_each(|one| one.encode(w))
    }

    /// Reads them up to the end of the reader.
    pub fn decode_list(r: &mut Reader<'_>) -> Result<Vec<Instruction>, DecodeError> {
        let mut list = Vec::new();
        while !r.is_empty() {
            list.push(Instruction::decode(r)?);
        }
        Ok(list)
    }

    fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let what = "instruction";
        match self {
            Instruction::GotoTable(table) => {
                w.u64(u64::from(GOTO_TABLE) << 48 | 8 << 32 | u64::from(*table) << 24);
                Ok(())
            }
            Instruction::WriteMetadata { value, mask } => w.element(what, WRITE_METADATA, |w| {
                w.zeros(4);
                w.u64(*value);
                w.u64(*mask);
                Ok(())
            }),
            Instruction::WriteActions(actions) => encode_actions(WRITE_ACTIONS, actions, w),
            Instruction::ApplyActions(actions) => encode_actions(APPLY_ACTIONS, actions, w),
            Instruction::ClearActions => encode_actions(CLEAR_ACTIONS, &[], w),
            Instruction::Meter(meter) => w.element(what, METER, |w| {
                w.u32(*meter);
                Ok(())
            }),
            Instruction::Unknown { kind, body } => w.element(what, *kind, |w| {
                w.bytes(body);
                Ok(())
            }),
        }
    }

    fn decode(r: &mut Reader<'_>) -> Result<Instruction, DecodeError> {
        let offset = r.offset();
        let kind = r.u16()?;
        let length = usize::from(r.u16()?);
        if !length.is_multiple_of(8) {
            return Err(r.error_at(offset + 2, Problem::Unaligned { length }));
        }
        let mut body = r.sub_of("instruction", length, 4)?;
        let r = &mut body;
        let instruction = match kind {
            GOTO_TABLE => {
                let table = r.u8()?;
                r.skip(3)?;
                Instruction::GotoTable(table)
            }
            WRITE_METADATA => {
                r.skip(4)?;
                let (value, mask) = (r.u64()?, r.u64()?);
                Instruction::WriteMetadata { value, mask }
            }
            WRITE_ACTIONS => Instruction::WriteActions(decode_actions(r)?),
            APPLY_ACTIONS => Instruction::ApplyActions(decode_actions(r)?),
            CLEAR_ACTIONS => {
                r.skip(4)?;
                Instruction::ClearActions
            }
            METER => Instruction::Meter(r.u32()?),
            kind => Instruction::Unknown {
                kind,
                body: r.rest().to_vec(),
            },
        };
        r.finish()?;
        Ok(instruction)
    }
}

fn encode_actions(kind: u16, actions: &[Action], w: &mut Writer<'_>) -> Result<(), EncodeError> {
    w.element("instruction", kind, |w| {
        w.zeros(4);
        Action::encode_list(actions, w)
    })
}

fn decode_actions(r: &mut Reader<'_>) -> Result<Vec<Action>, DecodeError> {
    r.skip(4)?;
    Action::decode_list(r)
}
