//! Edits of the vswitch database, on the in-memory server and on the real one: rows come to the
//! wanted state, a second time nothing happens, and nothing is half done.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Database, Following, by_name, cases, columns};
use ovsdb::vswitch::{
    self, Bridge, Controller, Edit, EditError, Interface, OpenVSwitch, Port, RowRef, Values,
};
use ovsdb::{Transaction, Uuid};

/// What a node gets: an integration bridge, a tunnel, a patch and a controller.
fn wish(edit: &mut Edit<'_>) -> Result<(), EditError> {
    let ours = |values: Values<Bridge>| values.key(Bridge::EXTERNAL_IDS, "owner", "weft");
    let secure = Values::new()
        .set(Bridge::FAIL_MODE, "secure".to_owned())
        .set(Bridge::PROTOCOLS, BTreeSet::from(["OpenFlow13".to_owned()]))
        .key(Bridge::OTHER_CONFIG, "disable-in-band", "true");
    let bridge = edit.bridge("br-int", &ours(secure))?;
    let provider = edit.bridge("br-ex", &ours(Values::new()))?;
    let vxlan = Values::new()
        .set(Interface::KIND, "vxlan")
        .key(Interface::OPTIONS, "key", "flow")
        .key(Interface::OPTIONS, "remote_ip", "flow");
    edit.port(&bridge, "vxlan0", &Values::new(), &vxlan)?;
    for (at, name, peer) in [
        (&bridge, "int-ex", "ex-int"),
        (&provider, "ex-int", "int-ex"),
    ] {
        let patch =
            Values::new()
                .set(Interface::KIND, "patch")
                .key(Interface::OPTIONS, "peer", peer);
        edit.port(at, name, &Values::new().set(Port::TAG, Some(4)), &patch)?;
    }
    let probe = Values::new().set(Controller::INACTIVITY_PROBE, Some(5000));
    edit.controller(&bridge, "tcp:192.0.2.1:6653", &probe)?;
    edit.open_vswitch(&Values::new().key(OpenVSwitch::EXTERNAL_IDS, "weft", "here"))
}

async fn commit(
    following: &Following,
    make: impl FnOnce(&mut Edit<'_>),
) -> Option<vswitch::Commit> {
    let replica = following.monitor.replica();
    let mut edit = Edit::new(&replica).unwrap();
    make(&mut edit);
    vswitch::commit(&following.session, edit).await.unwrap()
}

cases! {
    async fn a_wish_comes_true_once(db: Database) {
        let following = db.follow().await;
        let done = commit(&following, |edit| wish(edit).unwrap()).await.unwrap();
        assert_eq!(done.next_cfg, 1);
        let replica = following.monitor.replica();
        let bridge: Bridge = replica.named("br-int").unwrap().unwrap();
        assert_eq!(bridge.fail_mode.as_deref(), Some("secure"));
        assert_eq!((bridge.ports.len(), bridge.controller.len()), (3, 1));
        let ports: Result<BTreeMap<String, Port>, _> =
            replica.all::<Port>().map(|port| port.map(|port| (port.name.clone(), port))).collect();
        let ports = ports.unwrap();
        assert_eq!(ports.keys().collect::<Vec<_>>(), ["br-ex", "br-int", "ex-int", "int-ex", "vxlan0"]);
        assert_eq!((ports["int-ex"].tag, ports["br-int"].tag), (Some(4), None));
        let internal: Interface = replica.named("br-int").unwrap().unwrap();
        assert_eq!(internal.kind, "internal");
        let tunnel: Interface = replica.named("vxlan0").unwrap().unwrap();
        assert_eq!(tunnel.options["remote_ip"], "flow");
        let controller: Controller = replica.all().next().unwrap().unwrap();
        assert_eq!(controller.inactivity_probe, Some(5000));

        assert_eq!(commit(&following, |edit| wish(edit).unwrap()).await, None);
    }

    async fn only_what_differs_is_written_and_other_keys_stay(db: Database) {
        let following = db.follow().await;
        commit(&following, |edit| wish(edit).unwrap()).await.unwrap();
        let mut t = Transaction::new(vswitch::DATABASE);
        let pairs = [("mine".into(), "1".into()), ("owner".into(), "someone".into())].into_iter().collect();
        t.update("Bridge", by_name("br-int"), columns([("external_ids", ovsdb::Map::into(pairs)), ("fail_mode", "standalone".into())]));
        following.session.transact(t).await.unwrap();

        let replica = following.monitor.replica();
        let mut edit = Edit::new(&replica).unwrap();
        wish(&mut edit).unwrap();
        // A guard, an update and a mutation; then guard, counter and select.
        assert_eq!(edit.transaction().operations().len(), 3);
        vswitch::commit(&following.session, edit).await.unwrap().unwrap();
        let bridge: Bridge = following.monitor.replica().named("br-int").unwrap().unwrap();
        assert_eq!(bridge.fail_mode.as_deref(), Some("secure"));
        let ids: Vec<_> = bridge.external_ids.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(ids, ["mine=1", "owner=weft"]);

        commit(&following, |edit| {
            edit.row(bridge.uuid, &Values::new().no_key(Bridge::EXTERNAL_IDS, "owner").no_key(Bridge::EXTERNAL_IDS, "never")).unwrap();
        }).await.unwrap();
        let bridge: Bridge = following.monitor.replica().named("br-int").unwrap().unwrap();
        assert_eq!(bridge.external_ids.keys().collect::<Vec<_>>(), ["mine"]);
    }

    async fn a_stale_edit_does_nothing(db: Database) {
        let following = db.follow().await;
        commit(&following, |edit| wish(edit).unwrap()).await.unwrap();
        let stale = following.monitor.replica();
        let bridge: Bridge = stale.named("br-int").unwrap().unwrap();
        commit(&following, |edit| edit.delete_bridge("br-int")).await.unwrap();
        let before = following.monitor.replica();
        assert_eq!((before.count("Bridge"), before.count("Controller")), (1, 0));

        // The bridge is gone: a port for it, a change of it, a controller of it.
        let edits: [fn(&mut Edit<'_>, Uuid); 3] = [
            |edit, uuid| drop(edit.port(&uuid.into(), "tap1", &Values::new(), &Values::new()).unwrap()),
            |edit, uuid| edit.row(uuid, &Values::new().set(Bridge::STP_ENABLE, true)).unwrap(),
            |edit, uuid| edit.controller(&uuid.into(), "tcp:192.0.2.2:6653", &Values::new()).unwrap(),
        ];
        for make in &edits {
            let mut edit = Edit::new(&stale).unwrap();
            make(&mut edit, bridge.uuid);
            let error = vswitch::commit(&following.session, edit).await.unwrap_err();
            assert!(error.is_stale(), "{error}");
        }
        // And what is there already is not inserted twice.
        let empty = ovsdb::Replica::new(stale.layout().clone());
        assert_eq!(Edit::new(&empty).unwrap_err(), EditError::NoRoot);
        let following_again = db.follow().await;
        assert_eq!(following_again.monitor.replica().count("Port"), before.count("Port"));
    }

    async fn two_writers_do_not_insert_twice(db: Database) {
        let (first, second) = (db.follow().await, db.follow().await);
        let (early, late) = (first.monitor.replica(), second.monitor.replica());
        let mut edit = Edit::new(&early).unwrap();
        wish(&mut edit).unwrap();
        vswitch::commit(&first.session, edit).await.unwrap().unwrap();
        let mut edit = Edit::new(&late).unwrap();
        wish(&mut edit).unwrap();
        let error = vswitch::commit(&second.session, edit).await.unwrap_err();
        assert!(error.is_stale(), "{error}");
        // Looked at again, nothing is left to do.
        second.session.echo().await.unwrap();
        assert_eq!(commit(&second, |edit| wish(edit).unwrap()).await, None);
    }

    async fn ports_and_controllers_go(db: Database) {
        let following = db.follow().await;
        commit(&following, |edit| wish(edit).unwrap()).await.unwrap();
        let bridge: Bridge = following.monitor.replica().named("br-int").unwrap().unwrap();
        commit(&following, |edit| {
            edit.delete_port("vxlan0");
            edit.delete_port("never-there");
            edit.delete_controller(bridge.uuid, "tcp:192.0.2.1:6653");
        }).await.unwrap();
        let replica = following.monitor.replica();
        assert_eq!(replica.named::<Port>("vxlan0").unwrap(), None);
        assert_eq!(replica.named::<Interface>("vxlan0").unwrap(), None);
        assert_eq!(replica.count("Controller"), 0);
        commit(&following, |edit| { edit.delete_bridge("br-int"); edit.delete_bridge("br-ex"); }).await.unwrap();
        let replica = following.monitor.replica();
        for table in ["Bridge", "Port", "Interface", "Controller"] {
            assert_eq!(replica.count(table), 0, "{table}");
        }
    }

    async fn what_is_not_ours_to_change_is_said(db: Database) {
        let following = db.follow().await;
        commit(&following, |edit| wish(edit).unwrap()).await.unwrap();
        let replica = following.monitor.replica();
        let other: Bridge = replica.named("br-ex").unwrap().unwrap();
        let mut edit = Edit::new(&replica).unwrap();
        let elsewhere = edit.port(&RowRef::Uuid(other.uuid), "vxlan0", &Values::new(), &Values::new());
        assert_eq!(elsewhere.unwrap_err(), EditError::Elsewhere { name: "vxlan0".to_owned() });
        let gone = edit.row(Uuid::nil(), &Values::<Bridge>::new().set(Bridge::STP_ENABLE, true));
        assert_eq!(gone.unwrap_err(), EditError::NoRow { table: "Bridge", uuid: Uuid::nil() });
        assert!(edit.is_empty());
    }
}
