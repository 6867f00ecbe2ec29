//! Bytes of Open vSwitch and os-ken are read and written again, to the byte.

use std::collections::BTreeSet;

use openflow::message::{Kind, Message};
use openflow::multipart::MultipartReplyBody;

const TEXT: &str = include_str!("../golden/messages.txt");

/// A message of the golden file.
pub struct Golden {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What `ovs-ofctl ofp-print` makes of it.
    pub print: String,
}

/// All messages of the golden file.
pub fn all() -> Vec<Golden> {
    let mut all: Vec<Golden> = Vec::new();
    for line in TEXT.lines() {
        if let Some(hex) = line.strip_prefix("> ").or_else(|| line.strip_prefix("< ")) {
            all.push(Golden {
                bytes: bytes(hex),
                print: String::new(),
            });
        } else if let (Some(line), Some(last)) = (line.strip_prefix("  "), all.last_mut()) {
            last.print.push_str(line);
            last.print.push('\n');
        }
    }
    all
}

/// The one message of the golden file whose print contains `text`.
pub fn find(text: &str) -> Vec<u8> {
    let mut found: Vec<Golden> = all()
        .into_iter()
        .filter(|g| g.print.contains(text))
        .collect();
    assert_eq!(found.len(), 1, "{text}");
    found.remove(0).bytes
}

/// The one message of the golden file whose bytes begin so.
pub fn beginning(start: &str) -> Vec<u8> {
    let mut found: Vec<Golden> = all()
        .into_iter()
        .filter(|g| hex(&g.bytes).starts_with(start))
        .collect();
    assert_eq!(found.len(), 1, "{start}");
    found.remove(0).bytes
}

pub fn bytes(hex: &str) -> Vec<u8> {
    let digits = (0..hex.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_message_is_read_and_written_again() {
    let all = all();
    assert!(all.len() > 90, "{}", all.len());
    for golden in all {
        let (xid, message) = Message::decode(&golden.bytes)
            .unwrap_or_else(|error| panic!("{}{error}", golden.print));
        let mut again = Vec::new();
        message.encode(xid, &mut again).unwrap();
        assert_eq!(
            hex(&again),
            hex(&golden.bytes),
            "{}{message:?}",
            golden.print
        );
    }
}

#[test]
fn the_golden_file_holds_nearly_every_kind() {
    let kinds: BTreeSet<Kind> = all()
        .iter()
        .map(|golden| Kind::of_message(&golden.bytes).unwrap())
        .collect();
    for kind in [
        Kind::Hello,
        Kind::Error,
        Kind::EchoRequest,
        Kind::EchoReply,
        Kind::FeaturesReply,
        Kind::GetConfigReply,
        Kind::FlowRemoved,
        Kind::PortStatus,
        Kind::PacketOut,
        Kind::GroupMod,
        Kind::PortMod,
        Kind::TableMod,
        Kind::MultipartRequest,
        Kind::MultipartReply,
        Kind::QueueConfigReply,
        Kind::RoleReply,
        Kind::AsyncReply,
        Kind::MeterMod,
        Kind::BundleControl,
        Kind::BundleAdd,
        Kind::SetPacketInFormat,
        Kind::Resume,
        Kind::CtFlushZone,
        Kind::PacketIn2,
        Kind::CtFlush,
    ] {
        assert!(kinds.contains(&kind), "{}", kind.name());
    }
    let mut bodies = BTreeSet::new();
    for golden in all() {
        if let (_, Message::MultipartReply(reply)) = Message::decode(&golden.bytes).unwrap() {
            bodies.insert(reply.body.kind());
            if let MultipartReplyBody::TableFeatures(tables) = reply.body {
                assert!(tables[0].properties.len() > 10);
            }
        }
    }
    assert!(bodies.len() >= 14, "{bodies:?}");
}
