//! Port security: a port sends from its own addresses only, and from those it was allowed besides.
//!
//! | what | may carry as its sender |
//! |---|---|
//! | IPv4 | a fixed IP or an allowed pair, each with its own MAC; 0.0.0.0 to ask for an address by DHCP |
//! | ARP | the same, in the Ethernet and in the ARP header; 0.0.0.0 to probe (RFC 5227) |
//! | IPv6 | a fixed IP or an allowed pair; the link-local address of an allowed MAC (RFC 4291); `::` to detect duplicates of those (RFC 4862) and to join multicast groups (RFC 2710, RFC 3810) |
//! | neighbour discovery | an allowed MAC as link-layer address, an allowed address as what is advertised (RFC 4861) |
//! | all else | nothing |
//!
//! Nobody may answer as a DHCP server (RFC 7610 tells them by the port they answer to), advertise
//! itself as a router (RFC 6105) or send redirects, whatever addresses it was allowed. The guards
//! are one flow each for all ports of the node.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use api::{Mac, Port};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use openflow::{Field, Match};

use super::cookie::{Feature, Object};
use super::matching::{
    Narrow, arp, arp_request, icmp6, ipv4, ipv6, neighbour_advertisement, neighbour_solicitation,
    udp,
};
use super::output::{Flow, Output};
use super::pipeline::{Stage, Table};
use super::priority::{EXCEPTION, FALLBACK, GUARD, NORMAL, Priority, SPECIFIC};
use super::register::SOURCE_PORT;
use super::view::LocalPort;

/// The UDP port of DHCP clients: who sends to it is a server or a relay.
const DHCP4_CLIENT: u128 = 68;
const DHCP4_SERVER: u128 = 67;
const DHCP6_CLIENT: u128 = 546;

/// Queries apart, what multicast listeners send.
const LISTENER_REPORTS: [u8; 3] = [131, 132, 143];
const ROUTER_ADVERTISEMENT: u8 = 134;
const REDIRECT: u8 = 137;

/// What the switch reads where a link-layer address option is absent.
const ABSENT: Mac = Mac([0; 6]);

/// All multicast addresses.
const MULTICAST: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8);

/// Where packets go that may be sent.
const PASSED: Table = Stage::EgressRules.entry();

/// What holds for all ports.
pub(super) fn base(out: &mut Output) {
    let guard = Table::NeighbourGuard;
    let mut flow = |table, priority, matching, goto: Option<Table>| {
        let flow = Flow::new(table, priority, matching).of(Feature::PortSecurity, Object::Nothing);
        out.flow(match goto {
            Some(table) => flow.goto(table),
            None => flow,
        });
    };
    for (family, client) in [(ipv4(), DHCP4_CLIENT), (ipv6(), DHCP6_CLIENT)] {
        let answers = udp(family).with(Field::UdpDst, client);
        flow(Table::PortSecurity, GUARD, answers, None);
    }
    for kind in [ROUTER_ADVERTISEMENT, REDIRECT] {
        flow(guard, GUARD, icmp6(kind), None);
    }
    for kind in LISTENER_REPORTS {
        let unaddressed = icmp6(kind).with(Field::Ipv6Src, 0);
        flow(guard, EXCEPTION, unaddressed, Some(PASSED));
    }
    flow(guard, SPECIFIC, ipv6().with(Field::Ipv6Src, 0), None);
    let claims_nothing = neighbour_solicitation().with_mac(Field::NdSll, ABSENT);
    flow(guard, NORMAL, claims_nothing, Some(PASSED));
    for kind in [135, 136] {
        flow(guard, FALLBACK, icmp6(kind), None);
    }
}

/// What a port of this node may send; nothing where its port security is off.
pub(super) fn local_port(local: LocalPort, out: &mut Output) {
    if !local.port.port_security_enabled {
        return;
    }
    let mut allow = Allow {
        key: local.port.key,
        out,
    };
    let senders = Senders::of(local.port);
    for mac in &senders.macs {
        allow.without_address(*mac);
    }
    for (mac, net) in &senders.v4 {
        allow.ipv4(*mac, *net);
    }
    for (mac, net) in &senders.v6 {
        allow.ipv6(*mac, *net);
    }
}

/// Whom a port may be: MAC addresses, and IP addresses with the MAC each goes with.
struct Senders {
    macs: BTreeSet<Mac>,
    v4: BTreeSet<(Mac, Ipv4Net)>,
    v6: BTreeSet<(Mac, Ipv6Net)>,
}

impl Senders {
    fn of(port: &Port) -> Self {
        let own = port.fixed_ips.iter();
        let own = own.map(|fixed| (port.mac_address, IpNet::from(fixed.ip_address)));
        let allowed = port.allowed_address_pairs.iter();
        let allowed = allowed.map(|pair| (pair.mac_address, pair.ip_address.trunc()));
        let mut senders = Senders {
            macs: BTreeSet::from([port.mac_address]),
            v4: BTreeSet::new(),
            v6: BTreeSet::new(),
        };
        for (mac, net) in own.chain(allowed) {
            senders.macs.insert(mac);
            match net {
                IpNet::V4(net) => senders.v4.insert((mac, net)),
                IpNet::V6(net) => senders.v6.insert((mac, net)),
            };
        }
        for mac in &senders.macs {
            senders.v6.insert((*mac, link_local(*mac).into()));
        }
        senders
    }
}

/// The link-local address that a host makes of its MAC address (RFC 4291 §2.5.1 and appendix A).
pub fn link_local(mac: Mac) -> Ipv6Addr {
    let [a, b, c, d, e, f] = mac.0;
    let half = u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
    Ipv6Addr::from(0xfe80_u128 << 112 | u128::from(half))
}

/// The flows that let one port send.
struct Allow<'a> {
    key: u32,
    out: &'a mut Output,
}

impl Allow<'_> {
    /// Before it has an address.
    fn without_address(&mut self, mac: Mac) {
        let table = Table::PortSecurity;
        let probe = arp_request()
            .with(Field::ArpSpa, 0)
            .with_mac(Field::ArpSha, mac);
        self.flow(table, NORMAL, mac, probe, PASSED);
        let discover = udp(ipv4())
            .with(Field::Ipv4Src, 0)
            .with(Field::Ipv4Dst, u32::MAX.into())
            .with(Field::UdpSrc, DHCP4_CLIENT)
            .with(Field::UdpDst, DHCP4_SERVER);
        self.flow(table, NORMAL, mac, discover, PASSED);
        let multicast = ipv6()
            .with(Field::Ipv6Src, 0)
            .with_net6(Field::Ipv6Dst, MULTICAST);
        self.flow(table, NORMAL, mac, multicast, Table::NeighbourGuard);
        let solicitation = neighbour_solicitation().with_mac(Field::NdSll, mac);
        self.flow(Table::NeighbourGuard, NORMAL, mac, solicitation, PASSED);
    }

    fn ipv4(&mut self, mac: Mac, net: Ipv4Net) {
        let table = Table::PortSecurity;
        let arp = arp()
            .with_net4(Field::ArpSpa, net)
            .with_mac(Field::ArpSha, mac);
        self.flow(table, NORMAL, mac, arp, PASSED);
        let packets = ipv4().with_net4(Field::Ipv4Src, net);
        self.flow(table, NORMAL, mac, packets, PASSED);
    }

    fn ipv6(&mut self, mac: Mac, net: Ipv6Net) {
        let guard = Table::NeighbourGuard;
        let packets = ipv6().with_net6(Field::Ipv6Src, net);
        self.flow(Table::PortSecurity, NORMAL, mac, packets, guard);
        let duplicate_detection = neighbour_solicitation()
            .with(Field::Ipv6Src, 0)
            .with_net6(Field::NdTarget, net);
        self.flow(guard, EXCEPTION, mac, duplicate_detection, PASSED);
        for link_layer in [mac, ABSENT] {
            let advertisement = neighbour_advertisement()
                .with_net6(Field::NdTarget, net)
                .with_mac(Field::NdTll, link_layer);
            self.flow(guard, NORMAL, mac, advertisement, PASSED);
        }
    }

    fn flow(&mut self, table: Table, priority: Priority, mac: Mac, matching: Match, goto: Table) {
        let matching = matching
            .on(SOURCE_PORT.value(self.key))
            .with_mac(Field::EthSrc, mac);
        self.out.flow(
            Flow::new(table, priority, matching)
                .of(Feature::PortSecurity, Object::Port(self.key))
                .goto(goto),
        );
    }
}
