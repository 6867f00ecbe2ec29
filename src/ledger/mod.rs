//! The ledger: every change of the model, in order, durable.
//!
//! One writer per process. It drains its queue, runs the closures one after
//! another, each on the model that the one before it left, and commits what
//! they did in one SQL transaction (group commit), on condition that no other
//! controller has committed since. If one has, the writer takes over its
//! commits and runs the closures again: all writes of all controllers are in
//! one order, with no locks and no tables of allocations.
//!
//! ```text
//! write(closure) ─► queue ─► writer: run closures ─► SQL transaction ─► publish ─► answers
//!                              ▲        │ the head has moved               │
//!                              └── catch up from the log              model(), follow()
//! ```
//!
//! The writer has a thread of its own, so a closure never holds up anything else. So has what reads
//! the log, with a connection of its own: who looks back holds up no write. And so has what brings an
//! embedded database's own log into the database.

mod checkpoint;
mod clock;
mod database;
mod document;
mod entries;
mod fault;
mod follow;
mod job;
mod log;
mod reader;
mod rows;
mod schema;
mod statement;
mod store;
mod tally;
mod thread;
mod touched;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::model::{Draft, Model};

pub use database::{Database, NoDatabase};
pub use entries::{Extent, Mark};
pub use fault::{Fault, FaultKind};
pub use follow::{Followed, Follower};
pub use job::{Author, WriteError};
pub use log::{Former, ReadError, Touched};

use follow::Board;
use job::Task;
use reader::Question;
use writer::Request;

/// How many questions about the log wait at a time; further ones wait for a place.
const QUESTIONS: usize = 64;

/// How a ledger is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where.
    pub database: Database,
    /// Most writes that wait at a time; one more is refused as [`WriteError::Busy`].
    pub queue_length: usize,
    /// Most writes in one transaction.
    pub group_length: usize,
    /// How many steps a follower may fall behind before it is told that it lags.
    pub follow_length: usize,
    /// How long a lock of another process is waited for.
    pub busy_timeout: Duration,
    /// How long commits stay in the log; zero keeps them all.
    pub retention: Duration,
    /// How often to look for commits of other controllers when nothing else asks.
    pub poll_interval: Duration,
}

impl Settings {
    /// What serves one or a few controllers on `database`.
    pub fn new(database: Database) -> Self {
        Settings {
            database,
            queue_length: 4_096,
            group_length: 256,
            follow_length: 1_024,
            busy_timeout: Duration::from_secs(5),
            retention: Duration::from_secs(30 * 24 * 3600),
            poll_interval: Duration::from_secs(1),
        }
    }
}

/// What waits for the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Requests in the queue.
    pub waiting: usize,
    /// Most that it holds.
    pub length: usize,
}

/// A handle of the ledger; clones are of the same ledger. It closes when the
/// last one is dropped, after the writes that were queued by then.
#[derive(Clone)]
pub struct Ledger {
    database: Database,
    queue: mpsc::Sender<Request>,
    questions: mpsc::Sender<Question>,
    board: Board,
    /// Other controllers may write to the same database.
    shared: bool,
}

impl Ledger {
    /// Opens the database, creating it if it is a file that is not there, and
    /// loads the model.
    ///
    /// # Errors
    /// What the database refuses or fails at, with its path and the remedy.
    pub async fn open(settings: Settings) -> Result<Self, Fault> {
        let shared = matches!(settings.database, Database::MySql(_));
        let (queue, requests) = mpsc::channel(settings.queue_length.max(1));
        let (questions, asked) = mpsc::channel(QUESTIONS);
        let database = settings.database.clone();
        let stopped = || Fault::new(&database, FaultKind::Stopped);
        let board = writer::start(settings.clone(), requests).await;
        let board = board.unwrap_or_else(|| Err(stopped()))?;
        reader::start(&settings, asked).ok_or_else(stopped)?;
        Ok(Ledger {
            database: settings.database,
            queue,
            questions,
            board,
            shared,
        })
    }

    /// The model as of the last commit that this process knows. Costs nothing.
    pub fn model(&self) -> Arc<Model> {
        self.board.model()
    }

    /// Whether the database could be read when it was last looked at, which is every
    /// [`Settings::poll_interval`]. Costs nothing.
    ///
    /// # Errors
    /// What it fails at.
    pub fn health(&self) -> Result<(), WriteError<std::convert::Infallible>> {
        if self.queue.is_closed() {
            return Err(WriteError::Closed);
        }
        self.board
            .ails()
            .map_or(Ok(()), |fault| Err(WriteError::Fault(fault)))
    }

    /// How full the writer's queue is.
    pub fn queue(&self) -> Queue {
        let length = self.queue.max_capacity();
        Queue {
            waiting: length - self.queue.capacity(),
            length,
        }
    }

    /// A model that holds every write that any controller answered before this
    /// call. Where no other controller can be, this is [`Ledger::model`].
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn fresh(&self) -> Result<Arc<Model>, ReadError> {
        if self.shared {
            self.refresh().await
        } else {
            Ok(self.model())
        }
    }

    /// As [`Ledger::fresh`], and if that is not yet at `revision`, after asking the database, whatever
    /// it is: somebody has heard of the revision elsewhere.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn fresh_at(&self, revision: u64) -> Result<Arc<Model>, ReadError> {
        let model = self.fresh().await?;
        match model.revision() < revision {
            true => self.refresh().await,
            false => Ok(model),
        }
    }

    /// As [`Ledger::fresh`], asking the database whatever it is. All who ask
    /// while one answer is under way share the next.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn refresh(&self) -> Result<Arc<Model>, ReadError> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Request::Refresh(reply))?;
        match answer.await {
            Ok(Ok(model)) => Ok(model),
            Ok(Err(fault)) => Err(WriteError::Fault(fault)),
            Err(_) => Err(WriteError::Closed),
        }
    }

    /// Changes the model by `closure`, and returns when the change is durable,
    /// with the model right after it and what the closure returned.
    ///
    /// The closure sees the model in its place in the order of all writes. It
    /// may be run more than once, of which only the last run counts, so it must
    /// do nothing but edit its draft; and it must be quick, because all writes
    /// wait for it. When it returns an error, or panics, its edits are undone.
    ///
    /// # Errors
    /// What the closure returned; or why the write was not done.
    pub async fn write<T, E, F>(
        &self,
        author: Author,
        closure: F,
    ) -> Result<(Arc<Model>, T), WriteError<E>>
    where
        F: FnMut(&mut Draft) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Task::new(author, closure, reply));
        self.enqueue(Request::Write(job))?;
        answer.await.unwrap_or(Err(WriteError::Closed))
    }

    /// The model now, and a follower that is told of every commit after it.
    pub fn follow(&self) -> (Arc<Model>, Follower) {
        self.board.follow()
    }

    /// Completes the writes that are queued, and closes the database. Writes
    /// through other handles are refused from now on.
    pub async fn close(self) {
        // The reader first: the last connection that closes leaves an embedded database in one file.
        let (reply, closed) = oneshot::channel();
        if self.questions.send(Question::Close(reply)).await.is_ok() {
            let _ = closed.await;
        }
        let (reply, closed) = oneshot::channel();
        if self.queue.send(Request::Close(reply)).await.is_ok() {
            let _ = closed.await;
        }
    }

    fn enqueue<E>(&self, request: Request) -> Result<(), WriteError<E>> {
        self.queue.try_send(request).map_err(|error| match error {
            TrySendError::Full(_) => WriteError::Busy(self.queue.max_capacity()),
            TrySendError::Closed(_) => WriteError::Closed,
        })
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("revision", &self.model().revision())
            .finish_non_exhaustive()
    }
}
