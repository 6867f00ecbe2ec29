//! Value types of attributes, and what the attribute table needs to know of each: how a body's JSON
//! becomes one, how a filter tests it, how it sorts, and its schema.
//!
//! A value is written by its `Serialize`, which is at once the API form and the stored form.

mod address;
pub(crate) mod availability;
mod choice;
mod hints;
mod list;
mod mac;
mod port_parts;
mod prefix_length;
mod provider_segment;
mod scalar;
pub(crate) mod timestamp;

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::Value as Json;

pub use address::{AddressRange, HostRoute};
pub use availability::{AddressCounts, SubnetAvailability};
pub use choice::{
    DataPlaneStatus, IpAllocation, Ipv6Mode, NetworkType, NumaPolicy, OffloadType, Status,
    TxSteering, VifType,
};
pub use hints::{Hints, InterfaceHints, SwitchHints};
pub use mac::Mac;
pub use port_parts::{
    AddressPair, AddressPairRequest, DhcpOptRequest, DnsAssignment, ExtraDhcpOpt, FixedIp,
    FixedIpRequest,
};
pub use prefix_length::PrefixLength;
pub use provider_segment::ProviderSegment;
pub(crate) use scalar::boolean;
pub use timestamp::Timestamp;
pub(crate) use timestamp::changed_since;

use crate::Check;

/// A JSON object kept as given, e.g. `binding:profile`.
pub type JsonMap = serde_json::Map<String, Json>;

/// Why a value was refused; the table adds the attribute's name. Neutron answers the two with
/// different error types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It could not be read as the attribute's type: `InvalidInput`.
    Convert(String),
    /// It could be read and is not acceptable: `HTTPBadRequest`.
    Invalid(String),
    /// Not acceptable, for a reason that has a type of its own: 400 with that type.
    Typed(&'static str, String),
}

/// A test of one attribute made from a filter's texts; true when any of them matches.
pub type Test<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;

/// The type of an attribute.
pub trait Value: Sized + Serialize + Send + Sync + 'static {
    /// What a request says for it. The type itself, except where the service completes what was
    /// asked: a fixed IP may be asked for by its subnet alone.
    type Input: Send + Sync + 'static;

    /// Reads what a body says, with Neutron's conversions.
    ///
    /// # Errors
    /// Which value was wrong and what would be accepted.
    fn parse(json: &Json, check: &Check) -> Result<Self::Input, Fault>;

    /// The value, where the request alone determines it.
    fn settle(input: Self::Input) -> Option<Self>;

    /// Whether `null` is one of its values.
    const NULLABLE: bool = false;

    /// Makes a test of a filter's texts. No text stands for an object.
    ///
    /// # Errors
    /// A text that cannot be read, where Neutron refuses it; elsewhere such a text matches nothing.
    fn test(_texts: &[String]) -> Result<Test<Self>, Fault> {
        Ok(Box::new(|_| false))
    }

    /// As `test`, for a list of such values: whether any of them matches.
    ///
    /// # Errors
    /// As `test`.
    fn test_list(texts: &[String]) -> Result<Test<Vec<Self>>, Fault> {
        let test = Self::test(texts)?;
        Ok(Box::new(move |items| items.iter().any(&test)))
    }

    /// What a list of such values must be as a whole.
    ///
    /// # Errors
    /// Which items do not go together.
    fn check_list(_: &[Self::Input]) -> Result<(), Fault> {
        Ok(())
    }

    /// Whether `null` in place of a list of such values is the empty list.
    const NULL_IS_EMPTY: bool = true;

    /// The order lists are sorted in. Objects have none.
    fn order(&self, _other: &Self) -> Ordering {
        Ordering::Equal
    }

    /// JSON Schema of the value as shown.
    fn schema(check: &Check) -> Json;

    /// JSON Schema of the value as requested.
    fn input_schema(check: &Check) -> Json {
        Self::schema(check)
    }
}

/// Shortens an offending value for a message.
pub(crate) fn shown(json: &Json) -> String {
    let mut text = json.to_string();
    if text.len() > 120 {
        let cut = (0..=117)
            .rev()
            .find(|i| text.is_char_boundary(*i))
            .unwrap_or(0);
        text.truncate(cut);
        text.push('…');
    }
    text
}

/// A value whose order is its own and whose filter texts are read by `read`.
pub(crate) fn test_any<T: PartialEq + Send + Sync + 'static>(
    texts: &[String],
    read: impl Fn(&str) -> Option<T>,
) -> Test<T> {
    let wanted: Vec<T> = texts.iter().filter_map(|t| read(t)).collect();
    Box::new(move |value| wanted.contains(value))
}
