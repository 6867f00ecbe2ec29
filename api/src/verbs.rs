//! The five verbs of a resource, generic over it: list, show, create, update, delete.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use uuid::Uuid;

use crate::action::{Asked, Operation, Subject};
use crate::attribute::Fields;
use crate::body::Item;
use crate::list::{Links, Rows, found, parse_id, select};
use crate::policy::{Nothing, OwnedBy, Unmet, gate};
use crate::query::{Listing, Query, columns, link_query};
use crate::render::Renderer;
use crate::reply::{JSON, Reply};
use crate::request::Request;
use crate::resource::Visitor;
use crate::{Answer, ApiError, Backend, Kind, Record, Resource, Update, View, body};

/// Lists longer than this many bytes are sent piece by piece, a piece being about as long.
const PIECE: usize = 128 * 1024;

/// The snapshot that a GET asks for: the present one, or that of `at=`.
pub(crate) async fn view<B: Backend>(
    backend: &B,
    request: &Request,
    query: &Query,
) -> Result<Arc<B::View>, ApiError> {
    match query.at()? {
        None => backend.view(&request.context).await,
        Some(at) => backend.view_at(&request.context, at).await,
    }
}

/// `GET /v2.0/networks`.
pub(crate) async fn list<B: Backend>(
    backend: &B,
    kind: Kind,
    request: &Request,
    page_max: usize,
) -> Result<Reply, ApiError> {
    let query = request.query()?;
    let view = view(backend, request, &query).await?;
    kind.visit(List {
        view,
        query,
        request,
        page_max,
    })
}

struct List<'a, V> {
    view: Arc<V>,
    query: Query,
    request: &'a Request,
    page_max: usize,
}

impl<V: View> Visitor for List<'_, V> {
    type Output = Result<Reply, ApiError>;

    fn visit<R: Resource>(self) -> Self::Output {
        let judge = self.request.judge();
        let listing = Listing::<R>::compile(&self.query, &judge, self.page_max)?;
        let Rows { records, links } = select(&*self.view, &listing, &judge)?;
        let tail = links.map_or_else(String::new, |links| {
            links_json::<R>(&links, &self.query, self.request)
        });
        let pieces = Pieces {
            renderer: Renderer::new(listing.columns, judge.project()),
            view: self.view,
            records,
            next: 0,
            head: format!("{{\"{}\":[", R::PLURAL),
            tail: format!("]{tail}}}"),
            done: false,
        };
        Ok(pieces.into_reply())
    }
}

/// A list's bytes, made a piece at a time.
struct Pieces<R: Resource, V> {
    renderer: Renderer<R>,
    view: Arc<V>,
    records: Vec<Arc<R>>,
    next: usize,
    head: String,
    tail: String,
    done: bool,
}

impl<R: Resource, V: View> Pieces<R, V> {
    /// At once where one piece holds it, as a stream otherwise.
    fn into_reply(mut self) -> Reply {
        let first = self.next().unwrap_or_default();
        if self.done {
            return Reply::json_bytes(200, first);
        }
        let pieces = std::iter::once(first).chain(self).map(Ok);
        Reply::stream(JSON, Box::pin(stream::iter(pieces)))
    }
}

impl<R: Resource, V: View> Iterator for Pieces<R, V> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.done {
            return None;
        }
        let mut out = Vec::with_capacity(PIECE + 4096);
        out.extend_from_slice(std::mem::take(&mut self.head).as_bytes());
        while let Some(row) = self.records.get(self.next) {
            if out.len() >= PIECE {
                return Some(out.into());
            }
            if self.next > 0 {
                out.push(b',');
            }
            self.renderer.document(&*self.view, row, &mut out);
            self.next += 1;
        }
        out.extend_from_slice(self.tail.as_bytes());
        self.done = true;
        Some(out.into())
    }
}

/// `,"networks_links":[…]`, or nothing.
fn links_json<R: Resource>(links: &Links, query: &Query, request: &Request) -> String {
    let href = |marker: Option<Uuid>, reverse: bool| {
        let url = &request.url;
        format!(
            "{}{}?{}",
            url.base,
            url.path,
            link_query(query, marker, reverse)
        )
    };
    let next = links.next.map(|marker| ("next", href(marker, false)));
    let previous = links
        .previous
        .map(|marker| ("previous", href(marker, true)));
    let entries = next.into_iter().chain(previous);
    let entries: Vec<_> = entries
        .map(|(rel, href)| serde_json::json!({"rel": rel, "href": href}))
        .collect();
    if entries.is_empty() {
        return String::new();
    }
    format!(
        ",\"{}_links\":{}",
        R::PLURAL,
        serde_json::Value::from(entries)
    )
}

/// `GET /v2.0/networks/{id}`.
pub(crate) async fn show<B: Backend>(
    backend: &B,
    kind: Kind,
    id: &str,
    request: &Request,
) -> Result<Reply, ApiError> {
    let query = request.query()?;
    let view = view(backend, request, &query).await?;
    kind.visit(Show {
        view: &*view,
        query: &query,
        request,
        id,
    })
}

struct Show<'a, V> {
    view: &'a V,
    query: &'a Query,
    request: &'a Request,
    id: &'a str,
}

impl<V: View> Visitor for Show<'_, V> {
    type Output = Result<Reply, ApiError>;

    fn visit<R: Resource>(self) -> Self::Output {
        let judge = self.request.judge();
        let listing = Listing::<R>::compile(self.query, &judge, 0)?;
        let row = found::<R, V>(self.view, self.id, &judge)?;
        let renderer = Renderer::new(listing.columns, judge.project());
        Ok(one(self.view, &renderer, &row, 200))
    }
}

/// A document of one record.
fn one<R: Resource, V: View>(view: &V, renderer: &Renderer<R>, row: &Arc<R>, status: u16) -> Reply {
    let mut out = Vec::with_capacity(2048);
    out.extend_from_slice(format!("{{\"{}\":", R::NAME).as_bytes());
    renderer.document(view, row, &mut out);
    out.push(b'}');
    Reply::json_bytes(status, out)
}

/// `POST /v2.0/networks`.
pub(crate) async fn create<B: Backend>(
    backend: &B,
    kind: Kind,
    request: &Request,
) -> Result<Reply, ApiError> {
    request.expect_json()?;
    let asked = body::create(kind, &request.body, &request.judge())?;
    may_create(backend, &asked.items, request).await?;
    let items = asked.items.into_iter().map(|item| item.create).collect();
    let (view, records) = backend.create(&request.context, items).await?;
    kind.visit(Written {
        view: &*view,
        records: &records,
        request,
        bulk: asked.bulk,
        status: 201,
    })
}

/// `PUT /v2.0/networks/{id}`.
pub(crate) async fn update<B: Backend>(
    backend: &B,
    kind: Kind,
    id: &str,
    request: &Request,
) -> Result<Reply, ApiError> {
    request.expect_json()?;
    let changed = body::update(kind, &request.body, &request.judge())?;
    let if_match = request.if_match()?;
    let id = parse_id(id).ok_or_else(|| kind.not_found(crate::query::short(id)))?;
    let change = Some((&changed.update, &changed.fields));
    let missing = || kind.not_found(id);
    may_change(
        backend,
        (kind, id),
        change,
        &changed.unmet,
        request,
        missing,
    )
    .await?;
    let (view, record) = backend
        .update(&request.context, id, changed.update, if_match)
        .await?;
    kind.visit(Written {
        view: &*view,
        records: &[record],
        request,
        bulk: false,
        status: 200,
    })
}

/// An operation on a path of its own: the one of `here` that has the request's method.
pub(crate) async fn act<B: Backend>(
    backend: &B,
    here: &[&'static Operation],
    texts: Vec<&str>,
    request: &Request,
) -> Result<Reply, ApiError> {
    let operation = here.iter().find(|o| o.method == request.method);
    let operation = operation.ok_or_else(|| {
        ApiError::method_not_allowed(request.method.as_str(), "what the Allow header names")
    })?;
    let asked = Asked { texts, request };
    may_act(backend, operation, &asked).await?;
    let action = (operation.read)(&asked)?;
    let if_match = request.if_match()?;
    let (view, answer) = backend.act(&request.context, action, if_match).await?;
    let (kind, records, bulk) = match &answer {
        Answer::Nothing => return Ok(Reply::no_content()),
        Answer::Document(document) => return Ok(Reply::json(operation.status, document)),
        Answer::Record(record) => (record.kind(), std::slice::from_ref(record), false),
        Answer::Records(kind, records) => (*kind, records.as_slice(), true),
    };
    kind.visit(Written {
        view: &*view,
        records,
        request,
        bulk,
        status: operation.status,
    })
}

/// Whether the caller may make what a POST asks for.
///
/// # Errors
/// 403, or 404 where an item names what the caller cannot see.
async fn may_create<B: Backend>(
    backend: &B,
    items: &[Item],
    request: &Request,
) -> Result<(), ApiError> {
    let judge = request.judge();
    for item in items {
        gate::hopeless(&judge, &item.unmet)?;
    }
    if !items
        .iter()
        .any(|item| gate::needs_records(&judge, &item.unmet))
    {
        return Ok(());
    }
    let view = backend.view(&request.context).await?;
    let mut items = items.iter();
    items.try_for_each(|item| {
        gate::may_create(&judge, &*view, &item.create, &item.fields, &item.unmet)
    })
}

/// Whether the caller may do to a record what `unmet` and `change` are about.
///
/// # Errors
/// `missing` where the caller sees no such record, else 403.
pub(crate) async fn may_change<B: Backend>(
    backend: &B,
    record: (Kind, Uuid),
    change: Option<(&Update, &Fields)>,
    unmet: &Unmet,
    request: &Request,
    missing: impl Fn() -> ApiError,
) -> Result<(), ApiError> {
    if !gate::needs_records(&request.judge(), unmet) {
        return Ok(());
    }
    let view = backend.view(&request.context).await?;
    gate::may_change(&request.judge(), &*view, record, change, unmet, missing)
}

/// Whether the caller may use an operation.
///
/// # Errors
/// 404 where it is about a record that the caller does not see, else 403.
async fn may_act<B: Backend>(
    backend: &B,
    operation: &Operation,
    asked: &Asked<'_>,
) -> Result<(), ApiError> {
    let judge = asked.request.judge();
    match operation.subject {
        Subject::Nothing => judge.permit(operation.rule, &Nothing),
        Subject::Open => Ok(()),
        Subject::OwnProject if judge.owns(asked.text(0)) => Ok(()),
        Subject::OwnProject | Subject::Project => {
            judge.permit(operation.rule, &OwnedBy(asked.text(0)))
        }
        Subject::Record(kind) => {
            let id = asked.id(0, kind)?;
            let unmet = judge.unmet([operation.rule]);
            let missing = || kind.not_found(id);
            may_change(backend, (kind, id), None, &unmet, asked.request, missing).await
        }
    }
}

struct Written<'a, V> {
    view: &'a V,
    records: &'a [Record],
    request: &'a Request,
    bulk: bool,
    status: u16,
}

impl<V: View> Visitor for Written<'_, V> {
    type Output = Result<Reply, ApiError>;

    fn visit<R: Resource>(self) -> Self::Output {
        let query = self.request.query()?;
        let judge = self.request.judge();
        let mut renderer = Renderer::<R>::new(columns(&query, &judge), judge.project());
        if self.status == 201 {
            renderer = renderer.whole();
        }
        let rows: Vec<&Arc<R>> = self.records.iter().filter_map(R::of).collect();
        if let ([row], false) = (rows.as_slice(), self.bulk) {
            return Ok(one(self.view, &renderer, row, self.status));
        }
        if rows.len() != self.records.len() || !self.bulk {
            tracing::error!(
                kind = R::NAME,
                rows = rows.len(),
                "the backend answered with other records than asked for"
            );
            return Err(ApiError::internal(
                "the request was carried out, its answer was lost",
            ));
        }
        let mut out = Vec::with_capacity(2048 * rows.len());
        out.extend_from_slice(format!("{{\"{}\":[", R::PLURAL).as_bytes());
        for (index, row) in rows.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            renderer.document(self.view, row, &mut out);
        }
        out.extend_from_slice(b"]}");
        Ok(Reply::json_bytes(self.status, out))
    }
}

/// `DELETE /v2.0/networks/{id}`.
pub(crate) async fn delete<B: Backend>(
    backend: &B,
    kind: Kind,
    id: &str,
    request: &Request,
) -> Result<Reply, ApiError> {
    let if_match = request.if_match()?;
    let id = parse_id(id).ok_or_else(|| kind.not_found(crate::query::short(id)))?;
    let unmet = request.judge().delete(kind);
    may_change(backend, (kind, id), None, &unmet, request, || {
        kind.not_found(id)
    })
    .await?;
    if !request.body.is_empty() {
        return Err(ApiError::bad_request("a DELETE takes no body"));
    }
    backend.delete(&request.context, kind, id, if_match).await?;
    Ok(Reply::no_content())
}
