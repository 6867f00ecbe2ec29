//! What a field needs in a match before it (OpenFlow 1.3.5 §7.2.3.8, and what Open vSwitch asks of
//! its own).

use thiserror::Error;

use super::{Entry, Field, Match};

/// What must be known of a packet for a field to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// An Ethernet header.
    Ethernet,
    /// A VLAN tag.
    Vlan,
    /// A service tag of provider backbone bridging.
    Pbb,
    /// MPLS.
    Mpls,
    /// A network service header.
    Nsh,
    /// ARP or RARP.
    Arp,
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
    /// IPv4 or IPv6.
    Ip,
    /// TCP on either.
    Tcp,
    /// UDP on either.
    Udp,
    /// SCTP on either.
    Sctp,
    /// ICMP on IPv4.
    Icmpv4,
    /// ICMPv6.
    Icmpv6,
    /// A neighbour solicitation or advertisement.
    Nd,
    /// A neighbour solicitation.
    NdSolicit,
    /// A neighbour advertisement.
    NdAdvert,
    /// A tracked, valid connection.
    Ct,
}

/// A match that a switch refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MatchError {
    /// A field without what it needs.
    #[error("{field} needs {needs:?} in the same match", field = .field.name())]
    Needs {
        /// The field.
        field: Field,
        /// What is missing.
        needs: Needs,
    },
    /// A mask on a field that takes none.
    #[error("{field} cannot be masked (mask {mask:#x})", field = .field.name())]
    NotMaskable {
        /// The field.
        field: Field,
        /// Its mask.
        mask: u128,
    },
}

impl Match {
    /// Whether a switch takes it: every field has what it needs, and no mask is where none may be.
    pub fn check(&self) -> Result<(), MatchError> {
        for &Entry { field, mask, .. } in self.entries() {
            if mask != field.full_mask() && !field.is_maskable() {
                return Err(MatchError::NotMaskable { field, mask });
            }
            let needs = field.needs();
            if !self.fulfils(needs) {
                return Err(MatchError::Needs { field, needs });
            }
        }
        Ok(())
    }

    /// Whether every packet of this match has what is needed.
    pub fn fulfils(&self, needs: Needs) -> bool {
        let exactly = |field| match self.get(field) {
            Some((value, mask)) if mask == field.full_mask() => Some(value),
            _ => None,
        };
        let eth_type = || exactly(Field::EthType);
        let is_ip = || matches!(eth_type(), Some(0x0800 | 0x86dd));
        let protocol = || exactly(Field::IpProto);
        // Behind the first fragment there are no ports.
        let begins = || match self.get(Field::IpFrag) {
            Some((value, mask)) => value & mask & 2 == 0,
            None => true,
        };
        let transport = |number| is_ip() && protocol() == Some(number) && begins();
        let icmpv6 = || eth_type() == Some(0x86dd) && protocol() == Some(58);
        let icmpv6_type = || {
            let whole = self
                .get(Field::Icmpv6Code)
                .is_none_or(|(code, _)| code == 0);
            exactly(Field::Icmpv6Type).filter(|_| icmpv6() && whole)
        };
        match needs {
            Needs::Nothing => true,
            Needs::Ethernet => matches!(exactly(Field::PacketType), None | Some(0)),
            Needs::Vlan => self
                .get(Field::VlanVid)
                .is_some_and(|(value, mask)| value & mask & 0x1000 != 0),
            Needs::Pbb => eth_type() == Some(0x88e7),
            Needs::Mpls => matches!(eth_type(), Some(0x8847 | 0x8848)),
            Needs::Nsh => eth_type() == Some(0x894f),
            Needs::Arp => matches!(eth_type(), Some(0x0806 | 0x8035)),
            Needs::Ipv4 => eth_type() == Some(0x0800),
            Needs::Ipv6 => eth_type() == Some(0x86dd),
            Needs::Ip => is_ip(),
            Needs::Tcp => transport(6),
            Needs::Udp => transport(17),
            Needs::Sctp => transport(132),
            Needs::Icmpv4 => eth_type() == Some(0x0800) && protocol() == Some(1),
            Needs::Icmpv6 => icmpv6(),
            Needs::Nd => matches!(icmpv6_type(), Some(135 | 136)),
            Needs::NdSolicit => icmpv6_type() == Some(135),
            Needs::NdAdvert => icmpv6_type() == Some(136),
            Needs::Ct => self.says_connection(),
        }
    }

    /// Whether the connection state is matched so that only tracked, valid packets pass.
    fn says_connection(&self) -> bool {
        const VALID: u128 = 0b1100_1111;
        const TRACKED: u128 = 0b10_0000;
        const INVALID: u128 = 0b1_0000;
        self.get(Field::CtState).is_some_and(|(value, mask)| {
            value & VALID != 0
                || value & TRACKED != 0 && mask & INVALID != 0 && value & INVALID == 0
        })
    }
}
