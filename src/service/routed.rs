//! Routed networks: each subnet lies on a segment, and a port has addresses of the segment that its
//! host reaches. Until it has a host, it has none.

use std::sync::Arc;

use api::{ApiError, FixedIp, Kind, Port, Subnet};
use uuid::Uuid;

use super::error;
use super::ipam::{self, Asker};
use crate::model::Model;

/// Of the subnets that serve a port, those it can have addresses of where it is; `named` says that it
/// asks for certain ones, which on no host may be of any segment.
///
/// # Errors
/// 409 `HostNotConnectedToAnySegment`.
pub fn within_reach(
    model: &Model,
    asker: &Asker<'_>,
    serving: Vec<Arc<Subnet>>,
    named: bool,
) -> Result<Vec<Arc<Subnet>>, ApiError> {
    if serving.iter().all(|subnet| subnet.segment_id.is_none()) {
        return Ok(serving);
    }
    if asker.host.is_empty() {
        let fits = |subnet: &Arc<Subnet>| named || subnet.segment_id.is_none();
        return Ok(serving.into_iter().filter(fits).collect());
    }
    let fits = |subnet: &Arc<Subnet>| reaches(model, asker.host, subnet);
    let near: Vec<Arc<Subnet>> = serving.into_iter().filter(fits).collect();
    if near.is_empty() {
        return Err(error::host_off_segments(asker.host, asker.network));
    }
    Ok(near)
}

/// True when ports on `host` can have addresses of `subnet`.
pub fn reaches(model: &Model, host: &str, subnet: &Subnet) -> bool {
    let Some(segment) = subnet.segment_id else {
        return true;
    };
    let node = model.node_by_hostname(host);
    let network = model.network(subnet.network_id);
    let at = node
        .zip(network)
        .and_then(|(node, network)| network.wire_at(node));
    at.is_some_and(|(found, _)| found == segment)
}

/// True when the addresses of a port that asks for none in particular wait for its host.
pub fn waits(model: &Model, asker: &Asker<'_>) -> bool {
    let mut serving = model
        .subnets_of(asker.network)
        .filter(|subnet| ipam::serves(subnet, asker.device_owner));
    asker.host.is_empty() && serving.any(|subnet| subnet.segment_id.is_some())
}

/// The addresses of a port must work on `host`.
///
/// # Errors
/// 409 `HostNotCompatibleWithFixedIps`.
pub fn check_host(model: &Model, port: &Port, host: &str) -> Result<(), ApiError> {
    let fits = |fixed: &FixedIp| {
        let subnet = model.subnet(fixed.subnet_id);
        subnet.is_none_or(|subnet| reaches(model, host, subnet))
    };
    match host.is_empty() || port.fixed_ips.iter().all(fits) {
        true => Ok(()),
        false => Err(error::host_off_addresses(host, port.id)),
    }
}

/// The addresses of a port must be of one segment.
///
/// # Errors
/// 400 `FixedIpsSubnetsNotOnSameSegment`.
pub fn check_together(model: &Model, fixed_ips: &[FixedIp]) -> Result<(), ApiError> {
    let segment = |fixed: &FixedIp| model.subnet(fixed.subnet_id).map(|s| s.segment_id);
    let mut segments = fixed_ips.iter().filter_map(segment);
    let first = segments.next();
    match segments.all(|other| Some(other) == first) {
        true => Ok(()),
        false => Err(error::addresses_apart()),
    }
}

/// What a new subnet says of its segment must fit with its network's other subnets.
///
/// # Errors
/// 404 `SegmentNotFound`; 400 `NetworkIdsDontMatch`, `SubnetsNotAllAssociatedWithSegments`.
pub fn check_new(model: &Model, subnet: &Subnet) -> Result<(), ApiError> {
    check_segment(model, subnet)?;
    let mut others = others(model, subnet);
    if others.any(|other| other.segment_id.is_some() != subnet.segment_id.is_some()) {
        return Err(error::subnets_mixed(subnet.network_id));
    }
    Ok(())
}

/// A subnet can be put on its network's only segment while it is the network's only subnet.
///
/// # Errors
/// As [`check_new`]; 400 `SubnetSegmentAssociationChangeNotAllowed`,
/// `NoUpdateSubnetWhenMultipleSegmentsOnNetwork`.
pub fn check_change(model: &Model, before: &Subnet, after: &Subnet) -> Result<(), ApiError> {
    if before.segment_id == after.segment_id {
        return Ok(());
    }
    if others(model, after).next().is_some() {
        return Err(error::subnets_mixed(after.network_id));
    }
    if before.segment_id.is_some() {
        return Err(error::segment_stays(after.id));
    }
    let several = |id: Uuid| model.network(id).is_some_and(|n| n.has_several_segments());
    if several(after.network_id) {
        return Err(error::several_segments(after.network_id));
    }
    check_segment(model, after)
}

/// What routed ports' own subnets say does not count.
fn others<'a>(model: &'a Model, subnet: &'a Subnet) -> impl Iterator<Item = &'a Arc<Subnet>> {
    let counts = |s: &Subnet| !s.service_types.iter().any(|t| t == "network:routed");
    model
        .subnets_of(subnet.network_id)
        .filter(move |other| other.id != subnet.id && counts(other) && counts(subnet))
}

fn check_segment(model: &Model, subnet: &Subnet) -> Result<(), ApiError> {
    let Some(id) = subnet.segment_id else {
        return Ok(());
    };
    match model.network_of_segment(id) {
        None => Err(Kind::Segment.not_found(id)),
        Some(network) if network.id != subnet.network_id => {
            Err(error::segment_elsewhere(subnet.network_id, id))
        }
        Some(_) => Ok(()),
    }
}
