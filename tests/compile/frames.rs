//! Frames as instances send them.

use std::net::{Ipv4Addr, Ipv6Addr};

use api::Mac;

/// Everybody.
pub const BROADCAST: Mac = Mac([0xff; 6]);

fn ethernet(to: Mac, from: Mac, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = [to.0, from.0].concat();
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A frame with an 802.1Q tag put in.
pub fn tagged(frame: &[u8], vlan: u16) -> Vec<u8> {
    let mut tagged = frame[..12].to_vec();
    tagged.extend([0x81, 0x00]);
    tagged.extend(vlan.to_be_bytes());
    tagged.extend(&frame[12..]);
    tagged
}

/// The sum of 16-bit words that IP, UDP and ICMP use.
fn checksum(parts: &[&[u8]]) -> [u8; 2] {
    let bytes = parts.concat();
    let words = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!(sum as u16)).to_be_bytes()
}

/// An ARP packet as its sender's link layer says.
pub struct Arp {
    pub operation: u16,
    pub sender: (Mac, Ipv4Addr),
    pub target: (Mac, Ipv4Addr),
}

impl Arp {
    /// Who has `address`?
    pub fn request(mac: Mac, from: &str, address: &str) -> Vec<u8> {
        let arp = Arp {
            operation: 1,
            sender: (mac, from.parse().unwrap()),
            target: (Mac([0; 6]), address.parse().unwrap()),
        };
        ethernet(BROADCAST, mac, 0x0806, &arp.bytes())
    }

    /// In a frame between these two.
    pub fn frame(&self, to: Mac, from: Mac) -> Vec<u8> {
        ethernet(to, from, 0x0806, &self.bytes())
    }

    fn bytes(&self) -> Vec<u8> {
        let mut arp = vec![0, 1, 8, 0, 6, 4];
        arp.extend(self.operation.to_be_bytes());
        for (mac, address) in [self.sender, self.target] {
            arp.extend(mac.0);
            arp.extend(address.octets());
        }
        arp
    }
}

/// An IPv4 packet.
pub fn ipv4(to: Mac, from: Mac, addresses: (&str, &str), protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [source, destination] =
        [addresses.0, addresses.1].map(|a| a.parse::<Ipv4Addr>().unwrap().octets());
    let length = (20 + payload.len()) as u16;
    let mut header = vec![0x45, 0];
    header.extend(length.to_be_bytes());
    header.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
    header.extend(source);
    header.extend(destination);
    let sum = checksum(&[&header]);
    header[10..12].copy_from_slice(&sum);
    ethernet(to, from, 0x0800, &[&header, payload].concat())
}

/// An echo request.
pub fn ping(to: Mac, from: Mac, source: &str, destination: &str) -> Vec<u8> {
    let mut echo = vec![8, 0, 0, 0, 0, 1, 0, 1];
    let sum = checksum(&[&echo]);
    echo[2..4].copy_from_slice(&sum);
    ipv4(to, from, (source, destination), 1, &echo)
}

/// A UDP datagram in IPv4.
pub fn udp4(
    to: Mac,
    from: Mac,
    (source, source_port): (&str, u16),
    (destination, destination_port): (&str, u16),
) -> Vec<u8> {
    let payload = udp(source_port, destination_port);
    ipv4(to, from, (source, destination), 17, &payload)
}

fn udp(source_port: u16, destination_port: u16) -> Vec<u8> {
    let mut udp = source_port.to_be_bytes().to_vec();
    udp.extend(destination_port.to_be_bytes());
    udp.extend([0, 12, 0, 0]);
    udp.extend(b"weft");
    udp
}

/// An IPv6 packet with this hop limit.
pub fn ipv6(
    (to, from): (Mac, Mac),
    addresses: (&str, &str),
    next_header: u8,
    hop_limit: u8,
    payload: &[u8],
) -> Vec<u8> {
    let [source, destination] =
        [addresses.0, addresses.1].map(|a| a.parse::<Ipv6Addr>().unwrap().octets());
    let mut payload = payload.to_vec();
    let length = payload.len() as u32;
    let pseudo: &[&[u8]] = &[
        &source,
        &destination,
        &length.to_be_bytes(),
        &u32::from(next_header).to_be_bytes(),
    ];
    let at = if next_header == 58 { 2 } else { 6 };
    let sum = checksum(&[&pseudo.concat(), &payload]);
    payload[at..at + 2].copy_from_slice(&sum);
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend((length as u16).to_be_bytes());
    packet.extend([next_header, hop_limit]);
    packet.extend(source);
    packet.extend(destination);
    packet.extend(payload);
    ethernet(to, from, 0x86dd, &packet)
}

/// A UDP datagram in IPv6.
pub fn udp6(
    macs: (Mac, Mac),
    (source, source_port): (&str, u16),
    (destination, destination_port): (&str, u16),
) -> Vec<u8> {
    let payload = udp(source_port, destination_port);
    ipv6(macs, (source, destination), 17, 64, &payload)
}

/// An ICMPv6 message.
pub fn icmp6(macs: (Mac, Mac), addresses: (&str, &str), kind: u8, rest: &[u8]) -> Vec<u8> {
    let message = [&[kind, 0, 0, 0], rest].concat();
    ipv6(macs, addresses, 58, 255, &message)
}

/// A neighbour message: flags, target, and a link-layer address option of this type.
pub struct Neighbour<'a> {
    pub kind: u8,
    pub flags: u8,
    pub target: &'a str,
    pub option: Option<(u8, Mac)>,
}

impl Neighbour<'_> {
    /// In a frame.
    pub fn frame(&self, macs: (Mac, Mac), addresses: (&str, &str)) -> Vec<u8> {
        let mut rest = vec![self.flags, 0, 0, 0];
        rest.extend(self.target.parse::<Ipv6Addr>().unwrap().octets());
        if let Some((kind, mac)) = self.option {
            rest.extend([kind, 1]);
            rest.extend(mac.0);
        }
        icmp6(macs, addresses, self.kind, &rest)
    }
}

/// Who has `target`? Asked of its solicited-node group.
pub fn solicitation(mac: Mac, source: &str, target: &str) -> Vec<u8> {
    let (group_mac, group) = solicited_node(target);
    let question = Neighbour {
        kind: 135,
        flags: 0,
        target,
        option: (source != "::").then_some((1, mac)),
    };
    question.frame((group_mac, mac), (source, &group))
}

/// The multicast group that an address's owner listens to (RFC 4291 §2.7.1).
fn solicited_node(address: &str) -> (Mac, String) {
    let octets = address.parse::<Ipv6Addr>().unwrap().octets();
    let [.., a, b, c] = octets;
    let group = Ipv6Addr::new(
        0xff02,
        0,
        0,
        0,
        0,
        1,
        0xff00 | u16::from(a),
        u16::from(b) << 8 | u16::from(c),
    );
    (Mac([0x33, 0x33, 0xff, a, b, c]), group.to_string())
}
