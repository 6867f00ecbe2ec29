//! The connection tracker's action (NXAST_CT).

use super::{Action, Nat, nicira};
use crate::codec::{Reader, Writer};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::oxm::Subfield;

const COMMIT: u16 = 1 << 0;
const FORCE: u16 = 1 << 1;
/// The table that stands for none.
const TABLE_NONE: u8 = 0xff;

/// Gives the packet to the connection tracker.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ct {
    /// Makes the connection known.
    pub commit: bool,
    /// With `commit`: if the connection is known in the other direction, it starts anew in this.
    pub force: bool,
    /// Which connections are the same.
    pub zone: Zone,
    /// The table where the packet goes on, with its connection known; `None`: it does not.
    pub table: Option<u8>,
    /// Application helper, by its port: 21 for FTP, 69 for TFTP; 0 for none.
    pub alg: u16,
    /// What is done with the connection: [`Action::Nat`], and writes to its mark and label.
    pub actions: Vec<Action>,
}

/// The zone of the connection tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    /// This one.
    Fixed(u16),
    /// The one that a field names: 16 bits at most.
    From(Subfield),
}

impl Default for Zone {
    fn default() -> Self {
        Zone::Fixed(0)
    }
}

impl Ct {
    /// Sends the packet through the tracker in a zone and on to a table.
    pub fn to_table(zone: Zone, table: u8) -> Self {
        Ct {
            zone,
            table: Some(table),
            ..Ct::default()
        }
    }

    /// Makes the connection known in a zone.
    pub fn commit(zone: Zone) -> Self {
        Ct {
            commit: true,
            zone,
            ..Ct::default()
        }
    }

    /// With addresses translated.
    #[must_use]
    pub fn nat(mut self, nat: Nat) -> Self {
        self.actions.push(Action::Nat(Box::new(nat)));
        self
    }

    /// With this done to the connection: writes to its mark or label.
    #[must_use]
    pub fn exec(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }
}

impl From<Ct> for Action {
    fn from(ct: Ct) -> Self {
        Action::Ct(Box::new(ct))
    }
}

impl Ct {
    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let commit = if self.commit { COMMIT } else { 0 };
        let force = if self.force { FORCE } else { 0 };
        w.u16(commit | force);
        match self.zone {
            Zone::Fixed(zone) => {
                w.u32(0);
                w.u16(zone);
            }
            Zone::From(source) => {
                w.u32(nicira::short_header("ct", source.field())?);
                w.u16(source.offset_and_bits());
            }
        }
        w.u8(self.table.unwrap_or(TABLE_NONE));
        w.zeros(3);
        w.u16(self.alg);
        Action::encode_list(&self.actions, w)
    }

    pub(super) fn decode(r: &mut Reader<'_>, depth: usize) -> Result<Self, DecodeError> {
        r.name("ct");
        let offset = r.offset();
        let flags = r.u16()?;
        if flags & !(COMMIT | FORCE) != 0 {
            let value = flags.into();
            return Err(r.error_at(offset, Problem::BadValue { value }));
        }
        // A header of 0 is NXM_OF_IN_PORT without a length: it stands for no field.
        let zone = if r.peek().starts_with(&[0; 4]) {
            r.skip(4)?;
            Zone::Fixed(r.u16()?)
        } else {
            let field = nicira::read_field(r)?;
            let (offset, bits) = nicira::read_offset_and_bits(r)?;
            Zone::From(nicira::subfield(r, field, offset, bits)?)
        };
        let table = Some(r.u8()?).filter(|table| *table != TABLE_NONE);
        r.skip(3)?;
        Ok(Ct {
            commit: flags & COMMIT != 0,
            force: flags & FORCE != 0,
            zone,
            table,
            alg: r.u16()?,
            actions: Action::decode_nested(r, depth + 1)?,
        })
    }
}
