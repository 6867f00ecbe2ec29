//! What can be asked of a model. Every answer costs what it returns, times O(log n).

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

use api::{EVERYONE, Kind, Mac, Network, NetworkType, Node, Port, Record, Segment, Subnet};
use uuid::Uuid;

use super::Model;
use super::addresses::lowest_free_of_pools;

/// Any kind.
impl Model {
    /// The record of `kind` with this id.
    pub fn record(&self, kind: Kind, id: Uuid) -> Option<Record> {
        match kind {
            Kind::Network => self.network(id).cloned().map(Record::Network),
            Kind::Subnet => self.subnet(id).cloned().map(Record::Subnet),
            Kind::Port => self.port(id).cloned().map(Record::Port),
            Kind::Node => self.node(id).cloned().map(Record::Node),
            Kind::RbacPolicy => self.rbac_policy(id).cloned().map(Record::RbacPolicy),
            Kind::Quota => self.quota_by_id(id).cloned().map(Record::Quota),
            Kind::Segment => self.segment(id).map(Record::from),
            shelved => self.shelves.get(shelved, id),
        }
    }

    /// All records of `kind`, ascending by id; segments by that of their network.
    pub fn records(&self, kind: Kind) -> Box<dyn Iterator<Item = Record> + Send + '_> {
        match kind {
            Kind::Network => Box::new(self.networks().cloned().map(Record::Network)),
            Kind::Subnet => Box::new(self.subnets().cloned().map(Record::Subnet)),
            Kind::Port => Box::new(self.ports().cloned().map(Record::Port)),
            Kind::Node => Box::new(self.nodes().cloned().map(Record::Node)),
            Kind::RbacPolicy => Box::new(self.rbac_policies().cloned().map(Record::RbacPolicy)),
            Kind::Quota => Box::new(self.quotas().cloned().map(Record::Quota)),
            Kind::Segment => Box::new(self.segments().map(Record::from)),
            shelved => self.shelves.all(shelved),
        }
    }

    /// How many records of `kind` there are.
    pub fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Network => self.networks.records.len(),
            Kind::Subnet => self.subnets.records.len(),
            Kind::Port => self.ports.records.len(),
            Kind::Node => self.nodes.records.len(),
            Kind::RbacPolicy => self.sharing.records.len(),
            Kind::Quota => self.quotas().count(),
            Kind::Segment => self.networks.segments.count(),
            shelved => self.shelves.count(shelved),
        }
    }

    /// The lowest pipeline key that no record of `kind` has; `None` when all are
    /// given out, and for kinds that have none. A key that a delete has freed may
    /// be given out by the very next commit.
    pub fn lowest_free_key(&self, kind: Kind) -> Option<u32> {
        match kind {
            Kind::Network => self.networks.keys.lowest_free(),
            Kind::Port => self.ports.keys.lowest_free(),
            Kind::Node => self.nodes.keys.lowest_free(),
            _ => None,
        }
    }
}

/// Networks.
impl Model {
    /// The network with this id.
    pub fn network(&self, id: Uuid) -> Option<&Arc<Network>> {
        self.networks.records.get(&id)
    }

    /// All networks, ascending by id.
    pub fn networks(&self) -> impl Iterator<Item = &Arc<Network>> + Send + use<'_> {
        self.networks.records.iter().map(|(_, network)| network)
    }

    /// The networks of this name (never the empty one), ascending by id.
    pub fn networks_by_name<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Network>> + Send {
        self.networks_of(self.networks.names.candidates(name))
            .filter(move |network| network.name == name)
    }

    /// The networks that this project owns, ascending by id.
    pub fn networks_of_project<'a>(
        &'a self,
        project: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Network>> + Send {
        self.networks_of(self.networks.projects.candidates(project))
            .filter(move |network| network.project_id == project)
    }

    /// The networks shared with every project, ascending by id.
    pub fn shared_networks(&self) -> impl Iterator<Item = &Arc<Network>> + Send + use<'_> {
        let ids = self.shared_ids(Kind::Network, EVERYONE);
        self.networks_of(ids.into_iter())
    }

    /// The networks marked `router:external`, ascending by id.
    pub fn external_networks(&self) -> impl Iterator<Item = &Arc<Network>> + Send + use<'_> {
        self.networks_of(self.networks.external.iter().map(|(id, ())| *id))
    }

    /// The network that has this pipeline key.
    pub fn network_by_key(&self, key: u32) -> Option<&Arc<Network>> {
        self.network(self.networks.keys.owner(key)?)
    }

    /// The network that has this segment; without a number, the flat network of
    /// the physical network.
    pub fn network_by_segment(
        &self,
        network_type: NetworkType,
        physical_network: Option<&str>,
        segmentation_id: Option<u32>,
    ) -> Option<&Arc<Network>> {
        let segments = &self.networks.segments;
        self.network(segments.network(network_type, physical_network, segmentation_id)?)
    }

    /// The lowest segmentation id of `range` that no network of this type has on
    /// this physical network.
    pub fn lowest_free_segment(
        &self,
        network_type: NetworkType,
        physical_network: Option<&str>,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let segments = &self.networks.segments;
        segments.lowest_free(network_type, physical_network, range)
    }

    /// The network that the segment of this id is a piece of.
    pub fn network_of_segment(&self, segment: Uuid) -> Option<&Arc<Network>> {
        self.network(self.networks.segments.network_of(segment)?)
    }

    /// The segment with this id.
    pub fn segment(&self, id: Uuid) -> Option<Segment> {
        let mut segments = self.network_of_segment(id)?.segments();
        segments.find(|segment| segment.id == id)
    }

    /// All segments, by network.
    pub fn segments(&self) -> impl Iterator<Item = Segment> + Send + use<'_> {
        self.networks().flat_map(|network| network.segments())
    }

    /// The segmentation ids in use within `range`, each with its network, ascending.
    pub fn segments_in(
        &self,
        network_type: NetworkType,
        physical_network: Option<&str>,
        range: RangeInclusive<u32>,
    ) -> impl Iterator<Item = (u32, &Arc<Network>)> {
        let segments = &self.networks.segments;
        let found = segments.in_use(network_type, physical_network, range);
        found.filter_map(|(number, network)| Some((number, self.network(network)?)))
    }

    fn networks_of<'a>(
        &'a self,
        ids: impl Iterator<Item = Uuid> + Send + 'a,
    ) -> impl Iterator<Item = &'a Arc<Network>> + Send {
        ids.filter_map(|id| self.network(id))
    }
}

/// Subnets and their addresses.
impl Model {
    /// The subnet with this id.
    pub fn subnet(&self, id: Uuid) -> Option<&Arc<Subnet>> {
        self.subnets.records.get(&id)
    }

    /// All subnets, ascending by id.
    pub fn subnets(&self) -> impl Iterator<Item = &Arc<Subnet>> + Send + use<'_> {
        self.subnets.records.iter().map(|(_, subnet)| subnet)
    }

    /// The subnets of a network, ascending by id.
    pub fn subnets_of(&self, network: Uuid) -> impl Iterator<Item = &Arc<Subnet>> + Send + use<'_> {
        let ids = self.subnets.of_network(network);
        ids.filter_map(|id| self.subnet(id))
    }

    /// The subnets of a network whose hosts are answered by DHCP over IPv4, ascending by id.
    pub fn dhcp_subnets(
        &self,
        network: Uuid,
    ) -> impl Iterator<Item = &Arc<Subnet>> + Send + use<'_> {
        let subnets = self.subnets_of(network);
        subnets.filter(|subnet| subnet.ip_version == 4 && subnet.enable_dhcp)
    }

    /// The subnets of this name (never the empty one), ascending by id.
    pub fn subnets_by_name<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Subnet>> + Send {
        let ids = self.subnets.names.candidates(name);
        ids.filter_map(|id| self.subnet(id))
            .filter(move |subnet| subnet.name == name)
    }

    /// The subnets that this project owns, ascending by id.
    pub fn subnets_of_project<'a>(
        &'a self,
        project: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Subnet>> + Send {
        let ids = self.subnets.projects.candidates(project);
        ids.filter_map(|id| self.subnet(id))
            .filter(move |subnet| subnet.project_id == project)
    }

    /// The port that has `address` in this subnet.
    pub fn address_owner_in(&self, subnet: Uuid, address: IpAddr) -> Option<&Arc<Port>> {
        self.port(self.ports.addresses.owner(subnet, address)?)
    }

    /// The port that has `address` in this network.
    pub fn address_owner(&self, network: Uuid, address: IpAddr) -> Option<&Arc<Port>> {
        self.subnets_of(network)
            .filter(|subnet| subnet.cidr.contains(&address))
            .find_map(|subnet| self.address_owner_in(subnet.id, address))
    }

    /// The ports that have `address` in whatever subnet, each once.
    pub fn ports_with_address(
        &self,
        address: IpAddr,
    ) -> impl Iterator<Item = &Arc<Port>> + Send + use<'_> {
        let owners = self.ports.addresses.owners(address);
        owners.filter_map(move |(port, subnet)| {
            let port = self.port(port)?;
            let of = port.fixed_ips.iter().filter(|ip| ip.ip_address == address);
            let first = of.map(|ip| ip.subnet_id).min();
            (first == Some(subnet)).then_some(port)
        })
    }

    /// The ports that have an address of this subnet, each once, in order of
    /// their lowest one.
    pub fn ports_of_subnet(
        &self,
        subnet: Uuid,
    ) -> impl Iterator<Item = &Arc<Port>> + Send + use<'_> {
        let found = self.subnet(subnet).into_iter();
        let owners = found.flat_map(|subnet| self.ports.addresses.of_subnet(subnet));
        owners.filter_map(move |(port, address)| {
            let port = self.port(port)?;
            let of = port.fixed_ips.iter().filter(|ip| ip.subnet_id == subnet);
            let first = of.map(|ip| ip.ip_address).min();
            (first == Some(address)).then_some(port)
        })
    }

    /// True when some port has an address of this subnet.
    pub fn subnet_in_use(&self, subnet: Uuid) -> bool {
        self.ports.addresses.any_of(subnet)
    }

    /// The lowest address of the subnet's allocation pools that no port has and
    /// that is not the gateway.
    pub fn lowest_free_address(&self, subnet: &Subnet) -> Option<IpAddr> {
        lowest_free_of_pools(&self.ports.addresses, subnet)
    }

    /// How many addresses from `first` to `last` ports have in this subnet.
    pub fn addresses_in_use(&self, subnet: Uuid, first: IpAddr, last: IpAddr) -> u128 {
        self.ports.addresses.count(subnet, first, last)
    }

    /// The lowest address from `first` to `last` that no port has in this subnet.
    pub fn lowest_free_address_between(
        &self,
        subnet: Uuid,
        first: IpAddr,
        last: IpAddr,
    ) -> Option<IpAddr> {
        self.ports.addresses.lowest_free(subnet, first, last)
    }
}

/// Ports.
impl Model {
    /// The port with this id.
    pub fn port(&self, id: Uuid) -> Option<&Arc<Port>> {
        self.ports.get(id)
    }

    /// All ports, ascending by id.
    pub fn ports(&self) -> impl Iterator<Item = &Arc<Port>> + Send + use<'_> {
        self.ports.records.iter().map(|(_, port)| port)
    }

    /// The ports of a network, by host, then by id; unbound ones first.
    pub fn ports_of_network(
        &self,
        network: Uuid,
    ) -> impl Iterator<Item = &Arc<Port>> + Send + use<'_> {
        self.ports_of(self.ports.places.in_network(network))
    }

    /// The ports bound to a host (`binding:host_id`), ascending by id.
    pub fn ports_of_host(&self, host: &str) -> impl Iterator<Item = &Arc<Port>> + Send + use<'_> {
        self.ports_of(self.ports.places.on_host(host))
    }

    /// The ports of a network that are bound to a host, ascending by id.
    pub fn ports_on(
        &self,
        network: Uuid,
        host: &str,
    ) -> impl Iterator<Item = &Arc<Port>> + Send + use<'_> {
        self.ports_of(self.ports.places.at(network, host))
    }

    /// The hosts that some port of the network is bound to, each once, in order.
    pub fn hosts_of_network(&self, network: Uuid) -> impl Iterator<Item = &str> + Send + use<'_> {
        self.ports.places.hosts_of(network)
    }

    /// The hosts that some port is bound to, with the number of their ports, in order.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, u32)> + Send + use<'_> {
        self.ports.places.hosts()
    }

    /// The ports with this `device_id` (never the empty one), ascending by id.
    pub fn ports_of_device<'a>(
        &'a self,
        device: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Port>> + Send {
        self.ports_of(self.ports.devices.candidates(device))
            .filter(move |port| port.device_id == device)
    }

    /// The ports with this `device_owner` (never the empty one), ascending by id.
    pub fn ports_by_device_owner<'a>(
        &'a self,
        owner: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Port>> + Send {
        self.ports_of(self.ports.device_owners.candidates(owner))
            .filter(move |port| port.device_owner == owner)
    }

    /// The ports of this name (never the empty one), ascending by id.
    pub fn ports_by_name<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Port>> + Send {
        self.ports_of(self.ports.names.candidates(name))
            .filter(move |port| port.name == name)
    }

    /// The ports that this project owns, ascending by id.
    pub fn ports_of_project<'a>(
        &'a self,
        project: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Port>> + Send {
        self.ports_of(self.ports.projects.candidates(project))
            .filter(move |port| port.project_id == project)
    }

    /// The ports of a network that have this single address among their allowed address pairs,
    /// ascending by id.
    pub fn ports_with_pair(
        &self,
        network: Uuid,
        address: IpAddr,
    ) -> impl Iterator<Item = &Arc<Port>> + Send + use<'_> {
        self.ports_of(self.ports.pairs.holders(network, address))
    }

    /// The port that has this MAC address in this network.
    pub fn port_by_mac(&self, network: Uuid, mac: Mac) -> Option<&Arc<Port>> {
        self.port(self.ports.macs.owner(network, mac)?)
    }

    /// The ports that have this MAC address, in whatever network.
    pub fn ports_by_mac(&self, mac: Mac) -> impl Iterator<Item = &Arc<Port>> + Send + use<'_> {
        self.ports_of(self.ports.macs.owners(mac))
    }

    /// The port that has this pipeline key.
    pub fn port_by_key(&self, key: u32) -> Option<&Arc<Port>> {
        self.port(self.ports.keys.owner(key)?)
    }

    fn ports_of<'a>(
        &'a self,
        ids: impl Iterator<Item = Uuid> + Send + 'a,
    ) -> impl Iterator<Item = &'a Arc<Port>> + Send {
        ids.filter_map(|id| self.port(id))
    }
}

/// Nodes.
impl Model {
    /// The node with this id.
    pub fn node(&self, id: Uuid) -> Option<&Arc<Node>> {
        self.nodes.records.get(&id)
    }

    /// All nodes, ascending by id.
    pub fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> + Send + use<'_> {
        self.nodes.records.iter().map(|(_, node)| node)
    }

    /// The node whose ports name it by this hostname in `binding:host_id`.
    pub fn node_by_hostname(&self, hostname: &str) -> Option<&Arc<Node>> {
        let mut ids = self.nodes.hostnames.candidates(hostname);
        ids.find_map(|id| self.node(id).filter(|node| node.hostname == hostname))
    }

    /// The node whose Open vSwitch has this `external_ids:system-id`.
    pub fn node_by_system_id(&self, system_id: &str) -> Option<&Arc<Node>> {
        let mut ids = self.nodes.system_ids.candidates(system_id);
        ids.find_map(|id| self.node(id).filter(|node| node.system_id == system_id))
    }

    /// The node that has this pipeline key.
    pub fn node_by_key(&self, key: u32) -> Option<&Arc<Node>> {
        self.node(self.nodes.keys.owner(key)?)
    }
}
