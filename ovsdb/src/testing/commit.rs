//! What is checked when all operations have succeeded, in the order of the real server: strong
//! references, garbage, weak references, rows a table may have, indexes.

use std::collections::BTreeSet;

use crate::error::{ErrorKind, PeerError};
use crate::notation::{Atom, Datum, Uuid};
use crate::operation::Columns;
use crate::schema::{ColumnType, TableSchema};
use crate::testing::database::{Change, Database, StoredRow, references};

/// Completes the transaction in `database`; gives what it changed. Work grows with what was
/// touched, but for indexes and weak references, which look through their tables.
pub(super) fn commit(database: &mut Database, before: &Database) -> Result<Vec<Change>, PeerError> {
    if database.touched().is_empty() {
        return Ok(Vec::new());
    }
    let loose = count_references(database, before)?;
    collect_garbage(database, loose);
    drop_weak_references(database)?;
    check_counts(database)?;
    check_indexes(database)?;
    Ok(database.settle(before))
}

/// The strong references of a row: column, table and row referred to.
fn strong(schema: &TableSchema, row: Option<&StoredRow>) -> Vec<(String, String, Uuid)> {
    let columns = schema.columns.iter();
    let all = columns.flat_map(|(column, schema)| {
        let datum = row.and_then(|row| row.get(column));
        let targets = datum
            .into_iter()
            .flat_map(|datum| references(&schema.kind, datum));
        targets
            .filter(|(_, strong, _)| *strong)
            .map(|(table, _, uuid)| (column.clone(), table.to_owned(), uuid))
    });
    all.collect()
}

/// Brings the counts of strong references up to date; an error where a reference leads nowhere.
/// Gives the rows that nothing refers to any more, or never did.
fn count_references(
    database: &mut Database,
    before: &Database,
) -> Result<BTreeSet<(String, Uuid)>, PeerError> {
    let touched = database.touched().clone();
    let mut loose = BTreeSet::new();
    let mut added = Vec::new();
    for (table, uuid) in &touched {
        let Some(schema) = database.table(table).cloned() else {
            continue;
        };
        let new = strong(&schema, database.row(table, *uuid));
        for (_, target, referee) in strong(&schema, before.row(table, *uuid)) {
            if database.release(referee) == 0 {
                loose.insert((target, referee));
            }
        }
        added.extend(new.into_iter().map(|reference| (table, uuid, reference)));
        loose.insert((table.clone(), *uuid));
    }
    for (table, uuid, (column, target, referee)) in added {
        if database.row(&target, referee).is_none() {
            return Err(dangling(table, &column, *uuid, &target, referee));
        }
        database.retain(referee);
    }
    for (table, uuid) in &touched {
        if database.row(table, *uuid).is_none() && database.referred(*uuid) > 0 {
            let details = format!(
                "cannot delete {table} row {uuid} because of {} remaining reference(s)",
                database.referred(*uuid)
            );
            let kind = ErrorKind::ReferentialIntegrityViolation;
            return Err(PeerError::new(kind, details));
        }
    }
    Ok(loose)
}

fn dangling(table: &str, column: &str, row: Uuid, target: &str, referee: Uuid) -> PeerError {
    PeerError::new(
        ErrorKind::ReferentialIntegrityViolation,
        format!(
            "Table {table} column {column} row {row} references nonexistent row {referee} in table {target}."
        ),
    )
}

/// Rows outside the root set go when the last strong reference goes, and take along what only
/// they referred to.
fn collect_garbage(database: &mut Database, mut loose: BTreeSet<(String, Uuid)>) {
    let schema = database.schema.clone();
    while let Some((table, uuid)) = loose.pop_first() {
        let Some(table_schema) = schema.tables.get(&table).filter(|table| !table.is_root) else {
            continue;
        };
        if database.referred(uuid) > 0 {
            continue;
        }
        let Some(row) = database.row(&table, uuid).cloned() else {
            continue;
        };
        database.remove(&table, uuid);
        for (_, target, referee) in strong(table_schema, Some(&row)) {
            if database.release(referee) == 0 {
                loose.insert((target, referee));
            }
        }
    }
}

/// Weak references to rows that are gone vanish.
fn drop_weak_references(database: &mut Database) -> Result<(), PeerError> {
    let schema = database.schema.clone();
    let weak = |schema: &&TableSchema| {
        let mut columns = schema.columns.values();
        columns.any(|column| {
            let bases = [Some(&column.kind.key), column.kind.value.as_ref()];
            let mut targets = bases
                .into_iter()
                .flatten()
                .filter_map(|b| b.reference.as_ref());
            targets.any(|target| !target.strong)
        })
    };
    for (table, table_schema) in schema.tables.iter().filter(|(_, schema)| weak(schema)) {
        let mut changed: Vec<(Uuid, Columns)> = Vec::new();
        for (uuid, row) in database.rows(table) {
            let mut new: Option<Columns> = None;
            for (column, column_schema) in &table_schema.columns {
                let kind = &column_schema.kind;
                let Some(datum) = row.get(column) else {
                    continue;
                };
                let lost: BTreeSet<Uuid> = references(kind, datum)
                    .filter(|(target, strong, referee)| {
                        !strong && database.row(target, *referee).is_none()
                    })
                    .map(|(_, _, referee)| referee)
                    .collect();
                if !lost.is_empty() {
                    let rest = without(kind, datum, &lost);
                    kind.check(&rest).map_err(|error| {
                        PeerError::new(ErrorKind::ConstraintViolation, error.to_string())
                    })?;
                    new.get_or_insert_with(|| Columns::clone(row))
                        .insert(column.clone(), rest);
                }
            }
            changed.extend(new.map(|row| (*uuid, row)));
        }
        for (uuid, row) in changed {
            database.put(table, uuid, row);
        }
    }
    Ok(())
}

fn without(kind: &ColumnType, datum: &Datum, lost: &BTreeSet<Uuid>) -> Datum {
    let kept = |atom: &Atom| atom.as_uuid().is_none_or(|uuid| !lost.contains(&uuid));
    match datum {
        Datum::Map(map) => {
            let pairs = map.iter().filter(|(k, v)| kept(k) && kept(v));
            Datum::Map(pairs.cloned().collect())
        }
        other if kind.is_scalar() => other.clone(),
        other => Datum::Set(other.atoms().iter().filter(|a| kept(a)).cloned().collect()),
    }
}

fn check_counts(database: &Database) -> Result<(), PeerError> {
    for (table, schema) in &database.schema.tables {
        let count = database.count(table);
        if schema.max_rows.is_some_and(|max| count as u64 > max) {
            let details = format!(
                "transaction causes \"{table}\" table to contain {count} rows, greater than the schema-defined limit"
            );
            return Err(PeerError::new(ErrorKind::ConstraintViolation, details));
        }
    }
    Ok(())
}

fn check_indexes(database: &Database) -> Result<(), PeerError> {
    let tables: BTreeSet<&String> = database.touched().iter().map(|(table, _)| table).collect();
    for table in tables {
        let Some(schema) = database.table(table) else {
            continue;
        };
        for index in &schema.indexes {
            let mut seen = BTreeSet::new();
            for (_, row) in database.rows(table) {
                let key: Vec<&Datum> = index.iter().filter_map(|column| row.get(column)).collect();
                if !seen.insert(key) {
                    let details = format!(
                        "Transaction causes multiple rows in \"{table}\" table to have identical values for index on {index:?}."
                    );
                    return Err(PeerError::new(ErrorKind::ConstraintViolation, details));
                }
            }
        }
    }
    Ok(())
}
