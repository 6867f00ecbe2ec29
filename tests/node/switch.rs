//! Switches that refuse, fall silent or go away in the middle of something.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use openflow::Message;
use openflow::bundle::BundleControlType;
use openflow::multipart::MultipartRequest;
use openflow::peer_error::{FlowModFailed, GroupModFailed, MeterModFailed, OnfError, PeerError};
use openflow::testing::{Effect, Shared};
use tempfile::TempDir;
use uuid::Uuid;
use weft::compile::cookie::{Cookie, Object};

use crate::controller::{ANSWER, Controller, file};
use crate::eventually;
use crate::machine::{Link, Machine};

/// A node with a network of three ports, all active.
pub struct Running {
    pub controller: Controller,
    pub machine: Machine,
    pub network: Uuid,
    _folder: TempDir,
}

impl Running {
    pub async fn start() -> Self {
        let (folder, database) = file();
        let controller = Controller::start(database).await;
        let machine = Machine::start(&controller, "one");
        let network = controller.network().await;
        let running = Running {
            controller,
            machine,
            network,
            _folder: folder,
        };
        for _ in 0..3 {
            running.instance().await;
        }
        running.converges().await;
        running
    }

    /// A port of the node, plugged as soon as there is a bridge.
    pub async fn instance(&self) -> Uuid {
        let port = self.controller.port(self.network, "one").await;
        eventually(async || {
            let bridge = self.machine.named("Bridge", "br-int");
            bridge.map(drop).ok_or("no br-int".to_owned())
        })
        .await;
        self.machine.plug(port);
        port
    }

    pub async fn converges(&self) {
        self.machine.converges(&self.controller).await;
    }
}

/// Something fails while a port comes; then all is as it should be.
async fn survives(fault: impl FnOnce(&Shared)) {
    let running = Running::start().await;
    fault(&running.machine.switch);
    running.instance().await;
    running.converges().await;
    // And goes on.
    running.instance().await;
    running.converges().await;
    running.controller.settled().await;
}

fn adds_flow(message: &Message) -> bool {
    matches!(message, Message::BundleAdd(add) if matches!(*add.message, Message::FlowMod(_)))
}

fn changes_group(message: &Message) -> bool {
    matches!(message, Message::BundleAdd(add) if matches!(*add.message, Message::GroupMod(_)))
}

fn is_control(kind: BundleControlType) -> impl Fn(&Message) -> bool + Send + Sync {
    move |message| matches!(message, Message::BundleControl(control) if control.kind == kind)
}

fn dumps_flows(message: &Message) -> bool {
    matches!(
        message,
        Message::MultipartRequest(MultipartRequest::Flow(_))
    )
}

/// The `n`th message of those, from 0.
fn nth(
    n: u32,
    of: impl Fn(&Message) -> bool + Send + Sync + 'static,
) -> impl Fn(&Message) -> bool + Send + Sync + 'static {
    let seen = AtomicU32::new(0);
    move |message| of(message) && seen.fetch_add(1, Ordering::Relaxed) == n
}

#[tokio::test]
async fn the_connection_is_cut_in_the_middle_of_a_bundle() {
    survives(|switch| switch.fail(nth(3, adds_flow), 1, Effect::Cut)).await;
}

#[tokio::test]
async fn the_connection_is_cut_before_a_bundle_is_committed() {
    let commit = is_control(BundleControlType::COMMIT_REQUEST);
    survives(|switch| switch.fail(commit, 1, Effect::Cut)).await;
}

#[tokio::test]
async fn a_flow_is_refused_once() {
    let full = Effect::Refuse(PeerError::FlowModFailed(FlowModFailed::TableFull));
    survives(|switch| switch.fail(nth(2, adds_flow), 1, full)).await;
}

#[tokio::test]
async fn a_group_is_refused_once() {
    let full = Effect::Refuse(PeerError::GroupModFailed(GroupModFailed::OutOfGroups));
    survives(|switch| switch.fail(changes_group, 1, full)).await;
}

#[tokio::test]
async fn a_meter_is_refused_once() {
    let full = Effect::Refuse(PeerError::MeterModFailed(MeterModFailed::OutOfMeters));
    let meter = |message: &Message| matches!(message, Message::MeterMod(_));
    survives(|switch| switch.fail(meter, 1, full)).await;
}

#[tokio::test]
async fn a_bundle_is_not_opened() {
    let full = Effect::Refuse(PeerError::Onf(OnfError::BundlesTooMany));
    let open = is_control(BundleControlType::OPEN_REQUEST);
    survives(|switch| switch.fail(open, 1, full)).await;
}

#[tokio::test]
async fn a_bundle_is_not_committed() {
    let failed = Effect::Refuse(PeerError::Onf(OnfError::BundleTimeout));
    let commit = is_control(BundleControlType::COMMIT_REQUEST);
    survives(|switch| switch.fail(commit, 2, failed)).await;
}

#[tokio::test]
async fn a_commit_is_never_answered() {
    let commit = is_control(BundleControlType::COMMIT_REQUEST);
    survives(|switch| switch.fail(commit, 1, Effect::Silence)).await;
}

#[tokio::test]
async fn a_barrier_is_never_answered() {
    let barrier = |message: &Message| matches!(message, Message::BarrierRequest);
    survives(|switch| switch.fail(barrier, 1, Effect::Silence)).await;
}

#[tokio::test]
async fn a_dump_is_refused_and_then_never_answered() {
    let running = Running::start().await;
    let switch = &running.machine.switch;
    let busy = Effect::Refuse(PeerError::BadRequest(
        openflow::peer_error::BadRequest::MultipartOverflow,
    ));
    switch.fail(dumps_flows, 1, busy);
    switch.fail(dumps_flows, 1, Effect::Silence);
    running.machine.cut(Link::OpenFlow);
    running.instance().await;
    running.converges().await;
}

/// While it takes its time the model changes, and what was dumped is of yesterday.
#[tokio::test]
async fn a_dump_takes_its_time() {
    let running = Running::start().await;
    let switch = &running.machine.switch;
    switch.fail(dumps_flows, 1, Effect::Delay(ANSWER.mul_f32(0.8)));
    running.machine.cut(Link::OpenFlow);
    for _ in 0..5 {
        running.instance().await;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    running.converges().await;
    running.controller.settled().await;
}

#[tokio::test]
async fn a_switch_that_has_lost_everything_is_refilled() {
    let running = Running::start().await;
    running.machine.switch.with(|switch| switch.restart());
    running.machine.cut(Link::OpenFlow);
    running.converges().await;
    running.controller.settled().await;
}

/// Of a port that the switch will not take in full nobody says that it is active; the others are, the
/// refusal is told, and once the switch takes it, it is.
#[tokio::test]
async fn a_flow_is_refused_for_good() {
    let running = Running::start().await;
    let model = running.controller.ledger.model();
    let next = model.ports().map(|port| port.key).max().unwrap() + 1;
    let of_next = move |message: &Message| match message {
        Message::BundleAdd(add) => match &*add.message {
            Message::FlowMod(flow) => {
                let cookie = Cookie::from_bits(flow.entry.cookie);
                flow.key.table == 0 && cookie.is_some_and(|c| c.object == Object::Port(next))
            }
            _ => false,
        },
        _ => false,
    };
    let full = Effect::Refuse(PeerError::FlowModFailed(FlowModFailed::TableFull));
    running.machine.switch.fail(of_next, u32::MAX, full);
    let refused = running.instance().await;
    let other = running.instance().await;
    eventually(async || {
        let report = running.controller.report("one").unwrap();
        let told = report
            .faults
            .iter()
            .any(|fault| fault.contains("OFPFMFC_TABLE_FULL") || fault.contains("full"));
        let status = running.controller.status(other).await;
        match told && status == "ACTIVE" {
            true => Ok(()),
            false => Err(format!("{status}, {report:?}")),
        }
    })
    .await;
    assert_eq!(running.controller.status(refused).await, "DOWN");
    running.machine.switch.heal();
    running.converges().await;
    let report = running.controller.report("one").unwrap();
    assert_eq!((report.faults, report.repaired), (Vec::new(), 0));
}
