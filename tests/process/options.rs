//! Options that shape how requests are served, each seen from outside.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::weft::{Weft, curl, network, waited, with};

/// What is said to these bytes until the connection is closed.
fn said(weft: &Weft, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(weft.api).unwrap();
    stream.write_all(bytes).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

#[test]
fn both_versions_of_http_without_tls() {
    let mut weft = with("").start();
    for (word, version) in [("--http1.1", "1.1"), ("--http2-prior-knowledge", "2")] {
        let got = curl(&[word, &weft.url("/v2.0/networks")]);
        assert_eq!(
            (got.status, got.version.as_str()),
            (200, version),
            "{got:?}"
        );
        assert!(got.header("x-openstack-request-id").is_some());
    }
    weft.stop();
}

#[test]
fn limits_as_configured() {
    let weft = with(
        "\
request_head_timeout_seconds = 1
request_body_timeout_seconds = 1
api_connections_max = 2
[DEFAULT]
max_header_line = 300
wsgi_keep_alive = false
[oslo_middleware]
max_request_body_size = 2000
",
    )
    .start();
    let url = weft.url("/v2.0/networks");
    let long = " ".repeat(2001);
    curl(&["--data", &long, &url]).refused(413, "HTTPRequestEntityTooLarge");
    let header = format!("x-long: {}", "y".repeat(300));
    curl(&["--header", &header, &url]).refused(431, "HTTPRequestHeaderFieldsTooLarge");
    let address = format!("{url}?name={}", "y".repeat(300));
    curl(&[&address]).refused(414, "HTTPRequestURITooLong");
    assert_eq!(curl(&[&url]).header("connection"), Some("close"));
    let slow = said(&weft, b"GET / HTTP/1.1\r\nhost");
    assert!(
        slow.starts_with("HTTP/1.1 408 ") && slow.contains("HTTPRequestTimeout"),
        "{slow}"
    );
    let slow = said(
        &weft,
        b"POST /v2.0/networks HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{",
    );
    assert!(
        slow.starts_with("HTTP/1.1 408 ") && slow.contains("HTTPRequestTimeout"),
        "{slow}"
    );
    let mut held = Vec::new();
    waited("all connections are taken", || {
        held.push(TcpStream::connect(weft.api).unwrap());
        let got = curl(&[&url]);
        (got.status == 503).then(|| got.refused(503, "ServiceUnavailable"))
    });
}

#[test]
fn every_request_is_logged_with_its_ids() {
    let weft =
        with("[DEFAULT]\nwsgi_log_format = <%(status_code)s %(request_line)s %(body_length)s>\n")
            .start();
    let global = "x-openstack-request-id: req-6f0b0f2e-52b5-4d6e-9f3f-0d1d2d3d4d5d";
    let got = curl(&["--header", global, &weft.url("/v2.0/networks?name=x")]);
    let id = got.header("x-openstack-request-id").unwrap().to_owned();
    let line = format!(
        "<200 GET /v2.0/networks?name=x HTTP/1.1 {}>",
        got.body.len()
    );
    weft.said(&line);
    let log = weft.log();
    let line = log.lines().find(|text| text.contains(&line)).unwrap();
    assert!(line.contains(&id), "{line}");
    assert!(
        line.contains("req-6f0b0f2e-52b5-4d6e-9f3f-0d1d2d3d4d5d"),
        "{line}"
    );
    let mut quiet = with("access_log = false\n").start();
    curl(&[&quiet.url("/v2.0/networks")]);
    quiet.stop();
    assert!(
        !quiet.log().contains("/v2.0/networks HTTP"),
        "{}",
        quiet.log()
    );
}

#[test]
fn a_default_line_is_as_neutrons() {
    let weft = with("").start();
    curl(&[&weft.url("/v2.0/networks")]);
    let line = weft.said("127.0.0.1 \"GET /v2.0/networks HTTP/1.1\" status: 200  len: ");
    let line = line["message"].as_str().unwrap().to_owned();
    let time = line.rsplit(" time: ").next().unwrap();
    assert!(time.parse::<f64>().unwrap() > 0.0 && time.split('.').nth(1).unwrap().len() == 7);
}

#[test]
fn health_by_a_file() {
    let weft = with("[healthcheck]\ndisable_by_file_path = FOLDER/away\ndetailed = true\n").start();
    let url = weft.url("/healthcheck");
    assert_eq!(curl(&[&url]).status, 200);
    assert_eq!(curl(&["--head", &url]).status, 204);
    fs::write(weft.path("away"), "").unwrap();
    let got = curl(&["--header", "accept: application/json", &url]);
    assert_eq!(got.status, 503);
    assert_eq!(got.json()["reasons"][0]["reason"], "DISABLED BY FILE");
    assert_eq!(got.json()["reasons"][1]["class"], "Ledger");
    assert_eq!(curl(&["--head", &url]).status, 503);
}

#[test]
fn other_sites_and_proxies() {
    let weft = with(
        "\
[cors]
allowed_origin = https://horizon.example.com
[oslo_middleware]
enable_proxy_headers_parsing = true
",
    )
    .start();
    let origin = "origin: https://horizon.example.com";
    let question = "access-control-request-method: PUT";
    let url = weft.url("/v2.0/networks");
    let got = curl(&[
        "-X", "OPTIONS", "--header", origin, "--header", question, &url,
    ]);
    assert_eq!(got.status, 200);
    assert_eq!(got.header("access-control-allow-methods"), Some("PUT"));
    assert_eq!(got.header("access-control-max-age"), Some("3600"));
    let exposed = curl(&["--header", origin, &url]);
    let exposed = exposed.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("X-OpenStack-Request-ID"), "{exposed}");
    let forwarded = "forwarded: proto=https;host=cloud.example.com;for=192.0.2.9";
    let got = curl(&["--header", forwarded, &weft.url("/")]);
    let href = &got.json()["versions"][0]["links"][0]["href"];
    assert_eq!(href.as_str(), Some("https://cloud.example.com/v2.0/"));
    weft.said("192.0.2.9 \"GET / HTTP/1.1\"");
    let mut distrustful = with("").start();
    let got = curl(&["--header", forwarded, &distrustful.url("/")]);
    let href = &got.json()["versions"][0]["links"][0]["href"];
    let own = distrustful.url("/v2.0/");
    assert_eq!(href.as_str(), Some(own.as_str()));
    network(&distrustful, "still");
    distrustful.stop();
}

#[tokio::test]
async fn health_while_the_ledger_cannot_be_read() {
    let weft = with("database_poll_interval_ms = 50\n").start();
    network(&weft, "one");
    let status = |expected: u16| {
        let url = weft.url("/healthcheck");
        let got = || Some(curl(&[&url])).filter(|got| got.status == expected);
        waited("health changes", got)
    };
    assert_eq!(status(200).body, "OK");
    // An older copy of the database in the place of the one that was answered from.
    let mut stranger = SqliteConnectOptions::new()
        .filename(weft.path("weft.db"))
        .connect()
        .await
        .unwrap();
    let mut rewind = async |revision: i64| {
        let done = sqlx::query("UPDATE weft_head SET revision = ?").bind(revision);
        done.execute(&mut stranger).await.unwrap();
    };
    rewind(0).await;
    assert_eq!(status(503).body, "OK\nLEDGER CANNOT BE READ");
    assert_eq!(curl(&[&weft.url("/v2.0/networks")]).status, 200);
    rewind(1).await;
    status(200);
}
