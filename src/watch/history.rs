//! The life of one record, from the log: when it was made, what was changed about it, when it went,
//! and who did it.

use api::reply::Reply;
use api::request::Request;
use api::{ApiError, JsonMap, Kind, Record, Timestamp};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::event::{Bodies, Sight};
use super::wish::{LIMIT_MAX, number, shown};
use super::{Watch, unreadable};
use crate::model::{Change, Commit};

/// Entries a page has where the request names no number.
const LIMIT: u32 = 100;

/// Which page of it.
struct Page {
    limit: u32,
    /// The page has what came before this revision; `None` for the latest.
    marker: Option<u64>,
}

/// `GET /weft/v1/history/{resource}/{id}`.
///
/// # Errors
/// 404 where nothing is known of the record, or nothing that this reader may see; 400 for a query
/// that cannot be used; 503 where the log cannot be read.
pub(super) async fn history(
    watch: &Watch,
    sight: &Sight,
    request: &Request,
    kind: Kind,
    id: &str,
) -> Result<Reply, ApiError> {
    let page = page(request)?;
    let missing = || kind.not_found(shown(id));
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let view = sight.view();
    let (mut entries, mut next) = (Vec::new(), Some(page.marker.unwrap_or(u64::MAX)));
    // What this reader may not see must not show in how much there is of it.
    while let Some(before) = next
        && entries.is_empty()
    {
        let touched = watch.ledger.touching(kind, id, before, page.limit).await;
        let touched = touched.map_err(|error| unreadable(&error))?;
        next = touched.next;
        for commit in &touched.commits {
            for change in &commit.changes {
                if let Some(bodies) = sight.seen(&view, change) {
                    entries.push(entry(commit, change, bodies, |record| {
                        sight.attributes(&view, record)
                    }));
                }
            }
        }
    }
    let present = view.model().record(kind, id);
    let known = present.is_some_and(|record| sight.may_see(&view, &record));
    if entries.is_empty() && page.marker.is_none() && !known {
        return Err(missing());
    }
    let extent = watch.ledger.extent().await;
    let extent = extent.map_err(|error| unreadable(&error))?;
    let mut document = json!({
        "history": entries,
        "oldest_revision": extent.map(|extent| extent.oldest.revision),
    });
    if let Some(next) = next {
        let url = &request.url;
        let limit = page.limit;
        let href = format!("{}{}?limit={limit}&marker={next}", url.base, url.path);
        document["history_links"] = json!([{"rel": "next", "href": href}]);
    }
    Ok(Reply::json(200, &document))
}

fn page(request: &Request) -> Result<Page, ApiError> {
    let mut page = Page {
        limit: LIMIT,
        marker: None,
    };
    for (name, value) in request.parameters()? {
        match name.as_str() {
            "limit" => page.limit = number("limit", &value)?.clamp(1, LIMIT_MAX.into()) as u32,
            "marker" => page.marker = Some(number("marker", &value)?),
            _ => {
                return Err(ApiError::bad_request(format!(
                    "'{}' is none of limit, marker",
                    shown(&name)
                )));
            }
        }
    }
    Ok(page)
}

/// One commit's part in the life of the record.
fn entry(
    commit: &Commit,
    change: &Change,
    (before, after): Bodies<'_>,
    document: impl Fn(&Record) -> JsonMap,
) -> Json {
    let mut entry = json!({
        "revision": commit.revision,
        "time": Timestamp(commit.time_micros.div_euclid(1_000_000)),
        "time_micros": commit.time_micros,
        "who": commit.who,
        "request_id": commit.request_id,
        "kind": change.kind.name(),
        "id": change.id,
    });
    match (before, after) {
        (Some(before), Some(after)) => {
            entry["action"] = "changed".into();
            let (before, after) = (document(before), document(after));
            entry["changed"] = differing(&before, &after);
        }
        (None, Some(after)) => {
            entry["action"] = "created".into();
            entry["after"] = document(after).into();
        }
        (before, None) => {
            entry["action"] = "deleted".into();
            entry["before"] = before.map(document).into();
        }
    }
    entry
}

/// The attributes that differ, each from what to what.
fn differing(before: &JsonMap, after: &JsonMap) -> Json {
    let mut changed = JsonMap::new();
    let names = before
        .keys()
        .chain(after.keys().filter(|n| !before.contains_key(*n)));
    for name in names {
        let (from, to) = (before.get(name), after.get(name));
        if from != to {
            changed.insert(name.clone(), json!({"from": from, "to": to}));
        }
    }
    changed.into()
}
