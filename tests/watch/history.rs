//! The life of a record, over HTTP.

use serde_json::{Value as Json, json};

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_port_that_is_gone() {
    let house = House::open().await;
    let network = house.network("n", "p").await;
    let body = json!({"port": {"name": "web", "network_id": network, "project_id": "p"}});
    let by = |user: &'static str| [("x-user-id", user), ("accept", "application/json")];
    let (_, made) = house
        .ask("POST", "/v2.0/ports", &by("alice"), Some(body))
        .await;
    let id = made["port"]["id"].as_str().unwrap();
    let path = format!("/v2.0/ports/{id}");
    let renamed = json!({"port": {"name": "db", "admin_state_up": false}});
    house.ask("PUT", &path, &by("bob"), Some(renamed)).await;
    house.ask("DELETE", &path, &by("carol"), None).await;

    let life = house.get(&format!("/weft/v1/history/ports/{id}")).await;
    assert_eq!(life["oldest_revision"], 1);
    let [gone, changed, created] = life["history"].as_array().unwrap().as_slice() else {
        panic!("{life}");
    };
    let told = |entry: &Json| {
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        (
            entry["revision"].as_u64().unwrap(),
            text("who"),
            text("action"),
        )
    };
    assert_eq!(told(created), (2, "alice".into(), "created".into()));
    assert_eq!(told(changed), (3, "bob".into(), "changed".into()));
    assert_eq!(told(gone), (4, "carol".into(), "deleted".into()));
    assert_eq!(created["after"]["name"], "web");
    assert_eq!(
        (&gone["before"]["name"], gone.get("after")),
        (&"db".into(), None)
    );
    assert_eq!(
        changed["changed"]["name"],
        json!({"from": "web", "to": "db"})
    );
    assert_eq!(
        changed["changed"]["admin_state_up"],
        json!({"from": true, "to": false})
    );
    assert_eq!(changed["changed"].get("mac_address"), None);
    assert!(changed["request_id"].as_str().unwrap().starts_with("req-"));

    // Its project sees it too, others do not know that it ever was.
    let path = format!("/weft/v1/history/ports/{id}");
    let (status, own) = house.ask("GET", &path, &[("x-reader", "p")], None).await;
    assert_eq!((status, own["history"].as_array().unwrap().len()), (200, 3));
    let (status, foreign) = house.ask("GET", &path, &[("x-reader", "q")], None).await;
    let unknown = path.replace(id, "00000000-0000-0000-0000-00000000dead");
    let (_, never) = house.ask("GET", &unknown, &[("x-reader", "q")], None).await;
    assert_eq!(
        (status, &foreign["NeutronError"]["type"]),
        (404, &"PortNotFound".into())
    );
    let without_id = |answer: &Json, id: &str| answer.to_string().replace(id, "ID");
    assert_eq!(
        without_id(&foreign, id),
        without_id(&never, "00000000-0000-0000-0000-00000000dead")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_life_comes_in_pages() {
    let house = House::open().await;
    let network = house.network("n0", "p").await;
    for n in 1..10 {
        house.rename(&network, &format!("n{n}")).await;
    }
    let mut path = format!("/weft/v1/history/networks/{network}?limit=4");
    let mut revisions = Vec::new();
    loop {
        let page = house.get(&path).await;
        let entries = page["history"].as_array().unwrap();
        assert!(entries.len() <= 4);
        revisions.extend(entries.iter().map(|e| e["revision"].as_u64().unwrap()));
        match page["history_links"][0]["href"].as_str() {
            Some(href) => path = href.strip_prefix("http://weft").unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(revisions, (1..=10).rev().collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked() {
    let house = House::open().await;
    let network = house.network("n", "p").await;
    for path in [
        "/weft/v1/history/magic/7",
        "/weft/v1/history/availability_zones/7",
        "/weft/v1/history",
        "/weft/v1/history/ports",
    ] {
        house.refused(404, "HTTPNotFound", path).await;
    }
    for path in [
        "/weft/v1/history/ports/7",
        &format!("/weft/v1/history/ports/{network}"),
    ] {
        house.refused(404, "PortNotFound", path).await;
    }
    for query in ["limit=x", "marker=-1", "colour=red"] {
        let path = format!("/weft/v1/history/networks/{network}?{query}");
        house.refused(400, "HTTPBadRequest", &path).await;
    }
}
