//! The JSON of the notation, read and written without an intermediate tree.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Atom, Datum, Map, NamedUuid, Real, Set};

impl Serialize for Atom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Real(real) => serializer.serialize_f64(real.0),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::String(text) => serializer.serialize_str(text),
            Self::Uuid(uuid) => ("uuid", uuid).serialize(serializer),
            Self::Named(name) => ("named-uuid", name.as_str()).serialize(serializer),
        }
    }
}

impl Serialize for Set {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element("set")?;
        pair.serialize_element(&self.0)?;
        pair.end()
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element("map")?;
        pair.serialize_element(&self.0)?;
        pair.end()
    }
}

impl Serialize for Datum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Atom(atom) => atom.serialize(serializer),
            Self::Set(set) => set.serialize(serializer),
            Self::Map(map) => map.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Datum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DatumVisitor)
    }
}

impl<'de> Deserialize<'de> for Atom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Datum::deserialize(deserializer)? {
            Datum::Atom(atom) => Ok(atom),
            other => Err(de::Error::custom(format_args!(
                "{other} where an atom belongs (a number, string, boolean or UUID)"
            ))),
        }
    }
}

struct DatumVisitor;

impl<'de> Visitor<'de> for DatumVisitor {
    type Value = Datum;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, string, boolean, [\"uuid\", …], [\"set\", …] or [\"map\", …]")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Datum, E> {
        Ok(Atom::Boolean(value).into())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Datum, E> {
        Ok(Atom::Integer(number).into())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Datum, E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            // Beyond 64 signed bits only a real column can hold it, and it rounds.
            #[expect(clippy::cast_precision_loss)]
            Err(_) => self.visit_f64(number as f64),
        }
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Datum, E> {
        Real::new(number)
            .map(|real| Atom::Real(real).into())
            .ok_or_else(|| de::Error::invalid_value(de::Unexpected::Float(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Datum, E> {
        Ok(Atom::string(text).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Datum, A::Error> {
        let tag: Tag = element(&mut seq, 0)?;
        let datum = match tag {
            Tag::Uuid => Atom::Uuid(element(&mut seq, 1)?).into(),
            Tag::Named => Atom::Named(element(&mut seq, 1)?).into(),
            Tag::Set => {
                let atoms: Vec<Atom> = element(&mut seq, 1)?;
                let count = atoms.len();
                let set: Set = atoms.into_iter().collect();
                if set.len() != count {
                    return Err(de::Error::custom("set with a duplicate element"));
                }
                set.into()
            }
            Tag::Map => {
                let pairs: Vec<(Atom, Atom)> = element(&mut seq, 1)?;
                let count = pairs.len();
                let map: Map = pairs.into_iter().collect();
                if map.len() != count {
                    return Err(de::Error::custom("map with a duplicate key"));
                }
                map.into()
            }
        };
        match seq.next_element::<de::IgnoredAny>()? {
            None => Ok(datum),
            Some(_) => Err(de::Error::invalid_length(3, &"two elements")),
        }
    }
}

#[derive(Deserialize)]
enum Tag {
    #[serde(rename = "uuid")]
    Uuid,
    #[serde(rename = "named-uuid")]
    Named,
    #[serde(rename = "set")]
    Set,
    #[serde(rename = "map")]
    Map,
}

fn element<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(
    seq: &mut A,
    place: usize,
) -> Result<T, A::Error> {
    seq.next_element()?
        .ok_or_else(|| de::Error::invalid_length(place, &"two elements"))
}

/// A bare name, as `uuid-name` has it; inside a value it is `["named-uuid", …]`.
impl Serialize for NamedUuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for NamedUuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::new(&name).ok_or_else(|| {
            de::Error::invalid_value(de::Unexpected::Str(&name), &"an <id> of RFC 7047")
        })
    }
}
