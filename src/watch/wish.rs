//! What a reader asks for: from where on, which changes, how many, how long to wait.

use std::collections::BTreeSet;
use std::time::Duration;

use api::request::Request;
use api::{ApiError, Kind, Record};
use uuid::Uuid;

use crate::model::Change;

/// Commits a page has where the request names no number.
const LIMIT: u32 = 100;
/// Most commits a page can have.
pub(super) const LIMIT_MAX: u32 = 1_000;
/// Longest time that a request for a page may wait for the first commit.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(60);

/// A request for changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// The last commit the reader has; `None` for the latest there is.
    pub(super) since: Option<u64>,
    pub(super) filter: Filter,
    pub(super) limit: u32,
    pub(super) wait: Duration,
    /// A page of commits at once instead of a stream.
    pub(super) page: bool,
}

/// Which changes; a filter that is empty takes all.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    kinds: BTreeSet<Kind>,
    projects: BTreeSet<String>,
    ids: BTreeSet<Uuid>,
}

impl Filter {
    /// Nothing is filtered out.
    pub(super) fn takes_all(&self) -> bool {
        self.kinds.is_empty() && self.projects.is_empty() && self.ids.is_empty()
    }

    pub(super) fn takes(&self, change: &Change) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&change.kind))
            && (self.ids.is_empty() || self.ids.contains(&change.id))
            && (self.projects.is_empty() || self.is_owned(change))
    }

    /// One of the projects owned the record before, or owns it after.
    fn is_owned(&self, change: &Change) -> bool {
        let owned = |record: &Record| {
            let project = record.project();
            project.is_some_and(|project| self.projects.contains(project))
        };
        [&change.before, &change.after]
            .into_iter()
            .flatten()
            .any(owned)
    }
}

impl Wish {
    /// Reads a request. `Last-Event-ID`, as clients of event streams send it after a break, wins over
    /// `since`, which stands in the address for good.
    ///
    /// # Errors
    /// 400 naming the parameter that cannot be used, and what can.
    pub(super) fn of(request: &Request) -> Result<Self, ApiError> {
        let text = |name: &str| request.headers.get(name).and_then(|v| v.to_str().ok());
        let accept = text("accept").unwrap_or_default();
        let mut wish = Self {
            limit: LIMIT,
            page: accept.contains("application/json") && !accept.contains("text/event-stream"),
            ..Self::default()
        };
        for (name, value) in request.parameters()? {
            match name.as_str() {
                "since" => wish.since = Some(number("since", &value)?),
                "kind" => wish.filter.kinds.extend([kind(&value)?]),
                "project_id" => wish.filter.projects.extend([value]),
                "id" => wish.filter.ids.extend([id(&value)?]),
                "limit" if wish.page => {
                    wish.limit = number("limit", &value)?.clamp(1, LIMIT_MAX.into()) as u32;
                }
                "wait" if wish.page => {
                    let seconds = number("wait", &value)?;
                    wish.wait = Duration::from_secs(seconds).min(WAIT_MAX);
                }
                _ => return Err(unknown(&name, wish.page)),
            }
        }
        let last = text("last-event-id").filter(|id| !id.is_empty());
        if let Some(last) = last {
            wish.since = Some(number("Last-Event-ID", last)?);
        }
        Ok(wish)
    }
}

/// A whole number.
///
/// # Errors
/// 400 naming the parameter.
pub(super) fn number(name: &str, value: &str) -> Result<u64, ApiError> {
    value.parse().map_err(|_| {
        ApiError::bad_request(format!(
            "{name}: '{}' is not a whole number of 0 or more",
            shown(value)
        ))
    })
}

/// The kinds of which records are kept: what follows from others has no changes of its own.
pub(super) fn kept() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| !kind.is_computed())
}

/// A kind by its name in documents or in paths.
///
/// # Errors
/// 400 naming those there are.
fn kind(value: &str) -> Result<Kind, ApiError> {
    let names = |kind: &Kind| [kind.name(), kind.plural(), kind.path()].contains(&value);
    kept().find(names).ok_or_else(|| {
        let known: Vec<&str> = kept().map(Kind::name).collect();
        let known = known.join(", ");
        ApiError::bad_request(format!("kind: '{}' is none of {known}", shown(value)))
    })
}

fn id(value: &str) -> Result<Uuid, ApiError> {
    value
        .parse()
        .map_err(|_| ApiError::bad_request(format!("id: '{}' is no id", shown(value))))
}

fn unknown(name: &str, page: bool) -> ApiError {
    let known = match page {
        true => "since, kind, project_id, id, limit, wait",
        false => "since, kind, project_id, id (and limit, wait with Accept: application/json)",
    };
    ApiError::bad_request(format!("'{}' is none of {known}", shown(name)))
}

/// As much of a text as an error repeats.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}
