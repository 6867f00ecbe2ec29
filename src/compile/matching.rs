//! The words that features say their matches and actions in.

use api::Mac;
use ipnet::{Ipv4Net, Ipv6Net};
use openflow::{Action, Controller, Field, Match, RegMark};

use super::NETWORK_MASK;
use super::pipeline::Table;
use super::punt::Punt;

/// All packets.
pub(super) fn packets() -> Match {
    Match::new()
}

/// IPv4 packets.
pub(super) fn ipv4() -> Match {
    packets().with(Field::EthType, 0x0800)
}

/// IPv6 packets.
pub(super) fn ipv6() -> Match {
    packets().with(Field::EthType, 0x86dd)
}

/// ARP packets.
pub(super) fn arp() -> Match {
    packets().with(Field::EthType, 0x0806)
}

/// ARP requests.
pub(super) fn arp_request() -> Match {
    arp().with(Field::ArpOp, 1)
}

/// UDP datagrams of this family.
pub(super) fn udp(family: Match) -> Match {
    family.with(Field::IpProto, 17)
}

/// ICMPv6 messages of this type, whatever their code.
pub(super) fn icmp6(kind: u8) -> Match {
    ipv6()
        .with(Field::IpProto, 58)
        .with(Field::Icmpv6Type, kind.into())
}

/// Neighbour solicitations.
pub(super) fn neighbour_solicitation() -> Match {
    icmp6(135).with(Field::Icmpv6Code, 0)
}

/// Neighbour advertisements.
pub(super) fn neighbour_advertisement() -> Match {
    icmp6(136).with(Field::Icmpv6Code, 0)
}

/// Writes a register field, in the form in which Open vSwitch shows it again: a whole register is
/// set, a part of one is loaded.
pub(super) fn load(mark: RegMark) -> Action {
    let field = mark.field();
    match field.mask() {
        u32::MAX => Action::set(field.field(), mark.number().into()),
        _ => Action::load(field, mark.number().into()),
    }
}

/// Asks a table and comes back.
pub(super) fn call(table: Table) -> Action {
    Action::resubmit(table.number())
}

/// Takes the packet to the controller, by way of a meter.
pub(super) fn punt_to_controller(punt: Punt, meter_id: u32) -> Action {
    Action::Controller(Box::new(Controller {
        userdata: punt.userdata().into(),
        meter_id,
        ..Controller::default()
    }))
}

/// A MAC address as a field's value.
pub(super) fn mac_bits(mac: Mac) -> u128 {
    mac.0
        .iter()
        .fold(0, |bits, byte| bits << 8 | u128::from(*byte))
}

/// What matches are narrowed by, besides plain fields.
pub(super) trait Narrow {
    /// To packets with this value in a register field.
    fn on(self, mark: RegMark) -> Self;
    /// To packets of the network of this key.
    fn in_network(self, key: u32) -> Self;
    /// To packets with this MAC address in `field`.
    fn with_mac(self, field: Field, mac: Mac) -> Self;
    /// To packets with an address of `net` in `field`.
    fn with_net4(self, field: Field, net: Ipv4Net) -> Self;
    /// To packets with an address of `net` in `field`.
    fn with_net6(self, field: Field, net: Ipv6Net) -> Self;
}

impl Narrow for Match {
    fn on(self, mark: RegMark) -> Self {
        mark.narrow(self)
    }

    fn in_network(self, key: u32) -> Self {
        self.with_masked(Field::Metadata, key.into(), NETWORK_MASK.into())
    }

    fn with_mac(self, field: Field, mac: Mac) -> Self {
        self.with(field, mac_bits(mac))
    }

    fn with_net4(self, field: Field, net: Ipv4Net) -> Self {
        let bits = |address: std::net::Ipv4Addr| u128::from(u32::from(address));
        self.with_masked(field, bits(net.network()), bits(net.netmask()))
    }

    fn with_net6(self, field: Field, net: Ipv6Net) -> Self {
        self.with_masked(field, net.network().into(), net.netmask().into())
    }
}
