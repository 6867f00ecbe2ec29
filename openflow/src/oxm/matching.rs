//! Matches: which packets a flow is for. One form for each meaning, so that equal matches are equal
//! values, and a flow read back from Open vSwitch is the flow that was sent.

use super::Field;

/// One field of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The field.
    pub field: Field,
    /// The value of the bits in `mask`; the others are 0.
    pub value: u128,
    /// The bits that count: [`Field::full_mask`] where all do.
    pub mask: u128,
}

/// A field of a match that this crate does not know, kept as it came.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Foreign {
    /// The 32 bits of the header.
    pub header: u32,
    /// What follows, the experimenter included.
    pub payload: Vec<u8>,
}

/// Which packets a flow is for: those in which each of the fields has its value.
///
/// Bits outside of a mask are 0, a mask of no bits is no entry, and fields that are another view of
/// a field are stored as that field: the wide registers as registers, `vlan_tci` as `vlan_vid` and
/// `vlan_pcp`, `nw_tos` as `ip_dscp`, the 16-bit `in_port` as the 32-bit one.
///
/// ```
/// use openflow::{Field, Match};
/// let web = Match::new()
///     .with(Field::EthType, 0x0800)
///     .with(Field::IpProto, 6)
///     .with(Field::TcpDst, 80);
/// assert_eq!(web.to_string(), "tcp,tp_dst=80");
/// assert_eq!("tcp,tp_dst=80".parse(), Ok(web));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Match {
    /// By field, each at most once.
    entries: Vec<Entry>,
    foreign: Vec<Foreign>,
}

impl Match {
    /// All packets.
    pub fn new() -> Self {
        Match::default()
    }

    /// Room for `fields` fields.
    pub(crate) fn with_capacity(fields: usize) -> Self {
        Match {
            entries: Vec::with_capacity(fields),
            foreign: Vec::new(),
        }
    }

    /// Only those in which `field` has this value. Bits that the field does not have are dropped.
    #[must_use]
    pub fn with(self, field: Field, value: u128) -> Self {
        self.with_masked(field, value, field.full_mask())
    }

    /// Only those in which the bits of `mask` have this value in `field`. What the match says of
    /// other bits of the field stays.
    #[must_use]
    pub fn with_masked(mut self, field: Field, value: u128, mask: u128) -> Self {
        self.narrow(field, value, mask);
        self
    }

    /// Without a field.
    #[must_use]
    pub fn without(mut self, field: Field) -> Self {
        self.entries.retain(|entry| entry.field != field);
        self
    }

    /// As [`Match::with_masked`], in place.
    pub fn narrow(&mut self, field: Field, value: u128, mask: u128) {
        match field {
            Field::InPort16 => {
                let port = crate::number::ports::from_16(value as u16);
                self.put(
                    Field::InPort,
                    port.into(),
                    spread(mask, 16, u32::MAX.into()),
                );
            }
            Field::IpTos => self.put(Field::IpDscp, value >> 2, mask >> 2),
            Field::VlanTci => {
                self.put(Field::VlanVid, value & 0x1fff, mask & 0x1fff);
                if value & mask & 0x1fff != 0 && mask & 0xe000 != 0 {
                    self.put(Field::VlanPcp, value >> 13, 7);
                }
            }
            Field::XReg0
            | Field::XReg1
            | Field::XReg2
            | Field::XReg3
            | Field::XReg4
            | Field::XReg5
            | Field::XReg6
            | Field::XReg7 => self.put_registers(field as u8 - Field::XReg0 as u8, 2, value, mask),
            Field::XxReg0 | Field::XxReg1 | Field::XxReg2 | Field::XxReg3 => {
                self.put_registers(field as u8 - Field::XxReg0 as u8, 4, value, mask);
            }
            _ => self.put(field, value, mask),
        }
    }

    /// Registers of which view `index` of `width` registers is made, the first being the highest.
    fn put_registers(&mut self, index: u8, width: u8, value: u128, mask: u128) {
        for part in 0..width {
            let shift = 32 * u32::from(width - 1 - part);
            if let Some(register) = Field::register(index * width + part) {
                self.put(register, value >> shift, mask >> shift);
            }
        }
    }

    fn put(&mut self, field: Field, value: u128, mask: u128) {
        let mask = mask & field.full_mask();
        let value = value & mask;
        if mask == 0 {
            return;
        }
        match self.entries.last() {
            Some(last) if last.field >= field => {}
            _ => return self.entries.push(Entry { field, value, mask }),
        }
        match self
            .entries
            .binary_search_by_key(&field, |entry| entry.field)
        {
            Ok(place) => {
                let entry = &mut self.entries[place];
                entry.value = entry.value & !mask | value;
                entry.mask |= mask;
            }
            Err(place) => self.entries.insert(place, Entry { field, value, mask }),
        }
    }

    pub(crate) fn put_foreign(&mut self, foreign: Foreign) {
        self.foreign.push(foreign);
        self.foreign.sort();
    }

    /// Value and mask of a field.
    #[inline]
    pub fn get(&self, field: Field) -> Option<(u128, u128)> {
        let entry = self.entries.iter().find(|entry| entry.field == field)?;
        Some((entry.value, entry.mask))
    }

    /// The fields, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Fields that this crate does not know.
    pub fn foreign(&self) -> &[Foreign] {
        &self.foreign
    }

    /// Whether all packets match.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.foreign.is_empty()
    }

    /// Whether every packet of `other` is one of this match: what selects flows in modifications,
    /// deletions and dumps that are not strict.
    pub fn covers(&self, other: &Match) -> bool {
        let known = self.entries.iter().all(|entry| {
            other.get(entry.field).is_some_and(|(value, mask)| {
                mask & entry.mask == entry.mask && value & entry.mask == entry.value
            })
        });
        known
            && self
                .foreign
                .iter()
                .all(|field| other.foreign.contains(field))
    }

    /// Whether some packet could be one of both: what forbids a flow whose flag asks to check.
    pub fn overlaps(&self, other: &Match) -> bool {
        self.entries.iter().all(|entry| {
            other.get(entry.field).is_none_or(|(value, mask)| {
                let both = mask & entry.mask;
                value & both == entry.value & both
            })
        })
    }
}

/// The mask of a field of `bits` bits as one of a wider field: whole stays whole.
fn spread(mask: u128, bits: u32, whole: u128) -> u128 {
    let all = u128::MAX >> (128 - bits);
    if mask & all == all { whole } else { mask & all }
}
