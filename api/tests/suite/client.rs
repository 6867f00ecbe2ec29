//! A client of one request a connection, and the assertions on what it gets.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;

use http::{HeaderMap, Request};
use hyper::body::{Body, Incoming};
use hyper_util::rt::TokioIo;
use serde_json::Value as Json;
use tokio::net::TcpStream;

/// An answer, its body read.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    /// The error's type, or what is there instead.
    pub fn kind(&self) -> String {
        match self.json()["NeutronError"]["type"].as_str() {
            Some(kind) => kind.to_owned(),
            None => self.json().to_string(),
        }
    }

    pub fn message(&self) -> String {
        self.json()["NeutronError"]["message"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[track_caller]
    pub fn refused(&self, status: u16, kind: &str) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        assert_eq!(
            (self.status, self.kind().as_str()),
            (status, kind),
            "{text}"
        );
        self.message()
    }

    #[track_caller]
    pub fn ok(&self, status: u16) -> Json {
        let text = String::from_utf8_lossy(&self.bytes);
        assert_eq!(self.status, status, "{text}");
        self.json()
    }
}

pub async fn collect(mut body: Incoming) -> Result<Vec<u8>, hyper::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

/// Sends one request with these headers and reads the answer.
pub async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    let driver = tokio::spawn(connection);
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Whole::new(body)).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = collect(response.into_body()).await.unwrap();
    driver.abort();
    Answer {
        status,
        headers,
        bytes,
    }
}

/// A body that is there at once, of any bytes.
pub struct Whole(Option<bytes::Bytes>);

impl Whole {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Some(bytes.into()).filter(|bytes: &bytes::Bytes| !bytes.is_empty()))
    }
}

impl Body for Whole {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<bytes::Bytes>, Self::Error>>> {
        std::task::Poll::Ready(
            self.0
                .take()
                .map(|bytes| Ok(hyper::body::Frame::data(bytes))),
        )
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.0.as_ref().map_or(0, |b| b.len() as u64))
    }
}

/// Sends JSON, or nothing for `null`.
pub async fn ask(address: SocketAddr, method: &str, path: &str, body: Json) -> Answer {
    let bytes = match body {
        Json::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    send(
        address,
        method,
        path,
        &[("content-type", "application/json")],
        bytes,
    )
    .await
}

pub async fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, "GET", path, Json::Null).await
}
