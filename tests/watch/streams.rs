//! Streams of commits: what they say, resuming without loss, filters, bounds, and how they end.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tokio::time::timeout;

use crate::client::{Events, connect_h2, document, request, send};
use crate::house::{House, settings};
use weft::watch;

const CHANGES: &str = "/weft/v1/changes";

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_told_as_it_is_made() {
    let house = House::open().await;
    let mut events = house.events(CHANGES, &[]).await;
    let first = events.said().await.unwrap();
    assert_eq!((first.id, first.event.as_str()), (Some(0), ""));

    let headers = [("x-user-id", "alice")];
    let body = json!({"network": {"name": "blue", "project_id": "p"}});
    let post = request("POST", "/v2.0/networks", &headers, body.to_string());
    let response = send(house.address, post).await;
    let request_id = response.headers()["x-openstack-request-id"].to_str();
    let request_id = request_id.unwrap().to_owned();
    let (_, made) = document(response).await;
    let network = &made["network"];
    let commit = events.next().await.unwrap();
    assert_eq!(commit["revision"], 1);
    assert_eq!(
        (&commit["who"], &commit["request_id"]),
        (&"alice".into(), &request_id.into())
    );
    let micros = commit["time_micros"].as_i64().unwrap();
    let time = api::Timestamp(micros / 1_000_000).to_string();
    assert_eq!(commit["time"], time);
    let change = &commit["changes"][0];
    assert_eq!(
        (&change["kind"], &change["id"]),
        (&"network".into(), &network["id"])
    );
    assert_eq!(change["revision_number"], network["revision_number"]);
    assert_eq!(change["before"], Json::Null);
    let path = format!("/v2.0/networks/{}", network["id"].as_str().unwrap());
    same_document(&change["after"], &house.get(&path).await["network"]);

    house.rename(network["id"].as_str().unwrap(), "green").await;
    let commit = events.next().await.unwrap();
    assert_eq!(commit["who"], "noauth");
    let change = &commit["changes"][0];
    assert_eq!(
        (&change["before"]["name"], &change["after"]["name"]),
        (&"blue".into(), &"green".into())
    );
    same_document(&change["after"], &house.get(&path).await["network"]);

    house.expect(204, "DELETE", &path, None).await;
    let commit = events.next().await.unwrap();
    assert_eq!(commit["revision"], 3);
    assert_eq!(commit["changes"][0]["after"], Json::Null);
    assert_eq!(commit["changes"][0]["before"]["name"], "green");
}

/// An event's document has what a GET shows, but for what follows from other records, and nothing else.
fn same_document(told: &Json, shown: &Json) {
    let (told, shown) = (told.as_object().unwrap(), shown.as_object().unwrap());
    for (name, value) in told {
        assert_eq!(shown.get(name), Some(value), "{name}");
    }
    let left_out = shown.keys().filter(|name| !told.contains_key(*name));
    let left_out: Vec<&str> = left_out.map(String::as_str).collect();
    assert!(left_out.contains(&"subnets") && !left_out.contains(&"name"));
}

/// Reads streams that break again and again, until the commit `last`; every revision in order.
async fn broken(house: &House, last: u64) -> Vec<u64> {
    let (mut seen, mut lengths) = (Vec::new(), [1, 7, 30, 2, 200].into_iter().cycle());
    while seen.last() != Some(&last) {
        let since = seen.last().copied().unwrap_or(0).to_string();
        // As an EventSource would: the address stays, the header says where it broke.
        let headers = [("last-event-id", since.as_str())];
        let mut events = house.events("/weft/v1/changes?since=0", &headers).await;
        for _ in 0..lengths.next().unwrap() {
            if seen.last() == Some(&last) {
                break;
            }
            let next = timeout(Duration::from_secs(30), events.next()).await;
            seen.push(next.unwrap().unwrap()["revision"].as_u64().unwrap());
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_is_resumed_without_loss_or_duplicate() {
    const WRITERS: u64 = 8;
    const WRITES: u64 = 60;
    let house = std::sync::Arc::new(House::open().await);
    let writers = (0..WRITERS).map(|writer| {
        let house = std::sync::Arc::clone(&house);
        tokio::spawn(async move {
            let network = house.network(&format!("n{writer}"), "p").await;
            for n in 1..WRITES {
                house.rename(&network, &format!("n{writer}-{n}")).await;
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let seen = broken(&house, WRITERS * WRITES).await;
    assert_eq!(seen, (1..=WRITERS * WRITES).collect::<Vec<_>>());
    for writer in writers {
        writer.await.unwrap();
    }
    // What comes from the log is what came from memory.
    let mut live = Vec::new();
    let mut events = house.events("/weft/v1/changes?since=0", &[]).await;
    while live.len() < usize::try_from(WRITERS * WRITES).unwrap() {
        live.push(events.next().await.unwrap());
    }
    let page = house.get("/weft/v1/changes?since=0&limit=1000").await;
    assert_eq!(page["commits"], Json::from(live));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_asked_for() {
    let house = House::open().await;
    let network = house.network("a", "p").await;
    let port = house.port("x", &network).await;
    house.network("b", "q").await;
    house.port("y", &network).await;
    for (query, revisions) in [
        ("kind=port", vec![2, 4]),
        ("kind=ports&kind=networks", vec![1, 2, 3, 4]),
        ("project_id=q", vec![3]),
        (&format!("id={port}"), vec![2]),
        (&format!("id={port}&id={network}&kind=network"), vec![1]),
    ] {
        let path = format!("/weft/v1/changes?since=0&{query}");
        let mut events = house.events(&path, &[]).await;
        for revision in revisions {
            let commit = events.next().await.unwrap();
            assert_eq!(commit["revision"], revision, "{query}");
            assert_eq!(commit["changes"].as_array().unwrap().len(), 1);
        }
    }
    for (query, why) in [
        ("kind=magic", "'magic' is none of network,"),
        ("since=-1", "since: '-1' is not a whole number"),
        ("id=7", "'7' is no id"),
        ("colour=red", "'colour' is none of since, kind"),
        ("since=5", "revision 5 is yet to come; the last is 4"),
    ] {
        let path = format!("/weft/v1/changes?{query}");
        let message = house.refused(400, "HTTPBadRequest", &path).await;
        assert!(message.contains(why), "{message}");
    }
    let headers = [("last-event-id", "x"), ("accept", "text/event-stream")];
    let (status, answer) = house.ask("GET", CHANGES, &headers, None).await;
    assert_eq!(status, 400, "{answer}");
    house.expect(405, "POST", CHANGES, None).await;
    house.expect(404, "GET", "/weft/v1/changes/1", None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn others_see_what_they_may_see_now() {
    let house = House::open().await;
    let reader = [("x-reader", "p")];
    let mut events = house.events("/weft/v1/changes?since=0", &reader).await;
    house.network("foreign", "q").await;
    let mine = house.network("mine", "p").await;
    let body =
        json!({"port": {"network_id": mine, "project_id": "p", "binding:host_id": "node-1"}});
    house.expect(201, "POST", "/v2.0/ports", Some(body)).await;
    let commit = events.next().await.unwrap();
    assert_eq!(
        (&commit["revision"], &commit["changes"][0]["after"]["name"]),
        (&2.into(), &"mine".into())
    );
    let commit = events.next().await.unwrap();
    assert_eq!(commit["revision"], 3);
    let port = &commit["changes"][0]["after"];
    assert_eq!(
        (&port["network_id"], port.get("binding:host_id")),
        (&mine.into(), None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_what_was_shared_is_told_no_more_of_it() {
    const READER: &str = "0123456789abcdef0123456789abcdef";
    let house = House::open().await;
    let shared = house.network("shared", "p").await;
    let own = house.network("own", READER).await;
    let body = json!({"rbac_policy": {
        "object_type": "network", "object_id": shared, "action": "access_as_shared", "target_tenant": READER,
    }});
    let path = "/v2.0/rbac-policies";
    let made = house.expect(201, "POST", path, Some(body)).await;
    let policy = made["rbac_policy"]["id"].as_str().unwrap().to_owned();

    let mut events = house.events(CHANGES, &[("x-reader", READER)]).await;
    house.rename(&shared, "seen").await;
    let commit = events.next().await.unwrap();
    assert_eq!(commit["changes"][0]["after"]["name"], "seen");
    let path = format!("{path}/{policy}");
    house.expect(204, "DELETE", &path, None).await;
    house.rename(&shared, "secret").await;
    house.rename(&own, "mine").await;
    let told = loop {
        let commit = events.next().await.unwrap();
        for change in commit["changes"].as_array().unwrap() {
            assert_ne!(change["id"], shared, "{change}");
        }
        if commit["changes"][0]["id"] == own {
            break commit;
        }
    };
    assert_eq!(told["changes"][0]["after"]["name"], "mine");
    // Nor does the log tell.
    let page = [("accept", "application/json"), ("x-reader", READER)];
    let (_, page) = house
        .ask("GET", "/weft/v1/changes?since=0", &page, None)
        .await;
    assert!(!page.to_string().contains(&shared), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_in_time_and_is_taken_up_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let readers = watch::Settings {
        stream_max: Duration::from_millis(300),
        ..watch::Settings::default()
    };
    let house = House::with(settings(&folder), readers).await;
    let began = Instant::now();
    let mut events = house.events(CHANGES, &[]).await;
    house.network("first", "p").await;
    let mut last = 0;
    while let Some(said) = events.said().await {
        last = said.id.unwrap_or(last);
    }
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!(last, 1);
    house.network("between", "p").await;
    let path = format!("{CHANGES}?since={last}");
    let mut events = house.events(&path, &[]).await;
    let commit = events.next().await.unwrap();
    assert_eq!(commit["changes"][0]["after"]["name"], "between");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_only_so_many_places() {
    let folder = tempfile::tempdir().unwrap();
    let readers = watch::Settings {
        readers_max: 2,
        ..watch::Settings::default()
    };
    let house = House::with(settings(&folder), readers).await;
    let one = house.events(CHANGES, &[]).await;
    let _other = house.events(CHANGES, &[]).await;
    house.refused(503, "ServiceUnavailable", CHANGES).await;
    drop(one);
    // The place is free once the server has seen that its reader has gone.
    let late = Instant::now() + Duration::from_secs(20);
    loop {
        house.network("news", "p").await;
        let page = [("accept", "application/json")];
        match house.ask("GET", CHANGES, &page, None).await {
            (200, _) => break,
            (503, _) => assert!(Instant::now() < late),
            (status, answer) => panic!("{status} {answer}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_broken_with_the_place_to_go_on_from() {
    let folder = tempfile::tempdir().unwrap();
    let readers = watch::Settings {
        keep_alive: Duration::from_millis(100),
        ..watch::Settings::default()
    };
    let house = House::with(settings(&folder), readers).await;
    let mut events = house.events("/weft/v1/changes?kind=port", &[]).await;
    assert_eq!(events.said().await.unwrap().id, Some(0));
    assert_eq!(events.said().await.unwrap().id, Some(0));
    house.network("passed over", "p").await;
    let said = loop {
        let said = events.said().await.unwrap();
        if said.id != Some(0) {
            break said;
        }
    };
    assert_eq!((said.id, said.event.as_str()), (Some(1), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_ends_streams_and_waiting_requests() {
    let house = House::open().await;
    let mut events = house.events(CHANGES, &[]).await;
    events.said().await.unwrap();
    let address = house.address;
    let waiting = tokio::spawn(async move {
        let page = [("accept", "application/json")];
        let path = "/weft/v1/changes?wait=60";
        let request = request("GET", path, &page, String::new());
        document(send(address, request).await).await
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    house.close().await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(events.said().await, None);
    let (status, page) = waiting.await.unwrap();
    assert_eq!((status, &page["commits"]), (200, &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_share_an_http2_connection() {
    let house = House::open().await;
    let mut sender = connect_h2(house.address).await;
    let mut streams = Vec::new();
    for kind in ["network", "port", "network"] {
        let uri = format!("http://weft/weft/v1/changes?kind={kind}");
        let mut request = request("GET", &uri, &[], String::new());
        request.headers_mut().remove("host");
        sender.ready().await.unwrap();
        let response = sender.send_request(request).await.unwrap();
        streams.push(Events::of(response));
    }
    let network = house.network("n", "p").await;
    house.port("x", &network).await;
    for (stream, revision) in streams.iter_mut().zip([1, 2, 1]) {
        assert_eq!(stream.next().await.unwrap()["revision"], revision);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_is_described() {
    let house = House::open().await;
    let described = house.get("/openapi.json").await;
    for (path, method) in [
        (CHANGES, "get"),
        ("/weft/v1/history/{resource}/{id}", "get"),
        ("/weft/v1/status", "get"),
        ("/weft/v1/nodes/{node}/flows", "get"),
        ("/weft/v1/nodes/{node}/audit", "post"),
        ("/weft/v1/settled", "get"),
    ] {
        let operation = &described["paths"][path][method];
        assert!(operation["responses"].is_object(), "{path}: {operation}");
    }
    house.get("/weft/v1/status").await;
}
