//! The connection tracker, as far as tests of flows need it: zones, states, marks and labels, address
//! translation. Connections live until they are flushed, and are established from the packet after
//! the one that made them known, as in Open vSwitch's userspace datapath.

use std::net::IpAddr;

use super::packet::{State, Tracked, Tuple};
use crate::action::{Action, Ct, Nat, NatAddresses, NatDirection, Zone};
use crate::conntrack::CtFlush;

const NEW: u32 = 1 << 0;
const ESTABLISHED: u32 = 1 << 1;
const RELATED: u32 = 1 << 2;
const REPLY: u32 = 1 << 3;
const INVALID: u32 = 1 << 4;
const TRACKED: u32 = 1 << 5;
const SOURCE_NAT: u32 = 1 << 6;
const DESTINATION_NAT: u32 = 1 << 7;

/// Ports tried before an address is given up.
const PORTS_TRIED: u16 = 1024;

/// A connection that was made known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Connection {
    zone: u16,
    /// As its first packet was.
    original: Tuple,
    /// As answers to it are.
    reply: Tuple,
    mark: u32,
    label: u128,
    direction: Option<NatDirection>,
}

/// Connections of all zones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tracker {
    connections: Vec<Connection>,
}

impl Tuple {
    fn reversed(self) -> Tuple {
        Tuple {
            source: self.destination,
            destination: self.source,
            source_port: self.destination_port,
            destination_port: self.source_port,
            ..self
        }
    }
}

impl Tracker {
    /// How many connections are known.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Passes a packet through.
    pub fn pass(&mut self, packet: &mut State, ct: &Ct) {
        let zone = match ct.zone {
            Zone::Fixed(zone) => zone,
            Zone::From(source) => packet.part(source) as u16,
        };
        let mut tracked = Tracked {
            state: TRACKED,
            zone,
            ..Tracked::default()
        };
        let Some(tuple) = packet.tuple() else {
            tracked.state |= INVALID;
            packet.tracked = tracked;
            return;
        };
        if let Some((place, reply)) = self.related(packet, zone) {
            let connection = &self.connections[place];
            tracked.state |= RELATED | if reply { REPLY } else { 0 };
            tracked.mark = connection.mark;
            tracked.label = connection.label;
            tracked.original = Some(connection.original);
            packet.tracked = tracked;
            return;
        }
        let mut found = self.find(zone, &tuple);
        if let Some((place, true)) = found
            && ct.commit
            && ct.force
        {
            self.connections.remove(place);
            found = None;
        }
        let place = match found {
            Some((place, reply)) => {
                tracked.state |= ESTABLISHED | if reply { REPLY } else { 0 };
                Some(place)
            }
            None if is_reset(packet) => {
                tracked.state |= INVALID;
                None
            }
            None => {
                tracked.state |= NEW;
                ct.commit.then(|| self.make(zone, tuple, ct))
            }
        };
        let reply = tracked.state & REPLY != 0;
        let Some(connection) = place.and_then(|place| self.connections.get_mut(place)) else {
            tracked.original = (tracked.state & INVALID == 0).then_some(tuple);
            packet.tracked = tracked;
            return;
        };
        tracked.original = Some(connection.original);
        if ct
            .actions
            .iter()
            .any(|action| matches!(action, Action::Nat(_)))
        {
            tracked.state |= connection.translate(packet, reply);
        }
        (tracked.mark, tracked.label) = (connection.mark, connection.label);
        packet.tracked = tracked;
        if ct.commit {
            connection.execute(packet, &ct.actions);
        }
    }

    /// The connection of a packet, and whether the packet is an answer in it.
    fn find(&self, zone: u16, tuple: &Tuple) -> Option<(usize, bool)> {
        let of_zone = self
            .connections
            .iter()
            .enumerate()
            .filter(|(_, c)| c.zone == zone);
        let mut known = of_zone.filter_map(|(place, connection)| {
            let answers = *tuple == connection.reply;
            (answers || *tuple == connection.original).then_some((place, answers))
        });
        known.next()
    }

    /// The connection that an ICMP error is about, and whether the error goes to its client.
    fn related(&self, packet: &State, zone: u16) -> Option<(usize, bool)> {
        let layout = packet.layout();
        let kind = *packet.bytes.get(layout.transport_at)?;
        let (is_error, ethertype) = match layout.protocol {
            1 => (matches!(kind, 3 | 4 | 5 | 11 | 12), [0x08, 0x00]),
            58 => (matches!(kind, 1..=4), [0x86, 0xdd]),
            _ => (false, [0, 0]),
        };
        let inside = packet
            .bytes
            .get(layout.transport_at + 8..)
            .filter(|_| is_error)?;
        let mut frame = vec![0; 12];
        frame.extend(ethertype);
        frame.extend(inside);
        let inner = State::new(super::Packet::new(0, frame)).tuple()?;
        let (place, answer) = self.find(zone, &inner)?;
        // An error about what the client sent goes back to the client.
        Some((place, !answer))
    }

    fn make(&mut self, zone: u16, original: Tuple, ct: &Ct) -> usize {
        let nat = ct.actions.iter().find_map(|action| match action {
            Action::Nat(nat) => Some(**nat),
            _ => None,
        });
        let mut connection = Connection {
            zone,
            original,
            reply: original.reversed(),
            mark: 0,
            label: 0,
            direction: None,
        };
        if let Some(nat) = nat {
            self.choose(&mut connection, &nat);
        }
        self.connections.push(connection);
        self.connections.len() - 1
    }

    /// Chooses what a connection is translated to: the first address and port that keep it apart.
    fn choose(&self, connection: &mut Connection, nat: &Nat) {
        let (Some(direction), Some(range)) = (nat.direction, nat.range) else {
            return;
        };
        let address = match range.addresses {
            NatAddresses::V4(first, _) => IpAddr::V4(first),
            NatAddresses::V6(first, _) => IpAddr::V6(first),
        };
        let original = connection.original;
        let source = direction == NatDirection::Source;
        let own = if source {
            original.source_port
        } else {
            original.destination_port
        };
        let (first, last) = match range.ports {
            Some((first, last)) => (first, last.unwrap_or(first)),
            None if source => (own, u16::MAX),
            None => (own, own),
        };
        let start = if (first..=last).contains(&own) {
            own
        } else {
            first
        };
        for port in (start..=last).chain(first..start).take(PORTS_TRIED.into()) {
            let mut reply = original.reversed();
            match direction {
                NatDirection::Source => {
                    (reply.destination, reply.destination_port) = (address, port)
                }
                NatDirection::Destination => (reply.source, reply.source_port) = (address, port),
            }
            connection.reply = reply;
            connection.direction = Some(direction);
            if self.find(connection.zone, &reply).is_none() {
                return;
            }
        }
    }

    /// Forgets the connections of a zone.
    pub fn flush_zone(&mut self, zone: u16) {
        self.connections
            .retain(|connection| connection.zone != zone);
    }

    /// Forgets the connections that a message selects.
    pub fn flush(&mut self, flush: &CtFlush) {
        let of = |wanted: Option<IpAddr>, address: IpAddr| wanted.is_none_or(|one| one == address);
        self.connections.retain(|connection| {
            let tuples = [
                (&flush.original, &connection.original),
                (&flush.reply, &connection.reply),
            ];
            let of_tuples = tuples.iter().all(|(wanted, there)| {
                of(wanted.source, there.source) && of(wanted.destination, there.destination)
            });
            let protocol = flush.protocol;
            let of_protocol = protocol == 0 || protocol == connection.original.protocol;
            let (marks, labels) = (flush.mark, flush.labels);
            let selected = flush.zone.is_none_or(|zone| zone == connection.zone)
                && of_protocol
                && of_tuples
                && marks.is_none_or(|(value, mask)| connection.mark & mask == value)
                && labels.is_none_or(|(value, mask)| connection.label & mask == value);
            !selected
        });
    }
}

impl Connection {
    /// Puts the translated addresses in a packet; the bits of the state that say so.
    fn translate(&self, packet: &mut State, reply: bool) -> u32 {
        let Some(direction) = self.direction else {
            return 0;
        };
        let translated = if reply { self.original } else { self.reply };
        packet.set_tuple(&translated.reversed());
        match (direction, reply) {
            (NatDirection::Source, false) | (NatDirection::Destination, true) => SOURCE_NAT,
            _ => DESTINATION_NAT,
        }
    }

    /// Writes mark and label, in the connection and in what the packet shows of it.
    fn execute(&mut self, packet: &mut State, actions: &[Action]) {
        for action in actions {
            match action {
                Action::SetField { field, value, mask } => {
                    packet.set_tracked(*field, *value, *mask)
                }
                Action::Load { target, value } => {
                    let value = target.cut((*value).into()) << target.offset();
                    packet.set_tracked(target.field(), value, target.mask());
                }
                Action::Move { source, target } => {
                    let value = target.cut(packet.part(*source)) << target.offset();
                    packet.set_tracked(target.field(), value, target.mask());
                }
                _ => {}
            }
        }
        (self.mark, self.label) = (packet.tracked.mark, packet.tracked.label);
    }
}

/// A TCP reset begins no connection.
fn is_reset(packet: &State) -> bool {
    packet.get(crate::oxm::Field::TcpFlags) & 0x04 != 0
}
