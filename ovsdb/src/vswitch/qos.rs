//! The `QoS` table.

use std::collections::BTreeMap;

use crate::notation::Uuid;
use crate::vswitch::row::rows;

rows! {
    /// The shaping of a port; lives until it is deleted.
    Qos in "QoS" {
        /// `linux-htb`, `linux-hfsc`, `egress-policer`, `linux-noop` …
        required kind: String = KIND "type",
        /// The queues by number.
        required queues: BTreeMap<i64, Uuid> = QUEUES "queues",
        /// What the type asks for: `max-rate` in bit/s …
        required other_config: BTreeMap<String, String> = OTHER_CONFIG "other_config",
        /// Keys for others.
        required external_ids: BTreeMap<String, String> = EXTERNAL_IDS "external_ids",
    }
}
