//! The switch over a stream: what tests of sessions and nodes talk to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{self, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

use super::fault::{Effect, Faults};
use super::switch::{ConnectionId, Switch, refusal};
use crate::error::{DecodeError, Problem};
use crate::header;
use crate::hello::{Hello, VERSION};
use crate::message::Message;
use crate::peer_error::{BadAction, BadInstruction, BadMatch, BadRequest, PeerError};

/// Bytes asked of the stream at once.
const READ_BYTES: usize = 64 * 1024;

/// A switch that tests and connections share.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    switch: Mutex<Switch>,
    faults: Mutex<Faults>,
    /// Told whenever something may wait for a controller.
    events: Notify,
}

impl Shared {
    /// Shares a switch.
    pub fn new(switch: Switch) -> Self {
        let events = Notify::new();
        let switch = Mutex::new(switch);
        let faults = Mutex::default();
        Shared(Arc::new(Inner {
            switch,
            faults,
            events,
        }))
    }

    /// So many messages that `hits` names, over whatever connection they come, meet with `effect`.
    pub fn fail(
        &self,
        hits: impl Fn(&Message) -> bool + Send + Sync + 'static,
        times: u32,
        effect: Effect,
    ) {
        self.faults().add(hits, times, effect);
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        self.faults().clear();
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the switch; what then waits for controllers is sent to them.
    pub fn with<T>(&self, work: impl FnOnce(&mut Switch) -> T) -> T {
        let result = work(&mut self.lock());
        self.0.events.notify_waiters();
        result
    }

    /// A panic of a test that held the lock leaves a switch that others may still look at.
    fn lock(&self) -> MutexGuard<'_, Switch> {
        self.0.switch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Speaks OpenFlow over a stream as the switch, until the other end closes it.
pub async fn serve<S>(shared: &Shared, stream: S) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let connection = shared.lock().connect();
    let result = converse(shared, connection, stream).await;
    shared.lock().disconnect(connection);
    result
}

async fn converse<S>(shared: &Shared, connection: ConnectionId, mut stream: S) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut output = Vec::new();
    let hello = Message::Hello(Hello {
        version: VERSION,
        bitmap: Some(vec![1 << VERSION]),
    });
    write(&mut output, 1, &hello);
    stream.write_all(&output).await?;
    let mut input = Vec::new();
    let mut chunk = vec![0; READ_BYTES];
    loop {
        output.clear();
        // Registered before the look, so that nothing that comes in between is missed.
        let told = shared.0.events.notified();
        for event in shared.lock().take_events(connection) {
            write(&mut output, 0, &event);
        }
        stream.write_all(&output).await?;
        tokio::select! {
            count = stream.read(&mut chunk) => match count? {
                0 => return Ok(()),
                count => input.extend_from_slice(chunk.get(..count).unwrap_or_default()),
            },
            () = told => continue,
        }
        while let Some(bytes) = next(&mut input)? {
            output.clear();
            if answer(shared, connection, &bytes, &mut output).await == Goes::Away {
                return Ok(());
            }
            stream.write_all(&output).await?;
        }
    }
}

/// Whether the switch stays connected.
#[derive(PartialEq, Eq)]
enum Goes {
    On,
    Away,
}

/// Takes the next whole message out of what has come.
fn next(input: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let invalid = |error: DecodeError| io::Error::new(io::ErrorKind::InvalidData, error);
    let Some(header) = header::next(input).map_err(invalid)? else {
        return Ok(None);
    };
    let length = usize::from(header.length).min(input.len());
    Ok(Some(input.drain(..length).collect()))
}

/// Answers a message.
async fn answer(
    shared: &Shared,
    connection: ConnectionId,
    bytes: &[u8],
    output: &mut Vec<u8>,
) -> Goes {
    let (xid, message) = match Message::decode(bytes) {
        Ok(decoded) => decoded,
        Err(error) => {
            let xid = header::next(bytes).ok().flatten().map_or(0, |h| h.xid);
            let data = bytes.iter().copied().take(64).collect();
            write(output, xid, &Message::error(refused(&error), data));
            return Goes::On;
        }
    };
    let effect = shared.faults().take(&message);
    match effect {
        Some(Effect::Cut) => return Goes::Away,
        Some(Effect::Refuse(error)) => {
            write(output, xid, &refusal(error, xid, &message));
            return Goes::On;
        }
        Some(Effect::Delay(delay)) => tokio::time::sleep(delay).await,
        Some(Effect::Silence) | None => {}
    }
    let answers = shared.with(|switch| switch.handle(connection, xid, message));
    if effect != Some(Effect::Silence) {
        answers
            .iter()
            .for_each(|(xid, answer)| write(output, *xid, answer));
    }
    Goes::On
}

/// Writes a message of the switch's own making.
fn write(output: &mut Vec<u8>, xid: u32, message: &Message) {
    if let Err(error) = message.encode(xid, output) {
        tracing::warn!(%error, message = message.name(), "not sent");
    }
}

/// The error that a switch answers bytes with that it cannot read.
fn refused(error: &DecodeError) -> PeerError {
    match (&error.problem, error.what) {
        (Problem::Duplicate { .. }, _) => PeerError::BadMatch(BadMatch::DuplicateField),
        (Problem::NotMaskable { .. }, _) => PeerError::BadMatch(BadMatch::BadMask),
        (Problem::OutsideMask { .. }, _) => PeerError::BadMatch(BadMatch::BadWildcards),
        (Problem::TooBig { .. }, "match") => PeerError::BadMatch(BadMatch::BadValue),
        (_, "match") => PeerError::BadMatch(BadMatch::BadLength),
        (Problem::TooBig { .. } | Problem::BadValue { .. }, "set_field" | "action") => {
            PeerError::BadAction(BadAction::BadSetArgument)
        }
        (Problem::BeyondField { .. }, _) => PeerError::BadAction(BadAction::BadSetLength),
        (Problem::BadValue { .. }, "ct" | "nat" | "learn") => {
            PeerError::BadAction(BadAction::BadArgument)
        }
        (_, "action" | "set_field" | "ct" | "nat" | "learn" | "bundle" | "multipath") => {
            PeerError::BadAction(BadAction::BadLength)
        }
        (_, "instruction") => PeerError::BadInstruction(BadInstruction::BadLength),
        (Problem::Unknown { .. }, _) => PeerError::BadRequest(BadRequest::BadType),
        _ => PeerError::BadRequest(BadRequest::BadLength),
    }
}
