//! What operators ask of a running controller, under `/weft/v1`.
//!
//! | request | answer |
//! |---|---|
//! | `GET /weft/v1/status` | the controller and every node: sessions, revision, flows, faults |
//! | `GET /weft/v1/nodes/{node}/flows` | the node's flows in words, each with the object it belongs to |
//! | `POST /weft/v1/nodes/{node}/audit` | 202: the switch is compared with what it should hold |
//! | `GET /weft/v1/settled?revision=R` | as soon as all connected switches have acknowledged revision R |
//!
//! `GET /metrics` is in `metrics.rs`. A node is named by id, hostname or system id.

mod describe;
mod flows;
mod metrics;
mod status;

use std::sync::Arc;
use std::time::Duration;

use api::reply::Reply;
use api::request::Request;
use api::{ApiError, Handler, Mount, Node};
use serde_json::json;

use crate::ledger::Ledger;
use crate::node::Fleet;

pub use flows::describe_flows;
pub use metrics::Metrics;
pub use status::{NodeStatus, PuntStatus, Status};

/// How long `settled` waits before it says that it is not yet so.
const SETTLED_WAIT: Duration = Duration::from_secs(10);

/// What the answers are made from.
#[derive(Clone)]
struct House {
    fleet: Fleet,
    ledger: Ledger,
}

/// The paths, for the listener of the API.
pub fn mount(fleet: Fleet, ledger: Ledger) -> Mount {
    let house = House { fleet, ledger };
    let handler: Handler = Arc::new(move |request| {
        let house = house.clone();
        Box::pin(async move { house.answer(&request).await })
    });
    Mount {
        prefix: &["weft"],
        handler,
        paths: describe::paths(),
    }
}

fn administrators_only() -> ApiError {
    ApiError::new(
        403,
        "PolicyNotAuthorized",
        "this is for administrators only",
    )
}

impl House {
    async fn answer(&self, request: &Request) -> Result<Reply, ApiError> {
        if !request.context.is_admin {
            return Err(administrators_only());
        }
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["weft", "v1", "status"]) => {
                let status = status::status(&self.fleet, &self.ledger.model());
                Ok(Reply::json(200, &status).at("/weft/v1/status"))
            }
            ("GET", ["weft", "v1", "nodes", node, "flows"]) => {
                let node = self.node(node)?;
                let flows = self.fleet.flows(node.id).await?;
                let text = describe_flows(flows, &self.ledger.model());
                Ok(Reply::text(200, text).at("/weft/v1/nodes/{node}/flows"))
            }
            ("POST", ["weft", "v1", "nodes", node, "audit"]) => {
                self.fleet.audit(self.node(node)?.id)?;
                Ok(Reply::json(202, &json!({})).at("/weft/v1/nodes/{node}/audit"))
            }
            ("GET", ["weft", "v1", "settled"]) => self.settled(request).await,
            (_, path) => Err(ApiError::new(
                404,
                "HTTPNotFound",
                format!("nothing is served at /{} with this method", path.join("/")),
            )),
        }
    }

    fn node(&self, name: &str) -> Result<Arc<Node>, ApiError> {
        let model = self.ledger.model();
        let by_id = uuid::Uuid::parse_str(name)
            .ok()
            .and_then(|id| model.node(id));
        by_id
            .or_else(|| model.node_by_hostname(name))
            .or_else(|| model.node_by_system_id(name))
            .cloned()
            .ok_or_else(|| {
                let known: Vec<&str> = model.nodes().map(|node| node.hostname.as_str()).collect();
                ApiError::not_found(
                    "AgentNotFound",
                    format!(
                        "no node is called '{name}'; known are: {}",
                        known.join(", ")
                    ),
                )
            })
    }

    async fn settled(&self, request: &Request) -> Result<Reply, ApiError> {
        let revision = match request.raw_query.strip_prefix("revision=") {
            None if request.raw_query.is_empty() => self.ledger.model().revision(),
            given => given.and_then(|given| given.parse().ok()).ok_or_else(|| {
                ApiError::bad_request(format!(
                    "'{}' is no query of this; revision=NUMBER is",
                    request.raw_query
                ))
            })?,
        };
        // Another controller may have told of it.
        let head = self
            .ledger
            .fresh_at(revision)
            .await
            .map_err(|error| ApiError::unavailable(error.for_clients()))?;
        if revision > head.revision() {
            return Err(ApiError::bad_request(format!(
                "revision {revision} is yet to come; the last is {}",
                head.revision()
            )));
        }
        let settled = tokio::time::timeout(SETTLED_WAIT, self.fleet.settled(revision)).await;
        let document = json!({"revision": revision, "settled": settled.is_ok()});
        Ok(Reply::json(200, &document).at("/weft/v1/settled"))
    }
}
