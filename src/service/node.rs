//! The rules of nodes, which the API shows as agents.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use api::{ApiError, Kind, NetworkType, Node, NodeUpdate, Port, Record, VifType};
use uuid::Uuid;

use super::revise::{check_revision, store};
use super::{Moment, binding};
use crate::model::{Draft, Model};

/// What a switch that joins says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registration {
    /// `external_ids:system-id`.
    pub system_id: String,
    /// The name ports are bound to it by.
    pub hostname: String,
    /// Addresses its tunnels end at, preferred first.
    pub encap_ips: Vec<IpAddr>,
    /// Encapsulations it takes, preferred first.
    pub encap_types: Vec<NetworkType>,
    /// Physical network to provider bridge.
    pub bridge_mappings: BTreeMap<String, String>,
    /// `system` or `netdev`.
    pub datapath_type: String,
    /// Whether gateways may be placed on it.
    pub gateway: bool,
    /// Its availability zones.
    pub availability_zones: Vec<String>,
}

/// Makes the node of a switch that joins, or brings it up to date; nothing is written where it is.
/// Ports that could not be bound to it before are tried again.
///
/// # Errors
/// 400 without a system id or hostname; 409 where another switch has the hostname; 503 when no
/// pipeline key is left.
pub fn register(
    draft: &mut Draft,
    moment: &Moment<'_>,
    fresh_id: Uuid,
    asked: &Registration,
) -> Result<Arc<Node>, ApiError> {
    if asked.system_id.is_empty() || asked.hostname.is_empty() {
        return Err(ApiError::invalid_input(
            "a node needs external_ids:system-id and external_ids:hostname in its Open_vSwitch row",
        ));
    }
    let by_system = draft.node_by_system_id(&asked.system_id).cloned();
    let by_name = draft.node_by_hostname(&asked.hostname).cloned();
    if let (Some(a), Some(b)) = (&by_system, &by_name)
        && a.id != b.id
    {
        return Err(ApiError::conflict(
            "Conflict",
            format!(
                "switch {} has the hostname '{}' already; give switch {} another, or delete agent {}",
                b.system_id, b.hostname, asked.system_id, b.id
            ),
        ));
    }
    // A switch that was installed anew has another system id, but is the same machine.
    let node = match by_system.or(by_name) {
        Some(before) => {
            let after = described(Node::clone(&before), asked);
            store(draft, &*before, after.clone(), moment.now);
            after
        }
        None => {
            let blank = Node {
                id: fresh_id,
                admin_state_up: true,
                created_at: moment.now,
                key: super::lowest_free_key(draft, Kind::Node)?,
                ..Node::default()
            };
            let node = described(blank, asked);
            draft.put(node.clone());
            node
        }
    };
    bind_waiting(draft, moment, &node.hostname);
    Ok(Arc::new(node))
}

fn described(node: Node, asked: &Registration) -> Node {
    let asked = asked.clone();
    Node {
        system_id: asked.system_id,
        hostname: asked.hostname,
        encap_ips: asked.encap_ips,
        encap_types: asked.encap_types,
        bridge_mappings: asked.bridge_mappings,
        datapath_type: asked.datapath_type,
        gateway: asked.gateway,
        availability_zones: asked.availability_zones,
        ..node
    }
}

/// Binds the ports that ask for this host and could not be bound.
fn bind_waiting(draft: &mut Draft, moment: &Moment<'_>, hostname: &str) {
    let waiting: Vec<Arc<Port>> = draft
        .ports_of_host(hostname)
        .filter(|p| p.vif_type == VifType::BindingFailed)
        .cloned()
        .collect();
    for port in waiting {
        let Some(network) = draft.network(port.network_id).cloned() else {
            continue;
        };
        let mut after = Port::clone(&port);
        binding::settle(draft, &network, Some(&port), &mut after);
        store(draft, &*port, after, moment.now);
    }
}

/// Changes what an administrator may of a node.
///
/// # Errors
/// 404 `AgentNotFound`.
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: NodeUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, id)?;
    check_revision(&*before, if_match)?;
    let mut after = Node::clone(&before);
    asked.apply(&mut after);
    let record = store(draft, &*before, after, moment.now);
    bind_waiting(draft, moment, &before.hostname);
    Ok(record)
}

/// Removes a node that is gone. Its ports keep the host they ask for.
///
/// # Errors
/// 404 `AgentNotFound`; 409 while it is `alive`, because it would join again at once.
pub fn delete(draft: &mut Draft, id: Uuid, alive: bool) -> Result<(), ApiError> {
    let node = find(draft, id)?;
    if alive {
        return Err(ApiError::conflict(
            "AgentInUse",
            format!(
                "agent {id} on '{}' is alive; take its manager target away first (ovs-vsctl del-manager)",
                node.hostname
            ),
        ));
    }
    draft.remove(Kind::Node, id);
    Ok(())
}

/// The node, or 404 `AgentNotFound`.
pub fn find(model: &Model, id: Uuid) -> Result<Arc<Node>, ApiError> {
    let node = model.node(id).cloned();
    node.ok_or_else(|| Kind::Node.not_found(id))
}
