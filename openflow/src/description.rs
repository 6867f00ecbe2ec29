//! OFPMP_DESC: who made a switch (OpenFlow 1.3.5 §7.3.5.1).

use crate::DecodeError;
use crate::codec::{Reader, Writer};

/// Bytes of a text on the wire, with the NUL that ends it; the serial number has fewer.
const TEXT_BYTES: usize = 256;
const SERIAL_BYTES: usize = 32;

/// Who made a switch, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Its manufacturer.
    pub manufacturer: String,
    /// Its hardware.
    pub hardware: String,
    /// Its software and the version of it.
    pub software: String,
    /// Its serial number, at most 31 bytes.
    pub serial_number: String,
    /// What its administrator calls the datapath.
    pub datapath: String,
}

impl Description {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) {
        w.text(&self.manufacturer, TEXT_BYTES);
        w.text(&self.hardware, TEXT_BYTES);
        w.text(&self.software, TEXT_BYTES);
        w.text(&self.serial_number, SERIAL_BYTES);
        w.text(&self.datapath, TEXT_BYTES);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Description {
            manufacturer: r.text(TEXT_BYTES)?,
            hardware: r.text(TEXT_BYTES)?,
            software: r.text(TEXT_BYTES)?,
            serial_number: r.text(SERIAL_BYTES)?,
            datapath: r.text(TEXT_BYTES)?,
        })
    }
}
