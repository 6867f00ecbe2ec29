//! Clouds for tests: nodes, networks and ports with ids, keys and addresses that follow from small
//! numbers, so that what is compiled of them can be read and compared.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use api::{
    AddressPair, FixedIp, Kind, Mac, Network, NetworkType, Node, Port, Record, Segment, Subnet,
    VifType,
};
use uuid::Uuid;
use weft::compile::{Facts, Output, Rows, build_all, rows};
use weft::model::{Change, Draft, Model};

/// Where the tunnel port of each encapsulation and the patches are on every node.
pub const TUNNEL_PORTS: [(NetworkType, u32); 3] = [
    (NetworkType::Vxlan, 1001),
    (NetworkType::Gre, 1002),
    (NetworkType::Geneve, 1003),
];
/// The patch to physical network `physnet1`, on every node.
pub const PATCH: u32 = 1100;
/// The only physical network.
pub const PHYSICAL: &str = "physnet1";

/// A model, and what each node of it told.
#[derive(Clone, Default)]
pub struct Cloud {
    pub model: Model,
    pub facts: BTreeMap<Uuid, Facts>,
}

/// The id of the `n`th object of a kind.
pub fn id(kind: Kind, n: u32) -> Uuid {
    Uuid::from_u128((kind as u128) << 64 | u128::from(n))
}

/// The hostname of the `n`th node.
pub fn hostname(n: u32) -> String {
    format!("node-{n}")
}

/// The MAC address of the `n`th port.
pub fn mac(n: u32) -> Mac {
    let [_, a, b, c] = n.to_be_bytes();
    Mac([0xfa, 0x16, 0x3e, a, b, c])
}

impl Cloud {
    /// Edits the model.
    pub fn change<T>(&mut self, edit: impl FnOnce(&mut Draft) -> T) -> Vec<Change> {
        let mut draft = Draft::new(&self.model);
        edit(&mut draft);
        let (model, changes) = draft.finish();
        self.model = model;
        changes
    }

    /// Stores a record.
    pub fn put(&mut self, record: impl Into<Record>) -> Vec<Change> {
        self.change(|draft| draft.put(record))
    }

    /// Takes the `n`th record of a kind out.
    pub fn remove(&mut self, kind: Kind, n: u32) -> Vec<Change> {
        self.change(|draft| draft.remove(kind, id(kind, n)))
    }

    /// Node `n`, 192.0.2.`n`, that takes all encapsulations and has the physical network, with all
    /// its tunnel ports and its patch in place.
    pub fn node(&mut self, n: u32) -> Uuid {
        let node = node(n);
        let id = node.id;
        self.put(node);
        self.facts.insert(
            id,
            Facts {
                ofports: BTreeMap::new(),
                tunnel_ports: BTreeMap::from(TUNNEL_PORTS),
                patch_ports: BTreeMap::from([(PHYSICAL.to_owned(), PATCH)]),
            },
        );
        id
    }

    /// Network `n` with segmentation id 100 + `n`.
    pub fn network(&mut self, n: u32, network_type: NetworkType) -> Uuid {
        let network = network(n, network_type);
        let id = network.id;
        self.put(network);
        id
    }

    /// Subnet `n`; with DHCP and the first address as gateway.
    pub fn subnet(&mut self, n: u32, network: Uuid, cidr: &str) -> Uuid {
        let subnet = subnet(n, network, cidr);
        let id = subnet.id;
        self.put(subnet);
        id
    }

    /// Port `n` on node `node`, plugged as port `n` of its switch.
    pub fn port(&mut self, n: u32, network: Uuid, node: u32, addresses: &[&str]) -> Uuid {
        let mut port = port(n, network);
        port.host_id = hostname(node);
        port.vif_type = VifType::Ovs;
        port.fixed_ips = addresses
            .iter()
            .map(|address| fixed(network, address))
            .collect();
        let id = port.id;
        self.put(port);
        self.plug(n, node);
        id
    }

    /// Port `n` shows up as port `n` of the node's switch.
    pub fn plug(&mut self, n: u32, node: u32) {
        let facts = self.facts.entry(id(Kind::Node, node)).or_default();
        facts.ofports.insert(id(Kind::Port, n), n);
    }

    /// Edits a port.
    pub fn edit_port(&mut self, id: Uuid, edit: impl FnOnce(&mut Port)) -> Vec<Change> {
        let mut port = Port::clone(self.model.port(id).expect("the port is there"));
        edit(&mut port);
        self.put(port)
    }

    /// The OVSDB rows of a node.
    pub fn rows(&self, node: Uuid) -> Rows {
        let record = self.model.node(node).expect("the node is there");
        rows(record, &self.model, &["tcp:192.0.2.254:6653".to_owned()])
    }

    /// All that a node's switch must hold.
    pub fn output(&self, node: Uuid) -> Output {
        let record = self.model.node(node).expect("the node is there");
        build_all(
            record,
            &self.model,
            &self.facts.get(&node).cloned().unwrap_or_default(),
        )
    }
}

/// See [`Cloud::node`].
pub fn node(n: u32) -> Node {
    Node {
        id: id(Kind::Node, n),
        system_id: format!("system-{n}"),
        hostname: hostname(n),
        admin_state_up: true,
        encap_ips: vec![IpAddr::V4(Ipv4Addr::from(0xc000_0200 + n))],
        encap_types: vec![NetworkType::Geneve, NetworkType::Vxlan, NetworkType::Gre],
        bridge_mappings: BTreeMap::from([(PHYSICAL.to_owned(), "br-ex".to_owned())]),
        datapath_type: "netdev".to_owned(),
        key: n,
        ..Node::default()
    }
}

/// See [`Cloud::network`].
pub fn network(n: u32, network_type: NetworkType) -> Network {
    let physical = matches!(network_type, NetworkType::Flat | NetworkType::Vlan);
    let numbered = !matches!(network_type, NetworkType::Flat | NetworkType::Local);
    Network {
        id: id(Kind::Network, n),
        name: format!("net-{n}"),
        admin_state_up: true,
        mtu: 1450,
        port_security_enabled: true,
        network_type,
        physical_network: physical.then(|| PHYSICAL.to_owned()),
        segmentation_id: numbered.then_some(100 + n),
        key: n,
        ..Network::default()
    }
}

/// Network `n` of two segments: a VLAN of the physical network, and VXLAN.
pub fn routed(n: u32) -> Network {
    let mut network = network(n, NetworkType::Vlan);
    network.more_segments.push(Segment {
        id: id(Kind::Segment, n),
        network_id: network.id,
        network_type: NetworkType::Vxlan,
        segmentation_id: Some(500 + n),
        ..Segment::default()
    });
    network
}

/// See [`Cloud::subnet`].
pub fn subnet(n: u32, network: Uuid, cidr: &str) -> Subnet {
    let cidr: ipnet::IpNet = cidr.parse().expect("a block");
    Subnet {
        id: id(Kind::Subnet, n),
        network_id: network,
        ip_version: if cidr.addr().is_ipv4() { 4 } else { 6 },
        gateway_ip: cidr.hosts().next(),
        cidr,
        enable_dhcp: true,
        ..Subnet::default()
    }
}

/// Port `n`, unbound and without address.
pub fn port(n: u32, network: Uuid) -> Port {
    Port {
        id: id(Kind::Port, n),
        name: format!("port-{n}"),
        network_id: network,
        admin_state_up: true,
        mac_address: mac(n),
        vnic_type: "normal".to_owned(),
        port_security_enabled: true,
        key: 0x1000 + n,
        ..Port::default()
    }
}

/// A fixed IP, of whatever subnet.
pub fn fixed(network: Uuid, address: &str) -> FixedIp {
    FixedIp {
        subnet_id: network,
        ip_address: address.parse().expect("an address"),
    }
}

/// An allowed address pair.
pub fn pair(mac_address: Mac, ip_address: &str) -> AddressPair {
    AddressPair {
        mac_address,
        ip_address: ip_address.parse().expect("a block"),
    }
}
