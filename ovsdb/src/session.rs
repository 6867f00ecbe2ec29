//! A session as a machine without I/O: bytes and the time go in, events, bytes and a deadline come
//! out. It answers the peer's probes and sends its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use crate::error::{CloseReason, DecodeError, PeerError};
use crate::rpc::{self, Limits, Message, Scanner};
use crate::update::{MonitorId, Update};

/// How a session behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is accepted of one message.
    pub limits: Limits,
    /// After this long without a byte a probe is sent, and after as long again the session ends.
    /// `None`: never.
    pub probe_interval: Option<Duration>,
    /// How many requests may wait for their answers; further ones wait before they are sent.
    pub requests_max: usize,
    /// How many bytes may wait to be sent. New requests wait at half of it; a peer that makes us
    /// answer without reading is cut off at the whole.
    pub output_bytes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            probe_interval: Some(Duration::from_secs(5)),
            requests_max: 1024,
            output_bytes_max: 16 << 20,
        }
    }
}

/// Which of the three monitor methods a server was asked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `monitor_cond_since` (Open vSwitch 2.12).
    CondSince,
    /// `monitor_cond` (Open vSwitch 2.6).
    Cond,
    /// `monitor` (RFC 7047).
    Plain,
}

impl Dialect {
    /// The method.
    #[must_use]
    pub fn method(self) -> &'static str {
        match self {
            Self::CondSince => "monitor_cond_since",
            Self::Cond => "monitor_cond",
            Self::Plain => "monitor",
        }
    }
}

/// What the result of a request is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nobody asks: the answer to a probe of ours.
    Nothing,
    /// JSON for the caller.
    Json,
    /// The start of a monitor.
    Monitor(Dialect),
}

/// The answer to a request.
#[derive(Debug)]
pub enum Answer {
    /// The result, as JSON.
    Json(Box<str>),
    /// The start of a monitor.
    Monitor(Update),
    /// The peer refused.
    Refused(PeerError),
    /// The result cannot be read.
    Malformed(DecodeError),
}

/// What came in.
#[derive(Debug)]
pub enum Event {
    /// The answer to a request.
    Answer {
        /// The id [`Machine::request`] gave.
        id: u64,
        /// The answer.
        answer: Answer,
    },
    /// A monitored part of the database changed.
    Update {
        /// The monitor.
        monitor: MonitorId,
        /// The change.
        update: Update,
    },
    /// The server gave a monitor up (`monitor_canceled`).
    MonitorCanceled {
        /// The monitor.
        monitor: MonitorId,
    },
    /// A lock came to us (`locked`) or went to another session (`stolen`).
    Lock {
        /// The lock.
        name: String,
        /// Whether it is ours.
        held: bool,
    },
}

/// One session, from the first byte to the last.
#[derive(Debug)]
pub struct Machine {
    options: Options,
    scanner: Scanner,
    input: BytesMut,
    output: BytesMut,
    expected: BTreeMap<u64, Expect>,
    next_id: u64,
    last_received: Instant,
    probed: bool,
}

impl Machine {
    /// A session that begins now.
    #[must_use]
    pub fn new(options: Options, now: Instant) -> Self {
        Self {
            scanner: Scanner::new(options.limits),
            options,
            input: BytesMut::new(),
            output: BytesMut::new(),
            expected: BTreeMap::new(),
            next_id: 1,
            last_received: now,
            probed: false,
        }
    }

    /// The buffer that received bytes are appended to, and the one that bytes to be sent are taken
    /// from. Call [`Machine::received`] after appending.
    pub fn buffers(&mut self) -> (&mut BytesMut, &mut BytesMut) {
        (&mut self.input, &mut self.output)
    }

    /// Bytes have come in: the peer is alive.
    pub fn received(&mut self, now: Instant) {
        self.last_received = now;
        self.probed = false;
    }

    /// Whether another request may be made.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.expected.len() < self.options.requests_max
            && self.output.len() <= self.options.output_bytes_max / 2
    }

    /// How many requests wait for their answers.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.expected.len()
    }

    /// Makes a request; its answer comes as [`Event::Answer`] with the id given back.
    pub fn request(&mut self, method: &str, params: &str, expect: Expect) -> u64 {
        let id = self.take_id();
        rpc::write_request(&mut self.output, id, method, params);
        self.expected.insert(id, expect);
        id
    }

    /// An id that no request has: monitors are named with them too.
    pub fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Tells the server to stop working on a request (RFC 7047 §4.1.4). The answer still comes.
    pub fn cancel(&mut self, id: u64) {
        rpc::write_notification(&mut self.output, "cancel", &format!("[{id}]"));
        if let Some(expect) = self.expected.get_mut(&id) {
            *expect = Expect::Nothing;
        }
    }

    /// When [`Machine::tick`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let interval = self.options.probe_interval?;
        let intervals = if self.probed { 2 } else { 1 };
        self.last_received.checked_add(interval * intervals)
    }

    /// Does what is due: sends a probe, or finds the peer dead.
    ///
    /// # Errors
    /// [`CloseReason::Inactive`].
    pub fn tick(&mut self, now: Instant) -> Result<(), CloseReason> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Ok(());
        }
        if self.probed {
            return Err(CloseReason::Inactive {
                seconds: now.duration_since(self.last_received).as_secs(),
            });
        }
        self.probed = true;
        self.request("echo", "[]", Expect::Nothing);
        Ok(())
    }

    /// The next event in what was received; `None` where more bytes are needed. Probes of the peer
    /// are answered on the way.
    ///
    /// # Errors
    /// [`CloseReason`] where the session cannot go on.
    pub fn next_event(&mut self) -> Result<Option<Event>, CloseReason> {
        while let Some(frame) = self.scanner.next_frame(&mut self.input)? {
            let event = self
                .handle(&frame)
                .map_err(|e| CloseReason::Decode(Arc::new(e)))?;
            if self.output.len() > self.options.output_bytes_max {
                return Err(CloseReason::Overflow {
                    bytes: self.output.len(),
                });
            }
            if event.is_some() {
                return Ok(event);
            }
        }
        if self.input.is_empty() {
            // A large message leaves a large buffer; an idle session keeps none.
            self.input = BytesMut::new();
        }
        Ok(None)
    }

    fn handle(&mut self, frame: &[u8]) -> Result<Option<Event>, DecodeError> {
        match Message::read(frame)? {
            Message::Request { method, params, id } => {
                if method == "echo" {
                    rpc::write_response(&mut self.output, id, params, "null");
                } else {
                    rpc::write_response(&mut self.output, id, "null", "\"unknown method\"");
                }
                Ok(None)
            }
            Message::Notification { method, params } => notification(&method, params),
            Message::Response { id, result } => {
                let Ok(id) = id.parse::<u64>() else {
                    return Err(DecodeError::Message("an answer to a request never made"));
                };
                let answer = match (self.expected.remove(&id), result) {
                    (None, _) => {
                        return Err(DecodeError::Message("an answer to a request never made"));
                    }
                    (Some(Expect::Nothing), _) => return Ok(None),
                    (Some(_), Err(error)) => Answer::Refused(error),
                    (Some(Expect::Json), Ok(json)) => Answer::Json(json.into()),
                    (Some(Expect::Monitor(dialect)), Ok(json)) => first_update(dialect, json),
                };
                Ok(Some(Event::Answer { id, answer }))
            }
        }
    }
}

fn first_update(dialect: Dialect, json: &str) -> Answer {
    let update = match dialect {
        Dialect::CondSince => Update::from_since_reply(json),
        Dialect::Cond | Dialect::Plain => Update::from_reply(json),
    };
    match update {
        Ok(update) => Answer::Monitor(update),
        Err(source) => Answer::Malformed(DecodeError::Json {
            what: dialect.method(),
            source,
        }),
    }
}

fn notification(method: &str, params: &str) -> Result<Option<Event>, DecodeError> {
    fn json(what: &'static str) -> impl FnOnce(serde_json::Error) -> DecodeError {
        move |source| DecodeError::Json { what, source }
    }
    let update = |(monitor, update)| Some(Event::Update { monitor, update });
    match method {
        "update3" => Update::from_update3(params)
            .map(update)
            .map_err(json("update3")),
        "update2" => Update::from_update(params)
            .map(update)
            .map_err(json("update2")),
        "update" => Update::from_update(params)
            .map(update)
            .map_err(json("update")),
        "monitor_canceled" => {
            let (monitor,): (MonitorId,) =
                serde_json::from_str(params).map_err(json("monitor_canceled"))?;
            Ok(Some(Event::MonitorCanceled { monitor }))
        }
        "locked" | "stolen" => {
            let (name,): (String,) = serde_json::from_str(params).map_err(json("lock"))?;
            Ok(Some(Event::Lock {
                name,
                held: method == "locked",
            }))
        }
        _ => Ok(None),
    }
}
