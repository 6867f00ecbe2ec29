//! The moment of the past that a GET asks for: `at=TIME` or `at=revision:N`.

use std::fmt;
use std::str::FromStr;

use crate::ApiError;
use crate::query::short;
use crate::value::{Timestamp, timestamp};

/// A state that the model was in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// After the commit of this number; 0 is before the first.
    Revision(u64),
    /// At this time, in microseconds since 1970-01-01 UTC: after the last commit made by then.
    TimeMicros(i64),
}

impl FromStr for At {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        let found = match text.strip_prefix("revision:") {
            Some(number) => number.parse().ok().map(Self::Revision),
            None => timestamp::micros(text).ok().map(Self::TimeMicros),
        };
        found.ok_or_else(|| {
            ApiError::bad_request(format!(
                "at: '{}' is no moment; write a time like 2026-11-23T07:08:40.5Z, or revision:42",
                short(text)
            ))
        })
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revision(number) => write!(f, "revision {number}"),
            Self::TimeMicros(micros) => f.write_str(&Timestamp::exact(*micros)),
        }
    }
}
