//! Two switches as two nodes, real ones and in-memory ones: what leaves one by the underlay or by the
//! provider bridge arrives at the other, for every type of network.

use std::net::Ipv4Addr;
use std::time::Duration;

use api::{Mac, NetworkType};
use openflow::testing::{Output, Packet, Tunnel};

use crate::cloud::{self, Cloud, PATCH, TUNNEL_PORTS, mac};
use crate::frames::{BROADCAST, ping, udp4};
use crate::memory::Memory;
use crate::ovs::{Ovs, UNDERLAY};
use crate::real::start_node;
use crate::scenario::Bridge;

/// How long two switches are given to learn the way to each other.
const SETTLING: Duration = Duration::from_millis(500);

/// What reached instances: node, port, frame.
type Arrived = Vec<(usize, u32, Vec<u8>)>;

/// What left a switch.
struct Left<Carried> {
    /// For instances of the node: port and frame.
    here: Vec<(u32, Vec<u8>)>,
    /// For the other node.
    away: Vec<Carried>,
}

/// A switch that is a node.
trait Node {
    /// What goes from node to node.
    type Carried;
    /// Takes a frame of an instance in.
    fn take_in(&mut self, port: u32, frame: &[u8]) -> Left<Self::Carried>;
    /// Takes in what left the other node.
    fn receive(&mut self, carried: Self::Carried) -> Left<Self::Carried>;
}

impl Node for Ovs {
    type Carried = (u32, Vec<u8>);

    fn take_in(&mut self, port: u32, frame: &[u8]) -> Left<Self::Carried> {
        let left = self.send(port, frame).into_iter();
        let (away, here) = left.partition(|(port, _)| matches!(*port, UNDERLAY | PATCH));
        Left { here, away }
    }

    fn receive(&mut self, (port, frame): Self::Carried) -> Left<Self::Carried> {
        self.take_in(port, &frame)
    }
}

impl Memory {
    fn take(&mut self, packet: Packet) -> Left<Output> {
        let outputs = self.switch.trace(packet).outputs.into_iter();
        let leaves = |port: u32| port == PATCH || TUNNEL_PORTS.iter().any(|(_, p)| *p == port);
        let (away, here): (Vec<Output>, Vec<Output>) =
            outputs.partition(|output| leaves(output.port));
        let here = here.into_iter().map(|output| (output.port, output.bytes));
        Left {
            here: here.collect(),
            away,
        }
    }
}

impl Node for Memory {
    type Carried = Output;

    fn take_in(&mut self, port: u32, frame: &[u8]) -> Left<Output> {
        self.take(Packet::new(port, frame.to_vec()))
    }

    fn receive(&mut self, carried: Output) -> Left<Output> {
        let packet = Packet::new(carried.port, carried.bytes);
        self.take(match carried.port {
            PATCH => packet,
            _ => packet.by_tunnel(carried.tunnel),
        })
    }
}

/// Two nodes and what lies between them.
struct Pair<N> {
    nodes: [N; 2],
}

impl Pair<Ovs> {
    async fn real(cloud: &Cloud) -> Option<Self> {
        let mut nodes = [start_node(cloud, 1).await?, start_node(cloud, 2).await?];
        let address = |n| Ipv4Addr::new(192, 0, 2, n);
        nodes[0].join_underlay(address(1), 24, [address(2)].into_iter());
        nodes[1].join_underlay(address(2), 24, [address(1)].into_iter());
        // A switch goes on setting its tunnels up after it has answered; what it is sent meanwhile is
        // dropped.
        tokio::time::sleep(SETTLING).await;
        Some(Pair { nodes })
    }
}

impl<N: Node> Pair<N> {
    /// Sends a frame in at a node, carries what leaves it to the other, and tells what reached
    /// instances. A second crossing would be a loop.
    fn send(&mut self, node: usize, port: u32, frame: &[u8]) -> Arrived {
        let other = 1 - node;
        let left = self.nodes[node].take_in(port, frame);
        let here = left.here.into_iter();
        let mut arrived: Arrived = here.map(|(port, frame)| (node, port, frame)).collect();
        for carried in left.away {
            let there = self.nodes[other].receive(carried);
            assert!(there.away.is_empty(), "it goes round: {frame:?}");
            let there = there.here.into_iter();
            arrived.extend(there.map(|(port, frame)| (other, port, frame)));
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

async fn instances_of_real_switches_talk(kind: NetworkType) {
    if let Some(pair) = Pair::real(&cloud(kind)).await {
        instances_talk(pair, kind);
    }
}

/// In a tunnel the other node is named by its address and the network by its number.
#[test]
fn instances_of_in_memory_switches_talk() {
    for kind in NetworkType::ALL.iter().copied() {
        let cloud = cloud(kind);
        let nodes = [1, 2].map(|n| Memory::start(&cloud, n));
        let mut pair = Pair { nodes };
        let frame = ping(mac(21), mac(11), "10.0.0.11", "10.0.0.21");
        for output in pair.nodes[0].take_in(11, &frame).away {
            let expected = Tunnel {
                id: 107,
                destination: Some([192, 0, 2, 2].into()),
                ..Tunnel::default()
            };
            assert!(
                output.port == PATCH || output.tunnel == expected,
                "{output:?}"
            );
        }
        instances_talk(pair, kind);
    }
}

/// Between the segments of a network nothing is bridged; on each, instances talk.
#[test]
fn instances_talk_on_the_segment_that_their_nodes_share() {
    let there = ping(mac(21), mac(11), "10.0.0.11", "10.0.0.21");
    let broadcast = udp4(BROADCAST, mac(11), ("10.0.0.11", 9), ("10.0.0.255", 9));
    // A physical network has addresses that nobody told us of, so it is asked; nothing answers there.
    for (mapped, way, arrives) in [
        ([true, true], Some(PATCH), true),
        ([false, false], Some(TUNNEL_PORTS[0].1), true),
        ([true, false], Some(PATCH), false),
        ([false, true], None, false),
    ] {
        let mut cloud = Cloud::default();
        for (n, mapped) in (1..).zip(mapped) {
            cloud.node(n);
            let mut node = cloud::node(n);
            if !mapped {
                node.bridge_mappings.clear();
            }
            cloud.put(node);
        }
        let network = cloud::routed(7);
        cloud.put(network.clone());
        cloud.port(11, network.id, 1, &["10.0.0.11"]);
        cloud.port(21, network.id, 2, &["10.0.0.21"]);
        let nodes = [1, 2].map(|n| Memory::start(&cloud, n));
        let mut pair = Pair { nodes };
        let away = pair.nodes[0].take_in(11, &there).away;
        let ports: Vec<u32> = away.iter().map(|output| output.port).collect();
        assert_eq!(ports, Vec::from_iter(way), "{mapped:?}");
        for frame in [&there, &broadcast] {
            let expected = arrives.then(|| (1, 21, frame.clone()));
            assert_eq!(
                pair.send(0, 11, frame),
                Vec::from_iter(expected),
                "{mapped:?}"
            );
        }
    }
}

fn instances_talk<N: Node>(mut pair: Pair<N>, kind: NetworkType) {
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
    instances_of_real_switches_talk(NetworkType::Vxlan).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gre() {
    instances_of_real_switches_talk(NetworkType::Gre).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn geneve() {
    instances_of_real_switches_talk(NetworkType::Geneve).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vlan() {
    instances_of_real_switches_talk(NetworkType::Vlan).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flat() {
    instances_of_real_switches_talk(NetworkType::Flat).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn local() {
    instances_of_real_switches_talk(NetworkType::Local).await;
}
