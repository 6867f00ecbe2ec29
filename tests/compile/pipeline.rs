//! What is compiled keeps to the pipeline as declared, and to the number of flows it may cost.

use std::collections::BTreeSet;

use api::Kind;
use openflow::{Action, Field, FlowEntry, FlowKey, Instruction, Subfield};
use proptest::prelude::*;
use uuid::Uuid;
use weft::compile::cookie::{Cookie, Feature, Object, describe, is_ours};
use weft::compile::group::{GroupName, Place};
use weft::compile::pipeline::{Miss, Table};
use weft::compile::priority::{BANDS, MISS};
use weft::compile::register::REGISTERS;
use weft::compile::{NETWORK_MASK, Output, Section, build, sections};

use crate::cloud::{Cloud, id};
use crate::laws::facts_of;
use crate::story::{event, told};

/// Flows of a node beyond those of its ports, networks and peers.
const FLOWS_OF_ANY_NODE: usize = 32;

fn actions(entry: &FlowEntry) -> impl Iterator<Item = &Action> {
    entry
        .instructions
        .iter()
        .flat_map(|instruction| match instruction {
            Instruction::ApplyActions(actions) => actions.as_slice(),
            _ => &[],
        })
}

/// True when a run of bits lies in declared registers, or in no register at all.
fn is_declared(field: Field, mask: u128) -> bool {
    let declared = REGISTERS
        .iter()
        .filter(|(_, place, _)| place.field() == field);
    let bits = declared.fold(0, |bits, (_, place, _)| bits | u128::from(place.mask()));
    let is_register = (0..16).any(|n| Field::register(n) == Some(field));
    match field {
        Field::Metadata => mask == u128::from(NETWORK_MASK),
        Field::XxReg2 => true,
        _ => !is_register || mask & !bits == 0,
    }
}

fn touches(action: &Action) -> Vec<Subfield> {
    match action {
        Action::SetField { field, .. } => vec![Subfield::whole(*field)],
        Action::Load { target, .. } => vec![*target],
        Action::Move { source, target } => vec![*source, *target],
        _ => vec![],
    }
}

fn keeps_to_its_row(key: &FlowKey, entry: &FlowEntry, out: &Output) {
    let table = Table::by_number(key.table).expect("a declared table");
    let row = table.row();
    let cookie = Cookie::from_bits(entry.cookie).expect("a cookie of ours");
    let what = format!("{key:?} {entry:?}");
    let is_miss = key.priority == MISS.number();
    let allowed = match cookie.feature {
        Feature::Pipeline => is_miss,
        feature => !is_miss && row.features.contains(&feature),
    };
    assert!(allowed, "feature: {what}");
    assert!(
        BANDS.iter().any(|(band, ..)| band.number() == key.priority),
        "band: {what}"
    );
    assert_eq!(key.matching.check(), Ok(()), "{what}");
    for entry in key.matching.entries() {
        assert!(is_declared(entry.field, entry.mask), "register: {what}");
    }
    if is_miss {
        let goto = |next: Table| Instruction::GotoTable(next.number());
        let said = match row.miss {
            Miss::Drop => vec![],
            Miss::Goto(next) => vec![goto(next)],
        };
        assert!(
            key.matching.is_empty() && entry.instructions == said,
            "miss: {what}"
        );
    }
    for instruction in &entry.instructions {
        match instruction {
            Instruction::GotoTable(next) => {
                let next = Table::by_number(*next).expect("a declared table");
                assert!(row.next.contains(&next), "goto: {what}");
            }
            Instruction::WriteMetadata { mask, .. } => assert_eq!(*mask, NETWORK_MASK),
            Instruction::ApplyActions(actions) => {
                actions
                    .iter()
                    .for_each(|action| is_carried_out(action, table, out));
            }
            other => panic!("{other:?} in {what}"),
        }
    }
}

fn is_carried_out(action: &Action, table: Table, out: &Output) {
    for part in touches(action) {
        assert!(
            is_declared(part.field(), part.mask()),
            "register: {action:?}"
        );
    }
    match action {
        Action::Group(id) => assert!(out.groups.contains_key(id), "group {id:#x}"),
        Action::Controller(punt) => assert!(out.meters.contains_key(&punt.meter_id)),
        Action::Resubmit { table: next, .. } => {
            let next = next.and_then(Table::by_number).expect("a declared table");
            assert!(
                table.row().calls.contains(&next),
                "{table:?} calls {next:?}"
            );
        }
        _ => {}
    }
}

/// What a node may cost: the addresses of its own ports, of the others on its networks, its networks
/// and its peers, each with a small factor.
fn flows_at_most(cloud: &Cloud, node: &api::Node) -> usize {
    let facts = facts_of(cloud, node.id);
    let of_section = |section: &Section| match section {
        Section::Base => FLOWS_OF_ANY_NODE,
        Section::Peer(_) => facts.tunnel_ports.len(),
        Section::Network(_) => 3,
        Section::Flood(_) => 4,
        Section::LocalPort(port) => {
            let port = cloud.model.port(*port).unwrap();
            14 + 7 * (port.fixed_ips.len() + 2 * port.allowed_address_pairs.len())
        }
        Section::RemotePort(port) => 1 + cloud.model.port(*port).unwrap().fixed_ips.len(),
    };
    let sections = sections(node, &cloud.model, &facts);
    sections.iter().map(of_section).sum()
}

fn ports_with(out: &Output) -> BTreeSet<u32> {
    let name = |id: &u32| GroupName::from_id(*id);
    let names = out.groups.keys().filter_map(name);
    names.map(|name| name.network).collect()
}

proptest! {
    #[test]
    fn flows_keep_to_the_rows_of_their_tables(events in prop::collection::vec(event(), 1..60)) {
        let cloud = told(&events);
        for node in cloud.model.nodes() {
            let out = cloud.output(node.id);
            for (key, entry) in &out.flows {
                keeps_to_its_row(key, entry, &out);
                prop_assert!(is_ours(entry.cookie));
                let described = describe(entry.cookie, &cloud.model).unwrap();
                prop_assert_eq!(described.record.is_none(), described.object == Object::Nothing);
            }
            for group in out.groups.values() {
                prop_assert!(!group.buckets.is_empty());
                let name = GroupName::from_id(group.id).unwrap();
                prop_assert_eq!(name.place, Place::List);
                prop_assert!(cloud.model.network_by_key(name.network).is_some());
                for action in group.buckets.iter().flat_map(|bucket| &bucket.actions) {
                    is_carried_out(action, Table::Switching, &out);
                }
                let used = |entry: &FlowEntry| actions(entry).any(|a| *a == Action::Group(group.id));
                prop_assert!(out.flows.values().any(used), "nothing uses {:#x}", group.id);
            }
            let used = |id: u32| move |action: &Action| {
                matches!(action, Action::Controller(punt) if punt.meter_id == id)
            };
            for id in out.meters.keys() {
                let mut all = out.flows.values().flat_map(actions);
                prop_assert!(all.any(used(*id)), "nothing uses meter {id}");
            }
        }
    }

    #[test]
    fn flows_are_bounded(events in prop::collection::vec(event(), 1..60)) {
        let cloud = told(&events);
        for node in cloud.model.nodes() {
            let out = cloud.output(node.id);
            prop_assert!(out.flows.len() <= flows_at_most(&cloud, node));
            prop_assert!(out.groups.len() <= 4 * ports_with(&out).len());
        }
    }

    /// At most one flow per address and one for the MAC, whatever the cloud.
    #[test]
    fn a_remote_port_costs_three_flows_at_most(events in prop::collection::vec(event(), 1..60)) {
        let mut cloud = told(&events);
        let networks: Vec<Uuid> = cloud.model.networks().map(|network| network.id).collect();
        for network in networks {
            cloud.port(99, network, 3, &["10.7.7.7", "fd07::7"]);
            let section = Section::RemotePort(id(Kind::Port, 99));
            for node in cloud.model.nodes() {
                let out = build(&section, node, &cloud.model, &facts_of(&cloud, node.id));
                prop_assert!(out.flows.len() <= 3 && out.groups.is_empty() && out.meters.is_empty());
            }
            cloud.remove(Kind::Port, 99);
        }
    }
}
