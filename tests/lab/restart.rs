//! What must go on when something is killed: the controller, a switch, the way between them.

use std::time::Duration;

use serde_json::json;
use weft::lab::rest::text;
use weft::lab::{Client, Instance, Lab, LabError, NODES, until};

use crate::common::switch::{self, Messages};
use crate::common::{Playground, kill_controller, on_the_lab, start_controller};

/// Pings a second while things are killed.
const PINGS_A_SECOND: u32 = 100;
/// A node that lost its controller or its flows is as it was within this.
const RECOVERY_SECONDS_MAX: u64 = 60;

#[test]
fn a_killed_controller_costs_no_packet_no_flow_and_no_answered_write() {
    on_the_lab("a_killed_controller", async |lab| {
        let ground = Playground::new(lab, "kill", "vxlan", &NODES).await?;
        settle(lab, &ground).await?;
        let [a, b, c] = ground.instances.as_slice() else {
            panic!("three instances")
        };
        let seconds = 20;
        let first = a.keep_pinging(
            lab,
            b.addresses[0],
            PINGS_A_SECOND,
            PINGS_A_SECOND * seconds,
        )?;
        let second = c.keep_pinging(
            lab,
            a.addresses[0],
            PINGS_A_SECOND,
            PINGS_A_SECOND * seconds,
        )?;

        tokio::time::sleep(Duration::from_secs(1)).await;
        let network = text(&ground.network, "id")?.to_owned();
        let writer = tokio::spawn(write_until_it_fails(lab.api.clone(), network));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let before = states(lab).await?;
        kill_controller(lab).await?;
        let answered = writer.await.unwrap();
        assert!(
            answered.len() > 10,
            "only {} writes were answered in 2 s",
            answered.len()
        );
        let mut listening = Vec::new();
        for node in NODES {
            listening.push(Messages::listen(lab, node).await?);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        start_controller(lab).await?;

        for id in &answered {
            lab.api.show("ports", id).await?;
        }
        for (sent, came_back) in [first.finish().await?, second.finish().await?] {
            assert_eq!(
                (sent, came_back),
                (PINGS_A_SECOND * seconds, sent),
                "packets were lost"
            );
        }
        for (node, messages) in NODES.iter().zip(&listening) {
            sent_nothing(lab, node, messages).await?;
        }
        assert_eq!(states(lab).await?, before);
        for instance in &ground.instances {
            instance.wait_for_status(lab, "ACTIVE", 10).await?;
        }
        ground.remove(lab).await
    });
}

/// Creates ports until a request fails; the ids of those that are there, as far as was answered.
/// Unbound ports: they change the ledger and no switch.
async fn write_until_it_fails(api: Client, network: String) -> Vec<String> {
    let mut answered = Vec::new();
    // A bound in case nobody kills the controller.
    for number in 0..20_000 {
        let port = json!({"network_id": network, "name": format!("written-{number}")});
        match api.create("ports", port).await {
            Ok(port) => answered.push(text(&port, "id").unwrap().to_owned()),
            Err(_) => break,
        }
        // The subnet has some 250 addresses: make room.
        if answered.len() > 100 {
            let oldest = answered.remove(0);
            if api.delete("ports", &oldest).await.is_err() {
                break;
            }
        }
    }
    answered
}

#[test]
fn a_killed_switch_is_refilled() {
    on_the_lab("a_killed_switch_is_refilled", async |lab| {
        let ground = Playground::new(lab, "refill", "geneve", &["node1", "node2"]).await?;
        let [a, b] = ground.instances.as_slice() else {
            panic!("two instances")
        };
        settle(lab, &ground).await?;
        let before = switch::steady_state(lab, "node2").await?;
        lab.containers
            .exec("node2", &["pkill", "-KILL", "ovs-vswitchd"])
            .await?;
        switch::restored(lab, "node2", &before, RECOVERY_SECONDS_MAX).await?;
        reaches(lab, a, b).await?;
        reaches(lab, b, a).await?;
        b.wait_for_status(lab, "ACTIVE", 10).await?;
        ground.remove(lab).await
    });
}

#[test]
fn a_node_that_was_away_is_brought_up_to_date_by_difference() {
    on_the_lab("a_node_that_was_away", async |lab| {
        let mut ground = Playground::new(lab, "away", "gre", &["node1", "node2", "node3"]).await?;
        settle(lab, &ground).await?;
        let whole = switch::steady_state(lab, "node3").await?;
        let address = lab.containers.address("control", "node3").await?;
        lab.containers.connect("control", "node3", None).await?;
        let messages = Messages::listen(lab, "node3").await?;

        let newcomer = ground.add(lab, "node1", json!({})).await?;
        let gone = ground.instances.remove(1);
        gone.destroy(lab).await?;
        until("node3 is seen to be away", RECOVERY_SECONDS_MAX, || async {
            !lab.is_alive("node3").await
        })
        .await?;
        assert_eq!(
            switch::state(lab, "node3").await?,
            whole,
            "a node that is away keeps its flows"
        );

        lab.containers
            .connect("control", "node3", Some(&address))
            .await?;
        until("node3 is alive again", RECOVERY_SECONDS_MAX, || {
            lab.is_alive("node3")
        })
        .await?;
        // The newcomer is at the end still: one instance before it was taken out.
        let newcomer = &ground.instances[newcomer - 1];
        let away = &ground.instances[1];
        reaches(lab, away, newcomer).await?;
        reaches(lab, newcomer, away).await?;
        let changes = messages.changes(lab).await?.len();
        assert!(changes > 0, "node3 was sent nothing");
        assert!(
            changes <= 12,
            "one port came and one went, and {changes} changes were sent"
        );
        ground.remove(lab).await
    });
}

/// Checks, by the switch's log and by weft's count, that the controller came back and changed nothing.
async fn sent_nothing(lab: &Lab, node: &str, messages: &Messages) -> Result<(), LabError> {
    assert!(
        !messages.all(lab).await?.is_empty(),
        "{node}: the controller did not come back"
    );
    let changes = messages.changes(lab).await?;
    assert_eq!(
        changes_counted(lab, node).await?,
        0,
        "weft's own count for {node}"
    );
    assert!(
        changes.is_empty(),
        "{node} was sent {} changes: {:#?}",
        changes.len(),
        changes
    );
    Ok(())
}

/// How many changes the controller has sent to a node since it started, by its own count.
async fn changes_counted(lab: &Lab, node: &str) -> Result<u64, LabError> {
    let nodes = lab.api.list("/weft/v1/status", "nodes").await?;
    let here = nodes.iter().find(|status| status["hostname"] == node);
    here.and_then(|status| status["report"]["mods"].as_u64())
        .ok_or_else(|| LabError::Malformed {
            what: "/weft/v1/status".to_owned(),
            found: format!("no report.mods of {node}"),
        })
}

/// Waits until every instance reaches every other, so that later losses are due to what comes later.
async fn settle(lab: &Lab, ground: &Playground) -> Result<(), LabError> {
    for from in &ground.instances {
        for to in ground.instances.iter().filter(|to| *to != from) {
            reaches(lab, from, to).await?;
        }
    }
    Ok(())
}

async fn reaches(lab: &Lab, from: &Instance, to: &Instance) -> Result<(), LabError> {
    let what = format!("{} reaches {}", from.name, to.name);
    until(&what, RECOVERY_SECONDS_MAX, || async {
        let answers = from.ping(lab, &to.addresses, 56).await;
        answers.is_ok_and(|all| {
            all.iter()
                .all(|one| matches!(one, weft::lab::instance::Ping::Answered(_)))
        })
    })
    .await
}

async fn states(lab: &Lab) -> Result<Vec<Vec<String>>, LabError> {
    let mut all = Vec::new();
    for node in NODES {
        all.push(switch::state(lab, node).await?);
    }
    Ok(all)
}
