//! The ledger on the embedded engine: order, groups, undoing, following, reopening.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use api::Kind;
use weft::ledger::{Author, Database, Followed, Ledger, Settings, WriteError};
use weft::model::Draft;
use weft::model::sample::network;

fn author() -> Author {
    Author {
        who: "test".to_owned(),
        request_id: "req-1".to_owned(),
    }
}

fn settings(folder: &tempfile::TempDir) -> Settings {
    Settings::new(Database::Sqlite(folder.path().join("weft.db")))
}

#[tokio::test]
async fn what_was_answered_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(settings(&folder)).await.unwrap();
    let (model, id) = ledger
        .write(author(), |draft: &mut Draft| {
            let network = network(draft, "blue");
            let id = network.id;
            draft.put(network);
            Ok::<_, ()>(id)
        })
        .await
        .unwrap();
    assert_eq!(model.revision(), 1);
    assert_eq!(model.network(id).unwrap().name, "blue");
    ledger.close().await;

    let again = Ledger::open(settings(&folder)).await.unwrap();
    assert_eq!(*again.model(), *model);
    let log = again.log(0, 10).await.unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].who, author().who);
    assert_eq!(log[0].changes[0].after, model.record(Kind::Network, id));
}

#[tokio::test]
async fn a_refusal_or_a_panic_touches_nobody_else_in_its_group() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(settings(&folder)).await.unwrap();
    let writes = (0..60).map(|n| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            ledger
                .write(author(), move |draft: &mut Draft| {
                    let network = network(draft, &format!("n{n}"));
                    draft.put(network);
                    match n % 3 {
                        0 => Ok(n),
                        1 => Err("refused"),
                        _ => panic!("a bug in a closure"),
                    }
                })
                .await
        })
    });
    let writes: Vec<_> = writes.collect();
    for (n, write) in writes.into_iter().enumerate() {
        match write.await.unwrap() {
            Ok((model, value)) => {
                assert_eq!((value, n % 3), (n, 0));
                assert_eq!(model.networks_by_name(&format!("n{n}")).count(), 1);
            }
            Err(WriteError::Refused(why)) => assert_eq!((why, n % 3), ("refused", 1)),
            Err(WriteError::Panicked) => assert_eq!(n % 3, 2),
            Err(other) => panic!("{other}"),
        }
    }
    let model = ledger.model();
    assert_eq!(model.count(Kind::Network), 20);
    assert_eq!(model.revision(), 20);
    // Keys are dense: what failed has given its key back.
    assert_eq!(model.lowest_free_key(Kind::Network), Some(21));
    ledger.close().await;
    let again = Ledger::open(settings(&folder)).await.unwrap();
    assert_eq!(*again.model(), *model);
}

#[tokio::test]
async fn a_follower_sees_every_commit_once_or_is_told_that_it_lags() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(&folder);
    settings.follow_length = 4;
    let ledger = Ledger::open(settings).await.unwrap();
    let (start, mut prompt) = ledger.follow();
    let (_, mut slow) = ledger.follow();
    assert_eq!(start.revision(), 0);
    let mut revision = 0;
    for n in 0..20 {
        let written = ledger.write(author(), move |draft: &mut Draft| {
            let network = network(draft, &format!("n{n}"));
            draft.put(network);
            Ok::<_, ()>(())
        });
        let (written, _) = written.await.unwrap();
        match prompt.next().await.unwrap() {
            Followed::Commits { model, commits } => {
                assert_eq!(commits[0].revision, revision + 1);
                assert!(Arc::ptr_eq(&model, &written));
                revision = model.revision();
            }
            Followed::Lagged { .. } => panic!("a prompt follower lags"),
        }
    }
    let Some(Followed::Lagged { model }) = slow.next().await else {
        panic!("a slow follower was not told");
    };
    assert_eq!(model.revision(), 20);
    ledger.close().await;
    assert!(slow.next().await.is_none());
    assert!(prompt.next().await.is_none());
}

#[tokio::test]
async fn a_controller_behind_the_pruned_log_goes_on_from_the_records() {
    let folder = tempfile::tempdir().unwrap();
    let mut patient = settings(&folder);
    patient.poll_interval = std::time::Duration::from_secs(3600);
    let behind = Ledger::open(patient.clone()).await.unwrap();
    let (_, mut follower) = behind.follow();
    let ledger = Ledger::open(patient.clone()).await.unwrap();
    for n in 0..10 {
        let written = ledger.write(author(), move |draft: &mut Draft| {
            let network = network(draft, &format!("n{n}"));
            draft.put(network);
            Ok::<_, ()>(())
        });
        written.await.unwrap();
    }
    ledger.close().await;
    let mut forgetful = patient;
    forgetful.retention = std::time::Duration::from_micros(1);
    let ledger = Ledger::open(forgetful).await.unwrap();
    while ledger.log(0, 2).await.unwrap().len() > 1 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(*behind.refresh().await.unwrap(), *ledger.model());
    let Some(Followed::Lagged { model }) = follower.next().await else {
        panic!("the follower was not told that commits are missing");
    };
    assert_eq!(model.revision(), 10);
}

/// How often the write-ahead log of this database has begun anew (SQLite's file format, §4.1: a number
/// of 32 bits in its header).
fn beginnings(folder: &tempfile::TempDir) -> u32 {
    let log = File::open(folder.path().join("weft.db-wal")).unwrap();
    let mut number = [0; 4];
    log.read_exact_at(&mut number, 12).unwrap();
    u32::from_be_bytes(number)
}

#[tokio::test]
async fn the_write_ahead_log_begins_anew_long_before_the_engine_would_see_to_it() {
    // The engine would at 16,384 pages; a commit of these comes to some forty.
    const COMMITS: u64 = 300;
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(settings(&folder)).await.unwrap();
    let before = beginnings(&folder);
    let mut commits = 0;
    while beginnings(&folder) == before {
        assert!(commits < COMMITS, "{commits} commits");
        commits += 1;
        let write = |draft: &mut Draft| {
            for n in 0..16 {
                let network = network(draft, &format!("n{n}"));
                draft.put(network);
            }
            Ok::<_, ()>(())
        };
        ledger.write(author(), write).await.unwrap();
        // What moves it works beside the writer.
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let model = ledger.model();
    ledger.close().await;
    assert!(!folder.path().join("weft.db-wal").exists());
    let again = Ledger::open(settings(&folder)).await.unwrap();
    assert_eq!(*again.model(), *model);
    assert_eq!(model.revision(), commits);
}
