//! Port status: what a port's switch says of it.

use std::sync::Arc;

use api::{Port, Status, VifType};
use uuid::Uuid;

use super::Moment;
use super::revise::store;
use crate::model::Draft;

/// A port's state on one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortReport {
    /// Which port.
    pub port: Uuid,
    /// `hostname` of the node that says so. What a node says of a port bound elsewhere, or not at
    /// all, is of yesterday and changes nothing.
    pub host: String,
    /// The port is plugged in and the switch has acknowledged its flows.
    pub up: bool,
}

/// Takes note of what nodes report; returns how many ports changed. A port is active when its own
/// node says it is up and its owner wishes so; the node must report again after each change that
/// took it down.
pub fn report(draft: &mut Draft, moment: &Moment<'_>, reports: &[PortReport]) -> usize {
    let mut changed = 0;
    for report in reports {
        let Some(before) = draft.port(report.port).map(Arc::clone) else {
            continue;
        };
        if before.host_id != report.host || before.vif_type != VifType::Ovs {
            continue;
        }
        let up = report.up && before.admin_state_up;
        let status = if up { Status::Active } else { Status::Down };
        if before.status != status {
            let after = Port {
                status,
                ..Port::clone(&before)
            };
            store(draft, &*before, after, moment.now);
            changed += 1;
        }
    }
    changed
}
