//! Lists and nullable values of other values.

use std::cmp::Ordering;

use serde_json::{Value as Json, json};

use super::{Fault, Test, Value, shown};
use crate::Check;

/// The most items one list attribute may have; a bound, well above what any client needs.
pub const LIST_MAX: usize = 1024;

/// The first item that stands before, too.
fn repeated(items: &[Json]) -> Option<&Json> {
    let mut earlier = items.iter().enumerate();
    earlier.find_map(|(index, item)| {
        items
            .iter()
            .take(index)
            .any(|other| other == item)
            .then_some(item)
    })
}

impl<T: Value> Value for Vec<T> {
    type Input = Vec<T::Input>;

    fn parse(json: &Json, check: &Check) -> Result<Self::Input, Fault> {
        let items = match json {
            Json::Array(items) => items,
            Json::Null if T::NULL_IS_EMPTY => return Ok(Vec::new()),
            other => return Err(Fault::Invalid(format!("{} is not a list", shown(other)))),
        };
        if items.len() > LIST_MAX {
            return Err(Fault::Invalid(format!(
                "{} items are too many; at most {LIST_MAX} are taken",
                items.len()
            )));
        }
        let unique = matches!(check, Check::Unique | Check::UniqueText(_));
        if let Some(twice) = repeated(items).filter(|_| unique) {
            return Err(Fault::Invalid(format!(
                "{} stands there twice",
                shown(twice)
            )));
        }
        let items = items
            .iter()
            .map(|item| T::parse(item, check))
            .collect::<Result<Vec<_>, _>>()?;
        T::check_list(&items)?;
        Ok(items)
    }

    fn settle(input: Self::Input) -> Option<Self> {
        input.into_iter().map(T::settle).collect()
    }

    const NULLABLE: bool = T::NULL_IS_EMPTY;

    fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
        T::test_list(texts)
    }

    fn order(&self, other: &Self) -> Ordering {
        let differing = self
            .iter()
            .zip(other)
            .map(|(a, b)| a.order(b))
            .find(|o| o.is_ne());
        differing.unwrap_or_else(|| self.len().cmp(&other.len()))
    }

    fn schema(check: &Check) -> Json {
        json!({"type": "array", "items": T::schema(check)})
    }

    fn input_schema(check: &Check) -> Json {
        json!({"type": "array", "items": T::input_schema(check), "maxItems": LIST_MAX})
    }
}

impl<T: Value> Value for Option<T> {
    type Input = Option<T::Input>;

    fn parse(json: &Json, check: &Check) -> Result<Self::Input, Fault> {
        match json {
            Json::Null if *check == Check::NotNull => {
                Err(Fault::Convert("null is not a value to set".into()))
            }
            Json::Null => Ok(None),
            other => T::parse(other, check).map(Some),
        }
    }

    fn settle(input: Self::Input) -> Option<Self> {
        match input {
            None => Some(None),
            Some(input) => T::settle(input).map(Some),
        }
    }

    const NULLABLE: bool = true;

    fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
        let test = T::test(texts)?;
        Ok(Box::new(move |value| value.as_ref().is_some_and(&test)))
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Some(a), Some(b)) => a.order(b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }

    fn schema(check: &Check) -> Json {
        json!({"anyOf": [T::schema(check), {"type": "null"}]})
    }

    fn input_schema(check: &Check) -> Json {
        if *check == Check::NotNull {
            return T::input_schema(check);
        }
        json!({"anyOf": [T::input_schema(check), {"type": "null"}]})
    }
}
