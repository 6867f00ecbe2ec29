//! From the ledger to the workers: which nodes a commit concerns, and with which sections.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::Fleet;
use crate::compile::{Section, touched};
use crate::ledger::{Followed, Follower};
use crate::model::{Commit, Model};

/// How often workers that nothing concerns are given the newest snapshot, lest they hold old ones.
const REFRESH: Duration = Duration::from_secs(10);

/// Tells the workers of `fleet` what concerns them, until the ledger is closed.
pub(super) async fn run(fleet: Fleet, mut before: Arc<Model>, mut follower: Follower) {
    let mut refresh = tokio::time::interval(REFRESH);
    loop {
        let followed = tokio::select! {
            followed = follower.next() => followed,
            _ = refresh.tick() => {
                fleet.each(|handle| handle.mailbox.snapshot(&before));
                continue;
            }
        };
        before = match followed {
            None => return,
            Some(Followed::Commits { model, commits }) => {
                for (node, sections) in concerned(&before, &model, &commits) {
                    if let Some(handle) = fleet.handle(node) {
                        handle.mailbox.commit(&model, sections);
                    }
                }
                model
            }
            Some(Followed::Lagged { model }) => {
                tracing::warn!(
                    revision = model.revision(),
                    "fell behind the ledger; all nodes compare everything"
                );
                fleet.each(|handle| handle.mailbox.everything(&model));
                model
            }
        };
        fleet.dispatched(before.revision());
    }
}

/// The sections that the commits touched, by node.
fn concerned(
    before: &Model,
    after: &Model,
    commits: &[Arc<Commit>],
) -> BTreeMap<Uuid, BTreeSet<Section>> {
    let mut nodes: BTreeMap<Uuid, BTreeSet<Section>> = BTreeMap::new();
    for change in commits.iter().flat_map(|commit| &commit.changes) {
        for (node, section) in touched(change, before, after) {
            nodes.entry(node).or_default().insert(section);
        }
    }
    nodes
}
