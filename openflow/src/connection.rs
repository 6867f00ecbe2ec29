//! The tokio half of a session: a handle to ask the switch through, and the stream of what it says.
//!
//! One task owns the socket and the [`Session`]. It waits on the socket, the handles and the clock at
//! once and on nothing else, so an echo request is answered whatever else is under way.

mod dial;
mod driver;
mod listen;

pub use dial::{DialError, Target, dial};
pub use listen::{Incoming, Listener};

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::features::Features;
use crate::flow::FlowStats;
use crate::group::Group;
use crate::message::Message;
use crate::meter::Meter;
use crate::multipart::{FlowQuery, MultipartReplyBody, MultipartRequest};
use crate::packet_io::PacketInFormat;
use crate::port::Port;
use crate::role::{RoleReply, RoleRequest};
use crate::session::{self, BundleError, CloseReason, Notice, Peer, Reply, RequestError, Session};

use driver::{Command, Driver};

/// Settings and bounds of a connection.
#[derive(Clone, Debug)]
pub struct Config {
    /// Those of the session.
    pub session: session::Config,
    /// How many events may wait for their consumer. Packet-ins take at most half of them.
    pub events_max: usize,
    /// How many requests of all handles may wait for the session to take them.
    pub commands_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            session: session::Config::default(),
            events_max: 4096,
            commands_max: 1024,
        }
    }
}

/// A handle to a switch. Clones share the connection, which closes when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Connection {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
}

/// What the switch says unasked, in its order.
#[derive(Debug)]
pub struct Events {
    notices: mpsc::Receiver<Notice>,
    shared: Arc<Shared>,
}

/// What the handles, the events and the driver have in common.
#[derive(Debug)]
struct Shared {
    peer: Peer,
    closed: OnceLock<CloseReason>,
    closing: Notify,
    packet_ins_dropped: AtomicU64,
}

impl Shared {
    fn reason(&self) -> CloseReason {
        self.closed.get().cloned().unwrap_or(CloseReason::Local)
    }
}

impl Connection {
    /// Begins a session on a stream, whichever end made it, and does the handshake. Dropping the
    /// future closes the stream.
    ///
    /// # Errors
    /// Why the session did not come about.
    pub async fn open<S>(stream: S, config: Config) -> Result<(Connection, Events), CloseReason>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (commands, commands_in) = mpsc::channel(config.commands_max.max(1));
        let (notices_out, notices) = mpsc::channel(config.events_max.max(2));
        let now = tokio::time::Instant::now().into_std();
        let session = Session::new(config.session, now);
        let mut driver = Driver::new(stream, session, commands_in, notices_out);
        let peer = driver.handshake().await?;
        let shared = Arc::new(Shared {
            peer,
            closed: OnceLock::new(),
            closing: Notify::new(),
            packet_ins_dropped: AtomicU64::new(0),
        });
        tokio::spawn(driver.run(shared.clone()));
        Ok((
            Connection {
                commands,
                shared: shared.clone(),
            },
            Events { notices, shared },
        ))
    }

    /// The features of the switch, its datapath id among them.
    pub fn features(&self) -> &Features {
        &self.shared.peer.features
    }

    /// The datapath id of the bridge.
    pub fn datapath_id(&self) -> u64 {
        self.shared.peer.features.datapath_id
    }

    /// The format of the switch's packet-ins.
    pub fn packet_in_format(&self) -> PacketInFormat {
        self.shared.peer.packet_in_format
    }

    /// The role the switch gave us in the handshake, where one was asked for.
    pub fn first_role(&self) -> Option<&RoleReply> {
        self.shared.peer.role.as_ref()
    }

    /// How many packet-ins were dropped since their consumer was too slow.
    pub fn packet_ins_dropped(&self) -> u64 {
        self.shared.packet_ins_dropped.load(Ordering::Relaxed)
    }

    /// Why the connection is closed, once it is.
    pub fn closed(&self) -> Option<CloseReason> {
        self.shared.closed.get().cloned()
    }

    /// Closes the connection for all handles. Open requests end with [`CloseReason::Local`].
    pub fn close(&self) {
        self.shared.closing.notify_one();
    }

    /// Asks something and waits for the answer. A message without a reply is [`Reply::Done`] when a
    /// barrier has shown that the switch took it.
    ///
    /// # Errors
    /// What the switch answered instead, or why no answer came.
    pub async fn request(&self, message: Message) -> Result<Reply, RequestError> {
        let (done, answer) = oneshot::channel();
        self.command(Command::Request(message, done))
            .await
            .map_err(RequestError::Closed)?;
        answer
            .await
            .unwrap_or_else(|_| Err(RequestError::Closed(self.shared.reason())))
    }

    /// Sends a message and waits only until there is room for it. An error of the switch comes as
    /// [`Notice::Error`].
    ///
    /// # Errors
    /// The message is none to send, has no encoding, or the connection is closed.
    pub async fn send(&self, message: Message) -> Result<(), RequestError> {
        let (done, taken) = oneshot::channel();
        self.command(Command::Send(message, Some(done)))
            .await
            .map_err(RequestError::Closed)?;
        taken
            .await
            .unwrap_or_else(|_| Err(RequestError::Closed(self.shared.reason())))
    }

    /// Sends a message if there is room for it now. For packet-outs, which may be lost.
    ///
    /// # Errors
    /// No room ([`RequestError::Busy`]), or the connection is closed.
    pub fn try_send(&self, message: Message) -> Result<(), RequestError> {
        self.commands
            .try_send(Command::Send(message, None))
            .map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => RequestError::Busy {
                    open: self.commands.max_capacity(),
                    queued: 0,
                },
                mpsc::error::TrySendError::Closed(_) => RequestError::Closed(self.shared.reason()),
            })
    }

    /// Has the switch apply all messages in their order, or none, and waits for the outcome.
    ///
    /// # Errors
    /// Which message the switch refused and why, or why the outcome is not known.
    pub async fn bundle(&self, messages: Vec<Message>) -> Result<(), BundleError> {
        let (done, outcome) = oneshot::channel();
        self.command(Command::Bundle(messages, done))
            .await
            .map_err(BundleError::Closed)?;
        outcome
            .await
            .unwrap_or_else(|_| Err(BundleError::Closed(self.shared.reason())))
    }

    /// Waits until the switch has processed everything sent before.
    ///
    /// # Errors
    /// Why no answer came.
    pub async fn barrier(&self) -> Result<(), RequestError> {
        self.request(Message::BarrierRequest).await.map(drop)
    }

    /// Asks for a role.
    ///
    /// # Errors
    /// A stale generation id among others.
    pub async fn role(&self, role: RoleRequest) -> Result<RoleReply, RequestError> {
        const NAME: &str = "OFPT_ROLE_REQUEST";
        match self.request(Message::RoleRequest(role)).await? {
            Reply::Message(reply) => match *reply {
                Message::RoleReply(reply) => Ok(reply),
                other => Err(mismatch(NAME, other.name())),
            },
            other => Err(mismatch(NAME, other.name())),
        }
    }

    /// Asks for a multipart reply and gives its parts in one.
    ///
    /// # Errors
    /// What the switch answered instead, or why no answer came.
    pub async fn multipart(
        &self,
        request: MultipartRequest,
    ) -> Result<MultipartReplyBody, RequestError> {
        let message = Message::MultipartRequest(request);
        let name = message.name();
        match self.request(message).await? {
            Reply::Multipart(reply) => Ok(reply.body),
            other => Err(mismatch(name, other.name())),
        }
    }

    /// The flows that the query selects.
    ///
    /// # Errors
    /// As for [`Connection::multipart`].
    pub async fn flows(&self, query: FlowQuery) -> Result<Vec<FlowStats>, RequestError> {
        match self.multipart(MultipartRequest::Flow(query)).await? {
            MultipartReplyBody::Flow(flows) => Ok(flows),
            other => Err(mismatch("OFPMP_FLOW", other.kind().name())),
        }
    }

    /// All groups.
    ///
    /// # Errors
    /// As for [`Connection::multipart`].
    pub async fn groups(&self) -> Result<Vec<Group>, RequestError> {
        match self.multipart(MultipartRequest::GroupDesc).await? {
            MultipartReplyBody::GroupDesc(groups) => Ok(groups),
            other => Err(mismatch("OFPMP_GROUP_DESC", other.kind().name())),
        }
    }

    /// All meters.
    ///
    /// # Errors
    /// As for [`Connection::multipart`].
    pub async fn meters(&self) -> Result<Vec<Meter>, RequestError> {
        match self
            .multipart(MultipartRequest::MeterConfig(crate::number::meters::ALL))
            .await?
        {
            MultipartReplyBody::MeterConfig(meters) => Ok(meters),
            other => Err(mismatch("OFPMP_METER_CONFIG", other.kind().name())),
        }
    }

    /// All ports.
    ///
    /// # Errors
    /// As for [`Connection::multipart`].
    pub async fn ports(&self) -> Result<Vec<Port>, RequestError> {
        match self.multipart(MultipartRequest::PortDesc).await? {
            MultipartReplyBody::PortDesc(ports) => Ok(ports),
            other => Err(mismatch("OFPMP_PORT_DESC", other.kind().name())),
        }
    }

    async fn command(&self, command: Command) -> Result<(), CloseReason> {
        self.commands
            .send(command)
            .await
            .map_err(|_| self.shared.reason())
    }
}

impl Events {
    /// The next thing the switch says; once the connection is closed and everything was told, why.
    ///
    /// # Errors
    /// The connection is closed. Each further call says so again.
    pub async fn next(&mut self) -> Result<Notice, CloseReason> {
        self.notices
            .recv()
            .await
            .ok_or_else(|| self.shared.reason())
    }
}

fn mismatch(message: &'static str, got: &'static str) -> RequestError {
    RequestError::Mismatch { message, got }
}
