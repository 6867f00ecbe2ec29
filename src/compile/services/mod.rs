//! What the network answers itself, one file per protocol.

pub(super) mod arp;
pub(super) mod dhcp;
pub(super) mod nd;

use openflow::{Action, Field};

use super::register::{SOURCE_PORT, TARGET_PORT};

/// Turns a packet round: it leaves by the port that sent it. A switch does not send a packet back by
/// the port it came in by, so the packet forgets that.
fn back_to_sender() -> [Action; 2] {
    [
        Action::copy(SOURCE_PORT, TARGET_PORT),
        Action::set(Field::InPort, 0),
    ]
}
