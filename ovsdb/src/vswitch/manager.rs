//! The `Manager` table.

use std::collections::BTreeMap;

use crate::vswitch::row::rows;

rows! {
    /// Where the switch's `ovsdb-server` connects to or listens.
    Manager in "Manager" {
        /// `ssl:HOST:PORT`, `pssl:PORT` …; unique.
        required target: String = TARGET "target",
        /// The longest wait between two attempts to connect, in milliseconds.
        required max_backoff: Option<i64> = MAX_BACKOFF "max_backoff",
        /// How long the connection may be silent before the server probes, in milliseconds; 0
        /// for ever.
        required inactivity_probe: Option<i64> = INACTIVITY_PROBE "inactivity_probe",
        /// `in-band` or `out-of-band`.
        required connection_mode: Option<String> = CONNECTION_MODE "connection_mode",
        /// Keys for the server.
        required other_config: BTreeMap<String, String> = OTHER_CONFIG "other_config",
        /// Keys for others.
        required external_ids: BTreeMap<String, String> = EXTERNAL_IDS "external_ids",
        /// Whether there is a connection.
        required is_connected: bool = IS_CONNECTED "is_connected",
        /// Its state; changes every few seconds.
        unwatched status: BTreeMap<String, String> = STATUS "status",
    }
}
