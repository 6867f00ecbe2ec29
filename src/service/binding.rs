//! Port binding: whether a port's host can take it, and as what.

use api::{ApiError, InactiveBinding, JsonMap, Network, Node, Port, Status, VifType};

use crate::model::Model;

/// Where instances are plugged, on every node.
const INTEGRATION_BRIDGE: &str = "br-int";
/// The longest `binding:profile`, in bytes of JSON.
const PROFILE_MAX: usize = 4095;
/// Where the profile mirrors `trusted`.
const TRUSTED: &str = "trusted";

/// `binding:profile` must not be too long to keep.
///
/// # Errors
/// 400 `InvalidInput`.
pub fn check_profile(profile: &JsonMap) -> Result<(), ApiError> {
    let length = serde_json::to_string(profile).map_or(usize::MAX, |text| text.len());
    if length > PROFILE_MAX {
        return Err(ApiError::invalid_input(format!(
            "binding:profile takes {length} bytes; at most {PROFILE_MAX} are kept"
        )));
    }
    Ok(())
}

/// Binds `port` to the host it names, as far as it can be. A port that comes to another host, or
/// to none, is down until its switch has acknowledged it.
pub fn settle(model: &Model, network: &Network, before: Option<&Port>, port: &mut Port) {
    let same_wish = before.is_some_and(|b| {
        b.host_id == port.host_id && b.vnic_type == port.vnic_type && b.profile == port.profile
    });
    if !same_wish || matches!(port.vif_type, VifType::Unbound | VifType::BindingFailed) {
        let wish = InactiveBinding {
            host: port.host_id.clone(),
            vnic_type: port.vnic_type.clone(),
            profile: port.profile.clone(),
            vif_type: port.vif_type,
        };
        port.vif_type = vif_type(model, network, &wish);
    }
    // A port has one binding on a host, and it is the active one that was asked for last.
    let host = &port.host_id;
    port.inactive_bindings.retain(|other| other.host != *host);
    if before.is_some_and(|b| b.trusted.is_some() && port.trusted.is_none()) {
        port.profile.remove(TRUSTED);
    }
    note_trust(port.trusted, &mut port.profile);
    let same_place =
        before.is_some_and(|b| b.host_id == port.host_id && b.vif_type == port.vif_type);
    if !same_place || port.vif_type != VifType::Ovs || !port.admin_state_up {
        port.status = Status::Down;
    }
}

/// The profile says what the port does of its trust, which is where the compute service looks.
pub fn note_trust(trusted: Option<bool>, profile: &mut JsonMap) {
    if let Some(trusted) = trusted {
        profile.insert(TRUSTED.to_owned(), trusted.into());
    }
}

/// How a port of `network` that wishes so is attached.
pub fn vif_type(model: &Model, network: &Network, wish: &InactiveBinding) -> VifType {
    if wish.host.is_empty() {
        return VifType::Unbound;
    }
    match model.node_by_hostname(&wish.host) {
        Some(node) if node.admin_state_up && reaches(node, network) && plugs(wish) => VifType::Ovs,
        _ => VifType::BindingFailed,
    }
}

/// True when the node's switch reaches a segment of `network`.
fn reaches(node: &Node, network: &Network) -> bool {
    network.wires().any(|(_, wire)| node.reaches(wire))
}

/// True for what can be plugged into a switch: taps and the like, and functions of a network card
/// that the switch offloads to.
fn plugs(wish: &InactiveBinding) -> bool {
    let switchdev = || {
        let capabilities = wish.profile.get("capabilities").and_then(|c| c.as_array());
        capabilities.is_some_and(|all| all.iter().any(|c| c == "switchdev"))
    };
    match wish.vnic_type.as_str() {
        "normal" => true,
        "direct" => switchdev(),
        _ => false,
    }
}

/// What a port of the API shows of that, which is who bound it besides.
pub fn port_details(model: &Model, port: &Port) -> JsonMap {
    let mut details = details(model, &port.host_id, port.vif_type);
    if !details.is_empty() {
        details.insert("bound_drivers".into(), serde_json::json!({"0": "weft"}));
    }
    details
}

/// What the compute service is told about how to plug a port that is attached so on `host`.
pub fn details(model: &Model, host: &str, vif_type: VifType) -> JsonMap {
    let mut details = JsonMap::new();
    if vif_type != VifType::Ovs {
        return details;
    }
    let datapath = model
        .node_by_hostname(host)
        .map_or("system", |node| node.datapath_type.as_str());
    details.insert("port_filter".into(), true.into());
    details.insert("connectivity".into(), "l2".into());
    details.insert("ovs_create_tap".into(), true.into());
    details.insert("bridge_name".into(), INTEGRATION_BRIDGE.into());
    details.insert("datapath_type".into(), datapath.into());
    details
}
