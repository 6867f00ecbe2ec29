//! OFPT_FLOW_REMOVED (OpenFlow 1.3.5 §7.4.2).

use crate::codec::{Reader, Writer};
use crate::flow::FlowKey;
use crate::number::wire_number;
use crate::oxm::Match;
use crate::{DecodeError, EncodeError};

wire_number! {
    /// OFPRR_*: why a flow went.
    RemovedReason: u8 {
        /// No packet for its idle timeout.
        IDLE_TIMEOUT = 0 "idle";
        /// Its hard timeout is over.
        HARD_TIMEOUT = 1 "hard";
        /// A flow mod deleted it.
        DELETE = 2 "delete";
        /// Its group was deleted.
        GROUP_DELETE = 3 "group_delete";
        /// Its meter was deleted (OpenFlow 1.4).
        METER_DELETE = 4 "meter_delete";
        /// The switch needed the room (OpenFlow 1.4).
        EVICTION = 5 "eviction";
    }
}

/// A flow that asked for it is gone.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowRemoved {
    /// Which flow.
    pub key: FlowKey,
    /// Its cookie.
    pub cookie: u64,
    /// Why it went.
    pub reason: RemovedReason,
    /// How long it was there, in seconds.
    pub duration_seconds: u32,
    /// What comes on top of the seconds, in nanoseconds.
    pub duration_nanoseconds: u32,
    /// Its idle timeout in seconds; 0: none.
    pub idle_timeout: u16,
    /// Its hard timeout in seconds; 0: none.
    pub hard_timeout: u16,
    /// Packets it saw.
    pub packets: u64,
    /// Bytes of those.
    pub bytes: u64,
}

impl FlowRemoved {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u64(self.cookie);
        w.u16(self.key.priority);
        w.u8(self.reason.0);
        w.u8(self.key.table);
        w.u32(self.duration_seconds);
        w.u32(self.duration_nanoseconds);
        w.u16(self.idle_timeout);
        w.u16(self.hard_timeout);
        w.u64(self.packets);
        w.u64(self.bytes);
        self.key.matching.encode(w)
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let cookie = r.u64()?;
        let priority = r.u16()?;
        let reason = RemovedReason(r.u8()?);
        let table = r.u8()?;
        let duration_seconds = r.u32()?;
        let duration_nanoseconds = r.u32()?;
        let idle_timeout = r.u16()?;
        let hard_timeout = r.u16()?;
        let packets = r.u64()?;
        let bytes = r.u64()?;
        let key = FlowKey {
            table,
            priority,
            matching: Match::decode(r)?,
        };
        Ok(FlowRemoved {
            key,
            cookie,
            reason,
            duration_seconds,
            duration_nanoseconds,
            idle_timeout,
            hard_timeout,
            packets,
            bytes,
        })
    }
}
