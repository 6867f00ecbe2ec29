//! Two switches that say that they are the same node: the one that came first stays, and gets nothing of
//! what is for the other.

use std::time::Duration;

use serde_json::json;

use crate::eventually;
use crate::machine::Machine;
use crate::switch::Running;

/// Waits until the node tells of a switch that is kept out, or of none.
async fn kept_out(running: &Running, expected: bool) {
    eventually(async || {
        let faults = running.controller.report("one").unwrap().faults;
        match faults.iter().any(|fault| fault.contains("another switch")) == expected {
            true => Ok(()),
            false => Err(format!("{faults:?}")),
        }
    })
    .await;
}

async fn stays_out(host: &str, system_id: &str) {
    let running = Running::start().await;
    let (controller, machine) = (&running.controller, &running.machine);
    controller.settled().await;
    let (mods, node) = (machine.mods(), controller.ledger.model());
    let twin = Machine::start_as(controller, host, system_id);
    kept_out(&running, true).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(twin.named("Bridge", "br-int").is_none());
    assert_eq!(machine.mods(), mods);
    let model = controller.ledger.model();
    assert_eq!(
        model.node_by_hostname("one"),
        node.node_by_hostname("one"),
        "it changed what the node says of itself"
    );
    running.instance().await;
    running.converges().await;
    // It takes the place once that is free.
    machine.off();
    eventually(async || {
        let bridge = twin.named("Bridge", "br-int");
        bridge.map(drop).ok_or("no br-int".to_owned())
    })
    .await;
    kept_out(&running, false).await;
}

#[tokio::test]
async fn by_the_same_system_id() {
    stays_out("one", "one").await;
}

#[tokio::test]
async fn by_the_same_hostname() {
    stays_out("one", "two").await;
}

/// With a system id of its own it joins as what it is.
#[tokio::test]
async fn the_other_is_let_in_under_another_name() {
    let running = Running::start().await;
    let controller = &running.controller;
    let twin = Machine::start(controller, "one");
    kept_out(&running, true).await;
    let names = json!([
        ["system-id", "two"],
        ["hostname", "two"],
        ["ovn-encap-ip", "192.0.2.9"]
    ]);
    let row = json!({"external_ids": ["map", names]});
    let update = json!([{"op": "update", "table": "Open_vSwitch", "where": [], "row": row}]);
    twin.database.transact(update);
    eventually(async || {
        let bridge = twin.named("Bridge", "br-int");
        bridge.map(drop).ok_or("no br-int".to_owned())
    })
    .await;
    kept_out(&running, false).await;
    running.instance().await;
    running.converges().await;
}
