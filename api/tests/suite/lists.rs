//! What lists answer: filters, fields, sorting, pages and their links.

use std::net::IpAddr;

use crate::client::{ask, get};
use crate::server::Server;
use api::{FixedIp, Mac, Network, NetworkType, Port, RbacPolicy, Record, Timestamp};
use serde_json::{Value as Json, json};
use uuid::Uuid;

const NOPE: &str = "00000000-0000-0000-0000-00000000dead";

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// Networks b1 to b5 with ids 1 to 5, names running the other way from `e`, MTUs 1450 and 1500.
async fn networks() -> Server {
    let server = Server::start().await;
    let network = |n: u8| Network {
        id: id(n.into()),
        project_id: if n < 3 { "p" } else { "" }.into(),
        name: char::from(b'f' - n).to_string(),
        mtu: if n.is_multiple_of(2) { 1450 } else { 1500 },
        network_type: NetworkType::Vlan,
        segmentation_id: (n > 1).then(|| 100 + u32::from(n)),
        updated_at: Timestamp(1_800_000_000 + i64::from(n)),
        ..Network::default()
    };
    server.memory.put((1..=5).map(|n| network(n).into()));
    server.memory.put([shared(id(4))]);
    server
}

/// A policy that shares a network.
fn shared(object_id: Uuid) -> Record {
    RbacPolicy {
        object_id,
        ..RbacPolicy::default()
    }
    .into()
}

fn names(answer: &Json) -> String {
    let rows = answer["networks"].as_array().unwrap();
    rows.iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn filters() {
    let server = networks().await;
    for (query, found) in [
        ("", "edcba"),
        ("name=e&name=a", "ea"),
        ("name=", ""),
        ("project_id=", "cba"),
        ("tenant_id=p", "ed"),
        ("shared=yes", "b"),
        ("shared=True&shared=0", "edcba"),
        ("mtu=1450", "db"),
        ("mtu=1450&shared=1", "b"),
        ("provider:network_type=vlan", "edcba"),
        ("provider:network_type=magic", ""),
        ("provider:segmentation_id=103", "c"),
        ("id=00000000-0000-0000-0000-000000000002", "d"),
        ("id=nonsense", ""),
        ("name=%65", "e"),
        ("name=e+", ""),
        ("changed_since=2027-01-15T08:00:04", "ba"),
        ("fields=name", "edcba"),
    ] {
        let answer = get(server.address, &format!("/v2.0/networks?{query}"))
            .await
            .ok(200);
        assert_eq!(names(&answer), found, "{query}");
    }
    for (query, kind) in [
        ("nonesuch=1", "HTTPBadRequest"),
        ("key=1", "HTTPBadRequest"),
        ("subnets=1", "HTTPBadRequest"),
        ("mtu=big", "InvalidInput"),
        ("shared=perhaps", "InvalidInput"),
        ("changed_since=yesterday", "InvalidInput"),
        ("name=%ff", "HTTPBadRequest"),
        ("sort_key=name&limit=1", "HTTPBadRequest"),
        ("sort_key=nonesuch&sort_dir=asc", "HTTPBadRequest"),
        ("sort_key=name&sort_dir=up", "HTTPBadRequest"),
        ("limit=-1", "BadRequest"),
        ("limit=x", "BadRequest"),
        ("limit=99999999999999999999999", "BadRequest"),
    ] {
        get(server.address, &format!("/v2.0/networks?{query}"))
            .await
            .refused(400, kind);
    }
    let one = get(
        server.address,
        &format!("/v2.0/networks/{}?nonesuch=1", id(1)),
    )
    .await;
    one.refused(400, "HTTPBadRequest");
}

#[tokio::test]
async fn sorting() {
    let server = networks().await;
    for (query, found) in [
        ("sort_key=name&sort_dir=asc", "abcde"),
        ("sort_key=name&sort_dir=desc", "edcba"),
        ("sort_key=mtu&sort_dir=asc", "dbeca"),
        (
            "sort_key=mtu&sort_dir=desc&sort_key=name&sort_dir=asc",
            "acebd",
        ),
    ] {
        let answer = get(server.address, &format!("/v2.0/networks?{query}"))
            .await
            .ok(200);
        assert_eq!(names(&answer), found, "{query}");
    }
}

fn links(answer: &Json) -> Vec<(String, String)> {
    let links = answer["networks_links"].as_array().unwrap();
    let text = |link: &Json, key: &str| link[key].as_str().unwrap().to_owned();
    links
        .iter()
        .map(|link| (text(link, "rel"), text(link, "href")))
        .collect()
}

#[tokio::test]
async fn links_are_as_clients_know_them() {
    let server = networks().await;
    let query = "name=e&name=d&sort_key=name&sort_dir=asc&limit=1&fields=name&fields=id";
    let page = get(server.address, &format!("/v2.0/networks?{query}"))
        .await
        .ok(200);
    assert_eq!(names(&page), "d");
    let base = format!(
        "http://{}/v2.0/networks?{query}&marker={}",
        server.address,
        id(2)
    );
    let expected = [
        ("next".to_owned(), base.clone()),
        ("previous".to_owned(), format!("{base}&page_reverse=True")),
    ];
    assert_eq!(links(&page), expected);
    let plain = get(server.address, "/v2.0/networks").await.ok(200);
    assert!(plain.get("networks_links").is_none());
    let zero = get(server.address, "/v2.0/networks?limit=0").await.ok(200);
    assert!(zero.get("networks_links").is_none());
    let none = get(server.address, "/v2.0/networks?limit=1&name=none")
        .await
        .ok(200);
    let link = format!(
        "http://{}/v2.0/networks?limit=1&name=none&page_reverse=True",
        server.address
    );
    assert_eq!(links(&none), [("previous".to_owned(), link)]);
    let bad = get(
        server.address,
        &format!("/v2.0/networks?limit=1&marker={NOPE}"),
    )
    .await;
    bad.refused(404, "NetworkNotFound");
    get(server.address, &format!("/v2.0/networks?marker={NOPE}"))
        .await
        .ok(200);
}

/// Follows one kind of link to the end.
async fn walk(server: &Server, first: &str, rel: &str) -> Vec<String> {
    let mut pages = Vec::new();
    let mut path = first.to_owned();
    for _ in 0..10 {
        let answer = get(server.address, &path).await.ok(200);
        pages.push(names(&answer));
        let next = links(&answer).into_iter().find(|(found, _)| found == rel);
        let Some((_, href)) = next else { break };
        path = href[href.find("/v2.0").unwrap()..].to_owned();
    }
    pages
}

#[tokio::test]
async fn pages_both_ways() {
    let server = networks().await;
    let forward = walk(&server, "/v2.0/networks?limit=2", "next").await;
    assert_eq!(forward, ["ed", "cb", "a"]);
    let sorted = walk(
        &server,
        "/v2.0/networks?limit=2&sort_key=mtu&sort_dir=asc",
        "next",
    )
    .await;
    assert_eq!(sorted, ["db", "ec", "a"]);
    let back = walk(
        &server,
        "/v2.0/networks?limit=2&page_reverse=True",
        "previous",
    )
    .await;
    assert_eq!(back, ["ba", "dc", "e"]);
}

#[tokio::test]
async fn page_size_has_a_bound() {
    let mut options = crate::server::options();
    options.page_max = 2;
    let server = Server::with(options).await;
    server.memory.put((1..=5).map(|n| {
        Network {
            id: id(n),
            ..Network::default()
        }
        .into()
    }));
    for query in ["", "?limit=0", "?limit=100"] {
        let answer = get(server.address, &format!("/v2.0/networks{query}"))
            .await
            .ok(200);
        assert_eq!(answer["networks"].as_array().unwrap().len(), 2);
        assert_eq!(links(&answer).len(), 2);
    }
}

#[tokio::test]
async fn ports_by_address() {
    let server = Server::start().await;
    let fixed = |n: u8| FixedIp {
        subnet_id: id(9),
        ip_address: IpAddr::from([10, 77, 0, n]),
    };
    let port = |n: u8| Port {
        id: id(n.into()),
        name: n.to_string(),
        mac_address: Mac([0xfa, 0x16, 0x3e, 0, 0, n]),
        fixed_ips: vec![
            fixed(n),
            FixedIp {
                subnet_id: id(8),
                ip_address: "fd00::1".parse().unwrap(),
            },
        ],
        security_groups: vec![id(n.into())],
        ..Port::default()
    };
    server.memory.put([5, 50, 60].map(|n| port(n).into()));
    for (query, found) in [
        ("fixed_ips=ip_address%3D10.77.0.50", "50 "),
        (
            "fixed_ips=ip_address=10.77.0.50&fixed_ips=ip_address%3D10.77.0.60",
            "50 60 ",
        ),
        ("fixed_ips=ip_address_substr%3D10.77.0.5", "5 50 "),
        (
            "fixed_ips=subnet_id%3D00000000-0000-0000-0000-000000000008&fixed_ips=ip_address%3D10.77.0.5",
            "5 ",
        ),
        ("fixed_ips=ip_address%3Dfd00:0::1", "5 50 60 "),
        ("fixed_ips=ip_address%3Dnonsense", ""),
        ("mac_address=FA:16:3E:00:00:32", "50 "),
        (
            "security_groups=00000000-0000-0000-0000-00000000003c",
            "60 ",
        ),
    ] {
        let answer = get(server.address, &format!("/v2.0/ports?fields=name&{query}"))
            .await
            .ok(200);
        let rows = answer["ports"].as_array().unwrap();
        let names: String = rows
            .iter()
            .map(|row| format!("{} ", row["name"].as_str().unwrap()))
            .collect();
        assert_eq!(names, found, "{query}");
    }
    get(server.address, "/v2.0/ports?fixed_ips=nonsense")
        .await
        .refused(400, "InvalidInput");
    get(server.address, "/v2.0/ports?fixed_ips=mac%3D1")
        .await
        .refused(400, "HTTPBadRequest");
}

#[tokio::test]
async fn subnets_by_their_network() {
    let server = Server::start().await;
    let external = Network {
        id: id(1),
        external: true,
        ..Network::default()
    };
    let plain = Network {
        id: id(2),
        ..Network::default()
    };
    server
        .memory
        .put([external.into(), plain.into(), shared(id(1))]);
    let subnet = |n: u128| api::Subnet {
        id: id(10 + n),
        network_id: id(n),
        ..api::Subnet::default()
    };
    server.memory.put([subnet(1).into(), subnet(2).into()]);
    for query in ["router:external=true", "shared=true"] {
        let answer = get(server.address, &format!("/v2.0/subnets?{query}"))
            .await
            .ok(200);
        assert_eq!(answer["subnets"].as_array().unwrap().len(), 1);
        assert_eq!(answer["subnets"][0]["id"], json!(id(11)));
    }
}

#[tokio::test]
async fn long_lists_arrive_whole() {
    let server = Server::start().await;
    server.memory.put((0..3000).map(|n| {
        Port {
            id: id(n),
            ..Port::default()
        }
        .into()
    }));
    let answer = get(server.address, "/v2.0/ports").await;
    assert!(answer.headers.get("content-length").is_none());
    let ports = answer.ok(200)["ports"].as_array().unwrap().clone();
    assert_eq!(ports.len(), 3000);
    assert!(
        ports
            .iter()
            .enumerate()
            .all(|(n, port)| port["id"] == json!(id(n as u128)))
    );
}

#[tokio::test]
async fn the_moment_of_a_list_or_a_show() {
    let server = Server::start().await;
    let body = json!({"network": {"name": "first"}});
    let made = ask(server.address, "POST", "/v2.0/networks", body)
        .await
        .ok(201);
    let path = format!("/v2.0/networks/{}", made["network"]["id"].as_str().unwrap());
    let body = json!({"network": {"name": "second"}});
    ask(server.address, "PUT", &path, body).await.ok(200);
    for (at, found) in [
        ("revision:0", ""),
        ("revision:1", "first"),
        ("1970-01-01T00:00:00Z", ""),
        ("1970-01-01T00:00:01.5Z", "first"),
        ("1970-01-01T01:00:01%2B01:00", "first"),
        ("revision:1&name=second", ""),
        ("revision:1&name=first&fields=name", "first"),
    ] {
        let list = get(server.address, &format!("/v2.0/networks?at={at}")).await;
        assert_eq!(names(&list.ok(200)), found, "{at}");
    }
    let then = get(server.address, &format!("{path}?at=revision:1"))
        .await
        .ok(200);
    assert_eq!(then["network"]["name"], "first");
    let missing = get(server.address, &format!("{path}?at=revision:0")).await;
    missing.refused(404, "NetworkNotFound");
    for at in [
        "",
        "now",
        "revision:",
        "revision:-1",
        "revision:x",
        "2026-13-01T00:00:00Z",
    ] {
        let refused = get(server.address, &format!("/v2.0/networks?at={at}")).await;
        let why = refused.refused(400, "HTTPBadRequest");
        assert!(why.contains("is no moment"), "{why}");
    }
    let described = get(server.address, "/openapi.json").await.ok(200);
    for path in [
        "/v2.0/networks",
        "/v2.0/networks/{id}",
        "/v2.0/networks/{id}/tags",
    ] {
        let parameters = described["paths"][path]["get"]["parameters"].as_array();
        let names = parameters.unwrap().iter().map(|p| &p["name"]);
        assert!(names.into_iter().any(|name| name == "at"), "{path}");
    }
}
