//! What a node's OVSDB must hold for weft, as plain data. Whoever makes transactions of it adds,
//! corrects and removes rows that bear our mark in `external_ids`, and touches no other.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use api::{NetworkType, Node, TxSteering};
use uuid::Uuid;

use super::touched::networks_of;
use crate::model::Model;

/// The integration bridge: all of weft's flows are in it.
pub const BRIDGE: &str = "br-int";

/// The key in `external_ids` that marks a row as ours. Its value is a [`Mark`].
pub const MARK_KEY: &str = "weft";

/// The longest a switch waits before it tries again to reach a controller, in milliseconds; the
/// least that Open vSwitch takes.
pub const MAX_BACKOFF_MILLISECONDS: i64 = 1000;

/// The key in `external_ids` of an instance's interface that says which key of its `other_config`
/// is ours.
pub const HINTED_KEY: &str = "weft-hinted";

/// What a row of ours is. Prints as, and is read from, the value in `external_ids`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The integration bridge.
    Bridge,
    /// A controller of it.
    Controller,
    /// The port on the integration bridge for this encapsulation.
    Tunnel(NetworkType),
    /// The end on the integration bridge of the patch to this physical network's bridge.
    Patch(String),
    /// Its other end.
    PatchPeer(String),
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mark::Bridge => f.write_str("bridge"),
            Mark::Controller => f.write_str("controller"),
            Mark::Tunnel(encapsulation) => write!(f, "tunnel:{}", encapsulation.as_str()),
            Mark::Patch(physical_network) => write!(f, "patch:{physical_network}"),
            Mark::PatchPeer(physical_network) => write!(f, "patch-peer:{physical_network}"),
        }
    }
}

/// A mark of another version of weft, or of nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("external_ids:weft={0} says nothing that this version knows; remove the row or the key")]
pub struct UnknownMark(pub String);

impl FromStr for Mark {
    type Err = UnknownMark;

    fn from_str(text: &str) -> Result<Self, UnknownMark> {
        let unknown = || UnknownMark(text.to_owned());
        match text.split_once(':') {
            None if text == "bridge" => Ok(Mark::Bridge),
            None if text == "controller" => Ok(Mark::Controller),
            Some(("tunnel", name)) => NetworkType::ALL
                .iter()
                .find(|kind| kind.is_tunnel() && kind.as_str() == name)
                .map(|kind| Mark::Tunnel(*kind))
                .ok_or_else(unknown),
            Some(("patch", name)) => Ok(Mark::Patch(name.to_owned())),
            Some(("patch-peer", name)) => Ok(Mark::PatchPeer(name.to_owned())),
            _ => Err(unknown()),
        }
    }
}

/// All rows of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The integration bridge.
    pub bridge: BridgeRow,
    /// Ports with one interface each, by name. Those on a provider bridge need it to be there.
    pub ports: BTreeMap<String, PortRow>,
    /// `other_config:tx-steering` of the interfaces of instances, by the port they are plugged for.
    pub tx_steering: BTreeMap<Uuid, TxSteering>,
}

/// A row of table Bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeRow {
    /// Its name.
    pub name: String,
    /// `system` or `netdev`.
    pub datapath_type: String,
    /// What it does without controller: nothing but what its flows say.
    pub fail_mode: String,
    /// OpenFlow versions.
    pub protocols: Vec<String>,
    /// Further settings; those that are not named are left alone.
    pub other_config: BTreeMap<String, String>,
    /// Our mark.
    pub external_ids: BTreeMap<String, String>,
    /// Its controllers, by target.
    pub controllers: BTreeMap<String, ControllerRow>,
}

/// A row of table Controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControllerRow {
    /// Where it listens, e.g. `tcp:192.0.2.1:6653`.
    pub target: String,
    /// How it is reached: never through the bridge it controls.
    pub connection_mode: String,
    /// In milliseconds.
    pub max_backoff: i64,
    /// Our mark.
    pub external_ids: BTreeMap<String, String>,
}

/// A row of table Port, and its only interface, which has the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortRow {
    /// The bridge it is on.
    pub bridge: String,
    /// Its name and its interface's.
    pub name: String,
    /// The interface's type.
    pub interface_type: String,
    /// The interface's options, all of them.
    pub options: BTreeMap<String, String>,
    /// Our mark, on port and interface.
    pub external_ids: BTreeMap<String, String>,
}

/// The rows that a node needs so that it can do what its sections say, and be controlled from
/// `controllers`.
pub fn rows(node: &Node, model: &Model, controllers: &[String]) -> Rows {
    let tunnels = encapsulations(node, model).map(|kind| tunnel(kind, node));
    let patches = node.bridge_mappings.iter().flat_map(patch);
    let ports = tunnels.flatten().chain(patches);
    Rows {
        bridge: bridge(node, controllers),
        ports: ports.map(|port| (port.name.clone(), port)).collect(),
        tx_steering: model
            .ports_of_host(&node.hostname)
            .filter_map(|port| Some((port.id, port.hints?.tx_steering()?)))
            .collect(),
    }
}

fn bridge(node: &Node, controllers: &[String]) -> BridgeRow {
    let controller = |target: &String| ControllerRow {
        target: target.clone(),
        connection_mode: "out-of-band".to_owned(),
        max_backoff: MAX_BACKOFF_MILLISECONDS,
        external_ids: marked(&Mark::Controller),
    };
    let datapath_type = match node.datapath_type.as_str() {
        "" => "system",
        other => other,
    };
    BridgeRow {
        name: BRIDGE.to_owned(),
        datapath_type: datapath_type.to_owned(),
        fail_mode: "secure".to_owned(),
        protocols: vec!["OpenFlow13".to_owned()],
        other_config: words(&[("disable-in-band", "true")]),
        external_ids: marked(&Mark::Bridge),
        controllers: controllers
            .iter()
            .map(|t| (t.clone(), controller(t)))
            .collect(),
    }
}

/// Those that the node takes and that some network on it needs.
fn encapsulations(node: &Node, model: &Model) -> impl Iterator<Item = NetworkType> {
    let networks = networks_of(model, &node.hostname).into_iter();
    let needed: Vec<NetworkType> = networks
        .filter_map(|id| model.network(id)?.wire_at(node))
        .map(|(_, wire)| wire.network_type)
        .collect();
    let taken = node.encap_types.clone().into_iter();
    taken.filter(move |kind| kind.is_tunnel() && needed.contains(kind))
}

/// One port for all peers: flows give key and destination. The UDP checksum is on where the outer
/// header is not protected otherwise: Geneve (RFC 8926 §3.3), and anything in UDP over IPv6 (RFC
/// 8200 §8.1); VXLAN over IPv4 has none (RFC 7348 §5).
fn tunnel(encapsulation: NetworkType, node: &Node) -> Option<PortRow> {
    let local = node.encap_ips.first()?;
    let mut options = words(&[("key", "flow"), ("remote_ip", "flow")]);
    options.insert("local_ip".to_owned(), local.to_string());
    let checksum = matches!(
        (encapsulation, local),
        (NetworkType::Geneve, _) | (NetworkType::Vxlan, IpAddr::V6(_))
    );
    if checksum {
        options.insert("csum".to_owned(), "true".to_owned());
    }
    let interface_type = match (encapsulation, local) {
        (NetworkType::Gre, IpAddr::V6(_)) => "ip6gre",
        (other, _) => other.as_str(),
    };
    Some(PortRow {
        bridge: BRIDGE.to_owned(),
        name: format!("weft-{}", encapsulation.as_str()),
        interface_type: interface_type.to_owned(),
        options,
        external_ids: marked(&Mark::Tunnel(encapsulation)),
    })
}

/// Both ends of the patch to a provider bridge.
fn patch((physical_network, bridge): (&String, &String)) -> [PortRow; 2] {
    let inner = format!("weft-int-{physical_network}");
    let outer = format!("weft-ext-{physical_network}");
    let end = |bridge: &str, name: &str, peer: &str, mark: Mark| PortRow {
        bridge: bridge.to_owned(),
        name: name.to_owned(),
        interface_type: "patch".to_owned(),
        options: words(&[("peer", peer)]),
        external_ids: marked(&mark),
    };
    [
        end(
            BRIDGE,
            &inner,
            &outer,
            Mark::Patch(physical_network.clone()),
        ),
        end(
            bridge,
            &outer,
            &inner,
            Mark::PatchPeer(physical_network.clone()),
        ),
    ]
}

fn marked(mark: &Mark) -> BTreeMap<String, String> {
    words(&[(MARK_KEY, &mark.to_string())])
}

fn words(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}
