//! Networks in an encapsulation: VXLAN, GRE and Geneve with the network's segmentation id as key,
//! and nothing else in the tunnel. The node at the other end finds the port by network and MAC.
//!
//! There is one port per encapsulation, and flows say where its packets go: a node costs its peers
//! one flow, not one port.

use std::net::IpAddr;

use api::{Network, NetworkType, Node};
use openflow::{Action, Field, RegMark};
use uuid::Uuid;

use super::cookie::{Feature, Object};
use super::matching::{Narrow, load, packets};
use super::output::{Flow, Output};
use super::pipeline::{Stage, Table};
use super::priority::NORMAL;
use super::register::{ENCAPSULATION, FROM_TUNNEL, TARGET_NODE};
use super::view::View;

/// What stands for an encapsulation in the packet's registers.
fn mark(network_type: NetworkType) -> Option<RegMark> {
    match network_type {
        NetworkType::Vxlan => Some(const { ENCAPSULATION.mark(1) }),
        NetworkType::Gre => Some(const { ENCAPSULATION.mark(2) }),
        NetworkType::Geneve => Some(const { ENCAPSULATION.mark(3) }),
        NetworkType::Local | NetworkType::Flat | NetworkType::Vlan => None,
    }
}

/// Packets of one network, in and out; none where its encapsulation has no port here yet.
pub(super) fn network(view: View, network: &Network, out: &mut Output) {
    let Some(wire) = view.wire(network) else {
        return;
    };
    let (Some(mark), Some(key)) = (mark(wire.network_type), wire.segmentation_id) else {
        return;
    };
    let Some(port) = view.facts.tunnel_ports.get(&wire.network_type).copied() else {
        return;
    };
    let flow = |table, matching| {
        Flow::new(table, NORMAL, matching).of(Feature::Tunnel, Object::Network(network.key))
    };
    let arriving = packets()
        .with(Field::InPort, port.into())
        .with(Field::TunnelId, key.into());
    out.flow(
        flow(Table::Classify, arriving)
            .apply([load(FROM_TUNNEL)])
            .in_network(network.key)
            .goto(Stage::Switching.entry()),
    );
    out.flow(
        flow(Table::Wire, packets().in_network(network.key))
            .apply([Action::set(Field::TunnelId, key.into()), load(mark)])
            .goto(Table::Tunnel),
    );
}

/// The way to another node, in each encapsulation that both ends have.
pub(super) fn peer(view: View, peer: Uuid, out: &mut Output) {
    let Some(peer) = view.model.node(peer).filter(|peer| peer.id != view.node.id) else {
        return;
    };
    let Some(address) = endpoint(view.node, peer) else {
        return;
    };
    let destination = match address {
        IpAddr::V4(address) => Action::set(Field::TunDst, u32::from(address).into()),
        IpAddr::V6(address) => Action::set(Field::TunIpv6Dst, address.into()),
    };
    for (encapsulation, port) in &view.facts.tunnel_ports {
        let Some(mark) = mark(*encapsulation) else {
            continue;
        };
        if !peer.encap_types.contains(encapsulation) {
            continue;
        }
        let matching = packets().on(mark).on(TARGET_NODE.value(peer.key));
        out.flow(
            Flow::new(Table::Tunnel, NORMAL, matching)
                .of(Feature::Tunnel, Object::Node(peer.key))
                .apply([destination.clone(), Action::output(*port)]),
        );
    }
}

/// The address of `peer` that tunnels from `node` go to: its first of the family of the node's own
/// first, which tunnels leave from.
fn endpoint(node: &Node, peer: &Node) -> Option<IpAddr> {
    let own = node.encap_ips.first()?;
    let mut addresses = peer.encap_ips.iter();
    addresses
        .find(|address| address.is_ipv4() == own.is_ipv4())
        .copied()
}
