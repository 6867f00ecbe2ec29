//! What a DHCP client is told, message by message.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use api::{ExtraDhcpOpt, FixedIp, HostRoute, Mac, Network, Port, Subnet};
use dhcproto::v4::{DhcpOption, Flags, Message, MessageType, Opcode, OptionCode};
use dhcproto::{Decodable, Decoder, Encodable, Encoder};
use proptest::prelude::*;
use uuid::Uuid;

use super::{HEADER_BYTES, SERVER, SERVER_MAC, Settings, Silence, answer};
use crate::model::{Draft, Model};
use crate::respond::frame::UdpDatagram;

const CLIENT: Mac = Mac([0xfa, 0x16, 0x3e, 0, 0, 1]);

struct Cloud {
    network: Network,
    subnet: Subnet,
    port: Port,
}

impl Cloud {
    fn new() -> Self {
        let network = Network {
            id: Uuid::from_u128(1),
            mtu: 1450,
            key: 1,
            ..Network::default()
        };
        let subnet = Subnet {
            id: Uuid::from_u128(2),
            network_id: network.id,
            ip_version: 4,
            cidr: "10.0.0.0/24".parse().unwrap(),
            gateway_ip: Some("10.0.0.1".parse().unwrap()),
            dns_nameservers: vec!["9.9.9.9".parse().unwrap(), "2620:fe::9".parse().unwrap()],
            enable_dhcp: true,
            ..Subnet::default()
        };
        let port = Port {
            id: Uuid::from_u128(3),
            network_id: network.id,
            mac_address: CLIENT,
            fixed_ips: vec![FixedIp {
                subnet_id: subnet.id,
                ip_address: "10.0.0.5".parse().unwrap(),
            }],
            key: 1,
            ..Port::default()
        };
        Self {
            network,
            subnet,
            port,
        }
    }

    fn extra(mut self, name: &str, value: &str) -> Self {
        self.port.extra_dhcp_opts.push(ExtraDhcpOpt {
            opt_name: name.into(),
            opt_value: value.into(),
            ip_version: 4,
        });
        self
    }

    fn model(&self) -> Model {
        let mut draft = Draft::new(&Model::default());
        draft.put(self.network.clone());
        draft.put(self.subnet.clone());
        draft.put(self.port.clone());
        draft.finish().0
    }

    fn ask(&self, request: &Message) -> Result<Answer, Silence> {
        let settings = Settings {
            lease_seconds: 86_400,
            domain: "example.org".into(),
        };
        let frame = answer(&frame(request), &self.port, &self.model(), &settings)?;
        let datagram = UdpDatagram::parse(&frame).unwrap();
        assert_eq!((datagram.source_port, datagram.target_port), (67, 68));
        assert_eq!(datagram.source_mac, SERVER_MAC);
        let message = Message::decode(&mut Decoder::new(datagram.payload)).unwrap();
        assert_eq!(message.opcode(), Opcode::BootReply);
        assert_eq!(message.xid(), request.xid());
        Ok(Answer {
            to: (datagram.target_mac, datagram.target),
            bytes: datagram.payload.len(),
            options: raw_options(datagram.payload),
            message,
        })
    }
}

struct Answer {
    to: (Mac, Ipv4Addr),
    bytes: usize,
    options: BTreeMap<u8, Vec<u8>>,
    message: Message,
}

/// The options as bytes, long ones joined (RFC 3396): what the decoder under test did not touch.
fn raw_options(payload: &[u8]) -> BTreeMap<u8, Vec<u8>> {
    let mut options: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
    let mut rest = &payload[240..];
    while let [code, tail @ ..] = rest {
        match code {
            0 => rest = tail,
            255 => break,
            _ => {
                let length = usize::from(tail[0]);
                options.entry(*code).or_default().extend(&tail[1..=length]);
                rest = &tail[1 + length..];
            }
        }
    }
    options
}

fn request(kind: MessageType) -> Message {
    let mut message = Message::default();
    message.set_chaddr(&CLIENT.0);
    message.opts_mut().insert(DhcpOption::MessageType(kind));
    message
}

fn with(mut message: Message, option: DhcpOption) -> Message {
    message.opts_mut().insert(option);
    message
}

fn frame(message: &Message) -> Vec<u8> {
    let mut payload = Vec::new();
    message.encode(&mut Encoder::new(&mut payload)).unwrap();
    raw_frame(&payload)
}

fn raw_frame(payload: &[u8]) -> Vec<u8> {
    UdpDatagram {
        source_mac: CLIENT,
        target_mac: Mac([0xff; 6]),
        source: Ipv4Addr::UNSPECIFIED,
        target: Ipv4Addr::BROADCAST,
        source_port: 68,
        target_port: 67,
        payload,
    }
    .to_frame()
    .unwrap()
}

#[test]
fn discover_is_offered_the_ports_address_and_everything_the_subnet_says() {
    let offer = Cloud::new().ask(&request(MessageType::Discover)).unwrap();
    assert_eq!(offer.message.opts().msg_type(), Some(MessageType::Offer));
    assert_eq!(offer.message.yiaddr(), Ipv4Addr::new(10, 0, 0, 5));
    assert_eq!(offer.to, (CLIENT, Ipv4Addr::new(10, 0, 0, 5)));
    assert!(offer.bytes >= 300);
    let expected: [(u8, &[u8]); 11] = [
        (1, &[255, 255, 255, 0]),
        (3, &[10, 0, 0, 1]),
        (6, &[9, 9, 9, 9]),
        (12, b"host-10-0-0-5"),
        (15, b"example.org"),
        (26, &[5, 170]),
        (28, &[10, 0, 0, 255]),
        (51, &[0, 1, 81, 128]),
        (54, &[10, 0, 0, 1]),
        (58, &[0, 0, 168, 192]),
        (59, &[0, 1, 39, 80]),
    ];
    for (code, data) in expected {
        assert_eq!(offer.options[&code], data, "option {code}");
    }
    assert!(
        !offer.options.contains_key(&121),
        "no static routes, no option"
    );
}

#[test]
fn a_request_is_acknowledged_refused_or_left_to_its_server() {
    let cloud = Cloud::new();
    let wants = |address: [u8; 4]| {
        with(
            request(MessageType::Request),
            DhcpOption::RequestedIpAddress(address.into()),
        )
    };
    let ack = cloud.ask(&wants([10, 0, 0, 5])).unwrap();
    assert_eq!(ack.message.opts().msg_type(), Some(MessageType::Ack));

    let nak = cloud.ask(&wants([10, 0, 0, 6])).unwrap();
    assert_eq!(nak.message.opts().msg_type(), Some(MessageType::Nak));
    assert_eq!(nak.to, (Mac([0xff; 6]), Ipv4Addr::BROADCAST));
    assert!(nak.message.yiaddr().is_unspecified());
    assert!(!nak.options.contains_key(&51));

    let other = with(
        wants([10, 0, 0, 5]),
        DhcpOption::ServerIdentifier([10, 0, 0, 2].into()),
    );
    let silence = cloud.ask(&other).err();
    assert_eq!(silence, Some(Silence::OtherServer([10, 0, 0, 2].into())));
}

#[test]
fn renewal_is_answered_to_the_address_the_client_has() {
    let mut renew = request(MessageType::Request);
    renew.set_ciaddr([10, 0, 0, 5]);
    let ack = Cloud::new().ask(&renew).unwrap();
    assert_eq!(ack.to, (CLIENT, Ipv4Addr::new(10, 0, 0, 5)));
    assert_eq!(ack.message.ciaddr(), Ipv4Addr::new(10, 0, 0, 5));
}

#[test]
fn broadcast_flag_is_honoured() {
    let mut discover = request(MessageType::Discover);
    discover.set_flags(Flags::default().set_broadcast());
    let offer = Cloud::new().ask(&discover).unwrap();
    assert_eq!(offer.to, (Mac([0xff; 6]), Ipv4Addr::BROADCAST));
}

#[test]
fn inform_gives_options_and_no_lease() {
    let mut inform = request(MessageType::Inform);
    inform.set_ciaddr([10, 0, 0, 5]);
    let ack = Cloud::new().ask(&inform).unwrap();
    assert!(ack.message.yiaddr().is_unspecified());
    assert!(!ack.options.contains_key(&51) && ack.options.contains_key(&6));
}

#[test]
fn static_routes_bring_the_default_route_with_them() {
    let mut cloud = Cloud::new();
    cloud.subnet.host_routes.push(HostRoute {
        destination: "192.168.5.0/23".parse::<ipnet::IpNet>().unwrap().trunc(),
        nexthop: "10.0.0.9".parse().unwrap(),
    });
    let offer = cloud.ask(&request(MessageType::Discover)).unwrap();
    let routes = [23, 192, 168, 4, 10, 0, 0, 9, 0, 10, 0, 0, 1];
    assert_eq!(offer.options[&121], routes);
    assert!(!offer.options.contains_key(&249), "only for those who ask");
    let windows = DhcpOption::ParameterRequestList(vec![OptionCode::Unknown(249)]);
    let offer = cloud
        .ask(&with(request(MessageType::Discover), windows))
        .unwrap();
    assert_eq!(offer.options[&249], routes);
}

#[test]
fn the_networks_mtu_is_told_as_it_is_now() {
    let mut cloud = Cloud::new();
    for mtu in [1450_u32, 1300] {
        cloud.network.mtu = mtu;
        let offer = cloud.ask(&request(MessageType::Discover)).unwrap();
        assert_eq!(offer.options[&26], mtu.to_be_bytes()[2..]);
    }
}

#[test]
fn the_ports_own_options_are_strongest() {
    let cloud = Cloud::new()
        .extra("mtu", "1400")
        .extra("bootfile-name", "pxelinux.0")
        .extra("server-ip-address", "10.0.0.77")
        .extra("tftp-server", "10.0.0.78")
        .extra("domain-search", "a.example,b.example.")
        .extra("classless-static-route", "10.9.0.0/16,10.0.0.3")
        .extra("lease-time", "600")
        .extra("150", "10.0.0.79")
        .extra("option:ntp-server", "10.0.0.80,10.0.0.81")
        .extra("54", "10.0.0.99")
        .extra("no-such-option", "x");
    let offer = cloud.ask(&request(MessageType::Discover)).unwrap();
    let expected: [(u8, &[u8]); 9] = [
        (26, &[5, 120]),
        (67, b"pxelinux.0"),
        (66, b"10.0.0.78"),
        (119, b"\x01a\x07example\x00\x01b\x07example\x00"),
        (121, &[16, 10, 9, 10, 0, 0, 3]),
        (51, &[0, 0, 2, 88]),
        (150, &[10, 0, 0, 79]),
        (42, &[10, 0, 0, 80, 10, 0, 0, 81]),
        (54, &[10, 0, 0, 1]),
    ];
    for (code, data) in expected {
        assert_eq!(offer.options[&code], data, "option {code}");
    }
    assert_eq!(offer.message.siaddr(), Ipv4Addr::new(10, 0, 0, 77));
    assert!(offer.message.fname().unwrap().starts_with(b"pxelinux.0\0"));
}

#[test]
fn options_keep_within_what_the_client_can_take() {
    let cloud = Cloud::new()
        .extra("17", &"x".repeat(250))
        .extra("100", &"y".repeat(400));
    let small = cloud.ask(&request(MessageType::Discover)).unwrap();
    assert!(small.bytes <= 576 - 28, "{} bytes", small.bytes);
    assert!(small.options.contains_key(&51) && !small.options.contains_key(&100));
    let large = with(
        request(MessageType::Discover),
        DhcpOption::MaxMessageSize(1500),
    );
    let large = cloud.ask(&large).unwrap();
    assert_eq!(
        large.options[&100].len(),
        400,
        "longer than one option can be"
    );
}

#[test]
fn without_a_gateway_the_server_is_link_local() {
    let mut cloud = Cloud::new();
    cloud.subnet.gateway_ip = None;
    let offer = cloud.ask(&request(MessageType::Discover)).unwrap();
    assert_eq!(offer.options[&54], SERVER.octets());
    assert!(!offer.options.contains_key(&3));
}

#[test]
fn who_is_not_the_ports_instance_gets_nothing() {
    let mut other = request(MessageType::Discover);
    other.set_chaddr(&[2, 2, 2, 2, 2, 2]);
    let silence = Cloud::new().ask(&other).err();
    assert!(matches!(silence, Some(Silence::OtherClient { .. })));

    let mut relayed = request(MessageType::Discover);
    relayed.set_giaddr([10, 0, 0, 200]);
    let silence = Cloud::new().ask(&relayed).err();
    assert!(matches!(silence, Some(Silence::Relayed(_))));

    let mut cloud = Cloud::new();
    cloud.subnet.enable_dhcp = false;
    let silence = cloud.ask(&request(MessageType::Discover)).err();
    assert_eq!(silence, Some(Silence::NoAddress));
}

#[test]
fn hardware_lengths_that_break_decoders_are_refused() {
    let mut payload = Vec::new();
    let message = request(MessageType::Discover);
    message.encode(&mut Encoder::new(&mut payload)).unwrap();
    payload[2] = 255;
    let cloud = Cloud::new();
    let settings = Settings {
        lease_seconds: 60,
        domain: String::new(),
    };
    let silence = answer(&raw_frame(&payload), &cloud.port, &cloud.model(), &settings);
    assert!(matches!(silence, Err(Silence::Malformed(_))));
}

#[test]
fn lengths_of_options_that_break_decoders_do_no_harm() {
    let mut payload = Vec::new();
    let message = request(MessageType::Discover);
    message.encode(&mut Encoder::new(&mut payload)).unwrap();
    let cloud = Cloud::new();
    let settings = Settings {
        lease_seconds: 60,
        domain: String::new(),
    };
    let ask = |options: &[u8]| {
        let mut payload = payload.clone();
        payload.truncate(HEADER_BYTES);
        payload.extend(options);
        answer(&raw_frame(&payload), &cloud.port, &cloud.model(), &settings)
    };
    // Bulk leasequery and FQDN options that a decoder takes the length of on trust.
    for option in [&[151, 0][..], &[152, 1, 7], &[81, 2, 0, 0], &[94, 1, 1]] {
        assert!(
            ask(&[&[53, 1, 1], option, &[255]].concat()).is_ok(),
            "{option:?}"
        );
    }
    for options in [
        &[53, 2, 1, 1][..],
        &[53, 1],
        &[53, 1, 1, 50, 3, 1, 2, 3],
        &[53],
    ] {
        let silence = ask(options);
        assert!(matches!(silence, Err(Silence::Malformed(_))), "{options:?}");
    }
}

proptest! {
    /// Whatever an instance sends, the answer is an answer or a reason for silence.
    #[test]
    fn nothing_an_instance_sends_is_fatal(
        noise in prop::collection::vec(any::<u8>(), 0..400),
        at in 0..400usize,
        whole_frame in any::<bool>(),
    ) {
        let cloud = Cloud::new();
        let mut payload = Vec::new();
        request(MessageType::Discover).encode(&mut Encoder::new(&mut payload)).unwrap();
        let at = at.min(payload.len());
        payload.splice(at.., noise.iter().copied());
        let frame = if whole_frame { noise } else { raw_frame(&payload) };
        let settings = Settings { lease_seconds: 60, domain: "d".into() };
        let _ = answer(&frame, &cloud.port, &cloud.model(), &settings);
    }
}
