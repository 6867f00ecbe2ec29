//! Port status on its way to the ledger: gathered from all nodes, written in batches, kept while the
//! database is away.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use uuid::Uuid;

use crate::service::{PortReport, Service};

/// How many reports go into one write.
const BATCH: usize = 1_000;
/// Between attempts while nothing can be written.
const RETRY: Duration = Duration::from_secs(1);

/// What is still to be written: the last word on each port, so never more than there are ports.
#[derive(Debug, Default)]
pub(super) struct Reporter {
    waiting: Mutex<BTreeMap<Uuid, PortReport>>,
    arrived: Notify,
}

impl Reporter {
    /// Takes reports; the last one about a port counts.
    pub(super) fn report(&self, reports: Vec<PortReport>) {
        if reports.is_empty() {
            return;
        }
        let mut waiting = self.lock();
        for report in reports {
            waiting.insert(report.port, report);
        }
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Writes what comes, for ever.
    pub(super) async fn run(&self, service: &Service) {
        loop {
            let batch = self.batch();
            if batch.is_empty() {
                self.arrived.notified().await;
                continue;
            }
            if let Err(error) = service.set_port_status(batch.clone()).await {
                tracing::warn!(%error, ports = batch.len(), "port status waits to be written");
                self.put_back(batch);
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    fn batch(&self) -> Vec<PortReport> {
        let mut waiting = self.lock();
        let rest = match waiting.keys().nth(BATCH).copied() {
            Some(first_left) => waiting.split_off(&first_left),
            None => BTreeMap::new(),
        };
        std::mem::replace(&mut *waiting, rest)
            .into_values()
            .collect()
    }

    /// What nobody has said anything newer about.
    fn put_back(&self, batch: Vec<PortReport>) {
        let mut waiting = self.lock();
        for report in batch {
            waiting.entry(report.port).or_insert(report);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Uuid, PortReport>> {
        // The lock is never held across anything that can panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(port: u128, up: bool) -> PortReport {
        PortReport {
            port: Uuid::from_u128(port),
            host: "h".into(),
            up,
        }
    }

    #[test]
    fn the_last_word_counts_and_a_failed_write_does_not_undo_it() {
        let reporter = Reporter::default();
        reporter.report(vec![report(1, true), report(2, true)]);
        let batch = reporter.batch();
        assert_eq!(batch.len(), 2);
        reporter.report(vec![report(1, false)]);
        reporter.put_back(batch);
        assert_eq!(reporter.batch(), [report(1, false), report(2, true)]);
        assert!(reporter.batch().is_empty());
    }

    #[test]
    fn batches_are_bounded_and_lose_nothing() {
        let reporter = Reporter::default();
        let total = BATCH * 2 + 3;
        reporter.report((0..total as u128).map(|port| report(port, true)).collect());
        let sizes: Vec<usize> = (0..4).map(|_| reporter.batch().len()).collect();
        assert_eq!(sizes, [BATCH, BATCH, 3, 0]);
    }
}
