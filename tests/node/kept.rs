//! What is right is left alone: switches that come back as they went, and whatever belongs to others.

use std::time::Duration;

use openflow::{GroupMod, Message};
use serde_json::json;
use uuid::Uuid;

use crate::controller::{Controller, file};
use crate::eventually;
use crate::machine::{Link, Machine};
use crate::switch::Running;

/// Waits until the worker has compared the switch once more.
async fn compared(controller: &Controller, audits: u64) {
    eventually(async || match controller.report("one") {
        Some(report) if report.audits > audits && report.synchronised => Ok(()),
        report => Err(format!("{report:?}")),
    })
    .await;
}

#[tokio::test]
async fn a_switch_that_comes_back_as_it_went_is_sent_nothing() {
    let running = Running::start().await;
    let (controller, machine) = (&running.controller, &running.machine);
    controller.settled().await;
    let mods = machine.mods();
    for link in [Link::OpenFlow, Link::Ovsdb, Link::OpenFlow] {
        let audits = controller.report("one").unwrap().audits;
        machine.cut(link);
        if link == Link::OpenFlow {
            compared(controller, audits).await;
        }
    }
    machine.off();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let audits = controller.report("one").unwrap().audits;
    machine.on();
    compared(controller, audits).await;
    assert_eq!(machine.mods(), mods);
    assert_eq!(controller.report("one").unwrap().repaired, 0);
}

/// It gets what has changed, not everything.
#[tokio::test]
async fn a_switch_that_was_away_is_brought_up_to_date_by_difference() {
    let running = Running::start().await;
    let (controller, machine) = (&running.controller, &running.machine);
    let gone = *machine.facts().ofports.keys().next().unwrap();
    let before = machine.held();
    let mods = machine.mods();
    machine.off();
    controller.delete_port(gone).await;
    let new = controller.port(running.network, "one").await;
    machine.plug(new);
    // Its database first: then one comparison finds all there is.
    machine.set(Link::Ovsdb, true);
    eventually(async || match controller.report("one") {
        Some(report) if report.plugged == 4 => Ok(()),
        report => Err(format!("{report:?}")),
    })
    .await;
    machine.set(Link::OpenFlow, true);
    machine.converges(controller).await;
    controller.settled().await;
    let after = machine.held();
    let difference = weft::compile::difference(&before, &after).len() as u64;
    assert_eq!(machine.mods() - mods, difference);
    assert!(difference < after.flows.len() as u64);
}

#[tokio::test]
async fn what_belongs_to_others_is_left_alone() {
    let running = Running::start().await;
    let (controller, machine) = (&running.controller, &running.machine);
    let flows = [
        "table=0,priority=7,in_port=9 actions=drop",
        "table=60,priority=200,cookie=0x1234,in_port=9 actions=output:8",
    ];
    let group: GroupMod = "add group_id=77,type=all,bucket=actions=output:9"
        .parse()
        .unwrap();
    let foreign = machine.switch.with(|switch| {
        for flow in flows {
            switch.add_flow(flow).unwrap();
        }
        switch.group_mod(&group).unwrap();
        switch.flows().len()
    });
    machine.database.transact(json!([
        {"op": "insert", "table": "Interface", "uuid-name": "i", "row": {"name": "theirs", "external_ids": ["map", [["owner", "them"]]]}},
        {"op": "insert", "table": "Port", "uuid-name": "p", "row": {"name": "theirs", "interfaces": ["named-uuid", "i"]}},
        {"op": "mutate", "table": "Bridge", "where": [["name", "==", "br-int"]],
         "mutations": [["ports", "insert", ["set", [["named-uuid", "p"]]]], ["external_ids", "insert", ["map", [["owner", "them"]]]]]},
    ]));
    let row = machine.named("Port", "theirs").unwrap();
    running.instance().await;
    machine.converges(controller).await;
    machine.cut(Link::Ovsdb);
    machine.cut(Link::OpenFlow);
    running.instance().await;
    machine.converges(controller).await;
    assert_eq!(machine.named("Port", "theirs"), Some(row));
    machine.switch.with(|switch| {
        let ours = machine_flows(switch);
        assert_eq!(switch.flows().len() - ours, 2, "of {foreign} flows");
        assert!(switch.groups().any(|group| group.id == 77));
    });
}

/// `other_config` of the interface that is plugged for a port, but for what is not of interest.
fn steering(machine: &Machine, port: Uuid) -> Option<String> {
    let rows = machine.database.rows("Interface");
    let map = |row: &ovsdb::Columns, column: &str, key: &str| {
        let found = row.get(column).and_then(|datum| datum.as_map()?.text(key));
        found.map(str::to_owned)
    };
    let id = port.to_string();
    let plugged = |row: &&ovsdb::Columns| map(row, "external_ids", "iface-id") == Some(id.clone());
    let row = rows.values().find(plugged)?;
    map(row, "other_config", "tx-steering")
}

#[tokio::test]
async fn what_a_port_hints_stands_at_its_interface_and_what_others_set_there_stays() {
    let running = Running::start().await;
    let (controller, machine) = (&running.controller, &running.machine);
    let becomes = async |port: Uuid, wanted: Option<&str>| {
        eventually(async || match steering(machine, port) {
            found if found.as_deref() == wanted => Ok(()),
            found => Err(format!("{found:?}, not {wanted:?}")),
        })
        .await;
    };
    let theirs = *machine.facts().ofports.keys().next().unwrap();
    machine.database.transact(json!([
        {"op": "mutate", "table": "Interface",
         "where": [["external_ids", "includes", ["map", [["iface-id", theirs]]]]],
         "mutations": [["other_config", "insert", ["map", [["tx-steering", "thread"]]]]]},
    ]));
    let port = running.instance().await;
    let path = format!("/v2.0/ports/{port}");
    for word in ["hash", "thread"] {
        let hints = json!({"openvswitch": {"other_config": {"tx-steering": word}}});
        let asked = json!({"port": {"hints": hints}});
        let (status, answer) = controller.ask("PUT", &path, Some(asked)).await;
        assert_eq!(status, 200, "{answer}");
        becomes(port, Some(word)).await;
    }
    let (status, _) = controller
        .ask("PUT", &path, Some(json!({"port": {"hints": {}}})))
        .await;
    assert_eq!(status, 200);
    becomes(port, None).await;
    becomes(theirs, Some("thread")).await;
}

fn machine_flows(switch: &openflow::testing::Switch) -> usize {
    let flows = switch.flows().iter();
    flows
        .filter(|(_, flow)| weft::compile::cookie::is_ours(flow.entry.cookie))
        .count()
}

#[tokio::test]
async fn what_is_deleted_by_hand_comes_back_with_an_audit_and_is_counted() {
    let running = Running::start().await;
    let (controller, machine) = (&running.controller, &running.machine);
    controller.settled().await;
    let group = *machine.held().groups.keys().next().unwrap();
    machine.switch.with(|switch| {
        switch.add_flow("delete table=10").unwrap();
        // The flows that name it go with it.
        switch.group_mod(&GroupMod::delete(group)).unwrap();
    });
    let lost = machine.holds(controller).unwrap_err();
    let node = controller
        .ledger
        .model()
        .node_by_hostname("one")
        .unwrap()
        .id;
    controller.fleet.audit(node).unwrap();
    machine.converges(controller).await;
    eventually(async || match controller.report("one").unwrap().repaired {
        0 => Err("nothing was counted".to_owned()),
        n if lost.starts_with(&format!("{n} ")) => Ok(()),
        n => Err(format!("{n} were counted; {lost}")),
    })
    .await;
}

/// A worker whose switch is away for longer than audits are apart waits; it does not turn in circles.
#[tokio::test]
async fn an_absent_switch_costs_nothing() {
    let (_folder, database) = file();
    let interval = Duration::from_millis(50);
    let controller = Controller::start_with(database, Some(interval)).await;
    let machine = Machine::start(&controller, "one");
    eventually(async || machine.holds(&controller)).await;
    machine.off();
    eventually(async || match controller.report("one").unwrap().openflow {
        false => Ok(()),
        true => Err("still connected".to_owned()),
    })
    .await;
    let busy = || {
        tokio::runtime::Handle::current()
            .metrics()
            .worker_total_busy_duration(0)
    };
    tokio::time::sleep(4 * interval).await;
    let before = busy();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let spent = busy() - before;
    assert!(spent < Duration::from_millis(300), "{spent:?} in a second");
    machine.on();
    eventually(async || machine.holds(&controller)).await;
}

/// Messages of a kind that nobody expects are no reason to part.
#[tokio::test]
async fn a_switch_may_speak_out_of_turn() {
    let running = Running::start().await;
    let machine = &running.machine;
    machine.switch.with(|switch| {
        for port in 40..60 {
            switch.add_port(port, &format!("p{port}"));
            switch.set_link(port, false);
            switch.remove_port(port);
        }
    });
    let silent = |message: &Message| matches!(message, Message::EchoRequest(_));
    machine
        .switch
        .fail(silent, 1, openflow::testing::Effect::Silence);
    running.instance().await;
    running.converges().await;
}
