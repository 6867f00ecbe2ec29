//! The rows that a group of commits comes to, and the statements that store them.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::{AnyConnection, AssertSqlSafe, Error as SqlError};

use crate::model::Commit;

use super::document;
use super::store::signed;

/// Most rows in one statement. The number of rows is always a power of two, so
/// that few statements are ever prepared.
const ROWS_MAX: usize = 64;
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
    body: String,
}

impl Rows {
    pub(super) fn of(commits: &[Arc<Commit>], controller: &str) -> Self {
        let logs = commits.iter().map(|commit| LogRow {
            revision: signed(commit.revision),
            time: commit.time_micros,
            who: commit.who.chars().take(TEXT_MAX).collect(),
            request_id: commit.request_id.chars().take(TEXT_MAX).collect(),
            controller: controller.to_owned(),
            operations: document::operations(commit),
        });
        Rows {
            revision: commits.last().map_or(0, |commit| commit.revision),
            logs: logs.collect(),
            records: RecordRows::of(commits),
        }
    }
}

impl RecordRows {
    fn of(commits: &[Arc<Commit>]) -> Self {
        // A record touched by several commits of the group is stored once, as the last left it.
        let mut last = BTreeMap::new();
        for commit in commits {
            for change in &commit.changes {
                last.entry((change.kind, change.id))
                    .and_modify(|(_, revision, after)| {
                        *revision = commit.revision;
                        *after = change.after.as_ref();
                    })
                    .or_insert((
                        change.before.is_some(),
                        commit.revision,
                        change.after.as_ref(),
                    ));
            }
        }
        let mut rows = RecordRows::default();
        for ((kind, id), (was_there, revision, after)) in last {
            let row = RecordRow {
                kind: document::kind_name(kind),
                id: id.to_string(),
                revision: signed(revision),
                body: after.map(document::body).unwrap_or_default(),
            };
            match (was_there, after.is_some()) {
                (false, true) => rows.created.push(row),
                (true, true) => rows.changed.push(row),
                (true, false) => rows.deleted.push(row),
                (false, false) => {}
            }
        }
        rows
    }
}

pub(super) async fn insert_logs(db: &mut AnyConnection, rows: &[LogRow]) -> Result<(), SqlError> {
    for rows in portions(rows, |row| row.operations.len()) {
        let sql = insert(
            "weft_log (revision, time, who, request_id, controller, operations)",
            6,
            rows.len(),
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for row in rows {
            query = query
                .bind(row.revision)
                .bind(row.time)
                .bind(&row.who)
                .bind(&row.request_id)
                .bind(&row.controller)
                .bind(&row.operations);
        }
        query.execute(&mut *db).await?;
    }
    Ok(())
}

pub(super) async fn store_records(
    db: &mut AnyConnection,
    rows: &RecordRows,
) -> Result<(), SqlError> {
    for row in &rows.deleted {
        sqlx::query("DELETE FROM weft_record WHERE kind = ? AND id = ?")
            .bind(&row.kind)
            .bind(&row.id)
            .execute(&mut *db)
            .await?;
    }
    for row in &rows.changed {
        sqlx::query("UPDATE weft_record SET revision = ?, body = ? WHERE kind = ? AND id = ?")
            .bind(row.revision)
            .bind(&row.body)
            .bind(&row.kind)
            .bind(&row.id)
            .execute(&mut *db)
            .await?;
    }
    for rows in portions(&rows.created, |row| row.body.len()) {
        let sql = insert("weft_record (kind, id, revision, body)", 4, rows.len());
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for row in rows {
            query = query
                .bind(&row.kind)
                .bind(&row.id)
                .bind(row.revision)
                .bind(&row.body);
        }
        query.execute(&mut *db).await?;
    }
    Ok(())
}

fn insert(columns: &str, width: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; width].join(", "));
    format!(
        "INSERT INTO {columns} VALUES {}",
        vec![row; rows].join(", ")
    )
}

/// Cuts into pieces of 64, 32, …, 1 rows, smaller where the rows are large.
fn portions<T>(mut rows: &[T], bytes: fn(&T) -> usize) -> impl Iterator<Item = &[T]> {
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
