//! The `Port` table.

use std::collections::{BTreeMap, BTreeSet};

use crate::notation::Uuid;
use crate::vswitch::row::rows;

rows! {
    /// A port of a bridge: one interface, or several as a bond.
    Port in "Port" {
        /// Unique; fixed at the insert.
        required name: String = NAME "name",
        /// The interfaces; at least one.
        required interfaces: BTreeSet<Uuid> = INTERFACES "interfaces",
        /// The VLANs of a trunk; empty for all.
        required trunks: BTreeSet<i64> = TRUNKS "trunks",
        /// The VLAN of an access or native port, 0 to 4095.
        required tag: Option<i64> = TAG "tag",
        /// `trunk`, `access`, `native-tagged`, `native-untagged` or `dot1q-tunnel`.
        required vlan_mode: Option<String> = VLAN_MODE "vlan_mode",
        /// Its queues.
        required qos: Option<Uuid> = QOS "qos",
        /// The MAC of a bond.
        required mac: Option<String> = MAC "mac",
        /// How a bond balances.
        required bond_mode: Option<String> = BOND_MODE "bond_mode",
        /// `active`, `passive` or `off`.
        required lacp: Option<String> = LACP "lacp",
        /// No traffic between protected ports (Open vSwitch 2.6).
        optional protected: bool = PROTECTED "protected",
        /// Keys for the switch.
        required other_config: BTreeMap<String, String> = OTHER_CONFIG "other_config",
        /// Keys for others.
        required external_ids: BTreeMap<String, String> = EXTERNAL_IDS "external_ids",
        /// What spanning tree says.
        unwatched status: BTreeMap<String, String> = STATUS "status",
        /// Spanning tree counters.
        unwatched statistics: BTreeMap<String, i64> = STATISTICS "statistics",
    }
}
