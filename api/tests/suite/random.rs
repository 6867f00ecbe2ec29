//! Random requests: whatever comes in, the answer is well-formed, is never a 500, and a refused
//! write changes nothing.

use crate::client::{Answer, get, send};
use crate::server::{Server, options};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

/// Names that mean something, so that randomness gets past the first check.
const NAMES: &[&str] = &[
    "network",
    "networks",
    "port",
    "ports",
    "subnet",
    "subnets",
    "name",
    "id",
    "project_id",
    "tenant_id",
    "network_id",
    "admin_state_up",
    "mtu",
    "tags",
    "fixed_ips",
    "ip_address",
    "subnet_id",
    "mac_address",
    "allowed_address_pairs",
    "extra_dhcp_opts",
    "opt_name",
    "opt_value",
    "ip_version",
    "cidr",
    "gateway_ip",
    "allocation_pools",
    "start",
    "end",
    "host_routes",
    "destination",
    "nexthop",
    "dns_nameservers",
    "binding:profile",
    "binding:host_id",
    "dns_name",
    "provider:network_type",
    "provider:segmentation_id",
    "status",
    "sort_key",
    "sort_dir",
    "limit",
    "marker",
    "page_reverse",
    "fields",
    "tags-any",
    "not-tags",
    "changed_since",
    "shared",
];

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => prop::sample::select(NAMES).prop_map(str::to_owned), 1 => ".{0,8}"]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,20}",
        Just("00000000-0000-0000-0000-000000000001".to_owned()),
        Just("10.0.0.0/24".to_owned()),
        Just("fd00::1".to_owned()),
        Just("fa:16:3e:00:00:01".to_owned()),
        Just("true".to_owned()),
        Just("asc".to_owned()),
        Just("vlan".to_owned()),
        Just("2026-01-01T00:00:00Z".to_owned()),
        name(),
        any::<i64>().prop_map(|n| n.to_string()),
    ]
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-10i64..5000).prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        text().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((name(), inner), 0..6)
                .prop_map(|pairs| pairs.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

fn plural() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["networks", "subnets", "ports", "agents"][..])
}

fn query() -> impl Strategy<Value = String> {
    prop::collection::vec((name(), text()), 0..5).prop_map(|pairs| {
        let escaped =
            |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
            .collect();
        pairs.join("&")
    })
}

fn sane(answer: &Answer) -> Result<(), TestCaseError> {
    let text = String::from_utf8_lossy(&answer.bytes);
    prop_assert!(answer.status < 500, "{} {text}", answer.status);
    if answer.status >= 400 && answer.status != 405 {
        let error = answer.json();
        let kind = error["NeutronError"]["type"].as_str();
        prop_assert!(kind.is_some() || error["code"].is_string(), "{text}");
        prop_assert!(answer.bytes.len() < 4096, "{text}");
    }
    Ok(())
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn bodies() {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(Server::with(options()));
    let at = server.address;
    proptest!(config(), |(plural in plural(), method in prop::sample::select(&["POST", "PUT"][..]), body in value(), wrap in any::<bool>())| {
        let singular = plural.trim_end_matches('s');
        let body = if wrap { json!({singular: body}) } else { body };
        let path = match method {
            "POST" => format!("/v2.0/{plural}"),
            _ => format!("/v2.0/{plural}/00000000-0000-0000-0000-000000000001"),
        };
        runtime.block_on(async {
            let list = format!("/v2.0/{plural}?fields=id");
            let before = get(at, &list).await.bytes;
            let answer = send(at, method, &path, &[], body.to_string().into_bytes()).await;
            sane(&answer)?;
            if answer.status >= 400 {
                prop_assert_eq!(before, get(at, &list).await.bytes);
            }
            Ok(())
        })?;
    });
}

#[test]
fn bytes_and_queries_and_paths() {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(Server::with(options()));
    let at = server.address;
    runtime.block_on(async {
        let made = send(
            at,
            "POST",
            "/v2.0/networks",
            &[],
            b"{\"network\": {}}".to_vec(),
        )
        .await;
        made.ok(201);
    });
    proptest!(config(), |(plural in plural(), query in query(), raw in "[!-~]{0,30}", body in prop::collection::vec(any::<u8>(), 0..60))| {
        runtime.block_on(async {
            sane(&get(at, &format!("/v2.0/{plural}?{query}")).await)?;
            let raw: String = raw.chars().filter(|c| !"#<>\"`{}\\^|".contains(*c)).collect();
            sane(&get(at, &format!("/v2.0/{plural}?{raw}")).await)?;
            sane(&get(at, &format!("/v2.0/{plural}/{raw}")).await)?;
            sane(&get(at, &format!("/v2.0/{plural}/{raw}/tags/{raw}")).await)?;
            sane(&send(at, "POST", &format!("/v2.0/{plural}"), &[], body.clone()).await)?;
            sane(&send(at, "PUT", &format!("/v2.0/{plural}/x/tags"), &[], body).await)
        })?;
    });
}
