//! Sample clouds, for tests and benches: records as the service would store
//! them, with everything that must be unique taken from the model.

use std::net::IpAddr;

use api::{
    AddressRange, FixedIp, JsonMap, Kind, Mac, Network, NetworkType, Node, Port, Status, Subnet,
    Timestamp, VifType,
};
use ipnet::IpNet;
use uuid::Uuid;

use super::{Draft, Model};

/// A moment all sample records are from.
const MADE_AT: Timestamp = Timestamp(1_780_000_000);

/// An id that follows from what it is of, so that samples come out the same each time.
fn id(of: &str, number: u32) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{of} {number}").as_bytes())
}

/// A VXLAN network with the lowest free key and VNI.
pub fn network(model: &Model, name: &str) -> Network {
    let key = model.lowest_free_key(Kind::Network).unwrap_or_default();
    Network {
        id: id("network", key),
        project_id: project(key),
        name: name.to_owned(),
        admin_state_up: true,
        status: Status::Active,
        mtu: 1450,
        port_security_enabled: true,
        network_type: NetworkType::Vxlan,
        segmentation_id: model.lowest_free_segment(NetworkType::Vxlan, None, 1..=0xff_ffff),
        created_at: MADE_AT,
        updated_at: MADE_AT,
        key,
        ..Network::default()
    }
}

/// A subnet whose gateway is the first address and whose pool is the rest. A
/// network can have one sample subnet of each prefix.
pub fn subnet(network: &Network, cidr: IpNet) -> Subnet {
    let above = |address: IpAddr, by: u8| match address {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() + u32::from(by)).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() + u128::from(by)).into()),
    };
    // The last address is IPv4's broadcast address; an IPv6 prefix can spare it too.
    let end = match cidr.broadcast() {
        IpAddr::V4(last) => IpAddr::V4((last.to_bits() - 1).into()),
        IpAddr::V6(last) => IpAddr::V6((last.to_bits() - 1).into()),
    };
    Subnet {
        id: Uuid::new_v5(&network.id, cidr.to_string().as_bytes()),
        project_id: network.project_id.clone(),
        network_id: network.id,
        ip_version: if cidr.addr().is_ipv4() { 4 } else { 6 },
        cidr,
        gateway_ip: Some(above(cidr.network(), 1)),
        allocation_pools: vec![AddressRange {
            start: above(cidr.network(), 2),
            end,
        }],
        enable_dhcp: true,
        created_at: MADE_AT,
        updated_at: MADE_AT,
        ..Subnet::default()
    }
}

/// A port with the lowest free key and address, bound to `host`.
pub fn port(model: &Model, subnet: &Subnet, host: &str) -> Port {
    let key = model.lowest_free_key(Kind::Port).unwrap_or_default();
    let [_, b, c, d] = key.to_be_bytes();
    let fixed_ips = model.lowest_free_address(subnet).map(|ip_address| FixedIp {
        subnet_id: subnet.id,
        ip_address,
    });
    Port {
        id: id("port", key),
        project_id: subnet.project_id.clone(),
        name: format!("port-{key}"),
        network_id: subnet.network_id,
        admin_state_up: true,
        status: Status::Active,
        mac_address: Mac([0xfa, 0x16, 0x3e, b, c, d]),
        fixed_ips: fixed_ips.into_iter().collect(),
        device_id: id("device", key).to_string(),
        device_owner: "compute:nova".to_owned(),
        host_id: host.to_owned(),
        vnic_type: "normal".to_owned(),
        vif_type: VifType::Ovs,
        profile: JsonMap::new(),
        port_security_enabled: true,
        created_at: MADE_AT,
        updated_at: MADE_AT,
        key,
        ..Port::default()
    }
}

/// A node with one tunnel address that takes every encapsulation.
pub fn node(model: &Model, hostname: &str) -> Node {
    let key = model.lowest_free_key(Kind::Node).unwrap_or_default();
    let [_, b, c, d] = key.to_be_bytes();
    Node {
        id: id("node", key),
        admin_state_up: true,
        system_id: id("system", key).to_string(),
        hostname: hostname.to_owned(),
        encap_ips: vec![[10, b, c, d].into()],
        encap_types: vec![NetworkType::Vxlan, NetworkType::Geneve, NetworkType::Gre],
        datapath_type: "netdev".to_owned(),
        key,
        ..Node::default()
    }
}

/// A cloud: `ports` spread evenly over `networks`, each network's over as many
/// of the `nodes` as it has ports.
pub fn cloud(nodes: u32, networks: u32, ports: u32) -> Model {
    let mut draft = Draft::new(&Model::default());
    let mut hosts = Vec::new();
    for n in 0..nodes {
        let node = node(&draft, &format!("node-{n}"));
        hosts.push(node.hostname.clone());
        draft.put(node);
    }
    let mut subnets = Vec::new();
    for n in 0..networks {
        let network = network(&draft, &format!("network-{n}"));
        let cidr = IpNet::new([10, 0, 0, 0].into(), 8).unwrap_or_default();
        let subnet = subnet(&network, cidr);
        draft.put(network);
        draft.put(subnet.clone());
        subnets.push(subnet);
    }
    let places = subnets.iter().cycle().zip(hosts.iter().cycle());
    for (subnet, host) in places.take(ports.try_into().unwrap_or(usize::MAX)) {
        let port = port(&draft, subnet, host);
        draft.put(port);
    }
    draft.finish().0
}

/// Ten networks belong to one project.
fn project(network_key: u32) -> String {
    id("project", network_key / 10).simple().to_string()
}
