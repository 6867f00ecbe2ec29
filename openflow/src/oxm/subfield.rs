//! A run of bits of a field: what actions read and write.

use std::ops::RangeInclusive;

use super::Field;
use crate::error::Problem;

/// Bits `offset` to `offset + bits - 1` of a field, bit 0 being the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subfield {
    field: Field,
    offset: u16,
    bits: u16,
}

impl Subfield {
    /// The whole field.
    pub fn whole(field: Field) -> Self {
        Subfield {
            field,
            offset: 0,
            bits: field.bits(),
        }
    }

    /// `bits` bits from bit `offset` on. They must lie within the field, and be one at least.
    pub fn new(field: Field, offset: u16, bits: u16) -> Result<Self, Problem> {
        let end = offset.saturating_add(bits);
        if bits == 0 || end > field.bits() {
            return Err(Problem::BeyondField { field, offset, end });
        }
        Ok(Subfield {
            field,
            offset,
            bits,
        })
    }

    /// The field.
    pub fn field(self) -> Field {
        self.field
    }

    /// Its first bit.
    pub fn offset(self) -> u16 {
        self.offset
    }

    /// How many bits.
    pub fn bits(self) -> u16 {
        self.bits
    }

    /// Whether it is all of the field.
    pub fn is_whole(self) -> bool {
        self.offset == 0 && self.bits == self.field.bits()
    }

    /// Its bits within the field.
    pub fn mask(self) -> u128 {
        u128::MAX >> (128 - self.bits) << self.offset
    }

    /// Nicira's 16 bits for offset and width.
    pub(crate) fn offset_and_bits(self) -> u16 {
        self.offset << 6 | (self.bits - 1)
    }

    /// A number cut to the width.
    pub fn cut(self, value: u128) -> u128 {
        value & u128::MAX >> (128 - self.bits)
    }
}

impl From<Field> for Subfield {
    fn from(field: Field) -> Self {
        Subfield::whole(field)
    }
}

impl Field {
    /// The bits of a range, cut to those that the field has.
    pub fn slice(self, range: RangeInclusive<u16>) -> Subfield {
        let last = self.bits() - 1;
        let offset = (*range.start()).min(last);
        let end = (*range.end()).clamp(offset, last);
        Subfield {
            field: self,
            offset,
            bits: end - offset + 1,
        }
    }
}
