//! Fields and matches as bytes.

use super::{CLASS_EXPERIMENTER, Code, Field, Foreign, Match};
use crate::codec::{Reader, Writer, fit_u16};
use crate::error::{DecodeError, EncodeError, Problem};

/// `ofp_match.type` of OXM.
const OFPMT_OXM: u16 = 1;
/// The bit of a header that says that a mask follows the value.
const HAS_MASK: u32 = 1 << 8;

/// A header as it was read.
pub(crate) struct Header {
    /// The field; `None` where it is not known.
    pub field: Option<Field>,
    /// The 32 bits.
    pub bits: u32,
    /// The experimenter, in the class that has one; else 0.
    pub experimenter: u32,
    /// Where it stands.
    pub offset: usize,
}

impl Header {
    /// Whether a mask follows the value.
    pub fn has_mask(&self) -> bool {
        self.bits & HAS_MASK != 0
    }

    /// Bytes of value and mask.
    fn payload(&self, r: &Reader<'_>) -> Result<usize, DecodeError> {
        let length = (self.bits & 0xff) as usize;
        let header = if self.is_experimenters() { 4 } else { 0 };
        length.checked_sub(header).ok_or_else(|| {
            let problem = Problem::BadLength {
                length,
                least: header,
                most: 0xff,
            };
            r.error_at(self.offset, problem)
        })
    }

    fn is_experimenters(&self) -> bool {
        self.bits >> 16 == u32::from(CLASS_EXPERIMENTER)
    }

    /// The field, where it must be known.
    pub fn known(&self, r: &Reader<'_>) -> Result<Field, DecodeError> {
        self.field.ok_or_else(|| {
            let problem = Problem::UnknownField {
                header: self.bits,
                experimenter: self.experimenter,
            };
            r.error_at(self.offset, problem)
        })
    }
}

/// Reads a header of four bytes, or of eight in the experimenters' class.
#[inline]
pub(crate) fn read_header(r: &mut Reader<'_>) -> Result<Header, DecodeError> {
    let offset = r.offset();
    let bits = r.u32()?;
    let experimenter = match (bits >> 16) as u16 {
        CLASS_EXPERIMENTER => r.u32()?,
        _ => 0,
    };
    Ok(Header {
        field: Field::from_header(bits, experimenter),
        bits,
        experimenter,
        offset,
    })
}

/// Reads value and mask behind a header of a known field.
#[inline]
pub(crate) fn read_value(
    r: &mut Reader<'_>,
    header: &Header,
    field: Field,
) -> Result<(u128, u128), DecodeError> {
    let offset = header.offset;
    let width = field.bytes();
    let length = header.payload(r)?;
    let full = field.full_mask();
    let expected = if header.has_mask() { 2 * width } else { width };
    if length != expected {
        let problem = Problem::BadWidth {
            field,
            width: expected,
            length,
        };
        return Err(r.error_at(offset, problem));
    }
    let value = r.uint(width)?;
    if value & !full != 0 {
        return Err(r.error_at(offset, Problem::TooBig { field, value }));
    }
    if !header.has_mask() {
        return Ok((value, full));
    }
    let mask = r.uint(width)?;
    if value & !mask != 0 {
        let problem = Problem::OutsideMask { field, value, mask };
        return Err(r.error_at(offset, problem));
    }
    let mask = mask & full;
    if mask != full && mask != 0 && !field.is_maskable() {
        return Err(r.error_at(offset, Problem::NotMaskable { field, mask }));
    }
    Ok((value, mask))
}

/// Writes the header of a field, unmasked.
#[inline]
pub(crate) fn write_header(w: &mut Writer<'_>, code: Code) {
    w.u32(code.header);
    if code.experimenter != 0 {
        w.u32(code.experimenter);
    }
}

/// Writes header, value, and the mask where it is not the full one.
#[inline]
pub(crate) fn write_value(w: &mut Writer<'_>, field: Field, code: Code, value: u128, mask: u128) {
    let bytes = field.bytes();
    if mask == field.full_mask() {
        if code.experimenter == 0 {
            // The usual widths in one go, header and value together.
            let header = u128::from(code.header);
            match bytes {
                1 => return w.low::<5>(header << 8 | value),
                2 => return w.low::<6>(header << 16 | value),
                4 => return w.low::<8>(header << 32 | value),
                6 => return w.low::<10>(header << 48 | value),
                8 => return w.low::<12>(header << 64 | value),
                _ => {}
            }
        }
        write_header(w, code);
        return w.uint(value, bytes);
    }
    let header = (code.header + bytes as u32) | HAS_MASK;
    write_header(w, Code { header, ..code });
    match bytes {
        4 => w.low::<8>(value << 32 | mask),
        8 => w.low::<16>(value << 64 | mask),
        _ => {
            w.uint(value, bytes);
            w.uint(mask, bytes);
        }
    }
}

impl Match {
    /// Writes `struct ofp_match`: header, fields, and zero bytes up to a multiple of eight.
    pub fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let start = w.len();
        w.u32(u32::from(OFPMT_OXM) << 16);
        self.encode_fields(w)?;
        w.set_u16(start + 2, fit_u16("match", w.len() - start)?);
        w.pad8_from(start);
        Ok(())
    }

    /// Writes the fields only.
    pub fn encode_fields(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        for entry in self.entries() {
            let field = entry.field;
            let what = "match";
            let code = field.oxm().ok_or(EncodeError::NoCode { what, field })?;
            write_value(w, field, code, entry.value, entry.mask);
        }
        for foreign in self.foreign() {
            w.u32(foreign.header);
            w.bytes(&foreign.payload);
        }
        Ok(())
    }

    /// Reads `struct ofp_match` with the bytes that fill it up. Fields that are not known are kept.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let kind = r.u16()?;
        if kind != OFPMT_OXM {
            let value = kind.into();
            return Err(r.error_at(offset, Problem::Unknown { value }));
        }
        let length = usize::from(r.u16()?);
        let matching = Match::decode_fields(&mut r.sub_of("match", length, 4)?)?;
        r.skip(length.next_multiple_of(8) - length)?;
        Ok(matching)
    }

    /// Reads fields up to the end of the reader.
    pub fn decode_fields(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        // Most fields are eight bytes; never more are announced than there are bytes for.
        let mut matching = Match::with_capacity(r.remaining() / 8);
        while !r.is_empty() {
            let header = read_header(r)?;
            let Some(field) = header.field else {
                matching.put_foreign(read_foreign(r, &header)?);
                continue;
            };
            let (value, mask) = read_value(r, &header, field)?;
            if matching.get(field).is_some() {
                return Err(r.error_at(header.offset, Problem::Duplicate { field }));
            }
            matching.narrow(field, value, mask);
        }
        Ok(matching)
    }
}

fn read_foreign(r: &mut Reader<'_>, header: &Header) -> Result<Foreign, DecodeError> {
    let mut payload = Vec::new();
    if header.is_experimenters() {
        payload.extend(header.experimenter.to_be_bytes());
    }
    payload.extend(r.take(header.payload(r)?)?);
    Ok(Foreign {
        header: header.bits,
        payload,
    })
}
