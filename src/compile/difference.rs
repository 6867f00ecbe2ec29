//! What has to change in a switch for it to hold one output instead of another.

use std::collections::BTreeMap;

use openflow::{FlowEntry, FlowKey, Group, Meter};

use super::Output;

/// What has to change of one kind of thing, in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes<K, V> {
    /// Not there before.
    pub added: Vec<(K, V)>,
    /// There, but otherwise.
    pub changed: Vec<(K, V)>,
    /// Not there any more.
    pub removed: Vec<K>,
}

impl<K, V> Changes<K, V> {
    /// How many things change.
    pub fn len(&self) -> usize {
        self.added.len() + self.changed.len() + self.removed.len()
    }

    /// True when nothing does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What has to change in a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// Flows.
    pub flows: Changes<FlowKey, FlowEntry>,
    /// Groups.
    pub groups: Changes<u32, Group>,
    /// Meters.
    pub meters: Changes<u32, Meter>,
}

impl Delta {
    /// How many flows, groups and meters change.
    pub fn len(&self) -> usize {
        self.flows.len() + self.groups.len() + self.meters.len()
    }

    /// True when nothing has to change.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What leads from `before` to `after`. Empty exactly when they are equal.
pub fn difference(before: &Output, after: &Output) -> Delta {
    Delta {
        flows: changes(&before.flows, &after.flows),
        groups: changes(&before.groups, &after.groups),
        meters: changes(&before.meters, &after.meters),
    }
}

/// Walks both in step, so that it costs one comparison per key and no look-ups.
fn changes<K: Ord + Clone, V: PartialEq + Clone>(
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
) -> Changes<K, V> {
    let mut changes = Changes {
        added: Vec::new(),
        changed: Vec::new(),
        removed: Vec::new(),
    };
    let mut old = before.iter().peekable();
    for (key, value) in after {
        while let Some((gone, _)) = old.next_if(|(old, _)| *old < key) {
            changes.removed.push(gone.clone());
        }
        match old.next_if(|(old, _)| *old == key) {
            None => changes.added.push((key.clone(), value.clone())),
            Some((_, was)) if was == value => {}
            Some(_) => changes.changed.push((key.clone(), value.clone())),
        }
    }
    changes.removed.extend(old.map(|(gone, _)| gone.clone()));
    changes
}
