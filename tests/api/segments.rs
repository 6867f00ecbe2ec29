//! Segments, and networks that consist of several.

use serde_json::{Value as Json, json};
use weft::service::Settings;

use crate::http::House;

async fn house() -> House {
    let settings = Settings {
        vlan_ranges: [("a".into(), vec![10..=11]), ("b".into(), vec![20..=29])].into(),
        ..Settings::default()
    };
    House::open(settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_network_has_a_segment_that_can_be_described() {
    let house = house().await;
    let network = house.network().await;
    let list = format!("/v2.0/segments?network_id={network}");
    let found = house.get(&list).await;
    let segment = &found["segments"][0];
    assert_eq!(segment["network_type"], "vxlan");
    assert_eq!(segment["name"], Json::Null);
    assert_eq!(segment["revision_number"], 0);
    let path = format!("/v2.0/segments/{}", segment["id"].as_str().unwrap());
    assert_eq!(house.get(&path).await["segment"], *segment);
    let change = json!({"segment": {"name": "rack", "description": "one"}});
    let changed = house.put(&path, change).await;
    assert_eq!(changed["segment"]["name"], "rack");
    assert_eq!(changed["segment"]["revision_number"], 1);
    let named = house.get("/v2.0/segments?name=rack").await;
    assert_eq!(named["segments"][0]["id"], segment["id"]);
    let type_change = json!({"segment": {"network_type": "vlan"}});
    house
        .refused(400, "HTTPBadRequest", "PUT", &path, type_change)
        .await;
    house
        .refused(409, "SegmentInUse", "DELETE", &path, Json::Null)
        .await;
    house.delete(&format!("/v2.0/networks/{network}")).await;
    house
        .refused(404, "SegmentNotFound", "GET", &path, Json::Null)
        .await;
    assert_eq!(house.get("/v2.0/segments").await, json!({"segments": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_of_several_segments_shows_them_and_no_provider_attributes() {
    let house = house().await;
    let vlan = |name: &str, id: Json| {
        json!({
            "provider:network_type": "vlan", "provider:physical_network": name,
            "provider:segmentation_id": id,
        })
    };
    let asked = json!({"network": {"segments": [vlan("a", json!(7)), vlan("b", Json::Null)]}});
    let made = house.post("/v2.0/networks", asked.clone()).await;
    let network = &made["network"];
    let segments = json!([vlan("a", json!(7)), vlan("b", json!(20))]);
    assert_eq!(network["segments"], segments);
    assert!(network.get("provider:network_type").is_none());
    let id = network["id"].as_str().unwrap();
    let path = format!("/v2.0/networks/{id}");
    assert_eq!(house.get(&path).await["network"]["segments"], segments);
    house
        .refused(409, "VlanIdInUse", "POST", "/v2.0/networks", asked)
        .await;

    let both = json!({"network": {
        "segments": [vlan("a", json!(8))], "provider:network_type": "vxlan",
    }});
    let kind = "SegmentsSetInConjunctionWithProviders";
    house
        .refused(400, kind, "POST", "/v2.0/networks", both)
        .await;
    let twice = json!({"network": {"segments": [vlan("a", json!(8)), vlan("a", json!(8))]}});
    let kind = "SegmentsContainDuplicateEntry";
    house
        .refused(400, kind, "POST", "/v2.0/networks", twice)
        .await;

    let third = json!({"segment": {"network_id": id, "network_type": "vxlan", "name": "x"}});
    let third = house.post("/v2.0/segments", third).await;
    let third = third["segment"]["id"].as_str().unwrap();
    let list = house.get(&format!("/v2.0/segments?network_id={id}")).await;
    assert_eq!(list["segments"].as_array().unwrap().len(), 3);
    for segment in list["segments"].as_array().unwrap() {
        let segment = segment["id"].as_str().unwrap();
        if segment != third {
            house.delete(&format!("/v2.0/segments/{segment}")).await;
        }
    }
    let left = house.get(&path).await;
    assert_eq!(left["network"]["provider:network_type"], "vxlan");
    assert!(left["network"].get("segments").is_none());
    // What the others had is free again.
    let vlan = json!({"network": vlan("a", json!(7))});
    house.post("/v2.0/networks", vlan).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subnet_on_a_segment_ends_the_one_broadcast_domain() {
    let house = house().await;
    let network = house.network().await;
    let path = format!("/v2.0/networks/{network}");
    assert_eq!(house.get(&path).await["network"]["l2_adjacency"], true);
    let list = house
        .get(&format!("/v2.0/segments?network_id={network}"))
        .await;
    let segment = list["segments"][0]["id"].clone();
    let asked = json!({"subnet": {
        "network_id": network, "ip_version": 4, "cidr": "10.0.0.0/24", "segment_id": segment,
    }});
    let made = house.post("/v2.0/subnets", asked).await;
    assert_eq!(made["subnet"]["segment_id"], segment);
    assert_eq!(house.get(&path).await["network"]["l2_adjacency"], false);
    let asked = json!({"port": {"network_id": network}});
    let port = house.post("/v2.0/ports", asked).await;
    assert_eq!(port["port"]["ip_allocation"], "deferred");
    assert_eq!(port["port"]["fixed_ips"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_instances_are_not_carried_and_not_promised() {
    let house = house().await;
    for (attribute, kind) in [
        ("vlan_transparent", "VlanTransparencyDriverError"),
        ("qinq", "VlanQinqDriverError"),
    ] {
        let asked = json!({"network": {attribute: true}});
        house
            .refused(400, kind, "POST", "/v2.0/networks", asked)
            .await;
        let made = house
            .post("/v2.0/networks", json!({"network": {attribute: false}}))
            .await;
        assert_eq!(made["network"][attribute], false);
    }
}
