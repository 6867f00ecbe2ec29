//! Which addresses a port gets: asked for, kept, chosen from pools, or made from its MAC.

use std::net::IpAddr;
use std::sync::Arc;

use api::{ApiError, FixedIp, FixedIpRequest, Ipv6Mode, Kind, Mac, Subnet};
use uuid::Uuid;

use super::{address, error, owner, routed};
use crate::model::Model;

/// The port that wants addresses.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Its network.
    pub network: Uuid,
    /// Its `device_owner`: decides which subnets serve it.
    pub device_owner: &'a str,
    /// Its MAC address: makes its automatic addresses.
    pub mac: Mac,
    /// The host it is to be on, or empty: decides which segment of a routed network it is on.
    pub host: &'a str,
}

/// One address to find.
struct Want {
    /// Where to look, in this order.
    subnets: Vec<Arc<Subnet>>,
    /// Exactly this one.
    ip: Option<IpAddr>,
}

/// True when hosts of `subnet` make their own addresses (SLAAC, with or without DHCPv6 options).
pub fn is_automatic(subnet: &Subnet) -> bool {
    [subnet.ipv6_ra_mode, subnet.ipv6_address_mode]
        .iter()
        .any(|mode| matches!(mode, Some(Ipv6Mode::Slaac | Ipv6Mode::Dhcpv6Stateless)))
}

/// True when ports of this owner get addresses from `subnet`.
pub fn serves(subnet: &Subnet, device_owner: &str) -> bool {
    subnet.service_types.is_empty()
        || subnet.service_types.iter().any(|t| t == device_owner)
        || (subnet.enable_dhcp && device_owner == owner::DHCP)
}

/// The subnets a port may use, those made for its kind first; `named` says that it asks for certain
/// addresses.
fn candidates(model: &Model, asker: &Asker<'_>, named: bool) -> Result<Vec<Arc<Subnet>>, ApiError> {
    let all: Vec<Arc<Subnet>> = model.subnets_of(asker.network).cloned().collect();
    let fitting: Vec<Arc<Subnet>> = all
        .iter()
        .filter(|s| serves(s, asker.device_owner))
        .cloned()
        .collect();
    if fitting.is_empty() && !all.is_empty() {
        return Err(error::no_service_subnet(asker.network, asker.device_owner));
    }
    let mut fitting = routed::within_reach(model, asker, fitting, named)?;
    fitting.sort_by_key(|s| (s.service_types.is_empty(), s.created_at, s.id));
    Ok(fitting)
}

/// The addresses of a new port: what `asked` names, or one of each IP version; with them, in either
/// case, the automatic ones of every SLAAC subnet.
///
/// # Errors
/// Those of [`resolve`], [`routed::within_reach`] and [`routed::check_together`]; 409
/// `IpAddressAlreadyAllocated`, `IpAddressGenerationFailure`,
/// `IpAddressGenerationFailureNoMatchingSubnet`.
pub fn first_addresses(
    model: &Model,
    asker: &Asker<'_>,
    asked: Option<&[FixedIpRequest]>,
) -> Result<Vec<FixedIp>, ApiError> {
    let subnets = candidates(model, asker, asked.is_some())?;
    let wants = match asked {
        Some(requests) => {
            let wants = requests.iter().map(|r| resolve(model, asker, &subnets, r));
            wants
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .flatten()
                .collect()
        }
        None => one_of_each(&subnets),
    };
    let mut fixed = allocate(model, asker, &wants, &[])?;
    for own in automatic(asker, &subnets) {
        if !fixed.contains(&own) {
            free(model, &own, &fixed)?;
            fixed.push(own);
        }
    }
    routed::check_together(model, &fixed)?;
    Ok(fixed)
}

/// The addresses of a port that has `current` and asks for `asked`: what is asked for again stays,
/// what is not goes, unless it is automatic.
///
/// # Errors
/// As [`first_addresses`].
pub fn next_addresses(
    model: &Model,
    asker: &Asker<'_>,
    current: &[FixedIp],
    asked: &[FixedIpRequest],
) -> Result<Vec<FixedIp>, ApiError> {
    let subnets = candidates(model, asker, true)?;
    let mut left: Vec<FixedIp> = current.to_vec();
    let mut take = |test: &dyn Fn(&FixedIp) -> bool| -> Option<FixedIp> {
        let at = left.iter().position(test)?;
        Some(left.remove(at))
    };
    // Exact requests claim first, so that an open request does not take what another names.
    let mut settled: Vec<Option<FixedIp>> = asked
        .iter()
        .map(|r| r.ip_address.and_then(|ip| take(&|f| f.ip_address == ip)))
        .collect();
    for (slot, request) in settled.iter_mut().zip(asked) {
        if let (None, Some(subnet)) = (request.ip_address, request.subnet_id) {
            *slot = take(&|f| f.subnet_id == subnet && !address::is_eui64(f.ip_address));
        }
    }
    let mut kept: Vec<FixedIp> = settled.iter().flatten().copied().collect();
    let stays: Vec<FixedIp> = left
        .into_iter()
        .filter(|f| stays_by_itself(model, asker, f))
        .collect();
    kept.extend(&stays);

    let mut wants = Vec::new();
    let mut open = Vec::new();
    for (at, request) in asked.iter().enumerate() {
        if settled.get(at).is_some_and(Option::is_none)
            && let Some(want) = resolve(model, asker, &subnets, request)?
        {
            wants.push(want);
            open.push(at);
        }
    }
    let found = allocate(model, asker, &wants, &kept)?;
    for (at, fixed) in open.into_iter().zip(found) {
        if let Some(slot) = settled.get_mut(at) {
            *slot = Some(fixed);
        }
    }
    let mut result: Vec<FixedIp> = settled.into_iter().flatten().chain(stays).collect();
    for own in automatic(asker, &subnets) {
        if !result.iter().any(|f| f.subnet_id == own.subnet_id) {
            free(model, &own, &result)?;
            result.push(own);
        }
    }
    routed::check_together(model, &result)?;
    Ok(result)
}

/// The addresses of a port whose MAC address has changed: those made from the old one are replaced.
///
/// # Errors
/// 409 `IpAddressAlreadyAllocated`.
pub fn with_new_mac(
    model: &Model,
    asker: &Asker<'_>,
    current: &[FixedIp],
) -> Result<Vec<FixedIp>, ApiError> {
    let mut result: Vec<FixedIp> = Vec::with_capacity(current.len());
    for fixed in current {
        let subnet = model.subnet(fixed.subnet_id).filter(|s| is_automatic(s));
        let next = match subnet {
            Some(subnet) if address::is_eui64(fixed.ip_address) => FixedIp {
                subnet_id: subnet.id,
                ip_address: address::eui64(&subnet.cidr, asker.mac),
            },
            _ => *fixed,
        };
        if next != *fixed {
            free(model, &next, &result)?;
        }
        result.push(next);
    }
    Ok(result)
}

/// The automatic address a port would have in a SLAAC subnet, unless routers or the subnet's
/// service types say otherwise.
pub fn automatic_address(asker: &Asker<'_>, subnet: &Subnet) -> Option<FixedIp> {
    let fits = is_automatic(subnet)
        && serves(subnet, asker.device_owner)
        && !owner::is_router_side(asker.device_owner);
    fits.then(|| FixedIp {
        subnet_id: subnet.id,
        ip_address: address::eui64(&subnet.cidr, asker.mac),
    })
}

fn automatic(asker: &Asker<'_>, subnets: &[Arc<Subnet>]) -> Vec<FixedIp> {
    subnets
        .iter()
        .filter_map(|s| automatic_address(asker, s))
        .collect()
}

/// Automatic addresses stay although a request does not name them.
fn stays_by_itself(model: &Model, asker: &Asker<'_>, fixed: &FixedIp) -> bool {
    !owner::is_router_side(asker.device_owner)
        && model
            .subnet(fixed.subnet_id)
            .is_some_and(|s| is_automatic(s))
}

/// One address of each IP version that has subnets with pools to choose from.
fn one_of_each(subnets: &[Arc<Subnet>]) -> Vec<Want> {
    [4, 6]
        .iter()
        .map(|version| Want {
            subnets: subnets
                .iter()
                .filter(|s| s.ip_version == *version && !is_automatic(s))
                .cloned()
                .collect(),
            ip: None,
        })
        .filter(|want| !want.subnets.is_empty())
        .collect()
}

/// What one request means; `None` where it asks for the automatic address that comes anyway.
///
/// # Errors
/// 404 `SubnetNotFound`; 400 `InvalidInput`, `InvalidIpForSubnet`, `InvalidIpForNetwork`,
/// `AllocationOnAutoAddressSubnet`.
fn resolve(
    model: &Model,
    asker: &Asker<'_>,
    subnets: &[Arc<Subnet>],
    request: &FixedIpRequest,
) -> Result<Option<Want>, ApiError> {
    let subnet = subnet_for(model, asker, subnets, request)?;
    let automatic = is_automatic(&subnet);
    if let Some(ip) = request.ip_address {
        let own = address::eui64(&subnet.cidr, asker.mac);
        if automatic && !owner::is_router_interface(asker.device_owner) && ip != own {
            return Err(error::ip_on_auto_subnet(ip, subnet.id, own));
        }
    } else if automatic && !owner::is_router_side(asker.device_owner) {
        return Ok(None);
    }
    Ok(Some(Want {
        ip: request.ip_address,
        subnets: vec![subnet],
    }))
}

fn subnet_for(
    model: &Model,
    asker: &Asker<'_>,
    subnets: &[Arc<Subnet>],
    request: &FixedIpRequest,
) -> Result<Arc<Subnet>, ApiError> {
    let network = asker.network;
    if subnets.is_empty() {
        return Err(ApiError::invalid_input(format!(
            "network {network} has no subnet to take an address from; create one first"
        )));
    }
    let usable = |s: &Subnet, ip| address::usable(&s.cidr, ip, asker.device_owner);
    match (request.subnet_id, request.ip_address) {
        (Some(id), ip) => {
            let Some(subnet) = subnets.iter().find(|s| s.id == id) else {
                model.subnet(id).ok_or_else(|| Kind::Subnet.not_found(id))?;
                return Err(ApiError::invalid_input(format!(
                    "subnet {id} of fixed_ips is not one that this port may use on network {network}"
                )));
            };
            match ip {
                Some(ip) if !usable(subnet, ip) => Err(error::ip_not_for_subnet(ip, &subnet.cidr)),
                _ => Ok(Arc::clone(subnet)),
            }
        }
        (None, Some(ip)) => subnets
            .iter()
            .find(|s| usable(s, ip))
            .cloned()
            .ok_or_else(|| error::ip_not_for_network(ip, network)),
        (None, None) => Err(ApiError::invalid_input(
            "each of fixed_ips must name a subnet_id, an ip_address, or both",
        )),
    }
}

/// Finds an address for each of `wants`, in their order; exact ones are taken first.
fn allocate(
    model: &Model,
    asker: &Asker<'_>,
    wants: &[Want],
    kept: &[FixedIp],
) -> Result<Vec<FixedIp>, ApiError> {
    let mut taken: Vec<FixedIp> = kept.to_vec();
    let mut found: Vec<Option<FixedIp>> = vec![None; wants.len()];
    for (slot, want) in found.iter_mut().zip(wants) {
        if let (Some(ip), [subnet, ..]) = (want.ip, want.subnets.as_slice()) {
            let fixed = FixedIp {
                subnet_id: subnet.id,
                ip_address: ip,
            };
            free(model, &fixed, &taken)?;
            taken.push(fixed);
            *slot = Some(fixed);
        }
    }
    for (slot, want) in found.iter_mut().zip(wants) {
        if slot.is_none() {
            let fixed = want
                .subnets
                .iter()
                .find_map(|subnet| lowest_free(model, subnet, &taken))
                .ok_or_else(|| error::no_address(asker.network))?;
            taken.push(fixed);
            *slot = Some(fixed);
        }
    }
    Ok(found.into_iter().flatten().collect())
}

/// The address must be nobody's, and not stand in `taken`.
fn free(model: &Model, fixed: &FixedIp, taken: &[FixedIp]) -> Result<(), ApiError> {
    let owned = model
        .address_owner_in(fixed.subnet_id, fixed.ip_address)
        .is_some();
    if owned || taken.contains(fixed) {
        return Err(error::ip_in_use(fixed.ip_address, fixed.subnet_id));
    }
    Ok(())
}

/// The lowest address of the subnet's pools that nobody has and that is not in `taken`.
fn lowest_free(model: &Model, subnet: &Subnet, taken: &[FixedIp]) -> Option<FixedIp> {
    subnet.allocation_pools.iter().find_map(|pool| {
        let mut from = pool.start;
        loop {
            let fixed = FixedIp {
                subnet_id: subnet.id,
                ip_address: model.lowest_free_address_between(subnet.id, from, pool.end)?,
            };
            if !taken.contains(&fixed) {
                return Some(fixed);
            }
            let next = address::number(fixed.ip_address).checked_add(1)?;
            from = address::address(pool.start, next);
            if !address::in_range(pool, from) {
                return None;
            }
        }
    })
}
