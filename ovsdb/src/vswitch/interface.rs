//! The `Interface` table.

use std::collections::BTreeMap;

use crate::vswitch::row::rows;

rows! {
    /// A network device, tunnel or patch.
    Interface in "Interface" {
        /// Unique; fixed at the insert.
        required name: String = NAME "name",
        /// `internal`, `patch`, `vxlan`, `geneve`, `gre`, `dpdkvhostuserclient` …; empty for a
        /// device of the system.
        required kind: String = KIND "type",
        /// What the type asks for: `remote_ip`, `key`, `peer` …
        required options: BTreeMap<String, String> = OPTIONS "options",
        /// The OpenFlow port number, 1 to 65279; -1 where the device could not be opened; none
        /// before `ovs-vswitchd` has looked at the row.
        required ofport: Option<i64> = OFPORT "ofport",
        /// The OpenFlow port number wanted.
        required ofport_request: Option<i64> = OFPORT_REQUEST "ofport_request",
        /// Why the device could not be opened.
        required error: Option<String> = ERROR "error",
        /// The MAC the device has.
        required mac_in_use: Option<String> = MAC_IN_USE "mac_in_use",
        /// The MAC wanted.
        required mac: Option<String> = MAC "mac",
        /// `up` or `down`, as configured in the system.
        required admin_state: Option<String> = ADMIN_STATE "admin_state",
        /// `up` or `down`, as the link is.
        required link_state: Option<String> = LINK_STATE "link_state",
        /// The device's number in the system.
        required ifindex: Option<i64> = IFINDEX "ifindex",
        /// The MTU the device has, in bytes.
        required mtu: Option<i64> = MTU "mtu",
        /// The MTU wanted, in bytes.
        required mtu_request: Option<i64> = MTU_REQUEST "mtu_request",
        /// The rate to which what the interface sends is cut, in kbit/s; 0 for no limit.
        required ingress_policing_rate: i64 = INGRESS_POLICING_RATE "ingress_policing_rate",
        /// Its burst, in kbit.
        required ingress_policing_burst: i64 = INGRESS_POLICING_BURST "ingress_policing_burst",
        /// BFD settings: `enable`, `min_rx`, `min_tx` …
        required bfd: BTreeMap<String, String> = BFD "bfd",
        /// What BFD says: `state`, `forwarding`, `remote_state` …
        required bfd_status: BTreeMap<String, String> = BFD_STATUS "bfd_status",
        /// Keys for the switch.
        required other_config: BTreeMap<String, String> = OTHER_CONFIG "other_config",
        /// Keys for others: `iface-id`, `attached-mac`, `vm-uuid`, `iface-status`.
        required external_ids: BTreeMap<String, String> = EXTERNAL_IDS "external_ids",
        /// What the driver says.
        unwatched status: BTreeMap<String, String> = STATUS "status",
        /// Packets, bytes, drops and errors, every few seconds.
        unwatched statistics: BTreeMap<String, i64> = STATISTICS "statistics",
    }
}
