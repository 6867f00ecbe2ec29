//! Address pairs, extra DHCP options, DNS names.

use api::{AddressPairRequest, DhcpOptRequest, ExtraDhcpOpt, NetworkUpdate};

use super::*;

fn pair(ip: &str, own: Option<&str>) -> AddressPairRequest {
    let block = ip
        .parse()
        .or_else(|_| ip.parse::<std::net::IpAddr>().map(Into::into));
    AddressPairRequest {
        mac_address: own.map(mac),
        ip_address: block.unwrap(),
    }
}

fn option(name: &str, value: Option<&str>, ip_version: u8) -> DhcpOptRequest {
    DhcpOptRequest {
        opt_name: name.into(),
        opt_value: value.map(str::to_owned),
        ip_version,
    }
}

fn kept(name: &str, value: &str, ip_version: u8) -> ExtraDhcpOpt {
    ExtraDhcpOpt {
        opt_name: name.into(),
        opt_value: value.into(),
        ip_version,
    }
}

#[test]
fn address_pairs_get_the_ports_mac_and_are_sorted() {
    let mut cloud = Cloud::new();
    let (network, _) = cloud.simple("10.77.0.0/24");
    let asked = PortCreate {
        mac_address: Some(Some(mac("fa:16:3e:f7:89:10"))),
        ..port_on(network)
    };
    let port = cloud.port(asked).unwrap();
    let set = |pairs| PortUpdate {
        allowed_address_pairs: Some(pairs),
        ..PortUpdate::default()
    };
    let two = vec![
        pair("10.77.0.77", None),
        pair("10.77.1.0/24", Some("fa:16:3e:00:00:51")),
    ];
    let after = cloud.update_port(port.id, set(two)).unwrap();
    let macs: Vec<String> = after
        .allowed_address_pairs
        .iter()
        .map(|p| p.mac_address.to_string())
        .collect();
    assert_eq!(macs, ["fa:16:3e:00:00:51", "fa:16:3e:f7:89:10"]);
    let own = Some("fa:16:3e:f7:89:10");
    for twice in [
        vec![pair("10.77.0.77", None), pair("10.77.0.77", None)],
        vec![pair("10.77.0.77", own), pair("10.77.0.77", None)],
    ] {
        let refused = cloud.update_port(port.id, set(twice));
        assert_refused!(refused, 400, "DuplicateAddressPairInRequest");
    }
    for wrong in [
        pair("224.0.0.5", None),
        pair("ff02::1", None),
        pair("239.0.0.0/8", None),
        pair("10.0.0.1", Some("01:00:5e:00:00:01")),
    ] {
        assert_refused!(
            cloud.update_port(port.id, set(vec![wrong])),
            400,
            "HTTPBadRequest"
        );
    }
    let eleven = (0..11)
        .map(|n| pair(&format!("10.0.0.{n}"), None))
        .collect();
    assert_refused!(
        cloud.update_port(port.id, set(eleven)),
        400,
        "AllowedAddressPairExhausted"
    );
    assert!(
        cloud
            .update_port(port.id, set(vec![]))
            .unwrap()
            .allowed_address_pairs
            .is_empty()
    );
}

#[test]
fn address_pairs_need_port_security() {
    let mut cloud = Cloud::new();
    let (network, _) = cloud.simple("10.0.0.0/24");
    let pairs = vec![pair("10.0.0.9", None)];
    let kind = "AddressPairAndPortSecurityRequired";
    let with = PortCreate {
        allowed_address_pairs: pairs.clone(),
        ..port_on(network)
    };
    let open = PortCreate {
        port_security_enabled: Some(false),
        ..with.clone()
    };
    assert_refused!(cloud.port(open), 409, kind);
    let port = cloud.port(with).unwrap();
    let off = PortUpdate {
        port_security_enabled: Some(false),
        ..PortUpdate::default()
    };
    assert_refused!(cloud.update_port(port.id, off.clone()), 409, kind);
    let both = PortUpdate {
        allowed_address_pairs: Some(vec![]),
        ..off
    };
    cloud.update_port(port.id, both).unwrap();
    let again = PortUpdate {
        allowed_address_pairs: Some(pairs),
        ..PortUpdate::default()
    };
    assert_refused!(cloud.update_port(port.id, again), 409, kind);
    let off = NetworkUpdate {
        port_security_enabled: Some(false),
        ..NetworkUpdate::default()
    };
    cloud.update(network, off).unwrap();
}

#[test]
fn dhcp_options_change_one_by_one_and_null_removes() {
    let mut cloud = Cloud::new();
    let (network, _) = cloud.simple("10.0.0.0/24");
    let first = vec![
        option("bootfile-name", Some("pxelinux.0"), 4),
        option("router", Some(""), 4),
        option("tftp-server", None, 4),
    ];
    let port = cloud
        .port(PortCreate {
            extra_dhcp_opts: first,
            ..port_on(network)
        })
        .unwrap();
    assert_eq!(
        port.extra_dhcp_opts,
        [
            kept("bootfile-name", "pxelinux.0", 4),
            kept("router", "", 4)
        ]
    );
    let mut set = |asked| {
        let change = PortUpdate {
            extra_dhcp_opts: Some(asked),
            ..PortUpdate::default()
        };
        cloud
            .update_port(port.id, change)
            .unwrap()
            .extra_dhcp_opts
            .clone()
    };
    let after = set(vec![
        option("bootfile-name", Some("other.0"), 4),
        option("bootfile-name", Some("six.0"), 6),
        option("router", None, 4),
        option("nothing", None, 4),
    ]);
    assert_eq!(
        after,
        [
            kept("bootfile-name", "other.0", 4),
            kept("bootfile-name", "six.0", 6)
        ]
    );
    assert_eq!(set(vec![]), after);
    let twice = vec![option("66", Some("a"), 4), option("66", Some("b"), 4)];
    let refused = cloud.port(PortCreate {
        extra_dhcp_opts: twice,
        ..port_on(network)
    });
    assert_refused!(refused, 409, "NeutronDbObjectDuplicateEntry");
}

#[test]
fn dns_names_lie_under_the_clouds_domain() {
    let mut cloud = Cloud::new();
    let (network, _) = cloud.simple("10.0.0.0/24");
    let named = |name: &str| PortCreate {
        dns_name: name.into(),
        ..port_on(network)
    };
    for good in ["web", "web.example.org.", "a.b"] {
        assert_eq!(cloud.port(named(good)).unwrap().dns_name, good);
    }
    for bad in [
        "web.elsewhere.org.",
        "example.org.",
        "xexample.org.",
        &"a".repeat(250),
    ] {
        assert_refused!(cloud.port(named(bad)), 400, "HTTPBadRequest");
    }
    cloud.settings.dns_domain = "openstacklocal".into();
    assert_eq!(cloud.port(named("web")).unwrap().dns_name, "");
}
