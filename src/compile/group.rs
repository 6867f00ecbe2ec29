//! Groups: their numbers, and the lists of receivers they hold.
//!
//! A list is one group, of type `all`, while it is short. A long one is cut into parts:
//!
//! ```text
//! list (all) ─► entry of a part (select, one bucket) ─► the part (all) ─► its receivers
//! ```
//!
//! Open vSwitch carries out at most 4,096 table look-ups and 64 KiB of actions for a packet before it
//! drops it or what is left of it. It begins anew where it has to ask the datapath for something first,
//! and a select group makes it ask: for the packet's hash. So each part has all of that to itself.
//!
//! A number is the kind of list, the key of the network and the place in the list, so it needs no
//! allocation. A group names only groups of higher numbers: added from the highest down and removed
//! from the lowest up, no group is ever missing.

use openflow::{Action, Bucket, Group, GroupType};

use super::matching::{call, load};
use super::parts::{self, Part, RECEIVERS_MAX};
use super::pipeline::{Stage, Table};
use super::register::{TARGET_NODE, TARGET_PORT};

/// Lists of networks whose keys are below this can be cut into parts: numbers have no room for more.
pub const DIVISIBLE_KEYS: u32 = 0xf_ff00;

/// The bit that numbers of entries and parts have.
const DIVIDED: u32 = 1 << 31;
/// The bit that parts have and entries have not.
const PART: u32 = 1 << 28;

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

/// Which group of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The one that flows name.
    List,
    /// The one that leads to a part.
    Entry(Part),
    /// The one that holds the receivers of a part.
    Part(Part),
}

/// What a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName {
    /// The kind of list.
    pub kind: GroupKind,
    /// Key of the network that the list is of, up to 24 bits; below [`DIVISIBLE_KEYS`] where the place
    /// is not the list itself.
    pub network: u32,
    /// The place in the list.
    pub place: Place,
}

impl GroupName {
    /// The number in the switch.
    pub const fn id(self) -> u32 {
        let (part, receivers) = match self.place {
            Place::List => return (self.kind as u32) << 24 | self.network & 0x00ff_ffff,
            Place::Entry(part) => (part, 0),
            Place::Part(part) => (part, PART),
        };
        let kind = (self.kind as u32 - 1) << 29;
        DIVIDED | kind | receivers | (part.number() as u32) << 20 | self.network & 0x000f_ffff
    }

    /// What a group of ours is; `None` for numbers that are not ours.
    pub fn from_id(id: u32) -> Option<GroupName> {
        if id & DIVIDED == 0 {
            return Some(GroupName {
                kind: kind_of(id >> 24)?,
                network: id & 0x00ff_ffff,
                place: Place::List,
            });
        }
        let part = Part::from_number((id >> 20) as u8)?;
        let network = id & 0x000f_ffff;
        (network < DIVISIBLE_KEYS).then_some(GroupName {
            kind: kind_of((id >> 29 & 0b11) + 1)?,
            network,
            place: match id & PART {
                0 => Place::Entry(part),
                _ => Place::Part(part),
            },
        })
    }
}

fn kind_of(number: u32) -> Option<GroupKind> {
    let mut kinds = GROUP_KINDS.iter().map(|(kind, ..)| *kind);
    kinds.find(|kind| *kind as u32 == number)
}

/// A list in the form of groups.
pub(super) struct List {
    /// The group that flows name.
    pub id: u32,
    /// All groups that it takes.
    pub groups: Vec<Group>,
}

impl List {
    /// A copy for each port, from its ingress stage on. `None` where there is none: an empty group is not
    /// made.
    pub fn of_ports(
        kind: GroupKind,
        network: u32,
        keys: impl Iterator<Item = u32>,
    ) -> Option<List> {
        let receive = |key| {
            vec![
                load(TARGET_PORT.value(key)),
                call(Stage::IngressRules.entry()),
            ]
        };
        List::of(kind, network, keys.collect(), receive)
    }

    /// A copy for each node, by the network's way out; likewise.
    pub fn of_nodes(
        kind: GroupKind,
        network: u32,
        keys: impl Iterator<Item = u32>,
    ) -> Option<List> {
        let receive = |key| vec![load(TARGET_NODE.value(key)), call(Table::Wire)];
        List::of(kind, network, keys.collect(), receive)
    }

    fn of(
        kind: GroupKind,
        network: u32,
        keys: Vec<u32>,
        receive: impl Fn(u32) -> Vec<Action>,
    ) -> Option<List> {
        if keys.is_empty() {
            return None;
        }
        let id = |place| {
            let name = GroupName {
                kind,
                network,
                place,
            };
            name.id()
        };
        let receivers = |id, keys: Vec<u32>| all(id, keys.into_iter().map(&receive));
        let list = id(Place::List);
        if keys.len() <= RECEIVERS_MAX || network >= DIVISIBLE_KEYS {
            let groups = vec![receivers(list, keys)];
            return Some(List { id: list, groups });
        }
        let parts = parts::cut(keys);
        let entries = parts.iter().map(|(part, _)| id(Place::Entry(*part)));
        let mut groups = vec![all(list, entries.map(|entry| vec![Action::Group(entry)]))];
        for (part, keys) in parts {
            let receivers_id = id(Place::Part(part));
            groups.push(anew(id(Place::Entry(part)), receivers_id));
            groups.push(receivers(receivers_id, keys));
        }
        Some(List { id: list, groups })
    }
}

fn all(id: u32, buckets: impl Iterator<Item = Vec<Action>>) -> Group {
    Group {
        id,
        kind: GroupType::All,
        buckets: buckets.map(Bucket::of).collect(),
    }
}

/// Goes on to a group as if the packet had just come in.
fn anew(id: u32, group: u32) -> Group {
    let only = Bucket::of(vec![Action::Group(group)]).with_weight(1);
    Group {
        id,
        kind: GroupType::Select,
        buckets: vec![only],
    }
}
