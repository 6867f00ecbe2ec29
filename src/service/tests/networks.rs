//! Networks: segments, MTU, sharing, deletion.

use api::{Kind, NetworkUpdate, Record, TagEdit, Update};

use super::*;
use crate::config::PhysicalNetworks;

fn typed(network_type: NetworkType) -> NetworkCreate {
    NetworkCreate {
        network_type: Some(network_type),
        ..NetworkCreate::default()
    }
}

fn vlan(physical_network: Option<&str>, id: Option<u32>) -> NetworkCreate {
    NetworkCreate {
        physical_network: physical_network.map(str::to_owned),
        segmentation_id: id,
        ..typed(NetworkType::Vlan)
    }
}

#[test]
fn a_tenant_network_gets_the_lowest_free_id_of_the_first_type_that_has_one() {
    let mut cloud = Cloud::new();
    cloud.settings.tenant_types = vec![NetworkType::Vxlan, NetworkType::Vlan];
    let two = vec![7..=8];
    cloud.settings.tunnel_ranges.insert(NetworkType::Vxlan, two);
    let mut made = Vec::new();
    for _ in 0..4 {
        let n = cloud.network(NetworkCreate::default()).unwrap();
        made.push((
            n.network_type,
            n.physical_network.clone(),
            n.segmentation_id,
        ));
    }
    let vlan = |id| (NetworkType::Vlan, Some("datacentre".to_owned()), Some(id));
    assert_eq!(
        made,
        [
            (NetworkType::Vxlan, None, Some(7)),
            (NetworkType::Vxlan, None, Some(8)),
            vlan(100),
            vlan(101),
        ]
    );
    for _ in 0..3 {
        cloud.network(NetworkCreate::default()).unwrap();
    }
    assert_refused!(
        cloud.network(NetworkCreate::default()),
        503,
        "NoNetworkAvailable"
    );
}

#[test]
fn a_freed_id_is_given_out_again() {
    let mut cloud = Cloud::new();
    let first = cloud.network(NetworkCreate::default()).unwrap();
    cloud.network(NetworkCreate::default()).unwrap();
    cloud.delete(Kind::Network, first.id).unwrap();
    let third = cloud.network(NetworkCreate::default()).unwrap();
    assert_eq!(third.segmentation_id, Some(1));
    assert_eq!(third.key, first.key);
}

#[test]
fn an_external_network_may_have_a_type_of_its_own() {
    let mut cloud = Cloud::new();
    cloud.settings.external_type = Some(NetworkType::Vlan);
    let asked = NetworkCreate {
        external: true,
        ..NetworkCreate::default()
    };
    let network = cloud.network(asked).unwrap();
    assert_eq!(network.segmentation_id, Some(100));
}

#[test]
fn provider_attributes_must_fit_the_configuration() {
    let mut cloud = Cloud::new();
    let bad = |cloud: &mut Cloud, asked| assert_refused!(cloud.network(asked), 400, "InvalidInput");
    bad(&mut cloud, vlan(None, Some(100)));
    bad(&mut cloud, vlan(Some("public"), Some(5000)));
    bad(&mut cloud, vlan(Some("public"), Some(0)));
    bad(&mut cloud, vlan(Some("elsewhere"), Some(1)));
    bad(&mut cloud, typed(NetworkType::Flat));
    for kind in [NetworkType::Local, NetworkType::Geneve, NetworkType::Gre] {
        let physical_network = Some("public".to_owned());
        bad(
            &mut cloud,
            NetworkCreate {
                physical_network,
                ..typed(kind)
            },
        );
    }
    bad(
        &mut cloud,
        NetworkCreate {
            segmentation_id: Some(1 << 24),
            ..typed(NetworkType::Vxlan)
        },
    );
    bad(
        &mut cloud,
        NetworkCreate {
            segmentation_id: Some(3),
            ..typed(NetworkType::Local)
        },
    );
    bad(
        &mut cloud,
        NetworkCreate {
            segmentation_id: Some(3),
            ..NetworkCreate::default()
        },
    );
    cloud.settings.types = vec![NetworkType::Geneve];
    bad(&mut cloud, typed(NetworkType::Vxlan));
    assert!(
        cloud
            .network(NetworkCreate {
                segmentation_id: Some(9),
                ..typed(NetworkType::Geneve)
            })
            .is_ok()
    );
}

#[test]
fn a_segment_is_one_networks() {
    let mut cloud = Cloud::new();
    cloud.network(vlan(Some("public"), Some(1234))).unwrap();
    assert_refused!(
        cloud.network(vlan(Some("public"), Some(1234))),
        409,
        "VlanIdInUse"
    );
    assert!(cloud.network(vlan(Some("datacentre"), Some(1234))).is_ok());
    let gre = NetworkCreate {
        segmentation_id: Some(4_000_000_000),
        ..typed(NetworkType::Gre)
    };
    cloud.network(gre.clone()).unwrap();
    assert_refused!(cloud.network(gre), 409, "TunnelIdInUse");
    let physical_network = Some("public".to_owned());
    let flat = NetworkCreate {
        physical_network,
        ..typed(NetworkType::Flat)
    };
    cloud.network(flat.clone()).unwrap();
    assert_refused!(cloud.network(flat.clone()), 409, "FlatNetworkInUse");
    cloud.settings.flat_networks = PhysicalNetworks::Only(vec!["datacentre".to_owned()]);
    assert_refused!(cloud.network(flat), 400, "InvalidInput");
    assert_refused!(
        cloud.network(vlan(Some("public"), None)),
        503,
        "NoNetworkAvailable"
    );
    let chosen = cloud.network(vlan(None, None)).unwrap();
    assert_eq!(chosen.segmentation_id, Some(100));
}

#[test]
fn only_the_vlan_of_a_vlan_network_can_change() {
    let mut cloud = Cloud::new();
    let network = cloud.network(vlan(Some("public"), Some(10))).unwrap();
    cloud.network(vlan(Some("public"), Some(11))).unwrap();
    let to = |id| NetworkUpdate {
        segmentation_id: Some(Some(id)),
        ..NetworkUpdate::default()
    };
    assert_refused!(cloud.update(network.id, to(11)), 409, "VlanIdInUse");
    assert_refused!(cloud.update(network.id, to(4095)), 400, "InvalidInput");
    cloud.update(network.id, to(12)).unwrap();
    assert_eq!(
        cloud.model.network(network.id).unwrap().segmentation_id,
        Some(12)
    );
    let other = NetworkUpdate {
        network_type: Some(NetworkType::Gre),
        ..NetworkUpdate::default()
    };
    assert_refused!(cloud.update(network.id, other), 400, "InvalidInput");
    let tunnel = cloud.network(NetworkCreate::default()).unwrap();
    assert_refused!(cloud.update(tunnel.id, to(12)), 400, "InvalidInput");
    let same = NetworkUpdate {
        network_type: Some(NetworkType::Geneve),
        ..NetworkUpdate::default()
    };
    cloud.update(tunnel.id, same).unwrap();
}

#[test]
fn the_mtu_is_what_the_type_leaves_of_the_wire() {
    let mut cloud = Cloud::new();
    cloud
        .settings
        .physical_mtus
        .insert("datacentre".into(), 9000);
    cloud.settings.physical_mtus.insert("public".into(), 1400);
    let mtu = |cloud: &mut Cloud, asked| cloud.network(asked).unwrap().mtu;
    assert_eq!(mtu(&mut cloud, NetworkCreate::default()), 1442);
    assert_eq!(mtu(&mut cloud, typed(NetworkType::Vxlan)), 1450);
    assert_eq!(mtu(&mut cloud, typed(NetworkType::Gre)), 1458);
    assert_eq!(mtu(&mut cloud, typed(NetworkType::Local)), 1500);
    assert_eq!(mtu(&mut cloud, vlan(Some("public"), Some(7))), 1400);
    assert_eq!(mtu(&mut cloud, vlan(Some("datacentre"), Some(7))), 1500);
    cloud.settings.physical_mtu = 9000;
    cloud.settings.overlay_ip_version = 6;
    assert_eq!(mtu(&mut cloud, typed(NetworkType::Vxlan)), 8930);
    cloud.settings.path_mtu = 1600;
    assert_eq!(mtu(&mut cloud, typed(NetworkType::Vxlan)), 1530);
    assert_eq!(
        mtu(
            &mut cloud,
            NetworkCreate {
                mtu: 1300,
                ..NetworkCreate::default()
            }
        ),
        1300
    );
    let asked = NetworkCreate {
        mtu: 1600,
        ..NetworkCreate::default()
    };
    assert_refused!(cloud.network(asked), 400, "InvalidInput");
}

#[test]
fn a_changed_mtu_must_fit_the_wire_and_the_subnets() {
    let mut cloud = Cloud::new();
    let id = cloud.network(NetworkCreate::default()).unwrap().id;
    let to = |mtu| NetworkUpdate {
        mtu: Some(mtu),
        ..NetworkUpdate::default()
    };
    assert_refused!(cloud.update(id, to(90_000)), 400, "InvalidInput");
    cloud.update(id, to(10)).unwrap();
    assert_refused!(
        cloud.subnet(subnet_of(id, "10.0.0.0/24")),
        409,
        "NetworkMTUSubnetConflict"
    );
    cloud.update(id, to(600)).unwrap();
    cloud.subnet(subnet_of(id, "10.0.0.0/24")).unwrap();
    assert_refused!(
        cloud.subnet(subnet_of(id, "fd00::/64")),
        409,
        "NetworkMTUSubnetConflict"
    );
    assert_refused!(cloud.update(id, to(67)), 409, "NetworkMTUSubnetConflict");
    cloud.update(id, to(1280)).unwrap();
    cloud.subnet(subnet_of(id, "fd00::/64")).unwrap();
    assert_refused!(cloud.update(id, to(1279)), 409, "NetworkMTUSubnetConflict");
}

#[test]
fn a_network_stays_shared_and_external_while_others_need_it() {
    let mut cloud = Cloud::new();
    let asked = NetworkCreate {
        shared: true,
        external: true,
        ..NetworkCreate::default()
    };
    let id = cloud
        .network(NetworkCreate {
            project_id: "a".into(),
            ..asked
        })
        .unwrap()
        .id;
    let port = cloud
        .port(PortCreate {
            project_id: "b".into(),
            ..port_on(id)
        })
        .unwrap();
    let unshare = NetworkUpdate {
        shared: Some(false),
        ..NetworkUpdate::default()
    };
    assert_refused!(
        cloud.update(id, unshare.clone()),
        409,
        "InvalidSharedSetting"
    );
    cloud.delete(Kind::Port, port.id).unwrap();
    cloud.update(id, unshare).unwrap();
    let owner = "network:router_gateway".to_owned();
    cloud
        .port(PortCreate {
            device_owner: owner,
            ..port_on(id)
        })
        .unwrap();
    let inside = NetworkUpdate {
        external: Some(false),
        ..NetworkUpdate::default()
    };
    assert_refused!(cloud.update(id, inside), 409, "ExternalNetworkInUse");
}

#[test]
fn there_is_one_default_external_network() {
    let mut cloud = Cloud::new();
    let asked = NetworkCreate {
        is_default: true,
        external: true,
        ..NetworkCreate::default()
    };
    cloud.network(asked.clone()).unwrap();
    assert_refused!(
        cloud.network(asked.clone()),
        409,
        "DefaultExternalNetworkExists"
    );
    let inside = cloud
        .network(NetworkCreate {
            external: false,
            ..asked
        })
        .unwrap();
    assert!(!inside.is_default);
}

#[test]
fn a_network_goes_with_its_subnets_but_not_with_ports_of_others() {
    let mut cloud = Cloud::new();
    let (id, subnet) = cloud.simple("10.0.0.0/24");
    let dhcp = PortCreate {
        device_owner: "network:dhcp".into(),
        ..port_on(id)
    };
    let dhcp = cloud.port(dhcp).unwrap().id;
    let port = cloud.port(port_on(id)).unwrap().id;
    assert_refused!(cloud.delete(Kind::Network, id), 409, "NetworkInUse");
    cloud.delete(Kind::Port, port).unwrap();
    cloud.delete(Kind::Network, id).unwrap();
    assert!(cloud.model.subnet(subnet).is_none() && cloud.model.port(dhcp).is_none());
    assert_refused!(cloud.delete(Kind::Network, id), 404, "NetworkNotFound");
}

#[test]
fn revisions_count_changes_and_only_changes() {
    let mut cloud = Cloud::new();
    let network = cloud.network(NetworkCreate::default()).unwrap();
    assert_eq!(network.revision_number, 1);
    let rename = |name: &str| NetworkUpdate {
        name: Some(name.into()),
        ..NetworkUpdate::default()
    };
    let revision = |record: Record| match record {
        Record::Network(n) => (n.revision_number, n.updated_at > n.created_at),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        revision(cloud.update(network.id, rename("")).unwrap()),
        (1, false)
    );
    assert_eq!(
        revision(cloud.update(network.id, rename("x")).unwrap()),
        (2, true)
    );
    let tags = Update::Tags(Kind::Network, TagEdit::Add(vec!["red".into()]));
    assert_eq!(
        revision(cloud.update(network.id, tags.clone()).unwrap()),
        (3, true)
    );
    assert_eq!(revision(cloud.update(network.id, tags).unwrap()), (3, true));
    let subnet = cloud.subnet(subnet_of(network.id, "10.0.0.0/24")).unwrap();
    assert_eq!(subnet.revision_number, 0);
    assert_eq!(cloud.model.network(network.id).unwrap().revision_number, 4);
    cloud.delete(Kind::Subnet, subnet.id).unwrap();
    assert_eq!(cloud.model.network(network.id).unwrap().revision_number, 5);
}

#[test]
fn if_match_must_name_the_revision() {
    let mut cloud = Cloud::new();
    let id = cloud.network(NetworkCreate::default()).unwrap().id;
    let stale = cloud.write(|draft, moment| {
        write::update(
            draft,
            moment,
            id,
            NetworkUpdate::default().into(),
            Some(9999),
        )
    });
    assert_refused!(stale, 412, "RevisionNumberConstraintFailed");
    let stale = cloud.write(|d, m| write::delete(d, m, Kind::Network, id, Some(0), false));
    assert_refused!(stale, 412, "RevisionNumberConstraintFailed");
    cloud
        .write(|d, m| write::delete(d, m, Kind::Network, id, Some(1), false))
        .unwrap();
}

#[test]
fn zones_asked_for_must_have_a_node() {
    let mut cloud = Cloud::new();
    let asked = NetworkCreate {
        availability_zone_hints: vec!["east".into()],
        ..NetworkCreate::default()
    };
    assert_refused!(
        cloud.network(asked.clone()),
        404,
        "AvailabilityZoneNotFound"
    );
    let node = Registration {
        system_id: "s".into(),
        hostname: "h".into(),
        availability_zones: vec!["east".into()],
        ..Registration::default()
    };
    cloud.join(&node).unwrap();
    cloud.network(asked).unwrap();
}

#[test]
fn a_bulk_is_all_or_nothing() {
    let mut cloud = Cloud::new();
    let good: Create = NetworkCreate::default().into();
    let bad: Create = vlan(Some("elsewhere"), Some(1)).into();
    assert_refused!(
        cloud.create_all(vec![good.clone(), bad]),
        400,
        "InvalidInput"
    );
    assert_eq!(cloud.model.count(Kind::Network), 0);
    assert_eq!(cloud.create_all(vec![good.clone(), good]).unwrap().len(), 2);
}
