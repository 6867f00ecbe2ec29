//! The state of the controller and its nodes as one document.

use std::sync::atomic::{AtomicU64, Ordering};

use api::Kind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::Model;
use crate::node::{Fleet, PuntCounters, Report};

/// What `GET /weft/v1/status` answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    /// Version of weft.
    pub version: String,
    /// Revision of the model.
    pub revision: u64,
    /// How many networks there are.
    pub networks: usize,
    /// How many subnets there are.
    pub subnets: usize,
    /// How many ports there are.
    pub ports: usize,
    /// The nodes by hostname.
    pub nodes: Vec<NodeStatus>,
}

/// One node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Its id, as an agent's.
    pub id: Uuid,
    /// The name that ports are bound to it by.
    pub hostname: String,
    /// `external_ids:system-id` of its switch.
    pub system_id: String,
    /// Ports bound to it.
    pub ports: usize,
    /// What its worker says.
    pub report: Report,
    /// What its packets to the controller came to.
    pub punts: PuntStatus,
}

/// Packets that a switch sent to the controller, since the controller began.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PuntStatus {
    /// Answered.
    pub answered: u64,
    /// Understood, and not to be answered.
    pub unanswered: u64,
    /// From no port that is bound there, or for no responder.
    pub unknown: u64,
    /// Beyond what a port may ask.
    pub limited: u64,
    /// A responder failed on them.
    pub failed: u64,
}

impl From<&PuntCounters> for PuntStatus {
    fn from(counters: &PuntCounters) -> Self {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Self {
            answered: read(&counters.answered),
            unanswered: read(&counters.unanswered),
            unknown: read(&counters.unknown),
            limited: read(&counters.limited),
            failed: read(&counters.failed),
        }
    }
}

/// The state as it is now.
pub(super) fn status(fleet: &Fleet, model: &Model) -> Status {
    let reports = fleet.reports();
    let node = |node: &api::Node| NodeStatus {
        id: node.id,
        hostname: node.hostname.clone(),
        system_id: node.system_id.clone(),
        ports: model.ports_of_host(&node.hostname).count(),
        report: reports.get(&node.id).cloned().unwrap_or_default(),
        punts: fleet
            .punts(node.id)
            .map(|punts| PuntStatus::from(&*punts))
            .unwrap_or_default(),
    };
    let mut nodes: Vec<NodeStatus> = model.nodes().map(|record| node(record)).collect();
    nodes.sort_by(|a, b| a.hostname.cmp(&b.hostname));
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        revision: model.revision(),
        networks: model.count(Kind::Network),
        subnets: model.count(Kind::Subnet),
        ports: model.count(Kind::Port),
        nodes,
    }
}
