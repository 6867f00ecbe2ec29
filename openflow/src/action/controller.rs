//! The `controller` action (NXAST_CONTROLLER and NXAST_CONTROLLER2).

use super::nicira;
use crate::codec::{Reader, Writer, fit_u16};
use crate::error::{DecodeError, EncodeError, Problem};

/// Properties of NXAST_CONTROLLER2.
const MAX_LEN: u16 = 0;
const CONTROLLER_ID: u16 = 1;
const REASON: u16 = 2;
const USERDATA: u16 = 3;
const PAUSE: u16 = 4;
const METER_ID: u16 = 5;

/// Reason of a packet-in: an action (OFPR_ACTION).
const REASON_ACTION: u8 = 1;

/// Sends the packet to controllers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Controller {
    /// Bytes of the packet to send; 0xffff for all.
    pub max_len: u16,
    /// Which controllers: those with this id.
    pub controller_id: u16,
    /// Why, as the packet-in says it: OFPR_*; 1 for an action.
    pub reason: u8,
    /// What the packet-in carries back.
    pub userdata: Vec<u8>,
    /// Whether the packet waits until the controller lets it go on (NXT_RESUME).
    pub pause: bool,
    /// The meter it must pass; 0 for none.
    pub meter_id: u32,
}

impl Default for Controller {
    fn default() -> Self {
        Controller {
            max_len: u16::MAX,
            controller_id: 0,
            reason: REASON_ACTION,
            userdata: Vec::new(),
            pause: false,
            meter_id: 0,
        }
    }
}

impl Controller {
    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        if self.userdata.is_empty() && !self.pause && self.meter_id == 0 {
            return nicira::action(w, nicira::CONTROLLER, |w| {
                w.u16(self.max_len);
                w.u16(self.controller_id);
                w.bytes(&[self.reason, 0]);
                Ok(())
            });
        }
        nicira::action(w, nicira::CONTROLLER2, |w| {
            w.zeros(6);
            if self.max_len != u16::MAX {
                property_u16(w, MAX_LEN, self.max_len)?;
            }
            if self.controller_id != 0 {
                property_u16(w, CONTROLLER_ID, self.controller_id)?;
            }
            if self.reason != REASON_ACTION {
                property(w, REASON, &[self.reason])?;
            }
            if !self.userdata.is_empty() {
                property(w, USERDATA, &self.userdata)?;
            }
            if self.pause {
                property(w, PAUSE, &[])?;
            }
            if self.meter_id != 0 {
                property(w, METER_ID, &self.meter_id.to_be_bytes())?;
            }
            Ok(())
        })
    }

    pub(super) fn decode(r: &mut Reader<'_>, subtype: u16) -> Result<Self, DecodeError> {
        let mut controller = Controller::default();
        if subtype == nicira::CONTROLLER {
            controller.max_len = r.u16()?;
            controller.controller_id = r.u16()?;
            controller.reason = r.u8()?;
            return Ok(controller);
        }
        r.skip(6)?;
        while !r.is_empty() {
            let offset = r.offset();
            let kind = r.u16()?;
            let length = usize::from(r.u16()?);
            let mut value = r.sub_of("property of controller", length, 4)?;
            r.skip(length.next_multiple_of(8) - length)?;
            match kind {
                MAX_LEN => controller.max_len = value.u16()?,
                CONTROLLER_ID => controller.controller_id = value.u16()?,
                REASON => controller.reason = value.u8()?,
                USERDATA => controller.userdata = value.rest().to_vec(),
                PAUSE => controller.pause = true,
                METER_ID => controller.meter_id = value.u32()?,
                kind => {
                    let value = kind.into();
                    return Err(r.error_at(offset, Problem::Unknown { value }));
                }
            }
        }
        Ok(controller)
    }
}

/// Type, length without the filling, value, and zero bytes up to a multiple of eight.
fn property(w: &mut Writer<'_>, kind: u16, value: &[u8]) -> Result<(), EncodeError> {
    let start = w.len();
    w.u16(kind);
    w.u16(fit_u16("property of controller", 4 + value.len())?);
    w.bytes(value);
    w.pad8_from(start);
    Ok(())
}

/// A value of 16 bits, with two more bytes that the length counts, as Open vSwitch has it.
fn property_u16(w: &mut Writer<'_>, kind: u16, value: u16) -> Result<(), EncodeError> {
    let [high, low] = value.to_be_bytes();
    property(w, kind, &[high, low, 0, 0])
}
