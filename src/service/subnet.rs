//! The rules of subnets.

use std::net::IpAddr;
use std::sync::Arc;

use api::{ApiError, FixedIp, Kind, Port, Record, Subnet, SubnetCreate, SubnetUpdate};
use ipnet::IpNet;
use uuid::Uuid;

use super::revise::{check_revision, store, touch_network};
use super::{Moment, address, error, ipam, mtu, network, owner, routed};
use super::{subnet_block, subnet_check as check};
use crate::model::{Draft, Model};

/// Creates a subnet, and gives every port of its network its automatic address in it.
///
/// # Errors
/// 400 and 409 of [`check`], of [`address::check_pools`] and of [`subnet_block`]; 400 `InvalidInput`
/// where it overlaps another subnet; 404 `NetworkNotFound`, `SubnetPoolNotFound`; those of
/// [`routed::check_new`]; 409
/// `NetworkMTUSubnetConflict`.
pub fn create(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: SubnetCreate,
) -> Result<Record, ApiError> {
    let (cidr, pool) = subnet_block::choose(draft, moment, &asked)?;
    // A block that was named and one that was chosen differ in IPv6, as they do in Neutron.
    let usual_gateway = match asked.cidr {
        Some(_) => address::default_gateway(&cidr),
        None => address::second(&cidr),
    };
    let gateway = asked.gateway_ip;
    let pools = asked.allocation_pools.clone().filter(|p| !p.is_empty());
    let mut subnet = asked.into_record();
    subnet.cidr = cidr;
    subnet.subnetpool_id = pool.as_ref().map(|pool| pool.id);
    check::whole(moment.settings, &subnet, gateway.flatten())?;
    check::modes(&subnet)?;
    let network = network::find(draft, subnet.network_id)?;
    if network.mtu != 0 {
        mtu::check_subnets(network.id, network.mtu, [subnet.ip_version])?;
    }
    routed::check_new(draft, &subnet)?;
    subnet.gateway_ip = gateway.unwrap_or(Some(usual_gateway));
    subnet.allocation_pools = match pools {
        Some(pools) => {
            address::check_pools(&cidr, &pools)?;
            check::gateway_apart(subnet.gateway_ip, &pools)?;
            pools
        }
        None => address::default_pools(&cidr, subnet.gateway_ip),
    };
    check_overlap(draft, network.id, &cidr)?;
    subnet_block::check_affinity(draft, network.id, subnet.ip_version, pool.as_deref())?;
    subnet.id = id;
    subnet.tags.sort();
    subnet.tags.dedup();
    subnet.created_at = moment.now;
    subnet.updated_at = moment.now;
    let subnet = Arc::new(subnet);
    draft.put(Record::Subnet(Arc::clone(&subnet)));
    touch_network(draft, network.id, moment.now);
    give_automatic_addresses(draft, moment, &subnet);
    Ok(Record::Subnet(subnet))
}

/// Changes a subnet.
///
/// # Errors
/// 404 `SubnetNotFound`; 412; 400 and 409 of [`check`], of [`routed::check_change`] and of [`address::check_pools`]; 409
/// `GatewayIpInUse`, `GatewayConflictWithAllocationPools`.
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: SubnetUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, id)?;
    check_revision(&*before, if_match)?;
    let (asked_gateway, asked_pools) = (asked.gateway_ip, asked.allocation_pools.is_some());
    let mut after = Subnet::clone(&before);
    asked.apply(&mut after);
    check::changed(moment.settings, &before, &after, asked_gateway.flatten())?;
    routed::check_change(draft, &before, &after)?;
    let new_gateway = after.gateway_ip != before.gateway_ip;
    if new_gateway {
        check_gateway_unused(draft, &before)?;
    }
    if asked_pools {
        address::check_pools(&after.cidr, &after.allocation_pools)?;
    }
    if new_gateway || asked_pools {
        check::gateway_apart(after.gateway_ip, &after.allocation_pools)?;
    }
    let changed = after != *before;
    let record = store(draft, &*before, after, moment.now);
    if changed {
        touch_network(draft, before.network_id, moment.now);
    }
    Ok(record)
}

/// Removes a subnet. Automatic addresses, and those of ports the service made for itself, go with
/// it.
///
/// # Errors
/// 404 `SubnetNotFound`; 412; 409 `SubnetInUse` while a port has another address of it.
pub fn delete(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    if_match: Option<u64>,
) -> Result<(), ApiError> {
    let subnet = find(draft, id)?;
    check_revision(&*subnet, if_match)?;
    let automatic = ipam::is_automatic(&subnet);
    let mut losing: Vec<Arc<Port>> = Vec::new();
    for port in draft.ports_of_subnet(id) {
        let router = owner::is_router_interface(&port.device_owner);
        if router || !(automatic || owner::is_auto_deleted(&port.device_owner)) {
            let ip = address_in(port, id).unwrap_or(subnet.cidr.addr());
            return Err(error::subnet_in_use(id, port.id, ip));
        }
        if losing.last().is_none_or(|last| last.id != port.id) {
            losing.push(Arc::clone(port));
        }
    }
    for port in losing {
        let mut without = Port::clone(&port);
        without.fixed_ips.retain(|f| f.subnet_id != id);
        store(draft, &*port, without, moment.now);
    }
    draft.remove(Kind::Subnet, id);
    touch_network(draft, subnet.network_id, moment.now);
    Ok(())
}

/// The subnet, or 404 `SubnetNotFound`.
pub fn find(model: &Model, id: Uuid) -> Result<Arc<Subnet>, ApiError> {
    let subnet = model.subnet(id).cloned();
    subnet.ok_or_else(|| Kind::Subnet.not_found(id))
}

fn check_overlap(model: &Model, network: Uuid, cidr: &IpNet) -> Result<(), ApiError> {
    let other = model
        .subnets_of(network)
        .find(|s| address::overlap(&s.cidr, cidr));
    match other {
        // Whose it is and which is not told: it may be another project's.
        Some(_) => Err(ApiError::invalid_input(format!(
            "{cidr} overlaps another subnet of network {network}"
        ))),
        None => Ok(()),
    }
}

/// A gateway that a router's port has cannot change.
fn check_gateway_unused(model: &Model, subnet: &Subnet) -> Result<(), ApiError> {
    let Some(gateway) = subnet.gateway_ip else {
        return Ok(());
    };
    match model.address_owner_in(subnet.id, gateway) {
        Some(port) if owner::is_router_interface(&port.device_owner) => {
            Err(error::gateway_in_use(gateway, port.id))
        }
        _ => Ok(()),
    }
}

fn give_automatic_addresses(draft: &mut Draft, moment: &Moment<'_>, subnet: &Subnet) {
    if !ipam::is_automatic(subnet) {
        return;
    }
    let ports: Vec<Arc<Port>> = draft.ports_of_network(subnet.network_id).cloned().collect();
    for port in ports {
        let asker = ipam::Asker {
            network: port.network_id,
            device_owner: &port.device_owner,
            mac: port.mac_address,
            host: &port.host_id,
        };
        let own: Option<FixedIp> = ipam::automatic_address(&asker, subnet)
            .filter(|_| routed::reaches(draft, &port.host_id, subnet))
            .filter(|f| draft.address_owner_in(f.subnet_id, f.ip_address).is_none());
        if let Some(own) = own {
            let mut with = Port::clone(&port);
            with.fixed_ips.push(own);
            store(draft, &*port, with, moment.now);
        }
    }
}

fn address_in(port: &Port, subnet: Uuid) -> Option<IpAddr> {
    let fixed = port.fixed_ips.iter().find(|f| f.subnet_id == subnet);
    fixed.map(|f| f.ip_address)
}
