//! What the writer counts for monitoring.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

use super::store::Appended;
use crate::metric;

/// An attempt to make a group of so many writes durable.
pub(super) fn attempt(appended: &Appended, writes: usize, took: Duration) {
    histogram!(metric::LEDGER_GROUP.name).record(writes as f64);
    histogram!(metric::LEDGER_COMMIT_SECONDS.name).record(took.as_secs_f64());
    match appended {
        Appended::Done => {}
        Appended::Conflict => counter!(metric::LEDGER_CONFLICTS.name).increment(1),
        Appended::Failed(_) | Appended::Unknown(_) => {
            counter!(metric::LEDGER_FAULTS.name).increment(1);
        }
    }
}

/// Commits that were made durable.
pub(super) fn commits(count: usize) {
    counter!(metric::LEDGER_COMMITS.name).increment(count as u64);
}

/// How far the log goes: from the oldest commit that it holds to the head.
pub(super) fn log(oldest: Option<u64>, head: u64) {
    let held = oldest.map_or(0, |oldest| (head + 1).saturating_sub(oldest));
    gauge!(metric::LEDGER_REVISION.name).set(head as f64);
    gauge!(metric::LEDGER_LOG.name).set(held as f64);
}
