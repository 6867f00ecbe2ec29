//! Adding blocks to an address group, and taking them out.

use http::Method;
use ipnet::IpNet;
use serde_json::{Value as Json, json};

use super::{Action, Asked, Operation, Subject};
use crate::value::{Fault, Value};
use crate::{ApiError, Check, Kind};

/// One edit of a group's blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressEdit {
    /// These too.
    Add(Vec<IpNet>),
    /// Not these; all must be there.
    Remove(Vec<IpNet>),
}

/// The operations on address groups.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: &["address-groups", "{id}", "add_addresses"],
        method: Method::PUT,
        rule: "add_addresses",
        subject: Subject::Record(Kind::AddressGroup),
        about: "Adds blocks to the group.",
        status: 200,
        read: |asked| edit(asked, AddressEdit::Add),
        input: Some(input),
        output: Some(output),
    },
    Operation {
        path: &["address-groups", "{id}", "remove_addresses"],
        method: Method::PUT,
        rule: "remove_addresses",
        subject: Subject::Record(Kind::AddressGroup),
        about: "Takes blocks out of the group; all must be in it.",
        status: 200,
        read: |asked| edit(asked, AddressEdit::Remove),
        input: Some(input),
        output: Some(output),
    },
];

fn edit(asked: &Asked<'_>, make: fn(Vec<IpNet>) -> AddressEdit) -> Result<Action, ApiError> {
    let id = asked.id(0, Kind::AddressGroup)?;
    let body = asked.body()?;
    let list = body.get("addresses").ok_or_else(|| {
        ApiError::bad_request(
            "the body has no 'addresses'; write {\"addresses\": [\"192.0.2.0/24\"]}",
        )
    })?;
    let blocks = Vec::<IpNet>::parse(list, &Check::None).map_err(|fault| {
        let (Fault::Convert(why) | Fault::Invalid(why) | Fault::Typed(_, why)) = fault;
        ApiError::bad_request(format!("addresses: {why}"))
    })?;
    Ok(Action::EditAddresses(id, make(blocks)))
}

fn input() -> Json {
    json!({
        "type": "object",
        "properties": {"addresses": Vec::<IpNet>::input_schema(&Check::None)},
        "required": ["addresses"],
    })
}

fn output() -> Json {
    crate::openapi::document_of(Kind::AddressGroup)
}
