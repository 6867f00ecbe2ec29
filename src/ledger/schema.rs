//! The tables, and the migrations that made them. A migration only ever adds.

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Error as SqlError, Row};

use super::fault::{Fault, FaultKind};
use super::{Database, clock, touched};

/// One step of the schema. A released step is never edited: a later one adds.
struct Migration {
    version: i64,
    sqlite: &'static [&'static str],
    mysql: &'static [&'static str],
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sqlite: &[
            "CREATE TABLE IF NOT EXISTS weft_head (
            id BIGINT NOT NULL PRIMARY KEY, revision BIGINT NOT NULL)",
            "CREATE TABLE IF NOT EXISTS weft_record (
            kind TEXT NOT NULL, id TEXT NOT NULL, revision BIGINT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (kind, id))",
            "CREATE TABLE IF NOT EXISTS weft_log (
            revision INTEGER NOT NULL PRIMARY KEY, time BIGINT NOT NULL, who TEXT NOT NULL,
            request_id TEXT NOT NULL, controller TEXT NOT NULL, operations TEXT NOT NULL)",
        ],
        mysql: &[
            "CREATE TABLE IF NOT EXISTS weft_head (
            id BIGINT NOT NULL PRIMARY KEY, revision BIGINT NOT NULL) ENGINE=InnoDB",
            "CREATE TABLE IF NOT EXISTS weft_record (
            kind VARCHAR(32) NOT NULL, id VARCHAR(36) NOT NULL, revision BIGINT NOT NULL,
            body MEDIUMTEXT NOT NULL, PRIMARY KEY (kind, id))
            ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            "CREATE TABLE IF NOT EXISTS weft_log (
            revision BIGINT NOT NULL PRIMARY KEY, time BIGINT NOT NULL, who VARCHAR(255) NOT NULL,
            request_id VARCHAR(255) NOT NULL, controller VARCHAR(36) NOT NULL,
            operations LONGTEXT NOT NULL)
            ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ],
    },
    Migration {
        version: TOUCHED,
        sqlite: &["CREATE TABLE IF NOT EXISTS weft_touched (
            era BIGINT NOT NULL, record BIGINT NOT NULL, revision BIGINT NOT NULL,
            PRIMARY KEY (era, record, revision)) WITHOUT ROWID"],
        mysql: &["CREATE TABLE IF NOT EXISTS weft_touched (
            era BIGINT NOT NULL, record BIGINT NOT NULL, revision BIGINT NOT NULL,
            PRIMARY KEY (era, record, revision)) ENGINE=InnoDB"],
    },
];

/// The step that gave the log its index by record.
const TOUCHED: i64 = 2;

/// The latest schema version this weft knows.
pub(super) fn latest() -> i64 {
    MIGRATIONS.last().map_or(0, |step| step.version)
}

/// Brings the schema up to date. Several controllers may do so at once: every
/// step can be repeated, and who comes second finds it recorded.
pub(super) async fn migrate(db: &mut AnyConnection, database: &Database) -> Result<(), Fault> {
    let sql = |error| Fault::from_sql(database, error);
    let found = version(db, database).await?;
    if let Some((found, writer)) = &found
        && *found > latest()
    {
        return Err(Fault::new(
            database,
            FaultKind::NewerSchema {
                found: *found,
                writer: writer.clone(),
                known: latest(),
                weft: env!("CARGO_PKG_VERSION"),
            },
        ));
    }
    let found = found.map_or(0, |(version, _)| version);
    for step in MIGRATIONS.iter().filter(|step| step.version > found) {
        apply(db, database, step).await.map_err(sql)?;
    }
    Ok(())
}

/// The schema's version and the weft that made it; none in an empty database.
async fn version(
    db: &mut AnyConnection,
    database: &Database,
) -> Result<Option<(i64, String)>, Fault> {
    let sql = |error| Fault::from_sql(database, error);
    let tables = match database {
        Database::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_master WHERE name = 'weft_schema'",
        Database::MySql(_) => {
            "SELECT COUNT(*) FROM information_schema.tables
             WHERE table_schema = DATABASE() AND table_name = 'weft_schema'"
        }
    };
    let there: i64 = sqlx::query_scalar(tables)
        .fetch_one(&mut *db)
        .await
        .map_err(sql)?;
    if there == 0 {
        return Ok(None);
    }
    let row = sqlx::query("SELECT version, weft FROM weft_schema ORDER BY version DESC LIMIT 1")
        .fetch_optional(db)
        .await
        .map_err(sql)?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .transpose()
        .map_err(sql)
}

async fn apply(
    db: &mut AnyConnection,
    database: &Database,
    step: &Migration,
) -> Result<(), SqlError> {
    let (own, statements) = match database {
        Database::Sqlite(_) => ("", step.sqlite),
        Database::MySql(_) => (" ENGINE=InnoDB", step.mysql),
    };
    let schema = format!(
        "CREATE TABLE IF NOT EXISTS weft_schema (version BIGINT NOT NULL PRIMARY KEY,
         weft VARCHAR(64) NOT NULL, time BIGINT NOT NULL){own}"
    );
    // SQLite does all of it or nothing; a server commits each statement that defines a table. SQLite's lock
    // is taken at once, and so waited for: a transaction that only read until another controller wrote is
    // refused.
    let mut transaction = match database {
        Database::Sqlite(_) => db.begin_with("BEGIN IMMEDIATE").await?,
        Database::MySql(_) => db.begin().await?,
    };
    sqlx::query(AssertSqlSafe(schema))
        .execute(&mut *transaction)
        .await?;
    for statement in statements {
        sqlx::query(*statement).execute(&mut *transaction).await?;
    }
    if step.version == 1 {
        let head = sqlx::query("INSERT INTO weft_head (id, revision) VALUES (1, 0)");
        present(head.execute(&mut *transaction).await)?;
    }
    if step.version == TOUCHED {
        touched::fill(&mut transaction, database).await?;
    }
    let record = sqlx::query("INSERT INTO weft_schema (version, weft, time) VALUES (?, ?, ?)")
        .bind(step.version)
        .bind(env!("CARGO_PKG_VERSION"))
        .bind(clock::now_micros());
    present(record.execute(&mut *transaction).await)?;
    transaction.commit().await
}

/// A row that another controller has put there already is as good as ours.
fn present<T>(done: Result<T, SqlError>) -> Result<(), SqlError> {
    match done {
        Err(SqlError::Database(error)) if error.is_unique_violation() => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}
