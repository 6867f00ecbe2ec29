//! What is compiled, to be read: `tests/cases/CASE/NODE.flows` as `ovs-ofctl` prints it, with the names
//! of tables, and `NODE.rows`. `UPDATE=1` writes them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use api::{Kind, NetworkType};
use openflow::text::{FlowLine, Resolver, Text};
use weft::compile::pipeline::Table;

use crate::cloud::{self, Cloud, id, mac, pair};

struct TableNames;

impl Resolver for TableNames {
    fn table(&self, number: u8) -> Option<String> {
        Table::by_number(number).map(|table| table.name().to_owned())
    }
}

/// Compares each node of a case with its files, or writes these.
fn check(case: &str, cloud: &Cloud) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(case);
    for node in cloud.model.nodes() {
        let rows = cloud.rows(node.id);
        for (kind, fresh) in [
            ("flows", flows(cloud, node.id)),
            ("rows", format!("{rows:#?}\n")),
        ] {
            let path = folder.join(format!("{}.{kind}", node.hostname));
            if std::env::var_os("UPDATE").is_some() {
                fs::create_dir_all(&folder).unwrap();
                fs::write(&path, &fresh).unwrap();
            }
            let written = fs::read_to_string(&path).unwrap_or_default();
            let differs = written
                .lines()
                .zip(fresh.lines())
                .find(|(old, new)| old != new);
            assert!(
                written == fresh,
                "{} is not what is compiled; first difference {differs:#?}; look at it with UPDATE=1 and git diff",
                path.display()
            );
        }
    }
}

fn flows(cloud: &Cloud, node: uuid::Uuid) -> String {
    let out = cloud.output(node);
    let mut text = String::new();
    for (key, entry) in &out.flows {
        let _ = writeln!(text, "{}", FlowLine { key, entry }.named(&TableNames));
    }
    for group in out.groups.values() {
        let _ = writeln!(text, "{}", group.named(&TableNames));
    }
    for meter in out.meters.values() {
        let _ = writeln!(text, "{meter}");
    }
    text
}

/// What every node has, whatever is in the cloud.
#[test]
fn empty() {
    let mut cloud = Cloud::default();
    cloud.node(1);
    check("empty", &cloud);
}

/// A port on each of two nodes, both IP versions, DHCP.
#[test]
fn vxlan() {
    check("vxlan", &pair_of_nodes(NetworkType::Vxlan));
}

/// The same on a VLAN.
#[test]
fn vlan() {
    check("vlan", &pair_of_nodes(NetworkType::Vlan));
}

/// The same on an untagged physical network.
#[test]
fn flat() {
    check("flat", &pair_of_nodes(NetworkType::Flat));
}

/// The same where nothing leaves the node.
#[test]
fn local() {
    check("local", &pair_of_nodes(NetworkType::Local));
}

fn pair_of_nodes(kind: NetworkType) -> Cloud {
    let mut cloud = Cloud::default();
    cloud.node(1);
    cloud.node(2);
    let network = cloud.network(7, kind);
    cloud.subnet(4, network, "10.0.0.0/24");
    cloud.subnet(6, network, "fd00::/64");
    cloud.port(11, network, 1, &["10.0.0.11", "fd00::11"]);
    cloud.port(21, network, 2, &["10.0.0.21", "fd00::21"]);
    cloud
}

/// Allowed pairs: of a block with the port's MAC, of an address with another MAC, of an address that
/// another port has; a port without port security; no DHCP gateway; two ports that are down.
#[test]
fn exceptions() {
    let mut cloud = Cloud::default();
    cloud.node(1);
    cloud.node(2);
    let network = cloud.network(7, NetworkType::Geneve);
    let mut subnet = cloud::subnet(4, network, "10.0.0.0/24");
    subnet.gateway_ip = None;
    cloud.put(subnet);
    let pairs = cloud.port(11, network, 1, &["10.0.0.11"]);
    cloud.edit_port(pairs, |port| {
        port.allowed_address_pairs = vec![
            pair(mac(11), "10.0.0.64/26"),
            pair(mac(99), "10.0.0.99/32"),
            pair(mac(11), "10.0.0.22/32"),
        ];
    });
    let open = cloud.port(12, network, 1, &["10.0.0.12"]);
    cloud.edit_port(open, |port| port.port_security_enabled = false);
    let down = cloud.port(13, network, 1, &["10.0.0.13"]);
    cloud.edit_port(down, |port| port.admin_state_up = false);
    cloud.port(21, network, 2, &["10.0.0.21"]);
    cloud.port(22, network, 2, &["10.0.0.22"]);
    let down = cloud.port(23, network, 2, &["10.0.0.23"]);
    cloud.edit_port(down, |port| port.admin_state_up = false);
    assert!(cloud.model.port(id(Kind::Port, 23)).is_some());
    check("exceptions", &cloud);
}
