//! What is not ours stays; what is ours comes back.

use serde_json::json;
use weft::lab::{Lab, LabError};

use crate::common::switch::{self, ofctl, vsctl};
use crate::common::{Playground, kill_controller, on_the_lab, start_controller};

/// Two rounds of the audit, which the lab's configuration has every five seconds.
const AUDIT_SECONDS_MAX: u64 = 15;
const FOREIGN_FLOW: &str = "cookie=0xf00d,table=0,priority=7,ip,nw_dst=203.0.113.9,actions=drop";

#[test]
fn foreign_flows_and_rows_are_left_alone() {
    on_the_lab("foreign_flows_and_rows_are_left_alone", async |lab| {
        remove_foreign(lab).await?;
        let mut ground = Playground::new(lab, "foreign", "vlan", &["node1"]).await?;
        ofctl(lab, "node1", &["add-flow", "br-int", FOREIGN_FLOW]).await?;
        ofctl(
            lab,
            "node1",
            &[
                "add-group",
                "br-int",
                "group_id=4026531841,type=all,bucket=actions=drop",
            ],
        )
        .await?;
        let rows = "-- --may-exist add-br br-foreign -- set Bridge br-foreign datapath_type=netdev \
             external_ids:owner=someone -- --may-exist add-port br-int foreign0 \
             -- set Interface foreign0 type=internal external_ids:owner=someone \
             -- set Open_vSwitch . external_ids:foreign=kept";
        vsctl(lab, "node1", &rows.split_whitespace().collect::<Vec<_>>()).await?;
        let before = foreign_rows(lab).await?;

        // Whatever weft does of itself: a change, an audit, a restart with its comparison.
        ground.add(lab, "node1", json!({})).await?;
        kill_controller(lab).await?;
        start_controller(lab).await?;
        tokio::time::sleep(std::time::Duration::from_secs(AUDIT_SECONDS_MAX)).await;

        let flows = ofctl(lab, "node1", &["dump-flows", "br-int", "cookie=0xf00d/-1"]).await?;
        assert!(
            flows.contains("203.0.113.9"),
            "the foreign flow is gone: {flows}"
        );
        let groups = ofctl(lab, "node1", &["dump-groups", "br-int"]).await?;
        assert!(
            groups.contains("group_id=4026531841"),
            "the foreign group is gone: {groups}"
        );
        assert_eq!(foreign_rows(lab).await?, before);

        remove_foreign(lab).await?;
        ground.remove(lab).await
    });
}

#[test]
fn what_is_deleted_by_hand_comes_back() {
    on_the_lab("what_is_deleted_by_hand_comes_back", async |lab| {
        // Groups of others do not come back, and are in nobody's way.
        remove_foreign(lab).await?;
        let ground = Playground::new(lab, "audit", "vxlan", &["node1", "node2"]).await?;
        let before = switch::steady_state(lab, "node1").await?;
        let ours = before.iter().find_map(|line| {
            line.strip_prefix("cookie=")
                .filter(|c| !c.starts_with("0x0,"))
        });
        let cookie = ours
            .and_then(|rest| rest.split([',', ' ']).next())
            .expect("no flow with a cookie");

        ofctl(
            lab,
            "node1",
            &["del-flows", "br-int", &format!("cookie={cookie}/-1")],
        )
        .await?;
        assert_ne!(
            switch::state(lab, "node1").await?,
            before,
            "nothing was deleted"
        );
        switch::restored(lab, "node1", &before, AUDIT_SECONDS_MAX).await?;

        ofctl(lab, "node1", &["del-groups", "br-int"]).await?;
        switch::restored(lab, "node1", &before, AUDIT_SECONDS_MAX).await?;

        ofctl(lab, "node1", &["del-flows", "br-int"]).await?;
        switch::restored(lab, "node1", &before, AUDIT_SECONDS_MAX).await?;
        ground.remove(lab).await
    });
}

/// Takes away what the test of foreign things adds, also where an earlier run ended in the middle.
async fn remove_foreign(lab: &Lab) -> Result<(), LabError> {
    for gone in [
        ["del-flows", "br-int", "cookie=0xf00d/-1"],
        ["del-groups", "br-int", "group_id=4026531841"],
    ] {
        ofctl(lab, "node1", &gone).await?;
    }
    let undo = "-- --if-exists del-br br-foreign -- --if-exists del-port br-int foreign0 \
         -- remove Open_vSwitch . external_ids foreign";
    vsctl(lab, "node1", &undo.split_whitespace().collect::<Vec<_>>()).await?;
    Ok(())
}

async fn foreign_rows(lab: &Lab) -> Result<String, LabError> {
    let script = "ovs-vsctl --columns=name,datapath_type,external_ids list Bridge br-foreign
                  ovs-vsctl --columns=name,type,external_ids list Interface foreign0
                  ovs-vsctl list-ports br-int | grep foreign0
                  ovs-vsctl get Open_vSwitch . external_ids:foreign";
    lab.containers.exec("node1", &["sh", "-ec", script]).await
}
