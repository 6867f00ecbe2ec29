//! A persistent ordered map: a B+tree whose nodes are shared between snapshots.
//!
//! Cloning is one reference count. A change copies the nodes on the way to the
//! leaf (about four of them at a hundred thousand entries) unless nobody else
//! holds them, in which case it edits in place: a bulk load costs no copies.
//! Keys lie side by side in the leaves, so that an index entry of thirty-two
//! bytes costs about forty-five, a third of what a balanced binary tree takes.

use std::borrow::Borrow;
use std::fmt;
use std::slice;
use std::sync::Arc;

/// Most entries a node holds before it is split.
const NODE_MAX: usize = 24;
/// A node with fewer entries than this is joined to its neighbour if both fit in one.
const NODE_MIN: usize = 8;

/// A persistent ordered map. Use `()` as the value for a set.
pub struct Tree<K, V> {
    root: Arc<Node<K, V>>,
    len: usize,
}

/// An inner entry's key is the lowest key of its child, exactly; no node but an
/// empty root is empty.
enum Node<K, V> {
    Leaf(Vec<(K, V)>),
    Inner(Vec<(K, Arc<Node<K, V>>)>),
}

impl<K, V> Tree<K, V> {
    /// The number of entries.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Every entry in key order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        let mut iter = Iter {
            above: Vec::new(),
            leaf: [].iter(),
        };
        iter.descend(&self.root);
        iter
    }
}

impl<K: Ord, V> Tree<K, V> {
    /// The value stored under `key`.
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        match self.floor(key) {
            Some((found, value)) if found.borrow() == key => Some(value),
            _ => None,
        }
    }

    /// True when `key` is present.
    pub fn contains<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.get(key).is_some()
    }

    /// The entry with the greatest key that is not above `key`.
    pub fn floor<Q>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let mut node = &*self.root;
        loop {
            match node {
                Node::Leaf(entries) => {
                    let after = entries.partition_point(|(k, _)| k.borrow() <= key);
                    let (k, v) = entries.get(after.checked_sub(1)?)?;
                    return Some((k, v));
                }
                Node::Inner(children) => {
                    let after = children.partition_point(|(k, _)| k.borrow() <= key);
                    node = &children.get(after.checked_sub(1)?)?.1;
                }
            }
        }
    }

    /// The entries whose key is `start` or above, in key order.
    pub fn from<Q>(&self, start: &Q) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let mut above = Vec::new();
        let mut node = &*self.root;
        loop {
            match node {
                Node::Leaf(entries) => {
                    let at = entries.partition_point(|(k, _)| k.borrow() < start);
                    let leaf = entries.get(at..).unwrap_or_default().iter();
                    return Iter { above, leaf };
                }
                Node::Inner(children) => {
                    let at = slot(children, start);
                    above.push(children.get(at + 1..).unwrap_or_default().iter());
                    match children.get(at) {
                        Some((_, child)) => node = child,
                        None => {
                            return Iter {
                                above,
                                leaf: [].iter(),
                            };
                        }
                    }
                }
            }
        }
    }
}

impl<K: Ord + Clone, V: Clone> Tree<K, V> {
    /// Stores `value` under `key` and returns what was there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (replaced, split) = Arc::make_mut(&mut self.root).insert(key, value);
        if let Some((separator, right)) = split {
            let left = std::mem::replace(&mut self.root, Arc::new(Node::Leaf(Vec::new())));
            let mut children = Vec::with_capacity(2);
            if let Some(lowest) = left.lowest() {
                children.push((lowest.clone(), Arc::clone(&left)));
            }
            children.push((separator, right));
            self.root = Arc::new(Node::Inner(children));
        }
        if replaced.is_none() {
            self.len += 1;
        }
        replaced
    }

    /// Takes the entry of `key` out and returns its value.
    pub fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        // An absent key must not copy the way to the place where it is not.
        if !self.contains(key) {
            return None;
        }
        let removed = Arc::make_mut(&mut self.root).remove(key);
        if removed.is_some() {
            self.len -= 1;
        }
        while let Node::Inner(children) = &*self.root
            && let [(_, only)] = children.as_slice()
        {
            self.root = Arc::clone(only);
        }
        removed
    }
}

impl<K, V> Node<K, V> {
    fn lowest(&self) -> Option<&K> {
        match self {
            Node::Leaf(entries) => entries.first().map(|(k, _)| k),
            Node::Inner(children) => children.first().map(|(k, _)| k),
        }
    }

    fn entries(&self) -> usize {
        match self {
            Node::Leaf(entries) => entries.len(),
            Node::Inner(children) => children.len(),
        }
    }
}

/// What an insertion hands up: the replaced value, and the new right-hand sibling.
type Inserted<K, V> = (Option<V>, Option<(K, Arc<Node<K, V>>)>);

impl<K: Ord + Clone, V: Clone> Node<K, V> {
    fn insert(&mut self, key: K, value: V) -> Inserted<K, V> {
        match self {
            Node::Leaf(entries) => match entries.binary_search_by(|(k, _)| k.cmp(&key)) {
                Ok(at) => (
                    entries
                        .get_mut(at)
                        .map(|entry| std::mem::replace(&mut entry.1, value)),
                    None,
                ),
                Err(at) => {
                    let right = insert_split(entries, at, (key, value));
                    let right = right.and_then(|r| sibling(Node::Leaf(r)));
                    (None, right)
                }
            },
            Node::Inner(children) => {
                let at = slot(children, &key);
                let Some(entry) = children.get_mut(at) else {
                    return (None, None);
                };
                if key < entry.0 {
                    entry.0 = key.clone();
                }
                let (replaced, split) = Arc::make_mut(&mut entry.1).insert(key, value);
                let right = split
                    .and_then(|new| insert_split(children, at + 1, new))
                    .and_then(|r| sibling(Node::Inner(r)));
                (replaced, right)
            }
        }
    }

    fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        match self {
            Node::Leaf(entries) => {
                let at = entries
                    .binary_search_by(|(k, _)| k.borrow().cmp(key))
                    .ok()?;
                Some(entries.remove(at).1)
            }
            Node::Inner(children) => {
                let at = slot(children, key);
                let entry = children.get_mut(at)?;
                let child = Arc::make_mut(&mut entry.1);
                let removed = child.remove(key);
                let left = child.entries();
                match child.lowest() {
                    Some(lowest) if *lowest != entry.0 => entry.0 = lowest.clone(),
                    Some(_) => {}
                    None => {
                        children.remove(at);
                    }
                }
                if (1..NODE_MIN).contains(&left) {
                    join(children, at);
                }
                removed
            }
        }
    }

    /// Appends the entries of `right`, which is of the same height.
    fn append(&mut self, right: Arc<Node<K, V>>) {
        let right = Arc::unwrap_or_clone(right);
        match (self, right) {
            (Node::Leaf(left), Node::Leaf(right)) => left.extend(right),
            (Node::Inner(left), Node::Inner(right)) => left.extend(right),
            // All leaves are at one depth, so siblings are of one sort.
            (Node::Leaf(_), Node::Inner(_)) | (Node::Inner(_), Node::Leaf(_)) => {
                debug_assert!(false, "siblings of different height");
            }
        }
    }
}

/// The child that covers `key`: the last one that does not begin above it.
fn slot<K, V, Q>(children: &[(K, V)], key: &Q) -> usize
where
    K: Borrow<Q>,
    Q: Ord + ?Sized,
{
    children
        .partition_point(|(k, _)| k.borrow() <= key)
        .saturating_sub(1)
}

/// Inserts and, if the node is too full, cuts off and returns its right part.
fn insert_split<T>(entries: &mut Vec<T>, at: usize, entry: T) -> Option<Vec<T>> {
    if entries.len() == entries.capacity() {
        entries.reserve_exact(2);
    }
    entries.insert(at, entry);
    if entries.len() <= NODE_MAX {
        return None;
    }
    // Entries that come in ascending order leave full nodes behind.
    let cut = if at + 1 == entries.len() {
        entries.len() - 2
    } else {
        entries.len() / 2
    };
    let right = entries.split_off(cut);
    entries.shrink_to_fit();
    Some(right)
}

fn sibling<K: Clone, V>(node: Node<K, V>) -> Option<(K, Arc<Node<K, V>>)> {
    let lowest = node.lowest()?.clone();
    Some((lowest, Arc::new(node)))
}

/// Joins the small child `at` with a neighbour if one node can hold both.
fn join<K: Ord + Clone, V: Clone>(children: &mut Vec<(K, Arc<Node<K, V>>)>, at: usize) {
    let fits = |left: usize| {
        let (Some((_, a)), Some((_, b))) = (children.get(left), children.get(left + 1)) else {
            return false;
        };
        a.entries() + b.entries() <= NODE_MAX
    };
    let left = match at.checked_sub(1) {
        Some(before) if fits(before) => before,
        _ if fits(at) => at,
        _ => return,
    };
    let (_, right) = children.remove(left + 1);
    if let Some((_, node)) = children.get_mut(left) {
        Arc::make_mut(node).append(right);
    }
}

/// The children of one node that are yet to be walked.
type Siblings<'a, K, V> = slice::Iter<'a, (K, Arc<Node<K, V>>)>;

/// A walk in key order.
pub struct Iter<'a, K, V> {
    above: Vec<Siblings<'a, K, V>>,
    leaf: slice::Iter<'a, (K, V)>,
}

impl<'a, K, V> Iter<'a, K, V> {
    fn descend(&mut self, mut node: &'a Node<K, V>) {
        loop {
            match node {
                Node::Leaf(entries) => {
                    self.leaf = entries.iter();
                    return;
                }
                Node::Inner(children) => {
                    let mut rest = children.iter();
                    let Some((_, first)) = rest.next() else {
                        return;
                    };
                    self.above.push(rest);
                    node = first;
                }
            }
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.leaf.next() {
                return Some((key, value));
            }
            match self.above.last_mut()?.next() {
                Some((_, node)) => self.descend(node),
                None => {
                    self.above.pop();
                }
            }
        }
    }
}

impl<K, V> Clone for Tree<K, V> {
    fn clone(&self) -> Self {
        Tree {
            root: Arc::clone(&self.root),
            len: self.len,
        }
    }
}

impl<K: Clone, V: Clone> Clone for Node<K, V> {
    /// A copy is made to be changed: it has room for one entry more.
    fn clone(&self) -> Self {
        fn roomy<T: Clone>(entries: &[T]) -> Vec<T> {
            let mut copy = Vec::with_capacity(entries.len() + 1);
            copy.extend_from_slice(entries);
            copy
        }
        match self {
            Node::Leaf(entries) => Node::Leaf(roomy(entries)),
            Node::Inner(children) => Node::Inner(roomy(children)),
        }
    }
}

impl<K, V> Default for Tree<K, V> {
    fn default() -> Self {
        Tree {
            root: Arc::new(Node::Leaf(Vec::new())),
            len: 0,
        }
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Tree<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len
            && (Arc::ptr_eq(&self.root, &other.root) || self.iter().eq(other.iter()))
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Tree<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Inner keys are exact minima, leaves are at one depth, nothing is over-full.
    fn check<K: Ord + fmt::Debug, V>(node: &Node<K, V>, root: bool) -> usize {
        assert!(node.entries() <= NODE_MAX);
        assert!(root || node.entries() > 0);
        match node {
            Node::Leaf(entries) => {
                assert!(entries.is_sorted_by(|a, b| a.0 < b.0));
                1
            }
            Node::Inner(children) => {
                assert!(children.is_sorted_by(|a, b| a.0 < b.0));
                let mut depths = children.iter().map(|(key, child)| {
                    assert_eq!(child.lowest(), Some(key));
                    check(child, false)
                });
                let depth = depths.next().unwrap();
                assert!(depths.all(|d| d == depth));
                depth + 1
            }
        }
    }

    proptest! {
        #[test]
        fn behaves_like_the_standard_map(
            changes in prop::collection::vec((any::<bool>(), 0u16..900, any::<u8>()), 0..2500),
            probes in prop::collection::vec(0u16..900, 20),
        ) {
            let mut tree = Tree::default();
            let mut model = BTreeMap::new();
            let mut snapshots = Vec::new();
            for (at, (put, key, value)) in changes.into_iter().enumerate() {
                if put {
                    prop_assert_eq!(tree.insert(key, value), model.insert(key, value));
                } else {
                    prop_assert_eq!(tree.remove(&key), model.remove(&key));
                }
                prop_assert_eq!(tree.len(), model.len());
                if at % 500 == 0 {
                    snapshots.push((tree.clone(), model.clone()));
                }
            }
            snapshots.push((tree, model));
            for (tree, model) in snapshots {
                check(&tree.root, true);
                prop_assert!(tree.iter().eq(model.iter()));
                for probe in &probes {
                    prop_assert_eq!(tree.get(probe), model.get(probe));
                    prop_assert!(tree.from(probe).eq(model.range(probe..)));
                    prop_assert_eq!(tree.floor(probe), model.range(..=probe).next_back());
                }
            }
        }
    }

    #[test]
    fn ascending_keys_fill_their_nodes_and_descending_removal_empties_the_tree() {
        let mut tree = Tree::default();
        for key in 0..100_000u32 {
            tree.insert(key, ());
        }
        check(&tree.root, true);
        for key in (0..100_000u32).rev() {
            assert_eq!(tree.remove(&key), Some(()));
        }
        assert_eq!(tree.len(), 0);
        assert_eq!(tree.iter().next(), None);
    }
}
