//! Broken input: an error that says where, never a panic.

use openflow::codec::{Reader, Writer};
use openflow::error::Problem;
use openflow::text::{parse_actions, parse_flow, parse_instructions};
use openflow::{
    Action, DecodeError, EncodeError, Field, FlowMod, FlowStats, Group, GroupMod, Instruction,
    Match, Meter, MeterMod,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::any_match;
use crate::round::{flow_mod, group};

/// One decoder and its encoder: errors lie within the bytes, and what is read is written as bytes
/// that read the same.
fn check<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    decode: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
    encode: impl Fn(&T, &mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), TestCaseError> {
    let read = match decode(&mut Reader::new("test", bytes)) {
        Ok(read) => read,
        Err(error) => {
            prop_assert!(error.offset <= bytes.len(), "{} of {}", error, bytes.len());
            prop_assert!(!error.to_string().is_empty());
            return Ok(());
        }
    };
    let mut written = Vec::new();
    if encode(&read, &mut Writer::new(&mut written)).is_ok() {
        prop_assert_eq!(decode(&mut Reader::new("test", &written)), Ok(read));
    }
    Ok(())
}

/// Every decoder over the same bytes.
fn decode_all(bytes: &[u8]) -> Result<(), TestCaseError> {
    check(bytes, Match::decode, Match::encode)?;
    check(bytes, Match::decode_fields, Match::encode_fields)?;
    check(bytes, Action::decode_list, |list, w| {
        Action::encode_list(list, w)
    })?;
    check(bytes, Instruction::decode_list, |list, w| {
        Instruction::encode_list(list, w)
    })?;
    check(bytes, FlowMod::decode, FlowMod::encode)?;
    check(bytes, FlowStats::decode, FlowStats::encode)?;
    check(bytes, Group::decode, Group::encode)?;
    check(bytes, GroupMod::decode, GroupMod::encode)?;
    check(bytes, Meter::decode, Meter::encode)?;
    check(bytes, MeterMod::decode, MeterMod::encode)
}

/// Every parser over the same text.
fn parse_all(text: &str) -> Result<(), TestCaseError> {
    let errors = [
        text.parse::<Match>().err(),
        parse_actions(text).err(),
        parse_instructions(text).err(),
        parse_flow(text).err(),
        text.parse::<FlowMod>().err(),
        text.parse::<Group>().err(),
        text.parse::<GroupMod>().err(),
        text.parse::<Meter>().err(),
        text.parse::<MeterMod>().err(),
        text.parse::<openflow::Subfield>().err(),
    ];
    for error in errors.into_iter().flatten() {
        prop_assert!(error.offset <= text.len(), "{}", error);
    }
    Ok(())
}

proptest! {
    #[test]
    fn nonsense_bytes(bytes in vec(any::<u8>(), 0..300)) {
        decode_all(&bytes)?;
    }

    #[test]
    fn cut_and_changed_bytes(
        flow in flow_mod(),
        cut in any::<prop::sample::Index>(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = Vec::new();
        flow.encode(&mut Writer::new(&mut bytes)).unwrap();
        let cut = cut.index(bytes.len());
        let short = FlowMod::decode(&mut Reader::new("flow mod", &bytes[..cut]));
        prop_assert!(short.is_err() || cut >= 48);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        decode_all(&bytes)?;
        decode_all(&bytes[40..])?;
        decode_all(&bytes[..cut])?;
    }

    #[test]
    fn changed_groups(group in group(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = Vec::new();
        group.encode(&mut Writer::new(&mut bytes)).unwrap();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        decode_all(&bytes)?;
    }

    #[test]
    fn nonsense_text(text in "\\PC{0,80}") {
        parse_all(&text)?;
    }

    #[test]
    fn text_of_the_right_characters(text in "[a-z_]{1,9}[=:(][-+|a-z0-9:./,=()\\[\\]>]{0,60}") {
        parse_all(&text)?;
    }

    #[test]
    fn changed_text(flow in flow_mod(), place in any::<prop::sample::Index>(), new in "[ -~]{0,3}") {
        let text = flow.to_string();
        let place = place.index(text.len() + 1);
        let changed = format!("{}{new}{}", &text[..place], &text[(place + 1).min(text.len())..]);
        parse_all(&changed)?;
    }

    #[test]
    fn matches_are_narrowed_by_anything(
        fields in vec((prop::sample::select(Field::ALL), any::<u128>(), any::<u128>()), 0..20),
    ) {
        let mut matching = Match::new();
        for (field, value, mask) in fields {
            matching.narrow(field, value, mask);
        }
        for entry in matching.entries() {
            prop_assert_eq!(entry.value & !entry.mask, 0);
            prop_assert_eq!(entry.mask & !entry.field.full_mask(), 0);
            prop_assert!(entry.mask != 0);
        }
        let _ = any_match::value(Field::Reg0, 0, 0, true);
        let _ = (matching.check(), matching.to_string());
    }
}

fn refused(hex: &str, decode: impl Fn(&mut Reader<'_>) -> Result<(), DecodeError>) -> DecodeError {
    let bytes = crate::golden::bytes_of(&hex.replace(' ', ""));
    decode(&mut Reader::new("test", &bytes)).unwrap_err()
}

#[test]
fn errors_name_the_place_and_the_value() {
    let actions = |r: &mut Reader<'_>| Action::decode_list(r).map(|_| ());
    let fields = |r: &mut Reader<'_>| Match::decode_fields(r).map(|_| ());
    let error = refused(
        "0000 0010 00000001 0000 000000000000 0016 0007 00000001",
        actions,
    );
    assert_eq!(
        (error.offset, error.problem),
        (18, Problem::Unaligned { length: 7 })
    );
    let error = refused("0016 0010 00000001", actions);
    let length = Problem::BadLength {
        length: 16,
        least: 4,
        most: 8,
    };
    assert_eq!((error.offset, error.problem), (0, length));
    let error = refused("0016 0000", actions);
    assert_eq!(error.offset, 0);
    let error = refused("80000a02 0800 80000a02 86dd", fields);
    assert_eq!(
        (error.offset, error.problem),
        (
            6,
            Problem::Duplicate {
                field: Field::EthType
            }
        )
    );
    let error = refused("80000a03 080000", fields);
    let width = Problem::BadWidth {
        field: Field::EthType,
        width: 2,
        length: 3,
    };
    assert_eq!((error.offset, error.problem), (0, width));
    let error = refused("80000b04 0800ff00", fields);
    assert_eq!(
        error.problem,
        Problem::NotMaskable {
            field: Field::EthType,
            mask: 0xff00
        }
    );
    let error = refused("80000c02 2000", fields);
    assert_eq!(
        error.problem,
        Problem::TooBig {
            field: Field::VlanVid,
            value: 0x2000
        }
    );
    assert_eq!(
        error.to_string(),
        "test at byte 0: 0x2000 does not fit the 12 bits of vlan_vid"
    );
    let error = refused("00010108 00000010 0000000f", fields);
    let outside = Problem::OutsideMask {
        field: Field::Reg0,
        value: 0x10,
        mask: 0xf,
    };
    assert_eq!(error.problem, outside);
}

#[test]
fn nesting_is_bounded() {
    let mut actions = vec![Action::Exit];
    for _ in 0..40 {
        actions = vec![Action::Clone(actions)];
    }
    let mut bytes = Vec::new();
    Action::encode_list(&actions, &mut Writer::new(&mut bytes)).unwrap();
    let error = Action::decode_list(&mut Reader::new("actions", &bytes)).unwrap_err();
    assert_eq!(error.problem, Problem::TooDeep { limit: 16 });
    assert!(parse_actions(&"clone(".repeat(100_000)).is_err());
}

#[test]
fn what_has_no_form_is_not_sent() {
    let mut bytes = Vec::new();
    let long = vec![Action::output(1); 5000];
    let error = Instruction::encode_list(
        &[Instruction::ApplyActions(long)],
        &mut Writer::new(&mut bytes),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "instruction of 80008 bytes is longer than 65535"
    );
    let odd = Action::Resubmit {
        port: 0x1_0000,
        table: Some(1),
        ct: false,
    };
    assert!(Action::encode_list(&[odd], &mut Writer::new(&mut bytes)).is_err());
}

#[test]
fn unknown_fields_and_actions_survive() {
    // NXM_NX_TUN_METADATA0 with four bytes, then a register.
    let hex = "00015004 deadbeef 00010004 00000005".replace(' ', "");
    let bytes = crate::golden::bytes_of(&hex);
    let matching = Match::decode_fields(&mut Reader::new("match", &bytes)).unwrap();
    assert_eq!(matching.foreign().len(), 1);
    assert_eq!(matching.to_string(), "reg0=0x5,oxm_0x00015004=deadbeef");
    assert_eq!(matching.to_string().parse(), Ok(matching.clone()));
    let mut again = Vec::new();
    matching
        .encode_fields(&mut Writer::new(&mut again))
        .unwrap();
    assert_eq!(
        Match::decode_fields(&mut Reader::new("match", &again)).unwrap(),
        matching
    );
    // Moves from that field: the action is kept as it is.
    let hex = "ffff 0018 00002320 0006 0020 0000 0000 00015004 00010004".replace(' ', "");
    let bytes = crate::golden::bytes_of(&hex);
    let actions = Action::decode_list(&mut Reader::new("actions", &bytes)).unwrap();
    assert!(matches!(
        actions[..],
        [Action::Unknown { kind: 0xffff, .. }]
    ));
    let mut again = Vec::new();
    Action::encode_list(&actions, &mut Writer::new(&mut again)).unwrap();
    assert_eq!(again, bytes);
}

#[test]
fn texts_are_refused_with_the_place() {
    let refused = |text: &str| parse_flow(text).unwrap_err().to_string();
    assert_eq!(
        refused("table=0,ip,nw_src=10.0.0.300 actions=drop"),
        "\"10.0.0.300\" at byte 18: an IPv4 address is expected"
    );
    assert_eq!(
        refused("ip,foo=1 actions=drop"),
        "\"foo\" at byte 3: unknown key"
    );
    assert_eq!(
        refused("actions=output:1,foo:2"),
        "\"foo\" at byte 17: unknown action"
    );
    assert_eq!(refused("ip"), "\"ip\" at byte 0: `actions=` is missing");
    assert_eq!(
        refused("actions=load:0x10->NXM_NX_REG0[0..3]"),
        "\"0x10\" at byte 13: the number does not fit 4 bits"
    );
    assert_eq!(
        refused("actions=move:NXM_NX_REG0[0..40]->reg1"),
        "\"0..40\" at byte 25: the field has bits 0 to 31"
    );
    assert!(refused("eth_type=0x800/0xff00 actions=drop").contains("cannot be masked"));
}
