//! Packets between switch and controller: OFPT_PACKET_IN, NXT_PACKET_IN2, OFPT_PACKET_OUT and
//! NXT_RESUME (OpenFlow 1.3.5 §7.4.1, §7.3.7; Open vSwitch's Nicira extensions).

use crate::action::Action;
use crate::codec::{Reader, Writer, fit_u16};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::number::{NO_BUFFER, wire_number};
use crate::oxm::Match;
use crate::property;

/// The cookie of a packet that no flow sent.
const NO_COOKIE: u64 = u64::MAX;

const PACKET: u16 = 0;
const FULL_LENGTH: u16 = 1;
const BUFFER_ID: u16 = 2;
const TABLE: u16 = 3;
const COOKIE: u16 = 4;
const REASON: u16 = 5;
const METADATA: u16 = 6;
const USERDATA: u16 = 7;
const CONTINUATION: u16 = 8;

/// How a switch writes packet-ins: the value of NXT_SET_PACKET_IN_FORMAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketInFormat {
    /// OFPT_PACKET_IN: no userdata, no continuation.
    Standard,
    /// NXT_PACKET_IN, which came before the next.
    Nicira,
    /// NXT_PACKET_IN2: everything.
    Nicira2,
}

wire_number! {
    /// OFPR_*: why a packet comes to the controller.
    PacketInReason: u8 {
        /// No flow matched, or the table-miss flow did.
        NO_MATCH = 0 "no_match";
        /// An action sent it.
        ACTION = 1 "action";
        /// Its TTL ran out.
        INVALID_TTL = 2 "invalid_ttl";
        /// The action set sent it (OpenFlow 1.4).
        ACTION_SET = 3 "action_set";
        /// A group sent it (OpenFlow 1.4).
        GROUP = 4 "group";
        /// A packet-out sent it (OpenFlow 1.4).
        PACKET_OUT = 5 "packet_out";
    }
}

/// A packet for the controller, or one that it gives back to go on (NXT_RESUME).
#[derive(Clone, Debug, PartialEq)]
pub struct PacketIn {
    /// The packet, or the beginning of it.
    pub packet: Vec<u8>,
    /// Length of the whole packet.
    pub full_length: u32,
    /// Where the switch keeps it, if it does.
    pub buffer_id: Option<u32>,
    /// The table whose flow sent it.
    pub table: u8,
    /// Cookie of the flow that sent it.
    pub cookie: Option<u64>,
    /// Why it comes.
    pub reason: PacketInReason,
    /// Metadata of the packet: in_port, registers, tunnel, connection tracking. Never masked.
    pub metadata: Match,
    /// What the action said about itself ([`PacketInFormat::Nicira2`] only).
    pub userdata: Vec<u8>,
    /// State of a paused packet, for the switch alone to understand. To resume, give it back as it
    /// came ([`PacketInFormat::Nicira2`] only).
    pub continuation: Option<Vec<u8>>,
}

/// A packet that the controller sends.
#[derive(Clone, Debug, PartialEq)]
pub struct PacketOut {
    /// The packet in the switch's buffer to send instead of `packet`.
    pub buffer_id: Option<u32>,
    /// The port it is as if it came from: one of the switch or `OFPP_CONTROLLER`.
    pub in_port: u32,
    /// What to do with it.
    pub actions: Vec<Action>,
    /// The packet; empty with a buffer id.
    pub packet: Vec<u8>,
}

impl PacketInFormat {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u32(match self {
            PacketInFormat::Standard => 0,
            PacketInFormat::Nicira => 1,
            PacketInFormat::Nicira2 => 2,
        });
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let start = r.offset();
        match r.u32()? {
            0 => Ok(PacketInFormat::Standard),
            1 => Ok(PacketInFormat::Nicira),
            2 => Ok(PacketInFormat::Nicira2),
            other => Err(r.error_at(
                start,
                Problem::Unknown {
                    value: u64::from(other),
                },
            )),
        }
    }
}

impl PacketIn {
    /// OFPT_PACKET_IN. Userdata and continuation have no place in it.
    pub(crate) fn encode_standard(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u32(self.buffer_id.unwrap_or(NO_BUFFER));
        w.u16(fit_u16("packet-in", self.full_length as usize)?);
        w.u8(self.reason.0);
        w.u8(self.table);
        w.u64(self.cookie.unwrap_or(NO_COOKIE));
        self.metadata.encode(w)?;
        w.zeros(2);
        w.bytes(&self.packet);
        Ok(())
    }

    pub(crate) fn decode_standard(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let buffer_id = buffer(r.u32()?);
        let full_length = u32::from(r.u16()?);
        let reason = PacketInReason(r.u8()?);
        let table = r.u8()?;
        let cookie = Some(r.u64()?).filter(|cookie| *cookie != NO_COOKIE);
        let metadata = Match::decode(r)?;
        r.skip(2)?;
        Ok(PacketIn {
            packet: r.rest().to_vec(),
            full_length,
            buffer_id,
            table,
            cookie,
            reason,
            metadata,
            userdata: Vec::new(),
            continuation: None,
        })
    }

    /// NXT_PACKET_IN2, in the order of properties in which Open vSwitch writes them.
    pub(crate) fn encode_properties(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        property::put(w, PACKET, &self.packet)?;
        if self.full_length as usize != self.packet.len() {
            property::put(w, FULL_LENGTH, &self.full_length.to_be_bytes())?;
        }
        if let Some(buffer) = self.buffer_id {
            property::put(w, BUFFER_ID, &buffer.to_be_bytes())?;
        }
        property::put(w, TABLE, &[self.table])?;
        if let Some(cookie) = self.cookie {
            property::put_u64(w, COOKIE, cookie)?;
        }
        property::put(w, REASON, &[self.reason.0])?;
        let mut metadata = Vec::new();
        self.metadata
            .encode_fields(&mut Writer::new(&mut metadata))?;
        property::put(w, METADATA, &metadata)?;
        if let Some(continuation) = &self.continuation {
            property::put_nested(w, CONTINUATION, |w| {
                w.bytes(continuation);
                Ok(())
            })?;
        }
        if !self.userdata.is_empty() {
            property::put(w, USERDATA, &self.userdata)?;
        }
        Ok(())
    }

    /// Properties of unknown types are passed over: a newer switch may say more.
    pub(crate) fn decode_properties(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut packet_in = PacketIn {
            packet: Vec::new(),
            full_length: 0,
            buffer_id: None,
            table: 0,
            cookie: None,
            reason: PacketInReason::NO_MATCH,
            metadata: Match::new(),
            userdata: Vec::new(),
            continuation: None,
        };
        let mut full_length = None;
        while !r.is_empty() {
            let (kind, mut value) = property::next(r)?;
            match kind {
                PACKET => packet_in.packet = value.rest().to_vec(),
                FULL_LENGTH => full_length = Some(value.u32()?),
                BUFFER_ID => packet_in.buffer_id = buffer(value.u32()?),
                TABLE => packet_in.table = value.u8()?,
                COOKIE => {
                    value.skip(4)?;
                    packet_in.cookie = Some(value.u64()?);
                }
                REASON => packet_in.reason = PacketInReason(value.u8()?),
                METADATA => packet_in.metadata = Match::decode_fields(&mut value)?,
                USERDATA => packet_in.userdata = value.rest().to_vec(),
                CONTINUATION => {
                    value.skip(4)?;
                    packet_in.continuation = Some(value.rest().to_vec());
                }
                _ => {}
            }
        }
        let length = u32::try_from(packet_in.packet.len()).unwrap_or(u32::MAX);
        packet_in.full_length = full_length.unwrap_or(length);
        Ok(packet_in)
    }
}

impl PacketOut {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u32(self.buffer_id.unwrap_or(NO_BUFFER));
        w.u32(self.in_port);
        let length_at = w.len();
        w.u16(0);
        w.zeros(6);
        let start = w.len();
        Action::encode_list(&self.actions, w)?;
        w.set_u16(
            length_at,
            fit_u16("actions of a packet-out", w.len() - start)?,
        );
        w.bytes(&self.packet);
        Ok(())
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let buffer_id = buffer(r.u32()?);
        let in_port = r.u32()?;
        let length = usize::from(r.u16()?);
        r.skip(6)?;
        let actions = Action::decode_list(&mut r.sub(length)?)?;
        Ok(PacketOut {
            buffer_id,
            in_port,
            actions,
            packet: r.rest().to_vec(),
        })
    }
}

fn buffer(id: u32) -> Option<u32> {
    (id != NO_BUFFER).then_some(id)
}
