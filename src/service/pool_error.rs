//! What the rules of subnet pools and address scopes refuse with.

use api::{ApiError, PrefixLength, SubnetPool};
use ipnet::IpNet;
use uuid::Uuid;

fn bad(kind: &'static str, message: impl Into<String>) -> ApiError {
    ApiError::new(400, kind, message)
}

/// 400 `EmptySubnetPoolPrefixList`.
pub fn no_prefixes() -> ApiError {
    bad(
        "EmptySubnetPoolPrefixList",
        "prefixes is empty; a subnet pool begins with at least one",
    )
}

/// 400 `PrefixVersionMismatch`.
pub fn mixed_versions(other: &IpNet, version: u8) -> ApiError {
    bad(
        "PrefixVersionMismatch",
        format!("prefix {other} is not IPv{version}; a subnet pool holds one IP version"),
    )
}

/// 400 `IllegalSubnetPoolPrefixBounds`.
pub fn lengths(name: &str, length: PrefixLength, bound: &str, at: PrefixLength) -> ApiError {
    bad(
        "IllegalSubnetPoolPrefixBounds",
        format!(
            "{name} is {}, {bound} is {}; min_prefixlen, default_prefixlen and max_prefixlen must follow in this order",
            length.0, at.0
        ),
    )
}

/// 400 `IllegalSubnetPoolPrefixUpdate`: a PUT leaves out what is there.
pub fn shrunk(left_out: &IpNet) -> ApiError {
    bad(
        "IllegalSubnetPoolPrefixUpdate",
        format!(
            "prefixes leaves out {left_out}, which the pool has; name all of them, or use remove_prefixes"
        ),
    )
}

/// 400 `IllegalSubnetPoolPrefixUpdate`: a subnet has a part of what is to go.
pub fn prefix_in_use(prefix: &IpNet, subnet: Uuid, cidr: &IpNet) -> ApiError {
    bad(
        "IllegalSubnetPoolPrefixUpdate",
        format!("{prefix} cannot go while subnet {subnet} has {cidr}; delete the subnet first"),
    )
}

/// 400 `InvalidInput`.
pub fn default_exists(other: Uuid, version: u8) -> ApiError {
    ApiError::invalid_input(format!(
        "subnet pool {other} is the default of IPv{version}; there can be only one"
    ))
}

/// 400 `IllegalSubnetPoolIpVersionAssociationToAddressScope`.
pub fn scope_of_other_version(pool: &SubnetPool, scope: Uuid, version: u8) -> ApiError {
    bad(
        "IllegalSubnetPoolIpVersionAssociationToAddressScope",
        format!(
            "subnet pool {} is IPv{}, address scope {scope} is IPv{version}",
            pool.id, pool.ip_version
        ),
    )
}

/// 409 `AddressScopePrefixConflict`. Whose the other is and which is not told: it may be another
/// project's.
pub fn overlap_in_scope(prefix: &IpNet, scope: Uuid) -> ApiError {
    ApiError::conflict(
        "AddressScopePrefixConflict",
        format!("{prefix} overlaps another subnet pool of address scope {scope}"),
    )
}

/// 400 `NetworkAddressScopeAffinityError`.
pub fn network_of_two_scopes(network: Uuid, version: u8) -> ApiError {
    bad(
        "NetworkAddressScopeAffinityError",
        format!(
            "the IPv{version} subnets of network {network} would be in different address scopes; they must share one"
        ),
    )
}

/// 400 `NetworkSubnetPoolAffinityError`.
pub fn network_of_two_pools(network: Uuid, version: u8) -> ApiError {
    bad(
        "NetworkSubnetPoolAffinityError",
        format!(
            "the IPv{version} subnets of network {network} must all be of one subnet pool, or all of none"
        ),
    )
}

/// 400 `IllegalSubnetPoolUpdate`: the scope is not the caller's.
pub fn scope_of_another(pool: Uuid, scope: Uuid) -> ApiError {
    bad(
        "IllegalSubnetPoolUpdate",
        format!(
            "subnet pool {pool} cannot change while it is in address scope {scope}, which another project owns"
        ),
    )
}

/// 400 `IllegalSubnetPoolUpdate`: a subnet's block is another's in the pool.
pub fn onboard_conflict(subnet: Uuid, cidr: &IpNet, pool: Uuid) -> ApiError {
    bad(
        "IllegalSubnetPoolUpdate",
        format!(
            "subnet {subnet} has {cidr}, of which subnet pool {pool} has given out some or all"
        ),
    )
}

/// 400 `SubnetPoolDeleteError`.
pub fn pool_in_use(pool: Uuid, subnet: Uuid) -> ApiError {
    bad(
        "SubnetPoolDeleteError",
        format!("subnet {subnet} is of subnet pool {pool}; delete it first"),
    )
}

/// 409 `AddressScopeInUse`.
pub fn scope_in_use(scope: Uuid, pool: Uuid) -> ApiError {
    ApiError::conflict(
        "AddressScopeInUse",
        format!("subnet pool {pool} is in address scope {scope}; take it out or delete it first"),
    )
}

/// 400 `MinPrefixSubnetAllocationError`.
pub fn too_short(length: u32, least: PrefixLength) -> ApiError {
    bad(
        "MinPrefixSubnetAllocationError",
        format!(
            "a /{length} is more than the pool gives; min_prefixlen is {}",
            least.0
        ),
    )
}

/// 400 `MaxPrefixSubnetAllocationError`.
pub fn too_long(length: u32, most: PrefixLength) -> ApiError {
    bad(
        "MaxPrefixSubnetAllocationError",
        format!(
            "a /{length} is less than the pool gives; max_prefixlen is {}",
            most.0
        ),
    )
}

/// 409 `SubnetPoolQuotaExceeded`.
pub fn quota(pool: &SubnetPool, project: &str) -> ApiError {
    let unit = if pool.ip_version == 4 {
        "addresses"
    } else {
        "blocks of /64"
    };
    ApiError::conflict(
        "SubnetPoolQuotaExceeded",
        format!(
            "project {project} would have more than {} {unit} of subnet pool {}, its default_quota",
            pool.default_quota.unwrap_or_default(),
            pool.id
        ),
    )
}

/// 409 `SubnetAllocationError`: no block is free, or not the one asked for.
pub fn nothing_free(pool: Uuid, wanted: impl std::fmt::Display) -> ApiError {
    ApiError::conflict(
        "SubnetAllocationError",
        format!("{wanted} is not free in subnet pool {pool}; add prefixes or choose another"),
    )
}
