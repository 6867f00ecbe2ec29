//! What can be wrong with bytes that came, and with what is to be sent.

use thiserror::Error;

use crate::oxm::Field;

/// Bytes that are not what they should be: which structure, where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what} at byte {offset}: {problem}")]
pub struct DecodeError {
    /// The structure that was read.
    pub what: &'static str,
    /// Where, in bytes from the start of what was given to the decoder.
    pub offset: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with bytes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The bytes end too early.
    #[error("{needed} bytes expected, {left} are left")]
    Truncated {
        /// Bytes that were to be read.
        needed: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// Bytes are left that belong to nothing.
    #[error("{bytes} bytes are left over")]
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// A length field that cannot be.
    #[error("length {length} is not within {least} to {most}")]
    BadLength {
        /// The length it says.
        length: usize,
        /// The shortest that can be.
        least: usize,
        /// The longest that can be here.
        most: usize,
    },
    /// A length field that is not a multiple of eight.
    #[error("length {length} is not a multiple of 8")]
    Unaligned {
        /// The length it says.
        length: usize,
    },
    /// A number that stands for nothing this crate knows.
    #[error("unknown value {value:#x}")]
    Unknown {
        /// The number.
        value: u64,
    },
    /// A value that is not allowed here.
    #[error("value {value:#x} is not allowed")]
    BadValue {
        /// The value.
        value: u128,
    },
    /// A field whose value has another length than the field.
    #[error("{field} has {width} bytes, not {length}", field = .field.name())]
    BadWidth {
        /// The field.
        field: Field,
        /// Bytes it has.
        width: usize,
        /// Bytes that were announced.
        length: usize,
    },
    /// A value with bits that the field does not have.
    #[error("{value:#x} does not fit the {bits} bits of {field}", field = .field.name(), bits = .field.bits())]
    TooBig {
        /// The field.
        field: Field,
        /// The value.
        value: u128,
    },
    /// A value with bits that its mask leaves out.
    #[error("{field}={value:#x}/{mask:#x} has bits outside of the mask", field = .field.name())]
    OutsideMask {
        /// The field.
        field: Field,
        /// The value.
        value: u128,
        /// The mask.
        mask: u128,
    },
    /// A mask on a field that takes none.
    #[error("{field} cannot be masked (mask {mask:#x})", field = .field.name())]
    NotMaskable {
        /// The field.
        field: Field,
        /// The mask.
        mask: u128,
    },
    /// A field that is there twice.
    #[error("{field} is there twice", field = .field.name())]
    Duplicate {
        /// The field.
        field: Field,
    },
    /// A field whose header is not known, where the value's meaning must be known.
    #[error("unknown field {header:#010x} of experimenter {experimenter:#x}")]
    UnknownField {
        /// The OXM header.
        header: u32,
        /// The experimenter; 0 for the classes that have none.
        experimenter: u32,
    },
    /// A part of a field that reaches beyond it.
    #[error("bits {offset}..{end} reach beyond the {bits} bits of {field}", field = .field.name(), bits = .field.bits())]
    BeyondField {
        /// The field.
        field: Field,
        /// First bit.
        offset: u16,
        /// The bit after the last.
        end: u16,
    },
    /// Actions within actions, too deep.
    #[error("actions are nested deeper than {limit}")]
    TooDeep {
        /// How deep they may be.
        limit: usize,
    },
}

impl DecodeError {
    /// A number that stands for nothing known, where the place is known only by its name.
    pub fn unknown(what: &'static str, value: u64) -> Self {
        DecodeError {
            what,
            offset: 0,
            problem: Problem::Unknown { value },
        }
    }

    /// The same, found `bytes` further into an enclosing structure.
    pub fn shifted(mut self, bytes: usize) -> Self {
        self.offset += bytes;
        self
    }
}

/// Something that has no form on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Longer than its length field can say.
    #[error("{what} of {length} bytes is longer than 65535")]
    TooLong {
        /// The structure.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
    },
    /// A field that OpenFlow 1.3 has no code for.
    #[error("field {field} cannot be sent in {what}", field = .field.name())]
    NoCode {
        /// The structure.
        what: &'static str,
        /// The field.
        field: Field,
    },
    /// A number that has too many bits for its place.
    #[error("{what}: {value:#x} does not fit {bits} bits")]
    TooBig {
        /// The structure.
        what: &'static str,
        /// The number.
        value: u128,
        /// The bits there are.
        bits: u32,
    },
}
