//! Answers to questions: features and dumps.

use super::change::sends_to;
use super::check::TABLES;
use super::flow_table::{Flow, stats};
use super::switch::Switch;
use crate::action::Action;
use crate::counters::{GroupCapabilities, GroupFeatures, GroupStats, MeterFeatures, MeterStats};
use crate::description::Description;
use crate::features::{Capabilities, Features};
use crate::flow::{FlowKey, FlowStats};
use crate::instruction::Instruction;
use crate::message::Message;
use crate::multipart::{
    AggregateStats, FlowQuery, MultipartReply, MultipartReplyBody, MultipartRequest,
};
use crate::number::{TABLE_ALL, groups, meters, ports};
use crate::peer_error::{BadRequest, PeerError};
use crate::port::PortStats;
use crate::table::{TableFeatures, TableStats};

/// Items of one part of a reply, if they are short enough for the 64 KiB of a message.
const PART: usize = 50;

/// What the switch is.
pub(super) fn features(switch: &Switch) -> Features {
    Features {
        datapath_id: switch.datapath_id,
        buffers: 0,
        tables: TABLES,
        auxiliary_id: 0,
        capabilities: Capabilities::FLOW_STATS
            | Capabilities::TABLE_STATS
            | Capabilities::PORT_STATS
            | Capabilities::GROUP_STATS
            | Capabilities::QUEUE_STATS,
    }
}

/// The parts of the reply to a question.
pub(super) fn multipart(
    switch: &Switch,
    request: MultipartRequest,
) -> Result<Vec<Message>, PeerError> {
    use MultipartReplyBody as Body;
    Ok(match request {
        MultipartRequest::Desc => one(Body::Desc(description(switch))),
        MultipartRequest::Flow(query) => parts(flows(switch, &query), Body::Flow),
        MultipartRequest::Aggregate(query) => {
            let flows = flows(switch, &query);
            one(Body::Aggregate(AggregateStats {
                packets: flows.iter().map(|flow| flow.packets).sum(),
                bytes: flows.iter().map(|flow| flow.bytes).sum(),
                flows: flows.len() as u32,
            }))
        }
        MultipartRequest::Table => parts(tables(switch), Body::Table),
        MultipartRequest::TableFeatures { features, more } if features.is_empty() && !more => {
            parts(table_features(), Body::TableFeatures)
        }
        MultipartRequest::PortStats(number) => parts(port_stats(switch, number)?, Body::PortStats),
        MultipartRequest::PortDesc => {
            parts(switch.ports.values().cloned().collect(), Body::PortDesc)
        }
        MultipartRequest::Queue(_) => one(Body::Queue(Vec::new())),
        MultipartRequest::GroupDesc => parts(switch.groups().cloned().collect(), Body::GroupDesc),
        MultipartRequest::Group(id) => parts(group_stats(switch, id), Body::Group),
        MultipartRequest::GroupFeatures => one(Body::GroupFeatures(GroupFeatures {
            types: 0xf,
            capabilities: GroupCapabilities::SELECT_WEIGHT
                | GroupCapabilities::SELECT_LIVENESS
                | GroupCapabilities::CHAINING,
            groups_max: [groups::MAX; 4],
            actions: [0x7f_9801; 4],
        })),
        MultipartRequest::MeterConfig(id) => {
            let of = |meter: &&crate::meter::Meter| id == meters::ALL || meter.id == id;
            parts(
                switch.meters().filter(of).cloned().collect(),
                Body::MeterConfig,
            )
        }
        MultipartRequest::Meter(id) => parts(meter_stats(switch, id), Body::Meter),
        MultipartRequest::MeterFeatures => one(Body::MeterFeatures(MeterFeatures {
            meters_max: 200_000,
            band_types: 1 << 1,
            capabilities: 0xf,
            bands_max: 8,
            color_max: 0,
        })),
        _ => return Err(PeerError::BadRequest(BadRequest::BadMultipart)),
    })
}

fn one(body: MultipartReplyBody) -> Vec<Message> {
    let more = false;
    vec![Message::MultipartReply(MultipartReply { more, body })]
}

/// A reply in as many parts as it takes; one at least.
fn parts<T: Clone>(items: Vec<T>, body: impl Fn(Vec<T>) -> MultipartReplyBody) -> Vec<Message> {
    let part = |items: &[T], more| {
        let body = body(items.to_vec());
        Message::MultipartReply(MultipartReply { more, body })
    };
    let mut rest = items.as_slice();
    let mut replies = Vec::new();
    loop {
        let mut count = rest.len().min(PART);
        while count > 1 && !fits(&part(rest.get(..count).unwrap_or(rest), true)) {
            count /= 2;
        }
        let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        rest = later;
        replies.push(part(now, !rest.is_empty()));
        if rest.is_empty() {
            return replies;
        }
    }
}

fn fits(message: &Message) -> bool {
    message.encode(0, &mut Vec::new()).is_ok()
}

fn description(switch: &Switch) -> Description {
    Description {
        manufacturer: "weft".to_owned(),
        hardware: "in memory".to_owned(),
        software: env!("CARGO_PKG_VERSION").to_owned(),
        serial_number: "None".to_owned(),
        datapath: format!("{:016x}", switch.datapath_id),
    }
}

fn flows(switch: &Switch, query: &FlowQuery) -> Vec<FlowStats> {
    let wanted = |(key, flow): &(FlowKey, &Flow)| {
        (query.table == TABLE_ALL || query.table == key.table)
            && (flow.entry.cookie ^ query.cookie) & query.cookie_mask == 0
            && query.matching.covers(&key.matching)
            && sends_to(flow, query.out_port, query.out_group)
    };
    let flows = switch.pipeline.flows.iter().filter(wanted);
    flows.map(|(key, flow)| stats(key, flow)).collect()
}

fn tables(switch: &Switch) -> Vec<TableStats> {
    let of = |table| TableStats {
        table,
        active: switch.pipeline.flows.len_of(table) as u32,
        lookups: 0,
        matches: 0,
    };
    (0..TABLES).map(of).collect()
}

fn table_features() -> Vec<TableFeatures> {
    let of = |table: u8| TableFeatures {
        table,
        name: format!("table{table}"),
        metadata_match: u64::MAX,
        metadata_write: u64::MAX,
        config: 0,
        entries_max: 1_000_000,
        properties: Vec::new(),
    };
    (0..TABLES).map(of).collect()
}

fn port_stats(switch: &Switch, number: u32) -> Result<Vec<PortStats>, PeerError> {
    if number != ports::ANY && !switch.ports.contains_key(&number) {
        return Err(PeerError::BadRequest(BadRequest::BadPort));
    }
    let of = |number: &&u32| **number == ports::ANY || switch.ports.contains_key(*number);
    let wanted = switch
        .ports
        .keys()
        .filter(|port| number == ports::ANY || **port == number);
    Ok(wanted.filter(of).map(|number| no_stats(*number)).collect())
}

/// The switch counts nothing at its ports.
fn no_stats(number: u32) -> PortStats {
    PortStats {
        number,
        rx_packets: 0,
        tx_packets: 0,
        rx_bytes: 0,
        tx_bytes: 0,
        rx_dropped: 0,
        tx_dropped: 0,
        rx_errors: 0,
        tx_errors: 0,
        rx_frame_errors: 0,
        rx_over_errors: 0,
        rx_crc_errors: 0,
        collisions: 0,
        duration_seconds: 0,
        duration_nanoseconds: 0,
    }
}

fn group_stats(switch: &Switch, id: u32) -> Vec<GroupStats> {
    let uses = |group: u32| {
        let users = switch.pipeline.flows.iter();
        users
            .filter(|(_, flow)| flow.actions().contains(&&Action::Group(group)))
            .count()
    };
    let groups = switch.pipeline.groups.values();
    let wanted = groups.filter(|counted| id == groups::ALL || counted.group.id == id);
    let stats = wanted.map(|counted| GroupStats {
        group: counted.group.id,
        references: uses(counted.group.id) as u32,
        packets: counted.total.packets,
        bytes: counted.total.bytes,
        duration_seconds: 0,
        duration_nanoseconds: 0,
        buckets: counted.buckets.clone(),
    });
    stats.collect()
}

fn meter_stats(switch: &Switch, id: u32) -> Vec<MeterStats> {
    let uses = |meter: u32| {
        let users = switch.pipeline.flows.iter();
        let by = |flow: &Flow| flow.entry.instructions.contains(&Instruction::Meter(meter));
        users.filter(|(_, flow)| by(flow)).count()
    };
    let meters = switch.pipeline.meters.values();
    let wanted = meters.filter(|counted| id == meters::ALL || counted.meter.id == id);
    let stats = wanted.map(|counted| MeterStats {
        meter: counted.meter.id,
        flows: uses(counted.meter.id) as u32,
        packets: counted.total.packets,
        bytes: counted.total.bytes,
        duration_seconds: 0,
        duration_nanoseconds: 0,
        bands: vec![Default::default(); counted.meter.bands.len()],
    });
    stats.collect()
}
