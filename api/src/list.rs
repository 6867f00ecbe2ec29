//! Choosing the rows of a list: filter, sort, page, and the links to its neighbours.

use std::cmp::Ordering;
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
    let order = |a: &Arc<R>, b: &Arc<R>| listing.order(a, b);
    let Some(page) = &listing.page else {
        let mut records: Vec<Arc<R>> = matching.collect();
        if !records.is_sorted_by(|a, b| order(a, b).is_le()) {
            records.sort_by(order);
        }
        return Ok(Rows {
            records,
            links: None,
        });
    };
    let beyond = |row: &Arc<R>, wanted: Ordering| {
        let border = border.as_ref();
        border.is_none_or(|border| order(row, border) == wanted)
    };
    let records = if page.reverse {
        let before = matching.filter(|row| beyond(row, Ordering::Less));
        let mut records = first(before, page.limit, |a, b| order(b, a));
        records.reverse();
        records
    } else {
        let after = matching.filter(|row| beyond(row, Ordering::Greater));
        first(after, page.limit, order)
    };
    let links = Some(links(&records, page));
    Ok(Rows { records, links })
}

/// The first `limit` of `rows` in this order: one look at each, whatever order they come in, and no more
/// of them kept than twice the limit.
fn first<T>(
    rows: impl Iterator<Item = T>,
    limit: usize,
    order: impl Fn(&T, &T) -> Ordering,
) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    let Some(last) = limit.checked_sub(1) else {
        return kept;
    };
    // The row at `last` is the last that counts, once there were too many.
    let mut is_full = false;
    for row in rows {
        if is_full && kept.get(last).is_some_and(|end| order(&row, end).is_gt()) {
            continue;
        }
        kept.push(row);
        if kept.len() / 2 >= limit {
            kept.select_nth_unstable_by(last, &order);
            kept.truncate(limit);
            is_full = true;
        }
    }
    kept.sort_by(&order);
    kept.truncate(limit);
    kept
}

/// The neighbours of a page.
fn links<R: Resource>(records: &[Arc<R>], page: &Page) -> Links {
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

#[cfg(test)]
mod tests {
    use super::first;

    #[test]
    fn the_first_few_are_found_in_whatever_order_they_come() {
        for count in [0_u32, 1, 2, 5, 6, 7, 40, 1000] {
            // A walk through all numbers below a prime, now in one order, now in another.
            for step in [1, 500, 1008, 617] {
                let rows = (1..=count).map(|n| n * step % 1009);
                let mut sorted: Vec<u32> = rows.clone().collect();
                sorted.sort_unstable();
                for limit in [0, 1, 2, 3, 7, 999, usize::MAX] {
                    let wanted: Vec<u32> = sorted.iter().copied().take(limit).collect();
                    assert_eq!(first(rows.clone(), limit, u32::cmp), wanted, "{limit}");
                    let wanted: Vec<u32> = sorted.iter().rev().copied().take(limit).collect();
                    assert_eq!(first(rows.clone(), limit, |a, b| b.cmp(a)), wanted);
                }
            }
        }
    }
}
