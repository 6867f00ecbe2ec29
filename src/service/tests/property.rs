//! Whatever is asked, in whatever order, the model keeps its invariants.

use std::collections::BTreeSet;
use std::net::IpAddr;

use api::{AddressRange, NetworkUpdate, SubnetUpdate};
use proptest::prelude::*;

use super::*;
use crate::service::{address, ipam, owner};

/// A request with small numbers for ids, so that requests meet.
#[derive(Debug, Clone)]
enum Ask {
    Network(NetworkCreate),
    ChangeNetwork(usize, NetworkUpdate),
    Subnet(usize, SubnetCreate),
    ChangeSubnet(usize, SubnetUpdate),
    Ports(usize, Vec<PortCreate>),
    ChangePort(usize, PortUpdate),
    Segment(usize, SegmentCreate),
    Delete(Kind, usize),
    Join(u8, bool),
    Report(usize, u8, bool),
}

const BLOCKS: [&str; 8] = [
    "10.0.0.0/29",
    "10.0.0.8/30",
    "10.0.0.0/28",
    "10.0.1.0/24",
    "fd00::/64",
    "fd01::/64",
    "fd00::/125",
    "10.9.9.9/40",
];
const OWNERS: [&str; 4] = [
    "",
    "compute:nova",
    "network:dhcp",
    "network:router_interface",
];

fn ip() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (0u8..16).prop_map(|n| IpAddr::from([10, 0, 0, n])),
        (0u16..6).prop_map(|n| IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, n])),
    ]
}

fn some_mac() -> impl Strategy<Value = Mac> {
    (0u8..6).prop_map(|n| Mac([0xfa, 0x16, 0x3e, 0, 0, n]))
}

fn owner() -> impl Strategy<Value = String> {
    prop::sample::select(OWNERS.to_vec()).prop_map(str::to_owned)
}

fn host() -> impl Strategy<Value = String> {
    (0u8..3).prop_map(|n| {
        if n == 0 {
            String::new()
        } else {
            format!("host{n}")
        }
    })
}

fn network() -> impl Strategy<Value = NetworkCreate> {
    let kind = prop::option::of(prop::sample::select(NetworkType::ALL.to_vec()));
    let physical = prop::option::of(prop::sample::select(vec!["public", "datacentre", "x"]));
    let id = prop::option::of(99u32..104);
    (kind, physical, id, any::<bool>(), 0u32..2000).prop_map(|(kind, physical, id, open, mtu)| {
        NetworkCreate {
            network_type: kind,
            physical_network: physical.map(str::to_owned),
            segmentation_id: id,
            port_security_enabled: !open,
            mtu: if mtu < 1000 { 0 } else { mtu },
            ..NetworkCreate::default()
        }
    })
}

fn pools() -> impl Strategy<Value = Vec<AddressRange>> {
    prop::collection::vec(
        (ip(), ip()).prop_map(|(start, end)| AddressRange { start, end }),
        0..3,
    )
}

/// A block that is none stands for no block.
fn subnet() -> impl Strategy<Value = SubnetCreate> {
    let block = prop::sample::select(BLOCKS.to_vec());
    let service = prop::option::of(owner());
    let gateway = prop::option::of(prop::option::of(ip()));
    let rare = prop::option::weighted(0.2, pools());
    (block, any::<bool>(), service, gateway, rare).prop_map(
        |(block, auto, service, gateway, pools)| {
            let mode = (auto && block.contains(':')).then_some(api::Ipv6Mode::Slaac);
            SubnetCreate {
                cidr: block.parse().ok(),
                ip_version: if block.contains(':') { 6 } else { 4 },
                ipv6_ra_mode: mode,
                ipv6_address_mode: mode,
                service_types: service.into_iter().filter(|s| !s.is_empty()).collect(),
                gateway_ip: gateway,
                allocation_pools: pools,
                ..SubnetCreate::default()
            }
        },
    )
}

fn change_subnet() -> impl Strategy<Value = SubnetUpdate> {
    let gateway = prop::option::of(prop::option::of(ip()));
    (
        gateway,
        prop::option::of(pools()),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(gateway, pools, dhcp)| SubnetUpdate {
            gateway_ip: gateway,
            allocation_pools: pools,
            enable_dhcp: dhcp,
            ..SubnetUpdate::default()
        })
}

/// Addresses by subnet number, or none; the number is resolved when the request is run.
fn fixed() -> impl Strategy<Value = Option<Vec<FixedIpRequest>>> {
    let one = (prop::option::of(0u128..4), prop::option::of(ip())).prop_map(|(subnet, ip)| {
        FixedIpRequest {
            subnet_id: subnet.map(Uuid::from_u128),
            ip_address: ip,
        }
    });
    prop::option::of(prop::collection::vec(one, 0..3))
}

fn port() -> impl Strategy<Value = PortCreate> {
    (
        prop::option::of(some_mac()),
        fixed(),
        owner(),
        host(),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(mac, fixed, device_owner, host_id, security)| PortCreate {
            mac_address: mac.map(Some),
            fixed_ips: fixed,
            device_owner,
            host_id,
            port_security_enabled: security,
            ..PortCreate::default()
        })
}

fn change_port() -> impl Strategy<Value = PortUpdate> {
    let pair = ip().prop_map(|ip| {
        vec![api::AddressPairRequest {
            mac_address: None,
            ip_address: ip.into(),
        }]
    });
    (
        prop::option::of(prop::option::of(some_mac())),
        fixed(),
        prop::option::of(host()),
        prop::option::of(pair),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(mac, fixed, host, pairs, security)| PortUpdate {
            mac_address: mac,
            fixed_ips: fixed,
            host_id: host,
            allowed_address_pairs: pairs,
            port_security_enabled: security,
            ..PortUpdate::default()
        })
}

fn segment() -> impl Strategy<Value = SegmentCreate> {
    let kind = prop::sample::select(vec![NetworkType::Vlan, NetworkType::Geneve]);
    (kind, prop::option::of(1u32..4)).prop_map(|(network_type, segmentation_id)| {
        let vlan = network_type == NetworkType::Vlan;
        SegmentCreate {
            network_type,
            physical_network: vlan.then(|| "datacentre".to_owned()),
            segmentation_id,
            ..SegmentCreate::default()
        }
    })
}

fn request() -> impl Strategy<Value = Ask> {
    let kinds = vec![
        Kind::Network,
        Kind::Subnet,
        Kind::Port,
        Kind::Node,
        Kind::Segment,
    ];
    let kind = prop::sample::select(kinds);
    let n = || 0usize..8;
    prop_oneof![
        2 => network().prop_map(Ask::Network),
        1 => (n(), 0u32..3000).prop_map(|(at, mtu)| {
            Ask::ChangeNetwork(at, NetworkUpdate { mtu: Some(mtu), ..NetworkUpdate::default() })
        }),
        4 => (n(), subnet()).prop_map(|(at, asked)| Ask::Subnet(at, asked)),
        2 => (n(), change_subnet()).prop_map(|(at, asked)| Ask::ChangeSubnet(at, asked)),
        8 => (n(), prop::collection::vec(port(), 1..4)).prop_map(|(at, asked)| Ask::Ports(at, asked)),
        6 => (n(), change_port()).prop_map(|(at, asked)| Ask::ChangePort(at, asked)),
        2 => (n(), segment()).prop_map(|(at, asked)| Ask::Segment(at, asked)),
        3 => (kind, n()).prop_map(|(kind, at)| Ask::Delete(kind, at)),
        1 => (1u8..3, any::<bool>()).prop_map(|(host, tunnels)| Ask::Join(host, tunnels)),
        2 => (n(), 1u8..3, any::<bool>()).prop_map(|(at, host, up)| Ask::Report(at, host, up)),
    ]
}

/// The record at place `at` of a kind, or none at all.
fn pick(cloud: &Cloud, kind: Kind, at: usize) -> Uuid {
    let all: Vec<Uuid> = cloud.model.records(kind).map(|r| r.id()).collect();
    all.get(at % all.len().max(1))
        .copied()
        .unwrap_or(Uuid::from_u128(1 << 100))
}

fn resolved(cloud: &Cloud, fixed: Option<Vec<FixedIpRequest>>) -> Option<Vec<FixedIpRequest>> {
    let subnet = |id: Uuid| pick(cloud, Kind::Subnet, usize::try_from(id.as_u128()).unwrap());
    let one = |f: FixedIpRequest| FixedIpRequest {
        subnet_id: f.subnet_id.map(subnet),
        ..f
    };
    fixed.map(|all| all.into_iter().map(one).collect())
}

fn run(cloud: &mut Cloud, ask: Ask) {
    // Whether it is refused is for other tests; here only what it leaves behind counts.
    let _ = match ask {
        Ask::Network(asked) => cloud.network(asked).map(drop),
        Ask::ChangeNetwork(at, asked) => cloud
            .update(pick(cloud, Kind::Network, at), asked)
            .map(drop),
        Ask::Subnet(at, asked) => {
            let network_id = pick(cloud, Kind::Network, at);
            cloud
                .subnet(SubnetCreate {
                    network_id,
                    ..asked
                })
                .map(drop)
        }
        Ask::ChangeSubnet(at, asked) => {
            cloud.update(pick(cloud, Kind::Subnet, at), asked).map(drop)
        }
        Ask::Ports(at, asked) => {
            let network_id = pick(cloud, Kind::Network, at);
            let items = asked.into_iter().map(|asked| {
                let fixed_ips = resolved(cloud, asked.fixed_ips.clone());
                PortCreate {
                    network_id,
                    fixed_ips,
                    ..asked
                }
                .into()
            });
            let items = items.collect();
            cloud.create_all(items).map(drop)
        }
        Ask::ChangePort(at, asked) => {
            let fixed_ips = resolved(cloud, asked.fixed_ips.clone());
            let id = pick(cloud, Kind::Port, at);
            cloud
                .update_port(id, PortUpdate { fixed_ips, ..asked })
                .map(drop)
        }
        Ask::Segment(at, asked) => {
            let network_id = pick(cloud, Kind::Network, at);
            let asked = SegmentCreate {
                network_id,
                ..asked
            };
            cloud.segment(asked).map(drop)
        }
        Ask::Delete(kind, at) => cloud.delete(kind, pick(cloud, kind, at)),
        Ask::Join(host, tunnels) => {
            let asked = Registration {
                system_id: format!("system{host}"),
                hostname: format!("host{host}"),
                encap_ips: vec![IpAddr::from([192, 0, 2, host])],
                encap_types: if tunnels {
                    vec![NetworkType::Geneve]
                } else {
                    vec![]
                },
                ..Registration::default()
            };
            cloud.join(&asked).map(drop)
        }
        Ask::Report(at, host, up) => {
            cloud.report(pick(cloud, Kind::Port, at), &format!("host{host}"), up);
            Ok(())
        }
    };
}

fn check_networks(model: &Model) -> Result<(), TestCaseError> {
    let (mut keys, mut segments) = (BTreeSet::new(), BTreeSet::new());
    for network in model.networks() {
        prop_assert!(keys.insert(network.key), "key {} twice", network.key);
        for (id, wire) in network.wires() {
            let new = segments.insert(wire);
            prop_assert!(
                new || wire.network_type == NetworkType::Local,
                "{wire:?} twice"
            );
            let found = model.network_of_segment(id).map(|n| n.id);
            prop_assert_eq!(found, Some(network.id));
        }
        let subnets: Vec<_> = model.subnets_of(network.id).collect();
        for (n, a) in subnets.iter().enumerate() {
            prop_assert_eq!(a.cidr, a.cidr.trunc());
            prop_assert!(
                address::check_pools(&a.cidr, &a.allocation_pools).is_ok()
                    || a.cidr.prefix_len() == 128
            );
            if let Some(gateway) = a.gateway_ip {
                prop_assert!(address::check_gateway_apart(gateway, &a.allocation_pools).is_ok());
            }
            let rest = subnets.iter().skip(n + 1);
            prop_assert!(
                rest.into_iter()
                    .all(|b| !address::overlap(&a.cidr, &b.cidr))
            );
        }
    }
    Ok(())
}

fn check_ports(model: &Model) -> Result<(), TestCaseError> {
    let (mut keys, mut macs, mut addresses) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for port in model.ports() {
        prop_assert!(model.network(port.network_id).is_some());
        prop_assert!((1..1 << 24).contains(&port.key) && keys.insert(port.key));
        prop_assert!(macs.insert((port.network_id, port.mac_address)), "{port:?}");
        prop_assert!(port.port_security_enabled || port.allowed_address_pairs.is_empty());
        for fixed in &port.fixed_ips {
            let subnet = model.subnet(fixed.subnet_id).unwrap();
            prop_assert_eq!(subnet.network_id, port.network_id);
            prop_assert!(subnet.cidr.contains(&fixed.ip_address));
            prop_assert!(
                addresses.insert((port.network_id, fixed.ip_address)),
                "{fixed:?} twice"
            );
            if ipam::is_automatic(subnet) && !owner::is_router_interface(&port.device_owner) {
                let own = address::eui64(&subnet.cidr, port.mac_address);
                prop_assert_eq!(fixed.ip_address, own);
            }
        }
        let bound = port.vif_type == api::VifType::Ovs;
        prop_assert!(bound || port.status == api::Status::Down);
        prop_assert!(!bound || !port.host_id.is_empty());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_request_breaks_the_model(asks in prop::collection::vec(request(), 1..60)) {
        let mut cloud = Cloud::new();
        for ask in asks {
            run(&mut cloud, ask);
            check_networks(&cloud.model)?;
            check_ports(&cloud.model)?;
        }
        let records = Kind::ALL.iter().flat_map(|k| cloud.model.records(*k).collect::<Vec<_>>());
        let rebuilt = Model::from_records(cloud.model.revision(), records);
        for port in cloud.model.ports() {
            prop_assert_eq!(rebuilt.port(port.id), Some(port));
            prop_assert_eq!(rebuilt.port_by_key(port.key), Some(port));
        }
    }
}
