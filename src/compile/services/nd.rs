//! Neighbour solicitations answered in the switch (RFC 4861 §7.2), for the fixed IPv6 addresses of
//! all ports of a network; the neighbour table and its call are ARP's (`arp.rs`).
//!
//! The answer takes two tables: Open vSwitch lets a flow write the target link-layer address only where
//! its match says that the packet is an advertisement, so the first makes it one and the second fills
//! it in.
//!
//! The advertisement says solicited and override, and not router. A solicitation to the solicited-node
//! group has a link-layer address option, which becomes the advertisement's; one to the neighbour
//! itself, asking whether it is still there, may have none, and neither does its answer then (§7.2.4
//! allows that). The hop limit stays 255, without which no solicitation is believed (§7.1.1).
//!
//! A solicitation from `::` asks whether an address is taken (RFC 4862). It goes to all, and who has
//! the address answers: the port that asks may be the one that has it.

use std::net::{IpAddr, Ipv6Addr};

use api::{Network, Port};
use openflow::{Action, Field, Match};

use super::back_to_sender;
use crate::compile::cookie::{Feature, Object};
use crate::compile::matching::{
    Narrow, call, load, mac_bits, neighbour_advertisement, neighbour_solicitation, packets,
};
use crate::compile::output::{Flow, Output};
use crate::compile::pipeline::{Stage, Table};
use crate::compile::priority::{EXCEPTION, NORMAL};
use crate::compile::register::{
    NEIGHBOUR_FOUND, NEXT_HOP_V6, NEXT_HOP_V6_A, NEXT_HOP_V6_B, NEXT_HOP_V6_C, NEXT_HOP_V6_D,
};

use crate::compile::view::settled_addresses;
use crate::model::Model;

const ADVERTISEMENT: u128 = 136;
const SOLICITED_AND_OVERRIDE: u128 = 0x6000_0000;
const TARGET_LINK_LAYER_ADDRESS: u128 = 2;

/// Questions and answers, whatever the address.
pub(in crate::compile) fn base(out: &mut Output) {
    let feature = Feature::NeighbourDiscovery;
    let taken = neighbour_solicitation().with(Field::Ipv6Src, 0);
    out.flow(
        Flow::new(Table::Services, EXCEPTION, taken)
            .of(feature, Object::Nothing)
            .goto(Stage::Switching.entry()),
    );
    let believable = neighbour_solicitation().with(Field::IpTtl, 255);
    out.flow(
        Flow::new(Table::Services, NORMAL, believable)
            .of(feature, Object::Nothing)
            .apply([
                Action::copy(Field::NdTarget, NEXT_HOP_V6),
                call(Table::Neighbour),
            ])
            .goto(Table::Answer),
    );
    let known = neighbour_solicitation().on(NEIGHBOUR_FOUND);
    out.flow(
        Flow::new(Table::Answer, NORMAL, known)
            .of(feature, Object::Nothing)
            .apply([
                Action::set(Field::Icmpv6Type, ADVERTISEMENT),
                Action::set(Field::NdReserved, SOLICITED_AND_OVERRIDE),
                Action::set(Field::NdOptionsType, TARGET_LINK_LAYER_ADDRESS),
            ])
            .goto(Table::Advertise),
    );
    // A step of its own: the switch rewrites the option's type before its address, so the address
    // has to be set as that of an advertisement, which only a match on one allows.
    out.flow(
        Flow::new(Table::Advertise, NORMAL, neighbour_advertisement())
            .of(feature, Object::Nothing)
            .apply([
                Action::copy(Field::EthDst, Field::NdTll),
                Action::copy(Field::EthSrc, Field::EthDst),
                Action::copy(Field::NdTll, Field::EthSrc),
                Action::copy(Field::Ipv6Src, Field::Ipv6Dst),
                Action::copy(NEXT_HOP_V6, Field::Ipv6Src),
            ])
            .apply(back_to_sender())
            .goto(Table::Output),
    );
}

/// Who has the addresses of a port, of this node or another.
pub(in crate::compile) fn neighbours(
    model: &Model,
    port: &Port,
    network: &Network,
    out: &mut Output,
) {
    for address in settled_addresses(model, port) {
        let IpAddr::V6(address) = address else {
            continue;
        };
        let matching = next_hop(packets().in_network(network.key), address);
        out.flow(
            Flow::new(Table::Neighbour, NORMAL, matching)
                .of(Feature::NeighbourDiscovery, Object::Port(port.key))
                .apply([
                    Action::set(Field::EthDst, mac_bits(port.mac_address)),
                    load(NEIGHBOUR_FOUND),
                ]),
        );
    }
}

/// A switch reports the match of a wide register as that of the four it is made of.
fn next_hop(matching: Match, address: Ipv6Addr) -> Match {
    let bits = u128::from(address);
    let word = |shift: u32| (bits >> shift) as u32;
    matching
        .on(NEXT_HOP_V6_A.value(word(96)))
        .on(NEXT_HOP_V6_B.value(word(64)))
        .on(NEXT_HOP_V6_C.value(word(32)))
        .on(NEXT_HOP_V6_D.value(word(0)))
}
