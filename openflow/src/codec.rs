//! Reading and writing bytes: a reader that cannot overrun and knows where it is, a writer whose
//! length fields are filled in from what was really written.

use crate::error::{DecodeError, EncodeError, Problem};

/// Reads big-endian values from bytes and keeps the offset from the start of the outermost bytes,
/// so that every error says its place.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    what: &'static str,
    bytes: &'a [u8],
    /// Offset of `bytes` from the start of the outermost bytes.
    base: usize,
}

impl<'a> Reader<'a> {
    /// A reader of all of `bytes`, which are a `what`: the name that errors give the place.
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Reader {
            what,
            bytes,
            base: 0,
        }
    }

    /// The name that errors give the place.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// The same place under another name.
    pub fn name(&mut self, what: &'static str) {
        self.what = what;
    }

    /// Offset of the next byte from the start of the outermost bytes.
    pub fn offset(&self) -> usize {
        self.base
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        match self.bytes.split_at_checked(count) {
            Some((taken, rest)) => {
                self.bytes = rest;
                self.base += count;
                Ok(taken)
            }
            None => Err(self.short(count)),
        }
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        match self.bytes.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.bytes = rest;
                self.base += N;
                Ok(*taken)
            }
            None => Err(self.short(N)),
        }
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(u8::from_be_bytes)
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    /// A number of `count` bytes, at most 16.
    pub fn uint(&mut self, count: usize) -> Result<u128, DecodeError> {
        let fold = |number, byte: &u8| number << 8 | u128::from(*byte);
        Ok(self.take(count)?.iter().fold(0, fold))
    }

    /// Passes over `count` bytes.
    pub fn skip(&mut self, count: usize) -> Result<(), DecodeError> {
        self.take(count).map(|_| ())
    }

    /// Passes over `count` bytes, or over what is left where that is less.
    pub fn skip_up_to(&mut self, count: usize) {
        let count = count.min(self.bytes.len());
        self.bytes = self.bytes.get(count..).unwrap_or_default();
        self.base += count;
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        self.base += self.bytes.len();
        std::mem::take(&mut self.bytes)
    }

    /// What is left, without moving on.
    pub fn peek(&self) -> &'a [u8] {
        self.bytes
    }

    /// A reader of the next `count` bytes only.
    pub fn sub(&mut self, count: usize) -> Result<Reader<'a>, DecodeError> {
        let (what, base) = (self.what, self.base);
        let bytes = self.take(count)?;
        Ok(Reader { what, bytes, base })
    }

    /// A reader of the rest of a `what` that says it is `length` bytes long, of which `read` bytes
    /// were read already.
    pub fn sub_of(
        &mut self,
        what: &'static str,
        length: usize,
        read: usize,
    ) -> Result<Reader<'a>, DecodeError> {
        let base = self.base;
        let bytes = length
            .checked_sub(read)
            .and_then(|count| self.bytes.get(..count))
            .ok_or_else(|| DecodeError {
                what,
                offset: base.saturating_sub(read),
                problem: Problem::BadLength {
                    length,
                    least: read,
                    most: read + self.bytes.len(),
                },
            })?;
        self.skip_up_to(bytes.len());
        Ok(Reader { what, bytes, base })
    }

    /// Text that fills `count` bytes up with NULs, the last byte in any case. In text that is not
    /// UTF-8 each byte beyond ASCII becomes a question mark, so that it stays as long as it was.
    pub fn text(&mut self, count: usize) -> Result<String, DecodeError> {
        let bytes = self.take(count)?;
        let last = count.saturating_sub(1);
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(last);
        let text = &bytes[..end.min(last)];
        Ok(match str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => text
                .iter()
                .map(|byte| {
                    if byte.is_ascii() {
                        char::from(*byte)
                    } else {
                        '?'
                    }
                })
                .collect(),
        })
    }

    /// Says that nothing may be left.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.bytes.len() {
            0 => Ok(()),
            bytes => Err(self.error(Problem::Trailing { bytes })),
        }
    }

    /// An error at the next byte.
    pub fn error(&self, problem: Problem) -> DecodeError {
        self.error_at(self.base, problem)
    }

    /// An error at another offset.
    pub fn error_at(&self, offset: usize, problem: Problem) -> DecodeError {
        DecodeError {
            what: self.what,
            offset,
            problem,
        }
    }

    fn short(&self, needed: usize) -> DecodeError {
        self.error(Problem::Truncated {
            needed,
            left: self.bytes.len(),
        })
    }
}

/// Appends big-endian values to bytes.
#[derive(Debug)]
pub struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Writer<'a> {
    /// A writer behind what `bytes` already holds. Positions count from there.
    pub fn new(bytes: &'a mut Vec<u8>) -> Self {
        let start = bytes.len();
        Writer { bytes, start }
    }

    /// How many bytes were written.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Two bytes.
    pub fn u16(&mut self, value: u16) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// The low `N` bytes of a number, at most 16.
    #[inline]
    pub fn low<const N: usize>(&mut self, value: u128) {
        const { assert!(N <= 16) };
        if let Some(bytes) = value.to_be_bytes().last_chunk::<N>() {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The low `count` bytes of a number, at most 16.
    pub fn uint(&mut self, value: u128, count: usize) {
        let bytes = value.to_be_bytes();
        self.bytes.extend_from_slice(&bytes[16 - count.min(16)..]);
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// `count` zero bytes.
    pub fn zeros(&mut self, count: usize) {
        self.bytes.resize(self.bytes.len() + count, 0);
    }

    /// Text filled up with NULs to `count` bytes; cut so that the last byte is a NUL.
    pub fn text(&mut self, text: &str, count: usize) {
        let length = text.len().min(count.saturating_sub(1));
        self.bytes(&text.as_bytes()[..length]);
        self.zeros(count - length);
    }

    /// Zero bytes until the length of all that was written is a multiple of eight.
    pub fn pad8(&mut self) {
        self.pad8_from(0);
    }

    /// Zero bytes until the length of what was written from `start` on is a multiple of eight.
    pub fn pad8_from(&mut self, start: usize) {
        let length = self.len() - start;
        let filling = length.next_multiple_of(8) - length;
        self.bytes.extend_from_slice(&[0; 8][..filling]);
    }

    /// The two bytes at a position, if they are there.
    pub fn u16_at(&self, position: usize) -> Option<u16> {
        let bytes = self.bytes.get(self.start + position..)?;
        bytes.first_chunk().map(|chunk| u16::from_be_bytes(*chunk))
    }

    /// Overwrites the two bytes at a position that was written before; elsewhere it does nothing.
    pub fn set_u16(&mut self, position: usize, value: u16) {
        let place = self.start + position;
        if let Some(bytes) = self.bytes.get_mut(place..place + 2) {
            bytes.copy_from_slice(&value.to_be_bytes());
        }
    }

    /// Writes what stands in OpenFlow everywhere: a type, the length of the whole (written when
    /// `inside` is done), the content, and zero bytes that make the length a multiple of eight.
    #[inline]
    pub fn element(
        &mut self,
        what: &'static str,
        kind: u16,
        inside: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let start = self.len();
        self.u32(u32::from(kind) << 16);
        inside(self)?;
        self.pad8_from(start);
        self.set_u16(start + 2, fit_u16(what, self.len() - start)?);
        Ok(())
    }
}

/// A length in a field of 16 bits.
pub fn fit_u16(what: &'static str, length: usize) -> Result<u16, EncodeError> {
    u16::try_from(length).map_err(|_| EncodeError::TooLong { what, length })
}
