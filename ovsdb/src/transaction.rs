//! A transaction and its result: named rows, guards, and the extra element at the end.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{PeerError, TransactError};
use crate::notation::{NamedUuid, Uuid};
use crate::operation::{Columns, Condition, Mutation, Operation, RowUuid, Until};

/// Operations that are committed together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    database: String,
    operations: Vec<Operation>,
    /// The last number given as a name.
    counter: u64,
    /// Names that came with pushed operations.
    pushed: BTreeSet<NamedUuid>,
}

impl Transaction {
    /// An empty transaction on a database.
    pub fn new(database: impl Into<String>) -> Self {
        Self {
            database: database.into(),
            operations: Vec::new(),
            counter: 0,
            pushed: BTreeSet::new(),
        }
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The operations so far.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Adds an operation as it stands; gives its place.
    pub fn push(&mut self, operation: Operation) -> usize {
        if let Operation::Insert {
            name: Some(name), ..
        } = &operation
        {
            self.pushed.insert(name.clone());
        }
        self.add(operation)
    }

    fn add(&mut self, operation: Operation) -> usize {
        self.operations.push(operation);
        self.operations.len() - 1
    }

    /// Inserts a row and gives it a name that the rest of the transaction can refer to.
    pub fn insert(&mut self, table: &str, row: Columns) -> NamedUuid {
        let name = loop {
            self.counter += 1;
            // `row` and a number is always an <id>; a pushed insert may have taken it.
            let name = NamedUuid::new(&format!("row{}", self.counter));
            if let Some(name) = name.filter(|name| !self.pushed.contains(name)) {
                break name;
            }
        };
        self.add(Operation::Insert {
            table: table.to_owned(),
            row,
            name: Some(name.clone()),
            uuid: None,
        });
        name
    }

    /// Inserts a row with a UUID of our choosing (Open vSwitch 2.13).
    pub fn insert_as(&mut self, table: &str, uuid: Uuid, row: Columns) {
        self.add(Operation::Insert {
            table: table.to_owned(),
            row,
            name: None,
            uuid: Some(uuid),
        });
    }

    /// Reads columns of rows.
    pub fn select(&mut self, table: &str, conditions: Vec<Condition>, columns: &[&str]) -> usize {
        self.add(Operation::Select {
            table: table.to_owned(),
            conditions,
            columns: Some(columns.iter().map(|&column| column.to_owned()).collect()),
        })
    }

    /// Sets columns of rows.
    pub fn update(&mut self, table: &str, conditions: Vec<Condition>, row: Columns) -> usize {
        self.add(Operation::Update {
            table: table.to_owned(),
            conditions,
            row,
        })
    }

    /// Changes columns of rows by difference.
    pub fn mutate(
        &mut self,
        table: &str,
        conditions: Vec<Condition>,
        mutations: Vec<Mutation>,
    ) -> usize {
        self.add(Operation::Mutate {
            table: table.to_owned(),
            conditions,
            mutations,
        })
    }

    /// Deletes rows.
    pub fn delete(&mut self, table: &str, conditions: Vec<Condition>) -> usize {
        self.add(Operation::Delete {
            table: table.to_owned(),
            conditions,
        })
    }

    /// Fails the transaction at once unless the named columns of the rows that `conditions` select
    /// are exactly `rows`.
    pub fn guard(
        &mut self,
        table: &str,
        conditions: Vec<Condition>,
        columns: &[&str],
        rows: Vec<Columns>,
    ) -> usize {
        self.add(Operation::Wait {
            timeout: Some(0),
            table: table.to_owned(),
            conditions,
            columns: Some(columns.iter().map(|&column| column.to_owned()).collect()),
            until: Until::Equal,
            rows,
        })
    }

    /// Fails the transaction at once unless the row exists.
    pub fn guard_exists(&mut self, table: &str, uuid: Uuid) -> usize {
        let row = Columns::from([("_uuid".to_owned(), uuid.into())]);
        self.guard(table, vec![Condition::row(uuid)], &["_uuid"], vec![row])
    }

    /// Fails the transaction at once where a row fulfils the conditions.
    pub fn guard_none(&mut self, table: &str, conditions: Vec<Condition>) -> usize {
        self.guard(table, conditions, &["_uuid"], Vec::new())
    }

    /// Leaves a note in the server's log, for who reads it with `ovsdb-tool show-log`.
    pub fn comment(&mut self, comment: impl Into<String>) -> usize {
        self.add(Operation::Comment {
            comment: comment.into(),
        })
    }

    /// The `params` of the `transact` request.
    pub(crate) fn params(&self) -> Result<String, serde_json::Error> {
        struct Params<'a>(&'a Transaction);
        impl serde::Serialize for Params<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeSeq;
                let mut seq = serializer.serialize_seq(Some(self.0.operations.len() + 1))?;
                seq.serialize_element(&self.0.database)?;
                for operation in &self.0.operations {
                    seq.serialize_element(operation)?;
                }
                seq.end()
            }
        }
        serde_json::to_string(&Params(self))
    }

    /// Reads the `result` of the `transact` request.
    pub(crate) fn read_result(self, json: &str) -> Result<Outcome, TransactError> {
        let malformed = |index, reason: String| TransactError::Result { index, reason };
        let elements: Vec<Option<&RawValue>> =
            serde_json::from_str(json).map_err(|error| malformed(0, error.to_string()))?;
        let count = self.operations.len();
        for (index, element) in elements.iter().enumerate() {
            let Some(error) = element.and_then(error_of) else {
                continue;
            };
            return Err(match self.operations.into_iter().nth(index) {
                Some(operation) => TransactError::Operation {
                    index,
                    operation: Box::new(operation),
                    error,
                },
                None => TransactError::Commit { error },
            });
        }
        if elements.len() != count {
            let reason = format!("{} elements for {count} operations", elements.len());
            return Err(malformed(elements.len().min(count), reason));
        }
        let mut outcome = Outcome::default();
        for (index, (operation, element)) in self.operations.into_iter().zip(elements).enumerate() {
            let text = element.map_or("null", RawValue::get);
            let result =
                read_element(&operation, text).map_err(|e| malformed(index, e.to_string()))?;
            if let (
                OpResult::Inserted(uuid),
                Operation::Insert {
                    name: Some(name), ..
                },
            ) = (&result, operation)
            {
                outcome.names.insert(name, *uuid);
            }
            outcome.results.push(result);
        }
        Ok(outcome)
    }
}

/// The `<error>` in a result element, where it is one.
fn error_of(element: &RawValue) -> Option<PeerError> {
    // Rows of a select are never read here: an <error> has the member, a select's result has not.
    #[derive(Deserialize)]
    struct Probe {
        error: Option<serde::de::IgnoredAny>,
    }
    let probe: Probe = serde_json::from_str(element.get()).ok()?;
    probe.error?;
    serde_json::from_str(element.get()).ok()
}

fn read_element(operation: &Operation, text: &str) -> Result<OpResult, serde_json::Error> {
    #[derive(Deserialize)]
    struct Inserted {
        uuid: RowUuid,
    }
    #[derive(Deserialize)]
    struct Rows {
        rows: Vec<Columns>,
    }
    #[derive(Deserialize)]
    struct Count {
        count: u64,
    }
    Ok(match operation {
        Operation::Insert { .. } => {
            OpResult::Inserted(serde_json::from_str::<Inserted>(text)?.uuid.0)
        }
        Operation::Select { .. } => OpResult::Rows(serde_json::from_str::<Rows>(text)?.rows),
        Operation::Update { .. } | Operation::Mutate { .. } | Operation::Delete { .. } => {
            OpResult::Count(serde_json::from_str::<Count>(text)?.count)
        }
        // RFC 7047 gives these no result, ovsdb-server an empty object; either will do.
        _ => OpResult::Done,
    })
}

/// The result of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpResult {
    /// The row an insert made.
    Inserted(Uuid),
    /// The rows a select found.
    Rows(Vec<Columns>),
    /// How many rows an update, mutate or delete concerned.
    Count(u64),
    /// Nothing to tell (wait, commit, comment, assert).
    Done,
}

/// What a committed transaction gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// One result an operation.
    pub results: Vec<OpResult>,
    names: BTreeMap<NamedUuid, Uuid>,
}

impl Outcome {
    /// The row that was inserted under a name.
    #[must_use]
    pub fn uuid(&self, name: &NamedUuid) -> Option<Uuid> {
        self.names.get(name).copied()
    }

    /// The rows that a select at this place found; empty for any other operation.
    #[must_use]
    pub fn rows(&self, place: usize) -> &[Columns] {
        match self.results.get(place) {
            Some(OpResult::Rows(rows)) => rows,
            _ => &[],
        }
    }

    /// How many rows the operation at this place concerned; 0 for one that does not count.
    #[must_use]
    pub fn count(&self, place: usize) -> u64 {
        match self.results.get(place) {
            Some(OpResult::Count(count)) => *count,
            _ => 0,
        }
    }
}
