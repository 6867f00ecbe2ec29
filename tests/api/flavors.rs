//! Flavors, service profiles and providers.

use serde_json::{Value as Json, json};
use weft::service::Settings;

use crate::http::House;
use crate::persona;

const FLAVORS: &str = "/v2.0/flavors";
const PROFILES: &str = "/v2.0/service_profiles";
const NOBODY: &str = "00000000-0000-0000-0000-00000000dead";

impl House {
    async fn profile(&self) -> String {
        let asked = json!({"service_profile": {"metainfo": "{}"}});
        let made = self.post(PROFILES, asked).await;
        made["service_profile"]["id"].as_str().unwrap().to_owned()
    }

    async fn flavor(&self) -> String {
        let asked = json!({"flavor": {"name": "f", "service_type": "L3_ROUTER_NAT"}});
        let made = self.post(FLAVORS, asked).await;
        let id = made["flavor"]["id"].as_str().unwrap();
        format!("{FLAVORS}/{id}")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_see_flavors_finds_them_in_lists_too() {
    let house = persona::house("").await;
    let asked = json!({"flavor": {"name": "f", "service_type": "L3_ROUTER_NAT"}});
    house.made("POST", FLAVORS, asked).await;
    for (who, found) in [
        (persona::ADMIN, 1),
        (persona::MEMBER, 1),
        (persona::STRANGER, 1),
        (persona::NOBODY, 0),
    ] {
        for query in ["", "?name=f"] {
            let seen = house.seen(who, &format!("{FLAVORS}{query}")).await;
            let listed = seen["flavors"].as_array().unwrap().len();
            assert_eq!(listed, found, "{} {query}", who.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flavor_stands_for_profiles() {
    let house = House::open(Settings::default()).await;
    let (flavor, profile) = (house.flavor().await, house.profile().await);
    let shown = house.get(&flavor).await;
    assert_eq!(shown["flavor"]["service_profiles"], json!([]));
    assert!(shown["flavor"].get("project_id").is_none());

    let profiles = format!("{flavor}/service_profiles");
    let named = json!({"service_profile": {"id": profile}});
    let answer = house.post(&profiles, named.clone()).await;
    assert_eq!(answer, named);
    house
        .refused(
            409,
            "FlavorServiceProfileBindingExists",
            "POST",
            &profiles,
            named,
        )
        .await;
    let shown = house
        .get(&format!("{FLAVORS}?name=f&service_type=L3_ROUTER_NAT"))
        .await;
    assert_eq!(shown["flavors"][0]["service_profiles"], json!([profile]));

    let of_profile = format!("{PROFILES}/{profile}");
    let change = json!({"service_profile": {"enabled": false}});
    house
        .refused(
            409,
            "ServiceProfileInUse",
            "PUT",
            &of_profile,
            change.clone(),
        )
        .await;
    house
        .refused(
            409,
            "ServiceProfileInUse",
            "DELETE",
            &of_profile,
            Json::Null,
        )
        .await;
    let binding = format!("{profiles}/{profile}");
    house.delete(&binding).await;
    house
        .refused(
            404,
            "FlavorServiceProfileBindingNotFound",
            "DELETE",
            &binding,
            Json::Null,
        )
        .await;
    let answer = house.put(&of_profile, change).await;
    assert_eq!(answer["service_profile"]["enabled"], false);

    let set = json!({"flavor": {"service_profiles": [profile], "enabled": false}});
    let answer = house.put(&flavor, set).await;
    assert_eq!(answer["flavor"]["service_profiles"], json!([profile]));
    let next = format!("{flavor}/next_providers");
    house
        .refused(503, "ServiceProfileDisabled", "GET", &next, Json::Null)
        .await;
    house.delete(&flavor).await;
    house.delete(&of_profile).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_flavors_cannot_be() {
    let house = House::open(Settings::default()).await;
    let flavor = house.flavor().await;
    let create = |flavor: Json| ("POST", FLAVORS, json!({"flavor": flavor}));
    let update = |change: Json| ("PUT", flavor.as_str(), json!({"flavor": change}));
    for (status, kind, (method, path, body)) in [
        (400, "HTTPBadRequest", create(json!({"name": "f"}))),
        (
            400,
            "InvalidServiceType",
            create(json!({"service_type": "UNICORN"})),
        ),
        (
            400,
            "HTTPBadRequest",
            create(json!({"service_type": "VPN", "project_id": "p"})),
        ),
        (
            400,
            "HTTPBadRequest",
            update(json!({"service_type": "VPN"})),
        ),
        (
            404,
            "ServiceProfileNotFound",
            update(json!({"service_profiles": [NOBODY]})),
        ),
    ] {
        house.refused(status, kind, method, path, body).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_profiles_cannot_be() {
    let house = House::open(Settings::default()).await;
    let (flavor, profile) = (house.flavor().await, house.profile().await);
    let profiles = format!("{flavor}/service_profiles");
    let elsewhere = format!("{FLAVORS}/{NOBODY}/service_profiles");
    let named = |profile: Json| json!({"service_profile": profile});
    let own = named(json!({"id": profile}));
    for (status, kind, path, body) in [
        (
            404,
            "ServiceProfileNotFound",
            profiles.as_str(),
            named(json!({"id": NOBODY})),
        ),
        (404, "FlavorNotFound", &elsewhere, own.clone()),
        (400, "HTTPBadRequest", &profiles, named(json!({}))),
        (400, "ServiceProfileEmpty", PROFILES, named(json!({}))),
        (
            404,
            "ServiceProfileDriverNotFound",
            PROFILES,
            named(json!({"driver": "unicorn"})),
        ),
    ] {
        house.refused(status, kind, "POST", path, body).await;
    }
    let next = format!("{flavor}/next_providers");
    let missing = "FlavorServiceProfileBindingNotFound";
    house.refused(404, missing, "GET", &next, Json::Null).await;
    house.post(&profiles, own).await;
    let missing = "ServiceProfileDriverNotFound";
    house.refused(404, missing, "GET", &next, Json::Null).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_service_is_offered_that_needs_a_provider() {
    let house = House::open(Settings::default()).await;
    let found = house
        .get("/v2.0/service-providers?service_type=L3_ROUTER_NAT")
        .await;
    assert_eq!(found, json!({"service_providers": []}));
}
