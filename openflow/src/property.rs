//! Properties: type, length, value, filled up to eight bytes. The length leaves the filling out.

use crate::codec::{Reader, Writer, fit_u16};
use crate::error::{DecodeError, EncodeError, Problem};

/// Bytes before the value.
const HEADER: usize = 4;

/// The next property: its type and a reader of its value.
pub(crate) fn next<'a>(r: &mut Reader<'a>) -> Result<(u16, Reader<'a>), DecodeError> {
    let kind = r.u16()?;
    let length = usize::from(r.u16()?);
    let value = r.sub_of("property", length, HEADER)?;
    r.skip(length.next_multiple_of(8) - length)?;
    Ok((kind, value))
}

/// Writes a property.
pub(crate) fn put(w: &mut Writer<'_>, kind: u16, value: &[u8]) -> Result<(), EncodeError> {
    let length = HEADER + value.len();
    w.u16(kind);
    w.u16(fit_u16("property", length)?);
    w.bytes(value);
    w.zeros(length.next_multiple_of(8) - length);
    Ok(())
}

/// Writes a property of 16 bits, which by custom has two more bytes that count.
pub(crate) fn put_u16(w: &mut Writer<'_>, kind: u16, value: u16) -> Result<(), EncodeError> {
    let [high, low] = value.to_be_bytes();
    put(w, kind, &[high, low, 0, 0])
}

/// Writes a property of 64 bits, which stands after four bytes of filling.
pub(crate) fn put_u64(w: &mut Writer<'_>, kind: u16, value: u64) -> Result<(), EncodeError> {
    put_nested(w, kind, |w| {
        w.u64(value);
        Ok(())
    })
}

/// Writes a property that holds others: they stand after four bytes of filling.
pub(crate) fn put_nested(
    w: &mut Writer<'_>,
    kind: u16,
    inside: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = w.len();
    w.u16(kind);
    w.u16(0);
    w.zeros(4);
    inside(w)?;
    let length = w.len() - start;
    w.set_u16(start + 2, fit_u16("property", length)?);
    w.zeros(length.next_multiple_of(8) - length);
    Ok(())
}

/// The error for a property of a type that must be known.
pub(crate) fn unknown(value: &Reader<'_>, kind: u16) -> DecodeError {
    let start = value.offset().saturating_sub(HEADER);
    value.error_at(
        start,
        Problem::Unknown {
            value: u64::from(kind),
        },
    )
}
