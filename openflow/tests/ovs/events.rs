//! What a real switch says unasked: packets, ports, flows that go, changes that are not ours.

use openflow::connection::Events;
use openflow::message::Message;
use openflow::multipart::{MultipartReplyBody, MultipartRequest};
use openflow::number::ports;
use openflow::packet_io::{PacketIn, PacketInFormat, PacketInReason, PacketOut};
use openflow::port::PortReason;
use openflow::session::{Notice, Reply};
use openflow::watch::{FlowMonitor, FlowUpdate, MonitorFlags};
use openflow::{Action, Field, Match};

use crate::sandbox::Sandbox;
use crate::{add, connect, flow, next};

fn packet_in(notice: Notice) -> Option<Box<PacketIn>> {
    match notice {
        Notice::PacketIn(packet) => Some(packet),
        _ => None,
    }
}

async fn sent_by_p2(connection: &openflow::connection::Connection) -> u64 {
    match connection
        .multipart(MultipartRequest::PortStats(2))
        .await
        .unwrap()
    {
        MultipartReplyBody::PortStats(ports) => ports[0].tx_packets,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn packets_come_with_userdata_and_go_on() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, mut events) = connect(&sandbox).await;
    assert_eq!(connection.packet_in_format(), PacketInFormat::Nicira2);
    let text = "table=0,cookie=0x77,in_port=1,\
                actions=set_field:0xabc->reg5,controller(userdata=01.02.03,pause),output:2";
    connection.request(add(text)).await.unwrap();
    let before = sent_by_p2(&connection).await;
    sandbox.receive("p1");
    let packet = next(&mut events, packet_in).await;
    assert_eq!(
        (packet.cookie, &packet.userdata[..]),
        (Some(0x77), &[1, 2, 3][..])
    );
    assert_eq!((packet.table, packet.reason), (0, PacketInReason::ACTION));
    assert_eq!(
        packet.metadata.get(Field::Reg5),
        Some((0xabc, u32::MAX.into()))
    );
    assert_eq!(
        packet.metadata.get(Field::InPort).map(|(port, _)| port),
        Some(1)
    );
    assert!(packet.continuation.is_some());
    assert_eq!(sent_by_p2(&connection).await, before, "it waits");
    let resumed = connection.request(Message::Resume(packet)).await;
    assert_eq!(resumed, Ok(Reply::Done));
    assert_eq!(sent_by_p2(&connection).await, before + 1);
}

#[tokio::test]
async fn packets_are_sent_through_the_tables() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, mut events) = connect(&sandbox).await;
    let text = "table=0,in_port=controller,actions=controller(userdata=09,max_len=20)";
    connection.request(add(text)).await.unwrap();
    let packet = PacketOut {
        buffer_id: None,
        in_port: ports::CONTROLLER,
        actions: vec![Action::output(ports::TABLE)],
        packet: vec![0xfe; 80],
    };
    connection
        .send(Message::PacketOut(packet.clone()))
        .await
        .unwrap();
    let heard = next(&mut events, packet_in).await;
    assert_eq!(
        (&heard.packet[..], &heard.userdata[..]),
        (&packet.packet[..], &[9][..])
    );
    // What is sent without asking for the outcome tells of its error.
    let bad = PacketOut {
        actions: vec![Action::Group(99)],
        ..packet
    };
    connection.try_send(Message::PacketOut(bad)).unwrap();
    let (error, data) = next(&mut events, |notice| match notice {
        Notice::Error { error, data, .. } => Some((error, data)),
        _ => None,
    })
    .await;
    assert_eq!(error.name(), Some("OFPBAC_BAD_OUT_GROUP"));
    assert_eq!(data[..2], [4, 13], "the beginning of the packet-out");
}

#[tokio::test]
async fn ports_come_and_go() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (_connection, mut events) = connect(&sandbox).await;
    sandbox.add_port("9");
    let mut port = async |reason| {
        let pick = |notice| match notice {
            Notice::PortStatus(status) if status.reason == reason => Some(status.port),
            _ => None,
        };
        next(&mut events, pick).await
    };
    let new = port(PortReason::ADD).await;
    assert_eq!((new.number, &new.name[..]), (9, "p9"));
    sandbox.vsctl("del-port br0 p9");
    assert_eq!(port(PortReason::DELETE).await.number, 9);
}

#[tokio::test]
async fn flows_that_go_are_told() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, mut events) = connect(&sandbox).await;
    let text = "table=3,priority=5,cookie=0x5,send_flow_rem,ip,nw_src=10.0.0.0/8,actions=drop";
    connection.request(add(text)).await.unwrap();
    sandbox.ofctl(&[], "del-flows", &["table=3"]);
    let gone = next(&mut events, |notice| match notice {
        Notice::FlowRemoved(gone) => Some(gone),
        _ => None,
    })
    .await;
    let (key, entry) = flow(text);
    assert_eq!((gone.key, gone.cookie), (key, entry.cookie));
}

#[tokio::test]
async fn changes_that_are_not_ours_are_noticed() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, mut events) = connect(&sandbox).await;
    connection
        .request(add("table=3,priority=1,actions=output:1"))
        .await
        .unwrap();
    let flags = MonitorFlags::INITIAL
        | MonitorFlags::ADD
        | MonitorFlags::DELETE
        | MonitorFlags::MODIFY
        | MonitorFlags::ACTIONS;
    let monitor = FlowMonitor {
        id: 4,
        flags,
        out_port: ports::ANY,
        table: 3,
        matching: Match::new(),
    };
    let answer = connection
        .multipart(MultipartRequest::FlowMonitor(monitor))
        .await
        .unwrap();
    let MultipartReplyBody::FlowMonitor(there) = answer else {
        panic!("{answer:?}")
    };
    let [FlowUpdate::Added(first)] = &there[..] else {
        panic!("{there:?}")
    };
    let (key, entry) = flow("table=3,priority=1,actions=output:1");
    assert_eq!(
        (&first.key, &first.instructions),
        (&key, &entry.instructions)
    );
    let answer = connection
        .request(add("table=3,priority=2,actions=output:1"))
        .await;
    assert_eq!(answer, Ok(Reply::Done));
    check_updates(&sandbox, &mut events).await;
    let cancel = connection
        .request(Message::FlowMonitorCancel { id: 4 })
        .await;
    assert_eq!(cancel, Ok(Reply::Done));
}

/// A change of our own is told in short, one of another in full.
async fn check_updates(sandbox: &Sandbox, events: &mut Events) {
    sandbox.ofctl(
        &[],
        "add-flow",
        &["table=3,priority=3,cookie=7,actions=output:2"],
    );
    sandbox.ofctl(&["--strict"], "del-flows", &["table=3,priority=3"]);
    let mut updates = Vec::new();
    while updates.len() < 3 {
        let pick = |notice| match notice {
            Notice::FlowUpdates(updates) => Some(updates),
            _ => None,
        };
        updates.extend(next(events, pick).await);
    }
    let [
        FlowUpdate::Own { .. },
        FlowUpdate::Added(added),
        FlowUpdate::Deleted(gone, _),
    ] = &updates[..]
    else {
        panic!("{updates:?}")
    };
    let (key, entry) = flow("table=3,priority=3,cookie=7,actions=output:2");
    assert_eq!(
        (&added.key, added.cookie, &added.instructions),
        (&key, 7, &entry.instructions)
    );
    assert_eq!(gone.key, key);
}
