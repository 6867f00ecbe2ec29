//! The JSON of a schema, before it is known to make sense.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{AtomicType, BaseType, ColumnType, Reference};
use crate::notation::{Datum, Real};

#[derive(Deserialize)]
pub(super) struct RawSchema {
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: String,
    pub(super) tables: BTreeMap<String, RawTable>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawTable {
    pub(super) columns: BTreeMap<String, RawColumn>,
    #[serde(default)]
    pub(super) is_root: bool,
    #[serde(default)]
    pub(super) max_rows: Option<u64>,
    #[serde(default)]
    pub(super) indexes: Vec<Vec<String>>,
}

#[derive(Deserialize)]
pub(super) struct RawColumn {
    #[serde(rename = "type")]
    pub(super) kind: RawType,
    #[serde(default)]
    pub(super) ephemeral: bool,
    #[serde(default = "yes")]
    pub(super) mutable: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawType {
    Plain(AtomicType),
    Full {
        key: RawBase,
        #[serde(default)]
        value: Option<RawBase>,
        #[serde(default = "one")]
        min: usize,
        #[serde(default)]
        max: Option<RawMax>,
    },
}

fn one() -> usize {
    1
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawMax {
    Number(usize),
    Word(Unlimited),
}

#[derive(Deserialize)]
pub(super) enum Unlimited {
    #[serde(rename = "unlimited")]
    Unlimited,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawBase {
    Plain(AtomicType),
    Full(Box<RawBaseFull>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawBaseFull {
    #[serde(rename = "type")]
    atomic: AtomicType,
    #[serde(rename = "enum", default)]
    choices: Option<Datum>,
    #[serde(default)]
    min_integer: Option<i64>,
    #[serde(default)]
    max_integer: Option<i64>,
    #[serde(default)]
    min_real: Option<f64>,
    #[serde(default)]
    max_real: Option<f64>,
    #[serde(default)]
    min_length: Option<usize>,
    #[serde(default)]
    max_length: Option<usize>,
    #[serde(default)]
    ref_table: Option<String>,
    #[serde(default)]
    ref_type: Option<RefType>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum RefType {
    Strong,
    Weak,
}

impl RawType {
    pub(super) fn resolve(self) -> Result<ColumnType, &'static str> {
        let (key, value, min, max) = match self {
            Self::Plain(atomic) => (BaseType::plain(atomic), None, 1, 1),
            Self::Full {
                key,
                value,
                min,
                max,
            } => {
                let max = match max {
                    None => 1,
                    Some(RawMax::Number(number)) => number,
                    Some(RawMax::Word(Unlimited::Unlimited)) => usize::MAX,
                };
                let value = value.map(RawBase::resolve).transpose()?;
                (key.resolve()?, value, min, max)
            }
        };
        if min > 1 {
            return Err("min is neither 0 nor 1");
        }
        if max == 0 || max < min {
            return Err("max is neither a number of at least 1 nor \"unlimited\"");
        }
        Ok(ColumnType {
            key,
            value,
            min,
            max,
        })
    }
}

impl RawBase {
    fn resolve(self) -> Result<BaseType, &'static str> {
        let raw = match self {
            Self::Plain(atomic) => return Ok(BaseType::plain(atomic)),
            Self::Full(raw) => *raw,
        };
        let mut base = BaseType::plain(raw.atomic);
        base.integers = (
            raw.min_integer.unwrap_or(i64::MIN),
            raw.max_integer.unwrap_or(i64::MAX),
        );
        base.reals = (
            raw.min_real.and_then(Real::new),
            raw.max_real.and_then(Real::new),
        );
        base.lengths = (
            raw.min_length.unwrap_or(0),
            raw.max_length.unwrap_or(usize::MAX),
        );
        if let Some(choices) = raw.choices {
            let set = ColumnType {
                key: BaseType::plain(raw.atomic),
                value: None,
                min: 0,
                max: usize::MAX,
            };
            match set.normalise(choices) {
                Ok(Datum::Set(choices)) if !choices.is_empty() => base.choices = Some(choices),
                _ => return Err("enum is not a set of values of its type"),
            }
        }
        if let Some(table) = raw.ref_table {
            if raw.atomic != AtomicType::Uuid {
                return Err("refTable on a type that is not uuid");
            }
            let strong = raw.ref_type != Some(RefType::Weak);
            base.reference = Some(Reference { table, strong });
        }
        Ok(base)
    }
}
