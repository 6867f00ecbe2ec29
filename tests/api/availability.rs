//! How many addresses are in use, which follows from subnets and ports.

use serde_json::{Value as Json, json};
use weft::service::Settings;

use crate::http::House;

const PATH: &str = "/v2.0/network-ip-availabilities";

/// A network with an IPv4 subnet of two pools and an IPv6 subnet, and three ports.
async fn network(house: &House, name: &str, project: &str) -> String {
    let body = json!({"network": {"name": name, "project_id": project}});
    let made = house.post("/v2.0/networks", body).await;
    let network = made["network"]["id"].as_str().unwrap().to_owned();
    let pools = json!([{"start": "10.0.0.10", "end": "10.0.0.19"}, {"start": "10.0.0.30", "end": "10.0.0.30"}]);
    let four = json!({"network_id": network, "name": "four", "ip_version": 4, "cidr": "10.0.0.0/24", "allocation_pools": pools});
    let six = json!({"network_id": network, "name": "six", "ip_version": 6, "cidr": "fd00::/64"});
    house
        .post("/v2.0/subnets", json!({"subnets": [four, six]}))
        .await;
    let out = json!({"network_id": network, "fixed_ips": [{"ip_address": "10.0.0.99"}]});
    let both = json!({"network_id": network});
    house
        .post("/v2.0/ports", json!({"ports": [out, both, both]}))
        .await;
    network
}

fn details(total: u128, pools: u128, used: u64, used_pools: u64) -> Json {
    // Numbers beyond 64 bits are read as the documents are.
    let text = format!(
        "{{\"total_ips_in_subnet\": {total}, \"total_ips_in_allocation_pool\": {pools}, \
         \"used_ips_in_subnet\": {used}, \"used_ips_in_allocation_pool\": {used_pools}}}"
    );
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_counted_inside_and_outside_of_pools() {
    let house = House::open(Settings::default()).await;
    let network = network(&house, "n", "p").await;
    let path = format!("{PATH}/{network}");
    let shown = house.get(&path).await;
    let shown = &shown["network_ip_availability"];
    assert_eq!(
        (&shown["network_id"], &shown["network_name"]),
        (&json!(network), &json!("n"))
    );
    assert_eq!(
        (&shown["project_id"], &shown["tenant_id"]),
        (&json!("p"), &json!("p"))
    );
    let mut subnets = shown["subnet_ip_availability"].as_array().unwrap().clone();
    subnets.sort_by_key(|s| s["ip_version"].as_u64());
    let four = &subnets[0];
    assert_eq!(
        (&four["cidr"], &four["subnet_name"]),
        (&json!("10.0.0.0/24"), &json!("four"))
    );
    assert_eq!(
        (&four["used_ips"], &four["total_ips"]),
        (&json!(3), &json!(11))
    );
    assert_eq!(four["ip_availability_details"], details(254, 11, 3, 2));
    let all: u128 = 1 << 64;
    assert_eq!(
        subnets[1]["ip_availability_details"],
        details(all, all - 1, 2, 2)
    );
    assert_eq!(shown["used_ips"], 5);
    assert_eq!(
        shown["ip_availability_details"],
        details(all + 254, all + 10, 5, 4)
    );

    house
        .refused(405, "HTTPMethodNotAllowed", "DELETE", &path, Json::Null)
        .await;
    let missing = format!("{PATH}/00000000-0000-0000-0000-000000000000");
    house
        .refused(404, "NetworkNotFound", "GET", &missing, Json::Null)
        .await;
    let bare = house.network().await;
    let bare = house.get(&format!("{PATH}/{bare}")).await;
    assert_eq!(bare["network_ip_availability"]["total_ips"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_by_network_and_version() {
    let house = House::open(Settings::default()).await;
    let network = network(&house, "n", "p").await;
    house.network().await;
    let rows = async |query: &str| {
        let found = house.get(&format!("{PATH}?{query}")).await;
        found["network_ip_availabilities"]
            .as_array()
            .unwrap()
            .clone()
    };
    assert_eq!(rows("").await.len(), 2);
    for query in [
        format!("network_id={network}"),
        format!("network_id={network}&network_id={network}"),
        "network_name=n".into(),
        "project_id=p".into(),
        "tenant_id=p".into(),
        "ip_version=4&ip_version=6".into(),
    ] {
        let rows = rows(&query).await;
        assert_eq!(rows.len(), 1, "{query}");
        assert_eq!(rows[0]["network_id"], json!(network), "{query}");
        assert_eq!(rows[0]["used_ips"], 5, "{query}");
    }
    let four = rows("ip_version=4").await;
    assert_eq!(
        (&four[0]["used_ips"], &four[0]["total_ips"]),
        (&json!(3), &json!(11))
    );
    assert_eq!(
        four[0]["subnet_ip_availability"].as_array().unwrap().len(),
        1
    );
    assert!(rows("network_name=m").await.is_empty());
    assert!(rows("ip_version=4&project_id=q").await.is_empty());
    let page = house
        .get(&format!(
            "{PATH}?limit=1&sort_key=network_id&sort_dir=asc&fields=network_id"
        ))
        .await;
    assert_eq!(
        page["network_ip_availabilities"].as_array().unwrap().len(),
        1
    );
    assert_eq!(page["network_ip_availabilities_links"][0]["rel"], "next");
}
