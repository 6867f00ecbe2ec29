//! Groups and meters: what packets do in them, what is refused.

use std::collections::BTreeSet;

use openflow::peer_error::{BadAction, GroupModFailed, MeterModFailed, PeerError};
use openflow::testing::Packet;
use openflow::{Band, GroupMod, Meter, MeterFlags, MeterMod};

use crate::frames::{tcp, udp};
use crate::switch;

#[test]
fn all_buckets_get_a_copy_of_their_own() {
    let mut switch = switch(
        &[
            "group_id=1,type=all,bucket=actions=set_field:0x1->reg0,resubmit(,1),\
             bucket=actions=resubmit(,1),bucket=actions=output:4",
        ],
        &[
            "table=0 actions=group:1,output:2",
            "table=1,reg0=0x1 actions=output:3",
            "table=1,reg0=0 actions=set_field:00:00:00:00:00:05->eth_dst,output:3",
        ],
    );
    let trace = switch.trace(Packet::new(1, udp(1, 2)));
    assert_eq!(trace.output_ports(), [3, 3, 4, 2]);
    assert_eq!(
        trace.outputs[3].bytes,
        udp(1, 2),
        "what buckets do is undone after them"
    );
}

#[test]
fn a_select_group_spreads_connections_and_keeps_each() {
    let mut switch = switch(
        &[
            "group_id=1,type=select,bucket=weight:1,actions=output:2,bucket=weight:1,actions=output:3,\
             bucket=weight:0,actions=output:4",
        ],
        &["actions=group:1"],
    );
    let mut seen = BTreeSet::new();
    for port in 1000..1100 {
        let packet = tcp((1, port), (2, 80), 2);
        let first = switch.trace(Packet::new(1, packet.clone())).output_ports();
        assert_eq!(switch.trace(Packet::new(1, packet)).output_ports(), first);
        seen.extend(first);
    }
    assert_eq!(seen, BTreeSet::from([2, 3]));
}

/// Open vSwitch drops a packet that causes more than 4,096 look-ups, whatever was done with it. Behind a
/// select group, which has to ask the datapath for the packet's hash, it counts anew.
#[test]
fn look_ups_are_bounded_and_begin_anew_behind_a_select_group() {
    let many = |id: u32| {
        format!(
            "group_id={id},type=all{}",
            ",bucket=actions=resubmit(,9)".repeat(1_000)
        )
    };
    let entries = |ids: &[u32]| -> String {
        let buckets = ids.iter().map(|id| format!(",bucket=actions=group:{id}"));
        buckets.collect()
    };
    let mut groups: Vec<String> = (11..=15).map(many).collect();
    groups.extend((11..=15).map(|id| {
        format!(
            "group_id={},type=select,bucket=weight:1,actions=group:{id}",
            id + 10
        )
    }));
    groups.push(format!(
        "group_id=1,type=all{}",
        entries(&[11, 12, 13, 14, 15])
    ));
    groups.push(format!(
        "group_id=2,type=all{}",
        entries(&[21, 22, 23, 24, 25])
    ));
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let flows = [
        "in_port=1 actions=output:3,group:1",
        "in_port=2 actions=output:3,group:2",
        "table=9 actions=output:4",
    ];
    let mut switch = switch(&groups, &flows);
    let mut out = |port| switch.trace(Packet::new(port, udp(1, 2))).output_ports();
    assert!(out(1).is_empty());
    assert_eq!(out(2).len(), 5_001);
}

#[test]
fn fast_failover_takes_the_first_that_lives() {
    let mut switch = switch(
        &[
            "group_id=1,type=ff,bucket=watch_port:2,actions=output:2,bucket=watch_port:3,actions=output:3",
        ],
        &["actions=group:1"],
    );
    let mut out = |down: &[u32]| {
        (2..=3).for_each(|port| switch.set_link(port, !down.contains(&port)));
        switch.trace(Packet::new(1, udp(1, 2))).output_ports()
    };
    assert_eq!(out(&[]), [2]);
    assert_eq!(out(&[2]), [3]);
    assert!(out(&[2, 3]).is_empty());
}

#[test]
fn groups_that_cannot_be_are_refused() {
    let mut switch = switch(
        &[
            "group_id=1,type=all,bucket=actions=output:1",
            "group_id=2,type=all,bucket=actions=group:1",
        ],
        &["table=3,ip actions=group:2", "table=3,arp actions=output:1"],
    );
    let mut told = |text: &str| {
        let change: GroupMod = text.parse().unwrap();
        switch.group_mod(&change).err()
    };
    let failed = |code| Some(PeerError::GroupModFailed(code));
    assert_eq!(
        told("add group_id=1,type=all"),
        failed(GroupModFailed::Exists)
    );
    assert_eq!(
        told("modify group_id=9,type=all"),
        failed(GroupModFailed::UnknownGroup)
    );
    assert_eq!(
        told("modify group_id=1,type=all,bucket=actions=group:2"),
        failed(GroupModFailed::Loop)
    );
    assert_eq!(
        told("add group_id=9,type=indirect"),
        failed(GroupModFailed::Invalid)
    );
    assert_eq!(
        told("delete group_id=1"),
        failed(GroupModFailed::ChainedGroup)
    );
    let unknown = PeerError::BadAction(BadAction::BadOutGroup);
    assert_eq!(
        told("add group_id=9,type=all,bucket=actions=group:8"),
        Some(unknown)
    );
    assert_eq!(told("delete group_id=2"), None);
    assert_eq!(switch.flows().len(), 1, "the flow that used it is gone");
}

#[test]
fn meters_are_there_before_they_are_used() {
    let mut switch = switch(&[], &[]);
    assert!(switch.add_flow("actions=meter:5,output:1").is_err());
    assert!(
        switch
            .add_flow("actions=controller(userdata=01,meter_id=5)")
            .is_err()
    );
    let meter = |flags| {
        let bands = vec![Band::Drop {
            rate: 50,
            burst_size: 100,
        }];
        MeterMod::add(Meter {
            id: 5,
            flags,
            bands,
        })
    };
    let flags = PeerError::MeterModFailed(MeterModFailed::BadFlags);
    assert_eq!(switch.meter_mod(&meter(MeterFlags::BURST)), Err(flags));
    switch
        .meter_mod(&meter(MeterFlags::PKTPS | MeterFlags::BURST))
        .unwrap();
    switch.add_flow("table=1 actions=meter:5,output:1").unwrap();
    switch
        .add_flow("table=2 actions=controller(userdata=01,meter_id=5)")
        .unwrap();
    switch.add_flow("table=3 actions=output:1").unwrap();
    switch.meter_mod(&MeterMod::delete(5)).unwrap();
    assert_eq!(switch.flows().len(), 1);
}
