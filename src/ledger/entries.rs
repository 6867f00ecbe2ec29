//! The log as SQL has it: its entries, where it begins and ends, and which of them touched a record.

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Error as SqlError, Row};
use uuid::Uuid;

use crate::model::Commit;

use super::document::{self, Wanted};
use super::fault::{Fault, FaultKind};
use super::store::{Store, signed, unsigned, within};
use super::touched;

/// About as many bytes of operations are read at a time: a commit may be large, and there is no end
/// to how many there are.
const BYTES_MAX: usize = 16 << 20;

/// An entry whose operations are still to be read: reading them costs time that the connection's
/// thread need not spend.
pub(super) struct Entry {
    /// The commit without its changes.
    pub(super) commit: Commit,
    operations: String,
}

/// A revision, and when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The revision of the model after the commit.
    pub revision: u64,
    /// When it was made, in microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
}

/// What the log holds: all commits from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The oldest that the retention has left.
    pub oldest: Mark,
    /// The latest.
    pub newest: Mark,
}

impl Entry {
    /// The commit, with those of its changes that are wanted.
    pub(super) fn read(
        self,
        wanted: impl FnMut(api::Kind, Uuid) -> Wanted,
    ) -> Result<Commit, FaultKind> {
        let mut commit = self.commit;
        commit.changes = document::changes(commit.revision, &self.operations, wanted)?;
        Ok(commit)
    }

    /// The commit.
    pub(super) fn whole(self) -> Result<Commit, FaultKind> {
        self.read(|_, _| Wanted::Whole)
    }

    fn of(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Entry {
            commit: Commit {
                revision: unsigned(row.try_get(0)?),
                time_micros: row.try_get(1)?,
                who: row.try_get(2)?,
                request_id: row.try_get(3)?,
                changes: Vec::new(),
            },
            operations: row.try_get(4)?,
        })
    }
}

impl Store {
    /// At most `limit` entries after `revision`, ascending; fewer where the log was pruned, or where
    /// they are large.
    pub(super) async fn log_after(
        &mut self,
        revision: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, Fault> {
        let patience = self.patience();
        let db = self.connected().await?;
        let entries = within(patience, log_after(db, revision, limit)).await;
        entries.map_err(|error| self.failed(error))
    }

    /// Where the log begins and ends; `None` before the first commit.
    pub(super) async fn extent(&mut self) -> Result<Option<Extent>, Fault> {
        let patience = self.patience();
        let db = self.connected().await?;
        let extent = within(patience, extent(db)).await;
        extent.map_err(|error| self.failed(error))
    }

    /// The latest entry that was made at `time_micros` or before; `None` where the log does not go
    /// back so far.
    pub(super) async fn latest_at(&mut self, time_micros: i64) -> Result<Option<Mark>, Fault> {
        let patience = self.patience();
        let db = self.connected().await?;
        let mark = latest_at(db, time_micros, patience).await;
        mark.map_err(|error| self.failed(error))
    }

    /// At most `limit` entries before the revision `before` that touched the record, the latest
    /// first, and some that did not: they share half of an id with it. Whether there may be more.
    pub(super) async fn touching(
        &mut self,
        id: Uuid,
        before: u64,
        limit: u32,
    ) -> Result<(Vec<Entry>, bool), Fault> {
        let patience = self.patience();
        let db = self.connected().await?;
        let entries = touching(db, id, before, limit, patience).await;
        entries.map_err(|error| self.failed(error))
    }
}

async fn log_after(
    db: &mut AnyConnection,
    revision: u64,
    limit: u32,
) -> Result<Vec<Entry>, SqlError> {
    let mut rows = sqlx::query(
        "SELECT revision, time, who, request_id, operations FROM weft_log
         WHERE revision > ? ORDER BY revision LIMIT ?",
    )
    .bind(signed(revision))
    .bind(i64::from(limit))
    .fetch(db);
    let (mut entries, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        let entry = Entry::of(&row)?;
        bytes += entry.operations.len();
        entries.push(entry);
        if bytes > BYTES_MAX {
            break;
        }
    }
    Ok(entries)
}

async fn extent(db: &mut AnyConnection) -> Result<Option<Extent>, SqlError> {
    let oldest = "SELECT revision, time FROM weft_log ORDER BY revision LIMIT 1";
    let newest = "SELECT revision, time FROM weft_log ORDER BY revision DESC LIMIT 1";
    let oldest: Option<(i64, i64)> = sqlx::query_as(oldest).fetch_optional(&mut *db).await?;
    let newest: Option<(i64, i64)> = sqlx::query_as(newest).fetch_optional(db).await?;
    let mark = |(revision, time_micros)| Mark {
        revision: unsigned(revision),
        time_micros,
    };
    Ok(oldest.zip(newest).map(|(oldest, newest)| Extent {
        oldest: mark(oldest),
        newest: mark(newest),
    }))
}

/// Times never run backwards from one commit to the next, so it is found by halving: the log needs
/// no index by time.
async fn latest_at(
    db: &mut AnyConnection,
    time_micros: i64,
    patience: Duration,
) -> Result<Option<Mark>, SqlError> {
    let Some(extent) = within(patience, extent(db)).await? else {
        return Ok(None);
    };
    if extent.oldest.time_micros > time_micros {
        return Ok(None);
    }
    let (mut low, mut high) = (extent.oldest, extent.newest);
    if high.time_micros <= time_micros {
        return Ok(Some(high));
    }
    while high.revision - low.revision > 1 {
        let middle = low.revision.midpoint(high.revision);
        let time = sqlx::query_scalar("SELECT time FROM weft_log WHERE revision = ?")
            .bind(signed(middle))
            .fetch_optional(&mut *db);
        // One that the retention has taken meanwhile is from before.
        let time: Option<i64> = within(patience, time).await?;
        let mark = Mark {
            revision: middle,
            time_micros: time.unwrap_or(low.time_micros),
        };
        if mark.time_micros <= time_micros {
            low = mark;
        } else {
            high = mark;
        }
    }
    Ok(Some(low))
}

async fn touching(
    db: &mut AnyConnection,
    id: Uuid,
    before: u64,
    limit: u32,
    patience: Duration,
) -> Result<(Vec<Entry>, bool), SqlError> {
    let Some(extent) = within(patience, extent(db)).await? else {
        return Ok((Vec::new(), false));
    };
    let before = before.min(extent.newest.revision + 1);
    let oldest = extent.oldest.revision;
    let revisions = touched::revisions(db, id, oldest, before, limit);
    let revisions = within(patience, revisions).await?;
    let full = u32::try_from(revisions.len()).is_ok_and(|found| found >= limit);
    let (mut entries, mut bytes) = (Vec::with_capacity(revisions.len()), 0);
    for revision in revisions {
        if bytes > BYTES_MAX {
            return Ok((entries, true));
        }
        let row = sqlx::query(
            "SELECT revision, time, who, request_id, operations FROM weft_log WHERE revision = ?",
        )
        .bind(revision)
        .fetch_optional(&mut *db);
        if let Some(row) = within(patience, row).await? {
            let entry = Entry::of(&row)?;
            bytes += entry.operations.len();
            entries.push(entry);
        }
    }
    Ok((entries, full))
}
