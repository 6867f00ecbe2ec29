//! What the in-memory server does wrong on demand, and its play of `ovs-vswitchd`.

use std::time::{Duration, Instant};

use ovsdb::testing::{Fault, Server, ServerOptions};
use ovsdb::vswitch::{self, Bridge, Edit, Interface, Values};
use ovsdb::{CloseReason, ErrorKind, Options, PeerError, RequestError, TransactError, Transaction};

use crate::support::{follow, insert_bridge};

fn bridge() -> Transaction {
    let mut t = Transaction::new(vswitch::DATABASE);
    insert_bridge(&mut t, "br0");
    t
}

#[tokio::test]
async fn a_lost_answer_leaves_the_outcome_open() {
    for (fault, done) in [(Fault::DropBefore, 0), (Fault::DropAfter, 1)] {
        let server = Server::default();
        let session = server.session(Options::default());
        server.fail_next(fault);
        let error = session.transact(bridge()).await.unwrap_err();
        assert!(matches!(
            error,
            TransactError::Request(RequestError::Closed {
                reason: CloseReason::Peer,
                ..
            })
        ));
        assert_eq!(server.rows("Bridge").len(), done);
    }
}

#[tokio::test]
async fn refusals_delays_and_garbage_come_as_ordered() {
    let server = Server::default();
    let session = server.session(Options::default());
    server.fail_next(Fault::Refuse(PeerError::new(
        ErrorKind::IoError,
        "disk full",
    )));
    let error = session.transact(bridge()).await.unwrap_err();
    assert_eq!(error.to_string(), "transact refused: I/O error: disk full");
    assert!(server.rows("Bridge").is_empty());

    server.fail_next(Fault::Delay(Duration::from_millis(80)));
    let begin = Instant::now();
    session.transact(bridge()).await.unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(80));

    server.fail_next(Fault::Silence);
    let wait = tokio::time::timeout(Duration::from_millis(50), session.transact(bridge()));
    assert!(wait.await.is_err());
    session.echo().await.unwrap();

    server.fail_next(Fault::Garbage(b"\x16\x03\x01".to_vec()));
    let error = session.transact(bridge()).await.unwrap_err();
    assert!(error.to_string().contains("not JSON-RPC"), "{error}");
}

#[tokio::test]
async fn everybody_can_be_disconnected() {
    let server = Server::default();
    let sessions: Vec<_> = (0..5).map(|_| server.session(Options::default())).collect();
    for session in &sessions {
        session.echo().await.unwrap();
    }
    assert_eq!(server.connections(), 5);
    server.disconnect_all();
    for session in &sessions {
        assert!(matches!(session.closed().await, CloseReason::Peer));
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_played_vswitchd_numbers_ports_and_reports() {
    let server = Server::new(ServerOptions {
        vswitchd: true,
        ..ServerOptions::default()
    });
    let following = follow(server.session(Options::default())).await;
    let replica = following.monitor.replica();
    let mut edit = Edit::new(&replica).unwrap();
    let bridge = edit.bridge("br-int", &Values::new()).unwrap();
    let wanted = Values::new().set(Interface::OFPORT_REQUEST, Some(77));
    edit.port(&bridge, "a", &Values::new(), &wanted).unwrap();
    edit.port(&bridge, "b", &Values::new(), &Values::new())
        .unwrap();
    let commit = vswitch::commit(&following.session, edit)
        .await
        .unwrap()
        .unwrap();
    vswitch::carried_out(&following.monitor.view(), commit.next_cfg)
        .await
        .unwrap();
    let replica = following.monitor.replica();
    let ofport = |name: &str| replica.named::<Interface>(name).unwrap().unwrap().ofport;
    assert_eq!(ofport("br-int"), Some(65534));
    assert_eq!((ofport("a"), ofport("b")), (Some(77), Some(1)));
    let bridge: Bridge = replica.named("br-int").unwrap().unwrap();
    assert_eq!(bridge.datapath_id.map(|id| id.len()), Some(16));
}
