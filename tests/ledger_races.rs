//! Two controllers on one database: whatever they do at once, nothing is lost,
//! nothing is done twice, nothing unique is given out twice, and both follow
//! the same commits. On the embedded engine, and on a MariaDB server: the one
//! that `WEFT_TEST_MYSQL` names (a URL with a database of its own), or one of
//! our own where `mariadbd` is installed.
#![allow(clippy::unwrap_used)]

#[path = "support/mariadb.rs"]
mod mariadb;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api::{Kind, Network, Subnet};
use mariadb::Server;
use proptest::prelude::*;
use uuid::Uuid;
use weft::ledger::{Author, Database, FaultKind, Followed, Follower, Ledger, Settings, WriteError};
use weft::model::{Draft, Model, sample};

/// What one client does; each is one write.
#[derive(Clone, Debug)]
enum Step {
    /// A port with the lowest free address and key.
    Create,
    /// Adds one to a number that all share, by reading it and writing it back.
    Count,
    /// Deletes the lowest port there is.
    Delete,
    /// Edits, and then refuses.
    Refuse,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Create),
        3 => Just(Step::Count),
        1 => Just(Step::Delete),
        1 => Just(Step::Refuse),
    ];
    prop::collection::vec(step, 1..40)
}

fn settings(database: &Database) -> Settings {
    let mut settings = Settings::new(database.clone());
    settings.poll_interval = Duration::from_millis(20);
    settings.group_length = 4;
    settings
}

/// How often the shared number was raised, and ports created and deleted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    counted: usize,
    created: usize,
    deleted: usize,
}

async fn walk(ledger: Ledger, shared: Uuid, subnet: Subnet, steps: Vec<Step>) -> Tally {
    let mut tally = Tally::default();
    for step in steps {
        let (done, subnet) = (step.clone(), subnet.clone());
        let write = ledger.write(Author::default(), move |draft: &mut Draft| {
            take(draft, &step, shared, &subnet)
        });
        match (write.await, done) {
            (Ok((_, true)), Step::Create) => tally.created += 1,
            (Ok((_, true)), Step::Count) => tally.counted += 1,
            (Ok((_, deleted)), Step::Delete) => tally.deleted += usize::from(deleted),
            (Err(WriteError::Refused(())), Step::Refuse) => {}
            other => panic!("{other:?}"),
        }
    }
    tally
}

fn take(draft: &mut Draft, step: &Step, shared: Uuid, subnet: &Subnet) -> Result<bool, ()> {
    match step {
        Step::Create | Step::Refuse => {
            let mut port = sample::port(draft, subnet, "h");
            // Keys come back; ids must not.
            port.id = Uuid::new_v4();
            draft.put(port);
        }
        Step::Count => {
            let mut network = Network::clone(draft.network(shared).unwrap());
            let count: usize = network.description.parse().unwrap_or(0);
            network.description = (count + 1).to_string();
            draft.put(network);
        }
        Step::Delete => {
            let lowest = draft.ports().next().map(|port| port.id);
            return Ok(lowest.is_some_and(|id| draft.remove(Kind::Port, id).is_some()));
        }
    }
    if matches!(step, Step::Refuse) {
        Err(())
    } else {
        Ok(true)
    }
}

/// Applies what a follower is told to the model it began with, until `revision`.
async fn follow(model: Arc<Model>, mut follower: Follower, revision: u64) -> Model {
    let mut own = Model::clone(&model);
    while own.revision() < revision {
        match follower.next().await.unwrap() {
            Followed::Commits { commits, .. } => {
                for commit in commits.iter() {
                    assert_eq!(commit.revision, own.revision() + 1);
                    own = own.after(commit);
                }
            }
            Followed::Lagged { model } => own = Model::clone(&model),
        }
    }
    own
}

/// Several controllers find an empty database at the same moment.
async fn begin_together(database: &Database) {
    let openings = (0..4).map(|_| tokio::spawn(Ledger::open(settings(database))));
    let openings: Vec<_> = openings.collect();
    for opening in openings {
        opening.await.unwrap().unwrap().close().await;
    }
}

async fn race(database: &Database, clients: Vec<Vec<Step>>) {
    let ledgers = [
        Ledger::open(settings(database)).await.unwrap(),
        Ledger::open(settings(database)).await.unwrap(),
    ];
    let prepare = |draft: &mut Draft| {
        for kind in [Kind::Port, Kind::Subnet, Kind::Network] {
            let old: Vec<Uuid> = draft.records(kind).map(|record| record.id()).collect();
            for id in old {
                draft.remove(kind, id);
            }
        }
        let network = sample::network(draft, "n");
        let subnet = sample::subnet(&network, "10.0.0.0/16".parse().unwrap());
        draft.put(network.clone());
        draft.put(subnet.clone());
        Ok::<_, ()>((network.id, subnet))
    };
    let (_, (shared, subnet)) = ledgers[0].write(Author::default(), prepare).await.unwrap();
    ledgers[1].refresh().await.unwrap();
    let followers = [ledgers[0].follow(), ledgers[1].follow()];
    let walks = clients.into_iter().zip(ledgers.iter().cycle());
    let walks = walks
        .map(|(steps, ledger)| tokio::spawn(walk(ledger.clone(), shared, subnet.clone(), steps)));
    let walks: Vec<_> = walks.collect();
    let mut all = Tally::default();
    for walk in walks {
        let tally = walk.await.unwrap();
        all.counted += tally.counted;
        all.created += tally.created;
        all.deleted += tally.deleted;
    }
    let model = ledgers[0].refresh().await.unwrap();
    assert_eq!(*ledgers[1].refresh().await.unwrap(), *model);
    let counted: usize = model
        .network(shared)
        .unwrap()
        .description
        .parse()
        .unwrap_or(0);
    assert_eq!(counted, all.counted, "a write was lost or done twice");
    assert_eq!(model.count(Kind::Port), all.created - all.deleted);
    let keys: BTreeSet<u32> = model.ports().map(|port| port.key).collect();
    let addresses: BTreeSet<_> = model.ports().map(|p| p.fixed_ips[0].ip_address).collect();
    assert_eq!(
        (keys.len(), addresses.len()),
        (model.count(Kind::Port), model.count(Kind::Port))
    );
    for (start, follower) in followers {
        let followed = follow(start, follower, model.revision()).await;
        assert_eq!(followed, *model);
    }
    let [one, other] = ledgers;
    one.close().await;
    other.close().await;
    let again = Ledger::open(settings(database)).await.unwrap();
    assert_eq!(*again.model(), *model);
    again.close().await;
}

fn races(cases: u32, database: &Database) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(begin_together(database));
    let clients = prop::collection::vec(steps(), 2..7);
    proptest!(ProptestConfig::with_cases(cases), |(clients in clients)| {
        runtime.block_on(race(database, clients));
    });
}

#[test]
fn two_controllers_on_one_file() {
    let folder = tempfile::tempdir().unwrap();
    races(16, &Database::Sqlite(folder.path().join("weft.db")));
}

#[test]
fn two_controllers_on_one_server() {
    let Some(server) = Server::find() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(server.ready());
    races(6, &database);
    if server.is_own() {
        runtime.block_on(only_the_one_that_is_too_large_fails(&database));
        runtime.block_on(survives_the_server(server, database));
    }
}

/// One write in a group is more than the server takes in a statement.
async fn only_the_one_that_is_too_large_fails(database: &Database) {
    let ledger = Ledger::open(settings(database)).await.unwrap();
    let add = |size: usize| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let write = ledger.write(Author::default(), move |draft: &mut Draft| {
                let mut network = sample::network(draft, "n");
                network.id = Uuid::new_v4();
                network.description = "x".repeat(size);
                draft.put(network);
                Ok::<_, ()>(())
            });
            write.await.is_ok()
        })
    };
    let writes = [10, 10, 2 << 20, 10, 10, 10, 10].map(add);
    let mut done = Vec::new();
    for write in writes {
        done.push(write.await.unwrap());
    }
    assert_eq!(done, [true, true, false, true, true, true, true]);
    ledger.close().await;
}

/// The server goes: writes are refused with the reason, reads go on.
async fn survives_the_server(mut server: Server, database: Database) {
    let ledger = Ledger::open(settings(&database)).await.unwrap();
    let before = ledger.model();
    let add = || {
        ledger.write(Author::default(), |draft: &mut Draft| {
            let network = sample::network(draft, "late");
            draft.put(network);
            Ok::<_, ()>(())
        })
    };
    server.kill();
    let Err(WriteError::Fault(fault)) = add().await else {
        panic!("a write without a server was done");
    };
    assert_eq!(fault.kind, FaultKind::Unreachable, "{fault:?}");
    assert_eq!(*ledger.model(), *before);
}
