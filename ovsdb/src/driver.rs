//! The task of a session: moves bytes between a stream and the [`Machine`], and results to who
//! waits for them. It never waits for a caller, a lock or a database, so probes are answered
//! whatever else is busy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::BytesMut;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::error::{ApplyError, CloseReason};
use crate::monitor::Feed;
use crate::notation::Uuid;
use crate::session::{Answer, Dialect, Event, Expect, Machine, Options};
use crate::update::MonitorId;

/// What a handle asks of the driver.
#[derive(Debug)]
pub(crate) enum Command {
    Request {
        method: &'static str,
        params: String,
        reply: oneshot::Sender<Answer>,
    },
    Monitor {
        dialect: Dialect,
        /// JSON.
        database: String,
        /// JSON.
        requests: String,
        feed: Arc<Feed>,
        reply: oneshot::Sender<Answer>,
    },
    Lock {
        method: &'static str,
        name: String,
        params: String,
        reply: oneshot::Sender<Answer>,
    },
}

/// Who waits for an answer, and what the answer changes.
#[derive(Debug)]
struct Waiter {
    reply: oneshot::Sender<Answer>,
    then: Then,
}

#[derive(Debug)]
enum Then {
    Nothing,
    Follow(MonitorId, Arc<Feed>),
    Lock(String),
    Unlock(String),
}

/// The result of `lock` and `steal`.
#[derive(Deserialize)]
pub(crate) struct Locked {
    pub(crate) locked: bool,
}

/// Requests whose caller is gone are looked for this often.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);
/// What is still to be sent at the end gets this long.
const FAREWELL: Duration = Duration::from_secs(1);
/// The least room a read finds.
const READ_BYTES: usize = 8 << 10;

#[derive(Debug)]
pub(crate) struct Driver {
    machine: Machine,
    commands: mpsc::Receiver<Command>,
    waiters: BTreeMap<u64, Waiter>,
    monitors: BTreeMap<MonitorId, Weak<Feed>>,
    locks: watch::Sender<BTreeSet<String>>,
    shutdown: Arc<Notify>,
}

impl Driver {
    pub(crate) fn new(
        options: Options,
        commands: mpsc::Receiver<Command>,
        locks: watch::Sender<BTreeSet<String>>,
        shutdown: Arc<Notify>,
    ) -> Self {
        Self {
            machine: Machine::new(options, Instant::now().into_std()),
            commands,
            waiters: BTreeMap::new(),
            monitors: BTreeMap::new(),
            locks,
            shutdown,
        }
    }

    /// Runs the session to its end.
    pub(crate) async fn run<S: AsyncRead + AsyncWrite>(mut self, stream: S) -> CloseReason {
        let (mut reader, mut writer) = tokio::io::split(Box::pin(stream));
        let reason = self.serve(&mut reader, &mut writer).await;
        if matches!(reason, CloseReason::Local) {
            let (_, output) = self.machine.buffers();
            let farewell = async {
                writer.write_all(output).await?;
                writer.shutdown().await
            };
            // The peer may be gone, or not reading; either way this is the end.
            let _ = tokio::time::timeout(FAREWELL, farewell).await;
        }
        reason
    }

    async fn serve<R, W>(&mut self, reader: &mut R, writer: &mut W) -> CloseReason
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let shutdown = self.shutdown.clone();
        let timer = tokio::time::sleep_until(self.wake());
        tokio::pin!(timer);
        let mut unflushed = false;
        loop {
            let ready = self.machine.is_ready();
            let (input, output) = self.machine.buffers();
            make_room(input);
            let sending = unflushed || !output.is_empty();
            tokio::select! {
                read = reader.read_buf(input) => match read {
                    Ok(0) => return CloseReason::Peer,
                    Ok(_) => if let Err(reason) = self.received() {
                        return reason;
                    },
                    Err(error) => return lost(error),
                },
                sent = send(writer, output), if sending => match sent {
                    Ok(more) => unflushed = more,
                    Err(error) => return lost(error),
                },
                command = self.commands.recv(), if ready => match command {
                    Some(command) => self.command(command),
                    None => return CloseReason::Local,
                },
                () = &mut timer => {
                    if let Err(reason) = self.machine.tick(Instant::now().into_std()) {
                        return reason;
                    }
                    self.sweep();
                    timer.as_mut().reset(self.wake());
                }
                () = shutdown.notified() => return CloseReason::Local,
            }
        }
    }

    fn wake(&self) -> Instant {
        let sweep = Instant::now() + SWEEP_INTERVAL;
        let probe = self.machine.deadline().map(Instant::from_std);
        probe.map_or(sweep, |probe| probe.min(sweep))
    }

    fn received(&mut self) -> Result<(), CloseReason> {
        self.machine.received(Instant::now().into_std());
        while let Some(event) = self.machine.next_event()? {
            self.event(event)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event) -> Result<(), CloseReason> {
        match event {
            Event::Answer { id, answer } => self.answer(id, answer)?,
            Event::Update { monitor, update } => {
                let Some(feed) = self.monitors.get(&monitor) else {
                    // Canceled by us a moment ago.
                    return Ok(());
                };
                match feed.upgrade() {
                    Some(feed) => feed.apply(update)?,
                    None => self.cancel_monitor(monitor),
                }
            }
            Event::MonitorCanceled { monitor } => {
                let feed = self.monitors.remove(&monitor);
                if let Some(feed) = feed.and_then(|feed| feed.upgrade()) {
                    feed.cancel();
                }
            }
            Event::Lock { name, held } => self.set_lock(name, held),
        }
        Ok(())
    }

    fn answer(&mut self, id: u64, answer: Answer) -> Result<(), ApplyError> {
        let Some(Waiter { reply, then }) = self.waiters.remove(&id) else {
            return Ok(());
        };
        let mut answer = answer;
        match (then, &mut answer) {
            (Then::Follow(monitor, feed), Answer::Monitor(update)) => {
                feed.apply(std::mem::take(update))?;
                self.monitors.insert(monitor, Arc::downgrade(&feed));
            }
            (Then::Lock(name), Answer::Json(json)) if is_locked(json) => {
                self.set_lock(name, true);
            }
            (Then::Unlock(name), Answer::Json(_)) => self.set_lock(name, false),
            _ => {}
        }
        // A caller that went away does not want it any more.
        let _ = reply.send(answer);
        Ok(())
    }

    fn set_lock(&mut self, name: String, held: bool) {
        self.locks.send_if_modified(|locks| {
            if held {
                locks.insert(name)
            } else {
                locks.remove(&name)
            }
        });
    }

    fn command(&mut self, command: Command) {
        let (id, reply, then) = match command {
            Command::Request {
                method,
                params,
                reply,
            } => {
                let id = self.machine.request(method, &params, Expect::Json);
                (id, reply, Then::Nothing)
            }
            Command::Monitor {
                dialect,
                database,
                requests,
                feed,
                reply,
            } => {
                let monitor = self.machine.take_id();
                let params = match dialect {
                    Dialect::CondSince => {
                        let last = feed.replica().last_transaction();
                        let last = last.unwrap_or(Uuid::nil());
                        format!("[{database},{monitor},{requests},\"{last}\"]")
                    }
                    Dialect::Cond | Dialect::Plain => format!("[{database},{monitor},{requests}]"),
                };
                let expect = Expect::Monitor(dialect);
                let id = self.machine.request(dialect.method(), &params, expect);
                (id, reply, Then::Follow(monitor, feed))
            }
            Command::Lock {
                method,
                name,
                params,
                reply,
            } => {
                let id = self.machine.request(method, &params, Expect::Json);
                let then = if method == "unlock" {
                    Then::Unlock(name)
                } else {
                    Then::Lock(name)
                };
                (id, reply, then)
            }
        };
        self.waiters.insert(id, Waiter { reply, then });
    }

    /// Lets go of what nobody waits for any more.
    fn sweep(&mut self) {
        let machine = &mut self.machine;
        self.waiters.retain(|&id, waiter| {
            // A monitor or lock that is on its way has to be taken note of first.
            let gone = waiter.reply.is_closed() && matches!(waiter.then, Then::Nothing);
            if gone {
                machine.cancel(id);
            }
            !gone
        });
        let dead =
            |(&id, feed): (&MonitorId, &Weak<Feed>)| (feed.strong_count() == 0).then_some(id);
        let dead: Vec<MonitorId> = self.monitors.iter().filter_map(dead).collect();
        for monitor in dead {
            self.cancel_monitor(monitor);
        }
    }

    fn cancel_monitor(&mut self, monitor: MonitorId) {
        self.monitors.remove(&monitor);
        let params = format!("[{monitor}]");
        self.machine
            .request("monitor_cancel", &params, Expect::Nothing);
    }
}

/// Whether the result of `lock` or `steal` says that the lock is ours at once.
fn is_locked(json: &str) -> bool {
    serde_json::from_str(json).is_ok_and(|Locked { locked }| locked)
}

/// Writes what there is, else flushes (TLS keeps bytes back until then); gives whether a flush is
/// still due. Dropped half-way it has lost nothing.
async fn send<W: AsyncWrite + Unpin>(
    writer: &mut W,
    output: &mut BytesMut,
) -> std::io::Result<bool> {
    if output.is_empty() {
        return writer.flush().await.map(|()| false);
    }
    writer.write_buf(output).await.map(|_| true)
}

/// Room for the next read: small while little comes, as large as what is there for a long message.
fn make_room(input: &mut BytesMut) {
    if input.capacity() - input.len() < READ_BYTES / 2 {
        input.reserve(READ_BYTES.max(input.len()));
    }
}

fn lost(error: std::io::Error) -> CloseReason {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof
        | std::io::ErrorKind::ConnectionReset
        | std::io::ErrorKind::BrokenPipe => CloseReason::Peer,
        _ => CloseReason::Io(Arc::new(error)),
    }
}
