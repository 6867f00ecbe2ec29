//! What the server stands: limits, silence, abandoned connections, HTTP/2, TLS, shutdown.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::client::{Whole, ask, collect, get, send};
use crate::server::{Server, options};
use api::reply::Reply;
use api::{Mount, Options};
use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Bounds short enough for a test.
pub fn short() -> Options {
    Options {
        body_max: 64 * 1024,
        head_timeout: Duration::from_millis(1000),
        body_timeout: Duration::from_millis(1000),
        idle_timeout: Duration::from_millis(1500),
        ..options()
    }
}

/// What the server says until it closes.
pub async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = timeout(Duration::from_secs(15), stream.read_to_end(&mut bytes));
    read.await.expect("the server closes").ok();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn projects_by_header() {
    let server = Server::start().await;
    let body = b"{\"network\": {}}".to_vec();
    for header in ["x-project-id", "x-tenant-id"] {
        let named = [(header, "mine")];
        let made = send(
            server.address,
            "POST",
            "/v2.0/networks",
            &named,
            body.clone(),
        );
        assert_eq!(made.await.ok(201)["network"]["project_id"], "mine");
    }
    let long = "x".repeat(300);
    let named = [("x-project-id", long.as_str())];
    let refused = send(server.address, "GET", "/v2.0/networks", &named, vec![]);
    refused.await.refused(400, "HTTPBadRequest");
}

#[tokio::test]
async fn long_and_slow_bodies() {
    let server = Server::with(short()).await;
    let long = vec![b' '; 65 * 1024];
    let answer = send(server.address, "POST", "/v2.0/networks", &[], long).await;
    answer.refused(413, "HTTPRequestEntityTooLarge");
    // Without a length the bound holds while the body arrives.
    let mut chunked = TcpStream::connect(server.address).await.unwrap();
    let head = b"POST /v2.0/networks HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    chunked.write_all(head).await.unwrap();
    let piece = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    for _ in 0..17 {
        if chunked.write_all(piece.as_bytes()).await.is_err() {
            break;
        }
    }
    assert!(rest(&mut chunked).await.starts_with("HTTP/1.1 413 "));
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let head = b"POST /v2.0/networks HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n{";
    slow.write_all(head).await.unwrap();
    let said = rest(&mut slow).await;
    assert!(
        said.starts_with("HTTP/1.1 408 ") && said.contains("HTTPRequestTimeout"),
        "{said}"
    );
    let mut broken = TcpStream::connect(server.address).await.unwrap();
    broken.write_all(head).await.unwrap();
    drop(broken);
    get(server.address, "/v2.0/networks").await.ok(200);
}

#[tokio::test]
async fn a_thousand_abandoned_connections() {
    let server = Server::start().await;
    let made = ask(
        server.address,
        "POST",
        "/v2.0/networks",
        json!({"network": {}}),
    )
    .await;
    made.ok(201);
    let beginnings: [&[u8]; 5] = [
        b"",
        b"GET",
        b"POST /v2.0/networks HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{\"network\"",
        b"GET /v2.0/networks HTTP/1.1\r\nhost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    let mut open = Vec::new();
    for n in 0..1000 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream
            .write_all(beginnings[n % beginnings.len()])
            .await
            .unwrap();
        if n % 2 == 0 {
            open.push(stream);
        }
    }
    let started = Instant::now();
    for _ in 0..100 {
        let list = get(server.address, "/v2.0/networks").await.ok(200);
        assert_eq!(list["networks"].as_array().unwrap().len(), 1);
    }
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    drop(open);
}

#[tokio::test]
async fn a_panic_is_one_answer() {
    let server = Server::start().await;
    server.memory.panic_once.store(true, Ordering::Relaxed);
    let answer = get(server.address, "/v2.0/networks").await;
    answer.refused(500, "HTTPInternalServerError");
    get(server.address, "/v2.0/networks").await.ok(200);
}

#[tokio::test]
async fn mounted_paths() {
    let handler = |request: api::request::Request| {
        let said = json!({"path": request.segments, "project": request.context.project_id});
        Box::pin(async move { Ok(Reply::json(200, &said)) }) as _
    };
    let mount = Mount {
        prefix: &["weft"],
        handler: Arc::new(handler),
        paths: [("/weft/v1/status".to_owned(), json!({"get": {}}))]
            .into_iter()
            .collect(),
    };
    let server = Server::with(Options {
        mounts: vec![mount],
        ..options()
    })
    .await;
    let answer = get(server.address, "/weft/v1/status?x=1").await.ok(200);
    assert_eq!(answer["path"], json!(["weft", "v1", "status"]));
    let described = get(server.address, "/openapi.json").await.ok(200);
    assert_eq!(described["paths"]["/weft/v1/status"], json!({"get": {}}));
}

#[tokio::test]
async fn shutdown_lets_requests_end() {
    let silent = |_| {
        let stream = Box::pin(futures_util::stream::pending());
        Box::pin(async move { Ok(Reply::endless("text/event-stream", stream)) }) as _
    };
    let mount = Mount {
        prefix: &["weft"],
        handler: Arc::new(silent),
        paths: api::JsonMap::new(),
    };
    let server = Server::with(Options {
        mounts: vec![mount],
        ..short()
    })
    .await;
    let address = server.address;
    let mut events = TcpStream::connect(address).await.unwrap();
    let request = b"GET /weft/v1/changes HTTP/1.1\r\nhost: x\r\n\r\n";
    events.write_all(request).await.unwrap();
    let mut idle = TcpStream::connect(address).await.unwrap();
    let mut busy = TcpStream::connect(address).await.unwrap();
    let body = b"{\"network\": {\"name\": \"last\"}}";
    let head = format!(
        "POST /v2.0/networks HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    busy.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let task = server.stop();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(TcpStream::connect(address).await.is_err());
    busy.write_all(body).await.unwrap();
    assert!(rest(&mut busy).await.starts_with("HTTP/1.1 201 "));
    rest(&mut idle).await;
    // A stream of events has no end of its own: the shutdown is its end.
    assert!(rest(&mut events).await.ends_with("0\r\n\r\n"));
    timeout(Duration::from_secs(15), task)
        .await
        .unwrap()
        .unwrap();
}

/// One GET over HTTP/2 on any stream.
async fn get_h2<S>(stream: S, authority: &str, path: &str) -> Json
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let handshake =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let uri = format!("https://{authority}{path}");
    let request = Request::get(uri).body(Whole::new(vec![])).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    serde_json::from_slice(&collect(response.into_body()).await.unwrap()).unwrap()
}

#[tokio::test]
async fn http2_without_tls() {
    let server = Server::start().await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let versions = get_h2(stream, "cloud.example:9696", "/").await;
    let href = &versions["versions"][0]["links"][0]["href"];
    assert_eq!(href, "http://cloud.example:9696/v2.0/");
}

#[tokio::test]
async fn http2_over_tls() {
    use tokio_rustls::rustls::pki_types::{PrivatePkcs8KeyDer, ServerName};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = Server::with(Options {
        tls: Some(Arc::new(tls)),
        ..short()
    })
    .await;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut client = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec()];
    let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector.connect(name, stream).await.unwrap();
    let versions = get_h2(stream, "localhost:9696", "/").await;
    let href = &versions["versions"][0]["links"][0]["href"];
    assert_eq!(href, "https://localhost:9696/v2.0/");
    // Whoever does not speak TLS is let go.
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    rest(&mut plain).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    rest(&mut silent).await;
}
