//! Roles of several controllers at one switch: OFPT_ROLE_REQUEST, OFPT_ROLE_REPLY (OpenFlow 1.3.5
//! §7.3.9) and the ONF extension that tells a controller when its role changes (message 1911).

use crate::DecodeError;
use crate::codec::{Reader, Writer};
use crate::number::wire_number;

/// A switch that has seen no generation id yet says so with all bits set.
const NO_GENERATION: u64 = u64::MAX;

wire_number! {
    /// OFPCR_ROLE_*: what a controller may do.
    Role: u32 {
        /// Asks for the role as it is and changes nothing.
        NO_CHANGE = 0 "nochange";
        /// May do everything, as the others may.
        EQUAL = 1 "equal";
        /// May do everything; the one that was it before becomes secondary.
        PRIMARY = 2 "primary";
        /// May only read, and hears of port changes only.
        SECONDARY = 3 "secondary";
    }
}

wire_number! {
    /// OFPCRR_*: why a role changed.
    RoleReason: u8 {
        /// Another controller became primary.
        PRIMARY_REQUEST = 0 "primary_request";
        /// The switch was configured so.
        CONFIG = 1 "configuration_changed";
        /// An experimenter's reason.
        EXPERIMENTER = 2 "experimenter_data_changed";
    }
}

/// Asks for a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleRequest {
    /// Which one.
    pub role: Role,
    /// Grows with each election of a primary (modulo 2^64). A switch refuses a primary or secondary
    /// request that bears an older one; for the other roles it does not matter.
    pub generation_id: u64,
}

/// The role a controller has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleReply {
    /// Which one.
    pub role: Role,
    /// The newest generation id the switch has seen.
    pub generation_id: Option<u64>,
}

/// The role of a controller has changed without its asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleStatus {
    /// The role it has now.
    pub role: Role,
    /// Why.
    pub reason: RoleReason,
    /// The newest generation id the switch has seen.
    pub generation_id: Option<u64>,
}

impl RoleRequest {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u32(self.role.0);
        w.zeros(4);
        w.u64(self.generation_id);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let role = Role(r.u32()?);
        r.skip(4)?;
        Ok(RoleRequest {
            role,
            generation_id: r.u64()?,
        })
    }
}

impl RoleReply {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u32(self.role.0);
        w.zeros(4);
        w.u64(self.generation_id.unwrap_or(NO_GENERATION));
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let role = Role(r.u32()?);
        r.skip(4)?;
        Ok(RoleReply {
            role,
            generation_id: generation(r.u64()?),
        })
    }
}

impl RoleStatus {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u32(self.role.0);
        w.u8(self.reason.0);
        w.zeros(3);
        w.u64(self.generation_id.unwrap_or(NO_GENERATION));
    }

    /// Properties may follow; none are defined, and they are passed over.
    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let role = Role(r.u32()?);
        let reason = RoleReason(r.u8()?);
        r.skip(3)?;
        let generation_id = generation(r.u64()?);
        r.rest();
        Ok(RoleStatus {
            role,
            reason,
            generation_id,
        })
    }
}

fn generation(id: u64) -> Option<u64> {
    (id != NO_GENERATION).then_some(id)
}
