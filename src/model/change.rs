//! What a commit did to the model, record by record.

use api::{Kind, Record};
use uuid::Uuid;

/// One record before and after. At least one of the two is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What sort of record.
    pub kind: Kind,
    /// Which one.
    pub id: Uuid,
    /// `None`: it was created.
    pub before: Option<Record>,
    /// `None`: it was deleted.
    pub after: Option<Record>,
}

/// What one answered write did.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// The revision of the model after it; one more than that of the commit before.
    pub revision: u64,
    /// When, in microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
    /// The user or the part of weft that asked for it.
    pub who: String,
    /// The API request (`req-…`), or empty.
    pub request_id: String,
    /// In the order in which the records were first touched.
    pub changes: Vec<Change>,
}
