//! Bundles of messages that a switch applies together or not at all: the ONF extension 230 on
//! OpenFlow 1.3 (messages 2300 and 2301), with the meaning of OpenFlow 1.4 §7.3.9.

use crate::codec::{Reader, Writer};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::message::{self, Message};
use crate::number::{wire_flags, wire_number};

wire_number! {
    /// OFPBCT_*: what is wanted of a bundle, or was done.
    BundleControlType: u16 {
        /// Begin a bundle.
        OPEN_REQUEST = 0 "open";
        /// It is begun.
        OPEN_REPLY = 1 "opened";
        /// No more messages come.
        CLOSE_REQUEST = 2 "close";
        /// No more are taken.
        CLOSE_REPLY = 3 "closed";
        /// Apply it.
        COMMIT_REQUEST = 4 "commit";
        /// It is applied, all of it.
        COMMIT_REPLY = 5 "committed";
        /// Forget it.
        DISCARD_REQUEST = 6 "discard";
        /// It is forgotten.
        DISCARD_REPLY = 7 "discarded";
    }
}

wire_flags! {
    /// OFPBF_*: how a bundle is applied.
    BundleFlags: u16 {
        ATOMIC = 1 << 0;
        ORDERED = 1 << 1;
    }
}

impl BundleFlags {
    /// All or nothing, and in the order the messages have.
    pub const ALL: BundleFlags = BundleFlags(3);
}

/// Begins or ends a bundle, or says that it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleControl {
    /// Names the bundle on this connection.
    pub bundle_id: u32,
    /// What is wanted, or done.
    pub kind: BundleControlType,
    /// How it is applied: the same in all messages of a bundle.
    pub flags: BundleFlags,
}

/// Puts a message in a bundle. The message bears the transaction id of the one around it.
#[derive(Clone, Debug, PartialEq)]
pub struct BundleAdd {
    /// Names the bundle on this connection.
    pub bundle_id: u32,
    /// How the bundle is applied.
    pub flags: BundleFlags,
    /// The message.
    pub message: Box<Message>,
}

impl BundleControl {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u32(self.bundle_id);
        w.u16(self.kind.0);
        w.u16(self.flags.0);
    }

    /// Properties may follow; none are defined, and they are passed over.
    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bundle_id = r.u32()?;
        let kind = BundleControlType(r.u16()?);
        let flags = BundleFlags(r.u16()?);
        r.rest();
        Ok(BundleControl {
            bundle_id,
            kind,
            flags,
        })
    }
}

impl BundleAdd {
    pub(crate) fn encode(&self, xid: u32, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        encode_body(self.bundle_id, self.flags, xid, &self.message, w)
    }

    /// A bundle holds no bundle, so this nests once and not deeper.
    pub(crate) fn decode(xid: u32, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bundle_id = r.u32()?;
        r.skip(2)?;
        let flags = BundleFlags(r.u16()?);
        let start = r.offset();
        let (inner, message) = Message::decode_inside_bundle(r)?;
        if inner != xid {
            return Err(r.error_at(
                start + 4,
                Problem::BadValue {
                    value: inner.into(),
                },
            ));
        }
        // Properties may follow after filling; none are defined.
        r.rest();
        Ok(BundleAdd {
            bundle_id,
            flags,
            message: Box::new(message),
        })
    }
}

/// Writes the message that puts `message` in a bundle, without taking it.
pub(crate) fn encode_add(
    bundle_id: u32,
    flags: BundleFlags,
    xid: u32,
    message: &Message,
    output: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    message::encode_whole(message::Kind::BundleAdd, xid, output, |w| {
        encode_body(bundle_id, flags, xid, message, w)
    })
}

fn encode_body(
    bundle_id: u32,
    flags: BundleFlags,
    xid: u32,
    message: &Message,
    w: &mut Writer<'_>,
) -> Result<(), EncodeError> {
    w.u32(bundle_id);
    w.zeros(2);
    w.u16(flags.0);
    message.encode_into(xid, w)
}
