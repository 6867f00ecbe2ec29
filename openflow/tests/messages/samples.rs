//! Messages as values beside their bytes and their print: what a field of ours is in the bytes of
//! others. The bytes are found in the golden file by what `ovs-ofctl ofp-print` says of them.

use openflow::async_config::{AsyncConfig, AsyncMasks};
use openflow::bundle::{BundleAdd, BundleControl, BundleControlType, BundleFlags};
use openflow::config::{FragmentHandling, SwitchConfig};
use openflow::conntrack::{CtFlush, CtTransport, CtTuple};
use openflow::features::{Capabilities, Features};
use openflow::flow_removed::{FlowRemoved, RemovedReason};
use openflow::hello::Hello;
use openflow::message::{ErrorMessage, Experimenter, Message};
use openflow::multipart::{
    AggregateStats, ExperimenterMultipart, FlowQuery, MultipartReply, MultipartReplyBody,
    MultipartRequest,
};
use openflow::number::{groups, ports};
use openflow::packet_io::{PacketInFormat, PacketInReason, PacketOut};
use openflow::peer_error::{BadAction, FlowModFailed, OnfError, RoleRequestFailed};
use openflow::port::{
    Port, PortConfig, PortFeatures, PortMod, PortReason, PortState, PortStats, PortStatus,
};
use openflow::queue::{QueueConfig, QueueConfigs, QueueStatsQuery};
use openflow::role::{Role, RoleReply, RoleRequest};
use openflow::watch::{FlowMonitor, FlowUpdate, MonitorFlags, MonitoredFlow};
use openflow::{Action, Field, FlowEntry, FlowKey, FlowMod, Instruction, Match, PeerError};

use crate::golden::{beginning, bytes, find, hex};

/// The message whose print says `text` is `value`.
pub fn is(text: &str, xid: u32, value: Message) {
    these_are(&find(text), xid, value);
}

pub fn these_are(bytes: &[u8], xid: u32, value: Message) {
    assert_eq!(Message::decode(bytes).unwrap(), (xid, value.clone()));
    let mut written = Vec::new();
    value.encode(xid, &mut written).unwrap();
    assert_eq!(hex(&written), hex(bytes), "{value:?}");
}

fn ten_net() -> Match {
    Match::new()
        .with(Field::EthType, 0x0800)
        .with_masked(Field::Ipv4Src, 10 << 24, 0xff << 24)
}

pub fn reply(body: MultipartReplyBody) -> Message {
    Message::MultipartReply(MultipartReply { more: false, body })
}

#[test]
fn symmetric_messages() {
    let hello = Message::Hello(Hello {
        version: 4,
        bitmap: Some(vec![1 << 4]),
    });
    is("OFPT_HELLO (OF1.3) (xid=0x3)", 3, hello);
    let echo = Message::EchoRequest(b"weft".to_vec());
    is("OFPT_ECHO_REQUEST (OF1.3) (xid=0x11)", 0x11, echo);
    let error = PeerError::FlowModFailed(FlowModFailed::TableFull);
    is(
        "OFPFMFC_TABLE_FULL",
        0x11,
        Message::error(error, b"abc".to_vec()),
    );
    let error = PeerError::RoleRequestFailed(RoleRequestFailed::Stale);
    let data = bytes("041800180000000200000003000000000000000000000003");
    is(
        "OFPRRFC_STALE",
        2,
        Message::Error(ErrorMessage { error, data }),
    );
    let Message::Error(failed) = Message::decode(&find("OFPBFC_MSG_FAILED")).unwrap().1 else {
        panic!()
    };
    assert_eq!(failed.error, PeerError::Onf(OnfError::BundleMessageFailed));
    let Message::Error(failed) = Message::decode(&find("OFPBAC_BAD_OUT_GROUP")).unwrap().1 else {
        panic!()
    };
    assert_eq!(failed.error, PeerError::BadAction(BadAction::BadOutGroup));
    let error = PeerError::Experimenter {
        experimenter: 0x1234,
        exp_type: 99,
    };
    let expected = Message::error(error, b"xyz".to_vec());
    these_are(&beginning("04010013"), 0x11, expected);
    let own = Experimenter {
        experimenter: 0x1234,
        exp_type: 5,
        data: b"data".to_vec(),
    };
    let expected = Message::Experimenter(own);
    these_are(&beginning("0404001400000011"), 0x11, expected);
}

#[test]
fn features_and_settings() {
    let capabilities = Capabilities::FLOW_STATS
        | Capabilities::TABLE_STATS
        | Capabilities::PORT_STATS
        | Capabilities::GROUP_STATS
        | Capabilities::QUEUE_STATS;
    let features = Features {
        datapath_id: 0xaa,
        buffers: 0,
        tables: 254,
        auxiliary_id: 0,
        capabilities,
    };
    is("dpid:00000000000000aa", 2, Message::FeaturesReply(features));
    let config = SwitchConfig {
        fragments: FragmentHandling::Drop,
        miss_send_len: 256,
    };
    is(
        "frags=drop miss_send_len=256",
        0x11,
        Message::SetConfig(config),
    );
    let config = SwitchConfig {
        fragments: FragmentHandling::NiciraMatch,
        miss_send_len: 0,
    };
    is(
        "OFPT_SET_CONFIG (OF1.3) (xid=0x3): frags=nx-match",
        3,
        Message::SetConfig(config),
    );
    let set = Message::SetPacketInFormat(PacketInFormat::Nicira2);
    is("format=nxt_packet_in2", 10, set);
}

#[test]
fn roles_and_events_wanted() {
    let generation_id = 0x1122_3344_5566_7788;
    let request = RoleRequest {
        role: Role::SECONDARY,
        generation_id,
    };
    is(
        "generation_id=1234605616436508552",
        0x11,
        Message::RoleRequest(request),
    );
    let granted = RoleReply {
        role: Role::EQUAL,
        generation_id: Some(9),
    };
    is(
        "OFPT_ROLE_REPLY (OF1.3) (xid=0x4)",
        4,
        Message::RoleReply(granted),
    );
    let primary = AsyncMasks {
        packet_in: 1,
        port_status: 3,
        flow_removed: 5,
    };
    let secondary = AsyncMasks {
        packet_in: 2,
        port_status: 4,
        flow_removed: 6,
    };
    let wanted = Message::SetAsync(AsyncConfig { primary, secondary });
    is("OFPT_SET_ASYNC (OF1.3) (xid=0x11)", 0x11, wanted);
}

fn p9(state: PortState) -> Port {
    Port {
        number: 9,
        hardware_address: [0xaa, 0x55, 0xaa, 0x55, 0x15, 0xa6],
        name: "p9".to_owned(),
        config: PortConfig::empty(),
        state,
        current: PortFeatures::empty(),
        advertised: PortFeatures::empty(),
        supported: PortFeatures::empty(),
        peer: PortFeatures::empty(),
        current_speed: 0,
        maximum_speed: 0,
    }
}

#[test]
fn ports_and_queues() {
    let status = PortStatus {
        reason: PortReason::DELETE,
        port: p9(PortState::LIVE),
    };
    is(
        "OFPT_PORT_STATUS (OF1.3) (xid=0x0): DEL",
        0,
        Message::PortStatus(status),
    );
    let status = PortStatus {
        reason: PortReason::ADD,
        port: p9(PortState::empty()),
    };
    is(
        "OFPT_PORT_STATUS (OF1.3) (xid=0x0): ADD",
        0,
        Message::PortStatus(status),
    );
    let change = PortMod {
        number: 3,
        hardware_address: [0, 0x11, 0, 0, 0x11, 0x11],
        config: PortConfig::PORT_DOWN | PortConfig::NO_RECEIVE,
        mask: PortConfig::PORT_DOWN | PortConfig::NO_RECEIVE,
        advertise: PortFeatures::HALF_10_MBIT | PortFeatures::PAUSE,
    };
    is("addr:00:11:00:00:11:11", 0x11, Message::PortMod(change));
    let Message::MultipartReply(stats) = Message::decode(&find("OFPST_PORT reply")).unwrap().1
    else {
        panic!()
    };
    let MultipartReplyBody::PortStats(ports) = stats.body else {
        panic!()
    };
    assert_eq!(ports.len(), 3);
    let PortStats {
        number,
        rx_packets,
        rx_dropped,
        duration_seconds,
        ..
    } = ports[0];
    assert_eq!(
        (number, rx_packets, rx_dropped),
        (ports::LOCAL, 0, u64::MAX)
    );
    assert_eq!((duration_seconds, ports[1].number), (569, 1));
    let queues = vec![QueueConfig {
        queue: 0,
        port: 1,
        min_rate: None,
        max_rate: None,
    }];
    let queues = QueueConfigs { port: 1, queues };
    is(
        "OFPT_QUEUE_GET_CONFIG_REPLY",
        2,
        Message::QueueConfigReply(queues),
    );
    let query = MultipartRequest::Queue(QueueStatsQuery { port: 3, queue: 4 });
    is("port=3 queue=4", 0x11, Message::MultipartRequest(query));
}

#[test]
fn packets() {
    let actions = vec![
        Action::Output {
            port: 1,
            max_len: 0xffe5,
        },
        Action::Output {
            port: ports::CONTROLLER,
            max_len: 100,
        },
    ];
    let packet = PacketOut {
        buffer_id: None,
        in_port: 3,
        actions,
        packet: vec![1; 20],
    };
    is(
        "actions=output:1,CONTROLLER:100 data_len=20",
        0x11,
        Message::PacketOut(packet),
    );
    let (0, Message::PacketIn2(packet)) = Message::decode(&find("userdata=01.02.03")).unwrap()
    else {
        panic!()
    };
    assert_eq!((packet.packet.len(), packet.full_length), (106, 106));
    assert_eq!((packet.table, packet.cookie), (0, Some(0x77)));
    assert_eq!(
        (packet.reason, packet.buffer_id),
        (PacketInReason::ACTION, None)
    );
    assert_eq!(packet.userdata, [1, 2, 3]);
    let metadata = Match::new().with(Field::InPort, 1).with(Field::Reg5, 0xabc);
    assert_eq!(packet.metadata, metadata);
    // The controller gives the packet back with the continuation as it came and no userdata.
    let (0, Message::Resume(resumed)) = Message::decode(&find("NXT_RESUME")).unwrap() else {
        panic!()
    };
    let mut given_back = packet.clone();
    given_back.userdata.clear();
    assert_eq!(resumed, given_back);
    assert!(packet.continuation.unwrap().len() > 40);
}

#[test]
fn flows_gone_and_watched() {
    let key = FlowKey {
        table: 3,
        priority: 5,
        matching: ten_net(),
    };
    let removed = FlowRemoved {
        key: key.clone(),
        cookie: 0,
        reason: RemovedReason::DELETE,
        duration_seconds: 0,
        duration_nanoseconds: 77_000_000,
        idle_timeout: 1,
        hard_timeout: 0,
        packets: 0,
        bytes: 0,
    };
    is(
        "OFPT_FLOW_REMOVED",
        0,
        Message::FlowRemoved(Box::new(removed)),
    );
    let monitor = FlowMonitor {
        id: 0,
        flags: MonitorFlags(0x3f),
        out_port: ports::ANY,
        table: 3,
        matching: Match::new(),
    };
    let monitor = Message::MultipartRequest(MultipartRequest::FlowMonitor(monitor));
    is(
        "flags=initial,add,delete,modify,actions,own table=3",
        9,
        monitor,
    );
    let flow = |port| MonitoredFlow {
        key: key.clone(),
        cookie: 0,
        idle_timeout: 1,
        hard_timeout: 0,
        instructions: vec![Instruction::ApplyActions(vec![Action::output(port)])],
    };
    for (text, update) in [
        ("event=ADDED table=3 idle", FlowUpdate::Added(flow(1))),
        ("event=MODIFIED", FlowUpdate::Modified(flow(2))),
        (
            "event=DELETED",
            FlowUpdate::Deleted(flow(2), RemovedReason::DELETE),
        ),
    ] {
        is(
            text,
            0,
            reply(MultipartReplyBody::FlowMonitor(vec![update])),
        );
    }
}

#[test]
fn bundles() {
    let control = |kind, flags| BundleControl {
        bundle_id: 0,
        kind,
        flags,
    };
    for (text, kind, flags, xid) in [
        (
            "OPEN_REQUEST",
            BundleControlType::OPEN_REQUEST,
            BundleFlags::ALL,
            8,
        ),
        (
            "OPEN_REPLY",
            BundleControlType::OPEN_REPLY,
            BundleFlags::empty(),
            8,
        ),
        (
            "COMMIT_REPLY",
            BundleControlType::COMMIT_REPLY,
            BundleFlags::empty(),
            10,
        ),
    ] {
        is(text, xid, Message::BundleControl(control(kind, flags)));
    }
    let matching = Match::new().with(Field::InPort, 1);
    let key = FlowKey {
        table: 4,
        priority: 1,
        matching,
    };
    let add = FlowMod::add(key, FlowEntry::default());
    let message = Box::new(Message::FlowMod(add));
    let add = BundleAdd {
        bundle_id: 0,
        flags: BundleFlags::ALL,
        message,
    };
    is("ADD table:4 priority=1", 6, Message::BundleAdd(add));
}

#[test]
fn connections_to_forget() {
    is("NXT_CT_FLUSH_ZONE", 2, Message::CtFlushZone { zone: 17 });
    let address = |text: &str| Some(text.parse().unwrap());
    let flush = CtFlush {
        protocol: 6,
        zone: Some(5),
        original: CtTuple {
            source: address("10.0.0.1"),
            destination: address("10.0.0.2"),
            transport: CtTransport::Ports {
                source: 1,
                destination: 2,
            },
        },
        reply: CtTuple {
            source: address("10.0.0.2"),
            ..CtTuple::default()
        },
        ..CtFlush::default()
    };
    is(
        "NXT_CT_FLUSH (OF1.3) (xid=0x2): zone=5",
        2,
        Message::CtFlush(flush),
    );
    let icmp = |id, kind| CtTransport::Icmp { id, kind, code: 0 };
    let original = CtTuple {
        source: address("fe80::1"),
        destination: None,
        transport: icmp(7, 128),
    };
    let reply = CtTuple {
        transport: icmp(0, 0),
        ..CtTuple::default()
    };
    let flush = CtFlush {
        protocol: 58,
        original,
        reply,
        ..CtFlush::default()
    };
    is("ct_ipv6_src=fe80::1", 2, Message::CtFlush(flush));
}

#[test]
fn questions_about_flows() {
    let matching = Match::new()
        .with(Field::InPort, 1)
        .with(Field::EthType, 0x0800)
        .with_masked(Field::Ipv4Dst, 10 << 24, 0xff << 24);
    let query = FlowQuery {
        table: 4,
        out_port: 5,
        out_group: 6,
        cookie: 0xaa,
        cookie_mask: 0xff,
        matching: matching.clone(),
    };
    let ask = |request| Message::MultipartRequest(request);
    is(
        "table=4 out_port=5",
        0x11,
        ask(MultipartRequest::Flow(query)),
    );
    let all = FlowQuery {
        matching,
        ..FlowQuery::all().with_cookie(1, 1)
    };
    is(
        "OFPST_AGGREGATE request (OF1.3) (xid=0x11)",
        0x11,
        ask(MultipartRequest::Aggregate(all)),
    );
    let table = FlowQuery::all().in_table(1);
    is(
        "OFPST_AGGREGATE request (OF1.3) (xid=0x6)",
        6,
        ask(MultipartRequest::Aggregate(table)),
    );
    is(
        "OFPST_FLOW request (OF1.3) (xid=0x2)",
        2,
        ask(MultipartRequest::Flow(FlowQuery::all())),
    );
    let sum = AggregateStats {
        packets: 0,
        bytes: 0,
        flows: 1,
    };
    is(
        "OFPST_AGGREGATE reply",
        6,
        reply(MultipartReplyBody::Aggregate(sum)),
    );
    is("group_id=77", 0x11, ask(MultipartRequest::Group(77)));
    is("meter=77", 0x11, ask(MultipartRequest::MeterConfig(77)));
    is(
        "OFPST_GROUP request (OF1.3) (xid=0x6)",
        6,
        ask(MultipartRequest::Group(groups::ALL)),
    );
    let own = ExperimenterMultipart {
        experimenter: 0x1234,
        exp_type: 7,
        data: b"abcd".to_vec(),
        more: false,
    };
    let expected = ask(MultipartRequest::Experimenter(own));
    these_are(&beginning("0412001c"), 0x11, expected);
}
