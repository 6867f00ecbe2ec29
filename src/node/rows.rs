//! A node's rows on their way into its OVSDB: one transaction at a time, beside what its worker does with
//! its switch.

use std::time::Duration;

use api::Node;
use ovsdb::vswitch::{self, RowError};
use ovsdb::{Replica, Session};
use tokio::task::JoinSet;

use super::links::Database;
use super::provision;
use super::{Settings, facts};
use crate::compile::{self, Rows as Wanted};
use crate::model::Model;

/// A server that answers probes and not this transaction is asked again in a new session.
const ANSWER: Duration = Duration::from_secs(10);

/// The transaction that is under way, if there is one.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// A task of its own, which ends with this.
    under_way: JoinSet<Written>,
    /// Asked for again meanwhile.
    again: bool,
}

/// What became of a transaction.
#[derive(Debug)]
pub(super) struct Written {
    /// What is wrong, for people.
    pub(super) faults: Vec<String>,
    /// Whether to write them again.
    pub(super) again: Again,
}

/// Whether and when rows are to be written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// They are as they should be, or what comes next says so by itself.
    No,
    /// At once: something has changed meanwhile.
    Now,
    /// After a while.
    Later,
}

impl Written {
    /// It failed, for a reason that may pass.
    pub(super) fn failed(fault: String) -> Self {
        Written {
            faults: vec![fault],
            again: Again::Later,
        }
    }
}

impl Rows {
    /// Begins to write what is missing of a node's rows, or remembers to do so after what is under way.
    ///
    /// # Errors
    /// A row that cannot be read, for people.
    pub(super) fn write(
        &mut self,
        node: &Node,
        model: &Model,
        database: &Database,
        settings: &Settings,
    ) -> Result<(), String> {
        if !self.under_way.is_empty() {
            self.again = true;
            return Ok(());
        }
        let replica = database.view.replica();
        let targets = targets(&replica, settings).map_err(|error| error.to_string())?;
        let wanted = compile::rows(node, model, &targets);
        let session = database.session.clone();
        self.under_way.spawn(write(session, replica, wanted));
        Ok(())
    }

    /// Waits for the end of the transaction; where there is none, for ever. Can be dropped and called
    /// again.
    pub(super) async fn written(&mut self) -> Written {
        let mut written = match self.under_way.join_next().await {
            None => return std::future::pending().await,
            Some(Ok(written)) => written,
            Some(Err(error)) => Written::failed(format!("rows could not be written: {error}")),
        };
        if std::mem::take(&mut self.again) && written.again == Again::No {
            written.again = Again::Now;
        }
        written
    }
}

/// Where the switch finds its OpenFlow controller.
fn targets(replica: &Replica, settings: &Settings) -> Result<Vec<String>, RowError> {
    match &settings.openflow_target {
        Some(target) => Ok(vec![target.clone()]),
        None => facts::controllers(replica, settings.openflow_port),
    }
}

async fn write(session: Session, replica: Replica, wanted: Wanted) -> Written {
    let provision = match provision::edit(&replica, &wanted) {
        Ok(provision) => provision,
        Err(error) => return Written::failed(error.to_string()),
    };
    let missing = provision.missing_bridges.iter();
    let faults = missing
        .map(|bridge| format!("bridge {bridge} of ovn-bridge-mappings is not there"))
        .collect();
    let done = Written {
        faults,
        again: Again::No,
    };
    let commit = vswitch::commit(&session, provision.edit);
    match tokio::time::timeout(ANSWER, commit).await {
        Ok(Ok(_)) => done,
        // Somebody changed the rows meanwhile: the replica's next step brings us here again.
        Ok(Err(error)) if error.is_stale() => done,
        // The next session begins with its rows.
        Ok(Err(_)) if session.close_reason().is_some() => done,
        Ok(Err(error)) => Written::failed(format!("rows could not be written: {error}")),
        Err(_) => {
            session.close();
            let seconds = ANSWER.as_secs();
            Written::failed(format!(
                "rows could not be written: no answer for {seconds} s; the session is begun anew"
            ))
        }
    }
}
