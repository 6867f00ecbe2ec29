//! Two real switches as two nodes: what leaves one by the underlay or by the provider bridge arrives at
//! the other, for every type of network.

use std::time::Duration;

use api::{Mac, NetworkType};

use crate::cloud::{Cloud, PATCH, mac};
use crate::frames::{BROADCAST, ping, udp4};
use crate::ovs::{Ovs, UNDERLAY};
use crate::real::start_node;
use crate::scenario::Bridge;

/// How long two switches are given to learn the way to each other.
const SETTLING: Duration = Duration::from_millis(500);

/// What reached instances: node, port, frame.
type Arrived = Vec<(usize, u32, Vec<u8>)>;

/// Two nodes and what lies between them.
struct Pair {
    nodes: [Ovs; 2],
}

impl Pair {
    async fn start(cloud: &Cloud) -> Option<Pair> {
        let mut nodes = [start_node(cloud, 1).await?, start_node(cloud, 2).await?];
        nodes[0].join_underlay(1, 2);
        nodes[1].join_underlay(2, 1);
        // A switch goes on setting its tunnels up after it has answered; what it is sent meanwhile is
        // dropped.
        tokio::time::sleep(SETTLING).await;
        Some(Pair { nodes })
    }

    /// Sends a frame in at a node, carries what leaves it to the other, and tells what reached
    /// instances. A second crossing would be a loop.
    fn send(&mut self, node: usize, port: u32, frame: &[u8]) -> Arrived {
        let mut arrived = Vec::new();
        for (port, frame) in self.nodes[node].send(port, frame) {
            if !matches!(port, UNDERLAY | PATCH) {
                arrived.push((node, port, frame));
                continue;
            }
            let other = 1 - node;
            for (port, frame) in self.nodes[other].send(port, &frame) {
                assert!(
                    !matches!(port, UNDERLAY | PATCH),
                    "it goes round: {frame:?}"
                );
                arrived.push((other, port, frame));
            }
        }
        arrived.sort();
        arrived
    }
}

/// Ports 11 and 12 on node 1 and 21 on node 2, on one network; 22 on node 2 on another of its type.
fn cloud(kind: NetworkType) -> Cloud {
    let mut cloud = Cloud::default();
    cloud.node(1);
    cloud.node(2);
    let network = cloud.network(7, kind);
    cloud.port(11, network, 1, &["10.0.0.11"]);
    cloud.port(12, network, 1, &["10.0.0.12"]);
    cloud.port(21, network, 2, &["10.0.0.21"]);
    let kind = match kind {
        NetworkType::Flat => NetworkType::Vlan,
        other => other,
    };
    let other = cloud.network(8, kind);
    cloud.port(22, other, 2, &["10.0.0.22"]);
    cloud
}

async fn instances_talk(kind: NetworkType) {
    let cloud = cloud(kind);
    let Some(mut pair) = Pair::start(&cloud).await else {
        return;
    };
    let leaves = kind != NetworkType::Local;
    let frame = |to: Mac, from: u32, target: u32| {
        let (source, target) = (format!("10.0.0.{from}"), format!("10.0.0.{target}"));
        ping(to, mac(from), &source, &target)
    };
    let there = frame(mac(21), 11, 21);
    let expected = leaves.then(|| (1, 21, there.clone()));
    assert_eq!(
        pair.send(0, 11, &there),
        Vec::from_iter(expected),
        "{kind:?}: there"
    );
    let back = frame(mac(11), 21, 11);
    let expected = leaves.then(|| (0, 11, back.clone()));
    assert_eq!(
        pair.send(1, 21, &back),
        Vec::from_iter(expected),
        "{kind:?}: and back"
    );
    let beside = frame(mac(12), 11, 12);
    assert_eq!(
        pair.send(0, 11, &beside),
        [(0, 12, beside.clone())],
        "{kind:?}: same node"
    );
    let broadcast = udp4(BROADCAST, mac(11), ("10.0.0.11", 9), ("10.0.0.255", 9));
    let mut expected = vec![(0, 12, broadcast.clone())];
    expected.extend(leaves.then(|| (1, 21, broadcast.clone())));
    assert_eq!(
        pair.send(0, 11, &broadcast),
        expected,
        "{kind:?}: once to each"
    );
    assert_eq!(
        pair.send(0, 11, &frame(mac(22), 11, 22)),
        [],
        "{kind:?}: another network"
    );
    let spoofed = ping(mac(21), mac(12), "10.0.0.12", "10.0.0.21");
    assert_eq!(pair.send(0, 11, &spoofed), [], "{kind:?}: as somebody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn vxlan() {
    instances_talk(NetworkType::Vxlan).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gre() {
    instances_talk(NetworkType::Gre).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn geneve() {
    instances_talk(NetworkType::Geneve).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vlan() {
    instances_talk(NetworkType::Vlan).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flat() {
    instances_talk(NetworkType::Flat).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn local() {
    instances_talk(NetworkType::Local).await;
}
