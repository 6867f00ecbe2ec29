//! A packet on its way through the tables: its bytes, and what the switch knows of it.

use std::net::IpAddr;

use super::checksum;
use super::headers::{Layout, Network};
use crate::number::ports;
use crate::oxm::{Field, Subfield};

/// A packet as it comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Port it comes in by.
    pub in_port: u32,
    /// The Ethernet frame, without its checksum.
    pub bytes: Vec<u8>,
    /// What the tunnel's header said, where it came by a tunnel.
    pub tunnel: Tunnel,
}

/// What a tunnel's header says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tunnel {
    /// Its key.
    pub id: u64,
    /// Where the outer packet is from.
    pub source: Option<IpAddr>,
    /// Where it goes.
    pub destination: Option<IpAddr>,
    /// Flags: bit 0, OAM.
    pub flags: u16,
}

impl Packet {
    /// A packet that came by no tunnel.
    pub fn new(in_port: u32, bytes: Vec<u8>) -> Self {
        let tunnel = Tunnel::default();
        Packet {
            in_port,
            bytes,
            tunnel,
        }
    }

    /// The same with a tunnel's header.
    #[must_use]
    pub fn by_tunnel(mut self, tunnel: Tunnel) -> Self {
        self.tunnel = tunnel;
        self
    }
}

/// What the connection tracker said of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tracked {
    pub state: u32,
    pub zone: u16,
    pub mark: u32,
    pub label: u128,
    pub original: Option<Tuple>,
}

/// What a connection is known by, in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tuple {
    pub protocol: u8,
    pub source: IpAddr,
    pub destination: IpAddr,
    /// Ports, or the identifier of an echo in both.
    pub source_port: u16,
    pub destination_port: u16,
}

/// A packet within the tables.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub bytes: Vec<u8>,
    pub in_port: u32,
    pub tunnel: Tunnel,
    pub registers: [u32; 16],
    pub metadata: u64,
    pub mark: u32,
    pub conjunction: u32,
    pub actset_output: u32,
    pub tracked: Tracked,
    pub queue: Option<u32>,
    /// Link-layer addresses that were written where a neighbour message has no such option, source and
    /// target: they can be read again, and go nowhere.
    optionless: [u128; 2],
    layout: Layout,
}

impl State {
    pub fn new(packet: Packet) -> Self {
        State {
            layout: Layout::of(&packet.bytes),
            bytes: packet.bytes,
            in_port: packet.in_port,
            tunnel: packet.tunnel,
            registers: [0; 16],
            metadata: 0,
            mark: 0,
            conjunction: 0,
            actset_output: ports::ANY,
            tracked: Tracked::default(),
            queue: None,
            optionless: [0; 2],
        }
    }

    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The value of a field; 0 where the packet has none.
    pub fn get(&self, field: Field) -> u128 {
        match field {
            Field::InPort => self.in_port.into(),
            Field::InPort16 => (self.in_port & 0xffff).into(),
            Field::Metadata => self.metadata.into(),
            Field::PktMark => self.mark.into(),
            Field::ConjId => self.conjunction.into(),
            Field::ActsetOutput => self.actset_output.into(),
            Field::TunnelId => self.tunnel.id.into(),
            Field::TunFlags => self.tunnel.flags.into(),
            Field::TunSrc => v4(self.tunnel.source),
            Field::TunDst => v4(self.tunnel.destination),
            Field::TunIpv6Src => v6(self.tunnel.source),
            Field::TunIpv6Dst => v6(self.tunnel.destination),
            Field::CtState => self.tracked.state.into(),
            Field::CtZone => self.tracked.zone.into(),
            Field::CtMark => self.tracked.mark.into(),
            Field::CtLabel => self.tracked.label,
            Field::CtNwProto => self.original(|tuple| tuple.protocol.into()),
            Field::CtNwSrc => self.original(|tuple| v4(Some(tuple.source))),
            Field::CtNwDst => self.original(|tuple| v4(Some(tuple.destination))),
            Field::CtIpv6Src => self.original(|tuple| v6(Some(tuple.source))),
            Field::CtIpv6Dst => self.original(|tuple| v6(Some(tuple.destination))),
            Field::CtTpSrc => self.original(|tuple| tuple.source_port.into()),
            Field::CtTpDst => self.original(|tuple| tuple.destination_port.into()),
            Field::IpProto if self.is_ip() => self.layout.protocol.into(),
            Field::IpFrag if self.is_ip() => self.layout.fragment.into(),
            field => match registers_of(field) {
                Some(range) => {
                    let parts = &self.registers[range];
                    parts
                        .iter()
                        .fold(0, |value, part| value << 32 | u128::from(*part))
                }
                None => self.read(field),
            },
        }
    }

    fn original(&self, of: impl Fn(&Tuple) -> u128) -> u128 {
        self.tracked.original.as_ref().map_or(0, of)
    }

    pub fn is_ip(&self) -> bool {
        matches!(self.layout.network, Some(Network::V4 | Network::V6))
    }

    fn read(&self, field: Field) -> u128 {
        let Some((at, count, shift)) = self.layout.place(field) else {
            return match field {
                Field::NdSll => self.optionless[0],
                Field::NdTll => self.optionless[1],
                _ => 0,
            };
        };
        let bytes = self.bytes.get(at..at + count).unwrap_or_default();
        let number = bytes
            .iter()
            .fold(0u128, |n, byte| n << 8 | u128::from(*byte));
        let value = number >> shift & width(field);
        // The bit that says that there is a tag is another one in the packet.
        match field {
            Field::VlanVid | Field::VlanTci => value & !0x1000 | 0x1000,
            Field::EthType if value < 0x600 => 0x05ff,
            _ => value,
        }
    }

    /// Writes the bits of `mask`. What the packet does not have is not written.
    pub fn set(&mut self, field: Field, value: u128, mask: u128) {
        let value = self.get(field) & !mask | value & mask;
        match field {
            Field::InPort => self.in_port = value as u32,
            Field::InPort16 => self.in_port = ports::from_16(value as u16),
            Field::Metadata => self.metadata = value as u64,
            Field::PktMark => self.mark = value as u32,
            Field::TunnelId => self.tunnel.id = value as u64,
            Field::TunFlags => self.tunnel.flags = value as u16,
            Field::TunSrc => self.tunnel.source = address_v4(value),
            Field::TunDst => self.tunnel.destination = address_v4(value),
            Field::TunIpv6Src => self.tunnel.source = address_v6(value),
            Field::TunIpv6Dst => self.tunnel.destination = address_v6(value),
            Field::VlanTci if value & 0x1000 == 0 => self.pop_vlan(),
            Field::VlanTci => self.put_tag(value as u16),
            Field::VlanVid if self.layout.tag_at.is_none() => self.put_tag(value as u16 & 0xfff),
            Field::VlanVid => self.write(field, value & 0xfff, 0xfff),
            field => match registers_of(field) {
                Some(range) => {
                    let parts = self.registers[range].iter_mut().rev();
                    parts
                        .enumerate()
                        .for_each(|(index, part)| *part = (value >> (32 * index)) as u32);
                }
                None => self.write(field, value, width(field)),
            },
        }
    }

    fn put_tag(&mut self, tci: u16) {
        if self.layout.tag_at.is_none() {
            self.push_vlan(0x8100);
        }
        self.write(Field::VlanTci, u128::from(tci & !0x1000), 0xffff);
    }

    fn write(&mut self, field: Field, value: u128, mask: u128) {
        let Some((at, count, shift)) = self.layout.place(field) else {
            match field {
                Field::NdSll => self.optionless[0] = value,
                Field::NdTll => self.optionless[1] = value,
                _ => {}
            }
            return;
        };
        if let Some(place) = self.bytes.get_mut(at..at + count) {
            let old = place
                .iter()
                .fold(0u128, |n, byte| n << 8 | u128::from(*byte));
            let new = old & !(mask << shift) | (value & mask) << shift;
            place.copy_from_slice(&new.to_be_bytes()[16 - count..]);
        }
        self.layout = Layout::of(&self.bytes);
        // Checksums are of what is behind the Ethernet header: they are made right where that is
        // written to, and stay as they came otherwise.
        if at >= self.layout.network_at {
            checksum::repair(&mut self.bytes, &self.layout);
        }
    }

    /// Writes bits of the mark or the label of the packet's connection.
    pub fn set_tracked(&mut self, field: Field, value: u128, mask: u128) {
        let new = self.get(field) & !mask | value & mask;
        match field {
            Field::CtMark => self.tracked.mark = new as u32,
            Field::CtLabel => self.tracked.label = new,
            _ => {}
        }
    }

    /// The bits of a part of a field.
    pub fn part(&self, part: Subfield) -> u128 {
        part.cut(self.get(part.field()) >> part.offset())
    }

    /// Writes a part of a field.
    pub fn set_part(&mut self, part: Subfield, value: u128) {
        self.set(part.field(), part.cut(value) << part.offset(), part.mask());
    }

    /// Puts a VLAN tag of id 0 in front.
    pub fn push_vlan(&mut self, ethertype: u16) {
        let [high, low] = ethertype.to_be_bytes();
        if self.bytes.len() >= 12 {
            self.bytes.splice(12..12, [high, low, 0, 0]);
        }
        self.layout = Layout::of(&self.bytes);
    }

    /// Takes the outermost VLAN tag away, where there is one.
    pub fn pop_vlan(&mut self) {
        if self.layout.tag_at.is_some() {
            self.bytes.drain(12..16);
            self.layout = Layout::of(&self.bytes);
        }
    }

    /// What tells connections apart; `None` where the packet is of none that can be tracked.
    pub fn tuple(&self) -> Option<Tuple> {
        let at = self.layout.transport_at;
        let byte = |offset: usize| self.bytes.get(at + offset).copied();
        let pair = |offset| Some(u16::from_be_bytes([byte(offset)?, byte(offset + 1)?]));
        if !self.is_ip() || self.layout.fragment & 2 != 0 {
            return None;
        }
        let (source_port, destination_port) = match self.layout.protocol {
            6 | 17 | 132 => (pair(0)?, pair(2)?),
            1 | 58 => (pair(4)?, pair(4)?),
            _ => (0, 0),
        };
        let (source, destination) = match self.layout.network {
            Some(Network::V4) => (
                address_v4(self.get(Field::Ipv4Src)),
                address_v4(self.get(Field::Ipv4Dst)),
            ),
            _ => (
                address_v6(self.get(Field::Ipv6Src)),
                address_v6(self.get(Field::Ipv6Dst)),
            ),
        };
        let any_v4 = IpAddr::from([0; 4]);
        Some(Tuple {
            protocol: self.layout.protocol,
            source: source.unwrap_or(any_v4),
            destination: destination.unwrap_or(any_v4),
            source_port,
            destination_port,
        })
    }

    /// Writes addresses and ports; those of an echo are its identifier.
    pub fn set_tuple(&mut self, tuple: &Tuple) {
        let addresses = match tuple.source {
            IpAddr::V4(_) => [Field::Ipv4Src, Field::Ipv4Dst],
            IpAddr::V6(_) => [Field::Ipv6Src, Field::Ipv6Dst],
        };
        for (field, address) in addresses.into_iter().zip([tuple.source, tuple.destination]) {
            let value = if tuple.source.is_ipv4() {
                v4(Some(address))
            } else {
                v6(Some(address))
            };
            self.set(field, value, field.full_mask());
        }
        let ports = match tuple.protocol {
            6 => [Field::TcpSrc, Field::TcpDst],
            17 => [Field::UdpSrc, Field::UdpDst],
            132 => [Field::SctpSrc, Field::SctpDst],
            _ => return,
        };
        for (field, port) in ports
            .into_iter()
            .zip([tuple.source_port, tuple.destination_port])
        {
            self.set(field, port.into(), field.full_mask());
        }
    }
}

/// The bits that a field has in the packet's bytes.
fn width(field: Field) -> u128 {
    match field {
        Field::VlanVid => 0xfff,
        Field::IpTos => 0xff,
        field => field.full_mask(),
    }
}

/// The registers that a field is a view of.
fn registers_of(field: Field) -> Option<std::ops::Range<usize>> {
    let of = |first: Field, last: Field, width: usize| {
        let index = (field as usize).checked_sub(first as usize)?;
        (field <= last).then_some(index * width..(index + 1) * width)
    };
    of(Field::XxReg0, Field::XxReg3, 4)
        .or(of(Field::XReg0, Field::XReg7, 2))
        .or(of(Field::Reg0, Field::Reg15, 1))
}

fn v4(address: Option<IpAddr>) -> u128 {
    match address {
        Some(IpAddr::V4(address)) => u32::from(address).into(),
        _ => 0,
    }
}

fn v6(address: Option<IpAddr>) -> u128 {
    match address {
        Some(IpAddr::V6(address)) => address.into(),
        _ => 0,
    }
}

fn address_v4(value: u128) -> Option<IpAddr> {
    Some(IpAddr::V4((value as u32).into()))
}

fn address_v6(value: u128) -> Option<IpAddr> {
    Some(IpAddr::V6(value.into()))
}
