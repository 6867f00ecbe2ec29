//! The task that owns the socket and the session.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::Shared;
use crate::message::Message;
use crate::session::{
    BundleError, CloseReason, Event, Notice, Peer, Reply, RequestError, Session, Ticket,
};

/// How many bytes are read at once.
const READ_BYTES: usize = 64 << 10;
/// How long a closing connection may take to write what it still has to say.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a handle wants of the driver.
#[derive(Debug)]
pub(super) enum Command {
    Request(Message, oneshot::Sender<Result<Reply, RequestError>>),
    Send(Message, Option<oneshot::Sender<Result<(), RequestError>>>),
    Bundle(Vec<Message>, oneshot::Sender<Result<(), BundleError>>),
}

/// Who waits for the answer to a ticket.
#[derive(Debug)]
enum Waiter {
    Request(oneshot::Sender<Result<Reply, RequestError>>),
    Bundle(oneshot::Sender<Result<(), BundleError>>),
}

/// The socket, the session, and the ends of the channels.
#[derive(Debug)]
pub(super) struct Driver<S> {
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    /// Something was written that a buffering stream (TLS) may still hold.
    unflushed: bool,
    input: BytesMut,
    session: Session,
    waiters: HashMap<Ticket, Waiter>,
    commands: mpsc::Receiver<Command>,
    notices: mpsc::Sender<Notice>,
    shared: Option<Arc<Shared>>,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Driver<S> {
    pub(super) fn new(
        stream: S,
        session: Session,
        commands: mpsc::Receiver<Command>,
        notices: mpsc::Sender<Notice>,
    ) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Driver {
            reader,
            writer,
            unflushed: false,
            input: BytesMut::new(),
            session,
            waiters: HashMap::new(),
            commands,
            notices,
            shared: None,
        }
    }

    /// Runs until the handshake is over. Notices that come meanwhile wait for their consumer.
    pub(super) async fn handshake(&mut self) -> Result<Peer, CloseReason> {
        loop {
            while let Some(event) = self.session.poll_event() {
                match event {
                    Event::Ready(peer) => return Ok(*peer),
                    Event::Closed(reason) => {
                        self.farewell().await;
                        return Err(reason);
                    }
                    Event::Notice(notice) => self.tell(notice),
                    Event::Reply { .. } | Event::Bundle { .. } => {}
                }
            }
            self.step().await;
        }
    }

    /// Runs until the session is over.
    pub(super) async fn run(mut self, shared: Arc<Shared>) {
        self.shared = Some(shared.clone());
        loop {
            while let Some(event) = self.session.poll_event() {
                if let Some(reason) = self.deliver(event) {
                    tracing::debug!(%reason, "OpenFlow connection closed");
                    let _ = shared.closed.set(reason);
                    self.commands.close();
                    self.farewell().await;
                    return;
                }
            }
            tokio::select! {
                () = self.step() => {}
                () = shared.closing.notified() => self.session.close(CloseReason::Local),
            }
        }
    }

    /// Waits for the socket, a handle or the clock, whichever is first, and lets the session know.
    /// Can be dropped at any point without losing anything.
    async fn step(&mut self) {
        let now = Instant::now();
        let deadline = self.session.deadline();
        let takes_commands = self.session.has_room();
        self.input.reserve(READ_BYTES);
        let output = self.session.output(now.into_std());
        let writes = !output.is_empty() || self.unflushed;
        let writer = &mut self.writer;
        let flushes = output.is_empty();
        let write = async {
            if flushes {
                writer.flush().await.map(|()| 0)
            } else {
                writer.write(output).await
            }
        };
        tokio::select! {
            read = self.reader.read_buf(&mut self.input) => match read {
                Ok(0) => self.session.close(CloseReason::Peer),
                Ok(_) => self.session.receive(&mut self.input, Instant::now().into_std()),
                Err(error) => self.session.close(CloseReason::Io(error.to_string())),
            },
            written = write, if writes => match written {
                Ok(0) if !flushes => self.session.close(CloseReason::Peer),
                Ok(count) => {
                    self.unflushed = !flushes;
                    self.session.sent(count);
                }
                Err(error) => self.session.close(CloseReason::Io(error.to_string())),
            },
            command = self.commands.recv(), if takes_commands => match command {
                Some(command) => self.take(command),
                None => self.session.close(CloseReason::Local),
            },
            () = sleep_until(deadline) => self.session.tick(Instant::now().into_std()),
        }
    }

    /// Takes a command and those right behind it, so that one barrier serves them all.
    fn take(&mut self, first: Command) {
        let mut next = Some(first);
        while let Some(command) = next {
            self.hand_over(command);
            next = if self.session.has_room() {
                self.commands.try_recv().ok()
            } else {
                None
            };
        }
    }

    fn hand_over(&mut self, command: Command) {
        let now = Instant::now().into_std();
        match command {
            Command::Request(message, done) => match self.session.request(&message, now) {
                Ok(ticket) => {
                    self.waiters.insert(ticket, Waiter::Request(done));
                }
                Err(error) => drop(done.send(Err(error))),
            },
            Command::Send(message, done) => {
                let sent = self.session.send(&message);
                match (done, sent) {
                    (Some(done), sent) => drop(done.send(sent)),
                    (None, Ok(())) => {}
                    (None, Err(error)) => tracing::warn!(%error, "message not sent"),
                }
            }
            Command::Bundle(messages, done) => match self.session.bundle(messages, now) {
                Ok(ticket) => {
                    self.waiters.insert(ticket, Waiter::Bundle(done));
                }
                Err(error) => drop(done.send(Err(error))),
            },
        }
    }

    /// Brings an event to whom it concerns. Gives the reason when it was the last one. A waiter that
    /// is gone has lost interest in the answer.
    fn deliver(&mut self, event: Event) -> Option<CloseReason> {
        match event {
            Event::Ready(_) => None,
            Event::Closed(reason) => Some(reason),
            Event::Notice(notice) => {
                self.tell(notice);
                None
            }
            Event::Reply { ticket, result } => {
                if let Some(Waiter::Request(done)) = self.waiters.remove(&ticket) {
                    let _ = done.send(result);
                }
                None
            }
            Event::Bundle { ticket, result } => {
                if let Some(Waiter::Bundle(done)) = self.waiters.remove(&ticket) {
                    let _ = done.send(result);
                }
                None
            }
        }
    }

    /// Puts a notice in the queue of the consumer, who may have gone. Packet-ins leave half of the
    /// queue to what must not be lost.
    fn tell(&mut self, notice: Notice) {
        let capacity = self.notices.max_capacity();
        let may_be_lost = matches!(notice, Notice::PacketIn(_) | Notice::Unreadable(_));
        if may_be_lost && self.notices.capacity() <= capacity / 2 {
            if let Some(shared) = &self.shared {
                shared.packet_ins_dropped.fetch_add(1, Ordering::Relaxed);
            }
            return;
        }
        if let Err(mpsc::error::TrySendError::Full(notice)) = self.notices.try_send(notice) {
            self.session.close(CloseReason::Overrun {
                event: notice.name(),
                capacity,
            });
        }
    }

    /// Writes what is left to say, such as why the versions do not fit, and closes.
    async fn farewell(&mut self) {
        let last = async {
            let output = self.session.output(Instant::now().into_std());
            self.writer.write_all(output).await?;
            self.writer.shutdown().await
        };
        // The peer may be gone already; then there is nobody to tell.
        let _ = tokio::time::timeout(FAREWELL, last).await;
    }
}

async fn sleep_until(deadline: Option<std::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(Instant::from_std(deadline)).await,
        None => std::future::pending().await,
    }
}
