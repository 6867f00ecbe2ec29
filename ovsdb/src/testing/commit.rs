//! What is checked when all operations have succeeded, in the order of the real server: strong
//! references, garbage, weak references, rows a table may have, indexes.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{ErrorKind, PeerError};
use crate::notation::{Atom, Datum, Uuid};
use crate::operation::Columns;
use crate::schema::ColumnType;
use crate::testing::database::{Change, Database, references};

/// Completes the transaction in `database`; gives what it changed.
pub(super) fn commit(database: &mut Database, before: &Database) -> Result<Vec<Change>, PeerError> {
    if database.touched().is_empty() {
        return Ok(Vec::new());
    }
    let referred = strong_references(database)?;
    collect_garbage(database, referred);
    drop_weak_references(database)?;
    check_counts(database)?;
    check_indexes(database)?;
    Ok(database.settle(before))
}

/// How many strong references each row has; an error where one leads nowhere.
fn strong_references(database: &Database) -> Result<BTreeMap<Uuid, usize>, PeerError> {
    let mut referred: BTreeMap<Uuid, usize> = BTreeMap::new();
    for (table, schema) in &database.schema.tables {
        for (uuid, row) in database.rows(table) {
            for (column, schema) in &schema.columns {
                let Some(datum) = row.get(column) else {
                    continue;
                };
                for (target, strong, referee) in references(&schema.kind, datum) {
                    if !strong {
                        continue;
                    }
                    if database.row(target, referee).is_none() {
                        return Err(dangling(table, column, *uuid, target, referee));
                    }
                    *referred.entry(referee).or_default() += 1;
                }
            }
        }
    }
    Ok(referred)
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
fn collect_garbage(database: &mut Database, mut referred: BTreeMap<Uuid, usize>) {
    let schema = database.schema.clone();
    let mut doomed: Vec<(String, Uuid)> = Vec::new();
    let tables = schema.tables.iter().filter(|(_, schema)| !schema.is_root);
    for (table, _) in tables {
        let rows = database.rows(table).map(|(uuid, _)| *uuid);
        let loose = rows.filter(|uuid| !referred.contains_key(uuid));
        doomed.extend(loose.map(|uuid| (table.clone(), uuid)));
    }
    while let Some((table, uuid)) = doomed.pop() {
        let Some(row) = database.row(&table, uuid).cloned() else {
            continue;
        };
        database.remove(&table, uuid);
        let Some(table) = schema.tables.get(&table) else {
            continue;
        };
        for (column, column_schema) in &table.columns {
            let Some(datum) = row.get(column) else {
                continue;
            };
            for (target, strong, referee) in references(&column_schema.kind, datum) {
                if !strong {
                    continue;
                }
                let count = referred.entry(referee).or_default();
                *count = count.saturating_sub(1);
                let is_root = schema.tables.get(target).is_some_and(|t| t.is_root);
                if *count == 0 && !is_root {
                    doomed.push((target.to_owned(), referee));
                }
            }
        }
    }
}

/// Weak references to rows that are gone vanish.
fn drop_weak_references(database: &mut Database) -> Result<(), PeerError> {
    let schema = database.schema.clone();
    for (table, table_schema) in &schema.tables {
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
