//! The rules of ports.

use std::sync::Arc;

use api::{ApiError, IpAllocation, Kind, Mac, Port, PortCreate, PortUpdate, Record, VifType};
use uuid::Uuid;

use super::ipam::{self, Asker};
use super::revise::{check_revision, store};
use super::{Moment, binding, error, mac, network, owner, port_parts as parts, routed};
use crate::model::{Draft, Model};

/// Creates a port.
///
/// # Errors
/// 404 `NetworkNotFound`; 409 `MacAddressInUse`; those of [`ipam::first_addresses`], of [`parts`],
/// and of [`binding::check_profile`]; 503 when no MAC address or pipeline key is left.
pub fn create(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    mut asked: PortCreate,
) -> Result<Record, ApiError> {
    let network = network::find(draft, asked.network_id)?;
    let mac = match asked.mac_address.flatten() {
        Some(mac) => free_mac(draft, network.id, mac)?,
        None => mac::generate(draft, network.id, moment.settings.base_mac, id)?,
    };
    let asker = Asker {
        network: network.id,
        device_owner: &asked.device_owner,
        mac,
        host: &asked.host_id,
    };
    let fixed_ips = ipam::first_addresses(draft, &asker, asked.fixed_ips.as_deref())?;
    let ip_allocation = match asked.fixed_ips.as_deref() {
        Some([]) => IpAllocation::None,
        None if routed::waits(draft, &asker) => IpAllocation::Deferred,
        _ => IpAllocation::Immediate,
    };
    let port_security = !owner::is_network(&asked.device_owner)
        && asked
            .port_security_enabled
            .unwrap_or(network.port_security_enabled);
    let pairs = parts::pairs(moment.settings, mac, &asked.allowed_address_pairs)?;
    parts::check_pairs_allowed(port_security, &pairs)?;
    parts::check_groups(port_security, asked.security_groups.as_deref())?;
    let options = parts::first_options(&asked.extra_dhcp_opts)?;
    parts::dns(moment.settings, &mut asked.dns_name, &mut asked.dns_domain)?;
    binding::check_profile(&asked.profile)?;

    let mut port = asked.into_record();
    port.id = id;
    port.mac_address = mac;
    port.fixed_ips = fixed_ips;
    port.ip_allocation = ip_allocation;
    port.port_security_enabled = port_security;
    port.allowed_address_pairs = pairs;
    port.extra_dhcp_opts = options;
    parts::note_offload(port.hardware_offload_type, &mut port.profile);
    binding::settle(draft, &network, None, &mut port);
    port.tags.sort();
    port.tags.dedup();
    port.revision_number = 1;
    port.created_at = moment.now;
    port.updated_at = moment.now;
    port.key = super::lowest_free_key(draft, Kind::Port)?;
    let record = Record::from(port);
    draft.put(record.clone());
    Ok(record)
}

/// Changes a port.
///
/// # Errors
/// 404 `PortNotFound`; 412; 409 `PortInUse`, `PortBound`, `UnsupportedPortDeviceOwner`,
/// `MacAddressInUse`; those of [`routed::check_host`], of [`ipam::next_addresses`], of [`parts`], and of
/// [`binding::check_profile`].
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    mut asked: PortUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, id)?;
    check_revision(&*before, if_match)?;
    check_vnic_type(&before, &asked)?;
    let network = network::find(draft, before.network_id)?;
    let requests = asked.fixed_ips.take();
    let pairs = asked.allowed_address_pairs.take();
    let options = asked.extra_dhcp_opts.take();
    let groups = asked.security_groups.take();
    let new_mac = asked.mac_address == Some(None);

    let mut after = Port::clone(&before);
    asked.apply(&mut after);
    if new_mac {
        after.mac_address = mac::generate(draft, network.id, moment.settings.base_mac, id)?;
    }
    if after.mac_address != before.mac_address {
        check_mac_change(draft, &before, &after)?;
    }
    let asker = Asker {
        network: after.network_id,
        device_owner: &after.device_owner,
        mac: after.mac_address,
        host: &after.host_id,
    };
    let mut fixed_ips = before.fixed_ips.clone();
    if after.mac_address != before.mac_address {
        fixed_ips = ipam::with_new_mac(draft, &asker, &fixed_ips)?;
    }
    let comes = after.host_id != before.host_id && !after.host_id.is_empty();
    if let Some(requests) = &requests {
        fixed_ips = ipam::next_addresses(draft, &asker, &fixed_ips, requests)?;
    } else if comes && before.ip_allocation == IpAllocation::Deferred && fixed_ips.is_empty() {
        fixed_ips = ipam::first_addresses(draft, &asker, None)?;
    } else if comes {
        routed::check_host(draft, &after, &after.host_id)?;
    }
    after.fixed_ips = fixed_ips;
    if let Some(pairs) = &pairs {
        after.allowed_address_pairs = parts::pairs(moment.settings, after.mac_address, pairs)?;
    }
    parts::check_pairs_allowed(after.port_security_enabled, &after.allowed_address_pairs)?;
    parts::check_groups(after.port_security_enabled, groups.as_deref())?;
    if let Some(options) = &options {
        after.extra_dhcp_opts = parts::next_options(&before.extra_dhcp_opts, options);
    }
    if after.dns_name != before.dns_name || after.dns_domain != before.dns_domain {
        parts::dns(moment.settings, &mut after.dns_name, &mut after.dns_domain)?;
    }
    binding::check_profile(&after.profile)?;
    binding::settle(draft, &network, Some(&before), &mut after);
    Ok(store(draft, &*before, after, moment.now))
}

/// Removes a port.
///
/// # Errors
/// 404 `PortNotFound`; 412.
pub fn delete(draft: &mut Draft, id: Uuid, if_match: Option<u64>) -> Result<(), ApiError> {
    let port = find(draft, id)?;
    check_revision(&*port, if_match)?;
    draft.remove(Kind::Port, id);
    Ok(())
}

/// The port, or 404 `PortNotFound`.
pub fn find(model: &Model, id: Uuid) -> Result<Arc<Port>, ApiError> {
    let port = model.port(id).cloned();
    port.ok_or_else(|| Kind::Port.not_found(id))
}

fn free_mac(model: &Model, network: Uuid, mac: Mac) -> Result<Mac, ApiError> {
    match model.port_by_mac(network, mac) {
        Some(port) => Err(error::mac_in_use(network, mac, port.id)),
        None => Ok(mac),
    }
}

/// A bound port stays of the kind it was bound as.
fn check_vnic_type(port: &Port, asked: &PortUpdate) -> Result<(), ApiError> {
    let changes = asked
        .vnic_type
        .as_ref()
        .is_some_and(|v| *v != port.vnic_type);
    if changes && port.vif_type != VifType::Unbound {
        return Err(error::port_in_use(port.id, &port.device_id));
    }
    Ok(())
}

fn check_mac_change(model: &Model, before: &Port, after: &Port) -> Result<(), ApiError> {
    let (old, new) = (before.mac_address, after.mac_address);
    if !matches!(before.vif_type, VifType::Unbound | VifType::BindingFailed) {
        return Err(error::port_bound(before.id, before.vif_type, old, new));
    }
    let owner = match after.device_owner.as_str() {
        "" => &before.device_owner,
        owner => owner,
    };
    if owner::is_network(owner) {
        return Err(error::mac_of_network_port(before.id, owner));
    }
    free_mac(model, before.network_id, new)?;
    Ok(())
}
