//! Answers where HTTP has no request to answer: a head that cannot be read, is too long, or does not
//! arrive. Written on the bare stream, in the form of every other error.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::access::{AccessLog, Line};
use super::exchange::count;
use super::request_id;
use crate::ApiError;
use crate::reply::{Content, JSON, Reply};

/// How long a client may take to read the last words, and to close.
const PATIENCE: Duration = Duration::from_secs(1);
/// Most bytes that are still read from a client that is being left.
const LINGER_MAX: u64 = 1024 * 1024;

/// What is wrong, by the status that HTTP found for it.
pub(super) fn refusal(status: u16) -> ApiError {
    match status {
        408 => ApiError::new(
            408,
            "HTTPRequestTimeout",
            "the head of the request did not arrive in time",
        ),
        414 => ApiError::new(414, "HTTPRequestURITooLong", "the address is too long"),
        431 => ApiError::new(
            431,
            "HTTPRequestHeaderFieldsTooLarge",
            "the head of the request is too long or has too many headers",
        ),
        _ => ApiError::bad_request("what was sent is no HTTP request"),
    }
}

/// The whole answer, to close with; `retry` for what may be tried again in a second.
pub(super) fn answer(error: &ApiError, id: &str, retry: bool) -> Vec<u8> {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = match Reply::error(error).content {
        Content::Bytes(bytes) => bytes,
        _ => bytes::Bytes::new(),
    };
    let retry = if retry { "retry-after: 1\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {} {}\r\nconnection: close\r\ncontent-type: {JSON}\r\ncontent-length: {}\r\n{retry}{}: {id}\r\n\r\n",
        status.as_str(),
        status.canonical_reason().unwrap_or_default(),
        body.len(),
        request_id::HEADER,
    );
    [head.as_bytes(), &body].concat()
}

/// Says it, notes it, and leaves.
pub(super) async fn say<S>(mut stream: S, error: &ApiError, client: IpAddr, log: Option<&AccessLog>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let id = request_id::fresh();
    let words = answer(error, &id, false);
    let said = tokio::time::timeout(PATIENCE, stream.write_all(&words)).await;
    note(error.status, &id, client, log);
    if matches!(said, Ok(Ok(()))) {
        leave(stream).await;
    }
}

/// Counts and logs a refusal that no request stands behind.
pub(super) fn note(status: u16, id: &str, client: IpAddr, log: Option<&AccessLog>) {
    count(Cow::Borrowed("-"), "-", status);
    if let Some(log) = log {
        let line = Line {
            client,
            request: "-",
            status,
            length: 0,
            time: Duration::ZERO,
        };
        let span = tracing::info_span!("request", %id);
        span.in_scope(|| tracing::info!(target: "api::access", "{}", log.line(&line)));
    }
}

/// Closes a stream so that the client can still read what was said to it: a socket that is closed
/// over unread input takes back what it has sent.
pub(super) async fn leave<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let rest = async {
        if stream.shutdown().await.is_ok() {
            let mut input = (&mut stream).take(LINGER_MAX);
            // What still comes is nobody's.
            let _ = tokio::io::copy(&mut input, &mut tokio::io::sink()).await;
        }
    };
    let _ = tokio::time::timeout(PATIENCE, rest).await;
}
