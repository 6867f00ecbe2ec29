//! Actions as bytes: lists, and the actions of the standard (OpenFlow 1.3.5 §7.2.5).

use super::{Action, nicira};
use crate::codec::{Reader, Writer};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::number::experimenters;
use crate::oxm::{read_header, read_value, write_value};

/// How deep actions may be nested: `clone` in `clone`, actions in `ct`.
pub(super) const DEPTH_MAX: usize = 16;

const OUTPUT: u16 = 0;
const COPY_TTL_OUT: u16 = 11;
const COPY_TTL_IN: u16 = 12;
const SET_MPLS_TTL: u16 = 15;
const DEC_MPLS_TTL: u16 = 16;
const PUSH_VLAN: u16 = 17;
const POP_VLAN: u16 = 18;
const PUSH_MPLS: u16 = 19;
const POP_MPLS: u16 = 20;
const SET_QUEUE: u16 = 21;
const GROUP: u16 = 22;
const SET_NW_TTL: u16 = 23;
const DEC_NW_TTL: u16 = 24;
const SET_FIELD: u16 = 25;
const PUSH_PBB: u16 = 26;
const POP_PBB: u16 = 27;
pub(super) const EXPERIMENTER: u16 = 0xffff;

impl Action {
    /// Writes them one after another.
    pub fn encode_list(list: &[Action], w: &mut Writer<'_>) -> Result<(), EncodeError> {
        list.iter().try_for_each(|action| action.encode(w))
    }

    /// Reads them up to the end of the reader. Actions that are not known, or that speak of fields
    /// that are not known, are kept as bytes.
    pub fn decode_list(r: &mut Reader<'_>) -> Result<Vec<Action>, DecodeError> {
        Action::decode_nested(r, 0)
    }

    /// The same, within `depth` other actions.
    pub(super) fn decode_nested(
        r: &mut Reader<'_>,
        depth: usize,
    ) -> Result<Vec<Action>, DecodeError> {
        if depth > DEPTH_MAX {
            return Err(r.error(Problem::TooDeep { limit: DEPTH_MAX }));
        }
        let mut list = Vec::new();
        while !r.is_empty() {
            list.push(Action::decode(r, depth)?);
        }
        Ok(list)
    }

    fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        match *self {
            Action::Output { port, max_len } => {
                let high = u128::from(OUTPUT) << 112 | 16 << 96 | u128::from(port) << 64;
                w.low::<16>(high | u128::from(max_len) << 48);
            }
            Action::Group(group) => word(w, GROUP, group),
            Action::SetQueue(queue) => word(w, SET_QUEUE, queue),
            Action::PushVlan(ethertype) => half(w, PUSH_VLAN, ethertype),
            Action::PopVlan => word(w, POP_VLAN, 0),
            Action::PushMpls(ethertype) => half(w, PUSH_MPLS, ethertype),
            Action::PopMpls(ethertype) => half(w, POP_MPLS, ethertype),
            Action::PushPbb(ethertype) => half(w, PUSH_PBB, ethertype),
            Action::PopPbb => word(w, POP_PBB, 0),
            Action::SetMplsTtl(ttl) => byte(w, SET_MPLS_TTL, ttl),
            Action::DecMplsTtl => word(w, DEC_MPLS_TTL, 0),
            Action::SetNwTtl(ttl) => byte(w, SET_NW_TTL, ttl),
            Action::DecTtl => word(w, DEC_NW_TTL, 0),
            Action::CopyTtlOut => word(w, COPY_TTL_OUT, 0),
            Action::CopyTtlIn => word(w, COPY_TTL_IN, 0),
            Action::SetField { field, value, mask } if mask == field.full_mask() => {
                let what = "set_field";
                return w.element(what, SET_FIELD, |w| {
                    let code = field.oxm().ok_or(EncodeError::NoCode { what, field })?;
                    write_value(w, field, code, value, mask);
                    Ok(())
                });
            }
            Action::Unknown { kind, ref body } => {
                return w.element("unknown action", kind, |w| {
                    w.bytes(body);
                    Ok(())
                });
            }
            _ => return nicira::encode(self, w),
        }
        Ok(())
    }

    fn decode(r: &mut Reader<'_>, depth: usize) -> Result<Action, DecodeError> {
        let offset = r.offset();
        let kind = r.u16()?;
        let length = usize::from(r.u16()?);
        if !length.is_multiple_of(8) {
            return Err(r.error_at(offset + 2, Problem::Unaligned { length }));
        }
        let mut body = r.sub_of("action", length, 4)?;
        if body.is_empty() {
            let problem = Problem::BadLength {
                length,
                least: 8,
                most: usize::from(u16::MAX),
            };
            return Err(body.error_at(offset + 2, problem));
        }
        let unknown = |body: &[u8]| Action::Unknown {
            kind,
            body: body.to_vec(),
        };
        let whole = body.peek();
        let action = match decode_body(&mut body, kind, depth) {
            Ok(Some(action)) => action,
            Ok(None) => return Ok(unknown(whole)),
            Err(error) if matches!(error.problem, Problem::UnknownField { .. }) => {
                return Ok(unknown(whole));
            }
            Err(error) => return Err(error),
        };
        if body.remaining() >= 8 {
            body.finish()?;
        }
        Ok(action)
    }
}

/// `None` where the type is not known.
fn decode_body(r: &mut Reader<'_>, kind: u16, depth: usize) -> Result<Option<Action>, DecodeError> {
    Ok(Some(match kind {
        OUTPUT => {
            let (port, max_len) = (r.u32()?, r.u16()?);
            r.skip(6)?;
            Action::Output { port, max_len }
        }
        GROUP => Action::Group(r.u32()?),
        SET_QUEUE => Action::SetQueue(r.u32()?),
        PUSH_VLAN => Action::PushVlan(r.u16()?),
        POP_VLAN => Action::PopVlan,
        PUSH_MPLS => Action::PushMpls(r.u16()?),
        POP_MPLS => Action::PopMpls(r.u16()?),
        PUSH_PBB => Action::PushPbb(r.u16()?),
        POP_PBB => Action::PopPbb,
        SET_MPLS_TTL => Action::SetMplsTtl(r.u8()?),
        DEC_MPLS_TTL => Action::DecMplsTtl,
        SET_NW_TTL => Action::SetNwTtl(r.u8()?),
        DEC_NW_TTL => Action::DecTtl,
        COPY_TTL_OUT => Action::CopyTtlOut,
        COPY_TTL_IN => Action::CopyTtlIn,
        SET_FIELD => {
            r.name("set_field");
            let header = read_header(r)?;
            let field = header.known(r)?;
            let (value, mask) = read_value(r, &header, field)?;
            Action::SetField { field, value, mask }
        }
        EXPERIMENTER => match r.u32()? {
            experimenters::NICIRA => return nicira::decode(r, depth),
            experimenters::ONF => return nicira::decode_onf(r),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

/// An action of eight bytes with four that say something.
#[inline]
fn word(w: &mut Writer<'_>, kind: u16, value: u32) {
    w.u64(u64::from(kind) << 48 | 8 << 32 | u64::from(value));
}

/// The same with two.
#[inline]
fn half(w: &mut Writer<'_>, kind: u16, value: u16) {
    word(w, kind, u32::from(value) << 16);
}

/// The same with one.
#[inline]
fn byte(w: &mut Writer<'_>, kind: u16, value: u8) {
    word(w, kind, u32::from(value) << 24);
}
