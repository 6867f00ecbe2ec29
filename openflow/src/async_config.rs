//! Which messages a controller hears unasked: OFPT_SET_ASYNC and OFPT_GET_ASYNC_REPLY (OpenFlow 1.3.5
//! §7.3.10).

use crate::DecodeError;
use crate::codec::{Reader, Writer};

/// For each kind of message a bit per reason, bit n for reason n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsyncConfig {
    /// While the controller is primary or equal.
    pub primary: AsyncMasks,
    /// While it is secondary.
    pub secondary: AsyncMasks,
}

/// The reasons for which each kind of message is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsyncMasks {
    /// Of packet-ins.
    pub packet_in: u32,
    /// Of port status messages.
    pub port_status: u32,
    /// Of flow removed messages.
    pub flow_removed: u32,
}

impl AsyncConfig {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        let (primary, secondary) = (self.primary, self.secondary);
        w.u32(primary.packet_in);
        w.u32(secondary.packet_in);
        w.u32(primary.port_status);
        w.u32(secondary.port_status);
        w.u32(primary.flow_removed);
        w.u32(secondary.flow_removed);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut primary, mut secondary) = (AsyncMasks::default(), AsyncMasks::default());
        primary.packet_in = r.u32()?;
        secondary.packet_in = r.u32()?;
        primary.port_status = r.u32()?;
        secondary.port_status = r.u32()?;
        primary.flow_removed = r.u32()?;
        secondary.flow_removed = r.u32()?;
        Ok(AsyncConfig { primary, secondary })
    }
}
