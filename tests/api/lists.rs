//! What lists show to whom, and what they can be searched by.

use serde_json::{Value as Json, json};

use crate::http::House;
use crate::persona::{
    ADMIN, Cloud, MEMBER, NOBODY, OWN, Persona, READER, SERVICE, STRANGER, house,
};

async fn names(house: &House, who: Persona, path: &str) -> Vec<String> {
    let document = house.seen(who, path).await;
    let list = document.as_object().unwrap().values().next().unwrap();
    let name = |row: &Json| row["name"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = list.as_array().unwrap().iter().map(name).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_hold_what_is_own_and_what_is_shared() {
    let house = house("").await;
    Cloud::build(&house).await;
    for (who, path, expected) in [
        (ADMIN, "networks", "external other own shared"),
        (SERVICE, "networks", "external other own shared"),
        (MEMBER, "networks", "external own shared"),
        (READER, "networks", "external own shared"),
        (NOBODY, "networks", "external shared"),
        (STRANGER, "networks", "external other shared"),
        (ADMIN, "ports", "guest other port"),
        (MEMBER, "ports", "guest port"),
        (STRANGER, "ports", "guest other"),
        (NOBODY, "ports", ""),
        (MEMBER, "ports?name=other", ""),
        (MEMBER, "ports?name=guest&name=other", "guest"),
        (MEMBER, "networks?shared=true", "shared"),
        (MEMBER, "networks?router:external=true", "external"),
        (MEMBER, "networks?name=other", ""),
        (STRANGER, "networks?name=other", "other"),
        (
            MEMBER,
            "networks?project_id=22222222222222222222222222222222",
            "external shared",
        ),
    ] {
        let found = names(&house, who, &format!("/v2.0/{path}")).await;
        assert_eq!(found.join(" "), expected, "{} {path}", who.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subnets_go_with_their_networks() {
    let house = house("").await;
    let cloud = Cloud::build(&house).await;
    let ids = async |who| -> Vec<String> {
        let document = house.seen(who, "/v2.0/subnets?fields=id").await;
        let rows = document["subnets"].as_array().unwrap().clone();
        let mut ids: Vec<_> = rows
            .iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    let mut expected = vec![cloud.own_subnet.clone(), cloud.shared_subnet.clone()];
    expected.sort();
    assert_eq!(ids(MEMBER).await, expected);
    assert_eq!(
        ids(NOBODY).await,
        std::slice::from_ref(&cloud.shared_subnet)
    );
    assert_eq!(ids(ADMIN).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_what_the_reader_sees() {
    let house = house("").await;
    let cloud = Cloud::build(&house).await;
    let ports: Vec<Json> = (0..20)
        .map(|n| {
            let project = if n % 2 == 0 {
                OWN
            } else {
                "33333333333333333333333333333333"
            };
            json!({"network_id": cloud.other, "name": format!("p{n:02}"), "project_id": project})
        })
        .collect();
    house
        .made("POST", "/v2.0/ports", json!({"ports": ports}))
        .await;
    let mut seen = Vec::new();
    let mut path = "/v2.0/ports?limit=3&sort_key=name&sort_dir=asc".to_owned();
    loop {
        let page = house.seen(MEMBER, &path).await;
        let rows = page["ports"].as_array().unwrap();
        seen.extend(
            rows.iter()
                .map(|row| row["name"].as_str().unwrap().to_owned()),
        );
        let links = page["ports_links"].as_array().cloned().unwrap_or_default();
        let Some(next) = links.iter().find(|link| link["rel"] == "next") else {
            break;
        };
        path = next["href"]
            .as_str()
            .unwrap()
            .split_once("/v2.0")
            .unwrap()
            .1
            .to_owned();
        path.insert_str(0, "/v2.0");
    }
    let own = (0..20).step_by(2).map(|n| format!("p{n:02}"));
    let expected: Vec<String> = ["guest".to_owned()]
        .into_iter()
        .chain(own)
        .chain(["port".to_owned()])
        .collect();
    assert_eq!(seen, expected);
    // A marker that the reader does not see is none.
    let path = format!("/v2.0/ports?limit=3&marker={}", cloud.other_port);
    let (status, _) = house.ask_as(MEMBER, "GET", &path, &Json::Null).await;
    assert_eq!(status, 404);
}

/// Between any two pages rows are added and removed, before and after where the reader is.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_stable_while_rows_come_and_go() {
    let house = house("").await;
    let cloud = Cloud::build(&house).await;
    let make = async |name: String| {
        let port = json!({"port": {"network_id": cloud.own, "name": name, "fixed_ips": []}});
        let made = house.made("POST", "/v2.0/ports", port).await;
        made["port"]["id"].as_str().unwrap().to_owned()
    };
    for n in 0..30 {
        make(format!("stays-{n:02}")).await;
    }
    for sort in [
        "",
        "&sort_key=name&sort_dir=asc",
        "&sort_key=name&sort_dir=desc",
    ] {
        for reverse in [false, true] {
            let (mut seen, mut marker, mut passing) = (Vec::new(), String::new(), Vec::new());
            loop {
                let path =
                    format!("/v2.0/ports?limit=4&page_reverse={reverse}{sort}&marker={marker}");
                let page = house.seen(ADMIN, &path).await;
                let rows = page["ports"].as_array().unwrap().clone();
                let border = if reverse { rows.first() } else { rows.last() };
                let Some(border) = border else {
                    break;
                };
                marker = border["id"].as_str().unwrap().to_owned();
                let names = rows.iter().map(|row| row["name"].as_str().unwrap());
                seen.extend(names.filter(|n| n.starts_with("stays-")).map(str::to_owned));
                for id in passing.drain(..).filter(|id| *id != marker) {
                    house
                        .made("DELETE", &format!("/v2.0/ports/{id}"), Json::Null)
                        .await;
                }
                for name in ["a", "stays", "z"] {
                    passing.push(make(name.to_owned()).await);
                }
            }
            seen.sort();
            let all: Vec<String> = (0..30).map(|n| format!("stays-{n:02}")).collect();
            assert_eq!(seen, all, "{sort} {reverse}");
            for id in passing {
                let path = format!("/v2.0/ports/{id}");
                house.ask_as(ADMIN, "DELETE", &path, &Json::Null).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reader_does_not_see_is_nothing_to_search_by() {
    let house = house("").await;
    let cloud = Cloud::build(&house).await;
    let bind = json!({"port": {"binding:host_id": "h1"}});
    house
        .made("PUT", &format!("/v2.0/ports/{}", cloud.port), bind)
        .await;
    let by_host = "/v2.0/ports?binding:host_id=h1";
    assert_eq!(names(&house, ADMIN, by_host).await, ["port"]);
    assert_eq!(names(&house, MEMBER, by_host).await, [""; 0]);
    let by_type = "/v2.0/networks?provider:network_type=vxlan";
    assert_eq!(names(&house, ADMIN, by_type).await.len(), 4);
    assert_eq!(names(&house, MEMBER, by_type).await, [""; 0]);
    // What everybody sees is.
    assert_eq!(
        names(&house, MEMBER, "/v2.0/ports?device_owner=").await,
        ["guest", "port"]
    );
}
