//! Subnets: blocks, gateways, pools, modes, updates, deletion.

use api::{AddressRange, Ipv6Mode, SubnetUpdate};

use super::*;

fn pool(start: &str, end: &str) -> AddressRange {
    AddressRange {
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
    }
}

fn pools(subnet: &Subnet) -> Vec<(String, String)> {
    let texts = |p: &AddressRange| (p.start.to_string(), p.end.to_string());
    subnet.allocation_pools.iter().map(texts).collect()
}

fn network(cloud: &mut Cloud) -> Uuid {
    cloud.network(NetworkCreate::default()).unwrap().id
}

/// (block, gateway, DHCP) → gateway, pools.
fn made(cidr: &str, gateway: Option<Option<&str>>, dhcp: bool) -> (String, Vec<(String, String)>) {
    let mut cloud = Cloud::new();
    let network = network(&mut cloud);
    let asked = SubnetCreate {
        gateway_ip: gateway.map(|g| g.map(|g| g.parse().unwrap())),
        enable_dhcp: dhcp,
        ..subnet_of(network, cidr)
    };
    let subnet = cloud.subnet(asked).unwrap();
    let gateway = subnet.gateway_ip.map_or("none".into(), |g| g.to_string());
    (gateway, pools(&subnet))
}

fn expected(gateway: &str, pools: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
    let texts = pools
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
    (gateway.to_owned(), texts.collect())
}

#[test]
fn gateway_and_pools_of_a_subnet_that_names_none() {
    let cases = [
        (
            made("10.77.0.0/24", None, true),
            expected("10.77.0.1", &[("10.77.0.2", "10.77.0.254")]),
        ),
        (
            made("10.79.0.0/29", Some(None), true),
            expected("none", &[("10.79.0.1", "10.79.0.6")]),
        ),
        (
            made("10.0.0.0/24", Some(Some("10.0.0.9")), true),
            expected(
                "10.0.0.9",
                &[("10.0.0.1", "10.0.0.8"), ("10.0.0.10", "10.0.0.254")],
            ),
        ),
        (
            made("10.0.0.0/24", Some(Some("10.9.0.1")), true),
            expected("10.9.0.1", &[("10.0.0.1", "10.0.0.254")]),
        ),
        (
            made("10.0.0.0/30", None, true),
            expected("10.0.0.1", &[("10.0.0.2", "10.0.0.2")]),
        ),
        (
            made("10.0.0.4/31", None, false),
            expected("10.0.0.5", &[("10.0.0.4", "10.0.0.4")]),
        ),
        (
            made("10.0.0.4/32", None, false),
            expected("10.0.0.5", &[("10.0.0.4", "10.0.0.4")]),
        ),
        (
            made("fd00:77::/64", None, true),
            expected(
                "fd00:77::",
                &[("fd00:77::1", "fd00:77::ffff:ffff:ffff:ffff")],
            ),
        ),
        (
            made("fd00::/64", Some(Some("fe80::1")), true),
            expected("fe80::1", &[("fd00::1", "fd00::ffff:ffff:ffff:ffff")]),
        ),
        (
            made("fd00::/126", Some(Some("fd00::2")), true),
            expected("fd00::2", &[("fd00::1", "fd00::1"), ("fd00::3", "fd00::3")]),
        ),
        (
            made("fd00::8/128", None, false),
            expected("fd00::8", &[("fd00::8", "fd00::8")]),
        ),
    ];
    for (found, wanted) in cases {
        assert_eq!(found, wanted);
    }
}

#[test]
fn an_empty_list_of_pools_means_the_default_in_a_post_and_none_in_a_put() {
    let mut cloud = Cloud::new();
    let network = network(&mut cloud);
    let asked = SubnetCreate {
        allocation_pools: Some(vec![]),
        ..subnet_of(network, "10.0.0.0/24")
    };
    let subnet = cloud.subnet(asked).unwrap();
    assert_eq!(pools(&subnet).len(), 1);
    let none = SubnetUpdate {
        allocation_pools: Some(vec![]),
        ..SubnetUpdate::default()
    };
    cloud.update(subnet.id, none).unwrap();
    let full = cloud.port(port_on(network));
    assert_refused!(full, 409, "IpAddressGenerationFailure");
}

#[test]
fn host_bits_are_cleared() {
    let mut cloud = Cloud::new();
    let network = network(&mut cloud);
    let subnet = cloud.subnet(subnet_of(network, "10.1.2.3/24")).unwrap();
    assert_eq!(subnet.cidr.to_string(), "10.1.2.0/24");
    assert_refused!(
        cloud.subnet(subnet_of(network, "10.1.2.128/25")),
        400,
        "InvalidInput"
    );
    assert_refused!(
        cloud.subnet(subnet_of(network, "10.0.0.0/8")),
        400,
        "InvalidInput"
    );
    assert!(cloud.subnet(subnet_of(network, "10.1.3.0/24")).is_ok());
}

#[test]
fn blocks_that_no_subnet_can_have() {
    let mut cloud = Cloud::new();
    let network = network(&mut cloud);
    let mut bad = |asked: SubnetCreate| assert_refused!(cloud.subnet(asked), 400, "InvalidInput");
    for cidr in [
        "10.0.0.0/31",
        "10.0.0.0/32",
        "224.0.0.0/24",
        "127.0.0.0/24",
        "0.0.0.0/8",
        "::/64",
        "fd00::/127",
        "ff02::/64",
        "0.0.0.0/0",
    ] {
        bad(subnet_of(network, cidr));
    }
    bad(SubnetCreate {
        ip_version: 6,
        ..subnet_of(network, "10.0.0.0/24")
    });
    bad(SubnetCreate {
        enable_dhcp: false,
        ..subnet_of(network, "0.0.0.0/0")
    });
    let nowhere = subnet_of(Uuid::from_u128(9), "10.0.0.0/24");
    assert_refused!(cloud.subnet(nowhere), 404, "NetworkNotFound");
    let nothing = SubnetCreate {
        cidr: None,
        ..subnet_of(network, "10.0.0.0/24")
    };
    assert_refused!(cloud.subnet(nothing), 400, "BadRequest");
    let both = SubnetCreate {
        prefixlen: Some(24),
        ..subnet_of(network, "10.0.0.0/24")
    };
    assert_refused!(cloud.subnet(both), 400, "BadRequest");
    let pool = SubnetCreate {
        subnetpool_id: Some(Uuid::from_u128(1)),
        ..subnet_of(network, "10.0.0.0/24")
    };
    assert_refused!(cloud.subnet(pool), 404, "SubnetPoolNotFound");
    let asked = SubnetCreate {
        enable_dhcp: false,
        ..subnet_of(network, "224.0.0.0/24")
    };
    assert!(cloud.subnet(asked).is_ok());
}

#[test]
fn pools_must_lie_in_the_subnet_apart_from_each_other_and_the_gateway() {
    let mut cloud = Cloud::new();
    let network = network(&mut cloud);
    let with = |pools: Vec<AddressRange>| SubnetCreate {
        allocation_pools: Some(pools),
        ..subnet_of(network, "10.78.0.0/24")
    };
    let cases = [
        (
            vec![pool("10.79.0.2", "10.79.0.9")],
            400,
            "OutOfBoundsAllocationPool",
        ),
        (
            vec![pool("10.78.0.0", "10.78.0.9")],
            400,
            "OutOfBoundsAllocationPool",
        ),
        (
            vec![pool("10.78.0.9", "10.78.0.255")],
            400,
            "OutOfBoundsAllocationPool",
        ),
        (
            vec![pool("10.78.0.9", "10.78.0.2")],
            400,
            "InvalidAllocationPool",
        ),
        (
            vec![pool("fd00::1", "fd00::2")],
            400,
            "InvalidAllocationPool",
        ),
        (
            vec![pool("10.78.0.2", "fd00::2")],
            400,
            "InvalidAllocationPool",
        ),
        (
            vec![pool("10.78.0.1", "10.78.0.2")],
            409,
            "GatewayConflictWithAllocationPools",
        ),
        (
            vec![
                pool("10.78.0.20", "10.78.0.30"),
                pool("10.78.0.2", "10.78.0.20"),
            ],
            409,
            "OverlappingAllocationPools",
        ),
    ];
    for (pools, status, kind) in cases {
        assert_refused!(cloud.subnet(with(pools)), status, kind);
    }
    let two = vec![
        pool("10.78.0.20", "10.78.0.30"),
        pool("10.78.0.2", "10.78.0.19"),
    ];
    let subnet = cloud.subnet(with(two.clone())).unwrap();
    assert_eq!(subnet.allocation_pools, two);
}

#[test]
fn gateways_name_servers_and_routes_must_be_of_the_subnets_version() {
    let mut cloud = Cloud::new();
    let network = network(&mut cloud);
    let base = || subnet_of(network, "10.0.0.0/24");
    let route = |destination: &str, nexthop: &str| api::HostRoute {
        destination: destination.parse().unwrap(),
        nexthop: nexthop.parse().unwrap(),
    };
    let gateway = |ip: &str| SubnetCreate {
        gateway_ip: Some(Some(ip.parse().unwrap())),
        ..base()
    };
    let server = "fd00::1".parse().unwrap();
    for asked in [
        gateway("fd00::1"),
        gateway("10.0.0.0"),
        gateway("10.0.0.255"),
        SubnetCreate {
            dns_nameservers: vec![server],
            ..base()
        },
        SubnetCreate {
            host_routes: vec![route("10.9.0.0/16", "fd00::1")],
            ..base()
        },
        SubnetCreate {
            host_routes: vec![route("fd00::/64", "10.0.0.1")],
            ..base()
        },
    ] {
        assert_refused!(cloud.subnet(asked), 400, "InvalidInput");
    }
    let servers = (1..=6u8)
        .map(|n| std::net::IpAddr::from([9, 9, 9, n]))
        .collect();
    let asked = SubnetCreate {
        dns_nameservers: servers,
        ..base()
    };
    assert_refused!(cloud.subnet(asked), 400, "DNSNameServersExhausted");
    let routes = (0..21u8)
        .map(|n| route(&format!("10.{n}.0.0/16"), "10.0.0.9"))
        .collect();
    let asked = SubnetCreate {
        host_routes: routes,
        ..base()
    };
    assert_refused!(cloud.subnet(asked), 400, "HostRoutesExhausted");
    let asked = SubnetCreate {
        service_types: vec!["foo".into()],
        ..base()
    };
    assert_refused!(cloud.subnet(asked), 400, "InvalidSubnetServiceType");
}

#[test]
fn every_combination_of_ipv6_modes() {
    use Ipv6Mode::{Dhcpv6Stateful, Dhcpv6Stateless, Slaac};
    let all = [
        None,
        Some(Slaac),
        Some(Dhcpv6Stateful),
        Some(Dhcpv6Stateless),
    ];
    let mut cloud = Cloud::new();
    let network = network(&mut cloud);
    let mut number = 0;
    for ra in all {
        for own in all {
            for dhcp in [true, false] {
                number += 1;
                let asked = SubnetCreate {
                    ipv6_ra_mode: Some(ra).flatten(),
                    ipv6_address_mode: Some(own).flatten(),
                    enable_dhcp: dhcp,
                    ..subnet_of(network, &format!("fd00:{number:x}::/64"))
                };
                let none = ra.is_none() && own.is_none();
                let agree = ra.is_none() || own.is_none() || ra == own;
                let good = none || (dhcp && agree);
                assert_eq!(cloud.subnet(asked).is_ok(), good, "{ra:?} {own:?} {dhcp}");
            }
        }
    }
    assert_refused!(
        cloud.subnet(slaac(network, "fd01::/80")),
        400,
        "InvalidInput"
    );
    let stateful = SubnetCreate {
        ipv6_address_mode: Some(Dhcpv6Stateful),
        ..subnet_of(network, "fd01::/80")
    };
    assert!(cloud.subnet(stateful).is_ok());
    let v4 = SubnetCreate {
        ipv6_ra_mode: Some(Slaac),
        ..subnet_of(network, "10.0.0.0/24")
    };
    assert_refused!(cloud.subnet(v4), 400, "InvalidInput");
}

#[test]
fn a_gateway_changes_within_the_rules() {
    let mut cloud = Cloud::new();
    let (network, id) = cloud.simple("10.0.0.0/24");
    let to = |ip: Option<&str>| SubnetUpdate {
        gateway_ip: Some(ip.map(|ip| ip.parse().unwrap())),
        ..SubnetUpdate::default()
    };
    let conflict = "GatewayConflictWithAllocationPools";
    assert_refused!(cloud.update(id, to(Some("10.0.0.9"))), 409, conflict);
    assert_refused!(
        cloud.update(id, to(Some("10.0.0.255"))),
        400,
        "InvalidInput"
    );
    assert_refused!(cloud.update(id, to(Some("fd00::1"))), 400, "InvalidInput");
    let both = SubnetUpdate {
        allocation_pools: Some(vec![pool("10.0.0.20", "10.0.0.30")]),
        ..to(Some("10.0.0.9"))
    };
    cloud.update(id, both).unwrap();
    let pools = SubnetUpdate {
        allocation_pools: Some(vec![pool("10.0.0.2", "10.0.0.30")]),
        ..SubnetUpdate::default()
    };
    assert_refused!(cloud.update(id, pools), 409, conflict);
    let router = PortCreate {
        device_owner: "network:router_interface".into(),
        fixed_ips: Some(vec![ask(None, "10.0.0.9")]),
        ..port_on(network)
    };
    let router = cloud.port(router).unwrap();
    assert_refused!(cloud.update(id, to(None)), 409, "GatewayIpInUse");
    assert_refused!(cloud.delete(Kind::Subnet, id), 409, "SubnetInUse");
    cloud.update(id, to(Some("10.0.0.9"))).unwrap();
    cloud.delete(Kind::Port, router.id).unwrap();
    cloud.update(id, to(None)).unwrap();
}

#[test]
fn dhcp_cannot_be_taken_from_a_subnet_with_modes() {
    let mut cloud = Cloud::new();
    let network = network(&mut cloud);
    let off = SubnetUpdate {
        enable_dhcp: Some(false),
        ..SubnetUpdate::default()
    };
    let v6 = cloud.subnet(slaac(network, "fd00::/64")).unwrap();
    assert_refused!(cloud.update(v6.id, off.clone()), 400, "InvalidInput");
    let v4 = cloud.subnet(subnet_of(network, "10.0.0.0/24")).unwrap();
    cloud.update(v4.id, off).unwrap();
    let small = SubnetCreate {
        enable_dhcp: false,
        ..subnet_of(network, "10.1.0.0/31")
    };
    let small = cloud.subnet(small).unwrap();
    let on = SubnetUpdate {
        enable_dhcp: Some(true),
        ..SubnetUpdate::default()
    };
    assert_refused!(cloud.update(small.id, on), 400, "InvalidInput");
}

#[test]
fn a_slaac_subnet_gives_addresses_to_the_ports_that_are_there_and_takes_them_with_it() {
    let mut cloud = Cloud::new();
    let (network, v4) = cloud.simple("10.0.0.0/24");
    let asked = PortCreate {
        mac_address: Some(Some(mac("fa:16:3e:f7:89:10"))),
        ..port_on(network)
    };
    let port = cloud.port(asked).unwrap();
    let router = PortCreate {
        device_owner: "network:router_interface".into(),
        ..port_on(network)
    };
    let router = cloud.port(router).unwrap();
    let v6 = cloud.subnet(slaac(network, "fd00:77::/64")).unwrap();
    let with = cloud.now_port(port.id);
    assert_eq!(ips(&with), ["10.0.0.2", "fd00:77::f816:3eff:fef7:8910"]);
    assert_eq!(with.revision_number, 2);
    assert_eq!(ips(&cloud.now_port(router.id)), ["10.0.0.3"]);
    assert_refused!(cloud.delete(Kind::Subnet, v4), 409, "SubnetInUse");
    cloud.delete(Kind::Subnet, v6.id).unwrap();
    assert_eq!(ips(&cloud.now_port(port.id)), ["10.0.0.2"]);
    assert!(!cloud.model.subnet_in_use(v6.id));
}
