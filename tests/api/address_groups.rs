//! Address groups, and operations below a record.

use serde_json::{Value as Json, json};
use weft::service::Settings;

use crate::http::House;

#[tokio::test(flavor = "multi_thread")]
async fn blocks_come_and_go_atomically() {
    let house = House::open(Settings::default()).await;
    let asked =
        json!({"address_group": {"name": "g", "addresses": ["10.9.1.2/16", "192.0.2.7/32"]}});
    let group = house.post("/v2.0/address-groups", asked).await;
    let group = &group["address_group"];
    assert_eq!(group["addresses"], json!(["10.9.0.0/16", "192.0.2.7/32"]));
    let path = format!("/v2.0/address-groups/{}", group["id"].as_str().unwrap());

    let more = json!({"addresses": ["fd00::/64", "10.9.0.0/16"]});
    let answer = house.put(&format!("{path}/add_addresses"), more).await;
    let blocks = json!(["10.9.0.0/16", "192.0.2.7/32", "fd00::/64"]);
    assert_eq!(answer["address_group"]["addresses"], blocks);
    assert_eq!(answer["address_group"]["revision_number"], 2);

    let remove = format!("{path}/remove_addresses");
    let half = json!({"addresses": ["fd00::/64", "198.51.100.0/24"]});
    house
        .refused(404, "AddressesNotFound", "PUT", &remove, half)
        .await;
    let kept = house.get(&path).await;
    assert_eq!(kept["address_group"]["addresses"], blocks);
    let answer = house
        .put(&remove, json!({"addresses": ["fd00::/64"]}))
        .await;
    assert_eq!(answer["address_group"]["revision_number"], 3);

    for body in [
        json!({}),
        json!({"addresses": "10.0.0.0/8"}),
        json!({"addresses": ["x"]}),
    ] {
        house
            .refused(400, "HTTPBadRequest", "PUT", &remove, body)
            .await;
    }
    house
        .refused(405, "HTTPMethodNotAllowed", "GET", &remove, Json::Null)
        .await;
    house.delete(&path).await;
    house
        .refused(
            404,
            "AddressGroupNotFound",
            "PUT",
            &remove,
            json!({"addresses": []}),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn found_by_name_and_project() {
    let house = House::open(Settings::default()).await;
    for name in ["a", "b", "b"] {
        let asked = json!({"address_group": {"name": name}});
        house.post("/v2.0/address-groups", asked).await;
    }
    let count = async |query: &str| {
        let found = house.get(&format!("/v2.0/address-groups?{query}")).await;
        found["address_groups"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 3);
    assert_eq!(count("name=b").await, 2);
    assert_eq!(count("name=b&name=a").await, 3);
    assert_eq!(count("name=c").await, 0);
    assert_eq!(count("project_id=other").await, 0);
}
