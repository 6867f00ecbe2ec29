//! `at=` over HTTP: lists and shows as they were, and moments that there are not.

use serde_json::{Value as Json, json};
use weft::watch;

use crate::house::{House, forget, settings};

fn names(answer: &Json, plural: &str) -> Vec<String> {
    let rows = answer[plural].as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_shows_as_they_were() {
    let house = House::open().await;
    let network = house.network("before", "p").await;
    let port = house.port("web", &network).await;
    let body = json!({"subnet": {"network_id": network, "ip_version": 4, "cidr": "10.0.0.0/24"}});
    house.expect(201, "POST", "/v2.0/subnets", Some(body)).await;
    house.rename(&network, "after").await;
    house
        .expect(204, "DELETE", &format!("/v2.0/ports/{port}"), None)
        .await;
    let log = house.get("/weft/v1/changes?since=0").await;
    let renamed = &log["commits"][3];
    let time = api::Timestamp::exact(renamed["time_micros"].as_i64().unwrap());

    let show = format!("/v2.0/networks/{network}");
    assert_eq!(house.get(&show).await["network"]["name"], "after");
    let then = house.get(&format!("{show}?at=revision:3")).await;
    assert_eq!(then["network"]["name"], "before");
    // What follows from other records follows from those of then.
    assert_eq!(then["network"]["subnets"].as_array().unwrap().len(), 1);
    let earlier = house
        .get(&format!("{show}?at=revision:1&fields=subnets"))
        .await;
    assert_eq!(earlier, json!({"network": {"subnets": []}}));
    let then = house.get(&format!("{show}?at={time}")).await;
    assert_eq!(then["network"]["name"], "after");
    let path = format!("/v2.0/ports/{port}");
    house.refused(404, "PortNotFound", &path).await;
    let gone = house.get(&format!("{path}?at={time}")).await;
    assert_eq!(gone["port"]["name"], "web");
    house
        .refused(404, "PortNotFound", &format!("{path}?at=revision:1"))
        .await;
    let ports = house
        .get(&format!(
            "/v2.0/ports?at={time}&network_id={network}&name=web"
        ))
        .await;
    assert_eq!(names(&ports, "ports"), ["web"]);
    let nothing = house.get("/v2.0/networks?at=1999-01-01T00:00:00Z").await;
    assert_eq!(nothing, json!({"networks": []}));
    let tags = house.get(&format!("{show}/tags?at=revision:1")).await;
    assert_eq!(tags, json!({"tags": []}));
    house
        .refused(
            404,
            "TagResourceNotFound",
            &format!("{show}/tags?at=revision:0"),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_moment_are_of_that_moment() {
    let house = House::open().await;
    for n in 0..5 {
        house.network(&format!("n{n}"), "p").await;
    }
    let mut path = "/v2.0/networks?at=revision:5&limit=2&sort_key=name&sort_dir=desc".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = house.get(&path).await;
        seen.extend(names(&page, "networks"));
        house.network("later", "p").await;
        let links = page["networks_links"].as_array().unwrap();
        match links.iter().find(|link| link["rel"] == "next") {
            Some(link) => {
                let href = link["href"].as_str().unwrap();
                path = href.strip_prefix("http://weft").unwrap().to_owned();
            }
            None => break,
        }
    }
    assert_eq!(seen, ["n4", "n3", "n2", "n1", "n0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn moments_that_there_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(settings(&folder), watch::Settings::default()).await;
    for _ in 0..9 {
        house.bulk(1).await;
    }
    forget(&folder).await;
    let oldest = house.get("/weft/v1/changes?since=8").await;
    let oldest = oldest["commits"][0]["time_micros"].as_i64().unwrap();
    for at in ["2000-01-01T00:00:00Z", "revision:7", "revision:0"] {
        let path = format!("/v2.0/networks?at={at}");
        let message = house.refused(410, "MomentNotKept", &path).await;
        let named = format!(
            "goes back to {} (revision 9)",
            api::Timestamp::exact(oldest)
        );
        assert!(message.contains(&named), "{message}");
    }
    for (at, why) in [
        ("2999-01-01T00:00:00Z", "is yet to come; now it is"),
        ("revision:10", "revision 10 is yet to come; the last is 9"),
        ("yesterday", "'yesterday' is no moment"),
        ("revision:", "'revision:' is no moment"),
        ("", "'' is no moment"),
    ] {
        let path = format!("/v2.0/networks?at={at}");
        let message = house.refused(400, "HTTPBadRequest", &path).await;
        assert!(message.contains(why), "{message}");
    }
    // The commit that is left has the way to the moment right before it, and to itself.
    let exact = api::Timestamp::exact(oldest);
    for (at, count) in [("revision:8", 8), ("revision:9", 9), (exact.as_str(), 9)] {
        let list = house.get(&format!("/v2.0/networks?at={at}")).await;
        assert_eq!(list["networks"].as_array().unwrap().len(), count);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_node_is_alive_in_the_past() {
    let house = House::open().await;
    let switch = weft::service::Registration {
        system_id: "s1".into(),
        hostname: "one".into(),
        ..weft::service::Registration::default()
    };
    let (_, node) = house.service.register_node(switch).await.unwrap();
    house.service.liveness().up(node.id, api::Timestamp::now());
    house.network("later", "p").await;
    let path = format!("/v2.0/agents/{}", node.id);
    assert_eq!(house.get(&path).await["agent"]["alive"], true);
    let then = house.get(&format!("{path}?at=revision:1")).await;
    assert_eq!(
        (&then["agent"]["alive"], &then["agent"]["host"]),
        (&false.into(), &"one".into())
    );
}
