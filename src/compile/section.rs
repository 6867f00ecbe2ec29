//! What a node's switch holds, in parts that are built and replaced one by one.

use std::collections::BTreeSet;

use api::Node;
use uuid::Uuid;

use super::matching::packets;
use super::output::{Flow, Output};
use super::pipeline::{Miss, TABLES};
use super::priority::MISS;
use super::view::{View, is_bound};
use super::{
    Facts, classify, delivery, flood, port_security, provider, services, switching, tunnel,
};
use crate::model::Model;

/// An object of the cloud, as one node sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// What every node has.
    Base,
    /// Another node: the way there.
    Peer(Uuid),
    /// A network: how its frames come in and leave, and what of its services is not a port's.
    Network(Uuid),
    /// A network: who gets the frames that are for many.
    Flood(Uuid),
    /// A port of this node.
    LocalPort(Uuid),
    /// A port of another node, on a network that this node has.
    RemotePort(Uuid),
}

/// The sections that may hold something on this node. Costs what the node has, not what the cloud
/// has, but for one section per other node.
pub fn sections(node: &Node, model: &Model, facts: &Facts) -> BTreeSet<Section> {
    let mut sections = BTreeSet::from([Section::Base]);
    if !facts.tunnel_ports.is_empty() {
        let others = model.nodes().filter(|other| other.id != node.id);
        sections.extend(others.map(|other| Section::Peer(other.id)));
    }
    let bound = model
        .ports_of_host(&node.hostname)
        .filter(|port| is_bound(port));
    let networks: BTreeSet<Uuid> = bound.map(|port| port.network_id).collect();
    for network in networks {
        sections.extend(network_sections(network, node, model));
    }
    sections
}

/// All sections of one network on a node that has it.
pub(super) fn network_sections(network: Uuid, node: &Node, model: &Model) -> Vec<Section> {
    let ports = model
        .ports_of_network(network)
        .filter(|port| is_bound(port));
    let ports = ports.map(|port| match port.host_id == node.hostname {
        true => Section::LocalPort(port.id),
        false => Section::RemotePort(port.id),
    });
    [Section::Network(network), Section::Flood(network)]
        .into_iter()
        .chain(ports)
        .collect()
}

/// What a section holds on this node: nothing where the node does not need it.
pub fn build(section: &Section, node: &Node, model: &Model, facts: &Facts) -> Output {
    let view = View { node, model, facts };
    let mut out = Output::default();
    match *section {
        Section::Base => base(&mut out),
        Section::Peer(id) => tunnel::peer(view, id, &mut out),
        Section::Network(id) => {
            if let Some(network) = view.network(id) {
                provider::network(view, network, &mut out);
                tunnel::network(view, network, &mut out);
                services::dhcp::network(view, network, &mut out);
            }
        }
        Section::Flood(id) => {
            if let Some(network) = view.network(id) {
                flood::network(view, network, &mut out);
            }
        }
        Section::LocalPort(id) => local_port(view, id, &mut out),
        Section::RemotePort(id) => remote_port(view, id, &mut out),
    }
    out
}

/// All that a node's switch must hold.
pub fn build_all(node: &Node, model: &Model, facts: &Facts) -> Output {
    let mut all = Output::default();
    for section in sections(node, model, facts) {
        all.merge(build(&section, node, model, facts));
    }
    all
}

fn base(out: &mut Output) {
    for row in TABLES {
        if let Miss::Goto(next) = row.miss {
            out.flow(Flow::new(row.table, MISS, packets()).goto(next));
        }
    }
    port_security::base(out);
    services::arp::base(out);
    services::nd::base(out);
    switching::base(out);
}

fn local_port(view: View, id: Uuid, out: &mut Output) {
    let Some(local) = view.local_port(id) else {
        return;
    };
    classify::local_port(local, out);
    port_security::local_port(local, out);
    services::arp::local_port(local, out);
    services::arp::neighbours(view.model, local.port, local.network, out);
    services::nd::neighbours(view.model, local.port, local.network, out);
    services::dhcp::local_port(view, local, out);
    switching::local_port(local, out);
    delivery::local_port(local, out);
}

fn remote_port(view: View, id: Uuid, out: &mut Output) {
    let Some(remote) = view.remote_port(id) else {
        return;
    };
    services::arp::neighbours(view.model, remote.port, remote.network, out);
    services::nd::neighbours(view.model, remote.port, remote.network, out);
    switching::remote_port(remote, out);
}
