//! Which service profiles a flavor stands for, and which provider comes of them.

use http::Method;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Asked, Operation, Question, Subject};
use crate::list::parse_id;
use crate::{ApiError, Kind};

/// The operations on flavors.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: &["flavors", "{id}", "service_profiles"],
        method: Method::POST,
        rule: "create_flavor_service_profile",
        subject: Subject::Nothing,
        about: "Lets the flavor stand for a service profile too.",
        status: 201,
        read: |asked| {
            let flavor = asked.id(0, Kind::Flavor)?;
            Ok(Action::AddProfile(flavor, profile_of(&asked.body()?)?))
        },
        input: Some(document),
        output: Some(document),
    },
    Operation {
        path: &["flavors", "{id}", "service_profiles", "{profile_id}"],
        method: Method::DELETE,
        rule: "delete_flavor_service_profile",
        subject: Subject::Nothing,
        about: "Lets the flavor stand for a service profile no more.",
        status: 204,
        read: |asked| {
            let flavor = asked.id(0, Kind::Flavor)?;
            let profile = asked.id(1, Kind::ServiceProfile)?;
            Ok(Action::RemoveProfile(flavor, profile))
        },
        input: None,
        output: None,
    },
    Operation {
        path: &["flavors", "{id}", "next_providers"],
        method: Method::GET,
        rule: "get_flavor",
        subject: Subject::Record(Kind::Flavor),
        about: "What would provide the service to who chose the flavor now.",
        status: 200,
        read: next_providers,
        input: None,
        output: Some(providers),
    },
];

fn next_providers(asked: &Asked<'_>) -> Result<Action, ApiError> {
    let flavor = asked.id(0, Kind::Flavor)?;
    Ok(Action::Read(Question::NextProviders(flavor)))
}

/// Reads `{"service_profile": {"id": "…"}}`.
fn profile_of(body: &Json) -> Result<Uuid, ApiError> {
    let name = Kind::ServiceProfile.name();
    let id = body.get(name).and_then(|profile| profile.get("id"));
    let id = id.and_then(Json::as_str).and_then(parse_id);
    id.ok_or_else(|| {
        ApiError::bad_request(format!(
            "the body names no profile; write {{\"{name}\": {{\"id\": \"the profile's UUID\"}}}}"
        ))
    })
}

fn document() -> Json {
    let id = json!({"type": "string", "format": "uuid"});
    let profile = json!({"type": "object", "properties": {"id": id}, "required": ["id"]});
    json!({
        "type": "object",
        "properties": {"service_profile": profile},
        "required": ["service_profile"],
    })
}

fn providers() -> Json {
    let text = json!({"type": "string"});
    let one = json!({"type": "object", "properties": {"driver": text, "provider": text}});
    let list = json!({"type": "array", "items": one});
    json!({
        "type": "object",
        "properties": {"next_providers": list},
        "required": ["next_providers"],
    })
}
