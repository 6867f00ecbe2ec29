//! What the rules are told by the configuration.

use std::collections::{BTreeMap, BTreeSet};

use api::NetworkType;

/// Numbers from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdRange {
    /// Lowest.
    pub first: u32,
    /// Highest.
    pub last: u32,
}

/// On which physical networks flat networks may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlatNetworks {
    /// On all (`flat_networks = *`).
    Any,
    /// On these.
    Only(BTreeSet<String>),
}

/// The settings of the rules, with Neutron's defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `[ml2] type_drivers`: the network types there are.
    pub types: Vec<NetworkType>,
    /// `[ml2] tenant_network_types`: tried in this order for a network that names no type.
    pub tenant_types: Vec<NetworkType>,
    /// `[ml2] external_network_type`: instead of them for an external network.
    pub external_type: Option<NetworkType>,
    /// `[ml2_type_flat] flat_networks`.
    pub flat_networks: FlatNetworks,
    /// `[ml2_type_vlan] network_vlan_ranges`: physical networks in the order given, each with the
    /// VLANs that may be handed out on it (none: only those asked for by number).
    pub vlan_ranges: Vec<(String, Vec<IdRange>)>,
    /// Tunnel ids that may be handed out, by type (`vni_ranges`, `tunnel_id_ranges`).
    pub tunnel_ranges: BTreeMap<NetworkType, Vec<IdRange>>,
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
    /// `[ovs] integration_bridge`: where instances are plugged.
    pub integration_bridge: String,
}

impl Default for Settings {
    fn default() -> Self {
        let all = IdRange {
            first: 1,
            last: 65_536,
        };
        Self {
            types: NetworkType::ALL.to_vec(),
            tenant_types: vec![NetworkType::Local],
            external_type: None,
            flat_networks: FlatNetworks::Any,
            vlan_ranges: Vec::new(),
            tunnel_ranges: NetworkType::ALL
                .iter()
                .filter(|t| t.is_tunnel())
                .map(|t| (*t, vec![all]))
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
            integration_bridge: "br-int".into(),
        }
    }
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
