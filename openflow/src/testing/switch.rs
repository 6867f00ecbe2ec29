//! The switch itself: ports, connections, and what each message does.

use std::collections::{BTreeMap, VecDeque};

use super::answers;
use super::change::{Change, Pipeline};
use super::check;
use super::conntrack::Tracker;
use super::control::OpenBundle;
use super::flow_table::FlowTable;
use super::packet::{Packet, State};
use super::trace::{Output, Trace, Tracer};
use crate::async_config::{AsyncConfig, AsyncMasks};
use crate::config::{FragmentHandling, SwitchConfig};
use crate::flow::FlowMod;
use crate::flow_removed::FlowRemoved;
use crate::group::{Group, GroupMod};
use crate::message::{ErrorMessage, Message};
use crate::meter::{Meter, MeterMod};
use crate::packet_io::{PacketInFormat, PacketOut};
use crate::peer_error::{BadRequest, NiciraError, PeerError, PortModFailed};
use crate::port::{Port, PortConfig, PortFeatures, PortMod, PortReason, PortState, PortStatus};
use crate::role::Role;

/// Messages that wait for a connection before the oldest are dropped.
const EVENTS_MAX: usize = 10_000;

/// What controllers hear at first: as in Open vSwitch, all but packets whose time is over; while
/// secondary, ports only.
const ASYNC: AsyncConfig = AsyncConfig {
    primary: AsyncMasks {
        packet_in: 0b11_1011,
        port_status: 0b111,
        flow_removed: 0b11_1111,
    },
    secondary: AsyncMasks {
        packet_in: 0,
        port_status: 0b111,
        flow_removed: 0,
    },
};

/// Names a controller's connection to the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

/// A controller's connection.
#[derive(Clone, Debug)]
pub(super) struct Controller {
    pub role: Role,
    format: PacketInFormat,
    id: u16,
    masks: AsyncConfig,
    pub bundles: BTreeMap<u32, OpenBundle>,
    events: VecDeque<Message>,
}

impl Controller {
    /// What it hears in its role.
    fn masks(&self) -> &AsyncMasks {
        match self.role {
            Role::SECONDARY => &self.masks.secondary,
            _ => &self.masks.primary,
        }
    }
}

/// An in-memory switch.
#[derive(Clone, Debug)]
pub struct Switch {
    pub(super) datapath_id: u64,
    pub(super) ports: BTreeMap<u32, Port>,
    pub(super) pipeline: Pipeline,
    tracker: Tracker,
    pub(super) controllers: BTreeMap<ConnectionId, Controller>,
    connections_made: u64,
    pub(super) generation: Option<u64>,
    config: SwitchConfig,
    pub(super) mods: u64,
    sent: Vec<Output>,
}

impl Switch {
    /// A switch without ports and flows.
    pub fn new(datapath_id: u64) -> Self {
        Switch {
            datapath_id,
            ports: BTreeMap::new(),
            pipeline: Pipeline::default(),
            tracker: Tracker::default(),
            controllers: BTreeMap::new(),
            connections_made: 0,
            generation: None,
            config: SwitchConfig {
                fragments: FragmentHandling::Normal,
                miss_send_len: 128,
            },
            mods: 0,
            sent: Vec::new(),
        }
    }

    /// Adds a port, and tells the controllers.
    pub fn add_port(&mut self, number: u32, name: &str) {
        let [.., a, b, c] = number.to_be_bytes();
        let port = Port {
            number,
            hardware_address: [0x02, 0, 0, a, b, c],
            name: name.to_owned(),
            config: PortConfig::empty(),
            state: PortState::LIVE,
            current: PortFeatures::empty(),
            advertised: PortFeatures::empty(),
            supported: PortFeatures::empty(),
            peer: PortFeatures::empty(),
            current_speed: 0,
            maximum_speed: 0,
        };
        let reason = match self.ports.insert(number, port.clone()) {
            None => PortReason::ADD,
            Some(_) => PortReason::MODIFY,
        };
        self.tell(&Message::PortStatus(PortStatus { reason, port }));
    }

    /// Takes a port away, and tells the controllers.
    pub fn remove_port(&mut self, number: u32) {
        if let Some(port) = self.ports.remove(&number) {
            let reason = PortReason::DELETE;
            self.tell(&Message::PortStatus(PortStatus { reason, port }));
        }
    }

    /// Sets whether a port's link is up, and tells the controllers.
    pub fn set_link(&mut self, number: u32, up: bool) {
        if let Some(port) = self.ports.get_mut(&number) {
            port.state = if up {
                PortState::LIVE
            } else {
                PortState::LINK_DOWN
            };
            let (reason, port) = (PortReason::MODIFY, port.clone());
            self.tell(&Message::PortStatus(PortStatus { reason, port }));
        }
    }

    /// Its ports.
    pub fn ports(&self) -> impl Iterator<Item = &Port> {
        self.ports.values()
    }

    /// Its flows.
    pub fn flows(&self) -> &FlowTable {
        &self.pipeline.flows
    }

    /// Its groups, by number.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.pipeline.groups.values().map(|counted| &counted.group)
    }

    /// Its meters, by number.
    pub fn meters(&self) -> impl Iterator<Item = &Meter> {
        self.pipeline.meters.values().map(|counted| &counted.meter)
    }

    /// How many flow, group and meter mods it was sent and took.
    pub fn mods(&self) -> u64 {
        self.mods
    }

    /// How many connections its tracker knows.
    pub fn connections_tracked(&self) -> usize {
        self.tracker.len()
    }

    /// Forgets flows, groups, meters and tracked connections, as a restart does.
    pub fn restart(&mut self) {
        self.pipeline = Pipeline::default();
        self.tracker = Tracker::default();
    }

    /// Changes flows, unless the change is refused.
    pub fn flow_mod(&mut self, flow: &FlowMod) -> Result<(), PeerError> {
        self.change(|change| change.flow_mod(flow))
    }

    /// Changes a group, unless the change is refused.
    pub fn group_mod(&mut self, group: &GroupMod) -> Result<(), PeerError> {
        self.change(|change| change.group_mod(group))
    }

    /// Changes a meter, unless the change is refused.
    pub fn meter_mod(&mut self, meter: &MeterMod) -> Result<(), PeerError> {
        self.change(|change| change.meter_mod(meter))
    }

    /// Changes flows as a line of text says (`ovs-ofctl add-flows`); the error is the parser's or
    /// the switch's, as text.
    pub fn add_flow(&mut self, text: &str) -> Result<(), String> {
        let flow: FlowMod = text
            .parse()
            .map_err(|e: crate::text::ParseError| e.to_string())?;
        self.flow_mod(&flow).map_err(|error| error.to_string())
    }

    fn change(
        &mut self,
        apply: impl FnOnce(&mut Change<'_>) -> Result<(), PeerError>,
    ) -> Result<(), PeerError> {
        let mut change = Change::of(&mut self.pipeline);
        match apply(&mut change) {
            Ok(()) => {
                let removed = std::mem::take(&mut change.removed);
                self.mods += 1;
                self.tell_removed(removed);
                Ok(())
            }
            Err(error) => {
                change.take_back();
                Err(error)
            }
        }
    }

    pub(super) fn tell_removed(&mut self, removed: Vec<FlowRemoved>) {
        for flow in removed {
            self.tell(&Message::FlowRemoved(Box::new(flow)));
        }
    }

    /// Sends a packet through the tables. It counts, connections are made known, and controllers
    /// get what is for them.
    pub fn trace(&mut self, packet: Packet) -> Trace {
        let tracer = Tracer::new(&mut self.pipeline, &mut self.tracker, &self.ports);
        let trace = tracer.packet(State::new(packet));
        self.tell_punted(&trace);
        trace
    }

    /// What packets of the controllers sent out since it was last asked.
    pub fn take_sent(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.sent)
    }

    fn tell_punted(&mut self, trace: &Trace) {
        for packet_in in &trace.packet_ins {
            let bit = 1u32.checked_shl(packet_in.reason.0.into()).unwrap_or(0);
            for controller in self.controllers.values_mut() {
                if controller.masks().packet_in & bit == 0 {
                    continue;
                }
                let packet_in = Box::new(packet_in.clone());
                let message = match controller.format {
                    PacketInFormat::Standard => Message::PacketIn(packet_in),
                    _ => Message::PacketIn2(packet_in),
                };
                push(&mut controller.events, message);
            }
        }
    }

    /// Queues a message for every controller.
    fn tell(&mut self, message: &Message) {
        let bit = |reason: u8| 1u32.checked_shl(reason.into()).unwrap_or(0);
        for controller in self.controllers.values_mut() {
            let masks = controller.masks();
            let is_wanted = match message {
                Message::PortStatus(status) => masks.port_status & bit(status.reason.0) != 0,
                Message::FlowRemoved(flow) => masks.flow_removed & bit(flow.reason.0) != 0,
                _ => true,
            };
            if is_wanted {
                push(&mut controller.events, message.clone());
            }
        }
    }

    /// A controller connects.
    pub fn connect(&mut self) -> ConnectionId {
        self.connections_made += 1;
        let id = ConnectionId(self.connections_made);
        self.controllers.insert(
            id,
            Controller {
                role: Role::EQUAL,
                format: PacketInFormat::Standard,
                id: 0,
                masks: ASYNC,
                bundles: BTreeMap::new(),
                events: VecDeque::new(),
            },
        );
        id
    }

    /// A controller is gone, and its bundles with it.
    pub fn disconnect(&mut self, connection: ConnectionId) {
        self.controllers.remove(&connection);
    }

    /// What waits for a controller besides answers: packets, ports and flows that went.
    pub fn take_events(&mut self, connection: ConnectionId) -> Vec<Message> {
        let controller = self.controllers.get_mut(&connection);
        controller
            .map(|c| c.events.drain(..).collect())
            .unwrap_or_default()
    }

    /// Takes a message of a controller; what is to be sent back comes with its transaction ids.
    pub fn handle(
        &mut self,
        connection: ConnectionId,
        xid: u32,
        message: Message,
    ) -> Vec<(u32, Message)> {
        if !self.controllers.contains_key(&connection) {
            return Vec::new();
        }
        let copy = message.clone();
        let mut failed = None;
        match self.dispatch(connection, xid, message, &mut failed) {
            Ok(answers) => answers.into_iter().map(|answer| (xid, answer)).collect(),
            Err(error) => {
                let mut answers: Vec<(u32, Message)> = failed.into_iter().collect();
                answers.push((xid, refusal(error, xid, &copy)));
                answers
            }
        }
    }

    fn dispatch(
        &mut self,
        connection: ConnectionId,
        xid: u32,
        message: Message,
        failed: &mut Option<(u32, Message)>,
    ) -> Result<Vec<Message>, PeerError> {
        if changes(&message) && self.role_of(connection) == Role::SECONDARY {
            return Err(PeerError::BadRequest(BadRequest::IsSecondary));
        }
        Ok(match message {
            Message::Hello(_) | Message::EchoReply(_) | Message::Error(_) => Vec::new(),
            Message::EchoRequest(data) => vec![Message::EchoReply(data)],
            Message::BarrierRequest => vec![Message::BarrierReply],
            Message::FeaturesRequest => vec![Message::FeaturesReply(answers::features(self))],
            Message::GetConfigRequest => vec![Message::GetConfigReply(self.config)],
            Message::SetConfig(config) => {
                self.config = config;
                Vec::new()
            }
            Message::MultipartRequest(request) => answers::multipart(self, request)?,
            Message::AsyncRequest => {
                let masks = self.controllers.get(&connection).map(|c| c.masks);
                vec![Message::AsyncReply(masks.unwrap_or(ASYNC))]
            }
            Message::RoleRequest(request) => vec![self.role(connection, request)?],
            Message::BundleControl(control) => vec![self.bundle(connection, control, failed)?],
            Message::BundleAdd(add) => {
                self.bundle_add(connection, xid, add)?;
                Vec::new()
            }
            other => self.order(connection, other)?,
        })
    }

    /// Messages that are answered only when they are refused.
    fn order(
        &mut self,
        connection: ConnectionId,
        message: Message,
    ) -> Result<Vec<Message>, PeerError> {
        match message {
            Message::FlowMod(flow) => self.flow_mod(&flow)?,
            Message::GroupMod(group) => self.group_mod(&group)?,
            Message::MeterMod(meter) => self.meter_mod(&meter)?,
            Message::PortMod(change) => self.port_mod(&change)?,
            Message::PacketOut(packet) => self.packet_out(packet)?,
            Message::TableMod(_) => {}
            Message::SetAsync(masks) => {
                if let Some(controller) = self.controllers.get_mut(&connection) {
                    controller.masks = masks;
                }
            }
            Message::CtFlushZone { zone } => self.tracker.flush_zone(zone),
            Message::CtFlush(flush) => self.tracker.flush(&flush),
            Message::SetPacketInFormat(format) => {
                if let Some(controller) = self.controllers.get_mut(&connection) {
                    controller.format = format;
                }
            }
            Message::SetControllerId(id) => {
                if let Some(controller) = self.controllers.get_mut(&connection) {
                    controller.id = id;
                }
            }
            Message::Resume(_) => return Err(PeerError::Nicira(NiciraError::ResumeUnsupported)),
            Message::Experimenter(_) => {
                return Err(PeerError::BadRequest(BadRequest::BadExperimenter));
            }
            _ => return Err(PeerError::BadRequest(BadRequest::BadType)),
        }
        Ok(Vec::new())
    }

    pub(super) fn role_of(&self, connection: ConnectionId) -> Role {
        let controller = self.controllers.get(&connection);
        controller.map_or(Role::EQUAL, |controller| controller.role)
    }

    fn port_mod(&mut self, change: &PortMod) -> Result<(), PeerError> {
        let fail = |code| Err(PeerError::PortModFailed(code));
        let Some(port) = self.ports.get_mut(&change.number) else {
            return fail(PortModFailed::BadPort);
        };
        if port.hardware_address != change.hardware_address {
            return fail(PortModFailed::BadHardwareAddress);
        }
        port.config = PortConfig(port.config.0 & !change.mask.0 | change.config.0 & change.mask.0);
        Ok(())
    }

    pub(super) fn packet_out(&mut self, packet: PacketOut) -> Result<(), PeerError> {
        check::packet_out(&packet, &self.pipeline)?;
        let state = State::new(Packet::new(packet.in_port, packet.packet));
        let tracer = Tracer::new(&mut self.pipeline, &mut self.tracker, &self.ports);
        let trace = tracer.packet_out(state, &packet.actions);
        self.tell_punted(&trace);
        self.sent.extend(trace.outputs);
        Ok(())
    }
}

fn push(events: &mut VecDeque<Message>, message: Message) {
    if events.len() >= EVENTS_MAX {
        events.pop_front();
    }
    events.push_back(message);
}

/// What only a controller that is not secondary may send.
fn changes(message: &Message) -> bool {
    matches!(
        message,
        Message::FlowMod(_)
            | Message::GroupMod(_)
            | Message::MeterMod(_)
            | Message::PortMod(_)
            | Message::TableMod(_)
            | Message::PacketOut(_)
            | Message::BundleControl(_)
            | Message::BundleAdd(_)
    )
}

/// An error with the first 64 bytes of what was refused.
pub(super) fn refusal(error: PeerError, xid: u32, message: &Message) -> Message {
    let mut data = Vec::new();
    // What cannot be written was never sent over a stream: then there is nothing to show.
    let _ = message.encode(xid, &mut data);
    data.truncate(64);
    Message::Error(ErrorMessage { error, data })
}
