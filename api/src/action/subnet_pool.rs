//! Adding prefixes to a subnet pool, taking them out, and bringing a network's subnets in.

use http::Method;
use ipnet::IpNet;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Action, Asked, Operation, Subject};
use crate::value::{Fault, Value, shown};
use crate::{ApiError, Check, Kind};

/// One edit of a subnet pool's prefixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrefixEdit {
    /// These too.
    Add(Vec<IpNet>),
    /// Not these.
    Remove(Vec<IpNet>),
}

/// The operations on subnet pools.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: &["subnetpools", "{id}", "add_prefixes"],
        method: Method::PUT,
        rule: "add_prefixes",
        subject: Subject::Record(Kind::SubnetPool),
        about: "Adds blocks to the pool.",
        status: 200,
        read: |asked| edit(asked, PrefixEdit::Add),
        input: Some(prefixes),
        output: Some(prefixes),
    },
    Operation {
        path: &["subnetpools", "{id}", "remove_prefixes"],
        method: Method::PUT,
        rule: "remove_prefixes",
        subject: Subject::Record(Kind::SubnetPool),
        about: "Takes blocks out of the pool of which no subnet has any part.",
        status: 200,
        read: |asked| edit(asked, PrefixEdit::Remove),
        input: Some(prefixes),
        output: Some(prefixes),
    },
    Operation {
        path: &["subnetpools", "{id}", "onboard_network_subnets"],
        method: Method::PUT,
        rule: "onboard_network_subnets",
        subject: Subject::Record(Kind::SubnetPool),
        about: "Makes the network's subnets of the pool's IP version, and their blocks, the pool's.",
        status: 200,
        read: onboard,
        input: Some(network),
        output: Some(onboarded),
    },
];

fn edit(asked: &Asked<'_>, make: fn(Vec<IpNet>) -> PrefixEdit) -> Result<Action, ApiError> {
    let id = asked.id(0, Kind::SubnetPool)?;
    let body = asked.body()?;
    let list = body.get("prefixes").and_then(Json::as_array);
    let list = list.filter(|list| !list.is_empty()).ok_or_else(|| {
        ApiError::bad_request(
            "the body has no list 'prefixes' of at least one; write {\"prefixes\": [\"192.0.2.0/24\"]}",
        )
    })?;
    let blocks = Vec::<IpNet>::parse(&Json::from(list.clone()), &Check::None).map_err(|fault| {
        let (Fault::Convert(why) | Fault::Invalid(why) | Fault::Typed(_, why)) = fault;
        ApiError::bad_request(format!("prefixes: {why}"))
    })?;
    Ok(Action::EditPrefixes(id, make(blocks)))
}

fn onboard(asked: &Asked<'_>) -> Result<Action, ApiError> {
    let pool = asked.id(0, Kind::SubnetPool)?;
    let body = asked.body()?;
    let network = body.get("network_id").filter(|id| !id.is_null());
    let network = network.ok_or_else(|| {
        ApiError::invalid_input("the body has no 'network_id'; write {\"network_id\": \"…\"}")
    })?;
    let id = Uuid::parse(network, &Check::None);
    let network = id.map_err(|_| Kind::Network.not_found(shown(network)))?;
    Ok(Action::Onboard { pool, network })
}

fn prefixes() -> Json {
    json!({
        "type": "object",
        "properties": {"prefixes": Vec::<IpNet>::input_schema(&Check::None)},
        "required": ["prefixes"],
    })
}

fn network() -> Json {
    json!({
        "type": "object",
        "properties": {"network_id": Uuid::schema(&Check::None)},
        "required": ["network_id"],
    })
}

fn onboarded() -> Json {
    json!({"type": "array", "items": {
        "type": "object",
        "properties": {"id": Uuid::schema(&Check::None), "cidr": {"type": "string"}},
        "required": ["id", "cidr"],
    }})
}
