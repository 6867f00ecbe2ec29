//! What each action does to a packet.

use super::super::groups::hash;
use super::Step;
use super::run::{Go, Tracer, Way};
use crate::action::{Action, Bundle, Controller, Ct, Multipath};
use crate::number::ports;
use crate::oxm::Field;
use crate::packet_io::PacketInReason;

impl Tracer<'_> {
    /// Does a list of actions.
    pub fn actions(&mut self, way: &mut Way, list: &[Action]) -> Go {
        for action in list {
            self.trace.steps.push(Step::Action {
                depth: way.depth,
                action: action.clone(),
            });
            if self.action(way, action) == Go::Stop {
                return Go::Stop;
            }
        }
        Go::On
    }

    fn action(&mut self, way: &mut Way, action: &Action) -> Go {
        match action {
            Action::Output {
                port: ports::CONTROLLER,
                ..
            } => {
                self.punt(way, PacketInReason::ACTION, &[]);
            }
            Action::Output {
                port: ports::TABLE, ..
            } => self.pipeline(way, 0),
            Action::Output { port, .. } => self.output(way, *port, None),
            Action::OutputTrunc { port, max_len } => {
                self.output(way, *port, Some(*max_len as usize));
            }
            Action::OutputReg { source, .. } => {
                let port = way.packet.part(*source) as u32;
                let port = if source.bits() <= 16 {
                    ports::from_16(port as u16)
                } else {
                    port
                };
                self.output(way, port, None);
            }
            Action::Controller(controller) => self.controller(way, controller),
            Action::Group(group) => self.group(way, *group),
            Action::Bundle(bundle) => self.bundle(way, bundle),
            Action::SetField { field, value, mask } => way.packet.set(*field, *value, *mask),
            Action::Load { target, value } => way.packet.set_part(*target, (*value).into()),
            Action::Move { source, target } | Action::CopyField { source, target } => {
                let value = way.packet.part(*source);
                way.packet.set_part(*target, value);
            }
            Action::StackPush(source) => way.stack.push(way.packet.part(*source)),
            Action::StackPop(target) => match way.stack.pop() {
                Some(value) => way.packet.set_part(*target, value),
                None => self.note(way, "the stack is empty"),
            },
            Action::SetTunnel(key) => way.packet.tunnel.id = (*key).into(),
            Action::SetTunnel64(key) => way.packet.tunnel.id = *key,
            Action::SetQueue(queue) => way.packet.queue = Some(*queue),
            Action::PopQueue => way.packet.queue = None,
            Action::PushVlan(ethertype) => way.packet.push_vlan(*ethertype),
            Action::PopVlan => way.packet.pop_vlan(),
            Action::SetNwTtl(ttl) => way.packet.set(Field::IpTtl, (*ttl).into(), 0xff),
            Action::DecTtl | Action::DecTtlIds(_) => return self.dec_ttl(way),
            Action::Exit => return Go::Stop,
            _ => return self.others(way, action),
        }
        Go::On
    }

    fn others(&mut self, way: &mut Way, action: &Action) -> Go {
        match action {
            Action::Resubmit { port, table, ct } => {
                if *ct {
                    self.note(way, "the original addresses are not looked up");
                }
                return self.resubmit(way, *port, table.unwrap_or(way.table));
            }
            Action::Ct(ct) => self.ct(way, ct),
            Action::CtClear => way.packet.tracked = Default::default(),
            Action::CheckPktLarger { target, length } => {
                // What fills a short frame up does not count.
                let larger = way.packet.layout().end > usize::from(*length);
                way.packet.set_part(*target, larger.into());
            }
            Action::Clone(actions) => {
                let mut copy = way.clone();
                copy.depth += 1;
                self.actions(&mut copy, actions);
            }
            Action::Multipath(multipath) => {
                let link = multipath_link(way, multipath);
                way.packet.set_part(multipath.target, link);
            }
            Action::Learn(learn) => self.learn(way, learn),
            Action::Conjunction { .. }
            | Action::Note(_)
            | Action::FinTimeout { .. }
            | Action::Sample(_)
            | Action::DeleteField(_) => {}
            _ => self.note(way, "this action is not modelled"),
        }
        Go::On
    }

    /// A table as if the packet had come in by another port, then on from here.
    fn resubmit(&mut self, way: &mut Way, port: u32, table: u8) -> Go {
        let before = (way.table, way.cookie, way.packet.in_port);
        if port != ports::IN_PORT {
            way.packet.in_port = port;
        }
        way.depth += 1;
        let go = self.table(way, table);
        way.depth -= 1;
        (way.table, way.cookie) = (before.0, before.1);
        if port != ports::IN_PORT {
            way.packet.in_port = before.2;
        }
        go
    }

    /// The connection tracker; a copy goes on in the table, with its connection known. The packet
    /// itself is untracked afterwards, whatever it was before.
    fn ct(&mut self, way: &mut Way, ct: &Ct) {
        let mut copy = way.clone();
        self.tracker.pass(&mut copy.packet, ct);
        match ct.table {
            Some(table) => {
                copy.depth += 1;
                copy.action_set.clear();
                copy.stack.clear();
                self.anew(|tracer| tracer.pipeline(&mut copy, table));
            }
            // Addresses are translated in the packet itself.
            None => way.packet = copy.packet,
        }
        way.packet.tracked = Default::default();
    }

    fn controller(&mut self, way: &Way, controller: &Controller) {
        if controller.meter_id != 0 {
            self.meter(way, controller.meter_id);
        }
        if controller.pause {
            self.note(way, "paused packets are not resumed");
        }
        let reason = PacketInReason(controller.reason);
        self.punt(way, reason, &controller.userdata);
    }

    fn dec_ttl(&mut self, way: &mut Way) -> Go {
        match way.packet.get(Field::IpTtl) {
            _ if !way.packet.is_ip() => {}
            0 | 1 => {
                self.punt(way, PacketInReason::INVALID_TTL, &[]);
                return Go::Stop;
            }
            ttl => way.packet.set(Field::IpTtl, ttl - 1, 0xff),
        }
        Go::On
    }

    fn bundle(&mut self, way: &mut Way, bundle: &Bundle) {
        let there = |port: &&u32| self.ports.contains_key(*port);
        let live: Vec<u32> = bundle.members.iter().filter(there).copied().collect();
        let place = match bundle.algorithm.0 {
            0 => 0,
            _ => hash(&way.packet, bundle.basis.into()) as usize % live.len().max(1),
        };
        let port = live.get(place).copied();
        match (bundle.target, port) {
            (Some(target), port) => {
                way.packet
                    .set_part(target, port.unwrap_or(ports::ANY).into());
            }
            (None, Some(port)) => self.output(way, port, None),
            (None, None) => self.note(way, "no port of the bundle is there"),
        }
    }
}

fn multipath_link(way: &Way, multipath: &Multipath) -> u128 {
    let links = u64::from(multipath.max_link) + 1;
    (hash(&way.packet, multipath.basis.into()) % links).into()
}
