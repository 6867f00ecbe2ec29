//! Multipart messages: one request, and a reply in as many parts as it takes (OpenFlow 1.3.5 §7.3.5).

mod flow;

pub use flow::{AggregateStats, FlowQuery};

use crate::codec::{Reader, Writer};
use crate::counters::{GroupFeatures, GroupStats, MeterFeatures, MeterStats};
use crate::description::Description;
use crate::error::{DecodeError, EncodeError, Problem};
use crate::flow::FlowStats;
use crate::group::Group;
use crate::meter::Meter;
use crate::number::experimenters::ONF;
use crate::port::{Port, PortStats};
use crate::queue::{QueueStats, QueueStatsQuery};
use crate::table::{TableFeatures, TableStats};
use crate::watch::{FlowMonitor, FlowUpdate};

/// OFPMPF_REQ_MORE and OFPMPF_REPLY_MORE: another part follows.
const MORE: u16 = 1;
/// Number of the ONF flow monitor among the experimenter's multipart types.
const FLOW_MONITOR: u32 = 1870;

/// OFPMP_*: what a multipart message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MultipartKind {
    /// OFPMP_DESC (0).
    Desc,
    /// OFPMP_FLOW (1).
    Flow,
    /// OFPMP_AGGREGATE (2).
    Aggregate,
    /// OFPMP_TABLE (3).
    Table,
    /// OFPMP_PORT_STATS (4).
    PortStats,
    /// OFPMP_QUEUE (5).
    Queue,
    /// OFPMP_GROUP (6).
    Group,
    /// OFPMP_GROUP_DESC (7).
    GroupDesc,
    /// OFPMP_GROUP_FEATURES (8).
    GroupFeatures,
    /// OFPMP_METER (9).
    Meter,
    /// OFPMP_METER_CONFIG (10).
    MeterConfig,
    /// OFPMP_METER_FEATURES (11).
    MeterFeatures,
    /// OFPMP_TABLE_FEATURES (12).
    TableFeatures,
    /// OFPMP_PORT_DESC (13).
    PortDesc,
    /// ONFST_FLOW_MONITOR: experimenter 0x4f4e4600, type 1870.
    FlowMonitor,
    /// Any other of an experimenter.
    Experimenter,
}

/// A question that has a multipart reply.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum MultipartRequest {
    /// Who made the switch.
    Desc,
    /// Flows with their counters.
    Flow(FlowQuery),
    /// Counters of flows, summed up.
    Aggregate(FlowQuery),
    /// Counters of tables.
    Table,
    /// Counters of a port, or of all with `OFPP_ANY`.
    PortStats(u32),
    /// Counters of queues.
    Queue(QueueStatsQuery),
    /// Counters of a group, or of all with `OFPG_ALL`.
    Group(u32),
    /// All groups.
    GroupDesc,
    /// What groups can do.
    GroupFeatures,
    /// Counters of a meter, or of all with `OFPM_ALL`.
    Meter(u32),
    /// A meter, or all with `OFPM_ALL`.
    MeterConfig(u32),
    /// What meters can do.
    MeterFeatures,
    /// What tables can do; with features given, sets them.
    TableFeatures {
        /// What to set; empty only asks.
        features: Vec<TableFeatures>,
        /// Another part of the request follows.
        more: bool,
    },
    /// All ports.
    PortDesc,
    /// Reports of changes to flows, from now on.
    FlowMonitor(FlowMonitor),
    /// Something of an experimenter.
    Experimenter(ExperimenterMultipart),
}

/// A reply, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub struct MultipartReply {
    /// Another part follows.
    pub more: bool,
    /// What it says.
    pub body: MultipartReplyBody,
}

/// What a multipart reply says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum MultipartReplyBody {
    /// Who made the switch.
    Desc(Description),
    /// Flows with their counters.
    Flow(Vec<FlowStats>),
    /// Counters of flows, summed up.
    Aggregate(AggregateStats),
    /// Counters of tables.
    Table(Vec<TableStats>),
    /// Counters of ports.
    PortStats(Vec<PortStats>),
    /// Counters of queues.
    Queue(Vec<QueueStats>),
    /// Counters of groups.
    Group(Vec<GroupStats>),
    /// Groups.
    GroupDesc(Vec<Group>),
    /// What groups can do.
    GroupFeatures(GroupFeatures),
    /// Counters of meters.
    Meter(Vec<MeterStats>),
    /// Meters.
    MeterConfig(Vec<Meter>),
    /// What meters can do.
    MeterFeatures(MeterFeatures),
    /// What tables can do.
    TableFeatures(Vec<TableFeatures>),
    /// Ports.
    PortDesc(Vec<Port>),
    /// Changes to flows.
    FlowMonitor(Vec<FlowUpdate>),
    /// Something of an experimenter.
    Experimenter(ExperimenterMultipart),
}

/// A multipart message of an experimenter this crate does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExperimenterMultipart {
    /// Whose it is.
    pub experimenter: u32,
    /// Its number, the experimenter's own.
    pub exp_type: u32,
    /// What it says.
    pub data: Vec<u8>,
    /// Another part follows (of a request; a reply says it outside).
    pub more: bool,
}

impl MultipartKind {
    /// The name of OpenFlow for it.
    pub const fn name(self) -> &'static str {
        match self {
            MultipartKind::Desc => "OFPMP_DESC",
            MultipartKind::Flow => "OFPMP_FLOW",
            MultipartKind::Aggregate => "OFPMP_AGGREGATE",
            MultipartKind::Table => "OFPMP_TABLE",
            MultipartKind::PortStats => "OFPMP_PORT_STATS",
            MultipartKind::Queue => "OFPMP_QUEUE",
            MultipartKind::Group => "OFPMP_GROUP",
            MultipartKind::GroupDesc => "OFPMP_GROUP_DESC",
            MultipartKind::GroupFeatures => "OFPMP_GROUP_FEATURES",
            MultipartKind::Meter => "OFPMP_METER",
            MultipartKind::MeterConfig => "OFPMP_METER_CONFIG",
            MultipartKind::MeterFeatures => "OFPMP_METER_FEATURES",
            MultipartKind::TableFeatures => "OFPMP_TABLE_FEATURES",
            MultipartKind::PortDesc => "OFPMP_PORT_DESC",
            MultipartKind::FlowMonitor => "ONFMP_FLOW_MONITOR",
            MultipartKind::Experimenter => "OFPMP_EXPERIMENTER",
        }
    }

    const fn number(self) -> u16 {
        match self {
            MultipartKind::FlowMonitor | MultipartKind::Experimenter => 0xffff,
            standard => standard as u16,
        }
    }

    fn of_number(number: u16) -> Option<Self> {
        const STANDARD: [MultipartKind; 14] = [
            MultipartKind::Desc,
            MultipartKind::Flow,
            MultipartKind::Aggregate,
            MultipartKind::Table,
            MultipartKind::PortStats,
            MultipartKind::Queue,
            MultipartKind::Group,
            MultipartKind::GroupDesc,
            MultipartKind::GroupFeatures,
            MultipartKind::Meter,
            MultipartKind::MeterConfig,
            MultipartKind::MeterFeatures,
            MultipartKind::TableFeatures,
            MultipartKind::PortDesc,
        ];
        STANDARD.get(usize::from(number)).copied()
    }
}

/// The head of a multipart message: kind, whether more follows, and the experimenter's numbers.
struct Head {
    kind: MultipartKind,
    more: bool,
    experimenter: u32,
    exp_type: u32,
}

impl Head {
    fn encode(&self, w: &mut Writer<'_>) {
        w.u16(self.kind.number());
        w.u16(if self.more { MORE } else { 0 });
        w.zeros(4);
        if self.kind.number() == 0xffff {
            w.u32(self.experimenter);
            w.u32(self.exp_type);
        }
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let start = r.offset();
        let number = r.u16()?;
        let more = r.u16()? & MORE != 0;
        r.skip(4)?;
        if number != 0xffff {
            let kind = MultipartKind::of_number(number).ok_or_else(|| {
                r.error_at(
                    start,
                    Problem::Unknown {
                        value: number.into(),
                    },
                )
            })?;
            return Ok(Head {
                kind,
                more,
                experimenter: 0,
                exp_type: 0,
            });
        }
        let (experimenter, exp_type) = (r.u32()?, r.u32()?);
        let kind = match (experimenter, exp_type) {
            (ONF, FLOW_MONITOR) => MultipartKind::FlowMonitor,
            _ => MultipartKind::Experimenter,
        };
        Ok(Head {
            kind,
            more,
            experimenter,
            exp_type,
        })
    }
}

impl MultipartRequest {
    /// What it asks about.
    pub fn kind(&self) -> MultipartKind {
        match self {
            MultipartRequest::Desc => MultipartKind::Desc,
            MultipartRequest::Flow(_) => MultipartKind::Flow,
            MultipartRequest::Aggregate(_) => MultipartKind::Aggregate,
            MultipartRequest::Table => MultipartKind::Table,
            MultipartRequest::PortStats(_) => MultipartKind::PortStats,
            MultipartRequest::Queue(_) => MultipartKind::Queue,
            MultipartRequest::Group(_) => MultipartKind::Group,
            MultipartRequest::GroupDesc => MultipartKind::GroupDesc,
            MultipartRequest::GroupFeatures => MultipartKind::GroupFeatures,
            MultipartRequest::Meter(_) => MultipartKind::Meter,
            MultipartRequest::MeterConfig(_) => MultipartKind::MeterConfig,
            MultipartRequest::MeterFeatures => MultipartKind::MeterFeatures,
            MultipartRequest::TableFeatures { .. } => MultipartKind::TableFeatures,
            MultipartRequest::PortDesc => MultipartKind::PortDesc,
            MultipartRequest::FlowMonitor(_) => MultipartKind::FlowMonitor,
            MultipartRequest::Experimenter(_) => MultipartKind::Experimenter,
        }
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let (mut more, mut experimenter, mut exp_type) = (false, ONF, FLOW_MONITOR);
        match self {
            MultipartRequest::TableFeatures { more: follows, .. } => more = *follows,
            MultipartRequest::Experimenter(own) => {
                (more, experimenter, exp_type) = (own.more, own.experimenter, own.exp_type);
            }
            _ => {}
        }
        Head {
            kind: self.kind(),
            more,
            experimenter,
            exp_type,
        }
        .encode(w);
        match self {
            MultipartRequest::Flow(query) | MultipartRequest::Aggregate(query) => {
                query.encode(w)?
            }
            MultipartRequest::PortStats(id)
            | MultipartRequest::Group(id)
            | MultipartRequest::Meter(id)
            | MultipartRequest::MeterConfig(id) => {
                w.u32(*id);
                w.zeros(4);
            }
            MultipartRequest::Queue(query) => query.encode(w),
            MultipartRequest::TableFeatures { features, .. } => {
                features.iter().try_for_each(|table| table.encode(w))?;
            }
            MultipartRequest::FlowMonitor(monitor) => monitor.encode(w)?,
            MultipartRequest::Experimenter(own) => w.bytes(&own.data),
            MultipartRequest::Desc
            | MultipartRequest::Table
            | MultipartRequest::GroupDesc
            | MultipartRequest::GroupFeatures
            | MultipartRequest::MeterFeatures
            | MultipartRequest::PortDesc => {}
        }
        Ok(())
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let Head {
            kind,
            more,
            experimenter,
            exp_type,
        } = Head::decode(r)?;
        if more
            && !matches!(
                kind,
                MultipartKind::TableFeatures | MultipartKind::Experimenter
            )
        {
            return Err(r.error(Problem::BadValue { value: MORE.into() }));
        }
        let id = |r: &mut Reader<'_>| -> Result<u32, DecodeError> {
            let id = r.u32()?;
            r.skip(4)?;
            Ok(id)
        };
        Ok(match kind {
            MultipartKind::Desc => MultipartRequest::Desc,
            MultipartKind::Flow => MultipartRequest::Flow(FlowQuery::decode(r)?),
            MultipartKind::Aggregate => MultipartRequest::Aggregate(FlowQuery::decode(r)?),
            MultipartKind::Table => MultipartRequest::Table,
            MultipartKind::PortStats => MultipartRequest::PortStats(id(r)?),
            MultipartKind::Queue => MultipartRequest::Queue(QueueStatsQuery::decode(r)?),
            MultipartKind::Group => MultipartRequest::Group(id(r)?),
            MultipartKind::GroupDesc => MultipartRequest::GroupDesc,
            MultipartKind::GroupFeatures => MultipartRequest::GroupFeatures,
            MultipartKind::Meter => MultipartRequest::Meter(id(r)?),
            MultipartKind::MeterConfig => MultipartRequest::MeterConfig(id(r)?),
            MultipartKind::MeterFeatures => MultipartRequest::MeterFeatures,
            MultipartKind::TableFeatures => MultipartRequest::TableFeatures {
                features: all(r, TableFeatures::decode)?,
                more,
            },
            MultipartKind::PortDesc => MultipartRequest::PortDesc,
            MultipartKind::FlowMonitor => MultipartRequest::FlowMonitor(FlowMonitor::decode(r)?),
            MultipartKind::Experimenter => {
                let data = r.rest().to_vec();
                let own = ExperimenterMultipart {
                    experimenter,
                    exp_type,
                    data,
                    more,
                };
                MultipartRequest::Experimenter(own)
            }
        })
    }
}

impl MultipartReply {
    /// Adds the part that comes next. `Err` names the kind of a part that cannot follow.
    pub(crate) fn append(&mut self, next: MultipartReply) -> Result<(), &'static str> {
        use MultipartReplyBody as Body;
        let kind = next.body.kind();
        match (&mut self.body, next.body) {
            (Body::Flow(all), Body::Flow(mut more)) => all.append(&mut more),
            (Body::Table(all), Body::Table(mut more)) => all.append(&mut more),
            (Body::PortStats(all), Body::PortStats(mut more)) => all.append(&mut more),
            (Body::Queue(all), Body::Queue(mut more)) => all.append(&mut more),
            (Body::Group(all), Body::Group(mut more)) => all.append(&mut more),
            (Body::GroupDesc(all), Body::GroupDesc(mut more)) => all.append(&mut more),
            (Body::Meter(all), Body::Meter(mut more)) => all.append(&mut more),
            (Body::MeterConfig(all), Body::MeterConfig(mut more)) => all.append(&mut more),
            (Body::TableFeatures(all), Body::TableFeatures(mut more)) => all.append(&mut more),
            (Body::PortDesc(all), Body::PortDesc(mut more)) => all.append(&mut more),
            (Body::FlowMonitor(all), Body::FlowMonitor(mut more)) => all.append(&mut more),
            (Body::Experimenter(all), Body::Experimenter(mut more))
                if (all.experimenter, all.exp_type) == (more.experimenter, more.exp_type) =>
            {
                all.data.append(&mut more.data);
            }
            _ => return Err(kind.name()),
        }
        self.more = next.more;
        Ok(())
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        use MultipartReplyBody as Body;
        let (experimenter, exp_type) = match &self.body {
            Body::Experimenter(own) => (own.experimenter, own.exp_type),
            _ => (ONF, FLOW_MONITOR),
        };
        Head {
            kind: self.body.kind(),
            more: self.more,
            experimenter,
            exp_type,
        }
        .encode(w);
        match &self.body {
            Body::Desc(description) => description.encode(w),
            Body::Flow(flows) => flows.iter().try_for_each(|flow| flow.encode(w))?,
            Body::Aggregate(stats) => stats.encode(w),
            Body::Table(tables) => tables.iter().for_each(|table| table.encode(w)),
            Body::PortStats(ports) => ports.iter().for_each(|port| port.encode(w)),
            Body::Queue(queues) => queues.iter().for_each(|queue| queue.encode(w)),
            Body::Group(groups) => groups.iter().try_for_each(|group| group.encode(w))?,
            Body::GroupDesc(groups) => groups.iter().try_for_each(|group| group.encode(w))?,
            Body::GroupFeatures(features) => features.encode(w),
            Body::Meter(meters) => meters.iter().try_for_each(|meter| meter.encode(w))?,
            Body::MeterConfig(meters) => {
                meters.iter().try_for_each(|meter| meter.encode(w))?;
            }
            Body::MeterFeatures(features) => features.encode(w),
            Body::TableFeatures(tables) => tables.iter().try_for_each(|table| table.encode(w))?,
            Body::PortDesc(ports) => ports.iter().for_each(|port| port.encode(w)),
            Body::FlowMonitor(updates) => updates.iter().try_for_each(|update| update.encode(w))?,
            Body::Experimenter(own) => w.bytes(&own.data),
        }
        Ok(())
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        use MultipartReplyBody as Body;
        let Head {
            kind,
            more,
            experimenter,
            exp_type,
        } = Head::decode(r)?;
        let body = match kind {
            MultipartKind::Desc => Body::Desc(Description::decode(r)?),
            MultipartKind::Flow => Body::Flow(all(r, FlowStats::decode)?),
            MultipartKind::Aggregate => Body::Aggregate(AggregateStats::decode(r)?),
            MultipartKind::Table => Body::Table(all(r, TableStats::decode)?),
            MultipartKind::PortStats => Body::PortStats(all(r, PortStats::decode)?),
            MultipartKind::Queue => Body::Queue(all(r, QueueStats::decode)?),
            MultipartKind::Group => Body::Group(all(r, GroupStats::decode)?),
            MultipartKind::GroupDesc => Body::GroupDesc(all(r, Group::decode)?),
            MultipartKind::GroupFeatures => Body::GroupFeatures(GroupFeatures::decode(r)?),
            MultipartKind::Meter => Body::Meter(all(r, MeterStats::decode)?),
            MultipartKind::MeterConfig => Body::MeterConfig(all(r, Meter::decode)?),
            MultipartKind::MeterFeatures => Body::MeterFeatures(MeterFeatures::decode(r)?),
            MultipartKind::TableFeatures => Body::TableFeatures(all(r, TableFeatures::decode)?),
            MultipartKind::PortDesc => Body::PortDesc(all(r, Port::decode)?),
            MultipartKind::FlowMonitor => Body::FlowMonitor(all(r, FlowUpdate::decode)?),
            MultipartKind::Experimenter => {
                let data = r.rest().to_vec();
                let more = false;
                Body::Experimenter(ExperimenterMultipart {
                    experimenter,
                    exp_type,
                    data,
                    more,
                })
            }
        };
        Ok(MultipartReply { more, body })
    }
}

impl MultipartReplyBody {
    /// What it is about.
    pub fn kind(&self) -> MultipartKind {
        match self {
            MultipartReplyBody::Desc(_) => MultipartKind::Desc,
            MultipartReplyBody::Flow(_) => MultipartKind::Flow,
            MultipartReplyBody::Aggregate(_) => MultipartKind::Aggregate,
            MultipartReplyBody::Table(_) => MultipartKind::Table,
            MultipartReplyBody::PortStats(_) => MultipartKind::PortStats,
            MultipartReplyBody::Queue(_) => MultipartKind::Queue,
            MultipartReplyBody::Group(_) => MultipartKind::Group,
            MultipartReplyBody::GroupDesc(_) => MultipartKind::GroupDesc,
            MultipartReplyBody::GroupFeatures(_) => MultipartKind::GroupFeatures,
            MultipartReplyBody::Meter(_) => MultipartKind::Meter,
            MultipartReplyBody::MeterConfig(_) => MultipartKind::MeterConfig,
            MultipartReplyBody::MeterFeatures(_) => MultipartKind::MeterFeatures,
            MultipartReplyBody::TableFeatures(_) => MultipartKind::TableFeatures,
            MultipartReplyBody::PortDesc(_) => MultipartKind::PortDesc,
            MultipartReplyBody::FlowMonitor(_) => MultipartKind::FlowMonitor,
            MultipartReplyBody::Experimenter(_) => MultipartKind::Experimenter,
        }
    }
}

/// Reads items to the end of the message. Each takes at least a byte, so the message bounds how many.
fn all<T>(
    r: &mut Reader<'_>,
    item: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let mut items = Vec::new();
    while !r.is_empty() {
        items.push(item(r)?);
    }
    Ok(items)
}
