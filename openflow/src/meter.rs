//! Meters: limits on rates (OpenFlow 1.3.5 §7.3.4.4, §7.3.5.13).

use crate::codec::{Reader, Writer, fit_u16};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::number::{wire_flags, wire_number};

const DROP: u16 = 1;
const DSCP_REMARK: u16 = 2;
const EXPERIMENTER: u16 = 0xffff;
/// Bytes of a band of the standard.
const BAND_BYTES: usize = 16;

/// A meter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Meter {
    /// Its number, from 1 up to [`meters::MAX`](crate::number::meters::MAX).
    pub id: u32,
    /// Units and abilities.
    pub flags: MeterFlags,
    /// What happens above which rate.
    pub bands: Vec<Band>,
}

wire_flags! {
    /// OFPMF_*: units and abilities of a meter.
    MeterFlags: u16 {
        /// Rates are kilobits a second.
        KBPS = 1 << 0;
        /// Rates are packets a second.
        PKTPS = 1 << 1;
        /// Bands have a burst.
        BURST = 1 << 2;
        /// It counts.
        STATS = 1 << 3;
    }
}

/// What happens above a rate. Rates are in the unit that the meter's flags say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Band {
    /// Packets are dropped.
    Drop {
        /// Above this rate.
        rate: u32,
        /// What may pass at once: kilobits or packets.
        burst_size: u32,
    },
    /// The drop precedence in the DSCP goes up.
    DscpRemark {
        /// Above this rate.
        rate: u32,
        /// What may pass at once.
        burst_size: u32,
        /// By how much.
        precedence: u8,
    },
    /// As an experimenter says.
    Experimenter {
        /// Above this rate.
        rate: u32,
        /// What may pass at once.
        burst_size: u32,
        /// Who.
        experimenter: u32,
    },
}

impl Band {
    fn encode(self, w: &mut Writer<'_>) {
        let (kind, rate, burst_size, last) = match self {
            Band::Drop { rate, burst_size } => (DROP, rate, burst_size, 0),
            Band::DscpRemark {
                rate,
                burst_size,
                precedence,
            } => (DSCP_REMARK, rate, burst_size, u32::from(precedence) << 24),
            Band::Experimenter {
                rate,
                burst_size,
                experimenter,
            } => (EXPERIMENTER, rate, burst_size, experimenter),
        };
        w.u16(kind);
        w.u16(BAND_BYTES as u16);
        w.u32(rate);
        w.u32(burst_size);
        w.u32(last);
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let kind = r.u16()?;
        let length = usize::from(r.u16()?);
        let mut body = r.sub_of("meter band", length, 4)?;
        let r = &mut body;
        let (rate, burst_size, last) = (r.u32()?, r.u32()?, r.u32()?);
        match kind {
            DROP => Ok(Band::Drop { rate, burst_size }),
            DSCP_REMARK => Ok(Band::DscpRemark {
                rate,
                burst_size,
                precedence: (last >> 24) as u8,
            }),
            EXPERIMENTER => Ok(Band::Experimenter {
                rate,
                burst_size,
                experimenter: last,
            }),
            kind => {
                let value = kind.into();
                Err(r.error_at(offset, Problem::Unknown { value }))
            }
        }
    }

    fn decode_all(r: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        let mut bands = Vec::new();
        while !r.is_empty() {
            bands.push(Band::decode(r)?);
        }
        Ok(bands)
    }
}

impl Meter {
    /// Writes one as OFPMP_METER_CONFIG has it.
    pub fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let length = 8 + BAND_BYTES * self.bands.len();
        w.u16(fit_u16("meter", length)?);
        w.u16(self.flags.0);
        w.u32(self.id);
        self.bands.iter().for_each(|band| band.encode(w));
        Ok(())
    }

    /// Reads one as OFPMP_METER_CONFIG has it.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = usize::from(r.u16()?);
        let mut body = r.sub_of("meter", length, 2)?;
        let flags = MeterFlags(body.u16()?);
        let id = body.u32()?;
        let bands = Band::decode_all(&mut body)?;
        Ok(Meter { id, flags, bands })
    }
}

wire_number! {
    /// OFPMC_*: what a meter mod does.
    MeterModCommand: u16 {
        /// Adds a meter that is not there.
        ADD = 0 "add";
        /// Replaces one that is there.
        MODIFY = 1 "mod";
        /// Deletes one, or all, with the flows that use it.
        DELETE = 2 "del";
    }
}

/// Changes a meter (OFPT_METER_MOD).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MeterMod {
    /// What it does.
    pub command: MeterModCommand,
    /// The meter. For a deletion only its number counts:
    /// [`meters::ALL`](crate::number::meters::ALL) for all.
    pub meter: Meter,
}

impl MeterMod {
    /// Adds a meter.
    pub fn add(meter: Meter) -> Self {
        let command = MeterModCommand::ADD;
        MeterMod { command, meter }
    }

    /// Replaces the meter of the same number.
    pub fn modify(meter: Meter) -> Self {
        let command = MeterModCommand::MODIFY;
        MeterMod { command, meter }
    }

    /// Deletes a meter and the flows that use it.
    pub fn delete(id: u32) -> Self {
        let command = MeterModCommand::DELETE;
        let (flags, bands) = (MeterFlags::empty(), Vec::new());
        let meter = Meter { id, flags, bands };
        MeterMod { command, meter }
    }

    /// Writes the body of the message.
    pub fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u16(self.command.0);
        w.u16(self.meter.flags.0);
        w.u32(self.meter.id);
        self.meter.bands.iter().for_each(|band| band.encode(w));
        Ok(())
    }

    /// Reads the body of the message, to its end.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.name("meter mod");
        let offset = r.offset();
        let command = MeterModCommand(r.u16()?);
        if command.name().is_none() {
            let value = command.0.into();
            return Err(r.error_at(offset, Problem::Unknown { value }));
        }
        let flags = MeterFlags(r.u16()?);
        let id = r.u32()?;
        let bands = Band::decode_all(r)?;
        let meter = Meter { id, flags, bands };
        Ok(MeterMod { command, meter })
    }
}
