//! `hints` of a port: how whoever carries it might do so.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::address::only;
use super::choice::TxSteering;
use super::{Fault, Value};
use crate::Check;

/// Hints by what they are for. What is empty is kept as it was given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hints {
    /// For Open vSwitch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openvswitch: Option<SwitchHints>,
}

/// Hints for Open vSwitch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwitchHints {
    /// For the row of the port's interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_config: Option<InterfaceHints>,
}

/// Keys of `other_config` in a row of table Interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterfaceHints {
    /// How packets are spread over the interface's transmit queues.
    #[serde(
        rename = "tx-steering",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub tx_steering: Option<TxSteering>,
}

impl Hints {
    /// `other_config:tx-steering` of the port's interface.
    pub fn tx_steering(&self) -> Option<TxSteering> {
        self.openvswitch?.other_config?.tx_steering
    }
}

/// What `read` makes of the only member that an object may have.
fn inner<T>(
    json: &Json,
    name: &str,
    read: impl FnOnce(&Json) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    const FORM: &str =
        "{\"openvswitch\": {\"other_config\": {\"tx-steering\": \"thread\" or \"hash\"}}}";
    only(json, &[name], FORM)?;
    json.get(name).map(read).transpose()
}

impl Value for Hints {
    type Input = Self;

    fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
        let hints = |json: &Json| {
            let tx_steering = inner(json, "tx-steering", |word| {
                TxSteering::parse(word, &Check::None)
            })?;
            Ok(InterfaceHints { tx_steering })
        };
        let switch = |json: &Json| {
            let other_config = inner(json, "other_config", hints)?;
            Ok(SwitchHints { other_config })
        };
        let openvswitch = inner(json, "openvswitch", switch)?;
        Ok(Self { openvswitch })
    }

    fn settle(input: Self) -> Option<Self> {
        Some(input)
    }

    fn schema(_: &Check) -> Json {
        let words: Vec<&str> = TxSteering::ALL.iter().map(|word| word.as_str()).collect();
        let object = |name: &str, inner: Json| json!({"type": "object", "additionalProperties": false, "properties": {name: inner}});
        let steering = object("tx-steering", json!({"type": "string", "enum": words}));
        object("openvswitch", object("other_config", steering))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_kept_as_given_and_what_nobody_knows_is_refused() {
        for (good, steering) in [
            (json!({}), None),
            (json!({"openvswitch": {}}), None),
            (json!({"openvswitch": {"other_config": {}}}), None),
            (
                json!({"openvswitch": {"other_config": {"tx-steering": "hash"}}}),
                Some(TxSteering::Hash),
            ),
        ] {
            let hints = Hints::parse(&good, &Check::None);
            assert_eq!(hints.clone().map(|h| h.tx_steering()), Ok(steering));
            assert_eq!(hints.map(|h| json!(h)), Ok(good));
        }
        for bad in [
            json!([]),
            json!("openvswitch"),
            json!({"ovn": {}}),
            json!({"openvswitch": []}),
            json!({"openvswitch": null}),
            json!({"openvswitch": {"other_config": {"mtu": "9000"}}}),
            json!({"openvswitch": {"other_config": {"tx-steering": "both"}}}),
        ] {
            let refused = Hints::parse(&bad, &Check::None);
            assert!(matches!(refused, Err(Fault::Invalid(_))), "{bad}");
        }
    }
}
