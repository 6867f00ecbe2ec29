//! Routed networks: addresses follow the segment of the host.

use api::{IpAllocation, SubnetUpdate};

use super::*;

/// A switch that has only this physical network.
fn switch(host: &str, physical_network: &str) -> Registration {
    Registration {
        system_id: host.into(),
        hostname: host.into(),
        bridge_mappings: [(physical_network.to_owned(), "br-ex".to_owned())].into(),
        ..Registration::default()
    }
}

/// A network of two VLAN segments, on `public` and `datacentre`, with a subnet on each; node `p` reaches
/// the first, `d` the second.
fn cloud() -> (Cloud, Uuid, [Uuid; 2]) {
    let mut cloud = Cloud::new();
    cloud.join(&switch("p", "public")).unwrap();
    cloud.join(&switch("d", "datacentre")).unwrap();
    let segment = |name: &str, id| api::ProviderSegment {
        network_type: NetworkType::Vlan,
        physical_network: Some(name.into()),
        segmentation_id: id,
    };
    let asked = NetworkCreate {
        segments: Some(vec![
            segment("public", Some(7)),
            segment("datacentre", None),
        ]),
        ..NetworkCreate::default()
    };
    let network = cloud.network(asked).unwrap();
    let segments: Vec<Uuid> = network.segments().map(|s| s.id).collect();
    assert_eq!(network.more_segments[0].segmentation_id, Some(100));
    assert_eq!(network.revision_number, 1);
    for (segment, cidr) in segments.iter().zip(["10.0.1.0/24", "10.0.2.0/24"]) {
        let asked = SubnetCreate {
            segment_id: Some(*segment),
            ..subnet_of(network.id, cidr)
        };
        cloud.subnet(asked).unwrap();
    }
    (cloud, network.id, [segments[0], segments[1]])
}

fn at(network: Uuid, host: &str) -> PortCreate {
    PortCreate {
        host_id: host.into(),
        ..port_on(network)
    }
}

fn bind(host: &str) -> PortUpdate {
    PortUpdate {
        host_id: Some(host.into()),
        ..PortUpdate::default()
    }
}

#[test]
fn a_port_gets_its_address_on_the_segment_of_its_host() {
    let (mut cloud, network, _) = cloud();
    let one = cloud.port(at(network, "p")).unwrap();
    let two = cloud.port(at(network, "d")).unwrap();
    assert!(ips(&one)[0].starts_with("10.0.1."));
    assert!(ips(&two)[0].starts_with("10.0.2."));
    assert_eq!(one.ip_allocation, IpAllocation::Immediate);
    assert_refused!(
        cloud.port(at(network, "elsewhere")),
        409,
        "HostNotConnectedToAnySegment"
    );

    let waiting = cloud.port(at(network, "")).unwrap();
    assert_eq!(
        (waiting.ip_allocation, waiting.fixed_ips.len()),
        (IpAllocation::Deferred, 0)
    );
    let bound = cloud.update_port(waiting.id, bind("d")).unwrap();
    assert!(ips(&bound)[0].starts_with("10.0.2."));
    assert_refused!(
        cloud.update_port(bound.id, bind("p")),
        409,
        "HostNotCompatibleWithFixedIps"
    );
    let moved = PortUpdate {
        fixed_ips: Some(vec![]),
        ..bind("p")
    };
    cloud.update_port(bound.id, moved).unwrap();
}

#[test]
fn the_addresses_of_a_port_are_of_one_segment() {
    let (mut cloud, network, _) = cloud();
    let asked = |ips: &[&str]| PortCreate {
        fixed_ips: Some(ips.iter().map(|ip| ask(None, ip)).collect()),
        ..port_on(network)
    };
    cloud.port(asked(&["10.0.1.5", "10.0.1.6"])).unwrap();
    assert_refused!(
        cloud.port(asked(&["10.0.1.7", "10.0.2.7"])),
        400,
        "FixedIpsSubnetsNotOnSameSegment"
    );
}

#[test]
fn subnets_lie_on_segments_all_or_none() {
    let (mut cloud, network, [first, _]) = cloud();
    assert_refused!(
        cloud.subnet(subnet_of(network, "10.0.3.0/24")),
        400,
        "SubnetsNotAllAssociatedWithSegments"
    );
    let (other, subnet) = cloud.simple("10.9.0.0/24");
    let on = |segment| SubnetUpdate {
        segment_id: Some(segment),
        ..SubnetUpdate::default()
    };
    assert_refused!(
        cloud.update(subnet, on(Some(first))),
        400,
        "NetworkIdsDontMatch"
    );
    let missing = Uuid::from_u128(1);
    assert_refused!(
        cloud.update(subnet, on(Some(missing))),
        404,
        "SegmentNotFound"
    );
    let own = cloud.model.network(other).unwrap().first_segment().id;
    cloud.update(subnet, on(Some(own))).unwrap();
    assert_refused!(
        cloud.update(subnet, on(None)),
        400,
        "SubnetSegmentAssociationChangeNotAllowed"
    );
    assert_refused!(cloud.delete(Kind::Segment, own), 409, "SegmentInUse");
}

#[test]
fn a_segment_goes_when_nothing_is_on_it() {
    let (mut cloud, network, [first, second]) = cloud();
    assert_refused!(cloud.delete(Kind::Segment, second), 409, "SegmentInUse");
    let port = cloud.port(at(network, "d")).unwrap();
    let subnets: Vec<Uuid> = cloud.model.subnets_of(network).map(|s| s.id).collect();
    let change = PortUpdate {
        fixed_ips: Some(vec![]),
        ..PortUpdate::default()
    };
    cloud.update_port(port.id, change).unwrap();
    for subnet in subnets {
        cloud.delete(Kind::Subnet, subnet).unwrap();
    }
    assert_refused!(cloud.delete(Kind::Segment, second), 409, "SegmentInUse");
    cloud.delete(Kind::Segment, first).unwrap();
    let left = cloud.model.network(network).unwrap();
    assert_eq!(left.first_segment().id, second);
    assert_eq!(left.physical_network.as_deref(), Some("datacentre"));
    assert_refused!(cloud.delete(Kind::Segment, second), 409, "SegmentInUse");
    assert_refused!(cloud.delete(Kind::Segment, first), 404, "SegmentNotFound");
}
