//! What has changed, as it changes and afterwards, under `/weft/v1`.
//!
//! | request | answer |
//! |---|---|
//! | `GET /weft/v1/changes?since=R` | commits after revision R as server-sent events, without end |
//! | the same with `Accept: application/json` | a page of them; with `wait=SECONDS` as soon as there is one |
//! | `GET /weft/v1/history/{resource}/{id}` | the life of a record, also of one that is gone |
//!
//! ```text
//! ledger ─► feed: the latest commits ─► cursor of each reader ─► stream, page
//!                                          ▲ what is older
//!        log ──────────────────────────────┴──────────────────► history
//! ```
//!
//! Everybody may ask; what is answered is what the caller may see now (`Sight::may_see`).

mod describe;
mod event;
mod feed;
mod history;
mod page;
mod stream;
mod wish;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use api::reply::Reply;
use api::request::Request;
use api::{ApiError, Handler, Kind, Mount, Timestamp};
use serde_json::{Value as Json, json};
use tokio::sync::Semaphore;

use crate::ledger::{Ledger, Mark, ReadError};
use crate::service::Service;

use event::Sight;
use feed::{Cursor, Feed};
use wish::Wish;

/// The paths, for the listener of the API; they go before those of `/weft/v1` in general.
pub fn mounts(watch: &Watch) -> [Mount; 2] {
    let served = watch.clone();
    let changes: Handler = Arc::new(move |request| {
        let watch = served.clone();
        Box::pin(async move { watch.answer(&request).await })
    });
    let history = Arc::clone(&changes);
    [
        Mount {
            prefix: &["weft", "v1", "changes"],
            handler: changes,
            paths: describe::changes(),
        },
        Mount {
            prefix: &["weft", "v1", "history"],
            handler: history,
            paths: describe::history(),
        },
    ]
}

/// How readers are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Most streams and waiting requests at a time; one more is answered with 503.
    pub readers_max: usize,
    /// A stream says something at least this often, so that nobody in between takes it for dead.
    pub keep_alive: Duration,
    /// A stream ends after this time. Whoever takes it up again is asked anew who it is and what it may
    /// see: so whoever has lost a right loses what it saw by it.
    pub stream_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            readers_max: 1_024,
            keep_alive: Duration::from_secs(15),
            stream_max: Duration::from_secs(3600),
        }
    }
}

/// The changes of one ledger. Clones are of the same.
#[derive(Clone)]
pub struct Watch {
    feed: Arc<Feed>,
    ledger: Ledger,
    service: Service,
    settings: Settings,
    places: Arc<Semaphore>,
}

impl Watch {
    /// Follows the ledger of `service`. Needs a tokio runtime.
    pub fn start(service: Service, ledger: Ledger, settings: Settings) -> Self {
        Self {
            feed: Feed::start(&ledger),
            ledger,
            service,
            places: Arc::new(Semaphore::new(settings.readers_max)),
            settings,
        }
    }

    /// Ends all streams and waiting requests, as a shutdown needs it.
    pub fn close(&self) {
        self.feed.close();
    }

    async fn answer(&self, request: &Request) -> Result<Reply, ApiError> {
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            _ if request.method != "GET" => {
                let method = request.method.as_str();
                Err(ApiError::method_not_allowed(method, "GET"))
            }
            [_, _, "changes"] => {
                let reply = self.changes(request).await;
                Ok(reply.unwrap_or_else(Reply::from).at("/weft/v1/changes"))
            }
            [_, _, "history", resource, id] => {
                let reply = self.history(request, resource, id).await;
                let route = "/weft/v1/history/{resource}/{id}";
                Ok(reply.unwrap_or_else(Reply::from).at(route))
            }
            path => Err(ApiError::not_found(
                "HTTPNotFound",
                format!(
                    "nothing is served at /{}; /openapi.json lists every path",
                    wish::shown(&path.join("/"))
                ),
            )),
        }
    }

    /// `GET /weft/v1/changes`.
    ///
    /// # Errors
    /// 400 for a query that cannot be used, or a revision that is yet to come; 410 for one that is in
    /// the log no more; 503 where all places are taken, or the log cannot be read.
    async fn changes(&self, request: &Request) -> Result<Reply, ApiError> {
        let wish = Wish::of(request)?;
        let slot = Arc::clone(&self.places).try_acquire_owned();
        let slot = slot.map_err(|_| {
            ApiError::unavailable("all places of readers of changes are taken; try again later")
        })?;
        let head = self.ledger.fresh_at(wish.since.unwrap_or(0)).await;
        let head = head.map_err(|error| unreadable(&error))?;
        let since = wish.since.unwrap_or(head.revision());
        if since > head.revision() {
            return Err(ApiError::bad_request(format!(
                "since: revision {since} is yet to come; the last is {}",
                head.revision()
            )));
        }
        if since < head.revision() && !self.reaches(since).await? {
            return Ok(self.gone_reply(since).await);
        }
        let (feed, ledger) = (Arc::clone(&self.feed), self.ledger.clone());
        let cursor = Cursor::new(feed, ledger, since, head.revision());
        let sight = Sight::of(request, self.service.clone());
        if wish.page {
            return page::page(self, &sight, &wish, cursor).await;
        }
        Ok(stream::stream(
            self.clone(),
            sight,
            wish.filter,
            cursor,
            slot,
        ))
    }

    /// `GET /weft/v1/history/{resource}/{id}`, the resource by its name in paths.
    ///
    /// # Errors
    /// 404 where nothing is known; 400 for a query that cannot be used; 503 where the log cannot be
    /// read.
    async fn history(
        &self,
        request: &Request,
        resource: &str,
        id: &str,
    ) -> Result<Reply, ApiError> {
        let kind = wish::kept().find(|kind| kind.path() == resource);
        let kind = kind.ok_or_else(|| {
            let known: Vec<&str> = wish::kept().map(Kind::path).collect();
            ApiError::not_found(
                "HTTPNotFound",
                format!(
                    "'{}' is none of {}",
                    wish::shown(resource),
                    known.join(", ")
                ),
            )
        })?;
        let sight = Sight::of(request, self.service.clone());
        history::history(self, &sight, request, kind, id).await
    }

    /// Whether the log has the commit after `revision`.
    async fn reaches(&self, revision: u64) -> Result<bool, ApiError> {
        let extent = self
            .ledger
            .extent()
            .await
            .map_err(|error| unreadable(&error))?;
        Ok(extent.is_some_and(|extent| extent.oldest.revision <= revision + 1))
    }

    /// Where the log begins, for a reader who is at `revision`, before it.
    async fn gone(&self, revision: u64) -> (u16, Json) {
        let oldest = match self.ledger.extent().await {
            Ok(extent) => extent.map(|extent| extent.oldest),
            Err(error) => {
                let error = unreadable(&error);
                return (error.status, neutron_error(&error));
            }
        };
        let Some(Mark {
            revision: oldest,
            time_micros,
        }) = oldest
        else {
            let error = ApiError::new(410, "RevisionGone", "the log is empty");
            return (410, neutron_error(&error));
        };
        let message = format!(
            "the commits after revision {revision} are in the log no more; it goes back to revision {oldest} of {}: read anew what you keep, and go on from since={}",
            Timestamp::exact(time_micros),
            self.feed.revision(),
        );
        let mut document = neutron_error(&ApiError::new(410, "RevisionGone", message));
        document["oldest_revision"] = oldest.into();
        (410, document)
    }

    async fn gone_reply(&self, revision: u64) -> Reply {
        let (status, document) = self.gone(revision).await;
        Reply::json(status, &document)
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("revision", &self.feed.revision())
            .field("places", &self.places.available_permits())
            .finish_non_exhaustive()
    }
}

fn neutron_error(error: &ApiError) -> Json {
    json!({"NeutronError": {
        "type": error.kind,
        "message": error.message,
        "detail": error.detail,
    }})
}

fn unreadable(error: &ReadError) -> ApiError {
    tracing::warn!(%error, "the log cannot be read");
    ApiError::unavailable(format!("the log cannot be read: {}", error.for_clients()))
}
