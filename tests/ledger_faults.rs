//! A database that fails, while opening and while running: the error names the
//! path and the remedy, nothing answered is lost, reads go on, and writes
//! resume when the fault is gone.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use api::Kind;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;
use weft::ledger::{Author, Database, Fault, FaultKind, Ledger, Settings, WriteError};
use weft::model::{Draft, sample};

fn settings(path: &Path) -> Settings {
    let mut settings = Settings::new(Database::Sqlite(path.to_owned()));
    settings.busy_timeout = Duration::from_millis(200);
    settings.poll_interval = Duration::from_millis(50);
    settings
}

async fn add(ledger: &Ledger, name: &str) -> Result<u64, WriteError<()>> {
    let name = name.to_owned();
    let write = ledger.write(Author::default(), move |draft: &mut Draft| {
        let network = sample::network(draft, &name);
        draft.put(network);
        Ok(())
    });
    write.await.map(|(model, ())| model.revision())
}

/// A connection of somebody else's to the same file.
async fn stranger(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path);
    options
        .busy_timeout(Duration::from_secs(10))
        .connect()
        .await
        .unwrap()
}

fn fault_of<T: std::fmt::Debug>(result: Result<T, WriteError<()>>) -> Fault {
    match result {
        Err(WriteError::Fault(fault)) => (*fault).clone(),
        other => panic!("{other:?} is no fault"),
    }
}

/// The error tells the path, and says `remedy`.
fn tells(fault: &Fault, path: &Path, remedy: &str) {
    let text = fault.to_string();
    assert!(text.starts_with(&path.display().to_string()), "{text}");
    assert!(text.contains(remedy), "{text}");
}

/// Everything that was answered is there, in this process and after opening again.
async fn nothing_is_lost(ledger: Ledger, settings: Settings, networks: usize) {
    let model = ledger.model();
    assert_eq!(model.count(Kind::Network), networks);
    ledger.close().await;
    let again = Ledger::open(settings).await.unwrap();
    assert_eq!(*again.model(), *model);
}

#[tokio::test]
async fn a_lock_of_another_process_is_waited_for_then_named_and_writes_resume() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weft.db");
    let ledger = Ledger::open(settings(&path)).await.unwrap();
    assert_eq!(add(&ledger, "a").await.unwrap(), 1);
    let mut other = stranger(&path).await;
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let fault = fault_of(add(&ledger, "b").await);
    assert_eq!(fault.kind, FaultKind::Locked);
    tells(&fault, &path, "end that process");
    assert_eq!(ledger.model().count(Kind::Network), 1);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(add(&ledger, "b").await.unwrap(), 2);
    nothing_is_lost(ledger, settings(&path), 2).await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "these are my notes, and not a database at all. ".repeat(100);
    fs::write(&path, &text).unwrap();
    let fault = Ledger::open(settings(&path)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotADatabase);
    tells(&fault, &path, "name another path");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere/weft.db");
    let fault = Ledger::open(settings(&path)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::CannotOpen);
    tells(&fault, &path, "check that its folder exists");
}

#[tokio::test]
async fn a_database_of_a_later_weft_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weft.db");
    Ledger::open(settings(&path)).await.unwrap().close().await;
    let mut other = stranger(&path).await;
    sqlx::query("INSERT INTO weft_schema (version, weft, time) VALUES (7, '9.9.9', 0)")
        .execute(&mut other)
        .await
        .unwrap();
    other.close().await.unwrap();
    let before = fs::read(&path).unwrap();
    let fault = Ledger::open(settings(&path)).await.unwrap_err();
    let FaultKind::NewerSchema { found, writer, .. } = &fault.kind else {
        panic!("{fault}");
    };
    assert_eq!((*found, writer.as_str()), (7, "9.9.9"));
    tells(&fault, &path, "schema version 7, written by weft 9.9.9");
    tells(
        &fault,
        &path,
        concat!("this weft ", env!("CARGO_PKG_VERSION")),
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weft.db");
    let ledger = Ledger::open(settings(&path)).await.unwrap();
    add(&ledger, "a").await.unwrap();
    ledger.close().await;
    let mut other = stranger(&path).await;
    sqlx::query("UPDATE weft_record SET body = '{\"id\": 5}'")
        .execute(&mut other)
        .await
        .unwrap();
    other.close().await.unwrap();
    let fault = Ledger::open(settings(&path)).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Unreadable { .. }));
    tells(&fault, &path, "the stored network");
}

#[tokio::test]
async fn an_older_copy_put_in_place_while_running_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weft.db");
    let ledger = Ledger::open(settings(&path)).await.unwrap();
    add(&ledger, "a").await.unwrap();
    add(&ledger, "b").await.unwrap();
    let mut other = stranger(&path).await;
    sqlx::query("UPDATE weft_head SET revision = 1")
        .execute(&mut other)
        .await
        .unwrap();
    let fault = fault_of(add(&ledger, "c").await);
    assert_eq!(fault.kind, FaultKind::Rewound { found: 1, known: 2 });
    assert_eq!(ledger.model().count(Kind::Network), 2);
    // Who asks for its health is told, until it is as it was.
    let healthy = async |expected: bool| {
        while ledger.health().is_ok() != expected {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    healthy(false).await;
    sqlx::query("UPDATE weft_head SET revision = 2")
        .execute(&mut other)
        .await
        .unwrap();
    healthy(true).await;
    ledger.clone().close().await;
    healthy(false).await;
}

#[tokio::test]
async fn more_writes_than_the_queue_holds_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weft.db");
    let mut settings = settings(&path);
    settings.queue_length = 4;
    settings.busy_timeout = Duration::from_secs(2);
    let ledger = Ledger::open(settings.clone()).await.unwrap();
    let mut other = stranger(&path).await;
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let write = |n| {
        let ledger = ledger.clone();
        tokio::spawn(async move { add(&ledger, &format!("n{n}")).await })
    };
    // The writer has the first one and waits for the lock before the others come.
    let mut writes = vec![write(0)];
    tokio::time::sleep(Duration::from_millis(300)).await;
    writes.extend((1..=20).map(write));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let busy = writes.iter().filter(|write| write.is_finished()).count();
    assert_eq!(busy, 20 - 4);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    let mut done = 0;
    for write in writes {
        match write.await.unwrap() {
            Ok(_) => done += 1,
            Err(WriteError::Busy(4)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(done, 1 + 4);
    nothing_is_lost(ledger, settings, done).await;
}

/// A small file system of its own, for filling up and for taking away write
/// access from root; none where this user may not mount one.
struct SmallDisk {
    place: PathBuf,
    _folder: tempfile::TempDir,
}

impl SmallDisk {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("disk");
        fs::create_dir(&place).unwrap();
        let mounted = Self::mount(&["-t", "tmpfs", "-o", "size=2m", "tmpfs"], &place);
        if !mounted {
            eprintln!("this user may not mount a file system: not tested");
            return None;
        }
        Some(SmallDisk {
            place,
            _folder: folder,
        })
    }

    fn remount(&self, how: &str) -> bool {
        Self::mount(&["-o", &format!("remount,{how}")], &self.place)
    }

    fn mount(how: &[&str], place: &Path) -> bool {
        let status = Command::new("mount").args(how).arg(place).status();
        status.is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.place).status();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_writes_until_there_is_room() {
    let Some(disk) = SmallDisk::new() else {
        return;
    };
    let path = disk.place.join("weft.db");
    let ledger = Ledger::open(settings(&path)).await.unwrap();
    let mut done = 0;
    let fault = loop {
        match add(&ledger, &"n".repeat(20_000)).await {
            Ok(_) => done += 1,
            failed => break fault_of(failed),
        }
    };
    assert_eq!(fault.kind, FaultKind::Full, "{fault:?}");
    tells(&fault, &path, "make room");
    assert!(done > 5);
    assert_eq!(ledger.model().count(Kind::Network), done);
    // Still full: still refused, still nothing lost.
    assert_eq!(
        fault_of(add(&ledger, &"n".repeat(20_000)).await).kind,
        FaultKind::Full
    );
    assert!(disk.remount("size=8m"));
    assert!(add(&ledger, "after").await.is_ok());
    nothing_is_lost(ledger, settings(&path), done + 1).await;
}

#[tokio::test]
async fn a_read_only_file_refuses_writes_until_it_is_writable() {
    let Some(disk) = SmallDisk::new() else {
        return;
    };
    let path = disk.place.join("weft.db");
    let ledger = Ledger::open(settings(&path)).await.unwrap();
    add(&ledger, "a").await.unwrap();
    ledger.close().await;
    assert!(disk.remount("ro"));
    let fault = Ledger::open(settings(&path)).await.unwrap_err();
    assert!(
        matches!(fault.kind, FaultKind::ReadOnly | FaultKind::CannotOpen),
        "{fault:?}"
    );
    tells(&fault, &path, "weft");
    assert!(disk.remount("rw"));
    let ledger = Ledger::open(settings(&path)).await.unwrap();
    assert_eq!(ledger.model().count(Kind::Network), 1);
    assert_eq!(add(&ledger, "b").await.unwrap(), 2);
    nothing_is_lost(ledger, settings(&path), 2).await;
}

#[tokio::test]
async fn an_abandoned_write_that_has_not_begun_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weft.db");
    let mut settings = settings(&path);
    settings.busy_timeout = Duration::from_secs(5);
    let ledger = Ledger::open(settings.clone()).await.unwrap();
    let mut other = stranger(&path).await;
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let first = tokio::spawn({
        let ledger = ledger.clone();
        async move { add(&ledger, "first").await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let second = tokio::time::timeout(Duration::from_millis(100), add(&ledger, "second")).await;
    assert!(second.is_err());
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(add(&ledger, "third").await.unwrap(), 2);
    assert_eq!(ledger.model().networks_by_name("second").count(), 0);
    nothing_is_lost(ledger, settings, 2).await;
}

#[tokio::test]
async fn a_write_that_changes_nothing_takes_no_revision() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weft.db");
    let ledger = Ledger::open(settings(&path)).await.unwrap();
    let write = ledger.write(Author::default(), |draft: &mut Draft| {
        Ok::<_, ()>(draft.remove(Kind::Port, Uuid::nil()).is_none())
    });
    let (model, none) = write.await.unwrap();
    assert!(none);
    assert_eq!(model.revision(), 0);
}
