//! Which sections of which nodes a change may have altered.
//!
//! The answer may name too much, never too little: for every section that builds differently from
//! `before` and `after`, some change between the two names it. It costs what it names; nodes that do
//! not have the network of a port are not named, and of those that have it each is named a fixed
//! number of sections, but where a network comes to a node or leaves it: then all its ports.

use std::collections::BTreeSet;

use api::{FixedIp, Mac, Network, Node, Port, Record, Subnet};
use ipnet::IpNet;
use uuid::Uuid;

use super::section::{Section, network_sections};
use super::view::{has, host_may_own_unknown, is_bound, nodes_with};
use super::{Facts, services::dhcp};
use crate::model::{Change, Model};

/// The sections, with their nodes, that may build differently from `before` and from `after`
/// because of `change`, which must be one of those that lead from one to the other.
pub fn touched(change: &Change, before: &Model, after: &Model) -> BTreeSet<(Uuid, Section)> {
    let mut span = Span {
        before,
        after,
        touched: BTreeSet::new(),
    };
    let records = [change.before.as_ref(), change.after.as_ref()];
    match records {
        [Some(Record::Network(_)), _] | [_, Some(Record::Network(_))] => {
            span.network(records.map(|record| record.and_then(as_network)), change.id);
        }
        [Some(Record::Subnet(_)), _] | [_, Some(Record::Subnet(_))] => {
            for subnet in records.into_iter().flatten().filter_map(as_subnet) {
                span.subnets(subnet.network_id);
            }
        }
        [Some(Record::Port(_)), _] | [_, Some(Record::Port(_))] => {
            span.port(records.map(|record| record.and_then(as_port)), change.id);
        }
        [Some(Record::Node(_)), _] | [_, Some(Record::Node(_))] => {
            span.node(records.map(|record| record.and_then(as_node)), change.id);
        }
        _ => {}
    }
    span.touched
}

fn as_network(record: &Record) -> Option<&Network> {
    match record {
        Record::Network(network) => Some(network),
        _ => None,
    }
}

fn as_subnet(record: &Record) -> Option<&Subnet> {
    match record {
        Record::Subnet(subnet) => Some(subnet),
        _ => None,
    }
}

fn as_port(record: &Record) -> Option<&Port> {
    match record {
        Record::Port(port) => Some(port),
        _ => None,
    }
}

fn as_node(record: &Record) -> Option<&Node> {
    match record {
        Record::Node(node) => Some(node),
        _ => None,
    }
}

/// The sections of one node that may build differently because its facts have changed.
pub fn touched_by_facts(
    before: &Facts,
    after: &Facts,
    node: &Node,
    model: &Model,
) -> BTreeSet<Section> {
    let mut touched = BTreeSet::new();
    for id in different_keys(&before.ofports, &after.ofports) {
        touched.insert(Section::LocalPort(*id));
        if let Some(port) = model.port(*id) {
            touched.insert(Section::Flood(port.network_id));
        }
    }
    let tunnels: Vec<_> = different_keys(&before.tunnel_ports, &after.tunnel_ports).collect();
    let patches: Vec<_> = different_keys(&before.patch_ports, &after.patch_ports).collect();
    if !tunnels.is_empty() {
        touched.extend(model.nodes().map(|other| Section::Peer(other.id)));
    }
    if tunnels.is_empty() && patches.is_empty() {
        return touched;
    }
    for id in networks_of(model, &node.hostname) {
        let concerns = |network: &Network| {
            network.wires().any(|(_, wire)| {
                let patch = wire.physical_network;
                tunnels.contains(&&wire.network_type)
                    || patch.is_some_and(|p| patches.iter().any(|found| *found == p))
            })
        };
        if model.network(id).is_some_and(|network| concerns(network)) {
            touched.insert(Section::Network(id));
        }
    }
    touched
}

/// True for the sections without which [`rows`](super::rows()) stay as they are.
pub fn rows_depend_on(section: &Section) -> bool {
    matches!(section, Section::Base | Section::Network(_))
}

fn different_keys<'a, K: Ord, V: PartialEq>(
    before: &'a std::collections::BTreeMap<K, V>,
    after: &'a std::collections::BTreeMap<K, V>,
) -> impl Iterator<Item = &'a K> {
    let changed = before
        .iter()
        .filter(|(key, value)| after.get(key) != Some(value));
    let added = after.keys().filter(|key| !before.contains_key(key));
    changed.map(|(key, _)| key).chain(added)
}

/// The networks that this host has.
pub(super) fn networks_of(model: &Model, host: &str) -> BTreeSet<Uuid> {
    let ports = model.ports_of_host(host).filter(|port| is_bound(port));
    ports.map(|port| port.network_id).collect()
}

/// True when both have the same segments, carried alike.
fn same_wires(before: Option<&Network>, after: Option<&Network>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => before.wires().eq(after.wires()),
        (before, after) => before.is_none() && after.is_none(),
    }
}

/// What of a port other nodes see.
#[derive(PartialEq)]
struct SeenElsewhere<'a> {
    key: u32,
    network: Uuid,
    host: Option<&'a str>,
    up: bool,
    mac: Mac,
    fixed_ips: &'a [FixedIp],
}

/// What of a port its own node sees.
#[derive(PartialEq)]
struct SeenHere<'a> {
    elsewhere: SeenElsewhere<'a>,
    port_security: bool,
    pairs: &'a [api::AddressPair],
}

fn seen_elsewhere(port: &Port) -> SeenElsewhere<'_> {
    SeenElsewhere {
        key: port.key,
        network: port.network_id,
        host: is_bound(port).then_some(&*port.host_id),
        up: port.admin_state_up,
        mac: port.mac_address,
        fixed_ips: &port.fixed_ips,
    }
}

fn seen_here(port: &Port) -> SeenHere<'_> {
    SeenHere {
        elsewhere: seen_elsewhere(port),
        port_security: port.port_security_enabled,
        pairs: &port.allowed_address_pairs,
    }
}

/// Two models and what lies between them.
struct Span<'a> {
    before: &'a Model,
    after: &'a Model,
    touched: BTreeSet<(Uuid, Section)>,
}

impl<'a> Span<'a> {
    fn models(&self) -> [&'a Model; 2] {
        [self.before, self.after]
    }

    fn touch(&mut self, node: Uuid, section: Section) {
        self.touched.insert((node, section));
    }

    /// The nodes that had or have the network.
    fn nodes_with(&self, network: Uuid) -> BTreeSet<Uuid> {
        let models = self.models().into_iter();
        models
            .flat_map(|model| nodes_with(model, network).map(|node| node.id))
            .collect()
    }

    /// The node or nodes of a hostname.
    fn nodes_called(&self, hostname: &str) -> BTreeSet<Uuid> {
        let models = self.models().into_iter();
        models
            .filter_map(|model| model.node_by_hostname(hostname).map(|node| node.id))
            .collect()
    }

    /// Everything of a network on a node.
    fn whole_network(&mut self, network: Uuid, node: Uuid) {
        for model in self.models() {
            if let Some(record) = model.node(node) {
                for section in network_sections(network, record, model) {
                    self.touch(node, section);
                }
            }
        }
    }

    fn network(&mut self, records: [Option<&Network>; 2], id: Uuid) {
        let kind = |n: &Network| (n.key, n.admin_state_up, n.network_type);
        let [before, after] = records;
        let rewired = !same_wires(before, after);
        // With several segments, which ports a node reaches depends on what carries them.
        let mut networks = records.into_iter().flatten();
        let several = networks.any(Network::has_several_segments);
        let all = before.map(kind) != after.map(kind) || (several && rewired);
        if !all && !rewired {
            return;
        }
        for node in self.nodes_with(id) {
            if all {
                self.whole_network(id, node);
            }
            self.touch(node, Section::Network(id));
            self.touch(node, Section::Flood(id));
        }
    }

    fn subnets(&mut self, network: Uuid) {
        if dhcp::shape(self.before, network) == dhcp::shape(self.after, network) {
            return;
        }
        for node in self.nodes_with(network) {
            self.touch(node, Section::Network(network));
            for model in self.models() {
                let Some(host) = model.node(node).map(|node| &node.hostname) else {
                    continue;
                };
                for port in model.ports_on(network, host) {
                    self.touch(node, Section::LocalPort(port.id));
                }
            }
        }
    }

    fn port(&mut self, records: [Option<&'a Port>; 2], id: Uuid) {
        let [before, after] = records;
        self.hints(records);
        if before.map(seen_here) == after.map(seen_here) {
            return;
        }
        self.shared_addresses(records);
        let bound = || records.into_iter().flatten().filter(|port| is_bound(port));
        let places: BTreeSet<(Uuid, &str)> = bound()
            .map(|port| (port.network_id, &*port.host_id))
            .collect();
        let seen_elsewhere = before.map(seen_elsewhere) != after.map(seen_elsewhere);
        for (network, host) in places {
            let differs = |of: fn(&Model, Uuid, &str) -> bool| {
                of(self.before, network, host) != of(self.after, network, host)
            };
            let comes_or_goes = differs(has);
            let audience = comes_or_goes || differs(host_may_own_unknown);
            for node in self.nodes_with(network) {
                if seen_elsewhere {
                    self.touch(node, Section::RemotePort(id));
                }
                if audience {
                    self.touch(node, Section::Flood(network));
                }
            }
            for node in self.nodes_called(host) {
                self.touch(node, Section::LocalPort(id));
                self.touch(node, Section::RemotePort(id));
                self.touch(node, Section::Flood(network));
                if comes_or_goes {
                    self.whole_network(network, node);
                }
            }
        }
    }

    /// What a port hints stands in the rows of its node.
    fn hints(&mut self, [before, after]: [Option<&'a Port>; 2]) {
        let hinted = |port: &'a Port| Some((port.hints?.tx_steering()?, &*port.host_id));
        let [before, after] = [before.and_then(hinted), after.and_then(hinted)];
        if before == after {
            return;
        }
        for (_, host) in [before, after].into_iter().flatten() {
            for node in self.nodes_called(host) {
                self.touch(node, Section::Base);
            }
        }
    }

    /// The ports whose fixed IPs become, or are no more, allowed address pairs of this one.
    fn shared_addresses(&mut self, [before, after]: [Option<&Port>; 2]) {
        let single = |port: &Port| -> BTreeSet<(Uuid, IpNet)> {
            let pairs = port
                .allowed_address_pairs
                .iter()
                .map(|pair| pair.ip_address);
            pairs.map(|block| (port.network_id, block)).collect()
        };
        let before = before.map(single).unwrap_or_default();
        let after = after.map(single).unwrap_or_default();
        for (network, block) in before.symmetric_difference(&after) {
            let owners = self.models().into_iter();
            let owners: BTreeSet<Uuid> = owners
                .filter_map(|model| {
                    model
                        .address_owner(*network, block.addr())
                        .map(|port| port.id)
                })
                .collect();
            for (node, owner) in self
                .nodes_with(*network)
                .into_iter()
                .flat_map(|node| owners.iter().map(move |owner| (node, *owner)))
            {
                self.touch(node, Section::LocalPort(owner));
                self.touch(node, Section::RemotePort(owner));
            }
        }
    }

    fn node(&mut self, records: [Option<&Node>; 2], id: Uuid) {
        let name = |n: &Node| (n.hostname.clone(), n.key);
        let ways = |n: &Node| (n.encap_ips.clone(), n.encap_types.clone());
        let rows = |n: &Node| (n.datapath_type.clone(), n.bridge_mappings.clone());
        let [before, after] = records;
        let named = before.map(name) != after.map(name);
        let reached = before.map(ways) != after.map(ways);
        if named || reached || before.map(rows) != after.map(rows) {
            self.touch(id, Section::Base);
        }
        if named || reached {
            for model in self.models() {
                for other in model.nodes() {
                    self.touch(other.id, Section::Peer(id));
                    self.touch(id, Section::Peer(other.id));
                }
            }
        }
        let rewired = reached || before.map(rows) != after.map(rows);
        if !named && !rewired {
            return;
        }
        let hosts: BTreeSet<&str> = records
            .into_iter()
            .flatten()
            .map(|n| &*n.hostname)
            .collect();
        for host in hosts {
            for model in self.models() {
                for network in networks_of(model, host) {
                    let several = model
                        .network(network)
                        .is_some_and(|network| network.has_several_segments());
                    if named || several {
                        self.ports_of_moved(network, host, model, id);
                    }
                }
            }
        }
    }

    /// What the ports on `host` mean to the nodes that have their network, and to the node itself.
    fn ports_of_moved(&mut self, network: Uuid, host: &str, model: &Model, node: Uuid) {
        self.whole_network(network, node);
        let ports: Vec<Uuid> = model.ports_on(network, host).map(|port| port.id).collect();
        for other in self.nodes_with(network) {
            self.touch(other, Section::Flood(network));
            for port in &ports {
                self.touch(other, Section::RemotePort(*port));
            }
        }
    }
}
