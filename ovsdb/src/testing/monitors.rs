//! Monitors on the server's side: which rows and columns a client follows, and how changes are
//! spelled in its dialect.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map as Object, Value, json};

use crate::error::{ErrorKind, PeerError};
use crate::notation::{Datum, Uuid};
use crate::operation::{Columns, Condition};
use crate::session::Dialect;
use crate::testing::database::{Change, Database, StoredRow, column_type};
use crate::testing::value::{self, Names, Test, on_wire, syntax};

#[derive(Deserialize)]
#[serde(untagged)]
enum Clause {
    Always(bool),
    Condition(Condition),
}

#[derive(Deserialize)]
#[serde(default)]
struct Select {
    initial: bool,
    insert: bool,
    delete: bool,
    modify: bool,
}

impl Default for Select {
    fn default() -> Self {
        Self {
            initial: true,
            insert: true,
            delete: true,
            modify: true,
        }
    }
}

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    columns: Option<Vec<String>>,
    #[serde(rename = "where", default)]
    conditions: Vec<Clause>,
    #[serde(default)]
    select: Select,
}

struct Watched {
    columns: Vec<String>,
    conditions: Vec<Clause>,
    select: Select,
}

/// One monitor of one client.
pub(super) struct Monitor {
    pub(super) id: Value,
    dialect: Dialect,
    tables: BTreeMap<String, Watched>,
}

impl Monitor {
    /// Reads the `<monitor-requests>` of any dialect.
    pub(super) fn new(
        database: &Database,
        dialect: Dialect,
        id: &Value,
        requests: &Value,
    ) -> Result<Self, PeerError> {
        let requests: BTreeMap<String, Vec<Request>> = serde_json::from_value(requests.clone())
            .map_err(|error| syntax(format!("monitor requests: {error}")))?;
        let mut tables = BTreeMap::new();
        for (name, requests) in requests {
            let Some(schema) = database.table(&name) else {
                return Err(syntax(format!("no table named {name}")));
            };
            let mut watched = Watched {
                columns: Vec::new(),
                conditions: Vec::new(),
                select: Select::default(),
            };
            for request in requests {
                let all = || schema.columns.keys().cloned().collect();
                for column in request.columns.unwrap_or_else(all) {
                    if column_type(schema, &column).is_none() {
                        return Err(syntax(format!("{column} is not a valid column name")));
                    }
                    watched.columns.push(column);
                }
                for clause in request.conditions {
                    if let Clause::Condition(condition) = &clause {
                        value::test(schema, condition, &mut Names::new())?;
                    }
                    watched.conditions.push(clause);
                }
                watched.select = request.select;
            }
            tables.insert(name, watched);
        }
        Ok(Self {
            id: id.clone(),
            dialect,
            tables,
        })
    }

    /// What the monitor starts with.
    pub(super) fn initial(&self, database: &Database) -> Value {
        let mut tables = Object::new();
        for (table, watched) in &self.tables {
            if !watched.select.initial {
                continue;
            }
            let rows = database.rows(table);
            let rows = rows.filter(|(_, row)| watched.matches(database, table, row));
            let rows: Object<String, Value> = rows
                .map(|(uuid, row)| {
                    let update = match self.dialect {
                        Dialect::Plain => json!({"new": watched.full(row)}),
                        _ => json!({"initial": watched.terse(database, table, row)}),
                    };
                    (uuid.to_string(), update)
                })
                .collect();
            if !rows.is_empty() {
                tables.insert(table.clone(), rows.into());
            }
        }
        tables.into()
    }

    /// The changes that concern the monitor, as `<table-updates>` of its dialect; `None` where
    /// there are none.
    pub(super) fn changes(&self, database: &Database, changes: &[Change]) -> Option<Value> {
        let mut tables = Object::new();
        for change in changes {
            let Some(watched) = self.tables.get(&change.table) else {
                continue;
            };
            if let Some(update) = watched.update(database, self.dialect, change) {
                let rows = tables
                    .entry(change.table.clone())
                    .or_insert_with(|| json!({}));
                if let Value::Object(rows) = rows {
                    rows.insert(change.uuid.to_string(), update);
                }
            }
        }
        (!tables.is_empty()).then(|| tables.into())
    }

    /// The notification that carries changes.
    pub(super) fn notification(&self, transaction: Uuid, updates: &Value) -> Value {
        let (method, params) = match self.dialect {
            Dialect::CondSince => ("update3", json!([self.id, transaction, updates])),
            Dialect::Cond => ("update2", json!([self.id, updates])),
            Dialect::Plain => ("update", json!([self.id, updates])),
        };
        json!({"id": null, "method": method, "params": params})
    }
}

impl Watched {
    fn matches(&self, database: &Database, table: &str, row: &Columns) -> bool {
        let Some(schema) = database.table(table) else {
            return false;
        };
        let holds = |clause: &Clause| match clause {
            Clause::Always(always) => *always,
            Clause::Condition(condition) => value::test(schema, condition, &mut Names::new())
                .is_ok_and(|test: Test<'_>| test.holds(row)),
        };
        self.conditions.is_empty() || self.conditions.iter().any(holds)
    }

    fn full(&self, row: &Columns) -> Columns {
        let columns = self.columns.iter();
        columns
            .filter_map(|name| Some((name.clone(), on_wire(row.get(name)?))))
            .collect()
    }

    /// The row without the columns that have their default.
    fn terse(&self, database: &Database, table: &str, row: &Columns) -> Columns {
        let default = |name: &str| -> Option<Datum> {
            let kind = column_type(database.table(table)?, name)?;
            Some(kind.default_datum())
        };
        let columns = self.columns.iter();
        columns
            .filter_map(|name| Some((name, row.get(name)?)))
            .filter(|(name, datum)| default(name).as_ref() != Some(*datum))
            .map(|(name, datum)| (name.clone(), on_wire(datum)))
            .collect()
    }

    fn update(&self, database: &Database, dialect: Dialect, change: &Change) -> Option<Value> {
        let visible = |row: &Option<StoredRow>| {
            row.clone()
                .filter(|row| self.matches(database, &change.table, row))
        };
        let plain = dialect == Dialect::Plain;
        match (visible(&change.before), visible(&change.after)) {
            (None, None) => None,
            (None, Some(_)) if !self.select.insert => None,
            (Some(_), None) if !self.select.delete => None,
            (Some(_), Some(_)) if !self.select.modify => None,
            (None, Some(new)) if plain => Some(json!({"new": self.full(&new)})),
            (None, Some(new)) => Some(json!({"insert": self.terse(database, &change.table, &new)})),
            (Some(old), None) if plain => Some(json!({"old": self.full(&old)})),
            (Some(_), None) => Some(json!({"delete": null})),
            (Some(old), Some(new)) => {
                let schema = database.table(&change.table)?;
                let (mut difference, mut before) = (Columns::new(), Columns::new());
                for name in &self.columns {
                    let (was, is) = (old.get(name)?, new.get(name)?);
                    if was != is {
                        let kind = column_type(schema, name)?;
                        difference.insert(name.clone(), on_wire(&kind.difference(was, is)));
                        before.insert(name.clone(), on_wire(was));
                    }
                }
                match () {
                    () if difference.is_empty() => None,
                    () if plain => Some(json!({"old": before, "new": self.full(&new)})),
                    () => Some(json!({ "modify": difference })),
                }
            }
        }
    }
}

/// The dialect that a method starts a monitor in.
pub(super) fn dialect(method: &str) -> Option<Dialect> {
    [Dialect::CondSince, Dialect::Cond, Dialect::Plain]
        .into_iter()
        .find(|dialect| dialect.method() == method)
}

pub(super) fn duplicate(id: &Value) -> PeerError {
    PeerError {
        kind: ErrorKind::SyntaxError,
        details: Some("duplicate monitor ID".to_owned()),
        syntax: Some(id.to_string()),
    }
}
