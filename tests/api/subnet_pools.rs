//! Subnet pools and address scopes, and subnets taken from pools.

use serde_json::{Value as Json, json};
use weft::service::Settings;

use crate::http::House;
use crate::persona::{self, ADMIN, MEMBER, OTHER, OWN, Persona, READER, STRANGER};

/// A new record's id.
async fn make(house: &House, path: &str, name: &str, body: Json) -> String {
    let made = house.post(path, json!({ name: body })).await;
    made[name]["id"].as_str().unwrap().to_owned()
}

async fn pool(house: &House, body: Json) -> String {
    make(house, "/v2.0/subnetpools", "subnetpool", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_from_birth_to_end() {
    let house = House::open(Settings::default()).await;
    let body = json!({"subnetpool": {"name": "p", "prefixes": ["10.0.0.0/17", "10.0.128.0/17"], "default_prefixlen": "24"}});
    let made = house.post("/v2.0/subnetpools", body).await;
    let made = &made["subnetpool"];
    let path = format!("/v2.0/subnetpools/{}", made["id"].as_str().unwrap());
    assert_eq!(made["prefixes"], json!(["10.0.0.0/16"]));
    let lengths =
        |pool: &Json| ["min", "default", "max"].map(|n| pool[format!("{n}_prefixlen")].clone());
    assert_eq!(lengths(made), ["8", "24", "32"].map(Json::from));
    assert_eq!(made["revision_number"], 0);
    assert_eq!(
        (&made["is_default"], &made["shared"], &made["default_quota"]),
        (&json!(false), &json!(false), &Json::Null)
    );

    let change =
        json!({"subnetpool": {"max_prefixlen": 28, "default_quota": 512, "description": "d"}});
    let now = house.put(&path, change).await;
    assert_eq!(
        lengths(&now["subnetpool"]),
        ["8", "24", "28"].map(Json::from)
    );
    assert_eq!(now["subnetpool"]["revision_number"], 1);
    let tags = house
        .put(&format!("{path}/tags"), json!({"tags": ["t"]}))
        .await;
    assert_eq!(tags["tags"], json!(["t"]));
    let headers = [("If-Match".to_owned(), "revision_number=1".to_owned())];
    let stale = json!({"subnetpool": {"name": "late"}});
    let (status, _) = house.ask("PUT", &path, &headers, Some(&stale)).await;
    assert_eq!(status, 412);
    assert_eq!(house.get(&path).await["subnetpool"]["name"], "p");
    house.delete(&path).await;
    house
        .refused(404, "SubnetPoolNotFound", "GET", &path, Json::Null)
        .await;
}

/// Error types, and attributes besides name and prefixes that are answered with them; null takes one out.
const REFUSED: &[(&str, &str)] = &[
    ("HTTPBadRequest", r#"{"name": null}"#),
    ("HTTPBadRequest", r#"{"name": " "}"#),
    ("HTTPBadRequest", r#"{"prefixes": null}"#),
    ("HTTPBadRequest", r#"{"prefixes": ["nonsense"]}"#),
    ("HTTPBadRequest", r#"{"prefixes": "10.0.0.0/16"}"#),
    (
        "HTTPBadRequest",
        r#"{"prefixes": ["10.0.0.0/16", "10.0.0.0/16"]}"#,
    ),
    ("HTTPBadRequest", r#"{"ip_version": 4}"#),
    ("HTTPBadRequest", r#"{"min_prefixlen": -1}"#),
    ("HTTPBadRequest", r#"{"address_scope_id": "x"}"#),
    ("InvalidInput", r#"{"min_prefixlen": "x"}"#),
    ("InvalidInput", r#"{"default_quota": "many"}"#),
    ("EmptySubnetPoolPrefixList", r#"{"prefixes": []}"#),
    ("IllegalSubnetPoolPrefixBounds", r#"{"max_prefixlen": 300}"#),
];

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_refused() {
    let house = House::open(Settings::default()).await;
    for (kind, text) in REFUSED {
        let mut body = json!({"name": "n", "prefixes": ["10.0.0.0/16"]});
        let fields = body.as_object_mut().unwrap();
        fields.extend(serde_json::from_str::<serde_json::Map<_, _>>(text).unwrap());
        fields.retain(|_, value: &mut Json| !value.is_null());
        let body = json!({"subnetpool": body});
        house
            .refused(400, kind, "POST", "/v2.0/subnetpools", body)
            .await;
    }
    let body = json!({"name": "p", "prefixes": ["10.0.0.0/16"]});
    let path = format!("/v2.0/subnetpools/{}", pool(&house, body).await);
    for body in [
        json!({"shared": true}),
        json!({"ip_version": 6}),
        json!({"project_id": "q"}),
    ] {
        let body = json!({"subnetpool": body});
        house
            .refused(400, "HTTPBadRequest", "PUT", &path, body)
            .await;
    }
    let body = json!({"subnetpool": {"default_quota": null}});
    house.refused(400, "InvalidInput", "PUT", &path, body).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_and_subnets_that_are_refused() {
    let house = House::open(Settings::default()).await;
    let body = json!({"name": "p", "prefixes": ["10.0.0.0/16"]});
    let path = format!("/v2.0/subnetpools/{}", pool(&house, body).await);
    for operation in ["add_prefixes", "remove_prefixes"] {
        let path = format!("{path}/{operation}");
        for body in [
            json!({}),
            json!({"prefixes": []}),
            json!({"prefixes": ["x"]}),
            json!([]),
        ] {
            house
                .refused(400, "HTTPBadRequest", "PUT", &path, body)
                .await;
        }
    }
    let onboard = format!("{path}/onboard_network_subnets");
    house
        .refused(400, "InvalidInput", "PUT", &onboard, json!({}))
        .await;
    let unknown = json!({"network_id": "x"});
    house
        .refused(404, "NetworkNotFound", "PUT", &onboard, unknown)
        .await;
    let network = house.network().await;
    let asked =
        json!({"network_id": network, "ip_version": 6, "subnetpool_id": "prefix_delegation"});
    let asked = json!({"subnet": asked});
    house
        .refused(400, "HTTPBadRequest", "POST", "/v2.0/subnets", asked)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subnets_of_pools_and_the_scope_of_their_network() {
    let house = House::open(Settings::default()).await;
    let scopes = "/v2.0/address-scopes";
    let body = json!({"name": "s", "ip_version": 4});
    let scope = make(&house, scopes, "address_scope", body).await;
    let body = json!({"name": "p", "prefixes": ["10.0.0.0/16"], "default_prefixlen": 24, "address_scope_id": scope});
    let pool = pool(&house, body).await;
    let path = format!("/v2.0/subnetpools/{pool}");
    let network = house.network().await;
    let asked = |extra: Json| {
        let mut subnet = json!({"network_id": network, "ip_version": 4, "subnetpool_id": pool});
        let fields = subnet.as_object_mut().unwrap();
        fields.extend(extra.as_object().unwrap().clone());
        json!({"subnet": subnet})
    };
    let mut made = Vec::new();
    for (extra, cidr, gateway) in [
        (json!({}), "10.0.0.0/24", json!("10.0.0.1")),
        (
            json!({"prefixlen": 28, "gateway_ip": null}),
            "10.0.1.0/28",
            Json::Null,
        ),
    ] {
        let subnet = house.post("/v2.0/subnets", asked(extra)).await["subnet"].clone();
        assert_eq!(
            (&subnet["cidr"], &subnet["subnetpool_id"]),
            (&json!(cidr), &json!(pool))
        );
        assert_eq!(subnet["gateway_ip"], gateway);
        made.push(subnet["id"].as_str().unwrap().to_owned());
    }
    let shown = house.get(&format!("/v2.0/networks/{network}")).await;
    assert_eq!(shown["network"]["ipv4_address_scope"], json!(scope));
    assert_eq!(shown["network"]["ipv6_address_scope"], Json::Null);
    let scope = format!("{scopes}/{scope}");
    for (status, kind, path) in [
        (409, "AddressScopeInUse", &scope),
        (400, "SubnetPoolDeleteError", &path),
    ] {
        house
            .refused(status, kind, "DELETE", path, Json::Null)
            .await;
    }
    for subnet in made {
        house.delete(&format!("/v2.0/subnets/{subnet}")).await;
    }
    house.delete(&path).await;
    house.delete(&scope).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_a_pool_does_not_give() {
    let house = House::open(Settings::default()).await;
    let body = json!({"name": "p", "prefixes": ["10.0.0.0/16"]});
    let pool = pool(&house, body).await;
    let network = house.network().await;
    for (status, kind, extra) in [
        (409, "SubnetAllocationError", json!({"cidr": "10.1.0.0/25"})),
        (
            400,
            "MinPrefixSubnetAllocationError",
            json!({"prefixlen": 7}),
        ),
        (
            400,
            "MaxPrefixSubnetAllocationError",
            json!({"prefixlen": 300}),
        ),
        (
            400,
            "BadRequest",
            json!({"prefixlen": 24, "cidr": "10.0.9.0/24"}),
        ),
        (400, "BadRequest", json!({"use_default_subnetpool": true})),
    ] {
        let mut subnet = json!({"network_id": network, "ip_version": 4, "subnetpool_id": pool});
        let fields = subnet.as_object_mut().unwrap();
        fields.extend(extra.as_object().unwrap().clone());
        let body = json!({"subnet": subnet});
        house
            .refused(status, kind, "POST", "/v2.0/subnets", body)
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_onboarded_and_prefixes_come_and_go() {
    let house = House::open(Settings::default()).await;
    let pool = pool(&house, json!({"name": "p", "prefixes": ["192.168.0.0/24"]})).await;
    let path = format!("/v2.0/subnetpools/{pool}");
    let network = house.network().await;
    let body = json!({"network_id": network, "ip_version": 4, "cidr": "10.5.0.0/24"});
    let subnet = make(&house, "/v2.0/subnets", "subnet", body).await;
    let onboard = format!("{path}/onboard_network_subnets");
    let answer = house.put(&onboard, json!({"network_id": network})).await;
    assert_eq!(answer, json!([{"id": subnet, "cidr": "10.5.0.0/24"}]));
    let found = house
        .get(&format!("/v2.0/subnets?subnetpool_id={pool}&fields=id"))
        .await;
    assert_eq!(found["subnets"], json!([{"id": subnet}]));
    let more = json!({"prefixes": ["192.168.1.0/24", "172.16.0.0/21"]});
    let answer = house.put(&format!("{path}/add_prefixes"), more).await;
    assert_eq!(
        answer,
        json!({"prefixes": ["10.5.0.0/24", "172.16.0.0/21", "192.168.0.0/23"]})
    );
    let remove = format!("{path}/remove_prefixes");
    let used = json!({"prefixes": ["10.5.0.0/16"]});
    house
        .refused(400, "IllegalSubnetPoolPrefixUpdate", "PUT", &remove, used)
        .await;
    let answer = house
        .put(&remove, json!({"prefixes": ["192.168.1.0/24"]}))
        .await;
    assert_eq!(
        answer,
        json!({"prefixes": ["10.5.0.0/24", "172.16.0.0/21", "192.168.0.0/24"]})
    );
    let other = json!({"subnet": {"subnetpool_id": null}});
    house
        .refused(
            400,
            "HTTPBadRequest",
            "PUT",
            &format!("/v2.0/subnets/{subnet}"),
            other,
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_finds_what_a_scan_would() {
    let house = House::open(Settings::default()).await;
    let scopes = "/v2.0/address-scopes";
    let scope = make(
        &house,
        scopes,
        "address_scope",
        json!({"name": "s", "ip_version": 6, "shared": true}),
    )
    .await;
    pool(&house, json!({
        "name": "six", "prefixes": ["fd00::/48"], "address_scope_id": scope, "is_default": true,
        "shared": true, "default_prefixlen": 80, "default_quota": 7, "project_id": "q", "description": "d",
    })).await;
    pool(&house, json!({"name": "four", "prefixes": ["10.0.0.0/8"]})).await;
    let names = async |query: &str| {
        let found = house
            .get(&format!(
                "/v2.0/subnetpools?{query}&fields=name&sort_key=name&sort_dir=asc"
            ))
            .await;
        let names = found["subnetpools"].as_array().unwrap().iter();
        names
            .map(|p| p["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names("").await, "four six");
    for query in [
        "name=six",
        "ip_version=6",
        "is_default=True",
        "shared=1",
        "default_prefixlen=80",
        "min_prefixlen=64",
        "max_prefixlen=128",
        "default_quota=7",
        "project_id=q",
        "tenant_id=q&name=six",
        "description=d",
        &format!("address_scope_id={scope}"),
        &format!("address_scope_id={scope}&address_scope_id={scope}&name=six"),
    ] {
        assert_eq!(names(query).await, "six", "{query}");
    }
    assert_eq!(names("default_prefixlen=8&ip_version=4").await, "four");
    let found = house
        .get(&format!(
            "{scopes}?shared=true&ip_version=6&sort_key=name&sort_dir=asc&fields=id"
        ))
        .await;
    assert_eq!(found["address_scopes"], json!([{"id": scope}]));
    let unshared = json!({"address_scope": {"shared": false}});
    house
        .refused(
            400,
            "AddressScopeUpdateError",
            "PUT",
            &format!("{scopes}/{scope}"),
            unshared,
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_shared_with_those_who_have_its_scope() {
    let house = House::open(Settings::default()).await;
    let scopes = "/v2.0/address-scopes";
    let body = json!({"name": "s", "ip_version": 4});
    let scope = make(&house, scopes, "address_scope", body).await;
    let mut body = json!({"name": "p", "prefixes": ["10.0.0.0/16"], "address_scope_id": scope, "shared": true});
    let all = json!({"subnetpool": body});
    house
        .refused(400, "InvalidInput", "POST", "/v2.0/subnetpools", all)
        .await;
    body["shared"] = json!(false);
    let pool = pool(&house, body).await;
    let policies = "/v2.0/rbac-policies";
    let share = |kind: &str, id: &str| json!({"rbac_policy": {"object_type": kind, "object_id": id, "action": "access_as_shared", "target_tenant": OTHER}});
    let policy = share("subnetpool", &pool);
    house
        .refused(400, "InvalidInput", "POST", policies, policy.clone())
        .await;
    house.post(policies, share("address_scope", &scope)).await;
    let made = house.post(policies, policy).await;
    let path = format!("/v2.0/subnetpools/{pool}");
    assert_eq!(house.get(&path).await["subnetpool"]["shared"], false);
    let headers = [("X-Project-Id".to_owned(), OTHER.to_owned())];
    let (_, seen) = house.ask("GET", &path, &headers, None).await;
    assert_eq!(seen["subnetpool"]["shared"], true);

    let network = house.network().await;
    let body = json!({"network_id": network, "ip_version": 4, "subnetpool_id": pool, "project_id": OTHER, "prefixlen": 24});
    let subnet = make(&house, "/v2.0/subnets", "subnet", body).await;
    let made = format!("{policies}/{}", made["rbac_policy"]["id"].as_str().unwrap());
    house
        .refused(409, "RbacPolicyInUse", "DELETE", &made, Json::Null)
        .await;
    house.delete(&format!("/v2.0/subnets/{subnet}")).await;
    house.delete(&made).await;
    house.delete(&path).await;
}

/// Status and error type of what a persona is answered.
async fn answered(
    house: &House,
    who: Persona,
    method: &str,
    path: &str,
    body: &Json,
) -> (u16, String) {
    let (status, answer) = house.ask_as(who, method, path, body).await;
    let kind = answer["NeutronError"]["type"].as_str();
    (status, kind.unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_its_projects() {
    let house = persona::house("").await;
    let pools = "/v2.0/subnetpools";
    let named = |extra: &str| {
        let text = format!(r#"{{"name": "p", "prefixes": ["10.0.0.0/16"]{extra}}}"#);
        json!({"subnetpool": serde_json::from_str::<Json>(&text).unwrap()})
    };
    let (status, made) = house.ask_as(MEMBER, "POST", pools, &named("")).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("{pools}/{}", made["subnetpool"]["id"].as_str().unwrap());
    let mut networks = Vec::new();
    for project in [OWN, OTHER] {
        let asked = json!({"network": {"project_id": project}});
        let network = house.made("POST", "/v2.0/networks", asked).await;
        networks.push(network["network"]["id"].clone());
    }
    let (add, onboard) = (
        format!("{path}/add_prefixes"),
        format!("{path}/onboard_network_subnets"),
    );
    let more = json!({"prefixes": ["10.1.0.0/16"]});
    let counts = format!(
        "/v2.0/network-ip-availabilities/{}",
        networks[0].as_str().unwrap()
    );
    let own = json!({"network_id": networks[0]});
    let others = json!({"network_id": networks[1]});
    for (who, method, path, body, status, kind) in [
        (
            MEMBER,
            "POST",
            pools,
            &named(r#", "shared": true"#),
            403,
            "PolicyNotAuthorized",
        ),
        (
            MEMBER,
            "POST",
            pools,
            &named(r#", "is_default": true"#),
            403,
            "PolicyNotAuthorized",
        ),
        (
            STRANGER,
            "GET",
            &path,
            &Json::Null,
            404,
            "SubnetPoolNotFound",
        ),
        (STRANGER, "PUT", &add, &more, 404, "SubnetPoolNotFound"),
        (READER, "PUT", &add, &more, 403, "PolicyNotAuthorized"),
        (MEMBER, "PUT", &add, &more, 200, ""),
        (MEMBER, "PUT", &onboard, &own, 200, ""),
        (MEMBER, "PUT", &onboard, &others, 404, "NetworkNotFound"),
        (ADMIN, "PUT", &onboard, &others, 200, ""),
        (ADMIN, "GET", &counts, &Json::Null, 200, ""),
        (MEMBER, "GET", &counts, &Json::Null, 404, "NetworkNotFound"),
    ] {
        let found = answered(&house, who, method, path, body).await;
        assert_eq!(
            found,
            (status, kind.to_owned()),
            "{} {method} {path}",
            who.name
        );
    }
}
