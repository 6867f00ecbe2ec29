//! Samples for collectors (NXAST_SAMPLE to NXAST_SAMPLE4).

use super::nicira;
use crate::codec::{Reader, Writer};
use crate::error::{DecodeError, EncodeError};
use crate::number::{ports, wire_number};
use crate::oxm::Subfield;

/// Sends samples of packets to a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sample {
    /// How many of 65,535 packets.
    pub probability: u16,
    /// The set of collectors, by its number in OVSDB.
    pub collector_set: u32,
    /// The observation domain.
    pub domain: SampleValue,
    /// The observation point.
    pub point: SampleValue,
    /// The port that is sampled; [`ports::ANY`] for none in particular.
    pub port: u32,
    /// Which way the packet goes there.
    pub direction: SampleDirection,
}

/// A value in a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SampleValue {
    /// This one.
    Fixed(u32),
    /// The one in a field: 32 bits at most.
    From(Subfield),
}

wire_number! {
    /// Which way a sampled packet goes.
    SampleDirection: u8 {
        /// To be found out by the switch.
        UNKNOWN = 0 "default";
        /// In.
        INGRESS = 1 "ingress";
        /// Out.
        EGRESS = 2 "egress";
    }
}

impl Default for Sample {
    fn default() -> Self {
        Sample {
            probability: u16::MAX,
            collector_set: 0,
            domain: SampleValue::Fixed(0),
            point: SampleValue::Fixed(0),
            port: ports::ANY,
            direction: SampleDirection::UNKNOWN,
        }
    }
}

impl SampleValue {
    fn fixed(self) -> Option<u32> {
        match self {
            SampleValue::Fixed(value) => Some(value),
            SampleValue::From(_) => None,
        }
    }

    fn encode(self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            SampleValue::Fixed(value) => {
                w.u32(0);
                w.u32(value);
            }
            SampleValue::From(source) => {
                w.u32(nicira::short_header("sample", source.field())?);
                w.u16(source.offset_and_bits());
                w.zeros(2);
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.peek().starts_with(&[0; 4]) {
            r.skip(4)?;
            return Ok(SampleValue::Fixed(r.u32()?));
        }
        let field = nicira::read_field(r)?;
        let (offset, bits) = nicira::read_offset_and_bits(r)?;
        r.skip(2)?;
        Ok(SampleValue::From(nicira::subfield(r, field, offset, bits)?))
    }
}

impl Sample {
    /// As the oldest of its four forms that can say it.
    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let fixed = self.domain.fixed().zip(self.point.fixed());
        let directed = self.direction != SampleDirection::UNKNOWN;
        let subtype = match fixed {
            None => nicira::SAMPLE4,
            Some(_) if directed => nicira::SAMPLE3,
            Some(_) if self.port != ports::ANY => nicira::SAMPLE2,
            Some(_) => nicira::SAMPLE,
        };
        nicira::action(w, subtype, |w| {
            w.u16(self.probability);
            w.u32(self.collector_set);
            match fixed {
                Some((domain, point)) => {
                    w.u32(domain);
                    w.u32(point);
                }
                None => {
                    self.domain.encode(w)?;
                    self.point.encode(w)?;
                }
            }
            if subtype != nicira::SAMPLE {
                w.u16(nicira::port_16("sample", self.port)?);
                w.u8(self.direction.0);
                w.zeros(5);
            }
            Ok(())
        })
    }

    pub(super) fn decode(r: &mut Reader<'_>, subtype: u16) -> Result<Self, DecodeError> {
        r.name("sample");
        let mut sample = Sample {
            probability: r.u16()?,
            collector_set: r.u32()?,
            ..Sample::default()
        };
        if subtype == nicira::SAMPLE4 {
            sample.domain = SampleValue::decode(r)?;
            sample.point = SampleValue::decode(r)?;
        } else {
            sample.domain = SampleValue::Fixed(r.u32()?);
            sample.point = SampleValue::Fixed(r.u32()?);
        }
        if subtype != nicira::SAMPLE {
            sample.port = ports::from_16(r.u16()?);
            let direction = SampleDirection(r.u8()?);
            r.skip(5)?;
            if subtype != nicira::SAMPLE2 {
                sample.direction = direction;
            }
        }
        Ok(sample)
    }
}
