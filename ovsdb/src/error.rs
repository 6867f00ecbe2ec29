//! Errors: what the other side answered (RFC 7047's strings as an enum), and what is wrong with
//! what it sent.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use crate::notation::{Atom, Datum, Uuid};
use crate::operation::Operation;
use crate::schema::AtomicType;

/// The error strings of RFC 7047 and of `ovsdb-server(7)`, as a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ErrorKind {
    /// `aborted`: the transaction held an `abort` operation (§5.2.8).
    Aborted,
    /// `canceled`: a `cancel` notification stopped the transaction (§4.1.4).
    Canceled,
    /// `constraint violation`: a value, a count of rows or an index (§4.1.3, §5.2).
    ConstraintViolation,
    /// `domain error`: a mutation without a result, such as a division by zero (§5.2.4).
    DomainError,
    /// `duplicate uuid`: the row UUID that an insert asked for is taken.
    DuplicateUuid,
    /// `duplicate uuid-name`: two inserts of one transaction share a name (§5.2.1).
    DuplicateUuidName,
    /// `I/O error`: the server could not write its log (§4.1.3).
    IoError,
    /// `internal error`: a bug of the server.
    InternalError,
    /// `not owner`: an `assert` of a lock that another session holds (§5.2.10).
    NotOwner,
    /// `not supported`: a durable commit, or a wait (§5.2.6, §5.2.7).
    NotSupported,
    /// `ovsdb error`: a set or map with a duplicate, and what has no name of its own.
    OvsdbError,
    /// `permission error`: role-based access control said no.
    PermissionError,
    /// `range error`: the result of a mutation does not fit its type (§5.2.4).
    RangeError,
    /// `referential integrity violation`: a row that does not exist is referred to, or one that
    /// is referred to was deleted (§4.1.3).
    ReferentialIntegrityViolation,
    /// `resources exhausted`: the server ran out of memory or disk (§4.1.3).
    ResourcesExhausted,
    /// `syntax error`: the request could not be read.
    SyntaxError,
    /// `timed out`: a `wait` whose condition did not become true (§5.2.6).
    TimedOut,
    /// `unknown column`.
    UnknownColumn,
    /// `unknown database`.
    UnknownDatabase,
    /// `unknown method`.
    UnknownMethod,
    /// A string that this list lacks.
    Other(String),
}

const KINDS: [(ErrorKind, &str); 20] = [
    (ErrorKind::Aborted, "aborted"),
    (ErrorKind::Canceled, "canceled"),
    (ErrorKind::ConstraintViolation, "constraint violation"),
    (ErrorKind::DomainError, "domain error"),
    (ErrorKind::DuplicateUuid, "duplicate uuid"),
    (ErrorKind::DuplicateUuidName, "duplicate uuid-name"),
    (ErrorKind::IoError, "I/O error"),
    (ErrorKind::InternalError, "internal error"),
    (ErrorKind::NotOwner, "not owner"),
    (ErrorKind::NotSupported, "not supported"),
    (ErrorKind::OvsdbError, "ovsdb error"),
    (ErrorKind::PermissionError, "permission error"),
    (ErrorKind::RangeError, "range error"),
    (
        ErrorKind::ReferentialIntegrityViolation,
        "referential integrity violation",
    ),
    (ErrorKind::ResourcesExhausted, "resources exhausted"),
    (ErrorKind::SyntaxError, "syntax error"),
    (ErrorKind::TimedOut, "timed out"),
    (ErrorKind::UnknownColumn, "unknown column"),
    (ErrorKind::UnknownDatabase, "unknown database"),
    (ErrorKind::UnknownMethod, "unknown method"),
];

impl ErrorKind {
    /// The string on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        if let Self::Other(text) = self {
            return text;
        }
        KINDS
            .iter()
            .find(|(kind, _)| kind == self)
            .map_or("", |(_, text)| text)
    }
}

impl From<String> for ErrorKind {
    fn from(text: String) -> Self {
        KINDS
            .iter()
            .find(|(_, known)| *known == text)
            .map_or(Self::Other(text), |(kind, _)| kind.clone())
    }
}

impl From<ErrorKind> for String {
    fn from(kind: ErrorKind) -> Self {
        kind.as_str().to_owned()
    }
}

/// An `<error>` of RFC 7047 §3.1 as the other side sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerError {
    /// Which error.
    #[serde(rename = "error")]
    pub kind: ErrorKind,
    /// Prose of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// The part of the request that it could not read, as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syntax: Option<String>,
}

impl PeerError {
    /// An error with prose.
    #[must_use]
    pub fn new(kind: ErrorKind, details: impl Into<String>) -> Self {
        Self {
            kind,
            details: Some(details.into()),
            syntax: None,
        }
    }
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if let Some(details) = &self.details {
            write!(f, ": {details}")?;
        }
        if let Some(syntax) = &self.syntax {
            write!(f, " (at {syntax})")?;
        }
        Ok(())
    }
}

impl std::error::Error for PeerError {}

/// A byte stream that is no sequence of JSON objects within the limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A message does not start with `{`.
    #[error("byte {byte:#04x} where a JSON-RPC message starts; expected '{{'")]
    NotAnObject {
        /// The byte found.
        byte: u8,
    },
    /// A message goes on beyond the limit.
    #[error("a message of more than {limit} bytes")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Arrays and objects are nested beyond the limit.
    #[error("a message nested more than {limit} levels deep")]
    TooDeep {
        /// The limit, in levels.
        limit: usize,
    },
}

/// A message that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The JSON is broken, or not what its place asks for.
    #[error("{what}: {source}")]
    Json {
        /// What was being read.
        what: &'static str,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The members do not make a request, a notification or a response.
    #[error("a JSON-RPC message that is no request, notification or response: {0}")]
    Message(&'static str),
}

/// A schema that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Longer than [`crate::schema::SCHEMA_BYTES_MAX`].
    #[error(
        "a schema of {bytes} bytes; at most {} are read",
        crate::schema::SCHEMA_BYTES_MAX
    )]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not a `<database-schema>`.
    #[error("not a database schema: {0}")]
    Json(#[from] serde_json::Error),
    /// The type of a column contradicts itself.
    #[error("schema of {table}.{column}: {reason}")]
    ColumnType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A reference to a table that is not there.
    #[error("schema of {table}.{column}: refers to table {target}, which the schema lacks")]
    UnknownReference {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The table referred to.
        target: String,
    },
    /// An index over a column that is not there.
    #[error("schema of {table}: index over column {column}, which the table lacks")]
    UnknownIndexColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

/// A value that does not fit its column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    /// An atom of another type.
    #[error("{found} where {expected:?} belongs")]
    Atom {
        /// The type of the column.
        expected: AtomicType,
        /// The atom.
        found: Atom,
    },
    /// A scalar, set or map in the wrong place.
    #[error("{found} where a {expected} belongs")]
    Shape {
        /// `scalar`, `set` or `map`.
        expected: &'static str,
        /// The value.
        found: Datum,
    },
    /// Too few or too many elements.
    #[error("{count} elements; {min} to {max} are allowed")]
    Count {
        /// How many there are.
        count: usize,
        /// The fewest allowed.
        min: usize,
        /// The most allowed.
        max: usize,
    },
    /// A constraint of the schema.
    #[error("{found} is not allowed; {allowed} is")]
    Constraint {
        /// The value.
        found: Atom,
        /// What would be accepted.
        allowed: String,
    },
}

/// An update that does not fit what the replica holds: the replica cannot be trusted any more and
/// the monitor has to start again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// A table that was not asked for.
    #[error("update of table {table}, which is not monitored")]
    UnknownTable {
        /// The table.
        table: String,
    },
    /// A column that was not asked for.
    #[error("update of column {table}.{column}, which is not monitored")]
    UnknownColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A change of a row that is not there.
    #[error("update of row {uuid} of {table}, which the replica does not have")]
    UnknownRow {
        /// The table.
        table: String,
        /// The row.
        uuid: Uuid,
    },
    /// An insert of a row that is there.
    #[error("insert of row {uuid} of {table}, which the replica has already")]
    DuplicateRow {
        /// The table.
        table: String,
        /// The row.
        uuid: Uuid,
    },
    /// A value that does not fit its column.
    #[error("row {uuid} of {table}, column {column}: {source}")]
    Value {
        /// The table.
        table: String,
        /// The row.
        uuid: Uuid,
        /// The column.
        column: String,
        /// What is wrong.
        source: TypeError,
    },
}

/// Why a session is over.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CloseReason {
    /// This side closed it, or dropped every handle.
    #[error("closed by this side")]
    Local,
    /// The other side closed it.
    #[error("closed by the peer")]
    Peer,
    /// Nothing came within two probe intervals.
    #[error("nothing received for {seconds} s, not even the answer to a probe")]
    Inactive {
        /// How long.
        seconds: u64,
    },
    /// The connection failed.
    #[error("connection failed: {0}")]
    Io(std::sync::Arc<io::Error>),
    /// The byte stream is no JSON-RPC.
    #[error("not JSON-RPC: {0}")]
    Frame(#[from] FrameError),
    /// A message makes no sense.
    #[error("message refused: {0}")]
    Decode(std::sync::Arc<DecodeError>),
    /// An update contradicts the replica.
    #[error("update refused: {0}")]
    Apply(std::sync::Arc<ApplyError>),
    /// The server gave this monitor up; the session itself goes on.
    #[error("monitor canceled by the server")]
    MonitorCanceled,
    /// The other side does not take what it asks for.
    #[error("{bytes} bytes wait to be sent and the peer does not read")]
    Overflow {
        /// How many bytes wait.
        bytes: usize,
    },
}

impl From<ApplyError> for CloseReason {
    fn from(error: ApplyError) -> Self {
        Self::Apply(std::sync::Arc::new(error))
    }
}

/// Why a request has no result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RequestError {
    /// The other side refused it.
    #[error("{method} refused: {error}")]
    Refused {
        /// The method.
        method: &'static str,
        /// The answer.
        error: PeerError,
    },
    /// The session ended first; whether the request was carried out is not known.
    #[error("{method} unanswered: session {reason}")]
    Closed {
        /// The method.
        method: &'static str,
        /// Why the session ended.
        reason: CloseReason,
    },
    /// The answer cannot be read.
    #[error("answer to {method}: {source}")]
    Answer {
        /// The method.
        method: &'static str,
        /// What is wrong.
        source: std::sync::Arc<DecodeError>,
    },
    /// The schema in the answer cannot be used.
    #[error("answer to get_schema: {0}")]
    Schema(std::sync::Arc<SchemaError>),
    /// The answer does not fit what was selected to be monitored.
    #[error("answer to {method}: {error}")]
    Apply {
        /// The method.
        method: &'static str,
        /// What is wrong.
        error: Box<ApplyError>,
    },
}

/// Why a transaction changed nothing, or why it is not known whether it did.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TransactError {
    /// An operation failed; nothing changed.
    #[error("operation {index} ({operation}): {error}")]
    Operation {
        /// Its place in the transaction.
        index: usize,
        /// The operation.
        operation: Box<Operation>,
        /// The server's answer.
        error: PeerError,
    },
    /// Every operation succeeded and their sum could not be committed (the extra element of the
    /// result, RFC 7047 §4.1.3); nothing changed.
    #[error("commit: {error}")]
    Commit {
        /// The server's answer.
        error: PeerError,
    },
    /// The result has another shape than the operations ask for. Whether anything changed is not
    /// known.
    #[error("result of operation {index}: {reason}")]
    Result {
        /// The place in the result.
        index: usize,
        /// What is wrong.
        reason: String,
    },
    /// The request as a whole failed.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl TransactError {
    /// The server's error, where it gave one.
    #[must_use]
    pub fn peer(&self) -> Option<&PeerError> {
        match self {
            Self::Operation { error, .. } | Self::Commit { error } => Some(error),
            Self::Request(RequestError::Refused { error, .. }) => Some(error),
            _ => None,
        }
    }

    /// Whether the database was in another state than the transaction was built from: a `wait`
    /// guard failed, or the sum of the operations clashes with a row that has come or gone since.
    /// Look again and try again, a few times: a transaction that is wrong in itself can look so too.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        match self {
            Self::Operation {
                operation, error, ..
            } => matches!(**operation, Operation::Wait { .. }) && error.kind == ErrorKind::TimedOut,
            Self::Commit { error } => matches!(
                error.kind,
                ErrorKind::ConstraintViolation | ErrorKind::ReferentialIntegrityViolation
            ),
            Self::Result { .. } | Self::Request(_) => false,
        }
    }
}
