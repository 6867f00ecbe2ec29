//! Which agents answer DHCP on which networks. Nobody schedules that: it follows from where ports are.

use http::Method;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Operation, Question, Subject};
use crate::list::parse_id;
use crate::{ApiError, Kind};

/// The operations of DHCP scheduling.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: &["agents", "{id}", "dhcp-networks"],
        method: Method::GET,
        rule: "get_dhcp-networks",
        subject: Subject::Nothing,
        about: "The networks on which the agent's node answers DHCP.",
        status: 200,
        read: |asked| {
            let agent = asked.id(0, Kind::Node)?;
            Ok(Action::Read(Question::DhcpNetworks(agent)))
        },
        input: None,
        output: Some(|| crate::openapi::documents_of(Kind::Network)),
    },
    Operation {
        path: &["agents", "{id}", "dhcp-networks"],
        method: Method::POST,
        rule: "create_dhcp-network",
        subject: Subject::Nothing,
        about: "Always refused, with the reason: nodes answer DHCP where ports are.",
        status: 201,
        read: |asked| {
            let agent = asked.id(0, Kind::Node)?;
            let network = network_of(&asked.body()?)?;
            Ok(Action::Read(Question::AddDhcpNetwork(agent, network)))
        },
        input: Some(input),
        output: Some(|| json!({"type": "null"})),
    },
    Operation {
        path: &["agents", "{id}", "dhcp-networks", "{network_id}"],
        method: Method::DELETE,
        rule: "delete_dhcp-network",
        subject: Subject::Nothing,
        about: "Always refused, with the reason: nodes answer DHCP where ports are.",
        status: 204,
        read: |asked| {
            let agent = asked.id(0, Kind::Node)?;
            let network = asked.id(1, Kind::Network)?;
            Ok(Action::Read(Question::RemoveDhcpNetwork(agent, network)))
        },
        input: None,
        output: None,
    },
    Operation {
        path: &["networks", "{id}", "dhcp-agents"],
        method: Method::GET,
        rule: "get_dhcp-agents",
        subject: Subject::Nothing,
        about: "The agents whose nodes answer DHCP on the network.",
        status: 200,
        read: |asked| {
            let network = asked.id(0, Kind::Network)?;
            Ok(Action::Read(Question::DhcpAgents(network)))
        },
        input: None,
        output: Some(|| crate::openapi::documents_of(Kind::Node)),
    },
];

/// Reads `{"network_id": "…"}`.
fn network_of(body: &Json) -> Result<Uuid, ApiError> {
    let id = body.get("network_id").and_then(Json::as_str);
    id.and_then(parse_id).ok_or_else(|| {
        ApiError::bad_request("the body names no network; write {\"network_id\": \"its UUID\"}")
    })
}

fn input() -> Json {
    let id = json!({"type": "string", "format": "uuid"});
    json!({"type": "object", "properties": {"network_id": id}, "required": ["network_id"]})
}
