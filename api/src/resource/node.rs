//! Nodes: the machines with a switch. The API shows them as agents.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::value::{JsonMap, NetworkType, Timestamp};
use crate::{Check, declare::resource};

resource! {
    /// A machine whose Open vSwitch joined, as the agent that other tools expect there.
    Node("agent", "agents", missing "AgentNotFound") = update NodeUpdate, derived NodeDerived;

    stored {
        /// Identifier.
        id: Uuid = "id" { "agent", post(nobody), put no, Check::None, [filter sort] }
        /// Free text an administrator gave it.
        description: String = "description" { "agent", post(nobody), put yes, Check::MaxOrNull(255), [filter] }
        /// Whether new ports may be bound to it.
        admin_state_up: bool = "admin_state_up" { "agent", post(nobody), put yes, Check::None, [filter sort] }
    }
    input {}
    derived {
        /// Whether its sessions are up.
        alive: bool = "alive" { "agent", [filter] }
        /// When its sessions came up, `YYYY-MM-DD hh:mm:ss`.
        started_at: String = "started_at" { "agent", [] }
        /// When it was last heard of, `YYYY-MM-DD hh:mm:ss`.
        heartbeat_timestamp: String = "heartbeat_timestamp" { "agent", [] }
    }
    computed {
        /// What it does.
        "agent_type": String = |_node| "Open vSwitch agent".to_owned(), { "agent", post(nobody), [filter sort] }
        /// The program that drives it.
        "binary": String = |_node| "weft".to_owned(), { "agent", post(nobody), [filter sort] }
        /// Message topic; there is none.
        "topic": String = |_node| "N/A".to_owned(), { "agent", post(nobody), [filter sort] }
        /// The name ports are bound to it by.
        "host": String = |node| node.hostname, { "agent", post(nobody), [filter sort] }
        /// Its availability zone.
        "availability_zone": Option<String> = |node| node.availability_zones.first().cloned(), { "availability_zone", post(nobody), [filter sort] }
        /// How it is set up.
        "configurations": JsonMap = |node| configurations(node), { "agent", post(nobody), [] }
        /// When it first joined, `YYYY-MM-DD hh:mm:ss`.
        "created_at": String = |node| node.created_at.spaced(), { "agent", post(nobody), [sort] }
    }
    filters {}
    private {
        /// `external_ids:system-id` of its switch.
        system_id: String;
        /// The name ports are bound to it by.
        hostname: String;
        /// Addresses its tunnels end at, preferred first.
        encap_ips: Vec<IpAddr>;
        /// Encapsulations it takes, preferred first.
        encap_types: Vec<NetworkType>;
        /// Physical network to provider bridge.
        bridge_mappings: BTreeMap<String, String>;
        /// `system` or `netdev`.
        datapath_type: String;
        /// Whether gateways may be placed on it.
        gateway: bool;
        /// Its availability zones.
        availability_zones: Vec<String>;
        /// When it first joined.
        created_at: Timestamp;
        /// Its key in the pipeline.
        key: u32;
    }
}

/// What an agent would say of itself.
fn configurations(node: &Node) -> JsonMap {
    let document = json!({
        "system_id": node.system_id,
        "bridge_mappings": node.bridge_mappings,
        "tunnel_types": node.encap_types,
        "tunneling_ip": node.encap_ips.first(),
        "datapath_type": node.datapath_type,
        "gateway": node.gateway,
    });
    match document {
        Json::Object(map) => map,
        _ => JsonMap::new(),
    }
}
