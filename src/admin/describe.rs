//! The paths of this room as `/openapi.json` describes them.

use api::JsonMap;
use serde_json::{Value as Json, json};

/// One operation without a body, answered with this status and type.
fn operation(id: &str, summary: &str, status: &str, content_type: &str) -> Json {
    json!({
        "operationId": id,
        "summary": summary,
        "responses": {
            status: {"description": "Done.", "content": {content_type: {}}},
            "default": {"$ref": "#/components/responses/Error"},
        },
    })
}

/// What Prometheus asks for.
pub(super) fn metrics() -> JsonMap {
    let metrics = operation(
        "show_metrics",
        "What the controller counts and measures, in Prometheus' text format.",
        "200",
        "text/plain",
    );
    let path = ("/metrics".to_owned(), json!({"get": metrics}));
    [path].into_iter().collect()
}

/// What operators can ask for.
pub(super) fn paths() -> JsonMap {
    let (json_type, text) = ("application/json", "text/plain");
    let node = json!([{
        "name": "node", "in": "path", "required": true, "schema": {"type": "string"},
        "description": "Its id, hostname or system id.",
    }]);
    let status = operation(
        "show_status",
        "The controller and every node: sessions, revision, flows, faults.",
        "200",
        json_type,
    );
    let flows = operation(
        "show_flows",
        "The flows of a node in words, each with the object it belongs to.",
        "200",
        text,
    );
    let audit = operation(
        "audit_node",
        "Compares the switch of a node with what it should hold.",
        "202",
        json_type,
    );
    let mut settled = operation(
        "await_settled",
        "Answers as soon as all connected switches have acknowledged a revision, or after 10 seconds.",
        "200",
        json_type,
    );
    settled["parameters"] = json!([{
        "name": "revision", "in": "query", "schema": {"type": "integer", "minimum": 0},
        "description": "The latest where it is not given.",
    }]);
    let paths = [
        ("/weft/v1/status", json!({"get": status})),
        (
            "/weft/v1/nodes/{node}/flows",
            json!({"parameters": node, "get": flows}),
        ),
        (
            "/weft/v1/nodes/{node}/audit",
            json!({"parameters": node, "post": audit}),
        ),
        ("/weft/v1/settled", json!({"get": settled})),
    ];
    let named = |(path, item): (&str, Json)| (path.to_owned(), item);
    paths.into_iter().map(named).collect()
}
