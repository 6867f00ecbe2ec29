//! Which agents answer DHCP on which networks.

use api::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;
use weft::service::{Registration, Settings};

use crate::http::House;

impl House {
    async fn joined(&self, hostname: &str) -> Uuid {
        let switch = Registration {
            system_id: format!("system-{hostname}"),
            hostname: hostname.into(),
            ..Registration::default()
        };
        self.service.register_node(switch).await.unwrap().1.id
    }

    /// Ids of the documents under `key` at `path`.
    async fn ids(&self, path: &str, key: &str) -> Vec<String> {
        let found = self.get(path).await;
        let rows = found[key].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_alive_answers_where_it_has_ports() {
    let house = House::open(Settings::default()).await;
    let (one, two) = (house.joined("one").await, house.joined("two").await);
    let (network, plain) = (house.network().await, house.network().await);
    let asked = json!({"subnet": {"network_id": network, "ip_version": 4, "cidr": "10.0.0.0/24"}});
    let subnet = house.post("/v2.0/subnets", asked).await;
    for (network, host) in [
        (&network, "one"),
        (&network, "one"),
        (&plain, "one"),
        (&network, ""),
    ] {
        let asked = json!({"port": {"network_id": network, "binding:host_id": host}});
        house.post("/v2.0/ports", asked).await;
    }
    let agents = format!("/v2.0/networks/{network}/dhcp-agents");
    let networks = format!("/v2.0/agents/{one}/dhcp-networks");
    let none = Vec::<String>::new();
    assert_eq!(house.ids(&agents, "agents").await, none);
    assert_eq!(house.ids(&networks, "networks").await, none);

    house.service.liveness().up(one, Timestamp::now());
    house.service.liveness().up(two, Timestamp::now());
    assert_eq!(house.ids(&agents, "agents").await, [one.to_string()]);
    assert_eq!(
        house.ids(&networks, "networks").await,
        std::slice::from_ref(&network)
    );
    let others = format!("/v2.0/agents/{two}/dhcp-networks");
    assert_eq!(house.ids(&others, "networks").await, none);

    refusals(&house, [one, two], &network).await;

    let subnet = subnet["subnet"]["id"].as_str().unwrap();
    let off = json!({"subnet": {"enable_dhcp": false}});
    house.put(&format!("/v2.0/subnets/{subnet}"), off).await;
    assert_eq!(house.ids(&agents, "agents").await, none);
    assert_eq!(house.ids(&networks, "networks").await, none);
}

/// What nobody can do about it, where `one` answers on the network and `two` does not.
async fn refusals(house: &House, [one, two]: [Uuid; 2], network: &str) {
    let networks = format!("/v2.0/agents/{one}/dhcp-networks");
    let none = Vec::<String>::new();
    let others = format!("/v2.0/agents/{two}/dhcp-networks");
    let here = json!({"network_id": network});
    let hosted = format!("{networks}/{network}");
    for (status, kind, method, path, body) in [
        (
            409,
            "NetworkHostedByDHCPAgent",
            "POST",
            &networks,
            here.clone(),
        ),
        (404, "InvalidDHCPAgent", "POST", &others, here.clone()),
        (400, "HTTPBadRequest", "POST", &others, json!({})),
        (
            404,
            "NetworkNotFound",
            "POST",
            &others,
            json!({"network_id": one}),
        ),
        (409, "Conflict", "DELETE", &hosted, Json::Null),
        (
            409,
            "NetworkNotHostedByDhcpAgent",
            "DELETE",
            &format!("{others}/{network}"),
            Json::Null,
        ),
        (
            404,
            "AgentNotFound",
            "GET",
            &format!("/v2.0/agents/{network}/dhcp-networks"),
            Json::Null,
        ),
    ] {
        house.refused(status, kind, method, path, body).await;
    }
    assert_eq!(
        house
            .ids(&format!("/v2.0/networks/{one}/dhcp-agents"), "agents")
            .await,
        none
    );
}
