//! The monitored part of a database in memory. Applying an update is pure: a replica is a value,
//! cheap to clone (persistent maps), and an update that does not fit leaves it as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

use crate::error::{ApplyError, TypeError};
use crate::notation::{Atom, Datum, Uuid};
use crate::operation::Columns;
use crate::schema::{ColumnType, Schema};
use crate::update::{RowUpdate, Selection, Update};

/// The columns of a table that a replica holds.
#[derive(Debug, PartialEq, Eq)]
pub struct TableLayout {
    name: String,
    /// Sorted by name.
    columns: Vec<(String, ColumnType)>,
    /// The schema's indexes whose columns are all here, as places in `columns`.
    indexes: Vec<Vec<usize>>,
    /// Places of the columns that refer strongly to other rows.
    references: Vec<usize>,
}

/// The tables and columns that a replica holds, with their types; shared by all replicas of one
/// schema and selection.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    selection: Selection,
    tables: Vec<Arc<TableLayout>>,
}

impl Layout {
    /// The layout of a selection.
    ///
    /// # Errors
    /// [`ApplyError::UnknownTable`] or [`ApplyError::UnknownColumn`] where the schema lacks what
    /// is selected.
    pub fn new(schema: &Schema, selection: &Selection) -> Result<Arc<Self>, ApplyError> {
        let mut tables = Vec::new();
        for (name, selected) in selection.tables() {
            let table = schema
                .tables
                .get(name)
                .ok_or_else(|| ApplyError::UnknownTable {
                    table: name.clone(),
                })?;
            let wanted: BTreeSet<&String> = selected.columns.iter().collect();
            let mut columns = Vec::new();
            for column in wanted {
                let schema =
                    table
                        .columns
                        .get(column)
                        .ok_or_else(|| ApplyError::UnknownColumn {
                            table: name.clone(),
                            column: column.clone(),
                        })?;
                columns.push((column.clone(), schema.kind.clone()));
            }
            let place = |column: &String| columns.iter().position(|(name, _)| name == column);
            let indexes = table
                .indexes
                .iter()
                .filter_map(|index| index.iter().map(place).collect())
                .collect();
            let references = columns
                .iter()
                .enumerate()
                .filter(|(_, (_, kind))| refers_strongly(kind))
                .map(|(place, _)| place)
                .collect();
            tables.push(Arc::new(TableLayout {
                name: name.clone(),
                columns,
                indexes,
                references,
            }));
        }
        Ok(Arc::new(Self {
            selection: selection.clone(),
            tables,
        }))
    }

    /// The selection it was made from.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    fn place(&self, table: &str) -> Option<usize> {
        self.tables
            .binary_search_by(|layout| layout.name.as_str().cmp(table))
            .ok()
    }
}

fn refers_strongly(kind: &ColumnType) -> bool {
    [Some(&kind.key), kind.value.as_ref()]
        .into_iter()
        .flatten()
        .any(|base| base.reference.as_ref().is_some_and(|r| r.strong))
}

impl TableLayout {
    fn place(&self, column: &str) -> Option<usize> {
        self.columns
            .binary_search_by(|(name, _)| name.as_str().cmp(column))
            .ok()
    }
}

/// A row: the monitored columns, each in the one form its type has.
#[derive(Clone)]
pub struct Row {
    layout: Arc<TableLayout>,
    uuid: Uuid,
    values: Box<[Datum]>,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.layout.name, self.uuid)?;
        let columns = self.iter().map(|(name, datum)| (name, datum.to_string()));
        f.debug_map().entries(columns).finish()
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
            && self.layout.name == other.layout.name
            && self.iter().eq(other.iter())
    }
}

impl Eq for Row {}

impl Row {
    /// The table.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.layout.name
    }

    /// The row's UUID.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// A column; `None` where it is not monitored.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&Datum> {
        self.values.get(self.layout.place(column)?)
    }

    /// A column and its type; `None` where it is not monitored.
    #[must_use]
    pub fn typed(&self, column: &str) -> Option<(&Datum, &ColumnType)> {
        let place = self.layout.place(column)?;
        let (_, kind) = self.layout.columns.get(place)?;
        Some((self.values.get(place)?, kind))
    }

    /// The monitored columns by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Datum)> {
        self.layout
            .columns
            .iter()
            .map(|(name, _)| name.as_str())
            .zip(&self.values)
    }

    fn blank(layout: &Arc<TableLayout>, uuid: Uuid) -> Self {
        Self {
            layout: layout.clone(),
            uuid,
            values: layout
                .columns
                .iter()
                .map(|(_, kind)| kind.default_datum())
                .collect(),
        }
    }

    /// Changes the named columns by `change(type, old, given)`.
    fn merge(
        mut self,
        columns: Columns,
        change: impl Fn(&ColumnType, &Datum, Datum) -> Result<Datum, TypeError>,
    ) -> Result<Self, ApplyError> {
        for (column, given) in columns {
            let place = self.layout.place(&column);
            let Some((place, (_, kind))) =
                place.and_then(|place| Some((place, self.layout.columns.get(place)?)))
            else {
                return Err(ApplyError::UnknownColumn {
                    table: self.layout.name.clone(),
                    column,
                });
            };
            if let Some(value) = self.values.get_mut(place) {
                *value = change(kind, value, given)
                    .and_then(stored)
                    .map_err(|source| ApplyError::Value {
                        table: self.layout.name.clone(),
                        uuid: self.uuid,
                        column,
                        source,
                    })?;
            }
        }
        Ok(self)
    }

    fn replaced(self, columns: Columns) -> Result<Self, ApplyError> {
        self.merge(columns, |kind, _, given| kind.normalise(given))
    }

    fn modified(self, columns: Columns) -> Result<Self, ApplyError> {
        self.merge(columns, ColumnType::apply_difference)
    }

    fn index_key(&self, columns: &[usize]) -> Vec<Datum> {
        columns
            .iter()
            .filter_map(|&place| self.values.get(place).cloned())
            .collect()
    }

    /// The rows this one refers to strongly and `other` does not, with the place of the column.
    /// What an update left alone costs a comparison and no memory: a bridge may have thousands of
    /// ports.
    fn references_beyond(&self, other: Option<&Self>) -> Vec<(Uuid, usize)> {
        let mut found = Vec::new();
        for &place in &self.layout.references {
            let here = self.values.get(place);
            let there = other.and_then(|other| other.values.get(place));
            match (here, there) {
                (Some(Datum::Map(map)), there) => {
                    let there = there.and_then(Datum::as_map);
                    let pairs = map.iter().flat_map(|(key, value)| [key, value]);
                    let known: BTreeSet<&Atom> = there
                        .into_iter()
                        .flatten()
                        .flat_map(|(key, value)| [key, value])
                        .collect();
                    let new = pairs.filter(|atom| !known.contains(atom));
                    found.extend(new.filter_map(|atom| Some((atom.as_uuid()?, place))));
                }
                (Some(here), there) => {
                    let mut there = there.map_or(&[][..], Datum::atoms).iter().peekable();
                    // Both are sorted.
                    let new = here.atoms().iter().filter(|atom| {
                        while there.next_if(|known| known < atom).is_some() {}
                        there.peek() != Some(atom)
                    });
                    found.extend(new.filter_map(|atom| Some((atom.as_uuid()?, place))));
                }
                (None, _) => {}
            }
        }
        found
    }
}

/// A stored row never holds the name of a row yet to be inserted.
fn stored(datum: Datum) -> Result<Datum, TypeError> {
    let named = |atom: &&Atom| matches!(atom, Atom::Named(_));
    let found = match &datum {
        Datum::Map(map) => map.iter().flat_map(|(k, v)| [k, v]).find(named),
        other => other.atoms().iter().find(named),
    };
    match found {
        None => Ok(datum),
        Some(atom) => Err(TypeError::Atom {
            expected: crate::schema::AtomicType::Uuid,
            found: atom.clone(),
        }),
    }
}

/// A row before and after; never the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    /// The table.
    pub table: String,
    /// The row.
    pub uuid: Uuid,
    /// The row as it was; `None` where it is new.
    pub before: Option<Arc<Row>>,
    /// The row as it is; `None` where it is gone.
    pub after: Option<Arc<Row>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Table {
    rows: RedBlackTreeMapSync<Uuid, Arc<Row>>,
    indexes: Vec<RedBlackTreeMapSync<Vec<Datum>, Uuid>>,
}

/// The monitored tables. `Clone` costs a few pointers. Two are equal that hold the same.
#[derive(Clone, PartialEq, Eq)]
pub struct Replica {
    layout: Arc<Layout>,
    tables: Vec<Table>,
    /// (row referred to, table of the referrer, its column, the referrer).
    referrers: RedBlackTreeSetSync<(Uuid, usize, usize, Uuid)>,
    last_transaction: Option<Uuid>,
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = self.layout.tables.iter().zip(&self.tables);
        let counts = tables.map(|(layout, table)| (&layout.name, table.rows.size()));
        f.debug_map().entries(counts).finish()
    }
}

impl Replica {
    /// An empty replica.
    #[must_use]
    pub fn new(layout: Arc<Layout>) -> Self {
        let tables = layout
            .tables
            .iter()
            .map(|table| Table {
                rows: RedBlackTreeMapSync::new_sync(),
                indexes: vec![RedBlackTreeMapSync::new_sync(); table.indexes.len()],
            })
            .collect();
        Self {
            layout,
            tables,
            referrers: RedBlackTreeSetSync::new_sync(),
            last_transaction: None,
        }
    }

    /// What it holds.
    #[must_use]
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The last transaction applied, for `monitor_cond_since`; `None` where the server keeps none
    /// (a standalone server never does).
    #[must_use]
    pub fn last_transaction(&self) -> Option<Uuid> {
        self.last_transaction
    }

    /// The rows of a table by UUID; none where it is not monitored.
    pub fn rows(&self, table: &str) -> impl Iterator<Item = &Arc<Row>> {
        self.table(table)
            .into_iter()
            .flat_map(|table| table.rows.values())
    }

    /// How many rows a table has.
    #[must_use]
    pub fn count(&self, table: &str) -> usize {
        self.table(table).map_or(0, |table| table.rows.size())
    }

    /// A row.
    #[must_use]
    pub fn row(&self, table: &str, uuid: Uuid) -> Option<&Arc<Row>> {
        self.table(table)?.rows.get(&uuid)
    }

    /// The row with these values in the columns of an index of the schema, for example
    /// `find("Bridge", &[("name", "br-int".into())])`; O(log n). `None` also where the schema has
    /// no such index. Columns are in the order of the schema's index.
    #[must_use]
    pub fn find(&self, table: &str, key: &[(&str, Datum)]) -> Option<&Arc<Row>> {
        let place = self.layout.place(table)?;
        let layout = self.layout.tables.get(place)?;
        let index = layout.indexes.iter().position(|index| {
            let names = index.iter().filter_map(|&c| layout.columns.get(c));
            names
                .map(|(name, _)| name.as_str())
                .eq(key.iter().map(|(name, _)| *name))
        })?;
        let values: Vec<Datum> = key.iter().map(|(_, value)| value.clone()).collect();
        let table = self.tables.get(place)?;
        let uuid = table.indexes.get(index)?.get(&values)?;
        table.rows.get(uuid)
    }

    /// The rows of a table that refer strongly to a row: the port an interface belongs to, the
    /// bridge a port belongs to. O(log n) each.
    pub fn referrers(&self, table: &str, target: Uuid) -> impl Iterator<Item = &Arc<Row>> {
        self.layout.place(table).into_iter().flat_map(move |place| {
            let first = (target, place, 0, Uuid::nil());
            let last = (target, place, usize::MAX, Uuid::max());
            self.referrers
                .range(first..=last)
                .filter_map(move |(_, _, _, row)| self.tables.get(place)?.rows.get(row))
        })
    }

    fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(self.layout.place(name)?)
    }

    /// Applies an update; gives what changed, by table and row.
    ///
    /// # Errors
    /// [`ApplyError`] where the update does not fit; then nothing has changed.
    pub fn apply(&mut self, update: Update) -> Result<Vec<RowChange>, ApplyError> {
        let mut staged: BTreeMap<(usize, Uuid), Option<Arc<Row>>> = BTreeMap::new();
        if update.complete {
            for (place, table) in self.tables.iter().enumerate() {
                staged.extend(table.rows.keys().map(|&uuid| ((place, uuid), None)));
            }
        }
        for (name, rows) in update.tables {
            let Some((place, layout)) = self
                .layout
                .place(&name)
                .and_then(|place| Some((place, self.layout.tables.get(place)?)))
            else {
                return Err(ApplyError::UnknownTable { table: name });
            };
            for (uuid, row) in rows {
                let old = self.tables.get(place).and_then(|t| t.rows.get(&uuid));
                let old = old.filter(|_| !update.complete);
                staged.insert((place, uuid), next_row(layout, uuid, old, row)?);
            }
        }
        if update.last_transaction.is_some() || update.complete {
            self.last_transaction = update.last_transaction;
        }
        Ok(self.commit(staged))
    }

    /// Writes staged rows, whose values are checked: old index entries go before new ones come,
    /// so that a name may move from one row to another within an update.
    fn commit(&mut self, staged: BTreeMap<(usize, Uuid), Option<Arc<Row>>>) -> Vec<RowChange> {
        let mut changes = Vec::with_capacity(staged.len());
        let mut places = Vec::with_capacity(staged.len());
        for ((place, uuid), after) in staged {
            let before = self
                .tables
                .get(place)
                .and_then(|t| t.rows.get(&uuid))
                .cloned();
            if before == after {
                continue;
            }
            let table = match self.layout.tables.get(place) {
                Some(layout) => layout.name.clone(),
                None => continue,
            };
            places.push(place);
            changes.push(RowChange {
                table,
                uuid,
                before,
                after,
            });
        }
        for (change, &place) in changes.iter().zip(&places) {
            if let Some(row) = &change.before {
                self.unlink(place, row, change.after.as_deref());
            }
        }
        for (change, &place) in changes.iter().zip(&places) {
            match &change.after {
                Some(row) => self.link(place, row, change.before.as_deref()),
                None => {
                    if let Some(table) = self.tables.get_mut(place) {
                        table.rows.remove_mut(&change.uuid);
                    }
                }
            }
        }
        changes
    }

    fn unlink(&mut self, place: usize, row: &Row, after: Option<&Row>) {
        if let Some(table) = self.tables.get_mut(place) {
            for (columns, index) in row.layout.indexes.iter().zip(&mut table.indexes) {
                let key = row.index_key(columns);
                if after.is_none_or(|after| after.index_key(columns) != key) {
                    index.remove_mut(&key);
                }
            }
        }
        for (target, column) in row.references_beyond(after) {
            self.referrers
                .remove_mut(&(target, place, column, row.uuid));
        }
    }

    fn link(&mut self, place: usize, row: &Arc<Row>, before: Option<&Row>) {
        if let Some(table) = self.tables.get_mut(place) {
            for (columns, index) in row.layout.indexes.iter().zip(&mut table.indexes) {
                let key = row.index_key(columns);
                if before.is_none_or(|before| before.index_key(columns) != key) {
                    index.insert_mut(key, row.uuid);
                }
            }
            table.rows.insert_mut(row.uuid, row.clone());
        }
        for (target, column) in row.references_beyond(before) {
            self.referrers.insert_mut((target, place, column, row.uuid));
        }
    }
}

/// The row after an update, from the row before it.
fn next_row(
    layout: &Arc<TableLayout>,
    uuid: Uuid,
    old: Option<&Arc<Row>>,
    update: RowUpdate,
) -> Result<Option<Arc<Row>>, ApplyError> {
    let unknown = || ApplyError::UnknownRow {
        table: layout.name.clone(),
        uuid,
    };
    let row = match update {
        RowUpdate::Initial(_) | RowUpdate::Insert(_) if old.is_some() => {
            return Err(ApplyError::DuplicateRow {
                table: layout.name.clone(),
                uuid,
            });
        }
        RowUpdate::Initial(columns) | RowUpdate::Insert(columns) | RowUpdate::Replace(columns) => {
            Row::blank(layout, uuid).replaced(columns)?
        }
        RowUpdate::Modify(columns) => {
            let old = old.ok_or_else(unknown)?;
            Row::clone(old).modified(columns)?
        }
        RowUpdate::Delete => {
            old.ok_or_else(unknown)?;
            return Ok(None);
        }
    };
    Ok(Some(Arc::new(row)))
}
