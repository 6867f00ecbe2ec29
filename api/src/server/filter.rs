//! The one warp filter: takes every request, reads its body within bounds, and has it answered.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{FutureExt, Stream, StreamExt};
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};
use tracing::Instrument;
use warp::Filter;
use warp::filters::path::FullPath;
use warp::reply::Response;

use super::connection::Origin;
use super::identity::{Head, request_id};
use super::{App, Options};
use crate::reply::Reply;
use crate::request::{Request, Url, segments};
use crate::{ApiError, Backend, Context, routes};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// What warp takes out of a request besides its body.
struct Parts {
    method: Method,
    path: FullPath,
    query: String,
    headers: HeaderMap,
    origin: Option<Origin>,
}

/// Takes every request.
pub(super) fn catch_all<B: Backend>(
    app: Arc<App<B>>,
) -> impl Filter<Extract = (Response,), Error = warp::Rejection> + Clone {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<Origin>())
        .and(warp::body::stream())
        .then(move |method, path, query, headers, origin, body| {
            let app = Arc::clone(&app);
            let parts = Parts {
                method,
                path,
                query,
                headers,
                origin,
            };
            async move { answer(&app, parts, body).await }
        })
}

async fn answer<B: Backend>(
    app: &App<B>,
    parts: Parts,
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send,
) -> Response {
    let started = Instant::now();
    let id = request_id(&parts.headers);
    let span =
        tracing::info_span!("request", %id, method = %parts.method, path = parts.path.as_str());
    let work = async {
        let reply = AssertUnwindSafe(reply(app, parts, id.clone(), body)).catch_unwind();
        let reply = reply.await.unwrap_or_else(|_| {
            tracing::error!("answering this request panicked");
            ApiError::internal("the request failed; the server's log says why under its request id")
                .into()
        });
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(status = reply.status, micros, "answered");
        reply
    };
    let mut response = work.instrument(span).await.into_response();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

async fn reply<B: Backend>(
    app: &App<B>,
    parts: Parts,
    id: String,
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send,
) -> Reply {
    match read(&app.options, parts, id, body).await {
        Ok(request) => {
            let options = &app.options;
            routes::dispatch(&*app.backend, &options.mounts, options.page_max, request).await
        }
        Err(reply) => reply,
    }
}

/// Everything of a request, or the answer to one that goes no further.
async fn read(
    options: &Options,
    parts: Parts,
    id: String,
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send,
) -> Result<Request, Reply> {
    let segments = segments(parts.path.as_str())?;
    let context = if routes::is_open(&segments) {
        Context {
            request_id: id,
            ..Context::default()
        }
    } else {
        let head = Head {
            method: &parts.method,
            path: parts.path.as_str(),
            headers: &parts.headers,
        };
        options.identify.identify(head, id).await?
    };
    let (uri, tls) = match parts.origin {
        Some(origin) => (origin.uri, origin.tls),
        None => (Uri::default(), false),
    };
    let body = match parts.method {
        Method::GET | Method::HEAD => Bytes::new(),
        _ => whole(options, &parts.headers, body).await?,
    };
    Ok(Request {
        method: parts.method,
        segments,
        url: Url::of(&uri, &parts.headers, tls),
        raw_query: parts.query,
        headers: parts.headers,
        body,
        context,
    })
}

/// A request's body, whole, within the bounds on its length and time.
async fn whole(
    options: &Options,
    headers: &HeaderMap,
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send,
) -> Result<Bytes, ApiError> {
    let most = options.body_max;
    let too_long = || {
        ApiError::new(
            413,
            "HTTPRequestEntityTooLarge",
            format!("the body is longer than {most} bytes; split the request"),
        )
    };
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let length = length
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(0);
    if length > most as u64 {
        return Err(too_long());
    }
    let collect = async {
        let mut bytes = BytesMut::new();
        tokio::pin!(body);
        while let Some(piece) = body.next().await {
            let piece = piece
                .map_err(|error| ApiError::bad_request(format!("the body broke off: {error}")))?;
            if bytes.len() + piece.remaining() > most {
                return Err(too_long());
            }
            bytes.reserve(piece.remaining());
            let mut piece = piece;
            while piece.has_remaining() {
                let chunk = piece.chunk();
                bytes.extend_from_slice(chunk);
                let taken = chunk.len();
                piece.advance(taken);
            }
        }
        Ok(bytes.freeze())
    };
    let seconds = options.body_timeout.as_secs();
    let waited = tokio::time::timeout(options.body_timeout, collect).await;
    waited.unwrap_or_else(|_| {
        Err(ApiError::new(
            408,
            "HTTPRequestTimeout",
            format!("the body did not arrive within {seconds} s"),
        ))
    })
}
