//! One request and its answer: what the log and the metrics say of it once the last byte is out.

use std::borrow::Cow;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use http::{Method, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use metrics::{counter, histogram};
use tracing::Span;

use super::access::{AccessLog, Line};
use super::activity::UnderWay;
use crate::metrics::{REQUEST_SECONDS, REQUESTS};

/// Longest piece of an answer that is handed out at a time, so that a client's pace shows.
const PIECE: usize = 64 * 1024;

/// What is known of a request from its beginning.
#[derive(Debug)]
pub(super) struct Exchange {
    pub started: Instant,
    pub client: IpAddr,
    pub method: Method,
    /// `GET /v2.0/networks HTTP/1.1`.
    pub request: String,
    pub status: u16,
    /// Template of the route; `None` where nothing is served.
    pub route: Option<Cow<'static, str>>,
    /// Its answer has no end of its own, so how long it took tells nothing.
    pub endless: bool,
    pub span: Span,
    pub log: Option<Arc<AccessLog>>,
}

impl Exchange {
    /// The answer is out, or the client has gone: so many bytes of it were handed over.
    fn done(&self, length: u64) {
        let time = self.started.elapsed();
        if let Some(log) = &self.log {
            let line = Line {
                client: self.client,
                request: &self.request,
                status: self.status,
                length,
                time,
            };
            self.span
                .in_scope(|| tracing::info!(target: "api::access", "{}", log.line(&line)));
        }
        let route = self.route.clone().unwrap_or(Cow::Borrowed("unmatched"));
        let method = method(&self.method);
        count(route.clone(), method, self.status);
        if !self.endless {
            let seconds = time.as_secs_f64();
            histogram!(REQUEST_SECONDS.name, "route" => route, "method" => method).record(seconds);
        }
    }
}

/// Counts a request.
pub(super) fn count(route: Cow<'static, str>, method: &'static str, status: u16) {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let status = status.as_str().to_owned();
    counter!(REQUESTS.name, "route" => route, "method" => method, "status" => status).increment(1);
}

/// A method as a label: those there are, and one word for all that a client may make up.
fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// The body of an answer, in pieces; when it is dropped the exchange is done.
#[derive(Debug)]
pub(super) struct Answered<B> {
    body: B,
    /// What is left of a piece that was too long.
    rest: Bytes,
    length: u64,
    exchange: Option<Arc<Exchange>>,
    under_way: UnderWay,
}

impl<B: Body> Answered<B> {
    pub(super) fn new(body: B, exchange: Option<Arc<Exchange>>, mut under_way: UnderWay) -> Self {
        if !body.is_end_stream() {
            // Waits for the client from the beginning: over HTTP/2 it may leave room for nothing.
            under_way.gave(0);
        }
        Self {
            body,
            rest: Bytes::new(),
            length: 0,
            exchange,
            under_way,
        }
    }
}

impl<B> Answered<B> {
    fn give(&mut self, mut data: Bytes) -> Frame<Bytes> {
        let piece = data.split_to(data.len().min(PIECE));
        self.rest = data;
        self.length += piece.len() as u64;
        self.under_way.gave(piece.len());
        Frame::data(piece)
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Answered<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.under_way.asked();
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            return Poll::Ready(Some(Ok(self.give(rest))));
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            other => return Poll::Ready(other),
        };
        Poll::Ready(Some(Ok(match frame.into_data() {
            Ok(data) => self.give(data),
            Err(other) => other,
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self.body.size_hint();
        let rest = self.rest.len() as u64;
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}

impl<B> Drop for Answered<B> {
    fn drop(&mut self) {
        if let Some(exchange) = &self.exchange {
            exchange.done(self.length);
        }
    }
}
