//! RBAC policies, and the attribute `shared` that follows from them.

use serde_json::{Value as Json, json};
use weft::service::Settings;

use crate::http::House;

const POLICIES: &str = "/v2.0/rbac-policies";
/// The project that asks where nobody says otherwise.
const OWN: &str = "0a15e59f33a14376a2dc15b62010877a";
const OTHER: &str = "0123456789abcdef0123456789abcdef";
const THIRD: &str = "11111111111111111111111111111111";

fn policy(object_type: &str, object: &str, action: &str, target: &str) -> Json {
    json!({"rbac_policy": {
        "object_type": object_type, "object_id": object, "action": action, "target_tenant": target,
    }})
}

fn share(network: &str, target: &str) -> Json {
    policy("network", network, "access_as_shared", target)
}

impl House {
    /// Whether the network is shown as shared to `project`.
    async fn shows_shared(&self, network: &str, project: &str) -> bool {
        let headers = [("X-Project-Id".to_owned(), project.to_owned())];
        let path = format!("/v2.0/networks/{network}");
        let (_, answer) = self.ask("GET", &path, &headers, None).await;
        let (_, listed) = self
            .ask(
                "GET",
                "/v2.0/networks?shared=True&fields=id",
                &headers,
                None,
            )
            .await;
        let shared = answer["network"]["shared"].as_bool().unwrap();
        let listed = listed["networks"].as_array().unwrap();
        assert_eq!(listed.contains(&json!({"id": network})), shared);
        shared
    }

    async fn policies(&self, query: &str) -> Vec<Json> {
        let found = self.get(&format!("{POLICIES}?{query}")).await;
        found["rbac_policies"].as_array().unwrap().clone()
    }

    async fn port_of(&self, network: &str, project: &str) -> String {
        let asked = json!({"port": {"network_id": network, "project_id": project}});
        let port = self.post("/v2.0/ports", asked).await;
        format!("/v2.0/ports/{}", port["port"]["id"].as_str().unwrap())
    }
}

fn path_of(policy: &Json) -> String {
    let id = policy["rbac_policy"]["id"].as_str().unwrap();
    format!("{POLICIES}/{id}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_shared_with_one_project_then_another() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    let revision = async || {
        let shown = house.get(&format!("/v2.0/networks/{network}")).await;
        shown["network"]["revision_number"].as_u64().unwrap()
    };
    let made = house.post(POLICIES, share(&network, OTHER)).await;
    assert_eq!(made["rbac_policy"]["project_id"], OWN);
    assert_eq!(made["rbac_policy"]["target_tenant"], OTHER);
    assert_eq!(revision().await, 2);
    assert!(house.shows_shared(&network, OTHER).await);
    assert!(!house.shows_shared(&network, THIRD).await);
    assert!(!house.shows_shared(&network, OWN).await);
    house
        .refused(
            409,
            "DuplicateRbacPolicy",
            "POST",
            POLICIES,
            share(&network, OTHER),
        )
        .await;

    let path = path_of(&made);
    let to = |target: &str| json!({"rbac_policy": {"target_tenant": target}});
    let answer = house.put(&path, to(THIRD)).await;
    assert_eq!(answer["rbac_policy"]["target_tenant"], THIRD);
    assert!(!house.shows_shared(&network, OTHER).await);
    assert!(house.shows_shared(&network, THIRD).await);
    house.post(POLICIES, share(&network, OTHER)).await;
    house
        .refused(
            409,
            "NeutronDbObjectDuplicateEntry",
            "PUT",
            &path,
            to(OTHER),
        )
        .await;
    house
        .refused(400, "InvalidInput", "PUT", &path, to("somebody"))
        .await;
    house
        .refused(
            400,
            "HTTPBadRequest",
            "PUT",
            &path,
            json!({"rbac_policy": {"action": "x"}}),
        )
        .await;

    let query = format!("object_id={network}&target_tenant={OTHER}");
    assert_eq!(house.policies(&query).await.len(), 1);
    assert_eq!(house.policies(&format!("project_id={OWN}")).await.len(), 2);
    house.delete(&path).await;
    house
        .refused(404, "RbacPolicyNotFound", "GET", &path, Json::Null)
        .await;
    house.delete(&format!("/v2.0/networks/{network}")).await;
    assert_eq!(house.policies("").await, Vec::<Json>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shared_so_is_refused() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    let nobody = "00000000-0000-0000-0000-00000000dead";
    let shared = "access_as_shared";
    for (status, kind, body) in [
        (
            400,
            "InvalidInput",
            policy("unicorn", &network, shared, OTHER),
        ),
        (
            400,
            "InvalidInput",
            policy("network", &network, shared, "nobody"),
        ),
        (
            400,
            "InvalidActionForType",
            policy("network", &network, "eat", OTHER),
        ),
        (
            400,
            "InvalidActionForType",
            policy("address_scope", &network, "access_as_external", OTHER),
        ),
        (
            404,
            "NetworkNotFound",
            policy("network", nobody, shared, OTHER),
        ),
        (
            404,
            "AddressScopeNotFound",
            policy("address_scope", &network, shared, OTHER),
        ),
        (
            404,
            "AddressGroupNotFound",
            policy("address_group", &network, shared, OTHER),
        ),
        (
            400,
            "HTTPBadRequest",
            json!({"rbac_policy": {"object_type": "network"}}),
        ),
    ] {
        house.refused(status, kind, "POST", POLICIES, body).await;
    }
    let spelt = policy(" Network", &network, shared, OTHER);
    let made = house.post(POLICIES, spelt).await;
    assert_eq!(made["rbac_policy"]["object_type"], "network");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_that_is_needed_is_not_taken() {
    let house = House::open(Settings::default()).await;
    let network = house.network().await;
    let one = house.post(POLICIES, share(&network, OTHER)).await;
    let all = house.post(POLICIES, share(&network, "*")).await;
    let port = house.port_of(&network, OTHER).await;

    // The one is covered by all, and all by the one.
    house.delete(&path_of(&one)).await;
    let one = house.post(POLICIES, share(&network, OTHER)).await;
    house.delete(&path_of(&all)).await;
    let path = path_of(&one);
    house
        .refused(409, "RbacPolicyInUse", "DELETE", &path, Json::Null)
        .await;
    let to = |target: &str| json!({"rbac_policy": {"target_tenant": target}});
    house
        .refused(409, "RbacPolicyInUse", "PUT", &path, to(THIRD))
        .await;
    house.put(&path, to("*")).await;
    house
        .refused(409, "RbacPolicyInUse", "PUT", &path, to(THIRD))
        .await;
    house.put(&path, to(OTHER)).await;
    house.delete(&port).await;
    house.delete(&path).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_is_a_policy_for_everyone() {
    let house = House::open(Settings::default()).await;
    let asked = json!({"network": {"shared": true}});
    let made = house.post("/v2.0/networks", asked).await;
    assert_eq!(made["network"]["shared"], true);
    let network = made["network"]["id"].as_str().unwrap();
    let path = format!("/v2.0/networks/{network}");
    let found = house.policies(&format!("object_id={network}")).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["target_tenant"], "*");
    assert_eq!(found[0]["action"], "access_as_shared");

    let shared = |shared: bool| json!({"network": {"shared": shared}});
    let port = house.port_of(network, OTHER).await;
    house
        .refused(409, "InvalidSharedSetting", "PUT", &path, shared(false))
        .await;
    let one = house.post(POLICIES, share(network, OTHER)).await;
    let answer = house.put(&path, shared(false)).await;
    assert_eq!(answer["network"]["shared"], false);
    assert_eq!(answer["network"]["revision_number"], 3);
    assert!(house.shows_shared(network, OTHER).await);
    house.delete(&port).await;

    // The policy that was made for everyone is like any other.
    let answer = house.put(&path, shared(true)).await;
    assert_eq!(answer["network"]["revision_number"], 4);
    let all = &house.policies("target_tenant=*").await[0]["id"];
    let all = format!("{POLICIES}/{}", all.as_str().unwrap());
    house
        .put(&all, json!({"rbac_policy": {"target_tenant": THIRD}}))
        .await;
    assert!(!house.shows_shared(network, OWN).await);
    house.put(&path, shared(true)).await;
    assert!(house.shows_shared(network, OWN).await);
    assert_eq!(
        house.policies(&format!("object_id={network}")).await.len(),
        3
    );
    house.delete(&path_of(&one)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn external_is_a_policy_too() {
    let house = House::open(Settings::default()).await;
    let asked = json!({"network": {"router:external": true}});
    let made = house.post("/v2.0/networks", asked).await;
    let network = made["network"]["id"].as_str().unwrap();
    let path = format!("/v2.0/networks/{network}");
    let found = house.policies("action=access_as_external").await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["target_tenant"], "*");
    let external = async || house.get(&path).await["network"]["router:external"] == true;

    let id = found[0]["id"].as_str().unwrap();
    house.delete(&format!("{POLICIES}/{id}")).await;
    assert!(!external().await);
    let open = policy("network", network, "access_as_external", OTHER);
    let open = house.post(POLICIES, open).await;
    assert!(external().await);
    assert!(!house.shows_shared(network, OTHER).await);
    let gateway = json!({"port": {
        "network_id": network, "device_owner": "network:router_gateway",
    }});
    let gateway = house.post("/v2.0/ports", gateway).await;
    house
        .refused(
            409,
            "RbacPolicyInUse",
            "DELETE",
            &path_of(&open),
            Json::Null,
        )
        .await;
    let gateway = gateway["port"]["id"].as_str().unwrap();
    house.delete(&format!("/v2.0/ports/{gateway}")).await;

    let inside = json!({"network": {"router:external": false}});
    house.put(&path, inside).await;
    assert_eq!(house.policies("").await, Vec::<Json>::new());
    let default = json!({"network": {"router:external": true, "is_default": true}});
    house.put(&path, default).await;
    let all = &house.policies("").await[0]["id"];
    let all = format!("{POLICIES}/{}", all.as_str().unwrap());
    house
        .refused(409, "RbacPolicyInUse", "DELETE", &all, Json::Null)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_and_groups_are_shared_as_well() {
    let house = House::open(Settings::default()).await;
    let asked = json!({"address_scope": {"name": "s", "ip_version": 4}});
    let scope = house.post("/v2.0/address-scopes", asked).await;
    assert_eq!(scope["address_scope"]["shared"], false);
    let id = scope["address_scope"]["id"].as_str().unwrap();
    let path = format!("/v2.0/address-scopes/{id}");
    let one = policy("address_scope", id, "access_as_shared", OWN);
    house.post(POLICIES, one).await;
    assert_eq!(house.get(&path).await["address_scope"]["shared"], true);
    let unshare = json!({"address_scope": {"shared": false}});
    house
        .refused(400, "AddressScopeUpdateError", "PUT", &path, unshare)
        .await;
    house
        .put(&path, json!({"address_scope": {"shared": true}}))
        .await;
    assert_eq!(house.policies(&format!("object_id={id}")).await.len(), 2);
    house.delete(&path).await;

    let asked = json!({"address_group": {"name": "g"}});
    let group = house.post("/v2.0/address-groups", asked).await;
    let id = group["address_group"]["id"].as_str().unwrap();
    let one = policy("address_group", id, "access_as_shared", OTHER);
    house.post(POLICIES, one).await;
    house.delete(&format!("/v2.0/address-groups/{id}")).await;
    assert_eq!(house.policies("").await, Vec::<Json>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_limited_but_shared_is_not() {
    let mut settings = Settings::default();
    settings.quotas.insert("rbac_policy", 1);
    let house = House::open(settings).await;
    let network = house.network().await;
    house.post(POLICIES, share(&network, OTHER)).await;
    house
        .refused(409, "OverQuota", "POST", POLICIES, share(&network, THIRD))
        .await;
    let shared = json!({"network": {"shared": true}});
    house
        .put(&format!("/v2.0/networks/{network}"), shared)
        .await;
    let usage = house.get(&format!("/v2.0/quotas/{OWN}/details")).await;
    assert_eq!(usage["quota"]["rbac_policy"]["used"], 2);
}
