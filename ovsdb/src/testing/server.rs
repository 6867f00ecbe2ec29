//! The server: shared by any number of connections, each served on a stream of any kind.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::cache::SchemaCache;
use crate::error::PeerError;
use crate::handle::{Peer, Session};
use crate::notation::Uuid;
use crate::operation::Columns;
use crate::rpc::{Limits, Message, Scanner};
use crate::schema::Schema;
use crate::session::{Dialect, Options};
use crate::testing::database::Database;
use crate::testing::requests::State;
use crate::testing::{VSWITCH_SCHEMA, vswitch_schema};

/// What the server does instead of its duty at the next `transact`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Closes the connection; nothing was changed.
    DropBefore,
    /// Carries the transaction out and closes the connection without an answer.
    DropAfter,
    /// Carries it out and never answers.
    Silence,
    /// Carries it out and holds the answer back.
    Delay(Duration),
    /// Refuses the request.
    Refuse(PeerError),
    /// Sends these bytes instead of an answer.
    Garbage(Vec<u8>),
}

/// What kind of server it is.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The schema, as JSON.
    pub schema: String,
    /// The newest monitor method it knows.
    pub dialect: Dialect,
    /// Whether it keeps transaction ids, as a clustered server does and a standalone one does not.
    pub history: bool,
    /// Whether it plays `ovs-vswitchd` too: gives interfaces their `ofport`, bridges their
    /// `datapath_id`, and follows `next_cfg` with `cur_cfg`.
    pub vswitchd: bool,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            schema: VSWITCH_SCHEMA.to_owned(),
            dialect: Dialect::CondSince,
            history: false,
            vswitchd: false,
        }
    }
}

impl ServerOptions {
    pub(super) fn knows(&self, dialect: Dialect) -> bool {
        let age = |dialect| match dialect {
            Dialect::Plain => 0,
            Dialect::Cond => 1,
            Dialect::CondSince => 2,
        };
        age(dialect) <= age(self.dialect)
    }
}

/// An in-memory server with one database. Clones share it.
#[derive(Clone)]
pub struct Server {
    state: Arc<Mutex<State>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ovsdb::testing::Server")
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new(ServerOptions::default())
    }
}

impl Server {
    /// A server. A vswitch database starts with its one `Open_vSwitch` row, as after
    /// `ovs-vsctl init`.
    #[must_use]
    pub fn new(options: ServerOptions) -> Self {
        let schema = Schema::parse(&options.schema).unwrap_or_else(|error| {
            tracing::error!(%error, "schema of the in-memory server");
            vswitch_schema()
        });
        let database = Database::new(Arc::new(schema));
        let server = Self {
            state: Arc::new(Mutex::new(State::new(options, database))),
        };
        if server.state().database.table("Open_vSwitch").is_some() {
            server.transact(json!([{"op": "insert", "table": "Open_vSwitch", "row": {}}]));
        }
        server
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs operations, given as a JSON array, as if another client had sent them; gives the
    /// elements of the result.
    #[expect(clippy::needless_pass_by_value)]
    pub fn transact(&self, operations: Value) -> Vec<Value> {
        let operations = operations.as_array().cloned().unwrap_or_default();
        self.state().local(&operations)
    }

    /// The rows of a table with all their columns, `_uuid` among them.
    #[must_use]
    pub fn rows(&self, table: &str) -> BTreeMap<Uuid, Columns> {
        let state = self.state();
        let rows = state.database.rows(table);
        rows.map(|(&uuid, row)| (uuid, Columns::clone(row)))
            .collect()
    }

    /// Queues a fault for the next `transact` that has none yet.
    pub fn fail_next(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// Closes every connection.
    pub fn disconnect_all(&self) {
        for client in self.state().clients.values_mut() {
            client.closing = true;
            client.wake.notify_one();
        }
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state().clients.len()
    }

    /// A session with this server through memory. Needs a tokio runtime.
    #[must_use]
    pub fn session(&self, options: Options) -> Session {
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        let server = self.clone();
        tokio::spawn(async move { server.serve(theirs).await });
        Session::start(
            ours,
            Peer::default(),
            options,
            Arc::new(SchemaCache::default()),
        )
    }

    /// Serves a connection to its end.
    pub async fn serve<S: AsyncRead + AsyncWrite>(&self, stream: S) {
        let (session, wake) = self.state().admit();
        let (mut reader, mut writer) = tokio::io::split(Box::pin(stream));
        let mut scanner = Scanner::new(Limits::default());
        let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
        loop {
            let (alarm, closing) = self.collect(session, &mut output);
            if closing {
                break;
            }
            input.reserve(4096);
            let alarm = alarm.map(tokio::time::Instant::from_std);
            let writing = !output.is_empty();
            tokio::select! {
                read = reader.read_buf(&mut input) => {
                    if !matches!(read, Ok(1..)) || !self.take(session, &mut scanner, &mut input) {
                        break;
                    }
                }
                written = writer.write_buf(&mut output), if writing => {
                    if written.is_err() || writer.flush().await.is_err() {
                        break;
                    }
                }
                () = wake.notified() => {}
                () = sleep_until(alarm), if alarm.is_some() => self.state().retry(),
            }
        }
        self.state().dismiss(session);
    }

    /// Moves what is due into `output`; gives when to look again, and whether to hang up.
    fn collect(&self, session: u64, output: &mut BytesMut) -> (Option<Instant>, bool) {
        let mut state = self.state();
        let deadline = state.deadline(session);
        let Some(client) = state.clients.get_mut(&session) else {
            return (None, true);
        };
        let now = Instant::now();
        while let Some((due, _)) = client.outbox.front() {
            if *due > now {
                let due = *due;
                return (Some(deadline.map_or(due, |d| d.min(due))), client.closing);
            }
            if let Some((_, bytes)) = client.outbox.pop_front() {
                output.extend_from_slice(&bytes);
            }
        }
        (deadline, client.closing)
    }

    /// Takes the messages that have arrived; false where they are none.
    fn take(&self, session: u64, scanner: &mut Scanner, input: &mut BytesMut) -> bool {
        loop {
            match scanner.next_frame(input) {
                Ok(None) => return true,
                Ok(Some(frame)) => match Message::read(&frame) {
                    Ok(message) => self.state().message(session, &message),
                    Err(_) => return false,
                },
                Err(_) => return false,
            }
        }
    }
}

async fn sleep_until(alarm: Option<tokio::time::Instant>) {
    match alarm {
        Some(alarm) => tokio::time::sleep_until(alarm).await,
        None => std::future::pending().await,
    }
}
