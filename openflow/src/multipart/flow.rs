//! Questions about flows, and the sum of their counters (OpenFlow 1.3.5 §7.3.5.2, §7.3.5.3).

use crate::codec::{Reader, Writer};
use crate::number::{TABLE_ALL, groups, ports};
use crate::oxm::Match;
use crate::{DecodeError, EncodeError};

/// Selects flows: those for which everything given is so.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowQuery {
    /// Of this table; 0xff: of any.
    pub table: u8,
    /// That send to this port; `OFPP_ANY`: to any.
    pub out_port: u32,
    /// That send to this group; `OFPG_ANY`: to any.
    pub out_group: u32,
    /// Whose cookie, where the bits of the mask are set, is this.
    pub cookie: u64,
    /// See [`FlowQuery::cookie`]; 0: any cookie.
    pub cookie_mask: u64,
    /// That match this or less.
    pub matching: Match,
}

impl FlowQuery {
    /// Every flow.
    pub fn all() -> Self {
        FlowQuery {
            table: TABLE_ALL,
            out_port: ports::ANY,
            out_group: groups::ANY,
            cookie: 0,
            cookie_mask: 0,
            matching: Match::new(),
        }
    }

    /// Only flows whose cookie is `cookie` where the bits of `mask` are set.
    pub fn with_cookie(self, cookie: u64, mask: u64) -> Self {
        FlowQuery {
            cookie,
            cookie_mask: mask,
            ..self
        }
    }

    /// Only flows of this table.
    pub fn in_table(self, table: u8) -> Self {
        FlowQuery { table, ..self }
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.table);
        w.zeros(3);
        w.u32(self.out_port);
        w.u32(self.out_group);
        w.zeros(4);
        w.u64(self.cookie);
        w.u64(self.cookie_mask);
        self.matching.encode(w)
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let table = r.u8()?;
        r.skip(3)?;
        let out_port = r.u32()?;
        let out_group = r.u32()?;
        r.skip(4)?;
        let cookie = r.u64()?;
        let cookie_mask = r.u64()?;
        let matching = Match::decode(r)?;
        Ok(FlowQuery {
            table,
            out_port,
            out_group,
            cookie,
            cookie_mask,
            matching,
        })
    }
}

/// Counters of flows, summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregateStats {
    /// Packets they saw.
    pub packets: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// How many flows they are.
    pub flows: u32,
}

impl AggregateStats {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u64(self.packets);
        w.u64(self.bytes);
        w.u32(self.flows);
        w.zeros(4);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let stats = AggregateStats {
            packets: r.u64()?,
            bytes: r.u64()?,
            flows: r.u32()?,
        };
        r.skip(4)?;
        Ok(stats)
    }
}
