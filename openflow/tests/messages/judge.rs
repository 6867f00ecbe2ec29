//! `ovs-ofctl ofp-print`, where it is installed, reads what we write.
//!
//! `WEFT_OVS_OFCTL` names the program; without it, it is looked for in the path. Where there is none,
//! that is told, and it is a failure if `CI` or `WEFT_REQUIRE_OVS` is set.

use std::process::Command;

use openflow::bundle::{BundleControl, BundleControlType, BundleFlags};
use openflow::message::{Kind, Message};
use openflow::multipart::{MultipartReply, MultipartReplyBody};
use openflow::number::ports;
use openflow::packet_io::{PacketIn, PacketInReason};
use openflow::role::{Role, RoleReason, RoleStatus};
use openflow::watch::FlowUpdate;
use openflow::{Field, Match, PeerError};

use crate::golden::{self, hex};

/// The program and its version; `None` where there is none and need be none.
fn judge() -> Option<(String, String)> {
    let program = std::env::var("WEFT_OVS_OFCTL").unwrap_or_else(|_| "ovs-ofctl".to_owned());
    match Command::new(&program).arg("--version").output() {
        Ok(output) => Some((
            program,
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )),
        Err(error) => {
            let required = ["CI", "WEFT_REQUIRE_OVS"]
                .iter()
                .any(|v| std::env::var_os(v).is_some());
            assert!(!required, "{program} is required here: {error}");
            eprintln!("NOT JUDGED: {program} is not installed ({error})");
            None
        }
    }
}

fn print(program: &str, bytes: &[u8]) -> String {
    let output = Command::new(program)
        .args(["ofp-print", &hex(bytes), "1"])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty());
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn open_vswitch_reads_the_golden_file_as_it_says() {
    let Some((program, version)) = judge() else {
        return;
    };
    for golden in golden::all() {
        let print = print(&program, &golden.bytes);
        if golden.print.contains("cannot read it") {
            continue;
        }
        if version.contains(" 3.1.0") {
            assert_eq!(print, golden.print);
        } else {
            assert!(!print.contains("decode error"), "{print}");
        }
    }
}

#[test]
fn open_vswitch_knows_all_our_errors_by_name() {
    let Some((program, _)) = judge() else { return };
    for error in PeerError::all() {
        let mut bytes = Vec::new();
        Message::error(error, vec![]).encode(1, &mut bytes).unwrap();
        let print = print(&program, &bytes);
        let name = error.name().unwrap();
        // Open vSwitch keeps older names for four of OpenFlow 1.3, and newer ones for three.
        let also = match name {
            "OFPBRC_BAD_MULTIPART" => "OFPBRC_BAD_STAT",
            "OFPBRC_BAD_EXPERIMENTER" => "OFPBRC_BAD_VENDOR",
            "OFPBRC_BAD_EXP_TYPE" => "OFPBRC_BAD_SUBTYPE",
            "OFPBAC_BAD_EXPERIMENTER" => "OFPBAC_BAD_VENDOR",
            "OFPBAC_BAD_EXP_TYPE" => "OFPBAC_BAD_VENDOR_TYPE",
            "OFPTFFC_BAD_TYPE" => "OFPBPC_BAD_TYPE",
            "OFPTFFC_BAD_LEN" => "OFPBPC_BAD_LEN",
            "OFPTFFC_BAD_ARGUMENT" => "OFPBPC_BAD_VALUE",
            name => name,
        };
        assert!(
            print.contains(name) || print.contains(also),
            "{name}: {print}"
        );
    }
}

/// Messages that no program we know of can be made to send, with what their print must say.
fn rare() -> Vec<(Message, &'static str)> {
    let packet = PacketIn {
        packet: vec![2; 60],
        full_length: 70,
        buffer_id: None,
        table: 5,
        cookie: Some(0x1234),
        reason: PacketInReason::ACTION,
        metadata: Match::new()
            .with(Field::InPort, 7)
            .with(Field::Metadata, 0xabc)
            .with(Field::Reg3, 3),
        userdata: vec![],
        continuation: None,
    };
    let status = RoleStatus {
        role: Role::SECONDARY,
        reason: RoleReason::PRIMARY_REQUEST,
        generation_id: Some(7),
    };
    let own = MultipartReplyBody::FlowMonitor(vec![FlowUpdate::Own { xid: 5 }]);
    let discard = BundleControl {
        bundle_id: 3,
        kind: BundleControlType::DISCARD_REQUEST,
        flags: BundleFlags::ALL,
    };
    vec![
        (
            Message::PacketIn(Box::new(packet.clone())),
            "cookie=0x1234 total_len=70 reg3=0x3,metadata=0xabc,in_port=7 (via action) data_len=60",
        ),
        (
            Message::PacketIn2(Box::new(PacketIn {
                userdata: vec![9],
                ..packet
            })),
            "table_id=5 cookie=0x1234 total_len=70 reg3=0x3,metadata=0xabc,in_port=7",
        ),
        (
            Message::RoleStatus(status),
            "role=secondary generation_id=7 reason=primary_request",
        ),
        (
            Message::MultipartReply(MultipartReply {
                more: true,
                body: own,
            }),
            "event=ABBREV xid=0x5",
        ),
        (
            Message::BundleControl(discard),
            "bundle_id=0x3 type=DISCARD_REQUEST flags=atomic ordered",
        ),
        (
            Message::FlowMonitorCancel { id: 5 },
            "ONFT_FLOW_MONITOR_CANCEL (OF1.3) (xid=0x9): id=5",
        ),
        (Message::FlowMonitorPaused, "ONFT_FLOW_MONITOR_PAUSED"),
        (Message::FlowMonitorResumed, "ONFT_FLOW_MONITOR_RESUMED"),
        (
            Message::SetControllerId(300),
            "NXT_SET_CONTROLLER_ID (OF1.3) (xid=0x9): id=300",
        ),
        (Message::QueueConfigRequest { port: ports::ANY }, "port=ANY"),
        (Message::AsyncRequest, "OFPT_GET_ASYNC_REQUEST"),
    ]
}

#[test]
fn open_vswitch_reads_what_is_rarely_sent() {
    let Some((program, _)) = judge() else { return };
    for (message, text) in rare() {
        let mut bytes = Vec::new();
        message.encode(9, &mut bytes).unwrap();
        assert_eq!(Message::decode(&bytes), Ok((9, message.clone())));
        let print = print(&program, &bytes);
        assert!(print.contains(text), "{text}\n{print}");
        assert_eq!(Kind::of_message(&bytes), Some(message.kind()));
    }
}
