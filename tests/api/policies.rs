//! Who may do what: a table of requests, with the answer each persona gets.

use serde_json::{Value as Json, json};

use crate::persona::{
    ADMIN, COLUMNS, Cloud, MEMBER, OTHER, OWN, Persona, READER, SERVICE, SYSTEM, house,
};

/// Asks each line as each persona, on one cloud. A line is method, path, body, and the answers of
/// admin, manager, member, reader, service, nobody and a stranger's member.
async fn table(lines: &str) {
    let house = house("").await;
    let cloud = Cloud::build(&house).await;
    let mut wrong = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (request, answers) = line.split_once(" => ").unwrap();
        let request = request.trim();
        let mut words = request.splitn(3, ' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let path = cloud.fill(&format!("/v2.0/{path}"));
        let body: Json = words.next().map_or(Json::Null, |body| {
            serde_json::from_str(&cloud.fill(body)).unwrap_or_else(|e| panic!("{e}: {body}"))
        });
        for (who, answer) in COLUMNS.into_iter().zip(answers.split_whitespace()) {
            let (status, document) = house.ask_as(who, method, &path, &body).await;
            if status.to_string() != answer {
                wrong.push(format!("{line}\n    {} got {status} {document}", who.name));
            }
            let kind = document["NeutronError"]["type"]
                .as_str()
                .unwrap_or_default();
            if status == 403 && kind != "PolicyNotAuthorized" {
                wrong.push(format!("{line}\n    {} was refused with {kind}", who.name));
            }
        }
        assert_eq!(answers.split_whitespace().count(), COLUMNS.len(), "{line}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_and_subnets() {
    table(
        r#"
        GET networks/<own>      => 200 200 200 200 200 404 404
        GET networks/<other>    => 200 404 404 404 200 404 200
        GET networks/<shared>   => 200 200 200 200 200 200 200
        GET networks/<external> => 200 200 200 200 200 200 200
        GET networks/<own>/tags    => 200 200 200 200 403 404 404
        GET networks/<other>/tags  => 200 404 404 404 403 404 200
        GET networks/<shared>/tags => 200 200 200 200 200 200 200
        GET subnets/<own_subnet>    => 200 200 200 200 200 404 404
        GET subnets/<other_subnet>  => 200 404 404 404 200 404 200
        GET subnets/<shared_subnet> => 200 200 200 200 200 200 200
        PUT networks/<own> {"network": {"name": "x"}}    => 200 200 200 403 403 404 404
        PUT networks/<other> {"network": {"name": "x"}}  => 200 404 404 404 403 404 200
        PUT networks/<shared> {"network": {"name": "x"}} => 200 403 403 403 403 403 200
        PUT networks/<own> {"network": {"shared": false}}         => 200 403 403 403 403 404 404
        PUT networks/<own> {"network": {"router:external": false}} => 200 403 403 403 403 404 404
        PUT networks/<own> {"network": {"port_security_enabled": true}} => 200 200 200 403 403 404 404
        PUT networks/<own>/tags {"tags": ["a"]}     => 200 200 200 403 403 404 404
        POST networks/<own>/tags {"tags": ["b"]}    => 200 200 200 403 403 404 404
        PUT networks/<shared>/tags/c                => 201 403 403 403 403 403 201
        DELETE networks/<own>/tags                  => 204 204 204 403 403 404 404
        PUT subnets/<own_subnet> {"subnet": {"name": "x"}}    => 200 200 200 403 403 404 404
        PUT subnets/<shared_subnet> {"subnet": {"name": "x"}} => 200 403 403 403 403 403 200
        PUT subnets/<own_subnet> {"subnet": {"service_types": []}} => 200 403 403 403 403 404 404
        POST networks {"network": {}}                        => 201 201 201 403 403 403 201
        POST networks {"network": {"shared": false}}         => 201 201 201 403 403 403 201
        POST networks {"network": {"shared": true}}          => 201 403 403 403 403 403 403
        POST networks {"network": {"router:external": true}} => 201 403 403 403 403 403 403
        POST networks {"network": {"mtu": 1400}}             => 201 201 201 403 403 403 201
        POST networks {"network": {"provider:network_type": "vxlan"}} => 201 403 403 403 403 403 403
        POST networks {"networks": [{"name": "a"}, {"shared": true}]} => 201 403 403 403 403 403 403
        POST networks {"network": {"project_id": "33333333333333333333333333333333"}} => 201 400 400 400 403 400 400
        POST subnets {"subnet": {"network_id": "<shared>", "ip_version": 6, "cidr": "fd00::/64"}} => 201 403 403 403 403 403 400
        POST ports {"port": {"network_id": "<shared>"}} => 201 201 201 201 201 201 201
        DELETE networks/<own>    => 409 409 409 403 403 404 404
        DELETE networks/<shared> => 409 403 403 403 403 403 409
        DELETE networks/<other>  => 409 404 404 404 403 404 409
        DELETE networks/00000000-0000-4000-8000-000000000000 => 404 404 404 404 404 404 404
        GET networks/00000000-0000-4000-8000-000000000000 => 404 404 404 404 404 404 404
        PUT networks/<other> {"network": {"mtu": "many"}} => 400 400 400 400 400 400 400
        "#,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ports() {
    table(
        r#"
        GET ports/<port>       => 200 200 200 200 200 404 404
        GET ports/<guest>      => 200 200 200 200 200 404 200
        GET ports/<other_port> => 200 404 404 404 200 404 200
        GET ports/<guest>/tags => 200 200 200 200 403 404 200
        PUT ports/<port> {"port": {"name": "x"}}       => 200 200 200 403 200 404 404
        PUT ports/<guest> {"port": {"name": "x"}}      => 200 403 403 403 200 404 200
        PUT ports/<other_port> {"port": {"name": "x"}} => 200 404 404 404 200 404 200
        PUT ports/<port> {"port": {"mac_address": "fa:16:3e:00:00:aa"}}  => 200 200 403 403 200 404 404
        PUT ports/<port> {"port": {"device_owner": "network:router_interface"}} => 200 200 200 403 200 404 404
        PUT ports/<guest> {"port": {"device_owner": "compute:x"}}       => 200 403 403 403 200 404 200
        PUT ports/<guest> {"port": {"device_owner": "network:dhcp"}}    => 200 403 403 403 200 404 403
        PUT ports/<guest> {"port": {"device_owner": "compute:x"}}       => 200 403 403 403 200 404 200
        PUT ports/<guest> {"port": {"port_security_enabled": true}}     => 200 403 403 403 200 404 403
        PUT ports/<guest> {"port": {"fixed_ips": []}}                   => 200 403 403 403 200 404 403
        PUT ports/<port> {"port": {"binding:host_id": "h"}}             => 200 403 403 403 200 404 404
        PUT ports/<port> {"port": {"binding:vnic_type": "normal"}}      => 200 200 200 403 200 404 404
        PUT ports/<port> {"port": {"binding:profile": {}}}              => 403 403 403 403 200 404 404
        PUT ports/<port> {"port": {"allowed_address_pairs": [{"ip_address": "10.9.9.9"}]}} => 200 200 200 403 200 404 404
        POST ports {"port": {"network_id": "<own>"}}      => 201 201 201 403 201 403 404
        POST ports {"port": {"network_id": "<other>"}}    => 201 404 404 404 201 404 201
        POST ports {"port": {"network_id": "<shared>"}}   => 201 201 201 201 201 201 201
        POST ports {"port": {"network_id": "<external>"}} => 201 403 403 403 201 403 201
        POST ports {"port": {"network_id": "00000000-0000-4000-8000-000000000000"}} => 404 403 403 403 404 403 403
        POST ports {"port": {"network_id": "<shared>", "mac_address": "fa:16:3e:00:00:bb"}} => 201 403 403 403 409 403 409
        POST ports {"port": {"network_id": "<shared>", "device_owner": "network:dhcp"}} => 201 403 403 403 201 403 201
        POST ports {"port": {"network_id": "<shared>", "device_owner": "compute:nova"}} => 201 201 201 201 201 201 201
        POST ports {"port": {"network_id": "<shared>", "fixed_ips": [{"subnet_id": "<shared_subnet>"}]}} => 201 201 201 201 201 201 201
        POST ports {"port": {"network_id": "<shared>", "fixed_ips": [{"ip_address": "10.3.0.99"}]}} => 201 403 403 403 409 403 409
        POST ports {"port": {"network_id": "<own>", "binding:profile": {"a": 1}}} => 403 403 403 403 201 403 403
        POST ports {"port": {"network_id": "<own>", "binding:vnic_type": "normal"}} => 201 201 201 403 201 403 404
        POST ports {"ports": [{"network_id": "<own>"}, {"network_id": "<other>"}]} => 201 404 404 403 201 403 404
        DELETE ports/<other_port> => 204 404 404 404 404 404 404
        DELETE ports/<guest>      => 204 404 404 404 404 404 404
        "#,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_resources() {
    table(
        r#"
        GET agents             => 200 200 200 200 200 200 200
        GET agents/00000000-0000-4000-8000-000000000000 => 404 404 404 404 404 404 404
        GET availability_zones => 200 200 200 200 200 200 200
        POST address-scopes {"address_scope": {"name": "s", "ip_version": 4}}                 => 201 201 201 403 403 403 201
        POST address-scopes {"address_scope": {"name": "s", "ip_version": 4, "shared": true}} => 201 403 403 403 403 403 403
        POST address-groups {"address_group": {"name": "g"}} => 201 201 201 403 403 403 201
        GET flavors            => 200 200 200 200 200 200 200
        POST flavors {"flavor": {"name": "f", "service_type": "L3_ROUTER_NAT"}} => 201 403 403 403 403 403 403
        GET service_profiles   => 200 200 200 200 200 200 200
        POST service_profiles {"service_profile": {"metainfo": "m"}} => 201 403 403 403 403 403 403
        GET segments           => 200 200 200 200 200 200 200
        POST segments {"segment": {"network_id": "<own>", "network_type": "vxlan", "physical_network": null}} => 201 403 403 403 403 403 403
        GET network_segment_ranges => 200 200 200 200 200 200 200
        POST subnetpools {"subnetpool": {"name": "p", "prefixes": ["10.0.0.0/8"]}}                      => 201 201 201 403 403 403 201
        POST subnetpools {"subnetpool": {"name": "p", "prefixes": ["10.0.0.0/8"], "shared": true}}      => 201 403 403 403 403 403 403
        POST subnetpools {"subnetpool": {"name": "p", "prefixes": ["10.0.0.0/8"], "is_default": false}} => 201 201 201 403 403 403 201
        GET network-ip-availabilities       => 200 200 200 200 200 200 200
        GET network-ip-availabilities/<own> => 200 404 404 404 200 404 404
        GET networks/<own>/dhcp-agents      => 200 403 403 403 403 403 403
        GET ports/<port>/bindings           => 400 403 403 403 400 404 404
        POST ports/<port>/bindings {"binding": {"host": "h"}} => 403 403 403 403 400 404 404
        PUT quotas/<own> {"quota": {"port": 9}} => 200 403 403 403 403 403 403
        GET quotas             => 200 403 403 403 403 403 403
        GET quotas/tenant      => 200 200 200 200 200 200 200
        "#,
    )
    .await;
    let house = house("").await;
    let body = json!({"address_group": {"name": "g", "project_id": OWN}});
    let group = house.made("POST", "/v2.0/address-groups", body).await;
    let path = format!(
        "/v2.0/address-groups/{}/add_addresses",
        group["address_group"]["id"].as_str().unwrap()
    );
    let body = json!({"addresses": ["10.0.0.0/8"]});
    for (who, expected) in COLUMNS.into_iter().zip([200, 200, 200, 403, 404, 404, 404]) {
        let (status, answer) = house.ask_as(who, "PUT", &path, &body).await;
        assert_eq!(status, expected, "{}: {answer}", who.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_is_answered_as_what_is_not_there() {
    let house = house("").await;
    let cloud = Cloud::build(&house).await;
    let nowhere = "00000000-0000-4000-8000-000000000000";
    for (method, body) in [
        ("GET", Json::Null),
        ("PUT", json!({"network": {"name": "x"}})),
        ("DELETE", Json::Null),
    ] {
        let ask = async |id: &str| {
            let path = format!("/v2.0/networks/{id}");
            let (status, answer) = house.ask_as(MEMBER, method, &path, &body).await;
            (status, answer.to_string().replace(id, "ID"))
        };
        assert_eq!(ask(&cloud.other).await, ask(nowhere).await, "{method}");
    }
    let tags = async |id: &str| {
        let path = format!("/v2.0/networks/{id}/tags/x");
        let (status, answer) = house.ask_as(MEMBER, "PUT", &path, &Json::Null).await;
        (status, answer.to_string().replace(id, "ID"))
    };
    assert_eq!(tags(&cloud.other).await, tags(nowhere).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_policy_and_rule() {
    let house = house("create_network:shared: role:sharer\n").await;
    let body = json!({"network": {"shared": true}});
    let (status, answer) = house.ask_as(MEMBER, "POST", "/v2.0/networks", &body).await;
    assert_eq!(status, 403);
    assert_eq!(
        answer["NeutronError"]["message"],
        "the policy create_network:shared does not allow this; it takes role:sharer"
    );
    let body = json!({"network": {"project_id": OWN}});
    let (status, answer) = house.ask_as(SYSTEM, "POST", "/v2.0/networks", &body).await;
    assert_eq!(
        (status, answer["NeutronError"]["type"].as_str()),
        (403, Some("InvalidScope"))
    );
    let listed = house.seen(SYSTEM, "/v2.0/networks").await;
    assert_eq!(listed["networks"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_show_what_the_reader_may_see() {
    let house = house("get_network:mtu: rule:owner\nget_port:name: '!'\n").await;
    let cloud = Cloud::build(&house).await;
    let keys = async |who, path: &str, name: &str| -> Vec<String> {
        let document = house.seen(who, &cloud.fill(path)).await;
        document[name]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let has = |keys: &[String], name: &str| keys.iter().any(|key| key == name);
    let network = keys(MEMBER, "/v2.0/networks/<own>", "network").await;
    assert!(
        !has(&network, "provider:network_type") && has(&network, "mtu"),
        "{network:?}"
    );
    let network = keys(MEMBER, "/v2.0/networks/<shared>", "network").await;
    assert!(
        !has(&network, "mtu") && has(&network, "status"),
        "{network:?}"
    );
    let network = keys(ADMIN, "/v2.0/networks/<own>", "network").await;
    assert!(has(&network, "provider:segmentation_id"), "{network:?}");
    let port = keys(READER, "/v2.0/ports/<port>", "port").await;
    assert!(
        !has(&port, "binding:host_id") && has(&port, "binding:vnic_type"),
        "{port:?}"
    );
    let port = keys(SERVICE, "/v2.0/ports/<port>", "port").await;
    assert!(
        has(&port, "binding:host_id") && has(&port, "binding:profile"),
        "{port:?}"
    );
    assert!(!has(&port, "name"), "{port:?}");
    // What a POST answers is cut the same way.
    let body = json!({"network": {"name": "n"}});
    let (_, made) = house.ask_as(MEMBER, "POST", "/v2.0/networks", &body).await;
    assert!(
        made["network"].get("provider:network_type").is_none(),
        "{made}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn policy_files_decide() {
    let file = "\
context_is_admin: role:cloud_admin
create_network: role:creator
update_network: field:networks:name=open
get_network: '@'
context_can_set_project_id: role:giver
create_network:description: role:writer
";
    let house = house(file).await;
    let ask = async |roles, method, path: &str, body: Json| {
        let who = Persona {
            name: roles,
            roles,
            scope: OWN,
        };
        let (status, answer) = house.ask_as(who, method, path, &body).await;
        (status, answer)
    };
    let create = |fields: Json| json!({"network": fields});
    let (status, _) = ask("admin,member", "POST", "/v2.0/networks", create(json!({}))).await;
    assert_eq!(status, 403, "admin is a role like any other");
    let (status, made) = ask(
        "creator",
        "POST",
        "/v2.0/networks",
        create(json!({"name": "open"})),
    )
    .await;
    assert_eq!(status, 201);
    let path = format!("/v2.0/networks/{}", made["network"]["id"].as_str().unwrap());
    let written = json!({"description": "d"});
    assert_eq!(
        ask("creator", "POST", "/v2.0/networks", create(written.clone()))
            .await
            .0,
        403
    );
    assert_eq!(
        ask("creator,writer", "POST", "/v2.0/networks", create(written))
            .await
            .0,
        201
    );
    let given = json!({"project_id": OTHER});
    assert_eq!(
        ask("creator", "POST", "/v2.0/networks", create(given.clone()))
            .await
            .0,
        400
    );
    assert_eq!(
        ask("creator,giver", "POST", "/v2.0/networks", create(given))
            .await
            .0,
        201
    );
    // A rule about the target sees it as it would become.
    let renamed = create(json!({"name": "closed"}));
    assert_eq!(ask("x", "PUT", &path, renamed.clone()).await.0, 403);
    let (status, _) = ask("x", "PUT", &path, create(json!({"admin_state_up": false}))).await;
    assert_eq!(status, 200);
    // Everybody may see networks, of those within reach.
    let (_, all) = ask("x", "GET", "/v2.0/networks", Json::Null).await;
    assert_eq!(all["networks"].as_array().unwrap().len(), 2, "{all}");
    let (_, all) = ask("cloud_admin", "GET", "/v2.0/networks", Json::Null).await;
    assert_eq!(all["networks"].as_array().unwrap().len(), 3, "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reaches_all_uses_all() {
    let house = house(
        "context_with_global_access: role:auditor\nget_subnetpool: '@'\ncreate_subnet: '@'\n",
    )
    .await;
    let network = json!({"network": {"project_id": OWN}});
    let network = house.made("POST", "/v2.0/networks", network).await["network"]["id"].clone();
    let pool =
        json!({"subnetpool": {"name": "p", "prefixes": ["10.64.0.0/10"], "project_id": OTHER}});
    let pool = house.made("POST", "/v2.0/subnetpools", pool).await["subnetpool"]["id"].clone();
    let asked = json!({"subnet": {"network_id": network, "ip_version": 4, "subnetpool_id": pool, "prefixlen": 24}});
    for (roles, status) in [("member", 404), ("auditor", 201), ("service", 201)] {
        let who = Persona {
            name: roles,
            roles,
            scope: OWN,
        };
        let (found, answer) = house.ask_as(who, "POST", "/v2.0/subnets", &asked).await;
        assert_eq!(found, status, "{roles}: {answer}");
    }
}
