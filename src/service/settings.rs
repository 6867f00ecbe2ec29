//! What the rules are told by the configuration.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use api::NetworkType;

use crate::config::{self, PhysicalNetworks};

/// The settings of the rules. The default is what the configuration says where no file is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `[ml2] type_drivers`: the network types there are.
    pub types: Vec<NetworkType>,
    /// `[ml2] tenant_network_types`: tried in this order for a network that names no type.
    pub tenant_types: Vec<NetworkType>,
    /// `[ml2] external_network_type`: instead of them for an external network.
    pub external_type: Option<NetworkType>,
    /// `[ml2_type_flat] flat_networks`.
    pub flat_networks: PhysicalNetworks,
    /// `[ml2_type_vlan] network_vlan_ranges`: physical networks in order of name, each with the
    /// VLANs that may be handed out on it (none: only those asked for by number).
    pub vlan_ranges: BTreeMap<String, Vec<RangeInclusive<u32>>>,
    /// Tunnel ids that may be handed out, by type (`vni_ranges`, `tunnel_id_ranges`).
    pub tunnel_ranges: BTreeMap<NetworkType, Vec<RangeInclusive<u32>>>,
    /// `global_physnet_mtu`: bytes of IP packet that every physical network carries; 0 is no limit.
    pub physical_mtu: u32,
    /// `[ml2] path_mtu`: bytes of IP packet between the nodes' tunnel ends; 0 is no limit.
    pub path_mtu: u32,
    /// `[ml2] physical_network_mtus`: smaller limits of single physical networks.
    pub physical_mtus: BTreeMap<String, u32>,
    /// `[ml2] overlay_ip_version`: 4 or 6.
    pub overlay_ip_version: u8,
    /// `[ml2_type_geneve] max_header_size`: bytes of Geneve, UDP and inner Ethernet header.
    pub geneve_header: u32,
    /// `base_mac`: generated MAC addresses begin with its first three octets, or four where the
    /// fourth is not zero.
    pub base_mac: [u8; 6],
    /// `max_dns_nameservers` of a subnet.
    pub max_nameservers: usize,
    /// `max_subnet_host_routes` of a subnet.
    pub max_routes: usize,
    /// `max_allowed_address_pair` of a port.
    pub max_pairs: usize,
    /// `dns_domain` of the cloud. With the default `openstacklocal` ports get no `dns_name`.
    pub dns_domain: String,
    /// `[quotas]`: how much a project may have that has no limits of its own, by what is limited;
    /// below zero for no limit, and what is missing has none.
    pub quotas: BTreeMap<&'static str, i64>,
}

impl Default for Settings {
    fn default() -> Self {
        let all = 1..=(1 << 24) - 1;
        Self {
            types: NetworkType::ALL.to_vec(),
            tenant_types: vec![NetworkType::Vxlan],
            external_type: None,
            flat_networks: PhysicalNetworks::Any,
            vlan_ranges: BTreeMap::new(),
            tunnel_ranges: NetworkType::ALL
                .iter()
                .filter(|t| t.is_tunnel())
                .map(|t| (*t, vec![all.clone()]))
                .collect(),
            physical_mtu: 1500,
            path_mtu: 0,
            physical_mtus: BTreeMap::new(),
            overlay_ip_version: 4,
            geneve_header: 30,
            base_mac: [0xfa, 0x16, 0x3e, 0, 0, 0],
            max_nameservers: 5,
            max_routes: 20,
            max_pairs: 10,
            dns_domain: "openstacklocal".into(),
            quotas: [
                ("network", 100),
                ("subnet", 100),
                ("port", 500),
                ("router", 10),
                ("router_route", 30),
                ("floatingip", 50),
                ("security_group", 10),
                ("security_group_rule", 100),
                ("rbac_policy", 10),
            ]
            .into(),
        }
    }
}

impl From<&config::Settings> for Settings {
    fn from(read: &config::Settings) -> Self {
        let mut base_mac = [0; 6];
        for (to, from) in base_mac.iter_mut().zip(read.general.base_mac.prefix()) {
            *to = *from;
        }
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let tunnel_ranges = BTreeMap::from([
            (NetworkType::Vxlan, read.vxlan.vni_ranges.0.clone()),
            (NetworkType::Gre, read.gre.tunnel_id_ranges.0.clone()),
            (NetworkType::Geneve, read.geneve.vni_ranges.0.clone()),
        ]);
        Self {
            types: read.ml2.type_drivers.clone(),
            tenant_types: read.ml2.tenant_network_types.clone(),
            external_type: read.ml2.external_network_type,
            flat_networks: read.flat.flat_networks.clone(),
            vlan_ranges: read.vlan.network_vlan_ranges.0.clone(),
            tunnel_ranges,
            physical_mtu: read.general.global_physnet_mtu,
            path_mtu: read.ml2.path_mtu,
            physical_mtus: read.ml2.physical_network_mtus.clone(),
            overlay_ip_version: read.ml2.overlay_ip_version,
            geneve_header: read.geneve.max_header_size,
            base_mac,
            max_nameservers: count(read.general.max_dns_nameservers),
            max_routes: count(read.general.max_subnet_host_routes),
            max_pairs: count(read.general.max_allowed_address_pair),
            dns_domain: read.general.dns_domain.clone(),
            quotas: quotas(&read.quotas),
        }
    }
}

fn quotas(read: &config::Quotas) -> BTreeMap<&'static str, i64> {
    let limit = |name: &&'static str| {
        let limit = match *name {
            "network" => read.quota_network,
            "subnet" => read.quota_subnet,
            "port" => read.quota_port,
            "router" => read.quota_router,
            "router_route" => read.quota_router_route,
            "floatingip" => read.quota_floatingip,
            "security_group" => read.quota_security_group,
            "security_group_rule" => read.quota_security_group_rule,
            "rbac_policy" => read.quota_rbac_policy,
            _ => read.default_quota,
        };
        (*name, limit.0.into())
    };
    api::QUOTAS.iter().map(limit).collect()
}

impl Settings {
    /// The cloud's DNS domain ending in a dot, or `None` where ports cannot be named in it.
    pub fn port_dns_domain(&self) -> Option<String> {
        let domain = self.rooted_domain();
        (!domain.is_empty() && domain != "openstacklocal.").then_some(domain)
    }

    /// The cloud's DNS domain ending in a dot; empty where there is none.
    pub fn rooted_domain(&self) -> String {
        match self.dns_domain.trim_end_matches('.') {
            "" => String::new(),
            domain => format!("{domain}."),
        }
    }
}
