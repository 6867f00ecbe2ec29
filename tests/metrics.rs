//! The declarations of metrics, and the page that is printed from them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use api::Context;
use api::request::{Request, Url};
use weft::admin::Metrics;
use weft::ledger::{self, Database, Ledger};
use weft::metric::{MetricKind, Recorder, all, document};
use weft::node::{self, Fleet};
use weft::respond::dhcp4;
use weft::service::{Service, Settings};

#[test]
fn the_documentation_is_printed_from_the_declarations() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    if env::var_os("UPDATE").is_some() {
        fs::write(&page, document()).unwrap();
    }
    let there = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        there == document(),
        "docs/metrics.md differs from the declarations; run UPDATE=1 cargo test --test metrics"
    );
}

#[test]
fn names_follow_the_customs_of_prometheus() {
    let mut names = BTreeSet::new();
    for metric in all() {
        let name = metric.name;
        assert!(names.insert(name), "{name} is declared twice");
        let total = name.ends_with("_total");
        assert_eq!(total, metric.kind == MetricKind::Counter, "{name}");
        let lower = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(name.chars().all(lower), "{name}");
        assert!(
            metric.help.ends_with('.') && !metric.help.contains('|'),
            "{name}"
        );
    }
}

#[tokio::test]
async fn only_administrators_are_told_unless_everybody_is() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::Sqlite(folder.path().join("weft.db"));
    let ledger = Ledger::open(ledger::Settings::new(database)).await.unwrap();
    let service = Service::new(ledger.clone(), Settings::default());
    let nodes = node::Settings {
        openflow_target: None,
        openflow_port: 6653,
        audit_interval: None,
        openflow: openflow::session::Config::default(),
        dhcp: dhcp4::Settings {
            lease_seconds: 60,
            domain: String::new(),
        },
    };
    let fleet = Fleet::start(service, ledger.clone(), nodes);
    let metrics = Metrics::new(Recorder::install().unwrap(), fleet, ledger);
    assert!(Recorder::install().is_err());
    let ask = async |public: bool, context: Context| {
        let request = Request {
            method: reqwest::Method::GET,
            segments: vec!["metrics".to_owned()],
            url: Url {
                base: "http://x".to_owned(),
                path: "/metrics".to_owned(),
            },
            raw_query: String::new(),
            headers: reqwest::header::HeaderMap::new(),
            body: bytes::Bytes::new(),
            context,
            policies: std::sync::Arc::default(),
        };
        let answer = (metrics.mount(public).handler)(request).await;
        answer.map_or_else(|error| error.status, |reply| reply.status)
    };
    assert_eq!(ask(false, Context::default()).await, 403);
    assert_eq!(ask(true, Context::default()).await, 200);
    assert_eq!(ask(false, Context::admin("p", "req-x")).await, 200);
}
