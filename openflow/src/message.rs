//! Every message of OpenFlow 1.3 and of the extensions Open vSwitch carries, as one enum. Only the
//! dispatch is here; what a message holds is in the module of its family.

mod kind;

pub use kind::Kind;

use kind::Number;

use crate::async_config::AsyncConfig;
use crate::bundle::{BundleAdd, BundleControl};
use crate::codec::{Reader, Writer, fit_u16};
use crate::config::SwitchConfig;
use crate::conntrack::CtFlush;
use crate::error::{DecodeError, EncodeError, Problem};
use crate::features::Features;
use crate::flow::FlowMod;
use crate::flow_removed::FlowRemoved;
use crate::group::GroupMod;
use crate::header::{HEADER_BYTES, Header};
use crate::hello::{Hello, VERSION};
use crate::meter::MeterMod;
use crate::multipart::{MultipartKind, MultipartReply, MultipartRequest};
use crate::number::experimenters::ONF;
use crate::packet_io::{PacketIn, PacketInFormat, PacketOut};
use crate::peer_error::PeerError;
use crate::port::{PortMod, PortStatus};
use crate::queue::QueueConfigs;
use crate::role::{RoleReply, RoleRequest, RoleStatus};
use crate::table::TableMod;

/// OFPET_EXPERIMENTER: the code is the experimenter's, whose id follows.
const EXPERIMENTER_ERROR: u16 = 0xffff;
/// OFPT_EXPERIMENTER.
const EXPERIMENTER: u8 = 4;

/// A message without its transaction id.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Message {
    /// The first message of either end.
    Hello(Hello),
    /// Something was refused.
    Error(ErrorMessage),
    /// Asks for the same bytes back.
    EchoRequest(Vec<u8>),
    /// The same bytes.
    EchoReply(Vec<u8>),
    /// Asks what the switch is.
    FeaturesRequest,
    /// What the switch is.
    FeaturesReply(Features),
    /// Asks for the settings.
    GetConfigRequest,
    /// The settings.
    GetConfigReply(SwitchConfig),
    /// Sets the settings.
    SetConfig(SwitchConfig),
    /// A packet for the controller, in the standard format.
    PacketIn(Box<PacketIn>),
    /// A flow is gone.
    FlowRemoved(Box<FlowRemoved>),
    /// A port came, went or changed.
    PortStatus(PortStatus),
    /// Sends a packet.
    PacketOut(PacketOut),
    /// Changes flows.
    FlowMod(FlowMod),
    /// Changes a group.
    GroupMod(GroupMod),
    /// Sets a port.
    PortMod(PortMod),
    /// Sets a table.
    TableMod(TableMod),
    /// Asks for much.
    MultipartRequest(MultipartRequest),
    /// Much, or a part of it.
    MultipartReply(MultipartReply),
    /// Asks to finish everything before.
    BarrierRequest,
    /// Everything before is finished.
    BarrierReply,
    /// Asks for the queues of a port.
    QueueConfigRequest {
        /// The port, or `OFPP_ANY`.
        port: u32,
    },
    /// The queues of a port.
    QueueConfigReply(QueueConfigs),
    /// Asks for a role.
    RoleRequest(RoleRequest),
    /// The role.
    RoleReply(RoleReply),
    /// Asks which events the controller hears.
    AsyncRequest,
    /// Which events the controller hears.
    AsyncReply(AsyncConfig),
    /// Sets which events the controller hears.
    SetAsync(AsyncConfig),
    /// Changes a meter.
    MeterMod(MeterMod),
    /// Begins or ends a bundle.
    BundleControl(BundleControl),
    /// Puts a message in a bundle.
    BundleAdd(BundleAdd),
    /// The role changed unasked.
    RoleStatus(RoleStatus),
    /// Ends a flow monitor.
    FlowMonitorCancel {
        /// Which one.
        id: u32,
    },
    /// Changes of flows are not reported for a while.
    FlowMonitorPaused,
    /// Changes of flows are reported again.
    FlowMonitorResumed,
    /// Sets the format of packet-ins.
    SetPacketInFormat(PacketInFormat),
    /// Names this connection for actions that send to one controller.
    SetControllerId(u16),
    /// Lets a paused packet go on.
    Resume(Box<PacketIn>),
    /// Forgets the tracked connections of a zone.
    CtFlushZone {
        /// Which zone.
        zone: u16,
    },
    /// A packet for the controller, with userdata and continuation.
    PacketIn2(Box<PacketIn>),
    /// Forgets some tracked connections.
    CtFlush(CtFlush),
    /// A message of an experimenter that this crate does not know.
    Experimenter(Experimenter),
}

/// OFPT_ERROR: what was refused and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorMessage {
    /// Why.
    pub error: PeerError,
    /// The beginning of the message that was refused, or a text if it was the hello.
    pub data: Vec<u8>,
}

/// A message of an experimenter that this crate does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experimenter {
    /// Whose it is.
    pub experimenter: u32,
    /// Its number, the experimenter's own.
    pub exp_type: u32,
    /// What it says.
    pub data: Vec<u8>,
}

/// What answers a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A message of this kind.
    Kind(Kind),
    /// A multipart reply of this kind.
    Multipart(MultipartKind),
    /// Nothing, unless it is refused.
    None,
    /// It is no message to send as a request.
    NotARequest,
}

impl Answer {
    /// Whether the message is such an answer.
    pub fn accepts(self, message: &Message) -> bool {
        match (self, message) {
            (Answer::Multipart(kind), Message::MultipartReply(reply)) => reply.body.kind() == kind,
            (Answer::Kind(kind), message) => message.kind() == kind,
            _ => false,
        }
    }
}

impl Message {
    /// OFPT_ERROR with these contents.
    pub fn error(error: PeerError, data: Vec<u8>) -> Self {
        Message::Error(ErrorMessage { error, data })
    }

    /// Its name in OpenFlow, the ONF's extensions or Open vSwitch's.
    pub fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// What answers it.
    pub fn answer(&self) -> Answer {
        match self {
            Message::EchoRequest(_) => Answer::Kind(Kind::EchoReply),
            Message::FeaturesRequest => Answer::Kind(Kind::FeaturesReply),
            Message::GetConfigRequest => Answer::Kind(Kind::GetConfigReply),
            Message::BarrierRequest => Answer::Kind(Kind::BarrierReply),
            Message::QueueConfigRequest { .. } => Answer::Kind(Kind::QueueConfigReply),
            Message::RoleRequest(_) => Answer::Kind(Kind::RoleReply),
            Message::AsyncRequest => Answer::Kind(Kind::AsyncReply),
            // The parts of one request share a transaction id, which a session does not give.
            Message::MultipartRequest(MultipartRequest::TableFeatures { more: true, .. }) => {
                Answer::NotARequest
            }
            Message::MultipartRequest(request) => Answer::Multipart(request.kind()),
            Message::Experimenter(_) => Answer::None,
            message if message.kind().is_order() => Answer::None,
            _ => Answer::NotARequest,
        }
    }

    /// Whether Open vSwitch takes it in an atomic bundle.
    pub fn is_bundlable(&self) -> bool {
        matches!(
            self,
            Message::FlowMod(_) | Message::GroupMod(_) | Message::PacketOut(_)
        )
    }

    /// Writes the message behind what `output` holds. On an error `output` is as it was.
    ///
    /// # Errors
    /// The message, or a part of it, is longer than its 16-bit length can say.
    pub fn encode(&self, xid: u32, output: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = output.len();
        let written = self.encode_into(xid, &mut Writer::new(output));
        if written.is_err() {
            output.truncate(start);
        }
        written
    }

    pub(crate) fn encode_into(&self, xid: u32, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let number = match (self, self.kind().number()) {
            (Message::Experimenter(own), _) => Number::Experimenter(own.experimenter, own.exp_type),
            (_, Some(number)) => number,
            (_, None) => return Ok(()),
        };
        let version = if let Message::Hello(hello) = self {
            hello.version
        } else {
            VERSION
        };
        framed(version, number, xid, w, |w| self.encode_body(xid, w))
    }

    fn encode_body(&self, xid: u32, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Message::Hello(hello) => hello.encode(w)?,
            Message::Error(error) => error.encode(w),
            Message::EchoRequest(data) | Message::EchoReply(data) => w.bytes(data),
            Message::FeaturesReply(features) => features.encode(w),
            Message::GetConfigReply(config) | Message::SetConfig(config) => config.encode(w),
            Message::PacketIn(packet) => packet.encode_standard(w)?,
            Message::FlowRemoved(removed) => removed.encode(w)?,
            Message::PortStatus(status) => status.encode(w),
            Message::PacketOut(packet) => packet.encode(w)?,
            Message::FlowMod(flow) => flow.encode(w)?,
            Message::GroupMod(group) => group.encode(w)?,
            Message::PortMod(port) => port.encode(w),
            Message::TableMod(table) => table.encode(w),
            Message::MultipartRequest(request) => request.encode(w)?,
            Message::MultipartReply(reply) => reply.encode(w)?,
            Message::QueueConfigRequest { port } => {
                w.u32(*port);
                w.zeros(4);
            }
            Message::QueueConfigReply(queues) => queues.encode(w)?,
            Message::RoleRequest(role) => role.encode(w),
            Message::RoleReply(role) => role.encode(w),
            Message::AsyncReply(config) | Message::SetAsync(config) => config.encode(w),
            Message::MeterMod(meter) => meter.encode(w)?,
            Message::BundleControl(control) => control.encode(w),
            Message::BundleAdd(add) => add.encode(xid, w)?,
            Message::RoleStatus(status) => status.encode(w),
            Message::FlowMonitorCancel { id } => w.u32(*id),
            Message::SetPacketInFormat(format) => format.encode(w),
            Message::SetControllerId(number) | Message::CtFlushZone { zone: number } => {
                w.zeros(6);
                w.u16(*number);
            }
            Message::PacketIn2(packet) | Message::Resume(packet) => packet.encode_properties(w)?,
            Message::CtFlush(flush) => flush.encode(w)?,
            Message::Experimenter(own) => w.bytes(&own.data),
            Message::FeaturesRequest
            | Message::GetConfigRequest
            | Message::BarrierRequest
            | Message::BarrierReply
            | Message::AsyncRequest
            | Message::FlowMonitorPaused
            | Message::FlowMonitorResumed => {}
        }
        Ok(())
    }

    /// Reads one whole message: its transaction id and itself.
    ///
    /// # Errors
    /// The bytes are not exactly one message of OpenFlow 1.3, or something in it is not sound.
    pub fn decode(bytes: &[u8]) -> Result<(u32, Message), DecodeError> {
        let mut r = Reader::new("message", bytes);
        let decoded = Self::decode_from(&mut r)?;
        r.finish()?;
        Ok(decoded)
    }

    /// A message in a bundle: anything but another bundle message.
    pub(crate) fn decode_inside_bundle(r: &mut Reader<'_>) -> Result<(u32, Message), DecodeError> {
        let kind = Kind::of_message(r.peek());
        if let Some(Kind::BundleAdd | Kind::BundleControl) = kind {
            return Err(r.error(Problem::BadValue { value: ONF.into() }));
        }
        Self::decode_from(r)
    }

    fn decode_from(r: &mut Reader<'_>) -> Result<(u32, Message), DecodeError> {
        let kind = Kind::of_message(r.peek());
        let start = r.offset();
        let header = Header {
            version: r.u8()?,
            message_type: r.u8()?,
            length: r.u16()?,
            xid: r.u32()?,
        };
        let mut body = r.sub_of("message", usize::from(header.length), HEADER_BYTES)?;
        let kind = match kind {
            Some(kind) => kind,
            None if header.message_type == EXPERIMENTER => {
                let left = body.remaining();
                return Err(body.error(Problem::Truncated { needed: 8, left }));
            }
            None => {
                let value = header.message_type.into();
                return Err(body.error_at(start + 1, Problem::Unknown { value }));
            }
        };
        body.name(kind.name());
        if header.version != VERSION && !kind.is_of_any_version() {
            let value = header.version.into();
            return Err(body.error_at(start, Problem::BadValue { value }));
        }
        let message = Self::decode_body(kind, header, &mut body)?;
        body.finish()?;
        Ok((header.xid, message))
    }

    fn decode_body(kind: Kind, header: Header, r: &mut Reader<'_>) -> Result<Message, DecodeError> {
        let (mut experimenter, mut exp_type) = (0, 0);
        if header.message_type == EXPERIMENTER {
            (experimenter, exp_type) = (r.u32()?, r.u32()?);
        }
        Ok(match kind {
            Kind::Hello => Message::Hello(Hello::decode(header.version, r)?),
            Kind::Error => Message::Error(ErrorMessage::decode(r)?),
            Kind::EchoRequest => Message::EchoRequest(r.rest().to_vec()),
            Kind::EchoReply => Message::EchoReply(r.rest().to_vec()),
            Kind::FeaturesRequest => Message::FeaturesRequest,
            Kind::FeaturesReply => Message::FeaturesReply(Features::decode(r)?),
            Kind::GetConfigRequest => Message::GetConfigRequest,
            Kind::GetConfigReply => Message::GetConfigReply(SwitchConfig::decode(r)?),
            Kind::SetConfig => Message::SetConfig(SwitchConfig::decode(r)?),
            Kind::PacketIn => Message::PacketIn(Box::new(PacketIn::decode_standard(r)?)),
            Kind::FlowRemoved => Message::FlowRemoved(Box::new(FlowRemoved::decode(r)?)),
            Kind::PortStatus => Message::PortStatus(PortStatus::decode(r)?),
            Kind::PacketOut => Message::PacketOut(PacketOut::decode(r)?),
            Kind::FlowMod => Message::FlowMod(FlowMod::decode(r)?),
            Kind::GroupMod => Message::GroupMod(GroupMod::decode(r)?),
            Kind::PortMod => Message::PortMod(PortMod::decode(r)?),
            Kind::TableMod => Message::TableMod(TableMod::decode(r)?),
            Kind::MultipartRequest => Message::MultipartRequest(MultipartRequest::decode(r)?),
            Kind::MultipartReply => Message::MultipartReply(MultipartReply::decode(r)?),
            Kind::BarrierRequest => Message::BarrierRequest,
            Kind::BarrierReply => Message::BarrierReply,
            Kind::QueueConfigRequest => {
                let port = r.u32()?;
                r.skip(4)?;
                Message::QueueConfigRequest { port }
            }
            Kind::QueueConfigReply => Message::QueueConfigReply(QueueConfigs::decode(r)?),
            Kind::RoleRequest => Message::RoleRequest(RoleRequest::decode(r)?),
            Kind::RoleReply => Message::RoleReply(RoleReply::decode(r)?),
            Kind::AsyncRequest => Message::AsyncRequest,
            Kind::AsyncReply => Message::AsyncReply(AsyncConfig::decode(r)?),
            Kind::SetAsync => Message::SetAsync(AsyncConfig::decode(r)?),
            Kind::MeterMod => Message::MeterMod(MeterMod::decode(r)?),
            Kind::BundleControl => Message::BundleControl(BundleControl::decode(r)?),
            Kind::BundleAdd => Message::BundleAdd(BundleAdd::decode(header.xid, r)?),
            Kind::RoleStatus => Message::RoleStatus(RoleStatus::decode(r)?),
            Kind::FlowMonitorCancel => Message::FlowMonitorCancel { id: r.u32()? },
            Kind::FlowMonitorPaused => Message::FlowMonitorPaused,
            Kind::FlowMonitorResumed => Message::FlowMonitorResumed,
            Kind::SetPacketInFormat => Message::SetPacketInFormat(PacketInFormat::decode(r)?),
            Kind::SetControllerId => Message::SetControllerId(after_six(r)?),
            Kind::Resume => Message::Resume(Box::new(PacketIn::decode_properties(r)?)),
            Kind::CtFlushZone => Message::CtFlushZone {
                zone: after_six(r)?,
            },
            Kind::PacketIn2 => Message::PacketIn2(Box::new(PacketIn::decode_properties(r)?)),
            Kind::CtFlush => Message::CtFlush(CtFlush::decode(r)?),
            Kind::Experimenter => {
                let data = r.rest().to_vec();
                Message::Experimenter(Experimenter {
                    experimenter,
                    exp_type,
                    data,
                })
            }
        })
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        match self {
            Message::Hello(_) => Kind::Hello,
            Message::Error(_) => Kind::Error,
            Message::EchoRequest(_) => Kind::EchoRequest,
            Message::EchoReply(_) => Kind::EchoReply,
            Message::FeaturesRequest => Kind::FeaturesRequest,
            Message::FeaturesReply(_) => Kind::FeaturesReply,
            Message::GetConfigRequest => Kind::GetConfigRequest,
            Message::GetConfigReply(_) => Kind::GetConfigReply,
            Message::SetConfig(_) => Kind::SetConfig,
            Message::PacketIn(_) => Kind::PacketIn,
            Message::FlowRemoved(_) => Kind::FlowRemoved,
            Message::PortStatus(_) => Kind::PortStatus,
            Message::PacketOut(_) => Kind::PacketOut,
            Message::FlowMod(_) => Kind::FlowMod,
            Message::GroupMod(_) => Kind::GroupMod,
            Message::PortMod(_) => Kind::PortMod,
            Message::TableMod(_) => Kind::TableMod,
            Message::MultipartRequest(_) => Kind::MultipartRequest,
            Message::MultipartReply(_) => Kind::MultipartReply,
            Message::BarrierRequest => Kind::BarrierRequest,
            Message::BarrierReply => Kind::BarrierReply,
            Message::QueueConfigRequest { .. } => Kind::QueueConfigRequest,
            Message::QueueConfigReply(_) => Kind::QueueConfigReply,
            Message::RoleRequest(_) => Kind::RoleRequest,
            Message::RoleReply(_) => Kind::RoleReply,
            Message::AsyncRequest => Kind::AsyncRequest,
            Message::AsyncReply(_) => Kind::AsyncReply,
            Message::SetAsync(_) => Kind::SetAsync,
            Message::MeterMod(_) => Kind::MeterMod,
            Message::BundleControl(_) => Kind::BundleControl,
            Message::BundleAdd(_) => Kind::BundleAdd,
            Message::RoleStatus(_) => Kind::RoleStatus,
            Message::FlowMonitorCancel { .. } => Kind::FlowMonitorCancel,
            Message::FlowMonitorPaused => Kind::FlowMonitorPaused,
            Message::FlowMonitorResumed => Kind::FlowMonitorResumed,
            Message::SetPacketInFormat(_) => Kind::SetPacketInFormat,
            Message::SetControllerId(_) => Kind::SetControllerId,
            Message::Resume(_) => Kind::Resume,
            Message::CtFlushZone { .. } => Kind::CtFlushZone,
            Message::PacketIn2(_) => Kind::PacketIn2,
            Message::CtFlush(_) => Kind::CtFlush,
            Message::Experimenter(_) => Kind::Experimenter,
        }
    }
}

impl ErrorMessage {
    fn encode(&self, w: &mut Writer<'_>) {
        let (error_type, code, experimenter) = self.error.numbers();
        w.u16(error_type);
        w.u16(code);
        if let Some(experimenter) = experimenter {
            w.u32(experimenter);
        }
        w.bytes(&self.data);
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (error_type, code) = (r.u16()?, r.u16()?);
        let error = match error_type {
            EXPERIMENTER_ERROR => PeerError::from_experimenter(r.u32()?, code),
            standard => PeerError::from_type(standard, code),
        };
        Ok(ErrorMessage {
            error,
            data: r.rest().to_vec(),
        })
    }
}

/// Writes a message of a kind with a body of its own. On an error `output` is as it was.
pub(crate) fn encode_whole(
    kind: Kind,
    xid: u32,
    output: &mut Vec<u8>,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = output.len();
    let Some(number) = kind.number() else {
        return Ok(());
    };
    let written = framed(VERSION, number, xid, &mut Writer::new(output), body);
    if written.is_err() {
        output.truncate(start);
    }
    written
}

/// Writes the header, the body, and then the length in the header.
fn framed(
    version: u8,
    number: Number,
    xid: u32,
    w: &mut Writer<'_>,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = w.len();
    w.u8(version);
    w.u8(match number {
        Number::Standard(number) => number,
        Number::Experimenter(..) => EXPERIMENTER,
    });
    w.u16(0);
    w.u32(xid);
    if let Number::Experimenter(experimenter, exp_type) = number {
        w.u32(experimenter);
        w.u32(exp_type);
    }
    body(w)?;
    w.set_u16(start + 2, fit_u16("message", w.len() - start)?);
    Ok(())
}

fn after_six(r: &mut Reader<'_>) -> Result<u16, DecodeError> {
    r.skip(6)?;
    r.u16()
}
