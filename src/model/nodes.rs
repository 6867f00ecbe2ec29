//! Nodes by id, by hostname, by system id, by key.

use std::sync::Arc;

use api::Node;
use uuid::Uuid;

use super::keys::Keys;
use super::text::ByText;
use super::tree::Tree;

/// The nodes with their indexes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Nodes {
    pub(super) records: Tree<Uuid, Arc<Node>>,
    pub(super) hostnames: ByText,
    pub(super) system_ids: ByText,
    pub(super) keys: Keys,
}

impl Nodes {
    /// Puts `after` in the place of the record `id`, or nothing; gives what was there.
    pub(super) fn change(&mut self, id: Uuid, after: Option<Arc<Node>>) -> Option<Arc<Node>> {
        let before = match &after {
            Some(node) => self.records.insert(id, Arc::clone(node)),
            None => self.records.remove(&id),
        };
        let (old, new) = (before.as_deref(), after.as_deref());
        let text = |read: fn(&Node) -> &str| (old.map(read), new.map(read));
        for (index, (old, new)) in [
            (&mut self.hostnames, text(|node| &node.hostname)),
            (&mut self.system_ids, text(|node| &node.system_id)),
        ] {
            index.change(id, old, new);
        }
        let key = |node: &Node| node.key;
        self.keys.change(id, old.map(key), new.map(key));
        before
    }
}
