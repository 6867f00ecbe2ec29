//! Statistics and abilities of groups and meters (OpenFlow 1.3.5 §7.3.5.9, §7.3.5.11, §7.3.5.12,
//! §7.3.5.14).

use crate::codec::{Reader, Writer, fit_u16};
use crate::number::wire_flags;
use crate::{DecodeError, EncodeError};

/// Group types that a switch tells its abilities of: all, select, indirect, fast failover.
const GROUP_TYPES: usize = 4;

/// Counters of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupStats {
    /// The group.
    pub group: u32,
    /// Flows and groups that send to it.
    pub references: u32,
    /// Packets it saw.
    pub packets: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// How long it has been there, in seconds.
    pub duration_seconds: u32,
    /// What comes on top of the seconds, in nanoseconds.
    pub duration_nanoseconds: u32,
    /// Packets and bytes of each bucket.
    pub buckets: Vec<Counter>,
}

/// Packets, and the bytes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// What a switch can do with groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupFeatures {
    /// Bit n: groups of type n.
    pub types: u32,
    /// Abilities of its groups.
    pub capabilities: GroupCapabilities,
    /// How many groups of each type (all, select, indirect, fast failover).
    pub groups_max: [u32; GROUP_TYPES],
    /// Bit n: action n, in groups of each type.
    pub actions: [u32; GROUP_TYPES],
}

wire_flags! {
    /// OFPGFC_*: abilities of groups.
    GroupCapabilities: u32 {
        SELECT_WEIGHT = 1 << 0;
        SELECT_LIVENESS = 1 << 1;
        CHAINING = 1 << 2;
        CHAINING_CHECKS = 1 << 3;
    }
}

/// Counters of a meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterStats {
    /// The meter.
    pub meter: u32,
    /// Flows that use it.
    pub flows: u32,
    /// Packets it saw.
    pub packets: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// How long it has been there, in seconds.
    pub duration_seconds: u32,
    /// What comes on top of the seconds, in nanoseconds.
    pub duration_nanoseconds: u32,
    /// Packets and bytes that each band took.
    pub bands: Vec<Counter>,
}

/// What a switch can do with meters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterFeatures {
    /// How many meters.
    pub meters_max: u32,
    /// Bit n: bands of type n.
    pub band_types: u32,
    /// Bits of `MeterFlags`.
    pub capabilities: u32,
    /// How many bands a meter.
    pub bands_max: u8,
    /// Highest colour value.
    pub color_max: u8,
}

impl Counter {
    fn encode(self, w: &mut Writer<'_>) {
        w.u64(self.packets);
        w.u64(self.bytes);
    }

    fn decode_all(r: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        let mut counters = Vec::with_capacity(r.remaining() / 16);
        while !r.is_empty() {
            counters.push(Counter {
                packets: r.u64()?,
                bytes: r.u64()?,
            });
        }
        Ok(counters)
    }
}

impl GroupStats {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let start = w.len();
        w.u16(0);
        w.zeros(2);
        w.u32(self.group);
        w.u32(self.references);
        w.zeros(4);
        w.u64(self.packets);
        w.u64(self.bytes);
        w.u32(self.duration_seconds);
        w.u32(self.duration_nanoseconds);
        self.buckets.iter().for_each(|bucket| bucket.encode(w));
        w.set_u16(start, fit_u16("group statistics", w.len() - start)?);
        Ok(())
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = usize::from(r.u16()?);
        let mut r = r.sub_of("group statistics", length, 2)?;
        r.skip(2)?;
        let group = r.u32()?;
        let references = r.u32()?;
        r.skip(4)?;
        Ok(GroupStats {
            group,
            references,
            packets: r.u64()?,
            bytes: r.u64()?,
            duration_seconds: r.u32()?,
            duration_nanoseconds: r.u32()?,
            buckets: Counter::decode_all(&mut r)?,
        })
    }
}

impl GroupFeatures {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u32(self.types);
        w.u32(self.capabilities.0);
        self.groups_max
            .into_iter()
            .chain(self.actions)
            .for_each(|word| w.u32(word));
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let types = r.u32()?;
        let capabilities = GroupCapabilities(r.u32()?);
        let mut features = GroupFeatures {
            types,
            capabilities,
            groups_max: Default::default(),
            actions: Default::default(),
        };
        for word in features.groups_max.iter_mut().chain(&mut features.actions) {
            *word = r.u32()?;
        }
        Ok(features)
    }
}

impl MeterStats {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let start = w.len();
        w.u32(self.meter);
        w.u16(0);
        w.zeros(6);
        w.u32(self.flows);
        w.u64(self.packets);
        w.u64(self.bytes);
        w.u32(self.duration_seconds);
        w.u32(self.duration_nanoseconds);
        self.bands.iter().for_each(|band| band.encode(w));
        w.set_u16(start + 4, fit_u16("meter statistics", w.len() - start)?);
        Ok(())
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let meter = r.u32()?;
        let length = usize::from(r.u16()?);
        let mut r = r.sub_of("meter statistics", length, 6)?;
        r.skip(6)?;
        Ok(MeterStats {
            meter,
            flows: r.u32()?,
            packets: r.u64()?,
            bytes: r.u64()?,
            duration_seconds: r.u32()?,
            duration_nanoseconds: r.u32()?,
            bands: Counter::decode_all(&mut r)?,
        })
    }
}

impl MeterFeatures {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u32(self.meters_max);
        w.u32(self.band_types);
        w.u32(self.capabilities);
        w.u8(self.bands_max);
        w.u8(self.color_max);
        w.zeros(2);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let features = MeterFeatures {
            meters_max: r.u32()?,
            band_types: r.u32()?,
            capabilities: r.u32()?,
            bands_max: r.u8()?,
            color_max: r.u8()?,
        };
        r.skip(2)?;
        Ok(features)
    }
}
