//! Frames for a port of this node leave by its number in the switch. A frame never leaves by the
//! port it came in by: the switch sees to that.

use openflow::Action;

use super::cookie::{Feature, Object};
use super::matching::{Narrow, packets};
use super::output::{Flow, Output};
use super::pipeline::Table;
use super::priority::NORMAL;
use super::register::TARGET_PORT;
use super::view::LocalPort;

/// Frames for a port of this node.
pub(super) fn local_port(local: LocalPort, out: &mut Output) {
    let matching = packets().on(TARGET_PORT.value(local.port.key));
    out.flow(
        Flow::new(Table::Output, NORMAL, matching)
            .of(Feature::Delivery, Object::Port(local.port.key))
            .apply([Action::output(local.ofport)]),
    );
}
