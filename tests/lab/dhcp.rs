//! DHCP as a real client sees it: every option that a subnet and a port can ask for.

use serde_json::json;
use weft::lab::instance::Lease;
use weft::lab::rest::text;

use crate::common::{Playground, on_the_lab};

fn said<'a>(lease: &'a Lease, option: &str) -> &'a str {
    lease.get(option).map_or("nothing", String::as_str)
}

#[test]
fn a_client_is_told_all_that_the_api_says() {
    on_the_lab("a_client_is_told_all_that_the_api_says", async |lab| {
        let subnet = json!({
            "gateway_ip": "10.77.0.254",
            "dns_nameservers": ["192.0.2.1", "192.0.2.2"],
            "host_routes": [
                {"destination": "198.51.100.0/24", "nexthop": "10.77.0.7"},
                {"destination": "203.0.113.128/25", "nexthop": "10.77.0.8"},
            ],
        });
        let ground =
            Playground::with_subnet(lab, "dhcp", "vxlan", &["node1", "node3"], subnet).await?;
        for instance in &ground.instances {
            let lease = instance.lease(lab, 5).await?;
            let address = instance.addresses[0].to_string();
            let mtu = ground.network["mtu"].to_string();
            for (option, value) in [
                ("ip", address.as_str()),
                ("mask", "24"),
                ("subnet", "255.255.255.0"),
                ("router", "10.77.0.254"),
                ("dns", "192.0.2.1 192.0.2.2"),
                ("mtu", mtu.as_str()),
                ("domain", "lab.example"),
                ("lease", "86400"),
            ] {
                assert_eq!(said(&lease, option), value, "{option} in {lease:#?}");
            }
            let routes = said(&lease, "staticroutes");
            for route in [
                "198.51.100.0/24 10.77.0.7",
                "203.0.113.128/25 10.77.0.8",
                "0.0.0.0/0 10.77.0.254",
            ] {
                assert!(routes.contains(route), "no route {route} in {routes}");
            }
            assert!(
                said(&lease, "serverid")
                    .parse::<std::net::Ipv4Addr>()
                    .is_ok(),
                "{lease:#?}"
            );
            let table = instance.run(lab, &["ip", "route"]).await?;
            assert!(table.contains("default via 10.77.0.254"), "{table}");
        }
        ground.remove(lab).await
    });
}

#[test]
fn extra_options_reach_the_client() {
    on_the_lab("extra_options_reach_the_client", async |lab| {
        let mut ground = Playground::new(lab, "extra", "geneve", &[]).await?;
        let more = json!({"extra_dhcp_opts": [
            {"opt_name": "bootfile-name", "opt_value": "pxelinux.0"},
            {"opt_name": "tftp-server", "opt_value": "192.0.2.69"},
            {"opt_name": "ntp-server", "opt_value": "192.0.2.123"},
            {"opt_name": "150", "opt_value": "192.0.2.150"},
            {"opt_name": "mtu", "opt_value": "1300"},
        ]});
        let place = ground.add(lab, "node2", more).await?;
        let lease = ground.instances[place].lease(lab, 5).await?;
        assert_eq!(said(&lease, "bootfile"), "pxelinux.0", "{lease:#?}");
        assert_eq!(said(&lease, "tftp"), "192.0.2.69", "{lease:#?}");
        assert_eq!(said(&lease, "ntpsrv"), "192.0.2.123", "{lease:#?}");
        assert_eq!(said(&lease, "mtu"), "1300", "{lease:#?}");
        assert_eq!(said(&lease, "opt150"), "c0000296", "{lease:#?}");
        ground.remove(lab).await
    });
}

#[test]
fn a_changed_subnet_shows_in_the_next_lease_and_no_dhcp_means_none() {
    on_the_lab("a_changed_subnet_shows_in_the_next_lease", async |lab| {
        let ground = Playground::new(lab, "renew", "vlan", &["node1"]).await?;
        let instance = &ground.instances[0];
        let subnet = text(&ground.subnet, "id")?;
        lab.api
            .update(
                "subnets",
                subnet,
                json!({"dns_nameservers": ["192.0.2.99"]}),
            )
            .await?;
        instance.unplug(lab).await?;
        instance.plug(lab).await?;
        let lease = instance.lease(lab, 20).await?;
        assert_eq!(said(&lease, "dns"), "192.0.2.99", "{lease:#?}");

        lab.api
            .update("subnets", subnet, json!({"enable_dhcp": false}))
            .await?;
        instance.unplug(lab).await?;
        instance.plug(lab).await?;
        assert!(
            instance.lease(lab, 5).await.is_err(),
            "a lease on a subnet without DHCP"
        );
        ground.remove(lab).await
    });
}
