//! Packets of instances: which port sent them, and in which network.
//!
//! Only untagged frames are taken. An instance that could send tagged ones would choose its VLAN on
//! a flat network and nest tags on a VLAN network.

use openflow::Field;

use super::cookie::{Feature, Object};
use super::matching::{load, packets};
use super::output::{Flow, Output};
use super::pipeline::{Stage, Table};
use super::priority::NORMAL;
use super::register::{FROM_LOCAL, SOURCE_PORT};
use super::view::LocalPort;

/// Frames that a port of this node sends.
pub(super) fn local_port(local: LocalPort, out: &mut Output) {
    let first = match local.port.port_security_enabled {
        true => Stage::PortSecurity,
        false => Stage::Services,
    };
    let untagged = packets()
        .with(Field::InPort, local.ofport.into())
        .with(Field::VlanVid, 0);
    out.flow(
        Flow::new(Table::Classify, NORMAL, untagged)
            .of(Feature::Classification, Object::Port(local.port.key))
            .apply([load(SOURCE_PORT.value(local.port.key)), load(FROM_LOCAL)])
            .in_network(local.network.key)
            .goto(first.entry()),
    );
}
