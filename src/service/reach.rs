//! What a project can reach: its own, what policies share with it, and ports on networks of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::{Kind, Network, Port, Record, Subnet};
use uuid::Uuid;

use crate::model::Model;

/// Whether a record is within reach of `project`; empty for none. What belongs to no project is
/// within reach of every one.
pub fn reaches(model: &Model, record: &Record, project: &str) -> bool {
    let Some(owner) = record.project() else {
        return true;
    };
    is_own(owner, project)
        || match record {
            Record::Network(network) => is_open(model, network.id, project),
            Record::Subnet(subnet) => is_open(model, subnet.network_id, project),
            Record::Port(port) => {
                let network = model.network(port.network_id);
                network.is_some_and(|network| is_own(&network.project_id, project))
            }
            other => model.shared_with(other.kind(), other.id(), project),
        }
}

/// Whether a record of `kind` is shared with `project`. A subnet is as shared as its network.
pub fn shared_with(model: &Model, kind: Kind, id: Uuid, project: &str) -> bool {
    match kind {
        Kind::Subnet => model
            .subnet(id)
            .is_some_and(|subnet| model.shared_with(Kind::Network, subnet.network_id, project)),
        kind => model.shared_with(kind, id, project),
    }
}

/// The records of `kind` within reach of `project`, each once, by index; `None` where no index tells.
pub fn of_project(model: &Model, kind: Kind, project: &str) -> Option<Vec<Record>> {
    match kind {
        Kind::Network => Some(networks(model, project)),
        Kind::Subnet => Some(subnets(model, project)),
        Kind::Port => Some(ports(model, project)),
        Kind::RbacPolicy => {
            let own = model.policies_of_project(project);
            Some(own.map(|policy| Record::from(Arc::clone(policy))).collect())
        }
        // No project owns these in the way of others: some are for a project, some or all for everybody.
        Kind::NetworkSegmentRange | Kind::Flavor | Kind::ServiceProfile => None,
        kind => shelved(model, kind, project),
    }
}

fn networks(model: &Model, project: &str) -> Vec<Record> {
    let open = open_to(model, project)
        .into_iter()
        .filter_map(|id| model.network(id));
    let of_others = open.filter(|network| !is_own(&network.project_id, project));
    let record = |network: &Arc<Network>| Record::from(Arc::clone(network));
    model
        .networks_of_project(project)
        .chain(of_others)
        .map(record)
        .collect()
}

fn subnets(model: &Model, project: &str) -> Vec<Record> {
    let open = open_to(model, project).into_iter();
    let on_open = open.flat_map(|network| model.subnets_of(network));
    let of_others = on_open.filter(|subnet| !is_own(&subnet.project_id, project));
    let record = |subnet: &Arc<Subnet>| Record::from(Arc::clone(subnet));
    model
        .subnets_of_project(project)
        .chain(of_others)
        .map(record)
        .collect()
}

fn ports(model: &Model, project: &str) -> Vec<Record> {
    let networks = model.networks_of_project(project);
    let on_own = networks.flat_map(|network| model.ports_of_network(network.id));
    let of_others = on_own.filter(|port| !is_own(&port.project_id, project));
    let record = |port: &Arc<Port>| Record::from(Arc::clone(port));
    model
        .ports_of_project(project)
        .chain(of_others)
        .map(record)
        .collect()
}

fn shelved(model: &Model, kind: Kind, project: &str) -> Option<Vec<Record>> {
    let mut found = model.shelved_of_project(kind, project)?;
    let shared = model.shared_ids(kind, project).into_iter();
    let shared = shared.filter_map(|id| model.record(kind, id));
    let is_others = |record: &Record| !is_own(record.project().unwrap_or_default(), project);
    found.extend(shared.filter(is_others));
    Some(found)
}

/// The networks that policies open to a project, to use or to have gateways on.
fn open_to(model: &Model, project: &str) -> BTreeSet<Uuid> {
    let shared = model.shared_ids(Kind::Network, project).into_iter();
    shared.chain(model.external_ids(project)).collect()
}

fn is_open(model: &Model, network: Uuid, project: &str) -> bool {
    model.shared_with(Kind::Network, network, project) || model.external_for(network, project)
}

fn is_own(owner: &str, project: &str) -> bool {
    !project.is_empty() && owner == project
}
