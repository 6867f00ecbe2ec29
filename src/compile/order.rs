//! In which order a switch is told of a difference.
//!
//! | step | what | why there |
//! |---|---|---|
//! | 1 | meters added and changed | flows name them; one by one, since a bundle carries no meter mods |
//! | 2 | groups added and changed | a flow or a group that names a group the switch does not have is refused |
//! | 3 | flows removed | before those that take their place |
//! | 4 | flows added and changed | |
//! | 5 | groups removed | deleting a group deletes the flows that still name it |
//! | 6 | meters removed | likewise; one by one |
//!
//! Groups are added from the highest number down and removed from the lowest up, since a group names only
//! groups of higher numbers ([`group`](super::group)).
//!
//! Steps 2 to 5 are one list for one bundle, ordered and atomic: a packet sees all of it or nothing.
//! Open vSwitch takes flow and group mods in one bundle and checks each against those before it.

use openflow::group::GroupMod;
use openflow::meter::MeterMod;
use openflow::{FlowMod, Message};

use super::Delta;
use super::cookie::{OWNER_BITS, OWNER_MASK};

/// Messages in the order in which they must be acknowledged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steps {
    /// One by one, before the bundle.
    pub meters: Vec<MeterMod>,
    /// All or nothing.
    pub bundle: Vec<Message>,
    /// One by one, after the bundle.
    pub unused_meters: Vec<MeterMod>,
}

/// The messages that carry a difference out. A flow that changes is added again, which replaces it:
/// unlike a modification that also works where the switch has lost the flow. A removal spares flows
/// that another controller has put in the place of ours.
pub fn order(delta: Delta) -> Steps {
    let Delta {
        flows,
        groups,
        meters,
    } = delta;
    let new = meters.added.into_iter().map(|(_, m)| MeterMod::add(m));
    let other = meters.changed.into_iter().map(|(_, m)| MeterMod::modify(m));
    let groups_put = groups
        .added
        .into_iter()
        .rev()
        .map(|(_, group)| GroupMod::add(group))
        .chain(
            groups
                .changed
                .into_iter()
                .map(|(_, group)| GroupMod::modify(group)),
        );
    let flows_removed = flows
        .removed
        .into_iter()
        .map(|key| FlowMod::delete_strict(key).with_cookie(OWNER_BITS, OWNER_MASK));
    let flows_put = flows
        .added
        .into_iter()
        .chain(flows.changed)
        .map(|(key, entry)| FlowMod::add(key, entry));
    let groups_removed = groups.removed.into_iter().map(GroupMod::delete);
    Steps {
        meters: new.chain(other).collect(),
        bundle: groups_put
            .map(Message::GroupMod)
            .chain(flows_removed.chain(flows_put).map(Message::FlowMod))
            .chain(groups_removed.map(Message::GroupMod))
            .collect(),
        unused_meters: meters.removed.into_iter().map(MeterMod::delete).collect(),
    }
}
