//! Flows: what identifies one, what it does, and the messages that change and show them
//! (OpenFlow 1.3.5 §7.3.4.1, §7.3.5.2).

use crate::codec::{Reader, Writer, fit_u16};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::instruction::Instruction;
use crate::number::{NO_BUFFER, TABLE_ALL, groups, ports, wire_flags, wire_number};
use crate::oxm::Match;

/// What identifies a flow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// Its table.
    pub table: u8,
    /// Its priority: of the flows that match a packet, the highest is taken.
    pub priority: u16,
    /// Which packets it is for.
    pub matching: Match,
}

/// What a flow is besides its key: what a difference compares.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowEntry {
    /// The controller's own number.
    pub cookie: u64,
    /// What is done to packets, in the order in which a switch does it.
    pub instructions: Vec<Instruction>,
    /// Seconds without a packet after which it goes; 0: never.
    pub idle_timeout: u16,
    /// Seconds after which it goes; 0: never.
    pub hard_timeout: u16,
    /// Its flags.
    pub flags: FlowFlags,
}

wire_flags! {
    /// OFPFF_*: flags of a flow.
    FlowFlags: u16 {
        /// A message is sent when the flow goes.
        SEND_FLOW_REMOVED = 1 << 0;
        /// Adding it fails where a flow of the same priority could match the same packet.
        CHECK_OVERLAP = 1 << 1;
        /// Its counters start anew.
        RESET_COUNTS = 1 << 2;
        /// Packets need not be counted.
        NO_PACKET_COUNTS = 1 << 3;
        /// Bytes need not be counted.
        NO_BYTE_COUNTS = 1 << 4;
    }
}

wire_number! {
    /// OFPFC_*: what a flow mod does.
    FlowModCommand: u8 {
        /// Adds a flow; one of the same key is replaced.
        ADD = 0 "add";
        /// Gives all flows that are covered these instructions.
        MODIFY = 1 "modify";
        /// Gives the flow of exactly this key these instructions.
        MODIFY_STRICT = 2 "modify_strict";
        /// Deletes all flows that are covered.
        DELETE = 3 "delete";
        /// Deletes the flow of exactly this key.
        DELETE_STRICT = 4 "delete_strict";
    }
}

/// Changes flows (OFPT_FLOW_MOD).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FlowMod {
    /// What it does.
    pub command: FlowModCommand,
    /// Which flow or flows. Table 255 in a deletion: all tables.
    pub key: FlowKey,
    /// What they become.
    pub entry: FlowEntry,
    /// For modifications and deletions: the bits of the cookie that flows must have.
    pub cookie_mask: u64,
    /// A packet buffered in the switch that is to take the flow; [`NO_BUFFER`]: none.
    pub buffer_id: u32,
    /// For deletions: only flows that send here; [`ports::ANY`]: all.
    pub out_port: u32,
    /// For deletions: only flows that send to this group; [`groups::ANY`]: all.
    pub out_group: u32,
}

impl FlowMod {
    /// Adds a flow, or replaces that of the same key.
    pub fn add(key: FlowKey, entry: FlowEntry) -> Self {
        FlowMod {
            command: FlowModCommand::ADD,
            key,
            entry,
            cookie_mask: 0,
            buffer_id: NO_BUFFER,
            out_port: ports::ANY,
            out_group: groups::ANY,
        }
    }

    /// Gives the flow of this key other instructions; its cookie and timeouts stay.
    pub fn modify_strict(key: FlowKey, instructions: Vec<Instruction>) -> Self {
        let entry = FlowEntry {
            instructions,
            ..FlowEntry::default()
        };
        FlowMod {
            command: FlowModCommand::MODIFY_STRICT,
            ..FlowMod::add(key, entry)
        }
    }

    /// Deletes the flow of this key.
    pub fn delete_strict(key: FlowKey) -> Self {
        FlowMod {
            command: FlowModCommand::DELETE_STRICT,
            ..FlowMod::add(key, FlowEntry::default())
        }
    }

    /// Deletes all flows of a table that this match covers; `None`: of all tables.
    pub fn delete(table: Option<u8>, matching: Match) -> Self {
        let key = FlowKey {
            table: table.unwrap_or(TABLE_ALL),
            priority: 0,
            matching,
        };
        FlowMod {
            command: FlowModCommand::DELETE,
            ..FlowMod::add(key, FlowEntry::default())
        }
    }

    /// Only flows whose cookie has this value in the bits of `mask`.
    #[must_use]
    pub fn with_cookie(mut self, cookie: u64, mask: u64) -> Self {
        self.entry.cookie = cookie;
        self.cookie_mask = mask;
        self
    }

    /// Writes the body of the message.
    pub fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let (key, entry) = (&self.key, &self.entry);
        // Forty bytes in three goes.
        w.low::<16>(u128::from(entry.cookie) << 64 | u128::from(self.cookie_mask));
        let [high, low] = [entry.idle_timeout, entry.hard_timeout].map(u128::from);
        let command = u128::from(key.table) << 8 | u128::from(self.command.0);
        let times = command << 48 | high << 32 | low << 16 | u128::from(key.priority);
        let filter = u128::from(self.buffer_id) << 32 | u128::from(self.out_port);
        w.low::<16>(times << 64 | filter);
        w.u64(u64::from(self.out_group) << 32 | u64::from(entry.flags.0) << 16);
        key.matching.encode(w)?;
        Instruction::encode_list(&entry.instructions, w)
    }

    /// Reads the body of the message, to its end.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.name("flow mod");
        let cookie = r.u64()?;
        let cookie_mask = r.u64()?;
        let table = r.u8()?;
        let command = FlowModCommand(r.u8()?);
        if command.name().is_none() {
            let value = command.0.into();
            return Err(r.error_at(r.offset() - 1, Problem::Unknown { value }));
        }
        let idle_timeout = r.u16()?;
        let hard_timeout = r.u16()?;
        let priority = r.u16()?;
        let buffer_id = r.u32()?;
        let out_port = r.u32()?;
        let out_group = r.u32()?;
        let flags = FlowFlags(r.u16()?);
        r.skip(2)?;
        let matching = Match::decode(r)?;
        let instructions = Instruction::decode_list(r)?;
        Ok(FlowMod {
            command,
            key: FlowKey {
                table,
                priority,
                matching,
            },
            entry: FlowEntry {
                cookie,
                instructions,
                idle_timeout,
                hard_timeout,
                flags,
            },
            cookie_mask,
            buffer_id,
            out_port,
            out_group,
        })
    }
}

/// A flow as a switch shows it (`struct ofp_flow_stats`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FlowStats {
    /// Which flow.
    pub key: FlowKey,
    /// What it does.
    pub entry: FlowEntry,
    /// How long it has been there, in seconds.
    pub duration_seconds: u32,
    /// What comes on top of the seconds, in nanoseconds.
    pub duration_nanoseconds: u32,
    /// Packets it saw.
    pub packets: u64,
    /// Bytes of those.
    pub bytes: u64,
}

impl FlowStats {
    /// Writes one.
    pub fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let start = w.len();
        w.u16(0);
        w.u8(self.key.table);
        w.zeros(1);
        w.u32(self.duration_seconds);
        w.u32(self.duration_nanoseconds);
        w.u16(self.key.priority);
        w.u16(self.entry.idle_timeout);
        w.u16(self.entry.hard_timeout);
        w.u16(self.entry.flags.0);
        w.zeros(4);
        w.u64(self.entry.cookie);
        w.u64(self.packets);
        w.u64(self.bytes);
        self.key.matching.encode(w)?;
        Instruction::encode_list(&self.entry.instructions, w)?;
        w.set_u16(start, fit_u16("flow statistics", w.len() - start)?);
        Ok(())
    }

    /// Reads one.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = usize::from(r.u16()?);
        let mut body = r.sub_of("flow statistics", length, 2)?;
        let r = &mut body;
        let table = r.u8()?;
        r.skip(1)?;
        let duration_seconds = r.u32()?;
        let duration_nanoseconds = r.u32()?;
        let priority = r.u16()?;
        let idle_timeout = r.u16()?;
        let hard_timeout = r.u16()?;
        let flags = FlowFlags(r.u16()?);
        r.skip(4)?;
        let cookie = r.u64()?;
        let packets = r.u64()?;
        let bytes = r.u64()?;
        let matching = Match::decode(r)?;
        let instructions = Instruction::decode_list(r)?;
        Ok(FlowStats {
            key: FlowKey {
                table,
                priority,
                matching,
            },
            entry: FlowEntry {
                cookie,
                instructions,
                idle_timeout,
                hard_timeout,
                flags,
            },
            duration_seconds,
            duration_nanoseconds,
            packets,
            bytes,
        })
    }
}
