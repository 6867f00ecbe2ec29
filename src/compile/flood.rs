//! Frames to many: broadcast and multicast to all ports of the network, frames to unknown MAC
//! addresses to those that may own them.
//!
//! What an instance of this node sends goes to the members here and to the other nodes (or to the
//! provider network); what comes from outside goes to the members here only, so nothing goes round.
//! Unknown unicast reaches only ports that may send from addresses that are not their own, never all
//! instances; a physical network has addresses we know nothing of, so it always gets a copy.

use api::{Network, Node};
use openflow::{Action, Field, Match};

use super::cookie::{Feature, Object};
use super::group::{GroupKind, List};
use super::matching::{Narrow, packets};
use super::output::{Flow, Output};
use super::pipeline::Table;
use super::priority::{FALLBACK, FALLBACK_SPECIFIC, NORMAL, Priority, SPECIFIC};
use super::register::FROM_LOCAL;
use super::view::{LocalPort, View, host_may_own_unknown, may_own_unknown};

/// The bit that all group addresses have, broadcast too.
const GROUP_ADDRESS: u128 = 0x0100_0000_0000;

/// The flows and groups of one network; none where it has no port to send or receive.
pub(super) fn network(view: View, network: &Network, out: &mut Output) {
    let members: Vec<LocalPort> = view.local_ports(network).collect();
    if members.is_empty() {
        return;
    }
    let many = Audience {
        here: List::of_ports(GroupKind::FloodLocal, network.key, members.iter().map(key)),
        elsewhere: elsewhere(view, network, GroupKind::FloodRemote, |_| true),
    };
    let may_own = members.iter().filter(|local| may_own_unknown(local.port));
    let unknown = Audience {
        here: List::of_ports(GroupKind::UnknownLocal, network.key, may_own.map(key)),
        elsewhere: elsewhere(view, network, GroupKind::UnknownRemote, |node| {
            host_may_own_unknown(view.model, network.id, &node.hostname)
        }),
    };
    let frames = packets().in_network(network.key);
    let to_many = frames
        .clone()
        .with_masked(Field::EthDst, GROUP_ADDRESS, GROUP_ADDRESS);
    many.flows(network, to_many, [NORMAL, SPECIFIC], out);
    unknown.flows(network, frames, [FALLBACK, FALLBACK_SPECIFIC], out);
}

fn key(local: &LocalPort) -> u32 {
    local.port.key
}

/// Who else gets a copy of what an instance of this node sends.
fn elsewhere(
    view: View,
    network: &Network,
    kind: GroupKind,
    member: impl Fn(&Node) -> bool,
) -> Elsewhere {
    let Some(wire) = view.wire(network) else {
        return Elsewhere::Nobody;
    };
    if wire.network_type.is_tunnel() {
        let peers = view.peers_with(network).filter(|node| member(node));
        match List::of_nodes(kind, network.key, peers.map(|node| node.key)) {
            Some(list) => Elsewhere::Nodes(list),
            None => Elsewhere::Nobody,
        }
    } else if wire.physical_network.is_some() {
        Elsewhere::PhysicalNetwork
    } else {
        Elsewhere::Nobody
    }
}

/// Receivers on other machines.
enum Elsewhere {
    Nobody,
    Nodes(List),
    PhysicalNetwork,
}

/// Receivers.
struct Audience {
    here: Option<List>,
    elsewhere: Elsewhere,
}

impl Audience {
    /// Two flows at most: for frames from anywhere, and before it for those from this node.
    fn flows(self, network: &Network, frames: Match, bands: [Priority; 2], out: &mut Output) {
        let [anywhere, this_node] = bands;
        let flow = |band, matching| {
            Flow::new(Table::Switching, band, matching)
                .of(Feature::Flooding, Object::Network(network.key))
        };
        let here = self.here.as_ref().map(|list| Action::Group(list.id));
        if here.is_some() {
            out.flow(flow(anywhere, frames.clone()).apply(here.clone()));
        }
        let local = flow(this_node, frames.on(FROM_LOCAL)).apply(here);
        match self.elsewhere {
            Elsewhere::Nobody => {}
            Elsewhere::PhysicalNetwork => out.flow(local.goto(Table::Wire)),
            Elsewhere::Nodes(list) => {
                out.flow(local.apply([Action::Group(list.id)]));
                out.list(list);
            }
        }
        if let Some(list) = self.here {
            out.list(list);
        }
    }
}
