//! What a port's `device_owner` says about it.

/// The network's own ports.
pub const NETWORK_PREFIX: &str = "network:";
/// A DHCP server's port.
pub const DHCP: &str = "network:dhcp";
/// The gateway port of a router.
pub const ROUTER_GATEWAY: &str = "network:router_gateway";
const ROUTER_SNAT: &str = "network:router_centralized_snat";
const ROUTER_INTERFACES: [&str; 3] = [
    "network:router_interface",
    "network:ha_router_replicated_interface",
    "network:router_interface_distributed",
];
const AUTO_DELETED: [&str; 3] = [
    DHCP,
    "network:distributed",
    "network:floatingip_agent_gateway",
];

/// A port of an instance, or of a share's server: these move between hosts while they live.
pub fn may_move(owner: &str) -> bool {
    owner.starts_with("compute:") || owner.starts_with("manila:")
}

/// An interface of a router on a tenant network.
pub fn is_router_interface(owner: &str) -> bool {
    ROUTER_INTERFACES.contains(&owner)
}

/// A router interface or a router's port for shared SNAT: never addressed by SLAAC.
pub fn is_router_side(owner: &str) -> bool {
    is_router_interface(owner) || owner == ROUTER_SNAT
}

/// Any port of a router.
pub fn is_router(owner: &str) -> bool {
    is_router_side(owner) || owner == ROUTER_GATEWAY
}

/// A port the service made for itself and removes with its network.
pub fn is_auto_deleted(owner: &str) -> bool {
    AUTO_DELETED.contains(&owner)
}

/// A port of the network itself: no port security on it, and its MAC stays.
pub fn is_network(owner: &str) -> bool {
    owner.starts_with(NETWORK_PREFIX)
}
