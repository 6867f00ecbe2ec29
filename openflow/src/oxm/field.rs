//! The field table: one row per field, and from it the enum, the codes on the wire and the names.

use super::Needs;

/// How `ovs-ofctl` writes the values of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Decimal,
    Hex,
    Ethernet,
    Ipv4,
    Ipv6,
    Port,
    PacketType,
    CtState,
    TcpFlags,
    TunFlags,
    Fragment,
}

/// The code of a field on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// The 32-bit header of an unmasked value.
    pub header: u32,
    /// The experimenter, in the class that has one; else 0.
    pub experimenter: u32,
    /// Its name in the headers of the specification or of Open vSwitch.
    pub name: &'static str,
}

/// What is known of a field.
#[derive(Debug)]
pub(crate) struct Row {
    pub name: &'static str,
    pub alias: Option<&'static str>,
    pub bits: u16,
    /// Bytes of a value on the wire.
    pub bytes: usize,
    /// The bits a value may have. More than `bits` for the VLAN id, which has a bit for presence.
    pub limit: u128,
    pub format: Format,
    pub needs: Needs,
    pub maskable: bool,
    pub writable: bool,
    pub nxm: Option<Code>,
    pub oxm: Option<Code>,
}

/// The class of experimenter's fields (OpenFlow 1.3.5 §7.2.3.2).
pub(crate) const CLASS_EXPERIMENTER: u16 = 0xffff;

/// Classes of fields: number, then experimenter.
#[derive(Clone, Copy)]
enum Class {
    NxmOf,
    NxmNx,
    Basic,
    PacketRegisters,
    Ericsson,
    Onf,
    Nicira,
    Nsh,
}

impl Class {
    const COUNT: usize = 8;

    const fn number(self) -> (u16, u32) {
        use crate::number::experimenters::{NICIRA, NSH, ONF};
        match self {
            Class::NxmOf => (0x0000, 0),
            Class::NxmNx => (0x0001, 0),
            Class::Basic => (0x8000, 0),
            Class::PacketRegisters => (0x8001, 0),
            Class::Ericsson => (0x1000, 0),
            Class::Onf => (CLASS_EXPERIMENTER, ONF),
            Class::Nicira => (CLASS_EXPERIMENTER, NICIRA),
            Class::Nsh => (CLASS_EXPERIMENTER, NSH),
        }
    }

    const fn code(self, number: u8, bytes: usize, name: &'static str) -> Code {
        let (class, experimenter) = self.number();
        let length = bytes + if class == CLASS_EXPERIMENTER { 4 } else { 0 };
        let header = (class as u32) << 16 | (number as u32) << 9 | length as u32;
        Code {
            header,
            experimenter,
            name,
        }
    }

    fn find(class: u16, experimenter: u32) -> Option<Self> {
        use crate::number::experimenters::{NICIRA, NSH, ONF};
        match (class, experimenter) {
            (0x8000, _) => Some(Class::Basic),
            (0x0000, _) => Some(Class::NxmOf),
            (0x0001, _) => Some(Class::NxmNx),
            (0x8001, _) => Some(Class::PacketRegisters),
            (0x1000, _) => Some(Class::Ericsson),
            (CLASS_EXPERIMENTER, ONF) => Some(Class::Onf),
            (CLASS_EXPERIMENTER, NICIRA) => Some(Class::Nicira),
            (CLASS_EXPERIMENTER, NSH) => Some(Class::Nsh),
            _ => None,
        }
    }
}

const fn ones(bits: u16) -> u128 {
    u128::MAX >> (128 - bits)
}

/// Bytes of a value of so many bits.
const fn bytes_of(bits: u16) -> usize {
    match bits {
        0..=8 => 1,
        9..=16 => 2,
        17..=23 => 4,
        24 => 3,
        25..=32 => 4,
        33..=48 => 6,
        49..=64 => 8,
        _ => 16,
    }
}

macro_rules! code {
    ($bits:literal, -) => {
        None
    };
    ($bits:literal, $class:ident $number:literal $name:literal) => {
        Some(Class::$class.code($number, bytes_of($bits), $name))
    };
}

macro_rules! word {
    (masked) => {
        true
    };
    (exact) => {
        false
    };
    (written) => {
        true
    };
    (fixed) => {
        false
    };
}

macro_rules! fields {
    ($(
        $(#[$meta:meta])*
        $field:ident = $name:literal $(| $alias:literal)?, $bits:literal $(limit $limit:literal)?,
        $format:ident, $needs:ident, $maskable:ident, $writable:ident, [$($nxm:tt)+], [$($oxm:tt)+];
    )+) => {
        /// A field of a packet or of what a switch knows of it. The order is the one in which
        /// Open vSwitch writes them: what a field needs stands before it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Field {
            $( $(#[$meta])* $field, )+
        }

        impl Field {
            /// Every field, in order.
            pub const ALL: &'static [Field] = &[ $( Field::$field ),+ ];
        }

        static ROWS: [Row; Field::ALL.len()] = [
            $( Row {
                name: $name,
                alias: [$(Some($alias),)? None][0],
                bits: $bits,
                bytes: bytes_of($bits),
                limit: [$($limit,)? ones($bits)][0],
                format: Format::$format,
                needs: Needs::$needs,
                maskable: word!($maskable),
                writable: word!($writable),
                nxm: code!($bits, $($nxm)+),
                oxm: code!($bits, $($oxm)+),
            }, )+
        ];
    };
}

fields! {
    /// Type of the outermost header: name space, then type.
    PacketType = "packet_type", 32, PacketType, Nothing, exact, fixed, [-], [Basic 44 "OXM_OF_PACKET_TYPE"];
    /// Hash that the datapath computed.
    DpHash = "dp_hash", 32, Hex, Nothing, masked, fixed, [NxmNx 35 "NXM_NX_DP_HASH"], [-];
    /// Which recirculation the packet is on.
    RecircId = "recirc_id", 32, Decimal, Nothing, exact, fixed, [NxmNx 36 "NXM_NX_RECIRC_ID"], [-];
    /// Conjunction that holds for the packet.
    ConjId = "conj_id", 32, Decimal, Nothing, exact, fixed, [NxmNx 37 "NXM_NX_CONJ_ID"], [-];
    /// Port the packet came in by, 32 bits.
    InPort = "in_port_oxm", 32, Port, Nothing, exact, written, [-], [Basic 0 "OXM_OF_IN_PORT"];
    /// Port the packet came in by, in 16 bits: for `move` and `load`.
    InPort16 = "in_port", 16, Port, Nothing, exact, written, [NxmOf 0 "NXM_OF_IN_PORT"], [-];
    /// Port below the port the packet came in by.
    InPhyPort = "in_phy_port", 32, Port, Nothing, exact, fixed, [-], [Basic 1 "OXM_OF_IN_PHY_PORT"];
    /// Port that the action set sends to.
    ActsetOutput = "actset_output", 32, Port, Nothing, exact, fixed, [-], [Onf 43 "ONFOXM_ET_ACTSET_OUTPUT"];
    /// Source MAC address.
    EthSrc = "eth_src" | "dl_src", 48, Ethernet, Ethernet, masked, written, [NxmOf 2 "NXM_OF_ETH_SRC"], [Basic 4 "OXM_OF_ETH_SRC"];
    /// Destination MAC address.
    EthDst = "eth_dst" | "dl_dst", 48, Ethernet, Ethernet, masked, written, [NxmOf 1 "NXM_OF_ETH_DST"], [Basic 3 "OXM_OF_ETH_DST"];
    /// Ethernet type, behind VLAN tags.
    EthType = "eth_type" | "dl_type", 16, Hex, Ethernet, exact, fixed, [NxmOf 3 "NXM_OF_ETH_TYPE"], [Basic 5 "OXM_OF_ETH_TYPE"];
    /// VLAN id, with bit 12 set where there is a tag.
    VlanVid = "vlan_vid", 12 limit 0x1fff, Decimal, Ethernet, masked, written, [-], [Basic 6 "OXM_OF_VLAN_VID"];
    /// VLAN priority.
    VlanPcp = "vlan_pcp", 3, Decimal, Vlan, exact, written, [-], [Basic 7 "OXM_OF_VLAN_PCP"];
    /// Whole VLAN tag, with bit 12 set where there is one; 0 where there is none.
    VlanTci = "vlan_tci", 16, Hex, Ethernet, masked, written, [NxmOf 4 "NXM_OF_VLAN_TCI"], [-];
    /// Service instance of provider backbone bridging.
    PbbIsid = "pbb_isid", 24, Hex, Pbb, masked, written, [-], [Basic 37 "OXM_OF_PBB_ISID"];
    /// MPLS traffic class.
    MplsTc = "mpls_tc", 3, Decimal, Mpls, exact, written, [-], [Basic 35 "OXM_OF_MPLS_TC"];
    /// MPLS bottom of stack.
    MplsBos = "mpls_bos", 1, Decimal, Mpls, exact, fixed, [-], [Basic 36 "OXM_OF_MPLS_BOS"];
    /// MPLS time to live.
    MplsTtl = "mpls_ttl", 8, Decimal, Mpls, exact, written, [NxmNx 30 "NXM_NX_MPLS_TTL"], [-];
    /// MPLS label.
    MplsLabel = "mpls_label", 20, Decimal, Mpls, exact, written, [-], [Basic 34 "OXM_OF_MPLS_LABEL"];
    /// IPv4 source address.
    Ipv4Src = "ip_src" | "nw_src", 32, Ipv4, Ipv4, masked, written, [NxmOf 7 "NXM_OF_IP_SRC"], [Basic 11 "OXM_OF_IPV4_SRC"];
    /// IPv4 destination address.
    Ipv4Dst = "ip_dst" | "nw_dst", 32, Ipv4, Ipv4, masked, written, [NxmOf 8 "NXM_OF_IP_DST"], [Basic 12 "OXM_OF_IPV4_DST"];
    /// IPv6 source address.
    Ipv6Src = "ipv6_src", 128, Ipv6, Ipv6, masked, written, [NxmNx 19 "NXM_NX_IPV6_SRC"], [Basic 26 "OXM_OF_IPV6_SRC"];
    /// IPv6 destination address.
    Ipv6Dst = "ipv6_dst", 128, Ipv6, Ipv6, masked, written, [NxmNx 20 "NXM_NX_IPV6_DST"], [Basic 27 "OXM_OF_IPV6_DST"];
    /// Which IPv6 extension headers there are.
    Ipv6Exthdr = "ipv6_exthdr", 9, Hex, Ipv6, masked, fixed, [-], [Basic 39 "OXM_OF_IPV6_EXTHDR"];
    /// Bit 0: a fragment; bit 1: not the first.
    IpFrag = "ip_frag" | "nw_frag", 2, Fragment, Ip, masked, fixed, [NxmNx 26 "NXM_NX_IP_FRAG"], [-];
    /// Differentiated services code point.
    IpDscp = "ip_dscp", 6, Decimal, Ip, exact, written, [-], [Basic 8 "OXM_OF_IP_DSCP"];
    /// The same in the upper six bits of eight.
    IpTos = "nw_tos", 8 limit 0xfc, Decimal, Ip, exact, written, [NxmOf 5 "NXM_OF_IP_TOS"], [-];
    /// Explicit congestion notification.
    IpEcn = "nw_ecn" | "ip_ecn", 2, Decimal, Ip, exact, written, [NxmNx 28 "NXM_NX_IP_ECN"], [Basic 9 "OXM_OF_IP_ECN"];
    /// Time to live or hop limit.
    IpTtl = "nw_ttl", 8, Decimal, Ip, exact, written, [NxmNx 29 "NXM_NX_IP_TTL"], [-];
    /// IPv6 flow label.
    Ipv6Label = "ipv6_label", 20, Hex, Ipv6, masked, written, [NxmNx 27 "NXM_NX_IPV6_LABEL"], [Basic 28 "OXM_OF_IPV6_FLABEL"];
    /// IP protocol, behind IPv6 extension headers.
    IpProto = "nw_proto" | "ip_proto", 8, Decimal, Ip, exact, fixed, [NxmOf 6 "NXM_OF_IP_PROTO"], [Basic 10 "OXM_OF_IP_PROTO"];
    /// TCP source port.
    TcpSrc = "tcp_src" | "tp_src", 16, Decimal, Tcp, masked, written, [NxmOf 9 "NXM_OF_TCP_SRC"], [Basic 13 "OXM_OF_TCP_SRC"];
    /// TCP destination port.
    TcpDst = "tcp_dst" | "tp_dst", 16, Decimal, Tcp, masked, written, [NxmOf 10 "NXM_OF_TCP_DST"], [Basic 14 "OXM_OF_TCP_DST"];
    /// TCP flags.
    TcpFlags = "tcp_flags", 12, TcpFlags, Tcp, masked, fixed, [NxmNx 34 "NXM_NX_TCP_FLAGS"], [Onf 42 "ONFOXM_ET_TCP_FLAGS"];
    /// UDP source port.
    UdpSrc = "udp_src", 16, Decimal, Udp, masked, written, [NxmOf 11 "NXM_OF_UDP_SRC"], [Basic 15 "OXM_OF_UDP_SRC"];
    /// UDP destination port.
    UdpDst = "udp_dst", 16, Decimal, Udp, masked, written, [NxmOf 12 "NXM_OF_UDP_DST"], [Basic 16 "OXM_OF_UDP_DST"];
    /// SCTP source port.
    SctpSrc = "sctp_src", 16, Decimal, Sctp, masked, written, [-], [Basic 17 "OXM_OF_SCTP_SRC"];
    /// SCTP destination port.
    SctpDst = "sctp_dst", 16, Decimal, Sctp, masked, written, [-], [Basic 18 "OXM_OF_SCTP_DST"];
    /// ICMP type.
    Icmpv4Type = "icmp_type", 8, Decimal, Icmpv4, exact, written, [NxmOf 13 "NXM_OF_ICMP_TYPE"], [Basic 19 "OXM_OF_ICMPV4_TYPE"];
    /// ICMP code.
    Icmpv4Code = "icmp_code", 8, Decimal, Icmpv4, exact, written, [NxmOf 14 "NXM_OF_ICMP_CODE"], [Basic 20 "OXM_OF_ICMPV4_CODE"];
    /// ICMPv6 type.
    Icmpv6Type = "icmpv6_type", 8, Decimal, Icmpv6, exact, written, [NxmNx 21 "NXM_NX_ICMPV6_TYPE"], [Basic 29 "OXM_OF_ICMPV6_TYPE"];
    /// ICMPv6 code.
    Icmpv6Code = "icmpv6_code", 8, Decimal, Icmpv6, exact, written, [NxmNx 22 "NXM_NX_ICMPV6_CODE"], [Basic 30 "OXM_OF_ICMPV6_CODE"];
    /// Flags and reserved bits of a neighbour message.
    NdReserved = "nd_reserved", 32, Decimal, Nd, exact, written, [-], [Ericsson 1 "ERICOXM_OF_ICMPV6_ND_RESERVED"];
    /// Target of a neighbour message.
    NdTarget = "nd_target", 128, Ipv6, Nd, masked, written, [NxmNx 23 "NXM_NX_ND_TARGET"], [Basic 31 "OXM_OF_IPV6_ND_TARGET"];
    /// Type of the first option of a neighbour message.
    NdOptionsType = "nd_options_type", 8, Decimal, Nd, exact, written, [-], [Ericsson 2 "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE"];
    /// Source link-layer address of a neighbour solicitation.
    NdSll = "nd_sll", 48, Ethernet, NdSolicit, masked, written, [NxmNx 24 "NXM_NX_ND_SLL"], [Basic 32 "OXM_OF_IPV6_ND_SLL"];
    /// Target link-layer address of a neighbour advertisement.
    NdTll = "nd_tll", 48, Ethernet, NdAdvert, masked, written, [NxmNx 25 "NXM_NX_ND_TLL"], [Basic 33 "OXM_OF_IPV6_ND_TLL"];
    /// ARP operation.
    ArpOp = "arp_op", 16, Decimal, Arp, exact, written, [NxmOf 15 "NXM_OF_ARP_OP"], [Basic 21 "OXM_OF_ARP_OP"];
    /// ARP sender protocol address.
    ArpSpa = "arp_spa", 32, Ipv4, Arp, masked, written, [NxmOf 16 "NXM_OF_ARP_SPA"], [Basic 22 "OXM_OF_ARP_SPA"];
    /// ARP target protocol address.
    ArpTpa = "arp_tpa", 32, Ipv4, Arp, masked, written, [NxmOf 17 "NXM_OF_ARP_TPA"], [Basic 23 "OXM_OF_ARP_TPA"];
    /// ARP sender hardware address.
    ArpSha = "arp_sha", 48, Ethernet, Arp, masked, written, [NxmNx 17 "NXM_NX_ARP_SHA"], [Basic 24 "OXM_OF_ARP_SHA"];
    /// ARP target hardware address.
    ArpTha = "arp_tha", 48, Ethernet, Arp, masked, written, [NxmNx 18 "NXM_NX_ARP_THA"], [Basic 25 "OXM_OF_ARP_THA"];
    /// Tunnel key.
    TunnelId = "tun_id" | "tunnel_id", 64, Hex, Nothing, masked, written, [NxmNx 16 "NXM_NX_TUN_ID"], [Basic 38 "OXM_OF_TUNNEL_ID"];
    /// Tunnel flags: bit 0, OAM.
    TunFlags = "tun_flags", 16 limit 0x1, TunFlags, Nothing, masked, written, [NxmNx 104 "NXM_NX_TUN_FLAGS"], [-];
    /// IPv4 source of the outer packet.
    TunSrc = "tun_src", 32, Ipv4, Nothing, masked, written, [NxmNx 31 "NXM_NX_TUN_IPV4_SRC"], [-];
    /// IPv4 destination of the outer packet.
    TunDst = "tun_dst", 32, Ipv4, Nothing, masked, written, [NxmNx 32 "NXM_NX_TUN_IPV4_DST"], [-];
    /// IPv6 source of the outer packet.
    TunIpv6Src = "tun_ipv6_src", 128, Ipv6, Nothing, masked, written, [NxmNx 109 "NXM_NX_TUN_IPV6_SRC"], [-];
    /// IPv6 destination of the outer packet.
    TunIpv6Dst = "tun_ipv6_dst", 128, Ipv6, Nothing, masked, written, [NxmNx 110 "NXM_NX_TUN_IPV6_DST"], [-];
    /// VXLAN group policy id.
    TunGbpId = "tun_gbp_id", 16, Decimal, Nothing, masked, written, [NxmNx 38 "NXM_NX_TUN_GBP_ID"], [-];
    /// VXLAN group policy flags.
    TunGbpFlags = "tun_gbp_flags", 8, Hex, Nothing, masked, written, [NxmNx 39 "NXM_NX_TUN_GBP_FLAGS"], [-];
    /// ERSPAN index.
    TunErspanIdx = "tun_erspan_idx", 20, Hex, Nothing, masked, written, [-], [Nicira 11 "NXOXM_ET_ERSPAN_IDX"];
    /// ERSPAN version.
    TunErspanVer = "tun_erspan_ver", 4, Decimal, Nothing, masked, written, [-], [Nicira 12 "NXOXM_ET_ERSPAN_VER"];
    /// ERSPAN direction.
    TunErspanDir = "tun_erspan_dir", 1, Decimal, Nothing, masked, written, [-], [Nicira 13 "NXOXM_ET_ERSPAN_DIR"];
    /// ERSPAN hardware id.
    TunErspanHwid = "tun_erspan_hwid", 6, Hex, Nothing, masked, written, [-], [Nicira 14 "NXOXM_ET_ERSPAN_HWID"];
    /// GTP-U flags.
    TunGtpuFlags = "tun_gtpu_flags", 8, Hex, Nothing, masked, fixed, [-], [Nicira 15 "NXOXM_ET_GTPU_FLAGS"];
    /// GTP-U message type.
    TunGtpuMsgtype = "tun_gtpu_msgtype", 8, Decimal, Nothing, masked, fixed, [-], [Nicira 16 "NXOXM_ET_GTPU_MSGTYPE"];
    /// Network service header: flags.
    NshFlags = "nsh_flags", 8, Decimal, Nsh, masked, written, [-], [Nsh 1 "NXOXM_NSH_FLAGS"];
    /// Network service header: time to live.
    NshTtl = "nsh_ttl", 6, Decimal, Nsh, exact, written, [-], [Nsh 10 "NXOXM_NSH_TTL"];
    /// Network service header: kind of metadata.
    NshMdtype = "nsh_mdtype", 8, Decimal, Nsh, exact, fixed, [-], [Nsh 2 "NXOXM_NSH_MDTYPE"];
    /// Network service header: next protocol.
    NshNp = "nsh_np", 8, Decimal, Nsh, exact, fixed, [-], [Nsh 3 "NXOXM_NSH_NP"];
    /// Network service header: service path.
    NshSpi = "nsh_spi" | "nsp", 32 limit 0x00ff_ffff, Hex, Nsh, exact, written, [-], [Nsh 4 "NXOXM_NSH_SPI"];
    /// Network service header: service index.
    NshSi = "nsh_si" | "nsi", 8, Decimal, Nsh, exact, written, [-], [Nsh 5 "NXOXM_NSH_SI"];
    /// Network service header: context word 1.
    NshC1 = "nsh_c1" | "nshc1", 32, Hex, Nsh, masked, written, [-], [Nsh 6 "NXOXM_NSH_C1"];
    /// Network service header: context word 2.
    NshC2 = "nsh_c2" | "nshc2", 32, Hex, Nsh, masked, written, [-], [Nsh 7 "NXOXM_NSH_C2"];
    /// Network service header: context word 3.
    NshC3 = "nsh_c3" | "nshc3", 32, Hex, Nsh, masked, written, [-], [Nsh 8 "NXOXM_NSH_C3"];
    /// Network service header: context word 4.
    NshC4 = "nsh_c4" | "nshc4", 32, Hex, Nsh, masked, written, [-], [Nsh 9 "NXOXM_NSH_C4"];
    /// Register 0.
    Reg0 = "reg0", 32, Hex, Nothing, masked, written, [NxmNx 0 "NXM_NX_REG0"], [-];
    /// Register 1.
    Reg1 = "reg1", 32, Hex, Nothing, masked, written, [NxmNx 1 "NXM_NX_REG1"], [-];
    /// Register 2.
    Reg2 = "reg2", 32, Hex, Nothing, masked, written, [NxmNx 2 "NXM_NX_REG2"], [-];
    /// Register 3.
    Reg3 = "reg3", 32, Hex, Nothing, masked, written, [NxmNx 3 "NXM_NX_REG3"], [-];
    /// Register 4.
    Reg4 = "reg4", 32, Hex, Nothing, masked, written, [NxmNx 4 "NXM_NX_REG4"], [-];
    /// Register 5.
    Reg5 = "reg5", 32, Hex, Nothing, masked, written, [NxmNx 5 "NXM_NX_REG5"], [-];
    /// Register 6.
    Reg6 = "reg6", 32, Hex, Nothing, masked, written, [NxmNx 6 "NXM_NX_REG6"], [-];
    /// Register 7.
    Reg7 = "reg7", 32, Hex, Nothing, masked, written, [NxmNx 7 "NXM_NX_REG7"], [-];
    /// Register 8.
    Reg8 = "reg8", 32, Hex, Nothing, masked, written, [NxmNx 8 "NXM_NX_REG8"], [-];
    /// Register 9.
    Reg9 = "reg9", 32, Hex, Nothing, masked, written, [NxmNx 9 "NXM_NX_REG9"], [-];
    /// Register 10.
    Reg10 = "reg10", 32, Hex, Nothing, masked, written, [NxmNx 10 "NXM_NX_REG10"], [-];
    /// Register 11.
    Reg11 = "reg11", 32, Hex, Nothing, masked, written, [NxmNx 11 "NXM_NX_REG11"], [-];
    /// Register 12.
    Reg12 = "reg12", 32, Hex, Nothing, masked, written, [NxmNx 12 "NXM_NX_REG12"], [-];
    /// Register 13.
    Reg13 = "reg13", 32, Hex, Nothing, masked, written, [NxmNx 13 "NXM_NX_REG13"], [-];
    /// Register 14.
    Reg14 = "reg14", 32, Hex, Nothing, masked, written, [NxmNx 14 "NXM_NX_REG14"], [-];
    /// Register 15.
    Reg15 = "reg15", 32, Hex, Nothing, masked, written, [NxmNx 15 "NXM_NX_REG15"], [-];
    /// Packet mark of the kernel.
    PktMark = "pkt_mark", 32, Hex, Nothing, masked, written, [NxmNx 33 "NXM_NX_PKT_MARK"], [-];
    /// State of the tracked connection.
    CtState = "ct_state", 32 limit 0xff, CtState, Nothing, masked, fixed, [NxmNx 105 "NXM_NX_CT_STATE"], [-];
    /// Zone of the tracked connection.
    CtZone = "ct_zone", 16, Hex, Nothing, exact, fixed, [NxmNx 106 "NXM_NX_CT_ZONE"], [-];
    /// Mark of the tracked connection; written in `ct(exec())` only.
    CtMark = "ct_mark", 32, Hex, Nothing, masked, written, [NxmNx 107 "NXM_NX_CT_MARK"], [-];
    /// Label of the tracked connection; written in `ct(exec())` only.
    CtLabel = "ct_label", 128, Hex, Nothing, masked, written, [NxmNx 108 "NXM_NX_CT_LABEL"], [-];
    /// Original IPv4 source of the connection.
    CtNwSrc = "ct_nw_src", 32, Ipv4, Ct, masked, fixed, [NxmNx 120 "NXM_NX_CT_NW_SRC"], [-];
    /// Original IPv6 source of the connection.
    CtIpv6Src = "ct_ipv6_src", 128, Ipv6, Ct, masked, fixed, [NxmNx 122 "NXM_NX_CT_IPV6_SRC"], [-];
    /// Original IPv4 destination of the connection.
    CtNwDst = "ct_nw_dst", 32, Ipv4, Ct, masked, fixed, [NxmNx 121 "NXM_NX_CT_NW_DST"], [-];
    /// Original IPv6 destination of the connection.
    CtIpv6Dst = "ct_ipv6_dst", 128, Ipv6, Ct, masked, fixed, [NxmNx 123 "NXM_NX_CT_IPV6_DST"], [-];
    /// Original IP protocol of the connection.
    CtNwProto = "ct_nw_proto", 8, Decimal, Ct, exact, fixed, [NxmNx 119 "NXM_NX_CT_NW_PROTO"], [-];
    /// Original source port of the connection.
    CtTpSrc = "ct_tp_src", 16, Decimal, Ct, masked, fixed, [NxmNx 124 "NXM_NX_CT_TP_SRC"], [-];
    /// Original destination port of the connection.
    CtTpDst = "ct_tp_dst", 16, Decimal, Ct, masked, fixed, [NxmNx 125 "NXM_NX_CT_TP_DST"], [-];
    /// Metadata of OpenFlow 1.1 and later.
    Metadata = "metadata", 64, Hex, Nothing, masked, written, [-], [Basic 2 "OXM_OF_METADATA"];
    /// Registers 0 and 1 as one.
    XReg0 = "xreg0", 64, Hex, Nothing, masked, written, [-], [PacketRegisters 0 "OXM_OF_PKT_REG0"];
    /// Registers 2 and 3 as one.
    XReg1 = "xreg1", 64, Hex, Nothing, masked, written, [-], [PacketRegisters 1 "OXM_OF_PKT_REG1"];
    /// Registers 4 and 5 as one.
    XReg2 = "xreg2", 64, Hex, Nothing, masked, written, [-], [PacketRegisters 2 "OXM_OF_PKT_REG2"];
    /// Registers 6 and 7 as one.
    XReg3 = "xreg3", 64, Hex, Nothing, masked, written, [-], [PacketRegisters 3 "OXM_OF_PKT_REG3"];
    /// Registers 8 and 9 as one.
    XReg4 = "xreg4", 64, Hex, Nothing, masked, written, [-], [PacketRegisters 4 "OXM_OF_PKT_REG4"];
    /// Registers 10 and 11 as one.
    XReg5 = "xreg5", 64, Hex, Nothing, masked, written, [-], [PacketRegisters 5 "OXM_OF_PKT_REG5"];
    /// Registers 12 and 13 as one.
    XReg6 = "xreg6", 64, Hex, Nothing, masked, written, [-], [PacketRegisters 6 "OXM_OF_PKT_REG6"];
    /// Registers 14 and 15 as one.
    XReg7 = "xreg7", 64, Hex, Nothing, masked, written, [-], [PacketRegisters 7 "OXM_OF_PKT_REG7"];
    /// Registers 0 to 3 as one.
    XxReg0 = "xxreg0", 128, Hex, Nothing, masked, written, [NxmNx 111 "NXM_NX_XXREG0"], [-];
    /// Registers 4 to 7 as one.
    XxReg1 = "xxreg1", 128, Hex, Nothing, masked, written, [NxmNx 112 "NXM_NX_XXREG1"], [-];
    /// Registers 8 to 11 as one.
    XxReg2 = "xxreg2", 128, Hex, Nothing, masked, written, [NxmNx 113 "NXM_NX_XXREG2"], [-];
    /// Registers 12 to 15 as one.
    XxReg3 = "xxreg3", 128, Hex, Nothing, masked, written, [NxmNx 114 "NXM_NX_XXREG3"], [-];
}

/// By class and number: the field.
static CODES: [[Option<Field>; 128]; Class::COUNT] = codes();

const fn codes() -> [[Option<Field>; 128]; Class::COUNT] {
    const CLASSES: [Class; Class::COUNT] = [
        Class::NxmOf,
        Class::NxmNx,
        Class::Basic,
        Class::PacketRegisters,
        Class::Ericsson,
        Class::Onf,
        Class::Nicira,
        Class::Nsh,
    ];
    let mut table = [[None; 128]; Class::COUNT];
    let mut index = 0;
    while index < Field::ALL.len() {
        let codes = [ROWS[index].nxm, ROWS[index].oxm];
        let mut which = 0;
        while which < codes.len() {
            if let Some(code) = codes[which] {
                let mut class = 0;
                while class < CLASSES.len() {
                    let (number, experimenter) = CLASSES[class].number();
                    if number as u32 == code.header >> 16 && experimenter == code.experimenter {
                        let place = (code.header >> 9 & 0x7f) as usize;
                        table[CLASSES[class] as usize][place] = Some(Field::ALL[index]);
                    }
                    class += 1;
                }
            }
            which += 1;
        }
        index += 1;
    }
    table
}

impl Field {
    #[inline]
    pub(crate) fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The field of a header, masked or not.
    #[inline]
    pub(crate) fn from_header(header: u32, experimenter: u32) -> Option<Field> {
        let class = Class::find((header >> 16) as u16, experimenter)?;
        CODES[class as usize][(header >> 9 & 0x7f) as usize]
    }

    /// The name by which `ovs-ofctl` calls it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// How many bits it has.
    pub fn bits(self) -> u16 {
        self.row().bits
    }

    /// How many bytes its value has on the wire.
    pub fn bytes(self) -> usize {
        self.row().bytes
    }

    /// The bits that a value may have: the mask of an exact match.
    pub fn full_mask(self) -> u128 {
        self.row().limit
    }

    /// Whether a part of its bits can be matched.
    pub fn is_maskable(self) -> bool {
        self.row().maskable
    }

    /// Whether actions may write it.
    pub fn is_writable(self) -> bool {
        self.row().writable
    }

    /// What a match must hold before this field.
    pub fn needs(self) -> Needs {
        self.row().needs
    }

    /// The field of this name: that of `ovs-ofctl`, its alias, or the name of one of its codes.
    pub fn from_name(name: &str) -> Option<Field> {
        let is_called = |row: &Row| {
            let codes = [row.nxm, row.oxm];
            row.name == name
                || row.alias == Some(name)
                || codes.iter().flatten().any(|code| code.name == name)
        };
        let index = ROWS.iter().position(is_called)?;
        Field::ALL.get(index).copied()
    }

    /// The name of its code, Nicira's where it has one: what subfields are written with.
    pub(crate) fn code_name(self) -> &'static str {
        let row = self.row();
        row.nxm.or(row.oxm).map_or(row.name, |code| code.name)
    }

    /// The code to use in matches and `set_field` of OpenFlow 1.3.
    #[inline]
    pub(crate) fn oxm(self) -> Option<Code> {
        let row = self.row();
        row.oxm.or(row.nxm)
    }

    /// The code to use in actions of Nicira's.
    #[inline]
    pub(crate) fn nxm(self) -> Option<Code> {
        let row = self.row();
        row.nxm.or(row.oxm)
    }

    /// Register `index` of the 16.
    pub fn register(index: u8) -> Option<Field> {
        let first = Field::Reg0 as usize;
        (index < 16).then(|| Field::ALL[first + usize::from(index)])
    }
}
