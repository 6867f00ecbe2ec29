//! A model being edited: what a write's closure works on.

use std::collections::BTreeMap;
use std::ops::Deref;

use api::{Kind, Record};
use uuid::Uuid;

use super::{Change, Model};

/// A model with changes that nobody else sees yet. Reads as the model it will
/// become.
#[derive(Debug)]
pub struct Draft {
    model: Model,
    changes: Vec<Change>,
    /// Where in `changes` a record stands.
    touched: BTreeMap<(Kind, Uuid), usize>,
}

impl Draft {
    /// A draft on top of `model`, which it leaves as it is.
    pub fn new(model: &Model) -> Self {
        Draft {
            model: model.clone(),
            changes: Vec::new(),
            touched: BTreeMap::new(),
        }
    }

    /// Stores `record` under its kind and id, and returns what was there before.
    pub fn put(&mut self, record: impl Into<Record>) -> Option<Record> {
        let record = record.into();
        let (kind, id) = (record.kind(), record.id());
        let before = self.model.put(record.clone());
        self.note(kind, id, before.clone(), Some(record));
        before
    }

    /// Takes the record out, and returns it.
    pub fn remove(&mut self, kind: Kind, id: Uuid) -> Option<Record> {
        let before = self.model.remove(kind, id)?;
        self.note(kind, id, Some(before.clone()), None);
        Some(before)
    }

    /// The model as it has become, and what changed: each record once, nothing
    /// for a record that came and went.
    pub fn finish(self) -> (Model, Vec<Change>) {
        let mut changes = self.changes;
        changes.retain(|change| change.before.is_some() || change.after.is_some());
        (self.model, changes)
    }

    fn note(&mut self, kind: Kind, id: Uuid, before: Option<Record>, after: Option<Record>) {
        let at = *self.touched.entry((kind, id)).or_insert(self.changes.len());
        match self.changes.get_mut(at) {
            Some(change) => change.after = after,
            None => self.changes.push(Change {
                kind,
                id,
                before,
                after,
            }),
        }
    }
}

impl Deref for Draft {
    type Target = Model;

    fn deref(&self) -> &Model {
        &self.model
    }
}
