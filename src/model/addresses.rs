//! Addresses in use: who has one, and which is the lowest free one of a subnet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use api::{FixedIp, Port, Subnet};
use uuid::Uuid;

use super::runs::Runs;
use super::tree::Tree;

/// The fixed addresses of all ports.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Addresses {
    /// (address, subnet, port): by address first, for those who know nothing else.
    owners: Tree<(IpAddr, Uuid, Uuid), ()>,
    /// Per subnet.
    used: Runs<Uuid>,
}

impl Addresses {
    pub(super) fn change(&mut self, before: Option<&Port>, after: Option<&Port>) {
        let fixed_ips = |port: Option<&Port>| -> Vec<FixedIp> {
            port.map(|port| port.fixed_ips.to_vec()).unwrap_or_default()
        };
        let (old, new) = (fixed_ips(before), fixed_ips(after));
        if old == new {
            return;
        }
        if let Some(port) = before {
            for ip in old.iter().filter(|ip| !new.contains(ip)) {
                self.owners.remove(&(ip.ip_address, ip.subnet_id, port.id));
                if self.owner(ip.subnet_id, ip.ip_address).is_none() {
                    self.used.remove(&ip.subnet_id, number(ip.ip_address));
                }
            }
        }
        if let Some(port) = after {
            for ip in new.iter().filter(|ip| !old.contains(ip)) {
                self.owners
                    .insert((ip.ip_address, ip.subnet_id, port.id), ());
                self.used.insert(&ip.subnet_id, number(ip.ip_address));
            }
        }
    }

    /// The port that has `address` of `subnet`.
    pub(super) fn owner(&self, subnet: Uuid, address: IpAddr) -> Option<Uuid> {
        let start = (address, subnet, Uuid::nil());
        let ((found, at, port), ()) = self.owners.from(&start).next()?;
        (*found == address && *at == subnet).then_some(*port)
    }

    /// The ports that have `address`, with the subnet of which they have it.
    pub(super) fn owners(&self, address: IpAddr) -> impl Iterator<Item = (Uuid, Uuid)> + use<'_> {
        self.owners
            .from(&(address, Uuid::nil(), Uuid::nil()))
            .take_while(move |((found, _, _), ())| *found == address)
            .map(|((_, subnet, port), ())| (*port, *subnet))
    }

    /// The addresses of `subnet` in use, ascending, with the ports that have them.
    pub(super) fn of_subnet(
        &self,
        subnet: &Subnet,
    ) -> impl Iterator<Item = (Uuid, IpAddr)> + use<'_> {
        let (id, version) = (subnet.id, subnet.ip_version);
        self.used
            .runs(&id)
            .flat_map(|(first, last)| first..=last)
            .filter_map(move |n| {
                let address = address(version, n)?;
                Some((self.owner(id, address)?, address))
            })
    }

    /// True when some port has an address of `subnet`.
    pub(super) fn any_of(&self, subnet: Uuid) -> bool {
        self.used.runs(&subnet).next().is_some()
    }

    /// How many addresses of `first..=last` ports have in `subnet`.
    pub(super) fn count(&self, subnet: Uuid, first: IpAddr, last: IpAddr) -> u128 {
        self.used.count(&subnet, number(first), number(last))
    }

    /// The lowest address of `first..=last` that no port has in `subnet`.
    pub(super) fn lowest_free(&self, subnet: Uuid, first: IpAddr, last: IpAddr) -> Option<IpAddr> {
        let free = self
            .used
            .lowest_free(&subnet, number(first), number(last))?;
        address(if first.is_ipv4() { 4 } else { 6 }, free)
    }
}

/// The lowest free address of the pools of `subnet`, never its gateway.
pub(super) fn lowest_free_of_pools(addresses: &Addresses, subnet: &Subnet) -> Option<IpAddr> {
    subnet.allocation_pools.iter().find_map(|pool| {
        let free = addresses.lowest_free(subnet.id, pool.start, pool.end)?;
        if subnet.gateway_ip != Some(free) {
            return Some(free);
        }
        let next = address(subnet.ip_version, number(free).checked_add(1)?)?;
        addresses.lowest_free(subnet.id, next, pool.end)
    })
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_bits().into(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn address(version: u8, number: u128) -> Option<IpAddr> {
    if version == 4 {
        let bits = u32::try_from(number).ok()?;
        Some(Ipv4Addr::from_bits(bits).into())
    } else {
        Some(Ipv6Addr::from_bits(number).into())
    }
}
