//! The flow tables: what is in them, and which flow a packet matches.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::packet::State;
use crate::action::Action;
use crate::flow::{FlowEntry, FlowKey, FlowStats};
use crate::instruction::Instruction;
use crate::oxm::{Field, Match};

/// A flow in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// What it does.
    pub entry: FlowEntry,
    /// Packets it saw.
    pub packets: u64,
    /// Bytes of those.
    pub bytes: u64,
}

impl Flow {
    /// A flow that saw nothing.
    pub fn new(entry: FlowEntry) -> Self {
        let (packets, bytes) = (0, 0);
        Flow {
            entry,
            packets,
            bytes,
        }
    }

    /// All its actions, those that are nested included.
    pub(super) fn actions(&self) -> Vec<&Action> {
        let mut list = Vec::new();
        for instruction in &self.entry.instructions {
            if let Instruction::ApplyActions(actions) | Instruction::WriteActions(actions) =
                instruction
            {
                flatten(actions, &mut list);
            }
        }
        list
    }

    /// The clauses of conjunctions that it is one of.
    fn clauses(&self) -> Vec<(u32, u8, u8)> {
        let clause = |action: &&Action| match **action {
            Action::Conjunction {
                id,
                clause,
                clauses,
            } => Some((id, clause, clauses)),
            _ => None,
        };
        self.actions().iter().filter_map(clause).collect()
    }
}

/// Actions with those nested in them.
pub(super) fn flatten<'a>(actions: &'a [Action], list: &mut Vec<&'a Action>) {
    for action in actions {
        list.push(action);
        match action {
            Action::Clone(inner) => flatten(inner, list),
            Action::Ct(ct) => flatten(&ct.actions, list),
            _ => {}
        }
    }
}

/// The flows of all tables, each table in the order in which packets meet them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowTable {
    tables: BTreeMap<u8, Table>,
}

/// Flows that differ in what their fields must be, and in nothing else.
type Shape = Vec<(Field, u128)>;

/// A table, with the shapes of its flows: a packet has one place at most in each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Table {
    flows: BTreeMap<(Reverse<u16>, Match), Flow>,
    shapes: BTreeMap<Reverse<u16>, BTreeMap<Shape, usize>>,
}

impl Table {
    fn insert(&mut self, key: &FlowKey, flow: Flow) -> Option<Flow> {
        let old = self.flows.insert(place(key), flow);
        if old.is_none() {
            let shapes = self.shapes.entry(Reverse(key.priority)).or_default();
            *shapes.entry(shape(&key.matching)).or_default() += 1;
        }
        old
    }

    fn remove(&mut self, key: &FlowKey) -> Option<Flow> {
        let old = self.flows.remove(&place(key))?;
        if let Entry::Occupied(mut shapes) = self.shapes.entry(Reverse(key.priority)) {
            if let Entry::Occupied(mut count) = shapes.get_mut().entry(shape(&key.matching)) {
                *count.get_mut() -= 1;
                if *count.get() == 0 {
                    count.remove();
                }
            }
            if shapes.get().is_empty() {
                shapes.remove();
            }
        }
        Some(old)
    }

    /// The flows of a priority that a packet matches, in the order of their matches.
    fn matching(
        &self,
        priority: Reverse<u16>,
        shapes: &BTreeMap<Shape, usize>,
        packet: &State,
    ) -> Vec<(&Match, &Flow)> {
        let of_shape = |shape: &Shape| {
            let mut matching = Match::new();
            for (field, mask) in shape {
                matching.narrow(*field, packet.get(*field) & mask, *mask);
            }
            let found = self.flows.get_key_value(&(priority, matching));
            found.map(|((_, matching), flow)| (matching, flow))
        };
        let mut found: Vec<_> = shapes.keys().filter_map(of_shape).collect();
        found.sort_unstable_by_key(|(matching, _)| *matching);
        found
    }
}

fn shape(matching: &Match) -> Shape {
    let entries = matching.entries().iter();
    entries.map(|entry| (entry.field, entry.mask)).collect()
}

impl FlowTable {
    /// Every flow, by table, then from the highest priority down.
    pub fn iter(&self) -> impl Iterator<Item = (FlowKey, &Flow)> {
        self.tables.iter().flat_map(|(table, flows)| {
            flows.flows.iter().map(|((priority, matching), flow)| {
                let key = FlowKey {
                    table: *table,
                    priority: priority.0,
                    matching: matching.clone(),
                };
                (key, flow)
            })
        })
    }

    /// The flow of a key.
    pub fn get(&self, key: &FlowKey) -> Option<&Flow> {
        self.tables.get(&key.table)?.flows.get(&place(key))
    }

    /// How many flows there are.
    pub fn len(&self) -> usize {
        self.tables.values().map(|table| table.flows.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// How many flows a table has.
    pub fn len_of(&self, table: u8) -> usize {
        self.tables.get(&table).map_or(0, |table| table.flows.len())
    }

    /// Puts a flow, or takes it away; what was there comes back.
    pub(super) fn put(&mut self, key: &FlowKey, flow: Option<Flow>) -> Option<Flow> {
        match flow {
            Some(flow) => {
                let table = self.tables.entry(key.table).or_default();
                table.insert(key, flow)
            }
            None => {
                let Entry::Occupied(mut table) = self.tables.entry(key.table) else {
                    return None;
                };
                let old = table.get_mut().remove(key);
                if table.get().flows.is_empty() {
                    table.remove();
                }
                old
            }
        }
    }

    /// Keys of the flows that `of` wants, in a table or (255) in all.
    pub(super) fn keys(&self, table: u8, of: impl Fn(&FlowKey, &Flow) -> bool) -> Vec<FlowKey> {
        let is_wanted = |(key, flow): &(FlowKey, &Flow)| {
            (table == crate::number::TABLE_ALL || key.table == table) && of(key, flow)
        };
        self.iter().filter(is_wanted).map(|(key, _)| key).collect()
    }

    pub(super) fn get_mut(&mut self, key: &FlowKey) -> Option<&mut Flow> {
        let table = self.tables.get_mut(&key.table)?;
        table.flows.get_mut(&place(key))
    }

    /// The flow that a packet meets in a table. Where conjunctions hold, `conj_id` of the packet is
    /// the one by which the flow was found.
    pub(super) fn lookup(&self, table: u8, packet: &mut State) -> Option<FlowKey> {
        packet.conjunction = 0;
        let flows = self.tables.get(&table)?;
        for (priority, shapes) in &flows.shapes {
            let mut clauses = Vec::new();
            for (matching, flow) in flows.matching(*priority, shapes, packet) {
                let of_flow = flow.clauses();
                if of_flow.is_empty() {
                    return Some(key(table, *priority, matching));
                }
                clauses.extend(of_flow);
            }
            for id in conjunctions(&clauses) {
                packet.conjunction = id;
                let found = flows.shapes.iter().find_map(|(priority, shapes)| {
                    let found = flows.matching(*priority, shapes, packet);
                    let of_conjunction = found.into_iter().find(|(matching, flow)| {
                        matching.get(Field::ConjId).is_some() && flow.clauses().is_empty()
                    });
                    of_conjunction.map(|(matching, _)| key(table, *priority, matching))
                });
                if found.is_some() {
                    return found;
                }
                packet.conjunction = 0;
            }
        }
        None
    }
}

fn place(key: &FlowKey) -> (Reverse<u16>, Match) {
    (Reverse(key.priority), key.matching.clone())
}

fn key(table: u8, priority: Reverse<u16>, matching: &Match) -> FlowKey {
    FlowKey {
        table,
        priority: priority.0,
        matching: matching.clone(),
    }
}

/// The conjunctions of which every clause is there, lowest first.
fn conjunctions(clauses: &[(u32, u8, u8)]) -> Vec<u32> {
    let mut seen: BTreeMap<u32, (u64, u8)> = BTreeMap::new();
    for (id, clause, count) in clauses {
        let (bits, _) = seen.entry(*id).or_insert((0, *count));
        *bits |= 1u64.checked_shl(u32::from(*clause)).unwrap_or(0);
    }
    let whole = |(_, (bits, count)): &(&u32, &(u64, u8))| bits.count_ones() == u32::from(*count);
    seen.iter().filter(whole).map(|(id, _)| *id).collect()
}

/// A flow as a dump shows it.
pub(super) fn stats(key: FlowKey, flow: &Flow) -> FlowStats {
    FlowStats {
        key,
        entry: flow.entry.clone(),
        duration_seconds: 0,
        duration_nanoseconds: 0,
        packets: flow.packets,
        bytes: flow.bytes,
    }
}
