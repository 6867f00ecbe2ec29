//! Networks, subnets, ports and nodes over the API: what crosses the rooms.

use api::Timestamp;
use serde_json::json;
use weft::service::{PortReport, Registration, Settings};

use crate::http::House;

#[tokio::test(flavor = "multi_thread")]
async fn host_bits_of_a_block_are_cleared() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    let asked = json!({"subnet": {"network_id": network, "ip_version": 4, "cidr": "10.1.2.3/24"}});
    let subnet = house.post("/v2.0/subnets", asked).await;
    assert_eq!(subnet["subnet"]["cidr"], "10.1.2.0/24");
    assert_eq!(subnet["subnet"]["gateway_ip"], "10.1.2.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn some_dhcp_options_may_be_blank_to_take_the_subnets_away() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    let option = |name: &str| {
        let option = json!({"opt_name": name, "opt_value": ""});
        json!({"port": {"network_id": network, "extra_dhcp_opts": [option]}})
    };
    let port = house.post("/v2.0/ports", option("router")).await;
    assert_eq!(port["port"]["extra_dhcp_opts"][0]["opt_value"], "");
    let (status, _) = house
        .ask("POST", "/v2.0/ports", &[], Some(&option("66")))
        .await;
    assert_eq!(status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_joins_is_heard_of_and_its_port_comes_up() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    let asked = json!({"port": {"network_id": network, "binding:host_id": "one"}});
    let port = house.post("/v2.0/ports", asked).await;
    let path = format!("/v2.0/ports/{}", port["port"]["id"].as_str().unwrap());
    assert_eq!(port["port"]["binding:vif_type"], "binding_failed");

    let switch = Registration {
        system_id: "s1".into(),
        hostname: "one".into(),
        encap_ips: vec!["192.0.2.1".parse().unwrap()],
        encap_types: vec![api::NetworkType::Vxlan],
        datapath_type: "netdev".into(),
        ..Registration::default()
    };
    let (_, node) = house.service.register_node(switch).await.unwrap();
    let agents = house.get("/v2.0/agents?host=one").await;
    assert_eq!(agents["agents"][0]["alive"], false);
    house.service.liveness().up(node.id, Timestamp::now());
    let agents = house.get("/v2.0/agents?alive=True").await;
    assert_eq!(agents["agents"][0]["id"], node.id.to_string());
    let bound = house.get(&path).await;
    assert_eq!(bound["port"]["binding:vif_type"], "ovs");
    assert_eq!(
        bound["port"]["binding:vif_details"]["datapath_type"],
        "netdev"
    );
    assert_eq!(bound["port"]["status"], "DOWN");

    let id = port["port"]["id"].as_str().unwrap().parse().unwrap();
    let up = PortReport {
        port: id,
        host: "one".into(),
        up: true,
    };
    assert_eq!(house.service.set_port_status(vec![up]).await.unwrap(), 1);
    assert_eq!(house.get(&path).await["port"]["status"], "ACTIVE");
    let (status, _) = house
        .ask("DELETE", &format!("/v2.0/agents/{}", node.id), &[], None)
        .await;
    assert_eq!(status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_index_finds_what_a_scan_would() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    for cidr in ["10.0.0.0/24", "10.0.1.0/24"] {
        let asked = json!({"subnet": {"network_id": network, "ip_version": 4, "cidr": cidr}});
        house.post("/v2.0/subnets", asked).await;
    }
    let subnet = house.get("/v2.0/subnets?cidr=10.0.0.0/24").await["subnets"][0]["id"].clone();
    let subnet = subnet.as_str().unwrap();
    let asked = json!({"port": {
        "network_id": network, "name": "n", "device_id": "d", "device_owner": "compute:x",
        "mac_address": "02:00:00:00:00:01", "binding:host_id": "h", "project_id": "p",
        "fixed_ips": [{"ip_address": "10.0.0.9"}, {"ip_address": "10.0.0.10"}],
    }});
    house.post("/v2.0/ports", asked).await;
    let other = json!({"port": {"network_id": network, "project_id": "q"}});
    house.post("/v2.0/ports", other).await;
    for query in [
        "name=n",
        "name=n&name=n&name=m",
        "device_id=d",
        "device_owner=compute:x",
        "tenant_id=p",
        "mac_address=02-00-00-00-00-01",
        "binding:host_id=h",
        "project_id=p&project_id=x",
        "fixed_ips=ip_address%3D10.0.0.9&fixed_ips=ip_address%3D10.0.0.10",
        &format!("fixed_ips=subnet_id%3D{subnet}&name=n"),
        &format!("network_id={network}&binding:host_id=h"),
        &format!("network_id={network}&network_id={network}&name=n"),
    ] {
        let found = house.get(&format!("/v2.0/ports?{query}&fields=name")).await;
        assert_eq!(found, json!({"ports": [{"name": "n"}]}), "{query}");
    }
    for query in [
        "name=",
        "device_id=",
        "mac_address=nonsense",
        "fixed_ips=ip_address%3Dx",
    ] {
        let found = house
            .get(&format!("/v2.0/ports?{query}&device_owner=compute:x"))
            .await;
        assert_eq!(found, json!({"ports": []}), "{query}");
    }
}
