//! `docs/metrics.md`, printed from the declarations.

use std::fmt::Write as _;

use super::{Metric, all};

const HEAD: &str = "\
# Metrics

`GET /metrics` on the API answers in the text format of Prometheus, to administrators or, with
`[weft] metrics_public = true`, to everybody. `[weft] metrics_listen = ADDRESS:PORT` serves the same,
in the clear and to everybody, on a listener that has nothing else but `/healthcheck`.

Labels hold only what is bounded (the template of a route, never an id), so that the number of series
does not grow with the cloud. Times are in seconds. Histograms count in buckets (`_bucket`, `_sum`,
`_count`). A counter or a histogram appears with its first event; all begin anew with the process.

This page is printed from `src/metric` and `api/src/metrics.rs`: `UPDATE=1 cargo test --test metrics`
writes it anew.

| metric | kind | labels | what it tells |
|---|---|---|---|
";

/// The text of the page.
pub fn document() -> String {
    let mut out = HEAD.to_owned();
    for metric in all() {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            metric.name,
            metric.kind.as_str(),
            labels(metric),
            metric.help,
        );
    }
    out
}

fn labels(metric: &Metric) -> String {
    let labels: Vec<String> = metric.labels.iter().map(|l| format!("`{l}`")).collect();
    labels.join(", ")
}
