//! The text form of `ovs-ofctl`, printed and parsed: what people read, and what golden files hold.
//!
//! Everything that has a text form implements [`Text`]; [`Text::named`] prints it with names for
//! tables and ports, `Display` without. Whatever is printed without names parses back to the same.

mod action_parse;
mod action_print;
mod arguments;
mod flow;
mod group;
mod instruction;
mod match_parse;
mod match_print;
mod meter;
mod span;
mod value;

use std::fmt;

pub use action_parse::parse_actions;
pub use flow::{FlowLine, parse_flow};
pub use instruction::parse_instructions;
pub use span::{ParseError, TextProblem};

/// Names of tables and ports, for people.
pub trait Resolver {
    /// The name of a table; `None`: its number is printed.
    fn table(&self, _table: u8) -> Option<String> {
        None
    }

    /// The name of a port; `None`: its number is printed.
    fn port(&self, _port: u32) -> Option<String> {
        None
    }
}

/// Numbers only: what parses back.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNames;

impl Resolver for NoNames {}

/// Something with a text form.
pub trait Text {
    /// Writes it.
    fn write(&self, out: &mut dyn fmt::Write, names: &dyn Resolver) -> fmt::Result;

    /// It with names for tables and ports, to be displayed.
    fn named<'a>(&'a self, names: &'a dyn Resolver) -> Named<'a, Self> {
        Named { it: self, names }
    }
}

/// Something to be displayed with names: see [`Text::named`].
pub struct Named<'a, T: ?Sized> {
    it: &'a T,
    names: &'a dyn Resolver,
}

impl<T: Text + ?Sized> fmt::Display for Named<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.it.write(f, self.names)
    }
}

/// Displays without names what has a text form.
macro_rules! display {
    ($($type:ty),+) => {
        $(
            impl std::fmt::Display for $type {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    $crate::text::Text::write(self, f, &$crate::text::NoNames)
                }
            }
        )+
    };
}

display!(
    crate::Match,
    crate::Action,
    crate::Instruction,
    crate::Subfield,
    crate::FlowMod,
    crate::FlowStats,
    crate::Group,
    crate::Bucket,
    crate::GroupMod,
    crate::Meter,
    crate::MeterMod,
    FlowLine<'_>
);

/// Writes a table by name or number.
fn write_table(out: &mut dyn fmt::Write, names: &dyn Resolver, table: u8) -> fmt::Result {
    match names.table(table) {
        Some(name) => out.write_str(&name),
        None => write!(out, "{table}"),
    }
}

/// Writes a port by name or number.
fn write_port(out: &mut dyn fmt::Write, names: &dyn Resolver, port: u32) -> fmt::Result {
    let reserved = crate::number::ports::NAMES;
    if let Some((_, name)) = reserved.iter().find(|(number, _)| *number == port) {
        return out.write_str(name);
    }
    match names.port(port) {
        Some(name) => out.write_str(&name),
        None => write!(out, "{port}"),
    }
}
