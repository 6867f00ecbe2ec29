//! Networks with thousands of ports on a node, and on thousands of nodes: each gets one copy of what is
//! for all, and one more or one less is a message or two.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use api::{Kind, Mac, NetworkType, VifType};
use openflow::Action;
use openflow::testing::Packet;
use proptest::prelude::*;
use uuid::Uuid;
use weft::compile::group::{GroupName, Place};
use weft::compile::{Delta, Facts, Output, Section, build, difference, order};

use crate::cloud::{self, Cloud, TUNNEL_PORTS, hostname, id, mac};
use crate::frames::{BROADCAST, ping, udp4};
use crate::memory::Memory;
use crate::ovs::{BRIDGE, Ovs, UNDERLAY, UNDERLAY_BRIDGE, carry_out, shown};
use crate::scenario::Bridge;

/// Ports are numbered from here, beyond tunnels and patches.
const FIRST: u32 = 3_001;
/// Groups that one port or node more or less may change, of two lists: the list's own, the part that it is
/// cut from, and the two that it is cut into, those with their entries.
const GROUPS_CHANGED: usize = 2 * 7;
/// What a message about one of them may take.
const MESSAGE_BYTES: usize = 8_192;

/// One network, and node 1 that the tests look at.
fn beginning(kind: NetworkType) -> (Cloud, Uuid) {
    let mut cloud = Cloud::default();
    cloud.node(1);
    let network = cloud.network(7, kind);
    (cloud, network)
}

/// Ports on node 1, plugged. Those whose number is a multiple of `open` have no port security.
fn crowd(cloud: &mut Cloud, network: Uuid, numbers: impl Iterator<Item = u32>, open: u32) {
    let numbers: Vec<u32> = numbers.collect();
    cloud.change(|draft| {
        for n in &numbers {
            let mut port = cloud::port(*n, network);
            port.host_id = hostname(1);
            port.vif_type = VifType::Ovs;
            port.port_security_enabled = n % open != 0;
            draft.put(port);
        }
    });
    for n in numbers {
        cloud.plug(n, 1);
    }
}

/// Other nodes with a port each.
fn far_nodes(cloud: &mut Cloud, network: Uuid, numbers: impl Iterator<Item = u32>) {
    let numbers: Vec<u32> = numbers.collect();
    cloud.change(|draft| {
        for n in numbers {
            let mut node = cloud::node(n);
            node.encap_ips = vec![underlay(n).into()];
            draft.put(node);
            let mut port = cloud::port(100_000 + n, network);
            port.host_id = hostname(n);
            port.vif_type = VifType::Ovs;
            draft.put(port);
        }
    });
}

/// Where node `n` takes tunnels.
fn underlay(n: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0a09_0000 + n)
}

fn broadcast(from: u32) -> Vec<u8> {
    udp4(
        BROADCAST,
        mac(from),
        ("10.0.0.1", 9),
        ("255.255.255.255", 9),
    )
}

fn unknown_unicast(from: u32) -> Vec<u8> {
    ping(Mac([2, 0, 0, 0, 0, 9]), mac(from), "10.0.0.1", "10.0.0.2")
}

/// By which ports copies left, each once.
fn reached(left: Vec<(u32, Vec<u8>)>) -> BTreeSet<u32> {
    let ports: BTreeSet<u32> = left.iter().map(|(port, _)| *port).collect();
    assert_eq!(ports.len(), left.len(), "a port got two copies");
    ports
}

/// The groups and flows of the network on node 1.
fn lists(cloud: &Cloud, network: Uuid) -> Output {
    let node = id(Kind::Node, 1);
    let record = cloud.model.node(node).unwrap();
    let section = Section::Flood(network);
    build(&section, record, &cloud.model, &cloud.facts[&node])
}

/// What a node must be able to take in any order of changes, and the least that it may cost.
fn is_cheap(delta: &Delta) {
    assert!(delta.groups.len() <= GROUPS_CHANGED, "{delta:#?}");
    assert!(delta.flows.len() <= 4, "{delta:#?}");
    for message in order(delta.clone()).bundle {
        let mut bytes = Vec::new();
        message.encode(1, &mut bytes).unwrap();
        assert!(bytes.len() <= MESSAGE_BYTES, "{}", bytes.len());
    }
}

/// Nothing names a group that is not there or of a lower number, and nothing is there for nobody.
fn is_whole(out: &Output) {
    let named = |actions: &[Action]| -> BTreeSet<u32> {
        let ids = actions.iter().filter_map(|action| match action {
            Action::Group(id) => Some(*id),
            _ => None,
        });
        ids.collect()
    };
    let mut used = BTreeSet::new();
    for entry in out.flows.values() {
        for instruction in &entry.instructions {
            if let openflow::Instruction::ApplyActions(actions) = instruction {
                used.extend(named(actions));
            }
        }
    }
    for (group_id, group) in &out.groups {
        let name = GroupName::from_id(*group_id).unwrap();
        assert_eq!(name.id(), *group_id);
        let below: BTreeSet<u32> = group
            .buckets
            .iter()
            .flat_map(|b| named(&b.actions))
            .collect();
        assert!(below.iter().all(|id| id > group_id), "{name:?}");
        assert!(!below.is_empty() || !matches!(name.place, Place::Entry(_)));
        used.extend(below);
    }
    assert_eq!(used, out.groups.keys().copied().collect());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Ports and nodes come and go: each time a few groups change, each in a short message, and the
    /// switch holds what a fresh compile asks for.
    #[test]
    fn one_more_or_less_is_a_few_short_messages(
        ports in 1..1_500_u32,
        nodes in 0..400_u32,
        steps in prop::collection::vec((any::<bool>(), any::<u16>()), 1..12),
    ) {
        let (mut cloud, network) = beginning(NetworkType::Vxlan);
        crowd(&mut cloud, network, FIRST..FIRST + ports, 3);
        far_nodes(&mut cloud, network, 2..2 + nodes);
        let mut memory = Memory::plugged(&Facts::default());
        let mut held = lists(&cloud, network);
        memory.carry_out(difference(&Output::default(), &held));
        for (near, number) in steps {
            match near {
                true => toggle_port(&mut cloud, network, FIRST + u32::from(number) % (2 * ports)),
                false => toggle_node(&mut cloud, network, 2 + u32::from(number) % (2 * nodes + 2)),
            }
            let wanted = lists(&cloud, network);
            is_whole(&wanted);
            let delta = difference(&held, &wanted);
            is_cheap(&delta);
            memory.carry_out(delta);
            prop_assert_eq!(&memory.shown(), &wanted);
            held = wanted;
        }
        memory.carry_out(difference(&held, &Output::default()));
        prop_assert!(memory.shown().is_empty());
    }
}

fn toggle_port(cloud: &mut Cloud, network: Uuid, n: u32) {
    match cloud.model.port(id(Kind::Port, n)) {
        Some(_) => drop(cloud.remove(Kind::Port, n)),
        None => crowd(cloud, network, n..=n, 3),
    }
}

fn toggle_node(cloud: &mut Cloud, network: Uuid, n: u32) {
    match cloud.model.port(id(Kind::Port, 100_000 + n)) {
        Some(_) => drop(cloud.remove(Kind::Port, 100_000 + n)),
        None => far_nodes(cloud, network, n..=n),
    }
}

#[test]
fn ten_thousand_ports_get_a_copy_each() {
    let (mut cloud, network) = beginning(NetworkType::Local);
    crowd(&mut cloud, network, FIRST..FIRST + 10_000, 1);
    let mut memory = Memory::start(&cloud, 1);
    let others: BTreeSet<u32> = (FIRST + 1..FIRST + 10_000).collect();
    assert_eq!(reached(memory.send(FIRST, &broadcast(FIRST))), others);
}

#[test]
fn what_nobody_knows_reaches_those_that_may_own_it_once() {
    let (mut cloud, network) = beginning(NetworkType::Local);
    crowd(&mut cloud, network, FIRST..FIRST + 1_000, 4);
    let mut memory = Memory::start(&cloud, 1);
    let open = (FIRST..FIRST + 1_000).filter(|n| n % 4 == 0);
    let (from, others) = (3_004, open.filter(|n| *n != 3_004).collect());
    assert_eq!(reached(memory.send(from, &unknown_unicast(from))), others);
}

#[test]
fn two_thousand_nodes_get_a_copy_each() {
    let (mut cloud, network) = beginning(NetworkType::Vxlan);
    crowd(&mut cloud, network, [3_004, 3_005].into_iter(), 4);
    far_nodes(&mut cloud, network, 2..=2_001);
    let mut memory = Memory::start(&cloud, 1);
    let trace = memory.switch.trace(Packet::new(3_004, broadcast(3_004)));
    let (here, elsewhere): (Vec<_>, Vec<_>) = trace
        .outputs
        .iter()
        .partition(|output| output.port != TUNNEL_PORTS[0].1);
    assert_eq!(
        here.iter().map(|output| output.port).collect::<Vec<_>>(),
        [3_005]
    );
    let destinations: BTreeSet<_> = elsewhere
        .iter()
        .map(|output| (output.tunnel.id, output.tunnel.destination))
        .collect();
    let expected = (2..=2_001).map(|n| (107, Some(underlay(n).into())));
    assert_eq!(destinations, expected.collect());
    assert_eq!(elsewhere.len(), 2_000);
}

/// How long a real switch may take over a frame for thousands.
const WORKED_OFF: Duration = Duration::from_secs(20);

/// What a real switch's ports have sent, once all of it is there.
async fn sent(ovs: &Ovs, copies: u64) -> (BTreeMap<u32, u64>, u64) {
    let since = Instant::now();
    loop {
        let here = ovs.counted(BRIDGE).await;
        let outside = ovs.counted(UNDERLAY_BRIDGE).await[&UNDERLAY];
        let here: BTreeMap<u32, u64> = here.range(FIRST..60_000).map(|(p, n)| (*p, *n)).collect();
        let all = here.values().sum::<u64>() + outside;
        if all >= copies || since.elapsed() > WORKED_OFF {
            return (here, outside);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// 1,500 ports on the node and 1,000 other nodes: more than Open vSwitch has room for in one message, and
/// more than it does for a frame in one go.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_switch_takes_frames_to_thousands() {
    const PORTS: u32 = 1_500;
    const NODES: u32 = 1_000;
    let Some(mut ovs) = Ovs::start() else {
        return;
    };
    let node = id(Kind::Node, 1);
    let (mut cloud, network) = beginning(NetworkType::Vxlan);
    far_nodes(&mut cloud, network, 2..2 + NODES);
    crowd(&mut cloud, network, FIRST..FIRST + PORTS, 1);
    ovs.plug(&Facts::default(), &cloud.rows(node));
    ovs.plug_crowd(FIRST..FIRST + PORTS);
    ovs.join_underlay(underlay(1), 16, (2..2 + NODES).map(underlay));
    let connection = ovs.connect().await;
    let mut held = Output::default();
    let mut expected: BTreeMap<u32, u64> = (FIRST..FIRST + PORTS).map(|port| (port, 0)).collect();
    let mut outside = 0;
    for gone in [None, Some(FIRST + 7)] {
        if let Some(gone) = gone {
            cloud.remove(Kind::Port, gone);
        }
        let wanted = cloud.output(node);
        carry_out(&connection, difference(&held, &wanted)).await;
        let delta = difference(&wanted, &shown(&connection).await);
        assert!(delta.is_empty(), "{:?}", delta.len());
        held = wanted;
        ovs.receive(FIRST, &broadcast(FIRST));
        for (port, count) in &mut expected {
            *count += u64::from(*port != FIRST && Some(*port) != gone);
        }
        outside += u64::from(NODES);
        let copies = expected.values().sum::<u64>() + outside;
        assert_eq!(sent(&ovs, copies).await, (expected.clone(), outside));
    }
}
