//! The in-memory switch beside a real one: the same changes, the same refusals, the same dumps, the
//! same packets to the controller.

use std::collections::BTreeMap;

use openflow::connection::{Config, Connection, Events};
use openflow::message::Message;
use openflow::multipart::FlowQuery;
use openflow::number::{TABLE_ALL, groups, ports};
use openflow::packet_io::{PacketIn, PacketOut};
use openflow::session::{Notice, RequestError};
use openflow::testing::{Shared, Switch, serve};
use openflow::{
    Action, Band, Controller, Field, FlowEntry, FlowFlags, FlowKey, FlowMod, Group, GroupMod,
    GroupType, Instruction, Match, Meter, MeterFlags, MeterMod, PeerError,
};

use crate::sandbox::Sandbox;
use crate::{connect, next};

/// A connection to a switch in memory with the ports of the sandbox.
async fn twin() -> (Connection, Events) {
    let mut switch = Switch::new(0xaa);
    for (number, name) in [(1, "p1"), (2, "p2"), (ports::LOCAL, "br0")] {
        switch.add_port(number, name);
    }
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let shared = Shared::new(switch);
    tokio::spawn(async move { serve(&shared, theirs).await });
    let mut config = Config::default();
    config.session.miss_send_len = Some(u16::MAX);
    Connection::open(ours, config).await.unwrap()
}

/// What a switch says to a change.
async fn told(connection: &Connection, message: Message) -> Option<PeerError> {
    match connection.request(message).await {
        Ok(_) => None,
        Err(RequestError::Refused { error, .. }) => Some(error),
        Err(other) => panic!("{other}"),
    }
}

fn flow(text: &str) -> (String, Message) {
    (text.to_owned(), Message::FlowMod(text.parse().unwrap()))
}

/// A flow whose text form does not go through our own parser.
fn raw(name: &str, matching: Match, instructions: Vec<Instruction>) -> (String, Message) {
    let key = FlowKey {
        table: 0,
        priority: 7,
        matching,
    };
    let entry = FlowEntry {
        instructions,
        ..FlowEntry::default()
    };
    (name.to_owned(), Message::FlowMod(FlowMod::add(key, entry)))
}

fn apply(actions: Vec<Action>) -> Vec<Instruction> {
    vec![Instruction::ApplyActions(actions)]
}

fn flows() -> Vec<(String, Message)> {
    let mut all: Vec<(String, Message)> = include_str!("twin/flows.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(flow)
        .collect();
    all.extend(odd_flows());
    all.extend(misplaced_flows());
    all
}

/// Flow mods of tables and flags that there are not.
fn misplaced_flows() -> Vec<(String, Message)> {
    let mut all = Vec::new();
    let (_, mut odd) = raw("", Match::new(), vec![]);
    if let Message::FlowMod(flow) = &mut odd {
        flow.entry.flags = FlowFlags(0x20);
    }
    all.push(("unknown flags".to_owned(), odd));
    for table in [253, 254, TABLE_ALL] {
        let (_, mut far) = raw("", Match::new(), vec![]);
        if let Message::FlowMod(flow) = &mut far {
            flow.key.table = table;
        }
        all.push((format!("table {table}"), far));
    }
    all
}

/// Flow mods that no text of ours says.
fn odd_flows() -> Vec<(String, Message)> {
    let any = Match::new;
    let ip = || any().with(Field::EthType, 0x800);
    let set = |field: Field, value| {
        let mask = field.full_mask();
        apply(vec![Action::SetField { field, value, mask }])
    };
    vec![
        raw("TCP alone", ip().with(Field::TcpDst, 80), vec![]),
        raw("untagged", any().with(Field::VlanPcp, 3), vec![]),
        raw("proto without type", any().with(Field::IpProto, 6), vec![]),
        raw("no state", ip().with(Field::CtNwProto, 6), vec![]),
        raw("set the 32-bit port", any(), set(Field::InPort, 1)),
        raw("read-only", any(), set(Field::EthType, 0x800)),
        raw("a bare id", any(), set(Field::VlanVid, 5)),
        raw(
            "copy the TTL inwards",
            any(),
            apply(vec![Action::CopyTtlIn]),
        ),
        raw("push PBB", any(), apply(vec![Action::PushPbb(0x88e7)])),
        raw(
            "unknown action",
            any(),
            apply(vec![Action::Unknown {
                kind: 0x77,
                body: vec![0; 4],
            }]),
        ),
        raw(
            "unknown instruction",
            any(),
            vec![Instruction::Unknown {
                kind: 0x77,
                body: vec![0; 4],
            }],
        ),
        raw(
            "two gotos",
            any(),
            vec![Instruction::GotoTable(1), Instruction::GotoTable(2)],
        ),
    ]
}

fn group(text: &str) -> (String, Message) {
    (text.to_owned(), Message::GroupMod(text.parse().unwrap()))
}

fn group_changes() -> Vec<(String, Message)> {
    let texts = [
        "add group_id=1,type=all,bucket=actions=output:1",
        "add group_id=1,type=all,bucket=actions=output:1",
        "add group_id=2,type=select,bucket=weight:1,actions=output:1,bucket=weight:5,actions=output:2",
        "modify group_id=9,type=all",
        "modify group_id=1,type=all,bucket=actions=group:2",
        "add group_id=3,type=indirect,bucket=actions=output:1,bucket=actions=output:2",
        "add group_id=3,type=indirect",
        "add group_id=4,type=all,bucket=weight:3,actions=output:1",
        "add group_id=5,type=ff,bucket=actions=output:1",
        "add group_id=5,type=ff,bucket=watch_port:1,actions=output:1",
        "add group_id=7,type=all",
        "add group_id=8,type=select",
        "add group_id=10,type=all,bucket=actions=set_field:80->tcp_dst",
        "delete group_id=77",
    ];
    let mut all: Vec<(String, Message)> = texts.iter().map(|text| group(text)).collect();
    let high = Group {
        id: groups::MAX + 1,
        kind: GroupType::All,
        buckets: vec![],
    };
    all.push((
        "number too high".to_owned(),
        Message::GroupMod(GroupMod::add(high)),
    ));
    all
}

fn meter(name: &str, id: u32, flags: MeterFlags, bands: Vec<Band>) -> (String, Message) {
    let meter = Meter { id, flags, bands };
    (name.to_owned(), Message::MeterMod(MeterMod::add(meter)))
}

fn meter_changes() -> Vec<(String, Message)> {
    let drop = |rate| {
        vec![Band::Drop {
            rate,
            burst_size: 0,
        }]
    };
    let pktps = MeterFlags::PKTPS;
    let modify = Meter {
        id: 9,
        flags: pktps,
        bands: drop(1),
    };
    vec![
        meter("a meter", 1, pktps, drop(100)),
        meter("the same again", 1, pktps, drop(100)),
        meter(
            "of kilobits",
            2,
            MeterFlags::KBPS | MeterFlags::STATS,
            drop(100),
        ),
        meter("number 0", 0, pktps, drop(100)),
        (
            "change an unknown one".to_owned(),
            Message::MeterMod(MeterMod::modify(modify)),
        ),
        (
            "delete an unknown one".to_owned(),
            Message::MeterMod(MeterMod::delete(77)),
        ),
    ]
}

/// Both say the same to each change.
async fn compare_changes(real: &Connection, ours: &Connection, changes: Vec<(String, Message)>) {
    let mut differences = String::new();
    for (name, message) in changes {
        let theirs = told(real, message.clone()).await;
        let our = told(ours, message).await;
        if our != theirs {
            differences += &format!("\n{name}\n  ours:   {our:?}\n  theirs: {theirs:?}\n");
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[tokio::test]
async fn changes_and_dumps_are_the_same() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (real, _events) = connect(&sandbox).await;
    let (ours, _our_events) = twin().await;
    compare_changes(&real, &ours, group_changes()).await;
    compare_changes(&real, &ours, meter_changes()).await;
    compare_changes(&real, &ours, flows()).await;
    let mut kept = Vec::new();
    for connection in [&real, &ours] {
        let flows = connection.flows(FlowQuery::all()).await.unwrap();
        let flows = flows.into_iter().map(|flow| (flow.key, flow.entry));
        let mut groups = connection.groups().await.unwrap();
        let mut meters = connection.meters().await.unwrap();
        groups.sort_by_key(|group| group.id);
        meters.sort_by_key(|meter| meter.id);
        kept.push((flows.collect::<BTreeMap<_, _>>(), groups, meters));
    }
    let differing = kept[0]
        .0
        .iter()
        .find(|(key, entry)| kept[1].0.get(key) != Some(entry));
    assert_eq!(
        differing.map(|(key, entry)| (key, kept[1].0.get(key), entry)),
        None
    );
    let [theirs, ours] = [&kept[0], &kept[1]];
    assert_eq!(ours.0.len(), theirs.0.len());
    assert_eq!(ours.1, theirs.1);
    assert_eq!(ours.2, theirs.2);
}

/// Userdata of the packet that comes last.
const LAST: [u8; 2] = [0xee, 0xee];

/// A packet for the controller from port 1, to whatever these actions do.
fn packet_out(actions: Vec<Action>, packet: Vec<u8>) -> Message {
    let (buffer_id, in_port) = (None, 1);
    Message::PacketOut(PacketOut {
        buffer_id,
        in_port,
        actions,
        packet,
    })
}

/// What the controller gets of a packet that comes in by port 1.
async fn punted(connection: &Connection, events: &mut Events, packet: &[u8]) -> Vec<PacketIn> {
    let tables = packet_out(vec![Action::output(ports::TABLE)], packet.to_vec());
    assert_eq!(told(connection, tables).await, None);
    let last = Controller {
        userdata: LAST.to_vec(),
        ..Controller::default()
    };
    let last = packet_out(vec![Action::Controller(Box::new(last))], packet.to_vec());
    assert_eq!(told(connection, last).await, None);
    let mut all = Vec::new();
    loop {
        let packet_in = next(events, |notice| match notice {
            Notice::PacketIn(packet_in) => Some(*packet_in),
            _ => None,
        });
        match packet_in.await {
            packet_in if packet_in.userdata == LAST => return all,
            packet_in => all.push(packet_in),
        }
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}

#[tokio::test]
async fn packets_become_the_same() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (real, mut events) = connect(&sandbox).await;
    let (ours, mut our_events) = twin().await;
    let mut lines = include_str!("twin/packets.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    let mut cases = 0;
    while let Some(name) = lines.by_ref().find(|line| !line.is_empty()) {
        let delete = FlowMod::delete(None, Match::new());
        for connection in [&real, &ours] {
            assert_eq!(
                told(connection, Message::FlowMod(delete.clone())).await,
                None
            );
        }
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            if let Some(hex) = line.strip_prefix("packet ") {
                let packet = bytes(hex);
                let theirs = punted(&real, &mut events, &packet).await;
                let our = punted(&ours, &mut our_events, &packet).await;
                assert_eq!(our, theirs, "{name}");
                cases += our.len();
            } else {
                let (_, message) = flow(line);
                let refused = told(&real, message.clone()).await;
                assert_eq!(refused, None, "{name}: {line}");
                assert_eq!(told(&ours, message).await, None, "{name}: {line}");
            }
        }
    }
    assert!(cases > 30, "{cases}");
}
