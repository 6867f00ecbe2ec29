//! Sharing and quotas by who asks: what owners may, and what only administrators may.

use serde_json::{Value as Json, json};

use crate::http::House;
use crate::persona::{MEMBER, OTHER, OWN, Persona, READER, STRANGER, house};

const POLICIES: &str = "/v2.0/rbac-policies";

fn share(network: &str, target: &str) -> Json {
    json!({"rbac_policy": {
        "object_type": "network", "object_id": network,
        "action": "access_as_shared", "target_tenant": target,
    }})
}

impl House {
    async fn network_of(&self, project: &str) -> String {
        let asked = json!({"network": {"project_id": project}});
        let made = self.made("POST", "/v2.0/networks", asked).await;
        made["network"]["id"].as_str().unwrap().to_owned()
    }

    /// Asks as a persona what must be answered with `status`; the type of the error, if one.
    async fn told(
        &self,
        who: Persona,
        status: u16,
        (method, path, body): (&str, &str, Json),
    ) -> String {
        let (found, answer) = self.ask_as(who, method, path, &body).await;
        assert_eq!(found, status, "{} {method} {path}: {answer}", who.name);
        let kind = answer["NeutronError"]["type"].as_str();
        kind.unwrap_or_default().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_share_with_projects_and_administrators_with_all() {
    let house = house("").await;
    let (own, others) = (house.network_of(OWN).await, house.network_of(OTHER).await);
    let asked = ("POST", POLICIES, share(&others, OWN));
    let told = house.told(MEMBER, 404, asked.clone()).await;
    assert_eq!(told, "NetworkNotFound");
    let (_, path, body) = asked.clone();
    house.made("POST", path, body).await;
    let told = house.told(MEMBER, 400, ("POST", POLICIES, share(&others, OTHER)));
    assert_eq!(told.await, "InvalidInput");

    let all = ("POST", POLICIES, share(&own, "*"));
    assert_eq!(house.told(MEMBER, 403, all).await, "PolicyNotAuthorized");
    let one = ("POST", POLICIES, share(&own, OTHER));
    assert_eq!(
        house.told(READER, 403, one.clone()).await,
        "PolicyNotAuthorized"
    );
    let (_, path, body) = one;
    let (status, policy) = house.ask_as(MEMBER, "POST", path, &body).await;
    assert_eq!(status, 201);

    // What is shared is seen, used, and then needed.
    let network = format!("/v2.0/networks/{own}");
    assert_eq!(
        house.seen(MEMBER, &network).await["network"]["shared"],
        false
    );
    assert_eq!(
        house.seen(STRANGER, &network).await["network"]["shared"],
        true
    );
    let listed = house
        .seen(STRANGER, "/v2.0/networks?shared=True&fields=id")
        .await;
    assert_eq!(listed["networks"], json!([{"id": own}]));
    let port = json!({"port": {"network_id": own}});
    house
        .told(STRANGER, 201, ("POST", "/v2.0/ports", port))
        .await;
    let id = policy["rbac_policy"]["id"].as_str().unwrap();
    let policy = format!("{POLICIES}/{id}");
    let gone = ("DELETE", policy.as_str(), Json::Null);
    assert_eq!(
        house.told(STRANGER, 404, gone.clone()).await,
        "RbacPolicyNotFound"
    );
    assert_eq!(house.told(MEMBER, 409, gone).await, "RbacPolicyInUse");
    let everyone = json!({"rbac_policy": {"target_tenant": "*"}});
    house.told(MEMBER, 403, ("PUT", &policy, everyone)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_see_their_quota_and_administrators_set_it() {
    let house = house("").await;
    let (own, others) = (
        format!("/v2.0/quotas/{OWN}"),
        format!("/v2.0/quotas/{OTHER}"),
    );
    for path in [&own, &format!("{own}/default"), &format!("{own}/details")] {
        assert_eq!(
            house.seen(MEMBER, path).await["quota"]
                .as_object()
                .unwrap()
                .len(),
            11
        );
    }
    let limit = json!({"quota": {"network": 1}});
    for asked in [
        ("GET", others.as_str(), Json::Null),
        ("GET", &format!("{others}/details"), Json::Null),
        ("GET", "/v2.0/quotas", Json::Null),
        ("PUT", &own, limit.clone()),
        ("DELETE", &own, Json::Null),
    ] {
        assert_eq!(house.told(MEMBER, 403, asked).await, "PolicyNotAuthorized");
    }
    house.made("PUT", &own, limit).await;
    let network = ("POST", "/v2.0/networks", json!({"network": {}}));
    house.told(MEMBER, 201, network.clone()).await;
    assert_eq!(house.told(MEMBER, 409, network).await, "OverQuota");
}
