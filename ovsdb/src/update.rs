//! What a monitor is asked for and what it tells: `update`, `update2` and `update3` as one type.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::notation::Uuid;
use crate::operation::{Columns, Condition};

/// The tables, columns and rows that a monitor follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    tables: BTreeMap<String, TableSelection>,
}

/// What is followed of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSelection {
    /// The columns.
    pub columns: Vec<String>,
    /// Rows that fulfil any of these conditions; all rows where there is none.
    #[serde(rename = "where", default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

impl Selection {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds columns of a table.
    #[must_use]
    pub fn with<'a>(mut self, table: &str, columns: impl IntoIterator<Item = &'a str>) -> Self {
        let selection = self.tables.entry(table.to_owned()).or_default();
        for column in columns {
            if !selection.columns.iter().any(|known| known == column) {
                selection.columns.push(column.to_owned());
            }
        }
        self
    }

    /// Narrows a table to rows that fulfil a condition (or one of several, when called again).
    /// Servers that know only the plain `monitor` of RFC 7047 send all rows nevertheless.
    #[must_use]
    pub fn only(mut self, table: &str, condition: Condition) -> Self {
        let selection = self.tables.entry(table.to_owned()).or_default();
        selection.conditions.push(condition);
        self
    }

    /// The tables.
    #[must_use]
    pub fn tables(&self) -> &BTreeMap<String, TableSelection> {
        &self.tables
    }

    /// The `<monitor-cond-requests>`; without the conditions, the `<monitor-requests>`.
    pub(crate) fn requests(&self, conditions: bool) -> BTreeMap<&str, [TableSelection; 1]> {
        self.tables
            .iter()
            .map(|(table, selection)| {
                let mut selection = selection.clone();
                if !conditions {
                    selection.conditions.clear();
                }
                (table.as_str(), [selection])
            })
            .collect()
    }
}

/// What happened to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowUpdate {
    /// The row as it was when the monitor began; columns that have their default are left out.
    Initial(Columns),
    /// A new row; columns that have their default are left out.
    Insert(Columns),
    /// Columns that changed: differences for sets and maps, else the new value.
    Modify(Columns),
    /// The row as it is now, from the plain `update` of RFC 7047: insert or change.
    Replace(Columns),
    /// The row is gone.
    Delete,
}

/// Changes by table and row (`<table-updates>` and `<table-updates2>`).
pub type TableUpdates = BTreeMap<String, BTreeMap<Uuid, RowUpdate>>;

/// One notification of a monitor, or the reply that starts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Whether `tables` is everything, so that rows it does not name do not exist.
    pub complete: bool,
    /// The transaction that this brings the replica to; `None` where the server does not say.
    pub last_transaction: Option<Uuid>,
    /// The changes.
    pub tables: TableUpdates,
}

impl Update {
    /// The result of `monitor_cond_since`: `[<found>, <last-txn-id>, <table-updates2>]`.
    ///
    /// # Errors
    /// Where the JSON is of another shape.
    pub fn from_since_reply(json: &str) -> Result<Self, serde_json::Error> {
        let (found, last, tables): (bool, Uuid, TableUpdates) = serde_json::from_str(json)?;
        Ok(Self {
            complete: !found,
            last_transaction: known(last),
            tables,
        })
    }

    /// The result of `monitor` and `monitor_cond`: everything.
    ///
    /// # Errors
    /// Where the JSON is of another shape.
    pub fn from_reply(json: &str) -> Result<Self, serde_json::Error> {
        Ok(Self {
            complete: true,
            last_transaction: None,
            tables: serde_json::from_str(json)?,
        })
    }

    /// The params of `update3`, and the monitor they are for.
    ///
    /// # Errors
    /// Where the JSON is of another shape.
    pub fn from_update3(json: &str) -> Result<(MonitorId, Self), serde_json::Error> {
        let (id, last, tables): (MonitorId, Uuid, TableUpdates) = serde_json::from_str(json)?;
        let update = Self {
            complete: false,
            last_transaction: known(last),
            tables,
        };
        Ok((id, update))
    }

    /// The params of `update` and `update2`, and the monitor they are for.
    ///
    /// # Errors
    /// Where the JSON is of another shape.
    pub fn from_update(json: &str) -> Result<(MonitorId, Self), serde_json::Error> {
        let (id, tables): (MonitorId, TableUpdates) = serde_json::from_str(json)?;
        let update = Self {
            complete: false,
            last_transaction: None,
            tables,
        };
        Ok((id, update))
    }
}

/// The `<json-value>` that names one of our monitors.
pub type MonitorId = u64;

/// Servers that keep no transaction ids say zero.
fn known(uuid: Uuid) -> Option<Uuid> {
    (!uuid.is_nil()).then_some(uuid)
}

impl<'de> Deserialize<'de> for RowUpdate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowUpdateVisitor)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Member {
    Initial,
    Insert,
    Modify,
    Delete,
    Old,
    New,
}

struct RowUpdateVisitor;

impl<'de> Visitor<'de> for RowUpdateVisitor {
    type Value = RowUpdate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one of initial, insert, modify, delete, or old and new")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RowUpdate, A::Error> {
        let mut found: Option<RowUpdate> = None;
        let mut old = false;
        while let Some(member) = map.next_key()? {
            let update = match member {
                Member::Initial => RowUpdate::Initial(map.next_value()?),
                Member::Insert => RowUpdate::Insert(map.next_value()?),
                Member::Modify => RowUpdate::Modify(map.next_value()?),
                Member::New => RowUpdate::Replace(map.next_value()?),
                Member::Delete => {
                    map.next_value::<IgnoredAny>()?;
                    RowUpdate::Delete
                }
                Member::Old => {
                    map.next_value::<IgnoredAny>()?;
                    old = true;
                    continue;
                }
            };
            if found.replace(update).is_some() {
                return Err(de::Error::custom("a row update of two kinds"));
            }
        }
        match found {
            Some(RowUpdate::Replace(row)) => Ok(RowUpdate::Replace(row)),
            Some(_) if old => Err(de::Error::custom("a row update of two kinds")),
            Some(update) => Ok(update),
            None if old => Ok(RowUpdate::Delete),
            None => Err(de::Error::custom("a row update of no kind")),
        }
    }
}
