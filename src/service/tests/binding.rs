//! Binding and status.

use api::{Node, NodeUpdate, Status, VifType};

use super::*;

fn node(host: &str) -> Registration {
    Registration {
        system_id: format!("system of {host}"),
        hostname: host.into(),
        encap_ips: vec!["192.0.2.1".parse().unwrap()],
        encap_types: vec![NetworkType::Geneve],
        bridge_mappings: [("public".to_owned(), "br-ex".to_owned())].into(),
        datapath_type: "netdev".into(),
        ..Registration::default()
    }
}

fn bind(host: &str) -> PortUpdate {
    PortUpdate {
        host_id: Some(host.into()),
        ..PortUpdate::default()
    }
}

fn typed(cloud: &mut Cloud, kind: NetworkType, id: Option<u32>) -> Uuid {
    let physical = matches!(kind, NetworkType::Vlan | NetworkType::Flat);
    let asked = NetworkCreate {
        network_type: Some(kind),
        physical_network: physical.then(|| "public".to_owned()),
        segmentation_id: id,
        ..NetworkCreate::default()
    };
    cloud.network(asked).unwrap().id
}

#[test]
fn a_port_is_bound_where_its_network_reaches() {
    let mut cloud = Cloud::new();
    cloud
        .settings
        .vlan_ranges
        .insert("other".into(), vec![1..=2]);
    cloud.join(&node("one")).unwrap();
    let vif = |cloud: &mut Cloud, network, host: &str| {
        let asked = PortCreate {
            host_id: host.into(),
            ..port_on(network)
        };
        cloud.port(asked).unwrap().vif_type
    };
    let geneve = typed(&mut cloud, NetworkType::Geneve, None);
    assert_eq!(vif(&mut cloud, geneve, "one"), VifType::Ovs);
    assert_eq!(vif(&mut cloud, geneve, ""), VifType::Unbound);
    assert_eq!(vif(&mut cloud, geneve, "nowhere"), VifType::BindingFailed);
    for (kind, id, wanted) in [
        (NetworkType::Vxlan, None, VifType::BindingFailed),
        (NetworkType::Local, None, VifType::Ovs),
        (NetworkType::Flat, None, VifType::Ovs),
        (NetworkType::Vlan, Some(9), VifType::Ovs),
    ] {
        let network = typed(&mut cloud, kind, id);
        assert_eq!(vif(&mut cloud, network, "one"), wanted, "{kind}");
    }
    let elsewhere = NetworkCreate {
        network_type: Some(NetworkType::Vlan),
        physical_network: Some("other".into()),
        ..NetworkCreate::default()
    };
    let elsewhere = cloud.network(elsewhere).unwrap().id;
    assert_eq!(vif(&mut cloud, elsewhere, "one"), VifType::BindingFailed);
}

#[test]
fn only_what_plugs_into_a_switch_is_bound() {
    let mut cloud = Cloud::new();
    cloud.join(&node("one")).unwrap();
    let (network, _) = cloud.simple("10.0.0.0/24");
    let asked = |vnic: &str| PortCreate {
        host_id: "one".into(),
        vnic_type: vnic.into(),
        ..port_on(network)
    };
    assert_eq!(
        cloud.port(asked("direct")).unwrap().vif_type,
        VifType::BindingFailed
    );
    let profile = serde_json::json!({"capabilities": ["switchdev"]});
    let profile = profile.as_object().unwrap().clone();
    let port = cloud
        .port(PortCreate {
            profile,
            ..asked("direct")
        })
        .unwrap();
    assert_eq!(port.vif_type, VifType::Ovs);
    let change = PortUpdate {
        vnic_type: Some("normal".into()),
        ..PortUpdate::default()
    };
    assert_refused!(cloud.update_port(port.id, change), 409, "PortInUse");
    let macs = PortUpdate {
        mac_address: Some(Some(mac("02:00:00:00:00:01"))),
        ..PortUpdate::default()
    };
    assert_refused!(cloud.update_port(port.id, macs), 409, "PortBound");
    let long = serde_json::json!({"x": "y".repeat(5000)})
        .as_object()
        .unwrap()
        .clone();
    let change = PortUpdate {
        profile: Some(long),
        ..PortUpdate::default()
    };
    assert_refused!(cloud.update_port(port.id, change), 400, "InvalidInput");
}

#[test]
fn status_follows_the_node_a_port_is_bound_to() {
    let mut cloud = Cloud::new();
    cloud.join(&node("one")).unwrap();
    cloud
        .join(&Registration {
            encap_ips: vec!["192.0.2.2".parse().unwrap()],
            ..node("two")
        })
        .unwrap();
    let (network, _) = cloud.simple("10.0.0.0/24");
    let id = cloud
        .port(PortCreate {
            host_id: "one".into(),
            ..port_on(network)
        })
        .unwrap()
        .id;
    let status = |cloud: &Cloud| cloud.now_port(id).status;
    assert_eq!(status(&cloud), Status::Down);
    assert_eq!(cloud.report(id, "two", true), 0);
    assert_eq!(cloud.report(id, "one", true), 1);
    assert_eq!(cloud.report(id, "one", true), 0);
    assert_eq!(status(&cloud), Status::Active);
    let rename = PortUpdate {
        name: Some("x".into()),
        ..PortUpdate::default()
    };
    assert_eq!(
        cloud.update_port(id, rename).unwrap().status,
        Status::Active
    );
    assert_eq!(
        cloud.update_port(id, bind("two")).unwrap().status,
        Status::Down
    );
    assert_eq!(cloud.report(id, "one", true), 0);
    assert_eq!(cloud.report(id, "two", true), 1);
    let off = PortUpdate {
        admin_state_up: Some(false),
        ..PortUpdate::default()
    };
    assert_eq!(cloud.update_port(id, off).unwrap().status, Status::Down);
    assert_eq!(cloud.report(id, "two", true), 0);
    let on = PortUpdate {
        admin_state_up: Some(true),
        ..PortUpdate::default()
    };
    cloud.update_port(id, on).unwrap();
    assert_eq!(cloud.report(id, "two", true), 1);
    let unbound = cloud.update_port(id, bind("")).unwrap();
    assert_eq!(
        (unbound.status, unbound.vif_type),
        (Status::Down, VifType::Unbound)
    );
    assert_eq!(cloud.report(id, "", true), 0);
    assert_eq!(cloud.report(Uuid::from_u128(1), "one", true), 0);
}

#[test]
fn a_port_that_could_not_be_bound_is_when_its_node_joins() {
    let mut cloud = Cloud::new();
    let (network, _) = cloud.simple("10.0.0.0/24");
    let id = cloud
        .port(PortCreate {
            host_id: "one".into(),
            ..port_on(network)
        })
        .unwrap()
        .id;
    assert_eq!(cloud.now_port(id).vif_type, VifType::BindingFailed);
    let joined: Arc<Node> = cloud.join(&node("one")).unwrap();
    assert_eq!(cloud.now_port(id).vif_type, VifType::Ovs);
    let off = NodeUpdate {
        admin_state_up: Some(false),
        ..NodeUpdate::default()
    };
    cloud.update(joined.id, off).unwrap();
    assert_eq!(cloud.now_port(id).vif_type, VifType::Ovs);
    let next = cloud
        .port(PortCreate {
            host_id: "one".into(),
            ..port_on(network)
        })
        .unwrap();
    assert_eq!(next.vif_type, VifType::BindingFailed);
    let on = NodeUpdate {
        admin_state_up: Some(true),
        ..NodeUpdate::default()
    };
    cloud.update(joined.id, on).unwrap();
    assert_eq!(cloud.now_port(next.id).vif_type, VifType::Ovs);
}
