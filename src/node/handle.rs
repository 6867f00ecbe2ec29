//! What the rest of the house holds of a node's worker: its mailbox, its links, and what it says of
//! itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::links::{Database, Links, Origin, Switch};
use super::mailbox::Mailbox;
use super::punt::PuntCounters;

/// A worker from outside.
#[derive(Debug)]
pub(super) struct Handle {
    /// Id of the node.
    pub(super) node: Uuid,
    /// What it is to look at.
    pub(super) mailbox: Mailbox,
    /// What its packets to the controller came to.
    pub(super) punts: Arc<PuntCounters>,
    links: Mutex<Links>,
    report: Mutex<Report>,
    /// Switches that are kept out because this node's is here, by the numbers of their links.
    rivals: Mutex<BTreeMap<u64, Origin>>,
}

/// What a worker says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its OVSDB session stands.
    pub ovsdb: bool,
    /// Its OpenFlow connection stands.
    pub openflow: bool,
    /// The switch holds what it should, as of [`Report::revision`].
    pub synchronised: bool,
    /// Revision of the model that the switch has acknowledged.
    pub revision: u64,
    /// Oldest revision that it has yet to acknowledge.
    #[serde(skip)]
    pub(super) working_since: Option<u64>,
    /// Version of Open vSwitch.
    pub version: Option<String>,
    /// Ports that are plugged.
    pub plugged: usize,
    /// Flows of ours in the switch as of the last comparison.
    pub flows: usize,
    /// Flow, group and meter mods sent since the worker began.
    pub mods: u64,
    /// Of those, what comparisons with the switch found to be different from what was left there.
    pub repaired: u64,
    /// Comparisons done.
    pub audits: u64,
    /// What is not as it should be, for people.
    pub faults: Vec<String>,
}

impl Handle {
    pub(super) fn new(node: Uuid) -> Self {
        Self {
            node,
            mailbox: Mailbox::default(),
            punts: Arc::default(),
            links: Mutex::default(),
            report: Mutex::default(),
            rivals: Mutex::default(),
        }
    }

    /// The sessions as they are now.
    pub(super) fn links(&self) -> Links {
        lock(&self.links).clone()
    }

    /// A new OVSDB session; the one before, if there is one, is closed. A session of another switch is
    /// not taken while that of this one stands: then it tells where that one is.
    pub(super) fn attach_database(&self, database: Database) -> Result<(), Origin> {
        let mut links = lock(&self.links);
        if let Some(live) = links.live_database()
            && live.origin != database.origin
        {
            return Err(live.origin);
        }
        let before = links.database.replace(database);
        drop(links);
        if let Some(before) = before {
            before.session.close();
        }
        self.mailbox.nudge();
        Ok(())
    }

    /// Whose OVSDB session stands.
    pub(super) fn occupant(&self) -> Option<Origin> {
        lock(&self.links).live_database().map(|live| live.origin)
    }

    /// Another switch that gives itself this node's name waits to join.
    pub(super) fn keep_out(&self, link: u64, origin: Origin) {
        lock(&self.rivals).insert(link, origin);
    }

    /// That switch waits no longer.
    pub(super) fn let_go(&self, link: u64) {
        lock(&self.rivals).remove(&link);
    }

    /// That OVSDB session is over.
    pub(super) fn detach_database(&self, number: u64) {
        let mut links = lock(&self.links);
        if links
            .database
            .as_ref()
            .is_some_and(|link| link.number == number)
        {
            links.database = None;
        }
        drop(links);
        self.mailbox.nudge();
    }

    /// A new OpenFlow connection; the one before, if there is one, is closed.
    pub(super) fn attach_switch(&self, switch: Switch) {
        let before = lock(&self.links).switch.replace(switch);
        if let Some(before) = before {
            before.connection.close();
        }
        self.mailbox.nudge();
    }

    /// That OpenFlow connection is over.
    pub(super) fn detach_switch(&self, number: u64) {
        let mut links = lock(&self.links);
        if links
            .switch
            .as_ref()
            .is_some_and(|link| link.number == number)
        {
            links.switch = None;
        }
        drop(links);
        self.mailbox.nudge();
    }

    /// Closes both sessions.
    pub(super) fn close(&self) {
        let links = std::mem::take(&mut *lock(&self.links));
        if let Some(database) = links.database {
            database.session.close();
        }
        if let Some(switch) = links.switch {
            switch.connection.close();
        }
    }

    /// What the worker said last, and who else would like to be this node.
    pub(super) fn report(&self) -> Report {
        let mut report = lock(&self.report).clone();
        let rivals = lock(&self.rivals);
        report.faults.extend(rivals.values().map(|rival| {
            format!(
                "another switch, at {rival}, has the system-id or hostname of this node and is kept out; give it its own"
            )
        }));
        report
    }

    /// Changes what the worker says.
    pub(super) fn say(&self, edit: impl FnOnce(&mut Report)) {
        edit(&mut lock(&self.report));
    }

    /// Whether the switch has acknowledged every commit up to `revision` that concerns it, or is not
    /// there to do so.
    pub(super) fn settled(&self, revision: u64) -> bool {
        let report = self.report();
        let waiting = self.mailbox.waiting_since();
        let oldest = [waiting, report.working_since].into_iter().flatten().min();
        let reached = oldest.is_none_or(|oldest| oldest > revision);
        !report.openflow || report.synchronised && reached
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The locks are never held across anything that can panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
