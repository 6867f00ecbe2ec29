//! What a switch refuses: matches, actions and instructions that cannot be, with the error that Open
//! vSwitch sends for each.

use std::collections::BTreeSet;

use super::change::Pipeline;
use super::flow_table::flatten;
use crate::action::{Action, Zone};
use crate::instruction::Instruction;
use crate::number::ports;
use crate::oxm::{Field, Match, MatchError, Needs, Subfield};
use crate::packet_io::PacketOut;
use crate::peer_error::{
    BadAction, BadInstruction, BadMatch, BadRequest, MeterModFailed, NiciraError, PeerError,
};

/// Tables of the switch: the last of the 255 is its own.
pub(super) const TABLES: u8 = 254;

/// What flows may refer to.
pub(super) struct Known<'a> {
    pub is_group: &'a dyn Fn(u32) -> bool,
    pub is_meter: &'a dyn Fn(u32) -> bool,
}

/// A match that the switch takes.
pub(super) fn matching(matching: &Match) -> Result<(), PeerError> {
    if !matching.foreign().is_empty() {
        return Err(PeerError::BadMatch(BadMatch::BadField));
    }
    matching.check().map_err(|error| {
        PeerError::BadMatch(match error {
            MatchError::NotMaskable { .. } => BadMatch::BadMask,
            MatchError::Needs { .. } => BadMatch::BadPrerequisite,
        })
    })
}

/// Instructions that the switch takes in a flow of this table and match.
pub(super) fn instructions(
    table: u8,
    matching: &Match,
    list: &[Instruction],
    known: &Known<'_>,
) -> Result<(), PeerError> {
    let mut seen = BTreeSet::new();
    for instruction in list {
        if !seen.insert(instruction.rank()) {
            let twice = crate::peer_error::OnfError::DuplicateInstruction;
            return Err(PeerError::Onf(twice));
        }
        let bad = |code| Err(PeerError::BadInstruction(code));
        match instruction {
            Instruction::GotoTable(next) if *next <= table || *next >= TABLES => {
                return bad(BadInstruction::BadTable);
            }
            Instruction::Meter(meter) if !(known.is_meter)(*meter) => {
                return Err(PeerError::MeterModFailed(MeterModFailed::Invalid));
            }
            Instruction::ApplyActions(actions) | Instruction::WriteActions(actions) => {
                Checker::of_flow(matching.clone(), known).list(actions)?;
            }
            Instruction::Unknown { .. } => return bad(BadInstruction::Unknown),
            _ => {}
        }
    }
    Ok(())
}

/// Actions that the switch takes where nothing is known of the packet: in buckets and packet-outs.
pub(super) fn actions(list: &[Action], known: &Known<'_>) -> Result<(), PeerError> {
    let checker = Checker {
        matching: None,
        known,
        in_ct: false,
    };
    checker.clone().list(list)
}

/// A packet of a controller's that the switch takes. Only its actions may send to the tables.
pub(super) fn packet_out(packet: &PacketOut, pipeline: &Pipeline) -> Result<(), PeerError> {
    if packet.buffer_id.is_some() {
        return Err(PeerError::BadRequest(BadRequest::BufferUnknown));
    }
    if (ports::MAX..ports::CONTROLLER).contains(&packet.in_port) {
        return Err(PeerError::BadRequest(BadRequest::BadPort));
    }
    let known = Known {
        is_group: &|id| pipeline.groups.contains_key(&id),
        is_meter: &|id| pipeline.meters.contains_key(&id),
    };
    let to_tables = |action: &&Action| {
        let port = ports::TABLE;
        !matches!(action, Action::Output { port: to, .. } if *to == port)
    };
    let others: Vec<Action> = packet.actions.iter().filter(to_tables).cloned().collect();
    actions(&others, &known)
}

/// What is known of the packet on the way through a list of actions.
#[derive(Clone)]
struct Checker<'a> {
    /// `None` where nothing is: needs are not checked then.
    matching: Option<Match>,
    known: &'a Known<'a>,
    in_ct: bool,
}

fn bad(code: BadAction) -> Result<(), PeerError> {
    Err(PeerError::BadAction(code))
}

impl<'a> Checker<'a> {
    fn of_flow(matching: Match, known: &'a Known<'a>) -> Self {
        Checker {
            matching: Some(matching),
            known,
            in_ct: false,
        }
    }

    fn list(mut self, list: &[Action]) -> Result<(), PeerError> {
        let mut flat = Vec::new();
        flatten(list, &mut flat);
        let conjunction = |action: &&Action| matches!(action, Action::Conjunction { .. });
        let beside = |action: &&Action| !conjunction(action) && !matches!(action, Action::Note(_));
        if flat.iter().any(conjunction) && flat.iter().any(beside) {
            return Err(PeerError::Nicira(NiciraError::BadConjunction));
        }
        list.iter().try_for_each(|action| self.action(action))
    }

    fn action(&mut self, action: &Action) -> Result<(), PeerError> {
        if self.in_ct {
            return self.within_ct(action);
        }
        match action {
            Action::Output { port, .. } | Action::OutputTrunc { port, .. } => port_to(*port),
            Action::OutputReg { source, .. } => self.read(*source),
            Action::Group(group) if !(self.known.is_group)(*group) => bad(BadAction::BadOutGroup),
            Action::Controller(controller) => match controller.meter_id {
                0 => Ok(()),
                meter if (self.known.is_meter)(meter) => Ok(()),
                _ => Err(PeerError::MeterModFailed(MeterModFailed::Invalid)),
            },
            Action::SetField { field, value, .. } => self.set_field(*field, *value),
            Action::Load { target, .. } => self.write(*target),
            Action::StackPop(target) => self.write(*target),
            Action::StackPush(source) => self.read(*source),
            Action::Move { source, target } | Action::CopyField { source, target } => {
                if source.bits() != target.bits() {
                    return bad(BadAction::BadArgument);
                }
                self.read(*source)?;
                self.write(*target)
            }
            Action::CheckPktLarger { target, .. } => self.write(*target),
            Action::Multipath(multipath) => self.write(multipath.target),
            Action::Bundle(bundle) => bundle.target.map_or(Ok(()), |target| self.write(target)),
            _ => self.others(action),
        }
    }

    fn others(&mut self, action: &Action) -> Result<(), PeerError> {
        match action {
            Action::PushVlan(0x8100 | 0x88a8) => {
                self.learn(Field::VlanVid, 0x1000);
                Ok(())
            }
            Action::PushVlan(_) => bad(BadAction::BadArgument),
            Action::PopVlan => {
                self.needs(Needs::Vlan)?;
                self.forget(&[Field::VlanVid, Field::VlanPcp]);
                Ok(())
            }
            Action::PushMpls(ethertype @ (0x8847 | 0x8848)) => {
                self.forget(&[Field::IpProto, Field::EthType]);
                self.learn(Field::EthType, u128::from(*ethertype));
                Ok(())
            }
            Action::PushMpls(_) => bad(BadAction::BadArgument),
            Action::PopMpls(ethertype) => {
                self.needs(Needs::Mpls)?;
                self.forget(&[Field::EthType]);
                self.learn(Field::EthType, u128::from(*ethertype));
                Ok(())
            }
            Action::SetMplsTtl(_) | Action::DecMplsTtl => self.needs(Needs::Mpls),
            Action::SetNwTtl(_) | Action::DecTtl | Action::DecTtlIds(_) => self.needs(Needs::Ip),
            Action::FinTimeout { .. } => self.needs(Needs::Tcp),
            Action::Resubmit { ct: true, .. } => self.needs(Needs::Ct),
            Action::Conjunction {
                clause, clauses, ..
            } if clause >= clauses || !(2..=64).contains(clauses) => {
                Err(PeerError::Nicira(NiciraError::BadConjunction))
            }
            Action::Ct(ct) => {
                self.needs(Needs::Ip)?;
                let needs_commit = |action: &Action| match action {
                    Action::Nat(nat) => nat.direction.is_some(),
                    _ => true,
                };
                if !ct.commit && (ct.force || ct.actions.iter().any(needs_commit)) {
                    return bad(BadAction::BadArgument);
                }
                if let Zone::From(source) = ct.zone {
                    if source.bits() != 16 {
                        return bad(BadAction::BadSetLength);
                    }
                    self.read(source)?;
                }
                let mut inside = self.clone();
                inside.in_ct = true;
                inside.list(&ct.actions)
            }
            Action::Nat(_) => bad(BadAction::BadSetArgument),
            Action::Clone(actions) => self.clone().list(actions),
            Action::PushPbb(_) | Action::PopPbb | Action::CopyTtlIn | Action::CopyTtlOut => {
                bad(BadAction::BadType)
            }
            Action::Unknown { .. } => bad(BadAction::BadType),
            _ => Ok(()),
        }
    }

    /// What the connection tracker can do with a connection.
    fn within_ct(&self, action: &Action) -> Result<(), PeerError> {
        let is_of_connection = |field| matches!(field, Field::CtMark | Field::CtLabel);
        match action {
            Action::Nat(_) => Ok(()),
            Action::SetField { field, .. } if is_of_connection(*field) => Ok(()),
            Action::Load { target, .. } if is_of_connection(target.field()) => Ok(()),
            Action::Move { target, .. } if is_of_connection(target.field()) => Ok(()),
            _ => bad(BadAction::BadArgument),
        }
    }

    fn set_field(&self, field: Field, value: u128) -> Result<(), PeerError> {
        let without_tag = field == Field::VlanVid && value & 0x1000 == 0;
        if !field.is_writable() || field == Field::InPort || without_tag {
            return bad(BadAction::BadSetArgument);
        }
        // Its text form names the tag that must be there.
        if field == Field::VlanVid {
            self.needs(Needs::Vlan)?;
        }
        self.write(field.into())
    }

    fn write(&self, target: Subfield) -> Result<(), PeerError> {
        let field = target.field();
        if !field.is_writable() || matches!(field, Field::CtMark | Field::CtLabel) {
            return bad(BadAction::BadSetArgument);
        }
        self.needs(field.needs())
    }

    fn read(&self, source: Subfield) -> Result<(), PeerError> {
        self.needs(source.field().needs())
    }

    fn needs(&self, needs: Needs) -> Result<(), PeerError> {
        match &self.matching {
            Some(matching) if !matching.fulfils(needs) => bad(BadAction::MatchInconsistent),
            _ => Ok(()),
        }
    }

    fn learn(&mut self, field: Field, value: u128) {
        if let Some(matching) = &mut self.matching {
            matching.narrow(field, value, field.full_mask());
        }
    }

    fn forget(&mut self, fields: &[Field]) {
        self.matching = self.matching.take().map(|matching| {
            fields
                .iter()
                .fold(matching, |matching, field| matching.without(*field))
        });
    }
}

fn port_to(port: u32) -> Result<(), PeerError> {
    match port {
        0 | ports::ANY | ports::TABLE => bad(BadAction::BadOutPort),
        1..0xff00 => Ok(()),
        ports::IN_PORT..=ports::LOCAL => Ok(()),
        _ => bad(BadAction::BadOutPort),
    }
}
