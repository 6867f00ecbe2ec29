//! How many addresses of a network are in use, counted when asked for.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use api::{AddressCounts, Filters, Network, NetworkIpAvailability, Subnet, SubnetAvailability};
use ipnet::IpNet;
use uuid::Uuid;

use super::address::number;
use crate::model::Model;

/// The networks that the filters leave, at least, each with its subnets; where `ip_version` is among
/// the filters, with those of that version, and only networks that have such.
pub fn find<'a>(
    model: &'a Model,
    filters: &Filters,
) -> impl Iterator<Item = NetworkIpAvailability> + Send + use<'a> {
    let versions = filters.parsed::<u8>("ip_version");
    networks(model, filters).filter_map(move |network| {
        let counted = of(model, &network, versions.as_deref());
        (versions.is_none() || !counted.subnets.is_empty()).then_some(counted)
    })
}

fn networks<'a>(
    model: &'a Model,
    filters: &Filters,
) -> Box<dyn Iterator<Item = Arc<Network>> + Send + 'a> {
    if let Some(ids) = filters.parsed::<Uuid>("network_id") {
        let ids: BTreeSet<Uuid> = ids.into_iter().collect();
        return Box::new(ids.into_iter().filter_map(|id| model.network(id).cloned()));
    }
    if let Some(names) = filters.values("network_name") {
        let names: BTreeSet<&String> = names.iter().filter(|n| !n.is_empty()).collect();
        if !names.is_empty() {
            let found = names.into_iter().flat_map(|n| model.networks_by_name(n));
            return Box::new(found.cloned().collect::<Vec<_>>().into_iter());
        }
    }
    let projects = filters.values("project_id");
    if let Some(projects) = projects.or_else(|| filters.values("tenant_id")) {
        let projects: BTreeSet<&String> = projects.iter().collect();
        let found = projects
            .into_iter()
            .flat_map(|p| model.networks_of_project(p));
        return Box::new(found.cloned().collect::<Vec<_>>().into_iter());
    }
    Box::new(model.networks().cloned())
}

/// One network with its subnets, or with those of `versions`.
pub fn of(model: &Model, network: &Network, versions: Option<&[u8]>) -> NetworkIpAvailability {
    let wanted = |subnet: &Subnet| versions.is_none_or(|v| v.contains(&subnet.ip_version));
    let subnets: Vec<SubnetAvailability> = model
        .subnets_of(network.id)
        .filter(|subnet| wanted(subnet))
        .map(|subnet| count(model, subnet))
        .collect();
    let sum = |read: fn(&SubnetAvailability) -> u128| {
        let each = subnets.iter().map(read);
        each.fold(0u128, u128::saturating_add)
    };
    NetworkIpAvailability {
        id: network.id,
        network_id: network.id,
        network_name: network.name.clone(),
        project_id: network.project_id.clone(),
        used_ips: sum(|s| s.used_ips),
        total_ips: sum(|s| s.total_ips),
        details: AddressCounts {
            total_ips_in_subnet: sum(|s| s.ip_availability_details.total_ips_in_subnet),
            total_ips_in_allocation_pool: sum(|s| {
                s.ip_availability_details.total_ips_in_allocation_pool
            }),
            used_ips_in_subnet: sum(|s| s.ip_availability_details.used_ips_in_subnet),
            used_ips_in_allocation_pool: sum(|s| {
                s.ip_availability_details.used_ips_in_allocation_pool
            }),
        },
        subnets,
    }
}

fn count(model: &Model, subnet: &Subnet) -> SubnetAvailability {
    let used = |first: IpAddr, last: IpAddr| model.addresses_in_use(subnet.id, first, last);
    let (first, last) = (subnet.cidr.network(), subnet.cidr.broadcast());
    let whole = size(first, last);
    let pools = subnet.allocation_pools.iter();
    let in_pools = pools.clone().map(|pool| size(pool.start, pool.end));
    let in_pools = in_pools.fold(0u128, u128::saturating_add);
    let counts = AddressCounts {
        // The first and last address of an IPv4 block are no host's.
        total_ips_in_subnet: match subnet.cidr {
            IpNet::V4(_) => whole.saturating_sub(2),
            IpNet::V6(_) => whole,
        },
        total_ips_in_allocation_pool: in_pools,
        used_ips_in_subnet: used(first, last),
        used_ips_in_allocation_pool: pools.map(|pool| used(pool.start, pool.end)).sum(),
    };
    SubnetAvailability {
        subnet_id: subnet.id,
        ip_version: subnet.ip_version,
        cidr: subnet.cidr,
        subnet_name: subnet.name.clone(),
        used_ips: counts.used_ips_in_subnet,
        total_ips: if subnet.allocation_pools.is_empty() {
            whole
        } else {
            in_pools
        },
        ip_availability_details: counts,
    }
}

/// How many addresses there are from `first` to `last`.
fn size(first: IpAddr, last: IpAddr) -> u128 {
    number(last).saturating_sub(number(first)).saturating_add(1)
}
