//! The way of a packet: tables, instructions, the action set, groups.

use std::collections::BTreeMap;

use super::super::change::Pipeline;
use super::super::conntrack::Tracker;
use super::super::groups;
use super::super::packet::State;
use super::{Output, Step, Trace};
use crate::action::Action;
use crate::group::GroupType;
use crate::instruction::Instruction;
use crate::number::ports;
use crate::oxm::{Field, Match};
use crate::packet_io::{PacketIn, PacketInReason};
use crate::port::{Port, PortConfig, PortState};

/// Table look-ups a packet may cause, as in Open vSwitch: one that causes more is dropped.
const LOOKUPS_MAX: usize = 4096;
/// How deep resubmissions, groups and copies may be nested, as in Open vSwitch.
const DEPTH_MAX: usize = 64;

/// Whether a list of actions goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    On,
    Stop,
}

/// A packet with what belongs to its way.
#[derive(Clone)]
pub struct Way {
    pub packet: State,
    pub stack: Vec<u128>,
    pub action_set: Vec<Action>,
    pub table: u8,
    pub cookie: Option<u64>,
    pub depth: usize,
    /// The datapath has told its hash: no select group has to ask for it again.
    pub hashed: bool,
}

/// What the look-ups of a packet have come to since the datapath was last asked for something: its hash
/// for a select group, its connection. Then Open vSwitch begins anew.
#[derive(Debug, Default)]
pub struct Turn {
    lookups: usize,
    failed: bool,
}

impl Way {
    fn new(packet: State) -> Self {
        Way {
            packet,
            stack: Vec::new(),
            action_set: Vec::new(),
            table: 0,
            cookie: None,
            depth: 0,
            hashed: false,
        }
    }
}

/// Sends packets through the tables.
pub struct Tracer<'a> {
    pub(in crate::testing) pipeline: &'a mut Pipeline,
    pub(in crate::testing) tracker: &'a mut Tracker,
    pub(in crate::testing) ports: &'a BTreeMap<u32, Port>,
    pub(in crate::testing) trace: Trace,
    turn: Turn,
}

impl<'a> Tracer<'a> {
    pub(in crate::testing) fn new(
        pipeline: &'a mut Pipeline,
        tracker: &'a mut Tracker,
        ports: &'a BTreeMap<u32, Port>,
    ) -> Self {
        Tracer {
            pipeline,
            tracker,
            ports,
            trace: Trace::default(),
            turn: Turn::default(),
        }
    }

    /// A packet that came in by a port.
    pub(in crate::testing) fn packet(mut self, packet: State) -> Trace {
        let shut = PortConfig::NO_RECEIVE | PortConfig::PORT_DOWN;
        let port = self.ports.get(&packet.in_port);
        let mut way = Way::new(packet);
        if port.is_some_and(|port| port.config.0 & shut.0 != 0) {
            self.note(&way, "the port receives nothing");
        } else {
            self.anew(|tracer| tracer.pipeline(&mut way, 0));
        }
        self.trace
    }

    /// A packet of the controller's, with its actions.
    pub(in crate::testing) fn packet_out(mut self, packet: State, actions: &[Action]) -> Trace {
        let mut way = Way::new(packet);
        self.anew(|tracer| {
            tracer.actions(&mut way, actions);
        });
        self.trace
    }

    /// With look-ups counted from the start. If they are too many, nothing goes out.
    pub fn anew(&mut self, work: impl FnOnce(&mut Self)) {
        let outputs = self.trace.outputs.len();
        let before = std::mem::take(&mut self.turn);
        work(self);
        let turn = std::mem::replace(&mut self.turn, before);
        if turn.failed {
            self.trace.outputs.truncate(outputs);
        }
    }

    /// All tables from one on, then the action set.
    pub fn pipeline(&mut self, way: &mut Way, table: u8) {
        if self.table(way, table) == Go::On {
            self.action_set(way);
        }
    }

    /// A table and those that it goes to.
    pub fn table(&mut self, way: &mut Way, first: u8) -> Go {
        let mut next = Some(first);
        while let Some(table) = next {
            self.turn.lookups += 1;
            if self.turn.lookups > LOOKUPS_MAX || way.depth > DEPTH_MAX {
                self.turn.failed = true;
                self.note(way, "too many look-ups: the packet is dropped");
                return Go::Stop;
            }
            let depth = way.depth;
            let Some(key) = self.pipeline.flows.lookup(table, &mut way.packet) else {
                self.trace.steps.push(Step::Miss { depth, table });
                return Go::On;
            };
            let Some(flow) = self.pipeline.flows.get_mut(&key) else {
                return Go::On;
            };
            flow.packets += 1;
            flow.bytes += way.packet.bytes.len() as u64;
            let cookie = flow.entry.cookie;
            let instructions = flow.entry.instructions.clone();
            self.trace.steps.push(Step::Flow { depth, key, cookie });
            (way.table, way.cookie) = (table, Some(cookie));
            next = None;
            for instruction in instructions {
                match instruction {
                    Instruction::GotoTable(table) => next = Some(table),
                    other => {
                        if self.instruction(way, other) == Go::Stop {
                            return Go::Stop;
                        }
                    }
                }
            }
        }
        Go::On
    }

    fn instruction(&mut self, way: &mut Way, instruction: Instruction) -> Go {
        match instruction {
            Instruction::ApplyActions(actions) => return self.actions(way, &actions),
            Instruction::WriteActions(actions) => {
                for action in actions {
                    way.action_set
                        .retain(|there| set_rank(there) != set_rank(&action));
                    way.action_set.push(action);
                }
                way.action_set.sort_by_key(set_rank);
            }
            Instruction::ClearActions => way.action_set.clear(),
            Instruction::WriteMetadata { value, mask } => {
                let (value, mask) = (u128::from(value), u128::from(mask));
                way.packet.set(Field::Metadata, value, mask);
            }
            Instruction::Meter(id) => self.meter(way, id),
            Instruction::GotoTable(_) | Instruction::Unknown { .. } => {}
        }
        Go::On
    }

    /// What is left for the end. A group is in place of an output.
    fn action_set(&mut self, way: &mut Way) {
        let mut set = std::mem::take(&mut way.action_set);
        if set.iter().any(|action| matches!(action, Action::Group(_))) {
            set.retain(|action| !matches!(action, Action::Output { .. }));
        }
        self.actions(way, &set);
    }

    pub fn group(&mut self, way: &Way, id: u32) {
        let Some(counted) = self.pipeline.groups.get(&id) else {
            return self.note(way, "no such group");
        };
        let ports = self.ports;
        let is_up = |port| ports.get(&port).is_some_and(is_up);
        let group = counted.group.clone();
        let chosen = groups::chosen(&group, &way.packet, self.pipeline, &is_up);
        let bytes = way.packet.bytes.len() as u64;
        if let Some(counted) = self.pipeline.groups.get_mut(&id) {
            counted.total.packets += 1;
            counted.total.bytes += bytes;
            for place in &chosen {
                if let Some(bucket) = counted.buckets.get_mut(*place) {
                    bucket.packets += 1;
                    bucket.bytes += bytes;
                }
            }
        }
        if chosen.is_empty() {
            self.note(way, "no bucket of the group takes it");
        }
        for place in chosen {
            let mut copy = way.clone();
            copy.depth += 1;
            copy.action_set.clear();
            let Some(bucket) = group.buckets.get(place) else {
                continue;
            };
            if group.kind == GroupType::Select && !copy.hashed {
                copy.hashed = true;
                self.anew(|tracer| {
                    tracer.actions(&mut copy, &bucket.actions);
                });
            } else {
                self.actions(&mut copy, &bucket.actions);
            }
        }
    }

    pub fn meter(&mut self, way: &Way, id: u32) {
        match self.pipeline.meters.get_mut(&id) {
            Some(meter) => {
                meter.total.packets += 1;
                meter.total.bytes += way.packet.bytes.len() as u64;
            }
            None => self.note(way, "no such meter"),
        }
    }

    /// Sends the packet out by a real port or one that means something.
    pub fn output(&mut self, way: &Way, port: u32, max_len: Option<usize>) {
        let came_by = way.packet.in_port;
        match port {
            ports::IN_PORT => self.send(way, came_by, max_len),
            ports::ALL | ports::FLOOD => {
                let others = self.ports.keys().copied().filter(|port| *port != came_by);
                let others: Vec<u32> = others.filter(|port| *port != ports::LOCAL).collect();
                others
                    .into_iter()
                    .for_each(|port| self.send(way, port, max_len));
            }
            ports::NORMAL => self.note(way, "NORMAL is not modelled"),
            port if port == came_by => {
                self.note(way, "not sent out by the port it came in by");
            }
            port => self.send(way, port, max_len),
        }
    }

    fn send(&mut self, way: &Way, port: u32, max_len: Option<usize>) {
        let Some(there) = self.ports.get(&port) else {
            return self.note(way, &format!("there is no port {port}"));
        };
        let shut = PortConfig::NO_FORWARD | PortConfig::PORT_DOWN;
        if there.config.0 & shut.0 != 0 {
            return self.note(way, &format!("port {port} sends nothing"));
        }
        let mut bytes = way.packet.bytes.clone();
        bytes.truncate(max_len.unwrap_or(bytes.len()));
        self.trace.outputs.push(Output {
            port,
            bytes,
            tunnel: way.packet.tunnel,
            queue: way.packet.queue,
        });
    }

    /// Sends the packet to the controllers: all of it, whatever length was asked for, as a switch
    /// does that keeps no packets.
    pub fn punt(&mut self, way: &Way, reason: PacketInReason, userdata: &[u8]) {
        let packet = way.packet.bytes.clone();
        let full_length = packet.len() as u32;
        self.trace.packet_ins.push(PacketIn {
            packet,
            full_length,
            buffer_id: None,
            table: way.table,
            cookie: way.cookie,
            reason,
            metadata: metadata(&way.packet),
            userdata: userdata.to_vec(),
            continuation: None,
        });
    }

    pub fn note(&mut self, way: &Way, text: &str) {
        self.trace.steps.push(Step::Note {
            depth: way.depth,
            text: text.to_owned(),
        });
    }
}

/// Whether a port carries packets.
fn is_up(port: &Port) -> bool {
    let down = port.state.contains(PortState::LINK_DOWN);
    !down && !port.config.contains(PortConfig::PORT_DOWN)
}

/// What a packet-in says of the packet besides its bytes: what is not 0.
fn metadata(packet: &State) -> Match {
    let wanted = |field: &Field| {
        let is_register = (Field::Reg0..=Field::Reg15).contains(field);
        let is_tunnel = (Field::TunnelId..=Field::TunIpv6Dst).contains(field);
        let is_tracked = (Field::PktMark..=Field::Metadata).contains(field);
        is_register || is_tunnel || is_tracked
    };
    let mut metadata = Match::new().with(Field::InPort, packet.in_port.into());
    for field in Field::ALL.iter().copied().filter(wanted) {
        let value = packet.get(field);
        if value != 0 {
            metadata.narrow(field, value, field.full_mask());
        }
    }
    if packet.tracked.original.is_some() {
        // The addresses of the connection need it in a match.
        let ethertype = packet.get(Field::EthType);
        metadata.narrow(Field::EthType, ethertype, u128::MAX);
    }
    metadata
}

/// The order of the action set (OpenFlow 1.3.5 §5.10). Fields to set are apart from one another.
fn set_rank(action: &Action) -> (u8, Option<Field>) {
    let rank = match action {
        Action::CopyTtlIn => 0,
        Action::PopVlan | Action::PopMpls(_) | Action::PopPbb => 1,
        Action::PushMpls(_) => 2,
        Action::PushPbb(_) => 3,
        Action::PushVlan(_) => 4,
        Action::CopyTtlOut => 5,
        Action::DecTtl | Action::DecMplsTtl | Action::DecTtlIds(_) => 6,
        Action::SetField { field, .. } => return (7, Some(*field)),
        Action::SetQueue(_) => 8,
        Action::Group(_) => 9,
        Action::Output { .. } => 10,
        _ => 7,
    };
    (rank, None)
}
