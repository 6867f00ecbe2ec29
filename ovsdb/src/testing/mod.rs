//! An in-memory OVSDB server for tests and benches: transactions with all operations and
//! constraints, garbage collection, monitors of all three dialects, locks, and faults on demand.
//!
//! It holds to what `ovsdb-server` 3.1 was seen to do: the same test cases run on both. Its schema
//! is the vswitch schema, version 8.3.1, as a table of facts.

mod commit;
mod database;
mod execute;
mod locks;
mod monitors;
mod requests;
mod server;
mod value;
mod vswitchd;

pub use database::{Change, StoredRow};
pub use server::{Fault, Server, ServerOptions};

use crate::schema::Schema;

/// The vswitch schema as JSON.
pub const VSWITCH_SCHEMA: &str = include_str!("vswitch.json");

/// The vswitch schema.
#[must_use]
pub fn vswitch_schema() -> Schema {
    // A constant of this crate; the fallback is never taken and the tests would show it.
    Schema::parse(VSWITCH_SCHEMA).unwrap_or_else(|error| {
        tracing::error!(%error, "built-in vswitch schema");
        Schema {
            name: crate::vswitch::DATABASE.to_owned(),
            version: String::new(),
            tables: std::collections::BTreeMap::new(),
        }
    })
}
