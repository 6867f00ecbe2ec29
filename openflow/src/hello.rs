//! OFPT_HELLO and the version bitmap (OpenFlow 1.3.5 §7.5.1).

use std::fmt;

use crate::codec::{Reader, Writer};
use crate::{DecodeError, EncodeError};

/// The wire version of OpenFlow 1.3.
pub const VERSION: u8 = 4;
/// OFPHET_VERSIONBITMAP.
const VERSION_BITMAP: u16 = 1;

/// The first message of either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Version of the header: the highest one the sender speaks.
    pub version: u8,
    /// The version bitmap, where the sender gives one: bit n of word m stands for version 32 m + n.
    pub bitmap: Option<Vec<u32>>,
}

impl Hello {
    /// What this end says.
    pub fn ours() -> Self {
        Hello {
            version: VERSION,
            bitmap: Some(vec![1 << VERSION]),
        }
    }

    /// What the sender speaks.
    pub fn versions(&self) -> Versions {
        let bitmap = self
            .bitmap
            .as_ref()
            .and_then(|words| words.first().copied());
        Versions {
            highest: self.version,
            bitmap,
        }
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        if let Some(bitmap) = &self.bitmap {
            w.u16(VERSION_BITMAP);
            w.u16(crate::codec::fit_u16("hello bitmap", 4 + 4 * bitmap.len())?);
            for word in bitmap {
                w.u32(*word);
            }
            w.pad8();
        }
        Ok(())
    }

    pub(crate) fn decode(version: u8, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut bitmap = None;
        while !r.is_empty() {
            let kind = r.u16()?;
            let length = usize::from(r.u16()?);
            let mut element = r.sub_of("hello element", length, 4)?;
            if kind == VERSION_BITMAP && bitmap.is_none() {
                let mut words = Vec::with_capacity(element.remaining() / 4);
                while !element.is_empty() {
                    words.push(element.u32()?);
                }
                bitmap = Some(words);
            }
            // Elements of other kinds are to be ignored, and so is padding that is cut off.
            r.skip_up_to(length.next_multiple_of(8) - length);
        }
        Ok(Hello { version, bitmap })
    }
}

/// The OpenFlow versions that one end speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Versions {
    highest: u8,
    bitmap: Option<u32>,
}

impl Versions {
    /// Those of this crate: 1.3 and no other.
    pub const OURS: Versions = Versions {
        highest: VERSION,
        bitmap: Some(1 << VERSION),
    };

    /// Whether two ends, one of them this crate, meet at 1.3: by the bitmap where the peer gives one,
    /// else by the lower of the header versions.
    pub fn agree_on_13(self) -> bool {
        match self.bitmap {
            Some(bitmap) => bitmap & (1 << VERSION) != 0,
            None => self.highest >= VERSION,
        }
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(bitmap) = self.bitmap else {
            return write!(f, "OpenFlow up to {}", version_name(self.highest));
        };
        let named: Vec<String> = (1..32)
            .filter(|n| bitmap & (1 << n) != 0)
            .map(version_name)
            .collect();
        match named.is_empty() {
            true => write!(f, "no OpenFlow version"),
            false => write!(f, "OpenFlow {}", named.join(", ")),
        }
    }
}

fn version_name(version: u8) -> String {
    match version {
        1..=6 => format!("1.{}", version - 1),
        other => format!("with wire version {other:#04x}"),
    }
}
