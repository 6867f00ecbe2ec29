//! What the database refuses or fails at, as types that name the remedy.

use std::sync::Arc;

use sqlx::Error as SqlError;
use sqlx::mysql::MySqlDatabaseError;

use super::Database;

/// A failure of the database: which one, what happened, what helps.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{database}: {kind}")]
pub struct Fault {
    /// The path, or the URL without its password.
    pub database: String,
    /// What happened.
    pub kind: FaultKind,
    /// What the engine said.
    #[source]
    pub source: Option<Arc<SqlError>>,
}

/// What happened, with the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// The file, its folder or the server takes no writes.
    #[error(
        "the database is read-only; give weft write access to it and its folder (reads go on being served, writes resume by themselves)"
    )]
    ReadOnly,
    /// No room on the disk.
    #[error(
        "the disk is full; make room on it (reads go on being served, writes resume by themselves)"
    )]
    Full,
    /// Another process holds the database.
    #[error(
        "another process holds a lock on the database; end that process or its transaction (writes resume by themselves)"
    )]
    Locked,
    /// The file is something else.
    #[error(
        "the file is no SQLite database; name another path, or move the file away to start with an empty ledger"
    )]
    NotADatabase,
    /// The file is damaged.
    #[error("the database is damaged; restore it from a copy, or save it with `sqlite3 .recover`")]
    Corrupt,
    /// The file or its folder is not there or not accessible.
    #[error("the file cannot be opened; check that its folder exists and is accessible to weft")]
    CannotOpen,
    /// The disk fails.
    #[error("the disk fails to read or write; see the kernel's log")]
    Io,
    /// The server does not answer.
    #[error(
        "the server does not answer; check that it runs and can be reached (weft connects again by itself)"
    )]
    Unreachable,
    /// The server does not let us in.
    #[error("the server refuses the user; check name, password and grants")]
    Refused,
    /// The server has no database of that name.
    #[error("the server has no such database; create it first (CREATE DATABASE …)")]
    NoSuchDatabase,
    /// Written by a later weft.
    #[error(
        "the database has schema version {found}, written by weft {writer}; this weft {weft} knows versions up to {known}: run weft {writer} or later"
    )]
    NewerSchema {
        /// The version found.
        found: i64,
        /// The weft that made it.
        writer: String,
        /// The latest version this weft knows.
        known: i64,
        /// This weft.
        weft: &'static str,
    },
    /// A stored document that this weft cannot read.
    #[error("the stored {what} cannot be read ({why}); restore the database from a copy")]
    Unreadable {
        /// Which document.
        what: String,
        /// Where reading it stopped.
        why: String,
    },
    /// An older copy was put in the place of the database while weft ran.
    #[error(
        "the database is at revision {found}, but revision {known} has been answered: put the newer database back, or restart weft to go on from the older one"
    )]
    Rewound {
        /// The revision found.
        found: u64,
        /// The last revision that was known.
        known: u64,
    },
    /// The ledger's thread could not start or has ended.
    #[error("the ledger's thread cannot run; see the log")]
    Stopped,
    /// Anything else the engine says.
    #[error("the database failed: {0}")]
    Other(String),
}

/// What an error of the engine means to a transaction.
#[derive(Debug)]
pub(super) enum SqlFailure {
    /// Another controller was faster: take its commits and try again.
    Conflict,
    /// The transaction cannot be done now.
    Fault(Fault),
}

impl Fault {
    pub(super) fn new(database: &Database, kind: FaultKind) -> Self {
        Fault {
            database: database.to_string(),
            kind,
            source: None,
        }
    }

    pub(super) fn from_sql(database: &Database, error: SqlError) -> Self {
        Fault {
            database: database.to_string(),
            kind: kind_of(&error),
            source: Some(Arc::new(error)),
        }
    }

    /// True when the connection is of no further use.
    pub(super) fn breaks_connection(&self) -> bool {
        matches!(
            self.kind,
            FaultKind::Unreachable | FaultKind::Io | FaultKind::Other(_)
        )
    }
}

impl SqlFailure {
    pub(super) fn of(database: &Database, error: SqlError) -> Self {
        if is_conflict(&error) {
            SqlFailure::Conflict
        } else {
            SqlFailure::Fault(Fault::from_sql(database, error))
        }
    }
}

/// Two controllers at one revision: a duplicate log entry, a deadlock victim
/// (1213), or Galera's certification (1213 or SQLSTATE 40001).
fn is_conflict(error: &SqlError) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    error.is_unique_violation()
        || error.code().is_some_and(|code| code == "40001")
        || mysql_number(error) == Some(1213)
}

fn mysql_number(error: &dyn sqlx::error::DatabaseError) -> Option<u16> {
    error
        .try_downcast_ref::<MySqlDatabaseError>()
        .map(MySqlDatabaseError::number)
}

fn kind_of(error: &SqlError) -> FaultKind {
    let other = || FaultKind::Other(error.to_string());
    match error {
        SqlError::Database(database) => match mysql_number(&**database) {
            Some(number) => mysql_kind(number).unwrap_or_else(other),
            None => database
                .code()
                .and_then(|code| sqlite_kind(code.parse().ok()?))
                .unwrap_or_else(other),
        },
        SqlError::Io(_) | SqlError::Tls(_) | SqlError::Protocol(_) | SqlError::WorkerCrashed => {
            FaultKind::Unreachable
        }
        _ => other(),
    }
}

/// SQLite's result codes; the low byte of an extended code is the primary one.
fn sqlite_kind(code: u32) -> Option<FaultKind> {
    Some(match code & 0xff {
        3 | 8 | 23 => FaultKind::ReadOnly,
        5 | 6 => FaultKind::Locked,
        10 => FaultKind::Io,
        11 => FaultKind::Corrupt,
        13 => FaultKind::Full,
        14 => FaultKind::CannotOpen,
        26 => FaultKind::NotADatabase,
        _ => return None,
    })
}

/// The server's error numbers (MariaDB's error code list).
fn mysql_kind(number: u16) -> Option<FaultKind> {
    Some(match number {
        1290 | 1792 | 1836 => FaultKind::ReadOnly,
        1021 | 1114 => FaultKind::Full,
        1205 => FaultKind::Locked,
        1044 | 1045 | 1142 | 1698 => FaultKind::Refused,
        1049 => FaultKind::NoSuchDatabase,
        // 1047: a Galera node that is not part of the primary component.
        1040 | 1047 | 1053 | 1077 | 1927 => FaultKind::Unreachable,
        _ => return None,
    })
}
