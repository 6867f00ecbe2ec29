//! Locks (RFC 7047 §4.1.8): per name a queue of sessions, the first of which holds it.

use std::collections::{BTreeMap, VecDeque};

use crate::error::PeerError;
use crate::testing::value::syntax;

/// Who has to be told what.
pub(super) struct Notice {
    pub(super) session: u64,
    pub(super) method: &'static str,
    pub(super) lock: String,
}

#[derive(Default)]
pub(super) struct Locks {
    queues: BTreeMap<String, VecDeque<u64>>,
}

impl Locks {
    pub(super) fn holds(&self, lock: &str, session: u64) -> bool {
        let queue = self.queues.get(lock);
        queue.and_then(|queue| queue.front()) == Some(&session)
    }

    /// Queues up; whether the lock is held at once.
    pub(super) fn lock(&mut self, lock: &str, session: u64) -> Result<bool, PeerError> {
        let queue = self.queues.entry(lock.to_owned()).or_default();
        if queue.contains(&session) {
            return Err(syntax("must issue \"unlock\" before new \"lock\""));
        }
        queue.push_back(session);
        Ok(queue.len() == 1)
    }

    /// Takes the lock from whoever holds it; they keep the next place.
    pub(super) fn steal(&mut self, lock: &str, session: u64) -> Result<Option<Notice>, PeerError> {
        let queue = self.queues.entry(lock.to_owned()).or_default();
        if queue.contains(&session) {
            return Err(syntax("must issue \"unlock\" before new \"steal\""));
        }
        let robbed = queue.front().map(|&session| Notice {
            session,
            method: "stolen",
            lock: lock.to_owned(),
        });
        queue.push_front(session);
        Ok(robbed)
    }

    pub(super) fn unlock(&mut self, lock: &str, session: u64) -> Result<Option<Notice>, PeerError> {
        let queue = self.queues.entry(lock.to_owned()).or_default();
        if !queue.contains(&session) {
            return Err(syntax("\"unlock\" without \"lock\" or \"steal\""));
        }
        Ok(self.leave(lock, session))
    }

    /// A session is gone.
    pub(super) fn forget(&mut self, session: u64) -> Vec<Notice> {
        let names: Vec<String> = self.queues.keys().cloned().collect();
        let notices = names.iter().filter_map(|name| self.leave(name, session));
        notices.collect()
    }

    fn leave(&mut self, lock: &str, session: u64) -> Option<Notice> {
        let held = self.holds(lock, session);
        let queue = self.queues.get_mut(lock)?;
        queue.retain(|&waiting| waiting != session);
        let next = queue.front().copied();
        if queue.is_empty() {
            self.queues.remove(lock);
        }
        next.filter(|_| held).map(|session| Notice {
            session,
            method: "locked",
            lock: lock.to_owned(),
        })
    }
}
