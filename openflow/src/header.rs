//! The header of every message, and the cutting of a byte stream into messages.

use crate::error::{DecodeError, Problem};

/// Bytes of the header.
pub const HEADER_BYTES: usize = 8;

/// The first eight bytes of a message (OpenFlow 1.3.5 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Wire version; 4 for OpenFlow 1.3.
    pub version: u8,
    /// OFPT_*: what the message is.
    pub message_type: u8,
    /// Bytes of the whole message, at least 8.
    pub length: u16,
    /// Pairs a reply with its request.
    pub xid: u32,
}

impl Header {
    /// Reads the header at the beginning of `bytes`. `None`: there are fewer than eight.
    pub fn read(bytes: &[u8]) -> Option<Header> {
        let [version, message_type, l0, l1, x0, x1, x2, x3] = *bytes.first_chunk()?;
        let length = u16::from_be_bytes([l0, l1]);
        Some(Header {
            version,
            message_type,
            length,
            xid: u32::from_be_bytes([x0, x1, x2, x3]),
        })
    }
}

/// The header of the message at the front of `bytes`, once the whole message is there. A length is a
/// 16-bit number, so no more than 65,535 bytes are ever waited for.
///
/// # Errors
/// The length is shorter than the header: where the next message begins is not known.
pub fn next(bytes: &[u8]) -> Result<Option<Header>, DecodeError> {
    let Some(header) = Header::read(bytes) else {
        return Ok(None);
    };
    let length = usize::from(header.length);
    if length < HEADER_BYTES {
        let problem = Problem::BadLength {
            length,
            least: HEADER_BYTES,
            most: usize::from(u16::MAX),
        };
        return Err(DecodeError {
            what: "message header",
            offset: 2,
            problem,
        });
    }
    Ok((bytes.len() >= length).then_some(header))
}
