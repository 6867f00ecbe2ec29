//! Some columns of a row as they should be, for inserts and edits.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use crate::notation::{Atom, Datum, Map, NamedUuid, Set, Uuid};
use crate::operation::{Columns, Condition, Mutation};
use crate::replica::Row;
use crate::vswitch::column::{AtomValue, Column, ColumnValue};

/// A row that exists, or one that the same transaction inserts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowRef {
    /// It exists.
    Uuid(Uuid),
    /// It is being inserted.
    Named(NamedUuid),
}

impl RowRef {
    /// The condition that selects the row.
    #[must_use]
    pub fn condition(&self) -> Condition {
        Condition::equal("_uuid", Atom::from(self.clone()))
    }
}

impl From<RowRef> for Atom {
    fn from(row: RowRef) -> Self {
        match row {
            RowRef::Uuid(uuid) => Self::Uuid(uuid),
            RowRef::Named(name) => Self::Named(name),
        }
    }
}

impl From<Uuid> for RowRef {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl From<NamedUuid> for RowRef {
    fn from(name: NamedUuid) -> Self {
        Self::Named(name)
    }
}

/// How one column should be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wish {
    /// Exactly this.
    Whole(Datum),
    /// These keys with these values, or not there; other keys are nobody's business.
    Keys(BTreeMap<Atom, Option<Atom>>),
}

/// Columns of a row of type `R` as they should be. Columns not named are left alone in an edit and
/// take their default in an insert.
pub struct Values<R> {
    wishes: BTreeMap<&'static str, Wish>,
    row: PhantomData<fn() -> R>,
}

impl<R> Default for Values<R> {
    fn default() -> Self {
        Self {
            wishes: BTreeMap::new(),
            row: PhantomData,
        }
    }
}

impl<R> Clone for Values<R> {
    fn clone(&self) -> Self {
        Self {
            wishes: self.wishes.clone(),
            row: PhantomData,
        }
    }
}

impl<R> fmt::Debug for Values<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.wishes).finish()
    }
}

impl<R> PartialEq for Values<R> {
    fn eq(&self, other: &Self) -> bool {
        self.wishes == other.wishes
    }
}

impl<R> Values<R> {
    /// No column.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The column should be exactly `value`.
    #[must_use]
    pub fn set<T: ColumnValue>(mut self, column: Column<R, T>, value: impl Into<T>) -> Self {
        let datum = value.into().write();
        self.wishes.insert(column.name(), Wish::Whole(datum));
        self
    }

    /// The column should refer to exactly these rows.
    #[must_use]
    pub fn refer(
        mut self,
        column: Column<R, BTreeSet<Uuid>>,
        rows: impl IntoIterator<Item = RowRef>,
    ) -> Self {
        let set: Set = rows.into_iter().map(Atom::from).collect();
        self.wishes.insert(column.name(), Wish::Whole(set.into()));
        self
    }

    /// The column should refer to this row.
    #[must_use]
    pub fn refer_one(mut self, column: Column<R, Option<Uuid>>, row: RowRef) -> Self {
        let set: Set = [Atom::from(row)].into_iter().collect();
        self.wishes.insert(column.name(), Wish::Whole(set.into()));
        self
    }

    /// The key of the map column should have this value; other keys stay as they are.
    #[must_use]
    pub fn key<K: AtomValue, V: AtomValue>(
        self,
        column: Column<R, BTreeMap<K, V>>,
        key: impl Into<K>,
        value: impl Into<V>,
    ) -> Self {
        let value = value.into().to_atom();
        self.wish_key(column.name(), key.into().to_atom(), Some(value))
    }

    /// The key should not be in the map column; other keys stay as they are.
    #[must_use]
    pub fn no_key<K: AtomValue, V: AtomValue>(
        self,
        column: Column<R, BTreeMap<K, V>>,
        key: impl Into<K>,
    ) -> Self {
        self.wish_key(column.name(), key.into().to_atom(), None)
    }

    fn wish_key(mut self, column: &'static str, key: Atom, value: Option<Atom>) -> Self {
        let wish = self
            .wishes
            .entry(column)
            .or_insert_with(|| Wish::Keys(BTreeMap::new()));
        match (wish, value) {
            (Wish::Keys(keys), value) => {
                keys.insert(key, value);
            }
            (Wish::Whole(Datum::Map(map)), Some(value)) => {
                map.insert(key, value);
            }
            (Wish::Whole(Datum::Map(map)), None) => {
                map.remove(&key);
            }
            // A map column is only ever set to a map.
            (Wish::Whole(_), _) => {}
        }
        self
    }

    /// The columns of an insert.
    #[must_use]
    pub fn insert(&self) -> Columns {
        let columns = self.wishes.iter().map(|(&column, wish)| {
            let datum = match wish {
                Wish::Whole(datum) => datum.clone(),
                Wish::Keys(keys) => {
                    let pairs = keys
                        .iter()
                        .filter_map(|(k, v)| Some((k.clone(), v.clone()?)));
                    Datum::Map(pairs.collect())
                }
            };
            (column.to_owned(), datum)
        });
        columns.collect()
    }

    /// What brings an existing row to these values: columns to update, and mutations of maps. Both
    /// are empty where the row is as it should be. Columns that the replica lacks are written
    /// whenever they are named.
    #[must_use]
    pub fn difference(&self, row: &Row) -> (Columns, Vec<Mutation>) {
        let (mut update, mut mutations) = (Columns::new(), Vec::new());
        for (&column, wish) in &self.wishes {
            let present = row.typed(column);
            match wish {
                Wish::Whole(wanted) => {
                    let same = present.is_some_and(|(value, kind)| {
                        kind.normalise(wanted.clone())
                            .is_ok_and(|wanted| wanted == *value)
                    });
                    if !same {
                        update.insert(column.to_owned(), wanted.clone());
                    }
                }
                Wish::Keys(keys) => {
                    let map = present.and_then(|(value, _)| value.as_map());
                    mutations.extend(key_mutations(column, keys, map));
                }
            }
        }
        (update, mutations)
    }
}

/// Keys that differ go, then those wanted come: an insert leaves a key alone that is there.
fn key_mutations(
    column: &str,
    keys: &BTreeMap<Atom, Option<Atom>>,
    present: Option<&Map>,
) -> Vec<Mutation> {
    let differs = |(key, value): &(&Atom, &Option<Atom>)| {
        present.is_none_or(|map| map.get(key) != value.as_ref())
    };
    let changed: Vec<_> = keys.iter().filter(differs).collect();
    let gone = |key: &Atom| present.is_none_or(|map| map.get(key).is_some());
    let delete: Set = changed
        .iter()
        .map(|(key, _)| (*key).clone())
        .filter(|key| gone(key))
        .collect();
    let insert: Map = changed
        .iter()
        .filter_map(|(key, value)| Some(((*key).clone(), (*value).clone()?)))
        .collect();
    let mut mutations = Vec::new();
    if !delete.is_empty() {
        mutations.push(Mutation::delete(column, delete));
    }
    if !insert.is_empty() {
        mutations.push(Mutation::insert_pairs(column, insert));
    }
    mutations
}
