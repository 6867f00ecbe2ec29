//! The tables as they are stored. A database is a value: a transaction works on a copy and the
//! copy becomes the database if it commits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rpds::RedBlackTreeMapSync;

use crate::notation::{Atom, Datum, Uuid};
use crate::operation::Columns;
use crate::schema::{ColumnType, Schema, TableSchema};

/// A stored row: every column, normalised, `_uuid` and `_version` among them.
pub type StoredRow = Arc<Columns>;

/// A row before and after a transaction.
#[derive(Clone, Debug)]
pub struct Change {
    /// The table.
    pub table: String,
    /// The row.
    pub uuid: Uuid,
    /// As it was.
    pub before: Option<StoredRow>,
    /// As it is.
    pub after: Option<StoredRow>,
}

/// The stored tables.
#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) schema: Arc<Schema>,
    tables: BTreeMap<String, RedBlackTreeMapSync<Uuid, StoredRow>>,
    /// How many strong references each row has; none is no entry.
    referred: RedBlackTreeMapSync<Uuid, usize>,
    /// Rows that the transaction in progress has changed, inserted or deleted.
    touched: BTreeSet<(String, Uuid)>,
}

impl Database {
    pub(super) fn new(schema: Arc<Schema>) -> Self {
        let tables = schema.tables.keys();
        Self {
            tables: tables
                .map(|name| (name.clone(), RedBlackTreeMapSync::new_sync()))
                .collect(),
            schema,
            referred: RedBlackTreeMapSync::new_sync(),
            touched: BTreeSet::new(),
        }
    }

    pub(super) fn table(&self, name: &str) -> Option<&TableSchema> {
        self.schema.tables.get(name)
    }

    pub(super) fn rows(&self, table: &str) -> impl Iterator<Item = (&Uuid, &StoredRow)> {
        self.tables
            .get(table)
            .into_iter()
            .flat_map(|rows| rows.iter())
    }

    pub(super) fn row(&self, table: &str, uuid: Uuid) -> Option<&StoredRow> {
        self.tables.get(table)?.get(&uuid)
    }

    pub(super) fn count(&self, table: &str) -> usize {
        self.tables.get(table).map_or(0, RedBlackTreeMapSync::size)
    }

    pub(super) fn touched(&self) -> &BTreeSet<(String, Uuid)> {
        &self.touched
    }

    pub(super) fn referred(&self, uuid: Uuid) -> usize {
        self.referred.get(&uuid).copied().unwrap_or_default()
    }

    /// One strong reference more.
    pub(super) fn retain(&mut self, uuid: Uuid) {
        let count = self.referred(uuid) + 1;
        self.referred.insert_mut(uuid, count);
    }

    /// One strong reference less; gives how many are left.
    pub(super) fn release(&mut self, uuid: Uuid) -> usize {
        let count = self.referred(uuid).saturating_sub(1);
        if count == 0 {
            self.referred.remove_mut(&uuid);
        } else {
            self.referred.insert_mut(uuid, count);
        }
        count
    }

    /// Writes a row; its `_version` is renewed at the commit.
    pub(super) fn put(&mut self, table: &str, uuid: Uuid, row: Columns) {
        if let Some(rows) = self.tables.get_mut(table) {
            rows.insert_mut(uuid, Arc::new(row));
            self.touched.insert((table.to_owned(), uuid));
        }
    }

    pub(super) fn remove(&mut self, table: &str, uuid: Uuid) {
        if let Some(rows) = self.tables.get_mut(table) {
            rows.remove_mut(&uuid);
            self.touched.insert((table.to_owned(), uuid));
        }
    }

    /// What differs from `before`, each changed row with a new `_version`; ends the transaction.
    pub(super) fn settle(&mut self, before: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (table, uuid) in std::mem::take(&mut self.touched) {
            let old = before.row(&table, uuid).cloned();
            let new = self.row(&table, uuid).cloned();
            if old == new {
                continue;
            }
            let new = new.map(|row| {
                let mut row = Columns::clone(&row);
                row.insert("_version".to_owned(), Uuid::new_v4().into());
                Arc::new(row)
            });
            if let (Some(row), Some(rows)) = (&new, self.tables.get_mut(&table)) {
                rows.insert_mut(uuid, row.clone());
            }
            changes.push(Change {
                table,
                uuid,
                before: old,
                after: new,
            });
        }
        changes
    }
}

/// The type of a column, the two that every table has among them.
pub(super) fn column_type<'a>(table: &'a TableSchema, column: &str) -> Option<&'a ColumnType> {
    static IDENTITY: std::sync::OnceLock<ColumnType> = std::sync::OnceLock::new();
    if column == "_uuid" || column == "_version" {
        return Some(IDENTITY.get_or_init(|| ColumnType {
            key: crate::schema::BaseType::plain(crate::schema::AtomicType::Uuid),
            value: None,
            min: 1,
            max: 1,
        }));
    }
    table.columns.get(column).map(|schema| &schema.kind)
}

/// The references in a column, with the table they point to and whether they are strong.
pub(super) fn references<'a>(
    kind: &'a ColumnType,
    datum: &'a Datum,
) -> impl Iterator<Item = (&'a str, bool, Uuid)> {
    let keys = match datum {
        Datum::Map(map) => map.iter().map(|(key, _)| key).collect::<Vec<_>>(),
        other => other.atoms().iter().collect(),
    };
    let values = datum.as_map().into_iter().flatten().map(|(_, value)| value);
    let of = |base: Option<&'a crate::schema::BaseType>, atoms: Vec<&'a Atom>| {
        base.and_then(|base| base.reference.as_ref())
            .into_iter()
            .flat_map(move |target| {
                let uuids = atoms.clone().into_iter().filter_map(Atom::as_uuid);
                uuids.map(|uuid| (target.table.as_str(), target.strong, uuid))
            })
    };
    of(Some(&kind.key), keys).chain(of(kind.value.as_ref(), values.collect()))
}
