//! Groups: lists of buckets of actions (OpenFlow 1.3.5 §7.3.4.2, §7.3.5.10).

use crate::action::Action;
use crate::codec::{Reader, Writer, fit_u16};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::number::{groups, ports, wire_number};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// Its number, up to [`groups::MAX`].
    pub id: u32,
    /// What is done with its buckets.
    pub kind: GroupType,
    /// The buckets.
    pub buckets: Vec<Bucket>,
}

/// What a group does with its buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupType {
    /// A copy of the packet for each.
    #[default]
    All,
    /// The packet to one of them, by weight.
    Select,
    /// The packet to the only one.
    Indirect,
    /// The packet to the first that lives.
    FastFailover,
}

impl GroupType {
    /// The types in the order of their numbers.
    pub const ALL: [GroupType; 4] = [
        GroupType::All,
        GroupType::Select,
        GroupType::Indirect,
        GroupType::FastFailover,
    ];

    /// The name that `ovs-ofctl` gives it.
    pub fn name(self) -> &'static str {
        match self {
            GroupType::All => "all",
            GroupType::Select => "select",
            GroupType::Indirect => "indirect",
            GroupType::FastFailover => "ff",
        }
    }
}

/// A list of actions in a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// Its share in a select group; 0 elsewhere.
    pub weight: u16,
    /// The port that must be up for it to live; [`ports::ANY`]: none.
    pub watch_port: u32,
    /// The group that must live for it to live; [`groups::ANY`]: none.
    pub watch_group: u32,
    /// What is done to the packet.
    pub actions: Vec<Action>,
}

impl Bucket {
    /// A bucket that watches nothing and weighs nothing.
    pub fn of(actions: Vec<Action>) -> Self {
        Bucket {
            weight: 0,
            watch_port: ports::ANY,
            watch_group: groups::ANY,
            actions,
        }
    }

    /// With a weight, for select groups.
    #[must_use]
    pub fn with_weight(mut self, weight: u16) -> Self {
        self.weight = weight;
        self
    }

    fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let start = w.len();
        w.u16(0);
        w.u16(self.weight);
        w.u32(self.watch_port);
        w.u32(self.watch_group);
        w.zeros(4);
        Action::encode_list(&self.actions, w)?;
        w.set_u16(start, fit_u16("bucket", w.len() - start)?);
        Ok(())
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = usize::from(r.u16()?);
        let mut body = r.sub_of("bucket", length, 2)?;
        let r = &mut body;
        let weight = r.u16()?;
        let watch_port = r.u32()?;
        let watch_group = r.u32()?;
        r.skip(4)?;
        Ok(Bucket {
            weight,
            watch_port,
            watch_group,
            actions: Action::decode_list(r)?,
        })
    }
}

impl Group {
    /// Writes one as OFPMP_GROUP_DESC has it.
    pub fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let start = w.len();
        w.u16(0);
        self.encode_body(w)?;
        w.set_u16(start, fit_u16("group description", w.len() - start)?);
        Ok(())
    }

    /// Reads one as OFPMP_GROUP_DESC has it.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = usize::from(r.u16()?);
        Group::decode_body(&mut r.sub_of("group description", length, 2)?)
    }

    fn encode_body(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.kind as u8);
        w.zeros(1);
        w.u32(self.id);
        self.buckets.iter().try_for_each(|bucket| bucket.encode(w))
    }

    fn decode_body(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let number = r.u8()?;
        let Some(kind) = GroupType::ALL.get(usize::from(number)).copied() else {
            let value = number.into();
            return Err(r.error_at(offset, Problem::Unknown { value }));
        };
        r.skip(1)?;
        let id = r.u32()?;
        let mut buckets = Vec::new();
        while !r.is_empty() {
            buckets.push(Bucket::decode(r)?);
        }
        Ok(Group { id, kind, buckets })
    }
}

wire_number! {
    /// OFPGC_*: what a group mod does.
    GroupModCommand: u16 {
        /// Adds a group that is not there.
        ADD = 0 "add";
        /// Replaces one that is there.
        MODIFY = 1 "mod";
        /// Deletes one, or all, with the flows that use it.
        DELETE = 2 "del";
    }
}

/// Changes a group (OFPT_GROUP_MOD).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupMod {
    /// What it does.
    pub command: GroupModCommand,
    /// The group. For a deletion only its number counts: [`groups::ALL`] for all.
    pub group: Group,
}

impl GroupMod {
    /// Adds a group.
    pub fn add(group: Group) -> Self {
        let command = GroupModCommand::ADD;
        GroupMod { command, group }
    }

    /// Replaces the group of the same number.
    pub fn modify(group: Group) -> Self {
        let command = GroupModCommand::MODIFY;
        GroupMod { command, group }
    }

    /// Deletes a group and the flows that use it.
    pub fn delete(id: u32) -> Self {
        let command = GroupModCommand::DELETE;
        let (kind, buckets) = (GroupType::All, Vec::new());
        let group = Group { id, kind, buckets };
        GroupMod { command, group }
    }

    /// Writes the body of the message.
    pub fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u16(self.command.0);
        self.group.encode_body(w)
    }

    /// Reads the body of the message, to its end.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.name("group mod");
        let offset = r.offset();
        let command = GroupModCommand(r.u16()?);
        if command.name().is_none() {
            let value = command.0.into();
            return Err(r.error_at(offset, Problem::Unknown { value }));
        }
        let group = Group::decode_body(r)?;
        Ok(GroupMod { command, group })
    }
}
