//! What is compiled, on the in-memory switch: the cases that a real Open vSwitch is held to, frame by frame.

use api::{Kind, NetworkType};
use openflow::Message;
use openflow::testing::{ConnectionId, Packet, Switch};
use weft::compile::{Delta, Facts, Output, difference, order};

use crate::cloud::{Cloud, PATCH, TUNNEL_PORTS, id};
use crate::scenario::{self, Bridge};

/// An in-memory switch and a controller's connection to it.
pub struct Memory {
    pub switch: Switch,
    controller: ConnectionId,
}

impl Memory {
    /// A switch that is node `n` of the cloud, with all that it must hold.
    pub fn start(cloud: &Cloud, n: u32) -> Memory {
        let node = id(Kind::Node, n);
        let mut memory = Memory::plugged(&cloud.facts[&node]);
        memory.carry_out(difference(&Output::default(), &cloud.output(node)));
        memory
    }

    /// An empty switch with the ports that the facts tell of.
    pub fn plugged(facts: &Facts) -> Memory {
        let mut switch = Switch::new(1);
        let tunnels = TUNNEL_PORTS.iter().map(|(_, port)| *port);
        let ports = facts.ofports.values().copied();
        for port in ports.chain(tunnels).chain([PATCH]) {
            switch.add_port(port, &format!("p{port}"));
        }
        let controller = switch.connect();
        Memory { switch, controller }
    }

    /// Brings it forward message by message: each must be taken where it stands.
    pub fn carry_out(&mut self, delta: Delta) {
        let steps = order(delta);
        let meters = steps.meters.into_iter().map(Message::MeterMod);
        let unused = steps.unused_meters.into_iter().map(Message::MeterMod);
        for message in meters.chain(steps.bundle).chain(unused) {
            let told = format!("{message:?}");
            let answers = self.switch.handle(self.controller, 1, message);
            assert!(answers.is_empty(), "{answers:?} to {told}");
        }
    }

    /// What it holds.
    pub fn shown(&self) -> Output {
        let flows = self.switch.flows().iter();
        let groups = self.switch.groups().cloned();
        let meters = self.switch.meters().cloned();
        Output {
            flows: flows
                .map(|(key, flow)| (key.clone(), flow.entry.clone()))
                .collect(),
            groups: groups.map(|group| (group.id, group)).collect(),
            meters: meters.map(|meter| (meter.id, meter)).collect(),
        }
    }
}

impl Bridge for Memory {
    fn send(&mut self, port: u32, frame: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let trace = self.switch.trace(Packet::new(port, frame.to_vec()));
        let in_tunnel = |port: u32| TUNNEL_PORTS.iter().any(|(_, tunnel)| *tunnel == port);
        let left = trace.outputs.into_iter();
        left.filter(|output| !in_tunnel(output.port))
            .map(|output| (output.port, output.bytes))
            .collect()
    }
}

#[test]
fn frames_of_a_tunnelled_network() {
    for kind in [NetworkType::Vxlan, NetworkType::Gre, NetworkType::Geneve] {
        let cloud = scenario::cloud(kind);
        scenario::in_a_tunnelled_network(&mut Memory::start(&cloud, 1));
    }
}

#[test]
fn frames_of_a_vlan() {
    let cloud = scenario::cloud(NetworkType::Vlan);
    scenario::on_a_physical_network(&mut Memory::start(&cloud, 1), Some(107));
}

#[test]
fn frames_of_a_flat_network() {
    let cloud = scenario::cloud(NetworkType::Flat);
    scenario::on_a_physical_network(&mut Memory::start(&cloud, 1), None);
}

/// From each type of network to each other by difference, and to nothing.
#[test]
fn differences_are_taken_in_any_order() {
    let node = id(Kind::Node, 1);
    let clouds = NetworkType::ALL.iter().map(|kind| scenario::cloud(*kind));
    let clouds: Vec<Cloud> = clouds.chain([Cloud::default()]).collect();
    let mut memory = Memory::plugged(&clouds[0].facts[&node]);
    for cloud in &clouds {
        let wanted = match cloud.model.node(node) {
            Some(_) => cloud.output(node),
            None => Output::default(),
        };
        memory.carry_out(difference(&memory.shown(), &wanted));
        assert_eq!(memory.shown(), wanted);
    }
}
