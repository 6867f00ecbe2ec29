//! Values of Rust's own and the registry's types: booleans, numbers, texts, ids, addresses.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Fault, JsonMap, Test, Value, shown, test_any};
use crate::Check;

/// Neutron's spellings of truth, any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "on" | "y" | "yes" => Some(true),
        "0" | "f" | "false" | "off" | "n" | "no" => Some(false),
        _ => None,
    }
}

fn not_boolean(found: &str) -> Fault {
    Fault::Convert(format!("{found} is not a boolean; say true or false"))
}

impl Value for bool {
    type Input = Self;

    fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
        let read = match json {
            Json::Bool(value) => Some(*value),
            Json::String(text) => boolean(text),
            Json::Number(number) => boolean(&number.to_string()),
            _ => None,
        };
        read.ok_or_else(|| not_boolean(&shown(json)))
    }

    fn settle(input: Self) -> Option<Self> {
        Some(input)
    }

    fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
        let wanted = texts
            .iter()
            .map(|t| boolean(t).ok_or_else(|| not_boolean(&format!("'{t}'"))))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(move |value| wanted.contains(value)))
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(_: &Check) -> Json {
        json!({"type": "boolean"})
    }
}

/// An integer out of a number or a text.
fn integer(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) => number.as_i64().or_else(|| {
            number
                .as_f64()
                .filter(|f| f.fract() == 0.0 && f.abs() < 1e15)
                .map(|f| f as i64)
        }),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

macro_rules! integers {
    ($($Type:ident)*) => { $(
        impl Value for $Type {
            type Input = Self;

            fn parse(json: &Json, check: &Check) -> Result<Self, Fault> {
                let number = integer(json)
                    .ok_or_else(|| Fault::Convert(format!("{} is not an integer", shown(json))))?;
                check.number(number)?;
                Self::try_from(number).map_err(|_| {
                    Fault::Invalid(format!("{number} is not within 0 to {}", Self::MAX))
                })
            }

            fn settle(input: Self) -> Option<Self> {
                Some(input)
            }

            fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
                let wanted = texts
                    .iter()
                    .map(|t| {
                        t.trim().parse::<i64>()
                            .map_err(|_| Fault::Convert(format!("'{t}' is not an integer")))
                    })
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(Box::new(move |value| {
                    i64::try_from(*value).is_ok_and(|value| wanted.contains(&value))
                }))
            }

            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }

            fn schema(check: &Check) -> Json {
                check.describe(json!({"type": "integer", "minimum": 0}))
            }
        }
    )* };
}

integers!(u8 u16 u32 u64 u128);

impl Value for String {
    type Input = Self;

    const NULL_IS_EMPTY: bool = false;

    fn parse(json: &Json, check: &Check) -> Result<Self, Fault> {
        if matches!(check, Check::MaxOrNull(_)) && json.is_null() {
            return Ok(Self::new());
        }
        let text = json
            .as_str()
            .ok_or_else(|| Fault::Invalid(format!("{} is not a string", shown(json))))?;
        check.text(text)?;
        Ok(check.normalise(text))
    }

    fn settle(input: Self) -> Option<Self> {
        Some(input)
    }

    fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
        Ok(test_any(texts, |t| Some(t.to_owned())))
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(check: &Check) -> Json {
        check.describe(json!({"type": "string"}))
    }
}

/// Types read from one text by `FromStr`, with the words for a text that is none.
macro_rules! parsed {
    ($($Type:ident: $Fault:ident $wrong:literal, $schema:tt;)*) => { $(
        impl Value for $Type {
            type Input = Self;

            fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
                let text = json.as_str().map(str::trim);
                let value = text
                    .and_then(|text| text.parse::<Self>().ok())
                    .ok_or_else(|| Fault::$Fault(format!(concat!("{} ", $wrong), shown(json))))?;
                Ok(value)
            }

            fn settle(input: Self) -> Option<Self> {
                Some(input)
            }

            fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
                Ok(test_any(texts, |t| t.parse().ok()))
            }

            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }

            fn schema(_: &Check) -> Json {
                json!($schema)
            }
        }
    )* };
}

parsed! {
    Uuid: Invalid "is not a UUID", {"type": "string", "format": "uuid"};
    IpAddr: Invalid "is not an IP address", {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]};
}

impl Value for IpNet {
    type Input = Self;

    fn parse(json: &Json, check: &Check) -> Result<Self, Fault> {
        let text = json.as_str().map(str::trim);
        text.and_then(|text| text.parse().ok()).ok_or_else(|| {
            let why = format!(
                "{} is not a CIDR; write it like \"10.0.0.0/24\" or \"fd00::/64\"",
                shown(json)
            );
            // A block alone is converted before it is looked at, blocks of a list are not.
            match check {
                Check::Unique => Fault::Invalid(why),
                _ => Fault::Convert(why),
            }
        })
    }

    fn settle(input: Self) -> Option<Self> {
        Some(input)
    }

    fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
        Ok(test_any(texts, |t| t.parse().ok()))
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(_: &Check) -> Json {
        json!({"type": "string"})
    }
}

impl Value for BTreeMap<String, String> {
    type Input = Self;

    fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
        serde_json::from_value(json.clone())
            .map_err(|_| Fault::Invalid(format!("{} is not an object of texts", shown(json))))
    }

    fn settle(input: Self) -> Option<Self> {
        Some(input)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(_: &Check) -> Json {
        json!({"type": "object", "additionalProperties": {"type": "string"}})
    }
}

impl Value for JsonMap {
    type Input = Self;

    fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
        match json {
            Json::Object(map) => Ok(map.clone()),
            Json::Null => Ok(Self::new()),
            other => Err(Fault::Invalid(format!("{} is not an object", shown(other)))),
        }
    }

    fn settle(input: Self) -> Option<Self> {
        Some(input)
    }

    const NULLABLE: bool = true;

    fn schema(_: &Check) -> Json {
        json!({"type": "object"})
    }
}
