//! The rules of networks.

use std::sync::Arc;

use api::{ApiError, EVERYONE, Kind, Network, NetworkCreate, NetworkUpdate, Record, Status};
use uuid::Uuid;

use super::revise::{check_revision, store_if};
use super::segment::{self, Segment};
use super::{Moment, error, mtu, owner, segments, sharing};
use crate::model::{Draft, Model};

/// Creates a network.
///
/// # Errors
/// Those of [`segments::of_new`] and [`mtu::choose`]; 400 `VlanTransparencyDriverError`,
/// `VlanQinqDriverError`; 404 `AvailabilityZoneNotFound`; 409
/// `DefaultExternalNetworkExists`; 503 when no pipeline key is left.
pub fn create(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: NetworkCreate,
) -> Result<Record, ApiError> {
    check_tags(&asked)?;
    let (first, more) = segments::of_new(draft, moment, id, &asked)?;
    check_zones(draft, &asked.availability_zone_hints)?;
    let shared = asked.shared;
    let mut network = asked.into_record();
    network.id = id;
    network.status = Status::Active;
    network.set_first_segment(first);
    network.more_segments = more;
    network.mtu = mtu::choose(largest_mtu(moment, &network), Some(network.mtu))?;
    settle_default(draft, &mut network)?;
    network.tags.sort();
    network.tags.dedup();
    network.revision_number = 1;
    network.created_at = moment.now;
    network.updated_at = moment.now;
    network.key = super::lowest_free_key(draft, Kind::Network)?;
    sharing::set_shared(draft, Kind::Network, id, &network.project_id, shared);
    sharing::set_external(draft, id, &network.project_id, network.external);
    let record = Record::from(network);
    draft.put(record.clone());
    Ok(record)
}

/// Changes a network.
///
/// # Errors
/// 404 `NetworkNotFound`; 412; those of [`segment::change`], [`mtu::choose`] and
/// [`mtu::check_subnets`]; 409 `InvalidSharedSetting`, `ExternalNetworkInUse`,
/// `DefaultExternalNetworkExists`.
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: NetworkUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, id)?;
    check_revision(&*before, if_match)?;
    let segment = segment::change(draft, moment.settings, &before, &asked)?;
    let (asked_mtu, asked_shared) = (asked.mtu, asked.shared);
    let mut after = Network::clone(&before);
    asked.apply(&mut after);
    settle_segment(&mut after, segment);
    if asked_shared == Some(false) {
        check_unshare(draft, &before)?;
    }
    if let Some(asked) = asked_mtu {
        let versions = draft.subnets_of(id).map(|s| s.ip_version);
        mtu::check_subnets(id, asked, versions)?;
        after.mtu = mtu::choose(largest_mtu(moment, &after), Some(asked))?;
    }
    if before.external && !after.external {
        check_not_gateway(draft, id)?;
    }
    settle_default(draft, &mut after)?;
    let project = &before.project_id;
    let mut changed = *before != after;
    if let Some(shared) = asked_shared {
        changed |= sharing::set_shared(draft, Kind::Network, id, project, shared);
    }
    if before.external != after.external {
        sharing::set_external(draft, id, project, after.external);
    }
    Ok(store_if(draft, changed, after, moment.now))
}

/// Removes a network with its subnets and the ports the service made for itself.
///
/// # Errors
/// 404 `NetworkNotFound`; 412; 409 `NetworkInUse` while other ports are on it.
pub fn delete(draft: &mut Draft, id: Uuid, if_match: Option<u64>) -> Result<(), ApiError> {
    let network = find(draft, id)?;
    check_revision(&*network, if_match)?;
    let (own, others): (Vec<_>, Vec<_>) = draft
        .ports_of_network(id)
        .partition(|p| owner::is_auto_deleted(&p.device_owner));
    if let Some(example) = others.first() {
        return Err(error::network_in_use(id, others.len(), example.id));
    }
    let ports: Vec<Uuid> = own.iter().map(|p| p.id).collect();
    let subnets: Vec<Uuid> = draft.subnets_of(id).map(|s| s.id).collect();
    for port in ports {
        draft.remove(Kind::Port, port);
    }
    for subnet in subnets {
        draft.remove(Kind::Subnet, subnet);
    }
    sharing::forget(draft, id);
    draft.remove(Kind::Network, id);
    Ok(())
}

/// The network, or 404 `NetworkNotFound`.
pub fn find(model: &Model, id: Uuid) -> Result<Arc<Network>, ApiError> {
    let network = model.network(id).cloned();
    network.ok_or_else(|| Kind::Network.not_found(id))
}

fn settle_segment(network: &mut Network, segment: Segment) {
    network.network_type = segment.network_type;
    network.physical_network = segment.physical_network;
    network.segmentation_id = segment.segmentation_id;
}

/// What every segment of it carries.
fn largest_mtu(moment: &Moment<'_>, network: &Network) -> u32 {
    let each = network
        .wires()
        .map(|(_, wire)| mtu::largest(moment.settings, wire.network_type, wire.physical_network));
    each.fold(0, mtu::least)
}

/// Frames of instances are taken untagged, so a network cannot promise to carry their tags.
fn check_tags(asked: &NetworkCreate) -> Result<(), ApiError> {
    if asked.vlan_transparent {
        return Err(error::no_vlan_transparency());
    }
    if asked.qinq {
        return Err(error::no_qinq());
    }
    Ok(())
}

/// Only an external network can be the default one, and only one can.
fn settle_default(model: &Model, network: &mut Network) -> Result<(), ApiError> {
    if !network.external {
        network.is_default = false;
    }
    let other = model
        .external_networks()
        .find(|n| network.is_default && n.is_default && n.id != network.id);
    match other {
        Some(other) => Err(error::default_external_exists(other.id)),
        None => Ok(()),
    }
}

fn check_zones(model: &Model, hints: &[String]) -> Result<(), ApiError> {
    if hints.is_empty() {
        return Ok(());
    }
    let mut known: Vec<String> = model
        .nodes()
        .flat_map(|n| n.availability_zones.iter().cloned())
        .collect();
    known.sort();
    known.dedup();
    match hints.iter().find(|h| !known.contains(h)) {
        Some(unknown) => Err(error::no_zone(unknown, &known)),
        None => Ok(()),
    }
}

/// No other project may be left on a network that stops being shared with all, unless it is shared with
/// that one by itself.
fn check_unshare(model: &Model, network: &Network) -> Result<(), ApiError> {
    if !model.shared_with(Kind::Network, network.id, EVERYONE) {
        return Ok(());
    }
    let mut allowed = sharing::shared_one_by_one(model, network.id);
    allowed.insert(&network.project_id);
    let ports = model
        .ports_of_network(network.id)
        .filter(|p| !owner::is_network(&p.device_owner))
        .map(|p| &p.project_id);
    let subnets = model.subnets_of(network.id).map(|s| &s.project_id);
    let mut projects = ports.chain(subnets);
    match projects.find(|project| !allowed.contains(project.as_str())) {
        Some(project) => Err(error::still_shared(network.id, project)),
        None => Ok(()),
    }
}

/// No router may have its gateway on a network that stops being external.
fn check_not_gateway(model: &Model, id: Uuid) -> Result<(), ApiError> {
    let gateway = model
        .ports_of_network(id)
        .find(|p| p.device_owner == owner::ROUTER_GATEWAY);
    match gateway {
        Some(port) => Err(error::external_in_use(id, port.id)),
        None => Ok(()),
    }
}
