//! The two sessions of a node as its worker finds them: they come and go by themselves.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use openflow::Connection;
use ovsdb::{Session, View};

/// Numbers links, so that a worker knows a new one from the one it knew.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number that no link has had.
pub(super) fn next() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What tells a switch from another that gives itself the same name: its database, and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// UUID of its `Open_vSwitch` row.
    pub(super) root: ovsdb::Uuid,
    /// Where it connects from.
    pub(super) host: Option<IpAddr>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            Some(host) => write!(f, "{host}"),
            None => f.write_str("an unknown address"),
        }
    }
}

/// A session with the node's OVSDB.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pub(super) number: u64,
    pub(super) session: Session,
    pub(super) view: View,
    pub(super) origin: Origin,
}

impl Database {
    pub(super) fn new(session: Session, view: View, root: ovsdb::Uuid) -> Self {
        let number = next();
        let host = session.peer().address.map(|address| address.ip());
        Self {
            number,
            session,
            view,
            origin: Origin { root, host },
        }
    }
}

/// A connection with the node's integration bridge.
#[derive(Debug, Clone)]
pub(super) struct Switch {
    pub(super) number: u64,
    pub(super) connection: Connection,
}

impl Switch {
    pub(super) fn new(connection: Connection) -> Self {
        let number = next();
        Self { number, connection }
    }
}

/// What there is now.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    pub(super) database: Option<Database>,
    pub(super) switch: Option<Switch>,
}

impl Links {
    /// The switch, where its connection stands.
    pub(super) fn live_switch(&self) -> Option<&Switch> {
        self.switch
            .as_ref()
            .filter(|switch| switch.connection.closed().is_none())
    }

    /// The database, where its session stands.
    pub(super) fn live_database(&self) -> Option<&Database> {
        self.database
            .as_ref()
            .filter(|database| database.session.close_reason().is_none())
    }
}
