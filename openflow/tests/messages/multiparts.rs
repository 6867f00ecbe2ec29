//! Any multipart message, as far as its values have one form on the wire.

use openflow::counters::{
    Counter, GroupCapabilities, GroupFeatures, GroupStats, MeterFeatures, MeterStats,
};
use openflow::description::Description;
use openflow::flow_removed::RemovedReason;
use openflow::multipart::{
    AggregateStats, ExperimenterMultipart, FlowQuery, MultipartReply, MultipartReplyBody,
    MultipartRequest,
};
use openflow::port::PortStats;
use openflow::queue::{QueueStats, QueueStatsQuery};
use openflow::table::{FeatureId, FieldId, Manner, TableFeatures, TableProperty, TableStats};
use openflow::watch::{FlowMonitor, FlowUpdate, MonitorFlags, MonitoredFlow};
use openflow::{FlowKey, FlowStats, Instruction};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::arbitrary::{entry, group, instructions, key, matching, meter, port};

fn query() -> impl Strategy<Value = FlowQuery> {
    (
        any::<u8>(),
        any::<[u32; 2]>(),
        any::<[u64; 2]>(),
        matching(),
    )
        .prop_map(
            |(table, [out_port, out_group], [cookie, cookie_mask], matching)| FlowQuery {
                table,
                out_port,
                out_group,
                cookie,
                cookie_mask,
                matching,
            },
        )
}

fn own(more: bool) -> impl Strategy<Value = ExperimenterMultipart> {
    (1u32..0x2000, any::<u32>(), vec(any::<u8>(), 0..40)).prop_map(
        move |(experimenter, exp_type, data)| ExperimenterMultipart {
            experimenter,
            exp_type,
            data,
            more,
        },
    )
}

fn property() -> impl Strategy<Value = TableProperty> {
    let id = || {
        (0u16..0x8000, option::of(any::<u32>())).prop_map(|(kind, experimenter)| {
            let kind = if experimenter.is_some() { 0xffff } else { kind };
            FeatureId { kind, experimenter }
        })
    };
    let field = || {
        (any::<u32>(), option::of(any::<u32>())).prop_map(|(header, experimenter)| {
            let class = if experimenter.is_some() {
                0xffff_0000
            } else {
                0x8000_0000
            };
            FieldId {
                header: header & 0xffff | class,
                experimenter,
            }
        })
    };
    let by = || prop::sample::select(vec![Manner::Write, Manner::Apply]);
    prop_oneof![
        (any::<bool>(), vec(id(), 0..5))
            .prop_map(|(miss, kinds)| TableProperty::Instructions { miss, kinds }),
        (any::<bool>(), vec(any::<u8>(), 0..20))
            .prop_map(|(miss, tables)| TableProperty::NextTables { miss, tables }),
        (by(), any::<bool>(), vec(id(), 0..5))
            .prop_map(|(by, miss, kinds)| TableProperty::Actions { by, miss, kinds }),
        (by(), any::<bool>(), vec(field(), 0..5))
            .prop_map(|(by, miss, fields)| TableProperty::SetField { by, miss, fields }),
        vec(field(), 0..5).prop_map(TableProperty::Match),
        vec(field(), 0..5).prop_map(TableProperty::Wildcards),
        (0x100u16.., vec(any::<u8>(), 0..20))
            .prop_map(|(kind, value)| TableProperty::Other { kind, value }),
    ]
}

fn table_features() -> impl Strategy<Value = TableFeatures> {
    (
        any::<u8>(),
        "[a-z]{0,31}",
        any::<[u64; 2]>(),
        any::<[u32; 2]>(),
        vec(property(), 0..5),
    )
        .prop_map(
            |(table, name, [metadata_match, metadata_write], words, properties)| TableFeatures {
                table,
                name,
                metadata_match,
                metadata_write,
                config: words[0],
                entries_max: words[1],
                properties,
            },
        )
}

/// Any multipart request.
pub fn request() -> impl Strategy<Value = MultipartRequest> {
    let monitor = (any::<[u32; 2]>(), any::<u16>(), any::<u8>(), matching()).prop_map(
        |([id, out_port], flags, table, matching)| FlowMonitor {
            id,
            flags: MonitorFlags(flags),
            out_port,
            table,
            matching,
        },
    );
    let features = (vec(table_features(), 0..3), any::<bool>())
        .prop_map(|(features, more)| MultipartRequest::TableFeatures { features, more });
    prop_oneof![
        prop::sample::select(vec![
            MultipartRequest::Desc,
            MultipartRequest::Table,
            MultipartRequest::GroupDesc,
            MultipartRequest::GroupFeatures,
            MultipartRequest::MeterFeatures,
            MultipartRequest::PortDesc,
        ]),
        query().prop_map(MultipartRequest::Flow),
        query().prop_map(MultipartRequest::Aggregate),
        any::<u32>().prop_map(MultipartRequest::PortStats),
        any::<u32>().prop_map(MultipartRequest::Group),
        any::<u32>().prop_map(MultipartRequest::Meter),
        any::<u32>().prop_map(MultipartRequest::MeterConfig),
        any::<[u32; 2]>()
            .prop_map(|[port, queue]| MultipartRequest::Queue(QueueStatsQuery { port, queue })),
        features,
        monitor.prop_map(MultipartRequest::FlowMonitor),
        any::<bool>()
            .prop_flat_map(own)
            .prop_map(MultipartRequest::Experimenter),
    ]
}

fn counters() -> impl Strategy<Value = Vec<Counter>> + Clone {
    vec(
        any::<[u64; 2]>().prop_map(|[packets, bytes]| Counter { packets, bytes }),
        0..4,
    )
}

fn flow() -> impl Strategy<Value = FlowStats> {
    (key(), entry(), any::<[u32; 2]>(), any::<[u64; 2]>()).prop_map(
        |(key, entry, durations, [packets, bytes])| FlowStats {
            key,
            entry,
            duration_seconds: durations[0],
            duration_nanoseconds: durations[1],
            packets,
            bytes,
        },
    )
}

fn update() -> impl Strategy<Value = FlowUpdate> {
    let flow =
        |(key, cookie, timeouts, instructions): (FlowKey, u64, [u16; 2], Vec<Instruction>)| {
            MonitoredFlow {
                key,
                cookie,
                idle_timeout: timeouts[0],
                hard_timeout: timeouts[1],
                instructions,
            }
        };
    let parts = (key(), any::<u64>(), any::<[u16; 2]>(), instructions());
    (0..4, parts, any::<u8>(), any::<u32>()).prop_map(
        move |(event, parts, reason, xid)| match event {
            0 => FlowUpdate::Added(flow(parts)),
            1 => FlowUpdate::Modified(flow(parts)),
            2 => FlowUpdate::Deleted(flow(parts), RemovedReason(reason)),
            _ => FlowUpdate::Own { xid },
        },
    )
}

fn port_stats() -> impl Strategy<Value = PortStats> {
    (any::<[u32; 3]>(), any::<[u64; 12]>()).prop_map(|(words, c)| PortStats {
        number: words[0],
        rx_packets: c[0],
        tx_packets: c[1],
        rx_bytes: c[2],
        tx_bytes: c[3],
        rx_dropped: c[4],
        tx_dropped: c[5],
        rx_errors: c[6],
        tx_errors: c[7],
        rx_frame_errors: c[8],
        rx_over_errors: c[9],
        rx_crc_errors: c[10],
        collisions: c[11],
        duration_seconds: words[1],
        duration_nanoseconds: words[2],
    })
}

fn tables_and_ports() -> impl Strategy<Value = MultipartReplyBody> {
    let text = || "[a-zA-Z0-9 .]{0,40}";
    let description = (text(), text(), text(), "[0-9]{0,31}", text()).prop_map(
        |(manufacturer, hardware, software, serial_number, datapath)| Description {
            manufacturer,
            hardware,
            software,
            serial_number,
            datapath,
        },
    );
    let table = (any::<u8>(), any::<u32>(), any::<[u64; 2]>()).prop_map(
        |(table, active, [lookups, matches])| TableStats {
            table,
            active,
            lookups,
            matches,
        },
    );
    let queue = (any::<[u32; 4]>(), any::<[u64; 3]>()).prop_map(|(words, counters)| QueueStats {
        port: words[0],
        queue: words[1],
        tx_bytes: counters[0],
        tx_packets: counters[1],
        tx_errors: counters[2],
        duration_seconds: words[2],
        duration_nanoseconds: words[3],
    });
    prop_oneof![
        description.prop_map(MultipartReplyBody::Desc),
        vec(table, 0..4).prop_map(MultipartReplyBody::Table),
        vec(port_stats(), 0..3).prop_map(MultipartReplyBody::PortStats),
        vec(queue, 0..3).prop_map(MultipartReplyBody::Queue),
        vec(table_features(), 0..3).prop_map(MultipartReplyBody::TableFeatures),
        vec(port(), 0..3).prop_map(MultipartReplyBody::PortDesc),
    ]
}

fn flows_and_groups() -> impl Strategy<Value = MultipartReplyBody> {
    let sum =
        (any::<[u64; 2]>(), any::<u32>()).prop_map(|([packets, bytes], flows)| AggregateStats {
            packets,
            bytes,
            flows,
        });
    let stats = (any::<[u32; 4]>(), any::<[u64; 2]>(), counters());
    let group_stats = stats
        .clone()
        .prop_map(|(words, [packets, bytes], buckets)| GroupStats {
            group: words[0],
            references: words[1],
            packets,
            bytes,
            duration_seconds: words[2],
            duration_nanoseconds: words[3],
            buckets,
        });
    let meter_stats = stats.prop_map(|(words, [packets, bytes], bands)| MeterStats {
        meter: words[0],
        flows: words[1],
        packets,
        bytes,
        duration_seconds: words[2],
        duration_nanoseconds: words[3],
        bands,
    });
    let group_features = any::<([u32; 2], [u32; 4], [u32; 4])>().prop_map(
        |([types, capabilities], groups_max, actions)| GroupFeatures {
            types,
            capabilities: GroupCapabilities(capabilities),
            groups_max,
            actions,
        },
    );
    let meter_features = any::<([u32; 3], [u8; 2])>().prop_map(
        |([meters_max, band_types, capabilities], [bands_max, color_max])| MeterFeatures {
            meters_max,
            band_types,
            capabilities,
            bands_max,
            color_max,
        },
    );
    prop_oneof![
        vec(flow(), 0..4).prop_map(MultipartReplyBody::Flow),
        sum.prop_map(MultipartReplyBody::Aggregate),
        vec(group_stats, 0..3).prop_map(MultipartReplyBody::Group),
        vec(group(), 0..3).prop_map(MultipartReplyBody::GroupDesc),
        group_features.prop_map(MultipartReplyBody::GroupFeatures),
        vec(meter_stats, 0..3).prop_map(MultipartReplyBody::Meter),
        vec(meter(), 0..3).prop_map(MultipartReplyBody::MeterConfig),
        meter_features.prop_map(MultipartReplyBody::MeterFeatures),
        vec(update(), 0..3).prop_map(MultipartReplyBody::FlowMonitor),
        own(false).prop_map(MultipartReplyBody::Experimenter),
    ]
}

/// Any multipart reply.
pub fn reply() -> impl Strategy<Value = MultipartReply> {
    (
        any::<bool>(),
        prop_oneof![tables_and_ports(), flows_and_groups()],
    )
        .prop_map(|(more, body)| MultipartReply { more, body })
}
