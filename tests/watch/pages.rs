//! Pages of commits: at once, and as soon as there is one.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::house::House;

fn revisions(page: &Json) -> Vec<u64> {
    let commits = page["commits"].as_array().unwrap().iter();
    commits.map(|c| c["revision"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other() {
    let house = House::open().await;
    for n in 0..5 {
        house.network(&format!("n{n}"), "p").await;
    }
    let mut path = "/weft/v1/changes?since=0&limit=2".to_owned();
    for (expected, more) in [
        (vec![1, 2], true),
        (vec![3, 4], true),
        (vec![5], false),
        (vec![], false),
    ] {
        let page = house.get(&path).await;
        assert_eq!((revisions(&page), &page["more"]), (expected, &more.into()));
        path = format!("/weft/v1/changes?since={}&limit=2", page["since"]);
    }
    // From now on.
    let page = house.get("/weft/v1/changes").await;
    assert_eq!(page, json!({"commits": [], "since": 5, "more": false}));
    // What a filter leaves out is passed over for good.
    let page = house.get("/weft/v1/changes?since=0&kind=port").await;
    assert_eq!(page, json!({"commits": [], "since": 5, "more": false}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_finds_its_own_write() {
    let house = House::open().await;
    for revision in 1..=200_u64 {
        house.bulk(1).await;
        let page = house
            .get(&format!("/weft/v1/changes?since={}", revision - 1))
            .await;
        assert_eq!(revisions(&page), [revision]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_can_wait_for_the_first_commit() {
    let house = std::sync::Arc::new(House::open().await);
    let began = Instant::now();
    let page = house.get("/weft/v1/changes?wait=1").await;
    assert_eq!(revisions(&page), [0; 0]);
    assert!(began.elapsed() >= Duration::from_secs(1));
    let waiting = {
        let house = std::sync::Arc::clone(&house);
        tokio::spawn(async move { house.get("/weft/v1/changes?wait=60&kind=port").await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    let network = house.network("n", "p").await;
    house.port("x", &network).await;
    let page = waiting.await.unwrap();
    assert_eq!((revisions(&page), &page["since"]), (vec![2], &2.into()));
    assert!(began.elapsed() < Duration::from_secs(20));
    let path = "/weft/v1/changes?wait=soon";
    let message = house.refused(400, "HTTPBadRequest", path).await;
    assert!(message.contains("wait: 'soon'"), "{message}");
}
