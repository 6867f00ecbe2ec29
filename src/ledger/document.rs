//! Records and operations as the documents that are stored.

use api::{Kind, Record};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::model::{Change, Commit};

use super::fault::FaultKind;

/// One change of a commit as it stands in the log.
#[derive(Serialize, Deserialize)]
struct Operation {
    kind: Kind,
    id: Uuid,
    before: Option<Value>,
    after: Option<Value>,
}

/// The name under which records of `kind` are stored.
pub(super) fn kind_name(kind: Kind) -> String {
    match serde_json::to_value(kind) {
        Ok(Value::String(name)) => name,
        _ => kind.name().to_owned(),
    }
}

/// The stored form of a record.
pub(super) fn body(record: &Record) -> String {
    String::from_utf8_lossy(&record.to_json()).into_owned()
}

/// The record that `body` is the stored form of.
pub(super) fn record(kind: &str, id: &str, body: &[u8]) -> Result<Record, FaultKind> {
    let unreadable = |error: serde_json::Error| FaultKind::Unreadable {
        what: format!("{kind} {id}"),
        why: error.to_string(),
    };
    let kind: Kind = serde_json::from_value(Value::String(kind.to_owned())).map_err(unreadable)?;
    Record::from_json(kind, body).map_err(unreadable)
}

/// The operations of a commit: each record's whole body before and after.
pub(super) fn operations(commit: &Commit) -> String {
    // Written by hand: the bodies are documents already.
    let mut out = String::from("[");
    for (at, change) in commit.changes.iter().enumerate() {
        let document =
            |record: &Option<Record>| record.as_ref().map_or_else(|| "null".to_owned(), body);
        let comma = if at == 0 { "" } else { "," };
        out.push_str(&format!(
            r#"{comma}{{"kind":"{}","id":"{}","before":{},"after":{}}}"#,
            kind_name(change.kind),
            change.id,
            document(&change.before),
            document(&change.after),
        ));
    }
    out.push(']');
    out
}

/// The changes that `text`, the operations of the commit `revision`, stands for.
pub(super) fn changes(revision: u64, text: &str) -> Result<Vec<Change>, FaultKind> {
    let unreadable = |error: serde_json::Error| FaultKind::Unreadable {
        what: format!("commit {revision}"),
        why: error.to_string(),
    };
    let operations: Vec<Operation> = serde_json::from_str(text).map_err(unreadable)?;
    let read = |kind: Kind, document: Option<Value>| {
        document
            .map(|document| Record::from_json(kind, document.to_string().as_bytes()))
            .transpose()
            .map_err(unreadable)
    };
    operations
        .into_iter()
        .map(|operation| {
            Ok(Change {
                kind: operation.kind,
                id: operation.id,
                before: read(operation.kind, operation.before)?,
                after: read(operation.kind, operation.after)?,
            })
        })
        .collect()
}
