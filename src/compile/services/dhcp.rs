//! DHCPv4 requests go to the controller, whatever address they are sent to: a client that renews its
//! lease asks the server it knows, by unicast (RFC 2131 §4.3.2).
//!
//! Only on networks with a subnet that has DHCP. On others requests are like any other datagram, so
//! that a server there can answer.
//!
//! The server names itself by the subnet's gateway address. A subnet without gateway is served from
//! [`SERVER`], and to let its clients renew by unicast, that address has a neighbour flow.

use std::net::Ipv4Addr;

use api::{Mac, Network, Subnet};
use openflow::Field;
use uuid::Uuid;

use super::arp::neighbour;
use crate::compile::cookie::{Feature, Object};
use crate::compile::matching::{Narrow, ipv4, punt_to_controller, udp};
use crate::compile::output::{Flow, Output};
use crate::compile::pipeline::Table;
use crate::compile::priority::EXCEPTION;
use crate::compile::punt::{Punt, meter};
use crate::compile::register::SOURCE_PORT;
use crate::compile::view::{LocalPort, View};
use crate::model::Model;

/// The address that services have where the network gives them none.
pub const SERVER: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// The MAC address of [`SERVER`], on every network: locally administered, so nobody's.
pub const SERVER_MAC: Mac = Mac([0x02, 0x77, 0x65, 0x66, 0x74, 0x01]);

/// Requests of a port.
pub(in crate::compile) fn local_port(view: View, local: LocalPort, out: &mut Output) {
    if subnets(view.model, local.network.id).next().is_none() {
        return;
    }
    let request = udp(ipv4())
        .on(SOURCE_PORT.value(local.port.key))
        .with(Field::UdpSrc, 68)
        .with(Field::UdpDst, 67);
    let meter = meter(local.ofport);
    out.flow(
        Flow::new(Table::Services, EXCEPTION, request)
            .of(Feature::Dhcp, Object::Port(local.port.key))
            .apply([punt_to_controller(Punt::Dhcp4, meter.id)]),
    );
    out.meter(meter);
}

/// Where a network's server is, if it has no better address.
pub(in crate::compile) fn network(view: View, network: &Network, out: &mut Output) {
    if needs_server_address(view.model, network.id) {
        out.flow(
            neighbour(network, SERVER, SERVER_MAC).of(Feature::Dhcp, Object::Network(network.key)),
        );
    }
}

/// What of a network's subnets shapes flows: whether it has DHCP, and whether the server needs an
/// address.
pub(in crate::compile) fn shape(model: &Model, network: Uuid) -> (bool, bool) {
    let any = subnets(model, network).next().is_some();
    (any, needs_server_address(model, network))
}

fn needs_server_address(model: &Model, network: Uuid) -> bool {
    subnets(model, network).any(|subnet| subnet.gateway_ip.is_none())
}

fn subnets(model: &Model, network: Uuid) -> impl Iterator<Item = &Subnet> {
    model.dhcp_subnets(network).map(|subnet| &**subnet)
}
