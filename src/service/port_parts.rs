//! The parts of a port that have rules of their own: address pairs, security groups, DHCP options,
//! DNS name.

use std::net::IpAddr;

use api::{
    AddressPair, AddressPairRequest, ApiError, DhcpOptRequest, ExtraDhcpOpt, JsonMap, Mac,
    OffloadType,
};
use ipnet::IpNet;
use serde_json::Value as Json;
use uuid::Uuid;

use super::error;
use super::settings::Settings;

/// The longest name DNS takes (RFC 1035 §2.3.4).
const NAME_MAX: usize = 255;

/// The pairs asked for, each with a MAC address, in order.
///
/// # Errors
/// 400 `AllowedAddressPairExhausted`, `HTTPBadRequest` for multicast, and
/// `DuplicateAddressPairInRequest`.
pub fn pairs(
    settings: &Settings,
    own: Mac,
    asked: &[AddressPairRequest],
) -> Result<Vec<AddressPair>, ApiError> {
    if asked.len() > settings.max_pairs {
        return Err(error::too_many_pairs(asked.len(), settings.max_pairs));
    }
    let mut pairs = Vec::with_capacity(asked.len());
    for asked in asked {
        let pair = AddressPair {
            mac_address: asked.mac_address.unwrap_or(own),
            ip_address: asked.ip_address,
        };
        check_unicast(&pair)?;
        if pairs.contains(&pair) {
            return Err(error::pair_twice(
                &pair.ip_address.to_string(),
                pair.mac_address,
            ));
        }
        pairs.push(pair);
    }
    pairs.sort();
    Ok(pairs)
}

fn check_unicast(pair: &AddressPair) -> Result<(), ApiError> {
    let block = pair.ip_address;
    let all_multicast: IpNet = match block.addr() {
        IpAddr::V4(_) => IpNet::V4(ipnet::Ipv4Net::new_assert([224, 0, 0, 0].into(), 4)),
        IpAddr::V6(_) => IpNet::V6(ipnet::Ipv6Net::new_assert(
            [0xff00, 0, 0, 0, 0, 0, 0, 0].into(),
            8,
        )),
    };
    if all_multicast.contains(&block) {
        return Err(ApiError::bad_request(format!(
            "{block} of allowed_address_pairs is multicast; nobody sends from such an address"
        )));
    }
    if !pair.mac_address.is_unicast() {
        return Err(ApiError::bad_request(format!(
            "{} of allowed_address_pairs is a group's MAC address, or none; nobody sends from it",
            pair.mac_address
        )));
    }
    Ok(())
}

/// Pairs are exceptions from port security, so there are none without it.
///
/// # Errors
/// 409 `AddressPairAndPortSecurityRequired`.
pub fn check_pairs_allowed(port_security: bool, pairs: &[AddressPair]) -> Result<(), ApiError> {
    if port_security || pairs.is_empty() {
        Ok(())
    } else {
        Err(error::pairs_need_port_security())
    }
}

/// The security groups asked for must be there, and port security be on.
///
/// # Errors
/// 400 `PortSecurityAndIPRequiredForSecurityGroups`; 404 `SecurityGroupNotFound`.
pub fn check_groups(port_security: bool, asked: Option<&[Uuid]>) -> Result<(), ApiError> {
    match asked {
        Some([_, ..]) if !port_security => Err(error::groups_need_port_security()),
        Some([first, ..]) => Err(error::no_group(*first)),
        _ => Ok(()),
    }
}

/// The profile names among its capabilities what the port asks to be offloaded to.
pub fn note_offload(asked: Option<OffloadType>, profile: &mut JsonMap) {
    let Some(asked) = asked else {
        return;
    };
    let named = profile
        .entry("capabilities")
        .or_insert_with(|| Json::Array(Vec::new()));
    if let Json::Array(named) = named
        && !named.iter().any(|word| word == asked.as_str())
    {
        named.push(asked.as_str().into());
    }
}

/// The options of a new port.
///
/// # Errors
/// 409 `NeutronDbObjectDuplicateEntry`.
pub fn first_options(asked: &[DhcpOptRequest]) -> Result<Vec<ExtraDhcpOpt>, ApiError> {
    let mut options: Vec<ExtraDhcpOpt> = Vec::with_capacity(asked.len());
    for option in asked.iter().filter_map(kept) {
        if options
            .iter()
            .any(|o| same(o, &option.opt_name, option.ip_version))
        {
            return Err(error::option_twice(&option.opt_name, option.ip_version));
        }
        options.push(option);
    }
    Ok(options)
}

/// The options of a port that had `current`: a request changes the ones it names, and null removes.
pub fn next_options(current: &[ExtraDhcpOpt], asked: &[DhcpOptRequest]) -> Vec<ExtraDhcpOpt> {
    let mut options = current.to_vec();
    for request in asked {
        let at = options
            .iter()
            .position(|o| same(o, &request.opt_name, request.ip_version));
        match (at, kept(request)) {
            (Some(at), None) => {
                options.remove(at);
            }
            (Some(at), Some(option)) => {
                if let Some(slot) = options.get_mut(at) {
                    *slot = option;
                }
            }
            (None, Some(option)) => options.push(option),
            (None, None) => {}
        }
    }
    options
}

fn same(option: &ExtraDhcpOpt, name: &str, version: u8) -> bool {
    option.opt_name == name && option.ip_version == version
}

/// The option, unless the request takes it away.
fn kept(request: &DhcpOptRequest) -> Option<ExtraDhcpOpt> {
    Some(ExtraDhcpOpt {
        opt_name: request.opt_name.clone(),
        opt_value: request.opt_value.clone()?,
        ip_version: request.ip_version,
    })
}

/// A port's name and domain as they are kept: none where the cloud has no DNS domain of its own.
///
/// # Errors
/// 400 `HTTPBadRequest` for a name that does not fit under the cloud's domain.
pub fn dns(settings: &Settings, name: &mut String, domain: &mut String) -> Result<(), ApiError> {
    let Some(cloud) = settings.port_dns_domain() else {
        name.clear();
        domain.clear();
        return Ok(());
    };
    let fits = if name.ends_with('.') {
        name.strip_suffix(&cloud)
            .and_then(|left| left.strip_suffix('.'))
            .is_some_and(|left| !left.is_empty())
    } else {
        name.is_empty() || name.len() + 1 + cloud.len() <= NAME_MAX
    };
    if fits {
        return Ok(());
    }
    Err(ApiError::bad_request(format!(
        "dns_name '{name}' must be labels under {cloud}, and with it at most {NAME_MAX} characters"
    )))
}
