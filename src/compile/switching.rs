//! Frames to MAC addresses that ports are known to have.

use api::NetworkType;
use openflow::Field;

use super::cookie::{Feature, Object};
use super::matching::{Narrow, load, packets};
use super::output::{Flow, Output};
use super::pipeline::{Stage, Table};
use super::priority::{GUARD, NORMAL};
use super::register::{FROM_LOCAL, TARGET_NODE, TARGET_PORT};
use super::view::{LocalPort, RemotePort};

/// The group addresses that no bridge forwards (IEEE 802.1Q table 8-1): spanning tree, LACP, LLDP.
const BRIDGE_GROUP: u128 = 0x0180_c200_0000;
const BRIDGE_GROUP_MASK: u128 = 0xffff_ffff_fff0;

/// What no network carries.
pub(super) fn base(out: &mut Output) {
    let reserved = packets().with_masked(Field::EthDst, BRIDGE_GROUP, BRIDGE_GROUP_MASK);
    out.flow(Flow::new(Table::Switching, GUARD, reserved).of(Feature::Switching, Object::Nothing));
}

/// Frames to a port of this node, wherever they come from.
pub(super) fn local_port(local: LocalPort, out: &mut Output) {
    let matching = packets()
        .in_network(local.network.key)
        .with_mac(Field::EthDst, local.port.mac_address);
    out.flow(
        Flow::new(Table::Switching, NORMAL, matching)
            .of(Feature::Switching, Object::Port(local.port.key))
            .apply([load(TARGET_PORT.value(local.port.key))])
            .goto(Stage::IngressRules.entry()),
    );
}

/// Frames to a port of another node. What came from outside this node never leaves it again.
pub(super) fn remote_port(remote: RemotePort, out: &mut Output) {
    let matching = packets()
        .in_network(remote.network.key)
        .on(FROM_LOCAL)
        .with_mac(Field::EthDst, remote.port.mac_address);
    let node = match remote.wire.network_type {
        NetworkType::Vxlan | NetworkType::Gre | NetworkType::Geneve => {
            Some(load(TARGET_NODE.value(remote.host.key)))
        }
        NetworkType::Flat | NetworkType::Vlan | NetworkType::Local => None,
    };
    out.flow(
        Flow::new(Table::Switching, NORMAL, matching)
            .of(Feature::Switching, Object::Port(remote.port.key))
            .apply(node)
            .goto(Table::Wire),
    );
}
