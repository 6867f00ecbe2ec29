//! Matches printed, in the order and with the names of `ovs-ofctl`.

use std::fmt::{self, Write};

use super::{Resolver, Text, value};
use crate::oxm::{Entry, Field, Match};

/// The names that stand for an Ethernet type and an IP protocol.
pub(super) const PROTOCOLS: [(&str, u16, Option<u8>); 16] = [
    ("ip", 0x0800, None),
    ("ipv4", 0x0800, None),
    ("ip4", 0x0800, None),
    ("arp", 0x0806, None),
    ("icmp", 0x0800, Some(1)),
    ("tcp", 0x0800, Some(6)),
    ("udp", 0x0800, Some(17)),
    ("sctp", 0x0800, Some(132)),
    ("ipv6", 0x86dd, None),
    ("ip6", 0x86dd, None),
    ("icmp6", 0x86dd, Some(58)),
    ("tcp6", 0x86dd, Some(6)),
    ("udp6", 0x86dd, Some(17)),
    ("sctp6", 0x86dd, Some(132)),
    ("rarp", 0x8035, None),
    ("mpls", 0x8847, None),
];
const MPLS_MULTICAST: u16 = 0x8848;

/// Fields before the name of the protocol.
const BEFORE: [Field; 15] = [
    Field::PktMark,
    Field::RecircId,
    Field::DpHash,
    Field::ConjId,
    Field::ActsetOutput,
    Field::CtState,
    Field::CtZone,
    Field::CtMark,
    Field::CtLabel,
    Field::CtNwSrc,
    Field::CtIpv6Src,
    Field::CtNwDst,
    Field::CtIpv6Dst,
    Field::CtNwProto,
    Field::CtTpSrc,
];
/// Fields behind the registers.
const TUNNEL: [Field; 17] = [
    Field::TunnelId,
    Field::TunSrc,
    Field::TunDst,
    Field::TunIpv6Src,
    Field::TunIpv6Dst,
    Field::TunGbpId,
    Field::TunGbpFlags,
    Field::TunErspanVer,
    Field::TunErspanIdx,
    Field::TunErspanDir,
    Field::TunErspanHwid,
    Field::TunGtpuFlags,
    Field::TunGtpuMsgtype,
    Field::TunFlags,
    Field::Metadata,
    Field::InPort,
    Field::InPhyPort,
];
/// Fields between the Ethernet type and the IP protocol.
const ADDRESSES: [Field; 20] = [
    Field::PbbIsid,
    Field::Ipv6Src,
    Field::Ipv6Dst,
    Field::Ipv6Exthdr,
    Field::Ipv6Label,
    Field::ArpSpa,
    Field::ArpTpa,
    Field::NshFlags,
    Field::NshTtl,
    Field::NshMdtype,
    Field::NshNp,
    Field::NshSpi,
    Field::NshSi,
    Field::NshC1,
    Field::NshC2,
    Field::NshC3,
    Field::NshC4,
    Field::Ipv4Src,
    Field::Ipv4Dst,
    Field::ArpOp,
];
/// Fields behind the IP protocol.
const AFTER: [Field; 26] = [
    Field::ArpSha,
    Field::ArpTha,
    Field::IpDscp,
    Field::IpEcn,
    Field::IpTtl,
    Field::MplsLabel,
    Field::MplsTc,
    Field::MplsTtl,
    Field::MplsBos,
    Field::IpFrag,
    Field::Icmpv4Type,
    Field::Icmpv4Code,
    Field::Icmpv6Type,
    Field::Icmpv6Code,
    Field::NdTarget,
    Field::NdSll,
    Field::NdTll,
    Field::NdReserved,
    Field::NdOptionsType,
    Field::TcpSrc,
    Field::TcpDst,
    Field::UdpSrc,
    Field::UdpDst,
    Field::SctpSrc,
    Field::SctpDst,
    Field::TcpFlags,
];

/// Writes what stands between commas.
struct List<'a> {
    out: &'a mut dyn Write,
    names: &'a dyn Resolver,
    matching: &'a Match,
    first: bool,
}

impl Text for Match {
    fn write(&self, out: &mut dyn Write, names: &dyn Resolver) -> fmt::Result {
        write(self, out, names, None)
    }
}

/// Writes a match, with the priority in front where it is given.
pub(super) fn write(
    matching: &Match,
    out: &mut dyn Write,
    names: &dyn Resolver,
    priority: Option<u16>,
) -> fmt::Result {
    let mut list = List {
        out,
        names,
        matching,
        first: true,
    };
    if let Some(priority) = priority {
        write!(list.next()?, "priority={priority}")?;
    }
    list.all()
}

impl List<'_> {
    /// The output, behind a comma where something stands before.
    fn next(&mut self) -> Result<&mut dyn Write, fmt::Error> {
        if !self.first {
            self.out.write_char(',')?;
        }
        self.first = false;
        Ok(self.out)
    }

    fn exact(&self, field: Field) -> Option<u128> {
        let (value, mask) = self.matching.get(field)?;
        (mask == field.full_mask()).then_some(value)
    }

    fn all(mut self) -> fmt::Result {
        self.fields(&BEFORE)?;
        self.fields(&[Field::CtTpDst, Field::PacketType])?;
        let (shown_type, shown_protocol) = self.protocol()?;
        let registers = Field::Reg0 as usize..=Field::Reg15 as usize;
        self.fields(&Field::ALL[registers])?;
        self.fields(&TUNNEL)?;
        self.vlan()?;
        self.fields(&[Field::EthSrc, Field::EthDst])?;
        if let Some(ethertype) = self.matching.get(Field::EthType)
            && !shown_type
        {
            write!(self.next()?, "dl_type=0x{:04x}", ethertype.0)?;
        }
        self.fields(&ADDRESSES)?;
        if !shown_protocol {
            self.fields(&[Field::IpProto])?;
        }
        self.fields(&AFTER)?;
        for foreign in self.matching.foreign() {
            write!(self.next()?, "oxm_{:#010x}=", foreign.header)?;
            for byte in &foreign.payload {
                write!(self.out, "{byte:02x}")?;
            }
        }
        Ok(())
    }

    /// The name of the protocol; whether it says the Ethernet type and the IP protocol.
    fn protocol(&mut self) -> Result<(bool, bool), fmt::Error> {
        let Some(ethertype) = self.exact(Field::EthType) else {
            return Ok((false, false));
        };
        let protocol = self.exact(Field::IpProto);
        let of_type = |(_, kind, _): &&(&str, u16, Option<u8>)| u128::from(*kind) == ethertype;
        let whole = PROTOCOLS
            .iter()
            .filter(of_type)
            .find(|(.., number)| number.map(u128::from) == protocol && protocol.is_some());
        if let Some((name, ..)) = whole {
            self.next()?.write_str(name)?;
            return Ok((true, true));
        }
        if ethertype == u128::from(MPLS_MULTICAST) {
            self.next()?.write_str("mplsm")?;
            return Ok((true, false));
        }
        let plain = PROTOCOLS
            .iter()
            .filter(of_type)
            .find(|(.., number)| number.is_none());
        if let Some((name, ..)) = plain {
            self.next()?.write_str(name)?;
        }
        Ok((plain.is_some(), false))
    }

    fn fields(&mut self, fields: &[Field]) -> fmt::Result {
        for field in fields {
            if let Some((value, mask)) = self.matching.get(*field) {
                let field = *field;
                self.field(Entry { field, value, mask })?;
            }
        }
        Ok(())
    }

    fn field(&mut self, Entry { field, value, mask }: Entry) -> fmt::Result {
        let name = self.name(field);
        let full = mask == field.full_mask();
        write!(self.next()?, "{name}=")?;
        let (out, names) = (&mut *self.out, self.names);
        match field {
            Field::IpDscp => write!(out, "{}", value << 2),
            // The table has it in hexadecimal, and so do actions.
            Field::CtZone => write!(out, "{value}"),
            Field::RecircId => write!(out, "{value:#x}"),
            Field::Ipv6Label if full => write!(out, "0x{value:05x}"),
            Field::Ipv6Label => write!(out, "0x{value:05x}/0x{mask:05x}"),
            // More flags could be matched once: it is never all of them.
            Field::TunFlags => value::write_flags(out, &value::TUN_FLAGS, value, mask, u128::MAX),
            // Ports are decimal, their masks and masked values are not.
            _ if !full && is_port_like(field) => write!(out, "{value:#x}/{mask:#x}"),
            _ => value::write(out, names, field, value, mask),
        }
    }

    /// The name that a field has in matches, by the protocol where several share one.
    fn name(&self, field: Field) -> &'static str {
        match field {
            Field::InPort => "in_port",
            Field::EthSrc => "dl_src",
            Field::EthDst => "dl_dst",
            Field::Ipv4Src => "nw_src",
            Field::Ipv4Dst => "nw_dst",
            Field::IpDscp => "nw_tos",
            Field::IpFrag => "nw_frag",
            Field::TcpSrc | Field::UdpSrc | Field::SctpSrc if self.is_at_home(field) => "tp_src",
            Field::TcpDst | Field::UdpDst | Field::SctpDst if self.is_at_home(field) => "tp_dst",
            Field::Icmpv6Type if self.is_at_home(field) => "icmp_type",
            Field::Icmpv6Code if self.is_at_home(field) => "icmp_code",
            field => field.name(),
        }
    }

    /// Whether the protocol of the match is the field's own: only then the shared name is clear.
    fn is_at_home(&self, field: Field) -> bool {
        self.matching.fulfils(field.needs())
    }

    /// The VLAN tag: as id and priority where it can be said so.
    fn vlan(&mut self) -> fmt::Result {
        let (vid, vid_mask) = self.matching.get(Field::VlanVid).unwrap_or_default();
        let (pcp, pcp_mask) = self.matching.get(Field::VlanPcp).unwrap_or_default();
        let present = vid & vid_mask & 0x1000 != 0;
        let plain = matches!(vid_mask & 0xfff, 0 | 0xfff);
        if vid_mask | pcp_mask == 0 {
            return Ok(());
        }
        if present && plain && (vid_mask & 0xfff != 0 || pcp_mask != 0) {
            if vid_mask & 0xfff != 0 {
                write!(self.next()?, "dl_vlan={}", vid & 0xfff)?;
            }
            if pcp_mask != 0 {
                write!(self.next()?, "dl_vlan_pcp={pcp}")?;
            }
            return Ok(());
        }
        let (tci, mask) = (vid | pcp << 13, vid_mask | pcp_mask << 13);
        match mask {
            0xffff => write!(self.next()?, "vlan_tci=0x{tci:04x}"),
            _ => write!(self.next()?, "vlan_tci=0x{tci:04x}/0x{mask:04x}"),
        }
    }
}

fn is_port_like(field: Field) -> bool {
    matches!(
        field,
        Field::TcpSrc
            | Field::TcpDst
            | Field::UdpSrc
            | Field::UdpDst
            | Field::SctpSrc
            | Field::SctpDst
            | Field::CtTpSrc
            | Field::CtTpDst
            | Field::TunGbpId
    )
}
