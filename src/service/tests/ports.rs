//! Ports: MAC addresses, fixed IPs on creation and change, port security.

use api::NetworkUpdate;

use super::*;

#[test]
fn macs_are_made_from_the_base_and_are_one_ports() {
    let mut cloud = Cloud::new();
    let (network, _) = cloud.simple("10.0.0.0/24");
    let made = cloud.port(port_on(network)).unwrap().mac_address;
    assert!(made.to_string().starts_with("fa:16:3e:"));
    cloud.settings.base_mac = [0xfa, 0x16, 0x3e, 0x4f, 0, 0];
    let made = cloud.port(port_on(network)).unwrap().mac_address;
    assert!(made.to_string().starts_with("fa:16:3e:4f:"));
    let asked = PortCreate {
        mac_address: Some(Some(made)),
        ..port_on(network)
    };
    assert_refused!(cloud.port(asked.clone()), 409, "MacAddressInUse");
    let (other, _) = cloud.simple("10.0.0.0/24");
    assert!(
        cloud
            .port(PortCreate {
                network_id: other,
                ..asked
            })
            .is_ok()
    );
    assert_refused!(
        cloud.port(port_on(Uuid::from_u128(1))),
        404,
        "NetworkNotFound"
    );
}

#[test]
fn a_mac_changes_only_while_unbound_and_not_on_the_networks_own_ports() {
    let mut cloud = Cloud::new();
    let (network, _) = cloud.simple("10.0.0.0/24");
    cloud.subnet(slaac(network, "fd00::/64")).unwrap();
    let port = cloud.port(port_on(network)).unwrap();
    let other = cloud.port(port_on(network)).unwrap();
    let to = |mac| PortUpdate {
        mac_address: Some(Some(mac)),
        ..PortUpdate::default()
    };
    let taken = cloud.update_port(port.id, to(other.mac_address));
    assert_refused!(taken, 409, "MacAddressInUse");
    let next = cloud
        .update_port(port.id, to(mac("fa:16:3e:00:00:60")))
        .unwrap();
    assert_eq!(ips(&next), ["10.0.0.2", "fd00::f816:3eff:fe00:60"]);
    let dhcp = PortCreate {
        device_owner: "network:dhcp".into(),
        ..port_on(network)
    };
    let dhcp = cloud.port(dhcp).unwrap();
    let refused = cloud.update_port(dhcp.id, to(mac("fa:16:3e:00:00:61")));
    assert_refused!(refused, 409, "UnsupportedPortDeviceOwner");
    cloud.update_port(dhcp.id, to(dhcp.mac_address)).unwrap();
}

#[test]
fn port_security_comes_from_the_network_unless_said_and_never_to_its_own_ports() {
    let mut cloud = Cloud::new();
    let (network, _) = cloud.simple("10.0.0.0/24");
    assert!(cloud.port(port_on(network)).unwrap().port_security_enabled);
    let asked = PortCreate {
        device_owner: "network:dhcp".into(),
        ..port_on(network)
    };
    assert!(!cloud.port(asked).unwrap().port_security_enabled);
    let off = NetworkUpdate {
        port_security_enabled: Some(false),
        ..NetworkUpdate::default()
    };
    cloud.update(network, off).unwrap();
    assert!(!cloud.port(port_on(network)).unwrap().port_security_enabled);
    let asked = PortCreate {
        port_security_enabled: Some(true),
        ..port_on(network)
    };
    assert!(cloud.port(asked).unwrap().port_security_enabled);
}

#[test]
fn security_groups_need_to_be_there_and_port_security_on() {
    let mut cloud = Cloud::new();
    let (network, _) = cloud.simple("10.0.0.0/24");
    let group = Some(vec![Uuid::from_u128(0xdead)]);
    let asked = PortCreate {
        security_groups: group.clone(),
        ..port_on(network)
    };
    assert_refused!(cloud.port(asked.clone()), 404, "SecurityGroupNotFound");
    let open = PortCreate {
        port_security_enabled: Some(false),
        ..asked
    };
    assert_refused!(
        cloud.port(open),
        400,
        "PortSecurityAndIPRequiredForSecurityGroups"
    );
    let port = cloud.port(port_on(network)).unwrap();
    let change = PortUpdate {
        security_groups: group,
        ..PortUpdate::default()
    };
    assert_refused!(
        cloud.update_port(port.id, change.clone()),
        404,
        "SecurityGroupNotFound"
    );
    let open = PortUpdate {
        port_security_enabled: Some(false),
        ..change
    };
    let refused = cloud.update_port(port.id, open);
    assert_refused!(refused, 400, "PortSecurityAndIPRequiredForSecurityGroups");
}

#[test]
fn keys_are_the_lowest_free_ones() {
    let mut cloud = Cloud::new();
    let (network, _) = cloud.simple("10.0.0.0/24");
    let keys: Vec<u32> = (0..3)
        .map(|_| cloud.port(port_on(network)).unwrap().key)
        .collect();
    assert_eq!(keys, [1, 2, 3]);
    let second = cloud.model.port_by_key(2).unwrap().id;
    cloud.delete(Kind::Port, second).unwrap();
    assert_eq!(cloud.port(port_on(network)).unwrap().key, 2);
    assert_refused!(cloud.delete(Kind::Port, second), 404, "PortNotFound");
}

#[test]
fn a_change_of_nothing_is_no_change() {
    let mut cloud = Cloud::new();
    let (network, subnet) = cloud.simple("10.0.0.0/24");
    let port = cloud.port(port_on(network)).unwrap();
    let same = PortUpdate {
        name: Some(String::new()),
        fixed_ips: Some(vec![ask(Some(subnet), "10.0.0.2")]),
        mac_address: Some(Some(port.mac_address)),
        ..PortUpdate::default()
    };
    assert_eq!(cloud.update_port(port.id, same).unwrap(), port);
    let renamed = PortUpdate {
        name: Some("x".into()),
        ..PortUpdate::default()
    };
    assert_eq!(
        cloud.update_port(port.id, renamed).unwrap().revision_number,
        2
    );
}
