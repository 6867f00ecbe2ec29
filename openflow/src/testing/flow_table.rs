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

type Table = BTreeMap<(Reverse<u16>, Match), Flow>;

impl FlowTable {
    /// Every flow, by table, then from the highest priority down.
    pub fn iter(&self) -> impl Iterator<Item = (FlowKey, &Flow)> {
        self.tables.iter().flat_map(|(table, flows)| {
            flows.iter().map(|((priority, matching), flow)| {
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
        self.tables.get(&key.table)?.get(&place(key))
    }

    /// How many flows there are.
    pub fn len(&self) -> usize {
        self.tables.values().map(BTreeMap::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// How many flows a table has.
    pub fn len_of(&self, table: u8) -> usize {
        self.tables.get(&table).map_or(0, BTreeMap::len)
    }

    /// Puts a flow, or takes it away; what was there comes back.
    pub(super) fn put(&mut self, key: &FlowKey, flow: Option<Flow>) -> Option<Flow> {
        match flow {
            Some(flow) => {
                let table = self.tables.entry(key.table).or_default();
                table.insert(place(key), flow)
            }
            None => {
                let Entry::Occupied(mut table) = self.tables.entry(key.table) else {
                    return None;
                };
                let old = table.get_mut().remove(&place(key));
                if table.get().is_empty() {
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
        self.tables.get_mut(&key.table)?.get_mut(&place(key))
    }

    /// The flow that a packet meets in a table. Where conjunctions hold, `conj_id` of the packet is
    /// the one by which the flow was found.
    pub(super) fn lookup(&self, table: u8, packet: &mut State) -> Option<FlowKey> {
        packet.conjunction = 0;
        let flows = self.tables.get(&table)?;
        let mut rest = flows.iter().peekable();
        while let Some(((priority, _), _)) = rest.peek() {
            let priority = *priority;
            let mut clauses = Vec::new();
            while let Some(((_, matching), flow)) = rest.next_if(|((p, _), _)| *p == priority) {
                if !packet.is_of(matching) {
                    continue;
                }
                let of_flow = flow.clauses();
                if of_flow.is_empty() {
                    return Some(key(table, priority, matching));
                }
                clauses.extend(of_flow);
            }
            for id in conjunctions(&clauses) {
                packet.conjunction = id;
                let found = flows.iter().find(|((_, matching), flow)| {
                    matching.get(Field::ConjId).is_some()
                        && flow.clauses().is_empty()
                        && packet.is_of(matching)
                });
                if let Some(((priority, matching), _)) = found {
                    return Some(key(table, *priority, matching));
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
