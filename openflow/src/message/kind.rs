//! The kinds of messages: their numbers, names, and who sends them when.

use crate::header::{HEADER_BYTES, Header};
use crate::number::experimenters::{NICIRA, ONF};

/// OFPT_EXPERIMENTER: experimenter and its message type follow the header.
const EXPERIMENTER: u8 = 4;

/// How a message is told from others on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// The type in the header.
    Standard(u8),
    /// An experimenter and its own type, after the header.
    Experimenter(u32, u32),
}

/// Who sends a kind of message, and when.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Either end, as the protocol needs it.
    Symmetric,
    /// The controller: asks, and gets a reply.
    Request,
    /// The controller: orders, and hears only of errors.
    Order,
    /// The switch, in answer to a request.
    Reply,
    /// The switch, unasked.
    Event,
}

/// Makes [`Kind`] and its tables.
macro_rules! kinds {
    ($( $kind:ident = $set:ident $number:literal $name:literal $role:ident; )+) => {
        /// What a message is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Kind {
            $(
                #[doc = concat!("`", $name, "`")]
                $kind,
            )+
            /// A message of an experimenter that this crate does not know.
            Experimenter,
        }

        impl Kind {
            /// The name of OpenFlow, the ONF or Open vSwitch for it.
            pub const fn name(self) -> &'static str {
                match self {
                    $( Kind::$kind => $name, )+
                    Kind::Experimenter => "OFPT_EXPERIMENTER",
                }
            }

            /// Its number; `None` for [`Kind::Experimenter`], whose messages say it themselves.
            pub(super) const fn number(self) -> Option<Number> {
                match self {
                    $( Kind::$kind => Some(kinds!(@$set $number)), )+
                    Kind::Experimenter => None,
                }
            }

            pub(super) const fn of_number(number: Number) -> Option<Self> {
                match number {
                    $( kinds!(@$set $number) => Some(Kind::$kind), )+
                    Number::Experimenter(..) => Some(Kind::Experimenter),
                    Number::Standard(_) => None,
                }
            }

            const fn role(self) -> Role {
                match self {
                    $( Kind::$kind => Role::$role, )+
                    Kind::Experimenter => Role::Symmetric,
                }
            }
        }
    };
    (@OFPT $number:literal) => { Number::Standard($number) };
    (@ONFT $number:literal) => { Number::Experimenter(ONF, $number) };
    (@NXT $number:literal) => { Number::Experimenter(NICIRA, $number) };
}

kinds! {
    Hello = OFPT 0 "OFPT_HELLO" Symmetric;
    Error = OFPT 1 "OFPT_ERROR" Symmetric;
    EchoRequest = OFPT 2 "OFPT_ECHO_REQUEST" Symmetric;
    EchoReply = OFPT 3 "OFPT_ECHO_REPLY" Symmetric;
    FeaturesRequest = OFPT 5 "OFPT_FEATURES_REQUEST" Request;
    FeaturesReply = OFPT 6 "OFPT_FEATURES_REPLY" Reply;
    GetConfigRequest = OFPT 7 "OFPT_GET_CONFIG_REQUEST" Request;
    GetConfigReply = OFPT 8 "OFPT_GET_CONFIG_REPLY" Reply;
    SetConfig = OFPT 9 "OFPT_SET_CONFIG" Order;
    PacketIn = OFPT 10 "OFPT_PACKET_IN" Event;
    FlowRemoved = OFPT 11 "OFPT_FLOW_REMOVED" Event;
    PortStatus = OFPT 12 "OFPT_PORT_STATUS" Event;
    PacketOut = OFPT 13 "OFPT_PACKET_OUT" Order;
    FlowMod = OFPT 14 "OFPT_FLOW_MOD" Order;
    GroupMod = OFPT 15 "OFPT_GROUP_MOD" Order;
    PortMod = OFPT 16 "OFPT_PORT_MOD" Order;
    TableMod = OFPT 17 "OFPT_TABLE_MOD" Order;
    MultipartRequest = OFPT 18 "OFPT_MULTIPART_REQUEST" Request;
    MultipartReply = OFPT 19 "OFPT_MULTIPART_REPLY" Reply;
    BarrierRequest = OFPT 20 "OFPT_BARRIER_REQUEST" Request;
    BarrierReply = OFPT 21 "OFPT_BARRIER_REPLY" Reply;
    QueueConfigRequest = OFPT 22 "OFPT_QUEUE_GET_CONFIG_REQUEST" Request;
    QueueConfigReply = OFPT 23 "OFPT_QUEUE_GET_CONFIG_REPLY" Reply;
    RoleRequest = OFPT 24 "OFPT_ROLE_REQUEST" Request;
    RoleReply = OFPT 25 "OFPT_ROLE_REPLY" Reply;
    AsyncRequest = OFPT 26 "OFPT_GET_ASYNC_REQUEST" Request;
    AsyncReply = OFPT 27 "OFPT_GET_ASYNC_REPLY" Reply;
    SetAsync = OFPT 28 "OFPT_SET_ASYNC" Order;
    MeterMod = OFPT 29 "OFPT_METER_MOD" Order;
    BundleControl = ONFT 2300 "ONFT_BUNDLE_CONTROL" Symmetric;
    BundleAdd = ONFT 2301 "ONFT_BUNDLE_ADD_MESSAGE" Symmetric;
    RoleStatus = ONFT 1911 "ONFT_ROLE_STATUS" Event;
    FlowMonitorCancel = ONFT 1870 "ONFT_FLOW_MONITOR_CANCEL" Order;
    FlowMonitorPaused = ONFT 1871 "ONFT_FLOW_MONITOR_PAUSED" Event;
    FlowMonitorResumed = ONFT 1872 "ONFT_FLOW_MONITOR_RESUMED" Event;
    SetPacketInFormat = NXT 16 "NXT_SET_PACKET_IN_FORMAT" Order;
    SetControllerId = NXT 20 "NXT_SET_CONTROLLER_ID" Order;
    Resume = NXT 28 "NXT_RESUME" Order;
    CtFlushZone = NXT 29 "NXT_CT_FLUSH_ZONE" Order;
    PacketIn2 = NXT 30 "NXT_PACKET_IN2" Event;
    CtFlush = NXT 32 "NXT_CT_FLUSH" Order;
}

impl Kind {
    /// The kind of the message that `bytes` begins with. `None`: too short, or no type of OpenFlow 1.3.
    pub fn of_message(bytes: &[u8]) -> Option<Self> {
        let header = Header::read(bytes)?;
        if header.message_type != EXPERIMENTER {
            return Kind::of_number(Number::Standard(header.message_type));
        }
        let numbers = bytes.get(HEADER_BYTES..)?;
        let (experimenter, rest) = numbers.split_first_chunk()?;
        let kind = u32::from_be_bytes(*rest.first_chunk()?);
        Kind::of_number(Number::Experimenter(
            u32::from_be_bytes(*experimenter),
            kind,
        ))
    }

    /// Whether a switch sends it in answer to a request.
    pub fn is_reply(self) -> bool {
        self.role() == Role::Reply
    }

    /// Whether a switch sends it unasked.
    pub fn is_event(self) -> bool {
        self.role() == Role::Event
    }

    /// Whether a controller sends it and gets a reply.
    pub fn is_request(self) -> bool {
        self.role() == Role::Request
    }

    /// Whether a controller sends it and gets no reply, at most an error.
    pub fn is_order(self) -> bool {
        self.role() == Role::Order
    }

    /// Whether it is an event that may be lost: packets may, whatever comes of them.
    pub fn may_be_lost(self) -> bool {
        matches!(self, Kind::PacketIn | Kind::PacketIn2)
    }

    /// Whether it may have any version in its header: these settle the version.
    pub(super) fn is_of_any_version(self) -> bool {
        matches!(
            self,
            Kind::Hello | Kind::Error | Kind::EchoRequest | Kind::EchoReply
        )
    }
}
