//! Readers that do not keep up, and readers that come too late.

use std::time::Duration;

use serde_json::Value as Json;
use tokio::time::timeout;

use crate::client::Events;
use crate::house::{House, forget, settings};
use weft::watch;

/// More than memory keeps, and more than sockets hold.
const COMMITS: u64 = 80;
const NETWORKS: usize = 200;

async fn read(events: &mut Events) -> Option<Json> {
    timeout(Duration::from_secs(60), events.next())
        .await
        .unwrap()
}

fn size(commit: &Json) -> usize {
    commit["changes"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_holds_up_nobody_and_misses_nothing() {
    let house = House::open().await;
    let mut slow = house.events("/weft/v1/changes", &[]).await;
    let mut prompt = house.events("/weft/v1/changes", &[]).await;
    for revision in 1..=COMMITS {
        assert_eq!(house.bulk(NETWORKS).await, revision);
        let commit = read(&mut prompt).await.unwrap();
        assert_eq!(
            (commit["revision"].as_u64(), size(&commit)),
            (Some(revision), NETWORKS)
        );
    }
    for revision in 1..=COMMITS {
        let commit = read(&mut slow).await.unwrap();
        assert_eq!(
            (commit["revision"].as_u64(), size(&commit)),
            (Some(revision), NETWORKS)
        );
    }
    house.network("last", "p").await;
    for events in [&mut slow, &mut prompt] {
        assert_eq!(read(events).await.unwrap()["revision"], COMMITS + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_is_overtaken_by_the_retention_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(settings(&folder), watch::Settings::default()).await;
    let mut slow = house.events("/weft/v1/changes", &[]).await;
    for _ in 0..COMMITS {
        house.bulk(NETWORKS).await;
    }
    forget(&folder).await;
    let mut last = 0;
    let gone = loop {
        let said = timeout(Duration::from_secs(60), slow.said())
            .await
            .unwrap()
            .unwrap();
        match said.event.as_str() {
            "commit" => {
                assert_eq!(said.id, Some(last + 1));
                last += 1;
            }
            "gone" => break said.data,
            other => assert_eq!(other, ""),
        }
    };
    assert!(last < COMMITS);
    assert_eq!(gone["oldest_revision"], COMMITS);
    assert_eq!(gone["NeutronError"]["type"], "RevisionGone");
    assert_eq!(slow.said().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_too_late_is_told_from_where_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(settings(&folder), watch::Settings::default()).await;
    for _ in 0..COMMITS {
        house.bulk(1).await;
    }
    forget(&folder).await;
    for accept in ["application/json", "text/event-stream"] {
        let headers = [("accept", accept)];
        let path = "/weft/v1/changes?since=1";
        let (status, answer) = house.ask("GET", path, &headers, None).await;
        assert_eq!(
            (status, &answer["oldest_revision"]),
            (410, &COMMITS.into()),
            "{answer}"
        );
        let message = answer["NeutronError"]["message"].as_str().unwrap();
        assert!(
            message.contains(&format!("go on from since={COMMITS}")),
            "{message}"
        );
    }
    // The last commit that is there can still be had, and what comes after it.
    let since = COMMITS - 1;
    let mut events = house
        .events(&format!("/weft/v1/changes?since={since}"), &[])
        .await;
    assert_eq!(read(&mut events).await.unwrap()["revision"], COMMITS);
    house.bulk(1).await;
    assert_eq!(read(&mut events).await.unwrap()["revision"], COMMITS + 1);
}
