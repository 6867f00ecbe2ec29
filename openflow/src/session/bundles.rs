//! Bundles (ONF extension 230): opened, filled, checked with a barrier, committed or discarded.
//!
//! A switch leaves a message it refuses out of the bundle and goes on, so a commit may only follow
//! when a barrier has shown that none was refused. Messages are encoded as the output takes them; a
//! bundle of any length costs no more memory than its messages.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Ticket;
use super::error::BundleError;
use crate::bundle::{self, BundleControl, BundleControlType, BundleFlags};
use crate::message::Message;
use crate::peer_error::PeerError;

/// What an answer of the switch means for the bundles.
pub(super) type Outcome = (Ticket, Result<(), BundleError>);

/// Transaction ids that a bundle of so many messages takes: open, one a message, barrier, commit,
/// discard. They follow each other, so that the id of an error tells the message.
pub(super) fn xids_needed(messages: usize) -> u32 {
    u32::try_from(messages).unwrap_or(u32::MAX - 8) + 4
}

/// The bundles that are open or wait to be sent, in their order.
#[derive(Debug)]
pub(super) struct Bundles {
    timeout: Duration,
    bundles: VecDeque<Bundle>,
    next_id: u32,
}

#[derive(Debug)]
struct Bundle {
    ticket: Ticket,
    id: u32,
    first_xid: u32,
    messages: std::vec::IntoIter<Message>,
    length: u32,
    written: u32,
    step: Step,
    failure: Option<BundleError>,
    heard: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Waiting,
    Adding,
    Syncing,
    Committing,
    Discarding,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Step::Waiting | Step::Adding => "open",
            Step::Syncing => "sync",
            Step::Committing => "commit",
            Step::Discarding => "discard",
        }
    }
}

/// Which of its transaction ids an answer bears.
enum Place {
    Open,
    Message(usize),
    Barrier,
    Commit,
    Discard,
}

impl Bundles {
    pub(super) fn new(timeout: Duration) -> Self {
        Bundles {
            timeout,
            bundles: VecDeque::new(),
            next_id: 1,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bundles.len()
    }

    pub(super) fn any_in(&self, first: u32, last: u32) -> bool {
        self.bundles
            .iter()
            .any(|b| b.first_xid <= last && first <= b.last_xid())
    }

    pub(super) fn push(
        &mut self,
        ticket: Ticket,
        first_xid: u32,
        messages: Vec<Message>,
        now: Instant,
    ) {
        let length = xids_needed(messages.len()) - 4;
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        self.bundles.push_back(Bundle {
            ticket,
            id,
            first_xid,
            messages: messages.into_iter(),
            length,
            written: 0,
            step: Step::Waiting,
            failure: None,
            heard: now,
        });
    }

    /// Writes as much of the waiting bundles as `output` takes up to `limit` bytes.
    pub(super) fn stream(&mut self, output: &mut Vec<u8>, limit: usize, now: Instant) {
        for bundle in &mut self.bundles {
            if output.len() >= limit {
                return;
            }
            bundle.stream(output, limit, now);
        }
    }

    /// Whether a message of a bundle bears this transaction id.
    pub(super) fn knows(&self, xid: u32) -> bool {
        self.bundles.iter().any(|bundle| bundle.owns(xid))
    }

    /// A bundle control reply or a barrier reply.
    pub(super) fn reply(
        &mut self,
        xid: u32,
        output: &mut Vec<u8>,
        now: Instant,
    ) -> Option<Outcome> {
        let (index, bundle) = self.find(xid)?;
        bundle.heard = now;
        match bundle.place(xid) {
            Place::Barrier => bundle.conclude(output),
            Place::Commit | Place::Discard => return self.finish(index),
            Place::Open | Place::Message(_) => {}
        }
        None
    }

    /// An error.
    pub(super) fn error(
        &mut self,
        xid: u32,
        error: PeerError,
        output: &mut Vec<u8>,
        now: Instant,
    ) -> Option<Outcome> {
        let (index, bundle) = self.find(xid)?;
        bundle.heard = now;
        let (failure, over) = match bundle.place(xid) {
            Place::Open => (
                BundleError::Refused {
                    step: "open",
                    error,
                },
                false,
            ),
            Place::Message(index) => (BundleError::Message { index, error }, false),
            Place::Barrier => (
                BundleError::Refused {
                    step: "sync",
                    error,
                },
                false,
            ),
            Place::Commit => (
                BundleError::Refused {
                    step: "commit",
                    error,
                },
                true,
            ),
            Place::Discard => (
                BundleError::Refused {
                    step: "discard",
                    error,
                },
                true,
            ),
        };
        bundle.failure.get_or_insert(failure);
        if over {
            return self.finish(index);
        }
        if matches!(bundle.step, Step::Adding | Step::Syncing) {
            bundle.discard(output);
        }
        None
    }

    fn find(&mut self, xid: u32) -> Option<(usize, &mut Bundle)> {
        self.bundles
            .iter_mut()
            .enumerate()
            .find(|(_, bundle)| bundle.owns(xid))
    }

    fn finish(&mut self, index: usize) -> Option<Outcome> {
        let bundle = self.bundles.remove(index)?;
        Some((bundle.ticket, bundle.failure.map_or(Ok(()), Err)))
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let waiting = self
            .bundles
            .iter()
            .filter(|bundle| bundle.step != Step::Waiting);
        waiting.map(|bundle| bundle.heard + self.timeout).min()
    }

    /// Ends the bundles whose time is over.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<(Ticket, BundleError)> {
        let timeout = self.timeout;
        let mut expired = Vec::new();
        self.bundles.retain(|bundle| {
            let over = bundle.step != Step::Waiting && bundle.heard + timeout <= now;
            if over {
                let step = bundle.step.name();
                let timeout = BundleError::Timeout {
                    step,
                    after: timeout,
                };
                expired.push((bundle.ticket, bundle.failure.clone().unwrap_or(timeout)));
            }
            !over
        });
        expired
    }

    pub(super) fn drain(&mut self) -> Vec<Ticket> {
        self.bundles.drain(..).map(|bundle| bundle.ticket).collect()
    }
}

impl Bundle {
    /// Whether a message of it that was sent bears this transaction id.
    fn owns(&self, xid: u32) -> bool {
        self.step != Step::Waiting && (self.first_xid..=self.last_xid()).contains(&xid)
    }

    fn last_xid(&self) -> u32 {
        self.first_xid + self.length + 3
    }

    fn place(&self, xid: u32) -> Place {
        match xid - self.first_xid {
            0 => Place::Open,
            n if n <= self.length => Place::Message(n as usize - 1),
            n if n == self.length + 1 => Place::Barrier,
            n if n == self.length + 2 => Place::Commit,
            _ => Place::Discard,
        }
    }

    fn stream(&mut self, output: &mut Vec<u8>, limit: usize, now: Instant) {
        if self.step == Step::Waiting {
            self.control(output, 0, BundleControlType::OPEN_REQUEST);
            self.step = Step::Adding;
        }
        if self.step != Step::Adding {
            return;
        }
        self.heard = now;
        while output.len() < limit {
            let Some(message) = self.messages.next() else {
                self.write(output, self.length + 1, &Message::BarrierRequest);
                self.step = Step::Syncing;
                return;
            };
            self.written += 1;
            let xid = self.first_xid + self.written;
            if let Err(error) = bundle::encode_add(self.id, BundleFlags::ALL, xid, &message, output)
            {
                let index = self.written as usize - 1;
                self.failure
                    .get_or_insert(BundleError::Encode { index, error });
                return self.discard(output);
            }
        }
    }

    /// All messages are with the switch and it has said what it thinks of them.
    fn conclude(&mut self, output: &mut Vec<u8>) {
        match (self.step, &self.failure) {
            (Step::Syncing, None) => {
                self.control(output, self.length + 2, BundleControlType::COMMIT_REQUEST);
                self.step = Step::Committing;
            }
            (Step::Syncing, Some(_)) => self.discard(output),
            _ => {}
        }
    }

    fn discard(&mut self, output: &mut Vec<u8>) {
        self.messages = Vec::new().into_iter();
        self.control(output, self.length + 3, BundleControlType::DISCARD_REQUEST);
        self.step = Step::Discarding;
    }

    fn control(&self, output: &mut Vec<u8>, place: u32, kind: BundleControlType) {
        let control = BundleControl {
            bundle_id: self.id,
            kind,
            flags: BundleFlags::ALL,
        };
        self.write(output, place, &Message::BundleControl(control));
    }

    /// Writes a message of the session's own, which always has an encoding.
    fn write(&self, output: &mut Vec<u8>, place: u32, message: &Message) {
        let written = message.encode(self.first_xid + place, output);
        debug_assert!(written.is_ok(), "{written:?}");
    }
}
