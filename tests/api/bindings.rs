//! Bindings of a port: prepared elsewhere, activated, removed.

use serde_json::{Value as Json, json};
use weft::service::{PortReport, Registration, Settings};

use crate::http::House;

/// A house with nodes `one` and `two`, and a port of an instance on `one`.
async fn house() -> (House, String) {
    let house = House::open(Settings::default()).await;
    for (n, host) in ["one", "two"].iter().enumerate() {
        let switch = Registration {
            system_id: format!("s{n}"),
            hostname: (*host).into(),
            encap_ips: vec![format!("192.0.2.{}", n + 1).parse().unwrap()],
            encap_types: vec![api::NetworkType::Vxlan],
            datapath_type: "netdev".into(),
            ..Registration::default()
        };
        house.service.register_node(switch).await.unwrap();
    }
    let network = house.network().await;
    let asked = json!({"port": {
        "network_id": network, "binding:host_id": "one", "device_owner": "compute:nova",
        "trusted": true, "binding:profile": {"pci_slot": "0000:01:00.1"},
    }});
    let port = house.post("/v2.0/ports", asked).await;
    let id = port["port"]["id"].as_str().unwrap().to_owned();
    (house, id)
}

async fn report(house: &House, port: &str, host: &str) -> usize {
    let report = PortReport {
        port: port.parse().unwrap(),
        host: host.into(),
        up: true,
    };
    house.service.set_port_status(vec![report]).await.unwrap()
}

fn on(host: &str) -> Json {
    json!({"binding": {"host": host, "profile": {"a": 1}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_moves_by_activating_what_was_prepared() {
    let (house, id) = house().await;
    let path = format!("/v2.0/ports/{id}");
    let bindings = format!("{path}/bindings");
    assert_eq!(report(&house, &id, "one").await, 1);
    let made = house.post(&bindings, on("two")).await;
    assert_eq!(
        made["binding"],
        json!({
            "host": "two", "vif_type": "ovs", "vnic_type": "normal", "status": "INACTIVE",
            "profile": {"a": 1, "trusted": true},
            "vif_details": {
                "port_filter": true, "connectivity": "l2", "ovs_create_tap": true,
                "bridge_name": "br-int", "datapath_type": "netdev",
            },
        })
    );
    let port = house.get(&path).await;
    assert_eq!(port["port"]["binding:host_id"], "one");
    assert_eq!(port["port"]["status"], "ACTIVE");
    // What the target says before it has the port is of no account.
    assert_eq!(report(&house, &id, "two").await, 0);

    let moved = house
        .expect(200, "PUT", &format!("{bindings}/two/activate"), None)
        .await;
    assert_eq!(
        (&moved["host"], &moved["status"]),
        (&json!("two"), &json!("ACTIVE"))
    );
    let port = house.get(&path).await;
    assert_eq!(port["port"]["binding:host_id"], "two");
    assert_eq!(port["port"]["binding:vif_type"], "ovs");
    assert_eq!(port["port"]["status"], "DOWN");
    assert_eq!(report(&house, &id, "one").await, 0);
    assert_eq!(report(&house, &id, "two").await, 1);
    let old = house.get(&format!("{bindings}/one")).await;
    let old = &old["binding"];
    assert_eq!(
        (&old["status"], &old["vif_type"]),
        (&json!("INACTIVE"), &json!("unbound"))
    );
    assert_eq!(old["profile"]["pci_slot"], "0000:01:00.1");
    house.delete(&format!("{bindings}/one")).await;
    let all = house.get(&bindings).await;
    assert_eq!(all["bindings"].as_array().unwrap().len(), 1);
    // Back again: what is prepared anew serves.
    house.post(&bindings, on("one")).await;
    house
        .expect(200, "PUT", &format!("{bindings}/one/activate"), None)
        .await;
    assert_eq!(house.get(&path).await["port"]["binding:host_id"], "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn bindings_change_and_the_active_one_is_the_ports_own() {
    let (house, id) = house().await;
    let bindings = format!("/v2.0/ports/{id}/bindings");
    house.post(&bindings, on("two")).await;
    let change = json!({"binding": {"profile": {"b": 2}}});
    let changed = house.put(&format!("{bindings}/two"), change.clone()).await;
    assert_eq!(
        changed["binding"]["profile"],
        json!({"b": 2, "trusted": true})
    );
    house.put(&format!("{bindings}/one"), change).await;
    let port = house.get(&format!("/v2.0/ports/{id}")).await;
    assert_eq!(
        port["port"]["binding:profile"],
        json!({"b": 2, "trusted": true})
    );
    // The port's own way leads to the same place, and takes the prepared binding with it.
    let there = json!({"port": {"binding:host_id": "two"}});
    house.put(&format!("/v2.0/ports/{id}"), there).await;
    let all = house.get(&bindings).await;
    assert_eq!(all["bindings"].as_array().unwrap().len(), 1);
    assert_eq!(all["bindings"][0]["status"], "ACTIVE");
    house.delete(&format!("{bindings}/two")).await;
    let port = house.get(&format!("/v2.0/ports/{id}")).await;
    assert_eq!(port["port"]["binding:host_id"], "");
    assert_eq!(port["port"]["binding:vif_type"], "unbound");
}

/// Asks for `{bindings}{suffix}`; what it must be refused with.
async fn refused(house: &House, bindings: &str, rows: &[(u16, &str, &str, &str, Json)]) {
    for (status, kind, method, suffix, body) in rows {
        let path = format!("{bindings}{suffix}");
        house
            .refused(*status, kind, method, &path, body.clone())
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused() {
    let (house, id) = house().await;
    let bindings = format!("/v2.0/ports/{id}/bindings");
    let odd = json!({"binding": {"vnic_type": "odd"}});
    let status = json!({"binding": {"status": "ACTIVE"}});
    let empty = json!({"binding": {}});
    let rows = [
        (409, "PortBindingAlreadyExists", "POST", "", on("one")),
        (409, "PortBindingError", "POST", "", on("three")),
        (400, "HTTPBadRequest", "POST", "", empty.clone()),
        (400, "HTTPBadRequest", "POST", "", json!({"port": {}})),
        (400, "HTTPBadRequest", "PUT", "/one", status),
        (400, "HTTPBadRequest", "PUT", "/one", odd),
        (404, "PortBindingNotFound", "GET", "/three", Json::Null),
        (404, "PortBindingNotFound", "PUT", "/three", empty),
        (404, "PortBindingNotFound", "DELETE", "/three", Json::Null),
    ];
    refused(&house, &bindings, &rows).await;
    let rows = [
        (
            404,
            "PortBindingNotFound",
            "PUT",
            "/three/activate",
            Json::Null,
        ),
        (
            409,
            "PortBindingAlreadyActive",
            "PUT",
            "/one/activate",
            Json::Null,
        ),
        (405, "HTTPMethodNotAllowed", "POST", "/one", json!({})),
    ];
    refused(&house, &bindings, &rows).await;
    let missing = "/v2.0/ports/00000000-0000-0000-0000-00000000dead/bindings";
    house
        .refused(404, "PortNotFound", "GET", missing, Json::Null)
        .await;
    let change = json!({"port": {"device_owner": "network:dhcp"}});
    house.put(&format!("/v2.0/ports/{id}"), change).await;
    house
        .refused(400, "BadRequest", "GET", &bindings, Json::Null)
        .await;
}
