//! Statements of one transaction: gathered first, then sent in as few turns as the database takes.
//!
//! An embedded database works on a thread of its own, and each turn there and back costs as much as
//! the work of a small statement: it is given many statements at a time. A server takes one.

use sqlx::any::AnyQueryResult;
use sqlx::{AnyConnection, AssertSqlSafe, Error as SqlError};

use super::Database;

/// Most statements that an embedded database is given at a time.
const TURN: usize = 32;
/// Most values of a turn that is kept prepared: a hundred of them are, and a large one takes as many
/// kilobytes as it has rows.
const PREPARED_MAX: usize = 1_024;

/// What stands for a `?`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(i64),
    Text(&'a str),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Number(number)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Value::Text(text)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(text)
    }
}

/// One statement.
struct Statement<'a> {
    sql: String,
    values: Vec<Value<'a>>,
}

/// Statements, in the order in which they are to run.
#[derive(Default)]
pub(super) struct Statements<'a>(Vec<Statement<'a>>);

impl<'a> Statements<'a> {
    pub(super) fn add(&mut self, sql: impl Into<String>, values: impl Into<Vec<Value<'a>>>) {
        self.0.push(Statement {
            sql: sql.into(),
            values: values.into(),
        });
    }

    /// Runs them within a transaction that this begins and whoever asked ends: first `condition`, which
    /// changes one row or none. False where it changed none: then the transaction must not be.
    pub(super) async fn run_if(
        self,
        db: &mut AnyConnection,
        database: &Database,
        (condition, values): (&str, &[Value<'a>]),
    ) -> Result<bool, SqlError> {
        match database {
            Database::Sqlite(_) => {
                let condition = format!("BEGIN; {condition} RETURNING 1");
                let mut statements = vec![Statement {
                    sql: condition,
                    values: values.to_vec(),
                }];
                statements.extend(self.0);
                let mut turns = statements.chunks(TURN);
                // Of all these only the condition returns anything.
                if fetch(db, turns.next().unwrap_or_default()).await? != 1 {
                    return Ok(false);
                }
                for turn in turns {
                    fetch(db, turn).await?;
                }
                Ok(true)
            }
            Database::MySql(_) => {
                execute(db, "BEGIN", &[]).await?;
                let changed = execute(db, condition, values).await?.rows_affected();
                if changed == 1 {
                    self.run(db).await?;
                }
                Ok(changed == 1)
            }
        }
    }

    /// Runs them, one by one.
    pub(super) async fn run(self, db: &mut AnyConnection) -> Result<(), SqlError> {
        for statement in self.0 {
            execute(db, &statement.sql, &statement.values).await?;
        }
        Ok(())
    }
}

/// Runs statements in one turn; the number of rows they return.
async fn fetch(db: &mut AnyConnection, statements: &[Statement<'_>]) -> Result<usize, SqlError> {
    let texts: Vec<&str> = statements.iter().map(|one| one.sql.as_str()).collect();
    let mut query = sqlx::query(AssertSqlSafe(texts.join("; ")));
    for value in statements.iter().flat_map(|one| &one.values) {
        query = match *value {
            Value::Number(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
        };
    }
    let values: usize = statements.iter().map(|one| one.values.len()).sum();
    let query = query.persistent(values <= PREPARED_MAX);
    Ok(query.fetch_all(db).await?.len())
}

async fn execute(
    db: &mut AnyConnection,
    sql: &str,
    values: &[Value<'_>],
) -> Result<AnyQueryResult, SqlError> {
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in values {
        query = match *value {
            Value::Number(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
        };
    }
    query.execute(db).await
}
