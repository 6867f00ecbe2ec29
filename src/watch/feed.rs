//! The latest commits in memory, for all readers at once, and a reader's place among them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api::ApiError;
use tokio::sync::watch;

use super::event::Event;
use super::unreadable;
use crate::ledger::{Followed, Follower, Ledger};
use crate::model::Commit;

/// Most changes that are kept in memory. With their documents they take some 4 KB each.
const CHANGES_MAX: usize = 4_096;
/// Most commits that are handed out at a time.
const BATCH: usize = 256;
/// Most commits that are read from the log at a time.
const PAGE: u32 = 200;

/// The end of the log, as readers follow it: nobody who reads slowly holds anybody up.
pub(super) struct Feed {
    latest: Mutex<Latest>,
    head: watch::Sender<Head>,
}

/// The latest commits, ascending and without a gap, with the number of their changes.
#[derive(Default)]
struct Latest {
    events: VecDeque<Arc<Event>>,
    changes: usize,
}

/// How far the log has come.
#[derive(Clone, Copy, Debug)]
struct Head {
    revision: u64,
    /// Nothing more will come from here.
    closed: bool,
}

impl Feed {
    /// Follows the ledger until it closes.
    pub(super) fn start(ledger: &Ledger) -> Arc<Self> {
        let (model, follower) = ledger.follow();
        let head = Head {
            revision: model.revision(),
            closed: false,
        };
        let feed = Arc::new(Feed {
            latest: Mutex::default(),
            head: watch::Sender::new(head),
        });
        tokio::spawn(Arc::clone(&feed).run(follower));
        feed
    }

    async fn run(self: Arc<Self>, mut follower: Follower) {
        while let Some(followed) = follower.next().await {
            let revision = match followed {
                Followed::Commits { model, commits } => {
                    self.push(&commits);
                    model.revision()
                }
                // What is missing stands in the log.
                Followed::Lagged { model } => {
                    *self.latest() = Latest::default();
                    model.revision()
                }
            };
            self.head.send_modify(|head| head.revision = revision);
        }
        self.close();
    }

    /// Ends all readers.
    pub(super) fn close(&self) {
        self.head.send_modify(|head| head.closed = true);
    }

    /// The last commit that was heard of.
    pub(super) fn revision(&self) -> u64 {
        self.head.borrow().revision
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, commits: &[Arc<Commit>]) {
        let mut latest = self.latest();
        for commit in commits {
            latest.changes += commit.changes.len();
            let event = Event::new(Arc::clone(commit));
            latest.events.push_back(Arc::new(event));
        }
        // The last one stays, however large: whoever follows is about to read it.
        while latest.changes > CHANGES_MAX && latest.events.len() > 1 {
            let oldest = latest.events.pop_front();
            latest.changes -= oldest.map_or(0, |event| event.changes());
        }
    }

    /// The commits after `revision`, as far as they are in memory; `None` where the next is not.
    fn after(&self, revision: u64) -> Option<Vec<Arc<Event>>> {
        let latest = self.latest();
        let first = latest.events.front()?.revision();
        let skip = usize::try_from((revision + 1).checked_sub(first)?).ok()?;
        let events: Vec<_> = latest
            .events
            .range(skip.min(latest.events.len())..)
            .take(BATCH)
            .cloned()
            .collect();
        (!events.is_empty()).then_some(events)
    }
}

/// What a reader gets next.
pub(super) enum Next {
    /// At least one commit, ascending and without a gap from the last.
    Events(Vec<Arc<Event>>),
    /// The next commit is in the log no more.
    Gone,
    /// The controller is about to end.
    Closed,
}

/// A reader's place.
pub(super) struct Cursor {
    feed: Arc<Feed>,
    head: watch::Receiver<Head>,
    ledger: Ledger,
    /// The last commit that was handed out.
    at: u64,
    /// The last commit that is known to be in the log: the feed may not have heard of it yet.
    known: u64,
}

impl Cursor {
    /// A reader that has all commits up to `revision`; the log has them up to `known` at least.
    pub(super) fn new(feed: Arc<Feed>, ledger: Ledger, revision: u64, known: u64) -> Self {
        Cursor {
            head: feed.head.subscribe(),
            feed,
            ledger,
            at: revision,
            known,
        }
    }

    /// The last commit that was handed out.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Whether there are commits after `revision` already.
    pub(super) fn goes_beyond(&self, revision: u64) -> bool {
        self.head.borrow().revision.max(self.known) > revision
    }

    /// Waits for the next commits. Dropping the future loses none.
    ///
    /// # Errors
    /// 503 where they have to be read from the log, and it cannot be read.
    pub(super) async fn next(&mut self) -> Result<Next, ApiError> {
        loop {
            let head = *self.head.borrow_and_update();
            if head.closed {
                return Ok(Next::Closed);
            }
            if head.revision.max(self.known) > self.at {
                return self.take().await;
            }
            if self.head.changed().await.is_err() {
                return Ok(Next::Closed);
            }
        }
    }

    async fn take(&mut self) -> Result<Next, ApiError> {
        let events = match self.feed.after(self.at) {
            Some(events) => events,
            None => {
                let commits = self.ledger.log(self.at, PAGE).await;
                let commits = commits.map_err(|error| unreadable(&error))?;
                let commits = commits.into_iter().map(Arc::new);
                commits.map(|commit| Arc::new(Event::new(commit))).collect()
            }
        };
        match (events.first(), events.last()) {
            (Some(first), Some(last)) if first.revision() == self.at + 1 => {
                self.at = last.revision();
                Ok(Next::Events(events))
            }
            _ => Ok(Next::Gone),
        }
    }
}
