//! ARP answered in the switch (RFC 826), for the fixed IPv4 addresses of all ports of a network.
//!
//! An address costs one flow in the neighbour table, (network, address) to MAC, which routing can
//! use too. A request asks that table by a call; one flow for all addresses then turns it into the
//! reply. The neighbour table puts its answer where routing needs it, into the Ethernet destination.
//!
//! Answered are fixed IPs only. Allowed address pairs move between ports, so whoever has the address
//! answers; that goes for a fixed IP too that another port has as a pair. A port that asks for its own address wants to know whether somebody else has it (RFC
//! 5227) or tells that it has it: such a request goes to all, and is never answered from here.

use std::net::{IpAddr, Ipv4Addr};

use api::{Mac, Network, Port};
use openflow::{Action, Field};

use super::back_to_sender;
use crate::compile::cookie::{Feature, Object};
use crate::compile::matching::{Narrow, arp, arp_request, call, load, mac_bits, packets};
use crate::compile::output::{Flow, Output};
use crate::compile::pipeline::{Stage, Table};
use crate::compile::priority::{EXCEPTION, NORMAL};
use crate::compile::register::{NEIGHBOUR_FOUND, NEXT_HOP_V4, SOURCE_PORT};
use crate::compile::view::{LocalPort, settled_addresses};
use crate::model::Model;

/// Questions and answers, whatever the address.
pub(in crate::compile) fn base(out: &mut Output) {
    out.flow(
        Flow::new(Table::Services, NORMAL, arp_request())
            .of(Feature::Arp, Object::Nothing)
            .apply([
                Action::copy(Field::ArpTpa, NEXT_HOP_V4),
                call(Table::Neighbour),
            ])
            .goto(Table::Answer),
    );
    let known = arp().on(NEIGHBOUR_FOUND);
    out.flow(
        Flow::new(Table::Answer, NORMAL, known)
            .of(Feature::Arp, Object::Nothing)
            .apply([
                Action::set(Field::ArpOp, 2),
                Action::copy(Field::ArpSha, Field::ArpTha),
                Action::copy(Field::EthDst, Field::ArpSha),
                Action::copy(Field::EthSrc, Field::EthDst),
                Action::copy(Field::ArpSha, Field::EthSrc),
                Action::copy(Field::ArpSpa, Field::ArpTpa),
                Action::copy(NEXT_HOP_V4, Field::ArpSpa),
            ])
            .apply(back_to_sender())
            .goto(Table::Output),
    );
}

/// Questions of a port for its own addresses.
pub(in crate::compile) fn local_port(local: LocalPort, out: &mut Output) {
    for fixed in &local.port.fixed_ips {
        let IpAddr::V4(address) = fixed.ip_address else {
            continue;
        };
        let own = arp_request()
            .on(SOURCE_PORT.value(local.port.key))
            .with(Field::ArpTpa, u32::from(address).into());
        out.flow(
            Flow::new(Table::Services, EXCEPTION, own)
                .of(Feature::Arp, Object::Port(local.port.key))
                .goto(Stage::Switching.entry()),
        );
    }
}

/// Who has the addresses of a port, of this node or another.
pub(in crate::compile) fn neighbours(
    model: &Model,
    port: &Port,
    network: &Network,
    out: &mut Output,
) {
    for address in settled_addresses(model, port) {
        if let IpAddr::V4(address) = address {
            let known = neighbour(network, address, port.mac_address);
            out.flow(known.of(Feature::Arp, Object::Port(port.key)));
        }
    }
}

/// Who has an address of a network.
pub(in crate::compile) fn neighbour(network: &Network, address: Ipv4Addr, mac: Mac) -> Flow {
    let matching = packets()
        .in_network(network.key)
        .on(NEXT_HOP_V4.value(address.into()));
    Flow::new(Table::Neighbour, NORMAL, matching).apply([
        Action::set(Field::EthDst, mac_bits(mac)),
        load(NEIGHBOUR_FOUND),
    ])
}
