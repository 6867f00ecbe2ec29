//! What a node's switch should hold: flows, groups and meters, keyed by what identifies them there.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use openflow::{Action, FlowEntry, FlowKey, Group, Instruction, Match, Meter};

use super::cookie::{Cookie, Feature, Object};
use super::group::List;
use super::pipeline::Table;
use super::priority::Priority;

/// Flows, groups and meters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// By table, priority and match.
    pub flows: BTreeMap<FlowKey, FlowEntry>,
    /// By id.
    pub groups: BTreeMap<u32, Group>,
    /// By id.
    pub meters: BTreeMap<u32, Meter>,
}

impl Output {
    /// True when there is nothing.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty() && self.groups.is_empty() && self.meters.is_empty()
    }

    /// Adds all of `other`, which must not own anything this has.
    pub fn merge(&mut self, other: Output) {
        self.flows.extend(other.flows);
        self.groups.extend(other.groups);
        self.meters.extend(other.meters);
    }

    /// Adds a flow. Two flows with one key must be the same flow.
    pub(super) fn flow(&mut self, flow: Flow) {
        let (key, entry) = flow.finish();
        match self.flows.entry(key) {
            Entry::Vacant(place) => {
                place.insert(entry);
            }
            Entry::Occupied(place) => debug_assert!(
                *place.get() == entry,
                "two flows share table, priority and match: {:?}",
                place.key()
            ),
        }
    }

    pub(super) fn list(&mut self, list: List) {
        self.groups
            .extend(list.groups.into_iter().map(|group| (group.id, group)));
    }

    pub(super) fn meter(&mut self, meter: Meter) {
        self.meters.insert(meter.id, meter);
    }
}

/// A flow under construction. One that says nothing more drops its packets.
pub(super) struct Flow {
    table: Table,
    priority: Priority,
    matching: Match,
    cookie: Cookie,
    apply: Vec<Action>,
    network: Option<u32>,
    goto: Option<Table>,
}

impl Flow {
    pub fn new(table: Table, priority: Priority, matching: Match) -> Self {
        Flow {
            table,
            priority,
            matching,
            cookie: Cookie {
                feature: Feature::Pipeline,
                object: Object::Nothing,
            },
            apply: Vec::new(),
            network: None,
            goto: None,
        }
    }

    /// What the flow is part of.
    pub fn of(mut self, feature: Feature, object: Object) -> Self {
        self.cookie = Cookie { feature, object };
        self
    }

    /// What is done to the packet at once, in order.
    pub fn apply(mut self, actions: impl IntoIterator<Item = Action>) -> Self {
        self.apply.extend(actions);
        self
    }

    /// The packet is in the network of this key.
    pub fn in_network(mut self, key: u32) -> Self {
        self.network = Some(key);
        self
    }

    /// Where the packet goes then.
    pub fn goto(mut self, table: Table) -> Self {
        self.goto = Some(table);
        self
    }

    fn finish(self) -> (FlowKey, FlowEntry) {
        let key = FlowKey {
            table: self.table.number(),
            priority: self.priority.number(),
            matching: self.matching,
        };
        let apply = (!self.apply.is_empty()).then_some(Instruction::ApplyActions(self.apply));
        let network = self.network.map(|key| Instruction::WriteMetadata {
            value: u64::from(key),
            mask: super::NETWORK_MASK,
        });
        let goto = self
            .goto
            .map(|table| Instruction::GotoTable(table.number()));
        let entry = FlowEntry {
            cookie: self.cookie.bits(),
            instructions: apply.into_iter().chain(network).chain(goto).collect(),
            ..FlowEntry::default()
        };
        (key, entry)
    }
}
