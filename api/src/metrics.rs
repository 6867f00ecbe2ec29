//! What the API counts, by the names a monitoring system reads. The numbers go to whatever recorder
//! the process has installed; without one they are dropped.

/// The declaration of one metric; documentation is printed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name, with the unit at the end.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: MetricKind,
    /// Names of its labels. What they can hold is bounded: never an id.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub help: &'static str,
}

/// Kinds of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only ever grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution, counted in buckets.
    Histogram,
}

impl MetricKind {
    /// As Prometheus writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Metric {
    /// A counter.
    pub const fn counter(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self {
            name,
            kind: MetricKind::Counter,
            labels,
            help,
        }
    }

    /// A gauge.
    pub const fn gauge(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self {
            kind: MetricKind::Gauge,
            ..Self::counter(name, labels, help)
        }
    }

    /// A histogram.
    pub const fn histogram(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self {
            kind: MetricKind::Histogram,
            ..Self::counter(name, labels, help)
        }
    }
}

pub(crate) const REQUESTS: Metric = Metric::counter(
    "weft_api_requests_total",
    &["route", "method", "status"],
    "Requests answered, by the route's template (`-` where the transport refused before there was one, `unmatched` where nothing is served), method and status.",
);

pub(crate) const REQUEST_SECONDS: Metric = Metric::histogram(
    "weft_api_request_duration_seconds",
    &["route", "method"],
    "From the end of a request's head to the last byte of its answer being handed to the connection. Event streams are left out.",
);

pub(crate) const UNDER_WAY: Metric = Metric::gauge(
    "weft_api_requests_under_way",
    &[],
    "Requests whose answer is not out, event streams among them.",
);

pub(crate) const CONNECTIONS: Metric = Metric::gauge(
    "weft_api_connections",
    &[],
    "Connections that are open, on all HTTP listeners.",
);

pub(crate) const CONNECTIONS_ACCEPTED: Metric = Metric::counter(
    "weft_api_connections_accepted_total",
    &[],
    "Connections accepted.",
);

pub(crate) const CONNECTIONS_REFUSED: Metric = Metric::counter(
    "weft_api_connections_refused_total",
    &[],
    "Connections turned away because all were taken.",
);

pub(crate) const CONNECTIONS_ENDED: Metric = Metric::counter(
    "weft_api_connections_ended_total",
    &["why"],
    "Connections that the server ended: `head` took too long to arrive, `idle` for too long, `reader` too slow, `handshake` of TLS failed.",
);

/// Every metric of this crate.
pub const METRICS: &[Metric] = &[
    REQUESTS,
    REQUEST_SECONDS,
    UNDER_WAY,
    CONNECTIONS,
    CONNECTIONS_ACCEPTED,
    CONNECTIONS_REFUSED,
    CONNECTIONS_ENDED,
];
