//! The paths of this room as `/openapi.json` describes them.

use api::JsonMap;
use serde_json::{Value as Json, json};

/// The answers of every path that can be refused.
fn answers(content_type: &str, about: &str, schema: &Json) -> Json {
    json!({
        "200": {"description": about, "content": {content_type: {"schema": schema}}},
        "default": {"$ref": "#/components/responses/Error"},
    })
}

fn in_query(name: &str, about: &str, schema: &Json) -> Json {
    json!({"name": name, "in": "query", "description": about, "schema": schema})
}

fn any_of(name: &str, about: &str, schema: &Json) -> Json {
    let list = json!({"type": "array", "items": schema});
    let mut parameter = in_query(name, about, &list);
    parameter["style"] = "form".into();
    parameter["explode"] = true.into();
    parameter
}

/// What a commit says of itself.
fn commit(more: &[(&str, Json)]) -> Json {
    let mut properties = json!({
        "revision": {"type": "integer", "description": "Of the whole model; one more than that of the commit before."},
        "time": {"type": "string", "format": "date-time"},
        "time_micros": {"type": "integer", "description": "The same in microseconds since 1970-01-01 UTC."},
        "who": {"type": "string", "description": "The user, or the part of weft that did it."},
        "request_id": {"type": "string", "description": "The request, as X-Openstack-Request-Id told it; or empty."},
    });
    for (name, schema) in more {
        properties[*name] = schema.clone();
    }
    json!({"type": "object", "properties": properties})
}

fn body() -> Json {
    json!({"type": ["object", "null"], "description": "Its document, as a GET shows it, without what follows from other records."})
}

/// `/weft/v1/changes`.
pub(super) fn changes() -> JsonMap {
    let text = json!({"type": "string"});
    let number = json!({"type": "integer", "minimum": 0});
    let change = json!({"type": "object", "properties": {
        "kind": text,
        "id": {"type": "string", "format": "uuid"},
        "revision_number": {"type": ["integer", "null"]},
        "before": body(),
        "after": body(),
    }});
    let commit = commit(&[("changes", json!({"type": "array", "items": change}))]);
    let page = json!({"type": "object", "properties": {
        "commits": {"type": "array", "items": commit},
        "since": {"type": "integer", "description": "What to ask for next."},
        "more": {"type": "boolean", "description": "There are more commits already."},
    }});
    let mut answers = answers(
        "application/json",
        "A page of commits, or a stream of them.",
        &page,
    );
    answers["200"]["content"]["text/event-stream"] = json!({"schema": text});
    answers["410"] = json!({
        "description": "The commits after `since` are in the log no more.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NeutronError"}}},
    });
    let path = json!({"get": {
        "operationId": "watch_changes",
        "summary": "Commits as they are made: server-sent events, or a page where only application/json is accepted.",
        "parameters": [
            in_query("since", "The last revision that the caller has; where it is not given, the latest.", &number),
            {"name": "Last-Event-ID", "in": "header", "schema": number, "description": "The same, after a stream broke; wins over since."},
            any_of("kind", "Only changes of these kinds, e.g. port.", &text),
            any_of("project_id", "Only changes of records that these projects own, or owned.", &text),
            any_of("id", "Only changes of these records.", &json!({"type": "string", "format": "uuid"})),
            in_query("limit", "Pages only: most commits, 1 to 1000.", &number),
            in_query("wait", "Pages only: how many seconds to wait for the first commit, up to 60.", &number),
        ],
        "responses": answers,
    }});
    [("/weft/v1/changes".to_owned(), path)]
        .into_iter()
        .collect()
}

/// `/weft/v1/history/{resource}/{id}`.
pub(super) fn history() -> JsonMap {
    let text = json!({"type": "string"});
    let number = json!({"type": "integer", "minimum": 0});
    let entry = commit(&[
        ("kind", text.clone()),
        ("id", json!({"type": "string", "format": "uuid"})),
        (
            "action",
            json!({"type": "string", "enum": ["created", "changed", "deleted"]}),
        ),
        ("before", body()),
        ("after", body()),
        (
            "changed",
            json!({
                "type": "object", "description": "By attribute, from what to what.",
                "additionalProperties": {"type": "object", "properties": {"from": {}, "to": {}}},
            }),
        ),
    ]);
    let page = json!({"type": "object", "properties": {
        "history": {"type": "array", "items": entry},
        "history_links": {"type": "array", "items": {"type": "object", "properties": {"rel": text, "href": text}}},
        "oldest_revision": {"type": ["integer", "null"], "description": "How far back the log goes."},
    }});
    let in_path =
        |name: &str| json!({"name": name, "in": "path", "required": true, "schema": text});
    let path = json!({
        "parameters": [in_path("resource"), in_path("id")],
        "get": {
            "operationId": "show_history",
            "summary": "The life of one record, also of one that is gone: the latest commit first.",
            "parameters": [
                in_query("limit", "Most entries, 1 to 1000.", &number),
                in_query("marker", "Only what came before this revision.", &number),
            ],
            "responses": answers("application/json", "A page of it.", &page),
        },
    });
    let name = "/weft/v1/history/{resource}/{id}".to_owned();
    [(name, path)].into_iter().collect()
}
