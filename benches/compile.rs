//! What compiling costs: a whole node, and one port more.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use api::{FixedIp, Mac, Network, NetworkType, Node, Port, Record, Subnet, VifType};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use uuid::Uuid;
use weft::compile::{Facts, Output, build, build_all, difference, order, touched};
use weft::model::{Change, Draft, Model};

/// Ports of one network.
const NETWORK_PORTS: u32 = 250;

/// The sizes of a cloud.
struct Size {
    nodes: u32,
    ports: u32,
}

fn id(kind: u64, n: u32) -> Uuid {
    Uuid::from_u64_pair(kind, n.into())
}

fn node(n: u32) -> Node {
    Node {
        id: id(1, n),
        hostname: format!("node-{n}"),
        encap_ips: vec![IpAddr::V4(Ipv4Addr::from(0xc000_0200 + n))],
        encap_types: vec![NetworkType::Vxlan],
        key: n + 1,
        ..Node::default()
    }
}

fn network(n: u32) -> [Record; 2] {
    let network = Network {
        id: id(2, n),
        admin_state_up: true,
        network_type: NetworkType::Vxlan,
        segmentation_id: Some(n + 1),
        key: n + 1,
        ..Network::default()
    };
    let subnet = Subnet {
        id: id(3, n),
        network_id: network.id,
        ip_version: 4,
        cidr: "10.0.0.0/16".parse().unwrap(),
        gateway_ip: Some("10.0.0.1".parse().unwrap()),
        enable_dhcp: true,
        ..Subnet::default()
    };
    [network.into(), subnet.into()]
}

/// Port `n` of the cloud: networks one after another, each spread over all nodes.
fn port(n: u32, size: &Size) -> Port {
    let [_, a, b, c] = n.to_be_bytes();
    let network = n / NETWORK_PORTS;
    let address = Ipv4Addr::from(0x0a00_0002 + n % NETWORK_PORTS);
    Port {
        id: id(4, n),
        network_id: id(2, network),
        admin_state_up: true,
        mac_address: Mac([0xfa, 0x16, 0x3e, a, b, c]),
        fixed_ips: vec![FixedIp {
            subnet_id: id(3, network),
            ip_address: address.into(),
        }],
        host_id: format!("node-{}", n % size.nodes),
        vif_type: VifType::Ovs,
        port_security_enabled: true,
        key: n + 1,
        ..Port::default()
    }
}

fn cloud(size: &Size) -> Model {
    let networks = size.ports / NETWORK_PORTS + 1;
    let records = (0..size.nodes)
        .map(|n| node(n).into())
        .chain((0..networks).flat_map(network))
        .chain((0..size.ports).map(|n| port(n, size).into()));
    Model::from_records(1, records)
}

/// What node 0 told: all its ports are plugged, and `more`.
fn facts(model: &Model, more: Uuid) -> Facts {
    let ports = model.ports_of_host("node-0").map(|port| port.id);
    Facts {
        ofports: ports.chain([more]).zip(1..).collect(),
        tunnel_ports: BTreeMap::from([(NetworkType::Vxlan, 65_000)]),
        patch_ports: BTreeMap::new(),
    }
}

fn whole_node(c: &mut Criterion) {
    let size = Size {
        nodes: 25,
        ports: 25_000,
    };
    let model = cloud(&size);
    let node = model.node(id(1, 0)).unwrap();
    let facts = facts(&model, Uuid::nil());
    let flows = build_all(node, &model, &facts).flows.len();
    let name = format!("node of 1000 ports in a cloud of 25000 ({flows} flows)");
    c.bench_function(&name, |b| {
        b.iter(|| black_box(build_all(node, &model, &facts)));
    });
}

/// One port more on a network of 125 ports on 25 nodes, from the commit to the messages for all of
/// them, whatever else is in the cloud.
fn port_added(c: &mut Criterion) {
    let mut group = c.benchmark_group("one port more on 25 nodes, by other ports in the cloud");
    for others in [0, 1_000, 100_000] {
        let ports = others + NETWORK_PORTS / 2;
        let size = Size { nodes: 25, ports };
        let before = cloud(&size);
        let new = port(ports, &size);
        let facts = facts(&before, new.id);
        let (after, changes) = with_port(&before, &new);
        group.bench_function(BenchmarkId::from_parameter(others), |b| {
            b.iter(|| messages(&changes, &before, &after, &facts));
        });
    }
    group.finish();
}

fn with_port(before: &Model, port: &Port) -> (Model, Vec<Change>) {
    let mut draft = Draft::new(before);
    draft.put(port.clone());
    draft.finish()
}

fn messages(changes: &[Change], before: &Model, after: &Model, facts: &Facts) -> usize {
    let mut nodes: BTreeMap<Uuid, (Output, Output)> = BTreeMap::new();
    for change in changes {
        for (node, section) in touched(change, before, after) {
            let record = after.node(node).unwrap();
            let (old, new) = nodes.entry(node).or_default();
            old.merge(build(&section, record, before, facts));
            new.merge(build(&section, record, after, facts));
        }
    }
    let steps = nodes.values().map(|(old, new)| order(difference(old, new)));
    steps.map(|steps| black_box(steps).bundle.len()).sum()
}

criterion_group!(benches, whole_node, port_added);
criterion_main!(benches);
