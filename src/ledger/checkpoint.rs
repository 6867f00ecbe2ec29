//! Moving what the write-ahead log of an embedded database holds into the database itself.
//!
//! Left alone, the engine does so in the middle of a commit, every so many pages, and whoever waits
//! for that commit waits for all of them to reach the disk. So most is moved beside the writer, on a
//! connection and a thread of its own. What was committed meanwhile is little: the writer moves that
//! itself between two groups, and then the log begins anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::model::Commit;

use super::store::{Moved, Store};
use super::{Database, Settings, thread};

/// Changed records after which it is time; each comes to some three pages.
const CHANGES: usize = 1_024;
/// Pages that reach the disk in little more time than one.
const FEW: i32 = 64;
/// Most turns in a row. Each has what was committed during the one before it.
const TURNS_MAX: usize = 8;

/// Who moves, as the writer knows it.
pub(super) struct Checkpoints {
    asked: mpsc::Sender<()>,
    moved: Arc<AtomicBool>,
    ended: oneshot::Receiver<()>,
    /// Changes since it was last asked.
    changes: usize,
    /// It was asked, and the writer's own part is yet to come.
    under_way: bool,
}

impl Checkpoints {
    /// `None` for a server, which does this by itself, and where there can be no thread: then the
    /// engine does it in its own way.
    pub(super) fn start(settings: &Settings) -> Option<Self> {
        let Database::Sqlite(_) = settings.database else {
            return None;
        };
        let (database, busy_timeout) = (settings.database.clone(), settings.busy_timeout);
        let (asked, mut questions) = mpsc::channel(1);
        let (end, ended) = oneshot::channel();
        let moved = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&moved);
        thread::spawn("weft-checkpoint", async move || {
            let mut store = Store::later(database, busy_timeout, Uuid::nil());
            while let Some(()) = questions.recv().await {
                move_most(&mut store).await;
                done.store(true, Ordering::Release);
            }
            store.close().await;
            let _ = end.send(());
        })?;
        Some(Self {
            asked,
            moved,
            ended,
            changes: 0,
            under_way: false,
        })
    }

    /// These are in the write-ahead log now.
    pub(super) fn grown(&mut self, commits: &[Arc<Commit>]) {
        self.changes += commits.iter().map(|c| c.changes.len()).sum::<usize>();
    }

    /// To be called between two groups. `store` is the writer's.
    pub(super) async fn between_groups(&mut self, store: &mut Store) {
        if self.under_way {
            if self.moved.swap(false, Ordering::Acquire) {
                self.under_way = false;
                move_pages(store).await;
            }
        } else if self.changes >= CHANGES {
            self.changes = 0;
            self.under_way = self.asked.try_send(()).is_ok();
        }
    }

    /// Returns when its connection is closed.
    pub(super) async fn close(self) {
        drop(self.asked);
        let _ = self.ended.await;
    }
}

/// Moves until what is left is little, and what was moved is on the disk.
async fn move_most(store: &mut Store) {
    let mut before = 0;
    for _ in 0..TURNS_MAX {
        match move_pages(store).await {
            Some(Moved { pages, moved }) if pages != moved || moved - before > FEW => {
                before = moved
            }
            _ => return,
        }
    }
}

/// What cannot be moved now is moved later, at the latest by the engine.
async fn move_pages(store: &mut Store) -> Option<Moved> {
    match store.checkpoint().await {
        Ok(moved) => Some(moved),
        Err(fault) => {
            tracing::warn!(error = %fault, cause = ?fault.source, "the write-ahead log cannot be moved into the database");
            None
        }
    }
}
