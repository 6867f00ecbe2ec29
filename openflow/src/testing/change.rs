//! Changes to flows, groups and meters: what each does, what is refused, and how a bundle that fails
//! is undone.

use std::collections::BTreeMap;

use super::check::{self, Known, TABLES};
use super::flow_table::{Flow, FlowTable};
use super::groups;
use crate::action::Action;
use crate::counters::Counter;
use crate::flow::{FlowFlags, FlowKey, FlowMod, FlowModCommand};
use crate::flow_removed::{FlowRemoved, RemovedReason};
use crate::group::{Group, GroupMod, GroupModCommand};
use crate::instruction::Instruction;
use crate::meter::{Band, Meter, MeterFlags, MeterMod, MeterModCommand};
use crate::number::{TABLE_ALL, groups as group_number, meters, ports};
use crate::packet_io::PacketOut;
use crate::peer_error::{BadRequest, FlowModFailed, GroupModFailed, MeterModFailed, PeerError};

/// Flags that a flow keeps: Open vSwitch shows those of the moment too.
const LASTING: FlowFlags = KNOWN_FLAGS;
/// All flags there are.
const KNOWN_FLAGS: FlowFlags = FlowFlags(0x1f);

/// A group with what it counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CountedGroup {
    pub group: Group,
    pub total: Counter,
    pub buckets: Vec<Counter>,
}

/// A meter with what it counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CountedMeter {
    pub meter: Meter,
    pub total: Counter,
}

/// What a change replaced.
enum Undo {
    Flow(FlowKey, Option<Flow>),
    Group(u32, Option<CountedGroup>),
    Meter(u32, Option<CountedMeter>),
}

/// Flows, groups and meters.
#[derive(Clone, Debug, Default)]
pub(super) struct Pipeline {
    pub flows: FlowTable,
    pub groups: BTreeMap<u32, CountedGroup>,
    pub meters: BTreeMap<u32, CountedMeter>,
}

/// A change in progress.
pub(super) struct Change<'a> {
    pipeline: &'a mut Pipeline,
    undo: Vec<Undo>,
    /// Flows that went and asked for a message.
    pub removed: Vec<FlowRemoved>,
}

impl<'a> Change<'a> {
    pub fn of(pipeline: &'a mut Pipeline) -> Self {
        Change {
            pipeline,
            undo: Vec::new(),
            removed: Vec::new(),
        }
    }

    /// Makes everything as it was.
    pub fn take_back(self) {
        for undo in self.undo.into_iter().rev() {
            match undo {
                Undo::Flow(key, flow) => drop(self.pipeline.flows.put(&key, flow)),
                Undo::Group(id, Some(group)) => drop(self.pipeline.groups.insert(id, group)),
                Undo::Group(id, None) => drop(self.pipeline.groups.remove(&id)),
                Undo::Meter(id, Some(meter)) => drop(self.pipeline.meters.insert(id, meter)),
                Undo::Meter(id, None) => drop(self.pipeline.meters.remove(&id)),
            }
        }
    }

    /// Whether a packet of a controller's would be taken.
    pub fn check_packet(&self, packet: &PacketOut) -> Result<(), PeerError> {
        check::packet_out(packet, self.pipeline)
    }

    fn put_flow(&mut self, key: FlowKey, flow: Option<Flow>) {
        let old = self.pipeline.flows.put(&key, flow);
        self.undo.push(Undo::Flow(key, old));
    }

    fn put_group(&mut self, id: u32, group: Option<CountedGroup>) {
        let old = match group {
            Some(group) => self.pipeline.groups.insert(id, group),
            None => self.pipeline.groups.remove(&id),
        };
        self.undo.push(Undo::Group(id, old));
    }

    fn put_meter(&mut self, id: u32, meter: Option<CountedMeter>) {
        let old = match meter {
            Some(meter) => self.pipeline.meters.insert(id, meter),
            None => self.pipeline.meters.remove(&id),
        };
        self.undo.push(Undo::Meter(id, old));
    }

    fn remove_flow(&mut self, key: FlowKey, reason: RemovedReason) {
        let Some(flow) = self.pipeline.flows.get(&key) else {
            return;
        };
        if flow.entry.flags.contains(FlowFlags::SEND_FLOW_REMOVED) {
            self.removed.push(FlowRemoved {
                key: key.clone(),
                cookie: flow.entry.cookie,
                reason,
                duration_seconds: 0,
                duration_nanoseconds: 0,
                idle_timeout: flow.entry.idle_timeout,
                hard_timeout: flow.entry.hard_timeout,
                packets: flow.packets,
                bytes: flow.bytes,
            });
        }
        self.put_flow(key, None);
    }

    /// Applies a flow mod.
    pub fn flow_mod(&mut self, flow: &FlowMod) -> Result<(), PeerError> {
        let fail = |code| Err(PeerError::FlowModFailed(code));
        if !KNOWN_FLAGS.contains(flow.entry.flags) {
            return fail(FlowModFailed::BadFlags);
        }
        let deletes = matches!(
            flow.command,
            FlowModCommand::DELETE | FlowModCommand::DELETE_STRICT
        );
        match flow.key.table {
            TABLE_ALL if !deletes => return fail(FlowModFailed::BadTable),
            // The switch's own.
            TABLES => return Err(PeerError::BadRequest(BadRequest::NotPermitted)),
            _ => {}
        }
        check::matching(&flow.key.matching)?;
        if !deletes {
            let pipeline = &*self.pipeline;
            let known = Known {
                is_group: &|id| pipeline.groups.contains_key(&id),
                is_meter: &|id| pipeline.meters.contains_key(&id),
            };
            let (table, instructions) = (flow.key.table, &flow.entry.instructions);
            check::instructions(table, &flow.key.matching, instructions, &known)?;
        }
        match flow.command {
            FlowModCommand::ADD => return self.add(flow),
            FlowModCommand::MODIFY | FlowModCommand::MODIFY_STRICT => self.modify(flow),
            FlowModCommand::DELETE | FlowModCommand::DELETE_STRICT => {
                for key in self.selected(flow) {
                    self.remove_flow(key, RemovedReason::DELETE);
                }
            }
            _ => return fail(FlowModFailed::BadCommand),
        }
        Ok(())
    }

    fn add(&mut self, flow: &FlowMod) -> Result<(), PeerError> {
        let key = &flow.key;
        if flow.entry.flags.contains(FlowFlags::CHECK_OVERLAP) {
            let overlap = self.pipeline.flows.keys(key.table, |other, _| {
                other.priority == key.priority
                    && other.matching != key.matching
                    && other.matching.overlaps(&key.matching)
            });
            if !overlap.is_empty() {
                return Err(PeerError::FlowModFailed(FlowModFailed::Overlap));
            }
        }
        let mut entry = flow.entry.clone();
        let anew = entry.flags.contains(FlowFlags::RESET_COUNTS);
        entry.flags = FlowFlags(entry.flags.0 & LASTING.0);
        entry.instructions.iter_mut().for_each(as_shown);
        let mut new = Flow::new(entry);
        if let Some(old) = self.pipeline.flows.get(key).filter(|_| !anew) {
            (new.packets, new.bytes) = (old.packets, old.bytes);
        }
        self.put_flow(key.clone(), Some(new));
        Ok(())
    }

    fn modify(&mut self, flow: &FlowMod) {
        for key in self.selected(flow) {
            let Some(mut new) = self.pipeline.flows.get(&key).cloned() else {
                continue;
            };
            new.entry.instructions = flow.entry.instructions.clone();
            new.entry.instructions.iter_mut().for_each(as_shown);
            if flow.entry.flags.contains(FlowFlags::RESET_COUNTS) {
                (new.packets, new.bytes) = (0, 0);
            }
            self.put_flow(key, Some(new));
        }
    }

    /// The flows that a modification or deletion is about.
    fn selected(&self, flow: &FlowMod) -> Vec<FlowKey> {
        let strict = matches!(
            flow.command,
            FlowModCommand::MODIFY_STRICT | FlowModCommand::DELETE_STRICT
        );
        let filtered = matches!(
            flow.command,
            FlowModCommand::DELETE | FlowModCommand::DELETE_STRICT
        );
        let wanted = |key: &FlowKey, there: &Flow| {
            let cookie = (there.entry.cookie ^ flow.entry.cookie) & flow.cookie_mask == 0;
            let of_match = match strict {
                true => key.priority == flow.key.priority && key.matching == flow.key.matching,
                false => flow.key.matching.covers(&key.matching),
            };
            cookie && of_match && (!filtered || sends_to(there, flow.out_port, flow.out_group))
        };
        if strict && flow.key.table != TABLE_ALL {
            let there = self.pipeline.flows.get(&flow.key);
            let key = there.filter(|there| wanted(&flow.key, there));
            return key.map(|_| flow.key.clone()).into_iter().collect();
        }
        self.pipeline.flows.keys(flow.key.table, wanted)
    }

    /// Applies a group mod.
    pub fn group_mod(&mut self, change: &GroupMod) -> Result<(), PeerError> {
        let fail = |code| Err(PeerError::GroupModFailed(code));
        let group = &change.group;
        let there = self.pipeline.groups.contains_key(&group.id);
        match change.command {
            GroupModCommand::ADD if there => return fail(GroupModFailed::Exists),
            GroupModCommand::MODIFY if !there => return fail(GroupModFailed::UnknownGroup),
            GroupModCommand::ADD | GroupModCommand::MODIFY => {
                groups::check(group, self.pipeline)?;
                let mut group = group.clone();
                for bucket in &mut group.buckets {
                    bucket.actions.iter_mut().for_each(action_as_shown);
                }
                let counted = CountedGroup {
                    buckets: vec![Counter::default(); group.buckets.len()],
                    total: Counter::default(),
                    group,
                };
                self.put_group(change.group.id, Some(counted));
            }
            GroupModCommand::DELETE if group.id == group_number::ALL => {
                let all: Vec<u32> = self.pipeline.groups.keys().copied().collect();
                all.into_iter().for_each(|id| self.delete_group(id));
            }
            GroupModCommand::DELETE => {
                if groups::is_called(group.id, self.pipeline) {
                    return fail(GroupModFailed::ChainedGroup);
                }
                self.delete_group(group.id);
            }
            _ => return fail(GroupModFailed::BadCommand),
        }
        Ok(())
    }

    fn delete_group(&mut self, id: u32) {
        if !self.pipeline.groups.contains_key(&id) {
            return;
        }
        let users = self.pipeline.flows.keys(TABLE_ALL, |_, flow| {
            flow.actions().contains(&&Action::Group(id))
        });
        for key in users {
            self.remove_flow(key, RemovedReason::GROUP_DELETE);
        }
        self.put_group(id, None);
    }

    /// Applies a meter mod.
    pub fn meter_mod(&mut self, change: &MeterMod) -> Result<(), PeerError> {
        let fail = |code| Err(PeerError::MeterModFailed(code));
        let meter = &change.meter;
        let there = self.pipeline.meters.contains_key(&meter.id);
        match change.command {
            MeterModCommand::ADD if there => return fail(MeterModFailed::Exists),
            MeterModCommand::MODIFY if !there => return fail(MeterModFailed::UnknownMeter),
            MeterModCommand::ADD | MeterModCommand::MODIFY => {
                check_meter(meter).map_err(PeerError::MeterModFailed)?;
                let counted = CountedMeter {
                    meter: meter_as_shown(meter),
                    total: Counter::default(),
                };
                self.put_meter(meter.id, Some(counted));
            }
            MeterModCommand::DELETE if meter.id == meters::ALL => {
                let all: Vec<u32> = self.pipeline.meters.keys().copied().collect();
                all.into_iter().for_each(|id| self.delete_meter(id));
            }
            MeterModCommand::DELETE => self.delete_meter(meter.id),
            _ => return fail(MeterModFailed::BadCommand),
        }
        Ok(())
    }

    fn delete_meter(&mut self, id: u32) {
        if !self.pipeline.meters.contains_key(&id) {
            return;
        }
        let users = self.pipeline.flows.keys(TABLE_ALL, |_, flow| {
            let instructions = &flow.entry.instructions;
            let punts = |action: &&Action| {
                matches!(action, Action::Controller(controller) if controller.meter_id == id)
            };
            instructions.contains(&Instruction::Meter(id)) || flow.actions().iter().any(punts)
        });
        for key in users {
            self.remove_flow(key, RemovedReason::METER_DELETE);
        }
        self.put_meter(id, None);
    }
}

/// A meter as Open vSwitch's userspace datapath gives it back: a burst that is not given is what the
/// rate lets through in a second.
fn meter_as_shown(meter: &Meter) -> Meter {
    let mut meter = meter.clone();
    let given = meter.flags.contains(MeterFlags::BURST);
    for band in &mut meter.bands {
        if let Band::Drop { rate, burst_size } = band
            && !given
        {
            *burst_size = *rate;
        }
    }
    meter
}

fn check_meter(meter: &Meter) -> Result<(), MeterModFailed> {
    let unit = meter.flags.0 & (MeterFlags::KBPS | MeterFlags::PKTPS).0;
    let is_drop = |band: &Band| matches!(band, Band::Drop { .. });
    let rates = meter
        .bands
        .iter()
        .any(|band| matches!(band, Band::Drop { rate: 0, .. }));
    match meter.id {
        1..=meters::MAX | meters::CONTROLLER | meters::SLOW_PATH => {}
        _ => return Err(MeterModFailed::Invalid),
    }
    match () {
        () if unit.count_ones() != 1 || meter.flags.0 > 0xf => Err(MeterModFailed::BadFlags),
        () if meter.bands.is_empty() || !meter.bands.iter().all(is_drop) => {
            Err(MeterModFailed::BadBand)
        }
        () if rates => Err(MeterModFailed::BadRate),
        () => Ok(()),
    }
}

/// Whether a flow sends to a port and to a group; `ANY` is any.
pub(super) fn sends_to(flow: &Flow, port: u32, group: u32) -> bool {
    if port == ports::ANY && group == group_number::ANY {
        return true;
    }
    let actions = flow.actions();
    let to_port =
        |action: &&Action| matches!(action, Action::Output { port: to, .. } if *to == port);
    (port == ports::ANY || actions.iter().any(to_port))
        && (group == group_number::ANY || actions.contains(&&Action::Group(group)))
}

/// Instructions as Open vSwitch gives them back.
fn as_shown(instruction: &mut Instruction) {
    if let Instruction::ApplyActions(actions) | Instruction::WriteActions(actions) = instruction {
        actions.iter_mut().for_each(action_as_shown);
    }
}

/// Tunnel keys become fields.
fn action_as_shown(action: &mut Action) {
    let key = match action {
        Action::SetTunnel(key) => u64::from(*key),
        Action::SetTunnel64(key) => *key,
        Action::Clone(actions) => return actions.iter_mut().for_each(action_as_shown),
        _ => return,
    };
    *action = Action::set(crate::oxm::Field::TunnelId, key.into());
}
