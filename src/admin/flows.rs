//! Flows in words: tables by name, and for each flow the object of the cloud that it belongs to.

use std::fmt::Write;

use openflow::FlowStats;
use openflow::text::{Resolver, Text};

use crate::compile::cookie;
use crate::compile::pipeline::Table;
use crate::model::Model;

/// The flows, by table and priority, one line each, as `ovs-ofctl` would print them, under the names
/// of their tables; at the end of each line whose it is.
pub fn describe_flows(mut flows: Vec<FlowStats>, model: &Model) -> String {
    flows.sort_by(|a, b| {
        let order = |flow: &FlowStats| (flow.key.table, std::cmp::Reverse(flow.key.priority));
        order(a)
            .cmp(&order(b))
            .then_with(|| a.key.matching.cmp(&b.key.matching))
    });
    let mut text = String::new();
    let mut table = None;
    for flow in &flows {
        if table != Some(flow.key.table) {
            table = Some(flow.key.table);
            let name = Table::by_number(flow.key.table).map_or("not ours", Table::name);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "table {} ({name})", flow.key.table);
        }
        let owner = match cookie::describe(flow.entry.cookie, model) {
            Some(described) => described.to_string(),
            None => format!("foreign, cookie {:#x}", flow.entry.cookie),
        };
        let _ = writeln!(text, "  {}  # {owner}", flow.named(&TableNames));
    }
    text
}

/// Tables by the names that the pipeline gives them.
struct TableNames;

impl Resolver for TableNames {
    fn table(&self, table: u8) -> Option<String> {
        Table::by_number(table).map(|table| table.name().to_owned())
    }
}
