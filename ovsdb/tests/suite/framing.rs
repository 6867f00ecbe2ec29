//! Framing: messages are found however the stream is cut, in linear time, within their limits; and
//! damaged ones are errors.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use ovsdb::rpc::{Limits, Message, Scanner};
use ovsdb::update::Update;
use ovsdb::{FrameError, Schema};
use proptest::prelude::*;

/// Feeds a stream piece by piece; gives the messages found.
fn scan(limits: Limits, pieces: &[&[u8]]) -> Result<Vec<Bytes>, FrameError> {
    let mut scanner = Scanner::new(limits);
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while let Some(frame) = scanner.next_frame(&mut buffer)? {
            frames.push(frame);
        }
    }
    Ok(frames)
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<i64>().prop_map(Into::into),
        "[ -~]{0,12}".prop_map(Into::into),
        "[\"\\\\{}\\[\\]]{0,6}".prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::btree_map("[a-z{}\"\\\\]{0,5}", inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn message() -> impl Strategy<Value = String> {
    (value(), value()).prop_map(|(a, b)| serde_json::json!({"params": a, "x}{": b}).to_string())
}

/// An update3 and a schema as a real server sends them, for damage.
const UPDATE: &str = r#"[7,"00000000-0000-0000-0000-000000000000",{"Bridge":{"b8b0c2e9-d329-4494-a1d6-8f57975ff1e5":{"modify":{"external_ids":["map",[["a","9"],["b","2"]]],"fail_mode":["set",[]],"flood_vlans":["set",[1,3]],"ports":["uuid","9bcdc05d-466d-4d70-b4ed-f26701dab00d"]}}},"Port":{"9bcdc05d-466d-4d70-b4ed-f26701dab00d":{"delete":null}}}]"#;

fn damage(text: &str, cuts: &[(usize, u8)]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for &(place, kind) in cuts {
        if bytes.is_empty() {
            break;
        }
        let place = place % bytes.len();
        match kind % 4 {
            0 => bytes[place] = kind,
            1 => drop(bytes.remove(place)),
            2 => bytes.truncate(place),
            _ => bytes.insert(place, b"[]{}\",:0"[usize::from(kind / 4) % 8]),
        }
    }
    bytes
}

proptest! {
    #[test]
    fn messages_are_found_however_the_stream_is_cut(
        messages in prop::collection::vec((message(), "[ \n\t\r]{0,3}"), 1..6),
        sizes in prop::collection::vec(1..40_usize, 1..20),
    ) {
        let stream: String = messages.iter().flat_map(|(m, gap)| [m.as_str(), gap]).collect();
        let mut rest = stream.as_bytes();
        let mut pieces = Vec::new();
        for &size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, tail) = rest.split_at(size.min(rest.len()));
            pieces.push(piece);
            rest = tail;
        }
        let frames = scan(Limits::default(), &pieces).unwrap();
        let expected: Vec<&[u8]> = messages.iter().map(|(m, _)| m.as_bytes()).collect();
        prop_assert_eq!(frames, expected);
    }

    #[test]
    fn any_bytes_give_messages_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let limits = Limits { frame_bytes_max: 64, depth_max: 4 };
        if let Ok(frames) = scan(limits, &[&bytes]) {
            for frame in frames {
                prop_assert!(frame.len() <= 64);
                let _ = Message::read(&frame);
            }
        }
    }

    #[test]
    fn damaged_updates_are_errors_or_other_updates(
        cuts in prop::collection::vec((any::<usize>(), any::<u8>()), 1..5),
    ) {
        let bytes = damage(UPDATE, &cuts);
        let text = String::from_utf8_lossy(&bytes);
        let _ = Update::from_update3(&text);
        let _ = Update::from_update(&text);
        let _ = Update::from_since_reply(&text);
        let _ = Message::read(&bytes);
    }

    #[test]
    fn damaged_schemas_are_errors_or_other_schemas(
        cuts in prop::collection::vec((any::<usize>(), any::<u8>()), 1..5),
    ) {
        let bytes = damage(ovsdb::testing::VSWITCH_SCHEMA, &cuts);
        let _ = Schema::parse(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn limits_hold() {
    let limits = Limits {
        frame_bytes_max: 100,
        depth_max: 8,
    };
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(100));
    assert_eq!(
        scan(limits, &[long.as_bytes()]),
        Err(FrameError::TooLong { limit: 100 })
    );
    let fits = format!("{{\"a\":\"{}\"}}", "x".repeat(92));
    assert_eq!(scan(limits, &[fits.as_bytes()]).unwrap().len(), 1);
    // Two that fit, in one piece longer than the limit.
    assert_eq!(
        scan(limits, &[fits.as_bytes(), fits.as_bytes()])
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        scan(limits, &[format!("{fits}{fits}").as_bytes()])
            .unwrap()
            .len(),
        2
    );
    let deep = format!("{{\"a\":{}", "[".repeat(1000));
    assert_eq!(
        scan(limits, &[deep.as_bytes()]),
        Err(FrameError::TooDeep { limit: 8 })
    );
    assert_eq!(
        scan(limits, &[b" [1]"]),
        Err(FrameError::NotAnObject { byte: b'[' })
    );
    assert_eq!(
        scan(limits, &[b"GET / HTTP/1.1"]),
        Err(FrameError::NotAnObject { byte: b'G' })
    );
    // Blank bytes alone are kept nowhere.
    let mut buffer = BytesMut::from(&b" ".repeat(1000)[..]);
    assert_eq!(Scanner::new(limits).next_frame(&mut buffer), Ok(None));
    assert!(buffer.is_empty());
}

#[test]
fn a_deep_value_within_the_limit_is_read() {
    let depth = Limits::default().depth_max - 1;
    let json = format!(
        "{{\"method\":\"m\",\"params\":{}{},\"id\":null}}",
        "[".repeat(depth),
        "]".repeat(depth)
    );
    let frames = scan(Limits::default(), &[json.as_bytes()]).unwrap();
    assert!(matches!(
        Message::read(&frames[0]),
        Ok(Message::Notification { .. })
    ));
}

#[test]
fn scanning_is_linear() {
    // One long message in small pieces: each byte is looked at once. Looking at all of them for
    // each piece would take hours.
    let limits = Limits {
        frame_bytes_max: 1 << 30,
        depth_max: 8,
    };
    let mut scanner = Scanner::new(limits);
    let mut buffer = BytesMut::from(&b"{\"a\":\""[..]);
    let begin = Instant::now();
    for _ in 0..(8 << 20) / 64 {
        buffer.extend_from_slice(&[b'x'; 64]);
        assert_eq!(scanner.next_frame(&mut buffer), Ok(None));
    }
    assert!(
        begin.elapsed() < Duration::from_secs(60),
        "{:?}",
        begin.elapsed()
    );
}
