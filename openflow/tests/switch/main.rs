//! The in-memory switch: packets through its tables, groups, bundles, roles, dumps, and a
//! controller's session with it. `tests/ovs/twin.rs` holds it against a real one.
#![allow(clippy::unwrap_used)]

mod control;
mod frames;
mod groups;
mod served;
mod traces;

use openflow::GroupMod;
use openflow::testing::Switch;

/// A switch with four ports, these groups, and these flows.
fn switch(groups: &[&str], flows: &[&str]) -> Switch {
    let mut switch = Switch::new(1);
    for number in 1..=4 {
        switch.add_port(number, &format!("p{number}"));
    }
    for group in groups {
        let group: GroupMod = group.parse().unwrap();
        switch.group_mod(&group).unwrap();
    }
    for flow in flows {
        switch.add_flow(flow).unwrap();
    }
    switch
}
