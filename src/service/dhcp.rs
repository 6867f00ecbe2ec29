//! Which nodes answer DHCP on which networks, as other tools ask of agents.
//!
//! Every node answers for its own ports, so that it follows from where ports are and is nothing to
//! schedule.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::{Answer, ApiError, Kind, Node, Record};
use uuid::Uuid;

use super::liveness::Liveness;
use super::{network, node};
use crate::model::Model;

/// The networks on which a node answers DHCP.
///
/// # Errors
/// 404 `AgentNotFound`.
pub fn networks(model: &Model, liveness: &Liveness, id: Uuid) -> Result<Answer, ApiError> {
    let node = node::find(model, id)?;
    let mut ids = BTreeSet::new();
    if is_alive(liveness, &node) {
        ids.extend(model.ports_of_host(&node.hostname).map(|p| p.network_id));
    }
    let served = ids.into_iter().filter(|network| serves(model, *network));
    let records = served.filter_map(|network| model.record(Kind::Network, network));
    Ok(Answer::Records(Kind::Network, records.collect()))
}

/// The nodes that answer DHCP on a network; none where there is no such network.
pub fn agents(model: &Model, liveness: &Liveness, network: Uuid) -> Answer {
    let hosts = model.hosts_of_network(network);
    let nodes = hosts.filter_map(|host| model.node_by_hostname(host));
    let answering = nodes.filter(|node| serves(model, network) && is_alive(liveness, node));
    let records = answering.map(|node| Record::Node(Arc::clone(node)));
    Answer::Records(Kind::Node, records.collect())
}

/// Refuses to have a node answer DHCP on a network.
///
/// # Errors
/// Always: 404 `NetworkNotFound`, `AgentNotFound`, `InvalidDHCPAgent`; 409 `NetworkHostedByDHCPAgent`.
pub fn add(
    model: &Model,
    liveness: &Liveness,
    id: Uuid,
    network: Uuid,
) -> Result<Answer, ApiError> {
    network::find(model, network)?;
    let node = node::find(model, id)?;
    if hosts(model, liveness, &node, network) {
        return Err(ApiError::conflict(
            "NetworkHostedByDHCPAgent",
            format!("agent {id} answers DHCP on network {network} already"),
        ));
    }
    Err(ApiError::not_found(
        "InvalidDHCPAgent",
        format!(
            "agent {id} on '{}' cannot be given network {network}: a node that is alive answers DHCP wherever it has ports and a subnet has enable_dhcp",
            node.hostname
        ),
    ))
}

/// Refuses to have a node answer DHCP on a network no more.
///
/// # Errors
/// Always: 404 `AgentNotFound`; 409 `NetworkNotHostedByDhcpAgent`, `Conflict`.
pub fn remove(
    model: &Model,
    liveness: &Liveness,
    id: Uuid,
    network: Uuid,
) -> Result<Answer, ApiError> {
    let node = node::find(model, id)?;
    if !hosts(model, liveness, &node, network) {
        return Err(ApiError::conflict(
            "NetworkNotHostedByDhcpAgent",
            format!("agent {id} does not answer DHCP on network {network}"),
        ));
    }
    Err(ApiError::conflict(
        "Conflict",
        format!(
            "agent {id} on '{}' answers DHCP on network {network} because it has ports there; move them, or set enable_dhcp of the network's subnets to false",
            node.hostname
        ),
    ))
}

fn hosts(model: &Model, liveness: &Liveness, node: &Node, network: Uuid) -> bool {
    let mut ports = model.ports_on(network, &node.hostname);
    ports.next().is_some() && serves(model, network) && is_alive(liveness, node)
}

fn serves(model: &Model, network: Uuid) -> bool {
    model.dhcp_subnets(network).next().is_some()
}

fn is_alive(liveness: &Liveness, node: &Node) -> bool {
    liveness.of(node.id).is_some_and(|pulse| pulse.alive)
}
