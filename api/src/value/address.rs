//! The parts of a subnet: ranges of addresses and routes for hosts.

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Fault, Value, shown};
use crate::Check;

/// An allocation pool: the addresses from `start` to `end`, both included. The order of the two and
/// that both are of one family is for the service to check, which knows the subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AddressRange {
    /// First address.
    pub start: IpAddr,
    /// Last address.
    pub end: IpAddr,
}

/// A route hosts learn by DHCP (RFC 3442).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HostRoute {
    /// Where to.
    pub destination: IpNet,
    /// By which neighbour.
    pub nexthop: IpAddr,
}

/// An object's member as text, or what is wrong with the object.
pub(crate) fn member<'a>(json: &'a Json, name: &str, form: &str) -> Result<&'a str, Fault> {
    json.get(name).and_then(Json::as_str).ok_or_else(|| {
        Fault::Invalid(format!(
            "{} lacks the text '{name}'; write {form}",
            shown(json)
        ))
    })
}

/// Refuses members that are none of `known`.
pub(crate) fn only(json: &Json, known: &[&str], form: &str) -> Result<(), Fault> {
    let Json::Object(map) = json else {
        return Err(Fault::Invalid(format!(
            "{} is not an object; write {form}",
            shown(json)
        )));
    };
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Fault::Invalid(format!(
            "'{key}' is unknown in {}; write {form}",
            shown(json)
        ))),
        None => Ok(()),
    }
}

fn address(text: &str) -> Result<IpAddr, Fault> {
    text.trim()
        .parse()
        .map_err(|_| Fault::Invalid(format!("'{text}' is not an IP address")))
}

/// The parts of [`Value`] that list items share: they come whole, are not filtered, and do not sort.
macro_rules! item {
    () => {
        type Input = Self;

        fn settle(input: Self) -> Option<Self> {
            Some(input)
        }

        fn order(&self, other: &Self) -> Ordering {
            self.cmp(other)
        }
    };
}

impl Value for AddressRange {
    item!();

    fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
        const FORM: &str = "{\"start\": \"10.0.0.2\", \"end\": \"10.0.0.99\"}";
        only(json, &["start", "end"], FORM)?;
        Ok(Self {
            start: address(member(json, "start", FORM)?)?,
            end: address(member(json, "end", FORM)?)?,
        })
    }

    fn schema(_: &Check) -> Json {
        json!({
            "type": "object",
            "properties": {"start": {"type": "string"}, "end": {"type": "string"}},
            "required": ["start", "end"],
        })
    }
}

impl Value for HostRoute {
    item!();

    fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
        const FORM: &str = "{\"destination\": \"10.9.0.0/16\", \"nexthop\": \"10.0.0.9\"}";
        only(json, &["destination", "nexthop"], FORM)?;
        let destination = member(json, "destination", FORM)?;
        Ok(Self {
            destination: destination.trim().parse().map_err(|_| {
                Fault::Invalid(format!(
                    "'{destination}' is not a CIDR; write it like 10.9.0.0/16"
                ))
            })?,
            nexthop: address(member(json, "nexthop", FORM)?)?,
        })
    }

    fn schema(_: &Check) -> Json {
        json!({
            "type": "object",
            "properties": {"destination": {"type": "string"}, "nexthop": {"type": "string"}},
            "required": ["destination", "nexthop"],
        })
    }
}
