//! The recorder of this process, and its text for Prometheus.

use ::metrics::{describe_counter, describe_gauge, describe_histogram, set_global_recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;

use super::{Metric, MetricKind, all};

/// Upper bounds of the buckets of times, in seconds.
const SECONDS: [f64; 15] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
/// Upper bounds of the buckets of numbers.
const NUMBERS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// How often samples are sorted into their buckets: until then each takes its own eight bytes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Where all metrics of the process go. Clones are of the same.
#[derive(Clone)]
pub struct Recorder {
    handle: PrometheusHandle,
}

/// The process has a recorder already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this process counts its metrics already")]
pub struct InstalledTwice;

impl Recorder {
    /// From now on what this process counts is kept. Needs a tokio runtime.
    ///
    /// # Errors
    /// It was installed before.
    pub fn install() -> Result<Self, InstalledTwice> {
        let mut builder = PrometheusBuilder::new();
        for metric in all().filter(|metric| metric.kind == MetricKind::Histogram) {
            let matcher = Matcher::Full(metric.name.to_owned());
            // Only an empty list of bounds is refused.
            builder = builder
                .set_buckets_for_metric(matcher, buckets(metric))
                .map_err(|_| InstalledTwice)?;
        }
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        set_global_recorder(recorder).map_err(|_| InstalledTwice)?;
        all().for_each(describe);
        let upkeep = handle.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(UPKEEP);
            loop {
                ticks.tick().await;
                upkeep.run_upkeep();
            }
        });
        Ok(Self { handle })
    }

    /// Everything counted so far, in the text format of Prometheus.
    pub fn text(&self) -> String {
        self.handle.render()
    }
}

fn buckets(metric: &Metric) -> &'static [f64] {
    match metric.name.ends_with("_seconds") {
        true => &SECONDS,
        false => &NUMBERS,
    }
}

fn describe(metric: &'static Metric) {
    match metric.kind {
        MetricKind::Counter => describe_counter!(metric.name, metric.help),
        MetricKind::Gauge => describe_gauge!(metric.name, metric.help),
        MetricKind::Histogram => describe_histogram!(metric.name, metric.help),
    }
}
