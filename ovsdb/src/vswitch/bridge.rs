//! The `Bridge` table.

use std::collections::{BTreeMap, BTreeSet};

use crate::notation::Uuid;
use crate::vswitch::row::rows;

rows! {
    /// A bridge.
    Bridge in "Bridge" {
        /// Unique; fixed at the insert.
        required name: String = NAME "name",
        /// `system` (or empty) for the kernel, `netdev` for userspace.
        required datapath_type: String = DATAPATH_TYPE "datapath_type",
        /// The version of the datapath.
        optional datapath_version: String = DATAPATH_VERSION "datapath_version",
        /// The OpenFlow datapath id in use, 16 hexadecimal digits.
        required datapath_id: Option<String> = DATAPATH_ID "datapath_id",
        /// The ports.
        required ports: BTreeSet<Uuid> = PORTS "ports",
        /// The mirrors.
        required mirrors: BTreeSet<Uuid> = MIRRORS "mirrors",
        /// The OpenFlow controllers.
        required controller: BTreeSet<Uuid> = CONTROLLER "controller",
        /// The OpenFlow versions, such as `OpenFlow13`; empty for the default.
        required protocols: BTreeSet<String> = PROTOCOLS "protocols",
        /// `standalone` or `secure`: what happens without a controller.
        required fail_mode: Option<String> = FAIL_MODE "fail_mode",
        /// Spanning tree.
        required stp_enable: bool = STP_ENABLE "stp_enable",
        /// Rapid spanning tree.
        optional rstp_enable: bool = RSTP_ENABLE "rstp_enable",
        /// Multicast snooping.
        required mcast_snooping_enable: bool = MCAST_SNOOPING_ENABLE "mcast_snooping_enable",
        /// VLANs that are flooded instead of learnt.
        required flood_vlans: BTreeSet<i64> = FLOOD_VLANS "flood_vlans",
        /// Keys for the switch: `datapath-id`, `hwaddr`, `disable-in-band`, `mac-table-size` …
        required other_config: BTreeMap<String, String> = OTHER_CONFIG "other_config",
        /// Keys for others.
        required external_ids: BTreeMap<String, String> = EXTERNAL_IDS "external_ids",
        /// What spanning tree says.
        unwatched status: BTreeMap<String, String> = STATUS "status",
    }
}
