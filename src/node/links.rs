//! The two sessions of a node as its worker finds them: they come and go by themselves.

use std::sync::atomic::{AtomicU64, Ordering};

use openflow::Connection;
use ovsdb::{Session, View};

/// Numbers links, so that a worker knows a new one from the one it knew.
static NEXT: AtomicU64 = AtomicU64::new(1);

fn next() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A session with the node's OVSDB.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pub(super) number: u64,
    pub(super) session: Session,
    pub(super) view: View,
}

impl Database {
    pub(super) fn new(session: Session, view: View) -> Self {
        let number = next();
        Self {
            number,
            session,
            view,
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
