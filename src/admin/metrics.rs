//! `/metrics`: what is counted all along, and what is looked at when somebody asks.

use std::sync::Arc;

use ::metrics::gauge;
use api::reply::{Content, Reply};
use api::{ApiError, Handler, Kind, Mount};
use bytes::Bytes;

use crate::ledger::Ledger;
use crate::metric::{self, Metric, Process, Recorder};
use crate::node::Fleet;

/// The text format's own content type.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What metrics are made from. Clones are of the same.
#[derive(Clone)]
pub struct Metrics {
    recorder: Recorder,
    fleet: Fleet,
    ledger: Ledger,
}

impl Metrics {
    /// From these rooms, by this recorder.
    pub fn new(recorder: Recorder, fleet: Fleet, ledger: Ledger) -> Self {
        Self {
            recorder,
            fleet,
            ledger,
        }
    }

    /// The path: for everybody who reaches it, or for administrators only.
    pub fn mount(&self, public: bool) -> Mount {
        let metrics = self.clone();
        let handler: Handler = Arc::new(move |request| {
            let allowed = public || request.context.is_admin;
            let answer = match request.segments.len() {
                _ if !allowed => Err(super::administrators_only()),
                1 => Ok(metrics.reply()),
                _ => Err(ApiError::not_found(
                    "HTTPNotFound",
                    "metrics are at /metrics, and nowhere below",
                )),
            };
            Box::pin(std::future::ready(answer))
        });
        Mount {
            prefix: &["metrics"],
            handler,
            paths: super::describe::metrics(),
        }
    }

    fn reply(&self) -> Reply {
        self.look();
        let mut reply = Reply::text(200, "");
        reply.content_type = CONTENT_TYPE;
        reply.content = Content::Bytes(Bytes::from(self.recorder.text()));
        reply
    }

    /// Brings what is only looked at up to date.
    fn look(&self) {
        let queue = self.ledger.queue();
        set(&metric::LEDGER_QUEUE, queue.waiting);
        set(&metric::LEDGER_QUEUE_MAX, queue.length);
        let healthy = self.ledger.health().is_ok();
        set(&metric::LEDGER_HEALTHY, usize::from(healthy));
        let nodes = self.ledger.model().count(Kind::Node);
        let reports = self.fleet.reports();
        let count = |state: fn(&crate::node::Report) -> bool| {
            reports.values().filter(|report| state(report)).count()
        };
        set(&metric::NODES, nodes);
        set(
            &metric::NODES_SYNCHRONISED,
            count(|report| report.synchronised),
        );
        let plugged = reports.values().map(|report| report.plugged).sum();
        set(&metric::PORTS_PLUGGED, plugged);
        sessions("ovsdb", count(|report| report.ovsdb), nodes);
        sessions("openflow", count(|report| report.openflow), nodes);
        Process::now().record();
    }
}

fn set(metric: &Metric, value: usize) {
    gauge!(metric.name).set(value as f64);
}

fn sessions(protocol: &'static str, up: usize, nodes: usize) {
    for (state, count) in [("up", up), ("down", nodes.saturating_sub(up))] {
        let name = metric::NODE_SESSIONS.name;
        gauge!(name, "protocol" => protocol, "state" => state).set(count as f64);
    }
}
