//! A running monitor: the replica the driver keeps up to date, and its readers. However slow a
//! reader is, what waits for it is bounded by the number of rows: changes of one row melt into one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::error::{ApplyError, CloseReason};
use crate::handle::Session;
use crate::notation::Uuid;
use crate::replica::{Replica, Row, RowChange};
use crate::update::Update;

/// What driver and readers share.
#[derive(Debug)]
pub(crate) struct Feed {
    state: Mutex<State>,
    version: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    replica: Replica,
    /// Each row that changed since it was last read, as it was then.
    unread: BTreeMap<(String, Uuid), Option<Arc<Row>>>,
    canceled: bool,
}

impl Feed {
    pub(crate) fn new(replica: Replica) -> Arc<Self> {
        let state = State {
            replica,
            unread: BTreeMap::new(),
            canceled: false,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            version: watch::Sender::new(0),
        })
    }

    /// Held for pointer copies only, never across anything that waits.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn replica(&self) -> Replica {
        self.state().replica.clone()
    }

    pub(crate) fn apply(&self, update: Update) -> Result<(), ApplyError> {
        // Only the driver writes, so the copy cannot grow old meanwhile.
        let mut replica = self.replica();
        let changes = replica.apply(update)?;
        let mut state = self.state();
        for RowChange {
            table,
            uuid,
            before,
            after,
        } in changes
        {
            let entry = state.unread.entry((table, uuid));
            match entry {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(before);
                }
                std::collections::btree_map::Entry::Occupied(entry) => {
                    if *entry.get() == after {
                        entry.remove();
                    }
                }
            }
        }
        state.replica = replica;
        drop(state);
        self.version.send_modify(|version| *version += 1);
        Ok(())
    }

    pub(crate) fn cancel(&self) {
        self.state().canceled = true;
        self.version.send_modify(|version| *version += 1);
    }

    fn take(&self) -> (Replica, Vec<RowChange>, bool) {
        let (replica, unread, canceled) = {
            let mut state = self.state();
            let unread = std::mem::take(&mut state.unread);
            (state.replica.clone(), unread, state.canceled)
        };
        let changes = unread
            .into_iter()
            .map(|((table, uuid), before)| {
                let after = replica.row(&table, uuid).cloned();
                RowChange {
                    table,
                    uuid,
                    before,
                    after,
                }
            })
            .collect();
        (replica, changes, canceled)
    }
}

/// A monitor: who holds it reads its changes, in order and without gaps. Dropping it ends the
/// monitor, not the session.
#[derive(Debug)]
pub struct Monitor {
    feed: Arc<Feed>,
    version: watch::Receiver<u64>,
    session: Session,
}

/// The replica after some updates, and what they changed.
#[derive(Clone, Debug)]
pub struct Step {
    /// The replica.
    pub replica: Replica,
    /// What changed since the step before, by table and row; never empty.
    pub changes: Vec<RowChange>,
}

impl Monitor {
    pub(crate) fn new(feed: Arc<Feed>, session: Session) -> Self {
        let mut version = feed.version.subscribe();
        version.mark_changed();
        Self {
            feed,
            version,
            session,
        }
    }

    /// Waits until something changed, and gives all that changed since the last call; the first
    /// call gives every row. Cancelling the call loses nothing.
    ///
    /// # Errors
    /// [`CloseReason`] once the session is over and everything before that was given.
    pub async fn next(&mut self) -> Result<Step, CloseReason> {
        loop {
            let over = self.session.close_reason();
            self.version.mark_unchanged();
            let (replica, changes, canceled) = self.feed.take();
            if !changes.is_empty() {
                return Ok(Step { replica, changes });
            }
            if let Some(reason) = over {
                return Err(reason);
            }
            if canceled {
                return Err(CloseReason::MonitorCanceled);
            }
            tokio::select! {
                _ = self.version.changed() => {}
                _ = self.session.closed() => {}
            }
        }
    }

    /// The replica as it is. After a `transact` on the same session it holds what the transaction
    /// changed: the server sends the update before the reply.
    #[must_use]
    pub fn replica(&self) -> Replica {
        self.feed.replica()
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// A second reader of the replica, for who waits for a state and not for changes.
    #[must_use]
    pub fn view(&self) -> View {
        View {
            feed: self.feed.clone(),
            session: self.session.clone(),
        }
    }
}

/// A reader of the replica of a [`Monitor`].
#[derive(Clone, Debug)]
pub struct View {
    feed: Arc<Feed>,
    session: Session,
}

impl View {
    /// The replica as it is.
    #[must_use]
    pub fn replica(&self) -> Replica {
        self.feed.replica()
    }

    /// Waits until `found` gives something for the replica. `found` is asked once at the start and
    /// then after each update, or once for several. Has no end of its own: wrap it in a timeout.
    ///
    /// # Errors
    /// [`CloseReason`] where the session ends first.
    pub async fn wait_for<T>(
        &self,
        mut found: impl FnMut(&Replica) -> Option<T>,
    ) -> Result<T, CloseReason> {
        let mut version = self.feed.version.subscribe();
        loop {
            let over = self.session.close_reason();
            version.mark_unchanged();
            if let Some(answer) = found(&self.replica()) {
                return Ok(answer);
            }
            if let Some(reason) = over {
                return Err(reason);
            }
            if self.feed.state().canceled {
                return Err(CloseReason::MonitorCanceled);
            }
            tokio::select! {
                _ = version.changed() => {}
                _ = self.session.closed() => {}
            }
        }
    }
}
