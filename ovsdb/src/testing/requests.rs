//! What the server does with each request, and what it keeps between them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::error::{ErrorKind, PeerError};
use crate::notation::Uuid;
use crate::rpc::Message;
use crate::session::Dialect;
use crate::testing::database::{Change, Database};
use crate::testing::execute::{Executed, execute};
use crate::testing::locks::{Locks, Notice};
use crate::testing::monitors::{self, Monitor};
use crate::testing::server::{Fault, ServerOptions};
use crate::testing::value::syntax;
use crate::testing::vswitchd;

/// How many transactions a client may come back after and still be told only what it missed.
const HISTORY_MAX: usize = 100;

/// One connected client.
pub(super) struct Client {
    /// What is to be sent, and not before when.
    pub(super) outbox: VecDeque<(Instant, Vec<u8>)>,
    pub(super) wake: Arc<Notify>,
    pub(super) closing: bool,
    monitors: Vec<Monitor>,
}

/// A transaction whose `wait` is not fulfilled.
struct Blocked {
    session: u64,
    id: Value,
    operations: Vec<Value>,
    since: Instant,
    until: Option<Instant>,
}

/// Everything the server knows.
pub(super) struct State {
    pub(super) options: ServerOptions,
    pub(super) database: Database,
    pub(super) clients: BTreeMap<u64, Client>,
    pub(super) faults: VecDeque<Fault>,
    next_client: u64,
    locks: Locks,
    blocked: Vec<Blocked>,
    history: VecDeque<(Uuid, Vec<Change>)>,
    last_transaction: Uuid,
}

impl State {
    pub(super) fn new(options: ServerOptions, database: Database) -> Self {
        let last_transaction = if options.history {
            Uuid::new_v4()
        } else {
            Uuid::nil()
        };
        Self {
            options,
            database,
            clients: BTreeMap::new(),
            faults: VecDeque::new(),
            next_client: 0,
            locks: Locks::default(),
            blocked: Vec::new(),
            history: VecDeque::new(),
            last_transaction,
        }
    }

    pub(super) fn admit(&mut self) -> (u64, Arc<Notify>) {
        let session = self.next_client;
        self.next_client += 1;
        let wake = Arc::new(Notify::new());
        let client = Client {
            outbox: VecDeque::new(),
            wake: wake.clone(),
            closing: false,
            monitors: Vec::new(),
        };
        self.clients.insert(session, client);
        (session, wake)
    }

    pub(super) fn dismiss(&mut self, session: u64) {
        self.clients.remove(&session);
        self.blocked.retain(|blocked| blocked.session != session);
        for notice in self.locks.forget(session) {
            self.notify(&notice);
        }
    }

    /// When a blocked transaction of this client runs out of time.
    pub(super) fn deadline(&self, session: u64) -> Option<Instant> {
        let own = self.blocked.iter().filter(|b| b.session == session);
        own.filter_map(|blocked| blocked.until).min()
    }

    fn send(&mut self, session: u64, due: Instant, message: &Value) {
        if let Some(client) = self.clients.get_mut(&session) {
            client
                .outbox
                .push_back((due, message.to_string().into_bytes()));
            client.wake.notify_one();
        }
    }

    fn notify(&mut self, notice: &Notice) {
        let message = json!({"id": null, "method": notice.method, "params": [notice.lock]});
        self.send(notice.session, Instant::now(), &message);
    }

    fn answer(&mut self, session: u64, id: &Value, result: Result<Value, Value>) {
        let message = match result {
            Ok(result) => json!({"id": id, "result": result, "error": null}),
            Err(error) => json!({"id": id, "error": error}),
        };
        self.send(session, Instant::now(), &message);
    }

    /// Takes a message of a client.
    pub(super) fn message(&mut self, session: u64, message: &Message<'_>) {
        match message {
            Message::Request { method, params, id } => {
                let id: Value = serde_json::from_str(id).unwrap_or_default();
                let params: Value = serde_json::from_str(params).unwrap_or_default();
                match method.as_ref() {
                    "transact" => self.transact_request(session, &id, &params),
                    method => {
                        let result = self.request(session, method, &params);
                        self.answer(session, &id, result);
                    }
                }
            }
            Message::Notification { method, params } if method == "cancel" => {
                let params: Value = serde_json::from_str(params).unwrap_or_default();
                let canceled = |b: &Blocked| b.session == session && Some(&b.id) == params.get(0);
                if let Some(place) = self.blocked.iter().position(canceled) {
                    let blocked = self.blocked.remove(place);
                    let error = json!("canceled");
                    self.answer(session, &blocked.id, Err(error));
                }
            }
            Message::Notification { .. } | Message::Response { .. } => {}
        }
    }

    fn request(&mut self, session: u64, method: &str, params: &Value) -> Result<Value, Value> {
        let text = |place| {
            params
                .get(place)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        match method {
            "echo" => Ok(params.clone()),
            "list_dbs" => Ok(json!([self.database.schema.name])),
            "get_schema" => {
                self.check_database(params)?;
                serde_json::from_str(&self.options.schema).map_err(|e| json!(e.to_string()))
            }
            "monitor_cancel" => {
                let client = self.clients.get_mut(&session);
                let monitors = client.map(|client| &mut client.monitors);
                let place =
                    |m: &&mut Vec<Monitor>| m.iter().position(|m| Some(&m.id) == params.get(0));
                match monitors.and_then(|m| place(&m).map(|place| m.remove(place))) {
                    Some(_) => Ok(json!({})),
                    None => Err(json!("unknown monitor")),
                }
            }
            "lock" => {
                let locked = self.locks.lock(text(0), session).map_err(|e| json!(e))?;
                Ok(json!({ "locked": locked }))
            }
            "steal" => {
                let robbed = self.locks.steal(text(0), session).map_err(|e| json!(e))?;
                if let Some(notice) = robbed {
                    self.notify(&notice);
                }
                Ok(json!({"locked": true}))
            }
            "unlock" => {
                let next = self.locks.unlock(text(0), session).map_err(|e| json!(e))?;
                if let Some(notice) = next {
                    self.notify(&notice);
                }
                Ok(json!({}))
            }
            method => match monitors::dialect(method) {
                Some(dialect) if self.options.knows(dialect) => {
                    self.monitor(session, dialect, params).map_err(|e| json!(e))
                }
                _ => Err(json!("unknown method")),
            },
        }
    }

    fn check_database(&self, params: &Value) -> Result<(), Value> {
        match params.get(0).and_then(Value::as_str) {
            Some(name) if name == self.database.schema.name => Ok(()),
            Some(name) => {
                let details = format!("request specifies unknown database {name}");
                Err(json!(PeerError::new(ErrorKind::UnknownDatabase, details)))
            }
            None => Err(json!(syntax("request params must begin with <db-name>"))),
        }
    }

    fn monitor(
        &mut self,
        session: u64,
        dialect: Dialect,
        params: &Value,
    ) -> Result<Value, PeerError> {
        let id = params.get(1).cloned().unwrap_or_default();
        let requests = params.get(2).cloned().unwrap_or_default();
        let monitor = Monitor::new(&self.database, dialect, &id, &requests)?;
        let client = self.clients.get(&session);
        if client.is_some_and(|client| client.monitors.iter().any(|known| known.id == id)) {
            return Err(monitors::duplicate(&id));
        }
        let result = match dialect {
            Dialect::CondSince => {
                let since = params.get(3).and_then(Value::as_str);
                let since = since.and_then(|since| since.parse().ok());
                match since.and_then(|since| self.since(since)) {
                    Some(changes) => {
                        let updates = monitor.changes(&self.database, &changes);
                        json!([
                            true,
                            self.last_transaction,
                            updates.unwrap_or_else(|| json!({}))
                        ])
                    }
                    None => json!([
                        false,
                        self.last_transaction,
                        monitor.initial(&self.database)
                    ]),
                }
            }
            Dialect::Cond | Dialect::Plain => monitor.initial(&self.database),
        };
        if let Some(client) = self.clients.get_mut(&session) {
            client.monitors.push(monitor);
        }
        Ok(result)
    }

    /// What changed after a transaction, each row once; `None` where that is no longer known.
    fn since(&self, transaction: Uuid) -> Option<Vec<Change>> {
        if transaction.is_nil() {
            return None;
        }
        let first = match self.history.iter().position(|(id, _)| *id == transaction) {
            Some(place) => place + 1,
            None if transaction == self.last_transaction => self.history.len(),
            None => return None,
        };
        let mut merged: BTreeMap<(String, Uuid), Change> = BTreeMap::new();
        for change in self
            .history
            .iter()
            .skip(first)
            .flat_map(|(_, changes)| changes)
        {
            let key = (change.table.clone(), change.uuid);
            let entry = merged.entry(key).or_insert_with(|| change.clone());
            entry.after = change.after.clone();
        }
        Some(merged.into_values().collect())
    }

    fn transact_request(&mut self, session: u64, id: &Value, params: &Value) {
        if let Err(error) = self.check_database(params) {
            self.answer(session, id, Err(error));
            return;
        }
        let fault = self.faults.pop_front();
        match &fault {
            Some(Fault::DropBefore) => return self.close(session),
            Some(Fault::Refuse(error)) => return self.answer(session, id, Err(json!(error))),
            Some(Fault::Garbage(bytes)) => {
                if let Some(client) = self.clients.get_mut(&session) {
                    client.outbox.push_back((Instant::now(), bytes.clone()));
                    client.wake.notify_one();
                }
                return;
            }
            _ => {}
        }
        let operations = params
            .as_array()
            .map(|all| all.iter().skip(1).cloned().collect());
        let blocked = Blocked {
            session,
            id: id.clone(),
            operations: operations.unwrap_or_default(),
            since: Instant::now(),
            until: None,
        };
        match fault {
            Some(Fault::DropAfter) => {
                self.run(blocked, |state, session, _, _| state.close(session));
            }
            Some(Fault::Silence) => self.run(blocked, |_, _, _, _| {}),
            Some(Fault::Delay(delay)) => self.run(blocked, |state, session, id, results| {
                let message = json!({"id": id, "result": results, "error": null});
                state.send(session, Instant::now() + delay, &message);
            }),
            _ => self.run(blocked, |state, session, id, results| {
                state.answer(session, id, Ok(results.into()));
            }),
        }
        self.retry();
    }

    fn close(&mut self, session: u64) {
        if let Some(client) = self.clients.get_mut(&session) {
            client.closing = true;
            client.wake.notify_one();
        }
    }

    /// Runs a transaction, tells the monitors, and then `answer`; or keeps it for later.
    fn run(
        &mut self,
        mut transaction: Blocked,
        answer: impl FnOnce(&mut Self, u64, &Value, Vec<Value>),
    ) {
        let session = transaction.session;
        let holds = |lock: &str| self.locks.holds(lock, session);
        let (operations, now) = (&transaction.operations, Instant::now());
        match execute(&self.database, operations, &holds, transaction.since, now) {
            Executed::Blocked { until } => {
                transaction.until = until;
                self.blocked.push(transaction);
            }
            Executed::Done { results, committed } => {
                if let Some((database, changes)) = committed {
                    self.publish(database, changes);
                }
                answer(self, session, &transaction.id, results);
            }
        }
    }

    /// Runs a transaction of the server's own.
    pub(super) fn local(&mut self, operations: &[Value]) -> Vec<Value> {
        let now = Instant::now();
        let results = match execute(&self.database, operations, &|_| true, now, now) {
            Executed::Blocked { .. } => Vec::new(),
            Executed::Done { results, committed } => {
                if let Some((database, changes)) = committed {
                    self.publish(database, changes);
                }
                results
            }
        };
        self.retry();
        results
    }

    fn publish(&mut self, database: Database, changes: Vec<Change>) {
        self.database = database;
        if changes.is_empty() {
            return;
        }
        if self.options.history {
            self.last_transaction = Uuid::new_v4();
        }
        let (transaction, mut messages) = (self.last_transaction, Vec::new());
        for (&session, client) in &self.clients {
            for monitor in &client.monitors {
                if let Some(updates) = monitor.changes(&self.database, &changes) {
                    messages.push((session, monitor.notification(transaction, &updates)));
                }
            }
        }
        for (session, message) in messages {
            self.send(session, Instant::now(), &message);
        }
        self.history.push_back((transaction, changes));
        if self.history.len() > HISTORY_MAX {
            self.history.pop_front();
        }
    }

    /// Gives blocked transactions another try, and `ovs-vswitchd` its turn.
    pub(super) fn retry(&mut self) {
        if self.options.vswitchd {
            let operations = vswitchd::react(&self.database);
            if !operations.is_empty() {
                // What it does gives it nothing further to do, so this ends.
                self.local(&operations);
            }
        }
        for blocked in std::mem::take(&mut self.blocked) {
            self.run(blocked, |state, session, id, results| {
                state.answer(session, id, Ok(results.into()));
            });
        }
    }
}
