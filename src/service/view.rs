//! A snapshot as the API reads it: records by index, and what follows from them.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use api::policy::Reach;
use api::{
    AddressScopeDerived, Derived, DnsAssignment, Filters, Kind, Mac, Network, NetworkDerived,
    NodeDerived, Port, PortDerived, ProviderSegment, Record, SubnetDerived, SubnetPoolDerived,
};
use uuid::Uuid;

use super::liveness::Liveness;
use super::settings::Settings;
use super::{binding, computed, reach, segment_range};
use crate::model::Model;

/// Records, as an index gave them.
type Found<'a> = Box<dyn Iterator<Item = Record> + Send + 'a>;

/// A snapshot with what is needed to show it.
#[derive(Debug, Clone)]
pub struct View {
    model: Arc<Model>,
    /// The model that says what is shared with whom: the present, also where the snapshot is older.
    present: Arc<Model>,
    settings: Arc<Settings>,
    liveness: Liveness,
    /// Whose eyes it is seen with: what is shared depends on with whom.
    project: Arc<str>,
}

impl View {
    pub(super) fn new(
        model: Arc<Model>,
        settings: Arc<Settings>,
        liveness: Liveness,
        project: &str,
    ) -> Self {
        Self {
            present: Arc::clone(&model),
            model,
            settings,
            liveness,
            project: project.into(),
        }
    }

    /// A snapshot of the past, seen with the rights that there are at `present`. Only the present knows
    /// which nodes are alive.
    pub(super) fn past(
        model: Arc<Model>,
        present: Arc<Model>,
        settings: Arc<Settings>,
        project: &str,
    ) -> Self {
        Self {
            present,
            ..Self::new(model, settings, Liveness::default(), project)
        }
    }

    /// The segment ranges that the configuration makes; none for other kinds.
    fn default_ranges(&self, kind: Kind) -> impl Iterator<Item = Record> + Send + use<'_> {
        let wanted = kind == Kind::NetworkSegmentRange;
        let ranges = wanted.then(|| segment_range::defaults(&self.settings));
        ranges.into_iter().flatten().map(Record::from)
    }

    /// The segments of a network that consists of several.
    fn segments(&self, network: &Network) -> Vec<ProviderSegment> {
        let several = network.has_several_segments();
        let wires = network.wires().filter(|_| several);
        wires.map(|(_, wire)| wire.described()).collect()
    }

    /// The snapshot itself.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    fn is_shared(&self, kind: Kind, id: Uuid) -> bool {
        self.model.shared_with(kind, id, &self.project)
    }
}

impl api::View for View {
    fn get(&self, kind: Kind, id: Uuid) -> Option<Record> {
        if kind.is_computed() {
            return computed::record(&self.model, kind, id);
        }
        let default = || self.default_ranges(kind).find(|record| record.id() == id);
        self.model.record(kind, id).or_else(default)
    }

    fn find<'a>(&'a self, kind: Kind, filters: &Filters, reach: Reach<'_>) -> Found<'a> {
        let narrowed = by_id(&self.model, kind, filters).or_else(|| match kind {
            Kind::Network => self.networks(filters),
            Kind::Subnet => subnets(&self.model, filters),
            Kind::Port => ports(&self.model, filters),
            Kind::Node => nodes(&self.model, filters),
            Kind::RbacPolicy => policies(&self.model, filters),
            Kind::Segment => segments(&self.model, filters),
            Kind::SubnetPool => subnet_pools(&self.model, filters),
            computed if computed.is_computed() => {
                Some(computed::records(&self.model, computed, filters))
            }
            shelved => on_shelf(&self.model, shelved, filters),
        });
        let all = |found: Option<Found<'a>>| -> Found<'a> {
            let stored = found.unwrap_or_else(|| self.model.records(kind));
            Box::new(stored.chain(self.default_ranges(kind)))
        };
        let Reach::Project(project) = reach else {
            return all(narrowed);
        };
        // The indexes know what is shared in their own model.
        if narrowed.is_none()
            && Arc::ptr_eq(&self.model, &self.present)
            && let Some(found) = reach::of_project(&self.model, kind, project)
        {
            return Box::new(found.into_iter());
        }
        let project = project.to_owned();
        Box::new(all(narrowed).filter(move |record| self.reaches(record, &project)))
    }

    fn reaches(&self, record: &Record, project: &str) -> bool {
        reach::reaches(&self.present, record, project)
    }

    fn shared_with(&self, kind: Kind, id: Uuid, project: &str) -> bool {
        reach::shared_with(&self.present, kind, id, project)
    }

    fn derived(&self, record: &Record) -> Derived {
        match record {
            Record::Network(network) => Derived::Network(NetworkDerived {
                shared: self.is_shared(Kind::Network, network.id),
                subnets: self.model.subnets_of(network.id).map(|s| s.id).collect(),
                segments: self.segments(network),
                l2_adjacency: self
                    .model
                    .subnets_of(network.id)
                    .all(|subnet| subnet.segment_id.is_none()),
                availability_zones: zones(&self.model, network.id),
                ipv4_address_scope: self.model.scope_of_network(network.id, 4),
                ipv6_address_scope: self.model.scope_of_network(network.id, 6),
            }),
            Record::Subnet(subnet) => {
                let network = self.model.network(subnet.network_id);
                Derived::Subnet(SubnetDerived {
                    external: network.is_some_and(|n| n.external),
                    shared: self.is_shared(Kind::Network, subnet.network_id),
                })
            }
            Record::AddressScope(scope) => Derived::AddressScope(AddressScopeDerived {
                shared: self.is_shared(Kind::AddressScope, scope.id),
            }),
            Record::SubnetPool(pool) => Derived::SubnetPool(SubnetPoolDerived {
                shared: self.is_shared(Kind::SubnetPool, pool.id),
            }),
            Record::Port(port) => Derived::Port(PortDerived {
                vif_details: binding::port_details(&self.model, port),
                dns_assignment: dns_assignment(&self.settings, port),
            }),
            Record::Node(node) => {
                let pulse = self.liveness.of(node.id).unwrap_or_default();
                let since = |time: api::Timestamp| if time.0 == 0 { node.created_at } else { time };
                Derived::Node(NodeDerived {
                    alive: pulse.alive,
                    started_at: since(pulse.started_at).spaced(),
                    heartbeat_timestamp: since(pulse.heard_at).spaced(),
                })
            }
            Record::NetworkSegmentRange(range) => {
                Derived::NetworkSegmentRange(segment_range::derived(&self.model, range))
            }
            other => Derived::none(other.kind()),
        }
    }
}

/// The zones of the nodes that a network has ports on.
fn zones(model: &Model, network: Uuid) -> Vec<String> {
    let hosts = model.hosts_of_network(network);
    let nodes = hosts.filter_map(|host| model.node_by_hostname(host));
    let zones: BTreeSet<&String> = nodes.flat_map(|node| &node.availability_zones).collect();
    zones.into_iter().cloned().collect()
}

/// The name each address of a port has in DNS: the port's, or one made from the address.
fn dns_assignment(settings: &Settings, port: &Port) -> Vec<DnsAssignment> {
    let domain = settings.rooted_domain();
    let assignment = |ip: IpAddr| {
        let (hostname, fqdn) = if port.dns_name.is_empty() {
            let hostname = format!("host-{ip}").replace(['.', ':'], "-");
            let fqdn = if domain.is_empty() {
                hostname.clone()
            } else {
                format!("{hostname}.{domain}")
            };
            (hostname, fqdn)
        } else if port.dns_name.ends_with('.') {
            (port.dns_name.clone(), port.dns_name.clone())
        } else {
            (port.dns_name.clone(), format!("{}.{domain}", port.dns_name))
        };
        DnsAssignment {
            ip_address: ip,
            hostname,
            fqdn,
        }
    };
    port.fixed_ips
        .iter()
        .map(|f| assignment(f.ip_address))
        .collect()
}

fn by_id<'a>(model: &'a Model, kind: Kind, filters: &Filters) -> Option<Found<'a>> {
    let ids: BTreeSet<Uuid> = filters.parsed("id")?.into_iter().collect();
    Some(Box::new(
        ids.into_iter().filter_map(move |id| model.record(kind, id)),
    ))
}

/// The texts under `name`, each once; `None` where the filter is not given, or asks for the empty
/// text, which no index holds.
fn texts(filters: &Filters, name: &str) -> Option<BTreeSet<String>> {
    let texts: BTreeSet<String> = filters.values(name)?.iter().cloned().collect();
    (!texts.contains("")).then_some(texts)
}

fn projects(filters: &Filters) -> Option<BTreeSet<String>> {
    texts(filters, "project_id").or_else(|| texts(filters, "tenant_id"))
}

/// What `look_up` finds for each of `keys`. What it finds is collected key by key, because the keys
/// do not outlive the call; an index answer is small where an index is worth using.
fn each<'a, K>(keys: impl IntoIterator<Item = K>, look_up: impl Fn(K) -> Vec<Record>) -> Found<'a> {
    let found: Vec<Record> = keys.into_iter().flat_map(look_up).collect();
    Box::new(found.into_iter())
}

impl View {
    fn networks(&self, filters: &Filters) -> Option<Found<'_>> {
        let model = &*self.model;
        let record = |n: &Arc<api::Network>| Record::Network(Arc::clone(n));
        if let Some(names) = texts(filters, "name") {
            return Some(each(names, |n| {
                model.networks_by_name(&n).map(record).collect()
            }));
        }
        if asks_for_true(filters, "router:external") {
            return Some(Box::new(model.external_networks().map(record)));
        }
        if asks_for_true(filters, "shared") {
            let ids = model.shared_ids(Kind::Network, &self.project);
            let found = ids.into_iter().filter_map(|id| model.network(id));
            return Some(Box::new(found.map(record)));
        }
        let projects = projects(filters)?;
        Some(each(projects, |p| {
            model.networks_of_project(&p).map(record).collect()
        }))
    }
}

/// Whether a filter takes only what is true.
fn asks_for_true(filters: &Filters, name: &str) -> bool {
    let wants = |v: &String| matches!(v.to_ascii_lowercase().as_str(), "true" | "1");
    filters.values(name).is_some_and(|v| v.iter().all(wants))
}

fn subnets<'a>(model: &'a Model, filters: &Filters) -> Option<Found<'a>> {
    let record = |s: &Arc<api::Subnet>| Record::Subnet(Arc::clone(s));
    if let Some(networks) = filters.parsed::<Uuid>("network_id") {
        let networks: BTreeSet<Uuid> = networks.into_iter().collect();
        return Some(each(networks, |n| {
            model.subnets_of(n).map(record).collect()
        }));
    }
    if let Some(pools) = filters.parsed::<Uuid>("subnetpool_id") {
        let pools: BTreeSet<Uuid> = pools.into_iter().collect();
        return Some(each(pools, |p| {
            model.subnets_of_pool(p).map(record).collect()
        }));
    }
    if let Some(names) = texts(filters, "name") {
        return Some(each(names, |n| {
            model.subnets_by_name(&n).map(record).collect()
        }));
    }
    let projects = projects(filters)?;
    Some(each(projects, |p| {
        model.subnets_of_project(&p).map(record).collect()
    }))
}

fn ports<'a>(model: &'a Model, filters: &Filters) -> Option<Found<'a>> {
    let record = |p: &Arc<Port>| Record::Port(Arc::clone(p));
    if let Some(macs) = filters.parsed::<Mac>("mac_address") {
        let macs: BTreeSet<Mac> = macs.into_iter().collect();
        return Some(each(macs, |m| model.ports_by_mac(m).map(record).collect()));
    }
    if let Some(found) = by_fixed_ip(model, filters) {
        return Some(found);
    }
    if let Some(devices) = texts(filters, "device_id") {
        return Some(each(devices, |d| {
            model.ports_of_device(&d).map(record).collect()
        }));
    }
    if let Some(names) = texts(filters, "name") {
        return Some(each(names, |n| {
            model.ports_by_name(&n).map(record).collect()
        }));
    }
    let hosts = texts(filters, "binding:host_id");
    if let Some(networks) = filters.parsed::<Uuid>("network_id") {
        let networks: BTreeSet<Uuid> = networks.into_iter().collect();
        return Some(match hosts {
            Some(hosts) => each(networks, |n| {
                let on = |host: &String| model.ports_on(n, host).map(record).collect::<Vec<_>>();
                hosts.iter().flat_map(on).collect()
            }),
            None => each(networks, |n| {
                model.ports_of_network(n).map(record).collect()
            }),
        });
    }
    if let Some(hosts) = hosts {
        return Some(each(hosts, |h| {
            model.ports_of_host(&h).map(record).collect()
        }));
    }
    if let Some(owners) = texts(filters, "device_owner") {
        return Some(each(owners, |o| {
            model.ports_by_device_owner(&o).map(record).collect()
        }));
    }
    let projects = projects(filters)?;
    Some(each(projects, |p| {
        model.ports_of_project(&p).map(record).collect()
    }))
}

/// `fixed_ips=ip_address=…` and `fixed_ips=subnet_id=…`. A port comes once, however many of its
/// addresses are asked for.
fn by_fixed_ip<'a>(model: &'a Model, filters: &Filters) -> Option<Found<'a>> {
    let mut seen = BTreeSet::new();
    let mut record = |p: &Arc<Port>| seen.insert(p.id).then(|| Record::Port(Arc::clone(p)));
    let keys: Vec<(&str, &str)> = filters
        .values("fixed_ips")?
        .iter()
        .filter_map(|text| text.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim()))
        .collect();
    let of = |wanted: &str| -> Vec<&str> {
        let wanted = keys.iter().filter(|(key, _)| *key == wanted);
        wanted.map(|(_, value)| *value).collect()
    };
    let (addresses, subnets) = (of("ip_address"), of("subnet_id"));
    let found: Vec<Record> = if !addresses.is_empty() {
        let ips: BTreeSet<IpAddr> = addresses.iter().filter_map(|a| a.parse().ok()).collect();
        let ports = ips.into_iter().flat_map(|ip| model.ports_with_address(ip));
        ports.filter_map(&mut record).collect()
    } else if !subnets.is_empty() {
        let ids: BTreeSet<Uuid> = subnets.iter().filter_map(|s| s.parse().ok()).collect();
        let ports = ids.into_iter().flat_map(|id| model.ports_of_subnet(id));
        ports.filter_map(&mut record).collect()
    } else {
        return None;
    };
    Some(Box::new(found.into_iter()))
}

fn subnet_pools<'a>(model: &'a Model, filters: &Filters) -> Option<Found<'a>> {
    if let Some(scopes) = filters.parsed::<Uuid>("address_scope_id") {
        let scopes: BTreeSet<Uuid> = scopes.into_iter().collect();
        return Some(each(scopes, |scope| {
            let pools = model.pools_of_scope(scope).cloned();
            pools.map(Record::SubnetPool).collect()
        }));
    }
    on_shelf(model, Kind::SubnetPool, filters)
}

fn on_shelf<'a>(model: &'a Model, kind: Kind, filters: &Filters) -> Option<Found<'a>> {
    if let Some(names) = texts(filters, "name") {
        let found = names.iter().map(|n| model.shelved_by_name(kind, n));
        let found: Vec<Vec<Record>> = found.collect::<Option<_>>()?;
        return Some(Box::new(found.into_iter().flatten()));
    }
    let projects = projects(filters)?;
    let found = projects.iter().map(|p| model.shelved_of_project(kind, p));
    let found: Vec<Vec<Record>> = found.collect::<Option<_>>()?;
    Some(Box::new(found.into_iter().flatten()))
}

fn policies<'a>(model: &'a Model, filters: &Filters) -> Option<Found<'a>> {
    let record = |p: &Arc<api::RbacPolicy>| Record::RbacPolicy(Arc::clone(p));
    if let Some(objects) = filters.parsed::<Uuid>("object_id") {
        let objects: BTreeSet<Uuid> = objects.into_iter().collect();
        return Some(each(objects, |o| {
            model.policies_of_object(o).map(record).collect()
        }));
    }
    let projects = projects(filters)?;
    Some(each(projects, |p| {
        model.policies_of_project(&p).map(record).collect()
    }))
}

fn segments<'a>(model: &'a Model, filters: &Filters) -> Option<Found<'a>> {
    let networks = filters.parsed::<Uuid>("network_id")?;
    let networks: BTreeSet<Uuid> = networks.into_iter().collect();
    Some(each(networks, |id| {
        let network = model.network(id).into_iter();
        let segments = network.flat_map(|network| network.segments());
        segments.map(Record::from).collect()
    }))
}

fn nodes<'a>(model: &'a Model, filters: &Filters) -> Option<Found<'a>> {
    let hosts = texts(filters, "host")?;
    let record = |n: &Arc<api::Node>| Record::Node(Arc::clone(n));
    Some(each(hosts, |h| {
        model.node_by_hostname(&h).map(record).into_iter().collect()
    }))
}
