//! Actions of Nicira's as bytes, and ONF's copy_field: which number is which, and those that are
//! small.

use super::{Action, Bundle, Controller, Ct, Learn, Multipath, Nat, Sample};
use crate::codec::{Reader, Writer, fit_u16};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::number::{experimenters, ports};
use crate::oxm::{Code, Field, Subfield, read_header, read_value, write_header, write_value};

use super::wire::EXPERIMENTER;

const RESUBMIT: u16 = 1;
const SET_TUNNEL: u16 = 2;
const POP_QUEUE: u16 = 5;
const REG_MOVE: u16 = 6;
const REG_LOAD: u16 = 7;
const NOTE: u16 = 8;
const SET_TUNNEL64: u16 = 9;
const MULTIPATH: u16 = 10;
pub(super) const BUNDLE: u16 = 12;
pub(super) const BUNDLE_LOAD: u16 = 13;
const RESUBMIT_TABLE: u16 = 14;
const OUTPUT_REG: u16 = 15;
pub(super) const LEARN: u16 = 16;
const EXIT: u16 = 17;
const FIN_TIMEOUT: u16 = 19;
pub(super) const CONTROLLER: u16 = 20;
const DEC_TTL_IDS: u16 = 21;
const STACK_PUSH: u16 = 27;
const STACK_POP: u16 = 28;
pub(super) const SAMPLE: u16 = 29;
const OUTPUT_REG2: u16 = 32;
const REG_LOAD2: u16 = 33;
const CONJUNCTION: u16 = 34;
const CT: u16 = 35;
const NAT: u16 = 36;
pub(super) const CONTROLLER2: u16 = 37;
pub(super) const SAMPLE2: u16 = 38;
const OUTPUT_TRUNC: u16 = 39;
pub(super) const SAMPLE3: u16 = 41;
const CLONE: u16 = 42;
const CT_CLEAR: u16 = 43;
const RESUBMIT_TABLE_CT: u16 = 44;
pub(super) const LEARN2: u16 = 45;
const CHECK_PKT_LARGER: u16 = 49;
const DELETE_FIELD: u16 = 50;
pub(super) const SAMPLE4: u16 = 51;

/// ONF's extension 320 to OpenFlow 1.3.
const COPY_FIELD: u16 = 3200;

/// The table that stands for the one the packet is in.
const TABLE_SAME: u8 = 0xff;

/// Writes an action of Nicira's: the header, the content, and zero bytes up to a multiple of eight.
pub(super) fn action(
    w: &mut Writer<'_>,
    subtype: u16,
    inside: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    experimenter(w, experimenters::NICIRA, subtype, inside)
}

fn experimenter(
    w: &mut Writer<'_>,
    experimenter: u32,
    subtype: u16,
    inside: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    w.element("action", EXPERIMENTER, |w| {
        w.u32(experimenter);
        w.u16(subtype);
        inside(w)
    })
}

/// A field's code among those of Nicira's.
pub(super) fn code(what: &'static str, field: Field) -> Result<Code, EncodeError> {
    field.nxm().ok_or(EncodeError::NoCode { what, field })
}

/// The same where there is no room for an experimenter.
pub(super) fn short_header(what: &'static str, field: Field) -> Result<u32, EncodeError> {
    match code(what, field)? {
        Code {
            experimenter: 0,
            header,
            ..
        } => Ok(header),
        _ => Err(EncodeError::NoCode { what, field }),
    }
}

/// A port in 16 bits.
pub(super) fn port_16(what: &'static str, port: u32) -> Result<u16, EncodeError> {
    ports::to_16(port).ok_or(EncodeError::TooBig {
        what,
        value: port.into(),
        bits: 16,
    })
}

/// Reads the header of a field that must be known.
pub(super) fn read_field(r: &mut Reader<'_>) -> Result<Field, DecodeError> {
    read_header(r)?.known(r)
}

/// A part of a field, with the place of the header for the error.
pub(super) fn subfield(
    r: &Reader<'_>,
    field: Field,
    offset: u16,
    bits: u16,
) -> Result<Subfield, DecodeError> {
    Subfield::new(field, offset, bits).map_err(|problem| r.error(problem))
}

/// Reads offset and width in 16 bits.
pub(super) fn read_offset_and_bits(r: &mut Reader<'_>) -> Result<(u16, u16), DecodeError> {
    let both = r.u16()?;
    Ok((both >> 6, (both & 0x3f) + 1))
}

pub(super) fn encode(one: &Action, w: &mut Writer<'_>) -> Result<(), EncodeError> {
    match one {
        Action::OutputTrunc { port, max_len } => action(w, OUTPUT_TRUNC, |w| {
            w.u16(port_16("output(max_len)", *port)?);
            w.u32(*max_len);
            Ok(())
        }),
        Action::OutputReg { source, max_len } => output_reg(w, *source, *max_len),
        Action::Controller(controller) => controller.encode(w),
        Action::Bundle(bundle) => bundle.encode(w),
        Action::PopQueue => action(w, POP_QUEUE, empty),
        Action::SetField { field, value, mask } => action(w, REG_LOAD2, |w| {
            let code = code("set_field", *field)?;
            write_value(w, *field, code, *value, *mask);
            Ok(())
        }),
        Action::Load { target, value } => load(w, *target, *value),
        Action::Move { source, target } => action(w, REG_MOVE, |w| {
            w.u16(target.bits());
            w.u16(source.offset());
            w.u16(target.offset());
            write_header(w, code("move", source.field())?);
            write_header(w, code("move", target.field())?);
            Ok(())
        }),
        Action::CopyField { source, target } => copy_field(w, *source, *target),
        Action::StackPush(part) => stack(w, STACK_PUSH, *part),
        Action::StackPop(part) => stack(w, STACK_POP, *part),
        Action::DeleteField(field) => action(w, DELETE_FIELD, |w| {
            let start = w.len();
            write_header(w, code("delete_field", *field)?);
            w.zeros(14 - (w.len() - start));
            Ok(())
        }),
        Action::DecTtlIds(ids) => action(w, DEC_TTL_IDS, |w| {
            w.u16(fit_u16("dec_ttl", ids.len())?);
            w.zeros(4);
            ids.iter().for_each(|id| w.u16(*id));
            Ok(())
        }),
        _ => encode_more(one, w),
    }
}

fn encode_more(one: &Action, w: &mut Writer<'_>) -> Result<(), EncodeError> {
    match one {
        Action::SetTunnel(key) => action(w, SET_TUNNEL, |w| {
            w.zeros(2);
            w.u32(*key);
            Ok(())
        }),
        Action::SetTunnel64(key) => action(w, SET_TUNNEL64, |w| {
            w.zeros(6);
            w.u64(*key);
            Ok(())
        }),
        Action::Resubmit { port, table, ct } => {
            let subtype = if *ct {
                RESUBMIT_TABLE_CT
            } else {
                RESUBMIT_TABLE
            };
            action(w, subtype, |w| {
                w.u16(port_16("resubmit", *port)?);
                w.u8(table.unwrap_or(TABLE_SAME));
                Ok(())
            })
        }
        Action::Learn(learn) => learn.encode(w),
        Action::Conjunction {
            id,
            clause,
            clauses,
        } => action(w, CONJUNCTION, |w| {
            w.bytes(&[*clause, *clauses]);
            w.u32(*id);
            Ok(())
        }),
        Action::Multipath(multipath) => action(w, MULTIPATH, |w| multipath.encode(w)),
        Action::Ct(ct) => action(w, CT, |w| ct.encode(w)),
        Action::Nat(nat) => action(w, NAT, |w| {
            nat.encode(w);
            Ok(())
        }),
        Action::CtClear => action(w, CT_CLEAR, empty),
        Action::CheckPktLarger { target, length } => action(w, CHECK_PKT_LARGER, |w| {
            w.u16(*length);
            w.u16(target.offset());
            write_header(w, code("check_pkt_larger", target.field())?);
            w.zeros(2);
            Ok(())
        }),
        Action::Clone(actions) => action(w, CLONE, |w| {
            w.zeros(6);
            Action::encode_list(actions, w)
        }),
        Action::Sample(sample) => sample.encode(w),
        Action::FinTimeout { idle, hard } => action(w, FIN_TIMEOUT, |w| {
            w.u16(*idle);
            w.u16(*hard);
            Ok(())
        }),
        Action::Note(note) => action(w, NOTE, |w| {
            w.bytes(note);
            Ok(())
        }),
        // What is left has no content; the standard's actions never come here.
        _ => action(w, EXIT, empty),
    }
}

fn empty(w: &mut Writer<'_>) -> Result<(), EncodeError> {
    w.zeros(6);
    Ok(())
}

fn output_reg(w: &mut Writer<'_>, source: Subfield, max_len: u16) -> Result<(), EncodeError> {
    let code = code("output", source.field())?;
    if code.experimenter != 0 {
        return action(w, OUTPUT_REG2, |w| {
            w.u16(source.offset_and_bits());
            w.u16(max_len);
            write_header(w, code);
            w.zeros(2);
            Ok(())
        });
    }
    action(w, OUTPUT_REG, |w| {
        w.u16(source.offset_and_bits());
        w.u32(code.header);
        w.u16(max_len);
        w.zeros(6);
        Ok(())
    })
}

fn load(w: &mut Writer<'_>, target: Subfield, value: u64) -> Result<(), EncodeError> {
    let what = "load";
    let bits = u32::from(target.bits());
    if bits > 64 || target.cut(value.into()) != value.into() {
        let value = value.into();
        return Err(EncodeError::TooBig { what, value, bits });
    }
    let header = short_header(what, target.field())?;
    action(w, REG_LOAD, |w| {
        w.u16(target.offset_and_bits());
        w.u32(header);
        w.u64(value);
        Ok(())
    })
}

fn copy_field(w: &mut Writer<'_>, source: Subfield, target: Subfield) -> Result<(), EncodeError> {
    experimenter(w, experimenters::ONF, COPY_FIELD, |w| {
        let what = "copy_field";
        w.zeros(2);
        w.u16(target.bits());
        w.u16(source.offset());
        w.u16(target.offset());
        w.zeros(2);
        for field in [source.field(), target.field()] {
            write_header(w, field.oxm().ok_or(EncodeError::NoCode { what, field })?);
        }
        Ok(())
    })
}

fn stack(w: &mut Writer<'_>, subtype: u16, part: Subfield) -> Result<(), EncodeError> {
    action(w, subtype, |w| {
        w.u16(part.offset());
        write_header(w, code("stack", part.field())?);
        w.u16(part.bits());
        w.zeros(2);
        Ok(())
    })
}

/// Reads what stands behind the experimenter; `None` where the subtype is not known.
pub(super) fn decode(r: &mut Reader<'_>, depth: usize) -> Result<Option<Action>, DecodeError> {
    Ok(Some(match r.u16()? {
        RESUBMIT => Action::Resubmit {
            port: ports::from_16(r.u16()?),
            table: None,
            ct: false,
        },
        subtype @ (RESUBMIT_TABLE | RESUBMIT_TABLE_CT) => Action::Resubmit {
            port: ports::from_16(r.u16()?),
            table: Some(r.u8()?).filter(|table| *table != TABLE_SAME),
            ct: subtype == RESUBMIT_TABLE_CT,
        },
        SET_TUNNEL => {
            r.skip(2)?;
            Action::SetTunnel(r.u32()?)
        }
        SET_TUNNEL64 => {
            r.skip(6)?;
            Action::SetTunnel64(r.u64()?)
        }
        POP_QUEUE => Action::PopQueue,
        EXIT => Action::Exit,
        CT_CLEAR => Action::CtClear,
        NOTE => Action::Note(r.rest().to_vec()),
        FIN_TIMEOUT => Action::FinTimeout {
            idle: r.u16()?,
            hard: r.u16()?,
        },
        CONJUNCTION => Action::Conjunction {
            clause: r.u8()?,
            clauses: r.u8()?,
            id: r.u32()?,
        },
        OUTPUT_TRUNC => Action::OutputTrunc {
            port: ports::from_16(r.u16()?),
            max_len: r.u32()?,
        },
        CLONE => {
            r.skip(6)?;
            Action::Clone(Action::decode_nested(r, depth + 1)?)
        }
        CT => Action::Ct(Box::new(Ct::decode(r, depth)?)),
        NAT => Action::Nat(Box::new(Nat::decode(r)?)),
        MULTIPATH => Action::Multipath(Box::new(Multipath::decode(r)?)),
        subtype @ (BUNDLE | BUNDLE_LOAD) => Action::Bundle(Box::new(Bundle::decode(r, subtype)?)),
        subtype @ (LEARN | LEARN2) => Action::Learn(Box::new(Learn::decode(r, subtype)?)),
        subtype @ (CONTROLLER | CONTROLLER2) => {
            Action::Controller(Box::new(Controller::decode(r, subtype)?))
        }
        subtype @ (SAMPLE | SAMPLE2 | SAMPLE3 | SAMPLE4) => {
            Action::Sample(Box::new(Sample::decode(r, subtype)?))
        }
        subtype => return decode_fields(r, subtype),
    }))
}

/// Those that speak of fields.
fn decode_fields(r: &mut Reader<'_>, subtype: u16) -> Result<Option<Action>, DecodeError> {
    Ok(Some(match subtype {
        REG_LOAD => {
            let (offset, bits) = read_offset_and_bits(r)?;
            let field = read_field(r)?;
            let target = subfield(r, field, offset, bits)?;
            let value = r.u64()?;
            if target.cut(value.into()) != value.into() {
                let value = value.into();
                return Err(r.error(Problem::TooBig { field, value }));
            }
            Action::Load { target, value }
        }
        REG_LOAD2 => {
            let header = read_header(r)?;
            let field = header.known(r)?;
            let (value, mask) = read_value(r, &header, field)?;
            Action::SetField { field, value, mask }
        }
        REG_MOVE => {
            let (bits, from, to) = (r.u16()?, r.u16()?, r.u16()?);
            let (source, target) = read_pair(r, bits, from, to)?;
            Action::Move { source, target }
        }
        STACK_PUSH | STACK_POP => {
            let offset = r.u16()?;
            let field = read_field(r)?;
            let bits = r.u16()?;
            let part = subfield(r, field, offset, bits)?;
            match subtype {
                STACK_PUSH => Action::StackPush(part),
                _ => Action::StackPop(part),
            }
        }
        OUTPUT_REG => {
            let (offset, bits) = read_offset_and_bits(r)?;
            let field = read_field(r)?;
            let source = subfield(r, field, offset, bits)?;
            let max_len = r.u16()?;
            r.skip(6)?;
            Action::OutputReg { source, max_len }
        }
        OUTPUT_REG2 => {
            let (offset, bits) = read_offset_and_bits(r)?;
            let max_len = r.u16()?;
            let field = read_field(r)?;
            let source = subfield(r, field, offset, bits)?;
            Action::OutputReg { source, max_len }
        }
        DEC_TTL_IDS => {
            let count = r.u16()?;
            r.skip(4)?;
            let ids = (0..count).map(|_| r.u16());
            Action::DecTtlIds(ids.collect::<Result<_, _>>()?)
        }
        CHECK_PKT_LARGER => {
            let (length, offset) = (r.u16()?, r.u16()?);
            let field = read_field(r)?;
            let target = subfield(r, field, offset, 1)?;
            Action::CheckPktLarger { target, length }
        }
        DELETE_FIELD => {
            let field = read_field(r)?;
            r.rest();
            Action::DeleteField(field)
        }
        _ => return Ok(None),
    }))
}

/// Reads what stands behind ONF's number; `None` where the subtype is not known.
pub(super) fn decode_onf(r: &mut Reader<'_>) -> Result<Option<Action>, DecodeError> {
    if r.u16()? != COPY_FIELD {
        return Ok(None);
    }
    r.skip(2)?;
    let (bits, from, to) = (r.u16()?, r.u16()?, r.u16()?);
    r.skip(2)?;
    let (source, target) = read_pair(r, bits, from, to)?;
    Ok(Some(Action::CopyField { source, target }))
}

fn read_pair(
    r: &mut Reader<'_>,
    bits: u16,
    from: u16,
    to: u16,
) -> Result<(Subfield, Subfield), DecodeError> {
    let field = read_field(r)?;
    let source = subfield(r, field, from, bits)?;
    let field = read_field(r)?;
    let target = subfield(r, field, to, bits)?;
    Ok((source, target))
}
