//! Following the ledger: every new model with the commits that led to it.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::broadcast::{self, error::RecvError};

use super::fault::Fault;
use crate::model::{Commit, Model};

/// What a follower is told next.
#[derive(Clone, Debug)]
pub enum Followed {
    /// The model went on by these commits, ascending and without a gap.
    Commits {
        /// The model after the last of them.
        model: Arc<Model>,
        /// At least one.
        commits: Arc<[Arc<Commit>]>,
    },
    /// The follower was too slow, or the commits in between are not to be had:
    /// go on from this model, comparing it with the one followed so far.
    Lagged {
        /// The model as it is.
        model: Arc<Model>,
    },
}

/// One follower's place. Holds back nobody: who is slow lags.
#[derive(Debug)]
pub struct Follower {
    receiver: broadcast::Receiver<Followed>,
    current: Arc<ArcSwap<Model>>,
    revision: u64,
}

impl Follower {
    /// Waits for the next step; `None` when the ledger is closed.
    pub async fn next(&mut self) -> Option<Followed> {
        loop {
            let followed = match self.receiver.recv().await {
                Ok(followed) => followed,
                Err(RecvError::Lagged(_)) => Followed::Lagged {
                    model: self.current.load_full(),
                },
                Err(RecvError::Closed) => return None,
            };
            let (Followed::Commits { model, .. } | Followed::Lagged { model }) = &followed;
            // What a lagging follower has been given a later model for is still in the channel.
            if model.revision() > self.revision {
                self.revision = model.revision();
                return Some(followed);
            }
        }
    }
}

/// The sending end: the current model, and those who follow it.
pub(super) struct Publisher {
    current: Arc<ArcSwap<Model>>,
    ails: Arc<ArcSwapOption<Fault>>,
    sender: broadcast::Sender<Followed>,
}

/// Where models are read and followers made.
#[derive(Clone)]
pub(super) struct Board {
    current: Arc<ArcSwap<Model>>,
    ails: Arc<ArcSwapOption<Fault>>,
    sender: broadcast::WeakSender<Followed>,
}

impl Publisher {
    /// A publisher of `model` whose followers may fall behind by `length` steps.
    pub(super) fn new(model: Arc<Model>, length: usize) -> Self {
        Publisher {
            current: Arc::new(ArcSwap::new(model)),
            ails: Arc::default(),
            sender: broadcast::Sender::new(length),
        }
    }

    pub(super) fn board(&self) -> Board {
        Board {
            current: Arc::clone(&self.current),
            ails: Arc::clone(&self.ails),
            sender: self.sender.downgrade(),
        }
    }

    /// What reading the database failed with when it was last looked at; `None` when it did not.
    pub(super) fn ails(&self, fault: Option<Arc<Fault>>) {
        self.ails.store(fault);
    }

    pub(super) fn commits(&self, model: Arc<Model>, commits: Vec<Arc<Commit>>) {
        self.current.store(Arc::clone(&model));
        let commits = commits.into();
        // Nobody need be following.
        let _ = self.sender.send(Followed::Commits { model, commits });
    }

    pub(super) fn jump(&self, model: Arc<Model>) {
        self.current.store(Arc::clone(&model));
        let _ = self.sender.send(Followed::Lagged { model });
    }
}

impl Board {
    pub(super) fn model(&self) -> Arc<Model> {
        self.current.load_full()
    }

    /// Why the database cannot be read, if it cannot.
    pub(super) fn ails(&self) -> Option<Arc<Fault>> {
        self.ails.load_full()
    }

    /// The model now, and a follower of everything after it; none of the ledger is closed.
    pub(super) fn follow(&self) -> (Arc<Model>, Follower) {
        // Subscribed first: nothing can fall between the two.
        let receiver = match self.sender.upgrade() {
            Some(sender) => sender.subscribe(),
            None => broadcast::Sender::new(1).subscribe(),
        };
        let model = self.current.load_full();
        let follower = Follower {
            receiver,
            current: Arc::clone(&self.current),
            revision: model.revision(),
        };
        (model, follower)
    }
}
