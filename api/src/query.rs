//! Query strings: filters, `fields`, sorting and paging, checked and compiled once per request.

use std::cmp::Ordering;

use uuid::Uuid;

use crate::attribute::{Attribute, Matcher, Order};
use crate::policy::{Judge, Reach, Residual};
use crate::render::Column;
use crate::value::Fault;
use crate::{ApiError, At, Filters, Resource};

/// Names that are not filters.
const CONTROL: [&str; 7] = [
    "at",
    "fields",
    "sort_key",
    "sort_dir",
    "limit",
    "marker",
    "page_reverse",
];

/// A query string taken apart: decoded pairs in the order given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(pub(crate) Vec<(String, String)>);

impl Query {
    /// Decodes `raw` (`application/x-www-form-urlencoded`).
    ///
    /// # Errors
    /// 400 where the decoded bytes are not UTF-8.
    pub(crate) fn parse(raw: &str) -> Result<Self, ApiError> {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name, true)?, decode(value, true)?))
        });
        pairs.collect::<Result<_, ApiError>>().map(Self)
    }

    /// The moment that `at=` asks for; `None` where it asks for the present.
    ///
    /// # Errors
    /// 400 where it names none.
    pub(crate) fn at(&self) -> Result<Option<At>, ApiError> {
        self.last("at").map(str::parse).transpose()
    }

    /// All values under a name.
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// The last value under a name.
    fn last<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).last()
    }
}

/// Undoes percent encoding; with `plus`, a `+` is a blank.
///
/// # Errors
/// 400 where the result is not UTF-8.
pub(crate) fn decode(text: &str, plus: bool) -> Result<String, ApiError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = |b: u8| (b as char).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let (byte, left) = match (first, after) {
            (b'%', [high, low, left @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, left),
                _ => (first, after),
            },
            (b'+', _) if plus => (b' ', after),
            _ => (first, after),
        };
        bytes.push(byte);
        rest = left;
    }
    String::from_utf8(bytes)
        .map_err(|_| ApiError::bad_request(format!("'{}' does not decode to UTF-8", short(text))))
}

/// Does percent encoding as Python's `urlencode` does, which made the links clients know.
pub(crate) fn encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

pub(crate) fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

/// A GET of resource `R`, compiled.
pub(crate) struct Listing<'a, R: Resource> {
    /// For the backend to narrow its search by.
    pub filters: Filters,
    /// The records the caller can reach.
    pub reach: Reach<'a>,
    /// Which of these the caller sees, with what is filtered by.
    pub seen: Residual,
    matchers: Vec<Matcher<R>>,
    /// A matcher needs the derived part.
    pub derived: bool,
    /// The columns to show; all visible ones where the request named none.
    pub columns: Vec<Column<R>>,
    sorts: Vec<(Order<R>, bool)>,
    /// How many rows a page has, and from where.
    pub page: Option<Page>,
}

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// Rows a page, at least 1.
    pub limit: usize,
    /// The row the page borders on.
    pub marker: Option<String>,
    /// The page before the marker instead of the one after it.
    pub reverse: bool,
}

impl<'a, R: Resource> Listing<'a, R> {
    /// Checks and compiles a query for its caller. `page_max` caps the page size; 0 for none.
    ///
    /// What the caller does not see of a record is nothing to find or sort it by either.
    ///
    /// # Errors
    /// 400 as Neutron answers each mistake.
    pub(crate) fn compile(
        query: &Query,
        judge: &Judge<'a>,
        page_max: usize,
    ) -> Result<Self, ApiError> {
        let (filters, matchers, derived) = filters(query)?;
        let hidden = hidden::<R>(judge);
        let by_hidden = hidden
            .iter()
            .filter(|(row, _)| filters.values(row.name).is_some());
        let by_hidden: Vec<Residual> = by_hidden.map(|(_, question)| question.clone()).collect();
        Ok(Self {
            filters,
            reach: judge.reach(),
            seen: Residual::all(std::iter::once(judge.sees(R::KIND)).chain(by_hidden)),
            matchers,
            derived,
            sorts: sorts(query, &hidden)?,
            columns: shown(query, hidden),
            page: page(query, page_max)?,
        })
    }

    /// Whether a record passes every filter.
    pub(crate) fn matches(&self, record: &R, derived: &R::Derived) -> bool {
        self.matchers.iter().all(|matcher| matcher(record, derived))
    }

    /// The order asked for, then by id: total and stable.
    pub(crate) fn order(&self, a: &R, b: &R) -> Ordering {
        let by_sorts = self.sorts.iter().map(|(order, ascending)| {
            let order = order(a, b);
            if *ascending { order } else { order.reverse() }
        });
        let differing = by_sorts.into_iter().find(|order| order.is_ne());
        differing.unwrap_or_else(|| a.id().cmp(&b.id()))
    }
}

/// The columns a document of `R` shows to this caller: those named by `fields`, else all.
pub(crate) fn columns<R: Resource>(query: &Query, judge: &Judge<'_>) -> Vec<Column<R>> {
    shown(query, hidden::<R>(judge))
}

/// Attributes that the caller does not see in every record, and in which records then.
type Hidden<R> = Vec<(&'static Attribute<R>, Residual)>;

fn hidden<R: Resource>(judge: &Judge<'_>) -> Hidden<R> {
    let rows = judge.hides(R::KIND).into_iter();
    rows.filter_map(|(at, question)| Some((R::attributes().get(at)?, question)))
        .collect()
}

fn shown<R: Resource>(query: &Query, hidden: Hidden<R>) -> Vec<Column<R>> {
    let named: Vec<&str> = query
        .all("fields")
        .filter(|field| !field.is_empty())
        .collect();
    let wanted =
        |row: &&Attribute<R>| row.visible && (named.is_empty() || named.contains(&row.name));
    let column = |row: &'static Attribute<R>| {
        let seen = hidden.iter().find(|(hidden, _)| hidden.name == row.name);
        let seen = seen.map_or(Residual::Always, |(_, question)| question.clone());
        (seen != Residual::Never).then(|| Column::new(row, seen))
    };
    R::attributes()
        .iter()
        .filter(wanted)
        .filter_map(column)
        .collect()
}

type Compiled<R> = (Filters, Vec<Matcher<R>>, bool);

fn filters<R: Resource>(query: &Query) -> Result<Compiled<R>, ApiError> {
    let mut filters = Filters::none();
    for (name, value) in &query.0 {
        if !CONTROL.contains(&name.as_str()) {
            filters.add(name, value);
        }
    }
    let mut matchers = Vec::new();
    let mut derived = false;
    let mut unknown = Vec::new();
    for (name, texts) in filters.iter() {
        let row = R::attributes()
            .iter()
            .find_map(|row| (row.name == name).then_some((row, row.filter?)));
        let Some((row, make)) = row else {
            unknown.push(short(name));
            continue;
        };
        derived |= row.derived;
        matchers.push(make(texts).map_err(|fault| match fault {
            Fault::Convert(why) => ApiError::invalid_input(format!("filter {name}: {why}")),
            Fault::Invalid(why) => ApiError::bad_request(format!("filter {name}: {why}")),
            Fault::Typed(kind, why) => ApiError::new(400, kind, format!("filter {name}: {why}")),
        })?);
    }
    if !unknown.is_empty() {
        let known = R::attributes().iter().filter(|row| row.filter.is_some());
        let known: Vec<&str> = known.map(|row| row.name).collect();
        return Err(ApiError::bad_request(format!(
            "{unknown:?} cannot be filtered by; known are {}",
            known.join(", ")
        )));
    }
    Ok((filters, matchers, derived))
}

fn sorts<R: Resource>(
    query: &Query,
    hidden: &Hidden<R>,
) -> Result<Vec<(Order<R>, bool)>, ApiError> {
    let keys: Vec<&str> = query.all("sort_key").filter(|k| !k.is_empty()).collect();
    let dirs: Vec<&str> = query.all("sort_dir").filter(|d| !d.is_empty()).collect();
    if keys.len() != dirs.len() {
        return Err(ApiError::bad_request(format!(
            "{} sort_key and {} sort_dir; give one sort_dir for each sort_key",
            keys.len(),
            dirs.len()
        )));
    }
    let is_seen = |key: &str| !hidden.iter().any(|(row, _)| row.name == key);
    let sorts: Vec<(&str, (Order<R>, bool))> = keys
        .iter()
        .zip(dirs)
        .map(|(key, dir)| {
            let row = R::attributes().iter().find(|row| row.name == *key);
            let order = row.and_then(|row| row.sort).ok_or_else(|| {
                let known = R::attributes().iter().filter(|row| row.sort.is_some());
                let known: Vec<&str> = known.map(|row| row.name).collect();
                ApiError::bad_request(format!(
                    "sort_key '{}' is none of {}",
                    short(key),
                    known.join(", ")
                ))
            })?;
            match dir {
                "asc" => Ok((*key, (order, true))),
                "desc" => Ok((*key, (order, false))),
                other => Err(ApiError::bad_request(format!(
                    "sort_dir '{}' is neither asc nor desc",
                    short(other)
                ))),
            }
        })
        .collect::<Result<_, ApiError>>()?;
    let seen = sorts.into_iter().filter(|(key, _)| is_seen(key));
    Ok(seen.map(|(_, sort)| sort).collect())
}

fn page(query: &Query, page_max: usize) -> Result<Option<Page>, ApiError> {
    let limit = match query.last("limit") {
        None => 0,
        Some(text) => text.trim().parse::<usize>().map_err(|_| {
            ApiError::new(
                400,
                "BadRequest",
                format!("limit '{}' is not an integer of 0 or more", short(text)),
            )
        })?,
    };
    let limit = match (limit, page_max) {
        (limit, 0) => limit,
        (0, most) => most,
        (limit, most) => limit.min(most),
    };
    if limit == 0 {
        return Ok(None);
    }
    let marker = query.last("marker").filter(|marker| !marker.is_empty());
    let reverse = query.last("page_reverse");
    Ok(Some(Page {
        limit,
        marker: marker.map(str::to_owned),
        reverse: reverse.is_some_and(|text| text.eq_ignore_ascii_case("true")),
    }))
}

/// The query of the page after (`reverse`: before) a row, as a link repeats it.
pub(crate) fn link_query(query: &Query, marker: Option<Uuid>, reverse: bool) -> String {
    let kept = query
        .0
        .iter()
        .filter(|(name, _)| name != "marker" && name != "page_reverse");
    let mut pairs: Vec<(&str, String)> = kept.map(|(n, v)| (n.as_str(), v.clone())).collect();
    if let Some(marker) = marker {
        pairs.push(("marker", marker.to_string()));
    }
    if reverse {
        pairs.push(("page_reverse", "True".to_owned()));
    }
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        encode(name, &mut out);
        out.push('=');
        encode(&value, &mut out);
    }
    out
}
