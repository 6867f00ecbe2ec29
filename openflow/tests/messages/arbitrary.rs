//! Any message, as far as its values have one form on the wire.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use openflow::async_config::{AsyncConfig, AsyncMasks};
use openflow::bundle::{BundleAdd, BundleControl, BundleControlType, BundleFlags};
use openflow::config::{FragmentHandling, SwitchConfig};
use openflow::conntrack::{CtFlush, CtTransport, CtTuple};
use openflow::features::{Capabilities, Features};
use openflow::flow_removed::{FlowRemoved, RemovedReason};
use openflow::hello::Hello;
use openflow::message::{Experimenter, Message};
use openflow::packet_io::{PacketIn, PacketInFormat, PacketInReason, PacketOut};
use openflow::port::{Port, PortConfig, PortFeatures, PortMod, PortReason, PortState, PortStatus};
use openflow::queue::{QueueConfig, QueueConfigs};
use openflow::role::{Role, RoleReason, RoleReply, RoleRequest, RoleStatus};
use openflow::table::TableMod;
use openflow::{
    Action, Band, Bucket, Field, FlowEntry, FlowFlags, FlowKey, FlowMod, FlowModCommand, Group,
    GroupMod, GroupModCommand, GroupType, Instruction, Match, Meter, MeterFlags, MeterMod,
    MeterModCommand, PeerError,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::multiparts;

pub fn matching() -> impl Strategy<Value = Match> {
    let fields = vec((0usize..6, any::<u128>(), any::<u128>()), 0..5);
    fields.prop_map(|fields| {
        let choices = [
            Field::InPort,
            Field::Metadata,
            Field::TunnelId,
            Field::Reg0,
            Field::EthDst,
            Field::EthSrc,
        ];
        fields
            .into_iter()
            .fold(Match::new(), |m, (choice, value, mask)| {
                match choices[choice] {
                    Field::InPort => m.with(Field::InPort, value),
                    field => m.with_masked(field, value, mask),
                }
            })
    })
}

pub fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        (any::<u32>(), any::<u16>()).prop_map(|(port, max_len)| Action::Output { port, max_len }),
        any::<u32>().prop_map(Action::Group),
        any::<u32>().prop_map(|value| Action::set(Field::Reg1, value.into())),
        any::<u16>().prop_map(Action::PushVlan),
        (0u8..255).prop_map(Action::resubmit),
        Just(Action::PopVlan),
        Just(Action::CtClear),
        Just(Action::DecTtl),
    ]
}

pub fn instructions() -> impl Strategy<Value = Vec<Instruction>> {
    let metadata =
        (any::<u64>(), any::<u64>()).prop_map(|(value, mask)| Instruction::WriteMetadata {
            value: value & mask,
            mask,
        });
    vec(
        prop_oneof![
            any::<u8>().prop_map(Instruction::GotoTable),
            metadata,
            vec(action(), 0..4).prop_map(Instruction::ApplyActions),
            vec(action(), 0..4).prop_map(Instruction::WriteActions),
            Just(Instruction::ClearActions),
            any::<u32>().prop_map(Instruction::Meter),
        ],
        0..4,
    )
}

pub fn key() -> impl Strategy<Value = FlowKey> {
    let parts = (any::<u8>(), any::<u16>(), matching());
    parts.prop_map(|(table, priority, matching)| FlowKey {
        table,
        priority,
        matching,
    })
}

pub fn entry() -> impl Strategy<Value = FlowEntry> {
    (
        any::<u64>(),
        instructions(),
        any::<u16>(),
        any::<u16>(),
        0u16..32,
    )
        .prop_map(
            |(cookie, instructions, idle_timeout, hard_timeout, flags)| FlowEntry {
                cookie,
                instructions,
                idle_timeout,
                hard_timeout,
                flags: FlowFlags(flags),
            },
        )
}

pub fn group() -> impl Strategy<Value = Group> {
    let bucket = (
        any::<u16>(),
        any::<u32>(),
        any::<u32>(),
        vec(action(), 0..3),
    )
        .prop_map(|(weight, watch_port, watch_group, actions)| Bucket {
            weight,
            watch_port,
            watch_group,
            actions,
        });
    let kind = prop::sample::select(GroupType::ALL.to_vec());
    (any::<u32>(), kind, vec(bucket, 0..4)).prop_map(|(id, kind, buckets)| Group {
        id,
        kind,
        buckets,
    })
}

pub fn meter() -> impl Strategy<Value = Meter> {
    let band = (any::<u32>(), any::<u32>(), option::of(any::<u8>())).prop_map(
        |(rate, burst_size, precedence)| match precedence {
            None => Band::Drop { rate, burst_size },
            Some(precedence) => Band::DscpRemark {
                rate,
                burst_size,
                precedence,
            },
        },
    );
    (any::<u32>(), any::<u16>(), vec(band, 0..4)).prop_map(|(id, flags, bands)| Meter {
        id,
        flags: MeterFlags(flags),
        bands,
    })
}

pub fn port() -> impl Strategy<Value = Port> {
    let words = any::<[u32; 8]>();
    (any::<u32>(), any::<[u8; 6]>(), "[a-z0-9_.-]{0,15}", words).prop_map(
        |(number, hardware_address, name, words)| {
            let [
                config,
                state,
                current,
                advertised,
                supported,
                peer,
                speed,
                maximum,
            ] = words;
            Port {
                number,
                hardware_address,
                name,
                config: PortConfig(config),
                state: PortState(state),
                current: PortFeatures(current),
                advertised: PortFeatures(advertised),
                supported: PortFeatures(supported),
                peer: PortFeatures(peer),
                current_speed: speed,
                maximum_speed: maximum,
            }
        },
    )
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..most)
}

/// Any but all ones, which stands for none.
fn number() -> impl Strategy<Value = Option<u64>> {
    option::of(0..u64::MAX)
}

fn buffer() -> impl Strategy<Value = Option<u32>> {
    option::of(0..u32::MAX)
}

fn packet_in() -> impl Strategy<Value = PacketIn> {
    let state = (bytes(100), option::of(bytes(100)));
    (
        bytes(200),
        0u32..500,
        buffer(),
        any::<u8>(),
        number(),
        any::<u8>(),
        matching(),
        state,
    )
        .prop_map(
            |(packet, more, buffer_id, table, cookie, reason, metadata, state)| PacketIn {
                full_length: packet.len() as u32 + more,
                packet,
                buffer_id,
                table,
                cookie,
                reason: PacketInReason(reason),
                metadata,
                userdata: state.0,
                continuation: state.1,
            },
        )
}

fn flow_mod() -> impl Strategy<Value = FlowMod> {
    (0u8..5, key(), entry(), any::<u64>(), any::<[u32; 3]>()).prop_map(
        |(command, key, entry, cookie_mask, [buffer_id, out_port, out_group])| FlowMod {
            command: FlowModCommand(command),
            key,
            entry,
            cookie_mask,
            buffer_id,
            out_port,
            out_group,
        },
    )
}

fn flow_removed() -> impl Strategy<Value = FlowRemoved> {
    (
        key(),
        any::<[u64; 3]>(),
        any::<u8>(),
        any::<[u32; 2]>(),
        any::<[u16; 2]>(),
    )
        .prop_map(
            |(key, [cookie, packets, bytes], reason, durations, timeouts)| FlowRemoved {
                key,
                cookie,
                reason: RemovedReason(reason),
                duration_seconds: durations[0],
                duration_nanoseconds: durations[1],
                idle_timeout: timeouts[0],
                hard_timeout: timeouts[1],
                packets,
                bytes,
            },
        )
}

fn tuple() -> impl Strategy<Value = CtTuple> {
    let address = || {
        option::of(prop_oneof![
            any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
            (1u128 << 100..).prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))),
        ])
    };
    let transport =
        prop_oneof![
            Just(CtTransport::Any),
            (any::<u16>(), 1u16..).prop_map(|(source, destination)| CtTransport::Ports {
                source,
                destination
            }),
            (any::<u16>(), any::<u8>(), any::<u8>())
                .prop_map(|(id, kind, code)| CtTransport::Icmp { id, kind, code }),
        ];
    (address(), address(), transport).prop_map(|(source, destination, transport)| CtTuple {
        source,
        destination,
        transport,
    })
}

fn ct_flush() -> impl Strategy<Value = CtFlush> {
    let mark = option::of((any::<u32>(), prop_oneof![any::<u32>(), Just(u32::MAX)]));
    let labels = option::of((any::<u128>(), prop_oneof![any::<u128>(), Just(u128::MAX)]));
    (
        any::<u8>(),
        option::of(any::<u16>()),
        tuple(),
        tuple(),
        mark,
        labels,
    )
        .prop_map(|(protocol, zone, original, reply, mark, labels)| CtFlush {
            protocol,
            zone,
            original,
            reply,
            mark,
            labels,
        })
}

pub fn peer_error() -> impl Strategy<Value = PeerError> {
    prop_oneof![
        prop::sample::select(PeerError::all().collect::<Vec<_>>()),
        (0u16..0xffff, any::<u16>()).prop_map(|(kind, code)| PeerError::from_type(kind, code)),
        (any::<u32>(), any::<u16>())
            .prop_map(|(who, kind)| PeerError::from_experimenter(who, kind)),
    ]
}

fn empty() -> impl Strategy<Value = Message> {
    prop::sample::select(vec![
        Message::FeaturesRequest,
        Message::GetConfigRequest,
        Message::BarrierRequest,
        Message::BarrierReply,
        Message::AsyncRequest,
        Message::FlowMonitorPaused,
        Message::FlowMonitorResumed,
    ])
}

fn roles() -> impl Strategy<Value = Message> {
    let role = (any::<u32>(), any::<u64>()).prop_map(|(role, generation_id)| RoleRequest {
        role: Role(role),
        generation_id,
    });
    let role_reply = (any::<u32>(), number()).prop_map(|(role, generation_id)| RoleReply {
        role: Role(role),
        generation_id,
    });
    let status = (any::<u32>(), any::<u8>(), number()).prop_map(|(role, reason, generation_id)| {
        RoleStatus {
            role: Role(role),
            reason: RoleReason(reason),
            generation_id,
        }
    });
    let masks = |[packet_in, port_status, flow_removed]: [u32; 3]| AsyncMasks {
        packet_in,
        port_status,
        flow_removed,
    };
    let wanted = any::<[[u32; 3]; 2]>().prop_map(move |[primary, secondary]| AsyncConfig {
        primary: masks(primary),
        secondary: masks(secondary),
    });
    prop_oneof![
        role.prop_map(Message::RoleRequest),
        role_reply.prop_map(Message::RoleReply),
        status.prop_map(Message::RoleStatus),
        wanted.clone().prop_map(Message::SetAsync),
        wanted.prop_map(Message::AsyncReply),
    ]
}

fn small() -> impl Strategy<Value = Message> {
    let hello = option::of(vec(any::<u32>(), 0..3))
        .prop_map(|bitmap| Message::Hello(Hello { version: 4, bitmap }));
    let features = (any::<u64>(), any::<[u32; 2]>(), any::<[u8; 2]>()).prop_map(
        |(datapath_id, [buffers, capabilities], [tables, auxiliary_id])| Features {
            datapath_id,
            buffers,
            tables,
            auxiliary_id,
            capabilities: Capabilities(capabilities),
        },
    );
    let fragments = prop::sample::select(vec![
        FragmentHandling::Normal,
        FragmentHandling::Drop,
        FragmentHandling::Reassemble,
        FragmentHandling::NiciraMatch,
    ]);
    let config = (fragments, any::<u16>()).prop_map(|(fragments, miss_send_len)| SwitchConfig {
        fragments,
        miss_send_len,
    });
    let control =
        (any::<u32>(), any::<u16>(), any::<u16>()).prop_map(|(bundle_id, kind, flags)| {
            BundleControl {
                bundle_id,
                kind: BundleControlType(kind),
                flags: BundleFlags(flags),
            }
        });
    let formats = vec![
        PacketInFormat::Standard,
        PacketInFormat::Nicira,
        PacketInFormat::Nicira2,
    ];
    prop_oneof![
        hello,
        (peer_error(), bytes(50)).prop_map(|(error, data)| Message::error(error, data)),
        bytes(50).prop_map(Message::EchoRequest),
        bytes(50).prop_map(Message::EchoReply),
        features.prop_map(Message::FeaturesReply),
        config.clone().prop_map(Message::GetConfigReply),
        config.prop_map(Message::SetConfig),
        control.prop_map(Message::BundleControl),
        any::<u32>().prop_map(|id| Message::FlowMonitorCancel { id }),
        any::<u16>().prop_map(Message::SetControllerId),
        any::<u16>().prop_map(|zone| Message::CtFlushZone { zone }),
        any::<u32>().prop_map(|port| Message::QueueConfigRequest { port }),
        prop::sample::select(formats).prop_map(Message::SetPacketInFormat),
    ]
}

fn packets() -> impl Strategy<Value = Message> {
    let packet_out = (buffer(), any::<u32>(), vec(action(), 0..4), bytes(200)).prop_map(
        |(buffer_id, in_port, actions, packet)| PacketOut {
            buffer_id,
            in_port,
            actions,
            packet,
        },
    );
    prop_oneof![
        packet_in().prop_map(|packet| Message::PacketIn2(Box::new(packet))),
        packet_in().prop_map(|packet| Message::Resume(Box::new(packet))),
        packet_in().prop_map(|packet| {
            let (userdata, continuation) = (vec![], None);
            Message::PacketIn(Box::new(PacketIn {
                userdata,
                continuation,
                ..packet
            }))
        }),
        packet_out.prop_map(Message::PacketOut),
    ]
}

fn families() -> impl Strategy<Value = Message> {
    let port_mod = (any::<[u32; 4]>(), any::<[u8; 6]>()).prop_map(
        |([number, config, mask, advertise], hardware_address)| PortMod {
            number,
            hardware_address,
            config: PortConfig(config),
            mask: PortConfig(mask),
            advertise: PortFeatures(advertise),
        },
    );
    let rate = || option::of(any::<u16>());
    let queue =
        (any::<[u32; 2]>(), rate(), rate()).prop_map(|([queue, port], min_rate, max_rate)| {
            QueueConfig {
                queue,
                port,
                min_rate,
                max_rate,
            }
        });
    let queues =
        (any::<u32>(), vec(queue, 0..4)).prop_map(|(port, queues)| QueueConfigs { port, queues });
    let foreign =
        (1u32..0x2000, any::<u32>(), bytes(40)).prop_map(|(experimenter, exp_type, data)| {
            Experimenter {
                experimenter,
                exp_type,
                data,
            }
        });
    prop_oneof![
        flow_mod().prop_map(Message::FlowMod),
        flow_removed().prop_map(|removed| Message::FlowRemoved(Box::new(removed))),
        (any::<u8>(), port()).prop_map(|(reason, port)| {
            Message::PortStatus(PortStatus {
                reason: PortReason(reason),
                port,
            })
        }),
        port_mod.prop_map(Message::PortMod),
        (0u16..3, group()).prop_map(|(command, group)| {
            Message::GroupMod(GroupMod {
                command: GroupModCommand(command),
                group,
            })
        }),
        (0u16..3, meter()).prop_map(|(command, meter)| {
            Message::MeterMod(MeterMod {
                command: MeterModCommand(command),
                meter,
            })
        }),
        (any::<u8>(), any::<u32>())
            .prop_map(|(table, config)| Message::TableMod(TableMod { table, config })),
        queues.prop_map(Message::QueueConfigReply),
        ct_flush().prop_map(Message::CtFlush),
        foreign.prop_map(Message::Experimenter),
    ]
}

/// Boxed, each kind for itself: the trees of them all would not fit a test's stack.
fn plain() -> BoxedStrategy<Message> {
    prop_oneof![
        1 => empty().boxed(),
        2 => roles().boxed(),
        5 => small().boxed(),
        4 => packets().boxed(),
        8 => families().boxed(),
        3 => multiparts::request().prop_map(Message::MultipartRequest).boxed(),
        8 => multiparts::reply().prop_map(Message::MultipartReply).boxed(),
    ]
    .boxed()
}

/// Any message. A bundle holds any but bundle messages.
pub fn message() -> impl Strategy<Value = Message> {
    let held = plain().prop_filter("bundles hold no bundles", |message| {
        !matches!(message, Message::BundleControl(_))
    });
    let add =
        (any::<u32>(), any::<u16>(), held).prop_map(|(bundle_id, flags, message)| BundleAdd {
            bundle_id,
            flags: BundleFlags(flags),
            message: Box::new(message),
        });
    prop_oneof![9 => plain(), 1 => add.prop_map(Message::BundleAdd)]
}
