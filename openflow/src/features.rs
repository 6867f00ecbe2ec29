//! OFPT_FEATURES_REPLY (OpenFlow 1.3.5 §7.3.1).

use crate::DecodeError;
use crate::codec::{Reader, Writer};
use crate::number::wire_flags;

/// What a switch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Features {
    /// Names the bridge: by default its MAC address in the lower 48 bits.
    pub datapath_id: u64,
    /// How many packets it buffers; Open vSwitch buffers none.
    pub buffers: u32,
    /// How many flow tables it has.
    pub tables: u8,
    /// 0 for the main connection, else the number of an auxiliary one.
    pub auxiliary_id: u8,
    /// What it can do.
    pub capabilities: Capabilities,
}

wire_flags! {
    /// OFPC_*: what a switch can do.
    Capabilities: u32 {
        FLOW_STATS = 1 << 0;
        TABLE_STATS = 1 << 1;
        PORT_STATS = 1 << 2;
        GROUP_STATS = 1 << 3;
        IP_REASSEMBLY = 1 << 5;
        QUEUE_STATS = 1 << 6;
        PORT_BLOCKED = 1 << 8;
    }
}

impl Features {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) {
        w.u64(self.datapath_id);
        w.u32(self.buffers);
        w.u8(self.tables);
        w.u8(self.auxiliary_id);
        w.zeros(2);
        w.u32(self.capabilities.0);
        w.zeros(4);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let datapath_id = r.u64()?;
        let buffers = r.u32()?;
        let tables = r.u8()?;
        let auxiliary_id = r.u8()?;
        r.skip(2)?;
        let capabilities = Capabilities(r.u32()?);
        r.skip(4)?;
        Ok(Features {
            datapath_id,
            buffers,
            tables,
            auxiliary_id,
            capabilities,
        })
    }
}
