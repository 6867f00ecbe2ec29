//! What one node's switch does with the frames of its instances, whatever kind of switch it is.

use api::{Mac, NetworkType};

use crate::cloud::{Cloud, PATCH, mac, pair};
use crate::frames::{
    Arp, BROADCAST, Neighbour, icmp6, ipv6, ping, solicitation, tagged, udp4, udp6,
};

/// A switch that frames can be sent into.
pub trait Bridge {
    /// Takes a frame in by a port; which frames left by which ports, tunnels and controllers aside.
    fn send(&mut self, port: u32, frame: &[u8]) -> Vec<(u32, Vec<u8>)>;
}

/// Node 1 of a cloud of two. On its first network: 11 and 12, ordinary; 13 without port security; 15
/// that may also be MAC 99; on the other node, 21. On another network, 14.
pub fn cloud(kind: NetworkType) -> Cloud {
    let mut cloud = Cloud::default();
    cloud.node(1);
    cloud.node(2);
    let network = cloud.network(7, kind);
    cloud.subnet(4, network, "10.0.0.0/24");
    cloud.subnet(6, network, "fd00::/64");
    for n in [11, 12, 13, 15] {
        cloud.port(
            n,
            network,
            1,
            &[&format!("10.0.0.{n}"), &format!("fd00::{n}")],
        );
    }
    cloud.port(21, network, 2, &["10.0.0.21", "fd00::21"]);
    cloud.edit_port(crate::cloud::id(api::Kind::Port, 13), |port| {
        port.port_security_enabled = false;
    });
    cloud.edit_port(crate::cloud::id(api::Kind::Port, 15), |port| {
        port.allowed_address_pairs =
            vec![pair(mac(99), "10.0.0.99/32"), pair(mac(15), "0.0.0.0/0")];
    });
    let other = cloud.network(8, NetworkType::Vxlan);
    cloud.port(14, other, 1, &["10.0.0.14"]);
    cloud
}

/// Frames go to these ports, unchanged, and to no other.
fn reaches(bridge: &mut dyn Bridge, port: u32, frame: &[u8], to: &[u32], what: &str) {
    let mut left = bridge.send(port, frame);
    left.sort();
    let expected: Vec<(u32, Vec<u8>)> = to.iter().map(|port| (*port, frame.to_vec())).collect();
    assert_eq!(left, expected, "{what}");
}

fn lost(bridge: &mut dyn Bridge, port: u32, frame: &[u8], what: &str) {
    reaches(bridge, port, frame, &[], what);
}

fn answered(bridge: &mut dyn Bridge, port: u32, question: &[u8], answer: &[u8], what: &str) {
    let left = bridge.send(port, question);
    assert_eq!(left, [(port, answer.to_vec())], "{what}");
}

/// Everything below, for a network in a tunnel.
pub fn in_a_tunnelled_network(bridge: &mut dyn Bridge) {
    unicast(bridge);
    many(bridge);
    spoofed_ipv4(bridge);
    spoofed_ipv6(bridge);
    spoofed_arp(bridge);
    spoofed_advertisements(bridge);
    solicitations(bridge);
    servers(bridge);
    arp(bridge);
    neighbours(bridge);
}

fn unicast(bridge: &mut dyn Bridge) {
    let to = |n: u32| ping(mac(n), mac(11), "10.0.0.11", "10.0.0.12");
    reaches(bridge, 11, &to(12), &[12], "to a neighbour");
    lost(bridge, 11, &to(11), "to itself");
    lost(
        bridge,
        11,
        &to(21),
        "to a port of another node it leaves by the tunnel",
    );
    reaches(
        bridge,
        11,
        &to(14),
        &[13, 15],
        "an unknown MAC reaches those that may own it",
    );
    lost(bridge, 11, &tagged(&to(12), 5), "with a tag of its own");
}

fn many(bridge: &mut dyn Bridge) {
    let broadcast = udp4(BROADCAST, mac(11), ("10.0.0.11", 9), ("10.0.0.255", 9));
    reaches(
        bridge,
        11,
        &broadcast,
        &[12, 13, 15],
        "a broadcast, once to each",
    );
    let multicast = udp4(
        Mac([1, 0, 0x5e, 0, 0, 251]),
        mac(12),
        ("10.0.0.12", 9),
        ("224.0.0.251", 9),
    );
    reaches(bridge, 12, &multicast, &[11, 13, 15], "a multicast");
    let spanning_tree = ping(
        Mac([1, 0x80, 0xc2, 0, 0, 0]),
        mac(13),
        "10.0.0.13",
        "10.0.0.1",
    );
    lost(bridge, 13, &spanning_tree, "to bridges");
}

fn spoofed_ipv4(bridge: &mut dyn Bridge) {
    let p = |from: u32, source: &str| ping(mac(12), mac(from), source, "10.0.0.12");
    lost(bridge, 11, &p(99, "10.0.0.11"), "another MAC");
    lost(bridge, 11, &p(11, "10.0.0.13"), "another IP");
    lost(bridge, 11, &p(11, "0.0.0.0"), "no IP");
    reaches(bridge, 15, &p(99, "10.0.0.99"), &[12], "an allowed pair");
    lost(
        bridge,
        15,
        &p(99, "10.0.0.98"),
        "an allowed MAC with another's IP",
    );
    reaches(
        bridge,
        15,
        &p(15, "198.51.100.1"),
        &[12],
        "an allowed block",
    );
    reaches(
        bridge,
        13,
        &p(98, "198.51.100.1"),
        &[12],
        "anything without port security",
    );
    let mut other = p(11, "10.0.0.11");
    other[12..14].copy_from_slice(&[0x88, 0xcc]);
    lost(bridge, 11, &other, "neither IP nor ARP");
}

fn spoofed_ipv6(bridge: &mut dyn Bridge) {
    let v6 = |from: u32, source: &str| {
        icmp6(
            (mac(12), mac(from)),
            (source, "fd00::12"),
            128,
            &[0, 1, 0, 1],
        )
    };
    reaches(bridge, 11, &v6(11, "fd00::11"), &[12], "its IPv6 address");
    reaches(
        bridge,
        11,
        &v6(11, "fe80::f816:3eff:fe00:b"),
        &[12],
        "its link-local address",
    );
    lost(bridge, 11, &v6(11, "fd00::13"), "another IPv6 address");
    lost(bridge, 11, &v6(11, "fe80::1"), "another link-local address");
    lost(bridge, 11, &v6(11, "::"), "no IPv6 address");
}

fn spoofed_arp(bridge: &mut dyn Bridge) {
    let claim = |frame_mac, sender: (Mac, &str)| {
        let arp = Arp {
            operation: 2,
            sender: (sender.0, sender.1.parse().unwrap()),
            target: (mac(12), "10.0.0.12".parse().unwrap()),
        };
        arp.frame(mac(12), frame_mac)
    };
    reaches(
        bridge,
        11,
        &claim(mac(11), (mac(11), "10.0.0.11")),
        &[12],
        "its own ARP",
    );
    lost(
        bridge,
        11,
        &claim(mac(11), (mac(11), "10.0.0.13")),
        "ARP for another IP",
    );
    lost(
        bridge,
        11,
        &claim(mac(11), (mac(99), "10.0.0.11")),
        "ARP with another MAC inside",
    );
    lost(
        bridge,
        11,
        &claim(mac(99), (mac(11), "10.0.0.11")),
        "ARP with another MAC outside",
    );
}

fn spoofed_advertisements(bridge: &mut dyn Bridge) {
    let advertise = |target: &str, link_layer: Option<Mac>| {
        let claim = Neighbour {
            kind: 136,
            flags: 0x20,
            target,
            option: link_layer.map(|mac| (2, mac)),
        };
        claim.frame((mac(12), mac(11)), ("fd00::11", "fd00::12"))
    };
    reaches(
        bridge,
        11,
        &advertise("fd00::11", Some(mac(11))),
        &[12],
        "its own advertisement",
    );
    reaches(
        bridge,
        11,
        &advertise("fd00::11", None),
        &[12],
        "without option",
    );
    lost(
        bridge,
        11,
        &advertise("fd00::13", Some(mac(11))),
        "another's target",
    );
    lost(
        bridge,
        11,
        &advertise("fd00::11", Some(mac(99))),
        "another's MAC",
    );
    lost(
        bridge,
        11,
        &advertise("fd00::13", None),
        "another's target without option",
    );
}

fn solicitations(bridge: &mut dyn Bridge) {
    let solicit = |link_layer: Mac| {
        let question = Neighbour {
            kind: 135,
            flags: 0,
            target: "fd00::77",
            option: Some((1, link_layer)),
        };
        question.frame((mac(12), mac(11)), ("fd00::11", "fd00::77"))
    };
    reaches(bridge, 11, &solicit(mac(11)), &[12], "its own MAC");
    lost(
        bridge,
        11,
        &solicit(mac(99)),
        "another's MAC in a solicitation",
    );
    lost(
        bridge,
        11,
        &solicitation(mac(11), "::", "fd00::12"),
        "says another's address is its own",
    );
    let own = solicitation(mac(11), "::", "fd00::11");
    reaches(
        bridge,
        11,
        &own,
        &[12, 13, 15],
        "asks whether its own address is taken",
    );
    let listener = icmp6(
        (Mac([0x33, 0x33, 0, 0, 0, 0x16]), mac(11)),
        ("::", "ff02::16"),
        143,
        &[0; 4],
    );
    reaches(
        bridge,
        11,
        &listener,
        &[12, 13, 15],
        "joins groups before it has an address",
    );
}

fn servers(bridge: &mut dyn Bridge) {
    let request = udp4(BROADCAST, mac(11), ("0.0.0.0", 68), ("255.255.255.255", 67));
    lost(
        bridge,
        11,
        &request,
        "a DHCP request goes to the controller only",
    );
    let renewal = udp4(mac(12), mac(11), ("10.0.0.11", 68), ("10.0.0.1", 67));
    lost(bridge, 11, &renewal, "a renewal too");
    for (n, to) in [(11, &[][..]), (15, &[]), (13, &[12])] {
        let source = format!("10.0.0.{n}");
        let reply = udp4(mac(12), mac(n), (&source, 67), ("10.0.0.12", 68));
        reaches(bridge, n, &reply, to, "DHCP server");
        let source = format!("fd00::{n}");
        let reply = udp6((mac(12), mac(n)), (&source, 547), ("fd00::12", 546));
        reaches(bridge, n, &reply, to, "DHCPv6 server");
        for kind in [134, 137] {
            let message = icmp6((mac(12), mac(n)), (&source, "fd00::12"), kind, &[0; 36]);
            reaches(bridge, n, &message, to, "router");
        }
    }
    let client = udp6(
        (mac(12), mac(11)),
        ("fe80::f816:3eff:fe00:b", 546),
        ("ff02::1:2", 547),
    );
    reaches(bridge, 11, &client, &[12], "a DHCPv6 client");
}

fn arp(bridge: &mut dyn Bridge) {
    let question =
        |from: u32, source: &str, address: &str| Arp::request(mac(from), source, address);
    let answer = |owner: u32, to: u32, asked: &str| {
        let answer = Arp {
            operation: 2,
            sender: (mac(owner), format!("10.0.0.{owner}").parse().unwrap()),
            target: (mac(to), asked.parse().unwrap()),
        };
        answer.frame(mac(to), mac(owner))
    };
    for owner in [12, 13, 21] {
        let asked = question(11, "10.0.0.11", &format!("10.0.0.{owner}"));
        answered(bridge, 11, &asked, &answer(owner, 11, "10.0.0.11"), "ARP");
    }
    let probe = question(12, "0.0.0.0", "10.0.0.11");
    answered(
        bridge,
        12,
        &probe,
        &answer(11, 12, "0.0.0.0"),
        "a probe for another's address",
    );
    let own = question(11, "0.0.0.0", "10.0.0.11");
    reaches(
        bridge,
        11,
        &own,
        &[12, 13, 15],
        "a probe for its own address",
    );
    let gratuitous = question(11, "10.0.0.11", "10.0.0.11");
    reaches(
        bridge,
        11,
        &gratuitous,
        &[12, 13, 15],
        "telling its own address",
    );
    let unknown = question(11, "10.0.0.11", "10.0.0.99");
    reaches(
        bridge,
        11,
        &unknown,
        &[12, 13, 15],
        "an allowed pair is not answered for",
    );
    let elsewhere = question(11, "10.0.0.11", "10.0.0.14");
    reaches(
        bridge,
        11,
        &elsewhere,
        &[12, 13, 15],
        "an address of another network",
    );
}

fn neighbours(bridge: &mut dyn Bridge) {
    let answer = |owner: u32, option: bool| {
        let target = format!("fd00::{owner}");
        let answer = Neighbour {
            kind: 136,
            flags: 0x60,
            target: &target,
            option: option.then_some((2, mac(owner))),
        };
        answer.frame((mac(11), mac(owner)), (&target, "fd00::11"))
    };
    for owner in [12, 13, 21] {
        let target = format!("fd00::{owner}");
        let asked = solicitation(mac(11), "fd00::11", &target);
        answered(bridge, 11, &asked, &answer(owner, true), "a solicitation");
        let still_there = Neighbour {
            kind: 135,
            flags: 0,
            target: &target,
            option: None,
        };
        let asked = still_there.frame((mac(owner), mac(11)), ("fd00::11", &target));
        answered(
            bridge,
            11,
            &asked,
            &answer(owner, false),
            "a solicitation by unicast",
        );
    }
    let unknown = solicitation(mac(11), "fd00::11", "fd00::77");
    reaches(bridge, 11, &unknown, &[12, 13, 15], "an unknown address");
    let own = solicitation(mac(13), "::", "fd00::12");
    reaches(
        bridge,
        13,
        &own,
        &[11, 12, 15],
        "who has the address says whether it is taken",
    );
    let unbelievable = {
        let mut rest = vec![135, 0, 0, 0, 0, 0, 0, 0];
        rest.extend("fd00::12".parse::<std::net::Ipv6Addr>().unwrap().octets());
        ipv6((mac(12), mac(11)), ("fd00::11", "fd00::12"), 58, 64, &rest)
    };
    reaches(bridge, 11, &unbelievable, &[12], "from behind a router");
}

/// Frames in and out of a physical network, with this VLAN or untagged.
pub fn on_a_physical_network(bridge: &mut dyn Bridge, vlan: Option<u16>) {
    let outside = |frame: &[u8]| match vlan {
        Some(vlan) => tagged(frame, vlan),
        None => frame.to_vec(),
    };
    outwards(bridge, outside);
    inwards(bridge, outside);
    let arriving = ping(mac(11), ROUTER, "10.0.0.1", "10.0.0.11");
    lost(bridge, PATCH, &tagged(&arriving, 99), "with another tag");
    if vlan.is_some() {
        lost(bridge, PATCH, &arriving, "without tag");
    }
}

/// Somebody on the physical network.
const ROUTER: Mac = Mac([0, 0x11, 0x22, 0x33, 0x44, 0x55]);

fn outwards(bridge: &mut dyn Bridge, outside: impl Fn(&[u8]) -> Vec<u8>) {
    let mut leaves = |frame: &[u8], here: &[u32], what: &str| {
        let mut left = bridge.send(11, frame);
        left.sort();
        let here = here.iter().map(|port| (*port, frame.to_vec()));
        let expected: Vec<_> = here.chain([(PATCH, outside(frame))]).collect();
        assert_eq!(left, expected, "{what}");
    };
    let broadcast = udp4(BROADCAST, mac(11), ("10.0.0.11", 9), ("10.0.0.255", 9));
    leaves(&broadcast, &[12, 13, 15], "a broadcast");
    let unicast = ping(mac(21), mac(11), "10.0.0.11", "10.0.0.21");
    leaves(&unicast, &[], "to another node");
    let unknown = ping(ROUTER, mac(11), "10.0.0.11", "10.0.0.1");
    leaves(&unknown, &[13, 15], "to somebody outside");
}

fn inwards(bridge: &mut dyn Bridge, outside: impl Fn(&[u8]) -> Vec<u8>) {
    let mut arrives = |frame: &[u8], here: &[u32], what: &str| {
        let mut left = bridge.send(PATCH, &outside(frame));
        left.sort();
        let expected: Vec<_> = here.iter().map(|port| (*port, frame.to_vec())).collect();
        assert_eq!(left, expected, "{what}");
    };
    let frame = |to: Mac| ping(to, ROUTER, "10.0.0.1", "10.0.0.255");
    arrives(&frame(mac(11)), &[11], "to a port here");
    arrives(
        &frame(mac(21)),
        &[13, 15],
        "to a port of another node: not out again",
    );
    arrives(
        &frame(BROADCAST),
        &[11, 12, 13, 15],
        "a broadcast: not out again",
    );
    let request = Arp::request(ROUTER, "10.0.0.1", "10.0.0.11");
    arrives(
        &request,
        &[11, 12, 13, 15],
        "ARP from outside is the instance's to answer",
    );
}
