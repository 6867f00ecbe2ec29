//! The log looked back into: the commits of one record, when it was what, a log from before there was
//! an index, and one that the retention cuts short.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use api::{Kind, Network, Record};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;
use weft::ledger::{Author, Database, Ledger, Settings};
use weft::model::{Draft, sample};

fn settings(folder: &Path) -> Settings {
    let mut settings = Settings::new(Database::Sqlite(folder.join("weft.db")));
    settings.poll_interval = Duration::from_millis(10);
    settings
}

async fn write(ledger: &Ledger, who: &str, edit: impl Fn(&mut Draft) + Send + 'static) -> u64 {
    let author = Author {
        who: who.to_owned(),
        request_id: String::new(),
    };
    let done = ledger.write(author, move |draft: &mut Draft| {
        edit(draft);
        Ok::<_, ()>(())
    });
    done.await.unwrap().0.revision()
}

async fn add(ledger: &Ledger, name: &'static str, id: Uuid) -> u64 {
    write(ledger, "adder", move |draft| {
        let network = Network {
            id,
            ..sample::network(draft, name)
        };
        draft.put(network);
    })
    .await
}

async fn rename(ledger: &Ledger, name: String, id: Uuid) -> u64 {
    write(ledger, "renamer", move |draft| {
        let network = Network::clone(draft.network(id).unwrap());
        let name = name.clone();
        draft.put(Network { name, ..network });
    })
    .await
}

/// What became of the record, the oldest first: revision, who, and its name before and after.
async fn story(
    ledger: &Ledger,
    id: Uuid,
    page: u32,
) -> Vec<(u64, String, Option<String>, Option<String>)> {
    let name = |record: &Option<Record>| match record {
        Some(Record::Network(network)) => Some(network.name.clone()),
        _ => None,
    };
    let (mut story, mut before) = (Vec::new(), Some(u64::MAX));
    while let Some(at) = before {
        let touched = ledger.touching(Kind::Network, id, at, page).await.unwrap();
        assert!(touched.commits.len() <= usize::try_from(page).unwrap());
        for commit in touched.commits {
            assert_eq!(commit.changes.len(), 1);
            let change = &commit.changes[0];
            let names = (name(&change.before), name(&change.after));
            story.insert(0, (commit.revision, commit.who, names.0, names.1));
        }
        before = touched.next;
    }
    story
}

#[tokio::test]
async fn the_life_of_a_record_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(settings(folder.path())).await.unwrap();
    // The second shares half of its id with the first.
    let (id, other) = (Uuid::from_u128(7), Uuid::from_u128(1 << 64 | 7));
    add(&ledger, "a", id).await;
    add(&ledger, "x", other).await;
    rename(&ledger, "b".into(), id).await;
    rename(&ledger, "y".into(), other).await;
    let gone = write(&ledger, "remover", move |draft| {
        draft.remove(Kind::Network, id);
        draft.remove(Kind::Network, other);
    });
    assert_eq!(gone.await, 5);
    let some = |name: &str| Some(name.to_owned());
    let expected = [
        (1, "adder".to_owned(), None, some("a")),
        (3, "renamer".to_owned(), some("a"), some("b")),
        (5, "remover".to_owned(), some("b"), None),
    ];
    for page in [1, 2, 100] {
        assert_eq!(story(&ledger, id, page).await, expected, "{page} a page");
    }
    assert_eq!(story(&ledger, other, 100).await.len(), 3);
    assert!(story(&ledger, Uuid::from_u128(8), 9).await.is_empty());
    let none = ledger.touching(Kind::Port, id, u64::MAX, 9).await.unwrap();
    assert!(none.commits.is_empty());
}

/// A connection of somebody else's to the same file.
async fn stranger(folder: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.join("weft.db"));
    options.connect().await.unwrap()
}

#[tokio::test]
async fn a_log_from_before_there_was_an_index_gets_one() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(settings(folder.path())).await.unwrap();
    let id = Uuid::from_u128(7);
    add(&ledger, "a", id).await;
    for n in 0..1_200 {
        rename(&ledger, format!("n{n}"), id).await;
    }
    let before = story(&ledger, id, 1000).await;
    assert_eq!(before.len(), 1_201);
    ledger.close().await;
    let mut db = stranger(folder.path()).await;
    for words in [
        "DROP TABLE weft_touched",
        "DELETE FROM weft_schema WHERE version = 2",
    ] {
        sqlx::query(words).execute(&mut db).await.unwrap();
    }
    db.close().await.unwrap();
    let ledger = Ledger::open(settings(folder.path())).await.unwrap();
    assert_eq!(story(&ledger, id, 1000).await, before);
    rename(&ledger, "last".into(), id).await;
    assert_eq!(story(&ledger, id, 1000).await.len(), 1_202);
}

#[tokio::test]
async fn the_time_of_a_revision_and_the_revision_of_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(settings(folder.path())).await.unwrap();
    assert_eq!(ledger.extent().await.unwrap(), None);
    assert_eq!(ledger.latest_at(i64::MAX).await.unwrap(), None);
    for n in 1..=20 {
        add(&ledger, "n", Uuid::from_u128(n)).await;
    }
    let log = ledger.log(0, 100).await.unwrap();
    let times: Vec<i64> = log.iter().map(|commit| commit.time_micros).collect();
    assert!(times.is_sorted());
    for at in times.iter().flat_map(|time| [time - 1, *time, time + 1]) {
        let scanned = log.iter().rev().find(|commit| commit.time_micros <= at);
        let found = ledger.latest_at(at).await.unwrap();
        assert_eq!(
            found.map(|mark| mark.revision),
            scanned.map(|commit| commit.revision)
        );
    }
    let extent = ledger.extent().await.unwrap().unwrap();
    assert_eq!((extent.oldest.revision, extent.newest.revision), (1, 20));
    assert_eq!(extent.oldest.time_micros, times[0]);
}

#[tokio::test]
async fn times_go_on_from_the_log_whatever_the_clock_says() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(settings(folder.path())).await.unwrap();
    add(&ledger, "a", Uuid::from_u128(1)).await;
    ledger.close().await;
    // As if the machine's clock had been an hour ahead, and set right since.
    let mut db = stranger(folder.path()).await;
    sqlx::query("UPDATE weft_log SET time = time + 3600000000")
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
    let ledger = Ledger::open(settings(folder.path())).await.unwrap();
    add(&ledger, "b", Uuid::from_u128(2)).await;
    let log = ledger.log(0, 9).await.unwrap();
    assert!(log[0].time_micros <= log[1].time_micros, "{log:?}");
}

#[tokio::test]
async fn the_way_back_and_where_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(settings(folder.path())).await.unwrap();
    let mut models = vec![ledger.model()];
    for n in 1..=6 {
        add(&ledger, "n", Uuid::from_u128(n)).await;
        models.push(ledger.model());
    }
    rename(&ledger, "other".into(), Uuid::from_u128(3)).await;
    rename(&ledger, "another".into(), Uuid::from_u128(3)).await;
    let present = ledger.model();
    for then in &models {
        let former = ledger.former(then.revision(), present.revision()).await;
        let former = former.unwrap().unwrap();
        let ids: std::collections::BTreeSet<Uuid> = former.iter().map(|(_, id, _)| *id).collect();
        assert_eq!(ids.len(), former.len(), "a record twice");
        assert_eq!(present.with(then.revision(), former), **then);
    }
    ledger.close().await;
    let mut forgetful = settings(folder.path());
    forgetful.retention = Duration::from_micros(1);
    let ledger = Ledger::open(forgetful).await.unwrap();
    while ledger.log(0, 2).await.unwrap().len() > 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The last commit stays, and with it its time.
    let extent = ledger.extent().await.unwrap().unwrap();
    assert_eq!((extent.oldest, extent.newest.revision), (extent.newest, 8));
    assert_eq!(ledger.former(7, 8).await.unwrap().unwrap().len(), 1);
    assert_eq!(ledger.former(6, 8).await.unwrap(), None);
    let left = story(&ledger, Uuid::from_u128(3), 10).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].0, 8);
}
