//! What a packet meets on its way through the tables, and what becomes of it.

mod actions;
mod learn;
mod run;

use std::fmt::{self, Write};

pub(super) use run::Tracer;

use super::packet::Tunnel;
use crate::action::Action;
use crate::flow::{FlowEntry, FlowKey};
use crate::packet_io::PacketIn;
use crate::text::{NoNames, Resolver, Text};

/// A packet that goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// By which port.
    pub port: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What a tunnel behind the port would be told.
    pub tunnel: Tunnel,
    /// The queue, where one was chosen.
    pub queue: Option<u32>,
}

/// One thing that happened to a packet. The depth counts the resubmissions, groups and copies that
/// it happened within.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A flow matched.
    Flow {
        /// How deep.
        depth: usize,
        /// Which flow.
        key: FlowKey,
        /// Its cookie.
        cookie: u64,
    },
    /// No flow of a table matched.
    Miss {
        /// How deep.
        depth: usize,
        /// The table.
        table: u8,
    },
    /// An action was done.
    Action {
        /// How deep.
        depth: usize,
        /// Which.
        action: Action,
    },
    /// Something worth saying: why a packet went no further, what is not modelled.
    Note {
        /// How deep.
        depth: usize,
        /// What.
        text: String,
    },
}

/// What a packet met, and what became of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// What went out, in order.
    pub outputs: Vec<Output>,
    /// What the controllers got.
    pub packet_ins: Vec<PacketIn>,
    /// Flows that were learnt.
    pub learnt: Vec<(FlowKey, FlowEntry)>,
}

impl Trace {
    /// The ports by which it went out, in order.
    pub fn output_ports(&self) -> Vec<u32> {
        self.outputs.iter().map(|output| output.port).collect()
    }

    /// Whether nothing went out and no controller got anything.
    pub fn is_dropped(&self) -> bool {
        self.outputs.is_empty() && self.packet_ins.is_empty()
    }

    /// The flows that matched, in order.
    pub fn flows(&self) -> impl Iterator<Item = (&FlowKey, u64)> {
        self.steps.iter().filter_map(|step| match step {
            Step::Flow { key, cookie, .. } => Some((key, *cookie)),
            _ => None,
        })
    }

    /// Whether something that is not modelled was met.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Note { text, .. } => Some(text.as_str()),
            _ => None,
        })
    }
}

impl Text for Trace {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        for step in &self.steps {
            let (Step::Flow { depth, .. }
            | Step::Miss { depth, .. }
            | Step::Action { depth, .. }
            | Step::Note { depth, .. }) = step;
            write!(out, "{:width$}", "", width = 4 * depth)?;
            match step {
                Step::Flow { key, cookie, .. } => {
                    write_table(out, names, key.table)?;
                    write!(out, "priority {}, ", key.priority)?;
                    key.matching.write(out, names)?;
                    writeln!(out, ", cookie {cookie:#x}")?;
                }
                Step::Miss { table, .. } => {
                    write_table(out, names, *table)?;
                    writeln!(out, "no match: drop")?;
                }
                Step::Action { action, .. } => {
                    out.write_str("    ")?;
                    action.write(out, names)?;
                    out.write_char('\n')?;
                }
                Step::Note { text, .. } => writeln!(out, "     >> {text}")?,
            }
        }
        for output in &self.outputs {
            let name = names.port(output.port).unwrap_or_default();
            writeln!(
                out,
                "=> {} {name} {} bytes",
                output.port,
                output.bytes.len()
            )?;
        }
        for packet_in in &self.packet_ins {
            writeln!(out, "=> controller, {}", packet_in.reason)?;
        }
        match self.is_dropped() {
            true => writeln!(out, "=> dropped"),
            false => Ok(()),
        }
    }
}

fn write_table(out: &mut dyn Write, names: &dyn Resolver, table: u8) -> fmt::Result {
    match names.table(table) {
        Some(name) => write!(out, "{table:2}. {name}: "),
        None => write!(out, "{table:2}. "),
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &NoNames)
    }
}
