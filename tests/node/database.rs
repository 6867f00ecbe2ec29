//! OVSDB servers that refuse, fall silent or go away in the middle of something.

use std::time::Duration;

use api::NetworkType;
use ovsdb::testing::Fault;
use ovsdb::{ErrorKind, PeerError};
use serde_json::json;

use crate::controller::{Controller, file};
use crate::eventually;
use crate::machine::{Link, Machine};
use crate::switch::Running;

/// The first rows of a node are written although this fails.
async fn survives(faults: &[Fault]) {
    let (_folder, database) = file();
    let controller = Controller::start(database).await;
    let network = controller.network().await;
    let machine = Machine::start(&controller, "one");
    for fault in faults {
        machine.database.fail_next(fault.clone());
    }
    let port = controller.port(network, "one").await;
    eventually(async || {
        let bridge = machine.named("Bridge", "br-int");
        bridge.map(drop).ok_or("no br-int".to_owned())
    })
    .await;
    machine.plug(port);
    machine.converges(&controller).await;
    let tunnels = machine.facts().tunnel_ports;
    assert_eq!(
        tunnels.keys().copied().collect::<Vec<_>>(),
        [NetworkType::Vxlan]
    );
    eventually(async || {
        let faults = controller.report("one").unwrap().faults;
        match faults.is_empty() {
            true => Ok(()),
            false => Err(format!("{faults:?}")),
        }
    })
    .await;
}

#[tokio::test]
async fn a_transaction_is_refused() {
    let error = |kind, details: &str| Fault::Refuse(PeerError::new(kind, details));
    survives(&[
        error(ErrorKind::ResourcesExhausted, "no memory"),
        error(ErrorKind::IoError, "no space left on device"),
    ])
    .await;
}

#[tokio::test]
async fn the_session_ends_before_a_transaction_and_after_it() {
    survives(&[Fault::DropBefore, Fault::DropAfter]).await;
}

#[tokio::test]
async fn a_transaction_is_answered_with_nonsense() {
    survives(&[Fault::Garbage(b"{\"nonsense\": [}".to_vec())]).await;
}

#[tokio::test]
async fn a_transaction_is_answered_late() {
    survives(&[Fault::Delay(Duration::from_secs(1))]).await;
}

#[tokio::test]
async fn a_transaction_is_never_answered() {
    survives(&[Fault::Silence]).await;
}

/// Flows do not wait for rows: while a transaction is out, ports that are plugged come up.
#[tokio::test]
async fn flows_are_kept_up_to_date_while_a_transaction_is_not_answered() {
    let running = Running::start().await;
    let Running {
        controller,
        machine,
        ..
    } = &running;
    machine.database.fail_next(Fault::Silence);
    // A network of another type needs another tunnel port.
    let other = json!({"provider:network_type": "geneve"});
    let other = controller.create("network", other).await;
    controller.port(other, "one").await;
    eventually(async || match machine.facts().tunnel_ports.len() {
        2 => Ok(()),
        n => Err(format!("{n} tunnel ports")),
    })
    .await;
    let since = std::time::Instant::now();
    running.instance().await;
    running.converges().await;
    assert!(
        since.elapsed() < Duration::from_secs(5),
        "{:?}",
        since.elapsed()
    );
}

/// What the database said last stands while it is away, and the model goes on.
#[tokio::test]
async fn flows_are_kept_up_to_date_while_the_database_is_away() {
    let running = Running::start().await;
    let Running {
        controller,
        machine,
        network,
        ..
    } = &running;
    machine.set(Link::Ovsdb, false);
    let elsewhere = Machine::start(controller, "another");
    controller.port(*network, "another").await;
    elsewhere.converges(controller).await;
    machine.converges(controller).await;
    let before = machine.facts();
    let late = controller.port(*network, "one").await;
    machine.plug(late);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(controller.status(late).await, "DOWN");
    assert_ne!(machine.facts(), before);
    machine.set(Link::Ovsdb, true);
    machine.converges(controller).await;
}
