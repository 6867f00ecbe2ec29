//! Tags: an atomic edit of a record's `tags`, as the tags sub-resource asks for.

use crate::ApiError;
use crate::value::{Fault, Test};

/// One edit of a record's tags. The backend applies it to the record it finds when it writes, so
/// that two clients adding different tags both succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagEdit {
    /// Exactly these (`PUT …/tags`).
    Replace(Vec<String>),
    /// These too (`POST …/tags`, `PUT …/tags/{tag}`).
    Add(Vec<String>),
    /// Not this one; it must be there (`DELETE …/tags/{tag}`).
    Remove(String),
    /// None (`DELETE …/tags`).
    Clear,
}

/// The most tags one record may carry.
pub const TAGS_MAX: usize = 50;

impl TagEdit {
    /// Carries the edit out. Tags are kept sorted and unique.
    ///
    /// # Errors
    /// 404 `TagNotFound` when the tag to remove is not there; 400 `BadRequest` beyond the most that a resource may have.
    pub fn apply(&self, tags: &mut Vec<String>) -> Result<(), ApiError> {
        match self {
            Self::Replace(new) => tags.clone_from(new),
            Self::Add(more) => tags.extend(more.iter().cloned()),
            Self::Clear => tags.clear(),
            Self::Remove(tag) => {
                let before = tags.len();
                tags.retain(|t| t != tag);
                if tags.len() == before {
                    return Err(ApiError::not_found(
                        "TagNotFound",
                        format!("there is no tag '{tag}'; there are {tags:?}"),
                    ));
                }
            }
        }
        tags.sort();
        tags.dedup();
        if tags.len() > TAGS_MAX {
            return Err(ApiError::new(
                400,
                "BadRequest",
                format!("{} tags; a resource carries at most {TAGS_MAX}", tags.len()),
            ));
        }
        Ok(())
    }
}

/// Splits comma-separated tags out of all of a filter's texts.
fn wanted(texts: &[String]) -> Vec<String> {
    let each = texts.iter().flat_map(|text| text.split(','));
    each.map(str::to_owned).collect()
}

/// `tags=a,b`: carries all of them.
pub(crate) fn all(texts: &[String]) -> Result<Test<Vec<String>>, Fault> {
    let wanted = wanted(texts);
    Ok(Box::new(move |tags| {
        wanted.iter().all(|tag| tags.contains(tag))
    }))
}

/// `tags-any=a,b`: carries one of them.
pub(crate) fn any(texts: &[String]) -> Result<Test<Vec<String>>, Fault> {
    let wanted = wanted(texts);
    Ok(Box::new(move |tags| {
        wanted.iter().any(|tag| tags.contains(tag))
    }))
}

/// `not-tags=a,b`: does not carry all of them.
pub(crate) fn not_all(texts: &[String]) -> Result<Test<Vec<String>>, Fault> {
    let test = all(texts)?;
    Ok(Box::new(move |tags| !test(tags)))
}

/// `not-tags-any=a,b`: carries none of them.
pub(crate) fn not_any(texts: &[String]) -> Result<Test<Vec<String>>, Fault> {
    let test = any(texts)?;
    Ok(Box::new(move |tags| !test(tags)))
}
