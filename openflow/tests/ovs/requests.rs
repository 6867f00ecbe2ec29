//! What is written to a real switch is read back from it, and what it refuses it names.

use std::collections::BTreeMap;

use openflow::conntrack::{CtFlush, CtTuple};
use openflow::message::Message;
use openflow::multipart::{FlowQuery, MultipartReplyBody, MultipartRequest};
use openflow::number::{groups, meters, ports};
use openflow::peer_error::{BadAction, GroupModFailed, MeterModFailed};
use openflow::queue::QueueStatsQuery;
use openflow::session::{CloseReason, Reply, RequestError};
use openflow::{FlowEntry, FlowKey, FlowMod, Group, GroupMod, Match, Meter, MeterMod, PeerError};

use crate::sandbox::Sandbox;
use crate::{add, connect, flow};

#[tokio::test]
async fn a_switch_shows_what_it_is() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, _events) = connect(&sandbox).await;
    assert_eq!(connection.datapath_id(), 0xaa);
    assert_eq!(connection.features().tables, 254);
    let ports = connection.ports().await.unwrap();
    let names: BTreeMap<u32, &str> = ports.iter().map(|p| (p.number, &p.name[..])).collect();
    assert_eq!(
        names,
        BTreeMap::from([(1, "p1"), (2, "p2"), (ports::LOCAL, "br0")])
    );
    let answer = connection.multipart(MultipartRequest::Desc).await.unwrap();
    let MultipartReplyBody::Desc(description) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(description.hardware, "Open vSwitch");
    let ask = MultipartRequest::TableFeatures {
        features: vec![],
        more: false,
    };
    let answer = connection.multipart(ask).await.unwrap();
    let MultipartReplyBody::TableFeatures(tables) = answer else {
        panic!()
    };
    assert_eq!(tables.len(), 254, "they come in twenty parts");
    let queues = QueueStatsQuery {
        port: ports::ANY,
        queue: u32::MAX,
    };
    for request in [
        MultipartRequest::Table,
        MultipartRequest::PortStats(ports::ANY),
        MultipartRequest::Queue(queues),
        MultipartRequest::Group(groups::ALL),
        MultipartRequest::GroupFeatures,
        MultipartRequest::Meter(meters::ALL),
        MultipartRequest::MeterFeatures,
        MultipartRequest::Aggregate(FlowQuery::all()),
    ] {
        let kind = request.kind();
        assert_eq!(connection.multipart(request).await.unwrap().kind(), kind);
    }
    for request in [
        Message::GetConfigRequest,
        Message::AsyncRequest,
        Message::QueueConfigRequest { port: 1 },
        Message::EchoRequest(vec![7; 100]),
    ] {
        let answer = connection.request(request.clone()).await.unwrap();
        assert!(
            matches!(&answer, Reply::Message(m) if request.answer().accepts(m)),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn flows_groups_and_meters_are_read_back_as_written() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, _events) = connect(&sandbox).await;
    let group: Group = "group_id=7,type=select,bucket=weight:1,actions=output:1,\
                        bucket=weight:2,actions=output:2"
        .parse()
        .unwrap();
    let meter: Meter = "meter=3,pktps,burst,bands=type=drop,rate=100,burst_size=10"
        .parse()
        .unwrap();
    let order = Message::GroupMod(GroupMod::add(group.clone()));
    assert_eq!(connection.request(order.clone()).await, Ok(Reply::Done));
    let exists = PeerError::GroupModFailed(GroupModFailed::Exists);
    let refused = RequestError::Refused {
        message: "OFPT_GROUP_MOD",
        error: exists,
    };
    assert_eq!(connection.request(order).await, Err(refused));
    let order = Message::MeterMod(MeterMod::add(meter.clone()));
    assert_eq!(connection.request(order).await, Ok(Reply::Done));
    let written: BTreeMap<FlowKey, FlowEntry> = [
        "table=0,priority=7,cookie=0x99,in_port=1,actions=meter:3,group:7",
        "table=1,priority=5,ip,nw_dst=10.0.0.0/8,actions=set_field:5->reg0,resubmit(,2)",
        "table=2,priority=4,ct_state=+trk+est,ip,actions=ct(commit,zone=reg0[0..15],table=3)",
        "table=2,idle_timeout=30,hard_timeout=60,arp,arp_op=1,actions=conjunction(5,1/2)",
        "table=3,priority=1,send_flow_rem,conj_id=5,actions=load:7->reg1[0..7],goto_table:4",
        "table=4,priority=0,actions=controller(userdata=01.02,max_len=100)",
    ]
    .map(flow)
    .into();
    for (key, entry) in &written {
        let order = Message::FlowMod(FlowMod::add(key.clone(), entry.clone()));
        assert_eq!(connection.request(order).await, Ok(Reply::Done), "{key:?}");
    }
    let dump = connection.flows(FlowQuery::all()).await.unwrap();
    let read: BTreeMap<FlowKey, FlowEntry> = dump.into_iter().map(|f| (f.key, f.entry)).collect();
    assert_eq!(read, written);
    let ours = FlowQuery::all().with_cookie(0x99, u64::MAX);
    assert_eq!(connection.flows(ours).await.unwrap().len(), 1);
    assert_eq!(connection.groups().await.unwrap(), [group]);
    assert_eq!(connection.meters().await.unwrap(), [meter]);
}

#[tokio::test]
async fn what_a_switch_refuses_it_names() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, _events) = connect(&sandbox).await;
    let bad = PeerError::BadAction(BadAction::BadOutGroup);
    let meter = PeerError::MeterModFailed(MeterModFailed::Invalid);
    let (first, second, third) = tokio::join!(
        connection.request(add("in_port=1,actions=group:99")),
        connection.request(add("in_port=1,actions=meter:5,output:1")),
        connection.request(add("in_port=1,actions=output:1")),
    );
    let message = "OFPT_FLOW_MOD";
    assert_eq!(
        first,
        Err(RequestError::Refused {
            message,
            error: bad
        })
    );
    assert_eq!(
        second,
        Err(RequestError::Refused {
            message,
            error: meter
        })
    );
    assert_eq!(third, Ok(Reply::Done));
}

#[tokio::test]
async fn tracked_connections_are_forgotten() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, _events) = connect(&sandbox).await;
    for text in [
        "in_port=1,udp,actions=ct(commit,zone=5),output:2",
        "in_port=2,actions=drop",
    ] {
        connection.request(add(text)).await.unwrap();
    }
    let tracked = |zone: &str| {
        let all = sandbox.appctl(&["dpctl/dump-conntrack"]);
        all.lines().filter(|line| line.contains(zone)).count()
    };
    let packet = |port| {
        sandbox.receive(port);
        for _ in 0..100 {
            if tracked("zone=5") > 0 {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("no connection was tracked");
    };
    packet("p1");
    let flush = Message::CtFlushZone { zone: 6 };
    assert_eq!(connection.request(flush).await, Ok(Reply::Done));
    assert_eq!(tracked("zone=5"), 1);
    let flush = Message::CtFlushZone { zone: 5 };
    assert_eq!(connection.request(flush).await, Ok(Reply::Done));
    assert_eq!(tracked("zone=5"), 0);
    packet("p1");
    let source = |address: &str| CtFlush {
        protocol: 17,
        zone: Some(5),
        original: CtTuple {
            source: Some(address.parse().unwrap()),
            ..CtTuple::default()
        },
        ..CtFlush::default()
    };
    let flush = Message::CtFlush(source("10.0.0.7"));
    assert_eq!(connection.request(flush).await, Ok(Reply::Done));
    assert_eq!(tracked("zone=5"), 1);
    let flush = Message::CtFlush(source("10.0.0.1"));
    assert_eq!(connection.request(flush).await, Ok(Reply::Done));
    assert_eq!(tracked("zone=5"), 0);
}

#[tokio::test]
async fn a_switch_that_dies_ends_everything_open() {
    let Some(mut sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, mut events) = connect(&sandbox).await;
    connection.barrier().await.unwrap();
    sandbox.kill_switch();
    let reason = loop {
        if let Err(reason) = events.next().await {
            break reason;
        }
    };
    assert!(
        matches!(reason, CloseReason::Peer | CloseReason::Io(_)),
        "{reason}"
    );
    let all = FlowMod::delete(None, Match::new());
    let refused = connection.request(Message::FlowMod(all)).await;
    assert_eq!(refused, Err(RequestError::Closed(reason)));
}
