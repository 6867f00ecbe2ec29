//! The nodes: one worker each, which keeps the node's switch as the model wants it.
//!
//! ```text
//!   OVSDB session ─► joining ─► service::register ─► worker (one per node)
//!   OpenFlow connection ─► control ─► (datapath id) ─┘   │
//!        │ packet-in ─► punt ─► respond ─► packet-out    ├─ facts      what its OVSDB says
//!   ledger ─► dispatch ─► compile::touched ─► mailbox ───┤  provision  rows it should have
//!                                                        │  actual     what its switch holds
//!   service ◄─ reporter ◄─ port status ──────────────────┘  apply      the difference, sent
//! ```

mod actual;
mod apply;
mod control;
mod datapaths;
mod dispatch;
mod facts;
mod handle;
mod identity;
mod joining;
mod links;
mod mailbox;
mod provision;
mod punt;
mod reporter;
mod rows;
mod worker;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use api::{ApiError, Timestamp};
use openflow::FlowStats;
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

pub use handle::Report;
pub use identity::IdentityError;
pub use punt::PuntCounters;

use crate::ledger::Ledger;
use crate::model::Model;
use crate::respond::dhcp4;
use crate::service::{Registration, Service};
use datapaths::Datapaths;
use handle::Handle;
use links::Links;
use reporter::Reporter;
use worker::Worker;

/// OpenFlow connections that may be in their handshake, or of an unknown bridge, at once.
const STRANGERS_MAX: usize = 2_048;
/// After a failed accept, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often nodes whose sessions stand are noted as heard of.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What the configuration says about nodes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where switches find the OpenFlow controller; `None`: where they found the OVSDB manager.
    pub openflow_target: Option<String>,
    /// Port of the OpenFlow listener, for targets made from the manager's.
    pub openflow_port: u16,
    /// Between two comparisons of a switch with what it should hold; `None`: only when asked.
    pub audit_interval: Option<Duration>,
    /// Timeouts and bounds of sessions with switches.
    pub openflow: openflow::session::Config,
    /// What DHCP says of every lease.
    pub dhcp: dhcp4::Settings,
}

/// All nodes. Clones share them.
#[derive(Clone, Debug)]
pub struct Fleet {
    shared: Arc<Shared>,
}

/// What workers and sessions have in common.
#[derive(Debug)]
struct Shared {
    service: Service,
    ledger: Ledger,
    settings: Settings,
    reporter: Reporter,
    datapaths: Datapaths,
    handles: RwLock<BTreeMap<Uuid, Arc<Handle>>>,
    /// Revision up to which workers have been told of commits.
    dispatched: AtomicU64,
    /// Ticks when a worker or the dispatcher has done something.
    steps: watch::Sender<u64>,
    /// True once no more switches are served.
    closing: watch::Sender<bool>,
}

impl Fleet {
    /// Begins to follow the ledger. Needs a tokio runtime.
    pub fn start(service: Service, ledger: Ledger, settings: Settings) -> Self {
        let (model, follower) = ledger.follow();
        let fleet = Self {
            shared: Arc::new(Shared {
                service,
                ledger,
                settings,
                reporter: Reporter::default(),
                datapaths: Datapaths::default(),
                handles: RwLock::default(),
                dispatched: AtomicU64::new(model.revision()),
                steps: watch::Sender::new(0),
                closing: watch::Sender::new(false),
            }),
        };
        tokio::spawn(dispatch::run(fleet.clone(), model, follower));
        let shared = Arc::clone(&fleet.shared);
        tokio::spawn(async move { shared.reporter.run(&shared.service).await });
        tokio::spawn(Arc::clone(&fleet.shared).heartbeat());
        fleet
    }

    /// Closes the sessions to all switches and serves none from now on; their flows stay as they
    /// are. What has been committed is given `patience` to arrive there before.
    pub async fn close(&self, patience: Duration) {
        let revision = self.shared.ledger.model().revision();
        if tokio::time::timeout(patience, self.settled(revision))
            .await
            .is_err()
        {
            tracing::warn!(
                revision,
                "some switches have yet to be brought up to date; they will be after the restart"
            );
        }
        self.shared.closing.send_replace(true);
        self.each(Handle::close);
    }

    /// Waits until no more switches are served.
    async fn closed(&self) {
        let mut closing = self.shared.closing.subscribe();
        // The sender is in what we hold.
        let _ = closing.wait_for(|closing| *closing).await;
    }

    /// Serves the switches that connect to `listener`, until all is closed.
    pub async fn serve_ovsdb(&self, mut listener: ovsdb::Listener) {
        loop {
            let session = tokio::select! {
                () = self.closed() => return,
                session = listener.accept() => session,
            };
            let Some(session) = session else {
                return;
            };
            tokio::spawn(joining::serve(self.clone(), session));
        }
    }

    /// Serves the bridges that connect to `listener`, until all is closed.
    pub async fn serve_openflow(&self, listener: openflow::connection::Listener) {
        let strangers = Arc::new(Semaphore::new(STRANGERS_MAX));
        loop {
            let Ok(place) = Arc::clone(&strangers).acquire_owned().await else {
                return;
            };
            let accepted = tokio::select! {
                () = self.closed() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok(incoming) => {
                    tokio::spawn(control::serve(self.clone(), incoming, place));
                }
                Err(error) => {
                    tracing::warn!(%error, "an OpenFlow connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// What each worker says of itself, by node.
    pub fn reports(&self) -> BTreeMap<Uuid, Report> {
        let handles = self
            .shared
            .handles
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        handles
            .iter()
            .map(|(node, handle)| (*node, handle.report()))
            .collect()
    }

    /// What became of the packets that a node's switch sent to the controller.
    pub fn punts(&self, node: Uuid) -> Option<Arc<PuntCounters>> {
        self.handle(node).map(|handle| Arc::clone(&handle.punts))
    }

    /// All flows of a node's integration bridge with their counters, those of others too.
    ///
    /// # Errors
    /// 404 for a node that is not there; 503 while its switch is not connected or does not answer.
    pub async fn flows(&self, node: Uuid) -> Result<Vec<FlowStats>, ApiError> {
        let absent = || ApiError::not_found("AgentNotFound", format!("no node {node} has joined"));
        let handle = self.handle(node).ok_or_else(absent)?;
        let links = handle.links();
        let Some(switch) = links.live_switch() else {
            return Err(ApiError::unavailable(format!(
                "the switch of node {node} is not connected; see `weft status`"
            )));
        };
        let flows = actual::all_flows(&switch.connection).await;
        flows.map_err(|error| ApiError::unavailable(error.to_string()))
    }

    /// Has a node's worker compare the switch with what it should hold now.
    ///
    /// # Errors
    /// 404 for a node that is not there.
    pub fn audit(&self, node: Uuid) -> Result<(), ApiError> {
        let absent = || ApiError::not_found("AgentNotFound", format!("no node {node} has joined"));
        self.handle(node).ok_or_else(absent)?.mailbox.audit();
        Ok(())
    }

    /// Waits until every connected switch has acknowledged what the commits up to `revision` ask of it.
    pub async fn settled(&self, revision: u64) {
        let mut steps = self.shared.steps.subscribe();
        loop {
            steps.mark_unchanged();
            let told = self.shared.dispatched.load(Ordering::Acquire) >= revision;
            if told && self.all_settled(revision) {
                return;
            }
            if steps.changed().await.is_err() {
                return;
            }
        }
    }

    fn all_settled(&self, revision: u64) -> bool {
        let handles = self
            .shared
            .handles
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        handles.values().all(|handle| handle.settled(revision))
    }

    async fn register(&self, registration: Registration) -> Result<Uuid, ApiError> {
        let (_, node) = self.shared.service.register_node(registration).await?;
        Ok(node.id)
    }

    /// The worker of the node that a switch would be by what it says of itself; none where there is no
    /// such node, or its switch was never here.
    fn namesake(&self, registration: &Registration) -> Option<Arc<Handle>> {
        let model = self.shared.ledger.model();
        let by_system = model.node_by_system_id(&registration.system_id);
        let node = by_system.or_else(|| model.node_by_hostname(&registration.hostname))?;
        self.handle(node.id)
    }

    /// The worker of a node, which begins its work if there was none; none for a node that is not in
    /// the model any more.
    fn employ(&self, node: Uuid) -> Option<Arc<Handle>> {
        let mut handles = self
            .shared
            .handles
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Read under the lock: what the dispatcher tells nobody yet is in this snapshot, what it tells
        // later finds the handle.
        let model: Arc<Model> = self.shared.ledger.model();
        model.node(node)?;
        let handle = handles.entry(node).or_insert_with(|| {
            let handle = Arc::new(Handle::new(node));
            let worker = Worker::new(Arc::clone(&self.shared), Arc::clone(&handle), model);
            tokio::spawn(worker.run());
            handle
        });
        Some(Arc::clone(handle))
    }

    fn handle(&self, node: Uuid) -> Option<Arc<Handle>> {
        let handles = self
            .shared
            .handles
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        handles.get(&node).cloned()
    }

    fn each(&self, visit: impl Fn(&Handle)) {
        let handles = self
            .shared
            .handles
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        handles.values().for_each(|handle| visit(handle));
    }

    fn dispatched(&self, revision: u64) {
        self.shared.dispatched.store(revision, Ordering::Release);
        self.shared.progressed();
    }
}

impl Shared {
    fn progressed(&self) {
        self.steps.send_modify(|step| *step = step.wrapping_add(1));
    }

    /// The worker of a node that is gone has stopped.
    fn retire(&self, node: Uuid) {
        self.handles
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&node);
        self.datapaths.forget(node);
        self.service.liveness().forget(node);
        self.progressed();
    }

    /// Notes whether a node is alive: both of its sessions stand.
    fn pulse(&self, node: Uuid, links: &Links) {
        let liveness = self.service.liveness();
        let alive = links.live_database().is_some() && links.live_switch().is_some();
        let was = liveness.of(node).is_some_and(|pulse| pulse.alive);
        match (was, alive) {
            (false, true) => liveness.up(node, Timestamp::now()),
            (true, false) => liveness.down(node),
            _ => {}
        }
    }

    /// Sessions probe their peers by themselves; as long as they stand, the node was heard of.
    async fn heartbeat(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(HEARTBEAT);
        loop {
            ticks.tick().await;
            let nodes: Vec<Uuid> = {
                let handles = self.handles.read().unwrap_or_else(PoisonError::into_inner);
                handles.keys().copied().collect()
            };
            let liveness = self.service.liveness();
            for node in nodes {
                if liveness.of(node).is_some_and(|pulse| pulse.alive) {
                    liveness.heard(node, Timestamp::now());
                }
            }
        }
    }
}
