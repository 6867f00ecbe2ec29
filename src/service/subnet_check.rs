//! What the attributes of one subnet must say together, whatever else there is.

use std::net::IpAddr;

use api::{AddressRange, ApiError, Subnet};
use ipnet::IpNet;

use super::settings::Settings;
use super::{address, error, ipam};

fn invalid(text: String) -> ApiError {
    ApiError::invalid_input(text)
}

/// A new subnet; `gateway` is what the request names.
///
/// # Errors
/// 400 `InvalidInput`, `DNSNameServersExhausted`, `HostRoutesExhausted`,
/// `InvalidSubnetServiceType`.
pub fn whole(
    settings: &Settings,
    subnet: &Subnet,
    gateway: Option<IpAddr>,
) -> Result<(), ApiError> {
    let cidr = &subnet.cidr;
    same_version(subnet.ip_version, address::net_version(cidr), "cidr", cidr)?;
    if matches!(cidr, IpNet::V6(v6) if v6.network().is_unspecified()) {
        return Err(invalid(format!(
            "no subnet can begin at ::, as {cidr} does"
        )));
    }
    if cidr.prefix_len() == 0 {
        return Err(invalid(format!(
            "{cidr} is everything; use a longer prefix"
        )));
    }
    if subnet.enable_dhcp {
        fit_for_dhcp(cidr)?;
    }
    parts(settings, subnet, gateway)
}

/// A subnet that changes; `gateway` is what the request names.
///
/// # Errors
/// As [`whole`].
pub fn changed(
    settings: &Settings,
    before: &Subnet,
    after: &Subnet,
    gateway: Option<IpAddr>,
) -> Result<(), ApiError> {
    if after.enable_dhcp && !before.enable_dhcp {
        fit_for_dhcp(&after.cidr)?;
    }
    let modes = after.ipv6_ra_mode.is_some() || after.ipv6_address_mode.is_some();
    if modes && !after.enable_dhcp {
        return Err(invalid(
            "enable_dhcp must stay true on a subnet with ipv6_ra_mode or ipv6_address_mode".into(),
        ));
    }
    parts(settings, after, gateway)
}

/// `ipv6_ra_mode` and `ipv6_address_mode` must fit the subnet and each other.
///
/// # Errors
/// 400 `InvalidInput`.
pub fn modes(subnet: &Subnet) -> Result<(), ApiError> {
    let (ra, own) = (subnet.ipv6_ra_mode, subnet.ipv6_address_mode);
    if ra.is_none() && own.is_none() {
        return Ok(());
    }
    if subnet.ip_version == 4 {
        let name = if ra.is_some() {
            "ipv6_ra_mode"
        } else {
            "ipv6_address_mode"
        };
        return Err(invalid(format!("an IPv4 subnet has no {name}")));
    }
    if !subnet.enable_dhcp {
        return Err(invalid(
            "ipv6_ra_mode and ipv6_address_mode need enable_dhcp to be true".into(),
        ));
    }
    if let (Some(ra), Some(own)) = (ra, own)
        && ra != own
    {
        return Err(invalid(format!(
            "ipv6_ra_mode {ra} and ipv6_address_mode {own} must be the same, or one of them null"
        )));
    }
    if ipam::is_automatic(subnet) && subnet.cidr.prefix_len() != 64 {
        return Err(invalid(format!(
            "automatic addresses need a /64, not {}",
            subnet.cidr
        )));
    }
    Ok(())
}

/// A gateway, where there is one, must lie outside every pool.
///
/// # Errors
/// 409 `GatewayConflictWithAllocationPools`.
pub fn gateway_apart(gateway: Option<IpAddr>, pools: &[AddressRange]) -> Result<(), ApiError> {
    gateway.map_or(Ok(()), |gateway| {
        address::check_gateway_apart(gateway, pools)
    })
}

/// Gateway, name servers, routes and service types.
fn parts(settings: &Settings, subnet: &Subnet, gateway: Option<IpAddr>) -> Result<(), ApiError> {
    let version = subnet.ip_version;
    if let Some(gateway) = gateway {
        same_version(version, address::version(gateway), "gateway_ip", gateway)?;
        if address::gateway_is_invalid(&subnet.cidr, gateway) {
            return Err(invalid(format!(
                "{gateway} is the network or broadcast address of {}, so no gateway",
                subnet.cidr
            )));
        }
    }
    let servers = &subnet.dns_nameservers;
    if servers.len() > settings.max_nameservers {
        return Err(error::too_many_nameservers(
            servers.len(),
            settings.max_nameservers,
        ));
    }
    for server in servers {
        same_version(
            version,
            address::version(*server),
            "dns_nameservers",
            server,
        )?;
    }
    let routes = &subnet.host_routes;
    if routes.len() > settings.max_routes {
        return Err(error::too_many_routes(routes.len(), settings.max_routes));
    }
    for route in routes {
        same_version(
            version,
            address::version(route.nexthop),
            "nexthop",
            route.nexthop,
        )?;
        let found = address::net_version(&route.destination);
        same_version(version, found, "destination", route.destination)?;
    }
    service_types(&subnet.service_types)
}

/// How the owners of ports begin that Neutron knows of.
const OWNERS: [&str; 5] = ["baremetal:", "compute:", "manila:", "network:", "neutron:"];

/// Each must be a device owner.
fn service_types(types: &[String]) -> Result<(), ApiError> {
    let is_owner = |text: &str| OWNERS.iter().any(|owner| text.starts_with(owner));
    match types.iter().find(|t| !is_owner(t)) {
        Some(wrong) => Err(ApiError::new(
            400,
            "InvalidSubnetServiceType",
            format!(
                "'{wrong}' is no device owner; one begins with {}",
                OWNERS.join(", ")
            ),
        )),
        None => Ok(()),
    }
}

/// A value of the subnet must be of its IP version.
///
/// # Errors
/// 400 `InvalidInput`.
pub fn same_version(
    wanted: u8,
    found: u8,
    name: &str,
    value: impl std::fmt::Display,
) -> Result<(), ApiError> {
    if wanted == found {
        return Ok(());
    }
    Err(invalid(format!(
        "{name} {value} is not IPv{wanted}, as ip_version says"
    )))
}

/// DHCP needs room for a host besides its gateway, on a block that hosts can have.
fn fit_for_dhcp(cidr: &IpNet) -> Result<(), ApiError> {
    let refuse = |why: &str| Err(invalid(format!("{cidr} cannot have enable_dhcp: {why}")));
    let longest = if cidr.addr().is_ipv4() { 30 } else { 126 };
    if cidr.prefix_len() > longest {
        return refuse(&format!("its prefix is longer than {longest}"));
    }
    if cidr.network().is_multicast() {
        return refuse("it is multicast");
    }
    if cidr.network().is_loopback() {
        return refuse("it is loopback");
    }
    if cidr.addr().is_ipv4() && cidr.network().is_unspecified() {
        return refuse("it begins at 0.0.0.0");
    }
    Ok(())
}
