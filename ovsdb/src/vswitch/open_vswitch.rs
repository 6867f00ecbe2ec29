//! The `Open_vSwitch` table: one row, the root of everything.

use std::collections::{BTreeMap, BTreeSet};

use crate::notation::Uuid;
use crate::vswitch::row::rows;

rows! {
    /// The switch as a whole.
    OpenVSwitch in "Open_vSwitch" {
        /// The bridges.
        required bridges: BTreeSet<Uuid> = BRIDGES "bridges",
        /// Where its `ovsdb-server` connects to or listens.
        required manager_options: BTreeSet<Uuid> = MANAGER_OPTIONS "manager_options",
        /// Keys and certificates.
        required ssl: Option<Uuid> = SSL "ssl",
        /// Keys for the switch, such as `flow-limit` and `hw-offload`.
        required other_config: BTreeMap<String, String> = OTHER_CONFIG "other_config",
        /// Keys for others: `system-id`, `hostname`, `ovn-encap-ip`, `ovn-bridge-mappings` …
        required external_ids: BTreeMap<String, String> = EXTERNAL_IDS "external_ids",
        /// Counted up by who changed the configuration.
        required next_cfg: i64 = NEXT_CFG "next_cfg",
        /// The `next_cfg` that `ovs-vswitchd` has carried out.
        required cur_cfg: i64 = CUR_CFG "cur_cfg",
        /// The version of Open vSwitch.
        required ovs_version: Option<String> = OVS_VERSION "ovs_version",
        /// The version of the schema.
        required db_version: Option<String> = DB_VERSION "db_version",
        /// The operating system.
        required system_type: Option<String> = SYSTEM_TYPE "system_type",
        /// Its version.
        required system_version: Option<String> = SYSTEM_VERSION "system_version",
        /// The datapath types that bridges may have.
        required datapath_types: BTreeSet<String> = DATAPATH_TYPES "datapath_types",
        /// The types that interfaces may have.
        required iface_types: BTreeSet<String> = IFACE_TYPES "iface_types",
        /// Whether DPDK runs.
        optional dpdk_initialized: bool = DPDK_INITIALIZED "dpdk_initialized",
        /// CPU, memory and load, every few seconds.
        unwatched statistics: BTreeMap<String, String> = STATISTICS "statistics",
    }
}
