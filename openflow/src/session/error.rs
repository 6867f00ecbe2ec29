//! Why a request, a bundle or a whole session ended.

use std::time::Duration;

use thiserror::Error;

use crate::hello::Versions;
use crate::{DecodeError, EncodeError, PeerError};

/// Why a session is over. Every request still open ends with the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// This end closed it.
    #[error("closed by this end")]
    Local,
    /// The peer closed the connection.
    #[error("closed by the peer")]
    Peer,
    /// The connection failed.
    #[error("connection failed: {0}")]
    Io(String),
    /// Nothing came from the peer for so long, not even the answer to our echo request.
    #[error("nothing heard from the peer for {} s, echo request unanswered", .0.as_secs_f32())]
    Silent(Duration),
    /// The peer asks on and on, and does not read what it is answered.
    #[error("the peer does not read: {queued} bytes of answers wait")]
    NotReading {
        /// Bytes that wait.
        queued: usize,
    },
    /// The handshake was not over in time.
    #[error("handshake not over after {} s: waiting for {waiting_for}", .after.as_secs_f32())]
    HandshakeTimeout {
        /// How long it was given.
        after: Duration,
        /// What the peer owed us.
        waiting_for: &'static str,
    },
    /// The peer does not speak OpenFlow 1.3.
    #[error(
        "the peer speaks {peer}, this end {ours}: enable OpenFlow13 on the bridge (ovs-vsctl set bridge BRIDGE protocols=OpenFlow13)"
    )]
    Version {
        /// What the peer offered.
        peer: Versions,
        /// What this end speaks.
        ours: Versions,
    },
    /// The peer refused a step of the handshake.
    #[error("the peer refused {step}: {error}")]
    Refused {
        /// Which message of ours it refused.
        step: &'static str,
        /// Its answer.
        error: PeerError,
    },
    /// The peer sent what is not OpenFlow 1.3, or an event that cannot be read and must not be lost.
    #[error("protocol error of the peer: {0}")]
    Protocol(DecodeError),
    /// The peer sent a message that has no place at this point.
    #[error("unexpected {got} while waiting for {waiting_for}")]
    Unexpected {
        /// Name of the message.
        got: &'static str,
        /// What could have come.
        waiting_for: &'static str,
    },
    /// The consumer of events was too slow, and an event that must not be lost found no room.
    #[error("{capacity} events are waiting and a {event} came: the consumer of events is too slow")]
    Overrun {
        /// Which event found no room.
        event: &'static str,
        /// How many events may wait.
        capacity: usize,
    },
}

/// Why a request got no good answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The switch refused it.
    #[error("the switch refused {message}: {error}")]
    Refused {
        /// Name of the message that was refused.
        message: &'static str,
        /// Its answer.
        error: PeerError,
    },
    /// No answer, or no further part of it, came in time.
    #[error("no answer to {message} for {} s", .after.as_secs_f32())]
    Timeout {
        /// Name of the message.
        message: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// The answer is malformed.
    #[error("answer to {message} cannot be read: {error}")]
    BadReply {
        /// Name of the message.
        message: &'static str,
        /// What is wrong with the answer.
        error: DecodeError,
    },
    /// The answer is a message of another kind.
    #[error("{got} came in answer to {message}")]
    Mismatch {
        /// Name of the message.
        message: &'static str,
        /// Name of what came.
        got: &'static str,
    },
    /// The parts of the answer together pass the limit of the session.
    #[error("answer to {message} is longer than {limit} bytes")]
    ReplyTooLong {
        /// Name of the message.
        message: &'static str,
        /// The limit, in bytes on the wire.
        limit: usize,
    },
    /// The message is none that this end may send on its own.
    #[error("{message} is not a request")]
    NotARequest {
        /// Name of the message.
        message: &'static str,
    },
    /// The message cannot be written down.
    #[error("{message} cannot be encoded: {error}")]
    Encode {
        /// Name of the message.
        message: &'static str,
        /// What is wrong with it.
        error: EncodeError,
    },
    /// Too many requests are open, or too many bytes wait to be sent.
    #[error("the session is full: {open} requests open, {queued} bytes to be sent")]
    Busy {
        /// Requests open now.
        open: usize,
        /// Bytes that wait to be sent.
        queued: usize,
    },
    /// The session is over.
    #[error("session is over: {0}")]
    Closed(CloseReason),
}

/// Why a bundle was not committed. The switch is as it was before, save for [`BundleError::Closed`]
/// and [`BundleError::Timeout`]: there nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The switch refused one of the messages; the bundle was discarded.
    #[error("the switch refused message {index} of the bundle: {error}")]
    Message {
        /// Place of the message in the bundle, from 0.
        index: usize,
        /// Its answer.
        error: PeerError,
    },
    /// The switch refused the bundle itself.
    #[error("the switch refused to {step} the bundle: {error}")]
    Refused {
        /// "open", "sync" or "commit".
        step: &'static str,
        /// Its answer.
        error: PeerError,
    },
    /// Open vSwitch takes only flow mods, group mods and packet-outs in an atomic bundle.
    #[error(
        "message {index} is a {message}: only flow mods, group mods and packet-outs go in a bundle"
    )]
    NotBundlable {
        /// Place of the message in the bundle, from 0.
        index: usize,
        /// Name of the message.
        message: &'static str,
    },
    /// A message cannot be written down.
    #[error("message {index} of the bundle cannot be encoded: {error}")]
    Encode {
        /// Place of the message in the bundle, from 0.
        index: usize,
        /// What is wrong with it.
        error: EncodeError,
    },
    /// More messages than the session takes in one bundle.
    #[error("a bundle of {messages} messages is longer than the limit of {limit}")]
    TooLong {
        /// How many there are.
        messages: usize,
        /// How many may be.
        limit: usize,
    },
    /// The switch did not answer in time.
    #[error("no answer to the {step} of a bundle for {} s", .after.as_secs_f32())]
    Timeout {
        /// "open", "sync", "commit" or "discard".
        step: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// Too many bundles wait.
    #[error("{waiting} bundles wait already")]
    Busy {
        /// How many.
        waiting: usize,
    },
    /// The session is over.
    #[error("session is over: {0}")]
    Closed(CloseReason),
}
