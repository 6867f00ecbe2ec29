//! Availability zones, which follow from the nodes.

use serde_json::{Value as Json, json};
use weft::service::{Registration, Settings};

use crate::http::House;

#[tokio::test(flavor = "multi_thread")]
async fn zones_follow_from_nodes() {
    let house = House::open(Settings::default()).await;
    let zones = house.get("/v2.0/availability_zones").await;
    assert_eq!(zones, json!({"availability_zones": []}));
    for (name, zones) in [("one", vec!["east", "west"]), ("two", vec!["east"])] {
        let switch = Registration {
            system_id: format!("system-{name}"),
            hostname: name.into(),
            availability_zones: zones.into_iter().map(String::from).collect(),
            ..Registration::default()
        };
        let (_, node) = house.service.register_node(switch).await.unwrap();
        if name == "one" {
            let path = format!("/v2.0/agents/{}", node.id);
            house
                .put(&path, json!({"agent": {"admin_state_up": false}}))
                .await;
        }
    }
    let zone =
        |name: &str, state: &str| json!({"name": name, "resource": "network", "state": state});
    let zones = house
        .get("/v2.0/availability_zones?sort_key=name&sort_dir=asc")
        .await;
    let wanted = json!([zone("east", "available"), zone("west", "unavailable")]);
    assert_eq!(zones["availability_zones"], wanted);
    let open = house
        .get("/v2.0/availability_zones?state=available&fields=name")
        .await;
    assert_eq!(open["availability_zones"], json!([{"name": "east"}]));
    house
        .refused(
            405,
            "HTTPMethodNotAllowed",
            "POST",
            "/v2.0/availability_zones",
            Json::Null,
        )
        .await;
}
