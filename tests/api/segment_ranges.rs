//! Network segment ranges: shown, made, and honoured.

use serde_json::{Value as Json, json};
use weft::service::Settings;

use crate::http::House;

const RANGES: &str = "/v2.0/network_segment_ranges";

async fn house() -> House {
    let settings = Settings {
        types: vec![api::NetworkType::Vlan],
        tenant_types: vec![api::NetworkType::Vlan],
        vlan_ranges: [("a".into(), vec![10..=13])].into(),
        ..Settings::default()
    };
    House::open(settings).await
}

fn range(physical_network: &str, minimum: u32, maximum: u32, project: Option<&str>) -> Json {
    json!({"network_segment_range": {
        "network_type": "vlan", "physical_network": physical_network,
        "minimum": minimum, "maximum": maximum,
        "shared": project.is_none(), "project_id": project.unwrap_or("any"),
    }})
}

/// The VLAN that a network of the project is given.
async fn given(house: &House, project: &str) -> (String, u64) {
    let asked = json!({"network": {"project_id": project}});
    let made = house.post("/v2.0/networks", asked).await;
    let network = &made["network"];
    let name = network["provider:physical_network"].as_str().unwrap();
    (
        name.to_owned(),
        network["provider:segmentation_id"].as_u64().unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configurations_ranges_are_shown_and_stay() {
    let house = house().await;
    let taken = given(&house, "p").await;
    assert_eq!(taken, ("a".to_owned(), 10));
    let found = house.get(&format!("{RANGES}?default=True")).await;
    let found = found["network_segment_ranges"].as_array().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["available"], json!([11, 12, 13]));
    assert_eq!(found[0]["used"], json!({"10": "p"}));
    assert_eq!(found[0]["project_id"], Json::Null);
    let path = format!("{RANGES}/{}", found[0]["id"].as_str().unwrap());
    assert_eq!(house.get(&path).await["network_segment_range"], found[0]);
    let kind = "NetworkSegmentRangeDefaultReadOnly";
    let change = json!({"network_segment_range": {"name": "n"}});
    house.refused(400, kind, "PUT", &path, change).await;
    house.refused(400, kind, "DELETE", &path, Json::Null).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_are_given_numbers_of_their_own_ranges_first() {
    let house = house().await;
    house.post(RANGES, range("b", 200, 201, Some("p"))).await;
    house.post(RANGES, range("a", 11, 12, Some("q"))).await;
    assert_eq!(given(&house, "p").await, ("b".to_owned(), 200));
    assert_eq!(given(&house, "p").await, ("b".to_owned(), 201));
    assert_eq!(given(&house, "p").await, ("a".to_owned(), 10));
    // 11 and 12 are another project's.
    assert_eq!(given(&house, "p").await, ("a".to_owned(), 13));
    assert_eq!(given(&house, "q").await, ("a".to_owned(), 11));
    let none = json!({"network": {"project_id": "r"}});
    house
        .refused(503, "NoNetworkAvailable", "POST", "/v2.0/networks", none)
        .await;
    house.post(RANGES, range("c", 5, 5, None)).await;
    assert_eq!(given(&house, "r").await, ("c".to_owned(), 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_change_and_go_when_no_network_needs_them() {
    let house = house().await;
    let made = house.post(RANGES, range("b", 200, 210, Some("p"))).await;
    let path = format!(
        "{RANGES}/{}",
        made["network_segment_range"]["id"].as_str().unwrap()
    );
    given(&house, "p").await;
    let change = |minimum: u32| json!({"network_segment_range": {"minimum": minimum}});
    let kind = "NetworkSegmentRangeReferencedByProject";
    house.refused(409, kind, "PUT", &path, change(201)).await;
    house.refused(409, kind, "DELETE", &path, Json::Null).await;
    let grown = house.put(&path, change(190)).await;
    assert_eq!(grown["network_segment_range"]["minimum"], 190);
    assert_eq!(grown["network_segment_range"]["revision_number"], 1);
    let tagged = format!("{path}/tags");
    house.put(&tagged, json!({"tags": ["red"]})).await;
    assert_eq!(house.get(&tagged).await, json!({"tags": ["red"]}));
    for (kind, status, asked) in [
        (
            "NetworkSegmentRangeOverlaps",
            409,
            range("b", 210, 220, None),
        ),
        ("InvalidInput", 400, range("b", 300, 299, None)),
        ("InvalidInput", 400, range("b", 4000, 5000, None)),
        ("BadRequest", 400, range("", 1, 2, None)),
    ] {
        house.refused(status, kind, "POST", RANGES, asked).await;
    }
    let tunnel = json!({"network_segment_range": {
        "network_type": "vxlan", "minimum": 1, "maximum": 2,
    }});
    let kind = "NetworkSegmentRangeNetTypeNotSupported";
    house.refused(400, kind, "POST", RANGES, tunnel).await;
    let networks = house.get("/v2.0/networks").await;
    let network = networks["networks"][0]["id"].as_str().unwrap();
    house.delete(&format!("/v2.0/networks/{network}")).await;
    house.delete(&path).await;
    house
        .refused(404, "NetworkSegmentRangeNotFound", "GET", &path, Json::Null)
        .await;
}
