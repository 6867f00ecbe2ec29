//! Arithmetic of subnets: hosts, pools, gateways, EUI-64; no model and no choices.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use api::{AddressRange, ApiError, Mac};
use ipnet::IpNet;

use super::error;

/// The number an address stands for; IPv4 and IPv6 are counted apart.
pub fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// The address of `like`'s family that `number` stands for (IPv4 keeps the low 32 bits).
pub fn address(like: IpAddr, number: u128) -> IpAddr {
    match like {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from((number & u128::from(u32::MAX)) as u32)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(number)),
    }
}

/// 4 or 6.
pub fn version(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 4 } else { 6 }
}

/// 4 or 6.
pub fn net_version(net: &IpNet) -> u8 {
    version(net.addr())
}

/// The first and last address that ports may have, as numbers: IPv4 gives up the network and the
/// broadcast address unless the prefix is /31 or /32 (RFC 3021), IPv6 the first (RFC 4291 §2.6.1).
pub fn hosts(net: &IpNet) -> (u128, u128) {
    let (first, last) = (number(net.network()), number(net.broadcast()));
    match net {
        _ if first == last => (first, last),
        IpNet::V4(v4) if v4.prefix_len() <= 30 => (first + 1, last - 1),
        IpNet::V4(_) => (first, last),
        IpNet::V6(_) => (first + 1, last),
    }
}

/// The gateway of a subnet that names none: the first address after the network's in IPv4, the
/// subnet-router anycast address (RFC 4291 §2.6.1) in IPv6.
pub fn default_gateway(net: &IpNet) -> IpAddr {
    let first = number(net.network());
    match net {
        IpNet::V4(_) => address(net.addr(), first + 1),
        IpNet::V6(_) => net.network(),
    }
}

/// The gateway of a subnet that names neither gateway nor block: the address after the block's first.
pub fn second(net: &IpNet) -> IpAddr {
    let (first, last) = (number(net.network()), number(net.broadcast()));
    address(net.addr(), first.saturating_add(1).min(last))
}

/// Every host of `net` but the gateway, as at most two ranges.
pub fn default_pools(net: &IpNet, gateway: Option<IpAddr>) -> Vec<AddressRange> {
    let (first, last) = hosts(net);
    let range = |start: u128, end: u128| AddressRange {
        start: address(net.addr(), start),
        end: address(net.addr(), end),
    };
    if number(net.network()) == number(net.broadcast()) {
        return vec![range(first, last)];
    }
    let hole = gateway
        .filter(|g| version(*g) == net_version(net))
        .map(number)
        .filter(|g| (first..=last).contains(g));
    let Some(hole) = hole else {
        return vec![range(first, last)];
    };
    let mut pools = Vec::with_capacity(2);
    if hole > first {
        pools.push(range(first, hole - 1));
    }
    if hole < last {
        pools.push(range(hole + 1, last));
    }
    pools
}

/// True when an instance may have `ip` in `net`. Only routers, and ports that do not say what they
/// are, may have the first address of an IPv6 subnet.
pub fn usable(net: &IpNet, ip: IpAddr, device_owner: &str) -> bool {
    if !net.contains(&ip) {
        return false;
    }
    match net {
        IpNet::V4(_) => ip != net.network() && ip != net.broadcast(),
        IpNet::V6(_) => {
            ip != net.network() || device_owner.is_empty() || super::owner::is_router(device_owner)
        }
    }
}

/// True when `a` and `b` share an address.
pub fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

/// Given pools, checked: right family, in order, inside the hosts of `net`, apart from each other
/// and from the gateway.
///
/// # Errors
/// 400 `InvalidAllocationPool` or `OutOfBoundsAllocationPool`; 409 `OverlappingAllocationPools`.
pub fn check_pools(net: &IpNet, pools: &[AddressRange]) -> Result<(), ApiError> {
    // What Neutron lets pools cover is not quite what it hands out by default: a /128 has no
    // room for a pool, because the first address of an IPv6 subnet is never in one.
    let (first, last) = match net {
        IpNet::V4(_) => hosts(net),
        IpNet::V6(_) => (
            number(net.network()).saturating_add(1),
            number(net.broadcast()),
        ),
    };
    for pool in pools {
        let wrong_family =
            version(pool.start) != net_version(net) || version(pool.end) != net_version(net);
        if wrong_family || number(pool.start) > number(pool.end) {
            return Err(error::invalid_pool(net, pool));
        }
        if number(pool.start) < first || number(pool.end) > last {
            return Err(error::pool_out_of_bounds(net, pool, first, last));
        }
    }
    let mut sorted: Vec<&AddressRange> = pools.iter().collect();
    sorted.sort_by_key(|p| number(p.start));
    for pair in sorted.windows(2) {
        if let [a, b] = pair
            && number(a.end) >= number(b.start)
        {
            return Err(error::pools_overlap(net, a, b));
        }
    }
    Ok(())
}

/// The gateway must lie outside every pool.
///
/// # Errors
/// 409 `GatewayConflictWithAllocationPools`.
pub fn check_gateway_apart(gateway: IpAddr, pools: &[AddressRange]) -> Result<(), ApiError> {
    match pools.iter().find(|p| in_range(p, gateway)) {
        Some(pool) => Err(error::gateway_in_pool(gateway, pool)),
        None => Ok(()),
    }
}

/// True when `ip` lies in `range`.
pub fn in_range(range: &AddressRange, ip: IpAddr) -> bool {
    version(range.start) == version(ip)
        && (number(range.start)..=number(range.end)).contains(&number(ip))
}

/// True when a gateway inside `net` is an address no host can have there. Outside of `net`
/// nothing can be said of it.
pub fn gateway_is_invalid(net: &IpNet, gateway: IpAddr) -> bool {
    match net {
        IpNet::V4(_) => {
            net.contains(&gateway) && (gateway == net.network() || gateway == net.broadcast())
        }
        IpNet::V6(_) => false,
    }
}

/// The address that a host with `mac` gives itself in the /64 `net` (RFC 4291 appendix A).
pub fn eui64(net: &IpNet, mac: Mac) -> IpAddr {
    let [a, b, c, d, e, f] = mac.0;
    let id = u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
    address(net.addr(), number(net.network()) | u128::from(id))
}

/// True for an IPv6 address whose interface id was made from a MAC.
pub fn is_eui64(ip: IpAddr) -> bool {
    ip.is_ipv6() && (number(ip) >> 24) & 0xffff == 0xfffe
}
