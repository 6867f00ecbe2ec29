//! The SQL: connecting, loading, and one transaction per group of commits.
//!
//! Statements are the part of SQL that SQLite and MySQL agree on; only the
//! tables' definitions and the first words on a connection differ.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use sqlx::any::{AnyConnectOptions, install_default_drivers};
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection, Row};
use uuid::Uuid;

use crate::model::{Commit, Model};

use super::fault::{Fault, FaultKind, SqlFailure};
use super::rows::Rows;
use super::{Database, document, schema, touched};

/// How many commits of others are read at a time.
pub(super) const CATCH_UP_MAX: u32 = 1_000;
/// A server that says nothing for this long, beyond the time a lock is waited
/// for, counts as gone.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// Pages in the write-ahead log of an embedded database at which the engine moves them itself, if
/// nobody else has done so.
const WAL_PAGES_MAX: u32 = 16_384;

/// Between two attempts to get a lock that the engine does not wait for.
const LOCKED: Duration = Duration::from_millis(10);

/// One connection to the database, made again when it breaks.
pub(super) struct Store {
    database: Database,
    busy_timeout: Duration,
    controller: Uuid,
    connection: Option<AnyConnection>,
}

/// What there is in the write-ahead log of an embedded database, and how much of it is in the database
/// as well; both are -1 where somebody else is moving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) pages: i32,
    pub(super) moved: i32,
}

/// How a transaction ended.
pub(super) enum Appended {
    /// It is durable.
    Done,
    /// Another controller's commit stands where ours would: nothing was done.
    Conflict,
    /// Nothing was done.
    Failed(Fault),
    /// The connection broke while committing: it may be there or not.
    Unknown(Fault),
}

impl Store {
    /// Connects, makes a new database if there is none, and brings its schema up to date.
    pub(super) async fn open(
        database: Database,
        busy_timeout: Duration,
        controller: Uuid,
    ) -> Result<Self, Fault> {
        let mut store = Store::later(database, busy_timeout, controller);
        let url = store.database.url();
        store.connection = Some(store.connect(&url).await?);
        Ok(store)
    }

    /// A store of a database that is there already; connects when it is first asked.
    pub(super) fn later(database: Database, busy_timeout: Duration, controller: Uuid) -> Self {
        install_default_drivers();
        Store {
            database,
            busy_timeout,
            controller,
            connection: None,
        }
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// The revision of the last commit of all controllers.
    pub(super) async fn head(&mut self) -> Result<u64, Fault> {
        let patience = self.patience();
        let db = self.connected().await?;
        let head = sqlx::query_scalar("SELECT revision FROM weft_head WHERE id = 1").fetch_one(db);
        let head = within(patience, head).await;
        head.map(unsigned).map_err(|error| self.failed(error))
    }

    /// Everything, as one consistent snapshot.
    pub(super) async fn load(&mut self) -> Result<Model, Fault> {
        let database = self.database.clone();
        let db = self.connected().await?;
        let loaded = load(db).await;
        match loaded {
            Ok(Ok(model)) => Ok(model),
            Ok(Err(kind)) => Err(Fault::new(&database, kind)),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// True when the commit `revision` in the log is one of ours.
    pub(super) async fn is_ours(&mut self, revision: u64) -> Result<bool, Fault> {
        let patience = self.patience();
        let controller = self.controller.to_string();
        let db = self.connected().await?;
        let found = sqlx::query_scalar("SELECT controller FROM weft_log WHERE revision = ?")
            .bind(signed(revision))
            .fetch_optional(db);
        let found: Option<String> = within(patience, found)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(found == Some(controller))
    }

    /// Makes `commits`, the first of which follows the revision `base`, durable
    /// in one transaction.
    pub(super) async fn append(&mut self, base: u64, commits: &[Arc<Commit>]) -> Appended {
        let rows = Rows::of(commits, &self.controller.to_string());
        let database = self.database.clone();
        let patience = self.patience();
        let db = match self.connected().await {
            Ok(db) => db,
            Err(fault) => return Appended::Failed(fault),
        };
        let written = within(patience, write(db, &database, base, &rows)).await;
        match written {
            Ok(true) => {}
            Ok(false) => return self.undo(Appended::Conflict).await,
            Err(error) => {
                return match SqlFailure::of(&database, error) {
                    SqlFailure::Conflict => self.undo(Appended::Conflict).await,
                    SqlFailure::Fault(fault) => self.undo(Appended::Failed(fault)).await,
                };
            }
        }
        let Some(db) = self.connection.as_mut() else {
            return Appended::Conflict;
        };
        let committed = within(patience, sqlx::query("COMMIT").execute(db)).await;
        match committed.map_err(|error| SqlFailure::of(&database, error)) {
            Ok(_) => Appended::Done,
            Err(SqlFailure::Conflict) => self.undo(Appended::Conflict).await,
            Err(SqlFailure::Fault(fault)) => self.undo(Appended::Unknown(fault)).await,
        }
    }

    /// Moves pages of the write-ahead log of an embedded database into the database, as many as nobody
    /// reads just now. The database is synced only where that was all of them.
    pub(super) async fn checkpoint(&mut self) -> Result<Moved, Fault> {
        let patience = self.patience();
        let db = self.connected().await?;
        let moved = sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(db);
        let moved: Result<(i32, i32, i32), _> = within(patience, moved).await;
        let (_, pages, moved) = moved.map_err(|error| self.failed(error))?;
        Ok(Moved { pages, moved })
    }

    /// Removes commits made before `time_micros` from the log, a bounded number
    /// at a time; gives how many.
    pub(super) async fn prune(&mut self, time_micros: i64, limit: u32) -> Result<u64, Fault> {
        let patience = self.patience();
        let db = self.connected().await?;
        let pruned = within(patience, prune(db, time_micros, limit)).await;
        pruned.map_err(|error| self.failed(error))
    }

    /// Ends a transaction that is not to be. A connection on which that fails is given up:
    /// closing it ends the transaction as well.
    async fn undo(&mut self, outcome: Appended) -> Appended {
        if let Appended::Failed(fault) | Appended::Unknown(fault) = &outcome
            && fault.breaks_connection()
        {
            self.connection = None;
        }
        if let Some(db) = self.connection.as_mut() {
            let ended = within(SILENCE_MAX, sqlx::query("ROLLBACK").execute(db)).await;
            if ended.is_err() {
                self.connection = None;
            }
        }
        outcome
    }

    /// Closes the connection in good order: an embedded database is left in one file.
    pub(super) async fn close(&mut self) {
        if let Some(db) = self.connection.take()
            && let Err(error) = within(SILENCE_MAX, db.close()).await
        {
            tracing::warn!(%error, database = %self.database, "closing the database failed");
        }
    }

    /// How long an answer is waited for.
    pub(super) fn patience(&self) -> Duration {
        self.busy_timeout + SILENCE_MAX
    }

    /// What went wrong; a connection of no further use is given up.
    pub(super) fn failed(&mut self, error: sqlx::Error) -> Fault {
        let fault = Fault::from_sql(&self.database, error);
        if fault.breaks_connection() {
            self.connection = None;
        }
        fault
    }

    /// The connection, made again where there is none.
    pub(super) async fn connected(&mut self) -> Result<&mut AnyConnection, Fault> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            // A file that has gone must not come back as an empty ledger.
            None => {
                let url = self.database.url().replace("?mode=rwc", "?mode=rw");
                self.connect(&url).await?
            }
        };
        Ok(self.connection.insert(connection))
    }

    async fn connect(&self, url: &str) -> Result<AnyConnection, Fault> {
        let sql = |error| Fault::from_sql(&self.database, error);
        let options: AnyConnectOptions = url.parse().map_err(sql)?;
        let options = options.disable_statement_logging();
        let mut db = within(SILENCE_MAX, options.connect()).await.map_err(sql)?;
        if let Database::MySql(_) = self.database {
            // A Galera node then answers a read only when it has seen what the others committed;
            // a server without Galera does not know the variable.
            let _ = sqlx::query("SET SESSION wsrep_sync_wait = 1")
                .execute(&mut db)
                .await;
        }
        self.prepare(&mut db).await?;
        Ok(db)
    }

    /// Says the first words and brings the schema up to date. Controllers may begin together on a new
    /// file, and the engine does not wait for every lock that this takes.
    async fn prepare(&self, db: &mut AnyConnection) -> Result<(), Fault> {
        let late = Instant::now() + self.busy_timeout;
        loop {
            match self.begin(db).await {
                Err(fault) if matches!(fault.kind, FaultKind::Locked) && Instant::now() < late => {
                    tokio::time::sleep(LOCKED).await;
                }
                begun => return begun,
            }
        }
    }

    async fn begin(&self, db: &mut AnyConnection) -> Result<(), Fault> {
        for words in self.first_words() {
            sqlx::query(AssertSqlSafe(words))
                .execute(&mut *db)
                .await
                .map_err(|error| Fault::from_sql(&self.database, error))?;
        }
        schema::migrate(db, &self.database).await
    }

    /// What makes an answered write survive a power failure, and a lock be waited for.
    fn first_words(&self) -> Vec<String> {
        let wait = self.busy_timeout;
        match self.database {
            Database::Sqlite(_) => vec![
                format!("PRAGMA busy_timeout = {}", wait.as_millis()),
                "PRAGMA journal_mode = WAL".to_owned(),
                "PRAGMA synchronous = FULL".to_owned(),
                format!("PRAGMA wal_autocheckpoint = {WAL_PAGES_MAX}"),
            ],
            Database::MySql(_) => vec![format!(
                "SET SESSION innodb_lock_wait_timeout = {}",
                wait.as_secs().max(1)
            )],
        }
    }
}

/// Gives up on a server that has gone silent.
pub(super) async fn within<T>(
    limit: Duration,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(limit, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

async fn load(db: &mut AnyConnection) -> Result<Result<Model, FaultKind>, sqlx::Error> {
    let mut transaction = db.begin().await?;
    let revision: i64 = sqlx::query_scalar("SELECT revision FROM weft_head WHERE id = 1")
        .fetch_one(&mut *transaction)
        .await?;
    let mut records = Vec::new();
    {
        let mut rows =
            sqlx::query("SELECT kind, id, body FROM weft_record").fetch(&mut *transaction);
        while let Some(row) = rows.try_next().await? {
            let (kind, id, body): (&str, &str, &str) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            match document::record(kind, id, body.as_bytes()) {
                Ok(record) => records.push(record),
                Err(kind) => return Ok(Err(kind)),
            }
        }
    }
    transaction.commit().await?;
    Ok(Ok(Model::from_records(unsigned(revision), records)))
}

/// Everything of the transaction but its end. False: the head was not at `base`.
async fn write(
    db: &mut AnyConnection,
    database: &Database,
    base: u64,
    rows: &Rows,
) -> Result<bool, sqlx::Error> {
    let moves = "UPDATE weft_head SET revision = ? WHERE id = 1 AND revision = ?";
    let values = [signed(rows.revision).into(), signed(base).into()];
    let statements = rows.statements(database);
    statements.run_if(db, database, (moves, &values)).await
}

async fn prune(db: &mut AnyConnection, before: i64, limit: u32) -> Result<u64, sqlx::Error> {
    let oldest: Vec<(i64, i64)> =
        sqlx::query_as("SELECT revision, time FROM weft_log ORDER BY revision LIMIT ?")
            .bind(i64::from(limit))
            .fetch_all(&mut *db)
            .await?;
    let expired = oldest.iter().take_while(|(_, time)| *time < before).last();
    let Some((revision, _)) = expired else {
        return Ok(0);
    };
    // The head's own commit stays: it says since when the cloud has been as it is.
    let pruned = sqlx::query(
        "DELETE FROM weft_log WHERE revision <= ?
         AND revision < (SELECT revision FROM weft_head WHERE id = 1)",
    )
    .bind(*revision)
    .execute(&mut *db)
    .await?
    .rows_affected();
    if pruned > 0 {
        touched::prune(db, unsigned(*revision)).await?;
    }
    Ok(pruned)
}

/// SQL has no unsigned 64-bit type; a ledger never comes near the sign.
pub(super) fn signed(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(revision: i64) -> u64 {
    u64::try_from(revision).unwrap_or(0)
}
