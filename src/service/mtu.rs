//! The largest IP packet a network carries.

use api::{ApiError, NetworkType};
use uuid::Uuid;

use super::error;
use super::settings::Settings;

/// The least MTU of a link with IPv4 (RFC 791).
pub const IPV4_MIN: u32 = 68;
/// The least MTU of a link with IPv6 (RFC 8200 §5).
pub const IPV6_MIN: u32 = 1280;
/// GRE with key (8), and the inner Ethernet header (14).
const GRE_OVERHEAD: u32 = 22;
/// UDP (8), VXLAN (8), and the inner Ethernet header (14).
const VXLAN_OVERHEAD: u32 = 30;

/// The largest MTU a network of this type can have, in bytes; 0: no limit known.
pub fn largest(settings: &Settings, kind: NetworkType, physical_network: Option<&str>) -> u32 {
    let tunnel = |overhead: u32| {
        let outer = if settings.overlay_ip_version == 6 {
            40
        } else {
            20
        };
        match least(settings.physical_mtu, settings.path_mtu) {
            0 => 0,
            mtu => mtu.saturating_sub(outer + overhead),
        }
    };
    match kind {
        NetworkType::Local => settings.physical_mtu,
        NetworkType::Flat | NetworkType::Vlan => {
            let own = physical_network.and_then(|p| settings.physical_mtus.get(p));
            least(settings.physical_mtu, own.copied().unwrap_or(0))
        }
        NetworkType::Gre => tunnel(GRE_OVERHEAD),
        NetworkType::Vxlan => tunnel(VXLAN_OVERHEAD),
        NetworkType::Geneve => tunnel(settings.geneve_header),
    }
}

/// The lesser of two limits, 0 being none.
pub fn least(a: u32, b: u32) -> u32 {
    if a == 0 || b == 0 { a.max(b) } else { a.min(b) }
}

/// The MTU of a network that asks for `asked`; 0 or nothing asked is the largest.
///
/// # Errors
/// 400 `InvalidInput` above the largest.
pub fn choose(largest: u32, asked: Option<u32>) -> Result<u32, ApiError> {
    match asked {
        None | Some(0) => Ok(largest),
        Some(asked) if largest != 0 && asked > largest => Err(ApiError::invalid_input(format!(
            "an MTU of {asked} is too large; this network carries at most {largest}"
        ))),
        Some(asked) => Ok(asked),
    }
}

/// An MTU must leave room for what subnets of these IP versions need.
///
/// # Errors
/// 409 `NetworkMTUSubnetConflict`.
pub fn check_subnets(
    network: Uuid,
    mtu: u32,
    versions: impl IntoIterator<Item = u8>,
) -> Result<(), ApiError> {
    for version in versions {
        let least = if version == 6 { IPV6_MIN } else { IPV4_MIN };
        if mtu < least {
            return Err(error::mtu_subnet_conflict(network, mtu, least));
        }
    }
    Ok(())
}
