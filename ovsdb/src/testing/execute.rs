//! The operations of a transaction, one after another, on a copy of the database.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::error::{ErrorKind, PeerError};
use crate::notation::Uuid;
use crate::operation::{Columns, Condition, Operation, Until};
use crate::schema::TableSchema;
use crate::testing::commit::commit;
use crate::testing::database::{Change, Database};
use crate::testing::value::{
    self, Names, Test, column_value, known, on_wire, resolve_datum, syntax,
};

/// What became of a transaction.
pub(super) enum Executed {
    /// The results, the new database and what differs. Without changes where it failed.
    Done {
        results: Vec<Value>,
        committed: Option<(Database, Vec<Change>)>,
    },
    /// A `wait` is not fulfilled; it is tried again until then, or for ever.
    Blocked { until: Option<Instant> },
}

struct Run<'a> {
    database: Database,
    names: Names,
    holds_lock: &'a dyn Fn(&str) -> bool,
    waited: Duration,
}

enum Stop {
    Error(PeerError),
    Blocked(Option<Duration>),
}

impl From<PeerError> for Stop {
    fn from(error: PeerError) -> Self {
        Self::Error(error)
    }
}

/// Runs a transaction that arrived at `since`.
pub(super) fn execute(
    before: &Database,
    operations: &[Value],
    holds_lock: &dyn Fn(&str) -> bool,
    since: Instant,
    now: Instant,
) -> Executed {
    let mut run = Run {
        database: before.clone(),
        names: Names::new(),
        holds_lock,
        waited: now.duration_since(since),
    };
    let mut results = Vec::new();
    for operation in operations {
        match run.operation(operation) {
            Ok(result) => results.push(result),
            Err(Stop::Blocked(timeout)) => {
                let until = timeout.and_then(|timeout| since.checked_add(timeout));
                return Executed::Blocked { until };
            }
            Err(Stop::Error(error)) => {
                results.push(json!(error));
                results.resize(operations.len(), Value::Null);
                return Executed::Done {
                    results,
                    committed: None,
                };
            }
        }
    }
    let mut database = run.database;
    match commit(&mut database, before) {
        Ok(changes) => Executed::Done {
            results,
            committed: Some((database, changes)),
        },
        Err(error) => {
            results.push(json!(error));
            Executed::Done {
                results,
                committed: None,
            }
        }
    }
}

impl Run<'_> {
    fn operation(&mut self, operation: &Value) -> Result<Value, Stop> {
        let operation: Operation = serde_json::from_value(operation.clone())
            .map_err(|error| syntax(format!("Parsing ovsdb operation failed: {error}")))?;
        match operation {
            Operation::Insert {
                table,
                row,
                name,
                uuid,
            } => {
                let uuid = self.new_uuid(&table, name, uuid)?;
                self.insert(&table, uuid, row)?;
                Ok(json!({"uuid": ["uuid", uuid]}))
            }
            Operation::Select {
                table,
                conditions,
                columns,
            } => {
                let rows = self.select(&table, &conditions, columns.as_deref())?;
                let rows: Vec<Columns> = rows.iter().map(row_on_wire).collect();
                Ok(json!({ "rows": rows }))
            }
            Operation::Update {
                table,
                conditions,
                row,
            } => self.update(&table, &conditions, &row),
            Operation::Mutate {
                table,
                conditions,
                mutations,
            } => self.mutate(&table, &conditions, &mutations),
            Operation::Delete { table, conditions } => {
                let rows = self.matching(&table, &conditions)?;
                for &uuid in &rows {
                    self.database.remove(&table, uuid);
                }
                Ok(json!({"count": rows.len()}))
            }
            Operation::Wait {
                timeout,
                table,
                conditions,
                columns,
                until,
                rows,
            } => {
                let met = self.is_met(&table, &conditions, columns, until, rows)?;
                self.wait(met, timeout)
            }
            Operation::Commit { .. } | Operation::Comment { .. } => Ok(json!({})),
            Operation::Abort => {
                Err(PeerError::new(ErrorKind::Aborted, "aborted by request").into())
            }
            Operation::Assert { lock } if (self.holds_lock)(&lock) => Ok(json!({})),
            Operation::Assert { lock } => {
                let details = format!("Asserted lock {lock} not held.");
                Err(PeerError::new(ErrorKind::NotOwner, details).into())
            }
        }
    }

    fn schema(&self, table: &str) -> Result<TableSchema, PeerError> {
        let schema = self.database.table(table).cloned();
        schema.ok_or_else(|| syntax(format!("No table named {table}.")))
    }

    fn new_uuid(
        &mut self,
        table: &str,
        name: Option<crate::notation::NamedUuid>,
        wanted: Option<Uuid>,
    ) -> Result<Uuid, PeerError> {
        self.schema(table)?;
        if let Some(wanted) = wanted
            && self.database.row(table, wanted).is_some()
        {
            return Err(PeerError::new(ErrorKind::DuplicateUuid, wanted.to_string()));
        }
        let fresh = || wanted.unwrap_or_else(Uuid::new_v4);
        let Some(name) = name else {
            return Ok(fresh());
        };
        // A name that was referred to before its insert has its UUID already.
        let uuid = self.names.get(&name).copied().unwrap_or_else(fresh);
        let text = name.to_string();
        self.names.insert(name, uuid);
        if self
            .database
            .touched()
            .iter()
            .any(|(_, known)| *known == uuid)
        {
            return Err(PeerError::new(ErrorKind::DuplicateUuidName, text));
        }
        Ok(uuid)
    }

    fn insert(&mut self, table: &str, uuid: Uuid, row: Columns) -> Result<(), PeerError> {
        let schema = self.schema(table)?;
        let columns = schema.columns.iter();
        let mut stored: Columns = columns
            .map(|(name, column)| (name.clone(), column.kind.default_datum()))
            .collect();
        for (column, datum) in row {
            let Some(known) = schema.columns.get(&column) else {
                return Err(PeerError::new(
                    ErrorKind::UnknownColumn,
                    format!("No column {column} in table {table}."),
                ));
            };
            let datum = column_value(&known.kind, datum, &mut self.names)?;
            stored.insert(column, datum);
        }
        stored.insert("_uuid".to_owned(), uuid.into());
        stored.insert("_version".to_owned(), Uuid::nil().into());
        self.database.put(table, uuid, stored);
        Ok(())
    }

    fn tests<'c>(
        &mut self,
        schema: &TableSchema,
        conditions: &'c [Condition],
    ) -> Result<Vec<Test<'c>>, PeerError> {
        let tests = conditions.iter();
        tests
            .map(|condition| value::test(schema, condition, &mut self.names))
            .collect()
    }

    fn matching(&mut self, table: &str, conditions: &[Condition]) -> Result<Vec<Uuid>, PeerError> {
        let schema = self.schema(table)?;
        let tests = self.tests(&schema, conditions)?;
        // The usual case, one row by its UUID, does not look at the others.
        if let [Condition(column, crate::operation::Function::Equal, datum)] = conditions
            && column == "_uuid"
        {
            let datum = resolve_datum(datum.clone(), &mut self.names);
            let uuid = datum.as_atom().and_then(|atom| atom.as_uuid());
            let row = uuid.filter(|&uuid| self.database.row(table, uuid).is_some());
            return Ok(row.into_iter().collect());
        }
        let rows = self.database.rows(table);
        Ok(rows
            .filter(|(_, row)| tests.iter().all(|test| test.holds(row)))
            .map(|(&uuid, _)| uuid)
            .collect())
    }

    fn select(
        &mut self,
        table: &str,
        conditions: &[Condition],
        columns: Option<&[String]>,
    ) -> Result<Vec<Columns>, PeerError> {
        let schema = self.schema(table)?;
        for column in columns.unwrap_or_default() {
            known(&schema, column)?;
        }
        let matching = self.matching(table, conditions)?;
        let rows = matching
            .iter()
            .filter_map(|&uuid| self.database.row(table, uuid));
        let wanted = |name: &String| columns.is_none_or(|columns| columns.contains(name));
        Ok(rows
            .map(|row| {
                let columns = row.iter().filter(|(name, _)| wanted(name));
                columns.map(|(k, v)| (k.clone(), v.clone())).collect()
            })
            .collect())
    }

    fn writable(schema: &TableSchema, table: &str, column: &str) -> Result<(), PeerError> {
        known(schema, column)?;
        if schema
            .columns
            .get(column)
            .is_some_and(|column| column.mutable)
        {
            return Ok(());
        }
        Err(PeerError::new(
            ErrorKind::ConstraintViolation,
            format!("Cannot update immutable column {column} in table {table}."),
        ))
    }

    fn update(
        &mut self,
        table: &str,
        conditions: &[Condition],
        row: &Columns,
    ) -> Result<Value, Stop> {
        let schema = self.schema(table)?;
        let mut values = Columns::new();
        for (column, datum) in row {
            Self::writable(&schema, table, column)?;
            let kind = known(&schema, column)?;
            values.insert(
                column.clone(),
                column_value(kind, datum.clone(), &mut self.names)?,
            );
        }
        let rows = self.matching(table, conditions)?;
        for &uuid in &rows {
            if let Some(row) = self.database.row(table, uuid) {
                let mut row = Columns::clone(row);
                row.extend(values.clone());
                self.database.put(table, uuid, row);
            }
        }
        Ok(json!({"count": rows.len()}))
    }

    fn mutate(
        &mut self,
        table: &str,
        conditions: &[Condition],
        mutations: &[crate::operation::Mutation],
    ) -> Result<Value, Stop> {
        let schema = self.schema(table)?;
        for mutation in mutations {
            Self::writable(&schema, table, &mutation.0)?;
        }
        let rows = self.matching(table, conditions)?;
        for &uuid in &rows {
            let Some(row) = self.database.row(table, uuid) else {
                continue;
            };
            let mut row = Columns::clone(row);
            for mutation in mutations {
                let kind = known(&schema, &mutation.0)?;
                if let Some(present) = row.get_mut(&mutation.0) {
                    *present = value::mutate(kind, present, mutation, &mut self.names)?;
                }
            }
            self.database.put(table, uuid, row);
        }
        Ok(json!({"count": rows.len()}))
    }

    fn is_met(
        &mut self,
        table: &str,
        conditions: &[Condition],
        columns: Option<Vec<String>>,
        until: Until,
        rows: Vec<Columns>,
    ) -> Result<bool, PeerError> {
        let schema = self.schema(table)?;
        let mut wanted = Vec::new();
        for row in rows {
            let mut typed = Columns::new();
            for (column, datum) in row {
                let kind = known(&schema, &column)?;
                typed.insert(column, column_value(kind, datum, &mut self.names)?);
            }
            wanted.push(typed);
        }
        let all = || {
            let names = schema.columns.keys().cloned();
            names
                .chain(["_uuid".to_owned(), "_version".to_owned()])
                .collect()
        };
        let columns = columns.unwrap_or_else(all);
        let mut found = self.select(table, conditions, Some(&columns))?;
        found.sort();
        found.dedup();
        wanted.sort();
        wanted.dedup();
        Ok((found == wanted) == (until == Until::Equal))
    }

    fn wait(&self, met: bool, timeout: Option<u64>) -> Result<Value, Stop> {
        let timeout = timeout.map(Duration::from_millis);
        match timeout {
            _ if met => Ok(json!({})),
            Some(timeout) if timeout <= self.waited => {
                Err(PeerError::new(ErrorKind::TimedOut, "\"where\" clause test failed").into())
            }
            timeout => Err(Stop::Blocked(timeout)),
        }
    }
}

/// A row as the server writes it.
pub(super) fn row_on_wire(row: &Columns) -> Columns {
    row.iter()
        .map(|(name, datum)| (name.clone(), on_wire(datum)))
        .collect()
}
