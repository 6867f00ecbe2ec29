//! Addresses of ports: asked for, chosen, kept, automatic.

use super::*;

fn with(network: Uuid, asked: Vec<FixedIpRequest>) -> PortCreate {
    PortCreate {
        fixed_ips: Some(asked),
        ..port_on(network)
    }
}

fn change(asked: Vec<FixedIpRequest>) -> PortUpdate {
    PortUpdate {
        fixed_ips: Some(asked),
        ..PortUpdate::default()
    }
}

#[test]
fn a_port_that_asks_for_nothing_gets_one_address_of_each_version_and_the_automatic_ones() {
    let mut cloud = Cloud::new();
    let network = cloud.network(NetworkCreate::default()).unwrap().id;
    assert!(cloud.port(port_on(network)).unwrap().fixed_ips.is_empty());
    cloud.subnet(subnet_of(network, "10.0.0.0/24")).unwrap();
    cloud.subnet(subnet_of(network, "10.0.1.0/24")).unwrap();
    cloud.subnet(subnet_of(network, "fd00:1::/64")).unwrap();
    cloud.subnet(slaac(network, "fd00:2::/64")).unwrap();
    cloud.subnet(slaac(network, "fd00:3::/64")).unwrap();
    let asked = PortCreate {
        mac_address: Some(Some(mac("fa:16:3e:00:00:50"))),
        ..port_on(network)
    };
    let port = cloud.port(asked).unwrap();
    let auto = ["fd00:2::f816:3eff:fe00:50", "fd00:3::f816:3eff:fe00:50"];
    assert_eq!(ips(&port), ["10.0.0.2", "fd00:1::1", auto[0], auto[1]]);
}

#[test]
fn when_a_subnet_is_full_the_next_one_serves_until_none_does() {
    let mut cloud = Cloud::new();
    let (network, first) = cloud.simple("10.0.0.0/30");
    cloud.subnet(subnet_of(network, "10.0.1.0/30")).unwrap();
    assert_eq!(ips(&cloud.port(port_on(network)).unwrap()), ["10.0.0.2"]);
    let full = cloud.port(with(network, vec![ask(Some(first), "")]));
    assert_refused!(full, 409, "IpAddressGenerationFailure");
    assert_eq!(ips(&cloud.port(port_on(network)).unwrap()), ["10.0.1.2"]);
    assert_refused!(
        cloud.port(port_on(network)),
        409,
        "IpAddressGenerationFailure"
    );
    // The gateway's own address is in no pool, but whoever asks for it gets it.
    assert_eq!(
        ips(&cloud
            .port(with(network, vec![ask(None, "10.0.0.1")]))
            .unwrap()),
        ["10.0.0.1"]
    );
}

#[test]
fn what_a_port_asks_for_must_be_free_and_fit() {
    let mut cloud = Cloud::new();
    let (network, subnet) = cloud.simple("10.77.0.0/24");
    let (_, other) = cloud.simple("10.77.0.0/24");
    cloud
        .port(with(network, vec![ask(Some(subnet), "10.77.0.50")]))
        .unwrap();
    let nowhere = Uuid::from_u128(0xdead);
    let cases = [
        (ask(None, "10.77.0.50"), 409, "IpAddressAlreadyAllocated"),
        (
            ask(Some(subnet), "10.77.0.50"),
            409,
            "IpAddressAlreadyAllocated",
        ),
        (ask(Some(subnet), "10.99.0.5"), 400, "InvalidIpForSubnet"),
        (ask(Some(subnet), "10.77.0.0"), 400, "InvalidIpForSubnet"),
        (ask(Some(subnet), "10.77.0.255"), 400, "InvalidIpForSubnet"),
        (ask(None, "10.99.0.5"), 400, "InvalidIpForNetwork"),
        (ask(None, "fd00::1"), 400, "InvalidIpForNetwork"),
        (ask(Some(other), ""), 400, "InvalidInput"),
        (ask(Some(nowhere), ""), 404, "SubnetNotFound"),
    ];
    for (asked, status, kind) in cases {
        assert_refused!(cloud.port(with(network, vec![asked])), status, kind);
    }
    let twice = vec![ask(None, "10.77.0.60"), ask(None, "10.77.0.60")];
    assert_refused!(
        cloud.port(with(network, twice)),
        409,
        "IpAddressAlreadyAllocated"
    );
    let empty = cloud.network(NetworkCreate::default()).unwrap().id;
    assert_refused!(
        cloud.port(with(empty, vec![ask(None, "10.0.0.1")])),
        400,
        "InvalidInput"
    );
}

#[test]
fn an_exact_request_is_served_before_an_open_one() {
    let mut cloud = Cloud::new();
    let (network, subnet) = cloud.simple("10.0.0.0/24");
    let asked = vec![ask(Some(subnet), ""), ask(Some(subnet), "10.0.0.2")];
    let port = cloud.port(with(network, asked)).unwrap();
    assert_eq!(ips(&port), ["10.0.0.3", "10.0.0.2"]);
    let none = cloud.port(with(network, vec![])).unwrap();
    assert!(none.fixed_ips.is_empty());
}

#[test]
fn automatic_subnets_take_no_other_address() {
    let mut cloud = Cloud::new();
    let (network, v4) = cloud.simple("10.0.0.0/24");
    let auto = cloud.subnet(slaac(network, "fd00::/64")).unwrap().id;
    let own = "fd00::f816:3eff:fe00:50";
    let asked = |wanted| PortCreate {
        mac_address: Some(Some(mac("fa:16:3e:00:00:50"))),
        ..with(network, wanted)
    };
    let refused = cloud.port(asked(vec![ask(Some(auto), "fd00::5")]));
    assert_refused!(refused, 400, "AllocationOnAutoAddressSubnet");
    for wanted in [
        vec![],
        vec![ask(Some(auto), "")],
        vec![ask(Some(auto), own)],
    ] {
        let port = cloud.port(asked(wanted)).unwrap();
        assert_eq!(ips(&port), [own]);
        cloud.delete(Kind::Port, port.id).unwrap();
    }
    let port = cloud.port(asked(vec![ask(Some(v4), "10.0.0.50")])).unwrap();
    assert_eq!(ips(&port), ["10.0.0.50", own]);
    let router = PortCreate {
        device_owner: "network:router_interface".into(),
        ..with(network, vec![ask(Some(auto), "fd00::")])
    };
    assert_eq!(ips(&cloud.port(router).unwrap()), ["fd00::"]);
}

#[test]
fn a_port_keeps_what_it_asks_for_again() {
    let mut cloud = Cloud::new();
    let (network, subnet) = cloud.simple("10.77.0.0/24");
    cloud.subnet(slaac(network, "fd00:77::/64")).unwrap();
    let other = cloud
        .port(with(network, vec![ask(None, "10.77.0.50")]))
        .unwrap();
    let asked = PortCreate {
        mac_address: Some(Some(mac("fa:16:3e:90:d5:63"))),
        ..port_on(network)
    };
    let port = cloud.port(asked).unwrap();
    let auto = "fd00:77::f816:3eff:fe90:d563";
    assert_eq!(ips(&port), ["10.77.0.2", auto]);
    let mut after = |asked| cloud.update_port(port.id, change(asked)).map(|p| ips(&p));
    let both = vec![
        ask(Some(subnet), "10.77.0.60"),
        ask(Some(subnet), "10.77.0.61"),
    ];
    assert_eq!(after(both).unwrap(), ["10.77.0.60", "10.77.0.61", auto]);
    let open = vec![ask(Some(subnet), ""), ask(Some(subnet), "10.77.0.60")];
    assert_eq!(after(open).unwrap(), ["10.77.0.61", "10.77.0.60", auto]);
    let more = vec![
        ask(Some(subnet), ""),
        ask(None, "10.77.0.60"),
        ask(Some(subnet), ""),
    ];
    assert_eq!(
        after(more).unwrap(),
        ["10.77.0.61", "10.77.0.60", "10.77.0.2", auto]
    );
    assert_refused!(
        after(vec![ask(None, "10.77.0.50")]),
        409,
        "IpAddressAlreadyAllocated"
    );
    assert_eq!(after(vec![]).unwrap(), [auto]);
    cloud.delete(Kind::Port, other.id).unwrap();
    let freed = cloud
        .update_port(port.id, change(vec![ask(None, "10.77.0.50")]))
        .unwrap();
    assert_eq!(ips(&freed), ["10.77.0.50", auto]);
}

#[test]
fn service_types_choose_the_ports_a_subnet_serves() {
    let mut cloud = Cloud::new();
    let network = cloud.network(NetworkCreate::default()).unwrap().id;
    let only = SubnetCreate {
        service_types: vec!["compute:nova".into()],
        ..subnet_of(network, "10.0.1.0/24")
    };
    let only = cloud.subnet(only).unwrap().id;
    let owned = |owner: &str| PortCreate {
        device_owner: owner.into(),
        ..port_on(network)
    };
    let kind = "IpAddressGenerationFailureNoMatchingSubnet";
    assert_refused!(cloud.port(owned("")), 409, kind);
    assert_eq!(
        ips(&cloud.port(owned("network:dhcp")).unwrap()),
        ["10.0.1.2"]
    );
    cloud.subnet(subnet_of(network, "10.0.0.0/24")).unwrap();
    assert_eq!(ips(&cloud.port(owned("")).unwrap()), ["10.0.0.2"]);
    assert_eq!(
        ips(&cloud.port(owned("compute:nova")).unwrap()),
        ["10.0.1.3"]
    );
    let refused = cloud.port(with(network, vec![ask(Some(only), "")]));
    assert_refused!(refused, 400, "InvalidInput");
}
