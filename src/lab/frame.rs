//! Ethernet frames that probes put on an instance's wire: honest ones, and lies of every kind that port
//! security must stop. Each carries a marker by which its arrival is recognised.

use std::net::Ipv4Addr;

/// What every probe carries; `lab/node/wire` reports only frames that hold it.
const MARKER: &[u8] = b"weft-mark";
/// The broadcast MAC address.
pub const BROADCAST: [u8; 6] = [0xff; 6];

/// One end of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// MAC address.
    pub mac: [u8; 6],
    /// IPv4 address.
    pub ip: Ipv4Addr,
}

/// Tells one probe from every other of the same run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub u32);

impl Nonce {
    fn bytes(self) -> Vec<u8> {
        [MARKER, format!("{:08x}", self.0).as_bytes()].concat()
    }

    /// The nonce of a frame that bears one.
    #[must_use]
    pub fn of(frame: &[u8]) -> Option<Self> {
        let at = frame
            .windows(MARKER.len())
            .position(|window| window == MARKER)?;
        let digits = frame.get(at + MARKER.len()..at + MARKER.len() + 8)?;
        let digits = std::str::from_utf8(digits).ok()?;
        u32::from_str_radix(digits, 16).ok().map(Self)
    }
}

/// A UDP datagram to the discard port.
#[must_use]
pub fn datagram(from: End, to: End, nonce: Nonce) -> Vec<u8> {
    udp(from, to, 9, 9, &nonce.bytes())
}

/// A DHCP offer, such as only a DHCP server sends.
#[must_use]
pub fn dhcp_offer(from: End, to: End, nonce: Nonce) -> Vec<u8> {
    // BOOTREPLY, Ethernet, 6 bytes of address, no hops; the rest of the fixed part stays zero.
    let mut body = vec![2, 1, 6, 0];
    body.resize(236, 0);
    body.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 2, 54, 4]);
    body.extend(from.ip.octets());
    body.push(255);
    body.extend(nonce.bytes());
    udp(from, to, 67, 68, &body)
}

/// A DHCP message of a client, broadcast, with `body` as the whole BOOTP part.
#[must_use]
pub fn dhcp_from_client(mac: [u8; 6], body: &[u8]) -> Vec<u8> {
    let from = End {
        mac,
        ip: Ipv4Addr::UNSPECIFIED,
    };
    udp(
        from,
        End {
            mac: BROADCAST,
            ip: Ipv4Addr::BROADCAST,
        },
        68,
        67,
        body,
    )
}

/// An ARP reply from `frame_source`, in which `claimed` says who has which address.
#[must_use]
pub fn arp_reply(frame_source: [u8; 6], claimed: End, to: End, nonce: Nonce) -> Vec<u8> {
    let mut frame = ethernet(frame_source, to.mac, 0x0806);
    frame.extend([0, 1, 8, 0, 6, 4, 0, 2]);
    frame.extend(claimed.mac);
    frame.extend(claimed.ip.octets());
    frame.extend(to.mac);
    frame.extend(to.ip.octets());
    frame.extend(nonce.bytes());
    frame
}

/// A router advertisement to all nodes, with the router lifetime of 1800 seconds.
#[must_use]
pub fn router_advertisement(from: End, nonce: Nonce) -> Vec<u8> {
    let mut icmp = vec![134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0];
    // Option 1, source link-layer address.
    icmp.extend([1, 1]);
    icmp.extend(from.mac);
    // An option of an unassigned type holds the marker, padded to a multiple of 8 bytes.
    let mark = nonce.bytes();
    let units = (mark.len() + 2).div_ceil(8);
    icmp.extend([253, units as u8]);
    icmp.extend(&mark);
    icmp.resize(24 + units * 8, 0);
    let source = link_local(from.mac);
    let all_nodes = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let pseudo = [
        &source[..],
        &all_nodes,
        &(icmp.len() as u32).to_be_bytes(),
        &[0, 0, 0, 58],
    ]
    .concat();
    let sum = checksum(&[&pseudo, &icmp]);
    icmp[2..4].copy_from_slice(&sum.to_be_bytes());
    let mut frame = ethernet(from.mac, [0x33, 0x33, 0, 0, 0, 1], 0x86dd);
    frame.extend([0x60, 0, 0, 0]);
    frame.extend((icmp.len() as u16).to_be_bytes());
    frame.extend([58, 255]);
    frame.extend(source);
    frame.extend(all_nodes);
    frame.extend(icmp);
    frame
}

/// The link-local address that a MAC address makes (RFC 4291, appendix A).
#[must_use]
pub fn link_local(mac: [u8; 6]) -> [u8; 16] {
    let [a, b, c, d, e, f] = mac;
    [
        0xfe,
        0x80,
        0,
        0,
        0,
        0,
        0,
        0,
        a ^ 2,
        b,
        c,
        0xff,
        0xfe,
        d,
        e,
        f,
    ]
}

/// A MAC address from its canonical text.
#[must_use]
pub fn mac(text: &str) -> Option<[u8; 6]> {
    let mut bytes = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut bytes {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

fn ethernet(source: [u8; 6], destination: [u8; 6], kind: u16) -> Vec<u8> {
    [&destination[..], &source, &kind.to_be_bytes()].concat()
}

fn udp(from: End, to: End, source: u16, destination: u16, body: &[u8]) -> Vec<u8> {
    let length = (8 + body.len()) as u16;
    let addresses = [from.ip.octets(), to.ip.octets()].concat();
    let head = [
        source.to_be_bytes(),
        destination.to_be_bytes(),
        length.to_be_bytes(),
    ]
    .concat();
    let pseudo = [&addresses[..], &[0, 17], &length.to_be_bytes()].concat();
    let sum = match checksum(&[&pseudo, &head, &[0, 0], body]) {
        0 => 0xffff,
        sum => sum,
    };
    let mut ip = vec![0x45, 0];
    ip.extend((20 + length).to_be_bytes());
    ip.extend([0, 0, 0x40, 0, 64, 17, 0, 0]);
    ip.extend(addresses);
    let ip_sum = checksum(&[&ip]);
    ip[10..12].copy_from_slice(&ip_sum.to_be_bytes());
    [
        ethernet(from.mac, to.mac, 0x0800),
        ip,
        head,
        sum.to_be_bytes().to_vec(),
        body.to_vec(),
    ]
    .concat()
}

/// The Internet checksum (RFC 1071) over parts of which all but the last have even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u32 = words
        .map(|word| u32::from(word[0]) << 8 | word.get(1).map_or(0, |low| u32::from(*low)))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !((folded & 0xffff) + (folded >> 16)) as u16
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const A: End = End {
        mac: [2, 0, 0, 0, 0, 1],
        ip: Ipv4Addr::new(10, 0, 0, 1),
    };
    const B: End = End {
        mac: [2, 0, 0, 0, 0, 2],
        ip: Ipv4Addr::new(10, 0, 0, 2),
    };

    #[test]
    fn probes_bear_their_nonce() {
        let nonce = Nonce(0xbeef);
        let frames = [
            datagram(A, B, nonce),
            dhcp_offer(A, B, nonce),
            arp_reply(A.mac, A, B, nonce),
            router_advertisement(A, nonce),
        ];
        for frame in frames {
            assert_eq!(Nonce::of(&frame), Some(nonce));
        }
        assert_eq!(Nonce::of(b"weft-mark00"), None);
    }

    #[test]
    fn checksums_stand_before_another_parser() {
        let frame = datagram(A, B, Nonce(7));
        let sliced = etherparse::SlicedPacket::from_ethernet(&frame).unwrap();
        let Some(etherparse::NetSlice::Ipv4(ip)) = &sliced.net else {
            panic!("not IPv4");
        };
        let header = ip.header().to_header();
        assert_eq!(header.header_checksum, header.calc_header_checksum());
        let Some(etherparse::TransportSlice::Udp(udp)) = &sliced.transport else {
            panic!("not UDP");
        };
        let expected = udp
            .to_header()
            .calc_checksum_ipv4(&header, udp.payload())
            .unwrap();
        assert_eq!(udp.checksum(), expected);
    }

    #[test]
    fn mac_text() {
        assert_eq!(mac("fa:16:3e:00:00:0a"), Some([0xfa, 0x16, 0x3e, 0, 0, 10]));
        assert_eq!(mac("fa:16:3e:00:00"), None);
        assert_eq!(mac("fa:16:3e:00:00:0a:1"), None);
    }
}
