//! What comes from the switch: whole messages out of the bytes, each to where it belongs.

use std::time::Instant;

use bytes::BytesMut;

use super::error::CloseReason;
use super::{Event, Notice, Session, bundles, requests};
use crate::DecodeError;
use crate::header::{self, Header};
use crate::message::{Kind, Message};
use crate::multipart::MultipartReplyBody;
use crate::peer_error::{BadRequest, PeerError};

impl Session {
    /// Takes the whole messages off the front of `input` and leaves the rest, which is shorter than a
    /// message can be. What they mean comes out of [`Session::poll_event`] and [`Session::output`].
    pub fn receive(&mut self, input: &mut BytesMut, now: Instant) {
        if !input.is_empty() {
            self.last_heard = now;
            self.probed = false;
        }
        while self.closed.is_none() {
            let header = match header::next(input) {
                Ok(Some(header)) => header,
                Ok(None) => return,
                Err(error) => return self.end(CloseReason::Protocol(error)),
            };
            let frame = input.split_to(usize::from(header.length));
            match Message::decode(&frame) {
                Ok((xid, message)) => self.take(xid, message, frame.len(), now),
                Err(error) => self.take_unreadable(header, Kind::of_message(&frame), error),
            }
        }
        input.clear();
    }

    fn take(&mut self, xid: u32, message: Message, length: usize, now: Instant) {
        let message = match message {
            Message::Hello(hello) => return self.take_hello(&hello),
            Message::EchoRequest(data) => return self.answer(&Message::EchoReply(data), xid),
            Message::EchoReply(_) if !self.requests.any_in(xid, xid) => return,
            message if self.handshake.is_done() => message,
            Message::Error(error) if self.awaits_hello() => {
                let step = "hello";
                return self.end(CloseReason::Refused {
                    step,
                    error: error.error,
                });
            }
            message if self.awaits_hello() => {
                let (got, waiting_for) = (message.name(), "OFPT_HELLO");
                return self.end(CloseReason::Unexpected { got, waiting_for });
            }
            message => match self.take_handshake(xid, message) {
                Some(message) => message,
                None => return,
            },
        };
        let notice = match message {
            Message::Error(error) => return self.take_error(xid, error.error, error.data, now),
            Message::BarrierReply => return self.take_barrier_reply(xid, length, now),
            Message::BundleControl(_) => return self.take_bundle_reply(xid, now),
            Message::PacketIn(packet) | Message::PacketIn2(packet) => Notice::PacketIn(packet),
            Message::PortStatus(status) => Notice::PortStatus(status),
            Message::FlowRemoved(removed) => Notice::FlowRemoved(removed),
            Message::FlowMonitorPaused => Notice::MonitorPaused,
            Message::FlowMonitorResumed => Notice::MonitorResumed,
            Message::RoleStatus(status) => Notice::RoleStatus(status),
            message => return self.take_reply(xid, message, length, now),
        };
        self.events.push_back(Event::Notice(notice));
    }

    fn take_reply(&mut self, xid: u32, message: Message, length: usize, now: Instant) {
        if self.requests.is_open(xid) {
            let outcomes = self.requests.reply(xid, message, length, now);
            return self.answered(outcomes);
        }
        match message {
            Message::MultipartReply(reply) => {
                if let MultipartReplyBody::FlowMonitor(updates) = reply.body {
                    self.events
                        .push_back(Event::Notice(Notice::FlowUpdates(updates)));
                }
            }
            // The answer to a request that was given up.
            message if message.kind().is_reply() => {}
            message => {
                if message.kind().is_request() {
                    let error = PeerError::BadRequest(BadRequest::BadType);
                    self.answer(&Message::error(error, Vec::new()), xid);
                }
                self.events
                    .push_back(Event::Notice(Notice::Other(Box::new(message))));
            }
        }
    }

    fn take_barrier_reply(&mut self, xid: u32, length: usize, now: Instant) {
        if let Some(outcomes) = self.requests.barrier_reply(xid) {
            self.answered(outcomes);
        } else if self.bundles.knows(xid) {
            self.take_bundle_reply(xid, now);
        } else {
            self.take_reply(xid, Message::BarrierReply, length, now);
        }
    }

    fn take_bundle_reply(&mut self, xid: u32, now: Instant) {
        let outcome = self.bundles.reply(xid, &mut self.output.bytes, now);
        self.concluded(outcome);
    }

    fn take_error(&mut self, xid: u32, error: PeerError, data: Vec<u8>, now: Instant) {
        if self.requests.is_open(xid) || self.requests.is_barrier(xid) {
            let outcomes = self.requests.error(xid, error);
            self.answered(outcomes);
        } else if self.bundles.knows(xid) {
            let outcome = self.bundles.error(xid, error, &mut self.output.bytes, now);
            self.concluded(outcome);
        } else {
            self.events
                .push_back(Event::Notice(Notice::Error { xid, error, data }));
        }
    }

    fn answered(&mut self, outcomes: Vec<requests::Outcome>) {
        let replies = outcomes
            .into_iter()
            .map(|(ticket, result)| Event::Reply { ticket, result });
        self.events.extend(replies);
    }

    fn concluded(&mut self, outcome: Option<bundles::Outcome>) {
        let outcome = outcome.map(|(ticket, result)| Event::Bundle { ticket, result });
        self.events.extend(outcome);
    }

    /// A message of sound length whose inside cannot be read. A reply fails its request, a packet-in
    /// is lost and told; what must not be lost ends the session.
    fn take_unreadable(&mut self, header: Header, kind: Option<Kind>, error: DecodeError) {
        if !self.handshake.is_done() {
            return self.end(CloseReason::Protocol(error));
        }
        if self.requests.is_open(header.xid) {
            let outcomes = self.requests.unreadable(header.xid, error);
            return self.answered(outcomes);
        }
        let must_not_be_lost = match kind {
            // Reports of flow monitors come as replies to nobody.
            Some(Kind::MultipartReply) => header.xid == 0,
            Some(kind) => kind.is_event() && !kind.may_be_lost(),
            None => false,
        };
        match must_not_be_lost {
            true => self.end(CloseReason::Protocol(error)),
            false => self
                .events
                .push_back(Event::Notice(Notice::Unreadable(error))),
        }
    }
}
