//! What waits for a node's worker. Letters are merged as they come, so the box never grows beyond the
//! sections of the node, however slow its switch is.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::compile::{Section, rows_depend_on};
use crate::model::Model;

/// Beyond so many touched sections it is cheaper to compare everything.
const SECTIONS_MAX: usize = 20_000;

/// Which sections a worker has to look at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Touched {
    /// These.
    Sections(BTreeSet<Section>),
    /// All of them: too many at once, or nobody kept count.
    Everything,
}

impl Default for Touched {
    fn default() -> Self {
        Self::Sections(BTreeSet::new())
    }
}

impl Touched {
    fn add(&mut self, more: impl IntoIterator<Item = Section>) {
        let Self::Sections(sections) = self else {
            return;
        };
        sections.extend(more);
        if sections.len() > SECTIONS_MAX {
            *self = Self::Everything;
        }
    }
}

/// One delivery: the newest snapshot and everything touched since the last delivery.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// The newest snapshot; none when only a nudge came.
    pub(super) model: Option<Arc<Model>>,
    /// What the commits up to `model` touched on this node.
    pub(super) touched: Touched,
    /// The node's rows have to be looked at: its OVSDB said something, or what they depend on changed.
    pub(super) rows: bool,
    /// Somebody asked for a comparison with the switch now.
    pub(super) audit: bool,
    /// The oldest revision among the commits in this delivery, for those who wait for it to settle.
    pub(super) since: Option<u64>,
}

/// The box: any number of senders, one worker.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    mail: Mutex<Mail>,
    arrived: Notify,
}

impl Mailbox {
    /// A commit touched `sections` of this node.
    pub(super) fn commit(&self, model: &Arc<Model>, sections: BTreeSet<Section>) {
        let mut mail = self.lock();
        mail.rows |= sections.iter().any(rows_depend_on);
        mail.touched.add(sections);
        mail.since.get_or_insert(model.revision());
        mail.model = Some(Arc::clone(model));
        drop(mail);
        self.arrived.notify_one();
    }

    /// Nothing concerned this node up to `model`; it may let go of older snapshots.
    pub(super) fn snapshot(&self, model: &Arc<Model>) {
        self.lock().model = Some(Arc::clone(model));
        self.arrived.notify_one();
    }

    /// Something outside of the model changed: sessions, or what the switch says of itself.
    pub(super) fn nudge(&self) {
        self.lock().rows = true;
        self.arrived.notify_one();
    }

    /// The follower of the ledger lost count: everything has to be looked at.
    pub(super) fn everything(&self, model: &Arc<Model>) {
        let mut mail = self.lock();
        mail.touched = Touched::Everything;
        mail.rows = true;
        mail.since.get_or_insert(model.revision());
        mail.model = Some(Arc::clone(model));
        drop(mail);
        self.arrived.notify_one();
    }

    /// Asks for a comparison with the switch now.
    pub(super) fn audit(&self) {
        self.lock().audit = true;
        self.arrived.notify_one();
    }

    /// Revision of the oldest commit that waits in the box.
    pub(super) fn waiting_since(&self) -> Option<u64> {
        self.lock().since
    }

    /// Waits until there is mail. Cancel safe.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Takes what is there.
    pub(super) fn take(&self) -> Mail {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Mail> {
        // The lock is never held across anything that can panic.
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
