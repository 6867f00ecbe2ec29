//! IPv6 between nodes: neighbours are found by the switch's own answers, lies about them are stopped.

use serde_json::json;
use weft::lab::instance::Ping;
use weft::lab::rest::text;
use weft::lab::{Instance, Lab, until};

use crate::common::{Outcome, Playground, on_the_lab};

#[test]
fn fixed_ipv6_addresses_reach_each_other() {
    on_the_lab("fixed_ipv6_addresses_reach_each_other", async |lab| {
        let mut ground = Playground::new(lab, "six", "vxlan", &[]).await?;
        let subnet = json!({
            "network_id": text(&ground.network, "id")?,
            "ip_version": 6,
            "cidr": "2001:db8:77::/64",
        });
        let subnet = lab.api.create("subnets", subnet).await?;
        for (node, address) in [("node1", "2001:db8:77::11"), ("node2", "2001:db8:77::12")] {
            let fixed = json!({"fixed_ips": [
                {"subnet_id": ground.subnet["id"]},
                {"subnet_id": subnet["id"], "ip_address": address},
            ]});
            let place = ground.add(lab, node, fixed).await?;
            give(lab, &ground.instances[place], address).await?;
        }
        let [a, b] = ground.instances.as_slice() else {
            panic!("two instances")
        };
        for (from, to) in [(a, "2001:db8:77::12"), (b, "2001:db8:77::11")] {
            let what = format!("{} reaches {to}", from.name);
            let target = [to.parse().unwrap()];
            until(&what, 15, || async {
                from.ping(lab, &target, 56)
                    .await
                    .is_ok_and(|all| matches!(all[0], Ping::Answered(_)))
            })
            .await?;
        }
        // An address that the port does not have.
        give(lab, a, "2001:db8:77::666").await?;
        let lie = [
            "ping",
            "-6",
            "-c",
            "3",
            "-i",
            "0.2",
            "-W",
            "1",
            "-I",
            "2001:db8:77::666",
            "2001:db8:77::12",
        ];
        assert!(
            a.run(lab, &lie).await.is_err(),
            "a spoofed IPv6 source was answered"
        );
        ground.remove(lab).await
    });
}

/// Sets an address by hand: without router advertisements nobody else does.
async fn give(lab: &Lab, instance: &Instance, address: &str) -> Outcome {
    let address = format!("{address}/64");
    instance
        .run(
            lab,
            &[
                "ip", "-6", "address", "replace", &address, "dev", "eth0", "nodad",
            ],
        )
        .await
        .map(|_| ())
}
