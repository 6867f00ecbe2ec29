//! Choices among ports and links by a hash of the packet (NXAST_BUNDLE, NXAST_BUNDLE_LOAD,
//! NXAST_MULTIPATH).

use super::nicira;
use crate::codec::{Reader, Writer, fit_u16};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::number::{ports, wire_number};
use crate::oxm::{Field, Subfield};

/// Sends the packet out by one of a list of ports, or writes which one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bundle {
    /// What is hashed.
    pub fields: HashFields,
    /// Mixed into the hash.
    pub basis: u16,
    /// How one is chosen.
    pub algorithm: BundleAlgorithm,
    /// The ports.
    pub members: Vec<u32>,
    /// Where the port is written; `None`: the packet is sent there.
    pub target: Option<Subfield>,
}

/// Writes a choice among links, made by a hash of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Multipath {
    /// What is hashed.
    pub fields: HashFields,
    /// Mixed into the hash.
    pub basis: u16,
    /// How one is chosen.
    pub algorithm: MultipathAlgorithm,
    /// The highest choice: how many there are, less one.
    pub max_link: u16,
    /// The algorithm's parameter.
    pub argument: u32,
    /// Where the choice is written.
    pub target: Subfield,
}

impl Bundle {
    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let what = "bundle";
        let (subtype, target) = match self.target {
            Some(target) => {
                let header = nicira::short_header(what, target.field())?;
                (nicira::BUNDLE_LOAD, (target.offset_and_bits(), header))
            }
            None => (nicira::BUNDLE, (0, 0)),
        };
        nicira::action(w, subtype, |w| {
            w.u16(self.algorithm.0);
            w.u16(self.fields.0);
            w.u16(self.basis);
            w.u32(nicira::short_header(what, Field::InPort16)?);
            w.u16(fit_u16(what, self.members.len())?);
            w.u16(target.0);
            w.u32(target.1);
            w.zeros(4);
            for member in &self.members {
                w.u16(nicira::port_16(what, *member)?);
            }
            Ok(())
        })
    }

    pub(super) fn decode(r: &mut Reader<'_>, subtype: u16) -> Result<Self, DecodeError> {
        r.name("bundle");
        let algorithm = BundleAlgorithm(r.u16()?);
        let fields = HashFields(r.u16()?);
        let basis = r.u16()?;
        let place = r.offset();
        let member_type = nicira::read_field(r)?;
        if member_type != Field::InPort16 {
            let value = member_type as u128;
            return Err(r.error_at(place, Problem::BadValue { value }));
        }
        let count = r.u16()?;
        let target = match subtype {
            nicira::BUNDLE_LOAD => {
                let (offset, bits) = nicira::read_offset_and_bits(r)?;
                let field = nicira::read_field(r)?;
                Some(nicira::subfield(r, field, offset, bits)?)
            }
            _ => {
                r.skip(6)?;
                None
            }
        };
        r.skip(4)?;
        let members = (0..count).map(|_| r.u16().map(ports::from_16));
        Ok(Bundle {
            fields,
            basis,
            algorithm,
            members: members.collect::<Result<_, _>>()?,
            target,
        })
    }
}

impl Multipath {
    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u16(self.fields.0);
        w.u16(self.basis);
        w.zeros(2);
        w.u16(self.algorithm.0);
        w.u16(self.max_link);
        w.u32(self.argument);
        w.zeros(2);
        w.u16(self.target.offset_and_bits());
        w.u32(nicira::short_header("multipath", self.target.field())?);
        Ok(())
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.name("multipath");
        let fields = HashFields(r.u16()?);
        let basis = r.u16()?;
        r.skip(2)?;
        let algorithm = MultipathAlgorithm(r.u16()?);
        let max_link = r.u16()?;
        let argument = r.u32()?;
        r.skip(2)?;
        let (offset, bits) = nicira::read_offset_and_bits(r)?;
        let field = nicira::read_field(r)?;
        Ok(Multipath {
            fields,
            basis,
            algorithm,
            max_link,
            argument,
            target: nicira::subfield(r, field, offset, bits)?,
        })
    }
}

wire_number! {
    /// NX_HASH_FIELDS_*: what of a packet is hashed.
    HashFields: u16 {
        /// The source MAC address.
        ETH_SRC = 0 "eth_src";
        /// Addresses and ports, the same in both directions.
        SYMMETRIC_L4 = 1 "symmetric_l4";
        /// Addresses, and ports of TCP and SCTP, the same in both directions.
        SYMMETRIC_L3L4 = 2 "symmetric_l3l4";
        /// The same with those of UDP.
        SYMMETRIC_L3L4_UDP = 3 "symmetric_l3l4+udp";
        /// The source IP address.
        NW_SRC = 4 "nw_src";
        /// The destination IP address.
        NW_DST = 5 "nw_dst";
        /// IP addresses, the same in both directions.
        SYMMETRIC_L3 = 6 "symmetric_l3";
    }
}

wire_number! {
    /// NX_BD_ALG_*: how a bundle chooses a port.
    BundleAlgorithm: u16 {
        /// The first that is up.
        ACTIVE_BACKUP = 0 "active_backup";
        /// The one that is up and has the highest hash with the packet.
        HRW = 1 "hrw";
    }
}

wire_number! {
    /// NX_MP_ALG_*: how a multipath chooses a link.
    MultipathAlgorithm: u16 {
        /// The hash modulo the number of links.
        MODULO_N = 0 "modulo_n";
        /// The hash scaled to the number of links.
        HASH_THRESHOLD = 1 "hash_threshold";
        /// The link that has the highest hash with the packet.
        HRW = 2 "hrw";
        /// Hashes anew until the result is a link.
        ITER_HASH = 3 "iter_hash";
    }
}
