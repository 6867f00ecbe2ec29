//! Quotas: what each project may have, and has. Their paths name projects, whether anybody knows them or not.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value as Json, json};

use super::{Action, Asked, Operation, Question, Subject};
use crate::resource::QUOTAS;
use crate::value::shown;
use crate::{ApiError, Kind};

/// The highest limit there is.
const LIMIT_MAX: i64 = i32::MAX as i64;

/// A change of a project's limits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuotaEdit {
    /// New limits by what they limit; -1 for none.
    pub limits: BTreeMap<String, i64>,
    /// Also where the project has more already.
    pub force: bool,
}

/// The operations on quotas.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: &["quotas"],
        method: Method::GET,
        rule: "get_quota",
        subject: Subject::Nothing,
        about: "The limits of every project that has limits of its own.",
        status: 200,
        read: |_| Ok(Action::Read(Question::Quotas)),
        input: None,
        output: Some(list),
    },
    Operation {
        path: &["quotas", "tenant"],
        method: Method::GET,
        rule: "get_quota",
        subject: Subject::Open,
        about: "The project that asks, under its older name.",
        status: 200,
        read: |_| Ok(Action::Read(Question::Asker("tenant"))),
        input: None,
        output: Some(|| asker("tenant")),
    },
    Operation {
        path: &["quotas", "project"],
        method: Method::GET,
        rule: "get_quota",
        subject: Subject::Open,
        about: "The project that asks.",
        status: 200,
        read: |_| Ok(Action::Read(Question::Asker("project"))),
        input: None,
        output: Some(|| asker("project")),
    },
    Operation {
        path: &["quotas", "{project_id}"],
        method: Method::GET,
        rule: "get_quota",
        subject: Subject::OwnProject,
        about: "The limits of a project.",
        status: 200,
        read: |asked| Ok(Action::Read(Question::Quota(project(asked)))),
        input: None,
        output: Some(limits),
    },
    Operation {
        path: &["quotas", "{project_id}"],
        method: Method::PUT,
        rule: "update_quota",
        subject: Subject::Project,
        about: "Sets limits of a project; -1 for none. With force also below what it has.",
        status: 200,
        read: |asked| Ok(Action::SetQuota(project(asked), edit(&asked.body()?)?)),
        input: Some(input),
        output: Some(limits),
    },
    Operation {
        path: &["quotas", "{project_id}"],
        method: Method::DELETE,
        rule: "delete_quota",
        subject: Subject::Project,
        about: "Takes a project's limits away, so that the cloud's own hold.",
        status: 204,
        read: |asked| Ok(Action::ResetQuota(project(asked))),
        input: None,
        output: None,
    },
    Operation {
        path: &["quotas", "{project_id}", "default"],
        method: Method::GET,
        rule: "get_quota",
        subject: Subject::OwnProject,
        about: "The limits of a project that has none of its own.",
        status: 200,
        read: |_| Ok(Action::Read(Question::DefaultQuota)),
        input: None,
        output: Some(limits),
    },
    Operation {
        path: &["quotas", "{project_id}", "details"],
        method: Method::GET,
        rule: "get_quota",
        subject: Subject::OwnProject,
        about: "The limits of a project, and what it has.",
        status: 200,
        read: |asked| Ok(Action::Read(Question::QuotaUsage(project(asked)))),
        input: None,
        output: Some(usage),
    },
];

fn project(asked: &Asked<'_>) -> String {
    asked.text(0).to_owned()
}

/// Reads `{"quota": {"port": 10, "force": true}}`.
fn edit(body: &Json) -> Result<QuotaEdit, ApiError> {
    let name = Kind::Quota.name();
    let given = body.get(name).and_then(Json::as_object).ok_or_else(|| {
        ApiError::bad_request(format!(
            "the body has no object '{name}'; write {{\"{name}\": {{\"port\": 10}}}}"
        ))
    })?;
    let mut edit = QuotaEdit::default();
    for (key, value) in given {
        match key.as_str() {
            "force" => edit.force = *value == Json::Bool(true),
            // Older clients ask for what is always done.
            "check_limit" => {}
            key if QUOTAS.contains(&key) => {
                edit.limits.insert(key.to_owned(), limit(key, value)?);
            }
            key => {
                let key = crate::query::short(key);
                return Err(ApiError::bad_request(format!(
                    "there is no quota of '{key}'; taken are {}",
                    QUOTAS.join(", ")
                )));
            }
        }
    }
    Ok(edit)
}

fn limit(key: &str, value: &Json) -> Result<i64, ApiError> {
    let number = match value {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.ok_or_else(|| {
        ApiError::invalid_input(format!("{key}: {} is not an integer", shown(value)))
    })?;
    if !(-1..=LIMIT_MAX).contains(&number) {
        return Err(ApiError::bad_request(format!(
            "{key}: {number} is no limit; say 0 to {LIMIT_MAX}, or -1 for none"
        )));
    }
    Ok(number)
}

fn numbers(schema: &Json) -> Map<String, Json> {
    let named = |name: &&str| ((*name).to_owned(), schema.clone());
    QUOTAS.iter().map(named).collect()
}

fn input() -> Json {
    let mut properties = numbers(&json!({
        "anyOf": [
            {"type": "integer", "minimum": -1, "maximum": LIMIT_MAX},
            {"type": "string", "pattern": "^-?[0-9]+$"},
        ],
    }));
    properties.insert("force".into(), json!({}));
    properties.insert("check_limit".into(), json!({}));
    let quota = json!({"type": "object", "properties": properties, "additionalProperties": false});
    json!({"type": "object", "properties": {"quota": quota}, "required": ["quota"]})
}

fn limits() -> Json {
    let quota = json!({"type": "object", "properties": numbers(&json!({"type": "integer"}))});
    json!({"type": "object", "properties": {"quota": quota}, "required": ["quota"]})
}

fn usage() -> Json {
    let number = json!({"type": "integer"});
    let each = json!({
        "type": "object",
        "properties": {"limit": number, "used": number, "reserved": number},
        "required": ["limit", "used", "reserved"],
    });
    let quota = json!({"type": "object", "properties": numbers(&each)});
    json!({"type": "object", "properties": {"quota": quota}, "required": ["quota"]})
}

fn list() -> Json {
    let mut properties = numbers(&json!({"type": "integer"}));
    for name in ["project_id", "tenant_id"] {
        properties.insert(name.into(), json!({"type": "string"}));
    }
    let quotas = json!({
        "type": "array",
        "items": {"type": "object", "properties": properties},
    });
    json!({"type": "object", "properties": {"quotas": quotas}, "required": ["quotas"]})
}

fn asker(word: &str) -> Json {
    let id = format!("{word}_id");
    let whose = json!({"type": "object", "properties": {id: {"type": "string"}}});
    json!({"type": "object", "properties": {word: whose}, "required": [word]})
}
