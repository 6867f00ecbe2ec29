//! Ethernet addresses.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value as Json, json};

use super::{Fault, Test, Value, shown, test_any};
use crate::Check;

/// An Ethernet (MAC) address. Prints as `fa:16:3e:00:00:01`; reads that, with dashes, Cisco's
/// `fa16.3e00.0001`, and twelve bare digits, as Neutron does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Neither a group address nor all zeros.
    pub fn is_unicast(self) -> bool {
        let [first, ..] = self.0;
        first & 1 == 0 && self.0 != [0; 6]
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// A text is not a MAC address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a MAC address; write it like fa:16:3e:00:00:01")]
pub struct MacError(pub String);

impl FromStr for Mac {
    type Err = MacError;

    fn from_str(text: &str) -> Result<Self, MacError> {
        let bad = || MacError(text.chars().take(64).collect());
        let separator = text.chars().find(|c| !c.is_ascii_hexdigit());
        let widths: &[usize] = match separator {
            Some(':' | '-') => &[2; 6],
            Some('.') => &[4; 3],
            None => &[12],
            Some(_) => return Err(bad()),
        };
        let parts: Vec<&str> = match separator {
            Some(c) => text.split(c).take(7).collect(),
            None => vec![text],
        };
        let fits = |(part, width): (&&str, &usize)| {
            !part.is_empty()
                && part.len() <= *width
                && (*width == 2 || part.len() == *width)
                && part.bytes().all(|b| b.is_ascii_hexdigit())
        };
        if parts.len() != widths.len() || !parts.iter().zip(widths).all(fits) {
            return Err(bad());
        }
        let number = parts
            .iter()
            .zip(widths)
            .try_fold(0u64, |number, (part, width)| {
                Some(number << (4 * width) | u64::from_str_radix(part, 16).ok()?)
            });
        let [_, _, mac @ ..] = number.ok_or_else(bad)?.to_be_bytes();
        Ok(Self(mac))
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b':'; 17];
        for (place, byte) in text.chunks_mut(3).zip(self.0) {
            if let [high, low, ..] = place {
                *high = DIGITS[usize::from(byte >> 4)];
                *low = DIGITS[usize::from(byte & 15)];
            }
        }
        serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl Value for Mac {
    /// `None` (null in a body) asks for one that is made up.
    type Input = Option<Self>;

    fn parse(json: &Json, _: &Check) -> Result<Option<Self>, Fault> {
        if json.is_null() {
            return Ok(None);
        }
        let mac = json.as_str().and_then(|text| text.parse().ok());
        mac.map(Some).ok_or_else(|| {
            Fault::Invalid(format!(
                "{} is not a MAC address; write it like \"fa:16:3e:00:00:01\"",
                shown(json)
            ))
        })
    }

    fn settle(input: Option<Self>) -> Option<Self> {
        input
    }

    fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
        Ok(test_any(texts, |t| t.parse().ok()))
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(_: &Check) -> Json {
        json!({"type": "string", "pattern": "^([0-9a-f]{2}:){5}[0-9a-f]{2}$"})
    }

    fn input_schema(_: &Check) -> Json {
        json!({"type": ["string", "null"], "examples": ["fa:16:3e:00:00:01"]})
    }
}
