//! Monitors and replicas, on the in-memory server and on the real one: whatever happens, a replica
//! kept by differences is what a full select gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::support::{Database, Following, by_name, cases, columns, follow, insert_bridge, named};
use ovsdb::session::Dialect;
use ovsdb::testing::{Server, ServerOptions};
use ovsdb::vswitch::DATABASE;
use ovsdb::{
    Columns, Condition, Map, Mutation, Options, Row, RowChange, Selection, Session, Set,
    Transaction, Uuid,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

/// One random thing done to a database; it may well be refused.
#[derive(Clone, Debug)]
enum Step {
    AddBridge(u8),
    DeleteBridge(u8),
    /// Deletes and inserts in one transaction, so that a name moves to another row.
    RenewBridge(u8),
    AddPort(u8, u8),
    MovePort(u8, u8),
    SetMap(u8, Vec<(u8, u8)>),
    DeleteKeys(u8, Vec<u8>),
    SetVlans(u8, Vec<i64>),
    ToggleVlans(u8, Vec<i64>, Vec<i64>),
    SetTag(u8, Option<i64>),
    Mirror(u8, u8),
    Count(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let n = || 0..3_u8;
    let vlans = || prop::collection::vec(0..6_i64, 0..4);
    prop_oneof![
        3 => n().prop_map(Step::AddBridge),
        1 => n().prop_map(Step::DeleteBridge),
        1 => n().prop_map(Step::RenewBridge),
        2 => (n(), n()).prop_map(|(b, p)| Step::AddPort(b, p)),
        3 => (n(), n()).prop_map(|(b, p)| Step::MovePort(b, p)),
        2 => (n(), prop::collection::vec((n(), n()), 0..4)).prop_map(|(b, m)| Step::SetMap(b, m)),
        1 => (n(), prop::collection::vec(n(), 0..4)).prop_map(|(b, k)| Step::DeleteKeys(b, k)),
        1 => (n(), vlans()).prop_map(|(b, v)| Step::SetVlans(b, v)),
        2 => (n(), vlans(), vlans()).prop_map(|(b, v, w)| Step::ToggleVlans(b, v, w)),
        2 => (n(), prop::option::of(0..9_i64)).prop_map(|(b, t)| Step::SetTag(b, t)),
        1 => (n(), n()).prop_map(|(b, p)| Step::Mirror(b, p)),
        1 => any::<i64>().prop_map(Step::Count),
    ]
}

fn integers(numbers: &[i64]) -> Set {
    numbers.iter().map(|&n| n.into()).collect()
}

async fn uuid_of(session: &Session, table: &str, name: &str) -> Uuid {
    let mut t = Transaction::new(DATABASE);
    t.select(table, by_name(name), &["_uuid"]);
    let outcome = session.transact(t).await.unwrap();
    let row = outcome.rows(0).first();
    row.and_then(|row| row["_uuid"].as_atom()?.as_uuid())
        .unwrap_or(Uuid::nil())
}

/// Does the step through `session`; refusals are part of the game.
async fn act(session: &Session, step: &Step) {
    let mut t = Transaction::new(DATABASE);
    let bridge = |n: &u8| format!("br{n}");
    let delete = |t: &mut Transaction, uuid: Uuid| {
        let gone: Set = [uuid.into()].into_iter().collect();
        t.mutate(
            "Open_vSwitch",
            Vec::new(),
            vec![Mutation::delete("bridges", gone)],
        );
    };
    match step {
        Step::AddBridge(b) => insert_bridge(&mut t, &bridge(b)),
        Step::DeleteBridge(b) => delete(&mut t, uuid_of(session, "Bridge", &bridge(b)).await),
        Step::RenewBridge(b) => {
            delete(&mut t, uuid_of(session, "Bridge", &bridge(b)).await);
            insert_bridge(&mut t, &bridge(b));
        }
        Step::AddPort(b, p) => {
            let name = format!("p{p}");
            let interface = t.insert("Interface", columns([("name", name.as_str().into())]));
            let row = [
                ("name", name.as_str().into()),
                ("interfaces", named(&interface).into()),
            ];
            let port = t.insert("Port", columns(row));
            t.mutate(
                "Bridge",
                by_name(&bridge(b)),
                vec![Mutation::insert("ports", named(&port))],
            );
        }
        Step::MovePort(to, p) => {
            let port = uuid_of(session, "Port", &format!("p{p}")).await;
            let port: Set = [port.into()].into_iter().collect();
            let holds = vec![Condition::includes("ports", port.clone())];
            let (come, go) = (
                Mutation::insert("ports", port.clone()),
                Mutation::delete("ports", port),
            );
            t.mutate("Bridge", holds, vec![go]);
            t.mutate("Bridge", by_name(&bridge(to)), vec![come]);
        }
        Step::Mirror(b, p) => {
            let port: Set = [uuid_of(session, "Port", &format!("p{p}")).await.into()]
                .into_iter()
                .collect();
            let row = [
                ("name", "m".into()),
                ("select_src_port", port.clone().into()),
                ("output_port", port.into()),
            ];
            let mirror = t.insert("Mirror", columns(row));
            t.mutate(
                "Bridge",
                by_name(&bridge(b)),
                vec![Mutation::insert("mirrors", named(&mirror))],
            );
        }
        columns_only => act_on_columns(&mut t, columns_only),
    }
    let _ = session.transact(t).await;
}

/// The steps that insert and delete nothing.
fn act_on_columns(t: &mut Transaction, step: &Step) {
    let bridge = |n: &u8| by_name(&format!("br{n}"));
    match step {
        Step::SetMap(b, pairs) => {
            let map: Map = pairs
                .iter()
                .map(|(k, v)| (k.to_string().into(), v.to_string().into()))
                .collect();
            t.update("Bridge", bridge(b), columns([("external_ids", map.into())]));
        }
        Step::DeleteKeys(b, keys) => {
            let keys: Set = keys.iter().map(|k| k.to_string().into()).collect();
            t.mutate(
                "Bridge",
                bridge(b),
                vec![Mutation::delete("external_ids", keys)],
            );
        }
        Step::SetVlans(b, vlans) => {
            t.update(
                "Bridge",
                bridge(b),
                columns([("flood_vlans", integers(vlans).into())]),
            );
        }
        Step::ToggleVlans(b, more, less) => {
            t.mutate(
                "Bridge",
                bridge(b),
                vec![
                    Mutation::insert("flood_vlans", integers(more)),
                    Mutation::delete("flood_vlans", integers(less)),
                ],
            );
        }
        Step::SetTag(b, tag) => {
            let tag: Set = tag.iter().map(|&tag| tag.into()).collect();
            t.update("Port", bridge(b), columns([("tag", tag.into())]));
        }
        Step::Count(number) => {
            t.mutate(
                "Open_vSwitch",
                Vec::new(),
                vec![Mutation::add("next_cfg", *number)],
            );
        }
        _ => {}
    }
}

type Model = BTreeMap<(String, Uuid), Arc<Row>>;

/// Follows the changes by hand; each must start from what is there.
fn follow_changes(model: &mut Model, changes: Vec<RowChange>) {
    for change in changes {
        let key = (change.table, change.uuid);
        assert_ne!(change.before, change.after, "{key:?}");
        assert_eq!(model.get(&key), change.before.as_ref(), "{key:?}");
        match change.after {
            Some(row) => drop(model.insert(key, row)),
            None => drop(model.remove(&key)),
        }
    }
}

/// Compares the replica with a select of everything it follows, and all that it keeps besides, to
/// the last index entry, with a replica that begins now.
async fn check(following: &Following) {
    let replica = following.monitor.replica();
    let selection = replica.layout().selection();
    let fresh = following
        .session
        .monitor(&following.schema, selection, None);
    let fresh = fresh.await.unwrap().replica();
    assert_eq!(replica, fresh);
    for (table, selected) in replica.layout().selection().tables() {
        let names: Vec<&str> = selected
            .columns
            .iter()
            .map(String::as_str)
            .chain(["_uuid"])
            .collect();
        let mut t = Transaction::new(DATABASE);
        t.select(table, Vec::new(), &names);
        let outcome = following.session.transact(t).await.unwrap();
        assert_eq!(outcome.rows(0).len(), replica.count(table), "{table}");
        for row in outcome.rows(0) {
            let uuid = row["_uuid"].as_atom().unwrap().as_uuid().unwrap();
            let kept = replica.row(table, uuid).unwrap();
            let normal = |(name, datum): (&String, &ovsdb::Datum)| {
                let kind = &following.schema.column(table, name).unwrap().kind;
                (name.clone(), kind.normalise(datum.clone()).unwrap())
            };
            let expected: Columns = row
                .iter()
                .filter(|(name, _)| *name != "_uuid")
                .map(normal)
                .collect();
            let kept: Columns = kept
                .iter()
                .map(|(name, datum)| (name.to_owned(), datum.clone()))
                .collect();
            assert_eq!(kept, expected, "{table} {uuid}");
        }
    }
    for table in ["Bridge", "Port", "Interface"] {
        for name in (0..4).flat_map(|n| [format!("br{n}"), format!("p{n}")]) {
            let mut all = replica.rows(table);
            let expected = all.find(|row| *row.get("name").unwrap() == name.as_str().into());
            let found = replica.find(table, &[("name", name.as_str().into())]);
            assert_eq!(found, expected, "{table} {name}");
        }
    }
    for (parent, column, child) in [
        ("Bridge", "ports", "Port"),
        ("Port", "interfaces", "Interface"),
    ] {
        for row in replica.rows(child) {
            let of = |row: &Arc<Row>| row.uuid();
            let mut expected = replica
                .rows(parent)
                .filter(|parent| {
                    parent
                        .get(column)
                        .unwrap()
                        .atoms()
                        .contains(&row.uuid().into())
                })
                .map(of)
                .collect::<Vec<_>>();
            expected.sort_unstable();
            let found: Vec<Uuid> = replica.referrers(parent, row.uuid()).map(of).collect();
            assert_eq!(found, expected, "{child} {}", row.uuid());
        }
    }
}

cases! {
    async fn a_replica_by_differences_is_a_full_select(db: Database) {
        let mut runner = TestRunner::deterministic();
        let other = db.connect().await;
        let mut following = db.follow().await;
        let mut model = Model::new();
        for table in following.monitor.replica().layout().selection().tables().keys() {
            for row in following.monitor.replica().rows(table) {
                model.insert((table.clone(), row.uuid()), row.clone());
            }
        }
        for _ in 0..60 {
            let script = prop::collection::vec(step(), 1..12).new_tree(&mut runner).unwrap().current();
            for (place, step) in script.iter().enumerate() {
                // By turns our own transactions and another client's.
                let session = if place % 2 == 0 { &following.session } else { &other };
                act(session, step).await;
            }
            // After its answer every update before it has been applied.
            following.session.echo().await.unwrap();
            check(&following).await;
            let kept = following.monitor.replica();
            let step = tokio::time::timeout(std::time::Duration::from_millis(1), following.monitor.next());
            if let Ok(step) = step.await {
                follow_changes(&mut model, step.unwrap().changes);
            }
            let count: usize = kept.layout().selection().tables().keys().map(|t| kept.count(t)).sum();
            assert_eq!(model.len(), count, "{script:?}");
        }
    }

    async fn a_transaction_is_in_the_replica_when_it_is_answered(db: Database) {
        let following = db.follow().await;
        for number in 0..50 {
            let name = format!("br{number}");
            let mut t = Transaction::new(DATABASE);
            insert_bridge(&mut t, &name);
            following.session.transact(t).await.unwrap();
            let replica = following.monitor.replica();
            assert!(replica.find("Bridge", &[("name", name.into())]).is_some());
        }
    }

    async fn rows_come_and_go_with_the_condition(db: Database) {
        let session = db.connect().await;
        let schema = session.schema(DATABASE).await.unwrap();
        let selection = Selection::new().with("Port", ["name", "tag"]);
        let selection = selection.only("Port", Condition::equal("tag", 7)).only("Port", Condition::equal("tag", 8));
        let monitor = session.monitor(&schema, &selection, None).await.unwrap();
        let mut t = Transaction::new(DATABASE);
        insert_bridge(&mut t, "br0");
        session.transact(t).await.unwrap();
        for (tag, seen) in [(7, 1), (8, 1), (9, 0), (7, 1)] {
            let mut t = Transaction::new(DATABASE);
            t.update("Port", by_name("br0"), columns([("tag", tag.into())]));
            session.transact(t).await.unwrap();
            assert_eq!(monitor.replica().count("Port"), seen, "{tag}");
        }
    }

    async fn a_dropped_monitor_ends_and_the_session_goes_on(db: Database) {
        let following = db.follow().await;
        let view = following.monitor.view();
        drop(following.monitor);
        let mut t = Transaction::new(DATABASE);
        insert_bridge(&mut t, "br0");
        following.session.transact(t).await.unwrap();
        // The view still holds the feed.
        assert_eq!(view.replica().count("Bridge"), 1);
        drop(view);
        for number in 0..3 {
            let mut t = Transaction::new(DATABASE);
            t.update("Open_vSwitch", Vec::new(), columns([("next_cfg", number.into())]));
            following.session.transact(t).await.unwrap();
        }
        let again = follow(following.session).await;
        assert_eq!(again.monitor.replica().count("Bridge"), 1);
    }
}

#[tokio::test]
async fn older_servers_are_followed_in_their_dialect() {
    for dialect in [Dialect::CondSince, Dialect::Cond, Dialect::Plain] {
        let options = ServerOptions {
            dialect,
            ..ServerOptions::default()
        };
        let db = Database::Memory(Server::new(options));
        let mut runner = TestRunner::new(Config::default());
        let following = db.follow().await;
        for _ in 0..10 {
            let script = prop::collection::vec(step(), 1..12)
                .new_tree(&mut runner)
                .unwrap()
                .current();
            for step in &script {
                act(&following.session, step).await;
            }
            check(&following).await;
        }
    }
}

/// What was missed is sent, and nothing else, where the server keeps a history.
async fn resume(first: Session, second: Session, third: Session) {
    let following = follow(first).await;
    let mut t = Transaction::new(DATABASE);
    insert_bridge(&mut t, "before");
    following.session.transact(t).await.unwrap();
    let last = following.monitor.replica();
    assert!(last.last_transaction().is_some());
    drop(following);

    let mut t = Transaction::new(DATABASE);
    insert_bridge(&mut t, "meanwhile");
    second.transact(t).await.unwrap();
    let schema = third.schema(DATABASE).await.unwrap();
    let selection = last.layout().selection().clone();
    let mut monitor = third
        .monitor(&schema, &selection, Some(last.clone()))
        .await
        .unwrap();
    let step = monitor.next().await.unwrap();
    assert_eq!(step.replica.count("Bridge"), 2);
    let bridges = step
        .changes
        .iter()
        .filter(|change| change.table == "Bridge");
    assert_eq!(bridges.count(), 1, "only what is new: {:?}", step.changes);
    let unknown = ovsdb::Replica::new(last.layout().clone());
    let fresh = second
        .monitor(&schema, &selection, Some(unknown))
        .await
        .unwrap();
    assert_eq!(fresh.replica().count("Bridge"), 2);
}

#[tokio::test]
async fn a_server_with_history_resumes_in_memory() {
    let server = Server::new(ServerOptions {
        history: true,
        ..ServerOptions::default()
    });
    let cache = Arc::new(ovsdb::SchemaCache::default());
    let session = || {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let server = server.clone();
        tokio::spawn(async move { server.serve(theirs).await });
        Session::start(
            ours,
            ovsdb::Peer::default(),
            Options::default(),
            cache.clone(),
        )
    };
    resume(session(), session(), session()).await;
}

#[tokio::test]
async fn a_clustered_server_resumes() {
    if !crate::support::have_ovs() {
        return;
    }
    let real = crate::support::Real::start_clustered();
    let settings = ovsdb::Settings::default();
    let connect = async || {
        ovsdb::connect(&real.target(), None, &settings)
            .await
            .unwrap()
    };
    resume(connect().await, connect().await, connect().await).await;
}
