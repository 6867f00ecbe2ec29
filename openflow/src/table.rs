//! Flow tables: OFPT_TABLE_MOD, their statistics and features (OpenFlow 1.3.5 §7.3.3, §7.3.5.4,
//! §7.3.5.5).

use crate::codec::{Reader, Writer, fit_u16};
use crate::property;
use crate::{DecodeError, EncodeError};

/// Bytes of a table's name on the wire, with the NUL that ends it.
const NAME_BYTES: usize = 32;
/// The class of match fields that carry an experimenter's id after their header, and the type of
/// instructions and actions that do.
const EXPERIMENTER: u16 = 0xffff;

const INSTRUCTIONS: u16 = 0;
const NEXT_TABLES: u16 = 2;
const WRITE_ACTIONS: u16 = 4;
const APPLY_ACTIONS: u16 = 6;
const MATCH: u16 = 8;
const WILDCARDS: u16 = 10;
const WRITE_SET_FIELD: u16 = 12;
const APPLY_SET_FIELD: u16 = 14;
/// Set in the number of a property that is about the table-miss flow.
const MISS: u16 = 1;

/// Sets a table. OpenFlow 1.3 defines no bit of the configuration any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableMod {
    /// The table; 0xff: all.
    pub table: u8,
    /// OFPTC_* bits.
    pub config: u32,
}

/// Counters of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableStats {
    /// The table.
    pub table: u8,
    /// Flows in it.
    pub active: u32,
    /// Packets looked up.
    pub lookups: u64,
    /// Packets that matched a flow.
    pub matches: u64,
}

/// What a table can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFeatures {
    /// The table.
    pub table: u8,
    /// Its name, at most 31 bytes.
    pub name: String,
    /// Bits of the metadata it can match.
    pub metadata_match: u64,
    /// Bits of the metadata it can write.
    pub metadata_write: u64,
    /// OFPTC_* bits it supports.
    pub config: u32,
    /// How many flows it holds at most.
    pub entries_max: u32,
    /// The rest.
    pub properties: Vec<TableProperty>,
}

/// A property of a table. `miss` tells that it is about the table-miss flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableProperty {
    /// Instructions of its flows.
    Instructions {
        /// Of the table-miss flow.
        miss: bool,
        /// Their types.
        kinds: Vec<FeatureId>,
    },
    /// Tables its flows can go to.
    NextTables {
        /// Of the table-miss flow.
        miss: bool,
        /// Their numbers.
        tables: Vec<u8>,
    },
    /// Actions of its flows.
    Actions {
        /// By which instruction.
        by: Manner,
        /// Of the table-miss flow.
        miss: bool,
        /// Their types.
        kinds: Vec<FeatureId>,
    },
    /// Fields its flows can set.
    SetField {
        /// By which instruction.
        by: Manner,
        /// Of the table-miss flow.
        miss: bool,
        /// The fields.
        fields: Vec<FieldId>,
    },
    /// Fields it can match.
    Match(Vec<FieldId>),
    /// Fields it can leave out.
    Wildcards(Vec<FieldId>),
    /// Any other property.
    Other {
        /// Its type.
        kind: u16,
        /// Its value.
        value: Vec<u8>,
    },
}

/// By which instruction an action comes into effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Write-Actions.
    Write,
    /// Apply-Actions.
    Apply,
}

/// The type of an instruction or action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureId {
    /// OFPIT_* or OFPAT_*.
    pub kind: u16,
    /// Whose it is, where `kind` is 0xffff.
    pub experimenter: Option<u32>,
}

/// A match field, by its OXM header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldId {
    /// Class, field number, mask bit and length.
    pub header: u32,
    /// Whose it is, where the class is 0xffff.
    pub experimenter: Option<u32>,
}

impl TableMod {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u8(self.table);
        w.zeros(3);
        w.u32(self.config);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let table = r.u8()?;
        r.skip(3)?;
        Ok(TableMod {
            table,
            config: r.u32()?,
        })
    }
}

impl TableStats {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u8(self.table);
        w.zeros(3);
        w.u32(self.active);
        w.u64(self.lookups);
        w.u64(self.matches);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let table = r.u8()?;
        r.skip(3)?;
        Ok(TableStats {
            table,
            active: r.u32()?,
            lookups: r.u64()?,
            matches: r.u64()?,
        })
    }
}

impl TableFeatures {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let start = w.len();
        w.u16(0);
        w.u8(self.table);
        w.zeros(5);
        w.text(&self.name, NAME_BYTES);
        w.u64(self.metadata_match);
        w.u64(self.metadata_write);
        w.u32(self.config);
        w.u32(self.entries_max);
        for property in &self.properties {
            property.encode(w)?;
        }
        w.set_u16(start, fit_u16("table features", w.len() - start)?);
        Ok(())
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = usize::from(r.u16()?);
        let mut r = r.sub_of("table features", length, 2)?;
        let table = r.u8()?;
        r.skip(5)?;
        let mut features = TableFeatures {
            table,
            name: r.text(NAME_BYTES)?,
            metadata_match: r.u64()?,
            metadata_write: r.u64()?,
            config: r.u32()?,
            entries_max: r.u32()?,
            properties: Vec::new(),
        };
        while !r.is_empty() {
            features.properties.push(TableProperty::decode(&mut r)?);
        }
        Ok(features)
    }
}

impl TableProperty {
    fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let mut value = Vec::new();
        let mut inside = Writer::new(&mut value);
        let kind = match self {
            TableProperty::Instructions { miss, kinds } => {
                kinds.iter().for_each(|kind| kind.encode(&mut inside));
                INSTRUCTIONS + u16::from(*miss)
            }
            TableProperty::NextTables { miss, tables } => {
                inside.bytes(tables);
                NEXT_TABLES + u16::from(*miss)
            }
            TableProperty::Actions { by, miss, kinds } => {
                kinds.iter().for_each(|kind| kind.encode(&mut inside));
                by.choose(WRITE_ACTIONS, APPLY_ACTIONS) + u16::from(*miss)
            }
            TableProperty::SetField { by, miss, fields } => {
                fields.iter().for_each(|field| field.encode(&mut inside));
                by.choose(WRITE_SET_FIELD, APPLY_SET_FIELD) + u16::from(*miss)
            }
            TableProperty::Match(fields) => {
                fields.iter().for_each(|field| field.encode(&mut inside));
                MATCH
            }
            TableProperty::Wildcards(fields) => {
                fields.iter().for_each(|field| field.encode(&mut inside));
                WILDCARDS
            }
            TableProperty::Other { kind, value } => {
                inside.bytes(value);
                *kind
            }
        };
        property::put(w, kind, &value)
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (kind, mut value) = property::next(r)?;
        let miss = kind & MISS != 0;
        Ok(match kind {
            MATCH => TableProperty::Match(FieldId::decode_all(&mut value)?),
            WILDCARDS => TableProperty::Wildcards(FieldId::decode_all(&mut value)?),
            _ => match kind & !MISS {
                INSTRUCTIONS => TableProperty::Instructions {
                    miss,
                    kinds: FeatureId::decode_all(&mut value)?,
                },
                NEXT_TABLES => TableProperty::NextTables {
                    miss,
                    tables: value.rest().to_vec(),
                },
                WRITE_ACTIONS | APPLY_ACTIONS => TableProperty::Actions {
                    by: Manner::of(kind & !MISS == WRITE_ACTIONS),
                    miss,
                    kinds: FeatureId::decode_all(&mut value)?,
                },
                WRITE_SET_FIELD | APPLY_SET_FIELD => TableProperty::SetField {
                    by: Manner::of(kind & !MISS == WRITE_SET_FIELD),
                    miss,
                    fields: FieldId::decode_all(&mut value)?,
                },
                _ => TableProperty::Other {
                    kind,
                    value: value.rest().to_vec(),
                },
            },
        })
    }
}

impl Manner {
    fn of(write: bool) -> Self {
        if write { Manner::Write } else { Manner::Apply }
    }

    fn choose(self, write: u16, apply: u16) -> u16 {
        match self {
            Manner::Write => write,
            Manner::Apply => apply,
        }
    }
}

impl FeatureId {
    fn encode(&self, w: &mut Writer<'_>) {
        w.u16(self.kind);
        w.u16(if self.experimenter.is_some() { 8 } else { 4 });
        if let Some(experimenter) = self.experimenter {
            w.u32(experimenter);
        }
    }

    fn decode_all(r: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        let mut ids = Vec::new();
        while !r.is_empty() {
            let kind = r.u16()?;
            let length = usize::from(r.u16()?);
            let mut id = r.sub_of("instruction or action id", length, 4)?;
            let experimenter = if id.is_empty() { None } else { Some(id.u32()?) };
            ids.push(FeatureId { kind, experimenter });
        }
        Ok(ids)
    }
}

impl FieldId {
    fn encode(&self, w: &mut Writer<'_>) {
        w.u32(self.header);
        if let Some(experimenter) = self.experimenter {
            w.u32(experimenter);
        }
    }

    fn decode_all(r: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        let mut ids = Vec::new();
        while !r.is_empty() {
            let header = r.u32()?;
            let foreign = header >> 16 == u32::from(EXPERIMENTER);
            let experimenter = if foreign { Some(r.u32()?) } else { None };
            ids.push(FieldId {
                header,
                experimenter,
            });
        }
        Ok(ids)
    }
}
