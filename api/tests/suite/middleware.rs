//! What stands around every request: ids, health, other sites' pages, proxies, open mounts.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::client::{get, send};
use crate::server::{Server, options};
use api::reply::Reply;
use api::{Cors, Health, HealthCheck, Mount, Options};
use serde_json::json;

#[tokio::test]
async fn request_ids() {
    let server = Server::start().await;
    let made = get(server.address, "/").await;
    let id = made.headers["x-openstack-request-id"].to_str().unwrap();
    assert!(id.starts_with("req-") && id.len() == 40, "{id}");
    // The caller's id follows the action; the request has one of its own all the same.
    let own = "req-6f0b0f2e-52b5-4d6e-9f3f-0d1d2d3d4d5d";
    let header = [("x-openstack-request-id", own)];
    for path in ["/v2.0/nonesuch", "/healthcheck", "/v2.0/networks", "/%ff"] {
        let answer = send(server.address, "GET", path, &header, vec![]).await;
        let id = answer.headers["x-openstack-request-id"].to_str().unwrap();
        assert!(id.starts_with("req-") && id != own, "{path}: {id}");
    }
}

#[tokio::test]
async fn the_callers_id_reaches_the_service() {
    let tells = |request: api::request::Request| {
        let said = json!([
            request.context.request_id,
            request.context.global_request_id
        ]);
        Box::pin(async move { Ok(Reply::json(200, &said)) }) as _
    };
    let mount = Mount {
        prefix: &["weft"],
        handler: Arc::new(tells),
        paths: api::JsonMap::new(),
    };
    let server = Server::with(Options {
        mounts: vec![mount],
        ..options()
    })
    .await;
    let own = "req-6f0b0f2e-52b5-4d6e-9f3f-0d1d2d3d4d5d";
    for (given, taken) in [(own, Some(own)), ("x' OR 1=1", None)] {
        let header = [("x-openstack-request-id", given)];
        let answer = send(server.address, "GET", "/weft", &header, vec![]).await;
        let id = answer.headers["x-openstack-request-id"].to_str().unwrap();
        assert_eq!(answer.ok(200), json!([id, taken]));
    }
}

#[tokio::test]
async fn health_as_load_balancers_ask_for_it() {
    let server = Server::start().await;
    let at = server.address;
    let plain = get(at, "/healthcheck").await;
    assert_eq!((plain.status, plain.bytes.as_slice()), (200, &b"OK"[..]));
    assert_eq!(plain.headers["content-type"], "text/plain; charset=UTF-8");
    let head = send(at, "HEAD", "/healthcheck", &[], vec![]).await;
    assert_eq!(head.status, 204);
    let json = [("accept", "application/json")];
    let answer = send(at, "GET", "/healthcheck", &json, vec![]).await;
    assert_eq!(
        answer.ok(200),
        json!({"detailed": false, "reasons": ["OK"]})
    );
    let html = [("accept", "text/html")];
    let answer = send(at, "GET", "/healthcheck", &html, vec![]).await;
    assert!(String::from_utf8_lossy(&answer.bytes).contains("<td>OK</td>"));
    server.memory.ails.store(true, Ordering::Relaxed);
    let answer = send(at, "GET", "/healthcheck", &json, vec![]).await;
    let expected = json!({"detailed": false, "reasons": ["LEDGER CANNOT BE READ"]});
    assert_eq!(answer.ok(503), expected);
    assert_eq!(
        send(at, "HEAD", "/healthcheck", &[], vec![]).await.status,
        503
    );
}

#[tokio::test]
async fn health_by_files_and_in_detail() {
    let folder = std::env::temp_dir().join(format!("weft-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    let (away, marker) = (folder.join("away"), folder.join("marker"));
    let health = Health {
        detailed: true,
        checks: vec![
            HealthCheck::DisabledByFile(away.clone()),
            HealthCheck::EnabledByFiles(vec![marker.clone()]),
            HealthCheck::DisabledByPortFile([(1, marker.clone())].into()),
        ],
        ..Health::default()
    };
    let server = Server::with(Options {
        health,
        ..options()
    })
    .await;
    let ask = async |status| {
        let json = [("accept", "application/json")];
        let answer = send(server.address, "GET", "/healthcheck", &json, vec![]).await;
        answer.ok(status)["reasons"].clone()
    };
    assert_eq!(ask(503).await[1]["reason"], "FILE PATH MISSING");
    std::fs::write(&marker, "").unwrap();
    let reasons = ask(200).await;
    let classes: Vec<_> = reasons
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["class"].clone())
        .collect();
    let expected = [
        "DisableByFile",
        "EnableByFiles",
        "DisableByFilesPorts",
        "Ledger",
    ];
    assert_eq!(classes, expected);
    std::fs::write(&away, "").unwrap();
    assert_eq!(ask(503).await[0]["reason"], "DISABLED BY FILE");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn health_is_told_to_whom_it_may() {
    let health = Health {
        allowed_source_ranges: vec!["192.0.2.0/24".parse().unwrap()],
        ..Health::default()
    };
    let server = Server::with(Options {
        health,
        proxy_headers: true,
        ..options()
    })
    .await;
    let answer = get(server.address, "/healthcheck").await;
    answer.refused(404, "HTTPNotFound");
    let forwarded = [("x-forwarded-for", "192.0.2.7")];
    let answer = send(server.address, "GET", "/healthcheck", &forwarded, vec![]).await;
    assert_eq!(answer.status, 200);
    let health = Health {
        ignore_proxied_requests: true,
        ..Health::default()
    };
    let server = Server::with(Options {
        health,
        ..options()
    })
    .await;
    let answer = send(server.address, "GET", "/healthcheck", &forwarded, vec![]).await;
    answer.refused(404, "HTTPNotFound");
    assert_eq!(get(server.address, "/healthcheck").await.status, 200);
}

#[tokio::test]
async fn proxies_are_believed_when_told_to() {
    for (proxy_headers, expected) in [
        (true, "https://cloud.example/network/v2.0/".to_owned()),
        (false, String::new()),
    ] {
        let server = Server::with(Options {
            proxy_headers,
            ..options()
        })
        .await;
        let headers = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "cloud.example"),
            ("x-forwarded-prefix", "/network"),
        ];
        let versions = send(server.address, "GET", "/", &headers, vec![])
            .await
            .ok(200);
        let href = versions["versions"][0]["links"][0]["href"]
            .as_str()
            .unwrap();
        match proxy_headers {
            true => assert_eq!(href, expected),
            false => assert_eq!(href, format!("http://{}/v2.0/", server.address)),
        }
    }
}

#[tokio::test]
async fn pages_of_other_sites() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let server = Server::with(Options {
        cors: Cors {
            allowed_origin: words(&["https://horizon.example"]),
            allow_credentials: true,
            expose_headers: words(&["X-OpenStack-Request-ID"]),
            max_age: 3600,
            allow_methods: words(&["GET", "PUT"]),
            allow_headers: words(&["X-Auth-Token"]),
        },
        ..options()
    })
    .await;
    let asked =
        |method: &'static str, origin: &'static str, rest: &[(&'static str, &'static str)]| {
            let headers = [&[("origin", origin)], rest].concat();
            let at = server.address;
            async move { send(at, method, "/v2.0/networks", &headers, vec![]).await }
        };
    let ours = asked("GET", "https://horizon.example", &[]).await;
    assert_eq!(
        ours.headers["access-control-allow-origin"],
        "https://horizon.example"
    );
    assert_eq!(ours.headers["access-control-allow-credentials"], "true");
    assert_eq!(
        ours.headers["access-control-expose-headers"],
        "X-OpenStack-Request-ID"
    );
    assert_eq!(ours.headers["vary"], "Origin");
    let theirs = asked("GET", "https://evil.example", &[]).await;
    assert!(!theirs.headers.contains_key("access-control-allow-origin"));
    let question = [
        ("access-control-request-method", "PUT"),
        (
            "access-control-request-headers",
            "x-auth-token, content-type",
        ),
    ];
    let allowed = asked("OPTIONS", "https://horizon.example", &question).await;
    assert_eq!((allowed.status, allowed.bytes.len()), (200, 0));
    assert_eq!(allowed.headers["access-control-allow-methods"], "PUT");
    assert_eq!(
        allowed.headers["access-control-allow-headers"],
        "x-auth-token,content-type"
    );
    assert_eq!(allowed.headers["access-control-max-age"], "3600");
    for refused in [
        [("access-control-request-method", "DELETE"), question[1]],
        [question[0], ("access-control-request-headers", "x-other")],
    ] {
        let answer = asked("OPTIONS", "https://horizon.example", &refused).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn open_mounts_and_a_listener_of_nothing_else() {
    let said = |request: api::request::Request| {
        let admin = json!(request.context.is_admin);
        Box::pin(async move { Ok(Reply::json(200, &admin)) }) as _
    };
    let mount = Mount {
        prefix: &["metrics"],
        handler: Arc::new(said),
        paths: api::JsonMap::new(),
    };
    let server = Server::with(Options {
        open_mounts: vec![mount],
        only_open: true,
        ..options()
    })
    .await;
    assert_eq!(get(server.address, "/metrics").await.ok(200), json!(false));
    assert_eq!(get(server.address, "/healthcheck").await.status, 200);
    for path in ["/", "/v2.0/networks", "/openapi.json"] {
        let answer = get(server.address, path).await;
        answer.refused(404, "HTTPNotFound");
    }
}
