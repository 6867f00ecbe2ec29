//! What projects may have, and how much they have.

use std::sync::Arc;

use api::{Kind, Quota, Record};
use uuid::Uuid;

use super::Model;
use super::tree::Tree;

/// The limits that were set, by the quota's id, which follows from the project.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Quotas(Tree<Uuid, Arc<Quota>>);

impl Quotas {
    /// Puts `after` in the place of the record `id`, or nothing; gives what was there.
    pub(super) fn change(&mut self, id: Uuid, after: Option<Arc<Quota>>) -> Option<Arc<Quota>> {
        match after {
            Some(quota) => self.0.insert(id, quota),
            None => self.0.remove(&id),
        }
    }
}

/// How many records of each kind each project owns. Kept as records come and go, so that nobody counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Owned(Tree<(Kind, Arc<str>), u32>);

impl Owned {
    /// Takes note that a record was `before` and now is `after`.
    pub(super) fn change(&mut self, before: Option<&Record>, after: Option<&Record>) {
        let owner = |record: Option<&Record>| -> Option<(Kind, Arc<str>)> {
            let record = record?;
            Some((record.kind(), record.project()?.into()))
        };
        let same = before.and_then(Record::project) == after.and_then(Record::project);
        if same && before.is_some() && after.is_some() {
            return;
        }
        if let Some(key) = owner(before) {
            match self.0.get(&key).copied().unwrap_or(0) {
                0 | 1 => self.0.remove(&key),
                count => self.0.insert(key, count - 1),
            };
        }
        if let Some(key) = owner(after) {
            let count = self.0.get(&key).copied().unwrap_or(0);
            self.0.insert(key, count + 1);
        }
    }
}

/// Quotas.
impl Model {
    /// How many records of `kind` a project owns.
    pub fn owned(&self, kind: Kind, project: &str) -> u32 {
        let key = (kind, Arc::from(project));
        self.owned.0.get(&key).copied().unwrap_or(0)
    }

    /// The limits that were set for a project.
    pub fn quota(&self, project: &str) -> Option<&Arc<Quota>> {
        let quota = self.quotas.0.get(&Quota::id_of(project));
        quota.filter(|quota| quota.project_id == project)
    }

    /// All limits that were set, ascending by id.
    pub fn quotas(&self) -> impl Iterator<Item = &Arc<Quota>> + Send + use<'_> {
        self.quotas.0.iter().map(|(_, quota)| quota)
    }

    pub(super) fn quota_by_id(&self, id: Uuid) -> Option<&Arc<Quota>> {
        self.quotas.0.get(&id)
    }
}
