//! The attributes of ports that shape no packet: what is taken, kept, mirrored and refused.

use serde_json::{Value as Json, json};
use weft::service::Settings;

use crate::http::House;

#[tokio::test(flavor = "multi_thread")]
async fn hints_for_the_compute_service_are_kept_and_mirrored() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    let asked = json!({"port": {
        "network_id": network, "trusted": true, "hardware_offload_type": "switchdev",
        "numa_affinity_policy": "socket", "device_profile": "gpu", "propagate_uplink_status": false,
        "binding:profile": {"capabilities": ["other"]}, "fixed_ips": [],
        "hints": {"openvswitch": {"other_config": {"tx-steering": "hash"}}},
    }});
    let made = house.post("/v2.0/ports", asked).await;
    let port = &made["port"];
    for (name, value) in [
        ("trusted", json!(true)),
        ("hardware_offload_type", json!("switchdev")),
        ("numa_affinity_policy", json!("socket")),
        ("device_profile", json!("gpu")),
        ("propagate_uplink_status", json!(false)),
        ("data_plane_status", Json::Null),
        ("resource_request", Json::Null),
        ("ip_allocation", json!("none")),
        (
            "hints",
            json!({"openvswitch": {"other_config": {"tx-steering": "hash"}}}),
        ),
        (
            "binding:profile",
            json!({"capabilities": ["other", "switchdev"], "trusted": true}),
        ),
    ] {
        assert_eq!(port[name], value, "{name}");
    }
    let path = format!("/v2.0/ports/{}", port["id"].as_str().unwrap());
    let change = json!({"port": {
        "binding:profile": {}, "data_plane_status": "DOWN", "propagate_uplink_status": true,
        "numa_affinity_policy": null, "hints": null,
    }});
    let changed = house.put(&path, change).await;
    let port = &changed["port"];
    assert_eq!(port["binding:profile"], json!({"trusted": true}));
    assert_eq!(port["data_plane_status"], "DOWN");
    assert_eq!(port["numa_affinity_policy"], Json::Null);
    assert_eq!(port["hints"], Json::Null);
    let untrusted = house.put(&path, json!({"port": {"trusted": null}})).await;
    assert_eq!(untrusted["port"]["binding:profile"], json!({}));
    for wrong in [
        json!({"numa_affinity_policy": "near"}),
        json!({"data_plane_status": "BUILD"}),
        json!({"device_profile": "x"}),
        json!({"hardware_offload_type": "switchdev"}),
        json!({"ip_allocation": "none"}),
        json!({"hints": {"openvswitch": {"other_config": {"mtu": "9000"}}}}),
    ] {
        house
            .refused(400, "HTTPBadRequest", "PUT", &path, json!({"port": wrong}))
            .await;
    }
    let found = house
        .get("/v2.0/ports?ip_allocation=none&fields=name")
        .await;
    assert_eq!(found["ports"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mac_address_of_null_is_a_new_one() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    let asked = json!({"port": {"network_id": network, "mac_address": null}});
    let made = house.post("/v2.0/ports", asked).await;
    let first = made["port"]["mac_address"].clone();
    let path = format!("/v2.0/ports/{}", made["port"]["id"].as_str().unwrap());
    let changed = house
        .put(&path, json!({"port": {"mac_address": null}}))
        .await;
    let second = &changed["port"]["mac_address"];
    assert_ne!(*second, first);
    assert!(second.as_str().unwrap().starts_with("fa:16:3e:"));
    let name = house.put(&path, json!({"port": {"name": "n"}})).await;
    assert_eq!(name["port"]["mac_address"], *second);
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_are_found_by_a_part_of_an_address_and_tagged_as_they_are_made() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    let asked = json!({"subnet": {"network_id": network, "ip_version": 4, "cidr": "10.7.0.0/24"}});
    house.post("/v2.0/subnets", asked).await;
    let port = |name: &str, ip: &str| {
        json!({
            "network_id": network, "name": name, "tags": [name, "both"],
            "fixed_ips": [{"ip_address": ip}],
        })
    };
    let two = json!({"ports": [port("a", "10.7.0.21"), port("b", "10.7.0.121")]});
    house.post("/v2.0/ports", two).await;
    for (query, names) in [
        ("fixed_ips=ip_address_substr%3D10.7.0.2", vec!["a"]),
        ("fixed_ips=ip_address_substr%3D0.121", vec!["b"]),
        (
            "fixed_ips=ip_address_substr%3D21&sort_key=name&sort_dir=asc",
            vec!["a", "b"],
        ),
        ("tags=both,b", vec!["b"]),
    ] {
        let found = house.get(&format!("/v2.0/ports?{query}&fields=name")).await;
        let found: Vec<&str> = found["ports"]
            .as_array()
            .unwrap()
            .iter()
            .map(|port| port["name"].as_str().unwrap())
            .collect();
        assert_eq!(found, names, "{query}");
    }
}
