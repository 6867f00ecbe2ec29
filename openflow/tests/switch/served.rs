//! A controller's connection to the in-memory switch, over a stream.

use std::time::Duration;

use openflow::connection::{Config, Connection, Events};
use openflow::message::Message;
use openflow::multipart::FlowQuery;
use openflow::session::Notice;
use openflow::testing::{Packet, Shared, Switch, serve};
use openflow::{FlowMod, GroupMod};

use crate::frames::udp;
use crate::switch;

async fn connect(switch: Switch) -> (Shared, Connection, Events) {
    let shared = Shared::new(switch);
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let served = shared.clone();
    tokio::spawn(async move { serve(&served, theirs).await });
    let (connection, events) = Connection::open(ours, Config::default()).await.unwrap();
    (shared, connection, events)
}

fn flows(range: std::ops::Range<u32>) -> Vec<Message> {
    let flow = |number: u32| {
        let text =
            format!("add table=1,reg0={number:#x} actions=set_field:{number:#x}->reg1,output:1");
        Message::FlowMod(text.parse::<FlowMod>().unwrap())
    };
    range.map(flow).collect()
}

#[tokio::test]
async fn what_is_sent_is_dumped() {
    let (shared, connection, _events) = connect(switch(&[], &[])).await;
    assert_eq!(connection.datapath_id(), 1);
    assert_eq!(connection.ports().await.unwrap().len(), 4);
    connection.bundle(flows(0..3000)).await.unwrap();
    let group: GroupMod = "add group_id=5,type=all,bucket=actions=output:1"
        .parse()
        .unwrap();
    connection.request(Message::GroupMod(group)).await.unwrap();
    let dumped = connection.flows(FlowQuery::all()).await.unwrap();
    assert_eq!(dumped.len(), 3000);
    assert_eq!(connection.groups().await.unwrap()[0].id, 5);
    shared.with(|switch| {
        for flow in &dumped {
            assert_eq!(switch.flows().get(&flow.key).unwrap().entry, flow.entry);
        }
        assert_eq!(switch.mods(), 3001);
    });
}

#[tokio::test]
async fn a_refusal_names_the_message() {
    let (shared, connection, _events) = connect(switch(&[], &[])).await;
    let mut messages = flows(0..10);
    let bad: FlowMod = "add ip actions=group:9".parse().unwrap();
    messages.insert(7, Message::FlowMod(bad));
    let error = connection.bundle(messages).await.unwrap_err();
    assert!(format!("{error:?}").contains("index: 7"), "{error:?}");
    assert!(shared.with(|switch| switch.flows().is_empty()));
}

#[tokio::test]
async fn events_come_by_themselves() {
    let flows = ["actions=controller(userdata=05)"];
    let (shared, connection, mut events) = connect(switch(&[], &flows)).await;
    connection.barrier().await.unwrap();
    shared.with(|switch| switch.trace(Packet::new(2, udp(1, 2))));
    shared.with(|switch| switch.add_port(9, "late"));
    let mut seen = (false, false);
    while seen != (true, true) {
        let event = tokio::time::timeout(Duration::from_secs(5), events.next());
        match event.await.unwrap().unwrap() {
            Notice::PacketIn(packet_in) => {
                assert_eq!(packet_in.userdata, [5]);
                seen.0 = true;
            }
            Notice::PortStatus(status) => {
                assert_eq!(status.port.number, 9);
                seen.1 = true;
            }
            _ => {}
        }
    }
}
