//! The operations of a transaction (RFC 7047 §5.2), their conditions and mutations.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::notation::{Datum, Map, NamedUuid, Set, Uuid};

/// Some columns of a row, by name (RFC 7047 `<row>`).
pub type Columns = BTreeMap<String, Datum>;

/// How a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Function {
    /// Less than; numbers only.
    #[serde(rename = "<")]
    Less,
    /// At most; numbers only.
    #[serde(rename = "<=")]
    LessOrEqual,
    /// The same value.
    #[serde(rename = "==")]
    Equal,
    /// Another value.
    #[serde(rename = "!=")]
    NotEqual,
    /// At least; numbers only.
    #[serde(rename = ">=")]
    GreaterOrEqual,
    /// More than; numbers only.
    #[serde(rename = ">")]
    Greater,
    /// The column holds every element or pair of the value.
    #[serde(rename = "includes")]
    Includes,
    /// The column holds no element or pair of the value.
    #[serde(rename = "excludes")]
    Excludes,
}

/// Which rows an operation means; a row must fulfil all conditions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition(pub String, pub Function, pub Datum);

impl Condition {
    /// `column == value`.
    pub fn equal(column: impl Into<String>, value: impl Into<Datum>) -> Self {
        Self(column.into(), Function::Equal, value.into())
    }

    /// `column != value`.
    pub fn not_equal(column: impl Into<String>, value: impl Into<Datum>) -> Self {
        Self(column.into(), Function::NotEqual, value.into())
    }

    /// The column holds all of `value`.
    pub fn includes(column: impl Into<String>, value: impl Into<Datum>) -> Self {
        Self(column.into(), Function::Includes, value.into())
    }

    /// The column holds none of `value`.
    pub fn excludes(column: impl Into<String>, value: impl Into<Datum>) -> Self {
        Self(column.into(), Function::Excludes, value.into())
    }

    /// The row with this UUID.
    #[must_use]
    pub fn row(uuid: Uuid) -> Self {
        Self::equal("_uuid", uuid)
    }
}

/// How a mutation changes a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mutator {
    /// Adds to each number.
    #[serde(rename = "+=")]
    Add,
    /// Subtracts from each number.
    #[serde(rename = "-=")]
    Subtract,
    /// Multiplies each number.
    #[serde(rename = "*=")]
    Multiply,
    /// Divides each number.
    #[serde(rename = "/=")]
    Divide,
    /// Takes the remainder of each integer.
    #[serde(rename = "%=")]
    Remainder,
    /// Adds elements; of a map, pairs whose key is not there.
    #[serde(rename = "insert")]
    Insert,
    /// Removes elements; of a map, equal pairs, or keys where the value is a set.
    #[serde(rename = "delete")]
    Delete,
}

/// A change of a column that does not need its present value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutation(pub String, pub Mutator, pub Datum);

impl Mutation {
    /// Adds elements to a set column.
    pub fn insert(column: impl Into<String>, elements: Set) -> Self {
        Self(column.into(), Mutator::Insert, elements.into())
    }

    /// Removes elements from a set column, or keys from a map column.
    pub fn delete(column: impl Into<String>, elements: Set) -> Self {
        Self(column.into(), Mutator::Delete, elements.into())
    }

    /// Adds the pairs whose keys the map column does not have.
    pub fn insert_pairs(column: impl Into<String>, pairs: Map) -> Self {
        Self(column.into(), Mutator::Insert, pairs.into())
    }

    /// Adds to a number.
    pub fn add(column: impl Into<String>, number: i64) -> Self {
        Self(column.into(), Mutator::Add, number.into())
    }
}

/// What a `wait` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Until {
    /// The selected columns are those given.
    #[serde(rename = "==")]
    Equal,
    /// They are not.
    #[serde(rename = "!=")]
    NotEqual,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Operation {
    /// Inserts a row; columns not named take their default (§5.2.1).
    Insert {
        /// The table.
        table: String,
        /// The columns.
        row: Columns,
        /// The name by which the rest of the transaction may refer to the row.
        #[serde(rename = "uuid-name", default, skip_serializing_if = "Option::is_none")]
        name: Option<NamedUuid>,
        /// The UUID wanted for the row (Open vSwitch 2.13); a bare string on the wire.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uuid: Option<Uuid>,
    },
    /// Reads rows (§5.2.2).
    Select {
        /// The table.
        table: String,
        /// Which rows.
        #[serde(rename = "where")]
        conditions: Vec<Condition>,
        /// Which columns; all where `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        columns: Option<Vec<String>>,
    },
    /// Sets columns of rows (§5.2.3).
    Update {
        /// The table.
        table: String,
        /// Which rows.
        #[serde(rename = "where")]
        conditions: Vec<Condition>,
        /// The columns and their new values.
        row: Columns,
    },
    /// Changes columns by difference (§5.2.4).
    Mutate {
        /// The table.
        table: String,
        /// Which rows.
        #[serde(rename = "where")]
        conditions: Vec<Condition>,
        /// The changes, applied in order.
        mutations: Vec<Mutation>,
    },
    /// Deletes rows (§5.2.5).
    Delete {
        /// The table.
        table: String,
        /// Which rows.
        #[serde(rename = "where")]
        conditions: Vec<Condition>,
    },
    /// Waits until the rows are, or are not, those given (§5.2.6). With a timeout of 0 it is a
    /// guard: it fails the transaction at once where the database is in another state.
    Wait {
        /// How long, in milliseconds; without end where `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<u64>,
        /// The table.
        table: String,
        /// Which rows.
        #[serde(rename = "where")]
        conditions: Vec<Condition>,
        /// Which columns are compared; all where `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        columns: Option<Vec<String>>,
        /// Equal or not.
        until: Until,
        /// The rows.
        rows: Vec<Columns>,
    },
    /// Asks for a durable commit (§5.2.7).
    Commit {
        /// Whether the reply waits for the disk.
        durable: bool,
    },
    /// Fails the transaction (§5.2.8).
    Abort,
    /// A note in the server's log (§5.2.9).
    Comment {
        /// The note.
        comment: String,
    },
    /// Fails the transaction unless this session holds the lock (§5.2.10).
    Assert {
        /// The lock.
        lock: String,
    },
}

/// A UUID that is spelled `["uuid", …]`, as the result of an insert has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(UuidTag, Uuid)", from = "(UuidTag, Uuid)")]
pub struct RowUuid(pub Uuid);

/// The tag of a `<uuid>`.
#[derive(Serialize, Deserialize)]
enum UuidTag {
    #[serde(rename = "uuid")]
    Uuid,
}

impl From<RowUuid> for (UuidTag, Uuid) {
    fn from(uuid: RowUuid) -> Self {
        (UuidTag::Uuid, uuid.0)
    }
}

impl From<(UuidTag, Uuid)> for RowUuid {
    fn from((UuidTag::Uuid, uuid): (UuidTag, Uuid)) -> Self {
        Self(uuid)
    }
}

impl Operation {
    /// The name of the operation on the wire, and its table where it has one.
    #[must_use]
    pub fn name(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Insert { table, .. } => ("insert", Some(table)),
            Self::Select { table, .. } => ("select", Some(table)),
            Self::Update { table, .. } => ("update", Some(table)),
            Self::Mutate { table, .. } => ("mutate", Some(table)),
            Self::Delete { table, .. } => ("delete", Some(table)),
            Self::Wait { table, .. } => ("wait", Some(table)),
            Self::Commit { .. } => ("commit", None),
            Self::Abort => ("abort", None),
            Self::Comment { .. } => ("comment", None),
            Self::Assert { .. } => ("assert", None),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            (name, Some(table)) => write!(f, "{name} {table}"),
            (name, None) => f.write_str(name),
        }
    }
}
