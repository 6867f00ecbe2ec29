//! Which node a bridge belongs to: a connection that comes in says its datapath id only, and the
//! node's OVSDB says which id its integration bridge has.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use uuid::Uuid;

/// The integration bridges that are known.
#[derive(Debug, Default)]
pub(super) struct Datapaths {
    nodes: Mutex<HashMap<u64, Uuid>>,
    changed: Notify,
}

impl Datapaths {
    /// The integration bridge of `node` has this id, and no other one.
    pub(super) fn put(&self, id: u64, node: Uuid) {
        let mut nodes = self.lock();
        if nodes.get(&id) == Some(&node) {
            return;
        }
        nodes.retain(|_, other| *other != node);
        nodes.insert(id, node);
        drop(nodes);
        self.changed.notify_waiters();
    }

    /// The node is gone.
    pub(super) fn forget(&self, node: Uuid) {
        self.lock().retain(|_, other| *other != node);
    }

    /// The node whose integration bridge has this id, as soon as it is known.
    pub(super) async fn node_of(&self, id: u64) -> Uuid {
        loop {
            // Registered before the look, so that a change between the two is not missed.
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(node) = self.lock().get(&id).copied() {
                return node;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Uuid>> {
        // The lock is never held across anything that can panic.
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
