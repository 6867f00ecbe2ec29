//! The `Controller` table.

use std::collections::BTreeMap;

use crate::vswitch::row::rows;

rows! {
    /// An OpenFlow controller of a bridge.
    Controller in "Controller" {
        /// `ssl:HOST:PORT`, `tcp:HOST:PORT`, `punix:PATH` …
        required target: String = TARGET "target",
        /// `primary` or `service` (Open vSwitch 2.12).
        optional kind: Option<String> = KIND "type",
        /// The longest wait between two attempts to connect, in milliseconds.
        required max_backoff: Option<i64> = MAX_BACKOFF "max_backoff",
        /// How long the connection may be silent before the switch probes, in milliseconds; 0
        /// for ever.
        required inactivity_probe: Option<i64> = INACTIVITY_PROBE "inactivity_probe",
        /// `in-band` or `out-of-band`.
        required connection_mode: Option<String> = CONNECTION_MODE "connection_mode",
        /// The most packet-ins a second.
        required controller_rate_limit: Option<i64> = CONTROLLER_RATE_LIMIT "controller_rate_limit",
        /// How many packet-ins may be saved up beyond that.
        required controller_burst_limit: Option<i64> = CONTROLLER_BURST_LIMIT "controller_burst_limit",
        /// How many packet-ins may wait, 1 to 512 (Open vSwitch 2.13).
        optional controller_queue_size: Option<i64> = CONTROLLER_QUEUE_SIZE "controller_queue_size",
        /// Keys for the switch.
        required other_config: BTreeMap<String, String> = OTHER_CONFIG "other_config",
        /// Keys for others.
        required external_ids: BTreeMap<String, String> = EXTERNAL_IDS "external_ids",
        /// Whether the switch is connected to it.
        required is_connected: bool = IS_CONNECTED "is_connected",
        /// `other`, `master` or `slave`.
        required role: Option<String> = ROLE "role",
        /// The last error, and since when the state is what it is; changes every few seconds.
        unwatched status: BTreeMap<String, String> = STATUS "status",
    }
}
