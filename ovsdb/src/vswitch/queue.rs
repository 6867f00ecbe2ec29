//! The `Queue` table.

use std::collections::BTreeMap;

use crate::vswitch::row::rows;

rows! {
    /// A queue of a port's shaping; lives until it is deleted.
    Queue in "Queue" {
        /// The DSCP that packets leave with, 0 to 63.
        required dscp: Option<i64> = DSCP "dscp",
        /// `min-rate`, `max-rate`, `burst` in bit(/s), `priority` …
        required other_config: BTreeMap<String, String> = OTHER_CONFIG "other_config",
        /// Keys for others.
        required external_ids: BTreeMap<String, String> = EXTERNAL_IDS "external_ids",
    }
}
