//! Transactions, each case on the in-memory server and on the real one: operations, constraints,
//! garbage collection, and every error as the type it has.

use std::time::Duration;

use crate::support::{Database, by_name, cases, columns, insert_bridge, named};
use ovsdb::vswitch::DATABASE;
use ovsdb::{
    Columns, Condition, Datum, ErrorKind, Map, Mutation, NamedUuid, OpResult, Operation, Set,
    TransactError, Transaction, Uuid,
};

fn transaction() -> Transaction {
    Transaction::new(DATABASE)
}

fn strings(pairs: &[(&str, &str)]) -> Map {
    pairs.iter().map(|&(k, v)| (k.into(), v.into())).collect()
}

fn set<const N: usize>(atoms: [i64; N]) -> Set {
    atoms.into_iter().map(ovsdb::Atom::from).collect()
}

/// The error of the transaction and the operation it names; `None` for the commit.
async fn fails(session: &ovsdb::Session, transaction: Transaction) -> (Option<usize>, ErrorKind) {
    match session.transact(transaction).await.unwrap_err() {
        TransactError::Operation { index, error, .. } => (Some(index), error.kind),
        TransactError::Commit { error } => (None, error.kind),
        other => panic!("{other}"),
    }
}

cases! {
    async fn a_bridge_is_inserted_found_and_collected(db: Database) {
        let session = db.connect().await;
        let mut t = transaction();
        insert_bridge(&mut t, "br0");
        let outcome = session.transact(t).await.unwrap();
        let OpResult::Inserted(bridge) = outcome.results[2] else { panic!("{outcome:?}") };
        assert_eq!(outcome.uuid(&NamedUuid::new("row3").unwrap()), Some(bridge));
        assert_eq!(outcome.count(3), 1);

        let mut t = transaction();
        let place = t.select("Bridge", by_name("br0"), &["_uuid", "name", "fail_mode"]);
        let outcome = session.transact(t).await.unwrap();
        let expected = columns([
            ("_uuid", bridge.into()),
            ("name", "br0".into()),
            ("fail_mode", Set::new().into()),
        ]);
        assert_eq!(outcome.rows(place), [expected]);

        let mut t = transaction();
        let gone: Set = [bridge.into()].into_iter().collect();
        t.mutate("Open_vSwitch", Vec::new(), vec![Mutation::delete("bridges", gone)]);
        session.transact(t).await.unwrap();
        for table in ["Bridge", "Port", "Interface"] {
            let mut t = transaction();
            t.select(table, Vec::new(), &["name"]);
            assert_eq!(session.transact(t).await.unwrap().rows(0), [] as [Columns; 0]);
        }
    }

    async fn a_row_that_nothing_refers_to_does_not_stay(db: Database) {
        let session = db.connect().await;
        let mut t = transaction();
        t.insert("Bridge", columns([("name", "loose".into())]));
        session.transact(t).await.unwrap();
        let mut t = transaction();
        t.guard_none("Bridge", by_name("loose"));
        session.transact(t).await.unwrap();
    }

    async fn values_are_checked(db: Database) {
        let session = db.connect().await;
        let wrong: [(Columns, ErrorKind); 7] = [
            (columns([("nope", 1.into())]), ErrorKind::UnknownColumn),
            (columns([("name", 5.into())]), ErrorKind::SyntaxError),
            (columns([("name", Set::new().into())]), ErrorKind::SyntaxError),
            (columns([("fail_mode", "maybe".into())]), ErrorKind::ConstraintViolation),
            (columns([("flood_vlans", 5000.into())]), ErrorKind::ConstraintViolation),
            (columns([("fail_mode", set([1, 2]).into())]), ErrorKind::SyntaxError),
            (columns([("other_config", "x".into())]), ErrorKind::SyntaxError),
        ];
        for (row, kind) in wrong {
            let mut t = transaction();
            t.comment("so that the place is told from the beginning");
            t.insert("Bridge", row.clone());
            t.comment("and from the end");
            assert_eq!(fails(&session, t).await, (Some(1), kind), "{row:?}");
        }
        let mut t = transaction();
        t.insert("Nope", Columns::new());
        assert_eq!(fails(&session, t).await, (Some(0), ErrorKind::SyntaxError));
    }

    async fn the_extra_element_is_an_error_of_the_commit(db: Database) {
        let session = db.connect().await;
        let mut t = transaction();
        t.insert("Open_vSwitch", Columns::new());
        assert_eq!(fails(&session, t).await, (None, ErrorKind::ConstraintViolation));

        let mut t = transaction();
        t.insert("Port", columns([("name", "without-interface".into())]));
        assert_eq!(fails(&session, t).await, (None, ErrorKind::ReferentialIntegrityViolation));

        let mut t = transaction();
        let nowhere = NamedUuid::new("nowhere").unwrap();
        t.insert("Bridge", columns([("name", "b".into()), ("ports", named(&nowhere).into())]));
        assert_eq!(fails(&session, t).await, (None, ErrorKind::ReferentialIntegrityViolation));

        for expected in [None, Some(ErrorKind::ConstraintViolation)] {
            let mut t = transaction();
            insert_bridge(&mut t, "twice");
            match expected {
                None => drop(session.transact(t).await.unwrap()),
                Some(kind) => assert_eq!(fails(&session, t).await, (None, kind)),
            }
        }
        let mut t = transaction();
        t.delete("Port", by_name("twice"));
        assert_eq!(fails(&session, t).await, (None, ErrorKind::ReferentialIntegrityViolation));
    }

    async fn every_operation_fails_with_its_own_error(db: Database) {
        let session = db.connect().await;
        let one = |operation: Operation| {
            let mut t = transaction();
            t.push(operation);
            t
        };
        let add = |mutator, number: i64| Operation::Mutate {
            table: "Open_vSwitch".to_owned(),
            conditions: Vec::new(),
            mutations: vec![Mutation("next_cfg".to_owned(), mutator, number.into())],
        };
        use ovsdb::operation::Mutator;
        let mut max = transaction();
        max.update("Open_vSwitch", Vec::new(), columns([("next_cfg", i64::MAX.into())]));
        max.push(add(Mutator::Add, 1));
        let mut immutable = transaction();
        insert_bridge(&mut immutable, "fixed");
        session.transact(immutable).await.unwrap();
        let mut immutable = transaction();
        immutable.update("Bridge", by_name("fixed"), columns([("name", "moved".into())]));
        let mut stale = transaction();
        stale.guard("Bridge", by_name("fixed"), &["name"], Vec::new());
        let mut twins = transaction();
        for _ in 0..2 {
            twins.push(Operation::Insert {
                table: "Queue".to_owned(),
                row: Columns::new(),
                name: NamedUuid::new("twin"),
                uuid: None,
            });
        }
        let mut unknown = transaction();
        unknown.delete("Bridge", vec![Condition::equal("nope", 1)]);
        let mut wrong = transaction();
        wrong.delete("Bridge", vec![Condition("external_ids".to_owned(), ovsdb::operation::Function::Less, 1.into())]);
        for (t, index, kind) in [
            (one(Operation::Abort), 0, ErrorKind::Aborted),
            (one(Operation::Assert { lock: "l".to_owned() }), 0, ErrorKind::NotOwner),
            (one(add(Mutator::Divide, 0)), 0, ErrorKind::DomainError),
            (one(add(Mutator::Insert, 0)), 0, ErrorKind::SyntaxError),
            (max, 1, ErrorKind::RangeError),
            (immutable, 0, ErrorKind::ConstraintViolation),
            (stale, 0, ErrorKind::TimedOut),
            (twins, 1, ErrorKind::DuplicateUuidName),
            (unknown, 0, ErrorKind::UnknownColumn),
            (wrong, 0, ErrorKind::SyntaxError),
        ] {
            assert_eq!(fails(&session, t.clone()).await, (Some(index), kind), "{t:?}");
        }
        let elsewhere = session.transact(Transaction::new("nowhere")).await.unwrap_err();
        assert_eq!(elsewhere.peer().unwrap().kind, ErrorKind::UnknownDatabase);
    }

    async fn sets_and_maps_are_mutated(db: Database) {
        let session = db.connect().await;
        let mut t = transaction();
        insert_bridge(&mut t, "br0");
        let row = [("external_ids", strings(&[("a", "1"), ("b", "2")]).into()), ("flood_vlans", set([1, 2]).into())];
        t.update("Bridge", by_name("br0"), columns(row));
        let keys: Set = ["a".into(), "absent".into()].into_iter().collect();
        t.mutate("Bridge", by_name("br0"), vec![
            Mutation::delete("external_ids", keys),
            Mutation::insert_pairs("external_ids", strings(&[("b", "kept"), ("c", "3")])),
            Mutation::insert("flood_vlans", set([2, 3])),
            Mutation::delete("flood_vlans", set([1, 9])),
            Mutation("external_ids".to_owned(), ovsdb::operation::Mutator::Delete, strings(&[("c", "other")]).into()),
            Mutation("fail_mode".to_owned(), ovsdb::operation::Mutator::Insert, "secure".into()),
        ]);
        let place = t.select("Bridge", by_name("br0"), &["external_ids", "flood_vlans", "fail_mode"]);
        let outcome = session.transact(t).await.unwrap();
        assert_eq!(outcome.rows(place), [columns([
            ("external_ids", strings(&[("b", "2"), ("c", "3")]).into()),
            ("flood_vlans", set([2, 3]).into()),
            ("fail_mode", "secure".into()),
        ])]);
        let mut t = transaction();
        t.mutate("Bridge", by_name("br0"), vec![Mutation::insert("fail_mode", ["standalone".into()].into_iter().collect())]);
        assert_eq!(fails(&session, t).await, (Some(0), ErrorKind::ConstraintViolation));
    }

    async fn conditions_select(db: Database) {
        let session = db.connect().await;
        let mut t = transaction();
        for (name, tag) in [("p1", Some(1)), ("p2", Some(2)), ("p3", None)] {
            insert_bridge(&mut t, name);
            if let Some(tag) = tag {
                t.update("Port", by_name(name), columns([("tag", tag.into()), ("external_ids", strings(&[("owner", "us"), ("n", name)]).into())]));
            }
        }
        session.transact(t).await.unwrap();
        use ovsdb::operation::Function::*;
        let on = |column: &str, function, value: Datum| Condition(column.to_owned(), function, value);
        for (condition, expected) in [
            (on("tag", Less, 2.into()), "p1"),
            (on("tag", GreaterOrEqual, 1.into()), "p1 p2"),
            (on("tag", Equal, Set::new().into()), "p3"),
            (on("tag", NotEqual, 1.into()), "p2 p3"),
            (on("tag", Includes, 1.into()), "p1"),
            (on("tag", Excludes, 1.into()), "p2 p3"),
            (on("external_ids", Includes, strings(&[("owner", "us")]).into()), "p1 p2"),
            (on("external_ids", Excludes, strings(&[("n", "p1")]).into()), "p2 p3"),
            (on("external_ids", Equal, Map::new().into()), "p3"),
            (on("name", NotEqual, "p2".into()), "p1 p3"),
        ] {
            let mut t = transaction();
            let place = t.select("Port", vec![condition.clone()], &["name"]);
            let outcome = session.transact(t).await.unwrap();
            let names = outcome.rows(place).iter().map(|row| row["name"].as_atom().unwrap().as_str().unwrap());
            let mut names: Vec<_> = names.collect();
            names.sort_unstable();
            assert_eq!(names.join(" "), expected, "{condition:?}");
        }
    }

    async fn weak_references_vanish(db: Database) {
        let session = db.connect().await;
        let mut t = transaction();
        insert_bridge(&mut t, "br0");
        let nowhere: Set = [Uuid::from_u128(1).into()].into_iter().collect();
        let mirror = t.insert("Mirror", columns([("name", "m".into()), ("output_port", nowhere.into())]));
        t.mutate("Bridge", by_name("br0"), vec![Mutation::insert("mirrors", named(&mirror))]);
        session.transact(t).await.unwrap();
        let mut t = transaction();
        t.select("Mirror", by_name("m"), &["output_port"]);
        let outcome = session.transact(t).await.unwrap();
        assert_eq!(outcome.rows(0), [columns([("output_port", Set::new().into())])]);
    }

    async fn a_row_takes_the_uuid_it_is_given(db: Database) {
        let session = db.connect().await;
        let wanted = Uuid::from_u128(0xaa);
        let mut t = transaction();
        t.insert_as("Queue", wanted, Columns::new());
        let outcome = session.transact(t.clone()).await.unwrap();
        assert_eq!(outcome.results, [OpResult::Inserted(wanted)]);
        assert_eq!(fails(&session, t).await, (Some(0), ErrorKind::DuplicateUuid));
    }

    async fn a_wait_waits_and_others_do_not(db: Database) {
        let (session, other) = (db.connect().await, db.connect().await);
        let mut waiting = transaction();
        waiting.push(Operation::Wait {
            timeout: Some(20_000),
            table: "Open_vSwitch".to_owned(),
            conditions: Vec::new(),
            columns: Some(vec!["next_cfg".to_owned()]),
            until: ovsdb::operation::Until::Equal,
            rows: vec![columns([("next_cfg", 7.into())])],
        });
        waiting.select("Open_vSwitch", Vec::new(), &["next_cfg"]);
        let waiting = tokio::spawn({
            let session = session.clone();
            async move { session.transact(waiting).await }
        });
        // Pipelined on the same session, overtaking.
        session.echo().await.unwrap();
        assert!(!waiting.is_finished());
        let mut t = transaction();
        t.update("Open_vSwitch", Vec::new(), columns([("next_cfg", 7.into())]));
        other.transact(t).await.unwrap();
        let outcome = waiting.await.unwrap().unwrap();
        assert_eq!(outcome.rows(1), [columns([("next_cfg", 7.into())])]);
    }

    async fn a_wait_times_out(db: Database) {
        let session = db.connect().await;
        let mut t = transaction();
        t.push(Operation::Wait {
            timeout: Some(50),
            table: "Open_vSwitch".to_owned(),
            conditions: Vec::new(),
            columns: Some(vec!["next_cfg".to_owned()]),
            until: ovsdb::operation::Until::NotEqual,
            rows: vec![columns([("next_cfg", 0.into())])],
        });
        let error = session.transact(t).await.unwrap_err();
        assert!(error.is_stale(), "{error}");
    }

    async fn many_requests_are_answered_each_with_its_own(db: Database) {
        let session = db.connect().await;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..2000_i64 {
            let session = session.clone();
            tasks.spawn(async move {
                let mut t = transaction();
                let row = columns([("dscp", (number % 64).into())]);
                let queue = t.insert("Queue", row.clone());
                let place = t.select("Queue", vec![Condition::equal("_uuid", queue)], &["dscp"]);
                let outcome = session.transact(t).await.unwrap();
                assert_eq!(outcome.rows(place), [row]);
            });
        }
        let all = tokio::time::timeout(Duration::from_secs(60), tasks.join_all());
        assert_eq!(all.await.unwrap().len(), 2000);
    }

    async fn locks_pass_from_one_to_the_next(db: Database) {
        let (first, second) = (db.connect().await, db.connect().await);
        assert!(first.lock("leader").await.unwrap());
        assert!(!second.lock("leader").await.unwrap());
        assert!(first.locks().borrow().contains("leader"));
        let mut t = transaction();
        t.push(Operation::Assert { lock: "leader".to_owned() });
        first.transact(t.clone()).await.unwrap();
        assert_eq!(fails(&second, t.clone()).await, (Some(0), ErrorKind::NotOwner));
        let mut locks = second.locks();
        first.unlock("leader").await.unwrap();
        locks.wait_for(|locks| locks.contains("leader")).await.unwrap();
        second.transact(t).await.unwrap();
        let mut robbed = second.locks();
        assert!(first.steal("leader").await.unwrap());
        robbed.wait_for(std::collections::BTreeSet::is_empty).await.unwrap();
    }
}
