//! The ONF flow monitor extension on OpenFlow 1.3 (multipart type and messages from 1870), as Open
//! vSwitch carries it: a switch reports each change to the flows that a monitor selects.

use crate::codec::{Reader, Writer, fit_u16};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::flow::FlowKey;
use crate::flow_removed::RemovedReason;
use crate::instruction::Instruction;
use crate::number::wire_flags;
use crate::oxm::Match;

const ADDED: u16 = 0;
const DELETED: u16 = 1;
const MODIFIED: u16 = 2;
const ABBREVIATED: u16 = 3;

wire_flags! {
    /// ONFFMF_*: which changes a monitor reports, and how fully.
    MonitorFlags: u16 {
        INITIAL = 1 << 0;
        ADD = 1 << 1;
        DELETE = 1 << 2;
        MODIFY = 1 << 3;
        ACTIONS = 1 << 4;
        OWN = 1 << 5;
    }
}

/// Asks for reports of changes.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowMonitor {
    /// Names the monitor on this connection.
    pub id: u32,
    /// What to report.
    pub flags: MonitorFlags,
    /// Only flows that send here; `OFPP_ANY`: any.
    pub out_port: u32,
    /// Only flows of this table; 0xff: any.
    pub table: u8,
    /// Only flows that match this or less.
    pub matching: Match,
}

/// A change to a flow.
#[derive(Clone, Debug, PartialEq)]
pub enum FlowUpdate {
    /// The flow is new, or was there when the monitor began.
    Added(MonitoredFlow),
    /// The flow is gone.
    Deleted(MonitoredFlow, RemovedReason),
    /// The flow is not what it was.
    Modified(MonitoredFlow),
    /// A request of this very connection changed flows, and it did not ask to be told more.
    Own {
        /// The transaction id of that request.
        xid: u32,
    },
}

/// A flow as a monitor reports it.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitoredFlow {
    /// Which flow.
    pub key: FlowKey,
    /// Its cookie.
    pub cookie: u64,
    /// Its idle timeout in seconds; 0: none.
    pub idle_timeout: u16,
    /// Its hard timeout in seconds; 0: none.
    pub hard_timeout: u16,
    /// What it does, where [`MonitorFlags::ACTIONS`] asks for it and the flow is still there.
    pub instructions: Vec<Instruction>,
}

impl FlowMonitor {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u32(self.id);
        w.u16(self.flags.0);
        let length_at = w.len();
        w.u16(0);
        w.u32(self.out_port);
        w.u8(self.table);
        w.zeros(3);
        let start = w.len();
        self.matching.encode(w)?;
        w.set_u16(length_at, match_length("flow monitor", w, start)?);
        Ok(())
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let id = r.u32()?;
        let flags = MonitorFlags(r.u16()?);
        // The match says its length itself.
        r.skip(2)?;
        let out_port = r.u32()?;
        let table = r.u8()?;
        r.skip(3)?;
        Ok(FlowMonitor {
            id,
            flags,
            out_port,
            table,
            matching: Match::decode(r)?,
        })
    }
}

impl FlowUpdate {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let (event, reason, flow) = match self {
            FlowUpdate::Own { xid } => {
                w.u16(8);
                w.u16(ABBREVIATED);
                w.u32(*xid);
                return Ok(());
            }
            FlowUpdate::Added(flow) => (ADDED, 0, flow),
            FlowUpdate::Deleted(flow, reason) => (DELETED, u16::from(reason.0), flow),
            FlowUpdate::Modified(flow) => (MODIFIED, 0, flow),
        };
        let start = w.len();
        w.u16(0);
        w.u16(event);
        w.u16(reason);
        w.u16(flow.key.priority);
        w.u16(flow.idle_timeout);
        w.u16(flow.hard_timeout);
        let length_at = w.len();
        w.u16(0);
        w.u8(flow.key.table);
        w.zeros(1);
        w.u64(flow.cookie);
        let match_start = w.len();
        flow.key.matching.encode(w)?;
        w.set_u16(length_at, match_length("flow update", w, match_start)?);
        Instruction::encode_list(&flow.instructions, w)?;
        w.set_u16(start, fit_u16("flow update", w.len() - start)?);
        Ok(())
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = usize::from(r.u16()?);
        let mut r = r.sub_of("flow update", length, 2)?;
        let event = r.u16()?;
        if event == ABBREVIATED {
            return Ok(FlowUpdate::Own { xid: r.u32()? });
        }
        let reason = r.u16()?;
        let priority = r.u16()?;
        let idle_timeout = r.u16()?;
        let hard_timeout = r.u16()?;
        // The match says its length itself.
        r.skip(2)?;
        let table = r.u8()?;
        r.skip(1)?;
        let cookie = r.u64()?;
        let matching = Match::decode(&mut r)?;
        let instructions = Instruction::decode_list(&mut r)?;
        let key = FlowKey {
            table,
            priority,
            matching,
        };
        let flow = MonitoredFlow {
            key,
            cookie,
            idle_timeout,
            hard_timeout,
            instructions,
        };
        match event {
            ADDED => Ok(FlowUpdate::Added(flow)),
            DELETED => {
                let reason = u8::try_from(reason).map_err(|_| {
                    r.error(Problem::Unknown {
                        value: reason.into(),
                    })
                })?;
                Ok(FlowUpdate::Deleted(flow, RemovedReason(reason)))
            }
            MODIFIED => Ok(FlowUpdate::Modified(flow)),
            other => Err(r.error(Problem::Unknown {
                value: other.into(),
            })),
        }
    }
}

/// What the length field beside a match holds: the match's own length, without its filling.
fn match_length(what: &'static str, w: &Writer<'_>, start: usize) -> Result<u16, EncodeError> {
    w.u16_at(start + 2).ok_or(EncodeError::TooLong {
        what,
        length: w.len() - start,
    })
}
