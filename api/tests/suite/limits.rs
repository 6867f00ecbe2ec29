//! What a client can make the server wait for or hold, and what it is told at each bound.

use std::time::{Duration, Instant};

use crate::client::{get, send};
use crate::server::{Server, options};
use crate::transport::{rest, short};
use api::Options;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What is said to these bytes until the connection is closed.
async fn said(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // The server may have heard enough before all is sent.
    let _ = stream.write_all(bytes).await;
    rest(&mut stream).await
}

/// That a refusal of the transport is like any other: a status, a document, an id.
#[track_caller]
fn is_refusal(said: &str, status: u16, kind: &str) {
    assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
    assert!(said.contains("x-openstack-request-id: req-"), "{said}");
    assert!(said.contains(&format!("\"type\":\"{kind}\"")), "{said}");
}

#[tokio::test]
async fn heads_too_long() {
    let server = Server::start().await;
    let head = |lines: &str| format!("GET /v2.0/networks HTTP/1.1\r\nhost: x\r\n{lines}\r\n");
    let kind = "HTTPRequestHeaderFieldsTooLarge";
    let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
    is_refusal(&said(&server, head(&many).as_bytes()).await, 431, kind);
    let long = format!("x: {}\r\n", "y".repeat(1024 * 1024));
    is_refusal(&said(&server, head(&long).as_bytes()).await, 431, kind);
    // Within what HTTP takes, and beyond what one line may have.
    let line = "y".repeat(20_000);
    let header = [("x-y", line.as_str())];
    let answer = send(server.address, "GET", "/v2.0/networks", &header, vec![]).await;
    assert!(answer.refused(431, kind).contains("max_header_line"));
    let lines: Vec<String> = (0..5).map(|_| "y".repeat(13_500)).collect();
    let headers: Vec<(&str, &str)> = lines.iter().map(|line| ("x-y", line.as_str())).collect();
    let answer = send(server.address, "GET", "/v2.0/networks", &headers, vec![]).await;
    answer.refused(431, kind);
    let path = format!("/v2.0/networks?name={}", "y".repeat(20_000));
    let answer = get(server.address, &path).await;
    answer.refused(414, "HTTPRequestURITooLong");
    let endless = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "y".repeat(66_000));
    let told = said(&server, endless.as_bytes()).await;
    assert!(told.starts_with("HTTP/1.1 4"), "{told}");
    assert!(told.contains("x-openstack-request-id: req-"), "{told}");
}

#[tokio::test]
async fn what_is_no_http() {
    let server = Server::start().await;
    for nonsense in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
    ] {
        is_refusal(&said(&server, nonsense).await, 400, "HTTPBadRequest");
    }
    // A refusal after an answer on the same connection is one as well.
    let both = b"GET /healthcheck HTTP/1.1\r\nhost: x\r\n\r\nnonsense\r\n\r\n";
    let told = said(&server, both).await;
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
    is_refusal(
        &told[told.rfind("HTTP/1.1 ").unwrap()..],
        400,
        "HTTPBadRequest",
    );
}

#[tokio::test]
async fn slow_heads() {
    let server = Server::with(short()).await;
    let started = Instant::now();
    let mut nothing = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(rest(&mut nothing).await, "");
    assert!(started.elapsed() < Duration::from_secs(10));
    let half = b"GET / HTTP/1.1\r\nhost:";
    is_refusal(&said(&server, half).await, 408, "HTTPRequestTimeout");
    is_refusal(&said(&server, b"PRI * HT").await, 408, "HTTPRequestTimeout");
    // A byte now and then is no head either.
    let mut drop_by_drop = TcpStream::connect(server.address).await.unwrap();
    let started = Instant::now();
    for byte in b"GET / HTTP/1.1\r\nhost: x\r\nx: y" {
        if drop_by_drop.write_all(&[*byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(!rest(&mut drop_by_drop).await.contains(" 200 "));
    // Nor is the head of a second request.
    let mut kept = TcpStream::connect(server.address).await.unwrap();
    let request = b"GET /healthcheck HTTP/1.1\r\nhost: x\r\n\r\n";
    kept.write_all(request).await.unwrap();
    let mut first = [0; 15];
    kept.read_exact(&mut first).await.unwrap();
    kept.write_all(half).await.unwrap();
    let told = rest(&mut kept).await;
    is_refusal(
        &told[told.rfind("HTTP/1.1 ").unwrap()..],
        408,
        "HTTPRequestTimeout",
    );
}

#[tokio::test]
async fn who_thinks_between_requests_is_kept() {
    // Longer than a head may take, shorter than a connection may lie still.
    let server = Server::with(Options {
        head_timeout: Duration::from_millis(400),
        idle_timeout: Duration::from_millis(2500),
        ..options()
    })
    .await;
    let mut kept = TcpStream::connect(server.address).await.unwrap();
    let request = b"GET /healthcheck HTTP/1.1\r\nhost: x\r\n\r\n";
    kept.write_all(request).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let started = Instant::now();
    kept.write_all(request).await.unwrap();
    let told = rest(&mut kept).await;
    assert_eq!(told.matches("200 OK").count(), 2, "{told}");
    assert!(!told.contains("408"), "{told}");
    let idle = started.elapsed();
    assert!(idle > Duration::from_millis(2000) && idle < Duration::from_secs(10));
}

#[tokio::test]
async fn one_request_a_connection() {
    let server = Server::with(Options {
        keep_alive: false,
        ..options()
    })
    .await;
    let told = said(&server, b"GET /healthcheck HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(told.contains("connection: close"), "{told}");
}

fn ports(count: u128) -> impl Iterator<Item = api::Record> {
    (0..count).map(|n| {
        api::Port {
            id: uuid::Uuid::from_u128(n),
            ..api::Port::default()
        }
        .into()
    })
}

#[tokio::test]
async fn who_does_not_read_is_let_go() {
    let server = Server::with(short()).await;
    server.memory.put(ports(40_000));
    let request = b"GET /v2.0/ports HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut still = TcpStream::connect(server.address).await.unwrap();
    still.write_all(request).await.unwrap();
    // One who reads a little now and then holds the answer up as much.
    let mut crawling = TcpStream::connect(server.address).await.unwrap();
    crawling.write_all(request).await.unwrap();
    let crawl = async {
        let mut byte = [0];
        for _ in 0..40 {
            if crawling.read_exact(&mut byte).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        rest(&mut crawling).await
    };
    for told in [crawl.await, rest(&mut still).await] {
        assert!(!told.ends_with("0\r\n\r\n"), "{}", told.len());
    }
    // Who reads at a bearable pace gets all of it, though it takes much longer than the idle time.
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(request).await.unwrap();
    let (started, mut tail, mut piece) = (Instant::now(), Vec::new(), vec![0; 1024 * 1024]);
    loop {
        let read = timeout(Duration::from_secs(5), slow.read(&mut piece));
        let count = read.await.unwrap().unwrap();
        tail.extend_from_slice(&piece[..count]);
        tail.drain(..tail.len().saturating_sub(5));
        if count == 0 || tail == b"0\r\n\r\n" {
            break;
        }
        if started.elapsed() < Duration::from_secs(4) {
            tokio::time::sleep(Duration::from_millis(80)).await;
        }
    }
    assert_eq!(tail, b"0\r\n\r\n");
    assert!(started.elapsed() > Duration::from_secs(2));
}

#[tokio::test]
async fn beyond_the_bound_on_connections() {
    let server = Server::with(Options {
        connections_max: 4,
        ..options()
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = b"GET /healthcheck HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut first = [0; 15];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        held.push(stream);
    }
    let mut refused = TcpStream::connect(server.address).await.unwrap();
    let told = rest(&mut refused).await;
    is_refusal(&told, 503, "ServiceUnavailable");
    assert!(told.contains("retry-after: 1"), "{told}");
    drop(held);
    tokio::time::sleep(Duration::from_millis(100)).await;
    get(server.address, "/v2.0/networks").await.ok(200);
}

/// HTTP/2 frames by hand, for what no honest client sends.
mod frames {
    pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const GOAWAY: u8 = 7;
    pub const CONTINUATION: u8 = 9;
    pub const END_STREAM: u8 = 1;
    pub const END_HEADERS: u8 = 4;
    /// `GET http://x/` of HPACK's static table.
    pub const GET: &[u8] = b"\x82\x86\x84\x41\x01x";

    pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        frame
    }

    /// One frame of a server's.
    pub struct Frame<'a> {
        pub kind: u8,
        pub payload: &'a [u8],
    }

    impl Frame<'_> {
        /// True of one that ends a stream for this reason.
        pub fn is_reset(&self, reason: u32) -> bool {
            self.kind == RST_STREAM && self.payload == reason.to_be_bytes()
        }
    }

    /// The frames of what a server said; a last one that is not whole is left out.
    pub fn all(mut said: &[u8]) -> Vec<Frame<'_>> {
        let mut frames = Vec::new();
        while said.len() >= 9 {
            let length = u32::from_be_bytes([0, said[0], said[1], said[2]]);
            let end = 9 + usize::try_from(length).unwrap();
            let Some(payload) = said.get(9..end) else {
                break;
            };
            let kind = said[3];
            frames.push(Frame { kind, payload });
            said = &said[end..];
        }
        frames
    }

    /// The error code of the last GOAWAY among what a server said.
    pub fn goaway(said: &[u8]) -> Option<u32> {
        let frames = all(said);
        let last = frames.iter().rfind(|frame| frame.kind == GOAWAY)?;
        Some(u32::from_be_bytes(last.payload[4..8].try_into().unwrap()))
    }
}

/// What the server says to frames until it closes; `settings` are the client's.
async fn said_to_frames(server: &Server, settings: &[u8], frames: &[u8]) -> Vec<u8> {
    use frames::{PREFACE, SETTINGS, frame};
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let opening = [PREFACE, &frame(SETTINGS, 0, 0, settings)].concat();
    writer.write_all(&opening).await.unwrap();
    let sent = async {
        // The server may have heard enough before all is sent.
        let _ = writer.write_all(frames).await;
        std::future::pending::<()>().await;
    };
    let mut said = Vec::new();
    let read = timeout(Duration::from_secs(15), reader.read_to_end(&mut said));
    tokio::select! {
        read = read => { let _ = read.expect("the server closes"); }
        () = sent => {}
    }
    said
}

#[tokio::test]
async fn requests_taken_back_at_once() {
    use frames::{END_HEADERS, END_STREAM, GET, HEADERS, RST_STREAM, frame};
    const ENHANCE_YOUR_CALM: u32 = 11;
    let server = Server::with(short()).await;
    let reset = |stream: u32| {
        let ask = frame(HEADERS, END_HEADERS | END_STREAM, stream, GET);
        [ask, frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())].concat()
    };
    let many: Vec<u8> = (0..5_000).flat_map(|n| reset(2 * n + 1)).collect();
    let said = said_to_frames(&server, &[], &many).await;
    assert_eq!(frames::goaway(&said), Some(ENHANCE_YOUR_CALM));
    get(server.address, "/v2.0/networks").await.ok(200);
}

#[tokio::test]
async fn a_head_without_end_over_http2() {
    use frames::{CONTINUATION, END_STREAM, GET, HEADERS, frame};
    let server = Server::with(short()).await;
    let mut head = frame(HEADERS, END_STREAM, 1, GET);
    // `x-y: z…`, never indexed, again and again.
    let field = [b"\x10\x03x-y\x7f\x81\x07".as_slice(), &[b'z'; 1024]].concat();
    for _ in 0..2_000 {
        head.extend(frame(CONTINUATION, 0, 1, &field));
    }
    let said = said_to_frames(&server, &[], &head).await;
    assert!(frames::goaway(&said).is_some_and(|code| code != 0));
    get(server.address, "/v2.0/networks").await.ok(200);
}

#[tokio::test]
async fn who_leaves_no_room_for_an_answer_over_http2() {
    use frames::{END_HEADERS, END_STREAM, GET, HEADERS, frame};
    const NO_WINDOW: &[u8] = b"\x00\x04\x00\x00\x00\x00";
    let server = Server::with(short()).await;
    let ask = frame(HEADERS, END_HEADERS | END_STREAM, 1, GET);
    let started = Instant::now();
    said_to_frames(&server, NO_WINDOW, &ask).await;
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn requests_at_once_over_http2() {
    use frames::{END_HEADERS, GET, HEADERS, SETTINGS, frame};
    const MAX_CONCURRENT_STREAMS: &[u8] = &[0, 3, 0, 0, 1, 0];
    const REFUSED_STREAM: u32 = 7;
    let server = Server::with(short()).await;
    // Bodies that never come hold their requests open.
    let open = |n: u32| frame(HEADERS, END_HEADERS, 2 * n + 1, GET);
    let said = said_to_frames(&server, &[], &(0..300).flat_map(open).collect::<Vec<_>>()).await;
    let all = frames::all(&said);
    let settings = all.iter().find(|frame| frame.kind == SETTINGS).unwrap();
    let told = settings
        .payload
        .chunks(6)
        .any(|pair| pair == MAX_CONCURRENT_STREAMS);
    assert!(told, "{:?}", settings.payload);
    let refused = all.iter().filter(|frame| frame.is_reset(REFUSED_STREAM));
    assert!(refused.count() >= 40);
}

#[tokio::test]
async fn who_asks_for_nothing_over_http2_is_told_goodbye() {
    const NO_ERROR: u32 = 0;
    let server = Server::with(short()).await;
    let said = said_to_frames(&server, &[], &[]).await;
    assert_eq!(frames::goaway(&said), Some(NO_ERROR));
    assert!(!said.windows(9).any(|window| window == b"HTTP/1.1 "));
}
