//! Where the headers of a packet begin, and where each field is.

use crate::oxm::Field;

/// Bytes of two MAC addresses.
const ADDRESSES: usize = 12;
const VLAN: u16 = 0x8100;
const SERVICE_VLAN: u16 = 0x88a8;
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const ARP: u16 = 0x0806;
const RARP: u16 = 0x8035;
const ICMPV6: u8 = 58;
const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;

/// Kind of the network header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    Arp,
    V4,
    V6,
}

/// Where the headers of a packet begin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    /// The outermost tag, where there is one.
    pub tag_at: Option<usize>,
    /// The Ethernet type behind it.
    pub ethertype: u16,
    /// Where that type stands.
    ethertype_at: usize,
    /// What the network header is.
    pub network: Option<Network>,
    /// Where it begins.
    pub network_at: usize,
    /// The protocol it carries, behind extension headers.
    pub protocol: u8,
    /// Where that begins.
    pub transport_at: usize,
    /// Where the IP packet ends.
    pub end: usize,
    /// Bit 0: a fragment; bit 1: not the first.
    pub fragment: u8,
    /// Where the first option of a neighbour message is.
    option_at: Option<usize>,
    /// Where its source's and its target's link-layer address are.
    link_layer_at: [Option<usize>; 2],
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|pair| u16::from_be_bytes(*pair))
}

impl Layout {
    /// Finds the headers; those that are cut off are not there.
    pub fn of(bytes: &[u8]) -> Layout {
        let mut layout = Layout {
            ethertype_at: ADDRESSES,
            end: bytes.len(),
            ..Layout::default()
        };
        let first = u16_at(bytes, ADDRESSES).unwrap_or(0);
        if matches!(first, VLAN | SERVICE_VLAN) && bytes.len() >= ADDRESSES + 6 {
            layout.tag_at = Some(ADDRESSES);
            layout.ethertype_at += 4;
        }
        layout.ethertype = u16_at(bytes, layout.ethertype_at).unwrap_or(0);
        layout.network_at = layout.ethertype_at + 2;
        layout.transport_at = layout.network_at;
        match layout.ethertype {
            ARP | RARP if bytes.len() >= layout.network_at + 28 => {
                layout.network = Some(Network::Arp);
            }
            IPV4 => layout.v4(bytes),
            IPV6 => layout.v6(bytes),
            _ => {}
        }
        if layout.protocol == ICMPV6 && layout.network == Some(Network::V6) {
            layout.neighbour(bytes);
        }
        layout
    }

    fn v4(&mut self, bytes: &[u8]) {
        let at = self.network_at;
        let Some(header) = bytes.get(at..at + 20) else {
            return;
        };
        let length = usize::from(header[0] & 0xf) * 4;
        if header[0] >> 4 != 4 || length < 20 || bytes.len() < at + length {
            return;
        }
        self.network = Some(Network::V4);
        self.protocol = header[9];
        self.transport_at = at + length;
        let total = usize::from(u16_at(header, 2).unwrap_or(0));
        self.end = (at + total.max(length)).min(bytes.len());
        let flags = u16_at(header, 6).unwrap_or(0);
        let later = flags & 0x1fff != 0;
        self.fragment = u8::from(later || flags & 0x2000 != 0) | u8::from(later) << 1;
    }

    fn v6(&mut self, bytes: &[u8]) {
        let at = self.network_at;
        let Some(header) = bytes.get(at..at + 40) else {
            return;
        };
        if header[0] >> 4 != 6 {
            return;
        }
        self.network = Some(Network::V6);
        self.end = (at + 40 + usize::from(u16_at(header, 4).unwrap_or(0))).min(bytes.len());
        let (mut next, mut place) = (header[6], at + 40);
        // Hop-by-hop, routing and destination options, fragments: at most as many as fit.
        while let Some(extension) = bytes.get(place..place + 8) {
            let length = match next {
                0 | 43 | 60 => 8 + 8 * usize::from(extension[1]),
                44 => {
                    let later = u16_at(extension, 2).unwrap_or(0) & 0xfff8 != 0;
                    self.fragment = 1 | u8::from(later) << 1;
                    8
                }
                _ => break,
            };
            next = extension[0];
            place += length;
        }
        self.protocol = next;
        self.transport_at = place;
    }

    /// The options of a neighbour solicitation or advertisement.
    fn neighbour(&mut self, bytes: &[u8]) {
        let kind = bytes.get(self.transport_at).copied().unwrap_or(0);
        if !matches!(kind, SOLICITATION | ADVERTISEMENT) || self.fragment & 2 != 0 {
            return;
        }
        let mut at = self.transport_at + 24;
        while let Some(&[option, length]) = bytes.get(at..at + 2) {
            let length = 8 * usize::from(length);
            if length == 0 || at + length > self.end {
                break;
            }
            self.option_at.get_or_insert(at);
            if let (1 | 2, 8) = (option, length) {
                self.link_layer_at[usize::from(option) - 1].get_or_insert(at + 2);
            }
            at += length;
        }
    }

    /// Where a field is: first byte, number of bytes, and how far its lowest bit is from theirs.
    /// `None` where the packet has no such field.
    pub fn place(&self, field: Field) -> Option<(usize, usize, u32)> {
        let network = |kind, at, count| {
            (self.network == Some(kind)).then_some((self.network_at + at, count, 0))
        };
        let v4 = |at, count| network(Network::V4, at, count);
        let v6 = |at, count| network(Network::V6, at, count);
        let arp = |at, count| network(Network::Arp, at, count);
        match field {
            Field::EthDst => Some((0, 6, 0)),
            Field::EthSrc => Some((6, 6, 0)),
            Field::EthType => Some((self.ethertype_at, 2, 0)),
            Field::VlanTci | Field::VlanVid => Some((self.tag_at? + 2, 2, 0)),
            Field::VlanPcp => Some((self.tag_at? + 2, 2, 13)),
            Field::Ipv4Src => v4(12, 4),
            Field::Ipv4Dst => v4(16, 4),
            Field::Ipv6Src => v6(8, 16),
            Field::Ipv6Dst => v6(24, 16),
            Field::Ipv6Label => v6(0, 4),
            Field::IpTtl => v4(8, 1).or(v6(7, 1)),
            Field::IpTos => v4(1, 1).or(v6(0, 2).map(|(at, count, _)| (at, count, 4))),
            Field::IpDscp => {
                let (at, count, shift) = self.place(Field::IpTos)?;
                Some((at, count, shift + 2))
            }
            Field::IpEcn => self.place(Field::IpTos),
            Field::ArpOp => arp(6, 2),
            Field::ArpSha => arp(8, 6),
            Field::ArpSpa => arp(14, 4),
            Field::ArpTha => arp(18, 6),
            Field::ArpTpa => arp(24, 4),
            field => self.transport(field),
        }
    }

    fn transport(&self, field: Field) -> Option<(usize, usize, u32)> {
        let is_ip = matches!(self.network, Some(Network::V4 | Network::V6));
        if !is_ip || self.fragment & 2 != 0 {
            return None;
        }
        let of = |protocol: u8, at: usize, count: usize| {
            let at = self.transport_at + at;
            (self.protocol == protocol && at + count <= self.end).then_some((at, count, 0))
        };
        match field {
            Field::TcpSrc => of(6, 0, 2),
            Field::TcpDst => of(6, 2, 2),
            Field::TcpFlags => of(6, 12, 2),
            Field::UdpSrc => of(17, 0, 2),
            Field::UdpDst => of(17, 2, 2),
            Field::SctpSrc => of(132, 0, 2),
            Field::SctpDst => of(132, 2, 2),
            Field::Icmpv4Type if self.network == Some(Network::V4) => of(1, 0, 1),
            Field::Icmpv4Code if self.network == Some(Network::V4) => of(1, 1, 1),
            Field::Icmpv6Type if self.network == Some(Network::V6) => of(ICMPV6, 0, 1),
            Field::Icmpv6Code if self.network == Some(Network::V6) => of(ICMPV6, 1, 1),
            Field::NdReserved => of(ICMPV6, 4, 4),
            Field::NdTarget => of(ICMPV6, 8, 16),
            Field::NdOptionsType => Some((self.option_at?, 1, 0)),
            Field::NdSll => Some((self.link_layer_at[0]?, 6, 0)),
            Field::NdTll => Some((self.link_layer_at[1]?, 6, 0)),
            _ => None,
        }
    }
}
