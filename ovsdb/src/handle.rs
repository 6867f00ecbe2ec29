//! The handle of a running session: what a caller can ask of the other side.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::cache::SchemaCache;
use crate::driver::{Command, Driver, Locked};
use crate::error::{CloseReason, DecodeError, ErrorKind, RequestError, TransactError};
use crate::monitor::{Feed, Monitor};
use crate::replica::Replica;
use crate::schema::Schema;
use crate::session::{Answer, Dialect, Options};
use crate::transaction::{Outcome, Transaction};
use crate::update::Selection;

/// Who is at the other end.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// Its address; `None` on a Unix socket and in tests.
    pub address: Option<SocketAddr>,
    /// The certificates it showed, its own first; empty without TLS.
    pub certificates: Vec<CertificateDer<'static>>,
}

/// A session with an OVSDB server. Clones are handles of one session, which ends when the last
/// one and every [`Monitor`] is dropped. Requests are pipelined: any number of tasks may wait at
/// once, and a request that is dropped while it waits is canceled at the server.
#[derive(Clone, Debug)]
pub struct Session {
    commands: mpsc::Sender<Command>,
    closed: watch::Receiver<Option<CloseReason>>,
    locks: watch::Receiver<BTreeSet<String>>,
    shutdown: Arc<Notify>,
    peer: Arc<Peer>,
    cache: Arc<SchemaCache>,
}

/// Waits for the end of a session without holding it open.
#[derive(Clone, Debug)]
pub(crate) struct Ended(watch::Receiver<Option<CloseReason>>);

impl Ended {
    pub(crate) async fn wait(&mut self) {
        // An error means that the driver went with its runtime: the end as well.
        let _ = self.0.wait_for(Option::is_some).await;
    }
}

/// Requests that callers have handed over and the driver has not yet taken.
const COMMANDS_MAX: usize = 64;

impl Session {
    /// Starts a session on a stream. Needs a tokio runtime.
    pub fn start<S>(stream: S, peer: Peer, options: Options, cache: Arc<SchemaCache>) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
        let (closed_sender, closed) = watch::channel(None);
        let (locks_sender, locks) = watch::channel(BTreeSet::new());
        let shutdown = Arc::new(Notify::new());
        let driver = Driver::new(options, receiver, locks_sender, shutdown.clone());
        tokio::spawn(async move {
            let reason = driver.run(stream).await;
            tracing::debug!(%reason, "ovsdb session over");
            closed_sender.send_replace(Some(reason));
        });
        Self {
            commands,
            closed,
            locks,
            shutdown,
            peer: Arc::new(peer),
            cache,
        }
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Ends the session; requests that wait fail.
    pub fn close(&self) {
        self.shutdown.notify_one();
    }

    /// Why the session is over; `None` while it lives.
    #[must_use]
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.closed.borrow().clone()
    }

    /// Waits for the end of the session.
    pub async fn closed(&self) -> CloseReason {
        let mut closed = self.closed.clone();
        match closed.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or(CloseReason::Local),
            // The driver went with its runtime.
            Err(_) => CloseReason::Local,
        }
    }

    /// Notice of the end that does not keep the session alive.
    pub(crate) fn ended(&self) -> Ended {
        Ended(self.closed.clone())
    }

    async fn ask(
        &self,
        method: &'static str,
        command: impl FnOnce(oneshot::Sender<Answer>) -> Command,
    ) -> Result<Answer, RequestError> {
        let (reply, answer) = oneshot::channel();
        // Both failures mean that the driver is gone; it leaves the reason behind.
        let answer = match self.commands.send(command(reply)).await {
            Ok(()) => answer.await.ok(),
            Err(_) => None,
        };
        match answer {
            Some(Answer::Refused(error)) => Err(RequestError::Refused { method, error }),
            Some(Answer::Malformed(source)) => Err(RequestError::Answer {
                method,
                source: Arc::new(source),
            }),
            Some(answer) => Ok(answer),
            None => Err(RequestError::Closed {
                method,
                reason: self.closed().await,
            }),
        }
    }

    async fn request(
        &self,
        method: &'static str,
        params: String,
    ) -> Result<Box<str>, RequestError> {
        let command = |reply| Command::Request {
            method,
            params,
            reply,
        };
        match self.ask(method, command).await? {
            Answer::Json(json) => Ok(json),
            _ => Err(RequestError::Answer {
                method,
                source: Arc::new(DecodeError::Message("the answer to another request")),
            }),
        }
    }

    async fn read<T: for<'de> Deserialize<'de>>(
        &self,
        method: &'static str,
        params: String,
    ) -> Result<T, RequestError> {
        let json = self.request(method, params).await?;
        serde_json::from_str(&json).map_err(|source| unreadable(method, source))
    }

    /// Asks the peer whether it is there (§4.1.11).
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn echo(&self) -> Result<(), RequestError> {
        self.request("echo", "[]".to_owned()).await.map(|_| ())
    }

    /// The databases of the server (§4.1.1).
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn list_dbs(&self) -> Result<Vec<String>, RequestError> {
        self.read("list_dbs", "[]".to_owned()).await
    }

    /// The schema of a database (§4.1.2). Sessions that share a [`SchemaCache`] share equal
    /// schemas.
    ///
    /// # Errors
    /// [`RequestError`]; [`RequestError::Schema`] where the schema cannot be used.
    pub async fn schema(&self, database: &str) -> Result<Arc<Schema>, RequestError> {
        let params = json_of("get_schema", &[database])?;
        let json = self.request("get_schema", params).await?;
        let schema = Schema::parse(&json).map_err(|e| RequestError::Schema(Arc::new(e)))?;
        Ok(self.cache.schema(schema))
    }

    /// Runs a transaction (§4.1.3).
    ///
    /// # Errors
    /// [`TransactError`]; see there in which cases nothing has changed.
    pub async fn transact(&self, transaction: Transaction) -> Result<Outcome, TransactError> {
        let params = transaction
            .params()
            .map_err(|source| unreadable("transact", source))?;
        let json = self.request("transact", params).await?;
        transaction.read_result(&json)
    }

    /// Follows part of a database from now on: the monitor starts with every row selected, or,
    /// where `last` is a replica of an earlier session and the server keeps a history, with what
    /// changed since. Asks for `monitor_cond_since` and falls back to what the server knows.
    ///
    /// # Errors
    /// [`RequestError`]; [`RequestError::Apply`] where the schema lacks what is selected.
    pub async fn monitor(
        &self,
        schema: &Arc<Schema>,
        selection: &Selection,
        last: Option<Replica>,
    ) -> Result<Monitor, RequestError> {
        let dialects = [Dialect::CondSince, Dialect::Cond, Dialect::Plain];
        let layout = self
            .cache
            .layout(schema, selection)
            .map_err(|error| RequestError::Apply {
                method: Dialect::CondSince.method(),
                error: Box::new(error),
            })?;
        let last = last.filter(|last| *last.layout() == layout);
        let feed = Feed::new(last.unwrap_or_else(|| Replica::new(layout)));
        let mut refusal = None;
        for dialect in dialects {
            match self
                .start_monitor(dialect, &schema.name, selection, &feed)
                .await
            {
                Ok(()) => return Ok(Monitor::new(feed, self.clone())),
                Err(error @ RequestError::Refused { .. }) if is_unknown_method(&error) => {
                    refusal = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(refusal.unwrap_or(RequestError::Closed {
            method: Dialect::Plain.method(),
            reason: CloseReason::Local,
        }))
    }

    async fn start_monitor(
        &self,
        dialect: Dialect,
        database: &str,
        selection: &Selection,
        feed: &Arc<Feed>,
    ) -> Result<(), RequestError> {
        let method = dialect.method();
        let requests = selection.requests(dialect != Dialect::Plain);
        let requests = json_of(method, &requests)?;
        let database = json_of(method, database)?;
        let command = |reply| Command::Monitor {
            dialect,
            database,
            requests,
            feed: feed.clone(),
            reply,
        };
        self.ask(method, command).await.map(|_| ())
    }

    /// Asks for a lock and says whether it is ours at once (§4.1.8). If not, the server gives it
    /// to us when its owner lets go: see [`Session::locks`].
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn lock(&self, name: &str) -> Result<bool, RequestError> {
        self.take_lock("lock", name).await
    }

    /// Takes a lock away from whoever holds it (§4.1.8).
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn steal(&self, name: &str) -> Result<bool, RequestError> {
        self.take_lock("steal", name).await
    }

    /// Gives a lock back, or the place in its queue (§4.1.8).
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn unlock(&self, name: &str) -> Result<(), RequestError> {
        self.lock_request("unlock", name).await.map(|_| ())
    }

    /// The locks that this session holds, as they come and go.
    #[must_use]
    pub fn locks(&self) -> watch::Receiver<BTreeSet<String>> {
        self.locks.clone()
    }

    async fn take_lock(&self, method: &'static str, name: &str) -> Result<bool, RequestError> {
        let json = self.lock_request(method, name).await?;
        let answer: Locked =
            serde_json::from_str(&json).map_err(|source| unreadable(method, source))?;
        Ok(answer.locked)
    }

    async fn lock_request(
        &self,
        method: &'static str,
        name: &str,
    ) -> Result<Box<str>, RequestError> {
        let params = json_of(method, &[name])?;
        let command = |reply| Command::Lock {
            method,
            name: name.to_owned(),
            params,
            reply,
        };
        match self.ask(method, command).await? {
            Answer::Json(json) => Ok(json),
            _ => Err(RequestError::Answer {
                method,
                source: Arc::new(DecodeError::Message("the answer to another request")),
            }),
        }
    }
}

fn is_unknown_method(error: &RequestError) -> bool {
    matches!(error, RequestError::Refused { error, .. } if error.kind == ErrorKind::UnknownMethod)
}

fn unreadable(method: &'static str, source: serde_json::Error) -> RequestError {
    RequestError::Answer {
        method,
        source: Arc::new(DecodeError::Json {
            what: method,
            source,
        }),
    }
}

fn json_of<T: serde::Serialize + ?Sized>(
    method: &'static str,
    value: &T,
) -> Result<String, RequestError> {
    serde_json::to_string(value).map_err(|source| unreadable(method, source))
}
