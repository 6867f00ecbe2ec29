//! The laws of the compile, over random clouds and random stories: taking a change to the sections it
//! touched ends where a fresh compile does, and what is compiled keeps to the pipeline as declared.
use std::collections::{BTreeMap, BTreeSet};

use api::Kind;
use proptest::prelude::*;
use uuid::Uuid;
use weft::compile::{
    Changes, Delta, Facts, Output, Section, build, build_all, difference, sections, touched,
    touched_by_facts,
};
use weft::model::{Change, Model};

use crate::cloud::{self, Cloud, id};
use crate::story::{beginning, event, happen, told};

/// What each switch holds, kept up by differences.
struct Switches(BTreeMap<Uuid, Output>);

impl Switches {
    /// Brings every node from one cloud to another, as its worker would.
    fn follow(&mut self, before: &Cloud, after: &Cloud, changes: &[Change]) {
        let none = Facts::default();
        let mut work: BTreeMap<Uuid, BTreeSet<Section>> = BTreeMap::new();
        for change in changes {
            for (node, section) in touched(change, &before.model, &after.model) {
                work.entry(node).or_default().insert(section);
            }
        }
        self.0.retain(|node, _| after.model.node(*node).is_some());
        for node in after.model.nodes() {
            let facts = after.facts.get(&node.id).unwrap_or(&none);
            let Some(node_before) = before.model.node(node.id) else {
                self.0.insert(node.id, build_all(node, &after.model, facts));
                continue;
            };
            let facts_before = before.facts.get(&node.id).unwrap_or(&none);
            let mut sections = work.remove(&node.id).unwrap_or_default();
            sections.extend(touched_by_facts(facts_before, facts, node, &after.model));
            let (mut old, mut new) = (Output::default(), Output::default());
            for section in &sections {
                old.merge(build(section, node_before, &before.model, facts_before));
                new.merge(build(section, node, &after.model, facts));
            }
            let held = self.0.get_mut(&node.id).unwrap();
            apply(held, &difference(&old, &new));
        }
    }
}

/// Does what a difference says, and demands that it says what is so.
fn apply(held: &mut Output, delta: &Delta) {
    fn each<K: Ord + Clone + std::fmt::Debug, V: Clone>(
        held: &mut BTreeMap<K, V>,
        changes: &Changes<K, V>,
    ) {
        for key in &changes.removed {
            assert!(
                held.remove(key).is_some(),
                "removed what was not there: {key:?}"
            );
        }
        for (key, value) in &changes.changed {
            let before = held.insert(key.clone(), value.clone());
            assert!(before.is_some(), "changed what was not there: {key:?}");
        }
        for (key, value) in &changes.added {
            let before = held.insert(key.clone(), value.clone());
            assert!(before.is_none(), "added what was there: {key:?}");
        }
    }
    each(&mut held.flows, &delta.flows);
    each(&mut held.groups, &delta.groups);
    each(&mut held.meters, &delta.meters);
}

pub fn facts_of(cloud: &Cloud, node: Uuid) -> Facts {
    cloud.facts.get(&node).cloned().unwrap_or_default()
}

fn fresh(cloud: &Cloud) -> BTreeMap<Uuid, Output> {
    let output =
        |model: &Model, node: &api::Node| build_all(node, model, &facts_of(cloud, node.id));
    let nodes = cloud.model.nodes();
    nodes
        .map(|node| (node.id, output(&cloud.model, node)))
        .collect()
}

proptest! {
    /// Change by change, or several changes in one step: the switches end up holding the same.
    #[test]
    fn touched_sections_lead_where_a_fresh_compile_does(
        steps in prop::collection::vec(prop::collection::vec(event(), 1..5), 1..24),
    ) {
        let mut cloud = beginning();
        let mut switches = Switches(fresh(&cloud));
        for step in steps {
            let before = cloud.clone();
            let changes: Vec<Change> =
                step.iter().flat_map(|event| happen(&mut cloud, event)).collect();
            switches.follow(&before, &cloud, &changes);
            prop_assert_eq!(&switches.0, &fresh(&cloud), "after {:?}", step);
        }
    }

    /// What happens a second time changes nothing.
    #[test]
    fn twice_is_once(events in prop::collection::vec(event(), 1..40)) {
        let cloud = told(&events);
        for output in fresh(&cloud).values() {
            prop_assert!(difference(output, output).is_empty());
        }
        prop_assert_eq!(fresh(&cloud), fresh(&cloud.clone()));
    }

    /// A port that comes and goes leaves nothing behind, and a difference undoes another.
    #[test]
    fn create_then_delete_is_nothing(
        events in prop::collection::vec(event(), 1..40),
        network in 1..=4_u32,
        host in 1..=3_u32,
    ) {
        let mut cloud = told(&events);
        prop_assume!(cloud.model.network(id(Kind::Network, network)).is_some());
        let before = fresh(&cloud);
        cloud.port(99, id(Kind::Network, network), host, &["10.7.7.7", "fd07::7"]);
        let between = fresh(&cloud);
        for (node, output) in &before {
            let there = difference(output, &between[node]);
            let back = difference(&between[node], output);
            prop_assert_eq!(there.len(), back.len());
            let mut held = output.clone();
            apply(&mut held, &there);
            prop_assert_eq!(&held, &between[node]);
            apply(&mut held, &back);
            prop_assert_eq!(&held, output);
        }
        cloud.remove(Kind::Port, 99);
        cloud.facts.get_mut(&id(Kind::Node, host)).unwrap().ofports.remove(&id(Kind::Port, 99));
        prop_assert_eq!(fresh(&cloud), before);
    }

    /// No two sections own one flow, group or meter; meters are the one thing two features share, and
    /// they share them within a section.
    #[test]
    fn nothing_has_two_owners(events in prop::collection::vec(event(), 1..60)) {
        let cloud = told(&events);
        for node in cloud.model.nodes() {
            let facts = facts_of(&cloud, node.id);
            let mut sum = (0, 0, 0);
            for section in sections(node, &cloud.model, &facts) {
                let out = build(&section, node, &cloud.model, &facts);
                sum = (sum.0 + out.flows.len(), sum.1 + out.groups.len(), sum.2 + out.meters.len());
            }
            let all = build_all(node, &cloud.model, &facts);
            prop_assert_eq!(sum, (all.flows.len(), all.groups.len(), all.meters.len()));
        }
    }

    /// Only nodes that have a port's network are touched by the port, and no section but those that
    /// follow from the port itself unless the network comes to a node.
    #[test]
    fn a_port_touches_only_nodes_that_have_its_network(
        events in prop::collection::vec(event(), 1..60),
        network in 1..=4_u32,
        host in 1..=3_u32,
    ) {
        let mut cloud = told(&events);
        let network = id(Kind::Network, network);
        prop_assume!(cloud.model.network(network).is_some());
        let before = cloud.model.clone();
        let mut port = cloud::port(99, network);
        port.host_id = cloud::hostname(host);
        port.vif_type = api::VifType::Ovs;
        let changes = cloud.put(port);
        for (node, section) in touched(&changes[0], &before, &cloud.model) {
            let node = cloud.model.node(node).unwrap();
            prop_assert!(cloud.model.ports_on(network, &node.hostname).next().is_some());
            let had = before
                .ports_on(network, &node.hostname)
                .any(|port| port.vif_type == api::VifType::Ovs);
            let own = matches!(section, Section::LocalPort(p) | Section::RemotePort(p) if p == changes[0].id);
            let flood = section == Section::Flood(network);
            prop_assert!(own || flood || !had, "{:?} for a port on {}", section, host);
        }
    }
}
