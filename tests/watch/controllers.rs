//! Two controllers on one database: either tells of the commits of both, in one order.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use weft::ledger::{self, Database};
use weft::watch;

use crate::house::House;
use crate::mariadb::Server;

const WRITES: u64 = 40;

async fn controller(database: &Database) -> Arc<House> {
    let settings = ledger::Settings {
        poll_interval: Duration::from_millis(20),
        ..ledger::Settings::new(database.clone())
    };
    Arc::new(House::with(settings, watch::Settings::default()).await)
}

/// Reads from one controller after the other, taking up at each what the last one broke off.
async fn told_by_turns(houses: [Arc<House>; 2], last: u64) -> Vec<(u64, String)> {
    let mut told: Vec<(u64, String)> = Vec::new();
    let mut turns = houses.iter().cycle();
    while told.len() < usize::try_from(last).unwrap() {
        let since = told.last().map_or(0, |(revision, _)| *revision);
        let path = format!("/weft/v1/changes?since={since}");
        let mut events = turns.next().unwrap().events(&path, &[]).await;
        for _ in 0..7 {
            if told.len() == usize::try_from(last).unwrap() {
                break;
            }
            let commit = timeout(Duration::from_secs(60), events.next()).await;
            let commit = commit.unwrap().unwrap();
            let name = commit["changes"][0]["after"]["name"].as_str().unwrap();
            told.push((commit["revision"].as_u64().unwrap(), name.to_owned()));
        }
    }
    told
}

async fn both_are_told(database: &Database) {
    let houses = [controller(database).await, controller(database).await];
    let writers = houses.clone().into_iter().zip(["one", "other"]);
    let writers = writers.map(|(house, name)| {
        tokio::spawn(async move {
            for n in 0..WRITES {
                house.network(&format!("{name}-{n}"), "p").await;
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let reading = tokio::spawn(told_by_turns(houses.clone(), 2 * WRITES));
    for writer in writers {
        writer.await.unwrap();
    }
    let told = reading.await.unwrap();
    let revisions: Vec<u64> = told.iter().map(|(revision, _)| *revision).collect();
    assert_eq!(revisions, (1..=2 * WRITES).collect::<Vec<_>>());
    for name in ["one", "other"] {
        let own = told
            .iter()
            .filter(|(_, told)| told.starts_with(&format!("{name}-")));
        let own: Vec<String> = own.map(|(_, name)| name.clone()).collect();
        let written: Vec<String> = (0..WRITES).map(|n| format!("{name}-{n}")).collect();
        assert_eq!(own, written);
    }
    // Each knows the past that the other wrote.
    let [one, other] = &houses;
    let middle = format!("/v2.0/networks?fields=name&at=revision:{WRITES}");
    let (ours, theirs) = (one.get(&middle).await, other.get(&middle).await);
    assert_eq!(
        ours["networks"].as_array().unwrap().len(),
        usize::try_from(WRITES).unwrap()
    );
    assert_eq!(ours, theirs);
    let id = one.network("last", "p").await;
    let life = other.get(&format!("/weft/v1/history/networks/{id}")).await;
    assert_eq!(life["history"][0]["action"], "created");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_one_file() {
    let folder = tempfile::tempdir().unwrap();
    both_are_told(&Database::Sqlite(folder.path().join("weft.db"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_one_server() {
    // A server of others may hold commits already.
    let Some(server) = Server::find().filter(Server::is_own) else {
        return;
    };
    let database = server.ready().await;
    both_are_told(&database).await;
}
