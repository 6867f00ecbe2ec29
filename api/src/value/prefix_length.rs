//! Lengths of prefixes as subnet pools show them.

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value as Json, json};

use super::{Fault, Test, Value};
use crate::Check;

/// A number of bits. Documents show it as text, because Neutron does; requests give a number or its
/// text. What the most may be, the service knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrefixLength(pub u32);

impl Serialize for PrefixLength {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PrefixLength {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

impl Value for PrefixLength {
    type Input = Self;

    fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
        u32::parse(json, &Check::AtLeast(0)).map(Self)
    }

    fn settle(input: Self) -> Option<Self> {
        Some(input)
    }

    fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
        let test = u32::test(texts)?;
        Ok(Box::new(move |value| test(&value.0)))
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(_: &Check) -> Json {
        json!({"type": "string", "pattern": "^[0-9]+$"})
    }

    fn input_schema(_: &Check) -> Json {
        json!({"type": ["integer", "string"], "minimum": 0, "pattern": "^ *[0-9]+ *$"})
    }
}
