//! Flows that packets make.

use super::super::flow_table::Flow;
use super::run::{Tracer, Way};
use crate::action::{Action, Learn, LearnSource, LearnTarget};
use crate::flow::{FlowEntry, FlowKey};
use crate::instruction::Instruction;
use crate::number::ports;
use crate::oxm::Match;

impl Tracer<'_> {
    pub(super) fn learn(&mut self, way: &mut Way, learn: &Learn) {
        let mut matching = Match::new();
        let mut actions = Vec::new();
        for spec in &learn.specs {
            let value = match spec.source {
                LearnSource::Field(source) => way.packet.part(source),
                LearnSource::Value(value, _) => value,
            };
            match spec.target {
                LearnTarget::Match(target) => {
                    let value = target.cut(value) << target.offset();
                    matching.narrow(target.field(), value, target.mask());
                }
                LearnTarget::Load(target) => actions.push(Action::load(target, value as u64)),
                LearnTarget::Output => {
                    actions.push(Action::output(ports::from_16(value as u16)));
                }
            }
        }
        let key = FlowKey {
            table: learn.table,
            priority: learn.priority,
            matching,
        };
        let entry = FlowEntry {
            cookie: learn.cookie,
            instructions: match actions.is_empty() {
                true => Vec::new(),
                false => vec![Instruction::ApplyActions(actions)],
            },
            idle_timeout: learn.idle_timeout,
            hard_timeout: learn.hard_timeout,
            flags: learn.flags,
        };
        let ours = |_: &FlowKey, flow: &Flow| flow.entry.cookie == learn.cookie;
        let is_new = self.pipeline.flows.get(&key).is_none();
        let count = self.pipeline.flows.keys(learn.table, ours).len();
        let room = !is_new || learn.limit == 0 || count < learn.limit as usize;
        if let Some(result) = learn.result {
            way.packet.set_part(result, room.into());
        }
        if !room {
            return self.note(way, "the limit of learnt flows is reached");
        }
        if is_new {
            let flow = Some(Flow::new(entry.clone()));
            self.pipeline.flows.put(&key, flow);
            self.trace.learnt.push((key, entry));
        }
    }
}
