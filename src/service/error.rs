//! What the rules refuse with: Neutron's type names and statuses, in words that name the value and
//! what would do.

use std::net::IpAddr;

use api::{AddressRange, ApiError, Mac};
use ipnet::IpNet;
use uuid::Uuid;

use super::address::address;

fn bad(kind: &'static str, message: impl Into<String>) -> ApiError {
    ApiError::new(400, kind, message)
}

/// 400 `BadRequest`, which Neutron uses for what a resource's rules refuse.
pub fn bad_resource(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "BadRequest", message)
}

/// 409 `NetworkInUse`.
pub fn network_in_use(id: Uuid, ports: usize, example: Uuid) -> ApiError {
    ApiError::conflict(
        "NetworkInUse",
        format!("network {id} has {ports} ports in use, {example} among them; delete them first"),
    )
}

/// 409 `SubnetInUse`.
pub fn subnet_in_use(id: Uuid, port: Uuid, ip: IpAddr) -> ApiError {
    ApiError::conflict(
        "SubnetInUse",
        format!(
            "subnet {id} is in use: port {port} has {ip}; delete the port or take the address from it first"
        ),
    )
}

/// 409 `NetworkMTUSubnetConflict`.
pub fn mtu_subnet_conflict(network: Uuid, mtu: u32, least: u32) -> ApiError {
    ApiError::conflict(
        "NetworkMTUSubnetConflict",
        format!(
            "an MTU of {mtu} is too small for the subnets of network {network}; they need {least} or more"
        ),
    )
}

/// 409 `InvalidSharedSetting`.
pub fn still_shared(network: Uuid, project: &str) -> ApiError {
    ApiError::conflict(
        "InvalidSharedSetting",
        format!(
            "network {network} must stay shared while project {project} has ports or subnets on it"
        ),
    )
}

/// 409 `ExternalNetworkInUse`.
pub fn external_in_use(network: Uuid, port: Uuid) -> ApiError {
    ApiError::conflict(
        "ExternalNetworkInUse",
        format!("network {network} must stay external while router gateway port {port} is on it"),
    )
}

/// 409 `DefaultExternalNetworkExists`.
pub fn default_external_exists(other: Uuid) -> ApiError {
    ApiError::conflict(
        "DefaultExternalNetworkExists",
        format!("network {other} is the default external network; there can be only one"),
    )
}

/// 409 `FlatNetworkInUse`.
pub fn flat_in_use(physical_network: &str) -> ApiError {
    ApiError::conflict(
        "FlatNetworkInUse",
        format!(
            "physical network '{physical_network}' carries a flat network already; it carries one at most"
        ),
    )
}

/// 409 `VlanIdInUse`.
pub fn vlan_in_use(physical_network: &str, id: u32) -> ApiError {
    ApiError::conflict(
        "VlanIdInUse",
        format!(
            "VLAN {id} of physical network '{physical_network}' is another network's; choose another, or none to be given one"
        ),
    )
}

/// 409 `TunnelIdInUse`.
pub fn tunnel_in_use(network_type: api::NetworkType, id: u32) -> ApiError {
    ApiError::conflict(
        "TunnelIdInUse",
        format!(
            "{network_type} id {id} is another network's; choose another, or none to be given one"
        ),
    )
}

/// 503 `NoNetworkAvailable`.
pub fn no_segment(tried: &str) -> ApiError {
    ApiError::new(
        503,
        "NoNetworkAvailable",
        format!(
            "no segment is free: {tried}; widen the ranges in the configuration or delete a network"
        ),
    )
}

/// 404 `AvailabilityZoneNotFound`.
pub fn no_zone(zone: &str, known: &[String]) -> ApiError {
    ApiError::not_found(
        "AvailabilityZoneNotFound",
        format!("no node is in availability zone '{zone}'; there are {known:?}"),
    )
}

/// 400 `InvalidAllocationPool`.
pub fn invalid_pool(net: &IpNet, pool: &AddressRange) -> ApiError {
    bad(
        "InvalidAllocationPool",
        format!(
            "{} to {} is no range of {net}: start and end must be of its IP version, start first",
            pool.start, pool.end
        ),
    )
}

/// 400 `OutOfBoundsAllocationPool`.
pub fn pool_out_of_bounds(net: &IpNet, pool: &AddressRange, first: u128, last: u128) -> ApiError {
    let like = net.addr();
    bad(
        "OutOfBoundsAllocationPool",
        format!(
            "pool {} to {} goes beyond the hosts of {net}, {} to {}",
            pool.start,
            pool.end,
            address(like, first),
            address(like, last)
        ),
    )
}

/// 409 `OverlappingAllocationPools`.
pub fn pools_overlap(net: &IpNet, a: &AddressRange, b: &AddressRange) -> ApiError {
    ApiError::conflict(
        "OverlappingAllocationPools",
        format!(
            "pools {} to {} and {} to {} of {net} overlap",
            a.start, a.end, b.start, b.end
        ),
    )
}

/// 409 `GatewayConflictWithAllocationPools`.
pub fn gateway_in_pool(gateway: IpAddr, pool: &AddressRange) -> ApiError {
    ApiError::conflict(
        "GatewayConflictWithAllocationPools",
        format!(
            "gateway {gateway} lies in pool {} to {}; take it out of the pool",
            pool.start, pool.end
        ),
    )
}

/// 409 `GatewayIpInUse`.
pub fn gateway_in_use(gateway: IpAddr, port: Uuid) -> ApiError {
    ApiError::conflict(
        "GatewayIpInUse",
        format!(
            "gateway {gateway} is the address of router port {port}; take the router off first"
        ),
    )
}

/// 400 `DNSNameServersExhausted`.
pub fn too_many_nameservers(given: usize, most: usize) -> ApiError {
    bad(
        "DNSNameServersExhausted",
        format!("{given} DNS name servers; a subnet has at most {most}"),
    )
}

/// 400 `HostRoutesExhausted`.
pub fn too_many_routes(given: usize, most: usize) -> ApiError {
    bad(
        "HostRoutesExhausted",
        format!("{given} host routes; a subnet has at most {most}"),
    )
}

/// 409 `MacAddressInUse`.
pub fn mac_in_use(network: Uuid, mac: Mac, port: Uuid) -> ApiError {
    ApiError::conflict(
        "MacAddressInUse",
        format!("{mac} is the MAC address of port {port} on network {network}"),
    )
}

/// 503 `NetworkMacAddressGenerationFailure`.
pub fn no_mac(network: Uuid, tries: usize) -> ApiError {
    ApiError::new(
        503,
        "NetworkMacAddressGenerationFailure",
        format!(
            "{tries} generated MAC addresses were all taken on network {network}; widen base_mac"
        ),
    )
}

/// 400 `InvalidIpForSubnet`.
pub fn ip_not_for_subnet(ip: IpAddr, net: &IpNet) -> ApiError {
    bad(
        "InvalidIpForSubnet",
        format!("{ip} is no host address of subnet {net}"),
    )
}

/// 400 `InvalidIpForNetwork`.
pub fn ip_not_for_network(ip: IpAddr, network: Uuid) -> ApiError {
    bad(
        "InvalidIpForNetwork",
        format!(
            "{ip} is no host address of any subnet that this port may use on network {network}"
        ),
    )
}

/// 409 `IpAddressAlreadyAllocated`.
pub fn ip_in_use(ip: IpAddr, subnet: Uuid) -> ApiError {
    ApiError::conflict(
        "IpAddressAlreadyAllocated",
        format!("{ip} of subnet {subnet} belongs to another port or stands twice in the request"),
    )
}

/// 400 `AllocationOnAutoAddressSubnet`.
pub fn ip_on_auto_subnet(ip: IpAddr, subnet: Uuid, own: IpAddr) -> ApiError {
    bad(
        "AllocationOnAutoAddressSubnet",
        format!("subnet {subnet} has automatic addresses: this port's is {own}, not {ip}"),
    )
}

/// 409 `IpAddressGenerationFailure`.
pub fn no_address(network: Uuid) -> ApiError {
    ApiError::conflict(
        "IpAddressGenerationFailure",
        format!("no address is free in the allocation pools of network {network}"),
    )
}

/// 409 `IpAddressGenerationFailureNoMatchingSubnet`.
pub fn no_service_subnet(network: Uuid, owner: &str) -> ApiError {
    ApiError::conflict(
        "IpAddressGenerationFailureNoMatchingSubnet",
        format!(
            "no subnet of network {network} takes ports with device_owner '{owner}'; see the subnets' service_types"
        ),
    )
}

/// 409 `PortBound`.
pub fn port_bound(port: Uuid, vif: api::VifType, old: Mac, new: Mac) -> ApiError {
    ApiError::conflict(
        "PortBound",
        format!(
            "port {port} is bound ({vif}): its MAC address cannot change from {old} to {new}; unbind it first"
        ),
    )
}

/// 409 `PortInUse`.
pub fn port_in_use(port: Uuid, device: &str) -> ApiError {
    ApiError::conflict(
        "PortInUse",
        format!(
            "port {port} is bound for device '{device}': its binding:vnic_type cannot change; unbind it first"
        ),
    )
}

/// 409 `UnsupportedPortDeviceOwner`.
pub fn mac_of_network_port(port: Uuid, owner: &str) -> ApiError {
    ApiError::conflict(
        "UnsupportedPortDeviceOwner",
        format!(
            "port {port} belongs to the network itself ({owner}): its MAC address cannot change"
        ),
    )
}

/// 409 `AddressPairAndPortSecurityRequired`.
pub fn pairs_need_port_security() -> ApiError {
    ApiError::conflict(
        "AddressPairAndPortSecurityRequired",
        "allowed_address_pairs need port_security_enabled to be true, or must be empty",
    )
}

/// 400 `DuplicateAddressPairInRequest`.
pub fn pair_twice(ip: &str, mac: Mac) -> ApiError {
    bad(
        "DuplicateAddressPairInRequest",
        format!("the address pair {ip} with {mac} stands twice in the request"),
    )
}

/// 400 `AllowedAddressPairExhausted`.
pub fn too_many_pairs(given: usize, most: usize) -> ApiError {
    bad(
        "AllowedAddressPairExhausted",
        format!("{given} allowed address pairs; a port has at most {most}"),
    )
}

/// 400 `PortSecurityAndIPRequiredForSecurityGroups`.
pub fn groups_need_port_security() -> ApiError {
    bad(
        "PortSecurityAndIPRequiredForSecurityGroups",
        "security_groups need port_security_enabled to be true, or must be empty",
    )
}

/// 404 `SecurityGroupNotFound`.
pub fn no_group(id: Uuid) -> ApiError {
    ApiError::not_found(
        "SecurityGroupNotFound",
        format!("there is no security group {id}"),
    )
}

/// 409 `NeutronDbObjectDuplicateEntry`.
pub fn option_twice(name: &str, ip_version: u8) -> ApiError {
    ApiError::conflict(
        "NeutronDbObjectDuplicateEntry",
        format!("extra_dhcp_opts names '{name}' for IPv{ip_version} twice"),
    )
}

/// 404 `PortBindingNotFound`.
pub fn no_binding(port: Uuid, host: &str) -> ApiError {
    ApiError::not_found(
        "PortBindingNotFound",
        format!("port {port} has no binding on host '{host}'"),
    )
}

/// 409 `PortBindingAlreadyExists`.
pub fn binding_exists(port: Uuid, host: &str) -> ApiError {
    ApiError::conflict(
        "PortBindingAlreadyExists",
        format!("port {port} has a binding on host '{host}'; change that one"),
    )
}

/// 409 `PortBindingAlreadyActive`.
pub fn binding_active(port: Uuid, host: &str) -> ApiError {
    ApiError::conflict(
        "PortBindingAlreadyActive",
        format!("port {port} is on host '{host}' already"),
    )
}

/// 409 `PortBindingError`, which Neutron answers as its own fault (500); it is the host's state.
pub fn binding_failed(port: Uuid, host: &str) -> ApiError {
    ApiError::conflict(
        "PortBindingError",
        format!(
            "host '{host}' cannot take port {port}: no such node is there, it does not reach the network, or it has no such interface"
        ),
    )
}

/// 400 `VlanTransparencyDriverError`.
pub fn no_vlan_transparency() -> ApiError {
    bad(
        "VlanTransparencyDriverError",
        "vlan_transparent networks are not carried: instances send untagged frames; leave it false",
    )
}

/// 400 `VlanQinqDriverError`.
pub fn no_qinq() -> ApiError {
    bad(
        "VlanQinqDriverError",
        "qinq networks are not carried: VLANs have one tag (802.1Q); leave it false",
    )
}

/// 409 `SegmentInUse`.
pub fn segment_in_use(segment: Uuid, why: &str) -> ApiError {
    ApiError::conflict(
        "SegmentInUse",
        format!("segment {segment} cannot be deleted: {why}"),
    )
}

/// 400 `SubnetsNotAllAssociatedWithSegments`.
pub fn subnets_mixed(network: Uuid) -> ApiError {
    bad(
        "SubnetsNotAllAssociatedWithSegments",
        format!("either all subnets of network {network} name a segment_id, or none does"),
    )
}

/// 400 `NetworkIdsDontMatch`.
pub fn segment_elsewhere(network: Uuid, segment: Uuid) -> ApiError {
    bad(
        "NetworkIdsDontMatch",
        format!("segment {segment} is a piece of another network than {network}"),
    )
}

/// 400 `SubnetSegmentAssociationChangeNotAllowed`.
pub fn segment_stays(subnet: Uuid) -> ApiError {
    bad(
        "SubnetSegmentAssociationChangeNotAllowed",
        format!("subnet {subnet} lies on a segment already; that cannot change"),
    )
}

/// 400 `NoUpdateSubnetWhenMultipleSegmentsOnNetwork`.
pub fn several_segments(network: Uuid) -> ApiError {
    bad(
        "NoUpdateSubnetWhenMultipleSegmentsOnNetwork",
        format!(
            "network {network} has several segments: which one a subnet lies on is said when it is made"
        ),
    )
}

/// 409 `HostNotConnectedToAnySegment`.
pub fn host_off_segments(host: &str, network: Uuid) -> ApiError {
    ApiError::conflict(
        "HostNotConnectedToAnySegment",
        format!(
            "host '{host}' reaches no segment of network {network} that has subnets for this port; see its bridge mappings"
        ),
    )
}

/// 409 `HostNotCompatibleWithFixedIps`.
pub fn host_off_addresses(host: &str, port: Uuid) -> ApiError {
    ApiError::conflict(
        "HostNotCompatibleWithFixedIps",
        format!(
            "host '{host}' is on another segment than the fixed_ips of port {port}; give it others, or none"
        ),
    )
}

/// 400 `FixedIpsSubnetsNotOnSameSegment`.
pub fn addresses_apart() -> ApiError {
    bad(
        "FixedIpsSubnetsNotOnSameSegment",
        "the fixed_ips of a port must all be of subnets on one segment",
    )
}
