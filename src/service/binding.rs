//! Port binding: whether a port's host can take it, and as what.

use api::{ApiError, JsonMap, Network, NetworkType, Node, Port, Status, VifType};

use crate::model::Model;

/// Where instances are plugged, on every node.
const INTEGRATION_BRIDGE: &str = "br-int";
/// The longest `binding:profile`, in bytes of JSON.
const PROFILE_MAX: usize = 4095;

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
        port.vif_type = vif_type(model, network, port);
    }
    let same_place =
        before.is_some_and(|b| b.host_id == port.host_id && b.vif_type == port.vif_type);
    if !same_place || port.vif_type != VifType::Ovs || !port.admin_state_up {
        port.status = Status::Down;
    }
}

fn vif_type(model: &Model, network: &Network, port: &Port) -> VifType {
    if port.host_id.is_empty() {
        return VifType::Unbound;
    }
    match model.node_by_hostname(&port.host_id) {
        Some(node) if node.admin_state_up && carries(node, network) && plugs(port) => VifType::Ovs,
        _ => VifType::BindingFailed,
    }
}

/// True when the node's switch reaches the segment of `network`.
fn carries(node: &Node, network: &Network) -> bool {
    match network.network_type {
        NetworkType::Local => true,
        NetworkType::Flat | NetworkType::Vlan => network
            .physical_network
            .as_ref()
            .is_some_and(|p| node.bridge_mappings.contains_key(p)),
        tunnel => !node.encap_ips.is_empty() && node.encap_types.contains(&tunnel),
    }
}

/// True for what can be plugged into a switch: taps and the like, and functions of a network card
/// that the switch offloads to.
fn plugs(port: &Port) -> bool {
    let switchdev = || {
        let capabilities = port.profile.get("capabilities").and_then(|c| c.as_array());
        capabilities.is_some_and(|all| all.iter().any(|c| c == "switchdev"))
    };
    match port.vnic_type.as_str() {
        "normal" => true,
        "direct" => switchdev(),
        _ => false,
    }
}

/// What the compute service is told about how to plug the port.
pub fn details(model: &Model, port: &Port) -> JsonMap {
    let mut details = JsonMap::new();
    if port.vif_type != VifType::Ovs {
        return details;
    }
    let datapath = model
        .node_by_hostname(&port.host_id)
        .map_or("system", |node| node.datapath_type.as_str());
    details.insert("port_filter".into(), true.into());
    details.insert("connectivity".into(), "l2".into());
    details.insert("ovs_create_tap".into(), true.into());
    details.insert("bridge_name".into(), INTEGRATION_BRIDGE.into());
    details.insert("datapath_type".into(), datapath.into());
    details.insert("bound_drivers".into(), serde_json::json!({"0": "weft"}));
    details
}
