//! A port's bindings: the active one, and those prepared on other hosts.

use http::Method;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Asked, Operation, Question, Subject};
use crate::attribute::Fields;
use crate::resource::VNIC_TYPES;
use crate::value::{JsonMap, Value, VifType, shown};
use crate::{ApiError, Check, Kind};

/// One change of a port's bindings.
#[derive(Debug, Clone, PartialEq)]
pub enum BindingEdit {
    /// A new one, whose host is named.
    Create(BindingRequest),
    /// A change of the one on this host.
    Update(String, BindingRequest),
    /// That the port moves to this host.
    Activate(String),
    /// That the one on this host goes.
    Delete(String),
}

/// A binding as a request describes it; `None` leaves what is there, or the default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BindingRequest {
    /// The node.
    pub host: Option<String>,
    /// How the port wishes to be attached.
    pub vnic_type: Option<String>,
    /// Whatever the compute service wants the binding to know.
    pub profile: Option<JsonMap>,
}

const COLLECTION: &[&str] = &["ports", "{id}", "bindings"];
const MEMBER: &[&str] = &["ports", "{id}", "bindings", "{host}"];

/// The operations on bindings.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: COLLECTION,
        method: Method::GET,
        rule: "get_port_binding",
        subject: Subject::Record(Kind::Port),
        about: "The port's bindings.",
        status: 200,
        read: |asked| Ok(Action::Read(Question::Bindings(port(asked)?))),
        input: None,
        output: Some(
            || json!({"type": "object", "properties": {"bindings": {"type": "array", "items": binding()}}, "required": ["bindings"]}),
        ),
    },
    Operation {
        path: COLLECTION,
        method: Method::POST,
        rule: "create_port_binding",
        subject: Subject::Record(Kind::Port),
        about: "Prepares the port on one more host; it stays where it is.",
        status: 201,
        read: |asked| {
            let request = request(asked, true)?;
            edit(asked, BindingEdit::Create(request))
        },
        input: Some(|| wrapped(wish(true))),
        output: Some(|| wrapped(binding())),
    },
    Operation {
        path: MEMBER,
        method: Method::GET,
        rule: "get_port_binding",
        subject: Subject::Record(Kind::Port),
        about: "The port's binding on one host.",
        status: 200,
        read: |asked| Ok(Action::Read(Question::Binding(port(asked)?, host(asked)))),
        input: None,
        output: Some(|| wrapped(binding())),
    },
    Operation {
        path: MEMBER,
        method: Method::PUT,
        rule: "update_port_binding",
        subject: Subject::Record(Kind::Port),
        about: "Changes the port's binding on one host.",
        status: 200,
        read: |asked| {
            let request = request(asked, false)?;
            edit(asked, BindingEdit::Update(host(asked), request))
        },
        input: Some(|| wrapped(wish(false))),
        output: Some(|| wrapped(binding())),
    },
    Operation {
        path: MEMBER,
        method: Method::DELETE,
        rule: "delete_port_binding",
        subject: Subject::Record(Kind::Port),
        about: "Removes the port's binding on one host.",
        status: 204,
        read: |asked| edit(asked, BindingEdit::Delete(host(asked))),
        input: None,
        output: None,
    },
    Operation {
        path: &["ports", "{id}", "bindings", "{host}", "activate"],
        method: Method::PUT,
        rule: "activate",
        subject: Subject::Record(Kind::Port),
        about: "Moves the port to a host it is prepared on.",
        status: 200,
        read: |asked| edit(asked, BindingEdit::Activate(host(asked))),
        input: None,
        output: Some(binding),
    },
];

fn edit(asked: &Asked<'_>, edit: BindingEdit) -> Result<Action, ApiError> {
    Ok(Action::EditBindings(port(asked)?, edit))
}

fn port(asked: &Asked<'_>) -> Result<Uuid, ApiError> {
    asked.id(0, Kind::Port)
}

fn host(asked: &Asked<'_>) -> String {
    asked.text(1).to_owned()
}

/// Reads `{"binding": {…}}`; a new one must name its host.
fn request(asked: &Asked<'_>, new: bool) -> Result<BindingRequest, ApiError> {
    const FORM: &str = "{\"binding\": {\"host\": NAME, \"vnic_type\": WORD, \"profile\": {…}}}";
    let mut body = asked.body()?;
    let fields = match body.get_mut("binding").map(Json::take) {
        Some(Json::Object(fields)) => Fields(fields),
        _ => {
            return Err(ApiError::bad_request(format!(
                "the body has no object 'binding'; write {FORM}"
            )));
        }
    };
    let owner = |name: &str| new && ["project_id", "tenant_id"].contains(&name);
    let taken = |name: &str| ["host", "vnic_type", "profile"].contains(&name) || owner(name);
    if let Some(unknown) = fields.0.keys().find(|name| !taken(name)) {
        return Err(ApiError::bad_request(format!(
            "a binding has no {} to be set; write {FORM}",
            shown(&Json::from(unknown.as_str()))
        )));
    }
    let (name, word) = (Check::NonEmpty(255), Check::Words(VNIC_TYPES));
    Ok(BindingRequest {
        host: match new {
            true => Some(fields.required::<String>("host", &name)?),
            false => fields.optional::<String>("host", &name)?,
        },
        vnic_type: fields.optional::<String>("vnic_type", &word)?,
        profile: fields.optional::<JsonMap>("profile", &Check::None)?,
    })
}

fn wrapped(inner: Json) -> Json {
    json!({"type": "object", "properties": {"binding": inner}, "required": ["binding"]})
}

fn wish(new: bool) -> Json {
    json!({
        "type": "object",
        "properties": {
            "host": String::input_schema(&Check::NonEmpty(255)),
            "vnic_type": String::input_schema(&Check::Words(VNIC_TYPES)),
            "profile": {"type": ["object", "null"]},
        },
        "required": if new { vec!["host"] } else { Vec::new() },
    })
}

fn binding() -> Json {
    json!({
        "type": "object",
        "properties": {
            "host": {"type": "string"},
            "vif_type": VifType::schema(&Check::None),
            "vif_details": {"type": "object"},
            "vnic_type": {"type": "string", "enum": VNIC_TYPES},
            "profile": {"type": "object"},
            "status": {"type": "string", "enum": ["ACTIVE", "INACTIVE"]},
        },
    })
}
