//! What a list request filters by: `name=value` pairs, repeated ones meaning "any of".

use std::collections::BTreeMap;
use std::str::FromStr;

/// The filters of a list request as given, checked against the attribute table before a backend
/// sees them. A backend uses them only to narrow its search by an index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters(BTreeMap<String, Vec<String>>);

impl Filters {
    /// Everything.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds one `name=value`.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.add(name, value);
        self
    }

    /// Adds one `name=value`.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.entry(name.into()).or_default().push(value.into());
    }

    /// The values asked for under an attribute's API name; a record must match one of them.
    pub fn values(&self, name: &str) -> Option<&[String]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The values under `name` that read as a `T`; the others match nothing, so an index look-up
    /// by what is returned is complete. `None`: not filtered by `name`.
    pub fn parsed<T: FromStr>(&self, name: &str) -> Option<Vec<T>> {
        let values = self.0.get(name)?;
        Some(values.iter().filter_map(|v| v.parse().ok()).collect())
    }

    /// All pairs by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_slice()))
    }

    /// No filter at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
