//! A client of event streams and documents.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value as Json;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a stream may say nothing before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request of these headers.
pub fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Request<String> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "weft");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

/// Sends it over HTTP/1.1 on a connection of its own.
pub async fn send(address: SocketAddr, request: Request<String>) -> Response<Incoming> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap()
}

/// An HTTP/2 connection.
pub async fn connect_h2(address: SocketAddr) -> http2::SendRequest<String> {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let handshake = http2::handshake(TokioExecutor::new(), stream).await;
    let (sender, connection) = handshake.unwrap();
    tokio::spawn(connection);
    sender
}

/// The next bytes of a body; `None` at its end, however it comes.
pub async fn bytes(body: &mut Incoming) -> Option<Vec<u8>> {
    loop {
        let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
        if let Ok(data) = frame.ok()?.into_data() {
            return Some(data.to_vec());
        }
    }
}

/// The status and document of an answer.
pub async fn document(response: Response<Incoming>) -> (u16, Json) {
    let (status, mut body) = (response.status().as_u16(), response.into_body());
    let mut all = Vec::new();
    while let Some(bytes) = bytes(&mut body).await {
        all.extend(bytes);
    }
    let document = match all.is_empty() {
        true => Json::Null,
        false => serde_json::from_slice(&all).unwrap_or(Json::Null),
    };
    (status, document)
}

/// One thing that a stream said.
#[derive(Debug, Default, PartialEq)]
pub struct Said {
    pub id: Option<u64>,
    pub event: String,
    pub data: Json,
}

/// An open stream.
pub struct Events {
    body: Incoming,
    text: String,
}

impl Events {
    /// The stream in an answer, which must be one.
    pub fn of(response: Response<Incoming>) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.into_body(),
            text: String::new(),
        }
    }

    /// The next block, comments left out; `None` at the end.
    pub async fn said(&mut self) -> Option<Said> {
        let end = loop {
            match self.text.find("\n\n") {
                Some(end) => break end,
                None => {
                    let bytes = timeout(PATIENCE, bytes(&mut self.body)).await;
                    let bytes = bytes.expect("the stream says nothing")?;
                    self.text.push_str(std::str::from_utf8(&bytes).unwrap());
                }
            }
        };
        let rest = self.text.split_off(end + 2);
        let block = std::mem::replace(&mut self.text, rest);
        let mut said = Said::default();
        for line in block.lines() {
            match line.split_once(": ") {
                Some(("id", id)) => said.id = Some(id.parse().unwrap()),
                Some(("event", event)) => said.event = event.to_owned(),
                Some(("data", data)) => said.data = serde_json::from_str(data).unwrap(),
                _ => assert!(line.is_empty() || line.starts_with(':'), "{line}"),
            }
        }
        Some(said)
    }

    /// The next commit; `None` at the end.
    pub async fn next(&mut self) -> Option<Json> {
        loop {
            let said = self.said().await?;
            if said.event == "commit" {
                assert_eq!(said.id, said.data["revision"].as_u64());
                return Some(said.data);
            }
            assert_eq!(said.event, "", "{said:?}");
        }
    }
}
