//! Actions printed.

use std::fmt::{self, Write};

use super::{Resolver, Text, value, write_port, write_table};
use crate::action::{
    Action, Bundle, Controller, Ct, Learn, LearnSource, LearnSpec, LearnTarget, Multipath, Nat,
    NatAddresses, NatDirection, Sample, SampleDirection, SampleValue, Zone,
};
use crate::flow::FlowFlags;
use crate::number::ports;

/// Reasons of packet-ins, by their number.
pub(super) const REASONS: [&str; 6] = [
    "no_match",
    "action",
    "invalid_ttl",
    "action_set",
    "group",
    "packet_out",
];

/// The priority that is not printed.
pub(super) const PRIORITY_DEFAULT: u16 = 0x8000;

impl Text for [Action] {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        if self.is_empty() {
            return out.write_str("drop");
        }
        for (index, action) in self.iter().enumerate() {
            if index > 0 {
                out.write_char(',')?;
            }
            action.write(out, names)?;
        }
        Ok(())
    }
}

impl Text for Action {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        match self {
            Action::Output { port, max_len } => {
                if *port < ports::MAX {
                    out.write_str("output:")?;
                }
                write_port(out, names, *port)?;
                match *port {
                    ports::CONTROLLER => write!(out, ":{max_len}"),
                    _ => Ok(()),
                }
            }
            Action::OutputTrunc { port, max_len } => {
                out.write_str("output(port=")?;
                write_port(out, names, *port)?;
                write!(out, ",max_len={max_len})")
            }
            Action::OutputReg { source, .. } => write!(out, "output:{source}"),
            Action::Controller(controller) => controller.print(out),
            Action::Group(group) => write!(out, "group:{group}"),
            Action::Bundle(bundle) => bundle.print(out, names),
            Action::SetField { field, value, mask } => {
                out.write_str("set_field:")?;
                value::write(out, names, *field, *value, *mask)?;
                write!(out, "->{}", field.name())
            }
            Action::Load { target, value } => {
                out.write_str("load:")?;
                print_hex(out, u128::from(*value))?;
                write!(out, "->{target}")
            }
            Action::Move { source, target } => write!(out, "move:{source}->{target}"),
            Action::CopyField { source, target } => write!(out, "copy_field:{source}->{target}"),
            Action::Resubmit { port, table, ct } => print_resubmit(out, names, *port, *table, *ct),
            Action::Learn(learn) => learn.print(out, names),
            Action::Multipath(multipath) => multipath.print(out),
            Action::Ct(ct) => ct.print(out, names),
            Action::Nat(nat) => nat.print(out),
            Action::Clone(actions) => {
                out.write_str("clone(")?;
                actions.as_slice().write(out, names)?;
                out.write_char(')')
            }
            Action::Sample(sample) => sample.print(out, names),
            other => print_small(other, out),
        }
    }
}

/// Those that are one line each.
fn print_small(action: &Action, out: &mut dyn Write) -> fmt::Result {
    match action {
        Action::SetQueue(queue) => write!(out, "set_queue:{queue}"),
        Action::PopQueue => out.write_str("pop_queue"),
        Action::StackPush(part) => write!(out, "push:{part}"),
        Action::StackPop(part) => write!(out, "pop:{part}"),
        Action::DeleteField(field) => write!(out, "delete_field:{}", field.name()),
        Action::PushVlan(ethertype) => write!(out, "push_vlan:{ethertype:#x}"),
        Action::PopVlan => out.write_str("pop_vlan"),
        Action::PushMpls(ethertype) => write!(out, "push_mpls:0x{ethertype:04x}"),
        Action::PopMpls(ethertype) => write!(out, "pop_mpls:0x{ethertype:04x}"),
        Action::PushPbb(ethertype) => write!(out, "push_pbb:0x{ethertype:04x}"),
        Action::PopPbb => out.write_str("pop_pbb"),
        Action::SetMplsTtl(ttl) => write!(out, "set_mpls_ttl({ttl})"),
        Action::DecMplsTtl => out.write_str("dec_mpls_ttl"),
        Action::SetNwTtl(ttl) => write!(out, "mod_nw_ttl:{ttl}"),
        Action::DecTtl => out.write_str("dec_ttl"),
        Action::DecTtlIds(ids) => {
            out.write_str("dec_ttl(")?;
            print_list(out, ids)?;
            out.write_char(')')
        }
        Action::CopyTtlOut => out.write_str("copy_ttl_out"),
        Action::CopyTtlIn => out.write_str("copy_ttl_in"),
        Action::SetTunnel(key) => {
            out.write_str("set_tunnel:")?;
            print_hex(out, u128::from(*key))
        }
        Action::SetTunnel64(key) => {
            out.write_str("set_tunnel64:")?;
            print_hex(out, u128::from(*key))
        }
        Action::Conjunction {
            id,
            clause,
            clauses,
        } => write!(
            out,
            "conjunction({id},{}/{clauses})",
            u16::from(*clause) + 1
        ),
        Action::CtClear => out.write_str("ct_clear"),
        Action::CheckPktLarger { target, length } => {
            write!(out, "check_pkt_larger({length})->{target}")
        }
        Action::FinTimeout { idle, hard } => {
            let mut list = Commas::open(out, "fin_timeout(")?;
            list.item_if(*idle != 0, format_args!("idle_timeout={idle}"))?;
            list.item_if(*hard != 0, format_args!("hard_timeout={hard}"))?;
            list.close()
        }
        Action::Note(note) => {
            out.write_str("note:")?;
            print_bytes(out, note)
        }
        Action::Exit => out.write_str("exit"),
        Action::Unknown { kind, body } => {
            write!(out, "unknown_action(type={kind:#x},body=")?;
            print_bytes(out, body)?;
            out.write_char(')')
        }
        _ => Ok(()),
    }
}

fn print_resubmit(
    out: &mut dyn Write,
    names: &dyn Resolver,
    port: u32,
    table: Option<u8>,
    ct: bool,
) -> fmt::Result {
    if port != ports::IN_PORT && table.is_none() && !ct {
        out.write_str("resubmit:")?;
        return write_port(out, names, port);
    }
    out.write_str("resubmit(")?;
    if port != ports::IN_PORT {
        write_port(out, names, port)?;
    }
    out.write_char(',')?;
    if let Some(table) = table {
        write_table(out, names, table)?;
    }
    out.write_str(if ct { ",ct)" } else { ")" })
}

/// Items between commas, in parentheses.
struct Commas<'a> {
    out: &'a mut dyn Write,
    first: bool,
}

impl<'a> Commas<'a> {
    fn open(out: &'a mut dyn Write, name: &str) -> Result<Self, fmt::Error> {
        out.write_str(name)?;
        Ok(Commas { out, first: true })
    }

    /// The output for the next item.
    fn next(&mut self) -> Result<&mut dyn Write, fmt::Error> {
        if !self.first {
            self.out.write_char(',')?;
        }
        self.first = false;
        Ok(self.out)
    }

    fn item(&mut self, item: fmt::Arguments<'_>) -> fmt::Result {
        self.next()?.write_fmt(item)
    }

    fn item_if(&mut self, there: bool, item: fmt::Arguments<'_>) -> fmt::Result {
        if there { self.item(item) } else { Ok(()) }
    }

    fn close(self) -> fmt::Result {
        self.out.write_char(')')
    }
}

fn print_list(out: &mut dyn Write, items: &[u16]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        write!(out, "{comma}{item}")?;
    }
    Ok(())
}

/// As C's %#x does: no 0x before a zero.
fn print_hex(out: &mut dyn Write, value: u128) -> fmt::Result {
    match value {
        0 => out.write_char('0'),
        value => write!(out, "{value:#x}"),
    }
}

pub(super) fn print_bytes(out: &mut dyn Write, bytes: &[u8]) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        let dot = if index > 0 { "." } else { "" };
        write!(out, "{dot}{byte:02x}")?;
    }
    Ok(())
}

impl Controller {
    fn print(&self, out: &mut dyn Write) -> fmt::Result {
        let plain = Controller {
            max_len: self.max_len,
            ..Controller::default()
        };
        if *self == plain {
            return write!(out, "CONTROLLER:{}", self.max_len);
        }
        let mut list = Commas::open(out, "controller(")?;
        if self.reason != plain.reason {
            match REASONS.get(usize::from(self.reason)) {
                Some(name) => list.item(format_args!("reason={name}"))?,
                None => list.item(format_args!("reason={}", self.reason))?,
            }
        }
        list.item_if(
            self.max_len != u16::MAX,
            format_args!("max_len={}", self.max_len),
        )?;
        list.item_if(
            self.controller_id != 0,
            format_args!("id={}", self.controller_id),
        )?;
        if !self.userdata.is_empty() {
            let out = list.next()?;
            out.write_str("userdata=")?;
            print_bytes(out, &self.userdata)?;
        }
        list.item_if(self.pause, format_args!("pause"))?;
        list.item_if(
            self.meter_id != 0,
            format_args!("meter_id={}", self.meter_id),
        )?;
        list.close()
    }
}

impl Bundle {
    fn print(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        let name = if self.target.is_some() {
            "bundle_load"
        } else {
            "bundle"
        };
        let (fields, basis, algorithm) = (self.fields, self.basis, self.algorithm);
        write!(out, "{name}({fields},{basis},{algorithm},ofport,")?;
        if let Some(target) = self.target {
            write!(out, "{target},")?;
        }
        out.write_str("members:")?;
        for (index, member) in self.members.iter().enumerate() {
            if index > 0 {
                out.write_char(',')?;
            }
            write_port(out, names, *member)?;
        }
        out.write_char(')')
    }
}

impl Multipath {
    fn print(&self, out: &mut dyn Write) -> fmt::Result {
        write!(
            out,
            "multipath({},{},{},{},{},{})",
            self.fields,
            self.basis,
            self.algorithm,
            u32::from(self.max_link) + 1,
            self.argument,
            self.target
        )
    }
}

impl Ct {
    fn print(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        let mut list = Commas::open(out, "ct(")?;
        list.item_if(self.commit, format_args!("commit"))?;
        list.item_if(self.force, format_args!("force"))?;
        if let Some(table) = self.table {
            let out = list.next()?;
            out.write_str("table=")?;
            write_table(out, names, table)?;
        }
        match self.zone {
            Zone::Fixed(0) => {}
            Zone::Fixed(zone) => list.item(format_args!("zone={zone}"))?,
            Zone::From(source) => list.item(format_args!("zone={source}"))?,
        }
        let actions = match self.actions.split_first() {
            Some((Action::Nat(nat), rest)) => {
                nat.print(list.next()?)?;
                rest
            }
            _ => &self.actions,
        };
        if !actions.is_empty() {
            let out = list.next()?;
            out.write_str("exec(")?;
            actions.write(out, names)?;
            out.write_char(')')?;
        }
        match self.alg {
            0 => {}
            21 => list.item(format_args!("alg=ftp"))?,
            69 => list.item(format_args!("alg=tftp"))?,
            alg => list.item(format_args!("alg={alg}"))?,
        }
        list.close()
    }
}

impl Nat {
    fn print(&self, out: &mut dyn Write) -> fmt::Result {
        out.write_str("nat")?;
        let name = match self.direction {
            None => return Ok(()),
            Some(NatDirection::Source) => "src",
            Some(NatDirection::Destination) => "dst",
        };
        write!(out, "({name}")?;
        if let Some(range) = self.range {
            out.write_char('=')?;
            match range.addresses {
                NatAddresses::V4(first, last) => {
                    print_range(out, Some(first), last, |out, one| write!(out, "{one}"))?
                }
                NatAddresses::V6(first, last) => {
                    print_range(out, Some(first), last, |out, one| {
                        let (open, close) = if range.ports.is_some() {
                            ("[", "]")
                        } else {
                            ("", "")
                        };
                        out.write_str(open)?;
                        value::write_ipv6_address(out, one.into())?;
                        out.write_str(close)
                    })?
                }
            }
            if let Some((first, last)) = range.ports {
                out.write_char(':')?;
                print_range(out, Some(first), last, |out, one| write!(out, "{one}"))?;
            }
        }
        for (set, name) in [
            (self.persistent, ",persistent"),
            (self.hash, ",hash"),
            (self.random, ",random"),
        ] {
            if set {
                out.write_str(name)?;
            }
        }
        out.write_char(')')
    }
}

fn print_range<T: Copy>(
    out: &mut dyn Write,
    first: Option<T>,
    last: Option<T>,
    one: impl Fn(&mut dyn Write, T) -> fmt::Result,
) -> fmt::Result {
    for (index, end) in first.into_iter().chain(last).enumerate() {
        if index > 0 {
            out.write_char('-')?;
        }
        one(out, end)?;
    }
    Ok(())
}

impl Learn {
    fn print(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        let mut list = Commas::open(out, "learn(")?;
        let out = list.next()?;
        out.write_str("table=")?;
        write_table(out, names, self.table)?;
        for (name, seconds) in [
            ("idle_timeout", self.idle_timeout),
            ("hard_timeout", self.hard_timeout),
            ("fin_idle_timeout", self.fin_idle_timeout),
            ("fin_hard_timeout", self.fin_hard_timeout),
        ] {
            list.item_if(seconds != 0, format_args!("{name}={seconds}"))?;
        }
        let priority = self.priority;
        list.item_if(
            priority != PRIORITY_DEFAULT,
            format_args!("priority={priority}"),
        )?;
        let tells = self.flags.contains(FlowFlags::SEND_FLOW_REMOVED);
        list.item_if(tells, format_args!("send_flow_rem"))?;
        list.item_if(self.delete_learned, format_args!("delete_learned"))?;
        list.item_if(self.cookie != 0, format_args!("cookie={:#x}", self.cookie))?;
        list.item_if(self.limit != 0, format_args!("limit={}", self.limit))?;
        if let Some(result) = self.result {
            list.item(format_args!("result_dst={result}"))?;
        }
        for spec in &self.specs {
            spec.print(list.next()?, names)?;
        }
        list.close()
    }
}

impl LearnSpec {
    fn print(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        match (self.target, self.source) {
            (LearnTarget::Match(target), LearnSource::Value(value, _)) if target.is_whole() => {
                let field = target.field();
                write!(out, "{}=", field.name())?;
                value::write(out, names, field, value, field.full_mask())
            }
            (LearnTarget::Match(target), LearnSource::Value(value, _)) => {
                write!(out, "{target}=")?;
                print_hex(out, value)
            }
            (LearnTarget::Match(target), LearnSource::Field(source)) if source == target => {
                target.write(out, names)
            }
            (LearnTarget::Match(target), LearnSource::Field(source)) => {
                write!(out, "{target}={source}")
            }
            (LearnTarget::Load(target), LearnSource::Value(value, _)) => {
                out.write_str("load:")?;
                print_hex(out, value)?;
                write!(out, "->{target}")
            }
            (LearnTarget::Load(target), LearnSource::Field(source)) => {
                write!(out, "load:{source}->{target}")
            }
            (LearnTarget::Output, LearnSource::Field(source)) => write!(out, "output:{source}"),
            (LearnTarget::Output, LearnSource::Value(value, _)) => write!(out, "output:{value}"),
        }
    }
}

impl Sample {
    fn print(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        let (probability, set) = (self.probability, self.collector_set);
        write!(
            out,
            "sample(probability={probability},collector_set_id={set}"
        )?;
        for (name, value) in [("obs_domain_id", self.domain), ("obs_point_id", self.point)] {
            match value {
                SampleValue::Fixed(value) => write!(out, ",{name}={value}")?,
                SampleValue::From(source) => write!(out, ",{name}={source}")?,
            }
        }
        if self.port != ports::ANY {
            out.write_str(",sampling_port=")?;
            write_port(out, names, self.port)?;
        }
        if self.direction != SampleDirection::UNKNOWN {
            write!(out, ",{}", self.direction)?;
        }
        out.write_char(')')
    }
}
