//! `/metrics`: what is declared is told, what is told is declared, and nothing grows with the cloud.

use std::collections::BTreeSet;

use weft::metric::{self, Metric, MetricKind};

use crate::weft::{Weft, curl, network, with};

/// The name and the label names of one line of the text format.
fn series(line: &str) -> (&str, BTreeSet<&str>) {
    let (name, rest) = match line.split_once('{') {
        Some((name, rest)) => (name, rest.rsplit_once('}').unwrap().0),
        None => (line.split(' ').next().unwrap(), ""),
    };
    let labels = rest
        .split(',')
        .filter_map(|label| Some(label.split_once('=')?.0));
    (name, labels.collect())
}

fn declared(name: &str) -> Option<&'static Metric> {
    let parts = ["_bucket", "_sum", "_count"];
    metric::all().find(|metric| {
        let rest = name.strip_prefix(metric.name);
        rest.is_some_and(|rest| rest.is_empty() || parts.contains(&rest))
    })
}

fn scrape(weft: &Weft) -> String {
    let got = curl(&[&weft.url("/metrics")]);
    assert_eq!(got.status, 200, "{got:?}");
    assert_eq!(
        got.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    got.body
}

#[test]
fn what_is_told_is_declared() {
    let mut weft = with("").start();
    let id = network(&weft, "one");
    for path in [
        format!("/v2.0/networks/{id}"),
        "/v2.0/nonesuch/x".into(),
        "/weft/v1/status".into(),
    ] {
        curl(&[&weft.url(&path)]);
    }
    curl(&["-X", "MADEUP", &weft.url("/v2.0/networks")]);
    let said = scrape(&weft);
    let mut told = BTreeSet::new();
    for line in said
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let (name, mut labels) = series(line);
        let metric = declared(name).unwrap_or_else(|| panic!("{name} is not declared"));
        if name.ends_with("_bucket") {
            labels.remove("le");
        }
        assert_eq!(labels, metric.labels.iter().copied().collect(), "{line}");
        told.insert(metric.name);
    }
    for metric in metric::all().filter(|metric| is_told_at_once(metric)) {
        assert!(
            told.contains(metric.name),
            "{} is not told:\n{said}",
            metric.name
        );
    }
    let route =
        "weft_api_requests_total{route=\"/v2.0/networks/{id}\",method=\"GET\",status=\"200\"} 1";
    for line in [
        route,
        "method=\"other\"",
        "route=\"unmatched\"",
        "route=\"/weft/v1/status\"",
        "weft_ledger_commits_total 1",
        "weft_ledger_log_commits 1",
        "weft_ledger_healthy 1",
        "weft_api_requests_under_way 1",
        "weft_node_sessions{protocol=\"ovsdb\",state=\"up\"} 0",
    ] {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
    assert!(!said.contains(&id), "an id is in:\n{said}");
    weft.stop();
}

/// True of what has a value from the beginning, and of what one write and a few reads count.
fn is_told_at_once(metric: &Metric) -> bool {
    let counted = [
        "process_",
        "weft_api_request",
        "weft_api_connections_accepted",
        "weft_ledger_group",
        "weft_ledger_commit",
    ];
    let counted = counted.iter().any(|start| metric.name.starts_with(start));
    metric.kind == MetricKind::Gauge || counted
}

#[test]
fn the_number_of_series_is_bounded() {
    let weft = with("").start();
    let count = || {
        scrape(&weft)
            .lines()
            .filter(|line| !line.starts_with('#'))
            .count()
    };
    let ask = |n: u32| {
        curl(&[&weft.url(&format!("/v2.0/networks/{n}"))]);
        curl(&[&weft.url(&format!("/x{n}/y{n}"))]);
        curl(&["-X", &format!("M{n}"), &weft.url("/")]);
    };
    (0..3).for_each(ask);
    count();
    let before = count();
    (3..20).for_each(ask);
    assert_eq!(count(), before);
}

#[test]
fn a_listener_of_its_own() {
    let weft = with("metrics_listen = 127.0.0.1:0\n").start();
    let address = weft.said("metrics listen")["address"]
        .as_str()
        .unwrap()
        .to_owned();
    let at = |path: &str| curl(&[&format!("http://{address}{path}")]);
    let told = at("/metrics");
    assert!(told.body.contains("weft_ledger_revision"), "{told:?}");
    assert_eq!(at("/healthcheck").status, 200);
    at("/v2.0/networks").refused(404, "HTTPNotFound");
    at("/metrics/x").refused(404, "HTTPNotFound");
}
