//! The `Mirror` table.

use std::collections::{BTreeMap, BTreeSet};

use crate::notation::Uuid;
use crate::vswitch::row::rows;

rows! {
    /// A mirror of a bridge: what it selects is sent to one place as well.
    Mirror in "Mirror" {
        /// Its name.
        required name: String = NAME "name",
        /// Everything is selected.
        required select_all: bool = SELECT_ALL "select_all",
        /// What comes in from these ports.
        required select_src_port: BTreeSet<Uuid> = SELECT_SRC_PORT "select_src_port",
        /// What goes out to these ports.
        required select_dst_port: BTreeSet<Uuid> = SELECT_DST_PORT "select_dst_port",
        /// Only these VLANs; empty for all.
        required select_vlan: BTreeSet<i64> = SELECT_VLAN "select_vlan",
        /// The port it is sent to.
        required output_port: Option<Uuid> = OUTPUT_PORT "output_port",
        /// The VLAN it is sent to.
        required output_vlan: Option<i64> = OUTPUT_VLAN "output_vlan",
        /// How much of a packet, in bytes, 14 to 65535 (Open vSwitch 2.6).
        optional snaplen: Option<i64> = SNAPLEN "snaplen",
        /// Keys for others.
        required external_ids: BTreeMap<String, String> = EXTERNAL_IDS "external_ids",
        /// Packets and bytes.
        unwatched statistics: BTreeMap<String, i64> = STATISTICS "statistics",
    }
}
