//! Typed registers: named runs of bits, checked when the program is built.

use crate::action::Action;
use crate::oxm::{Field, Match, Subfield};

/// A named run of bits of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegField {
    register: u8,
    low: u8,
    high: u8,
}

/// A value in a run of bits: what one table writes and another matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegMark {
    field: RegField,
    value: u32,
}

impl RegField {
    /// Bits `low` to `high` of a register. In a `const` these checks are made by the compiler.
    ///
    /// # Panics
    ///
    /// For a register above 15, or bits that are not in order and below 32.
    pub const fn new(register: u8, low: u8, high: u8) -> Self {
        assert!(register < 16, "Open vSwitch has reg0 to reg15");
        assert!(low <= high && high < 32, "a register has bits 0 to 31");
        RegField {
            register,
            low,
            high,
        }
    }

    /// Number of the register.
    pub const fn register(self) -> u8 {
        self.register
    }

    /// Lowest bit.
    pub const fn low(self) -> u8 {
        self.low
    }

    /// Highest bit.
    pub const fn high(self) -> u8 {
        self.high
    }

    /// Its bits within the register.
    pub const fn mask(self) -> u32 {
        (u32::MAX >> (31 - (self.high - self.low))) << self.low
    }

    /// The register.
    pub const fn field(self) -> Field {
        Field::ALL[Field::Reg0 as usize + self.register as usize]
    }

    /// The mark with this value. In a `const` the check is made by the compiler.
    ///
    /// # Panics
    ///
    /// For a value that does not fit.
    pub const fn mark(self, value: u32) -> RegMark {
        assert!(
            value <= self.mask() >> self.low,
            "the value does not fit the register field"
        );
        RegMark { field: self, value }
    }

    /// The mark with a value that is known only at run time, cut to the width.
    pub const fn value(self, value: u32) -> RegMark {
        let value = value & self.mask() >> self.low;
        RegMark { field: self, value }
    }

    /// Whether no bit is in both.
    pub const fn is_apart_from(self, other: RegField) -> bool {
        self.register != other.register || self.mask() & other.mask() == 0
    }
}

impl RegMark {
    /// Where it is.
    pub const fn field(self) -> RegField {
        self.field
    }

    /// Its value, counted from the field's lowest bit.
    pub const fn number(self) -> u32 {
        self.value
    }

    /// The action that writes it and leaves the other bits of the register.
    pub fn load(self) -> Action {
        let value = u128::from(self.value) << self.field.low;
        Action::set_masked(self.field.field(), value, self.field.mask().into())
    }

    /// The packets of a match that have it.
    pub fn narrow(self, matching: Match) -> Match {
        let value = u128::from(self.value) << self.field.low;
        matching.with_masked(self.field.field(), value, self.field.mask().into())
    }
}

impl From<RegField> for Subfield {
    fn from(field: RegField) -> Self {
        field
            .field()
            .slice(u16::from(field.low)..=u16::from(field.high))
    }
}

/// One line of the table of registers: name, place, and what it says.
pub type RegisterRow = (&'static str, RegField, &'static str);

/// Declares register fields: `NAME = register [low..=high];` with a doc comment each. Overlaps, bits
/// that no register has, and marks that do not fit are compile errors. `REGISTERS` lists them all.
///
/// ```
/// openflow::registers! {
///     /// Key of the port the packet came in by.
///     SOURCE_PORT = 1 [0..=31];
///     /// Where the packet came from.
///     ORIGIN = 0 [0..=3];
/// }
/// const FROM_TUNNEL: openflow::RegMark = ORIGIN.mark(1);
/// assert_eq!(FROM_TUNNEL.load().to_string(), "set_field:0x1/0xf->reg0");
/// assert_eq!(REGISTERS.len(), 2);
/// ```
///
/// ```compile_fail
/// openflow::registers! {
///     /// One.
///     ONE = 0 [0..=8];
///     /// Another in the same place.
///     OTHER = 0 [8..=9];
/// }
/// ```
///
/// ```compile_fail
/// openflow::registers! {
///     /// A register has bits 0 to 31.
///     BEYOND = 0 [25..=32];
/// }
/// ```
#[macro_export]
macro_rules! registers {
    ($( $(#[doc = $doc:literal])+ $name:ident = $register:literal [ $low:literal ..= $high:literal ]; )+) => {
        $(
            $(#[doc = $doc])+
            pub const $name: $crate::register::RegField =
                $crate::register::RegField::new($register, $low, $high);
        )+

        /// Every register field: name, place, and what it says.
        pub const REGISTERS: &[$crate::register::RegisterRow] =
            &[ $( (stringify!($name), $name, concat!($($doc),+)) ),+ ];

        const _: () = {
            let mut one = 0;
            while one < REGISTERS.len() {
                let mut other = one + 1;
                while other < REGISTERS.len() {
                    assert!(
                        REGISTERS[one].1.is_apart_from(REGISTERS[other].1),
                        "two register fields overlap"
                    );
                    other += 1;
                }
                one += 1;
            }
        };
    };
}
