//! Address translation in the connection tracker (NXAST_NAT).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::codec::{Reader, Writer};
use crate::error::{DecodeError, Problem};

const SOURCE: u16 = 1 << 0;
const DESTINATION: u16 = 1 << 1;
const PERSISTENT: u16 = 1 << 2;
const HASH: u16 = 1 << 3;
const RANDOM: u16 = 1 << 4;
const FLAGS: u16 = SOURCE | DESTINATION | PERSISTENT | HASH | RANDOM;

const V4_FIRST: u16 = 1 << 0;
const V4_LAST: u16 = 1 << 1;
const V6_FIRST: u16 = 1 << 2;
const V6_LAST: u16 = 1 << 3;
const PORT_FIRST: u16 = 1 << 4;
const PORT_LAST: u16 = 1 << 5;

/// Translates addresses of the connection. Without a direction it does what was decided when the
/// connection was made known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nat {
    /// Which address of the first packet is translated; `None`: as the connection says.
    pub direction: Option<NatDirection>,
    /// To what; `None`: whatever keeps connections apart, or the direction is `None`.
    pub range: Option<NatRange>,
    /// The same client gets the same address.
    pub persistent: bool,
    /// Ports are chosen by a hash.
    pub hash: bool,
    /// Ports are chosen at random.
    pub random: bool,
}

/// Which address is translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NatDirection {
    /// The source.
    Source,
    /// The destination.
    Destination,
}

/// Addresses and ports to translate to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NatRange {
    /// The addresses.
    pub addresses: NatAddresses,
    /// The ports, first and last (`None`: the first is the only one); `None`: any.
    pub ports: Option<(u16, Option<u16>)>,
}

/// Addresses to translate to: first and last; `None`: the first is the only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NatAddresses {
    /// IPv4.
    V4(Ipv4Addr, Option<Ipv4Addr>),
    /// IPv6.
    V6(Ipv6Addr, Option<Ipv6Addr>),
}

impl From<IpAddr> for NatRange {
    fn from(address: IpAddr) -> Self {
        let addresses = match address {
            IpAddr::V4(address) => NatAddresses::V4(address, None),
            IpAddr::V6(address) => NatAddresses::V6(address, None),
        };
        let ports = None;
        NatRange { addresses, ports }
    }
}

impl Nat {
    /// Translates the source.
    pub fn source(range: impl Into<NatRange>) -> Self {
        Nat {
            direction: Some(NatDirection::Source),
            range: Some(range.into()),
            ..Nat::default()
        }
    }

    /// Translates the destination.
    pub fn destination(range: impl Into<NatRange>) -> Self {
        Nat {
            direction: Some(NatDirection::Destination),
            range: Some(range.into()),
            ..Nat::default()
        }
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) {
        let mut flags = match self.direction {
            None => 0,
            Some(NatDirection::Source) => SOURCE,
            Some(NatDirection::Destination) => DESTINATION,
        };
        for (set, flag) in [
            (self.persistent, PERSISTENT),
            (self.hash, HASH),
            (self.random, RANDOM),
        ] {
            flags |= if set { flag } else { 0 };
        }
        w.zeros(2);
        w.u16(flags);
        w.u16(self.range.map_or(0, NatRange::present));
        let Some(range) = self.range else { return };
        match range.addresses {
            NatAddresses::V4(first, last) => {
                w.u32(first.into());
                last.into_iter().for_each(|last| w.u32(last.into()));
            }
            NatAddresses::V6(first, last) => {
                w.bytes(&first.octets());
                last.iter().for_each(|last| w.bytes(&last.octets()));
            }
        }
        if let Some((first, last)) = range.ports {
            w.u16(first);
            last.into_iter().for_each(|last| w.u16(last));
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.name("nat");
        r.skip(2)?;
        let offset = r.offset();
        let flags = r.u16()?;
        let bad = |r: &Reader<'_>, offset, value: u16| {
            let value = value.into();
            Err(r.error_at(offset, Problem::BadValue { value }))
        };
        let direction = match flags & (SOURCE | DESTINATION) {
            0 => None,
            SOURCE => Some(NatDirection::Source),
            DESTINATION => Some(NatDirection::Destination),
            _ => return bad(r, offset, flags),
        };
        if flags & !FLAGS != 0 || flags & HASH != 0 && flags & RANDOM != 0 {
            return bad(r, offset, flags);
        }
        let present = r.u16()?;
        let Some(range) = NatRange::decode(r, present)? else {
            return bad(r, offset + 2, present);
        };
        Ok(Nat {
            direction,
            range,
            persistent: flags & PERSISTENT != 0,
            hash: flags & HASH != 0,
            random: flags & RANDOM != 0,
        })
    }
}

impl NatRange {
    /// The bits that say which parts are there.
    fn present(self) -> u16 {
        let addresses = match self.addresses {
            NatAddresses::V4(_, None) => V4_FIRST,
            NatAddresses::V4(..) => V4_FIRST | V4_LAST,
            NatAddresses::V6(_, None) => V6_FIRST,
            NatAddresses::V6(..) => V6_FIRST | V6_LAST,
        };
        addresses
            | match self.ports {
                None => 0,
                Some((_, None)) => PORT_FIRST,
                Some(_) => PORT_FIRST | PORT_LAST,
            }
    }

    /// The outer `None` is a combination of parts that cannot be.
    fn decode(r: &mut Reader<'_>, present: u16) -> Result<Option<Option<Self>>, DecodeError> {
        let addresses = match present & !(PORT_FIRST | PORT_LAST) {
            0 if present == 0 => return Ok(Some(None)),
            V4_FIRST => NatAddresses::V4(r.u32()?.into(), None),
            both if both == V4_FIRST | V4_LAST => {
                NatAddresses::V4(r.u32()?.into(), Some(r.u32()?.into()))
            }
            V6_FIRST => NatAddresses::V6(r.uint(16)?.into(), None),
            both if both == V6_FIRST | V6_LAST => {
                NatAddresses::V6(r.uint(16)?.into(), Some(r.uint(16)?.into()))
            }
            _ => return Ok(None),
        };
        let ports = match present & (PORT_FIRST | PORT_LAST) {
            0 => None,
            PORT_FIRST => Some((r.u16()?, None)),
            PORT_LAST => return Ok(None),
            _ => Some((r.u16()?, Some(r.u16()?))),
        };
        Ok(Some(Some(NatRange { addresses, ports })))
    }
}
