//! Random stories of a cloud: what operators, users and switches do, in any order, that the API
//! would let happen.

use std::collections::BTreeMap;
use std::net::IpAddr;

use api::{FixedIp, Kind, NetworkType, Status, VifType};
use proptest::prelude::*;
use uuid::Uuid;
use weft::compile::Facts;
use weft::model::Change;

use crate::cloud::{self, Cloud, PATCH, PHYSICAL, hostname, id, mac, pair};

/// Something that happens.
#[derive(Clone, Debug)]
pub enum Event {
    /// A node joins, or is set up otherwise.
    Node {
        n: u32,
        addresses: u8,
        encapsulations: u8,
        mapped: bool,
        renamed: bool,
    },
    NodeGone {
        n: u32,
    },
    /// A network is made or edited; the last kinds are of two segments.
    Network {
        n: u32,
        kind: u8,
        up: bool,
        segment: u32,
    },
    /// A network goes, with its ports and subnets.
    NetworkGone {
        n: u32,
    },
    Subnet {
        n: u32,
        network: u32,
        v6: bool,
        dhcp: bool,
        gateway: bool,
    },
    SubnetGone {
        n: u32,
    },
    Port(PortEvent),
    PortGone {
        n: u32,
    },
    /// A port's status or name changes, which no flow shows.
    PortNamed {
        n: u32,
    },
    /// An interface shows up as this port of a switch, or goes.
    Plug {
        n: u32,
        node: u32,
        ofport: Option<u32>,
    },
    Tunnel {
        node: u32,
        kind: u8,
        ofport: Option<u32>,
    },
    Patch {
        node: u32,
        ofport: Option<u32>,
    },
}

/// A port is made or edited.
#[derive(Clone, Debug)]
pub struct PortEvent {
    pub n: u32,
    pub network: u32,
    /// 0 is unbound.
    pub host: u32,
    pub failed: bool,
    pub up: bool,
    pub secured: bool,
    pub addresses: u8,
    pub pairs: u8,
    pub plugged: bool,
}

const TUNNELS: [NetworkType; 3] = [NetworkType::Vxlan, NetworkType::Gre, NetworkType::Geneve];

/// One event.
pub fn event() -> impl Strategy<Value = Event> {
    let (nodes, networks, ports) = (1..=3_u32, 1..=4_u32, 1..=8_u32);
    let port = (
        (ports.clone(), networks.clone(), 0..=3_u32),
        (
            prop::bool::weighted(0.1),
            prop::bool::weighted(0.85),
            any::<bool>(),
        ),
        (0..5_u8, 0..5_u8, prop::bool::weighted(0.8)),
    );
    let port = port.prop_map(
        |((n, network, host), (failed, up, secured), (addresses, pairs, plugged))| {
            Event::Port(PortEvent {
                n,
                network,
                host,
                failed,
                up,
                secured,
                addresses,
                pairs,
                plugged,
            })
        },
    );
    let ofport = |first: u32| prop::option::weighted(0.8, first..first + 2);
    prop_oneof![
        2 => (nodes.clone(), 0..4_u8, 0..8_u8, prop::bool::weighted(0.7), prop::bool::weighted(0.2)).prop_map(
            |(n, addresses, encapsulations, mapped, renamed)| {
                Event::Node { n, addresses, encapsulations, mapped, renamed }
            }
        ),
        1 => nodes.clone().prop_map(|n| Event::NodeGone { n }),
        3 => (networks.clone(), 0..8_u8, prop::bool::weighted(0.8), 0..2_u32)
            .prop_map(|(n, kind, up, segment)| Event::Network { n, kind, up, segment }),
        1 => networks.clone().prop_map(|n| Event::NetworkGone { n }),
        3 => (1..=6_u32, networks, any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(n, network, v6, dhcp, gateway)| Event::Subnet { n, network, v6, dhcp, gateway }),
        1 => (1..=6_u32).prop_map(|n| Event::SubnetGone { n }),
        12 => port,
        3 => ports.clone().prop_map(|n| Event::PortGone { n }),
        1 => ports.clone().prop_map(|n| Event::PortNamed { n }),
        6 => (ports, nodes.clone(), prop::option::weighted(0.8, 0..2_u32))
            .prop_map(|(n, node, way)| Event::Plug { n, node, ofport: way.map(|w| n + 100 * w) }),
        2 => (nodes.clone(), 0..3_u8, ofport(1000))
            .prop_map(|(node, kind, ofport)| Event::Tunnel { node, kind, ofport: ofport.map(|p| p + 10 * u32::from(kind)) }),
        1 => (nodes, ofport(PATCH)).prop_map(|(node, ofport)| Event::Patch { node, ofport }),
    ]
}

/// How all stories begin: three nodes, and a network of four kinds with two subnets each.
pub fn beginning() -> Cloud {
    let mut cloud = Cloud::default();
    for n in 1..=3 {
        cloud.node(n);
    }
    let kinds = [
        NetworkType::Vxlan,
        NetworkType::Geneve,
        NetworkType::Vlan,
        NetworkType::Local,
    ];
    for (n, kind) in (1..).zip(kinds) {
        let network = cloud.network(n, kind);
        subnets_of_ports(&mut cloud, n);
        cloud.subnet(n, network, &format!("10.{n}.0.0/16"));
    }
    cloud
}

/// The subnets that ports have their addresses of: without DHCP, so that it is for other subnets to say
/// whether there is any.
fn subnets_of_ports(cloud: &mut Cloud, network: u32) -> Vec<Change> {
    let subnet = |n: u32, cidr: &str| {
        let mut subnet = cloud::subnet(n, id(Kind::Network, network), cidr);
        subnet.enable_dhcp = false;
        subnet
    };
    let (v4, v6) = (
        subnet(100 + network, "10.0.0.0/16"),
        subnet(200 + network, "fd00::/64"),
    );
    cloud.change(|draft| {
        draft.put(v4);
        draft.put(v6);
    })
}

/// The cloud after all of them.
pub fn told(events: &[Event]) -> Cloud {
    let mut cloud = beginning();
    for event in events {
        happen(&mut cloud, event);
    }
    cloud
}

/// Lets it happen; what it did to the model.
pub fn happen(cloud: &mut Cloud, event: &Event) -> Vec<Change> {
    match event {
        Event::Node {
            n,
            addresses,
            encapsulations,
            mapped,
            renamed,
        } => node(cloud, *n, *addresses, *encapsulations, [*mapped, *renamed]),
        Event::NodeGone { n } => cloud.remove(Kind::Node, *n),
        Event::Network {
            n,
            kind,
            up,
            segment,
        } => network(cloud, *n, *kind, *up, *segment),
        Event::NetworkGone { n } => network_gone(cloud, id(Kind::Network, *n)),
        Event::Subnet {
            n,
            network,
            v6,
            dhcp,
            gateway,
        } => subnet(cloud, (*n, *network), *v6, *dhcp, *gateway),
        Event::SubnetGone { n } => cloud.remove(Kind::Subnet, *n),
        Event::Port(port) => put_port(cloud, port),
        Event::PortGone { n } => cloud.remove(Kind::Port, *n),
        Event::PortNamed { n } => match cloud.model.port(id(Kind::Port, *n)).is_some() {
            true => cloud.edit_port(id(Kind::Port, *n), |port| {
                port.name.push('x');
                port.revision_number += 1;
                port.status = Status::Active;
            }),
            false => Vec::new(),
        },
        Event::Plug { n, node, ofport } => set(
            &mut facts(cloud, *node).ofports,
            id(Kind::Port, *n),
            *ofport,
        ),
        Event::Tunnel { node, kind, ofport } => {
            let kind = TUNNELS[usize::from(*kind)];
            set(&mut facts(cloud, *node).tunnel_ports, kind, *ofport)
        }
        Event::Patch { node, ofport } => {
            let patches = &mut facts(cloud, *node).patch_ports;
            set(patches, PHYSICAL.to_owned(), *ofport)
        }
    }
}

fn facts(cloud: &mut Cloud, node: u32) -> &mut Facts {
    cloud.facts.entry(id(Kind::Node, node)).or_default()
}

fn set<K: Ord>(map: &mut BTreeMap<K, u32>, key: K, value: Option<u32>) -> Vec<Change> {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
    Vec::new()
}

fn node(
    cloud: &mut Cloud,
    n: u32,
    addresses: u8,
    encapsulations: u8,
    [mapped, renamed]: [bool; 2],
) -> Vec<Change> {
    let mut node = cloud::node(n);
    let v4 = IpAddr::from([192, 0, 2, n as u8]);
    let v6: IpAddr = format!("2001:db8::{n}").parse().unwrap();
    node.encap_ips = match addresses {
        0 => vec![],
        1 => vec![v4],
        2 => vec![v6],
        _ => vec![v4, v6],
    };
    node.encap_types = TUNNELS
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| encapsulations & 1 << bit != 0)
        .map(|(_, kind)| kind)
        .collect();
    if !mapped {
        node.bridge_mappings.clear();
    }
    if renamed {
        node.hostname = format!("renamed-{n}");
    }
    cloud.put(node)
}

fn network(cloud: &mut Cloud, n: u32, kind: u8, up: bool, segment: u32) -> Vec<Change> {
    let mut network = match NetworkType::ALL.get(usize::from(kind)) {
        Some(kind) => cloud::network(n, *kind),
        None => cloud::routed(n),
    };
    if kind == 7 {
        let second = network.more_segments.remove(0);
        let first = network.first_segment();
        network.set_first_segment(second);
        network.more_segments.push(first);
    }
    network.admin_state_up = up;
    network.segmentation_id = network
        .segmentation_id
        .map(|number| number + 1000 * segment);
    if network.network_type == NetworkType::Flat {
        network.physical_network = Some(format!("flat-{n}"));
    }
    let mut changes = cloud.put(network);
    changes.extend(subnets_of_ports(cloud, n));
    changes
}

fn network_gone(cloud: &mut Cloud, network: Uuid) -> Vec<Change> {
    let ports: Vec<Uuid> = cloud
        .model
        .ports_of_network(network)
        .map(|p| p.id)
        .collect();
    let subnets: Vec<Uuid> = cloud.model.subnets_of(network).map(|s| s.id).collect();
    cloud.change(|draft| {
        for port in ports {
            draft.remove(Kind::Port, port);
        }
        for subnet in subnets {
            draft.remove(Kind::Subnet, subnet);
        }
        draft.remove(Kind::Network, network);
    })
}

fn subnet(
    cloud: &mut Cloud,
    (n, network): (u32, u32),
    v6: bool,
    dhcp: bool,
    gateway: bool,
) -> Vec<Change> {
    if cloud.model.network(id(Kind::Network, network)).is_none() {
        return Vec::new();
    }
    let cidr = match v6 {
        true => format!("fd00:{n}::/64"),
        false => format!("10.{n}.0.0/16"),
    };
    let mut subnet = cloud::subnet(n, id(Kind::Network, network), &cidr);
    subnet.enable_dhcp = dhcp;
    subnet.gateway_ip = subnet.gateway_ip.filter(|_| gateway);
    cloud.put(subnet)
}

fn put_port(cloud: &mut Cloud, event: &PortEvent) -> Vec<Change> {
    let n = event.n;
    let network = match cloud.model.port(id(Kind::Port, n)) {
        Some(port) => port.network_id,
        None => id(Kind::Network, event.network),
    };
    if cloud.model.network(network).is_none() {
        return Vec::new();
    }
    let mut port = cloud::port(n, network);
    if event.host > 0 && event.plugged {
        cloud.plug(n, event.host);
    }
    if event.host > 0 {
        port.host_id = hostname(event.host);
        port.vif_type = match event.failed {
            true => VifType::BindingFailed,
            false => VifType::Ovs,
        };
    }
    port.admin_state_up = event.up;
    port.port_security_enabled = event.secured;
    let subnet = (network.as_u128() & 0xff) as u32;
    let fixed = |first: u32, address: String| FixedIp {
        subnet_id: id(Kind::Subnet, first + subnet),
        ip_address: address.parse().unwrap(),
    };
    let (v4, v6) = (
        fixed(100, format!("10.0.0.{n}")),
        fixed(200, format!("fd00::{n}")),
    );
    port.fixed_ips = match event.addresses {
        0 => vec![],
        1 => vec![v4],
        2 => vec![v6],
        3 => vec![v4, v6],
        _ => vec![v4, fixed(100, format!("10.0.1.{n}")), v6],
    };
    port.allowed_address_pairs = match event.pairs {
        0 | 1 => vec![],
        2 => vec![pair(mac(n), "10.9.0.0/24"), pair(mac(n), "fd09::/64")],
        3 => vec![
            pair(mac(n + 100), &format!("10.0.0.{}/32", n % 8 + 1)),
            pair(mac(n + 100), &format!("fd00::{}/128", n % 8 + 1)),
        ],
        _ => vec![pair(mac(n), "0.0.0.0/0"), pair(mac(n), "::/0")],
    };
    cloud.put(port)
}
