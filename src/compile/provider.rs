//! Networks on a physical network: through the patch to its provider bridge, untagged (flat) or with
//! the network's VLAN.

use api::{Network, NetworkType};
use openflow::{Action, Field};

use super::cookie::{Feature, Object};
use super::matching::{Narrow, load, packets};
use super::output::{Flow, Output};
use super::pipeline::{Stage, Table};
use super::priority::NORMAL;
use super::register::FROM_PROVIDER;
use super::view::View;

/// The bit of a VLAN field that says that there is a tag (`OFPVID_PRESENT`).
const TAGGED: u32 = 0x1000;
const ETHERTYPE_VLAN: u16 = 0x8100;

/// Frames of one network, in and out; none where its physical network has no patch here.
pub(super) fn network(view: View, network: &Network, out: &mut Output) {
    let Some(wire) = view.wire(network) else {
        return;
    };
    let Some(physical_network) = wire.physical_network else {
        return;
    };
    let Some(patch) = view.facts.patch_ports.get(physical_network).copied() else {
        return;
    };
    let tag = match (wire.network_type, wire.segmentation_id) {
        (NetworkType::Flat, _) => None,
        (NetworkType::Vlan, Some(id)) => Some(TAGGED | id & 0xfff),
        _ => return,
    };
    let flow = |table, matching| {
        Flow::new(table, NORMAL, matching).of(Feature::Provider, Object::Network(network.key))
    };
    let frames = packets()
        .with(Field::InPort, patch.into())
        .with(Field::VlanVid, tag.unwrap_or(0).into());
    out.flow(
        flow(Table::Classify, frames)
            .apply(tag.map(|_| Action::PopVlan))
            .apply([load(FROM_PROVIDER)])
            .in_network(network.key)
            .goto(Stage::Switching.entry()),
    );
    let push = tag.map(|tag| {
        [
            Action::PushVlan(ETHERTYPE_VLAN),
            Action::set(Field::VlanVid, tag.into()),
        ]
    });
    out.flow(
        flow(Table::Wire, packets().in_network(network.key))
            .apply(push.into_iter().flatten())
            .apply([Action::output(patch)]),
    );
}
