//! Which commits touched which record: the index of the log by record.
//!
//! A row says that a commit touched a record. Ids are random, and an index by them alone would write
//! a page of its own for every record that a commit touches. So rows are sorted by era first, an era
//! being a run of revisions: all that is written falls on the few pages of the latest era, and what
//! the retention removes lies side by side. Whoever asks for a record looks once into each era.
//!
//! Of an id its lower half is kept. What two records share it for is told apart by the commits.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlx::{AnyConnection, AssertSqlSafe, Error as SqlError};
use uuid::Uuid;

use crate::model::Commit;

use super::Database;
use super::document::{self, Wanted};
use super::rows::{ROWS_MAX, insert};
use super::statement::{Statements, Value};
use super::store::{signed, unsigned};

/// Revisions in an era.
const ERA: u64 = 256;
/// Eras that one statement looks into.
const ERAS: usize = 256;
/// Log entries of an old ledger that are indexed at a time.
const FILL: i64 = 500;
/// Columns of the table.
const COLUMNS: &str = "weft_touched (era, record, revision)";

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TouchedRow {
    era: i64,
    record: i64,
    revision: i64,
}

impl TouchedRow {
    fn new(id: Uuid, revision: u64) -> Self {
        TouchedRow {
            era: era(revision),
            record: half(id),
            revision: signed(revision),
        }
    }

    /// The rows of these commits, in the order of the index.
    pub(super) fn of(commits: &[Arc<Commit>]) -> Vec<Self> {
        let rows = commits.iter().flat_map(|commit| {
            let ids = commit.changes.iter().map(|change| change.id);
            ids.map(|id| TouchedRow::new(id, commit.revision))
        });
        let rows: BTreeSet<Self> = rows.collect();
        rows.into_iter().collect()
    }
}

fn era(revision: u64) -> i64 {
    signed(revision / ERA)
}

/// The lower half of an id: the random one.
fn half(id: Uuid) -> i64 {
    let (_, low) = id.as_u64_pair();
    i64::from_ne_bytes(low.to_ne_bytes())
}

/// Adds what stores rows, as far as they are not there yet.
pub(super) fn add(statements: &mut Statements<'_>, database: &Database, rows: &[TouchedRow]) {
    let verb = match database {
        Database::Sqlite(_) => "INSERT OR IGNORE INTO",
        Database::MySql(_) => "INSERT IGNORE INTO",
    };
    for rows in rows.chunks(ROWS_MAX) {
        // Few statements are ever prepared: what is missing to a power of two repeats the last row.
        let length = rows.len().next_power_of_two();
        let padding = rows.last().into_iter().cycle();
        let rows = rows.iter().chain(padding).take(length);
        let values = rows.flat_map(|row| [row.era, row.record, row.revision].map(Value::Number));
        statements.add(insert(verb, COLUMNS, 3, length), values.collect::<Vec<_>>());
    }
}

async fn store(
    db: &mut AnyConnection,
    database: &Database,
    rows: &[TouchedRow],
) -> Result<(), SqlError> {
    let mut statements = Statements::default();
    add(&mut statements, database, rows);
    statements.run(db).await
}

/// Indexes a log that was written before there was an index. Rows that another controller has put
/// there are as good as ours.
pub(super) async fn fill(db: &mut AnyConnection, database: &Database) -> Result<(), SqlError> {
    let mut done = 0;
    loop {
        let entries: Vec<(i64, String)> = sqlx::query_as(
            "SELECT revision, operations FROM weft_log WHERE revision > ? ORDER BY revision LIMIT ?",
        )
        .bind(done)
        .bind(FILL)
        .fetch_all(&mut *db)
        .await?;
        let mut rows = BTreeSet::new();
        for (revision, operations) in &entries {
            let revision = unsigned(*revision);
            let changes = document::changes(revision, operations, |_, _| Wanted::Name)
                .map_err(|unreadable| SqlError::Decode(Box::new(unreadable)))?;
            let ids = changes.iter().map(|change| change.id);
            rows.extend(ids.map(|id| TouchedRow::new(id, revision)));
        }
        let rows: Vec<TouchedRow> = rows.into_iter().collect();
        store(db, database, &rows).await?;
        match entries.last() {
            Some((last, _)) => done = *last,
            None => return Ok(()),
        }
    }
}

/// Removes the eras before that of `revision`, which must be gone from the log.
pub(super) async fn prune(db: &mut AnyConnection, revision: u64) -> Result<(), SqlError> {
    sqlx::query("DELETE FROM weft_touched WHERE era < ?")
        .bind(era(revision))
        .execute(db)
        .await?;
    Ok(())
}

/// The revisions from `oldest` up to, and without, `before` that touched the record, or one that has
/// the lower half of its id: at most `limit`, the latest first.
pub(super) async fn revisions(
    db: &mut AnyConnection,
    id: Uuid,
    oldest: u64,
    before: u64,
    limit: u32,
) -> Result<Vec<i64>, SqlError> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let (first, mut era) = (era(oldest), era(before));
    while era >= first && found.len() < wanted {
        // The same statement each time: what is too much names the first era again.
        let last = era;
        let eras = (0..ERAS).map(|at| (last - at as i64).max(first));
        let marks = vec!["?"; ERAS].join(", ");
        let sql = format!(
            "SELECT revision FROM weft_touched WHERE era IN ({marks}) AND record = ?
             AND revision >= ? AND revision < ? ORDER BY revision DESC LIMIT ?"
        );
        let mut query = sqlx::query_scalar(AssertSqlSafe(sql));
        for era in eras {
            query = query.bind(era);
        }
        let rest = i64::try_from(wanted - found.len()).unwrap_or(i64::MAX);
        let rows: Vec<i64> = query
            .bind(half(id))
            .bind(signed(oldest))
            .bind(signed(before))
            .bind(rest)
            .fetch_all(&mut *db)
            .await?;
        found.extend(rows);
        era -= ERAS as i64;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use sqlx::Connection;
    use sqlx::any::install_default_drivers;

    use super::*;
    use crate::ledger::schema;

    async fn database() -> (tempfile::TempDir, Database, AnyConnection) {
        install_default_drivers();
        let folder = tempfile::tempdir().unwrap();
        let place = Database::Sqlite(folder.path().join("weft.db"));
        let mut db = AnyConnection::connect(&place.url()).await.unwrap();
        schema::migrate(&mut db, &place).await.unwrap();
        (folder, place, db)
    }

    const SEEN: Uuid = Uuid::from_u128(7);
    /// Across eras, at their borders, and further apart than one statement looks.
    const REVISIONS: [u64; 9] = [
        1,
        2,
        ERA - 1,
        ERA,
        ERA + 1,
        5 * ERA,
        5 * ERA + 3,
        300 * ERA,
        900 * ERA + 1,
    ];

    async fn filled() -> (tempfile::TempDir, AnyConnection) {
        let (folder, place, mut db) = database().await;
        let other = Uuid::from_u128(8);
        let rows = REVISIONS.map(|revision| TouchedRow::new(SEEN, revision));
        let others = (1..200).map(|revision| TouchedRow::new(other, 5 * ERA + revision));
        let rows: Vec<_> = rows.into_iter().chain(others).collect();
        store(&mut db, &place, &rows).await.unwrap();
        store(&mut db, &place, &rows).await.unwrap();
        (folder, db)
    }

    fn down(revisions: &[u64]) -> Vec<i64> {
        revisions.iter().rev().map(|r| signed(*r)).collect()
    }

    #[tokio::test]
    async fn a_record_is_found_in_every_era_the_latest_first() {
        let (_folder, mut db) = filled().await;
        let all = revisions(&mut db, SEEN, 1, 1000 * ERA, 100).await.unwrap();
        assert_eq!(all, down(&REVISIONS));
        let few = revisions(&mut db, SEEN, 1, 900 * ERA + 1, 3).await.unwrap();
        assert_eq!(few, down(&REVISIONS[5..8]));
        let between = revisions(&mut db, SEEN, 2, 5 * ERA, 100).await.unwrap();
        assert_eq!(between, down(&REVISIONS[1..5]));
        let unknown = Uuid::from_u128(9);
        let none = revisions(&mut db, unknown, 1, 1000 * ERA, 9).await.unwrap();
        assert_eq!(none, Vec::<i64>::new());
    }

    #[tokio::test]
    async fn what_is_pruned_goes_by_whole_eras() {
        let (_folder, mut db) = filled().await;
        prune(&mut db, 5 * ERA + 2).await.unwrap();
        let left = revisions(&mut db, SEEN, 1, 1000 * ERA, 100).await.unwrap();
        assert_eq!(left, down(&REVISIONS[5..]));
    }

    #[test]
    fn the_halves_of_ids_keep_all_their_bits() {
        assert_eq!(half(Uuid::from_u128(7 << 64)), 0);
        assert_eq!(half(Uuid::from_u128(u128::MAX)), -1);
        assert_ne!(half(Uuid::from_u128(1)), half(Uuid::from_u128(1 << 63)));
    }
}
