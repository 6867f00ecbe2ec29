//! Which options a lease carries, and which of them fit the client's buffer.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use api::{Network, Port, Subnet};
use ipnet::{IpNet, Ipv4Net};

use super::{Lease, Settings, extra};

// Codes of RFC 2132, 3442 and, for 249, the one that Windows asks for in place of 121.
const SUBNET_MASK: u8 = 1;
const ROUTER: u8 = 3;
const NAME_SERVER: u8 = 6;
const HOST_NAME: u8 = 12;
const DOMAIN_NAME: u8 = 15;
const INTERFACE_MTU: u8 = 26;
const BROADCAST: u8 = 28;
const LEASE_TIME: u8 = 51;
const RENEWAL_TIME: u8 = 58;
const REBINDING_TIME: u8 = 59;
const CLASSLESS_ROUTES: u8 = 121;
const CLASSLESS_ROUTES_WINDOWS: u8 = 249;

/// What a client that names no size can take (RFC 2132 section 9.10), IP and UDP headers included.
const MIN_PACKET_BYTES: u16 = 576;
/// IP, UDP and DHCP headers, magic cookie, message type, server identifier and end mark.
const OVERHEAD_BYTES: usize = 20 + 8 + 240 + 3 + 6 + 1;
/// Longest run of one option; longer values are split (RFC 3396).
const OPTION_BYTES: usize = 255;

/// The options of one lease by code, and what goes into the header.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    by_code: BTreeMap<u8, Vec<u8>>,
    next_server: Option<Ipv4Addr>,
}

impl Options {
    /// What the network, the subnet, the configuration and, last and strongest, the port ask for.
    pub(super) fn of_lease(lease: &Lease<'_>, port: &Port, settings: &Settings) -> Self {
        let mut options = Self::default();
        options.addressing(lease.subnet, lease.network);
        options.names(lease, port, settings);
        options.routes(lease.subnet);
        for option in &port.extra_dhcp_opts {
            if option.ip_version == 4 {
                options.extra(option);
            }
        }
        options
    }

    fn addressing(&mut self, subnet: &Subnet, network: &Network) {
        let IpNet::V4(cidr) = subnet.cidr else { return };
        self.set(SUBNET_MASK, cidr.netmask().octets());
        self.set(BROADCAST, cidr.broadcast().octets());
        if let Some(IpAddr::V4(gateway)) = subnet.gateway_ip {
            self.set(ROUTER, gateway.octets());
        }
        if let Ok(mtu) = u16::try_from(network.mtu) {
            self.set(INTERFACE_MTU, mtu.to_be_bytes());
        }
    }

    fn names(&mut self, lease: &Lease<'_>, port: &Port, settings: &Settings) {
        let servers: Vec<u8> = lease
            .subnet
            .dns_nameservers
            .iter()
            .filter_map(|server| match server {
                // 0.0.0.0 is how Neutron's users say "none at all".
                IpAddr::V4(server) if !server.is_unspecified() => Some(server.octets()),
                _ => None,
            })
            .flatten()
            .collect();
        if !servers.is_empty() {
            self.set(NAME_SERVER, servers);
        }
        if !settings.domain.is_empty() {
            self.set(DOMAIN_NAME, settings.domain.as_bytes());
        }
        let host = if port.dns_name.is_empty() {
            format!("host-{}", lease.address.to_string().replace('.', "-"))
        } else {
            port.dns_name.clone()
        };
        self.set(HOST_NAME, host.into_bytes());
    }

    /// Static routes; the default route is among them, for a client that reads them ignores the
    /// router option (RFC 3442).
    fn routes(&mut self, subnet: &Subnet) {
        let mut routes: Vec<(Ipv4Net, Ipv4Addr)> = subnet
            .host_routes
            .iter()
            .filter_map(|route| match (route.destination, route.nexthop) {
                (IpNet::V4(destination), IpAddr::V4(nexthop)) => Some((destination, nexthop)),
                _ => None,
            })
            .collect();
        if routes.is_empty() {
            return;
        }
        let has_default = routes.iter().any(|(net, _)| net.prefix_len() == 0);
        if let (false, Some(IpAddr::V4(gateway))) = (has_default, subnet.gateway_ip) {
            routes.push((Ipv4Net::default(), gateway));
        }
        let encoded = encode_routes(&routes);
        self.set(CLASSLESS_ROUTES_WINDOWS, encoded.clone());
        self.set(CLASSLESS_ROUTES, encoded);
    }

    /// Lease, renewal (half) and rebinding (seven eighths) times (RFC 2131 section 4.4.5).
    ///
    /// A lease time that the port asked for stands.
    pub(super) fn lease_times(&mut self, seconds: u32) {
        let lease = self
            .by_code
            .entry(LEASE_TIME)
            .or_insert_with(|| seconds.to_be_bytes().to_vec());
        let seconds = match lease.as_slice().try_into() {
            Ok(bytes) => u32::from_be_bytes(bytes),
            Err(_) => seconds,
        };
        if seconds == u32::MAX {
            return;
        }
        let rebinding = seconds - seconds / 8;
        self.by_code
            .entry(RENEWAL_TIME)
            .or_insert_with(|| (seconds / 2).to_be_bytes().to_vec());
        self.by_code
            .entry(REBINDING_TIME)
            .or_insert_with(|| rebinding.to_be_bytes().to_vec());
    }

    fn extra(&mut self, option: &api::ExtraDhcpOpt) {
        match extra::parse(&option.opt_name, &option.opt_value) {
            Ok(extra::Extra::Option { code, data }) => self.set(code, data),
            Ok(extra::Extra::NextServer(address)) => self.next_server = Some(address),
            Err(error) => {
                tracing::debug!(name = option.opt_name, %error, "extra DHCP option left out");
            }
        }
    }

    fn set(&mut self, code: u8, data: impl Into<Vec<u8>>) {
        self.by_code.insert(code, data.into());
    }

    /// Address of the next boot server, for the header's `siaddr`.
    pub(super) fn next_server(&self) -> Option<Ipv4Addr> {
        self.next_server
    }

    /// Boot file name, for the header's `file` as well: old firmware reads only that.
    pub(super) fn boot_file(&self) -> Option<&[u8]> {
        const FILE_BYTES: usize = 128;
        self.by_code
            .get(&extra::BOOT_FILE)
            .map(Vec::as_slice)
            .filter(|file| file.len() < FILE_BYTES)
    }

    /// The options to send: those without which a lease is useless, then those asked for in the
    /// order asked, then the others; each only while the packet stays within `max_packet_bytes`.
    pub(super) fn chosen(&self, wanted: &[u8], max_packet_bytes: u16) -> Vec<(u8, &[u8])> {
        let mut room = usize::from(max_packet_bytes.max(MIN_PACKET_BYTES)) - OVERHEAD_BYTES;
        let needed = [LEASE_TIME, SUBNET_MASK, ROUTER];
        let order = needed.iter().chain(wanted).chain(self.by_code.keys());
        let mut chosen: BTreeMap<u8, &[u8]> = BTreeMap::new();
        for code in order {
            let Some(data) = self.by_code.get(code) else {
                continue;
            };
            let unasked_twin = *code == CLASSLESS_ROUTES_WINDOWS && !wanted.contains(code);
            let bytes = data.len() + 2 * data.len().div_ceil(OPTION_BYTES).max(1);
            if unasked_twin || chosen.contains_key(code) || bytes > room {
                continue;
            }
            room -= bytes;
            chosen.insert(*code, data);
        }
        chosen.into_iter().collect()
    }
}

/// RFC 3442: prefix length, the significant octets of the destination, the router.
pub(super) fn encode_routes(routes: &[(Ipv4Net, Ipv4Addr)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(routes.len() * 9);
    for (destination, router) in routes {
        let octets = destination.network().octets();
        let significant = usize::from(destination.prefix_len().div_ceil(8));
        bytes.push(destination.prefix_len());
        bytes.extend(octets.iter().take(significant));
        bytes.extend(router.octets());
    }
    bytes
}
