//! The declarations of metrics, and the page that is printed from them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use weft::metric::{MetricKind, all, document};

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
