//! The OpenFlow session of a controller, without I/O: bytes and the time go in, bytes, events and the
//! next deadline come out. [`crate::connection`] drives it over a socket.
//!
//! What it does by itself: hello with version negotiation, features, the packet-in format, role and
//! controller id asked for in [`Config`]; echo both ways; pairing of replies and errors with requests,
//! a barrier after requests that have no reply; collection of multipart replies; bundles. Everything
//! it keeps has a bound, given by [`Config`].

mod bundles;
mod error;
mod handshake;
mod receive;
mod requests;

pub use error::{BundleError, CloseReason, RequestError};

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::DecodeError;
use crate::features::Features;
use crate::flow_removed::FlowRemoved;
use crate::message::{Answer, Message};
use crate::multipart::MultipartReply;
use crate::packet_io::{PacketIn, PacketInFormat};
use crate::peer_error::PeerError;
use crate::port::PortStatus;
use crate::role::{RoleReply, RoleRequest, RoleStatus};
use crate::watch::FlowUpdate;

use bundles::Bundles;
use handshake::Handshake;
use requests::Requests;

/// How many bytes of answers to the switch may wait besides what [`Config::queued_bytes_max`] allows.
const ANSWERS_BYTES_MAX: usize = 1 << 20;

/// Settings and bounds of a session.
#[derive(Clone, Debug)]
pub struct Config {
    /// After so much silence the session asks the peer for an echo.
    pub probe_after: Duration,
    /// After so much silence the session is over. Open vSwitch is silent while it commits a large
    /// bundle: leave it room.
    pub dead_after: Duration,
    /// The handshake must be over after so long.
    pub handshake_timeout: Duration,
    /// A request fails when neither its answer nor another part of it came for so long.
    pub request_timeout: Duration,
    /// A bundle fails when the switch owes an answer for so long.
    pub bundle_timeout: Duration,
    /// How many requests may be open.
    pub requests_max: usize,
    /// How many bundles may be open or wait to be sent.
    pub bundles_max: usize,
    /// How many messages one bundle may hold.
    pub bundle_messages_max: usize,
    /// How many bytes the parts of one multipart reply may have together.
    pub reply_bytes_max: usize,
    /// The session takes no more requests while so many bytes wait to be sent.
    pub queued_bytes_max: usize,
    /// The packet-in format to ask for. A switch that refuses it is taken with the standard one.
    pub packet_in_format: PacketInFormat,
    /// Id of this connection, for `controller` actions that name one (NXT_SET_CONTROLLER_ID).
    pub controller_id: Option<u16>,
    /// Sent as `miss_send_len` with normal fragment handling (OFPT_SET_CONFIG). Without it, what the
    /// bridge has set stays.
    pub miss_send_len: Option<u16>,
    /// The role to ask for.
    pub role: Option<RoleRequest>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            probe_after: Duration::from_secs(5),
            dead_after: Duration::from_secs(20),
            handshake_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            bundle_timeout: Duration::from_secs(60),
            requests_max: 4096,
            bundles_max: 16,
            bundle_messages_max: 2_000_000,
            reply_bytes_max: 512 << 20,
            queued_bytes_max: 256 << 10,
            packet_in_format: PacketInFormat::Nicira2,
            controller_id: None,
            miss_send_len: None,
            role: None,
        }
    }
}

/// Names a request or bundle of this session until its answer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(u64);

/// The good answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The request has no reply; the switch has processed it without an error.
    Done,
    /// The reply.
    Message(Box<Message>),
    /// The parts of a multipart reply, in one.
    Multipart(MultipartReply),
}

impl Reply {
    /// The name of what came.
    pub fn name(&self) -> &'static str {
        match self {
            Reply::Done => "nothing",
            Reply::Message(message) => message.name(),
            Reply::Multipart(reply) => reply.body.kind().name(),
        }
    }
}

/// What is known of the switch when the handshake is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Peer {
    /// Its features, the datapath id among them.
    pub features: Features,
    /// The format its packet-ins have.
    pub packet_in_format: PacketInFormat,
    /// The role it gave us, where [`Config::role`] asked for one.
    pub role: Option<RoleReply>,
}

/// What the switch says of itself, unasked.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Notice {
    /// A packet for the controller.
    PacketIn(Box<PacketIn>),
    /// A port came, went or changed.
    PortStatus(PortStatus),
    /// A flow that asked for it is gone.
    FlowRemoved(Box<FlowRemoved>),
    /// Changes that a flow monitor reports.
    FlowUpdates(Vec<FlowUpdate>),
    /// The switch reports no changes for now, since we read too slowly.
    MonitorPaused,
    /// The switch reports changes again, beginning with those it held back.
    MonitorResumed,
    /// Another controller or the administrator changed our role.
    RoleStatus(RoleStatus),
    /// The switch refused a message that was sent without asking for the outcome.
    Error {
        /// Transaction id of the message.
        xid: u32,
        /// What it said.
        error: PeerError,
        /// The beginning of the message.
        data: Vec<u8>,
    },
    /// A packet-in that cannot be read. It is lost, the session goes on.
    Unreadable(DecodeError),
    /// Any other message that nobody asked for.
    Other(Box<Message>),
}

impl Notice {
    /// The name of the message it came as.
    pub fn name(&self) -> &'static str {
        match self {
            Notice::PacketIn(_) | Notice::Unreadable(_) => "packet-in",
            Notice::PortStatus(_) => "OFPT_PORT_STATUS",
            Notice::FlowRemoved(_) => "OFPT_FLOW_REMOVED",
            Notice::FlowUpdates(_) => "ONFMP_FLOW_MONITOR",
            Notice::MonitorPaused => "ONFT_FLOW_MONITOR_PAUSED",
            Notice::MonitorResumed => "ONFT_FLOW_MONITOR_RESUMED",
            Notice::RoleStatus(_) => "ONFT_ROLE_STATUS",
            Notice::Error { .. } => "OFPT_ERROR",
            Notice::Other(message) => message.name(),
        }
    }
}

/// What comes out of a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The handshake is over; requests are taken from here on.
    Ready(Box<Peer>),
    /// Something the switch said unasked.
    Notice(Notice),
    /// A request has its answer.
    Reply {
        /// The request.
        ticket: Ticket,
        /// The answer.
        result: Result<Reply, RequestError>,
    },
    /// A bundle is committed, or nothing of it is.
    Bundle {
        /// The bundle.
        ticket: Ticket,
        /// The outcome.
        result: Result<(), BundleError>,
    },
    /// The session is over. The last event.
    Closed(CloseReason),
}

/// A session with one switch.
#[derive(Debug)]
pub struct Session {
    config: Config,
    handshake: Handshake,
    requests: Requests,
    bundles: Bundles,
    xids: Xids,
    tickets: u64,
    output: Output,
    events: VecDeque<Event>,
    last_heard: Instant,
    probed: bool,
    closed: Option<CloseReason>,
}

impl Session {
    /// A session on a connection that has just been made. Its hello waits in the output.
    pub fn new(config: Config, now: Instant) -> Self {
        let mut session = Session {
            handshake: Handshake::new(now, config.handshake_timeout),
            requests: Requests::new(config.request_timeout, config.reply_bytes_max),
            bundles: Bundles::new(config.bundle_timeout),
            config,
            xids: Xids { next: 1 },
            tickets: 0,
            output: Output::default(),
            events: VecDeque::new(),
            last_heard: now,
            probed: false,
            closed: None,
        };
        session.begin_handshake();
        session
    }

    /// Asks something of the switch. A message without a reply is followed by a barrier, so that its
    /// outcome is known too. The answer comes as [`Event::Reply`].
    ///
    /// # Errors
    /// The message is none for a controller to send, or has no encoding, or there is no room
    /// ([`Session::has_room`]), or the session is not ready or over.
    pub fn request(&mut self, message: &Message, now: Instant) -> Result<Ticket, RequestError> {
        self.check_open()?;
        if self.requests.len() >= self.config.requests_max {
            return Err(RequestError::Busy {
                open: self.requests.len(),
                queued: self.output.len(),
            });
        }
        let answer = message.answer();
        if answer == Answer::NotARequest {
            return Err(RequestError::NotARequest {
                message: message.name(),
            });
        }
        let xid = self.fresh_xid(1);
        self.encode(message, xid)?;
        let ticket = self.ticket();
        self.requests.open(xid, ticket, message.name(), answer, now);
        Ok(ticket)
    }

    /// Sends a message and asks no more of it; an error of the switch comes as [`Notice::Error`].
    ///
    /// # Errors
    /// As for [`Session::request`]; a message that has a reply is refused too.
    pub fn send(&mut self, message: &Message) -> Result<(), RequestError> {
        self.check_open()?;
        if message.answer() != Answer::None {
            return Err(RequestError::NotARequest {
                message: message.name(),
            });
        }
        let xid = self.fresh_xid(1);
        self.encode(message, xid)
    }

    /// Has the switch apply all messages in their order, or none. The outcome comes as
    /// [`Event::Bundle`].
    ///
    /// # Errors
    /// A message that cannot be in a bundle, too many messages, no room, or the session is over.
    pub fn bundle(&mut self, messages: Vec<Message>, now: Instant) -> Result<Ticket, BundleError> {
        match self.check_open() {
            Ok(()) => {}
            Err(RequestError::Closed(reason)) => return Err(BundleError::Closed(reason)),
            Err(_) => {
                return Err(BundleError::Busy {
                    waiting: self.bundles.len(),
                });
            }
        }
        if self.bundles.len() >= self.config.bundles_max {
            return Err(BundleError::Busy {
                waiting: self.bundles.len(),
            });
        }
        let limit = self.config.bundle_messages_max;
        if messages.len() > limit {
            return Err(BundleError::TooLong {
                messages: messages.len(),
                limit,
            });
        }
        if let Some((index, message)) = messages.iter().enumerate().find(|(_, m)| !m.is_bundlable())
        {
            return Err(BundleError::NotBundlable {
                index,
                message: message.name(),
            });
        }
        let ticket = self.ticket();
        if messages.is_empty() {
            self.events.push_back(Event::Bundle {
                ticket,
                result: Ok(()),
            });
            return Ok(ticket);
        }
        let span = bundles::xids_needed(messages.len());
        let first_xid = self.fresh_xid(span);
        self.bundles.push(ticket, first_xid, messages, now);
        Ok(ticket)
    }

    /// Whether another request or bundle would be taken now.
    pub fn has_room(&self) -> bool {
        self.is_ready()
            && self.output.len() < self.config.queued_bytes_max
            && self.requests.len() < self.config.requests_max
            && self.bundles.len() < self.config.bundles_max
    }

    /// Whether the handshake is over and the session is not.
    pub fn is_ready(&self) -> bool {
        self.handshake.is_done() && self.closed.is_none()
    }

    /// The next event, if there is one.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The bytes to write now; empty when there is nothing to send. Call [`Session::sent`] with how
    /// many of them were written.
    pub fn output(&mut self, now: Instant) -> &[u8] {
        if self.is_ready() {
            if self.requests.needs_barrier() {
                self.cover_requests(now);
            }
            self.stream_bundles(now);
        }
        self.output.unsent()
    }

    /// Tells that the first `count` bytes of the output were written.
    pub fn sent(&mut self, count: usize) {
        self.output.advance(count);
    }

    /// When [`Session::tick`] has something to do, should nothing else happen before.
    pub fn deadline(&self) -> Option<Instant> {
        if self.closed.is_some() {
            return None;
        }
        let silence = if self.probed {
            self.config.dead_after
        } else {
            self.config.probe_after
        };
        let mut deadline = self.last_heard + silence.min(self.config.dead_after);
        for other in [
            self.handshake.deadline(),
            self.requests.deadline(),
            self.bundles.deadline(),
        ] {
            deadline = other.map_or(deadline, |other| deadline.min(other));
        }
        Some(deadline)
    }

    /// Lets the time pass: probes a silent peer, ends what waited too long.
    pub fn tick(&mut self, now: Instant) {
        if self.closed.is_some() {
            return;
        }
        if let Some(reason) = self.handshake.expired(now) {
            return self.end(reason);
        }
        let silence = now.saturating_duration_since(self.last_heard);
        if silence >= self.config.dead_after {
            return self.end(CloseReason::Silent(silence));
        }
        if silence >= self.config.probe_after && !self.probed {
            self.probed = true;
            let xid = self.fresh_xid(1);
            self.put(&Message::EchoRequest(Vec::new()), xid);
        }
        for (ticket, error) in self.requests.expire(now) {
            self.events.push_back(Event::Reply {
                ticket,
                result: Err(error),
            });
        }
        for (ticket, error) in self.bundles.expire(now) {
            self.events.push_back(Event::Bundle {
                ticket,
                result: Err(error),
            });
        }
    }

    /// Ends the session: everything open ends with `reason`, then [`Event::Closed`].
    pub fn close(&mut self, reason: CloseReason) {
        if self.closed.is_none() {
            self.end(reason);
        }
    }

    fn end(&mut self, reason: CloseReason) {
        self.closed = Some(reason.clone());
        for ticket in self.requests.drain() {
            let result = Err(RequestError::Closed(reason.clone()));
            self.events.push_back(Event::Reply { ticket, result });
        }
        for ticket in self.bundles.drain() {
            let result = Err(BundleError::Closed(reason.clone()));
            self.events.push_back(Event::Bundle { ticket, result });
        }
        self.events.push_back(Event::Closed(reason));
    }

    fn check_open(&self) -> Result<(), RequestError> {
        if let Some(reason) = &self.closed {
            return Err(RequestError::Closed(reason.clone()));
        }
        let (open, queued) = (self.requests.len(), self.output.len());
        if !self.is_ready() || queued >= self.config.queued_bytes_max {
            return Err(RequestError::Busy { open, queued });
        }
        Ok(())
    }

    fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    /// The first of `count` transaction ids in a row that nothing open bears.
    fn fresh_xid(&mut self, count: u32) -> u32 {
        loop {
            let first = self.xids.take(count);
            let last = first + (count - 1);
            if !self.requests.any_in(first, last) && !self.bundles.any_in(first, last) {
                return first;
            }
        }
    }

    fn encode(&mut self, message: &Message, xid: u32) -> Result<(), RequestError> {
        message
            .encode(xid, &mut self.output.bytes)
            .map_err(|error| RequestError::Encode {
                message: message.name(),
                error,
            })
    }

    /// Answers the switch. One that asks and does not read what it is answered is left.
    fn answer(&mut self, message: &Message, xid: u32) {
        if self.output.len() > self.config.queued_bytes_max + ANSWERS_BYTES_MAX {
            return self.end(CloseReason::NotReading {
                queued: self.output.len(),
            });
        }
        self.put(message, xid);
    }

    /// Writes a message of the session's own, which always has an encoding.
    fn put(&mut self, message: &Message, xid: u32) {
        let written = self.encode(message, xid);
        debug_assert!(written.is_ok(), "{written:?}");
    }

    /// Ends the requests without a reply that were sent so far with one barrier.
    fn cover_requests(&mut self, now: Instant) {
        let barrier = self.fresh_xid(1);
        self.put(&Message::BarrierRequest, barrier);
        self.requests.cover(barrier, now);
    }

    fn stream_bundles(&mut self, now: Instant) {
        let limit = self.config.queued_bytes_max;
        self.bundles.stream(&mut self.output.bytes, limit, now);
    }
}

/// Transaction ids in a circle. Zero is what switches put on messages nobody asked for.
#[derive(Debug)]
struct Xids {
    next: u32,
}

impl Xids {
    fn take(&mut self, count: u32) -> u32 {
        if self.next.checked_add(count).is_none() {
            self.next = 1;
        }
        let first = self.next;
        self.next += count;
        first
    }
}

/// Bytes that wait to be written.
#[derive(Debug, Default)]
struct Output {
    bytes: Vec<u8>,
    sent: usize,
}

impl Output {
    fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    fn unsent(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    fn advance(&mut self, count: usize) {
        self.sent = (self.sent + count).min(self.bytes.len());
        if self.sent == self.bytes.len() {
            self.bytes.clear();
            self.sent = 0;
        } else if self.sent >= self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }
}
