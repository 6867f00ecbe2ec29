//! Quotas: limits that are set, shown, and kept.

use serde_json::{Value as Json, json};
use weft::service::Settings;

use crate::http::House;

const QUOTA: &str = "/v2.0/quotas/p1";

fn port(network: &str, project: &str) -> Json {
    json!({"port": {"network_id": network, "project_id": project}})
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_the_clouds_until_a_project_has_its_own() {
    let mut settings = Settings::default();
    settings.quotas.insert("port", 3);
    let house = House::open(settings).await;
    let none = json!({"quotas": []});
    assert_eq!(house.get("/v2.0/quotas").await, none);
    let shown = house.get(QUOTA).await;
    assert_eq!(shown["quota"]["port"], 3);
    assert_eq!(shown["quota"]["router"], 10);
    assert_eq!(shown["quota"]["trunk"], -1);
    assert_eq!(house.get("/v2.0/quotas/p1/default").await, shown);
    house
        .refused(404, "TenantQuotaNotFound", "DELETE", QUOTA, Json::Null)
        .await;

    let asked = json!({"quota": {"port": "7", "network": -1}});
    let answer = house.put(QUOTA, asked).await;
    assert_eq!(answer["quota"]["port"], 7);
    assert_eq!(answer["quota"]["network"], -1);
    assert_eq!(house.get(QUOTA).await, answer);
    assert_eq!(house.get("/v2.0/quotas/p1/default").await, shown);
    let all = house.get("/v2.0/quotas.json").await;
    assert_eq!(all["quotas"][0]["project_id"], "p1");
    assert_eq!(all["quotas"][0]["tenant_id"], "p1");
    assert_eq!(all["quotas"][0]["port"], 7);
    assert_eq!(all["quotas"][0]["router"], 10);

    house.delete(QUOTA).await;
    assert_eq!(house.get(QUOTA).await, shown);
    assert_eq!(house.get("/v2.0/quotas").await, none);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_is_told_its_project() {
    let house = House::open(Settings::default()).await;
    let project = "0a15e59f33a14376a2dc15b62010877a";
    let tenant = house.get("/v2.0/quotas/tenant").await;
    assert_eq!(tenant, json!({"tenant": {"tenant_id": project}}));
    let asker = house.get("/v2.0/quotas/project").await;
    assert_eq!(asker, json!({"project": {"project_id": project}}));
    for (method, path) in [
        ("POST", "/v2.0/quotas"),
        ("PUT", "/v2.0/quotas/tenant"),
        ("POST", QUOTA),
        ("DELETE", "/v2.0/quotas/p1/details"),
    ] {
        let body = json!({"quota": {}});
        house
            .refused(405, "HTTPMethodNotAllowed", method, path, body)
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_an_integer_of_something_there_is() {
    let house = House::open(Settings::default()).await;
    for (kind, quota) in [
        ("HTTPBadRequest", json!({"port": -2})),
        ("HTTPBadRequest", json!({"port": 2_147_483_648_u64})),
        ("HTTPBadRequest", json!({"unicorn": 1})),
        ("HTTPBadRequest", json!({"tenant_id": "p2"})),
        ("InvalidInput", json!({"port": "many"})),
        ("InvalidInput", json!({"port": null})),
        ("InvalidInput", json!({"port": 1.5})),
        ("HTTPBadRequest", json!([])),
    ] {
        let body = json!({"quota": quota, });
        house.refused(400, kind, "PUT", QUOTA, body).await;
    }
    house
        .refused(400, "HTTPBadRequest", "PUT", QUOTA, json!({"port": 1}))
        .await;
    assert_eq!(house.get("/v2.0/quotas").await, json!({"quotas": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_project_has_is_counted_whoever_made_it() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    house.put(QUOTA, json!({"quota": {"port": 3}})).await;
    let first = house.post("/v2.0/ports", port(&network, "p1")).await;
    let usage = house.get("/v2.0/quotas/p1/details.json").await;
    let wanted = json!({"limit": 3, "used": 1, "reserved": 0});
    assert_eq!(usage["quota"]["port"], wanted);
    let wanted = json!({"limit": 100, "used": 0, "reserved": 0});
    assert_eq!(usage["quota"]["network"], wanted);

    // All of a bulk request or none of it; what it asks for is counted for each project.
    let bulk = |projects: &[&str]| {
        let one = |project: &&str| json!({"network_id": network, "project_id": project});
        json!({"ports": projects.iter().map(one).collect::<Vec<_>>()})
    };
    let three = bulk(&["p1", "p2", "p1", "p1"]);
    house
        .refused(409, "OverQuota", "POST", "/v2.0/ports", three)
        .await;
    assert_eq!(
        house.get("/v2.0/ports?project_id=p2").await["ports"],
        json!([])
    );
    house.post("/v2.0/ports", bulk(&["p1", "p2", "p1"])).await;
    house
        .refused(
            409,
            "OverQuota",
            "POST",
            "/v2.0/ports",
            port(&network, "p1"),
        )
        .await;
    house.post("/v2.0/ports", port(&network, "p2")).await;

    // What goes makes room.
    let id = first["port"]["id"].as_str().unwrap();
    house.delete(&format!("/v2.0/ports/{id}")).await;
    house.post("/v2.0/ports", port(&network, "p1")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_below_what_there_is_must_be_forced() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    for _ in 0..2 {
        house.post("/v2.0/ports", port(&network, "p1")).await;
    }
    let low = json!({"quota": {"port": 1, "network": 5, "check_limit": true}});
    house
        .refused(400, "HTTPBadRequest", "PUT", QUOTA, low)
        .await;
    assert_eq!(house.get(QUOTA).await["quota"]["network"], 100);
    house.put(QUOTA, json!({"quota": {"port": 2}})).await;
    house.put(QUOTA, json!({"quota": {"port": -1}})).await;
    house.post("/v2.0/ports", port(&network, "p1")).await;
    let forced = json!({"quota": {"port": 1, "force": true}});
    assert_eq!(house.put(QUOTA, forced).await["quota"]["port"], 1);
    house
        .refused(
            409,
            "OverQuota",
            "POST",
            "/v2.0/ports",
            port(&network, "p1"),
        )
        .await;
    // Quotas come first: nobody learns of a network by asking beyond them.
    let nowhere = "00000000-0000-0000-0000-00000000dead";
    house
        .refused(409, "OverQuota", "POST", "/v2.0/ports", port(nowhere, "p1"))
        .await;
}
