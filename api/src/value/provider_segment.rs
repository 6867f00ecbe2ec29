//! A segment as the `segments` attribute of networks describes it.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::address::only;
use super::{Fault, NetworkType, Value};
use crate::Check;

/// What carries one segment of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProviderSegment {
    /// How frames travel.
    #[serde(rename = "provider:network_type")]
    pub network_type: NetworkType,
    /// Where, for flat and VLAN segments.
    #[serde(rename = "provider:physical_network")]
    pub physical_network: Option<String>,
    /// Under which number; in a request, `None` leaves the choice.
    #[serde(rename = "provider:segmentation_id")]
    pub segmentation_id: Option<u32>,
}

const TYPE: &str = "provider:network_type";
const PHYSICAL: &str = "provider:physical_network";
const ID: &str = "provider:segmentation_id";

impl Value for ProviderSegment {
    type Input = Self;

    fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
        const FORM: &str = "{\"provider:network_type\": WORD, \"provider:physical_network\": NAME, \"provider:segmentation_id\": NUMBER}";
        only(json, &[TYPE, PHYSICAL, ID], FORM)?;
        let network_type = json
            .get(TYPE)
            .ok_or_else(|| Fault::Convert(format!("a segment needs {TYPE}; write {FORM}")))?;
        let given = |name: &str| json.get(name).unwrap_or(&Json::Null);
        Ok(Self {
            network_type: NetworkType::parse(network_type, &Check::None)?,
            physical_network: Option::<String>::parse(given(PHYSICAL), &Check::Max(64))?,
            segmentation_id: Option::<u32>::parse(given(ID), &Check::None)?,
        })
    }

    fn settle(input: Self) -> Option<Self> {
        Some(input)
    }

    fn check_list(segments: &[Self]) -> Result<(), Fault> {
        let whole = |s: &&Self| s.segmentation_id.is_some() || s.network_type == NetworkType::Flat;
        let whole: Vec<&Self> = segments.iter().filter(whole).collect();
        let twice = whole
            .iter()
            .enumerate()
            .find(|(at, segment)| whole.iter().take(*at).any(|other| other == *segment));
        match twice {
            Some((_, segment)) => Err(Fault::Typed(
                "SegmentsContainDuplicateEntry",
                format!("one {} segment stands there twice", segment.network_type),
            )),
            None => Ok(()),
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(_: &Check) -> Json {
        json!({
            "type": "object",
            "properties": {
                TYPE: NetworkType::schema(&Check::None),
                PHYSICAL: {"type": ["string", "null"], "maxLength": 64},
                ID: {"type": ["integer", "null"], "minimum": 0},
            },
            "required": [TYPE],
        })
    }
}
