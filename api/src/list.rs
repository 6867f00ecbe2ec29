//! Choosing the rows of a list: filter, sort, page, and the links to its neighbours.

use std::sync::Arc;

use uuid::Uuid;

use crate::policy::{Judge, Residual, Row, gate};
use crate::query::{Listing, Page};
use crate::{ApiError, Record, Resource, View};

/// The rows a list answers with, in order.
pub(crate) struct Rows<R: Resource> {
    /// The records.
    pub records: Vec<Arc<R>>,
    /// Whether there is a page after and before, when the request asked for pages.
    pub links: Option<Links>,
}

/// Which neighbours a page has. A link without an id starts at the end of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Links {
    /// The page after: the id it comes after.
    pub next: Option<Option<Uuid>>,
    /// The page before: the id it comes before.
    pub previous: Option<Option<Uuid>>,
}

/// The records `listing` asks for.
///
/// # Errors
/// 404 of the resource's type when the marker names no record.
pub(crate) fn select<R: Resource, V: View>(
    view: &V,
    listing: &Listing<'_, R>,
    judge: &Judge<'_>,
) -> Result<Rows<R>, ApiError> {
    let border = match &listing.page {
        Some(Page {
            marker: Some(marker),
            ..
        }) => Some(found::<R, V>(view, marker, judge)?),
        _ => None,
    };
    let no_derived = R::Derived::default();
    let seen = |row: &Arc<R>| match &listing.seen {
        Residual::Always => true,
        question => question.holds(&Row::stored(row, view, judge.project())),
    };
    let all = (listing.seen != Residual::Never)
        .then(|| view.find(R::KIND, &listing.filters, listing.reach));
    let matching = all.into_iter().flatten().filter_map(|record| {
        let row = R::of(&record)?;
        let matches = if listing.derived {
            listing.matches(row, &derived::<R, V>(view, &record))
        } else {
            listing.matches(row, &no_derived)
        };
        (matches && seen(row)).then(|| Arc::clone(row))
    });
    let mut records: Vec<Arc<R>> = matching.collect();
    if !records.is_sorted_by(|a, b| listing.order(a, b).is_le()) {
        records.sort_by(|a, b| listing.order(a, b));
    }
    let links = listing.page.as_ref().map(|page| {
        cut(&mut records, page, |records| {
            let border = border.as_deref()?;
            let before = records.partition_point(|row| listing.order(row, border).is_lt());
            let through = records.partition_point(|row| listing.order(row, border).is_le());
            Some((before, through))
        })
    });
    Ok(Rows { records, links })
}

/// Keeps one page of `records`; `border` tells how many rows stand before the marker and how many
/// up to it.
fn cut<R: Resource>(
    records: &mut Vec<Arc<R>>,
    page: &Page,
    border: impl Fn(&[Arc<R>]) -> Option<(usize, usize)>,
) -> Links {
    let border = border(records);
    if page.reverse {
        let end = border.map_or(records.len(), |(before, _)| before);
        records.truncate(end);
        records.drain(..end.saturating_sub(page.limit));
    } else {
        let start = border.map_or(0, |(_, through)| through);
        records.drain(..start);
        records.truncate(page.limit);
    }
    let short = records.len() < page.limit;
    let id = |row: Option<&Arc<R>>| row.map(|row| row.id());
    Links {
        next: (!short || page.reverse).then(|| id(records.last())),
        previous: (!short || !page.reverse).then(|| id(records.first())),
    }
}

/// The record an id in a path or query names, where the caller sees it.
///
/// # Errors
/// 404 of the resource's type.
pub(crate) fn found<R: Resource, V: View>(
    view: &V,
    id: &str,
    judge: &Judge<'_>,
) -> Result<Arc<R>, ApiError> {
    let record = parse_id(id).and_then(|id| gate::visible(judge, view, R::KIND, id));
    let row = record.as_ref().and_then(R::of).map(Arc::clone);
    row.ok_or_else(|| R::KIND.not_found(crate::query::short(id)))
}

/// An id in the one form documents show.
pub(crate) fn parse_id(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| text.parse().ok()).flatten()
}

/// The derived part of a record.
pub(crate) fn derived<R: Resource, V: View>(view: &V, record: &Record) -> R::Derived {
    R::derived_of(view.derived(record)).unwrap_or_default()
}
