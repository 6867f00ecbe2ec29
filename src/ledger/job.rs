//! A write as the writer sees it: a closure to run, and someone to answer.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::model::{Change, Draft, Model};

use super::fault::Fault;

/// Who asks for a write; stands in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// The user, or the part of weft that writes by itself.
    pub who: String,
    /// The API request (`req-…`), or empty.
    pub request_id: String,
}

/// Why a write changed nothing, or may not have.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError<E> {
    /// The closure itself refused.
    #[error("refused: {0}")]
    Refused(E),
    /// More writes are waiting than the queue holds. Nothing was changed; try again later.
    #[error("{0} writes are waiting already; try again later")]
    Busy(usize),
    /// The database failed. Nothing was changed.
    #[error(transparent)]
    Fault(Arc<Fault>),
    /// The database failed while committing: the write was done or it was not.
    #[error("the outcome is not known: {0}")]
    Unknown(Arc<Fault>),
    /// Other controllers were faster every time. Nothing was changed; try again later.
    #[error("other controllers wrote first, {0} times in a row; try again later")]
    Outrun(u32),
    /// The closure panicked. Nothing was changed.
    #[error("the write failed inside; see the log")]
    Panicked,
    /// The ledger is closed. Nothing was changed.
    #[error("the ledger is closed")]
    Closed,
}

impl<E: fmt::Display> WriteError<E> {
    /// What failed and what helps, without where the database is: that is for the log, and no
    /// tenant's to know.
    pub fn for_clients(&self) -> String {
        match self {
            Self::Fault(fault) => fault.kind.to_string(),
            Self::Unknown(fault) => format!("the outcome is not known: {}", fault.kind),
            other => other.to_string(),
        }
    }
}

/// A failure of the whole group that a write was in.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    Fault(Arc<Fault>),
    Unknown(Arc<Fault>),
    Outrun(u32),
}

/// What running a closure came to.
pub(super) enum Ran {
    /// It succeeded and edited the model.
    Changed(Box<Model>, Vec<Change>),
    /// It succeeded or refused, and the model is as before.
    Unchanged,
}

/// A write with its types put away.
pub(super) trait Job: Send {
    /// Runs the closure on top of `model`. May be called again: only the last run counts.
    fn run(&mut self, model: &Model) -> Ran;
    fn author(&self) -> &Author;
    /// True when nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// Answers with what the last run came to; `model` is the model after it.
    fn answer(self: Box<Self>, model: Arc<Model>);
    fn fail(self: Box<Self>, failure: Failure);
}

/// The answer to a write: the model that has it, and what the closure returned.
pub(super) type Answer<T, E> = Result<(Arc<Model>, T), WriteError<E>>;

/// A closure with its types.
pub(super) struct Task<F, T, E> {
    author: Author,
    closure: F,
    /// What the last run came to; `None` when it panicked.
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Answer<T, E>>,
}

impl<F, T, E> Task<F, T, E> {
    pub(super) fn new(author: Author, closure: F, reply: oneshot::Sender<Answer<T, E>>) -> Self {
        Task {
            author,
            closure,
            result: None,
            reply,
        }
    }
}

impl<F, T, E> Job for Task<F, T, E>
where
    F: FnMut(&mut Draft) -> Result<T, E> + Send,
    T: Send,
    E: Send,
{
    fn run(&mut self, model: &Model) -> Ran {
        let mut draft = Draft::new(model);
        // The draft is thrown away when the closure panics, so no half of it can be seen.
        let ran = catch_unwind(AssertUnwindSafe(|| (self.closure)(&mut draft)));
        self.result = ran.ok();
        match &self.result {
            Some(Ok(_)) => {
                let (model, changes) = draft.finish();
                if changes.is_empty() {
                    Ran::Unchanged
                } else {
                    Ran::Changed(Box::new(model), changes)
                }
            }
            Some(Err(_)) => Ran::Unchanged,
            None => {
                tracing::error!(who = %self.author.who, request = %self.author.request_id, "a write panicked");
                Ran::Unchanged
            }
        }
    }

    fn author(&self) -> &Author {
        &self.author
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn answer(self: Box<Self>, model: Arc<Model>) {
        let answer = match self.result {
            Some(Ok(value)) => Ok((model, value)),
            Some(Err(error)) => Err(WriteError::Refused(error)),
            None => Err(WriteError::Panicked),
        };
        // Who asked may have gone; the write is done all the same.
        let _ = self.reply.send(answer);
    }

    fn fail(self: Box<Self>, failure: Failure) {
        let error = match failure {
            Failure::Fault(fault) => WriteError::Fault(fault),
            Failure::Unknown(fault) => WriteError::Unknown(fault),
            Failure::Outrun(times) => WriteError::Outrun(times),
        };
        let _ = self.reply.send(Err(error));
    }
}
