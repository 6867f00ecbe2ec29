//! Matches parsed.

use std::str::FromStr;

use super::match_print::PROTOCOLS;
use super::span::{Pair, ParseError, Span, TextProblem};
use super::value;
use crate::oxm::{Field, Foreign, Match};

/// The bit that says that there is a VLAN tag.
const VLAN_PRESENT: u128 = 0x1000;

/// A match that is being read.
#[derive(Default)]
pub(super) struct Builder<'a> {
    matching: Match,
    /// Names that mean a field by the protocol, which may follow.
    shared: Vec<Pair<'a>>,
}

impl FromStr for Match {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut builder = Builder::default();
        let mut rest = Span::new(text);
        while let Some((pair, after)) = rest.pair() {
            if !builder.take(pair)? {
                return Err(pair.key.error(TextProblem::UnknownField));
            }
            rest = after;
        }
        builder.finish()
    }
}

impl<'a> Builder<'a> {
    /// Takes a key with its value; `false` where it is not one of a match.
    pub fn take(&mut self, pair: Pair<'a>) -> Result<bool, ParseError> {
        let Pair { key, value } = pair;
        let protocol = PROTOCOLS.iter().find(|(name, ..)| *name == key.text);
        if let Some((_, ethertype, number)) = protocol {
            self.exact(Field::EthType, u128::from(*ethertype));
            if let Some(number) = number {
                self.exact(Field::IpProto, u128::from(*number));
            }
            return Ok(true);
        }
        match key.text {
            // Ethernet is what every match here is about.
            "eth" => {}
            "mplsm" => self.exact(Field::EthType, 0x8848),
            "dl_vlan" => match value.u16()? {
                0xffff => self.exact(Field::VlanVid, 0),
                vid @ 0..0x1000 => self.exact(Field::VlanVid, VLAN_PRESENT | u128::from(vid)),
                _ => return Err(value.error(TextProblem::TooBig { bits: 12 })),
            },
            "dl_vlan_pcp" | "vlan_pcp" => {
                self.exact(Field::VlanPcp, value.number(3)?);
                self.matching
                    .narrow(Field::VlanVid, VLAN_PRESENT, VLAN_PRESENT);
            }
            "tp_src" | "tp_dst" | "icmp_type" | "icmp_code" | "nw_src" | "nw_dst" | "nw_proto" => {
                self.shared.push(pair);
            }
            name if name.starts_with("oxm_0x") => self.foreign(key, value)?,
            name if name.contains('[') => {
                let part = value::parse_subfield(key)?;
                let number = value.number(part.bits())?;
                self.matching
                    .narrow(part.field(), number << part.offset(), part.mask());
            }
            name => {
                let Some(field) = Field::from_name(name) else {
                    return Ok(false);
                };
                self.field(field, value)?;
            }
        }
        Ok(true)
    }

    fn exact(&mut self, field: Field, value: u128) {
        self.matching.narrow(field, value, field.full_mask());
    }

    fn field(&mut self, field: Field, value: Span<'_>) -> Result<(), ParseError> {
        let (number, mask) = value::parse(field, value)?;
        if mask != field.full_mask() && mask != 0 && !field.is_maskable() {
            return Err(value.error(TextProblem::Rule("this field cannot be masked")));
        }
        self.matching.narrow(field, number, mask);
        Ok(())
    }

    /// A field that has no name: its header in the key, its payload in hexadecimal.
    fn foreign(&mut self, key: Span<'_>, value: Span<'_>) -> Result<(), ParseError> {
        let header = key.from("oxm_".len()).u32()?;
        let payload = super::arguments::bytes(value)?;
        if payload.len() != (header & 0xff) as usize {
            return Err(value.error(TextProblem::Bytes));
        }
        self.matching.put_foreign(Foreign { header, payload });
        Ok(())
    }

    /// The match, with shared names made fields by its protocol.
    pub fn finish(mut self) -> Result<Match, ParseError> {
        // The protocol first: the ports are named by it.
        let shared = std::mem::take(&mut self.shared);
        let (protocols, others): (Vec<_>, Vec<_>) = shared
            .into_iter()
            .partition(|pair| pair.key.text == "nw_proto");
        for pair in protocols.into_iter().chain(others) {
            let field = self.by_protocol(pair.key.text);
            self.field(field, pair.value)?;
        }
        Ok(self.matching)
    }

    fn by_protocol(&self, name: &str) -> Field {
        let number = |field| self.matching.get(field).map(|(value, _)| value);
        let protocol = number(Field::IpProto);
        let is_arp = matches!(number(Field::EthType), Some(0x0806 | 0x8035));
        match (name, protocol) {
            ("nw_proto", _) if is_arp => Field::ArpOp,
            ("nw_proto", _) => Field::IpProto,
            ("nw_src", _) if is_arp => Field::ArpSpa,
            ("nw_src", _) => Field::Ipv4Src,
            ("nw_dst", _) if is_arp => Field::ArpTpa,
            ("nw_dst", _) => Field::Ipv4Dst,
            ("tp_src", Some(17)) => Field::UdpSrc,
            ("tp_src", Some(132)) => Field::SctpSrc,
            ("tp_src", Some(1)) => Field::Icmpv4Type,
            ("tp_src", Some(58)) => Field::Icmpv6Type,
            ("tp_src", _) => Field::TcpSrc,
            ("tp_dst", Some(17)) => Field::UdpDst,
            ("tp_dst", Some(132)) => Field::SctpDst,
            ("tp_dst", Some(1)) => Field::Icmpv4Code,
            ("tp_dst", Some(58)) => Field::Icmpv6Code,
            ("tp_dst", _) => Field::TcpDst,
            ("icmp_type", Some(58)) => Field::Icmpv6Type,
            ("icmp_type", _) => Field::Icmpv4Type,
            (_, Some(58)) => Field::Icmpv6Code,
            _ => Field::Icmpv4Code,
        }
    }
}
