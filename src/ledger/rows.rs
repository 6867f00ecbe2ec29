//! The rows that a group of commits comes to, and the statements that store them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use api::Kind;
use uuid::Uuid;

use crate::model::Commit;

use super::statement::{Statements, Value};
use super::store::signed;
use super::touched::{self, TouchedRow};
use super::{Database, document};

/// Most rows in one statement. The number of rows is always a power of two, so
/// that few statements are ever prepared.
pub(super) const ROWS_MAX: usize = 64;
/// Most bytes of documents in one statement of several rows; servers limit a
/// statement's size, to 16 MiB where nobody has set it.
const BYTES_MAX: usize = 4 << 20;
/// Longest text of a column that is not a document.
const TEXT_MAX: usize = 255;

/// What one transaction stores.
pub(super) struct Rows {
    /// The head after it.
    pub(super) revision: u64,
    pub(super) logs: Vec<LogRow>,
    pub(super) touched: Vec<TouchedRow>,
    pub(super) records: RecordRows,
}

/// One commit.
pub(super) struct LogRow {
    revision: i64,
    time: i64,
    who: String,
    request_id: String,
    controller: String,
    operations: String,
}

/// The records as they are after the last of the commits.
#[derive(Default)]
pub(super) struct RecordRows {
    created: Vec<RecordRow>,
    changed: Vec<RecordRow>,
    deleted: Vec<RecordRow>,
}

struct RecordRow {
    kind: String,
    id: String,
    revision: i64,
    body: Body,
}

/// A record's body, which stands among the operations of a commit.
#[derive(Clone, Default)]
struct Body {
    /// Which of the logs.
    log: usize,
    place: Range<usize>,
}

impl Body {
    fn text<'a>(&self, logs: &'a [LogRow]) -> &'a str {
        let operations = logs.get(self.log).map(|log| log.operations.as_str());
        let body = operations.and_then(|text| text.get(self.place.clone()));
        body.unwrap_or_default()
    }
}

/// What becomes of one record.
struct Last {
    was_there: bool,
    is_there: bool,
    revision: u64,
    body: Body,
}

impl Rows {
    pub(super) fn of(commits: &[Arc<Commit>], controller: &str) -> Self {
        let mut logs = Vec::with_capacity(commits.len());
        // A record touched by several commits of the group is stored once, as the last left it.
        let mut records: BTreeMap<(Kind, Uuid), Last> = BTreeMap::new();
        for (log, commit) in commits.iter().enumerate() {
            let written = document::operations(commit);
            for (change, place) in commit.changes.iter().zip(written.after) {
                let (before, after) = (change.before.is_some(), change.after.is_some());
                let entry = records.entry((change.kind, change.id));
                let was_there = match &entry {
                    Entry::Occupied(last) => last.get().was_there,
                    Entry::Vacant(_) => before,
                };
                entry.insert_entry(Last {
                    was_there,
                    is_there: after,
                    revision: commit.revision,
                    body: Body { log, place },
                });
            }
            logs.push(LogRow {
                revision: signed(commit.revision),
                time: commit.time_micros,
                who: commit.who.chars().take(TEXT_MAX).collect(),
                request_id: commit.request_id.chars().take(TEXT_MAX).collect(),
                controller: controller.to_owned(),
                operations: written.text,
            });
        }
        Rows {
            revision: commits.last().map_or(0, |commit| commit.revision),
            logs,
            touched: TouchedRow::of(commits),
            records: RecordRows::of(records),
        }
    }
}

impl RecordRows {
    fn of(records: BTreeMap<(Kind, Uuid), Last>) -> Self {
        let mut rows = RecordRows::default();
        for ((kind, id), last) in records {
            let row = RecordRow {
                kind: document::kind_name(kind),
                id: id.to_string(),
                revision: signed(last.revision),
                body: last.body,
            };
            match (last.was_there, last.is_there) {
                (false, true) => rows.created.push(row),
                (true, true) => rows.changed.push(row),
                (true, false) => rows.deleted.push(row),
                (false, false) => {}
            }
        }
        rows
    }
}

impl Rows {
    /// What stores them; the head is not among it.
    pub(super) fn statements(&self, database: &Database) -> Statements<'_> {
        let mut statements = Statements::default();
        self.add_logs(&mut statements);
        touched::add(&mut statements, database, &self.touched);
        self.add_records(&mut statements);
        statements
    }

    fn add_logs<'a>(&'a self, statements: &mut Statements<'a>) {
        for rows in portions(&self.logs, |row| row.operations.len()) {
            let columns = "weft_log (revision, time, who, request_id, controller, operations)";
            let values = rows.iter().flat_map(|row| -> [Value<'a>; 6] {
                [
                    row.revision.into(),
                    row.time.into(),
                    (&row.who).into(),
                    (&row.request_id).into(),
                    (&row.controller).into(),
                    (&row.operations).into(),
                ]
            });
            let sql = insert("INSERT INTO", columns, 6, rows.len());
            statements.add(sql, values.collect::<Vec<_>>());
        }
    }

    fn add_records<'a>(&'a self, statements: &mut Statements<'a>) {
        let RecordRows {
            created,
            changed,
            deleted,
        } = &self.records;
        for row in deleted {
            let sql = "DELETE FROM weft_record WHERE kind = ? AND id = ?";
            statements.add(sql, [(&row.kind).into(), (&row.id).into()]);
        }
        for row in changed {
            let sql = "UPDATE weft_record SET revision = ?, body = ? WHERE kind = ? AND id = ?";
            let body = row.body.text(&self.logs).into();
            let values = [
                row.revision.into(),
                body,
                (&row.kind).into(),
                (&row.id).into(),
            ];
            statements.add(sql, values);
        }
        for rows in portions(created, |row| row.body.place.len()) {
            let columns = "weft_record (kind, id, revision, body)";
            let values = rows.iter().flat_map(|row| -> [Value<'a>; 4] {
                let body = row.body.text(&self.logs).into();
                [
                    (&row.kind).into(),
                    (&row.id).into(),
                    row.revision.into(),
                    body,
                ]
            });
            let sql = insert("INSERT INTO", columns, 4, rows.len());
            statements.add(sql, values.collect::<Vec<_>>());
        }
    }
}

/// A statement that inserts so many rows.
pub(super) fn insert(verb: &str, columns: &str, width: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; width].join(", "));
    format!("{verb} {columns} VALUES {}", vec![row; rows].join(", "))
}

/// Cuts into pieces of 64, 32, …, 1 rows, smaller where the rows are large.
pub(super) fn portions<T>(mut rows: &[T], bytes: fn(&T) -> usize) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let mut size = match rows.len() {
            0 => return None,
            ROWS_MAX.. => ROWS_MAX,
            few => 1 << few.ilog2(),
        };
        while size > 1 && rows.iter().take(size).map(bytes).sum::<usize>() > BYTES_MAX {
            size /= 2;
        }
        let (portion, rest) = rows.split_at_checked(size)?;
        rows = rest;
        Some(portion)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_are_powers_of_two_and_leave_nothing_out() {
        for (count, sizes) in [
            (0, vec![]),
            (1, vec![1]),
            (7, vec![4, 2, 1]),
            (130, vec![64, 64, 2]),
        ] {
            let rows = vec![1000; count];
            let cut: Vec<usize> = portions(&rows, |row| *row).map(<[usize]>::len).collect();
            assert_eq!(cut, sizes);
        }
    }

    #[test]
    fn large_rows_go_in_small_portions() {
        let rows = [BYTES_MAX * 2, 10, 10, BYTES_MAX, 10, 10, 10];
        let cut: Vec<usize> = portions(&rows, |row| *row).map(<[usize]>::len).collect();
        assert_eq!(cut, [1, 2, 1, 2, 1]);
    }
}
