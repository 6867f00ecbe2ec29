//! A controller killed at any instant: every write that was answered is there.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use api::Kind;
use uuid::Uuid;
use weft::ledger::{Author, Database, Ledger, Settings};
use weft::model::{Draft, Model, sample};

/// Names the database to the process that is going to be killed.
const PLACE: &str = "WEFT_TEST_CRASH_DATABASE";
const KILLS: u64 = 12;

/// Not a test of its own: what the killed process does. Says the id of each
/// port whose creation was answered.
#[tokio::test(flavor = "multi_thread")]
async fn writes_until_it_is_killed() {
    let Some(place) = env::var_os(PLACE) else {
        return;
    };
    let settings = Settings::new(Database::Sqlite(PathBuf::from(place)));
    let ledger = Ledger::open(settings).await.unwrap();
    let prepare = |draft: &mut Draft| {
        let network = sample::network(draft, "n");
        let subnet = sample::subnet(&network, "10.0.0.0/8".parse().unwrap());
        draft.put(network);
        draft.put(subnet.clone());
        Ok::<_, ()>(subnet)
    };
    let (_, subnet) = ledger.write(Author::default(), prepare).await.unwrap();
    let writers = (0..8).map(|_| {
        let (ledger, subnet) = (ledger.clone(), subnet.clone());
        tokio::spawn(async move {
            // Longer than any test lets it live.
            for _ in 0..1_000_000 {
                let subnet = subnet.clone();
                let write = ledger.write(Author::default(), move |draft: &mut Draft| {
                    let port = sample::port(draft, &subnet, "h");
                    let id = port.id;
                    draft.put(port);
                    Ok::<_, ()>(id)
                });
                let (_, id) = write.await.unwrap();
                let mut out = std::io::stdout().lock();
                writeln!(out, "answered {id}").unwrap();
                out.flush().unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Starts the process above, kills it `after` its first answer, and gives the
/// ids that were answered.
fn run_and_kill(place: &Path, after: Duration) -> BTreeSet<Uuid> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "writes_until_it_is_killed", "--nocapture"])
        .env(PLACE, place)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answered = BTreeSet::new();
    // A line that the kill cut short was not an answer.
    let mut note = |line: String| {
        let id: Option<Uuid> = line
            .split_once("answered ")
            .and_then(|(_, id)| id.parse().ok());
        answered.extend(id);
        id.is_some()
    };
    while !note(lines.next().unwrap().unwrap()) {}
    let killer = std::thread::spawn(move || {
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    });
    for line in lines.map_while(Result::ok) {
        note(line);
    }
    killer.join().unwrap();
    answered
}

#[test]
fn every_answered_write_survives_kill_9() {
    if env::var_os(PLACE).is_some() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("weft.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut answered = BTreeSet::new();
    for round in 0..KILLS {
        let some_while = Duration::from_micros(137 * (round * round * 97 % 500));
        answered.extend(run_and_kill(&place, some_while));
        runtime.block_on(all_are_there(&place, &answered));
    }
    assert!(
        answered.len() > 50,
        "only {} writes were made",
        answered.len()
    );
}

async fn all_are_there(place: &Path, answered: &BTreeSet<Uuid>) {
    let settings = Settings::new(Database::Sqlite(place.to_owned()));
    let ledger = Ledger::open(settings).await.unwrap();
    let model = ledger.model();
    for id in answered {
        assert!(
            model.port(*id).is_some(),
            "port {id} was answered and is lost"
        );
    }
    // Nothing half done: the log, applied from its beginning, gives the records.
    let mut replayed = Model::default();
    loop {
        let commits = ledger.log(replayed.revision(), 500).await.unwrap();
        if commits.is_empty() {
            break;
        }
        for commit in &commits {
            assert_eq!(commit.revision, replayed.revision() + 1);
            replayed = replayed.after(commit);
        }
    }
    assert_eq!(replayed, *model);
    let keys: BTreeSet<u32> = model.ports().map(|port| port.key).collect();
    assert_eq!(keys.len(), model.count(Kind::Port));
    ledger.close().await;
}
