//! The one warp filter: takes every request, reads its body within bounds, and has it answered.

use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{FutureExt, Stream, StreamExt};
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue, ORIGIN};
use http::{Method, StatusCode, Uri, Version};
use tracing::Instrument;
use warp::Filter;
use warp::filters::path::FullPath;
use warp::reply::Response;

use super::connection::Origin;
use super::exchange::Exchange;
use super::forwarded::Forwarded;
use super::health::Asked;
use super::identity::Head;
use super::{App, Options, head, request_id};
use crate::policy::Policies;
use crate::reply::{Content, Reply};
use crate::request::{Request, Url, segments};
use crate::{ApiError, Backend, Context, Mount, routes};

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
    let id = request_id::fresh();
    let global = request_id::global(&parts.headers);
    let span = tracing::info_span!("request", %id, global = global.as_deref(), method = %parts.method, path = parts.path.as_str());
    let call = Call::of(&app.options, &parts, id, global);
    let method = parts.method.clone();
    // Only a browser that asks for a page of some site wants to know.
    let of_page = parts.headers.contains_key(ORIGIN);
    let asked = of_page.then(|| parts.headers.clone());
    let work = AssertUnwindSafe(reply(app, parts, &call, body)).catch_unwind();
    let mut reply = work.instrument(span.clone()).await.unwrap_or_else(|_| {
        span.in_scope(|| tracing::error!("answering this request panicked"));
        let why = "the request failed; the server's log says why under its request id";
        ApiError::internal(why).into()
    });
    let exchange = Exchange {
        started,
        client: call.client,
        request: call.line,
        status: reply.status,
        route: reply.route.take(),
        endless: matches!(reply.content, Content::Endless(_)),
        log: app.options.access_log.clone(),
        method,
        span,
    };
    let mut draining = app.draining.clone();
    let drained = async move {
        // Without a sender the server is gone already.
        let _ = draining.wait_for(|draining| *draining).await;
    };
    let mut response = reply.ended_by(drained).into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&call.id) {
        headers.insert(request_id::HEADER, value);
    }
    if let Some(asked) = asked {
        app.options.cors.decorate(&exchange.method, &asked, headers);
    }
    response.extensions_mut().insert(Arc::new(exchange));
    response
}

/// Where a request came from and how it is called.
struct Call {
    id: String,
    global: Option<String>,
    tls: bool,
    uri: Uri,
    forwarded: Forwarded,
    client: IpAddr,
    /// `GET /v2.0/networks HTTP/1.1`.
    line: String,
}

impl Call {
    fn of(options: &Options, parts: &Parts, id: String, global: Option<String>) -> Self {
        let origin = parts.origin.clone().unwrap_or(Origin {
            tls: false,
            peer: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            uri: Uri::default(),
            version: Version::HTTP_11,
        });
        let forwarded = match options.proxy_headers {
            true => Forwarded::of(&parts.headers),
            false => Forwarded::default(),
        };
        let target = origin
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        Self {
            id,
            global,
            tls: origin.tls,
            client: forwarded.client.unwrap_or(origin.peer),
            line: format!("{} {target} {:?}", parts.method, origin.version),
            uri: origin.uri,
            forwarded,
        }
    }
}

async fn reply<B: Backend>(
    app: &App<B>,
    parts: Parts,
    call: &Call,
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send,
) -> Reply {
    let options = &app.options;
    let read = async {
        head::check(&call.uri, &parts.headers, options.header_line_max)?;
        let segments = segments(parts.path.as_str())?;
        before_identity(app, &parts, call, &segments).await?;
        let open = Mount::of(&options.open_mounts, &segments);
        let policies = options.policies.now();
        let mut context = match open.is_some() || routes::is_open(&segments) {
            true => Context {
                request_id: call.id.clone(),
                ..Context::default()
            },
            false => {
                let head = Head {
                    method: &parts.method,
                    path: parts.path.as_str(),
                    headers: &parts.headers,
                };
                policies.admit(options.identify.identify(head, call.id.clone()).await?)
            }
        };
        context.global_request_id.clone_from(&call.global);
        let who = (context, policies);
        let request = read(options, parts, call, segments, who, body).await?;
        Ok::<_, Reply>((request, open))
    };
    match read.await {
        Ok((request, Some(open))) => routes::mounted(open, request).await,
        Ok((request, None)) => routes::dispatch(&*app.backend, &app.site, request).await,
        Err(reply) => reply,
    }
}

/// Lets pass what needs an identity; the rest is answered before anybody is asked who they are.
async fn before_identity<B: Backend>(
    app: &App<B>,
    parts: &Parts,
    call: &Call,
    segments: &[String],
) -> Result<(), Reply> {
    let options = &app.options;
    if parts.method == Method::OPTIONS {
        // Whether there is anything or not, as oslo.middleware's `cors` has it.
        let mut reply = Reply::no_content();
        reply.status = StatusCode::OK.as_u16();
        return Err(reply.at("OPTIONS"));
    }
    let first = segments.first().map(String::as_str);
    if first == Some("healthcheck") {
        let asked = Asked {
            method: &parts.method,
            headers: &parts.headers,
            client: call.client,
            port: app.port,
        };
        let ledger = app.backend.health().await;
        let reply = options.health.reply(&asked, ledger).await?;
        return Err(reply.at("/healthcheck"));
    }
    if options.only_open && Mount::of(&options.open_mounts, segments).is_none() {
        let why = "nothing else is served on this listener";
        return Err(ApiError::not_found("HTTPNotFound", why).into());
    }
    Ok(())
}

async fn read(
    options: &Options,
    parts: Parts,
    call: &Call,
    segments: Vec<String>,
    (context, policies): (Context, Arc<Policies>),
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send,
) -> Result<Request, ApiError> {
    let body = match parts.method {
        Method::GET | Method::HEAD => Bytes::new(),
        _ => whole(options, &parts.headers, body).await?,
    };
    Ok(Request {
        method: parts.method,
        segments,
        url: Url::of(&call.uri, &parts.headers, call.tls, &call.forwarded),
        raw_query: parts.query,
        headers: parts.headers,
        body,
        context,
        policies,
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
