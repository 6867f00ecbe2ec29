//! Groups: their numbers, and the lists of receivers they hold.
//!
//! A number is the kind of list and the key of the network, so it needs no allocation.

use openflow::{Action, Bucket, Group, GroupType};

use super::matching::{call, load};
use super::pipeline::{Stage, Table};
use super::register::{TARGET_NODE, TARGET_PORT};

macro_rules! group_kinds {
    ($( $(#[doc = $doc:literal])+ $Kind:ident = $number:literal $name:literal; )+) => {
        /// A kind of list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum GroupKind { $( $(#[doc = $doc])+ $Kind = $number, )+ }

        /// All kinds: with name and members.
        pub const GROUP_KINDS: &[(GroupKind, &str, &str)] =
            &[ $( (GroupKind::$Kind, $name, concat!($($doc),+)) ),+ ];
    };
}

group_kinds! {
    /// The network's ports on this node.
    FloodLocal = 1 "flood_local";
    /// The other nodes that have the network.
    FloodRemote = 2 "flood_remote";
    /// The network's ports on this node that may own unknown MAC addresses.
    UnknownLocal = 3 "unknown_local";
    /// The other nodes that have such ports of the network.
    UnknownRemote = 4 "unknown_remote";
}

impl GroupKind {
    /// The number of the group of this kind for the network of this key.
    pub const fn id(self, network_key: u32) -> u32 {
        (self as u32) << 24 | network_key & 0x00ff_ffff
    }

    /// Kind and network key of a group of ours.
    pub fn from_id(id: u32) -> Option<(GroupKind, u32)> {
        let kind = GROUP_KINDS
            .iter()
            .map(|(kind, ..)| *kind)
            .find(|kind| *kind as u32 == id >> 24)?;
        Some((kind, id & 0x00ff_ffff))
    }
}

/// A copy for each port, from its ingress stage on.
pub(super) fn of_ports(id: u32, keys: impl IntoIterator<Item = u32>) -> Option<Group> {
    let members = keys.into_iter().map(|key| TARGET_PORT.value(key));
    of_members(
        id,
        members.map(|mark| [load(mark), call(Stage::IngressRules.entry())]),
    )
}

/// A copy for each node, by the network's way out.
pub(super) fn of_nodes(id: u32, keys: impl IntoIterator<Item = u32>) -> Option<Group> {
    let members = keys.into_iter().map(|key| TARGET_NODE.value(key));
    of_members(id, members.map(|mark| [load(mark), call(Table::Wire)]))
}

/// `None` where nobody is in it: an empty group is not made.
fn of_members(id: u32, members: impl Iterator<Item = [Action; 2]>) -> Option<Group> {
    let buckets: Vec<Bucket> = members.map(|actions| Bucket::of(actions.into())).collect();
    (!buckets.is_empty()).then_some(Group {
        id,
        kind: GroupType::All,
        buckets,
    })
}
