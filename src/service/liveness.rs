//! Which nodes are heard of: kept in memory, so that a heartbeat costs no write.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use api::Timestamp;
use uuid::Uuid;

/// What is known of a node's sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Its sessions are up.
    pub alive: bool,
    /// When they last came up.
    pub started_at: Timestamp,
    /// When it was last heard of.
    pub heard_at: Timestamp,
}

/// The pulses of all nodes; clones share them. The node room writes, the API reads.
#[derive(Debug, Clone, Default)]
pub struct Liveness(Arc<RwLock<BTreeMap<Uuid, Pulse>>>);

impl Liveness {
    /// The node's sessions have come up.
    pub fn up(&self, node: Uuid, now: Timestamp) {
        self.change(node, |pulse| {
            *pulse = Pulse {
                alive: true,
                started_at: now,
                heard_at: now,
            };
        });
    }

    /// The node answered a probe or sent something.
    pub fn heard(&self, node: Uuid, now: Timestamp) {
        self.change(node, |pulse| pulse.heard_at = now);
    }

    /// The node's sessions are gone.
    pub fn down(&self, node: Uuid) {
        self.change(node, |pulse| pulse.alive = false);
    }

    /// The node was removed.
    pub fn forget(&self, node: Uuid) {
        let mut pulses = self.0.write().unwrap_or_else(PoisonError::into_inner);
        pulses.remove(&node);
    }

    /// What is known of a node; `None` before it was first heard of.
    pub fn of(&self, node: Uuid) -> Option<Pulse> {
        let pulses = self.0.read().unwrap_or_else(PoisonError::into_inner);
        pulses.get(&node).copied()
    }

    fn change(&self, node: Uuid, edit: impl FnOnce(&mut Pulse)) {
        let mut pulses = self.0.write().unwrap_or_else(PoisonError::into_inner);
        edit(pulses.entry(node).or_default());
    }
}
