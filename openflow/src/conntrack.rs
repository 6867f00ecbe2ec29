//! Forgetting tracked connections: NXT_CT_FLUSH_ZONE and NXT_CT_FLUSH (Open vSwitch 3.1 and up; mark
//! and label since 3.3).

use std::net::{IpAddr, Ipv6Addr};

use crate::codec::{Reader, Writer};
use crate::property;
use crate::{DecodeError, EncodeError};

const ORIGINAL: u16 = 0;
const REPLY: u16 = 1;
const ZONE: u16 = 2;
const MARK: u16 = 3;
const MARK_MASK: u16 = 4;
const LABELS: u16 = 5;
const LABELS_MASK: u16 = 6;

const SOURCE: u16 = 0;
const DESTINATION: u16 = 1;
const SOURCE_PORT: u16 = 2;
const DESTINATION_PORT: u16 = 3;
const ICMP_ID: u16 = 4;
const ICMP_TYPE: u16 = 5;
const ICMP_CODE: u16 = 6;

/// IP protocol numbers for which a tuple carries ICMP fields and not ports.
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// Which connections to forget: those for which everything given is so. Nothing given: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CtFlush {
    /// IP protocol; 0: any. Ports and ICMP fields need it.
    pub protocol: u8,
    /// The zone; without it, all zones.
    pub zone: Option<u16>,
    /// Of the packets in the original direction.
    pub original: CtTuple,
    /// Of the packets in the other direction.
    pub reply: CtTuple,
    /// Mark of the connection: value and mask.
    pub mark: Option<(u32, u32)>,
    /// Label of the connection: value and mask.
    pub labels: Option<(u128, u128)>,
}

/// One direction of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CtTuple {
    /// Source address.
    pub source: Option<IpAddr>,
    /// Destination address.
    pub destination: Option<IpAddr>,
    /// What the protocol adds.
    pub transport: CtTransport,
}

/// What a protocol adds to the addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CtTransport {
    /// Nothing is asked of it.
    #[default]
    Any,
    /// Ports of TCP, UDP or SCTP; 0: any.
    Ports {
        /// Source port.
        source: u16,
        /// Destination port.
        destination: u16,
    },
    /// An ICMP query, all of it.
    Icmp {
        /// Its identifier.
        id: u16,
        /// Its type.
        kind: u8,
        /// Its code.
        code: u8,
    },
}

impl CtFlush {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.protocol);
        w.zeros(7);
        self.original.encode(w, ORIGINAL)?;
        self.reply.encode(w, REPLY)?;
        if let Some(zone) = self.zone {
            property::put_u16(w, ZONE, zone)?;
        }
        if let Some((value, mask)) = self.mark {
            property::put(w, MARK, &value.to_be_bytes())?;
            if mask != u32::MAX {
                property::put(w, MARK_MASK, &mask.to_be_bytes())?;
            }
        }
        if let Some((value, mask)) = self.labels {
            property::put(w, LABELS, &value.to_be_bytes())?;
            if mask != u128::MAX {
                property::put(w, LABELS_MASK, &mask.to_be_bytes())?;
            }
        }
        Ok(())
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut flush = CtFlush {
            protocol: r.u8()?,
            ..CtFlush::default()
        };
        r.skip(7)?;
        let (mut mark, mut mark_mask) = (None, u32::MAX);
        let (mut labels, mut labels_mask) = (None, u128::MAX);
        while !r.is_empty() {
            let (kind, mut value) = property::next(r)?;
            match kind {
                ORIGINAL => flush.original = CtTuple::decode(&mut value)?,
                REPLY => flush.reply = CtTuple::decode(&mut value)?,
                ZONE => flush.zone = Some(value.u16()?),
                MARK => mark = Some(value.u32()?),
                MARK_MASK => mark_mask = value.u32()?,
                LABELS => labels = Some(value.uint(16)?),
                LABELS_MASK => labels_mask = value.uint(16)?,
                other => return Err(property::unknown(&value, other)),
            }
        }
        flush.mark = mark.map(|value| (value, mark_mask));
        flush.labels = labels.map(|value| (value, labels_mask));
        Ok(flush)
    }

    /// Whether the protocol is one of ICMP, whose tuples have no ports.
    pub fn is_icmp(&self) -> bool {
        matches!(self.protocol, ICMP | ICMPV6)
    }
}

impl CtTuple {
    fn encode(&self, w: &mut Writer<'_>, kind: u16) -> Result<(), EncodeError> {
        if *self == CtTuple::default() {
            return Ok(());
        }
        property::put_nested(w, kind, |w| {
            for (kind, address) in [(SOURCE, self.source), (DESTINATION, self.destination)] {
                if let Some(address) = address {
                    property::put(w, kind, &mapped(address).octets())?;
                }
            }
            match self.transport {
                CtTransport::Any => {}
                CtTransport::Ports {
                    source,
                    destination,
                } => {
                    for (kind, port) in [(SOURCE_PORT, source), (DESTINATION_PORT, destination)] {
                        if port != 0 {
                            property::put_u16(w, kind, port)?;
                        }
                    }
                }
                CtTransport::Icmp { id, kind, code } => {
                    property::put_u16(w, ICMP_ID, id)?;
                    property::put(w, ICMP_TYPE, &[kind])?;
                    property::put(w, ICMP_CODE, &[code])?;
                }
            }
            Ok(())
        })
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut tuple = CtTuple::default();
        let (mut source, mut destination) = (0, 0);
        let mut icmp = None::<(u16, u8, u8)>;
        r.skip(4)?;
        while !r.is_empty() {
            let (kind, mut value) = property::next(r)?;
            match kind {
                SOURCE => tuple.source = address(&mut value)?,
                DESTINATION => tuple.destination = address(&mut value)?,
                SOURCE_PORT => source = value.u16()?,
                DESTINATION_PORT => destination = value.u16()?,
                ICMP_ID => icmp.get_or_insert_default().0 = value.u16()?,
                ICMP_TYPE => icmp.get_or_insert_default().1 = value.u8()?,
                ICMP_CODE => icmp.get_or_insert_default().2 = value.u8()?,
                other => return Err(property::unknown(&value, other)),
            }
        }
        tuple.transport = match icmp {
            Some((id, kind, code)) => CtTransport::Icmp { id, kind, code },
            None if source == 0 && destination == 0 => CtTransport::Any,
            None => CtTransport::Ports {
                source,
                destination,
            },
        };
        Ok(tuple)
    }
}

/// IPv4 addresses travel inside IPv6 ones (`::ffff:a.b.c.d`).
fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// All zeros stands for no address.
fn address(r: &mut Reader<'_>) -> Result<Option<IpAddr>, DecodeError> {
    let address = Ipv6Addr::from(r.array::<16>()?);
    Ok((!address.is_unspecified()).then(|| IpAddr::V6(address).to_canonical()))
}
