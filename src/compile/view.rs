//! What a node sees of the cloud: which ports are its own, which networks it has, who may own what.

use std::net::IpAddr;
use std::sync::Arc;

use api::{Network, Node, Port, VifType, Wire};
use uuid::Uuid;

use super::Facts;
use crate::model::Model;

/// A node, the cloud at one revision, and what the node's switch told.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub node: &'a Node,
    pub model: &'a Model,
    pub facts: &'a Facts,
}

/// A port of this node that is up and plugged, with its number in the switch.
#[derive(Clone, Copy)]
pub(super) struct LocalPort<'a> {
    pub port: &'a Port,
    pub network: &'a Network,
    pub ofport: u32,
}

/// A port of another node that is up.
#[derive(Clone, Copy)]
pub(super) struct RemotePort<'a> {
    pub port: &'a Port,
    pub network: &'a Network,
    pub host: &'a Node,
    /// What carries frames to it.
    pub wire: Wire<'a>,
}

impl<'a> View<'a> {
    /// The network, if it is up and this node has it.
    pub fn network(self, id: Uuid) -> Option<&'a Network> {
        let network = self.model.network(id)?;
        (network.admin_state_up && has(self.model, id, &self.node.hostname)).then_some(network)
    }

    /// The port, if it is of this node, up and plugged.
    pub fn local_port(self, id: Uuid) -> Option<LocalPort<'a>> {
        let port = self.model.port(id)?;
        if port.host_id != self.node.hostname || !carries(port) {
            return None;
        }
        Some(LocalPort {
            port,
            network: self.network(port.network_id)?,
            ofport: *self.facts.ofports.get(&id)?,
        })
    }

    /// The ports of a network that are of this node, up and plugged, ascending by id.
    pub fn local_ports(self, network: &'a Network) -> impl Iterator<Item = LocalPort<'a>> {
        self.model
            .ports_on(network.id, &self.node.hostname)
            .filter(|port| carries(port))
            .filter_map(move |port| {
                Some(LocalPort {
                    port,
                    network,
                    ofport: *self.facts.ofports.get(&port.id)?,
                })
            })
    }

    /// The port, if it is up, of another node, and on a network that this node has and that leaves
    /// nodes.
    pub fn remote_port(self, id: Uuid) -> Option<RemotePort<'a>> {
        let port = self.model.port(id)?;
        if port.host_id == self.node.hostname || !carries(port) {
            return None;
        }
        let network = self.network(port.network_id)?;
        let host = self.model.node_by_hostname(&port.host_id)?;
        let wire = self.wire(network)?;
        if wire.network_type == api::NetworkType::Local || !self.shares(network, host) {
            return None;
        }
        Some(RemotePort {
            port,
            network,
            host,
            wire,
        })
    }

    /// What carries the network's frames to and from this node.
    pub fn wire(self, network: &'a Network) -> Option<Wire<'a>> {
        network.wire_at(self.node).map(|(_, wire)| wire)
    }

    /// True when the other node is on the same segment of the network: between segments of one network
    /// nothing is bridged.
    fn shares(self, network: &Network, other: &Node) -> bool {
        !network.has_several_segments() || network.wire_at(self.node) == network.wire_at(other)
    }

    /// The other nodes that have this network's segment, by hostname.
    pub fn peers_with(self, network: &'a Network) -> impl Iterator<Item = &'a Arc<Node>> {
        nodes_with(self.model, network.id)
            .filter(move |node| node.id != self.node.id && self.shares(network, node))
    }
}

/// The fixed IPs of a port that nobody else may take over. Those that another port of its network has
/// as allowed address pair move between the two, so only who has them knows it.
pub(super) fn settled_addresses(model: &Model, port: &Port) -> impl Iterator<Item = IpAddr> {
    let addresses = port.fixed_ips.iter().map(|fixed| fixed.ip_address);
    addresses.filter(|address| {
        let mut holders = model.ports_with_pair(port.network_id, *address);
        holders.all(|holder| holder.id == port.id)
    })
}

/// True when the port is bound to some node's switch.
pub(super) fn is_bound(port: &Port) -> bool {
    matches!(port.vif_type, VifType::Ovs | VifType::VhostUser) && !port.host_id.is_empty()
}

/// True when the port is bound and meant to carry traffic.
fn carries(port: &Port) -> bool {
    port.admin_state_up && is_bound(port)
}

/// True when the host has the network: a port of it is bound there.
pub(super) fn has(model: &Model, network: Uuid, host: &str) -> bool {
    model.ports_on(network, host).any(|port| is_bound(port))
}

/// The nodes that have this network, by hostname.
pub(super) fn nodes_with(model: &Model, network: Uuid) -> impl Iterator<Item = &Arc<Node>> {
    model
        .hosts_of_network(network)
        .filter(move |host| has(model, network, host))
        .filter_map(|host| model.node_by_hostname(host))
}

/// True when frames to MAC addresses that nobody is known to have may be meant for this port: it may
/// send from addresses that are not its own.
pub(super) fn may_own_unknown(port: &Port) -> bool {
    let other = |pair: &api::AddressPair| pair.mac_address != port.mac_address;
    !port.port_security_enabled || port.allowed_address_pairs.iter().any(other)
}

/// True when some port of the network on this host may own unknown MAC addresses.
pub(super) fn host_may_own_unknown(model: &Model, network: Uuid, host: &str) -> bool {
    model
        .ports_on(network, host)
        .any(|port| carries(port) && may_own_unknown(port))
}
