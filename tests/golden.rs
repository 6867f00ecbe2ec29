//! The API against what a real Neutron answered (`golden/neutron.jsonl`; master of 2026, ML2/OVN).
//!
//! The questions are asked in order, because later ones build on earlier ones. An answer agrees
//! when its status is the same, every level has the same keys with values of the same type, and the
//! values are the same but for identifiers, addresses the server chose, times, and texts for people.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "support/http.rs"]
mod http;

use std::collections::BTreeMap;

use api::NetworkType;
use http::House;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use weft::service::{Registration, Settings};

/// One question with the recorded answer.
#[derive(Deserialize)]
struct Question {
    name: String,
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Json>,
    /// Name → where in the answer its value is, as `network.id`.
    #[serde(default)]
    captures: BTreeMap<String, String>,
    status: u16,
    answer: Json,
}

/// Attributes of extensions that are not served yet, so not listed in /v2.0/extensions either.
const NOT_SERVED: &[&str] = &[
    "qos_policy_id",
    "qos_network_policy_id",
    "pvlan",
    "pvlan_type",
    "pvlan_community",
];

/// Differences there are for a reason: question, place, why.
const EXPECTED: &[(&str, &str, &str)] = &[
    (
        "*",
        ".security_groups",
        "projects have no default security group yet",
    ),
    (
        "quota-list",
        ".quotas",
        "other projects had limits of their own there",
    ),
    (
        "quota-details",
        ".used",
        "what the questions that are not served made is missing",
    ),
    (
        "*",
        ".data_plane_status",
        "ML2/OVN does not have the attribute",
    ),
    ("*", ".hints", "ML2/OVN does not have the attribute"),
    (
        "ag-add",
        ".shared",
        "it is no attribute there either, but for this answer",
    ),
    ("ag-add", ".standard_attr_id", "a key of that database"),
    (
        "ag-remove",
        ".shared",
        "it is no attribute there either, but for this answer",
    ),
    ("ag-remove", ".standard_attr_id", "a key of that database"),
    (
        "port-bind",
        ".bound_drivers.0",
        "the driver there is another",
    ),
    (
        "sp-subnet-taken",
        ".status",
        "500 there; that another has the block is no fault of the server",
    ),
    (
        "sp-grow",
        "_prefixlen",
        "numbers there after a PUT alone, text after POST and GET",
    ),
    (
        "sp-grow",
        ".default_quota",
        "left out there after a PUT alone",
    ),
    (
        "ip-availability",
        ".used_ips",
        "ports of routers are not there yet",
    ),
    (
        "ip-availability",
        ".used_ips_in_subnet",
        "ports of routers are not there yet",
    ),
    (
        "ip-availability",
        ".used_ips_in_allocation_pool",
        "ports of routers are not there yet",
    ),
];

/// Where the recorded server left things in another state than ours, or is at fault.
const WORDS_OF_CHANGE: &[&str] = &[
    "mac_address",
    "created_at",
    "updated_at",
    "revision_number",
    "message",
    "detail",
    "segmentation_id",
    "fixed_ips",
    "ip_address",
    "heartbeat",
    "started_at",
    "host",
    "hash",
    "dns_assignment",
    "fqdn",
];

/// True for attributes whose value is the server's own choice.
fn is_volatile(key: &str) -> bool {
    key == "id"
        || key == "next"
        || key == "href"
        || key.ends_with("_id")
        || key.ends_with("_ids")
        || key.starts_with("id_")
        || WORDS_OF_CHANGE.iter().any(|w| key.contains(w))
}

fn is_uuid(text: &str) -> bool {
    uuid::Uuid::parse_str(text).is_ok()
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "text",
        Json::Array(_) => "list",
        Json::Object(_) => "object",
    }
}

/// What of a value stays the same from server to server, to sort lists by.
fn stable(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let mut parts: Vec<String> = map
                .iter()
                .filter(|(key, _)| !is_volatile(key))
                .map(|(key, value)| format!("{key}={}", stable(value)))
                .collect();
            parts.sort();
            let name = map.get("name").and_then(Json::as_str).unwrap_or_default();
            format!("{name} {}", parts.join(" "))
        }
        Json::Array(items) => items.iter().map(stable).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Compares one question's answers.
struct Comparison<'a> {
    question: &'a Question,
    ordered: bool,
    differences: Vec<String>,
}

impl Comparison<'_> {
    fn note(&mut self, place: &str, what: impl std::fmt::Display) {
        let expected = EXPECTED.iter().any(|(name, end, _)| {
            (*name == "*" || *name == self.question.name) && place.ends_with(end)
        });
        if !expected {
            self.differences
                .push(format!("{}{place}: {what}", self.question.name));
        }
    }

    fn objects(&mut self, place: &str, recorded: &Map<String, Json>, ours: &Map<String, Json>) {
        for (key, value) in recorded {
            let place = format!("{place}.{key}");
            match ours.get(key) {
                Some(found) => self.values(&place, key, value, found),
                None if NOT_SERVED.contains(&key.as_str()) => {}
                None => self.note(&place, format!("missing; recorded {value}")),
            }
        }
        for (key, value) in ours.iter().filter(|(key, _)| !recorded.contains_key(*key)) {
            self.note(
                &format!("{place}.{key}"),
                format!("{value} is not in the record"),
            );
        }
    }

    fn lists(&mut self, place: &str, key: &str, recorded: &[Json], ours: &[Json]) {
        if is_volatile(key) {
            return;
        }
        if recorded.len() != ours.len() {
            let (found, wanted) = (ours.len(), recorded.len());
            self.note(place, format!("{found} items, recorded {wanted}"));
            return;
        }
        let (mut recorded, mut ours) = (recorded.to_vec(), ours.to_vec());
        if !self.ordered {
            recorded.sort_by_key(stable);
            ours.sort_by_key(stable);
        }
        for (n, (wanted, found)) in recorded.iter().zip(&ours).enumerate() {
            self.values(&format!("{place}[{n}]"), key, wanted, found);
        }
    }

    fn values(&mut self, place: &str, key: &str, recorded: &Json, ours: &Json) {
        match (recorded, ours) {
            (Json::Object(a), Json::Object(b)) => return self.objects(place, a, b),
            (Json::Array(a), Json::Array(b)) => return self.lists(place, key, a, b),
            _ => {}
        }
        if type_of(recorded) != type_of(ours) {
            let null = recorded.is_null() || ours.is_null();
            if null || !is_volatile(key) {
                self.note(place, format!("{ours}, recorded {recorded}"));
            }
            return;
        }
        let ids = |v: &Json| v.as_str().is_some_and(is_uuid);
        let same = recorded == ours || is_volatile(key) || (ids(recorded) && ids(ours));
        if !same {
            self.note(place, format!("{ours}, recorded {recorded}"));
        }
    }
}

/// Replaces `{name}` by what was captured under it.
fn filled(text: &str, captured: &BTreeMap<String, String>) -> String {
    captured
        .iter()
        .fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
}

fn dig<'a>(document: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.')
        .try_fold(document, |at, part| match part.parse::<usize>() {
            Ok(index) => at.get(index),
            Err(_) => at.get(part),
        })
}

/// The recorded server's configuration.
async fn house() -> House {
    let mut settings = Settings {
        tenant_types: vec![NetworkType::Geneve],
        vlan_ranges: [("public".into(), Vec::new())].into(),
        geneve_header: 38,
        dns_domain: "openstackgate.local.".into(),
        ..Settings::default()
    };
    settings.quotas.extend([
        ("router", 50),
        ("security_group", 100),
        ("security_group_rule", 500),
    ]);
    let house = House::open(settings).await;
    let chassis = Registration {
        system_id: "oracle".into(),
        hostname: "oracle-chassis".into(),
        encap_ips: vec!["192.0.2.1".parse().unwrap()],
        encap_types: vec![NetworkType::Geneve],
        bridge_mappings: [("public".to_owned(), "br-ex".to_owned())].into(),
        datapath_type: "dummy".into(),
        availability_zones: vec!["nova".into()],
        ..Registration::default()
    };
    house.service.register_node(chassis).await.unwrap();
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_agrees_with_the_recorded_one() {
    let house = house().await;
    let mut captured = BTreeMap::new();
    let mut differences = Vec::new();
    for line in include_str!("golden/neutron.jsonl").lines() {
        let question: Question = serde_json::from_str(line).unwrap();
        let path = filled(&question.path, &captured);
        let body = question.body.as_ref().map(|body| {
            let text = filled(&body.to_string(), &captured);
            serde_json::from_str::<Json>(&text).unwrap()
        });
        let headers: Vec<_> = question.headers.clone().into_iter().collect();
        let (status, answer) = house
            .ask(&question.method, &path, &headers, body.as_ref())
            .await;
        for (name, place) in &question.captures {
            if let Some(Json::String(value)) = dig(&answer, place) {
                captured.insert(name.clone(), value.clone());
            }
        }
        let ordered = question.path.contains("sort_key");
        let mut comparison = Comparison {
            question: &question,
            ordered,
            differences: Vec::new(),
        };
        if status == question.status {
            comparison.values("", "", &question.answer, &answer);
        } else {
            let wanted = question.status;
            comparison.note(".status", format!("{status}, recorded {wanted}: {answer}"));
        }
        differences.extend(comparison.differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
