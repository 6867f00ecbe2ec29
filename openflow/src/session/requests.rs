//! Requests that wait for their answer: by transaction id, with their deadlines.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::error::RequestError;
use super::{Reply, Ticket};
use crate::DecodeError;
use crate::message::{Answer, Message};
use crate::multipart::MultipartReply;
use crate::peer_error::PeerError;

/// What an answer of the switch means for the requests.
pub(super) type Outcome = (Ticket, Result<Reply, RequestError>);

/// The table of open requests.
#[derive(Debug)]
pub(super) struct Requests {
    timeout: Duration,
    reply_bytes_max: usize,
    open: BTreeMap<u32, Open>,
    /// Requests without a reply that no barrier follows yet.
    uncovered: Vec<u32>,
    /// Barriers of our own, each with the requests it ends.
    barriers: BTreeMap<u32, Vec<u32>>,
    /// When to look at which transaction again. A request that got a part of its answer meanwhile is
    /// put back, so each entry costs O(1) and the order need not be exact.
    alarms: VecDeque<(Instant, u32)>,
}

#[derive(Debug)]
struct Open {
    ticket: Ticket,
    message: &'static str,
    answer: Answer,
    error: Option<PeerError>,
    parts: Option<MultipartReply>,
    bytes: usize,
    heard: Instant,
}

impl Requests {
    pub(super) fn new(timeout: Duration, reply_bytes_max: usize) -> Self {
        Requests {
            timeout,
            reply_bytes_max,
            open: BTreeMap::new(),
            uncovered: Vec::new(),
            barriers: BTreeMap::new(),
            alarms: VecDeque::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn any_in(&self, first: u32, last: u32) -> bool {
        self.open.range(first..=last).next().is_some()
            || self.barriers.range(first..=last).next().is_some()
    }

    pub(super) fn open(
        &mut self,
        xid: u32,
        ticket: Ticket,
        message: &'static str,
        answer: Answer,
        now: Instant,
    ) {
        if answer == Answer::None {
            self.uncovered.push(xid);
        } else {
            self.alarms.push_back((now + self.timeout, xid));
        }
        let open = Open {
            ticket,
            message,
            answer,
            error: None,
            parts: None,
            bytes: 0,
            heard: now,
        };
        self.open.insert(xid, open);
        self.forget_stale_alarms();
    }

    /// Alarms of answered requests go when they are more than those that still matter.
    fn forget_stale_alarms(&mut self) {
        if self.alarms.len() > 2 * self.open.len() + 64 {
            let open = &self.open;
            self.alarms.retain(|(_, xid)| open.contains_key(xid));
        }
    }

    pub(super) fn needs_barrier(&self) -> bool {
        !self.uncovered.is_empty()
    }

    /// A barrier with this transaction id follows all requests without a reply so far.
    pub(super) fn cover(&mut self, barrier: u32, now: Instant) {
        let covered = std::mem::take(&mut self.uncovered);
        for xid in &covered {
            if let Some(open) = self.open.get_mut(xid) {
                open.heard = now;
            }
            self.alarms.push_back((now + self.timeout, *xid));
        }
        self.barriers.insert(barrier, covered);
    }

    /// The requests that the barrier with this transaction id ends; `None` if it is none of ours.
    pub(super) fn barrier_reply(&mut self, xid: u32) -> Option<Vec<Outcome>> {
        let covered = self.barriers.remove(&xid)?;
        Some(
            covered
                .into_iter()
                .filter_map(|xid| self.finish_covered(xid))
                .collect(),
        )
    }

    fn finish_covered(&mut self, xid: u32) -> Option<Outcome> {
        let open = self.open.remove(&xid)?;
        let result = match open.error {
            None => Ok(Reply::Done),
            Some(error) => Err(RequestError::Refused {
                message: open.message,
                error,
            }),
        };
        Some((open.ticket, result))
    }

    /// Whether a request bears this transaction id.
    pub(super) fn is_open(&self, xid: u32) -> bool {
        self.open.contains_key(&xid)
    }

    /// Whether a barrier of our own bears it.
    pub(super) fn is_barrier(&self, xid: u32) -> bool {
        self.barriers.contains_key(&xid)
    }

    /// An error for a request or a barrier. One without a reply ends at its barrier all the same.
    pub(super) fn error(&mut self, xid: u32, error: PeerError) -> Vec<Outcome> {
        if let Some(covered) = self.barriers.remove(&xid) {
            // What the requests came to is not known: each takes the error as its own.
            let own = |xid| {
                self.open.get_mut(&xid)?.error.get_or_insert(error);
                self.finish_covered(xid)
            };
            return covered.into_iter().filter_map(own).collect();
        }
        match self.open.get_mut(&xid) {
            Some(open) if open.answer == Answer::None => {
                open.error.get_or_insert(error);
                Vec::new()
            }
            _ => self.fail(xid, |message| RequestError::Refused { message, error }),
        }
    }

    /// A reply to an open request, or a part of one.
    pub(super) fn reply(
        &mut self,
        xid: u32,
        message: Message,
        bytes: usize,
        now: Instant,
    ) -> Vec<Outcome> {
        let Some(open) = self.open.get_mut(&xid) else {
            return Vec::new();
        };
        if !open.answer.accepts(&message) {
            let got = message.name();
            return self.fail(xid, |message| RequestError::Mismatch { message, got });
        }
        let Message::MultipartReply(part) = message else {
            return self.finish(xid, Reply::Message(Box::new(message)));
        };
        open.heard = now;
        open.bytes += bytes;
        let limit = self.reply_bytes_max;
        if open.bytes > limit {
            return self.fail(xid, |message| RequestError::ReplyTooLong { message, limit });
        }
        let more = part.more;
        let whole = match open.parts.take() {
            None => part,
            Some(mut whole) => match whole.append(part) {
                Ok(()) => whole,
                Err(got) => {
                    return self.fail(xid, |message| RequestError::Mismatch { message, got });
                }
            },
        };
        if more {
            open.parts = Some(whole);
            return Vec::new();
        }
        self.finish(xid, Reply::Multipart(whole))
    }

    /// A reply to an open request that cannot be read.
    pub(super) fn unreadable(&mut self, xid: u32, error: DecodeError) -> Vec<Outcome> {
        self.fail(xid, |message| RequestError::BadReply { message, error })
    }

    fn finish(&mut self, xid: u32, reply: Reply) -> Vec<Outcome> {
        self.open
            .remove(&xid)
            .map(|open| (open.ticket, Ok(reply)))
            .into_iter()
            .collect()
    }

    fn fail(&mut self, xid: u32, error: impl FnOnce(&'static str) -> RequestError) -> Vec<Outcome> {
        let failed = self.open.remove(&xid);
        failed
            .map(|open| (open.ticket, Err(error(open.message))))
            .into_iter()
            .collect()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.alarms.front().map(|(at, _)| *at)
    }

    /// Ends the requests whose time is over.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<(Ticket, RequestError)> {
        let mut expired = Vec::new();
        while let Some((at, xid)) = self.alarms.front().copied() {
            if at > now {
                break;
            }
            self.alarms.pop_front();
            let Some(open) = self.open.get(&xid) else {
                continue;
            };
            let due = open.heard + self.timeout;
            if due > now {
                self.alarms.push_back((due, xid));
                continue;
            }
            if let Some(open) = self.open.remove(&xid) {
                let after = self.timeout;
                expired.push((
                    open.ticket,
                    RequestError::Timeout {
                        message: open.message,
                        after,
                    },
                ));
            }
        }
        // A barrier whose requests are all gone is not waited for any more.
        if !expired.is_empty() {
            let open = &self.open;
            self.barriers
                .retain(|_, covered| covered.iter().any(|xid| open.contains_key(xid)));
        }
        expired
    }

    /// Forgets everything; the tickets that were open.
    pub(super) fn drain(&mut self) -> Vec<Ticket> {
        self.uncovered.clear();
        self.barriers.clear();
        self.alarms.clear();
        std::mem::take(&mut self.open)
            .into_values()
            .map(|open| open.ticket)
            .collect()
    }
}
