//! The log as other rooms read it: pages of it, the commits of one record, and the way back.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use api::{Kind, Record};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::model::Commit;

use super::Ledger;
use super::document::Wanted;
use super::entries::{Entry, Extent, Mark};
use super::fault::{Fault, FaultKind};
use super::job::WriteError;
use super::reader::Question;
use super::writer::Answer;

/// How many entries are read at a time on the way back.
const STEP: u32 = 500;

/// The log cannot be read.
pub type ReadError = WriteError<Infallible>;

/// A record's kind and id, and what it was then; `None` where it was not.
pub type Former = (Kind, Uuid, Option<Record>);

impl Ledger {
    /// At most `limit` commits after `revision`, ascending. What the retention time has removed is
    /// left out.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn log(&self, revision: u64, limit: u32) -> Result<Vec<Commit>, ReadError> {
        let entries = self.entries_after(revision, limit).await?;
        self.read(entries.into_iter().map(Entry::whole))
    }

    /// Where the log begins and ends; `None` before the first commit.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn extent(&self) -> Result<Option<Extent>, ReadError> {
        self.asked(Question::Extent).await
    }

    /// The latest commit in the log that was made at `time_micros` (since 1970-01-01 UTC) or before;
    /// `None` where it does not go back so far.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn latest_at(&self, time_micros: i64) -> Result<Option<Mark>, ReadError> {
        self.asked(|reply| Question::LatestAt { time_micros, reply })
            .await
    }

    /// The commits in the log before the revision `before` that touched this record, the latest
    /// first, each with the changes of this record alone. At most `limit` of them, and perhaps fewer
    /// although there are more: [`Touched::next`] says.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn touching(
        &self,
        kind: Kind,
        id: Uuid,
        before: u64,
        limit: u32,
    ) -> Result<Touched, ReadError> {
        let asked = |reply| Question::Touching {
            id,
            before,
            limit,
            reply,
        };
        let (entries, more): (Vec<Entry>, bool) = self.asked(asked).await?;
        let last = entries.last().map(|entry| entry.commit.revision);
        let wanted = |k: Kind, i: Uuid| match (k, i) == (kind, id) {
            true => Wanted::Whole,
            false => Wanted::Nothing,
        };
        let mut commits = self.read(entries.into_iter().map(|entry| entry.read(wanted)))?;
        // Another record may share half of its id.
        commits.retain(|commit| !commit.changes.is_empty());
        Ok(Touched {
            commits,
            next: last.filter(|_| more),
        })
    }

    /// What the records that the commits after `from` up to `to` touched were at `from`, each once;
    /// `None` where the log does not go back so far any more.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn former(&self, from: u64, to: u64) -> Result<Option<Vec<Former>>, ReadError> {
        let mut seen = BTreeSet::new();
        let mut former = Vec::new();
        let mut at = from;
        while at < to {
            let left = u32::try_from(to - at).unwrap_or(u32::MAX);
            let entries = self.entries_after(at, STEP.min(left)).await?;
            let next = entries.first().map(|entry| entry.commit.revision);
            if next != Some(at + 1) {
                return Ok(None);
            }
            // Only the first commit that touched a record says what it was.
            let commits = entries.into_iter().map(|entry| {
                entry.read(|kind, id| match seen.insert((kind, id)) {
                    true => Wanted::Before,
                    false => Wanted::Nothing,
                })
            });
            for commit in self.read(commits)? {
                at = commit.revision;
                let changes = commit.changes.into_iter();
                former.extend(changes.map(|change| (change.kind, change.id, change.before)));
            }
        }
        Ok(Some(former))
    }

    async fn entries_after(&self, revision: u64, limit: u32) -> Result<Vec<Entry>, ReadError> {
        self.asked(|reply| Question::After {
            revision,
            limit,
            reply,
        })
        .await
    }

    async fn asked<T>(&self, question: impl FnOnce(Answer<T>) -> Question) -> Result<T, ReadError> {
        let (reply, answer) = oneshot::channel();
        // Who reads the log waits for a place: unlike a write, it has time.
        let sent = self.questions.send(question(reply)).await;
        sent.map_err(|_| WriteError::Closed)?;
        match answer.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(fault)) => Err(WriteError::Fault(fault)),
            Err(_) => Err(WriteError::Closed),
        }
    }

    fn read(
        &self,
        commits: impl Iterator<Item = Result<Commit, FaultKind>>,
    ) -> Result<Vec<Commit>, ReadError> {
        let commits: Result<Vec<_>, _> = commits.collect();
        commits.map_err(|kind| WriteError::Fault(Arc::new(Fault::new(&self.database, kind))))
    }
}

/// A page of the commits that touched a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Touched {
    /// The latest first.
    pub commits: Vec<Commit>,
    /// What to ask for next as `before`; `None` when the log has no more.
    pub next: Option<u64>,
}
