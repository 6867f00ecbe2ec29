//! There and back for any message; cut, changed and foreign bytes give errors and no panic.

use openflow::header;
use openflow::message::{Kind, Message};
use proptest::prelude::*;

use crate::arbitrary::message;
use crate::golden;

fn encode(xid: u32, message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(xid, &mut bytes).unwrap();
    bytes
}

/// Whether the text of names is as it came: what is not UTF-8 is replaced on reading.
fn has_replaced_text(message: &Message) -> bool {
    format!("{message:?}").contains('\u{fffd}')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn there_and_back(xid in any::<u32>(), message in message()) {
        let mut bytes = vec![1, 2, 3];
        message.encode(xid, &mut bytes).unwrap();
        let bytes = bytes.split_off(3);
        let header = header::next(&bytes).unwrap().unwrap();
        prop_assert_eq!((usize::from(header.length), header.xid), (bytes.len(), xid));
        prop_assert_eq!(Kind::of_message(&bytes), Some(message.kind()));
        let (again, decoded) = Message::decode(&bytes).unwrap();
        prop_assert_eq!(&decoded, &message);
        prop_assert_eq!(again, xid);
        prop_assert_eq!(encode(xid, &decoded), bytes);
    }

    /// A message cut short is an error, and one that says so itself is an error or a shorter message.
    #[test]
    fn cut_short(message in message(), cut in any::<prop::sample::Index>()) {
        let mut bytes = encode(1, &message);
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(Message::decode(&bytes).is_err());
        if bytes.len() >= 8 {
            let length = bytes.len() as u16;
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
            if let Err(error) = Message::decode(&bytes) {
                prop_assert!(error.offset <= bytes.len(), "{}", error);
                prop_assert!(!error.what.is_empty());
            }
        }
    }

    /// A message with some bytes changed is an error, or a message that is itself there and back.
    #[test]
    fn changed(
        message in message(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = encode(1, &message);
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        match Message::decode(&bytes) {
            Err(error) => prop_assert!(error.offset <= bytes.len(), "{}", error),
            Ok((xid, decoded)) if !has_replaced_text(&decoded) => {
                let again = Message::decode(&encode(xid, &decoded));
                prop_assert_eq!(again, Ok((xid, decoded)));
            }
            Ok(_) => {}
        }
    }

    /// Bytes of no meaning behind a sound header.
    #[test]
    fn nonsense(kind in 0u8..32, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = vec![4, kind, 0, 0, 0, 0, 0, 1];
        bytes.extend(body);
        let length = bytes.len() as u16;
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        let _ = Message::decode(&bytes);
    }
}

#[test]
fn every_length_field_of_the_golden_messages_may_lie() {
    for golden in golden::all() {
        for place in 2..golden.bytes.len().min(400) {
            for lie in [0, 1, 7, 0xff] {
                let mut bytes = golden.bytes.clone();
                bytes[place] = lie;
                if let Err(error) = Message::decode(&bytes) {
                    assert!(error.offset <= bytes.len(), "{error}");
                }
            }
        }
    }
}

#[test]
fn errors_say_what_and_where() {
    let port_status = golden::find("OFPT_PORT_STATUS (OF1.3) (xid=0x0): DEL");
    for (bytes, text) in [
        (
            vec![4, 0, 0],
            "message at byte 2: 2 bytes expected, 1 are left",
        ),
        (
            vec![4, 99, 0, 8, 0, 0, 0, 1],
            "message at byte 1: unknown value 0x63",
        ),
        (
            vec![4, 4, 0, 8, 0, 0, 0, 1],
            "message at byte 8: 8 bytes expected, 0 are left",
        ),
        (
            vec![1, 5, 0, 8, 0, 0, 0, 1],
            "OFPT_FEATURES_REQUEST at byte 0: value 0x1 is not allowed",
        ),
        (
            vec![4, 5, 0, 9, 0, 0, 0, 1, 0],
            "OFPT_FEATURES_REQUEST at byte 8: 1 bytes are left over",
        ),
        (
            vec![4, 5, 0, 8, 0, 0, 0, 1, 0],
            "message at byte 8: 1 bytes are left over",
        ),
        (
            port_status[..20].to_vec(),
            "message at byte 0: length 80 is not within 8 to 20",
        ),
    ] {
        assert_eq!(Message::decode(&bytes).unwrap_err().to_string(), text);
    }
}

#[test]
fn a_bundle_holds_no_bundle() {
    let add = golden::find("ADD table:4 priority=1");
    let mut nested = add[..24].to_vec();
    nested.extend(&add);
    let length = nested.len() as u16;
    nested[2..4].copy_from_slice(&length.to_be_bytes());
    let error = Message::decode(&nested).unwrap_err();
    assert_eq!((error.what, error.offset), ("ONFT_BUNDLE_ADD_MESSAGE", 24));
}
